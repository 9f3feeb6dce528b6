"""Copies: the same face in the same picture, scaled or compressed again.

Perceptual hash and face must agree, so that neither bursts nor pages that look alike count as copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import LibraryError
from ..types import Embedding, Embeddings
from . import verdicts
from .library import Library
from .sealed import MediaBlock, unpack_embeddings
from .verdicts import Verdict

SAME_PICTURE_BITS = 6  # of 64: perceptual hashes this close are the same picture
SAME_FACE_SCORE = 0.9  # cosine of one face's embeddings in both


@dataclass(frozen=True)
class FacesInPictures:
    """What decides whether two faces are the same in copies of one picture; one row per face."""

    media: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    is_hashed: NDArray[np.bool_]
    embeddings: Embeddings

    @classmethod
    def of(
        cls, media: Sequence[int], phashes: Sequence[int | None], embeddings: Embeddings
    ) -> FacesInPictures:
        """From the columns `media_id` and `phash` of the faces, in the order of `embeddings`."""
        hashes = np.array([phash or 0 for phash in phashes], np.int64).view(np.uint64)
        is_hashed = np.array([phash is not None for phash in phashes], np.bool_)
        return cls(np.array(media, np.int64), hashes, is_hashed, embeddings)

    def copies_of(self, place: int, others: Sequence[int]) -> NDArray[np.bool_]:
        """Which rows of `others` show the face of row `place` in a copy of its picture."""
        rows = np.array(others, np.int64)
        is_same = np.bitwise_count(self.hashes[rows] ^ self.hashes[place]) <= SAME_PICTURE_BITS
        is_same &= self.is_hashed[rows] & self.is_hashed[place]
        is_same &= self.media[rows] != self.media[place]
        is_same &= self.embeddings[rows] @ self.embeddings[place] >= SAME_FACE_SCORE
        return np.asarray(is_same)


def take_over_verdicts(
    library: Library, media: int, pack: int, phash: int | None, embeddings: Embeddings
) -> None:
    """What people said of a face goes for the same face in a copy that comes later: this media file.

    `embeddings`: its faces by this pack, in their order. In the caller's transaction.
    """
    if phash is None or not len(embeddings):
        return
    said_of_copies = list(_said_of_copies(library, media, phash))
    if not said_of_copies:
        return
    rows = library.db.execute("select id from faces where media_id = ? order by ordinal", [media])
    faces = [face for (face,) in rows]
    own = verdicts.of_faces(library, faces)
    for person, said in said_of_copies:
        known = _embedding(library, said, pack, embeddings.shape[1])
        is_same = embeddings @ known >= SAME_FACE_SCORE if known is not None else ()
        for face, same in zip(faces, is_same, strict=False):
            if same and person not in own.get(face, ()):
                verdicts.save(library, person, {face: said.verdict})


class _Said(NamedTuple):
    """A verdict on a face of a media file."""

    media: int
    ordinal: int
    verdict: Verdict


def _said_of_copies(library: Library, media: int, phash: int) -> Iterator[tuple[int, _Said]]:
    """Person and verdict, on every face in another copy of this picture; the latest last."""
    rows = library.db.execute(
        """
        select person_id, phash, media.id, ordinal, verdict, at, in_template
        from verdicts
        join faces on faces.id = face_id
        join media on media.id = media_id
        where phash is not null and media.id <> ?
        order by at, face_id
        """,
        [media],
    )
    for person, other, number, ordinal, value, at, in_template in rows.fetchall():
        bits = np.array([other], np.int64).view(np.uint64) ^ np.uint64(phash)
        if np.bitwise_count(bits)[0] <= SAME_PICTURE_BITS:
            yield person, _Said(number, ordinal, Verdict(value, at, bool(in_template)))


def _embedding(library: Library, said: _Said, pack: int, dimension: int) -> Embedding | None:
    """Of the face that the verdict is on, by this pack; None when there is none that opens."""
    row = library.db.execute(
        "select media_id, pack_id, source_id, sealed, count from vectors where media_id = ? and pack_id = ?",
        [said.media, pack],
    ).fetchone()
    if row is None:
        return None
    with suppress(LibraryError, IndexError):  # damaged: it is for doctor to say so
        record = MediaBlock(*row).records(library)[said.ordinal]
        return unpack_embeddings(record, dimension).reshape(dimension)
    return None
