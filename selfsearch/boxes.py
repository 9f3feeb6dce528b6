"""Boxes of faces: how much two of them have in common."""

from __future__ import annotations

from .types import Box


def common_area(box: Box, other: Box) -> float:
    """In square pixels; 0 when they are apart."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return max(0.0, width) * max(0.0, height)


def intersection_over_union(box: Box, other: Box) -> float:
    """0 (apart) to 1 (the same box)."""
    common = common_area(box, other)
    return common / (box[2] * box[3] + other[2] * other[3] - common or 1.0)


def covered(box: Box, other: Box) -> float:
    """The share of the smaller box that both have in common, 0..1."""
    return common_area(box, other) / (min(box[2] * box[3], other[2] * other[3]) or 1.0)
