"""Facebook downloads are read for what they say, in every layout, and never for more."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from selfsearch.exports.discovery import discover
from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.facebook import Facebook
from selfsearch.exports.platforms.facebook_fields import destination
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.types import Exposure

from .archives import write_folder
from .exports import Pack, instagram
from .exports.facebook import LAYOUTS, TIMELINES, build
from .exports.facebook_records import POSTED, garbled, message, picture, post
from .exports.reading import columns

JPEG = b"\xff\xd8\xff\xe0"


def provenances_of(export: Export, path: str | None) -> list[dict[str, Any]]:
    """The columns of every provenance that records give to one path, or to what has none."""
    return [m.provenance.columns() for m in Facebook(export).mentions() if m.path == path]


def small(**records: Any) -> Export:
    """A download of 2024 with these files under posts/, "__" for "/", and one photograph."""
    pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234")
    pack.add("your_facebook_activity/posts/media/a_1/12345678_n.jpg", JPEG)
    for stem, record in records.items():
        pack.add(f"your_facebook_activity/{stem.replace('__', '/')}.json", record)
    return pack.as_export()


PHOTO = "your_facebook_activity/posts/media/a_1/12345678_n.jpg"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_exactly_what_was_planted_is_read_and_no_record_is_odd(layout):
    pack = build(layout)
    export = pack.as_export()
    there = sorted(str(m.path) for m in Facebook(export).mentions() if m.path in pack.files)
    unnamed = [path for path in pack.files if path.endswith(UNNAMED)]
    assert there == sorted(str(planted.path) for planted in pack.planted if planted.path not in unnamed)
    notes = {path for path, note in export.notes.items() if "HTML download" not in note}
    assert notes == ({"stories/archived_stories.json"} if layout == "2021" else set())


UNNAMED = ("facebook_marketplace/media/4.jpg", "dating/media/2.jpg", "bo_1/photos/2.jpg")  # by no record


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_renamed_download_is_facebook_s_and_not_instagram_s(layout):
    pack = build(layout)
    pack.name = "renamed"
    assert Facebook.confirm(pack.as_export())
    assert not Instagram.confirm(pack.as_export())


@pytest.mark.parametrize("layout", LAYOUTS[:-1])
def test_the_owner_is_read_from_the_profile(layout):
    pack = build(layout)
    date = (Facebook.download(pack.name) or (None, None))[1]
    assert Facebook(pack.as_export()).account == Account("ana.silva", "Ana Silva", date)


@pytest.mark.parametrize("layout", TIMELINES)
def test_what_is_not_in_the_download_is_listed(layout):
    export = build(layout).as_export()
    gone = [
        (m.path, columns(m.provenance)) for m in Facebook(export).mentions() if m.path not in export.members
    ]
    assert [(str(path)[-14:], p.context, p.url_kind, p.posted_at) for path, p in gone] == [
        ("18999999_1_n.jpg"[-14:], "post", "profile", "2020-09-13T12:28:40+00:00"),
        ("None", "message", "exact", "2020-09-13T12:26:40+00:00"),
    ]


def test_parts_of_one_download_share_a_series_whatever_their_tails():
    parts = ["facebook-ana.silva-2024-05-01-AbCd1234.zip", "Facebook-Ana.Silva-2024-05-01-Zz-9_x (1).zip"]
    assert {Facebook.part_key(part) for part in parts} == {"facebook-ana.silva-2024-05-01"}
    assert Facebook.part_key("holiday.zip") is None
    assert Facebook.part_key("instagram-ana-2024-05-01-AbCd1234.zip") is None


def test_a_part_with_nothing_but_media_is_recognised_by_its_name():
    pack = Pack("facebook-ana.silva-2024-05-01-Zz99")
    pack.add("posts/media/a_1/1.jpg", JPEG)
    assert [root.prefix for root in Facebook.recognize(PathIndex(pack.files))] == [""]
    assert Facebook.confirm(pack.as_export())
    pack.name = "my website"
    assert not Facebook.confirm(pack.as_export())


def test_numbered_json_beside_a_media_folder_is_not_a_chat_without_its_fields():
    pack = Pack("site")
    pack.add("media/a.jpg", JPEG)
    pack.add("data_1.json", {"rows": [1]})
    pack.add("data_2.json", "not json")
    assert [root.prefix for root in Facebook.recognize(PathIndex(pack.files))] == [""]
    assert not Facebook.confirm(pack.as_export())


def test_a_tree_nested_inside_another_is_one_export_and_its_files_are_found():
    pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234")
    nested = "personal_information/profile_information/"
    pack.add(f"{nested}profile_information.json", {"profile_v2": {"name": {"full_name": "Ana"}}})
    pack.add(f"{nested}{PHOTO}", JPEG)
    pack.add(f"{nested}your_facebook_activity/posts/your_posts_1.json", [post(picture(PHOTO))])
    assert [root.prefix for root in Facebook.recognize(PathIndex(pack.files))] == [""]
    assert [provenance["context"] for provenance in provenances_of(pack.as_export(), f"{nested}{PHOTO}")] == [
        "post"
    ]


ADDRESS = "https://www.facebook.com/ana.silva/posts/5"
LINKED = {
    "timestamp": POSTED,
    "media": [picture(PHOTO)],
    "label_values": [{"label": "Adresse", "href": ADDRESS}],
    "fbid": "5",
}
OTHER_PHOTO = PHOTO.replace("12345678", "87654321")


def of_the_post(export: Export) -> tuple[Any, ...]:
    """The address and the id of the picture in a timeline post."""
    (provenance,) = [p for p in provenances_of(export, PHOTO) if "your_posts" in p["records"][0]]
    return provenance["url"], provenance["url_kind"], provenance["post_id"], provenance["records"]


def test_a_post_borrows_the_address_of_the_record_that_has_its_second_and_its_picture():
    export = small(posts__your_posts_1=[post(picture(PHOTO))], **{"posts__check-ins": LINKED})
    posts, check_ins = (f"your_facebook_activity/posts/{name}.json" for name in ("your_posts_1", "check-ins"))
    assert of_the_post(export) == (ADDRESS, "exact", "5", (posts, check_ins))


@pytest.mark.parametrize(
    "linked",
    [
        [LINKED | {"media": []}],  # the same second alone proves nothing
        [LINKED | {"media": [picture(OTHER_PHOTO)]}],
        [LINKED | {"timestamp": POSTED + 1}],
        [LINKED, LINKED | {"fbid": "6"}],  # which of the two cannot be told
        [LINKED | {"label_values": [], "fbid": None}],
    ],
)
@pytest.mark.parametrize("record", ["check-ins", "archive", "trash"])
def test_a_post_never_takes_the_address_of_another_one(linked, record):
    export = small(posts__your_posts_1=[post(picture(PHOTO))], **{f"posts__{record}": linked})
    assert of_the_post(export)[:3] == (None, None, None)


def test_the_addresses_that_the_owner_shared_are_not_those_of_the_owner_s_posts():
    shared = {"posts__content_sharing_links_you_have_created": [LINKED]}
    assert of_the_post(small(posts__your_posts_1=[post(picture(PHOTO))], **shared))[:3] == (None, None, None)


def test_an_id_on_the_media_makes_a_constructed_address():
    export = small(posts__your_posts_1=[post(picture(PHOTO, id="123"))])
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["url"], provenance["url_kind"]) == (
        "https://www.facebook.com/photo/?fbid=123",
        "constructed",
    )


@pytest.mark.parametrize(
    ("text", "own", "caption"),
    [("A day out", "At the lake", "A day out\nAt the lake"), ("At the lake", "At the lake", "At the lake")],
)
def test_a_pictures_own_words_stand_below_the_posts(text, own, caption):
    export = small(posts__your_posts_1=garbled([post(picture(PHOTO, description=own), text=text)]))
    (provenance,) = provenances_of(export, PHOTO)
    assert provenance["caption"] == caption


@pytest.mark.parametrize("called", ["Photos de profil", "Profilbilder", "Фото профиля", "プロフィール写真"])
def test_profile_pictures_are_known_by_their_localised_album(called):
    export = small(posts__album__0=garbled({"name": called, "photos": [picture(PHOTO)]}))
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["context"], provenance["exposure"], provenance["album"]) == (
        "profile_photo",
        Exposure.PUBLIC,
        called,
    )


def test_text_that_is_not_garbled_stays_as_it_is():
    for text in ("naïve ÿ", "日本", "plain", "a\udc80b"):
        export = small(posts__your_posts_1=json.dumps([post(picture(PHOTO), text=text)]))
        (provenance,) = provenances_of(export, PHOTO)
        assert provenance["caption"] == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_cut_file_is_read_up_to_the_cut():
    whole = json.dumps([post(picture(PHOTO)), post(picture(PHOTO), timestamp=POSTED + 9)])
    export = small(posts__your_posts_1=whole[: len(whole) - 40])
    assert len(provenances_of(export, PHOTO)) == 1
    assert [note[:26] for note in export.notes.values()] == ["damaged JSON, read as far "]


def test_a_cut_conversation_keeps_its_participants_and_messages():
    pack = Pack("facebook-x-2024-05-01-A")
    folder = "your_facebook_activity/messages/inbox/bo_1"
    pack.add(f"{folder}/photos/1.jpg", JPEG)
    thread = {"participants": [{"name": "Bo"}, {"name": "Ana"}], "messages": []}
    thread["messages"] = [message("Bo", photos=[{"uri": f"{folder}/photos/1.jpg"}]), message("Ana")]
    pack.add(f"{folder}/message_1.json", json.dumps(thread)[:-30])
    (provenance,) = provenances_of(pack.as_export(), f"{folder}/photos/1.jpg")
    assert (provenance["author"], provenance["author_is_owner"], provenance["context"]) == (
        "Bo",
        None,
        "message",
    )


def test_the_owner_of_a_conversation_of_two_is_known_from_its_title():
    pack = Pack("facebook-x-2024-05-01-A")
    folder = "your_facebook_activity/messages/inbox/bo_1"
    pack.add(f"{folder}/photos/1.jpg", JPEG)
    thread = {"participants": [{"name": "Bo"}, {"name": "Ana"}], "title": "Bo"}
    thread["messages"] = [message(who, photos=[{"uri": f"{folder}/photos/1.jpg"}]) for who in ("Bo", "Ana")]
    pack.add(f"{folder}/message_1.json", thread)
    provenances = provenances_of(pack.as_export(), f"{folder}/photos/1.jpg")
    senders = [(provenance["author"], provenance["author_is_owner"]) for provenance in provenances]
    assert senders == [("Bo", False), ("Ana", True)]


BAD_RECORDS = [
    None,
    7,
    "text",
    [],
    {},
    {"attachments": None},
    {"attachments": {"data": 5}},
    {"attachments": [{"data": [None, {"media": None}, {"media": {"uri": 7}}]}], "data": 3, "tags": 9},
    {"timestamp": "yesterday", "attachments": [{"data": [{"media": {"uri": ""}}]}]},
]


def test_bad_records_never_hide_the_good_ones():
    export = small(posts__your_posts_1=[*BAD_RECORDS, post(picture(PHOTO)), *BAD_RECORDS])
    assert [provenance["posted_at"] for provenance in provenances_of(export, PHOTO)] == [
        "2020-09-13T12:26:40+00:00"
    ]
    (note,) = export.notes.values()
    assert note == "8 entries passed over: not in the form of a record"


@pytest.mark.parametrize("when", [None, "x", True, -5e30, 1e300, 10**40, [], {}, 99999999999999])
def test_an_absurd_time_is_no_time(when):
    exif = [{"taken_timestamp": when, "latitude": when, "longitude": 1}]
    media = picture(PHOTO, exif=exif, creation_timestamp=when)
    export = small(posts__your_posts_1=[post(media, timestamp=when)])
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["posted_at"], provenance["taken_at"], provenance["location"]) == (None, None, None)


@pytest.mark.parametrize(
    "wrong", [None, 5, "x", [], {}, [[]], {"name": 5, "photos": {"uri": 4}}, {"photos": None}]
)
@pytest.mark.parametrize(
    "record", ["posts__album__0", "posts__your_videos", "messages__inbox__a_1__message_1", "stories__x"]
)
def test_wrong_types_in_any_record_are_no_reason_to_stop(record, wrong):
    export = small(posts__your_posts_1=[post(picture(PHOTO))], **{record: wrong})
    assert len(provenances_of(export, PHOTO)) == 1


def test_absurd_nesting_is_noted():
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    export = small(posts__your_posts_1=deep, posts__your_posts_2=[post(picture(PHOTO))])
    assert len(provenances_of(export, PHOTO)) == 1
    assert list(export.notes) == ["your_facebook_activity/posts/your_posts_1.json"]


def test_a_record_in_envelopes_is_found_and_nesting_that_can_be_parsed_is_no_reason_to_stop():
    wrapped = {"a": {"b": {"c": [post(picture(PHOTO))]}}}
    (provenance,) = provenances_of(small(posts__your_posts_1=wrapped), PHOTO)
    assert provenance["posted_at"] is not None
    deep = '{"a":' * 700 + "1" + "}" * 700
    export = small(posts__your_posts_1=deep, posts__your_posts_2=[post(picture(PHOTO))])
    assert len(provenances_of(export, PHOTO)) == 1


def test_an_expired_link_of_facebook_s_own_servers_is_no_address():
    gone = picture("https://scontent-fra3-1.xx.fbcdn.net/v/t1/1_n.jpg?oh=00")
    export = small(posts__your_posts_1=[post(gone)])
    (provenance,) = provenances_of(export, None)
    assert (provenance["url"], provenance["context"]) == (None, "post")


def test_pages_that_cannot_be_read_say_what_to_ask_for():
    pack = Pack("facebook-ana-2024-05-01-AbCd")
    pages = {f"your_facebook_activity/posts/your_posts_{number}.html" for number in (1, 2)}
    for page in pages:
        pack.add(page, "<html><body></body></html>")
    pack.add(PHOTO, JPEG)
    export = pack.as_export()
    assert list(Facebook(export).mentions()) == []
    assert all(note.endswith("ask for the download in JSON") for note in export.notes.values())
    assert export.notes.keys() == export.unread == pages


INFERRED = {
    "your_facebook_activity/messages/inbox/bo_1/photos/1.jpg": ("message", Exposure.UNKNOWN, None),
    "messages/archived_threads/bo_1/photos/1.jpg": ("message", Exposure.UNKNOWN, None),
    "your_facebook_activity/messages/broadcast/x_1/photos/1.jpg": ("message", Exposure.UNKNOWN, None),
    "your_facebook_activity/stories/1.jpg": ("story", Exposure.UNKNOWN, None),
    "your_facebook_activity/short_videos/1.jpg": ("reel", Exposure.UNKNOWN, None),
    "your_facebook_activity/groups/1.jpg": ("group", Exposure.UNKNOWN, None),
    "your_facebook_activity/events/1.jpg": ("event", Exposure.UNKNOWN, None),
    "your_facebook_activity/dating/media/1.jpg": ("dating", Exposure.NETWORK, None),
    "your_facebook_activity/facebook_marketplace/1.jpg": ("listing", Exposure.PUBLIC, None),
    "your_facebook_activity/posts/media/dating/1.jpg": ("post", Exposure.UNKNOWN, None),
    "posts/media/Profilepictures/1.jpg": ("profile_photo", Exposure.PUBLIC, "Profilepictures"),
    "photos_and_videos/CoverPhotos_yXZ_abcd-1/1.jpg": ("cover_photo", Exposure.PUBLIC, "CoverPhotos"),
    "posts/media/Mobileuploads/1.jpg": ("post", Exposure.UNKNOWN, None),
    "posts/media/ProfilePictures_12/1.jpg": ("profile_photo", Exposure.PUBLIC, "ProfilePictures"),
    "photos_and_videos/CoverPhotos_12/1.jpg": ("cover_photo", Exposure.PUBLIC, "CoverPhotos"),
    "posts/media/Mobileuploads_12/1.jpg": ("post", Exposure.UNKNOWN, "Mobileuploads"),
    "photos_and_videos/Lisbon_12/1.jpg": ("album", Exposure.UNKNOWN, "Lisbon"),
    "whatever/1.jpg": ("other", Exposure.UNKNOWN, None),
}


@pytest.mark.parametrize("path", INFERRED)
def test_a_file_without_a_record_is_what_its_folder_says(path):
    inferred = Facebook(small()).infer(path)
    assert (inferred.context, inferred.exposure.level, inferred.album) == INFERRED[path]
    assert (inferred.platform, inferred.account, inferred.author_is_owner) == ("facebook", "ana.silva", None)


def test_stickers_are_derivatives_and_photographs_are_not():
    assert Facebook.derivative("your_facebook_activity/messages/stickers_used/7.png")
    assert Facebook.derivative(PHOTO) is None


@pytest.mark.parametrize("shift", range(13))
def test_an_emoji_that_was_cut_in_half_ends_nothing_wherever_it_stands(shift):
    whole, half = "\U0001f600" * 3, "x\ud83d"
    posts = [
        post(picture(PHOTO), text=text) for text in ("a" * shift, whole, half, "\ude00y", half + whole) * 20
    ]
    export = small(posts__your_posts_1=json.dumps(posts) + " " * (1 << 18))
    captions = [provenance["caption"] for provenance in provenances_of(export, PHOTO)]
    assert captions == [
        text or None for text in ("a" * shift, whole, "x\ufffd", "\ufffdy", "x\ufffd" + whole) * 20
    ]
    assert export.notes == {}


def test_a_long_file_is_streamed_and_not_held():
    record = json.dumps(post(picture(PHOTO), text="hello " * 50))
    export = small(
        posts__your_posts_1="[" + ",".join([record] * 3000)
    )  # cut: only a stream sees what is before
    mentions = Facebook(export).mentions()
    assert next(mentions).path == PHOTO
    assert export.notes == {}
    assert sum(1 for _ in mentions) == 2999
    assert len(export.notes) == 1


@pytest.mark.parametrize("wrapper", ["", "facebook-ana.silva-2024-05-01/"])
def test_records_of_one_part_find_their_media_in_another(tmp_path, wrapper):
    whole = build("2024")
    for tail, endings in (("AbCd1234", (".json",)), ("Zz-9_xYw", (".jpg", ".mp4", "_n", ".png"))):
        part = Pack(f"facebook-ana.silva-2024-05-01-{tail}", wrapper=wrapper)
        part.files = {path: data for path, data in whole.files.items() if path.endswith(endings)}
        part.write(tmp_path)
    (source,) = discover(tmp_path).sources
    assert (source.platform, len(source.containers)) == ("facebook", 2)
    contexts = {item.path: [provenance.context for provenance in item.provenance] for item in source.items()}
    for planted in whole.planted:
        assert planted.says["context"] in contexts[planted.path]


KINDS = [  # record -> context, exposure, whose, and the link: the profile's page, or none
    ("posts/your_posts_1", "post", Exposure.UNKNOWN, True, "profile"),
    ("posts/archive", "archived", Exposure.UNKNOWN, True, None),
    ("posts/archive_2", "archived", Exposure.UNKNOWN, True, None),
    ("posts/trash", "deleted", Exposure.UNKNOWN, True, None),
    ("posts/your_uncategorized_photos", "other", Exposure.UNKNOWN, True, "profile"),
    ("posts/uncategorized_photos", "other", Exposure.UNKNOWN, True, "profile"),
    ("posts/your_videos", "other", Exposure.UNKNOWN, True, "profile"),
    ("posts/your_photos", "other", Exposure.UNKNOWN, True, "profile"),
    ("photos_and_videos/your_videos_1", "other", Exposure.UNKNOWN, True, "profile"),
    ("posts/other_people's_posts_to_your_timeline", "post", Exposure.UNKNOWN, False, "profile"),
    ("stories/archived_stories", "story", Exposure.UNKNOWN, True, "profile"),
    ("reels/your_reels", "reel", Exposure.UNKNOWN, True, "profile"),
    ("groups/group_posts", "group", Exposure.UNKNOWN, True, None),
    ("groups/your_comments_in_groups", "comment", Exposure.UNKNOWN, True, None),
    ("comments_and_reactions/comments", "comment", Exposure.UNKNOWN, True, None),
    ("posts/posts_on_other_pages_and_profiles", "timeline", Exposure.UNKNOWN, True, None),
    ("posts/shared_memories", "memory", Exposure.UNKNOWN, None, None),
    ("posts/your_sent_shared_album_invites", "other", Exposure.UNKNOWN, None, None),
    ("short_videos/your_reels_1", "reel", Exposure.UNKNOWN, True, "profile"),
    ("groups/your_pending_posts_in_groups", "group", Exposure.UNKNOWN, True, None),
    ("facebook_marketplace/items_sold", "listing", Exposure.PUBLIC, True, None),
    ("marketplace/your_listings", "listing", Exposure.PUBLIC, True, None),
    ("facebook_marketplace/your_marketplace_listing_history", "listing", Exposure.PUBLIC, None, None),
    ("facebook_marketplace/conversations_you_had_as_a_buyer", "message", Exposure.UNKNOWN, None, None),
    ("dating/your_dating_profile", "dating", Exposure.NETWORK, True, None),
    ("facebook_dating/profile/photos", "dating", Exposure.NETWORK, True, None),
    ("events/your_events", "event", Exposure.UNKNOWN, True, None),
    ("events/events_you_hosted", "event", Exposure.UNKNOWN, True, None),
    ("events/event_invitations", "event", Exposure.UNKNOWN, None, None),
    ("other_activity/notes", "post", Exposure.UNKNOWN, True, "profile"),
    ("other_activity/qr_codes", "other", Exposure.UNKNOWN, None, None),
    ("pages/your_pages", "other", Exposure.UNKNOWN, None, None),
    ("live_videos/your_live_videos", "other", Exposure.UNKNOWN, None, None),
]


@pytest.mark.parametrize(("record", "context", "exposure", "is_owner", "link"), KINDS)
def test_what_an_item_is_follows_from_the_record_that_names_it(record, context, exposure, is_owner, link):
    pack = Pack("facebook-ana.silva-2024-05-01-A")
    pack.add(PHOTO, JPEG)
    about = {"name": {"full_name": "Ana Silva"}, "profile_uri": "https://www.facebook.com/ana.silva"}
    pack.add("profile_information/profile_information.json", {"profile_v2": about})
    pack.add(f"your_facebook_activity/{record}.json", [post(picture(PHOTO), picture("posts/media/gone.jpg"))])
    mentions = list(Facebook(pack.as_export()).mentions())
    provenance = columns(mentions[0].provenance)
    assert (provenance.context, provenance.exposure, provenance.url_kind) == (context, exposure, link)
    assert (provenance.author_is_owner, provenance.author) == (is_owner, "Ana Silva" if is_owner else None)
    only_if_present = is_owner is None or context == "dating"
    assert len(mentions) == (1 if only_if_present else 2)


@pytest.mark.parametrize(
    "record", ["groups/your_group_membership", "comments/reactions", "search/your_search"]
)
def test_records_of_other_things_name_no_media(record):
    assert provenances_of(small(**{record.replace("/", "__"): [post(picture(PHOTO))]}), PHOTO) == []


@pytest.mark.parametrize("label", ["Message", "Text", "Description", "Caption", "message", "text"])
def test_the_words_of_a_labelled_record_are_its_caption(label):
    record = {"media": [picture(PHOTO)], "label_values": [{"label": label, "value": "sea"}]}
    assert [p["caption"] for p in provenances_of(small(posts__archive=[record]), PHOTO)] == ["sea"]
    record["label_values"] = [{"ent_field_name": label, "value": "sea"}, {"label": "URL", "value": "x"}]
    assert [p["caption"] for p in provenances_of(small(posts__archive=[record]), PHOTO)] == ["sea"]


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ({"username": "ana", "profile_uri": "https://www.facebook.com/silva"}, "ana"),
        ({"profile_uri": "https://www.facebook.com/silva"}, "silva"),
        ({"profile_uri": "https://www.facebook.com/silva/"}, "silva"),
        ({"profile_uri": "https://www.facebook.com/profile.php?id=1"}, "ana.silva"),
        ({"profile_uri": "https://www.facebook.com/profile.php"}, "ana.silva"),
        ({"profile_uri": "https://www.facebook.com/people"}, "ana.silva"),
        ({"profile_uri": "https://example.org/silva"}, "ana.silva"),
        ({}, "ana.silva"),  # the download's name
    ],
)
def test_the_handle_is_the_users_name_else_that_of_the_profiles_page(profile, name):
    pack = Pack("facebook-ana.silva-2024-05-01-A")
    about = {"name": "Ana", **profile}
    pack.add("profile_information/profile_information.json", {"profile_v2": about})
    assert Facebook(pack.as_export()).account == Account(name, "Ana", "2024-05-01")


def test_a_group_s_post_borrows_no_address_of_its_second():
    export = small(groups__group_posts=[post(picture(PHOTO))], **{"posts__check-ins": LINKED})
    assert [p["url"] for p in provenances_of(export, PHOTO)] == [ADDRESS, None]


def test_a_comment_is_by_whoever_it_says():
    comment = {"comment": "nice", "author": "Bo", "group": "Cooks"}
    export = small(groups__your_comments_in_groups=[post(picture(PHOTO), data=[{"comment": comment}])])
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["author"], provenance["album"], provenance["caption"]) == ("Bo", "Cooks", "nice")


@pytest.mark.parametrize(
    ("times", "at", "source"),
    [
        ({"timestamp": POSTED}, "2020-09-13T12:26:40+00:00", "timestamp"),
        ({"timestamp": 1072915200}, "2004-01-01T00:00:00+00:00", "timestamp"),
        ({"timestamp": 1072915199}, "2020-09-13T12:26:41+00:00", "creation_timestamp"),  # before Facebook
        ({"timestamp": 0}, "2020-09-13T12:26:41+00:00", "creation_timestamp"),
    ],
)
def test_the_time_of_a_post_is_one_at_which_facebook_existed(times, at, source):
    (provenance,) = provenances_of(small(posts__your_posts_1=[post(picture(PHOTO), **times)]), PHOTO)
    assert (provenance["posted_at"], provenance["posted_at_source"]) == (at, source)


@pytest.mark.parametrize(
    ("exif", "taken_at", "source"),
    [
        ({"taken_timestamp": 1500000000, "date_time_original": "2023:06:17 12:01:02"},
         "2017-07-14T02:40:00+00:00", "taken_timestamp"),
        ({"date_time_original": "2023:06:17 12:01:02", "date_time_digitized": "2022:06:17 12:01:02"},
         "2023-06-17T12:01:02", "date_time_original"),
        ({"date_time_digitized": "2022-06-17T12:01:02"}, "2022-06-17T12:01:02", "date_time_digitized"),
        ({"date_time_original": "soon"}, None, None),
    ],
)  # fmt: skip
def test_of_the_camera_s_times_the_surest_counts(exif, taken_at, source):
    (provenance,) = provenances_of(small(posts__your_posts_1=[post(picture(PHOTO, exif=[exif]))]), PHOTO)
    assert (provenance["taken_at"], provenance["taken_at_source"]) == (taken_at, source)


def thread(*messages: Any, **head: Any) -> Export:
    """A conversation with one photograph, for an owner who is called Ana Silva."""
    pack = Pack("facebook-ana.silva-2024-05-01-A")
    about = {"name": {"full_name": "Ana Silva"}, "previous_names": [{"name": "Ana Alba"}]}
    pack.add("profile_information/profile_information.json", {"profile_v2": about})
    pack.add(SENT, JPEG)
    pack.add(SENT.replace("photos/1.jpg", "message_1.json"), head | {"messages": list(messages)})
    return pack.as_export()


SENT = "your_facebook_activity/messages/inbox/bo_1/photos/1.jpg"


@pytest.mark.parametrize(
    ("participants", "title", "sender", "is_owner", "exposure"),
    [
        (["Bo", "Ana Silva"], "Bo", "Ana Silva", True, Exposure.PRIVATE),
        (["Bo", "Ana Silva"], "Bo", "Bo", False, Exposure.PRIVATE),
        (["Bo", "Ana Alba"], "Bo", "Ana Alba", True, Exposure.PRIVATE),  # a name of earlier
        (["Bo", "A. S."], "Bo", "A. S.", True, Exposure.PRIVATE),  # the other one of two
        (["Bo", "A. S."], "Bo_12", "A. S.", True, Exposure.PRIVATE),
        (["Bo", "A. S."], "Friends", "A. S.", None, Exposure.UNKNOWN),  # a group that the others left
        (["Bo", "A. S."], None, "A. S.", None, Exposure.UNKNOWN),
        (["Bo", "A. S.", "Cy"], "Bo", "A. S.", None, Exposure.NETWORK),
        (["Bo", "Ana Silva"], "Bo", None, None, Exposure.PRIVATE),
        (["Bo", "Ana Silva"], "Bo", "Cy", False, Exposure.NETWORK),  # who takes part no more
        (["Bo", "Ana Silva", "Cy"], "Friends", "Ana Silva", True, Exposure.NETWORK),
        (["Bo", "Ana Silva", "Cy"], "Friends", "Cy", False, Exposure.NETWORK),
        (["Ana Silva"], "Friends", "Bo", False, Exposure.UNKNOWN),  # a group that the owner left
        ([], "Bo", "Ana Silva", True, Exposure.UNKNOWN),
        ([], "Bo", "Bo", False, Exposure.UNKNOWN),
    ],
)
def test_whose_a_message_is_and_who_could_see_it_is_said_where_names_or_the_title_prove_it(
    participants, title, sender, is_owner, exposure
):
    people = [{"name": name} for name in participants]
    export = thread(message(sender, photos=[{"uri": SENT}]), participants=people, title=title)
    (provenance,) = provenances_of(export, SENT)
    assert (provenance["author"], provenance["author_is_owner"]) == (sender, is_owner)
    assert (provenance["album"], provenance["exposure"]) == (title, exposure)


@pytest.mark.parametrize(
    ("head", "senders", "exposure"),
    [
        ({}, ["Bo", "Ana Silva"], Exposure.PRIVATE),
        ({"thread_type": "Regular"}, ["Bo"], Exposure.PRIVATE),
        ({"thread_type": "RegularGroup"}, ["Bo"], Exposure.NETWORK),
        ({"joinable_mode": {"mode": 1, "link": ""}}, ["Bo"], Exposure.PRIVATE),
        ({"joinable_mode": {"mode": 1, "link": "https://m.me/j/x"}}, ["Bo"], Exposure.NETWORK),
        ({"image": {"creation_timestamp": POSTED}}, ["Bo"], Exposure.NETWORK),
        ({}, ["Bo", "Bérg"], Exposure.NETWORK),  # who wrote, and has left
    ],
)
def test_a_group_of_which_two_are_left_is_a_group_where_its_record_shows_it(head, senders, exposure):
    people = [{"name": name} for name in ("Bo", "Ana Silva")]
    messages = [message(senders[0], photos=[{"uri": SENT}]), *map(message, senders)]
    export = thread(*garbled(messages), participants=people, title="Bo", **head)
    (provenance,) = provenances_of(export, SENT)
    assert provenance["exposure"] is exposure


@pytest.mark.parametrize(
    "other",
    [
        {"reactions": [{"reaction": "x", "actor": "Cy"}]},  # who looked on, and has left
        {"users": [{"name": "Cy"}]},  # who was added, or removed
    ],
)
def test_a_group_of_which_two_are_left_is_a_group_whatever_the_third_did(other):
    people = [{"name": name} for name in ("Bo", "Ana Silva")]
    messages = [message("Bo", photos=[{"uri": SENT}]), message("Bo", **other)]
    (provenance,) = provenances_of(thread(*messages, participants=people, title="Bo"), SENT)
    assert provenance["exposure"] is Exposure.NETWORK


def test_a_group_of_which_two_are_left_is_a_group_where_an_earlier_file_shows_it():
    folder = SENT.removesuffix("photos/1.jpg")
    for writer, exposure in (("Cy", Exposure.NETWORK), ("Ana Silva", Exposure.PRIVATE)):
        pack = Pack("facebook-x-2024-05-01-A")
        head = {"participants": [{"name": "Bo"}, {"name": "Ana Silva"}], "title": "Bo"}
        pack.add(SENT, JPEG)
        pack.add(f"{folder}message_1.json", head | {"messages": [message("Bo", photos=[{"uri": SENT}])]})
        pack.add(f"{folder}message_2.json", head | {"messages": [message(writer)]})
        (provenance,) = provenances_of(pack.as_export(), SENT)
        assert provenance["exposure"] is exposure


def test_an_encrypted_chat_in_which_a_third_one_wrote_is_a_group():
    for other, exposure in (("Cy", Exposure.NETWORK), ("Ana", Exposure.PRIVATE)):
        pack = Pack("messages")
        sent = {"senderName": "Bo", "media": [{"uri": "./media/1.jpg"}], "timestamp": 1687000000000}
        written = {"senderName": other, "media": [], "timestamp": 1687000000000}
        head = {"participants": ["Bo", "Ana"], "threadName": "Bo_1"}
        pack.add("media/1.jpg", JPEG)
        pack.add("Bo_1.json", head | {"messages": [sent, written]})
        (provenance,) = provenances_of(pack.as_export(), "media/1.jpg")
        assert provenance["exposure"] is exposure


def test_an_encrypted_chat_whose_media_could_not_be_had_names_no_file():
    pack = build("encrypted")
    record = json.loads(pack.files["Bo Berg_12.json"])
    record["messages"][0]["media"] = [{"uri": "Failed to download media"}]
    pack.add("Bo Berg_12.json", record)
    assert [mention.path for mention in Facebook(pack.as_export()).mentions()] == ["media/c3d4.jpeg"]


def test_who_takes_part_is_known_where_it_stands_after_the_messages():
    export = thread()
    record = SENT.replace("photos/1.jpg", "message_1.json")
    people = [{"name": name} for name in ("Bo", "A. S.")]
    content = {"messages": [message("A. S.", photos=[{"uri": SENT}])], "participants": people, "title": "Bo"}
    export.members[record].container.files[record] = json.dumps(content).encode()
    (provenance,) = provenances_of(export, SENT)
    assert provenance["author_is_owner"] is True


@pytest.mark.parametrize(("people", "is_owner"), [(["Bo", "A. S."], None), (["Bo", "Ana Silva"], False)])
def test_who_takes_part_is_known_of_a_conversation_that_is_cut(people, is_owner):
    """Also where it is too long to be held: in both cases it is streamed."""
    export = thread(message("Bo", photos=[{"uri": SENT}]), participants=[{"name": name} for name in people])
    record = SENT.replace("photos/1.jpg", "message_1.json")
    container = export.members[record].container
    container.files[record] = container.files[record][:-2]
    (provenance,) = provenances_of(export, SENT)
    assert (provenance["author"], provenance["author_is_owner"]) == ("Bo", is_owner)


def test_every_kind_of_media_in_a_message_and_the_groups_picture_are_read():
    exif = [{"latitude": 48.85, "longitude": 2.35, "taken_timestamp": 1500000000}]
    for kind in ("photos", "videos", "gifs", "files"):
        (provenance,) = provenances_of(thread(message("Bo", **{kind: [picture(SENT, exif=exif)]})), SENT)
        assert (provenance["location"], provenance["taken_at"]) == (
            (48.85, 2.35),
            "2017-07-14T02:40:00+00:00",
        )
    (provenance,) = provenances_of(thread(image={"uri": SENT, "creation_timestamp": POSTED}), SENT)
    assert (provenance["posted_at_source"], provenance["author"]) == ("creation_timestamp", None)
    assert provenances_of(thread(message("Bo", audio_files=[{"uri": SENT}])), SENT) == []


def test_a_link_is_listed_once_however_often_it_is_sent():
    gif = {"uri": "https://giphy.com/x.gif"}
    export = thread(message("Bo", gifs=[gif, gif]), message("Bo", gifs=[gif]))
    assert [mention.path for mention in Facebook(export).mentions()] == [None]


@pytest.mark.parametrize(
    ("uri", "files", "found"),
    [
        ("posts/media/a_1/1.jpg", ["posts/media/a_1/1.jpg"], "posts/media/a_1/1.jpg"),
        ("./posts/media/a_1/1.jpg ", ["posts/media/a_1/1.jpg"], "posts/media/a_1/1.jpg"),
        ("1.jpg", ["your_facebook_activity/posts/1.jpg"], "your_facebook_activity/posts/1.jpg"),
        ("a_1/1.jpg", ["x/y/a_1/1.jpg"], "x/y/a_1/1.jpg"),  # below other folders
        ("x/y/a_1/1.jpg", ["a_1/1.jpg"], "a_1/1.jpg"),  # without the outer ones
        ("a_1/1.jpg", ["x/a_1/1.jpg", "y/a_1/1.jpg"], "a_1/1.jpg"),  # which one cannot be told
        ("a/1234.jpg", ["b/1234.jpg"], "b/1234.jpg"),  # a name long enough to be the only one
        ("a/123.jpg", ["b/123.jpg"], "a/123.jpg"),
        ("a/1234.jpg", ["b/1234.jpg", "c/1234.jpg"], "a/1234.jpg"),
        ("messages/inbox/bo_1/1234.jpg", ["posts/1234.jpg"], "messages/inbox/bo_1/1234.jpg"),  # not that one
        ("messages/inbox/bo_1/1234.jpg", ["messages/bo/1234.jpg"], "messages/bo/1234.jpg"),
    ],
)
def test_a_record_finds_its_file_where_only_one_can_be_meant(uri, files, found):
    pack = Pack("facebook-ana.silva-2024-05-01-A")
    pack.add("your_facebook_activity/posts/your_posts_1.json", [post(picture(uri))])
    for file in files:
        pack.add(file, JPEG)
    assert [mention.path for mention in Facebook(pack.as_export()).mentions()] == [found]


def test_a_page_beside_records_is_no_sign_of_the_html_download():
    pack = build("2024")
    pack.add("your_facebook_activity/start_here.html", "<html>")
    export = pack.as_export()
    assert list(Facebook(export).mentions())
    assert export.notes == {}


@pytest.mark.parametrize(
    ("sentence", "context", "album"),
    [
        ("Ana Silva wrote on Bo Bérg's timeline.", "timeline", None),
        ("Ana Silva added 3 new photos to Bo Bérg\u2019s profile.", "timeline", None),
        ("Ana Silva shared a photo to Bo to Go's timeline.", "timeline", None),
        ("Ana Silva hat ein Foto in Bos Chronik gepostet.", "timeline", None),
        ("Ana Silva shared a photo to the group: Friends of the Page.", "group", "Friends of the Page"),
        ("Ana Silva shared an album: Rome to the group: Cooks!", "group", "Cooks"),
        ("Ana Silva hat ein Foto in der Gruppe „Köche & Co“ geteilt.", "group", "Köche & Co"),
        ("Ana Silva a partagé une photo dans le groupe : Amis.", "group", "Amis"),
        ("Ana Silva 写真をKöche 日本に追加しました", "group", "Köche 日本"),
        ("Ana Silva: 1 写真 (Köche 日本)", "group", "Köche 日本"),  # a group that the owner was in
        ("Ana Silva added a photo to the event: Open Day.", "event", None),
        ("Ana Silva wrote on Ana Silva's timeline.", "post", None),
        ("Ana Silva added a new photo.", "post", None),
        ("Ana Silva is in Ams.", "post", None),  # a group's name, too, but a short one
        ("Ana Silva updated her status on 's timeline", "post", None),
        ("Ana Silva was at Bo's café.", "post", None),
        ("İn the group: İstanbul to the group: İstanbul", "group", "i̇stanbul"),
        ("to the group: " + "x" * 1000, "post", None),
        ("", "post", None),
    ],
)
def test_what_was_posted_elsewhere_is_known_by_facebook_s_sentence(sentence, context, album):
    joined = {"groups_joined_v2": [{"data": [{"name": "Köche 日本"}, {"name": "Ams"}], "title": "x"}]}
    records = {"posts__your_posts_1": [post(picture(PHOTO), title=sentence)]}
    records["personal_information__profile_information__profile_information"] = {
        "profile_v2": {"name": {"full_name": "Ana Silva"}, "profile_uri": "https://www.facebook.com/ana"}
    }
    records["groups__your_group_membership_activity"] = joined
    (provenance,) = provenances_of(small(**garbled(records)), PHOTO)
    assert (provenance["context"], provenance["album"]) == (context, album)
    assert provenance["exposure"] is Exposure.UNKNOWN
    assert (provenance["url_kind"] == "profile") is (context == "post")


def test_the_record_of_the_groups_is_named_where_it_decided():
    records = {"groups__your_groups": {"groups_admined_v2": [{"name": "Köche 日本", "timestamp": POSTED}]}}
    records["posts__your_posts_1"] = [post(picture(PHOTO), title="Ana: Köche 日本")]
    (provenance,) = provenances_of(small(**garbled(records)), PHOTO)
    assert provenance["records"] == (
        "your_facebook_activity/posts/your_posts_1.json",
        "your_facebook_activity/groups/your_groups.json",
    )


def test_sentences_that_nobody_wrote_take_no_time():
    sentence = ("to the group: in der gruppe in " * 40)[:1000]
    began = perf_counter()
    for number in range(300):
        destination(f"{number}{sentence}"[:1000], frozenset({"a group"}))
    assert perf_counter() - began < 5


@pytest.mark.parametrize(
    ("uri", "listed"), [("https://x.fbcdn.net/1_b.jpg?oe=6", []), (OTHER_PHOTO, [OTHER_PHOTO])]
)
def test_a_video_s_small_picture_is_listed_only_when_it_is_a_file(uri, listed):
    film = picture(PHOTO, thumbnail={"uri": uri})
    export = small(posts__your_videos={"videos_v2": [film]})
    assert [mention.path for mention in Facebook(export).mentions()] == [PHOTO, *listed]


def test_a_profile_picture_is_public_by_the_album_in_its_path_whatever_record_names_it():
    face = "your_facebook_activity/posts/media/Profilepictures_12/1.jpg"
    records = {
        "posts/archive": "archived", "posts/trash": "deleted", "posts/your_posts_1": "profile_photo",
        "groups/group_posts": "group", "profile_information/profile_update_history": "profile_photo",
    }  # fmt: skip
    for record, context in records.items():
        pack = Pack("facebook-ana.silva-2024-05-01-AbCd1234", {face: JPEG})
        pack.add(f"your_facebook_activity/{record}.json", [post(picture(face))])
        (provenance,) = provenances_of(pack.as_export(), face)
        assert (provenance["exposure"], provenance["context"]) == (Exposure.PUBLIC, context)


@pytest.mark.parametrize(
    ("said", "exposure", "audience"),
    [
        ({"privacy": "Public"}, Exposure.PUBLIC, "Public"),
        ({"label_values": [{"label": "Audience", "value": "Öffentlich"}]}, Exposure.PUBLIC, "Öffentlich"),
        ({"label_values": [{"ent_field_name": "privacy", "value": "Friends"}]}, Exposure.UNKNOWN, "Friends"),
        ({"label_values": [{"label": "Dato", "value": "Public"}]}, Exposure.UNKNOWN, None),
        ({"privacy": {"value": "Public"}}, Exposure.UNKNOWN, None),
    ],
)
def test_a_word_for_the_audience_counts_where_it_is_known_and_is_kept_where_it_is_not(
    said, exposure, audience
):
    export = small(events__your_events={"your_events_v2": [{"name": "x", "cover": picture(PHOTO)} | said]})
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["exposure"], provenance["audience"]) == (exposure, audience)


@pytest.mark.parametrize(
    ("layout", "tree"), [("2024", "your_facebook_activity"), ("2023", "your_activity_across_facebook")]
)
def test_facebook_and_instagram_unpacked_into_one_folder_are_two_sources(
    layout: str, tree: str, tmp_path: Path
) -> None:
    """Neither has had a folder of its own in its zip since 2023."""
    ours, theirs = build(layout), instagram.build("2024")
    write_folder(tmp_path / "alone", ours.files)
    write_folder(tmp_path / "together", {**theirs.files, **ours.files})
    alone, together = (said_of_posts(tmp_path / name, tree) for name in ("alone", "together"))
    assert len(alone) > 10
    assert together == alone
    assert [source.platform for source in discover(tmp_path / "together").sources] == [
        "instagram",
        "facebook",
    ]


def said_of_posts(folder: Path, tree: str) -> dict[str, tuple[str | None, str | None, Exposure]]:
    """What is said of each picture of Facebook's, by its path in its tree."""
    (source,) = (source for source in discover(folder).sources if source.platform == "facebook")
    return {
        item.path.removeprefix(f"{tree}/"): (said.context, said.caption, said.exposure.level)
        for item in source.items()
        if item.member and item.decided is None
        for said in item.provenance
    }
