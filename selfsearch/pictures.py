"""Pictures for a report: each appearance cut out of its original where that can still be read, else the kept
chip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from . import media
from .errors import ItemError
from .library import Library, faces
from .report.pictures import Picture, crop
from .sources.fetch import fetch
from .types import Appearance

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
