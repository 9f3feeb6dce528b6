"""Archives that a platform puts into its archives are read where they lie, one level deep, and bounded."""

from __future__ import annotations

import io
import os
import random
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from selfsearch.containers import by_position, inner
from selfsearch.containers.archive import read_by_address
from selfsearch.containers.by_position import InflatedBytes, Part
from selfsearch.errors import ItemError
from selfsearch.exports.discovery import discover
from selfsearch.exports.source import Item, Source
from selfsearch.types import Outcome

from .archives import Raw, deflated, raw_zip, write_folder, write_lzma_tar, write_tar, write_zip
from .conftest import Run
from .exports import snapchat, zipped
from .photos import photo

PART = "iCloud Photos Part 1 of 2"
INNER = f"{PART}/iCloud Shared Albums.zip"
PHOTO = f"{PART}/Photos/IMG_1.JPG"
ALBUM = {
    "My Albums/Party/AlbumInfo.json": b'{"albumName": "Party", "isPublic": true}',
    "My Albums/Party/IMG_1.JPG": b"first" * 50,
    "My Albums/Party/IMG_2.JPG": os.urandom(3000),
}
BELOW = "iCloud Shared Albums/"
LIMIT = 1 << 20

PACKINGS = {
    "stored": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_STORED),
    "deflated": lambda path, files: write_zip(path.with_suffix(".zip"), files),
    "bzip2": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_BZIP2),
    "LZMA": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_LZMA),
    "tar": lambda path, files: write_tar(path.with_suffix(".tar"), files),
    "tgz": lambda path, files: write_tar(path.with_suffix(".tgz"), files, "w:gz"),
    "tar.xz": lambda path, files: write_tar(path.with_suffix(".tar.xz"), files, "w:xz"),
    "tar.lzma": lambda path, files: write_lzma_tar(path.with_suffix(".tar.lzma"), files),
    "folder": lambda path, files: write_folder(path, files),
}


def as_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 12, 0, 0)), data, method)
    return out.getvalue()


def outer(folder: Path, data: bytes, packing: str = "deflated", name: str = INNER) -> Path:
    """A part of an iCloud export with an archive in it."""
    return PACKINGS[packing](folder / PART, {PHOTO: b"photo", name: data})


def only(path: Path) -> Source:
    (source,) = discover(path).sources
    return source


def items_of(path: Path) -> dict[str, Item]:
    """Every file of the one source at a path."""
    source = only(path)
    items = list(source.items())
    source.close()
    assert len({item.path for item in items}) == len(items) == source.count
    return {item.path: item for item in items}


def contents_of(path: Path) -> dict[str, bytes]:
    return {key: item.member.read(LIMIT) for key, item in items_of(path).items() if item.member}


def reasons_of(path: Path) -> dict[str, tuple[Outcome, str] | None]:
    return {key: item.decided for key, item in items_of(path).items()}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_is_in_an_inner_archive_stands_in_the_export(packing: str, method: int, tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM, method), packing)
    below = {f"{BELOW}{name}": data for name, data in ALBUM.items()}
    assert contents_of(path) == {"Photos/IMG_1.JPG": b"photo", **below}


@pytest.mark.parametrize("packing", PACKINGS)
def test_each_file_is_said_by_its_way_through_both_archives(packing: str, tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM), packing)
    (item,) = [item for key, item in items_of(path).items() if key.endswith("Party/IMG_1.JPG")]
    assert item.address == f"{path}{'/' if packing == 'folder' else '!'}{INNER}!My Albums/Party/IMG_1.JPG"
    (read,) = read_by_address([item.address], LIMIT, {})
    assert read == (item.address, ALBUM["My Albums/Party/IMG_1.JPG"])


def test_many_files_are_read_by_their_addresses_and_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM))
    wanted = [item.address for item in items_of(path).values()]
    lost = [f"{path}!{INNER}!gone.jpg", f"{path}!{PART}/gone.zip!a.jpg", f"{path}!{PHOTO}!a.jpg"]
    assert sorted(address for address, _ in read_by_address([*wanted, *lost], LIMIT, {})) == sorted(wanted)


def test_stamps_stay_the_same_and_follow_the_content(tmp_path: Path) -> None:
    def stamps(data: bytes) -> dict[str, str]:
        return {key: item.stamp for key, item in items_of(outer(tmp_path, data)).items()}

    before = stamps(as_zip(ALBUM))
    assert stamps(as_zip(ALBUM)) == before
    changed = stamps(as_zip(ALBUM | {"My Albums/Party/IMG_1.JPG": b"other" * 50}))
    assert {key for key in before if before[key] != changed[key]} == {f"{BELOW}My Albums/Party/IMG_1.JPG"}


def test_the_archive_on_the_disk_alone_is_what_a_source_is_made_of(tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM))
    source = only(path)
    assert source.containers == (str(path),)
    assert source.stamps.keys() == {str(path)}
    assert source.why.endswith("; with 1 archive that iCloud Photos put into it")
    source.close()


def test_an_inner_archive_in_an_unpacked_export_belongs_to_it(tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM), "folder")
    source = only(path)
    assert source.containers == (f"{path}/{PART}",)
    said = {item.path: item.provenance[0] for item in source.items()}
    assert said[f"{BELOW}My Albums/Party/IMG_1.JPG"].exposure.level.value == "public"


def test_an_inner_archive_belongs_to_the_innermost_export_around_it(tmp_path: Path) -> None:
    write_folder(tmp_path, {"json/memories_history.json": b"{}"})
    outer(tmp_path / "memories", as_zip(ALBUM), "folder")
    found = [item for source in discover(tmp_path).sources for item in source.items()]
    assert [item.provenance[0].platform for item in found if item.path.endswith("IMG_2.JPG")] == ["icloud"]


def test_what_an_inner_archive_and_an_unpacked_folder_both_hold_is_found_once(tmp_path: Path) -> None:
    path = outer(tmp_path, as_zip(ALBUM), "folder")
    write_folder(path / PART / "iCloud Shared Albums", ALBUM)
    assert sorted(key for key in items_of(path) if "IMG_2" in key) == [
        f"{PART}/{BELOW}My Albums/Party/IMG_2.JPG",
        f"{BELOW}My Albums/Party/IMG_2.JPG",
    ]


def test_what_a_memory_of_several_clips_holds_goes_by_its_record(tmp_path: Path) -> None:
    items = items_of(snapchat.build("clips").write(tmp_path))
    said = {key: item.provenance[0] for key, item in items.items() if key.endswith(".jpg")}
    assert len(said) == 2
    assert {
        (one.taken and one.taken.at, one.location and one.location.latitude) for one in said.values()
    } == {("2022-08-14T09:41:07+00:00", 38.7123)}


def test_a_clip_has_the_time_of_its_archive_where_it_has_none_of_its_own(tmp_path: Path) -> None:
    inner_zip = zipped({"a.jpg": b"1", "b.jpg": b"2"}, {"b.jpg": 1_700_000_001})
    name = "memories/2022-08-14_7BB22CC7-33CC-44DD-88EE-0123456789AB.zip"
    pack = {name: inner_zip, "memories/2022-08-14_1-main.jpg": b"x"}
    path = tmp_path / "mydata~1767614400000.zip"
    path.write_bytes(zipped(pack, {name: 1_700_000_000}))
    modified = {key[-5:]: item.member.modified for key, item in items_of(path).items() if item.member}
    assert (modified["a.jpg"], modified["b.jpg"], modified["n.jpg"]) == (1_700_000_000, 1_700_000_001, None)


# What stays closed


UNOPENED = (
    Outcome.UNSUPPORTED,
    "an archive inside an archive is opened only where the platform put it there; unpack it",
)


@pytest.mark.parametrize(
    "name", [f"{PART}/mine.zip", f"{PART}/Photos/holiday.zip", f"{PART}/iCloud Shared Albums.tar"]
)
def test_an_archive_that_the_platform_did_not_put_there_stays_closed(name: str, tmp_path: Path) -> None:
    reasons = reasons_of(outer(tmp_path, as_zip(ALBUM), name=name))
    assert reasons.pop(name.removeprefix(f"{PART}/")) == UNOPENED
    assert reasons == {"Photos/IMG_1.JPG": None}


def test_an_archive_beside_no_export_stays_closed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "mine.zip", {"iCloud Shared Albums.zip": as_zip(ALBUM)})
    assert reasons_of(path) == {"iCloud Shared Albums.zip": UNOPENED}


def test_there_is_one_level_and_no_other(tmp_path: Path) -> None:
    deeper = as_zip({"iCloud Shared Albums.zip": as_zip(ALBUM), "My Albums/a.jpg": b"x"})
    reasons = reasons_of(outer(tmp_path, deeper))
    assert reasons[f"{BELOW}iCloud Shared Albums.zip"] == UNOPENED
    assert reasons[f"{BELOW}My Albums/a.jpg"] is None
    below = f"{tmp_path / PART}.zip!{INNER}!iCloud Shared Albums.zip!My Albums/Party/IMG_1.JPG"
    assert list(read_by_address([below], LIMIT, {})) == []


# What is wrong with it is said, and the rest goes on


@pytest.mark.parametrize(
    ("data", "decided"),
    [
        (b"", (Outcome.UNREADABLE, "is called an archive and cannot be read as a zip")),
        (b"no archive at all", (Outcome.UNREADABLE, "is called an archive and cannot be read as a zip")),
        (as_zip({}), (Outcome.UNSUPPORTED, "an archive with no file in it")),
    ],
)
@pytest.mark.parametrize("packing", ["stored", "deflated", "tar.xz"])
def test_what_is_no_archive_stays_a_file_with_the_reason(
    data: bytes, decided: tuple[Outcome, str], packing: str, tmp_path: Path
) -> None:
    reasons = reasons_of(outer(tmp_path, data, packing))
    assert reasons == {"Photos/IMG_1.JPG": None, "iCloud Shared Albums.zip": decided}


def test_an_inner_archive_that_needs_a_password_is_named(tmp_path: Path) -> None:
    locked = Raw(INNER.encode(), as_zip(ALBUM), flags=1)
    path = tmp_path / f"{PART}.zip"
    path.write_bytes(raw_zip(Raw(PHOTO.encode()), locked))
    reason = "needs a password; unpack the archive with it and index the folder"
    assert reasons_of(path)["iCloud Shared Albums.zip"] == (Outcome.ENCRYPTED, reason)


def test_members_that_need_a_password_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    data = raw_zip(Raw(b"My Albums/a/1.jpg", b"open"), Raw(b"My Albums/a/2.jpg", b"shut", flags=1))
    items = items_of(outer(tmp_path, data))
    locked = items[f"{BELOW}My Albums/a/2.jpg"].decided
    assert locked
    assert locked[0] is Outcome.ENCRYPTED
    member = items[f"{BELOW}My Albums/a/1.jpg"].member
    assert member
    assert member.read(LIMIT) == b"open"


@pytest.mark.parametrize("packing", ["stored", "deflated", "tgz"])
def test_an_inner_archive_that_breaks_off_is_read_up_to_there(packing: str, tmp_path: Path) -> None:
    data = as_zip(ALBUM, zipfile.ZIP_STORED)
    items = items_of(outer(tmp_path, data[: data.index(b"IMG_2.JPG") + 500], packing))
    assert items["iCloud Shared Albums.zip"].decided == (
        Outcome.UNREADABLE,
        "is cut short or damaged; reading through it found 3 files",
    )
    first, last = (items[f"{BELOW}My Albums/Party/IMG_{number}.JPG"] for number in (1, 2))
    assert first.member
    assert first.member.read(LIMIT) == ALBUM["My Albums/Party/IMG_1.JPG"]
    assert last.decided == (Outcome.UNREADABLE, "the archive ends in the middle of this file")


def test_deflated_data_that_are_damaged_are_read_up_to_there(tmp_path: Path) -> None:
    data = as_zip({f"My Albums/a/{n}.jpg": noise(40_000) for n in range(20)}, zipfile.ZIP_STORED)
    packed = bytearray(deflated(data))
    middle = len(packed) // 2
    packed[middle : middle + 4000] = b"\xff" * 4000
    path = tmp_path / f"{PART}.zip"
    path.write_bytes(raw_zip(Raw(PHOTO.encode()), Raw(INNER.encode(), data, method=8, packed=bytes(packed))))
    items = items_of(path)
    assert items["Photos/IMG_1.JPG"].decided is None
    decided = items["iCloud Shared Albums.zip"].decided
    assert decided
    assert decided[1].startswith("is cut short or damaged; reading through it found ")
    first = items[f"{BELOW}My Albums/a/0.jpg"].member
    assert first
    assert len(first.read(LIMIT)) == 40_000


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_an_inner_archive_that_lies_about_its_size_is_read_as_far_as_it_goes(
    size: int, tmp_path: Path
) -> None:
    data = as_zip(ALBUM)
    liar = Raw(INNER.encode(), data, method=8, packed=deflated(data), size=size)
    path = tmp_path / f"{PART}.zip"
    path.write_bytes(raw_zip(Raw(PHOTO.encode(), b"photo"), liar))
    items = items_of(path)
    assert items["Photos/IMG_1.JPG"].decided is None
    decided = items["iCloud Shared Albums.zip"].decided
    assert decided
    assert decided[0] is Outcome.UNREADABLE


# Bombs


def test_an_archive_that_grows_is_not_opened(tmp_path: Path) -> None:
    bomb = Raw(INNER.encode(), b"", method=8, packed=deflated(bytes(80 << 20)), size=80 << 20)
    path = tmp_path / f"{PART}.zip"
    path.write_bytes(raw_zip(Raw(PHOTO.encode()), bomb))
    reason = "holds over 8 times what it takes: a decompression bomb"
    assert reasons_of(path)["iCloud Shared Albums.zip"] == (Outcome.TOO_LARGE, reason)


def test_what_its_files_claim_together_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner, "GRACE", 1000)
    members = [Raw(b"My Albums/a/%d.jpg" % number, size=40_000) for number in range(3)]
    reasons = reasons_of(outer(tmp_path, raw_zip(*members), "stored"))
    reason = "with it the inner archive holds over 250 times what it takes: a decompression bomb"
    last = reasons[f"{BELOW}My Albums/a/2.jpg"]
    assert reasons[f"{BELOW}My Albums/a/1.jpg"] is None
    assert last in (None, (Outcome.TOO_LARGE, reason))
    big = raw_zip(*members[:2], Raw(b"My Albums/a/9.jpg", size=1 << 40), zip64=True)
    assert reasons_of(outer(tmp_path, big, "stored"))[f"{BELOW}My Albums/a/9.jpg"] == (
        Outcome.TOO_LARGE,
        reason,
    )


def test_what_small_archives_may_grow_by_is_for_all_of_them_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = raw_zip(Raw(b"a.jpg", b"", method=8, packed=deflated(bytes(100_700)), size=100_700))
    records = {"json/account.json": b"{}", "json/chat_history.json": b"{}"}
    files = {f"memories/2022-08-14_{number}.zip": bomb for number in range(5)}
    path = write_zip(tmp_path / "mydata~1767614400000.zip", files | records, zipfile.ZIP_STORED)
    monkeypatch.setattr(inner, "RATIO", 1)
    monkeypatch.setattr(inner, "GRACE", 250_000)
    reasons = reasons_of(path)
    assert sum(reasons[key] is None for key in reasons if key.endswith("a.jpg")) == 2


def test_a_file_gives_out_no_more_than_it_declares(tmp_path: Path) -> None:
    liar = Raw(b"My Albums/a/1.jpg", b"", method=8, packed=deflated(bytes(8 << 20)), size=1000)
    member = items_of(outer(tmp_path, raw_zip(liar)))[f"{BELOW}My Albums/a/1.jpg"].member
    assert member
    tracemalloc.start()
    with pytest.raises(ItemError, match="holds more than the 1,000 bytes it declares"):
        member.read(64 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LIMIT


def test_files_that_lie_on_top_of_each_other_are_refused_but_for_the_first(tmp_path: Path) -> None:
    kernel = Raw(b"My Albums/a/1.jpg", bytes(50))
    others = [Raw(b"My Albums/a/%d.jpg" % number, bytes(50), packed=b"", offset=3) for number in range(2, 5)]
    reasons = reasons_of(outer(tmp_path, raw_zip(kernel, *others)))
    assert sum("lies on top of another file" in decided[1] for decided in reasons.values() if decided) == 3


def test_all_inner_archives_together_hold_no_more_files_than_one_archive_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"memories/2022-08-1{n}_{n}.zip": as_zip({"a.jpg": b"1", "b.jpg": b"2"}) for n in range(4)}
    records = {
        "json/account.json": b"{}",
        "json/chat_history.json": b"{}",
        "json/memories_history.json": b"{}",
    }
    monkeypatch.setattr("selfsearch.exports.inner_archives.MAX_MEMBERS", len(files) + len(records) + 5)
    items = items_of(write_zip(tmp_path / "mydata~1767614400000.zip", files | records))
    assert sum(key.endswith(".jpg") for key in items) == 5
    reasons = [item.decided[1] for item in items.values() if item.decided and "the rest" in item.decided[1]]
    assert len(reasons) == 2


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_many_inner_archives_take_no_more_memory_than_few(method: int, tmp_path: Path) -> None:
    big = as_zip({"a.jpg": b"1", "b.jpg": bytes(2 << 20)}, zipfile.ZIP_STORED)
    records = {"json/account.json": b"{}", "json/chat_history.json": b"{}"}
    path = write_zip(
        tmp_path / "mydata~1767614400000.zip",
        {f"memories/2022-08-14_{number}.zip": big for number in range(20)} | records,
        method,
    )
    tracemalloc.start()
    items = items_of(path)
    assert [len(item.member.read(64 << 20)) for key, item in items.items() if item.member and "b.jpg" in key]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * len(big)


def test_what_cannot_be_read_by_position_is_held_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_position, "MAX_HELD", 1000)
    path = outer(tmp_path, as_zip(ALBUM, zipfile.ZIP_STORED), "tar.xz")
    decided = reasons_of(path)["iCloud Shared Albums.zip"]
    assert decided
    assert decided[0] is Outcome.TOO_LARGE
    assert decided[1].endswith("which is too much to hold: unpack it")


# Deflated data by position


class Bytes:
    """Bytes in memory that count how often they are read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size, self.taken = data, len(data), 0

    def read_at(self, position: int, count: int) -> bytes:
        self.taken += count
        return self.data[position : position + count]


def noise(size: int) -> bytes:
    """Bytes that deflate makes a little smaller."""
    return random.Random(1).randbytes(size).translate(bytes(byte % 200 for byte in range(256)))  # noqa: S311


def test_deflated_data_are_read_at_any_position_by_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_position, "MIN_SPACING", 1 << 14)
    monkeypatch.setattr(by_position, "MAX_MARKS", 10)
    data = noise(500_000)
    source = InflatedBytes(Bytes(deflated(data)), len(data))
    chance = random.Random(2)  # noqa: S311
    places = [(chance.randrange(len(data) + 50), chance.randrange(60_000)) for _ in range(300)]
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda place: source.read_at(*place), places))
    assert read == [data[at : at + count] for at, count in places]
    assert len(source._marks) <= 11
    assert len(source._idle) <= by_position.MAX_IDLE


def test_going_back_costs_no_more_than_from_one_mark_to_the_next() -> None:
    data = noise(8 << 20)
    packed = Bytes(deflated(data))
    source = InflatedBytes(packed, len(data))
    source.read_at(len(data) - 10, 10)
    once = packed.taken
    for at in range(0, len(data), 1 << 20):
        assert source.read_at(at + 999_999, 5) == data[at + 999_999 : at + 1_000_004]
    assert packed.taken < 2.5 * once


def test_a_part_ends_where_it_ends() -> None:
    part = Part(Bytes(b"0123456789"), 2, 5)
    assert [part.read_at(at, 9) for at in (0, 3, 5, 6)] == [b"23456", b"56", b"", b""]


# Through the front door


ASTRONAUT = "My Albums/Party/IMG_1.JPG"


@pytest.fixture
def indexed(run: Run, tmp_path: Path) -> Path:
    """An archive with an inner one, indexed."""
    files = ALBUM | {ASTRONAUT: photo("astronaut", 1)}
    del files["My Albums/Party/IMG_2.JPG"]
    (tmp_path / "exports").mkdir()
    path = outer(tmp_path / "exports", as_zip(files))
    run("index", path, "--consent", "own")
    return path


def test_a_person_is_found_in_a_public_album_inside_the_inner_archive(
    run: Run, indexed: Path, selfie: Path
) -> None:
    answer = run("query", selfie, "--self", "--json").json
    (found,) = [sighting for appearance in answer["appearances"] for sighting in appearance["sightings"]]
    assert found["path"] == f"{indexed}!{INNER}!{ASTRONAUT}"
    assert (found["exposure"], found["album"]) == ("public", "Party")


def test_an_archive_that_has_not_changed_is_not_opened_again(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    monkeypatch.setattr("selfsearch.containers.zip.Zip._list", lambda _: opened.append(1) or iter(()))
    run("rescan")
    assert not opened
    os.utime(indexed, (1, 1))
    run("rescan")
    assert opened


def test_a_report_shows_the_face_from_the_inner_archive(
    run: Run, indexed: Path, selfie: Path, tmp_path: Path
) -> None:
    run("query", selfie, "--self", "--html", tmp_path / "report.html")
    assert "data:image/jpeg;base64," in (tmp_path / "report.html").read_text()


def test_one_picture_of_the_inner_archive_and_all_of_it_can_be_forgotten(
    run: Run, indexed: Path, selfie: Path
) -> None:
    run("query", selfie, "--self")
    run("forget", f"{indexed}!{INNER}!{ASTRONAUT}", "--yes")
    assert run("query", selfie, "--self", "--json").json["appearances"] == []


def test_withdrawn_consent_takes_what_was_in_the_inner_archive_along(
    run: Run, indexed: Path, selfie: Path
) -> None:
    run("query", selfie, "--self")
    run("consent", "revoke", indexed, "--yes")
    assert run("query", selfie, "--self", "--json").json["appearances"] == []
