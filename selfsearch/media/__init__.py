"""Bytes of a file in, upright pixels and facts out; sources, models and the library are not known here."""

from __future__ import annotations

import os

# Pillow keeps large pictures in blocks of this size. Its own 16 MB are so small that the C library does not
# give them back: each thread would go on holding the largest picture that it ever met.
os.environ.setdefault("PILLOW_BLOCK_SIZE", "64m")
