"""The engine: a picture goes in, its faces come out, each with an aligned chip and a unit vector."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..types import Analysis, Box, Chip, Face, Facts, Pixels, Vectors
from . import align, detect
from .packs import Pack
from .quality import quality

if TYPE_CHECKING:
    from .models import Models

# Pixels on the long side of what is decoded at first: twice what detection wants. Most chips can be cut from
# that, and decoding a large JPEG a second time costs ten times what reducing it does.
DECODED_SIDE = 2 * detect.FINE
SHARP_LIMIT = 5400  # pixels: small faces in larger pictures are cut from one reduced to this, up to twice it


class Picture(Protocol):
    """A still whose pixels can be had at the size that is needed (media.Still is one)."""

    @property
    def type(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def facts(self) -> Facts: ...
    def pixels(self, long_side: int) -> Pixels: ...


class Engine:
    """A pack at work. May be used from several threads at once. The models are checked and loaded at their
    first use.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._guard = threading.Lock()
        self._loaded: Models | None = None

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.pack.dimension

    @property
    def _models(self) -> Models:
        """Raises PackError when the pack is damaged."""
        with self._guard:
            if self._loaded is None:
                from .models import Models  # InsightFace takes a second to import

                self._loaded = Models(self.pack)
            return self._loaded

    def look(self, picture: Picture) -> tuple[Pixels, tuple[Face, ...]]:
        """The pixels that were searched, and every face in them with boxes in pixels of the original
        picture.
        """
        pixels = picture.pixels(DECODED_SIDE)
        found = detect.find(self._models, pixels)
        if not found:
            return pixels, ()
        scale = max(picture.width, picture.height) / max(pixels.shape[:2])
        sharp, factor = self._sharpest(picture, pixels, found, scale)
        faces = [self._scaled(face, factor) for face in found]
        faces = [detect.refine(self._models, sharp, face) for face in faces]
        chips = np.stack([align.chip(sharp, face.landmarks) for face in faces])
        vectors = self.embed(chips)
        whole = max(picture.width, picture.height) / max(sharp.shape[:2])
        return pixels, tuple(
            _face(self._scaled(face, whole), chip, vector, picture)
            for face, chip, vector in zip(faces, chips, vectors, strict=True)
        )

    def analyse(self, picture: Picture, phash: int | None, faces: Sequence[Face]) -> Analysis:
        """Everything the library keeps of one picture."""
        return Analysis(
            picture.type, picture.width, picture.height, tuple(faces), phash, picture.facts, picture.problem
        )

    def embed(self, chips: Chip) -> Vectors:
        """Aligned (n, 112, 112, 3) RGB chips to (n, dim) unit vectors."""
        return self._models.embed(chips)

    def embed_both(self, chips: Chip) -> Vectors:
        """The same, each averaged with the vector of its mirror image: twice the work, used for probes."""
        both = self.embed(chips) + self.embed(np.ascontiguousarray(chips[:, :, ::-1]))
        return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)

    @staticmethod
    def _sharpest(
        picture: Picture, pixels: Pixels, found: Sequence[detect.Found], scale: float
    ) -> tuple[Pixels, float]:
        """The pixels to crop from: more than were searched when a face is smaller there than a chip needs."""
        need = max(align.scale_of(face.landmarks) for face in found)  # chip pixels per searched pixel
        if scale <= 1.01 or need <= 1.0:
            return pixels, 1.0
        side = min(max(pixels.shape[:2]) * min(need, scale), SHARP_LIMIT)
        sharp = picture.pixels(int(side))
        return sharp, max(sharp.shape[:2]) / max(pixels.shape[:2])

    @staticmethod
    def _scaled(face: detect.Found, factor: float) -> detect.Found:
        x, y, width, height = (value * factor for value in face.box)
        return detect.Found((x, y, width, height), face.landmarks * np.float32(factor), face.score)


def _face(found: detect.Found, chip: Chip, vector: Vectors, picture: Picture) -> Face:
    x, y, width, height = found.box
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(picture.width), x + width), min(float(picture.height), y + height)
    box: Box = (round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
    return Face(box, found.landmarks, found.score, quality(found.score, found.landmarks, chip), chip, vector)
