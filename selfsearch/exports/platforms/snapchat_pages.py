"""Snapchat's chats as pages, in downloads that were asked for without JSON: a page for each conversation.

A page is called after the conversation, `subpage_` and a user's name or, for a group, an id; a box for each
message has who sent it, what it is, its words and when. What a page says is given in the words of
chat_history.json. Until 2022 there was one page for all, which names no media.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ..export import Export
from ..html_page import Element
from ..path_index import file_stem, folder_names, folder_of
from .media_refs import is_media_name

PAGES = "html/chat_history/subpage_*.html"
ACCOUNT = "html/account.html"
FILES = "Files"  # of a message: where the page's links lead in the export
NAMES_NO_MEDIA = (
    "does not say which files its messages sent; Snapchat's download as JSON names some of them: "
    "ask for it, and index it instead"
)
_TYPE = re.compile(r"[A-Z][A-Z_]{2,39}")  # TEXT, MEDIA, NOTE ...
_MEDIA_ID = re.compile(r"(?<![\w~])b~[\w~.+=:-]{1,200}")
_ID = re.compile(r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.html", re.IGNORECASE)  # of a group
_TITLE = re.compile(r"chat history with (.+)", re.IGNORECASE | re.DOTALL)


def conversations(export: Export) -> Iterator[tuple[str, str, Iterator[dict[str, Any]]]]:
    """Each conversation: the page, the user's name or the group's id, and its messages."""
    for path in export.matching(PAGES):
        yield path, unquote(file_stem(path)).partition("subpage_")[2], _messages(export, path)


def account(export: Export) -> dict[str, str]:
    """The first table of the page about the account: its fields by their names."""
    path = export.find(ACCOUNT)
    table = next(export.html(path, lambda tag, attributes, depth: tag == "table"), None) if path else None
    rows = (
        [cell.text for cell in row.find_all("th", "td")] for row in (table.find_all("tr") if table else ())
    )
    return {cells[0].rstrip(":"): cells[1] for cells in rows if len(cells) == 2}


def _messages(export: Export, path: str) -> Iterator[dict[str, Any]]:
    title = ""
    panel = 0  # levels above the panel, whose children are the messages

    def is_wanted(tag: str, attributes: dict[str, str], depth: int) -> bool:
        nonlocal panel
        if "rightpanel" in attributes.get("class", "").split():
            panel = depth + 1
        return tag == "h1" or (tag == "div" and panel > 0 and depth == panel)

    is_group, names_all = _ID.search(path) is not None, True  # a chat of two is known by the user's name
    for element in export.html(path, is_wanted):
        if element.tag == "h1":
            match = _TITLE.fullmatch(element.text)
            title = match[1] if match else element.text
        elif message := _message(element, folder_of(path), export):
            names_all &= bool(message["Media IDs"] or message[FILES]) or message["Media Type"] != "MEDIA"
            yield message | (
                {"Conversation Title": title} if is_group and title and title not in path else {}
            )
    if not names_all and not any(note.endswith(NAMES_NO_MEDIA) for note in export.notes.values()):
        export.note(path, NAMES_NO_MEDIA)


def _message(box: Element, folder: str, export: Export) -> dict[str, Any]:
    """What one box says; {} for a box that is no message."""
    sender, date = (next(box.find_all(tag), None) for tag in ("h4", "h6"))
    if sender is None or date is None:
        return {}
    kinds = (span.text for span in box.find_all("span") if _TYPE.fullmatch(span.text))
    words = "\n".join(text.text for text in box.find_all("p"))
    said = {id(part) for text in box.find_all("p") for part in (text, *text.find_all())}
    parts = (part for part in (box, *box.find_all()) if id(part) not in said)
    texts = (text for part in parts for text in part.children if isinstance(text, str))
    ids = list(dict.fromkeys(media_id for text in texts for media_id in _MEDIA_ID.findall(text)))
    created = re.sub(r"^(?:Created|Date):\s*", "", date.text)
    return {
        "From": sender.text,
        "Media Type": next(kinds, "TEXT" if words and not ids else "MEDIA"),
        "Created": created,
        "Content": words or None,
        "Media IDs": ids,
        FILES: [file for link in box.links if (file := _file(link, folder, export))],
    }


def _file(link: str, folder: str, export: Export) -> str | None:
    """The medium of a chat that a page's link leads to."""
    path = posixpath.normpath(posixpath.join(folder, unquote(link)))
    found = export.find(path)
    return found if found and "chat_media" in folder_names(found) and is_media_name(found) else None
