"""Which exports begin where in a tree of files, and which parts belong together.

What each container holds is recognized by itself; parts are joined by the names of their downloads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from ..containers.archive import stem
from ..containers.base import Container, Member
from ..words import quantity
from .export import Export, natural_key
from .inner_archives import open_inner_archives
from .path_index import PathIndex, file_stem, folder_of, is_litter
from .platforms import PLAIN_FILES, PLATFORMS
from .platforms.base import Platform
from .platforms.media_refs import is_media_name
from .source import FileSet, Problem, Source, SourcePart

MIN_DIGITS = 8  # in a name that no camera's counter gives: an id, or a date with its time
_WORD = re.compile(r"[a-z0-9]{10,}", re.IGNORECASE)  # with a digit in it, an id


# What browsers and unpackers put behind a name that is taken: "name (1)", "name 2", "name copy".
_COUNTER = re.compile(r" ?\(\d{1,3}\)$| \d{1,2}$| copy(?: \d{1,2})?$")


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


Pathed = TypeVar("Pathed", bound=_HasPath)

MAX_DEPTH = 3  # folders around an export inside an archive: a wrapper, "Takeout", the product


@dataclass(frozen=True, slots=True)
class Recognition:
    """An export of `platform` begins at `prefix`."""

    platform: type[Platform]
    prefix: str  # "" or a path ending in "/"
    why: str  # as the platform's reader says it


def recognize(
    members: Sequence[Member],
    container_name: str,
    *,
    max_depth: int | None = None,
    platforms: Sequence[type[Platform]] = PLATFORMS,
) -> list[Recognition]:
    """The exports in one container, shortest prefix first. `container_name`: without its ending.

    At one prefix the first platform in the registry wins. What a platform finds again inside its own export
    is part of it. What begins deeper inside another's export is an export of its own.
    """
    candidates = _candidates(members, max_depth, platforms)
    doubtful = {
        prefix
        for prefix, rivals in candidates.items()
        if any(rival.platform.needs_confirmation for rival in rivals)
    }
    members_below = _members_below(members, doubtful)
    recognitions: dict[str, Recognition] = {}
    for prefix in sorted(candidates, key=lambda prefix: (prefix.count("/"), prefix)):
        around = innermost_prefix(prefix, recognitions)
        for candidate in candidates[prefix]:
            platform = candidate.platform
            if around is not None and recognitions[around].platform is platform:
                break
            name = download_name(container_name, prefix, platform)
            if not platform.needs_confirmation or platform.confirm(Export(name, members_below[prefix])):
                recognitions[prefix] = candidate
                break
    return list(recognitions.values())


def _candidates(
    members: Sequence[Member], max_depth: int | None, platforms: Sequence[type[Platform]]
) -> dict[str, list[Recognition]]:
    """Prefix -> who recognizes something there, in the order of the registry."""
    proper = (member.path for member in members if not is_litter(member.path))
    paths = PathIndex(proper, max_depth)  # large: not kept
    candidates: dict[str, list[Recognition]] = {}
    for platform in platforms:
        for root in platform.recognize(paths):
            if max_depth is None or root.prefix.count("/") <= max_depth:
                candidates.setdefault(root.prefix, []).append(Recognition(platform, root.prefix, root.why))
    return candidates


def download_name(container_name: str, prefix: str, platform: type[Platform]) -> str:
    """The name under which the platform handed it out: the nearest around it that has the platform's form."""
    names = [container_name, *prefix.split("/")[:-1]]
    return next((name for name in reversed(names) if part_key(platform, name)), names[-1] or container_name)


def part_key(platform: type[Platform], name: str) -> str | None:
    """What the parts of one download share, from the name of any, with or without its ending."""
    plain = stem(name)
    return platform.part_key(plain) or platform.part_key(_COUNTER.sub("", plain))


def innermost_prefix(path: str, prefixes: Iterable[str]) -> str | None:
    """The longest of `prefixes` that `path` lies under."""
    among = prefixes if isinstance(prefixes, (dict, set, frozenset)) else set(prefixes)
    end = len(path)
    while end > 0:
        end = path.rfind("/", 0, end)
        if path[: end + 1] in among and path[: end + 1] != path:
            return path[: end + 1]
    return None


def group_by_prefix(members: Iterable[Pathed], prefixes: Iterable[str]) -> dict[str | None, list[Pathed]]:
    """Each member under the innermost of `prefixes` around it; under None when there is none."""
    distinct = set(prefixes)
    return _group_by_folder(members, lambda folder: [innermost_prefix(f"{folder}*", distinct)])


def _members_below(members: Iterable[Member], prefixes: set[str]) -> dict[str, dict[str, Member]]:
    """For each prefix everything below it, by path from there."""
    below: dict[str, dict[str, Member]] = {prefix: {} for prefix in prefixes}
    if prefixes:
        proper = (member for member in members if not is_litter(member.path))
        groups = _group_by_folder(proper, lambda folder: _prefixes_around(folder, prefixes))
        for prefix, group in groups.items():
            if prefix is not None:
                below[prefix] = {member.path[len(prefix) :]: member for member in group}
    return below


def _prefixes_around(folder: str, prefixes: set[str]) -> list[str | None]:
    around: list[str | None] = []
    place: str | None = f"{folder}*"
    while place and (place := innermost_prefix(place, prefixes)) is not None:
        around.append(place)
    return around


def _group_by_folder(
    members: Iterable[Pathed], prefixes_of: Callable[[str], list[str | None]]
) -> dict[str | None, list[Pathed]]:
    """Members under each of the prefixes of their folder, which are asked for once per folder."""
    groups_of: dict[str, list[list[Pathed]]] = {}
    groups: dict[str | None, list[Pathed]] = {}
    for member in members:
        folder = folder_of(member.path)
        lists = groups_of.get(folder)
        if lists is None:
            lists = [groups.setdefault(prefix, []) for prefix in prefixes_of(folder)]
            groups_of[folder] = lists
        for group in lists:
            group.append(member)
    return groups


class DownloadKey(NamedTuple):
    """What the parts of one export have in common."""

    platform: str
    folder: str  # in which the downloads lie
    part_key: str  # what their names share


@dataclass(slots=True)
class ExportPart:
    """What one container holds of one export."""

    recognition: Recognition
    files: SourcePart
    download: DownloadKey | None  # parts with the same one are one export
    inner_prefix: str  # the prefix as it stands inside the download
    joined: str = ""  # why it belongs to the export, where its name does not say so


@dataclass
class ContainerScan:
    """One container with everything found in it."""

    container: Container
    name: str  # without ending
    parts: list[ExportPart] = field(default_factory=list)
    rest: list[Member] = field(default_factory=list)  # in no part of an export
    # Of a folder: archives that a platform put into an export, by the export's prefix and their path.
    inner: dict[str, dict[str, Container]] = field(default_factory=dict)

    def rest_as_part(self) -> SourcePart:
        """The rest as a part of a source of plain files."""
        return SourcePart(self.container, "", self.rest, self.name)

    @cached_property
    def problems(self) -> Mapping[str | None, list[Problem]]:
        """What could not be listed, by the part of a folder that it lies in; an archive's under None."""
        problems = [Problem(self.container, *problem) for problem in self.container.problems]
        prefixes = [part.recognition.prefix for part in self.parts] if self.container.is_folder else []
        return group_by_prefix(problems, prefixes)


def scan_container(
    container: Container, members: Sequence[Member], *, max_depth: int | None
) -> ContainerScan:
    """Recognize what a container holds."""
    name = stem(os.path.basename(container.path))
    recognitions = recognize(members, name, max_depth=max_depth)
    groups = group_by_prefix(members, [recognition.prefix for recognition in recognitions])
    parts = [_part(container, name, each, groups.get(each.prefix, [])) for each in recognitions]
    return ContainerScan(container, name, parts, groups.get(None, []))


def _part(
    container: Container, container_name: str, recognition: Recognition, members: list[Member]
) -> ExportPart:
    platform, prefix = recognition.platform, recognition.prefix
    name = download_name(container_name, prefix, platform)
    key = part_key(platform, name)
    folders = prefix.split("/")[:-1]
    depth = _download_depth(folders, name, platform) if container.is_folder else 0
    place = os.path.dirname(os.path.join(container.path, *folders[:depth]))
    download = DownloadKey(platform.name, place, key) if key else None
    inner_prefix = "".join(f"{folder}/" for folder in folders[depth:])
    return ExportPart(recognition, SourcePart(container, prefix, members, name), download, inner_prefix)


def _download_depth(folders: list[str], name: str, platform: type[Platform]) -> int:
    """How many folders lead to the download `name`, its own included; 0 when it is the container itself.

    An archive is often unpacked into a folder of its own name: of two such folders the outer counts.
    """
    depth = len(folders) - folders[::-1].index(name) if name in folders else 0
    while depth > 1 and (key := part_key(platform, name)) and part_key(platform, folders[depth - 2]) == key:
        depth -= 1
    return depth


def possible_downloads(path: str) -> list[DownloadKey]:
    """Every export that an archive of this name could be a part of, in the order of the registry."""
    folder, name = os.path.split(path)
    return [DownloadKey(p.name, folder, key) for p in PLATFORMS if (key := part_key(p, name))]


def assign_unmarked(scans: Sequence[ContainerScan], folder: ContainerScan | None) -> None:
    """Give archives and folders without any mark to the export that their names belong to."""
    unmarked = [scan for scan in scans if not scan.parts and scan.rest]
    for platform in PLATFORMS:
        _recognize_together(platform, [scan for scan in unmarked if not scan.parts])
    marked = (part for scan in (*scans, *([folder] if folder else ())) for part in scan.parts)
    exports = {part.download: part for part in marked if part.download}
    for scan in unmarked:
        if not scan.parts:
            downloads = possible_downloads(scan.container.path)
            if download := next((key for key in downloads if key in exports), None):
                _join(scan, exports[download], download)
    if folder and exports:
        _assign_folders(folder, exports)


def _recognize_together(platform: type[Platform], scans: Sequence[ContainerScan]) -> None:
    """Marks that only count together may lie in different parts."""
    groups: dict[DownloadKey, list[ContainerScan]] = {}
    for scan in scans:
        for download in possible_downloads(scan.container.path):
            if download.platform == platform.name:
                groups.setdefault(download, []).append(scan)
    for download, group in groups.items():
        members = [member for scan in group for member in scan.rest]
        recognitions = recognize(members, group[0].name, platforms=(platform,)) if len(group) > 1 else []
        for scan in group if recognitions else ():
            first = recognitions[0]
            _join(scan, ExportPart(first, scan.rest_as_part(), download, first.prefix), download)


def _assign_folders(folder: ContainerScan, exports: Mapping[DownloadKey, ExportPart]) -> None:
    downloads: dict[str, DownloadKey] = {}  # by prefix
    for place in dict.fromkeys(folder_of(member.path) for member in folder.rest):
        names = place.split("/")[:-1]
        for depth in range(1, len(names) + 1):
            prefix = "".join(f"{name}/" for name in names[:depth])
            for download in possible_downloads(os.path.join(folder.container.path, *names[:depth])):
                if download in exports:
                    downloads.setdefault(prefix, download)
    groups = group_by_prefix(folder.rest, downloads)
    folder.rest = groups.pop(None, [])
    for prefix, download in downloads.items():
        name = prefix.rstrip("/").rpartition("/")[2]
        below = ContainerScan(folder.container, name, rest=groups.get(prefix, []))
        _join(below, exports[download], download, prefix)
        folder.parts += below.parts


def _join(scan: ContainerScan, like: ExportPart, download: DownloadKey, outer: str = "") -> None:
    """Make all of a scan's rest, which lies below `outer`, one more part beside `like`."""
    inner = _inner_prefix([member.path[len(outer) :] for member in scan.rest], like, download.part_key)
    recognition = Recognition(like.recognition.platform, outer + inner, like.recognition.why)
    prefix = recognition.prefix
    below = [member for member in scan.rest if member.path.startswith(prefix)]
    scan.rest = [member for member in scan.rest if not member.path.startswith(prefix)]
    files = SourcePart(scan.container, prefix, below, scan.name)
    scan.parts.append(ExportPart(recognition, files, download, inner))


def _inner_prefix(paths: Sequence[str], like: ExportPart, key: str) -> str:
    """Where the export begins in a part without marks: as in the one with marks, or below its own wrapper."""
    if like.inner_prefix and any(path.startswith(like.inner_prefix) for path in paths):
        return like.inner_prefix
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    wrapper = tops.pop() if len(tops) == 1 else ""
    if wrapper and part_key(like.recognition.platform, wrapper) == key:
        longer = f"{wrapper}/{like.inner_prefix.partition('/')[2]}"
        return longer if any(path.startswith(longer) for path in paths) else f"{wrapper}/"
    return ""


def make_sources(
    scans: Sequence[ContainerScan],
    folder: ContainerScan | None,
    read: Mapping[tuple[int, ...], FileSet] | None = None,
) -> list[Source]:
    """One source per export, per archive of plain files, and for what is left of the folder.

    `read`: ids of all SourceParts of an export -> its files, where they were read already.
    """
    exports: dict[Hashable, list[ExportPart]] = {}
    export_of: dict[int, Hashable] = {}  # container -> the export that its rest and its problems go with
    for scan in (*scans, *([folder] if folder else [])):
        for part in scan.parts:
            key: Hashable = part.download or (scan.container.path, part.recognition.prefix)
            exports.setdefault(key, []).append(part)
            export_of.setdefault(id(scan.container), key)
    sources = []
    for export, parts in exports.items():
        archives = [scan for scan in scans if export_of.get(id(scan.container)) == export]
        sources.append(_export_source(parts, archives, folder, read or {}))
    no_export = "no platform's export was recognised in it"
    sources += [_plain_source(scan, "Archive", no_export) for scan in scans if not scan.parts]
    sources.sort(key=lambda source: natural_key(source.containers[0]))
    if folder and (folder.rest or folder.problems.get(None) or not (scans or folder.parts)):
        sources.append(_plain_source(folder, "Folder", "plain files, in no platform's export"))
    return sources


def _export_source(
    parts: list[ExportPart],
    archives: Sequence[ContainerScan],
    folder: ContainerScan | None,
    read: Mapping[tuple[int, ...], FileSet],
) -> Source:
    parts.sort(key=lambda part: (bool(part.joined), natural_key(stem(part.files.path))))
    recognition = parts[0].recognition
    platform = recognition.platform
    problems = [problem for scan in archives for problem in scan.problems.get(None, [])]
    for part in parts:
        if folder and part.files.container is folder.container:
            problems += folder.problems.get(part.recognition.prefix, [])
    why = f"recognised: {recognition.why}"
    by_name = sum(not part.joined for part in parts)
    if by_name > 1:
        why += f"; {by_name} parts that belong together by their names"
    for reason in dict.fromkeys(part.joined for part in parts if part.joined):
        why += f"; {reason}"
    source_parts = []
    for part in parts:
        is_in_folder = folder and part.files.container is folder.container
        inner = folder.inner.get(part.files.prefix, {}) if folder and is_in_folder else {}
        opened = open_inner_archives(platform, part.files, inner)
        source_parts += opened.parts
        problems += opened.problems
    if inner_archives := len(source_parts) - len(parts):
        why += f"; with {quantity(inner_archives, 'archive')} that {platform.title} put into it"
    if folder and (saved := _saved_media(platform, source_parts, folder.rest_as_part())):
        claimed = set(map(id, saved.members))
        folder.rest = [member for member in folder.rest if id(member) not in claimed]
        source_parts.append(saved)
        why += f"; {quantity(len(claimed), 'file')} beside it that its posts name"
    return Source(
        read.get(tuple(map(id, source_parts))) or FileSet(platform, source_parts),
        title=platform.title if "(" in platform.title else f"{platform.title} export",
        why=why,
        rest=(PLAIN_FILES, [scan.rest_as_part() for scan in archives if scan.rest]),
        problems=problems,
    )


def _plain_source(scan: ContainerScan, title: str, why: str) -> Source:
    files = FileSet(PLAIN_FILES, [scan.rest_as_part()])
    return Source(files, title=title, why=why, problems=scan.problems.get(None, []))


def _saved_media(
    platform: type[Platform], parts: Sequence[SourcePart], folder: SourcePart
) -> SourcePart | None:
    """What of `folder`, plain files, is media of this export's posts, as one more part of it.

    Only for platforms that export no media. Reads the export's records when there are files to ask for.
    """
    prefix = None if platform.exports_media else _folder_around(parts[0], folder.container.path)
    if prefix is None:
        return None
    candidates = [m for m in folder.members if m.path.startswith(prefix) and _is_media_with_id(m.path)]
    if not candidates:
        return None
    files = FileSet(platform, [*parts, SourcePart(folder.container, prefix, candidates, folder.name)])
    named = {id(files.export.members[key]) for key in files.read_records().present}
    saved = [member for member in candidates if id(member) in named]
    return SourcePart(folder.container, prefix, saved, folder.name) if saved else None


def _folder_around(part: SourcePart, outer: str) -> str | None:
    """The folder around a download as a prefix in the folder `outer`; None when it does not lie below it."""
    if part.container.is_folder and not part.prefix:
        return None
    inside = os.path.relpath(os.path.dirname(part.path), outer)
    if inside == os.curdir:
        return ""
    return None if inside.startswith(os.pardir) else f"{inside.replace(os.sep, '/')}/"


def _is_media_with_id(path: str) -> bool:
    name = file_stem(path)
    if not is_media_name(path):
        return False
    words = (word for word in _WORD.findall(name) if not word.isalpha())
    return sum(map(str.isdigit, name)) >= MIN_DIGITS or any(words)
