"""What an ONNX file is, told by its graph without running it: a detector, a recogniser, or something else.

The tests are those of InsightFace's ModelRouter, ArcFaceONNX and SCRFD (insightface 2.1), which decide so
for packs without a manifest. What selfsearch cannot use although InsightFace can (a detector without
landmarks, faces of another size than 112x112) is refused in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]

from ..errors import PackError
from ..recognition.alignment import CHIP_SIDE
from ..recognition.model_pack import MAX_MEMORY, TOO_MUCH_MEMORY, UNCHANGED_PIXELS

LANDMARK_OUTPUTS = (9, 15)  # SCRFD with landmarks on three levels, RetinaFace on five
UNBOUNDED_OPERATORS = {"Loop", "Scan"}  # operators that may never end; no face network needs them
# Preprocessing of pixels: (x - mean) / std
SCRFD_PIXELS = {"mean": 127.5, "std": 128.0}
ARCFACE_PIXELS = {"mean": 127.5, "std": 127.5}


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What matters of one ONNX file."""

    task: str | None  # detection, recognition; None for what selfsearch has no use for
    outputs: int  # how many
    # of the first input: batch, channels, height, width; None where the caller chooses
    input_shape: tuple[int | None, ...]
    dimension: int | None  # last size of the first output
    preprocessing: dict[str, float]


def inspect_model(path: Path, name: str) -> ModelFile:
    """Look at a model file, which messages call `name`.

    Raises PackError when it is no ONNX, refers to data in other files, or contains what it must not.
    """
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError) as exc:
        raise PackError(f"{name} is not an ONNX model, or it is damaged") from exc
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _nested(model, onnx.TensorProto)):
        raise PackError(f"{name} keeps its weights in another file; only models that are whole are taken")
    if UNBOUNDED_OPERATORS & {node.op_type for node in _nested(model, onnx.NodeProto)}:
        raise PackError(f"{name} contains loops, which no face model needs; it is refused")
    if sum(map(_tensor_bytes, _nested(model, onnx.TensorProto))) > MAX_MEMORY:
        raise PackError(f"{name} {TOO_MUCH_MEMORY}; it is refused")
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    input_shape, outputs = _shape(inputs[0]) if inputs else (), len(model.graph.output)
    task = _task(len(inputs), input_shape, outputs)
    last = _shape(model.graph.output[0])[-1:] if outputs else ()
    preprocessing = SCRFD_PIXELS if task == "detection" else _arcface_preprocessing(model.graph)
    return ModelFile(task, outputs, input_shape, last[0] if last else None, preprocessing)


def check_model(path: Path, name: str, model: ModelFile) -> None:
    """Raises PackError when a detector or recogniser is not valid ONNX, or not one that is of use here."""
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as exc:
        raise PackError(f"{name} is not a valid ONNX model") from exc
    if model.task == "detection":
        if model.outputs not in LANDMARK_OUTPUTS:
            raise PackError(f"{name} finds faces without landmarks, and without these they cannot be aligned")
        if any(size is not None for size in model.input_shape[2:]):
            raise PackError(f"{name} takes pictures of one size only; selfsearch looks at several")
    elif model.input_shape[2:] != (CHIP_SIDE, CHIP_SIDE):
        raise PackError(
            f"{name} takes faces of another size than the {CHIP_SIDE}x{CHIP_SIDE} that the library keeps"
        )
    elif model.input_shape[0] is not None:
        raise PackError(
            f"{name} takes {model.input_shape[0]} face at a time; export it with a free batch size"
        )
    elif model.dimension is None:
        raise PackError(f"{name} does not say how long its vectors are")


def _task(inputs: int, input_shape: tuple[int | None, ...], outputs: int) -> str | None:
    """As InsightFace's ModelRouter decides."""
    if outputs >= 5:
        return "detection"
    if inputs != 1 or len(input_shape) != 4:
        return None
    height, width = input_shape[2:]
    if height is None or height != width or height in (96, 192):  # age and sex; landmarks
        return None
    return "recognition" if height >= CHIP_SIDE and height % 16 == 0 and outputs == 1 else None


def _arcface_preprocessing(graph: Any) -> dict[str, float]:
    """As InsightFace's ArcFaceONNX decides: models from MXNet begin by scaling the pixels themselves."""
    names = [str(node.name) for node in graph.node[:8]]  # bytes, where it is no UTF-8
    subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
    multiplies = any(name.startswith(("Mul", "_mul")) for name in names)
    return UNCHANGED_PIXELS if subtracts and multiplies else ARCFACE_PIXELS


def _tensor_bytes(tensor: Any) -> int:
    """What a tensor with these sides takes, whatever data came with it; four bytes a number."""
    return 4 * math.prod(max(0, int(side)) for side in tensor.dims)


def _shape(value: Any) -> tuple[int | None, ...]:
    return tuple(
        size.dim_value if size.HasField("dim_value") and size.dim_value > 0 else None
        for size in value.type.tensor_type.shape.dim
    )


def _nested(message: Message, kind: type[Message]) -> Iterator[Any]:
    """Every message of one kind inside another, however deep (protobuf's parser allows 100 levels)."""
    if isinstance(message, kind):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in value if isinstance(value, _REPEATED) else [value]:
            if isinstance(inner, Message):
                yield from _nested(inner, kind)


_REPEATED = type(onnx.GraphProto().node)
