"""Detection: where the faces are. One picture at several scales, and rotated where nobody stands upright.

One pass finds faces of about 10 to 300 pixels of its input, so a large picture gets a fine pass for small
faces, and every picture a coarse one for faces that fill the frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Detail, Landmarks, Pixels
from .confirmation import confirm
from .landmarks import CERTAIN_SCORE, SCORE_THRESHOLD, Detection

if TYPE_CHECKING:
    from .session import ModelSession

STRIDE = 32  # pixels of the detector's coarsest grid: its input sides are multiples of it
FINE_SIDE = 800  # pixels on the long side; docs/performance.md has what other sizes find and cost
COARSE_SIDE = 160  # pixels: a face that fills the frame is inside the detector's range
ROTATED_SIDE = 480  # pixels on the long side of the passes over the rotated picture

# Scores of the detector, 0..1
WEAK_THRESHOLD = 0.25  # from here on it may be a face, and is one when the enlarged crop says so clearly
ROTATED_THRESHOLD = 0.7  # a face found only in the rotated picture must be a clear one

MAX_WEAK = 40  # candidates of one picture that are detected again, for 1 ms each

Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]  # (n, 5) boxes and scores, (n, 5, 2) landmarks


def detect_faces(session: ModelSession, pixels: Pixels, detail: Detail = Detail.NORMAL) -> list[Detection]:
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
    return clear + [face for face in (confirm(session, pixels, face) for face in weak) if face]


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
