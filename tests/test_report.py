"""The report as text, JSON and CSV, and the words, links and pictures that all forms share."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from selfsearch.media.crop import crop
from selfsearch.report import wording
from selfsearch.report.advice import advice, platform_name, web_advice
from selfsearch.report.csv import COLUMNS, to_csv
from selfsearch.report.json import to_json
from selfsearch.report.sanitize import line, visible, web
from selfsearch.report.summary import summarise, worklist
from selfsearch.report.text import to_text
from selfsearch.report.wording import band_in_words, false_matches, format_time, limits, time_range
from selfsearch.types import Answer, CohortSummary, ProbeSummary, Provenance

from .report_samples import (
    FACEBOOK,
    FOLDER,
    HOSTILE,
    INSTAGRAM,
    TIKTOK,
    WHATSAPP,
    answer,
    appearance,
    changed,
    hostile,
    realistic,
    seen,
)

PLATFORMS = [
    "google_photos",
    "google_chat",
    "google_maps",
    "google_plus",
    "hangouts",
    "youtube",
    "facebook",
    "instagram",
    "threads",
    "tiktok",
    "x",
    "snapchat",
    "whatsapp",
    "telegram",
    "discord",
    "linkedin",
    "mastodon",
    "icloud",
    "flickr",
    "bereal",
    "reddit",
    "folder",
]


def rows(result: Answer) -> list[dict[str, str]]:
    """The CSV of an answer, read back."""
    out = io.StringIO(newline="")
    to_csv(result, out)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


# In words


def test_the_headline_counts_what_is_public_and_the_rest_is_told_by_who_could_see_it():
    summary = summarise(realistic())
    assert summary.headline == (
        "You are in 1 public photograph and 1 public video, and possibly in 1 more photograph. Face search "
        "engines such as Clearview AI could find you there; FaceCheck.ID in 2 of them."
    )
    assert summary.sentences == (
        "Friends, followers or members of a group could have seen you in 1 photograph.",
        "It is not known who could have seen you in 2 photographs: count that as public until you have "
        "checked.",
        "Only the account's owner, or the people in a conversation, could have seen you in 2 photographs, "
        "unless one of them passed it on or lost it.",
        "By chance alone, expect one of those found to be somebody else. "
        "Relatives look more alike than chance.",
        "Could not be searched: 17 files of a kind that is not searched, 3 files damaged or not "
        "permitted to be read and 2 files locked with a password.",
        "2 posts not looked at: the export has a link, but not the picture or video.",
    )


def test_what_is_found_and_not_listed_is_said_with_the_reason():
    whole = realistic()
    some = replace(whole, appearances=whole.appearances[:2], left_out={"dates": 5, "undated": 1})
    assert wording.left_out(some) == "6 more: 5 outside these dates, 1 without a date"
    assert summarise(some).headline == summarise(whole).headline
    assert (
        "Besides what is listed, 6 more: 5 outside these dates, 1 without a date."
        in summarise(some).sentences
    )
    one_reason = replace(whole, appearances=whole.appearances[:2], left_out={"limit": 6})
    assert wording.left_out(one_reason) == "6 more beyond the limit"
    assert wording.left_out(whole) == ""


def test_the_counts_add_up_by_band_and_by_exposure():
    summary = summarise(realistic())
    assert (summary.appearances, summary.photographs, summary.videos, summary.media) == (8, 7, 1, 8)
    assert summary.bands == {"confirmed": 0, "strong": 5, "likely": 2, "possible": 1, "weak": 0}
    assert summary.exposure == {"public": 3, "network": 1, "private": 2, "unknown": 2}
    assert summary.facets["platform"] == {
        "facebook": 2, "folder": 2, "instagram": 2, "tiktok": 2, "google_photos": 1, "whatsapp": 1,
    }  # fmt: skip
    assert summary.facets["year"] == {"2022": 3, "2019": 3, "2013": 2, "2020": 1, "2021": 1}
    assert summary.facets["album"] == {None: 6, "Erasmus 2013": 1, "Instagram Photos": 1, "Trip to Lisbon": 1}


def test_two_faces_in_one_photograph_are_one_photograph_under_its_widest_audience():
    twice = [appearance(rank, seen(1, "a.jpg", TIKTOK), sha256="a" * 64) for rank in (1, 2)]
    summary = summarise(answer(*twice))
    assert (summary.appearances, summary.media) == (2, 1)
    assert summary.headline.startswith("You are in 1 public photograph. ")


def test_a_photograph_of_unknown_audience_is_not_called_public_and_not_called_safe():
    summary = summarise(answer(appearance(1, seen(1, "a.jpg", FOLDER))))
    assert summary.headline == "You are in 1 photograph; who could see it is not known."
    private = summarise(answer(appearance(1, seen(1, "a.jpg", WHATSAPP))))
    assert private.headline == "You are in 1 photograph; it is not known to be public."


def test_a_public_resemblance_is_only_a_maybe_in_the_headline():
    summary = summarise(answer(appearance(1, seen(1, "a.jpg", TIKTOK), score=0.5, expected=0.6)))
    assert summary.headline.startswith("You are possibly in 1 public photograph. Face search engines")


def test_weaker_resemblances_stay_out_of_the_headline():
    summary = summarise(answer(appearance(1, seen(1, "a.jpg", TIKTOK), score=0.3, expected=20.0)))
    assert summary.headline == "You were not found; only faces that are less alike were."
    assert (
        "1 weaker resemblance, because you asked for all: such faces are mostly other people."
        in summary.sentences
    )


def test_another_person_is_spoken_of_by_name():
    summary = summarise(answer(appearance(1, seen(1, "a.jpg", TIKTOK)), person="Ana"))
    assert summary.headline.startswith("Ana is in 1 public photograph. ")
    assert "could find Ana there" in summary.headline
    assert band_in_words("strong", "Ana", calibrated=True) == "almost certainly Ana"


def test_no_appearance_is_told_with_what_it_does_not_mean():
    summary = summarise(answer())
    assert summary.headline == "You were not found among 1,404 faces in 812 files from 2 sources."
    assert summary.sentences == (
        "No face there is similar enough to be listed.",
        "That speaks for these files and for nothing else: not for accounts that were not exported, "
        "and not for what other people posted. A face that is hidden, turned away or very small may "
        "have been missed.",
    )
    empty = summarise(answer(faces=0))
    assert empty.headline == "Nothing was searched: the library holds no faces of this model yet."


def test_what_was_not_looked_at_stands_right_behind_that_nothing_was_found():
    missed = realistic()
    summary = summarise(answer(person="Ana", not_looked_at=missed.not_looked_at, links=missed.links))
    assert summary.headline == (
        "Ana was not found among 1,404 faces in 812 files from 2 sources. "
        "Not looked at: 22 more files and 2 posts."
    )


def test_without_a_calibration_no_score_is_put_into_words():
    result = answer(
        appearance(1, seen(1, "a.jpg", TIKTOK), expected=None), calibrated=False, bands={}, pack="mine"
    )
    assert summarise(result).sentences[0] == (
        "The model mine has no calibration, so the scores are not translated into words: "
        "compare the pictures yourself."
    )
    assert summarise(result).headline.startswith("You are possibly in 1 public photograph. ")
    text = to_text(result)
    assert "not rated" in text
    assert "certainly" not in text
    document = to_json(result)
    assert (document["bands"], document["appearances"][0]["band"]) == ({}, None)
    assert document["appearances"][0]["expected_false_matches"] is None


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (None, "no estimate of false matches: this model has no calibration"),
        (0.0, "fewer than 1 in 10,000 libraries like this would have a false match this strong"),
        (0.0003, "fewer than 1 in 2,000 libraries like this would have a false match this strong"),
        (0.009, "fewer than 1 in 100 libraries like this would have a false match this strong"),
        (0.4, "fewer than 1 in 2 libraries like this would have a false match this strong"),
        (0.9, "one false match this strong is to be expected in a library like this"),
        (3.4, "about 3 false matches this strong are to be expected in a library like this"),
    ],
)
def test_expected_false_matches_are_said_in_words_that_never_promise_more_than_the_number(expected, words):
    assert false_matches(expected) == words


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2021-06-02T10:11:12+00:00", "2 June 2021, 10:11 UTC"),
        ("2021-06-02T10:11:12Z", "2 June 2021, 10:11 UTC"),
        ("2021-06-02T10:11:12.5+02:00", "2 June 2021, 10:11 UTC+02:00"),
        ("2021-06-02T10:11:12", "2 June 2021, 10:11, time zone not given"),
        ("2021-06-02", "2 June 2021"),
        ("2021-06", "June 2021"),
        ("2021", "2021"),
        ("2021-13-02", "2021-13-02"),
        ("last\x1b[31m summer", "last summer"),
        (None, None),
    ],
)
def test_a_time_is_said_as_precisely_as_it_is_known(iso, words):
    assert format_time(iso) == words


def test_a_face_in_a_video_says_from_when_to_when():
    video = appearance(1, seen(1, "a.mp4", TIKTOK), time_ms=3_661_000, from_ms=3_600_000, to_ms=3_725_000)
    assert time_range(video) == "from 1:00:00 to 1:02:05, best at 1:01:01"
    assert time_range(replace(video, from_ms=None, to_ms=None)) == "at 1:01:01"
    assert time_range(appearance(1, seen(1, "a.jpg", TIKTOK))) is None


def test_who_resembles_many_is_told_and_who_resembles_few_is_not():
    for lookalikes, times in ((1.0, None), (1.9, None), (2.0, "2"), (3.6, "4")):
        result = answer(cohort=CohortSummary(people=700, is_enough=True, lookalikes=lookalikes))
        said = [words for words in summarise(result).sentences if "strangers as usual" in words]
        assert [words.split(" times")[0] for words in said] == ([f"About {times}"] if times else [])


def test_a_library_of_few_people_says_that_it_cannot_tell():
    few, many = (answer(cohort=CohortSummary(count, count > 99, 1.0)) for count in (3, 700))
    assert any("Too few different people are in this library" in words for words in limits(few))
    assert not any("Too few" in words for words in (*limits(many), *limits(answer())))
    assert len(limits(few)) == len(limits(many)) == len(limits(answer()))


# JSON


def test_the_json_is_the_documented_object():
    provenance = changed(
        INSTAGRAM, caption=None, author_is_owner=True, exposure_reason="not exported", url_kind="profile"
    )
    result = answer(
        appearance(1, seen(1, "instagram.zip!media/posts/202106/x.jpg", provenance), score=np.float32(0.71)),
        probes=(ProbeSummary("selfie.jpg", 1, (np.float32(1.5), 2.0, 3.0, 4.0), 0.93),),
        cohort=CohortSummary(people=700, is_enough=True, lookalikes=1.3),
    )
    document = to_json(result)
    assert " ".join(list(document)[:8]) == "schema person model library probes bands summary appearances"
    assert json.loads(json.dumps(document)) == {
        "schema": "selfsearch.query/1",
        "person": "me",
        "model": {"pack": "opencv-zoo", "dimension": 128, "calibrated": True},
        "library": {"sources": 2, "media": 812, "faces": 1404, "source_names": [], "replaced_names": []},
        "probes": [{"path": "selfie.jpg", "faces_found": 1, "box": [1.5, 2.0, 3.0, 4.0], "quality": 0.93}],
        "bands": {"strong": 0.61, "likely": 0.55, "possible": 0.48},
        "summary": {
            "appearances": 1,
            "media": 1,
            "confirmed": 0,
            "strong": 1,
            "likely": 0,
            "possible": 0,
            "weak": 0,
            "exposure": {"public": 0, "network": 0, "private": 0, "unknown": 1},
            "expected_false_matches": 0.0003,
            "platforms": {"instagram": 1},
            "accounts": {"instagram/ana.lisbon": 1},
            "contexts": {"post": 1},
            "years": {"2021": 1},
            "albums": {},
            "headline": "You are in 1 photograph; who could see it is not known.",
            "sentences": list(summarise(result).sentences),
        },
        "appearances": [
            {
                "rank": 1,
                "id": "q00001",
                "verdict": None,
                "score": 0.71,
                "band": "strong",
                "expected_false_matches": 0.0003,
                "exposure": "unknown",
                "face": {
                    "id": 11,
                    "box": [60.0, 55.0, 90.0, 110.0],
                    "time_ms": None,
                    "from_ms": None,
                    "to_ms": None,
                    "quality": 0.88,
                },
                "media": {
                    "sha256": f"{1:064x}",
                    "type": "image/jpeg",
                    "width": 1080,
                    "height": 1350,
                    "copies": 1,
                },
                "sightings": [
                    {
                        "source": 1,
                        "path": "/home/ana/exports/instagram.zip!media/posts/202106/x.jpg",
                        "platform": "instagram",
                        "context": "post",
                        "url": "https://www.instagram.com/ana.lisbon/",
                        "url_kind": "profile",
                        "caption": None,
                        "posted_at": "2021-06-02T10:11:12+00:00",
                        "taken_at": None,
                        "audience": None,
                        "audience_source": "account_setting",
                        "exposure": "unknown",
                        "album": None,
                        "location": None,
                        "author_is_owner": True,
                        "account": "ana.lisbon",
                        "exposure_reason": "not exported",
                        "posted_at_source": "creation_timestamp",
                        "taken_at_source": None,
                        "place": None,
                        "people": [],
                        "author": None,
                        "post_id": None,
                        "exposure_evidence": [],
                        "records": [],
                        "gone": False,
                    }
                ],
                "in_words": "almost certainly you",
                "may_also_be": [],
            }
        ],
        "hidden": 0,
        "not_listed": {},
        "rejected": 0,
        "cohort": {"people": 700, "enough": True, "lookalikes": 1.3},
        "not_looked_at": {},
        "links": [],
        "worklist": [
            {
                "url": "https://www.instagram.com/ana.lisbon/",
                "url_kind": "profile",
                "exposure": "unknown",
                "platform": "instagram",
                "account": "ana.lisbon",
                "context": "post",
                "posted_at": "2021-06-02T10:11:12+00:00",
                "ranks": [1],
            }
        ],
        "advice": document["advice"],
        "asked_at": "2026-11-22T01:26:49+00:00",
    }
    assert [entry["platform"] for entry in document["advice"]] == ["instagram"]


def test_the_json_keeps_places_copies_and_links_without_media():
    document = to_json(realistic())
    second = document["appearances"][1]
    assert second["media"]["copies"] == 3
    assert [sighting["platform"] for sighting in second["sightings"]] == ["instagram", "facebook", "folder"]
    assert second["sightings"][1]["location"] == {"latitude": 38.7979, "longitude": -9.3906, "source": "exif"}
    assert second["sightings"][2]["gone"] is True
    assert [(link["source"], link["platform"], link["reason"]) for link in document["links"]] == [
        (2, "tiktok", "TikTok's export has links, not media"),
        (7, "linkedin", "LinkedIn's export has links, not media"),
    ]
    assert document["not_looked_at"] == {"unreadable": 3, "encrypted": 2, "unsupported": 17}


# CSV


def test_the_csv_has_one_row_per_sighting_and_reads_back():
    table = rows(realistic())
    assert [row["rank"] for row in table] == ["1", "2", "2", "2", "3", "4", "5", "6", "7", "8"]
    assert tuple(table[0]) == COLUMNS
    assert {
        key: table[4][key] for key in ("platform", "album", "latitude", "longitude", "people", "path")
    } == {
        "platform": "facebook",
        "album": "Erasmus 2013",
        "latitude": "38.7979",
        "longitude": "-9.3906",
        "people": "Ana Example; Rui; Łucja",
        "path": "/home/ana/exports/facebook-ana/photos/Erasmus2013_4f/53012345.jpg",
    }
    assert table[3]["gone"] == "yes"
    assert table[0]["box"] == "60 55 90 110"


@pytest.mark.parametrize(
    "attack", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n@x", "\x1b[0m=1", "\uff1d1"]
)
def test_no_cell_begins_a_formula(attack):
    provenance = changed(TIKTOK, caption=attack, account=attack, album=attack, author=attack)
    [row] = rows(answer(appearance(1, seen(1, "a.jpg", provenance)), person=attack))
    for key in ("caption", "account", "album", "author"):
        assert row[key].startswith("'"), row[key]


def test_an_ordinary_caption_is_left_alone_in_the_csv():
    provenance = changed(TIKTOK, caption='quote " comma , line\nbreak 2-3=5')
    [row] = rows(answer(appearance(1, seen(1, "a.jpg", provenance))))
    assert row["caption"] == 'quote " comma , line\nbreak 2-3=5'


# Text of others


@pytest.mark.parametrize(
    "attack", ["\x1b[31mred\x1b[0m", "\x1b]8;;http://x\x07red\x1b]8;;\x1b\\", "\x9b1mred", "r\u202eed"]
)
def test_escape_sequences_and_direction_marks_are_taken_out_whole(attack):
    assert line(attack) == "red"


def test_emoji_made_of_several_characters_stay_whole():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert line(family) == family


def test_a_path_shows_where_something_cannot_be_shown():
    assert visible("a\u202eb\udcff\n.jpg") == "a\ufffdb\ufffd\ufffd.jpg"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.example", "https://",
     "https://a b", "", "https://x\x00.example", "http://[", "JaVaScRiPt:x", "https://x\u202e.example"],
)  # fmt: skip
def test_only_web_addresses_are_linked(url):
    assert web(url) is None
    assert web("https://x.example/é?a=1&b=2") == "https://x.example/é?a=1&b=2"


# Links to work through


def test_the_worklist_has_public_links_first_exact_before_put_together_and_a_profile_once():
    assert [(task.exposure.value, task.kind, task.ranks) for task in worklist(realistic())] == [
        ("public", "exact", (1,)),
        ("public", "constructed", (8,)),
        ("public", "profile", (2, 4)),
        ("private", "owner_only", (6,)),
    ]


def test_what_is_no_web_address_is_not_worked_through():
    assert [task.url for task in worklist(hostile())] == ['https://x.example/"onclick=alert(4)']


# Advice


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_dated_advice_on_every_switch(platform):
    entry = advice(platform)
    assert entry is not None
    assert all(len(how) > 30 for _, how in entry.steps)
    assert len(entry.short) > 20
    assert entry.as_of == "2026-11"


def test_advice_is_found_by_the_names_that_people_use():
    assert advice("Twitter") == advice("x")
    assert advice("google-photos") == advice("google_photos") == advice("Google Takeout")
    assert advice("myspace") is None
    assert platform_name("my_space") == "My Space"
    assert "PimEyes" in web_advice().audience


# Pictures


def test_a_crop_holds_the_face_with_surroundings_and_says_where_it_is():
    pixels = np.zeros((1000, 2000, 3), np.uint8)
    pixels[400:600, 900:1100] = (200, 30, 30)
    picture = crop(pixels, (900.0, 400.0, 200.0, 200.0), side=350)
    assert (picture.width, picture.height) == (350, 350)
    assert picture.box == pytest.approx((5 / 14, 5 / 14, 2 / 7, 2 / 7))
    image = np.asarray(Image.open(io.BytesIO(picture.jpeg)))
    assert image.shape == (350, 350, 3)
    assert image[175, 175, 0] > 150
    assert image[20, 20].max() < 40


def test_at_an_edge_the_window_moves_inwards():
    picture = crop(np.zeros((500, 500, 3), np.uint8), (400.0, 0.0, 100.0, 100.0), side=400)
    assert (picture.width, picture.height) == (350, 350)
    assert picture.box == pytest.approx((5 / 7, 0.0, 2 / 7, 2 / 7))


def test_a_face_that_fills_the_picture_is_shown_whole_and_a_small_one_is_not_blown_up():
    picture = crop(np.zeros((300, 200, 3), np.uint8), (-20.0, -10.0, 260.0, 330.0), side=150)
    assert (picture.width, picture.height) == (100, 150)
    assert picture.box == pytest.approx((0.0, 0.0, 1.0, 1.0))
    small = crop(np.zeros((300, 200, 3), np.uint8), (90.0, 90.0, 20.0, 20.0), side=320)
    assert (small.width, small.height) == (70, 70)


@pytest.mark.parametrize(
    "box", [(float("nan"), 0, 1, 1), (0, 0, 0, 0), (9e9, 9e9, 5, 5), (0, 0, float("inf"), 5)]
)
def test_a_box_that_makes_no_sense_gives_the_whole_picture(box):
    picture = crop(np.zeros((40, 60, 3), np.uint8), box)
    assert (picture.width, picture.height, picture.box) == (60, 40, (0.0, 0.0, 1.0, 1.0))


def test_a_crop_carries_no_metadata():
    picture = crop(np.zeros((40, 60, 3), np.uint8), (1.0, 1.0, 20.0, 20.0))
    assert not Image.open(io.BytesIO(picture.jpeg)).getexif()
    assert "jpeg" not in repr(picture)


def test_a_provenance_that_says_nothing_is_reported_without_inventing_anything():
    bare = answer(appearance(1, seen(1, "a.jpg", Provenance("folder"))))
    [row] = rows(bare)
    assert [row[key] for key in ("account", "caption", "posted_at", "taken_at", "url", "audience")] == [
        ""
    ] * 6
    assert to_json(bare)["summary"]["years"] == {}
    assert HOSTILE not in to_text(bare)
    assert FACEBOOK.place == "Sintra, Lisbon"
