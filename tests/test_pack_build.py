"""The default pack is OpenCV Zoo's: the same bytes on every machine, the same faces, the same embeddings."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from insightface.model_zoo import get_model
from insightface.model_zoo.package_manifest import load_model_package
from insightface.utils.face_align import norm_crop

from scripts import convert_pack

from . import photos

PACK = Path(__file__).parent.parent / "selfsearch/packs/bundled/opencv-zoo"
CPU = ["CPUExecutionProvider"]


@pytest.fixture(scope="session")
def sources() -> Path:
    try:
        return convert_pack.installed_sources()
    except convert_pack.PackBuildError as exc:
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def pack(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "opencv-zoo"
    convert_pack.build(folder, sources)
    return folder


@pytest.fixture(scope="session")
def detector(pack: Path) -> Any:
    return get_model(str(pack), model_task="detection", providers=CPU)


@pytest.fixture(scope="session")
def embedder(pack: Path) -> Any:
    return get_model(str(pack), model_task="recognition", providers=CPU)


@pytest.fixture(scope="session")
def original_embedder(sources: Path) -> onnxruntime.InferenceSession:
    """SFace as published, but for the weights among its inputs, for which no runtime has a use."""
    model = onnx.load(sources / convert_pack.EMBEDDER)
    del model.graph.input[1:]
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), quiet, providers=CPU)


def group(width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The six people as BGR, as large as fits into the upper left corner of a black picture of that size."""
    canvas = np.zeros((height, width, 3), np.uint8)
    small = photos.group().copy()
    small.thumbnail((width, height))
    canvas[: small.height, : small.width] = np.asarray(small)[:, :, ::-1]
    return canvas


def unit(embedding: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return embedding.ravel() / np.linalg.norm(embedding)


def test_every_build_gives_the_same_bytes(sources: Path) -> None:
    first, second = convert_pack.convert(sources), convert_pack.convert(sources)
    assert first == second
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in first.items()}
    assert digests.items() >= convert_pack.RESULTS.items()


@pytest.mark.parametrize("name", [convert_pack.DETECTOR, convert_pack.EMBEDDER])
def test_other_sources_are_refused(sources: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(sources, tmp_path / "sources")
    damaged = bytearray((sources / name).read_bytes())
    damaged[-1000] ^= 1
    (tmp_path / "sources" / name).write_bytes(damaged)
    with pytest.raises(convert_pack.PackBuildError, match=f"{name} has sha256 .* expected"):
        convert_pack.build(tmp_path / "pack", tmp_path / "sources")
    assert not (tmp_path / "pack").exists()


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(convert_pack.PackBuildError, match=r"yunet.*No such file"):
        convert_pack.build(tmp_path / "pack", tmp_path)


@pytest.mark.parametrize("name", ["detection.onnx", "recognition.onnx", "manifest.json", "MODEL.LICENSE"])
def test_a_damaged_pack_is_made_anew(sources: Path, pack: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "opencv-zoo"
    shutil.copytree(pack, copy)
    (copy / name).write_bytes((copy / name).read_bytes()[:-1])
    assert not convert_pack.is_built(copy)
    convert_pack.build(copy, sources)
    assert convert_pack.is_built(copy)
    assert [path.name for path in tmp_path.iterdir()] == ["opencv-zoo"]


def test_a_right_pack_is_left_alone(pack: Path, tmp_path: Path) -> None:
    convert_pack.build(pack, tmp_path / "no sources are needed")
    assert convert_pack.is_built(pack)


def test_the_pack_beside_the_code_is_the_built_one() -> None:
    assert convert_pack.is_built(PACK)


def test_insightface_accepts_the_manifest_and_its_checksums(pack: Path) -> None:
    package = load_model_package(pack)
    assert package.model_id == "opencv-zoo"
    assert package.license_path == pack / "MODEL.LICENSE"
    assert [package.verify_task(task).path for task in ("detection", "recognition")] == [
        pack / "detection.onnx",
        pack / "recognition.onnx",
    ]


def test_the_licence_names_both_sources_and_both_licences(pack: Path) -> None:
    text = (pack / "MODEL.LICENSE").read_text()
    assert [
        word for word in (*convert_pack.SOURCES, *convert_pack.SOURCES.values()) if word not in text
    ] == []
    assert "Permission is hereby granted, free of charge" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("name", list(convert_pack.RESULTS))
def test_the_models_are_valid_onnx(pack: Path, name: str) -> None:
    onnx.checker.check_model(onnx.load(pack / name), full_check=True)


@pytest.mark.parametrize("size", [(640, 640), (640, 448), (448, 640), (1280, 896), (320, 224)], ids=str)
def test_it_finds_the_faces_that_yunet_finds(detector: Any, sources: Path, size: tuple[int, int]) -> None:
    picture = group(*size)
    yunet = cv2.FaceDetectorYN.create(str(sources / convert_pack.DETECTOR), "", size, 0.5, 0.4, 5000)
    expected = yunet.detect(picture)[1]
    expected[:, 2:4] += expected[:, :2]  # width and height -> right and bottom
    boxes, landmarks = detector.detect(picture, input_size=size)
    faces = np.hstack([boxes[:, :4], landmarks.reshape(-1, 10), boxes[:, 4:]])
    assert len(faces) == len(expected) == 6
    np.testing.assert_allclose(faces[faces[:, 0].argsort()], expected[expected[:, 0].argsort()], atol=2e-3)


def test_the_second_anchor_of_a_cell_never_counts(detector: Any) -> None:
    blob = np.random.default_rng(0).uniform(0, 255, (1, 3, 96, 160)).astype(np.float32)
    outputs = detector.session.run(None, {"input": blob})
    cells = [96 * 160 // stride**2 for stride in convert_pack.STRIDES]
    shapes = [(1, 2 * count, width) for width in (1, 4, 10) for count in cells]
    assert [output.shape for output in outputs] == shapes
    for scores in outputs[:3]:
        assert (scores[0, 0::2] > 0).all()
        assert (scores[0, 1::2] == 0).all()


def test_it_gives_the_embeddings_that_sface_gives(
    detector: Any, embedder: Any, original_embedder: onnxruntime.InferenceSession
) -> None:
    picture = group(1280, 896)
    _, landmarks = detector.detect(picture, input_size=(1280, 896))
    chips = [norm_crop(picture, points) for points in landmarks]
    together = embedder.get_feat(chips)
    assert together.shape == (6, 128)
    for chip, embedding in zip(chips, together, strict=True):
        blob = np.ascontiguousarray(chip[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32)
        (expected,) = original_embedder.run(None, {"data": blob})
        np.testing.assert_allclose(unit(embedding), unit(expected), atol=5e-6)
        np.testing.assert_allclose(unit(embedding), unit(embedder.get_feat(chip)), atol=5e-6)
