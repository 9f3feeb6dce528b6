"""Everything that is kept, and the only SQL. The library does not know what a model is."""

from __future__ import annotations

from .library import Library, default_home, default_key_folder, open_library

__all__ = ["Library", "default_home", "default_key_folder", "open_library"]
