"""One still picture: opened cheaply, checked against the limits, decoded only when pixels are asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

from ..errors import ItemError
from ..types import Facts, Outcome, Pixels
from .limits import check_file_size
from .metadata import MetadataBlocks, read_facts
from .pixels import apply_orientation, oriented_size
from .sniff import SNIFF_BYTES, sniff

# How a reason names what is not a picture.
_TYPE_NAMES = {
    "application/zip": "a ZIP archive or office document",
    "application/pdf": "a PDF document",
    "image/svg+xml": "a drawing (SVG), not a photograph",
    "image/jp2": "a JPEG 2000 picture, which is not supported; save it as JPEG to have it searched",
    "image/jxl": "a JPEG XL picture, which is not supported; save it as JPEG to have it searched",
    "image/x-icon": "an icon, not a photograph",
    "image/vnd.adobe.photoshop": "a Photoshop document; export it as JPEG to have it searched",
    "application/json": "text (JSON), not a picture",
    "text/html": "a web page, not a picture",
}
_FAMILY_NAMES = {  # by the first part of the MIME type
    "image": "a camera's raw file; export it as JPEG to have it searched",
    "video": "a film, not a still picture",
    "audio": "a sound recording, not a picture",
    "text": "text, not a picture",
    "application": "not a picture",
}


class Decoder(Protocol):
    """What a format's module offers: one file whose header was read."""

    size: tuple[int, int]  # width, height as stored
    orientation: int  # EXIF's number for what is still to be turned
    metadata: MetadataBlocks
    problem: str | None

    def decode(self, long_side: int) -> Pixels:
        """RGB as stored, long_side or more pixels long. Raises ItemError; may set `problem`."""
        ...


class Still:
    """A still picture. One thread at a time may use it; any number of Stills may be used at once."""

    def __init__(self, kind: str, decoder: Decoder) -> None:
        self.type = kind  # MIME type by content
        self._decoder = decoder
        self.width, self.height = oriented_size(*decoder.size, decoder.orientation)  # original size

    @property
    def problem(self) -> str | None:
        """Why this is not the whole picture, or None. Complete once `pixels` was called."""
        return self._decoder.problem

    @cached_property
    def facts(self) -> Facts:
        """What the file says about itself. Never raises, never decodes."""
        return read_facts(self._decoder.metadata)

    def pixels(self, long_side: int) -> Pixels:
        """Upright RGB, (height, width, 3), C-contiguous and ours to change, at least `long_side` pixels long.

        A picture that has fewer is given as it is; one that has more may come up to twice as long as asked
        for. Large pictures wait for each other. Raises ItemError when the file is damaged beyond use.
        """
        return apply_orientation(self._decoder.decode(long_side), self._decoder.orientation)


def open_still(data: bytes, kind: str | None = None) -> Still:
    """Open the bytes of a file; `kind` is its type where `sniff` was asked already.

    Raises ItemError with outcome and reason.
    """
    check_file_size(len(data))
    kind = kind or sniff(data[:SNIFF_BYTES])
    if kind is None:
        raise ItemError(Outcome.UNSUPPORTED, "its content is no picture format that is known here")
    return Still(kind, _decoder(kind, data))


def _decoder(kind: str, data: bytes) -> Decoder:
    """The format's module is loaded here: a folder of JPEGs never loads libheif."""
    if kind == "image/jpeg":
        from .jpeg import JpegDecoder

        return JpegDecoder(data)
    if kind in ("image/heic", "image/heif"):
        from .heic import HeicDecoder

        return HeicDecoder(data)
    if kind in ("image/png", "image/webp", "image/avif", "image/tiff", "image/bmp", "image/gif"):
        from .pillow_decoder import PillowDecoder

        return PillowDecoder(data, kind)
    raise ItemError(Outcome.UNSUPPORTED, _TYPE_NAMES.get(kind) or _FAMILY_NAMES[kind.split("/")[0]])
