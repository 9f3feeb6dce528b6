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

from pathlib import Path

from .plan import DAYS, Plan, When, check

DELAY = 10  # minutes, at random: a household's machines need not wake the same disk at once
# for a first look at a large library on a slow machine; the next run goes on where it was stopped
LONGEST = "12h"

QUIET = """\
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


def files(plan: Plan) -> dict[str, bytes]:
    """File name -> content, for ~/.config/systemd/user. Raises UsageError when a path cannot be written
    there.
    """
    check(plan, "", "systemd")
    check_program(plan.python)
    return {f"{plan.name}.service": service(plan).encode(), f"{plan.name}.timer": timer(plan).encode()}


def check_program(path: str) -> None:
    """systemd refuses quotes and backslashes in a program's path, and would leave $$ in it as it is."""
    check(Plan(When(), path, Path("/"), Path("/")), "$\"'\\", "systemd")


def service(plan: Plan) -> str:
    """The service: one re-scan."""
    program, *words = plan.command
    command = " ".join([quote(program), *words])
    said = "".join(f"Environment={quote(f'{name}={value}')}\n" for name, value in plan.environment.items())
    return (
        "[Unit]\nDescription=selfsearch looks again at what you agreed to\n\n"
        f"[Service]\nType=oneshot\nExecStart={command}\n{said}TimeoutStartSec={LONGEST}\n"
        f"{QUIET}{_sandbox(plan)}"
    )


def timer(plan: Plan) -> str:
    """The timer. A run that was missed, because the machine was off, is made up for when it is on again."""
    lines = "".join(f"{key}={value}\n" for key, value in triggers(plan.when))
    return (
        f"[Unit]\nDescription=selfsearch: {plan.when.words}\n\n"
        f"[Timer]\n{lines}AccuracySec=1min\nUnit={plan.name}.service\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def triggers(when: When) -> list[tuple[str, str]]:
    """The timer's lines that say when. Spans that divide a day or an hour go by the calendar, since
    Persistent= works for the calendar alone.
    """
    text = calendar(when)
    if text is None:
        return [("OnStartupSec", "15min"), ("OnUnitActiveSec", f"{when.every}min")]
    delay = DELAY if when.every is None else min(DELAY, when.every // 4)
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
    """One word of a unit file, whatever is in it: % begins a specifier, and \\ and " mean something within
    quotes.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _sandbox(plan: Plan) -> str:
    if "mail" in plan.telling:
        return UNSEALED
    network = "network" in plan.telling
    families = "AF_UNIX AF_INET AF_INET6" if network else "AF_UNIX"
    # the minus: a folder that is not there is no reason to fail
    writable = " ".join(quote(f"-{path}") for path in (plan.home, plan.keys, *plan.writable))
    users, tmp = "PrivateUsers=yes\n" * plan.namespaces, "PrivateTmp=yes\n" * plan.private_tmp
    return (
        SEALED.format(families=families)
        + ("" if network else NO_NETWORK)
        + MOUNTS.format(users=users, tmp=tmp, writable=writable)
    )
