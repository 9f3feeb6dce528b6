"""How much a face can tell: one number from 0 to 1, used to weigh probes and to warn, never to hide a match.

The product of four plain measures, each clipped to 0..1: the detector's confidence, the distance between
the eyes, how frontal the face is (the nose between the eyes), and sharpness of the chip. No claim of a
standard such as ISO/IEC 29794-5 is made.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..types import Chip, Landmarks

EYE_DISTANCE = 30.0  # pixels: in the chip it is 35, so more detail than this has no room there
SHARP_VARIANCE = 60.0  # of the Laplacian: a chip of 112 pixels with this much looks sharp
BLURRED_SHARE = 0.3  # of the quality that remains to a chip without any detail: blurred is not useless


def face_quality(score: float, landmarks: Landmarks, chip: Chip) -> float:
    """0 (useless) to 1 (frontal, sharp, large). `landmarks` are in pixels of the sharpest image available."""
    left, right, nose = landmarks[0], landmarks[1], landmarks[2]
    distance = float(np.hypot(*(right - left)))
    size = min(1.0, distance / EYE_DISTANCE)
    # Where the nose is between the eyes: 0 at the left one, 0.5 in the middle
    nose_position = float((nose - left) @ (right - left)) / max(distance * distance, 1e-6)
    frontal = max(0.0, 1.0 - abs(nose_position - 0.5))
    confidence = float(np.clip(score, 0, 1))
    return round(confidence * size * frontal * sharpness(chip), 3)


def sharpness(chip: Chip) -> float:
    """BLURRED_SHARE (a chip without any detail) to 1: by the variance of the Laplacian.

    That is the focus measure of Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR
    2000).
    """
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    detail = min(1.0, float(cv2.Laplacian(grey, cv2.CV_64F).var()) / SHARP_VARIANCE)
    return BLURRED_SHARE + (1 - BLURRED_SHARE) * detail
