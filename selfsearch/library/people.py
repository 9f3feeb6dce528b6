"""People who may be searched for, the photographs they are searched by, and what was asked about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..types import Chip, Embedding, Embeddings
from .faces import pack_chips, pack_embeddings, unpack_chips, unpack_embeddings
from .library import Library

Embed: TypeAlias = Callable[[NDArray[np.uint8]], Embeddings]  # (n, 112, 112, 3) chips -> (n, dimension)


@dataclass(frozen=True, slots=True)
class Person:
    """An enrolled person."""

    id: int
    name: str
    enrolled_at: str


def find_person(library: Library, name: str) -> Person | None:
    """The person called `name`."""
    row = library.db.execute("select id, name, enrolled_at from people where name = ?", [name]).fetchone()
    return Person(*row) if row else None


def all_people(library: Library) -> list[Person]:
    """Everybody who is enrolled."""
    return [
        Person(*row) for row in library.db.execute("select id, name, enrolled_at from people order by id")
    ]


def save_person(library: Library, name: str, now: str) -> Person:
    """Enrol a person, or find the one who is."""
    with library.atomic():
        library.db.execute(
            "insert into people (name, enrolled_at) values (?, ?) on conflict do nothing", [name, now]
        )
    person = find_person(library, name)
    assert person is not None  # noqa: S101  (just written)
    return person


@dataclass(frozen=True, slots=True)
class NewProbe:
    """One photograph's face, to be kept."""

    sha256: str  # of the photograph
    quality: float
    chip: Chip = field(repr=False)
    embedding: Embedding = field(repr=False)


def save_probe(library: Library, person: Person, pack: int, probe: NewProbe, now: str) -> None:
    """Keep one photograph's face of a person, sealed under the person's key. The same photograph is kept
    once.
    """
    sealer = library.sealer(f"person:{person.id}", create=True)
    with library.atomic():
        row = library.db.execute(
            "select id from probes where person_id = ? and sha256 = ?", [person.id, probe.sha256]
        ).fetchone()
        if row is None:
            row = library.db.execute(
                "insert into probes (person_id, sha256, quality, chip, added_at) values (?, ?, ?, x'', ?)"
                " returning id",
                [person.id, probe.sha256, probe.quality, now],
            ).fetchone()
            sealed = sealer.seal(pack_chips([probe.chip]), f"chip of probe {row[0]}")
            library.db.execute("update probes set chip = ? where id = ?", [sealed, row[0]])
        sealed = sealer.seal(pack_embeddings(probe.embedding[None]), f"vector of probe {row[0]}, pack {pack}")
        library.db.execute("insert or replace into probe_vectors values (?, ?, ?)", [row[0], pack, sealed])


def probe_embeddings(
    library: Library, person: Person, pack: int, dimension: int
) -> tuple[Embeddings, list[float]]:
    """(n, dimension) vectors of a person's probes and their qualities; n is 0 when none was made with this
    pack.
    """
    rows = library.db.execute(
        "select probe_vectors.probe_id, probe_vectors.sealed, probes.quality from probe_vectors"
        " join probes on probes.id = probe_vectors.probe_id where probes.person_id = ? and pack_id = ? order"
        " by probe_id",
        [person.id, pack],
    ).fetchall()
    if not rows:
        return np.empty((0, dimension), np.float32), []
    sealer = library.sealer(f"person:{person.id}")
    blocks = [sealer.open(sealed, f"vector of probe {probe}, pack {pack}") for probe, sealed, _ in rows]
    return unpack_embeddings(b"".join(blocks), dimension), [quality for _, _, quality in rows]


def enrolled_embeddings(
    library: Library, person: Person, pack: int, dimension: int, embed: Embed
) -> tuple[Embeddings, list[float]]:
    """The same, made from the kept chips and saved when this pack is new to the person.

    `pack` is negative when the library has no number for it; then nothing is made.
    """
    embeddings, qualities = probe_embeddings(library, person, pack, dimension)
    if qualities or pack < 0:
        return embeddings, qualities
    for probe, chip in probe_chips(library, person):
        save_probe_embedding(library, person, probe, pack, embed(chip[None])[0])
    return probe_embeddings(library, person, pack, dimension)


def probe_chips(library: Library, person: Person) -> list[tuple[int, Chip]]:
    """(probe id, aligned chip) of every probe of a person, to make vectors with another pack."""
    rows = library.db.execute(
        "select id, chip from probes where person_id = ? order by id", [person.id]
    ).fetchall()
    sealer = library.sealer(f"person:{person.id}") if rows else None
    return [
        (number, unpack_chips(sealer.open(blob, f"chip of probe {number}"))[0])
        for number, blob in rows
        if sealer
    ]


def save_probe_embedding(
    library: Library, person: Person, probe: int, pack: int, embedding: Embedding
) -> None:
    """Add another pack's vector to a probe."""
    sealed = library.sealer(f"person:{person.id}").seal(
        pack_embeddings(embedding[None]), f"vector of probe {probe}, pack {pack}"
    )
    with library.atomic():
        library.db.execute("insert or replace into probe_vectors values (?, ?, ?)", [probe, pack, sealed])


def save_query(
    library: Library, *, now: str, person: str | None, purpose: str, outcome: str, appearances: int | None
) -> None:
    """Write down that somebody was searched for, or that it was refused. No template is kept here."""
    with library.atomic():
        library.db.table("queries").insert(
            {"at": now, "person": person, "purpose": purpose, "outcome": outcome, "appearances": appearances}
        )


def queries(library: Library, person: str | None = None) -> list[dict[str, object]]:
    """The audit log, oldest first: at, person, purpose, outcome, appearances."""
    return list(
        library.db.query(
            "select at, person, purpose, outcome, appearances from queries where ?1 is null or person = ?1"
            " order by id",
            [person],
        )
    )


def save_verdict(library: Library, person: Person, face: int, verdict: str, now: str) -> None:
    """Keep what the person said of a face: "me" or "not_me"."""
    with library.atomic():
        library.db.execute(
            "insert or replace into verdicts values (?, ?, ?, ?)", [person.id, face, verdict, now]
        )


def verdicts(library: Library, person: Person) -> dict[int, str]:
    """Face id -> me, not_me."""
    rows = library.db.execute("select face_id, verdict from verdicts where person_id = ?", [person.id])
    return dict(rows.fetchall())
