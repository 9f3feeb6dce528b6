"""Telegram Desktop exports: everything (DataExport), one personal chat and one channel (ChatExport).

As JSON, as pages (telegram_pages.py) and as both.
"""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, telegram_pages

LAYOUTS = (
    "full", "single-personal", "single-channel",
    "html-full", "html-single", "html-call", "html-2019", "html-and-json",
)  # fmt: skip
ME, BO = 99, 123456
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
STAMP, WHEN = "1686996062", "2023-06-17T10:01:02+00:00"


def build(layout: str) -> Pack:
    """Ana's export (id 99), with Bo (id 123456)."""
    if layout == "full":
        return _full()
    if layout == "html-full":
        return telegram_pages.full()
    if layout in ("html-single", "html-call", "html-2019"):
        return telegram_pages.single(layout)
    pack = Pack("ChatExport_2023-06-18", ending="")
    if layout in ("single-personal", "html-and-json"):
        pack.add("result.json", _personal(pack, "", full=False))
        if layout == "html-and-json":
            face = telegram_pages.picture("photos/photo_1@17-06-2023_12-01-02.jpg")
            pack.add("messages.html", telegram_pages.chat_page("Bo", telegram_pages.message(1, "Bo", face)))
    else:
        pack.add("result.json", _channel(pack, ""))
    return pack


def message(
    item: int, sender: int | str | None = BO, stamp: str | None = STAMP, **more: Any
) -> dict[str, Any]:
    """One message, at 12:01:02 of the exporting computer's clock."""
    sent = {"id": item, "type": "message", "date": "2023-06-17T12:01:02"}
    if stamp:
        sent["date_unixtime"] = stamp
    if sender is not None:
        number = sender if isinstance(sender, str) else f"user{sender}"
        sent |= {"from": {ME: "Ana Silva", BO: "Bo Berg"}.get(sender, "The Channel"), "from_id": number}
    return {**sent, "text": "", "text_entities": [], **more}


def rich_text(text: str) -> dict[str, Any]:
    """Text as newer exports carry it, in both forms."""
    first, _, last = text.partition("*")
    bold = {"type": "bold", "text": last}
    return {"text": [first, bold], "text_entities": [{"type": "plain", "text": first}, bold]}


def _says(chat: str | None, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "platform": "telegram",
        "context": "message",
        "posted_at": WHEN,
        "posted_at_source": "date_unixtime",
        "audience": kind,
        "audience_source": "chat_type",
        "album": chat,
        "url": None,
        "caption": None,
    } | more


def _personal(pack: Pack, base: str, *, full: bool) -> dict[str, Any]:
    """A chat with Bo: photo, album, photo as file, video, round video, sticker, placeholders."""
    mine = {"author": "Ana Silva", "author_is_owner": True, "account": "ana_example" if full else None}
    bos = {"author": "Bo Berg", "author_is_owner": False, "account": mine["account"]}
    chat = {"exposure": Exposure.PRIVATE}

    def plant(path: str, data: bytes, person: str | None, who: dict[str, Any], **more: Any) -> None:
        pack.plant(f"{base}{path}", data, person, **_says("Bo Berg", "personal_chat", **who, **chat, **more))

    first = f"{base}photos/photo_1@17-06-2023_12-01-02.jpg"
    messages = [
        message(1, photo=first, width=960, height=1280, **rich_text("look *here")),
        message(2, ME, stamp=None, photo=f"{base}photos/photo_2@17-06-2023_12-01-02.jpg", text="mine"),
        message(4, BO, "1687000000", photo=f"{base}photos/photo_4@17-06-2023_13-06-40.jpg"),
        message(
            5,
            BO,
            "1687000000",
            photo=f"{base}photos/photo_5@17-06-2023_13-06-40.jpg",
            **rich_text("our *day"),
        ),
        message(7, file=f"{base}files/IMG_1.JPG", mime_type="image/jpeg"),
        message(
            8,
            ME,
            file=f"{base}video_files/trip.mp4",
            thumbnail=f"{base}video_files/trip.mp4_thumb.jpg",
            media_type="video_file",
            mime_type="video/mp4",
        ),
        message(9, file=f"{base}round_video_messages/file_1@x.mp4", media_type="video_message"),
        message(11, file=f"{base}stickers/sticker.webp", media_type="sticker", sticker_emoji=":)"),
        message(
            13, file=f"{base}voice_messages/audio_1.ogg", media_type="voice_message", mime_type="audio/ogg"
        ),
        message(15, photo="(File not included. Change data exporting settings to download.)", text="gone"),
        message(17, file="(File exceeds maximum size. …)", mime_type="video/mp4", media_type="video_file"),
        message(19, forwarded_from="Some Channel", photo=f"{base}photos/photo_9@17-06-2023_12-01-02.jpg"),
        {"id": 20, "type": "unsupported"},
        message(21, location_information={"latitude": 38.7, "longitude": -9.1}),
    ]
    plant(
        "photos/photo_1@17-06-2023_12-01-02.jpg",
        photos.photo("astronaut", 1),
        "astronaut",
        bos,
        caption="look here",
    )
    naive = {"caption": "mine", "posted_at": "2023-06-17T12:01:02", "posted_at_source": "date"}
    plant("photos/photo_2@17-06-2023_12-01-02.jpg", photos.photo("a", 1), "a", mine, **naive)
    album = {"caption": "our day", "posted_at": "2023-06-17T11:06:40+00:00"}
    plant("photos/photo_4@17-06-2023_13-06-40.jpg", photos.photo("astronaut", 2), "astronaut", bos, **album)
    plant("photos/photo_5@17-06-2023_13-06-40.jpg", photos.photo("b", 1), "b", bos, **album)
    plant("files/IMG_1.JPG", photos.photo("astronaut", 3), "astronaut", bos)
    plant("video_files/trip.mp4", MP4, None, mine)
    pack.add(f"{base}video_files/trip.mp4_thumb.jpg", photos.photo("astronaut", 4))
    plant("round_video_messages/file_1@x.mp4", MP4 + b"r", None, bos)
    plant("stickers/sticker.webp", photos.photo("c", 1, kind="WEBP"), "c", bos)
    pack.add(f"{base}voice_messages/audio_1.ogg", b"OggS")
    shared = {
        "author": "Some Channel",
        "author_is_owner": False if full else None,
        "account": mine["account"],
    }
    plant("photos/photo_9@17-06-2023_12-01-02.jpg", photos.photo("d", 1), "d", shared)
    return {"name": "Bo Berg", "type": "personal_chat", "id": BO, "messages": messages}


def _channel(pack: Pack, base: str) -> dict[str, Any]:
    """A public channel: a post, and a new picture of the channel."""
    post = f"{base}photos/photo_1@17-06-2023_12-01-02.jpg"
    changed = f"{base}photos/photo_2@17-06-2023_12-01-02.jpg"
    service = {
        "id": 7,
        "type": "service",
        "date": "2023-06-17T12:01:02",
        "date_unixtime": int(STAMP),
        "actor": "The Channel",
        "actor_id": "channel1234567890",
        "action": "edit_group_photo",
        "photo": changed,
        "text": "",
    }
    says = {
        "author": "The Channel",
        "author_is_owner": None,
        "exposure": Exposure.PUBLIC,
        "url_kind": "constructed",
    }
    link = "https://t.me/c/1234567890/"
    pack.plant(
        post,
        photos.photo("astronaut", 5),
        "astronaut",
        **_says("The Channel", "public_channel", **says) | {"url": f"{link}6", "caption": "news"},
    )
    pack.plant(
        changed,
        photos.photo("astronaut", 6),
        "astronaut",
        **_says("The Channel", "public_channel", **says) | {"url": f"{link}7", "context": "service"},
    )
    messages = [message(6, "channel1234567890", photo=post, text="news"), service]
    return {"name": "The Channel", "type": "public_channel", "id": 1234567890, "messages": messages}


def _kind(pack: Pack, number: int, kind: str, exposure: Exposure) -> dict[str, Any]:
    """A chat of one more type with one photo of the astronaut."""
    base = f"chats/chat_{number:03d}/"
    path = f"{base}photos/photo_1@17-06-2023_12-01-02.jpg"
    saved = kind == "saved_messages"
    link = f"https://t.me/c/55{number}/30" if kind.endswith(("supergroup", "channel")) else None
    says = _says(None if saved else kind, kind, exposure=exposure, context="saved" if saved else "message")
    says |= {"url": link, "author_is_owner": True, "author": "Ana Silva", "account": "ana_example"}
    pack.plant(path, photos.photo("astronaut", 10 + number), "astronaut", **says)
    named = {} if saved else {"name": kind}
    return {
        **named,
        "type": kind,
        "id": ME if saved else int(f"55{number}"),
        "messages": [message(30, ME, photo=path)],
    }


def _full() -> Pack:
    pack = Pack("DataExport_2023-06-18", ending="")
    chats = [
        _personal(pack, "chats/chat_001/", full=True),
        {"type": "saved_messages", "id": ME, "messages": []},
        _kind(pack, 3, "saved_messages", Exposure.PRIVATE),
        _kind(pack, 4, "private_group", Exposure.NETWORK),
        _kind(pack, 5, "private_supergroup", Exposure.NETWORK),
        _kind(pack, 6, "public_supergroup", Exposure.PUBLIC),
        _kind(pack, 7, "private_channel", Exposure.NETWORK),
        _kind(pack, 8, "bot_chat", Exposure.PRIVATE),
    ]
    left = [_kind(pack, 9, "replies", Exposure.UNKNOWN)]
    dated = {"date": "2023-06-17T12:01:02", "date_unixtime": STAMP}
    face, story = (
        "profile_pictures/photo_1@17-06-2023_12-01-02.jpg",
        "stories/story_1@17-06-2023_12-01-02.jpg",
    )
    own = {"account": "ana_example", "author": "ana_example", "author_is_owner": True, "posted_at": WHEN}
    own |= {"exposure": Exposure.UNKNOWN, "audience": None, "url": None}
    pack.plant(face, photos.photo("astronaut", 7), "astronaut", context="profile_photo", **own)
    pack.plant(story, photos.photo("astronaut", 8), "astronaut", context="story", **own)
    pack.add(
        "result.json",
        {
            "about": "Here is the data you requested.",
            "personal_information": {
                "user_id": ME,
                "first_name": "Ana",
                "last_name": "Silva",
                "phone_number": "+351 000",
                "username": "@ana_example",
                "bio": "",
            },
            "profile_pictures": [{**dated, "photo": face}, {**dated, "photo": "(Photo not included. …)"}],
            "stories": [
                {**dated, "expires": "…", "expires_unixtime": STAMP, "pinned": False, "media": story}
            ],
            "contacts": {"about": "", "list": [{"first_name": "Bo"}]},
            "chats": {"about": "", "list": chats},
            "left_chats": {"about": "", "list": left},
        },
    )
    return pack
