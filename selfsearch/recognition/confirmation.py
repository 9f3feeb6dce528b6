"""Confirmation: whether a candidate that the detector is not sure of is a human face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Pixels
from .landmarks import Detection, detect_in_crop

if TYPE_CHECKING:
    from .session import ModelSession

CONFIRMED_THRESHOLD = 0.8  # on the enlarged crop: makes a face of a weak candidate


def confirm(session: ModelSession, pixels: Pixels, face: Detection) -> Detection | None:
    """A weak candidate as a face, when the enlarged crop shows one clearly.

    Most faces of 15 to 30 pixels are weak.
    """
    refined = detect_in_crop(session, pixels, face)
    return refined if refined and refined.score >= CONFIRMED_THRESHOLD else None
