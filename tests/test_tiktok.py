"""TikTok downloads hold links only: they are listed with what is said, and joined to downloaded files."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account, Period
from selfsearch.exports.platforms.tiktok import TikTok
from selfsearch.types import Exposure

from .exports import Pack
from .exports.reading import mentioned
from .exports.tiktok import FIRST, LAYOUTS, MP4, build, post, profile, record, share

RECORD = "user_data_tiktok.json"


def holding(document: Any, *files: str, name: str = RECORD) -> Export:
    pack = Pack("TikTok_Data_1714586400")
    pack.add(name, document)
    for file in files:
        pack.add(file, MP4)
    return pack.as_export()


def of_posts(*posts: Any, private: str = "Off", files: tuple[str, ...] = ()) -> list[SimpleNamespace]:
    """What is said about these posts."""
    document = {"Post": {"Posts": {"VideoList": list(posts)}}, "Profile And Settings": profile(private)}
    return mentioned(TikTok, holding(document, *files))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_post_is_listed_with_what_the_record_says(layout):
    pack = build(layout)
    export = pack.as_export()
    mentions = [vars(mention) for mention in mentioned(TikTok, export)]
    expected = [planted.says | {"path": planted.path} for planted in pack.planted]
    assert mentions == [says | right for says, right in zip(mentions, expected, strict=True)]
    assert set(export.notes) == ({"Videos/Videos.txt"} if layout == "txt-2021" else set())


def test_somebody_else_s_user_data_json_is_not_tiktok_s():
    assert not TikTok.confirm(holding({"users": [], "x": {"Post": 1}}, name="user_data.json"))
    assert not TikTok.confirm(holding("cut {", name="user_data.json"))
    assert TikTok.confirm(holding({"Video": None}, name="user_data.json"))


def test_the_account_and_its_setting_are_read_from_behind_the_posts():
    reason = "the account's setting when the export was made (Private Account = On)"
    period = Period(public=False, since="2024-05-01T18:00:00+00:00", until=None, reason=reason, record=RECORD)
    account = TikTok(build("private").as_export()).account
    assert account == Account("ana.example", "Ana", "2024-05-01T18:00:00+00:00", (period,))
    assert TikTok(holding({})).account == Account(exported_at="2024-05-01T18:00:00+00:00")
    assert TikTok.part_key("TikTok_Data_1714586400.zip") == "tiktok-1714586400"
    assert TikTok.part_key("videos.zip") is None


@pytest.mark.parametrize(
    ("word", "private", "exposure", "reason"),
    [
        ("Everyone", "Off", Exposure.PUBLIC, "TikTok: Who can view = Everyone"),
        (
            "Everyone",
            "On",
            Exposure.PUBLIC,
            "TikTok: Who can view = Everyone; the account was private when the export was made",
        ),
        ("Friends", "On", Exposure.NETWORK, "TikTok: Who can view = Friends"),
        ("only ME", "Off", Exposure.PRIVATE, "TikTok: Who can view = only ME; no likes"),
        ("Self", "On", Exposure.PRIVATE, "TikTok: Who can view = Self; no likes"),
        (
            "Kila mtu",
            "Off",
            Exposure.UNKNOWN,
            "TikTok: Who can view = Kila mtu, a word that is not known",
        ),
        (
            None,
            "Off",
            Exposure.UNKNOWN,
            "this TikTok export does not say who could see the post; "
            "the account was public when the export was made",
        ),
        (
            "N/A",
            "On",
            Exposure.UNKNOWN,
            "this TikTok export does not say who could see the post; "
            "the account was private when the export was made",
        ),
        (None, "Kila mtu", Exposure.UNKNOWN, "this TikTok export does not say who could see the post"),
    ],
)
def test_who_can_view_decides_and_is_quoted(word, private, exposure, reason):
    (mention,) = of_posts(post(1, share(FIRST), word, Likes="0"), private=private)
    assert (mention.exposure, mention.exposure_reason) == (exposure, reason)


@pytest.mark.parametrize(
    ("likes", "reason"),
    [
        ("12", "but 12 liked it: others may have seen it before that was set"),
        (None, "but not whether others saw it before that was set"),
        ("many", "but not whether others saw it before that was set"),
    ],
)
def test_a_post_for_the_owner_alone_that_was_liked_was_seen_by_others(likes, reason):
    (mention,) = of_posts(post(1, share(FIRST), "Only me", Likes=likes))
    expected = f"TikTok: Who can view = Only me, {reason}"
    assert (mention.exposure, mention.exposure_reason) == (Exposure.UNKNOWN, expected)
    (everybody,) = of_posts(post(1, share(FIRST), "Everyone", Likes=likes))
    assert everybody.exposure is Exposure.PUBLIC


def test_the_watch_history_is_not_taken_for_own_posts():
    assert mentioned(TikTok, holding(record("2023", []))) == []


@pytest.mark.parametrize("empty", [None, [], {}, 5, "x"])
def test_an_empty_list_of_any_kind_holds_no_posts(empty):
    def read(posts: Any) -> list[SimpleNamespace]:
        return mentioned(TikTok, holding({"Post": {"Posts": {"VideoList": posts}}}))

    assert read(empty) in ([], read([{}]))  # a bare empty object is a post of which nothing is said


def test_a_single_post_may_be_an_object():
    document = {"Post": {"Posts": {"VideoList": post(1, share(FIRST))}}}
    assert [mention.post_id for mention in mentioned(TikTok, holding(document))] == [FIRST]


def test_a_post_without_a_date_was_made_when_its_id_says():
    (mention,) = of_posts(post(1, share(FIRST), Date="N/A"))
    assert (mention.posted_at, mention.posted_at_source) == ("2024-05-01T18:22:10+00:00", "the post's id")


def test_downloaded_files_are_the_post_s_whose_id_they_carry():
    files = (
        f"{FIRST}.mp4",
        f"more/ana-{FIRST}_2.jpg",
        "9364098226472890425.mp4",
        f"{FIRST}1.mp4",
        f"{FIRST}.txt",
    )
    mentions = of_posts(post(1, share(FIRST)), files=files)
    assert [mention.path for mention in mentions] == [f"{FIRST}.mp4", f"more/ana-{FIRST}_2.jpg"]


def test_a_file_without_a_post_is_only_a_file():
    tiktok = TikTok(holding({"Profile": profile()}))
    plain, named = tiktok.infer("saved/film.mp4"), tiktok.infer(f"saved/{FIRST}.mp4")
    assert (plain.platform, plain.exposure.level) == ("folder", Exposure.UNKNOWN)
    assert (named.platform, named.account, named.post_id) == ("tiktok", "ana.example", FIRST)
    assert tiktok.infer(RECORD).platform == "tiktok"


BAD_POSTS = [None, 7, "text", [], {"Link": 5, "Date": [], "WhoCanView": {}, "Title": True}, {"Date": "soon"}]


def test_bad_posts_never_hide_the_good_ones():
    mentions = of_posts(*BAD_POSTS, post(1, share(FIRST)), *BAD_POSTS)
    assert [mention.post_id for mention in mentions if mention.post_id] == [FIRST]
    assert len(mentions) == 5


@pytest.mark.parametrize(
    "date", ["0000-00-00 00:00:00", "9999-99-99", "-1", "", 17145, "2024-13-01 00:00:00"]
)
def test_an_absurd_date_is_no_date(date):
    (mention,) = of_posts(post(1, "N/A", Date=date))
    assert mention.posted_at is None


def test_a_cut_record_is_read_up_to_the_cut():
    document = json.dumps({"Post": {"Posts": {"VideoList": [post(1, share(FIRST)), post(2, "N/A")]}}})
    export = holding(document[:-60])
    assert [mention.post_id for mention in mentioned(TikTok, export)] == [FIRST]
    assert "read as far as it goes" in export.notes[RECORD]


def text_export(files: dict[str, str]) -> Export:
    pack = Pack("TikTok_Data_1714586400")
    for path, text in files.items():
        pack.add(path, text)
    return pack.as_export()


POST_TEXT = f"Date: 2024-05-01 18:22:10 UTC\nLink: {share(FIRST)}\nWho can view: Friends\n"


def test_a_text_of_one_post_or_of_none_is_read():
    assert [item.exposure for item in mentioned(TikTok, text_export({"Post/Posts.txt": POST_TEXT}))] == [
        Exposure.NETWORK
    ]
    for nothing in ("", "\n\n", "You have no data in this section\n", ":::\n::\n"):
        assert mentioned(TikTok, text_export({"Post/Posts.txt": nothing})) in ([], [ANY])


def test_a_title_of_several_lines_stays_one_and_cuts_no_post_in_two():
    title = "Title: one\n\nhttps://a.example two"
    text = f"Date: 2024-05-01 18:22:10\n{title}\nWho can view: Everyone\n\n{POST_TEXT}"
    first, second = mentioned(TikTok, text_export({"Post/Posts.txt": text}))
    assert (first.caption, first.exposure) == ("one\nhttps://a.example two", Exposure.PUBLIC)
    assert (second.post_id, second.exposure) == (FIRST, Exposure.NETWORK)


def test_a_text_that_does_not_say_who_can_view_says_what_to_ask_for():
    export = text_export({"Videos/Videos.txt": f"Date: 2021-05-01 18:22:10\nVideo Link: {share(FIRST)}\n"})
    (item,) = mentioned(TikTok, export)
    assert (item.exposure, item.url) == (Exposure.UNKNOWN, share(FIRST))
    assert "as JSON does: ask for it" in export.notes["Videos/Videos.txt"]


def test_a_download_as_text_without_a_known_list_of_posts_says_so():
    export = text_export(
        {"Profile/Profile Information.txt": "Username: ana.example\n", "Posta/Pos.txt": POST_TEXT}
    )
    assert TikTok.confirm(export)
    assert mentioned(TikTok, export) == []
    assert export.notes["Profile/Profile Information.txt"].startswith("no list of posts was found")


def test_texts_of_anybody_are_not_tiktok_s():
    assert not TikTok.confirm(text_export({"Post/Posts.txt": "Date: today\nLink: https://example.org/\n"}))
    assert TikTok.confirm(text_export({"Post/Posts.txt": POST_TEXT}))


def test_where_both_forms_are_there_the_json_counts():
    pack = build("txt-and-json")
    assert {record for item in mentioned(TikTok, pack.as_export()) for record in item.records} == {
        "user_data_tiktok.json"
    }


@pytest.mark.parametrize("setting", ["Privéaccount: Aan", "Private Account: On", "Privates Konto: Ein"])
def test_the_account_s_setting_is_read_in_its_language_and_decides_nothing(setting):
    texts = {"Post/Posts.txt": POST_TEXT.replace("Friends", "Everyone"), "Settings/Instellingen.txt": setting}
    (item,) = mentioned(TikTok, text_export(texts))
    assert item.exposure is Exposure.PUBLIC
    assert item.exposure_reason.endswith("the account was private when the export was made")
    assert item.records == ("Post/Posts.txt", "Settings/Instellingen.txt")
