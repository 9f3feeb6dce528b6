"""Adding a pack: from a folder or zip in either of InsightFace's layouts to a checked folder of ours.

Whatever comes, what is kept has one form: detection.onnx, recognition.onnx, a manifest of version 2 with
checksums and MODEL.LICENSE. It is made beside its place and moved there in one step, after both models have
run on a made-up picture.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PackError, UsageError
from ..files import delete_tree, private_folder, write_private
from ..recognition.alignment import CHIP_SIDE
from ..recognition.calibration import read_calibration
from ..recognition.detection import LARGEST_PASS
from ..recognition.embedding import embed_chips
from ..recognition.face_probability import read_face_probability
from ..recognition.model_pack import MAX_MEMORY, TASKS, TOO_MUCH_MEMORY, Pack, read_pack
from ..sandbox.memory import limited_memory
from ..types import Chips
from .download import PUBLISHED, TERMS, UNKNOWN_TERMS
from .onnx_inspect import ARCFACE_PIXELS, SCRFD_PIXELS, ModelFile, check_model, inspect_model
from .pack_archive import PackArchive, open_pack
from .store import BUNDLED_PACKS

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")  # what InsightFace allows as a model_id
CHECKSUM = re.compile(r"[0-9a-f]{64}")
MAX_SAME_COSINE = 1 - 1e-5  # of two different pictures; above it an embedder tells nothing apart


@dataclass(frozen=True, slots=True)
class AddedPack:
    """What adding a pack came to."""

    pack: Pack
    ignored: tuple[str, ...]  # model files that selfsearch has no use for
    replaced: bool  # a pack of that name was there before


@dataclass(frozen=True)
class _Draft:
    """A pack while it is being put together in `folder`."""

    name: str
    folder: Path
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)  # as the manifest will hold them
    ignored: tuple[str, ...] = ()


def add_pack(
    source: Path, folder: Path, name: str | None = None, origin: dict[str, Any] | None = None
) -> AddedPack:
    """Take the pack in `source` into `folder`; `origin` is noted in the manifest.

    Raises PackError when it cannot be used, UsageError when it cannot have its name.
    """
    private_folder(folder)
    with open_pack(source) as archive, _bounded_memory():
        manifest = _read_manifest(archive)
        name = _check_name(name or (str(manifest["model_id"]) if manifest else archive.title))
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=folder))
        try:
            draft = _Draft(name, scratch)
            if manifest:
                draft = _copy_described(archive, draft, manifest)
            else:
                draft = _copy_recognized(archive, draft)
            _write_documents(archive, draft, origin)
            _trial_run(read_pack(scratch))
            replaced = _move_into_place(scratch, folder / name)
        finally:
            delete_tree(scratch)
    return AddedPack(read_pack(folder / name), draft.ignored, replaced)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Inside, a pack is looked at and tried with no more memory than packs may have. Raises PackError."""
    try:
        with limited_memory(MAX_MEMORY):
            yield
    except MemoryError as exc:
        raise PackError(f"the pack {TOO_MUCH_MEMORY}; it is refused") from exc


def remove_pack(name: str, folder: Path) -> None:
    """Delete an added pack, also one that cannot be read any more. Raises UsageError when there is none."""
    place = folder / name
    if not NAME.fullmatch(name) or not place.is_dir():
        bundled = (BUNDLED_PACKS / name).is_dir() and NAME.fullmatch(name)
        raise UsageError(
            f"{name} came with the program and stays"
            if bundled
            else f"you have added no model pack called {name!r}"
        )
    private_folder(folder)
    aside = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=folder))
    os.replace(place, aside / "removed")
    delete_tree(aside)


def _check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a pack's name (letters, digits, dots, - and _); give one: --name NAME"
        )
    if (BUNDLED_PACKS / name).is_dir():
        raise UsageError(
            f"{name} is the name of a pack that came with the program; give another one: --name NAME"
        )
    return name


def _read_manifest(archive: PackArchive) -> dict[str, Any] | None:
    """A manifest of version 2; None for the older layout, whose manifests InsightFace ignores, too."""
    text = archive.text("manifest.json")
    if text is None:
        return None
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise PackError("the pack's manifest.json is damaged: it is not JSON") from exc
    if not isinstance(raw, dict) or raw.get("manifest_version") != 2:
        return None
    tasks = raw.get("tasks")
    if not isinstance(tasks, dict) or not isinstance(raw.get("model_id"), str):
        raise PackError("the pack's manifest.json names no tasks or no model_id")
    for task in TASKS:
        if not isinstance(tasks.get(task), dict):
            raise _no_model_for(task)
    return raw


def _no_model_for(task: str) -> PackError:
    return PackError(f"the pack has no model for {task}; selfsearch needs both {' and '.join(TASKS)}")


def _copy_described(archive: PackArchive, draft: _Draft, manifest: dict[str, Any]) -> _Draft:
    """The two models that a manifest of version 2 names."""
    for task in TASKS:
        raw = manifest["tasks"][task]
        file, expected = raw.get("file"), raw.get("sha256")
        if not isinstance(file, str) or file not in archive.sizes:
            raise PackError(f"the pack is incomplete: the model for {task} is missing")
        if expected is not None and (not isinstance(expected, str) or not CHECKSUM.fullmatch(expected)):
            raise PackError(f"the pack's manifest.json has a checksum for {task} that is none")
        target = draft.folder / f"{task}.onnx"
        digest = archive.copy(file, target)
        if expected not in (None, digest):
            raise PackError(
                f"{file} is not the file that the pack's manifest describes: it was changed or damaged"
            )
        model = inspect_model(target, file)
        check_model(target, file, replace(model, task=task))
        default = SCRFD_PIXELS if task == "detection" else ARCFACE_PIXELS  # the manifest's own defaults
        draft.tasks[task] = _task(task, digest, raw.get("preprocessing", default), model)
    used = {manifest["tasks"][task]["file"] for task in TASKS}
    return replace(draft, ignored=tuple(name for name in _model_names(archive) if name not in used))


def _copy_recognized(archive: PackArchive, draft: _Draft) -> _Draft:
    """The first detector and the first recogniser of the older layout, by name, as InsightFace does."""
    ignored = []
    for name in _model_names(archive):
        target = draft.folder / "inspected.onnx"
        digest = archive.copy(name, target)
        model = inspect_model(target, name)
        if model.task is None or model.task in draft.tasks:
            ignored.append(name)
            target.unlink()
            continue
        check_model(target, name, model)
        target.rename(draft.folder / f"{model.task}.onnx")
        draft.tasks[model.task] = _task(model.task, digest, model.preprocessing, model)
    for task in TASKS:
        if task not in draft.tasks:
            raise _no_model_for(task)
    return replace(draft, ignored=tuple(ignored))


def _model_names(archive: PackArchive) -> list[str]:
    return sorted(name for name in archive.sizes if name.lower().endswith(".onnx") and "/" not in name)


def _task(task: str, digest: str, preprocessing: Any, model: ModelFile) -> dict[str, Any]:
    """A task of the manifest that we write. InsightFace judges the preprocessing when it loads the pack."""
    described: dict[str, Any] = {"file": f"{task}.onnx", "sha256": digest, "preprocessing": preprocessing}
    if task == "recognition":
        described |= {"input_size": [CHIP_SIDE, CHIP_SIDE], "embedding_dimension": model.dimension}
    return described


def _write_documents(archive: PackArchive, draft: _Draft, origin: dict[str, Any] | None) -> None:
    """Manifest, licence, and what was measured of the models."""
    manifest = {
        "manifest_version": 2,
        "model_id": draft.name,
        "license": "MODEL.LICENSE",
        "tasks": draft.tasks,
        "origin": origin or {"from": archive.title},
    }
    terms = archive.text("MODEL.LICENSE") or (TERMS if archive.title in PUBLISHED else UNKNOWN_TERMS)
    write_private(draft.folder / "manifest.json", json.dumps(manifest, indent=1).encode())
    write_private(draft.folder / "MODEL.LICENSE", terms.encode())
    for name, read in (
        ("calibration.json", read_calibration),
        ("face_probability.json", read_face_probability),
    ):
        text = archive.text(name)
        if text is not None:
            write_private(draft.folder / name, text.encode())
            read(draft.folder / name)


def _trial_run(pack: Pack) -> None:
    """Load the pack and run both models. Raises PackError when they do not give what a face model gives."""
    from ..recognition.session import LOAD_ERRORS, ModelSession, is_out_of_memory

    chips = _synthetic_chips()
    largest = np.zeros((LARGEST_PASS, LARGEST_PASS, 3), np.uint8)
    try:
        session = ModelSession(pack)
        embeddings = embed_chips(session, chips)
        boxes, landmarks = session.detect(chips[0, :96, :64], 0.5)
        session.detect(largest, 0.5)
    except LOAD_ERRORS as exc:
        if is_out_of_memory(exc):
            raise PackError(f"the pack {TOO_MUCH_MEMORY}; it is refused") from exc
        raise PackError(f"the pack's models do not run ({type(exc).__name__})") from exc
    except PackError as exc:
        raise PackError(f"the pack cannot be used: {str(exc).partition(';')[0]}") from exc
    if embeddings.shape != (len(chips), pack.dimension) or not np.isfinite(embeddings).all():
        raise PackError(f"the recogniser does not give {pack.dimension} finite numbers per face")
    if float((embeddings @ embeddings.T).min()) > MAX_SAME_COSINE:
        raise PackError("the recogniser gives every picture the same vector: its weights are damaged")
    if boxes.shape[1:] != (5,) or landmarks.shape[1:] != (5, 2) or not np.isfinite(boxes).all():
        raise PackError("the detector does not give boxes with five landmarks")


def _synthetic_chips() -> Chips:
    """Three pictures (3, 112, 112, 3): noise, a gradient and its mirror image."""
    noise = np.random.default_rng(0).integers(0, 256, (CHIP_SIDE, CHIP_SIDE, 3), np.uint8)
    shades = np.linspace(0, 255, CHIP_SIDE).astype(np.uint8)
    gradient = np.broadcast_to(shades[:, None, None], noise.shape)
    return np.stack([noise, gradient, gradient[::-1]])


def _move_into_place(scratch: Path, place: Path) -> bool:
    """Move the finished folder to its place; says whether another pack made room for it."""
    replaced = os.path.lexists(place)
    if replaced and not (place / "manifest.json").is_file():
        raise PackError(f"{place} is in the way and is no model pack; nothing was changed: take it away")
    if replaced:
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
        os.replace(place, aside / "replaced")
    os.replace(scratch, place)
    if replaced:
        delete_tree(aside)
    return replaced
