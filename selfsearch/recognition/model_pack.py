"""A model pack on disk: a folder that InsightFace can load, with a licence and checksums.

It is checked, byte for byte, before it is used: a damaged model must never look like "no match". Where packs
lie and how they get there is the business of `packs`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PackError
from ..files import sha256_of
from .calibration import BUNDLED_CALIBRATIONS, Calibration, read_calibration
from .face_probability import BUNDLED_PROBABILITIES, FaceProbability, read_face_probability

DEFAULT_PACK = "opencv-zoo"
TASKS = ("detection", "recognition")  # a pack's models, in InsightFace's words
BUNDLED_TERMS = "MIT (detection) and Apache-2.0 (recognition): free for every use"
PIPELINE_REVISION = 2  # raised when alignment or embedding change what a kept embedding means
UNCHANGED_PIXELS = {"mean": 0.0, "std": 1.0}  # preprocessing that leaves the pixels as they are
MAX_MEMORY = 2 << 30  # bytes that loading a pack, or looking at a new one and trying it, may take
TOO_MUCH_MEMORY = f"asks for more than {MAX_MEMORY >> 30} GB of memory"
MAX_MANIFEST_BYTES = 1 << 20  # real ones have 1 kB


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on disk. `revision` tells apart packs of one name whose embeddings must not be mixed.

    `model_revision` is what a calibration is for; `revision` depends on the mean in the calibration as well.
    """

    name: str
    folder: Path
    detection: Path
    recognition: Path
    checksums: tuple[tuple[Path, str], ...]  # file -> sha256 that the manifest declares
    dimension: int  # numbers per embedding
    revision: str
    bundled: bool  # came with the program
    model_revision: str
    calibration: Calibration | None  # None when nobody measured these models
    face_probability: FaceProbability | None  # None when nobody fitted one to this detector

    @property
    def licence(self) -> str:
        """The text of MODEL.LICENSE; "" when the pack has none."""
        path = self.folder / "MODEL.LICENSE"
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    @property
    def terms(self) -> str:
        """The licence in one line."""
        if self.bundled:
            return BUNDLED_TERMS
        text = self.licence.strip()
        if text.startswith("{"):  # InsightFace's signed licence
            try:
                return f"InsightFace's licence, {json.loads(text)['grant']} use"
            except (ValueError, KeyError, TypeError):
                return "a licence that cannot be read"
        return next(iter(text.splitlines()), "no licence given")

    @property
    def size(self) -> int:
        """Bytes of both models, as far as they are there."""
        return sum(path.stat().st_size for path in (self.detection, self.recognition) if path.is_file())

    def verify(self) -> None:
        """Raises PackError when a file is missing or is not the one that the manifest describes."""
        for path, expected in self.checksums:
            if not path.is_file():
                raise PackError(
                    f"the model pack {self.name!r} is incomplete: {path.name} is missing; {self.cure}"
                )
            if sha256_of(path) != expected:
                raise PackError(
                    f"the model pack {self.name!r} is damaged: {path.name} has changed; {self.cure}"
                )

    @property
    def cure(self) -> str:
        """What to do about a damaged pack."""
        if self.bundled:
            return "install selfsearch again"
        return (
            f"add it again (selfsearch models add) or use another one: selfsearch models use {DEFAULT_PACK}"
        )


def read_pack(folder: Path, *, bundled: bool = False) -> Pack:
    """Read a pack's manifest (InsightFace's version 2, with checksums, which we require).

    Raises PackError when it is not usable. The models themselves are not checked yet: see `Pack.verify`.
    """
    manifest = folder / "manifest.json"
    try:
        if manifest.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(f"the manifest of the model pack in {folder} is too large to be one")
        raw = json.loads(manifest.read_text("utf-8"))
        tasks = raw["tasks"]
        detection, recognition = (_file_and_checksum(folder, tasks[task]) for task in TASKS)
        dimension = int(tasks["recognition"].get("embedding_dimension", 512))
        name = str(raw["model_id"])
        model_revision = _model_revision([tasks[task] for task in TASKS])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise PackError(f"the model pack in {folder} has no usable manifest: {type(exc).__name__}") from exc
    calibration = _find_calibration(folder, name, model_revision)
    mean = calibration.mean if calibration else ()
    if len(mean) not in (0, dimension):
        raise PackError(f"the calibration of the model pack {name!r} is for embeddings of another length")
    return Pack(
        name=name,
        folder=folder,
        detection=detection[0],
        recognition=recognition[0],
        checksums=(detection, recognition),
        dimension=dimension,
        revision=_digest(model_revision, json.dumps(mean)) if mean else model_revision,
        bundled=bundled,
        model_revision=model_revision,
        calibration=calibration,
        face_probability=_find_face_probability(folder, name, detection[1]),
    )


def _find_calibration(folder: Path, name: str, model_revision: str) -> Calibration | None:
    """The calibration of these models in the pack's folder, or among those that came with the program.

    Raises PackError when one is damaged.
    """
    paths = (folder / "calibration.json", BUNDLED_CALIBRATIONS / f"{name}.json")
    found = (read_calibration(path) for path in paths if path.is_file())
    return next((calibration for calibration in found if calibration.revision == model_revision), None)


def _find_face_probability(folder: Path, name: str, detector: str) -> FaceProbability | None:
    """The coefficients for this detector in the pack's folder, or among those that came with the program.

    Raises PackError when a file of them is damaged.
    """
    paths = (folder / "face_probability.json", BUNDLED_PROBABILITIES / f"{name}.json")
    found = (read_face_probability(path) for path in paths if path.is_file())
    return next((coefficients for coefficients in found if coefficients.detector == detector), None)


def _file_and_checksum(folder: Path, task: Mapping[str, Any]) -> tuple[Path, str]:
    path = (folder / task["file"]).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PackError(f"the model pack in {folder} names a file outside its own folder")
    return path, str(task["sha256"])


def _model_revision(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Sixteen hexadecimal digits of what decides the embeddings before they are centred.

    That is both models, what is done to the pixels before them (unless nothing is), and our own pipeline.
    """
    parts = [task["sha256"] for task in tasks] + [str(PIPELINE_REVISION)]
    preprocessing = [task.get("preprocessing", UNCHANGED_PIXELS) for task in tasks]
    parts += [json.dumps(values, sort_keys=True) for values in preprocessing if values != UNCHANGED_PIXELS]
    return _digest(*parts)


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
