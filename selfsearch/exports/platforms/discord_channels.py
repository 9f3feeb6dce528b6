"""The channels of a Discord package: whose messages they hold, and who could read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...types import Exposure
from ..export import Export
from .parsing import as_dict, as_list, as_text

FOLDER = re.compile(  # an id has 17 digits and more; without the "c" a short number may be anything
    r"^[^/]+/(?:c(?=\d)|(?=\d{5}))(\d+)/(?:channel\.json|messages\.json|messages\.csv)$", re.IGNORECASE
)
NUMBERS = {  # how older packages write the type
    "0": "GUILD_TEXT",
    "1": "DM",
    "2": "GUILD_VOICE",
    "3": "GROUP_DM",
    "5": "GUILD_ANNOUNCEMENT",
    "10": "ANNOUNCEMENT_THREAD",
    "11": "PUBLIC_THREAD",
    "12": "PRIVATE_THREAD",
    "13": "GUILD_STAGE_VOICE",
    "15": "GUILD_FORUM",
    "16": "GUILD_MEDIA",
}
DIRECT = (Exposure.PRIVATE, "a direct message: only the two people in it could see it")
GROUP = (Exposure.NETWORK, "a group direct message: its members could see it")
SERVER = (Exposure.NETWORK, "a channel of a server: whoever may read it in that server could see it")
UNSAID = (Exposure.UNKNOWN, "the package does not say what kind of channel this was")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. `type` is Discord's word, also where the package has only its number."""

    id: str
    type: str | None
    title: str | None
    guild: str | None  # the server's id
    messages: str | None  # the record that holds them

    @property
    def exposure(self) -> Exposure:
        """Who could read it."""
        return self._seen[0]

    @property
    def reason(self) -> str:
        """Why we say so."""
        return self._seen[1]

    @property
    def _seen(self) -> tuple[Exposure, str]:
        kind = self.type or ""
        if kind in ("DM", "GROUP_DM"):
            return DIRECT if kind == "DM" else GROUP
        return SERVER if self.guild or kind.startswith("GUILD_") or kind.endswith("_THREAD") else UNSAID

    def url(self, item: str) -> str | None:
        """A message's address; None when the server is not known."""
        place = "@me" if self.type in ("DM", "GROUP_DM") else self.guild
        return f"https://discord.com/channels/{place}/{self.id}/{item}" if place else None


def channels(export: Export) -> list[Channel]:
    """Every channel folder, read once."""
    known = export.memo.get("discord.channels")
    if not isinstance(known, list):
        known = export.memo["discord.channels"] = list(_read(export))
    return known


def _read(export: Export) -> Iterator[Channel]:
    titles: dict[str, dict[str, Any]] = {}  # index.json by the folder it stands in
    for folder, item in channel_folders(export).items():
        above = folder.rstrip("/").rpartition("/")[0]
        if above not in titles:
            index = export.find(f"{above}/index.json")
            titles[above] = dict(as_dict(export.json(index))) if index else {}
        record = export.find(f"{folder}channel.json")
        said = as_dict(export.json(record)) if record else {}
        guild = as_dict(said.get("guild"))
        title = as_text(titles[above].get(item)) or as_text(said.get("name"))
        yield Channel(
            item,
            _type(said, title),
            title,
            as_text(guild.get("id")),
            export.find(f"{folder}messages.json") or export.find(f"{folder}messages.csv"),
        )


def channel_folders(export: Export) -> dict[str, str]:
    """Folder of a channel ("Messages/c123/") -> the channel's id."""
    found = {}
    for file in ("channel.json", "messages.json", "messages.csv"):
        for path in export.matching(file):
            match = FOLDER.match(path)
            if match:
                found[path[: path.rfind("/") + 1]] = match.group(1)
    return found


def _type(said: Any, title: str | None) -> str | None:
    word = as_text(said.get("type"))
    if word:
        return NUMBERS.get(word, word)
    if title and title.startswith("Direct Message with"):
        return "DM"
    return "GROUP_DM" if len(as_list(said.get("recipients"))) > 2 else None
