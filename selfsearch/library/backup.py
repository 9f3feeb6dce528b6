"""Backup: one private file with a consistent copy of the library, encrypted as the library is.

A zip, stored: library.db, keys.db, the settings (sealed) and a manifest that lists each with its size and
SHA-256. manifest.mac is the manifest's HMAC under a key derived from the root key: who lacks that key
can change, add, remove or exchange nothing in it unnoticed. The root key is not in it: without it, or its
recovery code, a backup opens nothing, and after an erasure the root key of today opens no face in a backup
from before. Asked for, it goes in sealed under a passphrase (root.json); then what is erased later can be
read in it.

Backups of the schema before (/1) have no such seal: nothing shows that they are as they were made.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from ..errors import KeyUnavailable, LibraryError
from ..files import atomic_file, delete_halves, delete_tree
from ..types import ProgressListener
from ..words import quantity
from . import crypto, erasure, ledger, root_key
from .db import held_still
from .library import Library
from .root_key import LIBRARY_ID, KeyPlace, RootKey

SCHEMA, UNSEALED = "selfsearch.backup/2", "selfsearch.backup/1"
DATABASES = ("library.db", "keys.db")
SETTINGS, ROOT = "settings.sealed", "root.json"  # what else may be listed
FORMER = ("key.json", "config.toml")  # in backups of the schema before; not taken
MANIFEST, MAC = "manifest.json", "manifest.mac"
PURPOSE = "backup manifest"  # of the key under which the manifest is authenticated
SETTINGS_PURPOSE = "backup settings"  # of the key that seals them: a notification's address holds secrets
PART = 1 << 20  # bytes read at a time
LARGEST = 1 << 16  # bytes of a member that is no database
MALFORMED = (  # what reading a damaged or hostile zip or manifest raises
    zipfile.BadZipFile, ValueError, TypeError, KeyError, AttributeError, EOFError, OverflowError,
    RuntimeError, struct.error, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """What the manifest says of one file."""

    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself."""

    library_id: str
    made_at: str
    counts: dict[str, int]
    ledger_length: int
    ledger_hash: str
    files: dict[str, Member]
    schema: str = SCHEMA


@dataclass(frozen=True)
class Backup:
    """A backup that is open for reading. What it says counts after `authenticate` alone."""

    path: Path
    manifest: Manifest
    raw: bytes  # the manifest's bytes
    mac: bytes
    archive: zipfile.ZipFile

    @property
    def is_sealed(self) -> bool:
        """Whether it can be shown to be as it was made: not so for one of the schema before."""
        return self.manifest.schema == SCHEMA

    @property
    def has_root(self) -> bool:
        """Whether the root key was put into it."""
        return ROOT in self.manifest.files

    def authenticate(self, root: RootKey) -> bytes:
        """The library key that it was made under. Raises LibraryError when that is none of these."""
        key = next((key for key in root.libraries if crypto.is_mac(self.mac, _mac_key(key), self.raw)), None)
        if key is None:
            raise LibraryError(
                f"{self.path} was changed after it was made, or put together from several backups: its list"
                " of files does not bear the seal of this library. Nothing was restored; use another backup"
            )
        return key

    def sealed_root(self, passphrase: str) -> RootKey:
        """The root key that was put into it. Raises KeyUnavailable for a wrong passphrase."""
        with _refusing(self.path):
            place = KeyPlace.parse(self._read(ROOT))
            root = root_key.from_passphrase(place, lambda: passphrase)
        return replace(root, under=None)

    def settings(self, key: bytes) -> str | None:
        """The text of config.toml, if there was one. `key` is what `authenticate` gave."""
        if SETTINGS not in self.manifest.files:
            return None
        return _settings_sealer(key).open(self._read(SETTINGS), SETTINGS).decode()

    def _read(self, name: str) -> bytes:
        """A small file, as the manifest lists it."""
        with _refusing(self.path):
            data = _small(self.archive, name)
            _check_digest(name, self.manifest.files[name], len(data), hashlib.sha256(data).hexdigest())
        return data

    def unpack(self, folder: Path) -> None:
        """Write the databases into a private folder, 0600; each must be as the manifest lists it."""
        for name in DATABASES:
            with atomic_file(folder / name) as file:
                for part in self._parts(name):
                    file.write(part)

    def check(self) -> None:
        """Read it through. Raises LibraryError when a file is not as the manifest lists it."""
        for name in self.manifest.files:
            for _ in self._parts(name):
                pass

    def _parts(self, name: str) -> Iterator[bytes]:
        """A file, part by part. Raises LibraryError, at the latest behind the last one."""
        digest, size = hashlib.sha256(), 0
        with _refusing(self.path), self.archive.open(name) as member:
            while part := member.read(PART):
                digest.update(part)
                size += len(part)
                yield part
            _check_digest(name, self.manifest.files[name], size, digest.hexdigest())


def save(
    library: Library,
    target: Path,
    now: str,
    passphrase: str | None = None,
    *,
    replacing: bool = False,
    progress: ProgressListener | None = None,
) -> Manifest:
    """Write a backup and read it again; with a passphrase, the root key is in it, sealed.

    Needs the writer's place. Unless `replacing`, raises FileExistsError when there is something at `target`.
    """
    progress = progress or ProgressListener()
    place, small = KeyPlace.read(library.home), {}
    if (library.home / "config.toml").exists():
        config = (library.home / "config.toml").read_bytes()
        small[SETTINGS] = _settings_sealer(library.root.library).seal(config, SETTINGS)
    if passphrase is not None:
        sealed = root_key.protect(KeyPlace(place.library_id, "passphrase"), library.root, passphrase)
        small[ROOT] = json.dumps(asdict(sealed)).encode()
    _delete_leftovers(target)
    with (
        held_still(library.db), held_still(library.keys),
        atomic_file(target, replacing=replacing) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):  # fmt: skip
        progress.begin("checking the library", None)
        counts, length, entries = examine(library), ledger.verify(library), ledger.entries(library)
        progress.end()
        files = {name: Member(len(data), hashlib.sha256(data).hexdigest()) for name, data in small.items()}
        files |= {name: _copy(library, name, archive, progress) for name in DATABASES}
        last_hash = entries[-1].hash if entries else ""
        manifest = Manifest(place.library_id, now, counts, length, last_hash, files)
        raw = json.dumps(asdict(manifest), indent=1).encode()
        small |= {MANIFEST: raw, MAC: crypto.mac(_mac_key(library.root.library), raw).hex().encode()}
        for name, data in small.items():
            archive.writestr(name, data)
    progress.begin("reading the backup again", None)
    with opened(target) as backup:
        backup.authenticate(library.root)
        backup.check()
    progress.end()
    return manifest


def _copy(library: Library, name: str, archive: zipfile.ZipFile, progress: ProgressListener) -> Member:
    """Put a database into the archive as it is."""
    source, digest = library.raw(name), hashlib.sha256()
    info = zipfile.ZipInfo(name)
    info.file_size = os.fstat(source.fileno()).st_size
    progress.begin(f"copying {name}", None)
    with archive.open(info, "w") as member:
        while part := source.read(PART):
            digest.update(part)
            member.write(part)
    progress.end()
    return Member(info.file_size, digest.hexdigest())


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """The backup at `path`, open for reading. Raises LibraryError when it is none.

    It holds what its manifest lists and nothing else, or it is refused.
    """
    with _Bounded(io.FileIO(path)) as file:  # one file from here on, whatever takes its place
        with _refusing(path):
            archive = zipfile.ZipFile(file)
        with archive:
            with _refusing(path):
                backup = _read(path, archive)
            yield backup


class _Bounded(io.BufferedReader):
    """A file of which one part is read at a time at most, however long it says that its listing is."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > PART:
            raise ValueError("longer than any part of a backup")
        return super().read(size)


def _read(path: Path, archive: zipfile.ZipFile) -> Backup:
    infos = {info.filename: info for info in archive.infolist()}
    if len(infos) != len(archive.infolist()) or any(info.compress_type for info in infos.values()):
        raise ValueError("a name twice, or compressed")
    raw = _small(archive, MANIFEST)
    manifest = _parse(raw, infos)
    is_sealed = manifest.schema == SCHEMA
    beside = {MANIFEST, MAC} if is_sealed else {MANIFEST}
    if set(infos) != {*manifest.files, *beside}:
        raise LibraryError(
            f"{path} holds other files than its list names: it was changed after it was made, or is damaged."
            " Nothing was restored"
        )
    mac = bytes.fromhex(_small(archive, MAC).decode("ascii")) if is_sealed else b""
    return Backup(path, manifest, raw, mac, archive)


def _parse(raw: bytes, infos: Mapping[str, zipfile.ZipInfo]) -> Manifest:
    """Raises one of MALFORMED for what is no manifest."""
    values = json.loads(raw)
    schema, allowed = values["schema"], {*DATABASES, ROOT, SETTINGS}
    if schema == UNSEALED:
        allowed.update(FORMER)
        files = {name: Member(infos[name].file_size, sha256) for name, sha256 in values.pop("sha256").items()}
    elif schema == SCHEMA:
        files = {name: Member(entry["size"], entry["sha256"]) for name, entry in values["files"].items()}
    else:
        raise LibraryError("it was written by another version of selfsearch")
    if not set(DATABASES) <= set(files) <= allowed or not LIBRARY_ID.fullmatch(values["library_id"]):
        raise ValueError("not the files of a backup")
    datetime.fromisoformat(values["made_at"])
    return Manifest(**values | {"files": files})


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """What a damaged or hostile file raises becomes one sentence."""
    try:
        yield
    except KeyUnavailable:
        raise
    except LibraryError as exc:
        raise LibraryError(str(exc) if str(path) in str(exc) else f"{path} cannot be used: {exc}") from exc
    except MALFORMED as exc:
        raise LibraryError(f"{path} is not a backup of selfsearch, or it is damaged") from exc


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError("too large")
    return archive.read(name)


def _check_digest(name: str, listed: Member, size: int, sha256: str) -> None:
    if listed != Member(size, sha256):
        raise LibraryError(
            f"it is damaged, or was changed: {name} is not as it was saved. Nothing was restored"
        )


def _mac_key(key: bytes) -> bytes:
    return crypto.derive(key, PURPOSE)


def _settings_sealer(key: bytes) -> crypto.Sealer:
    return crypto.Sealer(crypto.derive(key, SETTINGS_PURPOSE))


def examine(library: Library) -> dict[str, int]:
    """Check all that is in both databases, and count the rows. Raises KeyUnavailable or LibraryError.

    SQLCipher checks the seal of each page as it is read, and SQLite reads each that holds something.
    """
    for db, name in ((library.db, "library.db"), (library.keys, "keys.db")):
        wrong = [row for row in db.execute("pragma integrity_check").fetchall() if row != ("ok",)]
        if wrong:
            raise LibraryError(
                f"{name} is damaged ({quantity(len(wrong), 'fault')} found); run: selfsearch doctor"
            )
    return erasure.count_rows(library)


def _delete_leftovers(target: Path) -> None:
    """Delete what killed backups left of the same file.

    Earlier versions left folders; those go that hold their copies of the databases alone.
    """
    delete_halves(target)
    ours = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}\.making")
    copies = {f"{name}{side}" for name in DATABASES for side in ("", "-wal", "-shm", "-journal")}
    left = [path for path in target.parent.iterdir() if ours.fullmatch(path.name) and not path.is_symlink()]
    for folder in left:
        if folder.is_dir() and {inner.name for inner in folder.iterdir()} <= copies:
            delete_tree(folder)
