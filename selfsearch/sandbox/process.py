"""Hardening of the process: no core dumps, and no secret in its environment. Which signals end one."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ..errors import UsageError

PASSPHRASE = "SELFSEARCH_PASSPHRASE"  # noqa: S105  (the variable's name, not its value)
PASSPHRASES = (PASSPHRASE, "SELFSEARCH_NEW_PASSPHRASE", "SELFSEARCH_BACKUP_PASSPHRASE")
FILE = "_FILE"  # a variable with that at its end names a file with the passphrase: a container's secret, say
PR_SET_DUMPABLE = 4  # linux/prctl.h
# What somebody, or the system, sends to have a process end: Ctrl-C, kill, a closed terminal, Ctrl-Break.
ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)

_taken: dict[str, str] = {}  # what is in the environment no more, by variable


def no_core_dumps() -> None:
    """See that a crash writes no templates and keys to disk, and that no other process reads our memory.

    On Linux both are needed: a crash that goes to a program (systemd-coredump, apport) ignores the limit, and
    what we start inherits the limit alone. Windows has neither.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_passphrases() -> None:
    """Keep the passphrases, and remove them from the environment, which whatever we start would inherit."""
    names = [*PASSPHRASES, *(name + FILE for name in PASSPHRASES)]
    _taken.update({name: os.environ.pop(name) for name in names if name in os.environ})


def passphrase(name: str = PASSPHRASE) -> str | None:
    """What the variable says, or the file that the variable with _FILE names; None where neither is set.

    Raises UsageError when both are, or the file holds none.
    """
    given, file = _variable(name), _variable(name + FILE)
    if not file:
        return given
    if given:
        raise UsageError(f"{name} and {name}{FILE} are both set; leave one of them out")
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise UsageError(f"{name}{FILE} names {file}, which cannot be read: {reason}") from exc
    first = text.split("\n")[0].removesuffix("\r")
    if not first:
        raise UsageError(f"{name}{FILE} names {file}, whose first line is empty; the passphrase goes there")
    return first


def _variable(name: str) -> str | None:
    """From what was taken, or from the environment."""
    return _taken.get(name, os.environ.get(name))
