"""Photographs that no eye takes for copies of one another: a person before walls that differ.

The variants of tests.photos are near-identical pictures, as a burst is; selfsearch folds many of them into
one appearance. What counts appearances needs pictures that stay apart.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from tests import photos


@lru_cache
def scene(number: int, person: str = "astronaut", *, side: int = 480, quality: int = 90) -> bytes:
    """JPEG number `number` of a person before a wall of large squares. Other sides and qualities are copies
    of it.
    """
    random = np.random.default_rng([number, *person.encode()])
    squares = random.integers(0, 255, (5, 5, 3), np.uint8)
    wall = Image.fromarray(squares).resize((480, 480), Image.Resampling.NEAREST)
    portrait = photos.picture(person, 1 + number % 5, 220)
    x, y = (int(random.integers(0, 480 - size)) for size in portrait.size)
    wall.paste(portrait, (x, y))
    return photos.encoded(wall.resize((side, side), Image.Resampling.LANCZOS), quality=quality)
