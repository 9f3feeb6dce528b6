"""Which commands may leave the machine: each declares what it needs, and the default is nothing.

`guard` has the layers of `selfsearch.sandbox` set when typer dispatches a command: its arguments are parsed
and its body has not begun, so numpy, faiss and onnxruntime are not loaded and no thread exists. Parsing opens
no file and connects nowhere; a command line that reaches no command (--help, a usage error) ends behind all
layers, too.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, TypeVar

import typer

from .. import sandbox
from ..sandbox.privileged_helper import PrivilegedHelper, Task
from . import options

Command = TypeVar("Command", bound=Callable[..., Any])
Arguments = Mapping[str, Any]  # a command's parameters, parsed, by their names in Python


class Need(Enum):
    """What one command needs and no other gets."""

    # connections of its own: no layer is set, and that is said
    NETWORK = auto()
    # the system's timer tools: crontab needs rights that the kernel's layers take away; the audit hook alone
    TIMER_TOOLS = auto()
    # a browser, which would inherit the kernel's layers: a helper that was made before them starts it
    BROWSER = auto()
    # messages by mail or over the network: a helper that was made before the layers is given their text
    NOTIFICATIONS = auto()


@dataclass(frozen=True)
class Declaration:
    """What a command needs, for which arguments, and the reason to give when the network is open."""

    need: Need
    when: Callable[[Arguments], bool]
    because: str


DECLARED: dict[Callable[..., Any], Declaration] = {}

_browser: PrivilegedHelper | None = None


def network(
    need: Need, *, when: Callable[[Arguments], bool] = lambda _: True, because: str = ""
) -> Callable[[Command], Command]:
    """Declare what the command below needs; `because` may name its arguments in braces."""

    def declare(command: Command) -> Command:
        DECLARED[command] = Declaration(need, when, because)
        return command

    return declare


def guard(app: typer.Typer) -> None:
    """Have every command of `app` and of its groups set the layers before its body runs."""
    umask = os.umask(0o077)  # it can only be read by setting it
    os.umask(umask)
    for command in app.registered_commands:
        command.callback = _guarded(command.callback, umask)
    for group in app.registered_groups:
        if group.typer_instance is None:
            continue
        guard(group.typer_instance)
        if callback := group.typer_instance.registered_callback:
            callback.callback = _guarded(callback.callback, umask)


def _guarded(command: Callable[..., Any] | None, umask: int) -> Callable[..., Any] | None:
    if command is None:
        return None

    @functools.wraps(command)
    def dispatch(**arguments: Any) -> Any:
        # the body of a group runs before the command in it that was named: that one decides
        if not getattr(arguments.get("context"), "invoked_subcommand", None):
            apply(command, arguments, umask)
        return command(**arguments)

    return dispatch


def apply(command: Callable[..., Any], arguments: Arguments, umask: int = 0o077) -> None:
    """Set the layers for a command with these arguments; `umask` is for the programs that a helper starts."""
    global _browser
    declared = DECLARED.get(command)
    need = declared.need if declared and declared.when(arguments) else None
    if declared and need is Need.NETWORK:
        reason = declared.because.format_map(arguments)
        options.say(f"selfsearch: the network is open for this command: {reason}")
        return
    if need is Need.BROWSER:
        _browser = _helper(_browse, umask)
    if need is Need.NOTIFICATIONS:
        from ..monitoring import notify

        linux = sys.platform == "linux"  # elsewhere another program sends, which alone has the network
        notify.use_remote_sender(_helper(notify.send_remote, umask).do if linux else notify.run_notify_send)
    sandbox.enforce(through_kernel=need is not Need.TIMER_TOOLS)


def _helper(task: Task, umask: int) -> PrivilegedHelper:
    ours = os.umask(umask)
    try:
        return PrivilegedHelper(task)
    finally:
        os.umask(ours)


def open_in_browser(page: Path) -> bool:
    """Show a page of ours in the user's browser. False when there is none."""
    address = page.absolute().as_uri()
    return _browser.do(address) if _browser else _browse(address)


def _browse(address: str) -> bool:
    import webbrowser

    return webbrowser.open(address)
