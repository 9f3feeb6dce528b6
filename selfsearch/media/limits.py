"""How much one file may ask of this machine.

A still picture is refused before anything is decoded when it is larger, or says that it will become larger,
than these limits. Decoders that can shrink while they decode (JPEG) need little memory whatever the size; the
others hold the whole picture, so the big ones among those take turns.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

from ..errors import ItemError
from ..types import Outcome

MAX_BYTES = 256 * 2**20  # a still file; a 100-megapixel PNG has about 200 MB
MAX_PIXELS = 250_000_000  # declared; the largest camera sensors on sale have 200 megapixels
MAX_SIDE = 100_000  # declared; JPEG ends at 65,535, and nothing that long and thin shows a face
MAX_DECODED_BYTES = 512 * 2**20  # what decoding may need at its peak: 128 megapixels of a PNG
MIN_OUTPUT_BYTES = 128 * 2**20  # that the decoded picture may always need while it is made smaller and RGB
LARGE_BYTES = 96 * 2**20  # above this (24 megapixels of a PNG), one picture at a time
MAX_METADATA = 1 * 2**20  # EXIF, IPTC, XMP, each; real ones have a few kB, JPEG's segments end at 64 kB

_turn: AbstractContextManager[object] = threading.Lock()


def take_turns_by(turn: AbstractContextManager[object]) -> None:
    """Hold `turn` while a large picture is decoded, where several processes share the machine's memory."""
    global _turn
    _turn = turn


def one_large_at_a_time(cost: int) -> AbstractContextManager[object]:
    """Do what needs `cost` bytes at its peak: at once when that is modest, in turn when it is large."""
    return _turn if cost > LARGE_BYTES else nullcontext()


def check_file_size(size: int) -> None:
    """Raise ItemError for an empty file and for one over MAX_BYTES."""
    if size == 0:
        raise ItemError(Outcome.UNREADABLE, "the file is empty")
    if size > MAX_BYTES:
        reason = f"{size:,} bytes is over the limit of {MAX_BYTES:,} for a still picture"
        raise ItemError(Outcome.TOO_LARGE, reason)


def check_dimensions(width: int, height: int) -> None:
    """Raise ItemError when a picture declares more pixels than may be decoded, or none."""
    if width < 1 or height < 1:
        raise ItemError(Outcome.UNREADABLE, f"damaged: it says that it is {width} by {height} pixels")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        limit = f"the limit is {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE:,} pixels on a side"
        raise ItemError(Outcome.TOO_LARGE, f"it says that it is {width:,} by {height:,} pixels; {limit}")


def decoding_cost(size: tuple[int, int], bytes_per_pixel: int) -> int:
    """Peak memory in bytes of decoding a picture in one piece. Raises ItemError above MAX_DECODED_BYTES."""
    width, height = size
    check_dimensions(width, height)
    return check_cost(size, width * height * bytes_per_pixel)


def check_cost(size: tuple[int, int], cost: int) -> int:
    """`cost`, the bytes that a picture of this size needs. Raises ItemError above MAX_DECODED_BYTES."""
    if cost > MAX_DECODED_BYTES:
        width, height = size
        reason = f"{width:,} by {height:,} pixels in this format need {cost >> 20:,} MiB of memory to decode"
        raise ItemError(Outcome.TOO_LARGE, f"{reason}; the limit is {MAX_DECODED_BYTES >> 20}")
    return cost


def affordable_factor(size: tuple[int, int], factor: int, cost: int, bytes_per_pixel: int) -> int:
    """By what to reduce a picture whose decoding takes `cost` bytes: `factor`, or more where memory ends.

    `bytes_per_pixel`: of the reduced picture, while it is converted.
    """
    room = max(MIN_OUTPUT_BYTES, MAX_DECODED_BYTES - cost)
    while size[0] * size[1] * bytes_per_pixel // factor**2 > room:
        factor += 1
    return factor
