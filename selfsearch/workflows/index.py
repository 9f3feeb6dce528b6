"""Index: every file of a source ends in exactly one outcome, and every face in its pictures in the library.

The way of a file, each step a function over the stream of the one before:

    list_items      what a source holds, and what its records say of each file
    skip_unchanged  files that are as they were are ticked off without being read
    analyse         bytes to pixels to faces on all cores, results in the order of the files
    store           results into the library, a batch per transaction

Killed at any moment, a run loses at most the batch in flight, and the next run goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter, deque
from collections.abc import Generator, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..consent import bystanders, grants
from ..consent.grants import Grant
from ..containers.base import address
from ..containers.reach import OUT_OF_REACH
from ..containers.streams import os_error_reason
from ..errors import ItemError, SelfsearchError, unforeseen
from ..exports.discovery import Discovery, discover
from ..exports.source import Item, Source
from ..library import faces, items, searched, sources
from ..library.db import Database, batched
from ..library.faces import KnownMedia
from ..library.library import Library
from ..library.sources import SourceRow
from ..media.sniff import read_picture
from ..places import is_at_or_below
from ..recognition.engine import DETECTION_REVISION, Engine
from ..types import (
    Analysis,
    Clock,
    Detail,
    Outcome,
    ProgressListener,
    Provenance,
    Thoroughness,
    isoformat,
)
from ..version import __version__
from .reembed import reembed
from .source_state import is_out_of_sight, unchanged_archives

BATCH = 64  # files per transaction: a killed run repeats at most these
LOOKUP = 500  # files compared with the library at a time
AHEAD = 8  # files per thread that may be finished before an earlier, slower one
NOT_MORE_CAREFULLY = "it was to be searched more carefully, and what was found before is kept"
RETRIED = (Outcome.UNREADABLE,)  # tried again on every run: a permission or a disk may have come back


@dataclass
class IndexResult:
    """What one run over one source came to."""

    source: SourceRow
    counts: dict[str, int] = field(default_factory=dict)  # outcome -> files there now: every file found
    new: int = 0  # files read in this run
    again: int = 0  # pictures of these that had been searched for faces less carefully
    unchanged: int = 0  # files that were skipped
    failed: int = 0  # files read in this run that ended in an error nobody foresaw, a crash, or over the time
    moved: int = 0  # content that was known from a place where it is no more
    gone: int = 0
    skipped: bool = False  # archives that have not changed were not even opened
    older: int = 0  # pictures that are there and were searched by an older revision of detection

    @property
    def found(self) -> int:
        """Every file found; equals the sum of all outcomes."""
        return sum(self.counts.values())


class KnownContent:
    """Content that the library has, for any thread to ask."""

    def __init__(self, db: Database, pack: int) -> None:
        self._db, self._pack = db, pack
        self._lock = threading.Lock()

    def find(self, sha256: str) -> KnownMedia | None:
        """What is known of it, when it was analysed with this run's pack."""
        with self._lock:
            return faces.find_media(self._db, sha256, self._pack)


class Claims:
    """Content that is being analysed, so that no two threads work on the same bytes."""

    def __init__(self) -> None:
        self._passed_on: dict[str, bool] = {}  # sha256 -> whether its analysis has left `analyse`
        self._lock = threading.Lock()

    def claim(self, sha256: str) -> bool:
        """False when another file of this run has that content."""
        with self._lock:
            if sha256 in self._passed_on:
                return False
            self._passed_on[sha256] = False
            return True

    def pass_on(self, sha256: str) -> bool:
        """Note that the content's analysis leaves `analyse`. False when it had left before, or is stored."""
        with self._lock:
            if self._passed_on.get(sha256) is not False:
                return False
            self._passed_on[sha256] = True
            return True

    def release(self, digests: Iterable[str]) -> None:
        """The library has them now."""
        with self._lock:
            for sha256 in digests:
                self._passed_on.pop(sha256, None)


@dataclass
class Context:
    """What the steps of one run share."""

    library: Library
    engine: Engine
    grant: Grant
    pack: int  # the number of the engine's pack in this library
    clock: Clock
    progress: ProgressListener
    keep_faces: bystanders.FaceFilter
    known: KnownContent
    analysed: set[int]  # media that have embeddings of this pack
    detail: Detail  # for sources that are new
    failures: dict[str, tuple[Outcome, str | None]] = field(default_factory=dict)  # sha256 -> why
    claims: Claims = field(default_factory=Claims)

    @property
    def now(self) -> str:
        """ISO 8601 with offset."""
        return isoformat(self.clock())

    def require_consent(self) -> None:
        """Raises ConsentError when the consent ended meanwhile.

        In a transaction: nobody can withdraw it before what is written under it is there to be erased.
        """
        grants.require(self.library, self.grant.kind, self.grant.subject, self.clock())


@dataclass
class SourceScan:
    """One source in one run."""

    context: Context
    result: IndexResult
    parts_elsewhere: Sequence[str] = ()
    seen: items.IdSet = field(default_factory=items.IdSet)  # rows of files that are there
    changed: dict[str, int] = field(default_factory=dict)  # path -> row of a file whose content was known
    behind: set[int] = field(default_factory=set)  # media that are to be searched more carefully
    broken_off: ItemError | None = None  # why the source could not be listed to its end

    @property
    def source_id(self) -> int:
        """The source's number in the library."""
        return self.result.source.id

    @property
    def thoroughness(self) -> Thoroughness:
        """How carefully its pictures are to be searched."""
        return self.result.source.thoroughness


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file."""

    item: Item
    outcome: Outcome
    reason: str | None = None
    sha256: str = ""  # "" when the content could not be read
    size: int = 0  # bytes
    analysis: Analysis | None = None
    media: int | None = None  # content that the library has already
    is_copy: bool = False  # content that an earlier file of this run is bringing
    is_again: bool = False  # content that the library has, searched more carefully than before


def index(  # noqa: PLR0913  (two of them may be left out)
    library: Library,
    engine: Engine,
    grant: Grant,
    path: Path,
    clock: Clock,
    progress: ProgressListener | None = None,
    detail: Detail | None = None,
) -> list[IndexResult]:
    """Read everything at `path` that is new or changed. Raises ConsentError when the consent ends meanwhile.

    `detail`: how carefully its pictures are searched for faces, from now on; those that were searched less
    carefully, or by an older revision of detection, are searched again. None: as before, "normal" at first.
    Whether the faces of bystanders are kept is a setting of the library's (settings.py: bystanders).
    """
    grants.require(library, "source", str(path), clock())
    progress = progress or ProgressListener()
    pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
    reembed(library, engine, clock(), progress)
    if detail is not None:
        remember_detail(library, path, detail)
    rows = sources.all_sources(library)
    detail = detail or sources.detail_at(rows, str(path))
    elsewhere = grants.ConsentBehindLinks(library, clock)
    discovery = discover(path, unchanged_archives(rows, pack), elsewhere)
    keep_faces = bystanders.face_filter(library, engine, pack, clock())
    analysed = faces.analysed_media(library, pack)
    by_id = {row.id: row for row in rows}
    results = [
        _unopened(library, by_id[source_id])
        for unchanged in discovery.unchanged
        for source_id in _source_ids(unchanged.source_key)
    ]
    with library.reader() as db:
        known = KnownContent(db, pack)
        context = Context(library, engine, grant, pack, clock, progress, keep_faces, known, analysed, detail)
        locators: Counter[str] = Counter()
        for source in discovery.sources:
            locator = f"{source.platform} {source.containers[0]}"
            locators[locator] += 1
            locator = _as_before(rows, source, str(path)) or f"{locator} {locators[locator]}"
            earlier = next((row for row in rows if row.locator == locator), None)
            parts = _parts_elsewhere(earlier, discovery) if earlier else ()
            root = earlier.root if earlier and parts else str(path)
            with closing(source):
                results.append(index_source(context, source, locator, root, parts))
    results += _missing_sources(context, rows, results, str(path))
    older = searched.count_searched_before(library, DETECTION_REVISION)
    for result in results:
        result.older = older.get(result.source.id, 0)
    return results


def remember_detail(library: Library, path: Path, detail: Detail) -> None:
    """What was read at `path` is searched so by every later index, whatever becomes of this run."""
    sources.set_detail(library, str(path), Thoroughness(detail, DETECTION_REVISION))


def _as_before(rows: Iterable[SourceRow], source: Source, root: str) -> str | None:
    """The locator of a single file as earlier versions wrote it, with its folder: one for all of a folder."""
    if source.containers[0] != os.path.abspath(root):
        return None
    earlier = f"{source.platform} {os.path.dirname(source.containers[0])} 1"
    return next((row.locator for row in rows if row.root == root and row.locator == earlier), None)


def _parts_elsewhere(row: SourceRow, discovery: Discovery) -> tuple[str, ...]:
    """Parts of a source that are not below the path of this run, which reads the others alone."""
    met = {place for source in discovery.sources for place in source.containers}
    met |= {place for unchanged in discovery.unchanged for place in unchanged.containers}
    is_part = not met.isdisjoint(row.containers)
    return tuple(p for p in row.containers if is_part and p not in met and os.path.exists(p))


def index_source(
    context: Context, source: Source, locator: str, root: str, parts_elsewhere: Sequence[str] = ()
) -> IndexResult:
    """Read one source and write down what became of every file; `parts_elsewhere` are left as they are."""
    library = context.library
    with library.atomic():
        context.require_consent()
        row = _save_source(context, source, locator, root, parts_elsewhere)
    behind = searched.searched_less(library, row.id, row.thoroughness)
    scan = SourceScan(context, IndexResult(row), parts_elsewhere, behind=behind)
    scan_id = sources.begin_scan(library, row.id, context.pack, context.now)
    context.progress.begin(row.name, source.count)
    state = "interrupted"
    try:
        listed = list_items(scan, source)
        changed = skip_unchanged(scan, listed)
        with closing(analyse(scan, changed)) as results:  # no thread of it outlives an error
            store(scan, results)
        is_whole = settle_unseen(scan, source)
        state = "complete" if is_whole else "failed"
    except SelfsearchError:
        state = "failed"
        raise
    finally:
        scan.result.counts = items.count_outcomes(library, [row.id])
        sources.end_scan(library, scan_id, state, scan.result.counts, context.now)
        context.progress.end()
    stamps = source.stamps if is_whole else {}  # an archive without them is opened again by the next run
    sources.update_source(
        library, row.id, stamps=stamps,
        scanned_pack=context.pack, scanned_with=__version__, scanned_at=context.now,
    )  # fmt: skip
    return scan.result


def list_items(scan: SourceScan, source: Source) -> Iterator[list[Item]]:
    """Every file of the source and every link without one, some hundred at a time."""

    def listed() -> Iterator[Item]:
        try:
            yield from source.items()
        except SelfsearchError:
            raise
        except Exception as exc:  # the boundary of a source: what was listed before is looked at all the same
            scan.broken_off = unforeseen(type(exc).__name__)

    return batched(listed(), LOOKUP)


def skip_unchanged(scan: SourceScan, listed: Iterable[list[Item]]) -> Iterator[Item]:
    """The files that must be read; those that are as they were are ticked off."""
    context = scan.context
    for chunk in listed:
        rows = items.find_items(context.library, scan.source_id, [item.path for item in chunk])
        returned = []
        for item in chunk:
            row = rows.get(item.path)
            if row is None or _is_changed(scan, row, item):
                if row is not None and row.media is not None and not row.gone:
                    scan.changed[item.path] = row.id
                yield item
                continue
            scan.seen.add(row.id)
            scan.result.unchanged += 1
            context.progress.step(row.outcome, item.address)
            if row.gone:
                returned.append(row.id)
        if returned:
            with context.library.atomic():
                items.mark_back(context.library, returned)


def _is_changed(scan: SourceScan, row: items.StoredItem, item: Item) -> bool:
    """Whether a file that was met before must be looked at again."""
    context = scan.context
    if row.stamp != item.stamp or row.digest != items.digest(item.provenance):
        return True
    if item.decided is not None:
        return row.outcome is not item.decided[0]
    if row.media is not None:
        return row.media not in context.analysed or row.media in scan.behind
    return row.outcome in RETRIED or scan.result.source.scanned_with != __version__


def analyse(scan: SourceScan, changed: Iterable[Item]) -> Generator[FileResult, None, None]:
    """One result per file, in order. The engine's processes do the work: threads only read and wait."""
    workers = 1 + (os.cpu_count() or 1)  # while one reads a file, all processes have another to look at
    pending: deque[Future[FileResult]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="selfsearch")
    try:
        for item in changed:
            pending.append(pool.submit(_analyse_file, scan, item))
            while len(pending) > AHEAD * workers or (pending and pending[0].done()):
                yield _next_result(scan.context, pending)
        while pending:
            yield _next_result(scan.context, pending)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _next_result(context: Context, pending: deque[Future[FileResult]]) -> FileResult:
    """The result of the first file. Of equal files the first has the faces, whichever was analysed first."""
    result = pending.popleft().result()
    if not context.claims.pass_on(result.sha256) or not result.is_copy:
        return result
    for place, future in enumerate(pending):
        original = future.result()
        if original.sha256 == result.sha256 and not original.is_copy:
            pending[place] = Future()
            pending[place].set_result(replace(result, item=original.item))
            return replace(original, item=result.item)
    return result


def _analyse_file(scan: SourceScan, item: Item) -> FileResult:
    """What becomes of one file. Content that is known, or is being analysed, is not searched twice.

    Content that was searched less carefully than it is to be is searched again.
    """
    context, known = scan.context, None
    if item.decided is not None or item.member is None:
        outcome, reason = item.decided or (Outcome.LINK_ONLY, "only a link")
        return FileResult(item, outcome, reason)
    sha256 = ""
    try:
        with item.member.open() as stream:
            kind, data = read_picture(stream)
        sha256 = hashlib.sha256(data).hexdigest()
        known = context.known.find(sha256)
        if known is not None and known.searched.covers(scan.thoroughness):
            return FileResult(item, Outcome.DUPLICATE, None, sha256, len(data), media=known.id)
        if not context.claims.claim(sha256):
            return FileResult(item, Outcome.DUPLICATE, None, sha256, len(data), is_copy=True)
        before = known.searched if known else scan.thoroughness
        searching = Thoroughness(scan.thoroughness.joined(before).detail, DETECTION_REVISION)
        analysis = context.keep_faces(context.engine.analyse(data, kind, searching.detail))
    except ItemError as exc:
        return FileResult(item, exc.outcome, str(exc), sha256, media=known and known.id)
    except OSError as exc:  # in the middle of a file: a bad sector, a share that went away
        return FileResult(item, Outcome.UNREADABLE, os_error_reason(exc), sha256)
    except SelfsearchError:
        raise
    except Exception as exc:  # the boundary of one file: what nobody foresaw costs that file, not the run
        problem = unforeseen(type(exc).__name__)
        return FileResult(item, problem.outcome, str(problem), sha256, media=known and known.id)
    outcome = Outcome.INDEXED if analysis.faces else Outcome.NO_FACE
    why = bystanders.why_missing(analysis.bystanders)
    analysis = replace(analysis, searched=searching)
    return FileResult(item, outcome, why, sha256, len(data), analysis, is_again=known is not None)


def store(scan: SourceScan, results: Iterable[FileResult]) -> None:
    """Write every result down."""
    batch: list[FileResult] = []
    for result in results:
        batch.append(result)
        scan.result.new += 1
        scan.result.again += result.is_again
        scan.result.failed += result.outcome is Outcome.FAILED
        scan.context.progress.step(result.outcome, result.item.address)
        if len(batch) >= BATCH:
            _store_batch(scan, batch)
            batch = []
    _store_batch(scan, batch)


def _store_batch(scan: SourceScan, batch: Sequence[FileResult]) -> None:
    """One transaction. Raises ConsentError when the consent was withdrawn or ended since the last one."""
    context = scan.context
    with context.library.atomic():
        context.require_consent()
        # One by one: whether a file is a copy depends on those that were written before it.
        scan.seen.update([_store_result(scan, result) for result in batch])
    context.progress.stored(len(batch))
    context.claims.release(result.sha256 for result in batch)


def _store_result(scan: SourceScan, result: FileResult) -> int:
    """Write one file; returns its row. What nobody foresaw costs what is said of that file."""
    try:
        with scan.context.library.atomic():
            return _store_file(scan, result)
    except SelfsearchError:
        raise
    except Exception as exc:
        problem, item = unforeseen(type(exc).__name__), result.item
        scan.result.failed += 1
        provenance = (Provenance(item.provenance[0].platform),)
        item = replace(item, size=0, stamp="", provenance=provenance)
        return _store_file(scan, FileResult(item, problem.outcome, str(problem)))


def _store_file(scan: SourceScan, result: FileResult) -> int:
    """Write one file with its faces; returns its row."""
    item = result.item
    previous = scan.changed.pop(item.path, None)
    if previous is not None and result.outcome is Outcome.UNREADABLE and not result.sha256:
        return previous  # not one byte of it could be had: what is known of it may still be true
    result = _within_consent(scan.context, result)
    item = result.item
    outcome, reason, media_id = _store_content(scan, result)
    new_item = items.NewItem(
        item.path, item.address, item.size, item.stamp, item.provenance, outcome, reason, media_id,
        item.real_place,
    )  # fmt: skip
    return items.save_item(scan.context.library, scan.source_id, new_item, scan.context.now)


def _within_consent(context: Context, result: FileResult) -> FileResult:
    """The result, without what was read behind a link to a place whose consent has ended since."""
    real, root = result.item.real_place, context.grant.subject
    if real is None or is_at_or_below(real, root) or grants.may_read(context.library, real, context.clock()):
        return result
    return FileResult(replace(result.item, size=0, stamp=""), *OUT_OF_REACH)


def _store_content(scan: SourceScan, result: FileResult) -> tuple[Outcome, str | None, int | None]:
    """Write the faces of content that is new; returns the file's outcome, its reason, the media's number."""
    context = scan.context
    if result.analysis is not None:
        media_id = faces.save_media(
            context.library, scan.source_id, context.pack, result.sha256, result.size, result.analysis
        )
        context.analysed.add(media_id)
        scan.behind.discard(media_id)
        if result.is_again:
            return _searched_again(scan, result, media_id)
        return result.outcome, result.reason, media_id
    if result.is_copy and result.sha256 in context.failures:
        return *context.failures[result.sha256], None
    if result.media is not None and result.outcome is not Outcome.DUPLICATE:
        problem = f"{NOT_MORE_CAREFULLY}: {result.reason}"
        searched.note_failed_search(context.library, result.media, scan.thoroughness, problem)
        scan.behind.discard(result.media)
    if result.is_copy or result.media is not None:
        return _copy_of(scan, result)
    if result.sha256:
        context.failures[result.sha256] = (result.outcome, result.reason)
    return result.outcome, result.reason, None


def _searched_again(
    scan: SourceScan, result: FileResult, media: int
) -> tuple[Outcome, str | None, int | None]:
    """The outcome of a file whose content was searched again; that of the first file with it changes, too."""
    library, path = scan.context.library, result.item.path
    outcome = Outcome.INDEXED if faces.places_in(library, media) else Outcome.NO_FACE
    if items.set_outcome(library, media, outcome, result.reason, but=(scan.source_id, path)):
        return Outcome.DUPLICATE, None, media
    return outcome, result.reason, media


def _copy_of(scan: SourceScan, result: FileResult) -> tuple[Outcome, str | None, int | None]:
    """The outcome of content that is known already, or that an earlier file brought in this very run."""
    library = scan.context.library
    known = faces.find_media(library.db, result.sha256, scan.context.pack)
    if known is None:
        return Outcome.UNREADABLE, "its twin could not be read; it is tried again on the next run", None
    if items.is_elsewhere(library, known.id, scan.source_id, result.item.path):
        return Outcome.DUPLICATE, None, known.id
    return (Outcome.INDEXED if known.faces else Outcome.NO_FACE), None, known.id


def settle_unseen(scan: SourceScan, source: Source) -> bool:
    """What was not seen is gone, unless an error ended the listing; True when none did."""
    if scan.broken_off is not None:
        path = source.containers[0]
        item = Item(os.path.basename(path), path, None, 0, "", (Provenance(source.platform),), None)
        store(scan, [FileResult(item, scan.broken_off.outcome, str(scan.broken_off))])
        return False
    mark_gone(scan, source)
    return not any(problem.outcome is Outcome.FAILED for problem in source.problems)


def mark_gone(scan: SourceScan, source: Source) -> None:
    """Files that were not seen are gone, but for those at and below places that could not be listed."""
    library, now = scan.context.library, scan.context.now
    unlisted = {
        address(problem.container, problem.path)
        for problem in source.problems
        if problem.outcome in (Outcome.UNREADABLE, Outcome.FAILED)
    }
    unlisted.update(scan.parts_elsewhere)
    scan.seen.update(items.items_below(library, scan.source_id, unlisted, scan.seen))
    scan.result.gone = items.mark_gone(library, scan.source_id, scan.seen, now)
    scan.result.moved = items.promote_duplicates(library)
    faces.prune(library, keep_remembered=True)


def _save_source(
    context: Context, source: Source, locator: str, root: str, parts_elsewhere: Sequence[str]
) -> SourceRow:
    account = source.account
    return sources.save_source(
        context.library,
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
            "containers": [*source.containers, *parts_elsewhere],
            "added_at": context.now,
            "scanned_with": __version__,
            "detail": context.detail.value,
            "detection": DETECTION_REVISION,
        },
    )


def _unopened(library: Library, row: SourceRow) -> IndexResult:
    """The result of a source whose archives have not changed."""
    counts = items.count_outcomes(library, [row.id])
    return IndexResult(row, counts, unchanged=sum(counts.values()), skipped=True)


def _source_ids(key: Hashable) -> tuple[int, ...]:
    assert isinstance(key, tuple)  # noqa: S101  (made by unchanged_archives)
    return key


def _missing_sources(
    context: Context, rows: Sequence[SourceRow], results: Sequence[IndexResult], root: str
) -> list[IndexResult]:
    """Sources of this path that were there the last time and are not any more: all their files are gone.

    Not so where nobody can tell: what lies in a folder that cannot be looked into is out of reach.
    """
    library = context.library
    met = {result.source.id for result in results}
    missing = []
    for row in rows:
        if row.root != root or row.id in met or row.is_erasing:
            continue
        if any(is_out_of_sight(path) for path in row.containers):
            sources.update_source(library, row.id, state="unreachable")
            continue
        gone = items.mark_all_gone(library, row.id, context.now)
        sources.update_source(library, row.id, stamps={})
        if gone:
            missing.append(IndexResult(row, {}, gone=gone))
    return missing
