"""A zip, read in place: members are found by position, so any number of threads may read at once.

Nothing that the archive says about lengths is trusted. A member gives out at most what its reader asks for;
members that lie on top of each other, by which a few megabytes pretend to be petabytes, are refused but for
the first; and deflate cannot grow beyond 1,032 times its input. So an archive of n bytes costs time in
proportion to n, and memory in proportion to the largest file that the reader accepts.
"""

from __future__ import annotations

import io
import lzma
import struct
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import BinaryIO, cast

from ..errors import ItemError
from ..types import Outcome
from .inflate import Deflated, Inflated, Squeezed, Unpacker, bzip2
from .members import Member
from .spans import SharedFile, Span
from .zip_listing import LOCAL, Damaged, Listing, listing
from .zip_salvage import salvage

MAX_LZMA_DICTIONARY = 128 << 20  # bytes; the decoder allocates what the header names
MAX_BUFFER = 1 << 16

_OVERLAP = (Outcome.UNREADABLE, "lies on top of another file in the archive, as in a decompression bomb")


class Zip:
    """A .zip file."""

    is_folder = False
    forward_only = False

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[tuple[str, Outcome, str]] = []
        self.stamp: str | None = None  # "size:mtime_ns" of the archive that was listed
        self._file: SharedFile | None = None
        self._offsets = array("Q")
        self._packed = array("Q")
        self._methods = array("H")
        self.marks = array("Q")  # CRC << 32 | date and time, by row

    @cached_property
    def _members(self) -> list[Member]:
        try:
            return self._listed(self._shared())
        except ItemError as exc:
            self.problems.append(("", exc.outcome, str(exc)))
            return []

    def _shared(self) -> SharedFile:
        file = self._file
        if file is None:
            file = SharedFile(self.path)
            if self.stamp not in (None, file.stamp):
                raise ItemError(Outcome.UNREADABLE, "the archive changed while it was read")
            self._file, self.stamp = file, file.stamp
        return file

    def _listed(self, file: SharedFile) -> list[Member]:
        try:
            found = listing(file)
        except Damaged as exc:
            if "split archive" in str(exc):
                raise ItemError(Outcome.UNSUPPORTED, str(exc)) from exc
            found = salvage(file)
        if found.problem:
            self.problems.append(("", Outcome.UNREADABLE, found.problem))
        _sort(found)
        _refuse_overlaps(found, file.size)
        self._offsets, self._packed, self._methods = found.offsets, found.packed, found.methods
        self.marks = found.marks
        return [
            ZipMember(self, path, found.sizes[row], 0, row, found.refused.get(row))
            for row, path in enumerate(found.paths)
        ]

    def members(self) -> Iterator[Member]:
        """In the order in which they stand in the file."""
        return iter(self._members)

    def checksum(self, member: Member) -> int | None:
        return self.marks[member.order] >> 32

    def open(self, member: Member) -> BinaryIO:
        """A seekable stream: stored members directly, compressed ones by starting again."""
        span = partial(self._span, member.order)
        crc = self.marks[member.order] >> 32
        raw: io.RawIOBase
        if self._methods[member.order] == 0:
            raw = Stored(span(), crc)
        else:
            raw = Inflated(span, _unpacker(self._methods[member.order], span), size=member.size, crc=crc)
        return cast(BinaryIO, io.BufferedReader(raw, max(1, min(member.size, MAX_BUFFER))))

    def _span(self, row: int) -> Span:
        """The member's data as they stand in the archive."""
        file, offset = self._shared(), self._offsets[row]
        header = file.read_at(offset, LOCAL.size)
        if len(header) < LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise ItemError(Outcome.UNREADABLE, "is not where the archive's directory says")
        name, extra = LOCAL.unpack(header)[-2:]
        return Span(file, offset + LOCAL.size + name + extra, self._packed[row])

    def close(self) -> None:
        self._file = None


@dataclass(frozen=True, slots=True)
class ZipMember(Member):
    """A member whose mark stands in the archive's table: a number of its own would take 36 bytes more."""

    @property
    def stamp(self) -> str:
        return f"{self.size:x}.{cast(Zip, self.container).marks[self.order]:x}"


class Stored(io.RawIOBase):
    """A member that is not compressed. Its checksum is checked when it is read from end to end."""

    def __init__(self, span: Span, crc: int) -> None:
        super().__init__()
        self._span = span
        self._crc = crc
        self._sum = self._summed = 0  # checksum of the first `_summed` bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._span.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._span.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        start = self._span.tell()
        count = self._span.readinto(buffer)
        if start <= self._summed < start + count:
            self._sum = zlib.crc32(memoryview(buffer)[self._summed - start : count], self._sum)
            self._summed = start + count
            if self._summed == self._span.size and self._sum != self._crc:
                raise ItemError(Outcome.UNREADABLE, "is damaged: its checksum is wrong")
        return count


def _unpacker(method: int, span: Callable[[], Span]) -> Callable[[], Unpacker]:
    if method == 14:
        return partial(_lzma, span)
    return Deflated if method == 8 else bzip2


def _lzma(span: Callable[[], Span]) -> Unpacker:
    """Bare LZMA behind a header of its own: version, length of properties, properties (APPNOTE 5.8.8)."""
    header = span().read(9) or b""
    if len(header) < 9 or header[2:4] != b"\x05\x00" or header[4] >= 9 * 5 * 5:
        raise ItemError(Outcome.UNREADABLE, "its LZMA header is damaged")
    (dictionary,) = struct.unpack_from("<L", header, 5)
    if dictionary > MAX_LZMA_DICTIONARY:
        raise ItemError(Outcome.TOO_LARGE, f"needs {dictionary:,} bytes of memory to unpack")
    literal, rest = header[4] % 9, header[4] // 9
    size = max(dictionary, 4096)
    chain = {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": literal, "lp": rest % 5, "pb": rest // 5}
    try:
        return _Headed(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]))
    except lzma.LZMAError as exc:  # properties that no encoder writes
        raise ItemError(Outcome.UNREADABLE, "its LZMA header is damaged") from exc


class _Headed(Squeezed):
    """Passes over the nine bytes of header."""

    _left = 9

    def unpack(self, data: bytes, most: int) -> bytes:
        skipped = min(self._left, len(data))
        self._left -= skipped
        return super().unpack(data[skipped:], most)


def _sort(found: Listing) -> None:
    """Bring the rows into the order of the file, which reads without jumping."""
    offsets = found.offsets
    if all(offsets[row] <= offsets[row + 1] for row in range(len(offsets) - 1)):
        return
    order = sorted(range(len(offsets)), key=offsets.__getitem__)
    found.paths = [found.paths[row] for row in order]
    found.refused = {new: found.refused[old] for new, old in enumerate(order) if old in found.refused}
    for column in ("sizes", "packed", "offsets", "marks", "methods"):
        values: array[int] = getattr(found, column)
        setattr(found, column, array(values.typecode, (values[row] for row in order)))


def _refuse_overlaps(found: Listing, size: int) -> None:
    """Refuse members that begin inside another one's data, or reach beyond the archive."""
    free = 0
    for row, offset in enumerate(found.offsets):
        end = offset + LOCAL.size + found.packed[row]
        if end > size:
            found.refused.setdefault(row, (Outcome.UNREADABLE, "reaches beyond the archive's end"))
        elif offset < free:
            found.refused.setdefault(row, _OVERLAP)
        else:
            free = end
