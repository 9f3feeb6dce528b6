"""Who could see a post when its export leaves that to the account: what the owner remembers decides, for the
days that it is about, and for nothing else. Once public, always public.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.consent import exposure
from selfsearch.consent.exposure import Knowledge
from selfsearch.types import Audience, Exposure, Provenance, Timestamp

PUBLIC = {"public": True, "since": None, "until": None}
PRIVATE = {"public": False, "since": None, "until": None}
OPEN = Exposure.UNKNOWN.because("not exported")
BY_WORD = Exposure.UNKNOWN.because("visibility = Vrienden, a word that is not known")
UNKNOWN = Exposure.UNKNOWN


def period(since: str | None, until: str | None, *, public: bool = True) -> dict[str, Any]:
    return {"public": public, "since": since, "until": until}


def private(since: str | None, until: str | None) -> dict[str, Any]:
    return period(since, until, public=False)


def post(day: str | None = "2018-06-01T12:00:00", **more: Any) -> Provenance:
    """A post whose export does not say who could see it."""
    return Provenance(
        **{
            "platform": "instagram",
            "context": "post",
            "posted": Timestamp.of(day, "taken_at"),
            "exposure": OPEN,
        }
        | more
    )


def decided(provenance: Provenance, *said: dict[str, Any]) -> Provenance:
    return exposure.with_knowledge(provenance, Knowledge(said))


def level(provenance: Provenance, *said: dict[str, Any]) -> Exposure:
    return decided(provenance, *said).exposure.level


def reason(provenance: Provenance, *said: dict[str, Any]) -> str:
    return decided(provenance, *said).exposure.reason


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2017-12-31T23:59:59", Exposure.PUBLIC),  # it opened with the account
        ("2018-01-01", Exposure.PUBLIC),
        ("2018-01-01T00:00:00+02:00", Exposure.PUBLIC),
        ("2018-03-31T23:59:59", Exposure.PUBLIC),
        ("2018-04-01T00:00:00", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_what_is_not_newer_than_a_public_account_is_public(day: str | None, expected: Exposure) -> None:
    for said in (period("2018-01-01", "2018-03-31"), period("2018-01-01T10:00:00", "2018-03-31T10:00:00")):
        assert level(post(day), said) is expected


@given(day=st.dates(), since=st.none() | st.dates(), until=st.none() | st.dates())
def test_a_post_is_public_when_the_account_was_on_its_day_or_later(
    day: date, since: date | None, until: date | None
) -> None:
    is_empty = since is not None and until is not None and since > until
    said = period(since and since.isoformat(), until and until.isoformat())
    expected = not is_empty and day <= (until or date.max)
    assert (level(post(day.isoformat()), said) is Exposure.PUBLIC) == expected
    if until and until < date.max:
        assert level(post((until + timedelta(days=1)).isoformat()), said) is UNKNOWN


@given(
    day=st.integers(0, 40),
    spans=st.lists(
        st.tuples(st.booleans(), st.none() | st.integers(1, 30), st.none() | st.integers(1, 30)), max_size=5
    ),
)
def test_every_day_since_the_post_is_looked_at(
    day: int, spans: list[tuple[bool, int | None, int | None]]
) -> None:
    def iso(number: int | None) -> str | None:
        return None if number is None else (date(2020, 1, 1) + timedelta(days=number)).isoformat()

    def on(number: int) -> bool | None:
        """What the last statement about a day says."""
        about = (
            is_public for is_public, first, last in reversed(spans) if (first or 0) <= number <= (last or 99)
        )
        return next(about, None)

    said = [period(iso(first), iso(last), public=is_public) for is_public, first, last in spans]
    later = [on(number) for number in range(day, 60)]
    expected = Exposure.PUBLIC if True in later else Exposure.NETWORK if None not in later else UNKNOWN
    assert level(post(iso(day)), *said) is expected


def test_private_is_what_was_private_ever_since() -> None:
    closed, opened = private(None, "2020-06-30"), period("2020-07-01", None)
    assert level(post("2018-06-01"), closed) is UNKNOWN
    assert level(post("2018-06-01"), closed, opened) is Exposure.PUBLIC
    assert level(post("2018-06-01"), closed, private("2020-07-01", None)) is Exposure.NETWORK
    assert level(post("2018-06-01"), closed, private("2020-07-02", None)) is UNKNOWN  # one day is missing
    assert level(post("2020-07-01"), closed) is UNKNOWN
    assert level(post("2018-06-01"), private("2019-01-01", None)) is UNKNOWN


def test_a_statement_until_the_end_of_the_calendar_has_no_gap_after_it() -> None:
    assert level(post(), private(None, "9999-12-31")) is Exposure.NETWORK
    assert level(post(), private(None, "9999-12-30")) is UNKNOWN


def test_a_gap_in_what_was_said_is_named_in_the_reason() -> None:
    assert reason(post("2018-06-01"), private("2018-01-01", "2020-06-30")) == (
        "you said that the account was private from 2018-01-01 until 2020-06-30, but not what it was after"
        " that: if it was public later, so was this"
    )
    assert reason(post("2021-06-01"), private(None, "2020-06-30")) == "not exported"


def test_a_post_without_a_date_is_of_any_day() -> None:
    assert level(post(None), PUBLIC) is Exposure.PUBLIC
    assert level(post(None), PRIVATE) is Exposure.NETWORK
    assert level(post(None), private(None, "2018-01-01"), private("2018-01-02", None)) is Exposure.NETWORK
    assert level(post(None), period("2018-01-01", None)) is Exposure.PUBLIC  # whenever it was posted
    for part in (period(None, "2018-01-01"), private(None, "2018-01-01"), private("2018-01-01", None)):
        assert level(post(None), part) is UNKNOWN
    assert reason(post(None), period(None, "2018-01-01")) == (
        "you said that the account was public until 2018-01-01, but nothing says when this was posted"
    )


def test_a_public_time_makes_what_is_undated_unknown_whatever_the_setting_says() -> None:
    setting = Audience(None, "account_setting")
    followers = post(None, audience=setting, exposure=Exposure.NETWORK.because("the export", "x.json"))
    everybody = post(None, audience=setting, exposure=Exposure.PUBLIC.because("the export", "x.json"))
    assert level(followers, period(None, "2018-01-01")) is UNKNOWN
    assert level(everybody, period(None, "2018-01-01")) is Exposure.PUBLIC


def test_the_day_of_posting_counts_and_that_of_the_picture_where_it_is_not_known() -> None:
    said, then = period("2018-01-01", "2018-12-31"), Timestamp("2018-05-05", "EXIF")
    assert level(post("2020-01-01", taken=then), said) is UNKNOWN
    assert level(post(None, taken=then), said) is Exposure.PUBLIC


def test_of_two_statements_about_one_day_the_later_one_counts() -> None:
    during, after = post("2018-06-01"), post("2019-06-01")
    closed_then = private("2018-01-01", "2018-12-31")
    assert level(during, PUBLIC, closed_then) is Exposure.PUBLIC  # it was public after that
    assert level(during, closed_then, PUBLIC) is Exposure.PUBLIC
    open_then = period("2018-01-01", "2018-12-31")
    assert (level(during, PRIVATE, open_then), level(after, PRIVATE, open_then)) == (
        Exposure.PUBLIC,
        Exposure.NETWORK,
    )
    assert level(during, open_then, PRIVATE) is Exposure.NETWORK  # which takes back what was said before


def test_the_reason_repeats_what_was_said() -> None:
    assert reason(post(), PUBLIC) == "you said that the account was public"
    assert reason(post(), PRIVATE) == "you said that the account was private"
    assert (
        reason(post(), period("2018-01-01T08:00", "2018-12-31T08:00"))
        == "you said that the account was public from 2018-01-01 until 2018-12-31"
    )
    assert reason(post("2010-01-01"), period("2018-01-01", "2018-12-31")) == (
        "you said that the account was public from 2018-01-01 until 2018-12-31,"
        " which showed its older posts, too"
    )
    assert reason(post(), private(None, "2019-12-31"), private("2020-01-01", None)) == (
        "you said that the account was private until 2019-12-31 and from 2020-01-01"
    )
    assert reason(post()) == "not exported"


def test_a_story_of_a_public_account_may_have_been_for_close_friends() -> None:
    story = post(context="story")
    assert level(story, PUBLIC) is UNKNOWN
    assert reason(story, PUBLIC).endswith("; a story may have been for close friends only")
    assert level(story, PRIVATE) is Exposure.NETWORK


@pytest.mark.parametrize(
    ("context", "end"),
    [
        ("story", "its day was over"),
        ("archived", "it was archived"),
        ("deleted", "it was deleted"),
        ("trashed", "it was deleted"),
    ],
)
def test_what_was_shown_for_some_time_may_not_have_seen_the_account_open(context: str, end: str) -> None:
    shown = post(context=context)
    closed_then_open = private(None, "2020-12-31"), period("2021-01-01", None)
    assert level(shown, *closed_then_open) is UNKNOWN
    assert reason(shown, *closed_then_open) == (
        f"you said that the account was public from 2021-01-01, but perhaps not before {end}"
    )
    if context != "story":
        assert level(shown, PUBLIC) is Exposure.PUBLIC
        assert reason(shown, PUBLIC) == f"you said that the account was public; this was seen until {end}"
    open_by_record = post(
        context=context, exposure=Exposure.PUBLIC.because("x"), audience=Audience(None, "file")
    )
    assert level(open_by_record, *closed_then_open) is Exposure.PUBLIC


@pytest.mark.parametrize("context", [*exposure.OPEN_CONTEXTS])
def test_what_the_account_governs_follows_what_was_said_of_it(context: str | None) -> None:
    assert exposure.is_open(post(context=context))
    assert level(post(context=context), PRIVATE) is Exposure.NETWORK


@pytest.mark.parametrize("context", ["message", "comment", "group", "shared_story", "shared_album"])
def test_messages_and_what_others_decide_do_not(context: str) -> None:
    assert not exposure.is_open(post(context=context))
    assert level(post(context=context), PUBLIC) is UNKNOWN


@pytest.mark.parametrize(
    ("source", "said_by_export", "is_open"),
    [
        ("per_item", UNKNOWN, False),
        ("per_album", UNKNOWN, False),
        ("chat_type", UNKNOWN, False),
        ("file", Exposure.PUBLIC, True),
        ("account_setting", UNKNOWN, True),
        ("account_setting", Exposure.NETWORK, True),
        (None, Exposure.PUBLIC, False),
        (None, Exposure.PRIVATE, False),
        (None, UNKNOWN, True),
    ],
)
def test_what_the_export_says_of_an_item_stands_and_what_it_says_of_the_account_does_not(
    source: str | None, said_by_export: Exposure, is_open: bool
) -> None:
    audience = source and Audience("friends", source)
    item = post(audience=audience, exposure=said_by_export.because("the export"))
    assert exposure.is_open(item) is is_open
    assert level(item, PRIVATE) is (Exposure.NETWORK if is_open else said_by_export)
    if is_open:
        assert decided(item, PRIVATE).audience == Audience("friends" if source else None, "account_setting")


def test_an_account_that_the_export_shows_public_is_not_made_private_by_memory() -> None:
    shown = Exposure.PUBLIC.because("the account was public when the export was made", "profile.json")
    item = post(exposure=shown, audience=Audience(None, "account_setting"))
    assert level(item, PRIVATE) is Exposure.PUBLIC
    assert decided(item, PRIVATE).exposure.evidence == ("profile.json",)
    assert reason(item, PRIVATE) == (
        "the account was public when the export was made; you said that the account was private,"
        " but the export shows that it was public"
    )


def test_a_statement_that_ends_leaves_what_the_records_show_of_all_the_time() -> None:
    shown = Exposure.NETWORK.because("private since 2016, by its history", "history.json")
    item = post(exposure=shown, audience=Audience(None, "account_setting"))
    assert decided(item, private(None, "2019-01-01")).exposure == shown
    assert level(item, period("2020-01-01", "2020-02-01")) is Exposure.PUBLIC


@pytest.mark.parametrize("platform", exposure.PHOTO_LIBRARIES)
@pytest.mark.parametrize("context", ["library", "album", "memory", "archived", "trashed", "hidden"])
def test_a_photo_library_of_which_nothing_was_shared_is_private(platform: str, context: str) -> None:
    item = post(platform=platform, context=context)
    assert level(item, PRIVATE) is Exposure.PRIVATE
    assert reason(item, PRIVATE) == "you said that nothing of it was shared"
    assert level(item, private(None, "2020-01-01")) is UNKNOWN
    assert reason(item, private(None, "2020-01-01")) == (
        "you said that nothing of it was shared until 2020-01-01, but not whether any of it was after that"
    )
    assert level(item, private("2019-01-01", None)) is UNKNOWN
    assert level(item, PUBLIC) is UNKNOWN
    assert level(item, private(None, "2019-01-01"), period("2019-01-02", None)) is UNKNOWN


def test_what_a_photo_library_shows_as_shared_stays_so() -> None:
    comments = post(platform="google_photos", context="album", exposure=Exposure.NETWORK.because("x", "y"))
    word = post(platform="google_photos", context="album", audience=Audience("protected", "per_album"))
    shared = post(platform="google_photos", context="shared_album")
    for item in (comments, word, shared):
        assert decided(item, PRIVATE) == item


def test_plain_files_have_no_account() -> None:
    assert level(post(platform="folder", context=None), PUBLIC) is UNKNOWN


# Words


def said_word(word: str | None, source: str = "per_item", **more: Any) -> Provenance:
    return post(**{"audience": Audience(word, source, is_known=False), "exposure": BY_WORD} | more)


def settled(provenance: Provenance, word: str, means: Exposure, *said: dict[str, Any]) -> Provenance:
    return exposure.with_knowledge(provenance, Knowledge(said, {word: means}))


@pytest.mark.parametrize(
    ("means", "words"),
    [
        (Exposure.PUBLIC, "everyone (public)"),
        (Exposure.NETWORK, "friends or a group (network)"),
        (Exposure.PRIVATE, "only you (private)"),
    ],
)
def test_a_word_that_was_settled_decides_what_it_stands_for(means: Exposure, words: str) -> None:
    told = settled(said_word("Vrienden"), "vrienden", means)
    assert told.exposure.level is means
    assert told.exposure.reason == f"you said that “Vrienden” means {words}"
    assert told.audience == Audience("Vrienden", "per_item", is_known=False)


def test_a_settled_word_is_compared_whole_and_without_case() -> None:
    assert settled(said_word("VRIENDEN"), "vrienden", Exposure.NETWORK).exposure.level is Exposure.NETWORK
    for other in ("Vriend", "Vrienden van", None):
        assert settled(said_word(other), "vrienden", Exposure.NETWORK).exposure == BY_WORD


def test_a_settled_word_changes_nothing_that_the_export_decides() -> None:
    public = said_word("Vrienden", exposure=Exposure.PUBLIC.because("the export"))
    account = said_word("Vrienden", "account_setting")
    for item in (public, account):
        assert settled(item, "vrienden", Exposure.PRIVATE) == item


def test_no_word_makes_private_what_others_may_have_seen_for_another_reason() -> None:
    seen = {"audience": Audience("private", "per_item"), "exposure": Exposure.UNKNOWN.because("17 views")}
    viewed = post(**seen)
    assert settled(viewed, "private", Exposure.PRIVATE) == viewed
    assert settled(viewed, "private", Exposure.NETWORK).exposure.level is Exposure.NETWORK


def test_a_word_stands_before_what_was_said_of_the_account() -> None:
    assert (
        settled(said_word("Vrienden"), "vrienden", Exposure.NETWORK, PUBLIC).exposure.level
        is Exposure.NETWORK
    )
    assert settled(said_word("Iemand"), "vrienden", Exposure.NETWORK, PUBLIC).exposure == BY_WORD
