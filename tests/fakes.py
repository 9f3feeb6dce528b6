"""A tiny engine whose embeddings are predictable: faces are stripes of colour."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
from PIL import Image

from selfsearch.media import decode, phash
from selfsearch.types import Analysis, Detail, Face

COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}


def coloured(*colours: str, number: int = 0) -> bytes:
    """A PNG with a stripe per colour; another number gives another file with the same faces."""
    pixels = np.zeros((16, 16 * len(colours), 3), np.uint8)
    for at, colour in enumerate(colours):
        pixels[:, at * 16 : at * 16 + 16] = COLOURS[colour]
    pixels[0, 0] = (number % 256, number // 256, 7)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


class ColourEngine:
    """Sees a face in every stripe of 16 pixels: its embedding is the colour, in four dimensions."""

    pack = SimpleNamespace(name="colour", revision="colour-1", calibration=None)
    dimension = 4

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        """One face per stripe."""
        still = decode.open_still(data, kind)
        pixels = still.pixels(640)
        faces = tuple(self._face(pixels, left) for left in range(0, pixels.shape[1], 16))
        fingerprint = phash.perceptual_hash(pixels)
        return Analysis(still.type, still.width, still.height, faces, fingerprint, still.facts, still.problem)

    def embed(self, chips: np.ndarray) -> np.ndarray:
        """(n, 112, 112, 3) -> (n, 4)."""
        means = chips.reshape(len(chips), -1, 3).mean(axis=1)
        embeddings = np.concatenate([means, np.full((len(chips), 1), 5.0)], axis=1).astype(np.float32)
        return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)

    def _face(self, pixels: np.ndarray, left: int) -> Face:
        colour = pixels[8, left + 8]
        chip = np.broadcast_to(colour, (112, 112, 3)).copy()
        marks = np.array([[4, 5], [11, 5], [8, 8], [5, 11], [10, 11]], np.float32) + np.float32([left, 0])
        return Face((float(left), 0.0, 16.0, 16.0), marks, 1.0, 1.0, chip, self.embed(chip[None])[0])
