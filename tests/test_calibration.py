"""What a score means: bands and expected false matches follow the pack's curves, on the careful side."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.errors import PackError
from selfsearch.packs.store import BUNDLED_PACKS, find_pack
from selfsearch.recognition import calibration
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.model_pack import read_pack

# A rate of 1 in 10 at 0.1, then a decade less with each tenth; the last two decades are twice as steep.
CURVE = Calibration(
    pack="made",
    revision="made-1",
    scores=(0.1, 0.2, 0.3, 0.36, 0.4),
    false_match_rates=(1e-1, 1e-2, 1e-3, 1e-4, 1e-5),
    genuine_scores=(0.3, 0.9),
    true_match_rates=(1.0, 0.5),
    impostor_pairs=100_000,
    genuine_pairs=1_000,
    measured_on="numbers",
)
OURS = calibration.read_calibration(calibration.BUNDLED_CALIBRATIONS / "opencv-zoo.json")
both = pytest.mark.parametrize("curves", [CURVE, OURS], ids=["made", "default pack"])
scores = st.floats(-1, 1)
rates = st.floats(1e-9, 0.05)


@pytest.mark.parametrize(
    ("score", "rate"),
    [
        (-1.0, 1e-1),
        (0.1, 1e-1),
        (0.15, 10**-1.5),  # between two points, by the logarithm
        (0.2, 1e-2),
        (0.3, 1e-3),
        (0.33, 10**-3.5),
        (0.38, 10**-4.5),
        (0.4, 1e-5),
        (0.5, 1e-7),  # beyond what was measured: on along the last two decades, 20 for a score of 1
        (0.65, 1e-10),
    ],
)
def test_the_rate_of_false_matches_is_read_from_the_curve(score: float, rate: float) -> None:
    curve = replace(CURVE)  # it has nothing worked out yet
    assert curve.false_match_rate(score) == pytest.approx(rate)
    if score >= 0.1:
        assert curve.score_for(rate) == pytest.approx(score)


@both
@given(first=scores, second=scores)
def test_a_better_score_never_means_more_false_matches(
    curves: Calibration, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    assert curves.false_match_rate(low) >= curves.false_match_rate(high)


@both
@given(rate=rates)
def test_the_score_for_a_rate_is_the_lowest_that_keeps_it(curves: Calibration, rate: float) -> None:
    score = curves.score_for(rate)
    assert curves.false_match_rate(score) <= rate * (1 + 1e-9)
    assert curves.false_match_rate(score - 1e-6) > rate


@given(faces=st.integers(0, 10_000_000))
def test_a_band_is_where_so_many_false_matches_are_expected_in_this_library(faces: int) -> None:
    bands = OURS.bands(faces)
    assert list(bands) == ["strong", "likely", "possible"]
    for band, at_most in (("strong", 0.01), ("likely", 0.1), ("possible", 1.0)):
        assert bands[band] == round(bands[band], 4)
        expected = OURS.expected_false_matches(bands[band], max(faces, 1000))
        assert math.isclose(expected, at_most, rel_tol=0.02)  # scores are rounded to four digits


def test_a_small_library_has_the_bands_of_a_thousand_faces() -> None:
    assert OURS.bands(0) == OURS.bands(7) == OURS.bands(1000)
    assert all(OURS.bands(1010)[band] > score for band, score in OURS.bands(1000).items())
    assert CURVE.bands(1000) == {"strong": 0.4, "likely": 0.36, "possible": 0.3}
    assert CURVE.bands(100_000)["possible"] == 0.4


def test_false_matches_are_counted_for_each_face_and_for_one_at_least() -> None:
    assert CURVE.expected_false_matches(0.3, 5000) == pytest.approx(5)
    assert CURVE.expected_false_matches(0.3, 1) == pytest.approx(0.001)
    assert CURVE.expected_false_matches(0.3, 0) == pytest.approx(0.001)


def test_the_numbers_that_decide_about_people_are_the_documented_ones() -> None:
    assert (calibration.SAME_PERSON_FMR, calibration.WEAKEST_FMR, calibration.MIN_FACES) == (1e-4, 1e-2, 1000)
    assert calibration.BANDS == {"strong": 0.01, "likely": 0.1, "possible": 1.0}


def test_a_single_point_of_the_tail_is_enough_to_go_on_from() -> None:
    """Fewer than two decades were measured: the line goes through what there is."""
    short = replace(CURVE, scores=(0.1, 0.2), false_match_rates=(1e-2, 1e-3))
    assert short.false_match_rate(0.4) == pytest.approx(1e-5)
    assert short.score_for(1e-5) == pytest.approx(0.4)


def test_a_tail_that_falls_by_more_than_two_decades_at_once_is_gone_on_from_as_well() -> None:
    steep = replace(CURVE, scores=(0.1, 0.2, 0.3), false_match_rates=(1e-2, 1e-3, 1e-8))
    assert steep.false_match_rate(0.34) == pytest.approx(1e-10)


def test_a_rate_that_every_score_keeps_asks_for_the_lowest_score_measured() -> None:
    assert CURVE.score_for(0.5) == pytest.approx(0.1)


def written(path: Path, **changed: Any) -> Path:
    path.write_text(json.dumps(asdict(CURVE) | changed))
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the default pack, under a name that came with no calibration."""
    folder = shutil.copytree(BUNDLED_PACKS / "opencv-zoo", tmp_path / "made")
    manifest = json.loads((folder / "manifest.json").read_text()) | {"model_id": "made"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_calibration_is_that_of_the_packs_own_models(pack: Path) -> None:
    bare = read_pack(pack)
    assert (bare.calibration, bare.revision) == (None, bare.model_revision)
    written(pack / "calibration.json", revision=bare.model_revision)
    measured = read_pack(pack)
    assert measured.calibration == replace(CURVE, revision=bare.model_revision)
    assert measured.revision == bare.revision, "curves alone change no embedding"
    written(pack / "calibration.json", revision="other")
    assert read_pack(pack) == bare
    assert find_pack("opencv-zoo").calibration == OURS
    ours = shutil.copytree(BUNDLED_PACKS / "opencv-zoo", pack.parent / "ours")
    written(ours / "calibration.json")
    assert read_pack(ours).calibration == OURS  # another pack's file in the folder is passed over


def test_embeddings_with_another_mean_are_never_mixed(pack: Path) -> None:
    revisions = set()
    for mean in ((), (0.5,) + 127 * (0.0,), (0.25,) + 127 * (0.0,)):
        written(pack / "calibration.json", revision=read_pack(pack).model_revision, mean=mean)
        revisions.add(read_pack(pack).revision)
        assert read_pack(pack).model_revision == OURS.revision
    assert len(revisions) == 3


def test_a_mean_of_other_embeddings_is_refused(pack: Path) -> None:
    written(pack / "calibration.json", revision=OURS.revision, mean=(0.1, 0.2))
    with pytest.raises(PackError, match="for embeddings of another length"):
        read_pack(pack)


@pytest.mark.parametrize(
    "changed",
    [
        {"scores": [0.1, 0.3, 0.2, 0.35, 0.4]},
        {"scores": [0.1, 0.2, 0.2, 0.35, 0.4]},
        {"false_match_rates": [1e-1, 1e-2, 1e-3, 1e-4, 0]},
        {"false_match_rates": [1e-1, 1e-2, 1e-3, 1e-4, -1e-5]},
        {"false_match_rates": [1e-1, 1e-3, 1e-2, 1e-4, 1e-5]},
        {"scores": ["a", "b", "c", "d", "e"], "false_match_rates": ["e", "d", "c", "b", "a"]},
        {"scores": 0.1},
        {"mean": [0.6, 0.8]},
        {"spread": -0.1},
        {"spread": 1e-9},
        {"spread": "wide"},
        {"location": float("nan")},
        {"photographs": [0.0, 0.02, 0.01]},
        {"photographs": [-0.1, 0.0]},
        {"photographs": 0.1},
        {"mean": [float("nan")]},
        {"mean": ["a"]},
        {"surplus": 1},
        {"scores": [], "false_match_rates": []},
        {"scores": [0.1], "false_match_rates": [0.1]},
        {"scores": [0.1, 0.2, 0.3, 0.36]},
        {"scores": [0.1, 0.2, 0.3, 0.36, 1e300]},
        {"scores": [0.1, 0.2, 0.3, 0.36, float("inf")]},
        {"scores": [-(10**400), 0.2, 0.3, 0.36, 0.4]},
        {"false_match_rates": [10**400, 1e-2, 1e-3, 1e-4, 1e-5]},
        {"false_match_rates": [30.0, 1e-2, 1e-3, 1e-4, 1e-5]},
        {"genuine_scores": "ab"},
        {"true_match_rates": [1.0]},
        {"impostor_pairs": "many"},
        {"mean": {}},
        {"mean": [10**400]},
        {"mean": [0.0] * 1_000_000},
        {"revision": ["made-1"]},
    ],
)
def test_a_damaged_calibration_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(PackError, match=r"calibration\.json is damaged; make it anew"):
        calibration.read_calibration(written(tmp_path / "calibration.json", **changed))


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", "not json", "\udcff", "[" * 100_000])
def test_what_is_no_calibration_at_all_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PackError, match="damaged"):
        calibration.read_calibration(path)
