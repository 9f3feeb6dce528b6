"""The gallery: the library's faces under one model pack, and exact search among them with FAISS.

The index lives in memory; the library is the truth. Embeddings are kept as fp16, which is half the memory and
more than twice as fast, and what is found is scored again in float32 before any threshold. The index is
stamped with what it was built from: another stamp means building it again, never mending it. It is not
written to disk: filling it from the encrypted library takes 0.2 s per 100,000 faces, and an index file would
be one more copy of everybody's templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import faiss
import numpy as np
from numpy.typing import NDArray

from ..library import faces, sources
from ..library.library import Library
from ..recognition.calibration import Calibration
from ..recognition.engine import Engine
from ..recognition.probe_calibration import Cohort, ProbeCalibration, find_cohort, measure_spread
from ..types import Embedding, Embeddings, ProgressListener
from .reembed import ReembedResult, reembed

FIRST_NEIGHBOURS = 64  # asked for at first; eight times as many until the last one is under the threshold
FP16_ERROR = 0.002  # fp16 changes a score by less than that


@dataclass(frozen=True)
class Stamp:
    """What an index was built from."""

    revision: str  # of the pack
    generation: int  # of the library
    sources: tuple[int, ...]


class FaceIndex:
    """Faces by embedding: exact nearest neighbours."""

    def __init__(self, ids: NDArray[np.int64], embeddings: Embeddings, stamp: Stamp) -> None:
        self.ids, self.stamp = ids, stamp
        self._embeddings = embeddings
        self._cohort: Cohort | None = None
        self._index = faiss.IndexScalarQuantizer(
            embeddings.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        if len(embeddings):
            self._index.add(embeddings)

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, template: Embedding, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Every face that scores at least `threshold` (cosine): ids and scores, best first."""
        probe = np.ascontiguousarray(template[None], np.float32)
        k = min(FIRST_NEIGHBOURS, len(self))
        while k:
            rough, rows = self._index.search(probe, k)
            if k == len(self) or rough[0, -1] < threshold - FP16_ERROR:
                break
            k = min(k * 8, len(self))
        if not k:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        near = rows[0][rough[0] >= threshold - FP16_ERROR]
        scores = self._embeddings[near] @ probe[0]
        order = np.lexsort((self.ids[near], -scores))
        order = order[scores[order] >= threshold]
        return self.ids[near][order], scores[order]

    def calibrate(
        self, calibration: Calibration, template: Embedding, photographs: int = 1
    ) -> ProbeCalibration:
        """What scores of this template, the mean of so many photographs, mean among these faces."""
        if self._cohort is None:  # worked out once: an index is of one pack, and a pack has one calibration
            self._cohort = find_cohort(self.ids, self._embeddings, calibration)
        spread = measure_spread(template, self._cohort, calibration)
        return ProbeCalibration(calibration, spread, len(self), photographs)

    def present(self, faces: Iterable[int]) -> NDArray[np.int64]:
        """Those of `faces` that are among these, in ascending order."""
        return np.intersect1d(np.fromiter(faces, np.int64), self.ids)

    def embeddings_of(self, ids: NDArray[np.int64]) -> Embeddings:
        """The float32 embeddings of these faces: (n, dimension)."""
        order = np.argsort(self.ids, kind="stable")  # quick, for they nearly are
        rows = order[np.searchsorted(self.ids, ids, sorter=order)]
        return np.asarray(self._embeddings[rows], np.float32)


@dataclass
class Gallery:
    """A library opened for queries with one pack. The index is built once and kept while its stamp holds."""

    library: Library
    engine: Engine
    pack: int = field(init=False)  # the pack's number in the library; -1 while nothing has its embeddings
    calibration: Calibration | None = field(init=False)
    _index: FaceIndex | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        numbers = {row.revision: row.id for row in sources.find_packs(self.library)}
        self.pack = numbers.get(self.engine.pack.revision, -1)
        self.calibration = self.engine.pack.calibration

    def register_pack(self) -> int:
        """The number under which embeddings of this pack are kept in the library."""
        pack = self.engine.pack
        self.pack = sources.save_pack(self.library, pack.name, pack.revision, self.engine.dimension)
        return self.pack

    def renew(self, now: datetime, progress: ProgressListener | None = None) -> ReembedResult:
        """After a change of packs, make this pack's embeddings from the kept chips."""
        result = reembed(self.library, self.engine, now, progress)
        self.register_pack()
        return result

    def face_index(self, source_ids: Sequence[int]) -> FaceIndex:
        """The index over the faces of these sources."""
        stamp = Stamp(self.engine.pack.revision, faces.generation(self.library), tuple(source_ids))
        if self._index is None or self._index.stamp != stamp:
            media = faces.media_in(self.library, source_ids)
            ids, embeddings = faces.load_embeddings(self.library, self.pack, self.engine.dimension, media)
            self._index = FaceIndex(ids, embeddings, stamp)
        return self._index

    def calibrate(
        self, face_index: FaceIndex, template: Embedding, photographs: int
    ) -> ProbeCalibration | None:
        """See FaceIndex; None without a calibration."""
        if self.calibration is None:
            return None
        return face_index.calibrate(self.calibration, template, photographs)
