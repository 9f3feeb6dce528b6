"""BeReal's data download: each post is a pair of pictures, of a scene and of the person who took it.

Paths in the records have a prefix that is not on disk, so files are found by their last parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_names
from .base import Account, Mention, Platform, Root, as_roots
from .dates import parse_iso
from .parsing import as_dict, as_list, as_point, as_text, as_url

RECORDS = {
    "posts.json": "post",
    "memories.json": "memory",
    "user.json": "profile_photo",
    "realmojis.json": "other",
}
MAX_PARTS = 20  # of a path; real ones have four
FOLDERS = {"post": "post", "bereal": "post", "profile": "profile_photo", "realmoji": "other"}
PAIRS = ("primary", "secondary", "frontImage", "backImage", "btsMedia")
LEVELS = {  # the widest first: of several audiences it is the one that counts
    Exposure.PUBLIC: frozenset(("public", "everyone", "global", "discovery")),
    Exposure.NETWORK: frozenset(
        ("friends", "friends-of-friends", "friendsoffriends", "friends_of_friends", "group")
    ),
    Exposure.PRIVATE: frozenset(("private", "only-me", "onlyme", "only_me")),
}
UNKNOWN_AUDIENCE = {
    "post": "BeReal does not say in this record who could see it",
    "memory": "a memory: BeReal does not say who could see it when it was posted",
    "profile_photo": "BeReal does not export who could see a profile picture",
    "other": "BeReal does not export who could see it",
}


class BeReal(Platform):
    """One download. It is a single archive without a name of its own kind."""

    name = "bereal"
    title = "BeReal"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """posts.json or memories.json: `confirm` reads them."""
        return as_roots(paths.find_marks({f: f"has {f}" for f in ("posts.json", "memories.json")}))

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """A first record with a pair of pictures, each with its path."""
        for file in ("posts.json", "memories.json"):
            path = export.find(file)
            record = next(_records(export, path), {}) if path else {}
            if any(_uri(record.get(key)) for key in PAIRS):
                return True
        return False

    @cached_property
    def account(self) -> Account:
        """From user.json."""
        path = self.export.find("user.json")
        user = next(_records(self.export, path), {}) if path else {}
        return Account(as_text(user.get("username")), as_text(user.get("fullname") or user.get("fullName")))

    def mentions(self) -> Iterator[Mention]:
        """Both pictures of posts and memories, the clip behind the scenes, the profile picture, reactions."""
        for file, context in RECORDS.items():
            path = self.export.find(file)
            for record in _records(self.export, path) if path else ():
                provenance = self._provenance(record, context)
                for uri in _uris_in(record):
                    absent = None if as_url(uri) else uri.strip("/")
                    yield Mention(self._find(uri) or absent or None, provenance)

    def infer(self, path: str) -> Provenance:
        """The folder says whether it is a post's picture, the profile's, or a reaction's."""
        folders = reversed(folder_names(path))
        context = next((FOLDERS[folder] for folder in folders if folder in FOLDERS), "other")
        return Provenance(
            self.name,
            account=self.account.name,
            context=context,
            exposure=Exposure.UNKNOWN.because(f"no record names this file; {UNKNOWN_AUDIENCE[context]}"),
        )

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

    def _provenance(self, record: dict[str, Any], context: str) -> Provenance:
        spot = as_dict(record.get("location"))
        texts = map(as_text, as_list(record.get("visibility") or record.get("visibilities")))
        audiences = [text for text in texts if text]
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
            audience=Audience.of(", ".join(audiences), "per_item"),
            exposure=_exposure(audiences, context),
            location=Location.of(as_point(spot.get("latitude"), spot.get("longitude")), "location"),
            author=self.account.name,
            author_is_owner=True,
            post_id=as_text(record.get("id")),
        )


def _exposure(audiences: list[str], context: str) -> ExposureAssessment:
    if not audiences:
        return Exposure.UNKNOWN.because(UNKNOWN_AUDIENCE[context])
    reason = f"BeReal: visibility = {', '.join(audiences)}"
    for level, names in LEVELS.items():
        if any(fold(audience) in names for audience in audiences):
            return level.because(reason)
    return Exposure.UNKNOWN.because(f"{reason}, a word that is not known here")


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


def _uris_in(record: dict[str, Any]) -> Iterator[str]:
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
