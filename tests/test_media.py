"""What comes out of a picture file looks like what went in, the right way up, and says what the file says."""

from __future__ import annotations

import io
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from selfsearch.media.decode import open_still
from selfsearch.media.metadata import parse_datetime
from selfsearch.media.phash import perceptual_hash
from selfsearch.media.sniff import sniff
from selfsearch.types import Facts, Location, Pixels, Timestamp

from .hostile import bmp_with_an_empty_fourth_channel, heic, png, xmp
from .photos import encoded, group, photo, picture, portrait

SIZE = (301, 227)  # odd, so that nothing divides evenly
LOSSLESS = 0.01  # mean difference per channel, of 255
LOSSY = 3.0

# EXIF orientation -> what a camera must have done to an upright picture for it
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def original() -> Image.Image:
    return portrait().resize(SIZE, Image.Resampling.LANCZOS)


def deep(image: Image.Image, ending: str) -> bytes:
    """16 bits per channel, which Pillow cannot write in colour."""
    wide = np.asarray(image).astype(np.uint16)[..., ::-1] * 257
    return cv2.imencode(ending, wide)[1].tobytes()


def animated(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    others = [Image.new("RGB", SIZE, "red"), Image.new("RGB", SIZE, "blue")]
    original().save(out, kind, save_all=True, append_images=others, **options)
    return out.getvalue()


def interlaced() -> bytes:
    """An Adam7 PNG of one grey pixel per pass, written by hand: Pillow writes none."""
    values = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b"".join(
        b"\x00" + row.tobytes() for x, y, step_x, step_y in passes for row in values[y::step_y, x::step_x]
    )
    return png(8, 8, zlib.compress(rows), colour=0, interlace=1)


def difference(data: bytes, expected: Image.Image) -> float:
    pixels = open_still(data).pixels(10_000)
    wanted = np.asarray(expected.convert("RGB")).astype(int)
    assert pixels.shape == wanted.shape
    return float(np.abs(pixels.astype(int) - wanted).mean())


COLOUR = {
    "JPEG": ("image/jpeg", lambda: encoded(original()), LOSSY),
    "progressive JPEG": ("image/jpeg", lambda: encoded(original(), progressive=True), LOSSY),
    "CMYK JPEG": ("image/jpeg", lambda: encoded(original().convert("CMYK")), LOSSY),
    "MPO": ("image/jpeg", lambda: animated("MPO", quality=90), LOSSY),
    "PNG": ("image/png", lambda: encoded(original(), "PNG"), LOSSLESS),
    "16-bit PNG": ("image/png", lambda: deep(original(), ".png"), LOSSLESS),
    "palette PNG": ("image/png", lambda: encoded(original().quantize(256), "PNG"), LOSSY),
    "animated PNG": ("image/png", lambda: animated("PNG"), LOSSLESS),
    "WebP": ("image/webp", lambda: encoded(original(), "WEBP"), LOSSY),
    "lossless WebP": ("image/webp", lambda: encoded(original(), "WEBP", lossless=True), LOSSLESS),
    "animated WebP": ("image/webp", lambda: animated("WEBP", quality=90), LOSSY),
    "HEIC": ("image/heic", lambda: heic(original()), LOSSY),
    "HEIC in tiles": ("image/heic", lambda: heic(original(), tile_size=128), LOSSY),
    "AVIF": ("image/avif", lambda: encoded(original(), "AVIF"), LOSSY),
    "TIFF": ("image/tiff", lambda: encoded(original(), "TIFF"), LOSSLESS),
    "16-bit TIFF": ("image/tiff", lambda: deep(original(), ".tif"), LOSSLESS),
    "CMYK TIFF": ("image/tiff", lambda: encoded(original().convert("CMYK"), "TIFF"), LOSSLESS),
    "LZW TIFF": ("image/tiff", lambda: encoded(original(), "TIFF", compression="tiff_lzw"), LOSSLESS),
    "JPEG in TIFF": (
        "image/tiff",
        lambda: encoded(original(), "TIFF", compression="jpeg", quality=90),
        LOSSY,
    ),
    "TIFF of several pages": ("image/tiff", lambda: animated("TIFF"), LOSSLESS),
    "BMP": ("image/bmp", lambda: encoded(original(), "BMP"), LOSSLESS),
    "GIF": ("image/gif", lambda: encoded(original().quantize(256), "GIF"), LOSSY),
    "animated GIF": ("image/gif", lambda: animated("GIF"), LOSSY),
}


@pytest.mark.parametrize("name", COLOUR)
def test_what_comes_out_looks_like_what_went_in(name: str) -> None:
    kind, build, tolerance = COLOUR[name]
    data = build()
    still = open_still(data)
    assert (still.type, still.width, still.height, still.problem) == (kind, *SIZE, None)
    assert difference(data, original()) < tolerance


GREY = {
    "JPEG": lambda grey: encoded(grey),
    "PNG": lambda grey: encoded(grey, "PNG"),
    "PNG with alpha": lambda grey: encoded(grey.convert("LA"), "PNG"),
    "16-bit PNG": lambda grey: encoded(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "PNG"),
    "16-bit TIFF": lambda grey: encoded(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "TIFF"),
    "32-bit TIFF": lambda grey: encoded(Image.fromarray(np.asarray(grey).astype(np.float32) / 255), "TIFF"),
    "HEIC": lambda grey: heic(grey),
}


@pytest.mark.parametrize("name", GREY)
def test_a_grey_picture_keeps_its_shades(name: str) -> None:
    grey = original().convert("L")
    assert difference(GREY[name](grey), grey) < LOSSY


def test_an_interlaced_png_is_put_together() -> None:
    assert open_still(interlaced()).pixels(8)[..., 0].tolist() == (np.arange(64).reshape(8, 8) * 4).tolist()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "AVIF", "HEIC", "WEBP", "GIF"])
def test_see_through_parts_are_white(kind: str) -> None:
    image = original().convert("RGBA")
    hidden = (0, 0, 100, SIZE[1])
    image.paste((0, 0, 0, 0), hidden)
    expected = original()
    expected.paste("white", hidden)
    data = heic(image) if kind == "HEIC" else encoded(image, kind)
    assert difference(data, expected) < LOSSY


def test_a_bmp_is_never_see_through() -> None:
    assert open_still(bmp_with_an_empty_fourth_channel()).pixels(2).tolist() == [[[255, 0, 0], [0, 255, 0]]]


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "LZW", "HEIC"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = original()
    if STORED[orientation] is not None:
        stored = stored.transpose(STORED[orientation])
    if kind == "HEIC":
        data = heic(stored, exif=exif.tobytes())
    elif kind == "LZW":
        stored.info["exif"] = exif.tobytes()
        data = encoded(stored, "TIFF", compression="tiff_lzw", tiffinfo={0x0112: orientation})
    else:
        data = encoded(stored, kind, exif=exif)
    still = open_still(data)
    assert (still.width, still.height) == SIZE
    assert difference(data, original()) < LOSSY
    small = still.pixels(100)
    assert small.shape[1] > small.shape[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIC", "WEBP"])
def test_no_more_is_decoded_than_asked_for(kind: str) -> None:
    image = group().resize((800, 554))
    data = heic(image) if kind == "HEIC" else encoded(image, kind)
    for long_side in (1, 100, 150, 300, 400, 600, 800, 5000):
        check_size(open_still(data).pixels(long_side), long_side, image)


def check_size(pixels: Pixels, long_side: int, image: Image.Image) -> None:
    longest = max(pixels.shape[:2])
    assert min(long_side, 800) <= longest <= max(2 * long_side, 800 // 8)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    expected = np.asarray(image.resize((pixels.shape[1], pixels.shape[0]), Image.Resampling.BOX)).astype(int)
    assert np.abs(pixels.astype(int) - expected).mean() < 3 * LOSSY  # half a pixel of drift at odd ratios


def test_a_second_look_may_be_larger_than_the_first() -> None:
    for data in (photo(side=800), encoded(picture(side=800), "PNG"), heic(picture(side=800))):
        still = open_still(data)
        assert max(still.pixels(100).shape) < max(still.pixels(800).shape) == 800
        assert max(still.pixels(100).shape) < 300


def test_an_unusual_subsampling_is_left_to_pillow() -> None:
    data = bytearray(
        simplejpeg.encode_jpeg(np.ascontiguousarray(np.asarray(original())), colorsubsampling="444")
    )
    frame = data.index(b"\xff\xc0")
    data[frame + 14] = data[frame + 17] = 0x22  # more colour than light: legal, and nobody does it
    still = open_still(bytes(data))
    assert still.pixels(1000).shape == (SIZE[1], SIZE[0], 3)


def test_stills_are_decoded_by_many_threads_at_once() -> None:
    files = [build() for _, build, _ in COLOUR.values()] * 4
    expected = [open_still(data).pixels(150).tobytes() for data in files]
    barrier = threading.Barrier(4)

    def decode(part: int) -> list[bytes]:
        barrier.wait()
        return [open_still(data).pixels(150).tobytes() for data in files[part::4]]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(decode, range(4)))
    assert [results[number % 4][number // 4] for number in range(len(files))] == expected


# What the file says


def test_exif_says_when_and_where() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2021:06:02 10:11:12"
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 36.0)})
    exif[0x010E] = "Zoë's birthday".encode()
    expected = Facts(
        taken=Timestamp("2021-06-02T10:11:12+02:00", "exif:DateTimeOriginal"),
        location=Location(-33.8583333, 151.21, "EXIF"),
        caption="Zoë's birthday",
    )
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        assert open_still(encoded(original(), kind, exif=exif)).facts == expected
    assert open_still(heic(original(), exif=exif.tobytes())).facts == expected
    tags = {270: exif[0x010E], 34665: exif.get_ifd(0x8769), 34853: exif.get_ifd(0x8825)}
    assert open_still(encoded(original(), "TIFF", tiffinfo=tags)).facts == expected


def test_xmp_says_who_and_what() -> None:
    packet = xmp("At the lake", ("Ana B.", "Zoë"))
    expected = Facts(
        taken=Timestamp("2020-05-04T03:02:01+00:00", "xmp:photoshop:DateCreated"),
        caption="At the lake",
        people=("Ana B.", "Zoë"),
    )
    for kind in ("JPEG", "WEBP", "AVIF"):
        assert open_still(encoded(original(), kind, xmp=packet)).facts == expected
    assert open_still(heic(original(), xmp=packet)).facts == expected
    assert open_still(encoded(original(), "TIFF", tiffinfo={700: packet})).facts == expected


def test_iptc_says_what_and_when() -> None:
    def field(number: int, value: bytes) -> bytes:
        return bytes((0x1C, 2, number)) + len(value).to_bytes(2, "big") + value

    block = field(120, "Grüße aus Köln".encode()) + field(55, b"20190817") + field(60, b"143015+0200")
    other = b"8BIM\x03\xed\x00\x00" + (16).to_bytes(4, "big") + bytes(16)
    resources = b"Photoshop 3.0\x00" + other + b"8BIM\x04\x04\x00\x00" + len(block).to_bytes(4, "big") + block
    data = photo(side=64)
    segment = b"\xff\xed" + (len(resources) + 2).to_bytes(2, "big") + resources
    expected = Facts(
        taken=Timestamp("2019-08-17T14:30:15+02:00", "iptc:DateCreated"), caption="Grüße aus Köln"
    )
    assert open_still(data[:2] + segment + data[2:]).facts == expected
    assert open_still(encoded(original(), "TIFF", tiffinfo={33723: block})).facts == expected


def test_a_picture_that_says_nothing_has_no_facts() -> None:
    assert open_still(photo()).facts == Facts()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2021:06:02 10:11:12", "2021-06-02T10:11:12"),
        ("2021:06:02 10:11:12.345+05:30", "2021-06-02T10:11:12+05:30"),
        ("2021-06-02T10:11Z", "2021-06-02T10:11:00+00:00"),
        ("2021:06:02 10:11:12+99:99", "2021-06-02T10:11:12"),
        ("2021-06-02", None),  # a date alone is no moment
        ("0000:00:00 00:00:00", None),  # a camera without a clock
        ("2021:02:30 10:11:12", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_read_as_it_is_or_not_at_all(written: str, expected: str | None) -> None:
    assert parse_datetime(written) == expected


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},  # no fix yet
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {2: (1.0, 0.0, 0.0), 4: (1.0, 0.0, 0.0)},  # north or south?
        {1: "N", 2: (1.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_makes_no_sense_is_not_told(gps: dict[int, object]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(gps)
    assert open_still(encoded(original(), exif=exif)).facts.location is None


@pytest.mark.parametrize("written", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "   ", "DSC_0042"])
def test_what_the_camera_wrote_itself_is_no_caption(written: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = written
    assert open_still(encoded(original(), exif=exif)).facts.caption is None


def test_a_caption_cannot_command_the_terminal() -> None:
    exif = Image.Exif()
    exif[0x010E] = "nice\x1b[2J picture\u202egpj".encode()
    assert open_still(encoded(original(), exif=exif)).facts.caption == "nice [2J picture gpj"


# What a file is


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf", "image/avif"),
        (b"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x003gp4", "video/3gpp"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead", "audio/ogg"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"PK\x03\x04", "application/zip"),
        (b"%PDF-1.7", "application/pdf"),
        (b'\xef\xbb\xbf{"media": []}', "application/json"),
        (b"<!doctype html><p>", "text/html"),
        (b'<?xml version="1.0"?>\n<svg>', "image/svg+xml"),
        ("Are free hugs a thing? Grüße".encode(), "text/plain"),
        (b"\x00\x01\x02\x03", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_content(head: bytes, expected: str | None) -> None:
    assert sniff(head) == expected


# Fingerprints


def test_a_copy_has_nearly_the_same_fingerprint_and_another_picture_has_not() -> None:
    def fingerprint(data: bytes) -> int:
        return perceptual_hash(open_still(data).pixels(1280))

    first = fingerprint(encoded(group(), "PNG"))
    smaller = fingerprint(encoded(group().resize((640, 443)), quality=60))
    other = fingerprint(photo("a"))
    assert 0 <= first < 2**64
    assert (first ^ smaller).bit_count() <= 4
    assert (first ^ other).bit_count() > 16
