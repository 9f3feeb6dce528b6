"""Doctor: is everything as it should be, and if not, how is it mended?

The machine first, then the folders, the packs, and last what the library holds (library/integrity.py). Every
check yields findings and none stops another. Nothing is changed unless `fix` is asked for, and then only what
loses nothing: permissions, left-over files, and embeddings or chips that can be made again.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.version import Version

from . import settings
from .errors import KeyUnavailable, LibraryBusyError, LibraryError, PackError, SelfsearchError, UsageError
from .files import narrow
from .home import PUT_ASIDE, delete_half_written, half_written, own_places, require_home
from .library.integrity import Finding, check_library, examples
from .library.library import is_inside, open_library
from .library.root_key import AskPassphrase, KeyPlace, key_file
from .packs import store
from .recognition.model_pack import DEFAULT_PACK
from .recognition.worker_pool import WorkerPool
from .types import ProgressListener

PROGRAMS = {  # module -> what to do when it does not load
    "cv2": "install libgl1 and libglib2.0-0, or replace opencv-python by opencv-python-headless",
    "faiss": "install it again: pip install --force-reinstall faiss-cpu",
    "onnxruntime": "install it again: pip install --force-reinstall onnxruntime",
}
BILL_OF_MATERIALS = "sboms/selfsearch.cdx.json"  # scripts/sbom.py writes it into the wheel
MARKER = "selfsearch:marker"
STAND_INS = {"opencv-python-headless": "opencv-python"}  # what may be there instead
ROOM = 500 << 20  # bytes: below this an index run may fill the disk


def examine(
    home: Path,
    key_folder: Path,
    ask: AskPassphrase | None = None,
    *,
    fix: bool = False,
    progress: ProgressListener | None = None,
) -> Iterator[Finding]:
    """Every finding, as it is made.

    Raises LibraryBusyError when `fix` is asked for while another selfsearch is writing.
    """
    yield from check_programs()
    yield check_telemetry()
    yield check_dependencies()
    try:
        require_home(home)
    except UsageError as exc:
        yield Finding("library", "error", str(exc), "say where the library is: SELFSEARCH_HOME")
        return
    if home.is_dir():
        yield from check_permissions(home, key_folder, fix)
        yield from check_leftovers(home, fix)
        yield check_disk(home)
        yield from check_key_folder(home, key_folder)
    yield from check_settings(home)
    yield from check_packs(home)
    yield from check_workers(home)
    if not (home / "key.json").exists() and not (home / "library.db").exists():
        yield Finding(
            "library", "note", f"there is no library in {home} yet", "make one: selfsearch index PATH"
        )
        return
    try:
        with open_library(home, key_folder=key_folder, ask=ask, writing=fix) as library:
            yield from check_library(library, fix, progress)
    except LibraryBusyError:
        raise
    except SelfsearchError as exc:
        what, _, cure = str(exc).partition("; ")
        if isinstance(exc, KeyUnavailable) and cure and "doctor" not in cure:  # nothing to repair without it
            yield Finding("library", "error", what, cure)
            return
        yield Finding(
            "library", "error", str(exc),
            "where it is damaged, put the library's folder or its key back from a backup, which leaves out"
            " what came after it; or save what is intact, which leaves out what was in the damaged parts:"
            " selfsearch doctor --repair",
        )  # fmt: skip


def check_programs() -> Iterator[Finding]:
    """Whether what the work is done with can be loaded."""
    for name, cure in PROGRAMS.items():
        try:
            module = importlib.import_module(name)
        except (ImportError, OSError) as exc:
            yield Finding("programs", "error", f"{name} cannot be loaded: {exc}", cure)
        else:
            yield Finding("programs", "ok", f"{name} {getattr(module, '__version__', '')} loads")


def check_telemetry() -> Finding:
    """onnxruntime reports home in some builds unless this is set before it is loaded."""
    if os.environ.get("ORT_DISABLE_TELEMETRY") == "1":
        return Finding("telemetry", "ok", "onnxruntime's telemetry is switched off")
    return Finding(
        "telemetry", "warning", "onnxruntime's telemetry is not switched off in this process",
        "set ORT_DISABLE_TELEMETRY=1 before starting Python; the command selfsearch does so itself",
    )  # fmt: skip


def check_dependencies() -> Finding:
    """Whether what is installed is at least as new as what this version was locked and checked with."""
    locked = _locked()
    if not locked:
        return Finding(
            "dependencies", "note",
            "what this version was checked with is not on record here, so an old dependency is not noticed",
            "install selfsearch from its wheel, or start it with scripts/selfsearch",
        )  # fmt: skip
    installed = [(*found, version) for name, version in locked.items() if (found := _installed(name))]
    older = [each for each in installed if Version(each[1]) < Version(each[2])]
    if not older:
        what = f"none of the {len(locked)} dependencies is older than what this version was checked with"
        return Finding("dependencies", "ok", what)
    shown = examples([f"{name} {found} (checked with {version})" for name, found, version in older])
    return Finding(
        "dependencies", "warning",
        f"older than what this version was checked with, so what was mended since is missing: {shown}",
        f"pip install --upgrade {' '.join(name for name, *_ in older)}; or start it with scripts/selfsearch"
        " of a checkout",
    )  # fmt: skip


def _locked() -> dict[str, str]:
    """Name -> version on this machine, from the bill of materials; empty when there is none."""
    try:
        text = metadata.distribution("selfsearch").read_text(BILL_OF_MATERIALS)
    except metadata.PackageNotFoundError:
        return {}
    libraries = [
        component for component in json.loads(text or "{}").get("components", ())
        if component["type"] == "library"
    ]  # fmt: skip
    return {library["name"]: library["version"] for library in libraries if _is_for_here(library)}


def _is_for_here(library: dict[str, Any]) -> bool:
    markers = [entry["value"] for entry in library.get("properties", ()) if entry["name"] == MARKER]
    return all(Marker(marker).evaluate() for marker in markers)


def _installed(name: str) -> tuple[str, str] | None:
    """What is there of that name, or in its place: its name and version."""
    for candidate in (name, STAND_INS.get(name, name)):
        try:
            return candidate, metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None


def check_permissions(home: Path, key_folder: Path, fix: bool) -> Iterator[Finding]:
    """Whether only the owner can read the library and its key."""
    if os.name != "posix":
        return
    try:
        ours = sorted(path for path, _ in own_places(home))
    except LibraryError:
        return  # said when the library is opened
    yield _check_private("the library", home, [home, *ours], fix)
    try:
        place = KeyPlace.read(home)
    except LibraryError:
        return  # said when the library is opened
    key = key_file(place, key_folder)
    if place.kind == "file" and key.exists():
        yield _check_private("the library's key", key_folder, [key], fix)


def _check_private(what: str, root: Path, paths: list[Path], fix: bool) -> Finding:
    wide = [path for path in paths if _is_wide(path)]
    if not wide:
        return Finding("permissions", "ok", f"only you can read {what}")
    names = [path.name if path == root else path.relative_to(root).as_posix() for path in wide]
    modes = [f"{stat.S_IMODE(path.lstat().st_mode):04o}" for path in wide]
    shown = examples([f"{name} ({mode})" for name, mode in zip(names, modes, strict=True)])
    sentence = f"others on this machine may get at {what}: {shown}"
    if not fix:
        return Finding("permissions", "warning", sentence, "selfsearch doctor --fix")
    if [path for path in wide if not _narrow(path)]:
        cure = "the disk does not keep permissions: move the library to one that does"
        return Finding("permissions", "error", sentence, cure)
    return Finding("permissions", "warning", sentence, "now only you can", mended=True)


def _is_wide(path: Path) -> bool:
    info = path.lstat()
    return not stat.S_ISLNK(info.st_mode) and bool(info.st_mode & 0o077)


def _narrow(path: Path) -> bool:
    """Take the permissions of others away. Returns whether the disk keeps that."""
    try:
        narrow(path)
    except OSError:
        return False
    return not _is_wide(path)


def check_leftovers(home: Path, fix: bool) -> Iterator[Finding]:
    """Half-written files of runs that were killed, and downloads that wait to be continued."""
    for path in sorted((home / "packs").glob("[!.]*.zip.part")):
        name = path.name.removesuffix(".zip.part")
        yield Finding(
            "leftovers", "note",
            f"the model pack {name} is not whole yet ({path.stat().st_size >> 20:,} MB are here)",
            f"go on: selfsearch models add {name}; or delete {path}",
        )  # fmt: skip
    for folder in sorted(path for path in home.iterdir() if PUT_ASIDE.fullmatch(path.name)):
        yield Finding(
            "leftovers", "note",
            f"{folder} holds the damaged files of a library that was repaired: what was forgotten since may"
            " still be in them",
            "when you do not need them any more, delete that folder",
        )  # fmt: skip
    stray = half_written(home)
    if not stray:
        yield Finding("leftovers", "ok", "no half-written file was left behind")
        return
    names = examples([path.name for path in stray])
    sentence = f"half-written files were left by a run that was stopped: {names}"
    if not fix:
        cure = "when no selfsearch is running: selfsearch doctor --fix"
        yield Finding("leftovers", "warning", sentence, cure)
        return
    for path in stray:
        delete_half_written(path)
    yield Finding("leftovers", "warning", sentence, "they are deleted", mended=True)


def check_disk(home: Path) -> Finding:
    """Whether there is room to go on."""
    free = shutil.disk_usage(home).free
    if free >= ROOM:
        return Finding("disk", "ok", f"the library's disk has {free / (1 << 30):,.1f} GB free")
    return Finding(
        "disk", "warning", f"the library's disk has only {free >> 20:,} MB free",
        "make room before the next index",
    )  # fmt: skip


def check_key_folder(home: Path, key_folder: Path) -> Iterator[Finding]:
    """Whether the key, and what is kept beside it, is out of reach of whoever has the library's folder."""
    if is_inside(key_folder, home):
        yield Finding(
            "permissions", "error",
            f"{key_folder} lies in the library's own folder: whoever has a copy of that has the key as well",
            "move the files in it to a folder elsewhere, and have SELFSEARCH_KEYS name that",
        )  # fmt: skip


def check_settings(home: Path) -> Iterator[Finding]:
    """Whether config.toml can be read, and names a pack that is there."""
    try:
        name = settings.read(home).pack
    except UsageError as exc:
        yield Finding("settings", "error", str(exc), f"correct or delete {home / 'config.toml'}")
        return
    if name in [pack.name for pack in store.list_packs(home / "packs")]:
        yield Finding("settings", "ok", f"the settings are readable; the model pack in use is {name}")
    else:
        yield Finding(
            "settings", "error", f"the model pack in use, {name}, is not there or cannot be read",
            f"add it again (selfsearch models add), or: selfsearch models use {DEFAULT_PACK}",
        )  # fmt: skip


def check_workers(home: Path) -> Iterator[Finding]:
    """Whether the processes that look at photographs start, and what the system holds them to."""
    try:
        pool = WorkerPool(store.find_pack(settings.read(home).pack, home / "packs"), size=1, with_hash=False)
        with closing(pool):
            seal = pool.seal()
    except (UsageError, PackError, ImportError):
        return  # the settings, the pack, the programs: each is said in its place
    except SelfsearchError as exc:
        yield Finding("workers", "error", str(exc), "install selfsearch again")
        return
    layers = {
        "open no file": seal.files,
        "start no program, reach no network": seal.calls,
        "have limited memory": seal.memory,
    }
    held = ", ".join(layer for layer, holds in layers.items() if holds)
    missing = ", ".join(layer for layer, holds in layers.items() if not holds)
    if not missing:
        yield Finding("workers", "ok", f"the processes that look at photographs have no key, {held}")
        return
    what = (
        f"the processes that look at photographs have no key{held and f', {held}'}; not held here: {missing}"
    )
    yield Finding("workers", "note", what, "Linux 5.13 and later with seccomp does")


def check_packs(home: Path) -> Iterator[Finding]:
    """Whether every pack is, byte for byte, what its manifest says."""
    for pack in store.list_packs(home / "packs"):
        try:
            pack.verify()
        except PackError as exc:
            sentence, _, cure = str(exc).partition("; ")
            yield Finding("packs", "error", sentence, cure)
            continue
        yield Finding("packs", "ok", f"the model pack {pack.name} is whole and unchanged")
        if pack.calibration is None:
            yield Finding(
                "packs", "note", f"the model pack {pack.name} has no calibration: its scores have no bands",
                "measure it on labelled photographs: scripts/calibrate",
            )  # fmt: skip
    for name, why in store.unreadable_packs(home / "packs").items():
        yield Finding("packs", "error", why, f"take it away: selfsearch models remove {name}")
