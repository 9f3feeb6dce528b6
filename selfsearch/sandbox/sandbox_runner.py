"""Running a command where the operating system forbids the network, with what each system offers to ordinary
users.

This is for `doctor --offline-proof`: a claim about our own layers is worth more when it does not rest on
them. The cage is checked from inside, by asking for a way to an address outside, before the command is run in
it.
"""

from __future__ import annotations

import os
import runpy
import socket
import sys
from pathlib import Path

from . import kernel

NAMESPACE, FILTER, SANDBOX = "namespace", "filter", "sandbox"
WORDS = {
    NAMESPACE: "an empty network namespace of the Linux kernel, which has no interface to any network",
    FILTER: "a seccomp filter of the Linux kernel, which makes no socket but local ones",
    SANDBOX: "macOS' sandbox-exec with the rule (deny network*)",
}
SANDBOX_EXEC = "/usr/bin/sandbox-exec"
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
OUTSIDE = ("192.0.2.1", 9)  # RFC 5737: an address for documentation; connecting a UDP socket sends nothing

NO_CAGE = 97  # exit code: this cage cannot be had here
LEAKY = 98  # exit code: the cage was closed, and there is a way out of it


def cages() -> tuple[str, ...]:
    """What this system may offer, best first."""
    if sys.platform == "linux":
        return (NAMESPACE, FILTER)
    if sys.platform == "darwin" and os.path.exists(SANDBOX_EXEC):
        return (SANDBOX,)
    return ()


def command(means: str, words: list[str]) -> list[str]:
    """The command line that runs `selfsearch WORDS` in that cage; with no words it only tries the cage."""
    here = str(Path(__file__).parents[2])
    code = "import sys; sys.path.append(sys.argv.pop(1)); from selfsearch.offline.cage import run; run()"
    inside = [sys.executable, "-c", code, here, means, *words]
    if means == SANDBOX:
        return [SANDBOX_EXEC, "-p", "(version 1)(allow default)(deny network*)", *inside]
    return inside


def run() -> None:
    """In the child: close the cage, try it, and become `selfsearch WORDS`."""
    means = sys.argv.pop(1)
    if not _closed(means):
        sys.exit(NO_CAGE)
    if _way_out():
        sys.exit(LEAKY)
    if sys.argv[1:]:
        runpy.run_module("selfsearch", run_name="__main__")


def _closed(means: str) -> bool:
    if means == NAMESPACE:
        return _namespace()
    return kernel.forbid_sockets() if means == FILTER else means == SANDBOX


def _namespace() -> bool:
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


def _way_out() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(OUTSIDE)
    except OSError:
        return False
    return True
