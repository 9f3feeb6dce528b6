"""A real pseudo-terminal for the command line, and words that try to act on it."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# A window title, a colour that selfsearch never uses, a cleared screen as C1, an override, an isolate, a zero
# width space, backspace, DEL, a forged line, and markup of Rich's. No slash and 70 bytes: a name of a file.
ATTACK = (
    "[bold]\x1b]0;OWNED\x07\x1b[38;5;199mPINK\x9b2J\u202egpj\u2066\u200b\x08\x7f\rBACK\r\nFORGED\u2028[red]"
)
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What selfsearch and its progress bars draw themselves: styles, the cursor hidden, a line cleared, one up.
OWN = re.compile(r"\x1b\[(?!38;5;199)[0-9;]*m|\x1b\[\?25[lh]\r?|\r?\x1b\[(?:2K|1A)")


def acts(shown: str) -> list[str]:
    """What in the output of a command would act on a terminal or hide, and is not drawn by selfsearch."""
    forged = re.findall("(?m)^(?:FORGED|BACK).*", shown)
    return ACTING.findall(OWN.sub("", shown)) + forged


class Terminal:
    """What is typed at it, and everything that was written to it."""

    def __init__(self, typed: str) -> None:
        self.master, self.slave = pty.openpty()
        modes = termios.tcgetattr(self.slave)
        modes[1] &= ~termios.OPOST  # bytes come out as they were written
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, modes)
        self.typed, self.shown = typed, ""
        self._reader = threading.Thread(target=self._read)

    def _read(self) -> None:
        data = b""
        while True:
            try:
                block = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                break
            data += block
        self.shown = data.decode("utf-8", "surrogateescape")

    def __enter__(self) -> Terminal:
        self._reader.start()
        os.write(self.master, self.typed.encode() + b"\x04")  # then nothing more is typed: Ctrl-D
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.slave)
        self._reader.join(timeout=10)
        os.close(self.master)


@contextmanager
def attached(typed: str = "") -> Iterator[Terminal]:
    """Standard input, output and error are this terminal; afterwards `shown` is what was on it."""
    before = sys.stdin, sys.stdout, sys.stderr
    with Terminal(typed) as terminal:
        streams = [
            io.TextIOWrapper(os.fdopen(os.dup(terminal.slave), mode, buffering), "utf-8", write_through=True)
            for mode, buffering in (("rb", -1), ("wb", 0), ("wb", 0))
        ]
        sys.stdin, sys.stdout, sys.stderr = streams
        try:
            yield terminal
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
            for stream in streams:
                stream.close()


def type_at(typed: str, *words: object, code: int = 0) -> str:
    """Run a command at a terminal, and type there; what was shown, without the places where lines end."""
    from selfsearch.cli import main

    with attached(typed) as terminal:
        returned = main([str(word) for word in words])
    assert returned == code, f"exit code {returned}\n{terminal.shown}"
    return " ".join(terminal.shown.split())
