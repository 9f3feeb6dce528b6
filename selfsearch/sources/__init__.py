"""Where media come from. `discover` turns a path into sources; a source yields items with provenance."""

from __future__ import annotations

from .discover import Discovery, Unchanged, discover
from .export import Account, Period
from .members import Member
from .shelf import Item
from .source import Problem, Source

__all__ = ["Account", "Discovery", "Item", "Member", "Period", "Problem", "Source", "Unchanged", "discover"]
