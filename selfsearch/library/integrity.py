"""What can be checked of the databases themselves, and how what is damaged is taken out so that it is made
anew.

Everything is streamed: no more than one media file's chips and vectors are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .db import Database, DatabaseError
from .library import Library
from .schema import keys_schema, schema

JSON_COLUMNS = {
    "sources": ("periods", "account_was", "containers", "stamps"),
    "scans": ("counts",),
    "media": ("people",),
    "sightings": ("people",),
    "appearances": ("places",),
    "changes": ("before", "after"),
}
TIME_COLUMNS = {
    "consents": ("at",),
    "sources": ("added_at", "scanned_at"),
    "scans": ("started_at", "finished_at"),
    "items": ("found_at", "gone_at"),
    "people": ("enrolled_at",),
    "probes": ("added_at",),
    "verdicts": ("at",),
    "queries": ("at",),
}


@dataclass(frozen=True, slots=True)
class Block:
    """One sealed block of a media file: its chips (pack 0), or its vectors made with one pack."""

    media: int
    source: int
    pack: int
    dimension: int
    count: int  # what the row says it holds
    faces: int  # what there are of it
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ProbeBlock:
    """A sealed chip (pack 0) or vector of one photograph that a person is searched by."""

    probe: int
    person: int
    pack: int
    dimension: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan that has begun and not ended."""

    source: int
    title: str
    root: str
    started_at: str


def behind(library: Library) -> bool:
    """Whether this version knows tables that the library has not got yet."""
    return bool(schema.pending(library.db) or keys_schema.pending(library.keys))


def damage(db: Database) -> list[str]:
    """What SQLCipher (every page's seal) and SQLite (the structure) find wrong with a file; empty when it
    is sound.
    """
    found: list[str] = []
    for pragma, sound in (("cipher_integrity_check", []), ("integrity_check(10)", ["ok"])):
        try:
            said = [str(row[0]) for row in db.execute(f"pragma {pragma}")]
        except DatabaseError as exc:
            said = [str(exc)]
        if said != sound:
            found += said
    return found


def dangling(db: Database) -> dict[tuple[str, str], int]:
    """Rows that refer to one that is not there: (table, table referred to) -> how many."""
    counts: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in db.execute("pragma foreign_key_check"):
        counts[table, parent] = counts.get((table, parent), 0) + 1
    return counts


def bad_json(library: Library) -> dict[str, int]:
    """table.column -> rows whose value is no JSON."""
    return _bad(library, JSON_COLUMNS, "{} is not null and not json_valid({})")


def bad_times(library: Library) -> dict[str, int]:
    """table.column -> rows whose value is no time."""
    return _bad(library, TIME_COLUMNS, "{} is not null and datetime({}) is null")


def _bad(library: Library, columns: dict[str, tuple[str, ...]], condition: str) -> dict[str, int]:
    counts = {
        f"{table}.{name}": _count(library, table, condition.format(f'"{name}"', f'"{name}"'))
        for table, names in columns.items()
        for name in names
    }
    return {name: count for name, count in counts.items() if count}


def _count(library: Library, table: str, condition: str) -> int:
    row = library.db.execute(f"select count(*) from {table} where {condition}").fetchone()
    return int(row[0])


def other_outcomes(library: Library, known: Sequence[str]) -> dict[str, int]:
    """Outcomes that are none of `known` -> how many files have them."""
    marks = ",".join("?" * len(known))
    rows = library.db.execute(
        f"select outcome, count(*) from items where outcome not in ({marks}) group by outcome",
        list(known),
    )
    return dict(rows.fetchall())


def unfinished(library: Library) -> list[Scan]:
    """Sources whose newest scan did not end, or was interrupted."""
    rows = library.db.execute(
        "select sources.id, title, root, started_at from scans join sources on sources.id = source_id"
        " where scans.id in (select max(id) from scans group by source_id)"
        " and scans.state in ('running', 'interrupted') order by sources.id"
    )
    return [Scan(*row) for row in rows]


def chip_blocks(library: Library) -> Iterator[Block]:
    """Every media file's sealed chips."""
    rows = library.db.execute(
        "select media_id, source_id, 0, 0, n, n, sealed from (select media_id, source_id, sealed,"
        " (select count(*) from faces where faces.media_id = chips.media_id) as n from chips)"
    )
    return (Block(*row) for row in rows)


def embedding_blocks(library: Library) -> Iterator[Block]:
    """Every media file's sealed vectors, of every pack."""
    rows = library.db.execute(
        "select media_id, source_id, pack_id, dimension, count,"
        " (select count(*) from faces where faces.media_id = vectors.media_id), sealed"
        " from vectors join packs on packs.id = pack_id"
    )
    return (Block(*row) for row in rows)


def probe_blocks(library: Library) -> Iterator[ProbeBlock]:
    """Every person's sealed chips and vectors."""
    rows = library.db.execute(
        "select id, person_id, 0, 0, chip from probes union all"
        " select probe_id, person_id, pack_id, dimension, sealed from probe_vectors"
        " join probes on probes.id = probe_id join packs on packs.id = pack_id"
    )
    return (ProbeBlock(*row) for row in rows)


def without(library: Library, table: str) -> list[int]:
    """Media that have faces and no row in `table` (chips, vectors)."""
    rows = library.db.execute(
        "select distinct media_id from faces where not exists"
        f" (select 1 from {table} where {table}.media_id = faces.media_id) order by media_id"
    )
    return [number for (number,) in rows]


def drop_embeddings(library: Library, blocks: Sequence[tuple[int, int]]) -> None:
    """Take out vectors, by (media, pack); they are made anew from the chips."""
    with library.atomic():
        library.db.conn.executemany("delete from vectors where media_id = ? and pack_id = ?", blocks)


def read_again(library: Library, media: Sequence[int]) -> int:
    """Take out chips and vectors of media whose files are still there, so that the next index reads these
    again.

    Returns of how many; the others stay as they are, because nothing could replace them.
    """
    there = "select 1 from items where items.media_id = ? and gone_at is null"
    with library.atomic():
        present = [number for number in media if library.db.execute(there, [number]).fetchone()]
        for number in present:
            library.db.execute("delete from chips where media_id = ?", [number])
            library.db.execute("delete from vectors where media_id = ?", [number])
            library.db.execute(
                "update sources set scanned_pack = null where id in (select source_id from items where"
                " media_id = ?)",
                [number],
            )
    return len(present)
