"""Facebook's and Instagram's downloads as web pages are read for what they show, and say what they lack."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.exports.discovery import discover
from selfsearch.exports.platforms.base import Platform
from selfsearch.exports.platforms.facebook import Facebook
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.exports.platforms.meta_blocks import UNKNOWN_LAYOUT, UNKNOWN_TIME
from selfsearch.types import Exposure

from . import photos
from .conftest import Run
from .exports import Pack, facebook, facebook_pages, instagram, instagram_pages
from .exports.meta_pages import FACEBOOK, INSTAGRAM, OLD, block, page, picture, words
from .exports.reading import mentioned

WHEN = "2023-06-17T12:01:00"
PHOTO = "media/posts/202306/351000001_1_n.jpg"
POSTS = "your_instagram_activity/media/posts_1.html"
TIMELINE = "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.html"


def small(path: str, content: str) -> Pack:
    """A download with one page and one photograph."""
    pack = Pack("download")
    pack.add(path, content)
    pack.add(PHOTO, b"\xff\xd8\xff\xe0")
    return pack


def read(platform: type[Platform], pack: Pack) -> tuple[list[SimpleNamespace], dict[str, str]]:
    export = pack.as_export()
    return mentioned(platform, export), export.notes


FOUND = {  # generator, layout -> the account, and the caption, time and exposure of a picture of the person
    (instagram, "2022-html"): ("ana.example", "Três dias", "2023-06-17T23:59:00", "network"),
    (instagram, "2025-html-portuguese"): ("ana.example", "Três dias", "2023-06-17T23:59:00", "public"),
    (facebook, "2024-html"): ("ana.silva", "Café in Paris 🎉\nsecond line\nthe port", WHEN, "unknown"),
}


@pytest.mark.parametrize(("generator", "layout"), FOUND)
def test_a_person_is_found_with_what_the_page_says(
    generator: ModuleType, layout: str, run: Run, tmp_path: Path
) -> None:
    account, *said = FOUND[generator, layout]
    folder = tmp_path / "exports"
    folder.mkdir()
    generator.build(layout).write(folder)
    (source,) = run("index", folder, "--consent", "own", "--json").json["sources"]
    assert source["account"] == account
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0))
    appearances = run("query", selfie, "--consent", "own", "--json").json["appearances"]
    sightings = [sighting for appearance in appearances for sighting in appearance["sightings"]]
    fields = ("caption", "posted_at", "exposure")
    assert said in [[sighting[field] for field in fields] for sighting in sightings]
    problems = run("status", "--problems", "--json").json["problems"]
    (advice,) = (row["reason"] for row in problems if "HTML download" in row["reason"])
    assert advice.startswith("read only in part: this is ")
    assert advice.endswith("ask for the download again in the JSON format")


@pytest.mark.parametrize("layout", instagram_pages.MARKUPS)
def test_a_renamed_download_of_instagram_is_recognised_by_its_pages(layout: str, tmp_path: Path) -> None:
    pack = instagram.build(layout)
    pack.name = "old stuff"
    pack.write(tmp_path, "")
    (source,) = discover(tmp_path).sources
    assert (source.platform, source.account.name) == ("instagram", "ana.example")


@pytest.mark.parametrize("layout", facebook_pages.MARKUPS)
def test_a_renamed_download_of_facebook_is_recognised_by_its_pages(layout: str, tmp_path: Path) -> None:
    pack = facebook.build(layout)
    pack.name = "old stuff"
    pack.write(tmp_path, "")
    (source,) = discover(tmp_path).sources
    assert (source.platform, source.account.name) == ("facebook", "ana.silva")


def test_a_web_site_with_such_names_is_no_download(tmp_path: Path) -> None:
    for name in ("content/posts_1.html", "posts/your_posts_1.html", "posts/album/0.html"):
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("<main><article><h2>My blog</h2><img src='a.jpg'><p>Hello</p></article></main>")
    assert {source.platform for source in discover(tmp_path / "site").sources} == {"folder"}


def test_where_the_same_record_is_there_as_json_it_alone_is_read() -> None:
    pack = small(POSTS, page(INSTAGRAM, "Posts", [block(INSTAGRAM, "from the page", picture(PHOTO), WHEN)]))
    pack.add(POSTS[:-4] + "json", [{"media": [instagram.picture(PHOTO, title="from the JSON")]}])
    (said,), notes = read(Instagram, pack)
    assert (said.caption, said.posted_at, notes) == ("from the JSON", instagram.WHEN, {})


def test_what_json_of_another_year_names_is_not_said_again_from_a_page() -> None:
    other = "media/posts/202306/351000002_1_n.jpg"
    both = "".join(block(INSTAGRAM, "from the page", picture(uri), WHEN) for uri in (PHOTO, other))
    pack = small("content/posts_1.html", page(INSTAGRAM, "Posts", [both]))
    pack.add(other, b"\xff\xd8\xff\xe0")
    record = [{"media": [instagram.picture(PHOTO, title="from the JSON")]}]
    pack.add("your_instagram_activity/media/posts_1.json", record)
    said, _ = read(Instagram, pack)
    assert [(item.path, item.caption) for item in said] == [
        (PHOTO, "from the JSON"),
        (other, "from the page"),
    ]


def test_a_time_in_an_unknown_language_is_left_out_and_said_so() -> None:
    pack = instagram.build("2025-html-unknown-language")
    said, notes = read(Instagram, pack)
    assert {item.posted_at for item in said} == {None}
    assert set(notes.values()) == {UNKNOWN_TIME}


def test_a_history_of_which_a_time_is_not_known_makes_nothing_private() -> None:
    def exposures(*months: str) -> set[Exposure]:
        pack = instagram.build("2022-html")
        path = "login_and_account_creation/account_privacy_changes.html"
        text = pack.files[path].decode()
        for month in months:
            text = text.replace(month, "Zzz")
        pack.files[path] = text.encode()
        said, _ = read(Instagram, pack)
        return {item.exposure for item in said if item.context == "post"}

    assert exposures() == {Exposure.NETWORK}
    assert exposures("Feb") == exposures("Mar") == {Exposure.UNKNOWN}


def test_beside_a_history_with_zones_a_time_of_a_page_may_have_been_a_day_earlier() -> None:
    """The account became private at noon in UTC, and what the page shows as later may have been before."""

    def exposure(shown: str) -> Exposure:
        pack = small(POSTS, page(INSTAGRAM, "Posts", [block(INSTAGRAM, None, picture(PHOTO), shown)]))
        pack.add("personal_information.json", instagram.account(True))
        noon = {"title": "Private", "string_map_data": {"Time": {"timestamp": 1687003200}}}
        history = {"account_history_account_privacy_history": [noon]}
        pack.add("security/profile_privacy_changes.json", history)
        (said,) = (item for item in read(Instagram, pack)[0] if item.path == PHOTO)
        level: Exposure = said.exposure
        return level

    assert exposure("2023-06-17T20:00:00") is exposure("2023-06-17T06:00:00") is Exposure.PUBLIC
    assert exposure("2023-06-18T13:00:00") is Exposure.NETWORK


def test_a_layout_that_is_not_known_is_said_with_what_to_ask_for() -> None:
    said, notes = read(Instagram, small(POSTS, "<html><body><div>x</div></body></html>"))
    assert (said, notes) == ([], {POSTS: UNKNOWN_LAYOUT})


def test_blocks_inside_a_wrapper_are_still_one_each() -> None:
    other = "media/posts/202306/351000002_1_n.jpg"
    blocks = (block(INSTAGRAM, name, picture(uri), WHEN) for name, uri in (("one", PHOTO), ("two", other)))
    said, _ = read(
        Instagram, small(POSTS, page(INSTAGRAM, "Posts", [f"<div><div>{''.join(blocks)}</div></div>"]))
    )
    assert [(item.path, item.caption) for item in said] == [(PHOTO, "one"), (other, "two")]


def test_a_wall_of_another_is_known_by_the_sentence_in_the_heading() -> None:
    heading = "Ana Silva wrote on Bo Berg's timeline."
    said, _ = read(
        Facebook, small(TIMELINE, page(FACEBOOK, "Posts", [block(FACEBOOK, heading, picture(PHOTO), WHEN)]))
    )
    assert [(item.context, item.exposure) for item in said] == [("timeline", Exposure.UNKNOWN)]
    assert "Bo Berg" in said[0].exposure_reason


def conversation(*first: str) -> SimpleNamespace:
    """What is said of a picture in a conversation whose page begins so."""
    path = "your_facebook_activity/messages/inbox/bo_1/message_1.html"
    blocks = [*first, block(FACEBOOK, "Bo", picture(PHOTO), WHEN)]
    (said,), _ = read(Facebook, small(path, page(FACEBOOK, "Bo", blocks)))
    return said


def test_a_conversation_is_private_only_where_its_page_names_two_people() -> None:
    def people(names: str) -> Exposure:
        exposure: Exposure = conversation(block(FACEBOOK, f"Participants: {names}", "", None)).exposure
        return exposure

    assert people("Bo and Ana") is Exposure.PRIVATE
    assert people("Bo, Cy and Ana") is people("Bo, Cy, and Ana") is Exposure.NETWORK
    assert conversation().exposure is Exposure.UNKNOWN
    assert conversation(block(FACEBOOK, "Teilnehmer: Bo und Ana", "", None)).exposure is Exposure.UNKNOWN


def test_a_group_of_which_two_are_left_is_a_group() -> None:
    left = block(FACEBOOK, "Cy", words("bye"), WHEN)
    people = block(FACEBOOK, "Participants: Bo and Ana", "", None)
    assert conversation(people, left).exposure is Exposure.NETWORK


def test_a_conversation_of_2018_is_read_and_of_a_kind_that_is_not_known() -> None:
    """Its page lies in messages/ itself, has no number, and its times no blank before "pm"."""
    text = page(OLD, "Bo", [block(OLD, "Bo", picture(PHOTO), WHEN)]).replace(" PM", "pm")
    (said,), _ = read(Facebook, small("messages/bo_2ca6e61030/message.html", text))
    assert (said.context, said.author, said.posted_at) == ("message", "Bo", WHEN)
    assert said.exposure is Exposure.UNKNOWN


def test_words_that_stand_in_for_a_medium_are_no_caption() -> None:
    body = f'{picture(PHOTO)}<ul><li>❤ Bo</li></ul><div><a href="https://x.example/">https://x.example/</a></div>'
    said, _ = read(Facebook, small(TIMELINE, page(FACEBOOK, "Posts", [block(FACEBOOK, "x", body, WHEN)])))
    assert said[0].caption is None


def test_lines_with_a_year_and_an_hour_stay_in_a_caption() -> None:
    body = picture(PHOTO) + words("Party at 20:00, 31.12.2023, who comes along?")
    said, _ = read(Facebook, small(TIMELINE, page(FACEBOOK, "Posts", [block(FACEBOOK, "x", body, WHEN)])))
    assert said[0].caption == "Party at 20:00, 31.12.2023, who comes along?"


PIECES = st.sampled_from(
    ["<main>", "</main>", "<section>", "</section>", "<h2>x</h2>", f"<img src='{PHOTO}'>", "<table>", "<tr>",
     "<td>", "Latitude", "38.7", "Jun 17, 2023 12:01 pm", "</table>", "<a href='x.jpg'>", "</a>",
     "Participants: A and B", "<ul>", "<div>", "</div>", "Place: X (1.0, 2.0)", "<br>", "\0", "<title>t"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join) | st.binary(max_size=300))
def test_no_page_makes_a_reader_raise(content: str | bytes) -> None:
    for platform, paths in (
        (Instagram, (POSTS, "personal_information.html", "profile_privacy_changes.html")),
        (
            Facebook,
            (TIMELINE, "posts/album/0.html", "profile_information.html", "messages/inbox/a_1/message_1.html"),
        ),
    ):
        pack = Pack("download")
        for path in paths:
            pack.add(path, content)
        export = pack.as_export()
        reader = platform(export)
        list(reader.mentions())
        assert reader.account is not None


def repeated(unit: str, length: int = 300_000) -> str:
    return unit * (length // len(unit))


@pytest.mark.parametrize(
    "content",
    [
        repeated("<div>"),
        repeated(f"<div><img src='{PHOTO}'>"),
        repeated("<table><tr><td>"),
        repeated(f"<div><div>{WHEN[:10]} 12:01</div><img src=a/1.jpg><div>"),
        "<div>" * 100 + repeated("<a href=a/1.jpg>x</a><a href=a/2.jpg>"),
        repeated("Place: ( 1.0 , ", 60_000),
        repeated("Jun 17, 2023 12:01 ", 60_000),
        repeated("<h2>"),
    ],
)
def test_a_hostile_page_takes_time_by_its_length_alone(content: str) -> None:
    began = time.process_time()
    read(Facebook, small(TIMELINE, f"<html><main><section>{content}"))
    assert time.process_time() - began < 10  # minutes, if the time grew with the square
