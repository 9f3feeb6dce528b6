"""Which of a person's faces are the same appearance: the same picture, copied, scaled or compressed again.

Unlike a query, which folds what is there now, this also looks at what was there the last time, so that a
better copy, an edited file or a newer export of the same photograph continues the appearance that was told
before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from ..library import faces
from ..query import SAME_FACE_SCORE, SAME_PICTURE_BITS, Searcher
from ..types import Vector

Pair = tuple[int, int]
Row = dict[str, Any]


def groups(
    searcher: Searcher,
    changed: Collection[int],
    others: Collection[int],
    places: Mapping[int, Collection[str]],
) -> list[list[int]]:
    """The faces of `changed`, each with those of it and of `others` that are the same appearance.

    `places`: face -> addresses, by which a face that is not in the library any more is known again.
    """
    rows = faces.describe(searcher.library, sorted({*changed, *others}))
    pairs = _of_the_same_picture(searcher, changed, rows)
    pairs += _found_anew(changed, rows, places)
    return _joined(changed, pairs)


def _of_the_same_picture(searcher: Searcher, changed: Iterable[int], rows: Mapping[int, Row]) -> list[Pair]:
    hashed = sorted(face for face, row in rows.items() if row["phash"] is not None)
    hashes = np.array([rows[face]["phash"] for face in hashed], np.int64).view(np.uint64)
    media = np.array([rows[face]["media_id"] for face in hashed], np.int64)
    at = {face: index for index, face in enumerate(hashed)}
    pairs = []
    for face in changed:
        if face in at:
            near = np.bitwise_count(hashes ^ hashes[at[face]]) <= SAME_PICTURE_BITS
            near &= media != media[at[face]]
            pairs += [(face, hashed[other]) for other in np.flatnonzero(near)]
    vectors = _vectors(searcher, {rows[face]["media_id"] for pair in pairs for face in pair})
    return [pair for pair in pairs if _is_same_face(*(vectors.get(face) for face in pair))]


def _vectors(searcher: Searcher, media: set[int]) -> dict[int, Vector]:
    if not media:
        return {}
    ids, vectors = faces.load_vectors(searcher.library, searcher.pack, searcher.engine.dimension, media)
    return {int(face): vector for face, vector in zip(ids, vectors, strict=True)}


def _is_same_face(one: Vector | None, other: Vector | None) -> bool:
    """Both are known as the same person's; a vector is missing when the pack was changed after a file had
    gone.
    """
    return one is None or other is None or float(one @ other) >= SAME_FACE_SCORE


def _found_anew(
    changed: Iterable[int], rows: Mapping[int, Row], places: Mapping[int, Collection[str]]
) -> list[Pair]:
    """A file that was analysed again has its faces under new numbers."""
    at = {place: face for face in changed if face in rows for place in places.get(face, ())}
    lost = [face for face in changed if face not in rows]
    return [(face, at[place]) for face in lost for place in places.get(face, ()) if place in at]


def _joined(changed: Iterable[int], pairs: Iterable[Pair]) -> list[list[int]]:
    """Connected groups, in the order of `changed`."""
    leader: dict[int, int] = {}

    def lead(face: int) -> int:
        while leader.setdefault(face, face) != face:
            leader[face] = leader[leader[face]]
            face = leader[face]
        return face

    for one, other in pairs:
        leader[lead(one)] = lead(other)
    found: dict[int, list[int]] = {}
    for face in [*changed, *sorted(leader)]:
        members = found.setdefault(lead(face), [])
        if face not in members:
            members.append(face)
    return list(found.values())
