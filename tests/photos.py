"""Photographs of real people for the tests, made from the pictures that scikit-image's and InsightFace's
wheels carry.

"astronaut" is the public-domain portrait of Eileen Collins; "a" to "f" are the six faces of InsightFace's
sample photograph, from left to right as the detector finds them. A variant is another picture of the same
person: mirrored, turned, scaled, lit and compressed differently, so that no two variants have the same
bytes.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import insightface
import numpy as np
import skimage.data
from PIL import Image, ImageEnhance, ImageOps

PEOPLE = ("astronaut", "a", "b", "c", "d", "e", "f")

# Centres and half sides of the six faces in t1.jpg (1280x886), with room around each.
_FACES = {
    "a": (115, 330, 110),
    "b": (325, 215, 100),
    "c": (515, 335, 105),
    "d": (805, 400, 100),
    "e": (975, 130, 115),
    "f": (1185, 335, 95),
}


@lru_cache
def group() -> Image.Image:
    """The sample photograph with six people, 1280x886."""
    path = Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"
    return Image.open(path).convert("RGB")


@lru_cache
def portrait(person: str = "astronaut") -> Image.Image:
    """One person, about 200 to 512 pixels wide, nobody else in it."""
    if person == "astronaut":
        return Image.fromarray(skimage.data.astronaut()[0:300, 80:380])
    x, y, half = _FACES[person]
    return group().crop((max(0, x - half), max(0, y - half), x + half, y + half))


@lru_cache(maxsize=256)
def picture(person: str = "astronaut", variant: int = 0, side: int = 0) -> Image.Image:
    """Variant number `variant` of a person's portrait; `side` (pixels) overrides its width."""
    image = portrait(person)
    random = np.random.default_rng([variant, *person.encode()])
    if variant % 2:
        image = ImageOps.mirror(image)
    if variant:
        image = image.rotate(
            float(random.uniform(-12, 12)), Image.Resampling.BICUBIC, fillcolor=(120, 120, 120)
        )
        image = ImageEnhance.Brightness(image).enhance(float(random.uniform(0.75, 1.3)))
        image = ImageEnhance.Color(image).enhance(float(random.uniform(0.5, 1.4)))
    wanted = side or int(image.width * (random.uniform(0.9, 2.0) if variant else 1))
    return image.resize((wanted, round(wanted * image.height / image.width)), Image.Resampling.LANCZOS)


@lru_cache(maxsize=256)
def photo(person: str = "astronaut", variant: int = 0, *, kind: str = "JPEG", side: int = 0) -> bytes:
    """The same as bytes of a file. `kind`: any Pillow format (JPEG, PNG, WEBP, ...)."""
    return encoded(picture(person, variant, side), kind, quality=80 + variant % 15)


@lru_cache
def nobody(variant: int = 0) -> bytes:
    """A JPEG of a landscape-like gradient with noise: nobody is in it."""
    random = np.random.default_rng(variant)
    rows = (
        np.linspace(200, 60, 240)[:, None, None]
        + random.normal(0, 6, (240, 320, 3))
        + [0, 10 * variant % 40, 20]
    )
    return encoded(Image.fromarray(np.clip(rows, 0, 255).astype(np.uint8)))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """An image as the bytes of a file."""
    out = io.BytesIO()
    quality = {"quality": 90} if kind in ("JPEG", "WEBP", "AVIF") else {}
    image.save(out, kind, **(quality | options))
    return out.getvalue()
