"""Ways to be told of a run that nobody watched. Messages are numbers: never a face, a name or a path.

`tell` never fails: what cannot be told is logged, without its URL, and the run is in the run log all the
same.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from ..config import Settings
from ..errors import SelfsearchError
from . import far, near
from .channels import Channel, check_url, kinds, only, parse

__all__ = ["Channel", "check_url", "in_program", "kinds", "parse", "send_far", "send_through", "tell"]

PATIENCE = 120  # seconds for a service that does not answer

log = logging.getLogger(__name__)

_courier: Callable[[str], bool] | None = None  # gives a text to the process that may send it


def send_through(courier: Callable[[str], bool]) -> None:
    """From now on, what this process cannot send itself goes to `courier`, as text for `send_far`."""
    global _courier
    _courier = courier


def tell(settings: Settings, message: str, failed: bool) -> None:
    """Tell `message` by every way that the settings name; one that fails keeps none of the others."""
    try:
        channels = parse(settings.notify)
    except SelfsearchError as exc:
        log.warning("nobody was told: %s", exc)
        return
    _send(only(channels, far=False), message, failed)
    distant = only(channels, far=True)
    if not distant:
        return
    if _courier is None:
        _send(distant, message, failed)
    else:
        # the words of the settings go along, so that the child reads no file
        text = json.dumps({"notify": settings.notify, "message": message, "failed": failed})
        if not _courier(text):
            log.warning("not told by %s", ", ".join(channel.shown for channel in distant))


def in_program(text: str) -> bool:
    """A courier: `selfsearch notify-send`, with the text on its stdin, where no process list shows it."""
    command = [sys.executable, "-m", "selfsearch", "notify-send"]
    try:
        return subprocess.run(command, input=text.encode(), timeout=PATIENCE).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


def send_far(text: str) -> bool:
    """The courier's task: send by mail and over the network what `tell` could not. True: all went well."""
    said = json.loads(text)
    return _send(only(parse(said["notify"]), far=True), said["message"], said["failed"])


def _send(channels: list[Channel], message: str, failed: bool) -> bool:
    well = True
    for channel in channels:
        try:
            _send_one(channel, message, failed)
        except SelfsearchError as exc:
            well = False
            log.warning("not told by %s: %s", channel.shown, exc)
    return well


def _send_one(channel: Channel, message: str, failed: bool) -> None:
    if channel.kind == "desktop":
        near.on_desktop(message, failed=failed)
    elif channel.kind == "file":
        near.in_file(Path(channel.target), message, datetime.now(timezone.utc).astimezone())
    elif channel.kind == "mail":
        far.by_mail(channel.target, message)
    else:
        far.over_network(channel.target, message, failed=failed)
