"""One re-scan: every consented source again, then what became different for whom."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ..consent import grants
from ..consent.forget import Receipt
from ..errors import ConsentError, InputError, UsageError
from ..library import changes, items, sources
from ..library.changes import Change
from ..library.library import Library
from ..library.sources import SourceRow
from ..recognition.engine import Engine
from ..types import isoformat
from . import index, retention
from .accounts import successors
from .diff import Recount, look
from .index import Clock, Indexed, Watcher
from .retention import GRACE, Ending

MISSING = "there is nothing at its place: the disk or share may not be there"
EMPTY = "its folder is empty all of a sudden: the disk or share may not be there"
UNLISTED = "its folder cannot be looked into"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A source that could not be looked at. Nothing of it counts as gone."""

    source: SourceRow
    reason: str


@dataclass
class Rescan:
    """What one re-scan came to."""

    indexed: list[Indexed] = field(default_factory=list)
    unreachable: list[Unreachable] = field(default_factory=list)
    without_consent: list[SourceRow] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)  # consents that end soon or have ended
    erased: list[Receipt] = field(default_factory=list)  # what rested on consent that ended long ago
    successors: list[tuple[SourceRow, SourceRow]] = field(default_factory=list)  # offers: older, newer export
    replaced: list[tuple[SourceRow, SourceRow]] = field(default_factory=list)  # the older one was deleted
    changes: list[Change] = field(
        default_factory=list
    )  # with those that a killed run wrote down and never said
    people: list[str] = field(default_factory=list)  # who was looked for
    first: dict[str, int] = field(default_factory=dict)  # people looked for the first time -> appearances
    recounted: dict[str, Recount] = field(default_factory=dict)  # people looked for with another model pack


def rescan(
    library: Library,
    engine: Engine,
    clock: Clock,
    *,
    only: Sequence[int] | None = None,
    watcher: Watcher | None = None,
    grace: timedelta = GRACE,
) -> Rescan:
    """Read what is new in every source that is there and consented to, and write down what changed for whom.

    `only`: numbers of sources; what lies under the same path is read with them.
    """
    done = rescan_unannounced(library, engine, clock, only=only, watcher=watcher, grace=grace)
    announced(library, done, clock)
    return done


def rescan_unannounced(
    library: Library,
    engine: Engine,
    clock: Clock,
    *,
    only: Sequence[int] | None = None,
    watcher: Watcher | None = None,
    grace: timedelta = GRACE,
) -> Rescan:
    """The same for who calls `announced` when the answer has reached somebody; until then the next re-scan
    gives the same changes again.
    """
    done = Rescan(erased=retention.erase_ended(library, clock(), grace))
    rows, reader = _wanted(library, only), _Reader(library, engine, clock, watcher)
    alive = grants.live(library, "source", {row.root for row in rows}, clock())
    for root in dict.fromkeys(row.root for row in rows):
        under = [row for row in rows if row.root == root]
        if root in alive:
            _root(reader, root, under, done)
        else:
            done.without_consent += under
    _settle_successors(library, clock, done)
    looked = look(library, engine, clock)
    done.people, done.first, done.recounted = looked.people, looked.first, looked.recounted
    done.changes = _unannounced(library, clock)
    done.endings = retention.endings(library, clock(), grace)
    retention.prune(library, clock())
    return done


def announced(library: Library, done: Rescan, clock: Clock) -> None:
    """The answer has reached somebody: the next one does not repeat it."""
    now = isoformat(clock())
    changes.mark_announced(library, done.changes, now)
    changes.mark_reminded(library, [(one.entry, one.state) for one in done.endings if not one.told], now)


def _wanted(library: Library, only: Sequence[int] | None) -> list[SourceRow]:
    rows = sources.visible_sources(library)
    unknown = sorted(set(only or ()) - {row.id for row in rows})
    if unknown:
        raise UsageError(f"there is no source {', '.join(map(str, unknown))}; see: selfsearch sources")
    return [row for row in rows if only is None or row.id in only]


@dataclass(frozen=True)
class _Reader:
    """What reading a source takes."""

    library: Library
    engine: Engine
    clock: Clock
    watcher: Watcher | None

    def read(self, root: str) -> list[Indexed]:
        """Index what is at a path. Raises ConsentError, InputError and OSError."""
        grant = grants.require(self.library, "source", root, self.clock())
        return index.index(self.library, self.engine, grant, Path(root), self.clock, self.watcher)


def _root(reader: _Reader, root: str, rows: Sequence[SourceRow], done: Rescan) -> None:
    library = reader.library
    reason = out_of_reach(library, root, rows)
    if reason is None:
        _mark(library, rows, "live")
        try:
            done.indexed += reader.read(root)
        except ConsentError:
            done.without_consent += rows
            return
        except (InputError, OSError) as exc:
            reason = str(exc) if isinstance(exc, InputError) else exc.strerror or UNLISTED
    if reason is not None:
        _mark(library, rows, "unreachable")
        kept = [row for row in rows if row.successor is None and items.count_outcomes(library, [row.id])]
        done.unreachable += [Unreachable(row, reason) for row in kept]
        return
    hidden = [row for row in sources.all_sources(library) if row.root == root and row.state == "unreachable"]
    done.unreachable += [Unreachable(row, UNLISTED) for row in hidden]


def _mark(library: Library, rows: Sequence[SourceRow], state: str) -> None:
    for row in rows:
        if row.state != state:
            sources.update_source(library, row.id, state=state)


def out_of_reach(library: Library, root: str, rows: Sequence[SourceRow]) -> str | None:
    """Why what stands at `root` cannot be what stood there; None when it can.

    An empty folder where files were is taken for a mount point whose disk is not there.
    """
    if not os.path.exists(root):
        return MISSING
    if not os.path.isdir(root):
        return None
    try:
        with os.scandir(root) as entries:
            if next(entries, None) is not None:
                return None
    except OSError:
        return UNLISTED
    return EMPTY if items.count_outcomes(library, [row.id for row in rows]) else None


def _settle_successors(library: Library, clock: Clock, done: Rescan) -> None:
    """An older export that was deleted beside a newer one is replaced by it; of one that is still there the
    user decides.
    """
    for older, newer in successors(grants.consented_sources(library, clock())):
        if newer.state != "live":
            continue
        if items.count_outcomes(library, [older.id]):
            done.successors.append((older, newer))
        else:
            sources.update_source(library, older.id, successor=newer.id)
            done.replaced.append((older, newer))


def _unannounced(library: Library, clock: Clock) -> list[Change]:
    """What no answer has counted yet, of people whose consent is live."""
    found = changes.changes(library, unannounced=True)
    alive = grants.live(library, "person", {one.person for one in found}, clock())
    denied = changes.denied(library, found)
    return [
        one
        for one in found
        if one.person in alive
        and one.id not in denied
        and any(state and state.places for state in (one.before, one.after))  # else it was erased since
    ]
