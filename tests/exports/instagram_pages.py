"""Instagram's download as web pages: of 2022, of 2025, with other classes and in another language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, meta_pages
from .facebook import MP4
from .meta_pages import block, film, page, pair, picture, shown_time, table

WHEN = "2023-06-17T12:01:00"
MARKUPS = {
    "2022-html": meta_pages.MIDDLE,
    "2025-html": meta_pages.INSTAGRAM,
    "2025-html-public": meta_pages.INSTAGRAM,
    "2025-html-portuguese": meta_pages.NEXT_BUILD,
    "2025-html-unknown-language": replace(meta_pages.INSTAGRAM, language="xx"),
}
HOME = "https://www.instagram.com/ana.example/"
SETTING = {"pt": ("Nome_de_usuário", "Conta_privada"), "en": ("Username", "Private_Account")}


def pages(layout: str) -> Pack:
    """Ana's download; the person planted is the astronaut."""
    markup = MARKUPS[layout]
    is_old = layout == "2022-html"
    pack = Pack("ana.example_20240501" if is_old else "instagram-ana.example-20240501")
    records = "content/" if is_old else "your_instagram_activity/media/"
    _profile(pack, layout, markup)
    _posts(pack, layout, markup, records)
    _others(pack, layout, markup, records)
    _messages(pack, markup, "" if is_old else "your_instagram_activity/")
    return pack


def _profile(pack: Pack, layout: str, markup: meta_pages.Markup) -> None:
    """Private today; a history in 2022 and in Portuguese, where it was public after the posts."""
    username, private = SETTING.get(markup.language, SETTING["en"])
    public = layout == "2025-html-public"
    setting = {"pt": "Verdadeiro"}.get(markup.language, str(not public))
    about = table(markup, **{username: "ana.example", "Name": "Ana Sílva", private: setting})
    where = "account_information" if layout == "2022-html" else "personal_information/personal_information"
    shown = page(markup, "Personal information", [block(markup, None, about, None)])
    pack.add(f"{where}/personal_information.html", shown)
    if layout in ("2022-html", "2025-html-portuguese"):
        changes = (
            ("Switched to Public", "2020-02-01T09:05:00"),
            ("Switched to Private", "2021-03-01T21:05:00"),
        )
        if layout == "2025-html-portuguese":
            changes = (("Privado", "2020-02-01T09:05:00"), ("Público", "2024-01-01T21:05:00"))
        where = "login_and_account_creation/account_privacy_changes.html"
        if layout != "2022-html":
            where = "security_and_login_information/login_and_profile_creation/profile_privacy_changes.html"
        rows = [
            block(markup, title, pair(markup, "Time", shown_time(markup, when)), None)
            for title, when in changes
        ]
        pack.add(where, page(markup, "Account privacy changes", rows))


def columns_of(context: str, layout: str, **more: Any) -> dict[str, Any]:
    """What every item must be read with."""
    exposure = {
        "2022-html": Exposure.NETWORK,  # private since 2021
        "2025-html-public": Exposure.PUBLIC,
        "2025-html-portuguese": Exposure.PUBLIC,  # it became public in 2024
    }.get(layout, Exposure.UNKNOWN)
    is_dated = layout != "2025-html-unknown-language"
    return {
        "platform": "instagram",
        "account": "ana.example",
        "context": context,
        "url": HOME,
        "url_kind": "profile",
        "posted_at": WHEN if is_dated else None,
        "exposure": exposure,
        "author": "ana.example",
        "author_is_owner": True,
    } | more


def _posts(pack: Pack, layout: str, markup: meta_pages.Markup, records: str) -> None:
    single, first, second, bare = (f"media/posts/202306/35100000{n}_12345678{n}_n.jpg" for n in range(4))
    clip = "media/posts/202306/18012345678901234.mp4"
    latitude = table(markup, Latitude="38.71", Longitude="-9.14", Has_Camera_Metadata="false")
    tagged = table(markup, Tagged_users="bo.berg (Tagged, 0.00, 0.00)")
    carousel = f"<div><div>{picture(first, latitude)}{picture(second)}{film(clip)}</div></div>{tagged}"
    shown = [
        block(markup, "Lisbon 🌊 <3", f"<div><div>{picture(single)}</div></div>{latitude}", WHEN),
        block(markup, "Três dias", carousel, "2023-06-17T23:59:00"),
        block(markup, None, picture(bare), "2023-06-18T00:30:00"),
    ]
    pack.add(f"{records}posts_1.html", page(markup, "Posts", shown))
    columns = columns_of("post", layout, caption="Lisbon 🌊 <3")
    where = {"location": (38.71, -9.14)} if markup.language != "pt" else {}
    pack.plant(single, photos.photo("astronaut", 1), "astronaut", **columns | where)
    is_dated = columns["posted_at"] is not None
    later = columns_of(
        "post", layout, caption="Três dias", posted_at="2023-06-17T23:59:00" if is_dated else None
    )
    pack.plant(first, photos.photo("astronaut", 2), "astronaut", **later | where)
    pack.plant(second, photos.photo("a", 1), "a", **later | {"location": None})
    pack.plant(clip, MP4, None, **later | {"location": None})
    last = columns_of("post", layout, caption=None, posted_at="2023-06-18T00:30:00" if is_dated else None)
    pack.plant(bare, photos.photo("astronaut", 3), "astronaut", **last)


def _others(pack: Pack, layout: str, markup: meta_pages.Markup, records: str) -> None:
    kinds = {
        "stories": ("story", "media/stories/202309/18000000000000001.jpg"),
        "reels": ("reel", "media/reels/202309/18000000000000002.mp4"),
        "archived_posts": ("archived", "media/archived_posts/202309/18000000000000003.jpg"),
        "profile_photos": ("profile_photo", "media/profile/202309/18000000000000004.jpg"),
        "recently_deleted_content": ("deleted", "media/recently_deleted/202309/18000000000000005.jpg"),
    }
    for number, (name, (kind, uri)) in enumerate(kinds.items()):
        medium = film(uri) if uri.endswith("mp4") else picture(uri)
        pack.add(f"{records}{name}.html", page(markup, name, [block(markup, "até já", medium, WHEN)]))
        columns = columns_of(kind, layout, caption="até já")
        if kind == "story" and columns["exposure"] is Exposure.PUBLIC:
            columns["exposure"] = Exposure.UNKNOWN  # it may have been for close friends
        if kind == "profile_photo":
            columns["exposure"] = Exposure.PUBLIC
        if kind in ("archived", "deleted"):
            columns |= {"url": None, "url_kind": None}
        data = MP4 if uri.endswith("mp4") else photos.photo("astronaut", 4 + number)
        pack.plant(uri, data, None if data is MP4 else "astronaut", **columns)


def _messages(pack: Pack, markup: meta_pages.Markup, base: str) -> None:
    folder = f"{base}messages/inbox/boberg_17842000000000000"
    theirs, ours = f"{folder}/photos/1_n.jpg", f"{folder}/photos/2_n.jpg"
    reactions = '<ul class="_a6-q"><li><span>❤Ana Sílva</span></li></ul>'
    said = f"<div><div></div><div>olá 🎉</div><div>{picture(theirs)}</div><div>{reactions}</div></div>"
    blocks = [
        block(markup, "Participants: Bo and Ana Sílva", "", None),
        block(markup, "Bo", said, WHEN),
        block(markup, "Ana Sílva", picture(ours), WHEN),
        block(markup, "Bo", "<div>no picture</div>", WHEN),
    ]
    pack.add(f"{folder}/message_1.html", page(markup, "Bo", blocks))
    columns: dict[str, Any] = {"platform": "instagram", "context": "message", "url": None, "album": "Bo"}
    columns |= {"exposure": Exposure.PRIVATE, "audience_source": "chat_type"}
    columns |= {"posted_at": None if markup.language == "xx" else WHEN}
    bo = {"author": "Bo", "author_is_owner": False, "caption": "olá 🎉"}
    pack.plant(theirs, photos.photo("astronaut", 10), "astronaut", **columns | bo)
    ana = {"author": "Ana Sílva", "author_is_owner": True, "caption": None}
    pack.plant(ours, photos.photo("c", 1), "c", **columns | ana)
