"""Google Chat, as Google Takeout exports it: a folder per conversation, with its messages and attachments.

A folder "DM ..." or "Space ..." holds messages.json, group_info.json with the members, and the files that
were sent, under names in which signs that no file name may have are replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Provenance, Timestamp
from ...words import quantity
from ..path_index import PathIndex, file_name, fold, folder_of
from .base import Account, Mention, Root, as_roots
from .conversations import of_two
from .dates import MONTHS, is_plausible_date
from .media_refs import may_show_faces, missing_path
from .parsing import as_dict, as_list, as_text, distinct, first_text, is_same
from .takeout import TakeoutProduct, loose_form, split_ending, takeout_time

MESSAGES, GROUP_INFO, USER_INFO = "messages.json", "group_info.json", "user_info.json"
MIN_BEGINNING = 40  # characters; a file's name at least this long may be the beginning of a longer one

_CONVERSATION = re.compile(r"(?:^|/)groups/(dm|space) [^/]+/$")  # a folder's path, folded
_KINDS = {"dm": "DM", "space": "Space"}
_DATE = re.compile(
    r"(?P<month>[A-Z][a-z]+) (?P<day>\d{1,2}), (?P<year>\d{4}) at "
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)(?: (?P<half>[AP]M))? (?:UTC|GMT)$"
)
_UNMENTIONED = Exposure.UNKNOWN.because("no message in the export names this file")
_NO_LIST = "the record that lists who is in it (group_info.json) is missing or names nobody"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One folder of Groups."""

    folder: str  # "Groups/DM abc/"
    messages: str  # the record of its messages
    record: str | None  # the record of its name and members
    name: str | None
    members: tuple[str, ...]  # of the day of the export: addresses, else names
    known_as: frozenset[str] = frozenset()  # all names and addresses of these

    @property
    def kind(self) -> str | None:
        """What the folder calls it: a direct message or a space."""
        match = _CONVERSATION.search(fold(self.folder))
        return _KINDS[match[1]] if match else None

    def exposure(self, others: set[str]) -> ExposureAssessment:
        """Who could see what was sent, when these wrote in it or reacted: some may have left."""
        people = len(self.members) + len(others - self.known_as)
        if not self.members or self.record is None:
            what = {"DM": "a direct message", "Space": "a space"}.get(self.kind or "", "a conversation")
            return Exposure.UNKNOWN.because(f"{what} in Google Chat; {_NO_LIST}", self.folder)
        if self.kind == "DM" and people == 2:
            return of_two("a direct message between two people in Google Chat").on(self.folder, self.record)
        if self.kind == "Space" or people > 2:
            what = "space" if self.kind == "Space" else "conversation"
            seen = "they could see it, and so may whoever joined later"
            return Exposure.NETWORK.because(
                f"a {what} in Google Chat with {quantity(people, 'member')}: {seen}", self.record
            )
        return Exposure.UNKNOWN.because(
            f"a conversation in Google Chat whose record names {quantity(people, 'member')} only", self.record
        )


class GoogleChat(TakeoutProduct):
    """One Takeout of Google Chat with all its parts."""

    name = "google_chat"
    title = "Google Chat (Takeout)"

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The folder around "Groups"."""
        reasons: dict[str, str] = {}
        for path in paths.matching(f"groups/*/{GROUP_INFO}"):
            reasons[_above(path, 3)] = "conversations of Google Chat with their group_info.json"
        for folder in paths.folders_with_files():
            if _CONVERSATION.search(fold(folder)):
                prefix = _above(folder, 3)
                if paths.has(f"{folder}{MESSAGES}") or fold(prefix).endswith("google chat/"):
                    reasons.setdefault(prefix, "folder “Groups” of Google Chat")
        return as_roots(reasons)

    @cached_property
    def account(self) -> Account:
        """The user whose record is there: the address and the name."""
        for path in self.export.matching(f"users/*/{USER_INFO}"):
            user = as_dict(self.export.object_at(path).get("user"))
            if email := as_text(user.get("email")):
                return Account(email, as_text(user.get("name")), takeout_time(self.export.name))
        return Account(exported_at=takeout_time(self.export.name))

    def mentions(self) -> Iterator[Mention]:
        """Every attachment that may show a face, with the message that it was sent with."""
        files = self._files_by_folder
        for record in self.export.matching(f"groups/*/{MESSAGES}"):
            conversation = self._conversation(record)
            names = _Names(files.get(conversation.folder, ()))
            yield from self._in_conversation(conversation, names)

    def infer(self, path: str) -> Provenance:
        """A file that no message names: of a message that was deleted, or of a record that is not here."""
        in_conversation = _CONVERSATION.search(fold(folder_of(path)))
        return Provenance(self.name, context="message" if in_conversation else None, exposure=_UNMENTIONED)

    @cached_property
    def _files_by_folder(self) -> dict[str, list[str]]:
        folders: dict[str, list[str]] = {}
        for path in self.export.members:
            folders.setdefault(folder_of(path), []).append(path)
        return folders

    def _conversation(self, record: str) -> Conversation:
        path = self.export.beside(record, GROUP_INFO)
        info = self.export.object_at(path)
        people = list(map(as_dict, as_list(info.get("members"))))
        members = distinct(first_text(person, "email", "name") for person in people)
        names = (as_text(person.get(field)) for person in people for field in ("email", "name"))
        known_as = frozenset(filter(None, names))
        return Conversation(folder_of(record), record, path, as_text(info.get("name")), members, known_as)

    def _in_conversation(self, conversation: Conversation, names: _Names) -> Iterator[Mention]:
        sent: list[tuple[Mapping[str, Any], list[str]]] = []  # until all who wrote are known
        people: set[str] = set()
        for message in self.export.each_object(conversation.messages, "messages"):
            reactions = map(as_dict, as_list(message.get("reactions")))
            reactors = (
                as_text(address) for each in reactions for address in as_list(each.get("reactor_emails"))
            )
            people.update(
                filter(None, (first_text(as_dict(message.get("creator")), "email", "name"), *reactors))
            )
            attached = (
                as_text(as_dict(a).get("export_name")) for a in as_list(message.get("attached_files"))
            )
            if pictures := [name for name in attached if name and may_show_faces(name)]:
                sent.append((message, pictures))
        exposure = conversation.exposure(people)
        for content, pictures in sent:
            provenance = self._provenance(conversation, content, exposure)
            for picture in pictures:
                path = names.path_of(picture) or missing_path(conversation.folder + picture)
                yield Mention(path, provenance)

    def _provenance(
        self, conversation: Conversation, message: Mapping[str, Any], exposure: ExposureAssessment
    ) -> Provenance:
        creator, account = as_dict(message.get("creator")), self.account
        address = as_text(creator.get("email"))
        others = [member for member in conversation.members if member != account.name]
        is_decided = exposure.level is not Exposure.UNKNOWN
        written = as_text(message.get("created_date"))
        sent = parse_date(written)
        if written and not sent:
            self.export.note(conversation.messages, "its times are in a form that is not known")
        return Provenance(
            self.name,
            account=account.name,
            context="message",
            caption=as_text(message.get("text")),
            posted=Timestamp.of(sent, "created_date"),
            audience=Audience(conversation.kind if is_decided else None, "chat_type"),
            exposure=exposure,
            album=conversation.name or ", ".join(others) or None,
            author=first_text(creator, "name", "email"),
            author_is_owner=is_same(address, account.name),
            post_id=as_text(message.get("message_id")),
            records=distinct((conversation.messages, conversation.record)),
        )


class _Names:
    """The files of one conversation by the names that messages give them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = {loose_form(file_name(path)): path for path in reversed(paths)}
        self._asked: Counter[str] = Counter()

    def path_of(self, name: str) -> str | None:
        """The file that is meant. The second one of a name is numbered, where there is such a file."""
        wanted = loose_form(name)
        stem, ending = split_ending(name)
        number = self._asked[wanted]
        self._asked[wanted] += 1
        numbered = self._paths.get(loose_form(f"{stem}({number}){ending}")) if number else None
        return numbered or self._paths.get(wanted) or self._cut(loose_form(stem), loose_form(ending))

    def _cut(self, stem: str, ending: str) -> str | None:
        """The longest beginning of a long name that is a file's."""
        lengths = range(len(stem) - 1, MIN_BEGINNING - 1, -1) if len(stem) < 4 * MIN_BEGINNING else ()
        found = (self._paths.get(stem[:length] + ending) for length in lengths)
        return next(filter(None, found), None)


def parse_date(text: str | None) -> str | None:
    """ "Thursday, November 3, 2016 at 11:59:50 AM UTC", with whatever spaces, as ISO 8601."""
    match = _DATE.search(" ".join((text or "")[:100].split()))
    if not match or match["month"] not in MONTHS:
        return None
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "PM" else 0)
    day = int(match["year"]), MONTHS[match["month"]], int(match["day"])
    try:
        when = datetime(*day, hour, int(match["minute"]), int(match["second"]), tzinfo=timezone.utc)
    except ValueError:
        return None
    return when.isoformat() if is_plausible_date(when) else None


def _above(path: str, levels: int) -> str:
    """The folder so many levels above a path: "a/" is three above "a/Groups/DM 1/messages.json"."""
    names = path.split("/")
    return "".join(f"{name}/" for name in names[: max(len(names) - levels, 0)])
