"""Snapchat's memories: the list "Saved Media" joined with the files that it means.

A file is named after the day and the id that stands in the record's link. Where records have no id, a file is
joined only when nothing else can be meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from ...types import Exposure
from ..export import Export
from . import snapchat_times as times
from .legacy import Mention, Provenance
from .media_refs import VIDEO_EXTENSIONS
from .parsing import as_point, as_text

SAID = Provenance(
    "snapchat",
    context="memory",
    author_is_owner=True,
    exposure=Exposure.PRIVATE,
    exposure_reason="a Snapchat memory is saved for its owner; it is not said whether it was sent, too",
)

_FILE = re.compile(r"(?:.*/)?memories/(?:.*/)?(\d{4}-\d\d-\d\d)_([^/]+)-main\.(\w+)", re.IGNORECASE)
_ID = re.compile(r"[?&;]mid=([\w~.-]{1,200})", re.IGNORECASE)
_PLACE = re.compile(r"(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)")
_HTML_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_HTML_KIND = re.compile(r">\s*(Image|Video|Photo)\s*<", re.IGNORECASE)
_HTML_PLACE = re.compile(r"Latitude, Longitude:[^<]*")


class Kind(NamedTuple):
    """What memories without an id are told apart by."""

    day: str
    video: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """One entry of the list."""

    at: str | None  # ISO 8601; the day alone when several memories share what is known
    video: bool
    id: str | None
    location: tuple[float, float] | None

    @property
    def kind(self) -> Kind:
        """Its day and type."""
        return Kind((self.at or "")[:10], self.video)


class File(NamedTuple):
    """What the name of a memory's file says."""

    day: str
    id: str
    video: bool


Joined: TypeAlias = "tuple[Memory, str | None]"  # a memory and the path of its file, if that is in the export


def mentions(export: Export, owner: str | None) -> Iterator[Mention]:
    """Every memory in the list, with its file where that is in the export."""
    said = replace(SAID, account=owner, author=owner)
    for memory, path in _joined(export, list(_listed(export))):
        at, source = memory.at, "Date"
        if at is None and path and (file := named(path)):
            at, source = file.day, "file name"
        yield Mention(
            path,
            replace(
                said,
                taken_at=at,
                taken_at_source=source if at else None,
                location=memory.location,
                location_source="Location" if memory.location else None,
                post_id=memory.id,
            ),
        )


def named(path: str) -> File | None:
    """What a file's name says, when it is a memory's."""
    found = _FILE.fullmatch(path)
    return File(found[1], found[2], found[3].lower() in VIDEO_EXTENSIONS) if found else None


def _listed(export: Export) -> Iterator[Memory]:
    for path, entry in _entries(export):
        memory = _memory(entry) if isinstance(entry, dict) else None
        if memory:
            yield memory
        else:
            reason = "holds entries with neither a date nor an id; their media are taken by their names alone"
            export.note(path, reason)


def _entries(export: Export) -> Iterator[tuple[str, Any]]:
    """The raw entries, with the record in which they stand."""
    records = export.matching("json/memories_history.json")
    for path in records:
        yield from ((path, entry) for entry in export.each(path, "Saved Media", "*"))
    for path in () if records else export.matching("html/memories_history.html"):
        yield from ((path, entry) for entry in _rows(export.text(path)))


def _memory(entry: dict[str, Any]) -> Memory | None:
    at = times.utc(entry.get("Date"))
    links = " ".join(str(entry.get(key) or "") for key in ("Download Link", "Media Download Url"))
    found = _ID.search(links)
    video = (as_text(entry.get("Media Type")) or "").casefold() == "video"
    memory = Memory(at, video, found[1] if found else None, _place(entry.get("Location")))
    return memory if memory.at or memory.id else None


def _place(value: Any) -> tuple[float, float] | None:
    """ "Latitude, Longitude: 38.7123, -9.1402" in degrees; 0.0, 0.0 means none."""
    found = _PLACE.search(value) if isinstance(value, str) else None
    return as_point(found[1], found[2]) if found else None


def _rows(html: str) -> Iterator[dict[str, Any]]:
    """The same list as a table, which is all there is when the user did not ask for JSON."""
    for row in html.split("<tr")[1:]:
        if at := _HTML_DATE.search(row):
            kind, place = _HTML_KIND.search(row), _HTML_PLACE.search(row)
            yield {
                "Date": at[0],
                "Media Type": kind[1] if kind else None,
                "Location": place[0] if place else None,
                "Download Link": row,
            }


def _joined(export: Export, listed: list[Memory]) -> Iterator[Joined]:
    files = {path: file for path in export.members if (file := named(path))}
    by_id: dict[str, list[str]] = defaultdict(list)
    for path, file in files.items():
        by_id[file.id.casefold()].append(path)
    used: set[str] = set()
    without: list[Memory] = []
    for memory in dict.fromkeys(listed):
        paths = by_id.get(memory.id.casefold(), []) if memory.id else []
        same_day = [path for path in paths if files[path].day == memory.kind.day]
        yield from ((memory, path) for path in same_day or paths)
        used.update(paths)
        if not paths:
            without.append(memory)
    if used:  # ids are file names here, so an id without a file means that the file is missing
        yield from ((memory, None) for memory in without if memory.id)
        without = [memory for memory in without if not memory.id]
    yield from _by_day(without, {path: file for path, file in files.items() if path not in used})


def _by_day(listed: list[Memory], files: dict[str, File]) -> Iterator[Joined]:
    """Join by day and type where there are as many memories as files; several share what is true of all."""
    memories: dict[Kind, list[Memory]] = defaultdict(list)
    for memory in listed:
        memories[memory.kind].append(memory)
    paths: dict[Kind, list[str]] = defaultdict(list)
    for path, file in files.items():
        paths[Kind(file.day, file.video)].append(path)
    for kind, some in memories.items():
        near = paths.get(kind, [])
        if not near:
            yield from ((memory, None) for memory in some)
        elif len(near) == len(some):
            yield from ((_shared(some), path) for path in near)
        else:  # which file is whose cannot be told; those that must be missing are counted
            yield from ((_shared(some), None) for _ in range(len(some) - len(near)))


def _shared(some: list[Memory]) -> Memory:
    """What is true of each of these memories of one day."""
    if len(some) == 1:
        return some[0]
    places = {memory.location for memory in some}
    return Memory(some[0].kind.day, some[0].video, None, places.pop() if len(places) == 1 else None)
