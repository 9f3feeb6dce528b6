"""A tar, plain or compressed, read in place.

A plain tar is read by position. A compressed one can only be read forwards: it is run through once for the
list, which also keeps the small records (readers want them in any order), and a second time for the media
in the order in which they stand. Whoever goes back makes it start again, so what was passed over a moment
ago is kept for threads that do not ask in perfect order.

The headers of a tar, one after the other: what stands where, with a limit on everything.

`tarfile` of the standard library reads extended headers of any length into memory and keeps every member;
here it only takes a header's fields apart.
"""

from __future__ import annotations

import io
import tarfile
import threading
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Protocol, cast

from ..errors import ItemError
from ..types import Outcome
from .base import Member, clean
from .streams import Inflated, SharedFile, Span, Unpacker, bzip2, gzip, target, xz

UNPACKERS: dict[bytes, Callable[[], Unpacker]] = {b"\x1f\x8b": gzip, b"BZh": bzip2, b"\xfd7zXZ\0": xz}

RECORDS = (".json", ".csv", ".js", ".txt", ".html", ".htm", ".xmp")
MAX_RECORD = 16 << 20  # bytes; a longer record is read by going there
MAX_RECORDS = 64 << 20  # bytes of all kept records, compressed
MAX_WHOLE = 64 << 20  # bytes; a longer member is streamed, not held
MAX_PASSED = 64 << 20  # bytes of media that are kept when they are passed over
WINDOW = 64  # members before the wanted one that are kept so
CHUNK_BYTES = 1 << 18
GRACE, RATIO = (
    1 << 30,
    250,
)  # unpacked bytes: beyond both it is a bomb (JSON packs 10 to 30 times, zeros 1,000)

CUT = (Outcome.UNREADABLE, "the archive ends in the middle of this file")


def unpacker(head: bytes) -> Callable[[], Unpacker] | None:
    """How a file that begins so is compressed."""
    return next((make for magic, make in UNPACKERS.items() if head.startswith(magic)), None)


class Tar:
    """A tar file of any compression that `unpacker` knows, or of none."""

    is_folder = False

    def __init__(self, path: str, make: Callable[[], Unpacker] | None) -> None:
        self.path = path
        self.forward_only = make is not None
        self.problems: list[tuple[str, Outcome, str]] = []
        self.stamp: str | None = None  # "size:mtime_ns" of the archive that was listed
        self._make = make
        self._file: SharedFile | None = None
        self._tape: _Forward | None = None
        self._lock = threading.Lock()  # over the tape, and what is kept from it
        self._offsets = array("Q")
        self._records: dict[int, bytes] = {}
        self._passed: OrderedDict[int, bytes] = OrderedDict()
        self._kept = self._waiting = 0  # bytes in these two

    @cached_property
    def _members(self) -> list[Member]:
        found: list[Member] = []
        try:
            tape: _Forward | _Random = self._forward() if self.forward_only else _Random(self._shared())
            for header in headers(tape):
                found.append(self._listed(tape, header))
        except (ItemError, Damaged) as exc:
            self.problems.append(("", getattr(exc, "outcome", Outcome.UNREADABLE), str(exc)))
        return found

    def members(self) -> Iterator[Member]:
        """In the order in which they stand in the archive."""
        return iter(self._members)

    def _shared(self) -> SharedFile:
        file = self._file
        if file is None:
            file = SharedFile(self.path)
            if self.stamp not in (None, file.stamp):
                raise ItemError(Outcome.UNREADABLE, "the archive changed while it was read")
            self._file, self.stamp = file, file.stamp
        return file

    def _forward(self) -> _Forward:
        return _Forward(self._shared(), self._make or gzip)

    def _listed(self, tape: _Forward | _Random, header: Header) -> Member:
        row, refused, mark = len(self._offsets), header.refused, header.mtime
        self._offsets.append(header.offset)
        if isinstance(tape, _Random):
            if header.offset + header.size > tape.file.size:
                refused = refused or CUT
        else:
            crc, whole = self._run_through(tape, header, row)
            mark = mark << 32 | crc
            refused = refused or (None if whole else CUT)
        return Member(self, header.path, header.size, mark, row, refused)

    def _run_through(self, tape: _Forward, header: Header, row: int) -> tuple[int, bool]:
        """The CRC of one member's data, and whether they are all there. A record is kept."""
        wanted = header.path.lower().endswith(RECORDS) and header.size <= MAX_RECORD
        kept, packer, crc = [], zlib.compressobj(1), 0
        end = header.offset + header.size
        while tape.position < end:
            try:
                data = tape.read(min(CHUNK_BYTES, end - tape.position))
            except ItemError:  # told once, when the next header is looked for
                return crc, False
            if not data:
                return crc, False
            crc = zlib.crc32(data, crc)
            if wanted:
                kept.append(packer.compress(data))
        if wanted:
            self._keep_record(row, b"".join(kept) + packer.flush())
        return crc, True

    def _keep_record(self, row: int, packed: bytes) -> None:
        if self._kept + len(packed) <= MAX_RECORDS:
            self._records[row] = packed
            self._kept += len(packed)

    def checksum(self, member: Member) -> int | None:
        return int(member.mark) & 0xFFFFFFFF if self.forward_only else None

    def open(self, member: Member) -> BinaryIO:
        """A seekable stream. One that is too long to hold finds its own place again whenever it is read."""
        if not self.forward_only:
            span = Span(self._shared(), self._offsets[member.order], member.size)
            return cast(BinaryIO, io.BufferedReader(span))
        if member.order in self._records:
            return io.BytesIO(zlib.decompress(self._records[member.order]))
        if member.size > MAX_WHOLE:
            return cast(BinaryIO, io.BufferedReader(_Streamed(self, member), CHUNK_BYTES))
        with self._lock:
            return io.BytesIO(self._whole(member))

    def _whole(self, member: Member) -> bytes:
        if member.order in self._passed:
            data = self._passed.pop(member.order)
            self._waiting -= len(data)
            return data
        self._pass_over(member.order)
        return self._read(self._offsets[member.order], member.size)

    def _pass_over(self, row: int) -> None:
        """Read what stands shortly before `row` and keep it for whoever asks for it next."""
        position = self._tape.position if self._tape else 0
        if position > self._offsets[row]:
            return
        for near in range(max(0, row - WINDOW), row):
            member = self._members[near]
            if self._offsets[near] < position or member.refused or member.size > MAX_PASSED // 4:
                continue
            if near not in self._records:
                self._passed[near] = self._read(self._offsets[near], member.size)
                self._waiting += member.size
        while self._waiting > MAX_PASSED or len(self._passed) > WINDOW:
            self._waiting -= len(self._passed.popitem(last=False)[1])

    def _read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, going there; the lock is held."""
        if self._tape is None or self._tape.position > offset or self._tape.broken:
            self._tape = self._forward()
        self._tape.seek(offset)
        data = self._tape.read(size)
        if len(data) < size:
            raise ItemError(*CUT)
        return data

    def piece(self, member: Member, position: int, count: int) -> bytes:
        """Some bytes from the middle of a member."""
        with self._lock:
            return self._read(self._offsets[member.order] + position, min(count, member.size - position))

    def close(self) -> None:
        with self._lock:
            self._file = self._tape = None
            self._passed.clear()
            self._waiting = 0


class _Random:
    """A plain tar, where going on costs nothing."""

    def __init__(self, file: SharedFile) -> None:
        self.file = file
        self.position = 0

    def read(self, count: int) -> bytes:
        data = self.file.read_at(self.position, count)
        self.position += len(data)
        return data

    def seek(self, position: int) -> None:
        self.position = min(position, self.file.size)


class _Forward:
    """What a compressed tar holds, from beginning to end."""

    def __init__(self, file: SharedFile, make: Callable[[], Unpacker]) -> None:
        raw = Inflated(lambda: Span(file, 0, file.size), make, many=True)
        self._stream = io.BufferedReader(raw, CHUNK_BYTES)
        self._most = GRACE + RATIO * file.size
        self.position = 0
        self.broken = False

    def read(self, count: int) -> bytes:
        if self.position + count > self._most:
            raise ItemError(Outcome.TOO_LARGE, f"holds over {RATIO} times its own size: a decompression bomb")
        try:
            data = self._stream.read(count)
        except ItemError:
            self.broken = True
            raise
        self.position += len(data)
        return data

    def seek(self, position: int) -> None:
        while self.position < position:
            if not self.read(min(CHUNK_BYTES, position - self.position)):
                return


class _Streamed(io.RawIOBase):
    """A long member of a compressed tar."""

    def __init__(self, tar: Tar, member: Member) -> None:
        super().__init__()
        self._tar = tar
        self._member = member
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = target(offset, whence, self._position, self._member.size)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position >= self._member.size:
            return 0
        data = self._tar.piece(self._member, self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


BLOCK = 512
MAX_EXTENDED = 1 << 20  # bytes of a PAX header or a long name; real ones have a few hundred
MAX_MEMBERS = 5_000_000

_LINKS = {tarfile.LNKTYPE: "a hard link", tarfile.SYMTYPE: "a symbolic link"}
_SPECIAL = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a named pipe"}
_WITHOUT_DATA = {*_LINKS, *_SPECIAL, tarfile.DIRTYPE}
_NO_FILES = {tarfile.DIRTYPE, tarfile.XGLTYPE, b"V", b"D", b"N"}  # folders, and notes of GNU tar to itself
_EXTENDING = {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}


class Tape(Protocol):
    """Something that is read forwards."""

    position: int

    def read(self, count: int) -> bytes:
        """`count` bytes, fewer only at the end."""
        ...

    def seek(self, position: int) -> None:
        """Go forward to `position`, or to the end when that comes first."""
        ...


@dataclass(frozen=True, slots=True)
class Header:
    """One file in a tar, its data at `offset`."""

    path: str
    size: int
    mtime: int
    offset: int
    refused: tuple[Outcome, str] | None


class Damaged(Exception):
    """The tar cannot be read any further; the message says why."""


def headers(tape: Tape) -> Iterator[Header]:
    """Every file. Between two of them the caller may read from the tape what it likes. Raises Damaged."""
    extended: dict[str, str] = {}
    count = 0
    while info := _next(tape):
        if info.type in _EXTENDING:
            extended |= _extended(tape, info)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:
            extended["sparse"] = "old"
            _pass_sparse_map(tape, info)
        header = _header(info, extended, tape.position)
        if info.type not in _NO_FILES:
            count += 1
            if count > MAX_MEMBERS:
                raise Damaged(f"holds more than {MAX_MEMBERS:,} files; the rest is not looked at")
            yield header
        _pass(tape, header.offset + header.size)
        extended = {}


def starts_tar(block: bytes) -> bool:
    """Whether these 512 bytes are a tar's first header."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _next(tape: Tape) -> tarfile.TarInfo | None:
    """The next header; None at the end mark."""
    at = tape.position
    block = tape.read(BLOCK)
    if not block:
        raise Damaged("its end mark is missing; it may be cut short")
    if len(block) < BLOCK:
        raise Damaged("is cut short")
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as exc:
        raise Damaged(f"is damaged from byte {at:,} on") from exc
    if info.size < 0:
        raise Damaged(f"is damaged from byte {at:,} on")
    return info


def _header(info: tarfile.TarInfo, extended: dict[str, str], offset: int) -> Header:
    stated = extended.get("size", "")
    size = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else info.size
    path = clean(extended.get("path", info.name)).rstrip("/")
    size = 0 if info.type in _WITHOUT_DATA else size
    return Header(path, size, _time(extended, info), offset, _refusal(info.type, extended))


def _time(extended: dict[str, str], info: tarfile.TarInfo) -> int:
    """Seconds; always small enough to be stored."""
    try:
        time = int(float(extended.get("mtime", info.mtime)))
    except (ValueError, OverflowError):
        time = 0
    return max(0, min(time, (1 << 40) - 1))


def _refusal(kind: bytes, extended: dict[str, str]) -> tuple[Outcome, str] | None:
    if kind in _LINKS:
        return Outcome.UNSUPPORTED, f"{_LINKS[kind]} inside an archive is not followed"
    if kind in _SPECIAL:
        return Outcome.UNSUPPORTED, f"is {_SPECIAL[kind]}, not a file"
    if "sparse" in extended:
        return Outcome.UNSUPPORTED, "is stored with holes (sparse), which we cannot read; unpack the archive"
    if kind == b"M":
        return Outcome.UNSUPPORTED, "is the rest of a file that began in another part of the archive"
    return None


def _pass(tape: Tape, end: int) -> None:
    """Go to the first block behind data that end at `end`."""
    end += -end % BLOCK  # headers stand at multiples of a block
    tape.seek(end)
    if tape.position < end:
        raise Damaged("is cut short")


def _pass_sparse_map(tape: Tape, info: tarfile.TarInfo) -> None:
    """GNU's old sparse format goes on in blocks of its own while byte 504 of each says so (482 at first)."""
    more = bool(getattr(info, "_sparse_structs", ([], False))[1])
    while more:
        block = tape.read(BLOCK)
        more = len(block) == BLOCK and block[504] != 0


def _extended(tape: Tape, info: tarfile.TarInfo) -> dict[str, str]:
    """What an extra header says about the next file."""
    if info.size > MAX_EXTENDED:
        raise Damaged(f"has a header of {info.size:,} bytes")
    start = tape.position
    data = tape.read(info.size)
    _pass(tape, start + info.size)
    if info.type == tarfile.GNUTYPE_LONGLINK:
        return {}
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": _text(data.partition(b"\0")[0])}
    return dict(_records(data))


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """PAX: each record is "LENGTH KEY=VALUE\\n", LENGTH counting all of it in decimal digits."""
    while data:
        digits, _, rest = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 8 else 0
        key, equals, value = rest[: max(0, length - len(digits) - 2)].partition(b"=")
        if not equals or length > len(data):
            return
        if key in (b"path", b"size", b"mtime"):
            yield key.decode(), _text(value)
        elif key.startswith(b"GNU.sparse."):
            yield ("path", _text(value)) if key == b"GNU.sparse.name" else ("sparse", "pax")
        data = data[length:]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
