"""Embedding: a chip to the unit vector by which faces are compared.

The cosine of two embeddings is their dot product, because every one has length 1. Embeddings of different
packs say nothing about each other and are never compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import PackError
from ..types import Chips, Embeddings

if TYPE_CHECKING:
    from .session import ModelSession


def embed_chips(session: ModelSession, chips: Chips) -> Embeddings:
    """Aligned chips to (n, dimension) float32 rows of length 1; n may be 0.

    Raises PackError when a row has no direction.
    """
    if not len(chips):
        return np.empty((0, session.dimension), np.float32)
    features = session.features(chips)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    if not np.all(lengths > 0):  # also catches NaN
        raise PackError("the model returned an empty vector: its weights are damaged")
    return np.asarray(features / lengths, np.float32)


def embed_with_mirror(session: ModelSession, chips: Chips) -> Embeddings:
    """The same, each averaged with the embedding of its mirror image: twice the work, used for probes."""
    both = embed_chips(session, chips) + embed_chips(session, np.ascontiguousarray(chips[:, :, ::-1]))
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)
