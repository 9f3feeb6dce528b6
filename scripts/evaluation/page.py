"""The page of scripts/evaluate: one file with curves, tables, and the pairs that were judged worst.

It shows photographs of people, so it is written for its owner alone, and loads nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.evaluation.charts import Axis, Chart, Mark, Point, Series, decades, number, one_in, percent, span
from scripts.evaluation.labelled_folder import LabelledFolder
from scripts.evaluation.verification import BINS, Comparison, Pairs
from selfsearch.files import write_private
from selfsearch.media.crop import Picture
from selfsearch.recognition.calibration import BANDS, MIN_FACES, Calibration
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.report.sanitize import visible

WORST_PAIRS = 24  # of either kind
STEP = 0.01  # of score: the width of a bar of the histogram

Result = Mapping[str, Any]


@dataclass(frozen=True)
class ShownPair:
    """Two pictures that were compared, and the band that their score reaches among MIN_FACES faces."""

    score: float
    band: str | None
    paths: tuple[str, str]
    pictures: tuple[Picture, Picture]


@dataclass(frozen=True)
class Measured:
    """What the page is made of, besides the figures."""

    root: Path
    folder: LabelledFolder
    comparison: Comparison
    engine: ModelEngine
    calibration: Calibration | None


def write(path: Path, result: Result, measured: Measured) -> None:
    """Write the page as a private file."""
    write_private(path, render(result, measured).encode())


def render(result: Result, measured: Measured) -> str:
    """The page."""
    bands = measured.calibration.bands(MIN_FACES) if measured.calibration else {}
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters |= {"sha256": _sha256, "base64": _base64, "share": _share, "one_in": one_in}
    style = (Path(__file__).parent / "page.css").read_text("utf-8")
    return environment.get_template("page.html").render(
        result=result,
        style=style,
        charts=list(_charts(result, measured.comparison, bands)),
        bands=bands,
        faces=MIN_FACES,
        highest=list(_shown(measured, measured.comparison.impostors, bands)),
        lowest=list(_shown(measured, _reversed(measured.comparison.genuine), bands)),
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"


# ---- the worst pairs ----


def _reversed(pairs: Pairs) -> Pairs:
    return Pairs(pairs.scores[::-1], pairs.first[::-1], pairs.second[::-1])


def _shown(measured: Measured, pairs: Pairs, bands: Mapping[str, float]) -> Iterator[ShownPair]:
    """The first pairs, no picture in two of them: one wrong label would fill the page."""
    used: set[int] = set()
    for score, *rows in zip(pairs.scores.tolist(), pairs.first.tolist(), pairs.second.tolist(), strict=True):
        if used.isdisjoint(rows):
            used.update(rows)
            first, second = (measured.folder.paths[row] for row in rows)
            band = next((band for band, lowest in bands.items() if score >= lowest), None)
            yield ShownPair(
                score, band, (first, second), (_picture(measured, rows[0]), _picture(measured, rows[1]))
            )
        if len(used) == 2 * WORST_PAIRS:
            return


def _picture(measured: Measured, row: int) -> Picture:
    data = (measured.root / measured.folder.paths[row]).read_bytes()
    x, y, width, height = measured.folder.boxes[row].tolist()
    return measured.engine.crop_faces(data, [(x, y, width, height)])[0]


# ---- charts ----


def _charts(result: Result, comparison: Comparison, bands: Mapping[str, float]) -> Iterator[Chart]:
    yield _det(result["verification"])
    yield _histogram(comparison, bands)
    if result["verification"]["promises"]:
        yield _promises(result["verification"]["promises"])
    if result["identification"]:
        yield _false_matches(result["identification"])
    if result["groups"]:
        yield _groups(result["groups"])


def _det(verification: Result) -> Chart:
    """Detection error tradeoff: what is missed at each false accept rate."""
    series, lowest = [], []
    kinds = {
        "all_pairs": ("all pairs", "first", 0.96),
        "each_person": ("each person equally", "second", 1.04),
    }
    for key, (name, kind, aside) in kinds.items():  # so that their bars do not cover each other
        line = [Point(row["far"], 1 - row["tar"], "") for row in verification[f"curve_{key}"]]
        dots = [
            Point(
                row["far"] * aside,
                1 - row["tar"],
                f"{name}, FAR {one_in(row['far'])}: TAR {_share(row['tar'])}",
                *([1 - end for end in row["interval"]] if row["interval"] else []),
            )
            for row in verification[key]
        ]
        lowest += [point.y for point in line if point.y > 0]
        series += [Series(name, kind, line, is_dotted=False), Series("", kind, dots, is_line=False)]
    rates = [point.x for part in series for point in part.points]
    return Chart(
        "Missed pairs against false accepts (DET)",
        "The lower, the better. The true accept rate (TAR) is what is not missed. Bars: 95 % intervals over"
        " people.",
        decades("false accept rate (FAR)", min(span(rates)[0], -1), 0, one_in, every=2),
        decades("genuine pairs missed, 1 - TAR", max(-4, span(lowest)[0]), 0, percent),
        series,
    )


def _histogram(comparison: Comparison, bands: Mapping[str, float]) -> Chart:
    bins = round(2 / STEP)
    edges = np.linspace(-1, 1, bins + 1)
    centres = (np.arange(BINS) + 0.5) * 2 / BINS - 1
    impostors = np.histogram(centres, edges, weights=comparison.histogram)[0]
    genuine = np.histogram(np.clip(comparison.genuine.scores, -1, 1), edges)[0]
    series = [
        Series(
            name,
            kind,
            [
                Point(float(at), float(share), "")
                for edge, share in zip(edges, counts / max(1, counts.sum()), strict=False)
                for at in (edge, edge + STEP)
            ],
            is_area=True,
            is_dotted=False,
        )
        for name, kind, counts in (
            ("pairs of different people", "impostor", impostors),
            ("pairs of one person", "genuine", genuine),
        )
    ]
    shares = [point.y for part in series for point in part.points]
    seen = np.flatnonzero(impostors + genuine)
    low = _down_to_tick(edges[seen[0]]) if len(seen) else -1.0
    ticks = tuple((value / 10, f"{value / 10:.1f}") for value in range(round(10 * low), 11, 2))
    return Chart(
        "Scores of one person's pairs and of different people's",
        f"Share of the pairs in each {STEP} of score. Lines: where bands begin among {MIN_FACES:,} faces.",
        Axis("score (cosine)", low, 1.0, ticks),
        decades(f"share of the pairs, per {STEP} of score", max(-7, span(shares)[0]), 0, percent),
        series,
        marks=[Mark(lowest, band, "band") for band, lowest in bands.items()],
    )


def _down_to_tick(value: float) -> float:
    """Down to a multiple of 0.2, which has a tick."""
    return float(np.floor(value * 5 - 1e-9) / 5)


def _promises(rows: Sequence[Result]) -> Chart:
    low, _ = span([row["promised"] for row in rows])
    values = [row[key] for row in rows for key in ("all_pairs", "each_person") if row[key]]
    ends = min(low, span(values)[0]), max(-2, span(values)[1])
    diagonal = [Point(10.0**power, 10.0**power, "") for power in ends]
    series = [Series("as promised", "level", diagonal, is_dotted=False)]
    for key, name, kind in (
        ("all_pairs", "all pairs", "first"),
        ("each_person", "each pair of people equally", "second"),
    ):
        points = [
            Point(
                row["promised"], row[key], f"{name}: {row[key]:.2g} where {row['promised']:.2g} is promised"
            )
            for row in rows
            if row[key]
        ]
        series.append(Series(name, kind, points))
    return Chart(
        "False accept rate: promised by the calibration, and measured",
        "Above the diagonal there are more false matches than promised.",
        decades("promised", *ends, one_in),
        decades("measured", *ends, one_in),
        series,
    )


def _false_matches(rows: Sequence[Result]) -> Chart:
    largest = [row for row in rows if row["gallery"] == rows[-1]["gallery"]]
    series = []
    for band in BANDS:
        points = []
        for row in largest:
            value = row["bands"][band]
            low, high = value["interval"] or (None, None)
            words = (
                f"{band}, {row['photographs']} photographs: {value['false_per_question']:.4f} per question"
            )
            points.append(
                Point(row["photographs"], value["false_per_question"], words, low, high, not value["false"])
            )
        series.append(Series(band, band, points))
    ticks = tuple((float(row["photographs"]), str(row["photographs"])) for row in largest)
    return Chart(
        f"False matches per question among {rows[-1]['gallery']:,} faces",
        "Of each band and the stronger ones. Dashed: what the band promises at most. Hollow: none was seen.",
        Axis("photographs of the person that was asked with", 0.5, 6.2, ticks),
        decades("false matches per question", -4, 1, number),
        series,
        levels=[Mark(promised, f"{band}: {promised:g}", band) for band, promised in BANDS.items()],
    )


def _groups(rows: Sequence[Result]) -> Chart:
    series: list[Series] = []
    shift = {1e-3: 0.12, 1e-4: -0.12}
    for promised, kind in ((1e-3, "first"), (1e-4, "second")):
        points = []
        for at, row in enumerate(rows):
            for rate in (rate["as_asked"] for rate in row["rates"] if rate["promised"] == promised):
                times, place = rate["times_promised"], len(rows) - at + shift[promised]
                low, high = rate["interval"] or (None, None)
                words = f"{row['group']}: {times:.2f} times"
                points.append(Point(times, place, words, low, high, not rate["false_matches"]))
        series.append(Series(f"at {one_in(promised)}", f"{kind} across", points, is_line=False))
    ticks = tuple(
        (float(len(rows) - at), f"{row['group']} ({row['people']:,})") for at, row in enumerate(rows)
    )
    return Chart(
        "False match rate within groups of people",
        "Of a library of the group alone, as the query asks, in multiples of what is promised; each pair of"
        " people counts the same. Bars: 95 % intervals over people. Hollow: none was seen.",
        decades("times the promise", -1, 2, number),
        Axis("", 0.5, len(rows) + 0.9, ticks),
        series,
        marks=[Mark(1.0, "promise", "band")],
        left=150,
    )
