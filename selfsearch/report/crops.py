"""Pictures of appearances: each face with its surroundings, as a small JPEG without metadata.

It is cut out of the original where that can still be read; else the kept chip is shown.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .. import media
from ..containers.archive import read_by_address
from ..errors import ItemError
from ..library import faces
from ..library.library import Library
from ..types import Appearance, Box, Pixels

MAX_ORIGINALS = 600  # opened for one report; the other appearances are shown by their chips
DECODED_SIDE = 1600  # pixels on the long side: the face and its surroundings are cut out of that
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


def for_appearances(
    library: Library, appearances: Sequence[Appearance]
) -> Callable[[Appearance], Picture | None]:
    """A function that gives the picture of each. The originals are read now, in the cheapest order."""
    by_path: dict[str, list[Appearance]] = {}
    for appearance in appearances[:MAX_ORIGINALS]:
        if appearance.sightings:
            by_path.setdefault(appearance.sightings[0].path, []).append(appearance)
    pictures: dict[int, Picture] = {}
    with ThreadPoolExecutor() as pool:
        contents = read_by_address(by_path, media.MAX_BYTES)
        for cropped in pool.map(lambda pair: _crop_faces(pair[1], by_path[pair[0]]), contents):
            pictures.update(cropped)

    def picture(appearance: Appearance) -> Picture | None:
        return pictures.get(appearance.face) or chip_picture(library, appearance.face)

    return picture


def _crop_faces(data: bytes, appearances: Iterable[Appearance]) -> dict[int, Picture]:
    """Face id -> its picture. Nothing when the file is not the one in which the face was found.

    Another photograph may be there by now, and whoever is at that spot in it is not who was asked about.
    """
    digest = hashlib.sha256(data).hexdigest()
    same = [appearance for appearance in appearances if appearance.sha256 == digest]
    if not same:
        return {}
    try:
        still = media.open_still(data)
        pixels = still.pixels(DECODED_SIDE)
    except ItemError:
        return {}
    scale = max(pixels.shape[:2]) / max(still.width, still.height)
    pictures = {}
    for appearance in same:
        x, y, width, height = (value * scale for value in appearance.box)
        pictures[appearance.face] = crop(pixels, (x, y, width, height))
    return pictures


def chip_picture(library: Library, face: int) -> Picture | None:
    """The kept chip of a face, as a picture; None when the face is not in the library any more."""
    row = faces.find_faces(library, [face]).get(face)
    chips = faces.load_chips(library, row.media) if row else []
    if row is None or row.ordinal >= len(chips):
        return None
    chip = chips[row.ordinal]
    return crop(chip, (0.0, 0.0, float(chip.shape[1]), float(chip.shape[0])))


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
