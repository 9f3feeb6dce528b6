"""Forget: everything derived from a source, a person or a photograph is erased, searched for, and written
into the ledger.

What is erased: rows, chips, vectors and probes; the key that sealed them, and the wrapping key that could
open it in an old copy; every report in the library's folder (each may show what was erased); free pages and
write-ahead logs. Interrupted at any moment, the next command that writes completes it: it calls `complete`
when it opens the library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from ..errors import UsageError
from ..library import erasure, keys, people, remnant_scan, root_key, sources
from ..library.erasure import Erasure
from ..library.library import Library

NOT_REACHED = (
    "backups made earlier: they still hold names, paths and captions, though the face data in them do not"
    " open any more",
    "recovery codes, and backups with the key, that were made earlier: together with an old copy they open"
    " it",
    "reports, answers and exports that you saved outside the library's folder",
    "older blocks on solid-state disks (wear levelling), snapshots of the file system, and swap",
    "your original photographs, which are never touched: what is still in a folder with consent is read"
    " again by its next index",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, and how that was checked."""

    subject: str
    at: str
    counts: dict[str, int]
    reports: int  # report and cache files that were deleted
    searched: int  # files of the library that were searched for what was erased
    remnants: tuple[str, ...]  # where something was found all the same; empty is what is promised
    checked: bool  # False when an earlier run was killed after the rows were gone: nothing to search for
    entry: int
    hash: str


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be forgotten."""

    kind: str
    number: int | None
    subject: str


def resolve(library: Library, word: str) -> list[Target]:
    """What `word` names: a source's number or path, a person, a sha256, a file or folder that was read.

    Raises UsageError.
    """
    rows = sources.all_sources(library)
    found = [_source(row) for row in rows if word == str(row.id)]
    person = people.find_person(library, word)
    if person is not None:
        found.append(Target("person", person.id, person.name))
    if len(found) > 1:
        raise UsageError(f"{word!r} is a source and a person; name the source by its path")
    if found:
        return found
    if re.fullmatch("[0-9a-fA-F]{64}", word):
        return [Target("media", erasure.find_media(library, word.lower()), "a media file")]
    place = str(Path(word).expanduser().resolve())
    below = [_source(row) for row in rows if _covers(place, [row.root, *row.containers])]
    if below:
        return below
    media = erasure.media_at(library, place) or erasure.media_at(library, word)
    if not media:
        raise UsageError(
            f"the library knows no source, person, sha256 or path {word!r}; see: selfsearch sources"
        )
    return [Target("media", number, "a media file") for number in media]


def everything(library: Library) -> list[Target]:
    """All that the library holds but its ledger."""
    persons = [Target("person", one.id, one.name) for one in people.all_people(library)]
    rest = Target("library", None, "everything")
    return [*map(_source, sources.all_sources(library)), *persons, rest]


def request(library: Library, targets: Sequence[Target], now: datetime) -> None:
    """Have these erased: they are not searched from now on, and `complete` does the rest."""
    with library.atomic():
        for one in targets:
            erasure.request(library, one.kind, one.number, one.subject, now)


def withdrawn(library: Library, kind: str, subjects: Collection[str], now: datetime) -> None:
    """Have erased what is kept of sources (by their paths) or people whose consent ended.

    Needs no writer's place.
    """
    if kind == "person":
        persons = [one for one in people.all_people(library) if one.name in subjects]
        request(library, [Target("person", one.id, one.name) for one in persons], now)
    else:
        rows = [row for row in sources.all_sources(library) if row.root in subjects]
        request(library, [_source(row) for row in rows], now)


def complete(library: Library, now: datetime, samples: Sequence[bytes] = ()) -> list[Receipt]:
    """Erase what was asked to be erased, now or before. Needs the writer's place.

    `samples` are bytes of what a caller has just removed from the rows (bystanders.purge), to be searched
    for.
    """
    root_key.tidy(library.home, library.key_folder)
    keys.finish(library)
    waiting = erasure.pending(library)
    if not waiting:
        return []
    fresh = [one for one in waiting if one.counts is None]
    what = remnant_scan.collect(library, fresh)
    what = replace(what, samples=(*what.samples, *samples))
    for one in fresh:
        erasure.purge(library, one)
    keys.destroy(library, filter(None, map(erasure.key_name, waiting)))
    keys.rotate(library)
    reports = _delete_reports(library.home)
    keys.compact(library.db)
    places, searched = remnant_scan.remnants(library, what)
    unsearched = {one.id for one in waiting} - {one.id for one in fresh}
    if samples:
        unsearched -= {one.id for one in waiting if one.kind == "bystanders"}
    groups: dict[object, list[Erasure]] = {}
    for one in erasure.pending(library):
        groups.setdefault("media" if one.kind == "media" else one.id, []).append(one)
    return [
        _receipt(library, done, _Check(reports, searched, tuple(places), unsearched), now)
        for done in groups.values()
    ]


@dataclass(frozen=True, slots=True)
class _Check:
    """What went for all requests together."""

    reports: int
    searched: int
    remnants: tuple[str, ...]
    unsearched: set[int]


def _receipt(library: Library, done: list[Erasure], check: _Check, now: datetime) -> Receipt:
    counts = dict(sum((Counter(one.counts or {}) for one in done), Counter[str]()))
    checked = check.unsearched.isdisjoint(one.id for one in done)
    detail = {
        "erased": counts, "reports": check.reports, "files searched": check.searched,
        "remnants": len(check.remnants), "search complete": checked,
    }  # fmt: skip
    entry = erasure.conclude(library, done, detail, now)
    subject = entry.subject if len(done) == 1 else f"{len(done)} media files"
    return Receipt(
        subject,
        entry.at,
        counts,
        check.reports,
        check.searched,
        check.remnants,
        checked,
        entry.id,
        entry.hash,
    )


def _delete_reports(home: Path) -> int:
    """Reports and caches may show anybody; all go."""
    count = 0
    for folder in ("reports", "nearest"):
        for path in sorted((home / folder).rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
                count += 1
    return count


def _source(row: sources.SourceRow) -> Target:
    return Target("source", row.id, row.root)


def _covers(place: str, paths: Sequence[str]) -> bool:
    """Whether one of `paths` is at `place` or below it."""
    return any(Path(path).is_relative_to(place) for path in paths)


def as_dict(receipt: Receipt) -> dict[str, object]:
    """A receipt for programs."""
    return asdict(receipt) | {"not_reached": list(NOT_REACHED)}
