"""The answer as text for a terminal: grouped by who could see it. Readable without colour, at 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..types import Answer, Appearance, Exposure, Provenance
from . import wording
from .advice import advice_for, caveat, platform_name
from .sanitize import line, visible, web
from .summary import by_exposure, platforms, summarise, worklist
from .wording import quantity

MIN_WIDTH = 60  # columns: below that the table would say nothing; the terminal wraps it instead
MAX_LINKS = 12  # of the list to work through; JSON and HTML have all of them
SHORT_BANDS = {
    "confirmed": "confirmed",
    "strong": "almost certainly",
    "likely": "probably",
    "possible": "possibly; check",
    "weak": "weak",
}
BAND_WIDTH = 16  # columns for the longest of them
INDENT = " " * 7

_STYLES = {"bold": "1", "dim": "2", "public": "1;31", "network": "1;33", "unknown": "1;35", "private": "1;32"}


def to_text(answer: Answer, *, width: int = 80, colour: bool = False) -> str:
    """The whole answer. Links are never cut, so that they open; the rest fits into `width` columns."""
    lines = _Renderer(answer, max(width, MIN_WIDTH)).lines()
    return "".join(f"{_painted(visible(text), style if colour else '')}\n" for text, style in lines)


def _painted(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style else text


Line = tuple[str, str]  # text, and the style of all of it, "" for none


class _Renderer:
    def __init__(self, answer: Answer, width: int) -> None:
        self.answer = answer
        self.width = width
        self.summary = summarise(answer)

    def lines(self) -> Iterator[Line]:
        yield from self.head()
        for level, appearances in by_exposure(self.answer).items():
            if appearances:
                yield from self.group(level, appearances)
        yield from self.section("In words", list(self.summary.sentences))
        yield from self.links()
        yield from self.advice()
        yield from self.section("What this cannot tell", wording.limits(self.answer.person))

    def head(self) -> Iterator[Line]:
        answer = self.answer
        yield from self.wrapped(self.summary.headline, style="bold")
        probes = wording.join_and(
            [fit_middle(visible(probe.path), self.width // 2) for probe in answer.probes]
        )
        yield from self.wrapped(
            f"Searched by {probes or 'nothing'}; compared with {wording.searched(answer)}; "
            f"model {line(answer.pack)}.",
            style="dim",
        )

    def group(self, level: Exposure, appearances: list[Appearance]) -> Iterator[Line]:
        yield "", ""
        yield f"{wording.WHO_COULD_SEE[level]}: {len(appearances):,}", level.value
        question = f"is it {wording.you(self.answer.person)}?"
        fits = cells(question) <= BAND_WIDTH
        yield self.row("#", question if fits else "how sure", "score", "where", "when"), "dim"
        for appearance in appearances:
            yield from self.appearance(appearance)

    def row(self, rank: str, band: str, score: str, where: str, when: str) -> str:
        """5 + 2 + 16 + 2 + 5 + 2 + where + 2 + 10 columns."""
        free = self.width - (5 + 2 + BAND_WIDTH + 2 + 5 + 2 + 2 + 10)
        return f"{rank:>5}  {pad(band, BAND_WIDTH)}  {score:>5}  {pad(where, free)}  {fit(when, 10)}".rstrip()

    def appearance(self, appearance: Appearance) -> Iterator[Line]:
        provenance = appearance.sightings[0].provenance
        band = SHORT_BANDS[wording.band_of(appearance)]
        if not self.answer.calibrated and appearance.verdict is None:
            band = "not rated"
        score, when = f"{appearance.score:.2f}", wording.day_of(provenance)
        yield self.row(str(appearance.rank), band, score, _where(provenance), when), ""
        yield INDENT + self.place(appearance), "dim"
        room = self.width - len(INDENT)
        if provenance.link:
            yield INDENT + (web(provenance.link.url) or fit(line(provenance.link.url), room)), ""
        if provenance.caption:
            yield f"{INDENT}“{fit(line(provenance.caption), room - 2)}”", "dim"
        if provenance.platform != "folder":
            yield from self.wrapped(provenance.exposure.reason, bullet=INDENT, style="dim")

    def place(self, appearance: Appearance) -> str:
        """The path, shortened in its middle, with what must not be lost after it."""
        first, *copies = appearance.sightings
        time = appearance.time_ms
        notes = (
            f"  (at {wording.timecode(time)})" if time is not None else "",
            "  (gone since)" if first.gone else "",
            f"  (+ {quantity(len(copies), 'other place')})" if copies else "",
        )
        after = "".join(notes)
        return fit_middle(visible(first.path), self.width - len(INDENT) - cells(after)) + after

    def section(self, heading: str, paragraphs: list[str]) -> Iterator[Line]:
        if not paragraphs:
            return
        yield "", ""
        yield heading, "bold"
        for paragraph in paragraphs:
            yield from self.wrapped(paragraph, bullet="- ")

    def links(self) -> Iterator[Line]:
        tasks = worklist(self.answer)
        if not tasks:
            return
        yield "", ""
        yield f"Links to work through: {len(tasks):,}", "bold"
        for task in tasks[:MAX_LINKS]:
            yield f"  {task.exposure.value:<8} {task.url}", ""
        if len(tasks) > MAX_LINKS:
            yield f"  and {len(tasks) - MAX_LINKS:,} more in the HTML report and the JSON", ""

    def advice(self) -> Iterator[Line]:
        entries = advice_for(platforms(self.answer))
        yield from self.section("What you can do now", [f"{entry.title}: {entry.short}" for entry in entries])
        menus = [caveat(entry.as_of) for entry in entries if entry.platform != "folder"][:1]
        if entries:
            yield from self.wrapped(" ".join([*menus, "The HTML report says more, also of tags and faces."]))

    def wrapped(self, text: str, *, bullet: str = "", style: str = "") -> Iterator[Line]:
        lines = textwrap.wrap(line(text), self.width - len(bullet), break_on_hyphens=False)
        for number, text in enumerate(lines):
            yield (" " * len(bullet) if number else bullet) + text, style


def _where(provenance: Provenance) -> str:
    """ "Instagram, profile photo, ana.lisbon"."""
    account = line(provenance.account or provenance.album or "")
    parts = (platform_name(provenance.platform), wording.context(provenance), account)
    return ", ".join(part for part in parts if part)


# Columns of a terminal: some characters take two, some none


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """The text, cut at its end to at most `width` columns."""
    if cells(text) <= width:
        return text
    return _head(text, width - 1) + "…" if width > 0 else ""


def fit_middle(text: str, width: int) -> str:
    """The text, cut in its middle to at most `width` columns: a path's begin and end both tell something."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    tail = _tail(text, (width - 1) * 2 // 3)
    return _head(text, width - 1 - cells(tail)) + "…" + tail


def pad(text: str, width: int) -> str:
    """The text in exactly `width` columns."""
    text = fit(text, width)
    return text + " " * (width - cells(text))


def _head(text: str, width: int) -> str:
    """As much of the beginning as fits: measured whole, since some signs combine."""
    end = 0
    while end < len(text) and cells(text[: end + 1]) <= width:
        end += 1
    return text[:end]


def _tail(text: str, width: int) -> str:
    start = len(text)
    while start and cells(text[start - 1 :]) <= width:
        start -= 1
    return text[start:]
