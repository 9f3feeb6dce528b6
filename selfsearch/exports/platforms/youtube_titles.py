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

from ..path_index import file_name, file_stem, fold

MAX_COMPARED = 10_000  # pairs of rows and files of one title whose lengths are compared
CUT = 40  # a file name at least this long may be the beginning of a longer title
TOLERANCE = 0.02  # of a length: the export's are approximate

_SIGN = re.compile(r"[\W_]")
_SIGNS = re.compile(r"[\W_]+")
_COUNTER = re.compile(r"\(([0-9]{1,4})\)$")
_BOX = 8  # bytes of an MP4 box's head

_SIGNS_FOLDED, _LETTERS, _BEGINNING = range(3)  # how a title and a file's name agree, the surest first
_Agreement = tuple[int, str]  # one of these, and the name in that form


@dataclass(frozen=True, slots=True)
class VideoRow:
    """What a row of videos.csv offers to know its file by."""

    title: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """A file, and the rows that it may belong to. More than one: the export does not tell which."""

    path: str
    rows: tuple[int, ...]
    by_order: bool = False  # several videos have this title, and only their order told them apart
    is_sure: bool = True  # its length is the row's alone, or there is no other row or file of this title


def letters_of(text: str) -> str:
    """Letters and digits only; the folded text itself when it has none (a title of emoji)."""
    folded = fold(text)
    return _SIGNS.sub("", folded) or folded


def _signs_folded(text: str) -> str:
    return _SIGN.sub("_", fold(text).strip())


def match_titles(
    rows: Sequence[VideoRow], paths: Sequence[str], seconds: Callable[[str], float | None]
) -> Iterator[TitleMatch]:
    """Every file that some row may belong to. `seconds`: a file's length, asked when titles repeat."""
    titles = _Titles(rows)
    groups: dict[_Agreement, list[tuple[int, str]]] = {}
    for path in paths:
        agreement, counter = titles.agreement(path)
        if agreement:
            groups.setdefault(agreement, []).append((counter, path))
    taken: set[int] = set()
    for agreement, files in sorted(groups.items()):  # the surest kind first
        free = [number for number in titles.rows(agreement) if number not in taken]
        for match in _allot(rows, free, [path for _, path in sorted(files)], seconds):
            if len(match.rows) == 1:
                taken.update(match.rows)
            yield match


class _Titles:
    """The rows by their titles. "A+B" and "AB" have the same letters, and other signs."""

    def __init__(self, rows: Sequence[VideoRow]) -> None:
        self._by_signs: dict[str, list[int]] = {}
        self._by_letters: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            if row.title:
                self._by_signs.setdefault(_signs_folded(row.title), []).append(number)
                self._by_letters.setdefault(letters_of(row.title), []).append(number)
        self._in_order = sorted(self._by_letters)

    def agreement(self, path: str) -> tuple[_Agreement | None, int]:
        """How this file's name agrees with titles (for `rows`), and the file's own counter."""
        stem = file_stem(path) or file_name(path)
        match = _COUNTER.search(stem)
        uncounted, counter = (stem[: match.start()], int(match[1])) if match else (stem, 0)
        for name, own_counter in ((stem, 0), (uncounted, counter)):
            if _signs_folded(name) in self._by_signs:
                return (_SIGNS_FOLDED, _signs_folded(name)), own_counter
            if letters_of(name) in self._by_letters:
                return (_LETTERS, letters_of(name)), own_counter
        return ((_BEGINNING, letters_of(uncounted)) if len(uncounted) >= CUT else None), counter

    def rows(self, agreement: _Agreement) -> list[int]:
        """The rows that agree so."""
        kind, name = agreement
        if kind != _BEGINNING:
            return (self._by_signs if kind == _SIGNS_FOLDED else self._by_letters)[name]
        numbers: list[int] = []
        for at in range(bisect_left(self._in_order, name), len(self._in_order)):
            if not self._in_order[at].startswith(name):
                break
            numbers += self._by_letters[self._in_order[at]]
        return sorted(numbers)


def _allot(
    rows: Sequence[VideoRow], free: list[int], files: list[str], seconds: Callable[[str], float | None]
) -> Iterator[TitleMatch]:
    """Rows to files of one title, both in their order."""
    is_only = len(free) == len(files) == 1
    if not is_only and len(free) * len(files) <= MAX_COMPARED:
        sure = _by_length(rows, free, files, seconds)
        yield from (TitleMatch(path, (number,)) for path, number in sure.items())
        free = [number for number in free if number not in sure.values()]
        files = [path for path in files if path not in sure]
    if len(free) <= len(files):
        by_order = len(free) > 1
        pairs = zip(files, free, strict=False)
        yield from (TitleMatch(path, (number,), by_order, is_only) for path, number in pairs)
    else:
        either = tuple(free)
        yield from (TitleMatch(path, either, is_sure=False) for path in files)


def _by_length(
    rows: Sequence[VideoRow], free: list[int], files: list[str], seconds: Callable[[str], float | None]
) -> dict[str, int]:
    """The files whose length fits exactly one row that fits no other file."""
    lengths = {path: seconds(path) for path in files}
    fitting = {
        path: [number for number in free if _is_near(length, rows[number].seconds)]
        for path, length in lengths.items()
    }
    claims = Counter(number for numbers in fitting.values() for number in numbers)
    return {
        path: numbers[0] for path, numbers in fitting.items() if len(numbers) == 1 and claims[numbers[0]] == 1
    }


def _is_near(length: float | None, listed: float | None) -> bool:
    return bool(length and listed and abs(length - listed) <= max(TOLERANCE * listed, 0.5))


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
            return _movie_seconds(head[_BOX:] + stream.read(256))
        if length < _BOX or position + length >= size:
            return None
        position += length
    return None


def _movie_seconds(moov: bytes) -> float | None:
    """Length in seconds by the movie header, which comes first; `moov` starts 8 bytes into its box."""
    at = moov.find(b"mvhd")
    if at < 0 or len(moov) < at + 36:
        return None
    is_wide = moov[at + 4] == 1
    scale_at = at + (24 if is_wide else 16)
    scale = int.from_bytes(moov[scale_at : scale_at + 4], "big")
    length = int.from_bytes(moov[scale_at + 4 : scale_at + (12 if is_wide else 8)], "big")
    return length / scale if scale else None
