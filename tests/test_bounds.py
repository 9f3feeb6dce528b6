"""What a hostile file may ask for is bounded: names, sizes, texts, passes over a picture, memory. What goes
beyond is refused with a reason, as one outcome, and hides no other file.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from selfsearch.containers import base
from selfsearch.errors import ItemError
from selfsearch.exports.discovery import discover
from selfsearch.exports.json_stream import CHUNK_BYTES, MAX_TOKEN
from selfsearch.exports.path_index import PathIndex, fold
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.exports.platforms.media_refs import SavedFiles
from selfsearch.media.decode import open_still
from selfsearch.types import Outcome
from tests import archives, photos
from tests.archives import Raw, raw_zip
from tests.conftest import Run
from tests.exports import instagram

Fates = dict[str, tuple[str, str]]


def fates(run: Run, path: Path) -> tuple[dict[str, int], Fates]:
    """Index `path`: outcome -> count, and of what is left to explain address -> outcome and reason."""
    summary = run("index", path, "--consent", "own", "--json").json
    assert sum(summary["outcomes"].values()) == summary["found"]
    run("doctor")
    problems = run("status", "--problems", "--json").json["problems"]
    rows = {row["address"].removeprefix(str(path)): (row["outcome"], row["reason"]) for row in problems}
    return summary["outcomes"], rows


def zip_of(path: Path, *members: Raw, zip64: bool = False) -> Path:
    path.write_bytes(raw_zip(*members, zip64=zip64))
    return path


def tar_of(path: Path, *names: str) -> Path:
    return archives.write_tar(path, {name: photos.photo("astronaut", at) for at, name in enumerate(names)})


LONG_NAMES = (
    "a" * 60_000 + ".jpg",
    "d/" * 30_000 + "deep.jpg",
    "whatsapp" + " " * 60_000 + ".txt",
    "é" * 600,
)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_beyond_reason_are_an_outcome_each_and_the_others_are_read(
    kind: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        zip_of(path, *(Raw(each.encode(), photos.photo("astronaut", 1)) for each in (*LONG_NAMES, "b.jpg")))
    else:
        tar_of(path, *LONG_NAMES, "b.jpg")
    counts, problems = fates(run, path)
    assert counts == {"indexed": 1, "too_large": 4}
    reasons = {f"its name has {len(name.encode()):,} bytes; the limit is 1,024" for name in LONG_NAMES}
    assert {reason for _, reason in problems.values()} == reasons
    assert max(map(len, problems)) < 120
    assert run("index", path, "--json").json["sources"][0]["unchanged"] == 5  # and are the same the next time


def test_a_name_of_the_longest_kind_is_read(run: Run, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", Raw(b"d/" * 500 + b"x.jpg", photos.photo("astronaut", 1)))
    assert fates(run, path) == ({"indexed": 1}, {})


def base_256(size: int) -> bytes:
    """A tar's header field for a number that octal digits cannot hold."""
    return b"\x80" + size.to_bytes(11, "big")


def tar_claiming(size: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in ("a.jpg", "huge.jpg"):
            info = tarfile.TarInfo(name)
            info.size = len(data := photos.photo("astronaut", 1))
            archive.addfile(info, io.BytesIO(data))
    data = bytearray(out.getvalue())
    at = data.index(b"huge.jpg")
    data[at + 124 : at + 136] = base_256(size)
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    return bytes(data)


def test_a_zip64_size_that_no_file_has_is_refused_and_the_others_are_read(run: Run, tmp_path: Path) -> None:
    picture = photos.photo("astronaut", 1)
    sizes = {"a": len(picture), "b": (1 << 63) - 1, "c": 1 << 63, "d": (1 << 64) - 1}
    members = (Raw(name.encode(), picture, size=size) for name, size in sizes.items())
    counts, problems = fates(run, zip_of(tmp_path / "x.zip", *members, zip64=True))
    assert counts == {
        "indexed": 1,
        "duplicate": 1,
        "too_large": 2,
    }  # the data of "b" are there, whatever it claims
    assert {address for address, (_, reason) in problems.items() if "which no file has" in reason} == {
        "!c",
        "!d",
    }


@pytest.mark.parametrize("size", [1 << 63, 1 << 80])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_tar_size_that_no_file_has_is_refused_and_the_others_are_read(
    size: int, compressed: bool, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(gzip.compress(tar_claiming(size)) if compressed else tar_claiming(size))
    counts, problems = fates(run, path)
    assert counts["indexed"] == 1
    assert problems["!huge.jpg"][0] in ("too_large", "unreadable")


@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_NAMES"])
@pytest.mark.parametrize("kind", ["zip", "cut.zip", "tar", "tar.gz"])
def test_of_an_archive_with_too_many_files_those_up_to_the_limit_are_read(
    limit: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{at}.jpg": photos.photo("astronaut", at) for at in range(5)}
    path = tmp_path / f"x.{kind}"
    if kind.endswith("zip"):
        data = archives.write_zip(path, files).read_bytes()
        path.write_bytes(data[:-22] if kind == "cut.zip" else data)
    else:
        archives.write_tar(path, files, "w:gz" if kind.endswith("gz") else "w")
    monkeypatch.setattr(base, limit, 3 if limit == "MAX_MEMBERS" else 17)
    (source,) = discover(path).sources
    read = [item for item in source.items() if item.member]
    assert [item.path for item in read] == ["0.jpg", "1.jpg", "2.jpg"]
    assert all(item.member.read(1 << 20) for item in read if item.member)
    (problem,) = [item.decided for item in source.items() if not item.member]
    assert problem is not None
    assert problem[0] is Outcome.UNREADABLE  # so nothing that was known of the rest counts as gone
    assert "the rest is not looked at" in problem[1]


def test_many_folders_within_folders_cost_memory_in_proportion_to_their_names() -> None:
    names = [f"{at}/" + "media/posts/" * 80 + "x.jpg" for at in range(100)]
    names += [f"{at}/" + "a/" * 500 + "x.jpg" for at in range(100)]
    tracemalloc.start()
    index = PathIndex(names, max_depth=3)
    prefixes = index.prefixes_with_folder("media/posts") + index.prefixes_with_folder("a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "7/" in prefixes
    assert max(prefix.count("/") for prefix in prefixes) == 3
    assert peak < 12 * sum(map(len, names))


def test_records_and_files_of_one_name_do_not_cost_their_product() -> None:
    pack = instagram.build("2024")
    record = next(path for path in pack.files if path.endswith("posts_1.json"))
    pack.files = {record: json.dumps([{"media": [{"uri": f"{at}/x.jpg"}]} for at in range(5_000)]).encode()}
    pack.files |= {f"other/{at}/x.jpg": b"" for at in range(5_000)}
    reader = Instagram(pack.as_export())
    start = time.process_time()
    assert len(list(reader.mentions())) == 5_000
    assert time.process_time() - start < 5  # 25 million comparisons take a minute


def test_saved_files_are_found_by_their_numbers_and_names() -> None:
    saved = SavedFiles(["a/12345678901-x.jpg", "b/112345678901.jpg", "c/Abcdefghijk_1.png", "c/IMG.jpg"])
    assert saved.with_id("12345678901") == ["a/12345678901-x.jpg"]
    assert saved.with_id("ABCDEFGHIJK") == ["c/Abcdefghijk_1.png"]
    assert saved.with_id("123") == []
    assert saved.with_name("img.JPG") == ["c/IMG.jpg"]


def test_accents_on_accents_do_not_cost_their_square() -> None:
    accents = "\u0315" * 50_000 + "\u0327" * 50_000
    assert len(fold(accents)) == len(accents)  # takes 15 seconds in one piece
    assert fold("Cafe\u0301.JPG") == "caf\u00e9.jpg"


def test_a_record_with_a_text_beyond_reason_is_read_up_to_it(run: Run, tmp_path: Path) -> None:
    pack = instagram.build("2024")
    record = next(path for path in pack.files if path.endswith("posts_1.json"))
    posts = json.loads(pack.files[record])
    posts.append({"media": [{"uri": "media/posts/x.jpg", "title": "x" * (MAX_TOKEN + CHUNK_BYTES)}]})
    pack.files[record] = json.dumps(posts).encode()
    answer = run("index", pack.write(tmp_path), "--consent", "own", "--json").json
    assert sum(answer["outcomes"].values()) == answer["found"]
    problems = run("status", "--problems", "--json").json["problems"]
    (reason,) = [row["reason"] for row in problems if row["address"].endswith("posts_1.json")]
    assert reason == "read only in part: read as far as it goes: one text in it has more than 4 MB"


def progressive(width: int, height: int, **options: object) -> bytes:
    """A progressive JPEG of a few hundred bytes whose frame declares another size."""
    data = photos.encoded(Image.new("RGB", (16, 16), (90, 80, 70)), progressive=True, **options)
    at = data.index(b"\xff\xc2") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def in_several_scans(width: int, height: int) -> bytes:
    """A JPEG that is not progressive and says that its first scan has one colour of three."""
    data = photos.encoded(Image.new("RGB", (16, 16), (90, 80, 70)))
    at = data.index(b"\xff\xc0") + 5
    data = data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
    at = data.index(b"\xff\xda")
    return data[:at] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + data[at + 14 :]


def with_passes(data: bytes, passes: int) -> bytes:
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * passes + b"\xff\xd9"


def tiff_with_a_giant_tile() -> bytes:
    """A picture of 64 by 64 pixels in one tile of 900 million, which unpacks from 875 kB."""
    packed = zlib.compress(bytes(10_000), 9)
    tags = {
        256: 64,
        257: 64,
        258: 8,
        259: 8,
        262: 1,
        277: 1,
        322: 30_000,
        323: 30_000,
        324: 200,
        325: len(packed),
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries).ljust(200, b"\0") + packed


COSTLY: dict[str, tuple[Callable[[], bytes], str]] = {
    "progressive": (lambda: progressive(16_000, 15_000), "need 708 MiB of memory to decode"),
    "fine": (lambda: progressive(16_000, 15_000, subsampling=0), "need 1,394 MiB of memory to decode"),
    "in parts": (lambda: in_several_scans(16_000, 15_000), "of memory to decode"),
    "again": (lambda: with_passes(progressive(16, 16), 101), "more than 100 passes over the picture"),
    "parts again": (
        lambda: with_passes(in_several_scans(16, 16), 101),
        "more than 100 passes over the picture",
    ),
    "tile": (tiff_with_a_giant_tile, "more memory than one picture may have"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_picture_whose_decoding_would_cost_too_much_is_refused_before_it_does(name: str) -> None:
    build, reason = COSTLY[name]
    with pytest.raises(ItemError, match=reason) as caught:
        open_still(build())
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_pictures_that_cost_too_much_hide_no_other(run: Run, tmp_path: Path) -> None:
    files = {f"{name}.jpg": build() for name, (build, _) in COSTLY.items()}
    folder = archives.write_folder(tmp_path / "in", files | {"good.jpg": photos.photo("astronaut", 1)})
    counts, problems = fates(run, folder)
    assert counts == {"indexed": 1, "too_large": len(COSTLY)}
    assert all(reason in problems[f"/{name}.jpg"][1] for name, (_, reason) in COSTLY.items())


def test_a_film_behind_a_photograph_is_no_pass_over_it() -> None:
    film = b"\xff\xda" * 500
    for picture in (
        photos.photo("astronaut", 1),
        photos.encoded(photos.picture("astronaut"), progressive=True),
    ):
        assert open_still(picture + film).pixels(64).any()


def test_what_comes_out_of_a_large_picture_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from selfsearch.media import jpeg, limits

    for module in (jpeg, limits):
        monkeypatch.setattr(module, "MAX_DECODED_BYTES", 600_000)
    monkeypatch.setattr(limits, "MIN_OUTPUT_BYTES", 100_000)
    picture = Image.new("RGB", (370, 370), (90, 80, 70))
    for form in ("JPEG", "PNG"):
        pixels = open_still(photos.encoded(picture, form)).pixels(370)
        assert pixels.shape[0] < 370
