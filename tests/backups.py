"""Backups as somebody without the library's key would edit them, and what a library shows."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from selfsearch.library import backup, crypto
from selfsearch.library.library import Library, open_library
from selfsearch.library.root_key import RootKey
from tests.conftest import Run

PASSPHRASE = "correct horse battery"  # noqa: S105


def members(path: Path) -> dict[str, bytes]:
    """Name -> content."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: dict[str, bytes]) -> Path:
    """A backup of these members as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def edited(source: Path, target: Path, changes: dict[str, bytes | None], **values: Any) -> Path:
    """A copy with members changed, added or (None) removed, and the manifest made to fit."""
    files: dict[str, Any] = {**members(source), **changes}
    files = {name: data for name, data in files.items() if data is not None}
    manifest = json.loads(files["manifest.json"]) | values
    listed = {name: data for name, data in files.items() if not name.startswith("manifest")}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in listed.items()}
    if "files" in manifest:
        manifest["files"] = {
            name: {"size": len(data), "sha256": digests[name]} for name, data in listed.items()
        }
    else:
        manifest["sha256"] = digests
    files["manifest.json"] = json.dumps(manifest).encode()
    return write(target, files)


def sealed(path: Path, root: RootKey, files: dict[str, bytes]) -> Path:
    """A backup of these files as one of ours, under this root key."""
    listed = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    }
    manifest = {
        "schema": backup.SCHEMA, "library_id": "0" * 16, "made_at": "2026-03-01T12:00:00+00:00", "counts": {},
        "ledger_length": 0, "ledger_hash": "", "files": listed,
    }  # fmt: skip
    raw = json.dumps(manifest).encode()
    mac = crypto.mac(crypto.derive(root.library, backup.PURPOSE), raw).hex().encode()
    return write(path, {**files, "manifest.json": raw, "manifest.mac": mac})


def unsealed(source: Path, target: Path, **more: bytes) -> Path:
    """The same in the form of the version before, without a seal; `more` are members, as key_json=..."""
    manifest = json.loads(members(source)["manifest.json"])
    named = {name.replace("_", "."): data for name, data in more.items()}
    key = {"library_id": manifest["library_id"], "kind": "file", "salt": "", "sealed": "", "leaving": ""}
    kept = {
        name: data
        for name, data in members(source).items()
        if name not in ("manifest.mac", "settings.sealed")
    }
    files = {**kept, "key.json": json.dumps(key).encode(), **named}
    manifest.pop("files")
    manifest["schema"] = "selfsearch.backup/1"
    files["manifest.json"] = json.dumps(manifest).encode()
    write(target, files)
    return edited(target, target, {})


def former_backup(home: Path, source: Path, target: Path, **more: bytes) -> Path:
    """A backup of the version before, made of one of this version."""
    folder = target.parent / "former"
    folder.mkdir(exist_ok=True)
    files = members(source)
    for name in ("library.db", "keys.db"):
        (folder / name).write_bytes(files[name])
    with open_library(home, key_folder=home.parent / "keys") as opened:
        root = opened.root
    with closing(Library(folder, root, home.parent / "keys")) as library:
        library.db.execute("drop table if exists identity")
        library.db.execute("delete from _sqlite_migrations where name = 'm012_identity'")
        library.db.execute("pragma wal_checkpoint(truncate)")
    data = (folder / "library.db").read_bytes()
    write(target, {**files, "library.db": data})
    return unsealed(target, target, **more)


def shown(run: Run, selfie: Path, *options: str) -> set[str]:
    """Names of the photographs in which the selfie's face appears."""
    answer = run("query", selfie, *options, "--json").json
    return {
        Path(sighting["path"]).name
        for appearance in answer["appearances"]
        for sighting in appearance["sightings"]
    }


def key_of(home: Path) -> Path:
    """The only key file."""
    (path,) = (home.parent / "keys").glob("*.key")
    return path


def lose(home: Path) -> None:
    """Every file of the library is gone; its key is not."""
    for path in sorted(home.rglob("*"), reverse=True):
        path.unlink()
