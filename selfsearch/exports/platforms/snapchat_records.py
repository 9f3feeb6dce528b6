"""How Snapchat's records are written: lists under keys, and times in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import ijson

from ..export import Export

FIRST_YEAR, LAST_YEAR = 2011, 2099  # Snapchat began in 2011

_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?UTC|Z)?")


def keyed_objects(export: Export, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of {"key": [object, ...], ...} with their keys, streamed. Others are passed over.

    Keys are user names, which may have dots in them: ijson's prefixes do not tell the levels apart.
    """
    key: str | None = None
    builder: ijson.ObjectBuilder | None = None
    depth = base = 0
    for _, event, value in export.events(path):
        if builder is None and event == "map_key" and depth == 1:
            key = value
        elif builder is None and event == "start_map" and key is not None and depth in (1, 2):
            builder, base = ijson.ObjectBuilder(), depth
        depth += event in ("start_map", "start_array")
        depth -= event in ("end_map", "end_array")
        if builder is not None and key is not None:
            builder.event(event, value)
            if depth == base:
                yield key, builder.value
                builder = None


def utc_time(value: Any) -> str | None:
    """A record's time ("2022-08-14 09:41:07 UTC") as ISO 8601, or None for anything else."""
    match = _UTC_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    text = f"{match[1]}T{match[2]}+00:00" if match else ""
    return text if is_plausible_time(text) else None


def counted_time(count: float | None) -> str | None:
    """A count since 1970, whatever its unit: "Created(microseconds)" was seen to hold milliseconds."""
    first, end = (
        datetime(year, 1, 1, tzinfo=timezone.utc).timestamp() for year in (FIRST_YEAR, LAST_YEAR + 1)
    )
    for unit in (1e3, 1e6, 1.0):
        if first <= (count or 0) / unit < end:
            return datetime.fromtimestamp((count or 0) // unit, timezone.utc).isoformat()
    return None


def time_of_file(seconds: int | None) -> str | None:
    """When a file was last changed as its archive has it, as ISO 8601 in UTC; None where that cannot be."""
    return counted_time(seconds * 1000.0) if seconds and seconds > 0 else None


def is_plausible_time(text: str) -> bool:
    """Whether this is a time at which Snapchat existed."""
    try:
        return FIRST_YEAR <= datetime.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False
