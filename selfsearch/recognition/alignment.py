"""Alignment: five landmarks to the 112x112 chip that every ArcFace-family embedder was trained on.

The template is InsightFace's `arcface_dst` (MIT). The transform is the least-squares similarity of
Umeyama, "Least-squares estimation of transformation parameters between two point patterns" (IEEE TPAMI 13,
1991), in its closed form for two dimensions; a test holds it against InsightFace's own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Chip, Landmarks, Pixels

CHIP_SIDE = 112  # pixels; ArcFace's input
ARCFACE_TEMPLATE = np.array(  # where the landmarks should be in the chip, in pixels
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)
Transform = NDArray[np.float64]  # (2, 3): point in the chip = transform @ (x, y, 1)


def estimate_similarity(landmarks: Landmarks) -> Transform:
    """The scale, rotation and shift that take the landmarks closest to the template."""
    source = landmarks.astype(np.float64)
    mean, target_mean = source.mean(axis=0), ARCFACE_TEMPLATE.mean(axis=0).astype(np.float64)
    x, y = (source - mean).T
    u, v = (ARCFACE_TEMPLATE - target_mean).astype(np.float64).T
    spread = max(float((x * x + y * y).sum()), 1e-12)
    cosine, sine = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    return np.hstack([rotation, (target_mean - rotation @ mean)[:, None]])


def scale_of(transform: Transform) -> float:
    """Pixels of the result per pixel of the picture; above 1, the result is larger than its detail."""
    return float(np.hypot(*transform[:, 0]))


def tilt(landmarks: Landmarks) -> float:
    """By how much a face is turned clockwise from upright, in radians from -pi to pi."""
    transform = estimate_similarity(landmarks)
    return -float(np.arctan2(transform[1, 0], transform[0, 0]))


def angle_between(landmarks: Landmarks, other: Landmarks) -> float:
    """By how much one of two faces is turned against the other, in radians from 0 to pi."""
    return abs((tilt(landmarks) - tilt(other) + np.pi) % (2 * np.pi) - np.pi)


def align_face(pixels: Pixels, landmarks: Landmarks) -> Chip:
    """The aligned (112, 112, 3) RGB chip of one face."""
    return warp(pixels, estimate_similarity(landmarks), CHIP_SIDE)


def warp(pixels: Pixels, transform: Transform, side: int) -> Pixels:
    """The (side, side, 3) picture that a similarity transform makes.

    What shrinks is averaged, so nothing aliases.
    """
    if scale_of(transform) <= 0.5:
        pixels, transform = _crop(pixels, transform, side)
    while scale_of(transform) <= 0.5 and min(pixels.shape[:2]) > 1:
        pixels, transform = _halve(pixels, transform)
    warped = cv2.warpAffine(
        pixels, transform, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(warped, np.uint8)


def _crop(pixels: Pixels, transform: Transform, side: int) -> tuple[Pixels, Transform]:
    """The part of the picture that the result shows, and the transform for it."""
    inverse = np.linalg.inv(transform[:, :2])
    corners = (np.array([[0, 0], [side, 0], [0, side], [side, side]]) - transform[:, 2]) @ inverse.T
    height, width = pixels.shape[:2]
    margin = 2 / np.hypot(*transform[:, 0])  # two pixels of the result
    left, top = np.clip(corners.min(axis=0) - margin, 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(corners.max(axis=0) + margin, [left + 1, top + 1], [width, height]).astype(int)
    offset = transform[:, 2] + transform[:, :2] @ [left, top]
    return pixels[top:bottom, left:right], np.hstack([transform[:, :2], offset[:, None]])


def _halve(pixels: Pixels, transform: Transform) -> tuple[Pixels, Transform]:
    """The picture averaged to half its size, without a last odd row or column, and the transform for it.

    Twice by a half and once interpolated takes a fifth of the time of averaging to the final size at once.
    """
    height, width = (length // 2 * 2 for length in pixels.shape[:2])
    half = cv2.resize(pixels[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    # cv2.resize keeps pixel centres: x = 2 * x_half + 0.5
    offset = transform[:, 2] + transform[:, :2] @ [0.5, 0.5]
    return np.asarray(half, np.uint8), np.hstack([2 * transform[:, :2], offset[:, None]])
