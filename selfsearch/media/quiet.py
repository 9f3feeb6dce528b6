"""Pillow and its libraries describe odd files on stderr; here that is an outcome, told in its place."""

from __future__ import annotations

import ctypes
import logging
import warnings
from functools import cache

import PIL._imaging
from PIL import Image


@cache
def hush() -> None:
    """Silence Pillow's warnings and log, unless the process has set up either, and its libtiff's messages."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # or the last resort prints it
    exif = logging.getLogger("PIL.TiffImagePlugin")
    if exif.level == logging.NOTSET:
        exif.setLevel(logging.INFO)  # at DEBUG it logs captions and places
    for category in (UserWarning, Image.DecompressionBombWarning):
        warnings.filterwarnings("ignore", category=category, module=r"PIL\.", append=True)
    try:
        set_handler = ctypes.CDLL(PIL._imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # Windows, or a Pillow built otherwise: the messages stay
        return
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler.restype = ctypes.c_void_p
    set_handler(None)
