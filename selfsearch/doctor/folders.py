"""The library's files on disk: who may read them, what was left lying, how much room there is."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import LibraryError
from ..library.root_key import KeyPlace, key_file
from .finding import Finding, listed

ROOM = 500 << 20  # bytes: below this an index run may fill the disk


def permissions(home: Path, key_folder: Path, fix: bool) -> Iterator[Finding]:
    """Whether only the owner can read the library and its key."""
    if os.name != "posix":
        return
    yield _private("the library", home, [home, *sorted(home.rglob("*"))], fix)
    key = _key_file(home, key_folder)
    if key is not None and key.exists():
        yield _private("the library's key", key_folder, [key_folder, key], fix)


def _private(what: str, root: Path, paths: list[Path], fix: bool) -> Finding:
    wide = [path for path in paths if _too_wide(path)]
    if not wide:
        return Finding("permissions", "ok", f"only you can read {what}")
    said = f"others on this machine may get at {what}: {listed([_mode(path, root) for path in wide])}"
    if fix:
        still = [path for path in wide if not _narrow(path)]
        if not still:
            return Finding("permissions", "warning", said, "now only you can", mended=True)
        return Finding(
            "permissions",
            "error",
            said,
            "the disk does not keep permissions: move the library to one that does",
        )
    return Finding("permissions", "warning", said, "selfsearch doctor --fix")


def _too_wide(path: Path) -> bool:
    info = path.lstat()
    return not stat.S_ISLNK(info.st_mode) and bool(info.st_mode & 0o077)


def _mode(path: Path, root: Path) -> str:
    name = path.name if path == root else path.relative_to(root).as_posix()
    return f"{name} ({stat.S_IMODE(path.lstat().st_mode):04o})"


def _narrow(path: Path) -> bool:
    try:
        path.chmod(0o700 if path.is_dir() else 0o600)
    except OSError:
        return False
    return not _too_wide(path)


def _key_file(home: Path, key_folder: Path) -> Path | None:
    try:
        place = KeyPlace.read(home)
    except LibraryError:
        return None  # said when the library is opened
    return key_file(place, key_folder) if place.kind == "file" else None


def leftovers(home: Path, fix: bool) -> Iterator[Finding]:
    """Half-written files of runs that were killed, and downloads that wait to be continued."""
    every = set(home.rglob("*.part"))
    parts = sorted(path for path in every if not every & set(path.parents))
    downloads = [path for path in parts if path.parent == home / "packs" and not path.name.startswith(".")]
    stray = [path for path in parts if path not in downloads]
    for path in downloads:
        name = path.name.removesuffix(".zip.part")
        yield Finding(
            "leftovers", "note",
            f"the model pack {name} is not whole yet ({path.stat().st_size >> 20:,} MB are here)",
            f"go on: selfsearch models add {name}; or delete {path}",
        )  # fmt: skip
    if not stray:
        yield Finding("leftovers", "ok", "no half-written file was left behind")
        return
    said = f"half-written files were left by a run that was stopped: {listed([path.name for path in stray])}"
    if fix:
        for path in stray:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield Finding("leftovers", "warning", said, "they are deleted", mended=True)
    else:
        yield Finding("leftovers", "warning", said, "when no selfsearch is running: selfsearch doctor --fix")


def disk(home: Path) -> Finding:
    """Whether there is room to go on."""
    free = shutil.disk_usage(home).free
    if free >= ROOM:
        return Finding("disk", "ok", f"the library's disk has {free / (1 << 30):,.1f} GB free")
    return Finding(
        "disk",
        "warning",
        f"the library's disk has only {free >> 20:,} MB free",
        "make room before the next index",
    )
