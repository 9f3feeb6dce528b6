"""The engine with its models in this process: in a worker, or in a script that measures.

A picture goes in, its faces come out, each with an aligned chip and an embedding.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..types import Analysis, Box, Chip, Chips, Detail, Embedding, Embeddings, Face, Pixels
from . import alignment, confirmation, detection, embedding, landmarks
from .duplicates import merge_duplicates
from .model_pack import Pack
from .passes import Detection
from .quality import face_quality

if TYPE_CHECKING:
    from ..media.crop import Picture
    from ..media.decode import Still
    from .session import ModelSession

# Pixels on the long side of what is decoded at first: twice what detection wants. Most chips can be cut from
# that, and decoding a large JPEG a second time costs ten times what reducing it does.
DECODED_SIDE = 2 * detection.FINE_SIDE
# What is decoded has at least this share of the side at which a picture is searched. JPEGs are decoded at
# halves and quarters; to search a little above one of these is not worth four times the pixels.
DECODED_SHARE = 0.69
# Pixels on the long side: small faces in larger pictures are cut from one reduced to this, up to twice it.
MAX_CROP_SOURCE_SIDE = 4000


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

    def analyse(
        self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL, *, with_hash: bool = True
    ) -> Analysis:
        """See Engine; without the perceptual hash when that is not wanted."""
        from ..media.decode import open_still
        from ..media.phash import perceptual_hash

        still = open_still(data, kind)
        pixels, faces = self.detect_and_embed(still, detail)
        phash = perceptual_hash(pixels) if with_hash else None
        return Analysis(still.type, still.width, still.height, faces, phash, still.facts, still.problem)

    def crop_faces(self, data: bytes, boxes: Sequence[Box]) -> list[Picture]:
        """See Engine."""
        from ..media.crop import crop_faces

        return crop_faces(data, boxes)

    def detect_and_embed(
        self, picture: Still, detail: Detail = Detail.NORMAL
    ) -> tuple[Pixels, tuple[Face, ...]]:
        """The pixels that were searched, and every face in them; boxes are in pixels of the original."""
        pixels, source, candidates = self.find_candidates(picture, detail)
        confirmed = [face for face in candidates if confirmation.is_human(self._session, source, face)]
        if not confirmed:
            return pixels, ()
        chips = np.stack([alignment.align_face(source, face.landmarks) for face in confirmed])
        embeddings = self.embed(chips)
        scale = max(picture.width, picture.height) / max(source.shape[:2])
        faces = zip(confirmed, chips, embeddings, strict=True)
        return pixels, tuple(_face(picture, face.scaled(scale), chip, row) for face, chip, row in faces)

    def find_candidates(
        self, picture: Still, detail: Detail = Detail.NORMAL
    ) -> tuple[Pixels, Pixels, list[Detection]]:
        """The pixels that were searched, those to cut from, and what may be faces, in pixels of these."""
        side = detection.search_side(picture.width, picture.height, detail)
        pixels = picture.pixels(max(DECODED_SIDE, int(side * DECODED_SHARE)))
        detections = detection.detect_faces(self._session, pixels, detail, side=side)
        if not detections:
            return pixels, pixels, []
        source = _crop_source(picture, pixels, detections)
        scale = max(source.shape[:2]) / max(pixels.shape[:2])
        refined = [
            landmarks.refine_landmarks(self._session, source, face.scaled(scale)) for face in detections
        ]
        return pixels, source, merge_duplicates(refined)

    def embed(self, chips: Chips) -> Embeddings:
        """See Engine."""
        return embedding.embed_chips(self._session, chips)


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
