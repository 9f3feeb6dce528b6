"""Conversations of Facebook Messenger and Instagram: one schema for both, one more for encrypted chats.

The encrypted ones come as a download of their own, in correct UTF-8 and with other field names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...types import Exposure
from ..export import Export
from .base import Account
from .legacy import Mention, Provenance
from .meta import Files, captured, dated, document, repaired, sound
from .parsing import as_dict, as_list, as_number, as_text

THREAD = re.compile(r"(?:^|/)messages/(?P<box>[^/]+)/[^/]+/message_\d+\.json$", re.IGNORECASE)
ENCRYPTED = re.compile(r"[^/]+_\d+\.json$", re.IGNORECASE)
PRIVATE_REASON = "a message: only the people in the conversation could see it"
CHANNEL_REASON = "a broadcast channel: everybody who joined it could see it"
_MEDIA = ("photos", "videos", "gifs", "files")


@dataclass(frozen=True)
class Owner:
    """The account that the conversations belong to, and every name that it wrote under."""

    platform: str
    account: Account
    names: frozenset[str]


@dataclass(frozen=True)
class Thread:
    """What one conversation says about all of its messages."""

    title: str | None
    participants: tuple[str, ...]
    channel: bool  # a broadcast channel, which people join like a page
    owner: Owner

    def sent_by_owner(self, sender: str | None) -> bool | None:
        """Whether the owner wrote it; None when the export gives no way to tell."""
        mine = self.owner.names
        if self.participants and mine.isdisjoint(self.participants):
            mine = self._other_end()
        return sender in mine if sender and mine else None

    def _other_end(self) -> frozenset[str]:
        """In a conversation of two that is titled with one name, the other is the owner."""
        named = {self.title, re.sub(r"_\d+$", "", self.title or "")}
        rest = frozenset(self.participants) - named
        return rest if len(self.participants) == 2 and len(rest) == 1 else frozenset()

    def provenance(self, sender: str | None, said: dict[str, Any]) -> Provenance:
        return Provenance(
            platform=self.owner.platform,
            account=self.owner.account.name,
            context="message",
            audience_source="chat_type",
            exposure=Exposure.NETWORK if self.channel else Exposure.PRIVATE,
            exposure_reason=CHANNEL_REASON if self.channel else PRIVATE_REASON,
            album=self.title,
            author=sender,
            author_is_owner=self.sent_by_owner(sender),
            **said,
        )


def thread_mentions(export: Export, files: Files, path: str, owner: Owner) -> Iterator[Mention]:
    """The media of one message_N.json."""
    whole = document(export, path)
    head = repaired({key: part for key, part in as_dict(whole).items() if key != "messages"})
    match = THREAD.search(path)
    thread = Thread(
        title=as_text(head.get("title")),
        participants=_names(head.get("participants") or _first_participants(export, path)),
        channel=match is not None and match["box"].casefold() == "broadcast",
        owner=owner,
    )
    for record in _messages(export, path, whole):
        message = repaired(record)
        for uri, said in _attached(message):
            mention = files.mention(uri, path, thread.provenance(as_text(message.get("sender_name")), said))
            if mention:
                yield mention
    yield from _group_picture(files, path, thread, head)


def _messages(export: Export, path: str, whole: Any) -> Iterator[dict[str, Any]]:
    found = export.each(path, "messages") if whole is None else as_list(as_dict(whole).get("messages"))
    for message in found:
        if isinstance(message, dict):
            yield message


def _first_participants(export: Export, path: str) -> list[Any]:
    """Who stands before the first message of a record that cannot be parsed whole."""
    found = []
    for part in export.each(path, "participants", "messages"):
        if not isinstance(part, str) and "name" not in as_dict(part):
            break
        found.append(repaired(part))
    return found


def _names(participants: Any) -> tuple[str, ...]:
    named = (as_text(as_dict(one).get("name") or one) for one in as_list(participants))
    return tuple(name for name in named if name)


def _attached(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in _MEDIA:
        for media in as_list(message.get(kind)):
            uri = as_text(as_dict(media).get("uri"))
            if uri:
                yield uri, _said(message, media)


def _said(message: dict[str, Any], media: dict[str, Any]) -> dict[str, Any]:
    sent = _milliseconds("timestamp_ms", message)
    sent = sent or dated(("creation_timestamp", media.get("creation_timestamp")))
    return sent | captured(media) | {"caption": as_text(message.get("content"))}


def _milliseconds(field: str, message: dict[str, Any]) -> dict[str, Any]:
    sent = as_number(message.get(field))
    return dated((field, sent / 1000)) if sent else {}


def _group_picture(files: Files, path: str, thread: Thread, head: dict[str, Any]) -> Iterator[Mention]:
    picture = as_dict(head.get("image"))
    uri = as_text(picture.get("uri"))
    if uri:
        said = dated(("creation_timestamp", picture.get("creation_timestamp")))
        mention = files.mention(uri, path, thread.provenance(None, said))
        if mention:
            yield mention


def is_encrypted(export: Export, path: str) -> bool:
    """Whether this is a conversation of the separate download of end-to-end encrypted chats."""
    if not ENCRYPTED.fullmatch(path):
        return False
    for prefix, event, _ in export.events(path):
        if prefix in ("threadName", "messages.item.senderName"):
            return True
        if prefix == "messages.item" and event == "end_map":
            return False
    return False


def _sound(value: Any) -> str | None:
    text = as_text(value)
    return sound(text) if text else None


def encrypted_mentions(export: Export, files: Files, path: str, owner: Owner) -> Iterator[Mention]:
    """The media of one conversation of that download."""
    whole = document(export, path)
    head = as_dict(whole)
    people = _names(head.get("participants") or _first_participants(export, path))
    thread = Thread(_sound(head.get("threadName")), tuple(map(sound, people)), False, owner)
    for message in _messages(export, path, whole):
        said = _milliseconds("timestamp", message) | {"caption": _sound(message.get("text"))}
        provenance = thread.provenance(_sound(message.get("senderName")), said)
        for media in as_list(message.get("media")):
            uri = as_text(as_dict(media).get("uri"))
            mention = files.mention(uri, path, provenance) if uri else None
            if mention:
                yield mention
