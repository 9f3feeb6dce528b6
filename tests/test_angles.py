"""A face is found and recognised at whatever angle it was photographed, once, and beside whomever it was."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from selfsearch.media import decode
from selfsearch.recognition import duplicates
from selfsearch.recognition.alignment import ARCFACE_TEMPLATE
from selfsearch.recognition.duplicates import merge_duplicates
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.passes import Detection
from selfsearch.types import Face

from .photos import encoded, group, picture, portrait

SAME_PERSON = 0.5  # cosine; the band "possible" begins below 0.4 in a library of up to 1,000 faces
GREY = (120, 120, 120)


def faces_in(engine: ModelEngine, image: Image.Image) -> tuple[Face, ...]:
    return engine.detect_and_embed(decode.open_still(encoded(image, "PNG")))[1]


def similarities(faces: tuple[Face, ...], others: tuple[Face, ...]) -> np.ndarray:
    """(faces, others) cosines."""
    return np.stack([face.embedding for face in faces]) @ np.stack([face.embedding for face in others]).T


@pytest.fixture(scope="module")
def upright(engine: ModelEngine) -> tuple[Face, ...]:
    """Everybody in the photograph of a group."""
    return faces_in(engine, group())


@pytest.mark.parametrize("degrees", [60, 120, 180, 270])
def test_everybody_in_a_tilted_photograph_is_the_person_of_the_upright_one(
    engine: ModelEngine, upright: tuple[Face, ...], degrees: int
) -> None:
    tilted = faces_in(engine, group().rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=GREY))
    assert len(upright) == 6
    assert (similarities(tilted, upright).max(axis=0) > SAME_PERSON).all()


@pytest.mark.parametrize("degrees", range(45, 360, 45))
def test_a_tilted_portrait_is_the_person_of_the_upright_one(engine: ModelEngine, degrees: int) -> None:
    upright = faces_in(engine, picture("astronaut"))
    tilted = picture("astronaut").rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY)
    (face,) = faces_in(engine, tilted)
    assert similarities((face,), upright)[0, 0] > SAME_PERSON


def test_the_box_of_a_tilted_face_lies_around_its_landmarks(engine: ModelEngine) -> None:
    for degrees in (45, 90, 180):
        (face,) = faces_in(
            engine, picture("astronaut").rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY)
        )
        left, top, width, height = face.box
        assert 0.6 < width / height < 1.6
        middle = face.landmarks.mean(axis=0)
        assert np.abs(middle - [left + width / 2, top + height / 2]).max() < 0.25 * max(width, height)


def close_together(person: str, other: str, shared: float) -> Image.Image:
    """Two people cheek to cheek: the right one before the left one, `shared` of a face's width hidden."""
    left, right = (portrait(name).resize((320, 320), Image.Resampling.LANCZOS) for name in (person, other))
    image = Image.new("RGB", (560, 320), GREY)
    image.paste(left, (0, 0))
    image.paste(right.crop((80, 0, 320, 320)), (240 - round(160 * shared), 0))
    return image


@pytest.mark.parametrize(("person", "other"), [("a", "b"), ("c", "d"), ("e", "f"), ("b", "astronaut")])
def test_two_people_cheek_to_cheek_are_two(engine: ModelEngine, person: str, other: str) -> None:
    faces = faces_in(engine, close_together(person, other, 0.1))
    for name in (person, other):
        assert similarities(faces, faces_in(engine, portrait(name))).max() > SAME_PERSON
    assert len(faces) == 2


def test_a_face_and_its_mirror_image_beside_it_are_two(engine: ModelEngine) -> None:
    image = picture("astronaut", side=300)
    both = Image.new("RGB", (460, image.height), GREY)
    both.paste(ImageOps.mirror(image), (160, 0))
    both.paste(image.crop((0, 0, 220, image.height)), (0, 0))
    assert len(faces_in(engine, both)) == 2


def test_a_poster_behind_a_head_is_a_face_of_its_own(engine: ModelEngine) -> None:
    image = picture("astronaut", side=400).copy()
    image.paste(portrait("a").crop((50, 40, 170, 170)).resize((110, 120)), (10, 60))
    assert len(faces_in(engine, image)) == 2


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_person_lying_beside_one_who_stands_is_found(engine: ModelEngine, degrees: int) -> None:
    image = Image.new("RGB", (700, 400), GREY)
    image.paste(picture("astronaut", side=300), (20, 40))
    image.paste(portrait("d").resize((260, 260)).rotate(degrees), (400, 100))
    faces = faces_in(engine, image)
    assert len(faces) == 2
    assert similarities(faces, faces_in(engine, portrait("d"))).max() > SAME_PERSON


def made_up_face(left: float, top: float, side: float, degrees: float, score: float) -> Detection:
    """A face in a box of that side, turned clockwise."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([left + side / 2, top + side / 2])
    landmarks = (ARCFACE_TEMPLATE - 56) @ turn * (side / 112) + middle
    return Detection((left, top, side, side), landmarks.astype(np.float32), score)


@pytest.mark.parametrize("degrees", [60, 90, 180, 270])
def test_a_beard_is_no_second_face_that_lies(degrees: int) -> None:
    face, beard = made_up_face(0, 0, 100, 3, 0.94), made_up_face(20, 55, 60, degrees, 0.86)
    assert merge_duplicates([face, beard]) == [face]
    assert merge_duplicates([beard, face]) == [face]


def test_a_small_face_on_a_shirt_and_a_child_that_lies_at_a_shoulder_are_faces() -> None:
    face = made_up_face(0, 0, 100, 3, 0.94)
    shirt, child = made_up_face(35, 80, 30, 3, 0.9), made_up_face(80, 60, 80, 90, 0.9)
    assert merge_duplicates([face, shirt, child]) == [face, shirt, child]


def test_of_a_crowd_only_faces_that_are_near_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with each, a poster of 3,000 faces took minutes."""
    compared = []
    is_same_face = duplicates.is_same_face
    monkeypatch.setattr(
        duplicates, "is_same_face", lambda *faces: compared.append(faces) or is_same_face(*faces)
    )
    crowd = [made_up_face(30.0 * (n % 50), 40.0 * (n // 50), 30.0, 0, 0.9) for n in range(500)]
    again = [made_up_face(30.0 * n + 2, 1.0, 29.0, 0, 0.8) for n in range(50)]
    assert merge_duplicates([*crowd, *again]) == crowd
    assert len(compared) < 2 * len(crowd)
