"""Stretches of a file, read by position, so that several threads can read one archive at once."""

from __future__ import annotations

import io
import os
import stat
import threading

from ..errors import ItemError
from ..types import Outcome

# Never wait for somebody to open the other end of a pipe that took the file's place.
READ_ONLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str) -> int:
    """A descriptor of a regular file. Raises ItemError with the reason; the path is not in it."""
    try:
        descriptor = os.open(path, READ_ONLY)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    except OSError as exc:
        raise ItemError(Outcome.UNREADABLE, why(exc)) from exc
    raise ItemError(Outcome.UNSUPPORTED, "is not a regular file")


def why(exc: OSError) -> str:
    """An error of the operating system as a reason, without the path."""
    if isinstance(exc, FileNotFoundError):
        return "has disappeared"
    if isinstance(exc, PermissionError):
        return "no permission to read it"
    return f"cannot be read: {exc.strerror or type(exc).__name__}"


class SharedFile:
    """An open file without a position of its own. It closes when nobody holds it any more."""

    def __init__(self, path: str) -> None:
        self._descriptor = -1
        self._descriptor = open_regular(path)
        self._lock = threading.Lock()
        status = os.fstat(self._descriptor)
        self.size = status.st_size
        self.stamp = f"{status.st_size}:{status.st_mtime_ns}"

    def read_at(self, position: int, count: int) -> bytes:
        """Up to `count` bytes. Raises ItemError."""
        try:
            if hasattr(os, "pread"):
                return os.pread(self._descriptor, count, position)
            with self._lock:
                os.lseek(self._descriptor, position, os.SEEK_SET)
                return os.read(self._descriptor, count)
        except OSError as exc:
            raise ItemError(Outcome.UNREADABLE, why(exc)) from exc

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class Span(io.RawIOBase):
    """`size` bytes of a file from `start` on, as a seekable stream."""

    def __init__(self, file: SharedFile, start: int, size: int) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.size = size
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = target(offset, whence, self.position, self.size)
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = max(0, min(len(buffer), self.size - self.position))
        data = self.file.read_at(self.start + self.position, count) if count else b""
        if len(data) < count and not data:
            raise ItemError(Outcome.UNREADABLE, "the archive ends in the middle of this file")
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def target(offset: int, whence: int, position: int, size: int) -> int:
    """The position that a seek means. Raises ValueError below zero, as files do."""
    place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: position, os.SEEK_END: size}[whence]
    if place < 0:
        raise ValueError("negative seek position")
    return place
