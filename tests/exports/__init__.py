"""Generators of realistic platform exports, one file each, with real photographs planted in them.

Every generator module has `LAYOUTS` (names of the generations and variants it can write) and
`build(layout: str) -> Pack`. A `Pack` is the export before it is packed: what stands at which path, and
what a right reader must say about the planted media.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from selfsearch.containers.base import Member
from selfsearch.exports.export import Export

RECORD_ENDINGS = (".json", ".js", ".csv", ".html", ".txt")


@dataclass
class Planted:
    """One media file (or a link without one) with the provenance that it must be read with."""

    path: str | None  # from the export's root; None for a link without media
    person: str | None  # who of tests.photos.PEOPLE is in it, None for nobody
    says: dict[str, Any]  # fields of Provenance -> their right values; more than one Planted per path is fine


@dataclass
class Pack:
    """Files by path from the export's root, the name the platform would give the download, and what is
    planted.
    """

    name: str  # container name without ending, e.g. "instagram-ana-2024-05-01-AbCd1234"
    files: dict[str, bytes] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)
    wrapper: str = ""  # "" or a folder that the platform puts around everything, e.g. "Takeout/"
    ending: str = ".zip"  # how the platform packs it: .zip, .tgz, .tar.gz, or "" for a folder
    nested: tuple[str, ...] = ()  # folders ("a/b/") that the platform puts in as a zip of their name
    modified: dict[str, int] = field(default_factory=dict)  # path -> seconds since 1970 that the archive has

    def add(self, path: str, data: bytes | str | Any) -> None:
        """Add a file: bytes as they are, text as UTF-8, anything else as JSON."""
        if not isinstance(data, (bytes, str)):
            data = json.dumps(data)
        self.files[path] = data.encode() if isinstance(data, str) else data

    def plant(self, path: str, data: bytes, person: str | None, **says: Any) -> None:
        """Add a media file and what must be said about it."""
        self.files[path] = data
        self.planted.append(Planted(path, person, says))

    def as_export(self) -> Export:
        """The export as a reader sees it, from memory."""
        container = _Memory(self.files, self.modified)
        return Export(self.name, {member.path: member for member in container.members()})

    def by_hand(self) -> list[Pack]:
        """As two folders that a person unpacked and renamed: its records, and its pictures and videos."""
        outer, slash, inner = self.wrapper.partition("/")
        names = (outer, f"{outer} 2") if slash else ("first half", "second half")
        records = {path for path in self.files if path.lower().endswith(RECORD_ENDINGS)}
        return [
            Pack(name, {p: d for p, d in self.files.items() if (p in records) == is_first}, [], inner, "")
            for name, is_first in zip(names, (True, False), strict=True)
        ]

    def write(self, into: Path, ending: str | None = None) -> Path:
        """Write it as the platform would (or as `ending` says). Returns the file or folder."""
        ending = self.ending if ending is None else ending
        target = into / f"{self.name}{ending}"
        files = {self.wrapper + path: data for path, data in self._packed().items()}
        modified = {self.wrapper + path: seconds for path, seconds in self.modified.items()}
        if ending == ".zip":
            target.write_bytes(zipped(files, modified))
        elif ending in (".tgz", ".tar.gz", ".tar", ".tar.xz"):
            mode = {".tar": "w", ".tar.xz": "w:xz"}.get(ending, "w:gz")
            with tarfile.open(target, mode) as archive:
                for path, data in files.items():
                    info = tarfile.TarInfo(path)
                    info.size, info.mtime = len(data), modified.get(path, 1714564800)
                    archive.addfile(info, io.BytesIO(data))
        else:
            for path, data in files.items():
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                if path in modified:
                    os.utime(file, (modified[path], modified[path]))
        return target

    def _packed(self) -> dict[str, bytes]:
        """The files as they are downloaded, those of an inner archive in a zip."""
        files: dict[str, bytes] = {}
        inner: dict[str, dict[str, bytes]] = {}
        for path, data in self.files.items():
            folder = next((folder for folder in self.nested if path.startswith(folder)), None)
            if folder is None:
                files[path] = data
            else:
                inner.setdefault(folder, {})[path.removeprefix(folder)] = data
        for folder, members in inner.items():
            files[f"{folder.rstrip('/')}.zip"] = zipped(members, {})
        return files

    def packed_path(self, path: str) -> str:
        """How a file is called in the download: below the wrapper, INNER_ARCHIVE!MEMBER for some."""
        folder = next((folder for folder in self.nested if path.startswith(folder)), None)
        inner = f"{folder.rstrip('/')}.zip!{path.removeprefix(folder)}" if folder else path
        return self.wrapper + inner


def zipped(files: Mapping[str, bytes], modified: Mapping[str, int]) -> bytes:
    """A zip of these files, with an extended timestamp ("UT") for those whose time is given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path, (2024, 5, 1, 12, 0, 0))
            if path in modified:
                info.extra = struct.pack("<2HBl", 0x5455, 5, 1, modified[path])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


class _Memory:
    """A container that holds its files in memory."""

    forward_only = False
    problems: tuple[Any, ...] = ()
    path = "/memory"

    def __init__(self, files: dict[str, bytes], modified: Mapping[str, int] | None = None) -> None:
        self.files = files
        self._modified = modified or {}

    def members(self) -> Iterator[Member]:
        for order, (path, data) in enumerate(self.files.items()):
            yield Member(self, path, len(data), f"{len(data)}:0", order)

    def open(self, member: Member) -> BinaryIO:
        return io.BytesIO(self.files[member.path])

    def modified(self, member: Member) -> int | None:
        return self._modified.get(member.path)

    def close(self) -> None:
        """Nothing is open."""
