"""From a path to sources: what is a platform's export, which parts belong together, and what is just files.

A folder is listed once. Archives in it are containers of their own, recognised by their first bytes;
whatever no platform claims is one source of plain files. Nothing else is read here but the records by which
a reader makes sure.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..containers.archive import may_be_archive, open_archive
from ..containers.base import Container, Member
from ..containers.folder import Folder
from ..containers.reach import Permits, nowhere
from ..containers.streams import os_error_reason
from ..errors import InputError
from ..types import Outcome
from .grouping import (
    MAX_DEPTH,
    ContainerScan,
    DownloadKey,
    assign_unmarked,
    innermost_prefix,
    make_sources,
    possible_downloads,
    scan_container,
)
from .inner_archives import is_inner_archive
from .parts import join_by_records
from .source import Problem, Source

# archive path -> its stamp, and the library's key for all it holds
IndexedArchives = Mapping[str, "tuple[str, Hashable]"]


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
    problems: tuple[Problem, ...]  # archives damaged as a whole; their sources have them as items, too


def discover(path: Path, indexed: IndexedArchives | None = None, elsewhere: Permits = nowhere) -> Discovery:
    """Find every source in a file, an archive, or a folder that may hold several of them side by side.

    `indexed` has the archives of sources that consist of archives alone; an archive that holds two sources
    has one key for both. Such a source is opened again when one of its archives changed or is missing, or
    when something new beside it is called like a part of it. Links are followed to other places at `path`,
    and to those real paths for which `elsewhere` says so. Raises InputError when nothing can be read.
    """
    place = os.path.abspath(path)
    try:
        mode = os.stat(place).st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(place):
                pass
    except FileNotFoundError as exc:
        raise InputError(f"there is nothing at {path}") from exc
    except OSError as exc:
        raise InputError(f"{path}: {os_error_reason(exc)}") from exc
    if stat.S_ISDIR(mode):
        return _in_folder(Folder(place, elsewhere=elsewhere), indexed or {})
    if stat.S_ISREG(mode):
        folder, name = os.path.split(place)
        return _in_file(Folder(folder, only=name, elsewhere=elsewhere), indexed or {})
    raise InputError(f"{path} is neither a file nor a folder")


def _in_file(folder: Folder, indexed: IndexedArchives) -> Discovery:
    """A single archive, or a single file as a folder with nothing else in it."""
    members = list(folder.members())
    for member in members:
        if not member.refused and (container := _as_archive(folder, member)) is not None:
            return _discovered({container.path: (container, _stamp(container.path))}, None, indexed)
    name = os.path.basename(folder.reach.root)
    return _discovered({}, ContainerScan(folder, name, rest=members), indexed)


def _as_archive(folder: Folder, member: Member) -> Container | None:
    path, check = folder.disk_path(member), partial(folder.check, member)
    return open_archive(path, check, folder.real_place(member))


def _in_folder(folder: Folder, indexed: IndexedArchives) -> Discovery:
    loose: list[Member] = []
    found: dict[str, Container] = {}
    for member in folder.members():
        container = _as_archive(folder, member) if may_be_archive(member) else None
        if container is None:
            loose.append(member)
        else:
            found[member.path] = container
    scan = scan_container(folder, loose, max_depth=None)
    platforms = {part.recognition.prefix: part.recognition.platform for part in scan.parts}
    archives = {}
    for path, container in found.items():
        prefix = innermost_prefix(path, platforms)
        if prefix is not None and is_inner_archive(platforms[prefix], path[len(prefix) :]):
            scan.inner.setdefault(prefix, {})[path] = container
        else:
            archives[container.path] = (container, _stamp(container.path))
    return _discovered(archives, scan, indexed)


def _discovered(
    archives: Mapping[str, tuple[Container, str | None]],
    folder: ContainerScan | None,
    indexed: IndexedArchives,
) -> Discovery:
    """Open what has to be opened, recognize, and join."""
    stamps = {path: stamp for path, (_, stamp) in archives.items()}
    unpacked = {part.download for part in folder.parts if part.download} if folder else set()
    unchanged = _unchanged(stamps, unpacked, indexed)
    closed = {path for paths in unchanged.values() for path in paths}
    scans = [
        scan_container(container, list(container.members()), max_depth=MAX_DEPTH)
        for path, (container, _) in archives.items()
        if path not in closed
    ]
    assign_unmarked(scans, folder)
    if folder and closed and not (folder.rest or folder.parts or _has_unreadable(folder)):
        folder = None  # it holds nothing but the archives that stay closed
    sources = make_sources(scans, folder, join_by_records(scans, folder))
    return Discovery(
        tuple(sources),
        tuple(Unchanged(key, tuple(paths)) for key, paths in unchanged.items()),
        tuple(problem for source in sources for problem in source.problems if not problem.path),
    )


def _has_unreadable(folder: ContainerScan) -> bool:
    """Whether a folder has something in it that could not be listed."""
    return any(outcome is Outcome.UNREADABLE for _, outcome, _ in folder.container.problems)


def _unchanged(
    stamps: Mapping[str, str | None], unpacked: set[DownloadKey], indexed: IndexedArchives
) -> dict[Hashable, list[str]]:
    """The indexed sources that need not be opened, with their archives. `unpacked`: exports in folders."""
    unchanged: dict[Hashable, list[str]] = {}
    changed: set[Hashable] = set()
    for path, (stamp, key) in indexed.items():
        if stamp == (stamps[path] if path in stamps else _stamp(path)):
            unchanged.setdefault(key, []).append(path)
        else:
            changed.add(key)
    unchanged = {
        key: paths
        for key, paths in unchanged.items()
        if key not in changed and not stamps.keys().isdisjoint(paths)
    }
    closed = {path for paths in unchanged.values() for path in paths}
    opened = unpacked.union(*(possible_downloads(path) for path in stamps if path not in closed))
    while joined := [key for key, paths in unchanged.items() if not opened.isdisjoint(_downloads(paths))]:
        for key in joined:
            opened |= _downloads(unchanged.pop(key))
    return unchanged


def _downloads(paths: Iterable[str]) -> set[DownloadKey]:
    return {download for path in paths for download in possible_downloads(path)}


def _stamp(path: str) -> str | None:
    """An archive's stamp; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{status.st_size}:{status.st_mtime_ns}"
