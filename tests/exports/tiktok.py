"""TikTok downloads: sections of 2023 and of 2025, lower-case fields, a private account, downloaded files.

And as TXT: of 2025 in English and in Dutch, of 2021, and beside the JSON.
"""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, Planted

LAYOUTS = (
    "2025", "2023", "nested", "lower-case", "private", "downloads",
    "languages", "txt", "txt-dutch", "txt-2021", "txt-private", "txt-and-json",
)  # fmt: skip
ROOTS = {"txt": ["TikTok/"], "txt-dutch": ["TikTok/"], "txt-private": ["TikTok/"]}
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
FIRST = "7364098226472890425"
CDN = "https://v16m.tiktokcdn.com/abc/video/tos/x/?a=1233&mime_type=video_mp4&signature=x"


def share(post: str, kind: str = "video") -> str:
    """A share page's address."""
    return f"https://www.tiktokv.com/share/{kind}/{post}/"


def post(number: int, link: str, who: str | None = "Everyone", **more: Any) -> dict[str, Any]:
    """A post of minute `number`."""
    item = {
        "Date": f"2024-05-01 18:{number:02}:10",
        "Link": link,
        "Likes": "12",
        "AllowComments": "Yes",
        "Location": "",
        "Title": f"post {number}",
        "AddYoursText": "N/A",
        "CoverImage": "https://p16-sign-va.tiktokcdn.com/obj/x.jpeg",
    }
    return item | ({"WhoCanView": who} if who is not None else {}) | more


POSTS = (
    post(22, share(FIRST), Title="harbour walk #sea", Location="Porto"),
    post(23, share("7364098226472890426"), "Friends"),
    post(24, share("7364098226472890427"), "Followers"),
    post(25, share("7364098226472890428"), "Only me", Likes="0"),
    post(26, share("7364098226472890429"), "Amigxs"),
    post(27, CDN, Title="N/A"),
    post(28, "N/A", None, Title=""),
    post(
        29,
        "https://p16.tiktokcdn.com/a.jpeg https://p16.tiktokcdn.com/b.jpeg https://p16.tiktokcdn.com/c.jpeg",
    ),
    post(30, f"{CDN}&item_id=7364098226472890430", Date="2024-05-01T18:30:10Z"),
    post(
        31,
        "https://www.tiktok.com/@ana.example/photo/7364098226472890431",
        "",
        Date="2024-05-01 18:31:10 UTC",
    ),
)


def profile(private: str = "Off") -> dict[str, Any]:
    """The section about the account."""
    about = {
        "userName": "ana.example",
        "displayName": "Ana",
        "bioDescription": "",
        "profilePhoto": "https://x/",
    }
    settings = {"Private Account": private, "Who Can View Videos I Liked": "Only Me"}
    return {
        "Profile Info": {"App": 1, "ProfileMap": about},
        "Settings": {"App": 1, "SettingsMap": settings},
    }


def record(layout: str, posts: list[Any]) -> dict[str, Any]:
    """The whole record, as the layout names its sections."""
    watched = {"VideoList": [{"Date": "2024-01-01 00:00:00", "Link": share("7000000000000000001")}]}
    if layout == "lower-case":
        lower = [{key.lower(): value for key, value in post.items()} for post in posts]
        return {"post": {"posts": {"videoList": lower}}, "profile and settings": profile()}
    if layout in ("2023", "nested"):
        video = {"Videos": {"VideoList": posts}, "Video Browsing History": watched}
        about = {"Profile Information": profile()["Profile Info"]}
        settings = {"Settings": profile()["Settings"]}
        outer = {"Activity": {"Video": video}} if layout == "nested" else {"Video": video}
        return (
            {"Activity": {"Like List": {"ItemFavoriteList": None}}}
            | outer
            | {
                "Profile": about,
                "App Settings": settings,
            }
        )
    bin_ = {"PostList": [post(40, share("7364098226472890440"))]}
    return {
        "Your Activity": {"Watch History": watched},
        "Post": {"Posts": {"VideoList": posts}, "Recently Deleted Posts": bin_},
        "Profile And Settings": profile("On" if layout == "private" else "Off"),
        "Direct Message": {"Direct Messages": {"ChatHistory": {}}},
    }


def build(layout: str) -> Pack:
    """Ana's download; the person planted is the astronaut, in files that were downloaded separately."""
    if layout.startswith("txt"):
        return _as_text(layout)
    if layout == "languages":
        return _in_other_languages()
    pack = Pack("TikTok_Data_1714586400")
    name = "user_data.json" if layout == "2023" else "user_data_tiktok.json"
    pack.add(name, record(layout, list(POSTS)))
    downloaded = {FIRST: f"ana/20240501_{FIRST}.jpg", "7364098226472890428": "7364098226472890428_1.jpg"}
    dated = "saved/2024-05-01 18-27-10.jpg"
    for number, (item, says) in enumerate(zip(POSTS, _says(), strict=True)):
        path = downloaded.get(str(says["post_id"])) or (dated if item["Link"] == CDN else None)
        if path and layout == "downloads":
            pack.plant(path, photos.photo("astronaut", number + 1), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))
    if layout in ("2025", "private", "downloads"):
        _plant_deleted(pack)
    if layout == "downloads":
        pack.add("saved/film.mp4", MP4)
    return pack


def _plant_deleted(pack: Pack) -> None:
    """The post in the bin: everyone could view it until then."""
    says = {"context": "deleted", "exposure": Exposure.PUBLIC, "post_id": "7364098226472890440"}
    says |= {"platform": "tiktok", "audience": "Everyone", "audience_source": "per_item"}
    pack.planted.append(Planted(None, None, says))


def _in_other_languages() -> Pack:
    """The words for who can view in other languages than English."""
    pack = Pack("TikTok_Data_1714586400")
    words = {
        "Alle": Exposure.PUBLIC,
        "Todo el mundo": Exposure.PUBLIC,
        "Follower*innen": Exposure.NETWORK,
        "Amici": Exposure.NETWORK,
        "Solo tú": Exposure.PRIVATE,
        "Alleen ik": Exposure.UNKNOWN,  # others liked it, so they saw it before
        "Kila mtu": Exposure.UNKNOWN,
    }
    posts = [
        post(number, share(f"73640982264728905{number}"), word, Likes="0" if word == "Solo tú" else "12")
        for number, word in enumerate(words, 10)
    ]
    pack.add("user_data_tiktok.json", record("2025", posts))
    for number, (word, exposure) in enumerate(words.items(), 10):
        says = {"post_id": f"73640982264728905{number}", "audience": word, "exposure": exposure}
        pack.planted.append(Planted(None, None, says | {"platform": "tiktok", "audience_source": "per_item"}))
    _plant_deleted(pack)
    return pack


ENGLISH = {
    "Post": "Post", "Posts": "Posts", "Recently Deleted Posts": "Recently Deleted Posts",
    "Profile And Settings": "Profile And Settings", "Profile Information": "Profile Information",
    "Settings": "Settings", "Your Activity": "Your Activity", "Watch History": "Watch History",
    "Likes": "Likes", "Who can view": "Who can view", "Title": "Title", "Location": "Location",
    "Everyone": "Everyone", "Friends": "Friends", "Followers": "Followers", "Only me": "Only me",
    "Username": "Username", "Nickname": "Nickname", "Private Account": "Private Account",
    "Date": "Date", "Off": "Off", "On": "On", "N/A": "N/A",
    "You have no data in this section": "You have no data in this section",
}  # fmt: skip
DUTCH = ENGLISH | {
    "Post": "Bericht", "Posts": "Berichten", "Recently Deleted Posts": "Onlangs verwijderde berichten",
    "Profile And Settings": "Profiel en instellingen", "Profile Information": "Profielinformatie",
    "Settings": "Instellingen", "Your Activity": "Je activiteit", "Watch History": "Kijkgeschiedenis",
    "Who can view": "Wie kan bekijken", "Title": "Titel", "Location": "Locatie",
    "Everyone": "Iedereen", "Friends": "Vrienden", "Followers": "Volgers", "Only me": "Alleen ik",
    "Username": "Gebruikersnaam", "Nickname": "Bijnaam", "Private Account": "Privéaccount",
    "Date": "Datum", "Off": "Uit", "On": "Aan", "N/A": "N.v.t.",
    "You have no data in this section": "Er staan geen gegevens in dit gedeelte",
}  # fmt: skip


def _blocks(*records: dict[str, str]) -> str:
    return (
        "\n\n".join("\n".join(f"{name}: {value}" for name, value in each.items()) for each in records) + "\n"
    )


def _as_text(layout: str) -> Pack:
    """The same posts as text files; the first is downloaded beside them."""
    words = DUTCH if layout == "txt-dutch" else ENGLISH
    old = layout == "txt-2021"
    pack = Pack("TikTok_Data_1714586400")
    root = "" if old or layout == "txt-and-json" else "TikTok/"
    posts = "Videos/Videos" if old else f"{words['Post']}/{words['Posts']}"
    pack.add(f"{root}{posts}.txt", _blocks(*(_text_post(item, words, old=old) for item in POSTS)))
    watched = {words["Date"]: "2024-01-01 00:00:00 UTC", "Link": share("7000000000000000001")}
    pack.add(f"{root}{words['Your Activity']}/{words['Watch History']}.txt", _blocks(watched))
    pack.add(f"{root}{words['Your Activity']}/Hashtag.txt", f"{words['You have no data in this section']}\n")
    about = {words["Username"]: "ana.example", words["Nickname"]: "Ana"}
    settings, information = words["Profile And Settings"], words["Profile Information"]
    pack.add(f"{root}{settings}/{information}.txt", _blocks(about))
    private = words["On" if layout == "txt-private" else "Off"]
    more = "\n\nContent Preferences:\nKeyword filters: [cats, dogs]\n"
    pack.add(f"{root}{settings}/{words['Settings']}.txt", f"{words['Private Account']}: {private}{more}")
    if layout == "txt-and-json":
        pack.add("user_data_tiktok.json", record("2025", list(POSTS)))
    elif not old:
        deleted = _blocks(_text_post(post(40, share("7364098226472890440")), words))
        pack.add(f"{root}{words['Post']}/{words['Recently Deleted Posts']}.txt", deleted)
    for number, says in enumerate(_says(text=words, old=old)):
        if number == 0:
            pack.plant(f"{root}{FIRST}.jpg", photos.photo("astronaut", 1), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))
    if not old:
        _plant_deleted(pack)
        pack.planted[-1].says["audience"] = words["Everyone"]
    return pack


def _text_post(item: dict[str, Any], words: dict[str, str], *, old: bool = False) -> dict[str, str]:
    """A post as a block of a text file writes it."""
    date = item["Date"].removesuffix(" UTC").removesuffix("Z").replace("T", " ")
    if old:
        return {"Date": date, "Video Link": item["Link"], "Like(s)": item["Likes"]}
    who = item.get("WhoCanView", "N/A")
    return {
        words["Date"]: f"{date} UTC",
        "Link": item["Link"].replace("N/A", words["N/A"]),
        words["Likes"]: item["Likes"],
        words["Who can view"]: words.get(who, who),
        "Allow comments": "Yes",
        words["Title"]: item["Title"].replace("N/A", words["N/A"]),
        words["Location"]: item["Location"],
    }


def _says(text: dict[str, str] | None = None, *, old: bool = False) -> list[dict[str, Any]]:
    """What each of POSTS must be read with; `text`: the words of a text file, `old`: without who can view."""
    made = "https://www.tiktok.com/@ana.example/video/7364098226472890430"
    rows = (
        ("Everyone", Exposure.PUBLIC, share(FIRST), "exact", FIRST),
        ("Friends", Exposure.NETWORK, share("7364098226472890426"), "exact", "7364098226472890426"),
        ("Followers", Exposure.NETWORK, share("7364098226472890427"), "exact", "7364098226472890427"),
        ("Only me", Exposure.PRIVATE, share("7364098226472890428"), "exact", "7364098226472890428"),
        ("Amigxs", Exposure.UNKNOWN, share("7364098226472890429"), "exact", "7364098226472890429"),
        ("Everyone", Exposure.PUBLIC, None, None, None),
        (None, Exposure.UNKNOWN, None, None, None),
        ("Everyone", Exposure.PUBLIC, None, None, None),
        ("Everyone", Exposure.PUBLIC, made, "constructed", "7364098226472890430"),
        (None, Exposure.UNKNOWN, POSTS[9]["Link"], "exact", "7364098226472890431"),
    )
    words = text or {}
    return [
        {
            "platform": "tiktok",
            "account": "ana.example",
            "context": "post",
            "audience": None if old else words.get(str(word), word),
            "audience_source": None if old or not word else "per_item",
            "exposure": Exposure.UNKNOWN if old else exposure,
            "url": url,
            "url_kind": kind,
            "post_id": number,
            "posted_at": f"2024-05-01T18:{minute}:10+00:00",
            "posted_at_source": "Date",
            "caption": None
            if old
            else {22: "harbour walk #sea", 27: None, 28: None}.get(minute, f"post {minute}"),
            "place": "Porto" if minute == 22 and not old else None,
            "author_is_owner": True,
        }
        for minute, (word, exposure, url, kind, number) in enumerate(rows, 22)
    ]
