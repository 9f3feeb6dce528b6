"""What the workflows know of recognition: bytes of a picture go in, its faces come out.

`worker_pool.WorkerPool` is the engine of every command, and does the work in processes that hold nothing;
`model_engine.ModelEngine` does it in the process that calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..types import Analysis, Box, Chips, Embeddings
from .model_pack import Pack

if TYPE_CHECKING:
    from ..media.crop import Picture


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
