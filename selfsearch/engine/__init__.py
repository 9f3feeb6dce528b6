"""From pixels to faces. Everything runs through an InsightFace model pack; nothing here knows a database or a
file name.
"""

from __future__ import annotations

from .engine import Engine
from .packs import Pack, find_pack

__all__ = ["Engine", "Pack", "find_pack"]
