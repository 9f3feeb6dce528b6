"""Pages for a browser: each is one file with its pictures, style and script inside, and loads nothing.

templates/ has the pages, one file per part. What they put out is stripped of invisible characters and
escaped; only our own style and script are not, and the content security policy of layout.html admits no
other. The script filters, groups and folds what is there: without it a page says the same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..media.crop import Picture
from ..types import EXPOSURES, Answer, Appearance, Provenance
from ..words import counted, quantity
from . import consent_records, differences, wording
from .advice import advice_for, caveat, platform_name, web_advice
from .consent_records import ConsentRecord
from .differences import Difference
from .sanitize import line, plain, visible, web
from .summary import EXPOSURE_FACET, FACETS, Facet, by_exposure, platforms, summarise, worklist

MAX_LINKS = 2_000  # posts without media on one page; a browser does not take a hundred thousand
ENLARGED = 2  # how much larger a tile shows a picture; the style has the same number
FILLED = 0.36  # of the picture's side: a face larger than that is not enlarged
FEW = 12  # tiles, or fewer: they are larger
PAGE_SIZE = 60  # tiles of a group before more are asked for: two screens


def to_html(answer: Answer, picture: Callable[[Appearance], Picture | None]) -> str:
    """The report. `picture` is asked once per appearance; None when the file cannot be opened."""
    linked = [link.provenance.platform for link in answer.links]
    summarised, sections = summarise(answer), _sections(answer)
    return _render(
        "report.html",
        answer=answer,
        summary=summarised,
        counts={level: summarised.exposure[level.value] for level in EXPOSURES},
        sections=sections,
        listed=[section.id for section in sections],
        filters=FilterMenu(answer),
        tasks=worklist(answer),
        advice=advice_for([*platforms(answer), *linked]),
        files_not_looked_at=wording.files_not_looked_at(answer.not_looked_at),
        limits=wording.limits(answer),
        picture_of=picture,
        max_links=MAX_LINKS,
    )


def differences_to_html(shown: Sequence[Difference], otherwise: str = "No change was noted.") -> str:
    """What changed since the last time; `otherwise` is said when nothing did."""
    numbered = list(enumerate(differences.by_weight(shown), 1))
    sections = {
        label: [(number, difference) for number, difference in numbered if difference.kind == kind]
        for kind, label in differences.KIND_LABELS.items()
    }
    headline = differences.headline(shown, otherwise)
    return _render("differences.html", headline=headline, sections=sections)


def faces_to_html(title: str, faces: Sequence[tuple[Picture, str]]) -> str:
    """The faces of a photograph to choose one from, with what is said of each; numbered from 1."""
    return _render("faces.html", title=title, faces=faces)


def consent_to_html(record: ConsentRecord) -> str:
    """A receipt for records of consent."""
    return _render("consent_receipt.html", record=record)


@dataclass(frozen=True, slots=True)
class Section:
    """Appearances that stand under one heading."""

    id: str
    heading: str
    meaning: str
    appearances: list[Appearance]
    found: int  # how many there are, listed or not


def _sections(answer: Answer) -> list[Section]:
    """What is listed, by who could see it; listed by date, what has none stands apart at the end."""

    def stands_apart(appearance: Appearance) -> bool:
        return answer.is_by_date and not appearance.is_dated

    undated = list(filter(stands_apart, answer.appearances))
    sections = [
        Section(
            level.value,
            wording.WHO_COULD_SEE[level],
            wording.WHAT_IT_MEANS[level],
            [appearance for appearance in appearances if not stands_apart(appearance)],
            sum(found.exposure is level for found in answer.found)
            - sum(apart.exposure is level for apart in undated),
        )
        for level, appearances in by_exposure(answer).items()
    ]
    sections.append(Section("undated", "Without a date", wording.WHY_UNDATED, undated, len(undated)))
    return [section for section in sections if section.appearances]


def frame() -> str:
    """What every page of the report begins and ends with: one without a title and a body."""
    return _render("layout.html")


class FilterMenu:
    """What the page can be filtered by.

    Values are numbered, and only the numbers go into data attributes: no text can confuse them.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.counts = {facet.key: facet.counts(answer.appearances) for facet in (EXPOSURE_FACET, *FACETS)}
        self.numbers = {
            key: {value: number for number, value in enumerate(_in_order(key, counts))}
            for key, counts in self.counts.items()
        }

    @property
    def facets(self) -> list[Facet]:
        """Those of which any place has a value, but for the exposure."""
        return [facet for facet in FACETS if set(self.counts[facet.key]) != {None}]

    def options(self, facet: Facet) -> list[tuple[int, str, int]]:
        """Number, label and appearances of each value."""
        counts = self.counts[facet.key]
        return [
            (number, line(facet.in_words(value)) if value is not None else "not given", counts[value])
            for value, number in self.numbers[facet.key].items()
        ]

    def bands(self) -> list[tuple[int, str, int]]:
        """The same for how sure a match is."""
        answer = self.answer
        bands = [wording.band_of(appearance) for appearance in answer.appearances]
        return [
            (
                number,
                line(wording.band_in_words(band, answer.person, calibrated=answer.calibrated)),
                bands.count(band),
            )
            for number, band in enumerate(wording.BANDS)
            if band in bands
        ]

    def attributes(self, provenance: Provenance) -> dict[str, int]:
        """The data attributes of one place, by which the script filters."""
        return {
            f"data-{facet.key}": self.numbers[facet.key][facet.value(provenance)]
            for facet in (EXPOSURE_FACET, *FACETS)
        }


def _in_order(key: str, counts: dict[str | None, int]) -> list[str | None]:
    """Exposures widest first, years by time, everything else most first; what is not given last."""
    if key == "exposure":
        return [level.value for level in EXPOSURES if level.value in counts]
    values = [value for value in counts if value is not None]
    return [*(sorted(values) if key == "year" else values), *([None] if None in counts else [])]


# Templates

_FILTERS = (  # by their own names
    caveat, line, visible, platform_name, consent_records.fields, consent_records.entry_title,
    wording.author, wording.audience, wording.band_in_words, wording.band_of, wording.claim,
    wording.context, wording.day, wording.day_of, wording.false_matches, wording.format_time,
    wording.humanize, wording.join_and,
    wording.position, counted, quantity, wording.sentence_case, wording.time_range,
    wording.timestamp,
    wording.left_out, wording.may_also_be, wording.needs_a_look, wording.one_of, wording.rejected,
    wording.replaced, wording.you, wording.your,
)  # fmt: skip


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values)


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("selfsearch.report"),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals.update(
        style=_asset("report.css"),
        script=_asset("report.js"),
        bands=wording.BANDS,
        band_meanings=wording.BAND_MEANINGS,
        exposure_labels=wording.EXPOSURE_LABELS,
        who_could_see=wording.WHO_COULD_SEE,
        page_size=PAGE_SIZE,
        few=FEW,
        limits_in_short=wording.LIMITS_IN_SHORT,
        measured_with=wording.MEASURED_WITH,
        link_kinds=wording.LINK_KINDS,
        all_facets=FACETS,
        exposure_facet=EXPOSURE_FACET,
        web_advice=web_advice(),
    )
    environment.filters.update(
        {function.__name__: function for function in _FILTERS},
        number=lambda number: f"{number:,}",
        sha256=_sha256,
        data_uri=lambda jpeg: "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii"),
        focus=_focus,
        file_name=lambda shown: visible(shown).replace("\\", "/").rpartition("/")[2],  # POSIX or Windows
    )
    environment.tests["web_address"] = lambda url: web(url) is not None
    return environment


def _visible(value: Any) -> Any:
    """What a template may put out: text without invisible characters; nothing for None."""
    if value is None:
        return ""
    # Markup, which has __html__, is what a macro made (its parts came through here) or marked as safe.
    return plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _focus(picture: Picture) -> dict[str, int]:
    """Data attributes by which the style shows the face large in a tile: where it is, in quarters.

    None for a picture that the face fills.
    """
    x, y, width, height = picture.box
    if max(width, height) > FILLED:
        return {}
    return {"data-x": _quarter(x + width / 2), "data-y": _quarter(y + height / 2)}


def _quarter(centre: float) -> int:
    """The fixed point, in quarters, of the enlargement that brings `centre` to the middle."""
    return min(4, max(0, round(4 * (ENLARGED * centre - 0.5) / (ENLARGED - 1))))


def _asset(name: str) -> str:
    """Style or script, with newlines as a browser normalises them: the hash is taken over that."""
    file = resources.files(__package__).joinpath("templates").joinpath(name)
    return file.read_text("utf-8").replace("\r\n", "\n")


def _sha256(text: str) -> str:
    """As a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
