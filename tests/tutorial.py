"""docs/tutorial.md as something that can be run: its commands, what is typed, and what they print.

A console block holds commands after "$ " and what a terminal of 80 columns then shows. "[...]" on a line of
its own stands for lines that are left out. `python -m tests.tutorial` runs all of it and writes what is shown
now into the document: read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from selfsearch import api
from selfsearch.cli import main, options
from selfsearch.library import root_key
from tests.terminals import attached

CHECKOUT = Path(__file__).parent.parent
DOCUMENT = CHECKOUT / "docs" / "tutorial.md"
BLOCK = re.compile(r"(?ms)^```console\n(.*?)^```$")
COMMAND = "scripts/selfsearch "
PYTHON = ".venv/bin/python "  # of the environment that scripts/selfsearch makes
ANA = "/home/ana"  # as long as the folder that the commands really run in: lines break where they do for her
TMP = "/tmp"  # noqa: S108  (short enough)
LEFT_OUT = "[...]"
REPLY = re.compile(r"(?m)(\[y/N\] )(\w+)\n")  # what a person types; the terminal of a test does not show it
MORNING = datetime.fromisoformat("2026-11-26T10:00:00+00:00")


@dataclass
class Step:
    """A command and what it shows."""

    command: str
    shown: str

    @property
    def typed(self) -> str:
        """The replies to its questions, one a line."""
        return "".join(f"{reply}\n" for _, reply in REPLY.findall(self.shown))


@dataclass
class Home:
    """The folder that stands for Ana's, and the commands that run there."""

    place: Path
    patch: pytest.MonkeyPatch
    environment: dict[str, str] = field(default_factory=dict)

    def show(self, step: Step) -> str:
        """Run the command; what a terminal shows of it, with what was typed."""
        command = step.command.replace("~/", f"{self.place}/")
        if command.startswith("export "):
            for assignment in shlex.split(command)[1:]:
                self.patch.setenv(*assignment.split("=", 1))
            return ""
        if command.startswith(COMMAND):
            with attached(step.typed) as terminal:
                main(shlex.split(command)[1:])
            shown = terminal.shown
        else:
            command = command.replace(PYTHON, f"{shlex.quote(sys.executable)} ", 1)
            shown = subprocess.run(
                ["/bin/sh", "-c", command], cwd=CHECKOUT, check=True, capture_output=True, text=True
            ).stdout  # fmt: skip
        for reply in step.typed.split():
            shown = shown.replace("[y/N] ", f"[y/N]\0{reply}\n", 1)
        return shown.replace("\0", " ").replace(str(self.place), ANA)


@contextmanager
def home() -> Iterator[Home]:
    """A folder of its own, on a morning in November, on a terminal of 80 columns without colours."""
    place = Path(tempfile.mkdtemp(prefix="", dir=TMP))
    short = place.with_name(place.name[: len(ANA) - len(f"{TMP}/")])
    place.rename(short)
    patch = pytest.MonkeyPatch()
    numbers = iter(range(1, 100))
    names = SimpleNamespace(
        token_hex=lambda length: f"{next(numbers):0{2 * length}x}", token_bytes=root_key.secrets.token_bytes
    )
    for name, value in {
        "HOME": str(short), "COLUMNS": "80", "LINES": "500", "TERM": "dumb", "NO_COLOR": "1", "TZ": "UTC",
        "SELFSEARCH_KEYRING": "off", "PYTHONPATH": str(CHECKOUT),
        "SELFSEARCH_COMMAND": "scripts/selfsearch",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    patch.setattr(options, "now", lambda: MORNING)
    patch.setattr(api, "now", lambda: MORNING)
    patch.setattr(root_key, "secrets", names)  # ids of appearances depend on the library's number
    try:
        yield Home(short, patch)
    finally:
        patch.undo()
        shutil.rmtree(short)


def steps(block: str) -> list[Step]:
    """The commands of a block, each with what stands below it."""
    found: list[Step] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append(Step(line[2:].rstrip("\n"), ""))
        else:
            found[-1].shown += line
    return found


def blocks() -> list[list[Step]]:
    """Every console block of the document."""
    return [steps(block) for block in BLOCK.findall(DOCUMENT.read_text("utf-8"))]


def is_shown(expected: str, shown: str) -> bool:
    """Whether what the document says is what was shown, but for what it leaves out."""
    parts = [re.escape(part) for part in re.split(rf"(?m)^{re.escape(LEFT_OUT)}\n", expected)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), shown) is not None


def rewrite() -> None:
    """Put what is shown now into the document; a block that leaves lines out keeps that in its place."""
    with home() as place:

        def shown_now(block: re.Match[str]) -> str:
            text = ""
            for step in steps(block[1]):
                shown = place.show(step)
                text += f"$ {step.command}\n{step.shown if is_shown(step.shown, shown) else shown}"
            return f"```console\n{text}```"

        DOCUMENT.write_text(BLOCK.sub(shown_now, DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    rewrite()
