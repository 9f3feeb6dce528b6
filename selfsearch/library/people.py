"""People who may be searched for, the photographs they are searched by, and what was asked about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..types import Chip, Embedding, Embeddings
from .db import insert_row
from .library import Library
from .sealed import (
    ProbeBlock,
    pack_chips,
    pack_embeddings,
    probe_chip_aad,
    probe_embedding_aad,
    unpack_chips,
    unpack_embeddings,
)

Embed: TypeAlias = Callable[[NDArray[np.uint8]], Embeddings]  # (n, 112, 112, 3) chips -> (n, dimension)


@dataclass(frozen=True, slots=True)
class Person:
    """An enrolled person."""

    id: int
    name: str
    enrolled_at: str


@dataclass(frozen=True, slots=True)
class NewProbe:
    """One photograph's face, to be kept."""

    sha256: str  # of the photograph
    quality: float
    chip: Chip = field(repr=False)
    embedding: Embedding = field(repr=False)


def find_person(library: Library, name: str) -> Person | None:
    """The person called `name`."""
    return next(_people(library, "name = ?", name), None)


def all_people(library: Library) -> list[Person]:
    """Everybody who is enrolled."""
    return list(_people(library))


def _people(library: Library, where: str | None = None, *values: str) -> Iterator[Person]:
    rows = library.db.table("people").rows_where(where, values, select="id, name, enrolled_at", order_by="id")
    return (Person(**row) for row in rows)


def save_person(library: Library, name: str, now: str) -> Person:
    """Enrol a person, or find the one who is."""
    with library.atomic():
        library.db.table("people").insert({"name": name, "enrolled_at": now}, ignore=True)
        return next(_people(library, "name = ?", name))


def save_probe(library: Library, person: Person, pack: int, probe: NewProbe, now: str) -> None:
    """Keep one photograph's face of a person, sealed under the person's key.

    The same photograph is kept once.
    """
    with library.atomic():
        rows = library.db.table("probes").rows_where(
            "person_id = ? and sha256 = ?", [person.id, probe.sha256], select="id"
        )
        probe_id = next((row["id"] for row in rows), None)
        if probe_id is None:
            probe_id = _insert_probe(library, person, probe, now)
        save_probe_embedding(library, person, probe_id, pack, probe.embedding)


def _insert_probe(library: Library, person: Person, probe: NewProbe, now: str) -> int:
    """The chip is sealed when the row is there: it is bound to the row's number."""
    table = library.db.table("probes")
    values = {"person_id": person.id, "sha256": probe.sha256, "quality": probe.quality, "added_at": now}
    probe_id = insert_row(table, {**values, "chip": b""})
    sealer = library.sealer(f"person:{person.id}", create=True)
    table.update(probe_id, {"chip": sealer.seal(pack_chips([probe.chip]), probe_chip_aad(probe_id))})
    return probe_id


def save_probe_embedding(
    library: Library, person: Person, probe: int, pack: int, embedding: Embedding
) -> None:
    """Keep a probe's embedding by one pack."""
    sealer = library.sealer(f"person:{person.id}", create=True)
    sealed = sealer.seal(pack_embeddings(embedding[None]), probe_embedding_aad(probe, pack))
    with library.atomic():
        library.db.table("probe_vectors").insert(
            {"probe_id": probe, "pack_id": pack, "sealed": sealed}, replace=True
        )


def probe_embeddings(
    library: Library, person: Person, pack: int, dimension: int
) -> tuple[Embeddings, list[float]]:
    """Embeddings of a person's probes by one pack, (n, dimension), and the probes' qualities. n may be 0."""
    rows = library.db.execute(
        """
        select probe_id, pack_id, person_id, sealed, quality
        from probe_vectors
        join probes on probes.id = probe_id
        where person_id = ? and pack_id = ?
        order by probe_id
        """,
        [person.id, pack],
    ).fetchall()
    data = b"".join(ProbeBlock(*row[:4]).open(library) for row in rows)
    return unpack_embeddings(data, dimension), [row[4] for row in rows]


def enrolled_embeddings(
    library: Library, person: Person, pack: int, dimension: int, embed: Embed
) -> tuple[Embeddings, list[float]]:
    """The same, made from the kept chips and saved when this pack is new to the person.

    `pack` is negative when the library has no number for it; then nothing is made.
    """
    embeddings, qualities = probe_embeddings(library, person, pack, dimension)
    if qualities or pack < 0:
        return embeddings, qualities
    for probe, chip in _probe_chips(library, person):
        save_probe_embedding(library, person, probe, pack, embed(chip[None])[0])
    return probe_embeddings(library, person, pack, dimension)


def _probe_chips(library: Library, person: Person) -> list[tuple[int, Chip]]:
    """(probe id, aligned chip) of every probe of a person."""
    rows = library.db.execute(
        "select id, null, person_id, chip from probes where person_id = ? order by id", [person.id]
    )
    blocks = [ProbeBlock(*row) for row in rows]
    return [(block.probe, unpack_chips(block.open(library))[0]) for block in blocks]


def save_query(
    library: Library, *, now: str, person: str | None, purpose: str, outcome: str, appearances: int | None
) -> None:
    """Write down that somebody was searched for, or that it was refused. No template is kept here."""
    with library.atomic():
        library.db.table("queries").insert(
            {"at": now, "person": person, "purpose": purpose, "outcome": outcome, "appearances": appearances}
        )


def queries(library: Library, person: str | None = None) -> list[dict[str, Any]]:
    """The audit log, oldest first: at, person, purpose, outcome, appearances."""
    rows = library.db.table("queries").rows_where(
        "?1 is null or person = ?1",
        [person],
        select="at, person, purpose, outcome, appearances",
        order_by="id",
    )
    return list(rows)


def save_verdict(library: Library, person: Person, face: int, verdict: str, now: str) -> None:
    """Keep what the person says of a face: "me" or "not_me"."""
    with library.atomic():
        library.db.table("verdicts").insert(
            {"person_id": person.id, "face_id": face, "verdict": verdict, "at": now}, replace=True
        )


def verdicts(library: Library, person: Person) -> dict[int, str]:
    """Face id -> me, not_me."""
    rows = library.db.execute("select face_id, verdict from verdicts where person_id = ?", [person.id])
    return dict(rows.fetchall())
