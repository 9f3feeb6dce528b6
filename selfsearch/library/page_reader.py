"""Rows of a damaged database, read page by page: what SQLCipher can still authenticate, and nothing else.

SQLCipher gives up a whole file at the first page whose HMAC does not hold. Here each page stands for itself:
it is decrypted if it is, to the byte, what was written, and left out otherwise. For the formats, see
page_format.py.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

from . import crypto
from .page_format import (
    FOLLOWING,
    INNER_INDEX,
    INNER_TABLE,
    IV,
    KINDS,
    LARGEST_IN_INDEX,
    LARGEST_IN_LEAF,
    LEAF_TABLE,
    MAC,
    PAGE,
    SALT,
    USABLE,
    Page,
    integer,
    local_bytes,
    varint,
)

MASK, ROUNDS = 0x3A, 2  # how the key of the HMAC comes from that of the pages
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type -> bytes
WAL_HEADER, FRAME_HEADER = 32, 24  # bytes
MALFORMED = (IndexError, ValueError, struct.error)  # raised for bytes that make no sense

Value: TypeAlias = "int | float | str | bytes | None"
Place: TypeAlias = "tuple[BinaryIO, int]"  # a file, and where in it a page begins


class Row(NamedTuple):
    """A record. In an index, or a table without row numbers, the number is negative and says nothing."""

    number: int
    values: list[Value]


class Gap(NamedTuple):
    """A part of a tree that is lost: its rows have numbers above `low`, up to `high`."""

    low: float
    high: float


EVERYTHING = Gap(float("-inf"), float("inf"))


@dataclass
class Losses:
    """What a walk through a tree could not reach."""

    gaps: list[Gap] = field(default_factory=list)
    cut: set[int] = field(default_factory=set)  # rows that go on in a page that is lost


class PageReader:
    """An encrypted database, as far as its pages are sound."""

    def __init__(self, places: dict[int, Place], key: bytes) -> None:
        self._places = places
        self._key = key
        self._mac_key = hashlib.pbkdf2_hmac(
            "sha512", key, bytes(at ^ MASK for at in self._salt()), ROUNDS, 32
        )
        self.met: set[int] = set()  # pages of the trees that were walked
        self.sound = {number for number in places if self._is_sound(number)}

    @property
    def damaged(self) -> int:
        """How many pages are not as they were written."""
        return len(self._places) - len(self.sound)

    def rows(self, root: int, losses: Losses) -> Iterator[Row]:
        """Every row of a table or an index that can be had, in no order."""
        waiting = [(root, EVERYTHING)]
        while waiting:
            number, gap = waiting.pop()
            page = None if number in self.met else self._page(number)
            if page is None or page.kind not in KINDS:
                losses.gaps.append(gap)
                continue
            self.met.add(number)
            try:
                rows = list(self._cells(page, losses.cut))
                waiting += _children(page, gap)
            except MALFORMED:
                losses.gaps.append(gap)
                continue
            yield from rows

    def stray_rows(self) -> Iterator[list[Row]]:
        """The rows of each sound page of a table that no walk has met, since what leads to it is lost."""
        for number in sorted(self.sound - self.met):
            page = self._page(number)
            if page is not None and page.kind == LEAF_TABLE:
                with suppress(*MALFORMED):
                    yield list(self._cells(page, set()))

    def opens_without_salt(self) -> bool:
        """Whether pages make sense under the key, though none can be authenticated.

        So it is when the beginning of the file is lost, with the salt that all HMACs need.
        """
        raws = [self._raw(number) for number in self._places if number > 1]
        kinds = [self._decrypted(raw, 0)[0] for raw in raws if len(raw) == PAGE]
        return sum(kind in (0, *KINDS) for kind in kinds) * 2 > len(kinds)

    def _salt(self) -> bytes:
        return self._raw(1)[:SALT] if 1 in self._places else b""

    def _raw(self, number: int) -> bytes:
        file, at = self._places[number]
        try:
            file.seek(at)
            return file.read(PAGE)
        except OSError:  # a bad sector
            return b""

    def _is_sound(self, number: int) -> bool:
        raw = self._raw(number)
        signed = raw[SALT if number == 1 else 0 : PAGE - MAC] + struct.pack("<I", number)
        return hmac.compare_digest(hmac.digest(self._mac_key, signed, "sha512"), raw[PAGE - MAC :])

    def _page(self, number: int) -> Page | None:
        if number not in self.sound:
            return None
        return Page(number, self._decrypted(self._raw(number), SALT if number == 1 else 0))

    def _decrypted(self, raw: bytes, start: int) -> bytes:
        chained = raw[USABLE : USABLE + IV] + raw[start:USABLE]
        return bytes(start) + crypto.decrypt_pages(self._key, chained)[IV:]

    def _cells(self, page: Page, cut: set[int]) -> Iterator[Row]:
        """The rows in one page. Those in `cut` go on in a page that is lost."""
        if page.kind == INNER_TABLE:
            return
        for at in page.cells:
            if page.kind == INNER_INDEX:
                at += 4
            size, at = varint(page.data, at)
            row = -page.number * PAGE - at
            if page.kind == LEAF_TABLE:
                row, at = varint(page.data, at)
            largest = LARGEST_IN_LEAF if page.kind == LEAF_TABLE else LARGEST_IN_INDEX
            payload = self._payload(page, at, size, local_bytes(size, largest))
            if payload is None:
                cut.add(row)
            else:
                yield Row(row, _record(payload))

    def _payload(self, page: Page, at: int, size: int, local: int) -> bytes | None:
        """The bytes of a record, those in overflow pages included; None when one of these is lost."""
        data = page.data[at : at + local]
        following = integer(page.data, at + local, 4) if local < size else 0
        while len(data) < size:
            more = self._page(following)
            if more is None:
                return None
            data += more.data[4 : 4 + min(FOLLOWING, size - len(data))]
            following = integer(more.data, 0, 4)
        return data


@contextmanager
def opened(path: Path, keys: Sequence[bytes]) -> Iterator[PageReader]:
    """The database at `path` with its log, under whichever of `keys` authenticates more of it."""
    with ExitStack() as stack:
        places: dict[int, Place] = {}
        if path.exists():
            file = stack.enter_context(path.open("rb"))
            places = {number + 1: (file, number * PAGE) for number in range(path.stat().st_size // PAGE)}
        log_path = path.with_name(f"{path.name}-wal")
        if log_path.exists():
            log = stack.enter_context(log_path.open("rb"))
            places |= {number: (log, at) for number, at in _committed(log).items()}
        yield max((PageReader(places, key) for key in keys), key=lambda reader: len(reader.sound))


def _committed(log: BinaryIO) -> dict[int, int]:
    """Page -> where its newest committed version begins in a write-ahead log."""
    header = log.read(WAL_HEADER)
    if len(header) < WAL_HEADER or header[:3] != b"\x37\x7f\x06":
        return {}
    order, salts = "<>"[header[3] & 1], header[16:24]
    sums = _checksum(header[:24], (0, 0), order)
    committed: dict[int, int] = {}
    begun: dict[int, int] = {}
    while len(frame := log.read(FRAME_HEADER)) == FRAME_HEADER:
        at, page = log.tell(), log.read(PAGE)
        sums = _checksum(frame[:8] + page, sums, order) if len(page) == PAGE else (-1, -1)
        if frame[8:16] != salts or struct.unpack(">II", frame[16:]) != sums:
            break
        number, pages = struct.unpack(">II", frame[:8])
        begun[number] = at
        if pages:  # this frame ends a transaction
            committed |= begun
            begun = {}
    return committed


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _children(page: Page, gap: Gap) -> list[tuple[int, Gap]]:
    """The pages below one, with the bounds of their rows' numbers."""
    if page.kind not in (INNER_TABLE, INNER_INDEX):
        return []
    children, low = [], gap.low
    for at in page.cells:
        child = integer(page.data, at, 4)
        if page.kind == INNER_TABLE:
            high, _ = varint(page.data, at + 4)
            children.append((child, Gap(low, high)))
            low = high
        else:
            children.append((child, EVERYTHING))
    return [*children, (page.last_child, Gap(low, gap.high))]


def _record(payload: bytes) -> list[Value]:
    size, at = varint(payload, 0)
    kinds = []
    while at < size:
        kind, at = varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        length = INTEGERS.get(kind, 8 if kind == 7 else max(0, kind - 12) // 2)
        data = payload[at : at + length]
        if len(data) < length:
            raise ValueError("a record that ends too early")
        values.append(_value(kind, data))
        at += length
    return values


def _value(kind: int, data: bytes) -> Value:
    if kind in INTEGERS:
        return int.from_bytes(data, "big", signed=True)
    if kind == 7:
        (number,) = struct.unpack(">d", data)
        return float(number)
    if kind in (8, 9):
        return kind - 8
    if kind < 12:
        return None
    return data if kind % 2 == 0 else data.decode()
