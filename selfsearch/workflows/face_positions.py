"""Where each face of a photograph is, in words by which a person recognises whom is meant.

"left", "2nd from the left, smaller", "right, small, in the background": by their order and by their sizes
beside the largest one. Where there are many, or one stands above another, by rows: "upper row, middle".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ..types import Box

MOST_ABREAST = 7  # faces that are simply counted from the left
NEXT_ROW = 0.75  # of the usual height of a face: heads of one row differ by less
SMALLER = 0.75  # side beside that of the largest face: below this one sees that it is smaller
SMALL = 0.4  # likewise: below this it is most often somebody behind, or a picture on a wall

_TWO, _THREE = ("upper row", "lower row"), ("upper row", "middle row", "lower row")


def positions(boxes: Sequence[Box]) -> list[str]:
    """For each face where it is and how large, in the order of the boxes; no two are called the same."""
    rows = _rows(boxes)
    places = {
        face: ", ".join(filter(None, [_row_name(rows, number), _in_row(boxes, row, face)]))
        for number, row in enumerate(rows)
        for face in row
    }
    return [", ".join(filter(None, [places[face], *_sizes(boxes, face)])) for face in range(len(boxes))]


def _rows(boxes: Sequence[Box]) -> list[list[int]]:
    """The faces of each row from left to right, the upper row first."""
    from_left = sorted(range(len(boxes)), key=lambda face: boxes[face][0])
    are_abreast = all(
        boxes[left][0] + boxes[left][2] <= boxes[right][0] for left, right in pairwise(from_left)
    )
    if are_abreast and len(boxes) <= MOST_ABREAST:
        return [from_left]
    by_height = sorted(range(len(boxes)), key=lambda face: _centre(boxes[face])[1])
    usual = median(height for _, _, _, height in boxes)
    rows = [[by_height[0]]]
    for above, face in pairwise(by_height):
        if _centre(boxes[face])[1] - _centre(boxes[above])[1] > NEXT_ROW * usual:
            rows.append([])
        rows[-1].append(face)
    return [sorted(row, key=lambda face: _centre(boxes[face])[0]) for row in rows]


def _row_name(rows: Sequence[Sequence[int]], number: int) -> str:
    count = len(rows)
    if count == 1:
        return ""
    if len(rows[number]) == 1 and number in (0, count - 1):
        return "at the top" if number == 0 else "at the bottom"
    return {2: _TWO, 3: _THREE}[count][number] if count < 4 else f"{_ordinal(number + 1)} row from the top"


def _in_row(boxes: Sequence[Box], row: Sequence[int], face: int) -> str:
    if len(row) == 1:
        return _beside_all(boxes, face)
    place = row.index(face)
    if len(row) <= 3:
        return ("left", "middle", "right")[place if len(row) == 3 else 2 * place]
    if place in (0, len(row) - 1):
        return "leftmost" if place == 0 else "rightmost"
    return f"{_ordinal(place + 1)} from the left"


def _beside_all(boxes: Sequence[Box], face: int) -> str:
    """Of a face that is alone in its row: which side of all others it is on."""
    x = _centre(boxes[face])[0]
    others = [box for number, box in enumerate(boxes) if number != face]
    if not others:
        return ""
    if all(x < left for left, _, _, _ in others):
        return "left"
    return "right" if all(x > left + width for left, _, width, _ in others) else ""


def _sizes(boxes: Sequence[Box], face: int) -> list[str]:
    """What can be said of a face's size; nothing where all are about as large."""
    sides = [(width * height) ** 0.5 for _, _, width, height in boxes]
    share = sides[face] / max(sides)
    if min(sides) >= SMALLER * max(sides):
        return []
    if share >= SMALLER:
        return ["large"]
    return ["smaller"] if share >= SMALL else ["small", "in the background"]


def _centre(box: Box) -> tuple[float, float]:
    x, y, width, height = box
    return x + width / 2, y + height / 2


def _ordinal(number: int) -> str:
    """ "1st", "2nd", "11th"."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
