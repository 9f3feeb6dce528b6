"""The layer with good manners: Python code that wants the network is stopped and named, before a socket is
made.

Python raises an audit event before each of these calls (PEP 578). Every socket family but AF_UNIX is refused,
loopback included, because a proxy may listen there. C code raises no events: the kernel's layer is for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..errors import NetworkRefused

LOCAL = (1, -1)  # AF_UNIX; and none, which is what an object around an existing descriptor is made with
STDLIB = os.path.dirname(os.__file__)
INSTALLED = ("site-packages", "dist-packages")  # below STDLIB, and not part of it

# urllib3 opens an IPv6 socket on loopback when it is imported, to see whether there is IPv6. Refused like all
# others, and it takes that for a no; but InsightFace imports it on every run, and a line on every run would
# be read by nobody.
NOT_WORTH_TELLING = {"urllib3.util.connection"}

_refused: list[NetworkRefused] = []


def install() -> None:
    """From now on, and until the process ends."""
    sys.addaudithook(_hook)


def refusals() -> list[NetworkRefused]:
    """What was refused so far, also where a library caught the error and went on."""
    return list(_refused)


def _of_new(args: tuple[Any, ...]) -> str | None:
    return None if args[1] in LOCAL else "open a network socket"


def _of_address(args: tuple[Any, ...]) -> str | None:
    return None if args[0].family in LOCAL else f"reach {_place(args[1])}"


def _of_name(args: tuple[Any, ...]) -> str | None:
    return f"look up {_place(args[0])}"


WATCHED: dict[str, Callable[[tuple[Any, ...]], str | None]] = {
    "socket.__new__": _of_new,
    "socket.connect": _of_address,
    "socket.bind": _of_address,
    "socket.sendto": _of_address,
    "socket.sendmsg": _of_address,
    "socket.getaddrinfo": _of_name,
    "socket.gethostbyname": _of_name,
    "socket.gethostbyaddr": _of_name,
    "socket.getnameinfo": _of_name,
}


def _hook(event: str, args: tuple[Any, ...]) -> None:
    judge = WATCHED.get(event)
    wish = judge(args) if judge else None
    if wish is None:
        return
    who = _who(sys._getframe(1))
    refusal = NetworkRefused(
        f"{who} tried to {wish}, and was refused: nothing may leave this machine, and nothing was sent"
    )
    if who not in NOT_WORTH_TELLING:
        _refused.append(refusal)
    raise refusal


def _place(address: Any) -> str:
    """A host, with its port when there is one, and never more than a line of it."""
    parts = address if isinstance(address, tuple) else (address,)
    host = parts[0].decode("ascii", "replace") if isinstance(parts[0], bytes) else str(parts[0])
    return host[:100] + (f" port {parts[1]}" if len(parts) > 1 else "")


def _who(frame: FrameType | None) -> str:
    """The module that wanted it: the innermost one that is not of the standard library."""
    while frame is not None:
        path = frame.f_code.co_filename
        installed = any(folder in path for folder in INSTALLED)
        if installed or not path.startswith((STDLIB, "<frozen")):
            return str(frame.f_globals.get("__name__", "some code"))
        frame = frame.f_back
    return "a thread of the standard library's"
