"""What a file is, by its first bytes.

Names and endings are never asked: they are often wrong, and sometimes on purpose.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from ..errors import ItemError
from ..types import Outcome
from .limits import MAX_BYTES

# Brands of the ISO base media container ("ftyp" box), https://mp4ra.org/registered-types/brands
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF = {b"avif", b"avis"}
_BRANDS = {
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"crx ": "image/x-canon-cr3",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"jp2 ": "image/jp2",
    b"jpx ": "image/jp2",
}

# The first match wins, so the longer and rarer signatures stand before the shorter ones.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"RIFF....AVI ", "video/x-msvideo"),
    (rb"RIFF....WAVE", "audio/wav"),
    (rb"II\*\x00....CR", "image/x-canon-cr2"),
    (rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+", "image/tiff"),
    (rb"IIRO|IIRS|MMOR", "image/x-olympus-orf"),
    (rb"IIU\x00", "image/x-panasonic-rw2"),
    (rb"FUJIFILMCCD-RAW", "image/x-fuji-raf"),
    (rb"BM(?:....\x00{4}|.{12}[\x0c-\x80]\x00{3})", "image/bmp"),
    (rb"\x0c\x00{3}.{4}\x01\x00[\x01\x04\x08\x18]\x00", "image/bmp"),  # without the file header (DIB)
    (
        rb"[\x28\x34\x38\x40\x6c\x7c]\x00{3}.{8}\x01\x00[\x01\x04\x08\x10\x18\x20]\x00[\x00-\x06]\x00{3}",
        "image/bmp",
    ),
    (rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "image/jp2"),
    (rb"\x00\x00\x00\x0cJXL \r\n\x87\n|\xff\x0a", "image/jxl"),
    (rb"\x00\x00\x01\x00[\x01-\x40]\x00", "image/x-icon"),
    (rb"8BPS\x00[\x01\x02]", "image/vnd.adobe.photoshop"),
    (rb"\x00...(?:moov|wide|free|skip|pnot)|....mdat", "video/quicktime"),  # QuickTime from before "ftyp"
    (rb"\x1a\x45\xdf\xa3.{0,48}webm", "video/webm"),
    (rb"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (rb"FLV\x01", "video/x-flv"),
    (rb"\x00\x00\x01[\xba\xb3]", "video/mpeg"),
    (rb"\x47.{187}\x47", "video/mp2t"),
    (rb"OggS.{24,32}(?:\x80theora|\x01video)", "video/ogg"),
    (rb"OggS", "audio/ogg"),
    (rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "audio/mpeg"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
    (rb"fLaC", "audio/flac"),
    (rb"#!AMR", "audio/amr"),
    (rb"caff", "audio/x-caf"),
    (rb"MThd", "audio/midi"),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "application/zip"),
    (rb"\x1f\x8b", "application/gzip"),
    (rb"\xfd7zXZ\x00", "application/x-xz"),
    (rb"BZh[1-9]", "application/x-bzip2"),
    (rb"\x5d(?:\x00\x00..|\xff{4})(?:\xff{8}|.{5}\x00{3})", "application/x-lzma"),
    (rb"LZIP\x01", "application/x-lzip"),
    (rb"\x28\xb5\x2f\xfd", "application/zstd"),
    (rb"\x1f\x9d", "application/x-compress"),
    (rb"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (rb"Rar!\x1a\x07", "application/vnd.rar"),
    (rb"%PDF-", "application/pdf"),
    (rb"SQLite format 3\x00", "application/vnd.sqlite3"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (rb"bplist00", "application/x-plist"),
)
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (rb"(?s:<\?xml.*)?<svg", "image/svg+xml"),
    (rb"(?i:<!doctype html|<html|<head)", "text/html"),
    (rb"<\?xml", "text/xml"),
    (rb"[\[{]", "application/json"),
    (rb"BEGIN:VC", "text/vcard"),
)
_BINARY = [(re.compile(pattern, re.DOTALL), mime) for pattern, mime in _SIGNATURES]
_TEXTUAL = [(re.compile(pattern), mime) for pattern, mime in _TEXTS]
SNIFF_BYTES = 512  # of a file's beginning: enough for every signature, and to tell text from a web page
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # what no text holds


def sniff(head: bytes) -> str | None:
    """The MIME type that the first 64 or more bytes of a file show; None when they show none.

    Pictures and films are told apart with care, everything else only roughly, so that a reason can be given.
    """
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    return next((mime for pattern, mime in _BINARY if pattern.match(head)), None) or _textual_type(head)


def _by_brand(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if _AVIF.intersection(brands):
        return "image/avif"
    if _HEIF.intersection(brands):
        return "image/heic"
    if brands[0][:3] in (b"3gp", b"3g2"):
        return "video/3gpp"
    return _BRANDS.get(brands[0], "video/mp4")


def _textual_type(head: bytes) -> str | None:
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body or _CONTROL.search(body):
        return None
    try:
        body[:-3].decode()  # a character may be cut at the end of the head
    except UnicodeDecodeError:
        return None
    return next((mime for pattern, mime in _TEXTUAL if pattern.match(body)), "text/plain")


def read_picture(stream: BinaryIO) -> tuple[str, bytes]:
    """A picture's type and bytes. Raises ItemError for anything else, after its first bytes."""
    head = stream.read(SNIFF_BYTES)
    kind = sniff(head)
    if kind is None or not kind.startswith("image/"):
        raise ItemError(Outcome.UNSUPPORTED, _why_no_picture(kind, head))
    data = head + stream.read(MAX_BYTES + 1 - len(head))
    if len(data) > MAX_BYTES:
        raise ItemError(Outcome.TOO_LARGE, f"a picture of more than {MAX_BYTES >> 20} MB")
    return kind, data


def _why_no_picture(kind: str | None, head: bytes) -> str:
    if not head:
        return "an empty file"
    if kind is None:
        return "not a picture: its content is of no kind that is known here"
    if kind.startswith("video/"):
        return "a video: only pictures are searched so far"
    names = {"application/zip": "an archive inside an archive, or a document"}
    return f"not a picture: {names.get(kind, kind)}"
