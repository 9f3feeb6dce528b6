"""TikTok downloads: sections of 2023 and of 2025, lower-case fields, a private account, downloaded files."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, Planted

LAYOUTS = ("2025", "2023", "nested", "lower-case", "private", "downloads")
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
    post(25, share("7364098226472890428"), "Only me"),
    post(26, share("7364098226472890429"), "Amis"),
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
    pack = Pack("TikTok_Data_1714586400")
    pack.add("user_data.json" if layout == "2023" else "user_data_tiktok.json", record(layout, list(POSTS)))
    downloaded = {FIRST: f"ana/20240501_{FIRST}.jpg", "7364098226472890428": "7364098226472890428_1.jpg"}
    dated = "saved/2024-05-01 18-27-10.jpg"
    for number, (item, says) in enumerate(zip(POSTS, _says(layout), strict=True)):
        path = downloaded.get(str(says["post_id"])) or (dated if item["Link"] == CDN else None)
        if path and layout == "downloads":
            pack.plant(path, photos.photo("astronaut", number + 1), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))
    if layout in ("2025", "private", "downloads"):
        says = {"context": "deleted", "exposure": Exposure.PRIVATE, "post_id": "7364098226472890440"}
        pack.planted.append(
            Planted(None, None, {"platform": "tiktok", "audience": None, "audience_source": "file"} | says)
        )
    if layout == "downloads":
        pack.add("saved/film.mp4", MP4)
    return pack


def _says(layout: str) -> list[dict[str, Any]]:
    """What each of POSTS must be read with."""
    private = layout == "private"
    everyone = Exposure.NETWORK if private else Exposure.PUBLIC
    unsaid = Exposure.NETWORK if private else Exposure.UNKNOWN
    made = "https://www.tiktok.com/@ana.example/video/7364098226472890430"
    rows = (
        ("Everyone", everyone, share(FIRST), "exact", FIRST),
        ("Friends", Exposure.NETWORK, share("7364098226472890426"), "exact", "7364098226472890426"),
        ("Followers", Exposure.NETWORK, share("7364098226472890427"), "exact", "7364098226472890427"),
        ("Only me", Exposure.PRIVATE, share("7364098226472890428"), "exact", "7364098226472890428"),
        ("Amis", Exposure.UNKNOWN, share("7364098226472890429"), "exact", "7364098226472890429"),
        ("Everyone", everyone, None, None, None),
        (None, unsaid, None, None, None),
        ("Everyone", everyone, None, None, None),
        ("Everyone", everyone, made, "constructed", "7364098226472890430"),
        (None, unsaid, POSTS[9]["Link"], "exact", "7364098226472890431"),
    )
    return [
        {
            "platform": "tiktok",
            "account": "ana.example",
            "context": "post",
            "audience": word,
            "audience_source": "per_item" if word else "account_setting" if private else None,
            "exposure": exposure,
            "url": url,
            "url_kind": kind,
            "post_id": number,
            "posted_at": f"2024-05-01T18:{minute}:10+00:00",
            "posted_at_source": "Date",
            "caption": {22: "harbour walk #sea", 27: None, 28: None}.get(minute, f"post {minute}"),
            "place": "Porto" if minute == 22 else None,
            "author_is_owner": True,
        }
        for minute, (word, exposure, url, kind, number) in enumerate(rows, 22)
    ]
