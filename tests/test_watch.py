"""A watch sees what happens in a real folder, waits until it is whole, and looks seldom."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from selfsearch.monitoring import watch
from selfsearch.monitoring.watch import WatchTimings
from tests.conftest import Run

QUICK = WatchTimings(quiet=0.15, still=0.6, longest=20, missing=0.05, again=0.2, hourly=1000)
LONG = 10.0  # seconds: nothing here takes as long, unless it does not happen
ROOT = Path(__file__).parent.parent


@dataclass
class Looks:
    """What a re-scan would have found, each time it was called."""

    seen: list[dict[str, int]] = field(default_factory=list)
    roots: list[Path] = field(default_factory=list)
    works: list[bool] = field(default_factory=list)  # what the next calls answer; True when empty

    def __call__(self, root: Path) -> bool:
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        self.roots.append(root)
        self.seen.append({path.name: path.stat().st_size for path in files if path.is_file()})
        return self.works.pop(0) if self.works else True

    def until(self, wanted: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not wanted():
            assert time.monotonic() < end, f"it did not happen; looks: {self.seen}"
            time.sleep(0.02)


Follow = Callable[..., Looks]


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Follow]:
    """follow(ROOT...) watches in a thread, and returns when the first look is done."""
    stop, threads = threading.Event(), []

    def follow(
        *roots: Path, pace: WatchTimings = QUICK, ignore: tuple[Path, ...] = (), first: bool = True
    ) -> Looks:
        looks = Looks()
        thread = threading.Thread(
            target=watch.follow, args=(roots, looks, stop), kwargs={"pace": pace, "ignore": ignore}
        )
        threads.append(thread)
        thread.start()
        if first:
            looks.until(lambda: len(looks.seen) == len(roots))
        return looks

    yield follow
    stop.set()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "album"
    made.mkdir()
    return made


def test_a_watch_begins_with_a_look(follow: Follow, folder: Path) -> None:
    (folder / "old.jpg").write_bytes(b"old")
    assert follow(folder).seen == [{"old.jpg": 3}]


def test_a_large_file_that_is_copied_slowly_is_seen_once_and_whole(follow: Follow, folder: Path) -> None:
    looks = follow(folder)
    with open(folder / "large.jpg", "wb") as file:
        for _ in range(8):
            file.write(bytes(100_000))
            file.flush()
            time.sleep(0.25)  # longer than a quiet moment, shorter than a file needs to be taken for whole
    looks.until(lambda: len(looks.seen) > 1)
    time.sleep(0.5)
    assert looks.seen[1:] == [{"large.jpg": 800_000}]


def test_moving_and_deleting_are_seen(follow: Follow, folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg").write_bytes(b"a")
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"out")
    os.utime(outside, (1, 1))
    looks = follow(folder)
    (folder / "a.jpg").rename(folder / "b.jpg")
    looks.until(lambda: looks.seen[-1] == {"b.jpg": 1})
    outside.rename(folder / "in.jpg")
    looks.until(lambda: looks.seen[-1] == {"b.jpg": 1, "in.jpg": 3})
    (folder / "b.jpg").unlink()
    (folder / "in.jpg").rename(tmp_path / "out again.jpg")
    looks.until(lambda: looks.seen[-1] == {})


def test_hundreds_of_files_at_once_are_few_looks(follow: Follow, folder: Path) -> None:
    looks = follow(folder)
    for number in range(400):
        place = folder / str(number % 20)
        place.mkdir(exist_ok=True)
        (place / f"{number}.jpg").write_bytes(b"x" * 1000)
    looks.until(lambda: len(looks.seen[-1]) == 400)
    assert len(looks.seen) <= 4


def test_what_is_in_a_new_folder_is_seen(follow: Follow, folder: Path, tmp_path: Path) -> None:
    looks = follow(folder)
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "new" / "deep" / "x.jpg").write_bytes(b"x")
    shutil.move(tmp_path / "new", folder / "new")
    looks.until(lambda: looks.seen[-1] == {"x.jpg": 1})
    (folder / "new" / "deep" / "y.jpg").write_bytes(b"yy")
    looks.until(lambda: looks.seen[-1] == {"x.jpg": 1, "y.jpg": 2})


def test_a_look_makes_no_look(follow: Follow, folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"a")
    looks = follow(folder)
    for _ in range(3):
        (folder / "a.jpg").read_bytes()
        time.sleep(0.3)
    assert len(looks.seen) == 1


def test_our_own_library_in_a_watched_folder_makes_no_look(follow: Follow, folder: Path) -> None:
    own = folder / "library"
    own.mkdir()
    looks = follow(folder, ignore=(own,))
    (own / "library.db-wal").write_bytes(b"wal")
    time.sleep(0.6)
    assert len(looks.seen) == 1


def test_only_the_root_that_changed_is_looked_at(follow: Follow, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    looks = follow(folder, other)
    (other / "x.jpg").write_bytes(b"x")
    looks.until(lambda: len(looks.roots) > 2)
    assert looks.roots[2:] == [other]


def test_an_archive_is_watched_by_itself(follow: Follow, folder: Path) -> None:
    archive = folder / "export.zip"
    archive.write_bytes(b"one")
    looks = follow(archive)
    (folder / "beside.txt").write_bytes(b"x")
    time.sleep(0.5)
    assert looks.seen == [{"export.zip": 3}]
    (folder / "part").write_bytes(b"longer")
    (folder / "part").replace(archive)
    looks.until(lambda: looks.seen[-1] == {"export.zip": 6})


def test_a_folder_that_goes_and_comes_back_is_looked_at_again(follow: Follow, folder: Path) -> None:
    looks = follow(folder)
    shutil.rmtree(folder)
    time.sleep(0.4)
    folder.mkdir()
    (folder / "back.jpg").write_bytes(b"back")
    looks.until(lambda: looks.seen[-1] == {"back.jpg": 4})
    (folder / "later.jpg").write_bytes(b"l")
    looks.until(lambda: looks.seen[-1] == {"back.jpg": 4, "later.jpg": 1})


def test_a_folder_that_is_not_there_yet_is_waited_for(follow: Follow, tmp_path: Path) -> None:
    looks = follow(tmp_path / "disk", first=False)
    time.sleep(0.3)
    assert looks.seen == []
    (tmp_path / "disk").mkdir()
    looks.until(lambda: looks.seen == [{}])


def test_a_look_that_could_not_be_is_tried_again(follow: Follow, folder: Path) -> None:
    looks = follow(folder)
    looks.works = [False]
    (folder / "a.jpg").write_bytes(b"a")
    looks.until(lambda: len(looks.seen) == 3)
    assert looks.seen[1:] == [{"a.jpg": 1}] * 2


def test_events_that_were_lost_are_made_up_for(
    follow: Follow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = follow(folder, pace=replace(QUICK, hourly=0.5))
    monkeypatch.setattr(watch._Handler, "on_any_event", lambda self, event: None)
    (folder / "unseen.jpg").write_bytes(b"x")
    looks.until(lambda: looks.seen[-1] == {"unseen.jpg": 1})


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's limit on watches")
def test_too_many_folders_for_the_system_leave_the_hourly_look(
    follow: Follow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", full)
    looks = follow(folder, pace=replace(QUICK, hourly=0.5))
    (folder / "x.jpg").write_bytes(b"x")
    looks.until(lambda: looks.seen[-1] == {"x.jpg": 1})


def test_one_file_that_never_ends_does_not_hold_up_the_others_for_ever(follow: Follow, folder: Path) -> None:
    looks = follow(folder, pace=replace(QUICK, longest=0.8))
    (folder / "whole.jpg").write_bytes(b"whole")
    with open(folder / "endless", "wb") as file:
        end = time.monotonic() + LONG
        while len(looks.seen) < 2 and time.monotonic() < end:
            file.write(b"x")
            file.flush()
            time.sleep(0.05)
    assert "whole.jpg" in looks.seen[1]


def test_waiting_costs_next_to_nothing(follow: Follow, folder: Path) -> None:
    follow(folder, pace=replace(QUICK, missing=10))
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(2)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.1


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_reads_what_is_new_and_ends_politely(
    run: Run, album: Path, selfie: Path, home: Path, number: signal.Signals
) -> None:
    late = album / "astronaut-0.jpg"
    kept = late.read_bytes()
    late.unlink()
    run("index", album, "--consent", "own")
    with subprocess.Popen(
        [sys.executable, "-m", "selfsearch", "watch"], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert next(lines) == f"watching {album}\n"
        assert next(line for line in lines if "read" in line) == f"{album}: 0 read\n"
        late.write_bytes(kept)
        assert next(line for line in lines if "read" in line) == f"{album}: 1 read\n"
        process.send_signal(number)
        assert "stopped watching" in "".join(lines)
        assert process.wait(LONG) == 0


def test_without_consent_nothing_is_watched(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    assert "there is no source 7" in run("watch", 7, code=2).err
