"""Google Hangouts exports of both generations: two people, a group, files and addresses alone."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("takeout-2019", "takeout-2014", "damaged")

ANA, BO, CY = ({"gaia_id": str(number), "chat_id": str(number)} for number in (101, 102, 103))
NAMES = {"101": "Ana", "102": "Bo", "103": "Cy"}
SENT = "2019-12-16T19:44:31+00:00"
SERVER = "https://lh3.googleusercontent.com/-aBcD/XyZ/AAAAAAA/s0"
OF_TWO = "a conversation of two people in Google Hangouts: only they could see it"


def conversation(key: str, kind: str, *people: dict[str, str], **more: Any) -> dict[str, Any]:
    """What Google writes of a conversation."""
    names = [{"id": person, "fallback_name": NAMES[person["gaia_id"]]} for person in people]
    inner = {
        "id": {"id": key},
        "type": kind,
        "self_conversation_state": {"self_read_state": {"participant_id": ANA}},
        "participant_data": names,
        "current_participant": list(people),
        "group_link_sharing_status": "LINK_SHARING_OFF",
    }
    return {"conversation_id": {"id": key}, "conversation": inner | more}


def event(key: str, who: dict[str, str], name: str | None, text: str = "") -> dict[str, Any]:
    """A message, with a picture whose address ends in `name`."""
    content: dict[str, Any] = {"segment": [{"type": "TEXT", "text": text}]} if text else {}
    if name:
        picture = {
            "url": f"{SERVER}/{name}",
            "original_content_url": f"{SERVER}-o/{name}",
            "media_type": "PHOTO",
        }
        content["attachment"] = [{"embed_item": {"type": ["PLUS_PHOTO"], "plus_photo": picture}, "id": "1"}]
    return {
        "conversation_id": {"id": key},
        "sender_id": who,
        "timestamp": "1576525471673269",
        "event_id": f"{key}-{name}",
        "event_type": "REGULAR_CHAT_MESSAGE",
        "chat_message": {"message_content": content},
    }


def says(who: dict[str, str], name: str, **more: Any) -> dict[str, Any]:
    """What must be read of a picture that somebody sent in a conversation of two."""
    return {
        "platform": "hangouts",
        "context": "message",
        "posted_at": SENT,
        "posted_at_source": "timestamp",
        "url": f"{SERVER}/{name}",
        "url_kind": "exact",
        "audience": "STICKY_ONE_TO_ONE",
        "exposure": Exposure.PRIVATE,
        "exposure_reason": OF_TWO,
        "album": "Bo",
        "author": NAMES[who["gaia_id"]],
        "author_is_owner": who is ANA,
        "caption": None,
    } | more


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    names = {
        "takeout-2019": "20191217T080000Z",
        "takeout-2014": "20141004T080000Z",
        "damaged": "20200101T080000Z",
    }
    pack = Pack(f"takeout-{names[layout]}-001", wrapper="Takeout/Hangouts/")
    {"takeout-2019": _new, "takeout-2014": _old, "damaged": _damaged}[layout](pack)
    return pack


def _plant(pack: Pack) -> None:
    pack.plant("selfie.jpg", photo("astronaut", 1), "astronaut", **says(ANA, "selfie.jpg", caption="me"))
    pack.planted.append(Planted(None, None, says(BO, "theirs.jpg")))


def _two() -> list[dict[str, Any]]:
    return [
        event("Ugw1", ANA, "selfie.jpg", "me"),
        event("Ugw1", BO, "theirs.jpg"),
        event("Ugw1", BO, None, "nice"),
    ]


def _new(pack: Pack) -> None:
    group = conversation("Ugw2", "GROUP", ANA, BO, CY, name="Crew")
    conversations = [
        {"conversation": conversation("Ugw1", "STICKY_ONE_TO_ONE", ANA, BO), "events": _two()},
        {"conversation": group, "events": [event("Ugw2", CY, "team.jpg")]},
        {"conversation": {}, "events": [event("Ugw3", BO, "lost.jpg")]},
    ]
    pack.add("Hangouts.json", {"conversations": conversations})
    _plant(pack)
    seen = "a group in Google Hangouts with 3 members: they could see it, and so may whoever joined later"
    right = {"exposure": Exposure.NETWORK, "exposure_reason": seen, "album": "Crew", "audience": "GROUP"}
    pack.plant("team.jpg", photo("astronaut", 2), "astronaut", **says(CY, "team.jpg", **right))
    reason = "the record does not say in which conversation of Google Hangouts this was sent"
    right = {"exposure": Exposure.UNKNOWN, "exposure_reason": reason, "album": None, "audience": None}
    lost = says(BO, "lost.jpg", **right) | {"author": None, "author_is_owner": None}
    pack.plant("lost.jpg", photo("a", 1), "a", **lost)
    unmentioned = {"exposure": Exposure.UNKNOWN, "url": None, "context": "message"}
    pack.plant("other.jpg", photo("b", 1), "b", **unmentioned)


def _old(pack: Pack) -> None:
    """Until about 2017: the lists have other names, and so have the pictures' fields."""
    inner = conversation("Ugw1", "STICKY_ONE_TO_ONE", ANA, BO)["conversation"]
    events = _two()
    for each in events:
        for attachment in each["chat_message"]["message_content"].get("attachment", ()):
            item = attachment["embed_item"]
            item["embeds.PlusPhoto.plus_photo"] = item.pop("plus_photo")
    state = {"conversation_id": {"id": "Ugw1"}, "conversation": inner, "event": events}
    states = [{"conversation_id": {"id": "Ugw1"}, "conversation_state": state}]
    pack.add("Hangouts.json", {"continuation_end_timestamp": "0", "conversation_state": states})
    _plant(pack)


def _damaged(pack: Pack) -> None:
    odd = [
        7,
        event("Ugw1", ANA, "selfie.jpg") | {"timestamp": "soon", "sender_id": "Ana"},
        {"chat_message": {"message_content": {"attachment": [{"embed_item": {"plus_photo": {"url": "x"}}}]}}},
    ]
    people = conversation("Ugw1", "STICKY_ONE_TO_ONE") | {"x": []}
    text = pack_text({"conversations": [{"conversation": people, "events": odd}]})
    pack.add("Hangouts.json", text[:-3] + ', {"conversation": {"cut')
    unknown = {"platform": "hangouts", "exposure": Exposure.UNKNOWN, "posted_at": None, "author": None}
    pack.plant("selfie.jpg", photo("astronaut", 1), "astronaut", url=f"{SERVER}/selfie.jpg", **unknown)
    pack.planted.append(Planted(None, None, unknown | {"url": None}))


def pack_text(content: Any) -> str:
    """As JSON text."""
    pack = Pack("x")
    pack.add("x", content)
    return pack.files["x"].decode()
