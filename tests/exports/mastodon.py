"""Mastodon archives: zip (from about 4.2), tar.gz (older), and one of an instance with object storage.

Followers are accepted by hand in the tar.gz alone.
"""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack

LAYOUTS = ("zip", "tar", "object-storage")
HOME = "https://ex.social"
ACTOR = f"{HOME}/users/ana"
FOLLOWERS = f"{ACTOR}/followers"
BO = "https://other.social/users/bo"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500


def build(layout: str) -> Pack:
    """Ana's archive of 15 August 2022."""
    ending = ".tar.gz" if layout == "tar" else ".zip"
    pack = Pack(f"archive-20220815120000-{'ab' * 16}", ending=ending)
    pack.add("likes.json", {"type": "OrderedCollection", "orderedItems": [f"{HOME}/1"]})
    pack.add("bookmarks.json", {"type": "OrderedCollection", "orderedItems": []})
    actor = {
        "type": "Person",
        "id": ACTOR,
        "preferredUsername": "ana",
        "name": "Ana",
        "url": f"{HOME}/@ana",
        "manuallyApprovesFollowers": layout == "tar",
        "icon": {"type": "Image", "mediaType": "image/jpeg", "url": "avatar.jpg"},
        "image": {"type": "Image", "url": "header.png"},
    }
    pack.add("actor.json", actor)
    for file, kind, context, variant in (
        ("avatar.jpg", "JPEG", "profile_photo", 1),
        ("header.png", "PNG", "header", 2),
    ):
        pack.plant(
            file,
            photos.photo("astronaut", variant, kind=kind),
            "astronaut",
            platform="mastodon",
            account="ana@ex.social",
            context=context,
            url=f"{HOME}/@ana",
            url_kind="profile",
            exposure=Exposure.PUBLIC,
        )
    posts = [_planted(pack, layout, number) for number in range(len(KINDS))]
    posts.append({"type": "Announce", "actor": ACTOR, "object": "https://other.social/users/bo/statuses/1"})
    posts.append(note("9", [PUBLIC], [FOLLOWERS], []))
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
    }
    pack.add("outbox.json", {**outbox, "totalItems": len(posts), "orderedItems": posts})
    return pack


KINDS: tuple[tuple[str | None, list[str], list[str], Exposure], ...] = (
    ("public", [PUBLIC], [FOLLOWERS], Exposure.PUBLIC),
    ("unlisted", [FOLLOWERS], [PUBLIC], Exposure.PUBLIC),
    ("followers-only", [FOLLOWERS], [], Exposure.NETWORK),
    ("direct", [BO], [], Exposure.PRIVATE),
    ("public", ["as:Public"], [], Exposure.PUBLIC),
    ("unlisted", [FOLLOWERS], ["Public"], Exposure.PUBLIC),
    (None, [f"{HOME}/#Public"], [FOLLOWERS], Exposure.UNKNOWN),  # Akkoma: everybody on this server
)


def note(number: str, to: Any, cc: Any, attachments: list[Any], **more: Any) -> dict[str, Any]:
    """One activity of the outbox."""
    item = f"10882052259840471{number}"
    header = {"published": "2022-08-14T09:30:00Z", "to": to, "cc": cc}
    post = {
        "id": f"{ACTOR}/statuses/{item}",
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "url": f"{HOME}/@ana/{item}",
        "attributedTo": ACTOR,
        "sensitive": False,
        "content": "<p>Sea &amp; sun<br>again</p>",
        "attachment": attachments,
        "tag": [
            {"type": "Hashtag", "name": "#sea"},
            {"type": "Mention", "href": BO, "name": "@bo@other.social"},
        ],
        "replies": {"type": "Collection"},
        **header,
        **more,
    }
    return {"id": f"{post['id']}/activity", "type": "Create", "actor": ACTOR, **header, "object": post}


def picture(url: Any, **more: Any) -> dict[str, Any]:
    """An attachment."""
    return {"type": "Document", "mediaType": "image/jpeg", "url": url, "name": None, "blurhash": "U"} | more


def _planted(pack: Pack, layout: str, number: int) -> dict[str, Any]:
    audience, to, cc, exposure = KINDS[number]
    moves = number == 5
    file = f"media_attachments/files/108/820/411/502/667/91{number}/original/0123456789abcde{number}"
    path = f"{file}.{'mp4' if moves else 'jpg'}"
    member, url = path, path
    if layout == "tar":
        url = f"/{path}"
    elif layout == "object-storage":
        member = f"bucket/{path}" if number % 2 else path
        url = path if number % 2 else f"https://files.ex.social/bucket/{path}"
    item = f"10882052259840471{number}"
    caption = None if number == 4 else "Sea & sun\nagain"
    says = {
        "platform": "mastodon",
        "account": "ana@ex.social",
        "context": "post",
        "caption": "alt text" if number == 4 else f"sunburn\n\n{caption}" if number == 3 else caption,
        "posted_at": "2022-08-14T09:30:00+00:00",
        "posted_at_source": "object.published",
        "url": f"{HOME}/@ana/{item}",
        "url_kind": "exact",
        "audience": audience,
        "audience_source": audience and "per_item",
        "exposure": exposure,
        "people": ("@bo@other.social",),
        "author_is_owner": True,
        "post_id": item,
    }
    data = MP4 if moves else photos.photo("astronaut", 3 + number)
    pack.plant(member, data, None if moves else "astronaut", **says)
    more: dict[str, Any] = {"summary": "sunburn"} if number == 3 else {}
    if number == 4:
        more = {"content": ""}
    attachment = picture(url, name="alt text" if number == 4 else None)
    if moves:
        attachment["mediaType"] = "video/mp4"
    sound = picture("media_attachments/files/1/original/a.mp3", mediaType="audio/mpeg")
    return note(str(number), to, cc, [attachment, *([sound] if number == 0 else [])], **more)
