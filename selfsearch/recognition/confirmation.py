"""Confirmation: whether a candidate of the detector is a human face.

A weak candidate is looked at first on an enlarged crop. Every face is judged once more when its landmarks
are known, before it is embedded, by the coefficients of its pack (see `face_probability`). What is not
confirmed is not stored, not even as a face of low quality: it would answer to nobody, make the bands of
everybody stricter, and keep a likeness of somebody's dog or, at worst, of a bystander.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Pixels
from .alignment import estimate_similarity, scale_of
from .face_probability import Measures
from .landmarks import CROP_SPAN, detect_in_crop, detect_upright
from .passes import Detection

if TYPE_CHECKING:
    from .session import ModelSession

CONFIRMED_THRESHOLD = 0.8  # on the enlarged crop: makes a face of a weak candidate
WIDE_SPAN = 3.0  # sides of the face box that the wider crop spans, where the first one spans two
# On the enlarged crop: of 167 candidates in photographs of animals, food and things that are not human none
# reaches 0.89; of 258 that are, half reach this.
CERTAIN_CROP_SCORE = 0.9


def confirm(session: ModelSession, pixels: Pixels, face: Detection) -> Detection | None:
    """A weak candidate as a face, when the enlarged crop shows one clearly.

    Most faces of 15 to 30 pixels are weak, and so are most that lie on their side.
    """
    refined = detect_upright(session, pixels, face)
    return refined if refined and refined.score >= CONFIRMED_THRESHOLD else None


def is_human(session: ModelSession, pixels: Pixels, face: Detection) -> bool:
    """Whether a face with refined landmarks counts as a human one; without coefficients every face does.

    A face that is certain on the enlarged crop is not looked at again; another one is, once, for 1 ms.
    """
    model = session.face_probability
    if model is None or face.crop_score >= CERTAIN_CROP_SCORE:
        return True
    return model.accepts(measure(session, pixels, face))


def measure(session: ModelSession, pixels: Pixels, face: Detection) -> Measures:
    """All that confirmation rests on, of a face with refined landmarks."""
    wide = detect_in_crop(session, pixels, face, span=WIDE_SPAN)
    enlargement = scale_of(estimate_similarity(face.landmarks))
    return Measures(face.crop_score, wide.score if wide else 0.0, enlargement, _outside(pixels, face))


def _outside(pixels: Pixels, face: Detection) -> float:
    """The share, 0..1, of the enlarged crop, taken as upright, that is beyond the picture's edge."""
    left, top, width, height = face.box
    side = CROP_SPAN * max(width, height, 1.0)
    inside = 1.0
    for middle, length in (left + width / 2, pixels.shape[1]), (top + height / 2, pixels.shape[0]):
        inside *= max(0.0, min(middle + side / 2, length) - max(middle - side / 2, 0.0)) / side
    return 1 - inside
