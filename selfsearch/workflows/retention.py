"""What must not be kept: consent that ends is told of, what rested on it is erased after a grace, and
history is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from ..consent import forget, grants
from ..consent.forget import Receipt, Target
from ..consent.grants import ConsentStatus
from ..library import changes, faces, people, sources
from ..library.library import Library
from ..types import isoformat

WARN_BEFORE = timedelta(days=30)  # an expiry is told this long before
GRACE = timedelta(days=30)  # what rests on ended consent is kept this long, unless the settings say otherwise
KEEP = timedelta(days=730)  # scans, reports and told changes
KEEP_GONE = timedelta(days=90)  # files that have been gone so long are forgotten, and the faces in them


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


def endings(library: Library, now: datetime, grace: timedelta) -> list[ConsentEnding]:
    """Consents that end within 30 days or have ended, of sources and people of whom something is kept."""
    told = changes.reminded(library)
    found: dict[tuple[str, str], ConsentEnding] = {}
    for target, standing in _kept(library, now):
        ends = standing.expires_at
        if standing.state in ("live", "expired") and ends is not None and ends - now <= WARN_BEFORE:
            state = "soon" if ends > now else "ended"
            entry = standing.entry.id
            found[target.kind, target.subject] = ConsentEnding(
                target.kind, target.subject, state, ends, ends + grace, entry, (entry, state) in told
            )
    return list(found.values())


def erase_ended(library: Library, now: datetime, grace: timedelta) -> list[Receipt]:
    """Erase what rests on consent that ended longer ago than the grace."""
    targets = [
        target
        for target, standing in _kept(library, now)
        if standing.state == "expired"
        and standing.expires_at is not None
        and standing.expires_at + grace <= now
    ]
    if not targets:
        return []
    forget.request(library, targets, now)
    return forget.complete(library, now)


def prune(library: Library, now: datetime) -> None:
    """Cut off history: scans, told changes, reports, and files that went long ago with the faces in them."""
    changes.prune(library, told_before=isoformat(now - KEEP), gone_before=isoformat(now - KEEP_GONE))
    faces.prune(library, keep_remembered=True)
    for path in (library.home / "reports").rglob("*"):
        if path.is_file() and path.stat().st_mtime < (now - KEEP).timestamp():
            path.unlink(missing_ok=True)


def _kept(library: Library, now: datetime) -> list[tuple[Target, ConsentStatus]]:
    """Sources and people that the library holds something of, with the consent that decides."""
    standing = {(one.entry.kind, one.entry.subject): one for one in grants.statuses(library, now)}
    found = []
    for row in sources.visible_sources(library):
        above = (str(path) for path in (PurePath(row.root), *PurePath(row.root).parents))
        deciding = next((standing["source", path] for path in above if ("source", path) in standing), None)
        if deciding is not None:
            found.append((Target("source", row.id, row.root), deciding))
    for person in people.all_people(library):
        if ("person", person.name) in standing:
            found.append((Target("person", person.id, person.name), standing["person", person.name]))
    return found
