"""The plain export: what the library knows, as an ordinary SQLite file that any tool opens.

Only what has live consent.

Templates and chips are left out unless they are asked for; then each face has its vector (little-endian
float32) and its chip (JPEG).
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from ..errors import LibraryError
from ..files import private_folder
from .faces import chips_aad, embeddings_aad, split_chips
from .library import Library

NAME = "selfsearch.db"
TABLES = {  # table -> condition on what is given out; {} are the numbers of the sources
    "sources": "id in ({})",
    "items": "source_id in ({})",
    "sightings": "item_id in (select id from items where source_id in ({}))",
    "media": "id in (select media_id from items where source_id in ({}))",
    "faces": "media_id in (select media_id from items where source_id in ({}))",
    "verdicts": "face_id in (select id from faces where media_id in (select media_id from items where"
    " source_id in ({})))"
    " and person_id in (select id from people where name in (select value from json_each(?)))",
    "people": "name in (select value from json_each(?))",
}
HIDDEN = {"sources": {"stamps", "scanned_pack"}, "items": {"stamp", "said"}, "faces": {"landmarks"}}


def export(
    library: Library,
    folder: Path,
    sources: Collection[int],
    people: Collection[str],
    *,
    biometrics: bool = False,
) -> dict[str, int]:
    """Write `selfsearch.db` into a private folder; returns rows per table.

    Raises LibraryError when it cannot be written.
    """
    private_folder(folder)
    path, part = folder / NAME, folder / f".{NAME}.part"
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(part)) as out:
            counts = {table: _copy(library, out, table, sources, people) for table in TABLES}
            if biometrics:
                counts["biometrics"] = _biometrics(library, out, sources)
            out.commit()
        os.replace(part, path)
    except sqlite3.Error as exc:
        raise LibraryError(f"{path} cannot be written: {exc}") from exc
    finally:
        part.unlink(missing_ok=True)
    return counts


def _copy(
    library: Library, out: sqlite3.Connection, table: str, sources: Collection[int], people: Collection[str]
) -> int:
    columns = [one.name for one in library.db.table(table).columns if one.name not in HIDDEN.get(table, ())]
    names = ", ".join(f'"{name}"' for name in columns)
    out.execute(f"create table {table} ({names})")
    where = TABLES[table].format(",".join(map(str, sources)) or "-1")
    values = [json.dumps(sorted(people))] * where.count("?")
    rows = library.db.execute(f"select {names} from {table} where {where}", values)
    marks = ", ".join("?" * len(columns))
    return out.executemany(f"insert into {table} values ({marks})", rows).rowcount


def _biometrics(library: Library, out: sqlite3.Connection, sources: Collection[int]) -> int:
    """One row per face and pack: the template and the aligned chip."""
    out.execute("create table biometrics (face_id, pack, dimension, vector, chip)")
    where = TABLES["faces"].format(",".join(map(str, sources)) or "-1")
    count = 0
    query = (
        "select vectors.media_id, pack_id, source_id, sealed, name, dimension from vectors"
        f" join packs on packs.id = pack_id where vectors.count > 0 and {where}"
    )
    for media, pack, source, sealed, name, dimension in library.db.execute(query).fetchall():
        block = library.sealer(f"source:{source}").open(sealed, embeddings_aad(media, pack))
        chips = _chips(library, media)
        faces = library.db.execute("select id, ordinal from faces where media_id = ?", [media]).fetchall()
        rows = [
            (face, name, dimension, block[at * dimension * 4 : (at + 1) * dimension * 4], chips[at])
            for face, at in faces
        ]
        count += out.executemany("insert into biometrics values (?, ?, ?, ?, ?)", rows).rowcount
    return count


def _chips(library: Library, media: int) -> list[bytes]:
    row = library.db.execute("select source_id, sealed from chips where media_id = ?", [media]).fetchone()
    return split_chips(library.sealer(f"source:{row[0]}").open(row[1], chips_aad(media))) if row else []
