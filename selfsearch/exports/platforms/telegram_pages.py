"""Telegram Desktop's export as pages: messages.html, messages2.html ... of each chat, and lists of the rest.

The pages are in English whatever the language of the program. They carry no ids of people and chats. Of what
kind a chat is stands only in the list of a full export, and there a group is a group, public or not. The page
of a single chat shows it only where there is a call in it: calls are made in personal chats alone.

What the pages say is given in the words of result.json.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from ...errors import ItemError
from ..export import Export
from ..html_page import Element
from ..path_index import file_name, folder_of
from .telegram_chats import ASK_FOR_JSON, BOT, PERSONAL, SAVED, TelegramChat, TelegramObject

RESULTS = "export_results.html"
CHATS = "lists/chats.html"
PROFILE_PICTURES = "lists/profile_pictures.html"
STORIES = "lists/stories.html"
MESSAGES = "messages.html"
MARKS = {
    RESULTS: f"{RESULTS} is a Telegram Desktop export's",
    CHATS: f"{CHATS} is a Telegram Desktop export's",
}

_PAGE = re.compile(r"messages([2-9]|[1-9]\d+)?\.html", re.IGNORECASE)
_CHAT_FOLDER = re.compile(r"(?:^|/)chats/chat_\d+/$", re.IGNORECASE)
_TITLE = b"<title>Exported Data</title>"
_HEAD_BYTES = 1 << 11
_CALL = re.compile(rb"class=\"media [^\"]{0,99}\bmedia_call\b")
_CHUNK, _OVERLAP = 1 << 20, 200
_TIME = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)(?: UTC([+-]\d\d:\d\d)?)?")
_LEFT_OUT = re.compile(
    r"Not included|Exceeds maximum size|Unavailable|Please view it|Expired|\((?:Photo|Story)"
)
_SERVICE = re.compile(r"(.*) (?:changed group photo|suggests to use this photo)", re.DOTALL)
_VIA = re.compile(r" via @\w+$")
_SPECIAL_CHATS = {"Saved messages": SAVED, "Replies": "replies", "Verification Codes": "verification codes"}
_WRAPS = {  # class of the element around a picture or video -> field of a message, and its media type
    "photo_wrap": ("photo", None),
    "media_photo": ("photo", None),
    "sticker_wrap": ("file", "sticker"),
    "animated_wrap": ("file", "animation"),
    "video_file_wrap": ("file", "video_file"),
    "media_video": ("file", "video_file"),
    "media_file": ("file", None),
}
UNKNOWN_KIND = f"does not say what kind of chat it is; {ASK_FOR_JSON}: export the chat again as JSON"


def roots(prefixes: list[str]) -> Iterator[str]:
    """Of the folders with a messages.html those that are no chat of a full export."""
    return (prefix for prefix in prefixes if not _CHAT_FOLDER.search(prefix))


class TelegramPages:
    """The pages of one export."""

    def __init__(self, export: Export) -> None:
        self._export = export

    def is_telegram(self) -> bool:
        """Whether the first page that is there begins as Telegram's do."""
        paths = filter(None, map(self._export.find, (RESULTS, CHATS, MESSAGES)))
        return any(_TITLE in self._export.head(path, _HEAD_BYTES) for path in paths)

    @cached_property
    def owner(self) -> Mapping[str, Any]:
        """What a full export says of whose it is: first_name, last_name, username."""
        path = self._export.find(RESULTS)
        rows = self._export.html(path, _has_class("row")) if path else ()
        fields = {_shown(row, "label").lower().replace(" ", "_"): _shown(row, "value") for row in rows}
        return {key: fields[key] for key in ("first_name", "last_name", "username") if key in fields}

    def objects(self) -> Iterator[TelegramObject]:
        """Profile pictures, stories, and the messages of every chat."""
        yield from self._listed(PROFILE_PICTURES, "profile_pictures", "photo")
        yield from self._listed(STORIES, "stories", "media")
        for pages in self._chats():
            yield from self._messages(pages)

    def _chats(self) -> list[list[str]]:
        """The pages of each chat, in the order of their numbers."""
        chats: dict[str, list[tuple[int, str]]] = {}
        for path in self._export.members:
            if match := _PAGE.fullmatch(file_name(path)):
                chats.setdefault(folder_of(path), []).append((int(match[1] or 1), path))
        return [[path for _, path in sorted(pages)] for _, pages in sorted(chats.items())]

    @cached_property
    def _list(self) -> dict[str, tuple[str, str]]:
        """First page of a chat -> its name and Telegram's word for its kind, from a full export's list."""
        path = self._export.find(CHATS)
        listed: dict[str, tuple[str, str]] = {}
        for entry in self._export.html(path, _has_class("entry")) if path else ():
            page = self._resolved(entry.attributes.get("href", ""), folder_of(path or ""))
            listed[page] = (_shown(entry, "name"), _shown(entry, "info"))
        return listed

    def _chat(self, pages: list[str]) -> TelegramChat:
        """A chat as far as its pages and the list say what it is."""
        first = pages[0]
        header = next(self._export.html(first, _has_class("page_header")), None)
        title = (_shown(header, "text") if header else "") or None
        if first in self._list:
            name, word = self._list[first]
            record = self._export.find(CHATS) or ""
            kind = {"private": _SPECIAL_CHATS.get(name, PERSONAL), "bot": BOT}.get(word, word or "page")
            if kind == PERSONAL and name != title:  # Telegram's own chats have another name in the list
                kind = "page"
            return TelegramChat(None if kind == SAVED else title, kind, None, (record,), word or None)
        if any(map(self._has_call, pages)):
            return TelegramChat(title, PERSONAL, None, (first,))
        self._export.note(first, UNKNOWN_KIND)
        return TelegramChat(title, "page")

    def _has_call(self, path: str) -> bool:
        """Whether there is a call among the messages. Signs in a message's text are escaped on the page."""
        try:
            with self._export.members[path].open() as stream:
                rest = b""
                while chunk := stream.read(_CHUNK):
                    if _CALL.search(rest + chunk):
                        return True
                    rest = chunk[-_OVERLAP:]
        except ItemError:
            pass  # noted where the page is read
        return False

    def _messages(self, pages: list[str]) -> Iterator[TelegramObject]:
        chat = self._chat(pages)
        for path in pages:
            sender = origin = None  # of the message before; the first of a page is never joined to one
            for element in self._export.html(path, _has_class("message")):
                classes = _classes(element)
                if "service" in classes:
                    sender = origin = None
                    value = self._service(element, chat, path)
                else:
                    if "joined" not in classes:
                        sender = origin = None
                    value = self._message(element, path)
                    sender = value["from"] = value.get("from") or sender
                    if "forwarded_from" in value:
                        origin = value["forwarded_from"] = value["forwarded_from"] or origin
                yield TelegramObject("messages", value, path, chat)

    def _message(self, element: Element, page: str) -> dict[str, Any]:
        """A message in the words of result.json; None for what it shares with the one before."""
        value: dict[str, Any] = {"type": "message", "id": _id(element), "date": _date(element)}
        forwarded = _first(element, "forwarded", "body")
        names = [each for each in element.find_all("div") if "from_name" in _classes(each)]
        within = list(forwarded.find_all("div")) if forwarded else []
        own = [name for name in names if not any(name is each for each in within)]
        value["from"] = _name(own[0]) if own else None
        if forwarded:
            origin = _first(forwarded, "from_name")
            value["forwarded_from"] = _name(origin) if origin else None
        text = _first(element, "text")
        if text:
            value["text"] = text.text
            value["mentions"] = [link.text for link in text.find_all("a") if _is_mention(link)]
        return value | self._media(element, page)

    def _media(self, element: Element, page: str) -> dict[str, Any]:
        """What a message shows: a path, or in brackets why there is none."""
        for wrap in element.find_all("a", "div"):
            kind = next((_WRAPS[name] for name in _classes(wrap) if name in _WRAPS), None)
            if kind:
                field, media_type = kind
                link = wrap.attributes.get("href", "")
                shown = _shown(wrap, "description") or _shown(wrap, "status")
                path = self._resolved(link, folder_of(page)) if link else f"({shown or 'no file'})"
                named = {"media_type": media_type} if media_type else {"file_name": _shown(wrap, "title")}
                return {field: path, **named}
        return {}

    def _service(self, element: Element, chat: TelegramChat, page: str) -> dict[str, Any]:
        """A picture that somebody gave to a group, a channel or a person."""
        link = next((each for each in element.find_all("a") if "userpic_link" in _classes(each)), None)
        value: dict[str, Any] = {"type": "service", "id": _id(element)}
        if link is not None and link.attributes.get("href"):
            actor = _SERVICE.fullmatch(_shown(element, "body"))
            value["actor"] = actor[1] if actor else chat.name
            value["photo"] = self._resolved(link.attributes["href"], folder_of(page))
        return value

    def _listed(self, page: str, kind: str, field: str) -> Iterator[TelegramObject]:
        """The entries of a list page."""
        path = self._export.find(page)
        for entry in self._export.html(path, _has_class("entry")) if path else ():
            link = next((target for target in entry.links if target.endswith("#allow_back")), "")
            left_out = next(filter(_LEFT_OUT.match, entry.lines), None)
            text = _first(entry, "text")
            value = {
                field: self._resolved(link, folder_of(path or "")) if link else left_out,
                "date": _iso(_shown(entry, "info")),
                "text": text.text if text else None,
            }
            yield TelegramObject(kind, value, path or "")

    def _resolved(self, link: str, folder: str) -> str:
        """The file that a link of a page in `folder` leads to. A page may have been moved with its files."""
        target = link.removesuffix("#allow_back")
        if not target:
            return ""
        path = posixpath.normpath(posixpath.join(folder, target))
        inside = re.sub(r"^(?:\.\./)*(?:chats/[^/]+/)?", "", target)
        places = (path, unquote(path), f"{folder}{inside}", inside)
        return next(filter(None, map(self._export.find, places)), path.lstrip("./"))


def _has_class(wanted: str) -> Callable[[str, dict[str, str], int], bool]:
    return lambda tag, attributes, depth: wanted in attributes.get("class", "").split()


def _classes(element: Element) -> list[str]:
    return element.attributes.get("class", "").split()


def _first(element: Element, *classes: str) -> Element | None:
    """The first element inside that has all these classes."""
    return next((each for each in element.find_all() if {*classes} <= {*_classes(each)}), None)


def _shown(element: Element, css: str) -> str:
    """What the first element of this class shows; "" when there is none."""
    found = _first(element, css)
    return found.text if found else ""


def _name(element: Element) -> str | None:
    """Who a message is from, without the bot that it was made with and without the date behind it."""
    own = "".join(part for part in element.children if isinstance(part, str))
    name = _VIA.sub("", " ".join(own.split()))
    return None if name == "Deleted Account" else name or None


def _id(element: Element) -> str:
    return element.attributes.get("id", "").removeprefix("message")


def _date(element: Element) -> str | None:
    date = _first(element, "pull_right", "date")
    return _iso(date.attributes.get("title", "")) if date else None


def _iso(text: str) -> str | None:
    """Telegram's way to write a time as ISO 8601; the zone is only there since June 2022."""
    match = _TIME.search(text)
    if not match:
        return None
    day, month, year, clock, offset = match.groups()
    zone = offset or ("+00:00" if "UTC" in match[0] else "")
    return f"{year}-{month}-{day}T{clock}{zone}"


def _is_mention(link: Element) -> bool:
    return link.text.startswith("@") or "ShowMentionName" in link.attributes.get("onclick", "")
