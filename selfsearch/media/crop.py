"""Faces cut out of a picture with their surroundings, as small JPEGs without metadata."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..types import Box, Pixels

DECODED_SIDE = 1600  # pixels on the long side: the face and its surroundings are cut out of that
SURROUNDINGS = 3.5  # side of the picture in face sides: enough to recognise the occasion
QUALITY = 75  # JPEG: about 19 kB at 352 px; 82 looks the same and takes 22
SIDE = 352  # pixels, and CSS pixels of a card; a tile shows half of that


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, its size in pixels, and the face in it: x, y, width, height as fractions of that size."""

    jpeg: bytes = field(repr=False)
    box: Box
    width: int
    height: int


def crop_faces(data: bytes, boxes: Sequence[Box]) -> list[Picture]:
    """A picture of each face of a file; boxes are in pixels of the upright original. Raises ItemError."""
    from .decode import open_still

    still = open_still(data)
    pixels = still.pixels(DECODED_SIDE)
    scale = max(pixels.shape[:2]) / max(still.width, still.height)
    return [
        crop(pixels, (x * scale, y * scale, width * scale, height * scale)) for x, y, width, height in boxes
    ]


def crop(pixels: Pixels, box: Box, *, side: int = SIDE) -> Picture:
    """The face at `box` (pixels of the upright image) with surroundings, at most `side` pixels wide and high.

    At an edge the window moves inwards rather than shrinks. A box that makes no sense gives the whole image.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    face = _inside(box, width, height)
    left, top, right, bottom = _window(face, width, height)
    across, down = right - left, bottom - top
    scale = min(1.0, side / max(across, down))
    size = max(1, round(across * scale)), max(1, round(down * scale))
    image = Image.fromarray(pixels[top:bottom, left:right]).resize(
        size, Image.Resampling.LANCZOS, reducing_gap=2.0
    )
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=QUALITY, optimize=True)
    fractions = (face[0] - left) / across, (face[1] - top) / down, face[2] / across, face[3] / down
    return Picture(jpeg.getvalue(), fractions, *size)


def _inside(box: Box, width: int, height: int) -> Box:
    """The part of the box that lies in the image; the whole image if there is none."""
    if not all(math.isfinite(side) for side in box):
        return 0, 0, width, height
    left, top = max(0.0, float(box[0])), max(0.0, float(box[1]))
    right, bottom = min(float(width), box[0] + box[2]), min(float(height), box[1] + box[3])
    if right - left < 1 or bottom - top < 1:
        return 0, 0, width, height
    return left, top, right - left, bottom - top


def _window(face: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the square around the face, moved into the image where it can be."""
    wanted = math.ceil(max(face[2], face[3]) * SURROUNDINGS)
    across, down = min(wanted, width), min(wanted, height)
    left = min(max(0, round(face[0] + face[2] / 2 - across / 2)), width - across)
    top = min(max(0, round(face[1] + face[3] / 2 - down / 2)), height - down)
    return left, top, left + across, top + down
