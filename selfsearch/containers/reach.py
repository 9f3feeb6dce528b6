"""How far reading goes: what lies at or below one place, and behind links only where that is consented to.

What counts is where an opened file really is. It is asked of the descriptor, after the opening, so that
nothing that is moved or linked in the meantime is read under another's name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from .. import places
from ..errors import ItemError
from ..types import Outcome

OUT_OF_REACH = (Outcome.UNSUPPORTED, "a link to a place without consent")
MOVED = (Outcome.UNREADABLE, "was moved or replaced while it was looked at")

Permits = Callable[[str], bool]  # a real path -> whether it may be read at this moment
Check = Callable[[int], None]  # a descriptor; raises ItemError when it may not be read


def nowhere(real: str) -> bool:
    """No link is followed out of the place that was named."""
    return False


@dataclass(frozen=True)
class Reach:
    """What may be read."""

    root: str  # the real path that was consented to
    elsewhere: Permits = nowhere

    def permits(self, real: str) -> bool:
        """Whether what lies at this real path may be read now."""
        return places.is_at_or_below(real, self.root) or self.elsewhere(real)

    def check(self, descriptor: int, path: str, expected: str) -> None:
        """Raises ItemError when what was opened at `path` may not be read, or is not where it was found."""
        real = self.locate(descriptor, path)
        if not places.is_same(real, os.path.normpath(expected)):
            raise ItemError(*MOVED)

    def locate(self, descriptor: int, path: str) -> str:
        """Where what was opened at `path` really is. Raises ItemError when it may not be read."""
        try:
            real = places.real_path_of(descriptor, path)
        except OSError as exc:
            raise ItemError(*MOVED) from exc
        if not self.permits(real):
            raise ItemError(*OUT_OF_REACH)
        return real

    def locate_path(self, path: str) -> str:
        """The same for a path, where folders cannot be opened (Windows)."""
        real = os.path.realpath(path)
        if not self.permits(real):
            raise ItemError(*OUT_OF_REACH)
        return real
