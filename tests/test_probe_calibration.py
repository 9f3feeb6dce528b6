"""What a score means for one probe: nobody is promised more than the library and the photographs can keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.library.library import open_library
from selfsearch.packs.store import find_pack
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.probe_calibration import (
    AVERAGE_WEIGHT,
    MAX_COHORT,
    ProbeCalibration,
    Spread,
    find_cohort,
    measure_spread,
)
from selfsearch.types import Embedding, Embeddings

from . import photos
from .conftest import Run
from .test_rescan import plant, put

CALIBRATION = find_pack("opencv-zoo").calibration
assert CALIBRATION is not None
OURS: Calibration = CALIBRATION

rates = st.floats(1e-7, 0.03)
spreads = st.builds(Spread, st.floats(-0.2, 0.2), st.floats(0, 0.3), st.floats(0, 5000))
probes = st.builds(
    ProbeCalibration, st.just(OURS), spreads, st.integers(0, 10**6), photographs=st.integers(1, 40)
)


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Callable[[], Any]:
    """The library of the test, opened for a moment."""
    return lambda: open_library(home, key_folder=tmp_path / "keys", writing=True)


def unit(rows: Any) -> Embeddings:
    rows = np.asarray(rows, np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def strangers(count: int, seed: int = 1) -> Embeddings:
    return unit(np.random.default_rng(seed).normal(size=(count, 128)))


def spread_about(probe: Embedding, faces: Embeddings, width: float) -> Embeddings:
    """The same faces, whose scores with the probe lie `width` times as far apart."""
    scores = np.clip((faces @ probe) * np.float32(width), -0.95, 0.95)[:, None]
    aside = unit(faces - (faces @ probe)[:, None] * probe)
    return unit(scores * probe + np.sqrt(1 - scores**2) * aside)


def calibrated(probe: Embedding, faces: Embeddings, photographs: int = 1) -> ProbeCalibration:
    cohort = find_cohort(np.arange(len(faces)), faces, OURS)
    return ProbeCalibration(OURS, measure_spread(probe, cohort, OURS), len(faces), photographs)


@given(probe=probes, rate=rates)
def test_no_probe_gets_by_with_a_lower_score_than_all(probe: ProbeCalibration, rate: float) -> None:
    assert probe.score_for(rate) >= OURS.score_for(rate) - 1e-12
    assert probe.false_match_rate(OURS.score_for(rate)) >= rate * (1 - 1e-9)
    assert probe.lookalikes() >= 1


@given(probe=probes, rate=rates)
def test_a_score_and_its_rate_belong_together(probe: ProbeCalibration, rate: float) -> None:
    assert probe.false_match_rate(probe.score_for(rate)) == pytest.approx(rate, rel=1e-6)


@given(
    spread=spreads, photographs=st.integers(1, 9), first=st.integers(0, 10**6), second=st.integers(0, 10**6)
)
def test_among_more_faces_no_band_begins_lower(
    spread: Spread, photographs: int, first: int, second: int
) -> None:
    few, many = (
        ProbeCalibration(OURS, spread, faces, photographs).bands() for faces in sorted((first, second))
    )
    assert all(many[band] >= score for band, score in few.items())
    assert list(few.values()) == sorted(few.values(), reverse=True)


@given(spread=spreads, rate=rates)
def test_more_photographs_ask_for_no_lower_score(spread: Spread, rate: float) -> None:
    scores = [ProbeCalibration(OURS, spread, 1000, count).score_for(rate) for count in range(1, 9)]
    assert scores == sorted(scores)
    assert scores[4] == scores[-1] > scores[0], "more than five are as five"


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60))
def test_the_order_of_faces_changes_nothing(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    faces = unit(np.repeat(random.normal(size=(count // 2 + 1, 128)), 2, axis=0)[:count]).reshape(count, 128)
    ids, order, probe = np.arange(count) * 3, random.permutation(count), strangers(1)[0]
    first = measure_spread(probe, find_cohort(ids, faces, OURS), OURS)
    again = measure_spread(probe, find_cohort(ids[order], faces[order], OURS), OURS)
    assert first == pytest.approx(again, abs=1e-6)


def test_a_probe_whose_scores_spread_wider_needs_better_ones() -> None:
    probe, others = strangers(1, 2)[0], strangers(900)
    usual, wider = (calibrated(probe, spread_about(probe, others, width)) for width in (1.0, 1.15))
    assert wider.bands()["possible"] > usual.bands()["possible"] + 0.02
    assert wider.expected_false_matches(0.35) > 1.5 * usual.expected_false_matches(0.35)
    assert wider.summary().lookalikes >= 2 > usual.summary().lookalikes
    assert OURS.bands(900)["possible"] <= usual.bands()["possible"] < OURS.bands(900)["possible"] + 0.015


def test_a_few_faces_say_little() -> None:
    probe = strangers(1, 2)[0]
    faces = spread_about(probe, strangers(900), 1.2)
    raised = [
        calibrated(probe, faces[:count]).score_for(1e-4) - OURS.score_for(1e-4) for count in (0, 5, 50, 900)
    ]
    assert raised[0] == 0
    assert raised[1] < 0.01 < raised[2] < raised[3]
    assert not calibrated(probe, faces[: AVERAGE_WEIGHT // 2]).summary().is_enough
    assert calibrated(probe, faces).summary().is_enough


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_persons_own_faces_are_not_taken_for_strangers(share: float) -> None:
    probe, others = strangers(1, 2)[0], strangers(400)
    own = unit(probe + 0.06 * np.random.default_rng(3).normal(size=(int(400 * share / (1 - share)), 128)))
    assert 0.4 < float((own @ probe).mean()) < 0.95
    alone, mixed = calibrated(probe, others), calibrated(probe, np.concatenate([own, others]))
    assert mixed.score_for(1e-4) == pytest.approx(alone.score_for(1e-4), abs=0.015)


def test_a_hundred_pictures_of_one_stranger_are_one_person() -> None:
    probe, others = strangers(1, 2)[0], strangers(50)
    crowd = unit(others[:1] + 0.02 * np.random.default_rng(3).normal(size=(100, 128)))
    measured = measure_spread(probe, find_cohort(np.arange(150), np.concatenate([others, crowd]), OURS), OURS)
    assert 45 < measured.people < 51


def test_of_a_large_library_faces_at_even_distances_are_enough() -> None:
    cohort = find_cohort(np.arange(MAX_COHORT * 2), strangers(MAX_COHORT * 2), OURS)
    assert len(cohort.embeddings) == len(cohort.weights) == MAX_COHORT


def test_without_a_measured_spread_the_curves_hold_for_all() -> None:
    bare = Calibration("made", "1", (0.1, 0.2, 0.3), (1e-1, 1e-2, 1e-3), (), (), 1, 1, "numbers")
    probe = ProbeCalibration(bare, Spread(0.5, 0.9, 900), 5000, 5)
    assert probe.bands() == bare.bands(5000)
    assert probe.expected_false_matches(0.25) == bare.expected_false_matches(0.25, 5000)


def test_who_resembles_many_in_the_library_is_told_and_needs_better_scores(
    run: Run, tmp_path: Path, selfie: Path, library: Callable[[], Any]
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    put(folder / "crowd.jpg", crowd := photos.nobody(2))
    put(folder / "me.jpg", photos.photo("astronaut", 3))
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    before = run("query", selfie, "--json").json
    assert before["cohort"] == {"people": 0, "enough": False, "lookalikes": 1.0}
    engine = ModelEngine(find_pack("opencv-zoo"))
    me = engine.analyse(selfie.read_bytes()).faces[0].embedding
    with library() as opened:
        plant(opened, crowd, *spread_about(me, strangers(900), 1.15))
    after = run("query", selfie, "--json").json
    assert after["bands"]["likely"] > before["bands"]["likely"] + 0.02
    assert after["cohort"]["enough"]
    assert after["cohort"]["lookalikes"] >= 2
    sentence = "times as many strangers as usual look like you here"
    assert sentence in run("query", selfie).out
    assert sentence in run("query", selfie, "--verbose").out
    assert sentence in " ".join(after["summary"]["sentences"])
