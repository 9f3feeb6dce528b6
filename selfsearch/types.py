"""The values that pass between the rooms of the house. Frozen; nothing here imports anything of ours.

Boxes are (x, y, width, height) in pixels of the upright image at its original size. Times are ISO 8601
text: with an offset where the zone is known, without one where the platform gives none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:  # numpy is not loaded for `selfsearch --help`
    import numpy as np
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[np.uint8]  # (height, width, 3), RGB, upright
    Chip: TypeAlias = NDArray[np.uint8]  # (112, 112, 3), RGB, aligned to the ArcFace template
    Landmarks: TypeAlias = NDArray[np.float32]  # (5, 2): eyes, nose, mouth corners; x, y in image pixels
    Vector: TypeAlias = NDArray[np.float32]  # (dim,), length 1
    Vectors: TypeAlias = NDArray[np.float32]  # (n, dim), every row of length 1
else:
    Pixels = Chip = Landmarks = Vector = Vectors = Any

Box: TypeAlias = "tuple[float, float, float, float]"  # x, y, width, height


class Outcome(str, Enum):
    """What became of one file. Every file found ends in exactly one."""

    INDEXED = "indexed"  # decoded, at least one face stored
    NO_FACE = "no_face"  # decoded, nobody in it
    DUPLICATE = "duplicate"  # the same bytes as a file that is already there
    UNSUPPORTED = "unsupported"  # not a picture we can read (the reason says what it is)
    UNREADABLE = "unreadable"  # a picture or an archive that is damaged, or no permission
    TOO_LARGE = "too_large"  # beyond the limits that stop decompression bombs
    ENCRYPTED = "encrypted"  # a member that needs a password
    RECORD = "record"  # the export's own record (JSON, CSV, ...), read for what it says
    DERIVATIVE = "derivative"  # a thumbnail, overlay or sticker that the platform made from another file
    LINK_ONLY = "link_only"  # the export has a link, but not the media

    @property
    def looked_at(self) -> bool:
        """Whether the pixels behind this outcome were searched for faces."""
        return self in (Outcome.INDEXED, Outcome.NO_FACE, Outcome.DUPLICATE)


READ_IN_PART = "read only in part"  # so begins the reason of a record of which something could not be used


class Exposure(str, Enum):
    """Who could see a sighting: the question that the whole tool answers."""

    PUBLIC = "public"  # anyone, a face search engine's crawler included
    NETWORK = "network"  # friends, followers, members of a group
    PRIVATE = "private"  # only the owner, or the people in a direct message
    UNKNOWN = "unknown"  # the export does not say; never invented


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
class Facts:
    """What the file itself says (EXIF, IPTC, XMP). None means that it does not say."""

    taken_at: str | None = None
    taken_at_source: str | None = None
    location: tuple[float, float] | None = None
    caption: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """One face found in one frame, with everything the library keeps of it."""

    box: Box
    landmarks: Landmarks
    score: float  # the detector's confidence, 0..1
    quality: float  # 0..1, see engine/quality.py
    chip: Chip = field(repr=False)
    vector: Vector = field(repr=False)
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


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a media file was found, and what was said about it there."""

    source: int
    path: str  # absolute; a member of an archive is ARCHIVE!MEMBER
    provenance: Provenance
    gone: bool = False  # the file was there once and is not any more


@dataclass(frozen=True, slots=True)
class Appearance:
    """One face of the person searched for, in one distinct media file; copies are its sightings."""

    rank: int  # from 1, best score first
    face: int  # its id in the library
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

    @property
    def exposure(self) -> Exposure:
        """The widest exposure among the sightings; unknown outranks private, because it may be public."""
        seen = {sighting.provenance.exposure for sighting in self.sightings}
        order = (Exposure.PUBLIC, Exposure.NETWORK, Exposure.UNKNOWN, Exposure.PRIVATE)
        return next((level for level in order if level in seen), Exposure.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Probe:
    """A photograph that the person was searched by."""

    path: str
    faces_found: int
    box: Box
    quality: float


@dataclass(frozen=True, slots=True)
class LinkOnly:
    """A post of the person's whose media is not in the export: it was not looked at."""

    source: int
    provenance: Provenance
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a person appears. What the library does not hold is counted too, so that silence is not taken for
    safety.
    """

    person: str
    pack: str
    dimension: int
    calibrated: bool  # without a calibration of its pack, scores have no bands
    sources: int
    media: int
    faces: int  # distinct faces compared with
    probes: tuple[Probe, ...]
    bands: dict[
        str, float
    ]  # band -> lowest score in it, for this library's number of faces; empty without calibration
    appearances: tuple[Appearance, ...]
    hidden: int  # appearances left out by --limit or --min-band, or weaker than every band
    not_looked_at: dict[str, int]  # outcome -> files that could not be searched (unreadable, encrypted, ...)
    links: tuple[LinkOnly, ...]
    asked_at: str  # ISO 8601
