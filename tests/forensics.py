"""A library's files as a thief or a judge would look into them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from selfsearch.library import crypto

PAGE, RESERVED = 4096, 80  # SQLCipher 4: bytes of a page, and of its IV and HMAC at the end


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


def all_bytes(home: Path) -> bytes:
    """The bytes of every file in a folder, one after the other."""
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def encodings(secret: bytes) -> set[bytes]:
    """A secret as it could lie about."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode()}


def sha256(data: bytes) -> str:
    """As hexadecimal."""
    return hashlib.sha256(data).hexdigest()
