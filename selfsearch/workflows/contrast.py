"""Contrast: a face that is as near to somebody else who is known here becomes "you or NAME".

Known here are people who agreed to be told apart from others (`people add --contrast`), and everybody who is
enrolled. Nothing is left out of an answer for it: what is said of a face is made less sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from ..consent import grants
from ..library.people import Person
from ..library.verdicts import ME
from ..recognition.calibration import Calibration
from ..types import Appearance, Embedding
from .enroll import enrolled_embeddings, resembling_score, template
from .gallery import FaceIndex, Gallery

# A face may be somebody else's whose score chance reaches at most so many times as often as the person's own.
# On 92 pairs of people of Labeled Faces in the Wild of whom one stands in the other's answer, a photograph of
# each kept: at 7 it marks 99.3 % of 139 wrong hits and 0.3 % of 325 right ones, at 1 as many and none, at 60
# all and 0.3 % (scripts/relatives). Relatives are nearer to each other than these.
RATIO = 7.0
UNCALIBRATED = 0.05  # cosine, when a pack has no calibration: with the default pack's it is the same


def mark(
    gallery: Gallery,
    person: Person,
    searched_by: Embedding,
    appearances: Sequence[Appearance],
    face_index: FaceIndex,
    now: datetime,
) -> list[Appearance]:
    """The appearances, each with the names of those whose face it may be as well, the nearest first.

    What the person confirmed is theirs. `searched_by`: the template that the person was searched by.
    """
    templates = {}
    for other in grants.consented_people(gallery.library, now, contrast=True):
        kept = enrolled_embeddings(gallery, other, now)
        if other.id != person.id and len(kept.embeddings):
            templates[other.name] = template(kept, other, [])
    if not templates or not appearances:
        return list(appearances)
    embeddings = face_index.embeddings_of(np.array([each.face for each in appearances], np.int64))
    own = embeddings @ searched_by
    scores = {name: embeddings @ searched for name, searched in templates.items()}
    floor = resembling_score(gallery)
    marked = []
    for row, appearance in enumerate(appearances):
        near = [
            (float(found[row]), name)
            for name, found in scores.items()
            if found[row] >= floor and is_as_near(gallery.calibration, float(found[row]), float(own[row]))
        ]
        names = [] if appearance.verdict == ME else [name for _, name in sorted(near, reverse=True)]
        marked.append(replace(appearance, may_also_be=tuple(names)))
    return marked


def is_as_near(calibration: Calibration | None, other: float, own: float, *, ratio: float = RATIO) -> bool:
    """Whether a face with these scores may be the other person's as well as the person's own."""
    if calibration is None:
        return other >= own - UNCALIBRATED
    return calibration.false_match_rate(other) <= ratio * calibration.false_match_rate(own)
