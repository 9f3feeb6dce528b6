"""Large photographs with small faces: heads cut from portraits, reduced and set into other photographs.

A frame is real photographs (one enlarged, or many beside each other), heads of one size, and a camera's noise
over all of it. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (height, width, 3), RGB
Box = tuple[float, float, float, float]  # x, y, width, height in pixels

HEAD = (
    0.8,
    0.85,
)  # half axes of the ellipse that is cut out whole, in the face's box: with hair and chin
FADE = 1.3  # to which the ellipse fades out
APART = 2.5  # box sides between the centres of two heads


@dataclass(frozen=True)
class Head:
    """A picture with one person, and where the face is."""

    name: str
    picture: Picture
    box: Box


def frame(
    heads: Sequence[Head],
    side: float,
    size: tuple[int, int],
    scenes: Sequence[Picture],
    random: np.random.Generator,
) -> tuple[Picture, list[Box]]:
    """A photograph of `size` (width, height) with all heads at one size, and the boxes of their faces.

    `side` is the geometric mean of the box's width and height, in pixels of the photograph.
    """
    canvas = background(size, scenes, random)
    boxes = [
        plant(canvas, head, side, place)
        for head, place in zip(heads, places(len(heads), side, size, random), strict=True)
    ]
    return noisy(canvas, random), boxes


def plant(canvas: Picture, head: Head, side: float, centre: tuple[float, float]) -> Box:
    """Set one head into the canvas, its face's box around `centre`; the box as it is there."""
    x, y, width, height = head.box
    scale = side / (width * height) ** 0.5
    middle = np.array([x + width / 2, y + height / 2])
    moved = np.array(centre) - middle * scale
    turn = np.array([[scale, 0, moved[0]], [0, scale, moved[1]]])
    reach = FADE * max(HEAD) * max(width, height) * scale
    left, top = (max(0, int(value - reach)) for value in centre)
    right, bottom = int(centre[0] + reach) + 2, int(centre[1] + reach) + 2
    part = canvas[top:bottom, left:right]
    turn[:, 2] -= left, top
    source = _reduced(head.picture, scale)
    turn[:, :2] *= head.picture.shape[1] / source.shape[1]
    shape = part.shape[1], part.shape[0]
    cut = cv2.warpAffine(source, turn, shape, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    alpha = _ellipse(shape, (centre[0] - left, centre[1] - top), (width * scale, height * scale))
    part[:] = np.rint(part * (1 - alpha) + cut * alpha)
    return (
        centre[0] - width * scale / 2, centre[1] - height * scale / 2, width * scale, height * scale
    )  # fmt: skip


def _reduced(picture: Picture, scale: float) -> Picture:
    """Averaged down to about the scale, so that interpolating afterwards does not alias."""
    height, width = picture.shape[:2]
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ellipse(
    shape: tuple[int, int], centre: tuple[float, float], box: tuple[float, float]
) -> NDArray[np.float64]:
    """(height, width, 1): 1 on the head, 0 beyond it, and a soft edge between."""
    columns = (np.arange(shape[0]) - centre[0]) / (HEAD[0] * box[0])
    rows = (np.arange(shape[1]) - centre[1]) / (HEAD[1] * box[1])
    distance = np.hypot(columns[None, :], rows[:, None])
    edge = np.clip((FADE - distance) / (FADE - 1), 0, 1)
    return np.asarray(edge * edge * (3 - 2 * edge), np.float64)[..., None]


def places(
    count: int, side: float, size: tuple[int, int], random: np.random.Generator
) -> list[tuple[float, float]]:
    """Centres far enough from each other and from the edge. Raises ValueError when they do not fit."""
    found: list[tuple[float, float]] = []
    margin = min(1.5 * side, min(size) / 2)
    for _ in range(2000):
        if len(found) == count:
            return found
        x, y = (float(random.uniform(margin, length - margin)) for length in size)
        if all(np.hypot(x - other[0], y - other[1]) >= APART * side for other in found):
            found.append((x, y))
    raise ValueError(f"{count} faces of {side:g} pixels do not fit into {size[0]}x{size[1]}")


def background(size: tuple[int, int], scenes: Sequence[Picture], random: np.random.Generator) -> Picture:
    """One photograph that fills the frame, or as many as fill it at their own size: each half of the time."""
    width, height = size
    if random.random() < 0.5:
        return _filling(scenes[random.integers(len(scenes))], size)
    canvas = np.empty((height, width, 3), np.uint8)
    tile = 400
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            part = canvas[top : top + tile, left : left + tile]
            part[:] = _filling(scenes[random.integers(len(scenes))], (part.shape[1], part.shape[0]))
    return canvas


def _filling(scene: Picture, size: tuple[int, int]) -> Picture:
    """The scene at the scale at which it covers `size`, and the middle of it."""
    width, height = size
    scale = max(width / scene.shape[1], height / scene.shape[0])
    large = max(width, round(scene.shape[1] * scale)), max(height, round(scene.shape[0] * scale))
    resized = cv2.resize(scene, large, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    left, top = (large[0] - width) // 2, (large[1] - height) // 2
    return np.asarray(resized[top : top + height, left : left + width], np.uint8).copy()


def noisy(canvas: Picture, random: np.random.Generator, strength: float = 5.0) -> Picture:
    """With a sensor's noise: without it, enlarged pictures have no texture and compress to nothing."""
    noise = random.normal(0, strength, (512, 512, 3)).round().astype(np.int16)
    noise = np.roll(noise, random.integers(0, 512, 2), (0, 1))
    height, width = canvas.shape[:2]
    tiled = np.tile(noise, (-(-height // 512), -(-width // 512), 1))[:height, :width]
    return np.clip(canvas + tiled, 0, 255).astype(np.uint8)
