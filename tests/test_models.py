"""Model packs: adding, using and removing them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnx
import pytest

from selfsearch.errors import PackError
from selfsearch.files import sha256_of
from selfsearch.packs import pack_archive
from selfsearch.packs.install import add_pack
from selfsearch.packs.store import find_pack
from selfsearch.recognition.calibration import BUNDLED_CALIBRATIONS
from selfsearch.recognition.face_probability import BUNDLED_PROBABILITIES

from . import packs as sample_packs
from .conftest import Run

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


# Adding


def test_the_older_layout_becomes_a_checked_pack(run: Run, home: Path, older: Path) -> None:
    assert run("models", "add", older).out.splitlines() == [
        "buffalo_s is added: 128 numbers per face, 37 MB, checksums recorded; licence: InsightFace"
        " pretrained models:"
        " for non-commercial research purposes only.",
        "not needed and left out: 1k3d68.onnx, genderage.onnx",
        "to use it: selfsearch models use buffalo_s",
    ]
    folder = home / "packs/buffalo_s"
    assert sorted(os.listdir(home / "packs")) == ["buffalo_s"]
    assert sorted(os.listdir(folder)) == [
        "MODEL.LICENSE",
        "detection.onnx",
        "manifest.json",
        "recognition.onnx",
    ]
    assert (folder / "detection.onnx").read_bytes() == (older / "det_500m.onnx").read_bytes()
    assert (folder / "recognition.onnx").read_bytes() == (older / "w600k_mbf.onnx").read_bytes()
    tasks = json.loads((folder / "manifest.json").read_text())["tasks"]
    assert tasks == {
        "detection": {
            "file": "detection.onnx",
            "sha256": sha256_of(older / "det_500m.onnx"),
            "preprocessing": {"mean": 127.5, "std": 128.0},
        },
        "recognition": {
            "file": "recognition.onnx",
            "sha256": sha256_of(older / "w600k_mbf.onnx"),
            "preprocessing": {"mean": 127.5, "std": 127.5},
            "input_size": [112, 112],
            "embedding_dimension": 128,
        },
    }


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_an_added_pack_is_private_whatever_the_umask(home: Path, older: Path) -> None:
    before = os.umask(0)
    try:
        pack = add_pack(older, home / "packs").pack
    finally:
        os.umask(before)
    modes = {
        path.name: path.stat().st_mode & 0o777
        for path in [home / "packs", pack.folder, *pack.folder.iterdir()]
    }
    assert modes == {
        "packs": 0o700, "buffalo_s": 0o700, "detection.onnx": 0o600, "recognition.onnx": 0o600,
        "manifest.json": 0o600, "MODEL.LICENSE": 0o600,
    }  # fmt: skip


@pytest.mark.parametrize("wrapped", [False, True], ids=["flat", "in one more folder"])
def test_a_zip_gives_the_same_pack_as_its_folder(home: Path, older: Path, wrapped: bool) -> None:
    from_folder = add_pack(older, home / "one").pack
    from_zip = add_pack(sample_packs.zipped(older, wrapped=wrapped), home / "two").pack
    assert (from_zip.name, from_zip.revision) == (from_folder.name, from_folder.revision)
    from_zip.verify()


def test_a_recogniser_from_mxnet_scales_its_pixels_itself(home: Path, older: Path) -> None:
    """Its first nodes are a subtraction and a multiplication: InsightFace's rule, by their names."""
    shutil.copyfile(sample_packs.DEFAULT / "recognition.onnx", older / "w600k_mbf.onnx")
    pack = add_pack(older, home / "packs").pack
    tasks = json.loads((pack.folder / "manifest.json").read_text())["tasks"]
    assert tasks["recognition"]["preprocessing"] == {"mean": 0.0, "std": 1.0}


def test_a_manifest_without_checksums_gets_them(home: Path, tmp_path: Path) -> None:
    source = sample_packs.with_manifest(tmp_path / "anything", checksums=False)
    pack = add_pack(sample_packs.zipped(source, wrapped=True), home / "packs").pack
    assert pack.name == "raccoon_x"
    assert pack.terms == "For everybody"
    assert dict(pack.checksums)[pack.detection] == sha256_of(sample_packs.DEFAULT / "detection.onnx")
    assert pack.model_revision == find_pack("opencv-zoo").model_revision, (
        "the same models make the same vectors"
    )


def test_the_same_models_behind_other_pixels_are_another_revision(home: Path, tmp_path: Path) -> None:
    source = sample_packs.with_manifest(tmp_path / "anything")
    raw = json.loads((source / "manifest.json").read_text())
    raw["tasks"]["recognition"]["preprocessing"] = {"mean": 10.0, "std": 1.0}
    (source / "manifest.json").write_text(json.dumps(raw))
    assert add_pack(source, home / "packs").pack.model_revision != find_pack("opencv-zoo").model_revision


def test_adding_again_replaces(run: Run, home: Path, older: Path) -> None:
    run("models", "add", older)
    (home / "packs/buffalo_s/recognition.onnx").write_bytes(b"damaged")
    assert run("models", "add", older).out.startswith("buffalo_s is replaced: ")
    find_pack("buffalo_s", home / "packs").verify()
    assert os.listdir(home / "packs") == ["buffalo_s"]


def test_a_pack_can_have_another_name_here(run: Run, home: Path, older: Path) -> None:
    run("models", "add", older, "--name", "mine")
    assert find_pack("mine", home / "packs").name == "mine"


@pytest.mark.parametrize("name", ["../mine", "", ".hidden", "a/b", "opencv-zoo", "x" * 200])
def test_some_names_cannot_be_had(run: Run, home: Path, older: Path, name: str) -> None:
    if name:
        assert "--name NAME" in run("models", "add", older, "--name", name, code=2).err
    assert not (home / "packs").exists() or os.listdir(home / "packs") == []


# Refusing


def refused(source: Path, home: Path) -> str:
    """Why a pack is not taken; nothing of it stays."""
    with pytest.raises(PackError) as why:
        add_pack(source, home / "packs")
    assert os.listdir(home / "packs") == []
    return str(why.value)


def test_a_pack_without_a_recogniser_is_refused(home: Path, older: Path) -> None:
    (older / "w600k_mbf.onnx").unlink()
    assert (
        refused(older, home)
        == "the pack has no model for recognition; selfsearch needs both detection and recognition"
    )


def test_a_detector_without_landmarks_is_refused(home: Path, older: Path) -> None:
    (older / "det_500m.onnx").write_bytes(sample_packs.network((1, 3, 0, 0), outputs=6))
    assert refused(older, home) == (
        "det_500m.onnx finds faces without landmarks, and without these they cannot be aligned"
    )


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ((0, 3, 128, 128), "another size than the 112x112"),
        ((1, 3, 112, 112), "1 face at a time"),
        ((0, 3, 112, 112), "do not run|does not give|cannot be used"),
    ],
)
def test_a_recogniser_of_another_kind_is_refused(
    home: Path, older: Path, shape: tuple[int, ...], why: str
) -> None:
    (older / "w600k_mbf.onnx").write_bytes(sample_packs.network(shape))
    with pytest.raises(PackError, match=why):
        add_pack(older, home / "packs")
    assert os.listdir(home / "packs") == []


def test_weights_in_another_file_are_refused(home: Path, older: Path) -> None:
    model = onnx.load(older / "w600k_mbf.onnx")
    onnx.save_model(
        model, older / "w600k_mbf.onnx", save_as_external_data=True, location="passwd", size_threshold=0
    )
    assert refused(older, home) == (
        "w600k_mbf.onnx keeps its weights in another file; only models that are whole are taken"
    )


def test_weights_in_another_file_are_found_in_a_nested_graph(home: Path, older: Path) -> None:
    model = onnx.load(older / "w600k_mbf.onnx")
    hidden = onnx.TensorProto(name="x", data_location=onnx.TensorProto.EXTERNAL)
    inner = onnx.GraphProto(initializer=[hidden])
    model.graph.node[0].attribute.append(
        onnx.AttributeProto(name="g", type=onnx.AttributeProto.GRAPH, g=inner)
    )
    (older / "w600k_mbf.onnx").write_bytes(model.SerializeToString())
    assert "keeps its weights in another file" in refused(older, home)


def test_a_model_with_a_loop_is_refused(home: Path, older: Path) -> None:
    model = onnx.load(older / "w600k_mbf.onnx")
    model.graph.node.append(onnx.NodeProto(op_type="Loop"))
    (older / "w600k_mbf.onnx").write_bytes(model.SerializeToString())
    assert "loops" in refused(older, home)


def with_a_giant(model: bytes, *nodes: onnx.NodeProto, **constants: list[int]) -> bytes:
    """The same model, to whose first output the last of these nodes adds "giant"."""
    graph = (changed := onnx.load_model_from_string(model)).graph
    for name, values in constants.items():
        kind = np.float32 if name == "scales" else np.int64
        graph.initializer.append(onnx.numpy_helper.from_array(np.array(values, kind), name))
    output = graph.output[0].name
    for node in graph.node:
        node.output[:] = ["before" if name == output else name for name in node.output]
    graph.node.extend([*nodes, onnx.helper.make_node("Add", ["before", "giant"], [output])])
    return bytes(changed.SerializeToString())


def grows(*, at_run_time: bool, model: bytes) -> bytes:
    """A model that makes 4.8 GB of ones when it is loaded, or 1,600 times its input when it runs."""
    node = onnx.helper.make_node
    least = node("ReduceMin", ["large"], ["giant"], keepdims=0)
    if not at_run_time:
        return with_a_giant(
            model, node("ConstantOfShape", ["sides"], ["large"]), least, sides=[1200, 1000, 1000]
        )
    pixels = onnx.load_model_from_string(model).graph.input[0].name
    resize = node("Resize", [pixels, "", "scales"], ["large"], mode="nearest")
    return with_a_giant(model, resize, least, scales=[1, 1, 40, 40])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process allocates")
@pytest.mark.parametrize("at_run_time", [False, True])
def test_a_pack_that_asks_for_gigabytes_is_refused(
    at_run_time: bool, run: Run, home: Path, older: Path
) -> None:
    packs = sample_packs

    model = older / "det_500m.onnx"
    model.write_bytes(grows(at_run_time=at_run_time, model=packs.detector()))
    said = run("models", "add", older, code=5).err
    assert "asks for more than 2 GB of memory" in said
    assert not (home / "packs").exists() or not any((home / "packs").iterdir())


def test_a_pack_whose_weights_claim_gigabytes_is_refused(home: Path, older: Path) -> None:
    packs = sample_packs

    model = onnx.load_model_from_string(packs.recogniser())
    model.graph.initializer.add(name="claim", data_type=1, dims=[1 << 20, 1 << 10])
    (older / "w600k_mbf.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(PackError, match="asks for more than 2 GB of memory"):
        add_pack(older, home / "packs")


def test_weights_that_give_everybody_the_same_embedding_are_refused(home: Path, older: Path) -> None:
    model = onnx.load(older / "w600k_mbf.onnx")
    first = next(tensor for tensor in model.graph.initializer if tensor.name == "std")
    first.CopyFrom(onnx.numpy_helper.from_array(np.array([0.0], np.float32), "std"))
    (older / "w600k_mbf.onnx").write_bytes(model.SerializeToString())
    assert (
        refused(older, home) == "the recogniser gives every picture the same vector: its weights are damaged"
    )


def test_weights_that_are_no_numbers_are_refused(home: Path, older: Path) -> None:
    model = onnx.load(older / "w600k_mbf.onnx")
    first = next(tensor for tensor in model.graph.initializer if tensor.name == "std")
    first.CopyFrom(onnx.numpy_helper.from_array(np.array([np.nan], np.float32), "std"))
    (older / "w600k_mbf.onnx").write_bytes(model.SerializeToString())
    assert "weights are damaged" in refused(older, home)


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x80\x04\x95\x10\x00pickle", b"\xff" * 4096])
def test_a_file_that_is_no_model_is_refused(home: Path, older: Path, data: bytes) -> None:
    (older / "det_500m.onnx").write_bytes(data)
    assert refused(older, home)


def test_a_changed_model_is_refused_by_its_manifest(home: Path, tmp_path: Path) -> None:
    source = sample_packs.with_manifest(tmp_path / "pack")
    data = bytearray((source / "models/recognition.onnx").read_bytes())
    data[-100] ^= 1
    (source / "models/recognition.onnx").write_bytes(data)
    assert refused(source, home) == (
        "models/recognition.onnx is not the file that the pack's manifest describes: it was changed or"
        " damaged"
    )


@pytest.mark.parametrize("file", ["../outside.onnx", "/etc/passwd", "models/../../outside.onnx", 7, None])
def test_a_manifest_that_points_elsewhere_is_refused(home: Path, tmp_path: Path, file: object) -> None:
    source = sample_packs.with_manifest(tmp_path / "pack")
    shutil.copyfile(sample_packs.DEFAULT / "detection.onnx", tmp_path / "outside.onnx")
    raw = json.loads((source / "manifest.json").read_text())
    raw["tasks"]["detection"]["file"] = file
    (source / "manifest.json").write_text(json.dumps(raw))
    assert refused(source, home) == "the pack is incomplete: the model for detection is missing"


def test_a_link_out_of_the_folder_is_not_followed(home: Path, older: Path, tmp_path: Path) -> None:
    (older / "w600k_mbf.onnx").rename(tmp_path / "elsewhere.onnx")
    (older / "w600k_mbf.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    assert "no model for recognition" in refused(older, home)


@pytest.mark.parametrize("name", ["../det_500m.onnx", "/det_500m.onnx", "a/../../b.onnx", "C:\\x.onnx"])
def test_a_zip_that_names_files_outside_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, sample_packs.detector())
        archive.writestr("w600k_mbf.onnx", b"x")
    assert (
        refused(tmp_path / "evil.zip", home) == "the zip names a file outside its own folder; it is refused"
    )


def test_a_bomb_is_stopped_at_the_limit(home: Path, older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_archive, "MAX_MODEL_BYTES", 1 << 20)
    (older / "det_500m.onnx").write_bytes(b"\0" * (2 << 20))
    assert "more than" in refused(sample_packs.zipped(older), home)


def test_a_zip_that_lies_about_a_size_is_refused(home: Path, older: Path) -> None:
    path = sample_packs.zipped(older)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"det_500m.onnx"))
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")  # the uncompressed size in the central directory
    path.write_bytes(data)
    assert refused(path, home)


def test_a_zip_cut_short_or_encrypted_or_empty_is_refused(home: Path, older: Path, tmp_path: Path) -> None:
    data = sample_packs.zipped(older).read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[:-1000])
    assert "neither a folder nor a zip" in refused(tmp_path / "cut.zip", home)
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 255
    (tmp_path / "damaged.zip").write_bytes(damaged)
    assert "damaged" in refused(tmp_path / "damaged.zip", home)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert (
        refused(tmp_path / "empty.zip", home) == "empty holds no model (no .onnx file and no manifest.json)"
    )


def test_two_packs_in_one_folder_are_asked_about(home: Path, tmp_path: Path) -> None:
    sample_packs.older_layout(tmp_path / "both/antelopev2")
    sample_packs.older_layout(tmp_path / "both/buffalo_s")
    assert refused(tmp_path / "both", home) == (
        "both holds several packs (antelopev2, buffalo_s); add one folder at a time"
    )


def test_a_calibration_that_is_none_is_refused(home: Path, older: Path) -> None:
    good = json.loads((BUNDLED_CALIBRATIONS / "opencv-zoo.json").read_text())
    (older / "calibration.json").write_text(json.dumps(good | {"scores": good["scores"][:-1]}))
    damaged = "the calibration calibration.json is damaged; make it anew: scripts/calibrate"
    assert refused(older, home) == damaged
    (older / "calibration.json").write_text("[]")
    assert refused(older, home) == damaged


def test_coefficients_of_a_pack_come_with_it_and_damaged_ones_are_refused(home: Path, older: Path) -> None:
    (older / "face_probability.json").write_text("[")
    assert "the coefficients face_probability.json are damaged" in refused(older, home)
    good = (BUNDLED_PROBABILITIES / "opencv-zoo.json").read_text()
    (older / "face_probability.json").write_text(good)
    pack = add_pack(older, home / "packs").pack
    assert (pack.folder / "face_probability.json").read_text() == good


def test_a_word_that_is_neither_file_nor_pack_is_explained(run: Run) -> None:
    assert (
        "is no folder or zip here, nor a pack that InsightFace publishes"
        in run("models", "add", "x", code=2).err
    )


# Listing, using, removing


def test_models_lists_every_pack_and_one_broken_pack_hides_no_other(
    run: Run, home: Path, older: Path
) -> None:
    run("models", "add", older)
    (home / "packs/half").mkdir()
    (home / "packs/half/manifest.json").write_text("{")
    data = (home / "packs/buffalo_s/detection.onnx").read_bytes()
    (home / "packs/buffalo_s/detection.onnx").write_bytes(data[:-1] + b"x")
    listed = run("models", "--json").json
    assert [(pack["name"], pack["used"], pack["calibrated"]) for pack in listed["packs"]] == [
        ("buffalo_s", False, False),
        ("opencv-zoo", True, True),
    ]
    assert "detection.onnx has changed" in listed["packs"][0]["checksums"]
    assert listed["packs"][1]["checksums"] == "good"
    assert [pack["name"] for pack in listed["unusable"]] == ["half"]
    assert "! half: " in run("models").out


def test_a_damaged_or_unknown_pack_cannot_be_used(run: Run, home: Path, older: Path) -> None:
    assert "there is no model pack called 'buffalo_s'" in run("models", "use", "buffalo_s", code=5).err
    run("models", "add", older)
    (home / "packs/buffalo_s/detection.onnx").write_bytes(b"x")
    assert "detection.onnx has changed" in run("models", "use", "buffalo_s", code=5).err
    assert not (home / "config.toml").exists()


def test_using_a_pack_says_what_becomes_of_embeddings_and_bands(run: Run, home: Path, older: Path) -> None:
    run("models", "add", older)
    message = run("models", "use", "buffalo_s").err
    assert "the next index or query makes new ones from the faces that the library keeps" in message
    assert "buffalo_s has no calibration" in message
    assert run("models", "--json").json["packs"][0]["used"] is True


def test_a_used_pack_stays_and_an_unused_one_goes(run: Run, home: Path, older: Path) -> None:
    run("models", "add", older)
    run("models", "use", "buffalo_s")
    assert "is in use" in run("models", "remove", "buffalo_s", code=2).err
    run("models", "use", "opencv-zoo")
    run("models", "remove", "buffalo_s", "--yes")
    assert os.listdir(home / "packs") == []
    assert "came with the program" in run("models", "remove", "opencv-zoo", code=2).err
    assert "you have added no" in run("models", "remove", "../library", code=2).err


def test_a_packs_own_calibration_counts(run: Run, home: Path, older: Path, album: Path, selfie: Path) -> None:
    revision = add_pack(older, home / "packs").pack.model_revision
    curves = json.loads((BUNDLED_CALIBRATIONS / "opencv-zoo.json").read_text())
    (older / "calibration.json").write_text(json.dumps(curves | {"pack": "buffalo_s", "revision": revision}))
    run("models", "add", older)
    assert "calibration" not in run("models", "use", "buffalo_s").err
    run("index", album, "--consent", "own")
    answer = run("query", selfie, "--self", "--consent", "own", "--json").json
    assert set(answer["bands"]) == {"strong", "likely", "possible"}
    assert answer["appearances"][0]["band"] == "strong"
