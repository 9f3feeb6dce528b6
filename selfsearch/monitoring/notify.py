"""Notifications about a run that nobody watched. Messages are numbers: never a face, a name or a path.

The setting `notify` names the channels: desktop, file:/path, mail:you@host, or an Apprise URL. `send` never
fails: what cannot be sent is logged, without its URL, and the run is in the run log all the same.

Desktop and file are local and stay in this process. A mail program needs rights that the kernel's layers of
selfsearch.sandbox take away (Postfix's drops into a queue by its group), and an Apprise URL needs the
network: those two are remote, and the courier's (courier.py). Without a courier nothing is sent by them.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote

from ..errors import SelfsearchError, UsageError
from ..settings import Settings
from . import delivery
from .message import Message

ADDRESS = re.compile(r"[A-Za-z0-9._+][A-Za-z0-9._+-]*(@[A-Za-z0-9][A-Za-z0-9.-]*)?")
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")
CHANNELS = "desktop, file:/absolute/path, mail:you@host, or an Apprise URL such as ntfy://topic"

log = logging.getLogger(__name__)

SENT, LATER = b"1", b"L"  # what the courier answers to a message's record; anything else: it failed
Courier = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to be told. `target` may hold a secret and is in no repr."""

    kind: str  # desktop, file, mail, network
    target: str = field(default="", repr=False)
    scheme: str = ""

    @property
    def is_remote(self) -> bool:
        """Whether a process behind the kernel's layers cannot send by it."""
        return self.kind in ("mail", "network")

    @property
    def shown(self) -> str:
        """What may be printed: of a URL, the scheme alone."""
        if self.kind == "network":
            return f"{self.scheme}://... (over the network)"
        return f"{self.kind} {self.target}".rstrip()


def parse(setting: str) -> list[Channel]:
    """The channels of a setting, which spaces separate; %20 is a space in a path.

    Raises UsageError, never quoting a URL.
    """
    return list(dict.fromkeys(_channel(text) for text in setting.split()))


def _channel(text: str) -> Channel:
    if text == "desktop":
        return Channel("desktop")
    if text.startswith("file:") and not text.startswith("file://"):
        path = unquote(text.removeprefix("file:"))
        if not os.path.isabs(path) or any(ord(letter) < 32 for letter in path):
            raise UsageError("notify: file: takes an absolute path, such as file:/home/you/selfsearch.txt")
        return Channel("file", str(Path(path)))
    if text.startswith("mail:"):
        address = text.removeprefix("mail:")
        if not ADDRESS.fullmatch(address):
            raise UsageError(
                "notify: mail: takes an address, such as mail:you@example.org, or a user of this machine"
            )
        return Channel("mail", address)
    url = URL.fullmatch(text)
    if not url:
        raise UsageError(f"a way to be told is {CHANNELS}; one of those given is none of these")
    return Channel("network", text, url[1].lower())


def check_url(channel: Channel) -> None:
    """Whether Apprise knows what to do with the URL; nothing is sent. Raises UsageError."""
    if not len(delivery.apprise_sender([channel.target])):
        raise UsageError(
            f"Apprise cannot use the {channel.scheme}:// URL; its forms: https://appriseit.com/services/"
        )


def remote(channels: Iterable[Channel]) -> list[Channel]:
    """Those that only the courier can send by."""
    return [channel for channel in channels if channel.is_remote]


def send(settings: Settings, message: Message, courier: Courier | None) -> bool:
    """Tell by every channel that the settings name; one that fails keeps none of the others.

    False when the courier has sent as many as it may for now: nobody was told, and it has to be tried later.
    """
    try:
        channels = parse(settings.notify)
    except SelfsearchError as exc:
        log.warning("nobody was told: %s", exc)
        return True
    if far := remote(channels):
        answer = courier(message.record) if courier else b""
        if answer == LATER:
            return False
        if answer != SENT:
            log.warning("not told by %s", ", ".join(channel.shown for channel in far))
    deliver((channel for channel in channels if not channel.is_remote), message)
    return True


def deliver(channels: Iterable[Channel], message: Message) -> bool:
    """Send by these channels; what fails is logged. True when all of it was sent."""
    delivered = True
    for channel in channels:
        try:
            _deliver_by(channel, message.text, message.failed)
        except SelfsearchError as exc:
            delivered = False
            log.warning("not told by %s: %s", channel.shown, exc)
    return delivered


def _deliver_by(channel: Channel, message: str, failed: bool) -> None:
    if channel.kind == "desktop":
        delivery.show_on_desktop(message, failed=failed)
    elif channel.kind == "file":
        delivery.append_to_file(Path(channel.target), message, datetime.now(timezone.utc).astimezone())
    elif channel.kind == "mail":
        delivery.send_mail(channel.target, message)
    else:
        delivery.send_by_apprise(channel.target, message, failed=failed)
