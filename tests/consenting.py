"""A tiny engine whose vectors are predictable, and helpers to look into a library's files as a thief or a
judge would.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from PIL import Image

from selfsearch.library import crypto
from selfsearch.types import Face

COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}
PAGE, RESERVED = 4096, 80  # SQLCipher 4: bytes of a page, and of its IV and HMAC at the end


def coloured(*colours: str, number: int = 0) -> bytes:
    """A PNG with a stripe per colour; another number gives another file with the same faces."""
    pixels = np.zeros((16, 16 * len(colours), 3), np.uint8)
    for at, colour in enumerate(colours):
        pixels[:, at * 16 : at * 16 + 16] = COLOURS[colour]
    pixels[0, 0] = (number % 256, number // 256, 7)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


class ColourEngine:
    """Sees a face in every stripe of 16 pixels: its vector is the colour, in four dimensions."""

    pack = SimpleNamespace(name="colour", revision="colour-1", folder=Path("/nonexistent"))
    dimension = 4

    def detect_and_embed(self, picture: Any) -> tuple[np.ndarray, tuple[Face, ...]]:
        """One face per stripe."""
        pixels = picture.pixels(640)
        return pixels, tuple(self._face(pixels, left) for left in range(0, pixels.shape[1], 16))

    def embed(self, chips: np.ndarray) -> np.ndarray:
        """(n, 112, 112, 3) -> (n, 4)."""
        means = chips.reshape(len(chips), -1, 3).mean(axis=1)
        embeddings = np.concatenate([means, np.full((len(chips), 1), 5.0)], axis=1).astype(np.float32)
        return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)

    embed_with_mirror = embed

    def _face(self, pixels: np.ndarray, left: int) -> Face:
        colour = pixels[8, left + 8]
        chip = np.broadcast_to(colour, (112, 112, 3)).copy()
        marks = np.array([[4, 5], [11, 5], [8, 8], [5, 11], [10, 11]], np.float32) + np.float32([left, 0])
        return Face((float(left), 0.0, 16.0, 16.0), marks, 1.0, 1.0, chip, self.embed(chip[None])[0])


def decrypted(path: Path, root: bytes) -> bytes:
    """Every page of a SQLCipher file in plain, the free ones too: what somebody with the key could dig up."""
    data = path.read_bytes()
    key = crypto.derive(root, path.name)
    pages = []
    for at in range(0, len(data), PAGE):
        page = data[at : at + PAGE]
        start = 16 if at == 0 else 0  # the first page begins with the salt
        iv = page[-RESERVED : -RESERVED + 16]
        plain = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        pages.append(plain.update(page[start:-RESERVED]) + plain.finalize())
    return b"".join(pages)


def everything(home: Path) -> bytes:
    """The bytes of every file in a folder, one after the other."""
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def forms(secret: bytes) -> set[bytes]:
    """A secret as it could lie about."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode()}


def sha256(data: bytes) -> str:
    """As hexadecimal."""
    return hashlib.sha256(data).hexdigest()
