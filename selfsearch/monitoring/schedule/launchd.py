"""A launchd agent: one property list in ~/Library/LaunchAgents."""

from __future__ import annotations

import os
import plistlib
from datetime import datetime
from pathlib import Path
from typing import Any

from .plan import Plan, Runner, Timer, When, check_paths

UMASK = 0o077  # a property list has no octal numbers: 63


def folder(home: Path) -> Path:
    """Where agents are."""
    return Path.home() / "Library" / "LaunchAgents"


def file_names(name: str) -> list[str]:
    """What a timer of that name consists of."""
    return [f"{_label(name)}.plist"]


def files(plan: Plan) -> dict[str, bytes]:
    """File name -> content. Raises UsageError when a path holds what XML cannot."""
    check_paths(plan, "", "launchd")
    return {f"{_label(plan.name)}.plist": plistlib.dumps(agent(plan))}


def agent(plan: Plan) -> dict[str, Any]:
    """The property list. A time that passed while the machine slept is made up for when it wakes."""
    return {
        "Label": _label(plan.name),
        "ProgramArguments": list(plan.command),
        "EnvironmentVariables": plan.environment,
        **trigger(plan.when),
        "RunAtLoad": False,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "LowPriorityBackgroundIO": True,
        "Nice": 19,
        "Umask": UMASK,
        "WorkingDirectory": "/",
    }


def trigger(when: When) -> dict[str, Any]:
    """launchd's Sunday is 0."""
    if when.every is not None:
        return {"StartInterval": when.every * 60}
    time = {"Hour": when.hour, "Minute": when.minute}
    if when.weekday is not None:
        time["Weekday"] = (when.weekday + 1) % 7
    return {"StartCalendarInterval": time}


def when_of(content: bytes) -> When | None:
    """When an installed agent runs."""
    try:
        agent = plistlib.loads(content)
        if "StartInterval" in agent:
            return When(every=int(agent["StartInterval"]) // 60)
        time = agent["StartCalendarInterval"]
        day = time.get("Weekday")
        return When(time["Hour"], time["Minute"], None if day is None else (day - 1) % 7)
    except (plistlib.InvalidFileException, KeyError, TypeError, ValueError):
        return None


def start_commands(name: str, place: Path) -> list[list[str]]:
    """What starts the timer when its files are in `place`."""
    return [["launchctl", "bootstrap", f"gui/{os.getuid()}", str(place / file_names(name)[0])]]


def stop_commands(name: str) -> list[list[str]]:
    """What ends the timer."""
    return [["launchctl", "bootout", f"gui/{os.getuid()}/{_label(name)}"]]


def state(name: str, run: Runner, place: Path, now: datetime) -> Timer:
    """What there is to know of an installed agent."""
    return Timer.by_the_clock("launchd", when_of((place / file_names(name)[0]).read_bytes()), now)


def _label(name: str) -> str:
    """The agent's name, in the reversed form that launchd's manual asks for."""
    return f"local.{name}"
