"""What a person can do now, per platform: where it keeps its delete, audience, tag and face switches.

The words are ours, in advice.json beside this file, and dated: menus move.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from .sanitize import line

# Names that readers and people use for the same platform.
_ALIASES = {
    "apple": "icloud",
    "apple_photos": "icloud",
    "icloud_photos": "icloud",
    "google": "google_photos",
    "google_takeout": "google_photos",
    "googlephotos": "google_photos",
    "takeout": "google_photos",
    "takeout_photos": "google_photos",
    "takeout_youtube": "youtube",
    "google_youtube": "youtube",
    "twitter": "x",
    "x_twitter": "x",
    "files": "folder",
    "archive": "folder",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """Where one platform keeps its switches. `as_of` is the month of these words: "2026-11"."""

    platform: str
    title: str
    short: str  # the first thing to do, for a terminal
    delete: str
    audience: str
    tags: str
    faces: str
    as_of: str

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Heading and text, in the order in which they help."""
        return (
            ("Delete or archive", self.delete),
            ("Who can see it", self.audience),
            ("Tags, and pictures by others", self.tags),
            ("Face recognition", self.faces),
        )


def advice(platform: str) -> Advice | None:
    """The advice for a platform by the name that a sighting carries; None when we have none."""
    return _table().get(platform_key(platform))


def platform_key(platform: str) -> str:
    """The one name under which the tables of this room know a platform."""
    name = re.sub(r"[^a-z0-9]+", "_", platform.casefold()).strip("_")
    return _ALIASES.get(name, name)


def advice_for(platforms: Iterable[str]) -> list[Advice]:
    """What there is for several platforms, each once, in their order."""
    return list(dict.fromkeys(entry for entry in map(advice, platforms) if entry))


def web_advice() -> Advice:
    """The advice for what lies outside every platform: face search engines, copies elsewhere."""
    return _read("web", _data()["web"])


def platform_name(platform: str) -> str:
    """A platform's name for people."""
    entry = advice(platform)
    return entry.title if entry else line(platform.replace("_", " ").replace("-", " ")).title()


def caveat(as_of: str) -> str:
    """The sentence that goes with every piece of advice."""
    return (
        f"As of {as_of}. Menus move and differ between app, web and country: when one is not there, "
        "search the platform's own help for the word."
    )


@lru_cache
def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("advice.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@lru_cache
def _table() -> dict[str, Advice]:
    return {platform: _read(platform, entry) for platform, entry in _data()["platforms"].items()}


def _read(platform: str, entry: dict[str, str]) -> Advice:
    return Advice(platform=platform, as_of=str(_data()["as_of"]), **entry)
