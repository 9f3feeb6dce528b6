"""A child process made before the network is shut, which does one task when asked and ends when we end.

A browser that shows a report, or a message that is to be sent, needs what the process with the photographs
must not have. So that process asks this one, which was made before anything was read and knows nothing but
the text that it is given. Linux only: elsewhere children do not inherit the layers, and a plain call does it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

Task = Callable[[str], bool]

SUCCEEDED, FAILED = b"1", b"0"  # the child's answers


class PrivilegedHelper:
    """`do(text)` has the task done with that text, in the child where there is one. For one thread."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._requests = self._answers = -1
        if sys.platform == "linux":
            self._fork()

    def do(self, text: str) -> bool:
        """Have it done and wait for it. True when it succeeded."""
        if self._requests < 0:
            return self._task(text)
        try:
            os.write(self._requests, json.dumps(text).encode() + b"\n")
            return os.read(self._answers, 1) == SUCCEEDED
        except BrokenPipeError:  # the child was killed
            return False

    def _fork(self) -> None:
        child_requests, self._requests = os.pipe()
        self._answers, child_answers = os.pipe()
        if os.fork() == 0:
            os.close(self._requests)
            os.close(self._answers)
            _serve(child_requests, child_answers, self._task)
        os.close(child_requests)
        os.close(child_answers)


def _serve(requests: int, answers: int, task: Task) -> NoReturn:
    """The child's whole life: it ends when nobody is left who could ask."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(requests, encoding="utf-8") as lines:
            for line in lines:
                os.write(answers, SUCCEEDED if task(json.loads(line)) else FAILED)
    finally:
        os._exit(0)
