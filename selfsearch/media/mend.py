"""Completing files that were cut short, for decoders that refuse a file with an end missing.

The missing bytes become zeros. WebP's and HEVC's decoders then show everything before the cut rightly, and
filler after it. (AVIF shows nothing at all like that, so it is left alone.)
"""

from __future__ import annotations

from ..errors import ItemError
from ..types import Outcome

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
