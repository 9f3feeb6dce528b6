"""A labelled folder, PERSON/PICTURE, searched once: what calibrate, evaluate, compare and bench measure.

Every picture goes through the product's own engine; the face that its label means is the one nearest to the
middle, as in Labeled Faces in the Wild.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfsearch.boxes import covered
from selfsearch.errors import InputError, ItemError
from selfsearch.files import write_private
from selfsearch.media import decode
from selfsearch.recognition import alignment, detection, embedding, landmarks
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.model_pack import Pack
from selfsearch.types import Box, Detail, Embedding, Embeddings, Face

PACKAGE = Path(decode.__file__).parent.parent
SAME_FACE = 0.5  # of the smaller box that two boxes share: heads of two people cover each other by less
SEED = 13  # of every choice that is made at random: a second run makes the same ones


@dataclass(frozen=True)
class FoundFace:
    """The labelled face of one picture."""

    box: Box
    quality: float
    embedding: Embedding
    mirrored: Embedding  # of the mirror image


@dataclass(frozen=True)
class Look:
    """What became of one picture."""

    path: str  # PERSON/PICTURE
    problem: str | None  # why it could not be read
    faces: int
    is_doubled: bool  # one face is listed twice
    labelled: FoundFace | None


@dataclass(frozen=True)
class LabelledFolder:
    """A folder that was searched; the rows of the arrays go together with `paths`."""

    name: str
    pictures: int
    unreadable: dict[str, str]  # path -> why
    without_face: tuple[str, ...]
    with_several: tuple[str, ...]
    doubled: tuple[str, ...]  # pictures in which one face is listed twice
    stages: dict[str, float]  # milliseconds of processor time per picture
    paths: tuple[str, ...]  # of the pictures with a face
    boxes: NDArray[np.float32]  # (n, 4): x, y, width, height of the labelled face
    qualities: NDArray[np.float32]  # (n,)
    embeddings: Embeddings  # (n, dimension), before they are centred
    mirrored: Embeddings  # the same of the mirror images

    def centred(self, mean: Sequence[float]) -> LabelledFolder:
        """The same with embeddings as a pack with this mean makes them."""
        centred = (embedding.centre(rows, mean) for rows in (self.embeddings, self.mirrored))
        return replace(self, **dict(zip(("embeddings", "mirrored"), centred, strict=True)))

    @property
    def probes(self) -> Embeddings:
        """The faces as people are searched by them; of a folder that is centred."""
        return embedding.mean_direction(self.embeddings, self.mirrored)

    def rows(self, chosen: NDArray[np.bool_]) -> LabelledFolder:
        """The same with only these of the rows."""
        paths = tuple(path for path, is_chosen in zip(self.paths, chosen, strict=True) if is_chosen)
        arrays = {name: getattr(self, name)[chosen] for name in ARRAYS}
        return replace(self, paths=paths, **arrays)

    @property
    def people(self) -> list[str]:
        """The label of each row."""
        return [path.split("/")[0] for path in self.paths]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The same as numbers, from 0 in the order of the names."""
        return np.asarray(np.unique(self.people, return_inverse=True)[1], np.int64)


def pictures_by_person(folder: Path) -> dict[str, list[str]]:
    """Person -> PERSON/PICTURE of each file, in order."""
    return {
        person.name: [f"{person.name}/{path.name}" for path in sorted(person.iterdir()) if path.is_file()]
        for person in sorted(folder.iterdir())
        if person.is_dir()
    }


def pictures_in(folder: Path, limit: int | None = None) -> list[str]:
    """PERSON/PICTURE of every file, in order; with a limit, those of people drawn until there are so many."""
    by_person = pictures_by_person(folder)
    chosen: list[str] = []
    names = list(by_person)
    for number in np.random.default_rng(SEED).permutation(len(names)):
        if limit is None or len(chosen) < limit:
            chosen += by_person[names[number]]
    return sorted(chosen)[:limit]


def embed_folder(
    engine: ModelEngine,
    folder: Path,
    detail: Detail = Detail.NORMAL,
    *,
    limit: int | None = None,
    cache: Path | None = None,
) -> LabelledFolder:
    """Search every picture of a labelled folder, or take what `cache` has of the same pictures and code."""
    paths = pictures_in(folder, limit)
    key = cache_key(engine, folder, paths, detail)
    if cache and cache.is_file() and (kept := _read_cache(cache, key)):
        return kept
    spent: dict[str, float] = {}
    engine.embed(np.zeros((1, 112, 112, 3), np.uint8))  # loads the models before the clocks run
    with clocked_stages(spent), ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = pool.map(lambda path: look_at(engine, folder, path, detail), paths)
        measured = _gathered(folder.name, engine.pack, list(_told(looks, len(paths))), spent)
    if cache:
        _write_cache(cache, key, measured)
    return measured


def require_two_people(found: LabelledFolder, folder: Path) -> None:
    """Raises InputError for a folder in which nobody can be compared with somebody else."""
    if len(set(found.people)) < 2:
        raise InputError(f"{folder} holds no faces of two people or more in PERSON/PICTURE")


def look_at(engine: ModelEngine, folder: Path, path: str, detail: Detail) -> Look:
    """Search one picture, as `index` does."""
    try:
        still = decode.open_still((folder / path).read_bytes())
        _, faces = engine.detect_and_embed(still, detail)
    except (ItemError, OSError) as exc:
        return Look(path, str(exc), 0, False, None)
    if not faces:
        return Look(path, None, 0, False, None)
    face = faces[nearest_to_middle(faces, still.width, still.height)]
    [mirrored] = engine.embed(face.chip[None, :, ::-1])
    labelled = FoundFace(face.box, face.quality, face.embedding, mirrored)
    return Look(path, None, len(faces), count_duplicates([face.box for face in faces]) > 0, labelled)


def nearest_to_middle(faces: Sequence[Face], width: int, height: int) -> int:
    """The number of the face whose box has its centre nearest to the middle of the picture."""
    centres = [(face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2) for face in faces]
    distances = [math.dist(centre, (width / 2, height / 2)) for centre in centres]
    return distances.index(min(distances))


def count_duplicates(boxes: Sequence[Box]) -> int:
    """Boxes that share SAME_FACE of the smaller box with an earlier one: one face, listed again."""
    return sum(
        any(covered(box, other) >= SAME_FACE for other in boxes[:number]) for number, box in enumerate(boxes)
    )


def _told(looks: Iterable[Look], total: int) -> Iterable[Look]:
    """The same, with a line of progress on a terminal."""
    for number, look in enumerate(looks, 1):
        if sys.stderr.isatty() and (number % 20 == 0 or number == total):
            print(f"\r{number:,} of {total:,} pictures", end="\n" * (number == total), file=sys.stderr)
        yield look


def _gathered(name: str, pack: Pack, looks: list[Look], spent: dict[str, float]) -> LabelledFolder:
    faces = [(look.path, look.labelled) for look in looks if look.labelled]
    mean = pack.calibration.mean if pack.calibration else ()
    embeddings, mirrored = (
        uncentred(np.array(rows, np.float32).reshape(-1, pack.dimension), mean)
        for rows in ([face.embedding for _, face in faces], [face.mirrored for _, face in faces])
    )
    return LabelledFolder(
        name=name,
        pictures=len(looks),
        unreadable={look.path: look.problem for look in looks if look.problem is not None},
        without_face=tuple(look.path for look in looks if look.problem is None and not look.faces),
        with_several=tuple(look.path for look in looks if look.faces > 1),
        doubled=tuple(look.path for look in looks if look.is_doubled),
        stages={stage: 1000 * seconds / max(1, len(looks)) for stage, seconds in spent.items()},
        paths=tuple(path for path, _ in faces),
        boxes=np.array([face.box for _, face in faces], np.float32).reshape(-1, 4),
        qualities=np.array([face.quality for _, face in faces], np.float32),
        embeddings=embeddings,
        mirrored=mirrored,
    )


def uncentred(embeddings: Embeddings, mean: Sequence[float]) -> Embeddings:
    """What `embedding.centre` was given: u = mean + t * row at length 1, where t is above 0."""
    if not len(mean):
        return embeddings
    middle = np.asarray(mean, np.float64)
    rows = embeddings.astype(np.float64)
    along = rows @ middle
    lengths = np.sqrt(along**2 + 1 - middle @ middle) - along
    return np.asarray(middle + lengths[:, None] * rows, np.float32)


# ---- the cache: one private file, for embeddings are people's faces in numbers ----

ARRAYS = ("boxes", "qualities", "embeddings", "mirrored")


def cache_key(engine: ModelEngine, folder: Path, paths: Sequence[str], detail: Detail) -> str:
    """A digest of what decides the result: pictures, detail, models, and code. The mean does not."""
    digest = hashlib.sha256(f"{engine.pack.model_revision} {detail.value} {folder.resolve()}".encode())
    for path in paths:
        info = (folder / path).stat()
        digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    for code in sorted([*PACKAGE.glob("recognition/*.py"), *PACKAGE.glob("media/*.py")]):
        digest.update(code.read_bytes())
    return digest.hexdigest()


def _write_cache(cache: Path, key: str, measured: LabelledFolder) -> None:
    values = dict(vars(measured))
    arrays = {name: values.pop(name) for name in ARRAYS}
    out = io.BytesIO()
    np.savez(out, values=np.array(json.dumps({"key": key} | values)), **arrays)
    write_private(cache, out.getvalue())


def _read_cache(cache: Path, key: str) -> LabelledFolder | None:
    """What is kept, when it was made from the same."""
    with np.load(cache, allow_pickle=False) as kept:
        values = json.loads(str(kept["values"]))
        if values.pop("key") != key:
            return None
        arrays = {name: kept[name] for name in ARRAYS}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return LabelledFolder(**values, **arrays)


# ---- clocks ----

Stage = tuple[str, Any, str]  # its name; whose function it is, and what that is called
STAGES: tuple[Stage, ...] = (
    ("open, EXIF", decode, "open_still"),
    ("decode", decode.Still, "pixels"),
    ("detect", detection, "detect_faces"),
    ("landmarks again", landmarks, "refine_landmarks"),
    ("align", alignment, "align_face"),
    ("embed", ModelEngine, "embed"),
)


@contextmanager
def clocked_stages(spent: dict[str, float], stages: Sequence[Stage] = STAGES) -> Iterator[None]:
    """Within the block, the processor time of each stage is added to `spent`, in seconds.

    What is measured is the time of the thread that calls: the networks run in it.
    """
    guard = threading.Lock()

    def timed(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.thread_time()
            try:
                return inner(*args, **kwargs)
            finally:
                with guard:
                    spent[name] = spent.get(name, 0.0) + time.thread_time() - start

        return call

    inner = [getattr(owner, attribute) for _, owner, attribute in stages]
    for (name, owner, attribute), function in zip(stages, inner, strict=True):
        setattr(owner, attribute, timed(name, function))
    try:
        yield
    finally:
        for (_, owner, attribute), function in zip(stages, inner, strict=True):
            setattr(owner, attribute, function)
