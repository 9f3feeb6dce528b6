"""Telegram Desktop exports in JSON: everything, or a single chat. HTML exports have no records to read.

result.json is streamed: a chat may hold hundreds of thousands of messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import ijson

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import NOT_OBJECTS, Export
from ..path_index import PathIndex, folder_name
from .base import Account, Mention, Platform, Root, as_roots
from .dates import parse_iso, parse_timestamp
from .media_refs import is_media_name, missing_path
from .parsing import as_dict, as_list, as_point, as_text

_RECORD = "result.json"
_EXPORT_NAME = re.compile(r"(?:Data|Chat)Export_(\d{4}-\d\d-\d\d)")
_THUMBNAIL = re.compile(r"\.\w+_thumb\.\w+$|(?:^|/)(?!files/)[^/]+/[^/]*_thumb\.\w+$", re.IGNORECASE)
_NAMED_TIME = re.compile(r"@(\d\d)-(\d\d)-(\d{4})_(\d\d)-(\d\d)-(\d\d)")

_HEAD_EVENTS = 200_000  # of the parser: where Telegram's keys must have shown themselves
_MAX_WAITING = 20_000  # messages kept until the type of their chat is known; real exports name it before them
_ALBUM_SIZE = 10  # Telegram's own limit for an album

_EXPOSURES = {  # by the type of the chat
    "saved_messages": Exposure.PRIVATE.because("Telegram's saved messages: only the owner could see it"),
    "personal_chat": Exposure.PRIVATE.because("a personal chat: only the two people in it could see it"),
    "bot_chat": Exposure.PRIVATE.because(
        "a chat with a bot: only the owner and whoever runs the bot could see it"
    ),
    "private_group": Exposure.NETWORK.because("a private group: its members could see it"),
    "private_supergroup": Exposure.NETWORK.because("a private group: its members could see it"),
    "private_channel": Exposure.NETWORK.because("a private channel: its subscribers could see it"),
    "public_supergroup": Exposure.PUBLIC.because("a public group: anyone can read it"),
    "public_channel": Exposure.PUBLIC.because("a public channel: anyone can read it, also on the web"),
}
_CHAT_TYPES = {*_EXPOSURES, "replies"}
_LINKED_CHATS = ("public_supergroup", "private_supergroup", "public_channel", "private_channel")
_VISUAL = ("sticker", "video_message", "animation", "video_file")
_AUDIBLE = ("voice_message", "audio_file")

_UNMENTIONED = (None, "no record in the export speaks of this file")
_PROFILE_SETTING = "Telegram does not export who may see profile photos: it is a privacy setting"
_OWN_LISTS = {  # list in the record, and folder -> context, and why its exposure is not known
    "profile_pictures": ("profile_photo", _PROFILE_SETTING),
    "stories": ("story", "Telegram does not export who a story was shown to"),
}
_MESSAGE_FOLDERS = ("photos", "video_files", "round_video_messages", "stickers", "files", "animations")

# Prefixes as ijson gives them.
_CHATS = ("", "chats.list.item", "left_chats.list.item")  # "" is the export of a single chat
_MESSAGES = {f"{chat}.messages.item".lstrip(".") for chat in _CHATS}
_CHAT_KEYS = {f"{chat}.{key}".lstrip("."): key for chat in _CHATS for key in ("name", "type", "id")}
_OBJECTS = {"personal_information", "profile_pictures.item", "stories.item", *_MESSAGES}
_FULL_EXPORT = {"personal_information", "chats.list", "left_chats.list"}  # keys that only a full export has
_MESSAGE_KEYS = ("messages.item.date", "messages.item.from_id")


@dataclass(frozen=True, slots=True)
class TelegramChat:
    """What the record says of a chat before its messages."""

    name: str | None = None
    type: str | None = None
    id: str | None = None

    @property
    def exposure(self) -> ExposureAssessment:
        """Who could see its messages."""
        if self.type is None:
            return Exposure.UNKNOWN.because("the record lacks the chat's type")
        reason = f"Telegram does not say who can see a chat of type {self.type[:40]}"
        return _EXPOSURES.get(self.type) or Exposure.UNKNOWN.because(reason)

    def url(self, message_id: str | None) -> str | None:
        """Channels and supergroups have addresses for their members; a public one's name is not exported."""
        number = (self.id or "").removeprefix("-100")
        if self.type in _LINKED_CHATS and number.isdigit() and message_id and message_id.isdigit():
            return f"https://t.me/c/{number}/{message_id}"
        return None


@dataclass(frozen=True, slots=True)
class TelegramObject:
    """One object of result.json: a message, a story, a profile picture."""

    kind: str  # the list it stands in: profile_pictures, stories, messages; or personal_information
    value: dict[str, Any]
    chat: TelegramChat = TelegramChat()


class Telegram(Platform):
    """One export that Telegram Desktop wrote. It is never split."""

    name = "telegram"
    title = "Telegram"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with a result.json; its keys decide (see `confirm`)."""
        return as_roots(paths.find_marks({_RECORD: f"{_RECORD} is a Telegram Desktop export's"}))

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether result.json has the keys that Telegram writes; many programs use the name."""
        keys = set()
        for prefix, event, value in islice(cls(export)._events(), _HEAD_EVENTS):
            if prefix in ("messages", *_MESSAGE_KEYS):
                keys.add(prefix)
            elif prefix in _FULL_EXPORT and event in ("start_map", "start_array"):
                return True
            elif prefix == "type" and value in _CHAT_TYPES:
                keys.add(prefix)
            if "messages" in keys and ("type" in keys or keys.issuperset(_MESSAGE_KEYS)):
                return True
        return False

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Telegram writes x.mp4_thumb.jpg beside x.mp4; a sent file may itself be called my_thumb.jpg."""
        return "a thumbnail that Telegram made" if _THUMBNAIL.search(path) else None

    @cached_property
    def account(self) -> Account:
        """Whose export it is; that of a single chat does not say."""
        first, last, handle = (as_text(self._owner.get(k)) for k in ("first_name", "last_name", "username"))
        display_name = " ".join(filter(None, (first, last))) or None
        name = (handle or "").removeprefix("@") or display_name
        exported = _EXPORT_NAME.match(self.export.name)
        return Account(name, display_name, exported and exported[1])

    def mentions(self) -> Iterator[Mention]:
        """Photos, videos, stickers and picture files of messages; stories; profile pictures."""
        for album in _albums(self._objects()):
            captions = {text for item in album if (text := _caption(item.value))}
            shared = captions.pop() if len(captions) == 1 else None
            for item in album:
                if values := _media(item.value):
                    provenance = self._provenance(item, shared)
                    yield from (Mention(self._file(value), provenance) for value in values)

    def infer(self, path: str) -> Provenance:
        """The folder says what it was, a photo's name when (on the exporting computer's clock)."""
        folder = folder_name(path).lower()
        context, reason = _OWN_LISTS.get(folder, _UNMENTIONED)
        if folder in _MESSAGE_FOLDERS:
            context = "message"
        posted = None
        if match := _NAMED_TIME.search(path):
            day, month, year, *clock = match.groups()
            posted = Timestamp.of(parse_iso(f"{year}-{month}-{day}T{':'.join(clock)}"), "file name")
        exposure = Exposure.UNKNOWN.because(reason)
        return Provenance(self.name, self.account.name, context, posted=posted, exposure=exposure)

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        path = self.export.find(_RECORD)
        return self.export.events(path) if path else iter(())

    @cached_property
    def _owner(self) -> Mapping[str, Any]:
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

    def _objects(self) -> Iterator[TelegramObject]:
        """The objects that matter, in the order of the record."""
        header: dict[str, Any] = {}  # of the chat that is being read
        waiting: list[dict[str, Any]] = []
        for prefix, value in self._values():
            if prefix in _CHAT_KEYS:
                header[_CHAT_KEYS[prefix]] = value
            elif prefix in _CHATS:  # a chat begins or ends
                yield from _in_chat(header, waiting)
                header, waiting = {}, []
            elif prefix not in _MESSAGES:
                yield TelegramObject(prefix.partition(".")[0], value)
            elif "type" in header or len(waiting) >= _MAX_WAITING:
                yield from _in_chat(header, [*waiting, value])
                waiting = []
            else:
                waiting.append(value)
        yield from _in_chat(header, waiting)

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
                self.export.note(self.export.find(_RECORD) or "", NOT_OBJECTS)

    def _provenance(self, item: TelegramObject, album_caption: str | None) -> Provenance:
        """What an object says of its media. An album keeps the caption on one of its messages."""
        caption = _caption(item.value)
        if item.kind == "messages":
            return self._message(item.value, item.chat, caption or album_caption)
        owner = self.account.name
        context, reason = _OWN_LISTS.get(item.kind, _UNMENTIONED)
        return Provenance(
            self.name,
            owner,
            context,
            caption=caption,
            posted=_posted(item.value),
            exposure=Exposure.UNKNOWN.because(reason),
            author=owner,
            author_is_owner=True,
        )

    def _message(self, message: Mapping[str, Any], chat: TelegramChat, caption: str | None) -> Provenance:
        place = as_dict(message.get("location_information"))
        point = as_point(place.get("latitude"), place.get("longitude"))
        entities = map(as_dict, as_list(message.get("text_entities")))
        people = [as_text(e.get("text")) for e in entities if e.get("type") in ("mention", "mention_name")]
        message_id = as_text(message.get("id"))
        context = "saved" if chat.type == "saved_messages" else "message"
        return Provenance(
            self.name,
            self.account.name,
            "service" if message.get("type") == "service" else context,
            caption=caption,
            posted=_posted(message),
            link=Link.of(chat.url(message_id), "constructed"),
            audience=Audience.of(chat.type, "chat_type"),
            exposure=chat.exposure,
            album=chat.name,
            location=Location.of(point, "location_information"),
            place=as_text(message.get("place_name")) or as_text(message.get("address")),
            people=tuple(name for name in people if name),
            author=_author(message),
            author_is_owner=self._is_owners(message, chat),
            post_id=message_id,
        )

    def _is_owners(self, message: Mapping[str, Any], chat: TelegramChat) -> bool | None:
        """Whether the owner of the export made it. None where the export does not tell."""
        owner_id = as_text(self._owner.get("user_id"))
        if _is_forwarded(message):
            origin = as_text(message.get("forwarded_from_id"))
            if origin and owner_id:
                return _digits(origin) == owner_id and not origin.startswith(("channel", "chat"))
            name, owner = as_text(message.get("forwarded_from")), self.account.display_name
            return name == owner if name and owner else None
        sender = as_text(message.get("from_id")) or as_text(message.get("actor_id")) or ""
        if not sender or sender.startswith(("channel", "chat")):  # posted in the name of the channel or group
            return None
        if owner_id:
            return _digits(sender) == owner_id
        if chat.type in ("personal_chat", "bot_chat") and chat.id:  # a chat with the id of the other person
            return _digits(sender) != _digits(chat.id)
        return True if chat.type == "saved_messages" else None

    def _file(self, value: str) -> str | None:
        """The file of a path in the record, there or missing; None where words say why it was left out."""
        path = self.export.find(value)
        if path or value.startswith("("):
            return path
        # chats may stand one folder further down than they say
        deeper = [path for path in self.export.namesakes(value) if path.endswith(f"/{value}")]
        return deeper[0] if len(deeper) == 1 else missing_path(value)


def _in_chat(header: Mapping[str, Any], messages: list[dict[str, Any]]) -> Iterator[TelegramObject]:
    chat = TelegramChat(*(as_text(header.get(key)) for key in ("name", "type", "id")))
    return (TelegramObject("messages", message, chat) for message in messages)


def _albums(items: Iterable[TelegramObject]) -> Iterator[list[TelegramObject]]:
    """Messages in the groups in which they were sent: an album is several messages of the same second."""
    album: list[TelegramObject] = []
    for item in items:
        if album and not (len(album) < _ALBUM_SIZE and _continues(album[-1], item)):
            yield album
            album = []
        album.append(item)
    if album:
        yield album


def _continues(previous: TelegramObject, following: TelegramObject) -> bool:
    """Whether two messages are of one album: same chat, sender and second, ids in a row, not forwarded."""
    first, second = previous.value, following.value
    first_id, second_id = as_text(first.get("id")) or "", as_text(second.get("id")) or ""
    return (
        previous.chat == following.chat
        and any(first.get(key) for key in ("date", "date_unixtime"))
        and all(first.get(key) == second.get(key) for key in ("from_id", "date", "date_unixtime"))
        and bool(_media(first) and _media(second))
        and not (_is_forwarded(first) or _is_forwarded(second))
        and (first_id.isdigit() and second_id.isdigit() and int(first_id[:18]) + 1 == int(second_id[:18]))
    )


def _media(message: Mapping[str, Any]) -> list[str]:
    """The media that a message, story or profile picture names: paths, or words on why there is no file."""
    values = [message.get("photo"), message.get("media")]
    if _is_visual(message):
        values.append(message.get("file"))
    return [value for value in values if isinstance(value, str) and value]


def _is_visual(message: Mapping[str, Any]) -> bool:
    """Whether a message's file can show a face: by its media type, else its MIME type, else its name."""
    kind, mime = as_text(message.get("media_type")), as_text(message.get("mime_type"))
    if kind in _VISUAL or kind in _AUDIBLE:
        return kind in _VISUAL
    if mime:
        return mime.startswith(("image/", "video/"))
    return is_media_name(as_text(message.get("file_name")) or as_text(message.get("file")) or "")


def _caption(message: Mapping[str, Any]) -> str | None:
    """The message's text, without its formatting."""
    for key in ("text_entities", "text", "caption"):
        pieces = (p if isinstance(p, str) else as_dict(p).get("text") for p in as_list(message.get(key)))
        text = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
        if text:
            return text
    return None


def _posted(message: Mapping[str, Any]) -> Timestamp | None:
    """`date_unixtime` is UTC, `date` the exporting computer's clock without a zone."""
    exact = Timestamp.of(parse_timestamp(message.get("date_unixtime")), "date_unixtime")
    return exact or Timestamp.of(parse_iso(message.get("date")), "date")


def _author(message: Mapping[str, Any]) -> str | None:
    """Who made it: for a forwarded message whoever wrote it first, not who passed it on."""
    if _is_forwarded(message):
        return as_text(message.get("forwarded_from"))
    return as_text(message.get("from")) or as_text(message.get("actor"))


def _is_forwarded(message: Mapping[str, Any]) -> bool:
    """Also with null in it: then whoever wrote it first hides behind a deleted or closed account."""
    return "forwarded_from" in message or "forwarded_from_id" in message


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
