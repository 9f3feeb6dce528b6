"""BeReal downloads: pairs of pictures, found by name behind a prefix that is not on disk."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack

LAYOUTS = ("posts", "nested", "memories", "conversations")
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
WHEN, READ = "2024-05-01T18:22:10.123Z", "2024-05-01T18:22:10+00:00"


def side(file: str, folder: str = "post") -> dict[str, Any]:
    """One picture of a pair, with the path that the record gives."""
    return {"path": f"/Photos/u1234/{folder}/{file}", "width": 1500, "height": 2000, "mediaType": "image"}


def post(first: str, second: str, **more: Any) -> dict[str, Any]:
    """A post of two pictures."""
    return {"primary": side(first), "secondary": side(second), "takenAt": WHEN, "retakeCounter": 0} | more


def build(layout: str) -> Pack:
    """Ana's download; the person planted is the astronaut, as the second picture of each pair."""
    pack = Pack("bereal-export")
    base = "Photos/u5678/" if layout == "nested" else "Photos/"
    pack.add(
        "user.json",
        {
            "id": "u1234",
            "username": "ana.example",
            "fullname": "Ana",
            "profilePicture": side("me.webp", "profile"),
        },
    )
    says: dict[str, Any] = {
        "platform": "bereal",
        "account": "ana.example",
        "author_is_owner": True,
        "url": None,
    }
    face = says | {"context": "profile_photo", "exposure": Exposure.UNKNOWN}
    pack.plant(f"{base}profile/me.webp", photos.photo("astronaut", 9, kind="WEBP"), "astronaut", **face)
    says |= {"taken_at": READ, "taken_at_source": "takenAt", "posted_at": None}
    if layout == "memories":
        _memories(pack, base, says)
        return pack
    if layout == "conversations":
        _conversations(pack)
        return pack
    fields = {
        "caption": "Olá 🎉",
        "location": {"latitude": 38.7, "longitude": -9.1},
        "visibility": ["friends"],
    }
    clip = {"path": "/Photos/u1234/bts/clip.mp4", "mediaType": "video"}
    records = [
        post("AbC.webp", "DeF.webp", btsMedia=clip, **fields),
        post("GhI.webp", "JkL.webp", visibility=["public"], location={"latitude": 0, "longitude": 0}),
        post("MnO.webp", "PqR.webp"),
        post("gone.webp", "StU.webp", visibility=["galaxy"]),
    ]
    pack.add("posts.json", records)
    first = says | {"context": "post", "caption": "Olá 🎉", "location": (38.7, -9.1), "audience": "friends"}
    first |= {"audience_source": "per_item", "exposure": Exposure.NETWORK, "location_source": "location"}
    _pair(pack, base, ("AbC", "DeF"), 1, first)
    pack.plant(f"{base}bts/clip.mp4", MP4, None, **first)
    second = says | {"audience": "public", "exposure": Exposure.PUBLIC, "location": None}
    _pair(pack, base, ("GhI", "JkL"), 2, second)
    third = says | {"audience": None, "audience_source": None, "exposure": Exposure.UNKNOWN, "caption": None}
    _pair(pack, base, ("MnO", "PqR"), 3, third)
    _pair(pack, base, ("", "StU"), 4, says | {"audience": "galaxy", "exposure": Exposure.UNKNOWN})
    if layout == "nested":  # another account, so that nobody takes the two for parts of one download
        for record in ("user.json", "posts.json"):
            pack.files[record] = pack.files[record].replace(b"u1234", b"u5678")
    return pack


def _pair(pack: Pack, base: str, names: tuple[str, str], number: int, says: dict[str, Any]) -> None:
    scene, selfie = names
    if scene:
        pack.plant(f"{base}post/{scene}.webp", photos.nobody(number), None, **says)
    picture = photos.photo("astronaut", number, kind="WEBP")
    pack.plant(f"{base}post/{selfie}.webp", picture, "astronaut", **says)


def _memories(pack: Pack, base: str, says: dict[str, Any]) -> None:
    front, back = side("front.webp", "bereal"), side("back.webp", "bereal")
    memory = {
        "frontImage": front,
        "backImage": back,
        "takenTime": WHEN,
        "isLate": False,
        "date": "2024-05-01",
    }
    pack.add("memories.json", [memory])
    says = says | {"context": "memory", "taken_at_source": "takenTime", "exposure": Exposure.UNKNOWN}
    picture = photos.photo("astronaut", 7, kind="WEBP")
    pack.plant(f"{base}bereal/front.webp", picture, "astronaut", **says)
    pack.plant(f"{base}bereal/back.webp", photos.nobody(9), None, **says)


def _conversations(pack: Pack) -> None:
    """A chat of two and one of three; and one without a list, whose picture bears the id of its message."""
    names = {"u1234": "ana.example", "u77": "bo.example", "u88": "cy.example"}
    for number, people in ((1, ("u1234", "u77")), (2, ("u1234", "u77", "u88"))):
        folder, file = f"conversations/{number}a2b", f"Qw{number}.webp"
        log = f"{folder}/chat_log.json"
        messages: list[dict[str, Any]] = [
            {"id": f"m{number}{person}", "userId": person, "message": "hi", "createdAt": WHEN}
            for person in people
        ]
        media = {"path": f"/{folder}/{file}", "mediaType": "image", "width": 1500, "height": 2000}
        messages[1] |= {"message": "look", "media": media}
        listed = [{"id": person, "username": names[person]} for person in people]
        pack.add(log, {"participants": listed, "messages": messages})
        pack.plant(
            f"{folder}/{file}",
            photos.photo("astronaut", 10 + number, kind="WEBP"),
            "astronaut",
            platform="bereal",
            account="ana.example",
            context="message",
            caption="look",
            posted_at=READ,
            posted_at_source="createdAt",
            album=", ".join(names[person] for person in people[1:]),
            author="bo.example",
            author_is_owner=False,
            exposure=Exposure.NETWORK if number == 2 else Exposure.PRIVATE,
            exposure_evidence=(log,),
            records=(log,),
            post_id=f"m{number}u77",
        )
    log = "conversations/3a2b/chat_log.json"
    messages = [
        {"id": "m3a", "userId": "u77", "message": "look", "createdAt": WHEN},
        {"id": "m3b", "userId": "u1234", "message": None, "createdAt": WHEN},
    ]
    pack.add(log, {"conversationId": "3a2b", "createdAt": WHEN, "messages": messages})
    pack.plant(
        "conversations/3a2b/m3a-0.webp",
        photos.photo("astronaut", 13, kind="WEBP"),
        "astronaut",
        context="message",
        caption="look",
        posted_at=READ,
        author="u77",
        author_is_owner=False,
        exposure=Exposure.UNKNOWN,
        records=(log,),
        post_id="m3a",
    )
