"""Workers that were taken over, for tests: each is a real process that behaves as its name says.

`code("abort")` is what the pool starts instead of its own worker. It behaves well until it is given a picture
that holds ROGUE.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from selfsearch.recognition import worker, worker_pool

ROGUE = b"take over this worker"


def code(behaviour: str) -> str:
    """For worker_pool.CODE."""
    own = worker_pool.CODE.replace("main()", "")
    return f"{own} import tests.rogue_worker as rogue; rogue.arm({behaviour!r}); main()"


def _abort() -> None:
    os.abort()


def _hang() -> None:
    while True:
        time.sleep(1)


def _say(*answers: bytes) -> Callable[[], None]:
    def say() -> None:
        for fd in range(3, 10):  # the pipe of the answers is among them
            for answer in answers:
                try:
                    os.write(fd, answer)
                except OSError:
                    break

    return say


def _message(text: bytes, body: bytes = b"") -> bytes:
    return len(text).to_bytes(4, "little") + len(body).to_bytes(4, "little") + text + body


PICKLE = b"cos\nsystem\n(S'touch taken-over'\ntR."
BEHAVIOURS: dict[str, Callable[[], None]] = {
    "abort": _abort,
    "hang": _hang,
    "a pickle": _say(_message(PICKLE), PICKLE),
    "another outcome": _say(_message(b'{"outcome": "trusted", "reason": "x"}')),
    "always waiting": _say(*[_message(b'{"wait": true}')] * 50),
}


def arm(behaviour: str) -> None:
    """In the worker: from now on a picture that holds ROGUE has this behaviour."""
    inner = worker.ModelEngine.analyse

    def analyse(self: Any, data: bytes, *words: Any, **options: Any) -> Any:
        if ROGUE in data:
            BEHAVIOURS[behaviour]()
            if behaviour != "hang":
                sys.exit()
        return inner(self, data, *words, **options)

    worker.ModelEngine.analyse = analyse  # type: ignore[method-assign]
