"""Which commands may leave the machine: each declares what it needs, and the default is nothing.

`guard` has the layers of `selfsearch.sandbox` set when typer dispatches a command: its arguments are parsed
and its body has not begun, so numpy, faiss and onnxruntime are not loaded and no thread exists. Parsing opens
no file and connects nowhere; a command line that reaches no command (--help, a usage error) ends behind all
layers, too.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, TypeVar

import typer

from .. import sandbox
from ..errors import UsageError
from ..sandbox.privileged_helper import PrivilegedHelper
from . import options

Command = TypeVar("Command", bound=Callable[..., Any])
Arguments = Mapping[str, Any]  # a command's parameters, parsed, by their names in Python


class Need(Enum):
    """What one command needs and no other gets."""

    # connections of its own: no layer is set, and that is said
    NETWORK = auto()
    # it is a helper itself, which starts programs of the user's: no layer, and the user's umask for them
    HELPER = auto()
    # the system's timer tools: crontab needs rights that the kernel's layers take away; the audit hook alone
    TIMER_TOOLS = auto()
    # a browser, which would inherit the kernel's layers: a helper that was started before shows our pages
    BROWSER = auto()
    # messages by mail or over the network, where that is set: the courier, started before, sends them
    NOTIFICATIONS = auto()


@dataclass(frozen=True)
class Declaration:
    """What a command needs, for which arguments, and the reason to give when the network is open.

    `library`: the folder of the library that the page to show is of.
    """

    need: Need
    when: Callable[[Arguments], bool]
    because: str
    library: Callable[[Arguments], Path]


DECLARED: dict[Callable[..., Any], Declaration] = {}

_courier: PrivilegedHelper | None = None
_opener: tuple[PrivilegedHelper, Path] | None = None  # and the place of the pages that it shows


def network(
    need: Need,
    *,
    when: Callable[[Arguments], bool] = lambda _: True,
    because: str = "",
    library: Callable[[Arguments], Path] = lambda _: options.home(),
) -> Callable[[Command], Command]:
    """Declare what the command below needs; `because` may name its arguments in braces."""

    def declare(command: Command) -> Command:
        DECLARED[command] = Declaration(need, when, because, library)
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
    declared = DECLARED.get(command)
    need = declared.need if declared and declared.when(arguments) else None
    if declared and need is Need.NETWORK:
        reason = declared.because.format_map(arguments)
        options.say(f"selfsearch: the network is open for this command: {reason}")
        return
    if need is Need.HELPER:
        os.umask(umask)
        return
    if declared and need is Need.BROWSER:
        _start_opener(declared.library(arguments), umask)
    if need is Need.NOTIFICATIONS:
        _start_courier(options.home(), umask)
    sandbox.enforce(through_kernel=need is not Need.TIMER_TOOLS)


def _start_courier(home: Path, umask: int) -> None:
    """Only where a way to be told is set that needs it. Settings that cannot be read name none."""
    global _courier
    from .. import settings
    from ..monitoring import notify

    try:
        needed = notify.remote(notify.parse(settings.read(home).notify))
    except UsageError:
        return
    if needed:
        _courier = PrivilegedHelper("courier", umask=umask, variables={"SELFSEARCH_HOME": str(home)})


def _start_opener(home: Path, umask: int) -> None:
    global _opener
    from ..library import pages

    page = pages.new_place(home)
    _opener = PrivilegedHelper("opener", str(page), umask=umask, quiet=True), page


def courier() -> Callable[[bytes], bytes] | None:
    """What sends a message's record by mail or over the network, where that is set."""
    return _courier.ask if _courier else None


def show_in_browser(page: str) -> bool:
    """Show one page of ours in the user's browser, by a file that is soon removed. False: there is none."""
    from ..library import pages
    from ..report.opener import SHOW, SHOWN

    if _opener is None:
        return False
    opener, place = _opener
    pages.write(place, page)
    return opener.ask(SHOW) == SHOWN
