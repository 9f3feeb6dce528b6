"""The courier: the one process that sends mail, or over the network. It is told numbers, and says a sentence.

It reads the channels from the settings once, when it starts, which is before the process that it serves has
read anything hostile. From then on it takes records of one kind (message.py) and makes the text by itself, so
whoever takes over the sealed process can choose neither where a message goes nor what words are in it.

What that leaves them: 21 bits a message, 3 messages at once and then one an hour. That is 27 messages or 71
bytes on the first day and 63 bytes on each further one; and what can be read from the times at which they are
sent, 12 bits for each where they are known to the second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from os import _exit
from time import monotonic

from .message import Message
from .notify import LATER, SENT, Channel, deliver

AT_ONCE = 3  # messages: a run tells of the one before it, of itself, and that it failed
INTERVAL = 3600.0  # seconds until one more may be sent
TIMEOUT = 120.0  # seconds for all channels together

FAILED, NONE = b"0", b""  # answers beside SENT and LATER; the last one ends the courier


class Courier:
    """Sends what is asked for by these channels."""

    def __init__(self, channels: Sequence[Channel], clock: Callable[[], float] = monotonic) -> None:
        self._channels = channels
        self._clock = clock
        self._allowance = float(AT_ONCE)
        self._at = clock()

    def carry(self, record: bytes) -> bytes:
        """Send one message, at once or not at all."""
        try:
            message = Message.from_record(record)
        except ValueError:
            return NONE
        now = self._clock()
        self._allowance = min(AT_ONCE, self._allowance + (now - self._at) / INTERVAL)
        self._at = now
        if self._allowance < 1:
            return LATER
        self._allowance -= 1
        watchdog = threading.Timer(TIMEOUT, _exit, [1])  # a service that never answers must not hold up a run
        watchdog.daemon = True
        watchdog.start()
        delivered = deliver(self._channels, message)
        watchdog.cancel()
        return SENT if delivered else FAILED
