"""The answer as text for a terminal: grouped by who could see it. Readable without colour, at 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..types import EXPOSURES, Answer, Appearance, Exposure, Sighting
from . import words
from .advice import advice, caveat, title
from .facets import platforms
from .summary import summarise
from .text import cells, fit, fit_middle, line, pad, path, web
from .worklist import worklist

NARROWEST = 60  # columns: below that the table would say nothing; the terminal wraps it instead
LINKS = 12  # of the list to work through; JSON and HTML have all of them
SHORT = {"strong": "almost certainly", "likely": "probably", "possible": "possibly; check", "weak": "weak"}
BANDS = 16  # columns for the longest of them
DETAIL = " " * 7

_STYLES = {"bold": "1", "dim": "2", "public": "1;31", "network": "1;33", "unknown": "1;35", "private": "1;32"}


def terminal(answer: Answer, *, width: int = 80, colour: bool = False) -> str:
    """The whole answer. Links are never cut, so that they open; the rest fits into `width` columns."""
    return "\n".join(_Page(answer, max(width, NARROWEST), colour).lines()) + "\n"


class _Page:
    def __init__(self, answer: Answer, width: int, colour: bool) -> None:
        self.answer = answer
        self.width = width
        self.colour = colour
        self.summary = summarise(answer)

    def lines(self) -> Iterator[str]:
        yield from self.head()
        for level in EXPOSURES:
            yield from self.group(level)
        yield from self.section("In words", list(self.summary.sentences))
        yield from self.links()
        yield from self.advice()
        yield from self.section("What this cannot tell", words.limits(self.answer.person))

    def head(self) -> Iterator[str]:
        answer = self.answer
        yield from self.wrapped(self.summary.headline, style="bold")
        compared = f"{words.count(answer.faces, 'face')} in {words.count(answer.media, 'file')}"
        searched = words.listed([fit_middle(path(probe.path), self.width // 2) for probe in answer.probes])
        yield from self.wrapped(
            f"Searched by {searched or 'nothing'}; compared with {compared} from "
            f"{words.count(answer.sources, 'source')}; model {line(answer.pack)}.",
            style="dim",
        )

    def group(self, level: Exposure) -> Iterator[str]:
        group = [appearance for appearance in self.answer.appearances if appearance.exposure is level]
        if not group:
            return
        yield ""
        yield self.paint(f"{words.WHO_COULD_SEE[level]}: {len(group):,}", level.value)
        question = f"is it {words.you(self.answer.person)}?"
        fits = cells(question) <= BANDS
        yield self.paint(self.row("#", question if fits else "how sure", "score", "where", "when"), "dim")
        for appearance in group:
            yield from self.appearance(appearance)

    def row(self, rank: str, band: str, score: str, where: str, when: str) -> str:
        """5 + 2 + 16 + 2 + 5 + 2 + where + 2 + 10 columns."""
        free = self.width - (5 + 2 + BANDS + 2 + 5 + 2 + 2 + 10)
        return f"{rank:>5}  {pad(band, BANDS)}  {score:>5}  {pad(where, free)}  {fit(when, 10)}".rstrip()

    def appearance(self, appearance: Appearance) -> Iterator[str]:
        sighting = appearance.sightings[0]
        said = sighting.provenance
        band = SHORT[words.band(appearance)] if self.answer.calibrated else "not rated"
        when = words.day(said.posted and said.posted.at) or words.day(said.taken and said.taken.at) or ""
        yield self.row(str(appearance.rank), band, f"{appearance.score:.2f}", _where(sighting), when)
        yield self.detail(self.place(appearance))
        if said.link:
            yield DETAIL + (web(said.link.url) or fit(line(said.link.url), self.width - len(DETAIL)))
        if said.caption:
            yield self.detail(f"“{fit(line(said.caption), self.width - len(DETAIL) - 2)}”")
        if said.platform != "folder":
            yield from self.wrapped(said.exposure.reason, bullet=DETAIL, style="dim")

    def place(self, appearance: Appearance) -> str:
        """The path, shortened in its middle, with what must not be lost after it."""
        first = appearance.sightings[0]
        copies = len(appearance.sightings) - 1
        at = appearance.time_ms
        notes = [f"at {words.clock(at)}" if at is not None else None, "gone since" if first.gone else None]
        notes.append(f"+ {words.count(copies, 'other place')}" if copies else None)
        after = "".join(f"  ({note})" for note in notes if note)
        return fit_middle(path(first.path), self.width - len(DETAIL) - cells(after)) + after

    def detail(self, text: str) -> str:
        return DETAIL + self.paint(text, "dim")

    def section(self, heading: str, paragraphs: list[str]) -> Iterator[str]:
        if not paragraphs:
            return
        yield ""
        yield self.paint(heading, "bold")
        for paragraph in paragraphs:
            yield from self.wrapped(paragraph, bullet="- ")

    def links(self) -> Iterator[str]:
        tasks = worklist(self.answer)
        if not tasks:
            return
        yield ""
        yield self.paint(f"Links to work through: {len(tasks):,}", "bold")
        for task in tasks[:LINKS]:
            yield f"  {task.exposure.value:<8} {task.url}"
        if len(tasks) > LINKS:
            yield f"  and {len(tasks) - LINKS:,} more in the HTML report and the JSON"

    def advice(self) -> Iterator[str]:
        known = dict.fromkeys(entry for entry in map(advice, platforms(self.answer)) if entry)
        if not known:
            return
        yield ""
        yield self.paint("What you can do now", "bold")
        for entry in known:
            yield from self.wrapped(f"{entry.title}: {entry.short}", bullet="- ")
        menus = [entry for entry in known if entry.platform != "folder"]
        yield from self.wrapped(
            (caveat(menus[0].as_of) + " " if menus else "")
            + "The HTML report says more, also of tags and faces."
        )

    def wrapped(self, text: str, *, bullet: str = "", style: str = "") -> Iterator[str]:
        indent = " " * len(bullet)
        lines = textwrap.wrap(line(text), self.width - len(bullet), break_on_hyphens=False)
        for number, text in enumerate(lines):
            yield self.paint((indent if number else bullet) + text, style)

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style else text


def _where(sighting: Sighting) -> str:
    """ "Instagram, profile photo, ana.lisbon"."""
    said = sighting.provenance
    context = said.context if said.context != "file" else None
    parts = (title(said.platform), words.spaced(context), line(said.account or said.album or ""))
    return ", ".join(part for part in parts if part)
