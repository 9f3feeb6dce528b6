"""The engine: the bytes of a picture go in, its faces come out, each with an aligned chip and an embedding.

`Engine` is what the workflows know. `ModelEngine` does the work in the process that calls it: in a worker, or
in a script that measures. The command line works through `worker_pool`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..types import Analysis, Box, Chip, Chips, Embedding, Embeddings, Face, Pixels
from . import alignment, detection, embedding
from .detection import Detection
from .model_pack import Pack
from .quality import face_quality

if TYPE_CHECKING:
    from ..media import Still
    from ..media.crop import Picture
    from .session import ModelSession

# Pixels on the long side of what is decoded at first: twice what detection wants. Most chips can be cut from
# that, and decoding a large JPEG a second time costs ten times what reducing it does.
DECODED_SIDE = 2 * detection.FINE_SIDE
# Pixels on the long side: small faces in larger pictures are cut from one reduced to this, up to twice it.
MAX_CROP_SOURCE_SIDE = 5400


class Engine(Protocol):
    """A pack at work. May be used from several threads at once.

    The models are checked and loaded at their first use, which raises PackError when the pack is damaged.
    """

    @property
    def pack(self) -> Pack:
        """Whose embeddings these are."""

    @property
    def dimension(self) -> int:
        """Numbers per embedding."""

    def analyse(self, data: bytes, kind: str | None = None) -> Analysis:
        """The bytes of a picture to all that is kept of it. `kind`: its MIME type. Raises ItemError."""

    def crop_faces(self, data: bytes, boxes: Sequence[Box]) -> list[Picture]:
        """A small picture of each face of a file; boxes are in pixels of the original. Raises ItemError."""

    def embed(self, chips: Chips) -> Embeddings:
        """Aligned (n, 112, 112, 3) RGB chips to (n, dimension) rows of length 1."""

    def embed_with_mirror(self, chips: Chips) -> Embeddings:
        """The same, each averaged with the embedding of its mirror image: twice the work, used for probes."""


class ModelEngine:
    """An Engine whose models are in this process."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._guard = threading.Lock()
        self._loaded: ModelSession | None = None

    @property
    def dimension(self) -> int:
        """Numbers per embedding."""
        return self.pack.dimension

    @property
    def _session(self) -> ModelSession:
        with self._guard:
            if self._loaded is None:
                from .session import ModelSession

                self._loaded = ModelSession(self.pack)
            return self._loaded

    def analyse(self, data: bytes, kind: str | None = None, *, with_hash: bool = True) -> Analysis:
        """See Engine; without the perceptual hash when that is not wanted."""
        from .. import media

        still = media.open_still(data, kind)
        pixels, faces = self.detect_and_embed(still)
        phash = media.perceptual_hash(pixels) if with_hash else None
        return Analysis(still.type, still.width, still.height, faces, phash, still.facts, still.problem)

    def crop_faces(self, data: bytes, boxes: Sequence[Box]) -> list[Picture]:
        """See Engine."""
        from ..media.crop import crop_faces

        return crop_faces(data, boxes)

    def detect_and_embed(self, picture: Still) -> tuple[Pixels, tuple[Face, ...]]:
        """The pixels that were searched, and every face in them; boxes are in pixels of the original."""
        pixels = picture.pixels(DECODED_SIDE)
        detections = detection.detect_faces(self._session, pixels)
        if not detections:
            return pixels, ()
        source = _crop_source(picture, pixels, detections)
        scale = max(source.shape[:2]) / max(pixels.shape[:2])
        detections = [
            detection.refine_landmarks(self._session, source, face.scaled(scale)) for face in detections
        ]
        chips = np.stack([alignment.align_face(source, face.landmarks) for face in detections])
        embeddings = self.embed(chips)
        scale = max(picture.width, picture.height) / max(source.shape[:2])
        faces = zip(detections, chips, embeddings, strict=True)
        return pixels, tuple(_face(picture, face.scaled(scale), chip, row) for face, chip, row in faces)

    def embed(self, chips: Chips) -> Embeddings:
        """See Engine."""
        return embedding.embed_chips(self._session, chips)

    def embed_with_mirror(self, chips: Chips) -> Embeddings:
        """See Engine."""
        return embedding.embed_with_mirror(self._session, chips)


def _crop_source(picture: Still, pixels: Pixels, detections: Sequence[Detection]) -> Pixels:
    """The pixels to cut chips from: more than were searched when a face is smaller there than its chip."""
    scale = max(picture.width, picture.height) / max(pixels.shape[:2])
    enlarged = max(alignment.scale_of(alignment.estimate_similarity(face.landmarks)) for face in detections)
    if scale <= 1.01 or enlarged <= 1.0:
        return pixels
    return picture.pixels(int(min(max(pixels.shape[:2]) * min(enlarged, scale), MAX_CROP_SOURCE_SIDE)))


def _face(picture: Still, detected: Detection, chip: Chip, row: Embedding) -> Face:
    """A face as the library keeps it; its box ends where the picture does."""
    x, y, width, height = detected.box
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(picture.width), x + width), min(float(picture.height), y + height)
    box: Box = (round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
    quality = face_quality(detected.score, detected.landmarks, chip)
    return Face(box, detected.landmarks, detected.score, quality, chip, row)
