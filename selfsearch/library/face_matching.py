"""Face matching: which faces of a media file are the same when it is searched again.

A face keeps its number as long as it is found where it was: verdicts, what was told, and the ids in answers
are about that number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..boxes import intersection_over_union
from ..types import Box, Embedding, Face

# Of 608 faces that the first detection found in 258 photographs with several faces, or of animals and things,
# the next one has 558 in a box that shares SAME_FACE with the first, and 46 in one that shares OVERLAPPING:
# a tilted face's box is drawn otherwise. Of 34 of these the embeddings say that it is the same face.
SAME_FACE = 0.5  # overlap (intersection over union) of two boxes of one face; detection leaves none of two
OVERLAPPING = 0.1
SAME_EMBEDDING = 0.5  # cosine


class FacePlace(NamedTuple):
    """A face by its place in the media file."""

    id: int
    time_ms: int | None
    box: Box


def find_twin(place: FacePlace, others: Iterable[FacePlace]) -> int | None:
    """The number of the one of `others` that is the same face of the same media file."""
    at_that_time = [other for other in others if other.time_ms == place.time_ms]
    best = max(at_that_time, key=lambda other: intersection_over_union(place.box, other.box), default=None)
    return best.id if best and intersection_over_union(place.box, best.box) >= SAME_FACE else None


class Match(NamedTuple):
    """Which faces of a media file were found again. A face found is named by its place in their sequence."""

    numbers: dict[int, int]  # face found -> the known one that it is
    places: dict[int, int]  # known face -> the one found, also where two that were known are one


def match_faces(
    known: Sequence[tuple[FacePlace, Embedding | None]], found: Sequence[Face], judged: Collection[int]
) -> Match:
    """Match each known face with the one found that shares most with it, those that are `judged` first.

    An embedding may be missing: then the place alone decides.
    """
    pairs = sorted(
        (place.id not in judged, -shared, place.id, at)
        for place, embedding in known
        for at, face in enumerate(found)
        if (shared := _sameness(place, embedding, face))
    )
    numbers: dict[int, int] = {}
    places: dict[int, int] = {}
    for _, _, number, at in pairs:
        if number not in places and at not in numbers:
            numbers[at], places[number] = number, at
    for _, _, number, at in pairs:
        places.setdefault(number, at)
    return Match(numbers, places)


def _sameness(place: FacePlace, embedding: Embedding | None, face: Face) -> float:
    """How much the boxes share when it is the same face; 0 when it is not."""
    if place.time_ms != face.time_ms:
        return 0.0
    shared = intersection_over_union(place.box, face.box)
    if shared >= SAME_FACE:
        return shared
    is_alike = embedding is not None and float(embedding @ face.embedding) >= SAME_EMBEDDING
    return shared if shared >= OVERLAPPING and is_alike else 0.0
