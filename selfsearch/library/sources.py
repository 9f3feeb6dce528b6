"""Sources and scans: what was looked at, when, and how far."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .library import Library


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the library knows it."""

    id: int
    locator: str
    root: str
    platform: str
    title: str
    why: str
    account: str | None
    display_name: str | None
    exported_at: str | None
    periods: list[dict[str, Any]]
    account_was: list[dict[str, Any]]
    containers: list[str]
    stamps: dict[str, str]
    scanned_pack: int | None
    successor: int | None
    state: str
    added_at: str
    scanned_at: str | None

    @property
    def is_erasing(self) -> bool:
        """Whether its erasure was asked for: nothing of it is read, searched or shown from that moment on."""
        return self.state == "erasing"


JSON_COLUMNS = ("periods", "account_was", "containers", "stamps")


def all_sources(library: Library) -> list[SourceRow]:
    """Every source, oldest first."""
    return [_row(row) for row in library.db.query("select * from sources order by id")]


def visible_sources(library: Library) -> list[SourceRow]:
    """Every source but those that are being erased, oldest first."""
    return [row for row in all_sources(library) if not row.is_erasing]


def save_source(library: Library, values: dict[str, Any]) -> SourceRow:
    """Insert or update by `locator`; columns not given keep what they had."""
    packed = {key: json.dumps(value) if key in JSON_COLUMNS else value for key, value in values.items()}
    with library.atomic():
        known = library.db.execute("select id from sources where locator = ?", [values["locator"]]).fetchone()
        if known:
            packed.pop("added_at", None)
            library.db.table("sources").update(known[0], packed)
        else:
            library.db.table("sources").insert(packed, pk="id")
    return _row(next(iter(library.db.query("select * from sources where locator = ?", [values["locator"]]))))


def update_source(library: Library, number: int, **values: Any) -> None:
    """Change columns of one source."""
    packed = {key: json.dumps(value) if key in JSON_COLUMNS else value for key, value in values.items()}
    with library.atomic():
        library.db.table("sources").update(number, packed)


def _row(row: dict[str, Any]) -> SourceRow:
    return SourceRow(
        **{key: json.loads(value) if key in JSON_COLUMNS else value for key, value in row.items()}
    )


def save_pack(library: Library, name: str, revision: str, dimension: int) -> int:
    """The number under which vectors of this pack are kept."""
    with library.atomic():
        library.db.execute(
            "insert into packs (name, revision, dimension) values (?, ?, ?) on conflict do nothing",
            [name, revision, dimension],
        )
    return int(next(iter(library.db.query("select id from packs where revision = ?", [revision])))["id"])


def find_packs(library: Library) -> list[dict[str, Any]]:
    """Every pack that the library has vectors of: id, name, revision, dimension, media."""
    return list(
        library.db.query(
            "select packs.*, (select count(*) from vectors where pack_id = packs.id) as media from packs"
            " order by id"
        )
    )


def begin_scan(library: Library, source: int, pack: int, now: str) -> int:
    """Note that a scan has begun; scans that were killed are noted as interrupted."""
    with library.atomic():
        library.db.execute(
            "update scans set state = 'interrupted' where source_id = ? and state = 'running'", [source]
        )
        table = library.db.table("scans")
        table.insert({"source_id": source, "pack_id": pack, "started_at": now, "state": "running"}, pk="id")
    return int(table.last_pk)  # type: ignore[arg-type]


def end_scan(library: Library, scan: int, state: str, counts: dict[str, int], now: str) -> None:
    """Note how a scan ended, with its outcomes counted."""
    with library.atomic():
        library.db.table("scans").update(
            scan, {"state": state, "counts": json.dumps(counts), "finished_at": now}
        )
