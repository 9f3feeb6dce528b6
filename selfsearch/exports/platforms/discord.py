"""Discord's data package: the owner's messages with links to attachments; the only picture is the avatar.

Attachments that the owner saved beside the package are found by the attachment's id in their path, or by a
file name that only one attachment has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_of
from .base import Account, Mention, Platform, Root, as_roots, mentions_of, plain_file, unknown_word
from .conversations import of_group, of_two
from .dates import discord_id_time, parse_iso
from .media_refs import SavedFiles, is_media_name, may_show_faces, url_file_name
from .parsing import as_dict, as_list, as_text, distinct, is_digits

_CHANNEL_NAME = re.compile(r"c\d+|\d{5,}")  # the folder around is in the owner's language since 2024
_CHANNEL_RECORD = re.compile(  # an id has 17 digits and more; without the "c" a short number may be anything
    r"^[^/]+/(?:c(?=\d)|(?=\d{5}))(\d+)/(?:channel\.json|messages\.json|messages\.csv)$", re.IGNORECASE
)
_ATTACHMENT_ID = re.compile(r"/attachments/\d+/(\d+)/")
_CHANNEL_TYPES = {  # how older packages write the type
    "0": "GUILD_TEXT",
    "1": "DM",
    "2": "GUILD_VOICE",
    "3": "GROUP_DM",
    "5": "GUILD_ANNOUNCEMENT",
    "10": "ANNOUNCEMENT_THREAD",
    "11": "PUBLIC_THREAD",
    "12": "PRIVATE_THREAD",
    "13": "GUILD_STAGE_VOICE",
    "15": "GUILD_FORUM",
    "16": "GUILD_MEDIA",
}
_IN_AVATAR = Exposure.PUBLIC.because("Discord shows avatars to everyone; there is no setting for them")
_IN_DM = of_two("a direct message between two people")
_IN_GROUP_DM = of_group("a group direct message")
_IN_SERVER = Exposure.UNKNOWN.because(
    "a channel of a server: whoever may read it there could see it; where the server is open to all, that is "
    "anybody, and the package does not say"
)
_IN_PRIVATE_THREAD = Exposure.NETWORK.because(
    "a private thread of a server: those who were added to it and the server's moderators could see it"
)
_IN_UNKNOWN_CHANNEL = Exposure.UNKNOWN.because("the package does not say what kind of channel this was")
_SERVER_ICON = Exposure.UNKNOWN.because("a picture of a server; the package does not say who could see it")
_UNMENTIONED = plain_file("stands beside a Discord package, but no message there links to it")


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of one message."""

    url: str
    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class DiscordChannel:
    """One channel. `type` is Discord's word, also where the package has only its number."""

    id: str
    type: str | None
    title: str | None
    guild: str | None  # the server's id
    record: str | None  # the record that says all this
    messages: str | None  # the record that holds them

    @property
    def exposure(self) -> ExposureAssessment:
        """Who could read it."""
        if self.record is None:
            return _IN_UNKNOWN_CHANNEL
        if self.type in ("DM", "GROUP_DM"):
            return (_IN_DM if self.type == "DM" else _IN_GROUP_DM).on(self.record)
        if self.type == "PRIVATE_THREAD":
            return _IN_PRIVATE_THREAD.on(self.record)
        if not self.is_type_known:
            return unknown_word(f"Discord: type of the channel = {self.type}")
        return _IN_SERVER.on(self.record) if self.guild or self.type else _IN_UNKNOWN_CHANNEL

    @property
    def is_type_known(self) -> bool:
        """False for a word, or a number, that Discord may have introduced since."""
        return self.type is None or self.type in _CHANNEL_TYPES.values()

    @property
    def records(self) -> tuple[str, ...]:
        """The records of its messages: first the one that names their attachments."""
        return distinct((self.messages, self.record))

    def url(self, message_id: str) -> str | None:
        """A message's address; None when the server is not known."""
        place = "@me" if self.type in ("DM", "GROUP_DM") else self.guild
        return f"https://discord.com/channels/{place}/{self.id}/{message_id}" if place else None


class Discord(Platform):
    """One data package ("package.zip")."""

    name = "discord"
    title = "Discord"
    exports_media = False
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with messages/index.json, or with index.json beside folders of channels (any language)."""
        reasons = paths.find_marks({"messages/index.json": "messages/index.json is a Discord package's"})
        for folder in paths.prefixes_with_file("channel.json"):
            channels = folder_of(folder[:-1])
            is_channel = channels and _CHANNEL_NAME.fullmatch(file_name(folder[:-1]))
            if is_channel and paths.has(f"{channels}index.json"):
                reason = "index.json beside folders of channels is a Discord package's"
                reasons.setdefault(folder_of(channels[:-1]), reason)
        return as_roots(reasons)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether there are channels, or a user with Discord's keys: messages/index.json is a common name."""
        reader = cls(export)
        return bool(reader._channel_folders) or bool(reader._user[1])

    @cached_property
    def account(self) -> Account:
        """Whose package it is."""
        user = self._user[1]
        return Account(as_text(user.get("username")), as_text(user.get("global_name")))

    def mentions(self) -> Iterator[Mention]:
        """The avatar, and every attachment that may show a face: its saved file, or only its link."""
        folder = self._user[0]
        for path in self.export.matching("avatar.*") if folder is not None else ():
            if path.rpartition("/")[0] == folder and is_media_name(path):
                yield Mention(path, replace(self._avatar(), records=self._user_records))
        saved = SavedFiles(path for path in self.export.members if not self._is_discords(path))
        name_counts = self._attachment_names() if saved else Counter()
        for channel in self._channels:
            for message in self._messages(channel):
                if attachments := list(_attachments(message)):
                    provenance = self._provenance(channel, message)
                for attachment in attachments:
                    yield from mentions_of(_saved_as(attachment, saved, name_counts), provenance)

    def infer(self, path: str) -> Provenance:
        """A picture in the account's folder is an earlier avatar; others are servers' or not Discord's."""
        folder = self._user[0]
        if folder is not None and path.startswith(f"{folder}/") and "avatar" in path.lower():
            return self._avatar()
        if self._is_discords(path):
            return Provenance(self.name, self.account.name, "server", exposure=_SERVER_ICON)
        return _UNMENTIONED

    @cached_property
    def _user(self) -> tuple[str | None, Mapping[str, Any]]:
        """The account's folder and its user.json; (None, {}) when there is none."""
        for path in self.export.matching("user.json"):
            user = self.export.json(path) if path.count("/") <= 1 else None
            if isinstance(user, dict) and "id" in user and ("username" in user or "discriminator" in user):
                return folder_of(path).rstrip("/"), user
        return None, {}

    @property
    def _user_records(self) -> tuple[str, ...]:
        path = self.export.find(f"{self._user[0]}/user.json".lstrip("/"))
        return (path,) if path else ()

    def _avatar(self) -> Provenance:
        owner = self.account.name
        return Provenance(
            self.name, owner, "profile_photo", exposure=_IN_AVATAR, author=owner, author_is_owner=True
        )

    def _is_discords(self, path: str) -> bool:
        """Whether Discord put it there: the account's folder, the servers' icons."""
        folder = self._user[0]
        if folder is not None and path.startswith(f"{folder}/"):
            return True
        return path.lower().startswith("servers/")

    @cached_property
    def _channel_folders(self) -> dict[str, str]:
        """Folder of a channel ("Messages/c123/") -> the channel's id."""
        records = (
            path
            for name in ("channel.json", "messages.json", "messages.csv")
            for path in self.export.matching(name)
        )
        matches = ((path, _CHANNEL_RECORD.match(path)) for path in records)
        return {folder_of(path): match[1] for path, match in matches if match}

    @cached_property
    def _channels(self) -> list[DiscordChannel]:
        find, object_at = self.export.find, self.export.object_at
        titles: dict[str, Mapping[str, Any]] = {}  # index.json by the folder it stands in
        channels = []
        for folder, channel_id in self._channel_folders.items():
            above = folder_of(folder[:-1])
            if above not in titles:
                titles[above] = object_at(f"{above}index.json")
            path = find(f"{folder}channel.json")
            record = object_at(path)
            title = as_text(titles[above].get(channel_id)) or as_text(record.get("name"))
            guild = as_text(as_dict(record.get("guild")).get("id"))
            messages = find(f"{folder}messages.json") or find(f"{folder}messages.csv")
            kind = _channel_type(record)
            channels.append(DiscordChannel(channel_id, kind, title, guild, path, messages))
        return channels

    def _messages(self, channel: DiscordChannel) -> Iterator[dict[str, Any]]:
        """A channel's messages with lower-case keys."""
        if path := channel.messages:
            is_table = fold(path).endswith(".csv")
            for row in self.export.rows(path) if is_table else self.export.each_object(path):
                yield {str(key).lower(): value for key, value in row.items()}

    def _attachment_names(self) -> Counter[str]:
        """How many attachments carry each file name."""
        return Counter(
            fold(attachment.name)
            for channel in self._channels
            for message in self._messages(channel)
            for attachment in _attachments(message)
        )

    def _provenance(self, channel: DiscordChannel, message: Mapping[str, Any]) -> Provenance:
        owner, message_id = self.account.name, as_text(message.get("id"))
        if message_id and not is_digits(message_id):
            message_id = None
        sent = parse_iso(message.get("timestamp"), utc=True)
        return Provenance(
            self.name,
            owner,
            "message",
            caption=as_text(message.get("contents")),
            posted=Timestamp.of(sent, "Timestamp")
            or Timestamp.of(discord_id_time(message_id or ""), "ID (snowflake)"),
            link=Link.of(channel.url(message_id) if message_id else None, "constructed"),
            audience=Audience.of(channel.type, "chat_type", is_known=channel.is_type_known),
            exposure=channel.exposure,
            album=channel.title,
            author=owner,
            author_is_owner=True,  # the package holds only what its owner sent
            post_id=message_id,
            records=channel.records,
        )


def _channel_type(record: Mapping[str, Any]) -> str | None:
    """Discord's word. A channel's title proves nothing: the people in it may call it what they like."""
    if word := as_text(record.get("type")):
        return _CHANNEL_TYPES.get(word, word)
    return "GROUP_DM" if len(as_list(record.get("recipients"))) > 2 else None


def _attachments(message: Mapping[str, Any]) -> Iterator[Attachment]:
    """The attachments that may show a face. Their addresses stand in one text, separated by spaces."""
    for value in as_list(message.get("attachments")):
        text = as_text(value) or as_text(as_dict(value).get("url")) or ""
        for url in text.split():
            if url.startswith(("https://", "http://")) and may_show_faces(url):
                match = _ATTACHMENT_ID.search(url)
                yield Attachment(url, match and match[1], url_file_name(url))


def _saved_as(attachment: Attachment, saved: SavedFiles, name_counts: Counter[str]) -> list[str]:
    """The files that are this attachment: by its id, else by a name that no other attachment and file has."""
    if not saved:
        return []
    if attachment.id and (paths := saved.with_id(attachment.id)):
        return paths
    if name_counts[fold(attachment.name)] != 1:
        return []
    paths = saved.with_name(attachment.name) or saved.with_name(attachment.name.removeprefix("SPOILER_"))
    return paths if len(paths) == 1 else []
