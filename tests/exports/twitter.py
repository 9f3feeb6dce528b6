"""X archives: today's layout, that of early 2022 (tweet.js), and that before April 2020 (no data/)."""

from __future__ import annotations

import json
from typing import Any

from selfsearch.types import Exposure

from .. import photos
from . import Pack

LAYOUTS = ("current", "early-2022", "before-2020")
OWNER, FRIEND = "9", "77"
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
PROTECTED, OPENED = "2021-03-01T00:00:00.000Z", "2021-06-01T00:00:00.000Z"
NEVER = "tweets of an unprotected account are public: the account was first protected on 2021-03-01"
AGAIN = "tweets of an unprotected account are public: the account was unprotected on 2021-06-01"


def build(layout: str) -> Pack:
    """An account that was protected from March to May 2021, with every kind of tweet and message."""
    pack = Pack(f"twitter-2024-05-01-{'ab' * 32}")
    base = "" if layout == "before-2020" else "data/"
    tweets = "tweets" if layout == "current" else "tweet"
    pack.add("Your archive.html", "<html></html>")
    pack.add("assets/images/twemoji/v/1f600.png", photos.encoded(photos.portrait("f"), "PNG"))
    _about(pack, base)
    _tweets(pack, base, tweets)
    _messages(pack, base)
    if layout == "current":
        _kinds(pack, base)
    return pack


def script(name: str, value: Any, part: int = 0) -> str:
    """A record as X writes it."""
    return f"window.YTD.{name}.part{part} = {json.dumps(value, indent=2)}"


def picture(item: str, file: str, **more: Any) -> dict[str, Any]:
    """A photo among a tweet's media."""
    address = f"pbs.twimg.com/media/{file}"
    return {
        "id_str": "1" + item[1:],
        "type": "photo",
        "url": "https://t.co/AbCdEf",
        "indices": ["25", "40"],
        "expanded_url": f"https://twitter.com/ana_example/status/{item}/photo/1",
        "media_url": f"http://{address}",
        "media_url_https": f"https://{address}",
        **more,
    }


def moving(item: str, kind: str, *variants: tuple[str | None, str]) -> dict[str, Any]:
    """A video or GIF among a tweet's media; variants are bitrate and file name."""
    urls = [
        {"content_type": "video/mp4", "url": f"https://video.twimg.com/tweet_video/{name}?tag=12"}
        | ({"bitrate": rate} if rate else {})
        for rate, name in variants
    ]
    return picture(item, f"thumb{item}.jpg", type=kind, video_info={"variants": urls})


def tweet(item: str, when: str, text: str, media: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One element of tweets.js."""
    return {
        "tweet": {
            "id": item,
            "id_str": item,
            "created_at": when,
            "full_text": text,
            "favorite_count": "3",
            "retweeted": False,
            "entities": {"hashtags": [], "user_mentions": [], "urls": [], "media": media[:1]},
            "extended_entities": {"media": media},
            **more,
        }
    }


def _columns(item: str, when: str, **more: Any) -> dict[str, Any]:
    return {
        "platform": "x",
        "account": "ana_example",
        "context": "post",
        "posted_at": when,
        "posted_at_source": "created_at",
        "url": f"https://twitter.com/ana_example/status/{item}",
        "url_kind": "constructed",
        "author": "ana_example",
        "author_is_owner": True,
        "post_id": item,
    } | more


OPEN = {"exposure": Exposure.PUBLIC, "audience": "unprotected", "audience_source": "account_setting"}


def _about(pack: Pack, base: str) -> None:
    owner = {
        "username": "ana_example",
        "accountId": OWNER,
        "accountDisplayName": "Ana",
        "createdAt": "2015-01-01",
    }
    info = {"accountId": OWNER, "userName": "ana_example", "displayName": "Ana"}
    archive = {"sizeBytes": "1", "generationDate": "2024-05-01T10:00:00.000Z", "isPartialArchive": False}
    listing = {"protectedHistory": {"files": [{"fileName": "data/protected-history.js", "count": "2"}]}}
    manifest = {"userInfo": info, "archiveInfo": archive, "dataTypes": listing}
    pack.add(f"{base}manifest.js", f"window.__THAR_CONFIG = {json.dumps(manifest)}")
    pack.add(f"{base}account.js", script("account", [{"account": owner}]))
    pack.add(f"{base}like.js", "window.YTD.like.part0 = [ ]")
    history = [
        {"protectedHistory": {"protectedAt": OPENED, "action": "Unprotect"}},
        {"protectedHistory": {"protectedAt": PROTECTED, "action": "Protect"}},
    ]
    pack.add(f"{base}protected-history.js", script("protected_history", history))
    profile = {
        "description": {"bio": "", "website": "", "location": ""},
        "avatarMediaUrl": "https://pbs.twimg.com/profile_images/1/face.jpg",
        "headerMediaUrl": "https://pbs.twimg.com/profile_banners/9/160",
    }
    pack.add(f"{base}profile.js", script("profile", [{"profile": profile}]))
    for variant, file, context in ((1, "9-face.jpg", "profile_photo"), (2, "9-160.jpg", "header")):
        pack.plant(
            f"{base}profile_media/{file}",
            photos.photo("astronaut", variant),
            "astronaut",
            context=context,
            url="https://twitter.com/ana_example",
            url_kind="profile",
            exposure=Exposure.PUBLIC,
            posted_at=None,
        )


def _tweets(pack: Pack, base: str, stem: str) -> None:
    folder = f"{base}{stem}_media"
    first, four, film, gif = (
        "1226462117360567049",
        "1226462117360567050",
        "1380000000000000001",
        "1420000000000000002",
    )
    shared, bogus, lent = "1226462117360567060", "1226462117360567061", "1226462117360567062"
    text = "Hello Lisbon &amp; friends https://t.co/AbCdEf https://t.co/Site"
    links = [{"url": "https://t.co/Site", "expanded_url": "https://example.org/a?b=1"}]
    entities = {"urls": links, "user_mentions": [{"screen_name": "bo", "name": "Bo"}]}
    place = {
        "geo": {"type": "Point", "coordinates": ["38.71", "-9.14"]},
        "coordinates": {"type": "Point", "coordinates": ["-9.14", "38.71"]},
    }
    early, when = "Sun Feb 09 11:05:30 +0000 2020", "2020-02-09T11:05:30+00:00"
    opening = {"exposure_reason": NEVER} | OPEN
    listed = [
        tweet(first, early, text, [picture(first, "D1aBcDeXyZ1.jpg")], entities=entities, **place),
        tweet(four, early, "four", [picture(four, f"P{n}.jpg") for n in range(4)]),
        tweet("1226462117360567051", early, "no media", []),
    ]
    later = [
        tweet(
            film,
            "Thu Apr 08 12:00:00 +0000 2021",
            "film",
            [moving(film, "video", ("256000", "small.mp4"), ("832000", "AbCd.mp4"), (None, "list.m3u8"))],
        ),
        tweet(gif, "Tue Jul 27 12:00:00 +0000 2021", "gif", [moving(gif, "animated_gif", ("0", "G1.mp4"))]),
        tweet(
            shared,
            early,
            "RT @bo: our day https://t.co/AbCdEf",
            [picture(shared, "R1.jpg", source_status_id_str="12", source_user_id_str=FRIEND)],
        ),
        tweet(bogus, "Wed Jan 01 00:00:00 +0000 1997", "bogus year", [picture(bogus, "B1.jpg")]),
        tweet(
            lent,
            early,
            "lent",
            [
                picture(
                    lent,
                    "L1.jpg",
                    source_user_id_str=FRIEND,
                    expanded_url="https://twitter.com/bo/status/12/photo/1",
                )
            ],
        ),
        tweet("1226462117360567070", early, "lost", [picture("1226462117360567070", "lost.jpg")]),
    ]
    pack.add(f"{base}{stem}.js", script(stem, listed))
    pack.add(f"{base}{stem}-part1.js", script(stem, later, 1))
    pack.plant(
        f"{folder}/{first}-D1aBcDeXyZ1.jpg",
        photos.photo("astronaut", 3),
        "astronaut",
        **_columns(
            first,
            when,
            caption="Hello Lisbon & friends https://t.co/AbCdEf https://example.org/a?b=1",
            location=(38.71, -9.14),
            location_source="geo",
            people=("@bo",),
            **opening,
        ),
    )
    for n, person in enumerate(("astronaut", "a", "b", None)):
        data = photos.photo(person, 4) if person else photos.nobody(1)
        pack.plant(
            f"{folder}/{four}-P{n}.jpg", data, person, **_columns(four, when, caption="four", **opening)
        )
    pack.plant(
        f"{folder}/{film}-AbCd.mp4",
        MP4,
        None,
        **_columns(
            film,
            "2021-04-08T12:00:00+00:00",
            exposure_reason=f"{AGAIN}, which opened older tweets too",
            **OPEN,
        ),
    )
    pack.plant(
        f"{folder}/{gif}-G1.mp4",
        MP4 + b"g",
        None,
        **_columns(gif, "2021-07-27T12:00:00+00:00", exposure_reason=AGAIN, **OPEN),
    )
    pack.plant(
        f"{folder}/{shared}-R1.jpg",
        photos.photo("astronaut", 5),
        "astronaut",
        **_columns(shared, when, context="repost", author="bo", author_is_owner=False, **opening),
    )
    pack.plant(
        f"{folder}/{bogus}-B1.jpg",
        photos.photo("c", 1),
        "c",
        **_columns(bogus, "2020-02-09T11:05:30+00:00", posted_at_source="id_str (snowflake)", **opening),
    )
    lender = _columns(lent, when, author="bo", author_is_owner=False, **opening)
    pack.plant(f"{folder}/{lent}-L1.jpg", photos.photo("d", 1), "d", **lender)
    pack.plant(
        f"{folder}/1226462117360567099-orphan.jpg",
        photos.photo("astronaut", 6),
        "astronaut",
        **_columns(
            "1226462117360567099",
            "2020-02-09T11:05:30+00:00",
            posted_at_source="file name (snowflake)",
            author=None,
            author_is_owner=None,
            **opening,
        ),
    )


def _messages(pack: Pack, base: str) -> None:
    def sent(item: str, sender: str, file: str, text: str) -> dict[str, Any]:
        url = f"https://ton.twitter.com/dm/{item}/34/{file}"
        when = "2020-02-10T08:00:01.500Z"
        return {
            "messageCreate": {
                "id": item,
                "senderId": sender,
                "recipientId": OWNER,
                "text": text,
                "mediaUrls": [url],
                "urls": [],
                "createdAt": when,
            }
        }

    joined = {"joinConversation": {"initiatingUserId": FRIEND, "createdAt": "2020-02-10T08:00:00.000Z"}}
    for name, talk, item, sender, exposure in (
        ("direct_messages", "9-77", "1226777777777777777", FRIEND, Exposure.PRIVATE),
        ("direct_messages_group", "1226000000000000000", "1226777777777777778", OWNER, Exposure.NETWORK),
    ):
        messages = [joined, sent(item, sender, "File.jpg", "you &lt;3")]
        record = [{"dmConversation": {"conversationId": talk, "messages": messages}}]
        pack.add(f"{base}{name.replace('_', '-')}.js", script(name, record))
        pack.plant(
            f"{base}{name}_media/{item}-File.jpg",
            photos.photo("astronaut", 7 + (sender == OWNER)),
            "astronaut",
            context="message",
            caption="you <3",
            posted_at="2020-02-10T08:00:01+00:00",
            posted_at_source="createdAt",
            author="ana_example" if sender == OWNER else FRIEND,
            author_is_owner=sender == OWNER,
            audience_source="chat_type",
            exposure=exposure,
            url=None,
        )


def _kinds(pack: Pack, base: str) -> None:
    early = "1380000000000000003"  # of the protected time, and gone before it ended
    gone = tweet(
        early,
        "Thu Apr 08 12:00:00 +0000 2021",
        "gone",
        [picture(early, "K.jpg")],
        deleted_at="2021-05-01T00:00:00.000Z",
    )
    says = {"context": "deleted", "exposure": Exposure.NETWORK, "audience": "protected", "url": None}
    pack.plant(
        f"{base}deleted_tweets_media/{early}-K.jpg",
        photos.photo("astronaut", 12),
        "astronaut",
        **_columns(early, "2021-04-08T12:00:00+00:00", url_kind=None, **says),
    )
    kinds = (
        (
            "deleted-tweets",
            "deleted_tweets_media",
            "deleted",
            "1226462117360567080",
            {"url": None, "url_kind": None},
        ),
        ("twitter-circle-tweet", "twitter_circle_tweet_media", "circle", "1226462117360567081", {}),
        ("community-tweet", "community_tweet_media", "community", "1226462117360567082", {}),
    )
    visibility = {"circle": (Exposure.NETWORK, "Twitter Circle"), "community": (Exposure.PUBLIC, "Community")}
    for number, (stem, folder, context, item, more) in enumerate(kinds):
        record = tweet(
            item,
            "Sun Feb 09 11:05:30 +0000 2020",
            context,
            [picture(item, "K.jpg")],
            **({"deleted_at": "2024-04-20T00:00:00.000Z"} if context == "deleted" else {}),
        )
        listed = [record, gone] if context == "deleted" else [record]
        pack.add(f"{base}{stem}.js", script(stem.replace("-", "_"), listed))
        exposure, audience = visibility.get(context, (Exposure.PUBLIC, "unprotected"))
        says = {"context": context, "exposure": exposure, "audience": audience} | more
        pack.plant(
            f"{base}{folder}/{item}-K.jpg",
            photos.photo("astronaut", 9 + number),
            "astronaut",
            **_columns(item, "2020-02-09T11:05:30+00:00", **says),
        )
