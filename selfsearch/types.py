"""The values that pass between the rooms of the house. Frozen; nothing here imports anything of ours.

Boxes are (x, y, width, height) in pixels of the upright image at its original size. Times are ISO 8601
text: with an offset where the zone is known, without one where the platform gives none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias, final

TYPE_CHECKING = False
if TYPE_CHECKING:  # numpy is not loaded for `selfsearch --help`
    import numpy as np
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[np.uint8]  # (height, width, 3), RGB, upright
    Chip: TypeAlias = NDArray[np.uint8]  # (112, 112, 3), RGB, aligned to the ArcFace template
    Chips: TypeAlias = NDArray[np.uint8]  # (n, 112, 112, 3)
    Landmarks: TypeAlias = NDArray[np.float32]  # (5, 2): eyes, nose, mouth corners; x, y in image pixels
    Embedding: TypeAlias = NDArray[np.float32]  # (dim,), length 1
    Embeddings: TypeAlias = NDArray[np.float32]  # (n, dim), every row of length 1
else:
    Pixels = Chip = Chips = Landmarks = Embedding = Embeddings = Any

Box: TypeAlias = "tuple[float, float, float, float]"  # x, y, width, height


Clock: TypeAlias = Callable[[], datetime]  # the present moment, with its zone


def isoformat(moment: datetime) -> str:
    """ISO 8601 with the moment's offset, to the second."""
    return moment.isoformat(timespec="seconds")


class Outcome(str, Enum):
    """What became of one file. Every file found ends in exactly one."""

    INDEXED = "indexed"  # decoded, at least one face stored
    NO_FACE = "no_face"  # decoded, nobody in it
    DUPLICATE = "duplicate"  # the same bytes as a file that is already there
    UNSUPPORTED = "unsupported"  # not a picture we can read (the reason says what it is)
    UNREADABLE = "unreadable"  # a picture or an archive that is damaged, or no permission
    TOO_LARGE = "too_large"  # beyond the limits that stop decompression bombs
    FAILED = "failed"  # looking at it ended in an error that nobody foresaw, a crash, or over the time limit
    ENCRYPTED = "encrypted"  # a member that needs a password
    RECORD = "record"  # the export's own record (JSON, CSV, ...), read for what it says
    DERIVATIVE = "derivative"  # a thumbnail, overlay or sticker that the platform made from another file
    LINK_ONLY = "link_only"  # the export has a link, but not the media


READ_IN_PART = "read only in part"  # so begins the reason of a record of which something could not be used


class Detail(str, Enum):
    """How carefully pictures are searched for faces."""

    FAST = "fast"  # one look: small faces in large photographs are missed
    NORMAL = "normal"  # a second look where the first gives a reason
    THOROUGH = "thorough"  # every part of a picture at its full size

    @property
    def care(self) -> int:
        """The larger, the more careful."""
        return list(Detail).index(self)


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How carefully a picture was, or is to be, searched for faces."""

    detail: Detail
    revision: int  # of detection; 0: that of a version which did not note it

    def covers(self, wanted: Thoroughness) -> bool:
        """Whether a picture that was searched so need not be searched as `wanted`."""
        return self.detail.care >= wanted.detail.care and self.revision >= wanted.revision

    def joined(self, other: Thoroughness) -> Thoroughness:
        """The more careful of both in each respect."""
        detail = max(self.detail, other.detail, key=lambda detail: detail.care)
        return Thoroughness(detail, max(self.revision, other.revision))


class Exposure(str, Enum):
    """Who could see a sighting: the question that the whole tool answers."""

    PUBLIC = "public"  # anyone, a face search engine's crawler included
    NETWORK = "network"  # friends, followers, members of a group
    PRIVATE = "private"  # only the owner, or the people in a direct message
    UNKNOWN = "unknown"  # the export does not say; never invented

    def because(self, reason: str, *evidence: str) -> ExposureAssessment:
        """This level, with the reason in words that the user reads and the evidence that it rests on."""
        return ExposureAssessment(self, reason, evidence)


EXPOSURES = (  # widest first; unknown outranks private, because it may be public
    Exposure.PUBLIC,
    Exposure.NETWORK,
    Exposure.UNKNOWN,
    Exposure.PRIVATE,
)


@final
@dataclass(frozen=True, slots=True)
class ExposureAssessment:
    """Who could see a sighting, and why we think so. Make one with `Exposure.PUBLIC.because("...")`.

    `evidence`: the records and folders of the export that the level rests on, from the export's root. A level
    below public needs some: what nothing in the export shows is `unknown`.
    """

    level: Exposure
    reason: str
    evidence: tuple[str, ...] = ()

    def on(self, *evidence: str) -> ExposureAssessment:
        """The same, resting on these as well."""
        return replace(self, evidence=tuple(dict.fromkeys((*self.evidence, *evidence))))


@final
@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time and the record's field, or the file's tag, that it was read from."""

    at: str  # ISO 8601: with an offset where the zone is known
    source: str | None = None  # e.g. "creation_timestamp", "file name"

    @classmethod
    def of(cls, at: str | None, source: str | None) -> Timestamp | None:
        """None when there is no time."""
        return cls(at, source) if at else None


@final
@dataclass(frozen=True, slots=True)
class Link:
    """A web address and how far it can be trusted to lead to the post."""

    url: str
    kind: str | None  # exact, constructed, profile, owner_only

    @classmethod
    def of(cls, url: str | None, kind: str | None) -> Link | None:
        """None when there is no address."""
        return cls(url, kind) if url else None


@final
@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a platform says it showed something to."""

    name: str | None  # the platform's own word; None where only the kind of record tells
    source: str | None  # per_item, per_album, chat_type, file, account_setting
    is_known: bool = True  # False: the word does not tell who that is, and is quoted in the exposure's reason

    @classmethod
    def of(cls, name: str | None, source: str | None, *, is_known: bool = True) -> Audience | None:
        """None when the platform has no word for it."""
        return cls(name, source, is_known) if name else None


@final
@dataclass(frozen=True, slots=True)
class Location:
    """A place on Earth in degrees, and what said so."""

    latitude: float
    longitude: float
    source: str | None = None  # e.g. "geo", "EXIF"

    @classmethod
    def of(cls, point: tuple[float, float] | None, source: str | None) -> Location | None:
        """From (latitude, longitude); None when there is no point."""
        return cls(*point, source) if point else None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a platform said about one appearance of one file. None means that it did not say."""

    platform: str  # "folder" for plain files and archives
    account: str | None = None
    context: str | None = None  # post, story, reel, profile_photo, message, album, memory, archived, ...
    caption: str | None = None
    posted: Timestamp | None = None
    taken: Timestamp | None = None
    link: Link | None = None
    audience: Audience | None = None
    exposure: ExposureAssessment = ExposureAssessment(
        Exposure.UNKNOWN, "a plain file says nothing about who could see it"
    )
    album: str | None = None
    location: Location | None = None
    place: str | None = None  # a place in words
    people: tuple[str, ...] = ()
    author: str | None = None
    author_is_owner: bool | None = None
    post_id: str | None = None
    records: tuple[str, ...] = ()  # of the export, from its root, that say this; first the one that names it

    def columns(self) -> dict[str, Any]:
        """The flat form: one plain value for each column of the library's table `sightings`.

        `exposure` is an Exposure, `location` (latitude, longitude) or None; `people`, `records` and
        `exposure_evidence` are tuples.
        """
        posted, taken, link, audience, place = (
            self.posted, self.taken, self.link, self.audience, self.location,
        )  # fmt: skip
        return {
            "platform": self.platform,
            "account": self.account,
            "context": self.context,
            "caption": self.caption,
            "posted_at": posted and posted.at,
            "posted_at_source": posted and posted.source,
            "taken_at": taken and taken.at,
            "taken_at_source": taken and taken.source,
            "url": link and link.url,
            "url_kind": link and link.kind,
            "audience": audience and audience.name,
            "audience_source": audience and audience.source,
            "audience_known": audience is None or audience.is_known,
            "exposure": self.exposure.level,
            "exposure_reason": self.exposure.reason,
            "exposure_evidence": self.exposure.evidence,
            "album": self.album,
            "location": place and (place.latitude, place.longitude),
            "location_source": place and place.source,
            "place": self.place,
            "people": self.people,
            "author": self.author,
            "author_is_owner": self.author_is_owner,
            "post_id": self.post_id,
            "records": self.records,
        }

    @classmethod
    def from_columns(cls, values: Mapping[str, Any]) -> Provenance:
        """The reverse of `columns`; other keys of `values` are passed over."""
        audience, source = values["audience"], values["audience_source"]
        is_known = values.get("audience_known", True)
        return cls(
            platform=values["platform"],
            account=values["account"],
            context=values["context"],
            caption=values["caption"],
            posted=Timestamp.of(values["posted_at"], values["posted_at_source"]),
            taken=Timestamp.of(values["taken_at"], values["taken_at_source"]),
            link=Link.of(values["url"], values["url_kind"]),
            audience=Audience(audience, source, is_known) if audience or source else None,
            exposure=values["exposure"].because(
                values["exposure_reason"], *values.get("exposure_evidence", ())
            ),
            album=values["album"],
            location=Location.of(values["location"], values["location_source"]),
            place=values["place"],
            people=values["people"],
            author=values["author"],
            author_is_owner=values["author_is_owner"],
            post_id=values["post_id"],
            records=values.get("records", ()),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file itself says (EXIF, IPTC, XMP). None means that it does not say."""

    taken: Timestamp | None = None
    location: Location | None = None
    caption: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """One face found in one frame, with everything the library keeps of it."""

    box: Box
    landmarks: Landmarks
    score: float  # the detector's confidence, 0..1
    quality: float  # 0..1, see recognition/quality.py
    chip: Chip = field(repr=False)
    embedding: Embedding = field(repr=False)
    time_ms: int | None = None  # position in a video; None in a still


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one media file turned out to be. No faces is a result, not a failure."""

    type: str  # MIME type by content
    width: int  # upright, original size
    height: int
    faces: tuple[Face, ...]
    phash: int | None  # 64-bit perceptual hash of the whole picture
    facts: Facts
    problem: str | None = None  # set when the file was damaged and used as far as it goes
    bystanders: int = 0  # faces that were counted and are not among `faces`
    searched: Thoroughness = Thoroughness(Detail.NORMAL, 0)  # how its faces were looked for


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a media file was found, and what was said about it there."""

    source: int
    path: str  # absolute; a member of an archive is ARCHIVE!MEMBER
    provenance: Provenance
    gone: bool = False  # the file was there once and is not any more
    replaced_by: int | None = None  # the source that stands in the place of this one, which is not searched


@dataclass(frozen=True, slots=True)
class Appearance:
    """One face of the person searched for, in one distinct media file; copies are its sightings."""

    rank: int  # from 1 in the order in which the answer lists them; 0 when it is not listed
    id: str  # short and stable: names this face among the person's appearances
    verdict: str | None  # "me" when the person said so; what is not the person is not in an answer
    face: int  # its number in the library
    score: float  # cosine similarity, -1..1
    band: str | None  # strong, likely, possible; None when weaker, or when the pack has no calibration
    expected_false_matches: float | None
    box: Box
    time_ms: int | None  # video: where the face is seen best; None in a still
    from_ms: int | None
    to_ms: int | None
    quality: float  # 0..1
    sha256: str
    type: str
    width: int
    height: int
    sightings: tuple[Sighting, ...]  # widest exposure first
    may_also_be: tuple[str, ...] = ()  # others known here who look as much like it, the nearest first

    @property
    def exposure(self) -> Exposure:
        """The widest exposure among the sightings."""
        levels = (sighting.provenance.exposure.level for sighting in self.sightings)
        return min(levels, key=EXPOSURES.index, default=Exposure.UNKNOWN)

    @property
    def is_dated(self) -> bool:
        """Whether anything says when it was posted or taken."""
        return any(sighting.provenance.posted or sighting.provenance.taken for sighting in self.sightings)


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """A photograph that the person was searched by."""

    path: str
    faces_found: int
    box: Box
    quality: float


@dataclass(frozen=True, slots=True)
class CohortSummary:
    """What is known of how much strangers look like the person, from the faces that were compared."""

    people: int  # how many different people these are, about
    is_enough: bool  # to tell
    lookalikes: float  # times as many as usual reach what is usually "possible"; bands begin higher for it


@dataclass(frozen=True, slots=True)
class LinkOnly:
    """A post of the person's whose media is not in the export: it was not looked at."""

    source: int
    provenance: Provenance
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a person appears.

    What could not be looked at is counted too, so that silence is not taken for safety.
    """

    person: str
    pack: str
    dimension: int
    calibrated: bool  # without a calibration of its pack, scores have no bands
    sources: int
    media: int
    faces: int  # distinct faces compared with
    probes: tuple[ProbeSummary, ...]
    bands: dict[
        str, float
    ]  # band -> lowest score in it, for this library's number of faces; empty without calibration
    found: tuple[Appearance, ...]  # everything: what the answer counts and says in words
    appearances: tuple[Appearance, ...]  # what is listed of it: widest audience first, then best score
    left_out: dict[
        str, int
    ]  # why the others are not listed (source, band, dates, undated, limit) -> how many
    rejected: int  # as strong, but the person said that they are somebody else's: not among those found
    is_by_date: bool  # listed by date: what has none comes last
    not_looked_at: dict[str, int]  # outcome -> files that could not be searched (unreadable, encrypted, ...)
    links: tuple[LinkOnly, ...]
    asked_at: str  # ISO 8601
    cohort: CohortSummary | None = None  # None without a calibration
    source_names: tuple[str, ...] = ()  # of the sources that were searched, as people read them
    replaced_names: tuple[str, ...] = ()  # of those, what newer exports replaced: asked for, so it counts

    @property
    def hidden(self) -> int:
        """How many are found and not listed."""
        return len(self.found) - len(self.appearances)


class ProgressListener:
    """Is told how far a run is. This one tells nobody; the command line draws a progress bar."""

    def begin(self, title: str, files: int | None) -> None:
        """A source is about to be read; `files` is how many it holds, when that is known."""

    def step(self, outcome: Outcome, address: str) -> None:
        """One more file has its outcome. It is not in the library yet."""

    def stored(self, files: int) -> None:
        """So many more files are in the library, whatever happens from now on."""

    def end(self) -> None:
        """The source is done."""
