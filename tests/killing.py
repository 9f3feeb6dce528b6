"""For the programs that tests start and that are to die on the way. It loads no more than they need: the
tests' own modules would cost each of them half a second.
"""

from __future__ import annotations

import os
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from selfsearch.library.library import open_library

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def opened(home: Path, *, writing: bool = True) -> Any:
    """The library there, made if need be; its key lies beside it."""
    return open_library(home, key_folder=home.parent / "keys", create=writing, writing=writing)


def kill_at(place: Any, name: str, calls: int) -> None:
    """Have this process killed when `place.name` is called after so many calls that went well."""
    real, left = getattr(place, name), [calls]

    def deadly(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    setattr(place, name, deadly)
