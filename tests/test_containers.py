"""Folders, zips and tars: what is in them comes out, and what is wrong with them is reported."""

from __future__ import annotations

import gzip
import lzma
import os
import random
import socket
import struct
import tarfile
import tempfile
import tracemalloc
import unicodedata
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.containers.base import Member
from selfsearch.containers.reach import Permits, nowhere
from selfsearch.errors import ItemError
from selfsearch.exports.discovery import discover
from selfsearch.exports.source import Item
from selfsearch.types import Outcome

from .archives import (
    Raw,
    deflated,
    piped_zip,
    raw_zip,
    write_folder,
    write_lzma_tar,
    write_self_extractor,
    write_tar,
    write_zip,
)

LIMIT = 1 << 20
FILES = {"a.jpg": b"first" * 50, "deep/er/b.jpg": os.urandom(3000), "deep/c.json": b'{"a": 1}', "z.mp4": b""}

PACKINGS = {
    "folder": lambda path, files: write_folder(path, files),
    "zip": lambda path, files: write_zip(path.with_suffix(".zip"), files),
    "stored zip": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_STORED),
    "bzip2 zip": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_BZIP2),
    "LZMA zip": lambda path, files: write_zip(path.with_suffix(".zip"), files, zipfile.ZIP_LZMA),
    "tar": lambda path, files: write_tar(path.with_suffix(".tar"), files),
    "GNU tar": lambda path, files: write_tar(path.with_suffix(".tar"), files, form=tarfile.GNU_FORMAT),
    "tgz": lambda path, files: write_tar(path.with_suffix(".tgz"), files, "w:gz"),
    "tar.xz": lambda path, files: write_tar(path.with_suffix(".tar.xz"), files, "w:xz"),
    "tar.bz2": lambda path, files: write_tar(path.with_suffix(".tar.bz2"), files, "w:bz2"),
    "tar.lzma": lambda path, files: write_lzma_tar(path.with_suffix(".tar.lzma"), files),
    "self-extracting exe": lambda path, files: write_self_extractor(path.with_suffix(".exe"), files),
}
ARCHIVES = sorted(PACKINGS.keys() - {"folder"})


def items_of(path: Path, elsewhere: Permits = nowhere) -> dict[str, Item]:
    """Everything that is found at a path, which is one source."""
    (source,) = discover(path, elsewhere=elsewhere).sources
    items = list(source.items())
    source.close()
    assert len({item.path for item in items}) == len(items) == source.count
    return {item.path: item for item in items}


def members_of(path: Path) -> dict[str, Member]:
    return {key: item.member for key, item in items_of(path).items() if item.member}


def contents_of(path: Path) -> dict[str, bytes]:
    return {key: member.read(LIMIT) for key, member in members_of(path).items()}


def decisions_of(path: Path) -> dict[str, tuple[Outcome, str] | None]:
    return {key: item.decided for key, item in items_of(path).items()}


def refusal(member: Member, limit: int = LIMIT) -> tuple[Outcome, str]:
    with pytest.raises(ItemError) as caught:
        member.read(limit)
    return caught.value.outcome, str(caught.value)


def seeded(seed: int) -> random.Random:
    """The same random bytes every time, which no packer can shorten."""
    return random.Random(seed)  # noqa: S311


def as_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# Every packing


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_comes_out(packing: str, tmp_path: Path) -> None:
    assert contents_of(PACKINGS[packing](tmp_path / "it", FILES)) == FILES


NAME = st.text("abAB éü漢😀_-(~1", min_size=1, max_size=12).map(
    lambda name: unicodedata.normalize("NFC", name)
)
PATH = st.lists(NAME, min_size=1, max_size=4).map(
    lambda parts: "/".join(f"d{p}" for p in parts[:-1]) + "/f" + parts[-1]
)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(PATH.map(lambda path: path.lstrip("/")), st.binary(max_size=600), min_size=1, max_size=8)
)
def test_the_same_files_come_out_of_every_packing(files: dict[str, bytes]) -> None:
    for packing, pack in PACKINGS.items():
        with tempfile.TemporaryDirectory() as place:
            assert contents_of(pack(Path(place, "it"), files)) == files, packing


@pytest.mark.parametrize("packing", PACKINGS)
def test_several_threads_read_one_container_in_any_order(packing: str, tmp_path: Path) -> None:
    rng = seeded(4)
    files = {f"{number:03d}.jpg": rng.randbytes(rng.randrange(60_000)) for number in range(60)}
    members = members_of(PACKINGS[packing](tmp_path / "it", files))
    order = rng.sample(sorted(files), len(files))
    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(order, pool.map(lambda path: members[path].read(LIMIT), order), strict=True)) == files


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_member_can_be_read_from_its_middle(packing: str, tmp_path: Path) -> None:
    film = seeded(1).randbytes(300_000)
    member = members_of(PACKINGS[packing](tmp_path / "it", {"film.mp4": film}))["film.mp4"]
    with member.open() as stream:
        assert stream.seekable()
        assert (stream.seek(-1000, os.SEEK_END), stream.read()) == (299_000, film[-1000:])
        assert (stream.seek(5), stream.read(10), stream.tell()) == (5, film[5:15], 15)
        assert (stream.seek(100_000, os.SEEK_CUR), stream.read(70_000)) == (100_015, film[100_015:170_015])


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_stamp_changes_with_the_content_and_only_then(packing: str, tmp_path: Path) -> None:
    def stamps(data: bytes, time: int) -> dict[str, str]:
        path = PACKINGS[packing](tmp_path / "it", {"a.jpg": b"same", "b.jpg": data})
        for file in ("a.jpg", "b.jpg") if path.is_dir() else ():
            os.utime(path / file, ns=(0, time if file == "b.jpg" else 1))
        return {key: item.stamp for key, item in items_of(path).items()}

    first, again, other = stamps(b"old", 1), stamps(b"old", 1), stamps(b"newer", 2)
    assert first == again
    assert {key for key in first if first[key] != other[key]} == {"b.jpg"}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_member_over_the_limit_is_too_large(packing: str, tmp_path: Path) -> None:
    member = members_of(PACKINGS[packing](tmp_path / "it", {"big.jpg": bytes(5000)}))["big.jpg"]
    assert refusal(member, 4999) == (Outcome.TOO_LARGE, "5,000 bytes is over the limit of 4,999")


@pytest.mark.parametrize("packing", ARCHIVES)
def test_an_archive_is_told_by_its_content_and_not_by_its_name(packing: str, tmp_path: Path) -> None:
    packed = PACKINGS[packing](tmp_path / "it", FILES)
    packed.rename(tmp_path / "download")
    assert contents_of(tmp_path) == FILES


@pytest.mark.parametrize("packing", ARCHIVES)
def test_an_archive_that_is_replaced_while_it_is_read_is_not_mixed_up(packing: str, tmp_path: Path) -> None:
    packed = PACKINGS[packing](tmp_path / "it", FILES)
    members = members_of(packed)
    PACKINGS[packing](tmp_path / "it", {**FILES, "a.jpg": b"other" * 70})
    assert refusal(members["deep/er/b.jpg"]) == (Outcome.UNREADABLE, "the archive changed while it was read")


@pytest.mark.parametrize("packing", ["tgz", "tar.xz", "tar.bz2", "tar", "zip", "stored zip"])
def test_an_archive_that_is_cut_gives_what_is_there(packing: str, tmp_path: Path) -> None:
    files = {f"{number}.jpg": seeded(number).randbytes(1_200_000) for number in range(4)}
    packed = PACKINGS[packing](tmp_path / "it", files)
    packed.write_bytes(packed.read_bytes()[:3_000_000])
    items = items_of(packed)
    assert items["0.jpg"].member is not None
    assert items["0.jpg"].member.read(2 * LIMIT) == files["0.jpg"]
    assert items["2.jpg"].decided == (Outcome.UNREADABLE, "the archive ends in the middle of this file")
    decided = items[packed.name].decided
    assert decided is not None
    assert decided[0] is Outcome.UNREADABLE
    assert "cut short" in decided[1]
    assert "3.jpg" not in items


@pytest.mark.parametrize("packing", ARCHIVES)
def test_no_cut_and_no_flipped_byte_makes_an_archive_raise_anything_else(
    packing: str, tmp_path: Path
) -> None:
    intact = PACKINGS[packing](tmp_path / "it", FILES).read_bytes()
    rng = seeded(7)
    for number in range(60):
        data = bytearray(intact[: rng.randrange(1, len(intact))] if number % 2 else intact)
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = as_file(tmp_path / f"damaged{packed_suffix(packing)}", bytes(data))
        for member in members_of(path).values():
            try:
                member.read(LIMIT)
            except ItemError as exc:
                assert str(exc)  # noqa: PT017  (a reason is all that is asked for)


def packed_suffix(packing: str) -> str:
    return "." + packing.split()[-1]


# Zips


def test_lzma_without_an_end_mark_ends_with_its_size(tmp_path: Path) -> None:
    data, chain = FILES["a.jpg"], {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}
    endless = lzma.compress(data + b"not of the file", lzma.FORMAT_RAW, filters=[chain])
    header = b"\x09\x14\x05\x00\x5d" + (1 << 16).to_bytes(4, "little")
    member = Raw(b"a.jpg", data, method=14, packed=header + endless)
    assert contents_of(as_file(tmp_path / "z.zip", raw_zip(member))) == {"a.jpg": data}


def test_an_encrypted_member_says_so_and_the_others_are_read(tmp_path: Path) -> None:
    path = as_file(tmp_path / "z.zip", raw_zip(Raw(b"secret.jpg", flags=1), Raw(b"plain.jpg", b"seen")))
    items = items_of(path)
    reason = "needs a password; unpack the archive with it and index the folder"
    assert items["secret.jpg"].decided == (Outcome.ENCRYPTED, reason)
    assert refusal(members_of(path)["secret.jpg"]) == (Outcome.ENCRYPTED, reason)
    assert members_of(path)["plain.jpg"].read(LIMIT) == b"seen"


def unicode_path(name: bytes, text: str, *, right: bool = True) -> bytes:
    data = text.encode()
    return struct.pack("<2HBL", 0x7075, len(data) + 5, 1, zlib.crc32(name) if right else 7) + data


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (Raw("Zoë.jpg".encode(), flags=0x800), "Zoë.jpg"),
        (Raw("Zoë.jpg".encode()), "Zoë.jpg"),
        (Raw("Zoë.jpg".encode("cp437")), "Zoë.jpg"),
        (Raw(b"Zo\x89.jpg", extra=unicode_path(b"Zo\x89.jpg", "Zoé漢.jpg")), "Zoé漢.jpg"),
        (Raw(b"Zo\x89.jpg", extra=unicode_path(b"Zo\x89.jpg", "stale.jpg", right=False)), "Zoë.jpg"),
        (Raw("Zoe\u0308.jpg".encode()), "Zoë.jpg"),
        (Raw(b"photos\\june\\a.jpg"), "photos/june/a.jpg"),
        (Raw(b"/etc/passwd.jpg"), "etc/passwd.jpg"),
        (Raw(b"./a.jpg"), "a.jpg"),
        (Raw(b"../../a.jpg"), "../../a.jpg"),
        (Raw(b"C:\\a.jpg"), "C:/a.jpg"),
    ],
)
def test_names_are_read_as_they_were_meant(member: Raw, name: str, tmp_path: Path) -> None:
    assert contents_of(as_file(tmp_path / "z.zip", raw_zip(member))) == {name: b"x"}


def test_an_address_holds_no_sign_that_acts_on_a_terminal(tmp_path: Path) -> None:
    names = ("a\x1b[31m.jpg", "b\0.jpg", "c\u202egpj.exe", "d\r\n.jpg", "e\u200d👩.jpg")
    path = as_file(tmp_path / "z.zip", raw_zip(*(Raw(name.encode(), flags=0x800) for name in names)))
    addresses = [item.address.removeprefix(f"{path}!") for item in items_of(path).values()]
    assert addresses == [
        "a\\x1b[31m.jpg",
        "b\\x00.jpg",
        "c\\u202egpj.exe",
        "d\\x0d\\x0a.jpg",
        "e\u200d👩.jpg",
    ]


@pytest.mark.parametrize("front", [b"", b"MZ a self-extractor's program"])
@pytest.mark.parametrize("zip64", [False, True])
def test_zip64_and_data_before_the_zip_and_a_comment_are_no_hindrance(
    front: bytes, zip64: bool, tmp_path: Path
) -> None:
    packed = raw_zip(
        Raw(b"a.jpg", b"one"), Raw(b"b.jpg", b"two"), zip64=zip64, comment=b"PK\5\6 is in this comment"
    )
    assert contents_of(as_file(tmp_path / "z.zip", front + packed)) == {"a.jpg": b"one", "b.jpg": b"two"}


def test_a_zip64_that_says_so_by_its_number_of_files_alone_is_read(tmp_path: Path) -> None:
    data = bytearray(raw_zip(Raw(b"a.jpg", b"one"), zip64=True))
    data[-10:-2] = struct.pack("<2L", 9, 9)  # size and place of the directory, neither of them true
    assert contents_of(as_file(tmp_path / "z.zip", bytes(data))) == {"a.jpg": b"one"}
    assert decisions_of(tmp_path / "z.zip") == {"a.jpg": None}


def test_a_part_of_a_split_zip_is_refused(tmp_path: Path) -> None:
    path = as_file(tmp_path / "z.zip", raw_zip(Raw(b"a.jpg"), disk=3))
    assert decisions_of(path) == {
        "z.zip": (Outcome.UNSUPPORTED, "it is one part of a split archive; join the parts first")
    }


def test_two_members_of_one_name_are_two_items(tmp_path: Path) -> None:
    path = as_file(
        tmp_path / "z.zip", raw_zip(Raw(b"d/a.jpg", b"one"), Raw(b"d/a.jpg", b"two"), Raw(b"d/a.jpg", b"3"))
    )
    assert contents_of(path) == {"d/a.jpg": b"one", "d/a [2].jpg": b"two", "d/a [3].jpg": b"3"}


@pytest.mark.parametrize(
    ("member", "decided"),
    [
        (
            Raw(b"a", mode=0o120777),
            (Outcome.UNSUPPORTED, "a symbolic link inside an archive is not followed"),
        ),
        (Raw(b"a", mode=0o010644), (Outcome.UNSUPPORTED, "is not a regular file")),
        (
            Raw(b"a", method=9),
            (Outcome.UNSUPPORTED, "is compressed with deflate64, which we cannot unpack; unpack it first"),
        ),
        (
            Raw(b"a", method=77),
            (Outcome.UNSUPPORTED, "is compressed with method 77, which we cannot unpack; unpack it first"),
        ),
        (Raw(b"a", offset=2**32 - 2), (Outcome.UNREADABLE, "reaches beyond the archive's end")),
        (
            Raw(b"in.zip"),
            (
                Outcome.UNSUPPORTED,
                "an archive inside an archive is opened only where the platform put it there; unpack it",
            ),
        ),
        (Raw(b"__MACOSX/._a"), (Outcome.UNSUPPORTED, "an operating system's own file")),
        (Raw(b"b/.DS_Store"), (Outcome.UNSUPPORTED, "an operating system's own file")),
        (Raw(b"b/Thumbs.db"), (Outcome.UNSUPPORTED, "an operating system's own file")),
    ],
)
def test_a_member_that_the_listing_gives_away_is_decided_at_once(
    member: Raw, decided: tuple[Outcome, str], tmp_path: Path
) -> None:
    path = as_file(tmp_path / "z.zip", raw_zip(member, Raw(b"last.jpg")))
    decisions = decisions_of(path)
    assert decisions.pop("last.jpg") is None
    assert list(decisions.values()) == [decided]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (Raw(b"a", b"right", crc=1), "is damaged: its checksum is wrong"),
        (
            Raw(b"a", b"right", method=8, packed=deflated(b"right"), crc=1),
            "is damaged: its checksum is wrong",
        ),
        (
            Raw(b"a", b"right", method=8, packed=deflated(b"right"), size=9),
            "is damaged: its length is not the one recorded",
        ),
        (
            Raw(b"a", b"right" * 99, method=8, packed=deflated(b"right" * 99)[:-4]),
            "its compressed data are cut short",
        ),
        (Raw(b"a", b"right", method=8, packed=b"\xff" * 20), "its compressed data are damaged"),
        (Raw(b"a", b"right", method=14, packed=b"\xff" * 20), "its LZMA header is damaged"),
        (Raw(b"a", b"right", method=12, packed=b"\xff" * 20), "its compressed data are damaged"),
    ],
)
def test_a_damaged_member_is_unreadable(member: Raw, reason: str, tmp_path: Path) -> None:
    path = as_file(tmp_path / "z.zip", raw_zip(member))
    outcome, text = refusal(members_of(path)["a"])
    assert outcome is Outcome.UNREADABLE
    assert text.startswith(reason)


def test_a_bomb_costs_no_more_memory_than_the_limit(tmp_path: Path) -> None:
    bomb = deflated(bytes(200 << 20))
    honest = Raw(b"honest.jpg", bytes(1), method=8, packed=bomb, size=200 << 20)
    liar = Raw(b"liar.jpg", bytes(1), method=8, packed=bomb, size=1000)
    members = members_of(as_file(tmp_path / "z.zip", raw_zip(honest, liar)))
    tracemalloc.start()
    outcomes = [refusal(members[name], LIMIT)[0] for name in ("honest.jpg", "liar.jpg")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcomes == [Outcome.TOO_LARGE, Outcome.TOO_LARGE]
    assert peak < 8 * LIMIT


def test_members_that_lie_on_top_of_each_other_are_refused_but_for_the_first(tmp_path: Path) -> None:
    inner = b"".join(Raw(b"%d.jpg" % number, bytes(50)).local() for number in range(3))
    first = Raw(b"outer.jpg", inner)
    shift = len(first.local()) - len(inner)
    step = len(inner) // 3
    rest = [Raw(b"%d.jpg" % n, bytes(50), packed=b"", offset=shift + n * step) for n in range(3)]
    decisions = decisions_of(as_file(tmp_path / "z.zip", raw_zip(first, *rest)))
    lies = (Outcome.UNREADABLE, "lies on top of another file in the archive, as in a decompression bomb")
    assert decisions == {"outer.jpg": None, "0.jpg": lies, "1.jpg": lies, "2.jpg": lies}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_piped_zip_without_its_directory_is_still_read(method: int, tmp_path: Path) -> None:
    files = {"a.jpg": b"first" * 50, "b/c.jpg": seeded(2).randbytes(3000)}
    data = piped_zip(files, method)
    path = as_file(tmp_path / "z.zip", data[: data.index(b"PK\1\2")])
    items = items_of(path)
    assert items.pop("z.zip").decided == (
        Outcome.UNREADABLE,
        "is cut short or damaged; reading through it found 2 files",
    )
    assert {key: item.member.read(LIMIT) for key, item in items.items() if item.member} == files


def test_a_directory_that_breaks_off_is_told(tmp_path: Path) -> None:
    data = bytearray(raw_zip(Raw(b"a.jpg"), Raw(b"b.jpg"), Raw(b"c.jpg")))
    data[data.rindex(b"PK\1\2")] = 0
    decisions = decisions_of(as_file(tmp_path / "z.zip", bytes(data)))
    assert decisions == {
        "a.jpg": None,
        "b.jpg": None,
        "z.zip": (Outcome.UNREADABLE, "its directory is damaged after 2 files"),
    }


def test_a_zip_that_breaks_off_in_a_header_is_listed_up_to_there(tmp_path: Path) -> None:
    first, last = Raw(b"a.jpg", b"x" * 50), Raw(b"b.jpg", b"y", flags=8, packed=b"")
    path = as_file(tmp_path / "z.zip", first.local() + last.local()[:32])
    assert decisions_of(path) == {
        "a.jpg": None,
        "b.": (Outcome.UNREADABLE, "the archive ends in the middle of this file"),
        "z.zip": (
            Outcome.UNREADABLE,
            "is cut short or damaged; reading through it found 2 files",
        ),
    }


@pytest.mark.parametrize(
    "member",
    [
        Raw(b"caf\xe9.jpg", flags=0x800),
        Raw(b"b.jpg", extra=b"\x75\x78\x0b\x00abc"),
        Raw(b"b.jpg", size=0xFFFFFFFF, extra=struct.pack("<2HL", 1, 4, 7)),
    ],
    ids=["a name that is not the UTF-8 it claims", "an extra field cut short", "a zip64 size cut short"],
)
def test_a_bad_entry_in_the_directory_hides_no_other_file(member: Raw, tmp_path: Path) -> None:
    path = as_file(tmp_path / "z.zip", raw_zip(Raw(b"a.jpg"), member, Raw(b"c.jpg")))
    decisions = decisions_of(path)
    assert (decisions["a.jpg"], decisions["c.jpg"], len(decisions)) == (None, None, 3)


# Tars


def special_tar(path: Path, *infos: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as archive:
        for info in infos:
            archive.addfile(info)
    return path


def entry(name: str, kind: bytes, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def test_what_is_no_file_in_a_tar_is_refused(tmp_path: Path) -> None:
    path = special_tar(
        tmp_path / "t.tar",
        entry("folder", tarfile.DIRTYPE),
        entry("link", tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, linkname="link"),
        entry("pipe", tarfile.FIFOTYPE),
        entry("disk", tarfile.BLKTYPE),
        entry("holes", tarfile.REGTYPE, pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
        entry("last.jpg", tarfile.REGTYPE),
    )
    assert {key: decided and decided[1] for key, decided in decisions_of(path).items()} == {
        "link": "a symbolic link inside an archive is not followed",
        "hard": "a hard link inside an archive is not followed",
        "pipe": "is a named pipe, not a file",
        "disk": "is a device, not a file",
        "holes": "is stored with holes (sparse), which we cannot read; unpack the archive",
        "last.jpg": None,
    }


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_in_tars_are_whole(form: int, tmp_path: Path) -> None:
    name = "/".join(["ein-langer-Ordner-für-Bilder"] * 12) + "/ü.jpg"
    assert contents_of(write_tar(tmp_path / "t.tgz", {name: b"x"}, "w:gz", form)) == {name: b"x"}


def test_a_name_that_is_no_text_is_shown_with_escapes(tmp_path: Path) -> None:
    path = special_tar(tmp_path / "t.tar", entry("caf\udce9.jpg", tarfile.REGTYPE))
    assert list(decisions_of(path)) == ["caf\\xe9.jpg"]


def test_a_header_of_gigabytes_ends_the_tar_and_not_the_memory(tmp_path: Path) -> None:
    info = entry("x", tarfile.XHDTYPE, size=8 << 30)
    good = tarfile.TarInfo("a.jpg").tobuf()
    path = as_file(tmp_path / "t.tgz", gzip.compress(good + info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    assert decisions_of(path) == {
        "a.jpg": None,
        "t.tgz": (Outcome.UNREADABLE, "has a header of 8,589,934,592 bytes"),
    }


def extended(*records: tuple[str, str]) -> bytes:
    """A PAX header of these records, however often one comes."""
    data = b"".join(f"{len(key) + len(value) + 5:02d} {key}={value}\n".encode() for key, value in records)
    info = entry("x", tarfile.XHDTYPE, size=len(data))
    return info.tobuf() + data + bytes(-len(data) % 512)


def test_a_negative_size_in_a_tar_is_ignored(tmp_path: Path) -> None:
    good = [tarfile.TarInfo(f"{name}.jpg").tobuf() for name in "ab"]
    path = as_file(tmp_path / "t.tar", good[0] + extended(("size", "-1536")) + good[1] + bytes(1024))
    assert decisions_of(path) == {"a.jpg": None, "b.jpg": None}


def test_a_header_of_very_many_records_is_read(tmp_path: Path) -> None:
    records = [("comment", "x")] * 70_000 + [("path", "named.jpg")]
    path = as_file(tmp_path / "t.tar", extended(*records) + tarfile.TarInfo("a.jpg").tobuf() + bytes(1024))
    assert list(decisions_of(path)) == ["named.jpg"]


def test_a_tar_that_unpacks_beyond_reason_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selfsearch.containers.tar.GRACE", 1 << 20)
    path = write_tar(tmp_path / "t.tgz", {"a.jpg": b"x", "zeros.jpg": bytes(20 << 20)}, "w:gz")
    decisions = decisions_of(path)
    assert decisions["a.jpg"] is None
    assert decisions["t.tgz"] == (
        Outcome.TOO_LARGE,
        "holds over 250 times its own size: a decompression bomb",
    )


def test_a_tar_without_its_end_mark_is_read_and_told(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.jpg")
    info.size = 3
    path = as_file(tmp_path / "t.tar", info.tobuf() + b"abc".ljust(512, b"\0"))
    items = items_of(path)
    assert items["a.jpg"].member is not None
    assert items["a.jpg"].member.read(LIMIT) == b"abc"
    assert items["t.tar"].decided == (Outcome.UNREADABLE, "its end mark is missing; it may be cut short")


def test_joined_gzip_streams_are_one_tar(tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "t.tar", FILES).read_bytes()
    path = as_file(tmp_path / "j.tgz", gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(1000))
    assert contents_of(path) == FILES


def test_a_long_member_of_a_compressed_tar_is_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selfsearch.containers.tar.MAX_WHOLE", 1000)
    films = {f"{number}.mp4": seeded(number).randbytes(400_000) for number in range(3)}
    members = members_of(write_tar(tmp_path / "t.tgz", films, "w:gz"))
    with members["0.mp4"].open() as first, members["2.mp4"].open() as last:
        assert first.read(1000) + last.read(1000) + first.read(1000) == (
            films["0.mp4"][:1000] + films["2.mp4"][:1000] + films["0.mp4"][1000:2000]
        )
    assert {name: member.read(LIMIT) for name, member in members.items()} == films


def test_a_gzip_file_that_holds_no_tar_is_a_plain_file(tmp_path: Path) -> None:
    as_file(tmp_path / "log.gz", gzip.compress(b"just a log" * 1000))
    assert decisions_of(tmp_path) == {"log.gz": None}


# Folders


def test_what_is_special_in_a_folder_is_refused_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "null.jpg").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.jpg"))
        assert decisions_of(tmp_path) == {
            "a.jpg": None,
            "null.jpg": (Outcome.UNSUPPORTED, "is a device, not a file"),
            "pipe.jpg": (Outcome.UNSUPPORTED, "is a named pipe, not a file"),
            "socket.jpg": (Outcome.UNSUPPORTED, "is a socket, not a file"),
            "gone.jpg": (Outcome.UNREADABLE, "a link to something that is not there"),
        }


def test_a_pipe_that_takes_a_files_place_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    member = members_of(tmp_path)["a.jpg"]
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    assert refusal(member) == (Outcome.UNSUPPORTED, "is not a regular file")


def test_links_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    write_folder(tmp_path / "here", {"a.jpg": b"1", "sub/b.jpg": b"2"})
    write_folder(tmp_path / "there", {"c.jpg": b"3"})
    (tmp_path / "here/again.jpg").symlink_to("a.jpg")
    (tmp_path / "here/loop").symlink_to(".")
    (tmp_path / "there/back").symlink_to(tmp_path)
    (tmp_path / "here/sub/up").symlink_to("../../here")
    (tmp_path / "here/other").symlink_to(tmp_path / "there")
    (tmp_path / "here/once more").symlink_to(tmp_path / "there")
    items = items_of(tmp_path / "here", lambda real: real.startswith(str(tmp_path)))
    again = (Outcome.UNSUPPORTED, "is looked into already, under another path")
    assert {key: item.member.read(9) if item.member else item.decided for key, item in items.items()} == {
        "a.jpg": b"1",
        "again.jpg": b"1",
        "sub/b.jpg": b"2",
        "once more/c.jpg": b"3",
        "loop/": again,
        "other/": again,
        "sub/up/": again,
        "once more/back/here/": again,
        "once more/back/there/": again,
    }


def test_a_hidden_folder_is_told_once_and_hidden_files_are_files(tmp_path: Path) -> None:
    write_folder(
        tmp_path, {".git/objects/x": b"", ".hidden.jpg": b"h", "a/.thumbnails/t.jpg": b"", "a/b.jpg": b"b"}
    )
    write_folder(tmp_path, {"$RECYCLE.BIN/deleted.jpg": b""})
    unseen = (Outcome.UNSUPPORTED, "a hidden folder is not looked into")
    assert decisions_of(tmp_path) == {
        ".hidden.jpg": None,
        "a/b.jpg": None,
        ".git/": unseen,
        "a/.thumbnails/": unseen,
        "$RECYCLE.BIN/": unseen,
    }


def test_a_hidden_folder_that_is_asked_for_is_read(tmp_path: Path) -> None:
    assert contents_of(write_folder(tmp_path / ".cache", {"a.jpg": b"x"})) == {"a.jpg": b"x"}


def test_a_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path, {"a.jpg": b"x", "locked/b.jpg": b"y"})
    scan = os.scandir

    def guarded(path: str) -> object:
        if str(path).rstrip("/").endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)  # root may read everything, so the system cannot refuse
    assert decisions_of(tmp_path) == {
        "a.jpg": None,
        "locked/": (Outcome.UNREADABLE, "this folder: no permission to read it"),
    }


def test_names_are_compared_composed_and_opened_as_they_are(tmp_path: Path) -> None:
    write_folder(tmp_path, {"Zoe\u0308/e\u0301.jpg": b"composed"})
    raw = os.path.join(os.fsencode(tmp_path), b"caf\xe9.jpg")
    with open(raw, "wb") as file:
        file.write(b"latin")
    assert contents_of(tmp_path) == {"Zoë/é.jpg": b"composed", "caf\\xe9.jpg": b"latin"}


def test_files_and_folders_that_disappear_while_they_are_read_are_unreadable(tmp_path: Path) -> None:
    members = members_of(write_folder(tmp_path / "it", {"a.jpg": b"x", "b/c.jpg": b"y"}))
    (tmp_path / "it/b/c.jpg").unlink()
    (tmp_path / "it/b").rmdir()
    assert refusal(members["b/c.jpg"]) == (Outcome.UNREADABLE, "has disappeared")
    assert members["a.jpg"].read(LIMIT) == b"x"


def test_a_file_that_grew_is_read_up_to_the_limit(tmp_path: Path) -> None:
    members = members_of(write_folder(tmp_path, {"a.jpg": b"x"}))
    (tmp_path / "a.jpg").write_bytes(b"longer")
    assert members["a.jpg"].read(LIMIT) == b"longer"
    assert refusal(members["a.jpg"], 3) == (Outcome.TOO_LARGE, "holds more than the 1 bytes it declares")
