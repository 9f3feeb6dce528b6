"""Google Chat exports: direct messages, spaces, and conversations whose members nothing lists."""

from __future__ import annotations

from itertools import count
from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("takeout-2025", "bare-2022", "damaged")

ANA, BO, CY = (
    {"name": name, "email": f"{name.lower()}@example.com", "user_type": "Human"}
    for name in ("Ana", "Bo", "Cy")
)
DM, SPACE = "Groups/DM k6oxHQAAAAE/", "Groups/Space AAAAx1yZ2aB/"
SENT = "2023-03-17T21:00:05+00:00"
OF_TWO = "a direct message between two people in Google Chat: only they could see it"
NO_LIST = "the record that lists who is in it (group_info.json) is missing or names nobody"


def message(who: dict[str, str], *files: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A message as Google writes it: a narrow space stands before AM and PM."""
    names = [{"export_name": f"File-{name}", "original_name": name} for name in files]
    content: dict[str, Any] = {
        "creator": who,
        "created_date": "Friday, March 17, 2023 at 9:00:05\u202fPM UTC",
        "topic_id": "t1",
        "message_id": f"k6oxHQAAAAE/t1/{'-'.join(files) or text}",
    }
    return content | ({"text": text} if text else {}) | ({"attached_files": names} if names else {}) | more


def says(who: dict[str, str], folder: str = DM, **more: Any) -> dict[str, Any]:
    """What must be read of a picture that somebody sent in a conversation of two."""
    return {
        "platform": "google_chat",
        "account": "ana@example.com",
        "context": "message",
        "caption": None,
        "posted_at": SENT,
        "posted_at_source": "created_date",
        "audience": "DM" if "DM" in folder else "Space",
        "audience_source": "chat_type",
        "exposure": Exposure.PRIVATE,
        "exposure_reason": OF_TWO,
        "exposure_evidence": (folder, f"{folder}group_info.json"),
        "album": "bo@example.com",
        "author": who["name"],
        "author_is_owner": who is ANA,
        "url": None,
    } | more


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    pack = Pack("takeout-20250106T091500Z-001", wrapper="Takeout/Google Chat/")
    {"takeout-2025": _takeout, "bare-2022": _bare, "damaged": _damaged}[layout](pack)
    return pack


def _user(pack: Pack) -> None:
    states = [{"group_id": "DM k6oxHQAAAAE", "membership_state": "MEMBER_JOINED"}]
    pack.add("Users/User 106/user_info.json", {"user": ANA, "membership_info": states})


def _takeout(pack: Pack) -> None:
    _user(pack)
    shots = count(1)

    def plant(path: str, person: str, right: dict[str, Any]) -> None:
        pack.plant(path, photo(person, next(shots)), person, **right)

    def conversation(folder: str, messages: list[dict[str, Any]], info: dict[str, Any] | None) -> None:
        pack.add(f"{folder}messages.json", {"messages": messages})
        if info is not None:
            pack.add(f"{folder}group_info.json", info)

    sent = [
        message(ANA, text="hello"),
        message(ANA, "selfie.jpg", text="me at the sea"),
        message(BO, "2016-09-06.jpg"),
        message(BO, "2016-09-06.jpg"),  # another picture of the same name
        message(BO, "4926929847?account_id=3.jpg"),
        message(CY | BO, "gone.jpg", "notes.pdf", message_state="DELETED"),
    ]
    conversation(DM, sent, {"members": [ANA, BO]})
    plant(f"{DM}File-selfie.jpg", "astronaut", says(ANA, caption="me at the sea"))
    plant(f"{DM}File-2016-09-06.jpg", "a", says(BO))
    plant(f"{DM}File-2016-09-06(1).jpg", "b", says(BO))
    plant(f"{DM}File-4926929847_account_id=3.jpg", "c", says(BO))
    pack.planted.append(Planted(f"{DM}File-gone.jpg", None, says(CY | BO)))
    orphan = {"context": "message", "exposure": Exposure.UNKNOWN, "author": None}
    reason = "no message in the export names this file"
    plant(f"{DM}File-orphan.jpg", "d", orphan | {"exposure_reason": reason})
    members = [ANA, BO, CY]
    conversation(SPACE, [message(CY, "team.jpg", text="all of us")], {"name": "Crew", "members": members})
    seen = "a space in Google Chat with 3 members: they could see it, and so may whoever joined later"
    right = {"exposure": Exposure.NETWORK, "exposure_reason": seen, "album": "Crew", "caption": "all of us"}
    right |= {"exposure_evidence": (f"{SPACE}group_info.json",)}
    plant(f"{SPACE}File-team.jpg", "astronaut", says(CY, SPACE, **right))
    for folder, what in (("Groups/DM noMembers/", "a direct message"), ("Groups/Space noInfo1/", "a space")):
        conversation(folder, [message(BO, "who.jpg")], {"name": "?"} if "DM" in folder else None)
        right = {"exposure": Exposure.UNKNOWN, "exposure_reason": f"{what} in Google Chat; {NO_LIST}"}
        right |= {"exposure_evidence": (folder,), "album": "?" if "DM" in folder else None, "audience": None}
        plant(f"{folder}File-who.jpg", "e", says(BO, folder, **right))
    conversation("Groups/DM emptyAAAAE/", [], {"members": [ANA, CY]})
    pack.add("Users/User 106/unsentmessages.json", {"unsent_messages": []})


def _bare(pack: Pack) -> None:
    """Unpacked without "Takeout", plain spaces in the times, and a name that was cut."""
    pack.name, pack.wrapper = "google-ana-20220401", "Google Chat/"
    _user(pack)
    long = "a photograph of everybody who came to the birthday party.jpg"
    when = "Thursday, November 3, 2016 at 12:59:50 AM UTC"
    pack.add(f"{DM}messages.json", {"messages": [message(ANA, long, created_date=when)]})
    pack.add(f"{DM}group_info.json", {"members": [ANA, BO]})
    right = says(ANA, posted_at="2016-11-03T00:59:50+00:00")
    pack.plant(f"{DM}File-{long[:42]}.jpg", photo("astronaut", 1), "astronaut", **right)


def _damaged(pack: Pack) -> None:
    pack.add("Users/User 106/user_info.json", {"user": ["Ana"]})
    odd = [
        "not a message",
        message(BO, "good.jpg", created_date="le 3 novembre 2016"),
        {"attached_files": {"export_name": "File-odd.jpg"}, "creator": "Bo", "text": 7},
        {"attached_files": [None, {"export_name": ["x"]}, {"export_name": "../evil.jpg"}]},
    ]
    pack.add(f"{DM}messages.json", {"messages": odd})
    pack.add(f"{DM}group_info.json", '{"members": [')
    unknown = {"account": None, "exposure": Exposure.UNKNOWN, "posted_at": None, "platform": "google_chat"}
    pack.plant(f"{DM}File-good.jpg", photo("astronaut", 1), "astronaut", author="Bo", **unknown)
    pack.plant(f"{DM}File-odd.jpg", photo("astronaut", 2), "astronaut", author=None, caption="7", **unknown)
    pack.planted.append(Planted(None, None, unknown | {"author": None}))
    pack.add(f"{SPACE}messages.json", '{"messages": [{"cut')
    pack.add(f"{SPACE}group_info.json", ["no"])
    pack.plant(f"{SPACE}File-a.jpg", photo("a", 1), "a", exposure=Exposure.UNKNOWN, context="message")
