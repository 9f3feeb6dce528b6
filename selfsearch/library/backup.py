"""Backup: one private file with a consistent copy of the library, encrypted as the library is.

A zip, stored, with library.db, keys.db, key.json, config.toml and a manifest. The wrapping key is not in it:
without the root key, or its recovery code, a backup opens nothing, and after an erasure the root key of today
opens no face in a backup from before. Asked for, the root key goes in sealed under a passphrase; then what is
erased later can be read in that backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

from ..errors import LibraryError
from ..files import atomic_file, delete_tree
from . import erasure, ledger, root_key
from .db import DatabaseError, explain
from .library import Library
from .root_key import KeyPlace, RootKey

SCHEMA = "selfsearch.backup/1"
DATABASES = ("library.db", "keys.db")
MEMBERS = (*DATABASES, "key.json", "config.toml", "root.json", "manifest.json")
PART = 1 << 20  # bytes read at a time


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself."""

    library_id: str
    made_at: str
    counts: dict[str, int]
    ledger_length: int
    ledger_hash: str
    sha256: dict[str, str] = field(default_factory=dict)  # member -> digest
    schema: str = SCHEMA


def save(
    library: Library, target: Path, now: str, passphrase: str | None = None, *, replacing: bool = False
) -> Manifest:
    """Write a backup and read it again; with a passphrase, the root key is in it, sealed.

    Needs the writer's place. Unless `replacing`, raises FileExistsError when there is something at `target`.
    """
    place = KeyPlace.read(library.home)
    extras = {"key.json": json.dumps(asdict(KeyPlace(place.library_id, place.kind))).encode()}
    if (library.home / "config.toml").exists():
        extras["config.toml"] = (library.home / "config.toml").read_bytes()
    if passphrase is not None:
        sealed = root_key.protect(KeyPlace(place.library_id, "passphrase"), library.root, passphrase)
        extras["root.json"] = json.dumps(asdict(sealed)).encode()
    with _copied(library, target) as folder:
        counts, length, last_hash = _examine_copy(folder, library)
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in extras.items()}
        for name in DATABASES:
            with (folder / name).open("rb") as database:
                digests[name] = _sha256(database)
        manifest = Manifest(place.library_id, now, counts, length, last_hash, digests)
        extras["manifest.json"] = json.dumps(asdict(manifest), indent=1).encode()
        with (
            atomic_file(target, replacing=replacing) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            for name in DATABASES:
                archive.write(folder / name, name)
            for name, data in extras.items():
                archive.writestr(name, data)
    check(target)
    return manifest


def check(path: Path) -> Manifest:
    """Read a backup through; every member must have the manifest's digest. Raises LibraryError."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            is_complete = {*DATABASES, "key.json", "manifest.json"} <= set(names) <= {*MEMBERS}
            if len(set(names)) != len(names) or not is_complete:
                raise LibraryError(f"{path} is not a backup of selfsearch")
            manifest = Manifest(**json.loads(archive.read("manifest.json")))
            for name in set(names) - {"manifest.json"}:
                with archive.open(name) as member:
                    if _sha256(member) != manifest.sha256.get(name):
                        raise LibraryError(f"{path} is damaged: {name} is not as it was saved")
    except (zipfile.BadZipFile, ValueError, TypeError, EOFError) as exc:
        raise LibraryError(f"{path} is not a backup of selfsearch, or it is damaged") from exc
    if manifest.schema != SCHEMA:
        raise LibraryError(f"{path} was written by another version of selfsearch ({manifest.schema})")
    return manifest


def unpack(path: Path, folder: Path) -> None:
    """Write the backup's members into a private folder, 0600."""
    with zipfile.ZipFile(path) as archive:
        for name in set(archive.namelist()) & set(MEMBERS):
            with archive.open(name) as member, atomic_file(folder / name) as file:
                shutil.copyfileobj(member, file, PART)


def place(path: Path) -> KeyPlace:
    """Where the root key of the library that was saved is kept, unless under a passphrase."""
    with zipfile.ZipFile(path) as archive:
        return KeyPlace.parse(archive.read("key.json"))


def has_root(path: Path) -> bool:
    """Whether the root key was put into the backup."""
    with zipfile.ZipFile(path) as archive:
        return "root.json" in archive.namelist()


def sealed_root(path: Path, passphrase: str | None) -> RootKey:
    """The root key that was put into the backup. Raises KeyUnavailable for a wrong passphrase."""
    with zipfile.ZipFile(path) as archive:
        place = KeyPlace.parse(archive.read("root.json"))
    root = root_key.from_passphrase(place, lambda: passphrase)
    return replace(root, under=None)


def examine(library: Library) -> dict[str, int]:
    """Check every page of both databases, and count the rows. Raises KeyUnavailable or LibraryError."""
    for db, name in ((library.db, "library.db"), (library.keys, "keys.db")):
        try:
            wrong = db.execute("pragma cipher_integrity_check").fetchall()
            wrong += [row for row in db.execute("pragma integrity_check").fetchall() if row != ("ok",)]
        except DatabaseError as exc:
            raise explain(exc, library.home / name) from exc
        if wrong:
            raise LibraryError(
                f"{name} is damaged: {len(wrong)} faults were found in it; run: selfsearch doctor"
            )
    return erasure.count_rows(library)


@contextmanager
def _copied(library: Library, target: Path) -> Iterator[Path]:
    """A private folder with consistent, encrypted copies of both databases; deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".making", dir=target.parent))  # 0700
    try:
        for name, db in zip(DATABASES, (library.db, library.keys), strict=True):
            os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            try:
                db.execute("vacuum into ?", [str(folder / name)])
            except DatabaseError as exc:
                raise explain(exc, target) from exc
        yield folder
    finally:
        delete_tree(folder)


def _examine_copy(folder: Path, library: Library) -> tuple[dict[str, int], int, str]:
    """Rows of the copies in `folder`, and length and last hash of their ledger.

    Raises LibraryError when one is damaged.
    """
    with Library(folder, library.root, library.key_folder) as copy:
        counts, length = examine(copy), ledger.verify(copy)
        entries = ledger.entries(copy)
    return counts, length, entries[-1].hash if entries else ""


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while part := stream.read(PART):
        digest.update(part)
    return digest.hexdigest()
