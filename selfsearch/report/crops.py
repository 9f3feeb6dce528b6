"""Pictures of appearances: each face with its surroundings, as a small JPEG without metadata.

It is cut out of the original where that can still be read; else the kept chip is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..containers.archive import read_by_address
from ..errors import ItemError
from ..library import faces, items
from ..library.library import Library
from ..media.crop import Picture, crop
from ..media.limits import MAX_BYTES
from ..recognition.engine import Engine
from ..types import Appearance

MAX_ORIGINALS = 600  # opened for one report; the other appearances are shown by their chips


def for_appearances(
    library: Library, engine: Engine, appearances: Sequence[Appearance]
) -> Callable[[Appearance], Picture | None]:
    """A function that gives the picture of each. The originals are read now, in the cheapest order."""
    by_path: dict[str, list[Appearance]] = {}
    for appearance in appearances[:MAX_ORIGINALS]:
        there = [sighting.path for sighting in appearance.sightings if not sighting.gone]
        if there:
            by_path.setdefault(there[0], []).append(appearance)
    pictures: dict[int, Picture] = {}
    with ThreadPoolExecutor() as pool:
        real_places = items.real_places(library, list(by_path))
        contents = read_by_address(by_path, MAX_BYTES, real_places)
        for cropped in pool.map(lambda pair: _crop_faces(engine, pair[1], by_path[pair[0]]), contents):
            pictures.update(cropped)

    def picture(appearance: Appearance) -> Picture | None:
        return pictures.get(appearance.face) or chip_picture(library, appearance.face)

    return picture


def _crop_faces(engine: Engine, data: bytes, appearances: Iterable[Appearance]) -> dict[int, Picture]:
    """Face id -> its picture. Nothing when the file is not the one in which the face was found.

    Another photograph may be there by now, and whoever is at that spot in it is not who was asked about.
    """
    digest = hashlib.sha256(data).hexdigest()
    same = [appearance for appearance in appearances if appearance.sha256 == digest]
    if not same:
        return {}
    try:
        pictures = engine.crop_faces(data, [appearance.box for appearance in same])
    except ItemError:
        return {}
    return {appearance.face: picture for appearance, picture in zip(same, pictures, strict=True)}


def chip_picture(library: Library, face: int) -> Picture | None:
    """The kept chip of a face, as a picture; None when the face is not in the library any more."""
    row = faces.find_faces(library, [face]).get(face)
    chips = faces.load_chips(library, row.media) if row else []
    if row is None or row.ordinal >= len(chips):
        return None
    chip = chips[row.ordinal]
    return crop(chip, (0.0, 0.0, float(chip.shape[1]), float(chip.shape[0])))
