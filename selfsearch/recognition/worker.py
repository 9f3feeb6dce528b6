"""A worker process: the bytes of a photograph come in, what the library keeps of it goes out.

It decodes what may be hostile, so it holds nothing: no key, no library, and after its start no file, no
network and no program (sandbox/seal.py says what each system enforces). Everything that it will need is
loaded before the seal. worker_pool.py starts it and talks to it in the messages of messages.py.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .. import sandbox
from ..errors import ItemError, PackError, unforeseen
from ..media.decoder_errors import too_large
from ..media.limits import MAX_BYTES, MAX_DECODED_BYTES, take_turns_by
from ..sandbox import process
from ..sandbox.seal import Seal, seal
from ..types import Detail
from . import messages
from .messages import Message
from .model_engine import ModelEngine
from .model_pack import read_pack

MEMORY = MAX_DECODED_BYTES + MAX_BYTES + (256 << 20)  # bytes that one file may need beyond the loaded models
CV2_NO_MEMORY = -4  # cv2.Error.StsNoMem

Answer = tuple[dict[str, Any], list[bytes]]


class Turn:
    """Held while a large picture is decoded: the workers of a pool take turns, so that memory is enough."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers

    def __enter__(self) -> None:
        messages.send(self._answers, {"wait": True})
        messages.receive(self._requests)

    def __exit__(self, *_: object) -> None:
        """The turn ends with the answer."""


class Worker:
    """The tasks that a worker does, by their names in messages."""

    def __init__(self, engine: ModelEngine, with_hash: bool) -> None:
        self._engine = engine
        self._with_hash = with_hash
        self.seal = Seal()  # before anything hostile is read

    def load(self) -> None:
        """Load everything that a task may need: after the seal no module and no model can be read."""
        import PIL.Image

        from ..media import crop, heic, jpeg, pillow_decoder  # noqa: F401  (each loads its libraries)

        PIL.Image.preinit()  # the writer of JPEG
        grey = np.full((128, 128, 3), 128, np.uint8)
        picture = crop.crop(grey, (32.0, 32.0, 64.0, 64.0))
        self._engine.analyse(picture.jpeg, with_hash=self._with_hash)
        self._engine.embed(grey[None, :112, :112])
        _give_back_memory()

    def do(self, message: Message) -> Answer:
        """One task."""
        text, body = message
        tasks: dict[str, Callable[[dict[str, Any], bytes], Answer]] = {
            "analyse": self._analyse, "embed": self._embed, "crop": self._crop, "seal": self._say_seal
        }  # fmt: skip
        return tasks[text["do"]](text, body)

    def _analyse(self, text: dict[str, Any], body: bytes) -> Answer:
        detail = Detail(text["detail"])
        analysis = self._engine.analyse(body, text["kind"], detail, with_hash=self._with_hash)
        return messages.encode_analysis(analysis)

    def _embed(self, text: dict[str, Any], body: bytes) -> Answer:
        chips = np.frombuffer(body, np.uint8).reshape(-1, 112, 112, 3)
        return {}, [self._engine.embed(chips).tobytes()]

    def _crop(self, text: dict[str, Any], body: bytes) -> Answer:
        pictures = self._engine.crop_faces(body, [tuple(box) for box in text["boxes"]])
        shapes = [[*each.box, each.width, each.height, len(each.jpeg)] for each in pictures]
        return {"pictures": shapes}, [each.jpeg for each in pictures]

    def _say_seal(self, text: dict[str, Any], body: bytes) -> Answer:
        return {"seal": list(self.seal)}, []


def main() -> None:
    """sys.argv: the pack's folder, whether it came with the program, whether perceptual hashes are wanted."""
    folder, bundled, with_hash = sys.argv[1:]
    for number in process.ENDING_SIGNALS:  # they reach all processes of a terminal, or of a service
        signal.signal(number, signal.SIG_IGN)  # the pool decides; a worker ends when its pipe does
    process.no_core_dumps()
    sandbox.enforce()
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get among the answers
    worker = Worker(ModelEngine(read_pack(Path(folder), bundled=bundled == "1")), with_hash == "1")
    try:
        worker.load()
    except PackError as exc:
        messages.send(answers, {"pack": str(exc)})
        return
    take_turns_by(Turn(requests, answers))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.dup2(2, 1)
    worker.seal = seal(MEMORY)
    messages.send(answers, {})
    while message := messages.receive(requests):
        text, parts = _answer(worker, message)
        messages.send(answers, text, *parts)


def _give_back_memory() -> None:
    """Loading the models leaves 50 MB behind that are free, and that glibc keeps."""
    if sys.platform == "linux":
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


def _answer(worker: Worker, message: Message) -> Answer:
    """The answer of a task, or why there is none: never what an error of a library says, only its class."""
    try:
        return worker.do(message)
    except ItemError as exc:
        return _outcome(exc)
    except PackError as exc:
        return {"pack": str(exc)}, []
    except Exception as exc:  # the boundary of one file: what nobody foresaw costs that file
        if isinstance(exc, MemoryError) or getattr(exc, "code", None) == CV2_NO_MEMORY:
            return _outcome(too_large())
        return _outcome(unforeseen(type(exc).__name__))


def _outcome(error: ItemError) -> Answer:
    return {"outcome": error.outcome.value, "reason": str(error)}, []


if __name__ == "__main__":
    main()
