"""What passes between this program and its worker processes: a line of JSON and the bytes that it counts.

Nothing here can run code, as pickle could: whoever took over a worker through a hostile photograph can at
most answer wrongly for it. So every answer is checked for its types, sizes and ranges before it is used.
"""

from __future__ import annotations

import json
import math
import struct
from typing import IO, Any

import numpy as np

from ..media.crop import Picture
from ..types import Analysis, Embeddings, Face, Facts, Location, Timestamp

Message = tuple[dict[str, Any], bytes]

MAX_TEXT_BYTES = 1 << 20  # of JSON; a caption may have 64 kB
MAX_FACES = 4096  # in one picture; a stadium's crowd has a few hundred that can be found
MAX_BODY_BYTES = 1 << 29  # a file of 256 MB is the largest that is asked about
MAX_JPEG_BYTES, MAX_SIDE = 1 << 20, 4096  # of a small picture
CHIP_BYTES = 112 * 112 * 3
_NUMBERS_PER_FACE = 4 + 10 + 1 + 1  # box, landmarks, score, quality
_LENGTHS = struct.Struct("<II")  # bytes of JSON, bytes that follow it


class MessageError(Exception):
    """An answer that no worker of ours gives."""


def send(stream: IO[bytes], text: dict[str, Any], *parts: bytes | memoryview) -> None:
    """Write one message. Raises OSError when nobody reads."""
    encoded = json.dumps(text, allow_nan=False).encode()
    stream.write(_LENGTHS.pack(len(encoded), sum(len(part) for part in parts)))
    stream.write(encoded)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read one message; None at the end. Raises MessageError for what is none."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    text_bytes, body_bytes = _LENGTHS.unpack(head)
    if text_bytes > MAX_TEXT_BYTES or body_bytes > MAX_BODY_BYTES:
        raise MessageError("too long")
    encoded, body = stream.read(text_bytes), stream.read(body_bytes)
    if len(encoded) < text_bytes or len(body) < body_bytes:
        return None
    try:
        text = json.loads(encoded)
    except (ValueError, RecursionError) as exc:
        raise MessageError("not JSON") from exc
    if not isinstance(text, dict):
        raise MessageError("not an object")
    return text, body


def encode_analysis(analysis: Analysis) -> tuple[dict[str, Any], list[bytes]]:
    """An analysis as a message: numbers of each face, then all chips, then all embeddings."""
    facts, faces = analysis.facts, analysis.faces
    taken, location = facts.taken, facts.location
    numbers = [
        [*face.box, *map(float, face.landmarks.reshape(10)), face.score, face.quality] for face in faces
    ]
    text = {
        "type": analysis.type,
        "size": [analysis.width, analysis.height],
        "faces": len(faces),
        "phash": analysis.phash,
        "problem": analysis.problem,
        "taken": taken and [taken.at, taken.source],
        "location": location and [location.latitude, location.longitude, location.source],
        "caption": facts.caption,
        "people": list(facts.people),
    }
    parts = [np.array(numbers, np.float64).tobytes()]
    parts += [face.chip.tobytes() for face in faces] + [face.embedding.tobytes() for face in faces]
    return text, parts


def decode_analysis(message: Message, dimension: int) -> Analysis:
    """The analysis in a message. Raises MessageError."""
    text, body = message
    try:
        return _analysis(text, body, dimension)
    except (LookupError, TypeError, ValueError, OverflowError) as exc:
        raise MessageError(type(exc).__name__) from exc


def _analysis(text: dict[str, Any], body: bytes, dimension: int) -> Analysis:
    width, height = (_whole(side, 1, 1 << 20) for side in text["size"])
    count = _whole(text["faces"], 0, MAX_FACES)
    taken, location, phash = text["taken"], text["location"], text["phash"]
    facts = Facts(
        taken=None if taken is None else Timestamp(_text(taken[0]), _optional_text(taken[1])),
        location=None if location is None else _location(*location),
        caption=_optional_text(text["caption"]),
        people=tuple(_text(name) for name in text["people"]),
    )
    return Analysis(
        type=_text(text["type"]),
        width=width,
        height=height,
        faces=_faces(body, count, dimension),
        phash=None if phash is None else _whole(phash, 0, (1 << 64) - 1),
        facts=facts,
        problem=_optional_text(text["problem"]),
    )


def _faces(body: bytes, count: int, dimension: int) -> tuple[Face, ...]:
    sizes = [count * _NUMBERS_PER_FACE * 8, count * CHIP_BYTES]
    numbers = np.frombuffer(body[: sizes[0]], np.float64).reshape(count, _NUMBERS_PER_FACE)
    chips = np.frombuffer(body[sizes[0] : sum(sizes)], np.uint8).reshape(count, 112, 112, 3)
    embeddings = decode_embeddings(body[sum(sizes) :], count, dimension)
    if not np.isfinite(numbers).all() or (np.abs(numbers) > 1e7).any():
        raise ValueError("a number out of range")
    return tuple(
        Face(
            box=(float(row[0]), float(row[1]), float(row[2]), float(row[3])),
            landmarks=row[4:14].astype(np.float32).reshape(5, 2),
            score=float(row[14]),
            quality=float(row[15]),
            chip=chip,
            embedding=embedding,
        )
        for row, chip, embedding in zip(numbers, chips, embeddings, strict=True)
    )


def decode_embeddings(body: bytes, count: int, dimension: int) -> Embeddings:
    """(count, dimension) rows of length 1. Raises MessageError when they are none."""
    try:
        rows = np.frombuffer(body, np.float32).reshape(count, dimension)
    except ValueError as exc:
        raise MessageError("another number of embeddings") from exc
    if not bool((np.abs(np.linalg.norm(rows, axis=1) - 1) < 1e-3).all()):  # NaN is not, either
        raise MessageError("embeddings that are not of length 1")
    return rows


def decode_pictures(message: Message, count: int) -> list[Picture]:
    """Small pictures of faces. Raises MessageError."""
    text, body = message
    pictures = []
    try:
        for x, y, across, down, width, height, size in text["pictures"]:
            jpeg, body = body[: _whole(size, 4, MAX_JPEG_BYTES)], body[size:]
            if not jpeg.startswith(b"\xff\xd8"):
                raise ValueError("not a JPEG")
            box = (_fraction(x), _fraction(y), _fraction(across), _fraction(down))
            pictures.append(Picture(jpeg, box, _whole(width, 1, MAX_SIDE), _whole(height, 1, MAX_SIDE)))
    except (LookupError, TypeError, ValueError) as exc:
        raise MessageError(type(exc).__name__) from exc
    if body or len(pictures) != count:
        raise MessageError("another number of pictures")
    return pictures


def _fraction(value: object) -> float:
    if not isinstance(value, (int, float)) or not -1 <= value <= 2:
        raise ValueError("no fraction of a picture's side")
    return float(value)


def _whole(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("a number out of range")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _location(latitude: float, longitude: float, source: object) -> Location:
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise ValueError("no place on Earth")
    return Location(float(latitude), float(longitude), _optional_text(source))
