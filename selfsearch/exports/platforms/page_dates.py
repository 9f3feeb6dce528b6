"""Times as web pages show them: "Jun 17, 2023 12:01 pm", "17. Juni 2023, 12:01", "2023/06/17 12:01".

They are in the language of the account and without a zone. A word that is not known, a month that is another
one in another language, and an order of day and month that nobody can tell leave the time unknown.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from ..path_index import fold
from .dates import is_plausible_date
from .parsing import load_words

MAX_LENGTH = 60  # characters of a time, with the words in it
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})\s*([-./])\s*(\d{1,2})\s*\2\s*(\d{1,4})(?!\d)")
_NUMBERED_MONTH = re.compile(r"(?:\b(?:tháng|thg)\s*(\d{1,2})(?!\d))|(?:(?<!\d)(\d{1,2})\s*[月월])")
_SIGNS = re.compile(r"[年日년일,\u200e\u200f\u061c،]")


def looks_like_time(text: str) -> bool:
    """Whether this is a time and little else, in whatever language."""
    return len(text) <= MAX_LENGTH and bool(_CLOCK.search(text) and _YEAR.search(text))


def parse_shown_time(text: str) -> str | None:
    """The time that a line of a page is, as ISO 8601 without a zone; None when there is any doubt."""
    if not looks_like_time(text):
        return None
    text = fold(text)
    clock = _CLOCK.search(text)
    if clock is None:
        return None
    before, after = (_SIGNS.sub(" ", part) for part in (text[: clock.start()], text[clock.end() :]))
    rest, afternoon = _without_half_of_day(before, after)
    date = _date_in(rest)
    hour = _hour(int(clock[1]), afternoon)
    if date is None or hour is None:
        return None
    try:
        when = datetime(*date, hour, int(clock[2]), int(clock[3] or 0))
    except ValueError:
        return None
    return when.isoformat() if is_plausible_date(when) else None


def _hour(hour: int, afternoon: bool | None) -> int | None:
    """Of the day; None when a clock does not show it."""
    if afternoon is None or hour > 12:
        return hour
    return hour % 12 + 12 * afternoon


def _plain(text: str) -> str:
    return " ".join(fold(text).replace(".", "").split())


def _without_half_of_day(before: str, after: str) -> tuple[str, bool | None]:
    """What stands around the clock without the "am" or "pm" beside it, and whether it said "pm"."""
    for field in ("pm", "am"):
        ahead, behind = _beside_clock(field)
        for pattern, text, other in ((ahead, before, after), (behind, after, before)):
            if pattern.search(text):
                return f"{pattern.sub(' ', text)} {other}", field == "pm"
    return f"{before} {after}", None


@cache
def _beside_clock(field: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The words for a half of the day at the end of a text, and at its beginning."""
    spellings = ("[.]? ?".join(map(re.escape, word.replace(" ", ""))) for word in _words(field))
    either = "|".join(spellings)
    return re.compile(rf"(?:^|\s)(?:{either})[.]?\s*$"), re.compile(rf"^\s*(?:{either})[.]?(?=\s|$)")


def _date_in(text: str) -> tuple[int, int, int] | None:
    """Year, month and day, when there is nothing else."""
    if (match := _NUMBERS.search(text)) and not _unknown(_NUMBERS.sub(" ", text, count=1)):
        return _ordered(int(match[1]), int(match[3]), int(match[4]), match[2])
    month = None
    if match := _NUMBERED_MONTH.search(text):
        month, text = int(match[1] or match[2]), _NUMBERED_MONTH.sub(" ", text, count=1)
    words = _unknown(text)
    if month is None:
        months = _months().get(words[0], frozenset()) if len(words) == 1 else frozenset()
        month, words = (next(iter(months)), []) if len(months) == 1 else (None, words)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    years = [number for number in numbers if number > 31]
    days = [number for number in numbers if number <= 31]
    if words or month is None or len(years) != 1 or len(days) != 1:
        return None
    return years[0], month, days[0]


def _ordered(first: int, second: int, third: int, sign: str) -> tuple[int, int, int] | None:
    """Three numbers as year, month and day; with slashes only where one of them can be no month."""
    if first > 31:
        return first, second, third
    if sign == "." or first > 12:
        return third, second, first
    return (third, first, second) if second > 12 else None


def _unknown(text: str) -> list[str]:
    """The words of a text but for those that stand between the parts of a time."""
    text = f" {_plain(re.sub(r'[0-9]+', ' ', text))} "
    for word in _words("between"):
        text = text.replace(f" {word} ", " ")
    return text.split()


@cache
def _words(field: str) -> tuple[str, ...]:
    """Longer ones first, for they may hold others."""
    return tuple(sorted({_plain(word) for word in load_words("page_dates", field)}, key=len, reverse=True))


@cache
def _months() -> dict[str, frozenset[int]]:
    """Word -> the months that it stands for, in whatever languages."""
    months: dict[str, frozenset[int]] = {}
    for number in range(1, 13):
        for word in _words(f"month_{number}"):
            months[word] = months.get(word, frozenset()) | {number}
    return months
