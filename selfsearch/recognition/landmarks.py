"""Landmarks: where eyes, nose and mouth are, from an upright, enlarged crop around a face that was found.

The pass that found the face saw it at whatever size and angle it had; the crop shows every face at the size
that suits the detector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..types import Box, Landmarks, Pixels
from . import alignment

if TYPE_CHECKING:
    from .session import ModelSession

SCORE_THRESHOLD = 0.6  # a face; docs/performance.md has what this and WEAK_THRESHOLD find
CERTAIN_SCORE = 0.88  # upright faces score 0.9 and more; below this, picture or face are rotated to see
ROTATION_GAIN = 0.03  # by which a rotated crop must be better than the upright one

CROP_SIDE = 160  # pixels: side of the enlarged crop on which landmarks are refined
CROP_SPAN = 2.0  # sides of the face box that the crop spans
CROP_THRESHOLD = 0.3  # lower than SCORE_THRESHOLD, for the crop was cut around a candidate
MAX_OFFSET = 0.25  # of the face's side: how far from the middle of the crop the same face may be found
AGREEING = 0.8  # of the best score: landmarks of the candidates from here on are averaged


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: box and landmarks in pixels of the picture that was searched."""

    box: Box
    landmarks: Landmarks
    score: float
    crop_score: float = 0.0  # on the enlarged crop alone; 0 when it shows no face or was not looked at

    def scaled(self, factor: float) -> Detection:
        """The same face in the picture resized by `factor`."""
        x, y, width, height = (value * factor for value in self.box)
        return replace(self, box=(x, y, width, height), landmarks=self.landmarks * np.float32(factor))


def refine_landmarks(session: ModelSession, pixels: Pixels, face: Detection) -> Detection:
    """The face with landmarks from an upright, enlarged crop; unchanged when the crop shows no such face.

    The first pass saw the face at whatever size it had; the crop shows every face at the size that suits
    the detector. A face that was not certain is looked at in all four rotations: a face lying on its side is
    often found, with its landmarks wrong.
    """
    best = detect_in_crop(session, pixels, face, 0)
    if face.score < CERTAIN_SCORE:
        for quarters in (1, 2, 3):
            rotated = detect_in_crop(session, pixels, face, quarters)
            if rotated and rotated.score > (best.score if best else SCORE_THRESHOLD) + ROTATION_GAIN:
                best = rotated
    if best is None:
        return replace(face, crop_score=0.0)
    return Detection(face.box, best.landmarks, max(best.score, face.score), best.score)


def detect_in_crop(session: ModelSession, pixels: Pixels, face: Detection, quarters: int) -> Detection | None:
    """The face as seen in the middle of an enlarged crop, rotated by quarters; None when it is not there."""
    transform = _crop_transform(face, quarters)
    boxes, landmarks = session.detect(alignment.warp(pixels, transform, CROP_SIDE), CROP_THRESHOLD)
    if not len(boxes):
        return None
    centres = (boxes[:, :2] + boxes[:, 2:4]) / 2
    offsets = np.abs(centres - CROP_SIDE / 2).max(axis=1)
    central = np.flatnonzero(offsets < MAX_OFFSET * CROP_SIDE / CROP_SPAN)
    if not len(central):
        return None
    best = central[np.argmax(boxes[central, 4])]
    agreeing = central[boxes[central, 4] >= AGREEING * boxes[best, 4]]
    weights = boxes[agreeing, 4]
    averaged = (landmarks[agreeing] * weights[:, None, None]).sum(axis=0) / weights.sum()
    inverse = cv2.invertAffineTransform(transform)
    original = averaged @ inverse[:, :2].T + inverse[:, 2]
    return Detection(face.box, original.astype(np.float32), float(boxes[best, 4]))


def _crop_transform(face: Detection, quarters: int) -> alignment.Transform:
    """Takes the face to the middle of the crop, rotated so that its eyes are level, or else by quarters."""
    left, top, width, height = face.box
    centre = np.array([left + width / 2, top + height / 2])
    eyes = face.landmarks[1] - face.landmarks[0]
    angle = float(np.arctan2(eyes[1], eyes[0])) * (quarters == 0) + quarters * np.pi / 2
    scale = CROP_SIDE / (CROP_SPAN * max(width, height, 1.0))
    rotation = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.hstack([rotation, (np.array([CROP_SIDE / 2, CROP_SIDE / 2]) - rotation @ centre)[:, None]])
