"""Detection: where the faces are. One picture at several scales, and rotated where nobody stands upright.

One pass finds faces of about 10 to 300 pixels of its input, so every picture gets a fine pass for small
faces and a coarse one for faces that fill the frame. Of the faces of 32 pixels in a photograph of 12
megapixels the fine pass finds 5 %: there they have 6 pixels. So a second look is taken, in tiles and at a
larger scale, for two reasons together:

- the picture is so much larger than the fine pass (2,200 pixels on the long side) that a face of 32
  pixels is below what that finds;
- there is texture: sky, walls and blur are left out, and so is the inside of a face that is certain
  (tiles.py). In the photographs of `scripts/bench --only camera` texture alone leaves out 44 % of the
  area, in frames that are filled with photographs nothing.

What the fine pass itself gives is no reason: at the lowest score that is of use (0.02, 300 candidates a
photograph) it has seen 40 % of the faces of 32 pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..types import Detail, Pixels
from .confirmation import confirm
from .passes import (
    CERTAIN_SCORE,
    SCORE_THRESHOLD,
    STRIDE,
    WEAK_THRESHOLD,
    Candidates,
    Detection,
    detect,
    detection,
    merge,
    rescale,
    resize,
)
from .tiles import MAX_MARGIN, detect_in_tiles, leave_out, textured_blocks

if TYPE_CHECKING:
    from .session import ModelSession

FINE_SIDE = 800  # pixels on the long side; docs/performance.md has what other sizes find and cost
COARSE_SIDE = 160  # pixels: a face that fills the frame is inside the detector's range
ROTATED_SIDE = 480  # pixels on the long side of the passes over the rotated picture
LYING_SIDE = 320  # the same, of the one pass where people stand upright and another may lie

# Of the original: the scale of the second look, and the pixels that it sees at most. Faces of 32 and 40
# pixels that are found at scales .4, .425, .45 and .5: .78 .77 .88 .88 and .90 .90 .98 .98 (120 planted in
# 30 photographs of 12 megapixels, on which .45 was chosen; in 30 others .87 and .93); at full size all. A
# million pixels took 27 ms in pieces of 640x480 and 46 in one of 2016x1504, on a busy machine.
SECOND_LOOK = {
    Detail.NORMAL: (0.45, 2_430_000),
    Detail.THOROUGH: (1.0, 25_000_000),
}
LARGEST_FINE_SIDE = 1000  # pixels: where no more are wanted, the fine pass alone sees them
LARGEST_PASS = 1024  # pixels squared: no pass is larger, the fine one and tiles
FOUND_BY_FINE = 24  # pixels of the fine pass: it finds 97 % of the faces from here on

MAX_WEAK = 40  # candidates of one picture that are detected again, for 1 ms each


def search_side(width: int, height: int, detail: Detail) -> int:
    """Pixels on the long side at which a picture of this original size is searched."""
    if detail is Detail.FAST:
        return FINE_SIDE
    scale, most = SECOND_LOOK[detail]
    longest = max(width, height) * min(scale, math.sqrt(most / (width * height)))
    return max(FINE_SIDE, round(longest))


def detect_faces(
    session: ModelSession, pixels: Pixels, detail: Detail = Detail.NORMAL, *, side: int | None = None
) -> list[Detection]:
    """Every face in an upright RGB picture, best first.

    `side`: pixels on the long side at which it is searched, the `search_side` of the original where `pixels`
    are a reduced picture.
    """
    longest = max(pixels.shape[:2])
    side = min(longest, side or search_side(pixels.shape[1], pixels.shape[0], detail))
    fine = resize(pixels, _fine_side(longest, side))
    passes = [detect(session, fine, WEAK_THRESHOLD)]
    if max(fine.shape[:2]) > COARSE_SIDE:
        coarse = resize(fine, COARSE_SIDE)
        passes.append(rescale(detect(session, coarse, WEAK_THRESHOLD), coarse, fine))
    if side > max(fine.shape[:2]):
        passes += _look_again(session, pixels, fine, side, merge(session, passes)[0])
    merged = merge(session, passes)
    if detail is Detail.THOROUGH or not _is_upright(merged[0][:, 4]):
        merged = merge(session, [*passes, *_detect_rotated(session, fine, (1, 2, 3), ROTATED_SIDE)])
    elif detail is Detail.NORMAL:  # a quarter is enough: upside down, most faces are weak candidates
        merged = merge(session, [*passes, *_detect_rotated(session, fine, (1,), LYING_SIDE)])
    candidates = [detection(*candidate) for candidate in zip(*rescale(merged, fine, pixels), strict=True)]
    clear = [face for face in candidates if face.score >= SCORE_THRESHOLD]
    weak = candidates[len(clear) : len(clear) + MAX_WEAK]
    return clear + [face for face in (confirm(session, pixels, face) for face in weak) if face]


def _fine_side(longest: int, side: int) -> int:
    if longest <= FINE_SIDE:
        return -(-longest // STRIDE) * STRIDE
    return side if side <= LARGEST_FINE_SIDE else FINE_SIDE


def _look_again(
    session: ModelSession, pixels: Pixels, fine: Pixels, side: int, found: NDArray[np.float32]
) -> Iterator[Candidates]:
    """The second look, in pixels of `fine`; `found`: the boxes of the first."""
    large = pixels if max(pixels.shape[:2]) <= 1.1 * side else resize(pixels, side)
    height, width = large.shape[:2]
    ratio = max(width, height) / max(fine.shape[:2])
    reach = min(FOUND_BY_FINE * ratio, width, height) / 2  # half of the largest face that fine may miss
    margin = min(MAX_MARGIN, -(-int(reach) // STRIDE) * STRIDE)
    blocks = textured_blocks(fine, width, height)
    leave_out(blocks, found[found[:, 4] >= CERTAIN_SCORE, :4] * ratio)
    for candidates in detect_in_tiles(session, large, blocks, margin, WEAK_THRESHOLD):
        yield rescale(candidates, large, fine)


def _is_upright(scores: NDArray[np.float32]) -> bool:
    """Whether at least half of the faces that were found are certain: in a tilted picture few are."""
    faces = int((scores >= SCORE_THRESHOLD).sum())
    return faces > 0 and 2 * int((scores >= CERTAIN_SCORE).sum()) >= faces


def _detect_rotated(
    session: ModelSession, pixels: Pixels, turns: tuple[int, ...], long_side: int
) -> Iterator[Candidates]:
    """Passes over the picture rotated by quarters, results rotated back."""
    small = resize(pixels, min(long_side, max(pixels.shape[:2])))
    height, width = small.shape[:2]
    for quarters in turns:
        rotated = np.ascontiguousarray(np.rot90(small, quarters))
        boxes, landmarks = detect(session, rotated, WEAK_THRESHOLD)
        if len(boxes):
            corners = _rotate_back(boxes[:, :4].reshape(-1, 2, 2), quarters, width, height)
            boxes[:, :2], boxes[:, 2:4] = corners.min(axis=1), corners.max(axis=1)
            yield rescale((boxes, _rotate_back(landmarks, quarters, width, height)), small, pixels)


def _rotate_back(points: NDArray[np.float32], quarters: int, width: int, height: int) -> NDArray[np.float32]:
    """Coordinates in a picture turned by np.rot90(…, quarters) to those in the (height, width) original."""
    x, y = points[..., 0], points[..., 1]
    if quarters == 1:
        x, y = width - y, x
    elif quarters == 2:
        x, y = width - x, height - y
    else:
        x, y = y, height - x
    return np.stack([x, y], axis=-1)
