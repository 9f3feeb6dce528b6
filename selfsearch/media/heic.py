"""HEIC and HEIF, decoded by libheif through pillow-heif's own interface, which copies no pixels.

libheif applies the container's rotation and mirroring itself, and the standard says that EXIF's orientation
does not count beside them, so nothing is turned here.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pillow_heif
from PIL import Image

from ..errors import ItemError
from ..types import Outcome, Pixels
from . import decoder_errors, limits
from .metadata import MetadataBlocks
from .pillow_decoder import CUT_SHORT, OUTPUT_BYTES, pad_to_length
from .pixels import UPRIGHT, flatten, reduction_factor

_PEAK_BYTES, _PEAK_BYTES_HDR = 5, 8  # per pixel: libheif's YUV and RGB; with 10 and 12 bits
_DECODED_BYTES = 4  # per pixel, at most


class HeicDecoder:
    """A HEIC file whose boxes were read. Its primary picture counts; bursts and previews do not."""

    orientation = UPRIGHT

    def __init__(self, data: bytes) -> None:
        """Raises ItemError when there is no picture in it, or one beyond the limits."""
        self._data = pad_to_length(data, _declared_length(data))
        self.problem: str | None = None if self._data is data else CUT_SHORT
        self._image: Any | None = self._open()
        self.size: tuple[int, int] = self._image.size
        has_more_bits = self._image.info.get("bit_depth", 8) > 8
        self._cost = limits.decoding_cost(self.size, _PEAK_BYTES_HDR if has_more_bits else _PEAK_BYTES)
        self._output_bytes = OUTPUT_BYTES["A" in self._image.mode.upper()]
        self.metadata = MetadataBlocks(self._image.info.get("exif"), self._image.info.get("xmp"))

    def decode(self, long_side: int) -> Pixels:
        """RGB, upright, long_side or more pixels long. Raises ItemError."""
        factor = reduction_factor(*self.size, long_side)
        factor = limits.affordable_factor(self.size, factor, self._cost, self._output_bytes)
        with decoder_errors.errors_as_outcomes(_unusable), limits.one_large_at_a_time(self._cost):
            return self._rgb(factor)

    def _open(self) -> Any:
        with decoder_errors.errors_as_outcomes(_unusable):
            file: Any = pillow_heif.HeifFile(self._data, remove_stride=False)  # type: ignore[no-untyped-call]
            return file[file.primary_index]

    def _rgb(self, factor: int) -> Pixels:
        image = self._image or self._open()
        self._image = None
        planes = _view(image)
        if planes.shape[0] * planes.shape[1] * _DECODED_BYTES <= limits.LARGE_BYTES:
            self._image = image  # pillow-heif keeps what it has decoded
        return _to_rgb(_reduce(planes, factor))


def _view(image: Any) -> Any:
    """libheif's pixels, (height, width, channels), without a copy: rows may have padding at their end."""
    data = image.data
    channels = len(image.mode)
    if image.mode not in ("RGB", "RGBA", "RGBa", "L", "LA", "La"):
        raise ItemError(Outcome.UNSUPPORTED, "a rare variant of HEIC that cannot be read here")
    width, height = image.size
    return np.ndarray((height, width, channels), np.uint8, data, strides=(image.stride, channels, 1))


def _declared_length(data: bytes) -> int:
    """As long as the file's boxes say that it is."""
    at = 0
    while 0 <= at <= len(data) - 8:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0: to the end of the file, so nothing can be missing
            return len(data)
        at += size
    return at


def _reduce(planes: Any, factor: int) -> Any:
    if factor == 1:
        return planes
    height, width = (max(side // factor, 1) for side in planes.shape[:2])
    blocks = planes[: height * factor, : width * factor]  # whole blocks only: the fast way of averaging
    return cv2.resize(blocks, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)


def _to_rgb(planes: Any) -> Pixels:
    channels = planes.shape[2]
    if channels == 3:
        return np.array(planes)
    if channels == 1:
        return np.repeat(planes, 3, axis=2)
    return np.array(flatten(Image.fromarray(np.ascontiguousarray(planes))))


def _unusable(exc: Exception) -> ItemError:
    message = str(exc)
    if "ecurity limit" in message or "exceeds" in message:
        return decoder_errors.too_large()
    if "nsupported" in message or "No decoding plugin" in message:
        return ItemError(Outcome.UNSUPPORTED, "a rare variant of HEIC that cannot be read here")
    return ItemError(Outcome.UNREADABLE, "damaged: the decoder finds no picture in it")
