"""Snapchat's "My Data": memories, media from chats, and the records that give them a time and a place.

The files carry no EXIF; the records are the only source. Their download links expire and let anyone who
has them fetch the media, so no link is ever kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..export import Export
from ..path_index import PathIndex
from . import snapchat_chats as chats
from . import snapchat_memories as memories
from . import snapchat_times as times
from .base import Account, Root
from .legacy import Mention, Provenance
from .parsing import as_dict, as_text

name = "snapchat"
title = "Snapchat"

_MARKS = {
    "json/memories_history.json": "Snapchat's list of memories",
    "html/memories_history.html": "Snapchat's list of memories",
    "memories/????-??-??_*-main.*": "Snapchat memories",
    "chat_media/????-??-??_*~*": "media from Snapchat chats",
}
_CONTAINER = re.compile(r"mydata~(\d+)(?:-\d+)?(?: ?\(\d+\))*(?:\.zip)?", re.IGNORECASE)
_DERIVATIVES = (
    (
        re.compile(r"-overlay\.\w+$|\d{4}-\d\d-\d\d_overlay~", re.IGNORECASE),
        "the stickers that were laid over a snap",
    ),
    (re.compile(r"\d{4}-\d\d-\d\d_thumbnail~", re.IGNORECASE), "a thumbnail that Snapchat made"),
)
_UNSAID = Provenance(
    name,
    context="file",
    exposure_reason="Snapchat's export does not say what this file is or who could see it",
)
_STORY = Provenance(
    name,
    context="story",
    author_is_owner=True,
    exposure_reason="Snapchat's export does not say who could see a story",
)
_SHARED = Provenance(
    name,
    context="shared_story",
    exposure_reason="Snapchat's export does not say who could see a shared story",
)
_FOLDERS = {"memories": memories.SAID, "chat_media": chats.UNSAID, "shared_story": _SHARED}


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with records, memories or chat media of an export; a part may hold only one of them."""
    found: dict[str, str] = {}
    for mark, why in _MARKS.items():
        for prefix in names.prefixes_with_file(mark):
            found.setdefault(prefix, why)
    for prefix in names.prefixes_with_file("json/account.json"):
        if names.has(f"{prefix}json/chat_history.json"):
            found.setdefault(prefix, "Snapchat's account and chat records")
    return [Root(prefix, why) for prefix, why in found.items()]


def series(container: str) -> str | None:
    """mydata~1767614400000.zip and mydata~1767614400000-2.zip are one export."""
    found = _CONTAINER.fullmatch(container)
    return f"mydata~{found[1]}" if found else None


def account(export: Export) -> Account:
    """The user name, and the time of the export from the name of its archive."""
    path = export.find("json/account.json")
    record = as_dict(as_dict(export.json(path) if path else None).get("Basic Information"))
    return Account(as_text(record.get("Username")), as_text(record.get("Name")), _exported_at(export))


def mentions(export: Export) -> Iterator[Mention]:
    """Memories, media of chats, and own stories (whose media Snapchat does not export)."""
    owner = _owner(export)
    yield from memories.mentions(export, owner)
    yield from chats.mentions(export, owner)
    records = export.matching("json/story_history.json")
    for section, story in (pair for path in records for pair in chats.keyed(export, path)):
        if section.casefold().startswith("your story") and (at := times.utc(story.get("Story Date"))):
            yield Mention(None, replace(_STORY, account=owner, posted_at=at, posted_at_source="Story Date"))


def orphan(export: Export, path: str) -> Provenance:
    """What the folder and the day in the file name say."""
    folders = reversed(path.casefold().split("/")[:-1])
    said = next((_FOLDERS[folder] for folder in folders if folder in _FOLDERS), _UNSAID)
    said = replace(said, account=_owner(export))
    day = times.named(path)
    if day is None:
        return said
    if said.context == "memory":
        file = memories.named(path)
        return replace(said, taken_at=day, taken_at_source="file name", post_id=file.id if file else None)
    return replace(said, posted_at=day, posted_at_source="file name")


def derivative(path: str) -> str | None:
    """Overlays and thumbnails."""
    basename = path.rpartition("/")[2]
    return next((why for pattern, why in _DERIVATIVES if pattern.search(basename)), None)


def _owner(export: Export) -> str | None:
    if "snapchat" not in export.memo:
        export.memo["snapchat"] = account(export).name
    owner: str | None = export.memo["snapchat"]
    return owner


def _exported_at(export: Export) -> str | None:
    member = next(iter(export.members.values()), None)
    container = member.container.path.replace("\\", "/").rstrip("/").rpartition("/")[2] if member else ""
    outer = member.path.partition("/")[0] if member else ""
    for known in (export.name, container, outer):
        if found := _CONTAINER.fullmatch(known):
            return next(iter(times.counted(float(found[1][:18]))), None)
    return None
