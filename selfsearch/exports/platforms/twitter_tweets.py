"""Tweets of an X archive: what one says about itself, and which of the archive's files are its pictures."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ...types import Location, Timestamp
from ..path_index import file_name
from .dates import LAST_YEAR, MONTHS_SHORT, twitter_id_time
from .media_refs import VIDEO_EXTENSIONS, extension
from .parsing import as_dict, as_list, as_number, as_point, as_text, first_text, is_digits, unescape_html

FIRST_YEAR = 2006  # Twitter's own first tweet


class MediaFiles:
    """The archive's media by folder and by the id that their names begin with, without a table of its own."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(path for path in paths if "_media/" in path)
        self._folders: dict[str, set[str]] = {}  # "tweets_media" -> {"data/tweets_media/"}
        for folder in {path.rpartition("/")[0] for path in self._paths}:
            self._folders.setdefault(folder.rpartition("/")[2].lower(), set()).add(f"{folder}/")

    def of(self, folders: tuple[str, ...], item: str = "") -> list[str]:
        """The files of one tweet or message (`<item>-...`) in these folders, or every file in them."""
        start = f"{item}-" if item else ""
        prefixes = [prefix for folder in folders for prefix in sorted(self._folders.get(folder, ()))]
        return [path for prefix in prefixes for path in self._starting_with(prefix + start)]

    def _starting_with(self, start: str) -> Iterator[str]:
        position = bisect_left(self._paths, start)
        while position < len(self._paths) and self._paths[position].startswith(start):
            yield self._paths[position]
            position += 1


def tweet_in(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tweet in an entry: under its key, or the entry itself (very old archives). Empty without one."""
    values = (as_dict(value) for value in (entry.get("tweet"), entry, *entry.values()))
    return next((value for value in values if tweet_id(value)), {})


def tweet_id(tweet: Mapping[str, Any]) -> str | None:
    """The tweet's number as text."""
    number = first_text(tweet, "id_str", "id")
    return number if number and is_digits(number) else None


def status_url(account: str | None, item: str) -> str:
    """The address of the tweet with this id; X forwards it when the handle is not known."""
    return f"https://twitter.com/{account or 'i/web'}/status/{item}"


def posted_at(tweet: Mapping[str, Any], item: str) -> Timestamp | None:
    """When it was posted: by its id where the date is missing or absurd."""
    written = _created_at(as_text(tweet.get("created_at")))
    return Timestamp.of(written, "created_at") or Timestamp.of(twitter_id_time(item), "id_str (snowflake)")


def _created_at(text: str | None) -> str | None:
    """`Sun Feb 09 11:05:30 +0000 2020`, whatever the locale. None for dates before Twitter."""
    parts = (text or "").split()
    if len(parts) != 6 or parts[1] not in MONTHS_SHORT:
        return None
    _, month, day, clock, zone, year = parts
    numeric = f"{year} {MONTHS_SHORT[month]} {day} {clock} {zone}"
    try:
        when = datetime.strptime(numeric, "%Y %m %d %H:%M:%S %z").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return when.isoformat() if FIRST_YEAR <= when.year <= LAST_YEAR else None


def location(tweet: Mapping[str, Any]) -> Location | None:
    """Where it was posted from.

    `geo` is latitude, longitude and `coordinates` the reverse. Archives are known to mix that up: an
    impossible order is turned, and two that contradict each other say nothing.
    """
    readings = {}
    for field, turned in (("coordinates", True), ("geo", False)):
        pair = as_list(as_dict(tweet.get(field)).get("coordinates"))
        if len(pair) == 2:
            first, second = reversed(pair) if turned else pair
            readings[as_point(first, second) or as_point(second, first)] = field
    readings.pop(None, None)
    return Location.of(*readings.popitem()) if len(readings) == 1 else None


def plain_text(text: str, urls: list[Any], expanded: str) -> str | None:
    """Text as people read it: HTML entities decoded, short links written out where the record knows them."""
    for url in map(as_dict, urls):
        short, full = as_text(url.get("url")), as_text(url.get(expanded))
        if short and full:
            text = text.replace(short, full)
    return unescape_html(text)


def media_in(tweet: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of a tweet's media. `entities` holds only the first and calls every one a photo."""
    for holder in ("extended_entities", "entities"):
        media = [as_dict(medium) for medium in as_list(as_dict(tweet.get(holder)).get("media"))]
        if any(media):
            return [medium for medium in media if medium]
    return []


def match_files(media: list[Mapping[str, Any]], paths: list[str]) -> tuple[list[str | None], list[str]]:
    """For each of a tweet's media its file or None, and the tweet's files that are left over."""
    others = list(paths)
    matches: list[str | None] = []
    for medium in media:
        names = [name.lower() for name in file_names(medium)]
        exact = next((path for name in names for path in others if after_id(path) == name), None)
        matches.append(exact)
        others = [path for path in others if path != exact]
    for number, medium in enumerate(media):
        moves = medium.get("type") in ("video", "animated_gif")
        alike = [path for path in others if (extension(path) in VIDEO_EXTENSIONS) == moves]
        if matches[number] is None and alike:
            matches[number] = alike[0]
            others.remove(alike[0])
    return matches, others


def file_names(medium: Mapping[str, Any]) -> Iterator[str]:
    """What the file of a picture or video can be called after the tweet's id, the likeliest first."""
    variants = [as_dict(variant) for variant in as_list(as_dict(medium.get("video_info")).get("variants"))]
    variants.sort(key=lambda variant: as_number(variant.get("bitrate")) or 0, reverse=True)
    urls = [variant.get("url") for variant in variants]
    names = map(basename, (*urls, medium.get("media_url_https"), medium.get("media_url")))
    yield from filter(None, names)


def after_id(path: str) -> str:
    """A file's name without the id before "-", lower case."""
    return file_name(path).partition("-")[2].lower()


def basename(url: Any) -> str:
    """The last part of an address's path; "" when it is not one."""
    return (as_text(url) or "").partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
