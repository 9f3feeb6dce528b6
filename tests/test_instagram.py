"""Instagram downloads are read for what they say; who could see a post follows from the account's setting."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Period
from selfsearch.exports.platforms.dates import parse_timestamp
from selfsearch.exports.platforms.facebook import Facebook
from selfsearch.exports.platforms.instagram import Instagram
from selfsearch.exports.platforms.instagram_privacy import AccountPrivacy, Change, Setting, became_public
from selfsearch.types import Audience, Exposure, Timestamp

from .exports import Pack
from .exports.facebook import garbled
from .exports.instagram import LAYOUTS, POSTED, UNNAMED, account, build, picture
from .exports.reading import mentioned

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


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if not name.endswith("unknown-language")])
def test_exactly_what_was_planted_is_read_and_no_record_is_odd(layout):
    pack = build(layout)
    export = pack.as_export()
    there = sorted(str(m.path) for m in Instagram(export).mentions() if m.path in pack.files)
    assert there == sorted(str(planted.path) for planted in pack.planted if planted.path != UNNAMED)
    notes = {note.partition(":")[0] for note in export.notes.values()}
    assert notes == ({"this is Instagram's HTML download"} if "html" in layout else set())


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
PROFILE = "personal_information/personal_information/personal_information.json"
CHANGES = "security/profile_privacy_changes.json"
PRIVATE_TODAY = (
    f"{UNSAID}; the account was private when the export was made (setting 'Private Account': True), "
    "which says nothing of the time before"
)


@pytest.mark.parametrize(
    ("setting", "exposure", "story", "reason"),
    [
        (
            True,
            Exposure.UNKNOWN,
            Exposure.UNKNOWN,
            PRIVATE_TODAY,
        ),
        (
            False,
            Exposure.PUBLIC,
            Exposure.UNKNOWN,
            f"{UNSAID}; the account was public when the export was made (setting 'Private Account': False), "
            "which shows older posts, too",
        ),
        (
            None,
            Exposure.UNKNOWN,
            Exposure.UNKNOWN,
            f"{UNSAID}, and the account's setting is not in this export",
        ),
    ],
)
def test_today_s_setting_opens_older_posts_and_never_closes_them(setting, exposure, story, reason):
    post, story_columns = provenances_of(with_account(account(setting)), PHOTO)
    assert (post["exposure"], post["exposure_reason"]) == (exposure, reason)
    assert story_columns["exposure"] is story
    assert story_columns["exposure_reason"].startswith(reason)


@pytest.mark.parametrize(
    "posted_at", ["2024-04-30T23:59:59+00:00", "2024-05-01T00:00:00+00:00", "2024-05-02T10:00:00+00:00", None]
)
def test_private_today_is_said_of_no_post_not_even_of_the_same_day(posted_at):
    """The account may have been closed an hour before the download."""
    said, audience = Instagram(with_account(account(True))).privacy.of_post(posted_at)
    assert (said.level, said.evidence, audience) == (Exposure.UNKNOWN, (), None)
    assert PRIVATE_TODAY in said.reason


def test_the_day_of_the_export_may_be_in_a_name_of_2022():
    assert Instagram(small("ana.example_20240501").as_export()).account.exported_at == "2024-05-01"


@pytest.mark.parametrize("date", ["2024-99-99", "0000-00-00", "9999-12-31"])
def test_a_name_with_a_day_that_never_was_is_no_reason_to_stop(date):
    pack = small(f"instagram-ana.example-{date}-AbCd1234", posts_1=[{"media": [picture(PHOTO)]}])
    pack.add(PROFILE, account(True))
    pack.add(
        CHANGES, {"history": [{"title": "Private", "string_map_data": {"Time": {"timestamp": POSTED - 9}}}]}
    )
    (post,) = provenances_of(pack.as_export(), PHOTO)
    assert post["exposure"] is Exposure.UNKNOWN


def test_of_an_export_without_a_date_the_private_setting_says_nothing():
    pack = small("renamed", posts_1=[{"media": [picture(PHOTO)]}])
    pack.add(PROFILE, account(True))
    (post,) = provenances_of(pack.as_export(), PHOTO)
    assert post["exposure"] is Exposure.UNKNOWN


@pytest.mark.parametrize(
    ("label", "value", "exposure"),
    [
        ("Privates Konto", "Falsch", Exposure.PUBLIC),
        ("Cuenta privada", "Falso", Exposure.PUBLIC),
        ("Soukromý účet", "Nepravda", Exposure.PUBLIC),
        ("Yksityinen tili", "Epätosi", Exposure.PUBLIC),
        ("Akun privat", "Salah", Exposure.PUBLIC),
        ("私密帐户", "否", Exposure.PUBLIC),
        ("不公開帳號", "否", Exposure.PUBLIC),
        ("حساب خاص", "خطأ", Exposure.PUBLIC),
        ("Private Account", False, Exposure.PUBLIC),
        ("Lokaður reikningur", "False", Exposure.PUBLIC),  # the only yes or no of the record
        ("Lokaður reikningur", "Ósatt", Exposure.UNKNOWN),
        ("Private Account", "True", Exposure.UNKNOWN),
    ],
)
def test_the_setting_is_found_by_its_label_or_by_its_place(label, value, exposure):
    profile = {
        "profile_user": [{"string_map_data": {label: {"value": value}, "Benutzername": {"value": "bea"}}}]
    }
    post, _ = provenances_of(with_account(garbled(profile)), PHOTO)
    assert (post["exposure"], post["account"]) == (exposure, "bea")


def test_the_only_yes_or_no_is_not_the_setting_where_there_are_two():
    fields = {"Eitt": {"value": "True"}, "Annað": {"value": "False"}}
    export = with_account(garbled({"profile_user": [{"string_map_data": fields}]}))
    assert Instagram(export).privacy.setting is None


def test_a_user_who_is_called_no_has_no_setting():
    fields = {"Username": {"value": "no"}, "Name": {"value": "No"}}
    export = with_account({"profile_user": [{"string_map_data": fields}]})
    assert Instagram(export).privacy.setting is None


def test_a_profile_of_labels_and_values_is_read_too():
    values = [{"label": "Benutzername", "value": "bea"}, {"label": "Privates Konto", "value": "Falsch"}]
    post, _ = provenances_of(with_account(garbled({"profile_user": [{"label_values": values}]})), PHOTO)
    assert (post["account"], post["exposure"]) == ("bea", Exposure.PUBLIC)
    post, _ = provenances_of(with_account(garbled([{"label_values": values}])), PHOTO)
    assert (post["account"], post["exposure"]) == ("bea", Exposure.PUBLIC)


def test_an_unknown_value_of_the_setting_is_quoted_as_the_platform_s_word():
    path = "media/posts/202306/351000000_1234567890_n.jpg"
    (post,) = provenances_of(build("2024-unknown-word").as_export(), path)
    assert (post["audience"], post["audience_source"]) == ("Satt", "account_setting")
    reason = f"{UNSAID}; the account's setting is in a word that is not known ('Private Account': Satt)"
    assert (post["exposure"], post["exposure_reason"]) == (Exposure.UNKNOWN, reason)


def test_of_an_endless_value_only_the_beginning_is_quoted():
    profile = account(("Private Account", "x" * 100_000))
    post, _ = provenances_of(with_account(profile), PHOTO)
    assert len(post["exposure_reason"]) < 250
    assert post["audience"] == "x" * 80


def test_a_post_of_a_private_time_is_public_when_the_account_was_public_later():
    export = with_account(
        account(True), (POSTED - 100, "Private"), (POSTED + 100, "Public"), (POSTED + 200, "Private")
    )
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is Exposure.PUBLIC
    span = "from 2023-06-17 until 2023-06-17 (profile_privacy_changes.json)"
    assert post["exposure_reason"] == f"{UNSAID}; the account was public {span}, which shows older posts, too"
    assert post["exposure_evidence"] == (CHANGES,)


@pytest.mark.parametrize("name", ["account_privacy_changes", "profile_privacy_changes"])
@pytest.mark.parametrize("times", ["string_map_data", "string_list_data"])
def test_the_history_has_had_two_names_and_two_forms(name, times):
    pack = small(posts_1=[{"media": [picture(PHOTO)]}])
    pack.add(PROFILE, account(True))
    time: Any = (
        {"Zeit": {"timestamp": POSTED - 1}} if times == "string_map_data" else [{"timestamp": POSTED - 1}]
    )
    record = f"login_and_account_creation/{name}.json"
    pack.add(record, {"account_history_account_privacy_history": [{"title": "Private", times: time}]})
    (post,) = provenances_of(pack.as_export(), PHOTO)
    assert post["exposure"] is Exposure.NETWORK
    words = f"({name}.json, and the setting 'Private Account': True)"
    assert post["exposure_reason"] == f"{UNSAID}; the account is private since 2023-06-17 {words}"
    assert post["exposure_evidence"] == (record, PROFILE)


@pytest.mark.parametrize(
    ("seconds", "exposure"),
    [
        (-1001, Exposure.PUBLIC),  # the first switch was to private, so it was public before
        (-500, Exposure.PUBLIC),  # private then, but open later
        (0, Exposure.PUBLIC),
        (1000, Exposure.PUBLIC),  # the second of a switch is of what ends with it, too
        (1001, Exposure.NETWORK),
        (10**6, Exposure.NETWORK),
    ],
)
def test_of_every_second_of_the_history_the_widest_that_followed_is_said(seconds, exposure):
    switches = ((POSTED - 1000, "Private"), (POSTED + 1000, "Private"), (POSTED, "Public"))
    reader = Instagram(with_account(account(True), *switches))
    said, audience = reader.privacy.of_post(parse_timestamp(POSTED + seconds))
    assert (said.level, audience) == (exposure, Audience(None, "account_setting"))


@pytest.mark.parametrize("setting", ["right", "missing", "unknown"])
@pytest.mark.parametrize("is_missing", [True, False])
@pytest.mark.parametrize("damaged", range(5))
@pytest.mark.parametrize("count", range(5))
def test_no_history_even_with_a_gap_makes_a_post_seen_by_fewer_than_it_was(
    count, damaged, is_missing, setting
):
    """The account is opened and closed by turns; one change may be missing, or worded in an unknown way."""
    for starts_public, post in product((True, False), (1, 3, 5, 7, 9)):
        days = (2, 4, 6, 8)[:count]
        states = [starts_public is (number % 2 == 0) for number in range(count + 1)]
        was_public = any(public for public, end in zip(states, (*days, 10), strict=True) if end > post)
        changes = [Change(day(number), to, "h.json") for number, to in zip(days, states[1:], strict=True)]
        if damaged < count:
            other = [] if is_missing else [replace(changes[damaged], is_public=None)]
            changes[damaged : damaged + 1] = other
        values = {"right": str(not states[-1]), "unknown": "Satt"}
        known = Setting("Private Account", values[setting], "p.json") if setting in values else None
        said, _ = AccountPrivacy("Instagram", known, tuple(changes), day(10)[:10]).of_post(day(post))
        assert said.level in (Exposure.UNKNOWN, Exposure.PUBLIC) or not was_public


def day(number: int) -> str:
    return f"2024-01-{number:02}T00:00:00+00:00"


def test_two_switches_to_private_have_one_to_public_between_them_that_is_missing():
    export = with_account(account(True), (POSTED - 100, "Private"), (POSTED + 100, "Private"))
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is Exposure.PUBLIC
    reason = "the account was public until it became private on 2023-06-17 (profile_privacy_changes.json)"
    assert post["exposure_reason"].startswith(f"{UNSAID}; {reason}")


@pytest.mark.parametrize(
    ("setting", "exposure", "reason"),
    [
        (True, Exposure.UNKNOWN, "does not tell who could see a post without a date"),
        (False, Exposure.PUBLIC, "which shows older posts, too"),
        (None, Exposure.UNKNOWN, "does not tell who could see a post without a date"),
    ],
)
def test_a_post_without_a_time_is_unknown_when_the_setting_changed(setting, exposure, reason):
    export = with_account(account(setting), (POSTED - 100, "Public"), (POSTED + 100, "Private"))
    assessment, _ = Instagram(export).privacy.of_post(None)
    assert assessment.level is exposure
    assert assessment.reason.endswith(reason)


@pytest.mark.parametrize(
    ("text", "is_public"),
    [
        ("Switched from Private to Public", True),
        ("Switched from Public to Private", False),
        ("Switched to Public from Private", None),  # the order of words decides nothing
        ("Öffentlich", True),
        ("Privatsphäre: öffentlich", True),
        ("Privatsphäre geändert", None),
        ("Gizlilik ayarı değiştirildi", None),  # noqa: RUF001
        ("Privatumo nustatymas pakeistas į viešą", True),
        ("Privé", False),
        ("非公開", False),
        ("不公开", False),
        ("公开", True),
        ("비공개", False),
        ("Soukromý", False),
        ("Julkinen", True),
        ("Muutettu", None),
        (None, None),
    ],
)
def test_to_what_a_setting_was_changed_is_read_from_its_words(text, is_public):
    assert became_public([text]) is is_public


def test_before_a_change_the_account_was_the_opposite():
    periods = Instagram(with_account(account(None), (POSTED, "Public"))).account.periods
    assert [(period.public, period.record) for period in periods] == [(False, CHANGES), (True, CHANGES)]


def test_a_change_to_private_is_not_believed_without_the_setting():
    """What came later may be missing."""
    post, _ = provenances_of(with_account(account(None), (POSTED - 100, "Private")), PHOTO)
    assert post["exposure"] is Exposure.UNKNOWN


def test_a_history_without_an_end_is_not_believed_and_takes_no_time():
    switches = [(POSTED - 10**6 + number, "Public" if number % 2 else "Private") for number in range(20_000)]
    reader = Instagram(with_account(account(None), *switches))
    assert reader.account.periods == ()


def test_a_change_without_a_time_is_noted():
    export = with_account(account(True), (0, "Public"))
    assert Instagram(export).account.periods == ()
    assert "a change of the privacy setting" in export.notes[CHANGES]


@pytest.mark.parametrize(
    ("context", "level", "audience"),
    [
        ("message", Exposure.UNKNOWN, "chat_type"),
        ("instant", Exposure.NETWORK, "file"),
        ("profile_photo", Exposure.PUBLIC, None),
        ("repost", Exposure.UNKNOWN, None),
        ("other", Exposure.UNKNOWN, None),
        ("threads", Exposure.UNKNOWN, None),
        ("archived", Exposure.UNKNOWN, None),
        ("deleted", Exposure.UNKNOWN, None),
        ("post", Exposure.UNKNOWN, None),
        ("a kind that is new", Exposure.UNKNOWN, None),
    ],
)
def test_kinds_that_the_setting_says_nothing_of_have_a_level_of_their_own(context, level, audience):
    reader = Instagram(with_account(account(True)))
    provenance = reader._provenance(context, "media/x/", Timestamp("2024-05-01"))
    assert provenance.exposure.level is level
    assert (provenance.audience and provenance.audience.source) == audience
    assert provenance.exposure.evidence or level in (Exposure.PUBLIC, Exposure.UNKNOWN)


@pytest.mark.parametrize(
    ("record", "until"),
    [("archived_posts", "until it was archived"), ("recently_deleted_content", "until it was deleted")],
)
@pytest.mark.parametrize(("setting", "level"), [(False, Exposure.PUBLIC), (True, Exposure.UNKNOWN)])
def test_what_was_archived_or_deleted_was_seen_before_that(record, until, setting, level):
    pack = small(**{record: [{"media": [picture(PHOTO)]}]})
    pack.add(PROFILE, account(setting))
    (provenance,) = provenances_of(pack.as_export(), PHOTO)
    assert provenance["exposure"] is level
    assert provenance["exposure_reason"].endswith(f"; this is about the time {until}")


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


@pytest.mark.parametrize(
    ("participants", "senders", "level"),
    [
        (["ana.example", "bo", "cleo"], ["bo"], Exposure.NETWORK),
        (["ana.example", "bo"], ["bo", "cleo"], Exposure.NETWORK),
        (["ana.example", "bo"], ["bo", "ana.example"], Exposure.UNKNOWN),
        (None, ["bo"], Exposure.UNKNOWN),
    ],
)
def test_a_message_until_2021_is_a_group_s_where_three_people_show(participants, senders, level):
    pack = Pack("ana.example_20210501_part_1")
    letters = [{"sender": name, "media": f"https://scontent.cdninstagram.com/{name}.jpg"} for name in senders]
    pack.add("media.json", {"photos": [{"path": PHOTO}]})
    pack.add("messages.json", [{"participants": participants, "conversation": letters}])
    _, *said = mentioned(Instagram, pack.as_export())
    assert {message.exposure for message in said} == {level}
    assert len(said) == len(senders)


def test_a_history_that_today_s_setting_contradicts_is_not_stretched_to_today():
    export = with_account(account(True), (POSTED - 100, "Public"))
    post, _ = provenances_of(export, PHOTO)
    assert post["exposure"] is Exposure.UNKNOWN
    before, _ = Instagram(export).privacy.of_post(parse_timestamp(POSTED - 200))
    assert before.level is Exposure.PUBLIC
    assert "the account became public on 2023-06-17" in before.reason


@pytest.mark.parametrize(
    ("setting", "changes", "exposure"),
    [
        (True, [(-100, "Muutettu")], Exposure.NETWORK),  # since the last change it is as it is today
        (False, [(-100, "Muutettu")], Exposure.PUBLIC),
        (None, [(-100, "Muutettu")], Exposure.UNKNOWN),
        (True, [(100, "Muutettu")], Exposure.UNKNOWN),
        (True, [(-100, "Muutettu"), (100, "Private")], Exposure.PUBLIC),  # it was public when it was closed
        (True, [(-100, "Private"), (100, "Muutettu")], Exposure.UNKNOWN),  # it may have been opened
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
    assert export.notes[CHANGES] == reason


def test_the_account_is_what_the_profile_says_with_a_public_setting_as_a_period():
    reason = "the account was public when the export was made (setting 'Private Account': False)"
    period = Period(public=True, since="2024-05-01", until=None, reason=reason, record=PROFILE)
    assert Instagram(with_account(account(False))).account.periods == (period,)
    owner = Instagram(build("2024-private").as_export()).account
    assert owner == Account("ana.example", "Ana Sílva", "2024-05-01")
    assert Instagram(small().as_export()).account == Account("ana.example", None, "2024-05-01")


def test_insights_say_how_many_saw_a_post_and_that_strangers_did():
    export = build("2024-insights").as_export()
    said = {m.path: m.provenance for m in Instagram(export).mentions()}
    record = "logged_information/past_instagram_insights/posts.json"
    named, timed, strangers = (said[f"media/posts/202306/1800000000000001{n}.jpg"] for n in range(3))
    counted = "Instagram counted how many saw it"
    assert named.exposure.reason.endswith(f"; {counted} ('Accounts reached': 1,234; 'Impressions': 2,000)")
    assert timed.exposure.reason.endswith(f"; {counted} ('Comptes touchés': 57)")
    assert strangers.exposure == Exposure.PUBLIC.because(
        "people who do not follow the account saw it ('Non-followers': 35.2%); " + PRIVATE_TODAY, record
    )
    assert strangers.audience == Audience(None, "per_item")  # nothing that is said of the account changes it
    assert {provenance.records[1:] for provenance in (named, timed, strangers)} == {(record,)}
    assert not any(record in said[path].records for path in said if path and path.startswith("media/reels"))


@pytest.mark.parametrize(
    ("value", "posted_at", "exposure"),
    [
        ("35.2%", "2024-01-31T00:00:00+00:00", Exposure.PUBLIC),
        ("35.2%", "2024-02-02T00:00:00+00:00", Exposure.UNKNOWN),  # within the 90 days: nobody knows when
        ("35.2%", None, Exposure.UNKNOWN),
        ("0%", "2024-01-31T00:00:00+00:00", Exposure.UNKNOWN),
        ("--", "2024-01-31T00:00:00+00:00", Exposure.UNKNOWN),
    ],
)
def test_an_account_whose_posts_strangers_saw_was_public_and_older_posts_with_it(value, posted_at, exposure):
    pack = small()
    pack.add(PROFILE, account(True))
    record = "past_instagram_insights/accounts_reached.json"
    pack.add(record, {"insights": [{"string_map_data": {"Non-Followers": {"value": value}}}]})
    said, _ = Instagram(pack.as_export()).privacy.of_post(posted_at)
    assert said.level is exposure
    if exposure is Exposure.PUBLIC:
        reason = (
            f"{UNSAID}; people who do not follow the account saw its posts in the 90 days before the export "
            "(accounts_reached.json, 'Non-Followers': 35.2%), so it was public, which shows older posts, too"
        )
        assert said == Exposure.PUBLIC.because(reason, record)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"string_map_data": None},
        {"string_map_data": {"Accounts reached": None}},
        {"string_map_data": {"Accounts reached": {"value": "--"}}},
        {"string_map_data": {"Accounts reached": {"value": "0"}}},
        {"string_map_data": {"Accounts reached": {"value": "9" * 100}}},
        {"string_map_data": {"Náðu til": {"value": "40"}}},
        {"string_map_data": {"non-followers" * 1000: {"value": "40"}}},
    ],
)
def test_insights_that_count_nothing_add_nothing(entry):
    pack = small(posts_1=[{"media": [picture(PHOTO)]}])
    media = {"media_map_data": {"Media Thumbnail": {"uri": PHOTO, "creation_timestamp": POSTED}}}
    pack.add("past_instagram_insights/posts.json", {"organic_insights_posts": [media | entry, None, 5, "x"]})
    (post,) = provenances_of(pack.as_export(), PHOTO)
    assert "counted" not in post["exposure_reason"]


def test_insights_of_two_posts_of_one_second_are_of_neither():
    pack = small(posts_1=[{"media": [picture(PHOTO)]}])
    entries = [
        {"string_map_data": {"Accounts reached": {"value": count, "timestamp": POSTED}}}
        for count in ("5", "6")
    ]
    pack.add("past_instagram_insights/posts.json", {"organic_insights_posts": entries})
    (post,) = provenances_of(pack.as_export(), PHOTO)
    assert "counted" not in post["exposure_reason"]


def test_a_story_may_have_been_for_close_friends_whatever_lists_the_export_has():
    story = "media/stories/202309/18000000000000001.jpg"
    (said,) = [m.provenance for m in Instagram(build("2025").as_export()).mentions() if m.path == story]
    lists = "close_friends.json lists close friends and hide_story_from.json lists people who see no stories"
    assert said.exposure.reason.endswith(f"may have been for close friends only ({lists})")
    assert len(said.records) == 3
    public = with_account(account(False))
    _, story_columns = provenances_of(public, PHOTO)
    assert story_columns["exposure"] is Exposure.UNKNOWN


def test_a_profile_photo_is_listed_once_with_all_its_records():
    said = provenances_of(build("2024-private").as_export(), "media/other/0.jpg")
    assert [(one["context"], len(one["records"])) for one in said] == [("profile_photo", 2)]


def test_the_second_copy_in_public_media_is_what_the_first_is():
    pack = small(posts_1=[{"media": [picture(PHOTO, title="sea"), picture("media/posts/1.jpg")]}])
    del pack.files[PHOTO]
    pack.add(f"public-{PHOTO}", JPEG)
    pack.add("public-media/posts/1.jpg", JPEG)
    said = {mention.path: mention.provenance.caption for mention in Instagram(pack.as_export()).mentions()}
    assert said == {f"public-{PHOTO}": "sea", "public-media/posts/1.jpg": "sea"}


def test_a_conversation_of_an_unknown_kind_is_not_called_private():
    pack = small()
    thread = {"participants": [], "messages": [{"sender_name": "Bo", "photos": [{"uri": PHOTO}]}]}
    pack.add("your_instagram_activity/messages/town_hall/bo_1/message_1.json", thread)
    (said,) = provenances_of(pack.as_export(), PHOTO)
    reason = "a conversation of a kind that is not known (the folder 'town_hall')"
    assert (said["exposure"], said["exposure_reason"]) == (Exposure.UNKNOWN, reason)


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


def test_posts_that_are_listed_in_two_forms_are_said_once():
    again = {
        "timestamp": POSTED,
        "label_values": [{"label": "Media", "media": [picture(PHOTO)]}],
        "fbid": "1",
    }
    twice = [{"media": [picture(PHOTO, title="sea")]}, {"media": [picture(PHOTO, title="again")]}]
    export = small(posts=[again], posts_1=twice).as_export()
    assert [said["caption"] for said in provenances_of(export, PHOTO)] == ["sea", "again"]


def test_a_broadcast_channel_may_be_open_to_everybody():
    pack = small()
    thread = {"participants": [], "messages": [{"sender_name": "Bo", "photos": [{"uri": PHOTO}]}]}
    pack.add("your_instagram_activity/messages/broadcast/bo_1/message_1.json", thread)
    (provenance,) = provenances_of(pack.as_export(), PHOTO)
    assert (provenance["exposure"], provenance["context"]) == (Exposure.UNKNOWN, "message")
    assert "most are shown to everybody" in provenance["exposure_reason"]


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
    "media/posts/202306/1.jpg": ("post", Exposure.UNKNOWN),
    "media/stories/202306/1.jpg": ("story", Exposure.UNKNOWN),
    "media/archived_posts/202306/1.jpg": ("archived", Exposure.UNKNOWN),
    "media/profile/202306/1.jpg": ("profile_photo", Exposure.PUBLIC),
    "media/other/1.jpg": ("other", Exposure.UNKNOWN),
    "media/1.jpg": ("other", Exposure.UNKNOWN),
    "media/reels/202306/1.jpg": ("reel", Exposure.UNKNOWN),
    "media/igtv/202306/1.jpg": ("igtv", Exposure.UNKNOWN),
    "media/recently_deleted/202306/1.jpg": ("deleted", Exposure.UNKNOWN),
    "stories/201905/1.jpg": ("story", Exposure.UNKNOWN),
    "videos/201905/1.mp4": ("post", Exposure.UNKNOWN),
    "profile/201905/1.jpg": ("profile_photo", Exposure.PUBLIC),
    "your_instagram_activity/messages/inbox/bo_1/photos/1.jpg": ("message", Exposure.UNKNOWN),
    "photos/201905/1.jpg": ("post", Exposure.UNKNOWN),
    "your_instagram_activity/messages/broadcast/bo_1/photos/1.jpg": ("message", Exposure.UNKNOWN),
    "your_instagram_activity/messages/town_hall/bo_1/photos/1.jpg": ("message", Exposure.UNKNOWN),
    "public-media/stories/202306/1.jpg": ("story", Exposure.UNKNOWN),
    "media/quicksnaps/202606/1.jpg": ("instant", Exposure.NETWORK),
    "direct/201905/1.jpg": ("message", Exposure.UNKNOWN),
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
