"""Bytes of a file in, upright pixels and facts out; sources, models and the library are not known here."""

from __future__ import annotations

from .hashing import perceptual_hash
from .limits import MAX_BYTES, MAX_PIXELS
from .sniff import sniff
from .still import Still, open_still

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Still", "open_still", "perceptual_hash", "sniff"]
