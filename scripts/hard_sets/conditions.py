"""One portrait under some thirty conditions, made by transformation; each says where the face is afterwards.

Strengths in pixels are for a face of about 115 pixels, as in Labeled Faces in the Wild, and grow with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.hard_sets.frames import Box, Head, Picture, background

USUAL_SIDE = 115.0  # pixels: geometric mean of the sides of a face's box in LFW
FILLS = ("black", "grey", "edge", "mirrored", "blurred")  # what is in the corners of a turned picture
POST = (1080, 1350)  # pixels: width, height
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Changed:
    """A picture made from a head's, and the box of the face in it."""

    picture: Picture
    box: Box
    quality: int = 92  # of the JPEG that it becomes


@dataclass(frozen=True)
class Setting:
    """What a condition may draw on: chance, other people's pictures, photographs without people."""

    random: np.random.Generator
    others: Sequence[Head]
    scenes: Sequence[Picture]


Condition = Callable[[Head, Setting], Changed]


def side_of(head: Head) -> float:
    """The geometric mean of the box's sides."""
    return math.sqrt(head.box[2] * head.box[3])


def moved(box: Box, matrix: NDArray[np.float64]) -> Box:
    """Where a box is after an affine (2, 3) map: the same area, scaled, around its centre."""
    x, y, width, height = box
    centre = matrix @ [x + width / 2, y + height / 2, 1]
    across, down = np.linalg.norm(matrix[:, 0]), np.linalg.norm(matrix[:, 1])
    turned = abs(matrix[0, 0]) + 1e-9 < abs(matrix[0, 1])  # nearer to lying than to standing
    size = (height * down, width * across) if turned else (width * across, height * down)
    return float(centre[0] - size[0] / 2), float(centre[1] - size[1] / 2), float(size[0]), float(size[1])


# ---- light, sharpness, compression: the face stays where it is ----


def _filter(change: Callable[[Picture, float, Setting], NDArray[np.generic]], quality: int = 92) -> Condition:
    """A condition from a function of (picture, pixels per usual pixel, setting) that moves nothing."""

    def condition(head: Head, setting: Setting) -> Changed:
        values = change(head.picture, side_of(head) / USUAL_SIDE, setting)
        return Changed(np.clip(np.rint(values), 0, 255).astype(np.uint8), head.box, quality)

    return condition


def _blurred(sigma: float) -> Condition:
    return _filter(lambda picture, unit, _: cv2.GaussianBlur(picture, (0, 0), sigma * unit))


def _motion(length: float) -> Condition:
    def change(picture: Picture, unit: float, setting: Setting) -> NDArray[np.generic]:
        reach = max(3, round(length * unit)) | 1
        kernel = np.zeros((reach, reach), np.float32)
        angle = setting.random.uniform(0, math.pi)
        half = reach // 2 * np.array([math.cos(angle), math.sin(angle)])
        middle = np.array([reach // 2, reach // 2])
        ends = [tuple(int(value) for value in np.rint(middle + sign * half)) for sign in (-1, 1)]
        cv2.line(kernel, *ends, 1.0)
        return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))

    return _filter(change)


def _lit(gain: float, noise: float = 0.0) -> Condition:
    def change(picture: Picture, unit: float, setting: Setting) -> NDArray[np.generic]:
        return np.asarray(picture * gain + setting.random.normal(0, max(noise, 1e-9), picture.shape))

    return _filter(change)


def _half_lit(picture: Picture, unit: float, setting: Setting) -> NDArray[np.generic]:
    light = np.clip(np.linspace(1.3, -0.6, picture.shape[1]), 0.08, 1.3)
    return np.asarray(picture * (light if setting.random.random() < 0.5 else light[::-1])[None, :, None])


def _contrast(factor: float) -> Condition:
    return _filter(lambda picture, unit, _: 128 + (picture.astype(float) - 128) * factor)


def _grey(picture: Picture, unit: float, setting: Setting) -> NDArray[np.generic]:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _cast(red: float, green: float, blue: float) -> Condition:
    return _filter(lambda picture, unit, _: picture * np.array([red, green, blue]))


def _moire(picture: Picture, unit: float, setting: Setting) -> NDArray[np.generic]:
    """A photographed screen: rows and columns of its pixels beat against the camera's."""
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] / unit
    angle = setting.random.uniform(-0.2, 0.2)
    across = columns * math.cos(angle) + rows * math.sin(angle)
    down = rows * math.cos(angle) - columns * math.sin(angle)
    beat = np.sin(across * 2 * math.pi / 2.7) * np.sin(down * 2 * math.pi / 3.1)
    slow = np.sin((across + 0.4 * down) * 2 * math.pi / 31)
    return np.asarray(picture * (0.85 + 0.2 * beat[..., None] + 0.12 * slow[..., None]) + 10)


def _low_resolution(side: float) -> Condition:
    """The whole picture reduced until the face has this many pixels."""

    def condition(head: Head, setting: Setting) -> Changed:
        scale = side / side_of(head)
        height, width = head.picture.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return _scaled(head, size)

    return condition


# ---- something before the face ----


def _covered(paint: Callable[[Picture, Box, Setting], None]) -> Condition:
    def condition(head: Head, setting: Setting) -> Changed:
        picture = head.picture.copy()
        paint(picture, head.box, setting)
        return Changed(picture, head.box)

    return condition


def _part(box: Box, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    """Rows and columns of a part of the box, in shares of it."""
    x, y, width, height = box
    rows = slice(max(0, round(y + top * height)), max(0, round(y + bottom * height)))
    return rows, slice(max(0, round(x + left * width)), max(0, round(x + right * width)))


def _sunglasses(picture: Picture, box: Box, setting: Setting) -> None:
    picture[_part(box, -0.02, 0.27, 1.02, 0.47)] = (15, 15, 20)


def _mask(picture: Picture, box: Box, setting: Setting) -> None:
    picture[_part(box, -0.02, 0.55, 1.02, 1.02)] = (205, 222, 232)


def _hand(picture: Picture, box: Box, setting: Setting) -> None:
    """Something of the skin's colour over one cheek and half of the mouth."""
    x, y, width, height = box
    skin = picture[_part(box, 0.35, 0.5, 0.65, 0.6)].reshape(-1, 3)
    tone = np.median(skin, axis=0) * 0.9 if len(skin) else np.array([150.0, 110.0, 90.0])
    share = 0.28 if setting.random.random() < 0.5 else 0.72
    centre = round(x + share * width), round(y + 0.75 * height)
    axes = round(0.3 * width), round(0.34 * height)
    cv2.ellipse(picture, centre, axes, 20, 0, 360, tuple(float(value) for value in tone), -1, cv2.LINE_AA)


def _eye_covered(picture: Picture, box: Box, setting: Setting) -> None:
    """Something dark over one eye and half of the forehead."""
    rows, columns = _part(box, 0.0, 0.0, 0.45, 0.5)
    picture[rows, columns] = picture[rows, columns] // 5


def _cut(share: float) -> Condition:
    """The picture ends where this share of the face is gone, at one of three sides."""

    def condition(head: Head, setting: Setting) -> Changed:
        x, y, width, height = head.box
        which = setting.random.integers(3)
        if which == 0:
            start = max(0, round(x + share * width))
            return Changed(head.picture[:, start:].copy(), (x - start, y, width, height))
        if which == 1:
            return Changed(head.picture[:, : round(x + (1 - share) * width)].copy(), head.box)
        return Changed(head.picture[: round(y + (1 - share) * height)].copy(), head.box)

    return condition


# ---- shape ----


def _mirrored(head: Head, setting: Setting) -> Changed:
    x, y, width, height = head.box
    box = (head.picture.shape[1] - x - width, y, width, height)
    return Changed(np.ascontiguousarray(head.picture[:, ::-1]), box)


def _scaled(head: Head, size: tuple[int, int]) -> Changed:
    across, down = size[0] / head.picture.shape[1], size[1] / head.picture.shape[0]
    smaller = min(across, down) < 1
    picture = cv2.resize(head.picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    x, y, width, height = head.box
    return Changed(np.asarray(picture, np.uint8), (x * across, y * down, width * across, height * down))


def _squeezed(across: float, down: float) -> Condition:
    def condition(head: Head, setting: Setting) -> Changed:
        height, width = head.picture.shape[:2]
        return _scaled(head, (round(width * across), round(height * down)))

    return condition


# ---- inside something larger ----


def _set_into(canvas: Picture, head: Head, place: Box) -> Box:
    """Put the whole picture into `place` of the canvas; where the face is then."""
    left, top, width, height = (round(value) for value in place)
    changed = _scaled(head, (width, height))
    canvas[top : top + height, left : left + width] = changed.picture
    x, y, *size = changed.box
    return (x + left, y + top, size[0], size[1])


def _screenshot(head: Head, setting: Setting) -> Changed:
    """A telephone's screen of 1080x2340 with a post in it."""
    canvas = np.full((2340, 1080, 3), 250 if setting.random.random() < 0.5 else 18, np.uint8)
    ink = (30, 30, 30) if canvas[0, 0, 0] > 128 else (235, 235, 235)
    for row, words in ((70, "12:41"), (220, "someone"), (1780, "Liked by 31 others"), (1850, "lovely day")):
        cv2.putText(canvas, words, (60, row), FONT, 1.5, ink, 3, cv2.LINE_AA)
    cv2.circle(canvas, (980, 200), 50, (200, 90, 140), -1, cv2.LINE_AA)
    height = round(1080 * head.picture.shape[0] / head.picture.shape[1])
    return Changed(canvas, _set_into(canvas, head, (0, 300, 1080, min(height, 1400))))


def _meme(head: Head, setting: Setting) -> Changed:
    """White capitals with a black edge above and below."""
    canvas = np.zeros((720, 720, 3), np.uint8)
    box = _set_into(canvas, head, (0, 0, 720, 720))
    for row, words in ((90, "WHEN IT IS MONDAY"), (690, "AND YOU ARE LATE")):
        for colour, thickness in (((0, 0, 0), 14), ((255, 255, 255), 5)):
            cv2.putText(canvas, words, (40, row), FONT, 2.0, colour, thickness, cv2.LINE_AA)
    return Changed(canvas, box)


def _written_over(head: Head, setting: Setting) -> Changed:
    """A caption across the middle of the face."""
    picture, (x, y, width, height) = head.picture.copy(), head.box
    row, scale = round(y + 0.55 * height), 0.006 * width
    for colour, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(
            picture, "good times", (round(x - 0.1 * width), row), FONT, scale, colour,
            max(1, round(thickness * width / 95)), cv2.LINE_AA,
        )  # fmt: skip
    return Changed(picture, head.box)


def _collage(head: Head, setting: Setting) -> Changed:
    """Nine people in a square of 1080 pixels; the one in question is anywhere."""
    canvas, place = np.full((1080, 1080, 3), 255, np.uint8), int(setting.random.integers(9))
    others = [setting.others[index] for index in setting.random.permutation(len(setting.others))]
    shown = [other for other in others if other.name != head.name][:8]
    shown.insert(min(place, len(shown)), head)
    for cell, one in enumerate(shown):
        found = _set_into(canvas, one, (cell % 3 * 360 + 4, cell // 3 * 360 + 4, 352, 352))
        if one is head:
            box = found
    return Changed(canvas, box)


def _on_scene(head: Head, setting: Setting) -> Changed:
    """The picture as it is, in a corner of a photograph of 1080x1350."""
    return posted(head, 0.0, setting)


# ---- turned ----


def turned(head: Head, degrees: float, setting: Setting) -> Changed:
    """Turned anticlockwise around the face, in a frame of the same size; its corners are filled by chance."""
    height, width = head.picture.shape[:2]
    x, y, *size = head.box
    centre = x + size[0] / 2, y + size[1] / 2
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    if degrees % 360 == 0:
        return Changed(head.picture, head.box)
    picture = _warped(head.picture, matrix, (width, height), FILLS[setting.random.integers(len(FILLS))])
    return Changed(picture, moved(head.box, matrix))


def posted(head: Head, degrees: float, setting: Setting) -> Changed:
    """The picture turned and pasted into a photograph of 1080x1350, somewhere, once to twice its size."""
    canvas = background(POST, setting.scenes, setting.random)
    height, width = head.picture.shape[:2]
    scale = float(setting.random.uniform(1, 2)) * 250 / max(height, width)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    reach = abs(matrix[:, :2]) @ [width, height] / 2
    centre = [
        float(setting.random.uniform(half, side - half)) for half, side in zip(reach, POST, strict=True)
    ]
    matrix[:, 2] += np.array(centre) - (width / 2, height / 2)
    cut = cv2.warpAffine(head.picture, matrix, POST, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, POST, flags=cv2.INTER_LINEAR)
    share = alpha[..., None].astype(np.float32) / 255
    picture = np.rint(canvas * (1 - share) + cut * share).astype(np.uint8)
    return Changed(picture, moved(head.box, matrix), 85)


def _warped(picture: Picture, matrix: NDArray[np.float64], size: tuple[int, int], fill: str) -> Picture:
    modes = {"edge": cv2.BORDER_REPLICATE, "mirrored": cv2.BORDER_REFLECT_101}
    value = (128, 128, 128) if fill == "grey" else (0, 0, 0)
    mode = modes.get(fill, cv2.BORDER_CONSTANT)
    result = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=mode, borderValue=value)
    if fill == "blurred":
        inside = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), matrix, size) > 127
        result = np.where(inside[..., None], result, cv2.GaussianBlur(picture, (0, 0), max(size) / 12))
    return np.asarray(result, np.uint8)


CONDITIONS: dict[str, Condition] = {
    "blur": _blurred(2),
    "strong blur": _blurred(4),
    "motion blur": _motion(11),
    "dark": _lit(0.25, 4),
    "very dark": _lit(0.1, 3),
    "bright": _lit(2.2),
    "lit from one side": _filter(_half_lit),
    "noise": _lit(1.0, 25),
    "strong noise": _lit(1.0, 50),
    "JPEG 20": _filter(lambda picture, unit, _: picture, 20),
    "JPEG 10": _filter(lambda picture, unit, _: picture, 10),
    "face of 64 px": _low_resolution(64),
    "face of 48 px": _low_resolution(48),
    "face of 32 px": _low_resolution(32),
    "face of 24 px": _low_resolution(24),
    "grey": _filter(_grey),
    "warm cast": _cast(1.25, 0.95, 0.55),
    "blue cast": _cast(0.6, 0.85, 1.3),
    "low contrast": _contrast(0.3),
    "high contrast": _contrast(2.5),
    "screen moiré": _filter(_moire),
    "sunglasses": _covered(_sunglasses),
    "mask": _covered(_mask),
    "hand": _covered(_hand),
    "an eye covered": _covered(_eye_covered),
    "text over the face": _written_over,
    "cut by the edge, 20 %": _cut(0.20),
    "cut by the edge, 35 %": _cut(0.35),
    "cut by the edge, 50 %": _cut(0.50),
    "mirrored": _mirrored,
    "squeezed to 70 % width": _squeezed(0.7, 1),
    "squeezed to 70 % height": _squeezed(1, 0.7),
    "screenshot": _screenshot,
    "meme": _meme,
    "collage of nine": _collage,
    "pasted into a post": _on_scene,
}
