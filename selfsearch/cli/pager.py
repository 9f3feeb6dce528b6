"""An answer that is longer than the screen, a page at a time.

This is our own pager, and $PAGER is started for nobody: it would hold the whole answer, captions and links
included, in a process that other programs can read, may keep it in a history or a swap file, and on macOS and
Windows could reach the network. An answer in a pipe is never paged, so `selfsearch query ... | less` is there
for whoever wants that.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections import deque

from ..report.text import cells
from . import console

END = ("q", "Q", "\x03", "\x04", "\0", "")  # Ctrl-C, Ctrl-D now or typed ahead, the end of all that is typed
ALL = ("a", "A")
ESCAPE = "\x1b"  # what a key like Page Down begins with
SEQUENCE_DELAY = 0.05  # seconds within which the rest of such a key arrives
PARTS_OF_KEY = [bytes([sign]) for sign in b"[O;0123456789"]  # what may follow ESCAPE before the last sign
NO_PAGER = ("", "cat")  # as a value of $PAGER


def show(text: str, *, at_once: bool = False) -> None:
    """Write an answer that report/ laid out in lines; it stops at each full screen when people look on."""
    lines = deque(text.removesuffix("\n").split("\n"))
    is_paged = not at_once and _has_reader()
    while lines:
        columns, rows = shutil.get_terminal_size()
        if not is_paged or sum(_rows(line, columns) for line in lines) < rows:
            _write(lines, len(lines))
            break
        _write(lines, _fitting(lines, columns, rows - 1))
        key = _ask(len(lines), columns)
        if key in END:
            break
        is_paged = key not in ALL


def _has_reader() -> bool:
    """Whether somebody reads the answer on a terminal on which a line can be taken back, and wants pages."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    is_able = os.environ.get("TERM") != "dumb" and (os.name == "posix" or "WT_SESSION" in os.environ)
    pager = os.environ.get("SELFSEARCH_PAGER", os.environ.get("PAGER"))
    return is_able and pager not in NO_PAGER and all(stream.isatty() for stream in streams)


def _rows(line: str, columns: int) -> int:
    """How many rows of the terminal a line takes."""
    return max(1, math.ceil(cells(console.STYLE.sub("", line)) / columns))


def _fitting(lines: deque[str], columns: int, rows: int) -> int:
    """How many of the lines fit into so many rows; one at least."""
    count = 0
    for line in lines:
        rows -= _rows(line, columns)
        if rows < 0:
            break
        count += 1
    return max(count, 1)


def _write(lines: deque[str], count: int) -> None:
    for _ in range(count):
        console.write_styled(lines.popleft())
    sys.stdout.flush()


def _ask(left: int, columns: int) -> str:
    """The key that is pressed at the foot of a page."""
    more = f"{left:,} more {'line' if left == 1 else 'lines'}"
    foot = next(
        (text for text in (f"{more}. Enter: next page, a: all, q: end", more) if len(text) < columns), ""
    )
    screen = console.unguarded(sys.stderr)
    screen.write(foot)
    screen.flush()
    try:
        return _key()
    finally:
        screen.write("\r\x1b[2K")
        screen.flush()


def _key() -> str:
    """One key, without Enter. "" when nothing can be typed any more."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.getwch()
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    modes = termios.tcgetattr(terminal)
    modes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
    termios.tcsetattr(terminal, termios.TCSADRAIN, modes)
    try:
        key = os.read(terminal, 1)
        if key == ESCAPE.encode():
            _read_rest(terminal)
        return key.decode("ascii", "replace")
    except OSError:  # the terminal is gone
        return ""
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read_rest(terminal: int) -> None:
    """Take what else a key sends."""
    import select

    while select.select([terminal], [], [], SEQUENCE_DELAY)[0]:
        if os.read(terminal, 1) not in PARTS_OF_KEY:
            break
