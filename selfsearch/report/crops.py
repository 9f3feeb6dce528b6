"""Pictures for a report: each appearance cut out of its original where that can still be read, else the kept
chip.

A face cut out with its surroundings, as a small JPEG for the report. Its metadata stays behind.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .. import media
from ..containers.fetch import fetch
from ..errors import ItemError
from ..library import faces
from ..library.library import Library
from ..types import Appearance, Box, Pixels

MOST = 600  # originals opened for one report; the others are shown by their chips
ENOUGH = 1600  # pixels on the long side: the face and its surroundings are cut out of that


def of(library: Library, appearances: Sequence[Appearance]) -> Callable[[Appearance], Picture | None]:
    """A picture for each of these appearances. Reads the originals now, in the cheapest order."""
    wanted: dict[str, list[Appearance]] = {}
    for one in appearances[:MOST]:
        if one.sightings:
            wanted.setdefault(one.sightings[0].path, []).append(one)
    ready: dict[int, Picture] = {}
    with ThreadPoolExecutor() as pool:
        for found in pool.map(lambda pair: _cut(pair[1], wanted[pair[0]]), fetch(wanted, media.MAX_BYTES)):
            ready.update(found)

    def picture(one: Appearance) -> Picture | None:
        return ready.get(one.face) or chip_of(library, one.face)

    return picture


def _cut(data: bytes, appearances: Iterable[Appearance]) -> dict[int, Picture]:
    """Face id -> its picture. Nothing when the file is not the one in which the face was found: another
    photograph may be there by now, and whoever is at that spot in it is not who was asked about.
    """
    digest = hashlib.sha256(data).hexdigest()
    same = [one for one in appearances if one.sha256 == digest]
    if not same:
        return {}
    try:
        still = media.open_still(data)
        pixels = still.pixels(ENOUGH)
    except ItemError:
        return {}
    scale = max(pixels.shape[:2]) / max(still.width, still.height)
    found = {}
    for one in same:
        x, y, width, height = (value * scale for value in one.box)
        found[one.face] = crop(pixels, (x, y, width, height))
    return found


def chip_of(library: Library, face: int) -> Picture | None:
    """The kept chip of a face, as a picture; None when the face is not in the library any more."""
    row = faces.describe(library, [face]).get(face)
    chips = faces.load_chips(library, row["media_id"]) if row else []
    if row is None or row["ordinal"] >= len(chips):
        return None
    chip = chips[row["ordinal"]]
    return crop(chip, (0.0, 0.0, float(chip.shape[1]), float(chip.shape[0])))


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
