"""The root key: where it is kept, how it is made and how it is found again.

It is two keys of 256 bits. One encrypts the databases; the other wraps the keys of sources and people, and is
replaced whenever one of those is destroyed, so that a copy of keys.db from before opens nothing. Both are
replaced when everything is forgotten. During a replacement the old ones are kept beside the new. `key.json`
in the library says where the root key is, and holds no secret except, with a passphrase, the root key sealed
under it. Whoever can write in the library's folder can change it: nothing is deleted on its word alone. That
a key is being moved stands beside the key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import KeyUnavailable, LibraryError, UsageError
from ..files import delete_halves, narrow, open_private, private_folder, write_private
from . import crypto

SERVICE = "selfsearch"  # the name under which the operating system's keyring shows the key
LIBRARY_ID = re.compile("[0-9a-f]{16}")
LONGEST = 1 << 16  # bytes of key.json
PUT_BACK = "put it back from a copy of that folder, or restore a backup: selfsearch restore FILE"
TRUSTED_KEYRINGS = ("SecretService", "kwallet", "macOS", "Windows")  # keyrings.alt keeps plain files

AskPassphrase = Callable[[], "str | None"]


@dataclass(frozen=True)
class RootKey:
    """The secrets of one library. Its repr shows none."""

    library: bytes = field(repr=False)
    wrapping: tuple[bytes, ...] = field(repr=False)  # current first; two only while it is being replaced
    retired: bytes | None = field(default=None, repr=False)  # of the databases, while it is being replaced
    under: bytes | None = field(default=None, repr=False)  # what a passphrase gave, to seal it again

    @property
    def libraries(self) -> tuple[bytes, ...]:
        """Keys that may open the databases, the current first."""
        return (self.library,) if self.retired is None else (self.library, self.retired)

    def pack(self) -> bytes:
        """The keys one after the other, 32 bytes each: library, wrapping, (old wrapping, (old library))."""
        return b"".join((self.library, *self.wrapping, *self.libraries[1:]))

    @staticmethod
    def unpack(data: bytes) -> RootKey:
        """The inverse of pack(). Raises KeyUnavailable when it cannot be one."""
        keys = [data[at : at + crypto.KEY_BYTES] for at in range(0, len(data), crypto.KEY_BYTES)]
        if not 2 <= len(keys) <= 4 or len(data) % crypto.KEY_BYTES:
            raise KeyUnavailable("the library's key is damaged: it does not have the length of one")
        return RootKey(keys[0], tuple(keys[1:3]), *keys[3:])


def is_missing(home: Path) -> KeyUnavailable:
    """What to say when a library has no key.json any more."""
    return KeyUnavailable(f"{home / 'key.json'} is missing, and without it nothing opens; {PUT_BACK}")


@dataclass(frozen=True)
class KeyPlace:
    """What key.json says: which library this is and where its root key is kept."""

    library_id: str
    kind: str  # file, keyring, passphrase
    salt: str = ""
    sealed: str = field(default="", repr=False)

    @staticmethod
    def read(home: Path) -> KeyPlace:
        """Raises KeyUnavailable when key.json is missing or damaged."""
        path = home / "key.json"
        try:
            with open(path, "rb", opener=_open_unblocked) as file:
                return KeyPlace.parse(file.read(LONGEST))
        except FileNotFoundError as exc:
            raise is_missing(home) from exc
        except (OSError, LibraryError) as exc:
            raise KeyUnavailable(f"{path} is damaged; {PUT_BACK}") from exc

    @staticmethod
    def parse(data: bytes) -> KeyPlace:
        """From the bytes of key.json, which anybody may have written. Raises LibraryError.

        The library's number becomes a file's name: it is one, or it is refused.
        """
        try:
            raw = json.loads(data)
            place = KeyPlace(
                **{name: str(raw[name]) for name in KeyPlace.__dataclass_fields__ if name in raw}
            )
        except (ValueError, TypeError, RecursionError) as exc:
            raise LibraryError("that is no key.json") from exc
        if not LIBRARY_ID.fullmatch(place.library_id):
            raise LibraryError("that is no library's number")
        return place

    def write(self, home: Path) -> None:
        """Write key.json."""
        write_private(home / "key.json", json.dumps(self.__dict__, indent=1).encode())
        delete_halves(home / "key.json")  # it may hold keys that are to be gone


def _open_unblocked(path: str, flags: int) -> int:
    """An opener that no pipe in the file's place holds up."""
    return open_private(path, flags | getattr(os, "O_NONBLOCK", 0))


def create(home: Path, key_folder: Path) -> RootKey:
    """Make a library's root key and keep it in the keyring; where there is none, in a 0600 file."""
    root = RootKey(crypto.new_key(), (crypto.new_key(),))
    place = new_place(secrets.token_hex(8), key_folder)
    keep(place, root, key_folder)
    place.write(home)
    return root


def new_place(library_id: str, key_folder: Path) -> KeyPlace:
    """Where a library's root key is to be kept that is kept nowhere yet; never where another key is."""
    kind = "keyring" if keyring_name() else "file"
    place = KeyPlace(library_id, kind)
    if kind == "file":
        is_taken = key_file(place, key_folder).exists()
    else:
        is_taken = _keyring().get_password(SERVICE, library_id) is not None
    return replace(place, library_id=secrets.token_hex(8)) if is_taken else place


def unlock(home: Path, key_folder: Path, ask: AskPassphrase | None) -> RootKey:
    """The library's root key, from wherever key.json says. Raises KeyUnavailable, saying what to do."""
    return fetch(KeyPlace.read(home), key_folder, ask)


def fetch(place: KeyPlace, key_folder: Path, ask: AskPassphrase | None) -> RootKey:
    """The root key from this place. Raises KeyUnavailable, saying what to do."""
    if place.kind == "passphrase":
        return from_passphrase(place, ask)
    if place.kind == "keyring":
        return RootKey.unpack(_from_keyring(place))
    if place.kind == "file":
        return RootKey.unpack(_from_file(key_file(place, key_folder)))
    raise KeyUnavailable(f"key.json names a key place that this version does not know: {place.kind!r}")


def keep(place: KeyPlace, root: RootKey, key_folder: Path) -> None:
    """Store the root key where `place` says (file or keyring)."""
    if place.kind == "keyring":
        keyring = _keyring()
        try:
            keyring.set_password(SERVICE, place.library_id, base64.b64encode(root.pack()).decode())
        except keyring.errors.KeyringError as exc:
            raise KeyUnavailable("the operating system's keyring refused to keep the library's key") from exc
    else:
        private_folder(key_folder.resolve())
        write_private(key_file(place, key_folder), root.pack())
        delete_halves(key_file(place, key_folder))  # it may hold keys that are to be gone


def protect(place: KeyPlace, root: RootKey, passphrase: str) -> KeyPlace:
    """The place that holds the root key sealed under a passphrase."""
    salt = secrets.token_bytes(16)
    under = crypto.from_passphrase(passphrase, salt)
    return _sealed(replace(place, salt=base64.b64encode(salt).decode()), replace(root, under=under))


def _sealed(place: KeyPlace, root: RootKey) -> KeyPlace:
    if root.under is None:
        raise KeyUnavailable("the library's passphrase is needed for this; set SELFSEARCH_PASSPHRASE")
    sealed = crypto.Sealer(root.under).seal(root.pack(), place.library_id)
    return replace(place, kind="passphrase", sealed=base64.b64encode(sealed).decode())


def store(home: Path, key_folder: Path, root: RootKey) -> None:
    """Keep a changed root key where the library's root key is kept. Raises KeyUnavailable."""
    place = KeyPlace.read(home)
    if (place.kind == "passphrase") != (root.under is not None):
        raise KeyUnavailable(f"{home / 'key.json'} was changed since the library was opened; try again")
    if place.kind == "passphrase":
        _sealed(place, root).write(home)
    else:
        keep(place, root, key_folder)


def move(home: Path, key_folder: Path, root: RootKey, kind: str, passphrase: str = "") -> RootKey:
    """Keep the root key elsewhere: kind is file, keyring or passphrase.

    The old place is emptied after the new one was read back; killed in between, `tidy` ends it. Returns the
    root key as that place keeps it. Raises KeyUnavailable when it does not give back what it was given.
    """
    tidy(home, key_folder, root)
    old = KeyPlace.read(home)
    new = KeyPlace(old.library_id, kind)
    if old.kind != kind:
        private_folder(key_folder)
        write_private(_moving_file(old, key_folder), json.dumps([old.kind, kind]).encode())
    if kind == "passphrase":
        new = protect(new, root, passphrase)
        root = replace(root, under=_under(new, passphrase))
    else:
        root = replace(root, under=None)
        keep(new, root, key_folder)
    if not _is_kept(new, key_folder, root):
        raise KeyUnavailable("the key could not be read back from its new place; it stays where it was")
    new.write(home)
    tidy(home, key_folder, root)
    return root


def tidy(home: Path, key_folder: Path, root: RootKey) -> None:
    """Empty the place that the root key was moved from, if it is in the present place beyond doubt."""
    place = KeyPlace.read(home)
    moving = _moving_file(place, key_folder)
    if not moving.exists() or not _is_kept(place, key_folder, root):
        return
    for kind in {"file", "keyring"} & {*json.loads(moving.read_bytes())} - {place.kind}:
        _empty(place, key_folder, kind)
    moving.unlink(missing_ok=True)


def _moving_file(place: KeyPlace, key_folder: Path) -> Path:
    """Beside the key while it is moved: the kinds of place that it is moved from and to, in JSON."""
    return key_folder / f"{place.library_id}.moving"


def _is_kept(place: KeyPlace, key_folder: Path, root: RootKey) -> bool:
    """Whether this place gives back the root key as it is."""
    try:
        if place.kind != "passphrase":
            return fetch(place, key_folder, None).pack() == root.pack()
        return root.under is not None and _unseal(place, root.under).pack() == root.pack()
    except LibraryError:
        return False


def _empty(place: KeyPlace, key_folder: Path, kind: str) -> None:
    """Delete the root key from a place of this kind. Raises KeyUnavailable when the keyring is locked."""
    if kind == "file":
        key_file(place, key_folder).unlink(missing_ok=True)
        delete_halves(key_file(place, key_folder))
        return
    keyring = _keyring()
    try:
        keyring.delete_password(SERVICE, place.library_id)
    except keyring.errors.PasswordDeleteError:
        pass  # it is not there any more
    except keyring.errors.KeyringError as exc:
        raise KeyUnavailable("the operating system's keyring is locked; unlock it, then try again") from exc


def key_file(place: KeyPlace, key_folder: Path) -> Path:
    """Where the key file of this library is."""
    return key_folder / f"{place.library_id}.key"


def keyring_name() -> str | None:
    """The operating system's keyring, when there is one that really protects what it keeps."""
    if os.environ.get("SELFSEARCH_KEYRING") == "off":
        return None
    is_linux = os.name == "posix" and os.uname().sysname == "Linux"
    if is_linux and not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None  # no session bus, no keyring; the import alone would cost 0.1 s
    backend = _keyring().get_keyring()
    modules = [type(each).__module__ for each in getattr(backend, "backends", None) or [backend]]
    packages = [module.rpartition(".") for module in modules]
    trusted = [name for package, _, name in packages if package == "keyring.backends"]
    return next((name for name in trusted if name in TRUSTED_KEYRINGS), None)


def _keyring() -> Any:
    import keyring
    import keyring.errors

    return keyring


def _from_keyring(place: KeyPlace) -> bytes:
    keyring = _keyring()
    try:
        text = keyring.get_password(SERVICE, place.library_id)
    except keyring.errors.KeyringError as exc:
        raise KeyUnavailable(
            "the operating system's keyring is locked; log in or unlock it, then try again"
        ) from exc
    if text is None:
        raise KeyUnavailable(
            "the operating system's keyring no longer has this library's key; put it back from the recovery"
            " code: selfsearch key import"
        )
    try:
        return base64.b64decode(text)
    except ValueError as exc:
        raise KeyUnavailable("the library's key is damaged: what the keyring keeps is none") from exc


def _from_file(path: Path) -> bytes:
    try:
        if os.name == "posix":
            narrow(path)
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise KeyUnavailable(
            f"the library's key file {path} is missing; put it back from a copy, or from the recovery code:"
            " selfsearch key import"
        ) from exc
    except OSError as exc:
        raise KeyUnavailable(f"the library's key file {path} cannot be read: {exc.strerror}") from exc


def from_passphrase(place: KeyPlace, ask: AskPassphrase | None) -> RootKey:
    """The root key that is sealed in `place`. Raises KeyUnavailable without the right passphrase."""
    passphrase = ask() if ask else None
    if not passphrase:
        raise KeyUnavailable(
            "the library is locked with a passphrase; give it when asked, or set SELFSEARCH_PASSPHRASE, or"
            " SELFSEARCH_PASSPHRASE_FILE to the name of a file with it"
        )
    under = _under(place, passphrase)
    return replace(_unseal(place, under), under=under)


def _under(place: KeyPlace, passphrase: str) -> bytes:
    """The key that a passphrase gives. Raises KeyUnavailable when key.json holds no salt."""
    try:
        return crypto.from_passphrase(passphrase, base64.b64decode(place.salt, validate=True))
    except ValueError as exc:
        raise KeyUnavailable("key.json is damaged; restore it from a backup") from exc


def _unseal(place: KeyPlace, under: bytes) -> RootKey:
    """The root key that is sealed in `place`. Raises KeyUnavailable when `under` is not its key."""
    try:
        sealed = base64.b64decode(place.sealed, validate=True)
        return RootKey.unpack(crypto.Sealer(under).open(sealed, place.library_id))
    except KeyUnavailable:
        raise
    except (ValueError, LibraryError) as exc:
        raise KeyUnavailable("that is not the library's passphrase") from exc


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
LOOKALIKES = str.maketrans("ILO", "110")  # what people write for what was printed
LINES = 8  # of a recovery code
LINE_BYTES = 8  # of key per line
LINE_LETTERS = 14  # 65 bits of base32 and the check


def to_code(root: RootKey) -> str:
    """The recovery code, one line per eight bytes: number, then groups of letters.

    Only while one wrapping key is in use.
    """
    data = root.pack()[: LINES * LINE_BYTES]
    chunks = [data[at : at + LINE_BYTES] for at in range(0, len(data), LINE_BYTES)]
    return "\n".join(_code_line(number, chunk) for number, chunk in enumerate(chunks, 1))


def from_code(text: str) -> RootKey:
    """The inverse; blanks, dashes, line numbers and lower case do not matter.

    Raises UsageError naming the wrong line.
    """
    lines = [_letters(line) for line in text.upper().splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0]) % LINE_LETTERS == 0:  # everything on one line
        lines = [lines[0][at : at + LINE_LETTERS] for at in range(0, len(lines[0]), LINE_LETTERS)]
    if len(lines) != LINES:
        raise UsageError(f"a recovery code has {LINES} lines; this has {len(lines)}")
    return RootKey.unpack(b"".join(_line_bytes(number, line) for number, line in enumerate(lines, 1)))


def _code_line(number: int, data: bytes) -> str:
    value = int.from_bytes(data, "big")
    letters = "".join(ALPHABET[value >> shift & 31] for shift in range(60, -1, -5)) + _check(number, data)
    return f"{number}  {letters[:5]}-{letters[5:10]}-{letters[10:]}"


def _letters(line: str) -> str:
    return re.sub(r"[\s-]", "", re.sub(r"^\s*[1-8][\s.:)]+", "", line)).translate(LOOKALIKES)


def _line_bytes(number: int, letters: str) -> bytes:
    try:
        value = 0
        for letter in letters[:-1]:
            value = value << 5 | ALPHABET.index(letter)
        data = value.to_bytes(LINE_BYTES, "big")
    except (ValueError, OverflowError) as exc:
        raise UsageError(f"line {number} of the recovery code has a wrong letter") from exc
    if len(letters) != LINE_LETTERS or _check(number, data) != letters[-1]:
        raise UsageError(f"line {number} of the recovery code is not as it was printed; look at it again")
    return data


def _check(number: int, data: bytes) -> str:
    return ALPHABET[hashlib.sha256(bytes([number]) + data).digest()[0] & 31]
