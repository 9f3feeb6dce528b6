"""An archive that a platform put into its archive, read in place: one level, and only zips.

What it may grow to is measured by the bytes that it takes in the outer archive. Deflating a zip hardly makes
it smaller, so one that grows eightfold is not opened; and what its files say that they have together is
bounded as in a compressed tar. A small archive may grow more, by a grace that all inner archives of one
outer archive share. No member gives out more than it declares (streams.py), so an outer archive of n bytes
costs time in proportion to n, whatever is in it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..errors import ItemError
from ..types import Outcome
from .base import MAX_MEMBERS, MAX_NAMES, Archive, Member, Refusal
from .streams import ByteSource
from .tar import GRACE, RATIO
from .zip import Zip
from .zip_directory import SIGNATURES, find_directory

MAX_AT_HAND = 4  # inner archives whose bytes, or whose decompressors' states, are kept
# Unpacked bytes of an inner archive: beyond so many times what it takes, all of them share the grace.
INNER_GRACE, INNER_RATIO = 64 << 20, 8

_BOMB = (Outcome.TOO_LARGE, f"holds over {INNER_RATIO} times what it takes: a decompression bomb")
_BEYOND = (
    Outcome.TOO_LARGE,
    f"with it the inner archive holds over {RATIO} times what it takes: a decompression bomb",
)
NO_ZIP = (Outcome.UNREADABLE, "is called an archive and cannot be read as a zip")
EMPTY = (Outcome.UNSUPPORTED, "an archive with no file in it")


@dataclass
class Allowance:
    """What all inner archives of one outer archive may still hold, and keep in memory, together."""

    members: int = MAX_MEMBERS
    names: int = MAX_NAMES  # bytes
    growth: int = INNER_GRACE  # bytes of archives beyond INNER_RATIO
    content: int = field(default_factory=lambda: GRACE)  # bytes of their files beyond RATIO
    _at_hand: deque[InnerZip] = field(default_factory=deque)  # the last that was opened stands last
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep_at_hand(self, archive: InnerZip) -> None:
        """Let go of what was kept for reading another archive, when this is one too many."""
        with self._lock:
            self._at_hand.append(archive)
            if len(self._at_hand) > MAX_AT_HAND:
                self._at_hand.popleft().close()

    def within(self, members: Iterator[Member]) -> Iterator[Member]:
        """The members, as long as they are allowed. Raises ItemError."""
        for member in members:
            self.members -= 1
            self.names -= len(member.path)
            if self.members < 0 or self.names < 0:
                what = f"{MAX_MEMBERS:,} files, or names of {MAX_NAMES >> 20} MB"
                reason = f"with it the archive around it holds more than {what}; the rest is not looked at"
                raise ItemError(Outcome.UNREADABLE, reason)
            yield member


class InnerZip(Zip):
    """A zip that is a member of an archive. It has no stamp: the archive's around it stands for both."""

    def __init__(self, outer: Archive, member: Member, allowance: Allowance) -> None:
        """Raises ItemError when it cannot be opened."""
        super().__init__(f"{outer.path}!{member.path}")
        self.real = outer.real
        self._outer = outer
        self._member = member
        self._allowance = allowance
        if why := member.refused or self._why_unopened():
            raise ItemError(*why)

    def _why_unopened(self) -> Refusal | None:
        beyond = max(0, self._member.size - INNER_RATIO * self._outer.packed_size(self._member))
        if beyond > self._allowance.growth:
            return _BOMB
        self._allowance.growth -= beyond
        file = self._open_file()
        if not file.read_at(0, 4).startswith(SIGNATURES) and find_directory(file) is None:
            return NO_ZIP
        return None

    def _open_file(self) -> ByteSource:
        file = self._file
        if file is None:
            file = self._file = self._outer.by_position(self._member)
            self._allowance.keep_at_hand(self)
        return file

    def _list(self) -> Iterator[Member]:
        own = RATIO * self._outer.packed_size(self._member)
        for member in self._allowance.within(super()._list()):
            beyond = max(0, member.size - own)
            if beyond > self._allowance.content:
                yield replace(member, refused=member.refused or _BEYOND)
                continue
            own = max(0, own - member.size)
            self._allowance.content -= beyond
            yield member

    def modified(self, member: Member) -> int | None:
        """The file's own time, else that of the archive it is in."""
        return super().modified(member) or self._member.modified


def open_inner(member: Member, allowance: Allowance) -> InnerZip:
    """The member of an archive as an archive. Raises ItemError with the reason why it is none for us."""
    outer = member.container
    if not isinstance(outer, Archive) or isinstance(outer, InnerZip):
        raise ItemError(*NO_ZIP)
    inner = InnerZip(outer, member, allowance)
    if not any(True for _ in inner.members()) and not inner.problems:
        raise ItemError(*EMPTY)
    return inner
