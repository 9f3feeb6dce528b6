"""Face search engines: which of them reads the place where a public picture is.

What is known of each is in engines.json beside this file, dated and with sources; docs/engines.md tells it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from .advice import platform_key

WEB, SOCIAL, CLOSED = "web", "social", "closed"  # closed: seen by everybody, but in no page of the open web
VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Engine:
    """A face search engine and what it reads: WEB, SOCIAL, and VIDEO of either."""

    name: str
    reads: frozenset[str]
    says_not: frozenset[str]  # what it says that it does not read

    def can_find(self, platforms: Iterable[str], *, is_video: bool) -> bool:
        """Whether it reads one of the platforms on which a picture or video is public."""
        as_video = {VIDEO} if is_video else set()
        return any({place_of(platform)} | as_video <= self.reads for platform in platforms)


@lru_cache
def headline_engines() -> tuple[Engine, ...]:
    """Those that are large and well documented enough to be named in one line."""
    return tuple(
        Engine(entry["name"], frozenset(entry["reads"]), frozenset(entry["says_not"]))
        for entry in _data()["engines"]
        if entry["named_in_headline"]
    )


def place_of(platform: str) -> str:
    """WEB, SOCIAL or CLOSED; a platform that is not known here counts as open web."""
    return str(_data()["places"].get(platform_key(platform), WEB))


@lru_cache
def _data() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("engines.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
