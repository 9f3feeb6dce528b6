"""The line grammar of WhatsApp's chat text: where a message begins, who wrote it, and when.

The text follows the phone's language and settings and says nothing about them. So a line is recognised by its
shape, and the order of day and month is inferred once per file from everything in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise
from typing import NamedTuple

MAX_BODY = 1 << 16  # characters kept of one message; WhatsApp itself allows 65,536
MAX_SENDER = 100  # characters; a name on WhatsApp has at most 25, a contact's may be longer
MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # invisible direction marks

_WHEN = (
    r"(\d{1,4})([/.\-])\s?(\d{1,2})[/.\-]\s?(\d{1,4})\.?"  # date: three fields in any order
    r"(?:[,\u060c\u3001]\s*|\s+)(?:([^\W\d_]{1,6}\.?)[,\u060c]?\s*)?"  # "klo", "à", a leading am/pm
    r"(\d{1,2})(?:[:.]|\s?h\s?)(\d{2})(?:[:.](\d{2}))?"  # time
    r"(?:\s*([^\W\d_][^\d\]:\-]{0,8}?))?"  # am/pm, or a word for "o'clock"
)
BRACKETS = re.compile(r"\[\s?" + _WHEN + r"\s*\]\s?")  # iOS: [DATE, TIME] Name: text
DASH = re.compile(_WHEN + r"\s[-\u2013]\s")  # Android: DATE, TIME - Name: text
COLON = re.compile(_WHEN + r":\s")  # iOS until about 2016: DATE, TIME: Name: text

_MORNING = {"am", "ص", "πμ", "öö", "오전", "上午", "午前", "sa", "de", "قظ"}
_EVENING = {"pm", "م", "μμ", "ös", "오후", "下午", "午後", "ch", "du", "بظ"}
_FILLERS = {
    "",
    "uhr",
    "h",
    "hs",
    "hrs",
    "klo",
    "kl",
    "à",
    "às",
    "um",
    "at",
    "om",
    "\u0433",
    "\u0447",
}  # "year", "hour" in Russian

_FIRST_YEAR, _LAST_YEAR = 2009, 2100  # WhatsApp began in 2009

Fields = tuple[int, int, int]
Order = tuple[int, int, int]  # which field is the year, the month, the day
ORDERS: dict[str, Order] = {"D/M/Y": (2, 1, 0), "M/D/Y": (2, 0, 1), "Y/M/D": (0, 1, 2)}


class Stamp(NamedTuple):
    """The head of a message before anyone knows which field is the day."""

    fields: Fields
    sign: str  # what separates the fields
    clock: tuple[int, int, int] | None  # hour, minute, second; None when morning or evening is not known


@dataclass(slots=True)
class Message:
    """One message or system event. Texts are NFC and free of direction marks."""

    stamp: Stamp
    sender: str | None  # None for a system event
    marked: bool  # the body began with a direction mark: on iOS a system text or an attachment
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, line: str) -> None:
        """Take one more line, up to what a message can hold."""
        if self.size + len(line) <= MAX_BODY and len(self.lines) < MAX_BODY:
            self.lines.append(line)
        self.size += len(line) + 1


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Every message. Lines that do not begin one belong to the message before them."""
    current: Message | None = None
    styles: Sequence[re.Pattern[str]] = (BRACKETS, DASH, COLON)
    for raw in lines:
        text = clean(raw)
        head = next((found for style in styles if (found := style.match(text))), None)
        if head is None:
            if current is not None:
                current.add(text)
            continue
        if current is not None:
            yield current
        styles = (head.re,)  # one file has one style; the others would only be found inside quoted chats
        current = _begin(raw, text, head)
    if current is not None:
        yield current


def clean(text: str) -> str:
    """Without direction marks and line ends, in the Unicode form in which names are compared."""
    text = text.rstrip("\r\n")
    return text if text.isascii() else unicodedata.normalize("NFC", MARKS.sub("", text))


def _begin(raw: str, text: str, head: re.Match[str]) -> Message:
    rest = text[head.end() :]
    sender, colon, body = rest.partition(":")
    if not (colon and sender.strip() and len(sender) <= MAX_SENDER and body[:1] in ("", " ", "\u00a0")):
        message = Message(_stamp(head), None, False)
        message.add(rest)
        return message
    before = text.count(":", 0, head.end()) + 1
    unclean = raw.split(":", before)[before].lstrip()  # the same body with its marks
    message = Message(_stamp(head), sender.strip(), MARKS.match(unclean) is not None)
    message.add(body.strip())
    return message


def _stamp(head: re.Match[str]) -> Stamp:
    first, sign, second, third, before, hour, minute, seconds, after = head.groups()
    clock = _clock(int(hour), int(minute), int(seconds or 0), {_word(before), _word(after)})
    return Stamp((int(first), int(second), int(third)), sign, clock)


def _word(text: str | None) -> str:
    return "".join(filter(str.isalpha, text or "")).casefold()


def _clock(hour: int, minute: int, second: int, words: set[str]) -> tuple[int, int, int] | None:
    if words & _EVENING and hour <= 12:
        hour = hour % 12 + 12
    elif words & _MORNING and hour <= 12:
        hour %= 12
    elif hour <= 12 and words - _FILLERS:
        return None  # an unknown word may mean morning or evening
    return (hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def day(fields: Fields, order: Order) -> date | None:
    """The calendar day that three fields mean in this order; None when there is no such day."""
    year, month, number = (fields[place] for place in order)
    if year < 100:
        year += 2000
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def moment(stamp: Stamp, order: Order | None) -> str | None:
    """ISO 8601 without a zone (the chat has none): date and time, the date alone, or None."""
    known = day(stamp.fields, order) if order else None
    if known is None:
        return None
    return datetime.combine(known, time(*stamp.clock)).isoformat() if stamp.clock else known.isoformat()


class Dates:
    """What a file tells about the order of day, month and year."""

    def __init__(self) -> None:
        self._seen: list[Fields] = []  # as they follow one another, repetitions left out
        self._named: list[tuple[Fields, date]] = []
        self._sign = ""

    def see(self, stamp: Stamp) -> None:
        """A message stands here."""
        if not self._seen or self._seen[-1] != stamp.fields:
            self._seen.append(stamp.fields)
            self._sign = self._sign or stamp.sign

    def name(self, stamp: Stamp, named: date) -> None:
        """A message of this stamp brings a file whose name holds this date."""
        self._named.append((stamp.fields, named))

    def order(self) -> Order | None:
        """The order of the whole file, or None when two orders remain equally good."""
        left = list(ORDERS.values())
        for judge in (self._valid, self._as_named, self._rising):
            marks = {order: judge(order) for order in left}
            left = [order for order in left if marks[order] == max(marks.values())]
            if len(left) == 1 and self._valid(left[0]):
                return left[0]
        # A year of two digits stands first only where nothing else fits. No country writes month.day.year or
        # month-day-year; with a slash both orders are in use.
        left = [order for order in left if order != ORDERS["Y/M/D"]] or left
        if len(left) > 1 and self._sign in (".", "-"):
            left = [ORDERS["D/M/Y"]]
        return left[0] if len(left) == 1 and self._valid(left[0]) else None

    def _valid(self, order: Order) -> int:
        return sum(day(fields, order) is not None for fields in self._seen)

    def _as_named(self, order: Order) -> int:
        return sum(day(fields, order) == named for fields, named in self._named)

    def _rising(self, order: Order) -> int:
        days = [known for fields in self._seen if (known := day(fields, order))]
        return -sum(later < earlier for earlier, later in pairwise(days))
