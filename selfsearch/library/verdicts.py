"""What people said of faces for good: that one is theirs, or that it is not.

A face that is theirs may also be one that they are searched by. Its embedding stays where it is, sealed under
the key of the source that it came from: nothing of it outlives that source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..types import Embeddings
from .db import batched, id_list, marks
from .library import Library
from .sealed import MediaBlock, unpack_embeddings

ME, NOT_ME = "me", "not_me"
ALL_BUT_EQUAL = 0.9  # cosine


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said of a face."""

    value: str  # me, not_me
    at: str
    in_template: bool = False  # the person is searched by this face, too


class ConfirmedFaces(NamedTuple):
    """Faces that a person is searched by, as one pack sees them, best quality first."""

    faces: list[int]
    embeddings: Embeddings  # (n, dimension)
    qualities: list[float]


def save(library: Library, person: int, said: Mapping[int, Verdict]) -> None:
    """Keep what the person with this number says of faces, in place of what was said before."""
    with library.atomic():
        library.db.conn.executemany(
            """
            insert or replace into verdicts (person_id, face_id, verdict, at, in_template)
            values (?, ?, ?, ?, ?)
            """,
            [(person, face, each.value, each.at, int(each.in_template)) for face, each in said.items()],
        )


def withdraw(library: Library, person: int, faces: Iterable[int]) -> None:
    """Drop what the person said of these faces."""
    with library.atomic():
        library.db.conn.executemany(
            "delete from verdicts where person_id = ? and face_id = ?", [(person, face) for face in faces]
        )


def of_person(library: Library, person: int) -> dict[int, Verdict]:
    """Face -> what the person said of it."""
    rows = library.db.execute(
        "select face_id, verdict, at, in_template from verdicts where person_id = ?", [person]
    )
    return {face: Verdict(value, at, bool(in_template)) for face, value, at, in_template in rows}


def of_faces(library: Library, faces: Iterable[int]) -> dict[int, dict[int, Verdict]]:
    """Face -> person -> what that person said of it."""
    found: dict[int, dict[int, Verdict]] = {}
    for chunk in batched(faces):
        rows = library.db.execute(
            f"""
            select face_id, person_id, verdict, at, in_template
            from verdicts
            where face_id in ({marks(chunk)})
            """,
            chunk,
        )
        for face, person, value, at, in_template in rows:
            found.setdefault(face, {})[person] = Verdict(value, at, bool(in_template))
    return found


def judged(library: Library) -> set[int]:
    """Faces of which somebody said something."""
    return {face for (face,) in library.db.execute("select face_id from verdicts")}


def confirmed(library: Library) -> set[int]:
    """Faces that somebody enrolled said are theirs."""
    return {face for (face,) in library.db.execute("select face_id from verdicts where verdict = 'me'")}


def faces_searched_by(
    library: Library, person: int, pack: int, dimension: int, sources: Collection[int]
) -> ConfirmedFaces:
    """The confirmed faces that the person is searched by and that are there now in one of `sources`.

    Those that have no embedding by this pack are not among them. Of faces that are all but equal, as those in
    copies of one picture are, the best stands for all.
    """
    rows = library.db.execute(
        f"""
        select faces.id, ordinal, quality, vectors.media_id, pack_id, source_id, sealed, count
        from verdicts
        join faces on faces.id = face_id
        join vectors on vectors.media_id = faces.media_id and pack_id = ?
        where person_id = ? and in_template = 1 and vectors.media_id in (
            select media_id from items where gone_at is null and source_id in ({id_list(sources)})
        )
        order by quality desc, faces.id
        """,
        [pack, person],
    ).fetchall()
    data = b"".join(MediaBlock(*row[3:]).records(library)[row[1]] for row in rows)
    embeddings = unpack_embeddings(data, dimension)
    chosen: list[int] = []
    for place, embedding in enumerate(embeddings):
        if (embeddings[chosen] @ embedding).max(initial=-1.0) < ALL_BUT_EQUAL:
            chosen.append(place)
    return ConfirmedFaces(
        [rows[place][0] for place in chosen], embeddings[chosen], [rows[place][2] for place in chosen]
    )
