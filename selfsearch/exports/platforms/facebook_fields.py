"""What the fields of one of Facebook's records say: text, place, date, address, audience, album, destination.

A record's `title` is a sentence of Facebook's ("Ana Silva shared a link to Bo Berg's timeline."), in the
language of the account. Some of what stands among the owner's posts was made elsewhere, where others decide
who sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Location, Timestamp
from ..path_index import fold
from .base import unknown_word
from .dates import parse_timestamp
from .meta_records import labelled_text
from .parsing import as_dict, as_list, as_point, as_text, as_url, first_text, load_words

FACEBOOK_PAGE = re.compile(r"https?://([^/]+\.)?facebook\.com/", re.IGNORECASE)
COORDINATES = re.compile(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")
TEXT_LABELS = ("Message", "Text", "Description", "Caption", "message", "text")
URL_LABELS = frozenset(("URL", "url", "Url"))
AUDIENCE_LABELS = ("Audience", "Privacy", "Visibility", "audience", "privacy", "visibility")
CREATED = ("timestamp", "created_timestamp", "create_timestamp")  # the first of them that a record has


def caption(
    record: Mapping[str, Any], media: Mapping[str, Any], album: str | None, words: tuple[str, ...] = ()
) -> str | None:
    """The owner's own words: the post's, then what the picture has of its own.

    A record's `title` is Facebook's sentence ("Ana added a photo"), no caption, unless it is one of `words`:
    the fields in which this kind of record has the owner's own.
    """
    own = "\n".join(filter(None, (as_text(record.get(field)) for field in words)))
    text = (own or next(_texts(record), None)) if record is not media else None
    description, title = as_text(media.get("description")), as_text(media.get("title"))
    if text and description and description not in text:
        return f"{text}\n{description}"
    return text or description or (title if title != album else None)


def _texts(record: Mapping[str, Any]) -> Iterator[str]:
    for part in map(as_dict, (*as_list(record.get("data")), *_attached(record))):
        text = first_text(part, "post", "text") or as_text(as_dict(part.get("comment")).get("comment"))
        if text:
            yield text
        for kind in ("note", "life_event"):
            yield from filter(None, (as_text(as_dict(part.get(kind)).get(key)) for key in ("title", "text")))
    if text := labelled_text(record, *TEXT_LABELS):
        yield text


def _attached(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for attachment in as_list(record.get("attachments")):
        for part in as_list(as_dict(attachment).get("data")):
            if isinstance(part, dict):
                yield part


def comment_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The comment in a record, with its author and group; empty when there is none."""
    comments = (as_dict(as_dict(part).get("comment")) for part in as_list(record.get("data")))
    return next(filter(None, comments), {})


def backdated(record: Mapping[str, Any]) -> Timestamp | None:
    """The date that the owner gave a post stands for the capture when the camera's is not known."""
    parts = record.get("data")
    times = (as_dict(part).get("backdated_timestamp") for part in parts) if isinstance(parts, list) else ()
    return Timestamp.of(next(filter(None, map(parse_timestamp, times)), None), "backdated_timestamp")


def place_of(record: Mapping[str, Any]) -> tuple[str | None, Location | None]:
    """The place that belongs to a record. Labels are localised: coordinates are known by their form."""
    for holder in (*_attached(record), record):
        if place := as_dict(holder.get("place") or holder.get("location")):
            spot = as_dict(place.get("coordinate"))
            point = as_point(spot.get("latitude"), spot.get("longitude"))
            return as_text(place.get("name")), Location.of(point, "place")
    for entry in map(as_dict, as_list(record.get("label_values"))):
        inner = [as_dict(part) for part in as_list(entry.get("dict"))]
        for part in (entry, *inner):
            if match := COORDINATES.fullmatch(as_text(part.get("value")) or ""):  # "(38.71 , -9.14)"
                names = (as_text(part.get("value")) for part in inner if part.get("label") == "Name")
                return next(names, None), Location.of(as_point(match[1], match[2]), "label_values")
    return None, None


def labelled_link(record: Mapping[str, Any], *, any_label: bool) -> str | None:
    """A record's own address on Facebook. `any_label`: also where the label is not that of an address, but
    for instance in another language; else it may be that of a person or a page.
    """
    entries = [
        entry
        for entry in map(as_dict, as_list(record.get("label_values")))
        if any_label or not URL_LABELS.isdisjoint((entry.get("label"), entry.get("ent_field_name")))
    ]
    urls = (as_url(entry.get(field)) for entry in entries for field in ("href", "value"))
    return next((url for url in urls if url and FACEBOOK_PAGE.match(url)), None)


def album_of(media: Mapping[str, Any]) -> str | None:
    """The album that a media record's title names: only when the folder carries the same name."""
    title, folder = as_text(media.get("title")), album_folder(str(media.get("uri")))
    return title if title and folder and squeezed(title) == squeezed(folder) else None


def audience_of(record: Mapping[str, Any]) -> tuple[Audience, ExposureAssessment] | None:
    """What a record itself says about who could see it, where it has a word for it."""
    word = first_text(record, *AUDIENCE_LABELS) or labelled_text(record, *AUDIENCE_LABELS)
    if not word:
        return None
    if fold(word) in load_words("facebook", "audience_public"):
        return Audience(word, "per_item"), Exposure.PUBLIC.because(f"its record says '{word}'")
    return Audience(word, "per_item", is_known=False), unknown_word(f"its record says '{word}'")


# Facebook's own words

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
