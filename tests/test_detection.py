"""Small faces in large photographs are found where they are, once, at the price that was asked for."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from selfsearch.packs.store import find_pack
from selfsearch.recognition import detection, tiles
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.session import ModelSession
from selfsearch.types import Box, Detail, Face

from .photos import encoded, group, picture

Places = list[tuple[int, int]]
PEOPLE = ("astronaut", "c", "d")  # who look into the camera


@lru_cache
def meadow(width: int, height: int) -> Image.Image:
    """Grass under a sky: texture below, none above."""
    blades = np.random.default_rng(3).normal(0, 22, (height // 4, width // 4, 1)) + np.array([95, 120, 70])
    grass = Image.fromarray(np.clip(blades, 0, 255).astype(np.uint8))
    image = grass.resize((width, height), Image.Resampling.BICUBIC)
    image.paste((150, 180, 210), (0, 0, width, height // 3))
    return image


def with_people(width: int, height: int, side: int, places: Places) -> Image.Image:
    """The meadow with a portrait at each place (left, top), whose face is about `side` pixels wide."""
    image = meadow(width, height).copy()
    for number, place in enumerate(places):
        image.paste(picture(PEOPLE[number % len(PEOPLE)], 0, round(side * 2.2)), place)
    return image


def faces_in(engine: ModelEngine, image: Image.Image, detail: Detail = Detail.NORMAL) -> list[Face]:
    """Every face, from left to right."""
    return sorted(engine.analyse(encoded(image), None, detail).faces, key=lambda face: face.box[0])


def places_of(engine: ModelEngine, side: int, places: Places) -> list[Box]:
    """Where the faces are: found in each portrait when it is enlarged, and put back."""
    boxes = []
    for number, (left, top) in enumerate(places):
        portrait = picture(PEOPLE[number % len(PEOPLE)], 0, round(side * 2.2))
        (face,) = faces_in(engine, portrait.resize((portrait.width * 4, portrait.height * 4)))
        x, y, width, height = (value / 4 for value in face.box)
        boxes.append((left + x, top + y, width, height))
    return boxes


def middle(box: Box) -> np.ndarray:
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


def assert_found(engine: ModelEngine, image: Image.Image, side: int, places: Places, detail: Detail) -> None:
    faces = faces_in(engine, image, detail)
    expected = places_of(engine, side, places)
    assert len(faces) == len(expected)
    for box in expected:
        assert min(np.abs(middle(face.box) - middle(box)).max() for face in faces) < 0.25 * box[3]


SMALL: Places = [(300, 1100), (1230, 1510), (2210, 1820), (2600, 300)]


@pytest.mark.parametrize("detail", [Detail.NORMAL, Detail.THOROUGH])
def test_people_far_away_in_a_large_photograph_are_found(engine: ModelEngine, detail: Detail) -> None:
    image = with_people(2800, 2100, 44, SMALL)
    assert len(faces_in(engine, image, Detail.FAST)) < len(SMALL)
    assert_found(engine, image, 44, SMALL, detail)


def test_a_thorough_search_finds_what_is_smaller_still(engine: ModelEngine) -> None:
    assert_found(engine, with_people(2800, 2100, 26, SMALL), 26, SMALL, Detail.THOROUGH)


def test_a_face_across_the_border_of_two_tiles_is_found_once(engine: ModelEngine) -> None:
    size = 1800, 1350  # of the second look at normal
    borders = [(core.right / 0.45, core.bottom / 0.45) for core in tiles.cores(np.ones((43, 57), bool), 32)]
    right, bottom = borders[0]
    assert right < size[0] / 0.45
    across = [
        (int(right) - 55 + shift, int(bottom) + 60 + 250 * number)
        for number, shift in enumerate((0, 30, -30))
    ]
    below = [(500 + 300 * number, int(bottom) - 55 + shift) for number, shift in enumerate((0, 30, -30))]
    image = with_people(4000, 3000, 50, across + below)
    assert len(faces_in(engine, image)) == len(across + below)


@pytest.mark.parametrize("detail", [Detail.NORMAL, Detail.THOROUGH])
def test_a_large_face_is_no_second_face_in_its_parts(engine: ModelEngine, detail: Detail) -> None:
    image = meadow(2800, 2100).copy()
    image.paste(picture("astronaut", 0, 1600), (700, 200))
    assert len(faces_in(engine, image, detail)) == 1


def test_tiles_leave_a_face_that_they_may_see_in_part_to_the_fine_pass() -> None:
    session = ModelSession(find_pack("opencv-zoo"))
    pixels = np.asarray(picture("astronaut", 0, 1024))
    blocks = np.ones((-(-len(pixels) // tiles.BLOCK), 1024 // tiles.BLOCK), bool)
    for boxes, _ in tiles.detect_in_tiles(session, pixels, blocks, 32, 0.25):
        assert (boxes[:, 2:4] - boxes[:, :2] <= 64).all()


def test_people_cheek_to_cheek_are_two(engine: ModelEngine) -> None:
    image = meadow(2800, 2100).copy()
    for person, left in (("c", 1000), ("d", 1056)):
        image.paste(picture(person, 0, 120).crop((30, 10, 86, 110)), (left, 1500))
    assert len(faces_in(engine, image)) == 2


def test_sky_and_the_inside_of_a_face_are_not_searched_again() -> None:
    fine = np.asarray(meadow(800, 600))
    blocks = tiles.textured_blocks(fine, 1800, 1350)
    assert blocks.shape == (43, 57)
    assert not blocks[:12].any()
    assert blocks[16:].all()
    tiles.leave_out(blocks, np.array([[330, 1000, 500, 1200]], np.float32))
    assert not blocks[32:37, 11:15].any()
    assert blocks[31].all()
    assert blocks[:, 15].sum() == blocks[:, 20].sum()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_tiles_have_every_textured_block_once(share: float) -> None:
    blocks = np.random.default_rng(1).random((47, 63)) < share
    seen = np.zeros(blocks.shape, int)
    for core in tiles.cores(blocks, 32):
        seen[core.top // 32 : core.bottom // 32, core.left // 32 : core.right // 32] += 1
    assert seen.max() == 1
    assert seen[blocks].all()


def test_no_tile_is_larger_than_a_pass_may_be() -> None:
    for core in tiles.cores(np.ones((200, 300), bool), tiles.MAX_MARGIN):
        window = core.grown(tiles.MAX_MARGIN, 9600, 6400)
        assert (window.right - window.left) * (window.bottom - window.top) <= detection.LARGEST_PASS**2


@pytest.mark.parametrize(
    ("width", "height", "normal", "thorough"),
    [
        (1080, 1350, 800, 1350),  # as before at normal
        (1920, 1080, 864, 1920),  # one pass, a little larger
        (4000, 3000, 1800, 4000),
        (6000, 4000, 1909, 6000),  # 24 megapixels: 2.4 are searched at normal, 24 when thoroughly
        (11600, 8700, 1800, 5774),  # 100 megapixels: a quarter
        (12000, 3000, 3118, 10000),  # a panorama
    ],
)
def test_what_is_searched_is_bounded(width: int, height: int, normal: int, thorough: int) -> None:
    assert detection.search_side(width, height, Detail.FAST) == 800
    assert detection.search_side(width, height, Detail.NORMAL) == normal
    assert detection.search_side(width, height, Detail.THOROUGH) == thorough


@pytest.mark.parametrize("detail", list(Detail))
def test_a_strip_of_a_picture_is_searched_like_any_other(engine: ModelEngine, detail: Detail) -> None:
    image = Image.new("RGB", (40_000, 200), (90, 120, 90))
    image.paste(picture("astronaut", 0, 200), (21_000, 0))
    faces = faces_in(engine, image, detail)
    assert len(faces) == (detail is not Detail.FAST)
    assert all(21_000 < face.box[0] < 21_200 for face in faces)


def test_half_a_face_at_the_edge_is_found_and_its_box_ends_there(engine: ModelEngine) -> None:
    (whole,) = faces_in(engine, picture("astronaut"))
    left, _, width, _ = (int(value) for value in whole.box)
    image = picture("astronaut")
    (right_half,) = faces_in(engine, image.crop((left + width // 2, 0, image.width, image.height)))
    assert right_half.box[0] == 0
    (left_half,) = faces_in(engine, image.crop((0, 0, left + width // 2, image.height)))
    assert left_half.box[0] + left_half.box[2] == pytest.approx(left + width // 2, abs=2)


def test_the_detector_gives_what_insightface_reads_from_it() -> None:
    import cv2

    session = ModelSession(find_pack("opencv-zoo"))
    pixels = np.ascontiguousarray(np.asarray(group())[:864])
    boxes, landmarks = session.detect(pixels, 0.25)
    scores, corners, points = session._detector.forward(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), 0.25)
    assert len(boxes) > 20
    np.testing.assert_allclose(boxes[:, :4], np.concatenate(corners), atol=1e-3)
    np.testing.assert_allclose(boxes[:, 4], np.concatenate(scores)[:, 0], atol=1e-6)
    np.testing.assert_allclose(landmarks, np.concatenate(points), atol=1e-3)
