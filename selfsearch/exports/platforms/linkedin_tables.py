"""LinkedIn's tables: Shares.csv (posts) and Rich_Media.csv (uploads)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import unquote

from ..export import Export
from .dates import parse_iso
from .parsing import as_url

SENTENCE_TIME = re.compile(
    r"\bon\s+([A-Z][a-z]+)\s+(\d{1,2}),\s*(\d{4})\s+at\s+(\d{1,2}):(\d\d)(?::\d\d)?\s*([AP]M)?\s*(?:\((\w+)\))?"
)
MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
MONTHS += ["August", "September", "October", "November", "December"]
POST_ID = re.compile(r"urn:li:\w+:(\d+)|-(?:activity|share|ugcPost)-(\d+)")
CONTEXTS = (  # words of the sentence, the first that fits
    ("profile photo", "profile_photo"),
    ("profile picture", "profile_photo"),
    ("background", "header"),
    ("cover", "header"),
    ("feed", "post"),
    ("photo", "post"),
    ("video", "post"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """A post."""

    id: str | None
    link: str | None
    text: str | None
    media: str | None
    visibility: str | None
    when: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """Something that the owner uploaded, as Rich_Media.csv tells it in a sentence."""

    link: str | None
    description: str | None
    context: str | None
    when: str | None


def tables(export: Export, *names: str, skip_to: str) -> Iterator[dict[str, str]]:
    """The rows of these tables, columns in lower case. Notes may precede the header, which has `skip_to`."""
    for name in names:
        for path in export.matching(name):
            if "/" not in path:
                for row in export.rows(path, skip_to=skip_to):
                    yield {column.lower(): value for column, value in row.items()}


def cell(row: Mapping[str, str], column: str) -> str | None:
    """A cell with something in it; "-" is how LinkedIn writes nothing."""
    text = (row.get(column.lower()) or "").strip()
    return None if text in ("", "-") else text


def links(text: str | None) -> list[str]:
    """The addresses in a cell, separated by spaces or commas."""
    parts = re.split(r"[\s,]+(?=https?://)", (text or "").strip())
    return [found for part in parts if (found := as_url((part.split() or [""])[0].rstrip(",")))]


def dated(text: str | None) -> str | None:
    """`2024-04-12 08:03:11`, with or without " UTC"."""
    return parse_iso(text, utc=True)


def shares(export: Export) -> Iterator[Share]:
    """Posts, also those without media."""
    for row in tables(export, "Shares.csv", "Shares_*.csv", skip_to="ShareLink"):
        address = as_url(cell(row, "ShareLink"))
        found = POST_ID.search(unquote(address or ""))
        yield Share(
            next(filter(None, found.groups())) if found else None,
            address,
            _commentary(cell(row, "ShareCommentary")),
            as_url(cell(row, "MediaUrl")),
            cell(row, "Visibility"),
            dated(cell(row, "Date")),
        )


def uploads(export: Export) -> Iterator[Upload]:
    """Uploads, also those whose link is missing."""
    for row in tables(export, "Rich_Media.csv", "Rich Media.csv", skip_to="Media Link"):
        sentence = cell(row, "Date/Time") or ""
        address = as_url(cell(row, "Media Link"))
        context = next((kind for word, kind in CONTEXTS if word in sentence.lower()), None)
        if address or sentence:
            yield Upload(address, cell(row, "Media Description"), context, sentence_time(sentence))


def sentence_time(text: str) -> str | None:
    """The time in `You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)`, zoneless if it is."""
    found = SENTENCE_TIME.search(text)
    if not found or found[1] not in MONTHS:
        return None
    hour = int(found[4])
    if found[6]:
        hour = hour % 12 + (12 if found[6] == "PM" else 0)
    zone = timezone.utc if found[7] in ("GMT", "UTC") else None
    try:
        when = datetime(
            int(found[3]), MONTHS.index(found[1]) + 1, int(found[2]), hour, int(found[5]), tzinfo=zone
        )
    except ValueError:
        return None
    return when.isoformat()


def _commentary(text: str | None) -> str | None:
    """A post's words: LinkedIn wraps every line in quotes of its own and doubles those inside."""
    return re.sub(r'"\s*\n\s*"', "\n", text).replace('""', '"').strip() or None if text else None
