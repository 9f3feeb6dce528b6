"""Telegram's pages are read for what they say; what kind of chat it is they mostly do not say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.telegram import Telegram
from selfsearch.exports.platforms.telegram_pages import UNKNOWN_KIND
from selfsearch.types import Exposure

from . import photos
from .conftest import Run
from .exports import Pack
from .exports.reading import mentioned
from .exports.telegram import build
from .exports.telegram_pages import (
    CALL,
    NOT_INCLUDED,
    chat_page,
    entry,
    forwarded,
    generic,
    list_page,
    message,
    page,
    picture,
    service,
)

PHOTO = "photos/photo_1@17-06-2023_12-01-02.jpg"


def chat(*messages: str, name: str = "Bo Berg", files: tuple[str, ...] = (PHOTO,)) -> Export:
    """A single chat of these messages."""
    pack = Pack("ChatExport_2023-06-18")
    pack.add("messages.html", chat_page(name, *messages))
    for path in files:
        pack.add(path, photos.nobody())
    return pack.as_export()


def listed(name: str, word: str, title: str | None = None) -> SimpleNamespace:
    """What is said of the photograph of a chat that a full export lists so."""
    pack = Pack("DataExport_2023-06-18")
    pack.add("lists/chats.html", list_page("Chats", entry(name, word, "chats/chat_1/messages.html")))
    first = message(1, "Bo Berg", picture(f"../../chats/chat_1/{PHOTO}"))
    pack.add("chats/chat_1/messages.html", chat_page(name if title is None else title, first, base="../../"))
    pack.add(f"chats/chat_1/{PHOTO}", photos.nobody())
    (item,) = mentioned(Telegram, pack.as_export())
    assert item.path == f"chats/chat_1/{PHOTO}"
    return item


@pytest.mark.parametrize(
    ("name", "word", "exposure"),
    [
        ("Bo Berg", "private", Exposure.PRIVATE),
        ("Helper", "bot", Exposure.PRIVATE),
        ("Family", "group", Exposure.UNKNOWN),
        ("News", "channel", Exposure.UNKNOWN),
        ("Bo Berg", "unknown", Exposure.UNKNOWN),
        ("Bo Berg", "", Exposure.UNKNOWN),
        ("Replies", "private", Exposure.UNKNOWN),
        ("Verification Codes", "private", Exposure.UNKNOWN),
    ],
)
def test_the_list_of_chats_says_of_what_kind_a_chat_is(name, word, exposure):
    item = listed(name, word)
    assert (item.exposure, item.audience) == (exposure, word or None)
    assert item.records == ("chats/chat_1/messages.html", "lists/chats.html")
    assert item.exposure_evidence == ("lists/chats.html",)


def test_a_chat_that_has_another_name_on_its_page_is_not_taken_for_a_personal_one():
    assert listed("Bo Berg", "private", title="Some Group").exposure is Exposure.UNKNOWN
    assert listed("Saved messages", "private", title="Ana Silva").exposure is Exposure.PRIVATE


def test_a_single_chat_is_of_unknown_kind_and_the_note_says_what_to_ask_for():
    export = chat(message(1, "Bo Berg", picture(PHOTO)), message(2, "Ana", picture(PHOTO)))
    assert {item.exposure for item in mentioned(Telegram, export)} == {Exposure.UNKNOWN}
    assert export.notes == {"messages.html": UNKNOWN_KIND}


def test_a_call_shows_that_a_chat_is_personal():
    export = chat(message(1, "Bo Berg", picture(PHOTO)), message(2, "Ana", picture(PHOTO)), CALL)
    items = mentioned(Telegram, export)
    assert [(item.exposure, item.author_is_owner) for item in items] == [
        (Exposure.PRIVATE, False),
        (Exposure.PRIVATE, True),
    ]
    assert export.notes == {}


def test_words_about_a_call_do_not():
    text = 'class="media clearfix pull_left media_call"'
    (item,) = mentioned(Telegram, chat(message(1, "Bo Berg", picture(PHOTO), text)))
    assert (item.exposure, item.caption) == (Exposure.UNKNOWN, text)


@pytest.mark.parametrize(
    ("clock", "at"),
    [
        ("17.06.2023 12:01:02 UTC+02:00", "2023-06-17T12:01:02+02:00"),
        ("17.06.2023 12:01:02 UTC-03:30", "2023-06-17T12:01:02-03:30"),
        ("17.06.2023 12:01:02 UTC", "2023-06-17T12:01:02+00:00"),
        ("17.06.2023 12:01:02", "2023-06-17T12:01:02"),
        ("31.02.2023 12:01:02", None),
        ("12:01", None),
        ("", None),
    ],
)
def test_the_time_is_the_one_behind_the_clock(clock, at):
    (item,) = mentioned(Telegram, chat(message(1, "Bo Berg", picture(PHOTO), clock=clock)))
    assert item.posted_at == at


def test_a_joined_message_is_of_the_one_before():
    items = mentioned(
        Telegram,
        chat(
            message(1, "Bo Berg via @gif", picture(PHOTO)),
            message(2, None, picture(PHOTO)),
            message(3, "Ana &", picture(PHOTO)),
            message(4, None, picture(PHOTO)),
            service(5, "Ana &amp; changed group photo", PHOTO),
            message(6, None, picture(PHOTO)),
            message(7, "Deleted Account", picture(PHOTO)),
        ),
    )
    assert [item.author for item in items] == ["Bo Berg", "Bo Berg", "Ana &", "Ana &", "Ana &", None, None]


def test_a_forwarded_message_is_by_whoever_wrote_it_first():
    items = mentioned(
        Telegram,
        chat(
            message(1, "Bo Berg", forwarded("News", picture(PHOTO), "read this")),
            message(2, None, forwarded(None, picture(PHOTO))),
            message(3, "Bo Berg", picture(PHOTO)),
        ),
    )
    assert [(item.author, item.caption) for item in items] == [
        ("News", "read this"),
        ("News", None),
        ("Bo Berg", None),
    ]
    assert "forwarded from News" in items[1].exposure_reason


@pytest.mark.parametrize(
    ("medium", "paths"),
    [
        (picture(PHOTO), [PHOTO]),
        (picture(PHOTO, "sticker"), [PHOTO]),
        (picture("video_files/a &b%20.mp4", "video_file"), ["video_files/a &b%20.mp4"]),
        (picture("video_files/a.mp4", "animated"), ["video_files/a.mp4"]),
        (generic("media_photo", "Photo", PHOTO), [PHOTO]),
        (generic("media_photo", "Photo", "", NOT_INCLUDED), [None]),
        (generic("media_photo", "Self-destructing photo"), [None]),
        (
            generic("media_video", "Video message", "round_video_messages/x.mp4"),
            ["round_video_messages/x.mp4"],
        ),
        (generic("media_file", "a.jpg", "files/a.jpg"), ["files/a.jpg"]),
        (generic("media_file", "a.jpg", "", NOT_INCLUDED), [None]),
        (generic("media_file", "a.pdf", "files/a.pdf"), []),
        (generic("media_audio_file", "a.mp3", "files/a.mp3"), []),
        (generic("media_location", "Location", "https://maps.google.com/maps?q=1,2"), []),
        (generic("media_photo", "Photo", "https://example.org/a.jpg"), [None]),
        (generic("media_photo", "Photo", "../../../etc/passwd.jpg"), ["etc/passwd.jpg"]),
        ("", []),
    ],
)
def test_what_can_show_a_face_is_listed_and_what_was_left_out_too(medium, paths):
    assert [item.path for item in mentioned(Telegram, chat(message(1, "Bo Berg", medium)))] == paths


def test_a_chat_s_folder_alone_is_an_export_too():
    first = message(1, "Bo Berg", picture(f"../../chats/chat_001/{PHOTO}"))
    for folder in ("", "chats/chat_7/", "old/telegram of Bo/"):
        pack = Pack("backup")
        pack.add(f"{folder}messages.html", chat_page("Bo Berg", first, base="../../"))
        pack.add(f"{folder}{PHOTO}", photos.nobody())
        assert [item.path for item in mentioned(Telegram, pack.as_export())] == [f"{folder}{PHOTO}"]
    roots = Telegram.recognize(
        PathIndex(["a/messages.html", "b/lists/chats.html", "b/chats/chat_1/messages.html"])
    )
    assert {root.prefix for root in roots} == {"a/", "b/"}


def test_another_program_s_messages_html_is_not_telegram_s():
    pack = Pack("x")
    pack.add("messages.html", "<html><head><title>Messages</title></head><body class='page_wrap'>")
    assert not Telegram.confirm(pack.as_export())
    assert not Telegram.confirm(Pack("x", {"messages.html": b""}).as_export())
    assert Telegram.confirm(chat())


def test_where_both_forms_are_there_the_json_counts():
    pack = build("html-and-json")
    assert {record for item in mentioned(Telegram, pack.as_export()) for record in item.records} == {
        "result.json"
    }


def test_whose_a_full_export_is_stands_on_its_first_page():
    assert Telegram(build("html-full").as_export()).account == Account(
        "ana_example", "Ana Silva", "2023-06-18"
    )
    assert Telegram(build("html-single").as_export()).account == Account(exported_at="2023-06-18")


def test_thumbnails_and_the_pages_own_pictures_are_derivatives():
    for path in (
        "photos/photo_1@17-06-2023_12-01-02_thumb.jpg",
        "chats/chat_1/photos/photo_1@17-06-2023_12-01-02_thumb (1).jpg",
        "stickers/sticker_thumb.webp",
        "profile_pictures/photo_1@17-06-2023_12-01-02_info.jpg",
        "images/media_photo@2x.png",
        "images/back.png",
        "images/section_chats.png",
    ):
        assert Telegram.derivative(path), path
    for path in (PHOTO, "files/my_thumb.jpg", "files/my_info.jpg", "images/holiday.png"):
        assert not Telegram.derivative(path), path


def test_a_cut_page_is_read_up_to_the_cut_and_an_empty_one_is_unreadable():
    text = chat_page("Bo Berg", *(message(number, "Bo Berg", picture(PHOTO)) for number in range(1, 9)))
    pack = Pack("ChatExport_2023-06-18", {"messages.html": text[: text.index('id="message5"')].encode()})
    pack.add("messages2.html", "")
    export = pack.as_export()
    assert [item.post_id for item in mentioned(Telegram, export)] == ["1", "2", "3", "4"]
    assert export.unread == {"messages2.html"}


def test_pages_that_are_not_as_expected_stop_nothing():
    odd = page("<div class='message'></div><div class=message id=x title=''><a class='photo_wrap'></a></div>")
    for text in (
        odd,
        odd * 3,
        "<div class='page_header'>" * 500,
        "\0\xff<",
        "<a class=entry href=#allow_back>",
    ):
        pack = Pack("DataExport_2023-06-18")
        for name in ("messages.html", "lists/chats.html", "lists/stories.html", "export_results.html"):
            pack.add(name, text)
        pack.add("lists/profile_pictures.html", text)
        export = pack.as_export()
        assert {item.path for item in mentioned(Telegram, export)} <= {None}
        assert Telegram(export).account.name is None


def test_a_selfie_is_found_in_a_chat_exported_as_pages(run: Run, tmp_path) -> None:
    folder = build("html-call").write(tmp_path / "in")
    selfie = tmp_path / "me.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))
    run("index", folder, "--consent", "own")
    run("query", selfie, "--self", code=0)
    answer = run("query", selfie, "--json").json
    shown = {
        sighting["path"].rpartition("/")[2]: sighting
        for found in answer["appearances"]
        for sighting in found["sightings"]
    }
    first = shown["photo_1@17-06-2023_12-01-02.jpg"]
    assert (first["exposure"], first["posted_at"]) == ("private", "2023-06-17T12:01:02+02:00")
    assert not any("_thumb" in name or name.startswith("media_") for name in shown)
