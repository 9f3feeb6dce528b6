"""Delivering one notification: on the desktop, into a file, by mail, or over the network.

The first two open no network socket. The last two run in a process that was made before the layers of
selfsearch.sandbox were set, has read no photograph and has no key of the library, and is given nothing but
the text. Apprise speaks some 130 services with one URL each; what comes beside it (notifiers, ntfy's and
Gotify's own clients) speaks a few, or has seen no release for years.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import SelfsearchError

TITLE = "selfsearch"
TIMEOUT = 20  # seconds for a notification program
MAIL_FOLDERS = (
    "/usr/sbin",
    "/usr/lib",
)  # where mail programs stand, and an ordinary user's PATH does not look

# command line, what its environment has in addition, stdin -> exit code
ProgramRunner = Callable[[Sequence[str], Mapping[str, str], bytes], int]

# The text comes as an argument or from the environment, so none of it can be read as a program.
APPLESCRIPT = (
    "on run words",
    "display notification (item 2 of words) with title (item 1 of words)",
    "end run",
)
POWERSHELL = (
    "$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications,"
    " ContentType=WindowsRuntime];"
    "$form = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent("
    "[Windows.UI.Notifications.ToastTemplateType]::ToastText02);"
    "$texts = $form.GetElementsByTagName('text');"
    "$null = $texts.Item(0).AppendChild($form.CreateTextNode($env:SELFSEARCH_TITLE));"
    "$null = $texts.Item(1).AppendChild($form.CreateTextNode($env:SELFSEARCH_TEXT));"
    "[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier("
    "'{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe')"
    ".Show([Windows.UI.Notifications.ToastNotification]::new($form))"
)


def run_program(command: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> int:
    """Run a program of this system to its end; returns its exit code. Raises SelfsearchError."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *MAIL_FOLDERS])
    program = shutil.which(command[0], path=path)
    if program is None:
        raise SelfsearchError(f"there is no {command[0]} on this machine")
    try:
        process = subprocess.run(  # noqa: S603  (fixed programs; the text is an argument, or on stdin)
            [program, *command[1:]],
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise SelfsearchError(f"{command[0]} did not do it: {type(exc).__name__}") from exc
    return process.returncode


def show_on_desktop(
    message: str, *, failed: bool, run: ProgramRunner = run_program, system: str = sys.platform
) -> None:
    """Raises SelfsearchError when nothing could be shown, as when nobody is logged in."""
    command, environment = _desktop_command(message, failed=failed, system=system)
    if run(command, environment, b"") != 0:
        raise SelfsearchError(f"{command[0]} could show nothing; is somebody logged in to the desktop?")


def _desktop_command(message: str, *, failed: bool, system: str) -> tuple[list[str], dict[str, str]]:
    """The program that shows a notification, with its arguments and what it needs in its environment."""
    if system == "darwin":
        script = [argument for line in APPLESCRIPT for argument in ("-e", line)]
        return ["osascript", *script, TITLE, message], {}
    if system == "win32":
        return ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", POWERSHELL], {
            "SELFSEARCH_TITLE": TITLE,
            "SELFSEARCH_TEXT": message,
        }
    urgency = "critical" if failed else "normal"
    options = [f"--app-name={TITLE}", f"--urgency={urgency}"]
    return ["notify-send", *options, "--", TITLE, message], _session_bus()


def _session_bus() -> dict[str, str]:
    """Where the desktop listens; cron does not say it."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or (f"/run/user/{os.getuid()}" if os.name == "posix" else "")
    bus = Path(folder) / "bus"
    if "DBUS_SESSION_BUS_ADDRESS" in os.environ or not bus.exists():
        return {}
    return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}", "XDG_RUNTIME_DIR": folder}


def append_to_file(path: Path, message: str, now: datetime) -> None:
    """Append the message, one line per line of it, to a file of the user's. Raises SelfsearchError."""
    stamp = now.isoformat(timespec="seconds")
    text = "".join(f"{stamp} {TITLE}: {line}\n" for line in message.splitlines())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise SelfsearchError(f"{path} cannot be written: {exc.strerror}") from exc


def send_mail(address: str, message: str, *, run: ProgramRunner = run_program) -> None:
    """Give a mail to the local sendmail. Raises SelfsearchError when there is none or it refuses."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["To"], mail["Subject"] = address, f"{TITLE}: {message.splitlines()[0]}"
    mail.set_content(message + "\n")
    code = run(["sendmail", "-i", "--", address], {}, mail.as_bytes())
    if code != 0:
        raise SelfsearchError(f"sendmail refused the mail (exit code {code})")


def send_by_apprise(url: str, message: str, *, failed: bool) -> None:
    """Send over the network. Raises SelfsearchError when it did not arrive, with nothing of the URL in it."""
    import apprise

    kind = apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO
    if not apprise_sender([url]).notify(body=message, title=TITLE, notify_type=kind):
        raise SelfsearchError("the service did not take it; is the network there, and the URL still right?")


def apprise_sender(urls: Sequence[str]) -> Any:
    """An Apprise object for those of `urls` that it understands.

    It logs nothing: its lines may hold parts of a URL.
    """
    import apprise

    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id=TITLE, app_desc=TITLE, async_mode=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it tries a module that Python has given up
        for url in urls:
            sender.add(url)
    return sender
