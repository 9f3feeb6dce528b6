"""Sealing again what stays, when the key that it is sealed under must go."""

from __future__ import annotations

from ..errors import LibraryError
from .faces import chips_aad, embeddings_aad
from .library import Library


def reseal(library: Library, where: str, number: int) -> None:
    """Seal chips and vectors (`where`: source_id = ? or media_id = ?) under the key of a source that has them
    and stays.

    Inside the caller's transaction. What does not open any more is dropped; the next index makes it anew.
    """
    rows = library.db.execute(
        f"select media_id from vectors where {where} union select media_id from chips where {where}",
        [number, number],
    ).fetchall()
    for (media,) in rows:
        try:
            _reseal(library, media)
        except LibraryError:  # its key is gone, or it is damaged: neither may stand in the way of erasing
            drop(library, media)


def drop(library: Library, media: int) -> None:
    """Remove the faces of a media file with chips and vectors, so that the next index makes them anew."""
    for table in ("chips", "vectors", "faces"):
        library.db.execute(f"delete from {table} where media_id = ?", [media])


def _reseal(library: Library, media: int) -> None:
    row = library.db.execute(
        "select source_id from items join sources on sources.id = source_id where media_id = ?"
        " order by sources.state = 'erasing', source_id limit 1",
        [media],
    ).fetchone()
    new = library.sealer(f"source:{row[0]}", create=True)
    query = "select pack_id, source_id, sealed from vectors where media_id = ?"
    for pack, source, blob in library.db.execute(query, [media]).fetchall():
        belongs = embeddings_aad(media, pack)
        sealed = new.seal(library.sealer(f"source:{source}").open(blob, belongs), belongs)
        library.db.execute(
            "update vectors set sealed = ?, source_id = ? where media_id = ? and pack_id = ?",
            [sealed, row[0], media, pack],
        )
    query = "select source_id, sealed from chips where media_id = ?"
    for source, blob in library.db.execute(query, [media]).fetchall():
        data = library.sealer(f"source:{source}").open(blob, chips_aad(media))
        library.db.execute(
            "update chips set sealed = ?, source_id = ? where media_id = ?",
            [new.seal(data, chips_aad(media)), row[0], media],
        )
