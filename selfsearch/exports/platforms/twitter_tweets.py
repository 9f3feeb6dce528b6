"""Tweets of an X archive: what one says about itself, and which of the archive's files are its pictures."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ..export import Export
from .dates import LAST_YEAR, twitter_id_time
from .legacy import Provenance
from .media_refs import VIDEO_EXTENSIONS, extension
from .parsing import as_dict, as_list, as_number, as_point, as_text
from .twitter_account import Owner

FIRST_YEAR = 2006  # Twitter's own first tweet
RETWEET = re.compile(r"RT @(\w{1,20})")
AUTHOR = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,20})/status/")
_MONTHS = dict(
    zip(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        range(1, 13),
        strict=True,
    )
)


class MediaFiles:
    """The archive's media by folder and by the id that their names begin with, without a table of its own."""

    def __init__(self, export: Export) -> None:
        self._paths = sorted(path for path in export.members if "_media/" in path)
        self._folders: dict[str, set[str]] = {}  # "tweets_media" -> {"data/tweets_media/"}
        for prefix in {path.rpartition("/")[0] for path in self._paths}:
            self._folders.setdefault(prefix.rpartition("/")[2].lower(), set()).add(f"{prefix}/")

    def of(self, folders: tuple[str, ...], item: str = "") -> list[str]:
        """The files of one tweet or message (`<item>-...`) in these folders, or every file in them."""
        start = f"{item}-" if item else ""
        prefixes = [prefix for folder in folders for prefix in sorted(self._folders.get(folder, ()))]
        return [path for prefix in prefixes for path in self._begin(prefix + start)]

    def _begin(self, start: str) -> Iterator[str]:
        position = bisect_left(self._paths, start)
        while position < len(self._paths) and self._paths[position].startswith(start):
            yield self._paths[position]
            position += 1


def media_files(export: Export) -> MediaFiles:
    """The export's media, listed once."""
    known = export.memo.get("x.media")
    if not isinstance(known, MediaFiles):
        known = export.memo["x.media"] = MediaFiles(export)
    return known


def tweet_in(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tweet in an entry: under its key, or the entry itself (very old archives). Empty without one."""
    for found in (entry.get("tweet"), entry, *entry.values()):
        if tweet_id(as_dict(found)):
            return as_dict(found)
    return {}


def tweet_id(tweet: Mapping[str, Any]) -> str | None:
    """The tweet's number as text."""
    found = as_text(tweet.get("id_str")) or as_text(tweet.get("id"))
    return found if found and found.isascii() and found.isdigit() else None


def status_url(account: str | None, item: str) -> str:
    """The tweet's address; X forwards the second form when the handle is not known."""
    return (
        f"https://twitter.com/{account}/status/{item}"
        if account
        else f"https://twitter.com/i/web/status/{item}"
    )


def posted(tweet: Mapping[str, Any], item: str) -> tuple[str | None, str | None]:
    """When it was posted, and the field that says so: the id where the date is missing or absurd."""
    said = _created_at(as_text(tweet.get("created_at")))
    if said:
        return said, "created_at"
    by_id = twitter_id_time(item)
    return by_id, "id_str (snowflake)" if by_id else None


def tweet_provenance(tweet: Mapping[str, Any], item: str, context: str, owner: Owner) -> Provenance:
    """What a tweet says, without who could see it."""
    text = as_text(tweet.get("full_text")) or as_text(tweet.get("text")) or ""
    entities = as_dict(tweet.get("entities"))
    retweet = RETWEET.match(text)
    when, source = posted(tweet, item)
    place, place_source = location(tweet)
    mentions = (as_text(as_dict(m).get("screen_name")) for m in as_list(entities.get("user_mentions")))
    return Provenance(
        platform="x",
        account=owner.account.name,
        context="repost" if retweet and context == "post" else context,
        caption=plain(text, as_list(entities.get("urls")), "expanded_url"),
        posted_at=when,
        posted_at_source=source,
        url=status_url(owner.account.name, item),
        url_kind="constructed",
        location=place,
        location_source=place_source,
        place=as_text(as_dict(tweet.get("place")).get("full_name")),
        people=tuple(f"@{name}" for name in mentions if name),
        author=retweet.group(1) if retweet else owner.account.name,
        author_is_owner=not retweet,
        post_id=item,
    )


def plain(text: str, urls: list[Any], expanded: str) -> str | None:
    """Text as people read it: HTML entities decoded, short links written out where the record knows them."""
    for url in map(as_dict, urls):
        short, full = as_text(url.get("url")), as_text(url.get(expanded))
        if short and full:
            text = text.replace(short, full)
    return html.unescape(text).strip() or None


def media_in(tweet: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All media of a tweet. `entities` holds only the first and calls every one a photo."""
    for holder in ("extended_entities", "entities"):
        found = [as_dict(item) for item in as_list(as_dict(tweet.get(holder)).get("media")) if as_dict(item)]
        if found:
            return found
    return []


def expected_name(item: Mapping[str, Any]) -> str:
    """What the archive calls this media's file, after the tweet's number; "" when nothing tells."""
    return next(_names(item), "")


def pair(media: list[Mapping[str, Any]], files: list[str]) -> tuple[list[str | None], list[str]]:
    """For each of a tweet's media its file or None, and the tweet's files that are left over."""
    left = list(files)
    found: list[str | None] = []
    for item in media:
        names = [name.lower() for name in _names(item)]
        exact = [p for name in names for p in left if p.rpartition("/")[2].partition("-")[2].lower() == name]
        found.append(exact[0] if exact else None)
        left = [path for path in left if path not in exact[:1]]
    for place, item in enumerate(media):
        alike = [path for path in left if (extension(path) in VIDEO_EXTENSIONS) == _moves(item)]
        if found[place] is None and alike:
            found[place] = alike[0]
            left.remove(alike[0])
    return found, left


def credited(said: Provenance, item: Mapping[str, Any], owner: Owner) -> Provenance:
    """The same with the author of this one picture: it may come from somebody else's tweet."""
    source = as_text(item.get("source_user_id_str")) or as_text(item.get("source_user_id"))
    if not said.author_is_owner or not source or source == owner.id:
        return said
    found = AUTHOR.match(as_text(item.get("expanded_url")) or "")
    author = found.group(1) if found else None
    return replace(said, author=author, author_is_owner=False if owner.id else None)


def location(tweet: Mapping[str, Any]) -> tuple[tuple[float, float] | None, str | None]:
    """Where it was posted from, and the field that says so.

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
    return next(iter(readings.items())) if len(readings) == 1 else (None, None)


def _created_at(text: str | None) -> str | None:
    """`Sun Feb 09 11:05:30 +0000 2020`, whatever the locale. None for dates before Twitter."""
    parts = (text or "").split()
    if len(parts) != 6 or parts[1] not in _MONTHS:
        return None
    try:
        when = datetime.strptime(
            f"{parts[5]} {_MONTHS[parts[1]]} {parts[2]} {parts[3]} {parts[4]}", "%Y %m %d %H:%M:%S %z"
        ).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return when.isoformat() if FIRST_YEAR <= when.year <= LAST_YEAR else None


def _moves(item: Mapping[str, Any]) -> bool:
    return item.get("type") in ("video", "animated_gif")


def _names(item: Mapping[str, Any]) -> Iterator[str]:
    """File names that this media can have, the likeliest first."""
    variants = [as_dict(variant) for variant in as_list(as_dict(item.get("video_info")).get("variants"))]
    variants.sort(key=lambda variant: as_number(variant.get("bitrate")) or -1, reverse=True)
    urls = [variant.get("url") for variant in variants]
    for url in (*urls, item.get("media_url_https"), item.get("media_url")):
        name = basename(url)
        if name:
            yield name


def basename(url: Any) -> str:
    """The last part of an address's path; "" when it is not one."""
    return (as_text(url) or "").partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
