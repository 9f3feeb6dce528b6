"""Media from Snapchat chats: messages name their media by id, and files carry that id in their names.

Most media of a chat are named by no message at all: what Snapchat exports of the two overlaps only in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import ijson

from ...types import Exposure
from ..export import Export
from . import snapchat_times as times
from .legacy import Mention, Provenance
from .parsing import as_number, as_text

UNSAID = Provenance(
    "snapchat",
    context="message",
    exposure_reason="sent in a Snapchat chat; the records do not say whether with one person or with a group",
)
_PAIR = Provenance(
    "snapchat",
    context="message",
    audience="direct message",
    audience_source="chat_type",
    exposure=Exposure.PRIVATE,
    exposure_reason="a Snapchat chat of two people: only they could see it",
)
_GROUP = Provenance(
    "snapchat",
    context="message",
    audience="group",
    audience_source="chat_type",
    exposure=Exposure.NETWORK,
    exposure_reason="a Snapchat group chat: its members could see it",
)

_FILE = re.compile(r"(?:.*/)?chat_media/(?:.*/)?(\d{4}-\d\d-\d\d)_([^/]+)\.\w+", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;|]+")
_ID = re.compile(r"[\w~.+=:-]{1,200}")
_PICTURES = {"media", "image", "video", "photo"}  # types of messages whose media may show a face


@dataclass(frozen=True, slots=True)
class Message:
    """One message that names media."""

    ids: tuple[str, ...]
    picture: bool
    sender: str | None
    is_owner: bool | None
    at: str | None
    at_source: str | None
    text: str | None


def mentions(export: Export, owner: str | None) -> Iterator[Mention]:
    """Every picture or video that a message names, also when it is not in the export."""
    files = Files(export)
    for path in export.matching("json/chat_history.json"):
        for key, entries in groupby(keyed(export, path), lambda pair: pair[0]):
            said, messages = _conversation(key, (entry for _, entry in entries), owner)
            for message in messages:
                yield from _found(files, message, said)


def keyed(export: Export, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of {"key": [object, ...], ...} with their keys, streamed. Anything else is passed over."""
    key: str | None = None
    builder: ijson.ObjectBuilder | None = None
    depth = base = 0
    for _, event, value in export.events(path):
        if builder is None and event == "map_key" and depth == 1:
            key = value
        elif builder is None and event == "start_map" and key is not None and depth in (1, 2):
            builder, base = ijson.ObjectBuilder(), depth
        depth += event in ("start_map", "start_array")
        depth -= event in ("end_map", "end_array")
        if builder is not None and key is not None:
            builder.event(event, value)
            if depth == base:
                yield key, builder.value
                builder = None


class Files:
    """The media of chats by the ids in their names."""

    def __init__(self, export: Export) -> None:
        self._exact: dict[str, list[tuple[str, str]]] = {}  # id -> day and path
        for path in export.members:
            if found := _FILE.fullmatch(path):
                self._exact.setdefault(found[2], []).append((found[1], path))

    def of(self, name: str, at: str | None) -> list[str]:
        """The files that carry this id; of several, those of the message's own day if there are any."""
        files = self._exact.get(name) or self._exact.get(f"b~{name}") or []
        same_day = [path for day, path in files if at and day == at[:10]]
        return same_day or [path for _, path in files]


def _found(files: Files, message: Message, said: Provenance) -> Iterator[Mention]:
    provenance = replace(
        said,
        author=message.sender,
        author_is_owner=message.is_owner,
        posted_at=message.at,
        posted_at_source=message.at_source,
        caption=message.text,
    )
    for name in message.ids:
        paths = files.of(name, message.at)
        yield from (Mention(path, replace(provenance, post_id=name)) for path in paths)
        if not paths and message.picture:
            day = message.at[:10] if message.at else "unknown"
            yield Mention(f"chat_media/{day}_{name}", replace(provenance, post_id=name))


def _conversation(
    key: str, entries: Iterable[dict[str, Any]], owner: str | None
) -> tuple[Provenance, list[Message]]:
    """What holds for everything in one conversation, and its messages with media."""
    senders: set[str] = set()
    title: str | None = None
    messages = []
    for entry in entries:
        sender = as_text(entry.get("From"))
        senders |= {sender} if sender else set()
        title = title or as_text(entry.get("Conversation Title"))
        if ids := _ids(entry.get("Media IDs")):
            messages.append(_message(entry, ids, owner))
    is_group = (
        bool(_UUID.fullmatch(key)) or len(senders) > 2 or (title not in (None, key) and key not in senders)
    )
    album = title or (None if _UUID.fullmatch(key) else key)
    return replace(_GROUP if is_group else _PAIR, account=owner, album=album), messages


def _ids(value: Any) -> tuple[str, ...]:
    """Ids from a text ("b~Qw7 | b~Er8"; the sign between them varies) or a list."""
    parts = value if isinstance(value, list) else _BETWEEN.split(value) if isinstance(value, str) else []
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, str) and _ID.fullmatch(part)))


def _message(entry: dict[str, Any], ids: tuple[str, ...], owner: str | None) -> Message:
    sender, sent = as_text(entry.get("From")), entry.get("IsSender")
    is_owner = sent if isinstance(sent, bool) else sender == owner if sender and owner else None
    at, source = _time(entry)
    kind = (as_text(entry.get("Media Type")) or "media").casefold()
    return Message(ids, kind in _PICTURES, sender, is_owner, at, source, as_text(entry.get("Content")))


def _time(entry: dict[str, Any]) -> tuple[str | None, str | None]:
    """When a message was made, and the field that says so. Only "Created" says in which unit it is."""
    if created := times.utc(entry.get("Created")):
        return created, "Created"
    readings = times.counted(as_number(entry.get("Created(microseconds)")))
    return (readings[0], "Created(microseconds)") if readings else (None, None)
