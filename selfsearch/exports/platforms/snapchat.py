"""Snapchat's "My Data": memories, media from chats, and the records that give them a time and a place.

The files carry no EXIF; the records are the only source. Their download links expire and let anyone who
has them fetch the media, so no link is ever kept.

The file of a memory is named after the day and the id that stands in the record's link. Where records have no
id, a file is matched only when nothing else can be meant. Messages name their media by id, and files carry
that id in their names; but most media of a chat are named by no message at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import ijson

from ...types import Audience, Exposure, Location, Provenance, Timestamp
from ..path_index import PathIndex, file_name, folder_names
from .base import Account, Mention, Platform, Root, as_roots
from .media_refs import VIDEO_EXTENSIONS
from .parsing import as_dict, as_number, as_point, as_text, is_same

MARKS = {
    "json/memories_history.json": "Snapchat's list of memories",
    "html/memories_history.html": "Snapchat's list of memories",
    "memories/????-??-??_*-main.*": "Snapchat memories",
    "chat_media/????-??-??_*~*": "media from Snapchat chats",
}
DOWNLOAD_NAME = re.compile(r"mydata~(\d+)(?:-\d+)?(?: ?\(\d+\))*(?:\.zip)?", re.IGNORECASE)
DERIVATIVES = (
    (
        re.compile(r"-overlay\.\w+$|\d{4}-\d\d-\d\d_overlay~", re.IGNORECASE),
        "the stickers that were laid over a snap",
    ),
    (re.compile(r"\d{4}-\d\d-\d\d_thumbnail~", re.IGNORECASE), "a thumbnail that Snapchat made"),
)
FIRST_YEAR, LAST_YEAR = 2011, 2099  # Snapchat began in 2011

MEMORY = Provenance(
    "snapchat",
    context="memory",
    author_is_owner=True,
    exposure=Exposure.PRIVATE.because(
        "a Snapchat memory is saved for its owner; it is not said whether it was sent, too"
    ),
)
STORY = Provenance(
    "snapchat",
    context="story",
    author_is_owner=True,
    exposure=Exposure.UNKNOWN.because("Snapchat's export does not say who could see a story"),
)
MESSAGE = Provenance(
    "snapchat",
    context="message",
    exposure=Exposure.UNKNOWN.because(
        "sent in a Snapchat chat; the records do not say whether with one person or with a group"
    ),
)
CHAT_OF_TWO = replace(
    MESSAGE,
    audience=Audience("direct message", "chat_type"),
    exposure=Exposure.PRIVATE.because("a Snapchat chat of two people: only they could see it"),
)
GROUP_CHAT = replace(
    MESSAGE,
    audience=Audience("group", "chat_type"),
    exposure=Exposure.NETWORK.because("a Snapchat group chat: its members could see it"),
)
SHARED_STORY = Provenance(
    "snapchat",
    context="shared_story",
    exposure=Exposure.UNKNOWN.because("Snapchat's export does not say who could see a shared story"),
)
FILE = Provenance(
    "snapchat",
    context="file",
    exposure=Exposure.UNKNOWN.because("Snapchat's export does not say what this file is or who could see it"),
)
FOLDERS = {"memories": MEMORY, "chat_media": MESSAGE, "shared_story": SHARED_STORY}

MEMORY_FILE = re.compile(r"(\d{4}-\d\d-\d\d)_(.+)-main\.(\w+)", re.IGNORECASE | re.DOTALL)  # in "memories"
MEMORY_ID = re.compile(r"[?&;]mid=([\w~.-]{1,200})", re.IGNORECASE)
COORDINATES = re.compile(r"(?<![\d.])(-?\d{1,3}(?:\.\d{1,20})?)\s{0,5},\s{0,5}(-?\d{1,3}(?:\.\d{1,20})?)")
HTML_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
HTML_TYPE = re.compile(r">\s*(Image|Video|Photo)\s*<", re.IGNORECASE)
HTML_PLACE = re.compile(r"Latitude, Longitude:[^<]*")

CHAT_FILE = re.compile(r"(\d{4}-\d\d-\d\d)_(.+)\.\w+", re.DOTALL)  # in "chat_media"
MEDIA_ID = re.compile(r"[\w~.+=:-]{1,200}")
BETWEEN_IDS = re.compile(r"[\s,;|]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PICTURE_TYPES = {"media", "image", "video", "photo"}  # of messages whose media may show a face

UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?UTC|Z)?")
FILE_DAY = re.compile(r"(\d{4}-\d\d-\d\d)_")


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

    @property
    def day_and_type(self) -> DayAndType:
        """For matching."""
        return DayAndType((self.at or "")[:10], self.is_video)


class MemoryFile(NamedTuple):
    """What the name of a memory's file says."""

    id: str
    day_and_type: DayAndType

    @classmethod
    def of(cls, path: str) -> MemoryFile | None:
        """None when it is not a memory's."""
        match = MEMORY_FILE.fullmatch(file_name(path)) if "memories" in folder_names(path) else None
        return match and cls(match[2], DayAndType(match[1], match[3].lower() in VIDEO_EXTENSIONS))


@dataclass(frozen=True, slots=True)
class Message:
    """One message that names media."""

    media_ids: tuple[str, ...]
    may_show_faces: bool
    provenance: Provenance  # but for who could see it, which only the whole conversation tells


class Snapchat(Platform):
    """A download of "My Data"."""

    name = "snapchat"
    title = "Snapchat"

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with records, memories or chat media of an export; a part may hold only one of them."""
        reasons = paths.find_marks(MARKS)
        for prefix in paths.prefixes_with_file("json/account.json"):
            if paths.has(f"{prefix}json/chat_history.json"):
                reasons.setdefault(prefix, "Snapchat's account and chat records")
        return as_roots(reasons)

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """mydata~1767614400000.zip and mydata~1767614400000-2.zip are one export."""
        match = DOWNLOAD_NAME.fullmatch(container)
        return f"mydata~{match[1]}" if match else None

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Overlays and thumbnails."""
        return next((why for pattern, why in DERIVATIVES if pattern.search(file_name(path))), None)

    @classmethod
    def nested(cls, path: str) -> bool:
        """A memory, or what was sent, of several clips comes as a zip of them."""
        return not FOLDERS.keys().isdisjoint(folder_names(path))

    @cached_property
    def account(self) -> Account:
        """The user name, and the time of the export from the name of its archive."""
        record = as_dict(self.export.object_at("json/account.json").get("Basic Information"))
        member = next(iter(self.export.members.values()), None)
        container = file_name(member.container.path.replace("\\", "/").rstrip("/")) if member else ""
        outer = member.path.partition("/")[0] if member else ""
        matches = map(DOWNLOAD_NAME.fullmatch, (self.export.name, container, outer))
        match = next(filter(None, matches), None)
        exported_at = _counted_time(float(match[1][:18])) if match else None
        return Account(as_text(record.get("Username")), as_text(record.get("Name")), exported_at)

    def mentions(self) -> Iterator[Mention]:
        """Memories, media of chats, and own stories (whose media Snapchat does not export)."""
        yield from self._memory_mentions()
        for path in self.export.matching("json/chat_history.json"):
            for key, entries in groupby(self._keyed_objects(path), lambda pair: pair[0]):
                yield from self._conversation_mentions(key, (entry for _, entry in entries))
        for path in self.export.matching("json/story_history.json"):
            for section, story in self._keyed_objects(path):
                at = _utc_time(story.get("Story Date"))
                if at and section.casefold().startswith("your story"):
                    posted = Timestamp(at, "Story Date")
                    yield Mention(None, replace(STORY, account=self.account.name, posted=posted))

    def infer(self, path: str) -> Provenance:
        """What the folder and the day in the file name say."""
        folders = (FOLDERS[name] for name in reversed(folder_names(path)) if name in FOLDERS)
        provenance = replace(next(folders, FILE), account=self.account.name)
        match = FILE_DAY.match(file_name(path))
        if not match or not _is_plausible_time(f"{match[1]}T00:00:00+00:00"):
            return provenance
        day = Timestamp(match[1], "file name")
        if provenance.context != "memory":
            return replace(provenance, posted=day)
        file = MemoryFile.of(path)
        return replace(provenance, taken=day, post_id=file.id if file else None)

    def _keyed_objects(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects of {"key": [object, ...], ...} with their keys, streamed. Others are passed over.

        Keys are user names, which may have dots in them: ijson's prefixes do not tell the levels apart.
        """
        key: str | None = None
        builder: ijson.ObjectBuilder | None = None
        depth = base = 0
        for _, event, value in self.export.events(path):
            if builder is None and event == "map_key" and depth == 1:
                key = value
            elif builder is None and event == "start_map" and key is not None and depth in (1, 2):
                builder, base = ijson.ObjectBuilder(), depth
            depth += event in ("start_map", "start_array")
            depth -= event in ("end_map", "end_array")
            if builder is not None and key is not None:
                builder.event(event, value)
                if depth == base:
                    yield key, builder.value
                    builder = None

    def _memory_mentions(self) -> Iterator[Mention]:
        """Every memory in the list, with its file where that is in the export."""
        provenance = replace(MEMORY, account=self.account.name, author=self.account.name)
        memories = dict.fromkeys(self._listed_memories())
        files = {path: file for path in self.export.members if (file := MemoryFile.of(path))}
        for memory, path in match_memories(memories, files):
            day = files[path].day_and_type.day if path else None
            yield Mention(
                path,
                replace(
                    provenance,
                    taken=Timestamp.of(memory.at, "Date") or Timestamp.of(day, "file name"),
                    location=Location.of(memory.location, "Location"),
                    post_id=memory.id,
                ),
            )

    def _listed_memories(self) -> Iterator[Memory]:
        for path, entry in self._memory_entries():
            memory = _memory(as_dict(entry))
            if memory.at or memory.id:
                yield memory
            else:
                problem = (
                    "holds entries with neither a date nor an id; their media are taken by their names alone"
                )
                self.export.note(path, problem)

    def _memory_entries(self) -> Iterator[tuple[str, Any]]:
        """The raw entries, with the record in which they stand: a page when the user asked for no JSON."""
        records = self.export.matching("json/memories_history.json")
        for path in records:
            yield from ((path, entry) for entry in self.export.each(path, "Saved Media", "*"))
        for path in () if records else self.export.matching("html/memories_history.html"):
            yield from ((path, entry) for entry in _html_rows(self.export.text(path)))

    def _conversation_mentions(self, key: str, entries: Iterable[dict[str, Any]]) -> Iterator[Mention]:
        """Every picture or video that a conversation's messages name, also when it is not in the export."""
        senders: set[str | None] = {None}
        title: str | None = None
        messages = []
        for entry in entries:
            senders.add(as_text(entry.get("From")))
            title = title or as_text(entry.get("Conversation Title"))
            if ids := _media_ids(entry.get("Media IDs")):
                messages.append(self._message(entry, ids))
        has_no_name = UUID.fullmatch(key) is not None
        is_titled = title not in (None, key) and key not in senders
        is_group = has_no_name or len(senders - {None}) > 2 or is_titled
        chat = GROUP_CHAT if is_group else CHAT_OF_TWO
        album = title or (None if has_no_name else key)
        for message in messages:
            provenance = replace(
                message.provenance, audience=chat.audience, exposure=chat.exposure, album=album
            )
            yield from self._message_mentions(message, provenance)

    def _message(self, entry: dict[str, Any], ids: tuple[str, ...]) -> Message:
        sender, is_sender = as_text(entry.get("From")), entry.get("IsSender")
        count = as_number(entry.get("Created(microseconds)"))  # only "Created" is in the unit that it says
        provenance = replace(
            MESSAGE,
            account=self.account.name,
            author=sender,
            author_is_owner=is_sender if isinstance(is_sender, bool) else is_same(sender, self.account.name),
            posted=Timestamp.of(_utc_time(entry.get("Created")), "Created")
            or Timestamp.of(_counted_time(count), "Created(microseconds)"),
            caption=as_text(entry.get("Content")),
        )
        media_type = (as_text(entry.get("Media Type")) or "media").casefold()
        return Message(ids, media_type in PICTURE_TYPES, provenance)

    def _message_mentions(self, message: Message, provenance: Provenance) -> Iterator[Mention]:
        day = provenance.posted.at[:10] if provenance.posted else None
        for media_id in message.media_ids:
            provenance = replace(provenance, post_id=media_id)
            files = self._chat_files.get(media_id) or self._chat_files.get(f"b~{media_id}") or []
            same_day = [file for file in files if file[0] == day]
            yield from (Mention(path, provenance) for _, path in same_day or files)
            if not files and message.may_show_faces:
                yield Mention(f"chat_media/{day or 'unknown'}_{media_id}", provenance)

    @cached_property
    def _chat_files(self) -> dict[str, list[tuple[str, str]]]:
        """The media of chats: id -> day and path."""
        files: dict[str, list[tuple[str, str]]] = {}
        for path in self.export.members:
            match = CHAT_FILE.fullmatch(file_name(path)) if "chat_media" in folder_names(path) else None
            if match:
                files.setdefault(match[2], []).append((match[1], path))
        return files


def match_memories(
    memories: Iterable[Memory], files: dict[str, MemoryFile]
) -> Iterator[tuple[Memory, str | None]]:
    """Each memory with the path of its file, if that is in the export: by id, else by day and type."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for path, file in files.items():
        by_id[file.id.casefold()].append(path)
    matched: set[str] = set()
    unmatched: list[Memory] = []
    for memory in memories:
        paths = by_id.get(memory.id.casefold(), []) if memory.id else []
        day = memory.day_and_type.day
        same_day = [path for path in paths if files[path].day_and_type.day == day]
        yield from ((memory, path) for path in same_day or paths)
        matched.update(paths)
        if not paths:
            unmatched.append(memory)
    if matched:  # ids are file names here, so an id without a file means that the file is missing
        yield from ((memory, None) for memory in unmatched if memory.id)
        unmatched = [memory for memory in unmatched if not memory.id]
    others = {path: file for path, file in files.items() if path not in matched}
    yield from _match_by_day(unmatched, others)


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
            yield from ((_in_common(group), path) for path in paths)
        else:  # which file is whose cannot be told; those that must be missing are counted
            yield from ((_in_common(group), None) for _ in range(len(group) - len(paths)))


def _in_common(memories: list[Memory]) -> Memory:
    """What is true of each of these memories of one day."""
    first, *others = memories
    if not others:
        return first
    is_one_place = {memory.location for memory in memories} == {first.location}
    return Memory(first.day_and_type.day, first.is_video, None, first.location if is_one_place else None)


def _memory(entry: Any) -> Memory:
    links = " ".join(str(entry.get(key) or "") for key in ("Download Link", "Media Download Url"))
    memory_id = MEMORY_ID.search(links)
    is_video = (as_text(entry.get("Media Type")) or "").casefold() == "video"
    place = entry.get("Location")  # "Latitude, Longitude: 38.7123, -9.1402"
    match = COORDINATES.search(place) if isinstance(place, str) else None
    location = as_point(match[1], match[2]) if match else None
    return Memory(_utc_time(entry.get("Date")), is_video, memory_id[1] if memory_id else None, location)


def _html_rows(html: str) -> Iterator[dict[str, Any]]:
    """The list of memories as a table, row by row in the fields of the JSON form."""
    for row in html.split("<tr")[1:]:
        if date := HTML_DATE.search(row):
            media_type, place = HTML_TYPE.search(row), HTML_PLACE.search(row)
            yield {
                "Date": date[0],
                "Media Type": media_type[1] if media_type else None,
                "Location": place[0] if place else None,
                "Download Link": row,
            }


def _media_ids(value: Any) -> tuple[str, ...]:
    """Ids from a text ("b~Qw7 | b~Er8"; the sign between them varies) or a list."""
    parts = value if isinstance(value, list) else BETWEEN_IDS.split(value) if isinstance(value, str) else []
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, str) and MEDIA_ID.fullmatch(part)))


def _utc_time(value: Any) -> str | None:
    """A record's time ("2022-08-14 09:41:07 UTC") as ISO 8601, or None for anything else."""
    match = UTC_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    text = f"{match[1]}T{match[2]}+00:00" if match else ""
    return text if _is_plausible_time(text) else None


def _is_plausible_time(text: str) -> bool:
    try:
        return FIRST_YEAR <= datetime.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def _counted_time(count: float | None) -> str | None:
    """A count since 1970, whatever its unit: "Created(microseconds)" was seen to hold milliseconds."""
    first, end = (
        datetime(year, 1, 1, tzinfo=timezone.utc).timestamp() for year in (FIRST_YEAR, LAST_YEAR + 1)
    )
    for unit in (1e3, 1e6, 1.0):
        if first <= (count or 0) / unit < end:
            return datetime.fromtimestamp((count or 0) // unit, timezone.utc).isoformat()
    return None
