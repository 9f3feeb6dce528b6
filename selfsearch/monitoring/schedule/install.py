"""Putting a timer into the system, taking it out, and asking after it: the only part that starts programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ...errors import KeyUnavailable, LibraryError, SelfsearchError
from ...files import delete_halves, write_private
from ...library import root_key
from . import cron, launchd, systemd, windows
from .plan import NO_PROGRAM, CompletedProcess, Plan, Runner, Timer

TIMEOUT = 60  # seconds for one of the system's tools


class FileTimers(Protocol):
    """A system whose timers are files, which its tools are told of. A module is one; cron has no files."""

    def folder(self, home: Path) -> Path: ...
    def file_names(self, name: str) -> list[str]: ...
    def files(self, plan: Plan) -> dict[str, bytes]: ...
    def start_commands(self, name: str, place: Path) -> list[list[str]]: ...
    def stop_commands(self, name: str) -> list[list[str]]: ...
    def state(self, name: str, run: Runner, place: Path, now: datetime) -> Timer: ...


FILE_TIMERS: dict[str, FileTimers] = {"systemd": systemd, "launchd": launchd, "windows": windows}
SYSTEMS = ("systemd", "cron", "launchd", "windows")


def run(command: Sequence[str], stdin: bytes = b"") -> CompletedProcess:
    """The real runner. A program that is not there, or hangs, is an exit code and a reason like any other."""
    environment = {**os.environ, "LC_ALL": "C"}  # its output is read here
    try:
        process = subprocess.run(  # noqa: S603  (the system's own tools, no shell)
            list(command), input=stdin, capture_output=True, timeout=TIMEOUT, env=environment
        )
    except OSError as exc:
        return CompletedProcess(NO_PROGRAM, stderr=f"{command[0]}: {exc.strerror}".encode())
    except subprocess.TimeoutExpired:
        return CompletedProcess(124, stderr=f"{command[0]} did not answer within {TIMEOUT} seconds".encode())
    return CompletedProcess(process.returncode, process.stdout, process.stderr)


def system_here(run: Runner, platform: str = sys.platform) -> str | None:
    """Which of SYSTEMS this user can install a timer with on this machine; None when it is none."""
    if platform in ("darwin", "win32"):
        return "launchd" if platform == "darwin" else "windows"
    if run(["systemctl", "--user", "show-environment"], b"").returncode == 0:
        return "systemd"
    return "cron" if cron.read_crontab(run) is not None else None


def require_key(home: Path, keys: Path, system: str) -> None:
    """See that a run with nobody there gets the library's key.

    Raises KeyUnavailable or LibraryError, saying what to do.
    """
    if not (home / "key.json").exists() and not (home / "library.db").exists():
        raise LibraryError(f"there is no library in {home} yet; make one: selfsearch index PATH")
    kind = root_key.KeyPlace.read(home).kind
    cure = "keep the key in a file that only you can read: selfsearch key use-file"
    if kind == "passphrase":
        raise KeyUnavailable(f"a timer cannot type the library's passphrase; {cure}")
    if kind == "keyring" and system == "cron":
        raise KeyUnavailable(f"cron runs outside your session, where the keyring is out of reach; {cure}")
    try:
        root_key.unlock(home, keys, None)
    except KeyUnavailable as exc:
        raise KeyUnavailable(f"a timer could not open the library: {exc}; or {cure}") from exc


def require_command(plan: Plan, run: Runner) -> None:
    """See that the command line of the plan starts at all. Raises SelfsearchError."""
    process = run([plan.python, "-c", "import os; os.chdir('/'); import selfsearch.cli"], b"")
    if process.returncode:
        raise SelfsearchError(
            f"{plan.python} -m selfsearch does not work outside of this folder ({process.reason}); install"
            f" it first: pip install selfsearch"
        )


def folder(system: str, home: Path) -> Path:
    """Where files of that system go. cron's block goes into no file of ours."""
    return FILE_TIMERS[system].folder(home) if system in FILE_TIMERS else home


def preview(system: str, plan: Plan, place: Path) -> dict[str, bytes]:
    """Exactly what would be installed: where -> what."""
    if system == "cron":
        return {"crontab": cron.block(plan)}
    return {str(place / name): content for name, content in FILE_TIMERS[system].files(plan).items()}


def install(system: str, plan: Plan, run: Runner, place: Path) -> list[str]:
    """Put the timer in, over an older one. Returns where something was written.

    Raises SelfsearchError; nothing is left behind then.
    """
    if system == "cron":
        cron.install(plan, run)
        return ["crontab"]
    timers, contents = FILE_TIMERS[system], preview(system, plan, place)
    _write_files({Path(name): content for name, content in contents.items()})
    if system == "launchd":
        for command in timers.stop_commands(plan.name):
            run(command, b"")  # an older agent of the name would be in the way
    for command in timers.start_commands(plan.name, place):
        process = run(command, b"")
        if process.returncode:
            remove(system, plan.name, run, place)
            failed = " ".join(command[:3])
            raise SelfsearchError(f"{failed} failed: {process.reason}; nothing was installed")
    return list(contents)


def _write_files(contents: Mapping[Path, bytes]) -> None:
    """Write all of them, or none: what was there before is there again after an error.

    Raises SelfsearchError.
    """
    before: dict[Path, bytes | None] = {}
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            previous = path.read_bytes() if path.is_file() else None
            write_private(path, content)
            before[path] = previous
            delete_halves(path)
        except OSError as exc:
            for written, old in before.items():
                _put_back(written, old)
            raise SelfsearchError(
                f"{path} cannot be written: {exc.strerror}; nothing was installed or changed"
            ) from exc


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_private(path, content)


def remove(system: str, name: str, run: Runner, place: Path) -> bool:
    """Take the timer out. False when there was none. Raises SelfsearchError when it cannot be taken out."""
    if system == "cron":
        return cron.remove(name, run)
    timers = FILE_TIMERS[system]
    paths = [place / file for file in timers.file_names(name) if os.path.lexists(place / file)]
    if not paths:
        return False
    for command in timers.stop_commands(name):
        run(command, b"")  # it may not be running: what counts is that its files go
    for path in paths:
        path.unlink()
    if system == "systemd":
        systemd.wish(name, place).unlink(missing_ok=True)  # where systemctl could not
        run(systemd.RELOAD, b"")
    return True


def remove_everywhere(
    name: str, run: Runner, home: Path, *, but: str | None = None
) -> tuple[list[str], list[SelfsearchError]]:
    """Take the timer out of every system `but` one: those that had one, and why one keeps it.

    A crontab that this user cannot read is passed over.
    """
    removed, errors = [], []
    for system in SYSTEMS:
        if system == but or (system == "cron" and cron.unreadable(run)):
            continue
        try:
            if remove(system, name, run, folder(system, home)):
                removed.append(system)
        except SelfsearchError as exc:
            errors.append(exc)
    return removed, errors


def state(system: str, name: str, run: Runner, place: Path, now: datetime) -> Timer:
    """What the system says about the timer. Where nothing is installed, nothing is asked."""
    if system == "cron":
        return cron.state(name, run, now)
    timers = FILE_TIMERS[system]
    if not all((place / file).exists() for file in timers.file_names(name)):
        return Timer(system, installed=False)
    return timers.state(name, run, place, now)


def installed(name: str, run: Runner, home: Path, now: datetime) -> list[Timer]:
    """The timers of that name in all systems: one, or none, or what an earlier installation left."""
    timers = [state(system, name, run, folder(system, home), now) for system in SYSTEMS]
    return [timer for timer in timers if timer.installed]
