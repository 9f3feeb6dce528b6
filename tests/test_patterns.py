"""No pattern of ours tries again and again: its time grows as its text does, not with its square."""

from __future__ import annotations

import re
import time
from typing import Any

from tests.patterns import attacks, patterns_in_use

SHORT, LONG = 2_000, 16_000  # signs: eight times as many take 8 times as long, or 64 where it is quadratic
MOST = 24  # times
QUICK = 0.01  # seconds: a hundred times what a linear pattern takes for LONG signs; less is not compared


def seconds(pattern: re.Pattern[Any], call: str, text: Any) -> float:
    """Processor time, the best of three."""
    arguments = (text[:0], text) if call == "sub" else (text,)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        result = getattr(pattern, call)(*arguments)
        _ = list(result) if call == "finditer" else result
        best = min(best, time.process_time() - start)
        if best < QUICK:
            break
    return best


def grows_too_fast(pattern: re.Pattern[Any], call: str) -> bool:
    for short, long in zip(attacks(pattern, SHORT), attacks(pattern, LONG), strict=True):
        before = seconds(pattern, call, short)
        if before > QUICK:  # with so few signs
            return True
        after = seconds(pattern, call, long)
        if after > QUICK and after > MOST * before:
            return True
    return False


def test_the_time_of_every_pattern_grows_as_its_text_does() -> None:
    uses = list(patterns_in_use())
    assert len(uses) > 150
    assert [(place, call) for place, pattern, call in uses if grows_too_fast(pattern, call)] == []


def test_a_pattern_that_tries_again_and_again_is_noticed() -> None:
    assert grows_too_fast(re.compile(r"\s*x$"), "search")
    assert grows_too_fast(re.compile(r".*a.*b"), "fullmatch")
    assert not grows_too_fast(re.compile(r"a\s*x"), "search")
    assert not grows_too_fast(re.compile(r"<[^<>]*>"), "search")
