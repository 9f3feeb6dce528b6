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
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

from ..types import Outcome
from .base import Member, encodable
from .streams import open_regular, why

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
        self._real: dict[int, str] = {}  # order -> path on disk, where it is not the member's path
        self._walked: set[tuple[int, int]] = set()  # device and inode of folders
        self._linked: list[tuple[str, str]] = []  # folders behind links: path on disk, path as shown

    @cached_property
    def _members(self) -> list[Member]:
        found: list[Member] = []
        if self._only is not None:
            with os.scandir(self.path) as entries:
                self._add(found, [entry for entry in entries if entry.name == self._only], "", "")
            return found
        waiting = [("", "")]
        while waiting:
            real, shown = waiting.pop()
            waiting.extend(reversed(self._walk(found, real, shown)))
            if not waiting:
                waiting, self._linked = self._linked[::-1], []
        return found

    def members(self) -> Iterator[Member]:
        """Sorted by name, the files of a folder before its folders."""
        return iter(self._members)

    def _walk(self, found: list[Member], real: str, shown: str) -> list[tuple[str, str]]:
        """Add one folder's files; returns the folders in it."""
        place = f"{self.path}/{real}" if real else self.path
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in self._walked:
                self._problem(shown, Outcome.UNSUPPORTED, "is looked into already, under another path")
                return []
            self._walked.add((status.st_dev, status.st_ino))
            with os.scandir(place) as scan:
                entries = sorted(scan, key=_name)
        except OSError as exc:
            self._problem(shown, Outcome.UNREADABLE, f"this folder: {why(exc)}")
            return []
        return self._add(found, entries, real, shown)

    def _add(
        self, found: list[Member], entries: list[os.DirEntry[str]], real: str, shown: str
    ) -> list[tuple[str, str]]:
        below: list[tuple[str, str]] = []
        for entry in entries:
            name = entry.name
            path = shown + (name if name.isascii() else unicodedata.normalize("NFC", encodable(name)))
            try:
                if entry.is_dir(follow_symlinks=False):
                    self._folder(below, name, real + name, path)
                elif entry.is_symlink():
                    self._link(found, entry, real + name, path)
                else:
                    self._file(found, entry.stat(follow_symlinks=False), real + name, path)
            except OSError as exc:
                self._problem(path, Outcome.UNREADABLE, why(exc))
        return below

    def _folder(self, below: list[tuple[str, str]], name: str, real: str, path: str) -> None:
        if name.startswith(".") or name.lower() in SYSTEM_FOLDERS:
            self._problem(f"{path}/", Outcome.UNSUPPORTED, "a hidden folder is not looked into")
        else:
            below.append((f"{real}/", f"{path}/"))

    def _link(self, found: list[Member], entry: os.DirEntry[str], real: str, path: str) -> None:
        try:
            status = entry.stat()
        except FileNotFoundError:
            self._problem(path, Outcome.UNREADABLE, "a link to something that is not there")
        else:
            if stat.S_ISDIR(status.st_mode):
                self._linked.append((f"{real}/", f"{path}/"))
            else:
                self._file(found, status, real, path)

    def _file(self, found: list[Member], status: os.stat_result, real: str, path: str) -> None:
        refused = None
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something special")
            refused = (Outcome.UNSUPPORTED, f"is {kind}, not a file")
        if real != path:
            self._real[len(found)] = real
        found.append(Member(self, path, status.st_size, status.st_mtime_ns, len(found), refused))

    def _problem(self, path: str, outcome: Outcome, reason: str) -> None:
        self.problems.append((path, outcome, reason))

    def real(self, member: Member) -> str:
        """The absolute path on disk, as the operating system spells it."""
        return f"{self.path}/{self._real.get(member.order, member.path)}"

    def open(self, member: Member) -> BinaryIO:
        return os.fdopen(open_regular(self.real(member)), "rb")

    def checksum(self, member: Member) -> int | None:
        return None

    def close(self) -> None:
        """Nothing is kept open."""


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
