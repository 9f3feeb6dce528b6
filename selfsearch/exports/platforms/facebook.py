"""Facebook's "Download your information" in JSON: every layout since 2018, pages, encrypted Messenger chats.

Facebook does not export who could see a post, and timeline records carry no address: what is said here is
what the kind of record implies (the trash, a group, a conversation) and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..export import Export
from ..path_index import PathIndex, fold
from .base import Account, Root
from .dates import parse_timestamp
from .facebook_albums import album_context, album_of, from_folder
from .facebook_posts import Addresses, caption, group, named_people, place, writer
from .facebook_shelves import ALBUM, Shelf, for_album, for_folder, has_addresses, shelf_of
from .legacy import Mention, Provenance
from .meta import (
    Files,
    captured,
    dated,
    document,
    download,
    media_in,
    note_html,
    outermost,
    records,
    repaired,
)
from .meta_messages import ENCRYPTED, THREAD, Owner, encrypted_mentions, is_encrypted, thread_mentions
from .parsing import as_dict, as_list, as_text

name = "facebook"
title = "Facebook"

_TREES = (
    "your_facebook_activity",
    "your_activity_across_facebook",
    "this_profile's_activity_across_facebook",
    "this_profile_s_activity_across_facebook",  # as some unpackers write it
)
_MARKS = (
    "personal_information/profile_information/profile_information.json",
    "profile_information/profile_information.json",
    "posts/your_posts_*.json",
    "posts/album/0.json",
    "photos_and_videos/album/0.json",
    "photos_and_videos/your_photos.json",
)
_BARE = ("messages/inbox", "posts/media", "photos_and_videos")  # a part of a download may hold nothing else
_INNER = frozenset(
    (*_TREES, "personal_information", "posts", "messages", "photos_and_videos", "profile_information")
)


def roots(names: PathIndex) -> Iterable[Root]:
    """The activity folder, a file that only Facebook writes, or the separate download of encrypted chats."""
    found: dict[str, str] = {}
    for folder in _TREES:
        for prefix in names.prefixes_with_folder(folder):
            found.setdefault(prefix, f"has the folder {folder}")
    for mark in _MARKS:
        for prefix in names.prefixes_with_file(mark):
            found.setdefault(prefix, f"has {mark}")
    for folder in _BARE:
        for prefix in names.prefixes_with_folder(folder):
            found.setdefault(prefix, f"has the folder {folder} and Facebook's name for a download")
    for prefix in _encrypted_roots(names):
        found.setdefault(prefix, "has conversations of Messenger's encrypted chats")
    return outermost(found, _INNER)


def _encrypted_roots(names: PathIndex) -> Iterator[str]:
    beside_media = set(names.prefixes_with_folder("media"))
    for path in names.paths if beside_media else ():
        prefix, _, file = path.rpartition("/")
        prefix = f"{prefix}/" if prefix else ""
        if prefix in beside_media and ENCRYPTED.fullmatch(file):
            beside_media.discard(prefix)
            yield prefix


def confirm(export: Export) -> bool:
    """Folder names such as posts/media are anybody's: the download's name or a record must speak for them."""
    if series(export.name) or any(fold(path).startswith(_TREES) for path in export.members):
        return True
    if any(export.matching(mark) for mark in _MARKS[2:]):
        return True
    profile = _profile(export)
    return bool(profile) or any(is_encrypted(export, path) for path in _encrypted(export)[:3])


def series(container: str) -> str | None:
    """Parts share everything but the random tail."""
    found = download(name, container)
    return f"facebook-{fold(found[0])}-{found[1]}" if found else None


def account(export: Export) -> Account:
    """From the profile record, else from the download's name."""
    profile = _profile(export)
    handle = as_text(profile.get("username")) or _handle(as_text(profile.get("profile_uri")) or "")
    full = profile.get("name")
    display = as_text(as_dict(full).get("full_name") if isinstance(full, dict) else full)
    user, date = download(name, export.name) or (None, None)
    return Account(handle or user, display, exported_at=date)


def _profile(export: Export) -> dict[str, Any]:
    if "facebook.profile" not in export.memo:
        found: dict[str, Any] = {}
        for path in export.with_name("profile_information.json"):
            whole = as_dict(document(export, path))
            found = found or dict(as_dict(whole.get("profile_v2")) or as_dict(whole.get("profile")))
        export.memo["facebook.profile"] = repaired(found)
    profile: dict[str, Any] = export.memo["facebook.profile"]
    return profile


def _handle(uri: str) -> str | None:
    match = re.fullmatch(r"https?://[^/]*facebook\.com/([\w.]+)/?", uri)
    return match[1] if match and match[1] not in ("profile.php", "people") else None


def _owner(export: Export) -> Owner:
    who, profile = account(export), _profile(export)
    earlier = (as_text(as_dict(one).get("name")) for one in as_list(profile.get("previous_names")))
    names = {who.display_name, *earlier}
    return Owner(name, who, frozenset(known for known in names if known))


def mentions(export: Export) -> Iterator[Mention]:
    """Posts, albums, stories, reels, groups, comments, the archive and the trash; then the conversations."""
    note_html(export, title)
    paths = [path for path in export.members if path.lower().endswith(".json")]
    reader = _Reader(export)
    for path in sorted(paths, key=lambda path: not has_addresses(path)):
        if THREAD.search(path):
            yield from thread_mentions(export, reader.files, path, reader.owner)
            continue
        shelf = shelf_of(path)
        if shelf:
            yield from reader.album(path) if shelf is ALBUM else reader.shelf(path, shelf)
    for path in _encrypted(export):
        if is_encrypted(export, path):
            yield from encrypted_mentions(export, reader.files, path, reader.owner)


def _encrypted(export: Export) -> list[str]:
    return [path for path in export.members if ENCRYPTED.fullmatch(path)]


class _Reader:
    """One pass over an export's records."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.owner = _owner(export)
        self.files = Files(export)
        profile = as_text(_profile(export).get("profile_uri"))
        self.addresses = Addresses(self.owner.account.name if profile else None, profile)

    def album(self, path: str) -> Iterator[Mention]:
        """One album: a document whose name decides whether it holds the profile pictures."""
        whole = repaired(as_dict(document(self.export, path)))
        called = as_text(whole.get("name"))
        shelf = for_album(album_context(called))
        seen: set[str] = set()
        photos = (
            [whole.get("photos"), whole.get("cover_photo")] if whole else self.export.each(path, "photos")
        )
        for media in (media for photo in photos for media in media_in(repaired(photo))):
            if media["uri"] not in seen:
                seen.add(media["uri"])
                yield from self._mention(path, shelf, {}, media, album=called)

    def shelf(self, path: str, shelf: Shelf) -> Iterator[Mention]:
        """A file of records that hold their media anywhere within."""
        keep = has_addresses(path)
        for record in records(self.export, path):
            if keep:
                self.addresses.remember(record)
            for media in media_in(record):
                yield from self._mention(path, shelf, record, media)

    def _mention(
        self, path: str, shelf: Shelf, record: dict[str, Any], media: dict[str, Any], album: str | None = None
    ) -> Iterator[Mention]:
        url, kind, post_id = self.addresses.of(record, media, linked=shelf.linked)
        by = writer(record) or (self._name() if shelf.mine else None)
        camera = captured(media)
        said = self._plain(shelf) | camera | place(record, camera)
        said |= dated(
            ("timestamp", record.get("timestamp")), ("creation_timestamp", media.get("creation_timestamp"))
        )
        called = album or group(record) or album_of(media)
        provenance = Provenance(
            **said,
            caption=caption(record, media, called),
            url=url,
            url_kind=kind,
            post_id=post_id,
            album=called,
            people=named_people(record),
            author=by,
        )
        mention = self.files.mention(media["uri"], path, _backdated(provenance, record))
        if mention and (shelf.named or mention.path in self.export.members):
            yield mention

    def _name(self) -> str | None:
        return self.owner.account.display_name or self.owner.account.name

    def _plain(self, shelf: Shelf) -> dict[str, Any]:
        return {"platform": name, "account": self.owner.account.name} | shelf.says()


def _backdated(provenance: Provenance, record: dict[str, Any]) -> Provenance:
    """The date that the owner gave a post stands for the capture when the camera's is not known."""
    if provenance.taken_at:
        return provenance
    data = record.get("data")
    for part in data if isinstance(data, list) else ():
        when = parse_timestamp(as_dict(part).get("backdated_timestamp"))
        if when:
            return replace(provenance, taken_at=when, taken_at_source="backdated_timestamp")
    return provenance


def orphan(export: Export, path: str) -> Provenance:
    """The folder says whether it is a message, a story, a group's, or a picture of an album."""
    context, album = from_folder(path)
    said = for_folder(context).says()
    return Provenance(platform=name, account=account(export).name, album=album, **said)


def derivative(path: str) -> str | None:
    """Stickers are Facebook's drawings."""
    return "a sticker from a conversation" if "/stickers_used/" in f"/{fold(path)}" else None
