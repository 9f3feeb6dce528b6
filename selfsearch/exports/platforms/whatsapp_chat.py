"""WhatsApp's chat text by lines: where a message begins, who wrote it and when, and which files it brings.

The text follows the phone's language and settings and says nothing about them. So a line is recognized by its
shape, the order of day and month is inferred once per file from everything in it, and a message that holds
the name of a file of the export brings that file, whatever the words around the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice, pairwise
from typing import NamedTuple

from ...containers.base import nfc
from ..export import Export
from ..path_index import file_name
from .dates import MONTHS, MONTHS_SHORT
from .parsing import load_words

MAX_BODY = 1 << 16  # characters kept of one message; WhatsApp itself allows 65,536
MAX_SENDER = 100  # characters; a name on WhatsApp has at most 25, a contact's may be longer
MAX_NAME = 255  # characters; the longest name that file systems allow
MAX_NAMES = 50  # file names looked for in one line; more is not a message

_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # invisible direction marks
_DATE = (  # three fields in any order; the year may be a Japanese era's, or a Buddhist one
    r"(?P<first>\d{1,4})(?P<sign>[/.\-])\s?(?P<second>\d{1,2})[/.\-]\s?(?P<era>[HR])?(?P<third>\d{1,4})\.?"
    r"(?: BE)?"
)
_NAMED_DATE = (
    r"(?:(?P<day>\d{1,2}) )?(?P<month>[^\W\d_]{3,12})(?: (?P<after>\d{1,2}))?(?:,? (?P<year>\d{4}))?"
)
_TIME = (
    r"(?P<hour>\d{1,2})(?:[:.]|\s?h\s?)(?P<minute>\d{2})(?:[:.](?P<seconds>\d{2}))?"
    r"(?:\s*(?P<half>[^\W\d_][^\d\]:\-]{0,19}?))?"  # am/pm, or a word for "o'clock"
)
_SPACE = r"(?:[,\u060c\u3001]\s*|\s+)"
_WHEN = (
    _DATE + _SPACE + r"(?:(?P<before>[^\W\d_]{1,6}\.?)[,\u060c]?\s*)?" + _TIME
)  # "klo", "à", a leading am/pm
_HEADS = (
    re.compile(rf"\[\s?{_WHEN}\s*\]\s?"),  # iOS: [DATE, TIME] Name: text
    re.compile(rf"{_WHEN}\s[-\u2013]\s"),  # Android: DATE, TIME - Name: text
    re.compile(rf"{_WHEN}:\s"),  # iOS until about 2016: DATE, TIME: Name: text
    re.compile(rf"\[\s?{_TIME}{_SPACE}{_DATE}\]\s?"),  # iOS in Vietnamese: [TIME, DATE] Name: text
    re.compile(
        rf"{_TIME}{_SPACE}{_NAMED_DATE}\s-\s"
    ),  # Android until about 2014: 19:07, 20 Sep 2013 - Name: text
    re.compile(rf"{_NAMED_DATE}{_SPACE}{_TIME}\s-\s"),  # Mar 5, 8:11 PM - Name: text
)
_MONTHS = MONTHS | MONTHS_SHORT
_ERAS = {"H": 1988, "R": 2018}  # the year before the first of the era
_BUDDHIST = 543  # years before the Gregorian count
_MORNING = load_words("whatsapp", "morning").keys()
_EVENING = load_words("whatsapp", "evening").keys()
_NO_HALF_OF_DAY = {"", *load_words("whatsapp", "beside_times")}

_ENDING = re.compile(r"\.([^\W_]{1,8})(?![^\W_])")
_START = re.compile(r"(?:^|(?<=[\s<(:\"'“«]))(?=\S)")
_WORD = re.compile(r"[^\s<>():]+")
_DOCUMENT = re.compile(r".+\.\w{1,5} • .*")  # "Report.pdf • 2 pages", which iOS writes before a document
_COPY = r"(?: ?\(\d+\))?"
_OWN_NAMES = [
    re.compile(
        r"\d{8}-(?P<kind>PHOTO|VIDEO|AUDIO|GIF|STICKER)"
        r"-(?P<day>\d{4}-\d\d-\d\d)-(?P<time>\d\d-\d\d-\d\d)" + _COPY + r"\.\w+"
    ),
    re.compile(r"(?P<day>\d{4}-\d\d-\d\d)-(?P<kind>PHOTO|VIDEO|AUDIO|GIF|STICKER)-\d{8}" + _COPY + r"\.\w+"),
    re.compile(r"(?P<kind>IMG|VID|AUD|PTT|STK|GIF|DOC)-(?P<day>\d{8})-WA\d{4,}" + _COPY + r"\.\w+"),
]
_PICTURE_KINDS = {"PHOTO", "VIDEO", "GIF", "IMG", "VID"}
_PICTURE = re.compile(r"(?:PHOTO|VIDEO|GIF|IMG|VID)-\d")
# "<Media omitted>", "image omitted" and the like: what a chat says instead of a picture that it left out.
_OMITTED = re.compile(
    rf"<?(?:{'|'.join(load_words('whatsapp', 'picture'))})\W{{1,3}}"
    rf"(?:{'|'.join(load_words('whatsapp', 'omitted'))})>?"
    rf"|<?(?:{'|'.join(load_words('whatsapp', 'left_out'))})>?",
    re.IGNORECASE,
)

FIRST_YEAR, LAST_YEAR = 2009, 2100  # WhatsApp began in 2009

DateFields = tuple[int, int, int]
FieldOrder = tuple[int, int, int]  # which field is the year, the month, the day
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = (2, 1, 0), (2, 0, 1), (0, 1, 2)


class SentAt(NamedTuple):
    """The time of a message before anyone knows which field is the day."""

    fields: DateFields
    sign: str  # what separates the fields
    clock: tuple[int, int, int] | None  # hour, minute, second; None when morning or evening is not known


@dataclass(slots=True)
class ChatMessage:
    """One message or system event. Texts are NFC and free of direction marks."""

    sent: SentAt
    sender: str | None  # None for a system event
    is_marked: bool  # the body began with a direction mark: on iOS a system text or an attachment
    is_ios: bool  # its head is in brackets
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, line: str) -> None:
        """Take one more line, up to what a message can hold."""
        if self.size + len(line) <= MAX_BODY:
            self.lines.append(line)
        self.size += len(line) + 1


def parse_messages(lines: Iterable[str]) -> Iterator[ChatMessage]:
    """Every message. Lines that do not begin one belong to the message before them."""
    message: ChatMessage | None = None
    styles: Sequence[re.Pattern[str]] = _HEADS
    for raw in lines:
        text = raw.rstrip("\r\n")
        if not text.isascii():
            text = nfc(_MARKS.sub("", text))
        head = next((match for style in styles if (match := style.match(text))), None)
        if head is not None:
            if message is not None:
                yield message
            styles = (head.re,)  # one file has one style; the others would only be found inside quoted chats
            message = _begin(raw, text, head)
        elif message is not None:
            message.add(text)
    if message is not None:
        yield message


def _begin(raw: str, text: str, head: re.Match[str]) -> ChatMessage:
    part = head.groupdict()
    words = {_letters(part.get("before")), _letters(part["half"])}
    clock = _clock(int(part["hour"]), int(part["minute"]), int(part["seconds"] or 0), words)
    sent = SentAt(_fields(part), part.get("sign") or " ", clock)
    rest = text[head.end() :]
    sender, colon, body = rest.partition(":")
    is_ios = head.group().startswith("[")
    message = ChatMessage(sent, None, False, is_ios)
    if colon and sender.strip() and len(sender) <= MAX_SENDER and body[:1] in ("", " ", "\u00a0"):
        colons = text.count(":", 0, head.end()) + 1
        marked_body = raw.split(":", colons)[colons].lstrip()
        message = ChatMessage(sent, sender.strip(), _MARKS.match(marked_body) is not None, is_ios)
        rest = body.strip()
    message.add(rest)
    return message


def _fields(part: Mapping[str, str | None]) -> DateFields:
    """The three fields of a date; zeros for what is not there or not known."""
    if "month" in part:
        month = _MONTHS.get((part["month"] or "").title(), 0)
        return int(part["day"] or part["after"] or 0), month, int(part["year"] or 0)
    first, second, third = (int(part[name] or 0) for name in ("first", "second", "third"))
    return first, second, third + _ERAS.get(part["era"] or "", 0)


def _letters(text: str | None) -> str:
    return "".join(filter(str.isalpha, text or "")).casefold()


def _clock(hour: int, minute: int, second: int, words: set[str]) -> tuple[int, int, int] | None:
    if words & _EVENING and hour <= 12:
        hour = hour % 12 + 12
    elif words & _MORNING and hour <= 12:
        hour %= 12
    elif hour <= 12 and words - _NO_HALF_OF_DAY:
        return None  # an unknown word may mean morning or evening
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _day(fields: DateFields, order: FieldOrder) -> date | None:
    """The calendar day that three fields mean in this order; None when there is no such day."""
    year, month, day = (fields[place] for place in order)
    if year < 100:
        year += 2000
    elif year >= FIRST_YEAR + _BUDDHIST:
        year -= _BUDDHIST
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def local_time(sent: SentAt, order: FieldOrder | None) -> str | None:
    """ISO 8601 without a zone (the chat has none): date and time, the date alone, or None."""
    day = _day(sent.fields, order) if order else None
    if day is None:
        return None
    return datetime.combine(day, time(*sent.clock)).isoformat() if sent.clock else day.isoformat()


class DateEvidence:
    """What a file tells about the order of day, month and year."""

    def __init__(self) -> None:
        self._dates: list[DateFields] = []  # as they follow one another, repetitions left out
        self._named: list[tuple[DateFields, date]] = []
        self._sign = ""

    def add(self, sent: SentAt, named: Iterable[date]) -> None:
        """A message of this time brings files whose names hold these dates."""
        if not self._dates or self._dates[-1] != sent.fields:
            self._dates.append(sent.fields)
            self._sign = self._sign or sent.sign
        self._named += [(sent.fields, day) for day in named]

    def order(self) -> FieldOrder | None:
        """The order of the whole file, or None when two orders remain equally good."""
        orders = [DAY_FIRST, MONTH_FIRST, YEAR_FIRST]
        for score in (self._valid, self._as_named, self._rising):
            scores = {order: score(order) for order in orders}
            orders = [order for order in orders if scores[order] == max(scores.values())]
            if len(orders) == 1 and self._valid(orders[0]):
                return orders[0]
        # A year of two digits stands first only where nothing else fits. No country writes month.day.year or
        # month-day-year; with a slash both orders are in use.
        orders = [order for order in orders if order != YEAR_FIRST] or orders
        if len(orders) > 1 and self._sign in (".", "-", " "):
            orders = [DAY_FIRST]
        return orders[0] if len(orders) == 1 and self._valid(orders[0]) else None

    def _valid(self, order: FieldOrder) -> int:
        return sum(_day(fields, order) is not None for fields in self._dates)

    def _as_named(self, order: FieldOrder) -> int:
        return sum(_day(fields, order) == named for fields, named in self._named)

    def _rising(self, order: FieldOrder) -> int:
        days = [day for fields in self._dates if (day := _day(fields, order))]
        return -sum(later < earlier for earlier, later in pairwise(days))


@dataclass(frozen=True, slots=True)
class MessageMedia:
    """What a message's text says about media."""

    paths: tuple[str, ...] = ()  # empty when the media is not in the export
    caption: str | None = None
    is_attached: bool = False  # every name stands as an attachment, not inside a sentence
    missing: str | None = None  # the name of a picture that is not in the export; "" when it has none

    def __bool__(self) -> bool:
        return bool(self.paths) or self.missing is not None


class AttachmentNames:
    """The names of an export's files, looked for in messages."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._endings = {path.rpartition(".")[2].casefold() for path in export.members}

    def media(self, lines: Sequence[str]) -> MessageMedia:
        """The files that these lines of one message name, and the words around the names."""
        paths: list[str] = []
        texts: list[str] = []
        is_attached = True
        for line in lines:
            names = list(self._names(line)) if "." in line else []
            if names:
                line, line_attaches = _around(line, names[0][0], names[-1][1])
                is_attached = is_attached and line_attaches
            paths += [path for _, _, path in names]
            texts.append(line)
        if not paths:
            return _left_out(lines)
        return MessageMedia(tuple(dict.fromkeys(paths)), "\n".join(texts).strip() or None, is_attached)

    def _names(self, line: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and path of every file name in a line; the longest that fits."""
        for ending in islice(_ENDING.finditer(line), MAX_NAMES):
            if ending[1].casefold() not in self._endings:
                continue
            for start in _START.finditer(line, max(0, ending.end() - MAX_NAME), ending.start()):
                if path := self._path(line[start.start() : ending.end()]):
                    yield start.start(), ending.end(), path
                    break

    def _path(self, name: str) -> str | None:
        """The file of this name: beside the chat text, or the only one elsewhere."""
        paths = self._export.with_name(name)
        paths = [path for path in paths if "/" not in path] or paths
        return paths[0] if len(paths) == 1 else None


def _around(line: str, start: int, end: int) -> tuple[str, bool]:
    """The words around a file name without the mark of an attachment, and whether that mark is there."""
    before, after = line[:start], line[end:].strip()
    opened = before.rfind("<")
    if opened >= 0 and after.startswith(">"):  # iOS: words <attached: NAME>
        words = before[:opened].strip()
        return ("" if _DOCUMENT.fullmatch(words) else words), True
    if not before.strip() and (not after or after[0] in "(<"):  # Android: NAME (file attached)
        return "", True
    return line, False


def _left_out(lines: Sequence[str]) -> MessageMedia:
    """What a message without any file of the export says about a picture that is not in it."""
    first = lines[0].strip() if lines else ""
    if not first or len(first) > MAX_NAME:
        return MessageMedia()
    if _OMITTED.fullmatch(first):
        return MessageMedia(missing="", caption="\n".join(lines[1:]).strip() or None)
    for name in _WORD.finditer(first) if _PICTURE.search(first) else ():
        words, is_attached = _around(first, name.start(), name.end())
        if is_attached and (match := _own_name(name[0])) and match["kind"] in _PICTURE_KINDS:
            return MessageMedia(missing=name[0], caption="\n".join([words, *lines[1:]]).strip() or None)
    return MessageMedia()


def is_own_name(path: str) -> bool:
    """Whether WhatsApp itself named this file; documents keep the names that they had."""
    return _own_name(file_name(path)) is not None


def named_time(path: str) -> str | None:
    """The day, and the time where there is one, in a name that WhatsApp gave. ISO 8601, local."""
    match = _own_name(file_name(path))
    if match is None:
        return None
    groups = match.groupdict()
    day, clock = groups["day"].replace("-", ""), groups.get("time")
    try:
        if clock:
            return datetime.strptime(f"{day} {clock}", "%Y%m%d %H-%M-%S").isoformat()
        return datetime.strptime(day, "%Y%m%d").date().isoformat()
    except ValueError:
        return None


def _own_name(name: str) -> re.Match[str] | None:
    return next((match for pattern in _OWN_NAMES if (match := pattern.fullmatch(name))), None)
