"""The plain export: what the library knows, as an ordinary SQLite file that any tool opens.

Only what has live consent. Templates and chips are left out unless they are asked for; then each face has its
embedding (little-endian float32, in a column that is called vector) and its chip (JPEG). What was given out,
of whom and where to, is in the ledger before the file is there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ..errors import LibraryError
from ..files import delete_halves, move_file, private_folder
from . import ledger
from .db import id_list, marks
from .faces import find_chips
from .ledger import LedgerEntry
from .library import Library
from .sealed import MediaBlock
from .sources import all_sources

NAME = "selfsearch.db"
MEDIA = "select media_id from items where source_id in ({sources})"
TABLES = {  # table -> condition on what is given out
    "sources": "id in ({sources})",
    "items": "source_id in ({sources})",
    "sightings": "item_id in (select id from items where source_id in ({sources}))",
    "media": f"id in ({MEDIA})",
    "faces": f"media_id in ({MEDIA})",
    "verdicts": f"""
        face_id in (select id from faces where media_id in ({MEDIA}))
        and person_id in (select id from people where name in (select value from json_each(?)))
    """,
    "people": "name in (select value from json_each(?))",
}
HIDDEN = {
    "sources": {"stamps", "scanned_pack", "scanned_with", "detection", "older_told"},
    "media": {"detection"},
    "items": {"stamp", "said"},
    "faces": {"landmarks"},
}


def export(
    library: Library,
    folder: Path,
    sources: Collection[int],
    people: Collection[str],
    now: str,
    *,
    biometrics: bool = False,
) -> dict[str, int]:
    """Write `selfsearch.db`, for its owner alone, into a folder; returns rows per table.

    One that is there is replaced: ask before. Raises LibraryError when it cannot be written.
    """
    path = folder / NAME
    replacing = os.path.lexists(path)
    try:
        private_folder(folder.resolve())
        delete_halves(path)
        handle, part = tempfile.mkstemp(prefix=f".{NAME}.", suffix=".part", dir=folder)  # 0600 by contract
    except OSError as exc:
        raise LibraryError(f"{path} cannot be written: {exc.strerror}") from exc
    os.close(handle)
    try:
        with closing(sqlite3.connect(part)) as out:
            out.execute("pragma journal_mode = off")  # what is half is deleted
            counts = {table: _copy_table(library, out, table, sources, people) for table in TABLES}
            if biometrics:
                counts["biometrics"] = _write_biometrics(library, out, sources)
            out.commit()
        _record(library, LedgerEntry(now, "export", "library", str(path)), sources, people, counts)
        move_file(part, path, replacing=replacing)
    except (sqlite3.Error, OSError) as exc:
        raise LibraryError(f"{path} cannot be written: {exc}") from exc
    finally:
        Path(part).unlink(missing_ok=True)
    return counts


def _record(
    library: Library,
    entry: LedgerEntry,
    sources: Collection[int],
    people: Collection[str],
    counts: dict[str, int],
) -> None:
    roots = {row.root for row in all_sources(library) if row.id in sources}
    detail = {
        "biometrics": "biometrics" in counts,
        "sources": sorted(roots),
        "people": sorted(people),
        "rows": counts,
    }
    ledger.append(library, replace(entry, detail=json.dumps(detail, sort_keys=True)))


def _copy_table(
    library: Library, out: sqlite3.Connection, table: str, sources: Collection[int], people: Collection[str]
) -> int:
    columns = [column.name for column in library.db.table(table).columns]
    columns = [name for name in columns if name not in HIDDEN.get(table, ())]
    names = ", ".join(f'"{name}"' for name in columns)
    out.execute(f"create table {table} ({names})")
    where = TABLES[table].format(sources=id_list(sources))
    values = [json.dumps(sorted(people))] * where.count("?")
    rows = library.db.execute(f"select {names} from {table} where {where}", values)
    return out.executemany(f"insert into {table} values ({marks(columns)})", rows).rowcount


def _write_biometrics(library: Library, out: sqlite3.Connection, sources: Collection[int]) -> int:
    """One row per face and pack: the template and the aligned chip."""
    out.execute("create table biometrics (face_id, pack, dimension, vector, chip)")
    rows = library.db.execute(
        f"""
        select media_id, pack_id, source_id, sealed, count, name, dimension
        from vectors
        join packs on packs.id = pack_id
        where count > 0 and media_id in ({MEDIA.format(sources=id_list(sources))})
        """
    ).fetchall()
    count = 0
    for *columns, name, dimension in rows:
        block = MediaBlock(*columns)
        embeddings, chips = block.records(library), find_chips(library, block.media)
        jpegs = chips.records(library) if chips else []
        faces = library.db.execute("select id, ordinal from faces where media_id = ?", [block.media])
        count += out.executemany(
            "insert into biometrics values (?, ?, ?, ?, ?)",
            [(face, name, dimension, embeddings[at], jpegs[at]) for face, at in faces],
        ).rowcount
    return count
