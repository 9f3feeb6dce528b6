"""Re-scan: every consented source again, and what became different for each enrolled person since the last
time.

A source that cannot be reached (an unplugged disk, an unmounted share) is unreachable; nothing of it
counts as gone. Changes are worked out from what the library holds before and after, written down in one
transaction, and told once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from . import consent, indexing
from .engine import Engine
from .errors import ConsentError
from .indexing import Clock, Indexed, Watcher
from .library import Library, changes, items, people, sources
from .library.changes import Change, State
from .library.people import Person
from .library.sources import SourceRow
from .query import Filters, Searcher, enrolled_vectors, query
from .types import Appearance

WARN_BEFORE = timedelta(days=30)  # an expiry is told this long before
KEEP = timedelta(days=730)  # scans and told changes are kept two years


@dataclass
class Rescan:
    """What one re-scan came to."""

    indexed: list[Indexed] = field(default_factory=list)
    unreachable: list[SourceRow] = field(default_factory=list)
    without_consent: list[SourceRow] = field(default_factory=list)
    expiring: list[tuple[str, str, str]] = field(default_factory=list)  # kind, subject, day
    successors: list[tuple[SourceRow, SourceRow]] = field(default_factory=list)  # older export, newer one
    changes: list[Change] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)  # people looked for the first time -> appearances


def rescan(
    library: Library,
    engine: Engine,
    clock: Clock,
    *,
    only: Sequence[int] | None = None,
    watcher: Watcher | None = None,
) -> Rescan:
    """Read what is new in every source that is there and consented to, and write down what changed for
    whom.
    """
    done = Rescan()
    rows = [row for row in sources.all_sources(library) if only is None or row.id in only]
    run = _Round(library, engine, clock, watcher)
    for root in dict.fromkeys(row.root for row in rows):
        _root(run, root, [row for row in rows if row.root == root], done)
    done.successors = successors(sources.all_sources(library))
    done.expiring = expiring(library, clock)
    done.changes, done.first = note_changes(library, engine, clock)
    changes.prune(library, consent.stamp(clock() - KEEP))
    return done


@dataclass(frozen=True)
class _Round:
    """What one re-scan works with."""

    library: Library
    engine: Engine
    clock: Clock
    watcher: Watcher | None


def _root(run: _Round, root: str, rows: list[SourceRow], done: Rescan) -> None:
    library, clock = run.library, run.clock
    try:
        grant = consent.require(library, "source", root, clock())
    except ConsentError:
        done.without_consent.extend(rows)
        return
    reachable = is_reachable(library, root, rows)
    for row in rows:
        if row.state != "erasing":
            sources.update_source(library, row.id, state="live" if reachable else "unreachable")
    if not reachable:
        done.unreachable.extend(rows)
        return
    done.indexed.extend(indexing.index(library, run.engine, grant, Path(root), clock, run.watcher))


def is_reachable(library: Library, root: str, rows: Sequence[SourceRow]) -> bool:
    """Whether what stands at `root` can be what stood there: it exists, and is not suddenly an empty folder.

    An empty folder where files were is taken for a mount point whose disk is not there; `selfsearch index`
    on the very path says that it really is empty.
    """
    if not os.path.exists(root):
        return False
    if not os.path.isdir(root):
        return True
    try:
        with os.scandir(root) as entries:
            if next(entries, None) is not None:
                return True
    except OSError:
        return False
    return not any(items.count_outcomes(library, [row.id]) for row in rows)


def successors(rows: Sequence[SourceRow]) -> list[tuple[SourceRow, SourceRow]]:
    """(older, newer) exports of the same account on the same platform, where the older has not been replaced
    yet.
    """
    newest: dict[tuple[str, str], SourceRow] = {}
    for row in rows:
        if row.account and row.exported_at:
            known = newest.get((row.platform, row.account))
            if known is None or (row.exported_at, row.id) > (known.exported_at or "", known.id):
                newest[row.platform, row.account] = row
    return [
        (row, newer)
        for row in rows
        if row.account and row.successor is None
        and (newer := newest.get((row.platform, row.account))) is not None
        and (row.exported_at or "") < (newer.exported_at or "")
    ]  # fmt: skip


def expiring(library: Library, clock: Clock) -> list[tuple[str, str, str]]:
    """(kind, subject, last day) of consents that end within 30 days."""
    soon = []
    subjects = [("source", row.root) for row in sources.all_sources(library)]
    subjects += [("person", person.name) for person in people.all_people(library)]
    for kind, subject in dict.fromkeys(subjects):
        try:
            grant = consent.require(library, kind, subject, clock())
        except ConsentError:
            continue
        if grant.expires_at - clock() <= WARN_BEFORE:
            soon.append((kind, subject, grant.expires_at.date().isoformat()))
    return soon


def note_changes(library: Library, engine: Engine, clock: Clock) -> tuple[list[Change], dict[str, int]]:
    """Compare where every enrolled person with live consent appears with the last time, and write it down.

    Returns the differences, and the people who were looked for the first time with the number of appearances
    from which counting begins.
    """
    searcher, now = Searcher(library, engine), consent.stamp(clock())
    found: list[Change] = []
    first: dict[str, int] = {}
    for person in people.all_people(library):
        states = _states(searcher, person, clock)
        if states is None:
            continue
        known = changes.was_looked_at(library, person.id)
        before = changes.last_states(library, person.id)
        different = difference(person.name, before, states, now) if known else []
        if not known:
            first[person.name] = len(states)
        if not known or states != before:
            changes.save(library, person.id, states, different, now)
        found += different
    return found, first


def _states(searcher: Searcher, person: Person, clock: Clock) -> dict[int, State] | None:
    """Where a person appears now; None when the person has no live consent or no template."""
    try:
        grant = consent.require(searcher.library, "person", person.name, clock())
    except ConsentError:
        return None
    if not len(enrolled_vectors(searcher, person)[1]):
        return None
    answer = query(searcher, grant, person, [], clock(), Filters())
    return {one.face: _state(one) for one in answer.appearances if one.sightings}


def _state(one: Appearance) -> State:
    places = tuple(sorted({sighting.path for sighting in one.sightings}))
    return State(one.score, one.band, one.exposure.value, places)


def difference(person: str, before: dict[int, State], after: dict[int, State], at: str) -> list[Change]:
    """What differs, one change per face: new, gone, else its exposure, its band or its places, in that order
    of weight.
    """
    found = [Change(person, "new", face, None, after[face], at) for face in after if face not in before]
    found += [Change(person, "gone", face, before[face], None, at) for face in before if face not in after]
    for face in before.keys() & after.keys():
        kind = _kind(before[face], after[face])
        if kind:
            found.append(Change(person, kind, face, before[face], after[face], at))
    return found


def _kind(before: State, after: State) -> str | None:
    if before.exposure != after.exposure:
        return "exposure"
    if before.band != after.band:
        return "band"
    return "moved" if before.places != after.places else None
