"""Where each person appeared when we last looked, and what changed since. Written in one step, told once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .library import Library


@dataclass(frozen=True, slots=True)
class State:
    """One appearance as it was when we last looked."""

    score: float
    band: str | None
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
    id: int = 0
    told_at: str | None = None


def last_states(library: Library, person: int) -> dict[int, State]:
    """Face id -> its state when we last looked."""
    rows = library.db.execute(
        "select face_id, score, band, exposure, places from appearances where person_id = ?", [person]
    )
    return {row[0]: State(row[1], row[2], row[3], tuple(json.loads(row[4]))) for row in rows}


def was_looked_at(library: Library, person: int) -> bool:
    """Whether the person's appearances were ever noted."""
    row = library.db.execute("select looked_at from people where id = ?", [person]).fetchone()
    return row is not None and row[0] is not None


def save(library: Library, person: int, states: dict[int, State], found: list[Change], now: str) -> None:
    """Replace the person's states and add what changed, both or neither."""
    with library.atomic():
        library.db.execute("update people set looked_at = coalesce(looked_at, ?) where id = ?", [now, person])
        library.db.execute("delete from appearances where person_id = ?", [person])
        library.db.conn.executemany(
            "insert into appearances values (?, ?, ?, ?, ?, ?)",
            [
                (person, face, state.score, state.band, state.exposure, json.dumps(state.places))
                for face, state in states.items()
            ],
        )
        library.db.conn.executemany(
            "insert into changes (person_id, at, kind, face_id, before, after) values (?, ?, ?, ?, ?, ?)",
            [(person, one.at, one.kind, one.face, _dump(one.before), _dump(one.after)) for one in found],
        )


def changes(library: Library, *, since: str | None = None, untold: bool = False) -> list[Change]:
    """What changed, oldest first: everything, or since a moment (ISO 8601), or what nobody was told of
    yet.
    """
    where = ["1"] + ["changes.at >= ?"] * (since is not None) + ["changes.told_at is null"] * untold
    rows = library.db.query(
        "select people.name, changes.* from changes join people on people.id = changes.person_id"
        f" where {' and '.join(where)} order by changes.id",
        [since] if since is not None else [],
    )
    return [
        Change(
            row["name"], row["kind"], row["face_id"], _load(row["before"]), _load(row["after"]), row["at"], row["id"],
            row["told_at"],
        )
        for row in rows
    ]  # fmt: skip


def mark_told(library: Library, found: list[Change], now: str) -> None:
    """These were told, and are not told again."""
    with library.atomic():
        library.db.conn.executemany(
            "update changes set told_at = ? where id = ?", [(now, one.id) for one in found]
        )


def prune(library: Library, before: str) -> int:
    """Drop scans and told changes from before a moment; returns how many rows went."""
    with library.atomic():
        first = library.db.execute(
            "delete from changes where told_at is not null and told_at < ?", [before]
        ).rowcount
        second = library.db.execute(
            "delete from scans where finished_at < ? and id not in (select max(id) from scans group by source_id)",
            [before],
        ).rowcount
    return int(first) + int(second)


def _dump(state: State | None) -> str:
    return json.dumps(state.as_dict() if state else {})


def _load(text: str) -> State | None:
    raw = json.loads(text)
    return State(raw["score"], raw["band"], raw["exposure"], tuple(raw["places"])) if raw else None
