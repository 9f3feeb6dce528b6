"""A new pack, the same faces: embeddings are made again from the kept chips, and no photograph is read.

What cannot be made (a damaged chip, a key that was destroyed) is counted and left without embeddings; the
next index reads those files again. Only sources with live consent are touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ..consent import grants
from ..errors import LibraryError
from ..library import faces, sources
from ..library.faces import MissingEmbeddings
from ..library.library import Library
from ..recognition.engine import Engine
from ..types import Chip, Embeddings, Outcome, ProgressListener

BATCH = 512  # faces per transaction, about
SLICE = 16  # faces per call of the model: more is not faster on one core


@dataclass(frozen=True, slots=True)
class ReembedResult:
    """What it came to."""

    media: int = 0
    faces: int = 0
    damaged: int = 0  # media whose chips do not open or do not fit their faces


def reembed(
    library: Library, engine: Engine, now: datetime, progress: ProgressListener | None = None
) -> ReembedResult:
    """Give every media file in a source with live consent embeddings of this engine's pack.

    Quick when there is nothing to do. Files that are gone are left alone, unless there is a verdict on them.
    """
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    if faces.has_all_embeddings(library, pack):
        return ReembedResult()
    source_ids = [row.id for row in grants.consented_sources(library, now)]
    missing = faces.missing_embeddings(library, pack, source_ids)
    if not missing:
        return ReembedResult()
    progress = progress or ProgressListener()
    count = sum(media.faces for media in missing)
    progress.begin(f"making vectors for pack {engine.pack.name} from {count:,} kept faces", len(missing))
    try:
        return _reembed_missing(library, engine, pack, missing, progress)
    finally:
        progress.end()


def _reembed_missing(
    library: Library,
    engine: Engine,
    pack: int,
    missing: Sequence[MissingEmbeddings],
    progress: ProgressListener,
) -> ReembedResult:
    media_count = face_count = damaged = 0
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="selfsearch") as pool:
        for batch in _batches(missing):
            opened = [(media, chips) for media in batch if (chips := _load_chips(library, media)) is not None]
            embeddings = _embed(engine, pool, [chip for _, chips in opened for chip in chips])
            ends = np.cumsum([len(chips) for _, chips in opened])[:-1]
            by_media = np.split(embeddings, ends) if opened else []
            pairs = [(media, rows) for (media, _), rows in zip(opened, by_media, strict=True)]
            faces.save_embeddings(library, pack, pairs)
            media_count += len(opened)
            face_count += len(embeddings)
            damaged += len(batch) - len(opened)
            for _ in batch:
                progress.step(Outcome.INDEXED, "")
    return ReembedResult(media_count, face_count, damaged)


def _batches(missing: Iterable[MissingEmbeddings]) -> Iterator[list[MissingEmbeddings]]:
    batch: list[MissingEmbeddings] = []
    count = 0
    for media in missing:
        batch.append(media)
        count += media.faces or 1
        if count >= BATCH:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _load_chips(library: Library, media: MissingEmbeddings) -> list[Chip] | None:
    """The chips of a media file; None when they cannot be used."""
    try:
        chips = faces.load_chips(library, media.media) if media.faces else []
    except LibraryError:
        return None
    is_sound = len(chips) == media.faces and all(chip.shape == (112, 112, 3) for chip in chips)
    return chips if is_sound else None


def _embed(engine: Engine, pool: ThreadPoolExecutor, chips: Sequence[Chip]) -> Embeddings:
    slices = [np.stack(chips[start : start + SLICE]) for start in range(0, len(chips), SLICE)]
    empty = np.empty((0, engine.dimension), np.float32)
    return np.concatenate([empty, *pool.map(engine.embed, slices)])
