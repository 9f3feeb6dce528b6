"""Sealing: the small closed set of cryptographic operations that the library uses, all from `cryptography`.

Templates and chips are sealed per media file under the key of the source they came from, so that
destroying that key makes every copy of them unreadable, those in old backups included. AES-256-GCM with a
random 96-bit nonce in front; the associated data say which row, kind and pack a blob belongs to, so that a
blob moved elsewhere does not open.
"""

from __future__ import annotations

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import KeyUnavailable, LibraryError

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D: the recommended length
ARGON2_PASSES, ARGON2_LANES, ARGON2_KIB = 3, 4, 64 * 1024  # RFC 9106, second recommended option


def new_key() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


class Sealer:
    """Seals and opens under one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, data: bytes, belongs_to: str) -> bytes:
        """nonce + ciphertext + tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, belongs_to.encode())

    def open(self, blob: bytes, belongs_to: str) -> bytes:
        """The data. Raises LibraryError when a byte was changed, or the blob belongs elsewhere."""
        try:
            return self._cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], belongs_to.encode())
        except (InvalidTag, ValueError) as exc:
            raise LibraryError(f"a sealed record ({belongs_to}) is damaged; run: selfsearch doctor") from exc


def derive(key: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose, from a 256-bit key (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def decrypt_pages(key: bytes, data: bytes | memoryview) -> bytes:
    """Pages of a database as SQLCipher encrypts them (AES-256-CBC), each behind its IV; unauthenticated.

    `key` is the database's own. Of each IV comes nonsense of its length.
    """
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256: who does not have the key cannot make it."""
    return hmac.digest(key, data, "sha256")


def is_mac(tag: bytes, key: bytes, data: bytes) -> bool:
    """Whether `tag` is the MAC of `data`."""
    return hmac.compare_digest(tag, mac(key, data))


def from_passphrase(passphrase: str, salt: bytes) -> bytes:
    """A 256-bit key from a passphrase (Argon2id, RFC 9106; about 0.1 s)."""
    argon = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=ARGON2_PASSES, lanes=ARGON2_LANES, memory_cost=ARGON2_KIB
    )
    return argon.derive(passphrase.encode())


def unwrap(blob: bytes, keys: tuple[bytes, ...], belongs_to: str) -> bytes:
    """Open a wrapped key with whichever of `keys` fits. Raises KeyUnavailable when none does."""
    for key in keys:
        try:
            return Sealer(key).open(blob, belongs_to)
        except LibraryError:
            continue
    raise KeyUnavailable(
        f"the key of {belongs_to} does not open: it was destroyed, or the wrong key is in use; run:"
        " selfsearch doctor"
    )
