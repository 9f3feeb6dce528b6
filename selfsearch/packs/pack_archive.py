"""Reading a pack as somebody offers it: a folder or a zip, perhaps with everything in one more folder.

Untrusted: names are only compared, never used as paths to write to; sizes are limited as declared and as
read; links that lead out of the folder are not followed.
"""

from __future__ import annotations

import errno
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
from ..files import open_private

MAX_MODEL_BYTES = 1 << 30  # InsightFace's largest recogniser has 261 MB
MAX_TEXT_BYTES = 1 << 20  # manifest, licence, calibration
MAX_FILES = 1000  # published packs have five to ten
MAX_DEPTH = 4  # folders within folders
BLOCK = 1 << 20  # bytes read at a time
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class PackArchive:
    """A folder or zip with one pack: its files by their path below the pack's own folder."""

    title: str  # name of the folder or zip that the pack lies in
    sizes: dict[str, int]  # path -> declared bytes
    _open: Callable[[str], IO[bytes]]

    def text(self, name: str) -> str | None:
        """A small file's text; None when there is none. Raises PackError when it is too large or no text."""
        if name not in self.sizes:
            return None
        with _pack_errors(name):
            with self._open(name) as file:
                data = file.read(MAX_TEXT_BYTES + 1)
            if len(data) > MAX_TEXT_BYTES:
                raise PackError(f"{name} has more than {MAX_TEXT_BYTES >> 20} MB: too much for what it is")
            return data.decode("utf-8")

    def copy(self, name: str, target: Path) -> str:
        """Write a model file to `target` (0600); returns its sha256. Raises PackError when too large."""
        if self.sizes[name] > MAX_MODEL_BYTES:
            raise PackError(f"{name} claims more than {MAX_MODEL_BYTES >> 30} GB")
        digest, left = hashlib.sha256(), MAX_MODEL_BYTES
        with _pack_errors(name), self._open(name) as file, open(target, "xb", opener=open_private) as out:
            while block := file.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise PackError(f"{name} has more than {MAX_MODEL_BYTES >> 30} GB")
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()


@contextmanager
def _pack_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (*ZIP_ERRORS, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno != errno.EINVAL:  # which a place before the beginning gives
            raise
        raise PackError(f"{name} cannot be read: the file is damaged, cut short or encrypted") from exc


@contextmanager
def open_pack(source: Path) -> Iterator[PackArchive]:
    """The pack in a folder or a zip. Raises PackError when it is neither, or holds none or several packs."""
    if source.is_dir():
        yield _at_pack_root(source.resolve().name, *_list_folder(source))
        return
    try:
        archive = zipfile.ZipFile(source)
    except (*ZIP_ERRORS, OSError) as exc:
        raise PackError(
            f"{source} is neither a folder nor a zip that can be read; was it downloaded whole?"
        ) from exc
    with archive:
        yield _at_pack_root(source.stem, *_list_zip(archive))


def _list_folder(folder: Path) -> tuple[dict[str, int], Callable[[str], IO[bytes]]]:
    root, sizes = folder.resolve(), {}
    for parent, folders, files in os.walk(root):
        inner = Path(parent).relative_to(root)
        if len(inner.parts) >= MAX_DEPTH:
            folders.clear()
        for name in files:
            path = Path(parent, name)
            if path.is_file() and path.resolve().is_relative_to(root):
                sizes[(inner / name).as_posix()] = path.stat().st_size
        if len(sizes) > MAX_FILES:
            raise PackError(f"{folder} holds more than {MAX_FILES:,} files: it is not a model pack")
    return sizes, lambda name: (root / name).open("rb")


def _list_zip(archive: zipfile.ZipFile) -> tuple[dict[str, int], Callable[[str], IO[bytes]]]:
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
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


def _at_pack_root(title: str, sizes: dict[str, int], opener: Callable[[str], IO[bytes]]) -> PackArchive:
    """The archive with paths that begin where the pack does: at its uppermost model or manifest."""
    markers = [
        path
        for path in map(PurePosixPath, sizes)
        if (path.suffix.lower() == ".onnx" or path.name == "manifest.json")
        and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
    ]
    if not markers:
        raise PackError(f"{title} holds no model (no .onnx file and no manifest.json)")
    depth = min(len(path.parts) for path in markers)
    roots = sorted({path.parent for path in markers if len(path.parts) == depth})
    if len(roots) > 1:
        names = ", ".join(root.name for root in roots[:5])
        raise PackError(f"{title} holds several packs ({names}); add one folder at a time")
    root = roots[0]
    prefix = "" if root == PurePosixPath() else f"{root}/"
    inside = {name.removeprefix(prefix): size for name, size in sizes.items() if name.startswith(prefix)}
    return PackArchive(root.name or title, inside, lambda name: opener(prefix + name))
