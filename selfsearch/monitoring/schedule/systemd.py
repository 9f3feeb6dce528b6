"""A systemd user timer and its service.

What a user manager can enforce, and what not: RestrictAddressFamilies, SystemCallFilter, LockPersonality,
MemoryDenyWriteExecute, RestrictRealtime and RestrictNamespaces are seccomp filters, and hold everywhere. What
needs mounts (ProtectSystem, ReadWritePaths, PrivateTmp) needs a user namespace: PrivateUsers asks for one,
from systemd 253 on it is asked for silently, and where ordinary users may make none (Ubuntu 24.04 by default)
these lines do nothing. IPAddressDeny needs a BPF program that only a privileged manager may load (systemd
issue 12327): for other users it is not enforced, and the families are. selfsearch refuses the network by
itself as well, whatever the unit says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from .plan import DAYS, CompletedProcess, Plan, Runner, Timer, When, check_paths

RANDOM_DELAY = 10  # minutes, at random: a household's machines need not wake the same disk at once
# for a first look at a large library on a slow machine; the next run goes on where it was stopped
START_TIMEOUT = "12h"

STOPPED = 143  # our exit code when the system stops us (128 + SIGTERM): nothing failed

LOW_PRIORITY = """\
Nice=19
CPUSchedulingPolicy=idle
IOSchedulingClass=idle
UMask=0077
"""

SEALED = """\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies={families}
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""

NO_NETWORK = """\
# Enforced only where this manager may load BPF programs; the families above are enforced everywhere.
IPAddressDeny=any
"""

MOUNTS = """\
# Needs user namespaces; where this user may make none, these lines do nothing.
{users}ProtectSystem=strict
{tmp}ReadWritePaths={writable}
"""

UNSEALED = """\
# Not sealed by systemd: a notification by mail was chosen, and a mail program drops its mail into the queue
# with rights
# that a sealed unit takes away. selfsearch still refuses the network to itself.
"""


def folder(home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where units of this user are."""
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def file_names(name: str) -> list[str]:
    """What a timer of that name consists of."""
    return [f"{name}.service", f"{name}.timer"]


def files(plan: Plan) -> dict[str, bytes]:
    """File name -> content. Raises UsageError when a path cannot be written there."""
    check_paths(plan, "", "systemd")
    # systemd refuses quotes and backslashes in a program's path, and would leave $$ in it as it is
    check_paths(Plan(When(), plan.python, Path("/"), Path("/")), "$\"'\\", "systemd")
    return {f"{plan.name}.service": service(plan).encode(), f"{plan.name}.timer": timer(plan).encode()}


def service(plan: Plan) -> str:
    """The service: one re-scan."""
    program, *args = plan.command
    command = " ".join([quote(program), *args])
    variables = "".join(
        f"Environment={quote(f'{name}={value}')}\n" for name, value in plan.environment.items()
    )
    return (
        "[Unit]\nDescription=selfsearch looks again at what you agreed to\n\n"
        f"[Service]\nType=oneshot\nExecStart={command}\n{variables}TimeoutStartSec={START_TIMEOUT}\n"
        f"SuccessExitStatus={STOPPED}\n"
        f"{LOW_PRIORITY}{_sandbox(plan)}"
    )


def timer(plan: Plan) -> str:
    """The timer. A run that was missed, because the machine was off, is made up for when it is on again."""
    lines = "".join(f"{key}={value}\n" for key, value in triggers(plan.when))
    return (
        f"[Unit]\nDescription=selfsearch: {plan.when.text}\n\n"
        f"[Timer]\n{lines}AccuracySec=1min\nUnit={plan.name}.service\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def triggers(when: When) -> list[tuple[str, str]]:
    """The timer's lines that say when.

    Spans that divide a day or an hour go by the calendar, since Persistent= works for the calendar alone.
    """
    text = calendar(when)
    if text is None:
        return [("OnStartupSec", "15min"), ("OnUnitActiveSec", f"{when.every}min")]
    delay = RANDOM_DELAY if when.every is None else min(RANDOM_DELAY, when.every // 4)
    return [("OnCalendar", text), ("Persistent", "true"), ("RandomizedDelaySec", f"{delay}min")]


def calendar(when: When) -> str | None:
    """As systemd.time(7) has it; None for a span that does not divide a day."""
    if when.every is None:
        day = "" if when.weekday is None else DAYS[when.weekday].capitalize() + " "
        return f"{day}*-*-* {when.hour:02}:{when.minute:02}:00"
    if when.every == 24 * 60:
        return "*-*-* 00:00:00"
    if when.every % 60 == 0 and 24 % (when.every // 60) == 0:
        return f"*-*-* 00/{when.every // 60}:00:00"
    return f"*-*-* *:00/{when.every}:00" if when.every < 60 and 60 % when.every == 0 else None


def quote(text: str) -> str:
    """One word of a unit file: % would begin a specifier, and \\ and " mean something within quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _sandbox(plan: Plan) -> str:
    if "mail" in plan.channels:
        return UNSEALED
    network = "network" in plan.channels
    families = "AF_UNIX AF_INET AF_INET6" if network else "AF_UNIX"
    # the minus: a folder that is not there is no reason to fail
    writable = " ".join(quote(f"-{path}") for path in (plan.home, plan.keys, *plan.writable))
    users, tmp = "PrivateUsers=yes\n" * plan.namespaces, "PrivateTmp=yes\n" * plan.private_tmp
    return (
        SEALED.format(families=families)
        + ("" if network else NO_NETWORK)
        + MOUNTS.format(users=users, tmp=tmp, writable=writable)
    )


RELOAD = ["systemctl", "--user", "daemon-reload"]


def start_commands(name: str, place: Path) -> list[list[str]]:
    """What starts the timer when its files are in `place`."""
    user = ["systemctl", "--user"]
    return [RELOAD, [*user, "enable", f"{name}.timer"], [*user, "restart", f"{name}.timer"]]


def stop_commands(name: str) -> list[list[str]]:
    """What ends the timer."""
    return [["systemctl", "--user", "disable", "--now", f"{name}.timer"]]


def wish(name: str, place: Path) -> Path:
    """The link by which `systemctl enable` has the timer started at login."""
    return place / "timers.target.wants" / f"{name}.timer"


def state(name: str, run: Runner, place: Path, now: datetime) -> Timer:
    """What the user's manager says about an installed timer."""
    shown = _show(run, f"{name}.timer", "Description,ActiveState,NextElapseUSecRealtime")
    if shown.returncode:
        return Timer(
            "systemd",
            True,
            _when_of((place / f"{name}.timer").read_text("utf-8", "replace")),
            problem=f"systemd cannot be asked whether it runs: {shown.reason}",
        )
    timer = _properties(shown)
    service = _properties(_show(run, f"{name}.service", "Result,ExecMainStatus,ExecMainStartTimestamp"))
    result = service.get("Result") or None
    if result and result != "success":
        result += f" (exit code {service.get('ExecMainStatus', '?')})"
    if not service.get("ExecMainStartTimestamp"):
        result = None  # it has not run since systemd was started, and success would be a guess
    is_active = timer.get("ActiveState") == "active"
    return Timer(
        "systemd",
        True,
        timer.get("Description", "").removeprefix("selfsearch: ") or None,
        timer.get("NextElapseUSecRealtime") or None,
        # not the timer's LastTriggerUSec: a new timer with Persistent= is said to have run when it was made
        service.get("ExecMainStartTimestamp") or None,
        result,
        problem=None if is_active else "it is stopped; selfsearch schedule install starts it again",
    )


def _when_of(unit: str) -> str | None:
    """When a timer runs, from its file."""
    match = re.search(r"^Description=selfsearch: (.+)$", unit, re.MULTILINE)
    return match[1] if match else None


def _show(run: Runner, unit: str, names: str) -> CompletedProcess:
    return run(["systemctl", "--user", "show", unit, f"--property={names}"], b"")


def _properties(process: CompletedProcess) -> dict[str, str]:
    lines = process.stdout.decode("utf-8", "replace").splitlines()
    properties = dict(line.partition("=")[::2] for line in lines if "=" in line)
    return {name: "" if value == "n/a" else value for name, value in properties.items()}


def lingers(run: Runner, user: str) -> bool | None:
    """Whether this user's timers run while they are not logged in; None when nobody can say."""
    process = run(["loginctl", "show-user", user, "--property=Linger"], b"")
    return {b"Linger=yes": True, b"Linger=no": False}.get(process.stdout.strip())


def namespaces_allowed(proc: Path = Path("/proc/sys")) -> bool:
    """Whether ordinary users may make user namespaces with rights in them, which PrivateUsers= needs."""
    limits = {
        "user/max_user_namespaces": "0",
        "kernel/unprivileged_userns_clone": "0",  # Debian's
        "kernel/apparmor_restrict_unprivileged_userns": "1",  # Ubuntu's
    }
    return all(_kernel_setting(proc / name) != refusing for name, refusing in limits.items())


def _kernel_setting(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""
