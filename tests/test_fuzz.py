"""Every parser of untrusted bytes ends in what it promises: on its whole corpus, and on a second of damaged
copies of it. `scripts/fuzz` goes on for hours.
"""

from __future__ import annotations

import random
from itertools import islice

import pytest

from tests.fuzz_targets import TARGETS
from tests.fuzzing import CORPUS, LONGEST, attempt, mutations

SEED = 20_261


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_takes_damaged_bytes_and_ends_in_what_it_promises(name: str) -> None:
    target = TARGETS[name]
    for data in target.seeds():
        attempt(target, data)
    chance = random.Random(SEED)  # noqa: S311  (the same every time)
    for data in islice(mutations(target.seeds(), chance), target.speed):
        attempt(target, data)


def test_the_corpus_is_small_and_belongs_to_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 300_000
    assert all(path.stat().st_size < LONGEST for path in files)


def test_every_finding_of_before_is_kept_in_the_corpus() -> None:
    assert list(CORPUS.rglob("finding-*"))
