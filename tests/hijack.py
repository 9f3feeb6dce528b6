"""A sealed command that was taken over: its body is code of the attacker's, behind all layers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent

TAKEN_OVER = """
import json, os, stat, sys, time
from pathlib import Path
import selfsearch.cli as cli

def pipes():
    '''Every pipe that this process may write to, but for its own three streams.'''
    for name in os.listdir("/proc/self/fd"):
        try:
            mode = os.fstat(int(name)).st_mode
            flags = int(Path(f"/proc/self/fdinfo/{name}").read_text().split("flags:")[1].split()[0], 8)
        except OSError:
            continue
        if int(name) > 2 and stat.S_ISFIFO(mode) and flags & os.O_ACCMODE != os.O_RDONLY:
            yield int(name)

def children():
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

def wait_for_children(seconds=60):
    end = time.monotonic() + seconds
    while children() and time.monotonic() < end:
        os.waitpid(-1, os.WNOHANG)
        time.sleep(0.02)

def taken_over(*_, **__):
"""
ENDING = """
    sys.stdout.flush()
    os._exit(0)

scheduled = cli.rescan._scheduled
cli.rescan._scheduled = cli.watch._Rescans = cli.options.opened_shared = taken_over
cli.run()
"""


def taken_over(code: str, *args: str, umask: int = 0o022, **variables: str) -> str:
    """Run `code` as the body of the command with these arguments; returns what it prints."""
    body = "".join(f"    {line}\n" for line in code.strip().splitlines())
    process = subprocess.run(
        [sys.executable, "-c", f"{TAKEN_OVER}{body}{ENDING}", *args],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        umask=umask,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout
