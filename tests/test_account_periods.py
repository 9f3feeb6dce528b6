"""Who could see a post by the account's public and private times: once public, always public."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.exports.platforms.base import Period, widest_period

DAYS = [f"2020-01-{day:02}" for day in range(1, 8)]


def public(since: str | None, until: str | None) -> Period:
    return Period(True, since, until, "")


def private(since: str | None, until: str | None) -> Period:
    return Period(False, since, until, "")


@pytest.mark.parametrize(
    ("posted_at", "periods", "expected"),
    [
        ("2020-01-04T10:00:00", [public(None, "2020-01-02"), private("2020-01-02", None)], False),
        ("2020-01-02T10:00:00", [public(None, "2020-01-02"), private("2020-01-02", None)], True),
        ("2020-01-01", [private(None, "2020-01-02"), public("2020-01-02", "2020-01-03")], True),
        ("2020-01-01", [private(None, "2020-01-02"), private("2020-01-02", None)], False),
        ("2020-01-01", [private(None, "2020-01-02"), private("2020-01-03", None)], None),
        ("2020-01-01", [private("2020-01-05", None)], None),
        ("2020-01-01", [private(None, "2020-01-05")], None),
        ("2020-01-01", [], None),
        (None, [public(None, "2020-01-02"), private("2020-01-02", None)], None),
        (None, [private(None, "2020-01-02"), public("2020-01-02", None)], True),
        (None, [private(None, None)], False),
    ],
)
def test_the_widest_time_since_the_post_decides(
    posted_at: str | None, periods: list[Period], expected: bool | None
) -> None:
    period = widest_period(periods, posted_at)
    assert (period and period.public) is expected


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(DAYS), st.sampled_from([*DAYS, None])), max_size=4),
    st.sampled_from(DAYS),
    st.sampled_from(DAYS),
)
def test_an_older_post_is_never_seen_by_fewer(
    spans: list[tuple[bool, str, str | None]], day: str, earlier: str
) -> None:
    periods = [Period(is_public, since, until, "") for is_public, since, until in spans]
    newer, older = (widest_period(periods, when) for when in (max(day, earlier), min(day, earlier)))
    if newer and newer.public:
        assert older
        assert older.public
