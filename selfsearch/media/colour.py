"""From any of Pillow's modes to RGB.

Colours are taken as they stand, as if every profile were sRGB: a phone's Display P3 comes out slightly pale,
which moves no face, and converting it would cost as much as decoding a JPEG. See-through parts become white,
as they look on a web page and as platforms store them, so that a converted copy has the same fingerprint.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

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
