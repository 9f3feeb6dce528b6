"""Re-scan: every consented source is indexed again, every person looked for again, and what differs is noted.

Index for each source, query for each person, `diff` against the last time (diff.py). Telling it is the
caller's: `mark_announced` notes that the answer has reached somebody, and until then the next re-scan gives
the same changes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ..consent import grants
from ..consent.forget import Receipt
from ..errors import ConsentError, InputError, UsageError
from ..library import changes, items, sources
from ..library.changes import Change, Since
from ..library.library import Library
from ..library.sources import SourceRow
from ..recognition.engine import Engine
from ..types import Clock, ProgressListener, isoformat
from . import retention
from .diff import Recount, compare_everybody
from .index import IndexResult, index
from .reembed import reembed
from .retention import GRACE, ConsentEnding, GoneFiles
from .source_state import UNLISTED, successors, why_unreachable

ReadRoot = Callable[[str], list[IndexResult]]  # raises ConsentError, InputError and OSError


@dataclass(frozen=True, slots=True)
class UnreachableSource:
    """A source that could not be looked at. Nothing of it counts as gone."""

    source: SourceRow
    reason: str


@dataclass
class RescanResult:
    """What one re-scan came to."""

    indexed: list[IndexResult] = field(default_factory=list)
    unreachable: list[UnreachableSource] = field(default_factory=list)
    without_consent: list[SourceRow] = field(default_factory=list)
    endings: list[ConsentEnding] = field(default_factory=list)  # consents that end soon or have ended
    erased: list[Receipt] = field(default_factory=list)  # what rested on consent that ended long ago
    successors: list[tuple[SourceRow, SourceRow]] = field(default_factory=list)  # offers: older, newer export
    replaced: list[tuple[SourceRow, SourceRow]] = field(default_factory=list)  # the older one was deleted
    gone_files: GoneFiles | None = None  # that are kept for now
    pruned: int = 0  # files that had been gone for long, and were erased
    changes: list[Change] = field(default_factory=list)  # also those that a killed run noted and never told
    people: list[str] = field(default_factory=list)  # who was looked for
    first: dict[str, int] = field(default_factory=dict)  # people looked for the first time -> appearances
    unnoted: list[str] = field(default_factory=list)  # of those, who got answers that nobody noted
    since: dict[str, Since] = field(default_factory=dict)  # from when on changes of the others are told
    recounted: dict[str, Recount] = field(default_factory=dict)  # people looked for with another model pack


def rescan(
    library: Library,
    engine: Engine,
    clock: Clock,
    *,
    only: Sequence[int] | None = None,
    progress: ProgressListener | None = None,
    grace: timedelta = GRACE,
) -> RescanResult:
    """Read what is new in every source that is there and consented to, and write down what changed for whom.

    `only`: numbers of sources; what lies under the same path is read with them.
    """

    def read(root: str) -> list[IndexResult]:
        grant = grants.require(library, "source", root, clock())
        return index(library, engine, grant, Path(root), clock, progress)

    result = RescanResult(erased=retention.erase_ended(library, clock(), grace))
    reembed(library, engine, clock(), progress)  # also of sources that cannot be reached now
    rows = _wanted_sources(library, only)
    live = grants.live(library, "source", {row.root for row in rows}, clock())
    for root in dict.fromkeys(row.root for row in rows):
        rows_there = [row for row in rows if row.root == root]
        if root in live:
            _rescan_root(library, read, root, rows_there, result)
        else:
            result.without_consent += rows_there
    _settle_successors(library, clock, result)
    comparison = compare_everybody(library, engine, clock)
    result.people, result.first = comparison.people, comparison.first
    result.unnoted, result.since = comparison.unnoted, comparison.since
    result.recounted = comparison.recounted
    result.changes = _unannounced_changes(library, clock)
    result.endings = retention.endings(library, clock(), grace)
    result.pruned = retention.prune(library, clock())
    result.gone_files = retention.gone_files(library)
    return result


def mark_announced(library: Library, result: RescanResult, clock: Clock) -> None:
    """The answer has reached somebody: the next one does not repeat it."""
    now = isoformat(clock())
    changes.mark_announced(library, result.changes, now, people=result.people)
    reminders = [(ending.entry, ending.state) for ending in result.endings if not ending.told]
    changes.mark_reminded(library, reminders, now)


def mark_older_told(library: Library, result: RescanResult) -> None:
    """Somebody read that an older detection searched these pictures: no re-scan says so again."""
    for indexed in result.indexed:
        if indexed.older and not indexed.source.older_told:
            sources.update_source(library, indexed.source.id, older_told=1)


def _wanted_sources(library: Library, only: Sequence[int] | None) -> list[SourceRow]:
    rows = sources.visible_sources(library)
    unknown = sorted(set(only or ()) - {row.id for row in rows})
    if unknown:
        raise UsageError(f"there is no source {', '.join(map(str, unknown))}; see: selfsearch sources")
    return [row for row in rows if only is None or row.id in only]


def _rescan_root(
    library: Library, read: ReadRoot, root: str, rows: Sequence[SourceRow], result: RescanResult
) -> None:
    """Index what is at a path; what cannot be reached keeps what is known of it."""
    reason = why_unreachable(library, root, rows)
    if reason is None:
        _set_state(library, rows, "live")
        try:
            result.indexed += read(root)
        except ConsentError:
            result.without_consent += rows
            return
        except (InputError, OSError) as exc:
            reason = str(exc) if isinstance(exc, InputError) else exc.strerror or UNLISTED
    if reason is not None:
        _set_state(library, rows, "unreachable")
        current = [row for row in rows if row.successor is None and items.count_outcomes(library, [row.id])]
        result.unreachable += [UnreachableSource(row, reason) for row in current]
        return
    for row in sources.all_sources(library):
        if row.root == root and row.state == "unreachable":
            result.unreachable.append(UnreachableSource(row, UNLISTED))


def _set_state(library: Library, rows: Sequence[SourceRow], state: str) -> None:
    for row in rows:
        if row.state != state:
            sources.update_source(library, row.id, state=state)


def _settle_successors(library: Library, clock: Clock, result: RescanResult) -> None:
    """An older export that was deleted beside a newer one is replaced by it.

    Of one that is still there the user decides.
    """
    for older, newer in successors(grants.consented_sources(library, clock())):
        if newer.state != "live":
            continue
        if items.count_outcomes(library, [older.id]):
            result.successors.append((older, newer))
        else:
            sources.update_source(library, older.id, successor=newer.id)
            result.replaced.append((older, newer))


def _unannounced_changes(library: Library, clock: Clock) -> list[Change]:
    """What no answer has counted yet and may be shown."""
    return grants.visible_changes(library, changes.changes(library, unannounced=True), clock())
