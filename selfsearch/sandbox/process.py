"""Hardening of the process: no core dumps, and no secret in its environment. Which signals end one."""

from __future__ import annotations

import os
import signal
import sys

PASSPHRASE = "SELFSEARCH_PASSPHRASE"  # noqa: S105  (the variable's name, not its value)
PASSPHRASES = (PASSPHRASE, "SELFSEARCH_NEW_PASSPHRASE", "SELFSEARCH_BACKUP_PASSPHRASE")
PR_SET_DUMPABLE = 4  # linux/prctl.h
# What somebody, or the system, sends to have a process end: Ctrl-C, kill, a closed terminal, Ctrl-Break.
ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)

_taken: dict[str, str] = {}  # passphrases that are in the environment no more, by variable


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
    _taken.update({name: os.environ.pop(name) for name in PASSPHRASES if name in os.environ})


def passphrase(name: str = PASSPHRASE) -> str | None:
    """A passphrase that was taken, or the one in the environment where none was."""
    return _taken.get(name, os.environ.get(name))
