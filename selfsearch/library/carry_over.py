"""Carry-over: what the library in place says against a restored backup of it counts.

Found by comparing the two: no record is kept of what somebody had removed. Of a media file that both have
analysed, the restored one keeps the faces that the one in place has; of a person that both know, the
photographs and verdicts. Once anything was erased since the backup, sources, people and media that the one in
place lacks do not come back either. The audit log is the one in place's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from ..errors import SelfsearchError
from . import erasure, people, sources, verdicts
from .face_matching import FacePlace, find_twin
from .library import Library
from .people import Person


@dataclass
class Comparison:
    """The restored library beside the one in place."""

    staged: Library
    live: Library
    has_erased: bool  # whether something was erased in the one in place since the backup
    now: datetime
    # face in place -> the same face in the restored one, where either has a verdict
    same: dict[int, int] = field(default_factory=dict)
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
        except SelfsearchError:
            comparison.unread = True


def _request_unknown(comparison: Comparison) -> None:
    """Ask for the erasure of sources, people and media that the library in place lacks, or is to erase."""
    staged, doomed = comparison.staged, _doomed(comparison.live)
    if not comparison.has_erased and not doomed:
        return
    known = {key for key, target in _targets(comparison.live).items() if target[:2] not in doomed}
    for key, target in _targets(staged).items():
        if key not in known:
            erasure.request(staged, *target, comparison.now)
    hashes = _media(comparison.live, doomed)
    for sha256, number in _media(staged, set()).items():
        if sha256 not in hashes:
            erasure.request(staged, "media", number, "a media file", comparison.now)


def _doomed(library: Library) -> set[tuple[str, int | None]]:
    """Kind and number of what is to be erased and is still there."""
    return {(each.kind, each.number) for each in erasure.pending(library) if each.counts is None}


def _targets(library: Library) -> dict[tuple[object, ...], tuple[str, int, str]]:
    """Every source and person, as an erasure names them, by what they are the same by in two libraries."""
    targets: dict[tuple[object, ...], tuple[str, int, str]] = {}
    for row in sources.all_sources(library):  # numbers are not given twice
        targets["source", row.id, row.locator] = "source", row.id, row.root
    for person in people.all_people(library):
        targets["person", person.id, person.name] = "person", person.id, person.name
    return targets


def _media(library: Library, doomed: Collection[tuple[str, int | None]]) -> dict[bytes, int]:
    """sha256 -> number, of the media that stay: not those of sources that are being erased alone."""
    if ("library", None) in doomed:
        return {}
    rows = library.db.execute(
        """
        select sha256, id
        from media
        where id in (
            select media_id
            from items
            join sources on sources.id = source_id
            where state <> 'erasing'
        )
        """
    )
    return {bytes.fromhex(sha256): number for sha256, number in rows if ("media", number) not in doomed}


def _remove_faces(comparison: Comparison) -> None:
    """Remove faces that the library in place has not got in a media file that it has analysed."""
    staged, live, gone = comparison.staged, comparison.live, set()
    judged, judged_in_place = verdicts.judged(staged), verdicts.judged(live)
    for rows, others in _analysed_by_both(staged, live):
        for row in rows:
            twin = find_twin(row, others)
            if twin is None:
                gone.add(row.id)
            elif row.id in judged or twin in judged_in_place:
                comparison.same[twin] = row.id
    subject = "faces that were removed after the backup"
    comparison.removed = erasure.remove_faces(staged, gone, subject, comparison.now)


def _analysed_by_both(one: Library, other: Library) -> Iterator[tuple[list[FacePlace], list[FacePlace]]]:
    """The faces of each media file that both have analysed."""
    theirs = _analysed(other)
    current = next(theirs, None)
    for sha256, rows in _analysed(one):
        while current and current[0] < sha256:
            current = next(theirs, None)
        if current and current[0] == sha256:
            yield rows, current[1]


def _analysed(library: Library) -> Iterator[tuple[str, list[FacePlace]]]:
    """sha256 and faces of every media file that was analysed, by sha256; none whose blocks were lost."""
    cursor = library.db.execute(
        """
        select sha256, faces.id, time_ms, x, y, faces.width, faces.height
        from media
        left join faces on faces.media_id = media.id
        where exists (select 1 from vectors where vectors.media_id = media.id)
        order by sha256
        """
    )
    for sha256, rows in groupby(cursor, key=itemgetter(0)):
        yield sha256, [FacePlace(face, time, tuple(box)) for _, face, time, *box in rows if face is not None]


def _carry_verdicts(comparison: Comparison) -> None:
    """What people said of faces is what they said last; what they took back is taken back."""
    staged, same = comparison.staged, comparison.same
    for mine, theirs in _known_people(comparison):
        said = verdicts.of_person(comparison.live, theirs.id)
        verdicts.withdraw(staged, mine.id, [same[face] for face in same.keys() - said.keys()])
        known = {face: verdict for face, verdict in said.items() if face in same}
        verdicts.save(staged, mine.id, {same[face]: verdict for face, verdict in known.items()})
        comparison.verdicts_lost += len(said) - len(known)


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
