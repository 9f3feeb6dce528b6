"""Charts as SVG: axes, ticks and points worked out here, drawn by page.html. Sizes are in SVG units."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 96, 30, 18, 56  # margins, in which ticks and titles stand


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`. On a logarithmic axis, what is not above 0 stands at its low end."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    is_log: bool = False

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high end; never beyond."""
        low, high = self.low, self.high
        if self.is_log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        return min(1.0, max(0.0, (value - low) / ((high - low) or 1.0)))


def decades(title: str, low: int, high: int, words: Callable[[float], str], *, every: int = 1) -> Axis:
    """A logarithmic axis from 10^low to 10^high with a tick at each decade, and words at every so many."""
    ticks = tuple(
        (10.0**power, words(10.0**power) if (high - power) % every == 0 else "")
        for power in range(low, high + 1)
    )
    return Axis(title, 10.0**low, 10.0**high, ticks, is_log=True)


def number(value: float) -> str:
    """0.01"""
    return f"{value:.7f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """1 %"""
    return f"{number(100 * value)} %"


def one_in(value: float) -> str:
    """1 in 100"""
    return "1" if value == 1 else f"1 in {round(1 / value):,}"


@dataclass(frozen=True)
class Point:
    """A point with words for it, and the ends of its interval."""

    x: float
    y: float
    words: str
    low: float | None = None
    high: float | None = None
    is_hollow: bool = False  # nothing was counted: it is at the end of the axis


@dataclass(frozen=True)
class Series:
    """A line, the points on it, or both. `kind` is its class in the style."""

    name: str
    kind: str
    points: Sequence[Point]
    is_line: bool = True
    is_area: bool = False
    is_dotted: bool = True


@dataclass(frozen=True)
class Mark:
    """A value on an axis, with a word."""

    at: float
    word: str
    kind: str


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws, in pixels."""

    title: str
    words: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    marks: Sequence[Mark] = ()  # on the x axis
    levels: Sequence[Mark] = ()  # on the y axis
    left: int = LEFT  # of the plot
    width: int = field(default=WIDTH, init=False)
    height: int = field(default=HEIGHT, init=False)
    top: int = field(default=TOP, init=False)
    right: int = field(default=WIDTH - RIGHT, init=False)  # of the plot
    bottom: int = field(default=HEIGHT - BOTTOM, init=False)

    def px(self, value: float) -> float:
        """Where a value is across."""
        return round(self.left + self.x.place(value) * (self.right - self.left), 1)

    def py(self, value: float) -> float:
        """Where a value is down."""
        return round(self.bottom - self.y.place(value) * (self.bottom - self.top), 1)

    def path(self, series: Series) -> str:
        """The line through the points."""
        steps = [f"{self.px(point.x)},{self.py(point.y)}" for point in series.points]
        if series.is_area and steps:
            ends = self.px(series.points[0].x), self.px(series.points[-1].x)
            steps = [f"{ends[0]},{self.bottom}", *steps, f"{ends[1]},{self.bottom}"]
        return "M" + " L".join(steps) if steps else ""


def span(values: Iterable[float]) -> tuple[int, int]:
    """The powers of ten between which all values above 0 are; one decade at least."""
    powers = [math.log10(value) for value in values if value > 0] or [0.0]
    low, high = math.floor(min(powers)), math.ceil(max(powers))
    return low, max(high, low + 1)
