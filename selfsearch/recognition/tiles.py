"""Tiles: the parts of a large picture that are searched at a larger scale than the whole was.

What is flat is left out: sky, walls and blur show no face. Of 400 faces of 24 to 64 pixels set into
photographs, the flattest spanned 110 of 255 grey levels within 5x5 pixels of the fine pass. Less than TEXTURE
is a face of a seventh of the usual contrast, and of those the detector finds half at 16 pixels.

Tiles overlap, so that a face which the fine pass could miss is whole in one of them. A candidate belongs to
the tile whose core has its centre: no face is found by two tiles, and one that the border cuts is left to the
neighbour, where it is whole. Larger faces are left to the fine pass: of these a tile may see a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Pixels
from .passes import STRIDE, Candidates, detect

if TYPE_CHECKING:
    from .session import ModelSession

TEXTURE = 24  # grey levels between the lightest and the darkest of 5x5 pixels of the fine pass
BLOCK = STRIDE  # pixels: what has texture is known per block of so many by so many
BAND = 12  # blocks: height of a tile's core at most. Tiles of half a megapixel fit the processor's cache
LENGTH = 32  # blocks: width of a tile's core at most
MAX_MARGIN = 5 * BLOCK  # pixels: a tile has a million pixels at most, in panoramas


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the picture in its pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, margin: int, width: int, height: int) -> Tile:
        """With a margin around it, inside a picture of this size."""
        return Tile(
            max(0, self.left - margin), max(0, self.top - margin),
            min(width, self.right + margin), min(height, self.bottom + margin),
        )  # fmt: skip


def detect_in_tiles(
    session: ModelSession, pixels: Pixels, blocks: NDArray[np.bool_], margin: int, threshold: float
) -> Iterator[Candidates]:
    """Candidates in the marked blocks of a picture, tile by tile.

    `margin`: pixels around each core. A face up to twice that is whole in a tile; a larger one is left out.
    """
    height, width = pixels.shape[:2]
    for core in cores(blocks, margin):
        window = core.grown(margin, width, height)
        part = np.ascontiguousarray(pixels[window.top : window.bottom, window.left : window.right])
        boxes, landmarks = detect(session, part, threshold)
        offset = np.array([window.left, window.top], np.float32)
        boxes[:, :4] += np.tile(offset, 2)
        centres = (boxes[:, :2] + boxes[:, 2:4]) / 2
        inside = ((centres >= [core.left, core.top]) & (centres < [core.right, core.bottom])).all(axis=1)
        whole = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1) <= 2 * margin
        yield boxes[inside & whole], (landmarks + offset)[inside & whole]


def textured_blocks(fine: Pixels, width: int, height: int) -> NDArray[np.bool_]:
    """(rows, columns): which blocks of the (height, width) picture have texture in them or beside them."""
    grey = cv2.cvtColor(fine, cv2.COLOR_RGB2GRAY)
    spans = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    scale = fine.shape[1] / width, fine.shape[0] / height
    reach = [2 * round(BLOCK * each) | 1 for each in scale]  # a block and half a block on either side
    spans = cv2.dilate(spans, np.ones(reach[::-1], np.uint8))
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    x = np.minimum((np.arange(columns) + 0.5) * BLOCK * scale[0], fine.shape[1] - 1).astype(int)
    y = np.minimum((np.arange(rows) + 0.5) * BLOCK * scale[1], fine.shape[0] - 1).astype(int)
    return np.asarray(spans[np.ix_(y, x)] >= TEXTURE)


def leave_out(blocks: NDArray[np.bool_], boxes: NDArray[np.float32]) -> None:
    """Unmark the blocks that are whole inside one of the (n, 4) boxes."""
    starts = np.ceil(np.maximum(boxes[:, :2], 0) / BLOCK).astype(int)
    stops = np.maximum(boxes[:, 2:], 0).astype(int) // BLOCK
    for (left, top), (right, bottom) in zip(starts, stops, strict=True):
        blocks[top:bottom, left:right] = False


def cores(blocks: NDArray[np.bool_], margin: int) -> Iterator[Tile]:
    """Rectangles that have every marked block, none twice; narrow gaps between cost less than two margins."""
    rows = len(blocks)
    gap = 2 * -(-margin // BLOCK)
    for top, bottom in _parts(0, rows, BAND):
        for start, stop in _runs(np.asarray(blocks[top:bottom].any(axis=0)), gap):
            for left, right in _parts(start, stop, LENGTH):
                used = np.flatnonzero(blocks[top:bottom, left:right].any(axis=1))
                if len(used):
                    first, last = top + int(used[0]), top + int(used[-1]) + 1
                    yield Tile(left * BLOCK, first * BLOCK, right * BLOCK, last * BLOCK)


def _parts(start: int, stop: int, longest: int) -> Iterator[tuple[int, int]]:
    """The range in as few parts of about one length as are no longer than that."""
    count = -(-(stop - start) // longest)
    edges = [start + (stop - start) * number // count for number in range(count + 1)]
    yield from pairwise(edges)


def _runs(used: NDArray[np.bool_], gap: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of what is used; gaps of up to so many are passed over."""
    places = np.flatnonzero(used)
    if not len(places):
        return
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    starts = places[np.concatenate([[0], breaks + 1])]
    stops = places[np.concatenate([breaks, [len(places) - 1]])]
    for start, stop in zip(starts, stops, strict=True):
        yield int(start), int(stop) + 1
