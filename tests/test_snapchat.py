"""Snapchat exports: every generation of the fixture is read as planted, and broken ones as far as they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.snapchat import Snapchat
from selfsearch.types import Exposure, Provenance

from .exports import Pack
from .exports import snapchat as fixture
from .exports.reading import Readings, columns

MID = "11AA22BB-33CC-44DD-88EE-0123456789AB"


def read(pack: Pack) -> Readings:
    """Everything said about every media file, as the whole program would see it."""
    reader = Snapchat(pack.as_export())
    provenances: Readings = {}
    for mention in reader.mentions():
        path = mention.path if mention.path in pack.files else None
        provenances.setdefault(path, []).append(columns(mention.provenance))
    for path in pack.files:
        is_record = path.startswith(("json/", "html/", "index")) or path.endswith(".html")
        if path not in provenances and not is_record and not Snapchat.derivative(path):
            provenances[path] = [columns(reader.infer(path))]
    return provenances


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
    provenances = read(pack)
    assert set(provenances) == {planted.path for planted in pack.planted}
    for path, rows in provenances.items():
        expected = [planted.says for planted in pack.planted if planted.path == path]
        assert len(rows) == len(expected)
        for says in expected:
            assert says in [{field: getattr(row, field) for field in says} for row in rows]


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_no_link_that_fetches_media_is_kept(layout: str) -> None:
    assert "SECRET" not in repr(read(fixture.build(layout)))


def test_each_part_is_recognised_and_the_parts_belong_together() -> None:
    parts = fixture.split(fixture.build("two-parts"))
    assert [list(Snapchat.recognize(PathIndex(part.files))) for part in parts] == [
        [Root("", "Snapchat's list of memories")],
        [Root("", "Snapchat memories")],
    ]
    assert [Snapchat.part_key(f"{part.name}.zip") for part in parts] == ["mydata~1767614400000"] * 2


def test_a_part_with_nothing_but_chat_media_is_recognised() -> None:
    names = PathIndex(["mydata/chat_media/2022-08-14_b~Qw7Er8Ty9.jpg"])
    assert list(Snapchat.recognize(names)) == [Root("mydata/", "media from Snapchat chats")]


def test_other_names_are_no_part_of_a_series() -> None:
    assert Snapchat.part_key("MyData~1767614400000-12 (1)") == "mydata~1767614400000"
    assert Snapchat.part_key("holiday.zip") is None
    assert list(Snapchat.recognize(PathIndex(["memories/tuesday.jpg", "json/account.json"]))) == []


def test_the_account_and_the_day_of_the_export_are_told() -> None:
    export = fixture.build("json").as_export()
    assert Snapchat(export).account == Account("ana.alba", "Ana Alba", "2026-01-05T12:00:00+00:00")
    assert Snapchat(fixture.build("media-only").as_export()).account.name is None


@pytest.mark.parametrize("record", ["[]", "{}", "null", '{"Basic Information": []}', "{", ""])
def test_a_ruined_account_record_is_no_account(record: str) -> None:
    pack = Pack("export")
    pack.add("json/account.json", record)
    assert Snapchat(pack.as_export()).account == Account()


def test_overlays_and_thumbnails_are_derivatives_and_media_are_not() -> None:
    derived = [
        f"memories/2022-08-14_{MID}-overlay.png",
        f"memories/2022-08-14_{MID}-overlay.webp",
        "chat_media/2022-08-14_overlay~zip-1.zip.ab.png",
        "chat_media/2022-08-14_thumbnail~zip-1.jpg",
    ]
    media = [f"memories/2022-08-14_{MID}-main.jpg", "chat_media/2022-08-14_media~zip-1.zip.ab.jpg"]
    assert all(map(Snapchat.derivative, derived))
    assert not any(map(Snapchat.derivative, media))


def test_memories_without_an_id_are_joined_only_when_nothing_else_can_be_meant() -> None:
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Location": "38.7, -9.1"}
    later = entry | {"Date": "2022-08-14 19:41:07 UTC"}
    files = ("2022-08-14_a-main.jpg", "2022-08-14_b-main.jpg", "2022-08-14_c-main.mp4")
    single = read(memories(entry, files=files[::2]))
    assert single["memories/2022-08-14_a-main.jpg"][0].taken_at == "2022-08-14T09:41:07+00:00"
    two = read(memories(entry, later, files=files))
    shared = two["memories/2022-08-14_a-main.jpg"][0]
    assert (shared.taken_at, shared.taken_at_source, shared.location) == ("2022-08-14", "Date", (38.7, -9.1))
    many = read(memories(entry, later, entry | {"Location": None}, files=files))
    assert many["memories/2022-08-14_a-main.jpg"][0].taken_at_source == "file name"
    assert [provenance.taken_at for provenance in many[None]] == ["2022-08-14"]


def test_an_id_without_its_file_never_takes_another_file_of_that_day() -> None:
    link = "https://snapchat.example/?mid="
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image"}
    listed = [entry | {"Download Link": link + "here"}, entry | {"Download Link": link + "gone"}]
    found = read(memories(*listed, files=("2022-08-14_HERE-main.jpg", "2022-08-14_other-main.jpg")))
    assert found["memories/2022-08-14_other-main.jpg"][0].taken_at_source == "file name"
    assert [provenance.post_id for provenance in found[None]] == ["gone"]


@pytest.mark.parametrize(
    "place", [None, 7, [], {}, "", "Latitude, Longitude: 0.0, 0.0", "91.5, 3.0", "nowhere"]
)
def test_a_place_that_is_none_is_not_invented(place: Any) -> None:
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Location": place}
    (provenance,) = read(memories(entry))[None]
    assert (provenance.location, provenance.location_source) == (None, None)


@pytest.mark.parametrize(
    "bad", [None, 7, "x", [], {}, {"Date": 5}, {"Date": "yesterday"}, {"Download Link": 3}]
)
def test_a_bad_entry_hides_no_other(bad: Any) -> None:
    good = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "PHOTO", "Download Link": f"?mid={MID}"}
    pack = memories(
        good, bad, good | {"Date": "2022-08-15 09:41:07 UTC"}, files=(f"2022-08-14_{MID}-main.jpg",)
    )
    export = pack.as_export()
    first, *_ = Snapchat(export).mentions()
    assert columns(first.provenance).taken_at == "2022-08-14T09:41:07+00:00"
    assert "json/memories_history.json" in export.notes


@pytest.mark.parametrize("record", ['{"Saved Media": null}', "[]", "7", "", "{", '{"Saved Media": "x"}'])
def test_without_a_usable_list_memories_are_found_by_their_names(record: str) -> None:
    pack = memories(files=(f"2022-08-14_{MID}-main.jpg",))
    pack.add("json/memories_history.json", record)
    (provenance,) = read(pack)[f"memories/2022-08-14_{MID}-main.jpg"]
    assert (provenance.context, provenance.taken_at, provenance.exposure) == (
        "memory",
        "2022-08-14",
        Exposure.UNKNOWN,
    )


def test_a_list_that_is_cut_is_read_up_to_the_cut() -> None:
    pack = memories({"Date": "2022-08-14 09:41:07 UTC", "Download Link": f"?mid={MID}"}, {"Date": "2022"})
    pack.files["json/memories_history.json"] = pack.files["json/memories_history.json"][:-6]
    export = pack.as_export()
    (mention,) = Snapchat(export).mentions()
    assert columns(mention.provenance).taken_at == "2022-08-14T09:41:07+00:00"
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
    (provenance,) = read(chat("bo", record | {"Media IDs": "b~1"}, files=("2022-08-14_b~1.jpg",)))[
        "chat_media/2022-08-14_b~1.jpg"
    ]
    assert (provenance.posted_at, provenance.posted_at_source) == (at, source)


def test_the_time_in_words_goes_before_the_count() -> None:
    record = {
        "Created": "2022-08-14 09:30:00 UTC",
        "Created(microseconds)": 1560469400123,
        "Media IDs": "b~1",
    }
    (provenance,) = read(chat("bo", record))[None]
    assert provenance.posted_at == "2022-08-14T09:30:00+00:00"


def test_a_part_that_stands_aside_is_read_with_the_others() -> None:
    pack = fixture.build("json")
    aside = Pack(pack.name, {f"mydata~1767614400000-2/{path}": data for path, data in pack.files.items()})
    export = aside.as_export()
    found = {mention.path for mention in Snapchat(export).mentions()} & aside.files.keys()
    assert "mydata~1767614400000-2/memories/2022-08-15_2AA22BB2-33CC-44DD-88EE-0123456789AB-main.jpg" in found
    assert "mydata~1767614400000-2/chat_media/2022-08-14_b~Qw7Er8Ty9.jpg" in found
    alone = columns(Snapchat(export).infer("mydata~1767614400000-2/memories/2022-09-01_x-main.jpg"))
    assert (alone.context, alone.taken_at, alone.post_id) == ("memory", "2022-09-01", "x")


def test_media_that_a_message_names_and_the_export_lacks_are_named() -> None:
    record = {"Created": "2022-08-14 09:30:00 UTC", "Media IDs": "b~1"}
    assert [mention.path for mention in Snapchat(chat("bo", record).as_export()).mentions()] == [
        "chat_media/2022-08-14_b~1"
    ]


@pytest.mark.parametrize("ids", ["b~1 b~2", "b~1,b~2", "b~1;b~2", "b~1 | b~2", ["b~1", "b~2"], "1|2"])
def test_ids_are_told_apart_whatever_stands_between_them(ids: Any) -> None:
    files = ("2022-08-14_b~1.jpg", "2022-08-15_b~2.mp4")
    export = chat("bo", {"Media IDs": ids}, files=files).as_export()
    assert [mention.path for mention in Snapchat(export).mentions()] == [
        f"chat_media/{path}" for path in files
    ]


def test_a_chat_of_three_is_a_group_whatever_it_is_called() -> None:
    messages = [{"From": sender, "Media IDs": "b~1"} for sender in ("ana", "bo", "cy")]
    found = read(chat("troop", *messages, files=("2022-08-14_b~1.jpg",)))["chat_media/2022-08-14_b~1.jpg"]
    assert {(provenance.audience, provenance.exposure) for provenance in found} == {
        ("group", Exposure.NETWORK)
    }


@pytest.mark.parametrize(
    "history", [[], None, 7, {"bo": None}, {"bo": [None, 7, "x", [[]]]}, {"bo": {"a": {}}}]
)
def test_a_history_of_wrong_types_leaves_the_media_to_be_found(history: Any) -> None:
    pack = chat("bo", files=("2022-08-14_b~1.jpg",))
    pack.files["json/chat_history.json"] = json.dumps(history).encode()
    (provenance,) = read(pack)["chat_media/2022-08-14_b~1.jpg"]
    assert (provenance.context, provenance.exposure, provenance.posted_at) == (
        "message",
        Exposure.UNKNOWN,
        "2022-08-14",
    )


def test_a_single_message_where_a_list_belongs_is_read() -> None:
    pack = chat("bo", files=("2022-08-14_b~1.jpg",))
    pack.add("json/chat_history.json", {"bo": {"Media IDs": "b~1", "From": "bo"}, "cy": []})
    assert [provenance.author for provenance in read(pack)["chat_media/2022-08-14_b~1.jpg"]] == ["bo"]


def test_a_file_of_an_unknown_kind_is_found_and_nothing_is_said_of_it() -> None:
    export = memories(files=()).as_export()
    assert Snapchat(export).infer("extra/me.jpg") == Provenance(
        "snapchat",
        context="file",
        exposure=Exposure.UNKNOWN.because(
            "Snapchat's export does not say what this file is or who could see it"
        ),
    )


GROUP = "11aa22bb-33cc-44dd-88ee-0123456789ab"


@pytest.mark.parametrize(
    ("key", "title", "senders", "audience", "album"),
    [
        ("bo", None, ("bo", "ana"), "direct message", "bo"),
        ("bo", "bo", ("ana",), None, "bo"),  # nothing shows that Bo is one person
        ("bo", "Bo Berg", ("bo", "ana"), "direct message", "Bo Berg"),  # a name for somebody who wrote
        ("bo", "Lake House", ("cy", "ana"), "group", "Lake House"),
        ("bo", None, ("bo", "ana", "cy"), "group", "bo"),
        ("bo", None, (None, "bo", "ana"), "direct message", "bo"),
        (GROUP, None, ("ana",), "group", None),
        (GROUP, "Lake House", ("ana",), "group", "Lake House"),
    ],
)
def test_a_chat_is_of_two_unless_its_senders_its_name_or_its_title_say_otherwise(
    key: str, title: str | None, senders: tuple[str | None, ...], audience: str | None, album: str | None
) -> None:
    messages = [{"From": sender, "Conversation Title": title, "Media IDs": "b~1"} for sender in senders]
    provenances = read(chat(key, *messages, files=("2022-08-14_b~1.jpg",)))["chat_media/2022-08-14_b~1.jpg"]
    levels = {"group": Exposure.NETWORK, "direct message": Exposure.PRIVATE, None: Exposure.UNKNOWN}
    assert {(p.audience, p.audience_source, p.album, p.exposure) for p in provenances} == {
        (audience, audience and "chat_type", album, levels[audience])
    }


def test_a_chat_with_a_friend_who_never_wrote_is_of_two() -> None:
    pack = chat("bo", {"From": "ana", "Media IDs": "b~1"}, files=("2022-08-14_b~1.jpg",))
    pack.add("json/friends.json", {"Friends": [{"Username": "bo", "Display Name": "Bo Berg"}]})
    (said,) = read(pack)["chat_media/2022-08-14_b~1.jpg"]
    assert said.exposure is Exposure.PRIVATE
    assert said.exposure_evidence == ("json/chat_history.json", "json/friends.json")


def test_what_a_zip_of_a_chat_holds_has_its_day() -> None:
    assert Snapchat.nested("chat_media/2022-08-14_media~zip-1.zip")
    said = Snapchat(chat("bo").as_export()).infer("chat_media/2022-08-14_media~zip-1/2.jpg")
    assert (said.context, said.posted and said.posted.at) == ("message", "2022-08-14")


def late(*listed: Any, **files: str) -> Pack:
    """An export without ids: `files` are names of pictures (without ending) and the time in their archive."""
    pack = memories(*listed)
    for name, at in files.items():
        path = f"memories/2025-11-02_{name}-main.jpg"
        pack.add(path, b"x")
        pack.modified[path] = fixture._seconds(at)
    return pack


def test_of_a_second_that_memories_of_different_places_share_only_the_time_is_said() -> None:
    entry = {"Date": "2025-11-02 09:41:07 UTC", "Media Type": "Image", "Location": "38.7, -9.1"}
    second = "2025-11-02 09:41:07 UTC"
    for place, where, notes in (("38.7, -9.1", (38.7, -9.1), 0), ("41.1, -8.6", None, 1)):
        export = late(
            entry, entry | {"Location": place, "Media Type": "image"}, a=second, b=second
        ).as_export()
        said = [columns(mention.provenance) for mention in Snapchat(export).mentions() if mention.path]
        assert {(one.taken_at, one.location) for one in said} == {("2025-11-02T09:41:07+00:00", where)}
        assert len(export.notes) == notes
    assert export.notes == {
        "json/memories_history.json": (
            "2 of its memories share their second with others of other places; no place is given to them"
        )
    }


def test_a_time_of_another_day_or_of_another_kind_joins_nothing() -> None:
    entry = {"Date": "2025-11-03 09:41:07 UTC", "Media Type": "Image", "Location": "38.7, -9.1"}
    film = {"Date": "2025-11-02 09:41:07 UTC", "Media Type": "Video", "Location": "38.7, -9.1"}
    pack = late(entry, film, a="2025-11-03 09:41:07 UTC", b="2025-11-02 09:41:07 UTC")
    (first,), (second,) = (read(pack)[f"memories/2025-11-02_{name}-main.jpg"] for name in "ab")
    assert [(one.taken_at, one.location) for one in (first, second)] == [("2025-11-02", None)] * 2


def test_a_memory_whose_file_is_not_among_those_of_its_second_is_missing() -> None:
    entry = {"Date": "2025-11-02 09:41:07 UTC", "Media Type": "Image", "Location": None}
    pack = late(entry, entry | {"Location": "38.7, -9.1"}, a="2025-11-02 09:41:07 UTC")
    assert [row.taken_at for row in read(pack)[None]] == ["2025-11-02T09:41:07+00:00"]


@pytest.mark.parametrize("word", ["VIEW", "view"])
def test_stories_that_were_watched_are_nobodys_posts(word: str) -> None:
    pack = Pack("mydata~1767614400000")
    seen = {
        "Story Date": "2024-03-23 09:30:00 UTC",
        "Story URL": "https://x.example/o/1",
        "Action Type": word,
    }
    pack.add("json/shared_story.json", {"Spotlight History": [seen], "Shared Story": [seen]})
    assert read(pack) == {}


@pytest.mark.parametrize(
    ("is_sender", "sender", "is_owner"),
    [
        (True, "bo", True),
        (False, "ana", False),
        (None, "ana", True),
        ("yes", "bo", False),
        (None, None, None),
    ],
)
def test_a_message_is_the_owners_when_it_says_so_or_bears_the_owners_name(
    is_sender: object, sender: str | None, is_owner: bool | None
) -> None:
    pack = chat("bo", {"From": sender, "IsSender": is_sender, "Media IDs": "b~1"})
    pack.add("json/account.json", {"Basic Information": {"Username": "ana"}})
    (provenance,) = read(pack)[None]
    assert (provenance.author, provenance.author_is_owner) == (sender, is_owner)


@pytest.mark.parametrize(
    ("kind", "is_listed"),
    [("IMAGE", True), ("Video", True), ("MEDIA", True), ("PHOTO", True), (None, True), ("AUDIO", False)],
)
def test_what_is_not_in_the_export_is_listed_unless_it_is_a_sound(kind: str | None, is_listed: bool) -> None:
    pack = chat("bo", {"Media IDs": "b~1", "Media Type": kind})
    assert bool(read(pack)) == is_listed


def test_of_two_files_with_one_id_a_message_means_the_one_of_its_day() -> None:
    record = {"Created": "2022-08-15 09:30:00 UTC", "Media IDs": "1"}
    pack = chat("bo", record, files=("2022-08-14_b~1.jpg", "2022-08-15_b~1.jpg"))
    by_record = {mention.path for mention in Snapchat(pack.as_export()).mentions()}
    assert by_record == {"chat_media/2022-08-15_b~1.jpg"}


@pytest.mark.parametrize(
    ("date", "is_read"),
    [
        ("2010-12-31 23:59:59 UTC", False),
        ("2011-01-01 00:00:00 UTC", True),
        ("2099-12-31 23:59:59 UTC", True),
        ("2100-01-01 00:00:00 UTC", False),
    ],
)
def test_a_time_before_snapchat_or_beyond_the_century_is_none(date: str, is_read: bool) -> None:
    entry = {"Date": date, "Media Type": "Image", "Download Link": f"?mid={MID}"}
    (provenance,) = read(memories(entry))[None]
    assert bool(provenance.taken_at) == is_read
    export = memories().as_export()
    assert bool(Snapchat(export).infer(f"memories/{date[:10]}_x-main.jpg").taken) == is_read
    assert bool(Snapchat(export).infer(f"chat_media/{date[:10]}_x.jpg").posted) == is_read


@pytest.mark.parametrize(
    ("entry", "taken_at", "location"),
    [
        ({"Media Type": "Video"}, "2022-08-14", None),  # a film is not matched with a still
        ({"Media Type": "Image"}, "2022-08-14T09:41:07+00:00", (38.7, -9.1)),
        ({"Media Type": None}, "2022-08-14T09:41:07+00:00", (38.7, -9.1)),
    ],
)
def test_a_memory_without_an_id_is_matched_by_its_day_and_type(
    entry: dict[str, Any], taken_at: str, location: tuple[float, float] | None
) -> None:
    listed = {"Date": "2022-08-14 09:41:07 UTC", "Location": "Latitude, Longitude: 38.7, -9.1"} | entry
    (provenance,) = read(memories(listed, files=("2022-08-14_a-main.jpg",)))["memories/2022-08-14_a-main.jpg"]
    assert (provenance.taken_at, provenance.location) == (taken_at, location)


def test_memories_of_one_day_share_a_place_only_when_all_have_it() -> None:
    first = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Location": "38.7, -9.1"}
    files = ("2022-08-14_a-main.jpg", "2022-08-14_b-main.jpg")
    for place, common in (("38.7, -9.1", (38.7, -9.1)), ("41.1, -8.6", None)):
        second = first | {"Date": "2022-08-14 10:00:00 UTC", "Location": place}
        rows = read(memories(first, second, files=files))["memories/2022-08-14_a-main.jpg"]
        assert [row.location for row in rows] == [common]


@pytest.mark.parametrize(
    ("section", "is_own"),
    [("Your Story Views", True), ("your story", True), ("Friend and Public Story Views", False)],
)
def test_only_the_owners_stories_are_listed(section: str, is_own: bool) -> None:
    pack = Pack("mydata~1767614400000")
    pack.add("json/story_history.json", {section: [{"Story Date": "2022-08-14 09:41:07 UTC"}, {}]})
    stories = [(row.context, row.posted_at) for row in read(pack).get(None, [])]
    assert stories == [("story", "2022-08-14T09:41:07+00:00")] * is_own


@pytest.mark.parametrize(
    ("name", "folder", "archive"),
    [
        ("mydata~1767614400000", "", "/x.zip"),
        ("renamed", "mydata~1767614400000-2/", "/x.zip"),
        ("renamed", "", "/downloads/mydata~1767614400000.zip"),
        ("renamed", "", "C:\\downloads\\mydata~1767614400000.zip"),
        ("renamed", "", "/downloads/mydata~1767614400000/"),
    ],
)
def test_when_an_export_was_made_is_in_its_name_its_folders_or_its_archives(
    name: str, folder: str, archive: str
) -> None:
    pack = Pack(name)
    pack.add(f"{folder}json/memories_history.json", {})
    export = pack.as_export()
    next(iter(export.members.values())).container.path = archive
    assert Snapchat(export).account.exported_at == "2026-01-05T12:00:00+00:00"
    assert Snapchat(Pack("renamed").as_export()).account == Account()


@pytest.mark.parametrize(
    ("count", "at"),
    [
        (1293839999000, None),  # a second before 2011, when Snapchat began
        (1293840000000, "2011-01-01T00:00:00+00:00"),
        (1293840000, "2011-01-01T00:00:00+00:00"),
        (4102444799000000, "2099-12-31T23:59:59+00:00"),
        (4102444800000000, None),
        (4102444799, "2099-12-31T23:59:59+00:00"),
        (4102444800, None),
        (-1293840000000, None),
    ],
)
def test_a_count_is_a_time_at_which_snapchat_existed(count: int, at: str | None) -> None:
    (provenance,) = read(chat("bo", {"Created(microseconds)": count, "Media IDs": "b~1"}))[None]
    assert provenance.posted_at == at


def test_the_list_of_memories_may_stand_under_another_name() -> None:
    pack = memories()
    entry = {"Date": "2022-08-14 09:41:07 UTC", "Media Type": "Image", "Download Link": "?mid=x"}
    pack.add("json/memories_history.json", {"Gespeicherte Medien": [entry]})
    assert [row.post_id for row in read(pack)[None]] == ["x"]
