"""Putting a timer into the system, taking it out, and asking after it: the only part that starts programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ...errors import KeyUnavailable, LibraryError, SelfsearchError
from ...files import write_private
from ...library import root_key
from . import cron, launchd, systemd, windows
from .plan import Plan, When, next_run

SYSTEMS = ("systemd", "cron", "launchd", "windows")
PATIENCE = 60  # seconds for one of the system's tools


@dataclass(frozen=True, slots=True)
class Done:
    """What a program came to."""

    code: int
    out: bytes = b""
    err: bytes = b""

    @property
    def reason(self) -> str:
        """Its last line on stderr, else its exit code."""
        lines = self.err.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.code}"


Runner = Callable[[Sequence[str], bytes], Done]


@dataclass(frozen=True, slots=True)
class Timer:
    """What the system says about a timer. Times are as it prints them."""

    system: str
    installed: bool
    when: str | None = None
    next_run: str | None = None
    last_run: str | None = None
    result: str | None = None


def run(command: Sequence[str], given: bytes = b"") -> Done:
    """The real runner. A program that is not there, or hangs, is an exit code and a reason like any other."""
    environment = {**os.environ, "LC_ALL": "C"}  # its output is read here
    try:
        done = subprocess.run(  # noqa: S603  (the system's own tools, no shell)
            list(command), input=given, capture_output=True, timeout=PATIENCE, env=environment
        )
    except OSError as exc:
        return Done(127, err=f"{command[0]}: {exc.strerror}".encode())
    except subprocess.TimeoutExpired:
        return Done(124, err=f"{command[0]} did not answer within {PATIENCE} seconds".encode())
    return Done(done.returncode, done.stdout, done.stderr)


def system_here(run: Runner, platform: str = sys.platform) -> str:
    """Which of SYSTEMS this machine has. Raises SelfsearchError when it has none that can be used."""
    if platform in ("darwin", "win32"):
        return "launchd" if platform == "darwin" else "windows"
    if run(["systemctl", "--user", "show-environment"], b"").code == 0:
        return "systemd"
    if _crontab(run) is not None:
        return "cron"
    raise SelfsearchError(
        "no timer can be installed: this user has no systemd of their own here (log in to the machine"
        " itself, not by su or"
        " sudo), and there is no cron; run selfsearch rescan by hand, or see: selfsearch schedule print"
    )


def require_key(home: Path, keys: Path, system: str) -> None:
    """See that a run with nobody there gets the library's key. Raises KeyUnavailable or LibraryError, saying
    what to do.
    """
    if not (home / "key.json").exists():
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
    done = run([plan.python, "-c", "import os; os.chdir('/'); import selfsearch.cli"], b"")
    if done.code:
        raise SelfsearchError(
            f"{plan.python} -m selfsearch does not work outside of this folder ({done.reason}); install"
            f" it first: pip install"
            " selfsearch"
        )


def namespaces_allowed(proc: Path = Path("/proc/sys")) -> bool:
    """Whether ordinary users may make user namespaces with rights in them, which PrivateUsers= needs to start
    at all.
    """
    limits = {
        "user/max_user_namespaces": "0",
        "kernel/unprivileged_userns_clone": "0",  # Debian's
        "kernel/apparmor_restrict_unprivileged_userns": "1",  # Ubuntu's
    }
    return all(_setting(proc / name) != refusing for name, refusing in limits.items())


def _setting(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""


def folder(system: str, home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where files of that system go. cron's block goes into no file of ours."""
    if system == "systemd":
        base = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(base) / "systemd" / "user"
    return Path.home() / "Library" / "LaunchAgents" if system == "launchd" else home


def preview(system: str, plan: Plan, place: Path) -> dict[str, bytes]:
    """Exactly what would be installed: where -> what."""
    if system == "cron":
        return {"crontab": cron.block(plan)}
    made = {"systemd": systemd.files, "launchd": launchd.files, "windows": windows.files}[system](plan)
    return {str(place / name): content for name, content in made.items()}


def install(system: str, plan: Plan, run: Runner, place: Path) -> list[str]:
    """Put the timer in, over an older one. Returns where something was written. Raises SelfsearchError;
    nothing is left behind then.
    """
    written = preview(system, plan, place)
    if system == "cron":
        crontab = _crontab(run)
        if crontab is None:  # to write now would be to lose what it holds
            raise SelfsearchError("the crontab cannot be read; nothing was installed")
        _put_crontab(run, cron.put(crontab, plan.name, written["crontab"]))
        return ["crontab"]
    if system == "launchd":
        run(_stopping(system, plan.name)[0], b"")  # an older agent of the name would be in the way
    for name, content in written.items():
        _write(Path(name), content)
    try:
        for command in _starting(system, plan.name, place):
            _do(run, command)
    except SelfsearchError:
        remove(system, plan.name, run, place)
        raise
    return list(written)


def remove(system: str, name: str, run: Runner, place: Path) -> bool:
    """Take the timer out. False when there was none."""
    if system == "cron":
        return _remove_block(run, name)
    paths = [place / file for file in _file_names(system, name)]
    there = [path for path in paths if path.exists()]
    if not there:
        return False
    for command in _stopping(system, name):
        run(command, b"")  # it may not be running: what counts is that its files go
    for path in there:
        path.unlink()
    if system == "systemd":
        run(["systemctl", "--user", "daemon-reload"], b"")
    return True


def state(system: str, name: str, run: Runner, place: Path, now: datetime) -> Timer:
    """What the system says about the timer."""
    if system == "cron":
        block = cron.split(_crontab(run) or b"", name)[1]
        return _timer("cron", bool(block), cron.when_of(block, name), now)
    if not all((place / file).exists() for file in _file_names(system, name)):
        return Timer(system, installed=False)
    if system == "systemd":
        return _systemd_state(name, run)
    if system == "launchd":
        when = launchd.when_of((place / _file_names(system, name)[0]).read_bytes())
        return _timer("launchd", True, when, now)
    return _windows_state(name, run)


def lingers(run: Runner, user: str) -> bool | None:
    """Whether this user's timers run while they are not logged in; None when nobody can say."""
    done = run(["loginctl", "show-user", user, "--property=Linger"], b"")
    return {b"Linger=yes": True, b"Linger=no": False}.get(done.out.strip())


def _timer(system: str, installed: bool, when: When | None, now: datetime) -> Timer:
    moment = next_run(when, now) if when else None
    return Timer(system, installed, when.words if when else None, moment.isoformat() if moment else None)


def _systemd_state(name: str, run: Runner) -> Timer:
    timer = _properties(run, f"{name}.timer", "Description,ActiveState,NextElapseUSecRealtime")
    service = _properties(run, f"{name}.service", "Result,ExecMainStatus,ExecMainStartTimestamp")
    result = service.get("Result") or None
    if result and result != "success":
        result += f" (exit code {service.get('ExecMainStatus', '?')})"
    if not service.get("ExecMainStartTimestamp"):
        result = None  # it has not run since systemd was started, and success would be a guess
    return Timer(
        "systemd",
        timer.get("ActiveState") == "active",
        timer.get("Description", "").removeprefix("selfsearch: ") or None,
        timer.get("NextElapseUSecRealtime") or None,
        # not the timer's LastTriggerUSec: a new timer with Persistent= is said to have run when it was made
        service.get("ExecMainStartTimestamp") or None,
        result,
    )


def _properties(run: Runner, unit: str, names: str) -> dict[str, str]:
    done = run(["systemctl", "--user", "show", unit, f"--property={names}"], b"")
    lines = done.out.decode("utf-8", "replace").splitlines()
    found = dict(line.partition("=")[::2] for line in lines if "=" in line)
    return {name: "" if value == "n/a" else value for name, value in found.items()}


def _windows_state(name: str, run: Runner) -> Timer:
    """The third, sixth and seventh column: their names are translated, their order is not."""
    import csv

    done = run(["schtasks", "/Query", "/TN", _task(name), "/V", "/FO", "CSV", "/NH"], b"")
    rows = [row for row in csv.reader(done.out.decode("utf-8", "replace").splitlines()) if len(row) > 6]
    if done.code or not rows:
        return Timer("windows", installed=False)
    row = rows[0]
    return Timer("windows", True, None, row[2], row[5], "success" if row[6] == "0" else f"exit code {row[6]}")


def _file_names(system: str, name: str) -> list[str]:
    if system == "systemd":
        return [f"{name}.service", f"{name}.timer"]
    return [f"{launchd.label(name)}.plist"] if system == "launchd" else [f"{name}.xml"]


def _starting(system: str, name: str, place: Path) -> list[list[str]]:
    if system == "systemd":
        user = ["systemctl", "--user"]
        return [
            [*user, "daemon-reload"],
            [*user, "enable", f"{name}.timer"],
            [*user, "restart", f"{name}.timer"],
        ]
    file = str(place / _file_names(system, name)[0])
    if system == "launchd":
        return [["launchctl", "bootstrap", f"gui/{os.getuid()}", file]]
    return [["schtasks", "/Create", "/TN", _task(name), "/XML", file, "/F"]]


def _stopping(system: str, name: str) -> list[list[str]]:
    if system == "systemd":
        return [["systemctl", "--user", "disable", "--now", f"{name}.timer"]]
    if system == "launchd":
        return [["launchctl", "bootout", f"gui/{os.getuid()}/{launchd.label(name)}"]]
    return [["schtasks", "/Delete", "/TN", _task(name), "/F"]]


def _task(name: str) -> str:
    return f"\\selfsearch\\{name}"


def _do(run: Runner, command: Sequence[str]) -> None:
    done = run(command, b"")
    if done.code:
        raise SelfsearchError(f"{' '.join(command[:3])} failed: {done.reason}; nothing was installed")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, content)
    except OSError as exc:
        raise SelfsearchError(f"{path} cannot be written: {exc.strerror}") from exc


def _crontab(run: Runner) -> bytes | None:
    """The user's crontab; b"" when there is none yet, None when there is no cron, or it does not serve this
    user.
    """
    done = run(["crontab", "-l"], b"")
    if done.code == 0:
        return done.out
    return b"" if b"no crontab" in done.err.lower() else None


def _put_crontab(run: Runner, content: bytes) -> None:
    done = run(["crontab", "-"], content)
    if done.code:
        raise SelfsearchError(f"crontab refused it: {done.reason}; nothing was installed")


def _remove_block(run: Runner, name: str) -> bool:
    crontab = _crontab(run)
    if crontab is None:
        raise SelfsearchError("the crontab cannot be read; nothing was changed")
    if not cron.split(crontab, name)[1]:
        return False
    rest = cron.take(crontab, name)
    done = run(["crontab", "-"], rest) if rest else run(["crontab", "-r"], b"")
    if done.code:
        raise SelfsearchError(f"crontab refused it: {done.reason}; nothing was changed")
    return True
