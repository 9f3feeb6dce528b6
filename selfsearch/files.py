"""Private, whole files: 0600 in 0700, written beside their place and moved there in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def private_folder(path: Path) -> Path:
    """Make `path` if it is not there and see that only its owner may enter it. Returns it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Write a 0600 file that appears whole or not at all, whatever the umask and whenever we are killed."""
    handle, name = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".part", dir=path.parent
    )  # 0600 by contract
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def open_private(path: str, flags: int) -> int:
    """An `opener` for open(): a new file is 0600, and a link in its place is not followed."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to `path` as one private, whole file."""
    with atomic_file(path) as file:
        file.write(data)
