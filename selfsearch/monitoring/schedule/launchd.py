"""A launchd agent: one property list in ~/Library/LaunchAgents."""

from __future__ import annotations

import plistlib
from typing import Any

from .plan import Plan, When, check

UMASK = 0o077  # a property list has no octal numbers: 63


def label(name: str) -> str:
    """The agent's name, in the reversed form that launchd's manual asks for."""
    return f"local.{name}"


def files(plan: Plan) -> dict[str, bytes]:
    """File name -> content. Raises UsageError when a path holds what XML cannot."""
    check(plan, "", "launchd")
    return {f"{label(plan.name)}.plist": plistlib.dumps(agent(plan))}


def agent(plan: Plan) -> dict[str, Any]:
    """The property list. A time that passed while the machine slept is made up for when it wakes."""
    return {
        "Label": label(plan.name),
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
    moment = {"Hour": when.hour, "Minute": when.minute}
    if when.weekday is not None:
        moment["Weekday"] = (when.weekday + 1) % 7
    return {"StartCalendarInterval": moment}


def when_of(content: bytes) -> When | None:
    """When an installed agent runs."""
    try:
        found = plistlib.loads(content)
        if "StartInterval" in found:
            return When(every=int(found["StartInterval"]) // 60)
        moment = found["StartCalendarInterval"]
        day = moment.get("Weekday")
        return When(moment["Hour"], moment["Minute"], None if day is None else (day - 1) % 7)
    except (plistlib.InvalidFileException, KeyError, TypeError, ValueError):
        return None
