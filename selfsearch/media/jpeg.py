"""JPEG, decoded by libjpeg-turbo no larger than asked for.

A 12-megapixel file takes 37 ms at full size and 29, 26 and 24 ms at a half, a quarter and an eighth; the
eighths between them have no fast code and take longer than the next larger power of two, so only the powers
are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import simplejpeg

from ..errors import ItemError
from ..types import Outcome, Pixels
from .decoder_errors import TOO_LARGE_ERRORS, too_large
from .exif import read_orientation
from .limits import MAX_DECODED_BYTES, MAX_METADATA, check_cost, check_dimensions, one_large_at_a_time
from .metadata import MetadataBlocks, find_iptc
from .pillow_decoder import CUT_SHORT, DECODED_BYTES, PillowDecoder

_SOS, _EOI, _APP1, _APP13 = 0xDA, 0xD9, 0xE1, 0xED
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; the three others are tables
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}  # markers that stand alone
_MARKER = re.compile(rb"\xff([\x01-\xfe])")
_MAX_SEGMENTS = 5_000  # before the first scan; real files have at most a few hundred
_MAX_SCANS = 100  # every scan passes over the whole picture; encoders write about ten
_COEFFICIENT_BYTES = 2 * 64  # per block of 8 by 8 samples
_RGB_BYTES, _INKS_BYTES = 6, 13  # per pixel: RGB, and turned; four inks, their black thrice, three inks, RGB
_MAX_SAMPLING = 4  # of a component, each way
_MIN_SCAN_BYTES = 32  # of a scan that was cut short; fewer do not make one block of pixels
_EXIF_HEAD, _XMP_HEAD = b"Exif\x00", b"http://ns.adobe.com/xap/1.0/\x00"
_PHOTOSHOP_HEAD = b"Photoshop 3.0\x00"
_BEHIND_SCAN = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # no restart marker, and no escaped 0xFF
_DAMAGED_HEADER = "damaged in its header, but the picture could be read"
# Some cameras leave a few bytes before the end marker, or write numbers that nobody uses.
_HARMLESS = re.compile(r" \d{1,2} extraneous bytes before marker 0xd9|JFIF|Adobe|Invalid SOS parameters")


class JpegDecoder:
    """A JPEG file whose header was read."""

    def __init__(self, data: bytes) -> None:
        """Raises ItemError when there is no picture in it, or one beyond the limits."""
        self._data = data
        self._scan = 0  # where the first scan's data begins
        self._scan_components = 0  # that it has
        self._bits = 0
        self._sampling: list[tuple[int, int]] = []  # of each component, across and down
        self._progressive = False
        self._coefficients = 0  # bytes of them that the decoder holds
        self.size = (0, 0)
        self.metadata = self._read_header()
        self.problem: str | None = None
        self.orientation = read_orientation(self.metadata.exif)

    def decode(self, long_side: int) -> Pixels:
        """RGB as stored, not yet upright, `long_side` or more pixels. Raises ItemError; sets `problem`."""
        eighths = _eighths(max(self.size), long_side)
        while eighths > 1 and self._cost(eighths) > MAX_DECODED_BYTES:
            eighths //= 2
        try:
            with one_large_at_a_time(check_cost(self.size, self._cost(eighths))):
                return self._rgb(eighths)
        except TOO_LARGE_ERRORS as exc:
            raise too_large() from exc
        except ValueError as exc:
            # What is legal and refused all the same: subsamplings without a name, lossless JPEG, odd colours.
            problem = _DAMAGED_HEADER if "Corrupt" in str(exc) else None
            return self._decode_with_pillow(long_side, problem)

    def _decode_with_pillow(self, long_side: int, problem: str | None) -> Pixels:
        """Pillow decodes at full size. It passes over junk between segments and broken profiles.

        `problem` is that of a picture in which Pillow finds none. Raises ItemError.
        """
        check_cost(self.size, self._coefficients + self.size[0] * self.size[1] * DECODED_BYTES)
        pillow = PillowDecoder(self._data, "image/jpeg")
        pixels = pillow.decode(long_side)
        self.problem = pillow.problem or problem
        return pixels

    def _read_header(self) -> MetadataBlocks:
        blocks: dict[int, list[bytes]] = {_APP1: [], _APP13: []}
        for marker, start, end in _segments(self._data):
            if marker in blocks:
                blocks[marker].append(self._data[start:end])
            elif marker in _FRAMES and not self._sampling:
                self._read_frame(marker, self._data[start:end])
            elif marker == _SOS:
                self._scan, self._scan_components = end, self._data[start] if start < end else 0
        self._check_header()
        return _metadata_blocks(blocks[_APP1], blocks[_APP13])

    def _check_header(self) -> None:
        """Raises ItemError for what cannot be decoded, or only at a cost beyond the limits."""
        if not self._sampling or not self._scan:
            raise ItemError(Outcome.UNREADABLE, "cut short before any part of the picture")
        if self._bits != 8:
            raise ItemError(Outcome.UNSUPPORTED, f"a JPEG with {self._bits} bits per colour, not 8")
        check_dimensions(*self.size)
        if not self._has_several_scans():
            return
        self._coefficients = _coefficient_bytes(self.size, self._sampling)
        check_cost(self.size, self._cost(eighths=1))
        if _has_too_many_scans(self._data, self._scan):
            reason = f"more than {_MAX_SCANS} passes over the picture, which only serve to block a decoder"
            raise ItemError(Outcome.TOO_LARGE, reason)

    def _read_frame(self, marker: int, frame: bytes) -> None:
        if len(frame) < 6:
            return
        self._bits = frame[0]
        self._sampling = [(each >> 4, each & 15) for each in frame[7 : 6 + 3 * frame[5] : 3]]
        self.size = (int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big"))
        self._progressive = marker in _PROGRESSIVE

    def _has_several_scans(self) -> bool:
        """Whether the decoder must hold all coefficients, because a scan has only a part of the picture."""
        return self._progressive or self._scan_components < len(self._sampling)

    def _cost(self, eighths: int) -> int:
        """Peak memory in bytes of decoding at this size and turning what comes out."""
        width, height = (-(-side * eighths // 8) for side in self.size)
        each = _INKS_BYTES if len(self._sampling) == 4 else _RGB_BYTES
        return self._coefficients + width * height * each

    def _rgb(self, eighths: int) -> Pixels:
        if len(self._sampling) != 4:
            return self._decode(eighths, "RGB")
        # Adobe stores the complement of each ink, and every program reads all four-colour JPEGs like that.
        inks = self._decode(eighths, "CMYK")
        key = cv2.merge([inks[..., 3]] * 3)
        rgb: Any = cv2.multiply(np.ascontiguousarray(inks[..., :3]), key, scale=1 / 255)
        return np.asarray(rgb, np.uint8)

    def _decode(self, eighths: int, colours: str) -> Pixels:
        width, height = (-(-side * eighths // 8) for side in self.size)
        options = {"colorspace": colours, "min_width": width, "min_height": height, "min_factor": 1}
        try:
            pixels: Pixels = simplejpeg.decode_jpeg(self._data, **options, strict=True)
        except ValueError as exc:
            complaint = str(exc)
            pixels = simplejpeg.decode_jpeg(self._data, **options, strict=False)
            self._note_problem(complaint)
        return pixels

    def _note_problem(self, complaint: str) -> None:
        """Keep what the decoder complained of in a file that it decoded all the same. May raise ItemError."""
        if "Premature end" in complaint:
            if len(self._data) - self._scan < _MIN_SCAN_BYTES:
                raise ItemError(Outcome.UNREADABLE, "cut short before any part of the picture")
            self.problem = CUT_SHORT
        elif not _HARMLESS.search(complaint):
            self.problem = "damaged: parts of the picture may be wrong"


def _metadata_blocks(app1: list[bytes], app13: list[bytes]) -> MetadataBlocks:
    """Of several EXIF or XMP blocks the first counts; Photoshop's resources may go on in the next block."""
    exif = next((block for block in app1 if block.startswith(_EXIF_HEAD)), None)
    xmp = next((block[len(_XMP_HEAD) :] for block in app1 if block.startswith(_XMP_HEAD)), None)
    resources = [block[len(_PHOTOSHOP_HEAD) :] for block in app13 if block.startswith(_PHOTOSHOP_HEAD)]
    return MetadataBlocks(exif, xmp or None, find_iptc(b"".join(resources)[:MAX_METADATA]))


def _eighths(longest: int, long_side: int) -> int:
    wanted = min(longest, max(1, long_side))
    return next((eighths for eighths in (1, 2, 4) if -(-longest * eighths // 8) >= wanted), 8)


def _coefficient_bytes(size: tuple[int, int], sampling: list[tuple[int, int]]) -> int:
    """What libjpeg allocates for the coefficients of all components (jdcoefct.c, jinit_d_coef_controller)."""
    across, down = max(each for each, _ in sampling), max(each for _, each in sampling)
    if not all(1 <= each <= _MAX_SAMPLING for pair in sampling for each in pair):
        return 0  # libjpeg refuses it
    blocks = 0
    for horizontal, vertical in sampling:
        columns = -(-size[0] * horizontal // (across * 8))
        rows = -(-size[1] * vertical // (down * 8))
        blocks += (columns + -columns % horizontal) * (rows + -rows % vertical)
    return blocks * _COEFFICIENT_BYTES


def _has_too_many_scans(data: bytes, at: int) -> bool:
    """Whether more than _MAX_SCANS scans begin before the picture's end; the first one's data are at `at`."""
    scans = 1
    while scans <= _MAX_SCANS:
        match = _BEHIND_SCAN.search(data, at)
        if not match or match[1][0] == _EOI:
            return False
        at = match.end()
        if match[1][0] not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2], "big")
        scans += match[1][0] == _SOS
    return True


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each header segment up to the first scan's; junk between is passed over."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        match = _MARKER.search(data, at)
        if not match:
            return
        marker, at = match[1][0], match.end()
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + max(length, 2)  # a length below that of its own field is passed over, as decoders do
        if marker == _EOI or end > len(data):
            return
        yield marker, at + 2, end
        if marker == _SOS:
            return
        at = end
