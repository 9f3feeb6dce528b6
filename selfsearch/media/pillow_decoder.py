"""Formats that Pillow decodes in one piece: PNG, WebP, AVIF, TIFF, BMP, GIF, and the JPEGs that libjpeg-turbo
refuses.

The format's class is called directly. `Image.open` would try other formats, and stops at 89 megapixels with a
setting that belongs to the whole process; the limits here are our own. What was decoded before a file broke
off is still in Pillow's image, so the process-wide LOAD_TRUNCATED_IMAGES is not needed.

Completing files that were cut short, for decoders that refuse a file with an end missing.

The missing bytes become zeros. WebP's and HEVC's decoders then show everything before the cut rightly, and
filler after it. (AVIF shows nothing at all like that, so it is left alone.)

Pillow and its libraries describe odd files on stderr; here that is an outcome, told in its place.
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
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ..errors import ItemError
from ..types import Outcome, Pixels
from .headers import check_tiff, webp_size
from .limits import BEYOND, DAMAGE, LARGE_BYTES, check_whole, taking_turns, too_large
from .metadata import Records, directories, orientation
from .pixels import UPRIGHT, flat, reducible, whole_factor

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
_KEPT = 4
_MODE_COST = {"1": 2, "L": 1, "P": 5, "PA": 8, "LA": 8, "RGBA": 8, "I": 9, "F": 9}
_MODE_COST |= {"I;16": 5, "I;16B": 5, "I;16L": 5}
_FORMAT_COST = {"image/webp": 16, "image/avif": 9}  # canvas twice, bytes, image; YUV, RGB, image
_XMP_TAG, _IPTC_TAG = 700, 33723  # in a TIFF directory
_NO_VARIANT = ("unknown pixel mode", "conversion", "not support", "unsupported", "Unknown compression")


class WholePicture:
    """A file that Pillow has opened. Calls of `decode` share one decoding if it is small enough to keep."""

    def __init__(self, data: bytes, kind: str) -> None:
        """Raises ItemError when there is no picture in it, or one beyond the limits."""
        hush()
        self.problem: str | None = None
        self._kind = kind
        self._data = self._checked(data)
        self._opened: Image.Image | None = self._open()
        self.size = self._opened.size
        each = _FORMAT_COST.get(kind) or _MODE_COST.get(self._opened.mode, _KEPT)
        self._cost = check_whole(self.size, each)
        self._records = _records(self._opened, data)
        # Pillow turns a TIFF itself, and gives its size upright.
        self.orientation = UPRIGHT if kind == "image/tiff" else orientation(self._records.exif)

    def records(self) -> Records:
        """The metadata blocks."""
        return self._records

    def decode(self, long_side: int) -> Pixels:
        """RGB as stored, not yet upright, `long_side` or more pixels. Raises ItemError; sets `problem`."""
        factor = whole_factor(*self.size, long_side)
        try:
            with taking_turns(self._cost):
                image = reducible(self._load(), see_through=self._kind != "image/bmp")
                if factor > 1:
                    image = image.reduce(factor)  # the whole one is let go before the next copy is made
                return np.array(flat(image))
        except BEYOND as exc:
            raise too_large() from exc
        except DAMAGE as exc:
            raise _unusable(exc) from exc

    def _checked(self, data: bytes) -> bytes:
        """The bytes to decode, after the checks that must come before Pillow sees them."""
        if self._kind == "image/tiff":
            check_tiff(data)
        if self._kind != "image/webp":
            return data
        check_whole(webp_size(data), _FORMAT_COST[self._kind])  # the canvas is allocated when Pillow opens it
        whole = completed_webp(data)
        if whole is not data:
            self.problem = CUT_SHORT
        return whole

    def _open(self) -> Image.Image:
        try:
            return _CLASSES[self._kind](io.BytesIO(self._data))
        except BEYOND as exc:
            raise too_large() from exc
        except DAMAGE as exc:
            raise _unusable(exc) from exc

    def _load(self) -> Image.Image:
        image = self._opened or self._open()
        self._opened = None
        try:
            image.load()
        except DAMAGE as exc:
            self._salvage(image, exc)
        if image.width * image.height * _KEPT <= LARGE_BYTES:
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


def _records(image: Image.Image, data: bytes) -> Records:
    if image.format != "TIFF":
        return Records(_block(image.info.get("exif")), _block(image.info.get("xmp")))
    own = directories(data)
    tags = own.tags(own.first(), {_XMP_TAG, _IPTC_TAG}) if own else {}
    return Records(data, _block(tags.get(_XMP_TAG)), _block(tags.get(_IPTC_TAG)))


def _block(value: object) -> bytes | None:
    if isinstance(value, tuple):  # TIFF writers declare XMP and IPTC as numbers
        return bytes(value) if all(number in range(256) for number in value) else None
    return value if isinstance(value, bytes) else None


def _unusable(exc: Exception) -> ItemError:
    words = str(exc)
    if "too large" in words or "Too much memory" in words:  # PNG's compressed texts and profiles
        return too_large()
    if isinstance(exc.__cause__, KeyError) or any(part in words for part in _NO_VARIANT):
        return ItemError(Outcome.UNSUPPORTED, "a rare variant of this format that cannot be read here")
    return ItemError(Outcome.UNREADABLE, "damaged: the decoder finds no picture in it")


CUT_SHORT = "cut short: the end of the picture is missing"
_LEAST = 10  # one part in so many must be there; this also bounds what an invented length makes us allocate
_FLAGS, _METADATA = 20, 0x0C  # where VP8X keeps its flags, and those for EXIF and XMP after the picture


def completed_webp(data: bytes) -> bytes:
    """A WebP file with its last chunk complete; the same object if none is missing. May raise ItemError."""
    if 8 + int.from_bytes(data[4:8], "little") <= len(data):
        return data
    mended = bytearray(_completed(data, _chunks_length(data)))
    mended[4:8] = (len(mended) - 8).to_bytes(4, "little")
    if mended[12:16] == b"VP8X":
        mended[_FLAGS] &= ~_METADATA & 0xFF  # libwebp refuses a file without the metadata that it announces
    return bytes(mended)


def completed_heic(data: bytes) -> bytes:
    """A HEIC file as long as its boxes say; the same object if nothing was missing. May raise ItemError."""
    return _completed(data, _boxes_length(data))


def _chunks_length(data: bytes) -> int:
    at = 12
    while at <= len(data) - 8:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return at


def _boxes_length(data: bytes) -> int:
    at = 0
    while 0 <= at <= len(data) - 8:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0: to the end of the file, so nothing can be missing
            return len(data)
        at += size
    return at


def _completed(data: bytes, length: int) -> bytes:
    if length <= len(data):
        return data
    if length > _LEAST * len(data):
        raise ItemError(Outcome.UNREADABLE, "cut short: nearly all of the file is missing")
    return data + bytes(length - len(data))


@cache
def hush() -> None:
    """Silence Pillow's warnings and log, unless the process has set up either, and its libtiff's messages."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # or the last resort prints it
    exif = logging.getLogger("PIL.TiffImagePlugin")
    if exif.level == logging.NOTSET:
        exif.setLevel(logging.INFO)  # at DEBUG it logs captions and places
    for category in (UserWarning, Image.DecompressionBombWarning):
        warnings.filterwarnings("ignore", category=category, module=r"PIL\.", append=True)
    try:
        set_handler = ctypes.CDLL(PIL._imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # Windows, or a Pillow built otherwise: the messages stay
        return
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler.restype = ctypes.c_void_p
    set_handler(None)
