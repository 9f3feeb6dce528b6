"""Turning, shrinking and colours of pixels: upright, RGB, no larger than asked for."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image

from ..types import Pixels

UPRIGHT = 1
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_QUARTER = {6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Pixels as a viewer sees them; `orientation` is EXIF's 1 to 8, anything else counts as 1."""
    turned: Any = pixels
    if orientation in (5, 7):
        turned = cv2.transpose(turned)
    if orientation in (2, 4):
        turned = cv2.flip(turned, 1 if orientation == 2 else 0)
    elif orientation in (3, 7):
        turned = cv2.rotate(turned, cv2.ROTATE_180)
    elif orientation in (6, 8):
        turned = cv2.rotate(turned, _QUARTER[orientation])
    result: Pixels = np.ascontiguousarray(turned)
    return result


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height after `upright`."""
    return (height, width) if orientation in SIDEWAYS else (width, height)


def whole_factor(width: int, height: int, long_side: int) -> int:
    """The largest whole number by which a picture can shrink and still be `long_side` pixels long.

    Whole, because averaging whole blocks costs a tenth of any other ratio (3 ms against 33 for 12 MP).
    """
    return max(1, max(width, height) // max(1, long_side))


_FULL_SCALES = (255.0, 65_535.0, 2.0**32 - 1)  # of integers; numbers with a fraction may also end at 1
_WHITE = (255, 255, 255, 255)


def reducible(image: Image.Image, *, see_through: bool) -> Image.Image:
    """The same picture in a mode whose pixels can be averaged: no palette, no colour key, 8 bits.

    `see_through` is false for BMP: many programs leave its fourth channel at zero and no viewer shows it.
    """
    if not see_through:
        return image.convert("L" if image.mode == "L" else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_scaled(np.asarray(image)))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def flat(image: Image.Image) -> Image.Image:
    """RGB, over white where the picture is see-through. ValueError for colours that Pillow cannot convert."""
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La"):
        return image if image.mode == "RGB" else image.convert("RGB")
    ground = Image.new("RGBA", image.size, _WHITE)
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _scaled(values: Any) -> Any:
    """Numbers of unknown range to 8 bits: full scale is the smallest usual one that holds them all."""
    scales = (1.0, *_FULL_SCALES) if values.dtype.kind == "f" else _FULL_SCALES
    values = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    full = next((scale for scale in scales if top <= scale), top)
    return np.clip(values * (255.0 / full), 0, 255).astype(np.uint8)
