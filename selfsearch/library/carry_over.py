"""Carry-over: what the library in place says against a restored backup of it counts.

Found by comparing the two: no record is kept of what somebody had removed. Of a media file that both have
analysed, the restored one keeps the faces that the one in place has; of a person that both know, the
photographs and verdicts. Once anything was erased since the backup, sources, people and media that the one in
place lacks do not come back either. The audit log is the one in place's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ..errors import SelfsearchError
from ..types import Box
from . import erasure, people, sources
from .db import DatabaseError
from .library import Library
from .people import Person

SAME_FACE = 0.5  # overlap (intersection over union) of two boxes of one face; detection leaves none of two


class FaceRow(NamedTuple):
    """A face by its place in the media file."""

    id: int
    time_ms: int | None
    box: Box


class Belonging(NamedTuple):
    """What can be erased as a whole."""

    kind: str  # source, person, media
    subject: str  # what a receipt calls it
    identity: str  # by which it is the same in two copies of a library


@dataclass
class Comparison:
    """The restored library beside the one in place."""

    staged: Library
    live: Library
    has_erased: bool  # whether something was erased in the one in place since the backup
    now: datetime
    same: dict[int, int] = field(default_factory=dict)  # face in place -> the same face in the restored one
    removed: erasure.RemovedFaces = field(default=erasure.RemovedFaces(0, ()))
    verdicts_lost: int = 0  # on faces that the backup does not have
    unread: bool = False  # some of the library in place could not be read


def carry_over(comparison: Comparison) -> None:
    """Apply to the restored library what the one in place says; whatever is damaged there is left out."""
    steps: tuple[Callable[[Comparison], None], ...] = (
        _request_unknown, _remove_faces, _carry_verdicts, _remove_probes, _carry_audit_log,
    )  # fmt: skip
    for step in steps:
        try:
            with comparison.staged.atomic():
                step(comparison)
        except (SelfsearchError, DatabaseError):
            comparison.unread = True


def _request_unknown(comparison: Comparison) -> None:
    """Ask for the erasure of sources, people and media that the library in place lacks, or is to erase."""
    staged, doomed = comparison.staged, _doomed(comparison.live)
    if not comparison.has_erased and not doomed:
        return
    known = _belongings(comparison.live)
    if ("library", None) in doomed:
        known.clear()
    kept = {thing for thing, number in known.items() if (thing.kind, number) not in doomed}
    for thing, number in _belongings(staged).items():
        if thing not in kept:
            erasure.request(staged, thing.kind, number, thing.subject, comparison.now)


def _doomed(library: Library) -> set[tuple[str, int | None]]:
    """Kind and number of what is to be erased and is still there."""
    return {(each.kind, each.number) for each in erasure.pending(library) if each.counts is None}


def _belongings(library: Library) -> dict[Belonging, int]:
    """Every source, person and media file, and its number."""
    found = {
        Belonging("source", row.root, f"{row.id} {row.locator}"): row.id  # numbers are not given twice
        for row in sources.all_sources(library)
    }
    for person in people.all_people(library):
        found[Belonging("person", person.name, str(person.id))] = person.id
    for number, sha256 in library.db.execute("select id, sha256 from media"):
        found[Belonging("media", "a media file", sha256)] = number
    return found


def _remove_faces(comparison: Comparison) -> None:
    """Remove faces that the library in place has not got in a media file that it has analysed."""
    live, gone = _analysed(comparison.live), set()
    for sha256, rows in _analysed(comparison.staged).items():
        if sha256 not in live:
            continue
        for row in rows:
            twin = _find_twin(row, live[sha256])
            if twin is None:
                gone.add(row.id)
            else:
                comparison.same[twin] = row.id
    subject = "faces that were removed after the backup"
    comparison.removed = erasure.remove_faces(comparison.staged, gone, subject, comparison.now)


def _analysed(library: Library) -> dict[str, list[FaceRow]]:
    """sha256 -> faces, of every media file that has been analysed; not of one whose blocks were lost."""
    found: dict[str, list[FaceRow]] = {}
    rows = library.db.execute(
        """
        select sha256, faces.id, time_ms, x, y, faces.width, faces.height
        from media
        left join faces on faces.media_id = media.id
        where exists (select 1 from vectors where vectors.media_id = media.id)
        """
    )
    for sha256, face, time_ms, *box in rows:
        found.setdefault(sha256, [])
        if face is not None:
            found[sha256].append(FaceRow(face, time_ms, tuple(box)))
    return found


def _find_twin(row: FaceRow, others: Iterable[FaceRow]) -> int | None:
    """The number of the same face among the other library's."""
    at_that_time = [other for other in others if other.time_ms == row.time_ms]
    best = max(at_that_time, key=lambda other: _overlap(row.box, other.box), default=None)
    return best.id if best and _overlap(row.box, best.box) >= SAME_FACE else None


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    return common / (one[2] * one[3] + other[2] * other[3] - common or 1.0)


def _carry_verdicts(comparison: Comparison) -> None:
    """What people said of faces is what they said last; what they took back is taken back."""
    for mine, theirs in _known_people(comparison):
        said = _verdicts(comparison.live, theirs)
        for face in comparison.same.keys() - said.keys():
            comparison.staged.db.execute(
                "delete from verdicts where person_id = ? and face_id = ?", [mine.id, comparison.same[face]]
            )
        for face, (verdict, at) in said.items():
            if face in comparison.same:
                people.save_verdict(comparison.staged, mine, comparison.same[face], verdict, at)
            else:
                comparison.verdicts_lost += 1


def _verdicts(library: Library, person: Person) -> Mapping[int, tuple[str, str]]:
    """Face -> verdict and when."""
    rows = library.db.execute("select face_id, verdict, at from verdicts where person_id = ?", [person.id])
    return {face: (verdict, at) for face, verdict, at in rows}


def _remove_probes(comparison: Comparison) -> None:
    """Ask for the erasure of photographs that a person is no more searched by."""
    staged, live = comparison.staged, comparison.live
    for mine, theirs in _known_people(comparison):
        kept = {probe.sha256 for probe in people.kept_probes(live, theirs)}
        for probe in people.kept_probes(staged, mine):
            if probe.sha256 not in kept:
                subject = f"a photograph of {mine.name}"
                erasure.request(staged, "probe", probe.number, subject, comparison.now)


def _known_people(comparison: Comparison) -> list[tuple[Person, Person]]:
    """People by the same name in the restored library and in the one in place."""
    live = {person.name: person for person in people.all_people(comparison.live)}
    return [
        (person, live[person.name]) for person in people.all_people(comparison.staged) if person.name in live
    ]


def _carry_audit_log(comparison: Comparison) -> None:
    """Who was searched for and refused, as the library in place knows it."""
    rows = list(comparison.live.db.table("queries").rows)
    comparison.staged.db.execute("delete from queries")
    comparison.staged.db.table("queries").insert_all(rows)
