"""Photographs in which the faces of two people are laid over each other, as alike to either as is wanted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from selfsearch.media import decode
from selfsearch.packs.store import find_pack
from selfsearch.recognition import alignment
from selfsearch.recognition.model_engine import ModelEngine
from tests import photos

SIDE = 320  # pixels


@lru_cache
def engine() -> ModelEngine:
    """The default pack, in this process."""
    return ModelEngine(find_pack("opencv-zoo", Path("/nonexistent")))


def morph(first: Image.Image, second: Image.Image, share: float) -> bytes:
    """A photograph in which two faces are laid over each other, the first with this share."""
    mixed = share * _aligned(photos.encoded(first)) + (1 - share) * _aligned(photos.encoded(second))
    return photos.encoded(Image.fromarray(mixed.round().astype(np.uint8)), quality=95)


@lru_cache
def _aligned(data: bytes) -> NDArray[np.float64]:
    """The face with some room around it, (SIDE, SIDE, 3)."""
    pixels, (face, *_) = engine().detect_and_embed(decode.open_still(data))
    transform = alignment.estimate_similarity(face.landmarks) * (SIDE / 224)
    transform[:, 2] += SIDE / 4
    return alignment.warp(pixels, transform, SIDE).astype(float)
