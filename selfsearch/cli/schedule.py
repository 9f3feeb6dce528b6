"""selfsearch schedule"""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SelfsearchError, UsageError
from . import options
from .network_policy import Need, network

if TYPE_CHECKING:
    from ..monitoring.run_log import Run
    from ..monitoring.schedule.plan import Plan, Timer, When

app = typer.Typer(
    help="Have the operating system look again: systemd, cron, launchd or the Windows Task Scheduler.",
    no_args_is_help=True,
)

TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  (what PrivateTmp= of systemd would hide)

Daily = Annotated[str | None, typer.Option("--daily", metavar="03:00", help="Every day at this time.")]
Weekly = Annotated[
    tuple[str, str] | None, typer.Option("--weekly", metavar="mon 03:00", help="Every week on this day.")
]
Every = Annotated[
    str | None, typer.Option("--every", metavar="6h", help="Every so many minutes, hours or days.")
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="WAY",
        help="desktop, file:/path, mail:you@host; url asks for an Apprise URL; none for none. Repeatable.",
    ),
]
System = Annotated[
    str | None, typer.Option("--system", help="systemd, cron, launchd or windows, if not the usual one here.")
]


@app.command("install")
@network(Need.TIMER_TOOLS)
def install(
    daily: Daily = None,
    weekly: Weekly = None,
    every: Every = None,
    notify: Notify = None,
    system: System = None,
) -> None:
    """Install the timer, or change it. Without a time it runs daily at 03:00."""
    from .. import settings
    from ..monitoring.schedule import install as timers

    when = _when(daily, weekly, every)
    chosen = _system(system)
    setting = _notify_setting(notify)
    timers.require_key(options.home(), options.key_folder(), chosen)
    plan = _plan(when, chosen, setting)
    timers.require_command(plan, timers.run)
    made = _make_files(plan)
    try:
        written = timers.install(chosen, plan, timers.run, timers.folder(chosen, options.home()))
    except SelfsearchError:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    if notify:
        settings.write(options.home(), notify=setting)
    for place in written:
        options.say(f"written: {place}")
    options.answer(f"selfsearch looks again {when.text}, by {chosen}; see: selfsearch schedule status")
    _say_channels(setting)
    _advise(chosen)


@app.command("print")
@network(Need.TIMER_TOOLS)
def show(
    daily: Daily = None,
    weekly: Weekly = None,
    every: Every = None,
    notify: Notify = None,
    system: System = None,
) -> None:
    """Print exactly what install would write, and write nothing."""
    from ..monitoring.schedule import install as timers

    when = _when(daily, weekly, every)
    chosen = _system(system)
    plan = _plan(when, chosen, _notify_setting(notify))
    for place, content in timers.preview(chosen, plan, timers.folder(chosen, options.home())).items():
        options.say(f"# {place}")
        options.answer_text(content.decode("utf-16" if chosen == "windows" else "utf-8"))


@app.command("status")
@network(Need.TIMER_TOOLS)
def status(system: System = None, as_json: options.AsJson = False) -> None:
    """Say when the next run is, what became of the last ones, and why one failed."""
    from .. import settings
    from ..monitoring import notify, run_log
    from ..monitoring.schedule import install as timers

    chosen = _system(system)
    place = timers.folder(chosen, options.home())
    timer = timers.state(chosen, _timer_name(), timers.run, place, options.now())
    runs = run_log.read(options.home())[-5:]
    channels = [channel.shown for channel in notify.parse(settings.read(options.home()).notify)]
    if as_json:
        options.answer_json(
            {"schema": "selfsearch.schedule/1", "timer": asdict(timer), "notify": channels}
            | {"runs": [asdict(run) for run in runs]}
        )
        return
    options.answer(*_timer_lines(timer))
    options.answer("told by: " + (", ".join(channels) or "nothing; see --notify of install"))
    for run in runs:
        options.answer(_run_text(run))
    if not runs:
        options.answer("no run so far")


@app.command("remove")
@network(Need.TIMER_TOOLS)
def remove(system: System = None) -> None:
    """Take the timer out. The library and its settings stay."""
    from ..monitoring.schedule import install as timers

    chosen = _system(system)
    removed = timers.remove(chosen, _timer_name(), timers.run, timers.folder(chosen, options.home()))
    options.answer("the timer is gone" if removed else f"there was no timer in {chosen}")


def _when(daily: str | None, weekly: tuple[str, str] | None, every: str | None) -> When:
    from ..monitoring.schedule import plan

    if sum(value is not None for value in (daily, weekly, every)) > 1:
        raise UsageError("give one of --daily, --weekly and --every")
    if weekly is not None:
        return plan.weekly(*weekly)
    return plan.every(every) if every is not None else plan.daily(daily or "03:00")


def _system(given: str | None) -> str:
    from ..monitoring.schedule import install as timers

    if given is None:
        return timers.system_here(timers.run)
    if given not in timers.SYSTEMS:
        raise UsageError(f"--system takes {', '.join(timers.SYSTEMS)}, not {given!r}")
    return given


def _notify_setting(given: list[str] | None) -> str:
    """The setting that results from --notify.

    A URL may hold a secret, and other users can read command lines: it is asked for.
    """
    from .. import settings
    from ..monitoring import notify

    if given is None:
        return settings.read(options.home()).notify
    if any("://" in channel for channel in given):
        raise UsageError("an Apprise URL may hold a secret, and others can read command lines; give --notify"
                         " url, and it is asked for (or read from stdin)")  # fmt: skip
    if "none" in given:
        return ""
    setting = " ".join(_ask_url() if text == "url" else text.replace(" ", "%20") for text in given)
    notify.parse(setting)
    return setting


def _ask_url() -> str:
    from ..monitoring import notify

    text = getpass.getpass("Apprise URL: ") if sys.stdin.isatty() else sys.stdin.readline()
    channels = notify.parse(text.strip())
    if [channel.kind for channel in channels] != ["network"]:
        raise UsageError("that is no Apprise URL, such as ntfy://topic; the services are on appriseit.com")
    notify.check_url(channels[0])
    return text.strip()


def _timer_name() -> str:
    from ..monitoring.schedule import plan
    from ..settings import default_home

    return plan.name_for(options.home(), default_home())


def _plan(when: When, system: str, setting: str) -> Plan:
    from ..monitoring import notify
    from ..monitoring.schedule import systemd
    from ..monitoring.schedule.plan import Plan

    channels = notify.parse(setting)
    home, keys = options.home(), options.key_folder()
    return Plan(
        when,
        sys.executable,
        home,
        keys,
        name=_timer_name(),
        channels=frozenset(channel.kind for channel in channels),
        writable=tuple(Path(channel.target) for channel in channels if channel.kind == "file"),
        namespaces=system == "systemd" and systemd.namespaces_allowed(),
        private_tmp=not any(path.is_relative_to(tmp) for path in (home, keys) for tmp in TEMPORARY),
        user="\\".join(filter(None, (os.environ.get("USERDOMAIN"), os.environ.get("USERNAME")))),
    )


def _make_files(plan: Plan) -> list[Path]:
    """Make the files that a sealed unit may write to, but not make. Returns those that were not there."""
    made = []
    for path in plan.writable:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            continue
        except OSError as exc:
            raise UsageError(f"{path} cannot be written: {exc.strerror}") from exc
        made.append(path)
    return made


def _say_channels(setting: str) -> None:
    from ..monitoring import notify

    for channel in notify.parse(setting):
        options.say(f"you are told by: {channel.shown}")
        if channel.kind == "network":
            options.say(
                "  this uses the network: the service learns that and when something changed, how much,"
                " and your address; never a face, a name or a path"
            )


def _advise(system: str) -> None:
    from ..monitoring.schedule import install as timers
    from ..monitoring.schedule import systemd

    if system == "systemd" and systemd.lingers(timers.run, getpass.getuser()) is False:
        options.say(
            "it runs while you are logged in, and catches up when you log in again; to have it run"
            " without that: loginctl enable-linger"
        )
    if system == "cron":
        options.say("cron does not make up for a time at which the machine was off")


def _timer_lines(timer: Timer) -> list[str]:
    if not timer.installed:
        return [f"no timer is installed in {timer.system}; selfsearch schedule install makes one"]
    lines = [f"timer: {timer.system}" + (f", {timer.when}" if timer.when else "")]
    for name, text in (("next run", timer.next_run), ("last run", timer.last_run), ("result", timer.result)):
        if text:
            lines.append(f"{name}: {text}")
    return lines


def _run_text(run: Run) -> str:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.result.items() if count)
    explained = {
        "done": "nothing new",
        "running": "is at work",
        "interrupted": "ended without a word: killed, or the machine went down",
    }
    details = run.error or counts or explained.get(run.state, "")
    return f"run of {run.started_at} ({run.by}): {run.state}" + (f": {details}" if details else "")
