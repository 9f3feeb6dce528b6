"""Where the faces are: one picture at several scales, each face's landmarks refined on an enlarged crop.

One pass finds faces of about 10 to 300 pixels of its input, so a large picture gets a fine pass for small
faces, and every picture a coarse one for faces that fill the frame. A picture in which nobody stands
upright is rotated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Box, Landmarks, Pixels
from . import alignment

if TYPE_CHECKING:
    from .session import ModelSession

STRIDE = 32  # pixels of the detector's coarsest grid: its input sides are multiples of it
FINE_SIDE = 800  # pixels on the long side; docs/performance.md has what other sizes find and cost
COARSE_SIDE = 160  # pixels: a face that fills the frame is inside the detector's range
ROTATED_SIDE = 480  # pixels on the long side of the passes over the rotated picture

# Scores of the detector, 0..1
SCORE_THRESHOLD = 0.6  # a face; docs/performance.md has what this and WEAK_THRESHOLD find
WEAK_THRESHOLD = 0.25  # from here on it may be a face, and is one when the enlarged crop says so clearly
CONFIRMED_THRESHOLD = 0.8  # on the enlarged crop: makes a face of a weak candidate
CERTAIN_SCORE = 0.88  # upright faces score 0.9 and more; below this, picture or face are rotated to see
ROTATED_THRESHOLD = 0.7  # a face found only in the rotated picture must be a clear one
ROTATION_GAIN = 0.03  # by which a rotated crop must be better than the upright one

MAX_WEAK = 40  # candidates of one picture that are detected again, for 1 ms each

CROP_SIDE = 160  # pixels: side of the enlarged crop on which landmarks are refined
CROP_SPAN = 2.0  # sides of the face box that the crop spans
CROP_THRESHOLD = 0.3  # lower than SCORE_THRESHOLD, for the crop was cut around a candidate
MAX_OFFSET = 0.25  # of the face's side: how far from the middle of the crop the same face may be found
AGREEING = 0.8  # of the best score: landmarks of the candidates from here on are averaged

Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]  # (n, 5) boxes and scores, (n, 5, 2) landmarks


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: box and landmarks in pixels of the picture that was searched."""

    box: Box
    landmarks: Landmarks
    score: float

    def scaled(self, factor: float) -> Detection:
        """The same face in the picture resized by `factor`."""
        x, y, width, height = (value * factor for value in self.box)
        return Detection((x, y, width, height), self.landmarks * np.float32(factor), self.score)


def detect_faces(session: ModelSession, pixels: Pixels) -> list[Detection]:
    """Every face in an upright RGB picture, best first."""
    fine = _resize(pixels, min(FINE_SIDE, -(-max(pixels.shape[:2]) // STRIDE) * STRIDE))
    passes = [_detect(session, fine, WEAK_THRESHOLD)]
    if max(fine.shape[:2]) > COARSE_SIDE:
        coarse = _resize(fine, COARSE_SIDE)
        passes.append(_rescale(_detect(session, coarse, WEAK_THRESHOLD), coarse, fine))
    merged = _merge(session, passes)
    if not len(merged[0]) or merged[0][0, 4] < CERTAIN_SCORE:
        merged = _merge(session, [*passes, *_detect_rotated(session, fine)])
    candidates = [_detection(*candidate) for candidate in zip(*_rescale(merged, fine, pixels), strict=True)]
    clear = [face for face in candidates if face.score >= SCORE_THRESHOLD]
    weak = candidates[len(clear) : len(clear) + MAX_WEAK]
    return clear + [face for face in (_confirm(session, pixels, face) for face in weak) if face]


def refine_landmarks(session: ModelSession, pixels: Pixels, face: Detection) -> Detection:
    """The face with landmarks from an upright, enlarged crop; unchanged when the crop shows no such face.

    The first pass saw the face at whatever size it had; the crop shows every face at the size that suits
    the detector. A face that was not certain is looked at in all four rotations: a face lying on its side is
    often found, with its landmarks wrong.
    """
    best = _detect_in_crop(session, pixels, face, 0)
    if face.score < CERTAIN_SCORE:
        for quarters in (1, 2, 3):
            rotated = _detect_in_crop(session, pixels, face, quarters)
            if rotated and rotated.score > (best.score if best else SCORE_THRESHOLD) + ROTATION_GAIN:
                best = rotated
    return Detection(face.box, best.landmarks, max(best.score, face.score)) if best else face


def _confirm(session: ModelSession, pixels: Pixels, face: Detection) -> Detection | None:
    """A weak candidate as a face, when the enlarged crop shows one clearly.

    Most faces of 15 to 30 pixels are weak.
    """
    refined = _detect_in_crop(session, pixels, face, 0)
    return refined if refined and refined.score >= CONFIRMED_THRESHOLD else None


def _detect(session: ModelSession, pixels: Pixels, threshold: float) -> Candidates:
    """One pass over the picture at the size that it has."""
    height, width = pixels.shape[:2]
    pad_x, pad_y = -width % STRIDE, -height % STRIDE
    if pad_x or pad_y:
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, pad_y, 0, pad_x, cv2.BORDER_CONSTANT), np.uint8)
    return session.detect(pixels, threshold)


def _detect_rotated(session: ModelSession, pixels: Pixels) -> Iterator[Candidates]:
    """Passes over the picture rotated by a quarter, a half and three quarters, results rotated back."""
    small = _resize(pixels, min(ROTATED_SIDE, max(pixels.shape[:2])))
    height, width = small.shape[:2]
    for quarters in (1, 2, 3):
        rotated = np.ascontiguousarray(np.rot90(small, quarters))
        boxes, landmarks = _detect(session, rotated, ROTATED_THRESHOLD)
        if len(boxes):
            corners = _rotate_back(boxes[:, :4].reshape(-1, 2, 2), quarters, width, height)
            boxes[:, :2], boxes[:, 2:4] = corners.min(axis=1), corners.max(axis=1)
            yield _rescale((boxes, _rotate_back(landmarks, quarters, width, height)), small, pixels)


def _rotate_back(points: NDArray[np.float32], quarters: int, width: int, height: int) -> NDArray[np.float32]:
    """Coordinates in a picture turned by np.rot90(…, quarters) to those in the (height, width) original."""
    x, y = points[..., 0], points[..., 1]
    if quarters == 1:
        x, y = width - y, x
    elif quarters == 2:
        x, y = width - x, height - y
    else:
        x, y = y, height - x
    return np.stack([x, y], axis=-1)


def _merge(session: ModelSession, passes: Sequence[Candidates]) -> Candidates:
    """The candidates of all passes without those that overlap better ones, best first."""
    boxes = np.concatenate([boxes for boxes, _ in passes])
    landmarks = np.concatenate([landmarks for _, landmarks in passes])
    order = np.argsort(-boxes[:, 4], kind="stable")
    best = order[session.nms(boxes[order])]
    return boxes[best], landmarks[best]


def _rescale(candidates: Candidates, small: Pixels, large: Pixels) -> Candidates:
    """Candidates in pixels of `small` as pixels of `large`."""
    boxes, landmarks = candidates
    factors = np.array([large.shape[1] / small.shape[1], large.shape[0] / small.shape[0]], np.float32)
    return np.hstack([boxes[:, :4] * np.tile(factors, 2), boxes[:, 4:]]), landmarks * factors


def _detection(box: NDArray[np.float32], landmarks: Landmarks) -> Detection:
    left, top, right, bottom, score = (float(value) for value in box)
    return Detection((left, top, right - left, bottom - top), landmarks, min(score, 1.0))


def _detect_in_crop(
    session: ModelSession, pixels: Pixels, face: Detection, quarters: int
) -> Detection | None:
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


def _resize(pixels: Pixels, long_side: int) -> Pixels:
    """The picture with its long side at `long_side`: halved as often as that goes, then interpolated.

    Halving averages, so nothing aliases, and costs a sixth of what averaging over any other area does.
    """
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1] and scale < 1:
        half = -(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2)
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_LINEAR), np.uint8)
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
