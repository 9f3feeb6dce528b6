"""Values as photo libraries write them, of any type and often wrong: None stands for what cannot be used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

FIRST_YEAR = 1826  # the oldest photograph that is known
LAST_YEAR = 2099

STILL_ENDINGS = frozenset(
    (
        "jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "heic", "heif", "hif", "avif", "bmp", "tif",
        "tiff", "dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2", "svg", "ico", "jxl",
    )
)  # fmt: skip
VIDEO_ENDINGS = frozenset(
    (
        "mp4", "m4v", "mov", "mp", "avi", "wmv", "mkv", "webm", "3gp", "3g2", "flv", "mpg", "mpeg",
        "mts", "m2ts", "ts", "mod", "vob", "asf", "divx", "mpe", "mmv", "mpo",
    )
)  # fmt: skip
MEDIA_ENDINGS = STILL_ENDINGS | VIDEO_ENDINGS

_FRACTION = re.compile(r"\.[0-9]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value when it is a JSON list; a single object or text where a list is expected is a list of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, (dict, str)) and value else []


def words(value: Any) -> str | None:
    """Text with something in it, trimmed. Numbers count as text, objects and lists do not.

    Half an emoji, which JSON can spell and no encoding can write, becomes a question mark.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()) or None


def number(value: Any) -> float | None:
    """A finite number, also when it is written as text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(seconds: Any) -> str | None:
    """Unix seconds as ISO 8601 in UTC. 0 means that the platform does not know."""
    found = number(seconds)
    if not found or abs(found) > 1e10:  # the years 1653 to 2286; beyond, datetime itself gives up
        return None
    when = _EPOCH + timedelta(seconds=math.floor(found))
    return when.isoformat() if plausible(when) else None


def clock(value: Any, *, utc: bool = False) -> str | None:
    """ISO-like text ("2016-09-10 17:45:00", maybe with a zone) as ISO 8601; `utc`: zoneless is UTC.

    Unix seconds count too.
    """
    text = words(value)
    if text is None or len(text) < len("2016-09-10"):
        return None
    if text.lstrip("-").isdigit():
        return moment(text)
    if text.endswith((" UTC", " GMT")):
        text = text[:-4] + "+00:00"
    try:
        when = datetime.fromisoformat(_FRACTION.sub("", text.replace("Z", "+00:00")))
    except ValueError:
        return None
    if utc and when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return when.isoformat(timespec="seconds") if plausible(when) else None


def plausible(when: datetime) -> bool:
    """Whether a photograph can have this date."""
    return FIRST_YEAR <= when.year <= LAST_YEAR


def point(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A place on Earth in degrees. 0/0 is how platforms write that they know none."""
    north, east = number(latitude), number(longitude)
    if north is None or east is None or (north == 0 and east == 0):
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else None


def link(value: Any) -> str | None:
    """A web address, or None for anything else."""
    text = words(value)
    return text if text and text.startswith(("https://", "http://")) and not text.split()[1:] else None


def ending(path: str) -> str:
    """The file name's ending without its dot, lower case; "" when it has none."""
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""


def is_media_name(path: str) -> bool:
    """Whether the name is that of a picture or a video."""
    return ending(path) in MEDIA_ENDINGS


def outermost(prefixes: Iterable[str]) -> list[str]:
    """The folders that lie in none of the others."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept
