"""The real command line on a disk that fails, or a machine that dies, at exactly the n-th change of a file.

faulty_disk.c counts the changes, SQLite's and Python's alike. The commands run in children of one process
that has imported everything, so a run costs what the command costs.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_suffix(".c")
DIES = -1
FAULTS = {"full": errno.ENOSPC, "error": errno.EIO, "death": DIES}

SERVER = """
import ctypes, importlib, json, os, pkgutil, signal, sys
os.environ.pop("LD_PRELOAD")
import selfsearch.cli
for module in pkgutil.walk_packages(selfsearch.__path__, "selfsearch."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
disk = ctypes.CDLL(None)
disk.faulty_disk.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]
disk.faulty_disk_calls.restype = ctypes.c_long
for line in sys.stdin:
    task = json.loads(line)
    child = os.fork()
    if not child:
        for stream, name in enumerate(("in", "out", "err")):
            os.dup2(os.open(f"{task['streams']}/{name}", os.O_RDWR | os.O_CREAT, 0o600), stream)
        sys.stdin = open(0, closefd=False)
        os.environ.update(task["environment"])
        os.chdir(task["folder"])
        disk.faulty_disk(task["folder"].encode(), task["at"], task["fault"], task["stays"])
        signal.setitimer(signal.ITIMER_REAL, task["after"])
        code = 120
        try:
            code = selfsearch.cli.main(task["words"])
            sys.stdout.flush()
            with open(f"{task['streams']}/calls", "w") as file:
                file.write(str(disk.faulty_disk_calls()))
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass
class Ending:
    """How a command ended: its exit code (-9 or -14: it was killed), what it said, how often it changed a
    file.
    """

    code: int
    out: str
    err: str
    calls: int


class FaultyDisk:
    """A folder in which things go wrong when they are told to, and commands that work in it."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder = folder
        self._process = process

    def run(
        self,
        *words: object,
        at: int = 0,
        fault: str = "full",
        after: float = 0,
        given: str = "",
        environment: Any = None,
    ) -> Ending:
        """Run a command; the `at`-th change (from 1) and, on a full disk, all further ones fail.

        After so many seconds it is killed.
        """
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as streams:
            (Path(streams) / "in").write_text(given)
            task = {
                "words": [str(word) for word in words], "at": at, "fault": FAULTS[fault], "after": after,
                "stays": fault == "full", "folder": str(self.folder), "streams": streams,
                "environment": environment or {},
            }  # fmt: skip
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            calls = Path(streams, "calls")
            said = [Path(streams, name).read_text() for name in ("out", "err")]
            return Ending(code, *said, calls=int(calls.read_text()) if calls.exists() else 0)


@contextmanager
def faulty_disk(folder: Path, environment: dict[str, str]) -> Iterator[FaultyDisk]:
    """Skips the test where no such disk can be made. Root's power over what is forbidden is laid down."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux" or compiler is None or shutil.which("setpriv") is None:
        pytest.skip("needs Linux, a C compiler and setpriv")
    library = folder.parent / "faulty_disk.so"
    if not library.exists():
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [*as_anybody, sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent, env=os.environ | environment | {"LD_PRELOAD": str(library)},
    )  # fmt: skip
    try:
        yield FaultyDisk(folder, process)
    finally:
        process.communicate()
