"""Facebook's own words in a download: names of albums, and its sentences about where a post was made.

A record's `title` is such a sentence ("Ana Silva shared a link to Bo Berg's timeline."), in the language of
the account. Some of what stands among the owner's posts was made elsewhere, where others decide who sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from ..path_index import fold
from .parsing import load_words

ALBUMS = ("profile_photo", "cover_photo")
ELSEWHERE = ("group", "event", "timeline")
MAX_SENTENCE = 1000  # characters; Facebook's own are shorter, but for the names in them
BEGINNING = 4  # characters; a shorter name of a group is not looked for in a sentence
MAX_ALIKE = 20  # names of groups with the same beginning
_FOLDER_ID = r"_(?:\d+|[\w-]{10})"  # behind an album's name; letters in some downloads of 2021
_ALBUM_FOLDER = re.compile(
    rf"(?:^|/)(?:media|photos_and_videos)/(?P<album>[^/]+?)(?P<id>{_FOLDER_ID})?/[^/]+$"
)
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_QUOTED = re.compile(rf"[{_QUOTES}](?P<name>[^{_QUOTES}]+)[{_QUOTES}]")
_AROUND = f" .,:;!?(){_QUOTES}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a post was made, when it was not on the owner's own profile."""

    kind: str  # one of ELSEWHERE
    name: str  # of the group, of the event, of the person whose timeline it is
    is_sure: bool = True  # False: the sentence is not understood, but has the name of a group in it


@lru_cache(maxsize=4096)
def destination(sentence: str | None, groups: frozenset[str] = frozenset()) -> Destination | None:
    """Where Facebook's sentence says that a post was made; None for the owner's profile, and when it is not
    understood. `groups`: names of groups, known in any language.
    """
    if not sentence or len(sentence) > MAX_SENTENCE:
        return None
    plain = sentence.replace("\u2019", "'").strip().rstrip(".!")
    folded = fold(plain)
    if len(folded) != len(plain):  # then places in one are not those in the other
        plain = folded
    for kind, before, after in _endings():
        if name := _between(plain, folded, before, after):
            return Destination(kind, name)
    name = _named(sentence, groups)
    return Destination("group", name, is_sure=False) if name else None


def _named(sentence: str, groups: frozenset[str]) -> str | None:
    """The longest of these names that the sentence has in it."""
    beginnings = _by_beginning(groups)
    named = [
        name
        for at in range(len(sentence) - BEGINNING + 1)
        for name in beginnings.get(sentence[at : at + BEGINNING], ())
        if sentence.startswith(name, at)
    ]
    return max(named, key=len, default=None)


@lru_cache(maxsize=4)
def _by_beginning(groups: frozenset[str]) -> dict[str, list[str]]:
    """Names by their first letters, no more of each than can be compared with every sentence."""
    table: dict[str, list[str]] = {}
    for name in sorted(groups):
        alike = table.setdefault(name[:BEGINNING], [])
        if len(name) >= BEGINNING and len(alike) < MAX_ALIKE:
            alike.append(name)
    return table


@cache
def _endings() -> tuple[tuple[str, str, str], ...]:
    """(kind, words before a name, words behind it); those that say more come first."""
    endings = [
        (kind, *words.partition("{}")[::2]) for kind in ELSEWHERE for words in load_words("facebook", kind)
    ]
    return tuple(
        sorted(endings, key=lambda ending: (ELSEWHERE.index(ending[0]), -len(ending[1] + ending[2])))
    )


def _between(plain: str, folded: str, before: str, after: str) -> str | None:
    """The name between these words of a sentence; no `after`: up to its end."""
    start = folded.find(before)
    while start > 0 and folded[start - 1].isalnum():  # within a word, as "to" in "photo"
        start = folded.find(before, start + 1)
    start += len(before) if start >= 0 else 0
    end = folded.rfind(after) if after else len(plain)
    return _name(plain[start:end]) if start >= len(before) and start < end else None


def _name(text: str) -> str | None:
    quoted = _QUOTED.match(text.strip())
    return (quoted["name"] if quoted else text).strip(_AROUND) or None


@lru_cache(maxsize=1024)
def squeezed(text: str) -> str:
    """An album's name as Facebook writes it in a folder's: only letters and digits."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


@cache
def _album_contexts() -> dict[str, str]:
    return {squeezed(name): context for context in ALBUMS for name in load_words("facebook", context)}


def album_context(name: str | None) -> str:
    """profile_photo, cover_photo, or album for any other."""
    return _album_contexts().get(squeezed(name or ""), "album")


def album_folder(path: str) -> str | None:
    """The album's name in a path, as it stands there; None for folders that are not known to be albums."""
    match = _ALBUM_FOLDER.search(path)
    is_album = match and (match["id"] or album_context(match["album"]) != "album")
    return match["album"] if match and is_album else None
