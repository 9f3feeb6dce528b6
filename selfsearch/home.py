"""The library's folder: what counts as one, and which names in it are of our own making.

A folder that holds something else is never taken as a library's, and whatever is not of our own making is
neither re-permissioned nor deleted, in a library's folder either.
"""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .errors import LibraryError, UsageError
from .files import PART, delete_files, delete_tree, mount_of, narrow, opened_folder

FIRST = "writer.lock"  # made before anything else, so that an interrupted first run is known for what it is
LITTER = frozenset({".DS_Store", ".localized", ".directory", "desktop.ini", "Thumbs.db"})


def _whole_or_half(name: str) -> re.Pattern[str]:
    """A file of that name, or what a killed run left of it."""
    return re.compile(f"{name}|{PART.format(name)}")


# in reports/
PAGE = _whole_or_half(r"page-[0-9a-f]{16}\.html")  # what --open shows, as library/pages.py calls it
KEPT_PAGE = _whole_or_half(r"\d{4}-\d\d-\d\dT\d{6}\.html")  # of versions before, which kept them
REPORT = re.compile(f"{PAGE.pattern}|{KEPT_PAGE.pattern}")

PUT_ASIDE = re.compile(r"damaged-\d{8}T\d{6}")  # what a repair has replaced

_DATABASE = r"(?:library|keys)\.db"
_SETTING = r"key\.json|config\.toml|runs\.jsonl"
_TIMER = r"selfsearch(?:-[0-9a-f]{8})?\.xml"  # Windows
_FILE = rf"{_DATABASE}(?:-wal|-shm|-journal)?|{_SETTING}|{_TIMER}|(?:writer|run|runs)\.lock"
_COPY = rf"{_DATABASE}(?:-wal|-shm|-journal)?|key\.json|config\.toml|root\.json|manifest\.json|ready"
_PACK = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_MODEL = r"manifest\.json|MODEL\.LICENSE|calibration\.json|detection\.onnx|recognition\.onnx|inspected\.onnx"
_SCRATCH = rf"packs/{PART.format(_PACK)}"
OWN = re.compile(
    "|".join(
        (
            _FILE,
            PART.format(rf"{_SETTING}|{_TIMER}"),
            rf"\.(?:restore|before-restore)(?:/(?:{_COPY}|{PART.format(_COPY)}))?",
            rf"{PUT_ASIDE.pattern}(?:/(?:{_COPY}))?",
            rf"packs(?:/{_PACK}(?:/(?:{_MODEL}))?)?",
            rf"packs/{_PACK}\.zip(?:\.part)?",
            rf"{_SCRATCH}(?:/(?:removed|replaced))?(?:/(?:{_MODEL}|{PART.format(_MODEL)}))?",
            rf"reports(?:/(?:{REPORT.pattern}))?",
        )
    )
)

_log = logging.getLogger(__name__)


def is_library(folder: Path) -> bool:
    """Whether a library is there: a key.json that names one, or both databases."""
    if all((folder / name).is_file() for name in ("library.db", "keys.db")):
        return True
    try:
        place = json.loads((folder / "key.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(place, dict) and {"library_id", "kind"} <= place.keys()


def require_home(folder: Path) -> None:
    """See that `folder` is a library's, or may become one: it is not there, or has nothing else in it.

    Raises UsageError otherwise. Changes nothing.
    """
    if not folder.is_dir() or is_library(folder):
        return
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries} - LITTER
    if not names or (all(map(OWN.fullmatch, names)) and _was_begun(folder, names)):
        return
    raise UsageError(
        f"{folder} is not empty, and what is in it is no library of selfsearch; nothing in it was changed."
        " Choose a folder that is empty or not there yet: SELFSEARCH_HOME"
    )


def _was_begun(folder: Path, names: set[str]) -> bool:
    """Whether a run of ours had begun here: it left its empty lock, or added a model pack."""
    locks = names & {FIRST, "run.lock", "runs.lock"}
    if any(not (folder / name).lstat().st_size for name in locks):
        return True
    return any((folder / "packs").glob("*/manifest.json")) or any((folder / "packs").glob("*.zip.part"))


def claim(folder: Path) -> Path:
    """Make `folder` the place of a library if it is none yet, for its owner alone. Returns it.

    Raises UsageError when something else is in it; then nothing was changed.
    """
    require_home(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_library(folder):
        with suppress(FileExistsError):
            os.close(os.open(folder / FIRST, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if sys.platform != "win32" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    return folder


def keep_private(folder: Path) -> None:
    """Narrow the modes of a library's folder, and of what is ours in it, to its user alone: 0600 and 0700.

    Raises LibraryError when something in it, or the folder itself, belongs to somebody else: they could have
    put it there, and they could read what we add to it.
    """
    if sys.platform == "win32":
        return
    _require_owner(folder.stat(), "it", folder)
    repaired = sum(narrowed for _, narrowed in own_places(folder, narrowing=True))
    if folder.stat().st_mode & 0o077:
        folder.chmod(folder.stat().st_mode & 0o700)
        repaired += 1
    if repaired:
        _log.warning(
            "%d files or folders in %s could be used by other users of this machine; now only by you",
            repaired,
            folder,
        )


def own_places(folder: Path, *, narrowing: bool = False) -> Iterator[tuple[Path, bool]]:
    """What is ours in a library's folder, and whether it was narrowed. POSIX.

    Links are left out, files that have a second name elsewhere, and other disks that are mounted there.
    Raises LibraryError when something belongs to another user. A file that another run removes meanwhile
    does not matter.
    """
    with opened_folder(folder.resolve()) as descriptor:
        yield from _own_below(folder, "", descriptor, narrowing)


def _own_below(home: Path, inner: str, descriptor: int, narrowing: bool) -> Iterator[tuple[Path, bool]]:
    with os.scandir(descriptor) as entries:
        found = [(entry.name, info) for entry in entries if (info := _lstat(entry)) is not None]
    for name, info in found:
        _require_owner(info, name, home)
        path = home / inner / name
        if not OWN.fullmatch(inner + name) or stat.S_ISLNK(info.st_mode):
            continue
        with suppress(FileNotFoundError):
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 1:
                yield path, narrowing and narrow(path, descriptor)
            if not stat.S_ISDIR(info.st_mode):
                continue
            with opened_folder(name, descriptor) as below:
                if mount_of(below) == mount_of(descriptor):
                    yield path, narrowing and narrow(path, descriptor)
                    yield from _own_below(home, f"{inner}{name}/", below, narrowing)


def _lstat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _require_owner(info: os.stat_result, what: str, folder: Path) -> None:
    if info.st_uid != os.geteuid():
        raise LibraryError(
            f"{folder} is not used: {what} belongs to another user (number {info.st_uid}), who could read or"
            " replace what is in it; run selfsearch as that user, or choose another folder: SELFSEARCH_HOME"
        )


def half_written(folder: Path) -> list[Path]:
    """Files and folders that a killed run of ours left half-written in a library's folder."""
    places = [*folder.glob(".*.part"), *folder.glob("*/.*.part"), *folder.glob("packs/*/.*.part")]
    names = [(path, path.relative_to(folder).as_posix()) for path in places]
    ours = {path for path, name in names if OWN.fullmatch(name) and not path.is_symlink()}
    return sorted(path for path in ours if not ours & set(path.parents))


def delete_half_written(path: Path) -> None:
    """Delete one of `half_written`."""
    if path.is_dir():
        delete_tree(path)
    else:
        delete_files(path.parent, re.compile(re.escape(path.name)), when=lambda info: True)
