"""A face is found, aligned and embedded the same way whatever the size and rotation of its picture."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insightface.utils.face_align import estimate_norm
from PIL import Image, ImageFilter

from selfsearch.media import decode
from selfsearch.recognition.alignment import align_face, estimate_similarity
from selfsearch.recognition.embedding import centre, embed_probes
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.quality import face_quality
from selfsearch.types import Face

from .photos import encoded, group, picture


def faces_in(engine: ModelEngine, image: Image.Image) -> list[Face]:
    """Every face, from left to right."""
    _, faces = engine.detect_and_embed(decode.open_still(encoded(image, "PNG")))
    return sorted(faces, key=lambda face: face.box[0])


def test_alignment_is_insightfaces_own(engine: ModelEngine) -> None:
    for face in faces_in(engine, group()):
        np.testing.assert_allclose(
            estimate_similarity(face.landmarks), estimate_norm(face.landmarks), atol=1e-3, rtol=1e-4
        )


def test_boxes_and_landmarks_are_pixels_of_the_original_picture(engine: ModelEngine) -> None:
    image = group()
    small = faces_in(engine, image)
    large = faces_in(engine, image.resize((image.width * 3, image.height * 3)))
    assert len(small) == len(large) == 6
    for face, enlarged in zip(small, large, strict=True):
        np.testing.assert_allclose(np.array(face.box) * 3, enlarged.box, atol=0.15 * enlarged.box[2])
        np.testing.assert_allclose(face.landmarks * 3, enlarged.landmarks, atol=0.06 * enlarged.box[2])
        assert float(face.embedding @ enlarged.embedding) > 0.8


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_picture_shows_the_same_people(engine: ModelEngine, degrees: int) -> None:
    upright = np.stack([face.embedding for face in faces_in(engine, group())])
    rotated = np.stack([face.embedding for face in faces_in(engine, group().rotate(degrees, expand=True))])
    assert ((rotated @ upright.T).max(axis=0) > 0.8).all()


def test_a_box_ends_where_the_picture_does(engine: ModelEngine) -> None:
    (face,) = faces_in(engine, picture("astronaut").crop((90, 0, 240, 170)))
    left, top, width, height = face.box
    assert min(left, top) >= 0
    assert left + width <= 150
    assert top + height <= 170


def test_a_chip_of_a_large_picture_is_averaged_and_not_sampled(engine: ModelEngine) -> None:
    (face,) = faces_in(engine, picture("astronaut"))
    pixels = np.asarray(picture("astronaut"))
    stripes = np.repeat(np.repeat(pixels, 8, axis=0), 8, axis=1)
    stripes[::2] = 255 - stripes[1::2]  # every second row is the negative: averaged, they are grey
    chip = align_face(np.ascontiguousarray(stripes), face.landmarks * np.float32(8))
    assert np.abs(chip.astype(int) - 127).mean() < 5


def test_embeddings_have_length_one_and_may_be_none(engine: ModelEngine) -> None:
    chips = np.stack([face.chip for face in faces_in(engine, group())])
    np.testing.assert_allclose(np.linalg.norm(engine.embed(chips), axis=1), 1, atol=1e-6)
    assert engine.embed(chips[:0]).shape == (0, engine.dimension)


def test_a_probe_is_the_same_in_the_mirror(engine: ModelEngine) -> None:
    chips = np.stack([face.chip for face in faces_in(engine, group())])
    probes = embed_probes(engine.embed, chips)
    np.testing.assert_allclose(embed_probes(engine.embed, chips[:, :, ::-1]), probes, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(probes, axis=1), 1, atol=1e-6)
    assert ((probes * engine.embed(chips)).sum(axis=1) > 0.9).all()
    assert embed_probes(engine.embed, chips[:0]).shape == (0, engine.dimension)


def test_what_all_faces_have_in_common_does_not_make_strangers_alike(engine: ModelEngine) -> None:
    chips = np.stack([face.chip for face in faces_in(engine, group())])
    raw = ModelEngine(replace(engine.pack, calibration=None)).embed(chips)
    between = ~np.eye(len(chips), dtype=bool)
    assert (engine.embed(chips) @ engine.embed(chips).T)[between].mean() < (raw @ raw.T)[
        between
    ].mean() - 0.03


@given(angles=st.lists(st.floats(0, 6.2), min_size=1, max_size=9), length=st.floats(0.001, 0.9))
def test_centring_goes_by_each_face_alone_and_keeps_length_one(angles: list[float], length: float) -> None:
    rows = np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)
    mean = (length, 0.0)
    centred = centre(rows, mean)
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(centred, np.concatenate([centre(row[None], mean) for row in rows]), atol=1e-6)
    assert centre(rows, ()) is rows


def test_quality_falls_with_size_and_sharpness(engine: ModelEngine) -> None:
    (face,) = faces_in(engine, picture("astronaut"))
    blurred = np.asarray(Image.fromarray(face.chip).filter(ImageFilter.GaussianBlur(6)))
    best = face_quality(face.score, face.landmarks, face.chip)
    assert 0.5 < best == face.quality <= 1
    assert face_quality(face.score, face.landmarks, blurred) < best
    assert face_quality(face.score, face.landmarks / 5, face.chip) < best


LOADING = """
import sys
from pathlib import Path
from selfsearch.packs.store import find_pack
from selfsearch.recognition.session import ModelSession
ModelSession(find_pack("opencv-zoo", Path("none")))
print(*sorted({"urllib3", "scipy.linalg", "requests.sessions"} & sys.modules.keys()))
import requests
from requests.adapters import HTTPAdapter
from scipy.spatial import cKDTree
print(requests.Session().headers["Accept"], requests.adapters.HTTPAdapter is HTTPAdapter)
print(cKDTree([[0, 0], [1, 1]]).query([0.9, 0.9])[1])
"""


def test_what_insightface_imports_and_nobody_uses_is_not_loaded_but_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", LOADING],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["", "*/* True", "1"]
