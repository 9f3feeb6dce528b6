"""Broken and hostile pictures: each ends in an outcome and a sentence, quickly and without noise."""

from __future__ import annotations

import random
import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from selfsearch.errors import ItemError
from selfsearch.media.decode import open_still
from selfsearch.media.limits import MAX_BYTES
from selfsearch.media.phash import perceptual_hash
from selfsearch.types import Facts, Outcome

from . import hostile
from .photos import encoded, photo, picture

HUGE = (60_000, 60_000)
TOO_LARGE, UNREADABLE, UNSUPPORTED = Outcome.TOO_LARGE, Outcome.UNREADABLE, Outcome.UNSUPPORTED


def refusal(data: bytes) -> tuple[Outcome, str]:
    """How a file is refused, at opening or at decoding."""
    with pytest.raises(ItemError) as caught:
        open_still(data).pixels(640)
    return caught.value.outcome, str(caught.value)


def end(data: bytes) -> str | Outcome:
    """What becomes of a file: "pixels", or the outcome that refuses it."""
    try:
        still = open_still(data)
        assert isinstance(still.facts, Facts)
        assert still.pixels(48).shape[2] == 3
    except ItemError as error:
        return error.outcome
    return "pixels"


BOMBS = {
    "PNG": lambda: hostile.png_declaring(*HUGE),
    "GIF": lambda: hostile.gif_declaring(60_000, 60_000),
    "BMP": lambda: hostile.bmp_declaring(*HUGE),
    "TIFF": lambda: hostile.tiff_declaring(*HUGE),
    "HEIC": lambda: hostile.heic_declaring(*HUGE),
    "JPEG": lambda: hostile.jpeg_declaring(65_500, 65_500),
    "WebP": lambda: hostile.webp_declaring(16_384, 16_384),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_declared_giant_is_refused_before_any_memory_is_taken(kind: str) -> None:
    data = BOMBS[kind]()
    refusal(data)  # loads the decoder
    tracemalloc.start()
    started = time.process_time()
    outcome, reason = refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome is TOO_LARGE
    assert "the limit is 250 megapixels and 100,000 pixels on a side" in reason
    assert peak < 2 * 2**20
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (hostile.png_with_exploding_text, "decoding it would need more memory than one picture may have"),
        (hostile.png_with_exploding_profile, "decoding it would need more memory than one picture may have"),
        (
            lambda: hostile.png_declaring(14_000, 14_000),
            "14,000 by 14,000 pixels in this format need 747 MiB of memory to decode; the limit is 512",
        ),
        (
            hostile.jpeg_with_endless_scans,
            "more than 100 passes over the picture, which only serve to block a decoder",
        ),
        (
            lambda: bytes(MAX_BYTES + 1),
            "268,435,457 bytes is over the limit of 268,435,456 for a still picture",
        ),
    ],
)
def test_a_bomb_is_too_large(build, expected: str) -> None:  # type: ignore[no-untyped-def]
    assert refusal(build()) == (TOO_LARGE, expected)


def test_a_directory_of_overlapping_values_is_not_read() -> None:
    reason = "damaged: its directory claims more bytes than the file has"
    assert refusal(hostile.tiff_with_overlapping_values()) == (UNREADABLE, reason)


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        (b"", UNREADABLE, "the file is empty"),
        (b"\x00\x01\x02", UNSUPPORTED, "its content is no picture format that is known here"),
        (b"hello", UNSUPPORTED, "text, not a picture"),
        (hostile.text_named_jpg(), UNSUPPORTED, "a web page, not a picture"),
        (b"%PDF-1.7", UNSUPPORTED, "a PDF document"),
        (b"\x00\x00\x00\x18ftypisom", UNSUPPORTED, "a film, not a still picture"),
        (
            b"II*\x00\x10\x00\x00\x00CR",
            UNSUPPORTED,
            "a camera's raw file; export it as JPEG to have it searched",
        ),
        (b"\xff\xd8\xff\xe0", UNREADABLE, "cut short before any part of the picture"),
        (b"\x89PNG\r\n\x1a\n", UNREADABLE, "damaged: the decoder finds no picture in it"),
    ],
)
def test_what_is_no_picture_is_told_apart(data: bytes, outcome: Outcome, reason: str) -> None:
    assert refusal(data) == (outcome, reason)


def test_a_camera_raw_file_is_not_taken_for_its_small_preview() -> None:
    raw = encoded(picture(side=160), "TIFF", tiffinfo={0xC612: b"\x01\x04\x00\x00"})  # DNGVersion
    assert refusal(raw) == (UNSUPPORTED, "a camera's raw file; export it as JPEG to have it searched")


def test_a_very_long_and_thin_picture_is_read() -> None:
    still = open_still(hostile.tall_png())
    assert (still.width, still.height) == (1, 60_000)
    assert still.pixels(1280).shape == (1305, 1, 3)
    perceptual_hash(still.pixels(1280))


def test_a_hundred_megapixels_are_read_an_eighth_as_large() -> None:
    side = 10_000
    data = encoded(
        Image.effect_noise((625, 625), 50).resize((side, side), Image.Resampling.NEAREST), quality=50
    )
    still = open_still(data)
    assert (still.width, still.height) == (side, side)
    assert still.pixels(1250).shape == (1250, 1250, 3)


@pytest.mark.parametrize("build", [hostile.jpeg_with_a_long_fuse, hostile.jpeg_with_a_million_empty_segments])
def test_junk_before_the_picture_costs_no_time(build) -> None:  # type: ignore[no-untyped-def]
    data = build()
    started = time.process_time()
    assert end(data) in ("pixels", UNREADABLE)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("build", [hostile.jpeg_with_laughing_entities, hostile.jpeg_with_nested_captions])
def test_hostile_xml_says_nothing_and_costs_nothing(build) -> None:  # type: ignore[no-untyped-def]
    still = open_still(build())
    started = time.process_time()
    assert still.facts == Facts()
    assert time.process_time() - started < 1
    assert still.pixels(64).shape == (64, 64, 3)


# Files that were cut short


def cuttable(kind: str) -> bytes:
    image = picture("astronaut", side=300)
    if kind.startswith("HEIC"):
        return hostile.heic(image, **({"tile_size": 128} if "tiles" in kind else {}))
    if kind == "WebP with EXIF":
        return encoded(image, "WEBP", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")
    return encoded(image, kind)


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "WebP with EXIF", "HEIC", "HEIC in tiles", "TIFF", "GIF", "BMP"]
)
def test_a_file_cut_short_is_used_as_far_as_it_goes(kind: str) -> None:
    data = cuttable(kind)
    expected = open_still(data).pixels(300).astype(int)
    still = open_still(hostile.cut(data, 0.6))
    pixels = still.pixels(300).astype(int)
    assert still.problem == "cut short: the end of the picture is missing"
    good = (np.abs(pixels - expected).mean(axis=(1, 2)) < 12).mean()
    assert 0.35 <= good < 0.8  # of the rows
    assert (still.width, still.height) == (300, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC", "TIFF", "GIF", "BMP", "AVIF"])
def test_a_file_cut_before_any_pixel_is_unreadable(kind: str) -> None:
    outcome, _ = refusal(cuttable(kind)[:70])
    assert outcome is UNREADABLE


def test_a_jpeg_cut_right_after_its_header_is_unreadable() -> None:
    data = photo(side=300)
    begin = data.index(b"\xff\xda") + 14
    assert refusal(data[: begin + 8]) == (UNREADABLE, "cut short before any part of the picture")


def test_a_progressive_jpeg_cut_short_is_whole_but_coarse() -> None:
    data = encoded(picture(side=300), progressive=True)
    expected = open_still(data).pixels(300).astype(int)
    still = open_still(hostile.cut(data, 0.5))
    assert np.abs(still.pixels(300) - expected).mean() < 12
    assert still.problem == "cut short: the end of the picture is missing"


def test_a_scratched_jpeg_is_marked() -> None:
    data = bytearray(photo(side=300))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff\xd3" * 20
    still = open_still(bytes(data))
    assert still.pixels(300).shape == (300, 300, 3)
    assert still.problem == "damaged: parts of the picture may be wrong"


def test_what_some_cameras_leave_before_the_end_is_no_damage() -> None:
    data = photo(side=300)
    still = open_still(data[:-2] + bytes(8) + data[-2:] + b"a film may follow")
    assert still.pixels(300).shape == (300, 300, 3)
    assert still.problem is None


# Files damaged at random


def damaged(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        broken[chance.randrange(min(len(broken), chance.choice((60, 500, len(broken)))))] = chance.randrange(
            256
        )
    return bytes(broken[: chance.choice((len(broken), chance.randrange(1, len(broken))))])


TINY = {
    "JPEG": lambda image: encoded(image, exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"),
    "progressive JPEG": lambda image: encoded(image, progressive=True),
    "CMYK JPEG": lambda image: encoded(image.convert("CMYK")),
    "PNG": lambda image: encoded(image, "PNG"),
    "palette PNG": lambda image: encoded(image.quantize(16), "PNG"),
    "WebP": lambda image: encoded(image, "WEBP", xmp=hostile.xmp("x", ("y",))),
    "lossless WebP": lambda image: encoded(image, "WEBP", lossless=True),
    "HEIC": lambda image: hostile.heic(image),
    "AVIF": lambda image: encoded(image, "AVIF"),
    "TIFF": lambda image: encoded(image, "TIFF"),
    "LZW TIFF": lambda image: encoded(image, "TIFF", compression="tiff_lzw"),
    "JPEG in TIFF": lambda image: encoded(image, "TIFF", compression="jpeg"),
    "fax TIFF": lambda image: encoded(image.convert("1"), "TIFF", compression="group4"),
    "BMP": lambda image: encoded(image, "BMP"),
    "GIF": lambda image: encoded(image, "GIF"),
}


@pytest.mark.parametrize("kind", TINY)
def test_random_damage_ends_in_pixels_or_an_outcome_and_in_silence(
    kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = TINY[kind](picture("astronaut", side=96))
    chance = random.Random(kind)  # noqa: S311
    ends = {end(damaged(data, chance)) for _ in range(60)}
    assert {"pixels", UNREADABLE} <= ends <= {"pixels", UNREADABLE, UNSUPPORTED, TOO_LARGE}
    assert capfd.readouterr() == ("", "")
