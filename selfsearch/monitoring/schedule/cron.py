"""A marked block in the user's crontab; every other byte of it stays."""

from __future__ import annotations

import re
import shlex
from datetime import datetime

from ...errors import SelfsearchError, UsageError
from .plan import CompletedProcess, Plan, Runner, Timer, When, check_paths, parse_when

MAX_LINE = 998  # bytes; cron's own buffers end near here
HINT = "written by: selfsearch schedule install; taken out by: selfsearch schedule remove"
# what crontab says where this user has none yet; the second is BusyBox's
NO_CRONTAB = re.compile(rb"no crontab|can't open '[^']*': No such file", re.IGNORECASE)


def block(plan: Plan) -> bytes:
    """The lines to put in. Raises UsageError when cron cannot do it.

    A backslash is refused: crons differ in what one before another means. Both outputs are thrown away, or
    cron would mail them daily; the run log has the result, and a failure is told.
    """
    check_paths(plan, "\\", "cron")
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in plan.environment.items())
    command = f"{variables} nice -n 19 {shlex.join(plan.command)} >/dev/null 2>&1"
    line = f"{fields(plan.when)} {command.replace('%', chr(92) + '%')}"  # a bare % is a line's end to cron
    if len(line.encode()) > MAX_LINE:
        raise UsageError(f"the line for cron would be longer than {MAX_LINE} bytes; use shorter paths")
    return f"{_begin(plan.name)} {plan.when.text} ({HINT})\n{line}\n{_end(plan.name)}\n".encode()


def fields(when: When) -> str:
    """The five fields that say when. Raises UsageError for a span that cron cannot say."""
    if when.every is None:
        day = "*" if when.weekday is None else str((when.weekday + 1) % 7)  # cron's Sunday is 0
        return f"{when.minute} {when.hour} * * {day}"
    hours, minutes = divmod(when.every, 60)
    if when.every == 24 * 60:
        return "0 0 * * *"
    if when.every == 7 * 24 * 60:
        return "0 0 * * 0"
    if not minutes and 24 % hours == 0:
        return f"0 */{hours} * * *" if hours > 1 else "0 * * * *"
    if not hours and 60 % minutes == 0:
        return f"*/{minutes} * * * *"
    raise UsageError(
        f"cron cannot run something {when.text}; it can every 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d"
        " or 7d"
    )


def insert_block(crontab: bytes, name: str, lines: bytes) -> bytes:
    """The crontab with our block in it, in the place of an older one, else at its end."""
    before, _, after = split_at_block(crontab, name)
    if before and not before.endswith(b"\n"):
        before += b"\n"  # cron refuses a crontab whose last line has no end
    return before + lines + after


def remove_block(crontab: bytes, name: str) -> bytes:
    """The crontab without our block."""
    before, _, after = split_at_block(crontab, name)
    return before + after


def split_at_block(crontab: bytes, name: str) -> tuple[bytes, bytes, bytes]:
    """What stands before our block, the block ("" when there is none), and what stands after it.

    Raises SelfsearchError when its last line was lost, since nobody can say then which lines are ours.
    """
    lines = crontab.splitlines(keepends=True)
    begins = [at for at, line in enumerate(lines) if line.startswith(f"{_begin(name)} ".encode())]
    if not begins:
        return crontab, b"", b""
    ends = [at for at, line in enumerate(lines) if line.strip() == _end(name).encode() and at > begins[0]]
    if not ends or len(begins) > 1:
        raise SelfsearchError(
            f"the crontab's lines of selfsearch are not whole; take them out by hand (crontab -e), from"
            f" {_begin(name)!r} to {_end(name)!r}, then try again"
        )
    first, last = begins[0], ends[0] + 1
    return b"".join(lines[:first]), b"".join(lines[first:last]), b"".join(lines[last:])


def when_of(lines: bytes, name: str) -> When | None:
    """When an installed block runs, from its first line."""
    first = lines.decode("utf-8", "replace").partition("\n")[0].removeprefix(_begin(name))
    try:
        return parse_when(first.partition("(")[0])
    except UsageError:
        return None


def _begin(name: str) -> str:
    return f"# BEGIN {name}"


def _end(name: str) -> str:
    return f"# END {name}"


def read_crontab(run: Runner) -> bytes | None:
    """The user's crontab; b"" when there is none yet, None when there is no cron, or not for this user."""
    return _crontab_of(run(["crontab", "-l"], b""))


def _crontab_of(process: CompletedProcess) -> bytes | None:
    if process.returncode == 0:
        return process.stdout
    return b"" if NO_CRONTAB.search(process.stderr) else None


def unreadable(run: Runner) -> str | None:
    """Why this user cannot read their crontab; None when they can, or when there is no cron."""
    process = run(["crontab", "-l"], b"")
    return None if process.is_missing or _crontab_of(process) is not None else process.reason


def install(plan: Plan, run: Runner) -> None:
    """Put our block into the crontab. Raises SelfsearchError; nothing is installed then."""
    lines, process = block(plan), run(["crontab", "-l"], b"")
    crontab = _crontab_of(process)
    if crontab is None:  # to write now would be to lose what it holds
        raise SelfsearchError(f"the crontab cannot be read ({process.reason}); nothing was installed")
    process = run(["crontab", "-"], insert_block(crontab, plan.name, lines))
    if process.returncode:
        raise SelfsearchError(f"crontab refused it: {process.reason}; nothing was installed")


def remove(name: str, run: Runner) -> bool:
    """Take our block out of the crontab. False when there was none. Raises SelfsearchError."""
    process = run(["crontab", "-l"], b"")
    if process.is_missing:
        return False
    crontab = _crontab_of(process)
    if crontab is None:
        raise SelfsearchError(f"the crontab cannot be read ({process.reason}); nothing was changed in it")
    if not split_at_block(crontab, name)[1]:
        return False
    rest = remove_block(crontab, name)
    process = run(["crontab", "-"], rest) if rest else run(["crontab", "-r"], b"")
    if process.returncode:
        raise SelfsearchError(f"crontab refused it: {process.reason}; nothing was changed in it")
    return True


def state(name: str, run: Runner, now: datetime) -> Timer:
    """What the crontab says about our timer."""
    try:
        lines = split_at_block(read_crontab(run) or b"", name)[1]
    except SelfsearchError as exc:
        return Timer("cron", True, problem=str(exc))
    return Timer.by_the_clock("cron", when_of(lines, name), now) if lines else Timer("cron", installed=False)
