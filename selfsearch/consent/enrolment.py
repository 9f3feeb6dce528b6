"""Enrolment on record: by which photographs a person is searched, since when, and on what that rests.

What is added or removed is a note in the ledger and a line of the audit log, with the SHA-256 of the file,
which tells nothing of the face. A photograph rests on a statement of consent that was given for it, or it was
added without one because it resembles what was kept already.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ..errors import ConsentError, UsageError
from ..library import erasure, ledger, people
from ..library.ledger import LedgerEntry
from ..library.library import Library
from ..library.people import AuditedPhotographs, KeptProbe, Person
from ..types import isoformat

SUBJECT = "photographs of {}"  # what the ledger's notes are about


@dataclass(frozen=True, slots=True)
class Basis:
    """On what it rests that photographs are added to a person."""

    entry: int  # of the ledger: the consent
    is_stated: bool  # it was given for these photographs
    is_confirmed: bool = False  # they do not show the person clearly, and somebody said that they do


@contextmanager
def attempt(library: Library, name: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Note in the audit log when the enrolment inside is refused: whose it was to be, and nothing else."""
    try:
        yield
    except ConsentError:
        people.save_photographs(library, AuditedPhotographs(isoformat(clock()), name, "add", "refused"))
        raise


def note_added(
    library: Library, person: Person, photographs: Sequence[str], basis: Basis, now: datetime
) -> None:
    """Write down which photographs (sha256) were added to a person. In the caller's transaction."""
    detail: dict[str, object] = {
        "photographs": list(photographs), "statement": basis.entry, "stated": basis.is_stated,
    }  # fmt: skip
    if basis.is_confirmed:
        detail["confirmed"] = True
    note = _append(library, "enroll", person, detail, now)
    line = AuditedPhotographs(
        note.at, person.name, "add", "added", tuple(photographs), note.id, basis.is_confirmed
    )
    people.save_photographs(library, line)


def note_removed(
    library: Library, person: Person, photographs: Sequence[str], now: datetime, *, number: int | None = None
) -> None:
    """Write down by which photographs (sha256) a person is searched no more. In the caller's transaction.

    `number`: of the kept photograph; None for those that were only confirmed.
    """
    detail: dict[str, object] = {"photographs": list(photographs)}
    if number is not None:
        detail["number"] = number
    note = _append(library, "remove", person, detail, now)
    people.save_photographs(
        library, AuditedPhotographs(note.at, person.name, "remove", "removed", tuple(photographs), note.id)
    )


def remove(library: Library, person: Person, number: int, now: datetime) -> None:
    """Have one photograph erased: nobody is searched for by it from now on; `forget.complete` does the rest.

    Raises what `check_removable` raises.
    """
    sha256 = check_removable(library, person, number).sha256
    with library.atomic():
        note_removed(library, person, [sha256], now, number=number)
        erasure.request(library, "probe", number, f"a photograph of {person.name}", now)


def check_removable(library: Library, person: Person, number: int) -> KeptProbe:
    """The photograph of that number.

    Raises UsageError when there is none, or when none would stay that consent was stated for.
    """
    kept = {probe.number: probe for probe in people.kept_probes(library, person)}
    word = shlex.quote(person.name)
    if number not in kept:
        raise UsageError(f"{person.name} has no photograph {number}; see: selfsearch people show {word}")
    if len(kept) == 1:
        raise UsageError(
            f"this is the last photograph of {person.name}: nobody is searched for without one. To erase"
            f" everything about {person.name}: selfsearch forget {word}"
        )
    if not any(probe.is_stated for probe in kept.values() if probe.number != number):
        raise UsageError(
            f"the other photographs of {person.name} were added because they resemble this one, and consent"
            f" was stated for this one alone. To erase everything about {person.name}: selfsearch forget"
            f" {word}"
        )
    return kept[number]


def entries(library: Library, kind: str | None, subject: str | None) -> list[LedgerEntry]:
    """What the ledger says about a source or person, a person's photographs included; everything for None."""
    found = ledger.entries(library, kind, subject)
    if kind == "person":
        found += ledger.entries(library, "library", SUBJECT.format(subject))
    return sorted(found, key=lambda entry: entry.id)


def _append(
    library: Library, event: str, person: Person, detail: dict[str, object], now: datetime
) -> LedgerEntry:
    """A note about the library: what is about the person decides whether there is consent."""
    text = json.dumps({"person": person.name, **detail}, sort_keys=True)
    return ledger.append(
        library,
        LedgerEntry(isoformat(now), event, "library", SUBJECT.format(person.name), detail=text),
    )
