"""Telegram messages: which media each has, who could see it, who made it, and what was said with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...types import Exposure
from .dates import parse_iso, parse_timestamp
from .legacy import Provenance
from .media_refs import is_media_name
from .parsing import as_dict, as_list, as_point, as_text
from .telegram_stream import Chat, Part

ALBUM_SIZE = 10  # Telegram's own limit for an album
SEEN = {
    "saved_messages": (Exposure.PRIVATE, "Telegram's saved messages: only the owner could see it"),
    "personal_chat": (Exposure.PRIVATE, "a personal chat: only the two people in it could see it"),
    "bot_chat": (Exposure.PRIVATE, "a chat with a bot: only the owner and whoever runs the bot could see it"),
    "private_group": (Exposure.NETWORK, "a private group: its members could see it"),
    "private_supergroup": (Exposure.NETWORK, "a private group: its members could see it"),
    "private_channel": (Exposure.NETWORK, "a private channel: its subscribers could see it"),
    "public_supergroup": (Exposure.PUBLIC, "a public group: anyone can read it"),
    "public_channel": (Exposure.PUBLIC, "a public channel: anyone can read it, also on the web"),
}
LINKED = ("public_supergroup", "private_supergroup", "public_channel", "private_channel")
VISUAL = ("sticker", "video_message", "animation", "video_file")
AUDIBLE = ("voice_message", "audio_file")


@dataclass(frozen=True, slots=True)
class Me:
    """The owner of the export, as far as it says."""

    id: str | None = None
    handle: str | None = None
    display_name: str | None = None

    @property
    def name(self) -> str | None:
        """What the account is called in provenance."""
        return self.handle or self.display_name


def albums(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Messages in the groups in which they were sent: an album is several messages of the same second."""
    group: list[Part] = []
    for part in parts:
        if group and not (len(group) < ALBUM_SIZE and _continues(group[-1], part)):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def media(message: Mapping[str, Any]) -> list[str]:
    """The media that a message, story or profile picture names: paths, or words on why there is no file."""
    found = [message.get("photo"), message.get("media"), message.get("file")]
    if not _visual(message, as_text(message.get("file")) or ""):
        found.pop()
    return [value for value in found if isinstance(value, str) and value]


def caption(message: Mapping[str, Any]) -> str | None:
    """The message's words, without their formatting."""
    for key in ("text_entities", "text", "caption"):
        pieces = (p if isinstance(p, str) else as_dict(p).get("text") for p in as_list(message.get(key)))
        text = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
        if text:
            return text
    return None


def posted(message: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """When, and the field: `date_unixtime` is UTC, `date` the exporting computer's clock without a zone."""
    when = parse_timestamp(message.get("date_unixtime"))
    if when:
        return when, "date_unixtime"
    when = parse_iso(message.get("date"))
    return when, "date" if when else None


def message_provenance(part: Part, text: str | None, me: Me) -> Provenance:
    """What a message and its chat say. `text`: the caption, which an album keeps on one of its messages."""
    message, chat = part.value, part.chat
    when, source = posted(message)
    exposure, reason = SEEN.get(chat.type or "", (Exposure.UNKNOWN, _unsaid(chat.type)))
    place = as_dict(message.get("location_information"))
    location = as_point(place.get("latitude"), place.get("longitude"))
    entities = (as_dict(entity) for entity in as_list(message.get("text_entities")))
    named = [as_text(e.get("text")) for e in entities if e.get("type") in ("mention", "mention_name")]
    url = link(chat, as_text(message.get("id")))
    return Provenance(
        "telegram",
        me.name,
        _context(message, chat),
        caption=text,
        posted_at=when,
        posted_at_source=source,
        url=url,
        url_kind="constructed" if url else None,
        audience=chat.type,
        audience_source="chat_type" if chat.type else None,
        exposure=exposure,
        exposure_reason=reason,
        album=chat.name,
        location=location,
        location_source="location_information" if location else None,
        place=as_text(message.get("place_name")) or as_text(message.get("address")),
        people=tuple(name for name in named if name),
        author=author(message),
        author_is_owner=is_mine(message, chat, me),
        post_id=as_text(message.get("id")),
    )


def author(message: Mapping[str, Any]) -> str | None:
    """Who made it: for a forwarded message whoever wrote it first, not who passed it on."""
    if _forwarded(message):
        return as_text(message.get("forwarded_from"))
    return as_text(message.get("from")) or as_text(message.get("actor"))


def is_mine(message: Mapping[str, Any], chat: Chat, me: Me) -> bool | None:
    """Whether the owner of the export made it. None where the export does not tell."""
    if _forwarded(message):
        return _forwarded_mine(message, me)
    sender = as_text(message.get("from_id")) or as_text(message.get("actor_id")) or ""
    if not sender or sender.startswith(("channel", "chat")):  # posted in the name of the channel or group
        return None
    if me.id:
        return _digits(sender) == me.id
    if chat.type in ("personal_chat", "bot_chat") and chat.id:  # such a chat has the id of the other person
        return _digits(sender) != _digits(chat.id)
    return True if chat.type == "saved_messages" else None


def link(chat: Chat, item: str | None) -> str | None:
    """Channels and supergroups have addresses for their members; a public one's name is not exported."""
    number = re.sub(r"^-100", "", chat.id or "")
    if chat.type in LINKED and number.isdigit() and item and item.isdigit():
        return f"https://t.me/c/{number}/{item}"
    return None


def _context(message: Mapping[str, Any], chat: Chat) -> str:
    if message.get("type") == "service":
        return "service"
    return "saved" if chat.type == "saved_messages" else "message"


def _unsaid(kind: str | None) -> str:
    if kind is None:
        return "the record lacks the chat's type"
    return f"Telegram does not say who can see a chat of type {kind[:40]}"


def _forwarded(message: Mapping[str, Any]) -> bool:
    """Also with null in it: then whoever wrote it first hides behind a deleted or closed account."""
    return "forwarded_from" in message or "forwarded_from_id" in message


def _forwarded_mine(message: Mapping[str, Any], me: Me) -> bool | None:
    origin, name = as_text(message.get("forwarded_from_id")), as_text(message.get("forwarded_from"))
    if origin and me.id:
        return _digits(origin) == me.id and not origin.startswith(("channel", "chat"))
    return name == me.display_name if name and me.display_name else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _visual(message: Mapping[str, Any], file: str) -> bool:
    """Whether a file can show a face: by its media type, else its MIME type, else its name."""
    kind, mime = as_text(message.get("media_type")), as_text(message.get("mime_type"))
    if kind in VISUAL or kind in AUDIBLE:
        return kind in VISUAL
    if mime:
        return mime.startswith(("image/", "video/"))
    return is_media_name(as_text(message.get("file_name")) or file)


def _continues(before: Part, after: Part) -> bool:
    """Whether two messages are of one album: same chat, sender and second, ids in a row, not forwarded."""
    one, two = before.value, after.value
    first, second = as_text(one.get("id")) or "", as_text(two.get("id")) or ""
    return (
        before.chat == after.chat
        and any(one.get(key) for key in ("date", "date_unixtime"))
        and all(one.get(key) == two.get(key) for key in ("from_id", "date", "date_unixtime"))
        and bool(media(one) and media(two))
        and not (_forwarded(one) or _forwarded(two))
        and (first.isdigit() and second.isdigit() and int(first[:18]) + 1 == int(second[:18]))
    )
