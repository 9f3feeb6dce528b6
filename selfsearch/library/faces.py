"""Media, faces, chips and vectors. Chips and vectors leave this file unsealed only as arrays.

Byte formats, all little-endian: a vector block is n x dim float32; landmarks are 5 x 2 float32; a chip
block is, for each chip, its length as uint32 and a JPEG of 112x112 pixels (quality 95, no chroma
subsampling: the vector made again from it differs from the first by a cosine of about 0.001).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from ..errors import LibraryError
from ..types import Analysis, Chip, Embeddings, Face
from .items import CHUNK, chunks
from .library import Library

CHIP_QUALITY = 95


def pack_embeddings(embeddings: Embeddings) -> bytes:
    """The on-disk form of vectors: little-endian float32, row after row, no header."""
    return embeddings.astype("<f4").tobytes()


def unpack_embeddings(data: bytes, dimension: int) -> Embeddings:
    """The inverse. Raises LibraryError when the length does not fit."""
    if len(data) % (4 * dimension):
        raise LibraryError("a vector block has the wrong length; run: selfsearch doctor")
    return np.frombuffer(data, "<f4").reshape(-1, dimension).astype(np.float32, copy=False)


def pack_chips(chips: Iterable[Chip]) -> bytes:
    """The on-disk form of aligned chips."""
    out = []
    for chip in chips:
        data = simplejpeg.encode_jpeg(np.ascontiguousarray(chip), CHIP_QUALITY, "RGB", "444")
        out.append(struct.pack("<I", len(data)) + data)
    return b"".join(out)


def split_chips(data: bytes) -> list[bytes]:
    """The JPEGs of a chip block. Raises LibraryError when it is cut."""
    parts, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + length > len(data):
            raise LibraryError("a chip block is damaged; run: selfsearch doctor")
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return parts


def unpack_chips(data: bytes) -> list[Chip]:
    """The inverse of pack_chips. Raises LibraryError when the block is damaged."""
    try:
        return [simplejpeg.decode_jpeg(part, "RGB") for part in split_chips(data)]
    except ValueError as exc:
        raise LibraryError("a chip block is damaged; run: selfsearch doctor") from exc


def find_media(library: Library, sha256: str, pack: int) -> tuple[int, int] | None:
    """(media id, number of faces) of content that was analysed with this pack before. Safe from any
    thread.
    """
    with library.guarded():
        row = library.db.execute(
            "select media.id, vectors.count from media join vectors on vectors.media_id = media.id"
            " where media.sha256 = ? and vectors.pack_id = ?",
            [sha256, pack],
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else None


def analysed(library: Library, pack: int) -> set[int]:
    """Media that were analysed with this pack."""
    return {
        number for (number,) in library.db.execute("select media_id from vectors where pack_id = ?", [pack])
    }


def save_media(library: Library, source: int, pack: int, sha256: str, size: int, analysis: Analysis) -> int:
    """Write one distinct content with its faces; returns its id. Inside the caller's transaction."""
    media = _save_picture(library, sha256, size, analysis)
    library.db.execute("delete from faces where media_id = ?", [media])
    library.db.execute("delete from vectors where media_id = ?", [media])
    _save_faces(library, media, analysis.faces)
    sealer = library.sealer(f"source:{source}", create=True)
    embeddings = (
        np.stack([face.embedding for face in analysis.faces])
        if analysis.faces
        else np.empty((0, 1), np.float32)
    )
    sealed = sealer.seal(pack_embeddings(embeddings), embeddings_aad(media, pack))
    library.db.execute(
        "insert into vectors (media_id, pack_id, source_id, count, bystanders, sealed) values (?, ?, ?, ?,"
        " ?, ?)",
        [media, pack, source, len(analysis.faces), analysis.bystanders, sealed],
    )
    library.db.execute("delete from chips where media_id = ?", [media])
    if analysis.faces:
        chips = sealer.seal(pack_chips(face.chip for face in analysis.faces), chips_aad(media))
        library.db.execute("insert into chips values (?, ?, ?)", [media, source, chips])
    return media


def _save_picture(library: Library, sha256: str, size: int, analysis: Analysis) -> int:
    facts = analysis.facts
    taken, location = facts.taken, facts.location
    phash = None if analysis.phash is None else struct.unpack("<q", struct.pack("<Q", analysis.phash))[0]
    values = {
        "sha256": sha256, "phash": phash, "type": analysis.type, "bytes": size, "width": analysis.width,
        "height": analysis.height, "problem": analysis.problem, "taken_at": taken and taken.at,
        "taken_at_source": taken and taken.source, "latitude": location and location.latitude,
        "longitude": location and location.longitude,
        "caption": facts.caption, "people": json.dumps(facts.people),
    }  # fmt: skip
    names = ", ".join(values)
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "sha256")
    row = library.db.execute(
        f"insert into media ({names}) values ({','.join('?' * len(values))})"
        f" on conflict (sha256) do update set {updates} returning id",
        list(values.values()),
    ).fetchone()
    return int(row[0])


def _save_faces(library: Library, media: int, faces: Sequence[Face]) -> None:
    library.db.conn.executemany(
        "insert into faces (media_id, ordinal, time_ms, x, y, width, height, landmarks, score, quality)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                media,
                ordinal,
                face.time_ms,
                *map(float, face.box),
                pack_embeddings(face.landmarks),
                float(face.score),
                face.quality,
            )
            for ordinal, face in enumerate(faces)
        ],
    )


def embeddings_aad(media: int, pack: int) -> str:
    """What a sealed vector block is bound to."""
    return f"vectors of media {media}, pack {pack}"


def chips_aad(media: int) -> str:
    """What a sealed chip block is bound to."""
    return f"chips of media {media}"


def generation(library: Library) -> int:
    """A number that changes with every write to the library, by whomever."""
    version = library.db.execute("pragma data_version").fetchone()[0]
    return int(version) * 1_000_003 + int(library.db.conn.total_changes)


def searchable(library: Library, sources: Sequence[int]) -> set[int]:
    """Media that are there now in at least one of `sources`."""
    marks = ",".join(map(str, sources)) or "-1"
    rows = library.db.execute(
        f"select distinct media_id from items where media_id is not null and gone_at is null and source_id"
        f" in ({marks})"
    )
    return {number for (number,) in rows}


def load_embeddings(
    library: Library, pack: int, dimension: int, media: set[int]
) -> tuple[NDArray[np.int64], Embeddings]:
    """Face ids (n,) and unit vectors (n, dimension) of these media, in the order of their ids."""
    blocks, counts = [], {}
    rows = library.db.execute(
        "select media_id, source_id, count, sealed from vectors where pack_id = ? and count > 0 order by"
        " media_id",
        [pack],
    )
    for number, source, count, sealed in rows:
        if number in media:
            blocks.append(library.sealer(f"source:{source}").open(sealed, embeddings_aad(number, pack)))
            counts[number] = count
    embeddings = unpack_embeddings(b"".join(blocks), dimension)
    faces = library.db.execute("select id, media_id from faces order by media_id, ordinal")
    ids = np.array([face for face, number in faces if number in counts], np.int64)
    if len(ids) != len(embeddings):
        raise LibraryError("faces and vectors do not add up; run: selfsearch doctor")
    return ids, embeddings


def load_chips(library: Library, media: int) -> list[Chip]:
    """The aligned chips of one media file, in the order of its faces; empty when it has none."""
    row = library.db.execute("select source_id, sealed from chips where media_id = ?", [media]).fetchone()
    if row is None:
        return []
    return unpack_chips(library.sealer(f"source:{row[0]}").open(row[1], chips_aad(media)))


def describe(library: Library, faces: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Face id -> its row joined with its media's (columns of the media prefixed where both have them)."""
    found: dict[int, dict[str, Any]] = {}
    for chunk in chunks(faces, CHUNK):
        rows = library.db.query(
            "select faces.id, faces.media_id, faces.ordinal, faces.time_ms, faces.from_ms, faces.to_ms,"
            " faces.x, faces.y,"
            " faces.width, faces.height, faces.quality, media.sha256, media.phash, media.type,"
            " media.width as media_width, media.height as media_height, media.taken_at,"
            " media.taken_at_source,"
            " media.latitude, media.longitude, media.caption, media.people"
            f" from faces join media on media.id = faces.media_id where faces.id in"
            f" ({','.join('?' * len(chunk))})",
            chunk,
        )
        found.update((row["id"], row) for row in rows)
    return found


def sightings_of(
    library: Library, media: Sequence[int], sources: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """Media id -> rows of where it is now, in these sources: item address, source and what was said."""
    found: dict[int, list[dict[str, Any]]] = {}
    marks = ",".join(map(str, sources)) or "-1"
    for chunk in chunks(media, CHUNK):
        rows = library.db.query(
            "select items.media_id, items.source_id, items.address, sightings.* from items"
            " join sightings on sightings.item_id = items.id where items.gone_at is null"
            f" and items.source_id in ({marks}) and items.media_id in ({','.join('?' * len(chunk))}) order"
            f" by items.id",
            chunk,
        )
        for row in rows:
            found.setdefault(row["media_id"], []).append(row)
    return found


def totals(library: Library, sources: Sequence[int]) -> tuple[int, int]:
    """(distinct media, faces) that are there now in these sources."""
    marks = ",".join(map(str, sources)) or "-1"
    row = library.db.execute(
        "select count(*), coalesce(sum((select count(*) from faces where media_id = m.media_id)), 0) from"
        f" (select distinct media_id from items where media_id is not null and gone_at is null and source_id"
        f" in ({marks})) m"
    ).fetchone()
    return int(row[0]), int(row[1])


def prune(library: Library, *, keep_remembered: bool = False) -> int:
    """Remove content that no file refers to any more (its file holds something else now). Returns how many.

    `keep_remembered`: what somebody was told to appear in stays until its disappearance has been told, too.
    """
    remembered = (
        " and id not in (select media_id from faces where id in (select face_id from appearances"
        " union select face_id from changes where told_at is null))"
    )
    with library.atomic():
        cursor = library.db.execute(
            "delete from media where not exists (select 1 from items where items.media_id = media.id)"
            + (remembered if keep_remembered else "")
        )
        return int(cursor.rowcount)
