"""The log of runs: a 0600 file beside the library, readable when the library itself cannot be opened.

A run that cannot get the key has to say so somewhere, hence a file and not a table. It holds times, counts
and reasons, and never a photo's path, a person's name or a face. One JSON object per line: a run begins, a
run ends; the oldest are cut off.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import LibraryBusyError, LibraryError, PackError, SelfsearchError, UsageError
from ..files import require_own_file, write_private
from ..home import claim

Clock = Callable[[], datetime]

MAX_RUNS = 100  # of one kind: a daily timer's of three months
LOCK_TIMEOUT = 10  # seconds to wait for another process that is writing its line
REPEATED = timedelta(days=1)  # the same failure is worth telling once in this time
# errors whose messages speak of the library, never of what is in it
QUOTABLE = (LibraryError, PackError, UsageError)


@dataclass(frozen=True)
class Run:
    """One run. `state` is running, done, failed, skipped, stopped or interrupted.

    Skipped: another run was at work. Stopped: by a signal. Interrupted: it ended without a word, because it
    was killed, it crashed, or the machine went down.
    """

    id: str
    by: str
    started_at: str
    state: str = "running"
    finished_at: str | None = None
    result: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


class CurrentRun:
    """What a run may say about itself while it goes on."""

    def __init__(self, previous: Run | None) -> None:
        self.previous = previous  # the run before this one, whatever became of it
        self.counts: dict[str, int] = {}

    def result(self, **counts: int) -> None:
        """Numbers that the run came to, such as new=3."""
        self.counts |= counts


@contextmanager
def record_run(home: Path, clock: Clock, by: str = "timer") -> Iterator[CurrentRun]:
    """Note that a run begins, and how it ends; errors go on their way.

    Raises LibraryError when the file cannot be written.
    """
    run_id = secrets.token_hex(6)
    run = CurrentRun(next(reversed(read(home)), None))
    _append(home, {"run": run_id, "by": by, "started_at": _stamp(clock)})

    def end(state: str, error: str | None) -> None:
        finished_at = _stamp(clock)
        _append(
            home,
            {"run": run_id, "state": state, "finished_at": finished_at, "result": run.counts, "error": error},
        )

    with _alive(home):
        try:
            yield run
        except BaseException as exc:
            end(*_state_and_reason(exc))
            raise
        end("done", None)


def read(home: Path) -> list[Run]:
    """The last runs, oldest first. A damaged line is passed over."""
    runs: dict[str, Run] = {}
    for line in _lines(home / "runs.jsonl"):
        run_id, fields = str(line.get("run")), _valid_fields(line)
        if run_id in runs:
            runs[run_id] = replace(runs[run_id], **fields)
        elif {"by", "started_at"} <= fields.keys():
            runs[run_id] = Run(id=run_id, **fields)
    unended = [run for run in runs.values() if run.state == "running"]
    living = unended[-1] if unended and _is_alive(home) else None
    return [
        replace(run, state="interrupted") if run.state == "running" and run is not living else run
        for run in runs.values()
    ]


def is_repeated(runs: list[Run]) -> bool:
    """Whether the last run failed as one of the day before it did, with no good run between."""
    if not runs or runs[-1].state != "failed":
        return False
    last = runs[-1]
    since = datetime.fromisoformat(last.started_at) - REPEATED
    for earlier in reversed(runs[:-1]):
        if earlier.state == "done" or datetime.fromisoformat(earlier.started_at) < since:
            return False
        if earlier.state == "failed" and earlier.error == last.error:
            return True
    return False


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def _valid_fields(line: Mapping[str, Any]) -> dict[str, Any]:
    """What a line says, as far as it is of the right type."""
    types = {"by": str, "started_at": str, "state": str, "finished_at": str, "result": dict, "error": str}
    return {name: line[name] for name, kind in types.items() if isinstance(line.get(name), kind)}


def _append(home: Path, line: dict[str, Any]) -> None:
    try:
        claim(home)
        with FileLock(require_own_file(home / "runs.lock"), timeout=LOCK_TIMEOUT, mode=0o600):
            lines = list(_lines(home / "runs.jsonl"))
            if "started_at" in line:
                lines = _without_the_oldest(lines, line["by"])
            text = "".join(json.dumps(entry) + "\n" for entry in [*lines, line])
            write_private(home / "runs.jsonl", text.encode())
    except (OSError, Timeout) as exc:
        reason = exc.strerror or type(exc).__name__
        raise LibraryError(f"the record of runs in {home} cannot be written: {reason}") from exc


def _without_the_oldest(lines: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Room for one more run of that kind; a busy watch does not push out what a timer did."""
    runs = [line.get("run") for line in lines if line.get("by") == by]
    dropped = set(runs[: len(runs) - MAX_RUNS + 1]) if len(runs) >= MAX_RUNS else set()
    return [line for line in lines if line.get("run") not in dropped]


def _state_and_reason(exc: BaseException) -> tuple[str, str | None]:
    """What became of a run that ended with an error. Reasons name no photo, no path and no person."""
    if isinstance(exc, LibraryBusyError):
        return "skipped", str(exc)
    if isinstance(exc, QUOTABLE):
        return "failed", str(exc)
    if isinstance(exc, SelfsearchError):
        return "failed", (type(exc).__doc__ or type(exc).__name__).strip().splitlines()[0]
    if isinstance(exc, OSError):
        return "failed", exc.strerror or type(exc).__name__  # without the file's name
    if hasattr(exc, "exit_code"):  # a command that is done and leaves with a code of its own
        return "done", None
    if isinstance(exc, Exception):
        return "failed", f"an error in selfsearch itself ({type(exc).__name__})"
    return "stopped", None


def _stamp(clock: Clock) -> str:
    return clock().isoformat(timespec="seconds")


@contextmanager
def _alive(home: Path) -> Iterator[None]:
    """Hold a lock for as long as this process works, which the system frees however it ends."""
    lock = FileLock(require_own_file(home / "run.lock"), mode=0o600)
    try:
        lock.acquire(timeout=1)  # somebody may be looking whether it is held
    except (Timeout, OSError):
        yield  # another run holds it; it is alive, and that is all that the lock says
        return
    try:
        yield
    finally:
        lock.release()


def _is_alive(home: Path) -> bool:
    lock = FileLock(require_own_file(home / "run.lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
