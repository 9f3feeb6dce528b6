"""A child that is made before the network is shut, does one kind of thing when told to, and ends when we end.

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

WELL, NOT_WELL = b"1", b"0"  # the child's answers


class PrivilegedHelper:
    """`do(text)` has the task done with that text, in the child where there is one. For one thread."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._asking = self._answers = -1
        if sys.platform == "linux":
            self._split()

    def do(self, text: str) -> bool:
        """Have it done and wait for it. True when it went well."""
        if self._asking < 0:
            return self._task(text)
        try:
            os.write(self._asking, json.dumps(text).encode() + b"\n")
            return os.read(self._answers, 1) == WELL
        except BrokenPipeError:  # the child was killed
            return False

    def _split(self) -> None:
        requests, asking = os.pipe()
        answers, answering = os.pipe()
        if os.fork() == 0:
            os.close(asking)
            os.close(answers)
            _serve(requests, answering, self._task)
        os.close(requests)
        os.close(answering)
        self._asking, self._answers = asking, answers


def _serve(requests: int, answering: int, task: Task) -> NoReturn:
    """The child's whole life: it ends with the last one who could ask."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(requests, encoding="utf-8") as lines:
            for line in lines:
                os.write(answering, WELL if task(json.loads(line)) else NOT_WELL)
    finally:
        os._exit(0)
