"""Traces: what an erasure must leave nowhere, collected before it and searched for after it.

Texts are looked for in every text column of the library but the ledger's; samples of templates, chips and
texts in the bytes of every file of the library's folder, as they are, as hexadecimal, and inside files that
are compressed.
"""

from __future__ import annotations

import gzip
import json
import mmap
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import LibraryError
from .erasure import Erasure
from .faces import chips_aad, embeddings_aad
from .library import Library

SAMPLED = 24  # media whose bytes are searched for in files, and as many texts
PIECE = 48  # bytes of each: enough to be unique
LARGEST = 64 << 20  # bytes of a compressed file that are unpacked to look inside
SHORTEST = 8  # characters: shorter texts stand in many files by chance
PUBLIC = {"packs"}  # model packs: checked by their checksums, never written by index or query


@dataclass(frozen=True)
class Traces:
    """What must not be found any more. Its repr shows none of it."""

    texts: frozenset[str] = field(repr=False)
    samples: tuple[bytes, ...] = field(repr=False)


def collect(library: Library, erasures: Sequence[Erasure]) -> Traces:
    """What these requests will erase and nothing that stays has, too."""
    with library.atomic():
        library.db.execute("create temp table if not exists doomed (id integer primary key) strict")
        library.db.execute("delete from temp.doomed")
        for kind, column in (("source", "source_id"), ("media", "media_id")):
            library.db.conn.executemany(
                f"insert or ignore into temp.doomed select id from items where {column} = ?",
                [(one.number,) for one in erasures if one.kind == kind],
            )
        texts = {text for query in _TEXTS for (text,) in library.db.execute(query) if len(text) >= SHORTEST}
        for one in erasures:
            if one.kind == "person":
                texts.update(row[0] for row in library.db.execute(_PROBES, [one.number]))
        return Traces(frozenset(texts), tuple(_samples(library, sorted(texts, key=len)[-SAMPLED:])))


def remnants(library: Library, traces: Traces) -> tuple[list[str], int]:
    """Where something erased is still found (table.column, or a file's name), and how many files were
    searched.
    """
    found = [place for place, cell in _cells(library) if not traces.texts.isdisjoint(_strings(cell))]
    files = sorted(path for path in library.home.rglob("*") if path.is_file() and not _public(library, path))
    pattern = _pattern(traces.samples)
    found += [str(path.relative_to(library.home)) for path in files if pattern and _holds(path, pattern)]
    return sorted(set(found)), len(files)


def _only(column: str, table: str, item: str) -> str:
    """Values that only doomed files have."""
    rows = f"select {column} from {table} where {column} is not null and {item}"
    return f"{rows} in (select id from temp.doomed) except {rows} not in (select id from temp.doomed)"


_JOINED = "media join items on items.media_id = media.id"
_TEXTS = (
    _only("address", "items", "id"),
    _only("caption", "sightings", "item_id"),
    _only("url", "sightings", "item_id"),
    _only("media.sha256", _JOINED, "items.id"),
    _only("media.caption", _JOINED, "items.id"),
)
_PROBES = "select sha256 from probes where person_id = ? except select sha256 from media"


def _samples(library: Library, texts: Sequence[str]) -> Iterator[bytes]:
    """The beginnings of templates, chips and sealed blocks, and some texts."""
    yield from (text.encode()[-PIECE:] for text in texts)
    query = "select media_id, pack_id, source_id, sealed from vectors where count > 0 and media_id in"
    query += " (select media_id from items where id in (select id from temp.doomed)) and media_id not in"
    query += " (select media_id from items where media_id is not null"
    query += " and id not in (select id from temp.doomed)) limit ?"
    for media, pack, source, sealed in library.db.execute(query, [SAMPLED]).fetchall():
        yield sealed[:PIECE]
        chips = library.db.execute("select sealed from chips where media_id = ?", [media]).fetchone()
        try:
            sealer = library.sealer(f"source:{source}")
            yield sealer.open(sealed, embeddings_aad(media, pack))[:PIECE]
            if chips:
                # the first bytes of every JPEG are alike; those behind its tables are not
                yield sealer.open(chips[0], chips_aad(media))[-PIECE:]
        except LibraryError:
            continue  # it does not open: nothing of it can lie about


def _cells(library: Library) -> Iterator[tuple[str, str]]:
    """Every text in every table but the ledger (it says what was consented to) and the requests."""
    for table in library.db.table_names():
        if table in ("consents", "erasures") or table.startswith(("_sqlite", "sqlite")):
            continue
        for column in library.db.table(table).columns:
            if column.type.lower() != "text":
                continue
            query = f'select distinct "{column.name}" from "{table}" where "{column.name}" is not null'
            for (cell,) in library.db.execute(query):
                yield f"{table}.{column.name}", cell


def _strings(cell: str) -> set[str]:
    """The text, and every text inside it when it is JSON."""
    if cell[:1] not in "[{":
        return {cell}
    try:
        return {cell, *_leaves(json.loads(cell))}
    except ValueError:
        return {cell}


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, dict):
        yield from _leaves([*value, *value.values()])


def _public(library: Library, path: Path) -> bool:
    return path.relative_to(library.home).parts[0] in PUBLIC


def _pattern(samples: Sequence[bytes]) -> re.Pattern[bytes] | None:
    forms = {form for one in samples for form in (one, one.hex().encode(), one.hex().upper().encode())}
    return re.compile(b"|".join(re.escape(form) for form in sorted(forms))) if forms else None


def _holds(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether a file's bytes, or what is compressed in it, hold a trace."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if pattern.search(data):
                return True
            head = data[:2]
        if head != b"\x1f\x8b" and head[:1] != b"\x78":
            return False
        file.seek(0)
        packed = file.read(LARGEST)
    return bool(pattern.search(_unpacked(packed)))


def _unpacked(packed: bytes) -> bytes:
    try:
        return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else zlib.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return b""
