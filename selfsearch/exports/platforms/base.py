"""What a platform's reader is: it recognizes exports by their paths, then one instance reads one export.

A new platform is one file with one subclass of `Platform`, and one line in platforms/__init__.py. What the
instance works out once about its export (the owner, a table of albums) it keeps in its own attributes,
usually as a `cached_property`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...types import Exposure, ExposureAssessment, Provenance
from ..export import Export
from ..path_index import PathIndex


@dataclass(frozen=True, slots=True)
class Root:
    """Where an export begins inside a container, and why we think so (shown to the user)."""

    prefix: str  # "" or a path ending in "/"
    why: str


def as_roots(reasons: Mapping[str, str]) -> list[Root]:
    """Prefix -> reason (see PathIndex.find_marks) as roots."""
    return [Root(prefix, why) for prefix, why in reasons.items()]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time in which the account was public, or was not. None means open-ended. ISO 8601."""

    public: bool
    since: str | None
    until: str | None
    reason: str
    record: str | None = None  # path in the export of the record that says so


@dataclass(frozen=True, slots=True)
class Account:
    """Whose export it is, as far as it says."""

    name: str | None = None  # the handle that the platform uses
    display_name: str | None = None
    exported_at: str | None = None  # ISO 8601 date or time of the export itself
    periods: tuple[Period, ...] = ()


def widest_period(periods: Iterable[Period], posted_at: str | None) -> Period | None:
    """The period that says who could see a post of this time, or None. Once public, always public.

    An account that opens opens its older posts, too: a public period that ends after the post decides (for a
    post without a date, one that has not ended). A private one does when no public one follows, and private
    periods cover all of the time since the post.
    """
    later = [period for period in periods if not _is_over(period, posted_at)]
    public = [period for period in later if period.public]
    if public:
        return next((period for period in public if posted_at or period.until is None), None)
    known_until = posted_at or ""
    for period in sorted(later, key=lambda period: period.since or ""):
        if (period.since or "") > known_until:
            return None
        if period.until is None:
            return period
        known_until = max(known_until, period.until)
    return None


def _is_over(period: Period, posted_at: str | None) -> bool:
    """Whether it ended before the post; the day that it ends on is part of it where no hour is given."""
    return bool(posted_at and period.until and period.until < posted_at[: len(period.until)])


@dataclass(frozen=True, slots=True)
class Mention:
    """What records say about one media file; `provenance.records` names them.

    `path` is None when the export has only a link to it.
    """

    path: str | None  # relative to the export's root, as a key of `Export.members`
    provenance: Provenance


def unknown_word(said: str, *evidence: str) -> ExposureAssessment:
    """Of what the platform says in a word for the audience that is not known. `said` quotes the word."""
    return Exposure.UNKNOWN.because(f"{said}, a word that is not known", *evidence)


def plain_file(reason: str) -> Provenance:
    """What is known of a file that belongs to no platform, though it may lie beside an export."""
    return Provenance("folder", context="file", exposure=Exposure.UNKNOWN.because(reason))


def mentions_of(paths: Sequence[str], provenance: Provenance) -> Iterator[Mention]:
    """The same of each of these files; of a link alone when there are none."""
    for path in paths or (None,):
        yield Mention(path, provenance)


class Platform(ABC):
    """One export of one platform."""

    name: ClassVar[str]  # the word in Provenance.platform and in the JSON output
    title: ClassVar[str]  # for people
    exports_media: ClassVar[bool] = True  # False: the export has links alone, media are saved beside it
    needs_confirmation: ClassVar[bool] = False  # marks so common that `confirm` looks into a record

    def __init__(self, export: Export) -> None:
        self.export = export

    @classmethod
    @abstractmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Where in a container exports of this platform begin (usually one, or none)."""

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """What the parts of one export share, from a container's file name; None when it is not ours."""
        return None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether this really is an export of the platform. Reads at most the head of a record or two."""
        return True

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Why this member is only a copy that the platform made of another (thumbnail, overlay), or None."""
        return None

    @classmethod
    def nested(cls, path: str) -> bool:
        """Whether the platform itself puts a zip there, into its download. It is read as if it were unpacked.

        Its files stand in the export below its path without the ending. `path` is relative to the root.
        """
        return False

    @property
    @abstractmethod
    def account(self) -> Account:
        """Whose export it is. May read records; worked out once."""

    @abstractmethod
    def mentions(self) -> Iterator[Mention]:
        """Every media file that a record speaks of, once per record."""

    @abstractmethod
    def infer(self, path: str) -> Provenance:
        """What the path alone says about a media file that no record mentions."""
