"""The engine: a picture goes in, its faces come out, each with an aligned chip and an embedding."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..types import Box, Chip, Chips, Embedding, Embeddings, Face, Pixels
from . import alignment, detection, embedding
from .detection import Detection
from .model_pack import Pack
from .quality import face_quality

if TYPE_CHECKING:
    from ..media import Still
    from .session import ModelSession

# Pixels on the long side of what is decoded at first: twice what detection wants. Most chips can be cut from
# that, and decoding a large JPEG a second time costs ten times what reducing it does.
DECODED_SIDE = 2 * detection.FINE_SIDE
# Pixels on the long side: small faces in larger pictures are cut from one reduced to this, up to twice it.
MAX_CROP_SOURCE_SIDE = 5400


class Engine:
    """A pack at work: detection, alignment, embedding. May be used from several threads at once.

    The models are checked and loaded at their first use, which raises PackError when the pack is damaged.
    """

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
        """Aligned (n, 112, 112, 3) RGB chips to (n, dimension) rows of length 1."""
        return embedding.embed_chips(self._session, chips)

    def embed_with_mirror(self, chips: Chips) -> Embeddings:
        """The same, each averaged with the embedding of its mirror image: twice the work, used for probes."""
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
