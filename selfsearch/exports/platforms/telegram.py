"""Telegram Desktop exports, everything or a single chat: as JSON (telegram_json.py) or as pages
(telegram_pages.py). Where both are there the JSON counts, which says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, folder_name
from . import telegram_json, telegram_pages
from .base import Account, Mention, Platform, Root, as_roots
from .dates import parse_iso, parse_timestamp
from .media_refs import is_media_name, missing_path
from .parsing import as_dict, as_list, as_point, as_text, distinct
from .telegram_chats import OF_TWO, SAVED, TelegramChat, TelegramObject
from .telegram_json import TelegramJson
from .telegram_pages import TelegramPages

_EXPORT_NAME = re.compile(r"(?:Data|Chat)Export_(\d{4}-\d\d-\d\d)")
_THUMBNAIL = re.compile(
    r"\.\w+_thumb\.\w+$|(?:^|/)(?!files/)[^/]+/[^/]*_thumb(?: \(\d+\))?\.\w+$"
    r"|(?:^|/)profile_pictures/[^/]*_info\.\w+$",
    re.IGNORECASE,
)
_ICON = re.compile(r"(?:^|/)images/(?:back|(?:media|section)_[a-z]+)(?:@2x)?\.png$", re.IGNORECASE)
_NAMED_TIME = re.compile(r"@(\d\d)-(\d\d)-(\d{4})_(\d\d)-(\d\d)-(\d\d)")

_ALBUM_SIZE = 10  # Telegram's own limit for an album
_VISUAL = ("sticker", "video_message", "animation", "video_file")
_AUDIBLE = ("voice_message", "audio_file")

_UNMENTIONED = (None, "no record in the export names this file")
_PROFILE_SETTING = "Telegram does not export who could see profile photos: it is a setting"
_OWN_LISTS = {  # list in the record, and folder -> context, and why its exposure is not known
    "profile_pictures": ("profile_photo", _PROFILE_SETTING),
    "stories": ("story", "Telegram does not export who a story was shown to"),
}
_MESSAGE_FOLDERS = ("photos", "video_files", "round_video_messages", "stickers", "files", "animations")


class Telegram(Platform):
    """One export that Telegram Desktop wrote. It is never split."""

    name = "telegram"
    title = "Telegram"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with a result.json or with Telegram's pages; what is in them decides (see `confirm`)."""
        marks = {telegram_json.RECORD: f"{telegram_json.RECORD} is a Telegram Desktop export's"}
        roots = paths.find_marks({**marks, **telegram_pages.MARKS})
        for prefix in telegram_pages.roots(paths.prefixes_with_file(telegram_pages.MESSAGES)):
            roots.setdefault(prefix, f"{telegram_pages.MESSAGES} is a Telegram Desktop export's")
        return as_roots(roots)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether result.json or the pages are Telegram's; many programs use the names."""
        return cls(export)._form.is_telegram()

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Telegram writes x.mp4_thumb.jpg beside x.mp4; a sent file may itself be called my_thumb.jpg."""
        if _ICON.search(path):
            return "an icon of Telegram's pages"
        return "a thumbnail that Telegram made" if _THUMBNAIL.search(path) else None

    @cached_property
    def _form(self) -> TelegramJson | TelegramPages:
        path = self.export.find(telegram_json.RECORD)
        return TelegramJson(self.export, path) if path else TelegramPages(self.export)

    @property
    def _owner(self) -> Mapping[str, Any]:
        return self._form.owner

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
        for album in _albums(self._form.objects()):
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

    def _provenance(self, item: TelegramObject, album_caption: str | None) -> Provenance:
        """What an object says of its media. An album keeps the caption on one of its messages."""
        caption = _caption(item.value)
        if item.kind == "messages":
            return self._message(item, caption or album_caption)
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
            records=(item.record,),
        )

    def _message(self, item: TelegramObject, caption: str | None) -> Provenance:
        message, chat = item.value, item.chat
        place = as_dict(message.get("location_information"))
        point = as_point(place.get("latitude"), place.get("longitude"))
        message_id = as_text(message.get("id"))
        context = "saved" if chat.type == SAVED else "message"
        return Provenance(
            self.name,
            self.account.name,
            "service" if message.get("type") == "service" else context,
            caption=caption,
            posted=_posted(message),
            link=Link.of(chat.url(message_id), "constructed"),
            audience=Audience.of(chat.audience, "chat_type", is_known=chat.is_type_known),
            exposure=_exposure(message, chat),
            album=chat.name,
            location=Location.of(point, "location_information"),
            place=as_text(message.get("place_name")) or as_text(message.get("address")),
            people=_people(message),
            author=_author(message),
            author_is_owner=self._is_owners(message, chat),
            post_id=message_id,
            records=distinct((item.record, *chat.records)),
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
        if not sender:
            return self._is_owners_by_name(message, chat)
        if sender.startswith(("channel", "chat")):  # posted in the name of the channel or group
            return None
        if owner_id:
            return _digits(sender) == owner_id
        if chat.type in OF_TWO and chat.id:  # a chat with the id of the other person
            return _digits(sender) != _digits(chat.id)
        return True if chat.type == SAVED else None

    def _is_owners_by_name(self, message: Mapping[str, Any], chat: TelegramChat) -> bool | None:
        """The same where there are no ids: a personal chat has the other's name, and the owner's is known."""
        name = as_text(message.get("from"))
        if isinstance(self._form, TelegramJson) or name is None:
            return None
        if chat.type in OF_TWO and chat.name:
            return name != chat.name
        return True if chat.type == SAVED or name == self.account.display_name else None

    def _file(self, value: str) -> str | None:
        """The file of a path in the record, there or missing; None where words say why it was left out."""
        path = self.export.find(value)
        if path or value.startswith("("):
            return path
        # chats may stand one folder further down than they say
        deeper = [path for path in self.export.namesakes(value) if path.endswith(f"/{value}")]
        return deeper[0] if len(deeper) == 1 else missing_path(value)


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
        and all(first.get(key) == second.get(key) for key in ("from", "from_id", "date", "date_unixtime"))
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


def _people(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom the message's text names: entities of the JSON, links of a page."""
    entities = map(as_dict, as_list(message.get("text_entities")))
    named = (as_text(e.get("text")) for e in entities if e.get("type") in ("mention", "mention_name"))
    return tuple(name for name in (*named, *map(as_text, as_list(message.get("mentions")))) if name)


def _exposure(message: Mapping[str, Any], chat: TelegramChat) -> ExposureAssessment:
    """Who could see a message in its chat. What was forwarded was seen elsewhere, too."""
    exposure = chat.exposure
    if not _is_forwarded(message) or exposure.level is Exposure.PUBLIC:
        return exposure
    origin = as_text(message.get("forwarded_from")) or "another chat"
    reason = f"{exposure.reason}; it was forwarded from {origin}, and who could see it there is not said"
    return replace(exposure, reason=reason)


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
