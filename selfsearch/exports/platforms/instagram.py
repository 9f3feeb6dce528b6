"""Instagram's "Download your information" in JSON, every layout; Threads posts travel inside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold
from .base import Root
from .instagram_account import Privacy, account, old_download, privacy
from .instagram_legacy import is_legacy, media_mentions, message_mentions
from .legacy import Mention, Provenance
from .meta import Files, captured, dated, download, labelled, media_in, note_html, outermost, records
from .meta_messages import THREAD, Owner, thread_mentions
from .parsing import as_dict, as_list, as_text

__all__ = ["account", "confirm", "derivative", "mentions", "name", "orphan", "roots", "series", "title"]

name = "instagram"
title = "Instagram"

_TREE = "your_instagram_activity"
_MARKS = (
    "content/posts_*.json",
    "connections/followers_and_following/followers_*.json",
    "followers_and_following/followers*.json",
)
_BARE = ("media/posts", "media/stories", "media/reels", "messages/inbox")  # all that one part may hold
_SOME = ("content/stories.json", "content/reels.json", "content/profile_photos.json", "media.json")
_INNER = frozenset((_TREE, "connections", "content", "media", "messages", "personal_information"))

_SHELVES = tuple(
    (re.compile(rf"(^|/){pattern}\.json$"), context)
    for pattern, context in (
        (r"(content|media)/posts(_\d+)?", "post"),
        (r"(content|media)/stories(_\d+)?", "story"),
        (r"(content|media)/reels(_\d+)?", "reel"),
        (r"(content|media)/igtv_videos(_\d+)?", "igtv"),
        (r"(content|media)/archived_posts(_\d+)?", "archived"),
        (r"(content|media)/recently_deleted[^/]*", "deleted"),
        (r"(content|media)/profile_photos(_\d+)?", "profile_photo"),
        (r"(content|media)/reposts(_\d+)?", "repost"),
        (r"(content|media)/[^/]+", "other"),
        (r"threads/[^/]+", "threads"),
        (r"(personal_information|instagram_profile_information)", "profile_photo"),
    )
)
_FOLDERS = {
    "posts": "post",
    "stories": "story",
    "reels": "reel",
    "igtv": "igtv",
    "archived_posts": "archived",
    "recently_deleted": "deleted",
    "profile": "profile_photo",
}
_OLD_FOLDERS = _FOLDERS | {"photos": "post", "videos": "post", "direct": "message"}
_ON_PROFILE = ("post", "story", "reel", "igtv", "profile_photo")
_THREADS_REASON = "a Threads post: the export holds neither its audience nor the Threads profile's setting"


def roots(names: PathIndex) -> Iterable[Root]:
    """The activity folder, a file that only Instagram writes, or folders that need `confirm`."""
    found: dict[str, str] = {}
    for prefix in names.prefixes_with_folder(_TREE):
        found.setdefault(prefix, f"has the folder {_TREE}")
    for mark in (*_MARKS, *_SOME):
        for prefix in names.prefixes_with_file(mark):
            found.setdefault(prefix, f"has {mark}")
    for folder in _BARE:
        for prefix in names.prefixes_with_folder(folder):
            found.setdefault(prefix, f"has the folder {folder}")
    return outermost(found, _INNER)


def confirm(export: Export) -> bool:
    """media.json and messages/inbox are anybody's names: a record or the download's name decides."""
    if series(export.name) or any(fold(path).startswith(_TREE) for path in export.members):
        return True
    if any(export.matching(mark) for mark in _MARKS) or account(export).name:
        return True
    return any(_is_ours(export, path) for mark in _SOME for path in export.matching(mark))


def _is_ours(export: Export, path: str) -> bool:
    if path.rpartition("/")[2].lower() == "media.json":
        return is_legacy(export, path)
    first = next(
        (key for key, event, _ in export.events(path) if event in ("start_array", "start_map") and key), ""
    )
    return first.startswith("ig_")


def series(container: str) -> str | None:
    """Parts share everything but the random tail; until 2021 they were numbered."""
    found = download(name, container)
    if found:
        return f"instagram-{fold(found[0])}-{found[1]}"
    old = old_download(container)
    return f"instagram-{fold(old[0])}-{old[1]}" if old else None


def mentions(export: Export) -> Iterator[Mention]:
    """Posts, stories, reels, the archive, what was deleted, profile photos, Threads posts, conversations."""
    note_html(export, title)
    reader = _Reader(export)
    for path in [path for path in export.members if path.lower().endswith(".json")]:
        if THREAD.search(path):
            yield from thread_mentions(export, reader.files, path, reader.owner)
        else:
            yield from reader.read(path)


class _Reader:
    """One pass over an export's records."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.account = account(export)
        self.privacy = privacy(export)
        self.files = Files(export)
        names = (self.account.name, self.account.display_name)
        self.owner = Owner(name, self.account, frozenset(known for known in names if known))

    def read(self, path: str) -> Iterator[Mention]:
        """One record file of any kind but a conversation."""
        file = fold(path)
        context = next((context for pattern, context in _SHELVES if pattern.search(file)), None)
        if context:
            yield from self._shelf(path, context)
        elif file.rpartition("/")[2] == "media.json" and is_legacy(self.export, path):
            yield from media_mentions(self.export, self.files, path, self.account, self.privacy)
        elif file == "messages.json":
            yield from message_mentions(self.export, self.files, path, self.account)

    def _shelf(self, path: str, context: str) -> Iterator[Mention]:
        for record in records(self.export, path):
            for media in media_in(record):
                mention = self.files.mention(media["uri"], path, self._provenance(record, media, context))
                if mention and (context != "other" or mention.path in self.export.members):
                    yield mention

    def _provenance(self, record: dict[str, Any], media: dict[str, Any], context: str) -> Provenance:
        posted = dated(
            ("creation_timestamp", record.get("creation_timestamp")),
            ("timestamp", record.get("timestamp")),
            ("creation_timestamp", media.get("creation_timestamp")),
        )
        mine = context != "repost"
        return Provenance(
            account=self.account.name,
            caption=_caption(record, media),
            author=self.account.name if mine else None,
            author_is_owner=mine,
            **posted,
            **captured(media),
            **_where(context, self.account.name),
            **self._who(context, posted.get("posted_at")),
        )

    def _who(self, context: str, posted_at: str | None) -> dict[str, Any]:
        if context == "threads":
            told = {"exposure": Exposure.UNKNOWN, "exposure_reason": _THREADS_REASON}
            return told | {"platform": "threads", "context": "post"}
        return {"platform": name, "context": context} | self.privacy.audience(context, posted_at)


def _where(context: str, user: str | None) -> dict[str, Any]:
    """Own posts have no address in the export: the profile is as near as it gets."""
    if user and context == "threads":
        return {"url": f"https://www.threads.net/@{user}", "url_kind": "profile"}
    if user and context in _ON_PROFILE:
        return {"url": f"https://www.instagram.com/{user}/", "url_kind": "profile"}
    return {}


def _caption(record: dict[str, Any], media: dict[str, Any]) -> str | None:
    """A carousel has its text on the post; a single picture on the picture, and so may a carousel's first."""
    own, post = as_text(media.get("title")), as_text(record.get("title"))
    others = (as_text(as_dict(other).get("title")) for other in as_list(record.get("media")))
    return (
        post or own or next((text for text in others if text), None) or labelled(record, "Caption", "Title")
    )


def orphan(export: Export, path: str) -> Provenance:
    """The folder says what kind of item a file was that no record names."""
    parts = fold(path).split("/")[:-1]
    context = _context(parts)
    seen: Privacy = privacy(export)
    user = account(export).name
    return Provenance(
        platform=name, account=user, context=context, **_where(context, user), **seen.audience(context, None)
    )


def _context(parts: list[str]) -> str:
    if "messages" in parts:
        return "message"
    if "media" in parts:
        inner = parts[parts.index("media") + 1 :]
        return _FOLDERS.get(inner[0], "other") if inner else "other"
    return _OLD_FOLDERS.get(parts[0], "other") if parts else "other"


def derivative(path: str) -> str | None:
    """Instagram's export holds no copies of its own."""
    return None
