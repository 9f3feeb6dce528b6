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
    help="Have the operating system look again at set times.\n\n"
    "It does so by systemd, cron, launchd or the Windows Task Scheduler.",
    no_args_is_help=True,
)

TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  (what PrivateTmp= of systemd would hide)

SYSTEMS = "systemd|cron|launchd|windows"

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
        help="desktop, file:/path, mail:you@host; url asks for an Apprise URL; or none. May be repeated.",
    ),
]
System = Annotated[
    str | None,
    typer.Option(
        "--system",
        metavar=SYSTEMS,
        help="Which one; without it the one of this machine.",
    ),
]
OneSystem = Annotated[
    str | None,
    typer.Option("--system", metavar=SYSTEMS, help="Only this one; without it all of them."),
]

WITHOUT_TIMER = (  # what a machine without any of the four systems can do
    "Without a timer, one of these looks again:",
    "  selfsearch watch",
    "    follows the folders of your sources until you stop it",
    "  while sleep 86400; do selfsearch rescan --scheduled; done",
    "    once a day; as the command of a container, or in the background with nohup",
)


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
    chosen = _named(system) or timers.system_here(timers.run)
    if chosen is None:
        options.say(*WITHOUT_TIMER)
        raise SelfsearchError(
            "no timer was installed: this machine has neither cron nor a systemd for this user (where it has"
            " one, log in to the machine itself, not by su or sudo)"
        )
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
    _replace_older(chosen)
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
    """Print what install would write, for any of the systems.

    Nothing is written. The paths in it are those of this machine.
    """
    from ..monitoring.schedule import install as timers

    when = _when(daily, weekly, every)
    chosen = _named(system) or timers.system_here(timers.run)
    if chosen is None:
        options.say(
            "This machine has neither cron nor a systemd for this user. Here is the line for a crontab, for"
            " whatever runs those; for another system: --system systemd, launchd or windows."
        )
        options.say(*WITHOUT_TIMER)
    chosen = chosen or "cron"
    plan = _plan(when, chosen, _notify_setting(notify))
    for place, content in timers.preview(chosen, plan, timers.folder(chosen, options.home())).items():
        options.say(f"# {place}")
        options.answer_text(content.decode("utf-16" if chosen == "windows" else "utf-8"))


@app.command("status")
@network(Need.TIMER_TOOLS)
def status(system: OneSystem = None, as_json: options.AsJson = False) -> None:
    """Say which timer is installed and when it runs.

    Also what the last runs came to, and why one failed.
    """
    from .. import settings
    from ..monitoring import notify, run_log
    from ..monitoring.schedule import install as timers
    from ..monitoring.schedule.plan import Timer

    only = _named(system)
    found = timers.installed(_timer_name(), timers.run, options.home(), options.now())
    found = [timer for timer in found if only in (None, timer.system)]
    here = only or timers.system_here(timers.run)
    runs = run_log.read(options.home())[-5:]
    channels = [channel.shown for channel in notify.parse(settings.read(options.home()).notify)]
    if as_json:
        first = found[0] if found else Timer(here or "none", installed=False)
        options.answer_json(
            {"schema": "selfsearch.schedule/1", "timer": asdict(first), "notify": channels}
            | {"runs": [asdict(run) for run in runs], "timers": [asdict(timer) for timer in found]}
        )
        return
    for timer in found:
        options.answer(*_timer_lines(timer))
    if not found:
        options.answer(_no_timer(only, here))
    if len(found) > 1:
        options.answer(f"one timer is enough: selfsearch schedule remove --system {found[-1].system}")
    options.answer(
        "notifications by: "
        + (", ".join(channels) or "none; to be told: selfsearch schedule install --notify WAY")
    )
    for run in runs:
        options.answer(_run_text(run))
    if not runs:
        options.answer("no run so far")


@app.command("remove")
@network(Need.TIMER_TOOLS)
def remove(system: OneSystem = None) -> None:
    """Take the timer out, whichever system has it. The library and its settings stay."""
    from ..monitoring.schedule import cron
    from ..monitoring.schedule import install as timers

    name, home = _timer_name(), options.home()
    if only := _named(system):
        is_removed = timers.remove(only, name, timers.run, timers.folder(only, home))
        options.answer(_removed(only) if is_removed else f"no timer was installed in {only}")
        return
    removed, errors = timers.remove_everywhere(name, timers.run, home)
    options.answer(*map(_removed, removed))
    if reason := cron.unreadable(timers.run):
        options.say(f"the crontab cannot be read, so a timer in it would stay: {reason}")
    if errors:
        raise errors[0]
    if not removed:
        options.answer("no timer was installed")


def _removed(system: str) -> str:
    return f"the timer was taken out of {system}"


def _replace_older(chosen: str) -> None:
    """A library has one timer: take out what an earlier installation put into another system."""
    from ..monitoring.schedule import install as timers

    removed, errors = timers.remove_everywhere(_timer_name(), timers.run, options.home(), but=chosen)
    for name in removed:
        options.say(f"the earlier timer was taken out of {name}")
    for error in errors:
        options.say(f"an earlier timer may be left: {error}")


def _when(daily: str | None, weekly: tuple[str, str] | None, every: str | None) -> When:
    from ..monitoring.schedule import plan

    if sum(value is not None for value in (daily, weekly, every)) > 1:
        raise UsageError("give one of --daily, --weekly and --every")
    if weekly is not None:
        return plan.weekly(*weekly)
    return plan.every(every) if every is not None else plan.daily(daily or "03:00")


def _named(system: str | None) -> str | None:
    from ..monitoring.schedule import install as timers

    if system is not None and system not in timers.SYSTEMS:
        raise UsageError(f"--system takes {', '.join(timers.SYSTEMS)}, not {system!r}")
    return system


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
    lines = [f"timer: {timer.system}" + (f", {timer.when}" if timer.when else "")]
    details = (
        ("problem", timer.problem),
        ("next run", timer.next_run),
        ("last run", timer.last_run),
        ("result", timer.result),
    )
    return lines + [f"{name}: {text}" for name, text in details if text]


def _no_timer(only: str | None, here: str | None) -> str:
    if only:
        return f"no timer is installed in {only}"
    if here is None:
        return (
            "no timer is installed, and this machine has neither cron nor a systemd for this user; selfsearch"
            " schedule install says what else there is"
        )
    return "no timer is installed; to install one: selfsearch schedule install"


def _run_text(run: Run) -> str:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.result.items() if count)
    explained = {
        "done": "nothing new",
        "running": "is at work",
        "interrupted": "ended without a word: killed, or the machine went down",
    }
    details = run.error or counts or explained.get(run.state, "")
    return f"run of {run.started_at} ({run.by}): {run.state}" + (f": {details}" if details else "")
