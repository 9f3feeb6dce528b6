"""What an IPTC-IIM block says: caption and time. Agencies and older photo managers write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

# IPTC-NAA Information Interchange Model, version 4.2, record 2
CAPTION, DATE, TIME = 120, 55, 60
_RESOURCE = b"8BIM"
_IPTC = b"\x04\x04"  # Photoshop's number for the resource that holds IPTC
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?")


def from_photoshop(blocks: bytes) -> bytes | None:
    """The IPTC block among Photoshop's image resources (a JPEG's APP13), or None."""
    at = 0
    while blocks[at : at + 4] == _RESOURCE and at + 12 <= len(blocks):
        name = 1 + blocks[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(blocks[start - 4 : start], "big")
        if blocks[at + 4 : at + 6] == _IPTC:
            return blocks[start : start + size]
        at = start + size + size % 2
    return None


def fields(block: bytes) -> dict[int, bytes]:
    """The first value of each data set of record 2."""
    found: dict[int, bytes] = {}
    for number, value in _data_sets(block):
        found.setdefault(number, value)
    return found


def written_time(found: dict[int, bytes]) -> str | None:
    """Date and time created, like ISO 8601. None unless there are both: a date alone is no moment."""
    date = _DATE.fullmatch(found.get(DATE, b"").decode("latin-1"))
    time = _TIME.fullmatch(found.get(TIME, b"").decode("latin-1"))
    if not date or not time:
        return None
    offset = f"{time[4]}:{time[5]}" if time[4] else ""
    return f"{'-'.join(date.groups())}T{time[1]}:{time[2]}:{time[3]}{offset}"


def _data_sets(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended data set: larger than any caption
            return
        if block[at + 1] == 2:
            yield block[at + 2], block[at + 5 : at + 5 + size]
        at += 5 + size
