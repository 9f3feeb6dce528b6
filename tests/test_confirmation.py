"""Only human faces are kept: animals, cups and walls fall out; small, dark and turned people stay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter

from selfsearch.errors import PackError
from selfsearch.media import decode
from selfsearch.packs.store import find_pack
from selfsearch.recognition import confirmation
from selfsearch.recognition.face_probability import (
    BUNDLED_PROBABILITIES,
    FaceProbability,
    Measures,
    read_face_probability,
)
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.model_pack import read_pack
from selfsearch.recognition.passes import Detection
from tests import photos
from tests.conftest import Run
from tests.scripts import load_script

COEFFICIENTS = BUNDLED_PROBABILITIES / "opencv-zoo.json"
CERTAIN = Measures(score=0.93, wide_score=0.92, enlargement=1.0, outside=0.0)


@pytest.fixture(scope="module")
def unjudging() -> ModelEngine:
    """The same detector as in a pack for which nobody fitted coefficients."""
    return ModelEngine(replace(find_pack("opencv-zoo"), face_probability=None))


@pytest.fixture(scope="module")
def model() -> FaceProbability:
    return read_face_probability(COEFFICIENTS)


def faces_in(engine: ModelEngine, image: Image.Image) -> int:
    _, faces = engine.detect_and_embed(decode.open_still(photos.encoded(image, "PNG")))
    return len(faces)


def sample(name: str) -> Image.Image:
    """One of scikit-image's sample pictures."""
    return Image.fromarray(getattr(skimage.data, name)()).convert("RGB")


def planted(face: Image.Image, side: int, at: tuple[int, int] = (60, 40)) -> Image.Image:
    """The picture of a cup of coffee with a portrait, `side` pixels wide, in its corner."""
    picture = sample("coffee").copy()
    height = round(side * face.height / face.width)
    picture.paste(face.resize((side, height), Image.Resampling.LANCZOS), at)
    return picture


NOBODY = ("chelsea", "coffee", "hubble_deep_field", "coins", "rocket", "clock", "brick", "gravel", "text")


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_is_found_in_a_cat_a_cup_or_a_wall(engine: ModelEngine, name: str) -> None:
    assert faces_in(engine, sample(name)) == 0


def test_without_coefficients_for_its_detector_a_pack_keeps_every_clear_candidate(
    unjudging: ModelEngine,
) -> None:
    assert faces_in(unjudging, sample("chelsea")) > 0
    assert faces_in(unjudging, sample("coffee")) > 0


def test_a_cat_is_a_picture_without_a_face(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "album"
    album.mkdir()
    sample("chelsea").save(album / "cat.png")
    (album / "me.jpg").write_bytes(photos.photo("astronaut"))
    found = run("index", album, "--consent", "own", "--json").json
    assert found["outcomes"] == {"indexed": 1, "no_face": 1}


def test_everybody_in_a_group_is_kept(engine: ModelEngine) -> None:
    assert faces_in(engine, photos.group()) == 6


@pytest.mark.parametrize("person", photos.PEOPLE)
def test_a_person_is_kept_in_every_variant(engine: ModelEngine, person: str) -> None:
    for variant in range(photos.PEOPLE.index(person) % 2, 6, 2):
        assert faces_in(engine, photos.picture(person, variant)) == 1, variant


@pytest.mark.parametrize("person", ["astronaut", "a", "e"])
def test_a_face_of_24_pixels_in_a_photograph_is_kept(engine: ModelEngine, person: str) -> None:
    (face,) = engine.detect_and_embed(decode.open_still(photos.photo(person)))[1]
    side = round(24 * photos.picture(person).width / face.box[3])
    assert faces_in(engine, planted(photos.picture(person), side)) == 1


@pytest.mark.parametrize("person", photos.PEOPLE)
def test_a_dark_blurred_or_grey_face_is_kept(engine: ModelEngine, person: str) -> None:
    portrait = photos.picture(person)
    dark = ImageEnhance.Brightness(portrait).enhance(0.15)
    blurred = portrait.filter(ImageFilter.GaussianBlur(portrait.width / 70))
    grey = portrait.convert("L").convert("RGB")
    assert [faces_in(engine, image) for image in (dark, blurred, grey)] == [1, 1, 1]


def test_a_face_that_the_edge_cuts_is_kept(engine: ModelEngine) -> None:
    portrait = photos.picture("astronaut")
    (face,) = engine.detect_and_embed(decode.open_still(photos.encoded(portrait, "PNG")))[1]
    cut = int(face.box[0] + 0.35 * face.box[2])
    assert faces_in(engine, portrait.crop((cut, 0, portrait.width, portrait.height))) == 1


def test_a_certain_face_is_not_looked_at_again(engine: ModelEngine) -> None:
    _, source, (face,) = engine.find_candidates(decode.open_still(photos.encoded(photos.picture(), "PNG")))
    session = Unlooking(engine.pack.face_probability)
    assert confirmation.is_human(session, source, face)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="looked at again"):
        confirmation.is_human(session, source, replace(face, crop_score=0.8))  # type: ignore[arg-type]


class Unlooking:
    """A session that may not be asked to look at anything."""

    def __init__(self, face_probability: FaceProbability | None) -> None:
        self.face_probability = face_probability

    def detect(self, *_: object) -> None:
        raise AssertionError("looked at again")


def test_doubt_on_either_crop_makes_a_face_less_likely(model: FaceProbability) -> None:
    likely = model.probability(CERTAIN)
    assert model.probability(replace(CERTAIN, score=0.7)) < likely
    assert model.probability(replace(CERTAIN, wide_score=0.7)) < likely
    assert model.accepts(CERTAIN)
    assert not model.accepts(replace(CERTAIN, score=0.6, wide_score=0.3))
    assert model.probability(replace(CERTAIN, score=1.0, wide_score=1.0)) <= 1


def test_what_is_beyond_the_edge_is_measured(engine: ModelEngine) -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    landmarks = np.array([[5, 5], [15, 5], [10, 10], [6, 15], [14, 15]], np.float32)
    corner = Detection((-10.0, -10.0, 20.0, 20.0), landmarks, 0.9, 0.9)
    inside = Detection((40.0, 40.0, 20.0, 20.0), landmarks + 40, 0.9, 0.9)
    assert confirmation.measure(engine._session, pixels, corner).outside == pytest.approx(0.75)
    assert confirmation.measure(engine._session, pixels, inside).outside == 0


def test_coefficients_belong_to_one_detector(tmp_path: Path) -> None:
    folder = copied_pack(tmp_path)
    raw = json.loads(COEFFICIENTS.read_text())
    (folder / "face_probability.json").write_text(json.dumps(raw | {"threshold": 0.9}))
    assert read_pack(folder).face_probability.threshold == 0.9
    (folder / "face_probability.json").write_text(json.dumps(raw | {"threshold": 0.9, "detector": "another"}))
    assert read_pack(folder).face_probability == read_face_probability(COEFFICIENTS)


@pytest.mark.parametrize(
    "damage",
    [
        {"doubt": float("nan")},
        {"doubt": "high"},
        {"doubt": 10**400},
        {"threshold": 1.5},
        {"detector": []},
        {"colour": 1.0},
        {"pack": "x" * 2_000_000},
    ],
)
def test_damaged_coefficients_are_said_and_not_used(tmp_path: Path, damage: dict[str, Any]) -> None:
    folder = copied_pack(tmp_path)
    raw = json.loads(COEFFICIENTS.read_text())
    (folder / "face_probability.json").write_text(json.dumps(raw | damage))
    with pytest.raises(PackError, match=r"face_probability\.json are damaged"):
        read_pack(folder)


def copied_pack(tmp_path: Path) -> Path:
    """A pack's manifest in a folder of its own; its models are not read here."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "manifest.json").write_bytes((find_pack("opencv-zoo").folder / "manifest.json").read_bytes())
    return folder


def test_labels_that_are_too_few_fit_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = load_script("fit_confirmation")
    sample("chelsea").save(tmp_path / "cat.png")
    script.main(["--candidates", str(tmp_path / "cat.png")])
    candidates = json.loads(capsys.readouterr().out)
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps([each | {"label": "not human"} for each in candidates]))
    with pytest.raises(SystemExit):
        script.main([str(labels), "--out", str(tmp_path / "face_probability.json")])
    assert "label more" in capsys.readouterr().err
    assert not (tmp_path / "face_probability.json").exists()


def test_coefficients_are_fitted_to_labelled_measures() -> None:
    script = load_script("fit_confirmation")
    random = np.random.default_rng(0)
    values = random.normal(size=(4000, 2))
    human = random.random(4000) < 1 / (1 + np.exp(-(2 * values[:, 0] - values[:, 1])))
    coefficients, intercept = script.fit(values, human)
    np.testing.assert_allclose([*coefficients, intercept], [2, -1, 0], atol=0.15)
