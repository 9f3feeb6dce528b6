"""Model packs in InsightFace's older layout, made from the default pack to give the same results."""

from __future__ import annotations

import json
import shutil
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from selfsearch.packs.store import BUNDLED_PACKS

DEFAULT = BUNDLED_PACKS / "opencv-zoo"


@lru_cache
def detector() -> bytes:
    """The default detector for pixels that come as (x - 127.5) / 128."""
    return bytes(_rescaled(onnx.load(DEFAULT / "detection.onnx"), 128.0).SerializeToString())


@lru_cache
def recogniser() -> bytes:
    """The default recogniser for pixels that come as (x - 127.5) / 127.5, which its nodes' names ask for."""
    model = onnx.load(DEFAULT / "recognition.onnx")
    for number, node in enumerate(model.graph.node):
        node.name = f"node_{number}"
    return bytes(_rescaled(model, 127.5).SerializeToString())


def _rescaled(model: onnx.ModelProto, std: float) -> onnx.ModelProto:
    """The same network behind a multiplication and an addition that undo the preprocessing."""
    name = model.graph.input[0].name
    for node in model.graph.node:
        for at, source in enumerate(node.input):
            if source == name:
                node.input[at] = "pixels"
    model.graph.initializer.append(numpy_helper.from_array(np.array([std], np.float32), "std"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([127.5], np.float32), "mean"))
    undo = [
        helper.make_node("Mul", [name, "std"], ["wide"], name="undo_std"),
        helper.make_node("Add", ["wide", "mean"], ["pixels"], name="undo_mean"),
    ]
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(undo + nodes)
    return model


@lru_cache
def network(shape: tuple[int, ...], outputs: int = 1, dimension: int = 8, kind: str = "Relu") -> bytes:
    """A small model that is no face model: what else lies in such packs, and what a stranger might send."""
    sizes = ["n" if size == 0 else size for size in shape]
    data = helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, sizes)
    names = [f"out_{number}" for number in range(outputs)]
    nodes = [helper.make_node(kind, ["data"], [name], name=name) for name in names]
    results = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", dimension]) for name in names
    ]
    graph = helper.make_graph(nodes, "net", [data], results)
    return bytes(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        ).SerializeToString()
    )


def older_layout(folder: Path, **more: bytes) -> Path:
    """A folder as buffalo_s comes: models without a manifest, some of no use here, and a text."""
    folder.mkdir(parents=True)
    (folder / "det_500m.onnx").write_bytes(detector())
    (folder / "w600k_mbf.onnx").write_bytes(recogniser())
    (folder / "1k3d68.onnx").write_bytes(network((1, 3, 192, 192)))
    (folder / "genderage.onnx").write_bytes(network((1, 3, 96, 96)))
    (folder / "README.txt").write_text("models")
    for name, data in more.items():
        (folder / name.replace("_onnx", ".onnx")).write_bytes(data)
    return folder


def with_manifest(folder: Path, *, checksums: bool = True, name: str = "raccoon_x") -> Path:
    """A folder with a manifest of version 2, models in a folder of their own."""
    (folder / "models").mkdir(parents=True)
    manifest = json.loads((DEFAULT / "manifest.json").read_text()) | {"model_id": name}
    for task in ("detection", "recognition"):
        shutil.copyfile(DEFAULT / f"{task}.onnx", folder / f"models/{task}.onnx")
        manifest["tasks"][task]["file"] = f"models/{task}.onnx"
        if not checksums:
            del manifest["tasks"][task]["sha256"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "MODEL.LICENSE").write_text("For everybody\nand everything\n")
    return folder


def zipped(folder: Path, *, wrapped: bool = False) -> Path:
    """FOLDER.zip beside it, with everything at the top or in one more folder. The large network's weights
    are stored as they are: they hardly shrink, and it takes a second to find that out.
    """
    target = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder)
            if path.is_file():
                way = zipfile.ZIP_STORED if path.stat().st_size > 10 << 20 else zipfile.ZIP_DEFLATED
                archive.write(path, Path(folder.name, inner) if wrapped else inner, way)
    return target
