"""Google Chat: what was sent to whom, when; and a Takeout in which several products lie side by side."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from selfsearch.exports.discovery import discover
from selfsearch.exports.platforms.google_chat import GoogleChat, parse_date
from selfsearch.types import Exposure

from . import photos
from .exports import Pack, google_chat, google_maps, google_photos, youtube
from .exports import google_chat as fixture
from .exports.google_chat import ANA, BO, CY, DM, SPACE, message
from .exports.reading import mentioned


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("Friday, March 17, 2023 at 9:00:05\u202fPM UTC", "2023-03-17T21:00:05+00:00"),
        ("Thursday, November 3, 2016 at 12:59:50 AM UTC", "2016-11-03T00:59:50+00:00"),
        ("Thursday, November 3, 2016 at 12:59:50 PM UTC", "2016-11-03T12:59:50+00:00"),
        ("Thursday, November 3, 2016 at 23:59:50 UTC", "2016-11-03T23:59:50+00:00"),
        ("Thursday, Brumaire 3, 2016 at 1:59:50 AM UTC", None),
        ("Thursday, February 30, 2016 at 1:59:50 AM UTC", None),
        ("jeudi 3 novembre 2016", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_as_google_writes_it(written: str | None, time: str | None) -> None:
    assert parse_date(written) == time


def sent(
    folder: str, info: object, *messages: dict[str, Any], files: tuple[str, ...] = ("File-a.jpg",)
) -> Any:
    """What is said of the attachments of one conversation."""
    pack = Pack("takeout-20250105T101112Z-001")
    pack.add("Users/User 1/user_info.json", {"user": ANA})
    pack.add(f"{folder}messages.json", {"messages": list(messages or [message(BO, "a.jpg")])})
    if info is not None:
        pack.add(f"{folder}group_info.json", info)
    for name in files:
        pack.add(f"{folder}{name}", b"x")
    return mentioned(GoogleChat, pack.as_export())


@pytest.mark.parametrize(
    ("folder", "info", "writers", "level"),
    [
        (DM, {"members": [ANA, BO]}, (BO,), Exposure.PRIVATE),
        (DM, {"members": [ANA, BO]}, (ANA, BO), Exposure.PRIVATE),
        (DM, {"members": [ANA, BO]}, (ANA, BO, CY), Exposure.NETWORK),  # somebody wrote and has left
        (DM, {"members": [ANA, BO, CY]}, (BO,), Exposure.NETWORK),
        (DM, {"members": [ANA]}, (ANA,), Exposure.UNKNOWN),
        (DM, {"members": []}, (ANA, BO), Exposure.UNKNOWN),
        (DM, {"members": [ANA, BO]}, (ANA, CY), Exposure.NETWORK),  # though no more than two wrote
        (DM, None, (ANA, BO), Exposure.UNKNOWN),
        (SPACE, {"members": [ANA, BO]}, (BO,), Exposure.NETWORK),
        (SPACE, {"members": [ANA]}, (ANA,), Exposure.NETWORK),
        (SPACE, {"name": "Crew"}, (BO,), Exposure.UNKNOWN),
        (SPACE, None, (BO,), Exposure.UNKNOWN),
        ("Groups/Other/", {"members": [ANA, BO]}, (BO,), Exposure.UNKNOWN),
        ("Groups/Other/", {"members": [ANA, BO, CY]}, (BO,), Exposure.NETWORK),
    ],
)
def test_who_could_see_a_picture_follows_from_the_members_and_from_who_wrote(
    folder: str, info: object, writers: tuple[dict[str, str], ...], level: Exposure
) -> None:
    messages = [message(who, f"{who['name']}.jpg") for who in writers]
    items = sent(folder, info, *messages)
    assert {item.exposure for item in items} == {level}
    assert all(item.exposure_evidence or level is Exposure.UNKNOWN for item in items)


def test_whoever_reacted_to_a_message_could_see_it() -> None:
    reactions = [{"emoji": {"unicode": "x"}, "reactor_emails": [BO["email"], CY["email"]]}]
    (item,) = sent(DM, {"members": [ANA, BO]}, message(BO, "a.jpg") | {"reactions": reactions})
    assert item.exposure is Exposure.NETWORK


def test_files_of_one_name_go_to_their_messages_in_order() -> None:
    messages = [message(BO, "a.jpg", text="one"), message(BO, "a.jpg", text="two"), message(BO, "a.jpg")]
    items = sent(DM, {"members": [ANA, BO]}, *messages, files=("File-a.jpg", "File-a(1).jpg"))
    assert [(item.path, item.caption) for item in items] == [
        (f"{DM}File-a.jpg", "one"),
        (f"{DM}File-a(1).jpg", "two"),
        (f"{DM}File-a.jpg", None),
    ]


def test_what_shows_no_face_is_not_looked_for() -> None:
    assert sent(DM, {"members": [ANA, BO]}, message(BO, "notes.pdf", "voice.mp3"), files=()) == []


def test_a_time_of_unknown_form_is_noted() -> None:
    export = fixture.build("damaged").as_export()
    list(GoogleChat(export).mentions())
    assert export.notes[f"{DM}messages.json"] == "holds entries that are not objects; they were passed over"
    pack = Pack("x")
    pack.add(f"{DM}messages.json", {"messages": [message(BO, "a.jpg", created_date="heute")]})
    export = pack.as_export()
    list(GoogleChat(export).mentions())
    assert export.notes[f"{DM}messages.json"] == "its times are in a form that is not known"


def test_products_of_one_takeout_are_sources_of_their_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "takeout-20250105T101112Z-001.zip", "w") as archive:
        for module in (google_photos, google_chat, google_maps, youtube):
            pack = module.build(module.LAYOUTS[0])
            for path, data in pack.files.items():
                archive.writestr(pack.wrapper + path, data)
    sources = discover(tmp_path).sources
    counts = {source.platform: len(list(source.items())) for source in sources}
    assert set(counts) == {"google_photos", "google_chat", "google_maps", "youtube"}
    assert all(counts.values())


def test_a_part_of_a_takeout_without_marks_is_taken_for_photographs(tmp_path: Path) -> None:
    """Not for contributions to Maps, which everybody can see, nor for what was sent in a chat."""
    for number, module in enumerate((google_photos, google_chat, google_maps, youtube), 1):
        with zipfile.ZipFile(tmp_path / f"takeout-20250105T101112Z-00{number}.zip", "w") as archive:
            pack = module.build(module.LAYOUTS[0])
            for path, data in pack.files.items():
                archive.writestr(pack.wrapper + path, data)
    with zipfile.ZipFile(tmp_path / "takeout-20250105T101112Z-005.zip", "w") as archive:
        archive.writestr("Takeout/Some product/fotos/a.jpg", b"x")
    (owner,) = {
        source.platform
        for source in discover(tmp_path).sources
        for item in source.items()
        if item.address.endswith("Some product/fotos/a.jpg")
    }
    assert owner == "google_photos"


def test_a_picture_that_was_sent_is_found_with_sender_time_and_audience(run: Any, tmp_path: Path) -> None:
    pack = google_chat.build("takeout-2025")
    archive = pack.write(tmp_path)
    run("index", archive, "--consent", "own")
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("astronaut", 0, side=400))
    (source,) = run("sources", "--json").json["sources"]
    assert source["platform"] == "google_chat"
    answer = run("query", selfie, "--self", "--json").json
    rows = [row for appearance in answer["appearances"] for row in appearance["sightings"]]
    said = {row["path"].rpartition("/")[2]: row for row in rows}
    direct, space = said["File-selfie.jpg"], said["File-team.jpg"]
    assert (direct["exposure"], direct["author"], direct["caption"]) == ("private", "Ana", "me at the sea")
    assert (space["exposure"], space["album"], space["posted_at"]) == ("network", "Crew", google_chat.SENT)
    assert json.dumps(answer).count("a direct message between two people in Google Chat") >= 1
