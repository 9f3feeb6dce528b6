"""X archives are read for what they say, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Period
from selfsearch.exports.platforms.twitter import Twitter
from selfsearch.exports.platforms.twitter_tweets import file_names
from selfsearch.types import Audience, Exposure

from . import photos
from .exports import Pack
from .exports.reading import columns
from .exports.twitter import LAYOUTS, build, picture, script, tweet

FIRST = "1226462117360567049"
EARLY = "Sun Feb 09 11:05:30 +0000 2020"


def provenances_of(export: Export, path: str | None) -> list[dict[str, Any]]:
    """The columns of every provenance given to one path: by the records, else by the path itself."""
    mentioned = [m.provenance for m in Twitter(export).mentions() if m.path == path]
    return [provenance.columns() for provenance in mentioned or [Twitter(export).infer(path)]]


def small(*tweets: Any, **records: Any) -> Export:
    pack = Pack("twitter")
    pack.add("data/account.js", script("account", [{"account": {"username": "ana", "accountId": "9"}}]))
    pack.add("data/tweets.js", script("tweets", list(tweets)))
    for stem, record in records.items():
        pack.add(f"data/{stem.replace('_', '-')}.js", record)
    return pack.as_export()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_planted_is_read_with_what_its_records_say(layout):
    pack = build(layout)
    export = pack.as_export()
    for planted in pack.planted:
        (provenance,) = provenances_of(export, planted.path)
        assert provenance == provenance | planted.says, planted.path
    assert export.notes == {}


def test_a_part_that_holds_only_media_is_recognised():
    roots = Twitter.recognize(PathIndex(["data/tweets_media/1-a.jpg"]))
    assert [(root.prefix, root.why) for root in roots] == [("", "data/tweets_media is an X archive's")]


def test_a_web_project_with_the_same_names_is_not_an_archive():
    pack = Pack("site")
    pack.add("data/manifest.js", "export default {}")
    pack.add("data/account.js", "module.exports = []")
    assert not Twitter.confirm(pack.as_export())


def test_parts_of_one_download_share_their_long_number():
    name = f"twitter-2024-05-01-{'ab' * 32}"
    assert Twitter.part_key(f"{name}.zip") == Twitter.part_key(f"{name}-part2.zip") == name
    assert Twitter.part_key("holiday.zip") is None


def test_the_account_carries_the_times_of_its_protection():
    first, second = "2021-03-01T00:00:00+00:00", "2021-06-01T00:00:00+00:00"
    record = "data/protected-history.js"
    assert Twitter(build("current").as_export()).account == Account(
        "ana_example",
        "Ana",
        "2024-05-01T10:00:00+00:00",
        (
            Period(True, None, first, "the account was first protected on 2021-03-01", record),
            Period(False, first, second, "the account was protected on 2021-03-01", record),
            Period(True, second, None, "the account was unprotected on 2021-06-01", record),
        ),
    )


def test_a_tweet_of_the_protected_time_is_public_once_the_account_was_unprotected():
    export = build("current").as_export()
    (provenance,) = provenances_of(export, "data/tweets_media/1380000000000000001-AbCd.mp4")
    assert (provenance["exposure"], provenance["exposure_reason"]) == (
        Exposure.PUBLIC,
        "tweets of an unprotected account are public: the account was unprotected on 2021-06-01, which "
        "opened older tweets too",
    )


def test_a_tweet_that_was_deleted_before_the_account_was_unprotected_was_never_public():
    export = build("current").as_export()
    (early,) = provenances_of(export, "data/deleted_tweets_media/1380000000000000003-K.jpg")
    assert (early["exposure"], early["exposure_reason"]) == (
        Exposure.NETWORK,
        "deleted on 2021-05-01; until then: tweets of a protected account are for its followers: the account "
        "was protected on 2021-03-01",
    )
    assert early["exposure_evidence"] == ("data/protected-history.js", "data/deleted-tweets.js")
    assert early["records"] == ("data/deleted-tweets.js", "data/protected-history.js")
    (late,) = provenances_of(export, "data/deleted_tweets_media/1226462117360567080-K.jpg")
    assert late["exposure"] is Exposure.PUBLIC


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        ("current", "data/tweets_media"),
        ("early-2022", "data/tweet_media"),
        ("before-2020", "tweet_media"),
    ],
)
def test_a_photo_that_is_not_in_the_archive_is_named_with_its_link(layout, folder):
    export = build(layout).as_export()
    lost = [
        (mention.path, columns(mention.provenance))
        for mention in Twitter(export).mentions()
        if mention.path not in export.members
    ]
    assert [(path, provenance.url, provenance.caption) for path, provenance in lost] == [
        (
            f"{folder}/1226462117360567070-lost.jpg",
            "https://twitter.com/ana_example/status/1226462117360567070",
            "lost",
        )
    ]


def test_a_picture_of_a_message_that_is_not_in_the_archive_is_named():
    pack = build("current")
    path = "data/direct_messages_group_media/1226777777777777778-File.jpg"
    del pack.files[path]
    export = pack.as_export()
    lost = [m for m in Twitter(export).mentions() if m.provenance.context == "message" and m.path == path]
    assert [mention.provenance.caption for mention in lost] == ["you <3"]


def test_a_record_cannot_name_a_path_outside_the_archive():
    bad = picture(FIRST, "A.jpg", media_url_https="https://x/..", media_url="https://x/a\\b")
    assert [mention.path for mention in Twitter(small(tweet(FIRST, EARLY, "", [bad]))).mentions()] == [
        f"data/tweets_media/{FIRST}-.."
    ]


def test_icons_of_the_viewer_are_derivatives_and_photos_are_not():
    assert Twitter.derivative("assets/images/twemoji/v/1f600.png")
    assert Twitter.derivative("data/tweets_media/1-a.jpg") is None


@pytest.mark.parametrize(
    ("records", "exposure", "reason"),
    [
        (
            {},
            Exposure.PUBLIC,
            "tweets of an unprotected account are public; this archive records no protection "
            "(it holds no protect history)",
        ),
        (
            {"protected_history": "window.YTD.protected_history.part0 = [ ]"},
            Exposure.PUBLIC,
            "tweets of an unprotected account are public: the archive's protect history is empty",
        ),
        (
            {"protected_history": 'window.YTD.protected_history.part0 = [{"protectedHistory": {"acti'},
            Exposure.UNKNOWN,
            "the archive's protect history is damaged, so the account may have been protected then",
        ),
        (
            {"protected_history": script("protected_history", [{"protectedHistory": {"action": "Protect"}}])},
            Exposure.UNKNOWN,
            "the archive's protect history is damaged, so the account may have been protected then",
        ),
        (
            {
                "manifest": "window.__THAR_CONFIG = "
                + json.dumps({"dataTypes": {"protectedHistory": {"files": [{"count": "2"}]}}})
            },
            Exposure.UNKNOWN,
            "the archive lists a protect history, but the file is not there",
        ),
    ],
)
def test_exposure_rests_on_the_protect_history(records, exposure, reason):
    export = small(tweet(FIRST, EARLY, "hi", [picture(FIRST, "A.jpg")]), **records)
    (mention,) = Twitter(export).mentions()
    assert mention.provenance.exposure == exposure.because(reason)


def test_a_tweet_without_any_date_is_unknown_when_the_account_was_protected_for_a_time():
    history = [{"protectedHistory": {"protectedAt": "2021-03-01T00:00:00.000Z", "action": "Protect"}}]
    old = tweet("123", "nonsense", "hi", [picture("123", "A.jpg")])
    export = small(old, protected_history=script("protected_history", history))
    (mention,) = Twitter(export).mentions()
    assert (mention.provenance.posted, mention.provenance.exposure.level) == (None, Exposure.UNKNOWN)
    assert mention.provenance.audience == Audience(None, "account_setting")


def test_a_file_is_found_by_its_tweet_when_its_name_is_another_variant():
    export_pack = Pack("twitter")
    video = {"type": "video", "video_info": {"variants": [{"bitrate": "1", "url": "https://v/x.mp4"}]}}
    export_pack.add(
        "data/tweets.js", script("tweets", [tweet("55", EARLY, "v", [video, picture("55", "A.jpg")])])
    )
    export_pack.add("data/tweets_media/55-other.mp4", b"1")
    export_pack.add("data/tweets_media/55-A.jpg", b"2")
    export_pack.add("data/tweets_media/55-extra.jpg", b"3")
    export_pack.add("data/tweets_media/555-A.jpg", b"4")
    export = export_pack.as_export()
    assert [mention.path for mention in Twitter(export).mentions()] == [
        "data/tweets_media/55-other.mp4",
        "data/tweets_media/55-A.jpg",
        "data/tweets_media/55-extra.jpg",
    ]


@pytest.mark.parametrize(
    ("geo", "coordinates", "place"),
    [
        (["38.71", "-9.14"], ["-9.14", "38.71"], (38.71, -9.14)),
        (["38.71", "-9.14"], ["38.71", "-9.14"], None),  # one of them is wrong, and nothing says which
        (["-122.4", "37.8"], None, (37.8, -122.4)),  # no latitude is -122
        (None, ["-9.14", "38.71"], (38.71, -9.14)),
        (["0", "0"], ["0", "0"], None),
        (["north", None], "x", None),
        (["1e999", "2"], ["1", "2", "3"], None),
    ],
)
def test_a_place_counts_only_when_its_order_is_certain(geo, coordinates, place):
    record = tweet(FIRST, EARLY, "", [picture(FIRST, "A.jpg")], geo={"coordinates": geo})
    record["tweet"]["coordinates"] = {"coordinates": coordinates}
    (mention,) = Twitter(small(record)).mentions()
    assert columns(mention.provenance).location == place


@pytest.mark.parametrize(
    "field", ["id_str", "created_at", "full_text", "entities", "extended_entities", "geo"]
)
@pytest.mark.parametrize("value", [None, 7, [], {}, "?", [None], {"media": [None, 3, {}]}, True])
def test_a_field_of_the_wrong_type_never_stops_the_others(field, value):
    bad = tweet("1226462117360567050", EARLY, "bad", [picture("1226462117360567050", "B.jpg")])
    bad["tweet"][field] = value
    good = tweet(FIRST, EARLY, "good", [picture(FIRST, "A.jpg")])
    *_, last = Twitter(small(bad, None, 3, [], {}, good)).mentions()
    assert last.provenance.caption == "good"


def test_entries_that_are_no_tweets_are_noted():
    export = small({"tweet": {"full_text": "no id"}})
    assert list(Twitter(export).mentions()) == []
    assert export.notes == {
        "data/tweets.js": "holds entries that are not tweets, or have no id; they were passed over"
    }


def test_a_cut_file_is_read_up_to_the_cut():
    whole = script("tweets", [tweet(str(n), EARLY, "", [picture(str(n), "A.jpg")]) for n in range(1, 9)])
    pack = Pack("twitter")
    pack.add("data/tweets.js", whole[: whole.index('"id": "5"')])
    export = pack.as_export()
    assert [m.provenance.post_id for m in Twitter(export).mentions()] == ["1", "2", "3", "4"]
    assert export.notes["data/tweets.js"].startswith("damaged JSON, read as far as it goes")


@pytest.mark.parametrize(
    "text", ["", "window.YTD.tweets.part0 =", "window.YTD.tweets.part0 = null", "{", "\0\0"]
)
def test_an_empty_or_broken_script_leaves_the_media_to_their_names(text):
    pack = Pack("twitter")
    for stem in ("account", "manifest", "tweets", "profile", "direct-messages", "protected-history"):
        pack.add(f"data/{stem}.js", text)
    pack.add(f"data/tweets_media/{FIRST}-A.jpg", photos.nobody())
    export = pack.as_export()
    assert list(Twitter(export).mentions()) == []
    provenance = columns(Twitter(export).infer(f"data/tweets_media/{FIRST}-A.jpg"))
    assert (provenance.post_id, provenance.posted_at) == (FIRST, "2020-02-09T11:05:30+00:00")
    assert provenance.url == f"https://twitter.com/i/web/status/{FIRST}"


def test_numbers_that_are_not_text_are_read_as_well():
    record = tweet(FIRST, EARLY, "", [picture(FIRST, "A.jpg")])
    record["tweet"] |= {"id": int(FIRST), "id_str": None, "geo": {"coordinates": [38.71, -9.14]}}
    (mention,) = Twitter(small(record)).mentions()
    provenance = columns(mention.provenance)
    assert (provenance.post_id, provenance.location) == (FIRST, (38.71, -9.14))


def test_a_message_without_known_owner_is_nobodys():
    pack = build("current")
    del pack.files["data/account.js"], pack.files["data/manifest.js"]
    path = "data/direct_messages_media/1226777777777777777-File.jpg"
    (provenance,) = provenances_of(pack.as_export(), path)
    assert (provenance["author"], provenance["author_is_owner"], provenance["account"]) == ("77", None, None)


def test_files_without_a_record_keep_what_their_folder_says():
    export = small()
    inferred = {
        path: (provenance.context, provenance.exposure.level, provenance.post_id)
        for path in (
            "data/grok_chat_media/a.jpg",
            "data/moments_tweets_media/33-a.jpg",
            "data/deleted_tweets_media/33-a.jpg",
            "data/direct_messages_group_media/33-a.jpg",
            "data/somewhere/a.jpg",
        )
        for provenance in [Twitter(export).infer(path)]
    }
    assert inferred == {
        "data/grok_chat_media/a.jpg": ("grok_chat", Exposure.UNKNOWN, None),
        "data/moments_tweets_media/33-a.jpg": ("moment", Exposure.UNKNOWN, "33"),
        "data/deleted_tweets_media/33-a.jpg": ("deleted", Exposure.PUBLIC, "33"),
        "data/direct_messages_group_media/33-a.jpg": ("message", Exposure.NETWORK, "33"),
        "data/somewhere/a.jpg": (None, Exposure.UNKNOWN, None),
    }


def listing(entries: int) -> str:
    """The archive's own list, with so many entries in its protect history."""
    files = {"protectedHistory": {"files": [{"count": str(entries)}]}}
    return "window.__THAR_CONFIG = " + json.dumps({"dataTypes": files})


@pytest.mark.parametrize("records", [{}, {"manifest": listing(2)}])
def test_a_history_that_may_lack_an_unprotecting_makes_no_tweet_less_than_unknown(records):
    protected = history(("2020-01-01T00:00:00.000Z", "Protect"))
    export = small(
        tweet(FIRST, EARLY, "hi", [picture(FIRST, "A.jpg")]), protected_history=protected, **records
    )
    (mention,) = Twitter(export).mentions()
    assert mention.provenance.exposure == Exposure.UNKNOWN.because(
        "the account was protected on 2020-01-01, but the archive's own list does not show that its "
        "history is whole"
    )


def history(*actions: tuple[str, str]) -> str:
    entries = [{"protectedHistory": {"protectedAt": when, "action": action}} for when, action in actions]
    return script("protected_history", entries)


@pytest.mark.parametrize(
    ("when", "audience", "exposure"),
    [
        ("Sun Feb 28 23:59:59 +0000 2021", "unprotected", Exposure.PUBLIC),
        ("Mon Mar 01 00:00:00 +0000 2021", "unprotected", Exposure.PUBLIC),
        ("Mon Mar 01 00:00:01 +0000 2021", "protected", Exposure.NETWORK),
        ("Mon Mar 01 01:30:00 +0200 2021", "unprotected", Exposure.PUBLIC),  # half past eleven in UTC
        ("Sun Feb 28 22:30:00 -0200 2021", "protected", Exposure.NETWORK),
    ],
)
def test_every_second_of_the_protect_history_is_of_one_period(when, audience, exposure):
    records = history(("2021-03-01T00:00:00.000Z", "Protect"), ("2020-06-01T00:00:00.000Z", "Unprotect"))
    taken = tweet("123", when, "hi", [picture("123", "A.jpg")])
    export = small(taken, protected_history=records, manifest=listing(2))
    (mention,) = Twitter(export).mentions()
    provenance = columns(mention.provenance)
    assert (provenance.audience, provenance.audience_source) == (audience, "account_setting")
    assert provenance.exposure is exposure


def test_between_two_protections_in_a_row_the_account_was_unprotected():
    twice = history(("2019-01-01T00:00:00.000Z", "Protect"), ("2021-01-01T00:00:00.000Z", "Protect"))
    taken = tweet("123", "Sat Jun 01 12:00:00 +0000 2019", "hi", [picture("123", "A.jpg")])
    (mention,) = Twitter(small(taken, protected_history=twice, manifest=listing(2))).mentions()
    assert mention.provenance.exposure == Exposure.UNKNOWN.because(
        "the account was protected on 2021-01-01, but its history names two protections in a row, so an "
        "unprotecting between them is missing"
    )


def test_what_came_before_the_first_change_is_its_opposite():
    export = small(protected_history=history(("2021-06-01T00:00:00.000Z", "Unprotect")))
    assert [(period.public, period.until) for period in Twitter(export).account.periods] == [
        (False, "2021-06-01T00:00:00+00:00"),
        (True, None),
    ]


@pytest.mark.parametrize(
    ("entry", "is_read"),
    [
        ({"protectedAt": "2021-03-01T00:00:00.000Z", "action": "protect"}, True),
        ({"at": "2021-03-01T00:00:00.000Z", "action": "Protect"}, True),  # a time under another name
        ({"protectedAt": "2021-03-01T00:00:00.000Z", "action": "Hide"}, False),
        ({"protectedAt": 1614556800, "action": "Protect"}, False),
    ],
)
def test_a_change_that_cannot_be_read_makes_every_tweet_unknown(entry, is_read):
    records = script("protected_history", [{"protectedHistory": entry}])
    reader = Twitter(small(protected_history=records))
    assert [period.public for period in reader.account.periods] == ([True, False] if is_read else [])
    doubted = reader.protection.visibility("2020-01-01T00:00:00+00:00")
    assert doubted.exposure.level is (Exposure.PUBLIC if is_read else Exposure.UNKNOWN)


def test_a_tweet_without_any_date_follows_a_history_that_never_changed():
    export = small(tweet("123", "?", "", [picture("123", "A.jpg")]), protected_history=history())
    (mention,) = Twitter(export).mentions()
    assert mention.provenance.exposure.level is Exposure.PUBLIC


def test_the_account_is_in_the_manifest_where_it_has_no_record_of_its_own():
    info = {"accountId": "9", "userName": "ana", "displayName": "Ana"}
    pack = Pack("twitter-2024-05-01-ab")
    pack.add("data/manifest.js", "window.__THAR_CONFIG = " + json.dumps({"userInfo": info}))
    reader = Twitter(pack.as_export())
    account = Account("ana", "Ana", "2024-05-01", reader.account.periods)
    assert (reader.account, reader.owner_id) == (account, "9")
    own = {"username": "ana_new", "accountDisplayName": "Ana N.", "accountId": "10"}
    pack.add("data/account.js", script("account", [{"account": own}]))
    reader = Twitter(pack.as_export())
    assert (reader.account.name, reader.account.display_name, reader.owner_id) == ("ana_new", "Ana N.", "10")


@pytest.mark.parametrize(
    ("folder", "context", "exposure", "has_link"),
    [
        ("tweets_media", "post", Exposure.PUBLIC, True),
        ("tweet_media", "post", Exposure.PUBLIC, True),
        ("twitter_circle_tweet_media", "circle", Exposure.NETWORK, True),
        ("community_tweet_media", "community", Exposure.PUBLIC, True),
        ("deleted_tweet_media", "deleted", Exposure.PUBLIC, False),
        ("direct_message_media", "message", Exposure.PRIVATE, False),
        ("direct_messages_media", "message", Exposure.PRIVATE, False),
        ("direct_message_group_media", "message", Exposure.NETWORK, False),
        ("twitter_article_media", "article", Exposure.PUBLIC, False),
        ("moments_media", "moment", Exposure.UNKNOWN, True),
        ("grok_chat_media", "grok_chat", Exposure.UNKNOWN, False),
    ],
)
def test_a_file_without_a_record_is_what_its_folder_and_its_number_say(folder, context, exposure, has_link):
    provenance = columns(Twitter(small()).infer(f"data/{folder}/{FIRST}-A.jpg"))
    assert (provenance.context, provenance.exposure, provenance.post_id) == (context, exposure, FIRST)
    assert provenance.url == (f"https://twitter.com/ana/status/{FIRST}" if has_link else None)
    assert (provenance.posted_at, provenance.posted_at_source) == (
        "2020-02-09T11:05:30+00:00",
        "file name (snowflake)",
    )


@pytest.mark.parametrize("name", ["A.jpg", "a-b.jpg", f"{FIRST}.jpg"])
def test_a_name_without_a_number_before_a_dash_says_no_time(name):
    provenance = Twitter(small()).infer(f"data/tweets_media/{name}")
    assert (provenance.posted, provenance.link, provenance.post_id) == (None, None, None)


@pytest.mark.parametrize(
    ("medium", "author", "is_owner"),
    [
        ({}, "ana", True),
        ({"source_user_id": "9"}, "ana", True),
        ({"source_user_id_str": "77"}, "ana_example", False),
        ({"source_user_id": "77", "expanded_url": "https://x.com/bo/status/1/photo/1"}, "bo", False),
        ({"source_user_id": "77", "expanded_url": "https://example.org/"}, None, False),
    ],
)
def test_a_picture_that_was_taken_over_is_its_authors(medium, author, is_owner):
    (mention,) = Twitter(small(tweet(FIRST, EARLY, "", [picture(FIRST, "A.jpg", **medium)]))).mentions()
    assert (mention.provenance.author, mention.provenance.author_is_owner) == (author, is_owner)


@pytest.mark.parametrize(
    ("created", "posted_at", "source"),
    [
        ("Wed Mar 01 00:00:00 +0000 2006", "2006-03-01T00:00:00+00:00", "created_at"),
        ("Sat Dec 31 00:00:00 +0000 2005", "2020-02-09T11:05:30+00:00", "id_str (snowflake)"),
        ("Thu Dec 31 00:00:00 +0000 2099", "2099-12-31T00:00:00+00:00", "created_at"),
        ("Fri Jan 01 00:00:00 +0000 2100", "2020-02-09T11:05:30+00:00", "id_str (snowflake)"),
        ("Wed Mai 01 00:00:00 +0000 2019", "2020-02-09T11:05:30+00:00", "id_str (snowflake)"),
        ("Wed May 35 00:00:00 +0000 2019", "2020-02-09T11:05:30+00:00", "id_str (snowflake)"),
        ("Wed May 01 2019", "2020-02-09T11:05:30+00:00", "id_str (snowflake)"),
    ],
)
def test_a_tweet_is_of_its_written_date_else_of_its_ids(created, posted_at, source):
    (mention,) = Twitter(small(tweet(FIRST, created, "", [picture(FIRST, "A.jpg")]))).mentions()
    provenance = columns(mention.provenance)
    assert (provenance.posted_at, provenance.posted_at_source) == (posted_at, source)


@pytest.mark.parametrize(
    "entry",
    [
        {"tweet": {"id_str": FIRST, "full_text": "x"}},
        {"tweet": {"id": FIRST, "text": "x"}},
        {"id_str": FIRST, "full_text": "x"},
        {"communityTweet": {"id_str": FIRST, "full_text": "x"}},
    ],
)
def test_a_tweet_may_stand_under_any_key_or_bare(entry):
    pack = Pack("twitter")
    pack.add("data/tweets.js", script("tweets", [entry]))
    pack.add(f"data/tweets_media/{FIRST}-A.jpg", b"1")
    (mention,) = Twitter(pack.as_export()).mentions()
    provenance = mention.provenance
    assert (mention.path, provenance.caption, provenance.context) == (
        f"data/tweets_media/{FIRST}-A.jpg", "x", "post",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["video", "animated_gif"])
def test_a_film_and_a_photo_of_one_tweet_are_not_mixed_up(kind):
    pack = Pack("twitter")
    film = picture("55", "thumb.jpg", type=kind, source_user_id="77")
    pack.add("data/tweets.js", script("tweets", [tweet("55", EARLY, "", [film, picture("55", "gone.jpg")])]))
    for name in ("a.jpg", "b.mp4"):
        pack.add(f"data/tweets_media/55-{name}", b"1")
    assert [m.path for m in Twitter(pack.as_export()).mentions()] == [
        "data/tweets_media/55-b.mp4",
        "data/tweets_media/55-a.jpg",
    ]


def test_links_are_written_out_where_both_forms_are_known():
    record = tweet(FIRST, EARLY, "see https://t.co/a and https://t.co/b", [picture(FIRST, "A.jpg")])
    record["tweet"]["entities"]["urls"] = [
        {"url": "https://t.co/a", "expanded_url": "https://example.org/?a=1&b=2"},
        {"url": "https://t.co/b"},
        {"expanded_url": "https://example.org/lost"},
    ]
    (mention,) = Twitter(small(record)).mentions()
    assert mention.provenance.caption == "see https://example.org/?a=1&b=2 and https://t.co/b"


def test_a_message_has_its_links_written_out_and_the_time_of_its_id_where_it_has_none():
    message = {"id": FIRST, "senderId": "9", "text": "https://t.co/a", "mediaUrls": ["https://x/A.jpg"]}
    message["urls"] = [{"url": "https://t.co/a", "expanded": "https://example.org/"}]
    talk = {"dmConversation": {"messages": [{"messageCreate": message}]}}
    (mention,) = Twitter(small(direct_messages=script("direct_messages", [talk]))).mentions()
    provenance = columns(mention.provenance)
    assert mention.path == f"data/direct_messages_media/{FIRST}-A.jpg"
    assert (provenance.caption, provenance.author, provenance.author_is_owner) == (
        "https://example.org/", "ana", True,
    )  # fmt: skip
    assert (provenance.posted_at, provenance.posted_at_source) == (
        "2020-02-09T11:05:30+00:00",
        "id (snowflake)",
    )


def test_a_repost_is_the_others_and_a_deleted_one_stays_deleted():
    record = tweet(FIRST, EARLY, "RT @bo: look", [picture(FIRST, "A.jpg")])
    (mention,) = Twitter(small(record)).mentions()
    assert (mention.provenance.context, mention.provenance.author) == ("repost", "bo")
    export = small(deleted_tweets=script("deleted_tweets", [record]))
    (mention,) = Twitter(export).mentions()
    assert (mention.provenance.context, mention.provenance.link) == ("deleted", None)
    assert mention.provenance.exposure.reason.startswith("deleted; until then: ")


def message_mentions(*files: str, **fields: Any) -> list[Any]:
    """The mentions of one message's pictures."""
    message = {"id": FIRST, "senderId": "9", "text": ""} | fields
    talk = {"dmConversation": {"messages": [{"messageCreate": message}]}}
    pack = Pack("twitter")
    pack.add("data/direct-messages.js", script("direct_messages", [talk]))
    for name in files:
        pack.add(f"data/direct_messages_media/{FIRST}-{name}", b"1")
    return list(Twitter(pack.as_export()).mentions())


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("A.jpg", "B.jpg"), ["A.jpg", "B.jpg"]),
        (("A.jpg",), ["A.jpg", "B.jpg"]),
        (("x.jpg",), ["x.jpg", "A.jpg"]),  # one of the two, under another name
        (("x.jpg", "y.jpg"), ["x.jpg", "y.jpg"]),
        ((), ["A.jpg", "B.jpg"]),
    ],
)
def test_of_a_messages_pictures_as_many_are_missing_as_there_are_files_too_few(files, names):
    urls = ["https://x/A.jpg", "https://x/B.jpg"]
    paths = [mention.path for mention in message_mentions(*files, mediaUrls=urls)]
    assert paths == [f"data/direct_messages_media/{FIRST}-{name}" for name in names]


def test_a_time_without_a_zone_is_in_utc():
    (mention,) = message_mentions("A.jpg", createdAt="2021-03-01T10:00:00.000")
    assert mention.provenance.posted.at == "2021-03-01T10:00:00+00:00"
    export = small(manifest='window.x = {"archiveInfo": {"generationDate": "2024-05-01T10:00:00"}}')
    assert Twitter(export).account.exported_at == "2024-05-01T10:00:00+00:00"


def test_what_opened_a_protected_tweet_is_the_next_unprotecting():
    changes = history(
        ("2015-01-01T00:00:00Z", "Protect"), ("2016-01-01T00:00:00Z", "Protect"),
        ("2017-01-01T00:00:00Z", "Unprotect"),
    )  # fmt: skip
    reason = Twitter(small(protected_history=changes)).protection.visibility("2015-06-01").exposure.reason
    assert reason.endswith("the account was unprotected on 2017-01-01, which opened older tweets too")


def test_of_a_films_variants_the_finest_comes_first():
    variants = [{"url": "https://x/list.mp4"}, {"url": "https://x/small.mp4", "bitrate": "2"}]
    variants.append({"url": "https://x/large.mp4", "bitrate": 9})
    assert list(file_names({"video_info": {"variants": variants}})) == ["large.mp4", "small.mp4", "list.mp4"]


@pytest.mark.parametrize("record", ["tweets", "tweets-part1", "Tweets", "tweet"])
def test_a_missing_picture_would_be_in_the_folder_of_its_record(record):
    pack = Pack("twitter")
    pack.add(f"data/{record}.js", script("tweets", [tweet(FIRST, EARLY, "", [picture(FIRST, "A.jpg")])]))
    folder = "tweet_media" if record == "tweet" else "tweets_media"
    (mention,) = Twitter(pack.as_export()).mentions()
    assert mention.path == f"data/{folder}/{FIRST}-A.jpg"


@pytest.mark.parametrize(
    ("third", "exposure"),
    [
        ({"senderId": "1"}, Exposure.PRIVATE),
        ({"senderId": "3"}, Exposure.NETWORK),
        ({"senderId": "1", "reactions": [{"senderId": "3", "reactionKey": "like"}]}, Exposure.NETWORK),
    ],
)
def test_a_conversation_of_three_is_a_group_wherever_it_is_listed(third, exposure):
    sent = {"id": "5", "senderId": "2", "recipientId": "1", "mediaUrls": ["https://x.com/a/A.jpg"]}
    talk = {"dmConversation": {"messages": [{"messageCreate": each} for each in (sent, {"id": "6"} | third)]}}
    (mention,) = Twitter(small(direct_messages=script("direct_messages", [talk]))).mentions()
    assert mention.provenance.exposure.level is exposure


def test_a_message_without_an_id_or_without_pictures_mentions_nothing():
    assert message_mentions(id=None, mediaUrls=["https://x/A.jpg"]) == []
    assert message_mentions(mediaUrls=[]) == []
