"""Snapchat's "My Data": memories, media from chats, and the records that give them a time and a place.

The files carry no EXIF; the records are the only source. Their download links expire and let anyone who
has them fetch the media, so no link is ever kept.

Messages name their media by id, and files carry that id in their names; but most media of a chat are named by
no message at all. Memories and stories have files of their own (snapchat_memories.py, snapchat_stories.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from ...types import Audience, Exposure, Location, Provenance, Timestamp
from ..path_index import PathIndex, file_name, folder_names
from . import snapchat_pages
from .base import Account, Mention, Platform, Root, as_roots
from .conversations import of_group, of_two, of_two_or_group
from .parsing import as_dict, as_list, as_number, as_text, is_same
from .snapchat_memories import Matches, Memory, MemoryFile, html_rows
from .snapchat_records import counted_time, is_plausible_time, keyed_objects, time_of_file, utc_time
from .snapchat_stories import SHARED_STORY, story_mentions

MARKS = {
    "json/memories_history.json": "Snapchat's list of memories",
    "html/memories_history.html": "Snapchat's list of memories",
    "memories/????-??-??_*-main.*": "Snapchat memories",
    "memories/????-??-??_????????-????-????-????-????????????.*": "Snapchat memories",
    "memories/????????-????-????-????-????????????-main.*": "Snapchat memories",
    "chat_media/????-??-??_*~*": "media from Snapchat chats",
    snapchat_pages.PAGES: "Snapchat's chats as pages",
}
DOWNLOAD_NAME = re.compile(r"mydata~(\d+)(?:-\d+)?(?: ?\(\d+\))*(?:\.zip)?", re.IGNORECASE)
DERIVATIVES = (
    (
        re.compile(r"-overlay\.\w+$|\d{4}-\d\d-\d\d_overlay~", re.IGNORECASE),
        "the stickers that were laid over a snap",
    ),
    (re.compile(r"\d{4}-\d\d-\d\d_thumbnail~", re.IGNORECASE), "a thumbnail that Snapchat made"),
)

MEMORY = Provenance(
    "snapchat",
    context="memory",
    author_is_owner=True,
    exposure=Exposure.UNKNOWN.because(
        "in the owner's Snapchat Memories, where Snapchat also saves what was posted to a story; whether it "
        "was posted or sent is not exported"
    ),
)
MESSAGE = Provenance(
    "snapchat",
    context="message",
    exposure=of_two_or_group("a Snapchat chat"),
)
CHAT_OF_TWO = replace(
    MESSAGE,
    audience=Audience("direct message", "chat_type"),
    exposure=of_two("a Snapchat chat of two people"),
)
GROUP_CHAT = replace(
    MESSAGE,
    audience=Audience("group", "chat_type"),
    exposure=of_group("a Snapchat group chat"),
)
FILE = Provenance(
    "snapchat",
    context="file",
    exposure=Exposure.UNKNOWN.because("Snapchat's export does not say what this file is or who could see it"),
)
FOLDERS = {"memories": MEMORY, "chat_media": MESSAGE, "shared_story": SHARED_STORY}

CHAT_FILE = re.compile(r"(\d{4}-\d\d-\d\d)_(.+)\.\w+", re.DOTALL)  # in "chat_media"
MEDIA_ID = re.compile(r"[\w~.+=:-]{1,200}")
BETWEEN_IDS = re.compile(r"[\s,;|]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PICTURE_TYPES = {"media", "image", "video", "photo"}  # of messages whose media may show a face

FILE_DAY = re.compile(r"(\d{4}-\d\d-\d\d)_")


@dataclass(frozen=True, slots=True)
class Message:
    """One message that names media."""

    media_ids: tuple[str, ...]
    files: tuple[str, ...]  # to which a page links
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
        record = record or snapchat_pages.account(self.export)
        member = next(iter(self.export.members.values()), None)
        container = file_name(member.container.path.replace("\\", "/").rstrip("/")) if member else ""
        outer = member.path.partition("/")[0] if member else ""
        matches = map(DOWNLOAD_NAME.fullmatch, (self.export.name, container, outer))
        match = next(filter(None, matches), None)
        exported_at = counted_time(float(match[1][:18])) if match else None
        return Account(as_text(record.get("Username")), as_text(record.get("Name")), exported_at)

    def mentions(self) -> Iterator[Mention]:
        """Memories, media of chats, and what the owner posted to stories."""
        yield from self._memory_mentions()
        for path, key, entries in self._conversations():
            yield from self._conversation_mentions(path, key, entries)
        yield from story_mentions(self.export, self.account)

    def infer(self, path: str) -> Provenance:
        """What the folder and the day in the file name say."""
        if memory := MemoryFile.of(path):
            day = memory.day_and_type.day
            taken = Timestamp(day, "file name") if is_plausible_time(f"{day}T00:00:00+00:00") else None
            return replace(self._memory(), taken=taken, post_id=memory.id)
        folders = (FOLDERS[name] for name in reversed(folder_names(path)) if name in FOLDERS)
        provenance = next(folders, FILE)
        if provenance is MEMORY:
            return self._memory()
        days = map(FILE_DAY.match, reversed(path.split("/")))  # an inner archive has one, its files have not
        match = next(filter(None, days), None)
        is_day = match and is_plausible_time(f"{match[1]}T00:00:00+00:00")
        posted = Timestamp(match[1], "file name") if match and is_day else None
        return replace(provenance, account=self.account.name, posted=posted)

    def _memory(self, *records: str) -> Provenance:
        """A memory, named by records or standing where memories do."""
        return replace(MEMORY, account=self.account.name, records=records)

    def _memory_mentions(self) -> Iterator[Mention]:
        """Every memory in the list, with its file where that is in the export."""
        files = {
            path: file
            for path, member in self.export.members.items()
            if not self.derivative(path)
            and MemoryFile.of(path)
            and (file := MemoryFile.of(path, time_of_file(member.modified)))
        }
        memories = dict.fromkeys(self._listed_memories())
        matches = Matches(memories, files)
        for memory, path in matches:
            file = files[path] if path else None
            provenance = replace(
                self._memory(memory.record),
                author=self.account.name,
                taken=Timestamp.of(memory.at, "Date")
                or Timestamp.of(file.day_and_type.day if file else None, "file name"),
                location=Location.of(memory.location, "Location"),
                post_id=memory.id or (file.id if file else None),
            )
            yield Mention(path, provenance)
        if matches.unplaced:
            reason = f"{matches.unplaced:,} of its memories share their second with others of other places"
            self.export.note(next(iter(memories)).record, f"{reason}; no place is given to them")

    def _listed_memories(self) -> Iterator[Memory]:
        for path, entry in self._memory_entries():
            memory = Memory.of(path, as_dict(entry))
            if memory.at or memory.id or memory.other_id:
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
            yield from ((path, entry) for entry in html_rows(self.export.text(path)))

    def _conversations(self) -> Iterator[tuple[str, str, Iterator[dict[str, Any]]]]:
        """Record, key and messages of each conversation: of pages when the user asked for no JSON."""
        records = self.export.matching("json/chat_history.json")
        for path in records:
            for key, entries in groupby(keyed_objects(self.export, path), lambda pair: pair[0]):
                yield path, key, (entry for _, entry in entries)
        if not records:
            yield from snapchat_pages.conversations(self.export)

    def _conversation_mentions(
        self, record: str, key: str, entries: Iterable[dict[str, Any]]
    ) -> Iterator[Mention]:
        """Every picture or video that a conversation's messages name, also when it is not in the export."""
        senders: set[str | None] = {None}
        title: str | None = None
        messages = []
        for entry in entries:
            senders.add(as_text(entry.get("From")))
            title = title or as_text(entry.get("Conversation Title"))
            named = as_list(entry.get(snapchat_pages.FILES))
            files = tuple(path for path in named if isinstance(path, str) and path in self.export.members)
            ids = _media_ids(entry.get("Media IDs"))
            if ids or files:
                messages.append(self._message(entry, ids, files))
        has_no_name = UUID.fullmatch(key) is not None
        is_titled = title not in (None, key) and key not in senders
        is_group = has_no_name or len(senders - {None}) > 2 or is_titled
        is_of_two = key in senders or key in self._friends
        chat = GROUP_CHAT if is_group else CHAT_OF_TWO if is_of_two else MESSAGE
        exposure = chat.exposure.on(record, *([] if key in senders else self._friends.get(key, [])))
        album = title or (None if has_no_name else key)
        for message in messages:
            provenance = replace(
                message.provenance, audience=chat.audience, exposure=exposure, album=album, records=(record,)
            )
            yield from self._message_mentions(message, provenance)

    @cached_property
    def _friends(self) -> dict[str, list[str]]:
        """User names of people, with the record that lists them: a chat of that name is of two."""
        names: dict[str, list[str]] = {}
        for path in self.export.matching("json/friends.json"):
            for _, friend in keyed_objects(self.export, path):
                if name := as_text(friend.get("Username")):
                    names[name] = [path]
        return names

    def _message(self, entry: dict[str, Any], ids: tuple[str, ...], files: tuple[str, ...]) -> Message:
        sender, is_sender = as_text(entry.get("From")), entry.get("IsSender")
        count = as_number(entry.get("Created(microseconds)"))  # only "Created" is in the unit that it says
        provenance = replace(
            MESSAGE,
            account=self.account.name,
            author=sender,
            author_is_owner=is_sender if isinstance(is_sender, bool) else is_same(sender, self.account.name),
            posted=Timestamp.of(utc_time(entry.get("Created")), "Created")
            or Timestamp.of(counted_time(count), "Created(microseconds)"),
            caption=as_text(entry.get("Content")),
        )
        media_type = (as_text(entry.get("Media Type")) or "media").casefold()
        return Message(ids, files, media_type in PICTURE_TYPES, provenance)

    def _message_mentions(self, message: Message, provenance: Provenance) -> Iterator[Mention]:
        day = provenance.posted.at[:10] if provenance.posted else None
        yield from (Mention(path, provenance) for path in message.files)
        for media_id in () if message.files else message.media_ids:
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


def _media_ids(value: Any) -> tuple[str, ...]:
    """Ids from a text ("b~Qw7 | b~Er8"; the sign between them varies) or a list."""
    parts = value if isinstance(value, list) else BETWEEN_IDS.split(value) if isinstance(value, str) else []
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, str) and MEDIA_ID.fullmatch(part)))
