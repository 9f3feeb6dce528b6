"""WhatsApp's "Export chat": one chat per export, a text file beside the media that it names.

The text is in the phone's language, so nothing depends on its words where that can be avoided (see
whatsapp_chat.py). Times are the phone's local ones, without zone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import islice

from ...containers.archive import stem
from ...errors import ItemError
from ...types import Audience, Exposure, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_name
from .base import Account, Mention, Platform, Root, as_roots
from .parsing import load_words
from .plain_files import PLAIN_FILE
from .whatsapp_chat import (
    AttachmentNames,
    ChatMessage,
    DateEvidence,
    FieldOrder,
    MessageMedia,
    SentAt,
    is_own_name,
    local_time,
    named_time,
    parse_messages,
)

CHUNK = 1 << 16  # bytes read at a time
MAX_LINE = 1 << 16  # characters; a longer line is cut into several
FIRST_LINES = 20  # of these, one must be a message's head

_BRANDS = load_words("whatsapp", "brand")
_BRAND = "|".join(_BRANDS)
_TEXT_NAMES = ("_chat*.txt", *(f"*{name}*.txt" for name in _BRANDS))
_TITLE = re.compile(
    rf".*(?:{_BRAND})[\s_-]{{0,3}}(?:chat)?[\s_]{{1,3}}"
    rf"(?:-|{'|'.join(load_words('whatsapp', 'with'))})[\s_]{{1,3}}(\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_COPY = re.compile(r"\(\d+\)$")  # what a browser adds to the name of a second download
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_GROUP = re.compile(  # what system texts call a group
    rf"\b(?:{'|'.join(load_words('whatsapp', 'group'))}"
    rf"|(?:{'|'.join(load_words('whatsapp', 'group_beginnings'))})\w*)\b"
    rf"|{'|'.join(load_words('whatsapp', 'group_anywhere'))}"
)

_IN_GROUP = Exposure.NETWORK.because("a WhatsApp group: its members could see it")
_BETWEEN_TWO = Exposure.PRIVATE.because("a WhatsApp chat of two people: only they could see it")
_NOBODY_WROTE = Exposure.UNKNOWN.because("nobody wrote in the chat text, so who could see it is not known")
_SMALL_GROUP = Exposure.UNKNOWN.because(
    "two people wrote in this chat and its title names neither: it may be a small group"
)
_UNMENTIONED = Exposure.UNKNOWN.because(
    "no message of the chat names this file, so who could see it is not known"
)


@dataclass(frozen=True, slots=True)
class SentMedia:
    """One message that brought media, or would have."""

    sent: SentAt
    sender: str
    media: MessageMedia


@dataclass(frozen=True, slots=True)
class WhatsAppChat:
    """One chat text, read."""

    provenance: Provenance  # what holds for everything in this chat
    order: FieldOrder | None  # of its dates
    messages: tuple[SentMedia, ...]


class WhatsApp(Platform):
    """One export of a chat. The owner's own name is not marked in it."""

    name = "whatsapp"
    title = "WhatsApp chat"
    needs_confirmation = True
    account = Account()

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with a chat text in them."""
        return as_roots(paths.find_marks(dict.fromkeys(_TEXT_NAMES, "a WhatsApp chat text")))

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether one of the texts begins as a chat does."""
        return next(cls(export)._texts(), None) is not None

    def mentions(self) -> Iterator[Mention]:
        """Every attachment, and every picture that a message says was left out."""
        for chat in self._chats:
            attached = {path for item in chat.messages if item.media.is_attached for path in item.media.paths}
            for item in chat.messages:
                if not item.media.paths:
                    yield Mention(item.media.missing or None, _provenance(chat, item, None))
                for path in item.media.paths:
                    if item.media.is_attached or path not in attached:
                        yield Mention(path, _provenance(chat, item, path))

    def infer(self, path: str) -> Provenance:
        """A file that no message names: of this chat when it has WhatsApp's own kind of name."""
        if "/" in path and not is_own_name(path):
            return PLAIN_FILE  # a folder that happens to lie beside a chat
        if len(self._chats) != 1 or not is_own_name(path):
            return Provenance(self.name, context="file", exposure=_UNMENTIONED)
        return replace(self._chats[0].provenance, posted=Timestamp.of(named_time(path), "file name"))

    def _texts(self) -> Iterator[str]:
        """The texts that begin as a chat does."""
        for path in self.export.members:
            if "/" not in path and _is_text_name(fold(path)):
                messages = parse_messages(islice(self._lines(path), FIRST_LINES))
                if next(messages, None) is not None:
                    yield path

    @cached_property
    def _chats(self) -> list[WhatsAppChat]:
        names = AttachmentNames(self.export)
        return [self._read(path, names) for path in self._texts()]

    def _lines(self, path: str) -> Iterator[str]:
        """The lines of a text, streamed; what cannot be read is noted and the lines before it stay."""
        self.export.records.add(path)
        rest = ""
        try:
            with self.export.members[path].open() as stream:
                data = stream.read(CHUNK)
                is_utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
                decoder = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")("replace")
                while data:
                    *lines, rest = (rest + decoder.decode(data)).split("\n")
                    yield from lines
                    if len(rest) > MAX_LINE:
                        yield rest
                        rest = ""
                    data = stream.read(CHUNK)
        except ItemError as exc:
            self.export.note(path, f"read as far as it goes: {exc}")
        if rest:
            yield rest

    def _read(self, path: str, names: AttachmentNames) -> WhatsAppChat:
        dates, participants = DateEvidence(), _Participants()
        messages: list[SentMedia] = []
        for message in parse_messages(self._lines(path)):
            media = names.media(message.lines)
            participants.add(message, media)
            named: list[date] = []
            if message.sender is not None and media:
                messages.append(SentMedia(message.sent, message.sender, media))
                named = [date.fromisoformat(day[:10]) for day in map(named_time, media.paths) if day]
            dates.add(message.sent, named)
        order = dates.order()
        if order is None and messages:
            self.export.note(path, "which number of its dates is the day and which the month cannot be told")
        title = self._title(path) or participants.first_system_name
        return WhatsAppChat(participants.provenance(title), order, tuple(messages))

    def _title(self, path: str) -> str | None:
        """The chat's title, from the name of the text, of its folder, or of the archive."""
        member = self.export.members[path]
        container = file_name(member.container.path.replace("\\", "/").rstrip("/"))
        for name in (path, folder_name(member.path), container, self.export.name):
            name = stem(name[:-4] if name.lower().endswith(".txt") else name)
            copy = _COPY.search(name)
            if match := _TITLE.fullmatch(name[: copy.start()].rstrip() if copy else name):
                return match[1].strip()
        return None


def _is_text_name(name: str) -> bool:
    is_chat = name.startswith("_chat") or any(brand in name for brand in _BRANDS)
    return is_chat and name.endswith(".txt")


class _Participants:
    """Who wrote, and whether the chat calls itself a group."""

    def __init__(self) -> None:
        self.senders: set[str] = set()
        self.says_group = False
        self.first_system_name: str | None = None  # on iOS the chat itself "says" that it is encrypted
        self._is_first = True

    def add(self, message: ChatMessage, media: MessageMedia) -> None:
        """Count the sender of a real message; look for the word group in a system text."""
        if message.sender is None or (message.is_marked and not media):
            self.says_group |= _GROUP.search(" ".join(message.lines[:1]).casefold()) is not None
            if self._is_first:
                self.first_system_name = message.sender
        else:
            self.senders.add(message.sender)
        self._is_first = False

    def provenance(self, title: str | None) -> Provenance:
        """What holds for everything in a chat of this title."""
        chat = Provenance("whatsapp", context="message", album=title)
        if self.says_group or len(self.senders) > 2:
            return replace(chat, audience=Audience("group", "chat_type"), exposure=_IN_GROUP)
        if not self.senders:
            return replace(chat, exposure=_NOBODY_WROTE)
        if len(self.senders) == 2 and title and not _names_sender(title, self.senders):
            return replace(chat, exposure=_SMALL_GROUP)
        return replace(chat, audience=Audience("one-to-one", "chat_type"), exposure=_BETWEEN_TWO)


def _names_sender(title: str, senders: set[str]) -> bool:
    """Whether a title may mean one of the senders: a shared word, or a number or self-given name."""
    if any(text.startswith(("+", "~")) for text in (title, *senders)):
        return True
    words = set(_BETWEEN_WORDS.split(fold(title))) - {""}
    return any(words & set(_BETWEEN_WORDS.split(fold(sender))) for sender in senders)


def _provenance(chat: WhatsAppChat, item: SentMedia, path: str | None) -> Provenance:
    sent = Timestamp.of(local_time(item.sent, chat.order), "chat text")
    named = Timestamp.of(named_time(path) if path is not None else None, "file name")
    return replace(chat.provenance, author=item.sender, caption=item.media.caption, posted=sent or named)
