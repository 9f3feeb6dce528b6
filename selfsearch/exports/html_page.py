"""Web pages read as a stream: as far as they are whole, and with no more than one element in memory.

The tokens are the standard library's; which element a tag ends is decided as browsers do, as far as downloads
need it. Everything that a page can make large is bounded here.
"""

from __future__ import annotations

import codecs
import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import BinaryIO, TypeAlias

CHUNK_BYTES = 1 << 16
MAX_TEXT = 1 << 16  # characters kept of one text or attribute
MAX_DEPTH = 128  # levels of nesting; the deepest of any platform's pages has about thirty
MAX_TAG = 1 << 17  # characters of one tag or comment; one that is longer (a picture inside it) is passed over
MAX_ELEMENT = 1 << 20  # characters kept of one element with all that is in it
NODE_COST = 64  # characters that each element and attribute counts for, at least
HEAD_BYTES = 1024  # in which a page says how it is encoded

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
     "wbr")
)  # fmt: skip
SILENT = frozenset(("script", "style"))
_TABLE = frozenset(("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"))
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl",
     "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
     "hgroup", "hr", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "ul")
)  # fmt: skip
_SPECIAL = (
    _BLOCKS | _TABLE | {"html", "head", "body", "li", "dt", "dd", "select", "option", "button", "object"}
)
_BREAKS = _BLOCKS | _TABLE | {"br", "li", "dt", "dd", "option"}
_LISTS = frozenset(("ul", "ol", "menu", "dl", "dir"))
_IN_TABLE, _IN_CELL = frozenset(("table", "html")), frozenset(("table", "td", "th", "caption", "html"))

# A start tag -> elements that it ends when they are open, and those beyond which it ends none.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    **dict.fromkeys(_BLOCKS, (frozenset(("p",)), _IN_CELL | {"button"})),
    "li": (frozenset(("li", "p")), _IN_CELL | _LISTS),
    **dict.fromkeys(("dt", "dd"), (frozenset(("dt", "dd", "p")), _IN_CELL | _LISTS)),
    **dict.fromkeys(("option", "optgroup"), (frozenset(("option",)), _IN_CELL | {"select"})),
    **dict.fromkeys(("td", "th"), (frozenset(("td", "th", "caption")), _IN_TABLE | {"tr"})),
    "tr": (frozenset(("tr", "td", "th", "caption")), _IN_TABLE | {"thead", "tbody", "tfoot"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), (_TABLE - {"table"}, _IN_TABLE)),
}

_ENCODINGS = re.compile(
    r"us-ascii|iso-8859-\d+|windows-125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-jp|euc-kr"
)
_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w-]{1,20})")
_LONG_NUMBER = re.compile(r"(?<=&#)[0-9]{8,}")  # no character has such a number, and int() may refuse it
_OPEN_NUMBER = re.compile(r"&(#[0-9]*)?$")

CUT = "the page ends in the middle; read as far as it goes"
TOO_DEEP = f"elements are nested more than {MAX_DEPTH} levels deep; read without the levels below"
TOO_LARGE = "an element holds more than any platform writes into one; the rest of it was passed over"
LONG_TAG = f"a tag or comment has more than {MAX_TAG >> 10} KB; it was passed over"
BAD_BYTES = "holds bytes that are not text; they are shown as \ufffd"


@dataclass(slots=True)
class Element:
    """One element of a page with all that is in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a reader of the page would see, with a line break where the page has one."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """The lines that a reader of the page would see, white space as one blank; cells are lines, too."""
        shown = "".join(self._shown()).split("\n")
        return [line for line in (" ".join(line.split()) for line in shown) if line]

    def _shown(self) -> Iterator[str]:
        stack: list[Element | str | None] = [self]
        while stack:
            part = stack.pop()
            if part is None:
                yield "\n"
            elif isinstance(part, str):
                yield part.replace("\n", " ")
            else:
                if part.tag in _BREAKS:
                    yield "\n"
                    stack.append(None)
                stack.extend(reversed(part.children))

    def find_all(self, *tags: str) -> Iterator[Element]:
        """The elements in this one, at any depth, in their order: those with these tags, or all."""
        stack: list[Element | str] = list(reversed(self.children))
        while stack:
            part = stack.pop()
            if isinstance(part, Element):
                if not tags or part.tag in tags:
                    yield part
                stack.extend(reversed(part.children))

    @property
    def links(self) -> list[str]:
        """Every `href` and `src` in this element and at it, in their order."""
        holders = (self, *self.find_all())
        values = (element.attributes.get(name) for element in holders for name in ("href", "src"))
        return [value for value in values if value]


IsWanted: TypeAlias = Callable[[str, dict[str, str], int], bool]  # (tag, attributes, levels above)


def unescape(text: str) -> str:
    """Text with its character references as the characters that they stand for."""
    return html.unescape(_LONG_NUMBER.sub("0", text))


class HtmlPage:
    """A page in a binary stream. `damage` says afterwards what was not read as it stands."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.damage: dict[str, None] = {}
        self.is_empty = False

    def elements(self, is_wanted: IsWanted) -> Iterator[Element]:
        """Each outermost wanted element, once it is whole. May raise what reading the stream raises."""
        parser = _Parser(is_wanted, self.damage)
        self.is_empty = True
        for text in self._decoded():
            self.is_empty = self.is_empty and not text.strip()
            parser.take(text)
            yield from parser.finished()
        parser.end()
        yield from parser.finished()

    def _decoded(self) -> Iterator[str]:
        """The page as text in pieces."""
        data = self._raw.read(CHUNK_BYTES)
        decoder = codecs.getincrementaldecoder(_encoding(data))("replace")
        while data:
            text = decoder.decode(data)
            if "\ufffd" in text and b"\xef\xbf\xbd" not in data:
                self.damage[BAD_BYTES] = None
            yield text
            data = self._raw.read(CHUNK_BYTES)
        yield decoder.decode(b"", True)


def _encoding(head: bytes) -> str:
    """By the mark at the beginning, else what the page says of itself, else UTF-8."""
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    _, _, behind = head[:HEAD_BYTES].lower().partition(b"<meta")
    match = None if head.startswith(codecs.BOM_UTF8) else _CHARSET.search(behind)
    name = match[1].decode("ascii", "replace") if match else ""
    if name in ("iso-8859-1", "us-ascii"):
        return "windows-1252"  # as browsers do
    return name if _ENCODINGS.fullmatch(name) and _is_known(name) else "utf-8-sig"


def _is_known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


class _Parser(HTMLParser):
    """Builds the wanted elements from the tokens."""

    def __init__(self, is_wanted: IsWanted, damage: dict[str, None]) -> None:
        super().__init__(convert_charrefs=True)
        self._is_wanted = is_wanted
        self._damage = damage
        self._open: list[str] = []  # tags of the open elements
        self._count: Counter[str] = Counter()  # of each tag in _open
        self._deeper = 0  # elements that are open below MAX_DEPTH
        self._base = 0  # levels above the element that is being built
        self._building: list[Element] = []  # the open ones of it
        self._texts: list[str] = []  # pieces of a text that may go on
        self._text_room = self._room = MAX_ELEMENT  # characters that may still be kept
        self._finished: list[Element] = []
        self._skip_to: re.Pattern[str] | None = None  # after a tag that is too long
        self._held = ""  # the beginning of a character's number, or of what is skipped to

    def finished(self) -> Iterable[Element]:
        """The elements that became whole since the last time."""
        finished, self._finished = self._finished, []
        return finished

    def take(self, text: str) -> None:
        """Parse a further piece of the page."""
        text, self._held = self._held + text, ""
        if self._skip_to:
            end = self._skip_to.search(text)
            if not end:
                self._held = text[-16:]
                return
            text, self._skip_to = text[end.end() :], None
        text = _LONG_NUMBER.sub("0", text)
        if number := _OPEN_NUMBER.search(text, max(0, len(text) - 16)):
            text, self._held = text[: number.start()], number[0]
        self.feed(text)
        if len(self.rawdata) > MAX_TAG:
            self._pass_over()

    def _pass_over(self) -> None:
        """Let go of a tag, comment or script that does not end."""
        if self.cdata_elem:
            end = rf"(?=</{self.cdata_elem})"
        else:
            end = "-->" if self.rawdata.startswith("<!--") else ">"
            self._damage[LONG_TAG] = None
        self._skip_to = re.compile(end, re.IGNORECASE)
        self._held, self.rawdata = self.rawdata[-16:], ""

    def end(self) -> None:
        """The page has no more. The parser's own `close` may take the square of what is left."""
        rest = "" if self._skip_to or self.cdata_elem else self.rawdata + self._held
        if rest and not rest.startswith("<"):
            self.handle_data(unescape(rest))
        self._flush()
        if self._skip_to or rest.startswith("<") or self._count["html"] or (self._open and self._building):
            self._damage[CUT] = None
        if self._open and self._building and self._building[0].tag:
            self._finished.append(self._building[0])

    def updatepos(self, i: int, j: int) -> int:
        """Lines are not counted."""
        return j

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """ "<![..." is a comment in HTML; the parser would raise at one that it does not know."""
        return self.parse_bogus_comment(i)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """ "<div/>" opens a div, as in browsers."""
        self.handle_starttag(tag, attrs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element, after those that it ends."""
        if tag in SILENT:
            return
        if not self._deeper:
            self._end_implied(tag)
        self._flush()
        if len(self._open) >= MAX_DEPTH:
            self._deeper += tag not in VOID
            self._damage[TOO_DEEP] = None
            return
        self._build(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)
            self._count[tag] += 1

    def _build(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, (value or "")[:MAX_TEXT])
        if not self._building:
            if not self._is_wanted(tag, attributes, len(self._open)):
                return
            self._base, self._room = len(self._open), MAX_ELEMENT
        self._room -= NODE_COST * (1 + len(attributes)) + sum(map(len, attributes.values()))
        element = Element(tag, attributes if self._room > 0 else {})
        if self._building and self._room > 0:
            self._building[-1].children.append(element)
        if tag not in VOID:
            self._building.append(element)
        elif not self._building:
            self._finished.append(element)
        if self._room <= 0:
            self._damage[TOO_LARGE] = None

    def handle_endtag(self, tag: str) -> None:
        """Close the element and what is open in it; nothing when there is none, or none that may be."""
        if tag in VOID or tag in SILENT:
            return
        if self._deeper:
            self._deeper -= 1
        elif self._count[tag]:
            self._close_to(self._innermost(frozenset((tag,)), _beyond(tag)))

    def _end_implied(self, tag: str) -> None:
        ended, boundary = _ENDS.get(tag, (frozenset(), frozenset()))
        while any(self._count[other] for other in ended):
            level = self._innermost(ended, boundary)
            if level is None:
                return
            self._close_to(level)

    def _innermost(self, tags: frozenset[str], boundary: frozenset[str]) -> int | None:
        """The level of the innermost open element with one of these tags, if nothing forbids to close it."""
        for level in range(len(self._open) - 1, -1, -1):
            if self._open[level] in tags:
                return level
            if self._open[level] in boundary:
                return None
        return None

    def _close_to(self, level: int | None) -> None:
        if level is None:
            return
        self._flush()
        while len(self._open) > level:
            self._count[self._open.pop()] -= 1
            if self._building and len(self._open) >= self._base:
                element = self._building.pop()
                if not self._building:
                    self._finished.append(element)

    def handle_data(self, data: str) -> None:
        """Text, in pieces."""
        if self._building and not self.cdata_elem and self._text_room > 0:
            self._texts.append(data[: self._text_room])
            self._text_room -= len(data)

    def _flush(self) -> None:
        """The text is at its end."""
        if self._texts:
            text = "".join(self._texts)
            self._texts.clear()
            if self._building and self._room > 0:
                self._building[-1].children.append(text)
                self._room -= len(text)
        self._text_room = min(MAX_TEXT, max(self._room, 0))


def _beyond(tag: str) -> frozenset[str]:
    """The open elements across which an end tag closes nothing."""
    if tag in _TABLE:
        return _IN_TABLE
    return _IN_CELL if tag in _SPECIAL else _SPECIAL
