"""Where each person appeared when we last looked, and what changed since. Written in one step, told once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .items import CHUNK, chunks
from .library import Library


@dataclass(frozen=True, slots=True)
class State:
    """One appearance as it was when we last looked."""

    score: float
    band: str | None  # None: weaker than what is shown
    exposure: str
    places: tuple[str, ...]  # addresses, sorted

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "score": self.score,
            "band": self.band,
            "exposure": self.exposure,
            "places": list(self.places),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is different from the last time."""

    person: str
    kind: str  # new, gone, moved, band, exposure
    face: int
    before: State | None
    after: State | None
    at: str
    why: str | None = None  # why it is gone, in words
    id: int = 0
    told_at: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known from the last look at a person. `pack` is None before the first one."""

    states: dict[int, State] = field(default_factory=dict)  # face id -> how it was
    pack: str | None = None  # revision of the model pack
    media: int = 0  # the newest media then


@dataclass(frozen=True, slots=True)
class Place:
    """A file that is there as far as the library knows."""

    address: str
    source: int
    media: int | None


def recall(library: Library, person: int) -> Memory:
    """What the last look at a person found."""
    rows = library.db.execute(
        "select face_id, score, band, exposure, places from appearances where person_id = ?", [person]
    )
    states = {row[0]: State(row[1], row[2], row[3], tuple(json.loads(row[4]))) for row in rows}
    looked, pack, media = library.db.execute(
        "select looked_at, seen_pack, seen_media from people where id = ?", [person]
    ).fetchone()
    return Memory(states, pack or "" if looked else None, media or 0)


def save(library: Library, person: int, memory: Memory, found: Sequence[Change], now: str) -> None:
    """Replace what is remembered of a person and add what changed, both or neither."""
    with library.atomic():
        library.db.execute(
            "update people set looked_at = coalesce(looked_at, ?), seen_pack = ?, seen_media = ?"
            " where id = ?",
            [now, memory.pack, memory.media, person],
        )
        library.db.execute("delete from appearances where person_id = ?", [person])
        library.db.conn.executemany(
            "insert into appearances values (?, ?, ?, ?, ?, ?)",
            [
                (person, face, state.score, state.band, state.exposure, json.dumps(state.places))
                for face, state in memory.states.items()
            ],
        )
        library.db.conn.executemany(
            "insert into changes (person_id, at, kind, face_id, before, after, why)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            [
                (person, one.at, one.kind, one.face, _dump(one.before), _dump(one.after), one.why)
                for one in found
            ],
        )


def newest_media(library: Library) -> int:
    """The number of the content that came last."""
    return int(library.db.execute("select coalesce(max(id), 0) from media").fetchone()[0])


def places_of(library: Library, media: Iterable[int]) -> dict[int, list[Place]]:
    """Media id -> every file that holds it now, of whatever source."""
    found: dict[int, list[Place]] = {}
    for chunk in chunks(media, CHUNK):
        rows = library.db.execute(
            "select address, source_id, media_id from items where gone_at is null"
            f" and media_id in ({','.join('?' * len(chunk))}) order by id",
            chunk,
        )
        for row in rows:
            found.setdefault(row[2], []).append(Place(*row))
    return found


def places_at(library: Library, addresses: Iterable[str]) -> dict[str, list[Place]]:
    """Address -> the files that are or were there, of whatever source and with whatever content."""
    found: dict[str, list[Place]] = {}
    for chunk in chunks(addresses, CHUNK):
        rows = library.db.execute(
            "select address, source_id, media_id from items"
            f" where address in ({','.join('?' * len(chunk))}) order by id",
            chunk,
        )
        for row in rows:
            found.setdefault(row[0], []).append(Place(*row))
    return found


def there(library: Library, addresses: Iterable[str]) -> set[str]:
    """Those of `addresses` at which there is a file now."""
    found: set[str] = set()
    for chunk in chunks(addresses, CHUNK):
        marks = ",".join("?" * len(chunk))
        query = f"select distinct address from items where gone_at is null and address in ({marks})"
        found.update(address for (address,) in library.db.execute(query, chunk))
    return found


def changes(
    library: Library, *, since: str | None = None, untold: bool = False, unannounced: bool = False
) -> list[Change]:
    """What changed, oldest first: everything, or since a moment (ISO 8601), or what nobody was told of yet,
    or what no re-scan has counted in its answer yet.
    """
    where = ["1"] + ["changes.at >= ?"] * (since is not None) + ["changes.told_at is null"] * untold
    where += ["changes.announced_at is null", "changes.told_at is null"] * unannounced
    rows = library.db.query(
        "select people.name, changes.* from changes join people on people.id = changes.person_id"
        f" where {' and '.join(where)} order by changes.id",
        [since] if since is not None else [],
    )
    return [
        Change(
            row["name"], row["kind"], row["face_id"], _load(row["before"]), _load(row["after"]), row["at"],
            row["why"], row["id"], row["told_at"],
        )
        for row in rows
    ]  # fmt: skip


def denied(library: Library, found: Sequence[Change]) -> set[int]:
    """Ids of those changes that are about a face of which the person has said since that it is somebody
    else's.
    """
    rows = library.db.execute(
        "select changes.id from changes join verdicts on verdicts.person_id = changes.person_id"
        " and verdicts.face_id = changes.face_id where verdicts.verdict = 'not_me'"
    )
    return {one.id for one in found} & {number for (number,) in rows}


def mark_told(library: Library, found: Sequence[Change], now: str) -> None:
    """These were told, and are not told again."""
    _mark(library, "told_at", found, now)


def mark_announced(library: Library, found: Sequence[Change], now: str) -> None:
    """A re-scan has counted these in its answer; the next one does not."""
    _mark(library, "announced_at", found, now)


def _mark(library: Library, column: str, found: Sequence[Change], now: str) -> None:
    if not found:
        return
    with library.atomic():
        library.db.conn.executemany(
            f"update changes set {column} = coalesce({column}, ?) where id = ?",
            [(now, one.id) for one in found],
        )


def reminded(library: Library) -> set[tuple[int, str]]:
    """(entry of the ledger, soon or ended) of which somebody was told."""
    return set(library.db.execute("select entry, what from reminders").fetchall())


def mark_reminded(library: Library, told: Iterable[tuple[int, str]], now: str) -> None:
    """Somebody was told that the consent of these entries ends soon, or has ended."""
    rows = [(entry, what, now) for entry, what in told]
    if rows:
        with library.atomic():
            library.db.conn.executemany("insert or ignore into reminders values (?, ?, ?)", rows)


def prune(library: Library, *, told_before: str, gone_before: str) -> int:
    """Drop scans and told changes from before a moment, and files that have been gone since before another;
    returns how many rows went.
    """
    with library.atomic():
        cursors = (
            library.db.execute(
                "delete from changes where told_at is not null and told_at < ?", [told_before]
            ),
            library.db.execute(
                "delete from scans where finished_at < ?"
                " and id not in (select max(id) from scans group by source_id)",
                [told_before],
            ),
            library.db.execute("delete from items where gone_at < ?", [gone_before]),
        )
        return sum(int(cursor.rowcount) for cursor in cursors)


def _dump(state: State | None) -> str:
    return json.dumps(state.as_dict() if state else {})


def _load(text: str) -> State | None:
    raw = json.loads(text)
    return State(raw["score"], raw["band"], raw["exposure"], tuple(raw["places"])) if raw else None
