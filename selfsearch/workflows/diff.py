"""Diff: where each person appears now against the last time, as changes that can be told.

The first answer about a person is what later looks are compared with: a query's, or a re-scan's where nobody
asked before. Unlike a query, which folds what is there now, this also looks at what was there the last time,
so that a better copy, an edited file or a newer export of the same photograph continues the appearance that
was told before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..consent import grants
from ..errors import ConsentError
from ..library import changes, faces, people, sources, verdicts
from ..library.changes import Change, Place, Since, Snapshot, State
from ..library.copies import SAME_FACE_SCORE, SAME_PICTURE_BITS
from ..library.faces import StoredFace
from ..library.library import Library
from ..library.people import Person
from ..library.sources import SourceRow
from ..library.verdicts import ME
from ..recognition.calibration import BANDS
from ..recognition.engine import Engine
from ..types import EXPOSURES, Answer, Appearance, Clock, Embedding, Exposure, isoformat
from .enroll import enrolled_embeddings
from .gallery import Gallery
from .query import UNCALIBRATED, Filters, query

BAND_ORDER = [*BANDS, None]
SAME_SCORE = 0.0005  # scores are kept with four digits
REPLACED = "the file holds something else now"
DELETED = "the file is no longer there"
SUPERSEDED = "a newer export took the place of this one"
READ_BEFORE = "selfsearch had read this photograph before"
FOUND_AGAIN = "found by looking more carefully at a photograph that selfsearch had read before"
NO_FACE = "the photograph is still there; looking at it again, selfsearch found no face at that place"

Pair = tuple[int, int]  # faces that are the same appearance


@dataclass(frozen=True, slots=True)
class Recount:
    """What another model pack finds in the photographs that were there already."""

    more: int
    fewer: int


@dataclass
class ComparisonResult:
    """What looking for everybody came to."""

    people: list[str] = field(default_factory=list)  # who was looked for
    first: dict[str, int] = field(default_factory=dict)  # people looked for the first time -> appearances
    unnoted: list[str] = field(default_factory=list)  # of those, who got answers that nobody noted
    since: dict[str, Since] = field(default_factory=dict)  # from when on changes of the others are told
    recounted: dict[str, Recount] = field(default_factory=dict)  # whose counting goes on with another pack


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the first answer about a person told, for re-scans to compare with."""

    person: Person
    snapshot: Snapshot
    at: str


def prepare_baseline(gallery: Gallery, person: Person, answer: Answer, clock: Clock) -> Baseline | None:
    """What to note when `answer` has reached somebody; None when an earlier one was noted.

    Everything that the person's photographs find, whatever the answer lists, and what it found by the
    photographs that were given with the question.
    """
    if changes.since(gallery.library, person.id) is not None:
        return None
    newest = changes.newest(gallery.library)
    whole = _query_person(gallery, person, clock)
    if whole is None:
        return None
    shown = [appearance for appearance in answer.found if appearance.band or not answer.calibrated]
    by_question = {appearance.face: replace(state_of(appearance), band=None) for appearance in shown}
    snapshot = Snapshot({**by_question, **_states(whole)}, gallery.engine.pack.revision, *newest)
    return Baseline(person, snapshot, answer.asked_at)


def save_baseline(library: Library, baseline: Baseline) -> None:
    """Note what was told, unless another run was quicker."""
    person, snapshot = baseline.person.id, baseline.snapshot
    changes.save_baseline(library, person, snapshot, baseline.at, asked=True)


def compare_everybody(library: Library, engine: Engine, clock: Clock) -> ComparisonResult:
    """Compare where every enrolled person with live consent appears with the last time, and write it down.

    One transaction per person: killed in between, the next run does the others.
    """
    gallery, result = Gallery(library, engine), ComparisonResult()
    for person in people.all_people(library):
        answer = _query_person(gallery, person, clock)
        if answer is not None:
            result.people.append(person.name)
            _note_person(gallery, person, answer, result, clock)
    return result


def _query_person(gallery: Gallery, person: Person, clock: Clock) -> Answer | None:
    """Where a person appears now, face by face; None when the person has no live consent or no template."""
    try:
        grant = grants.require(gallery.library, "person", person.name, clock())
    except ConsentError:
        return None
    if not len(enrolled_embeddings(gallery, person, clock()).embeddings):
        return None
    return query(gallery, grant, person, [], clock(), Filters(folded=False))


def _note_person(
    gallery: Gallery, person: Person, answer: Answer, result: ComparisonResult, clock: Clock
) -> None:
    library, revision, now = gallery.library, gallery.engine.pack.revision, isoformat(clock())
    was_asked = people.was_asked(library, person)
    question = people.AuditedQuestion(now, person.name, "re-scan", "answered", len(answer.found))
    people.save_query(library, question)
    states = _states(answer)
    updated = Snapshot(states, revision, *changes.newest(library))
    since = changes.since(library, person.id)
    if since is None and changes.save_baseline(library, person.id, updated, now, asked=False):
        result.first[person.name] = len(group_faces(gallery, list(states), [], {}))
        if was_asked:
            result.unnoted.append(person.name)
        return
    if since := since or changes.since(library, person.id):
        result.since[person.name] = since
    memory = changes.load_snapshot(library, person.id)
    if memory == updated:
        return
    diff = Diff(gallery, person, answer, memory, clock)
    changes.save_snapshot(library, person.id, replace(updated, states=diff.after), diff.changes(), now)
    if diff.is_another_pack:
        result.recounted[person.name] = Recount(diff.more, diff.fewer)


def _states(answer: Answer) -> dict[int, State]:
    """Face -> how it appears."""
    return {appearance.face: state_of(appearance) for appearance in answer.found}


def state_of(appearance: Appearance) -> State:
    """What is remembered of an appearance.

    A place in an export that was replaced is among it while the newer export has the picture, too: what that
    one lacks is told as gone from there. What may be somebody else's as well is possible and no more: notices
    name nobody who was told apart, so that nothing stays in them when that consent ends.
    """
    *_, weakest = BANDS
    searched = {sighting.source for sighting in appearance.sightings if sighting.replaced_by is None}
    places: dict[str, str | None] = {}
    for sighting in appearance.sightings:  # widest exposure first
        if sighting.replaced_by is not None and sighting.replaced_by not in searched:
            continue
        is_plain = sighting.provenance.platform == "folder"
        places.setdefault(sighting.path, None if is_plain else sighting.provenance.exposure.level.value)
    band = weakest if appearance.band and appearance.may_also_be else appearance.band
    return State.of(appearance.score, band, places)


class Diff:
    """One person's appearances, the last time and now."""

    def __init__(
        self, gallery: Gallery, person: Person, answer: Answer, memory: Snapshot, clock: Clock
    ) -> None:
        library = gallery.library
        self.gallery, self.memory, self.person = gallery, memory, person.name
        self.matched = _states(answer)
        self.at = isoformat(clock())
        self.threshold = answer.bands.get("possible", UNCALIBRATED)
        self.is_another_pack = memory.pack not in ("", gallery.engine.pack.revision)
        self.more = self.fewer = 0
        self.rows = sources.all_sources(library)
        said = verdicts.of_person(library, person.id)
        self.confirmed = {face for face, verdict in said.items() if verdict.value == ME}
        denied = self._with_copies({*said} - self.confirmed)
        self.before = {
            face: _with_exposures(state, self.matched.get(face))
            for face, state in memory.states.items()
            if face not in denied and state.places  # without places: it was erased since
        }
        described = faces.find_faces(library, self._differing(self.matched))
        self.media = {face: row.media for face, row in described.items()}
        self.after = self._completed({row.id for row in grants.searchable_sources(library, clock())})

    def _with_copies(self, denied: set[int]) -> set[int]:
        """Faces that the person said are somebody else's, with what was remembered of copies of them."""
        lost = self.memory.states.keys() - self.matched.keys() - denied
        if not denied or not lost:
            return denied
        groups = group_faces(self.gallery, sorted(lost), sorted(denied), {})
        return denied.union(*(group for group in groups if not denied.isdisjoint(group)))

    def changes(self) -> list[Change]:
        """What is different, one change per appearance, in the order of faces."""
        different = (self._change(group) for group in self._groups)
        return [change for change in different if change is not None]

    def _differing(self, after: Mapping[int, State]) -> list[int]:
        return sorted(face for face in {*self.before, *after} if self.before.get(face) != after.get(face))

    def _completed(self, searched: Collection[int]) -> dict[int, State]:
        """What matches now, and what is still there though it does not. `searched`: numbers of sources.

        That is what lies in a source whose consent has ended, which is not looked at, and what does not
        match as well as before (a larger library, another photograph of the person, another pack).
        """
        after = dict(self.matched)
        unsearched = {row.id for row in self.rows if row.id not in searched and row.successor is None}
        places = changes.places_of(self.gallery.library, set(self.media.values()))
        for face in self._differing(self.matched):
            before = self.before.get(face)
            if before is None:
                continue
            media_places = places.get(self.media.get(face) or 0, ())
            hidden = {place.address for place in media_places if place.source in unsearched}
            unmatched = {place.address for place in media_places if place.source in searched}
            state = _still_there(before, self.matched.get(face), hidden & {*before.places}, unmatched)
            if state is not None:
                after[face] = state
        return after

    @cached_property
    def _groups(self) -> list[list[int]]:
        differing = self._differing(self.after)
        places = {face: self._places(face) for face in differing}
        return group_faces(self.gallery, differing, list(self.matched), places)

    def _places(self, face: int) -> set[str]:
        states = (self.before.get(face), self.after.get(face))
        return {place for state in states if state for place in state.places}

    @cached_property
    def _place_history(self) -> PlaceHistory:
        addresses = {place for group in self._groups for face in group for place in self._places(face)}
        return PlaceHistory(self.gallery.library, self.rows, addresses)

    def _change(self, group: Sequence[int]) -> Change | None:
        before = merge_states(self.before[face] for face in group if face in self.before)
        after = merge_states(self.after[face] for face in group if face in self.after)
        if before is None and self.is_another_pack and self._was_indexed(group):
            self.more += 1
            return None
        if after is None and before is not None and self._was_listed_twice(group, before):
            return None
        if self.is_another_pack and after is not None and not any(face in self.matched for face in group):
            self.fewer += 1
        kind = self._kind(before, after)
        if kind is None or (kind == "band" and not self.confirmed.isdisjoint(group)):
            return None
        states = self.after if after else self.before
        shown = [face for face in group if face in states]
        first = min([face for face in shown if face in self.matched] or shown)
        why = self._why(kind, group, before, after)
        return Change(self.person, kind, first, before, after, self.at, why)

    def _was_indexed(self, group: Iterable[int]) -> bool:
        return all(self.media.get(face, 0) <= self.memory.media for face in group)

    def _is_newly_found(self, group: Iterable[int]) -> bool:
        """Whether the picture was searched again, and more was found in it."""
        newest = self.memory.face
        return newest is not None and all(face > newest for face in group if face in self.after)

    def _is_refused(self, group: Iterable[int], before: State) -> bool:
        """Whether the pictures are where they were, and the faces were found to be none."""
        if any(face in self.media for face in group):
            return False
        history = self._place_history
        return all(history.holds_one_of_before(place, self.memory.media) for place in before.places)

    def _was_listed_twice(self, group: Iterable[int], before: State) -> bool:
        """Whether the same picture still shows the person: a face was taken for two, and is one now."""
        places = {*before.places}
        return self._is_refused(group, before) and any(
            places <= {*state.places} for state in self.after.values()
        )

    def _kind(self, before: State | None, after: State | None) -> str | None:
        if before is None or after is None:
            return "new" if before is None else "gone"
        if self._is_for_others(before, after):
            return "exposure"
        if before.band != after.band and self._is_surer(before, after):
            return "band"
        return "moved" if self._place_history.is_moved(before.places, after.places) else None

    def _is_for_others(self, before: State, after: State) -> bool:
        """Whether the audience changed: what an export, or the user, states of the places.

        A plain file states nothing, so it makes no difference. Neither does an export's place that is gone:
        the post may still be there, and `why_gone` says what is known of it. That another export says less of
        a post narrows nothing: who could see it then may have seen it.
        """
        if before.exposures is None or not after.exposures:
            return False
        reach = _reach(after.audience)
        if reach < _reach(before.audience):
            return True
        wider = [place for place, level in before.exposures.items() if _reach(level) < reach]
        return bool(wider) and all(place in after.exposures for place in wider)

    def _is_surer(self, before: State, after: State) -> bool:
        """Whether a band changed because the match did, and not only the library's size."""
        if self.is_another_pack:
            return False
        if after.band is None:
            return before.score >= self.threshold
        return abs(before.score - after.score) >= SAME_SCORE

    def _why(self, kind: str, group: Iterable[int], before: State | None, after: State | None) -> str | None:
        if kind == "band":
            return None
        if before is None:
            if not self._was_indexed(group):
                return None
            return FOUND_AGAIN if self._is_newly_found(group) else READ_BEFORE
        history = self._place_history
        if after is None:
            return NO_FACE if self._is_refused(group, before) else history.why_gone(before.places)
        left = [place for place in before.places if place not in after.places]
        replaced = [place for place in left if history.is_replaced(place)]
        if any(not history.is_continued(place, after.places) for place in replaced):
            return history.why_gone(replaced, after.places)
        return SUPERSEDED if replaced and replaced == left else None


def _with_exposures(before: State, now: State | None) -> State:
    """A state with exposures; version 1.0 noted the widest alone, which says nothing of any other place.

    Its places are given what is said of them now, unless that would be another widest one: then it was said
    since, and they had what was noted. Nothing is known of a face that does not match any more.
    """
    if before.exposures is not None or now is None:
        return before
    said = now.by_place
    then = State.of(before.score, before.band, {p: said.get(p, before.exposure) for p in before.places})
    if then.exposure == before.exposure or not said.keys() >= {*before.places}:
        return then
    return State.of(before.score, before.band, {p: said[p] and before.exposure for p in before.places})


def _still_there(before: State, now: State | None, hidden: set[str], unmatched: set[str]) -> State | None:
    """The state of a face that was there before; None when it is gone.

    `hidden`: its places in sources that are not searched; `unmatched`: where it is and does not match.
    """
    if now is not None:
        return State.of(now.score, now.band, before.within(hidden).by_place | now.by_place)
    if unmatched:
        return replace(before, band=None).within(hidden | unmatched)
    return before.within(hidden) if hidden else None


def _reach(exposure: str | None) -> int:
    """The smaller, the more people could see it. Where nothing is stated, that is not known."""
    return EXPOSURES.index(Exposure(exposure or Exposure.UNKNOWN))


def merge_states(states: Iterable[State]) -> State | None:
    """Several faces of one appearance as one: the best score and band, the widest exposure, all places."""
    every = list(states)
    if not every:
        return None
    score = max(state.score for state in every)
    band = min((state.band for state in every), key=BAND_ORDER.index)
    if any(state.exposures is None for state in every):
        exposure = min((state.exposure for state in every), key=EXPOSURES.index)
        places = {place for state in every for place in state.places}
        return State(score, band, exposure, tuple(sorted(places)))
    return State.of(score, band, {place: level for state in every for place, level in state.by_place.items()})


def group_faces(
    gallery: Gallery,
    changed: Collection[int],
    others: Collection[int],
    places: Mapping[int, Collection[str]],
) -> list[list[int]]:
    """The faces of `changed`, each with those of it and of `others` that are the same appearance.

    `places`: face -> addresses, by which a face that is not in the library any more is known again.
    """
    rows = faces.find_faces(gallery.library, sorted({*changed, *others}))
    pairs = _pairs_in_one_picture(gallery, changed, rows)
    pairs += _pairs_of_files_read_again(changed, rows, places)
    return _connected(changed, pairs)


def _pairs_in_one_picture(
    gallery: Gallery, changed: Iterable[int], rows: Mapping[int, StoredFace]
) -> list[Pair]:
    """The same face in copies of one picture, by perceptual hash and embedding."""
    hashed = sorted(face for face, row in rows.items() if row.phash is not None)
    hashes = np.array([rows[face].phash for face in hashed], np.int64).view(np.uint64)
    media = np.array([rows[face].media for face in hashed], np.int64)
    place_of = {face: place for place, face in enumerate(hashed)}
    pairs = []
    for face in changed:
        if face in place_of:
            is_near = np.bitwise_count(hashes ^ hashes[place_of[face]]) <= SAME_PICTURE_BITS
            is_near &= media != media[place_of[face]]
            pairs += [(face, hashed[other]) for other in np.flatnonzero(is_near)]
    embeddings = _load_embeddings(gallery, {rows[face].media for pair in pairs for face in pair})
    return [(face, other) for face, other in pairs if _agree(embeddings.get(face), embeddings.get(other))]


def _load_embeddings(gallery: Gallery, media: set[int]) -> dict[int, Embedding]:
    if not media:
        return {}
    ids, embeddings = faces.load_embeddings(gallery.library, gallery.pack, gallery.engine.dimension, media)
    return {int(face): embedding for face, embedding in zip(ids, embeddings, strict=True)}


def _agree(first: Embedding | None, second: Embedding | None) -> bool:
    """Both are the same person's; an embedding is missing when the pack changed after a file had gone."""
    return first is None or second is None or float(first @ second) >= SAME_FACE_SCORE


def _pairs_of_files_read_again(
    changed: Iterable[int], rows: Mapping[int, StoredFace], places: Mapping[int, Collection[str]]
) -> list[Pair]:
    """A file that was analysed again has its faces under new numbers."""
    face_at = {place: face for face in changed if face in rows for place in places.get(face, ())}
    lost = [face for face in changed if face not in rows]
    return [(face, face_at[place]) for face in lost for place in places.get(face, ()) if place in face_at]


def _connected(changed: Iterable[int], pairs: Iterable[Pair]) -> list[list[int]]:
    """Connected groups, in the order of `changed` (union-find)."""
    parent: dict[int, int] = {}

    def root(face: int) -> int:
        while parent.setdefault(face, face) != face:
            parent[face] = parent[parent[face]]
            face = parent[face]
        return face

    for first, second in pairs:
        parent[root(first)] = root(second)
    groups: dict[int, list[int]] = {}
    for face in [*changed, *sorted(parent)]:
        members = groups.setdefault(root(face), [])
        if face not in members:
            members.append(face)
    return list(groups.values())


class PlaceHistory:
    """What the library knows of some addresses: in which source they lie, and what became of them."""

    def __init__(self, library: Library, rows: Sequence[SourceRow], addresses: Collection[str]) -> None:
        self._rows = {row.id: row for row in rows}
        self._places: Mapping[str, Sequence[Place]] = changes.places_at(library, addresses)
        self._existing = changes.occupied(library, addresses)

    @cached_property
    def _accounts(self) -> dict[int, tuple[str, object]]:
        """Source -> what exports of one account share."""
        accounts: dict[int, tuple[str, object]] = {}
        for row in self._rows.values():
            last = sources.last_successor(self._rows, row.id) or row
            accounts[row.id] = (last.platform, last.account) if last.account else ("source", last.id)
        return accounts

    def is_moved(self, before: Collection[str], after: Collection[str]) -> bool:
        """Whether the places differ in more than which export of an account they lie in.

        A place of which nothing is known any more was in a replaced export, and erased long after it went.
        """
        came = any(place not in before and not self.is_continued(place, before) for place in after)
        left = (place for place in before if place not in after and self._sources(place))
        return came or any(not self.is_continued(place, after) for place in left)

    def why_gone(self, places: Iterable[str], after: Collection[str] = ()) -> str:
        """What became of files that are not where they were; the newer export's silence weighs most."""
        lost = [place for place in places if not self.is_continued(place, after)]
        for place in lost:
            for source in self._sources(place):
                newer = sources.last_successor(self._rows, source)
                if newer is not None:
                    day = f" of {newer.exported_at[:10]}" if newer.exported_at else ""
                    return f"no longer in the newer export{day}"
        return REPLACED if any(place in self._existing for place in lost) else DELETED

    def holds_one_of_before(self, place: str, newest: int) -> bool:
        """Whether the file there holds a picture that was in the library when `newest` was its newest one."""
        media = (each.media or 0 for each in self._places.get(place, ()))
        return place in self._existing and any(0 < number <= newest for number in media)

    def is_replaced(self, place: str) -> bool:
        """Whether a newer export took the place of the one in which this lies."""
        return any(sources.last_successor(self._rows, source) for source in self._sources(place))

    def is_continued(self, place: str, others: Iterable[str]) -> bool:
        """Whether one of `others` lies in another export of the same account."""
        sources_here = self._sources(place)
        accounts = {self._accounts[source] for source in sources_here if source in self._accounts}
        return any(
            source not in sources_here and self._accounts.get(source) in accounts
            for other in others
            for source in self._sources(other)
        )

    def _sources(self, address: str) -> set[int]:
        return {place.source for place in self._places.get(address, ())}
