"""Adding a pack: from a folder or zip in either of InsightFace's layouts to a checked folder of ours.

Whatever comes, what is kept has one form: detection.onnx, recognition.onnx, a manifest of version 2 with
checksums and MODEL.LICENSE. It is made beside its place and moved there in one step, after both models have
run on a made-up picture.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PackError, UsageError
from ..files import private_folder, write_private
from ..recognition import calibration
from . import onnx_inspect, store
from .download import PUBLISHED, TERMS, UNKNOWN_TERMS
from .onnx_inspect import Graph
from .pack_archive import Shelf, opened
from .store import Pack

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")  # what InsightFace allows as a model_id
TASKS = ("detection", "recognition")
CHECKSUM = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Added:
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


def add(source: Path, folder: Path, name: str | None = None, origin: dict[str, Any] | None = None) -> Added:
    """Take the pack in `source` into `folder`; `origin` is noted in the manifest. Raises PackError,
    UsageError.
    """
    private_folder(folder)
    with opened(source) as shelf:
        manifest = _manifest(shelf)
        called = _name(name or (str(manifest["model_id"]) if manifest else shelf.title))
        scratch = Path(tempfile.mkdtemp(prefix=f".{called}.", suffix=".part", dir=folder))
        try:
            draft = _Draft(called, scratch)
            draft = _described(shelf, draft, manifest) if manifest else _recognised(shelf, draft)
            _papers(shelf, draft, origin)
            _try(store.read_pack(scratch))
            replaced = _install(scratch, folder / called)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Added(store.read_pack(folder / called), draft.ignored, replaced)


def remove(name: str, folder: Path) -> None:
    """Delete an own pack, also one that cannot be read any more. Raises UsageError when there is none of
    that name.
    """
    place = folder / name
    if not NAME.fullmatch(name) or not place.is_dir():
        bundled = (store.BUNDLED / name).is_dir() and NAME.fullmatch(name)
        raise UsageError(
            f"{name} came with the program and stays"
            if bundled
            else f"you have added no model pack called {name!r}"
        )
    aside = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=folder))
    os.replace(place, aside / "removed")
    shutil.rmtree(aside)


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a pack's name (letters, digits, dots, - and _); give one: --name NAME"
        )
    if (store.BUNDLED / name).is_dir():
        raise UsageError(
            f"{name} is the name of a pack that came with the program; give another one: --name NAME"
        )
    return name


def _manifest(shelf: Shelf) -> dict[str, Any] | None:
    """A manifest of version 2; None for the older layout, whose manifests (if any) InsightFace ignores,
    too.
    """
    text = shelf.text("manifest.json")
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
            raise PackError(f"the pack has no model for {task}; selfsearch needs both {' and '.join(TASKS)}")
    return raw


def _described(shelf: Shelf, draft: _Draft, manifest: dict[str, Any]) -> _Draft:
    """The two models that a manifest of version 2 names."""
    for task in TASKS:
        raw = manifest["tasks"][task]
        file, expected = raw.get("file"), raw.get("sha256")
        if not isinstance(file, str) or file not in shelf.sizes:
            raise PackError(f"the pack is incomplete: the model for {task} is missing")
        if expected is not None and (not isinstance(expected, str) or not CHECKSUM.fullmatch(expected)):
            raise PackError(f"the pack's manifest.json has a checksum for {task} that is none")
        target = draft.folder / f"{task}.onnx"
        digest = shelf.copy(file, target)
        if expected not in (None, digest):
            raise PackError(
                f"{file} is not the file that the pack's manifest describes: it was changed or damaged"
            )
        graph = onnx_inspect.inspect(target, file)
        onnx_inspect.check(target, file, replace(graph, task=task))
        default = (
            onnx_inspect.SCRFD if task == "detection" else onnx_inspect.ARCFACE
        )  # the manifest's own defaults
        draft.tasks[task] = _task(task, digest, raw.get("preprocessing", default), graph)
    used = {manifest["tasks"][task]["file"] for task in TASKS}
    return replace(draft, ignored=tuple(name for name in _models(shelf) if name not in used))


def _recognised(shelf: Shelf, draft: _Draft) -> _Draft:
    """The first detector and the first recogniser of the older layout, in the order of their names as
    InsightFace does.
    """
    ignored = []
    for name in _models(shelf):
        target = draft.folder / "looked-at.onnx"
        digest = shelf.copy(name, target)
        graph = onnx_inspect.inspect(target, name)
        if graph.task is None or graph.task in draft.tasks:
            ignored.append(name)
            target.unlink()
            continue
        onnx_inspect.check(target, name, graph)
        target.rename(draft.folder / f"{graph.task}.onnx")
        draft.tasks[graph.task] = _task(graph.task, digest, graph.preprocessing, graph)
    for task in TASKS:
        if task not in draft.tasks:
            raise PackError(f"the pack has no model for {task}; selfsearch needs both {' and '.join(TASKS)}")
    return replace(draft, ignored=tuple(ignored))


def _models(shelf: Shelf) -> list[str]:
    return sorted(name for name in shelf.sizes if name.lower().endswith(".onnx") and "/" not in name)


def _task(task: str, digest: str, preprocessing: Any, graph: Graph) -> dict[str, Any]:
    """A task of the manifest that we write. InsightFace judges the preprocessing when it loads the pack."""
    described: dict[str, Any] = {"file": f"{task}.onnx", "sha256": digest, "preprocessing": preprocessing}
    if task == "recognition":
        described |= {
            "input_size": [onnx_inspect.CHIP, onnx_inspect.CHIP],
            "embedding_dimension": graph.dimension,
        }
    return described


def _papers(shelf: Shelf, draft: _Draft, origin: dict[str, Any] | None) -> None:
    """Manifest, licence and calibration."""
    manifest = {
        "manifest_version": 2,
        "model_id": draft.name,
        "license": "MODEL.LICENSE",
        "tasks": draft.tasks,
        "origin": origin or {"from": shelf.title},
    }
    terms = shelf.text("MODEL.LICENSE") or (TERMS if shelf.title in PUBLISHED else UNKNOWN_TERMS)
    write_private(draft.folder / "manifest.json", json.dumps(manifest, indent=1).encode())
    write_private(draft.folder / "MODEL.LICENSE", terms.encode())
    measured = shelf.text("calibration.json")
    if measured is not None:
        write_private(draft.folder / "calibration.json", measured.encode())
        _check_calibration(draft.folder / "calibration.json")


def _check_calibration(path: Path) -> None:
    found = calibration.read(path)
    curves = (found.scores, found.false_match_rates, found.genuine_scores, found.true_match_rates)
    numbers = [number for curve in curves for number in curve]
    if not all(isinstance(number, (int, float)) and abs(number) < 1e6 for number in numbers):
        raise PackError("the pack's calibration.json is damaged: it holds what is no number")
    if len(curves[0]) != len(curves[1]) or len(curves[0]) < 2 or len(curves[2]) != len(curves[3]):
        raise PackError("the pack's calibration.json is damaged: its curves do not fit together")


def _try(pack: Pack) -> None:
    """Load the pack and run both models. Raises PackError when what comes out is not what a face model
    gives.
    """
    from ..recognition.session import LOAD_ERRORS, Models

    try:
        models = Models(pack)
        embeddings = models.embed(_made_up())
        boxes, points = models.detect(_made_up()[0, :96, :64], 0.5)
    except LOAD_ERRORS as exc:
        raise PackError(f"the pack's models do not run ({type(exc).__name__})") from exc
    except PackError as exc:
        raise PackError(f"the pack cannot be used: {str(exc).partition(';')[0]}") from exc
    if embeddings.shape != (3, pack.dimension) or not np.isfinite(embeddings).all():
        raise PackError(f"the recogniser does not give {pack.dimension} finite numbers per face")
    if float((embeddings @ embeddings.T).min()) > 1 - 1e-5:
        raise PackError("the recogniser gives every picture the same vector: its weights are damaged")
    if boxes.shape[1:] != (5,) or points.shape[1:] != (5, 2) or not np.isfinite(boxes).all():
        raise PackError("the detector does not give boxes with five landmarks")


def _made_up() -> NDArray[np.uint8]:
    """Three pictures (3, 112, 112, 3): noise, a gradient and its mirror image."""
    noise = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 112).astype(np.uint8)[:, None, None], (112, 112, 3))
    return np.stack([noise, slope, slope[::-1]])


def _install(scratch: Path, place: Path) -> bool:
    """Move the finished folder to its place; says whether another pack made room for it."""
    replaced = place.exists()
    if replaced:
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
        os.replace(place, aside / "replaced")
    os.replace(scratch, place)
    if replaced:
        shutil.rmtree(aside, ignore_errors=True)
    return replaced
