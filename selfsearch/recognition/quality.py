"""How much a face can tell: one number from 0 to 1, used to weigh probes and to warn, never to hide a match.

The product of four plain measures, each clipped to 0..1: the detector's confidence, the distance between
the eyes (30 pixels is what a 112-pixel chip can use), how frontal the face is (the nose between the eyes),
and sharpness of the chip (variance of the Laplacian; 60 and more looks sharp at 112 pixels). No claim of a
standard such as ISO/IEC 29794-5 is made.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..types import Chip, Landmarks

EYES_PIXELS = 30.0
SHARP_VARIANCE = 60.0


def quality(score: float, landmarks: Landmarks, chip: Chip) -> float:
    """0 (useless) to 1 (frontal, sharp, large). `landmarks` are in pixels of the sharpest image available."""
    left, right, nose = landmarks[0], landmarks[1], landmarks[2]
    between = float(np.hypot(*(right - left)))
    size = min(1.0, between / EYES_PIXELS)
    along = float((nose - left) @ (right - left)) / max(between * between, 1e-6)  # 0.5: between the eyes
    frontal = max(0.0, 1.0 - abs(along - 0.5))
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    sharp = min(1.0, float(cv2.Laplacian(grey, cv2.CV_64F).var()) / SHARP_VARIANCE)
    return round(float(np.clip(score, 0, 1)) * size * frontal * (0.3 + 0.7 * sharp), 3)
