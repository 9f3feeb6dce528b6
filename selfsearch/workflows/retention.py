"""Retention: consent that ends is told of, what rested on it is erased after a grace, history is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..consent import forget, grants
from ..consent.forget import Receipt, Target
from ..consent.grants import ConsentStatus
from ..library import changes, faces, items, people, sources
from ..library.library import Library
from ..types import isoformat

WARN_BEFORE = timedelta(days=30)  # an expiry is told this long before
GRACE = timedelta(days=30)  # what rests on ended consent is kept this long, unless the settings say otherwise
KEEP = timedelta(days=730)  # scans and told changes
KEEP_GONE = timedelta(days=90)  # files that have been gone so long are erased, and the faces in them


@dataclass(frozen=True, slots=True)
class ConsentEnding:
    """Consent that ends soon, or has ended and keeps its data only for the grace."""

    kind: str  # source, person
    subject: str
    state: str  # soon, ended
    ends_at: datetime
    erased_at: datetime  # when what rests on it is erased
    entry: int  # of the ledger
    told: bool  # by a notification before


@dataclass(frozen=True, slots=True)
class GoneFiles:
    """Files that are gone, of which everything is kept in case that they come back."""

    count: int
    erased_at: datetime  # when the first of them is erased

    def is_soon(self, now: datetime) -> bool:
        """Whether it is time to say so."""
        return self.erased_at - now <= WARN_BEFORE

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"files": self.count, "erased_from": self.erased_at.date().isoformat()}


def gone_files(library: Library) -> GoneFiles | None:
    """The files that are gone; None when there are none."""
    count, first = items.count_gone(library)
    return GoneFiles(count, datetime.fromisoformat(first) + KEEP_GONE) if first else None


def endings(library: Library, now: datetime, grace: timedelta) -> list[ConsentEnding]:
    """Consents that end within 30 days or have ended, of sources and people of whom something is kept."""
    told = changes.reminded(library)
    by_subject: dict[tuple[str, str], ConsentEnding] = {}
    for target, status in _kept_targets(library, now):
        ends = status.expires_at
        if status.state in ("live", "expired") and ends is not None and ends - now <= WARN_BEFORE:
            state = "soon" if ends > now else "ended"
            entry = status.entry.id
            by_subject[target.kind, target.subject] = ConsentEnding(
                target.kind, target.subject, state, ends, ends + grace, entry, (entry, state) in told
            )
    return list(by_subject.values())


def erase_ended(library: Library, now: datetime, grace: timedelta) -> list[Receipt]:
    """Erase what rests on consent that ended longer ago than the grace."""
    targets = [
        target
        for target, status in _kept_targets(library, now)
        if status.state == "expired" and status.expires_at is not None and status.expires_at + grace <= now
    ]
    targets += forget.behind_links(grants.unconsented_links(library, now - grace), targets)
    if not targets:
        return []
    forget.request(library, targets, now)
    return forget.complete(library, now)


def prune(library: Library, now: datetime) -> int:
    """Cut off history: scans, told changes, and files that went long ago with the faces in them.

    Returns how many files these were.
    """
    changes.prune(library, told_before=isoformat(now - KEEP))
    count = items.delete_gone(library, before=isoformat(now - KEEP_GONE))
    faces.prune(library, keep_remembered=True)
    return count


def _kept_targets(library: Library, now: datetime) -> list[tuple[Target, ConsentStatus]]:
    """Sources and people that the library holds something of, with the consent that decides."""
    targets = [
        *map(Target.of_source, sources.visible_sources(library)),
        *map(Target.of_person, people.all_people(library)),
    ]
    pairs = []
    for kind in ("source", "person"):
        of_kind = [target for target in targets if target.kind == kind]
        statuses = grants.statuses_of(library, kind, [target.subject for target in of_kind], now)
        pairs += [(target, statuses[target.subject]) for target in of_kind if target.subject in statuses]
    return pairs
