"""Times that web pages show to people are read in the languages that are known, and in doubt not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.exports.platforms.page_dates import looks_like_time, parse_shown_time

NOON = "2023-06-17T12:01:00"


@pytest.mark.parametrize(
    ("shown", "time"),
    [
        ("Jun 17, 2023 12:01 pm", NOON),
        ("Jun 17, 2023, 12:01 PM", NOON),
        ("Sep 7, 2018, 8:12 PM", "2018-09-07T20:12:00"),
        ("May 03, 2025 10:16:09 pm", "2025-05-03T22:16:09"),
        ("Jun 17, 2023 12:01 am", "2023-06-17T00:01:00"),
        ("17 Jun 2023, 12:01", NOON),
        ("17. Juni 2023, 12:01", NOON),
        ("17.06.2023 12:01", NOON),
        ("2023-06-17 12:01", NOON),
        ("2023/06/17 12:01", NOON),
        ("06/17/2023 12:01 PM", NOON),
        ("17/06/2023 12:01", NOON),
        ("17 juin 2023 à 12:01", NOON),
        ("17 de junio de 2023, 12:01", NOON),
        ("jun. 07, 2024 5:44 p. m.", "2024-06-07T17:44:00"),
        ("ago 10, 2026 4:38 da tarde/noite", "2026-08-10T16:38:00"),
        ("giu 17, 2023 12:01", NOON),
        ("Tháng 10 01, 2025 10:21:24 ch", "2025-10-01T22:21:24"),
        ("พ.ค. 24, 2023 7:12:54 pm", "2023-05-24T19:12:54"),
        ("6月 17, 2023 12:01 午後", NOON),
        ("2023年6月17日 12:01", NOON),
        ("6월 17, 2023 3:01 오후", "2023-06-17T15:01:00"),
        ("мая 03, 2025 10:16", "2025-05-03T10:16:00"),
        ("haz. 17, 2023 12:01 ÖÖ", "2023-06-17T00:01:00"),
        ("يونيو 17, 2023 3:01 م", "2023-06-17T15:01:00"),
    ],
)
def test_a_time_is_read_in_the_language_of_the_page(shown: str, time: str | None) -> None:
    assert parse_shown_time(shown) == time


@pytest.mark.parametrize(
    "shown",
    [
        "06/07/2023 12:01",  # the sixth of July, or the seventh of June
        "lis 17, 2023 12:01",  # November in Polish, October in Croatian
        "Zus 17, 2023 12:01",
        "Jun 17, 2023 12:01 zz",
        "Jun 31, 2023 12:01",
        "Jun 17, 2023 25:01",
        "Jun 17, 1023 12:01",
        "Updated Jun 17, 2023 12:01 pm",
        "we met on Jun 17, 2023 12:01 pm",
        "Jun 17, 2023",
        "Jun 17, 2023 12:01 pm " + "x" * 100,
        "",
    ],
)
def test_what_is_in_doubt_is_no_time(shown: str) -> None:
    assert parse_shown_time(shown) is None


@given(st.text(max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    for shown in (text, f"{text} 12:01 2023", f"Jun 17, 2023 12:01{text}"):
        parse_shown_time(shown)


def test_a_line_that_only_looks_like_a_time_is_known_as_one() -> None:
    assert looks_like_time("Zus 17, 2023 12:01 zz")
    assert not looks_like_time("Lisbon, 2023")
    assert not looks_like_time("at 12:01")
