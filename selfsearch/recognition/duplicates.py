"""Duplicates: one face that several passes found with boxes too different for non-maximum suppression.

Such detections differ in size or place, or one of them was found in a rotated picture. Once the landmarks of
both are refined, they are the same points, or the same place seen upside down.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..boxes import covered, intersection_over_union
from ..types import Landmarks
from . import alignment
from .passes import Detection

# Chosen on lfw-dev and on 333 photographs of animals and things, where every pair that these join was looked
# at: all are one face. Distances are in units of the distance between the eyes.
SAME_LANDMARKS = 0.5  # mean distance between the landmarks of two detections, below which they are one face
SAME_PLACE = 0.55  # distance between their middles, below which two that overlap by SAME_BOX are one face
SAME_BOX = 0.5  # intersection over union; one face seen upright and upside down has 0.74 to 0.78
# A beard, or half a face, seen as a face that leans or lies
COVERED = 0.5  # of the smaller box, from which on two that are turned by more than TURNED are one face
TURNED = np.deg2rad(20)


def merge_duplicates(faces: Sequence[Detection]) -> list[Detection]:
    """Every face once, the better of its detections, in the order given; landmarks must be refined."""
    if len(faces) < 2:
        return list(faces)
    starts = np.array([face.box[:2] for face in faces])
    ends = starts + [face.box[2:] for face in faces]
    middles = np.array([face.landmarks.mean(axis=0) for face in faces])
    eyes = np.array([_eye_distance(face.landmarks) for face in faces])
    is_kept = np.zeros(len(faces), np.bool_)
    for index in sorted(range(len(faces)), key=lambda index: -faces[index].score):
        # what neither overlaps nor is near is another face: of the thousands of a crowd few are looked at
        overlaps = (np.minimum(ends, ends[index]) > np.maximum(starts, starts[index])).all(axis=1)
        distances = np.hypot(*(middles - middles[index]).T)
        near = overlaps | (distances < SAME_LANDMARKS * np.maximum(eyes, eyes[index]))
        others = np.flatnonzero(near & is_kept).tolist()
        is_kept[index] = not any(is_same_face(faces[index], faces[other]) for other in others)
    return [faces[index] for index in np.flatnonzero(is_kept).tolist()]


def is_same_face(face: Detection, other: Detection) -> bool:
    """Whether two detections are of one face."""
    eyes = max(_eye_distance(face.landmarks), _eye_distance(other.landmarks))
    offsets = face.landmarks - other.landmarks
    if float(np.hypot(*offsets.T).mean()) < SAME_LANDMARKS * eyes:
        return True
    is_turned = alignment.angle_between(face.landmarks, other.landmarks) > TURNED
    if is_turned and covered(face.box, other.box) >= COVERED:
        return True
    is_same_place = float(np.hypot(*offsets.mean(axis=0))) < SAME_PLACE * eyes
    return is_same_place and intersection_over_union(face.box, other.box) >= SAME_BOX


def _eye_distance(landmarks: Landmarks) -> float:
    """The distance between the eyes that a frontal face of this size has.

    It is told by all five landmarks: in profile the eyes themselves are close together.
    """
    left, right = alignment.ARCFACE_TEMPLATE[:2]
    return float(np.hypot(*(right - left))) / alignment.scale_of(alignment.estimate_similarity(landmarks))
