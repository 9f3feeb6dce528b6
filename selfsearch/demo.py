"""Sample photographs for the demo, made on the spot from pictures that two of our dependencies carry.

scikit-image brings a public-domain portrait of the astronaut Eileen Collins, InsightFace a photograph with
six people. Varied in size, light, turn and surroundings they make an album in which one person appears
among others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

PERSON = "astronaut"  # file names that begin so show her, and the demo says which


def write(folder: Path) -> tuple[Path, list[str]]:
    """Write the album; returns the selfie to ask with, and the names of the files in which she appears."""
    import insightface
    import skimage.data

    album = folder / "album"
    album.mkdir(parents=True, exist_ok=True)
    portrait = Image.fromarray(skimage.data.astronaut())
    party = Image.open(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg").convert("RGB")
    selfie = folder / "selfie.jpg"
    portrait.crop((100, 0, 360, 300)).save(selfie, quality=90)
    for name, image, options in _album(portrait, party):
        image.save(album / name, **options)
    return selfie, sorted(path.name for path in album.glob(f"{PERSON}-*"))


def _album(portrait: Image.Image, party: Image.Image) -> Iterator[tuple[str, Image.Image, dict[str, Any]]]:
    head = portrait.crop((110, 0, 350, 260))
    yield "astronaut-portrait.png", portrait, {}
    yield "astronaut-mirrored.jpg", ImageOps.mirror(portrait).resize((400, 400)), {"quality": 70}
    yield "astronaut-dark.jpg", ImageEnhance.Brightness(portrait).enhance(0.5), {"quality": 80}
    yield "astronaut-tilted.webp", portrait.rotate(20, fillcolor=(90, 90, 90)), {"quality": 85}
    yield "astronaut-sideways.jpg", portrait.rotate(90, expand=True), {"quality": 85}
    yield (
        "astronaut-filling-the-frame.jpg",
        head.crop((70, 30, 190, 180)).resize((960, 1200)),
        {"quality": 85},
    )
    together = party.copy()
    together.paste(head.resize((150, 162)), (600, 20))
    yield "astronaut-at-the-party.jpg", together, {"quality": 88}
    yield "astronaut-portrait-copy.jpg", portrait.resize((256, 256)), {"quality": 60}
    yield "party.jpg", party, {"quality": 90}
    yield "party-closer.jpg", party.crop((0, 60, 660, 700)), {"quality": 80}
    yield "sky.jpg", _sky(), {"quality": 85}


def _sky() -> Image.Image:
    rows = np.linspace((90, 140, 210), (200, 215, 235), 480)[:, None, :]
    noise = np.random.default_rng(7).normal(0, 3, (480, 640, 3))
    return Image.fromarray(np.clip(rows + noise, 0, 255).astype(np.uint8))
