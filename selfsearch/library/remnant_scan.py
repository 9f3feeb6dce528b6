"""Remnants: what an erasure must leave nowhere, collected before it and searched for after it.

Texts are looked for in every text column of the library but the ledger's; samples of templates, chips and
texts in the bytes of every file of the library's folder, as they are, as hexadecimal, and inside files that
are compressed. What the database itself holds beside its rows is seen to by slack.py.
"""

from __future__ import annotations

import gzip
import json
import mmap
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import LibraryError
from .erasure import BEHIND_LINKS, SAMPLE_BYTES, SAMPLED, Erasure
from .faces import find_chips
from .library import Library
from .sealed import MediaBlock, probe_blocks

LARGEST = 64 << 20  # bytes of a compressed file that are unpacked to look inside
SHORTEST = 8  # characters: shorter texts stand in many files by chance
PUBLIC = {"packs"}  # model packs: checked by their checksums, never written by index or query
DATABASES = tuple(f"{name}.db{side}" for name in ("library", "keys") for side in ("", "-wal", "-shm"))


@dataclass(frozen=True)
class Traces:
    """What must not be found any more. Its repr shows none of it."""

    texts: frozenset[str] = field(repr=False)
    samples: tuple[bytes, ...] = field(repr=False)

    def pattern(self) -> re.Pattern[bytes] | None:
        """What finds the samples in bytes, in any of their forms; None when there are none."""
        forms = {
            form
            for sample in self.samples
            for form in (sample, sample.hex().encode(), sample.hex().upper().encode())
        }
        return re.compile(b"|".join(re.escape(form) for form in sorted(forms))) if forms else None


def collect(library: Library, erasures: Sequence[Erasure]) -> Traces:
    """What these requests will erase and nothing that stays has, too."""
    with library.atomic():
        library.db.execute("create temp table if not exists doomed (id integer primary key) strict")
        library.db.execute("delete from temp.doomed")
        for kind, column in (("source", "source_id"), ("media", "media_id")):
            library.db.conn.executemany(
                f"insert or ignore into temp.doomed select id from items where {column} = ?",
                [(erasure.number,) for erasure in erasures if erasure.kind == kind],
            )
        library.db.conn.executemany(
            f"insert or ignore into temp.doomed select id from items where {BEHIND_LINKS}",
            [(erasure.folder,) for erasure in erasures if erasure.kind == "source"],
        )
        texts = {text for query in DOOMED_TEXTS for (text,) in library.db.execute(query)}
        texts = {text for text in texts if len(text) >= SHORTEST}
        for erasure in erasures:
            if erasure.kind == "person":
                texts.update(sha256 for (sha256,) in library.db.execute(PROBE_HASHES, [erasure.number]))
        going = {erasure.subject for erasure in erasures if erasure.kind == "person"}
        texts -= {sha256 for name, sha256 in library.db.execute(HASHES_ON_RECORD) if name not in going}
        samples = [*_samples(library, sorted(texts, key=len)[-SAMPLED:]), *_probe_samples(library, erasures)]
        return Traces(frozenset(texts), tuple(samples))


def remnants(library: Library, traces: Traces) -> tuple[list[str], int]:
    """Where something erased is still found, and how many files were searched.

    A place is table.column, or a file's name within the library.
    """
    places = list(_columns_with(library, traces.texts))
    pattern, searched = traces.pattern(), 0
    for path in library.home.rglob("*"):
        name = path.relative_to(library.home)
        if path.is_file() and name.parts[0] not in PUBLIC:
            searched += 1
            # encrypted; and to close a file that SQLite has open would take its locks off (Library.raw)
            if pattern and str(name) not in DATABASES and _holds(path, pattern):
                places.append(str(name))
    return sorted(set(places)), searched


def _only_doomed(column: str, table: str, item: str) -> str:
    """Values that only doomed files have."""
    rows = f"select {column} from {table} where {column} is not null and {item}"
    return f"""
        {rows} in (select id from temp.doomed)
        except
        {rows} not in (select id from temp.doomed)
    """


MEDIA_ITEMS = "media join items on items.media_id = media.id"
DOOMED_TEXTS = (
    _only_doomed("address", "items", "id"),
    _only_doomed("real", "items", "id"),
    _only_doomed("caption", "sightings", "item_id"),
    _only_doomed("url", "sightings", "item_id"),
    _only_doomed("media.sha256", MEDIA_ITEMS, "items.id"),
    _only_doomed("media.caption", MEDIA_ITEMS, "items.id"),
)
HASHES_ON_RECORD = """
    select people.name, probes.sha256 from probes join people on people.id = probes.person_id
    union
    select queries.person, value from queries, json_each(queries.photographs)
"""  # of photographs by which people are, or were, searched: they stay with the person
PROBE_HASHES = "select sha256 from probes where person_id = ? except select sha256 from media"


def _samples(library: Library, texts: Sequence[str]) -> Iterator[bytes]:
    """The beginnings of templates, chips and sealed blocks, and some texts."""
    yield from (text.encode()[-SAMPLE_BYTES:] for text in texts)
    rows = library.db.execute(
        """
        select media_id, pack_id, source_id, sealed, count
        from vectors
        where count > 0
            and media_id in (
                select media_id from items where id in (select id from temp.doomed)
            )
            and media_id not in (
                select media_id from items
                where media_id is not null and id not in (select id from temp.doomed)
            )
        limit ?
        """,
        [SAMPLED],
    ).fetchall()
    for block in map(MediaBlock._make, rows):
        yield block.sealed[:SAMPLE_BYTES]
        chips = find_chips(library, block.media)
        try:
            yield block.open(library)[:SAMPLE_BYTES]
            if chips:
                # the first bytes of every JPEG are alike; those behind its tables are not
                yield chips.open(library)[-SAMPLE_BYTES:]
        except LibraryError:
            continue  # it does not open: nothing of it can lie about


def _probe_samples(library: Library, erasures: Sequence[Erasure]) -> Iterator[bytes]:
    """The same of the photographs that people are searched by."""
    for erasure in erasures:
        for block in probe_blocks(library, erasure.kind, erasure.number or 0):
            yield block.sealed[:SAMPLE_BYTES]
            try:
                yield block.open(library)[-SAMPLE_BYTES:]
            except LibraryError:
                continue


def _columns_with(library: Library, texts: Collection[str]) -> Iterator[str]:
    """table.column where one of `texts` stands, also inside JSON.

    In every table but the ledger (it says what was consented to) and the requests.
    """
    library.db.execute("create temp table if not exists erased (text text primary key) strict")
    library.db.execute("delete from temp.erased")
    library.db.conn.executemany("insert into temp.erased values (?)", [(text,) for text in texts])
    for table in library.db.table_names():
        if table in ("consents", "erasures") or table.startswith(("_sqlite", "sqlite")):
            continue
        for column in library.db.table(table).columns:
            if column.type.lower() != "text":
                continue
            query = f'''
                select distinct "{column.name}"
                from "{table}"
                where "{column.name}" in (select text from temp.erased)
                    or (substr("{column.name}", 1, 1) in ('[', '{{') and length("{column.name}") > 2)
            '''
            rows = library.db.execute(query)
            if any(not _strings(text).isdisjoint(texts) for (text,) in rows):
                yield f"{table}.{column.name}"
    library.db.execute("drop table temp.erased")


def _strings(text: str) -> set[str]:
    """The text, and every text inside it when it is JSON."""
    if text[:1] not in "[{":
        return {text}
    try:
        return {text, *_leaves(json.loads(text))}
    except ValueError:
        return {text}


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from _leaves(element)
    elif isinstance(value, dict):
        yield from _leaves([*value, *value.values()])


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
        return bool(pattern.search(_decompress(file.read(LARGEST))))


def _decompress(data: bytes) -> bytes:
    try:
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else zlib.decompress(data)
    except (OSError, EOFError, zlib.error):
        return b""
