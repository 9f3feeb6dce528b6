"""What an erasure will reach, counted before anything is changed: nothing is written, no lock is taken.

The same rows as erasure.purge removes, found by the same rules in one statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..home import REPORT
from . import keys
from .erasure import COUNTED, KEYS, Erasure
from .library import Library

_DOOMED = """
    with
    doomed_items as materialized (
        select id, media_id
        from items
        where source_id in (select value from json_each(:sources))
        union
        select id, media_id
        from items
        where media_id in (select value from json_each(:media))
        union
        select items.id, media_id
        from json_each(:folders) as folder
        join items on real = folder.value
            or substr(real, 1, length(folder.value) + 1) = folder.value || '/'
        where real is not null
    ),
    doomed_media as materialized (
        select media_id as id
        from doomed_items
        where media_id is not null and not exists (
            select 1 from items
            where items.media_id = doomed_items.media_id and id not in (select id from doomed_items)
        )
        union
        select id
        from media
        where exists (select 1 from doomed_items)
            and not exists (select 1 from items where items.media_id = media.id)
    ),
    doomed_faces as materialized (
        select id from faces where media_id in (select id from doomed_media)
        union
        select value from json_each(:faces)
    ),
    doomed_people as materialized (
        select id, name from people where id in (select value from json_each(:people))
    )
"""
_OF_FACES = "face_id in (select id from doomed_faces) or person_id in (select id from doomed_people)"
_COUNTS = {  # table -> its rows that go
    "sources": "id in (select value from json_each(:sources))",
    "items": "id in (select id from doomed_items)",
    "sightings": "item_id in (select id from doomed_items)",
    "media": "id in (select id from doomed_media)",
    "faces": "id in (select id from doomed_faces)",
    "people": "id in (select id from doomed_people)",
    "probes": "person_id in (select id from doomed_people) or id in (select value from json_each(:probes))",
    "verdicts": _OF_FACES,
    "appearances": _OF_FACES,
    "changes": _OF_FACES,
    "queries": ":is_everything or person in (select name from doomed_people)",
}
_SHARED = """(
    select count(distinct media_id) from doomed_items where media_id not in (select id from doomed_media)
)"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What goes with some requests, and what of it stays elsewhere."""

    requests: tuple[Erasure, ...]
    counts: dict[str, int]  # as in a receipt: what its rows are called -> how many go
    reports: int  # pages in the library's folder, all of which go
    shared: int  # media that stay, because they were found elsewhere, too

    @property
    def kinds(self) -> set[str]:
        """Kinds of the requests."""
        return {request.kind for request in self.requests}


def preview(library: Library, requests: Sequence[Erasure], faces: Sequence[int] = ()) -> Preview:
    """Count what goes with requests that are not made yet. `faces`: single ones that go as bystanders."""
    numbers = {
        kind: json.dumps([request.number for request in requests if request.kind == kind])
        for kind in ("source", "media", "person", "probe")
    }
    values = {
        "sources": numbers["source"], "media": numbers["media"], "people": numbers["person"],
        "probes": numbers["probe"], "faces": json.dumps(list(faces)),
        "folders": json.dumps([request.folder for request in requests if request.kind == "source"]),
        "is_everything": any(request.kind == "library" for request in requests),
    }  # fmt: skip
    columns = [f"(select count(*) from {table} where {where})" for table, where in _COUNTS.items()]
    statement = f"{_DOOMED} select {', '.join(columns)}, {_SHARED}"
    *found, shared = library.db.execute(statement, values).fetchone()
    counts = {COUNTED[table]: count for table, count in zip(_COUNTS, found, strict=True) if count}
    if key_count := sum(keys.count(library, request.key_name) for request in requests):
        counts[KEYS] = key_count
    pages = library.home / "reports"
    reports = sum(bool(REPORT.fullmatch(page.name)) for page in pages.iterdir()) if pages.is_dir() else 0
    return Preview(tuple(requests), counts, reports, shared)
