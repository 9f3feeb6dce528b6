"""Google Hangouts, as Google Takeout exported it until 2022: one Hangouts.json, and the files that were sent.

The record names a picture by its address on Google's servers; the file in the export is called as the address
ends. What others sent is often not in the export: then there is the address alone. Until about 2017 the lists
had other names. Each event names its conversation, so nothing hangs on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ...words import quantity
from ..export import Export
from ..path_index import PathIndex, fold
from .base import Mention, Root, as_roots, unknown_word
from .conversations import of_two
from .dates import parse_timestamp
from .media_refs import is_media_name, url_file_name
from .parsing import as_dict, as_list, as_number, as_text, as_url, distinct, first_text
from .takeout import TakeoutProduct

RECORD = "hangouts.json"
FOLDER = "takeout/hangouts/"
HEAD = 1 << 16  # bytes in which its first list is named
KINDS = ("STICKY_ONE_TO_ONE", "GROUP")
LISTS = (b'"conversations"', b'"conversation_state"')  # since about 2017, and before

_CONVERSATIONS = (
    "conversations.item.conversation",
    "conversation_state.item.conversation_state.conversation",
)
_EVENTS = ("conversations.item.events.item", "conversation_state.item.conversation_state.event.item")
_UNMENTIONED = Exposure.UNKNOWN.because("no message in the export names this file")
_NO_CONVERSATION = Exposure.UNKNOWN.because(
    "the record does not say in which conversation of Google Hangouts this was sent"
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who is in it."""

    type: str | None  # one of KINDS
    name: str | None
    people: Mapping[str, str]  # id -> name; without a name the id
    own_id: str | None

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> tuple[str | None, Conversation]:
        """Its id, and what is said of it."""
        inner = as_dict(record.get("conversation")) or record
        state = as_dict(as_dict(inner.get("self_conversation_state")).get("self_read_state"))
        people = {}
        for person in map(as_dict, as_list(inner.get("participant_data"))):
            if person_id := _person(person.get("id")):
                people[person_id] = as_text(person.get("fallback_name")) or person_id
        found = cls(
            as_text(inner.get("type")),
            as_text(inner.get("name")),
            people,
            _person(state.get("participant_id")),
        )
        return _id(record.get("conversation_id")) or _id(inner.get("id")), found

    @property
    def title(self) -> str | None:
        """The group's name, else the others'."""
        return self.name or ", ".join(n for i, n in self.people.items() if i != self.own_id) or None

    def exposure(self, record: str) -> ExposureAssessment:
        """Who could see what was sent in it."""
        people = len(self.people)
        if self.type == "STICKY_ONE_TO_ONE" and people == 2:
            return of_two("a conversation of two people in Google Hangouts").on(record)
        if self.type == "GROUP" or people > 2:
            members = f" with {quantity(people, 'member')}" if people else ""
            return Exposure.NETWORK.because(
                f"a group in Google Hangouts{members}: they could see it, and so may whoever joined later",
                record,
            )
        said = "a conversation in Google Hangouts"
        if self.type and self.type not in KINDS:
            return unknown_word(f"{said} of the type “{self.type}”", record)
        members = "whose record does not name the two people in it" if self.type else "without a type"
        return Exposure.UNKNOWN.because(f"{said} {members}", record)


class Hangouts(TakeoutProduct):
    """One Takeout of Google Hangouts with all its parts."""

    name = "hangouts"
    title = "Google Hangouts (Takeout)"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The folder of Hangouts.json, or the product's in a part that holds files alone."""
        reasons = paths.find_marks({RECORD: "Hangouts.json of a Google Takeout"})
        for folder in paths.folders_with_files():
            if fold(f"/{folder}").endswith(f"/{FOLDER}"):
                reasons.setdefault(folder, "folder “Hangouts” of a Google Takeout")
        return as_roots(reasons)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether the record begins with one of its lists, or this is a part without it."""
        path = export.find(RECORD)
        if path is None:
            return cls.part_key(export.name) is not None
        head = export.head(path, HEAD)
        return any(name in head for name in LISTS)

    def mentions(self) -> Iterator[Mention]:
        """Every picture that was sent: its file, or its address alone."""
        path = self.export.find(RECORD)
        if path is None:
            return
        conversations: dict[str, Conversation] = {}
        for prefix, record in self.export.objects(path, (*_CONVERSATIONS, *_EVENTS).__contains__):
            if prefix in _CONVERSATIONS:
                key, conversation = Conversation.read(record)
                if key:
                    conversations[key] = conversation
                continue
            for photo in _photos(record):
                key = _id(record.get("conversation_id"))
                provenance = self._provenance(record, photo, conversations.get(key or ""), path)
                yield Mention(self._file(path, photo), provenance)

    def infer(self, path: str) -> Provenance:
        """A file that no message names."""
        return Provenance(self.name, context="message", exposure=_UNMENTIONED)

    def _file(self, record: str, photo: Mapping[str, Any]) -> str | None:
        addresses = (as_url(photo.get(key)) for key in ("original_content_url", "url"))
        names = distinct(url_file_name(address) for address in addresses if address)
        found = (self.export.beside(record, name) for name in names if is_media_name(name))
        return next(filter(None, found), None)

    def _provenance(
        self,
        event: Mapping[str, Any],
        photo: Mapping[str, Any],
        conversation: Conversation | None,
        record: str,
    ) -> Provenance:
        sender = _person(event.get("sender_id"))
        microseconds = as_number(event.get("timestamp"))
        kind = conversation.type if conversation else None
        is_owner = None
        if conversation and conversation.own_id and sender:
            is_owner = sender == conversation.own_id
        return Provenance(
            self.name,
            context="message",
            caption=_text(event),
            posted=Timestamp.of(parse_timestamp(microseconds / 1e6) if microseconds else None, "timestamp"),
            link=Link.of(as_url(photo.get("url")) or as_url(photo.get("original_content_url")), "exact"),
            audience=Audience.of(kind, "chat_type", is_known=kind in KINDS),
            exposure=conversation.exposure(record) if conversation else _NO_CONVERSATION,
            album=conversation.title if conversation else None,
            author=conversation.people.get(sender or "") if conversation else None,
            author_is_owner=is_owner,
            post_id=as_text(event.get("event_id")),
            records=(record,),
        )


def _id(value: Any) -> str | None:
    return as_text(value.get("id")) if isinstance(value, dict) else as_text(value)


def _person(value: Any) -> str | None:
    return first_text(as_dict(value), "gaia_id", "chat_id")


def _content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_dict(as_dict(event.get("chat_message")).get("message_content"))


def _photos(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The pictures and videos that were sent with a message; other attachments are places, sounds, links."""
    for attachment in map(as_dict, as_list(_content(event).get("attachment"))):
        item = as_dict(attachment.get("embed_item"))
        if photo := as_dict(item.get("plus_photo")) or as_dict(item.get("embeds.PlusPhoto.plus_photo")):
            yield photo


def _text(event: Mapping[str, Any]) -> str | None:
    segments = map(as_dict, as_list(_content(event).get("segment")))
    parts = (
        "\n" if part.get("type") == "LINE_BREAK" else as_text(part.get("text")) or "" for part in segments
    )
    return as_text("".join(parts))
