"""A new pack, the same faces: vectors are made again from the kept chips, and no photograph is read.

What cannot be made (a damaged chip, a key that was destroyed) is counted and left without vectors; the next
index reads those files again. Only sources with live consent are touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from ..consent import grants
from ..errors import LibraryError
from ..library import faces, reembedding, sources
from ..library.library import Library
from ..library.reembedding import MissingEmbeddings
from ..recognition.engine import Engine
from ..types import Chip, Embeddings, Outcome

BATCH = 512  # faces per transaction, about
SLICE = 16  # faces per call of the model: more is not faster on one core


class Watcher(Protocol):
    """Who is told how far it is; indexing.Watcher is one."""

    def begin(self, title: str, files: int | None) -> None: ...
    def step(self, outcome: Outcome, address: str) -> None: ...
    def end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Remade:
    """What it came to."""

    media: int = 0
    faces: int = 0
    damaged: int = 0  # media whose chips do not open or do not fit their faces


def reembed(library: Library, engine: Engine, now: datetime, watcher: Watcher | None = None) -> Remade:
    """Give every media file that is there now, in a source with live consent, vectors of this engine's
    pack.
    """
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    if reembedding.complete(library, pack):
        return Remade()
    missing = reembedding.bare(library, pack, [row.id for row in grants.consented_sources(library, now)])
    if not missing:
        return Remade()
    count = sum(one.faces for one in missing)
    if watcher:
        watcher.begin(f"making vectors for pack {engine.pack.name} from {count:,} kept faces", len(missing))
    try:
        return _remake(library, engine, pack, missing, watcher)
    finally:
        if watcher:
            watcher.end()


def _remake(
    library: Library, engine: Engine, pack: int, missing: Sequence[MissingEmbeddings], watcher: Watcher | None
) -> Remade:
    media = count = damaged = 0
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="selfsearch") as pool:
        for batch in _batches(missing):
            opened = [(one, chips) for one in batch if (chips := _chips(library, one)) is not None]
            embeddings = _embedded(engine, pool, [chip for _, chips in opened for chip in chips])
            made = list(_shared_out(opened, embeddings))
            reembedding.save_embeddings(library, pack, made)
            media, count, damaged = (
                media + len(made),
                count + len(embeddings),
                damaged + len(batch) - len(made),
            )
            if watcher:
                for _ in batch:
                    watcher.step(Outcome.INDEXED, "")
    return Remade(media, count, damaged)


def _batches(missing: Iterable[MissingEmbeddings]) -> Iterator[list[MissingEmbeddings]]:
    batch: list[MissingEmbeddings] = []
    count = 0
    for one in missing:
        batch.append(one)
        count += one.faces or 1
        if count >= BATCH:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _chips(library: Library, one: MissingEmbeddings) -> list[Chip] | None:
    """Its chips; None when they cannot be used."""
    try:
        chips = faces.load_chips(library, one.media) if one.faces else []
    except LibraryError:
        return None
    whole = len(chips) == one.faces and all(chip.shape == (112, 112, 3) for chip in chips)
    return chips if whole else None


def _embedded(engine: Engine, pool: ThreadPoolExecutor, chips: Sequence[Chip]) -> Embeddings:
    slices = [np.stack(chips[at : at + SLICE]) for at in range(0, len(chips), SLICE)]
    empty = np.empty((0, engine.dimension), np.float32)
    return np.concatenate([empty, *pool.map(engine.embed, slices)])


def _shared_out(
    opened: Iterable[tuple[MissingEmbeddings, list[Chip]]], embeddings: Embeddings
) -> Iterator[tuple[MissingEmbeddings, Embeddings]]:
    at = 0
    for one, chips in opened:
        yield one, embeddings[at : at + len(chips)]
        at += len(chips)
