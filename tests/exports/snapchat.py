"""Snapchat "My Data": memories with their list, chat media with the history, in one part or two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..photos import nobody, photo
from . import Pack, Planted, snapchat_pages

LAYOUTS = (
    "json", "old", "html", "html-chats", "two-parts", "media-only", "2025", "2025-unpacked", "clips",
    "stories",
)  # fmt: skip
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)

MEMORY = {
    "platform": "snapchat",
    "context": "memory",
    "exposure": "unknown",
    "exposure_reason": (
        "in the owner's Snapchat Memories, where Snapchat also saves what was posted to a story; "
        "whether it was posted or sent is not exported"
    ),
    "audience": None,
    "url": None,
    "author_is_owner": True,
    "location": None,
    "location_source": None,
    "taken_at_source": "Date",
}
CHAT = {
    "platform": "snapchat",
    "context": "message",
    "audience_source": "chat_type",
    "posted_at_source": "Created",
    "url": None,
    "caption": None,
}
PAIR = CHAT | {"audience": "direct message", "exposure": "private", "album": "bo"}
GROUP = CHAT | {"audience": "group", "exposure": "network", "album": "Lake House"}
TROOP = "b7c1a2d3-0000-4111-8222-933344445555"


def build(layout: str) -> Pack:
    """One export. "two-parts" is the union of both parts; `split` takes it apart."""
    pack = Pack("mydata~1767614400000")
    if layout in _OTHERS:
        _OTHERS[layout](pack)
        return pack
    if layout != "media-only":
        pack.add("json/account.json", {"Basic Information": {"Username": "ana.alba", "Name": "Ana Alba"}})
        pack.add("index.html", "<html></html>")
    owner = None if layout == "media-only" else "ana.alba"
    _memories(pack, layout, owner)
    if layout not in ("html", "media-only"):
        _chats(pack, owner)
        pack.add(
            "json/snap_history.json", {"bo": [{"From": "bo", "Media Type": "IMAGE", "Created": "2022-01-01"}]}
        )
        story = {"Story Date": "2022-08-20 10:00:00 UTC", "Story Views": 3}
        pack.add(
            "json/story_history.json", {"Your Story Views": [story], "Friend and Public Story Views": [story]}
        )
        columns = {"platform": "snapchat", "context": "story", "posted_at": "2022-08-20T10:00:00+00:00"}
        pack.planted.append(Planted(None, None, columns | {"exposure": "unknown", "account": owner}))
    shared = {"context": "shared_story", "exposure": "unknown", "posted_at": "2022-08-21", "account": owner}
    pack.plant("shared_story/2022-08-21_s~1.jpg", photo("b", 2), "b", **shared)
    return pack


PLACE = "Latitude, Longitude: 38.7123, -9.1402"
ELSEWHERE = "Latitude, Longitude: -33.86, 151.21"
LISBON: dict[str, Any] = {"location": (38.7123, -9.1402), "location_source": "Location"}


def _seconds(date: str) -> int:
    return int(datetime.fromisoformat(date.replace(" UTC", "+00:00")).timestamp())


def _since_2025(pack: Pack) -> None:
    """Records without links, and files that bear other ids: the second joins them; two lack "-main"."""
    ids = [f"{n}BB22CC{n}-33CC-44DD-88EE-0123456789AB" for n in range(8)]
    listed = [  # newest first, as Snapchat writes them
        _entry("2025-11-03 10:00:00 UTC", "Image", None, PLACE),
        _entry("2025-11-03 10:00:00 UTC", "Image", None, ELSEWHERE),
        _entry("2025-11-02 09:41:08 UTC", "Image", None, PLACE),
        _entry("2025-11-02 09:41:07 UTC", "Image", None, PLACE),
        _entry("2025-11-02 09:41:07 UTC", "Video", None, None),
        _entry("2025-11-01 08:00:00 UTC", "Image", None, PLACE),
    ]
    for entry in listed:
        entry["Download Link"] = entry["Media Download Url"] = ""
    pack.add("json/memories_history.json", {"Saved Media": listed})
    pack.add("memories/memories.html", "<html></html>")
    columns = MEMORY | {"taken_at_source": "Date"}
    said = {
        f"2025-11-02_{ids[0]}-main.jpg": ("2025-11-02 09:41:08", LISBON, "astronaut"),
        f"2025-11-02_{ids[1]}-main.jpg": ("2025-11-02 09:41:07", LISBON, "a"),
        f"2025-11-02_{ids[2]}.mp4": ("2025-11-02 09:41:07", {}, None),
        f"2025-11-03_{ids[3]}-main.jpg": ("2025-11-03 10:00:00", {}, "b"),
        f"2025-11-03_{ids[4]}.jpg": ("2025-11-03 10:00:00", {}, "c"),
    }
    for number, (name, (date, where, person)) in enumerate(said.items()):
        path = f"memories/{name}"
        pack.modified[path] = _seconds(f"{date} UTC")
        says = columns | {"taken_at": f"{date.replace(' ', 'T')}+00:00", "post_id": ids[number]} | where
        pack.plant(path, photo(person, number) if person else MP4, person, **says)
    other = f"memories/2025-11-01_{ids[5]}-main.jpg"
    pack.modified[other] = _seconds("2025-11-01 08:00:03 UTC")
    pack.modified[f"memories/2025-11-01_{ids[6]}-main.jpg"] = _seconds("2025-11-02 09:41:08 UTC")
    day = columns | {"taken_at": "2025-11-01", "taken_at_source": "file name", "location": None}
    pack.plant(other, photo("d", 1), "d", **day)
    pack.plant(f"memories/2025-11-01_{ids[6]}-main.jpg", photo("e", 1), "e", **day)


def _unpacked(pack: Pack) -> None:
    """Unpacked by a program that keeps no times; files are named by bare ids, as for some months."""
    pack.ending = ""
    name = "5BB22CC5-33CC-44DD-88EE-0123456789AB"
    link = f"https://us-east1-aws.api.snapchat.example/dmd/mm?uid=u&sid={name}&mid=other&ts=1&sig=SECRET"
    entry = _entry("2025-12-01 10:00:00 UTC", "Image", None, PLACE) | {"Media Download Url": link}
    pack.add("json/memories_history.json", {"Saved Media": [entry]})
    says = MEMORY | LISBON | {"taken_at": "2025-12-01T10:00:00+00:00", "post_id": "other"}
    pack.plant(f"memories/{name}-main.jpg", photo("astronaut", 1), "astronaut", **says)
    alone = "6BB22CC6-33CC-44DD-88EE-0123456789AB"
    said = MEMORY | {"taken_at": None, "taken_at_source": None, "post_id": alone}
    pack.plant(f"memories/{alone}.jpg", photo("a", 1), "a", **said)


def _clips(pack: Pack) -> None:
    """A memory of several clips comes as a zip of them, inside the download."""
    mid = "7BB22CC7-33CC-44DD-88EE-0123456789AB"
    folder = f"memories/2022-08-14_{mid}/"
    pack.nested = (folder,)
    pack.add(
        "json/memories_history.json",
        {"Saved Media": [_entry("2022-08-14 09:41:07 UTC", "Image", mid, PLACE)]},
    )
    says = MEMORY | LISBON | {"taken_at": "2022-08-14T09:41:07+00:00", "post_id": mid}
    pack.plant(f"{folder}1.jpg", photo("astronaut", 1), "astronaut", **says)
    pack.plant(f"{folder}2-main.jpg", photo("a", 1), "a", **says)
    pack.files[f"{folder}2-overlay.png"] = photo("c", 1, kind="PNG", side=64)


def _stories(pack: Pack) -> None:
    """What was posted to stories, with addresses or without, among what was watched."""
    names = [f"{n}cc33dd{n}-33cc-44dd-88ee-0123456789ab" for n in range(5)]
    address = "https://story.snapchat.example/o/"
    spotlight = {"Story Date": "2024-03-01 10:00:00 UTC", "Story URL": f"{address}Spot-1"}
    watched = {
        "Story Date": "2024-03-23 09:30:00 UTC",
        "Story URL": f"{address}other",
        "Action Type": "VIEW",
        "View Time": "1.4 seconds",
    }
    shared = [
        {"Created": "2024-04-01 10:00:00 UTC", "Content": "IMAGE"},
        {"Created": "2024-04-02 10:00:00 UTC", "Content": names[1]},
        {"Created": "2024-04-03 10:00:00 UTC", "Story URL": f"{address}Our-1"},
        {"Created": "2024-04-04 10:00:00 UTC", "Content": "IMAGE"},
        watched,
    ]
    pack.add("json/shared_story.json", {"Spotlight History": [spotlight, watched], "Shared Story": shared})
    pack.add("json/memories_history.json", {"Saved Media": []})
    public = {"platform": "snapchat", "exposure": "public", "url_kind": "exact"}
    seen = public | {
        "context": "spotlight",
        "exposure_reason": "in Snapchat's Spotlight, which is shown to everybody",
        "url": f"{address}Spot-1",
        "posted_at": "2024-03-01T10:00:00+00:00",
    }
    pack.plant(f"shared_story/{names[0]}.jpg", photo("astronaut", 1), "astronaut", **seen)
    pack.modified[f"shared_story/{names[0]}.jpg"] = _seconds("2024-03-01 10:00:00 UTC")
    open_ = {"platform": "snapchat", "context": "shared_story", "exposure": "unknown", "url": None}
    by_name = open_ | {"posted_at": "2024-04-02T10:00:00+00:00", "posted_at_source": "Created"}
    pack.plant(f"shared_story/{names[1]}.jpg", photo("a", 1), "a", **by_name)
    ours = public | {
        "context": "shared_story",
        "exposure_reason": "Snapchat gave this story an address of its own, at which anyone can see it",
        "url": f"{address}Our-1",
        "posted_at": "2024-04-03T10:00:00+00:00",
    }
    pack.plant(f"shared_story/{names[2]}.jpg", photo("b", 1), "b", **ours)
    pack.modified[f"shared_story/{names[2]}.jpg"] = _seconds("2024-04-03 10:00:00 UTC")
    for number in (3, 4):  # two of one second are nobody's
        path = f"shared_story/{names[number]}.jpg"
        pack.plant(path, photo("c", number), "c", **open_ | {"posted_at": None})
        pack.modified[path] = _seconds("2024-04-04 10:00:00 UTC")
    for day in ("01", "04"):
        pack.planted.append(Planted(None, None, open_ | {"posted_at": f"2024-04-{day}T10:00:00+00:00"}))


def _chat_pages(pack: Pack) -> None:
    snapchat_pages.chats(pack, CHAT, PAIR, GROUP)


_OTHERS = {
    "html-chats": _chat_pages,
    "2025": _since_2025,
    "2025-unpacked": _unpacked,
    "clips": _clips,
    "stories": _stories,
}


def split(pack: Pack) -> list[Pack]:
    """The same export as two downloads: records and chats in the first, memories in the second."""
    parts = [Pack(pack.name), Pack(f"{pack.name}-2")]
    for path, data in pack.files.items():
        parts[path.startswith("memories/")].files[path] = data
    return parts


def _memories(pack: Pack, layout: str, owner: str | None) -> None:
    """A video with an overlay, pictures, one without a file, one without an id, one that no record names."""
    ids = [f"{n}AA22BB{n}-33CC-44DD-88EE-0123456789AB" for n in range(6)]
    listed = [
        _entry("2022-08-14 09:41:07 UTC", "Video", ids[0], "Latitude, Longitude: 38.7123, -9.1402"),
        _entry("2022-08-14 23:59:59 UTC", "Image", ids[1].lower(), "Latitude, Longitude: 0.0, 0.0"),
        _entry("2022-08-15 10:00:00 UTC", "Image", ids[2], None),
        _entry("2022-08-16 11:00:00 UTC", "Image", ids[3], None),  # its file is missing
        _entry("2022-08-17 12:00:00 UTC", "Image", None, "Latitude, Longitude: -33.86, 151.21"),
    ]
    if layout == "old":
        for entry in listed:
            entry["Media Type"] = {"Image": "PHOTO", "Video": "VIDEO"}[entry["Media Type"]]
            del entry["Media Download Url"]
    if layout == "html":
        pack.add("html/memories_history.html", "<table><tr><th>Date</th></tr>" + "".join(map(_row, listed)))
    elif layout != "media-only":
        pack.add("json/memories_history.json", {"Saved Media": listed})
    columns = MEMORY | {"account": owner, "author": owner}
    lisbon, sydney = (
        {"location": place, "location_source": "Location"} for place in ((38.7123, -9.1402), (-33.86, 151.21))
    )
    planted: list[tuple[str, str, bytes, str | None, dict[str, Any]]] = [
        (
            f"2022-08-14_{ids[0]}",
            "mp4",
            MP4,
            None,
            columns | {"taken_at": "2022-08-14T09:41:07+00:00"} | lisbon,
        ),
        (
            f"2022-08-14_{ids[1]}",
            "jpg",
            photo("astronaut", 1),
            "astronaut",
            columns | {"taken_at": "2022-08-14T23:59:59+00:00"},
        ),
        (
            f"2022-08-15_{ids[2]}",
            "jpg",
            photo("astronaut", 2),
            "astronaut",
            columns | {"taken_at": "2022-08-15T10:00:00+00:00"},
        ),
        (
            f"2022-08-17_{ids[4]}",
            "jpg",
            photo("a", 1),
            "a",
            columns | {"taken_at": "2022-08-17T12:00:00+00:00"} | sydney,
        ),
    ]
    unlisted = {"author": None, "taken_at_source": "file name"}
    for stem, ending, data, person, says in planted:
        if layout == "media-only":
            says = says | unlisted | {"taken_at": stem[:10], "location": None, "location_source": None}
        pack.plant(f"memories/{stem}-main.{ending}", data, person, **says)
    pack.files[f"memories/2022-08-14_{ids[0]}-overlay.png"] = photo("c", 1, kind="PNG", side=64)
    pack.files[f"memories/2022-08-15_{ids[2]}-overlay.webp"] = photo("c", 1, kind="WEBP", side=64)
    alone = MEMORY | unlisted | {"account": owner, "taken_at": "2022-09-01", "post_id": ids[5]}
    pack.plant(f"memories/2022-09-01_{ids[5]}-main.jpg", photo("astronaut", 3), "astronaut", **alone)
    if layout != "media-only":
        pack.planted.append(Planted(None, None, columns | {"taken_at": "2022-08-16T11:00:00+00:00"}))


def _entry(date: str, kind: str, mid: str | None, place: str | None) -> dict[str, Any]:
    link = f"https://app.snapchat.example/dmd/memories?uid=u&sid=s&mid={mid}&ts=1&sig=SECRET" if mid else ""
    newer = link.replace("/memories?", "/mm?")
    return {
        "Date": date,
        "Media Type": kind,
        "Location": place,
        "Download Link": link,
        "Media Download Url": newer,
    }


def _row(entry: dict[str, Any]) -> str:
    link = entry["Download Link"].replace("&", "&amp;")
    cells = (entry["Date"], entry["Media Type"], entry["Location"] or "Latitude, Longitude: 0.0, 0.0")
    download = f"<a onclick=\"downloadMemories('{link}', this, true);\">Download</a>"
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, download)) + "</tr>"


def _chats(pack: Pack, owner: str | None) -> None:
    """A direct message, a group, two files in one message, a missing one, and files that no message names."""
    history = {
        "bo": [
            _message("bo", "b~Qw7Er8Ty9", "2022-08-14 09:30:00 UTC", 1660469400123, False),
            _message(
                "ana.alba", "b~Aa1 | b~Bb2", "2022-08-14 09:31:00 UTC", 1660469460000, True, Content="us two"
            ),
            _message("bo", "", "2022-08-14 09:32:00 UTC", 1660469520000, False) | {"Media Type": "TEXT"},
            _message("bo", "b~Gone9", "2022-08-14 09:33:00 UTC", 1660469580000, False),
            _message("bo", "b~Voice", "2022-08-14 09:33:00 UTC", 1660469580000, False)
            | {"Media Type": "NOTE"},
        ],
        TROOP: [
            _message(
                "cy",
                "b~Cc3",
                "2022-08-15 09:30:00 UTC",
                1660555800000,
                False,
                **{"Conversation Title": "Lake House"},
            )
        ],
    }
    pack.add("json/chat_history.json", history)
    bo = PAIR | {"account": owner, "author": "bo", "author_is_owner": False}
    pack.plant(
        "chat_media/2022-08-14_b~Qw7Er8Ty9.jpg",
        photo("astronaut", 4),
        "astronaut",
        **bo | {"posted_at": "2022-08-14T09:30:00+00:00", "post_id": "b~Qw7Er8Ty9"},
    )
    from_owner = PAIR | {"account": owner, "author": "ana.alba", "author_is_owner": True, "caption": "us two"}
    from_owner["posted_at"] = "2022-08-14T09:31:00+00:00"
    pack.plant("chat_media/2022-08-14_b~Aa1.jpg", photo("astronaut", 5), "astronaut", **from_owner)
    pack.plant("chat_media/2022-08-14_b~Bb2.mp4", MP4, None, **from_owner)
    troop = GROUP | {"account": owner, "author": "cy", "posted_at": "2022-08-15T09:30:00+00:00"}
    pack.plant("chat_media/2022-08-15_b~Cc3.jpg", photo("astronaut", 6), "astronaut", **troop)
    pack.planted.append(Planted(None, None, bo | {"posted_at": "2022-08-14T09:33:00+00:00"}))
    alone = {"context": "message", "exposure": "unknown", "posted_at": "2022-08-16", "account": owner}
    alone["posted_at_source"] = "file name"
    pack.plant("chat_media/2022-08-16_media~zip-4A1B.zip.77aa.jpg", photo("d", 1), "d", **alone)
    pack.plant("chat_media/2022-08-16_b~Nobody.jpg", nobody(), None, **alone)
    pack.files["chat_media/2022-08-16_overlay~zip-4A1B.zip.77aa.png"] = photo("c", 1, kind="PNG", side=64)
    pack.files["chat_media/2022-08-16_thumbnail~zip-4A1B.jpg"] = photo("d", 1, side=64)


def _message(sender: str, ids: str, created: str, count: int, is_sender: bool, **more: Any) -> dict[str, Any]:
    """`count`: milliseconds, in the field that says microseconds."""
    fixed = {
        "From": sender,
        "Media Type": "MEDIA",
        "Created": created,
        "Content": None,
        "Conversation Title": None,
    }
    saved = {"IsSender": is_sender, "Created(microseconds)": count, "IsSaved": True, "Media IDs": ids}
    return fixed | saved | more
