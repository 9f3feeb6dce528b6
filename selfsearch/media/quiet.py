"""Pillow's libraries describe odd files on stderr. Here such a file is an outcome, and stderr belongs to the user."""

from __future__ import annotations

import ctypes
import warnings
from functools import cache

import PIL._imaging
from PIL import Image


@cache
def hush() -> None:
    """Silence Pillow's warnings, behind any filter that the process has set, and its libtiff's error messages."""
    for category in (UserWarning, Image.DecompressionBombWarning):
        warnings.filterwarnings("ignore", category=category, module=r"PIL\.", append=True)
    try:
        set_handler = ctypes.CDLL(PIL._imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # Windows, or a Pillow built otherwise: the messages stay
        return
    set_handler.argtypes = [ctypes.c_void_p]
    set_handler.restype = ctypes.c_void_p
    set_handler(None)
