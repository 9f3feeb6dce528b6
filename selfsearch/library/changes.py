"""Where each person appeared at the last look, and what has changed since. Written in one step, told once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..types import EXPOSURES, Exposure
from .db import batched, marks
from .library import Library


@dataclass(frozen=True, slots=True)
class State:
    """One appearance at the time of a look."""

    score: float
    band: str | None  # None: weaker than what is shown
    exposure: str  # the widest of its places, of which plain files are "unknown"
    places: tuple[str, ...]  # addresses, sorted
    exposures: Mapping[str, str] | None = None  # by address, without plain files; None in what 1.0 noted

    @classmethod
    def of(cls, score: float, band: str | None, places: Mapping[str, str | None]) -> State:
        """`places`: address -> who can see it there; None for a plain file, which says nothing of that."""
        exposures = {place: level for place, level in places.items() if level is not None}
        widest = _widest(level or Exposure.UNKNOWN.value for level in places.values())
        return cls(score, band, widest or Exposure.UNKNOWN.value, tuple(sorted(places)), exposures)

    @property
    def audience(self) -> str | None:
        """The widest exposure that an export, or the user, states of a place; None: plain files alone."""
        return self.exposure if self.exposures is None else _widest(self.exposures.values())

    @property
    def by_place(self) -> dict[str, str | None]:
        """Address -> who can see it there, as `of` takes it."""
        return {place: (self.exposures or {}).get(place) for place in self.places}

    def within(self, places: Iterable[str]) -> State:
        """The same in these places alone."""
        if self.exposures is None:
            return replace(self, places=tuple(sorted(places)))
        return State.of(self.score, self.band, {place: self.exposures.get(place) for place in places})

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "score": self.score,
            "band": self.band,
            "exposure": self.exposure,
            "audience": self.audience,
            "places": list(self.places),
        }


def _widest(exposures: Iterable[str]) -> str | None:
    return min(exposures, key=EXPOSURES.index, default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is different from the last time."""

    person: str
    kind: str  # new, gone, moved, band, exposure
    face: int  # the appearance's first one, by which answers name it
    before: State | None
    after: State | None
    at: str
    why: str | None = None  # why it is gone, in words
    id: int = 0
    told_at: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the last look at a person found. `pack` is None before the first one."""

    states: dict[int, State]  # by face id
    pack: str | None  # revision of the model pack
    media: int  # the newest media then
    face: int | None = None  # the newest face then; None where that was not noted


@dataclass(frozen=True, slots=True)
class Since:
    """The moment from which on changes of a person are told."""

    at: str
    event: str  # query: the first answer; first: a re-scan's first look; re-scan: its last answer


@dataclass(frozen=True, slots=True)
class Place:
    """A file that is there as far as the library knows."""

    address: str
    source: int
    media: int | None


def load_snapshot(library: Library, person: int) -> Snapshot:
    """What the last look at a person found."""
    rows = library.db.execute(
        "select face_id, score, band, exposure, places from appearances where person_id = ?", [person]
    )
    states = {row[0]: _state(row[1], row[2], row[3], json.loads(row[4])) for row in rows}
    row = library.db.table("people").get(person)
    pack = (row["seen_pack"] or "") if row["looked_at"] else None
    return Snapshot(states, pack, row["seen_media"] or 0, row["seen_face"])


def since(library: Library, person: int) -> Since | None:
    """From when on changes of a person are told; None while nothing was noted to compare with."""
    row = library.db.table("people").get(person)
    if row["looked_at"] is None:
        return None
    if row["rescanned_at"] is not None:
        return Since(row["rescanned_at"], "re-scan")
    return Since(row["looked_at"], "query" if row["asked_first"] else "first")


def save_baseline(library: Library, person: int, snapshot: Snapshot, now: str, *, asked: bool) -> bool:
    """Remember the first look at a person. False when there was one: that is what counts.

    `asked`: it was a query's answer, and not a re-scan.
    """
    with library.atomic():
        if since(library, person) is not None:
            return False
        library.db.table("people").update(person, {"asked_first": int(asked)})
        save_snapshot(library, person, snapshot, [], now)
    return True


def save_snapshot(
    library: Library, person: int, snapshot: Snapshot, changes: Sequence[Change], now: str
) -> None:
    """Replace what is remembered of a person and add what changed, both or neither."""
    with library.atomic():
        library.db.execute(
            """
            update people
            set looked_at = coalesce(looked_at, ?), seen_pack = ?, seen_media = ?, seen_face = ?
            where id = ?
            """,
            [now, snapshot.pack, snapshot.media, snapshot.face, person],
        )
        library.db.execute("delete from appearances where person_id = ?", [person])
        _insert_states(library, person, snapshot.states)
        library.db.conn.executemany(
            """
            insert into changes (person_id, at, kind, face_id, before, after, why)
            values (?, ?, ?, ?, ?, ?, ?)
            """,
            [_change_row(person, change) for change in changes],
        )


def remember(library: Library, person: int, states: Mapping[int, State]) -> None:
    """Add faces that were there at the last look, and were not shown then.

    Of those that are remembered nothing changes. Before the first look nothing is remembered.
    """
    if since(library, person) is None:
        return
    rows = library.db.execute(
        "select id from faces where media_id <= (select seen_media from people where id = ?)", [person]
    )
    known = {face for (face,) in rows}
    with library.atomic():
        _insert_states(library, person, {face: state for face, state in states.items() if face in known})


def _insert_states(library: Library, person: int, states: Mapping[int, State]) -> None:
    library.db.conn.executemany(
        """
        insert or ignore into appearances (person_id, face_id, score, band, exposure, places)
        values (?, ?, ?, ?, ?, ?)
        """,
        [
            (person, face, state.score, state.band, state.exposure, json.dumps(_places_form(state)))
            for face, state in states.items()
        ],
    )


def _change_row(person: int, change: Change) -> tuple[object, ...]:
    before, after = _dump(change.before), _dump(change.after)
    return person, change.at, change.kind, change.face, before, after, change.why


def newest(library: Library) -> tuple[int, int]:
    """The numbers of the content and of the face that came last."""
    row = library.db.execute(
        "select (select coalesce(max(id), 0) from media), (select coalesce(max(id), 0) from faces)"
    ).fetchone()
    return row[0], row[1]


def places_of(library: Library, media: Iterable[int]) -> dict[int, list[Place]]:
    """Media id -> every file that holds it now, of whatever source."""
    places: dict[int, list[Place]] = {}
    for place in _places(library, "gone_at is null and media_id", media):
        places.setdefault(place.media or 0, []).append(place)
    return places


def places_at(library: Library, addresses: Iterable[str]) -> dict[str, list[Place]]:
    """Address -> the files that are or were there, of whatever source and with whatever content."""
    places: dict[str, list[Place]] = {}
    for place in _places(library, "address", addresses):
        places.setdefault(place.address, []).append(place)
    return places


def occupied(library: Library, addresses: Iterable[str]) -> set[str]:
    """Those of `addresses` at which there is a file now."""
    return {place.address for place in _places(library, "gone_at is null and address", addresses)}


def _places(library: Library, column: str, values: Iterable[int | str]) -> Iterator[Place]:
    for chunk in batched(values):
        rows = library.db.execute(
            f"""
            select address, source_id, media_id
            from items
            where {column} in ({marks(chunk)})
            order by id
            """,
            chunk,
        )
        yield from (Place(*row) for row in rows)


def changes(
    library: Library, *, since: str | None = None, untold: bool = False, unannounced: bool = False
) -> list[Change]:
    """What changed, oldest first: everything, or a part of it.

    `since`: a moment, ISO 8601; `untold`: what nobody was told of yet; `unannounced`: of that, what no
    re-scan has counted in its answer yet.
    """
    rows = library.db.query(
        """
        select people.name as person, changes.*
        from changes
        join people on people.id = changes.person_id
        where (:since is null or changes.at >= :since)
            and (changes.told_at is null or not :untold)
            and (changes.announced_at is null or not :unannounced)
        order by changes.id
        """,
        {"since": since, "untold": untold or unannounced, "unannounced": unannounced},
    )
    return [
        Change(
            row["person"], row["kind"], row["face_id"], _load(row["before"]), _load(row["after"]), row["at"],
            row["why"], row["id"], row["told_at"],
        )
        for row in rows
    ]  # fmt: skip


def denied(library: Library, changes: Sequence[Change]) -> set[int]:
    """Ids of the changes about a face of which the person has said since that it is somebody else's."""
    rows = library.db.execute(
        """
        select changes.id
        from changes
        join verdicts using (person_id, face_id)
        where verdict = 'not_me'
        """
    )
    return {change.id for change in changes} & {number for (number,) in rows}


def mark_told(library: Library, changes: Sequence[Change], now: str) -> None:
    """These were told, and are not told again."""
    _mark(library, "told_at", changes, now)


def mark_announced(
    library: Library, changes: Sequence[Change], now: str, *, people: Iterable[str] = ()
) -> None:
    """A re-scan has counted these in its answer; the next one does not, and begins here for `people`."""
    with library.atomic():
        _mark(library, "announced_at", changes, now)
        library.db.conn.executemany(
            "update people set rescanned_at = ? where name = ?", [(now, name) for name in people]
        )


def last_rescan(library: Library) -> str | None:
    """When a re-scan gave its last answer about somebody."""
    moment: str | None = library.db.execute("select max(rescanned_at) from people").fetchone()[0]
    return moment


def _mark(library: Library, column: str, changes: Sequence[Change], now: str) -> None:
    if changes:
        with library.atomic():
            library.db.conn.executemany(
                f"update changes set {column} = coalesce({column}, ?) where id = ?",
                [(now, change.id) for change in changes],
            )


def reminded(library: Library) -> set[tuple[int, str]]:
    """(entry of the ledger, soon or ended) of which somebody was told."""
    return set(library.db.execute("select entry, what from reminders").fetchall())


def mark_reminded(library: Library, reminders: Iterable[tuple[int, str]], now: str) -> None:
    """Somebody was told that the consent of these entries ends soon, or has ended."""
    with library.atomic():
        library.db.conn.executemany(
            "insert or ignore into reminders (entry, what, at) values (?, ?, ?)",
            [(entry, what, now) for entry, what in reminders],
        )


def prune(library: Library, *, told_before: str) -> None:
    """Drop scans and told changes from before a moment."""
    with library.atomic():
        library.db.execute("delete from changes where told_at < ?", [told_before])
        library.db.execute(
            """
            delete from scans
            where finished_at < ? and id not in (select max(id) from scans group by source_id)
            """,
            [told_before],
        )


def _dump(state: State | None) -> str:
    if state is None:
        return "{}"
    form = {"score": state.score, "band": state.band, "exposure": state.exposure}
    return json.dumps({**form, "places": _places_form(state)})


def _load(text: str) -> State | None:
    state = json.loads(text)
    return _state(state["score"], state["band"], state["exposure"], state["places"]) if state else None


def _places_form(state: State) -> Any:
    """As JSON: address -> who can see it there. What version 1.0 noted is a list of addresses."""
    return list(state.places) if state.exposures is None else state.by_place


def _state(score: float, band: str | None, exposure: str, places: Any) -> State:
    """`places`: as `_places_form` gives them."""
    if isinstance(places, dict):
        return State.of(score, band, places)
    return State(score, band, exposure, tuple(places))
