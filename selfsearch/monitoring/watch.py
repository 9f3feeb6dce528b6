"""Following folders by the operating system's events, so that a re-scan follows a change within seconds.

Events say only that it is time to look; what changed is found by the re-scan, which walks the whole source.
So nothing depends on an event that was lost: an overflow is made up for by the events around it, and in the
end by a look every hour. A folder that is not there is looked for until it is back, then scanned.
"""

from __future__ import annotations

import logging
import os
import queue
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirModifiedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
    FileSystemMovedEvent,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

log = logging.getLogger(__name__)

Rescan = Callable[[Path], bool]  # re-scans one root; False: it could not be done now and is to be tried again
Clock = Callable[[], float]  # seconds, as time.monotonic counts them
SizeAndTime = tuple[int, int]  # bytes, and st_mtime_ns

CHANGES = ("created", "modified", "closed", "moved", "deleted")  # not opened, nor closed_no_write: reading


@dataclass(frozen=True, slots=True)
class WatchTimings:
    """How patient a watch is, in seconds."""

    quiet: float = 2.0  # nothing has happened for so long: a burst is over
    settled: float = 20.0  # a file that nobody closed has kept its size and time for so long: it is whole
    max_delay: float = 600.0  # one file that never gets whole holds up the others no longer than this
    retry_missing: float = 10.0  # between looks for a folder that is not there
    retry_failed: float = 30.0  # until a re-scan that could not be done is tried again
    max_interval: float = 3600.0  # between looks when there was no event, for events that were lost


@dataclass
class WatchedRoot:
    """One watched folder, or the folder of one watched file, and what is known to be going on in it.

    Moments are of the watch's clock.
    """

    path: Path
    watch: ObservedWatch | None = None
    identity: tuple[int, int] | None = None  # device and inode of the folder when its watch began
    first_change: float | None = None  # of those that no re-scan has seen
    last_change: float = 0.0
    scanned_at: float = 0.0
    not_before: float = 0.0
    unfinished: dict[str, tuple[SizeAndTime | None, float]] = field(default_factory=dict)  # and since when

    def touch(self, now: float) -> None:
        """Something happened."""
        self.first_change = now if self.first_change is None else self.first_change
        self.last_change = now


class FolderEvents:
    """The operating system's events, by watchdog's observer, whose thread puts them into a queue."""

    def __init__(self) -> None:
        self._observer = Observer()
        self._queue: queue.SimpleQueue[tuple[WatchedRoot, FileSystemEvent]] = queue.SimpleQueue()

    def __enter__(self) -> FolderEvents:
        self._observer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join(timeout=5)

    def watch(self, root: WatchedRoot, folder: Path, *, recursive: bool) -> ObservedWatch:
        """Begin to collect a folder's events for `root`. Raises OSError when the system has no more room."""
        return self._observer.schedule(_Handler(root, self._queue), str(folder), recursive=recursive)

    def unwatch(self, watch: ObservedWatch) -> None:
        """Collect them no more."""
        try:
            self._observer.unschedule(watch)
        except (KeyError, OSError):
            log.debug("a watch ended by itself")

    def wait(self, seconds: float) -> list[tuple[WatchedRoot, FileSystemEvent]]:
        """Sleep until something happens, but no longer than that; returns what happened."""
        events: list[tuple[WatchedRoot, FileSystemEvent]] = []
        try:
            events.append(self._queue.get(timeout=seconds))
            while True:
                events.append(self._queue.get_nowait())
        except queue.Empty:
            return events


class _Handler(FileSystemEventHandler):
    """Puts the changes into the queue; runs in the observer's thread and does nothing else."""

    def __init__(
        self, root: WatchedRoot, events: queue.SimpleQueue[tuple[WatchedRoot, FileSystemEvent]]
    ) -> None:
        self.root, self.events = root, events

    def on_any_event(self, event: FileSystemEvent) -> None:
        if is_change(event):
            self.events.put((self.root, event))


def is_change(event: FileSystemEvent) -> bool:
    """Whether an event may mean something new. Our own reading makes events, too."""
    return event.event_type in CHANGES and not isinstance(event, DirModifiedEvent)


def follow(
    roots: Sequence[Path],
    rescan: Rescan,
    *,
    ignore: Iterable[Path] = (),
    timings: WatchTimings | None = None,
    clock: Clock = time.monotonic,
    events: FolderEvents | None = None,
) -> None:
    """Re-scan a root whenever something below it has changed and is whole. Ends by an exception alone.

    One re-scan at a time, in this thread. Changes below `ignore` count for nothing: our own library may lie
    there.
    """
    with events or FolderEvents() as source:
        _Follower(roots, rescan, tuple(ignore), timings or WatchTimings(), clock).run(source)


class _Follower:
    def __init__(
        self,
        roots: Sequence[Path],
        rescan: Rescan,
        ignore: tuple[Path, ...],
        timings: WatchTimings,
        clock: Clock,
    ) -> None:
        self.roots = [WatchedRoot(path, scanned_at=clock()) for path in dict.fromkeys(roots)]
        self.rescan, self.ignore, self.timings, self.clock = rescan, ignore, timings, clock

    def run(self, events: FolderEvents) -> None:
        while True:
            now = self.clock()  # one for all roots: what happens during a scan is noted only after it
            for root in self.roots:
                self._check_watch(root, now, events)
                self._scan_if_due(root, now)
            busy = any(root.first_change is not None for root in self.roots)
            seconds = min(self.timings.quiet / 2, 1.0) if busy else min(self.timings.retry_missing, 2.0)
            for root, event in events.wait(seconds):
                self._note(root, event)

    def _note(self, root: WatchedRoot, event: FileSystemEvent) -> None:
        now = self.clock()
        paths = [os.fsdecode(event.src_path)]
        if isinstance(event, FileSystemMovedEvent):
            paths.append(os.fsdecode(event.dest_path))
        changed = [path for path in paths if self._matters(root, path)]
        if not changed:
            return
        root.touch(now)
        for path in changed:
            root.unfinished.pop(path, None)
        if event.event_type in ("created", "modified") and not event.is_directory:
            root.unfinished[changed[0]] = (_size_and_time(changed[0]), now)

    def _matters(self, root: WatchedRoot, path: str) -> bool:
        place = Path(path)
        if any(place.is_relative_to(folder) for folder in self.ignore):
            return False
        return place.is_relative_to(root.path) or root.path.is_relative_to(place)

    def _check_watch(self, root: WatchedRoot, now: float, events: FolderEvents) -> None:
        """Begin to watch a root that is there and is not watched, or is another folder than it was."""
        identity = _identity(root.path)
        if identity == root.identity and (identity is None or root.watch is not None):
            return
        if root.watch is not None:
            events.unwatch(root.watch)
        root.watch, root.identity = None, identity
        if identity is None:
            return
        is_folder = root.path.is_dir()
        folder = root.path if is_folder else root.path.parent
        try:
            root.watch = events.watch(root, folder, recursive=is_folder)
        except OSError as exc:
            # too many folders for the system's limit on watches: an hourly look is what remains
            log.warning("changes are seen at the hourly look only: %s", exc.strerror or type(exc).__name__)
            root.watch = ObservedWatch(str(folder), recursive=False)
        root.touch(now)  # what happened before the watch began is unknown

    def _scan_if_due(self, root: WatchedRoot, now: float) -> None:
        if root.first_change is None and now - root.scanned_at >= self.timings.max_interval:
            root.touch(now - self.timings.quiet)
        if root.watch is None or not self._is_due(root, now):
            return
        root.first_change, root.scanned_at = None, self.clock()
        root.unfinished.clear()
        if not self.rescan(root.path):
            now = self.clock()
            root.touch(now)
            root.not_before = now + self.timings.retry_failed

    def _is_due(self, root: WatchedRoot, now: float) -> bool:
        if root.first_change is None or now < root.not_before:
            return False
        if now - root.first_change >= self.timings.max_delay:
            return True
        return now - root.last_change >= self.timings.quiet and not self._is_still_written_to(root, now)

    def _is_still_written_to(self, root: WatchedRoot, now: float) -> bool:
        """Whether a file that was written to, and that nobody has closed, may yet change."""
        for path, (before, since) in list(root.unfinished.items()):
            current = _size_and_time(path)
            if current is None or self._is_whole(current, before, now - since):
                del root.unfinished[path]
            elif current != before:
                root.unfinished[path] = (current, now)
        return bool(root.unfinished)

    def _is_whole(self, current: SizeAndTime, before: SizeAndTime | None, unchanged: float) -> bool:
        """A file that was moved here is as old as it was there; of any other, time tells."""
        if time.time() - current[1] / 1e9 >= self.timings.settled:
            return True
        return current == before and unchanged >= self.timings.settled


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the folder at the path, or of a file's folder; None when nothing is there.

    Another folder in its place is noticed by it.
    """
    try:
        info = os.stat(path)
        if not stat.S_ISDIR(info.st_mode):
            info = os.stat(path.parent)
    except OSError:
        return None
    return info.st_dev, info.st_ino


def _size_and_time(path: str) -> SizeAndTime | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns
