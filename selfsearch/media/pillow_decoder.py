"""Formats that Pillow decodes in one piece: PNG, WebP, AVIF, TIFF, BMP, GIF, and JPEGs that jpeg.py cannot.

The format's class is called directly. `Image.open` would try other formats, and stops at 89 megapixels with a
setting that belongs to the whole process; the limits here are our own. What was decoded before a file broke
off is still in Pillow's image, so the process-wide LOAD_TRUNCATED_IMAGES is not needed. Pillow and its
libraries describe odd files on stderr; here that is an outcome, told in its place.
"""

from __future__ import annotations

import ctypes
import io
import logging
import warnings
from functools import cache

import numpy as np
import PIL._imaging
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,  # noqa: F401  (which Pillow loads when it converts LAB, and a sealed worker can load nothing)
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ..errors import ItemError
from ..types import Outcome, Pixels
from . import decoder_errors, limits
from .exif import TiffDirectories, read_orientation
from .metadata import MetadataBlocks
from .pixels import UPRIGHT, flatten, reduction_factor, to_reducible_mode

CUT_SHORT = "cut short: the end of the picture is missing"

_CLASSES: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
    "image/avif": AvifImagePlugin.AvifImageFile,
    "image/tiff": TiffImagePlugin.TiffImageFile,
    "image/bmp": BmpImagePlugin.BmpImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
}
# Peak bytes per pixel. Pillow's RGB has four; modes that are converted before they shrink need a second copy.
DECODED_BYTES = 4
_MODE_COST = {"1": 2, "L": 1, "P": 5, "PA": 8, "LA": 8, "RGBA": 8, "I": 9, "F": 9}
_MODE_COST |= {"I;16": 5, "I;16B": 5, "I;16L": 5}
_FORMAT_COST = {"image/webp": 16, "image/avif": 9}  # canvas twice, bytes, image; YUV, RGB, image
# Per pixel of the reduced picture: Pillow's RGB and ours; see-through, over white, as RGB, ours.
OUTPUT_BYTES = {False: 7, True: 16}
_XMP_TAG, _IPTC_TAG = 700, 33723  # in a TIFF directory
# Tags of the first directory that camera raw files (DNG, NEF, ARW, PEF) have and pictures have not.
_DNG_VERSION, _SUBFILE_TYPE, _SUB_DIRECTORIES = 0xC612, 0x00FE, 0x014A
_BITS, _SAMPLES, _TILE_WIDTH, _TILE_LENGTH = 258, 277, 322, 323
_CHECKED_TAGS = {
    _DNG_VERSION, _SUBFILE_TYPE, _SUB_DIRECTORIES, _BITS, _SAMPLES, _TILE_WIDTH, _TILE_LENGTH,
}  # fmt: skip
_REDUCED = 1  # the first directory is a small preview of another
_WEBP_FLAGS, _WEBP_METADATA = 20, 0x0C  # where VP8X keeps its flags, and those for EXIF and XMP
_MIN_SHARE = 10  # one part in so many of a cut file must be there; bounds what an invented length allocates
# In Pillow's messages about files that are sound, but of a kind that it cannot read.
_RARE_VARIANT = (
    "unknown pixel mode",
    "conversion",
    "not support",
    "unsupported",
    "Unknown compression",
    "Not implemented",
)


class PillowDecoder:
    """A file that Pillow has opened. Calls of `decode` share one decoding if it is small enough to keep."""

    def __init__(self, data: bytes, kind: str) -> None:
        """Raises ItemError when there is no picture in it, or one beyond the limits."""
        silence_pillow()
        self.problem: str | None = None
        self._kind = kind
        self._data = self._check_header(data)
        is_dib = kind == "image/bmp" and not data.startswith(b"BM")  # a BMP without its file header
        self._class = BmpImagePlugin.DibImageFile if is_dib else _CLASSES[kind]
        self._opened: Image.Image | None = self._open()
        self.size = self._opened.size
        each = _FORMAT_COST.get(kind) or _MODE_COST.get(self._opened.mode, DECODED_BYTES)
        self._cost = limits.decoding_cost(self.size, each)
        self._output_bytes = OUTPUT_BYTES[self._opened.has_transparency_data]
        self.metadata = _metadata_blocks(self._opened, data)
        # Pillow turns a TIFF itself, and gives its size upright.
        self.orientation = UPRIGHT if kind == "image/tiff" else read_orientation(self.metadata.exif)

    def decode(self, long_side: int) -> Pixels:
        """RGB as stored, not yet upright, `long_side` or more pixels. Raises ItemError; sets `problem`."""
        factor = reduction_factor(*self.size, long_side)
        factor = limits.affordable_factor(self.size, factor, self._cost, self._output_bytes)
        with decoder_errors.errors_as_outcomes(_unusable), limits.one_large_at_a_time(self._cost):
            image = to_reducible_mode(self._load(), has_alpha=self._kind != "image/bmp")
            if factor > 1:
                image = image.reduce(factor)  # the whole one is let go before the next copy is made
            return np.array(flatten(image))

    def _check_header(self, data: bytes) -> bytes:
        """The bytes to decode, after the checks that come before Pillow allocates what the header says."""
        if self._kind == "image/tiff":
            _check_tiff(data)
        if self._kind != "image/webp":
            return data
        limits.decoding_cost(_webp_size(data), _FORMAT_COST[self._kind])  # the canvas is allocated at opening
        complete = _complete_webp(data)
        if complete is not data:
            self.problem = CUT_SHORT
        return complete

    def _open(self) -> Image.Image:
        with decoder_errors.errors_as_outcomes(_unusable):
            return self._class(io.BytesIO(self._data))

    def _load(self) -> Image.Image:
        image = self._opened or self._open()
        self._opened = None
        try:
            image.load()
        except decoder_errors.DAMAGE_ERRORS as exc:
            self._salvage(image, exc)
        if image.width * image.height * DECODED_BYTES <= limits.LARGE_BYTES:
            self._opened = image
        return image

    def _salvage(self, image: Image.Image, exc: Exception) -> None:
        """Make do with what was decoded before `exc`. Raises ItemError when that is nothing."""
        if getattr(image, "_im", None) is None:
            raise _unusable(exc) from exc
        image.tile = []  # type: ignore[attr-defined]  # nothing is left to be read
        if self._kind == "image/tiff":
            ImageOps.exif_transpose(image, in_place=True)  # nothing happens when it was done already
        if image.getbbox() is None:
            raise ItemError(Outcome.UNREADABLE, "damaged before any part of the picture") from exc
        self.problem = CUT_SHORT if "truncated" in str(exc) else "damaged: parts of the picture may be wrong"


def _metadata_blocks(image: Image.Image, data: bytes) -> MetadataBlocks:
    if image.format != "TIFF":
        return MetadataBlocks(_as_bytes(image.info.get("exif")), _as_bytes(image.info.get("xmp")))
    directories = TiffDirectories.find(data)
    tags = directories.tags(directories.first(), {_XMP_TAG, _IPTC_TAG}) if directories else {}
    return MetadataBlocks(data, _as_bytes(tags.get(_XMP_TAG)), _as_bytes(tags.get(_IPTC_TAG)))


def _as_bytes(value: object) -> bytes | None:
    if isinstance(value, tuple):  # TIFF writers declare XMP and IPTC as numbers
        return bytes(value) if all(number in range(256) for number in value) else None
    return value if isinstance(value, bytes) else None


def _unusable(exc: Exception) -> ItemError:
    message = str(exc)
    if "too large" in message or "Too much memory" in message:  # PNG's compressed texts and profiles
        return decoder_errors.too_large()
    if isinstance(exc.__cause__, KeyError) or any(part in message for part in _RARE_VARIANT):
        return ItemError(Outcome.UNSUPPORTED, "a rare variant of this format that cannot be read here")
    return ItemError(Outcome.UNREADABLE, "damaged: the decoder finds no picture in it")


def _check_tiff(data: bytes) -> None:
    """Raise ItemError for a camera's raw file, and for a directory whose values have more than the file.

    Pillow before version 13 reads every value of a directory at once, so 65,535 values that all stand at the
    same place would need gigabytes.
    """
    directories = TiffDirectories.find(data)
    if directories is None:
        return
    if directories.claimed_bytes() > len(data):
        raise ItemError(Outcome.UNREADABLE, "damaged: its directory claims more bytes than the file has")
    tags = directories.tags(directories.first(), _CHECKED_TAGS)
    width, length, samples, bits = (
        int(max(value)) if isinstance(value := tags.get(tag), tuple) else 1
        for tag in (_TILE_WIDTH, _TILE_LENGTH, _SAMPLES, _BITS)
    )
    if width * length * samples * bits // 8 > limits.MAX_DECODED_BYTES:  # libtiff unpacks whole tiles
        raise decoder_errors.too_large()
    if _DNG_VERSION in tags or (_SUB_DIRECTORIES in tags and tags.get(_SUBFILE_TYPE) == (_REDUCED,)):
        raise ItemError(Outcome.UNSUPPORTED, "a camera's raw file; export it as JPEG to have it searched")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP's canvas, 1 by 1 when its first chunk is none that could be decoded."""
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return 1, 1


def _complete_webp(data: bytes) -> bytes:
    """A WebP file with its last chunk complete; the same object if none is missing. May raise ItemError."""
    if 8 + int.from_bytes(data[4:8], "little") <= len(data):
        return data
    at = 12
    while at <= len(data) - 8:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    complete = bytearray(pad_to_length(data, at))
    complete[4:8] = (len(complete) - 8).to_bytes(4, "little")
    if complete[12:16] == b"VP8X" and len(complete) > _WEBP_FLAGS:
        complete[_WEBP_FLAGS] &= ~_WEBP_METADATA & 0xFF  # libwebp refuses a file without what it announces
    return bytes(complete)


def pad_to_length(data: bytes, length: int) -> bytes:
    """A file that was cut short, with zeros for what is missing; the same object if nothing is.

    WebP's and HEVC's decoders refuse a file without its end; of a padded one they show everything before the
    cut rightly, and filler after it. (AVIF shows nothing at all like that, so it is left alone.) Raises
    ItemError when nearly everything is missing.
    """
    if length <= len(data):
        return data
    if length > _MIN_SHARE * len(data):
        raise ItemError(Outcome.UNREADABLE, "cut short: nearly all of the file is missing")
    return data + bytes(length - len(data))


@cache
def silence_pillow() -> None:
    """Silence Pillow's warnings and log, unless the process has set up either, and its libtiff's messages."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # or the last resort prints it
    tiff = logging.getLogger("PIL.TiffImagePlugin")
    if tiff.level == logging.NOTSET:
        tiff.setLevel(logging.INFO)  # at DEBUG it logs captions and places
    for category in (UserWarning, Image.DecompressionBombWarning):
        warnings.filterwarnings("ignore", category=category, module=r"PIL\.", append=True)
    try:
        set_handler = ctypes.CDLL(PIL._imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # Windows, or a Pillow built otherwise: the messages stay
        return
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler.restype = ctypes.c_void_p
    set_handler(None)
