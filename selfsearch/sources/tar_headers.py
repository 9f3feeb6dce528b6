"""The headers of a tar, one after the other: what stands where, with a limit on everything.

`tarfile` of the standard library reads extended headers of any length into memory and keeps every member;
here it only takes a header's fields apart.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ..types import Outcome
from .members import clean

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
