"""Which exceptions of decoders mean that a file is damaged, or too large, and not that we are wrong."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image

from ..errors import ItemError
from ..types import Outcome

# What Pillow and pillow-heif raise on damaged data: documented, or seen in 50,000 files damaged at random.
# Anything else is an error of ours: the file's outcome is `failed`.
DAMAGE_ERRORS: tuple[type[Exception], ...] = (
    OSError,  # Pillow: truncated, "broken data stream", "decoder error"; pillow-heif: documented
    SyntaxError,  # Pillow: not a file of this format, broken PNG chunks; pillow-heif: documented
    ValueError,  # Pillow: impossible values, too much compressed text; pillow-heif: libheif's messages
    EOFError,  # Pillow: WebP, GIF; pillow-heif: documented
    RuntimeError,  # Pillow: AVIF; pillow-heif: documented
    IndexError,  # Pillow: a read beyond the end; pillow-heif: no picture in the file
    TypeError,  # Pillow: TIFF tags of another type than promised
    OverflowError,  # Pillow: a size that no C integer holds
    ZeroDivisionError,  # Pillow: tiles without a size
    struct.error,  # Pillow: a header cut short
    UserWarning,  # Pillow's warnings about odd files, in a process that turns warnings into errors
)
# Pillow's own limits, and memory that the machine does not have.
TOO_LARGE_ERRORS: tuple[type[Exception], ...] = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    MemoryError,
)


@contextmanager
def errors_as_outcomes(explain: Callable[[Exception], ItemError]) -> Iterator[None]:
    """What Pillow or pillow-heif raise inside, as ItemError; `explain` makes one of a DAMAGE_ERROR."""
    try:
        yield
    except TOO_LARGE_ERRORS as exc:
        raise too_large() from exc
    except DAMAGE_ERRORS as exc:
        raise explain(exc) from exc


def too_large() -> ItemError:
    """The error for one of TOO_LARGE_ERRORS, whose own words are for programmers."""
    return ItemError(Outcome.TOO_LARGE, "decoding it would need more memory than one picture may have")
