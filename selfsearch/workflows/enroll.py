"""Enrolment: probes become the one template by which a person is searched for.

The first photographs of a person are remembered with the person's consent. Later ones are compared with what
is kept: one that does not look like it needs a statement of consent of its own, and one that looks like
somebody else who is enrolled is refused. What was added because it looks alike, or because the person
confirmed it, cannot vouch for a stranger: everything that is accepted or found must at least resemble a
photograph that consent was stated for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from ..consent import enrolment, grants
from ..consent.enrolment import Basis
from ..consent.grants import ConsentRequest, Grant
from ..errors import ConsentError, InputError, UsageError
from ..library import people
from ..library.people import EnrolledFaces, Person
from ..recognition.calibration import CLEAR_FMR, SAME_PERSON_FMR, WEAKEST_FMR
from ..recognition.embedding import embed_probes
from ..types import Embedding, isoformat
from .gallery import Gallery
from .probes import Probe, ProbePhoto, WhichFace, find_face, make_probe, read_photo

ENROLLED_SCORE = 0.5  # cosine that (clearly) counts as the enrolled person when a pack has no calibration
RESEMBLING_SCORE = 0.3  # cosine below which a face resembles nobody when a pack has no calibration
SAME_PHOTOGRAPH = 0.98  # cosine; of 120 chips kept as JPEG none scores less than 0.993 with itself
LEAST_WEIGHT = 0.05  # even a poor photograph counts a little
CONFIRM = "A second photograph that is clear helps most; if this one does show the person: confirmed=True"

# Asked which face of a photograph is meant, counted from 0; with the only one that looks like the person.
AskForFace = Callable[[ProbePhoto, int | None], int]


def read_probes(
    gallery: Gallery,
    paths: Sequence[Path],
    ask: AskForFace,
    *,
    which: WhichFace = None,
    on_dominant: Callable[[ProbePhoto, int], None] = lambda photo, face: None,
    known: Callable[[], Sequence[EnrolledFaces]] = list,
) -> list[Probe]:
    """One probe from every photograph. Whom they show is for `compare` and `identify` to say.

    Where neither `which` nor the dominant face settles it, `ask` decides, after all others: it is told which
    face alone looks like the other photographs, or like what is `known` of whoever may be meant.
    `on_dominant` is told what was taken without asking, where there was a choice.
    """
    engine = gallery.engine
    found = [(photo, find_face(photo, which)) for photo in (read_photo(engine, path) for path in paths)]
    probes = [None if face is None else make_probe(engine, photo, face) for photo, face in found]
    for photo, face in found:
        if which is None and face is not None and len(photo.faces) > 1:
            on_dominant(photo, face)
    settled = [probe for probe in probes if probe is not None]
    return [
        probe or make_probe(engine, photo, ask(photo, _likely_face(gallery, photo, settled, known())))
        for (photo, _), probe in zip(found, probes, strict=True)
    ]


def _likely_face(
    gallery: Gallery, photo: ProbePhoto, others: Sequence[Probe], known: Sequence[EnrolledFaces]
) -> int | None:
    """The only face that looks like one of the other photographs, or like somebody who is known."""
    threshold, alike = same_person_score(gallery), []
    for number in range(len(photo.faces)):
        probe = make_probe(gallery.engine, photo, number)
        scores = [likeness(gallery, each, probe.embedding) for each in known]
        scores += [float(other.embedding @ probe.embedding) for other in others]
        if max(scores, default=-1.0) >= threshold:
            alike.append(number)
    return alike[0] if len(alike) == 1 else None


def known_faces(gallery: Gallery, names: Collection[str] | None, now: datetime) -> list[EnrolledFaces]:
    """What is kept of everybody who may be searched for, or of those of `names`."""
    return [
        enrolled_embeddings(gallery, person, now)
        for person in grants.consented_people(gallery.library, now, contrast=names is not None)
        if names is None or person.name in names
    ]


def same_person_score(gallery: Gallery) -> float:
    """From which score on a face counts as an enrolled person's."""
    return gallery.calibration.score_for(SAME_PERSON_FMR) if gallery.calibration else ENROLLED_SCORE


def clear_score(gallery: Gallery) -> float:
    """From which score on a face is the enrolled person's beyond the doubt that relatives leave.

    The false match rate of brothers and sisters is far higher than that of strangers, for which the
    calibration stands. Of 417 people of Labeled Faces in the Wild with one photograph kept, 2.9 % of their
    other photographs lie between `same_person_score` and this; none of those who look most like them reaches
    it (scripts/relatives).
    """
    return gallery.calibration.score_for(CLEAR_FMR) if gallery.calibration else ENROLLED_SCORE


def resembling_score(gallery: Gallery) -> float:
    """Below which score a face is not the person's, whatever else speaks for it."""
    return gallery.calibration.score_for(WEAKEST_FMR) if gallery.calibration else RESEMBLING_SCORE


def check_one_person(probes: Sequence[Probe], threshold: float) -> None:
    """Raises InputError unless likenesses of at least `threshold` lead from the first photograph to each."""
    if not probes:
        return
    embeddings = np.stack([probe.embedding for probe in probes])
    alike = embeddings @ embeddings.T >= threshold
    reached = alike[0]
    for _ in probes:
        reached = alike[reached].any(axis=0) | reached
    for probe in (probe for probe, is_reached in zip(probes, reached, strict=True) if not is_reached):
        raise InputError(
            f"{probe.photo.path} does not look like the person in {probes[0].photo.path}; enrol, and search"
            f" for, one person at a time"
        )


@dataclass(frozen=True)
class Comparison:
    """How photographs compare with what is kept of a person."""

    is_first: bool  # nothing is kept yet
    new: tuple[Probe, ...]  # those that are not kept already
    unlike: tuple[Probe, ...]  # those of them that do not look like the person
    doubtful: tuple[Probe, ...] = ()  # those that do, but not clearly

    @property
    def photographs(self) -> tuple[str, ...]:
        """SHA-256 of what would be added."""
        return tuple(probe.photo.sha256 for probe in self.new)

    def why_a_statement(self, name: str) -> str:
        """Why what is unlike is not added on the consent that is there."""
        paths = ", ".join(probe.photo.path for probe in self.unlike)
        return f"{paths} does not look like the photographs that are kept of {name}"

    def refusal(self, name: str) -> ConsentError:
        """The same for somebody who gave no statement for it."""
        return ConsentError(
            f"{self.why_a_statement(name)}, so nothing was added. A search for somebody else needs that"
            f" person's own consent, under a name of their own. If it does show {name}, who looked different"
            f" then, it needs a statement of its own, which stays on record: selfsearch people add --help"
        )


def doubtful_in_words(name: str, doubtful: Sequence[Probe]) -> str:
    """That photographs resemble a person, but not clearly."""
    resemble = "resembles" if len(doubtful) == 1 else "resemble"
    paths = ", ".join(probe.photo.path for probe in doubtful)
    return f"{paths} {resemble} the photographs that are kept of {name}, but not clearly"


def refuse_doubtful(name: str, doubtful: Sequence[Probe], cure: str) -> ConsentError:
    """Why photographs that do not show a person clearly are not enough; `cure`: what to do then."""
    return ConsentError(
        f"refused: {doubtful_in_words(name, doubtful)}; a brother or sister can look like that. {cure}"
    )


def find_doubtful(
    gallery: Gallery,
    kept: EnrolledFaces | None,
    names: Collection[str],
    probes: Sequence[Probe],
    now: datetime,
) -> tuple[Probe, ...]:
    """Those of the photographs that do not clearly show the person of whom `kept` is.

    One does that reaches `clear_score` with what is kept, or with another photograph that does, and that
    nobody else looks as much like: of everybody who is known here, but for `names`. Any number of photographs
    that do not reach it prove no more than one.
    """
    others = _others_known(gallery, names, now)
    scores = [likeness(gallery, kept, probe.embedding) for probe in probes]
    needed = [max(clear_score(gallery), _nearest(gallery, others, probe.embedding)) for probe in probes]
    rated = list(zip(probes, scores, needed, strict=True))
    clear = [probe.embedding for probe, score, least in rated if score >= least]
    return tuple(
        probe
        for probe, score, least in rated
        if max([score, *(float(embedding @ probe.embedding) for embedding in clear)]) < least
    )


def compare(
    gallery: Gallery,
    name: str,
    probes: Sequence[Probe],
    now: datetime,
    lookalikes: Sequence[str] = (),
    *,
    is_contrast: bool = False,
) -> Comparison:
    """Compare photographs with what is kept of the person called `name`.

    Raises ConsentError when one looks more like somebody else who is enrolled, but for `lookalikes`, and
    InputError when the first ones of a person do not show one person. Who is to be told apart from others
    (`is_contrast`) may look like them, though not clearly.
    """
    gallery.register_pack()
    person = people.find_person(gallery.library, name)
    kept = enrolled_embeddings(gallery, person, now) if person else None
    hashes = {probe.sha256 for probe in people.kept_probes(gallery.library, person)} if person else set()
    new = {probe.photo.sha256: probe for probe in probes if probe.photo.sha256 not in hashes}
    scores = [likeness(gallery, kept, probe.embedding) for probe in new.values()]
    threshold, names = same_person_score(gallery), {name, *lookalikes}
    for probe, score in zip(new.values(), scores, strict=True):
        _check_nobody_else(
            gallery, names, probe, max(score, clear_score(gallery)) if is_contrast else score, now
        )
    is_first = kept is None or not len(kept.embeddings)
    if is_first:
        check_one_person(list(new.values()), threshold)
        return Comparison(is_first, tuple(new.values()), ())
    unlike = [probe for probe, score in zip(new.values(), scores, strict=True) if score < threshold]
    doubtful = find_doubtful(gallery, kept, names, list(new.values()), now)
    doubtful = tuple(probe for probe in doubtful if probe not in unlike)
    return Comparison(is_first, tuple(new.values()), tuple(unlike), doubtful)


def likeness(gallery: Gallery, kept: EnrolledFaces | None, embedding: Embedding) -> float:
    """The best score with the kept faces of a person; -1 when no stated photograph resembles it at all."""
    if kept is None or not len(kept.stated):
        return -1.0
    if float((kept.stated @ embedding).max()) < resembling_score(gallery):
        return -1.0
    return float((kept.embeddings @ embedding).max())


def _check_nobody_else(
    gallery: Gallery, names: Collection[str], probe: Probe, score: float, now: datetime
) -> None:
    """Raises ConsentError when the face looks more like somebody with live consent who is not in `names`."""
    if looks_like_another(gallery, names, probe.embedding, score, now):
        raise ConsentError(
            f"{probe.photo.path}: not added, because it looks more like somebody else who is enrolled in this"
            f" library. A person's photographs are kept under one name. Twins and other people who look alike"
            f" can be told apart in the statement of consent: selfsearch people add --help"
        )


def looks_like_another(
    gallery: Gallery, names: Collection[str], embedding: Embedding, score: float, now: datetime
) -> bool:
    """Whether a face that scores so with one person looks more like another who is not in `names`."""
    nearest = _nearest(gallery, _others_known(gallery, names, now), embedding)
    return nearest >= max(same_person_score(gallery), score)


def _others_known(gallery: Gallery, names: Collection[str], now: datetime) -> list[EnrolledFaces]:
    """What is kept of everybody who may be searched for or told apart, and is not in `names`."""
    return [
        enrolled_embeddings(gallery, person, now)
        for person in grants.consented_people(gallery.library, now, contrast=True)
        if person.name not in names
    ]


def _nearest(gallery: Gallery, known: Sequence[EnrolledFaces], embedding: Embedding) -> float:
    """The best likeness with any of them; -1 when there is nobody."""
    return max((likeness(gallery, kept, embedding) for kept in known), default=-1.0)


def about(
    gallery: Gallery, statement: ConsentRequest, probes: Sequence[Probe], now: datetime
) -> ConsentRequest:
    """The statement as one about these photographs. Raises what `compare` raises."""
    comparison = compare(
        gallery, statement.subject, probes, now, statement.lookalikes, is_contrast=statement.is_contrast
    )
    return replace(statement, photographs=comparison.photographs, is_unlike=bool(comparison.unlike))


def enroll(
    gallery: Gallery,
    consent: Grant | ConsentRequest,
    probes: Sequence[Probe],
    now: datetime,
    *,
    confirmed: bool = False,
) -> Person:
    """Remember a person by these photographs, or add them to what is remembered.

    `consent` is live already, or is what is agreed to now: then it is written into the ledger together with
    the photographs. Raises ConsentError for a photograph that does not look like what is kept, unless it is
    agreed to now that it shows the person all the same; and for one that does, but not clearly, unless that
    is agreed to or `confirmed`.
    """
    if consent.kind != "person":
        raise UsageError("enrolling a person needs the person's consent, not a source's")
    library, is_stated = gallery.library, isinstance(consent, ConsentRequest)
    lookalikes = consent.lookalikes if isinstance(consent, ConsentRequest) else ()
    if consent.is_contrast and grants.live(library, "person", [consent.subject], now):
        raise UsageError(
            f"{consent.subject} may be searched for, and is told apart from others by that alone: leave out"
            " --contrast"
        )
    comparison = compare(gallery, consent.subject, probes, now, lookalikes, is_contrast=consent.is_contrast)
    if comparison.unlike and not (isinstance(consent, ConsentRequest) and consent.is_unlike):
        raise comparison.refusal(consent.subject)
    is_confirmed = bool(comparison.doubtful) and not is_stated
    if is_confirmed and not confirmed:
        raise refuse_doubtful(consent.subject, comparison.doubtful, CONFIRM)
    with library.atomic():
        if isinstance(consent, ConsentRequest):
            grants.give(library, consent, now)
        grant = grants.require(library, "person", consent.subject, now, contrast=consent.is_contrast)
        person = people.save_person(library, grant.subject, isoformat(now))
        basis = enrolment.Basis(grant.entry, is_stated or comparison.is_first, is_confirmed)
        _save(gallery, person, comparison, basis, now)
    return person


def _save(gallery: Gallery, person: Person, comparison: Comparison, basis: Basis, now: datetime) -> None:
    """Keep what is new, and note it. In the caller's transaction."""
    if not comparison.new:
        return
    for probe in comparison.new:
        row = people.NewProbe(
            probe.photo.sha256, probe.face.quality, probe.chip, probe.embedding, basis.entry, basis.is_stated
        )
        people.save_probe(gallery.library, person, gallery.pack, row, isoformat(now))
    enrolment.note_added(gallery.library, person, comparison.photographs, basis, now)


def identify(
    gallery: Gallery, probes: Sequence[Probe], names: Sequence[str], now: datetime
) -> tuple[Person, tuple[Probe, ...]]:
    """Whom of the enrolled people called `names` these photographs show, and which of them not clearly.

    Raises ConsentError for a stranger, and for a photograph that is kept of somebody else: this tool answers
    people about themselves.
    """
    best: tuple[float, Person, EnrolledFaces] | None = None
    for name in names:
        person = people.find_person(gallery.library, name)
        if person is None:
            continue
        kept = enrolled_embeddings(gallery, person, now)
        score = min((likeness(gallery, kept, probe.embedding) for probe in probes), default=-1.0)
        if best is None or score > best[0]:
            best = (score, person, kept)
    if best is None or best[0] < same_person_score(gallery):
        raise ConsentError(
            "refused: the photograph shows nobody who agreed to be searched for. A search for a person needs"
            " that person's own consent. If it does show one of them, try a sharp photograph taken from the"
            " front: small, dark or old ones are harder to recognise"
        )
    _, person, kept = best
    _check_nobody_elses(gallery, person, kept, probes, now)
    return person, find_doubtful(gallery, kept, [person.name], probes, now)


def _check_nobody_elses(
    gallery: Gallery, person: Person, kept: EnrolledFaces, probes: Sequence[Probe], now: datetime
) -> None:
    """Raises ConsentError for a photograph that was stated to show somebody else, however alike they are."""
    others = _others_known(gallery, [person.name], now)
    for probe in probes:
        nearest = _nearest(gallery, others, probe.embedding)
        if nearest > max(SAME_PHOTOGRAPH, likeness(gallery, kept, probe.embedding)):
            raise ConsentError(
                f"refused: {probe.photo.path} is kept in this library as a photograph of somebody else, and"
                f" nobody is searched for by another person's photograph"
            )


def enrolled_embeddings(gallery: Gallery, person: Person, now: datetime) -> EnrolledFaces:
    """The person's remembered faces as this pack sees them, with the confirmed ones that count, too.

    Those count as long as there is consent for their source, also when a newer export replaced it.
    """
    engine, library = gallery.engine, gallery.library
    consented = [row.id for row in grants.consented_sources(library, now)]
    return people.enrolled_embeddings(
        library, person, gallery.pack, engine.dimension, partial(embed_probes, engine.embed), consented
    )


def unlike_the_others(gallery: Gallery, person: Person) -> set[int]:
    """Numbers of the kept photographs that look like none of the others, as this pack sees them."""
    kept = people.probe_embeddings(gallery.library, person, gallery.pack, gallery.engine.dimension)
    if len(kept.numbers) < 2:
        return set()
    scores = kept.embeddings @ kept.embeddings.T
    np.fill_diagonal(scores, -1.0)
    is_alone = scores.max(axis=1) < same_person_score(gallery)
    return {number for number, alone in zip(kept.numbers, is_alone, strict=True) if alone}


def count_photographs(kept: EnrolledFaces, probes: Sequence[Probe]) -> int:
    """Of how many photographs the template is made; one that is kept and given again counts once."""
    embeddings = np.concatenate([kept.embeddings, *(probe.embedding[None] for probe in probes)])
    is_again = np.triu(embeddings @ embeddings.T > SAME_PHOTOGRAPH, 1).any(axis=0)
    return int((~is_again).sum())


def template(kept: EnrolledFaces, person: Person, probes: Sequence[Probe]) -> Embedding:
    """One unit vector from what is remembered of a person and from `probes`, each weighing as its quality.

    Raises InputError when there is neither.
    """
    embeddings = np.concatenate([kept.embeddings, *(probe.embedding[None] for probe in probes)])
    if not len(embeddings):
        raise InputError(f"nothing is known of {person.name}'s face; give a photograph")
    qualities = [*kept.qualities, *(probe.face.quality for probe in probes)]
    weights = np.asarray(qualities, np.float32)[:, None]
    mean = (embeddings * (weights + np.float32(LEAST_WEIGHT))).sum(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
