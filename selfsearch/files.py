"""Private, whole files: 0600 in 0700, written beside their place and moved there in one step.

Nothing here follows a link: not when a folder is made, a file replaced, permissions narrowed or something
deleted. Deleting stops at another disk that is mounted below.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import SelfsearchError

BY_DESCRIPTOR = {os.open, os.unlink, os.rmdir, os.stat} <= os.supports_dir_fd and os.scandir in os.supports_fd
PART = r"\.(?:{})\.[a-z0-9_]{{8}}\.part"  # the temporary file of `atomic_file`, by its final name
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NOFOLLOW


def private_folder(path: Path) -> Path:
    """Make `path` for its owner alone if it is not there; one that is there stays as it is. Returns it.

    Raises SelfsearchError when there is a link in its place.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink():
        raise SelfsearchError(
            f"{path} is a link to another folder, and nothing is written or deleted behind a link;"
            " take it away"
        )
    return path


@contextmanager
def atomic_file(path: Path, *, replacing: bool = True) -> Iterator[BinaryIO]:
    """Write a 0600 file that appears whole or not at all, whatever the umask and whenever we are killed.

    Unless `replacing`, raises FileExistsError when something has come to stand there meanwhile.
    """
    handle, name = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".part", dir=path.parent
    )  # 0600 by contract
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        move_file(name, path, replacing=replacing)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def delete_halves(path: Path) -> None:
    """Delete what killed runs left of `atomic_file(path)`. Nobody else may be writing that file."""
    delete_files(path.parent.resolve(), re.compile(PART.format(re.escape(path.name))), when=lambda info: True)


def move_file(name: str, path: Path, *, replacing: bool) -> None:
    """Move a file on its disk; unless `replacing`, raises FileExistsError when one is there."""
    if replacing:
        os.replace(name, path)
        return
    try:
        os.link(name, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links, as on most sticks
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.rename(name, path)
    else:
        os.unlink(name)


def open_private(path: str, flags: int) -> int:
    """An `opener` for open(): a new file is 0600, and a link in its place is not followed.

    Nor is a file written that has a second name elsewhere. Raises FileExistsError.
    """
    descriptor = os.open(path, flags & ~os.O_TRUNC | _NOFOLLOW, 0o600)
    if os.fstat(descriptor).st_nlink > 1:
        os.close(descriptor)
        raise FileExistsError(f"{path} has a second name elsewhere, so it is not written")
    if flags & os.O_TRUNC:
        os.ftruncate(descriptor, 0)
    return descriptor


def require_own_file(path: Path) -> Path:
    """See that what is at `path`, if anything, is a file that has no other name. Returns it.

    Raises SelfsearchError: whoever writes there would write into a file of somebody's elsewhere.
    """
    try:
        info = path.lstat()
    except OSError:
        return path
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
        raise SelfsearchError(f"{path} is a link or no file: it is not ours to write to; take it away")
    return path


def write_private(path: Path, data: bytes, *, replacing: bool = True) -> None:
    """Write `data` to `path` as one private, whole file; `replacing` as for `atomic_file`."""
    with atomic_file(path, replacing=replacing) as file:
        file.write(data)


def narrow(path: Path, parent: int | None = None) -> bool:
    """Take the permissions of others away from a file or folder (in the open folder `parent`, if given).

    Returns whether they had any. A link stays as it is, and so does a file that has a second name elsewhere:
    it may be one of the user's own. Raises OSError.
    """
    place, within = (path, None) if parent is None else (path.name, parent)
    info = os.stat(place, dir_fd=within, follow_symlinks=False)
    if not info.st_mode & 0o077 or not (stat.S_ISDIR(info.st_mode) or _is_only_name(info)):
        return False
    descriptor = os.open(place, _FILE, dir_fd=within)
    try:
        opened = os.fstat(descriptor)
        if not os.path.samestat(info, opened):
            return False
        os.fchmod(descriptor, opened.st_mode & (0o700 if stat.S_ISDIR(opened.st_mode) else 0o600))
    finally:
        os.close(descriptor)
    return True


def _is_only_name(info: os.stat_result) -> bool:
    return stat.S_ISREG(info.st_mode) and info.st_nlink == 1


@contextmanager
def opened_folder(path: Path | str, within: int | None = None) -> Iterator[int]:
    """A descriptor of a folder. Raises OSError when it is a link."""
    descriptor = os.open(path, _FOLDER, dir_fd=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def delete_files(folder: Path, name: re.Pattern[str], *, when: Callable[[os.stat_result], bool]) -> int:
    """Delete the files directly in `folder` whose whole name matches. Returns how many.

    Links, folders, and everything in a folder that is itself behind a link are left alone.
    """
    if folder.is_symlink() or not folder.is_dir():
        return 0
    if not BY_DESCRIPTOR:
        paths = [Path(entry.path) for entry in os.scandir(folder) if _is_doomed(entry, name, when)]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)
    with opened_folder(folder) as descriptor, os.scandir(descriptor) as entries:
        names = [entry.name for entry in entries if _is_doomed(entry, name, when)]
        for doomed in names:
            os.unlink(doomed, dir_fd=descriptor)
    return len(names)


def _is_doomed(
    entry: os.DirEntry[str], name: re.Pattern[str], when: Callable[[os.stat_result], bool]
) -> bool:
    try:
        info = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return bool(name.fullmatch(entry.name)) and stat.S_ISREG(info.st_mode) and when(info)


def delete_tree(path: Path) -> None:
    """Delete a folder of our own making, if it is there, with all that is in it.

    A link in its place stays. Raises OSError at a disk that is mounted somewhere below; that is left alone.
    """
    if path.is_symlink() or not path.is_dir():
        return
    if not BY_DESCRIPTOR:
        shutil.rmtree(path)
        return
    with opened_folder(path.parent.resolve()) as parent:
        _delete_folder(path.name, parent, None)


def _delete_folder(name: str, parent: int, mount: str | None) -> None:
    with opened_folder(name, parent) as folder:
        here = mount_of(folder)
        if here != (mount or mount_of(parent)):
            raise OSError(f"another disk is mounted at {name}: it is left alone")
        with os.scandir(folder) as entries:
            kinds = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        for inner, is_folder in kinds.items():
            if is_folder:
                _delete_folder(inner, folder, here)
            else:
                os.unlink(inner, dir_fd=folder)
    os.rmdir(name, dir_fd=parent)


def mount_of(descriptor: int) -> str:
    """What tells mounts apart: on Linux their number, since one disk may be mounted at several places."""
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
        return next(line for line in lines if line.startswith("mnt_id:"))
    except (OSError, StopIteration):
        return str(os.fstat(descriptor).st_dev)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
