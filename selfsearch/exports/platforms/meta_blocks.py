"""What Facebook's and Instagram's web pages show, block by block: heading, pictures, words, tables, time.

The names of classes change from build to build, so this rests on what stayed the same since 2018: what was
posted stands in the page's main part, one element for each, with a heading, the media by their paths in the
download, their words, tables of labels and values, and at its end the time, in the account's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from ..export import Export
from ..html_page import Element
from .page_dates import looks_like_time, parse_shown_time

UNKNOWN_LAYOUT = "is laid out in a way that is not known; ask for the download in JSON"
UNKNOWN_TIME = "shows times in a language or order that is not known; they were left out"
MAX_WORDS_BEFORE_TIME = 3  # in a line that only says when something was changed: "Updated May 03, 2025 ..."
SEVERAL = "\0"
_HEADINGS = ("h1", "h2", "h3")
_EMBEDDED = frozenset(("a", "video", "audio"))  # their words stand in for the medium they link to
_LISTS = frozenset(("ul", "ol"))  # reactions
_FOREIGN = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\?", re.IGNORECASE)  # an address that leads out of the export
_OTHER_FILES = re.compile(r"\.(html?|css|js)$", re.IGNORECASE)


@dataclass(slots=True)
class Picture:
    """One medium of a block, with what stands beside it."""

    uri: str
    lines: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)  # label -> value


@dataclass(slots=True)
class Block:
    """One thing that was posted or sent, or one table of values."""

    heading: str | None = None
    time: str | None = None  # ISO 8601, without a zone
    has_unknown_time: bool = False
    pictures: list[Picture] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # that belong to no picture
    fields: dict[str, str] = field(default_factory=dict)


def page_title(export: Export, path: str) -> str | None:
    """The name of the conversation or album that a page shows."""
    title = next(export.html(path, lambda tag, *_: tag == "title"), None)
    return title.text or None if title else None


def page_blocks(export: Export, path: str) -> Iterator[Block]:
    """What a page shows, one by one. A layout and times that are not known are noted."""
    main: list[int] = []

    def is_wanted(tag: str, attributes: dict[str, str], depth: int) -> bool:
        if not main and (tag == "main" or attributes.get("role") == "main"):
            main.append(depth)
        return bool(main) and depth == main[0] + 1

    for element in export.html(path, is_wanted):
        for part in _separated(element):
            block = _read(part)
            if block.has_unknown_time:
                export.note(path, UNKNOWN_TIME)
            yield block
    if not main:
        export.unread.add(path)
        export.note(path, UNKNOWN_LAYOUT)


def _separated(element: Element) -> Iterator[Element]:
    """The blocks in an element of the main part: itself, unless it is only a wrapper around several."""
    children = _children(element)
    while len(children) == 1:
        children = _children(children[0])
    blocks = [child for child in children if _media(child) and _time_line(child.lines)]
    if len(blocks) > 1:
        for child in children:
            yield from _separated(child)
    else:
        yield element


def _read(element: Element) -> Block:
    block, shown = Block(), _time_line(element.lines)
    if shown:
        block.time = parse_shown_time(shown)
        block.has_unknown_time = block.time is None
    heading = _heading(element)
    block.heading = heading.text or None if heading else None
    media: dict[int, str] = {}
    _find_media(element, media)
    for uri, part in _parts(element, media):
        fields = {} if part is heading else dict(_rows(part))
        words = [] if part is heading else _words(part, media, heading)
        words = [line for line in words if line != shown and not _is_remark(line)]
        if uri:
            block.pictures.append(Picture(uri, words, fields))
        elif block.pictures and fields and not words:  # a table behind a picture is the picture's
            block.pictures[-1].fields |= fields
        else:
            block.fields |= fields
            block.lines += [line for line in words if line not in block.lines]
    return block


def _time_line(lines: list[str]) -> str | None:
    return lines[-1] if lines and looks_like_time(lines[-1]) else None


def _heading(element: Element) -> Element | None:
    """The heading: by its tag, and until 2022 the first of several parts, if it is nothing but text."""
    by_tag = next(element.find_all(*_HEADINGS), None)
    if by_tag:
        return by_tag
    parts = _children(element)
    while len(parts) == 1:
        parts = _children(parts[0])
    if len(parts) < 2 or _media(parts[0]) or any(parts[0].find_all("table")):
        return None
    return parts[0] if not looks_like_time(parts[0].text) else None


def _children(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _own_media(element: Element) -> str:
    """The file of the download that this very element shows or links to; "" for none."""
    for name in ("href", "src"):
        link = element.attributes.get(name)
        uri = unquote(link.strip()) if link else ""
        if uri and not _FOREIGN.match(uri) and not _OTHER_FILES.search(uri):
            return uri
    return ""


def _media(element: Element) -> str:
    """The file that an element and all in it show; "" for none, SEVERAL for more than one."""
    return _find_media(element, {})


def _find_media(element: Element, found: dict[int, str]) -> str:
    """The same, of each element in this one as well, by identity."""
    uri = _own_media(element)
    for child in _children(element):
        inner = _find_media(child, found)
        uri = inner if not uri else uri if inner in ("", uri) else SEVERAL
    found[id(element)] = uri
    return uri


def _parts(element: Element, media: dict[int, str]) -> Iterator[tuple[str, Element]]:
    """An element in parts: those around one file, with its path, and those without any."""
    if media.get(id(element), "") != SEVERAL:
        yield media.get(id(element), ""), element
        return
    if own := _own_media(element):
        yield own, Element(element.tag, element.attributes)
    for child in element.children:
        if isinstance(child, Element):
            yield from _parts(child, media)
        elif child.strip():
            yield "", Element("", {}, [child])


def _rows(element: Element) -> Iterator[tuple[str, str]]:
    """Label and value of each row of the tables: in two cells, or one below the other in one."""
    for row in element.find_all("tr"):
        lines = row.lines
        if len(lines) > 1 and not any(row.find_all("tr")):
            yield lines[0].rstrip(":"), "\n".join(lines[1:])


def _words(element: Element, media: dict[int, str], heading: Element | None) -> list[str]:
    """What somebody wrote, each line once: no tables, reactions, or words that stand in for media."""
    return list(dict.fromkeys(_without_rest(element, media, heading).lines))


def _without_rest(element: Element, media: dict[int, str], heading: Element | None) -> Element:
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            children.append(child)
        elif child is not heading and not _is_rest(child, media):
            children.append(_without_rest(child, media, heading))
    return Element(element.tag, element.attributes, children)


def _is_rest(element: Element, media: dict[int, str]) -> bool:
    if element.tag in _LISTS or element.tag == "table":
        return True
    if element.tag not in _EMBEDDED:
        return False
    return bool(media.get(id(element))) or element.text == element.attributes.get("href")


def _is_remark(line: str) -> bool:
    """Whether a line is a time, or only says what was done at a time."""
    words = line.split()
    if not looks_like_time(line):
        return False
    starts = range(min(MAX_WORDS_BEFORE_TIME + 1, len(words)))
    return any(parse_shown_time(" ".join(words[start:])) for start in starts)
