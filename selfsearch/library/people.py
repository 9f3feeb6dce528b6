"""People who may be searched for, the photographs they are searched by, and what was asked about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..types import Chip, Embedding, Embeddings
from . import verdicts
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

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"  # base 32 without i, l, o and u, which are misread
ID_SIGNS = 6  # 30 bits: of 1,000 appearances two are alike once in 2,000 libraries
NOT_ERASING = "probes.id not in (select number from erasures where kind = 'probe')"

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
    entry: int | None = None  # of the ledger: the statement that it rests on
    is_stated: bool = True  # the statement is about this photograph; otherwise it resembled what was kept


@dataclass(frozen=True, slots=True)
class KeptProbe:
    """What a listing says of a photograph that a person is searched by."""

    number: int
    sha256: str  # of the photograph
    quality: float
    added_at: str
    entry: int | None
    is_stated: bool


@dataclass(frozen=True, slots=True)
class AuditedPhotographs:
    """A line of the audit log about the photographs by which a person is searched."""

    at: str
    person: str
    action: str  # add, remove
    outcome: str  # added, removed, refused
    photographs: tuple[str, ...] = ()  # sha256 of each; none of what was refused
    entry: int | None = None  # of the ledger
    confirmed: bool = False  # somebody had to say whom they show: they do not show it clearly


@dataclass(frozen=True, slots=True)
class AuditedQuestion:
    """A line of the audit log about a search."""

    at: str
    person: str | None  # None: nobody was named, and nobody was recognised
    purpose: str
    outcome: str  # answered, refused
    appearances: int | None
    confirmed: bool = False  # the photographs did not show clearly whom, and somebody said so


class EnrolledFaces(NamedTuple):
    """The faces that a person is searched by, as one pack sees them. There may be none.

    First one row per photograph that is kept of the person, then one per confirmed face.
    """

    embeddings: Embeddings  # (n, dimension)
    qualities: list[float]
    is_stated: NDArray[np.bool_]
    numbers: list[int]  # of the kept photographs

    @property
    def stated(self) -> Embeddings:
        """Embeddings of the photographs that a statement of consent is about: (m, dimension)."""
        return self.embeddings[self.is_stated]


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

    A photograph that is kept already stays as it is.
    """
    with library.atomic():
        if probe.sha256 not in {kept.sha256 for kept in kept_probes(library, person)}:
            number = _insert_probe(library, person, probe, now)
            save_probe_embedding(library, person, number, pack, probe.embedding)


def kept_probes(library: Library, person: Person) -> list[KeptProbe]:
    """The photographs that a person is searched by, oldest first; not one that is being erased."""
    rows = library.db.execute(
        f"""
        select id, sha256, quality, added_at, entry, stated
        from probes
        where person_id = ? and {NOT_ERASING}
        order by id
        """,
        [person.id],
    )
    return [
        KeptProbe(number, sha256, quality, added_at, entry, bool(stated))
        for number, sha256, quality, added_at, entry, stated in rows
    ]


def _insert_probe(library: Library, person: Person, probe: NewProbe, now: str) -> int:
    """The chip is sealed when the row is there: it is bound to the row's number."""
    table = library.db.table("probes")
    values = {
        "person_id": person.id, "sha256": probe.sha256, "quality": probe.quality, "added_at": now,
        "entry": probe.entry, "stated": int(probe.is_stated),
    }  # fmt: skip
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


def probe_embeddings(library: Library, person: Person, pack: int, dimension: int) -> EnrolledFaces:
    """A person's faces, of those that have an embedding by this pack."""
    rows = library.db.execute(
        f"""
        select probe_id, pack_id, person_id, sealed, quality, stated
        from probe_vectors
        join probes on probes.id = probe_id
        where person_id = ? and pack_id = ? and {NOT_ERASING}
        order by probe_id
        """,
        [person.id, pack],
    ).fetchall()
    data = b"".join(ProbeBlock(*row[:4]).open(library) for row in rows)
    is_stated = np.array([row[5] for row in rows], np.bool_)
    return EnrolledFaces(
        unpack_embeddings(data, dimension), [row[4] for row in rows], is_stated, [row[0] for row in rows]
    )


def enrolled_embeddings(
    library: Library, person: Person, pack: int, dimension: int, embed: Embed, sources: Collection[int]
) -> EnrolledFaces:
    """A person's faces; what has no embedding by this pack gets one from its kept chip, and it is saved.

    `pack` is negative when the library has no number for it; then nothing is made. `sources` are those that
    may be searched: confirmed faces in them count, if the person wanted that.
    """
    if pack >= 0:
        for probe, chip in _chips_without(library, person, pack):
            save_probe_embedding(library, person, probe, pack, embed(chip[None])[0])
    kept = probe_embeddings(library, person, pack, dimension)
    confirmed = verdicts.faces_searched_by(library, person.id, pack, dimension, sources)
    return EnrolledFaces(
        np.concatenate([kept.embeddings, confirmed.embeddings]),
        [*kept.qualities, *confirmed.qualities],
        np.concatenate([kept.is_stated, np.zeros(len(confirmed.faces), np.bool_)]),
        kept.numbers,
    )


def _chips_without(library: Library, person: Person, pack: int) -> list[tuple[int, Chip]]:
    """(probe id, aligned chip) of every probe of a person without an embedding by this pack."""
    rows = library.db.execute(
        f"""
        select id, null, person_id, chip
        from probes
        where person_id = ? and {NOT_ERASING}
            and id not in (select probe_id from probe_vectors where pack_id = ?)
        order by id
        """,
        [person.id, pack],
    )
    blocks = [ProbeBlock(*row) for row in rows]
    return [(block.probe, unpack_chips(block.open(library))[0]) for block in blocks]


def save_query(library: Library, question: AuditedQuestion) -> None:
    """Write down that somebody was searched for, or that it was refused. No template is kept here."""
    with library.atomic():
        library.db.table("queries").insert(asdict(question))


def save_photographs(library: Library, entry: AuditedPhotographs) -> None:
    """Write down that photographs of a person were added or removed, or were refused."""
    with library.atomic():
        library.db.table("queries").insert(asdict(entry) | {"photographs": json.dumps(entry.photographs)})


def audit_log(library: Library, person: str | None = None) -> list[dict[str, Any] | AuditedPhotographs]:
    """The audit log, oldest first: questions by the fields of AuditedQuestion, and photographs."""
    rows = library.db.table("queries").rows_where("?1 is null or person = ?1", [person], order_by="id")
    return [_question(row) if row["action"] == "query" else _photographs(row) for row in rows]


def was_asked(library: Library, person: Person) -> bool:
    """Whether a question about a person was answered; looks of re-scans are none."""
    row = library.db.execute(
        """
        select 1 from queries
        where person = ? and action = 'query' and outcome = 'answered' and purpose <> 're-scan'
        limit 1
        """,
        [person.name],
    ).fetchone()
    return row is not None


def _question(row: dict[str, Any]) -> dict[str, Any]:
    values = {column.name: row[column.name] for column in fields(AuditedQuestion)}
    return values | {"confirmed": bool(row["confirmed"])}


def _photographs(row: dict[str, Any]) -> AuditedPhotographs:
    values = {column.name: row[column.name] for column in fields(AuditedPhotographs)}
    values |= {"photographs": tuple(json.loads(row["photographs"])), "confirmed": bool(row["confirmed"])}
    return AuditedPhotographs(**values)


def appearance_id(library: Library, person: Person, face: int) -> str:
    """The short name under which a person's answers show a face: six signs of Crockford's base 32.

    The same face has another one for another person, and in another library, so that one which was read
    somewhere else means nothing here.
    """
    named = f"{library.library_id}/{person.id}/{face}".encode()
    number = int.from_bytes(hashlib.blake2s(named, person=b"answer").digest(), "big")
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in range(ID_SIGNS))
