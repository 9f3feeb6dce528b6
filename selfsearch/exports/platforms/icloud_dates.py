"""Dates as iCloud's records write them: "Sunday August 14,2022 9:30 PM GMT"."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from .dates import MONTHS_SHORT, is_plausible_date

_DATE = re.compile(
    r"\b(\w{1,20})\s{1,5}([0-9]{1,2})\s{0,5},\s{0,5}([0-9]{4})\s{1,5}([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:\s{0,5}([AaPp][Mm]))?"
)


def parse_apple_date(text: str | None) -> str | None:
    """ "Sunday August 14,2022 9:30 PM GMT" as ISO 8601. "13:05 PM" was seen and means 13:05."""
    match = _DATE.search(text or "")
    month = MONTHS_SHORT.get(match[1][:3].capitalize()) if match else None
    if not match or not month:
        return None
    _, day, year, hour, minute, second, half = match.groups(default="")
    hours = int(hour)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        when = datetime(int(year), month, int(day), hours, int(minute), int(second or 0), tzinfo=timezone.utc)
    except ValueError:
        return None
    return when.isoformat() if is_plausible_date(when) else None
