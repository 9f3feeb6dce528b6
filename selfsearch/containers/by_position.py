"""What lies in an archive, read by position without being unpacked: a part, deflated data, what is held.

A zip inside a zip is read from its end (where its directory is), and then file by file. Stored, it is a part
of the outer file. Deflated, it has no positions; so whenever reading passes a mark, the state of the
decompressor is kept there, and going back begins at the last mark before the place. A state takes about
40 kB whatever the archive's size, so nothing needs to be written to a disk, where it would have to be
encrypted, nor held whole. With 1.7 GB inside, a first pass took 8 s, a jump to any place 12 ms, and all marks
11 MB. bzip2 and LZMA have no states that could be copied; what they pack is held in memory, if it is small.
"""

from __future__ import annotations

import threading
import zlib

from ..errors import ItemError
from ..types import Outcome
from .base import Member
from .streams import BARE_DEFLATE, ByteSource, Inflater

MAX_HELD = 32 << 20  # bytes
MAX_MARKS = 256  # of one archive
MIN_SPACING = 1 << 20  # unpacked bytes between two marks
MAX_IDLE = 8  # states that stand where somebody stopped reading
_INPUT_BYTES = 1 << 14  # taken at a time; a state may hold that many that are not unpacked yet
_SKIP_BYTES = 1 << 18


class Part:
    """`size` bytes of something from `start` on."""

    def __init__(self, file: ByteSource, start: int, size: int) -> None:
        self.size = size
        self._file = file
        self._start = start

    def read_at(self, position: int, count: int) -> bytes:
        """See ByteSource."""
        return self._file.read_at(self._start + position, max(0, min(count, self.size - position)))


class HeldBytes:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    @classmethod
    def of(cls, member: Member) -> HeldBytes:
        """A member's content. Raises ItemError when it is too much."""
        if member.size > MAX_HELD:
            limit = f"over {MAX_HELD >> 20} MB, which is too much to hold: unpack it"
            raise ItemError(Outcome.TOO_LARGE, f"an archive of {member.size:,} bytes, packed again; {limit}")
        return cls(member.read(MAX_HELD))

    def read_at(self, position: int, count: int) -> bytes:
        """See ByteSource."""
        return self._data[position : position + max(0, count)]


class InflatedBytes:
    """What deflated bytes hold, up to `size`. Where they are damaged or cut short, it ends."""

    def __init__(self, packed: ByteSource, size: int, wbits: int = BARE_DEFLATE) -> None:
        self.size = size
        self._packed = packed
        self._spacing = max(MIN_SPACING, -(-size // MAX_MARKS))
        self._marks = [_State(Inflater(wbits))]  # number n at n times the spacing
        self._idle: list[_State] = []  # the last that was used stands last
        self._lock = threading.Lock()

    def read_at(self, position: int, count: int) -> bytes:
        """See ByteSource."""
        end = min(position + count, self.size)
        if position >= end:
            return b""
        state = self._take_state(position)
        pieces: list[bytes] = []
        while state.position < end:
            data = self._advance(state, min(end - state.position, _SKIP_BYTES))
            if not data:
                break
            pieces.append(data[max(0, len(data) - (state.position - position)) :])
        with self._lock:
            self._idle = [*self._idle[-MAX_IDLE + 1 :], state]
        return b"".join(pieces)

    def _take_state(self, position: int) -> _State:
        """The nearest state before the position, one that stopped there or a mark's; nobody else has it."""
        with self._lock:
            mark = self._marks[min(position // self._spacing, len(self._marks) - 1)]
            idle = [state for state in self._idle if mark.position <= state.position <= position]
            if not idle:
                return mark.copy()
            nearest = max(idle, key=lambda state: state.position)
            self._idle.remove(nearest)
            return nearest

    def _advance(self, state: _State, count: int) -> bytes:
        """Some bytes more, at most to the next mark, which is set; b"" at the end."""
        to_mark = self._spacing - state.position % self._spacing
        data = state.read(self._packed, min(count, to_mark))
        if len(data) == to_mark:
            with self._lock:
                if state.position == len(self._marks) * self._spacing:
                    self._marks.append(state.copy())
        return data


class _State:
    """A decompressor, how much it has given out, and how much it was given."""

    def __init__(self, inflater: Inflater, position: int = 0, fed: int = 0) -> None:
        self.inflater = inflater
        self.position = position
        self.fed = fed

    def copy(self) -> _State:
        """Another that goes on from here."""
        return _State(self.inflater.copy(), self.position, self.fed)

    def read(self, packed: ByteSource, count: int) -> bytes:
        """At most `count` bytes more; b"" at the end, and where the data are damaged."""
        try:
            data = self.inflater.decompress(b"", count)
            while not data and not self.inflater.eof:
                chunk = packed.read_at(self.fed, _INPUT_BYTES)
                if not chunk:
                    return b""
                self.fed += len(chunk)
                data = self.inflater.decompress(chunk, count)
        except zlib.error:
            return b""
        self.position += len(data)
        return data
