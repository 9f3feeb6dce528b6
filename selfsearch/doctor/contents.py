"""What the library holds: the files' structure, the ledger, what refers to what, and values that must make
sense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..errors import LibraryError, SelfsearchError
from ..library import integrity, ledger
from ..library.db import DatabaseError, explain
from ..library.library import Library
from ..types import Outcome
from . import blocks
from .finding import Finding, listed

BACKUP = "restore the library from a backup; if there is none, move its folder away and index again"
Check = Callable[[Library], Iterator[Finding]]


def contents(library: Library, fix: bool) -> Iterator[Finding]:
    """Every check of an open library."""
    if _behind(library):
        yield Finding(
            "library", "note", "the library was written by an older selfsearch",
            "the next index brings it up to date; what it holds is checked after that",
        )  # fmt: skip
        return
    rounds: tuple[Check, ...] = (
        _files, _ledger, _references, _values, _scans,
        lambda opened: blocks.chips(opened, fix),
        lambda opened: blocks.embeddings(opened, fix),
        blocks.probes,
    )  # fmt: skip
    for check in rounds:
        yield from _safely(library, check)


def _behind(library: Library) -> bool:
    try:
        return integrity.behind(library)
    except DatabaseError:
        return False  # the rounds say what is damaged


def _safely(library: Library, check: Check) -> Iterator[Finding]:
    """A damaged page stops one check, not the round."""
    try:
        yield from check(library)
    except DatabaseError as exc:
        yield Finding("library", "error", str(explain(exc, library.path)), BACKUP)
    except SelfsearchError as exc:
        yield Finding("library", "error", str(exc), BACKUP)


def _files(library: Library) -> Iterator[Finding]:
    for name, db in (("library.db", library.db), ("keys.db", library.keys)):
        found = integrity.damage(db)
        if found:
            yield Finding("library", "error", f"{name} is damaged: {listed(found)}", BACKUP)
        else:
            yield Finding("library", "ok", f"{name} is sound: every page opens, and its structure holds")


def _ledger(library: Library) -> Iterator[Finding]:
    try:
        length = ledger.verify(library)
    except LibraryError as exc:
        yield Finding(
            "ledger",
            "error",
            str(exc),
            "compare it with an export or a backup, and give consent anew where in doubt",
        )
        return
    yield Finding("ledger", "ok", f"the consent ledger's {length:,} entries are as they were written")


def _references(library: Library) -> Iterator[Finding]:
    found = integrity.dangling(library.db)
    for (table, parent), count in found.items():
        yield Finding(
            "library", "error", f"{count:,} rows of {table} refer to {parent} that are not there", BACKUP
        )
    if not found:
        yield Finding("library", "ok", "nothing refers to what is not there")


def _values(library: Library) -> Iterator[Finding]:
    strange = integrity.other_outcomes(library, [outcome.value for outcome in Outcome])
    bad = [
        f"{name} ({count:,} rows)"
        for name, count in (integrity.bad_json(library) | integrity.bad_times(library)).items()
    ]
    if bad:
        yield Finding("values", "error", f"values that cannot be read: {listed(bad)}", BACKUP)
    if strange:
        yield Finding(
            "values", "error", f"files with an outcome that does not exist: {listed(list(strange))}", BACKUP
        )
    if not bad and not strange:
        yield Finding("values", "ok", "every outcome, time and list can be read")


def _scans(library: Library) -> Iterator[Finding]:
    scans = integrity.unfinished(library)
    for scan in scans:
        yield Finding(
            "scans", "warning",
            f"reading source {scan.source} ({scan.title}), begun {scan.started_at}, was interrupted or is"
            " still going on",
            f"go on with it: selfsearch index {scan.root}",
        )  # fmt: skip
    if not scans:
        yield Finding("scans", "ok", "no reading of a source was interrupted")
