"""Looking for each enrolled person again, and writing down what is different from the last time.

Which of a person's faces are the same appearance: the same picture, copied, scaled or compressed again.

Unlike a query, which folds what is there now, this also looks at what was there the last time, so that a
better copy, an edited file or a newer export of the same photograph continues the appearance that was told
before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..consent import grants
from ..errors import ConsentError
from ..library import changes, faces, people, sources
from ..library.changes import Change, Memory, State
from ..library.library import Library
from ..library.people import Person
from ..recognition.calibration import BANDS
from ..recognition.engine import Engine
from ..types import EXPOSURES, Answer, Embedding, isoformat
from .accounts import PlaceHistory, by_media
from .index import Clock
from .query import (
    SAME_FACE_SCORE,
    SAME_PICTURE_BITS,
    UNCALIBRATED,
    Filters,
    Searcher,
    enrolled_embeddings,
    query,
)

RANKS = [*BANDS, None]
SAME_SCORE = 0.0005  # scores are kept with four digits


@dataclass(frozen=True, slots=True)
class Recount:
    """What another model pack finds in the photographs that were there already."""

    more: int
    fewer: int


@dataclass
class ScanResult:
    """What one look at everybody came to."""

    people: list[str] = field(default_factory=list)  # who was looked for
    changes: list[Change] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)  # people looked for the first time -> appearances
    recounted: dict[str, Recount] = field(
        default_factory=dict
    )  # people whose counting goes on with another pack


def look(library: Library, engine: Engine, clock: Clock) -> ScanResult:
    """Compare where every enrolled person with live consent appears with the last time, and write it down.

    One transaction per person: killed in between, the next look does the others.
    """
    searcher, looked = Searcher(library, engine), ScanResult()
    for person in people.all_people(library):
        answer = _ask(searcher, person, clock)
        if answer is not None:
            looked.people.append(person.name)
            _note(searcher, person, answer, looked, clock)
    return looked


def _ask(searcher: Searcher, person: Person, clock: Clock) -> Answer | None:
    """Where a person appears now, face by face; None when the person has no live consent or no template."""
    try:
        grant = grants.require(searcher.library, "person", person.name, clock())
    except ConsentError:
        return None
    if not len(enrolled_embeddings(searcher, person)[1]):
        return None
    return query(searcher, grant, person, [], clock(), Filters(folded=False))


def _note(searcher: Searcher, person: Person, answer: Answer, looked: ScanResult, clock: Clock) -> None:
    library, pack, now = searcher.library, searcher.engine.pack.revision, isoformat(clock())
    count = len(answer.appearances)
    people.save_query(
        library, now=now, person=person.name, purpose="re-scan", outcome="answered", appearances=count
    )
    memory, found = changes.recall(library, person.id), _states(answer)
    if memory.pack == pack and memory.states == found:
        return
    fresh = Memory(found, pack, changes.newest_media(library))
    if memory.pack is None:
        changes.save(library, person.id, fresh, [], now)
        looked.first[person.name] = len(groups(searcher, list(found), [], {}))
        return
    comparison = Comparison(searcher, person, answer, memory, clock)
    different = comparison.changes()
    changes.save(library, person.id, replace(fresh, states=comparison.after), different, now)
    looked.changes += different
    if comparison.another_pack:
        looked.recounted[person.name] = Recount(comparison.more, comparison.fewer)


def _states(answer: Answer) -> dict[int, State]:
    """Face -> how it appears."""
    found = {}
    for one in answer.appearances:
        places = tuple(sorted({sighting.path for sighting in one.sightings}))
        found[one.face] = State(one.score, one.band, one.exposure.value, places)
    return found


class Comparison:
    """One person's appearances, the last time and now."""

    def __init__(
        self, searcher: Searcher, person: Person, answer: Answer, memory: Memory, clock: Clock
    ) -> None:
        library, found = searcher.library, _states(answer)
        self.searcher, self.memory, self.person, self.found = searcher, memory, person.name, found
        self.at = isoformat(clock())
        self.floor = answer.bands.get("possible", UNCALIBRATED)
        self.another_pack = memory.pack not in ("", searcher.engine.pack.revision)
        self.more = self.fewer = 0
        self.rows = sources.all_sources(library)
        said = people.verdicts(library, person)
        self.before = {
            face: state
            for face, state in memory.states.items()
            if said.get(face) != "not_me" and state.places  # without places: it was erased since
        }
        self.media = {
            face: row["media_id"] for face, row in faces.describe(library, self._differing(found)).items()
        }
        self.after = self._completed(found, {row.id for row in grants.searchable_sources(library, clock())})

    def changes(self) -> list[Change]:
        """What is different, one change per appearance, in the order of faces."""
        found = [self._change(group) for group in self._groups]
        return [one for one in found if one is not None]

    def _differing(self, after: Mapping[int, State]) -> list[int]:
        return sorted(
            face
            for face in {*self.before, *after}
            if self.before.get(face) != after.get(face)
        )  # fmt: skip

    def _completed(self, found: Mapping[int, State], searched: Collection[int]) -> dict[int, State]:
        """What was found now, and what is still there though it was not found.

        That is what lies in a source whose consent has ended, which is not looked at, and what does not
        match as well as before (a larger library, another photograph of the person, another pack).
        """
        after = dict(found)
        unsearched = {row.id for row in self.rows if row.id not in searched and row.successor is None}
        places = changes.places_of(self.searcher.library, set(self.media.values()))
        for face in self._differing(found):
            before = self.before.get(face)
            if before is None:
                continue
            kept = by_media(places, self.media.get(face), unsearched) & set(before.places)
            seen = by_media(places, self.media.get(face), searched)
            state = _still(before, found.get(face), kept, seen)
            if state is not None:
                after[face] = state
        return after

    @cached_property
    def _groups(self) -> list[list[int]]:
        differing = self._differing(self.after)
        places = {face: self._places(face) for face in differing}
        return groups(self.searcher, differing, list(self.found), places)

    def _places(self, face: int) -> set[str]:
        states = (self.before.get(face), self.after.get(face))
        return {place for state in states if state for place in state.places}

    @cached_property
    def _where(self) -> PlaceHistory:
        addresses = {place for group in self._groups for face in group for place in self._places(face)}
        return PlaceHistory(self.searcher.library, self.rows, addresses)

    def _change(self, group: Sequence[int]) -> Change | None:
        before = together(self.before[face] for face in group if face in self.before)
        after = together(self.after[face] for face in group if face in self.after)
        if before is None and self.another_pack and self._was_there(group):
            self.more += 1
            return None
        if self.another_pack and after is not None and not any(face in self.found for face in group):
            self.fewer += 1
        kind = self._kind(before, after)
        if kind is None:
            return None
        states = self.after if after else self.before
        best = max((face for face in group if face in states), key=lambda face: (states[face].score, -face))
        return Change(self.person, kind, best, before, after, self.at, self._why(kind, before, after))

    def _was_there(self, group: Iterable[int]) -> bool:
        return all(self.media.get(face, 0) <= self.memory.media for face in group)

    def _kind(self, before: State | None, after: State | None) -> str | None:
        if before is None or after is None:
            return "new" if before is None else "gone"
        if before.exposure != after.exposure:
            return "exposure"
        if before.band != after.band and self._is_surer(before, after):
            return "band"
        return "moved" if self._where.is_moved(before.places, after.places) else None

    def _is_surer(self, before: State, after: State) -> bool:
        """Whether a band changed because the match did, and not only because the library grew or shrank,
        which says nothing new about a photograph.
        """
        if self.another_pack:
            return False
        if after.band is None:
            return before.score >= self.floor
        return abs(before.score - after.score) >= SAME_SCORE

    def _why(self, kind: str, before: State | None, after: State | None) -> str | None:
        if before is None or kind == "band":
            return None
        if after is None:
            return self._where.why_gone(before.places)
        lost = [
            place for place in before.places if place not in after.places and self._where.is_replaced(place)
        ]
        return self._where.why_gone(lost, after.places) if lost else None


def _still(before: State, now: State | None, kept: set[str], seen: set[str]) -> State | None:
    """The state of a face that was there before: `kept` are its places in sources that are not searched any
    more, `seen` those where it is and was not found. None: it is gone, or was found and that is all.
    """
    if now is not None:
        widest = min((before.exposure, now.exposure), key=EXPOSURES.index)
        return replace(now, places=tuple(sorted(kept | {*now.places})), exposure=widest) if kept else now
    if seen:
        return replace(before, band=None, places=tuple(sorted(kept | seen)))
    return replace(before, places=tuple(sorted(kept))) if kept else None


def together(states: Iterable[State]) -> State | None:
    """Several faces of one appearance as one state: the best score and band, the widest exposure, all
    places.
    """
    every = list(states)
    if not every:
        return None
    return State(
        max(state.score for state in every),
        min((state.band for state in every), key=RANKS.index),
        min((state.exposure for state in every), key=EXPOSURES.index),
        tuple(sorted({place for state in every for place in state.places})),
    )


Pair = tuple[int, int]
Row = dict[str, Any]


def groups(
    searcher: Searcher,
    changed: Collection[int],
    others: Collection[int],
    places: Mapping[int, Collection[str]],
) -> list[list[int]]:
    """The faces of `changed`, each with those of it and of `others` that are the same appearance.

    `places`: face -> addresses, by which a face that is not in the library any more is known again.
    """
    rows = faces.describe(searcher.library, sorted({*changed, *others}))
    pairs = _of_the_same_picture(searcher, changed, rows)
    pairs += _found_anew(changed, rows, places)
    return _joined(changed, pairs)


def _of_the_same_picture(searcher: Searcher, changed: Iterable[int], rows: Mapping[int, Row]) -> list[Pair]:
    hashed = sorted(face for face, row in rows.items() if row["phash"] is not None)
    hashes = np.array([rows[face]["phash"] for face in hashed], np.int64).view(np.uint64)
    media = np.array([rows[face]["media_id"] for face in hashed], np.int64)
    at = {face: index for index, face in enumerate(hashed)}
    pairs = []
    for face in changed:
        if face in at:
            near = np.bitwise_count(hashes ^ hashes[at[face]]) <= SAME_PICTURE_BITS
            near &= media != media[at[face]]
            pairs += [(face, hashed[other]) for other in np.flatnonzero(near)]
    embeddings = _embeddings(searcher, {rows[face]["media_id"] for pair in pairs for face in pair})
    return [pair for pair in pairs if _is_same_face(*(embeddings.get(face) for face in pair))]


def _embeddings(searcher: Searcher, media: set[int]) -> dict[int, Embedding]:
    if not media:
        return {}
    ids, embeddings = faces.load_embeddings(searcher.library, searcher.pack, searcher.engine.dimension, media)
    return {int(face): embedding for face, embedding in zip(ids, embeddings, strict=True)}


def _is_same_face(one: Embedding | None, other: Embedding | None) -> bool:
    """Both are known as the same person's; a vector is missing when the pack was changed after a file had
    gone.
    """
    return one is None or other is None or float(one @ other) >= SAME_FACE_SCORE


def _found_anew(
    changed: Iterable[int], rows: Mapping[int, Row], places: Mapping[int, Collection[str]]
) -> list[Pair]:
    """A file that was analysed again has its faces under new numbers."""
    at = {place: face for face in changed if face in rows for place in places.get(face, ())}
    lost = [face for face in changed if face not in rows]
    return [(face, at[place]) for face in lost for place in places.get(face, ()) if place in at]


def _joined(changed: Iterable[int], pairs: Iterable[Pair]) -> list[list[int]]:
    """Connected groups, in the order of `changed`."""
    leader: dict[int, int] = {}

    def lead(face: int) -> int:
        while leader.setdefault(face, face) != face:
            leader[face] = leader[leader[face]]
            face = leader[face]
        return face

    for one, other in pairs:
        leader[lead(one)] = lead(other)
    found: dict[int, list[int]] = {}
    for face in [*changed, *sorted(leader)]:
        members = found.setdefault(lead(face), [])
        if face not in members:
            members.append(face)
    return list(found.values())
