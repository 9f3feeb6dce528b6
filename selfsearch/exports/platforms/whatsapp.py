"""WhatsApp's "Export chat": one chat per export, a text file beside the media that it names.

The text is in the phone's language, so nothing depends on its words where that can be avoided: a message that
holds the name of a file of the export is that file's record. Times are the phone's local ones, without zone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from ...containers.archive import stem
from ...errors import ItemError
from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold
from . import plain_files
from . import whatsapp_attachments as attachments
from . import whatsapp_lines as grammar
from .base import Account, Root
from .legacy import Mention, Provenance

name = "whatsapp"
title = "WhatsApp chat"

CHUNK = 1 << 16  # bytes read at a time
MAX_LINE = 1 << 16  # characters; a longer line is cut into several
FIRST_LINES = 20  # of these, one must be a message's head

_TEXT_NAMES = ("_chat*.txt", "*whatsapp*.txt", "*واتساب*.txt")
_TEXT = re.compile(r"(?:_chat.*|.*(?:whatsapp|واتساب).*)\.txt")
_TITLE = re.compile(
    r".*(?:whatsapp|واتساب)[\s_-]*(?:chat)?"
    r"[\s_]+(?:-|with|mit|con|avec|met|com|med|cu|ile|dengan|kanssa|s|z|مع)[\s_]+(\S.*)",
    re.IGNORECASE,
)
_COPY = re.compile(r"\s*\(\d+\)$")  # what a browser adds to the name of a second download

# What system texts call a group, in many languages.
_GROUP = re.compile(
    r"\b(?:group|gruppe|grupo|groupe|gruppo|groep|grupp|gruppen|grupę|grupa|grup|grub\w*|skupin\w*|csoport\w*|ryhmä\w*)\b"
    r"|групп|груп|ομάδα|المجموعة|مجموعة|הקבוצה|קבוצה|群|グループ|그룹"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that brought media, or would have."""

    stamp: grammar.Stamp
    sender: str
    paths: tuple[str, ...]  # empty when the media is not in the export
    missing: str | None  # its name, where the chat gives one; "" when it was left out without a name
    caption: str | None
    certain: bool  # the file's name stands as an attachment, not inside a sentence


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat text, read."""

    said: Provenance  # what holds for everything in this chat
    order: grammar.Order | None
    sent: tuple[Sent, ...]


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with a chat text in them."""
    prefixes = dict.fromkeys(
        prefix for pattern in _TEXT_NAMES for prefix in names.prefixes_with_file(pattern)
    )
    return [Root(prefix, "a WhatsApp chat text") for prefix in prefixes]


def confirm(export: Export) -> bool:
    """Whether one of the texts begins as a chat does."""
    return any(_is_chat(export, path) for path in _texts(export))


def series(container: str) -> str | None:
    """Every chat is one export of one part."""
    return None


def account(export: Export) -> Account:
    """The owner's own name is not marked in a chat."""
    return Account()


def mentions(export: Export) -> Iterator[Mention]:
    """Every attachment, and every picture that a message says was left out."""
    for chat in _chats(export):
        certain = {path for sent in chat.sent if sent.certain for path in sent.paths}
        for sent in chat.sent:
            if not sent.paths:
                yield Mention(sent.missing or None, _provenance(chat, sent, None))
            for path in sent.paths:
                if sent.certain or path not in certain:
                    yield Mention(path, _provenance(chat, sent, path))


def orphan(export: Export, path: str) -> Provenance:
    """A file that no message names: of this chat when it has WhatsApp's own kind of name."""
    chats = _chats(export)
    if "/" in path and not attachments.is_own_name(path):
        return plain_files.SAID  # a folder that happens to lie beside a chat
    if len(chats) != 1 or not attachments.is_own_name(path):
        reason = "no message of the chat names this file, so who could see it is not known"
        return Provenance(name, context="file", exposure_reason=reason)
    when = attachments.named_time(path)
    return replace(chats[0].said, posted_at=when, posted_at_source="file name" if when else None)


def derivative(path: str) -> str | None:
    """WhatsApp exports no thumbnails."""
    return None


def _texts(export: Export) -> list[str]:
    return [path for path in export.members if "/" not in path and _TEXT.fullmatch(fold(path))]


def _is_chat(export: Export, path: str) -> bool:
    heads = grammar.messages(islice(_lines(export, path), FIRST_LINES))
    return next(heads, None) is not None


def _chats(export: Export) -> list[Chat]:
    """The export's chats, read once; `mentions` and every `orphan` need them."""
    if "whatsapp" not in export.memo:
        names = attachments.PathIndex(export)
        export.memo["whatsapp"] = [
            _read(export, path, names) for path in _texts(export) if _is_chat(export, path)
        ]
    chats: list[Chat] = export.memo["whatsapp"]
    return chats


def _lines(export: Export, path: str) -> Iterator[str]:
    """The lines of a text, streamed; what cannot be read is noted and the lines before it stay."""
    export.records.add(path)
    rest = ""
    try:
        with export.members[path].open() as stream:
            data = stream.read(CHUNK)
            decoder = codecs.getincrementaldecoder(_encoding(data))("replace")
            while data:
                *whole, rest = (rest + decoder.decode(data)).split("\n")
                yield from whole
                if len(rest) > MAX_LINE:
                    yield rest
                    rest = ""
                data = stream.read(CHUNK)
    except ItemError as exc:
        export.note(path, f"read as far as it goes: {exc}")
    if rest:
        yield rest


def _encoding(start: bytes) -> str:
    return "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _read(export: Export, path: str, names: attachments.PathIndex) -> Chat:
    dates, people = grammar.Dates(), _People()
    sent: list[Sent] = []
    for message in grammar.messages(_lines(export, path)):
        dates.see(message.stamp)
        body = names.read(message.lines)
        people.see(message, body)
        if message.sender is None or not body.brings_media:
            continue
        sent.append(Sent(message.stamp, message.sender, body.paths, body.missing, body.caption, body.certain))
        for when in filter(None, map(attachments.named_time, body.paths)):
            dates.name(message.stamp, date.fromisoformat(when[:10]))
    order = dates.order()
    if order is None and sent:
        export.note(path, "which number of its dates is the day and which the month cannot be told")
    return Chat(_said(_title(export, path) or people.first_system_name, people), order, tuple(sent))


class _People:
    """Who wrote, and whether the chat calls itself a group."""

    def __init__(self) -> None:
        self.senders: set[str] = set()
        self.says_group = False
        self.first_system_name: str | None = None  # on iOS the chat itself "says" that it is encrypted
        self._first = True

    def see(self, message: grammar.Message, body: attachments.Body) -> None:
        """Count the sender of a real message; look for the word group in a system text."""
        system = message.sender is None or (message.marked and not body.brings_media)
        if system:
            self.says_group |= _GROUP.search(" ".join(message.lines[:1]).casefold()) is not None
            if self._first:
                self.first_system_name = message.sender
        elif message.sender:
            self.senders.add(message.sender)
        self._first = False


def _said(chat_title: str | None, people: _People) -> Provenance:
    chat = Provenance(name, context="message", album=chat_title)
    typed = replace(chat, audience_source="chat_type")
    if people.says_group or len(people.senders) > 2:
        reason = "a WhatsApp group: its members could see it"
        return replace(typed, audience="group", exposure=Exposure.NETWORK, exposure_reason=reason)
    if not people.senders:
        return replace(
            chat, exposure_reason="nobody wrote in the chat text, so who could see it is not known"
        )
    if len(people.senders) == 2 and chat_title and not _names_one(chat_title, people.senders):
        reason = "two people wrote in this chat and its title names neither: it may be a small group"
        return replace(chat, exposure_reason=reason)
    reason = "a WhatsApp chat of two people: only they could see it"
    return replace(typed, audience="one-to-one", exposure=Exposure.PRIVATE, exposure_reason=reason)


def _names_one(chat_title: str, senders: set[str]) -> bool:
    """Whether a title may mean one of the senders: a shared word, or a number or self-given name."""
    if any(text.startswith(("+", "~")) for text in (chat_title, *senders)):
        return True
    words = set(re.split(r"[\W_]+", fold(chat_title))) - {""}
    return any(words & set(re.split(r"[\W_]+", fold(sender))) for sender in senders)


def _title(export: Export, path: str) -> str | None:
    """The chat's title, from the name of the text, of its folder, or of the archive."""
    member = export.members[path]
    folder = member.path.rpartition("/")[0].rpartition("/")[2]
    container = member.container.path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    for known in (path, folder, container, export.name):
        bare = _COPY.sub("", stem(re.sub(r"\.txt$", "", known, flags=re.IGNORECASE)))
        if found := _TITLE.fullmatch(bare):
            return found[1].strip()
    return None


def _provenance(chat: Chat, sent: Sent, path: str | None) -> Provenance:
    when, source = grammar.moment(sent.stamp, chat.order), "chat text"
    if when is None and path is not None:
        when, source = attachments.named_time(path), "file name"
    return replace(
        chat.said,
        author=sent.sender,
        caption=sent.caption,
        posted_at=when,
        posted_at_source=source if when else None,
    )
