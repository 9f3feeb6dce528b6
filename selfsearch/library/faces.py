"""Media and the faces in them: one row per distinct content, one per face, sealed chips and embeddings."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import LibraryError
from ..types import (
    Analysis,
    Box,
    Chip,
    Detail,
    Embedding,
    Embeddings,
    Face,
    Facts,
    Location,
    Thoroughness,
    Timestamp,
)
from . import copies, verdicts
from .db import Database, batched, id_list, marks
from .face_matching import FacePlace, match_faces
from .library import Library
from .sealed import (
    MediaBlock,
    embeddings_aad,
    insert_chips,
    insert_embeddings,
    join_chips,
    media_blocks,
    pack_chips,
    pack_embeddings,
    unpack_chips,
    unpack_embeddings,
)


class KnownMedia(NamedTuple):
    """Content that was searched for faces before."""

    id: int
    faces: int
    searched: Thoroughness


@dataclass(frozen=True, slots=True)
class StoredFace:
    """A face and the media file that it is in, as the library has them."""

    id: int
    media: int
    ordinal: int  # place among the media's chips and embeddings
    box: Box
    facts: Facts  # what the file itself says
    quality: float
    time_ms: int | None  # video: where the face is seen best; None in a still
    from_ms: int | None
    to_ms: int | None
    sha256: str  # of the media; so are those below
    phash: int | None  # 64-bit perceptual hash as a signed integer
    type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MissingEmbeddings:
    """One media file without embeddings of a pack."""

    media: int
    source: int  # under whose key its chips are sealed, and its embeddings will be
    faces: int
    bystanders: int  # faces that were counted and not kept


def find_media(db: Database, sha256: str, pack: int) -> KnownMedia | None:
    """Content that was analysed with this pack before."""
    row = db.execute(
        """
        select media.id, vectors.count, detail, detection
        from media
        join vectors on vectors.media_id = media.id
        where media.sha256 = ? and vectors.pack_id = ?
        """,
        [sha256, pack],
    ).fetchone()
    return KnownMedia(row[0], row[1], Thoroughness(Detail(row[2]), row[3])) if row else None


def analysed_media(library: Library, pack: int) -> set[int]:
    """Media that were analysed with this pack."""
    rows = library.db.execute("select media_id from vectors where pack_id = ?", [pack])
    return {media for (media,) in rows}


def save_media(library: Library, source: int, pack: int, sha256: str, size: int, analysis: Analysis) -> int:
    """Write one distinct content with its faces; returns its id. Inside the caller's transaction.

    Of content that was searched before, a face that is found again keeps its number, and with it what was
    said and told of it. One that is not found again goes, unless somebody gave a verdict on it.
    """
    media = _save_content(library, sha256, size, analysis)
    records = [_Record(face, pack_chips([face.chip]), face.embedding) for face in analysis.faces]
    if known := _known_faces(library, media, pack):
        records = _with_known(library, known, records)
        library.db.execute("update faces set ordinal = -1 - ordinal where media_id = ?", [media])
    drop_faces(library, media, but=[record.number for record in records if record.number is not None])
    for ordinal, record in enumerate(records):
        _save_face(library, media, ordinal, record)
    rows = [record.embedding for record in records]
    embeddings = np.stack(rows) if rows else np.empty((0, 1), np.float32)
    insert_embeddings(library, media, pack, source, embeddings, analysis.bystanders)
    if records:
        insert_chips(library, media, source, b"".join(record.chip for record in records))
    copies.take_over_verdicts(library, media, pack, analysis.phash, embeddings)
    return media


class _Known(NamedTuple):
    """A face that a media file has; chip and embedding are missing where their block does not open."""

    place: FacePlace
    chip: bytes | None  # as a chip block
    embedding: Embedding | None


class _Record(NamedTuple):
    """A face that a media file is to have."""

    face: Face | None  # None: its row stays as it is
    chip: bytes  # as a chip block
    embedding: Embedding
    number: int | None = None  # that it has already


def _known_faces(library: Library, media: int, pack: int) -> list[_Known]:
    """The faces of a media file, in their order."""
    places = places_in(library, media)
    records: dict[int | None, list[bytes]] = {}
    for block in media_blocks(library, media) if places else ():
        with suppress(LibraryError):  # damaged: it is for doctor to say so
            records[block.pack] = block.records(library)
    chips, embeddings = records.get(None, ()), records.get(pack, ())
    return [
        _Known(
            place,
            join_chips([chips[at]]) if len(chips) == len(places) else None,
            np.frombuffer(embeddings[at], "<f4") if len(embeddings) == len(places) else None,
        )
        for at, place in enumerate(places)
    ]


def _with_known(library: Library, known: Sequence[_Known], records: Sequence[_Record]) -> list[_Record]:
    """What was found now, with the numbers of faces that were known, and after it what stays all the same."""
    said = verdicts.of_faces(library, [face.place.id for face in known])
    found = [record.face for record in records if record.face is not None]
    match = match_faces([(face.place, face.embedding) for face in known], found, said.keys())
    merged = [record._replace(number=match.numbers.get(at)) for at, record in enumerate(records)]
    for face in known:
        number = face.place.id
        if number not in said:
            continue
        if number in match.places:  # where two were one, what was said of this one goes on for the other
            other = match.numbers[match.places[number]]
            for person, verdict in said[number].items():
                if person not in said.get(other, ()):
                    verdicts.save(library, person, {other: verdict})
        elif face.chip is not None and face.embedding is not None:
            merged.append(_Record(None, face.chip, face.embedding, number))
    return merged


def _save_face(library: Library, media: int, ordinal: int, record: _Record) -> None:
    columns: dict[str, object] = {"media_id": media, "ordinal": ordinal}
    if (face := record.face) is not None:
        x, y, width, height = map(float, face.box)
        columns |= {
            "time_ms": face.time_ms, "x": x, "y": y, "width": width, "height": height,
            "landmarks": pack_embeddings(face.landmarks), "score": float(face.score), "quality": face.quality,
        }  # fmt: skip
    if record.number is None:
        library.db.execute(
            f"insert into faces ({', '.join(columns)}) values ({marks(columns)})", list(columns.values())
        )
    else:
        library.db.execute(
            f"update faces set {', '.join(f'{name} = ?' for name in columns)} where id = ?",
            [*columns.values(), record.number],
        )


def places_in(library: Library, media: int) -> list[FacePlace]:
    """Where the faces of a media file are in it, in their order."""
    rows = library.db.execute(
        "select id, time_ms, x, y, width, height from faces where media_id = ? order by ordinal", [media]
    )
    return [FacePlace(face, time, tuple(box)) for face, time, *box in rows]


def _save_content(library: Library, sha256: str, size: int, analysis: Analysis) -> int:
    facts = analysis.facts
    taken, location = facts.taken, facts.location
    phash = None if analysis.phash is None else struct.unpack("<q", struct.pack("<Q", analysis.phash))[0]
    values = {
        "sha256": sha256, "phash": phash, "type": analysis.type, "bytes": size, "width": analysis.width,
        "height": analysis.height, "problem": analysis.problem, "taken_at": taken and taken.at,
        "taken_at_source": taken and taken.source, "latitude": location and location.latitude,
        "longitude": location and location.longitude,
        "caption": facts.caption, "people": json.dumps(facts.people),
        "detail": analysis.searched.detail.value, "detection": analysis.searched.revision,
    }  # fmt: skip
    (media,) = library.db.execute(
        f"""
        insert into media ({", ".join(values)})
        values ({marks(values)})
        on conflict (sha256) do update set
            {", ".join(f"{name} = excluded.{name}" for name in values if name != "sha256")}
        returning id
        """,
        list(values.values()),
    ).fetchone()
    return int(media)


def drop_faces(library: Library, media: int, but: Sequence[int] = ()) -> None:
    """Remove the chips and embeddings of a media file, and its faces, `but` for these.

    The next index makes them anew. Inside the caller's transaction.
    """
    for table in ("chips", "vectors"):
        library.db.execute(f"delete from {table} where media_id = ?", [media])
    library.db.execute(f"delete from faces where media_id = ? and id not in ({id_list(but)})", [media])


def has_all_embeddings(library: Library, pack: int) -> bool:
    """Whether every media file has embeddings of this pack: the quick answer, true in nearly every run."""
    row = library.db.execute(
        """
        select (select count(*) from vectors where pack_id = ?) = (select count(*) from media)
        """,
        [pack],
    ).fetchone()
    return bool(row[0])


def missing_embeddings(library: Library, pack: int, sources: Sequence[int]) -> list[MissingEmbeddings]:
    """What is there now in `sources` and has no embeddings of this pack, oldest first.

    Only what is known to have chips, or to show nobody: anything else is for the next index to read again.
    What is gone and somebody said something of is among it: copies of it are known by its embeddings.
    """
    judged = "select media_id from faces join verdicts on face_id = faces.id"
    present = f"(gone_at is null or media_id in ({judged})) and source_id in ({id_list(sources)})"
    rows = library.db.execute(
        f"""
        select
            media.id,
            coalesce(
                chips.source_id,
                (select min(source_id) from items where items.media_id = media.id and {present})
            ),
            (select count(*) from faces where faces.media_id = media.id),
            coalesce((select max(bystanders) from vectors where vectors.media_id = media.id), 0)
        from media
        left join chips on chips.media_id = media.id
        where media.id in (select media_id from items where {present})
            and not exists (select 1 from vectors where vectors.media_id = media.id and pack_id = ?)
            and (
                chips.media_id is not null
                or exists (select 1 from vectors where vectors.media_id = media.id and count = 0)
            )
        order by media.id
        """,
        [pack],
    )
    return [MissingEmbeddings(*row) for row in rows]


def save_embeddings(
    library: Library, pack: int, embeddings: Iterable[tuple[MissingEmbeddings, Embeddings]]
) -> None:
    """Seal and write embeddings, in one transaction. What was analysed anew meanwhile keeps what it has.

    Those by a former revision of the pack go: nobody can compare anything with them any more.
    """
    with library.atomic():
        for missing, rows in embeddings:
            insert_embeddings(library, missing.media, pack, missing.source, rows, missing.bystanders)
            library.db.execute(
                """
                delete from vectors
                where media_id = ? and pack_id <> ? and pack_id in (
                    select id from packs where name = (select name from packs where id = ?)
                )
                """,
                [missing.media, pack, pack],
            )


def generation(library: Library) -> int:
    """A number that changes with every write to the library, by whomever."""
    version = library.db.execute("pragma data_version").fetchone()[0]
    return int(version) * 1_000_003 + int(library.db.conn.total_changes)


def media_in(library: Library, sources: Sequence[int]) -> set[int]:
    """Media that are there now in at least one of `sources`."""
    rows = library.db.execute(
        f"""
        select distinct media_id
        from items
        where media_id is not null and gone_at is null and source_id in ({id_list(sources)})
        """
    )
    return {media for (media,) in rows}


def load_embeddings(
    library: Library, pack: int, dimension: int, media: set[int]
) -> tuple[NDArray[np.int64], Embeddings]:
    """Face ids (n,) and unit embeddings (n, dimension) of these media, in the order of their ids."""
    rows = library.db.execute(
        """
        select media_id, source_id, sealed
        from vectors
        where pack_id = ? and count > 0
        order by media_id
        """,
        [pack],
    )
    data, opened = [], set()
    for number, source, sealed in rows:  # no MediaBlock for each: of 100,000, that is a tenth of the time
        if number in media:
            data.append(library.sealer(f"source:{source}").open(sealed, embeddings_aad(number, pack)))
            opened.add(number)
    embeddings = unpack_embeddings(b"".join(data), dimension)
    faces = library.db.execute("select id, media_id from faces order by media_id, ordinal")
    ids = np.array([face for face, number in faces if number in opened], np.int64)
    if len(ids) != len(embeddings):
        raise LibraryError("faces and vectors do not add up; run: selfsearch doctor")
    return ids, embeddings


def load_chips(library: Library, media: int) -> list[Chip]:
    """The aligned chips of one media file, in the order of its faces; empty when it has none."""
    block = find_chips(library, media)
    return unpack_chips(block.open(library)) if block else []


def find_chips(library: Library, media: int) -> MediaBlock | None:
    """The sealed chips of one media file."""
    row = library.db.execute(
        "select media_id, null, source_id, sealed, 0 from chips where media_id = ?", [media]
    ).fetchone()
    return MediaBlock(*row) if row else None


def find_faces(library: Library, ids: Iterable[int]) -> dict[int, StoredFace]:
    """Those of these faces that are in the library."""
    faces: dict[int, StoredFace] = {}
    for chunk in batched(ids):
        rows = library.db.execute(
            f"""
            select faces.id, media_id, ordinal, x, y, faces.width, faces.height, quality,
                time_ms, from_ms, to_ms,
                sha256, phash, type, media.width, media.height,
                taken_at, taken_at_source, latitude, longitude, caption, people
            from faces
            join media on media.id = faces.media_id
            where faces.id in ({marks(chunk)})
            """,
            chunk,
        )
        faces.update((row[0], _stored_face(row)) for row in rows)
    return faces


def _stored_face(row: Sequence[Any]) -> StoredFace:
    taken_at, taken_at_source, latitude, longitude, caption, people = row[16:]
    location = None if latitude is None else Location(latitude, longitude, "EXIF")
    facts = Facts(Timestamp.of(taken_at, taken_at_source), location, caption, tuple(json.loads(people)))
    number, media, ordinal, x, y, width, height = row[:7]
    return StoredFace(number, media, ordinal, (x, y, width, height), facts, *row[7:16])


def totals(library: Library, sources: Sequence[int]) -> tuple[int, int]:
    """(distinct media, faces) that are there now in these sources."""
    row = library.db.execute(
        f"""
        select
            count(*),
            coalesce(sum((select count(*) from faces where faces.media_id = present.media_id)), 0)
        from (
            select distinct media_id
            from items
            where media_id is not null and gone_at is null and source_id in ({id_list(sources)})
        ) as present
        """
    ).fetchone()
    return int(row[0]), int(row[1])


def prune(library: Library, *, keep_remembered: bool = False) -> None:
    """Remove content that no file refers to any more (its file holds something else now).

    `keep_remembered`: what somebody was told to appear in stays until its disappearance has been told, too.
    """
    remembered = """
        and id not in (
            select media_id from faces where id in (
                select face_id from appearances
                union
                select face_id from changes where told_at is null
            )
        )
    """
    with library.atomic():
        library.db.execute(
            f"""
            delete from media
            where not exists (select 1 from items where items.media_id = media.id)
            {remembered if keep_remembered else ""}
            """
        )
