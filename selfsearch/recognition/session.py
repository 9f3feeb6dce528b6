"""The one place where InsightFace is imported: it loads a pack's two models and runs them.

It is given a folder, never a name, because a name that it does not know it downloads. Its two networks are
called on whole arrays here; choosing scales, merging and aligning are ours, in detection.py and alignment.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # must stand before the import: DESIGN.md, section 9

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from ..errors import PackError
from ..sandbox.memory import limited_memory
from ..types import Chips, Pixels
from .model_pack import MAX_MEMORY, TOO_MUCH_MEMORY, Pack

RUNTIME_ERRORS = (  # onnxruntime's own have no common base below Exception
    runtime.Fail, runtime.InvalidGraph, runtime.InvalidArgument, runtime.InvalidProtobuf, runtime.NoModel,
    runtime.NotImplemented, runtime.RuntimeException, runtime.EPFail, runtime.NoSuchFile, runtime.EngineError,
)  # fmt: skip
LOAD_ERRORS = (
    *RUNTIME_ERRORS, cv2.error, RuntimeError, ValueError, TypeError, OSError, AssertionError, KeyError,
    IndexError, MemoryError,
)  # fmt: skip
FINEST_STRIDE = 8  # pixels between the detector's finest anchors; of each next level, twice as many
NMS_THRESHOLD = 0.4  # intersection over union from which two boxes are one face; InsightFace's default


class ModelSession:
    """A loaded pack: its detector and its embedder. Methods may be called from several threads at once."""

    def __init__(self, pack: Pack) -> None:
        """Raises PackError when the pack is damaged, or is not what its manifest says."""
        pack.verify()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # photographs are worked on in parallel, not one photograph's layers
        options.log_severity_level = 3  # errors; warnings go to stderr
        app = _load(pack, options)
        self._detector: Any = app.models["detection"]
        self._embedder: Any = app.models["recognition"]
        self._detector.nms_thresh = NMS_THRESHOLD
        self.mean: tuple[float, ...] = pack.calibration.mean if pack.calibration else ()
        self.face_probability = pack.face_probability
        if self.dimension != pack.dimension:
            raise PackError(
                f"the model pack {pack.name!r} says {pack.dimension} numbers per face and gives"
                f" {self.dimension}"
            )

    @property
    def dimension(self) -> int:
        """Numbers per embedding."""
        return int(self._embedder.output_shape[-1])

    def detect(self, rgb: Pixels, threshold: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Candidates that score `threshold` or more, in a picture whose sides are multiples of 32.

        Boxes (n, 5): left, top, right, bottom, score; landmarks (n, 5, 2). Both in the picture's own pixels;
        several candidates may be one face: see `nms`.
        """
        height, width = rgb.shape[:2]
        scores, distances, offsets = _thirds(self._run_detector(rgb))
        boxes, landmarks = [], []
        for level, (score, distance, offset) in enumerate(zip(scores, distances, offsets, strict=True)):
            stride = FINEST_STRIDE << level
            columns = width // stride
            anchors = len(score) // (columns * (height // stride))
            found = np.flatnonzero(score[:, 0] >= threshold)
            corners = np.stack([found // anchors % columns, found // anchors // columns], axis=1) * stride
            edges = distance[found] * stride  # left, top, right, bottom of the cell's corner
            boxes.append(np.hstack([corners - edges[:, :2], corners + edges[:, 2:], score[found]]))
            landmarks.append(corners[:, None] + offset[found].reshape(-1, 5, 2) * stride)
        return np.concatenate(boxes, dtype=np.float32), np.concatenate(landmarks, dtype=np.float32)

    def _run_detector(self, rgb: Pixels) -> list[NDArray[np.float32]]:
        """SCRFD's outputs, (n, ...) each: scores of all levels, then distances, then landmark offsets.

        InsightFace's own `forward` makes a box of every anchor before it looks at the score: 7 % of a pass of
        0.3 million pixels, 12 % of one of 0.5, and 22 % of one over an enlarged crop. Its blobFromImage takes
        10 ms of a photograph of 12 megapixels, the loop here 1.
        """
        detector = self._detector
        blob = np.empty((1, 3, *rgb.shape[:2]), np.float32)
        for plane, channel in zip(blob[0], cv2.split(rgb), strict=True):
            np.subtract(channel, np.float32(detector.input_mean), out=plane)
            plane *= np.float32(1 / detector.input_std)
        outputs = detector.session.run(detector.output_names, {detector.input_name: blob})
        return [output.reshape(-1, output.shape[-1]) for output in outputs]

    def nms(self, boxes: NDArray[np.float32]) -> list[int]:
        """Non-maximum suppression: indices of the (n, 5) boxes that overlap no better one."""
        return [int(index) for index in self._detector.nms(boxes)] if len(boxes) else []

    def features(self, chips: Chips) -> NDArray[np.float32]:
        """(n, 112, 112, 3) RGB chips, n at least 1, to (n, dimension) numbers of any length."""
        bgr = [np.ascontiguousarray(chip[:, :, ::-1]) for chip in chips]
        # One at a time: on one core a batch of eight takes 15% longer, because its layers outgrow the cache.
        return np.asarray(np.concatenate([self._embedder.get_feat(chip) for chip in bgr]), np.float32)


def _thirds(outputs: list[NDArray[np.float32]]) -> Iterator[list[NDArray[np.float32]]]:
    third = len(outputs) // 3
    return (outputs[start : start + third] for start in range(0, len(outputs), third))


def release_url(file: str) -> str:
    """Where InsightFace publishes one of its packs."""
    from insightface.utils.storage import model_zoo_download_url

    return str(model_zoo_download_url(file))


def _load(pack: Pack, options: Any) -> Any:
    """InsightFace's FaceAnalysis of the pack's folder. Raises PackError."""
    with _deferred_imports("scipy.spatial", "requests"):
        from insightface.app import FaceAnalysis
    try:
        with limited_memory(MAX_MEMORY):
            return FaceAnalysis(
                name=str(pack.folder),
                allowed_modules=["detection", "recognition"],
                providers=["CPUExecutionProvider"],
                sess_options=options,
                static_shape_sessions=False,
            )
    except LOAD_ERRORS as exc:
        why = TOO_MUCH_MEMORY if is_out_of_memory(exc) else f"cannot be loaded ({type(exc).__name__})"
        raise PackError(f"the model pack {pack.name!r} {why}; {pack.cure}") from exc


def is_out_of_memory(exc: Exception) -> bool:
    """Whether an error of loading or running models means that they want more memory than they may have."""
    return isinstance(exc, MemoryError) or "alloc" in str(exc)  # std::bad_alloc; "Failed to allocate memory"


@contextmanager
def _deferred_imports(*names: str) -> Iterator[None]:
    """Inside, importing these modules does not load them: that happens when a name of theirs is first used.

    InsightFace imports them for what is not done here (liveness, downloads), which would cost every query
    0.4 s of processor, a third of its own, and urllib3 opens a socket to see whether IPv6 is there. From
    Python 3.12 on importlib.util.LazyLoader can do this; before, its modules load at their next import.
    """
    finder = _DeferringFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _DeferringFinder(MetaPathFinder, Loader):
    """Finds the modules as usual, and stands in for their loaders."""

    def __init__(self, names: Sequence[str]) -> None:
        self._loaders: dict[str, Loader | None] = dict.fromkeys(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in self._loaders else None
        if spec is not None:
            self._loaders[name], spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _DeferredModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loaders[module.__name__]
            vars(module).pop("__path__", None)  # so that importing a submodule loads the package first


class _DeferredModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if spec is None or spec.loader is None or isinstance(spec.loader, _DeferringFinder):
            raise AttributeError(name)  # the import system looks at a module that it has just made
        self.__class__ = ModuleType  # type: ignore[assignment]
        if spec.submodule_search_locations is not None:
            self.__path__ = spec.submodule_search_locations
        spec.loader.exec_module(self)
        return getattr(self, name)
