"""Following folders with the operating system's events, so that a re-scan follows a change within seconds.

Events say only that it is time to look; what changed is found by the re-scan, which walks the whole source.
So nothing hangs on an event that was lost: an overflow is made up for by the events around it, and in the end
by a look every hour. A folder that is not there is looked for until it is back, then scanned.
"""

from __future__ import annotations

import logging
import os
import queue
import stat
import threading
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
from watchdog.observers.api import BaseObserver, ObservedWatch

log = logging.getLogger(__name__)

# re-scans one root; False when it could not be done now and must be tried again
Rescan = Callable[[Path], bool]

# reading makes events, too: opened, closed_no_write
CHANGES = ("created", "modified", "closed", "moved", "deleted")


@dataclass(frozen=True, slots=True)
class WatchTimings:
    """How patient a watch is, in seconds."""

    quiet: float = 2.0  # nothing has happened for so long: a burst is over
    still: float = 20.0  # a file that nobody closed keeps its size and time for so long: it is whole
    longest: float = 600.0  # one file that never gets whole holds up the others no longer than this
    missing: float = 10.0  # between looks for a folder that is not there
    again: float = 30.0  # until a re-scan that could not be done is tried again
    hourly: float = 3600.0  # a look without any event, for events that were lost


@dataclass
class Root:
    """One watched folder, or the folder of one watched file, and what is known to be going on in it."""

    path: Path
    watch: ObservedWatch | None = None
    identity: tuple[int, int] | None = None  # device and inode of the folder when its watch began
    first: float | None = None  # when something happened that no re-scan has seen
    last: float = 0.0
    scanned: float = 0.0
    not_before: float = 0.0
    unfinished: dict[str, tuple[tuple[int, int] | None, float]] = field(default_factory=dict)

    def touch(self, now: float) -> None:
        """Something happened."""
        self.first = now if self.first is None else self.first
        self.last = now


def follow(
    roots: Sequence[Path],
    rescan: Rescan,
    stop: threading.Event,
    *,
    ignore: Iterable[Path] = (),
    pace: WatchTimings | None = None,
) -> None:
    """Re-scan a root whenever something below it has changed and is whole, until `stop` is set.

    One re-scan at a time, in this thread. Changes below `ignore` count for nothing: our own library may lie
    there.
    """
    _Follower(roots, rescan, stop, tuple(ignore), pace or WatchTimings()).run()


class _Handler(FileSystemEventHandler):
    """Puts events that matter into the queue; runs in the observer's thread and does nothing else."""

    def __init__(self, root: Root, events: queue.SimpleQueue[tuple[Root, FileSystemEvent]]) -> None:
        self.root, self.events = root, events

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in CHANGES and not isinstance(event, DirModifiedEvent):
            self.events.put((self.root, event))


class _Follower:
    def __init__(
        self,
        roots: Sequence[Path],
        rescan: Rescan,
        stop: threading.Event,
        ignore: tuple[Path, ...],
        pace: WatchTimings,
    ) -> None:
        self.roots = [Root(path) for path in dict.fromkeys(roots)]
        self.rescan, self.stop, self.ignore, self.pace = rescan, stop, ignore, pace
        self.events: queue.SimpleQueue[tuple[Root, FileSystemEvent]] = queue.SimpleQueue()
        self.observer: BaseObserver = Observer()

    def run(self) -> None:
        self.observer.start()
        try:
            now = time.monotonic()
            for root in self.roots:
                root.scanned = now
            while not self.stop.is_set():
                self._turn(time.monotonic())
                self._wait()
        finally:
            self.observer.stop()
            self.observer.join(timeout=5)

    def _wait(self) -> None:
        """Sleep until something happens, or until it is time to look at what has happened."""
        busy = any(root.first is not None for root in self.roots)
        span = min(self.pace.quiet / 2, 1.0) if busy else min(self.pace.missing, 2.0)
        try:
            event = self.events.get(timeout=span)
        except queue.Empty:
            return
        while True:
            self._note(*event)
            try:
                event = self.events.get_nowait()
            except queue.Empty:
                return

    def _note(self, root: Root, event: FileSystemEvent) -> None:
        now = time.monotonic()
        paths = [os.fsdecode(event.src_path)]
        if isinstance(event, FileSystemMovedEvent):
            paths.append(os.fsdecode(event.dest_path))
        seen = [path for path in paths if self._matters(root, path)]
        if not seen:
            return
        root.touch(now)
        for path in seen:
            root.unfinished.pop(path, None)
        if event.event_type in ("created", "modified") and not event.is_directory:
            root.unfinished[seen[0]] = (_size_and_time(seen[0]), now)

    def _matters(self, root: Root, path: str) -> bool:
        place = Path(path)
        if any(place.is_relative_to(one) for one in self.ignore):
            return False
        return place.is_relative_to(root.path) or root.path.is_relative_to(place)

    def _turn(self, now: float) -> None:
        for root in self.roots:
            self._look_for(root, now)
            if root.first is None and now - root.scanned >= self.pace.hourly:
                root.touch(now - self.pace.quiet)
            if root.watch is not None and self._is_ripe(root, now) and not self.stop.is_set():
                self._scan(root)

    def _is_ripe(self, root: Root, now: float) -> bool:
        if root.first is None or now < root.not_before:
            return False
        if now - root.first >= self.pace.longest:
            return True
        return now - root.last >= self.pace.quiet and not self._still_growing(root, now)

    def _still_growing(self, root: Root, now: float) -> bool:
        """Whether a file that was written to, and that nobody has closed, may yet change."""
        for path, (known, since) in list(root.unfinished.items()):
            current = _size_and_time(path)
            if current is None or self._is_whole(current, known, now - since):
                del root.unfinished[path]
            elif current != known:
                root.unfinished[path] = (current, now)
        return bool(root.unfinished)

    def _is_whole(self, current: tuple[int, int], known: tuple[int, int] | None, unchanged: float) -> bool:
        """A file that was moved here is as old as it was there; of any other, time tells."""
        if time.time() - current[1] / 1e9 >= self.pace.still:
            return True
        return current == known and unchanged >= self.pace.still

    def _scan(self, root: Root) -> None:
        root.first, root.scanned = None, time.monotonic()
        root.unfinished.clear()
        if not self.rescan(root.path):
            now = time.monotonic()
            root.touch(now)
            root.not_before = now + self.pace.again

    def _look_for(self, root: Root, now: float) -> None:
        """Begin to watch a root that is there and is not watched, or is another folder than it was."""
        identity = _identity(root.path)
        if identity == root.identity and (identity is None or root.watch is not None):
            return
        self._unwatch(root)
        root.identity = identity
        if identity is None:
            return
        self._watch(root)
        root.touch(now)  # what happened before the watch began is unknown

    def _watch(self, root: Root) -> None:
        folder = root.path if root.path.is_dir() else root.path.parent
        try:
            root.watch = self.observer.schedule(
                _Handler(root, self.events), str(folder), recursive=root.path.is_dir()
            )
        except OSError as exc:
            # too many folders for the system's limit on watches: an hourly look is what remains
            log.warning("changes are seen at the hourly look only: %s", exc.strerror or type(exc).__name__)
            root.watch = ObservedWatch(str(folder), recursive=False)

    def _unwatch(self, root: Root) -> None:
        if root.watch is None:
            return
        try:
            self.observer.unschedule(root.watch)
        except (KeyError, OSError):
            log.debug("a watch ended by itself")
        root.watch = None


def _identity(path: Path) -> tuple[int, int] | None:
    """Which folder stands at the path, so that another one in its place is noticed; of a file, its folder.

    None when nothing stands there.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISDIR(found.st_mode):
            found = os.stat(path.parent)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size_and_time(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
