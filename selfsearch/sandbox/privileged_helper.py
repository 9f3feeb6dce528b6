"""A process of ours that is started before the seal, for the one thing that the sealed process must not do.

Mail, the network and a browser need what the process with the photographs has given away. So one of our own
commands is started before anything hostile is read, as a new program: it shares no memory with us, and so no
passphrase and no key. What it works with it reads by itself, and until it says that it is ready nothing else
happens here. From then on it is asked by records of a fixed size and answers with one byte each; anything
else ends it. Nothing of ours but these records reaches it, and it ends when we do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, cast

Handler = Callable[[bytes], bytes]  # record -> answer, one byte; b"" ends the helper

READY = b"+"
PACKAGE_PARENT = Path(__file__).parent.parent.parent  # as the working folder: no other selfsearch is found


class PrivilegedHelper:
    """One of our commands, outside the seal. `is_ready` is False when it could not begin."""

    def __init__(
        self, *command: str, umask: int, variables: Mapping[str, str] | None = None, quiet: bool = False
    ) -> None:
        process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", "selfsearch", *command],
            cwd=PACKAGE_PARENT,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            bufsize=0,
            start_new_session=True,  # Ctrl-C and the end of the terminal are ours
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            umask=umask if os.name == "posix" else -1,
        )
        self._process = process  # or it would be waited for at once
        self._records, self._answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        self.is_ready = self._answer() == READY

    def ask(self, record: bytes) -> bytes:
        """The answer; b"" when the helper has ended."""
        try:
            self._records.write(record)
        except OSError:
            return b""
        return self._answer()

    def _answer(self) -> bytes:
        return self._answers.read(1) or b""


def serve(record_bytes: int, handle: Handler) -> None:
    """The helper's own life: say that it is ready, then answer records until there are no more."""
    records, answers = os.dup(sys.stdin.fileno()), os.dup(sys.stdout.fileno())
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (sys.stdin, sys.stdout):  # what a browser or a mail program would inherit
        os.dup2(nothing, standard.fileno())
    os.write(answers, READY)
    with open(records, "rb") as file:
        while len(record := file.read(record_bytes)) == record_bytes and (answer := handle(record)):
            os.write(answers, answer)
