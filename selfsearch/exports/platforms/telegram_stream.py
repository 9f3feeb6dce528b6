"""Telegram's result.json as a stream of its parts: a chat may hold hundreds of thousands of messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import ijson

from ..export import Export
from .parsing import as_text

CHATS = ("", "chats.list.item", "left_chats.list.item")  # "" is the export of a single chat
MAX_WAITING = 20_000  # messages kept until the type of their chat is known; real exports name it before them

HEAD_EVENTS = 200_000  # of the parser: where Telegram's keys must have shown themselves
TYPES = {"saved_messages", "replies", "personal_chat", "bot_chat", "private_group", "private_supergroup"}
TYPES |= {"public_supergroup", "private_channel", "public_channel"}

_MESSAGES = {f"{chat}.messages.item".lstrip("."): chat for chat in CHATS}
_HEADERS = {f"{chat}.{key}".lstrip("."): key for chat in CHATS for key in ("name", "type", "id")}
_WHOLE = {"personal_information", "profile_pictures.item", "stories.item", *_MESSAGES}
_FULL = {"personal_information", "chats.list", "left_chats.list"}  # keys that only a full export has
_ITEM_KEYS = ("messages.item.date", "messages.item.from_id")


@dataclass(frozen=True, slots=True)
class Chat:
    """What the record says of a chat before its messages."""

    name: str | None = None
    type: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One object of result.json."""

    kind: str  # the list it stands in: profile_pictures, stories, messages; or personal_information
    value: dict[str, Any]
    chat: Chat = field(default_factory=Chat)


def parts(export: Export, path: str) -> Iterator[Part]:
    """The objects that matter, in the order of the file."""
    header: dict[str, Any] = {}
    waiting: list[dict[str, Any]] = []
    for prefix, value in _values(export, path):
        if prefix in _HEADERS:
            header[_HEADERS[prefix]] = value
        elif prefix in CHATS:  # a chat begins or ends
            yield from _released(header, waiting)
            header, waiting = {}, []
        elif prefix not in _MESSAGES:
            yield Part(prefix.partition(".")[0], value)
        elif "type" in header or len(waiting) >= MAX_WAITING:
            yield from _released(header, [*waiting, value])
            waiting = []
        else:
            waiting.append(value)
    yield from _released(header, waiting)


def owner_record(export: Export, path: str) -> dict[str, Any]:
    """personal_information, empty when there is none. Reads no further, nor into a single chat's messages."""
    inside = ijson.ObjectBuilder()
    for prefix, event, value in export.events(path):
        if prefix == "personal_information" or prefix.startswith("personal_information."):
            inside.event(event, value)
            if prefix == "personal_information" and event == "end_map":
                return dict(inside.value)
        elif prefix == "messages" and event == "start_array":
            break
    return {}


def looks_right(export: Export, path: str) -> bool:
    """Whether result.json has the keys that Telegram writes; many programs use the name."""
    seen = set()
    for prefix, event, value in islice(export.events(path), HEAD_EVENTS):
        if prefix in ("messages", *_ITEM_KEYS) or (prefix in _FULL and event in ("start_map", "start_array")):
            seen.add(prefix)
        elif prefix == "type" and value in TYPES:
            seen.add("type")
        if seen & _FULL or ("messages" in seen and ("type" in seen or seen.issuperset(_ITEM_KEYS))):
            return True
    return False


def _released(header: dict[str, Any], messages: list[dict[str, Any]]) -> Iterator[Part]:
    chat = Chat(as_text(header.get("name")), as_text(header.get("type")), as_text(header.get("id")))
    return (Part("messages", message, chat) for message in messages)


def _values(export: Export, path: str) -> Iterator[tuple[str, Any]]:
    """Objects that matter and chat headers, each with its prefix; None where a chat begins or ends."""
    builder: ijson.ObjectBuilder | None = None
    inside = ""
    for prefix, event, value in export.events(path):
        if builder is None and event == "start_map" and prefix in _WHOLE:
            builder, inside = ijson.ObjectBuilder(), prefix
        if builder is not None:
            builder.event(event, value)
            if prefix == inside and event == "end_map":
                yield prefix, builder.value
                builder = None
        elif prefix in CHATS and event in ("start_map", "end_map"):
            yield prefix, None
        elif prefix in _HEADERS and event not in ("start_map", "start_array", "end_map", "end_array"):
            yield prefix, value
        elif prefix in _WHOLE:
            export.note(path, "holds entries that are not objects; they were passed over")
