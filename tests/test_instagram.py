"""Instagram downloads are read for what they say; who could see a post follows from the account's setting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Period
from selfsearch.exports.platforms.dates import parse_timestamp
from selfsearch.exports.platforms.facebook import Facebook
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.types import Exposure

from .exports import Pack
from .exports.facebook import garbled
from .exports.instagram import LAYOUTS, POSTED, account, build, picture

JPEG = b"\xff\xd8\xff\xe0"
PHOTO = "media/posts/202306/351000001_1234567890_n.jpg"
RECORDS = "your_instagram_activity/media"


def provenances_of(export: Export, path: str | None) -> list[dict[str, Any]]:
    """The columns of every provenance that records give to one path, or to what has none."""
    return [m.provenance.columns() for m in Instagram(export).mentions() if m.path == path]


def small(name: str = "instagram-ana.example-2024-05-01-AbCd1234", **records: Any) -> Pack:
    """A download of 2024 with one photograph and these files, "__" for "/"."""
    pack = Pack(name)
    pack.add(PHOTO, JPEG)
    for stem, record in records.items():
        pack.add(f"{RECORDS}/{stem.replace('__', '/')}.json", record)
    return pack


def with_account(profile: Any, *changes: tuple[int, str]) -> Export:
    pack = small(posts_1=[{"media": [picture(PHOTO)]}], stories={"ig_stories": [picture(PHOTO)]})
    pack.add("personal_information/personal_information/personal_information.json", profile)
    listed = [{"title": text, "string_map_data": {"Time": {"timestamp": when}}} for when, text in changes]
    pack.add("security/profile_privacy_changes.json", {"account_history_account_privacy_history": listed})
    return pack.as_export()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_exactly_what_was_planted_is_read_and_no_record_is_odd(layout):
    pack = build(layout)
    export = pack.as_export()
    there = sorted(str(m.path) for m in Instagram(export).mentions() if m.path in pack.files)
    assert there == sorted(str(planted.path) for planted in pack.planted)
    assert export.notes == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_renamed_download_is_instagram_s_and_not_facebook_s(layout):
    pack = build(layout)
    pack.name = "renamed"
    assert Instagram.confirm(pack.as_export())
    assert not Facebook.confirm(pack.as_export())


def test_parts_of_one_download_share_a_series():
    parts = ["instagram-ana.example-2024-05-01-AbCd1234.zip", "instagram-Ana.example-2024-05-01-x.zip"]
    assert {Instagram.part_key(part) for part in parts} == {"instagram-ana.example-2024-05-01"}
    old = ["ana.example_20210501_part_1.zip", "ana.example_20210501_part_2.zip"]
    assert {Instagram.part_key(part) for part in old} == {"instagram-ana.example-2021-05-01"}
    assert Instagram.part_key("facebook-ana-2024-05-01-AbCd1234.zip") is None


def test_a_part_with_nothing_but_media_is_recognised_by_its_name():
    pack = small()
    assert [root.prefix for root in Instagram.recognize(PathIndex(pack.files))] == [""]
    assert Instagram.confirm(pack.as_export())
    assert not Instagram.confirm(small("my website").as_export())


UNSAID = "Instagram does not export the audience"


@pytest.mark.parametrize(
    ("setting", "exposure", "story", "reason"),
    [
        (
            True,
            Exposure.NETWORK,
            Exposure.NETWORK,
            f"{UNSAID}; the account was private when the export was made (setting 'Private Account': True); "
            "earlier it may not have been",
        ),
        (
            False,
            Exposure.PUBLIC,
            Exposure.UNKNOWN,
            f"{UNSAID}; the account was public when the export was made (setting 'Private Account': False); "
            "earlier it may not have been",
        ),
        (
            None,
            Exposure.UNKNOWN,
            Exposure.UNKNOWN,
            f"{UNSAID}, and the account's setting is not in this export",
        ),
    ],
)
def test_the_account_s_setting_stands_in_for_the_audience(setting, exposure, story, reason):
    post, story_columns = provenances_of(with_account(account(setting)), PHOTO)
    assert (post["exposure"], post["exposure_reason"]) == (exposure, reason)
    assert story_columns["exposure"] is story
    assert story_columns["exposure_reason"].startswith(reason)


@pytest.mark.parametrize(
    ("label", "value", "exposure"),
    [
        ("Privates Konto", "Wahr", Exposure.NETWORK),
        ("Cuenta privada", "Falso", Exposure.PUBLIC),
        ("Private Account", True, Exposure.NETWORK),
        ("Private Account", "perhaps", Exposure.UNKNOWN),
        ("Something Else", "True", Exposure.UNKNOWN),
    ],
)
def test_localised_labels_are_read_and_unknown_ones_are_not_guessed(label, value, exposure):
    profile = {
        "profile_user": [{"string_map_data": {label: {"value": value}, "Benutzername": {"value": "bea"}}}]
    }
    post, _ = provenances_of(with_account(garbled(profile)), PHOTO)
    assert (post["exposure"], post["account"]) == (exposure, "bea")


def test_a_private_post_of_a_time_when_the_account_was_public_was_public():
    export = with_account(account(True), (POSTED - 100, "Public"), (POSTED + 100, "Private"))
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is Exposure.PUBLIC
    span = "from 2023-06-17 until 2023-06-17 (profile_privacy_changes)"
    assert post["exposure_reason"] == f"{UNSAID}; the account was public {span}"
    first, public, private = Instagram(export).account.periods
    assert (first.public, first.since, first.until) == (False, None, "2023-06-17T11:05:00+00:00")
    assert (public.public, public.until) == (True, "2023-06-17T11:08:20+00:00")
    assert (private.public, private.until) == (False, None)


@pytest.mark.parametrize(
    ("seconds", "exposure"),
    [
        (-1001, Exposure.PUBLIC),  # the first switch was to private, so it was public before
        (-1000, Exposure.NETWORK),
        (-1, Exposure.NETWORK),
        (0, Exposure.PUBLIC),  # the second of a switch is of what begins with it
        (999, Exposure.PUBLIC),
        (1000, Exposure.NETWORK),
        (10**6, Exposure.NETWORK),
    ],
)
def test_every_second_of_the_history_is_of_one_period(seconds, exposure):
    switches = ((POSTED - 1000, "Private"), (POSTED + 1000, "Private"), (POSTED, "Public"))
    export = with_account(account(True), *switches)
    reader = Instagram(export)
    privacy = reader.privacy.exposure("post", parse_timestamp(POSTED + seconds))
    assert (privacy[0].level, privacy[1]) == (exposure, "account_setting")


@pytest.mark.parametrize(
    ("setting", "exposure", "reason"),
    [
        (True, Exposure.UNKNOWN, "the account was private at times, public at others"),
        (False, Exposure.UNKNOWN, "the account was private at times, public at others"),
        (None, Exposure.UNKNOWN, "and the account's setting is not in this export"),
    ],
)
def test_a_post_without_a_time_is_unknown_when_the_setting_changed(setting, exposure, reason):
    export = with_account(account(setting), (POSTED - 100, "Public"), (POSTED + 100, "Private"))
    (assessment, source) = Instagram(export).privacy.exposure("post", None)
    assert (assessment.level, source) == (exposure, None)
    assert assessment.reason.endswith(reason)


@pytest.mark.parametrize(
    ("text", "is_public"),
    [
        ("Switched from Private to Public", True),
        ("Switched from Public to Private", False),
        ("Öffentlich", True),
        ("Privé", False),
        ("Muutettu", None),
        (None, None),
    ],
)
def test_of_a_change_the_state_that_is_named_last_counts(text, is_public):
    periods = Instagram(with_account(account(None), (POSTED, text))).account.periods
    assert [period.public for period in periods] == ([] if is_public is None else [not is_public, is_public])


def test_a_change_without_a_time_is_noted():
    export = with_account(account(True), (0, "Public"))
    assert Instagram(export).account.periods == (
        Period(
            False,
            "2024-05-01",
            None,
            "the account's setting when the export was made ('Private Account': True)",
        ),
    )
    assert "a change of the privacy setting" in export.notes["security/profile_privacy_changes.json"]


@pytest.mark.parametrize(
    ("context", "level", "audience"),
    [
        ("archived", Exposure.PRIVATE, "file"),
        ("deleted", Exposure.PRIVATE, "file"),
        ("message", Exposure.PRIVATE, "chat_type"),
        ("profile_photo", Exposure.PUBLIC, None),
        ("repost", Exposure.UNKNOWN, None),
        ("other", Exposure.UNKNOWN, None),
        ("threads", Exposure.UNKNOWN, None),
        ("post", Exposure.NETWORK, "account_setting"),
        ("a kind that is new", Exposure.NETWORK, "account_setting"),
    ],
)
def test_kinds_that_the_setting_says_nothing_of_have_a_level_of_their_own(context, level, audience):
    exposure, source = Instagram(with_account(account(True))).privacy.exposure(context, "2023-06-17")
    assert (exposure.level, source) == (level, audience)


@pytest.mark.parametrize(
    ("record", "context", "author", "link"),
    [
        ("media/posts_1", "post", "ana.example", "https://www.instagram.com/ana.example/"),
        ("media/posts", "post", "ana.example", "https://www.instagram.com/ana.example/"),
        ("content/stories_2", "story", "ana.example", "https://www.instagram.com/ana.example/"),
        ("content/reels_2", "reel", "ana.example", "https://www.instagram.com/ana.example/"),
        ("content/igtv_videos", "igtv", "ana.example", "https://www.instagram.com/ana.example/"),
        ("content/archived_posts", "archived", "ana.example", None),
        ("content/recently_deleted_content", "deleted", "ana.example", None),
        ("content/profile_photos", "profile_photo", "ana.example", "https://www.instagram.com/ana.example/"),
        ("content/reposts", "repost", None, None),
        ("content/something_new", "other", "ana.example", None),
        ("threads/threads_and_replies", "post", "ana.example", "https://www.threads.net/@ana.example"),
        ("personal_information/instagram_profile_information", "profile_photo", "ana.example",
         "https://www.instagram.com/ana.example/"),
    ],
)  # fmt: skip
def test_what_an_item_is_follows_from_the_record_that_names_it(record, context, author, link):
    pack = small()
    pack.add(f"your_instagram_activity/{record}.json", [{"media": [picture(PHOTO)]}])
    (provenance,) = provenances_of(pack.as_export(), PHOTO)
    assert (provenance["context"], provenance["author"], provenance["url"]) == (context, author, link)
    assert provenance["author_is_owner"] == (author is not None)


def test_a_record_of_another_kind_names_what_is_there_and_nothing_else():
    media = [picture(PHOTO), picture("media/posts/gone.jpg")]
    export = small(something_new=[{"media": media}]).as_export()
    assert [mention.path for mention in Instagram(export).mentions()] == [PHOTO]


@pytest.mark.parametrize(
    ("changes", "context"),
    [
        ({}, "post"),
        ({"key": "stories"}, "story"),
        ({"key": "profile"}, "profile_photo"),
        ({"key": "direct"}, "message"),
    ],
)
def test_the_old_media_json_says_what_is_what(changes, context):
    pack = Pack("ana.example_20210501_part_1")
    pack.add(PHOTO, JPEG)
    entry = {"path": PHOTO, "caption": "sea", "taken_at": "2020-05-01T10:00:00", "location": "Lisboa"}
    pack.add("media.json", {changes.get("key", "photos"): [entry]})
    (provenance,) = provenances_of(pack.as_export(), PHOTO)
    assert (provenance["context"], provenance["caption"], provenance["place"]) == (context, "sea", "Lisboa")
    assert (provenance["posted_at"], provenance["account"]) == ("2020-05-01T10:00:00+00:00", "ana.example")
    assert (provenance["author_is_owner"], provenance["url"] is None) == (
        (None, True) if context == "message" else (True, context == "story")
    )


def test_a_history_that_today_s_setting_contradicts_is_not_stretched_to_today():
    export = with_account(account(True), (POSTED - 100, "Public"))
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is Exposure.UNKNOWN
    assert [period.until for period in Instagram(export).account.periods] == ["2023-06-17T11:05:00+00:00"]


@pytest.mark.parametrize(
    ("setting", "changes", "exposure"),
    [
        (True, [(-100, "Muutettu")], Exposure.NETWORK),  # since the last change it is as it is today
        (False, [(-100, "Muutettu")], Exposure.PUBLIC),
        (None, [(-100, "Muutettu")], Exposure.UNKNOWN),
        (True, [(100, "Muutettu")], Exposure.UNKNOWN),
        (True, [(-100, "Muutettu"), (100, "Private")], Exposure.UNKNOWN),
        (True, [(-200, "Private"), (-100, "Muutettu"), (100, "Private")], Exposure.UNKNOWN),
        (True, [(-100, "Public"), (100, "Muutettu")], Exposure.PUBLIC),
    ],
)
def test_a_time_after_a_change_in_unknown_words_is_unknown_unless_today_s_setting_tells(
    setting, changes, exposure
):
    listed = [(POSTED + seconds, text) for seconds, text in changes]
    export = with_account(account(setting), *listed)
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is exposure
    reason = "a change of the privacy setting is worded in a way that is not known"
    assert export.notes["security/profile_privacy_changes.json"] == reason


def test_the_account_is_what_the_profile_says_with_its_setting_as_a_period():
    reason = "the account's setting when the export was made ('Private Account': True)"
    period = Period(public=False, since="2024-05-01", until=None, reason=reason)
    owner = Instagram(build("2024-private").as_export()).account
    assert owner == Account("ana.example", "Ana Sílva", "2024-05-01", (period,))
    assert Instagram(small().as_export()).account == Account("ana.example", None, "2024-05-01")


def test_a_caption_may_stand_on_the_first_picture_of_a_carousel_only():
    export = small(posts_1=[{"media": [picture("x.jpg", title="first"), picture(PHOTO)]}]).as_export()
    assert [provenance["caption"] for provenance in provenances_of(export, PHOTO)] == ["first"]


def test_a_single_post_may_be_an_object_and_an_envelope_may_have_any_name():
    for record in (
        {"media": [picture(PHOTO)], "title": "t"},
        {"ig_new_name": [{"media": [picture(PHOTO, title="t")]}]},
    ):
        export = small(posts_1=record).as_export()
        assert [provenance["caption"] for provenance in provenances_of(export, PHOTO)] == ["t"]


def test_label_values_records_are_read_too():
    labels = [{"label": "Caption", "value": "new style"}, {"label": "URL", "value": "x"}]
    record = {"timestamp": POSTED, "media": [{"uri": PHOTO}], "label_values": labels, "fbid": "1"}
    (provenance,) = provenances_of(small(posts_1=[record]).as_export(), PHOTO)
    assert (provenance["caption"], provenance["posted_at"]) == ("new style", "2023-06-17T11:06:40+00:00")


def test_a_broadcast_channel_is_not_a_private_conversation():
    pack = small()
    thread = {"participants": [], "messages": [{"sender_name": "Bo", "photos": [{"uri": PHOTO}]}]}
    pack.add("your_instagram_activity/messages/broadcast/bo_1/message_1.json", thread)
    (provenance,) = provenances_of(pack.as_export(), PHOTO)
    assert (provenance["exposure"], provenance["context"]) == (Exposure.NETWORK, "message")


def test_what_is_not_in_the_download_is_listed():
    export = build("2024").as_export()
    gone = [(m.path, m.provenance) for m in Instagram(export).mentions() if m.path not in export.members]
    assert [(path, p.context, p.caption) for path, p in gone] == [
        ("media/posts/202306/gone_from_here.jpg", "post", "gone")
    ]


BAD_RECORDS = [
    None,
    7,
    "text",
    [],
    {},
    {"media": None},
    {"media": {"uri": 5}},
    {"media": [None, 3, {"uri": ""}]},
]
BAD_RECORDS += [{"uri": [], "media": "x"}, {"creation_timestamp": "now", "title": 5, "media": [{"uri": {}}]}]


@pytest.mark.parametrize("file", ["posts_1", "stories", "reels", "profile_photos", "unheard_of"])
def test_bad_records_never_hide_the_good_ones(file):
    export = small(**{file: [*BAD_RECORDS, {"media": [picture(PHOTO)]}, *BAD_RECORDS]}).as_export()
    assert [provenance["posted_at"] for provenance in provenances_of(export, PHOTO)] == [
        "2023-06-17T11:06:40+00:00"
    ]


@pytest.mark.parametrize("when", [None, "x", True, -5e30, 1e300, 10**40, [], {}, 99999999999999])
def test_an_absurd_time_is_no_time(when):
    exif = [{"date_time_original": when, "latitude": when, "longitude": 1}]
    export = small(posts_1=[{"media": [picture(PHOTO, exif=exif, creation_timestamp=when)]}]).as_export()
    (provenance,) = provenances_of(export, PHOTO)
    assert (provenance["posted_at"], provenance["taken_at"], provenance["location"]) == (None, None, None)


def test_a_cut_file_is_read_up_to_the_cut():
    whole = json.dumps({"ig_stories": [picture(PHOTO), picture(PHOTO)]})
    export = small(stories=whole[:-60]).as_export()
    assert len(provenances_of(export, PHOTO)) == 1
    assert "read as far as it goes" in export.notes[f"{RECORDS}/stories.json"]


@pytest.mark.parametrize(
    "wrong", [None, 5, "x", [], {}, [[]], {"profile_user": 4}, {"profile_user": [{"string_map_data": 3}]}]
)
def test_a_broken_profile_leaves_the_account_to_the_name_of_the_download(wrong):
    post, _ = provenances_of(with_account(wrong), PHOTO)
    assert (post["account"], post["exposure"]) == ("ana.example", Exposure.UNKNOWN)


@pytest.mark.parametrize("wrong", [None, 5, "x", [], {}, {"photos": None}, {"photos": [None, {"path": 4}]}])
def test_a_broken_media_json_is_no_reason_to_stop(wrong):
    pack = small(posts_1=[{"media": [picture(PHOTO)]}])
    pack.add("media.json", wrong)
    pack.add("messages.json", [None, {"conversation": [None, {"media": 5}]}, wrong])
    assert len(provenances_of(pack.as_export(), PHOTO)) == 1


INFERRED = {
    "media/posts/202306/1.jpg": ("post", Exposure.NETWORK),
    "media/stories/202306/1.jpg": ("story", Exposure.NETWORK),
    "media/archived_posts/202306/1.jpg": ("archived", Exposure.PRIVATE),
    "media/profile/202306/1.jpg": ("profile_photo", Exposure.PUBLIC),
    "media/other/1.jpg": ("other", Exposure.UNKNOWN),
    "media/1.jpg": ("other", Exposure.UNKNOWN),
    "media/reels/202306/1.jpg": ("reel", Exposure.NETWORK),
    "media/igtv/202306/1.jpg": ("igtv", Exposure.NETWORK),
    "media/recently_deleted/202306/1.jpg": ("deleted", Exposure.PRIVATE),
    "stories/201905/1.jpg": ("story", Exposure.NETWORK),
    "videos/201905/1.mp4": ("post", Exposure.NETWORK),
    "profile/201905/1.jpg": ("profile_photo", Exposure.PUBLIC),
    "your_instagram_activity/messages/inbox/bo_1/photos/1.jpg": ("message", Exposure.PRIVATE),
    "photos/201905/1.jpg": ("post", Exposure.NETWORK),
    "direct/201905/1.jpg": ("message", Exposure.PRIVATE),
    "1.jpg": ("other", Exposure.UNKNOWN),
}


@pytest.mark.parametrize("path", INFERRED)
def test_a_file_without_a_record_is_what_its_folder_says(path):
    inferred = Instagram(with_account(account(True))).infer(path)
    assert (inferred.context, inferred.exposure.level) == INFERRED[path]
    assert (inferred.platform, inferred.account, inferred.author_is_owner) == (
        "instagram",
        "ana.example",
        None,
    )
