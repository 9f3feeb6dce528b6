"""Telegram Desktop's result.json, streamed: a chat may hold hundreds of thousands of messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import ijson

from ..export import NOT_OBJECTS, Export
from .parsing import as_text
from .telegram_chats import CHAT_TYPES, TelegramChat, TelegramObject

RECORD = "result.json"

_HEAD_EVENTS = 200_000  # of the parser: where Telegram's keys must have shown themselves
_MAX_WAITING = 20_000  # messages kept until the type of their chat is known; real exports name it before them

# Prefixes as ijson gives them.
_CHATS = ("", "chats.list.item", "left_chats.list.item")  # "" is the export of a single chat
_MESSAGES = {f"{chat}.messages.item".lstrip(".") for chat in _CHATS}
_CHAT_KEYS = {f"{chat}.{key}".lstrip("."): key for chat in _CHATS for key in ("name", "type", "id")}
_OBJECTS = {"personal_information", "profile_pictures.item", "stories.item", *_MESSAGES}
_FULL_EXPORT = {"personal_information", "chats.list", "left_chats.list"}  # keys that only a full export has
_MESSAGE_KEYS = ("messages.item.date", "messages.item.from_id")


class TelegramJson:
    """One result.json."""

    def __init__(self, export: Export, path: str) -> None:
        self._export = export
        self._path = path

    def is_telegram(self) -> bool:
        """Whether it has the keys that Telegram writes; many programs use the name."""
        keys = set()
        for prefix, event, value in islice(self._events(), _HEAD_EVENTS):
            if prefix in ("messages", *_MESSAGE_KEYS):
                keys.add(prefix)
            elif prefix in _FULL_EXPORT and event in ("start_map", "start_array"):
                return True
            elif prefix == "type" and value in CHAT_TYPES:
                keys.add(prefix)
            if "messages" in keys and ("type" in keys or keys.issuperset(_MESSAGE_KEYS)):
                return True
        return False

    @cached_property
    def owner(self) -> Mapping[str, Any]:
        """personal_information, if any. Reads no further than that, nor into a single chat's messages."""
        builder = ijson.ObjectBuilder()
        for prefix, event, value in self._events():
            if prefix == "personal_information" or prefix.startswith("personal_information."):
                builder.event(event, value)
                if prefix == "personal_information" and event == "end_map":
                    return dict(builder.value)
            elif prefix == "messages" and event == "start_array":
                break
        return {}

    def objects(self) -> Iterator[TelegramObject]:
        """The objects that matter, in the order of the record."""
        header: dict[str, Any] = {}  # of the chat that is being read
        waiting: list[dict[str, Any]] = []
        for prefix, value in self._values():
            if prefix in _CHAT_KEYS:
                header[_CHAT_KEYS[prefix]] = value
            elif prefix in _CHATS:  # a chat begins or ends
                yield from self._in_chat(header, waiting)
                header, waiting = {}, []
            elif prefix not in _MESSAGES:
                yield TelegramObject(prefix.partition(".")[0], value, self._path)
            elif "type" in header or len(waiting) >= _MAX_WAITING:
                yield from self._in_chat(header, [*waiting, value])
                waiting = []
            else:
                waiting.append(value)
        yield from self._in_chat(header, waiting)

    def _in_chat(self, header: Mapping[str, Any], messages: list[dict[str, Any]]) -> Iterator[TelegramObject]:
        name, kind, number = (as_text(header.get(key)) for key in ("name", "type", "id"))
        chat = TelegramChat(name, kind, number, (self._path,))
        return (TelegramObject("messages", message, self._path, chat) for message in messages)

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        return self._export.events(self._path)

    def _values(self) -> Iterator[tuple[str, Any]]:
        """Objects that matter and keys of chats, each with its prefix; None where a chat begins or ends."""
        builder: ijson.ObjectBuilder | None = None
        inside = ""
        for prefix, event, value in self._events():
            if builder is None and event == "start_map" and prefix in _OBJECTS:
                builder, inside = ijson.ObjectBuilder(), prefix
            if builder is not None:
                builder.event(event, value)
                if prefix == inside and event == "end_map":
                    yield prefix, builder.value
                    builder = None
            elif prefix in _CHATS and event in ("start_map", "end_map"):
                yield prefix, None
            elif prefix in _CHAT_KEYS and event not in ("start_map", "start_array", "end_map", "end_array"):
                yield prefix, value
            elif prefix in _OBJECTS:
                self._export.note(self._path, NOT_OBJECTS)
