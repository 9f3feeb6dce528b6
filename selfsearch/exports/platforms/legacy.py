"""TEMPORARY: readers that are still modules, in the form of classes. Goes when the last one is a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from types import ModuleType

from ... import types
from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex
from . import base
from .base import Account, Platform, Root


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a platform said about one appearance of one file. None means that it did not say."""

    platform: str  # "folder" for plain files and archives
    account: str | None = None
    context: str | None = (
        None  # post, story, reel, profile_photo, message, album, memory, archived, deleted, ...
    )
    caption: str | None = None
    posted_at: str | None = None
    posted_at_source: str | None = None  # the field it came from, e.g. "creation_timestamp"
    taken_at: str | None = None
    taken_at_source: str | None = None
    url: str | None = None
    url_kind: str | None = None  # exact, constructed, profile, owner_only
    audience: str | None = None  # the platform's own word
    audience_source: str | None = None  # per_item, per_album, chat_type, file, account_setting
    exposure: Exposure = Exposure.UNKNOWN
    exposure_reason: str = "a plain file says nothing about who could see it"
    album: str | None = None
    location: tuple[float, float] | None = None  # latitude, longitude in degrees
    location_source: str | None = None
    place: str | None = None  # a place in words
    people: tuple[str, ...] = ()
    author: str | None = None
    author_is_owner: bool | None = None
    post_id: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """What a record says about one media file."""

    path: str | None
    provenance: Provenance


def structured(flat: Provenance) -> types.Provenance:
    """The flat form as values."""
    return types.Provenance.from_columns({f.name: getattr(flat, f.name) for f in fields(flat)})


def as_class(module: ModuleType, *, has_media: bool = True) -> type[Platform]:  # noqa: C901
    """A module's functions as a class of readers."""

    class Reader(Platform):
        name = module.name
        title = module.title
        exports_media = has_media
        needs_confirmation = hasattr(module, "confirm")

        @classmethod
        def recognize(cls, paths: PathIndex) -> Iterable[Root]:
            return module.roots(paths)  # type: ignore[no-any-return]

        @classmethod
        def part_key(cls, container: str) -> str | None:
            return module.series(container)  # type: ignore[no-any-return]

        @classmethod
        def confirm(cls, export: Export) -> bool:
            return module.confirm(export)  # type: ignore[no-any-return]

        @classmethod
        def derivative(cls, path: str) -> str | None:
            return module.derivative(path)  # type: ignore[no-any-return]

        @property
        def account(self) -> Account:
            return module.account(self.export)  # type: ignore[no-any-return]

        def mentions(self) -> Iterator[base.Mention]:
            for mention in module.mentions(self.export):
                yield base.Mention(mention.path, structured(mention.provenance))

        def infer(self, path: str) -> types.Provenance:
            return structured(module.orphan(self.export, path))

    Reader.__module__ = module.__name__
    Reader.__name__ = Reader.__qualname__ = module.__name__.rpartition(".")[2]
    return Reader
