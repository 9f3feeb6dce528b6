"""Discord data packages: JSON with capitals (2024+), in German, and CSV with small letters (until 2023)."""

from __future__ import annotations

import csv
import io
from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, Planted

LAYOUTS = ("current", "german", "csv")
NAMES = {"current": ("Messages", "Account", "Servers"), "german": ("Nachrichten", "Konto", "Server")}
NAMES["csv"] = ("messages", "account", "servers")
CDN = "https://cdn.discordapp.com/attachments"
QUERY = "?ex=66&is=65&hm=ab"
DM, GROUP, TEXT, OLD = "200000000000000001", "200000000000000002", "200000000000000003", "200000000000000004"
GUILD = "300000000000000001"


def build(layout: str) -> Pack:
    """Ana's package; two of her attachments are saved beside it, by id and by name."""
    pack = Pack("package")
    messages, user, _ = NAMES[layout]
    pack.add("README.txt", "This is your data package.")
    profile = {
        "id": "900000000000000001",
        "username": "ana_example",
        "discriminator": 0,
        "global_name": "Ana",
    }
    pack.add(f"{user}/user.json", profile)
    pack.plant(
        f"{user}/avatar.png",
        photos.photo("astronaut", 1, kind="PNG"),
        "astronaut",
        platform="discord",
        account="ana_example",
        context="profile_photo",
        exposure=Exposure.PUBLIC,
        author_is_owner=True,
    )
    titles = {DM: "Direct Message with bo#0", GROUP: None, TEXT: "general in Harbour", OLD: None}
    pack.add(f"{messages}/index.json", titles)
    _channels(pack, messages, layout)
    return pack


def _channels(pack: Pack, messages: str, layout: str) -> None:
    numbered = layout == "csv"  # older packages write the type as a number
    guild = {"id": GUILD, "name": "Harbour"}
    kinds: tuple[tuple[str, str, int, dict[str, Any], Exposure], ...] = (
        (DM, "DM", 1, {"recipients": ["900000000000000001", "7"]}, Exposure.PRIVATE),
        (GROUP, "GROUP_DM", 3, {"recipients": ["1", "2", "3"], "name": "trip"}, Exposure.NETWORK),
        (TEXT, "GUILD_TEXT", 0, {"name": "general", "guild": guild}, Exposure.UNKNOWN),
        (OLD, "PUBLIC_THREAD", 11, {}, Exposure.UNKNOWN),
    )
    for count, (channel, word, number, more, exposure) in enumerate(kinds):
        first = 949733078073348242 + count
        urls = f"{CDN}/{channel}/77700000000000000{count}/IMG_{count}.jpg{QUERY}"
        rows = [
            (first, f"{urls} {CDN}/{channel}/888000000000000001/notes.pdf{QUERY}", "look"),
            (first + 1000, "", "no attachment"),
            (first + 2000, f"{CDN}/{channel}/99900000000000000{count}/image.png {CDN}/1/2/image.png", ""),
        ]
        folder = f"{messages}/c{channel}"
        pack.add(f"{folder}/channel.json", {"id": channel, "type": number if numbered else word, **more})
        _write(pack, folder, rows, numbered)
        place = {"DM": "@me", "GROUP_DM": "@me", "GUILD_TEXT": GUILD}.get(word)
        says = {
            "platform": "discord",
            "context": "message",
            "caption": "look",
            "posted_at": "2022-03-05T18:20:11+00:00",
            "posted_at_source": "Timestamp",
            "url": f"https://discord.com/channels/{place}/{channel}/{first}" if place else None,
            "url_kind": "constructed" if place else None,
            "audience": word,
            "audience_source": "chat_type",
            "exposure": exposure,
            "author_is_owner": True,
            "post_id": str(first),
        }
        if channel == DM:
            pack.plant(
                "saved/777000000000000000_IMG_0.jpg", photos.photo("astronaut", 2), "astronaut", **says
            )
        elif channel == TEXT:
            pack.plant("saved/IMG_2.jpg", photos.photo("astronaut", 3), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))


def _write(pack: Pack, folder: str, rows: list[tuple[int, str, str]], old: bool) -> None:
    if not old:
        keys = ("ID", "Timestamp", "Contents", "Attachments")
        records = [(item, "2022-03-05 18:20:11", text, urls) for item, urls, text in rows]
        pack.add(f"{folder}/messages.json", [dict(zip(keys, record, strict=True)) for record in records])
        return
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["ID", "Timestamp", "Contents", "Attachments"])
    table.writerows((item, "2022-03-05 18:20:11.123000+00:00", caption, urls) for item, urls, caption in rows)
    pack.add(f"{folder}/messages.csv", text.getvalue())
