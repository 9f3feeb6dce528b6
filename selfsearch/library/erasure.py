"""Erasing: rows first, in one transaction per request, then keys, reports and free pages, then a search for
what was erased.

A request stands in `erasures` until its receipt is in the ledger, so whatever is interrupted is completed by
the next command that writes. Its source is marked `erasing` in the same step: no search shows it from that
moment on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import UsageError
from ..types import isoformat
from . import faces, ledger, rekey
from .library import Library

COUNTED = {  # table -> what a receipt calls its rows
    "sources": "sources",
    "scans": "scans",
    "items": "files",
    "sightings": "sightings",
    "media": "media",
    "faces": "faces",
    "chips": "sealed chip blocks",
    "vectors": "sealed vector blocks",
    "people": "people",
    "probes": "probe photographs",
    "probe_vectors": "probe vectors",
    "verdicts": "verdicts",
    "queries": "entries of the audit log",
    "appearances": "remembered appearances",
    "changes": "remembered changes",
}


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request to erase. `counts` is set once its rows are gone."""

    id: int
    kind: str  # source, person, media, bystanders, library
    number: int | None
    subject: str
    began_at: str
    counts: dict[str, int] | None


def request(library: Library, kind: str, number: int | None, subject: str, now: datetime) -> None:
    """Ask for something to be erased.

    Needs no writer's place, so that it can be asked while another process writes.
    """
    with library.atomic():
        library.db.execute(
            "insert into erasures (kind, number, subject, began_at) select ?, ?, ?, ? where not exists"
            " (select 1 from erasures where kind = ? and number is ? and counts is null)",
            [kind, number, subject, isoformat(now), kind, number],
        )
        if kind == "source":
            library.db.execute("update sources set state = 'erasing' where id = ?", [number])


def pending(library: Library) -> list[Erasure]:
    """Requests whose receipt is not yet written, oldest first."""
    return [
        Erasure(**{**row, "counts": row["counts"] and json.loads(row["counts"])})
        for row in library.db.query("select * from erasures order by id")
    ]


def key_name(erasure: Erasure) -> str | None:
    """The key that must be destroyed with it."""
    return f"{erasure.kind}:{erasure.number}" if erasure.kind in ("source", "person") else None


def purge(library: Library, erasure: Erasure) -> None:
    """Remove the rows of a source, a person, a media file or (library) everything left, and count them."""
    with library.atomic():
        before = _totals(library)
        if erasure.kind == "source":
            _purge_source(library, erasure.number or 0)
        elif erasure.kind == "person":
            _purge_person(library, erasure.subject)
        elif erasure.kind == "media":
            _purge_items(library, "media_id = ?", erasure.number or 0)
        elif erasure.kind == "library":
            library.db.execute("delete from queries")
        after = _totals(library)
        counted(library, erasure, {COUNTED[table]: before[table] - after[table] for table in COUNTED})


def counted(library: Library, erasure: Erasure, counts: dict[str, int]) -> None:
    """Note that the rows are gone, and how many they were."""
    kept = {name: count for name, count in counts.items() if count}
    library.db.execute("update erasures set counts = ? where id = ?", [json.dumps(kept), erasure.id])


def conclude(library: Library, done: list[Erasure], detail: dict[str, Any], now: datetime) -> ledger.Entry:
    """Write the receipt of requests that belong together into the ledger; they are done."""
    kind, subject = done[0].kind, done[0].subject
    if kind not in ("source", "person"):
        kind = "library"
    elif kind == "source" and _is_shared(library, subject):  # consent goes on for what else is at that path
        kind, subject = "library", f"source {done[0].number} of {subject}"
    entry = ledger.Entry(
        at=isoformat(now), event="erase", kind=kind, subject=subject,
        detail=json.dumps(detail, sort_keys=True),
    )  # fmt: skip
    with library.atomic():
        written = ledger.append(library, entry)
        library.db.conn.executemany("delete from erasures where id = ?", [(one.id,) for one in done])
    return written


def find_media(library: Library, sha256: str) -> int:
    """The number of the content with this hash. Raises UsageError when the library does not have it."""
    row = library.db.execute("select id from media where sha256 = ?", [sha256]).fetchone()
    if row is None:
        raise UsageError("the library holds no media file with that sha256")
    return int(row[0])


def media_at(library: Library, place: str) -> list[int]:
    """Numbers of the content that was found at an address, in a folder or in an archive."""
    rows = library.db.execute(
        "select distinct media_id from items where media_id is not null and (address = ?1"
        " or substr(address, 1, length(?1) + 1) in (?1 || '/', ?1 || '!')) order by media_id",
        [place],
    )
    return [number for (number,) in rows]


def _is_shared(library: Library, root: str) -> bool:
    query = "select 1 from sources where root = ? and state <> 'erasing' limit 1"
    return library.db.execute(query, [root]).fetchone() is not None


def _totals(library: Library) -> dict[str, int]:
    return {table: library.db.execute(f"select count(*) from {table}").fetchone()[0] for table in COUNTED}


def _purge_source(library: Library, number: int) -> None:
    _purge_items(library, "source_id = ?", number)
    library.db.execute("update sources set successor = null where successor = ?", [number])
    library.db.execute("delete from sources where id = ?", [number])


def _purge_person(library: Library, name: str) -> None:
    library.db.execute("delete from queries where person = ?", [name])
    library.db.execute("delete from people where name = ?", [name])


def _purge_items(library: Library, where: str, number: int) -> None:
    """Remove files and what is known from them alone.

    Content that another source has too is sealed under its key.
    """
    rows = library.db.execute(f"select address from items where {where}", [number])
    addresses = {address for (address,) in rows}
    known = _faces(library)
    library.db.execute(f"delete from items where {where}", [number])
    faces.prune(library)
    rekey.reseal(library, where, number)
    forget_appearances(library, known - _faces(library), addresses)


def _faces(library: Library) -> set[int]:
    return {face for (face,) in library.db.execute("select id from faces")}


def forget_appearances(library: Library, gone: set[int], addresses: set[str]) -> None:
    """Take faces and addresses out of what is remembered of earlier answers."""
    for table in ("appearances", "changes"):
        library.db.conn.executemany(f"delete from {table} where face_id = ?", [(face,) for face in gone])
    for column in ("before", "after"):
        for number, text in library.db.execute(f"select id, {column} from changes").fetchall():
            state = json.loads(text)
            if addresses & set(state.get("places", ())):
                state["places"] = [place for place in state["places"] if place not in addresses]
                values = [json.dumps(state), number]
                library.db.execute(f"update changes set {column} = ? where id = ?", values)
    rows = library.db.execute("select person_id, face_id, places from appearances").fetchall()
    for person, face, text in rows:
        places = [place for place in json.loads(text) if place not in addresses]
        library.db.execute(
            "update appearances set places = ? where person_id = ? and face_id = ? and places <> ?1",
            [json.dumps(places), person, face],
        )
