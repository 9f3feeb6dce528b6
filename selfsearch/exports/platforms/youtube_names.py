"""Which video file belongs to which row of videos.csv. No row names its file: that is called after the title.

Signs that no file name may hold become "_", long titles are cut, and videos of one title get "(1)", "(2)". So
names are compared by their letters and digits; between videos of one title their length decides, else their
order, and when there are fewer files than rows, nothing does.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ..path_index import fold

MAX_COMPARED = 10_000  # pairs of rows and files of one title whose lengths are compared
CUT = 40  # a file name at least this long may be the beginning of a longer title
_SIGN = re.compile(r"[\W_]")
_SIGNS = re.compile(r"[\W_]+")
_COUNTER = re.compile(r"\(([0-9]{1,4})\)$")
_BOX = 8  # bytes of an MP4 box's head
_NEAR = 0.02  # the export's lengths are approximate


@dataclass(frozen=True, slots=True)
class Row:
    """What a row of videos.csv offers to know its file by."""

    title: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and the rows that it may belong to. More than one: the export does not tell which."""

    path: str
    rows: tuple[int, ...]
    by_order: bool = False  # several videos have this title, and only their order told them apart


def tight(text: str) -> str:
    """Letters and digits only; the folded text itself when it has none (a title of emoji)."""
    folded = fold(text)
    return _SIGNS.sub("", folded) or folded


def _shape(text: str) -> str:
    return _SIGN.sub("_", fold(text).strip())


def match(
    rows: Sequence[Row], paths: Sequence[str], seconds: Callable[[str], float | None]
) -> Iterator[Found]:
    """Every file that some row may belong to. `seconds`: a file's length, asked when titles repeat."""
    table = _Titles(rows)
    groups: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for path in paths:
        group, counter = table.of(path)
        if group:
            groups.setdefault(group, []).append((counter, path))
    taken: set[int] = set()
    for group, files in sorted(groups.items()):  # the surest kind first
        free = [number for number in table.rows(group) if number not in taken]
        for found in _allot(rows, free, [path for _, path in sorted(files)], seconds):
            if len(found.rows) == 1:
                taken.update(found.rows)
            yield found


_SHAPE, _KEY, _BEGINNING = range(3)  # kinds of agreement between a title and a file's name, the surest first


class _Titles:
    """The rows by their titles. "A+B" and "AB" have one key, and two shapes."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.tables: dict[int, dict[str, list[int]]] = {_SHAPE: {}, _KEY: {}}
        for number, row in enumerate(rows):
            if row.title:
                self.tables[_SHAPE].setdefault(_shape(row.title), []).append(number)
                self.tables[_KEY].setdefault(tight(row.title), []).append(number)
        self.order = sorted(self.tables[_KEY])

    def of(self, path: str) -> tuple[tuple[int, str] | None, int]:
        """How this file's name agrees with titles (for `rows`), and the file's own counter."""
        stem = path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]
        counter = _COUNTER.search(stem)
        bare, count = (stem[: counter.start()], int(counter[1])) if counter else (stem, 0)
        for name, own in ((stem, 0), (bare, count)):
            if _shape(name) in self.tables[_SHAPE]:
                return (_SHAPE, _shape(name)), own
            if tight(name) in self.tables[_KEY]:
                return (_KEY, tight(name)), own
        return ((_BEGINNING, tight(bare)) if len(bare) >= CUT else None), count

    def rows(self, group: tuple[int, str]) -> list[int]:
        """The rows that agree so."""
        kind, name = group
        if kind != _BEGINNING:
            return self.tables[kind][name]
        found: list[int] = []
        for at in range(bisect_left(self.order, name), len(self.order)):
            if not self.order[at].startswith(name):
                break
            found += self.tables[_KEY][self.order[at]]
        return sorted(found)


def _allot(
    rows: Sequence[Row], free: list[int], files: list[str], seconds: Callable[[str], float | None]
) -> Iterator[Found]:
    """Rows to files of one title, both in their order."""
    if 1 < len(free) * len(files) <= MAX_COMPARED and len(free) > 1:
        sure = _by_length(rows, free, files, seconds)
        yield from (Found(path, (number,)) for path, number in sure.items())
        free = [number for number in free if number not in sure.values()]
        files = [path for path in files if path not in sure]
    if len(free) <= len(files):
        alone = len(free) == 1
        yield from (Found(path, (one,), not alone) for path, one in zip(files, free, strict=False))
    else:
        either = tuple(free)
        yield from (Found(path, either) for path in files)


def _by_length(
    rows: Sequence[Row], free: list[int], files: list[str], seconds: Callable[[str], float | None]
) -> dict[str, int]:
    """The files whose length fits exactly one row that fits no other file."""
    lengths = {path: seconds(path) for path in files}
    fits = {
        path: [one for one in free if _alike(length, rows[one].seconds)] for path, length in lengths.items()
    }
    claims = Counter(one for found in fits.values() for one in found)
    return {path: found[0] for path, found in fits.items() if len(found) == 1 and claims[found[0]] == 1}


def _alike(one: float | None, other: float | None) -> bool:
    return bool(one and other and abs(one - other) <= max(_NEAR * other, 0.5))


def mp4_seconds(stream: BinaryIO, size: int) -> float | None:
    """The length that an MP4's movie header gives; None when there is none, or this is not an MP4."""
    position = 0
    for _ in range(64):  # a file that is not fragmented has fewer boxes
        stream.seek(position)
        head = stream.read(2 * _BOX)
        if len(head) < _BOX:
            return None
        length, kind = int.from_bytes(head[:4], "big"), head[4:_BOX]
        if length == 1:
            length = int.from_bytes(head[_BOX:], "big")
        if kind == b"moov":
            return _header(head[_BOX:] + stream.read(256))
        if length < _BOX or position + length >= size:
            return None
        position += length
    return None


def _header(moov: bytes) -> float | None:
    """Length in seconds by the movie header, which comes first; `moov` starts 8 bytes into its box."""
    at = moov.find(b"mvhd")
    if at < 0 or len(moov) < at + 36:
        return None
    wide = moov[at + 4] == 1
    scale_at = at + (24 if wide else 16)
    scale = int.from_bytes(moov[scale_at : scale_at + 4], "big")
    length = int.from_bytes(moov[scale_at + 4 : scale_at + (12 if wide else 8)], "big")
    return length / scale if scale else None
