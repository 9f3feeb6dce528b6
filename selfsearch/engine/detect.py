"""Where the faces are: one picture at several scales, each face's landmarks found again on an enlarged crop.

One pass finds faces of about 10 to 300 pixels of its input, so a large picture gets a fine pass for small
faces, and every picture a coarse one for faces that fill the frame. A picture in which nobody stands
upright is turned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Box, Landmarks, Pixels
from . import align

if TYPE_CHECKING:
    from .models import Models

STRIDE = 32  # the detector's coarsest grid: its input sides are multiples of it
FINE = 960  # pixels on the long side: a face of 1% of the picture's width is still 10 pixels
COARSE = 160  # pixels: a face that fills the frame is inside the detector's range
THRESHOLD = 0.6  # detector's score; see docs/accuracy.md
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
    candidates = [_pass(models, pixels, side) for side in _sides(max(pixels.shape[:2]))]
    found = _merged(models, candidates)
    if not any(face.score >= CERTAIN for face in found):
        candidates.extend(_turned(models, pixels))
        found = _merged(models, candidates)
    return found


def _sides(long_side: int) -> Iterator[int]:
    yield min(FINE, -(-long_side // STRIDE) * STRIDE)
    if long_side > COARSE:
        yield COARSE


Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]  # (n, 5) boxes and scores, (n, 5, 2) landmarks


def _pass(models: Models, pixels: Pixels, side: int, threshold: float = THRESHOLD) -> Candidates:
    """Detect with the picture's long side at `side` pixels; results in the picture's own pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = pixels if size == (width, height) else cv2.resize(pixels, size, interpolation=method)
    pad_x, pad_y = -size[0] % STRIDE, -size[1] % STRIDE
    if pad_x or pad_y:
        small = cv2.copyMakeBorder(small, 0, pad_y, 0, pad_x, cv2.BORDER_CONSTANT)
    boxes, points = models.detect(small, threshold)
    factors = np.array([width / size[0], height / size[1]], np.float32)
    boxes[:, :4] *= np.tile(factors, 2)
    return boxes, points * factors


def _turned(models: Models, pixels: Pixels) -> Iterator[Candidates]:
    """Passes over the picture turned by a quarter, a half and three quarters, results turned back."""
    height, width = pixels.shape[:2]
    scale = min(1.0, TURNED / max(height, width))
    small = (
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    )
    high, wide = small.shape[:2]
    back = np.array([width / wide, height / high], np.float32)
    for quarters in (1, 2, 3):
        turned = np.ascontiguousarray(np.rot90(small, quarters))
        boxes, points = _pass(models, turned, max(turned.shape[:2]), TURNED_THRESHOLD)
        if len(boxes):
            corners = _turn_back(boxes[:, :4].reshape(-1, 2, 2), quarters, wide, high) * back
            boxes[:, :2], boxes[:, 2:4] = corners.min(axis=1), corners.max(axis=1)
            yield boxes, (_turn_back(points, quarters, wide, high) * back).astype(np.float32)


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


def _merged(models: Models, candidates: list[Candidates]) -> list[Found]:
    boxes = np.concatenate([boxes for boxes, _ in candidates])
    points = np.concatenate([points for _, points in candidates])
    order = np.argsort(-boxes[:, 4], kind="stable")
    boxes, points = boxes[order], points[order]
    return [_found(boxes[index], points[index]) for index in models.suppress(boxes)]


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
    boxes, points = models.detect(align.warp(pixels, matrix, CROP), 0.3)
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
