"""TikTok's record, read as a stream: section names and letter case change between versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import ijson

from ..export import Export
from ..path_index import fold
from .parsing import as_text

FILES = ("user_data_tiktok.json", "user_data.json")


@dataclass
class Facts:
    """What the record says about the account, and the posts that are in the bin."""

    user: str | None = None
    display_name: str | None = None
    private: str | None = None  # TikTok's own word, "On" or "Off"
    deleted: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_private(self) -> bool | None:
        """Whether the account was private when the export was made."""
        return {"on": True, "true": True, "off": False, "false": False}.get(fold(self.private or ""))


def folded(found: dict[str, Any]) -> dict[str, Any]:
    """An object with its field names in lower case."""
    return {fold(key): part for key, part in found.items()}


def given(value: Any) -> str | None:
    """Text, without the two ways in which TikTok writes that there is none."""
    text = as_text(value)
    return None if text is None or text.casefold() == "n/a" else text


def record_files(export: Export) -> list[str]:
    return [path for path in map(export.find, FILES) if path]


def facts_of(export: Export) -> Facts:
    """Everything but the posts, read once: the profile often stands behind a hundred thousand posts."""
    if "tiktok.facts" not in export.memo:
        facts = Facts()
        for path in record_files(export):
            for role, found in objects(export, path, ("profile", "settings", "deleted")):
                _learn(facts, role, folded(found))
        export.memo["tiktok.facts"] = facts
    known: Facts = export.memo["tiktok.facts"]
    return known


def _learn(facts: Facts, role: str, found: dict[str, Any]) -> None:
    if role == "profile":
        facts.user = facts.user or given(found.get("username"))
        facts.display_name = facts.display_name or given(found.get("displayname") or found.get("nickname"))
    elif role == "settings":
        facts.private = facts.private or given(found.get("private account"))
    else:
        facts.deleted.append(found)


@lru_cache(maxsize=4096)
def _role(prefix: str) -> str | None:
    """What stands at a path of the document: "Post.Posts.VideoList.item" is a post, in any letter case."""
    parts = fold(prefix).removesuffix(".item").split(".")
    section, last = parts[-2] if len(parts) > 1 else "", parts[-1]
    if last in ("videolist", "postlist"):
        return "deleted" if "deleted" in section else "post" if section in ("posts", "videos") else None
    return {"profilemap": "profile", "settingsmap": "settings"}.get(last)


def objects(export: Export, path: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the wanted roles, streamed; lists may be null, or a bare object."""
    builder: ijson.ObjectBuilder | None = None
    inside = ""
    for prefix, event, value in export.events(path):
        if builder is None:
            if event != "start_map" or _role(prefix) not in wanted:
                continue
            builder, inside = ijson.ObjectBuilder(), prefix
        builder.event(event, value)
        if event == "end_map" and prefix == inside:
            yield str(_role(inside)), builder.value
            builder = None
