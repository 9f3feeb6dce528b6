"""Where media come from. `discover` turns a path into sources; a source yields its items, each with its provenance."""

from __future__ import annotations
