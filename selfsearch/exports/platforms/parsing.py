"""Values of records as they should be, from what platforms write: None stands for what cannot be used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ..html_page import unescape
from ..path_index import fold

MAX_TEXT = 1 << 16  # characters kept of one text; no platform's own captions come near


def as_dict(value: Any) -> Mapping[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a JSON list; a single object or text where a list is expected is a list of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, (dict, str)) and value else []


def as_text(value: Any) -> str | None:
    """Text with something in it, trimmed. Numbers count as text, objects and lists do not.

    Half an emoji, which JSON can spell and no encoding can write, becomes a question mark.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = (value[:MAX_TEXT] if isinstance(value, str) else str(value)).strip()
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()) or None


def as_number(value: Any) -> float | None:
    """A finite number, also when it is written as text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_point(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A place on Earth in degrees. 0/0 is how platforms write that they know none."""
    north, east = as_number(latitude), as_number(longitude)
    if north is None or east is None or (north == 0 and east == 0):
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else None


def as_url(value: Any) -> str | None:
    """A web address, or None for anything else."""
    text = as_text(value)
    return text if text and text.startswith(("https://", "http://")) and not text.split()[1:] else None


def first_text(record: Mapping[str, Any], *keys: str) -> str | None:
    """The first of these fields of a JSON object that has text in it."""
    return next((text for key in keys if (text := as_text(record.get(key)))), None)


def distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Each text once, in the order of their first appearance; empty ones are left out."""
    return tuple(dict.fromkeys(text for text in texts if text))


def is_same(name: str | None, other: str | None) -> bool | None:
    """Whether two names are one; None when either is not known."""
    return name == other if name and other else None


def is_digits(text: str) -> bool:
    """Whether this is a number in plain ASCII digits, as the ids of platforms are."""
    return text.isascii() and text.isdigit()


@cache
def load_words(platform: str, field: str) -> Mapping[str, str]:
    """What a platform calls something, in many languages: folded word -> language tag.

    From data/<platform>.json, where each field has groups of words of one language, with their source. The
    words are in the order of the file; one that several languages share has the tag of the first.
    """
    words: dict[str, str] = {}
    for group in _load_table(platform)[field]:
        for word in group["words"]:
            words.setdefault(fold(word), group["language"])
    return MappingProxyType(words)


@cache
def _load_table(platform: str) -> Any:
    file = resources.files(__package__).joinpath("data").joinpath(f"{platform}.json")
    return json.loads(file.read_text("utf-8"))


_BREAKS = frozenset(("br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"))
# No alternative looks past the next "<" but those that end at what they look for, or at the end of the text.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<silent>script|style)\b[^<>]*>.*?(?:</(?P=silent)[^<>]*>|\Z)"
    r"|</?(?P<name>[a-z][a-z0-9]*)\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def html_to_text(text: str | None) -> str | None:
    """What a reader of the page would see. Text without tags or entities comes back as it is."""
    if not text or not any(sign in text for sign in "<&"):
        return text or None
    shown = unescape(_TAG.sub(_between, text))
    lines = (" ".join(line.split()) for line in shown.splitlines())
    return "\n".join(line for line in lines if line) or None


def unescape_html(text: str | None) -> str | None:
    """Plain text in which only signs are written as HTML entities ("&amp;")."""
    return unescape(text).strip() or None if text else None


def _between(tag: re.Match[str]) -> str:
    return "\n" if (tag["name"] or "").lower() in _BREAKS else ""
