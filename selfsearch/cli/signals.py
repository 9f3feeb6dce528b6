"""Signals that end a command: Ctrl-C, TERM (kill, systemd), HUP (its terminal is gone), Windows' Ctrl-Break.

The first one is raised as KeyboardInterrupt wherever the command is: what was begun is taken back, what was
finished is kept. Those that follow are passed over, so that nothing disturbs the ending; if that takes too
long, one more ends the process as kill -9 would, which a library survives.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..sandbox.process import ENDING_SIGNALS

if TYPE_CHECKING:
    from types import FrameType

STOPPED = "stopped; everything finished so far is kept, and the next run goes on from there"
PATIENCE = 10.0  # seconds after the first signal; a picture that is being looked at may take so long

_received: int | None = None
_received_at = 0.0  # by time.monotonic()
_is_over = False
_sentence: Callable[[], str] | None = None


def raise_first() -> None:
    """From now on the first signal is raised, but what is ignored stays so (nohup, a background job)."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _on_signal)


def leave_to_system() -> None:
    """From now on a signal ends this process without a word: a helper has nothing to finish."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pass_over() -> None:
    """From now on no signal is raised: the command is over."""
    global _is_over
    _is_over = True


def when_stopped(sentence: Callable[[], str] | None) -> None:
    """What is said from now on when the command is stopped; None for STOPPED."""
    global _sentence
    _sentence = sentence


@contextmanager
def saying(sentence: str) -> Iterator[None]:
    """What is said of a command that is stopped in the block, which ends it."""
    before = _sentence
    when_stopped(lambda: sentence)
    yield
    when_stopped(before)


def stopped() -> str:
    """What is said of a command that was stopped."""
    return _sentence() if _sentence else STOPPED


def received() -> int | None:
    """The signal that was raised."""
    return _received


def _on_signal(number: int, frame: FrameType | None) -> None:
    global _received, _received_at
    if _received is None and not _is_over:
        _received, _received_at = number, time.monotonic()
        raise KeyboardInterrupt
    if _received is not None and time.monotonic() - _received_at > PATIENCE:
        os._exit(128 + _received)
