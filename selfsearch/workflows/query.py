"""Query: a person's template against the library, scores into bands, faces into appearances with everything
known of them.

Nearest neighbours over the library's vectors: exact search with FAISS, in memory. A cache; the library is
the truth.

Vectors are kept as fp16, which is half the memory and more than twice as fast, and what is found is scored
again in float32 before any threshold. The index is stamped with what it was built from: another stamp
means building it again, never mending it. It is not written to disk: filling it from the encrypted library
takes 0.2 s per 100,000 faces, and an index file would be one more copy of everybody's templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from ..consent import exposure, grants
from ..consent.grants import Grant
from ..errors import ConsentError, InputError, UsageError
from ..library import faces, items, people, sources
from ..library.library import Library
from ..library.people import Person
from ..recognition.calibration import BANDS, SAME_PERSON, WEAKEST, Calibration, find_calibration
from ..recognition.engine import Engine
from ..types import (
    EXPOSURES,
    Answer,
    Appearance,
    Embedding,
    Embeddings,
    LinkOnly,
    Location,
    Outcome,
    Probe,
    Provenance,
    Sighting,
    Timestamp,
    isoformat,
)
from . import enroll
from .enroll import Chosen
from .reembed import Remade, Watcher, reembed

SAME_PICTURE_BITS = 6  # of 64: perceptual hashes this close are the same picture, scaled or compressed again
SAME_FACE_SCORE = 0.9  # cosine: and the faces must agree, so that bursts and look-alike pages do not fold
UNCALIBRATED = 0.3  # score from which faces are listed when a pack has no calibration
ENROLLED_SCORE = 0.5  # score that counts as the enrolled person when a pack has no calibration
UNSEEN = (Outcome.UNSUPPORTED, Outcome.UNREADABLE, Outcome.TOO_LARGE, Outcome.ENCRYPTED)


@dataclass(frozen=True)
class Filters:
    """What of the answer is wanted."""

    limit: int | None = None
    min_band: str = "possible"
    everything: bool = False  # weaker than every band as well
    sources: frozenset[int] | None = None
    since: str | None = None  # ISO 8601 dates; of posting, else of taking
    until: str | None = None
    folded: bool = True  # near-identical pictures as one appearance


@dataclass
class Searcher:
    """A library opened for queries with one pack. The index is built once and kept while its stamp holds."""

    library: Library
    engine: Engine
    pack: int = field(init=False)
    calibration: Calibration | None = field(init=False)
    _nearest: Nearest | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        known = {row["revision"]: row["id"] for row in sources.find_packs(self.library)}
        self.pack = known.get(self.engine.pack.revision, -1)
        self.calibration = find_calibration(self.engine.pack)

    def renew(self, now: datetime, watcher: Watcher | None = None) -> Remade:
        """After a change of packs, make this pack's vectors from the kept chips. Quick when there is nothing
        to do.
        """
        remade = reembed(self.library, self.engine, now, watcher)
        self.pack = sources.save_pack(
            self.library, self.engine.pack.name, self.engine.pack.revision, self.engine.dimension
        )
        return remade

    def nearest(self, wanted: Sequence[int]) -> Nearest:
        """The index over the faces of these sources."""
        stamp = Stamp(self.engine.pack.revision, faces.generation(self.library), tuple(wanted))
        if self._nearest is None or self._nearest.stamp != stamp:
            media = faces.searchable(self.library, wanted)
            self._nearest = Nearest(
                *faces.load_embeddings(self.library, self.pack, self.engine.dimension, media), stamp
            )
        return self._nearest


def enroll_person(searcher: Searcher, grant: Grant, chosen: Sequence[Chosen], now: datetime) -> Person:
    """Remember a person by these photographs, or add them to what is remembered."""
    library, engine = searcher.library, searcher.engine
    if grant.kind != "person":
        raise UsageError("enrolling a person needs the person's consent, not a source's")
    enroll.one_person(chosen, searcher.calibration)
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    searcher.pack = pack
    person = people.save_person(library, grant.subject, isoformat(now))
    for probe in chosen:
        kept = people.NewProbe(probe.photo.sha256, probe.face.quality, probe.chip, probe.embedding)
        people.save_probe(library, person, pack, kept, isoformat(now))
    return person


def recognise(searcher: Searcher, chosen: Sequence[Chosen], names: Sequence[str]) -> Person:
    """Which of the enrolled people called `names` every one of these photographs shows.

    Raises ConsentError for a stranger: this tool answers people about themselves.
    """
    limit = searcher.calibration.score_for(SAME_PERSON) if searcher.calibration else ENROLLED_SCORE
    best: tuple[float, Person] | None = None
    for name in names:
        person = people.find_person(searcher.library, name)
        if person is None:
            continue
        known, _ = enrolled_embeddings(searcher, person)
        score = min((float((known @ probe.embedding).max(initial=-1.0)) for probe in chosen), default=-1.0)
        if best is None or score > best[0]:
            best = (score, person)
    if best is None or best[0] < limit:
        raise ConsentError(
            "the face in the photograph is not one of the people who agreed to be searched for"
            + (f" ({', '.join(names)})" if names else "")
            + "; selfsearch answers people about themselves. If it is one of them, add a clearer photograph: "
            "selfsearch people add NAME PHOTO"
        )
    return best[1]


def enrolled_embeddings(searcher: Searcher, person: Person) -> tuple[Embeddings, list[float]]:
    """The person's probe embeddings with this searcher's pack, and their qualities."""
    engine = searcher.engine
    return people.enrolled_embeddings(
        searcher.library, person, searcher.pack, engine.dimension, engine.embed_both
    )


def query(
    searcher: Searcher, grant: Grant, person: Person, chosen: Sequence[Chosen], now: datetime,
    filters: Filters | None = None,
) -> Answer:  # fmt: skip
    """Where this person appears in every source with live consent. Raises ConsentError and InputError."""
    filters, library = filters or Filters(), searcher.library
    if (grant.kind, grant.subject) != ("person", person.name):
        raise ConsentError(f"the consent that was shown is not {person.name}'s")
    grants.require(library, "person", person.name, now)
    searcher.renew(now)
    rows = grants.searchable_sources(library, now, filters.sources)
    wanted = [row.id for row in rows]
    known, qualities = enrolled_embeddings(searcher, person)
    embeddings = np.concatenate([known, *(probe.embedding[None] for probe in chosen)])
    if not len(embeddings):
        raise InputError(f"nothing is known of {person.name}'s face; give a photograph")
    face = enroll.template(embeddings, [*qualities, *(probe.face.quality for probe in chosen)])
    nearest = searcher.nearest(wanted)
    bands = searcher.calibration.bands(len(nearest)) if searcher.calibration else {}
    floor = _floor(searcher, bands, filters.everything)
    hits = _hits(searcher, nearest, face, person, floor)
    assembly = _Assembly(searcher, rows, bands, len(nearest))
    appearances = assembly.appearances(hits, nearest, folded=filters.folded)
    kept = [one for one in appearances if _wanted(one, filters)]
    shown = kept[: filters.limit] if filters.limit else kept
    media, _ = faces.totals(library, wanted)
    outcomes = items.count_outcomes(library, wanted)
    return Answer(
        person=person.name, pack=searcher.engine.pack.name, dimension=searcher.engine.dimension,
        calibrated=searcher.calibration is not None, sources=len(rows), media=media, faces=len(nearest),
        probes=tuple(_probe(probe) for probe in chosen), bands=bands,
        appearances=tuple(replace(one, rank=rank) for rank, one in enumerate(shown, 1)),
        hidden=len(appearances) - len(shown),
        not_looked_at={kind.value: outcomes[kind.value] for kind in UNSEEN if outcomes.get(kind.value)},
        links=tuple(_links(library, rows)),
        asked_at=isoformat(now),
    )  # fmt: skip


def _links(library: Library, rows: Sequence[sources.SourceRow]) -> Iterator[LinkOnly]:
    """Posts whose media is not there, with their exposure as the user's knowledge decides it."""
    account_was = {row.id: row.account_was for row in rows}
    for source, reason, said in items.links_only(library, list(account_was)):
        yield LinkOnly(source, exposure.with_knowledge(said, account_was[source]), reason)


def _probe(probe: Chosen) -> Probe:
    return Probe(probe.photo.path, len(probe.photo.faces), probe.face.box, probe.face.quality)


Hit = tuple[int, float]  # face id, score


def _floor(searcher: Searcher, bands: dict[str, float], everything: bool) -> float:
    """The lowest score that is worth a look."""
    if searcher.calibration is None:
        return UNCALIBRATED
    weakest = searcher.calibration.score_for(WEAKEST)
    return min(weakest, bands["possible"]) if everything else bands["possible"]


def _hits(searcher: Searcher, nearest: Nearest, face: Embedding, person: Person, floor: float) -> list[Hit]:
    """Every face that scores at least `floor`, without those that the person said are somebody else."""
    ids, scores = nearest.search(face, floor)
    said = people.verdicts(searcher.library, person)
    return [
        (int(number), float(score))
        for number, score in zip(ids, scores, strict=True)
        if said.get(int(number)) != "not_me"
    ]


def _wanted(one: Appearance, filters: Filters) -> bool:
    if one.band is None and one.expected_false_matches is not None and not filters.everything:
        return False
    order = list(BANDS)
    if one.band and order.index(one.band) > order.index(filters.min_band):
        return False
    days = [_day(s.provenance) for s in one.sightings]
    if not filters.since and not filters.until:
        return True
    return any(
        day
        and (not filters.since or day >= filters.since[:10])
        and (not filters.until or day <= filters.until[:10])
        for day in days
    )


def _day(said: Provenance) -> str:
    """The day on which it was posted, else taken; "" when neither is known."""
    time = said.posted or said.taken
    return time.at[:10] if time else ""


class _Assembly:
    """Hits into appearances: what is known of each face, its copies folded into one."""

    def __init__(
        self, searcher: Searcher, rows: Sequence[sources.SourceRow], bands: dict[str, float], count: int
    ) -> None:
        self.searcher, self.bands, self.count = searcher, bands, count
        self.rows = {row.id: row for row in rows}

    def appearances(self, hits: Sequence[Hit], nearest: Nearest, *, folded: bool) -> list[Appearance]:
        """Best first; `folded`: near-duplicate pictures as one."""
        known = faces.describe(self.searcher.library, [number for number, _ in hits])
        groups = _folded(hits, known, nearest) if folded else [[hit] for hit in hits]
        everything = sorted({known[number]["media_id"] for group in groups for number, _ in group})
        seen = faces.sightings_of(self.searcher.library, everything, list(self.rows))
        return [self._appearance(group, known, seen) for group in groups]

    def _appearance(
        self, group: list[Hit], known: dict[int, dict[str, Any]], seen: dict[int, list[dict[str, Any]]]
    ) -> Appearance:
        number, score = group[0]
        row = known[number]
        calibration = self.searcher.calibration
        expected = calibration.expected_false_matches(score, self.count) if calibration else None
        sightings = [
            self._sighting(place, known[member])
            for member in dict.fromkeys(n for n, _ in group)
            for place in seen.get(known[member]["media_id"], [])
        ]
        sightings.sort(key=lambda one: EXPOSURES.index(one.provenance.exposure.level))
        return Appearance(
            rank=0, face=number, score=round(score, 4), band=self._band(score),
            expected_false_matches=expected and float(f"{expected:.3g}"),
            box=(row["x"], row["y"], row["width"], row["height"]),
            time_ms=row["time_ms"], from_ms=row["from_ms"], to_ms=row["to_ms"], quality=row["quality"],
            sha256=row["sha256"], type=row["type"], width=row["media_width"], height=row["media_height"],
            sightings=tuple(sightings),
        )  # fmt: skip

    def _band(self, score: float) -> str | None:
        return next((band for band, lowest in self.bands.items() if score >= lowest), None)

    def _sighting(self, place: dict[str, Any], row: dict[str, Any]) -> Sighting:
        said = exposure.with_knowledge(items.unpack(place), self.rows[place["source_id"]].account_was)
        if said.taken is None and row["taken_at"]:
            said = replace(said, taken=Timestamp(row["taken_at"], row["taken_at_source"]))
        if said.location is None and row["latitude"] is not None:
            said = replace(said, location=Location(row["latitude"], row["longitude"], "EXIF"))
        if said.caption is None and row["caption"]:
            said = replace(said, caption=row["caption"])
        return Sighting(place["source_id"], place["address"], said)


def _folded(hits: Sequence[Hit], known: dict[int, dict[str, Any]], nearest: Nearest) -> list[list[Hit]]:
    """Groups of hits that are the same face in near-identical pictures, best first."""
    if not hits:
        return []
    rows = [known[number] for number, _ in hits]
    pictures = _Pictures(
        media=np.array([row["media_id"] for row in rows]),
        hashes=np.array([row["phash"] or 0 for row in rows], np.int64).view(np.uint64),
        has=np.array([row["phash"] is not None for row in rows]),
        embeddings=nearest.embeddings_of(np.array([number for number, _ in hits], np.int64)),
    )
    groups: dict[int, list[Hit]] = {}
    for at, hit in enumerate(hits):
        groups.setdefault(pictures.leader(at, list(groups)), []).append(hit)
    return list(groups.values())


@dataclass(frozen=True)
class _Pictures:
    """What decides whether two hits show the same face in the same picture; one row per hit."""

    media: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    has: NDArray[np.bool_]
    embeddings: Embeddings

    def leader(self, at: int, leaders: list[int]) -> int:
        """The first of `leaders` that shows what hit `at` shows; `at` itself when none does."""
        if not leaders or not self.has[at]:
            return at
        bits = np.bitwise_count(self.hashes[leaders] ^ self.hashes[at])
        same = (bits <= SAME_PICTURE_BITS) & self.has[leaders] & (self.media[leaders] != self.media[at])
        same &= self.embeddings[leaders] @ self.embeddings[at] >= SAME_FACE_SCORE
        return leaders[int(np.argmax(same))] if same.any() else at


FIRST = 64  # neighbours asked for at first; eight times as many until the last one is under the threshold


@dataclass(frozen=True)
class Stamp:
    """What an index was built from."""

    revision: str  # of the pack
    generation: int  # of the library
    sources: tuple[int, ...]


class Nearest:
    """Faces by vector."""

    def __init__(self, ids: NDArray[np.int64], embeddings: Embeddings, stamp: Stamp) -> None:
        self.ids, self.stamp = ids, stamp
        self._embeddings = embeddings
        self._index = faiss.IndexScalarQuantizer(
            embeddings.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        if len(embeddings):
            self._index.train(embeddings[:1])
            self._index.add(embeddings)

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, template: Embedding, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Every face that scores at least `threshold` (cosine): ids and scores, best first."""
        query = np.ascontiguousarray(template[None], np.float32)
        k = min(FIRST, len(self))
        while k:
            rough, rows = self._index.search(query, k)
            if k == len(self) or rough[0, -1] < threshold - 0.002:  # fp16 changes a score by less than that
                break
            k = min(k * 8, len(self))
        if not k:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        kept = rows[0][rough[0] >= threshold - 0.002]
        scores = self._embeddings[kept] @ query[0]
        order = np.lexsort((self.ids[kept], -scores))
        order = order[scores[order] >= threshold]
        return self.ids[kept][order], scores[order]

    def embeddings_of(self, ids: NDArray[np.int64]) -> Embeddings:
        """The float32 vectors of these faces."""
        order = np.argsort(self.ids)
        return np.asarray(self._embeddings[order[np.searchsorted(self.ids, ids, sorter=order)]], np.float32)
