"""Whose export a set of files is: the least that is enough, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from selfsearch.exports.grouping import recognize
from selfsearch.exports.platforms import WITHOUT_MEDIA

from .exports import Pack

IG, OLD_IG, FB = "instagram-ana-2024-05-01-AbCd", "ana.example_20210501_part_1", "facebook-ana-2024-05-01-Ab"
X = "window.YTD.account.part0 = []"
PAIR = {"primary": {"path": "Photos/post/1.webp"}}
CHAT = "[01.05.24, 10:00:00] Ana: hello\n"
ALBUM = "ana/Trip/AlbumInfo.json"

# The name of the download, its files, and who recognises them.
LEAST: list[tuple[str, dict[str, Any], list[str]]] = [
    ("x", {"outbox.json": {"type": "OrderedCollection"}, "actor.json": {}}, ["mastodon"]),
    ("x", {"outbox.json": {"orderedItems": []}, "actor.json": {}}, ["mastodon"]),
    ("x", {"outbox.json": [], "actor.json": {"preferredUsername": "ana"}}, ["mastodon"]),
    ("x", {"outbox.json": {"type": "OrderedCollection"}}, []),
    ("x", {"outbox.json": {"type": "OrderedCollection"}, "more/actor.json": {}}, []),
    ("x", {"outbox.json": {"type": "Collection"}, "actor.json": {"name": "ana"}}, []),
    ("x", {"outbox.json": {"items": [{"type": "OrderedCollection"}]}, "actor.json": {}}, []),
    ("x", {"outbox.json": [{"orderedItems": []}], "actor.json": {}}, []),
    ("x", {"your_instagram_activity/media/a.jpg": b""}, ["instagram"]),
    ("x", {"content/posts_1.json": []}, ["instagram"]),
    ("x", {"connections/followers_and_following/followers_1.json": []}, ["instagram"]),
    ("x", {"followers_and_following/followers.json": []}, ["instagram"]),
    ("x", {"content/stories.json": {"ig_stories": []}}, ["instagram"]),
    ("x", {"content/reels.json": {"ig_reels_media": []}}, ["instagram"]),
    ("x", {"content/profile_photos.json": {"ig_profile_picture": []}}, ["instagram"]),
    ("x", {"content/profile_photos.json": [{"ig_profile_picture": []}]}, []),
    ("x", {"content/stories.json": {"about": {}, "ig_stories": []}}, []),
    ("x", {"content/stories.json": {"count": 1, "ig_stories": []}}, ["instagram"]),
    ("x", {"media.json": {"photos": [{"path": "photos/1.jpg"}]}}, ["instagram"]),
    ("x", {"media.json": {"photos": [{"file": "photos/1.jpg"}]}}, []),
    ("x", {"media/posts/1.jpg": b""}, []),
    *((name, {f"{folder}/1.jpg": b""}, ["instagram"]) for name in (IG, OLD_IG) for folder in (
        "media/posts", "media/stories", "media/reels", "messages/inbox",
    )),
    (IG, {"media/other/1.jpg": b""}, []),
    ("ana.example_20210501_part_x", {"media/posts/1.jpg": b""}, []),
    *((FB, {f"{folder}/1.jpg": b""}, ["facebook"]) for folder in (
        "messages/inbox", "posts/media", "photos_and_videos",
    )),
    ("x", {"posts/media/1.jpg": b""}, []),
    *(("x", {f"{folder}/1.jpg": b""}, ["facebook"]) for folder in (
        "your_facebook_activity", "your_activity_across_facebook",
        "this_profile's_activity_across_facebook", "this_profile_s_activity_across_facebook",
    )),
    ("x", {"posts/your_posts_1.json": []}, ["facebook"]),
    ("x", {"posts/album/0.json": {}}, ["facebook"]),
    ("x", {"photos_and_videos/album/0.json": {}}, ["facebook"]),
    ("x", {"photos_and_videos/your_photos.json": {}}, ["facebook"]),
    ("x", {"profile_information/profile_information.json": {"profile_v2": {"name": "Ana"}}}, ["facebook"]),
    ("x", {"profile_information/profile_information.json": {"name": "Ana"}}, []),
    ("x", {"media/a.jpg": b"", "Bo_1.json": {"threadName": "Bo"}}, ["facebook"]),
    ("x", {"media/a.jpg": b"", "Bo_1.json": {"about": {}, "threadName": "Bo"}}, ["facebook"]),
    ("x", {"media/a.jpg": b"", "Bo_1.json": {"messages": [{"media": [], "senderName": "Bo"}]}}, ["facebook"]),
    ("x", {"media/a.jpg": b"", "Bo_1.json": {"messages": [{"from": "Bo"}, {"senderName": "Bo"}]}}, []),
    ("x", {"media/a.jpg": b"", "Bo_x.json": {"threadName": "Bo"}}, []),
    ("x", {"Bo_1.json": {"threadName": "Bo"}}, []),
    ("x", {"data/account.js": X}, ["x"]),
    ("x", {"data/manifest.js": "window.__THAR_CONFIG = {}"}, ["x"]),
    ("x", {"data/account.js": "module.exports = []"}, []),
    ("x", {"data/tweets_media/1-a.jpg": b""}, ["x"]),
    ("x", {"data/tweet_media/1-a.jpg": b""}, ["x"]),
    ("x", {"tweets_media/1-a.jpg": b""}, []),
    *(("x", {"account.js": X, name: X}, ["x"]) for name in ("tweet.js", "tweets.js", "manifest.js")),
    ("x", {"account.js": X}, []),
    ("x", {"json/memories_history.json": {}}, ["snapchat"]),
    ("x", {"html/memories_history.html": "<table>"}, ["snapchat"]),
    ("x", {"memories/2024-05-01_AB-main.jpg": b""}, ["snapchat"]),
    ("x", {"memories/2024-05-01_AB.jpg": b""}, []),
    ("x", {"chat_media/2024-05-01_b~Qw.jpg": b""}, ["snapchat"]),
    ("x", {"chat_media/2024-05-01_Qw.jpg": b""}, []),
    ("x", {"json/account.json": {}, "json/chat_history.json": {}}, ["snapchat"]),
    ("x", {"json/account.json": {}}, []),
    ("x", {"json/chat_history.json": {}}, []),
    ("x", {"result.json": {"type": "personal_chat", "messages": []}}, ["telegram"]),
    ("x", {"result.json": {"type": "replies", "messages": []}}, ["telegram"]),
    ("x", {"result.json": {"messages": [{"date": "2024", "from_id": "user1"}]}}, ["telegram"]),
    ("x", {"result.json": {"chats": {"list": []}}}, ["telegram"]),
    ("x", {"result.json": {"left_chats": {"list": []}}}, ["telegram"]),
    ("x", {"result.json": {"personal_information": {}}}, ["telegram"]),
    ("x", {"result.json": {"personal_information": "Ana"}}, []),
    ("x", {"result.json": {"type": "personal_chat"}}, []),
    ("x", {"result.json": {"type": "report", "messages": []}}, []),
    ("x", {"result.json": {"messages": [{"date": "2024"}]}}, []),
    ("x", {"result.json": {"messages": [{"from_id": "user1"}]}}, []),
    ("x", {"messages/index.json": {}, "messages/c12345/channel.json": {}}, ["discord"]),
    ("x", {"messages/index.json": {}, "messages/c12345/messages.csv": ""}, ["discord"]),
    ("x", {"messages/index.json": {}, "account/user.json": {"id": "1", "username": "ana"}}, ["discord"]),
    ("x", {"messages/index.json": {}, "account/user.json": {"id": "1", "discriminator": "0"}}, ["discord"]),
    ("x", {"messages/index.json": {}, "account/user.json": {"id": "1", "name": "ana"}}, []),
    ("x", {"messages/index.json": {}, "account/user.json": {"username": "ana"}}, []),
    ("x", {"messages/index.json": {}}, []),
    ("x", {"Nachrichten/index.json": {}, "Nachrichten/c12345/channel.json": {}}, ["discord"]),
    ("x", {"Nachrichten/index.json": {}, "Nachrichten/12345/channel.json": {}}, ["discord"]),
    ("x", {"Nachrichten/index.json": {}, "Nachrichten/1234/channel.json": {}}, []),
    ("x", {"Nachrichten/c12345/channel.json": {}}, []),
    ("x", {"Photos/Photo Details.csv": "imgName,fileChecksum"}, ["icloud"]),
    ("x", {ALBUM: {}}, ["icloud"]),
    ("iCloud Photos Part 1 of 2", {"Photos/a.jpg": b""}, []),
    ("x", {"iCloud Photos Part 1 of 2/Photos/a.jpg": b""}, ["icloud"]),
    ("x", {"account_profile.json": {}, "albums.json": {}}, ["flickr"]),
    ("x", {"account_profile.json": {}}, []),
    ("x", {"photo_123.json": '{"photopage": "x"}'}, ["flickr"]),
    ("x", {"photo_123.json": '{"url": "https://www.flickr.com/1"}'}, ["flickr"]),
    ("x", {"photo_123.json": '{"page": "x"}'}, []),
    ("x", {"photo_abc.json": '{"photopage": "x"}'}, []),
    ("data-download-1", {"sea_12345678_0123456789_o.jpg": b""}, ["flickr"]),
    ("x", {"sea_12345678_0123456789_o.jpg": b""}, []),
    ("x", {"user_data_tiktok.json": {}}, ["tiktok"]),
    ("x", {"user_data.json": {"Activity": {}}}, ["tiktok"]),
    ("x", {"user_data.json": {"App Settings": {}}}, ["tiktok"]),
    ("x", {"user_data.json": {"users": {"Activity": {}}}}, []),
    ("x", {"posts.json": [PAIR]}, ["bereal"]),
    ("x", {"memories.json": {"memories": [{"frontImage": {"path": "Photos/1.webp"}}]}}, ["bereal"]),
    ("x", {"posts.json": [{"primary": {"url": "x"}}]}, []),
    ("x", {"posts.json": [{"title": "x"}]}, []),
    ("x", {"Connections.csv": "Notes:\n\nFirst Name,Connected On\n"}, ["linkedin"]),
    ("x", {"Rich_Media.csv": "Date/Time,Media Description,Media Link\n"}, ["linkedin"]),
    ("x", {"Shares.csv": "Date,ShareLink\n"}, ["linkedin"]),
    ("x", {"Shares.csv": "Company,Price\n"}, []),
    ("x", {"posts.csv": "", "comments.csv": "", "statistics.csv": ""}, ["reddit"]),
    ("x", {"posts.csv": "", "comments.csv": "", "ip_logs.csv": ""}, ["reddit"]),
    ("x", {"posts.csv": "", "comments.csv": ""}, []),
    ("x", {"posts.csv": "", "statistics.csv": ""}, []),
    ("x", {"_chat.txt": CHAT}, ["whatsapp"]),
    ("x", {"WhatsApp Chat with Bo.txt": CHAT}, ["whatsapp"]),
    ("x", {"_chat.txt": "a list of things\n"}, []),
    ("x", {"chat.txt": CHAT}, []),
    ("x", {"Takeout/Google Photos/Trip/a.jpg": b""}, ["google_photos"]),
    ("x", {"Trip/a.jpg": b"", "Trip/a.jpg.json": {"photoTakenTime": {}}}, ["google_photos"]),
    ("x", {"Takeout/Fotky/Fotky z 2021/a.jpg": b""}, ["google_photos"]),
    ("x", {"Groups/DM k6oxHQ/group_info.json": {}}, ["google_chat"]),
    ("x", {"Google Chat/Groups/DM k6oxHQ/File-a.jpg": b""}, ["google_chat"]),
    ("x", {"Groups/Space AAAA1/messages.json": {"messages": []}}, ["google_chat"]),
    ("x", {"Groups/DM k6oxHQ/File-a.jpg": b""}, []),
    ("x", {"Groups/Other/messages.json": {"messages": []}}, []),
    ("x", {"Hangouts/Hangouts.json": {"conversations": []}}, ["hangouts"]),
    ("x", {"Hangouts.json": {"conversation_state": []}}, ["hangouts"]),
    ("x", {"Hangouts.json": {"chats": []}}, []),
    ("takeout-20240501T101112Z-002", {"Takeout/Hangouts/a.jpg": b""}, ["hangouts"]),
    ("x", {"Hangouts/a.jpg": b""}, []),
    ("x", {"Takeout/Maps/Photos and videos/a.json": {"creationTime": {}}}, ["google_maps"]),
    ("x", {"Maps (your places)/Photos and videos/a.jpg.json": {"creationTime": {}}}, ["google_maps"]),
    ("takeout-20240501T101112Z-001", {"Takeout/Maps/Fotos und Videos/a.jpg": b""}, ["google_maps"]),
    ("x", {"Maps/Photos/a.jpg": b""}, []),
    ("x", {"Maps/Photos/a.json": {"photoTakenTime": {}, "creationTime": {}}}, []),
    ("x", {"Fotky/Fotky z 2021/a.jpg": b""}, []),
    ("x", {"Takeout/YouTube and YouTube Music/videos/a.mp4": b""}, ["youtube"]),
    ("x", {"YouTube and YouTube Music/videos/a.mp4": b""}, ["youtube"]),
    ("x", {"Takeout/YouTube/videos/a.mp4": b""}, ["youtube"]),
    ("x", {"YouTube/videos/a.mp4": b""}, []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "platforms"), LEAST)
def test_an_export_is_known_by_the_least_of_its_files_and_by_nothing_that_only_looks_like_it(
    name: str, files: dict[str, Any], platforms: list[str]
) -> None:
    pack = Pack(name)
    for path, content in files.items():
        pack.add(path, content)
    members = list(pack.as_export().members.values())
    assert [recognition.platform.name for recognition in recognize(members, name)] == platforms


def test_the_platforms_whose_exports_hold_links_alone_are_these() -> None:
    assert {"discord", "linkedin", "reddit", "tiktok"} == WITHOUT_MEDIA
