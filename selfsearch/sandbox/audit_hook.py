"""The audit hook: Python code that wants the network is stopped and named, before a socket is made.

Python raises an audit event before each of these calls (PEP 578). Every socket family but AF_UNIX is refused,
loopback included, because a proxy may listen there. C code raises no events: kernel.py's layers are for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..errors import NetworkRefused

LOCAL_FAMILIES = (1, -1)  # AF_UNIX; and none, which an object around an existing descriptor is made with
STDLIB = os.path.dirname(os.__file__)
INSTALLED = ("site-packages", "dist-packages")  # below STDLIB, and not part of it

# urllib3 opens an IPv6 socket on loopback when it is imported, to see whether there is IPv6. It is refused
# like all others and takes that for a no; but InsightFace imports urllib3 on every run, and nobody would read
# a line on every run.
NOT_REPORTED = {"urllib3.util.connection"}

_refusals: list[NetworkRefused] = []


def install() -> None:
    """Refuse the network to Python code from now on, and until the process ends."""
    sys.addaudithook(_hook)


def refusals() -> list[NetworkRefused]:
    """What was refused so far, also where a library caught the error and went on."""
    return list(_refusals)


def _new_socket(args: tuple[Any, ...]) -> str | None:
    return None if args[1] in LOCAL_FAMILIES else "open a network socket"


def _use_of_socket(args: tuple[Any, ...]) -> str | None:
    return None if args[0].family in LOCAL_FAMILIES else f"reach {_host_and_port(args[1])}"


def _name_lookup(args: tuple[Any, ...]) -> str | None:
    return f"look up {_host_and_port(args[0])}"


# event -> what its arguments say that somebody tries to do; None when that is allowed
EVENTS: dict[str, Callable[[tuple[Any, ...]], str | None]] = {
    "socket.__new__": _new_socket,
    "socket.connect": _use_of_socket,
    "socket.bind": _use_of_socket,
    "socket.sendto": _use_of_socket,
    "socket.sendmsg": _use_of_socket,
    "socket.getaddrinfo": _name_lookup,
    "socket.gethostbyname": _name_lookup,
    "socket.gethostbyaddr": _name_lookup,
    "socket.getnameinfo": _name_lookup,
}


def _hook(event: str, args: tuple[Any, ...]) -> None:
    describe = EVENTS.get(event)
    attempt = describe(args) if describe else None
    if attempt is None:
        return
    module = _calling_module(sys._getframe(1))
    refusal = NetworkRefused(
        f"{module} tried to {attempt}, and was refused: nothing may leave this machine, and nothing was sent"
    )
    if module not in NOT_REPORTED:
        _refusals.append(refusal)
    raise refusal


def _host_and_port(address: Any) -> str:
    """A host, with its port when there is one, and never more than a line of it."""
    parts = address if isinstance(address, tuple) else (address,)
    host = parts[0].decode("ascii", "replace") if isinstance(parts[0], bytes) else str(parts[0])
    return host[:100] + (f" port {parts[1]}" if len(parts) > 1 else "")


def _calling_module(frame: FrameType | None) -> str:
    """The name of the innermost module on the stack that is not of the standard library."""
    while frame is not None:
        path = frame.f_code.co_filename
        installed = any(folder in path for folder in INSTALLED)
        if installed or not path.startswith((STDLIB, "<frozen")):
            return str(frame.f_globals.get("__name__", "some code"))
        frame = frame.f_back
    return "a thread of the standard library's"
