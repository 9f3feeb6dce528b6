"""What folders, zips and tars have in common: a container holds members, which are read in place.

A member's path and stamp are stored in libraries. They never change their form: a file whose stamp is
another is read again.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Protocol, TypeAlias, TypeVar

from ..errors import ItemError, unforeseen
from ..types import Outcome
from .reach import Check
from .streams import ByteSource, SharedFile

# Of one archive; an export has tens of thousands of files. What a listing takes: docs/limits.md.
MAX_MEMBERS = 500_000
MAX_NAMES = 64 << 20  # bytes of all names
MAX_NAME = 1024  # bytes; a file system's own names have at most 255, and whole paths of exports under 400
MAX_SIZE = (1 << 63) - 1  # bytes of one file; no file system, and no database, has a number for more
_SHOWN_NAME = 100  # characters of a name that is too long

Refusal: TypeAlias = tuple[Outcome, str]  # what becomes of a file that cannot be read, and the reason

# Control and line-breaking characters, marks that turn the writing direction, lone halves of characters.
_UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


_PIECES = re.compile(r"[^\n]{1,512}")
_LEADING = re.compile(r"\A(?:\./|/)+")


class Container(Protocol):
    """Something that holds files. Opening one and listing it reads no file's content."""

    path: str  # absolute path of the folder or archive
    is_folder: bool
    only: str | None  # the path of a folder's only file that was asked for
    forward_only: bool  # reading backwards starts again at the beginning (a compressed tar)
    stamp: str | None  # "size:mtime_ns" of an archive that was listed; None for a folder
    problems: list[tuple[str, Outcome, str]]  # path ("" = all of it), outcome, reason: what cannot be listed

    def members(self) -> Iterable[Member]:
        """Every file, in the order in which they are cheapest to read."""
        ...

    def open(self, member: Member) -> BinaryIO:
        """The member's content as a seekable binary stream. Raises ItemError when it cannot be read."""
        ...

    def real_place(self, member: Member) -> str | None:
        """The real path of the file on disk that it is in, where a link leads there."""
        ...

    def checksum(self, member: Member) -> int | None:
        """The CRC-32 of the content where the listing has one."""
        ...

    def modified(self, member: Member) -> int | None:
        """When the file was last changed, in seconds since 1970 in UTC, where the listing has it exactly."""
        ...

    def close(self) -> None:
        """Let go of open files. Streams that are open stay good, and the next `open` opens them again."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file. Slots and few fields: an archive may have hundreds of thousands of them."""

    container: Container
    path: str  # "/"-separated, relative to the container, NFC
    size: int  # bytes, as declared
    stamp: str  # changes when the content does; `stamp_of` says how it is made
    order: int = 0  # position in the container; ascending is the cheap way to read
    refused: Refusal | None = None  # unreadable by the listing alone (encrypted, a named pipe)

    @property
    def address(self) -> str:
        """For people: an absolute path, or ARCHIVE!MEMBER, without signs that act on a terminal."""
        return address(self.container, self.path)

    @property
    def real_place(self) -> str | None:
        """The real path of the file on disk that it is in, where a link leads there."""
        return self.container.real_place(self)

    @property
    def modified(self) -> int | None:
        """When it was last changed, in seconds since 1970 in UTC, where the container has it exactly."""
        return self.container.modified(self)

    def open(self) -> BinaryIO:
        """A binary stream of the content. Raises ItemError."""
        if self.refused:
            raise ItemError(*self.refused)
        return self.container.open(self)

    def read(self, limit: int) -> bytes:
        """The whole content. Raises ItemError when it is longer than `limit` bytes, whatever was declared."""
        if self.size > limit:
            raise ItemError(Outcome.TOO_LARGE, f"{self.size:,} bytes is over the limit of {limit:,}")
        with self.open() as stream:
            data = stream.read(self.size + 1)
            if len(data) > self.size:
                data += stream.read(limit + 1 - len(data))
        if len(data) > limit:
            raise ItemError(Outcome.TOO_LARGE, f"holds more than the {self.size:,} bytes it declares")
        return data


class Archive:
    """What zips and tars share: one file, opened when it is needed, and its listing."""

    is_folder = False
    only: str | None = None
    check: Check | None = None  # whether what was opened may be read
    real: str | None = None  # its real path, where it lies behind a link

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[tuple[str, Outcome, str]] = []
        self.stamp: str | None = None
        self._file: ByteSource | None = None

    def _list(self) -> Iterator[Member]:
        """Every member, in the order of the file. ItemError ends the listing, and is its problem."""
        raise NotImplementedError

    @cached_property
    def _members(self) -> list[Member]:
        members: list[Member] = []
        try:
            for member in self._list():
                members.append(member)
        except ItemError as exc:
            self.problems.append(("", exc.outcome, str(exc)))
        except (
            Exception
        ) as exc:  # the boundary of an archive: what nobody foresaw costs what it holds from here
            problem = unforeseen(type(exc).__name__)
            self.problems.append(("", problem.outcome, str(problem)))
        return members

    def members(self) -> Iterator[Member]:
        """In the order in which they stand in the file."""
        return iter(self._members)

    def _open_file(self) -> ByteSource:
        """Raises ItemError, also when the file is not the one that was listed."""
        if self._file is not None:
            return self._file
        file = SharedFile(self.path, self.check)
        if self.stamp not in (None, file.stamp):
            raise ItemError(Outcome.UNREADABLE, "the archive changed while it was read")
        self._file, self.stamp = file, file.stamp
        return file

    def real_place(self, member: Member) -> str | None:
        return self.real

    def modified(self, member: Member) -> int | None:
        return None

    def packed_size(self, member: Member) -> int:
        """How many bytes of this archive hold the member."""
        raise NotImplementedError

    def by_position(self, member: Member) -> ByteSource:
        """The member's content, read by position: for an archive inside this one. Raises ItemError."""
        raise NotImplementedError

    def close(self) -> None:
        self._file = None


def declared_member(
    container: Container, path: str, size: int, stamp: str, order: int, refused: Refusal | None
) -> Member:
    """A member as an archive declares it, refused when it claims a size that no file can have."""
    if size > MAX_SIZE:
        refused = refused or (Outcome.TOO_LARGE, f"claims to have {size:,} bytes, which no file has")
    return Member(container, path, min(size, MAX_SIZE), stamp, order, refused)


class _Named(Protocol):
    @property
    def path(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


def within_limits(entries: Iterable[Entry]) -> Iterator[Entry]:
    """An archive's entries. Raises ItemError where more follow than a listing may have."""
    count = names = 0
    for entry in entries:
        count, names = count + 1, names + len(entry.path)
        if count > MAX_MEMBERS:
            reason = f"holds more than {MAX_MEMBERS:,} files; the rest is not looked at"
            raise ItemError(Outcome.UNREADABLE, reason)
        if names > MAX_NAMES:
            reason = f"its names alone have more than {MAX_NAMES >> 20} MB; the rest is not looked at"
            raise ItemError(Outcome.UNREADABLE, reason)
        yield entry


def stamp_of(size: int, version: int) -> str:
    """A member's stamp. `version` is its mtime; in a zip, and in a compressed tar, its CRC and its time."""
    return f"{size:x}.{version:x}"


def address(container: Container, path: str) -> str:
    """The absolute form of a member's path. "" is the container itself."""
    separator = "/" if container.is_folder else "!"
    return printable(f"{container.path.rstrip('/')}{separator}{path}" if path else container.path)


def printable(text: str) -> str:
    """`text` with what would act on a terminal, or hide in a page, written out as an escape."""
    return text if text.isascii() and text.isprintable() else _UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def member_path(name: str) -> tuple[str, Refusal | None]:
    """An archive's name for a member as our path: NFC, "/" between folders, neither "/" nor "./" in front.

    ".." stays as it is: nothing is ever written under this name, so it can lead nowhere. Bytes that are no
    text (lone surrogates) become visible escapes. A name that is too long is cut, and refused.
    """
    refused, is_folder = None, name.endswith(("/", "\\"))
    length = len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))
    if length > MAX_NAME:
        refused = (Outcome.TOO_LARGE, f"its name has {length:,} bytes; the limit is {MAX_NAME:,}")
        name = shortened(name) + "/" * is_folder
    if "\\" in name and "/" not in name:  # written by a program of Windows
        name = name.replace("\\", "/")
    return _LEADING.sub("", composed(name)), refused


def shortened(name: str) -> str:
    """The beginning of a name that is too long, and a checksum that tells it from others."""
    checksum = zlib.crc32(name.encode("utf-8", "surrogatepass"))
    return f"{name[:_SHOWN_NAME]}\u2026{checksum:08x}"


def composed(name: str) -> str:
    """`name` in NFC and without lone surrogates, which neither a database nor a terminal can take."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return nfc(name)


def nfc(text: str) -> str:
    """Unicode's normal form C, of some hundred characters at a time: n accents in a row cost n times n."""
    return _PIECES.sub(_composed_piece, text)


def _composed_piece(piece: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", piece[0])
