"""Instagram downloads: media.json of 2021, content/ of 2022 and 2023, media/ since; private and public.

Of the account's setting there are variants: its history under both names, labels and values that are known
and that are not. Then Instants, the second copy in public-media/, lists of close friends, and insights.
"""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack, instagram_pages
from .facebook import MP4, garbled

LAYOUTS = (
    "2021",
    "2022",
    "2022-history",
    "2023",
    "2024",
    "2024-private",
    "2024-public",
    "2024-history",
    "2024-czech",
    "2024-unknown-label",
    "2024-unknown-word",
    "2024-insights",
    "2024-reach",
    "2025",
    *instagram_pages.MARKUPS,
)
POSTED = 1687000000
WHEN = "2023-06-17T11:06:40+00:00"
UNNAMED = "public-media/posts/202306/18000000000000021.jpg"  # of the newest layout; no record names it
HOME = "https://www.instagram.com/ana.example/"

_RECORDS = {"2022": "content/", "2022-history": "content/", "2023": "your_instagram_activity/content/"}


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


BEFORE_EXPORT = {  # the account's setting where it decides about posts of June 2023
    "2022-history": Exposure.NETWORK,  # private since 2021
    "2024-public": Exposure.PUBLIC,
    "2024-history": Exposure.PUBLIC,  # it became private after these posts
    "2024-czech": Exposure.PUBLIC,
    "2024-unknown-label": Exposure.PUBLIC,
    "2024-reach": Exposure.PUBLIC,  # strangers saw posts of it in 2024
}
SETTINGS: dict[str, tuple[str, str] | None] = {  # label and value of the setting; others are private
    "2024": None,
    "2024-public": ("Private Account", "False"),
    "2024-czech": ("Soukromý účet", "Nepravda"),
    "2024-unknown-label": ("Lokaður reikningur", "False"),
    "2024-unknown-word": ("Private Account", "Satt"),
}


def account(setting: bool | tuple[str, str] | None, user: str = "ana.example") -> dict[str, Any]:
    """The profile record."""
    fields = {"Username": {"href": "", "value": user, "timestamp": 0}, "Name": {"value": "Ana Sílva"}}
    if isinstance(setting, bool):
        setting = ("Private Account", str(setting))
    if setting:
        fields[setting[0]] = {"href": "", "value": setting[1], "timestamp": 0}
    face = {"uri": "media/other/0.jpg", "creation_timestamp": POSTED, "title": ""}
    record = {
        "title": "User Information",
        "media_map_data": {"Profile Photo": face},
        "string_map_data": fields,
    }
    return garbled({"profile_user": [record]})


def build(layout: str) -> Pack:
    """Ana's download; the person planted is the astronaut."""
    if layout in instagram_pages.MARKUPS:
        return instagram_pages.pages(layout)
    pack = Pack("instagram-ana.example-2024-05-01-AbCd1234")
    if layout == "2021":
        pack.name = "ana.example_20210501_part_1"
        _oldest(pack)
        return pack
    folder = (
        "account_information"
        if layout[:4] in ("2022", "2023")
        else "personal_information/personal_information"
    )
    pack.add(f"{folder}/personal_information.json", account(SETTINGS.get(layout, True)))
    records = _RECORDS.get(layout, "your_instagram_activity/media/")
    _posts(pack, layout, records)
    _others(pack, layout, records)
    _messages(pack, "" if layout.startswith("2022") else "your_instagram_activity/")
    if layout >= "2024":
        _threads(pack, layout)
    if layout.endswith("-history"):
        _history(pack, layout, records)
    if layout == "2024-reach":
        rate = {"Non-followers": {"value": "35.2%", "timestamp": POSTED}}
        where = "logged_information/past_instagram_insights/profiles_reached.json"
        pack.add(where, {"organic_insights_reach": [{"string_map_data": rate}]})
    if layout == "2024-insights":
        _insights(pack, records)
    if layout == "2025":
        _newest(pack)
    return pack


def columns_of(context: str, layout: str, **more: Any) -> dict[str, Any]:
    """What every item must be read with; `layout` decides who could see it."""
    exposure = BEFORE_EXPORT.get(layout, Exposure.UNKNOWN)
    word = SETTINGS["2024-unknown-word"] if layout == "2024-unknown-word" else None
    return {
        "platform": "instagram",
        "account": "ana.example",
        "context": context,
        "url": HOME,
        "url_kind": "profile",
        "posted_at": WHEN,
        "posted_at_source": "creation_timestamp",
        "audience": word and word[1],
        "audience_source": "account_setting" if layout in BEFORE_EXPORT or word else None,
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
    hidden = {"url": None, "url_kind": None}  # it was seen before that by whoever could see a post
    pack.plant(
        archive_photo, photos.photo("astronaut", 4), "astronaut", **columns_of("archived", layout) | hidden
    )
    pack.plant(gone, photos.photo("b", 1), "b", **columns_of("deleted", layout, caption="oops") | hidden)
    shown = columns_of("profile_photo", layout, exposure=Exposure.PUBLIC, audience=None, audience_source=None)
    pack.plant(face, photos.photo("astronaut", 5), "astronaut", **shown)  # which the profile names as well


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


def _threads(pack: Pack, layout: str) -> None:
    uri = "media/posts/202308/18000000000000006.jpg"
    posts = [{"media": [picture(uri, title="thréad")]}, {"media": [], "title": "words"}]
    folder = "your_instagram_activity/threads/"
    pack.add(f"{folder}threads_and_replies.json", garbled({"text_post_app_text_posts": posts}))
    is_public = layout == "2025"
    if is_public:  # though the account on Instagram is private
        fields = {"Username": {"value": "ana.example"}, "Private Account": {"value": "False"}}
        profile = {"media_map_data": {}, "string_map_data": fields}
        record = {"text_post_app_text_post_app_profile": [profile]}
        pack.add(f"{folder}personal_information.json", record)
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
        exposure=Exposure.PUBLIC if is_public else Exposure.UNKNOWN,
        posted_at=WHEN,
    )


def _history(pack: Pack, layout: str, records: str) -> None:
    """In 2022 private since 2021. In 2024 private in 2020, public in 2022, private again in 2024."""
    switches = [
        (1577836800, "Switched from Public to Private"),
        (1640995200, "Public"),
        (1704067200, "Private"),
    ]
    where = "security_and_login_information/login_and_profile_creation/profile_privacy_changes.json"
    if layout == "2022-history":
        switches = [(1609459200, "Private")]
        where = "login_and_account_creation/account_privacy_changes.json"
    changes = [{"title": text, "string_map_data": {"Time": {"timestamp": when}}} for when, text in switches]
    pack.add(where, {"account_history_account_privacy_history": changes})
    old, new = "media/posts/202002/18000000000000007.jpg", "media/posts/202402/18000000000000008.jpg"
    posts = [
        {"media": [picture(old, creation_timestamp=1580515200)]},
        {"media": [picture(new, creation_timestamp=1706745600)]},
    ]
    pack.add(f"{records}posts_2.json", posts)
    says = columns_of("post", layout, exposure=Exposure.PUBLIC)  # it was public then, or became so later
    pack.plant(
        old, photos.photo("astronaut", 8), "astronaut", **says | {"posted_at": "2020-02-01T00:00:00+00:00"}
    )
    says = columns_of("post", layout, exposure=Exposure.NETWORK)
    pack.plant(
        new, photos.photo("astronaut", 9), "astronaut", **says | {"posted_at": "2024-02-01T00:00:00+00:00"}
    )


def _insights(pack: Pack, records: str) -> None:
    """Of three posts of a private account: by its picture, by its time alone, and one that strangers saw."""
    folder = "logged_information/past_instagram_insights/"
    named, timed, strangers = (f"media/posts/202306/1800000000000001{n}.jpg" for n in range(3))
    posts = [
        {"media": [picture(uri, creation_timestamp=POSTED + 60 * number)]}
        for number, uri in enumerate((named, timed, strangers), 1)
    ]
    pack.add(f"{records}posts_2.json", posts)
    found: list[tuple[str | None, int, dict[str, str]]] = [
        (
            "media/posts/18000000000000010.jpg",
            0,
            {"Accounts reached": "1,234", "Impressions": "2,000", "Likes": "8"},
        ),
        (None, POSTED + 120, {"Comptes touchés": "57"}),
        (strangers, 0, {"Accounts reached": "40", "Non-followers": "35.2%"}),
        ("media/posts/not_here.jpg", POSTED + 9, {"Accounts reached": "--"}),
    ]
    entries = []
    for uri, when, counted in found:
        thumbnail = {"Media Thumbnail": {"uri": uri, "creation_timestamp": when, "title": ""}} if uri else {}
        fields = {label: {"href": "", "value": value, "timestamp": 0} for label, value in counted.items()}
        fields["Creation Timestamp"] = {"href": "", "value": "", "timestamp": when}
        entries.append({"media_map_data": thumbnail, "string_map_data": fields})
    pack.add(f"{folder}posts.json", garbled({"organic_insights_posts": entries}))
    for number, (uri, exposure) in enumerate(
        ((named, Exposure.UNKNOWN), (timed, Exposure.UNKNOWN), (strangers, Exposure.PUBLIC)), 1
    ):
        says = columns_of(
            "post", "2024-insights", exposure=exposure, posted_at=f"2023-06-17T11:0{6 + number}:40+00:00"
        )
        if exposure is Exposure.PUBLIC:
            says["audience_source"] = "per_item"
        pack.plant(uri, photos.photo("astronaut", 10 + number), "astronaut", **says)


def _newest(pack: Pack) -> None:
    """Instants, the second copy of the media, the lists of people, and posts as labels and values."""
    activity = "your_instagram_activity/"
    instant = "media/quicksnaps/202607/18000000000000020.jpg"
    pack.add(f"{activity}quicksnaps/quicksnaps.json", [{"media": [picture(instant)]}])
    says = columns_of(
        "instant", "2025", exposure=Exposure.NETWORK, audience_source="file", url=None, url_kind=None
    )
    pack.plant(instant, photos.photo("astronaut", 20), "astronaut", **says)
    first = next(planted for planted in pack.planted if planted.path and "35100000" in planted.path)
    pack.plant(f"public-{first.path}", pack.files[str(first.path)], first.person, **first.says)
    pack.plant(UNNAMED, photos.photo("astronaut", 21), "astronaut", context="post", exposure=Exposure.UNKNOWN)
    people = [{"title": "", "string_list_data": [{"value": "bo", "timestamp": POSTED}]}]
    lists = "connections/followers_and_following/"
    pack.add(f"{lists}close_friends.json", {"relationships_close_friends": people})
    pack.add(f"{lists}hide_story_from.json", {"relationships_hide_stories_from": people})
    labelled = "media/other/18159195736450118.jpg"
    values: list[dict[str, Any]] = [
        {"label": "Légende", "value": "L'été"},
        {"label": "Contenu multimédia", "media": [picture(labelled)]},
    ]
    post = {"timestamp": POSTED, "media": [], "label_values": values, "fbid": "18159195736450118"}
    pack.add(f"{activity}media/posts.json", garbled([post]))
    says = columns_of(
        "post", "2025", caption="L'été", post_id="18159195736450118", posted_at_source="timestamp"
    )
    pack.plant(labelled, photos.photo("astronaut", 22), "astronaut", **says)


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
    shown = columns_of("profile_photo", "2021", exposure=Exposure.PUBLIC) | times
    pack.plant(face, photos.photo("astronaut", 3), "astronaut", **shown)
    message_columns = {
        "url": None,
        "url_kind": None,
        "exposure": Exposure.UNKNOWN,
        "audience_source": "chat_type",
    }
    message_columns |= {"author": None, "author_is_owner": None}
    columns = columns_of("message", "2021") | times | message_columns
    pack.plant(sent, photos.photo("astronaut", 4), "astronaut", **columns)
