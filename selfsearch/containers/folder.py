"""A folder on disk, walked once: one look at every file, and none is opened.

What people keep out of their own sight is not walked: a folder whose name begins with a dot (.git,
.thumbnails, .Trash) and the system's own (recycle bins, thumbnail stores) are reported once instead. Hidden
files are files like any other. Links to files are followed, links to folders too, after everything else,
and never into a folder that was walked already; but only to where reading may go (reach.py). Pipes, sockets
and devices are refused without being opened.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from operator import attrgetter
from typing import BinaryIO, NamedTuple

from .. import places
from ..errors import ItemError
from ..types import Outcome
from .base import Member, composed, stamp_of
from .reach import OUT_OF_REACH, Permits, Reach, nowhere
from .streams import open_regular, os_error_reason

SYSTEM_FOLDERS = frozenset({"$recycle.bin", "system volume information", "@eadir", "lost+found"})

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def holds_no_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is a folder at `path` with nothing in it but folders; nothing is opened.

    Not so where something is behind a link, out of sight, or not to be listed.
    """
    unlisted: list[OSError] = []
    for place, folders, files in os.walk(path, onerror=unlisted.append):
        if files or any(
            name.startswith(".") or os.path.islink(os.path.join(place, name)) for name in folders
        ):
            return False
    return not unlisted and os.path.isdir(path)


class _Place(NamedTuple):
    """A file or folder below the folder that is walked; of folders, the paths end in "/" or are empty."""

    disk: str  # path as the disk spells it
    shown: str  # path as members have it
    real: str | None = None  # its real path, when it is behind a link

    def inner(self, name: str) -> _Place:
        """What is called `name` in this folder."""
        real = None if self.real is None else os.path.join(self.real, name)
        return _Place(self.disk + name, self.shown + composed(name), real)


_TOP = _Place("", "")


class Folder:
    """The files below `path`, or only the one called `only` directly in it."""

    is_folder = True
    forward_only = False
    stamp: str | None = None

    def __init__(self, path: str, only: str | None = None, elsewhere: Permits = nowhere) -> None:
        """`elsewhere`: whether a real path outside of what was named may be read, behind a link."""
        self.path = path
        self.problems: list[tuple[str, Outcome, str]] = []
        self.only = os.path.join(path, only) if only else None
        self.reach = Reach(self.only or path, elsewhere)
        self._only = only
        self._disk_paths: dict[int, str] = {}  # order -> path on disk, where it is not the member's path
        self._real_paths: dict[int, str] = {}  # order -> real path, of files behind links
        self._walked: set[tuple[int, int]] = set()  # device and inode of folders
        self._linked: list[tuple[str, str]] = []  # folders behind links: path on disk, path as shown

    @cached_property
    def _members(self) -> list[Member]:
        members: list[Member] = []
        if self._only is not None:
            real = os.path.realpath(self.path)
            top = _TOP if places.is_same(real, self.path) else _TOP._replace(real=real)
            with os.scandir(self.path) as entries:
                self._add_entries(members, [entry for entry in entries if entry.name == self._only], top)
            return members
        waiting = [_TOP]
        while waiting:
            waiting.extend(reversed(self._walk(members, waiting.pop())))
            if not waiting:
                waiting, self._linked = [_Place(*linked) for linked in self._linked[::-1]], []
        return members

    def members(self) -> Iterator[Member]:
        """Sorted by name, the files of a folder before its folders."""
        return iter(self._members)

    def _walk(self, members: list[Member], place: _Place) -> list[_Place]:
        """Add one folder's files; returns the folders in it."""
        path = self._on_disk(place.disk) if place.disk else self.path
        try:
            with self._listed(path) as (real, status, entries):
                if (status.st_dev, status.st_ino) in self._walked:
                    self._add_problem(
                        place.shown, Outcome.UNSUPPORTED, "is looked into already, under another path"
                    )
                    return []
                self._walked.add((status.st_dev, status.st_ino))
                is_linked = not places.is_same(real, os.path.normpath(path))
                here = place._replace(real=real if is_linked else None)
                return self._add_entries(members, sorted(entries, key=attrgetter("name")), here)
        except ItemError as exc:
            self._add_problem(place.shown, exc.outcome, str(exc))
        except OSError as exc:
            self._add_problem(place.shown, Outcome.UNREADABLE, f"this folder: {os_error_reason(exc)}")
        return []

    @contextmanager
    def _listed(self, path: str) -> Iterator[tuple[str, os.stat_result, Iterator[os.DirEntry[str]]]]:
        """A folder's real path, its status and what is in it. Raises ItemError when it is out of reach."""
        if os.scandir not in os.supports_fd:
            with os.scandir(path) as entries:
                yield self.reach.locate_path(path), os.stat(path), entries
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            real = self.reach.locate(descriptor, path)
            with os.scandir(descriptor) as entries:
                yield real, os.fstat(descriptor), entries
        finally:
            os.close(descriptor)

    def _add_entries(
        self, members: list[Member], entries: Iterable[os.DirEntry[str]], place: _Place
    ) -> list[_Place]:
        folders: list[_Place] = []
        for entry in entries:
            name = entry.name
            here = place.inner(name)
            try:
                if entry.is_symlink():
                    self._add_link(members, entry, here)
                elif not entry.is_dir(follow_symlinks=False):
                    self._add_reachable(members, entry.stat(follow_symlinks=False), here)
                elif name.startswith(".") or name.lower() in SYSTEM_FOLDERS:
                    self._add_problem(
                        f"{here.shown}/", Outcome.UNSUPPORTED, "a hidden folder is not looked into"
                    )
                else:
                    folders.append(_Place(f"{here.disk}/", f"{here.shown}/"))
            except OSError as exc:
                self._add_problem(here.shown, Outcome.UNREADABLE, os_error_reason(exc))
        return folders

    def _add_link(self, members: list[Member], entry: os.DirEntry[str], place: _Place) -> None:
        try:
            status = entry.stat()
        except FileNotFoundError:
            self._add_problem(place.shown, Outcome.UNREADABLE, "a link to something that is not there")
            return
        if stat.S_ISDIR(status.st_mode):
            self._linked.append((f"{place.disk}/", f"{place.shown}/"))
            return
        real = os.path.realpath(self._on_disk(place.disk))
        self._add_reachable(members, status, place._replace(real=real))

    def _add_reachable(self, members: list[Member], status: os.stat_result, place: _Place) -> None:
        """Add a file, or that it is out of reach: then nothing is said of what it is."""
        if place.real is None or not stat.S_ISREG(status.st_mode) or self.reach.permits(place.real):
            self._add_file(members, status, place)
        else:
            members.append(Member(self, place.shown, 0, "", len(members), OUT_OF_REACH))

    def _add_file(self, members: list[Member], status: os.stat_result, place: _Place) -> None:
        order, refused = len(members), None
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something special")
            refused = (Outcome.UNSUPPORTED, f"is {kind}, not a file")
        if place.disk != place.shown:
            self._disk_paths[order] = place.disk
        stamp = stamp_of(status.st_size, status.st_mtime_ns)
        if place.real is not None:
            self._real_paths[order] = place.real
            stamp = f"{stamp}.{_digest(place.real)}"
        members.append(Member(self, place.shown, status.st_size, stamp, order, refused))

    def _add_problem(self, path: str, outcome: Outcome, reason: str) -> None:
        self.problems.append((path, outcome, reason))

    def disk_path(self, member: Member) -> str:
        """The absolute path on disk, as the operating system spells it."""
        return self._on_disk(self._disk_paths.get(member.order, member.path))

    def _on_disk(self, path: str) -> str:
        return f"{self.path.rstrip('/')}/{path}"

    def real_place(self, member: Member) -> str | None:
        return self._real_paths.get(member.order)

    def check(self, member: Member, descriptor: int) -> None:
        """Raises ItemError unless what was opened may be read, and is where the member was found."""
        path = self.disk_path(member)
        self.reach.check(descriptor, path, self._real_paths.get(member.order, path))

    def open(self, member: Member) -> BinaryIO:
        return os.fdopen(open_regular(self.disk_path(member), partial(self.check, member)), "rb")

    def checksum(self, member: Member) -> int | None:
        return None

    def modified(self, member: Member) -> int | None:
        """As the disk has it: whoever unpacked or copied the file may have kept its time, or not."""
        try:
            return int(os.stat(self.disk_path(member)).st_mtime)
        except OSError:
            return None

    def close(self) -> None:
        """Nothing is kept open."""


def _digest(real: str) -> str:
    """What makes a link that leads elsewhere now another file."""
    return hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
