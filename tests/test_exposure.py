"""Who could see a post when its export leaves that to the account: what the owner remembers decides, for the
days that it is about, and for nothing else.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.consent import exposure
from selfsearch.types import Audience, Exposure, Provenance, Timestamp

PUBLIC = {"public": True, "since": None, "until": None}
PRIVATE = {"public": False, "since": None, "until": None}
OPEN = Exposure.UNKNOWN.because("not exported")


def period(since: str | None, until: str | None, *, public: bool = True) -> dict[str, Any]:
    return {"public": public, "since": since, "until": until}


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


def level(provenance: Provenance, *said: dict[str, Any]) -> Exposure:
    return exposure.with_knowledge(provenance, said).exposure.level


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2017-12-31T23:59:59", Exposure.UNKNOWN),
        ("2018-01-01", Exposure.PUBLIC),
        ("2018-01-01T00:00:00+02:00", Exposure.PUBLIC),
        ("2018-03-31T23:59:59", Exposure.PUBLIC),
        ("2018-04-01T00:00:00", Exposure.UNKNOWN),
        (None, Exposure.UNKNOWN),
    ],
)
def test_the_first_and_the_last_day_of_a_public_account_belong_to_it(
    day: str | None, expected: Exposure
) -> None:
    for said in (period("2018-01-01", "2018-03-31"), period("2018-01-01T10:00:00", "2018-03-31T10:00:00")):
        assert level(post(day), said) is expected


@given(day=st.dates(), since=st.none() | st.dates(), until=st.none() | st.dates())
def test_a_post_is_public_on_every_day_on_which_the_account_was(
    day: date, since: date | None, until: date | None
) -> None:
    covered = (since or date.min) <= day <= (until or date.max)
    said = period(since and since.isoformat(), until and until.isoformat())
    assert (level(post(day.isoformat()), said) is Exposure.PUBLIC) == covered
    if until and until < date.max:
        assert level(post((until + timedelta(days=1)).isoformat()), said) is Exposure.UNKNOWN


def test_the_day_before_the_first_one_is_none_of_its_days() -> None:
    said = period("2018-01-15", "2018-01-15")
    days = ("2018-01-14", "2018-01-15", "2018-01-16")
    assert [level(post(day), said).value for day in days] == ["unknown", "public", "unknown"]


def test_a_statement_about_all_times_covers_a_post_without_a_date() -> None:
    assert level(post(None), PUBLIC) is Exposure.PUBLIC
    for dated in (period("2018-01-01", None), period(None, "2018-01-01")):
        assert level(post(None), dated) is Exposure.UNKNOWN


def test_the_day_of_posting_counts_and_that_of_the_picture_where_it_is_not_known() -> None:
    said, then = period("2018-01-01", "2018-12-31"), Timestamp("2018-05-05", "EXIF")
    assert level(post("2020-01-01", taken=then), said) is Exposure.UNKNOWN
    assert level(post(None, taken=then), said) is Exposure.PUBLIC


def test_of_two_statements_about_one_day_the_later_one_counts() -> None:
    inside, outside = post("2018-06-01"), post("2019-06-01")
    for last, before in ((Exposure.PUBLIC, Exposure.NETWORK), (Exposure.NETWORK, Exposure.PUBLIC)):
        general = PRIVATE if before is Exposure.NETWORK else PUBLIC
        narrow = period("2018-01-01", "2018-12-31", public=last is Exposure.PUBLIC)
        assert level(inside, general, narrow) is last
        assert level(outside, general, narrow) is before
        assert level(inside, narrow, general) is before


def test_the_reason_repeats_what_was_said() -> None:
    def reason(*said: dict[str, Any], **more: Any) -> str:
        return exposure.with_knowledge(post(**more), said).exposure.reason

    assert reason(PUBLIC) == "you said that the account was public"
    assert reason(PRIVATE) == "you said that the account was private"
    assert (
        reason(period("2018-01-01T08:00", "2018-12-31T08:00"))
        == "you said that the account was public from 2018-01-01 until 2018-12-31"
    )
    assert reason(period(None, "2018-12-31")) == "you said that the account was public until 2018-12-31"
    assert reason() == "not exported"
    assert "close friends" in reason(PUBLIC, context="story")
    assert "close friends" not in reason(PRIVATE, context="story")


def test_a_story_of_a_public_account_may_have_been_for_close_friends() -> None:
    assert level(post(context="story"), PUBLIC) is Exposure.UNKNOWN
    assert level(post(context="story"), PRIVATE) is Exposure.NETWORK
    assert level(post(context="reel"), PUBLIC) is Exposure.PUBLIC


@pytest.mark.parametrize("context", [*exposure.OPEN_CONTEXTS])
def test_what_the_account_governs_follows_what_was_said_of_it(context: str | None) -> None:
    assert exposure.is_open(post(context=context))
    assert level(post(context=context), PRIVATE) is Exposure.NETWORK


@pytest.mark.parametrize(
    "context", ["message", "archived", "deleted", "memory", "comment", "group", "shared_story"]
)
def test_messages_and_what_others_decide_do_not(context: str) -> None:
    assert not exposure.is_open(post(context=context))
    assert level(post(context=context), PUBLIC) is Exposure.UNKNOWN


@pytest.mark.parametrize(
    ("source", "said_by_export", "is_open"),
    [
        ("per_item", Exposure.UNKNOWN, False),
        ("per_album", Exposure.UNKNOWN, False),
        ("chat_type", Exposure.UNKNOWN, False),
        ("account_setting", Exposure.PUBLIC, True),
        ("file", Exposure.PUBLIC, True),
        ("account_setting", Exposure.NETWORK, True),
        (None, Exposure.PUBLIC, False),
        (None, Exposure.PRIVATE, False),
        (None, Exposure.UNKNOWN, True),
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
        decided = exposure.with_knowledge(item, [PRIVATE])
        assert decided.audience == Audience("friends" if source else None, "account_setting")


def test_plain_files_have_no_account() -> None:
    assert level(post(platform="folder", context=None), PUBLIC) is Exposure.UNKNOWN
