"""Enrolment: photographs become probes, probes the one template by which a person is searched for.

The first photographs of a person are remembered with the person's consent. Later ones must show somebody
who is enrolled: a stranger is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from .. import media
from ..consent.grants import Grant
from ..errors import ConsentError, InputError, ItemError, UsageError
from ..library import people
from ..library.people import Person
from ..recognition.calibration import SAME_PERSON_FMR, Calibration
from ..recognition.engine import Engine
from ..types import Chip, Embedding, Embeddings, Face, isoformat
from .gallery import Gallery

ENROLLED_SCORE = 0.5  # cosine that counts as the enrolled person when a pack has no calibration
LEAST_WEIGHT = 0.05  # even a poor photograph counts a little

ChooseFace = Callable[["ProbePhoto"], int]  # which face of a photograph with several, counted from 0


@dataclass(frozen=True)
class ProbePhoto:
    """A photograph offered as a probe, with everybody in it, largest face first."""

    path: str
    sha256: str
    faces: tuple[Face, ...]


@dataclass(frozen=True)
class Probe:
    """One face of one photograph, by which a person is searched for."""

    photo: ProbePhoto
    face: Face
    embedding: Embedding = field(repr=False)  # averaged with that of the mirrored chip

    @property
    def chip(self) -> Chip:
        """The aligned chip."""
        return self.face.chip


def read_photo(engine: Engine, path: Path) -> ProbePhoto:
    """Find everybody in a photograph. Raises InputError when it cannot be read or shows nobody."""
    try:
        with path.open("rb") as file:
            data = file.read(media.MAX_BYTES + 1)
        if len(data) > media.MAX_BYTES:
            raise InputError(f"{path} is larger than {media.MAX_BYTES >> 20} MB: that is no selfie")
        detected = engine.analyse(data).faces
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    except ItemError as exc:
        raise InputError(f"{path} is not a picture that can be used: {exc}") from exc
    if not detected:
        raise InputError(
            f"no face was found in {path}; use a photograph that shows the face clearly, from the front"
        )
    largest_first = sorted(detected, key=lambda face: -face.box[2] * face.box[3])
    return ProbePhoto(str(path), hashlib.sha256(data).hexdigest(), tuple(largest_first))


def choose_probe(engine: Engine, photo: ProbePhoto, choose_face: ChooseFace) -> Probe:
    """The face that is meant: the only one, or the one that `choose_face` names. Raises UsageError."""
    number = choose_face(photo) if len(photo.faces) > 1 else 0
    if not 0 <= number < len(photo.faces):
        raise UsageError(
            f"{photo.path} shows {len(photo.faces)} faces; --face takes 1 to {len(photo.faces)}, or largest"
        )
    face = photo.faces[number]
    return Probe(photo, face, engine.embed_with_mirror(face.chip[None])[0])


def read_probes(gallery: Gallery, paths: Sequence[Path], choose_face: ChooseFace) -> list[Probe]:
    """One probe from every photograph. Raises InputError when they do not show one person."""
    engine = gallery.engine
    probes = [choose_probe(engine, read_photo(engine, path), choose_face) for path in paths]
    check_one_person(probes, gallery.calibration)
    return probes


def check_one_person(probes: Sequence[Probe], calibration: Calibration | None) -> None:
    """Raises InputError when two of the photographs do not look like the same person."""
    if calibration is None or len(probes) < 2:
        return
    threshold = calibration.score_for(SAME_PERSON_FMR * 10)
    for number, probe in enumerate(probes):
        others = [other.embedding for place, other in enumerate(probes) if place != number]
        if max(float(other @ probe.embedding) for other in others) < threshold:
            raise InputError(
                f"{probe.photo.path} does not look like the person in the other photographs; search for one"
                f" person at a time"
            )


def enroll(gallery: Gallery, grant: Grant, probes: Sequence[Probe], now: datetime) -> Person:
    """Remember a person by these photographs, or add them to what is remembered."""
    if grant.kind != "person":
        raise UsageError("enrolling a person needs the person's consent, not a source's")
    check_one_person(probes, gallery.calibration)
    library, pack, at = gallery.library, gallery.register_pack(), isoformat(now)
    person = people.save_person(library, grant.subject, at)
    for probe in probes:
        row = people.NewProbe(probe.photo.sha256, probe.face.quality, probe.chip, probe.embedding)
        people.save_probe(library, person, pack, row, at)
    return person


def identify(gallery: Gallery, probes: Sequence[Probe], names: Sequence[str]) -> Person:
    """Which of the enrolled people called `names` every one of these photographs shows.

    Raises ConsentError for a stranger: this tool answers people about themselves.
    """
    threshold = gallery.calibration.score_for(SAME_PERSON_FMR) if gallery.calibration else ENROLLED_SCORE
    best: tuple[float, Person] | None = None
    for name in names:
        person = people.find_person(gallery.library, name)
        if person is None:
            continue
        enrolled, _ = enrolled_embeddings(gallery, person)
        scores = (float((enrolled @ probe.embedding).max(initial=-1.0)) for probe in probes)
        score = min(scores, default=-1.0)
        if best is None or score > best[0]:
            best = (score, person)
    if best is None or best[0] < threshold:
        raise ConsentError(
            "the face in the photograph is not one of the people who agreed to be searched for"
            + (f" ({', '.join(names)})" if names else "")
            + "; selfsearch answers people about themselves. If it is one of them, add a clearer photograph: "
            "selfsearch people add NAME PHOTO"
        )
    return best[1]


def enrolled_embeddings(gallery: Gallery, person: Person) -> tuple[Embeddings, list[float]]:
    """Embeddings of the person's remembered probes with this pack, (n, dimension), and their qualities."""
    engine = gallery.engine
    return people.enrolled_embeddings(
        gallery.library, person, gallery.pack, engine.dimension, engine.embed_with_mirror
    )


def template(gallery: Gallery, person: Person, probes: Sequence[Probe]) -> Embedding:
    """One unit vector from what is remembered of a person and from `probes`, each weighing as its quality.

    Raises InputError when there is neither.
    """
    enrolled, qualities = enrolled_embeddings(gallery, person)
    embeddings = np.concatenate([enrolled, *(probe.embedding[None] for probe in probes)])
    if not len(embeddings):
        raise InputError(f"nothing is known of {person.name}'s face; give a photograph")
    weights = np.asarray([*qualities, *(probe.face.quality for probe in probes)], np.float32)[:, None]
    mean = (embeddings * (weights + np.float32(LEAST_WEIGHT))).sum(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
