"""Members: the files that a container (a folder, a zip, a tar) holds, read in place and never unpacked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ..errors import ItemError
from ..types import Outcome


class Container(Protocol):
    """Something that holds files. Opening one and listing it reads no file's content."""

    path: str  # absolute path of the folder or archive
    forward_only: bool  # reading backwards starts again at the beginning (a compressed tar)
    problems: list[tuple[str, Outcome, str]]  # what could not even be listed: path, outcome, reason

    def members(self) -> Iterable[Member]:
        """Every file, in the order in which they are cheapest to read."""
        ...

    def open(self, member: Member) -> BinaryIO:
        """The member's content as a binary stream. Raises ItemError when it cannot be read."""
        ...

    def close(self) -> None:
        """Let go of open files."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file. Slots and few fields: an archive may have a million of them."""

    container: Container
    path: str  # "/"-separated, relative to the container, NFC
    size: int  # bytes, as declared
    stamp: str  # changes when the content does: size and mtime, and the CRC inside a zip
    order: int = 0  # position in the container; ascending is the cheap way to read
    refused: tuple[Outcome, str] | None = None  # known to be unreadable from the listing alone (encrypted, a FIFO)

    @property
    def address(self) -> str:
        """Where it is, for people: an absolute path, or ARCHIVE!MEMBER."""
        return address(self.container.path, self.path, archive=not getattr(self.container, "is_folder", False))

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
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise ItemError(Outcome.TOO_LARGE, f"holds more than the {self.size:,} bytes it declares")
        return data


def address(container: str, path: str, *, archive: bool) -> str:
    """The absolute form of a member's path."""
    return f"{container}!{path}" if archive else f"{container.rstrip('/')}/{path}"
