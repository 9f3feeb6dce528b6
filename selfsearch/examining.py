"""Examining: files into results, in the order in which they came, on all cores.

The decoders and networks release the interpreter, so threads are enough. A file that cannot be used is a
result with a reason; content that is known, or that another thread is at work on, is not searched twice.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from . import bystanders, media
from .engine import Engine
from .errors import ItemError
from .library import Library, faces
from .sources import Item
from .sources.spans import why
from .types import Analysis, Outcome

AHEAD = 8  # files per thread that may be finished before an earlier, slower one


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    item: Item
    outcome: Outcome
    reason: str | None = None
    sha256: str = ""  # "" when the content could not be read
    size: int = 0
    analysis: Analysis | None = None
    media: int | None = None
    same_as: bool = False  # content that an earlier file of this run is bringing


class Examiner:
    """Turns files into results, in their order, on all cores."""

    def __init__(
        self, library: Library, engine: Engine, pack: int, keep: bystanders.Keep = bystanders.everybody
    ) -> None:
        self.library, self.engine, self.pack, self.keep = library, engine, pack, keep
        self.workers = os.cpu_count() or 1
        self.analysed = faces.analysed(library, pack)
        self._claimed: set[str] = set()  # content that is being examined now
        self._guard = threading.Lock()

    def examine(self, stream: Iterable[Item]) -> Iterator[Result]:
        """One result per item, in order."""
        window: deque[Future[Result]] = deque()
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="selfsearch")
        try:
            for item in stream:
                window.append(pool.submit(self._one, item))
                while len(window) > AHEAD * self.workers or (window and window[0].done()):
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def written(self, digests: Iterable[str]) -> None:
        """Content that is in the library now needs no claim any more."""
        with self._guard:
            self._claimed.difference_update(digests)

    def _one(self, item: Item) -> Result:
        if item.decided is not None or item.member is None:
            outcome, reason = item.decided or (Outcome.LINK_ONLY, "only a link")
            return Result(item, outcome, reason)
        digest = ""
        try:
            data = _read(item)
            digest = hashlib.sha256(data).hexdigest()
            known = faces.find_media(self.library, digest, self.pack)
            if known is not None:
                return Result(item, Outcome.DUPLICATE, None, digest, len(data), media=known[0])
            if not self._claim(digest):
                return Result(item, Outcome.DUPLICATE, None, digest, len(data), same_as=True)
            analysis = self.keep(self._analyse(data))
        except ItemError as exc:
            return Result(item, exc.outcome, str(exc), digest)
        except OSError as exc:  # in the middle of a file: a bad sector, a share that went away
            return Result(item, Outcome.UNREADABLE, why(exc), digest)
        outcome = Outcome.INDEXED if analysis.faces else Outcome.NO_FACE
        return Result(item, outcome, bystanders.words(analysis.bystanders), digest, len(data), analysis)

    def _claim(self, digest: str) -> bool:
        with self._guard:
            if digest in self._claimed:
                return False
            self._claimed.add(digest)
            return True

    def _analyse(self, data: bytes) -> Analysis:
        still = media.open_still(data)
        pixels, found = self.engine.look(still)
        return self.engine.analyse(still, media.perceptual_hash(pixels), found)


def _read(item: Item) -> bytes:
    """A picture's bytes; anything else is told by its first bytes and not read on. Raises ItemError."""
    assert item.member is not None  # noqa: S101  (the caller looked)
    with item.member.open() as stream:
        head = stream.read(512)
        kind = media.sniff(head)
        if kind is None or not kind.startswith("image/"):
            raise ItemError(Outcome.UNSUPPORTED, _describe(kind, head))
        data = head + stream.read(media.MAX_BYTES + 1 - len(head))
    if len(data) > media.MAX_BYTES:
        raise ItemError(Outcome.TOO_LARGE, f"a picture of more than {media.MAX_BYTES >> 20} MB")
    return data


def _describe(kind: str | None, head: bytes) -> str:
    """Why a file that is no picture was not looked at."""
    if not head:
        return "an empty file"
    if kind is None:
        return "not a picture: its content is of no kind that is known here"
    if kind.startswith("video/"):
        return "a video: only pictures are searched so far"
    names = {"application/zip": "an archive inside an archive, or a document"}
    return f"not a picture: {names.get(kind, kind)}"
