"""One still picture: opened cheaply, checked against the limits, decoded only when pixels are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

from ..errors import ItemError
from ..types import Facts, Outcome, Pixels
from . import metadata as written
from .limits import check_bytes
from .pixels import upright, upright_size
from .sniff import sniff

# How a reason names what is not a picture.
_NAMES = {
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
_KINDS = {
    "image": "a camera's raw file; export it as JPEG to have it searched",
    "video": "a film, not a still picture",
    "audio": "a sound recording, not a picture",
    "text": "text, not a picture",
    "application": "not a picture",
}


class Picture(Protocol):
    """What a format's module offers."""

    size: tuple[int, int]  # width, height as stored
    orientation: int  # EXIF's number for what is still to be turned
    problem: str | None

    def records(self) -> written.Records:
        """The metadata blocks."""
        ...

    def decode(self, long_side: int) -> Pixels:
        """RGB as stored, long_side or more pixels long. Raises ItemError; may set `problem`."""
        ...


class Still:
    """A still picture. One thread at a time may use it; any number of Stills may be used at once."""

    def __init__(self, kind: str, picture: Picture) -> None:
        self.type = kind  # MIME type by content
        self._picture = picture
        self.width, self.height = upright_size(*picture.size, picture.orientation)  # original size

    @property
    def problem(self) -> str | None:
        """Why this is not the whole picture, or None. Complete once `pixels` was called."""
        return self._picture.problem

    @cached_property
    def facts(self) -> Facts:
        """What the file says about itself. Never raises, never decodes."""
        return written.read(self._picture.records())

    def pixels(self, long_side: int) -> Pixels:
        """Upright RGB, (height, width, 3), C-contiguous and ours to change, at least `long_side` pixels long.

        A picture that has fewer is given as it is; one that has more may come up to twice as long as asked
        for. Large pictures wait for each other. Raises ItemError when the file is damaged beyond use.
        """
        return upright(self._picture.decode(long_side), self._picture.orientation)


def open_still(data: bytes) -> Still:
    """Recognise and open the bytes of a file. Raises ItemError with outcome and reason."""
    check_bytes(len(data))
    kind = sniff(data[:512])
    opener = _opener(kind)
    if kind is None or opener is None:
        raise ItemError(Outcome.UNSUPPORTED, _what(kind))
    return Still(kind, opener(data))


def _opener(kind: str | None) -> Callable[[bytes], Picture] | None:
    """The format's module is loaded here: a folder of JPEGs never loads libheif."""
    if kind == "image/jpeg":
        from .jpeg import JpegPicture

        return JpegPicture
    if kind in ("image/heic", "image/heif"):
        from .heic import HeicPicture

        return HeicPicture
    if kind in ("image/png", "image/webp", "image/avif", "image/tiff", "image/bmp", "image/gif"):
        from .pillow_decoder import WholePicture

        return lambda data: WholePicture(data, kind)
    return None


def _what(kind: str | None) -> str:
    if kind is None:
        return "its content is no picture format that is known here"
    return _NAMES.get(kind) or _KINDS[kind.split("/")[0]]
