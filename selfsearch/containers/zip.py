"""A zip, read in place: members are found by position, so any number of threads may read at once.

Nothing that the archive says about lengths is trusted. A member gives out at most what its reader asks for;
members that lie on top of each other, by which a few megabytes pretend to be petabytes, are refused but for
the first; and deflate cannot grow beyond 1,032 times its input. So an archive of n bytes costs time in
proportion to n, and memory in proportion to the largest file that the reader accepts.

The central directory of a zip, read entry by entry.

`zipfile` of the standard library keeps half a kilobyte per member, and an export may have a million. Format:
PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.6.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import BinaryIO, cast

from ..errors import ItemError
from ..types import Outcome
from .base import Member, clean
from .streams import Deflated, Inflated, SharedFile, Span, Squeezed, Unpacker, bzip2

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
            from .salvage import salvage

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


END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR64 = struct.Struct("<4sLQL")
CENTRAL = struct.Struct("<4s2B5H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")

MAX_COMMENT = 0xFFFF
MAX_MEMBERS = 5_000_000  # an export has tens of thousands; more is an attack on memory
CHUNK_BYTES = 1 << 20  # of the directory, read at a time
FULL = 0xFFFFFFFF  # "the true value stands in the zip64 field"

_BEHIND = (b"PK\x05\x05", b"PK\x06\x06", b"PK\x06\x07")  # signature and zip64 records behind the last entry

METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 14: "LZMA"}
FOREIGN = {9: "deflate64", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES encryption"}


@dataclass
class Listing:
    """The members as columns, row n being member n. Offsets count from the start of the file."""

    paths: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    packed: array[int] = field(default_factory=lambda: array("Q"))  # compressed sizes
    offsets: array[int] = field(default_factory=lambda: array("Q"))  # of the local headers
    marks: array[int] = field(default_factory=lambda: array("Q"))  # CRC << 32 | date and time
    methods: array[int] = field(default_factory=lambda: array("H"))
    refused: dict[int, tuple[Outcome, str]] = field(default_factory=dict)
    problem: str | None = None  # why there may be more than is listed

    def add(self, entry: Entry) -> None:
        if reason := entry.refusal():
            self.refused[len(self.paths)] = reason
        self.paths.append(entry.path)
        self.sizes.append(entry.size)
        self.packed.append(entry.packed)
        self.offsets.append(entry.offset)
        self.marks.append(entry.mark)
        self.methods.append(entry.method)


@dataclass(slots=True)
class Entry:
    """One member as the directory, or its own header, describes it."""

    path: str
    size: int
    packed: int
    offset: int
    mark: int
    method: int
    flags: int
    mode: int = 0  # Unix file mode, 0 when the archive has none

    def refusal(self) -> tuple[Outcome, str] | None:
        """Why it cannot be read, as far as the listing says."""
        if self.flags & 0x41 or self.method == 99:
            return Outcome.ENCRYPTED, "needs a password; unpack the archive with it and index the folder"
        kind = stat.S_IFMT(self.mode)
        if kind == stat.S_IFLNK:
            return Outcome.UNSUPPORTED, "a symbolic link inside an archive is not followed"
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            return Outcome.UNSUPPORTED, "is not a regular file"
        if self.method not in METHODS:
            name = FOREIGN.get(self.method, f"method {self.method}")
            return Outcome.UNSUPPORTED, f"is compressed with {name}, which we cannot unpack; unpack it first"
        return None


class Damaged(Exception):
    """There is no directory that could be trusted."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory stands, and by how much everything is moved (data before the zip)."""

    start: int
    end: int
    shift: int


def directory(file: SharedFile) -> Directory:
    """Find the central directory from the archive's end. Raises Damaged."""
    tail_start = max(0, file.size - END.size - MAX_COMMENT)
    tail = file.read_at(tail_start, file.size - tail_start)
    at = _end_record(tail)
    if at < 0:
        raise Damaged("it has no directory at its end")
    _, disk, first_disk, _, _, size, offset, _ = END.unpack_from(tail, at)
    end = tail_start + at
    if FULL in (size, offset) or 0xFFFF in (disk, first_disk):
        end, size, offset, disk = _zip64(file, end, size, offset, disk)
    if disk not in (0, 0xFFFF):
        raise Damaged("it is one part of a split archive; join the parts first")
    return _placed(file, end, size, offset)


def _end_record(tail: bytes) -> int:
    """Where the end record begins: the one whose comment ends the file, else the last; -1 for none."""
    places = [
        match.start() for match in re.finditer(b"PK\x05\x06", tail) if match.start() + END.size <= len(tail)
    ]
    exact = (
        at for at in places if at + END.size + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)
    )
    return next(exact, places[-1] if places else -1)


def _zip64(file: SharedFile, end: int, size: int, offset: int, disk: int) -> tuple[int, int, int, int]:
    """The same figures from the zip64 records in front of the end record, when they are there."""
    locator = file.read_at(end - LOCATOR64.size, LOCATOR64.size) if end >= LOCATOR64.size else b""
    if len(locator) < LOCATOR64.size or not locator.startswith(b"PK\x06\x07"):
        return end, size, offset, disk
    _, _, stated, _ = LOCATOR64.unpack(locator)
    for place in (stated, end - LOCATOR64.size - END64.size):  # the second: data were put before the zip
        record = file.read_at(place, END64.size) if 0 <= place < file.size else b""
        if len(record) == END64.size and record.startswith(b"PK\x06\x06"):
            fields = END64.unpack(record)
            return place, fields[8], fields[9], fields[4]
    raise Damaged("its zip64 directory is missing")


def _placed(file: SharedFile, end: int, size: int, offset: int) -> Directory:
    """The directory ends where its end record begins; if that is not where it says, everything is moved."""
    if size == 0:
        return Directory(end, end, 0)
    for start, shift in ((end - size, end - size - offset), (offset, 0)):
        if 0 <= start < end and file.read_at(start, 4) == b"PK\x01\x02":
            return Directory(start, end, shift)
    raise Damaged("its directory is not where its end says")


def listing(file: SharedFile) -> Listing:
    """Every member, in the directory's order. Raises Damaged when there is no directory."""
    found = Listing()
    place = directory(file)
    position = place.start
    for entry, after in _entries(file, place):
        position = after
        if len(found.paths) >= MAX_MEMBERS:
            found.problem = f"holds more than {MAX_MEMBERS:,} files; the rest is not looked at"
            return found
        if entry:
            found.add(entry)
    if position < place.end and file.read_at(position, 4) not in _BEHIND:
        found.problem = f"its directory is damaged after {len(found.paths):,} files"
    return found


def _entries(file: SharedFile, place: Directory) -> Iterator[tuple[Entry | None, int]]:
    """Entries (None for a folder) with the position after each; stops at what is no entry."""
    position, buffer, at = place.start, b"", 0
    while position < place.end:
        if len(buffer) - at < CENTRAL.size + 3 * 0xFFFF:  # an entry with the longest name, extra and comment
            buffer, at = file.read_at(position, min(CHUNK_BYTES, place.end - position)), 0
        if len(buffer) - at < CENTRAL.size or not buffer.startswith(b"PK\x01\x02", at):
            return
        fields = CENTRAL.unpack_from(buffer, at)
        length = CENTRAL.size + fields[11] + fields[12] + fields[13]
        if len(buffer) - at < length:
            return
        name = buffer[at + CENTRAL.size : at + CENTRAL.size + fields[11]]
        extra = buffer[at + CENTRAL.size + fields[11] : at + CENTRAL.size + fields[11] + fields[12]]
        at, position = at + length, position + length
        yield _entry(fields, name, extra, place.shift), position


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes, shift: int) -> Entry | None:
    _, _, system, _, flags, method, time, date, crc, packed, size, *_, attributes, offset = fields
    if FULL in (size, packed, offset):
        size, packed, offset = zip64_sizes(extra, size, packed, offset)
    path = clean(decoded(name, flags, extra))
    if path.endswith("/") and not size:
        return None
    mode = attributes >> 16 if system in (3, 19) else 0  # 3 Unix, 19 macOS
    mark = crc << 32 | date << 16 | time
    start = min(
        max(0, offset + shift), 1 << 63
    )  # a negative or an impossible one is found out when it is read
    return Entry(path.rstrip("/"), size, packed, start, mark, method, flags, mode)


def zip64_sizes(extra: bytes, *values: int) -> list[int]:
    """Size, compressed size, offset: those that are FULL stand in the zip64 field, in this order."""
    data = _field(extra, 0x0001) or b""
    out, at = [], 0
    for value in values:
        if value == FULL and at + 8 <= len(data):
            value = int.from_bytes(data[at : at + 8], "little")
            at += 8
        out.append(value)
    return out


def decoded(name: bytes, flags: int, extra: bytes) -> str:
    """A member's name as text.

    Without the UTF-8 flag the format means CP437, and practice means anything: so the Unicode field first,
    then UTF-8 when the bytes are valid UTF-8 (CP437 text hardly ever is), then CP437.
    """
    if name.isascii():
        return name.decode("ascii")
    unicode_path = _field(extra, 0x7075)
    if unicode_path and unicode_path[1:5] == zlib.crc32(name).to_bytes(4, "little"):
        return unicode_path[5:].decode("utf-8", "replace")
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")


def _field(extra: bytes, wanted: int) -> bytes | None:
    """The content of one extra field."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return None
