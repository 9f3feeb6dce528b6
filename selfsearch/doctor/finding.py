"""What a check has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]
SHOWN = 5  # examples that a sentence names


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing."""

    check: str  # programs, permissions, leftovers, disk, settings, packs, library, ledger, vectors, chips, …
    level: Level
    what: str
    do: str = ""  # how to mend it; "" when there is nothing to do
    mended: bool = False  # it was wrong, and has been put right just now


def listed(values: Sequence[object]) -> str:
    """The first few, and how many more."""
    more = f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else ""
    return ", ".join(map(str, values[:SHOWN])) + more
