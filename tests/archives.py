"""Builders of archives, honest and hostile, byte by byte where the standard library will not write them."""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WHEN = (2024, 5, 1, 12, 0, 0)
PROGRAM = b"MZ, as programs of Windows begin, PK\5\6, which this one looks for" + bytes(200)


def write_zip(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An ordinary zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data, compress_type=method)
    return path


def write_tar(
    path: Path, files: Mapping[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT
) -> Path:
    """An ordinary tar; `mode` says how it is compressed ("w:gz")."""
    with tarfile.open(path, mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1714564800
            archive.addfile(info, io.BytesIO(data))
    return path


def write_lzma_tar(path: Path, files: Mapping[str, bytes], dictionary: int | None = None) -> Path:
    """A tar packed as LZMA alone; `dictionary` is what its header claims to need, in bytes."""
    data = lzma.compress(write_tar(path, files).read_bytes(), lzma.FORMAT_ALONE)
    if dictionary is not None:
        data = data[:1] + dictionary.to_bytes(4, "little") + data[5:]
    path.write_bytes(data)
    return path


def write_self_extractor(path: Path, files: Mapping[str, bytes]) -> Path:
    """A zip behind a program."""
    path.write_bytes(PROGRAM + write_zip(path, files).read_bytes())
    return path


def write_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """The same unpacked."""
    path.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


@dataclass
class Raw:
    """One member of a zip, every field of which can be a lie."""

    name: bytes
    data: bytes = b"x"
    flags: int = 0
    method: int = 0
    size: int | None = None  # declared
    packed: bytes | None = None  # what stands in the archive; by default the data as they are
    crc: int | None = None
    extra: bytes = b""
    mode: int = 0o100644
    offset: int | None = None  # where the directory says it is

    def content(self) -> bytes:
        return self.data if self.packed is None else self.packed

    def checksum(self) -> int:
        return zlib.crc32(self.data) if self.crc is None else self.crc

    def declared(self) -> int:
        return len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        """The header in front of the data, and the data."""
        fields = (self.flags, self.method, 0x6000, 0x58A1, self.checksum(), len(self.content()))
        head = struct.pack(
            "<4s5H3L2H", b"PK\3\4", 20, *fields, self.declared() & 0xFFFFFFFF, len(self.name), 0
        )
        return head + self.name + self.content()

    def central(self, offset: int, *, zip64: bool) -> bytes:
        """The entry in the directory."""
        size, packed, place = (
            self.declared(),
            len(self.content()),
            offset if self.offset is None else self.offset,
        )
        extra = self.extra
        if zip64:
            extra = struct.pack("<2H3Q", 1, 24, size, packed, place) + extra
            size = packed = place = 0xFFFFFFFF
        head = struct.pack(
            "<4s2B5H3L5H2L", b"PK\1\2", 20, 3, 20, self.flags, self.method, 0x6000, 0x58A1,
            self.checksum(), packed, size, len(self.name), len(extra), 0, 0, 0, self.mode << 16, place,
        )  # fmt: skip
        return head + self.name + extra


def raw_zip(*members: Raw, zip64: bool = False, disk: int = 0, comment: bytes = b"") -> bytes:
    """A zip exactly as its members claim."""
    body, offsets = b"", []
    for member in members:
        offsets.append(len(body))
        body += member.local()
    directory = b"".join(m.central(o, zip64=zip64) for m, o in zip(members, offsets, strict=True))
    count, size, start, end = len(members), len(directory), len(body), b""
    if zip64:
        end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        end += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
        count, size, start = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    end += struct.pack("<4s4H2LH", b"PK\5\6", disk, disk, count, count, size, start, len(comment)) + comment
    return body + directory + end


def deflated(data: bytes) -> bytes:
    """Bare deflate, as a zip holds it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def piped_zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip as a program writes it into a pipe: lengths stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data, compress_type=method)
    return pipe.written
