"""Discord's data package: the owner's messages with links to attachments; the only picture is the avatar.

Attachments that the owner saved beside the package are found by the attachment's id in their path, or by a
file name that only one attachment has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold
from .base import Account, Root
from .dates import discord_id_time, parse_iso
from .discord_channels import Channel, channel_folders, channels
from .legacy import Mention, Provenance
from .media_refs import SavedFiles, is_media_name, may_show_faces, url_file_name
from .parsing import as_dict, as_list, as_text

name = "discord"
title = "Discord"

CHANNEL = re.compile(r"^(.*?)[^/]+/(?:c\d+|\d{5,})/$")  # names are in the owner's language since 2024
ATTACHMENT = re.compile(r"/attachments/\d+/(\d+)/")
AVATAR = "Discord shows avatars to everyone; there is no setting for them"
SERVER = "a picture of a server; the package does not say who could see it"
BESIDE = "stands beside a Discord package, but no message there links to it"


@dataclass(frozen=True, slots=True)
class Attached:
    """One attachment of one message."""

    url: str
    id: str | None
    name: str


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with messages/index.json, or with index.json beside folders of channels (any language)."""
    found: dict[str, str] = {}
    for prefix in names.prefixes_with_file("messages/index.json"):
        found[prefix] = "messages/index.json is a Discord package's"
    for folder in names.prefixes_with_file("channel.json"):
        match = CHANNEL.match(folder)
        if match and match.group(1) not in found and names.has(f"{_parent(folder)}index.json"):
            found[match.group(1)] = "index.json beside folders of channels is a Discord package's"
    return [Root(prefix, why) for prefix, why in found.items()]


def series(container: str) -> str | None:
    """package.zip is never split."""
    return None


def confirm(export: Export) -> bool:
    """Whether there are channels, or a user with Discord's keys: messages/index.json is a common name."""
    return bool(channel_folders(export)) or bool(_user(export)[1])


def account(export: Export) -> Account:
    """Whose package it is."""
    said = _user(export)[1]
    return Account(as_text(said.get("username")), as_text(said.get("global_name")))


def mentions(export: Export) -> Iterator[Mention]:
    """The avatar, and every attachment that may show a face: its saved file, or only its link."""
    folder, said = _user(export)
    for path in export.matching("avatar.*") if folder is not None else []:
        if path.rpartition("/")[0] == folder and is_media_name(path):
            yield Mention(path, _avatar(as_text(said.get("username"))))
    saved = SavedFiles(path for path in export.members if not _packed(path, folder))
    shared = _shared_names(export) if saved else Counter()
    for channel in channels(export):
        for message in _messages(export, channel):
            attachments = list(_attached(message))
            provenance = _said(export, channel, message) if attachments else None
            for attached in attachments:
                paths: list[str | None] = [*_saved(saved, attached, shared)]
                yield from (Mention(path, provenance) for path in paths or [None] if provenance)


def orphan(export: Export, path: str) -> Provenance:
    """A picture in the account's folder is an earlier avatar; others are servers' or not Discord's."""
    folder, said = _user(export)
    who = as_text(said.get("username"))
    if folder is not None and path.startswith(f"{folder}/") and "avatar" in path.lower():
        return _avatar(who)
    if _packed(path, folder):
        return Provenance(name, who, "server", exposure_reason=SERVER)
    return Provenance("folder", context="file", exposure_reason=BESIDE)


def derivative(path: str) -> str | None:
    """The package has no copies."""
    return None


def _avatar(who: str | None) -> Provenance:
    return Provenance(
        name,
        who,
        "profile_photo",
        exposure=Exposure.PUBLIC,
        exposure_reason=AVATAR,
        author=who,
        author_is_owner=True,
    )


def _user(export: Export) -> tuple[str | None, dict[str, Any]]:
    """The account's folder and its user.json; (None, {}) when there is none."""
    if "discord.user" not in export.memo:
        found: tuple[str | None, dict[str, Any]] = (None, {})
        for path in export.matching("user.json"):
            said = export.json(path) if path.count("/") <= 1 else None
            if isinstance(said, dict) and "id" in said and ("username" in said or "discriminator" in said):
                found = (_parent(path).rstrip("/"), said)
                break
        export.memo["discord.user"] = found
    known: tuple[str | None, dict[str, Any]] = export.memo["discord.user"]
    return known


def _messages(export: Export, channel: Channel) -> Iterator[dict[str, Any]]:
    """A channel's messages with lower-case keys."""
    path = channel.messages
    if path is None:
        return
    rows: Iterable[Any] = export.rows(path) if fold(path).endswith(".csv") else export.each(path)
    for row in rows:
        if isinstance(row, dict):
            yield {str(key).lower(): value for key, value in row.items()}
        else:
            export.note(path, "holds entries that are not objects; they were passed over")


def _attached(message: dict[str, Any]) -> Iterator[Attached]:
    """The attachments that may show a face. Their addresses stand in one text, separated by spaces."""
    for value in as_list(message.get("attachments")):
        text = as_text(value) or as_text(as_dict(value).get("url")) or ""
        for url in text.split():
            if url.startswith(("https://", "http://")) and may_show_faces(url):
                found = ATTACHMENT.search(url)
                yield Attached(url, found.group(1) if found else None, url_file_name(url))


def _said(export: Export, channel: Channel, message: dict[str, Any]) -> Provenance:
    who = as_text(_user(export)[1].get("username"))
    item = as_text(message.get("id"))
    item = item if item and item.isascii() and item.isdigit() else None
    when, source = parse_iso(message.get("timestamp"), utc=True), "Timestamp"
    if when is None and item:
        when, source = discord_id_time(item), "ID (snowflake)"
    url = channel.url(item) if item else None
    return Provenance(
        name,
        who,
        "message",
        caption=as_text(message.get("contents")),
        posted_at=when,
        posted_at_source=source if when else None,
        url=url,
        url_kind="constructed" if url else None,
        audience=channel.type,
        audience_source="chat_type" if channel.type else None,
        exposure=channel.exposure,
        exposure_reason=channel.reason,
        album=channel.title,
        author=who,
        author_is_owner=True,  # the package holds only what its owner sent
        post_id=item,
    )


def _saved(saved: SavedFiles, attached: Attached, shared: Counter[str]) -> list[str]:
    """The files that are this attachment: by its id, else by a name that no other attachment and file has."""
    if not saved:
        return []
    if attached.id and (found := saved.with_id(attached.id)):
        return found
    if shared[fold(attached.name)] != 1:
        return []
    found = saved.with_name(attached.name) or saved.with_name(attached.name.removeprefix("SPOILER_"))
    return found if len(found) == 1 else []


def _shared_names(export: Export) -> Counter[str]:
    """How many attachments carry each file name."""
    return Counter(
        fold(attached.name)
        for channel in channels(export)
        for message in _messages(export, channel)
        for attached in _attached(message)
    )


def _packed(path: str, folder: str | None) -> bool:
    """Whether Discord put it there: the account's folder, the servers' icons."""
    top = path.partition("/")[0].lower()
    return (folder is not None and path.startswith(f"{folder}/")) or ("/" in path and top == "servers")


def _parent(path: str) -> str:
    """ "a/b/c/" of "a/b/c/d" or "a/b/c/d/"."""
    return path.rstrip("/")[: path.rstrip("/").rfind("/") + 1]
