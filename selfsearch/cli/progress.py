"""A progress bar on a terminal, a plain line now and then otherwise. Always on stderr."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from ..report.sanitize import visible
from ..report.text import fit_middle
from ..types import Outcome, ProgressListener
from ..words import quantity
from . import console, signals
from .options import say

TITLE_WIDTH = 48  # columns beside the bar
LINE_INTERVAL = 30.0  # seconds between plain lines


class _FilesPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Empty until it is known."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "")


class CountingListener(ProgressListener):
    """Knows how many files are in the library, for when the run is stopped."""

    def __init__(self) -> None:
        self.written = 0

    def stored(self, files: int) -> None:
        """Count them."""
        self.written += files

    def when_stopped(self) -> str:
        """What a run that was stopped has left."""
        if not self.written:
            return "stopped; no file of this run is in the library yet, and the next run reads them again"
        files = f"{quantity(self.written, 'file')} of this run {'is' if self.written == 1 else 'are'}"
        return f"stopped; {files} in the library, and the next run goes on from there"


class ProgressBar(CountingListener):
    """Draws one bar per source, with rate and time left."""

    def __init__(self) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _FilesPerSecond(),
            TimeRemainingColumn(),
            console=Console(file=console.unguarded(sys.stderr)),
            transient=True,
        )
        self._task: TaskID | None = None

    def begin(self, title: str, files: int | None) -> None:
        """Start a source's bar."""
        self._progress.start()
        console.guard()  # what is printed meanwhile goes through streams of Rich's
        self._task = self._progress.add_task(fit_middle(visible(title), TITLE_WIDTH), total=files)

    def step(self, outcome: Outcome, address: str) -> None:
        """Move it by one file."""
        if self._task is not None:
            self._progress.advance(self._task)

    def end(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = None
        self._progress.stop()


class ProgressLines(CountingListener):
    """Says how far it is from time to time."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._last, self._title = 0, time.monotonic(), ""

    def begin(self, title: str, files: int | None) -> None:
        """Say what comes."""
        self._count, self._title, self._last = 0, title, time.monotonic()
        say(f"{title}: {'reading' if files is None else quantity(files, 'file')}")

    def step(self, outcome: Outcome, address: str) -> None:
        """Say how far it is, every half minute."""
        self._count += 1
        if time.monotonic() - self._last > LINE_INTERVAL:
            self._last = time.monotonic()
            say(f"{self._title}: {quantity(self._count, 'file')} done")


def progress_bar() -> ProgressListener:
    """A bar on a terminal, nothing elsewhere: for what takes a minute, not hours."""
    return ProgressBar() if sys.stderr.isatty() else ProgressListener()


def progress_listener() -> CountingListener:
    """What suits where stderr goes."""
    return ProgressBar() if sys.stderr.isatty() else ProgressLines()


def reading_listener() -> CountingListener:
    """The same for a command that reads sources: when it is stopped, it says how many files are kept."""
    listener = progress_listener()
    signals.when_stopped(listener.when_stopped)
    return listener


class DownloadProgress:
    """How far a download is: a bar on a terminal, a plain line now and then otherwise."""

    def __init__(self) -> None:
        self._bar = Progress(
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(file=console.unguarded(sys.stderr)),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task, self._last = self._bar.add_task("", total=None), time.monotonic()

    def __enter__(self) -> DownloadProgress:
        self._bar.start()
        console.guard()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """`done` bytes of `total` (0: unknown) are there."""
        self._bar.update(self._task, completed=done, total=total or None)
        if self._bar.disable and time.monotonic() - self._last > LINE_INTERVAL:
            self._last = time.monotonic()
            say(f"{done >> 20:,} of {total >> 20:,} MB" if total else f"{done >> 20:,} MB")
