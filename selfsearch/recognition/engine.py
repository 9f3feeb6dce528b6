"""The engine: a picture goes in, its faces come out, each with an aligned chip and a unit vector."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..packs.store import Pack
from ..types import Analysis, Box, Chip, Embeddings, Face, Facts, Pixels
from . import alignment, detection
from .quality import quality

if TYPE_CHECKING:
    from .session import Models

# Pixels on the long side of what is decoded at first: twice what detection wants. Most chips can be cut from
# that, and decoding a large JPEG a second time costs ten times what reducing it does.
DECODED_SIDE = 2 * detection.FINE
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
                from .session import Models

                self._loaded = Models(self.pack)
            return self._loaded

    def look(self, picture: Picture) -> tuple[Pixels, tuple[Face, ...]]:
        """The pixels that were searched, and every face in them with boxes in pixels of the original
        picture.
        """
        pixels = picture.pixels(DECODED_SIDE)
        found = detection.find(self._models, pixels)
        if not found:
            return pixels, ()
        scale = max(picture.width, picture.height) / max(pixels.shape[:2])
        sharp, factor = self._sharpest(picture, pixels, found, scale)
        faces = [self._scaled(face, factor) for face in found]
        faces = [detection.refine(self._models, sharp, face) for face in faces]
        chips = np.stack([alignment.chip(sharp, face.landmarks) for face in faces])
        embeddings = self.embed(chips)
        whole = max(picture.width, picture.height) / max(sharp.shape[:2])
        return pixels, tuple(
            _face(self._scaled(face, whole), chip, embedding, picture)
            for face, chip, embedding in zip(faces, chips, embeddings, strict=True)
        )

    def analyse(self, picture: Picture, phash: int | None, faces: Sequence[Face]) -> Analysis:
        """Everything the library keeps of one picture."""
        return Analysis(
            picture.type, picture.width, picture.height, tuple(faces), phash, picture.facts, picture.problem
        )

    def embed(self, chips: Chip) -> Embeddings:
        """Aligned (n, 112, 112, 3) RGB chips to (n, dim) unit vectors."""
        return self._models.embed(chips)

    def embed_both(self, chips: Chip) -> Embeddings:
        """The same, each averaged with the vector of its mirror image: twice the work, used for probes."""
        both = self.embed(chips) + self.embed(np.ascontiguousarray(chips[:, :, ::-1]))
        return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)

    @staticmethod
    def _sharpest(
        picture: Picture, pixels: Pixels, found: Sequence[detection.Found], scale: float
    ) -> tuple[Pixels, float]:
        """The pixels to crop from: more than were searched when a face is smaller there than a chip needs."""
        need = max(alignment.scale_of(face.landmarks) for face in found)  # chip pixels per searched pixel
        if scale <= 1.01 or need <= 1.0:
            return pixels, 1.0
        side = min(max(pixels.shape[:2]) * min(need, scale), SHARP_LIMIT)
        sharp = picture.pixels(int(side))
        return sharp, max(sharp.shape[:2]) / max(pixels.shape[:2])

    @staticmethod
    def _scaled(face: detection.Found, factor: float) -> detection.Found:
        x, y, width, height = (value * factor for value in face.box)
        return detection.Found((x, y, width, height), face.landmarks * np.float32(factor), face.score)


def _face(found: detection.Found, chip: Chip, embedding: Embeddings, picture: Picture) -> Face:
    x, y, width, height = found.box
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(float(picture.width), x + width), min(float(picture.height), y + height)
    box: Box = (round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
    return Face(
        box, found.landmarks, found.score, quality(found.score, found.landmarks, chip), chip, embedding
    )
