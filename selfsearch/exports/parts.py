"""Parts of one export that do not bear its name any more: joined by what the records name.

People unpack downloads by hand and rename them: macOS makes "Takeout" and "Takeout 2" of two parts of one,
and "holiday" may be the second half of an Instagram download. Such a part belongs to an export when a record
of the export names a file in it, by its path from the root. Names of folders decide nothing here; but two
downloads whose names say that they are different ones are never joined, and neither are two that hold
different files at one path: parts of one download do not.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from ..containers.base import Member
from ..words import quantity
from .grouping import ContainerScan, DownloadKey, ExportPart, Recognition, possible_downloads
from .path_index import file_name, fold, is_litter
from .platforms.base import Platform
from .platforms.media_refs import is_media_name
from .source import FileSet, SourcePart, is_copy

ReadFiles = Mapping[
    "tuple[int, ...]", FileSet
]  # ids of all SourceParts of an export -> its files, records read


@dataclass
class _Export:
    """The parts of one export, as far as they are known."""

    parts: list[ExportPart]

    @property
    def platform(self) -> type[Platform]:
        return self.parts[0].recognition.platform

    @property
    def download(self) -> DownloadKey | None:
        return self.parts[0].download

    @property
    def place(self) -> str:
        return self.parts[0].files.path

    def files(self) -> FileSet:
        """What is in all parts, with a reader of their records."""
        return FileSet(self.platform, [part.files for part in self.parts])

    @cached_property
    def by_path(self) -> dict[str, Member]:
        """Its files by their folded paths from the root."""
        return {
            fold(member.path[len(part.files.prefix) :]): member
            for part in self.parts
            for member in part.files.members
            if not is_litter(member.path)
        }

    def is_another_than(self, other: _Export) -> bool:
        """Whether these are two downloads: by their names, or by different files at one path."""
        if self.download and other.download:
            return True
        mine, theirs = self.by_path, other.by_path
        return any(not is_copy(mine[path], theirs[path]) for path in mine.keys() & theirs.keys())

    def add(self, parts: Iterable[ExportPart], files: int) -> None:
        """Make these parts of it, of which its records name so many files."""
        for part in parts:
            part.joined = f"{part.files.path} belongs to it: its records name {quantity(files, 'file')} there"
            self.parts.append(part)
        self.__dict__.pop("by_path", None)
        download = self.download or DownloadKey(self.platform.name, "", f"with {self.place}")
        for part in self.parts:
            part.download = download


def join_by_records(scans: Sequence[ContainerScan], folder: ContainerScan | None) -> ReadFiles:
    """Join exports that are parts of one, and give them the plain files that they name.

    Returns exports whose records had to be read for it, so that they need not be read again.
    """
    everywhere = [*scans, *([folder] if folder else [])]
    exports: dict[object, _Export] = {}
    for part in chain.from_iterable(scan.parts for scan in everywhere):
        exports.setdefault(part.download or id(part), _Export([])).parts.append(part)
    by_platform: dict[type[Platform], list[_Export]] = {}
    for export in exports.values():
        by_platform.setdefault(export.platform, []).append(export)
    joined: list[_Export] = []
    for platform, same in by_platform.items():
        is_clear = len(same) == 1 or all(export.download for export in same)
        is_clear |= not platform.exports_media  # what their owner saved beside them shows nothing
        joined += same if is_clear else _join_exports(same)
    return _claim_plain_files(joined, everywhere)


def _join_exports(exports: list[_Export]) -> list[_Export]:
    """Exports of one platform: two are one where a record in the one names a file in the other."""
    files = _Export([part for export in exports for part in export.parts]).files()
    number_of = {
        id(member): number
        for number, export in enumerate(exports)
        for part in export.parts
        for member in part.files.members
    }
    named: Counter[tuple[int, int]] = Counter()  # (with the record, with the file) -> files
    present = files.read_records().present
    for path in present:
        if "/" not in path:
            continue  # a bare name says nothing: every chat of WhatsApp has an IMG-20230617-WA0001.jpg
        for record in {said.records[0] for said in present.of(path) if said.records}:
            holder, other = (number_of[id(files.export.members[key])] for key in (record, path))
            has_both = fold(path) in exports[holder].by_path or fold(record) in exports[other].by_path
            named[holder, other] += holder != other and not has_both
    for (holder, other), count in named.most_common():
        export, part = exports[holder], exports[other]
        if not count or export is part or export.is_another_than(part):
            continue
        if part.download:
            export, part = part, export
        export.add(part.parts, count)
        exports = [export if each is part else each for each in exports]
    return list({id(export): export for export in exports}.values())


def _claim_plain_files(exports: Sequence[_Export], scans: Sequence[ContainerScan]) -> ReadFiles:
    """Give exports the plain files that their records name, by their paths, and that they lack."""
    loose = _loose_media(scans)
    read: dict[int, FileSet] = {}
    missing: dict[int, set[str]] = {}  # paths that an export's records name and that are not in it
    claims: dict[tuple[int, str], dict[int, list[str]]] = {}  # (scan, prefix) -> export -> paths
    for number, export in enumerate(exports):
        if not loose or not export.platform.exports_media:
            continue
        read[number] = export.files()
        missing[number] = set(read[number].read_records(keep=True).missing)
        for path in missing[number]:
            for scan, prefix in _places(path, loose):
                claims.setdefault((scan, prefix), {}).setdefault(number, []).append(path)
    for (scan, prefix), claimants in sorted(claims.items(), key=lambda claim: -claim[0][1].count("/")):
        ranked = sorted(claimants, key=lambda number: len(claimants[number]), reverse=True)
        first = ranked[0]
        if len(ranked) > 1 and len(claimants[first]) == len(claimants[ranked[1]]):
            continue  # whose it is cannot be told
        tops = {path.partition("/")[0] for path in claimants[first]}
        if part := _taken(scans[scan], prefix, tops, missing[first], exports[first]):
            exports[first].add([part], len(claimants[first]))
            read.pop(first, None)
    return {tuple(id(part.files) for part in exports[number].parts): files for number, files in read.items()}


def _loose_media(scans: Sequence[ContainerScan]) -> dict[str, list[tuple[int, Member]]]:
    """Media in no export, by folded name, each with the number of its scan."""
    loose: dict[str, list[tuple[int, Member]]] = {}
    for number, scan in enumerate(scans):
        if not scan.container.is_folder and (scan.parts or possible_downloads(scan.container.path)):
            continue
        for member in scan.rest:
            if "/" in member.path and is_media_name(member.path):
                loose.setdefault(fold(file_name(member.path)), []).append((number, member))
    return loose


def _places(path: str, loose: Mapping[str, list[tuple[int, Member]]]) -> Iterator[tuple[int, str]]:
    """Where a file lies that a record names by `path`: scan, and the folder that `path` is relative to."""
    names = path.split("/")
    if len(names) == 1:
        return
    for scan, member in loose.get(fold(names[-1]), ()):
        found = member.path.split("/")
        around, inside = found[: -len(names)], found[-len(names) :]
        is_elses = any(possible_downloads(name) for name in around)
        if fold("/".join(inside)) == fold(path) and not is_elses:
            yield scan, "".join(f"{name}/" for name in around)


def _taken(
    scan: ContainerScan, prefix: str, tops: Collection[str], missing: Collection[str], export: _Export
) -> ExportPart | None:
    """What lies below a prefix in folders of the export, or is missing in it, taken out of a scan's rest."""
    folders = tuple(f"{prefix}{top}/" for top in tops)
    below = [
        member
        for member in scan.rest
        if member.path.startswith(folders)
        or (member.path.startswith(prefix) and member.path[len(prefix) :] in missing)
    ]
    if not below:
        return None
    taken = set(map(id, below))
    scan.rest = [member for member in scan.rest if id(member) not in taken]
    recognition = export.parts[0].recognition
    name = os.path.basename(prefix.rstrip("/")) or scan.name
    part = ExportPart(
        Recognition(recognition.platform, prefix, recognition.why),
        SourcePart(scan.container, prefix, below, name),
        None,
        "",
    )
    scan.parts.append(part)
    return part
