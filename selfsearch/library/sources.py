"""Sources and scans: what was looked at, when, and how far; and the model packs it was looked at with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..places import is_at_or_below
from ..types import Detail, Thoroughness
from .db import insert_row
from .library import Library

JSON_COLUMNS = ("periods", "account_was", "audience_means", "containers", "stamps")
MOST_NAMED = 3  # sources of one path
FIRST = ("added_at", "scanned_with", "detail", "detection")  # given when a source is new


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the library has it."""

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
    audience_means: dict[
        str, str
    ]  # an audience's word in this export -> the exposure that the user said it means
    containers: list[str]
    stamps: dict[str, str]
    scanned_pack: int | None
    successor: int | None
    state: str  # live, unreachable, erasing
    added_at: str
    scanned_at: str | None
    scanned_with: str | None  # by which selfsearch: at the last complete scan, or the first; None: not known
    detail: Detail
    detection: int  # pictures that were searched by an older revision of detection are searched again
    older_told: int  # 1: a re-scan's answer said that there are pictures searched by an older one

    @property
    def is_erasing(self) -> bool:
        """Whether its erasure was asked for: nothing of it is read, searched or shown from that moment on."""
        return self.state == "erasing"

    @property
    def thoroughness(self) -> Thoroughness:
        """How carefully its pictures are to be searched for faces."""
        return Thoroughness(self.detail, self.detection)

    @property
    def name(self) -> str:
        """What people read; no two sources have the same."""
        return source_name(self.id, self.title, self.account, self.place)

    @property
    def place(self) -> str:
        """Where it is read from: the folder or archive, the first of several."""
        return self.containers[0] if self.containers else self.root


@dataclass(frozen=True, slots=True)
class PackRow:
    """A model pack as the library has it."""

    id: int
    name: str
    revision: str
    dimension: int
    media: int  # how many have embeddings of it


def source_name(number: int, title: str, account: str | None, place: str) -> str:
    """ "Instagram export of ana.lisbon (source 3)"; without an account "Folder /home/ana (source 2)"."""
    return f"{title} {f'of {account}' if account else place} (source {number})"


def place_in_full(rows: Iterable[SourceRow], root: str) -> str:
    """A path that consent is given for, with what was read there: "/home/ana (Folder, source 2)"."""
    held = [
        f"{row.title}{f' of {row.account}' if row.account else ''}, source {row.id}"
        for row in rows
        if row.root == root
    ]
    if len(held) > MOST_NAMED:
        held[MOST_NAMED:] = [f"{len(held) - MOST_NAMED:,} more"]
    return f"{root} ({'; '.join(held)})" if held else root


def last_successor(rows: Mapping[int, SourceRow], number: int) -> SourceRow | None:
    """The export that stands in the place of a source now; None when nothing took its place."""
    passed: set[int] = set()
    row = rows.get(number)
    while row is not None and row.successor is not None and row.id not in passed:
        passed.add(row.id)
        row = rows.get(row.successor)
    return row if passed else None


def all_sources(library: Library) -> list[SourceRow]:
    """Every source, oldest first."""
    return [_unpack(row) for row in library.db.table("sources").rows_where(order_by="id")]


def visible_sources(library: Library) -> list[SourceRow]:
    """Every source but those that are being erased, oldest first."""
    return [row for row in all_sources(library) if not row.is_erasing]


def save_source(library: Library, values: dict[str, Any]) -> SourceRow:
    """Insert or update by `locator`; columns not given keep what they had, and so do FIRST."""
    table, packed = library.db.table("sources"), _pack(values)
    with library.atomic():
        rows = table.rows_where("locator = ?", [values["locator"]], select="id")
        number = next((row["id"] for row in rows), None)
        if number is None:
            number = insert_row(table, packed)
        else:
            table.update(number, {name: value for name, value in packed.items() if name not in FIRST})
        return _unpack(table.get(number))


def update_source(library: Library, number: int, **values: Any) -> None:
    """Change columns of one source."""
    with library.atomic():
        library.db.table("sources").update(number, _pack(values))


def set_detail(library: Library, path: str, wanted: Thoroughness) -> None:
    """Search the pictures of every source at or below `path` so from now on.

    What was searched less carefully is searched again by the next index, in unchanged archives, too. For
    `fast`, what an older detection found is good enough.
    """
    with library.atomic():
        for row in visible_sources(library):
            if row.root == path or any(is_at_or_below(place, path) for place in row.containers):
                values: dict[str, Any] = {"detail": wanted.detail.value}
                if wanted.detail is not Detail.FAST:
                    values["detection"] = wanted.revision
                    if not row.thoroughness.covers(wanted):
                        values["stamps"] = {}
                update_source(library, row.id, **values)


def detail_at(rows: Iterable[SourceRow], path: str) -> Detail:
    """In what detail a new source at `path` is searched: as what was read there before is."""
    details = [row.detail for row in rows if row.root == path]
    return max(details, key=lambda detail: detail.care, default=Detail.NORMAL)


def _pack(values: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in JSON_COLUMNS else value for name, value in values.items()}


def _unpack(row: dict[str, Any]) -> SourceRow:
    unpacked = {name: json.loads(row[name]) for name in JSON_COLUMNS}
    return SourceRow(**row | unpacked | {"detail": Detail(row["detail"])})


def save_pack(library: Library, name: str, revision: str, dimension: int) -> int:
    """The number under which embeddings of this pack are kept."""
    table = library.db.table("packs")
    with library.atomic():
        table.insert({"name": name, "revision": revision, "dimension": dimension}, ignore=True)
        return int(next(table.rows_where("revision = ?", [revision]))["id"])


def find_packs(library: Library) -> list[PackRow]:
    """Every pack that the library has met."""
    rows = library.db.query(
        """
        select packs.*, (select count(*) from vectors where pack_id = packs.id) as media
        from packs
        order by id
        """
    )
    return [PackRow(**row) for row in rows]


def begin_scan(library: Library, source: int, pack: int, now: str) -> int:
    """Note that a scan has begun; scans that were killed are noted as interrupted."""
    with library.atomic():
        library.db.execute(
            "update scans set state = 'interrupted' where source_id = ? and state = 'running'", [source]
        )
        scan = {"source_id": source, "pack_id": pack, "started_at": now, "state": "running"}
        return insert_row(library.db.table("scans"), scan)


def end_scan(library: Library, scan: int, state: str, counts: dict[str, int], now: str) -> None:
    """Note how a scan ended, with its outcomes counted."""
    with library.atomic():
        library.db.table("scans").update(
            scan, {"state": state, "counts": json.dumps(counts), "finished_at": now}
        )
