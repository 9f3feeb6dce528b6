"""Snapchat's times: "2022-08-14 09:41:07 UTC" in the records, the UTC day in the names of files."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

_UTC = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?UTC|Z)?")
_DAY = re.compile(r"(?:.*/)?(\d{4}-\d\d-\d\d)_[^/]*")
_FIRST_YEAR, _LAST_YEAR = 2011, 2099  # Snapchat began in 2011


def utc(value: Any) -> str | None:
    """A record's time as ISO 8601, or None for anything else."""
    found = _UTC.fullmatch(value.strip()) if isinstance(value, str) else None
    return _checked(f"{found[1]}T{found[2]}+00:00") if found else None


def counted(value: float | None) -> list[str]:
    """What a count since 1970 may mean: "Created(microseconds)" was seen to hold milliseconds."""
    if not value or not 0 < value < 1e17:
        return []
    readings = []
    for unit in (1e3, 1e6, 1.0):
        if value / unit < 1e10:
            when = datetime.fromtimestamp(value // unit, timezone.utc)
            readings += [when.isoformat()] if _FIRST_YEAR <= when.year <= _LAST_YEAR else []
    return readings


def named(path: str) -> str | None:
    """The day with which a file's name begins."""
    found = _DAY.fullmatch(path)
    checked = _checked(f"{found[1]}T00:00:00+00:00") if found else None
    return checked[:10] if checked else None


def _checked(text: str) -> str | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return text if _FIRST_YEAR <= when.year <= _LAST_YEAR else None
