"""When a timer runs, and the command line that it runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ...errors import UsageError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST = 15  # minutes: a re-scan of a large library takes up to a minute of a slow disk
MOST = 30 * 24 * 60  # minutes
UNITS = {"m": 1, "h": 60, "d": 24 * 60}

TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
SPAN = re.compile(r"([1-9]\d{0,5})([mhd])")


@dataclass(frozen=True, slots=True)
class When:
    """Daily at a time, weekly on a day (0 is Monday) at a time, or every so many minutes; `every` rules out
    the others.
    """

    hour: int = 3
    minute: int = 0
    weekday: int | None = None
    every: int | None = None  # minutes

    @property
    def words(self) -> str:
        """As `read_words` takes it."""
        if self.every is not None:
            unit = next(unit for unit in "dhm" if self.every % UNITS[unit] == 0)
            return f"every {self.every // UNITS[unit]}{unit}"
        time = f"{self.hour:02}:{self.minute:02}"
        return f"daily {time}" if self.weekday is None else f"weekly {DAYS[self.weekday]} {time}"


def daily(time: str) -> When:
    """From 03:00. Raises UsageError."""
    hour, minute = _time(time)
    return When(hour, minute)


def weekly(day: str, time: str) -> When:
    """From mon 03:00. Raises UsageError."""
    if day.lower() not in DAYS:
        raise UsageError(f"{day!r} is no day; write one of {', '.join(DAYS)}, as in: --weekly mon 03:00")
    hour, minute = _time(time)
    return When(hour, minute, weekday=DAYS.index(day.lower()))


def every(span: str) -> When:
    """From 6h, 30m or 2d. Raises UsageError."""
    found = SPAN.fullmatch(span)
    if not found:
        raise UsageError(f"{span!r} is no span of time; write a number and m, h or d, as in: --every 6h")
    minutes = int(found[1]) * UNITS[found[2]]
    if not LEAST <= minutes <= MOST:
        raise UsageError(
            f"--every takes {LEAST}m at the least and {MOST // UNITS['d']}d at the most, not {span}"
        )
    return When(every=minutes)


def read_words(words: str) -> When:
    """The inverse of When.words. Raises UsageError."""
    match words.split():
        case ["daily", time]:
            return daily(time)
        case ["weekly", day, time]:
            return weekly(day, time)
        case ["every", span]:
            return every(span)
    raise UsageError(f"{words!r} says no time")


def next_run(when: When, now: datetime) -> datetime | None:
    """The next run by the clock on the wall; None when it depends on when the last one was."""
    if when.every is not None:
        return None
    first = now.replace(hour=when.hour, minute=when.minute, second=0, microsecond=0)
    candidates = (first + timedelta(days=days) for days in range(9))
    return next(moment for moment in candidates if moment > now and when.weekday in (None, moment.weekday()))


def _time(text: str) -> tuple[int, int]:
    found = TIME.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no time of day; write hours and minutes, as in 03:00 or 17:45")
    return int(found[1]), int(found[2])


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a generator needs. Nothing in it is secret."""

    when: When
    python: str  # absolute path of the interpreter that has selfsearch
    home: Path
    keys: Path
    name: str = "selfsearch"
    telling: frozenset[str] = frozenset()  # kinds of notification: desktop, file, mail, network
    writable: tuple[Path, ...] = ()  # files that notifications go to
    namespaces: bool = False  # whether ordinary users may make user namespaces here
    private_tmp: bool = True  # a private /tmp would hide the library or a source that lies there
    user: str = ""  # Windows: DOMAIN\name
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> tuple[str, ...]:
        """What the timer runs."""
        return (self.python, "-m", "selfsearch", "rescan", "--scheduled")

    @property
    def environment(self) -> dict[str, str]:
        """Always said, because a timer's environment lacks what a login shell sets, XDG_DATA_HOME for one."""
        return {
            "SELFSEARCH_HOME": str(self.home),
            "SELFSEARCH_KEYS": str(self.keys),
            "PYTHONSAFEPATH": "1",  # a file called selfsearch.py in the working folder is not us
            **self.extra,
        }


def name_for(home: Path, usual: Path) -> str:
    """The timer's name: each library has its own timer, and the usual library's is called plainly."""
    if home == usual:
        return "selfsearch"
    return "selfsearch-" + hashlib.sha256(str(home).encode()).hexdigest()[:8]


def check(plan: Plan, forbidden: str, where: str) -> None:
    """Refuse paths that `where` cannot express. Raises UsageError."""
    for text in (plan.python, *plan.environment.values()):
        bad = sorted(
            {letter for letter in text if letter in forbidden or ord(letter) < 32 or ord(letter) == 127}
        )
        if bad:
            raise UsageError(
                f"{where} cannot be given the path {text!r}: it holds {' '.join(map(repr, bad))}"
            )
