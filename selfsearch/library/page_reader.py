"""Rows of a damaged database, read page by page: what SQLCipher can still authenticate, and nothing else.

SQLCipher gives up a whole file at the first page whose HMAC does not hold. Here each page stands for itself:
it is decrypted if it is, to the byte, what was written, and left out otherwise. The formats are SQLite's
(https://www.sqlite.org/fileformat2.html) and SQLCipher 4's (https://www.zetetic.net/sqlcipher/design/): pages
of 4096 bytes, AES-256-CBC, with the vector and an HMAC-SHA512 at the end of each.
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

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

PAGE = 4096  # bytes
SALT, VECTOR, MAC = 16, 16, 64  # bytes: in front of page 1; at the end of each page
USABLE = PAGE - VECTOR - MAC
MASK, ROUNDS = 0x3A, 2  # how the key of the HMAC comes from that of the pages
INTERIOR_INDEX, INTERIOR_TABLE, LEAF_INDEX, LEAF_TABLE = KINDS = 2, 5, 10, 13  # pages of b-trees
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
            if page is None or page[_start(number)] not in KINDS:
                losses.gaps.append(gap)
                continue
            self.met.add(number)
            try:
                rows = list(self._cells(number, page, losses.cut))
                waiting += _children(number, page, gap)
            except MALFORMED:
                losses.gaps.append(gap)
                continue
            yield from rows

    def stray_rows(self) -> Iterator[list[Row]]:
        """The rows of each sound page of a table that no walk has met, since what leads to it is lost."""
        for number in sorted(self.sound - self.met):
            page = self._page(number)
            if page is not None and page[_start(number)] == LEAF_TABLE:
                with suppress(*MALFORMED):
                    yield list(self._cells(number, page, set()))

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

    def _page(self, number: int) -> bytes | None:
        if number not in self.sound:
            return None
        return self._decrypted(self._raw(number), SALT if number == 1 else 0)

    def _decrypted(self, raw: bytes, start: int) -> bytes:
        decryptor = Cipher(AES(self._key), CBC(raw[USABLE : USABLE + VECTOR])).decryptor()
        return bytes(start) + decryptor.update(raw[start:USABLE]) + decryptor.finalize()

    def _cells(self, number: int, page: bytes, cut: set[int]) -> Iterator[Row]:
        """The rows in one page. Those in `cut` go on in a page that is lost."""
        kind = page[_start(number)]
        if kind == INTERIOR_TABLE:
            return
        for at in _pointers(number, page):
            if kind == INTERIOR_INDEX:
                at += 4
            size, at = _varint(page, at)
            row = -number * PAGE - at
            if kind == LEAF_TABLE:
                row, at = _varint(page, at)
            payload = self._payload(page, at, size, is_table=kind == LEAF_TABLE)
            if payload is None:
                cut.add(row)
            else:
                yield Row(row, _record(payload))

    def _payload(self, page: bytes, at: int, size: int, *, is_table: bool) -> bytes | None:
        """The bytes of a record, those in overflow pages included; None when one of these is lost."""
        most = USABLE - 35 if is_table else (USABLE - 12) * 64 // 255 - 23
        if size <= most:
            return page[at : at + size]
        least = (USABLE - 12) * 32 // 255 - 23
        local = least + (size - least) % (USABLE - 4)
        local = local if local <= most else least
        data = page[at : at + local]
        (following,) = struct.unpack_from(">I", page, at + local)
        while len(data) < size:
            more = self._page(following)
            if more is None:
                return None
            data += more[4 : 4 + min(USABLE - 4, size - len(data))]
            (following,) = struct.unpack_from(">I", more)
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


def _start(number: int) -> int:
    """Where the header of a b-tree page begins: page 1 has that of the file in front."""
    return 100 if number == 1 else 0


def _pointers(number: int, page: bytes) -> Sequence[int]:
    """Where the cells of a b-tree page begin."""
    start = _start(number)
    (count,) = struct.unpack_from(">H", page, start + 3)
    header = 12 if page[start] in (INTERIOR_TABLE, INTERIOR_INDEX) else 8
    return struct.unpack_from(f">{count}H", page, start + header)


def _children(number: int, page: bytes, gap: Gap) -> list[tuple[int, Gap]]:
    """The pages below one, with the bounds of their rows' numbers."""
    start, low = _start(number), gap.low
    if page[start] not in (INTERIOR_TABLE, INTERIOR_INDEX):
        return []
    children = []
    for at in _pointers(number, page):
        (child,) = struct.unpack_from(">I", page, at)
        if page[start] == INTERIOR_TABLE:
            high, _ = _varint(page, at + 4)
            children.append((child, Gap(low, high)))
            low = high
        else:
            children.append((child, EVERYTHING))
    (last,) = struct.unpack_from(">I", page, start + 8)
    return [*children, (last, Gap(low, gap.high))]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, and where it ends."""
    value = 0
    for offset in range(8):
        byte = data[at + offset]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + offset + 1
    return value << 8 | data[at + 8], at + 9


def _record(payload: bytes) -> list[Value]:
    size, at = _varint(payload, 0)
    kinds = []
    while at < size:
        kind, at = _varint(payload, at)
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
