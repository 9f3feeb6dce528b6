"""Hardening of the process: no core dumps, no secret in its environment, no file that others may open."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import LibraryError

PASSPHRASE = "SELFSEARCH_PASSPHRASE"  # noqa: S105  (the variable's name, not its value)
PASSPHRASES = (PASSPHRASE, "SELFSEARCH_NEW_PASSPHRASE", "SELFSEARCH_BACKUP_PASSPHRASE")
PR_SET_DUMPABLE = 4  # linux/prctl.h

_log = logging.getLogger(__name__)
_taken: dict[str, str] = {}  # passphrases that are in the environment no more, by variable


def no_core_dumps() -> None:
    """See that a crash writes no templates and keys to disk, and that no other process reads our memory.

    On Linux both are needed: a crash that goes to a program (systemd-coredump, apport) ignores the limit, and
    what we start inherits the limit alone. Windows has neither.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_passphrases() -> None:
    """Keep the passphrases, and remove them from the environment, which whatever we start would inherit."""
    _taken.update({name: os.environ.pop(name) for name in PASSPHRASES if name in os.environ})


def passphrase(name: str = PASSPHRASE) -> str | None:
    """A passphrase that was taken, or the one in the environment where none was."""
    return _taken.get(name, os.environ.get(name))


def keep_private(folder: Path) -> None:
    """Narrow the modes of everything in `folder` to its user alone: files 0600, folders 0700.

    Raises LibraryError when something in it, or the folder itself, belongs to somebody else: they could have
    put it there, and they could read what we add to it.
    """
    if sys.platform == "win32":
        return
    repaired = sum(_narrow(path, info, folder) for path, info in [(folder, folder.stat()), *_below(folder)])
    if repaired:
        _log.warning(
            "%d files or folders in %s could be used by other users of this machine; now only by you",
            repaired,
            folder,
        )


def _below(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything below, links not followed. A file that another run removes meanwhile does not matter."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                info = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield Path(entry.path), info
            if entry.is_dir(follow_symlinks=False):
                yield from _below(Path(entry.path))


def _narrow(path: Path, info: os.stat_result, folder: Path) -> bool:
    """True when the mode had to be changed. Raises LibraryError when the owner is somebody else."""
    if info.st_uid != os.geteuid():
        what = "it" if path == folder else path.name
        raise LibraryError(
            f"{folder} is not used: {what} belongs to another user (number {info.st_uid}), who could read or"
            " replace what is in it; run selfsearch as that user, or choose another folder: SELFSEARCH_HOME"
        )
    if stat.S_ISLNK(info.st_mode) or not info.st_mode & 0o077:
        return False
    try:
        path.chmod(info.st_mode & (0o700 if stat.S_ISDIR(info.st_mode) else 0o600))
    except FileNotFoundError:
        return False
    return True
