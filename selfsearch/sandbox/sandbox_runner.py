"""Running a command where the operating system forbids the network, by what it offers ordinary users.

This is for `doctor --offline-proof`: a claim about our own layers is worth more when it does not rest on
them. The sandbox is checked from inside, by asking for a way to an address outside, before the command is run
in it.
"""

from __future__ import annotations

import os
import runpy
import socket
import sys
from pathlib import Path

from . import kernel

NAMESPACE, FILTER, SANDBOX_EXEC = "namespace", "filter", "sandbox-exec"
DESCRIPTIONS = {
    NAMESPACE: "an empty network namespace of the Linux kernel, which has no interface to any network",
    FILTER: "a seccomp filter of the Linux kernel, which makes no socket but local ones",
    SANDBOX_EXEC: "macOS' sandbox-exec with the rule (deny network*)",
}
SANDBOX_EXEC_PROGRAM = "/usr/bin/sandbox-exec"
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
OUTSIDE = ("192.0.2.1", 9)  # RFC 5737: an address for documentation; connecting a UDP socket sends nothing

UNAVAILABLE = 97  # exit code: this sandbox cannot be had here
LEAKING = 98  # exit code: the sandbox was entered, and there is a way out of it


def available_sandboxes() -> tuple[str, ...]:
    """What this system may offer, best first."""
    if sys.platform == "linux":
        return (NAMESPACE, FILTER)
    if sys.platform == "darwin" and os.path.exists(SANDBOX_EXEC_PROGRAM):
        return (SANDBOX_EXEC,)
    return ()


def command(sandbox: str, args: list[str]) -> list[str]:
    """The command line that runs `selfsearch ARGS` in that sandbox; no args only try the sandbox."""
    checkout = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.append(sys.argv.pop(1)); from {__name__} import run; run()"
    inside = [sys.executable, "-c", code, checkout, sandbox, *args]
    if sandbox == SANDBOX_EXEC:
        return [SANDBOX_EXEC_PROGRAM, "-p", "(version 1)(allow default)(deny network*)", *inside]
    return inside


def run() -> None:
    """In the child: enter the sandbox, check it, and become `selfsearch ARGS`."""
    sandbox = sys.argv.pop(1)
    if not _enter(sandbox):
        sys.exit(UNAVAILABLE)
    if _outside_is_reachable():
        sys.exit(LEAKING)
    if sys.argv[1:]:
        runpy.run_module("selfsearch", run_name="__main__")


def _enter(sandbox: str) -> bool:
    if sandbox == NAMESPACE:
        return _enter_namespace()
    return kernel.forbid_sockets() if sandbox == FILTER else sandbox == SANDBOX_EXEC


def _enter_namespace() -> bool:
    """A user namespace, which an ordinary user may make on most systems, and in it a network namespace."""
    import ctypes

    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    try:  # stay who we are: without a map every file would seem to be nobody's
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError:
        return False
    return True


def _outside_is_reachable() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(OUTSIDE)
    except OSError:
        return False
    return True
