"""What a Facebook record says beside its media: text, people, place, group, and its address if it has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .meta import labelled
from .parsing import as_dict, as_list, as_number, as_point, as_text, as_url

_COORDINATES = re.compile(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")
_FACEBOOK = re.compile(r"https?://([^/]+\.)?facebook\.com/", re.IGNORECASE)
_TEXT_LABELS = ("Message", "Text", "Description", "Caption", "message", "text")


def caption(record: dict[str, Any], media: dict[str, Any], album: str | None) -> str | None:
    """The owner's own words: the post's, then what the picture has of its own.

    A record's `title` is Facebook's sentence ("Ana added a photo"), no caption.
    """
    text = next(_texts(record), None) if record is not media else None
    own, titled = as_text(media.get("description")), as_text(media.get("title"))
    if text and own and own not in text:
        return f"{text}\n{own}"
    return text or own or (titled if titled != album else None)


def _texts(record: dict[str, Any]) -> Iterator[str]:
    for part in (*as_list(record.get("data")), *_attached(record)):
        part = as_dict(part)
        text = as_text(part.get("post")) or as_text(part.get("text"))
        text = text or as_text(as_dict(part.get("comment")).get("comment"))
        if text:
            yield text
    text = labelled(record, *_TEXT_LABELS)
    if text:
        yield text


def _attached(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attachment in as_list(record.get("attachments")):
        for part in as_list(as_dict(attachment).get("data")):
            if isinstance(part, dict):
                yield part


def _comment(record: dict[str, Any]) -> dict[str, Any]:
    comments = (as_dict(as_dict(part).get("comment")) for part in as_list(record.get("data")))
    return dict(next((comment for comment in comments if comment), {}))


def writer(record: dict[str, Any]) -> str | None:
    """Who wrote a comment."""
    return as_text(_comment(record).get("author"))


def group(record: dict[str, Any]) -> str | None:
    """The group in which a comment stands."""
    return as_text(_comment(record).get("group"))


def named_people(record: dict[str, Any]) -> tuple[str, ...]:
    """Those whom the owner tagged in the post."""
    tags = (as_text(as_dict(tag).get("name") or tag) for tag in as_list(record.get("tags")))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def place(record: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The place that was attached to a post; its coordinates only where the camera gave none."""
    for part in _attached(record):
        where = as_dict(part.get("place"))
        if where:
            spot = as_dict(where.get("coordinate"))
            position = as_point(spot.get("latitude"), spot.get("longitude"))
            return _placed(as_text(where.get("name")), position, "place", known)
    called, spotted = _labelled_place(record)
    return _placed(called, spotted, "label_values", known)


def _placed(called: str | None, where: Any, source: str, known: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"place": called} if called else {}
    if where and not known.get("location"):
        said |= {"location": where, "location_source": source}
    return said


def _labelled_place(record: dict[str, Any]) -> tuple[str | None, tuple[float, float] | None]:
    """Labels are localised, so coordinates are known by their form: "(38.71 , -9.14)"."""
    for entry in as_list(record.get("label_values")):
        inner = [as_dict(part) for part in as_list(as_dict(entry).get("dict"))]
        for part in (as_dict(entry), *inner):
            match = _COORDINATES.fullmatch(as_text(part.get("value")) or "")
            if match:
                called = next(
                    (as_text(one.get("value")) for one in inner if one.get("label") == "Name"), None
                )
                return called, as_point(match[1], match[2])
    return None, None


class Addresses:
    """Permalinks: timeline records have none, so they borrow one from a record of the same second."""

    def __init__(self, user: str | None, profile: str | None) -> None:
        self.user = user
        self.profile = as_url(profile)
        self._by_time: dict[float, set[tuple[str | None, str | None]]] = {}

    def remember(self, record: dict[str, Any]) -> None:
        """Keep a record's address and id for the post that was made in the same second."""
        when = as_number(record.get("timestamp"))
        told = (_labelled_link(record), as_text(record.get("fbid")))
        if when and any(told):
            self._by_time.setdefault(when, set()).add(told)

    def of(
        self, record: dict[str, Any], media: dict[str, Any], *, linked: bool
    ) -> tuple[str | None, str | None, str | None]:
        """(url, url_kind, post_id). `linked`: the profile page will do when nothing better is known."""
        url, post = _labelled_link(record), as_text(record.get("fbid"))
        if not url and not post and linked:
            told = self._by_time.get(as_number(record.get("timestamp")) or 0, set())
            url, post = next(iter(told)) if len(told) == 1 else (None, None)
        if url:
            return url, "exact", post
        photo = as_text(media.get("id")) or as_text(media.get("fbid"))
        if photo and photo.isdecimal():
            return f"https://www.facebook.com/photo/?fbid={photo}", "constructed", post
        if post and post.isdecimal() and self.user:
            return f"https://www.facebook.com/{self.user}/posts/{post}", "constructed", post
        return (self.profile, "profile", post) if linked and self.profile else (None, None, post)


def _labelled_link(record: dict[str, Any]) -> str | None:
    for entry in as_list(record.get("label_values")):
        for field in ("href", "value"):
            address = as_url(as_dict(entry).get(field))
            if address and _FACEBOOK.match(address):
                return address
    return None
