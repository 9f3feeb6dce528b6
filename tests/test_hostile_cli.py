"""Hostile and broken input through the real command line: each file ends in the right outcome with a reason,
the exit code is right, and the library stays good.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests import archives, hostile, photos
from tests.conftest import Run

ROOT = Path(__file__).resolve().parent.parent
Fates = dict[str, tuple[str, str]]


def fates(run: Run, path: Path, code: int = 0) -> Fates:
    """Index `path`; what is left to explain: last part of each address -> outcome and reason."""
    summary = run("index", path, "--consent", "own", "--json", code=code).json
    assert sum(summary["outcomes"].values()) == summary["found"]
    run("doctor")
    listed = run("status", "--problems", "--json").json["problems"]
    return {row["address"].removeprefix(f"{path}/"): (row["outcome"], row["reason"]) for row in listed}


def outcomes(run: Run, path: Path) -> dict[str, int]:
    """Outcome -> number of files."""
    counted: dict[str, int] = run("index", path, "--consent", "own", "--json").json["outcomes"]
    return counted


HOSTILE = {
    "bomb.png": (hostile.png_declaring(60_000, 60_000), "too_large", "60,000 by 60,000 pixels"),
    "text.jpg": (hostile.text_named_jpg(), "unsupported", "text/html"),
    "cut.jpg": (hostile.cut(photos.photo("a", 3), 0.5), "indexed", "cut short"),
    "cut-early.jpg": (photos.photo("a", 4)[:64], "unreadable", "cut short before any part"),
    "cut.heic": (hostile.cut(hostile.heic(photos.picture("b", 2)), 0.75), "indexed", "cut short"),
    "cut-early.heic": (hostile.cut(hostile.heic(photos.picture("b", 4)), 0.02), "unreadable", "missing"),
    "junk.jpg": (hostile.jpeg_with(b"junk\xff\x00", before=b"\xff\xc0"), "indexed", "in its header, but"),
    "profile.jpg": (
        hostile.jpeg_with(hostile.BROKEN_PROFILE),
        "indexed",
        "in its header, but the picture could be read",
    ),
    "junk-cut.jpg": (hostile.cut(hostile.jpeg_with(b"junk"), 0.9), "indexed", "cut short"),
    "endless.jpg": (hostile.jpeg_with_endless_scans(), "too_large", "passes over the picture"),
    "comment.png": (hostile.png_with_exploding_text(), "too_large", "memory"),
    "screen.gif": (hostile.gif_declaring(65_535, 65_535), "too_large", "pixels"),
    "wide.jpg": (hostile.jpeg_declaring(65_535, 65_535), "too_large", "pixels"),
    "empty.webp": (b"", "unsupported", "an empty file"),
    "zeros.jpg": (bytes(10_000), "unsupported", "not a picture"),
}


def test_every_hostile_file_gets_its_outcome_and_hides_no_other(run: Run, album: Path) -> None:
    for name, (data, _, _) in HOSTILE.items():
        (album / name).write_bytes(data)
    (album / "tall.png").write_bytes(hostile.tall_png())
    by_name = fates(run, album)
    assert set(by_name) == set(HOSTILE)
    for name, (_, outcome, reason) in HOSTILE.items():
        assert by_name[name][0] == outcome, name
        assert reason in by_name[name][1], name
    assert len(run("query", album / "astronaut-0.jpg", "--self", "--json").json["appearances"]) >= 3


def test_what_is_odd_and_sound_is_read(run: Run, tmp_path: Path) -> None:
    bmp, xmp = photos.photo("d", 1, kind="BMP"), b"\xef\xbb\xbf" + hostile.xmp("caption", ("Ada",))
    odd = {
        "no-file-header.dib": photos.photo("c", 1, kind="DIB"),
        "palette.dib": photos.encoded(photos.picture("e", 1).convert("P"), "DIB"),
        "reserved.bmp": bmp[:6] + b"odd!" + bmp[10:],
        "packet.jpg": photos.encoded(photos.picture("a", 1), xmp=xmp),
        "empty-segment.jpg": hostile.jpeg_with(b"\xff\xe1\x00\x01"),
        "long-tag.tif": hostile.tiff_with_a_tag_beyond_its_end(photos.picture("f", 1)),
    }
    assert fates(run, archives.write_folder(tmp_path / "odd", odd)) == {}
    assert run("status", "--json").json["outcomes"] == {"indexed": len(odd)}


def test_archives_of_every_kind_are_known_by_their_content(run: Run, tmp_path: Path) -> None:
    def of(person: str) -> dict[str, bytes]:
        return {f"{person}.jpg": photos.photo(person, 1)}

    folder = tmp_path / "in"
    folder.mkdir()
    archives.write_lzma_tar(folder / "a.tar.lzma", of("a"))
    archives.write_lzma_tar(folder / "c.tlz", of("c"))
    archives.write_self_extractor(folder / "d-setup.exe", of("d"))
    script = b"#!/bin/sh\nexit 0\n" + archives.write_zip(tmp_path / "e", of("e")).read_bytes()
    (folder / "e-installer").write_bytes(script + b"a signature" * 100)
    (folder / "program.exe").write_bytes(archives.PROGRAM)
    archives.write_lzma_tar(folder / "greedy.tlz", of("f"), dictionary=(1 << 32) - 1)
    by_name = fates(run, folder)
    assert by_name == {
        "greedy.tlz": ("too_large", "needs more than 256 MB of memory to unpack"),
        "program.exe": ("unsupported", "not a picture: its content is of no kind that is known here"),
    }
    assert run("status", "--json").json["outcomes"]["indexed"] == 4


def test_a_picture_one_pixel_wide_is_a_picture_without_a_face(run: Run, tmp_path: Path) -> None:
    folder = archives.write_folder(tmp_path / "in", {"tall.png": hostile.tall_png(60_000)})
    assert outcomes(run, folder) == {"no_face": 1}


def test_an_archive_that_unpacks_to_gigabytes_costs_one_file(run: Run, tmp_path: Path) -> None:
    data = b"\xff\xd8\xff\xe0" + bytes(300 * 2**20)
    bomb = archives.Raw(b"bomb.jpg", data, method=8, packed=archives.deflated(data))
    path = tmp_path / "bomb.zip"
    path.write_bytes(archives.raw_zip(bomb, archives.Raw(b"good.jpg", photos.photo("astronaut", 1))))
    by_name = fates(run, path)
    assert {name: outcome for name, (outcome, _) in by_name.items()} == {f"{path}!bomb.jpg": "too_large"}


def test_names_that_climb_out_of_an_archive_write_nothing_anywhere(run: Run, tmp_path: Path) -> None:
    names = ("../../escaped.jpg", "/etc/escaped.jpg", "..\\escaped.jpg", "fine/./../../escaped2.jpg")
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = tmp_path / "a" / "b" / "climb.zip"
    archives.write_zip(path, {name: photos.photo("astronaut", at) for at, name in enumerate(names, 1)})
    before = set(tmp_path.rglob("*"))
    assert sum(outcomes(run, path).values()) == len(names)
    run("doctor")
    after = {entry for entry in tmp_path.rglob("*") if not {"library", "keys"} & set(entry.parts)}
    assert after == before
    assert not list(Path("/etc").glob("escaped*"))


def test_an_archive_in_an_archive_is_named_and_not_opened(run: Run, tmp_path: Path) -> None:
    inner = archives.write_zip(tmp_path / "inner.zip", {"a.jpg": photos.photo("astronaut", 1)}).read_bytes()
    path = archives.write_zip(
        tmp_path / "outer.zip", {"inner.zip": inner, "b.jpg": photos.photo("astronaut", 2)}
    )
    (outcome, reason) = fates(run, path)[f"{path}!inner.zip"]
    assert outcome == "unsupported"
    assert "archive" in reason


def test_a_zip_that_was_cut_gives_what_is_whole(run: Run, tmp_path: Path) -> None:
    files = {f"{at}.jpg": photos.photo("astronaut", at) for at in range(1, 6)}
    path = archives.write_zip(tmp_path / "cut.zip", files, method=0)
    path.write_bytes(hostile.cut(path.read_bytes(), 0.7))
    summary = run("index", path, "--consent", "own", "--json").json
    assert summary["outcomes"]["indexed"] >= 3
    problems = run("status", "--problems", "--json").json["problems"]
    assert any("cut" in row["reason"] or "damaged" in row["reason"] for row in problems)
    run("doctor")


@pytest.mark.skipif(sys.platform == "win32", reason="has neither")
def test_pipes_sockets_and_loops_are_named_and_never_waited_for(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(album / "pipe.jpg")
    (album / "loop").symlink_to(album)
    (album / "lost.jpg").symlink_to(album / "nowhere.jpg")
    (album / ".cache").mkdir()
    (album / ".cache" / "x.jpg").write_bytes(photos.photo("a", 2))
    (album / ".hidden.jpg").write_bytes(photos.photo("b", 2))
    with socket.socket(socket.AF_UNIX) as door:
        monkeypatch.chdir(album)  # a socket's path may have 108 characters
        door.bind("door.jpg")
        by_name = fates(run, album)
    assert {name: reason[0] for name, reason in by_name.items()} == {
        "pipe.jpg": "unsupported", "door.jpg": "unsupported", "loop/": "unsupported",
        ".cache/": "unsupported", "lost.jpg": "unreadable",
    }  # fmt: skip
    assert "named pipe" in by_name["pipe.jpg"][1]
    assert outcomes(run, album)["indexed"] == 8  # the hidden file is one of them


def without_privileges() -> None:
    """Root may read everything, unless these two capabilities are gone."""
    prctl = ctypes.CDLL(None).prctl
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: for what is started from here on


@pytest.mark.skipif(sys.platform != "linux", reason="gives up capabilities")
def test_a_folder_and_a_file_without_permission_are_named(run: Run, album: Path) -> None:
    closed = album / "closed"
    closed.mkdir()
    closed.chmod(0)
    (album / "a.jpg").chmod(0)
    command = [
        sys.executable,
        "-c",
        "from selfsearch.cli import run; run()",
        "index",
        album,
        "--consent",
        "own",
    ]
    try:
        subprocess.run(command, check=True, cwd=ROOT, preexec_fn=without_privileges)
        listed = run("status", "--problems", "--json").json["problems"]
    finally:
        closed.chmod(0o700)
    assert {row["address"].removeprefix(f"{album}/"): row["outcome"] for row in listed} == {
        "closed/": "unreadable", "a.jpg": "unreadable",
    }  # fmt: skip
    assert all("permission" in row["reason"].lower() for row in listed)
    (album / "a.jpg").chmod(0o600)
    again = run("index", album, "--json").json
    assert again["outcomes"] == {"indexed": 7, "no_face": 1}  # what could not be read was tried again


def scene(face: Image.Image, size: tuple[int, int], at: tuple[int, int]) -> bytes:
    """A face somewhere in a larger, otherwise empty picture, without loss."""
    picture = Image.new("RGB", size, (96, 104, 112))
    picture.paste(face, at)
    return photos.encoded(picture, "PNG")


def looks() -> dict[str, bytes]:
    """The astronaut in every way that a picture can show her."""
    face = photos.portrait("astronaut")
    close = Image.fromarray(np.asarray(face)[30:190, 70:230]).resize((900, 900), Image.Resampling.LANCZOS)
    return {
        "quarter.png": photos.encoded(face.rotate(90, expand=True), "PNG"),
        "half.png": photos.encoded(face.rotate(180), "PNG"),
        "three-quarters.png": photos.encoded(face.rotate(270, expand=True), "PNG"),
        "mirrored.png": photos.encoded(ImageOps.mirror(face), "PNG"),
        "tiny.png": scene(face.resize((84, 84), Image.Resampling.LANCZOS), (640, 480), (500, 60)),
        "filling.png": photos.encoded(close, "PNG"),
    }


def test_turned_mirrored_tiny_and_frame_filling_faces_are_found(
    run: Run, tmp_path: Path, selfie: Path
) -> None:
    folder = archives.write_folder(
        tmp_path / "in", looks() | {f"{person}.jpg": photos.photo(person, 1) for person in "abcdef"}
    )
    run("index", folder, "--consent", "own")
    answer = run("query", selfie, "--self", "--json").json
    by_name = {
        Path(place["path"]).name: appearance
        for appearance in answer["appearances"]
        for place in appearance["sightings"]
    }
    assert set(by_name) == set(looks())
    assert max(by_name["tiny.png"]["face"]["box"][2:]) <= 32
    assert max(by_name["filling.png"]["face"]["box"][2:]) >= 600


def large_photo(width: int, height: int) -> bytes:
    """A JPEG of that size with the astronaut a few hundred pixels large in a corner."""
    picture = Image.effect_noise((width // 4, height // 4), 20).resize((width, height)).convert("RGB")
    picture.paste(photos.picture("astronaut", 3, 700), (width - 900, height - 900))
    return photos.encoded(picture)


def test_a_camera_s_12_megapixels_work(run: Run, tmp_path: Path, selfie: Path) -> None:
    folder = archives.write_folder(tmp_path / "in", {"camera.jpg": large_photo(4000, 3000)})
    run("index", folder, "--consent", "own")
    (appearance,) = run("query", selfie, "--self", "--json").json["appearances"]
    x, y, width, height = appearance["face"]["box"]
    assert x >= 3100
    assert x + width <= 3800
    assert y >= 2100
    assert y + height <= 2800
    assert (appearance["media"]["width"], appearance["media"]["height"]) == (4000, 3000)


def test_a_scan_of_100_megapixels_works(run: Run, tmp_path: Path, selfie: Path) -> None:
    folder = archives.write_folder(tmp_path / "in", {"scan.jpg": large_photo(11600, 8700)})
    run("index", folder, "--consent", "own")
    (appearance,) = run("query", selfie, "--self", "--json").json["appearances"]
    assert appearance["band"] == "strong"
