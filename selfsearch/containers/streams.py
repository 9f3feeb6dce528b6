"""Streams over archives: sections of what is read by position, and what compressed data hold.

A file is read by position, so any number of threads can read one archive at once. A compressed stream never
holds more than was asked for, whatever the data claim to be: a bomb costs time in proportion to what is read
of it, and no memory beyond one read.
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
from functools import partial
from typing import Protocol

from ..errors import ItemError
from ..types import Outcome
from .reach import Check

INPUT_BYTES = 1 << 16  # compressed bytes taken at a time
CUT = (Outcome.UNREADABLE, "the archive ends in the middle of this file")
BARE_DEFLATE, GZIP = -15, 31  # what zlib calls `wbits`
XZ_MEMORY = 256 << 20  # bytes: `xz -9` and `lzma -9` need 65 MiB to unpack; more is an attack on memory

# Never wait for somebody to open the other end of a pipe that took the file's place.
_READ_ONLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str, check: Check | None = None) -> int:
    """A descriptor of a regular file that passes `check`.

    Raises ItemError with the reason; the path is not in it.
    """
    try:
        descriptor = os.open(path, _READ_ONLY)
    except OSError as exc:
        raise ItemError(Outcome.UNREADABLE, os_error_reason(exc)) from exc
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ItemError(Outcome.UNSUPPORTED, "is not a regular file")
        if check is not None:
            check(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def os_error_reason(exc: OSError) -> str:
    """An error of the operating system as a reason, without the path."""
    if isinstance(exc, FileNotFoundError):
        return "has disappeared"
    if isinstance(exc, PermissionError):
        return "no permission to read it"
    return f"cannot be read: {exc.strerror or type(exc).__name__}"


class ByteSource(Protocol):
    """Bytes that are read by position, by any number of threads."""

    @property
    def size(self) -> int: ...

    def read_at(self, position: int, count: int) -> bytes:
        """`count` bytes, fewer only at the end. Raises ItemError."""
        ...


class SharedFile:
    """An open file without a position of its own. It closes when nobody holds it any more."""

    def __init__(self, path: str, check: Check | None = None) -> None:
        self._descriptor = -1
        self._descriptor = open_regular(path, check)
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
            raise ItemError(Outcome.UNREADABLE, os_error_reason(exc)) from exc

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class PositionedStream(io.RawIOBase):
    """A stream of `size` bytes with a position; a subclass says in `_take` which bytes stand there."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.position = 0

    def _take(self, count: int) -> bytes:
        """Up to `count` bytes from the position on; b"" at the end. Raises ItemError."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.position = self._target(offset, whence)
        return self.position

    def _target(self, offset: int, whence: int) -> int:
        """The position that a seek means. Raises ValueError below zero, as files do."""
        target = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.position, os.SEEK_END: self.size}[whence]
        if target < 0:
            raise ValueError("negative seek position")
        return target

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._take(len(buffer))
        self.position += len(data)
        buffer[: len(data)] = data
        return len(data)


class FileSection(PositionedStream):
    """`size` bytes of a file from `start` on, as a seekable stream.

    Where `crc` is given, it is checked as soon as everything was read from the beginning on.
    """

    def __init__(self, file: ByteSource, start: int, size: int, crc: int | None = None) -> None:
        super().__init__(size)
        self._file = file
        self._start = start
        self._declared_crc = crc
        self._crc = self._summed = 0  # of the first `_summed` bytes

    def _take(self, count: int) -> bytes:
        count = max(0, min(count, self.size - self.position))
        data = self._file.read_at(self._start + self.position, count) if count else b""
        if count and not data:
            raise ItemError(*CUT)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        start = self.position
        count = super().readinto(buffer)
        if self._declared_crc is not None and start <= self._summed < start + count:
            self._crc = zlib.crc32(memoryview(buffer)[self._summed - start : count], self._crc)
            self._summed = start + count
            if self._summed == self.size and self._crc != self._declared_crc:
                raise ItemError(Outcome.UNREADABLE, "is damaged: its checksum is wrong")
        return count


class Decompressor(Protocol):
    """One compressed stream, as `bz2` and `lzma` of the standard library unpack it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most `max_length` bytes more; `data` is new input, b"" while the old still gives some."""
        ...


class Inflater:
    """zlib with the face of the others: it keeps the input that it has not unpacked yet."""

    def __init__(self, wbits: int = BARE_DEFLATE) -> None:
        self._stream = zlib.decompressobj(wbits)

    def copy(self) -> Inflater:
        """Another that goes on from where this one is."""
        other = Inflater.__new__(Inflater)
        other._stream = self._stream.copy()
        return other

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data


GZIP_STREAM: Callable[[], Decompressor] = partial(Inflater, GZIP)
XZ_STREAM: Callable[[], Decompressor] = partial(lzma.LZMADecompressor, memlimit=XZ_MEMORY)
LZMA_STREAM: Callable[[], Decompressor] = partial(
    lzma.LZMADecompressor, lzma.FORMAT_ALONE, memlimit=XZ_MEMORY
)
BZIP2_STREAM: Callable[[], Decompressor] = bz2.BZ2Decompressor


class DecompressedStream(PositionedStream):
    """What compressed bytes hold, as a stream. Seeking back starts again at the beginning.

    `size` and `crc` are checked at the end where they are given, and no more than `size` bytes are given out.
    `many`: further streams may follow the first (gzip files may be joined). Raises ItemError for damage,
    after having given out what stands before it.
    """

    def __init__(
        self,
        source: Callable[[], io.RawIOBase],
        decompressor: Callable[[], Decompressor],
        *,
        size: int | None = None,
        crc: int | None = None,
        many: bool = False,
    ) -> None:
        super().__init__(size or 0)
        self._open_source = source
        self._new_decompressor = decompressor
        self._declared_size = size
        self._declared_crc = crc
        self._many = many
        self._restart()

    def _restart(self) -> None:
        self._source = self._open_source()
        self._decompressor = self._new_decompressor()
        self.position = self._crc = 0
        self._ended = False

    def seekable(self) -> bool:
        return self._declared_size is not None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        target = self._target(offset, whence)
        if target < self.position:
            self._restart()
        skipped = memoryview(bytearray(INPUT_BYTES))
        while self.position < target and self.readinto(skipped[: target - self.position]):
            pass
        return self.position

    def _take(self, count: int) -> bytes:
        if self._ended or not count:
            return b""
        is_all = self.position == self._declared_size
        if self._declared_size is not None and not is_all:
            count = min(count, self._declared_size - self.position)
        data = self._decompress(1 if is_all else count)
        if is_all and data:
            raise ItemError(Outcome.TOO_LARGE, f"holds more than the {self.position:,} bytes it declares")
        if self._declared_crc is not None:
            self._crc = zlib.crc32(data, self._crc)
        if not data:
            self._ended = True
            self._check()
        return data

    def _decompress(self, count: int) -> bytes:
        """Some bytes; b"" at the end."""
        try:
            data = b"" if self._decompressor.eof else self._decompressor.decompress(b"", count)
            while not data and (self._many or not self._decompressor.eof):
                chunk = self._decompressor.unused_data or self._source.read(INPUT_BYTES)
                if not chunk:
                    return self._end_of_input()
                if self._decompressor.eof:
                    if not chunk.strip(b"\0") and not (chunk := self._after_padding()):
                        return b""
                    self._decompressor = self._new_decompressor()
                data = self._decompressor.decompress(chunk, count)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as exc:
            if "Memory usage limit" in str(exc):
                reason = f"needs more than {XZ_MEMORY >> 20} MB of memory to unpack"
                raise ItemError(Outcome.TOO_LARGE, reason) from exc
            raise ItemError(Outcome.UNREADABLE, f"its compressed data are damaged ({str(exc)[:80]})") from exc
        return data

    def _after_padding(self) -> bytes:
        """What comes after zero bytes that fill up a file (tapes, disks); b"" when nothing does."""
        while chunk := self._source.read(INPUT_BYTES):
            if stripped := chunk.lstrip(b"\0"):
                return stripped
        return b""

    def _end_of_input(self) -> bytes:
        """b"" right after a whole stream, or at the size of one without an end mark. Raises ItemError."""
        if self._decompressor.eof or self.position == self._declared_size:
            return b""
        raise ItemError(Outcome.UNREADABLE, "its compressed data are cut short")

    def _check(self) -> None:
        if self._declared_size is not None and self.position != self._declared_size:
            raise ItemError(Outcome.UNREADABLE, "is damaged: its length is not the one recorded")
        if self._declared_crc is not None and self._crc != self._declared_crc:
            raise ItemError(Outcome.UNREADABLE, "is damaged: its checksum is wrong")
