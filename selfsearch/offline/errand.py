"""A child that is made before the network is shut, does one prepared thing when it is told to, and ends when
we end.

A browser that shows a report, or a message that is to be sent, needs what the process with the photographs
must not have. So that process asks this one, which was made before anything was read and knows nothing but
the text that it is given. Linux only: elsewhere children do not inherit the layers, and the thing is done by
a plain call.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable

Task = Callable[[str], bool]


class Errand:
    """One task for later. `do(text)` runs it once, in the child where there is one."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._child = self._pipe = -1
        if sys.platform == "linux":
            self._split()

    def do(self, text: str) -> bool:
        """Have it done and wait for it. True when it went well."""
        if self._child < 0:
            return self._task(text)
        with os.fdopen(self._pipe, "w", encoding="utf-8") as pipe:
            pipe.write(json.dumps(text) + "\n")
        _, status = os.waitpid(self._child, 0)
        self._child = -1
        return os.waitstatus_to_exitcode(status) == 0

    def _split(self) -> None:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            _wait(reading, self._task)
        os.close(reading)
        self._child, self._pipe = child, writing


def _wait(pipe: int, task: Task) -> None:
    """The child's whole life. No line means that its parent ended without needing it."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(pipe, encoding="utf-8") as words:
            line = words.readline()
        code = 0 if not line or task(json.loads(line)) else 1
    finally:
        os._exit(code)
