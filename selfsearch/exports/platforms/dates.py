"""Times as platforms write them, of any type and often wrong: None stands for what cannot be used.

Some ids carry the time of their making: X's and Discord's count milliseconds since an epoch of their own,
shifted by 22 bits ("snowflakes").
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .parsing import as_number, as_text, is_digits

FIRST_YEAR = 1826  # the oldest photograph that is known
LAST_YEAR = 2099

MONTHS = {  # the English name -> its number
    name: number
    for number, name in enumerate(
        (
            "January", "February", "March", "April", "May", "June", "July",
            "August", "September", "October", "November", "December",
        ), 1
    )
}  # fmt: skip
MONTHS_SHORT = {name[:3]: number for name, number in MONTHS.items()}

TWITTER_EPOCH_MS = 1288834974657
TWITTER_FIRST = 30_000_000_000  # smaller ids were only counted up
DISCORD_EPOCH_MS = 1420070400000
DISCORD_FIRST = 1 << 40  # four minutes after the epoch; anything smaller is not an id of theirs

_FRACTION = re.compile(r"\.[0-9]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def parse_timestamp(seconds: Any) -> str | None:
    """Unix seconds as ISO 8601 in UTC. 0 means that the platform does not know."""
    number = as_number(seconds)
    if not number or abs(number) > 1e10:  # the years 1653 to 2286; beyond, datetime itself gives up
        return None
    when = _EPOCH + timedelta(seconds=math.floor(number))
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


def day_of(match: re.Match[str] | None) -> str | None:
    """ "2024-05-01" from a match with the groups year, month and day, e.g. of a download's name."""
    return f"{match['year']}-{match['month']}-{match['day']}" if match else None


def twitter_id_time(item: str) -> str | None:
    """When the tweet or message with this id was made (ISO 8601, UTC), or None where the id does not say."""
    return _snowflake_time(item, TWITTER_EPOCH_MS, TWITTER_FIRST)


def discord_id_time(item: str) -> str | None:
    """When the Discord message with this id was made (ISO 8601, UTC), or None where the id does not say."""
    return _snowflake_time(item, DISCORD_EPOCH_MS, DISCORD_FIRST)


def _snowflake_time(item: str, epoch_ms: int, first: int) -> str | None:
    number = int(item) if is_digits(item) and len(item) <= 19 else 0
    return parse_timestamp(((number >> 22) + epoch_ms) / 1000) if number > first else None


_APPLE_DATE = re.compile(
    r"\b(\w{1,20})\s{1,5}([0-9]{1,2})\s{0,5},\s{0,5}([0-9]{4})\s{1,5}([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:\s{0,5}([AaPp][Mm]))?"
)


def parse_apple_date(text: str | None) -> str | None:
    """ "Sunday August 14,2022 9:30 PM GMT" as ISO 8601. "13:05 PM" was seen and means 13:05."""
    match = _APPLE_DATE.search(text or "")
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
