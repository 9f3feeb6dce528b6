"""A folder on disk, walked once: one look at every file, and none is opened.

What people keep out of their own sight is not walked: a folder whose name begins with a dot (.git,
.thumbnails, .Trash) and the system's own (recycle bins, thumbnail stores) are reported once instead. Hidden
files are files like any other. Links to files are followed, links to folders too, after everything else,
and never into a folder that was walked already. Pipes, sockets and devices are refused without being
opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import attrgetter
from typing import BinaryIO

from ..types import Outcome
from .base import Member, composed, stamp_of
from .streams import open_regular, os_error_reason

SYSTEM_FOLDERS = frozenset({"$recycle.bin", "system volume information", "@eadir", "lost+found"})

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Folder:
    """The files below `path`, or only the one called `only` directly in it."""

    is_folder = True
    forward_only = False
    stamp: str | None = None

    def __init__(self, path: str, only: str | None = None) -> None:
        self.path = path
        self.problems: list[tuple[str, Outcome, str]] = []
        self._only = only
        self._disk_paths: dict[int, str] = {}  # order -> path on disk, where it is not the member's path
        self._walked: set[tuple[int, int]] = set()  # device and inode of folders
        self._linked: list[tuple[str, str]] = []  # folders behind links: path on disk, path as shown

    @cached_property
    def _members(self) -> list[Member]:
        members: list[Member] = []
        if self._only is not None:
            with os.scandir(self.path) as entries:
                self._add_entries(members, (entry for entry in entries if entry.name == self._only), "", "")
            return members
        waiting = [("", "")]
        while waiting:
            disk, shown = waiting.pop()
            waiting.extend(reversed(self._walk(members, disk, shown)))
            if not waiting:
                waiting, self._linked = self._linked[::-1], []
        return members

    def members(self) -> Iterator[Member]:
        """Sorted by name, the files of a folder before its folders."""
        return iter(self._members)

    def _walk(self, members: list[Member], disk: str, shown: str) -> list[tuple[str, str]]:
        """Add one folder's files; returns the folders in it. Paths below `path`: on disk, and as shown."""
        place = f"{self.path}/{disk}" if disk else self.path
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in self._walked:
                self._add_problem(shown, Outcome.UNSUPPORTED, "is looked into already, under another path")
                return []
            self._walked.add((status.st_dev, status.st_ino))
            with os.scandir(place) as scan:
                entries = sorted(scan, key=attrgetter("name"))
        except OSError as exc:
            self._add_problem(shown, Outcome.UNREADABLE, f"this folder: {os_error_reason(exc)}")
            return []
        return self._add_entries(members, entries, disk, shown)

    def _add_entries(
        self, members: list[Member], entries: Iterable[os.DirEntry[str]], disk: str, shown: str
    ) -> list[tuple[str, str]]:
        folders: list[tuple[str, str]] = []
        for entry in entries:
            name = entry.name
            path = shown + composed(name)
            try:
                if entry.is_symlink():
                    self._add_link(members, entry, disk + name, path)
                elif not entry.is_dir(follow_symlinks=False):
                    self._add_file(members, entry.stat(follow_symlinks=False), disk + name, path)
                elif name.startswith(".") or name.lower() in SYSTEM_FOLDERS:
                    self._add_problem(f"{path}/", Outcome.UNSUPPORTED, "a hidden folder is not looked into")
                else:
                    folders.append((f"{disk}{name}/", f"{path}/"))
            except OSError as exc:
                self._add_problem(path, Outcome.UNREADABLE, os_error_reason(exc))
        return folders

    def _add_link(self, members: list[Member], entry: os.DirEntry[str], disk: str, path: str) -> None:
        try:
            status = entry.stat()
        except FileNotFoundError:
            self._add_problem(path, Outcome.UNREADABLE, "a link to something that is not there")
        else:
            if stat.S_ISDIR(status.st_mode):
                self._linked.append((f"{disk}/", f"{path}/"))
            else:
                self._add_file(members, status, disk, path)

    def _add_file(self, members: list[Member], status: os.stat_result, disk: str, path: str) -> None:
        order, refused = len(members), None
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something special")
            refused = (Outcome.UNSUPPORTED, f"is {kind}, not a file")
        if disk != path:
            self._disk_paths[order] = disk
        stamp = stamp_of(status.st_size, status.st_mtime_ns)
        members.append(Member(self, path, status.st_size, stamp, order, refused))

    def _add_problem(self, path: str, outcome: Outcome, reason: str) -> None:
        self.problems.append((path, outcome, reason))

    def disk_path(self, member: Member) -> str:
        """The absolute path on disk, as the operating system spells it."""
        return f"{self.path}/{self._disk_paths.get(member.order, member.path)}"

    def open(self, member: Member) -> BinaryIO:
        return os.fdopen(open_regular(self.disk_path(member)), "rb")

    def checksum(self, member: Member) -> int | None:
        return None

    def close(self) -> None:
        """Nothing is kept open."""
