"""Probes: photographs that a person is searched by, and the one template that they make together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import media
from ..errors import InputError, ItemError, UsageError
from ..recognition.calibration import SAME_PERSON, Calibration
from ..recognition.engine import Engine
from ..types import Chip, Embedding, Embeddings, Face, Pixels

Choose = Callable[["Photo"], int]  # which face of a photograph with several, counted from 0


@dataclass(frozen=True)
class Photo:
    """A photograph offered as a probe, with everybody in it, largest face first."""

    path: str
    sha256: str
    faces: tuple[Face, ...]
    pixels: Pixels = field(repr=False)
    scale: float  # pixels of the picture per pixel here


@dataclass(frozen=True)
class Chosen:
    """One face of one photograph: a probe."""

    photo: Photo
    face: Face
    embedding: Embedding = field(repr=False)  # averaged with its mirror image

    @property
    def chip(self) -> Chip:
        """The aligned chip."""
        return self.face.chip


def read_photo(engine: Engine, path: Path) -> Photo:
    """Find everybody in a photograph. Raises InputError when it cannot be read or shows nobody."""
    try:
        with path.open("rb") as file:
            data = file.read(media.MAX_BYTES + 1)
        if len(data) > media.MAX_BYTES:
            raise InputError(f"{path} is larger than {media.MAX_BYTES >> 20} MB: that is no selfie")
        still = media.open_still(data)
        pixels, faces = engine.look(still)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    except ItemError as exc:
        raise InputError(f"{path} is not a picture that can be used: {exc}") from exc
    if not faces:
        raise InputError(
            f"no face was found in {path}; use a photograph that shows the face clearly, from the front"
        )
    ordered = sorted(faces, key=lambda face: -face.box[2] * face.box[3])
    scale = max(still.width, still.height) / max(pixels.shape[:2])
    return Photo(str(path), hashlib.sha256(data).hexdigest(), tuple(ordered), pixels, scale)


def choose(engine: Engine, photo: Photo, pick: Choose) -> Chosen:
    """The face that is meant: the only one, or the one that `pick` says."""
    number = pick(photo) if len(photo.faces) > 1 else 0
    if not 0 <= number < len(photo.faces):
        raise UsageError(
            f"{photo.path} shows {len(photo.faces)} faces; --face takes 1 to {len(photo.faces)}, or largest"
        )
    face = photo.faces[number]
    return Chosen(photo, face, engine.embed_both(face.chip[None])[0])


def template(embeddings: Embeddings, qualities: Sequence[float]) -> Embedding:
    """One unit vector from several of the same person's, each weighing as much as its quality."""
    weights = np.asarray(qualities, np.float32)[:, None] + np.float32(
        0.05
    )  # even a poor photograph counts a little
    mean = (embeddings * weights).sum(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def one_person(chosen: Sequence[Chosen], calibration: Calibration | None) -> None:
    """Raises InputError when two of the photographs do not look like the same person."""
    if calibration is None or len(chosen) < 2:
        return
    limit = calibration.score_for(SAME_PERSON * 10)
    for number, probe in enumerate(chosen):
        others = [other.embedding for at, other in enumerate(chosen) if at != number]
        if max(float(other @ probe.embedding) for other in others) < limit:
            raise InputError(
                f"{probe.photo.path} does not look like the person in the other photographs; search for one"
                f" person at a time"
            )
