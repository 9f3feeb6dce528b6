"""What the workflows know of recognition: bytes of a picture go in, its faces come out.

`worker_pool.WorkerPool` is the engine of every command, and does the work in processes that hold nothing;
`model_engine.ModelEngine` does it in the process that calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..types import Analysis, Box, Chips, Detail, Embeddings
from .model_pack import Pack

if TYPE_CHECKING:
    from ..media.crop import Picture

# Raised when detection finds faces that it did not find before, so that pictures can be searched again. The
# version that had no number (0) missed many small and tilted faces.
DETECTION_REVISION = 1


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

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        """The bytes of a picture to all that is kept of it. `kind`: its MIME type. Raises ItemError."""

    def crop_faces(self, data: bytes, boxes: Sequence[Box]) -> list[Picture]:
        """A small picture of each face of a file; boxes are in pixels of the original. Raises ItemError."""

    def embed(self, chips: Chips) -> Embeddings:
        """Aligned (n, 112, 112, 3) RGB chips to (n, dimension) rows of length 1."""
