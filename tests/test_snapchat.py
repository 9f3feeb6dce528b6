"""Snapchat exports: every generation of the fixture is read as planted, and broken ones as far as they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import snapchat
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.legacy import Provenance
from selfsearch.types import Exposure

from .exports import Pack
from .exports import snapchat as fixture

MID = "11AA22BB-33CC-44DD-88EE-0123456789AB"
RecordIndex = dict["str | None", list[Provenance]]


def read(pack: Pack) -> RecordIndex:
    """Everything said about every media file, as the whole program would see it."""
    export = pack.as_export()
    said: RecordIndex = {}
    for mention in snapchat.mentions(export):
        said.setdefault(mention.path if mention.path in pack.files else None, []).append(mention.provenance)
    for path in export.members:
        if (
            path not in said
            and not path.startswith(("json/", "html/", "index"))
            and not snapchat.derivative(path)
        ):
            said[path] = [snapchat.orphan(export, path)]
    return said


def memories(*listed: Any, files: tuple[str, ...] = ()) -> Pack:
    """An export with this list of memories and these files."""
    pack = Pack("mydata~1767614400000")
    pack.add("json/memories_history.json", {"Saved Media": list(listed)})
    for path in files:
        pack.add(f"memories/{path}", b"x")
    return pack


def chat(key: str, *messages: Any, files: tuple[str, ...] = ()) -> Pack:
    """An export with one conversation and these files."""
    pack = Pack("mydata~1767614400000")
    pack.add("json/chat_history.json", {key: list(messages)})
    for path in files:
        pack.add(f"chat_media/{path}", b"x")
    return pack


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_every_planted_picture_is_read_as_planted(layout: str) -> None:
    pack = fixture.build(layout)
    found = read(pack)
    assert set(found) == {planted.path for planted in pack.planted}
    for path, said in found.items():
        wanted = [planted.says for planted in pack.planted if planted.path == path]
        assert len(said) == len(wanted)
        for says in wanted:
            assert says in [{field: getattr(one, field) for field in says} for one in said]


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_no_link_that_fetches_media_is_kept(layout: str) -> None:
    assert "SECRET" not in repr(read(fixture.build(layout)))


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_an_export_is_recognised_at_its_root_and_under_a_folder(layout: str) -> None:
    pack = fixture.build(layout)
    assert [root.prefix for root in snapchat.roots(PathIndex(pack.files))] == [""]
    inside = PathIndex(f"exports/mydata/{path}" for path in pack.files)
    assert [root.prefix for root in snapchat.roots(inside)] == ["exports/mydata/"]


def test_each_part_is_recognised_and_the_parts_belong_together() -> None:
    parts = fixture.split(fixture.build("two-parts"))
    assert [list(snapchat.roots(PathIndex(part.files))) for part in parts] == [
        [Root("", "Snapchat's list of memories")],
        [Root("", "Snapchat memories")],
    ]
    assert [snapchat.series(f"{part.name}.zip") for part in parts] == ["mydata~1767614400000"] * 2


def test_a_part_with_nothing_but_chat_media_is_recognised() -> None:
    names = PathIndex(["mydata/chat_media/2022-08-14_b~Qw7Er8Ty9.jpg"])
    assert list(snapchat.roots(names)) == [Root("mydata/", "media from Snapchat chats")]


def test_other_names_are_no_part_of_a_series() -> None:
    assert snapchat.series("MyData~1767614400000-12 (1)") == "mydata~1767614400000"
    assert snapchat.series("holiday.zip") is None
    assert list(snapchat.roots(PathIndex(["memories/tuesday.jpg", "json/account.json"]))) == []


def test_the_account_and_the_day_of_the_export_are_told() -> None:
    export = fixture.build("json").as_export()
    assert snapchat.account(export) == Account("ana.alba", "Ana Alba", "2026-01-05T12:00:00+00:00")
    assert snapchat.account(fixture.build("media-only").as_export()).name is None


@pytest.mark.parametrize("record", ["[]", "{}", "null", '{"Basic Information": []}', "{", ""])
def test_a_ruined_account_record_is_no_account(record: str) -> None:
    pack = Pack("export")
    pack.add("json/account.json", record)
    assert snapchat.account(pack.as_export()) == Account()


def test_overlays_and_thumbnails_are_derivatives_and_media_are_not() -> None:
    derived = [
        f"memories/2022-08-14_{MID}-overlay.png",
        f"memories/2022-08-14_{MID}-overlay.webp",
        "chat_media/2022-08-14_overlay~zip-1.zip.ab.png",
        "chat_media/2022-08-14_thumbnail~zip-1.jpg",
    ]
    media = [f"memories/2022-08-14_{MID}-main.jpg", "chat_media/2022-08-14_media~zip-1.zip.ab.jpg"]
    assert all(map(snapchat.derivative, derived))
    assert not any(map(snapchat.derivative, media))


def test_memories_without_an_id_are_joined_only_when_nothing_else_can_be_meant() -> None:
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Location": "38.7, -9.1"}
    later = entry | {"Date": "2022-08-14 19:41:07 UTC"}
    files = ("2022-08-14_a-main.jpg", "2022-08-14_b-main.jpg", "2022-08-14_c-main.mp4")
    one = read(memories(entry, files=files[::2]))
    assert one["memories/2022-08-14_a-main.jpg"][0].taken_at == "2022-08-14T09:41:07+00:00"
    two = read(memories(entry, later, files=files))
    shared = two["memories/2022-08-14_a-main.jpg"][0]
    assert (shared.taken_at, shared.taken_at_source, shared.location) == ("2022-08-14", "Date", (38.7, -9.1))
    many = read(memories(entry, later, entry | {"Location": None}, files=files))
    assert many["memories/2022-08-14_a-main.jpg"][0].taken_at_source == "file name"
    assert [said.taken_at for said in many[None]] == ["2022-08-14"]


def test_an_id_without_its_file_never_takes_another_file_of_that_day() -> None:
    link = "https://snapchat.example/?mid="
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image"}
    listed = [entry | {"Download Link": link + "here"}, entry | {"Download Link": link + "gone"}]
    said = read(memories(*listed, files=("2022-08-14_HERE-main.jpg", "2022-08-14_other-main.jpg")))
    assert said["memories/2022-08-14_other-main.jpg"][0].taken_at_source == "file name"
    assert [one.post_id for one in said[None]] == ["gone"]


@pytest.mark.parametrize(
    "place", [None, 7, [], {}, "", "Latitude, Longitude: 0.0, 0.0", "91.5, 3.0", "nowhere"]
)
def test_a_place_that_is_none_is_not_invented(place: Any) -> None:
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Location": place}
    (said,) = read(memories(entry))[None]
    assert (said.location, said.location_source) == (None, None)


@pytest.mark.parametrize(
    "bad", [None, 7, "x", [], {}, {"Date": 5}, {"Date": "yesterday"}, {"Download Link": 3}]
)
def test_a_bad_entry_hides_no_other(bad: Any) -> None:
    good = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "PHOTO", "Download Link": f"?mid={MID}"}
    pack = memories(
        good, bad, good | {"Date": "2022-08-15 09:41:07 UTC"}, files=(f"2022-08-14_{MID}-main.jpg",)
    )
    export = pack.as_export()
    assert [mention.provenance.taken_at for mention in snapchat.mentions(export)][:1] == [
        "2022-08-14T09:41:07+00:00"
    ]
    assert "json/memories_history.json" in export.notes


@pytest.mark.parametrize("record", ['{"Saved Media": null}', "[]", "7", "", "{", '{"Saved Media": "x"}'])
def test_without_a_usable_list_memories_are_found_by_their_names(record: str) -> None:
    pack = memories(files=(f"2022-08-14_{MID}-main.jpg",))
    pack.add("json/memories_history.json", record)
    (said,) = read(pack)[f"memories/2022-08-14_{MID}-main.jpg"]
    assert (said.context, said.taken_at, said.exposure) == ("memory", "2022-08-14", Exposure.PRIVATE)


def test_a_list_that_is_cut_is_read_up_to_the_cut() -> None:
    pack = memories({"Date": "2022-08-14 09:41:07 UTC", "Download Link": f"?mid={MID}"}, {"Date": "2022"})
    pack.files["json/memories_history.json"] = pack.files["json/memories_history.json"][:-6]
    export = pack.as_export()
    assert [mention.provenance.taken_at for mention in snapchat.mentions(export)] == [
        "2022-08-14T09:41:07+00:00"
    ]
    assert "damaged JSON" in export.notes["json/memories_history.json"]


@pytest.mark.parametrize(
    ("record", "at", "source"),
    [
        ({"Created": "2022-08-14 09:30:00 UTC"}, "2022-08-14T09:30:00+00:00", "Created"),
        ({"Created(microseconds)": 1660469400123}, "2022-08-14T09:30:00+00:00", "Created(microseconds)"),
        ({"Created(microseconds)": 1660469400123456}, "2022-08-14T09:30:00+00:00", "Created(microseconds)"),
        ({"Created(microseconds)": "1660469400123"}, "2022-08-14T09:30:00+00:00", "Created(microseconds)"),
        ({"Created": None, "Created(microseconds)": 0}, None, None),
        ({"Created": 5, "Created(microseconds)": []}, None, None),
    ],
)
def test_the_time_of_a_message_is_read_whatever_its_unit(
    record: Any, at: str | None, source: str | None
) -> None:
    (said,) = read(chat("bo", record | {"Media IDs": "b~1"}, files=("2022-08-14_b~1.jpg",)))[
        "chat_media/2022-08-14_b~1.jpg"
    ]
    assert (said.posted_at, said.posted_at_source) == (at, source)


def test_the_time_in_words_goes_before_the_count() -> None:
    record = {
        "Created": "2022-08-14 09:30:00 UTC",
        "Created(microseconds)": 1560469400123,
        "Media IDs": "b~1",
    }
    (said,) = read(chat("bo", record))[None]
    assert said.posted_at == "2022-08-14T09:30:00+00:00"


def test_a_part_that_stands_aside_is_read_with_the_others() -> None:
    pack = fixture.build("json")
    aside = Pack(pack.name, {f"mydata~1767614400000-2/{path}": data for path, data in pack.files.items()})
    export = aside.as_export()
    found = {mention.path for mention in snapchat.mentions(export)} & aside.files.keys()
    assert "mydata~1767614400000-2/memories/2022-08-15_2AA22BB2-33CC-44DD-88EE-0123456789AB-main.jpg" in found
    assert "mydata~1767614400000-2/chat_media/2022-08-14_b~Qw7Er8Ty9.jpg" in found
    alone = snapchat.orphan(export, "mydata~1767614400000-2/memories/2022-09-01_x-main.jpg")
    assert (alone.context, alone.taken_at, alone.post_id) == ("memory", "2022-09-01", "x")


def test_media_that_a_message_names_and_the_export_lacks_are_named() -> None:
    record = {"Created": "2022-08-14 09:30:00 UTC", "Media IDs": "b~1"}
    assert [mention.path for mention in snapchat.mentions(chat("bo", record).as_export())] == [
        "chat_media/2022-08-14_b~1"
    ]


@pytest.mark.parametrize("ids", ["b~1 b~2", "b~1,b~2", "b~1;b~2", "b~1 | b~2", ["b~1", "b~2"], "1|2"])
def test_ids_are_told_apart_whatever_stands_between_them(ids: Any) -> None:
    files = ("2022-08-14_b~1.jpg", "2022-08-15_b~2.mp4")
    export = chat("bo", {"Media IDs": ids}, files=files).as_export()
    assert [mention.path for mention in snapchat.mentions(export)] == [f"chat_media/{path}" for path in files]


def test_a_chat_of_three_is_a_group_whatever_it_is_called() -> None:
    messages = [{"From": sender, "Media IDs": "b~1"} for sender in ("ana", "bo", "cy")]
    said = read(chat("troop", *messages, files=("2022-08-14_b~1.jpg",)))["chat_media/2022-08-14_b~1.jpg"]
    assert {(one.audience, one.exposure) for one in said} == {("group", Exposure.NETWORK)}


@pytest.mark.parametrize(
    "history", [[], None, 7, {"bo": None}, {"bo": [None, 7, "x", [[]]]}, {"bo": {"a": {}}}]
)
def test_a_history_of_wrong_types_leaves_the_media_to_be_found(history: Any) -> None:
    pack = chat("bo", files=("2022-08-14_b~1.jpg",))
    pack.files["json/chat_history.json"] = json.dumps(history).encode()
    (said,) = read(pack)["chat_media/2022-08-14_b~1.jpg"]
    assert (said.context, said.exposure, said.posted_at) == ("message", Exposure.UNKNOWN, "2022-08-14")


def test_a_single_message_where_a_list_belongs_is_read() -> None:
    pack = chat("bo", files=("2022-08-14_b~1.jpg",))
    pack.add("json/chat_history.json", {"bo": {"Media IDs": "b~1", "From": "bo"}, "cy": []})
    assert [one.author for one in read(pack)["chat_media/2022-08-14_b~1.jpg"]] == ["bo"]


def test_a_file_of_an_unknown_kind_is_found_and_nothing_is_said_of_it() -> None:
    export = memories(files=()).as_export()
    assert snapchat.orphan(export, "extra/me.jpg") == Provenance(
        "snapchat",
        context="file",
        exposure_reason="Snapchat's export does not say what this file is or who could see it",
    )
