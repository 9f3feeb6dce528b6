"""A watch sees what happens in a folder, waits until it is whole, and looks seldom.

Folders and files are real; the system's events and the time are simulated, so hours pass at once. One test
runs the command on the real thing.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileClosedNoWriteEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
    FileSystemEvent,
)
from watchdog.observers.api import ObservedWatch

from selfsearch.monitoring import watch
from selfsearch.monitoring.watch import FolderEvents, WatchedRoot, WatchTimings
from tests.conftest import Run

LONG = 10.0  # seconds: the command takes less to end
CHECKOUT = Path(__file__).parent.parent
TIMINGS = WatchTimings()  # those that are used


class Over(Exception):
    """The simulated time is over."""


class Simulation(FolderEvents):
    """A clock that only waiting moves, and a disk on which things happen at set times, with Linux' events."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seen: list[dict[str, int]] = []  # what a re-scan would have found, each time there was one
        self.roots: list[Path] = []  # and of which root
        self.times: list[float] = []  # and when
        self.works: list[bool] = []  # what the next re-scans answer; True when empty
        self.waits: list[float] = []
        self.deaf = False  # the system loses all events
        self.full = False  # the system watches no further folder
        self._script: list[tuple[float, Callable[[], None]]] = []
        self._watched: dict[ObservedWatch, WatchedRoot] = {}
        self._pending: list[tuple[WatchedRoot, FileSystemEvent]] = []

    def at(self, second: float, action: Callable[..., None], *args: Any, **options: Any) -> None:
        """Have something happen at that time; the first look is over after ten seconds."""
        self._script.append((second, lambda: action(*args, **options)))
        self._script.sort(key=lambda entry: entry[0])

    def follow(self, *roots: Path, ignore: tuple[Path, ...] = (), seconds: float = 100.0) -> Simulation:
        """Watch these roots for so long."""
        self._end = seconds
        with pytest.raises(Over):
            watch.follow(roots, self._rescan, ignore=ignore, clock=lambda: self.now, events=self)
        return self

    def _rescan(self, root: Path) -> bool:
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        self.roots.append(root)
        self.times.append(self.now)
        self.seen.append({path.name: path.stat().st_size for path in files if path.is_file()})
        return self.works.pop(0) if self.works else True

    # ---- what a watch asks of the system ----

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None: ...

    def watch(self, root: WatchedRoot, folder: Path, *, recursive: bool) -> ObservedWatch:
        if self.full:
            raise OSError(28, "inotify watch limit reached")
        made = ObservedWatch(str(folder), recursive=recursive)
        self._watched[made] = root
        return made

    def unwatch(self, watch: ObservedWatch) -> None:
        self._watched.pop(watch, None)

    def wait(self, seconds: float) -> list[tuple[WatchedRoot, FileSystemEvent]]:
        self.waits.append(seconds)
        end = self.now + seconds
        if self._script and self._script[0][0] <= end:
            second, action = self._script.pop(0)
            self.now = max(self.now, second)
            action()
        elif self.now >= self._end:
            raise Over
        else:
            self.now = end
        events, self._pending = self._pending, []
        return events

    # ---- what happens on the disk ----

    def write(self, path: Path, data: bytes, *, closed: bool = True) -> None:
        """Append to a file that may be new."""
        if not path.parent.exists():
            self.make_folder(path.parent)
        if not path.exists():
            self._emit(FileCreatedEvent(str(path)), DirModifiedEvent(str(path.parent)))
        with path.open("ab") as file:
            file.write(data)
        self._emit(FileOpenedEvent(str(path)), FileModifiedEvent(str(path)))
        if closed:
            self._emit(FileClosedEvent(str(path)), DirModifiedEvent(str(path.parent)))

    def read(self, path: Path) -> None:
        path.read_bytes()
        self._emit(FileOpenedEvent(str(path)), FileClosedNoWriteEvent(str(path)))

    def make_folder(self, path: Path) -> None:
        path.mkdir()
        self._emit(DirCreatedEvent(str(path)), DirModifiedEvent(str(path.parent)))

    def delete(self, path: Path) -> None:
        path.unlink()
        self._emit(FileDeletedEvent(str(path)), DirModifiedEvent(str(path.parent)))

    def delete_folder(self, path: Path) -> None:
        for file in path.iterdir():
            self.delete(file)
        path.rmdir()
        self._emit(DirDeletedEvent(str(path)))

    def move(self, source: Path, target: Path) -> None:
        """Within what is watched; where one end is outside, the system tells of the other alone."""
        is_folder = source.is_dir()
        source.replace(target)
        inside = [any(self._sees(watch, path) for watch in self._watched) for path in (source, target)]
        if all(inside):
            self._emit((DirMovedEvent if is_folder else FileMovedEvent)(str(source), str(target)))
        elif inside[0]:
            self._emit((DirDeletedEvent if is_folder else FileDeletedEvent)(str(source)))
        elif inside[1]:
            self._emit((DirCreatedEvent if is_folder else FileCreatedEvent)(str(target)))

    def _emit(self, *events: FileSystemEvent) -> None:
        for event in events:
            for watched, root in self._watched.items():
                if not self.deaf and watch.is_change(event) and self._sees(watched, Path(event.src_path)):
                    self._pending.append((root, event))

    def _sees(self, watched: ObservedWatch, path: Path) -> bool:
        folder = Path(watched.path)
        return folder == path or folder in (path.parents if watched.is_recursive else (path.parent,))


@pytest.fixture
def disk() -> Simulation:
    return Simulation()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "album"
    made.mkdir()
    return made


def test_a_watch_begins_with_a_look(disk: Simulation, folder: Path) -> None:
    (folder / "old.jpg").write_bytes(b"old")
    assert disk.follow(folder).seen == [{"old.jpg": 3}]


def test_a_file_that_was_closed_is_seen_after_a_quiet_moment(disk: Simulation, folder: Path) -> None:
    disk.at(10, disk.write, folder / "new.jpg", b"new")
    assert disk.follow(folder).seen == [{}, {"new.jpg": 3}]
    assert 10 + TIMINGS.quiet <= disk.times[1] <= 10 + 2 * TIMINGS.quiet


def test_a_large_file_that_is_copied_slowly_is_seen_once_and_whole(disk: Simulation, folder: Path) -> None:
    assert TIMINGS.quiet < 15 < TIMINGS.settled
    for part in range(8):
        disk.at(10 + part * 15, disk.write, folder / "large.jpg", bytes(100_000), closed=False)
    assert disk.follow(folder, seconds=300).seen == [{}, {"large.jpg": 800_000}]


def test_moving_and_deleting_are_seen(disk: Simulation, folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg").write_bytes(b"a")
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"out")
    os.utime(outside, (1, 1))
    disk.at(10, disk.move, folder / "a.jpg", folder / "b.jpg")
    disk.at(20, disk.move, outside, folder / "in.jpg")
    disk.at(30, disk.delete, folder / "b.jpg")
    disk.at(30, disk.move, folder / "in.jpg", tmp_path / "out again.jpg")
    assert disk.follow(folder).seen == [{"a.jpg": 1}, {"b.jpg": 1}, {"b.jpg": 1, "in.jpg": 3}, {}]
    assert disk.times[2] < 20 + TIMINGS.settled  # as old as it was where it came from


def test_hundreds_of_files_at_once_are_few_looks(disk: Simulation, folder: Path) -> None:
    for number in range(400):
        place = folder / str(number % 20) / f"{number}.jpg"
        disk.at(10 + number / 400, disk.write, place, b"x" * 1000)
    disk.follow(folder)
    assert len(disk.seen[-1]) == 400
    assert len(disk.seen) <= 4


def test_what_is_in_a_new_folder_is_seen(disk: Simulation, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "new" / "deep" / "x.jpg").write_bytes(b"x")
    disk.at(10, disk.move, tmp_path / "new", folder / "new")
    disk.at(20, disk.write, folder / "new" / "deep" / "y.jpg", b"yy")
    assert disk.follow(folder).seen == [{}, {"x.jpg": 1}, {"x.jpg": 1, "y.jpg": 2}]


def test_a_look_makes_no_look(disk: Simulation, folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"a")
    for second in (10, 20, 30):
        disk.at(second, disk.read, folder / "a.jpg")
    assert len(disk.follow(folder).seen) == 1


def test_our_own_library_in_a_watched_folder_makes_no_look(disk: Simulation, folder: Path) -> None:
    own = folder / "library"
    own.mkdir()
    disk.at(10, disk.write, own / "library.db-wal", b"wal")
    assert len(disk.follow(folder, ignore=(own,)).seen) == 1


def test_only_the_root_that_changed_is_looked_at(disk: Simulation, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    disk.at(10, disk.write, other / "x.jpg", b"x")
    assert disk.follow(folder, other).roots == [folder, other, other]


def test_an_archive_is_watched_by_itself(disk: Simulation, folder: Path) -> None:
    archive = folder / "export.zip"
    archive.write_bytes(b"one")
    disk.at(10, disk.write, folder / "beside.txt", b"x")
    disk.at(40, disk.write, folder / "part", b"longer")
    disk.at(50, disk.move, folder / "part", archive)
    assert disk.follow(archive).seen == [{"export.zip": 3}, {"export.zip": 6}]


def test_a_folder_that_goes_and_comes_back_is_looked_at_again(disk: Simulation, folder: Path) -> None:
    disk.at(10, disk.delete_folder, folder)
    disk.at(30, disk.make_folder, folder)
    disk.at(30, disk.write, folder / "back.jpg", b"back")
    disk.at(60, disk.write, folder / "later.jpg", b"l")
    assert disk.follow(folder).seen == [{}, {"back.jpg": 4}, {"back.jpg": 4, "later.jpg": 1}]


def test_a_folder_that_is_not_there_yet_is_waited_for(disk: Simulation, tmp_path: Path) -> None:
    disk.at(70, disk.make_folder, tmp_path / "disk")
    assert disk.follow(tmp_path / "disk").seen == [{}]
    assert disk.times[0] > 70


def test_a_look_that_could_not_be_is_tried_again(disk: Simulation, folder: Path) -> None:
    disk.works = [True, False]
    disk.at(10, disk.write, folder / "a.jpg", b"a")
    assert disk.follow(folder).seen == [{}, {"a.jpg": 1}, {"a.jpg": 1}]
    assert disk.times[2] - disk.times[1] >= TIMINGS.retry_failed


def test_events_that_were_lost_are_made_up_for(disk: Simulation, folder: Path) -> None:
    disk.deaf = True
    disk.at(10, disk.write, folder / "unseen.jpg", b"x")
    assert disk.follow(folder, seconds=1.5 * TIMINGS.max_interval).seen == [{}, {"unseen.jpg": 1}]


def test_too_many_folders_for_the_system_leave_the_hourly_look(
    disk: Simulation, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.full = True
    disk.at(10, disk.write, folder / "x.jpg", b"x")
    assert disk.follow(folder, seconds=1.5 * TIMINGS.max_interval).seen == [{}, {"x.jpg": 1}]
    assert caplog.messages == ["changes are seen at the hourly look only: inotify watch limit reached"]


def test_one_file_that_never_ends_does_not_hold_up_the_others_for_ever(
    disk: Simulation, folder: Path
) -> None:
    disk.at(10, disk.write, folder / "whole.jpg", b"whole")
    for second in range(10, 1000):
        disk.at(second, disk.write, folder / "endless", b"x", closed=False)
    disk.follow(folder, seconds=900)
    assert "whole.jpg" in disk.seen[1]
    assert 10 + TIMINGS.max_delay <= disk.times[1] <= 11 + TIMINGS.max_delay


def test_waiting_costs_next_to_nothing(disk: Simulation, folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    disk.follow(folder, seconds=TIMINGS.max_interval)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert len(disk.waits) < TIMINGS.max_interval / 1.9  # it wakes up every two seconds
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5  # in an hour


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_the_command_reads_what_is_new_and_ends_politely(
    run: Run, album: Path, selfie: Path, home: Path, number: signal.Signals
) -> None:
    late = album / "astronaut-0.jpg"
    data = late.read_bytes()
    late.unlink()
    run("index", album, "--consent", "own")
    with subprocess.Popen(
        [sys.executable, "-m", "selfsearch", "watch"], stderr=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert next(lines) == f"watching {album}\n"
        assert next(line for line in lines if "read" in line) == f"{album}: 0 files read\n"
        late.write_bytes(data)
        assert next(line for line in lines if "read" in line) == f"{album}: 1 file read\n"
        process.send_signal(number)
        assert "stopped; everything finished so far is kept" in "".join(lines)
        assert process.wait(LONG) == 128 + number


def test_without_consent_nothing_is_watched(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    assert "there is no source 7" in run("watch", 7, code=2).err
