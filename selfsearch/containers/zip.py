"""A zip, read in place: members are found by position, so any number of threads may read at once.

Nothing that the archive says about lengths is trusted. A member gives out at most what its reader asks for;
members that lie on top of each other, by which a few megabytes pretend to be petabytes, are refused but for
the first; and deflate cannot grow beyond 1,032 times its input. So an archive of n bytes costs time in
proportion to n, and memory in proportion to the largest file that the reader accepts.

`zipfile` reads from one shared position under a lock, allocates any dictionary that an LZMA member names, and
looks for overlaps in its later releases only, when a member is read.
"""

from __future__ import annotations

import io
import lzma
import struct
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import BinaryIO, cast

from ..errors import ItemError
from ..types import Outcome
from .base import MAX_SIZE, Archive, Member, Refusal, declared_member, within_limits
from .by_position import HeldBytes, InflatedBytes, Part
from .salvage import salvage
from .streams import BZIP2_STREAM, ByteSource, DecompressedStream, Decompressor, FileSection, Inflater
from .zip_directory import (
    BZIP2,
    DEFLATE,
    LOCAL_HEADER,
    LOCAL_SIGNATURE,
    STORED,
    ZipEntry,
    find_directory,
    read_directory,
)

MAX_LZMA_DICTIONARY = 128 << 20  # bytes; the decoder allocates what the header names
_LZMA_HEADER = 9  # bytes
_MAX_BUFFER = 1 << 16

_DECOMPRESSORS: dict[int, Callable[[], Decompressor]] = {DEFLATE: Inflater, BZIP2: BZIP2_STREAM}

_OVERLAP = (Outcome.UNREADABLE, "lies on top of another file in the archive, as in a decompression bomb")


class Zip(Archive):
    """A .zip file."""

    forward_only = False

    def __init__(self, path: str) -> None:
        super().__init__(path)
        # By a member's order; as objects, half a million of them would take a fifth of a gigabyte.
        self._offsets, self._packed_sizes = array("Q"), array("Q")
        self._checksums, self._methods = array("L"), array("H")
        self._seconds = array("q")  # of their change since 1970; 0 where that is not known

    def _list(self) -> Iterator[Member]:
        file = self._open_file()
        directory = find_directory(file)
        listed = read_directory(file, directory) if directory else salvage(file)
        entries: list[ZipEntry] = []
        try:
            for entry in within_limits(listed):
                entries.append(entry)
        except ItemError as exc:
            self.problems.append(("", exc.outcome, str(exc)))
        entries.sort(key=attrgetter("offset"))  # which reads without jumping
        refused = _refuse_overlaps(entries, file.size)
        entries.reverse()
        while entries:  # each is let go as its member is made
            entry, order = entries.pop(), len(self._offsets)
            self._offsets.append(min(entry.offset, MAX_SIZE))
            self._packed_sizes.append(entry.packed_size)
            self._checksums.append(entry.crc)
            self._methods.append(entry.method)
            self._seconds.append(entry.seconds or 0)
            why = entry.refused or refused.get(order)
            yield declared_member(self, entry.path, entry.size, entry.stamp, order, why)

    def checksum(self, member: Member) -> int | None:
        return self._checksums[member.order]

    def modified(self, member: Member) -> int | None:
        return self._seconds[member.order] or None

    def packed_size(self, member: Member) -> int:
        return self._packed_sizes[member.order]

    def by_position(self, member: Member) -> ByteSource:
        packed, method = self._packed(member.order), self._methods[member.order]
        if method == STORED:
            return packed
        if method == DEFLATE:
            return InflatedBytes(packed, member.size)
        return HeldBytes.of(member)

    def open(self, member: Member) -> BinaryIO:
        """A seekable stream: stored members directly, compressed ones by starting again."""
        order = member.order
        method, crc = self._methods[order], self._checksums[order]
        raw: io.RawIOBase
        if method == STORED:
            raw = self._data(order, crc=crc)
        else:
            source, decompressor = partial(self._data, order), _DECOMPRESSORS.get(method)
            if decompressor is None:
                decompressor = partial(_SizedLzma, source().read(_LZMA_HEADER) or b"", member.size)
                source = partial(self._data, order, skip=_LZMA_HEADER)
            raw = DecompressedStream(source, decompressor, size=member.size, crc=crc)
        return cast(BinaryIO, io.BufferedReader(raw, max(1, min(member.size, _MAX_BUFFER))))

    def _data(self, order: int, *, skip: int = 0, crc: int | None = None) -> FileSection:
        """The member's data as they stand in the archive, without the first `skip` bytes."""
        packed = self._packed(order)
        return FileSection(packed, skip, packed.size - skip, crc)

    def _packed(self, order: int) -> Part:
        """The member's data as they stand in the archive."""
        file = self._open_file()
        offset = self._offsets[order]
        header = file.read_at(offset, LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or not header.startswith(LOCAL_SIGNATURE):
            raise ItemError(Outcome.UNREADABLE, "is not where the archive's directory says")
        name_length, extra_length = LOCAL_HEADER.unpack(header)[-2:]
        start = offset + LOCAL_HEADER.size + name_length + extra_length
        return Part(file, start, self._packed_sizes[order])


def _refuse_overlaps(entries: list[ZipEntry], size: int) -> dict[int, Refusal]:
    """Row -> why, for members that begin inside another one's data, or reach beyond the archive's `size`.

    `entries` are sorted by offset.
    """
    refused: dict[int, Refusal] = {}
    free = 0
    for row, entry in enumerate(entries):
        end = entry.offset + LOCAL_HEADER.size + entry.packed_size
        if end > size:
            refused[row] = (Outcome.UNREADABLE, "reaches beyond the archive's end")
        elif entry.offset < free:
            refused[row] = _OVERLAP
        else:
            free = end
    return refused


class _SizedLzma:
    """LZMA that ends with its size: without an end mark, the decoder makes bytes of whatever follows."""

    unused_data = b""

    def __init__(self, header: bytes, size: int) -> None:
        self._decompressor = _lzma(header)
        self._left = size  # bytes

    @property
    def eof(self) -> bool:
        return not self._left or self._decompressor.eof

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        unpacked = self._decompressor.decompress(data, min(max_length, self._left))
        self._left -= len(unpacked)
        return unpacked


def _lzma(header: bytes) -> Decompressor:
    """Bare LZMA behind a header of its own: version, length of properties, properties (APPNOTE 5.8.8)."""
    if len(header) < _LZMA_HEADER or header[2:4] != b"\x05\x00" or header[4] >= 9 * 5 * 5:
        raise ItemError(Outcome.UNREADABLE, "its LZMA header is damaged")
    (dictionary,) = struct.unpack_from("<L", header, 5)
    if dictionary > MAX_LZMA_DICTIONARY:
        raise ItemError(Outcome.TOO_LARGE, f"needs {dictionary:,} bytes of memory to unpack")
    literal, rest = header[4] % 9, header[4] // 9
    size = max(dictionary, 4096)
    chain = {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": literal, "lp": rest % 5, "pb": rest // 5}
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain])
    except lzma.LZMAError as exc:  # properties that no encoder writes
        raise ItemError(Outcome.UNREADABLE, "its LZMA header is damaged") from exc
