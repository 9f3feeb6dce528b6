"""The answer as a table for a spreadsheet: one row per sighting, so three copies are three rows."""

from __future__ import annotations

import csv
from typing import TextIO

from ..types import Answer, Appearance, Sighting
from . import wording
from .sanitize import plain, visible, web

COLUMNS = (
    "rank", "score", "band", "in_words", "expected_false_matches", "exposure", "platform", "account",
    "context", "posted_at", "taken_at", "url", "url_kind", "caption", "audience", "audience_source",
    "exposure_reason", "album", "place", "latitude", "longitude", "people", "author", "author_is_owner",
    "path", "source", "gone", "sha256", "type", "width", "height", "from_ms", "to_ms", "face", "box",
    "id", "verdict", "may_also_be",
)  # fmt: skip

Cell = str | int | float | bool | None

# Spreadsheets read a cell that begins with one of these as a formula, and would run it.
# The last four are the full-width forms of the first, which some of them fold.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(answer: Answer, file: TextIO) -> None:
    """Write the table. `file` is opened with newline="" and UTF-8 (with a mark, if Excel is to read it)."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for appearance in answer.appearances:
        for sighting in appearance.sightings:
            row = _row(answer, appearance, sighting)
            writer.writerow([cell(row[column]) for column in COLUMNS])


def _row(answer: Answer, appearance: Appearance, sighting: Sighting) -> dict[str, Cell]:
    """The cells by the names of their columns; those of the provenance keep its own names."""
    provenance, location = sighting.provenance, sighting.provenance.location
    return provenance.columns() | {
        "rank": appearance.rank,
        "id": appearance.id,
        "verdict": appearance.verdict,
        "score": round(float(appearance.score), 6),
        "band": appearance.band,
        "in_words": wording.claim(appearance, answer.person, calibrated=answer.calibrated),
        "may_also_be": "; ".join(appearance.may_also_be),
        "expected_false_matches": appearance.expected_false_matches,
        "exposure": provenance.exposure.level.value,
        "url": web(provenance.link and provenance.link.url),
        "latitude": location and location.latitude,
        "longitude": location and location.longitude,
        "people": "; ".join(provenance.people),
        "path": visible(sighting.path),
        "source": sighting.source,
        "gone": sighting.gone,
        "sha256": appearance.sha256,
        "type": appearance.type,
        "width": appearance.width,
        "height": appearance.height,
        "from_ms": appearance.from_ms,
        "to_ms": appearance.to_ms,
        "face": appearance.face,
        "box": " ".join(f"{float(side):g}" for side in appearance.box),
    }


def cell(value: Cell) -> Cell:
    """A value as it stands in a file: nothing that a spreadsheet would run as a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    text = plain(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
