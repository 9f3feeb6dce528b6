"""The one place where InsightFace is imported: it loads a pack's two models and runs them.

It is given a folder, never a name, because a name that it does not know it downloads. Its two networks are
called on whole arrays here; choosing scales, merging and aligning are ours, in detect.py and align.py.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # must stand before the import: DESIGN.md, section 9

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from ..errors import PackError
from ..packs.store import Pack
from ..types import Embeddings
from . import later

RUNTIME_ERRORS = (  # onnxruntime's own have no common base below Exception
    runtime.Fail, runtime.InvalidGraph, runtime.InvalidArgument, runtime.InvalidProtobuf, runtime.NoModel,
    runtime.NotImplemented, runtime.RuntimeException, runtime.EPFail, runtime.NoSuchFile, runtime.EngineError,
)  # fmt: skip
LOAD_ERRORS = (
    *RUNTIME_ERRORS, cv2.error, RuntimeError, ValueError, TypeError, OSError, AssertionError, KeyError,
    IndexError,
)  # fmt: skip


class Models:
    """A loaded pack. Both methods may be called from several threads at once."""

    def __init__(self, pack: Pack) -> None:
        pack.verify()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # photographs are worked on in parallel, not one photograph's layers
        options.log_severity_level = 3
        app = _open(pack, options)
        self._detector: Any = app.models["detection"]
        self._recogniser: Any = app.models["recognition"]
        self._detector.nms_thresh = 0.4
        if self.dimension != pack.dimension:
            raise PackError(
                f"the model pack {pack.name!r} says {pack.dimension} numbers per face and gives"
                f" {self.dimension}"
            )

    def detect(
        self, rgb: NDArray[np.uint8], threshold: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Candidates in one picture whose sides are multiples of 32: (n, 5) left, top, right, bottom, score
        and (n, 5, 2) landmarks, in its own pixels, not yet freed of overlaps.
        """
        scores, boxes, points = self._detector.forward(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), threshold)
        flat = np.concatenate([score.reshape(-1) for score in scores])
        found = np.concatenate([np.concatenate(boxes), flat[:, None]], axis=1)
        return found.astype(np.float32, copy=False), np.concatenate(points).astype(np.float32, copy=False)

    def suppress(self, found: NDArray[np.float32]) -> list[int]:
        """Indices of the candidates that remain when overlapping ones give way to the best of them."""
        return [int(index) for index in self._detector.nms(found)] if len(found) else []

    def embed(self, chips: NDArray[np.uint8]) -> Embeddings:
        """(n, 112, 112, 3) RGB chips to (n, dim) float32 rows of length 1. n may be 0."""
        if not len(chips):
            return np.empty((0, self.dimension), np.float32)
        bgr = [np.ascontiguousarray(chip[:, :, ::-1]) for chip in chips]
        # One at a time: on one core a batch of eight takes 15% longer, because its layers outgrow the cache.
        rows = np.asarray(np.concatenate([self._recogniser.get_feat(chip) for chip in bgr]), np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.all(lengths > 0):  # also catches NaN
            raise PackError("the model returned an empty vector: its weights are damaged")
        return np.asarray(rows / lengths, np.float32)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._recogniser.output_shape[-1])


def _open(pack: Pack, options: Any) -> Any:
    """InsightFace's FaceAnalysis of the pack's folder. Raises PackError."""
    for unused in ("scipy.spatial", "requests"):  # half of what importing InsightFace takes, for nothing
        later.postpone(unused)
    from insightface.app import FaceAnalysis

    try:
        return FaceAnalysis(
            name=str(pack.folder),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
            sess_options=options,
            static_shape_sessions=False,
        )
    except LOAD_ERRORS as exc:
        raise PackError(
            f"the model pack {pack.name!r} cannot be loaded ({type(exc).__name__}); {pack.cure}"
        ) from exc


def release_address(file: str) -> str:
    """Where InsightFace publishes one of its packs."""
    from insightface.utils.storage import model_zoo_download_url

    return str(model_zoo_download_url(file))
