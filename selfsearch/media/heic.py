"""HEIC and HEIF, decoded by libheif through pillow-heif's own interface, which hands over the pixels without
a copy.

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
from .limits import BEYOND, DAMAGE, LARGE_BYTES, check_whole, taking_turns, too_large
from .metadata import Records
from .pillow_decoder import CUT_SHORT, completed_heic
from .pixels import UPRIGHT, flat, whole_factor

_COST = 5  # bytes per pixel at the peak: libheif's YUV and RGB
_KEPT = 4


class HeicPicture:
    """A HEIC file whose boxes were read. Its primary picture counts; bursts and previews do not."""

    orientation = UPRIGHT

    def __init__(self, data: bytes) -> None:
        """Raises ItemError when there is no picture in it, or one beyond the limits."""
        self._data = completed_heic(data)
        self.problem: str | None = None if self._data is data else CUT_SHORT
        self._image: Any | None = self._open()
        self.size: tuple[int, int] = self._image.size
        self._cost = check_whole(self.size, _COST)
        self._records = Records(self._image.info.get("exif"), self._image.info.get("xmp"))

    def records(self) -> Records:
        """The metadata blocks."""
        return self._records

    def decode(self, long_side: int) -> Pixels:
        """RGB, upright, long_side or more pixels long. Raises ItemError."""
        try:
            with taking_turns(self._cost):
                return self._rgb(whole_factor(*self.size, long_side))
        except BEYOND as exc:
            raise too_large() from exc
        except DAMAGE as exc:
            raise _unusable(exc) from exc

    def _open(self) -> Any:
        try:
            file: Any = pillow_heif.HeifFile(self._data, remove_stride=False)  # type: ignore[no-untyped-call]
            return file[file.primary_index]
        except BEYOND as exc:
            raise too_large() from exc
        except DAMAGE as exc:
            raise _unusable(exc) from exc

    def _rgb(self, factor: int) -> Pixels:
        image = self._image or self._open()
        self._image = None
        planes = _view(image)
        if planes.shape[0] * planes.shape[1] * _KEPT <= LARGE_BYTES:
            self._image = image  # pillow-heif keeps what it has decoded
        return _flat(_shrunk(planes, factor))


def _view(image: Any) -> Any:
    """libheif's pixels, (height, width, channels), without a copy: rows may have padding at their end."""
    data = image.data
    channels = len(image.mode)
    if image.mode not in ("RGB", "RGBA", "RGBa", "L", "LA", "La"):
        raise ItemError(Outcome.UNSUPPORTED, "a rare variant of HEIC that cannot be read here")
    width, height = image.size
    return np.ndarray((height, width, channels), np.uint8, data, strides=(image.stride, channels, 1))


def _shrunk(planes: Any, factor: int) -> Any:
    if factor == 1:
        return planes
    height, width = (max(side // factor, 1) for side in planes.shape[:2])
    whole = planes[: height * factor, : width * factor]  # whole blocks only: the fast way of averaging
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)


def _flat(planes: Any) -> Pixels:
    channels = planes.shape[2]
    if channels == 3:
        return np.array(planes)
    if channels == 1:
        return np.repeat(planes, 3, axis=2)
    return np.array(flat(Image.fromarray(np.ascontiguousarray(planes))))


def _unusable(exc: Exception) -> ItemError:
    words = str(exc)
    if "ecurity limit" in words or "exceeds" in words:
        return too_large()
    if "nsupported" in words or "No decoding plugin" in words:
        return ItemError(Outcome.UNSUPPORTED, "a rare variant of HEIC that cannot be read here")
    return ItemError(Outcome.UNREADABLE, "damaged: the decoder finds no picture in it")
