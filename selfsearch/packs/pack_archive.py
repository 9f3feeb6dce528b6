"""The files of a pack as somebody offers it: a folder or a zip, perhaps with everything in one more folder.

Untrusted: names are only compared, never used as paths to write to; sizes are limited as declared and as
read; links that lead out of the folder are not followed.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import PackError

MAX_MODEL_BYTES = 1 << 30  # InsightFace's largest recogniser has 261 MB
MAX_TEXT_BYTES = 1 << 20  # manifest, licence, calibration
MAX_FILES = 1000
MAX_DEPTH = 4  # folders within folders
BLOCK = 1 << 20
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """Files by their path below the pack's own folder, with their declared sizes."""

    title: str  # name of the folder or zip that the pack lies in
    sizes: dict[str, int]
    _open: Callable[[str], IO[bytes]]

    def text(self, name: str) -> str | None:
        """A small file's text; None when there is none. Raises PackError when it is too large or no text."""
        if name not in self.sizes:
            return None
        with _sentences(name):
            with self._open(name) as file:
                data = file.read(MAX_TEXT_BYTES + 1)
            if len(data) > MAX_TEXT_BYTES:
                raise PackError(f"{name} has more than {MAX_TEXT_BYTES >> 20} MB: too much for what it is")
            return data.decode("utf-8")

    def copy(self, name: str, target: Path) -> str:
        """Write a model file to `target` (0600) and return its sha256. Raises PackError when it is larger
        than allowed.
        """
        if self.sizes[name] > MAX_MODEL_BYTES:
            raise PackError(f"{name} claims more than {MAX_MODEL_BYTES >> 30} GB")
        digest, left = hashlib.sha256(), MAX_MODEL_BYTES
        with _sentences(name), self._open(name) as file, open(target, "xb", opener=_private) as out:
            while block := file.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise PackError(f"{name} has more than {MAX_MODEL_BYTES >> 30} GB")
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """What can go wrong in reading one file of a zip, as PackError."""
    try:
        yield
    except ZIP_ERRORS as exc:
        raise PackError(f"{name} cannot be read: the file is damaged, cut short or encrypted") from exc


@contextmanager
def opened(source: Path) -> Iterator[Shelf]:
    """The pack in a folder or a zip. Raises PackError when it is neither, or holds none or several packs."""
    if source.is_dir():
        yield _within(source.resolve().name, *_folder(source))
        return
    try:
        archive = zipfile.ZipFile(source)
    except ZIP_ERRORS as exc:
        raise PackError(
            f"{source} is neither a folder nor a zip that can be read; was it downloaded whole?"
        ) from exc
    with archive:
        yield _within(source.stem, *_zip(archive))


def _folder(folder: Path) -> tuple[dict[str, int], Callable[[str], IO[bytes]]]:
    root, sizes = folder.resolve(), {}
    for place, folders, files in os.walk(root):
        inner = Path(place).relative_to(root)
        if len(inner.parts) >= MAX_DEPTH:
            folders.clear()
        for name in files:
            path = Path(place, name)
            if path.is_file() and path.resolve().is_relative_to(root):
                sizes[(inner / name).as_posix()] = path.stat().st_size
        if len(sizes) > MAX_FILES:
            raise PackError(f"{folder} holds more than {MAX_FILES:,} files: it is not a model pack")
    return sizes, lambda name: (root / name).open("rb")


def _zip(archive: zipfile.ZipFile) -> tuple[dict[str, int], Callable[[str], IO[bytes]]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise PackError(f"the zip holds more than {MAX_FILES:,} files: it is not a model pack")
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
            raise PackError("the zip names a file outside its own folder; it is refused")
    names = {entry.filename: entry for entry in entries}
    if len(names) != len(entries):
        raise PackError("the zip holds two files of one name; it is refused")
    return {name: entry.file_size for name, entry in names.items()}, lambda name: archive.open(names[name])


def _within(title: str, sizes: dict[str, int], opening: Callable[[str], IO[bytes]]) -> Shelf:
    """The shelf whose paths begin where the pack does."""
    telling = [
        path
        for path in map(PurePosixPath, sizes)
        if (path.suffix.lower() == ".onnx" or path.name == "manifest.json")
        and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
    ]
    if not telling:
        raise PackError(f"{title} holds no model (no .onnx file and no manifest.json)")
    depth = min(len(path.parts) for path in telling)
    places = sorted({path.parent for path in telling if len(path.parts) == depth})
    if len(places) > 1:
        listed = ", ".join(place.name for place in places[:5])
        raise PackError(f"{title} holds several packs ({listed}); add one folder at a time")
    base = places[0]
    prefix = "" if base == PurePosixPath() else f"{base}/"
    shown = {name.removeprefix(prefix): size for name, size in sizes.items() if name.startswith(prefix)}
    return Shelf(base.name or title, shown, lambda name: opening(prefix + name))
