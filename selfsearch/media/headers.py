"""What must be known of a header before a decoder sees the file, because the decoder allocates what the
header says.
"""

from __future__ import annotations

from ..errors import ItemError
from ..types import Outcome
from .metadata import directories

# Tags of the first directory that camera raw files (DNG, NEF, ARW, PEF) have and pictures have not.
_DNG_VERSION, _KIND, _SUB_DIRECTORIES = 0xC612, 0x00FE, 0x014A
_REDUCED = 1  # the first directory is a small preview of another


def webp_size(data: bytes) -> tuple[int, int]:
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


def check_tiff(data: bytes) -> None:
    """Raise ItemError for a camera's raw file, and for a directory that claims more than the file has.

    Pillow before version 13 reads every value of a directory at once, so 65,535 values that all stand at the
    same place would need gigabytes.
    """
    own = directories(data)
    if own is None:
        return
    if own.claims() > len(data):
        raise ItemError(Outcome.UNREADABLE, "damaged: its directory claims more bytes than the file has")
    tags = own.tags(own.first(), {_DNG_VERSION, _KIND, _SUB_DIRECTORIES})
    if _DNG_VERSION in tags or (_SUB_DIRECTORIES in tags and tags.get(_KIND) == (_REDUCED,)):
        raise ItemError(Outcome.UNSUPPORTED, "a camera's raw file; export it as JPEG to have it searched")
