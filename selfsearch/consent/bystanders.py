"""Bystanders: with `bystanders = "discard"`, faces that resemble nobody enrolled are only counted.

The threshold is generous: the score that one pair of strangers in a hundred reaches. A person's own face is
lost to the search for good when it falls under it, a stranger's that passes is only one more template, and
the query's own, stricter bands judge it later. On the pairs that the default pack was calibrated with, 99.7 %
of a person's own faces pass, and 1 % of strangers' per photograph that the person is enrolled with. Faces
turned far away or from decades ago pass less often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import numpy as np

from .. import settings
from ..errors import UsageError
from ..library import erasure, faces, people, sources, verdicts
from ..library.library import Library
from ..recognition.embedding import embed_probes
from ..recognition.engine import Engine
from ..types import Analysis, Embeddings
from . import grants

GENEROUS = 1e-2  # false match rate
UNCALIBRATED = 0.2  # cosine, for a pack without a calibration: few of a person's own faces score less

FaceFilter = Callable[[Analysis], Analysis]


@dataclass(frozen=True)
class EnrolledSet:
    """The people whose faces are kept."""

    embeddings: Embeddings = field(repr=False)  # (n, dimension), n > 0
    threshold: float

    def resembles(self, embeddings: Embeddings) -> list[bool]:
        """For each face whether it resembles somebody of the set."""
        if not len(embeddings):
            return []
        return [bool(score >= self.threshold) for score in (embeddings @ self.embeddings.T).max(axis=1)]

    def keep(self, analysis: Analysis) -> Analysis:
        """The analysis without the faces of others."""
        if not analysis.faces:
            return analysis
        mask = self.resembles(np.stack([face.embedding for face in analysis.faces]))
        faces = tuple(face for face, stays in zip(analysis.faces, mask, strict=True) if stays)
        return replace(analysis, faces=faces, bystanders=len(analysis.faces) - len(faces))


def face_filter(library: Library, engine: Engine, pack: int, now: datetime) -> FaceFilter:
    """What is kept of a picture, by the setting. Raises UsageError when nobody is enrolled to keep."""
    if settings.read(library.home).bystanders == "keep":
        return lambda analysis: analysis
    return enrolled_set(library, engine, pack, now).keep


def enrolled_set(library: Library, engine: Engine, pack: int, now: datetime) -> EnrolledSet:
    """Everybody enrolled with live consent. Raises UsageError when there is nobody."""
    consented = [row.id for row in grants.consented_sources(library, now)]
    templates = [
        people.enrolled_embeddings(
            library, person, pack, engine.dimension, partial(embed_probes, engine.embed), consented
        ).embeddings
        for person in grants.consented_people(library, now)
    ]
    if not any(map(len, templates)):
        raise UsageError(
            "to discard bystanders somebody must be enrolled whose faces are kept: selfsearch people add"
            " NAME PHOTO"
        )
    calibration = engine.pack.calibration
    threshold = calibration.score_for(GENEROUS) if calibration else UNCALIBRATED
    return EnrolledSet(np.concatenate(templates), threshold)


def why_missing(count: int) -> str | None:
    """Why faces of a picture are not in the library."""
    return f"faces that resemble nobody enrolled, counted and not kept: {count}" if count else None


def find_bystanders(library: Library, engine: Engine, now: datetime) -> set[int]:
    """Faces in the library that resemble nobody enrolled.

    Not those that somebody enrolled said are theirs, whatever they look like.
    """
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    enrolled = enrolled_set(library, engine, pack, now)
    ids, embeddings = faces.load_embeddings(
        library, pack, engine.dimension, faces.analysed_media(library, pack)
    )
    others = {int(face) for face, alike in zip(ids, enrolled.resembles(embeddings), strict=True) if not alike}
    return others - verdicts.confirmed(library)


def remove_bystanders(library: Library, engine: Engine, now: datetime) -> erasure.RemovedFaces:
    """Remove what is stored of others, in one transaction.

    `forget.complete` must follow, with the samples.
    """
    with library.atomic():
        others = find_bystanders(library, engine, now)
        return erasure.remove_faces(library, others, "faces that resemble nobody enrolled", now)
