"""A face cut out with its surroundings, as a small JPEG for the report. Its metadata stays behind."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

from ..types import Box, Pixels

SURROUNDINGS = 2.5  # side of the picture in face sides: enough to recognise the occasion
QUALITY = 82  # JPEG: about 10 kB at 320 px
SIDE = 320  # pixels; cards are 280 CSS pixels wide


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, its size in pixels, and the face in it: x, y, width, height as fractions of that size."""

    jpeg: bytes = field(repr=False)
    box: Box
    width: int
    height: int


def crop(pixels: Pixels, box: Box, *, side: int = SIDE) -> Picture:
    """The face at `box` (pixels of the upright image) with surroundings, at most `side` pixels wide and high.

    At an edge the window moves inwards rather than shrinks. A box that makes no sense gives the whole image.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    face = _inside(box, width, height)
    left, top, right, bottom = _window(face, width, height)
    scale = min(1.0, side / max(right - left, bottom - top))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    image = Image.fromarray(pixels[top:bottom, left:right]).resize(
        size, Image.Resampling.LANCZOS, reducing_gap=2.0
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Picture(out.getvalue(), _fractions(face, (left, top, right, bottom)), *size)


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


def _fractions(face: Box, window: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = window
    across, down = right - left, bottom - top
    return (face[0] - left) / across, (face[1] - top) / down, face[2] / across, face[3] / down
