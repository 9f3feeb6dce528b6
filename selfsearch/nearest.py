"""Nearest neighbours over the library's vectors: exact search with FAISS, in memory. A cache; the library is
the truth.

Vectors are kept as fp16, which is half the memory and more than twice as fast, and what is found is scored
again in float32 before any threshold. The index is stamped with what it was built from: another stamp
means building it again, never mending it. It is not written to disk: filling it from the encrypted library
takes 0.2 s per 100,000 faces, and an index file would be one more copy of everybody's templates.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from .types import Vector, Vectors

FIRST = 64  # neighbours asked for at first; eight times as many until the last one is under the threshold


@dataclass(frozen=True)
class Stamp:
    """What an index was built from."""

    revision: str  # of the pack
    generation: int  # of the library
    sources: tuple[int, ...]


class Nearest:
    """Faces by vector."""

    def __init__(self, ids: NDArray[np.int64], vectors: Vectors, stamp: Stamp) -> None:
        self.ids, self.stamp = ids, stamp
        self._vectors = vectors
        self._index = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        if len(vectors):
            self._index.train(vectors[:1])
            self._index.add(vectors)

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, template: Vector, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Every face that scores at least `threshold` (cosine): ids and scores, best first."""
        query = np.ascontiguousarray(template[None], np.float32)
        k = min(FIRST, len(self))
        while k:
            rough, rows = self._index.search(query, k)
            if k == len(self) or rough[0, -1] < threshold - 0.002:  # fp16 changes a score by less than that
                break
            k = min(k * 8, len(self))
        if not k:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        kept = rows[0][rough[0] >= threshold - 0.002]
        scores = self._vectors[kept] @ query[0]
        order = np.lexsort((self.ids[kept], -scores))
        order = order[scores[order] >= threshold]
        return self.ids[kept][order], scores[order]

    def vectors_of(self, ids: NDArray[np.int64]) -> Vectors:
        """The float32 vectors of these faces."""
        order = np.argsort(self.ids)
        return np.asarray(self._vectors[order[np.searchsorted(self.ids, ids, sorter=order)]], np.float32)
