"""When a timer runs, the command line that it runs, and how the system's own tools are called for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ...errors import UsageError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST = 15  # minutes: a re-scan of a large library takes up to a minute of a slow disk
MOST = 30 * 24 * 60  # minutes
NO_PROGRAM = 127  # the shell's own exit code for it
UNITS = {"m": 1, "h": 60, "d": 24 * 60}

TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
SPAN = re.compile(r"([1-9]\d{0,5})([mhd])")


@dataclass(frozen=True, slots=True)
class When:
    """Daily or weekly (0 is Monday) at a time, or every so many minutes; `every` rules out the others."""

    hour: int = 3
    minute: int = 0
    weekday: int | None = None
    every: int | None = None  # minutes

    @property
    def text(self) -> str:
        """As `parse_when` takes it."""
        if self.every is not None:
            unit = next(unit for unit in "dhm" if self.every % UNITS[unit] == 0)
            return f"every {self.every // UNITS[unit]}{unit}"
        time = f"{self.hour:02}:{self.minute:02}"
        return f"daily {time}" if self.weekday is None else f"weekly {DAYS[self.weekday]} {time}"


def daily(time: str) -> When:
    """From 03:00. Raises UsageError."""
    hour, minute = _hour_and_minute(time)
    return When(hour, minute)


def weekly(day: str, time: str) -> When:
    """From mon 03:00. Raises UsageError."""
    if day.lower() not in DAYS:
        raise UsageError(f"{day!r} is no day; write one of {', '.join(DAYS)}, as in: --weekly mon 03:00")
    hour, minute = _hour_and_minute(time)
    return When(hour, minute, weekday=DAYS.index(day.lower()))


def every(span: str) -> When:
    """From 6h, 30m or 2d. Raises UsageError."""
    match = SPAN.fullmatch(span)
    if not match:
        raise UsageError(f"{span!r} is no span of time; write a number and m, h or d, as in: --every 6h")
    minutes = int(match[1]) * UNITS[match[2]]
    if not LEAST <= minutes <= MOST:
        raise UsageError(
            f"--every takes {LEAST}m at the least and {MOST // UNITS['d']}d at the most, not {span}"
        )
    return When(every=minutes)


def parse_when(text: str) -> When:
    """The inverse of When.text. Raises UsageError."""
    match text.split():
        case ["daily", time]:
            return daily(time)
        case ["weekly", day, time]:
            return weekly(day, time)
        case ["every", span]:
            return every(span)
    raise UsageError(f"{text!r} says no time")


def next_run(when: When, now: datetime) -> datetime | None:
    """The next run by the clock on the wall; None when it depends on when the last one was."""
    if when.every is not None:
        return None
    first = now.replace(hour=when.hour, minute=when.minute, second=0, microsecond=0)
    candidates = (first + timedelta(days=days) for days in range(9))
    return next(time for time in candidates if time > now and when.weekday in (None, time.weekday()))


def _hour_and_minute(text: str) -> tuple[int, int]:
    match = TIME.fullmatch(text)
    if not match:
        raise UsageError(f"{text!r} is no time of day; write hours and minutes, as in 03:00 or 17:45")
    return int(match[1]), int(match[2])


@dataclass(frozen=True, slots=True)
class Plan:
    """All that goes into a timer. Nothing in it is secret."""

    when: When
    python: str  # absolute path of the interpreter that has selfsearch
    home: Path
    keys: Path
    name: str = "selfsearch"
    channels: frozenset[str] = frozenset()  # kinds of notification: desktop, file, mail, network
    writable: tuple[Path, ...] = ()  # files that notifications go to
    namespaces: bool = False  # whether ordinary users may make user namespaces here
    private_tmp: bool = True  # a private /tmp would hide the library or a source that lies there
    user: str = ""  # Windows: DOMAIN\name

    @property
    def command(self) -> tuple[str, ...]:
        """What the timer runs."""
        return (self.python, "-m", "selfsearch", "rescan", "--scheduled")

    @property
    def environment(self) -> dict[str, str]:
        """Always given: a timer's environment lacks what a login shell sets, XDG_DATA_HOME for one."""
        return {
            "SELFSEARCH_HOME": str(self.home),
            "SELFSEARCH_KEYS": str(self.keys),
            "PYTHONSAFEPATH": "1",  # a file called selfsearch.py in the working folder is not us
        }


def name_for(home: Path, default_home: Path) -> str:
    """The timer's name: each library has its own timer, and the usual library's is called plainly."""
    if home == default_home:
        return "selfsearch"
    return "selfsearch-" + hashlib.sha256(str(home).encode()).hexdigest()[:8]


def check_paths(plan: Plan, forbidden: str, system: str) -> None:
    """Refuse paths that `system` cannot express. Raises UsageError."""
    for text in (plan.python, *plan.environment.values()):
        bad = sorted(
            {letter for letter in text if letter in forbidden or ord(letter) < 32 or ord(letter) == 127}
        )
        if bad:
            raise UsageError(
                f"{system} cannot be given the path {text!r}: it holds {' '.join(map(repr, bad))}"
            )


@dataclass(frozen=True, slots=True)
class CompletedProcess:
    """How a program ended, and what it printed."""

    returncode: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def is_missing(self) -> bool:
        """Whether the machine has no such program."""
        return self.returncode == NO_PROGRAM

    @property
    def reason(self) -> str:
        """Its last line on stderr, else its exit code."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.returncode}"


# runs a command line to its end, with this on its stdin
Runner = Callable[[Sequence[str], bytes], CompletedProcess]


@dataclass(frozen=True, slots=True)
class Timer:
    """What the system says about a timer. Times are as it prints them."""

    system: str
    installed: bool
    when: str | None = None
    next_run: str | None = None
    last_run: str | None = None
    result: str | None = None
    problem: str | None = None  # why it may not run although it is installed, and what to do

    @classmethod
    def by_the_clock(cls, system: str, when: When | None, now: datetime) -> Timer:
        """An installed timer of a system that says nothing but when it runs."""
        moment = next_run(when, now) if when else None
        return cls(system, True, when.text if when else None, moment.isoformat() if moment else None)
