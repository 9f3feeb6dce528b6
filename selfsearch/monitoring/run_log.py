"""What became of the last runs: a 0600 file beside the library, readable when the library itself cannot be
opened.

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
from ..files import private_folder, write_private

Clock = Callable[[], datetime]

KEPT = 100  # runs of one kind: a daily timer's of three months
PATIENCE = 10  # seconds to wait for another process that is writing its line
REPEATED = timedelta(days=1)  # the same failure is worth telling once in this time
TELLING = (LibraryError, PackError, UsageError)  # their messages speak of the library, never of what is in it


@dataclass(frozen=True)
class Run:
    """One run. `state`: running, done, failed, skipped (another run was at work), stopped (by a signal), or
    interrupted (it ended without a word: killed, crashed, or the machine went down).
    """

    id: str
    by: str
    started_at: str
    state: str = "running"
    finished_at: str | None = None
    result: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


class Log:
    """What a run may say about itself while it goes on."""

    def __init__(self, before: Run | None) -> None:
        self.before = before  # the run before this one, whatever became of it
        self.counts: dict[str, int] = {}

    def result(self, **counts: int) -> None:
        """Numbers that the run came to, such as new=3."""
        self.counts |= counts


@contextmanager
def run(home: Path, clock: Clock, by: str = "timer") -> Iterator[Log]:
    """Note that a run begins, and how it ends. Errors go on their way. Raises LibraryError when the file
    cannot be written.
    """
    key = secrets.token_hex(6)
    log = Log(next(reversed(read(home)), None))
    _append(home, {"run": key, "by": by, "started_at": _stamp(clock)})
    with _alive(home):
        try:
            yield log
        except BaseException as exc:
            state, error = _what_it_was(exc)
            _append(home, _end(key, clock, state, log, error))
            raise
        _append(home, _end(key, clock, "done", log, None))


def read(home: Path) -> list[Run]:
    """The last runs, oldest first. A damaged line is passed over."""
    runs: dict[str, Run] = {}
    for said in _lines(home / "runs.jsonl"):
        key, known = str(said.get("run")), _known(said)
        if key in runs:
            runs[key] = replace(runs[key], **known)
        elif {"by", "started_at"} <= known.keys():
            runs[key] = Run(id=key, **known)
    return _without_the_dead(home, list(runs.values()))


def is_repeated(runs: list[Run]) -> bool:
    """Whether the last run failed for the reason that one of the day before it gave, with no good run
    between.
    """
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


def _without_the_dead(home: Path, runs: list[Run]) -> list[Run]:
    """A run that never ended is interrupted, unless it is the last one and its process lives."""
    unended = [run for run in runs if run.state == "running"]
    living = unended[-1] if unended and _is_alive(home) else None
    return [
        replace(run, state="interrupted") if run.state == "running" and run is not living else run
        for run in runs
    ]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a line says, as far as it is of the right kind."""
    kinds = {"by": str, "started_at": str, "state": str, "finished_at": str, "result": dict, "error": str}
    return {name: said[name] for name, kind in kinds.items() if isinstance(said.get(name), kind)}


def _append(home: Path, said: dict[str, Any]) -> None:
    try:
        private_folder(home)
        with FileLock(home / "runs.lock", timeout=PATIENCE, mode=0o600):
            lines = list(_lines(home / "runs.jsonl"))
            if "started_at" in said:
                lines = _without_the_oldest(lines, said["by"])
            whole = "".join(json.dumps(line) + "\n" for line in [*lines, said])
            write_private(home / "runs.jsonl", whole.encode())
    except (OSError, Timeout) as exc:
        raise LibraryError(f"the record of runs in {home} cannot be written: {_words(exc)}") from exc


def _without_the_oldest(lines: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Room for one more run of that kind; a busy watch does not push out what a timer did."""
    runs = [line.get("run") for line in lines if line.get("by") == by]
    dropped = set(runs[: len(runs) - KEPT + 1]) if len(runs) >= KEPT else set()
    return [line for line in lines if line.get("run") not in dropped]


def _end(key: str, clock: Clock, state: str, log: Log, error: str | None) -> dict[str, Any]:
    return {"run": key, "state": state, "finished_at": _stamp(clock), "result": log.counts, "error": error}


def _what_it_was(exc: BaseException) -> tuple[str, str | None]:
    """State and reason of a run that ended with an error. Reasons name no photo and no person."""
    if isinstance(exc, LibraryBusyError):
        return "skipped", str(exc)
    if isinstance(exc, SelfsearchError):
        return "failed", str(exc) if isinstance(exc, TELLING) else _first_line(type(exc))
    if isinstance(exc, OSError):
        return "failed", _words(exc)
    if hasattr(exc, "exit_code"):  # a command that is done and leaves with a code of its own
        return "done", None
    if isinstance(exc, Exception):
        return "failed", f"an error in selfsearch itself ({type(exc).__name__})"
    return "stopped", None


def _first_line(kind: type) -> str:
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


def _words(exc: OSError) -> str:
    """Without the file's name."""
    return exc.strerror or type(exc).__name__


def _stamp(clock: Clock) -> str:
    return clock().isoformat(timespec="seconds")


@contextmanager
def _alive(home: Path) -> Iterator[None]:
    """Hold a lock for as long as this process works, which the system lets go of however it ends."""
    lock = FileLock(home / "run.lock", mode=0o600)
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
    lock = FileLock(home / "run.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
