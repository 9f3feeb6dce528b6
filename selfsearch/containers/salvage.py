"""What is still there of a zip that lost its directory (a download that broke off).

Every member has a header of its own in front of its data, so the archive is walked from header to header.
Where a header leaves the length open, as archives written to a pipe do, the data are unpacked to find their
end. Nothing in the standard library does this: `zipfile` gives up without a directory.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import ItemError
from ..types import Outcome
from ..words import quantity
from .base import member_path
from .streams import CUT, INPUT_BYTES, ByteSource, Inflater
from .zip_directory import (
    DEFLATE,
    DESCRIPTOR_SIGNATURE,
    IN_ZIP64_FIELD,
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    ZipEntry,
    decode_name,
    extended_timestamp,
    refusal,
    zip64_values,
)

MAX_STUB = 1 << 20  # bytes before the first header (a self-extractor's program) that are searched
_SEARCH_BYTES = 1 << 20  # read at a time while a descriptor is looked for


class Extent(NamedTuple):
    """A member's data, measured."""

    crc: int
    packed_size: int
    size: int
    end: int  # where the next header stands
    complete: bool


def salvage(file: ByteSource) -> Iterator[ZipEntry]:
    """Every member up to where the archive breaks off, which then raises ItemError."""
    count = 0
    position = file.read_at(0, MAX_STUB).find(LOCAL_SIGNATURE)
    while 0 <= position < file.size:
        step = _read_member(file, position)
        if step is None:
            break
        entry, position = step
        if not entry.path.endswith("/") or entry.size:
            count += 1
            yield entry
    reason = f"is cut short or damaged; reading through it found {quantity(count, 'file')}"
    raise ItemError(Outcome.UNREADABLE, reason)


def _read_member(file: ByteSource, start: int) -> tuple[ZipEntry, int] | None:
    """The member whose header stands at `start`, and where the next one begins; None when there is none."""
    header = file.read_at(start, LOCAL_HEADER.size)
    if len(header) < LOCAL_HEADER.size or not header.startswith(LOCAL_SIGNATURE):
        return None
    _, _, flags, method, time, date, crc, packed_size, size, name_length, extra_length = LOCAL_HEADER.unpack(
        header
    )
    data = start + LOCAL_HEADER.size + name_length + extra_length
    variable = file.read_at(start + LOCAL_HEADER.size, name_length + extra_length)
    name, extra = variable[:name_length], variable[name_length:]
    if IN_ZIP64_FIELD in (size, packed_size):
        size, packed_size = zip64_values(extra, size, packed_size)
    extent = Extent(crc, packed_size, size, data + packed_size, data + packed_size <= file.size)
    if flags & 8 and not packed_size:  # the lengths stand behind the data
        is_readable = method == DEFLATE and not flags & 1
        extent = _inflate_to_end(file, data) if is_readable else _find_descriptor(file, data)
    path, refused = member_path(decode_name(name, extra))
    entry = ZipEntry(
        path,
        extent.size,
        extent.packed_size,
        start,
        extent.crc,
        date << 16 | time,
        method,
        refused or refusal(flags, method) or (None if extent.complete else CUT),
        extended_timestamp(extra),
    )
    return entry, extent.end


def _inflate_to_end(file: ByteSource, data: int) -> Extent:
    """Measure deflated data by unpacking them."""
    inflater, crc, size, position = Inflater(), 0, 0, data
    rest = max(0, file.size - data)
    try:
        while not inflater.eof:
            chunk = file.read_at(position, INPUT_BYTES)
            position += len(chunk)
            unpacked = inflater.decompress(chunk, INPUT_BYTES * 16)
            if not chunk and not unpacked:
                return Extent(crc, position - data, size, position, complete=False)
            crc, size = zlib.crc32(unpacked, crc), size + len(unpacked)
    except (zlib.error, ItemError):
        return Extent(crc, rest, size, file.size, complete=False)
    end = position - len(inflater.unused_data)
    return Extent(crc, end - data, size, _skip_descriptor(file, end), complete=True)


def _skip_descriptor(file: ByteSource, end: int) -> int:
    """Where the next header stands: a descriptor of 12 to 24 bytes comes first."""
    descriptor = file.read_at(end, 28)
    for length in (16, 24, 12, 20):
        if descriptor[length : length + 2] == b"PK":
            return end + length
    return file.size


def _find_descriptor(file: ByteSource, data: int) -> Extent:
    """Measure data by the descriptor behind them: it names exactly the distance to itself as the length."""
    position, before = data, b""
    while chunk := file.read_at(position, _SEARCH_BYTES):
        block = before + chunk
        at = block.find(DESCRIPTOR_SIGNATURE)
        while 0 <= at <= len(block) - 16:
            descriptor = block[at + 4 : at + 24].ljust(20, b"\0")
            length = position - len(before) + at - data
            crc, packed_size, size = struct.unpack_from("<3L", descriptor)
            _, wide_packed_size, wide_size = struct.unpack("<L2Q", descriptor)
            if length == packed_size:
                return Extent(crc, packed_size, size, data + length + 16, complete=True)
            if length == wide_packed_size:
                return Extent(crc, wide_packed_size, wide_size, data + length + 24, complete=True)
            at = block.find(DESCRIPTOR_SIGNATURE, at + 1)
        position += len(chunk)
        before = block[-24:]
    rest = max(0, file.size - data)
    return Extent(0, rest, rest, file.size, complete=False)
