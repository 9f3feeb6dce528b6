"""The answer as text for a terminal: grouped by who could see it. Readable without colour, at 80 columns.

Three forms: the short one fits about a screen, the long one says everything, the brief one only counts. Words
are never broken, and ids, links and paths never cut: what is wider than the terminal is left to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import groupby, takewhile

from ..types import Answer, Appearance, Exposure, Provenance, Sighting
from ..words import quantity
from . import wording
from .advice import advice_for, caveat, platform_name
from .sanitize import line, visible, web
from .summary import platforms, summarise, worklist
from .wording import join_and

MIN_WIDTH = 60  # columns: below that the terminal wraps the lines
MIN_WHERE = 24  # columns for the words on where it is; with fewer they have a line of their own
SCREENFUL = 20  # appearances in the short form
MAX_WORD = 30  # columns of a platform's word for an audience
MAX_LINKS = 12  # of the list to work through; JSON and HTML have all of them
SHORT_BANDS = {
    "confirmed": "confirmed",
    "strong": "almost certainly",
    "likely": "probably",
    "possible": "possibly; check",
    "weak": "weak; unlikely",
}
BAND_WIDTH = 16  # columns for the longest of them
MAYBE = "maybe another"  # where the names do not fit there; a note says them
DAY_WIDTH = 10
COUNTED_AS = {
    Exposure.PUBLIC: "public",
    Exposure.NETWORK: "for friends or a group",
    Exposure.UNKNOWN: "of unknown audience",
    Exposure.PRIVATE: "private",
}

_STYLES = {"bold": "1", "dim": "2", "public": "1;31", "network": "1;33", "unknown": "1;35", "private": "1;32"}


class Form(Enum):
    """How much of the answer is said."""

    BRIEF = "brief"  # the headline and the counts
    SHORT = "short"  # and the first appearances, a line or two each
    LONG = "long"  # and everything about each of them, advice and limits


def to_text(
    answer: Answer,
    *,
    form: Form = Form.SHORT,
    most: int | None = SCREENFUL,
    command: str | None = "selfsearch",
    width: int = 80,
    colour: bool = False,
) -> str:
    """The answer in one of its forms, laid out for `width` columns.

    The short one lists at most `most`, and says what to do next, with `command` as it is to be typed here
    (None: nothing to do).
    """
    width = max(width, MIN_WIDTH)
    if form is Form.LONG:
        lines = _Long(answer, width).lines()
    else:
        short = _Short(answer, width, most, command)
        lines = short.head() if form is Form.BRIEF else short.lines()
    return "".join(
        f"{_painted(visible(text).replace(NO_BREAK, ' '), style if colour else '')}\n"
        for text, style in lines
    )


def _painted(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style else text


Line = tuple[str, str]  # text, and the style of all of it, "" for none
BLANK: Line = ("", "")


class _Writer:
    """What the forms share: the head, and the columns of a row."""

    def __init__(self, answer: Answer, width: int, most: int | None = None) -> None:
        self.answer = answer
        self.listed = answer.appearances[:most]
        self.width = width
        self.summary = summarise(answer)
        self.rank_width = len(str(len(self.listed)))
        self.indent = " " * (self.rank_width + 2)

    def head(self) -> Iterator[Line]:
        """The headline and the counts, of everything found."""
        yield from self.wrapped(self.summary.headline, style="bold")
        counts = self.summary.exposure
        parts = [
            f"{counts[level.value]:,} {words}"
            for level, words in COUNTED_AS.items()
            if counts[level.value] or level is Exposure.PUBLIC
        ]
        if self.answer.found:
            yield from self.wrapped(
                f"{quantity(self.summary.appearances, 'appearance')}: {', '.join(parts)}."
            )
        if replaced := wording.replaced(self.answer):
            yield from self.wrapped(f"{replaced}.")

    def groups(self) -> Iterator[tuple[list[Line], list[Appearance]]]:
        """A heading, who could see them and how many, and those that they could see."""

        def group(appearance: Appearance) -> tuple[bool, Exposure]:
            return self.answer.is_by_date and not appearance.is_dated, appearance.exposure

        for (is_apart, level), members in groupby(self.listed, group):
            appearances = list(members)
            who, total = wording.WHO_COULD_SEE[level], self.summary.exposure[level.value]
            number = f"{len(appearances):,}"
            if is_apart:
                who = f"Without a date; {who[:1].lower()}{who[1:]}"
            elif len(appearances) < total:
                number += f" of {total:,}"
            yield list(self.wrapped(f"{who}: {number}", style=level.value)), appearances

    def columns(self, rank: str, id_: str, band: str, score: str, when: str) -> str:
        """All columns but the last, which is where."""
        score = f"{score:>5}  " if score else ""
        return f"{rank:>{self.rank_width}}  {id_:<6}  {band:<{BAND_WIDTH}}  {score}{when:<{DAY_WIDTH}}"

    def heading(self, *, score: str = "") -> Line:
        """The names of the columns."""
        question = f"is it {wording.you(self.answer.person)}?"
        how_sure = question if cells(question) <= BAND_WIDTH else "how sure"
        return f"{self.columns('#', 'id', how_sure, score, 'when')}  where", "dim"

    def row(
        self, appearance: Appearance, where: str, whole: Sequence[str] = (), score: str = ""
    ) -> Iterator[Line]:
        """The columns, then where; what has to stay whole stands beside it if it fits, else below."""
        day = next(filter(None, _days(appearance)), "")
        if cells(day) > DAY_WIDTH:  # what an export says instead of a date
            where, day = ", ".join(filter(None, (where, day))), ""
        columns = self.columns(str(appearance.rank), appearance.id, self.how_sure(appearance), score, day)
        room = self.width - cells(columns) - 2
        together = where if not whole else f"{where}  {whole[0]}".lstrip() if len(whole) == 1 else None
        if together is not None and cells(together) <= room:
            yield f"{columns}  {together}".rstrip(), ""
            return
        parts = wrap(where, room) if room >= MIN_WHERE else []
        if parts and max(map(cells, parts)) <= room:
            yield f"{columns}  {parts[0]}", ""
            yield from ((" " * (self.width - room) + part, "") for part in parts[1:])
        else:
            yield columns.rstrip(), ""
            yield from self.wrapped(where, bullet=self.indent)
        yield from ((self.indent + text, "") for text in whole)

    def notes(self, appearance: Appearance) -> str:
        """What must not be missed beside the place: " (at 0:14) (+ 2 other places)"."""
        first, *copies = appearance.sightings
        days = set(filter(None, _days(appearance)))
        dates = ", with other dates" if self.answer.is_by_date and len(days) > 1 else ""
        other = wording.join_and([line(name) for name in appearance.may_also_be])
        notes = (
            f"(may also be {other})" if other and self.how_sure(appearance) == MAYBE else "",
            f"(at {wording.timecode(appearance.time_ms)})" if appearance.time_ms is not None else "",
            "(gone since)" if first.gone else "",
            "(in an older export that was replaced)" if first.replaced_by is not None else "",
            f"(+ {quantity(len(copies), 'other place')}{dates})" if copies else "",
        )
        return "".join(f" {note.replace(' ', NO_BREAK)}" for note in notes if note)

    def path(self, path: str, notes: str = "") -> list[str]:
        """The path in lines that end after a separator, if need be; a name stays whole."""
        lines = [""]
        for part in (*re.findall(r"[^/\\]*[/\\]|[^/\\]+$", path), notes):
            if lines[-1] and cells(self.indent + lines[-1] + part) > self.width:
                lines.append(part.lstrip())
            else:
                lines[-1] += part
        return lines

    def how_sure(self, appearance: Appearance) -> str:
        """Whether it is the person, in at most BAND_WIDTH columns."""
        if not self.answer.calibrated and appearance.verdict is None and not appearance.may_also_be:
            return "not rated"
        if appearance.may_also_be:
            together = wording.one_of(appearance, self.answer.person)
            return together if cells(together) <= BAND_WIDTH else MAYBE
        return SHORT_BANDS[wording.band_of(appearance)]

    def section(self, heading: str, paragraphs: Sequence[str]) -> Iterator[Line]:
        """A heading and its points."""
        if paragraphs:
            yield BLANK
            yield heading, "bold"
        for paragraph in paragraphs:
            yield from self.wrapped(paragraph, bullet="- ")

    def wrapped(self, text: str, *, bullet: str = "", style: str = "") -> Iterator[Line]:
        """The text on as many lines as it takes."""
        for number, part in enumerate(wrap(line(text), self.width - len(bullet))):
            yield (" " * len(bullet) if number else bullet) + part, style


class _Short(_Writer):
    def __init__(self, answer: Answer, width: int, most: int | None, command: str | None) -> None:
        super().__init__(answer, width, most)
        self.command = command

    def lines(self) -> Iterator[Line]:
        yield from self.head()
        if not self.answer.found:
            yield from self.wrapped(" ".join(self.summary.sentences))
        elif not self.answer.calibrated:
            yield from self.wrapped(self.summary.sentences[0])
        if self.listed:
            yield BLANK
            yield self.heading()
            yield from self.rows()
            yield BLANK
        if self.answer.found:
            yield from self.not_shown()
        yield from self.next_step()

    def rows(self) -> Iterator[Line]:
        folders = _Folders(appearance.sightings[0] for appearance in self.listed)
        links: set[str] = set()
        for heading, appearances in self.groups():
            yield from heading
            if self.command and _may_be_settled(appearances):
                ask = "Do you know? Say it once for a whole source:"
                yield from self.wrapped(f"{ask} {self.command} sources set --help", style="dim")
            for appearance in appearances:
                yield from self.appearance(appearance, folders, links)
        for name, folder in folders.named.values():
            first, *more = self.path(f"{name} is {folder}")
            yield first, "dim"
            yield from ((self.indent + part, "dim") for part in more)

    def appearance(self, appearance: Appearance, folders: _Folders, links: set[str]) -> Iterator[Line]:
        """What is needed to find it: the path of a file, the address or the words of a post."""
        first = appearance.sightings[0]
        notes = self.notes(appearance)
        if first.provenance.platform == "folder":
            yield from self.row(appearance, "", self.path(folders.relative(first), notes))
            return
        where = _where(first.provenance)
        if not appearance.is_dated:
            where = f"{where}, {os.path.basename(visible(first.path))}"
        link = web(first.provenance.link.url) if first.provenance.link else None
        if appearance.exposure is Exposure.PRIVATE or link in links:  # the address of a profile is said once
            link = None
        links.update([link] if link else [])
        if link:
            yield from self.row(appearance, where, wrap(link + notes, self.width - len(self.indent)))
        else:
            yield from self.row(appearance, where + notes)

    def not_shown(self) -> Iterator[Line]:
        if more := len(self.answer.appearances) - len(self.listed):
            yield from self.wrapped(f"{more:,} more: --all-rows lists them.", style="bold")
        if left_out := wording.left_out(self.answer):
            yield from self.wrapped(f"{wording.sentence_case(left_out)}.")
        if rejected := wording.rejected(self.answer):
            yield from self.wrapped(f"Left out: {rejected}.")
        if shared := wording.may_also_be(self.answer):
            yield from self.wrapped(f"{shared}.")
        if lookalikes := wording.lookalikes(self.answer):
            yield from self.wrapped(lookalikes)
        numbers = (sum(self.answer.not_looked_at.values()), "file"), (len(self.answer.links), "post")
        if not_searched := [quantity(number, noun) for number, noun in numbers if number]:
            why = " --verbose says why." if self.command else ""
            yield from self.wrapped(f"Not searched: {join_and(not_searched)}.{why}")

    def next_step(self) -> Iterator[Line]:
        """One line of what to do now, and one of what to keep in mind."""
        limits = wording.LIMITS_IN_SHORT
        if not self.command:
            yield from self.wrapped(limits, style="dim")
            return
        step = f"index what is still missing: {self.command} index FOLDER-OR-EXPORT"
        if self.answer.found and not self.answer.appearances:
            step = "to list them, ask without the options that leave them out"
        elif self.answer.found:
            who = wording.you(self.answer.person)
            step = f"see the pictures with --open. Not {who}? {self.command} verdict ID not-me"
            if words := _unknown_words(self.answer):
                step += f". Not known: what {words} means; {self.command} status says what to do"
        yield from self.wrapped(f"Next: {step}", style="bold")
        if wording.needs_a_look(self.answer):
            apart = f"{wording.TELL_APART}: {self.command} people add NAME PHOTO --contrast"
            yield from self.wrapped(f"{wording.MEASURED_WITH} {apart}", style="dim")
        yield from self.wrapped(f"{limits} More: --verbose", style="dim")


class _Long(_Writer):
    def lines(self) -> Iterator[Line]:
        yield from self.head()
        yield from self.compared_with()
        for heading, appearances in self.groups():
            yield BLANK
            yield from heading
            yield self.heading(score="score")
            for appearance in appearances:
                yield from self.appearance(appearance)
        yield from self.section("In words", self.summary.sentences)
        yield from self.links()
        yield from self.advice()
        yield from self.section("What this cannot tell", wording.limits(self.answer))

    def compared_with(self) -> Iterator[Line]:
        answer = self.answer
        probes = join_and([visible(probe.path) for probe in answer.probes])
        yield from self.wrapped(
            f"Searched by {probes or 'nothing'}; compared with {wording.searched(answer)}; "
            f"model {line(answer.pack)}.",
            style="dim",
        )

    def appearance(self, appearance: Appearance) -> Iterator[Line]:
        first = appearance.sightings[0]
        provenance = first.provenance
        where = _where(provenance) + self.notes(appearance)
        yield from self.row(appearance, where, score=f"{appearance.score:.2f}")
        yield from ((self.indent + part, "dim") for part in self.path(visible(first.path)))
        if provenance.link:
            yield self.indent + (web(provenance.link.url) or line(provenance.link.url)), ""
        if provenance.caption:
            room = self.width - len(self.indent) - 2
            yield f"{self.indent}“{shorten(line(provenance.caption), room)}”", "dim"
        if provenance.platform != "folder":
            yield from self.wrapped(provenance.exposure.reason, bullet=self.indent, style="dim")

    def links(self) -> Iterator[Line]:
        tasks = worklist(self.answer)
        if not tasks:
            return
        yield BLANK
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


def _may_be_settled(appearances: Sequence[Appearance]) -> bool:
    """Whether it is not known who could see these, and what the user knows of an account may decide it."""
    from ..consent.exposure import is_open  # not loaded for --help

    unknown = (each for each in appearances if each.exposure is Exposure.UNKNOWN)
    return any(is_open(place.provenance) for each in unknown for place in each.sightings)


def _unknown_words(answer: Answer) -> str:
    """The first of the platforms' words of which it hangs who could see something found, "" for none."""
    from ..consent.exposure import unknown_word  # not loaded for --help

    places = (place.provenance for found in answer.found for place in found.sightings)
    words = dict.fromkeys(filter(None, map(unknown_word, places)))
    first = shorten(line(next(iter(words), "")), MAX_WORD)
    return f"“{first}”{f' (and {len(words) - 1:,} more)' if len(words) > 1 else ''}" if words else ""


def _where(provenance: Provenance) -> str:
    """ "Facebook, album, Ana Example, Erasmus 2013"."""
    names = (line(name or "") for name in (provenance.account, provenance.album))
    parts = (platform_name(provenance.platform), wording.context(provenance), *names)
    return ", ".join(part for part in parts if part)


def _days(appearance: Appearance) -> list[str]:
    return [wording.day_of(sighting.provenance) for sighting in appearance.sightings]


class _Folders:
    """Folders that several files are in, by the names that stand for them in the files' paths."""

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        paths: dict[int, list[str]] = {}
        for sighting in sightings:
            if sighting.provenance.platform == "folder":
                paths.setdefault(sighting.source, []).append(visible(sighting.path))
        folders = {
            source: _common_folder(of_source) for source, of_source in paths.items() if len(of_source) > 1
        }
        names = [re.split(r"[/\\]", folder)[-1] for folder in folders.values()]
        self.named = {
            source: (name if names.count(name) == 1 else f"{name} (source {source})", folder)
            for (source, folder), name in zip(folders.items(), names, strict=True)
            if name
        }

    def relative(self, sighting: Sighting) -> str:
        """The path, beginning with the name."""
        path = visible(sighting.path)
        if sighting.source not in self.named:
            return path
        name, folder = self.named[sighting.source]
        return name + path[len(folder) :]


def _common_folder(paths: Sequence[str]) -> str:
    folders = [path[: _last_separator(path) + 1] for path in paths]
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(min(folders), max(folders), strict=False))
    common = "".join(sign for sign, _ in shared)
    return common[: max(_last_separator(common), 0)]


def _last_separator(path: str) -> int:
    return max(path.rfind("/"), path.rfind("\\"))


# Columns of a terminal: some characters take two, some none

_IDEOGRAPH = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
NO_BREAK = "\ufdd0"  # stands for a space at which no line ends; no sign of any text
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\uff08\uff3b\uff5b"
# Chinese and Japanese are written without spaces: a line may end after any sign and its punctuation.
_PIECES = re.compile(
    f"[{_OPENING}]{{0,3}}[{_IDEOGRAPH}](?:(?![{_OPENING}{_IDEOGRAPH}])\\W)*"
    f"|(?:(?![{_OPENING}]{{0,3}}[{_IDEOGRAPH}]).)+"
)


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns. A word that is wider stays whole on a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        for number, piece in enumerate(_PIECES.findall(word)):
            joined = f"{lines[-1]}{'' if number else ' '}{piece}" if lines else piece
            if lines and cells(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines


def fit_middle(text: str, width: int) -> str:
    """The text, cut in its middle to at most `width` columns: a path's begin and end both tell something."""
    if cells(text) <= width:
        return text
    tail = _tail(text, (width - 1) * 2 // 3)
    return _head(text, width - 1 - cells(tail)) + "…" + tail


def shorten(text: str, width: int) -> str:
    """The beginning of the text in `width` columns, up to the end of a word; "…" says that there is more."""
    if cells(text) <= width:
        return text
    return _head(wrap(text, width - 1)[0], width - 1) + "…"


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
