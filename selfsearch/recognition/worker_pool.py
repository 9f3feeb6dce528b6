"""An Engine whose models are in worker processes: one per core, started when there is something to do.

The bytes of a file go to a worker and the few kilobytes that are kept come back; pixels never cross. A worker
that crashes or takes too long costs the file that it was working on, and another takes its place.
concurrent.futures and multiprocessing are not used: the first gives up all workers when one dies, and both
unpickle what a worker sends, so that a worker that was taken over could run its code here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import ItemError, PackError, SelfsearchError
from ..sandbox.seal import Seal
from ..types import Analysis, Box, Chips, Detail, Embeddings, Outcome
from . import messages
from .messages import Message, MessageError
from .model_pack import Pack

if TYPE_CHECKING:
    from ..media.crop import Picture

SECONDS = 60  # for one file
START_SECONDS = 300  # until a worker has loaded its models; a slow disk takes ten
WATCH_SECONDS = 1.0  # between two looks at what takes too long
WORKER_BYTES = 1 << 30  # of the machine's memory: a worker has 220 MB, and more for a large picture
ATTEMPTS = 2  # a worker may also die of something else than its file: the machine's memory, somebody's kill
MAX_TURNS = 8  # decodings of one large file; two are usual
# What a worker's environment holds: what finding libraries and the home needs, and no setting of ours.
ENVIRONMENT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCALAPPDATA")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # photographs are worked on in parallel
CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1));"
    f" from {__package__}.worker import main; main()"
)

CRASHED = "it crashed the process that looked at it; the other files are not affected"
TOO_SLOW = f"looking at it took over {SECONDS} seconds and was stopped"

Result = TypeVar("Result")


class _Died(Exception):
    """The worker ended without an answer."""


class WorkerPool:
    """See Engine. `close` ends the workers; so does the end of this process, however it ends."""

    def __init__(self, pack: Pack, *, size: int | None = None, with_hash: bool = True) -> None:
        """`size`: the most workers; else one per core, where the machine has 1 GB of memory for each.

        Without `with_hash` perceptual hashes are left out: a quicker start.
        """
        self.pack = pack
        self._size = size or _usual_size()
        self._arguments = [str(pack.folder), str(int(pack.bundled)), str(int(with_hash))]
        self._workers = _Workers()
        self._idle: list[_Worker] = []
        self._changed = threading.Condition()
        self._large = threading.Lock()  # held for the worker that decodes a large picture
        self._closing = weakref.finalize(self, self._workers.close)

    @property
    def dimension(self) -> int:
        """Numbers per embedding."""
        return self.pack.dimension

    def warm_up(self) -> None:
        """Start a worker now, so that its models load while something else is done."""
        with self._changed:
            if not self._workers:
                self._idle.append(self._workers.start(self._arguments))

    def seal(self) -> Seal:
        """Which of the layers of sandbox/seal.py hold in a worker."""
        return self._ask({"do": "seal"}, b"", lambda answer: Seal(*map(bool, answer[0]["seal"])))

    def rest(self) -> None:
        """End the workers that have nothing to do; what is asked next starts them again."""
        with self._changed:
            idle, self._idle = self._idle, []
            for worker in idle:
                worker.kill()
                self._workers.discard(worker)

    def close(self) -> None:
        """End the workers. What is being looked at is lost."""
        self._closing()

    def analyse(self, data: bytes, kind: str | None = None, detail: Detail = Detail.NORMAL) -> Analysis:
        """See Engine."""
        request = {"do": "analyse", "kind": kind, "detail": detail.value}
        return self._ask(request, data, lambda answer: messages.decode_analysis(answer, self.dimension))

    def crop_faces(self, data: bytes, boxes: Sequence[Box]) -> list[Picture]:
        """See Engine."""
        request = {"do": "crop", "boxes": [list(box) for box in boxes]}
        return self._ask(request, data, lambda answer: messages.decode_pictures(answer, len(boxes)))

    def embed(self, chips: Chips) -> Embeddings:
        """See Engine."""
        request, count = {"do": "embed"}, len(chips)
        body = np.ascontiguousarray(chips, np.uint8).tobytes()
        try:
            return self._ask(
                request, body, lambda answer: messages.decode_embeddings(answer[1], count, self.dimension)
            )
        except ItemError as exc:  # there is no file that could be at fault
            raise PackError(f"the model pack {self.pack.name!r} makes no embeddings: {exc}") from exc

    def _ask(self, request: dict[str, Any], body: bytes, decode: Callable[[Message], Result]) -> Result:
        """Have a worker do it. Raises ItemError when it cannot be done, PackError, SelfsearchError."""
        for _ in range(ATTEMPTS):
            with self._worker() as worker:
                try:
                    answer = worker.exchange(request, body, self._large)
                    result = _refusal(answer[0]) or decode(answer)
                except (_Died, MessageError):
                    continue
                worker.is_sound = True
                if isinstance(result, ItemError):
                    raise result
                return result
        raise ItemError(Outcome.FAILED, CRASHED)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """A worker for one exchange. It is kept when that makes it sound, and ended when not."""
        with self._changed:
            while not self._idle and len(self._workers) >= self._size:
                self._changed.wait()
            worker = self._idle.pop() if self._idle else self._workers.start(self._arguments)
        worker.is_sound = False
        try:
            yield worker
        finally:
            if not worker.is_sound:
                worker.kill()
            with self._changed:
                if worker.is_sound:
                    self._idle.append(worker)
                else:
                    self._workers.discard(worker)
                self._changed.notify()


def _usual_size() -> int:
    cores = os.cpu_count() or 1
    if sys.platform == "win32":
        return cores
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, memory // WORKER_BYTES))


class _Workers:
    """The processes of a pool, and the thread that ends those that take too long."""

    def __init__(self) -> None:
        self._running: dict[_Worker, None] = {}
        self._closed = threading.Event()
        self._is_watched = False

    def __len__(self) -> int:
        return len(self._running)

    def start(self, arguments: Sequence[str]) -> _Worker:
        """One more. Raises SelfsearchError when the pool was closed."""
        if self._closed.is_set():
            raise SelfsearchError("the processes that look at photographs were ended; run the command again")
        worker = _Worker(arguments)
        self._running[worker] = None
        if not self._is_watched:
            self._is_watched = True
            threading.Thread(target=self._watch, name="selfsearch-watch", daemon=True).start()
        return worker

    def discard(self, worker: _Worker) -> None:
        """It has ended."""
        self._running.pop(worker, None)

    def close(self) -> None:
        """End them all."""
        self._closed.set()
        for worker in list(self._running):
            worker.kill()

    def _watch(self) -> None:
        while not self._closed.wait(WATCH_SECONDS):
            for worker in list(self._running):
                worker.end_if_overdue()


class _Worker:
    """One worker process, as seen from here. One thread at a time may use it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603  (this very program)
                [sys.executable, "-I", "-c", CODE, json.dumps(sys.path), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=os.path.abspath(os.sep),
                env=environment | ONE_THREAD,
            )
        except OSError as exc:
            raise _not_started(exc.strerror or type(exc).__name__) from exc
        self._is_ready = False
        self._deadline: float | None = None  # by time.monotonic()
        self._is_overdue = False  # it took too long and was ended
        self.is_sound = True  # its last exchange ended as it should

    def exchange(self, request: dict[str, Any], body: bytes, large: threading.Lock) -> Message:
        """One request and its answer. Raises _Died, MessageError, ItemError, PackError, SelfsearchError."""
        if not self._is_ready:
            self._await_ready()
        self._send(request, body)
        answer = self._receive(SECONDS)
        if "wait" not in answer[0]:
            return answer
        with large:
            for _ in range(MAX_TURNS):
                self._send({})
                answer = self._receive(SECONDS)
                if "wait" not in answer[0]:
                    return answer
        raise MessageError("it asks for one turn after the other")

    def _await_ready(self) -> None:
        try:
            self._receive(START_SECONDS)
        except (_Died, MessageError, ItemError) as exc:
            self._process.kill()
            raise _not_started(self._last_line()) from exc
        self._is_ready = True

    def _last_line(self) -> str:
        """The last that it wrote before it could be used; its stderr leads nowhere from then on."""
        assert self._process.stderr is not None  # noqa: S101  (a pipe was asked for)
        lines = self._process.stderr.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def _send(self, text: dict[str, Any], body: bytes = b"") -> None:
        assert self._process.stdin is not None  # noqa: S101  (a pipe was asked for)
        try:
            messages.send(self._process.stdin, text, body)
        except (OSError, ValueError) as exc:  # it ended; it was ended by `close`
            raise _Died from exc

    def _receive(self, seconds: float) -> Message:
        """The next message. Raises _Died, MessageError; ItemError when it took too long; PackError."""
        assert self._process.stdout is not None  # noqa: S101  (a pipe was asked for)
        self._deadline = time.monotonic() + seconds
        try:
            message = messages.receive(self._process.stdout)
        except (OSError, ValueError) as exc:
            raise _Died from exc
        finally:
            self._deadline = None
        if self._is_overdue:
            raise ItemError(Outcome.FAILED, TOO_SLOW)
        if message is None:
            raise _Died
        if "pack" in message[0]:
            raise PackError(str(message[0]["pack"]))
        return message

    def end_if_overdue(self) -> None:
        """Called from another thread, once a second."""
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            self._is_overdue = True
            self._process.kill()

    def kill(self) -> None:
        """End the process. It holds nothing that would have to be saved."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _refusal(text: dict[str, Any]) -> ItemError | None:
    """The error in an answer that gives no result. Raises MessageError for an outcome that there is not."""
    if "outcome" not in text:
        return None
    try:
        return ItemError(Outcome(text["outcome"]), str(text["reason"])[:500])
    except (ValueError, KeyError) as exc:
        raise MessageError("another outcome") from exc


def _not_started(last_line: str) -> Exception:
    """Why there is no worker. A library that cannot be loaded is explained by the command line."""
    name, _, what = last_line.partition(": ")
    if name in ("ImportError", "ModuleNotFoundError"):
        return ImportError(what)
    return SelfsearchError(f"the process that looks at photographs cannot be started: {last_line}")
