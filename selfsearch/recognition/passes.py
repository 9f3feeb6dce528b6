"""Passes: the detector over one picture at its size, and what it finds carried from one size to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Box, Landmarks, Pixels

if TYPE_CHECKING:
    from .session import ModelSession

Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]  # (n, 5) boxes and scores, (n, 5, 2) landmarks

STRIDE = 32  # pixels of the detector's coarsest grid: its input sides are multiples of it

# Scores of the detector, 0..1; docs/performance.md has what the first two find
SCORE_THRESHOLD = 0.6  # a face
WEAK_THRESHOLD = 0.25  # from here on it may be a face, and is one when the enlarged crop says so clearly
CERTAIN_SCORE = 0.88  # upright faces score 0.9 and more; below this, picture or face are rotated to see


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


def detect(session: ModelSession, pixels: Pixels, threshold: float) -> Candidates:
    """One pass over the picture at the size that it has.

    Black fills it up to the detector's grid. With its mirror image around it, more halves of small faces at
    the edge would be found (of 30 pixels: left and right 96 % instead of 67), and in 250 photographs of
    animals and things 13 more symmetrical patterns, none of them a human face.
    """
    height, width = pixels.shape[:2]
    pad_x, pad_y = -width % STRIDE, -height % STRIDE
    if pad_x or pad_y:
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, pad_y, 0, pad_x, cv2.BORDER_CONSTANT), np.uint8)
    return session.detect(pixels, threshold)


def merge(session: ModelSession, passes: Sequence[Candidates]) -> Candidates:
    """The candidates of all passes without those that overlap better ones, best first."""
    boxes = np.concatenate([boxes for boxes, _ in passes])
    landmarks = np.concatenate([landmarks for _, landmarks in passes])
    order = np.argsort(-boxes[:, 4], kind="stable")
    best = order[session.nms(boxes[order])]
    return boxes[best], landmarks[best]


def rescale(candidates: Candidates, small: Pixels, large: Pixels) -> Candidates:
    """Candidates in pixels of `small` as pixels of `large`."""
    boxes, landmarks = candidates
    factors = np.array([large.shape[1] / small.shape[1], large.shape[0] / small.shape[0]], np.float32)
    return np.hstack([boxes[:, :4] * np.tile(factors, 2), boxes[:, 4:]]), landmarks * factors


def detection(box: NDArray[np.float32], landmarks: Landmarks) -> Detection:
    """A candidate by itself."""
    left, top, right, bottom, score = (float(value) for value in box)
    return Detection((left, top, right - left, bottom - top), landmarks, min(score, 1.0))


def resize(pixels: Pixels, long_side: int) -> Pixels:
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
