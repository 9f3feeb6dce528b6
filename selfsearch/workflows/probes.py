"""Probes: photographs that are offered to search by, everybody in them, and which face of each is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError, ItemError, UsageError
from ..media.limits import MAX_BYTES
from ..recognition.embedding import embed_probes
from ..recognition.engine import Engine
from ..types import Chip, Detail, Embedding, Face
from .face_positions import positions

DOMINANCE = 4.0  # times the area and sharpness of any other: whoever held the camera, not a passer-by

WhichFace = int | str | None  # a number from 1, the largest first; "largest"; None where nobody says


@dataclass(frozen=True)
class ProbePhoto:
    """A photograph offered as a probe, with everybody in it, largest face first."""

    path: str
    sha256: str
    faces: tuple[Face, ...]

    @property
    def positions(self) -> list[str]:
        """Where each face is, and how large, in words."""
        return positions([face.box for face in self.faces])

    def listed(self, likely: int | None = None) -> str:
        """Every face by its number, in one line; `likely` is said to look like the person."""
        words = [
            f"{number} ({place}{'; looks like the person' if number - 1 == likely else ''})"
            for number, place in enumerate(self.positions, 1)
        ]
        return ", ".join(words)


@dataclass(frozen=True)
class Probe:
    """One face of one photograph, by which a person is searched for."""

    photo: ProbePhoto
    face: Face
    embedding: Embedding = field(repr=False)  # the mean of the face's and of its mirror image's

    @property
    def chip(self) -> Chip:
        """The aligned chip."""
        return self.face.chip


def read_photo(engine: Engine, path: Path) -> ProbePhoto:
    """Find everybody in a photograph. Raises InputError when it cannot be read or shows nobody.

    It is searched thoroughly: a person may be small in the only photograph that there is, and of a few
    photographs that costs little (12 megapixels: twice the processor time of `normal`).
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MB: that is no selfie")
        detected = engine.analyse(data, detail=Detail.THOROUGH).faces
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


def prominence(face: Face) -> float:
    """How much a face stands out: its area, less what is blurred.

    Sharpness weighs as it does in a face's quality. By itself it makes no face dominant: the sharpest chip
    counts 3.3 times one without any detail.
    """
    from ..recognition.quality import sharpness  # loads OpenCV, which most questions do without

    return face.box[2] * face.box[3] * sharpness(face.chip)


def dominant_face(faces: Sequence[Face]) -> int | None:
    """The only face, or the one that stands out over DOMINANCE times as much as any other."""
    if len(faces) == 1:
        return 0
    first, second = sorted(range(len(faces)), key=lambda number: -prominence(faces[number]))[:2]
    return first if prominence(faces[first]) > DOMINANCE * prominence(faces[second]) else None


def find_face(photo: ProbePhoto, which: WhichFace) -> int | None:
    """The face that is meant, counted from 0: what was said, or the dominant one; None when neither tells.

    Where there is one face, that is meant. Raises UsageError for a face that is not there.
    """
    if which is None or len(photo.faces) == 1:
        return dominant_face(photo.faces)
    if which == "largest":
        return 0
    number = int(which) if str(which).isascii() and str(which).isdecimal() else 0
    if not 1 <= number <= len(photo.faces):
        raise UsageError(
            f"{photo.path} shows {len(photo.faces)} faces, and {which} is not one of them: give largest, or"
            f" one of the numbers {photo.listed()}"
        )
    return number - 1


def make_probe(engine: Engine, photo: ProbePhoto, number: int = 0) -> Probe:
    """The face of that number, counted from 0, to search by."""
    face = photo.faces[number]
    return Probe(photo, face, embed_probes(engine.embed, face.chip[None])[0])
