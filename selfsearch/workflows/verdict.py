"""Verdicts: a person says of what an answer shows that it is them, or that it is not.

An appearance is named by the id that the answer gives it, or by the number of any of its faces. What may be
named is what some answer can show of the person, and what the person has said something of before. A verdict
goes for every copy of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from ..consent import enrolment, grants
from ..consent.grants import Grant
from ..errors import UsageError
from ..library import changes, faces, people, verdicts
from ..library.changes import State
from ..library.copies import FacesInPictures
from ..library.face_matching import FacePlace
from ..library.people import Person
from ..library.verdicts import ME, NOT_ME, Verdict
from ..types import Appearance, Embeddings, isoformat
from . import contrast
from .diff import state_of
from .enroll import (
    count_photographs,
    enrolled_embeddings,
    likeness,
    looks_like_another,
    resembling_score,
    same_person_score,
    template,
)
from .gallery import Gallery
from .query import Hit, Scope, describe

WORDS = {"me": ME, "not-me": NOT_ME, "not_me": NOT_ME, "unset": None}
MISREAD = str.maketrans("oil", "011")  # Crockford's base 32 takes these for the digits they look like


@dataclass(frozen=True)
class Named:
    """An appearance that somebody named, with all its copies."""

    id: str  # as it was named, or that of its oldest face
    person: Person
    appearance: Appearance
    faces: tuple[int, ...]  # in every copy; the best first
    embeddings: Embeddings = field(repr=False)  # of these: (n, dimension)
    states: dict[int, State]  # of those that re-scans look at: what is remembered to know what is new
    picture: tuple[FacePlace, ...]  # all faces of the picture that it is best in
    is_searched_by: bool  # the person is searched by it as well

    @property
    def position(self) -> tuple[int, int] | None:
        """Which face of the picture it is, from the left, and of how many; None where that says nothing."""
        if len(self.picture) < 2 or self.appearance.time_ms is not None:
            return None
        across = sorted(self.picture, key=lambda place: place.box[0])
        return [place.id for place in across].index(self.appearance.face) + 1, len(across)


@dataclass(frozen=True)
class Saved:
    """What came of a verdict."""

    used: tuple[str, ...]  # ids of the appearances that the person is searched by now
    refused: dict[str, str]  # id -> why the person is not searched by it, though that was wanted


def parse(word: str | None) -> str | None:
    """A verdict from its word: me, not-me (or not_me), unset (None for a program). Raises UsageError."""
    if word is None:
        return None
    if word.lower() not in WORDS:
        raise UsageError(f"a verdict is me, not-me or unset, not {word!r}")
    return WORDS[word.lower()]


def find(
    gallery: Gallery, persons: Sequence[Person], names: Sequence[str | int], now: datetime
) -> list[Named]:
    """What is named in the answers about one of `persons`.

    Raises UsageError for a name that means nothing there, or two things.
    """
    gallery.renew(now)
    answers = [_Answers(gallery, person, now) for person in persons]
    found = [_find_one(answers, name) for name in names]
    who = {each.person.name for each in found}
    if len(who) > 1:
        raise UsageError(f"these are appearances of {' and of '.join(sorted(who))}: one person at a time")
    return list({each.appearance.face: each for each in found}.values())


def judged(gallery: Gallery, person: Person, now: datetime) -> list[Named]:
    """Every appearance of which the person said something, as far as it can be searched now."""
    return _Answers(gallery, person, now).judged() if verdicts.of_person(gallery.library, person.id) else []


def _find_one(answers: Sequence[_Answers], name: str | int) -> Named:
    found = [each for answer in answers for each in answer.find(name)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = " or ".join(
            f"{each.appearance.sightings[0].path} (face {each.appearance.face}, of {each.person.name})"
            for each in found
        )
        raise UsageError(
            f"{name} could be {shown}: --person says of whom, and to Python programs the number of a face"
            " says which"
        )
    who = " or ".join(answer.person.name for answer in answers)
    if isinstance(name, int):
        raise UsageError(f"face {name} is in no answer about {who}")
    if name.isdecimal() and len(name) < people.ID_SIGNS:
        raise UsageError(
            f"{name} is a row number, not an id, and the next answer may give it to another picture. Give the"
            f" id that stands in the row: {people.ID_SIGNS} letters and digits, such as k7q2mf"
        )
    raise UsageError(
        f"no answer about {who} has the id {name!r}. Ids stand in the rows of: selfsearch query;"
        " those of what you marked: selfsearch people show NAME"
    )


class _Answers:
    """What answers about a person can show, whichever photographs the question comes with."""

    def __init__(self, gallery: Gallery, person: Person, now: datetime) -> None:
        self.gallery, self.person, self.now = gallery, person, now
        self.rows = grants.consented_sources(gallery.library, now)
        self.searched = [row for row in self.rows if row.successor is None]
        self.replaced = [row for row in self.rows if row.successor is not None]
        self.index = gallery.face_index([row.id for row in self.rows])
        self.kept = enrolled_embeddings(gallery, person, now)

    @cached_property
    def faces(self) -> list[int]:
        """Every face that resembles a photograph which consent was stated for, and those with a verdict."""
        if not len(self.kept.embeddings):
            return []
        lowest = resembling_score(self.gallery)
        like = (self.index.search(stated, lowest)[0].tolist() for stated in self.kept.stated)
        return sorted({*self.index.present(self.said).tolist(), *(face for ids in like for face in ids)})

    @cached_property
    def said(self) -> dict[int, Verdict]:
        """Face -> what the person said of it."""
        return verdicts.of_person(self.gallery.library, self.person.id)

    def judged(self) -> list[Named]:
        """Every appearance of which the person said something."""
        return self._distinct([face for face in self.faces if face in self.said])

    def find(self, name: str | int) -> list[Named]:
        """The appearances that `name` can mean: an id, or the number of a face."""
        if isinstance(name, int):
            return self._distinct([face for face in self.faces if face == name])
        wanted = name.lower().translate(MISREAD)
        found = self._distinct([face for face in self.faces if self._id(face) == wanted])
        return [replace(each, id=wanted) for each in found]

    def _distinct(self, ids: Sequence[int]) -> list[Named]:
        """The appearances that these faces belong to."""
        found: list[Named] = []
        for face in ids:
            if not any(face in each.faces for each in found):
                found.append(self._named(face))
        return found

    def _id(self, face: int) -> str:
        return people.appearance_id(self.gallery.library, self.person, face)

    def _named(self, face: int) -> Named:
        library = self.gallery.library
        members = self._copies(face)
        searched_by = template(self.kept, self.person, [])
        scores = self._embeddings(members) @ searched_by
        hits = sorted(map(Hit, members, scores.tolist()), key=lambda hit: (-hit.score, hit.face))
        ordered = [hit.face for hit in hits]
        face_rows = faces.find_faces(library, members)
        everywhere, searched = Scope(self.rows), Scope(self.searched, self.replaced)
        calibration = self.gallery.calibrate(self.index, searched_by, count_photographs(self.kept, []))
        described = describe(library, self.person, [hits], face_rows, everywhere, calibration)
        (appearance,) = contrast.mark(self.gallery, self.person, searched_by, described, self.index, self.now)
        alone = [[hit] for hit in hits]
        each = describe(library, self.person, alone, face_rows, searched, calibration)
        return Named(
            id=appearance.id,
            person=self.person,
            appearance=appearance,
            faces=tuple(ordered),
            embeddings=self._embeddings(ordered),
            states={one.face: state_of(one) for one in each if one.sightings},
            picture=tuple(faces.places_in(library, face_rows[hits[0].face].media)),
            is_searched_by=any(self.said[one].in_template for one in members if one in self.said),
        )

    def _embeddings(self, ids: Sequence[int]) -> Embeddings:
        return self.index.embeddings_of(np.array(ids, np.int64))

    def _copies(self, face: int) -> list[int]:
        """The face and all its copies, and theirs."""
        pictures, place_of = self._pictures, {each: place for place, each in enumerate(self.faces)}
        every = range(len(self.faces))
        found, new = {place_of[face]}, [place_of[face]]
        while new:
            near = {int(place) for place in np.flatnonzero(pictures.copies_of(new.pop(), every))}
            new += near - found
            found |= near
        return [self.faces[place] for place in sorted(found)]

    @cached_property
    def _pictures(self) -> FacesInPictures:
        rows = faces.find_faces(self.gallery.library, self.faces)
        return FacesInPictures.of(
            [rows[face].media for face in self.faces],
            [rows[face].phash for face in self.faces],
            self._embeddings(self.faces),
        )


def save(
    gallery: Gallery,
    grant: Grant,
    named: Sequence[Named],
    verdict: str | None,
    now: datetime,
    *,
    strengthen: bool | None = None,
) -> Saved:
    """Keep one verdict on all that is named, or with None take back what was said; all of it or nothing.

    `strengthen`: with "me", whether the person is searched by these faces, too; None leaves that as it is.
    Raises UsageError when a face is gone meanwhile.
    """
    library, person = gallery.library, named[0].person
    with library.atomic():
        grant = grants.require(library, grant.kind, grant.subject, now)
        ids = [face for each in named for face in each.faces]
        if len(faces.find_faces(library, ids)) < len(ids):
            raise UsageError("the library has changed meanwhile, and nothing was kept; ask again")
        before = verdicts.of_person(library, person.id)
        used = {face for face in ids if face in before and before[face].in_template}
        chosen: set[int] = used if strengthen is None and verdict == ME else set()
        refused: dict[str, str] = {}
        if verdict == ME and strengthen:
            chosen, refused = _strengthening(gallery, named, now)
        if verdict != NOT_ME:  # no re-scan tells as new what somebody just looked at
            for each in named:
                changes.remember(library, person.id, each.states)
        if verdict is None:
            verdicts.withdraw(library, person.id, ids)
        else:
            at = isoformat(now)
            verdicts.save(library, person.id, {face: Verdict(verdict, at, face in chosen) for face in ids})
        _note(gallery, grant, person, chosen - used, used - chosen, now)
        word = next(word for word, value in WORDS.items() if value == verdict)
        question = people.AuditedQuestion(
            isoformat(now), person.name, f"verdict: {word}", "answered", len(named)
        )
        people.save_query(library, question)
    return Saved(tuple(each.id for each in named if chosen.intersection(each.faces)), refused)


def _strengthening(
    gallery: Gallery, named: Sequence[Named], now: datetime
) -> tuple[set[int], dict[str, str]]:
    """The faces by which the person may be searched, too; and id -> why of the others.

    As for a photograph that is added without a statement of its own: it must look like what is kept.
    """
    person = named[0].person
    kept, threshold = enrolled_embeddings(gallery, person, now), same_person_score(gallery)
    chosen: set[int] = set()
    refused: dict[str, str] = {}
    for each in named:
        scores = [likeness(gallery, kept, embedding) for embedding in each.embeddings]
        if max(scores) < threshold:
            refused[each.id] = f"it does not look enough like the photographs that are kept of {person.name}"
        elif looks_like_another(gallery, {person.name}, each.embeddings[0], scores[0], now):
            refused[each.id] = "it looks more like somebody else who is enrolled in this library"
        else:
            chosen.update(face for face, score in zip(each.faces, scores, strict=True) if score >= threshold)
    return chosen, refused


def _note(
    gallery: Gallery, grant: Grant, person: Person, added: set[int], removed: set[int], now: datetime
) -> None:
    """Put on record by which pictures the person is searched from now on, and by which no more."""
    library = gallery.library
    rows = faces.find_faces(library, added | removed)
    photographs = sorted({rows[face].sha256 for face in added})
    if photographs:
        basis = enrolment.Basis(grant.entry, is_stated=False)
        enrolment.note_added(library, person, photographs, basis, now)
    photographs = sorted({rows[face].sha256 for face in removed})
    if photographs:
        enrolment.note_removed(library, person, photographs, now)
