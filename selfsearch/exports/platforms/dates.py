"""Times as platforms write them, of any type and often wrong: None stands for what cannot be used."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .parsing import as_number, as_text

FIRST_YEAR = 1826  # the oldest photograph that is known
LAST_YEAR = 2099

_FRACTION = re.compile(r"\.[0-9]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parse_timestamp(seconds: Any) -> str | None:
    """Unix seconds as ISO 8601 in UTC. 0 means that the platform does not know."""
    found = as_number(seconds)
    if not found or abs(found) > 1e10:  # the years 1653 to 2286; beyond, datetime itself gives up
        return None
    when = _EPOCH + timedelta(seconds=math.floor(found))
    return when.isoformat() if is_plausible_date(when) else None


def parse_iso(value: Any, *, utc: bool = False) -> str | None:
    """ISO-like text ("2016-09-10 17:45:00", maybe with a zone) as ISO 8601; `utc`: zoneless is UTC.

    Unix seconds count too.
    """
    text = as_text(value)
    if text is None or len(text) < len("2016-09-10"):
        return None
    if text.lstrip("-").isdigit():
        return parse_timestamp(text)
    if text.endswith((" UTC", " GMT")):
        text = text[:-4] + "+00:00"
    try:
        when = datetime.fromisoformat(_FRACTION.sub("", text.replace("Z", "+00:00")))
    except ValueError:
        return None
    if utc and when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return when.isoformat(timespec="seconds") if is_plausible_date(when) else None


def is_plausible_date(when: datetime) -> bool:
    """Whether a photograph can have this date."""
    return FIRST_YEAR <= when.year <= LAST_YEAR
