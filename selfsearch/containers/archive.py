"""Which files are archives. Decided by what they begin with; the name only says whether it is worth a look.

A look costs 10 microseconds, so files whose ending says photograph, film, record or document are not looked
at: in a folder of 100,000 photographs that is all of them. Documents that are zips inside (.docx, .epub)
are documents.
"""

from __future__ import annotations

import os

from ..errors import ItemError
from .base import Container, Member
from .streams import Inflated, SharedFile, Span
from .tar import BLOCK, Tar, starts_tar, unpacker
from .zip import Zip

ENDINGS = (".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz", ".tbz2", ".tbz", ".tar", ".zip")
_FOREIGN = (".7z", ".rar", ".tar.zst", ".z01", ".zipx", ".ace", ".arj", ".lzh", ".cab")

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
MIN_BYTES = 22  # an empty zip
_TAIL = 22 + 0xFFFF  # a zip's end record and its longest comment
_BEHIND_A_PROGRAM = (".exe", ".zip", ".sfx")  # a self-extractor has its program in front


def may_be_archive(member: Member) -> bool:
    """Whether the listing leaves it open."""
    ending = member.path[member.path.rfind(".") + 1 :].lower()
    return ending not in _ORDINARY and member.size >= MIN_BYTES and not member.refused


def stem(name: str) -> str:
    """A container's file name without the ending that says how it is packed."""
    lower = name.lower()
    return next((name[: -len(ending)] for ending in ENDINGS if lower.endswith(ending)), name)


def unopened(path: str, *, inside: bool) -> str | None:
    """Why a file that is called like an archive is not opened. `inside`: it lies in an archive."""
    if path[path.rfind(".") + 1 :].lower() not in _LAST:  # nearly always
        return None
    if inside and path.lower().endswith((*ENDINGS, *_FOREIGN)):
        return "an archive inside an archive is not opened; unpack it"
    if path.lower().endswith(_FOREIGN):
        return "an archive of a kind that cannot be opened; unpack it and index the folder"
    return None


def archive(path: str) -> Container | None:
    """The file as a container, not listed yet; None when it is no archive, or cannot be read at all."""
    try:
        file = SharedFile(path)
        head = file.read_at(0, BLOCK)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")) or _ends_as_zip(file, path):
            return Zip(path)
        make = unpacker(head)
        if make:
            inside = Inflated(lambda: Span(file, 0, file.size), make)
            return Tar(path, make) if _is_tar(_first(inside)) else None
        return Tar(path, None) if _is_tar(head) else None
    except ItemError:
        return None


def _first(stream: Inflated) -> bytes:
    block = b""
    while len(block) < BLOCK and (more := stream.read(BLOCK - len(block))):
        block += more
    return block


def _is_tar(block: bytes) -> bool:
    return len(block) == BLOCK and starts_tar(block)


def _ends_as_zip(file: SharedFile, path: str) -> bool:
    if os.path.splitext(path)[1].lower() not in _BEHIND_A_PROGRAM:
        return False
    tail = min(file.size, _TAIL)
    return b"PK\x05\x06" in file.read_at(file.size - tail, tail)
