"""What is still there of a zip that lost its directory (a download that broke off).

Every member has a header of its own in front of its data, so the archive is walked from header to header.
Where a header leaves the length open, as archives written to a pipe do, the data are unpacked to find their
end.
"""

from __future__ import annotations

import struct
import zlib
from typing import TypeAlias

from ..errors import ItemError
from ..types import Outcome
from .base import clean
from .streams import CHUNK_BYTES, Deflated, SharedFile
from .zip import FULL, LOCAL, MAX_MEMBERS, Entry, Listing, decoded, zip64_sizes

HEADER = b"PK\x03\x04"
MAX_STUB = 1 << 20  # bytes before the first header (a self-extractor's program) that are searched
Measured: TypeAlias = (
    "tuple[int, int, int, int, bool]"  # CRC, packed and full size, where the next begins, whole
)
CUT = (Outcome.UNREADABLE, "the archive ends in the middle of this file")


def salvage(file: SharedFile) -> Listing:
    """Every member up to where the archive breaks off."""
    found = Listing()
    position = file.read_at(0, MAX_STUB).find(HEADER)
    while 0 <= position < file.size and len(found.paths) < MAX_MEMBERS:
        step = _member(file, position)
        if step is None:
            break
        entry, position, whole = step
        if entry.path.endswith("/") and not entry.size:
            continue
        if not whole:
            found.refused[len(found.paths)] = CUT
        found.add(entry)
    found.problem = f"is cut short or damaged; {len(found.paths):,} files were found by reading through it"
    return found


def _member(file: SharedFile, start: int) -> tuple[Entry, int, bool] | None:
    """The member whose header stands at `start`, where the next one begins, whether its data are whole."""
    header = file.read_at(start, LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(HEADER):
        return None
    _, _, flags, method, time, date, crc, packed, size, name_length, extra_length = LOCAL.unpack(header)
    more = file.read_at(start + LOCAL.size, name_length + extra_length)
    name, extra = more[:name_length], more[name_length:]
    if FULL in (size, packed):
        size, packed = zip64_sizes(extra, size, packed)
    data = start + LOCAL.size + name_length + extra_length
    end, whole = data + packed, data + packed <= file.size
    if flags & 8 and not packed:
        crc, packed, size, end, whole = _open_ended(file, data, method, encrypted=bool(flags & 1))
    mark = crc << 32 | date << 16 | time
    entry = Entry(clean(decoded(name, flags, extra)), size, packed, start, mark, method, flags)
    return entry, end, whole


def _open_ended(file: SharedFile, data: int, method: int, *, encrypted: bool) -> Measured:
    """Measure a member whose lengths stand behind its data."""
    if method == 8 and not encrypted:
        return _inflated(file, data)
    return _described(file, data)


def _inflated(file: SharedFile, data: int) -> Measured:
    """Unpack to find the end."""
    stream, crc, size, position = Deflated(), 0, 0, data
    try:
        while not stream.eof:
            chunk = file.read_at(position, CHUNK_BYTES)
            position += len(chunk)
            out = stream.unpack(chunk, CHUNK_BYTES * 16)
            if not chunk and not out:
                return crc, position - data, size, position, False
            crc, size = zlib.crc32(out, crc), size + len(out)
    except (zlib.error, ItemError):
        return crc, file.size - data, size, file.size, False
    end = position - len(stream.unused_data)
    return crc, end - data, size, _behind(file, end), True


def _behind(file: SharedFile, end: int) -> int:
    """Where the next header stands: a descriptor of 12 to 24 bytes comes first."""
    descriptor = file.read_at(end, 28)
    for length in (16, 24, 12, 20):
        if descriptor[length : length + 2] == b"PK":
            return end + length
    return file.size


def _described(file: SharedFile, data: int) -> Measured:
    """Find the descriptor that names exactly the distance to itself as the length."""
    position, before = data, b""
    while chunk := file.read_at(position, 1 << 20):
        block = before + chunk
        at = block.find(b"PK\x07\x08")
        while 0 <= at <= len(block) - 16:
            record = block[at + 4 : at + 24].ljust(20, b"\0")
            length = position - len(before) + at - data
            crc, packed, size = struct.unpack_from("<3L", record)
            _, wide, wide_size = struct.unpack("<L2Q", record)
            if length == packed:
                return crc, packed, size, data + length + 16, True
            if length == wide:
                return crc, wide, wide_size, data + length + 24, True
            at = block.find(b"PK\x07\x08", at + 1)
        position += len(chunk)
        before = block[-24:]
    return 0, file.size - data, file.size - data, file.size, False
