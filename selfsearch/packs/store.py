"""Model packs: folders that InsightFace can load, with a licence and checksums. One comes with the program.

A pack is found by name in the user's packs folder first, then among those that were installed with the
program. It is checked, byte for byte, before it is used: a damaged model must never look like "no match".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PackError

DEFAULT = "opencv-zoo"
BUNDLED = Path(__file__).parent / "bundled"
BUNDLED_TERMS = "MIT (detection) and Apache-2.0 (recognition): free for every use"
PIPELINE = 1  # raised when detection, alignment or averaging change what a vector means
PLAIN = {"mean": 0.0, "std": 1.0}  # preprocessing that leaves the pixels as they are
MAX_MANIFEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on disk. `revision` tells apart packs of one name whose vectors must not be mixed."""

    name: str
    folder: Path
    detection: Path
    recognition: Path
    checksums: tuple[tuple[Path, str], ...]  # file -> sha256 that the manifest declares
    dimension: int
    revision: str
    bundled: bool

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
            if sha256(path) != expected:
                raise PackError(
                    f"the model pack {self.name!r} is damaged: {path.name} has changed; {self.cure}"
                )

    @property
    def cure(self) -> str:
        """What to do about a damaged pack."""
        return (
            "install selfsearch again"
            if self.bundled
            else f"add it again (selfsearch models add) or use another one: selfsearch models use {DEFAULT}"
        )


def find_pack(name: str, folder: Path | None = None) -> Pack:
    """The pack called `name`, from `folder` (the user's packs) or from those installed with the program.

    Raises PackError when there is none, or its manifest is not usable. Files are not checked yet: see
    `Pack.verify`.
    """
    for place, bundled in ((folder, False), (BUNDLED, True)):
        if place is not None and (place / name / "manifest.json").is_file():
            return read_pack(place / name, bundled=bundled)
    known = ", ".join(pack.name for pack in all_packs(folder)) or "none"
    raise PackError(f"there is no model pack called {name!r} (there are: {known}); see: selfsearch models")


def all_packs(folder: Path | None = None) -> list[Pack]:
    """Every pack whose manifest can be read, the user's own first. The others: see `unusable`."""
    found = {}
    for place, bundled in _places(folder):
        try:
            pack = read_pack(place, bundled=bundled)
        except PackError:
            continue
        found[pack.name] = pack
    return sorted(found.values(), key=lambda pack: (pack.bundled, pack.name))


def unusable(folder: Path | None = None) -> dict[str, str]:
    """Packs that cannot even be read: the folder's name and why."""
    broken = {}
    for place, bundled in _places(folder):
        try:
            read_pack(place, bundled=bundled)
        except PackError as exc:
            broken[place.name] = str(exc)
    return broken


def _places(folder: Path | None) -> Iterator[tuple[Path, bool]]:
    """Every pack's folder, and whether it came with the program. What is being added has a dot in front."""
    for place, bundled in ((BUNDLED, True), (folder, False)):
        for inner in sorted(place.iterdir()) if place is not None and place.is_dir() else ():
            if inner.is_dir() and not inner.name.startswith("."):
                yield inner, bundled


def read_pack(folder: Path, *, bundled: bool = False) -> Pack:
    """Read a pack's manifest (InsightFace's version 2, with checksums, which we require)."""
    manifest = folder / "manifest.json"
    try:
        if manifest.stat().st_size > MAX_MANIFEST_BYTES:
            raise PackError(f"the manifest of the model pack in {folder} is too large to be one")
        raw = json.loads(manifest.read_text("utf-8"))
        tasks = raw["tasks"]
        detection, recognition = (_task(folder, tasks[task]) for task in ("detection", "recognition"))
        dimension = int(tasks["recognition"].get("embedding_dimension", 512))
        name = str(raw["model_id"])
        revision = _revision([tasks["detection"], tasks["recognition"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise PackError(f"the model pack in {folder} has no usable manifest: {type(exc).__name__}") from exc
    return Pack(
        name, folder, detection[0], recognition[0], (detection, recognition), dimension, revision, bundled
    )


def _revision(tasks: Sequence[Mapping[str, Any]]) -> str:
    """What decides the vectors: both models, what is done to the pixels before them (unless nothing is),
    and our part.
    """
    parts = [task["sha256"] for task in tasks] + [str(PIPELINE)]
    parts += [json.dumps(task["preprocessing"], sort_keys=True) for task in tasks if _changes_pixels(task)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _changes_pixels(task: Mapping[str, Any]) -> bool:
    return bool(task.get("preprocessing", PLAIN) != PLAIN)


def _task(folder: Path, task: Mapping[str, Any]) -> tuple[Path, str]:
    path = (folder / task["file"]).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PackError(f"the model pack in {folder} names a file outside its own folder")
    return path, str(task["sha256"])


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
