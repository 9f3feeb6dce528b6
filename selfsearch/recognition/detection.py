"""Where the faces are: one picture at several scales, each face's landmarks found again on an enlarged crop.

One pass finds faces of about 10 to 300 pixels of its input, so a large picture gets a fine pass for small
faces, and every picture a coarse one for faces that fill the frame. A picture in which nobody stands
upright is turned.
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
    from .session import Models

STRIDE = 32  # the detector's coarsest grid: its input sides are multiples of it
FINE = 800  # pixels on the long side; docs/performance.md has what other sizes find and cost
COARSE = 160  # pixels: a face that fills the frame is inside the detector's range
THRESHOLD = 0.6  # detector's score; see docs/accuracy.md
WEAK = 0.25  # from here to the threshold it may be a face, and is one when the enlarged crop says so clearly
CONFIRMED = 0.8  # score on the enlarged crop that makes a face of a weak candidate
MOST_WEAK = 40  # candidates of one picture that are looked at again, for 1 ms each
CERTAIN = 0.88  # upright faces score 0.9 and more; below this one the picture, or the face, is turned to see
TURNED_THRESHOLD = 0.7  # a face found only in the turned picture must be a clear one
TURNED = 480  # pixels on the long side of the passes over the turned picture
CROP = 160  # pixels: side of the enlarged crop on which landmarks are found again
CROP_FACES = 2.0  # sides of the face box that the crop spans
NEAR = 0.25  # of the face's side: how far from the middle of the crop the same face may be found
TURN_GAIN = 0.03  # score by which a turned view must be better than the upright one


@dataclass(frozen=True, slots=True)
class Found:
    """One face: box and landmarks in pixels of the picture that was searched."""

    box: Box
    landmarks: Landmarks
    score: float


def find(models: Models, pixels: Pixels) -> list[Found]:
    """Every face in an upright RGB picture, best first."""
    fine = _resized(pixels, min(FINE, -(-max(pixels.shape[:2]) // STRIDE) * STRIDE))
    candidates = [_pass(models, fine)]
    if max(fine.shape[:2]) > COARSE:
        coarse = _resized(fine, COARSE)
        candidates.append(_enlarged(_pass(models, coarse), coarse, fine))
    merged = _merged(models, candidates)
    if not len(merged[0]) or merged[0][0, 4] < CERTAIN:
        merged = _merged(models, [*candidates, *_turned(models, fine)])
    found = [_found(row, points) for row, points in zip(*_enlarged(merged, fine, pixels), strict=True)]
    clear = [face for face in found if face.score >= THRESHOLD]
    weak = found[len(clear) : len(clear) + MOST_WEAK]
    return clear + [face for face in (_confirmed(models, pixels, face) for face in weak) if face]


def _confirmed(models: Models, pixels: Pixels, face: Found) -> Found | None:
    """A weak candidate as a face, when the enlarged crop shows one clearly. Most faces of 15 to 30 pixels are
    weak.
    """
    again = _looked_again(models, pixels, face, 0)
    return Found(face.box, again.landmarks, again.score) if again and again.score >= CONFIRMED else None


Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]  # (n, 5) boxes and scores, (n, 5, 2) landmarks


def _resized(pixels: Pixels, long_side: int) -> Pixels:
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


def _pass(models: Models, pixels: Pixels, threshold: float = WEAK) -> Candidates:
    """Detect in the picture at the size that it has."""
    height, width = pixels.shape[:2]
    pad_x, pad_y = -width % STRIDE, -height % STRIDE
    if pad_x or pad_y:
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, pad_y, 0, pad_x, cv2.BORDER_CONSTANT), np.uint8)
    return models.detect(pixels, threshold)


def _enlarged(candidates: Candidates, small: Pixels, large: Pixels) -> Candidates:
    """Candidates in pixels of `small` as pixels of `large`."""
    boxes, points = candidates
    factors = np.array([large.shape[1] / small.shape[1], large.shape[0] / small.shape[0]], np.float32)
    return np.hstack([boxes[:, :4] * np.tile(factors, 2), boxes[:, 4:]]), points * factors


def _turned(models: Models, pixels: Pixels) -> Iterator[Candidates]:
    """Passes over the picture turned by a quarter, a half and three quarters, results turned back."""
    small = _resized(pixels, min(TURNED, max(pixels.shape[:2])))
    high, wide = small.shape[:2]
    for quarters in (1, 2, 3):
        boxes, points = _pass(models, np.ascontiguousarray(np.rot90(small, quarters)), TURNED_THRESHOLD)
        if len(boxes):
            corners = _turn_back(boxes[:, :4].reshape(-1, 2, 2), quarters, wide, high)
            boxes[:, :2], boxes[:, 2:4] = corners.min(axis=1), corners.max(axis=1)
            yield _enlarged((boxes, _turn_back(points, quarters, wide, high)), small, pixels)


def _turn_back(points: NDArray[np.float32], quarters: int, width: int, height: int) -> NDArray[np.float32]:
    """Coordinates in a picture turned by np.rot90(…, quarters) to those in the (height, width) original."""
    x, y = points[..., 0], points[..., 1]
    if quarters == 1:
        x, y = width - y, x
    elif quarters == 2:
        x, y = width - x, height - y
    else:
        x, y = y, height - x
    return np.stack([x, y], axis=-1)


def _merged(models: Models, candidates: Sequence[Candidates]) -> Candidates:
    """All of them without those that overlap better ones, best first."""
    boxes = np.concatenate([boxes for boxes, _ in candidates])
    points = np.concatenate([points for _, points in candidates])
    order = np.argsort(-boxes[:, 4], kind="stable")
    kept = order[models.suppress(boxes[order])]
    return boxes[kept], points[kept]


def _found(row: NDArray[np.float32], landmarks: Landmarks) -> Found:
    left, top, right, bottom, score = (float(value) for value in row)
    return Found((left, top, right - left, bottom - top), landmarks, min(score, 1.0))


def refine(models: Models, pixels: Pixels, face: Found) -> Found:
    """The same face with landmarks found again on an upright, enlarged crop; unchanged when the crop shows no
    such face.

    The first pass saw the face at whatever size it had; the crop shows every face at the size that suits
    the detector. A face that was not certain is looked at in all four turns: a face lying on its side is
    often found, with its landmarks wrong.
    """
    best = _looked_again(models, pixels, face, 0)
    if face.score < CERTAIN:
        for quarters in (1, 2, 3):
            other = _looked_again(models, pixels, face, quarters)
            if other and other.score > (best.score if best else THRESHOLD) + TURN_GAIN:
                best = other
    return Found(face.box, best.landmarks, max(best.score, face.score)) if best else face


def _looked_again(models: Models, pixels: Pixels, face: Found, quarters: int) -> Found | None:
    """The face as the detector sees it in the middle of an enlarged crop, turned by quarters; None when it is
    not there.
    """
    matrix = _crop_matrix(face, quarters)
    boxes, points = models.detect(alignment.warp(pixels, matrix, CROP), 0.3)
    if not len(boxes):
        return None
    middles = (boxes[:, :2] + boxes[:, 2:4]) / 2
    near = np.flatnonzero(np.abs(middles - CROP / 2).max(axis=1) < NEAR * CROP / CROP_FACES)
    if not len(near):
        return None
    top = near[np.argmax(boxes[near, 4])]
    agreeing = near[boxes[near, 4] >= 0.8 * boxes[top, 4]]
    weights = boxes[agreeing, 4]
    averaged = (points[agreeing] * weights[:, None, None]).sum(axis=0) / weights.sum()
    inverse = cv2.invertAffineTransform(matrix)
    landmarks = averaged @ inverse[:, :2].T + inverse[:, 2]
    return Found(face.box, landmarks.astype(np.float32), float(boxes[top, 4]))


def _crop_matrix(face: Found, quarters: int) -> NDArray[np.float64]:
    """Takes the face, turned so that its eyes are level (and then by quarters), to the middle of the crop."""
    left, top, width, height = face.box
    centre = np.array([left + width / 2, top + height / 2])
    eyes = face.landmarks[1] - face.landmarks[0]
    angle = float(np.arctan2(eyes[1], eyes[0])) * (quarters == 0) + quarters * np.pi / 2
    scale = CROP / (CROP_FACES * max(width, height, 1.0))
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.hstack([turn, (np.array([CROP / 2, CROP / 2]) - turn @ centre)[:, None]])
