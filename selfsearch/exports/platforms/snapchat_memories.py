"""Snapchat's memories: what the list says of them, what their files are called, and which belong together.

A record's link holds the id that its file bears. Since late 2025 records have no links; then the file's time
in the archive (its extended timestamp) is the second that the record names. Where neither helps, a file is
matched by its day only when nothing else can be meant.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..path_index import fold
from .media_refs import VIDEO_EXTENSIONS
from .parsing import as_point, as_text
from .snapchat_records import utc_time

# "2022-08-14_ID-main.jpg"; without "-main", and for some months without the day.
_FILE = re.compile(r"(?:(\d{4}-\d\d-\d\d)_)?(.+?)(-main)?\.(\w+)", re.IGNORECASE | re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ID = re.compile(r"[?&;]mid=([\w~.-]{1,200})", re.IGNORECASE)
_OTHER_ID = re.compile(r"[?&;]sid=([\w~.-]{1,200})", re.IGNORECASE)  # some files bear this one
_COORDINATES = re.compile(r"(?<![\d.])(-?\d{1,3}(?:\.\d{1,20})?)\s{0,5},\s{0,5}(-?\d{1,3}(?:\.\d{1,20})?)")
_HTML_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_HTML_TYPE = re.compile(r">\s*(Image|Video|Photo)\s*<", re.IGNORECASE)
_HTML_PLACE = re.compile(r"Latitude, Longitude:[^<]*")


class DayAndType(NamedTuple):
    """What memories without an id are told apart by."""

    day: str
    is_video: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """One entry of the list."""

    at: str | None  # ISO 8601; the day alone when several memories share what is known
    is_video: bool
    id: str | None
    location: tuple[float, float] | None
    record: str = ""  # path of the list
    other_id: str | None = None

    @property
    def day_and_type(self) -> DayAndType:
        """For matching."""
        return DayAndType((self.at or "")[:10], self.is_video)

    @classmethod
    def of(cls, record: str, entry: Mapping[str, Any]) -> Memory:
        """An entry of the list in `record`."""
        links = " ".join(str(entry.get(key) or "") for key in ("Download Link", "Media Download Url"))
        own, other = _ID.search(links), _OTHER_ID.search(links)
        is_video = (as_text(entry.get("Media Type")) or "").casefold() == "video"
        place = entry.get("Location")  # "Latitude, Longitude: 38.7123, -9.1402"
        match = _COORDINATES.search(place) if isinstance(place, str) else None
        location = as_point(match[1], match[2]) if match else None
        at = utc_time(entry.get("Date"))
        return cls(at, is_video, own[1] if own else None, location, record, other[1] if other else None)


class MemoryFile(NamedTuple):
    """What is known of a memory's file by its name and its archive."""

    id: str
    day_and_type: DayAndType
    at: str | None = None  # ISO 8601: when its archive says that it was changed

    @classmethod
    def of(cls, path: str, at: str | None = None) -> MemoryFile | None:
        """None when it is not a memory's. A clip in an archive of several goes by the archive's name."""
        names = path.split("/")
        depth = next((depth for depth, name in enumerate(names[:-1]) if fold(name) == "memories"), None)
        if depth is None:
            return None
        ending = names[-1].rpartition(".")[2]
        for name in dict.fromkeys((names[-1], f"{names[depth + 1]}.{ending}")):
            match = _FILE.fullmatch(name)
            if match and (match[1] or _UUID.fullmatch(match[2])):
                kind = DayAndType(match[1] or "", ending.lower() in VIDEO_EXTENSIONS)
                return cls(match[2], kind, at)
        return None


@dataclass
class Matches:
    """Finds the file of each memory."""

    memories: Iterable[Memory]
    files: Mapping[str, MemoryFile]  # by path
    unplaced: int = 0  # files whose second several memories share that were made at different places

    def __iter__(self) -> Iterator[tuple[Memory, str | None]]:
        """Each memory with the path of its file, if that is there: by id, by second, by day and type."""
        by_id: dict[str, list[str]] = defaultdict(list)
        for path, file in self.files.items():
            by_id[file.id.casefold()].append(path)
        matched: set[str] = set()
        unmatched: list[Memory] = []
        for memory in self.memories:
            ids = [found.casefold() for found in (memory.id, memory.other_id) if found]
            paths = next((by_id[found] for found in ids if found in by_id), [])
            day = memory.day_and_type.day
            same_day = [path for path in paths if self.files[path].day_and_type.day == day]
            yield from ((memory, path) for path in same_day or paths)
            matched.update(paths)
            if not paths:
                unmatched.append(memory)
        are_ids_names = bool(matched)
        unmatched = yield from self._by_second(unmatched, matched)
        if are_ids_names:  # so an id without a file means that the file is missing
            yield from ((memory, None) for memory in unmatched if memory.id)
            unmatched = [memory for memory in unmatched if not memory.id]
        others = {path: file for path, file in self.files.items() if path not in matched}
        yield from _match_by_day(unmatched, others)

    def _by_second(
        self, memories: list[Memory], matched: set[str]
    ) -> Generator[tuple[Memory, str | None], None, list[Memory]]:
        """Memories whose very second, on the day in its name, a file has; returns the rest."""
        groups: dict[tuple[str, bool], list[Memory]] = defaultdict(list)
        for memory in memories:
            if memory.at and "T" in memory.at:
                groups[memory.at, memory.is_video].append(memory)
        found: Counter[tuple[str, bool]] = Counter()  # files of a second
        for path, file in self.files.items():
            day, is_video = file.day_and_type
            second = (file.at or "", is_video)
            group = groups.get(second, [])
            if path in matched or not group or day not in ("", group[0].day_and_type.day):
                continue
            common = _in_common(group, group[0].at)
            self.unplaced += common.location is None and any(memory.location for memory in group)
            matched.add(path)
            found[second] += 1
            yield common, path
        for second, count in found.items():  # of what is left over, the files are missing
            group = groups[second]
            yield from ((_in_common(group, second[0]), None) for _ in range(len(group) - count))
        return [memory for memory in memories if (memory.at, memory.is_video) not in found]


def _match_by_day(
    memories: list[Memory], files: dict[str, MemoryFile]
) -> Iterator[tuple[Memory, str | None]]:
    """Match by day and type where there are as many memories as files; several share what is true of all."""
    groups: dict[DayAndType, list[Memory]] = defaultdict(list)
    for memory in memories:
        groups[memory.day_and_type].append(memory)
    paths_of: dict[DayAndType, list[str]] = defaultdict(list)
    for path, file in files.items():
        paths_of[file.day_and_type].append(path)
    for key, group in groups.items():
        paths = paths_of.get(key, [])
        if not paths:
            yield from ((memory, None) for memory in group)
        elif len(paths) == len(group):
            yield from ((_in_common(group, key.day), path) for path in paths)
        else:  # which file is whose cannot be told; those that must be missing are counted
            yield from ((_in_common(group, key.day), None) for _ in range(len(group) - len(paths)))


def _in_common(memories: list[Memory], at: str | None) -> Memory:
    """What is true of each of these memories of one time."""
    first, *others = memories
    if not others:
        return first
    is_one_place = {memory.location for memory in memories} == {first.location}
    return Memory(at, first.is_video, None, first.location if is_one_place else None, first.record)


def html_rows(html: str) -> Iterator[dict[str, Any]]:
    """The list of memories as a table, row by row in the fields of the JSON form."""
    for row in html.split("<tr")[1:]:
        if date := _HTML_DATE.search(row):
            media_type, place = _HTML_TYPE.search(row), _HTML_PLACE.search(row)
            yield {
                "Date": date[0],
                "Media Type": media_type[1] if media_type else None,
                "Location": place[0] if place else None,
                "Download Link": row,
            }
