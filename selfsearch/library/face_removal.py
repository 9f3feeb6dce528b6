"""Taking single faces out of media that stay."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..types import Embeddings, isoformat
from . import erasure
from .faces import chips_aad, embeddings_aad, split_chips, unpack_embeddings
from .library import Library
from .remnant_scan import PIECE, SAMPLED

Wanted = Callable[[list[int], Embeddings], list[bool]]  # face ids and their vectors -> whether each stays


def said_me(library: Library) -> set[int]:
    """Faces that somebody enrolled said are theirs."""
    return {face for (face,) in library.db.execute("select face_id from verdicts where verdict = 'me'")}


@dataclass(frozen=True)
class Removed:
    """What was removed: how many faces, and samples of their bytes to search for."""

    faces: int
    samples: tuple[bytes, ...] = field(repr=False)


def thin(library: Library, pack: int, dimension: int, wanted: Wanted, now: datetime) -> Removed:
    """Remove every face that is not wanted, judged by its vector of this pack.

    One transaction, in which the request for their erasure is noted as done, so that `forget.complete` goes
    on from there. Media without vectors of this pack are left alone: the next index gives them some.
    """
    gone: set[int] = set()
    samples: list[bytes] = []
    with library.atomic():
        query = "select media_id, source_id, sealed from vectors where pack_id = ? and count > 0"
        for media, source, sealed in library.db.execute(query, [pack]).fetchall():
            data = library.sealer(f"source:{source}").open(sealed, embeddings_aad(media, pack))
            faces = _faces(library, media)
            mask = wanted(faces, unpack_embeddings(data, dimension))
            if not all(mask):
                size = 4 * dimension
                samples += [data[at * size :][:PIECE] for at, stays in enumerate(mask) if not stays]
                samples += _thin(library, media, mask)
                gone.update(face for face, stays in zip(faces, mask, strict=True) if not stays)
        erasure.forget_appearances(library, gone, set())
        if gone:
            _note(library, len(gone), now)
    return Removed(len(gone), tuple(samples[:SAMPLED]))


def _faces(library: Library, media: int) -> list[int]:
    query = "select id from faces where media_id = ? order by ordinal"
    return [face for (face,) in library.db.execute(query, [media])]


def _thin(library: Library, media: int, mask: Sequence[bool]) -> list[bytes]:
    """Keep the faces of `mask` in chips, vectors of every pack, and rows.

    Returns samples of the chips that go.
    """
    lost = len(mask) - sum(mask)
    query = "select pack_id, source_id, count, sealed from vectors where media_id = ?"
    for pack, source, count, sealed in library.db.execute(query, [media]).fetchall():
        if count != len(mask):
            library.db.execute("delete from vectors where media_id = ? and pack_id = ?", [media, pack])
            continue  # damaged; made anew from the chips
        sealer, belongs = library.sealer(f"source:{source}"), embeddings_aad(media, pack)
        data = sealer.open(sealed, belongs)
        size = len(data) // count
        rows = [data[at * size : (at + 1) * size] for at in range(count) if mask[at]]
        library.db.execute(
            "update vectors set count = ?, bystanders = bystanders + ?, sealed = ? where media_id = ? and"
            " pack_id = ?",
            [len(rows), lost, sealer.seal(b"".join(rows), belongs), media, pack],
        )
    samples = _thin_chips(library, media, mask)
    for at, (face, stays) in enumerate(zip(_faces(library, media), mask, strict=True)):
        if stays:
            library.db.execute("update faces set ordinal = ? where id = ?", [sum(mask[:at]), face])
        else:
            library.db.execute("delete from faces where id = ?", [face])
    if not any(mask):
        library.db.execute(
            "update items set outcome = 'no_face' where media_id = ? and outcome = 'indexed'", [media]
        )
    return samples


def _thin_chips(library: Library, media: int, mask: Sequence[bool]) -> list[bytes]:
    row = library.db.execute("select source_id, sealed from chips where media_id = ?", [media]).fetchone()
    if row is None:
        return []
    sealer, belongs = library.sealer(f"source:{row[0]}"), chips_aad(media)
    both = list(zip(split_chips(sealer.open(row[1], belongs)), mask, strict=True))
    parts, lost = (
        [part for part, stays in both if stays],
        [part[-PIECE:] for part, stays in both if not stays],
    )
    if not parts:
        library.db.execute("delete from chips where media_id = ?", [media])
        return lost
    block = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    library.db.execute("update chips set sealed = ? where media_id = ?", [sealer.seal(block, belongs), media])
    return lost


def _note(library: Library, count: int, now: datetime) -> None:
    values = [
        "faces that resemble nobody enrolled",
        isoformat(now),
        json.dumps({"faces": count}),
    ]
    library.db.execute(
        "insert into erasures (kind, subject, began_at, counts) values ('bystanders', ?, ?, ?)", values
    )
