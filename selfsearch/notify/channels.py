"""Ways to be told, as the setting `notify` names them: desktop, file:/path, mail:you@host, or an Apprise URL.

Desktop and file stay in this process. A mail program needs rights that the kernel's layers of
selfsearch.offline take away (Postfix's drops into a queue by its group), and an Apprise URL needs the
network: those two are `far`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ..errors import UsageError

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
    from .far import apprise_with

    if not len(apprise_with([channel.target])):
        raise UsageError(
            f"Apprise cannot use the {channel.scheme}:// URL; its forms: https://appriseit.com/services/"
        )


def only(channels: Iterable[Channel], *, far: bool) -> list[Channel]:
    """Those that this process can do itself, or those that it cannot."""
    return [channel for channel in channels if channel.far is far]
