"""Ways to be told of a run that nobody watched. Messages are numbers: never a face, a name or a path.

`tell` never fails: what cannot be told is logged, without its URL, and the run is in the run log all the
same.

Ways to be told, as the setting `notify` names them: desktop, file:/path, mail:you@host, or an Apprise URL.

Desktop and file stay in this process. A mail program needs rights that the kernel's layers of
selfsearch.sandbox take away (Postfix's drops into a queue by its group), and an Apprise URL needs the
network: those two are `far`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote

from ..errors import SelfsearchError, UsageError
from ..settings import Settings
from . import delivery

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
        delivery.on_desktop(message, failed=failed)
    elif channel.kind == "file":
        delivery.in_file(Path(channel.target), message, datetime.now(timezone.utc).astimezone())
    elif channel.kind == "mail":
        delivery.by_mail(channel.target, message)
    else:
        delivery.over_network(channel.target, message, failed=failed)


ADDRESS = re.compile(r"[A-Za-z0-9._+][A-Za-z0-9._+-]*(@[A-Za-z0-9][A-Za-z0-9.-]*)?")
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")
WAYS = "desktop, file:/absolute/path, mail:you@host, or an Apprise URL such as ntfy://topic"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way. `target` may hold a secret and is in no repr."""

    kind: str  # desktop, file, mail, network
    target: str = field(default="", repr=False)
    scheme: str = ""

    @property
    def far(self) -> bool:
        """Whether a process behind the kernel's layers cannot do it."""
        return self.kind in ("mail", "network")

    @property
    def shown(self) -> str:
        """What may be printed: of a URL, the scheme alone."""
        if self.kind == "network":
            return f"{self.scheme}://... (over the network)"
        return f"{self.kind} {self.target}".rstrip()


def parse(words: str) -> list[Channel]:
    """The channels of a setting, separated by spaces; %20 is a space in a path. Raises UsageError, never
    quoting a URL.
    """
    return list(dict.fromkeys(_channel(word) for word in words.split()))


def kinds(words: str) -> frozenset[str]:
    """The kinds that a setting names; none when it cannot be used, which telling will say."""
    try:
        return frozenset(channel.kind for channel in parse(words))
    except UsageError:
        return frozenset()


def _channel(word: str) -> Channel:
    if word == "desktop":
        return Channel("desktop")
    if word.startswith("file:") and not word.startswith("file://"):
        return Channel("file", _absolute(unquote(word[len("file:") :])))
    if word.startswith("mail:"):
        return Channel("mail", _address(word[len("mail:") :]))
    url = URL.fullmatch(word)
    if not url:
        raise UsageError(f"a way to be told is {WAYS}; one of those given is none of these")
    return Channel("network", word, url[1].lower())


def _absolute(path: str) -> str:
    if not os.path.isabs(path) or any(ord(letter) < 32 for letter in path):
        raise UsageError("notify: file: takes an absolute path, such as file:/home/you/selfsearch.txt")
    return str(Path(path))


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise UsageError(
            "notify: mail: takes an address, such as mail:you@example.org, or a user of this machine"
        )
    return text


def check_url(channel: Channel) -> None:
    """Whether Apprise knows what to do with the URL; nothing is sent. Raises UsageError."""
    from .delivery import apprise_with

    if not len(apprise_with([channel.target])):
        raise UsageError(
            f"Apprise cannot use the {channel.scheme}:// URL; its forms: https://appriseit.com/services/"
        )


def only(channels: Iterable[Channel], *, far: bool) -> list[Channel]:
    """Those that this process can do itself, or those that it cannot."""
    return [channel for channel in channels if channel.far is far]
