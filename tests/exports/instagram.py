"""Instagram downloads: media.json of 2021, content/ of 2022 and 2023, media/ since; private and public."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack
from .facebook import MP4, garbled

LAYOUTS = ("2021", "2022", "2023", "2024", "2024-private", "2024-public", "2024-history")
POSTED = 1687000000
WHEN = "2023-06-17T11:06:40+00:00"
HOME = "https://www.instagram.com/ana.example/"

_RECORDS = {"2022": "content/", "2023": "your_instagram_activity/content/"}


def picture(uri: str, *, exif: Any = None, **more: Any) -> dict[str, Any]:
    """A media record of a photo."""
    data = {"photo_metadata": {"exif_data": exif or []}, "camera_metadata": {"has_camera_metadata": False}}
    return {
        "uri": uri,
        "creation_timestamp": POSTED,
        "media_metadata": data,
        "title": "",
        "cross_post_source": {"source_app": "FB"},
    } | more


def private(layout: str) -> bool | None:
    """What the layout's account setting is."""
    return {"2024": None, "2024-public": False}.get(layout, True)


def account(setting: bool | None, user: str = "ana.example") -> dict[str, Any]:
    """The profile record."""
    fields = {"Username": {"href": "", "value": user, "timestamp": 0}, "Name": {"value": "Ana Sílva"}}
    if setting is not None:
        fields["Private Account"] = {"href": "", "value": str(setting), "timestamp": 0}
    face = {"uri": "media/other/0.jpg", "creation_timestamp": POSTED, "title": ""}
    return garbled({"profile_user": [{"media_map_data": {"Profile Photo": face}, "string_map_data": fields}]})


def build(layout: str) -> Pack:
    """Ana's download; the person planted is the astronaut."""
    pack = Pack("instagram-ana.example-2024-05-01-AbCd1234")
    if layout == "2021":
        pack.name = "ana.example_20210501_part_1"
        _oldest(pack)
        return pack
    folder = "personal_information/personal_information" if "2024" in layout else "account_information"
    pack.add(f"{folder}/personal_information.json", account(private(layout)))
    records = _RECORDS.get(layout, "your_instagram_activity/media/")
    _posts(pack, layout, records)
    _others(pack, layout, records)
    _messages(pack, "" if layout == "2022" else "your_instagram_activity/")
    if "2024" in layout:
        _threads(pack)
    if layout == "2024-history":
        _history(pack)
    return pack


def columns_of(context: str, layout: str, **more: Any) -> dict[str, Any]:
    """What every item must be read with; `layout` decides who could see it."""
    exposure = {None: Exposure.UNKNOWN, True: Exposure.NETWORK, False: Exposure.PUBLIC}[private(layout)]
    if layout == "2024-history":
        exposure = Exposure.PUBLIC  # it became private after these posts
    return {
        "platform": "instagram",
        "account": "ana.example",
        "context": context,
        "url": HOME,
        "url_kind": "profile",
        "posted_at": WHEN,
        "posted_at_source": "creation_timestamp",
        "audience": None,
        "audience_source": None if private(layout) is None else "account_setting",
        "exposure": exposure,
        "author": "ana.example",
        "author_is_owner": True,
    } | more


def _posts(pack: Pack, layout: str, records: str) -> None:
    single, first, second = (f"media/posts/202306/35100000{n}_123456789{n}_n.jpg" for n in range(3))
    film = "media/posts/202306/18012345678901234.mp4"
    split = [
        {"latitude": 38.71, "longitude": -9.14},
        {"iso": 50, "device_id": "android-0a1b", "date_time_digitized": "2023:06:17 12:01:03"},
        {"date_time_original": "2023:06:17 12:01:02", "source_type": "library"},
    ]
    video = {"exif_data": [{"source_type": "camera"}], "subtitles": {"uri": "media/other/17.srt"}}
    carousel = [
        picture(first, exif=split),
        picture(second, title="second"),
        {"uri": film, "creation_timestamp": POSTED, "media_metadata": {"video_metadata": video}, "title": ""},
    ]
    posts = [
        {"media": [picture(single, title="Lisbon 🌊")]},
        {"media": carousel, "title": "Três dias", "creation_timestamp": POSTED + 5},
        {"media": [picture("media/posts/202306/gone_from_here.jpg", title="gone")]},
    ]
    pack.add(f"{records}posts_1.json", garbled(posts))
    pack.plant(
        single, photos.photo("astronaut", 1), "astronaut", **columns_of("post", layout, caption="Lisbon 🌊")
    )
    columns = columns_of("post", layout, caption="Três dias", posted_at="2023-06-17T11:06:45+00:00")
    exif = {"taken_at": "2023-06-17T12:01:02", "taken_at_source": "date_time_original"}
    exif |= {"location": (38.71, -9.14), "location_source": "exif_data"}
    pack.plant(first, photos.photo("astronaut", 2), "astronaut", **columns | exif)
    pack.plant(second, photos.photo("a", 1), "a", **columns | {"taken_at": None, "location": None})
    pack.plant(film, MP4, None, **columns)


def _others(pack: Pack, layout: str, records: str) -> None:
    story, reel = "media/stories/202309/18000000000000001.jpg", "media/reels/202309/18000000000000002.mp4"
    archive_photo, igtv = (
        "media/archived_posts/202309/18000000000000003.jpg",
        "media/igtv/202309/18000000000000004.mp4",
    )
    face, gone = "media/other/0.jpg", "media/recently_deleted/202309/18000000000000005.jpg"
    pack.add(f"{records}stories.json", garbled({"ig_stories": [picture(story, title="até já")]}))
    pack.add(f"{records}reels.json", {"ig_reels_media": [{"media": [picture(reel, title="spin")]}]})
    pack.add(
        f"{records}archived_posts.json", {"ig_archived_post_media": [{"media": [picture(archive_photo)]}]}
    )
    pack.add(f"{records}igtv_videos.json", {"ig_igtv_media": [{"media": [picture(igtv, title="long")]}]})
    active = {"ig_profile_picture": [picture(face, is_active_profile=True)]}
    pack.add(f"{records}profile_photos.json", active)
    deleted = {"ig_recently_deleted_media": [{"media": [picture(gone, title="oops")]}]}
    pack.add(f"{records}recently_deleted_content.json", deleted)
    columns = columns_of("story", layout, caption="até já")
    if columns["exposure"] is Exposure.PUBLIC:
        columns["exposure"] = Exposure.UNKNOWN  # it may have been for close friends
    pack.plant(story, photos.photo("astronaut", 3), "astronaut", **columns)
    pack.plant(reel, MP4, None, **columns_of("reel", layout, caption="spin"))
    pack.plant(igtv, MP4, None, **columns_of("igtv", layout, caption="long"))
    hidden = {"url": None, "url_kind": None, "exposure": Exposure.PRIVATE, "audience_source": "file"}
    pack.plant(
        archive_photo, photos.photo("astronaut", 4), "astronaut", **columns_of("archived", layout) | hidden
    )
    pack.plant(gone, photos.photo("b", 1), "b", **columns_of("deleted", layout, caption="oops") | hidden)
    shown = columns_of("profile_photo", layout, exposure=Exposure.PUBLIC, audience_source=None)
    pack.plant(face, photos.photo("astronaut", 5), "astronaut", **shown)
    pack.plant(face, pack.files[face], "astronaut", **shown)  # in the profile record as well


def _messages(pack: Pack, base: str) -> None:
    folder = f"{base}messages/inbox/boberg_17842000000000000"
    theirs, ours = f"{folder}/photos/1_n.jpg", f"{folder}/photos/2_n.jpg"
    people = {"participants": [{"name": "Bo"}, {"name": "Ana Sílva"}], "title": "Bo"}
    share = {"link": "https://www.instagram.com/p/x/", "original_content_owner": "someone"}
    messages = [
        {
            "sender_name": "Bo",
            "timestamp_ms": POSTED * 1000,
            "photos": [{"uri": theirs}],
            "content": "olá 🎉",
        },
        {"sender_name": "Ana Sílva", "timestamp_ms": POSTED * 1000, "photos": [{"uri": ours}]},
        {"sender_name": "Bo", "timestamp_ms": POSTED * 1000, "share": share, "call_duration": 5},
    ]
    pack.add(f"{folder}/message_1.json", garbled(people | {"messages": messages}))
    columns: dict[str, Any] = {"platform": "instagram", "context": "message", "url": None, "album": "Bo"}
    columns |= {"exposure": Exposure.PRIVATE, "audience_source": "chat_type", "posted_at": WHEN}
    bo = {"author": "Bo", "author_is_owner": False, "caption": "olá 🎉"}
    pack.plant(theirs, photos.photo("astronaut", 6), "astronaut", **columns | bo)
    ana = {"author": "Ana Sílva", "author_is_owner": True, "caption": None}
    pack.plant(ours, photos.photo("c", 1), "c", **columns | ana)


def _threads(pack: Pack) -> None:
    uri = "media/posts/202308/18000000000000006.jpg"
    posts = [{"media": [picture(uri, title="thréad")]}, {"media": [], "title": "words"}]
    where = "your_instagram_activity/threads/threads_and_replies.json"
    pack.add(where, garbled({"text_post_app_text_posts": posts}))
    pack.plant(
        uri,
        photos.photo("astronaut", 7),
        "astronaut",
        platform="threads",
        account="ana.example",
        context="post",
        caption="thréad",
        url="https://www.threads.net/@ana.example",
        url_kind="profile",
        exposure=Exposure.UNKNOWN,
        posted_at=WHEN,
    )


def _history(pack: Pack) -> None:
    """Private in 2020, public in 2022, private again in 2024."""
    switches = (
        (1577836800, "Switched from Public to Private"),
        (1640995200, "Public"),
        (1704067200, "Private"),
    )
    changes = [{"title": text, "string_map_data": {"Time": {"timestamp": when}}} for when, text in switches]
    where = "security_and_login_information/login_and_profile_creation/profile_privacy_changes.json"
    pack.add(where, {"account_history_account_privacy_history": changes})


def _oldest(pack: Pack) -> None:
    when = "2019-05-04T10:20:30+00:00"
    post, film, story = "photos/201905/1.jpg", "videos/201905/2.mp4", "stories/201905/3.jpg"
    face, sent, gone = "profile/201905/4.jpg", "direct/201905/5.jpg", "photos/201905/6.jpg"
    entry = {"taken_at": when, "caption": ""}
    record = {
        "photos": [entry | {"path": post, "caption": "Olá", "location": "Lisboa"}, entry | {"path": gone}],
        "videos": [entry | {"path": film}],
        "stories": [entry | {"path": story}],
        "profile": [entry | {"path": face, "is_active_profile": True}],
        "direct": [entry | {"path": sent}],
    }
    pack.add("media.json", garbled(record))
    pack.add("profile.json", {"username": "ana.example", "name": "Ana", "private_account": True})
    letter = {
        "sender": "bo",
        "created_at": when,
        "media": "https://scontent.cdninstagram.com/5.jpg",
        "text": "x",
    }
    pack.add("messages.json", [{"participants": ["ana.example", "bo"], "conversation": [letter]}])
    times = {"posted_at": when, "posted_at_source": "taken_at"}
    columns = columns_of("post", "2021", caption="Olá", place="Lisboa") | times
    pack.plant(post, photos.photo("astronaut", 1), "astronaut", **columns)
    pack.plant(film, MP4, None, **columns_of("post", "2021", caption=None) | times)
    columns = columns_of("story", "2021", url=None, url_kind=None) | times
    pack.plant(story, photos.photo("astronaut", 2), "astronaut", **columns)
    shown = columns_of("profile_photo", "2021", exposure=Exposure.PUBLIC, audience_source=None) | times
    pack.plant(face, photos.photo("astronaut", 3), "astronaut", **shown)
    message_columns = {
        "url": None,
        "url_kind": None,
        "exposure": Exposure.PRIVATE,
        "audience_source": "chat_type",
    }
    message_columns |= {"author": None, "author_is_owner": None}
    columns = columns_of("message", "2021") | times | message_columns
    pack.plant(sent, photos.photo("astronaut", 4), "astronaut", **columns)
