"""The answer as a table for a spreadsheet: one row per sighting, so three copies are three rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from ..types import Answer, Appearance, Sighting
from . import words
from .text import path, plain, web

COLUMNS = (
    "rank",
    "score",
    "band",
    "in_words",
    "expected_false_matches",
    "exposure",
    "platform",
    "account",
    "context",
    "posted_at",
    "taken_at",
    "url",
    "url_kind",
    "caption",
    "audience",
    "audience_source",
    "exposure_reason",
    "album",
    "place",
    "latitude",
    "longitude",
    "people",
    "author",
    "author_is_owner",
    "path",
    "source",
    "gone",
    "sha256",
    "type",
    "width",
    "height",
    "from_ms",
    "to_ms",
    "face",
    "box",
)

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
            writer.writerow([cell(value) for value in _row(answer, appearance, sighting)])


def _row(answer: Answer, appearance: Appearance, sighting: Sighting) -> Iterator[Cell]:
    said = sighting.provenance
    yield from (appearance.rank, round(float(appearance.score), 6), appearance.band)
    yield words.in_words(words.band(appearance), answer.person, calibrated=answer.calibrated)
    yield from (appearance.expected_false_matches, said.exposure.level.value)
    yield from (
        said.platform,
        said.account,
        said.context,
        (said.posted and said.posted.at),
        (said.taken and said.taken.at),
    )
    yield from (web(said.link and said.link.url), (said.link and said.link.kind), said.caption)
    yield from (
        (said.audience and said.audience.name),
        (said.audience and said.audience.source),
        said.exposure.reason,
        said.album,
        said.place,
    )
    yield from ((said.location.latitude, said.location.longitude) if said.location else (None, None))
    yield from ("; ".join(said.people), said.author, said.author_is_owner)
    yield from (path(sighting.path), sighting.source, sighting.gone)
    yield from (appearance.sha256, appearance.type, appearance.width, appearance.height)
    yield from (appearance.from_ms, appearance.to_ms, appearance.face)
    yield " ".join(f"{float(side):g}" for side in appearance.box)


def cell(value: Cell) -> Cell:
    """A value as it stands in a file: nothing that a spreadsheet would run as a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    text = plain(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
