"""Forget: everything derived from a source, a person or a photograph is erased, with proof in the ledger.

What is erased: rows, chips, vectors and probes; the key that sealed them, and the wrapping key that could
open it in an old copy (when everything is erased, the key of the databases, too); every report in the
library's folder (each may show what was erased); free pages and write-ahead logs. Then what is left is
searched for it. Interrupted at any moment, the next command that writes completes it: it calls `complete`
when it opens the library.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from .. import places
from ..errors import SelfsearchError, UsageError
from ..files import delete_files
from ..home import REPORT
from ..library import erasure, erasure_preview, keys, people, remnant_scan, root_key, slack, sources
from ..library.erasure import Erasure
from ..library.erasure_preview import Preview
from ..library.items import LinkedItem
from ..library.library import Library
from ..library.people import Person
from ..library.sources import SourceRow
from ..words import quantity
from . import grants

BACKUPS = (
    "backups made earlier: they still hold names, paths and captions, though the face data in them do not"
    " open any more"
)
BACKUPS_OF_A_PART = (
    "backups made earlier: they still hold names, paths and captions; and whoever has today's library as well"
    " can still open in them what was erased from a source, or from a person's photographs, since the source"
    " keeps its key, and so does the person"
)
BACKUPS_OF_ALL = "backups made earlier: they do not open with today's key, but they do with one from before"
NOT_REACHED = (
    "recovery codes and backups with the key that were made earlier: they open an old copy of the library; so"
    " does the passphrase, where the library had one then",
    "damaged files that a repair has put aside (damaged-... in the library's folder): they are like backups",
    "reports, answers and exports that you saved yourself, under names or in folders of your own",
    "what the disk itself may still hold: old blocks of a solid-state disk, snapshots, swap",
    "your original photographs, which are never touched: what is still in a folder with consent is read"
    " again by its next index",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, and how that was checked."""

    kind: str  # source, person, media, probe, bystanders, library
    subject: str
    at: str
    counts: dict[str, int]  # rows, and keys that were destroyed
    reports: int  # report files that were deleted
    searched: int  # files of the library that were searched for what was erased
    remnants: tuple[str, ...]  # where something was found all the same; empty is what is promised
    checked: bool  # False when an earlier run was killed after the rows were gone: nothing to search for
    entry: int
    hash: str


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be forgotten."""

    kind: str  # source, person, media, probe, bystanders, library
    number: int | None
    subject: str

    @classmethod
    def of_source(cls, row: SourceRow) -> Target:
        """A source with everything in it."""
        return cls("source", row.id, row.root)

    @classmethod
    def of_person(cls, person: Person) -> Target:
        """A person with all that was asked about them."""
        return cls("person", person.id, person.name)


BYSTANDERS = Target("bystanders", None, "faces that resemble nobody enrolled")


def resolve(library: Library, name: str) -> list[Target]:
    """What `name` means: a source's number or path, a person, a sha256, a file or folder that was read.

    Raises UsageError.
    """
    rows = sources.all_sources(library)
    targets = [Target.of_source(row) for row in rows if name == str(row.id)]
    person = people.find_person(library, name)
    if person is not None:
        targets.append(Target.of_person(person))
    if len(targets) > 1:
        raise UsageError(f"{name!r} is a source and a person; name the source by its path")
    if targets:
        return targets
    if re.fullmatch("[0-9a-fA-F]{64}", name):
        return [Target("media", erasure.find_media(library, name.lower()), "a media file")]
    named = list(dict.fromkeys([places.path_as_given(name), places.real_path(name)]))
    known_as = grants.paths_as_given(library)
    below = [Target.of_source(row) for row in rows if _is_meant(row, known_as, named)]
    if below:
        return below
    media = sorted({number for place in (*named, name) for number in erasure.media_at(library, place)})
    if not media:
        raise UsageError(
            f"the library has no source, person, file or sha256 called {name!r}; see: selfsearch sources"
        )
    return [Target("media", number, "a media file") for number in media]


def _is_meant(row: SourceRow, known_as: Mapping[str, Sequence[str]], named: Sequence[str]) -> bool:
    """Whether a source, by any of its paths, lies at or below one of the places that were named."""
    own = (row.root, *row.containers)
    paths = (*own, *map(os.path.realpath, row.containers), *known_as.get(row.root, ()))
    return any(places.may_be_meant(path, place) for place in named for path in paths)


def everything(library: Library) -> list[Target]:
    """All that the library holds but its ledger."""
    return [
        *map(Target.of_source, sources.all_sources(library)),
        *map(Target.of_person, people.all_people(library)),
        Target("library", None, "everything"),
    ]


def request(library: Library, targets: Sequence[Target], now: datetime) -> None:
    """Have these erased: they are not searched from now on, and `complete` does the rest."""
    with _adding("Nothing was erased, and it is found as before"), library.atomic():
        for target in targets:
            erasure.request(library, target.kind, target.number, target.subject, now)


def preview(library: Library, targets: Sequence[Target], faces: Sequence[int] = ()) -> Preview:
    """What `request` and `complete` would erase; what is being erased already is left out."""
    begun = {(each.kind, each.number) for each in erasure.pending(library)}
    requests = [
        Erasure(0, target.kind, target.number, target.subject, "", None)
        for target in targets
        if (target.kind, target.number) not in begun
    ]
    return erasure_preview.preview(library, requests, faces)


def withdraw(
    library: Library, kind: str, subject: str, now: datetime, why: str = "", also: Sequence[str] = ()
) -> list[str]:
    """Withdraw consent, and have erased what rests on it: `complete` does that. As for grants.revoke."""
    with _adding("The consent was not withdrawn"), library.atomic():
        subjects = grants.revoke(library, kind, subject, now, why, also)
        withdrawn(library, kind, grants.ended(library, kind), now)
    return subjects


def preview_withdrawal(
    library: Library, kind: str, subject: str, now: datetime, also: Sequence[str] = ()
) -> tuple[list[str], Preview]:
    """What `withdraw` would return, and have erased. Raises UsageError as it does; nothing is changed."""
    subjects = grants.withdrawable(library, kind, subject, also)
    doomed = _doomed(library, kind, grants.ended(library, kind, subjects), now, subjects)
    return subjects, preview(library, doomed)


def withdrawn(library: Library, kind: str, subjects: Collection[str], now: datetime) -> None:
    """Have erased what is kept of sources (by their paths) or people whose consent ended.

    Needs no writer's place.
    """
    request(library, _doomed(library, kind, subjects, now), now)


def _doomed(
    library: Library, kind: str, subjects: Collection[str], now: datetime, withdrawing: Collection[str] = ()
) -> list[Target]:
    """What rests on consent that ended, or will have ended when it is withdrawn for `withdrawing`."""
    if kind == "person":
        targets = map(Target.of_person, people.all_people(library))
    else:
        targets = map(Target.of_source, sources.all_sources(library))
    doomed = [target for target in targets if target.subject in subjects]
    if kind == "source":
        links = grants.unconsented_links(library, now, expired=False, withdrawing=withdrawing)
        doomed += behind_links(links, doomed)
    return doomed


def behind_links(links: Sequence[LinkedItem], doomed: Sequence[Target]) -> list[Target]:
    """What is known by these links, but for that which goes with `doomed` sources that they lead to."""
    roots = [target.subject for target in doomed if target.kind == "source"]
    links = [link for link in links if not any(places.is_at_or_below(link.real, root) for root in roots)]
    return [Target("media", number, "a media file") for number in {link.media for link in links}]


def complete(library: Library, now: datetime, samples: Sequence[bytes] = ()) -> list[Receipt]:
    """Erase what was asked to be erased, now or before. Needs the writer's place.

    `samples`: bytes of what a caller has just removed from the rows (bystanders.remove_bystanders), to be
    searched for. An error says what is still to be done.
    """
    subjects = ", ".join(dict.fromkeys(each.subject for each in erasure.pending(library)))
    left = f"{subjects} is not searched or shown any more, but not all of it is erased yet"
    with _adding(f"{left}: selfsearch forget goes on with it") if subjects else nullcontext():
        return _complete(library, now, samples)


@contextmanager
def _adding(what: str) -> Iterator[None]:
    """Have an error of the disk or the library say this, too."""
    try:
        yield
    except UsageError:
        raise
    except SelfsearchError as exc:
        raise type(exc)(f"{exc}. {what}") from exc
    except OSError as exc:
        raise SelfsearchError(f"{exc.strerror or exc}: {exc.filename}. {what}") from exc


def _complete(library: Library, now: datetime, samples: Sequence[bytes]) -> list[Receipt]:
    root_key.tidy(library.home, library.key_folder, library.root)
    keys.finish(library)
    pending = erasure.pending(library)
    if not pending:
        return []
    unpurged = [each for each in pending if each.counts is None]
    traces = remnant_scan.collect(library, unpurged)
    traces = replace(traces, samples=(*traces.samples, *samples))
    for each in unpurged:
        erasure.purge(library, each)
    keys.destroy(library, filter(None, (each.key_name for each in pending)))
    is_everything = any(each.kind == "library" for each in pending)
    (keys.renew if is_everything else keys.rotate)(library)
    reports = _delete_reports(library.home)
    is_clean = slack.clear(library, traces.pattern())
    remnants, searched = remnant_scan.remnants(library, traces)
    remnants += [] if is_clean else [library.path.name]
    unsearched = {each.id for each in pending if each.counts is not None}
    if samples:
        unsearched -= {each.id for each in pending if each.kind == "bystanders"}
    check = _Check(reports, searched, tuple(remnants), unsearched)
    groups: dict[object, list[Erasure]] = {}
    for each in erasure.pending(library):
        groups.setdefault("media" if each.kind == "media" else each.id, []).append(each)
    return [_write_receipt(library, group, check, now) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class _Check:
    """What was done for all requests together."""

    reports: int
    searched: int
    remnants: tuple[str, ...]
    unsearched: set[int]


def _write_receipt(library: Library, erasures: list[Erasure], check: _Check, now: datetime) -> Receipt:
    counts = dict(sum((Counter(each.counts or {}) for each in erasures), Counter[str]()))
    checked = check.unsearched.isdisjoint(each.id for each in erasures)
    detail = {
        "erased": counts, "reports": check.reports, "files searched": check.searched,
        "remnants": len(check.remnants), "search complete": checked,
    }  # fmt: skip
    entry = erasure.conclude(library, erasures, detail, now)
    return Receipt(
        kind=erasures[0].kind,
        subject=entry.subject if len(erasures) == 1 else quantity(len(erasures), "media file"),
        at=entry.at,
        counts=counts,
        reports=check.reports,
        searched=check.searched,
        remnants=check.remnants,
        checked=checked,
        entry=entry.id,
        hash=entry.hash,
    )


def _delete_reports(home: Path) -> int:
    """Reports may show anybody; all that we made in the library's folder go. Returns how many."""
    return delete_files(home / "reports", REPORT, when=lambda info: True)


def not_reached(receipts: Sequence[Receipt]) -> list[str]:
    """What no erasure can reach from here."""
    kinds = {receipt.kind for receipt in receipts}
    backups = BACKUPS_OF_ALL if "library" in kinds else BACKUPS
    return [BACKUPS_OF_A_PART if kinds & {"media", "probe", "bystanders"} else backups, *NOT_REACHED]


def as_dict(receipt: Receipt) -> dict[str, object]:
    """A receipt for programs."""
    return asdict(receipt) | {"not_reached": not_reached([receipt])}
