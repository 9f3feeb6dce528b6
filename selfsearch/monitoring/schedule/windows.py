"""A task of the Windows Task Scheduler, as the XML that schtasks /Create /XML takes.

The order of elements is that of Microsoft's schema (Task Scheduler Schema, triggerBaseType and settingsType).
"""

from __future__ import annotations

import csv
import subprocess
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

from .plan import Plan, Runner, Timer, When, check_paths

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
START = "2026-01-01"  # triggers need a day to begin on; any that is past does
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "true",
    "StopIfGoingOnBatteries": "true",
    "AllowHardTerminate": "true",
    "StartWhenAvailable": "true",  # a time that passed while the machine was off is made up for
    "RunOnlyIfNetworkAvailable": "false",
    "Enabled": "true",
    "Hidden": "false",
    "RunOnlyIfIdle": "false",
    "WakeToRun": "false",
    "ExecutionTimeLimit": "PT12H",
    "Priority": "9",  # 0 is the highest, 10 the lowest; 9 also lowers the priority of the disk
}


def folder(home: Path) -> Path:
    """Where the task's XML stays: with the library."""
    return home


def file_names(name: str) -> list[str]:
    """What a timer of that name consists of."""
    return [f"{name}.xml"]


def files(plan: Plan) -> dict[str, bytes]:
    """File name -> content. Raises UsageError when a path cannot be said to cmd."""
    return {f"{plan.name}.xml": xml(plan)}


def xml(plan: Plan) -> bytes:
    """UTF-16 with its mark, as Task Scheduler writes it itself."""
    check_paths(plan, '%"', "the Task Scheduler")
    task = ElementTree.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    about = ElementTree.SubElement(task, "RegistrationInfo")
    _add(about, Description=f"selfsearch looks again at what you agreed to, {plan.when.text}")
    _trigger(ElementTree.SubElement(task, "Triggers"), plan.when)
    person = ElementTree.SubElement(ElementTree.SubElement(task, "Principals"), "Principal", {"id": "Author"})
    if plan.user:
        _add(person, UserId=plan.user)
    _add(person, LogonType="InteractiveToken", RunLevel="LeastPrivilege")
    _add(ElementTree.SubElement(task, "Settings"), **SETTINGS)
    action = ElementTree.SubElement(ElementTree.SubElement(task, "Actions", {"Context": "Author"}), "Exec")
    _add(action, Command="cmd.exe", Arguments=arguments(plan))
    ElementTree.indent(task)
    text = ElementTree.tostring(task, encoding="unicode")
    return ('<?xml version="1.0" encoding="UTF-16"?>\n' + text + "\n").encode("utf-16")


def arguments(plan: Plan) -> str:
    """What cmd is given: a task has no environment of its own, so cmd sets it.

    With /s it takes everything between the outer quotes as is; within the inner ones only % would mean
    something.
    """
    sets = [f'set "{name}={value}"' for name, value in plan.environment.items()]
    program, *args = plan.command
    command = f'"{program}" {subprocess.list2cmdline(args)}'
    return f'/d /s /c "{" && ".join([*sets, command])}"'


def _trigger(parent: ElementTree.Element, when: When) -> None:
    if when.every is not None:
        trigger = ElementTree.SubElement(parent, "TimeTrigger")
        _add(trigger, Enabled="true", StartBoundary=f"{START}T00:00:00")
        _add(
            ElementTree.SubElement(trigger, "Repetition"),
            Interval=_duration(when.every),
            StopAtDurationEnd="false",
        )
        return
    trigger = ElementTree.SubElement(parent, "CalendarTrigger")
    _add(trigger, Enabled="true", StartBoundary=f"{START}T{when.hour:02}:{when.minute:02}:00")
    _add(trigger, RandomDelay="PT10M")
    if when.weekday is None:
        _add(ElementTree.SubElement(trigger, "ScheduleByDay"), DaysInterval="1")
        return
    week = ElementTree.SubElement(trigger, "ScheduleByWeek")
    days = {DAY_NAMES[when.weekday]: ""}
    _add(week, WeeksInterval="1")
    _add(ElementTree.SubElement(week, "DaysOfWeek"), **days)


def _duration(minutes: int) -> str:
    """ISO 8601. The scheduler refuses more than 31 days."""
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    time = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    return "P" + f"{days}D" * bool(days) + (f"T{time}" if time else "")


def _add(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = text


def start_commands(name: str, place: Path) -> list[list[str]]:
    """What starts the timer when its files are in `place`."""
    return [["schtasks", "/Create", "/TN", _task(name), "/XML", str(place / file_names(name)[0]), "/F"]]


def stop_commands(name: str) -> list[list[str]]:
    """What ends the timer."""
    return [["schtasks", "/Delete", "/TN", _task(name), "/F"]]


def state(name: str, run: Runner, place: Path, now: datetime) -> Timer:
    """The third, sixth and seventh column: their names are translated, their order is not."""
    process = run(["schtasks", "/Query", "/TN", _task(name), "/V", "/FO", "CSV", "/NH"], b"")
    lines = process.stdout.decode("utf-8", "replace").splitlines()
    rows = [row for row in csv.reader(lines) if len(row) > 6]
    if process.returncode or not rows:
        return Timer("windows", True, problem=f"the Task Scheduler does not know it: {process.reason}")
    row = rows[0]
    return Timer("windows", True, None, row[2], row[5], "success" if row[6] == "0" else f"exit code {row[6]}")


def _task(name: str) -> str:
    return f"\\selfsearch\\{name}"
