"""Index: every file of a source ends in exactly one outcome, and every face in its pictures in the library.

Files are read, decoded and searched by as many threads as there are cores (the decoders and networks
release the interpreter); this thread lists files, recognises what is unchanged, and writes results down in
the order in which the files were found, a batch per transaction. Killed at any moment, it loses at most
the batch in flight, and the next run goes on from there.

Examining: files into results, in the order in which they came, on all cores.

The decoders and networks release the interpreter, so threads are enough. A file that cannot be used is a
result with a reason; content that is known, or that another thread is at work on, is not searched twice.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePath

from .. import media
from ..consent import bystanders, grants
from ..consent.grants import Grant
from ..containers.base import address
from ..containers.streams import why
from ..errors import ItemError, SelfsearchError
from ..exports.discovery import discover
from ..exports.platforms import WITHOUT_MEDIA
from ..exports.source import Item, Source
from ..library import faces, items, sources
from ..library.library import Library
from ..library.sources import SourceRow
from ..recognition.engine import Engine
from ..types import Analysis, Outcome, isoformat
from .reembed import reembed

BATCH = 64  # files per transaction: a killed run repeats at most these
LIST = 500  # files compared with the library at a time
RETRIED = (Outcome.UNREADABLE,)  # tried again on every run: a permission or a disk may have come back

Clock = Callable[[], datetime]


class Watcher:
    """What may be told of a run while it goes on. The default tells nobody; the command line draws a progress
    bar.
    """

    def begin(self, title: str, files: int | None) -> None:
        """A source is about to be read; `files` is how many it holds, when that is known."""

    def step(self, outcome: Outcome, address: str) -> None:
        """One more file has its outcome."""

    def end(self) -> None:
        """The source is done."""


@dataclass
class Indexed:
    """What one run over one source came to."""

    source: SourceRow
    counts: dict[str, int] = field(default_factory=dict)  # outcome -> files there now: every file found
    new: int = 0  # files read in this run
    unchanged: int = 0  # files recognised without reading
    moved: int = 0  # content that was known from a place where it is no more
    gone: int = 0
    skipped: bool = False  # archives that have not changed were not even opened

    @property
    def found(self) -> int:
        """Every file found; equals the sum of all outcomes."""
        return sum(self.counts.values())


def index(
    library: Library, engine: Engine, grant: Grant, path: Path, clock: Clock, watcher: Watcher | None = None
) -> list[Indexed]:
    """Read everything at `path` that is new or changed. Raises ConsentError when the consent ends
    meanwhile.

    Whether the faces of bystanders are kept is a setting of the library's (config.py: bystanders).
    """
    grants.require(library, "source", str(path), clock())
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    reembed(library, engine, clock(), watcher)
    rows = sources.all_sources(library)
    discovery = discover(path, _known_archives(rows, pack))
    run = _Run(library, engine, grant, pack, clock, watcher or Watcher())
    by_id = {row.id: row for row in rows}
    done = [_unchanged(library, by_id[key]) for same in discovery.unchanged for key in _keys(same.source_key)]
    locators: Counter[str] = Counter()
    for source in discovery.sources:
        locator = f"{source.platform} {source.containers[0]}"
        locators[locator] += 1
        try:
            done.append(run.source(source, f"{locator} {locators[locator]}", str(path)))
        finally:
            source.close()
    done += _vanished(library, rows, done, str(path), run.now)
    return done


def _vanished(
    library: Library, rows: Sequence[SourceRow], done: Sequence[Indexed], root: str, now: str
) -> list[Indexed]:
    """Sources of this path that were there the last time and are not any more: all their files are gone.

    Not so where nobody can tell: what lies in a folder that cannot be looked into is out of reach.
    """
    met = {one.source.id for one in done}
    lost = [row for row in rows if row.root == root and row.id not in met and not row.is_erasing]
    found = []
    for row in lost:
        if any(is_out_of_sight(path) for path in row.containers):
            sources.update_source(library, row.id, state="unreachable")
            continue
        gone = items.forget_missing(library, row.id, now)
        sources.update_source(library, row.id, stamps={})
        if gone:
            found.append(Indexed(row, {}, gone=gone))
    return found


def is_out_of_sight(path: str) -> bool:
    """Whether something may be at `path` that cannot be seen now: a folder above it may not be looked into,
    or is a link to a disk that is not there.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        above = next((folder for folder in PurePath(path).parents if os.path.lexists(folder)), PurePath("/"))
        return not os.path.isdir(above) and os.path.islink(above)
    except OSError:
        return True
    return False


def _known_archives(rows: Sequence[SourceRow], pack: int) -> dict[str, tuple[str, Hashable]]:
    """Archives of sources that are archives alone and whose last scan was complete and with this pack.

    Path -> (stamp, numbers of the sources that share archives with it).
    """
    whole = [row for row in rows if row.state == "live" and _is_whole(row)]
    sharing: dict[str, set[int]] = {}
    for row in whole:
        together = set[int]().union({row.id}, *(sharing.get(path, ()) for path in row.containers))
        for path in {path for other in whole if other.id in together for path in other.containers}:
            sharing[path] = together
    stale = {row.id for row in rows if row.scanned_pack != pack}
    return {
        path: (row.stamps[path], tuple(sorted(sharing[path])))
        for row in whole
        for path in row.containers
        if not sharing[path] & stale
    }


def _is_whole(row: SourceRow) -> bool:
    """Whether all that can belong to a source lies in its archives, and not beside them."""
    alone = row.platform not in WITHOUT_MEDIA or row.root in row.containers
    return alone and row.stamps.keys() == set(row.containers)


def _keys(key: Hashable) -> tuple[int, ...]:
    assert isinstance(key, tuple)  # noqa: S101  (made by _known_archives)
    return key


def _unchanged(library: Library, row: SourceRow) -> Indexed:
    counts = items.count_outcomes(library, [row.id])
    return Indexed(row, counts, unchanged=sum(counts.values()), skipped=True)


class _Run:
    """One run of `index`: what its steps share."""

    def __init__(
        self, library: Library, engine: Engine, grant: Grant, pack: int, clock: Clock, watcher: Watcher
    ) -> None:
        self.library, self.engine, self.grant = library, engine, grant
        self.pack, self.clock, self.watcher = pack, clock, watcher
        self.examiner = Examiner(library, engine, pack, bystanders.rule(library, engine, pack, clock()))
        self.failed: dict[str, tuple[Outcome, str | None]] = {}  # content that could not be used -> why
        self.held: dict[str, int] = {}  # path -> item, of changed files whose content is known from before

    @property
    def now(self) -> str:
        return isoformat(self.clock())

    def source(self, source: Source, locator: str, root: str) -> Indexed:
        """Read one source and write down what became of every file."""
        with self.library.atomic():
            self._require()
            row = self._save(source, locator, root)
        done, seen = Indexed(row), items.Ids()
        scan = sources.begin_scan(self.library, row.id, self.pack, self.now)
        self.watcher.begin(row.title, source.count)
        state = "interrupted"
        try:
            self._walk(source, row, done, seen)
            seen.update(items.below(self.library, row.id, _unseeable(source), seen))
            done.gone = len(items.mark_gone(self.library, row.id, seen, self.now))
            done.moved = items.promote(self.library)
            faces.prune(self.library, keep_remembered=True)
            state = "complete"
        except SelfsearchError:
            state = "failed"
            raise
        finally:
            done.counts = items.count_outcomes(self.library, [row.id])
            sources.end_scan(self.library, scan, state, done.counts, self.now)
            self.watcher.end()
        sources.update_source(
            self.library, row.id, stamps=source.stamps, scanned_pack=self.pack, scanned_at=self.now
        )
        return done

    def _require(self) -> None:
        """Raises ConsentError when the consent ended meanwhile. In a transaction: nobody can withdraw it
        before what is written under it is there to be erased.
        """
        grants.require(self.library, self.grant.kind, self.grant.subject, self.clock())

    def _save(self, source: Source, locator: str, root: str) -> SourceRow:
        account = source.account
        return sources.save_source(
            self.library,
            {
                "locator": locator,
                "root": root,
                "platform": source.platform,
                "title": source.title,
                "why": source.why,
                "account": account.name,
                "display_name": account.display_name,
                "exported_at": account.exported_at,
                "periods": [asdict(period) for period in account.periods],
                "containers": list(source.containers),
                "added_at": self.now,
            },
        )

    def _walk(self, source: Source, row: SourceRow, done: Indexed, seen: items.Ids) -> None:
        batch: list[Result] = []
        for result in self.examiner.examine(self._unseen(source, row, done, seen)):
            batch.append(result)
            done.new += 1
            self.watcher.step(result.outcome, result.item.address)
            if len(batch) >= BATCH:
                seen.update(self._write(row, batch))
                batch = []
        seen.update(self._write(row, batch))

    def _unseen(self, source: Source, row: SourceRow, done: Indexed, seen: items.Ids) -> Iterator[Item]:
        """The source's files without those that are as they were; these are ticked off."""
        for chunk in items.chunks(source.items(), LIST):
            known = items.known_items(self.library, row.id, [item.path for item in chunk])
            back = []
            for item in chunk:
                before = known.get(item.path)
                if before is None or self._again(before, item):
                    if before is not None and before.media is not None and not before.gone:
                        self.held[item.path] = before.id
                    yield item
                    continue
                seen.add(before.id)
                done.unchanged += 1
                self.watcher.step(before.outcome, item.address)
                if before.gone:
                    back.append(before.id)
            if back:
                with self.library.atomic():
                    items.mark_back(self.library, back)

    def _again(self, before: items.Known, item: Item) -> bool:
        """Whether a file that was met before must be looked at again."""
        if before.stamp != item.stamp:
            return True
        if item.decided is not None:
            return before.outcome is not item.decided[0] or before.said != items.digest(item.provenance)
        if before.outcome in RETRIED or before.said != items.digest(item.provenance):
            return True
        return before.media is not None and before.media not in self.examiner.analysed

    def _write(self, row: SourceRow, batch: list[Result]) -> list[int]:
        """One transaction. Raises ConsentError when the consent was withdrawn or ended since the last one."""
        with self.library.atomic():
            self._require()
            # One by one: whether a file is a copy depends on those that were written before it.
            ids = [self._save_item(row, result) for result in batch]
        self.examiner.written(result.sha256 for result in batch)
        return ids

    def _save_item(self, row: SourceRow, result: Result) -> int:
        held = self.held.pop(result.item.path, None)
        if held is not None and result.outcome is Outcome.UNREADABLE and not result.sha256:
            return held  # not one byte of it could be had: what is known of it may still be true
        return items.save_item(self.library, row.id, self._entry(row, result), self.now)

    def _entry(self, row: SourceRow, result: Result) -> items.Entry:
        outcome, reason, number = result.outcome, result.reason, result.media
        if result.analysis is not None:
            number = faces.save_media(
                self.library, row.id, self.pack, result.sha256, result.size, result.analysis
            )
            self.examiner.analysed.add(number)
        elif result.same_as or number is not None:
            outcome, reason, number = self._same(row, result)
        elif result.sha256:
            self.failed[result.sha256] = (outcome, reason)
        item = result.item
        return items.Entry(
            item.path, item.address, item.size, item.stamp, item.provenance, outcome, reason, number
        )

    def _same(self, row: SourceRow, result: Result) -> tuple[Outcome, str | None, int | None]:
        """The outcome of content that is known already, or that an earlier file brought in this very run."""
        if result.same_as and result.sha256 in self.failed:
            return *self.failed[result.sha256], None
        known = faces.find_media(self.library, result.sha256, self.pack)
        if known is None:
            return Outcome.UNREADABLE, "its twin could not be read; it is tried again on the next run", None
        number, count = known
        if items.is_elsewhere(self.library, number, row.id, result.item.path):
            return Outcome.DUPLICATE, None, number
        return (Outcome.INDEXED if count else Outcome.NO_FACE), None, number


def _unseeable(source: Source) -> set[str]:
    """Addresses at and below which something may be that could not be listed this time."""
    return {
        address(problem.container, problem.path)
        for problem in source.problems
        if problem.outcome is Outcome.UNREADABLE
    }


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
