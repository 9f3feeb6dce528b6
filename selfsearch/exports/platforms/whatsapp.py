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
from ...types import Exposure, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_name
from .base import Account, Mention, Platform, Root, as_roots
from .parsing import load_words
from .plain_files import PLAIN_FILE
from .whatsapp_chat import (
    AttachmentNames,
    DateEvidence,
    FieldOrder,
    MessageMedia,
    SentAt,
    is_own_name,
    local_time,
    named_time,
    parse_messages,
)
from .whatsapp_members import ChatMembers

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
_BETWEEN = {" - ": r"[\s_]{1,3}-[\s_]{1,3}", " ": r"[\s_-]{1,2}", "-": r"[\s_-]{1,2}", "{name}": r"(\S.*)"}
_CHAT_NAMES = [  # of chat texts and their archives, the longest first: some begin as others do
    re.compile(
        "".join(_BETWEEN.get(part, re.escape(part)) for part in re.split(r"( - | |-|\{name\})", form)),
        re.IGNORECASE | re.DOTALL,
    )
    for form in sorted(load_words("whatsapp", "chat_name"), key=len, reverse=True)
]
_COPY = re.compile(r"\(\d+\)$")  # what a browser adds to the name of a second download
_UNMENTIONED = Exposure.UNKNOWN.because("no message in the export names this file")


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
        posted = Timestamp.of(named_time(path), "file name")
        album = self._chats[0].provenance.album
        return Provenance(self.name, context="message", album=album, posted=posted, exposure=_UNMENTIONED)

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
        texts = list(self._texts())
        return [self._read(path, names, is_alone=len(texts) == 1) for path in texts]

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

    def _read(self, path: str, names: AttachmentNames, *, is_alone: bool) -> WhatsAppChat:
        dates, members = DateEvidence(), ChatMembers()
        messages: list[SentMedia] = []
        for message in parse_messages(self._lines(path)):
            media = names.media(message.lines)
            members.add(message, media)
            named: list[date] = []
            if message.sender is not None and media:
                messages.append(SentMedia(message.sent, message.sender, media))
                named = [date.fromisoformat(day[:10]) for day in map(named_time, media.paths) if day]
            dates.add(message.sent, named)
        order = dates.order()
        if order is None and messages:
            self.export.note(path, "which number of its dates is the day and which the month cannot be told")
        given, title = self._title(path, is_alone=is_alone)
        audience, exposure = members.assess((given, members.title), path)
        provenance = Provenance(
            self.name,
            context="message",
            album=title or members.title,
            audience=audience,
            exposure=exposure,
            records=(path,),
        )
        return WhatsAppChat(provenance, order, tuple(messages))

    def _title(self, path: str, *, is_alone: bool) -> tuple[str | None, str | None]:
        """The chat's title, from the name of the text, of its folder, or of the archive.

        Twice: as WhatsApp is known to name chats, and as it seems to. The folder's name, and the archive's,
        are those of a chat that stands in it alone.
        """
        member = self.export.members[path]
        container = file_name(member.container.path.replace("\\", "/").rstrip("/"))
        around = (folder_name(member.path), container, self.export.name)
        for name in (path, *around) if is_alone else (path,):
            name = stem(name[:-4] if name.lower().endswith(".txt") else name)
            copy = _COPY.search(name)
            name = name[: copy.start()].rstrip() if copy else name
            if match := next((match for form in _CHAT_NAMES if (match := form.fullmatch(name))), None):
                return match[1].strip(), match[1].strip()
            if match := _TITLE.fullmatch(name):
                return None, match[1].strip()
        return None, None


def _is_text_name(name: str) -> bool:
    is_chat = name.startswith("_chat") or any(brand in name for brand in _BRANDS)
    return is_chat and name.endswith(".txt")


def _provenance(chat: WhatsAppChat, item: SentMedia, path: str | None) -> Provenance:
    sent = Timestamp.of(local_time(item.sent, chat.order), "chat text")
    named = Timestamp.of(named_time(path) if path is not None else None, "file name")
    return replace(chat.provenance, author=item.sender, caption=item.media.caption, posted=sent or named)
