"""Photographs for measuring, made from the pictures that InsightFace's and scikit-image's wheels carry.

usage: scripts/bench_photos.py camera|huge|social|small FOLDER COUNT

Every file differs from every other: other people, another scale, other light, other noise. The noise matters:
without it an enlarged picture compresses to a fraction of what a camera writes, and decodes too fast.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import photos

Picture = NDArray[np.uint8]


def make(kind: str, folder: Path, count: int) -> Path:
    """Make them in a process of its own: a child's peak memory is never less than its parent's was."""
    subprocess.run([sys.executable, __file__, kind, str(folder), str(count)], check=True)  # noqa: S603
    return folder


def camera(folder: Path, count: int) -> None:
    """4000x3000 JPEGs of 2 to 6 people each, 3 to 5 MB a file."""
    noise = _noise(1024, 9.0)
    for number in range(count):
        _write(folder / f"camera-{number:04}.jpg", _collage(number, (4000, 3000), 2 + number % 5, noise), 90)


def social(folder: Path, count: int) -> None:
    """1080x1350 JPEGs of one or two people each, about 200 kB a file."""
    noise = _noise(512, 5.0)
    for number in range(count):
        _write(folder / f"post-{number:04}.jpg", _collage(number, (1080, 1350), 1 + number % 2, noise), 80)


def huge(folder: Path, count: int) -> None:
    """11600x8700 JPEGs (100 megapixels) of 2 to 5 people each."""
    noise = _noise(1024, 9.0)
    for number in range(count):
        _write(folder / f"scan-{number:04}.jpg", _collage(number, (11600, 8700), 2 + number % 4, noise), 85)


def small(folder: Path, count: int) -> None:
    """320x400 JPEGs of one person each, about 20 kB a file."""
    noise = _noise(256, 3.0)
    for number in range(count):
        _write(folder / f"{number // 1000:03}/{number:06}.jpg", _collage(number, (320, 400), 1, noise), 75)


def _collage(number: int, size: tuple[int, int], people: int, noise: NDArray[np.int16]) -> Picture:
    """People beside each other in cells, each enlarged to a part of its cell, over a gradient."""
    random = np.random.default_rng(number)
    width, height = size
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = np.linspace(190, 70, height)[:, None, None] + random.integers(-40, 40, 3)
    columns = 1 if people == 1 else 2 if people < 5 else 3
    rows = -(-people // columns)
    chosen = random.permutation(len(photos.PEOPLE))
    for place in range(people):
        left, top = width * (place % columns) // columns, height * (place // columns) // rows
        side = int(min(width // columns, height // rows) * random.uniform(0.5, 0.95))
        face = np.asarray(photos.picture(photos.PEOPLE[chosen[place]], int(random.integers(0, 8))))
        face = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
        left += int(random.integers(0, width // columns - side + 1))
        top += int(random.integers(0, height // rows - side + 1))
        canvas[top : top + side, left : left + side] = face
    return _noisy(canvas, np.roll(noise, random.integers(0, len(noise), 2), (0, 1)))


def _noise(side: int, strength: float) -> NDArray[np.int16]:
    return np.random.default_rng(0).normal(0, strength, (side, side, 3)).round().astype(np.int16)


def _noisy(canvas: Picture, noise: NDArray[np.int16]) -> Picture:
    height, width = canvas.shape[:2]
    tiles = -(-height // len(noise)), -(-width // len(noise)), 1
    return np.clip(canvas + np.tile(noise, tiles)[:height, :width], 0, 255).astype(np.uint8)


def _write(path: Path, picture: Picture, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])


KINDS = {"camera": camera, "huge": huge, "social": social, "small": small}

if __name__ == "__main__":
    KINDS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
