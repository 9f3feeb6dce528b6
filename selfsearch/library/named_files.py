"""Files of the library by the paths that people read of them, and the records of their exports."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..containers.base import printable
from ..types import Facts, Location, Outcome, Provenance, Timestamp
from .db import id_list
from .items import provenance_of
from .library import Library


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file with everything that is kept of where it is, but for its faces."""

    id: int
    source: int
    media: int | None  # its content
    address: str  # absolute; a member of an archive is ARCHIVE!MEMBER
    outcome: Outcome
    reason: str | None
    gone: bool
    facts: Facts  # what the file itself says
    provenance: tuple[Provenance, ...]


def find_files(library: Library, name: str, sources: Sequence[int], most: int) -> list[NamedFile]:
    """The files of these sources at a path, else those whose path ends with it; at most so many."""
    exact = {printable(name), printable(os.path.abspath(name))}
    found = _find(library, "items.address in (select value from json_each(?))", [*exact], sources, most)
    if found:
        return found
    ends = [sign + printable(name.removeprefix("./")) for sign in "/!"]
    where = """
        exists (
            select 1 from json_each(?)
            where substr(items.address, -length(value)) = value
        )
    """
    return _find(library, where, ends, sources, most)


def files_at(library: Library, addresses: Sequence[str], sources: Sequence[int]) -> list[NamedFile]:
    """The files of these sources at these very addresses."""
    return _find(library, "items.address in (select value from json_each(?))", addresses, sources, None)


def files_with(library: Library, media: int, sources: Sequence[int]) -> list[NamedFile]:
    """The files of these sources that hold, or held, this content; behind links those that are there now."""
    where = (
        "items.media_id in (select value from json_each(?)) and (items.gone_at is null or items.real is null)"
    )
    return _find(library, where, [media], sources, None)


def _find(
    library: Library, where: str, values: Sequence[str | int], sources: Sequence[int], most: int | None
) -> list[NamedFile]:
    rows = library.db.query(
        f"""
        select items.id, items.source_id, items.media_id, items.address,
            items.outcome, items.reason, items.gone_at,
            media.taken_at, media.taken_at_source, media.latitude, media.longitude, media.caption
        from items
        left join media on media.id = items.media_id
        where items.source_id in ({id_list(sources)}) and {where}
        order by items.id
        limit {-1 if most is None else int(most)}
        """,
        [json.dumps(values)],
    )
    return [
        NamedFile(
            id=row["id"],
            source=row["source_id"],
            media=row["media_id"],
            address=row["address"],
            outcome=Outcome(row["outcome"]),
            reason=row["reason"],
            gone=row["gone_at"] is not None,
            facts=Facts(
                Timestamp.of(row["taken_at"], row["taken_at_source"]),
                None if row["latitude"] is None else Location(row["latitude"], row["longitude"], "EXIF"),
                row["caption"],
            ),
            provenance=tuple(_said_of(library, row["id"])),
        )
        for row in list(rows)
    ]


def _said_of(library: Library, item: int) -> Iterable[Provenance]:
    rows = library.db.query("select * from sightings where item_id = ? order by rowid", [item])
    return map(provenance_of, rows)


def place_of(library: Library, source: int, path: str) -> str | None:
    """Where a record, or a folder ("a/b/"), of a source's export is; None when that is not known."""
    where, values = "path = ?", [path]
    if path.endswith("/"):
        where, values = "path > ? and path < ?", [path, f"{path[:-1]}0"]  # "0" comes after "/"
    row = library.db.execute(
        f"select path, address from items where source_id = ? and {where} limit 1", [source, *values]
    ).fetchone()
    if row is None or not row[1].endswith(printable(row[0])):
        return None
    return f"{row[1].removesuffix(printable(row[0]))}{printable(path)}"
