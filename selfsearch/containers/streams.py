"""Compressed data as a stream that never holds more than was asked for, whatever the data claim to be.

zlib, bz2 and lzma of the standard library behind one face: a bomb costs time in proportion to what is read of
it, and no memory beyond one read.

Stretches of a file, read by position, so that several threads can read one archive at once.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import stat
import threading
import zlib
from collections.abc import Callable
from typing import Protocol

from ..errors import ItemError
from ..types import Outcome

CHUNK_BYTES = 1 << 16  # compressed bytes taken at a time
XZ_MEMORY = 256 << 20  # bytes: `xz -9` needs 65 MiB to unpack; more is an attack on memory


class Unpacker(Protocol):
    """One compressed stream on its way out."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""
        ...

    def unpack(self, data: bytes, most: int) -> bytes:
        """At most `most` bytes more; `data` is new input, b"" while the old still gives some."""
        ...


class Deflated:
    """zlib: `wbits` -15 is bare deflate (zip), 31 is gzip."""

    def __init__(self, wbits: int = -15) -> None:
        self._stream = zlib.decompressobj(wbits)

    def unpack(self, data: bytes, most: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


class Squeezed:
    """bz2, xz and the bare LZMA of a zip."""

    def __init__(self, stream: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._stream = stream

    def unpack(self, data: bytes, most: int) -> bytes:
        return b"" if self._stream.eof else self._stream.decompress(data, most)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


def gzip() -> Unpacker:
    return Deflated(31)


def bzip2() -> Unpacker:
    return Squeezed(bz2.BZ2Decompressor())


def xz() -> Unpacker:
    return Squeezed(lzma.LZMADecompressor(memlimit=XZ_MEMORY))


class Inflated(io.RawIOBase):
    """What compressed bytes hold, as a stream. Seeking back starts again at the beginning.

    `size` and `crc` are checked at the end where they are given. `many`: further streams may follow the first
    (gzip files may be joined). Raises ItemError for damage, after having given out what stands before it.
    """

    def __init__(
        self,
        source: Callable[[], io.RawIOBase],
        unpacker: Callable[[], Unpacker],
        *,
        size: int | None = None,
        crc: int | None = None,
        many: bool = False,
    ) -> None:
        super().__init__()
        self._open = source
        self._make = unpacker
        self._size = size
        self._crc = crc
        self._many = many
        self._restart()

    def _restart(self) -> None:
        self._source = self._open()
        self._unpacker = self._make()
        self._position = self._sum = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._size is not None

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        place = target(offset, whence, self._position, self._size or 0)
        if place < self._position:
            self._restart()
        spare = bytearray(CHUNK_BYTES)
        while self._position < place:
            if not self.readinto(memoryview(spare)[: place - self._position]):
                break
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._ended or not len(buffer):
            return 0
        data = self._next(len(buffer))
        self._position += len(data)
        if self._crc is not None:
            self._sum = zlib.crc32(data, self._sum)
        if not data:
            self._ended = True
            self._check()
        buffer[: len(data)] = data
        return len(data)

    def _next(self, most: int) -> bytes:
        """Some bytes; b"" at the end."""
        try:
            data = self._unpacker.unpack(b"", most)
            while not data and self._feedable():
                chunk = self._unpacker.unused_data or self._source.read(CHUNK_BYTES)
                if not chunk:
                    return self._cut()
                if self._unpacker.eof:
                    if not chunk.strip(b"\0") and not (chunk := self._after_padding()):
                        return b""
                    self._unpacker = self._make()
                data = self._unpacker.unpack(chunk, most)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as exc:
            raise ItemError(Outcome.UNREADABLE, f"its compressed data are damaged ({str(exc)[:80]})") from exc
        return data

    def _feedable(self) -> bool:
        return self._many or not self._unpacker.eof

    def _after_padding(self) -> bytes:
        """What comes after zero bytes that fill up a file (tapes, disks); b"" when nothing does."""
        while chunk := self._source.read(CHUNK_BYTES):
            if stripped := chunk.lstrip(b"\0"):
                return stripped
        return b""

    def _cut(self) -> bytes:
        """The input is at its end: right after a whole stream, or at the size of one without an end mark."""
        if self._unpacker.eof or self._position == self._size:
            return b""
        raise ItemError(Outcome.UNREADABLE, "its compressed data are cut short")

    def _check(self) -> None:
        if self._size is not None and self._position != self._size:
            raise ItemError(Outcome.UNREADABLE, "is damaged: its length is not the one recorded")
        if self._crc is not None and self._sum != self._crc:
            raise ItemError(Outcome.UNREADABLE, "is damaged: its checksum is wrong")


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
