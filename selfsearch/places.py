"""Places in the file system: when two paths are one, and where a file really is.

Letter case and the form of Unicode (macOS decomposes names) are as the file system has them: paths that
differ in nothing else are one place where it has one file for both, and two where it has two.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from functools import lru_cache
from pathlib import PurePath

_DELETED = " (deleted)"  # what Linux appends to the path of an open file whose name is gone


@lru_cache(maxsize=1 << 14)
def composed(path: str) -> str:
    """The path in NFC."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


@lru_cache(maxsize=1 << 14)
def folded(path: str) -> str:
    """What paths have in common that differ in case or in the form of Unicode alone."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def is_same(one: str, other: str) -> bool:
    """Whether two paths are one place, as far as the file system says so."""
    return one == other or (folded(one) == folded(other) and _is_one_file(one, other) is True)


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a path is the folder or lies in it."""
    if path == folder or path.startswith(os.path.join(folder, "")):
        return True
    parts, depth = PurePath(path).parts, len(PurePath(folder).parts)
    return len(parts) >= depth and is_same(str(PurePath(*parts[:depth])), folder)


def may_be_meant(path: str, folder: str) -> bool:
    """Whether somebody who names `folder` may mean what lies at `path`, which may be gone.

    More than `is_at_or_below`: equal but for the form of Unicode, unless the file system has two files there.
    For what is to be erased or withdrawn, never for what is to be read.
    """
    if is_at_or_below(path, folder):
        return True
    parts, depth = PurePath(path).parts, len(PurePath(folder).parts)
    if len(parts) < depth:
        return False
    above = str(PurePath(*parts[:depth]))
    return composed(above) == composed(folder) and _is_one_file(above, folder) is not False


def _is_one_file(one: str, other: str) -> bool | None:
    """None when one of them is not there. Links are files of their own."""
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except (OSError, ValueError):
        return None


def real_path(path: str | PurePath) -> str:
    """The absolute path behind all links, spelled as the disk spells it. What is not there is as written."""
    return _as_spelled(os.path.realpath(os.path.expanduser(path)))


def _as_spelled(path: str) -> str:
    """Only where another spelling leads to the same file are names looked up in their folder."""
    folder, name = os.path.split(path)
    if not name:
        return path
    above = _as_spelled(folder)
    spellings = {name.swapcase(), composed(name), unicodedata.normalize("NFD", name)} - {name}
    if any(is_same(os.path.join(above, other), os.path.join(above, name)) for other in spellings):
        try:
            names = os.listdir(above)
        except OSError:
            return os.path.join(above, name)
        alike = (other for other in names if folded(other) == folded(name))
        if name not in names:
            name = next(alike, name)
    return os.path.join(above, name)


def path_as_given(path: str | PurePath) -> str:
    """The absolute path with its links."""
    return os.path.abspath(os.path.expanduser(path))


def real_path_of(descriptor: int, path: str) -> str:
    """Where the file that was opened at `path` really is, whatever became of that path since.

    Raises OSError when it is nowhere any more. Where the system does not say (Windows), its path is looked up
    again and must lead to the same file.
    """
    if sys.platform == "linux":
        try:
            real = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:  # no /proc
            return _looked_up(descriptor, path)
        if real.endswith(_DELETED) and not os.fstat(descriptor).st_nlink:
            raise FileNotFoundError(2, "has disappeared")
        return real
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return _looked_up(descriptor, path)


def _looked_up(descriptor: int, path: str) -> str:
    real = os.path.realpath(path)
    if not os.path.samestat(os.stat(real), os.fstat(descriptor)):
        raise FileNotFoundError(2, "has disappeared")
    return real
