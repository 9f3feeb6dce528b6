"""The opener: the one process that may start a browser. It shows what is at one place, and removes it.

The place of the page is given to it when it starts, which is before the process that it serves has read
anything hostile; from then on that process can say no more than "now". What is there must be a file of ours,
no link, and one of our reports as page_check.py knows them.

What that leaves to whoever takes over that process: the addresses behind links, which act when a person
clicks on them, and the moment between our look at the file and the browser's, in which it could be exchanged.
"""

from __future__ import annotations

import os
import stat
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path

from ..errors import SelfsearchError

SHOW = b"o"
SHOWN, FAILED, NONE = b"1", b"0", b""  # answers; the last one ends the opener
MOST_SHOWN = 2  # pages in one run: the faces of a photograph to choose from, and the report
MOST_BYTES = 1 << 30
STEP = 1.0  # seconds between two looks whether the page is still there


class PageOpener:
    """Shows what is at `page`, and what stands there afterwards."""

    def __init__(self, page: Path, browse: Callable[[str], bool] = webbrowser.open) -> None:
        self._page = page
        self._browse = browse
        self._asked = 0
        self.shown = False

    def show(self, record: bytes) -> bytes:
        """Show it, if it is ours."""
        if record != SHOW or self._asked == MOST_SHOWN:
            return NONE
        self._asked += 1
        from .page_check import is_own_page  # only now: whoever started us waits until we are ready

        try:
            own = is_own_page(_read(self._page).decode())
        except (OSError, ValueError, SelfsearchError):
            return FAILED
        self.shown = own and self._browse(self._page.as_uri())
        return SHOWN if self.shown else FAILED

    def wait(self, seconds: float) -> None:
        """Give the browser time to read it; less when somebody else removes it before."""
        end = time.monotonic() + seconds
        while self.shown and time.monotonic() < end and self._page.exists():
            time.sleep(STEP)

    def remove(self) -> None:
        """Remove the page, if one was written."""
        self._page.unlink(missing_ok=True)


def _read(page: Path) -> bytes:
    """Raises OSError, or SelfsearchError when it is not simply a file of ours in a folder of ours."""
    folder = page.parent.lstat()
    if not stat.S_ISDIR(folder.st_mode) or page.is_symlink():
        raise SelfsearchError("a link, or no folder")
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with os.fdopen(os.open(page, flags), "rb") as file:
        info = os.fstat(file.fileno())
        whole = stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and info.st_size <= MOST_BYTES
        if not whole or not info.st_uid == folder.st_uid == _user():
            raise SelfsearchError("not simply a file of ours")
        return file.read()


def _user() -> int:
    """Who we are; 0 is everybody's number on Windows."""
    return os.geteuid() if hasattr(os, "geteuid") else 0
