"""Media whose faces have chips, but no vectors of the pack that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..types import Embeddings
from .faces import embeddings_aad, pack_embeddings
from .library import Library


@dataclass(frozen=True, slots=True)
class MissingEmbeddings:
    """One media file without vectors of a pack."""

    media: int
    source: int  # under whose key its chips are sealed, and its vectors will be
    faces: int
    bystanders: int  # faces that were counted and not kept


def complete(library: Library, pack: int) -> bool:
    """Whether every media file has vectors of this pack: the quick answer, true in nearly every run."""
    row = library.db.execute(
        "select (select count(*) from vectors where pack_id = ?) = (select count(*) from media)",
        [pack],
    ).fetchone()
    return bool(row[0])


def bare(library: Library, pack: int, sources: Sequence[int]) -> list[MissingEmbeddings]:
    """What is there now in `sources` and has no vectors of this pack, oldest first.

    Only what is known to have chips, or to show nobody: anything else is for the next index to read again.
    """
    marks = ",".join(map(str, sources)) or "-1"
    here = f"gone_at is null and source_id in ({marks})"
    rows = library.db.execute(
        "select media.id, coalesce(chips.source_id, (select min(source_id) from items"
        f" where items.media_id = media.id and {here})),"
        " (select count(*) from faces where faces.media_id = media.id),"
        " coalesce((select max(bystanders) from vectors where vectors.media_id = media.id), 0)"
        " from media left join chips on chips.media_id = media.id"
        f" where media.id in (select media_id from items where {here})"
        " and not exists (select 1 from vectors where vectors.media_id = media.id and pack_id = ?)"
        " and (chips.media_id is not null or exists"
        " (select 1 from vectors where vectors.media_id = media.id and count = 0)) order by media.id",
        [pack],
    )
    return [MissingEmbeddings(*row) for row in rows]


def save_embeddings(
    library: Library, pack: int, made: Sequence[tuple[MissingEmbeddings, Embeddings]]
) -> None:
    """Seal and write vectors, in one transaction. What was analysed anew meanwhile keeps what it has."""
    rows = []
    for one, embeddings in made:
        sealer = library.sealer(f"source:{one.source}", create=True)
        sealed = sealer.seal(pack_embeddings(embeddings), embeddings_aad(one.media, pack))
        rows.append((one.media, pack, one.source, len(embeddings), one.bystanders, sealed))
    with library.atomic():
        library.db.conn.executemany(
            "insert into vectors (media_id, pack_id, source_id, count, bystanders, sealed)"
            " values (?, ?, ?, ?, ?, ?) on conflict do nothing",
            rows,
        )
