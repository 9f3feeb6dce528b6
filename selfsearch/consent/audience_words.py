"""Platforms' words for who could see something that are not known, and what the user said they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..exports.path_index import fold
from ..library import items
from ..library.library import Library
from ..library.sources import SourceRow
from ..types import Exposure
from .exposure import DECIDED_BY_EXPORT, Knowledge


@dataclass(frozen=True)
class UnknownWord:
    """A word of a source's platform for who could see something, of which nobody said what it means."""

    source: SourceRow
    word: str
    files: int
    posts: int  # of which there is only a link


def unknown_words(library: Library, rows: Sequence[SourceRow], *, every: bool = False) -> list[UnknownWord]:
    """What is left to say of these sources, what most hangs on first.

    `every`: also words that are known, of things that are unknown for another reason.
    """
    by_number = {row.id: row for row in rows}
    means = {row.id: Knowledge.of(row).audience_means for row in rows}
    found: dict[tuple[int, str], UnknownWord] = {}
    for number, word, said_of, is_known, files, posts in items.undecided_words(library, list(by_number)):
        key = number, fold(word)
        if said_of in DECIDED_BY_EXPORT and (every or not is_known) and key[1] not in means[number]:
            same = found.get(key, UnknownWord(by_number[number], word, 0, 0))
            found[key] = replace(same, files=same.files + files, posts=same.posts + posts)
    return sorted(found.values(), key=lambda each: (-each.files - each.posts, each.source.id, each.word))


def find_word(library: Library, source: SourceRow, word: str, level: str) -> UnknownWord | None:
    """The word as the source has it, with what this meaning would decide; None when that is nothing."""
    words = unknown_words(library, [source], every=level != Exposure.PRIVATE.value)
    return next((each for each in words if fold(each.word) == fold(word)), None)


def without_word(means: Mapping[str, str], word: str) -> dict[str, str]:
    """What was said of the other words."""
    return {each: level for each, level in means.items() if fold(each) != fold(word)}
