"""Generators of realistic platform exports, one file each, with real photographs planted in them.

Every generator module has `LAYOUTS` (names of the generations and variants it can write) and
`build(layout: str) -> Pack`. A `Pack` is the export before it is packed: what stands at which path, and
what a right reader must say about the planted media.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
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
        container = _Memory(self.files)
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
        if ending == ".zip":
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for path, data in self.files.items():
                    archive.writestr(zipfile.ZipInfo(self.wrapper + path, (2024, 5, 1, 12, 0, 0)), data)
        elif ending in (".tgz", ".tar.gz", ".tar", ".tar.xz"):
            mode = {".tar": "w", ".tar.xz": "w:xz"}.get(ending, "w:gz")
            with tarfile.open(target, mode) as archive:
                for path, data in self.files.items():
                    info = tarfile.TarInfo(self.wrapper + path)
                    info.size, info.mtime = len(data), 1714564800
                    archive.addfile(info, io.BytesIO(data))
        else:
            for path, data in self.files.items():
                file = target / self.wrapper / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        return target


class _Memory:
    """A container that holds its files in memory."""

    forward_only = False
    problems: tuple[Any, ...] = ()
    path = "/memory"

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def members(self) -> Iterator[Member]:
        for order, (path, data) in enumerate(self.files.items()):
            yield Member(self, path, len(data), f"{len(data)}:0", order)

    def open(self, member: Member) -> BinaryIO:
        return io.BytesIO(self.files[member.path])

    def close(self) -> None:
        """Nothing is open."""
