"""Files that are archives: which they are, opening them, and reading single members by their address.

What a file begins with decides; its name only says whether it is worth a look. A look costs 10 microseconds,
so files whose ending says photograph, film, record or document are not looked at: in a folder of 100,000
photographs that is all of them. Documents that are zips inside (.docx, .epub) are documents.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping

from ..errors import ItemError
from ..types import Outcome
from .base import Container, Member
from .inner import Allowance, open_inner
from .reach import Check, Reach
from .streams import DecompressedStream, FileSection, SharedFile, open_regular
from .tar import BLOCK, Tar, decompressor_for, starts_tar
from .zip import Zip
from .zip_directory import END_SIGNATURE, MAX_TAIL, SIGNATURES, find_directory

ENDINGS = (
    ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.lzma", ".tgz", ".txz", ".tbz2", ".tbz", ".tlz", ".tar", ".zip",
)  # fmt: skip
_FOREIGN = (
    ".7z", ".rar", ".tar.zst", ".tzst", ".tar.lz", ".tar.z", ".z01", ".zipx", ".ace", ".arj", ".lzh", ".cab",
)  # fmt: skip

_LAST = frozenset(ending.rpartition(".")[2] for ending in (*ENDINGS, *_FOREIGN))

_PICTURES = (
    "jpg jpeg jpe jfif png gif webp heic heif hif avif tif tiff bmp svg ico psd dng cr2 cr3 nef arw orf"
)
_FILMS = "mp4 m4v mov avi mkv webm 3gp mpg mpeg mts m2ts wmv flv mp thm"
_SOUNDS = "mp3 m4a aac ogg opus oga wav flac amr"
_RECORDS = "json csv tsv txt html htm js css xml xmp md ics vcf eml mbox log ini db sqlite plist yaml yml"
_DOCUMENTS = "pdf doc docx xls xlsx ppt pptx odt ods odp epub rtf pages numbers key"
_PROGRAMS = "jar apk ipa kmz whl xpi py c h cpp rs go java ts sh ttf otf woff woff2 iso dmg"
_ORDINARY = frozenset(" ".join((_PICTURES, _FILMS, _SOUNDS, _RECORDS, _DOCUMENTS, _PROGRAMS)).split())
_MIN_BYTES = 22  # an empty zip
# What programs begin with (Windows, Linux, macOS, a script): behind one may stand a zip, which makes it a
# self-extractor. Of other files the end is not read, but for those that are called a zip.
_PROGRAM_HEADS = (
    b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!",
)  # fmt: skip


def may_be_archive(member: Member) -> bool:
    """Whether the listing leaves it open."""
    ending = member.path[member.path.rfind(".") + 1 :].lower()
    return ending not in _ORDINARY and member.size >= _MIN_BYTES and not member.refused


def stem(name: str) -> str:
    """A container's file name without the ending that says how it is packed."""
    lower = name.lower()
    return next((name[: -len(ending)] for ending in ENDINGS if lower.endswith(ending)), name)


def why_unopened(path: str, *, inside: bool) -> str | None:
    """Why a file that is called like an archive is not opened. `inside`: it lies in an archive."""
    if path[path.rfind(".") + 1 :].lower() not in _LAST:  # nearly always
        return None
    if inside and path.lower().endswith((*ENDINGS, *_FOREIGN)):
        return "an archive inside an archive is opened only where the platform put it there; unpack it"
    if path.lower().endswith(_FOREIGN):
        return "an archive of a kind that cannot be opened; unpack it and index the folder"
    return None


def open_archive(path: str, check: Check | None = None, real: str | None = None) -> Container | None:
    """The file as a container, not listed yet; None when it is no archive, or cannot be read at all.

    `check` is asked whenever it is opened; `real` is its real path where it lies behind a link.
    """
    try:
        archive = _recognize(SharedFile(path, check), path)
    except ItemError:
        return None
    if archive is not None:
        archive.check, archive.real = check, real
    return archive


def _recognize(file: SharedFile, path: str) -> Zip | Tar | None:
    """Raises ItemError."""
    head = file.read_at(0, BLOCK)
    if head.startswith(SIGNATURES) or _ends_as_zip(file, path, head):
        return Zip(path)
    decompressor = decompressor_for(head)
    if decompressor:
        stream = DecompressedStream(lambda: FileSection(file, 0, file.size), decompressor)
        try:
            head = io.BufferedReader(stream, BLOCK).read(BLOCK)
        except ItemError as exc:
            if exc.outcome is not Outcome.TOO_LARGE:
                raise
            return Tar(path, decompressor)  # perhaps; what it needs is said when it is listed
    return Tar(path, decompressor) if starts_tar(head) else None


def _ends_as_zip(file: SharedFile, path: str, head: bytes) -> bool:
    if head.startswith(_PROGRAM_HEADS):  # a program may hold the signature for its own use
        directory = find_directory(file)
        return directory is not None and directory.start < directory.end
    if not path.lower().endswith(".zip"):
        return False
    tail = min(file.size, MAX_TAIL)
    return END_SIGNATURE in file.read_at(file.size - tail, tail)


def read_by_address(
    addresses: Iterable[str], limit: int, real_places: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """(address, content) of those files that can be read now and have at most `limit` bytes.

    Addresses are absolute paths, ARCHIVE!MEMBER, or ARCHIVE!INNER_ARCHIVE!MEMBER. Each archive is opened
    once. What has become a link, or leads elsewhere than it did, is not read; `real_places`: where those
    behind links were, by address.
    """
    by_archive: dict[str, set[str]] = {}
    for address in addresses:
        archive = _archive_of(address)
        if archive:
            by_archive.setdefault(archive, set()).add(address)
            continue
        try:
            with os.fdopen(open_regular(address, _stays(address, real_places.get(address))), "rb") as file:
                data = file.read(limit + 1)
        except (ItemError, OSError):
            continue
        if len(data) <= limit:
            yield address, data
    for archive, wanted in by_archive.items():
        real = next((real_places[address] for address in wanted if address in real_places), None)
        yield from _read_members(open_archive(archive, _stays(archive, real)), wanted, limit)


def _stays(path: str, real: str | None) -> Check:
    """Whether what was opened at a path is where it was."""
    expected = real or path
    return lambda descriptor: Reach(expected).check(descriptor, path, expected)


def _archive_of(address: str) -> str | None:
    """The archive that an ARCHIVE!MEMBER address begins with; None for a plain file.

    Both may have "!" in their names.
    """
    if os.path.isfile(address):
        return None
    marks = (at for at, sign in enumerate(address) if sign == "!")
    return next((address[:at] for at in marks if os.path.isfile(address[:at])), None)


def _read_members(container: Container | None, wanted: set[str], limit: int) -> Iterator[tuple[str, bytes]]:
    if container is None:
        return
    # An inner archive's own address, in those of its members: all that ends before a "!" may be one.
    around = {address[:at] for address in wanted for at, sign in enumerate(address) if sign == "!"}
    try:
        members = [member for member in container.members() if member.address in wanted | around]
        for member in sorted(members, key=lambda member: member.order):
            try:
                if member.address in wanted:
                    yield member.address, member.read(limit)
                else:
                    yield from _read_members(open_inner(member, Allowance()), wanted, limit)
            except ItemError:
                continue
    finally:
        container.close()
