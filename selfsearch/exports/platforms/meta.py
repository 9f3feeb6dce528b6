"""What Facebook's and Instagram's downloads share: their names, files by their paths, and conversations.

The end-to-end encrypted chats come as a download of their own, in correct UTF-8 and with other field names.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ...words import counted
from ..export import Export
from ..path_index import file_name, fold, folder_names, folder_of, outermost_named
from .base import Mention, Platform, Root
from .conversations import of_group, of_two, of_two_or_group
from .meta_pages import as_json_path, is_page, page_conversation, page_messages, page_records
from .meta_records import (
    SMALL_BYTES,
    exif,
    exif_location,
    first_timestamp,
    read_document,
    repaired,
    taken_at,
    unwrapped,
    without_surrogates,
)
from .parsing import as_dict, as_list, as_number, as_text, as_url, distinct, first_text

MIN_UNIQUE_NAME = 8  # characters of a file name that may identify a file wherever it lies ("1.jpg" may not)

MESSAGE_MEDIA = ("photos", "videos", "gifs", "files")
CDN = re.compile(r"^https?://[^/]*(fbcdn\.net|cdninstagram\.com|fbsbx\.com)(/|$)", re.IGNORECASE)
INSTAGRAM_TREE = "your_instagram_activity"
FACEBOOK_TREES = (
    "your_facebook_activity",
    "your_activity_across_facebook",
    "this_profile's_activity_across_facebook",
    "this_profile_s_activity_across_facebook",  # as some unpackers write it
)
DOWNLOAD_NAME = re.compile(
    r"(?P<platform>[a-z]+)-(?P<user>.+?)-(?P<date>\d{4}-\d\d-\d\d|\d{8})(?:[-. (].*)?",
    re.IGNORECASE | re.DOTALL,
)
THREAD = re.compile(r"(?:^|/)messages/(?:[^/]+/)?[^/]+/message(?:_\d+)?\.(?:json|html)$", re.IGNORECASE)
_NUMBER_BEHIND = re.compile(r"_\d+$")
ENCRYPTED_THREAD = re.compile(r"[^/]+_\d+\.json$", re.IGNORECASE)

CONVERSATIONS = frozenset(  # folders below messages/
    (
        "inbox", "archived_threads", "filtered_threads", "message_requests", "e2ee_cutover",
        "photos", "videos", "gifs", "files", "audio", "stickers_used",
    )
)  # fmt: skip
IN_MESSAGE = of_two("a message between two people")
IN_GROUP_MESSAGE = of_group("a message to a group")
IN_CONVERSATION = of_two_or_group("a message")
IN_CHANNEL = Exposure.UNKNOWN.because(
    "a broadcast channel: most are shown to everybody, some to followers or subscribers only, and the export "
    "does not say which"
)


@dataclass(frozen=True, slots=True)
class MediaReference:
    """What a record says about one media file, before that is looked for."""

    uri: str  # a path, or an address
    record: str  # the file in which the record stands
    provenance: Provenance  # its `records` are those beside `record` that say something of the file
    only_if_present: bool = False  # not to be listed as missing


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one conversation says about all of its messages."""

    title: str | None
    participants: tuple[str, ...]  # those of the day of the export; others may have left
    seen_by: ExposureAssessment  # as far as its folder says
    evidence: tuple[str, ...]
    owner_names: frozenset[str]
    is_group: bool = False  # its record shows more than two, also when two are left

    def sent_by_owner(self, sender: str | None) -> bool | None:
        """Whether the owner wrote it; None when the export gives no way to tell."""
        names = self.owner_names
        if self.participants and names.isdisjoint(self.participants):
            others = self._others  # in a conversation of two, the one who does not give it its title
            names = others if len(others) == 1 else frozenset()
        return sender in names if sender and names else None

    @property
    def _others(self) -> frozenset[str]:
        """Of two people, who is left without the one after whom the conversation is called."""
        called = {self.title, _NUMBER_BEHIND.sub("", self.title or "")}
        return frozenset(self.participants) - called if len(self.participants) == 2 else frozenset()

    def exposure(self, sender: str | None) -> ExposureAssessment:
        """Who could see a message. Most groups of which two are left have a title of their own."""
        if self.seen_by is not IN_CONVERSATION:
            return self.seen_by.on(*self.evidence)
        if self.is_group or len(self.participants) > 2:
            return IN_GROUP_MESSAGE.on(*self.evidence)
        is_of_two = len(self._others) == 1 and (not sender or sender in self.participants)
        return IN_MESSAGE.on(*self.evidence) if is_of_two else IN_CONVERSATION


class MetaPlatform(Platform):
    """One download of Facebook or Instagram."""

    needs_confirmation = True

    @classmethod
    def download(cls, container: str) -> tuple[str, str] | None:
        """(user, date) from a download's name, "instagram-ana.example-2024-05-01-AbCd1234.zip"."""
        match = DOWNLOAD_NAME.fullmatch(container)
        is_ours = match is not None and match["platform"].lower() == cls.name
        return (match["user"], _dashed(match["date"])) if match and is_ours else None

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """Parts share everything but the random tail."""
        download = cls.download(container)
        return f"{cls.name}-{fold(download[0])}-{download[1]}" if download else None

    @property
    @abstractmethod
    def owner_names(self) -> frozenset[str]:
        """Every name that the owner wrote messages under."""

    @abstractmethod
    def references(self) -> Iterator[MediaReference]:
        """Every media file or link in the records, in their order."""

    def mentions(self) -> Iterator[Mention]:
        """What the records say, each link once. What JSON names is not said again from a web page."""
        links: set[str] = set()
        in_json: set[str | None] = set()
        has_pages = any(map(is_page, self.record_paths))
        first_page: str | None = None
        for reference in self.references():
            provenance, url = reference.provenance, as_url(reference.uri)
            path = None if url else self.find_media(reference.uri, reference.record)
            if url in links or (path in in_json and is_page(reference.record)):
                continue
            records = distinct((reference.record, *provenance.records))
            provenance = replace(provenance, records=records)
            if url:
                links.add(url)
                if not CDN.match(url):  # their own servers' addresses expire within days
                    provenance = replace(provenance, link=Link(url, "exact"))
            if is_page(reference.record):
                first_page = first_page or reference.record
            elif has_pages:
                in_json.add(path)
            if path in self.export.members or not reference.only_if_present:
                yield Mention(path, provenance)
        self._note_html(first_page)

    def find_media(self, uri: str, record: str) -> str | None:
        """The file that a record at `record` means by `uri`: there, or where it should be."""
        path = uri.strip().removeprefix("./").lstrip("/")
        return self.export.find(path) or self.export.beside(record, path) or self._moved(path) or path or None

    def _moved(self, path: str) -> str | None:
        """Downloads that were merged by hand nest their trees, or lose the upper folders."""
        namesakes = self.export.namesakes(path)
        above = [other for other in namesakes if fold(path).endswith(f"/{fold(other)}")]
        for candidates in (self.export.deeper(path), above):
            if len(candidates) == 1:
                return candidates[0]
        is_unique = len(namesakes) == 1 and len(file_name(path)) >= MIN_UNIQUE_NAME
        # what was posted and what was sent are two things, though their files be called alike
        is_message = "messages" in folder_names(path)
        is_other = is_unique and is_message and "messages" not in folder_names(namesakes[0])
        return namesakes[0] if is_unique and not is_other else None

    def _note_html(self, page: str | None) -> None:
        """Say what the web page form of the download lacks. `page`: the first that was of use."""
        if page:
            self.export.note(
                page,
                f"this is {self.title}'s HTML download: its times have no time zone, and it may lack places, "
                "people and when a picture was taken; ask for the download again in the JSON format",
            )
        elif self.record_paths and all(map(is_page, self.record_paths)):
            self.export.note(
                self.record_paths[0],
                f"this is {self.title}'s HTML download, and its pages name no picture in a way that is "
                "known; ask for the download again in the JSON format",
                unread=True,
            )

    @property
    def record_paths(self) -> list[str]:
        """All JSON files, then the web pages of which there is no JSON."""
        members = self.export.members
        pages = [path for path in members if is_page(path) and as_json_path(path) not in members]
        return [path for path in members if path.lower().endswith(".json")] + pages

    def records_named(self, name: str) -> list[str]:
        """The JSON files called NAME.json; web pages where there are none."""
        return self.export.with_name(f"{name}.json") or self.export.with_name(f"{name}.html")

    def records(self, path: str) -> Iterator[dict[str, Any]]:
        """Every record of a file, whether it holds a list, a list in an envelope, or one bare record."""
        if is_page(path):
            yield from page_records(self.export, path)
            return
        document = read_document(self.export, path, SMALL_BYTES)
        others = 0
        for record in self.export.each(path, "*") if document is None else unwrapped(document):
            if isinstance(record, dict):
                yield repaired(record)
            else:
                others += 1
        if others:
            self.export.note(path, f"{counted(others, 'entries')} passed over: not in the form of a record")

    def thread_references(
        self, path: str, seen_by: ExposureAssessment | None = None
    ) -> Iterator[MediaReference]:
        """The media of a conversation. `seen_by`: who could see it, where its folder does not tell."""
        document = read_document(self.export, path)
        head, names = self._thread_head(path, document)
        title = first_text(head, "title", "thread_name")
        below_messages, evidence = _conversation_folder(path)
        evidence = (*evidence, path)
        conversation = Conversation(
            title, names, seen_by or below_messages, evidence, self.owner_names, self._is_of_group(path)
        )
        for message in map(repaired, self._messages(path, document)):
            for media in (as_dict(media) for kind in MESSAGE_MEDIA for media in as_list(message.get(kind))):
                if uri := as_text(media.get("uri")):
                    camera = exif(media)
                    provenance = self._message_provenance(
                        conversation,
                        as_text(message.get("sender_name")),
                        caption=as_text(message.get("content")),
                        posted=_sent(message, "timestamp_ms") or first_timestamp(media, "creation_timestamp"),
                        taken=taken_at(camera),
                        location=exif_location(camera),
                    )
                    yield MediaReference(uri, path, provenance)
        picture = as_dict(head.get("image"))  # of the group
        if uri := as_text(picture.get("uri")):
            posted = first_timestamp(picture, "creation_timestamp")
            yield MediaReference(uri, path, self._message_provenance(conversation, None, posted=posted))

    def _thread_head(self, path: str, document: Any) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """What a conversation's record says beside its messages, and who takes part."""
        head = repaired({key: value for key, value in as_dict(document).items() if key != "messages"})
        head = page_conversation(self.export, path) if is_page(path) else head
        return head, _participants(head.get("participants") or self._first_participants(path))

    def _is_of_group(self, path: str) -> bool:
        """Whether any of the files of a long conversation (message_2.json) shows more than two people."""
        folder = folder_of(path)
        if folder not in self._groups_shown:
            parts = [part for part in self._thread_parts.get(folder, ()) if part != path]
            self._groups_shown[folder] = any(map(self._shows_group, (path, *parts)))
        return self._groups_shown[folder]

    @cached_property
    def _groups_shown(self) -> dict[str, bool]:
        """By the folders of conversations."""
        return {}

    @cached_property
    def _thread_parts(self) -> dict[str, list[str]]:
        parts: dict[str, list[str]] = {}
        for path in filter(THREAD.search, self.record_paths):
            parts.setdefault(folder_of(path), []).append(path)
        return parts

    def _shows_group(self, path: str) -> bool:
        document = read_document(self.export, path)
        head, names = self._thread_head(path, document)
        messages = as_list(head.get("messages")) if is_page(path) else self._messages(path, document)
        return _is_group(head, names, messages)

    def encrypted_thread_references(self, path: str) -> Iterator[MediaReference]:
        """The media of one conversation of the download of end-to-end encrypted chats."""
        document = read_document(self.export, path)
        head = as_dict(document)
        names = _participants(head.get("participants") or self._first_participants(path))
        title = _storable(head.get("threadName"))
        names = tuple(map(without_surrogates, names))
        is_group = _is_group({}, names, map(_storable_names, self._messages(path, document)))
        conversation = Conversation(title, names, IN_CONVERSATION, (path,), self.owner_names, is_group)
        for message in self._messages(path, document):
            for media in as_list(message.get("media")):
                uri = as_text(as_dict(media).get("uri"))
                if uri and "/" in uri:  # else it is a sentence: "Failed to download media"
                    provenance = self._message_provenance(
                        conversation,
                        _storable(message.get("senderName")),
                        caption=_storable(message.get("text")),
                        posted=_sent(message, "timestamp"),
                    )
                    yield MediaReference(uri, path, provenance)

    def _messages(self, path: str, document: Any) -> Iterator[dict[str, Any]]:
        if is_page(path):
            yield from page_messages(self.export, path)
            return
        is_long = document is None
        messages = (
            self.export.each(path, "messages") if is_long else as_list(as_dict(document).get("messages"))
        )
        yield from (message for message in messages if isinstance(message, dict))

    def _first_participants(self, path: str) -> list[Any]:
        """Who stands before the first message of a record that cannot be parsed whole."""
        participants: list[Any] = []
        for element in () if is_page(path) else self.export.each(path, "participants", "messages"):
            if not isinstance(element, str) and "name" not in as_dict(element):
                break
            participants.append(repaired(element))
        return participants

    def _message_provenance(
        self, conversation: Conversation, sender: str | None, **fields: Any
    ) -> Provenance:
        return Provenance(
            self.name,
            self.account.name,
            "message",
            audience=Audience(None, "chat_type"),
            exposure=conversation.exposure(sender),
            album=conversation.title,
            author=sender,
            author_is_owner=conversation.sent_by_owner(sender),
            **fields,
        )


def _dashed(date: str) -> str:
    return date if "-" in date else f"{date[:4]}-{date[4:6]}-{date[6:]}"


def _is_group(head: Mapping[str, Any], participants: tuple[str, ...], messages: Iterable[Any]) -> bool:
    """Whether a conversation's record shows that it is, or was, one of more than two people."""
    kind = as_text(head.get("thread_type")) or ""  # until 2022: "Regular", "RegularGroup"
    has_link = as_text(as_dict(head.get("joinable_mode")).get("link"))
    if kind.endswith("Group") or has_link or head.get("image"):
        return True
    return len(participants) == 2 and any(
        name not in participants for message in map(as_dict, messages) for name in _people_of(message)
    )


def _people_of(message: Mapping[str, Any]) -> Iterator[str]:
    """Who wrote a message, reacted to it, or was added or removed by it."""
    reactions = (as_dict(reaction).get("actor") for reaction in as_list(message.get("reactions")))
    users = (as_dict(user).get("name") for user in as_list(message.get("users")))
    names = (as_text(name) for name in (message.get("sender_name"), *reactions, *users))
    yield from (repaired(name) for name in names if name)


def _storable_names(message: Mapping[str, Any]) -> dict[str, Any]:
    """An encrypted chat's message with its people as those of other messages."""
    reactions = (as_dict(reaction).get("actor") for reaction in as_list(message.get("reactions")))
    actors = [{"actor": _storable(actor)} for actor in reactions]
    return {"sender_name": _storable(message.get("senderName")), "reactions": actors}


def conversation_exposure(path: str) -> ExposureAssessment:
    """Who could see what stands below messages/, as far as its folder says."""
    return _conversation_folder(path)[0]


def _conversation_folder(path: str) -> tuple[ExposureAssessment, tuple[str, ...]]:
    """The same, with the folder below messages/, which says what kind of conversation it is."""
    folder = outermost_named(folder_of(path), lambda name: fold(name) == "messages")
    box = path[len(folder or "") :].partition("/")[0]
    evidence = (f"{folder}{box}/",) if folder else ()
    if fold(box) in CONVERSATIONS:
        return IN_CONVERSATION, evidence
    if fold(box) == "broadcast":
        return IN_CHANNEL.on(*evidence), evidence
    return Exposure.UNKNOWN.because(f"a conversation of a kind that is not known (the folder '{box}')"), ()


def _storable(value: Any) -> str | None:
    text = as_text(value)
    return without_surrogates(text) if text else None


def _sent(message: Mapping[str, Any], field: str) -> Timestamp | None:
    """When a message was sent, from a field in milliseconds."""
    milliseconds = as_number(message.get(field))
    return first_timestamp({field: milliseconds / 1000}, field) if milliseconds else None


def _participants(value: Any) -> tuple[str, ...]:
    names = (as_text(as_dict(person).get("name") or person) for person in as_list(value))
    return tuple(name for name in names if name)


def is_encrypted_thread(export: Export, path: str) -> bool:
    """Whether this is a conversation of the separate download of end-to-end encrypted chats."""
    if not ENCRYPTED_THREAD.fullmatch(path):
        return False
    for prefix, event, _ in export.events(path):
        if prefix in ("threadName", "messages.item.senderName"):
            return True
        if prefix == "messages.item" and event == "end_map":
            return False
    return False


def outermost_roots(reasons: Mapping[str, str], inner: frozenset[str]) -> list[Root]:
    """Roots but for those that are a part (a folder in `inner`) of another's tree. `reasons`: by prefix."""
    roots: list[Root] = []
    for prefix in sorted(reasons, key=len):
        parents = (root.prefix for root in roots if prefix.startswith(root.prefix))
        if not any(fold(prefix[len(parent) :].partition("/")[0]) in inner for parent in parents):
            roots.append(Root(prefix, reasons[prefix]))
    return roots
