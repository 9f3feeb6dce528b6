"""BeReal's data download: each post is a pair of pictures, of a scene and of the person who took it.

Paths in the records have a prefix that is not on disk, so files are found by their last parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold
from .base import Account, Root
from .dates import parse_iso
from .legacy import Mention, Provenance
from .parsing import as_dict, as_list, as_point, as_text, as_url

name = "bereal"
title = "BeReal"

_RECORDS = {
    "posts.json": "post",
    "memories.json": "memory",
    "user.json": "profile_photo",
    "realmojis.json": "other",
}
_FOLDERS = {"post": "post", "bereal": "post", "profile": "profile_photo", "realmoji": "other"}
_PAIRS = ("primary", "secondary", "frontImage", "backImage", "btsMedia")
_PUBLIC = frozenset(("public", "everyone", "global", "discovery"))
_NETWORK = frozenset(("friends", "friends-of-friends", "friendsoffriends", "friends_of_friends", "group"))
_PRIVATE = frozenset(("private", "only-me", "onlyme", "only_me"))
_UNSAID = {
    "post": "BeReal does not say in this record who could see it",
    "memory": "a memory: BeReal does not say who could see it when it was posted",
    "profile_photo": "BeReal does not export who could see a profile picture",
    "other": "BeReal does not export who could see it",
}


def roots(names: PathIndex) -> Iterable[Root]:
    """posts.json or memories.json: `confirm` reads them."""
    found: dict[str, str] = {}
    for file in ("posts.json", "memories.json"):
        for prefix in names.prefixes_with_file(file):
            found.setdefault(prefix, f"has {file}")
    return [Root(prefix, why) for prefix, why in found.items()]


def confirm(export: Export) -> bool:
    """A first record with a pair of pictures, each with its path."""
    for file in ("posts.json", "memories.json"):
        path = export.find(file)
        first = next(_records(export, path), {}) if path else {}
        if any(_path(first.get(key)) for key in _PAIRS):
            return True
    return False


def series(container: str) -> str | None:
    """BeReal's download is one archive without a name of its own kind."""
    return None


def account(export: Export) -> Account:
    """From user.json."""
    if "bereal.user" not in export.memo:
        path = export.find("user.json")
        export.memo["bereal.user"] = next(_records(export, path), {}) if path else {}
    user: dict[str, Any] = export.memo["bereal.user"]
    return Account(as_text(user.get("username")), as_text(user.get("fullname") or user.get("fullName")))


def mentions(export: Export) -> Iterator[Mention]:
    """Both pictures of every post and memory, the clip behind the scenes, the profile picture, reactions."""
    reader = _Reader(export)
    for file, context in _RECORDS.items():
        path = export.find(file)
        if path:
            yield from reader.read(path, context)


class _Reader:
    """One pass over an export's records."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.account = account(export).name

    def read(self, path: str, context: str) -> Iterator[Mention]:
        """One record file."""
        for record in _records(self.export, path):
            yield from self._record(path, record, context)

    def _record(self, path: str, record: dict[str, Any], context: str) -> Iterator[Mention]:
        provenance = _provenance(record, context, self.account)
        for uri in _paths_in(record):
            absent = None if as_url(uri) else uri.strip("/")
            yield Mention(_find(self.export, uri) or absent or None, provenance)


def _records(export: Export, path: str) -> Iterator[dict[str, Any]]:
    """The records of a list, in an envelope or not; when there are none, the document is one record."""
    several = False
    if fold(path.rpartition("/")[2]) != "user.json":
        for record in export.each(path, "*"):
            if isinstance(record, dict):
                several = True
                yield record
    if not several:
        yield from (record for record in export.each(path, "") if isinstance(record, dict))


def _paths_in(record: dict[str, Any]) -> Iterator[str]:
    """The files of a record, in its order; reactions and memories hold them one level deeper than posts."""
    waiting: deque[Any] = deque([record])
    seen: set[str] = set()
    while waiting:
        part = waiting.popleft()
        uri = _path(part)
        if uri and uri not in seen:
            seen.add(uri)
            yield uri
        inside = part.values() if isinstance(part, dict) else part
        waiting.extend(inner for inner in inside if isinstance(inner, (dict, list)))


def _path(value: Any) -> str | None:
    """The path in a media object."""
    return as_text(as_dict(value).get("path"))


def _find(export: Export, uri: str) -> str | None:
    """The file by the longest tail of its path that there is, else by its name when only one has it."""
    if as_url(uri):
        return None
    parts = uri.strip("/").split("/")
    found = next(
        (path for start in range(len(parts)) if (path := export.find("/".join(parts[start:])))), None
    )
    if found:
        return found
    near = export.with_name(parts[-1])
    folder = fold(parts[-2]) if len(parts) > 1 else ""
    beside = [path for path in near if folder in fold(path).split("/")[:-1]]
    for some in (near, beside):
        if len(some) == 1:
            return some[0]
    return None


def _provenance(record: dict[str, Any], context: str, user: str | None) -> Provenance:
    level, reason, word = _audience(record, context)
    field, when = _taken(record)
    spot = as_dict(record.get("location"))
    where = as_point(spot.get("latitude"), spot.get("longitude"))
    posted = parse_iso(record.get("postedAt"), utc=True)
    return Provenance(
        platform=name,
        account=user,
        context=context,
        caption=as_text(record.get("caption")),
        posted_at=posted,
        posted_at_source="postedAt" if posted else None,
        taken_at=when,
        taken_at_source=field,
        audience=word,
        audience_source="per_item" if word else None,
        exposure=level,
        exposure_reason=reason,
        location=where,
        location_source="location" if where else None,
        author=user,
        author_is_owner=True,
        post_id=as_text(record.get("id")),
    )


def _taken(record: dict[str, Any]) -> tuple[str | None, str | None]:
    for field in ("takenAt", "takenTime", "date"):
        when = parse_iso(record.get(field), utc=True)
        if when:
            return field, when
    return None, None


def _audience(record: dict[str, Any], context: str) -> tuple[Exposure, str, str | None]:
    """(exposure, reason, BeReal's words). Several audiences: the widest one counts."""
    told = [
        text for text in map(as_text, as_list(record.get("visibility") or record.get("visibilities"))) if text
    ]
    if not told:
        return Exposure.UNKNOWN, _UNSAID[context], None
    word = ", ".join(told)
    for level, known in (
        (Exposure.PUBLIC, _PUBLIC),
        (Exposure.NETWORK, _NETWORK),
        (Exposure.PRIVATE, _PRIVATE),
    ):
        if any(fold(one) in known for one in told):
            return level, f"BeReal: visibility = {word}", word
    return Exposure.UNKNOWN, f"BeReal: visibility = {word}, a word that is not known here", word


def orphan(export: Export, path: str) -> Provenance:
    """The folder says whether it is a post's picture, the profile's, or a reaction's."""
    folders = fold(path).split("/")[:-1]
    context = next((_FOLDERS[part] for part in reversed(folders) if part in _FOLDERS), "other")
    return Provenance(
        platform=name,
        account=account(export).name,
        context=context,
        exposure_reason=f"no record names this file; {_UNSAID[context]}",
    )


def derivative(path: str) -> str | None:
    """There are none."""
    return None
