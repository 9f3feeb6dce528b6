"""A tar, plain or compressed, read in place.

A plain tar is read by position. A compressed one can only be read forwards: it is run through once for the
list, which also keeps the small records (readers want them in any order), and a second time for the media
in the order in which they stand. Whoever goes back makes it start again, so what was passed over a moment
ago is kept for threads that do not ask in perfect order. (`tarfile` starts again whenever it goes back, keeps
nothing, and knows no bombs.)
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
from typing import BinaryIO, Protocol, cast

from ..errors import ItemError
from ..types import Outcome
from .base import Archive, Member, Refusal, declared_member, member_path, stamp_of, within_limits
from .by_position import HeldBytes, InflatedBytes, Part
from .streams import (
    BZIP2_STREAM,
    CUT,
    GZIP,
    GZIP_STREAM,
    LZMA_STREAM,
    XZ_STREAM,
    ByteSource,
    DecompressedStream,
    Decompressor,
    FileSection,
    PositionedStream,
)

COMPRESSIONS = {
    b"\x1f\x8b": GZIP_STREAM, b"BZh": BZIP2_STREAM, b"\xfd7zXZ\0": XZ_STREAM,
    # LZMA alone has no signature: the properties that every program writes, and a usual dictionary.
    b"\x5d\0\0": LZMA_STREAM, b"\x5d\xff\xff\xff\xff": LZMA_STREAM,
}  # fmt: skip
GRACE, RATIO = 1 << 30, 250  # unpacked bytes: a bomb is beyond both (JSON packs 10 to 30 times, zeros 1,000)

RECORDS = (".json", ".csv", ".js", ".txt", ".html", ".htm", ".xmp")
MAX_RECORD = 16 << 20  # bytes; a longer record is read by going there
MAX_RECORDS = 64 << 20  # bytes of all kept records, compressed
MAX_WHOLE = 64 << 20  # bytes; a longer member is streamed, not held
MAX_PASSED = 64 << 20  # bytes of media that are kept when they are passed over
WINDOW = 64  # members before the wanted one that are kept so
_READ_BYTES = 1 << 18

BLOCK = 512
MAX_EXTENDED = 1 << 20  # bytes of a PAX header or a long name; real ones have a few hundred

_LINKS = {tarfile.LNKTYPE: "a hard link", tarfile.SYMTYPE: "a symbolic link"}
_SPECIAL = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a named pipe"}
_WITHOUT_DATA = {*_LINKS, *_SPECIAL, tarfile.DIRTYPE}
_NO_FILES = {tarfile.DIRTYPE, tarfile.XGLTYPE, b"V", b"D", b"N"}  # folders, and notes of GNU tar to itself
_EXTENDING = {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}


def decompressor_for(head: bytes) -> Callable[[], Decompressor] | None:
    """What unpacks a file that begins so; None when it is not compressed."""
    return next((make for magic, make in COMPRESSIONS.items() if head.startswith(magic)), None)


class Tar(Archive):
    """A tar file of any compression that `decompressor_for` knows, or of none."""

    def __init__(self, path: str, decompressor: Callable[[], Decompressor] | None) -> None:
        super().__init__(path)
        self.forward_only = decompressor is not None
        self._decompressor = decompressor
        self._tape: ForwardTape | None = None
        self._lock = threading.Lock()  # over the tape, and what is kept from it
        self._offsets = array("Q")  # of the members' data, by order
        self._seconds = array("q")  # of their change since 1970
        self._checksums = array("L")  # likewise, of a compressed tar
        self._records: dict[int, bytes] = {}
        self._records_size = 0  # bytes
        self._passed: OrderedDict[int, bytes] = OrderedDict()
        self._passed_size = 0  # bytes

    def _list(self) -> Iterator[Member]:
        if self._decompressor is None:
            file = self._open_file()
            for entry in within_limits(read_headers(PlainTape(file))):
                cut = None if entry.offset + entry.size <= file.size else CUT
                yield self._add(entry, entry.mtime, entry.refused or cut)
            return
        tape = self._rewound()
        for entry in within_limits(read_headers(tape)):
            crc, complete = self._run_through(tape, entry, len(self._offsets))
            self._checksums.append(crc)
            yield self._add(entry, entry.mtime << 32 | crc, entry.refused or (None if complete else CUT))

    def _add(self, entry: TarEntry, version: int, refused: Refusal | None) -> Member:
        self._offsets.append(entry.offset)
        self._seconds.append(entry.mtime)
        stamp = stamp_of(entry.size, version)
        return declared_member(self, entry.path, entry.size, stamp, len(self._offsets) - 1, refused)

    def _rewound(self) -> ForwardTape:
        return ForwardTape(self._open_file(), self._decompressor or GZIP_STREAM)

    def _run_through(self, tape: ForwardTape, entry: TarEntry, row: int) -> tuple[int, bool]:
        """The CRC of one member's data, and whether they are all there. A record is kept."""
        is_record = entry.path.lower().endswith(RECORDS) and entry.size <= MAX_RECORD
        packer = zlib.compressobj(1) if is_record else None
        packed, crc = [], 0
        end = entry.offset + entry.size
        while tape.position < end:
            try:
                data = tape.read(min(_READ_BYTES, end - tape.position))
            except ItemError:  # told once, when the next header is looked for
                return crc, False
            if not data:
                return crc, False
            crc = zlib.crc32(data, crc)
            if packer:
                packed.append(packer.compress(data))
        if packer:
            record = b"".join(packed) + packer.flush()
            if self._records_size + len(record) <= MAX_RECORDS:
                self._records[row] = record
                self._records_size += len(record)
        return crc, True

    def checksum(self, member: Member) -> int | None:
        return self._checksums[member.order] if self.forward_only else None

    def modified(self, member: Member) -> int | None:
        return self._seconds[member.order] or None

    def packed_size(self, member: Member) -> int:
        """Of a compressed tar only the whole is known, and `ForwardTape` refuses bombs by that."""
        return member.size

    def by_position(self, member: Member) -> ByteSource:
        file, offset = self._open_file(), self._offsets[member.order]
        if self._decompressor is GZIP_STREAM:
            file = InflatedBytes(file, offset + member.size, GZIP)
        elif self._decompressor is not None:
            return HeldBytes.of(member)
        return Part(file, offset, member.size)

    def open(self, member: Member) -> BinaryIO:
        """A seekable stream. One that is too long to hold finds its own place again whenever it is read."""
        if not self.forward_only:
            section = FileSection(self._open_file(), self._offsets[member.order], member.size)
            return cast(BinaryIO, io.BufferedReader(section))
        if member.order in self._records:
            return io.BytesIO(zlib.decompress(self._records[member.order]))
        if member.size > MAX_WHOLE:
            return cast(BinaryIO, io.BufferedReader(LongMember(self, member), _READ_BYTES))
        with self._lock:
            return io.BytesIO(self._read_whole(member))

    def _read_whole(self, member: Member) -> bytes:
        if member.order in self._passed:
            data = self._passed.pop(member.order)
            self._passed_size -= len(data)
            return data
        self._pass_over(member.order)
        return self._read(self._offsets[member.order], member.size)

    def _pass_over(self, row: int) -> None:
        """Read what stands shortly before `row` and keep it for whoever asks for it next."""
        position = self._tape.position if self._tape else 0
        if position > self._offsets[row]:
            return
        for member in self._members[max(0, row - WINDOW) : row]:
            offset = self._offsets[member.order]
            if offset < position or member.refused or member.size > MAX_PASSED // 4:
                continue
            if member.order not in self._records:
                self._passed[member.order] = self._read(offset, member.size)
                self._passed_size += member.size
        while self._passed_size > MAX_PASSED or len(self._passed) > WINDOW:
            self._passed_size -= len(self._passed.popitem(last=False)[1])

    def _read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, going there; the lock is held."""
        if self._tape is None or self._tape.position > offset or self._tape.broken:
            self._tape = self._rewound()
        self._tape.seek(offset)
        data = self._tape.read(size)
        if len(data) < size:
            raise ItemError(*CUT)
        return data

    def read_part(self, member: Member, position: int, count: int) -> bytes:
        """Some bytes from the middle of a member."""
        with self._lock:
            return self._read(self._offsets[member.order] + position, min(count, member.size - position))

    def close(self) -> None:
        with self._lock:
            self._file = self._tape = None
            self._passed.clear()
            self._passed_size = 0


class LongMember(PositionedStream):
    """A member of a compressed tar that is too long to hold."""

    def __init__(self, tar: Tar, member: Member) -> None:
        super().__init__(member.size)
        self._tar = tar
        self._member = member

    def _take(self, count: int) -> bytes:
        return self._tar.read_part(self._member, self.position, count) if self.position < self.size else b""


class Tape(Protocol):
    """Something that is read forwards."""

    position: int

    def read(self, count: int) -> bytes:
        """`count` bytes, fewer only at the end."""
        ...

    def seek(self, position: int) -> None:
        """Go forward to `position`, or to the end when that comes first."""
        ...


class PlainTape:
    """A plain tar, where going on costs nothing."""

    def __init__(self, file: ByteSource) -> None:
        self._file = file
        self.position = 0

    def read(self, count: int) -> bytes:
        data = self._file.read_at(self.position, count)
        self.position += len(data)
        return data

    def seek(self, position: int) -> None:
        self.position = min(position, self._file.size)


class ForwardTape:
    """What a compressed tar holds, from beginning to end."""

    def __init__(self, file: ByteSource, decompressor: Callable[[], Decompressor]) -> None:
        raw = DecompressedStream(lambda: FileSection(file, 0, file.size), decompressor, many=True)
        self._stream = io.BufferedReader(raw, _READ_BYTES)
        self._max_position = GRACE + RATIO * file.size
        self.position = 0
        self.broken = False

    def read(self, count: int) -> bytes:
        if self.position + count > self._max_position:
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
            if not self.read(min(_READ_BYTES, position - self.position)):
                return


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One file in a tar, its data at `offset`."""

    path: str
    size: int
    mtime: int  # seconds, 0 to 2**40 - 1
    offset: int
    refused: Refusal | None


# `tarfile` takes the fields of a header apart (`TarInfo.frombuf`). Why it does not list: it stops without a
# word at a damaged header, reads extended headers of any length (Python 3.11 spends over 30 s on 1 MiB of
# digits in one), goes backwards for ever at a negative size, and ends with ValueError at a sparse file
# without its map. With one byte changed in a header of ordinary tars of 20 files, 2,000 times, it lost
# readable files in 348 cases, this in 1. 100,000 members take 1.9 s and 60 MB with it, 2.1 s and 45 MB
# here.
def read_headers(tape: Tape) -> Iterator[TarEntry]:
    """Every file. Between two of them the caller may read from the tape what it likes. Raises ItemError."""
    extended: dict[str, str] = {}
    while info := _read_header(tape):
        if info.type in _EXTENDING:
            extended |= _read_extended(tape, info)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:
            extended["sparse"] = "old"
            _skip_sparse_map(tape, info)
        entry = _entry(info, extended, tape.position)
        if info.type not in _NO_FILES:
            yield entry
        _skip_data(tape, entry.offset + entry.size)
        extended = {}


def starts_tar(block: bytes) -> bool:
    """Whether this is a tar's first header."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _damaged(reason: str) -> ItemError:
    return ItemError(Outcome.UNREADABLE, reason)


def _read_header(tape: Tape) -> tarfile.TarInfo | None:
    """The next header; None at the end mark."""
    at = tape.position
    block = tape.read(BLOCK)
    if not block:
        raise _damaged("its end mark is missing; it may be cut short")
    if len(block) < BLOCK:
        raise _damaged("is cut short")
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as exc:
        raise _damaged(f"is damaged from byte {at:,} on") from exc
    if info.size < 0:
        raise _damaged(f"is damaged from byte {at:,} on")
    return info


def _entry(info: tarfile.TarInfo, extended: dict[str, str], offset: int) -> TarEntry:
    stated = extended.get("size", "")
    size = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else info.size
    path, refused = member_path(extended.get("path", info.name))
    size = 0 if info.type in _WITHOUT_DATA else size
    try:
        mtime = int(float(extended.get("mtime", info.mtime)))
    except (ValueError, OverflowError):
        mtime = 0
    mtime = max(0, min(mtime, (1 << 40) - 1))
    return TarEntry(path.rstrip("/"), size, mtime, offset, refused or _refusal(info.type, extended))


def _refusal(kind: bytes, extended: dict[str, str]) -> Refusal | None:
    if kind in _LINKS:
        return Outcome.UNSUPPORTED, f"{_LINKS[kind]} inside an archive is not followed"
    if kind in _SPECIAL:
        return Outcome.UNSUPPORTED, f"is {_SPECIAL[kind]}, not a file"
    if "sparse" in extended:
        return Outcome.UNSUPPORTED, "is stored with holes (sparse), which we cannot read; unpack the archive"
    if kind == b"M":
        return Outcome.UNSUPPORTED, "is the rest of a file that began in another part of the archive"
    return None


def _skip_data(tape: Tape, end: int) -> None:
    """Go to the first block behind data that end at `end`."""
    end += -end % BLOCK  # headers stand at multiples of a block
    tape.seek(end)
    if tape.position < end:
        raise _damaged("is cut short")


def _skip_sparse_map(tape: Tape, info: tarfile.TarInfo) -> None:
    """GNU's old sparse format goes on in blocks of its own while byte 504 of each says so (482 at first)."""
    more = bool(getattr(info, "_sparse_structs", ([], False))[1])
    while more:
        block = tape.read(BLOCK)
        more = len(block) == BLOCK and block[504] != 0


def _read_extended(tape: Tape, info: tarfile.TarInfo) -> dict[str, str]:
    """What an extra header says about the next file."""
    if info.size > MAX_EXTENDED:
        raise _damaged(f"has a header of {info.size:,} bytes")
    start = tape.position
    data = tape.read(info.size)
    _skip_data(tape, start + info.size)
    if info.type == tarfile.GNUTYPE_LONGLINK:
        return {}
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": _text(data.partition(b"\0")[0])}
    return dict(_pax_records(data))


def _pax_records(data: bytes) -> Iterator[tuple[str, str]]:
    """PAX: each record is "LENGTH KEY=VALUE\\n", LENGTH counting all of it in decimal digits."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 8)
        if space < 0 or not data[at:space].isdigit():
            return
        end = at + int(data[at:space])
        key, equals, value = data[space + 1 : max(0, end - 1)].partition(b"=")
        if not equals or end > len(data):
            return
        if key in (b"path", b"size", b"mtime"):
            yield key.decode(), _text(value)
        elif key.startswith(b"GNU.sparse."):
            yield ("path", _text(value)) if key == b"GNU.sparse.name" else ("sparse", "pax")
        at = end


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
