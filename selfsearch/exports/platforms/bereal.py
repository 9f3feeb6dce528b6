"""BeReal's data download: each post is a pair of pictures, of a scene and of the person who took it.

Paths in the records have a prefix that is not on disk, so files are found by their last parts. Chats stand in
folders of their own, each with a log and the pictures that were sent: the log names them, or their names
begin with the id of their message.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_names, folder_of
from .base import Account, Mention, Platform, Root, as_roots, unknown_word
from .conversations import of_group, of_two, of_two_or_group
from .dates import parse_iso
from .media_refs import is_media_name
from .parsing import as_dict, as_list, as_point, as_text, as_url, distinct, first_text, is_same

RECORDS = {
    "posts.json": "post",
    "memories.json": "memory",
    "user.json": "profile_photo",
    "realmojis.json": "other",
}
CHAT_LOGS = "conversations/*/chat_log.json"
MAX_PARTS = 20  # of a path; real ones have four
MAX_FILES = 100  # of one message
MAX_PEOPLE = 1000  # of a chat whose names are kept
FOLDERS = {
    "post": "post",
    "bereal": "post",
    "profile": "profile_photo",
    "profile-pictures": "profile_photo",
    "realmoji": "other",
    "conversations": "message",
}
NO_WORD = "?"  # for an audience that is no text; it may be wider than those that are
PAIRS = ("primary", "secondary", "frontImage", "backImage", "btsMedia")
PUBLIC = frozenset(("public", "everyone", "global", "discovery"))
FRIENDS = frozenset(("friends", "friends-of-friends", "friendsoffriends", "friends_of_friends"))
PAIR, GROUP = Audience("one-to-one", "chat_type"), Audience("group", "chat_type")
IN_PAIR = of_two("a BeReal chat of two people")
IN_GROUP = of_group("a BeReal chat of three people or more")
IN_CHAT = of_two_or_group("a BeReal chat")
UNKNOWN_AUDIENCE = {
    "message": IN_CHAT.reason,
    "post": "BeReal does not say in this record who could see it",
    "memory": "a memory: BeReal does not say who could see it when it was posted",
    "profile_photo": "BeReal does not export who could see a profile picture",
    "other": "BeReal does not export who could see it",
}


@dataclass(frozen=True, slots=True)
class Chat:
    """What the log of one chat says of the people in it."""

    audience: Audience | None
    exposure: ExposureAssessment
    people: Mapping[str, str | None]  # id -> name
    owner: str | None  # the id of the download's owner


class BeReal(Platform):
    """One download. It is a single archive without a name of its own kind."""

    name = "bereal"
    title = "BeReal"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """posts.json, memories.json or the logs of chats: `confirm` reads them."""
        marks = {file: f"has {file}" for file in ("posts.json", "memories.json")}
        return as_roots(paths.find_marks(marks | {CHAT_LOGS: "has chats with a chat_log.json"}))

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """A first record with a pair of pictures, each with its path, or a message with its writer's id."""
        for file in ("posts.json", "memories.json"):
            path = export.find(file)
            record = next(_records(export, path), {}) if path else {}
            if any(_uri(record.get(key)) for key in PAIRS):
                return True
        logs = (next(export.each(path, "messages"), None) for path in export.matching(CHAT_LOGS))
        return any("userId" in as_dict(message) for message in logs)

    @cached_property
    def _user(self) -> Mapping[str, Any]:
        path = self.export.find("user.json")
        return next(_records(self.export, path), {}) if path else {}

    @cached_property
    def account(self) -> Account:
        """From user.json."""
        user = self._user
        return Account(as_text(user.get("username")), as_text(user.get("fullname") or user.get("fullName")))

    def mentions(self) -> Iterator[Mention]:
        """Both pictures of posts and memories, the clip behind the scenes, reactions, pictures of chats."""
        for file, context in RECORDS.items():
            if path := self.export.find(file):
                for record in _records(self.export, path):
                    yield from self._media(record, self._provenance(path, record, context))
        for path in self.export.matching(CHAT_LOGS):
            chat = self._chats[path]
            for message in filter(None, map(as_dict, self.export.each(path, "messages"))):
                provenance = self._message(path, chat, message)
                named = list(self._media(message, provenance))
                yield from named
                mentioned = {mention.path for mention in named}
                for file in self._sent_with(f"{folder_of(path)}{provenance.post_id}"):
                    if provenance.post_id and file not in mentioned:
                        yield Mention(file, provenance)

    def _media(self, record: Mapping[str, Any], provenance: Provenance) -> Iterator[Mention]:
        for uri in _uris_in(record):
            absent = None if as_url(uri) else uri.strip("/")
            yield Mention(self._find(uri) or absent or None, provenance)

    @cached_property
    def _sent(self) -> list[str]:
        """The media in the folders of chats, in order of their paths."""
        folders = {folder_of(path) for path in self._chats}
        paths = (path for path in self.export.members if folder_of(path) in folders)
        return sorted(filter(is_media_name, paths))

    def _sent_with(self, start: str) -> Iterator[str]:
        """Of these the ones whose path is this, up to a "-" or the ending."""
        for sign in ("-", "."):
            first = bisect_left(self._sent, start + sign)
            for path in self._sent[first : first + MAX_FILES]:
                if path.startswith(start + sign):
                    yield path

    def infer(self, path: str) -> Provenance:
        """The folder says whether it is a post's picture, the profile's, or a reaction's."""
        folders = reversed(folder_names(path))
        context = next((FOLDERS[folder] for folder in folders if folder in FOLDERS), "other")
        reason = f"no record in the export names this file; {UNKNOWN_AUDIENCE[context]}"
        exposure = Exposure.UNKNOWN.because(reason)
        if context == "message" and (chat := self._chats.get(f"{folder_of(path)}chat_log.json")):
            exposure = chat.exposure
        return Provenance(self.name, account=self.account.name, context=context, exposure=exposure)

    def _find(self, uri: str) -> str | None:
        """The file by the longest tail of its path that there is, else by its name when only one has it."""
        if as_url(uri):
            return None
        parts = uri.strip("/").split("/")[-MAX_PARTS:]
        tails = ("/".join(parts[start:]) for start in range(len(parts)))
        if path := next((path for tail in tails if (path := self.export.find(tail))), None):
            return path
        candidates = self.export.namesakes(parts[-1])
        folder = fold(parts[-2]) if len(parts) > 1 else ""
        in_folder = [path for path in candidates if folder in folder_names(path)]
        for paths in (candidates, in_folder):
            if len(paths) == 1:
                return paths[0]
        return None

    @cached_property
    def _chats(self) -> Mapping[str, Chat]:
        """The chats by the paths of their logs."""
        return {path: self._chat(path) for path in self.export.matching(CHAT_LOGS)}

    def _chat(self, path: str) -> Chat:
        people: dict[str, str | None] = {}  # id -> name
        for person in map(as_dict, self.export.each(path, "participants")):
            if (key := as_text(person.get("id"))) and len(people) < MAX_PEOPLE:
                people[key] = as_text(person.get("username"))
        listed = set(people)
        for message in map(as_dict, self.export.each(path, "messages")):
            if (key := as_text(message.get("userId"))) and len(people) < MAX_PEOPLE:
                people.setdefault(key, None)
        owner = first_text(self._user, "id", "uid") or next(
            (key for key, name in people.items() if name and name == self.account.name), None
        )
        others = people.keys() - {owner}
        if len(people) > 2 or (owner and len(others) > 1):
            return Chat(GROUP, IN_GROUP.on(path), people, owner)
        if owner is not None and len(others) == 1 and others <= listed:
            return Chat(PAIR, IN_PAIR.on(path), people, owner)
        return Chat(None, IN_CHAT, people, owner)

    def _message(self, path: str, chat: Chat, message: Mapping[str, Any]) -> Provenance:
        sender = as_text(message.get("userId"))
        by_owner = is_same(sender, chat.owner)
        others = (name for key, name in chat.people.items() if key != chat.owner)
        return Provenance(
            self.name,
            account=self.account.name,
            context="message",
            caption=as_text(message.get("message")),
            posted=Timestamp.of(parse_iso(message.get("createdAt"), utc=True), "createdAt"),
            audience=chat.audience,
            exposure=chat.exposure,
            album=", ".join(distinct(others)) or None,
            author=self.account.name if by_owner else chat.people.get(sender or "") or sender,
            author_is_owner=by_owner,
            post_id=as_text(message.get("id")),
            records=(path,),
        )

    def _provenance(self, path: str, record: Mapping[str, Any], context: str) -> Provenance:
        spot = as_dict(record.get("location"))
        listed = as_list(record.get("visibility") or record.get("visibilities"))
        audiences = [as_text(each) or NO_WORD for each in listed]
        exposure = _exposure(audiences, context, path)
        is_known = exposure.level is not Exposure.UNKNOWN
        taken = (
            Timestamp.of(parse_iso(record.get(field), utc=True), field)
            for field in ("takenAt", "takenTime", "date")
        )
        return Provenance(
            self.name,
            account=self.account.name,
            context=context,
            caption=as_text(record.get("caption")),
            posted=Timestamp.of(parse_iso(record.get("postedAt"), utc=True), "postedAt"),
            taken=next(filter(None, taken), None),
            audience=Audience.of(", ".join(audiences), "per_item", is_known=is_known),
            exposure=exposure,
            location=Location.of(as_point(spot.get("latitude"), spot.get("longitude")), "location"),
            author=self.account.name,
            author_is_owner=True,
            post_id=None if context == "profile_photo" else as_text(record.get("id")),
            records=(path,),
        )


def _exposure(audiences: list[str], context: str, record: str) -> ExposureAssessment:
    """The widest of several audiences counts; one that is not known may be wider than those that are."""
    if not audiences:
        return Exposure.UNKNOWN.because(UNKNOWN_AUDIENCE[context])
    words = {fold(audience) for audience in audiences}
    reason = f"BeReal: visibility = {', '.join(audiences)}"
    if words & PUBLIC:
        return Exposure.PUBLIC.because(reason)
    if words <= FRIENDS:
        return Exposure.NETWORK.because(reason, record)
    return unknown_word(reason)


def _records(export: Export, path: str) -> Iterator[dict[str, Any]]:
    """The records of a list, in an envelope or not; when there are none, the document is one record."""
    is_list = False
    if fold(file_name(path)) != "user.json":
        for record in export.each(path, "*"):
            if isinstance(record, dict):
                is_list = True
                yield record
    if not is_list:
        yield from (record for record in export.each(path, "") if isinstance(record, dict))


def _uri(value: Any) -> str | None:
    """The path in a media object."""
    return as_text(as_dict(value).get("path"))


def _uris_in(record: Mapping[str, Any]) -> Iterator[str]:
    """The files of a record, in its order; reactions and memories hold them one level deeper than posts."""
    waiting: deque[Any] = deque([record])
    yielded: set[str] = set()
    while waiting:
        part = waiting.popleft()
        uri = _uri(part)
        if uri and uri not in yielded:
            yielded.add(uri)
            yield uri
        values = part.values() if isinstance(part, dict) else part
        waiting.extend(value for value in values if isinstance(value, (dict, list)))
