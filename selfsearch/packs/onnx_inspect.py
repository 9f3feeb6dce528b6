"""What an ONNX file is, told by looking at its graph without running it: a detector, a recogniser, or
something else.

The tests are those of InsightFace's ModelRouter, ArcFaceONNX and SCRFD (insightface 2.1), which decide so
for packs without a manifest. What selfsearch cannot use although InsightFace can (a detector without
landmarks, faces of another size than 112x112) is refused in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]

from ..errors import PackError

CHIP = 112  # pixels: the side of the faces that the library keeps
LANDMARK_OUTPUTS = (9, 15)  # SCRFD with landmarks on three levels, RetinaFace on five
UNBOUNDED = {"Loop", "Scan"}  # operators that may never end; no face network needs them
SCRFD = {"mean": 127.5, "std": 128.0}
ARCFACE = {"mean": 127.5, "std": 127.5}
INSIDE = {"mean": 0.0, "std": 1.0}  # the graph scales its pixels itself


@dataclass(frozen=True, slots=True)
class Graph:
    """One model file."""

    task: str | None  # detection, recognition; None for what selfsearch has no use for
    outputs: int
    sizes: tuple[
        int | None, ...
    ]  # of the first input: batch, channels, height, width; None where the caller chooses
    dimension: int | None  # last size of the first output
    preprocessing: dict[str, float]


def inspect(path: Path, name: str) -> Graph:
    """Look at a model file. Raises PackError when it is no ONNX, or refers to data or does things that it
    must not.
    """
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError) as exc:
        raise PackError(f"{name} is not an ONNX model, or it is damaged") from exc
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _within(model, onnx.TensorProto)):
        raise PackError(f"{name} keeps its weights in another file; only models that are whole are taken")
    kinds = {node.op_type for node in _within(model, onnx.NodeProto)}
    if kinds & UNBOUNDED:
        raise PackError(f"{name} contains loops, which no face model needs; it is refused")
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    sizes, outputs = _sizes(inputs[0]) if inputs else (), len(model.graph.output)
    task = _task(len(inputs), sizes, outputs)
    last = _sizes(model.graph.output[0])[-1:] if outputs else ()
    scaling = SCRFD if task == "detection" else _scaling(model.graph)
    return Graph(task, outputs, sizes, last[0] if last else None, scaling)


def check(path: Path, name: str, graph: Graph) -> None:
    """Raises PackError when a detector or recogniser is not valid ONNX, or not one that is of use here."""
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as exc:
        raise PackError(f"{name} is not a valid ONNX model") from exc
    if graph.task == "detection":
        if graph.outputs not in LANDMARK_OUTPUTS:
            raise PackError(f"{name} finds faces without landmarks, and without these they cannot be aligned")
        if any(size is not None for size in graph.sizes[2:]):
            raise PackError(f"{name} takes pictures of one size only; selfsearch looks at several")
    elif graph.sizes[2:] != (CHIP, CHIP):
        raise PackError(f"{name} takes faces of another size than the {CHIP}x{CHIP} that the library keeps")
    elif graph.sizes[0] is not None:
        raise PackError(f"{name} takes {graph.sizes[0]} face at a time; export it with a free batch size")
    elif graph.dimension is None:
        raise PackError(f"{name} does not say how long its vectors are")


def _task(inputs: int, sizes: tuple[int | None, ...], outputs: int) -> str | None:
    """As InsightFace's ModelRouter decides."""
    if outputs >= 5:
        return "detection"
    if inputs != 1 or len(sizes) != 4:
        return None
    height, width = sizes[2:]
    if height is None or height != width or height in (96, 192):  # age and sex; landmarks
        return None
    return "recognition" if height >= CHIP and height % 16 == 0 and outputs == 1 else None


def _scaling(graph: Any) -> dict[str, float]:
    """As InsightFace's ArcFaceONNX decides: models from MXNet begin with a subtraction and a
    multiplication.
    """
    names = [node.name for node in graph.node[:8]]
    subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
    multiplies = any(name.startswith(("Mul", "_mul")) for name in names)
    return INSIDE if subtracts and multiplies else ARCFACE


def _sizes(value: Any) -> tuple[int | None, ...]:
    return tuple(
        size.dim_value if size.HasField("dim_value") and size.dim_value > 0 else None
        for size in value.type.tensor_type.shape.dim
    )


def _within(message: Message, kind: type[Message]) -> Iterator[Any]:
    """Every message of one kind inside another, however deep (protobuf's parser allows 100 levels)."""
    if isinstance(message, kind):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in value if isinstance(value, _Several) else [value]:
            if isinstance(inner, Message):
                yield from _within(inner, kind)


_Several = type(onnx.GraphProto().node)
