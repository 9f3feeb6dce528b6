"""From a path to sources: what is a platform's export, which parts belong together, and what is just files.

A folder is listed once. Archives in it are containers of their own, recognised by their first bytes;
whatever no platform claims is one source of plain files. Nothing else is read here but the records by which
a reader makes sure.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..containers.archive import archive, may_be_archive
from ..containers.base import Container, Member
from ..containers.folder import Folder
from ..containers.streams import why
from ..errors import InputError
from ..types import Outcome
from .grouping import Box, DownloadKey, adopt, boxed, kinships, sources
from .recognise import MAX_DEPTH
from .source import Problem, Source

Known = Mapping[
    str, "tuple[str, Hashable]"
]  # archive path -> its stamp, and the library's key for all it holds


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A source made of archives alone, all of which are as they were. It was not opened."""

    source_key: Hashable
    containers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What there is at a path."""

    sources: tuple[Source, ...]  # to be read
    unchanged: tuple[Unchanged, ...]
    problems: tuple[
        Problem, ...
    ]  # archives that are damaged as a whole; their sources have them as items, too


def discover(path: Path, known: Known | None = None) -> Discovery:
    """Find every source in a file, an archive, or a folder that may hold several of them side by side.

    `known` has the archives of sources that consist of archives alone; an archive that holds two sources has
    one key for both. A known source is opened again when one of its archives changed or is missing, or when
    something new beside it is called like a part of it. Raises InputError when nothing at `path` can be read.
    """
    where = os.path.abspath(path)
    try:
        mode = os.stat(where).st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(where):
                pass
    except FileNotFoundError as exc:
        raise InputError(f"there is nothing at {path}") from exc
    except OSError as exc:
        raise InputError(f"{path}: {why(exc)}") from exc
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise InputError(f"{path} is neither a file nor a folder")
    return _folder(where, known or {}) if stat.S_ISDIR(mode) else _file(where, known or {})


def _file(where: str, known: Known) -> Discovery:
    """A single archive, or a single file as a folder with nothing else in it."""
    container = archive(where)
    if container is not None:
        return _found({where: (container, _stamp(where))}, None, known)
    folder = Folder(os.path.dirname(where), only=os.path.basename(where))
    return _found({}, Box(folder, os.path.basename(where), rest=list(folder.members())), known)


def _folder(where: str, known: Known) -> Discovery:
    folder = Folder(where)
    loose: list[Member] = []
    archives: dict[str, tuple[Container, str | None]] = {}
    for member in folder.members():
        container = archive(folder.real(member)) if may_be_archive(member) else None
        if container is None:
            loose.append(member)
        else:
            archives[container.path] = (container, f"{member.size}:{member.mark}")
    return _found(archives, boxed(folder, loose, depth=None), known)


def _found(
    archives: Mapping[str, tuple[Container, str | None]], folder: Box | None, known: Known
) -> Discovery:
    """Open what has to be opened, recognise, and join."""
    stamps = {path: stamp for path, (_, stamp) in archives.items()}
    fresh = {piece.kin for piece in folder.pieces if piece.kin} if folder else set()
    unchanged = _unchanged(stamps, fresh, known)
    closed = {path for paths in unchanged.values() for path in paths}
    boxes = [
        boxed(container, list(container.members()), depth=MAX_DEPTH)
        for path, (container, _) in archives.items()
        if path not in closed
    ]
    adopt(boxes, folder)
    spare = folder is not None and bool(closed) and not (folder.rest or folder.pieces or _unread(folder))
    found = sources(boxes, None if spare else folder)
    return Discovery(
        tuple(found),
        tuple(Unchanged(key, tuple(paths)) for key, paths in unchanged.items()),
        tuple(problem for source in found for problem in source.problems if not problem.path),
    )


def _unread(folder: Box) -> bool:
    """Whether a folder has something in it that could not be listed."""
    return any(outcome is Outcome.UNREADABLE for _, outcome, _ in folder.container.problems)


def _unchanged(
    stamps: Mapping[str, str | None], fresh: set[DownloadKey], known: Known
) -> dict[Hashable, list[str]]:
    """The known sources that need not be opened, with their archives. `fresh`: what lies there unpacked."""
    same: dict[Hashable, list[str]] = {}
    changed: set[Hashable] = set()
    for path, (stamp, key) in known.items():
        if stamp == (stamps[path] if path in stamps else _stamp(path)):
            same.setdefault(key, []).append(path)
        else:
            changed.add(key)
    same = {k: paths for k, paths in same.items() if k not in changed and not stamps.keys().isdisjoint(paths)}
    closed = {path for paths in same.values() for path in paths}
    kin = fresh.union(*(kinships(path) for path in stamps if path not in closed))
    while joined := [key for key, paths in same.items() if any(kinships(path) & kin for path in paths)]:
        for key in joined:
            kin.update(*(kinships(path) for path in same.pop(key)))
    return same


def _stamp(path: str) -> str | None:
    """An archive's stamp; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{status.st_size}:{status.st_mtime_ns}"
