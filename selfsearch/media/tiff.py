"""Reading single tags of a TIFF directory, which is also how EXIF is written.

Pillow reads every tag at once and warns on stderr about odd ones; before its version 13 that could be made to
need gigabytes. Only what is asked for is read here, and nothing raises: a value that is not there or not
sound is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from .limits import MAX_METADATA

Value: TypeAlias = "bytes | tuple[float, ...]"

# TIFF 6.0, section 2: type -> (bytes per value, struct code; None for text, "r" for two numbers)
_TYPES: dict[int, tuple[int, str | None]] = {
    1: (1, "B"),
    2: (1, None),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "rI"),
    6: (1, "b"),
    7: (1, None),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ri"),
    13: (4, "I"),
    129: (1, None),
}
_ENTRY = 12  # bytes
_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}


@dataclass(frozen=True, slots=True)
class Directories:
    """The directories of a TIFF file or an EXIF block."""

    data: bytes
    order: str  # struct's byte order

    def tags(self, at: int, wanted: Collection[int]) -> dict[int, Value]:
        """The wanted tags of the directory at byte `at`. Numbers come as tuples, text as bytes."""
        found: dict[int, Value] = {}
        for tag, kind, count, field in self._entries(at):
            if tag in wanted and tag not in found:
                value = self._value(kind, count, field)
                if value is not None:
                    found[tag] = value
        return found

    def first(self) -> int:
        """Where the first directory stands."""
        return int(struct.unpack_from(self.order + "I", self.data, 4)[0]) if len(self.data) >= 8 else 0

    def claims(self) -> int:
        """How many bytes the values of the first directory claim to have together."""
        return sum(
            _TYPES[kind][0] * count for _, kind, count, _ in self._entries(self.first()) if kind in _TYPES
        )

    def _entries(self, at: int) -> list[tuple[int, int, int, bytes]]:
        if not 8 <= at <= len(self.data) - 2:
            return []
        (count,) = struct.unpack_from(self.order + "H", self.data, at)
        body = self.data[at + 2 : at + 2 + count * _ENTRY]
        whole = len(body) - len(body) % _ENTRY
        return list(struct.iter_unpack(self.order + "HHI4s", body[:whole]))

    def _value(self, kind: int, count: int, field: bytes) -> Value | None:
        each, code = _TYPES.get(kind, (0, None))
        size = each * count
        if not 0 < size <= MAX_METADATA:
            return None
        if size > 4:
            (at,) = struct.unpack(self.order + "I", field)
            field = self.data[at : at + size]
        if code is None:
            return field[:size]
        return _numbers(self.order, code, field[:size], count) if len(field) >= size else None


def directories(data: bytes) -> Directories | None:
    """The directories in a TIFF file, or in an EXIF block with or without prefix. None when neither."""
    data = data.removeprefix(b"Exif\x00\x00")
    order = _ORDERS.get(data[:4])
    return Directories(data, order) if order else None


def _numbers(order: str, code: str, raw: bytes, count: int) -> tuple[float, ...] | None:
    if not code.startswith("r"):
        return struct.unpack(f"{order}{count}{code}", raw)
    pairs = struct.iter_unpack(f"{order}2{code[1]}", raw)
    fractions = [above / below for above, below in pairs if below]
    return tuple(fractions) if len(fractions) == count else None
