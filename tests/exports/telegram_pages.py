"""Telegram Desktop exports as pages: the same classes and links as the program writes, around other words."""

from __future__ import annotations

import html
from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack

CLOCK, ZONE, WHEN = "17.06.2023 12:01:02", " UTC+02:00", "2023-06-17T12:01:02+02:00"
STAMP = "17-06-2023_12-01-02"
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
NEXT = '<a class="pagination block_link" href="messages2.html">\nNext messages\n</a>'
NOT_INCLUDED = "Not included, change data exporting settings to download."
TYPES = {"private": "personal_chat", "bot": "bot_chat"}


def page(body: str, base: str = "") -> str:
    """A whole page. `base`: the way up to the export's root."""
    return (
        f'<!DOCTYPE html>\n<html>\n <head>\n  <meta charset="utf-8"/>\n<title>Exported Data</title>\n'
        f'  <link href="{base}css/style.css" rel="stylesheet"/>\n'
        f'  <script src="{base}js/script.js" type="text/javascript">\n\n  </script>\n </head>\n\n'
        f' <body onload="CheckLocation();">\n  <div class="page_wrap">{body}  </div>\n </body>\n</html>'
    )


def chat_page(name: str, *messages: str, base: str = "", more: str = "") -> str:
    """One messages.html."""
    head = div("page_header", div("content", div("text bold", f"{name} ")))
    day = '<div class="message service" id="message-1"><div class="body details">\n17 June 2023\n</div></div>'
    history = div("page_body chat_page", div("history", f"{day}{''.join(messages)}{more}"))
    return page(head + history, base)


def div(css: str, inner: str) -> str:
    """A box of a class."""
    return f'\n<div class="{css}">\n{inner}\n</div>\n'


def message(item: int, sender: str | None, inner: str = "", text: str = "", clock: str = CLOCK + ZONE) -> str:
    """One message; without a sender it is joined to the one before."""
    joined = "" if sender else " joined"
    face = div("pull_left userpic_wrap", div("userpic userpic1", div("initials", "B"))) if sender else ""
    date = f'<div class="pull_right date details" title="{clock}">\n{clock[11:16]}\n</div>'
    name = div("from_name", f"{html.escape(sender)} ") if sender else ""
    said = div("text", html.escape(text).replace("\n", "<br>")) if text else ""
    body = div("body", date + name + inner + said)
    return f'\n<div class="message default clearfix{joined}" id="message{item}">{face}{body}</div>\n'


def forwarded(origin: str | None, inner: str, text: str = "") -> str:
    """What a forwarded message holds; without an origin it goes on from the one before."""
    date = f' <span class="date details" title="01.02.2020 10:00:00{ZONE}"> 01.02.2020 10:00:00</span>'
    name = div("from_name", html.escape(origin) + date) if origin else ""
    said = div("text", text) if text else ""
    return div("forwarded body", name + inner + said)


def picture(path: str, css: str = "photo") -> str:
    """A picture or a video with its thumbnail."""
    link, thumb = html.escape(path), html.escape(path.replace(".", "_thumb.", 1))
    return div(
        "media_wrap clearfix",
        f'<a class="{css}_wrap clearfix pull_left" href="{link}"><img class="{css}" src="{thumb}"/></a>',
    )


def generic(css: str, title: str, path: str = "", description: str = "") -> str:
    """Any other medium; without a path it is not there."""
    tag, href = ("a", f' href="{html.escape(path)}"') if path else ("div", "")
    link = " block_link" if path else ""
    body = div("title bold", html.escape(title)) + (div("description", description) if description else "")
    inner = div("fill pull_left", "") + div("body", body + div("status details", "00:12"))
    return div(
        "media_wrap clearfix", f'<{tag} class="media clearfix pull_left{link} {css}"{href}>{inner}</{tag}>'
    )


def service(item: int, text: str, path: str) -> str:
    """A picture that a group or a channel was given."""
    thumb = path.replace(".", "_thumb.", 1)
    face = f'<a class="userpic_link" href="{path}"><img class="userpic" src="{thumb}"/></a>'
    return (
        f'<div class="message service" id="message{item}">{div("body details", text)}'
        f"{div('userpic_wrap', face)}</div>"
    )


def entry(name: str, info: str, link: str, details: str = "") -> str:
    """One row of a list."""
    inner = div("pull_left userpic_wrap", "") + div(
        "body",
        div("pull_right info details", info) + div("name bold", name) + div("details_entry details", details),
    )
    if not link:
        return div("entry clearfix", inner)
    return f'<a class="entry block_link clearfix" href="../{link}#allow_back">{inner}</a>'


def list_page(title: str, *entries: str) -> str:
    """lists/chats.html and others."""
    link = f'<a class="content block_link" href="../export_results.html">{title}</a>'
    head = div("page_header", link)
    return page(f'{head}<div class="page_body list_page">{div("entry_list", "".join(entries))}</div>', "../")


def _says(chat: str | None, word: str | None, exposure: Exposure, **more: Any) -> dict[str, Any]:
    return {
        "platform": "telegram",
        "context": "message",
        "posted_at": WHEN,
        "posted_at_source": "date",
        "audience": word,
        "audience_source": "chat_type" if word else None,
        "exposure": exposure,
        "album": chat,
        "url": None,
        "caption": None,
        "account": None,
    } | more


def _bos_chat(
    pack: Pack, folder: str, base: str, says: dict[str, Any], *, more: str = "", zone: str = ZONE
) -> None:
    """A chat with Bo on two pages: photos, an album, videos, files, what was left out and what forwarded."""
    clock = CLOCK + zone
    bo = says | {"author": "Bo Berg"} | ({} if zone else {"posted_at": WHEN[:19]})
    ana = bo | {"author": "Ana Silva"}
    if says["exposure"] is Exposure.PRIVATE:
        bo, ana = bo | {"author_is_owner": False}, ana | {"author_is_owner": True}

    def plant(name: str, person: str | None, seed: int, of: dict[str, Any], **more: Any) -> str:
        data = photos.photo(person, seed) if person else MP4
        pack.plant(f"{folder}{name}", data, person, **of | more)
        return f"{base}{folder}{name}"

    first = plant(
        f"photos/photo_1@{STAMP}.jpg", "astronaut", 1, bo, caption="look here\nit is <me> @ana_example"
    )
    second = plant(f"photos/photo_2@{STAMP}.jpg", "astronaut", 2, bo, caption="our day")
    third = plant(f"photos/photo_3@{STAMP}.jpg", "b", 1, bo, caption="our day")
    document = plant("files/IMG_1.JPG", "astronaut", 3, ana)
    film = plant("video_files/trip.mp4", None, 0, ana)
    sticker = plant("stickers/sticker.webp", "c", 1, ana)
    round_video = plant(f"round_video_messages/file_1@{STAMP}.mp4", None, 0, bo)
    channels = {"author": "Some Channel", "author_is_owner": False if folder else None}
    passed_on = plant(f"photos/photo_9@{STAMP}.jpg", "d", 1, bo, **channels)
    also = plant(f"photos/photo_10@{STAMP}.jpg", "d", 2, bo, **channels)
    last = plant(f"photos/photo_11@{STAMP}.jpg", "astronaut", 4, ana)
    for path in (first, second, third):
        pack.add(path.removeprefix(base).replace(".jpg", "_thumb.jpg"), photos.photo("astronaut", 9))
    pack.add(f"{folder}video_files/trip.mp4_thumb.jpg", photos.photo("astronaut", 9))
    pack.add(f"{folder}voice_messages/audio_1.ogg", b"OggS")
    said = "look here\nit is <me> "
    mention = '<a href="https://t.me/ana_example">@ana_example</a>'
    opening = message(1, "Bo Berg", picture(first), said, clock).replace(
        html.escape(said).replace("\n", "<br>"), html.escape(said).replace("\n", "<br>") + mention
    )
    messages = (
        opening,
        message(4, None, picture(second), "", clock),
        message(5, None, picture(third), "our day", clock),
        message(7, "Ana Silva", generic("media_file", "IMG_1.JPG", document), "", clock),
        message(9, None, picture(film, "video_file"), "", clock),
        message(11, None, picture(sticker, "sticker"), "", clock),
        message(13, "Bo Berg", generic("media_video", "Video message", round_video), "", clock),
        message(
            15,
            None,
            generic("media_voice_message", "Voice message", f"{base}{folder}voice_messages/audio_1.ogg"),
        ),
        message(17, None, generic("media_photo", "Photo", "", NOT_INCLUDED), "gone", clock),
        message(19, "Bo Berg", forwarded("Some Channel", picture(passed_on)), "", clock),
        message(21, None, forwarded(None, picture(also)), "", clock),
        more,
    )
    pack.add(f"{folder}messages.html", chat_page("Bo Berg", *messages, base=base, more=NEXT))
    end = message(1021, "Ana Silva", picture(last), "", clock)
    pack.add(f"{folder}messages2.html", chat_page("Bo Berg", end, base=base))


CALL = message(30, "Bo Berg", generic("media_call success", "Bo Berg"))


def single(layout: str) -> Pack:
    """One chat: nothing says what kind of chat it is, unless there is a call in it."""
    pack = Pack("ChatExport_2023-06-18", ending="")
    if layout == "html-call":
        _bos_chat(pack, "", "", _says("Bo Berg", "personal_chat", Exposure.PRIVATE), more=CALL)
    else:
        zone = "" if layout == "html-2019" else ZONE
        _bos_chat(pack, "", "", _says("Bo Berg", None, Exposure.UNKNOWN), zone=zone)
    _looks(pack)
    return pack


def _looks(pack: Pack) -> None:
    """What makes the pages look as they do."""
    pack.add("css/style.css", "body {}")
    pack.add("js/script.js", "")
    for name in ("back", "media_photo@2x", "section_chats"):
        pack.add(f"images/{name}.png", photos.photo("astronaut", 9, kind="PNG"))


def full() -> Pack:
    """Everything: the list says of each chat whether it is private, a bot's, a group or a channel."""
    pack = Pack("DataExport_2023-06-18", ending="")
    own = {"account": "ana_example"}
    _bos_chat(pack, "chats/chat_1/", "../../", _says("Bo Berg", "private", Exposure.PRIVATE, **own))
    listed = [entry("Bo Berg", "private", "chats/chat_1/messages.html", "18 messages")]
    kinds = (
        ("Saved messages", "private", Exposure.PRIVATE),
        ("Helper", "bot", Exposure.PRIVATE),
        ("Family", "group", Exposure.UNKNOWN),
        ("News", "channel", Exposure.UNKNOWN),
    )
    for number, (name, word, exposure) in enumerate(kinds, 2):
        folder = f"chats/chat_{number}/"
        _anas_chat(pack, folder, name, _says(name, word, exposure, author="Ana Silva", **own))
        listed.append(entry(name, word, f"{folder}messages.html", "1 message"))
    pack.add("lists/chats.html", list_page("Chats", *listed))
    _own_lists(pack, own)
    rows = {"First name": "Ana", "Last name": "Silva", "Phone number": "+351 000", "Username": "@ana_example"}
    about = "".join(
        div("row", div("label details", key) + div("value bold", value)) for key, value in rows.items()
    )
    sections = '<a class="section block_link chats" href="lists/chats.html#allow_back">Chats</a>'
    about = div("personal_info clearfix", div("rows names", about))
    pack.add("export_results.html", page(about + sections))
    _looks(pack)
    return pack


def _anas_chat(pack: Pack, folder: str, name: str, says: dict[str, Any]) -> None:
    """A chat with one photograph of Ana's, and in a channel its new picture."""
    path = f"{folder}photos/photo_1@{STAMP}.jpg"
    messages = [message(40, "Ana Silva", picture(f"../../{path}"))]
    seed, saved = int(folder[-2]), name == "Saved messages"
    says = says | {"author_is_owner": True} | ({"context": "saved", "album": None} if saved else {})
    pack.plant(path, photos.photo("astronaut", 20 + seed), "astronaut", **says)
    if name == "News":
        given = f"{folder}photos/photo_2@{STAMP}.jpg"
        messages.append(service(41, "Channel photo changed", f"../../{given}"))
        says |= {"context": "service", "author": name, "author_is_owner": None}
        says |= {"posted_at": None, "posted_at_source": None}
        pack.plant(given, photos.photo("astronaut", 30), "astronaut", **says)
    title = "Ana Silva" if saved else name
    pack.add(f"{folder}messages.html", chat_page(title, *messages, base="../../"))


def _own_lists(pack: Pack, own: dict[str, Any]) -> None:
    """Profile pictures and stories."""
    face, story = f"profile_pictures/photo_1@{STAMP}.jpg", f"stories/story_1@{STAMP}.jpg"
    made = own | {"author": "ana_example", "author_is_owner": True, "exposure": Exposure.UNKNOWN}
    made |= {"posted_at": WHEN[:19], "posted_at_source": "date", "audience": None}
    pack.plant(face, photos.photo("astronaut", 7), "astronaut", context="profile_photo", **made)
    pack.plant(story, photos.photo("astronaut", 8), "astronaut", context="story", **made)
    pack.add(f"profile_pictures/photo_1@{STAMP}_info.jpg", photos.photo("astronaut", 7))
    why = "(Photo not included. Change data exporting settings to download.)"
    gone = entry("Photo unavailable", CLOCK, "", why)
    pack.add("lists/profile_pictures.html", list_page("Profile pictures", entry(face, CLOCK, face), gone))
    shown = div("body", div("pull_right info details", CLOCK) + div("name bold", story))
    link = f'<a class="pull_left userpic_wrap" href="../{story}#allow_back"></a>'
    pack.add("lists/stories.html", list_page("Stories archive", div("entry clearfix", link + shown)))
