"""Query: where a person appears, who could have seen it there, and how sure that is.

The way of a question, from top to bottom:

    template    what is remembered of the person and the given photographs as one embedding (enroll.py)
    search      the faces of every source with live consent that resemble it (gallery.py)
    reject      without those of which the person said that they are somebody else's, and their copies
    bands       what the scores of this template mean in this library (recognition/probe_calibration.py)
    fold        copies of one picture become one appearance
    describe    everything known of each: the file, its places, who could see them, and what an export that
                was replaced shows beyond that: once public, always public
    contrast    whose face it may be as well: of relatives who are known here (contrast.py)
    list        of everything that is found, what the caller wants to see; counts are of everything
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from ..consent import exposure, grants
from ..consent.exposure import Knowledge
from ..consent.grants import Grant
from ..errors import ConsentError, UsageError
from ..library import faces, items, people, sources, verdicts
from ..library.copies import FacesInPictures
from ..library.faces import StoredFace
from ..library.library import Library
from ..library.people import Person
from ..library.sources import SourceRow
from ..library.verdicts import ME, NOT_ME, Verdict
from ..recognition.calibration import BANDS, WEAKEST_FMR
from ..recognition.probe_calibration import ProbeCalibration
from ..types import (
    EXPOSURES,
    Answer,
    Appearance,
    Embedding,
    Embeddings,
    Facts,
    LinkOnly,
    Outcome,
    ProbeSummary,
    Provenance,
    Sighting,
    isoformat,
)
from . import contrast
from .enroll import count_photographs, enrolled_embeddings, resembling_score, template
from .gallery import FaceIndex, Gallery
from .probes import Probe

UNCALIBRATED = 0.3  # score from which faces are listed when a pack has no calibration
OLDER_EXPORT = "this is from an older export, which a newer one replaced"
NOT_LOOKED_AT = (
    Outcome.UNSUPPORTED,
    Outcome.UNREADABLE,
    Outcome.TOO_LARGE,
    Outcome.FAILED,
    Outcome.ENCRYPTED,
)


class Hit(NamedTuple):
    """A face that resembles the template."""

    face: int  # its number in the library
    score: float  # cosine


class Scope(NamedTuple):
    """The sources that an answer describes pictures by."""

    searched: Sequence[SourceRow]
    replaced: Sequence[SourceRow] = ()  # these count where they show a picture to more people


@dataclass(frozen=True)
class Filters:
    """What is looked for, and what is listed of what was found."""

    everything: bool = False  # look for what is weaker than every band as well
    folded: bool = True  # near-identical pictures as one appearance
    limit: int | None = None  # from here on: what is listed
    min_band: str = "possible"
    sources: Collection[int] | None = None  # their numbers
    since: str | None = None  # ISO 8601 dates; of posting, else of taking
    until: str | None = None
    dated_only: bool = False  # nothing that has no date

    def __post_init__(self) -> None:
        """Raises UsageError for a word or day that there is not, and for days between which there is none."""
        if self.min_band not in BANDS:
            raise UsageError(f"min_band is one of {', '.join(BANDS)}, not {self.min_band!r}")
        for name, day in (("since", self.since), ("until", self.until)):
            try:
                date.fromisoformat((day or "2000-01-01")[:10])
            except ValueError as exc:
                raise UsageError(f"{name} is a day such as 2021-06-02, not {day!r}") from exc
        if self.since and self.until and self.since[:10] > self.until[:10]:
            raise UsageError(f"no day lies between {self.since[:10]} and {self.until[:10]}: turn them round")

    @property
    def is_by_date(self) -> bool:
        """Whether dates decide."""
        return bool(self.since or self.until)

    def why_left_out(self, appearance: Appearance) -> str | None:
        """Why an appearance is not listed, as a key of `Answer.left_out`; None when it is."""
        sightings = appearance.sightings
        if self.sources is not None and not any(place.source in self.sources for place in sightings):
            return "source"
        if not self._admits_band(appearance):
            return "band"
        if not appearance.is_dated:
            return "undated" if self.dated_only else None
        if not self.is_by_date:
            return None
        return None if any(self._admits_day(_day(place.provenance)) for place in sightings) else "dates"

    def _admits_band(self, appearance: Appearance) -> bool:
        """What the person confirmed is sure enough, and so is what has no band for want of a calibration."""
        *_, weakest = BANDS
        if appearance.verdict == ME or appearance.expected_false_matches is None or self.min_band == weakest:
            return True
        order = list(BANDS)
        return appearance.band in order[: order.index(self.min_band) + 1]

    def _admits_day(self, day: str) -> bool:
        is_late_enough = not self.since or day >= self.since[:10]
        is_early_enough = not self.until or day <= self.until[:10]
        return bool(day) and is_late_enough and is_early_enough


def query(
    gallery: Gallery,
    grant: Grant,
    person: Person,
    probes: Sequence[Probe],
    now: datetime,
    filters: Filters | None = None,
) -> Answer:
    """Where this person appears in every source with live consent.

    Raises ConsentError, InputError, and UsageError for a source that is not searched.
    """
    filters, library = filters or Filters(), gallery.library
    if (grant.kind, grant.subject) != ("person", person.name):
        raise ConsentError(f"the consent that was shown is not {person.name}'s")
    grants.require(library, "person", person.name, now)
    gallery.renew(now)
    rows = grants.searchable_sources(library, now, filters.sources or ())
    source_ids = [row.id for row in rows]
    face_index = gallery.face_index(source_ids)
    kept = enrolled_embeddings(gallery, person, now)
    searched_by = template(kept, person, probes)
    calibration = gallery.calibrate(face_index, searched_by, count_photographs(kept, probes))
    bands = calibration.bands() if calibration else {}
    lowest = _lowest_score(calibration, bands, filters)
    said = verdicts.of_person(library, person.id)
    hits = search(gallery, face_index, searched_by, kept.stated, said, lowest)
    hits, rejected = reject(library, said, hits, face_index)
    face_rows = faces.find_faces(library, [hit.face for hit in (*hits, *rejected)])
    groups = fold(hits, face_rows, face_index) if filters.folded else [[hit] for hit in hits]
    scope = Scope(rows, grants.replaced_sources(library, now, rows))
    found = describe(library, person, groups, face_rows, scope, calibration)
    found = contrast.mark(gallery, person, searched_by, found, face_index, now)
    listed, left_out = choose_listed(found, filters)
    media_count, _ = faces.totals(library, source_ids)
    outcomes = items.count_outcomes(library, source_ids)
    return Answer(
        person=person.name,
        pack=gallery.engine.pack.name,
        dimension=gallery.engine.dimension,
        calibrated=calibration is not None,
        cohort=calibration.summary() if calibration else None,
        sources=len(rows),
        media=media_count,
        faces=len(face_index),
        probes=tuple(
            ProbeSummary(probe.photo.path, len(probe.photo.faces), probe.face.box, probe.face.quality)
            for probe in probes
        ),
        bands=bands,
        found=tuple(found),
        appearances=tuple(listed),
        left_out=left_out,
        rejected=len(fold(rejected, face_rows, face_index)),
        is_by_date=filters.is_by_date,
        not_looked_at={kind.value: outcomes[kind.value] for kind in NOT_LOOKED_AT if kind.value in outcomes},
        links=tuple(_links(library, rows)),
        asked_at=isoformat(now),
        source_names=tuple(row.name for row in rows),
        replaced_names=tuple(row.name for row in rows if row.successor is not None),
    )


def _lowest_score(
    calibration: ProbeCalibration | None, bands: Mapping[str, float], filters: Filters
) -> float:
    """The lowest score that is worth a look."""
    if calibration is None:
        return UNCALIBRATED
    weakest = calibration.score_for(WEAKEST_FMR)
    return min(weakest, bands["possible"]) if filters.everything else bands["possible"]


def search(
    gallery: Gallery,
    face_index: FaceIndex,
    template: Embedding,
    stated: Embeddings,
    said: Mapping[int, Verdict],
    threshold: float,
) -> list[Hit]:
    """Every face that scores at least `threshold`, and those that the person confirmed; best first.

    Each of the others resembles one of `stated`, the photographs that consent was stated for: pictures that
    were mixed from two people, and so passed as the person, do not find the other one.
    """
    ids, scores = face_index.search(template, threshold)
    nearest = (face_index.embeddings_of(ids) @ stated.T).max(axis=1, initial=-1.0)
    is_like = nearest >= resembling_score(gallery)
    hits = [Hit(int(face), float(score)) for face, score in zip(ids[is_like], scores[is_like], strict=True)]
    confirmed = {face for face, verdict in said.items() if verdict.value == ME} - {hit.face for hit in hits}
    weaker = face_index.present(confirmed)
    hits += map(Hit, weaker.tolist(), (face_index.embeddings_of(weaker) @ template).tolist())
    return sorted(hits, key=lambda hit: (-hit.score, hit.face))


def reject(
    library: Library, said: Mapping[int, Verdict], hits: Sequence[Hit], face_index: FaceIndex
) -> tuple[list[Hit], list[Hit]]:
    """The hits without those that the person said are somebody else's; and these.

    A copy of such a face counts as one, unless the person said something else of it.
    """
    denied = face_index.present(face for face, verdict in said.items() if verdict.value == NOT_ME)
    if not len(denied):
        return list(hits), []
    unsaid = [hit.face for hit in hits if hit.face not in said]
    copies = _copies_of(library, unsaid, denied.tolist(), face_index)
    gone = {*denied.tolist(), *copies}
    return [hit for hit in hits if hit.face not in gone], [hit for hit in hits if hit.face in gone]


def _copies_of(
    library: Library, among: Sequence[int], originals: Sequence[int], face_index: FaceIndex
) -> set[int]:
    """Those of the faces `among` that are copies of one of `originals`."""
    every = [*originals, *among]
    pictures = _pictures(every, faces.find_faces(library, every), face_index)
    rows = range(len(originals))
    return {face for place, face in enumerate(among, len(originals)) if pictures.copies_of(place, rows).any()}


def fold(hits: Sequence[Hit], face_rows: Mapping[int, StoredFace], face_index: FaceIndex) -> list[list[Hit]]:
    """Groups of hits that are the same face in near-identical pictures, best first."""
    if not hits:
        return []
    pictures = _pictures([hit.face for hit in hits], face_rows, face_index)
    groups: dict[int, list[Hit]] = {}
    for place, hit in enumerate(hits):
        leaders = list(groups)
        is_same = pictures.copies_of(place, leaders)
        leader = leaders[int(np.argmax(is_same))] if is_same.any() else place
        groups.setdefault(leader, []).append(hit)
    return list(groups.values())


def _pictures(
    ids: Sequence[int], face_rows: Mapping[int, StoredFace], face_index: FaceIndex
) -> FacesInPictures:
    rows = [face_rows[face] for face in ids]
    embeddings = face_index.embeddings_of(np.array(ids, np.int64))
    return FacesInPictures.of([row.media for row in rows], [row.phash for row in rows], embeddings)


def choose_listed(found: Sequence[Appearance], filters: Filters) -> tuple[list[Appearance], dict[str, int]]:
    """What is listed, in its order and numbered; and how many others are left out, by why."""
    ordered = sorted(
        found,
        key=lambda one: (
            filters.is_by_date and not one.is_dated, EXPOSURES.index(one.exposure), -one.score, one.face
        ),
    )  # fmt: skip
    reasons = [filters.why_left_out(appearance) for appearance in ordered]
    listed = [one for one, reason in zip(ordered, reasons, strict=True) if reason is None]
    left_out = Counter(reason for reason in reasons if reason is not None)
    if filters.limit is not None and len(listed) > filters.limit:
        left_out["limit"] = len(listed) - filters.limit
        del listed[filters.limit :]
    return [replace(one, rank=rank) for rank, one in enumerate(listed, 1)], dict(left_out)


def describe(
    library: Library,
    person: Person,
    groups: Sequence[Sequence[Hit]],
    face_rows: Mapping[int, StoredFace],
    scope: Scope,
    calibration: ProbeCalibration | None,
) -> list[Appearance]:
    """An appearance for each group: its best face, how sure it is, and every place of the group."""
    media = sorted({face_rows[hit.face].media for group in groups for hit in group})
    stored = items.sightings_of(library, media, [row.id for row in scope.searched])
    older = _replaced_sightings(library, media, scope.replaced)
    knowledge = {row.id: Knowledge.of(row) for row in (*scope.searched, *scope.replaced)}
    bands = calibration.bands() if calibration else {}
    said = verdicts.of_person(library, person.id)
    appearances = []
    for group in groups:
        best = group[0]
        current, former = (
            [
                replace(
                    place,
                    provenance=complete(place.provenance, face_rows[face].facts, knowledge[place.source]),
                )
                for face in dict.fromkeys(hit.face for hit in group)
                for place in places.get(face_rows[face].media, [])
            ]
            for places in (stored, older)
        )
        sightings = [*current, *wider(former, current)]
        sightings.sort(key=lambda sighting: _reach(sighting.provenance))
        members = [hit.face for hit in group]
        expected = calibration.expected_false_matches(best.score) if calibration else None
        appearance = replace(
            _appearance(best, face_rows[best.face], sightings),
            id=people.appearance_id(library, person, min(members)),
            verdict=next((said[face].value for face in members if face in said), None),
            band=next((band for band, lowest in bands.items() if best.score >= lowest), None),
            expected_false_matches=expected and float(f"{expected:.3g}"),
        )
        appearances.append(appearance)
    return appearances


def _replaced_sightings(
    library: Library, media: Sequence[int], replaced: Sequence[SourceRow]
) -> dict[int, list[Sighting]]:
    """Media id -> where it is, or was, in exports that newer ones replaced."""
    if not replaced:
        return {}
    rows = {row.id: row for row in sources.all_sources(library)}
    newest = {row.id: sources.last_successor(rows, row.id) for row in replaced}
    stored = items.sightings_of(library, media, [row.id for row in replaced], with_gone=True)
    return {
        number: [replace(place, replaced_by=newer.id) for place in places if (newer := newest[place.source])]
        for number, places in stored.items()
    }


def wider(former: Iterable[Sighting], current: Sequence[Sighting]) -> Iterator[Sighting]:
    """Those places in replaced exports that more people could see than each of the current ones, and say so.

    What stands in replaced exports alone has none.
    """
    widest = min((_reach(place.provenance) for place in current), default=0)
    for place in former:
        provenance = place.provenance
        if provenance.platform != "folder" and _reach(provenance) < widest:
            reason = f"{provenance.exposure.reason}; {OLDER_EXPORT}"
            exposure = replace(provenance.exposure, reason=reason)
            yield replace(place, provenance=replace(provenance, exposure=exposure))


def _reach(provenance: Provenance) -> int:
    """The smaller, the more people could see it."""
    return EXPOSURES.index(provenance.exposure.level)


def _appearance(best: Hit, row: StoredFace, sightings: Sequence[Sighting]) -> Appearance:
    """What the library knows of it by itself."""
    return Appearance(
        rank=0,
        id="",
        verdict=None,
        face=best.face,
        score=round(best.score, 4),
        band=None,
        expected_false_matches=None,
        box=row.box,
        time_ms=row.time_ms,
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        quality=row.quality,
        sha256=row.sha256,
        type=row.type,
        width=row.width,
        height=row.height,
        sightings=tuple(sightings),
    )


def complete(provenance: Provenance, facts: Facts, knowledge: Knowledge) -> Provenance:
    """With the user's knowledge of the source; what the platform left open, the file itself may say."""
    provenance = exposure.with_knowledge(provenance, knowledge)
    return replace(
        provenance,
        taken=provenance.taken or facts.taken,
        location=provenance.location or facts.location,
        caption=facts.caption if provenance.caption is None and facts.caption else provenance.caption,
    )


def _day(provenance: Provenance) -> str:
    """The day on which it was posted, else taken; "" when neither is known."""
    time = provenance.posted or provenance.taken
    return time.at[:10] if time else ""


def _links(library: Library, rows: Sequence[SourceRow]) -> Iterator[LinkOnly]:
    """Posts whose media is not there, with their exposure as the user's knowledge decides it."""
    knowledge = {row.id: Knowledge.of(row) for row in rows}
    for link in items.links_only(library, list(knowledge)):
        yield replace(link, provenance=exposure.with_knowledge(link.provenance, knowledge[link.source]))
