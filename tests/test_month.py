"""A month of simulated days: what each day's re-scan and report say, as whole values.

The clock is passed in, nothing sleeps. Every day the same two commands run as a timer would run them; the
expected value of a day is everything that the report has to say, and an empty list on a day on which
nothing happened.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import photos
from tests.conftest import Run
from tests.exports import Pack, instagram
from tests.scenes import scene


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk that can be unplugged; photographs of the astronaut, of "a", and of nobody are on it."""
    folder = tmp_path / "media/disk"
    (folder / "old").mkdir(parents=True)
    put(folder / "old/sea.jpg", scene(1))
    put(folder / "old/friend.jpg", scene(1, "a"))
    put(folder / "wall.jpg", photos.nobody())
    return folder


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder for exports, with nothing in it yet but a note."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "read me.txt").write_text("exports go here")
    return folder


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def export(day: str, *posts: tuple[str, bytes]) -> Pack:
    """Ana's Instagram download of a day, with these posts."""
    pack = Pack(f"instagram-ana.example-{day}-AbCd1234")
    pack.add("personal_information/personal_information/personal_information.json", instagram.account(None))
    records = [{"media": [instagram.picture(f"media/posts/202306/{name}.jpg")]} for name, _ in posts]
    pack.add("your_instagram_activity/media/posts_1.json", records)
    for name, data in posts:
        pack.add(f"media/posts/202306/{name}.jpg", data)
    return pack


class Month:
    """Runs the days and says what they told, short enough to compare as a whole."""

    def __init__(self, run: Run, at: Callable[[str], None], root: Path) -> None:
        self.run, self.at, self.root = run, at, root

    def clock(self, day: int, month: int = 3) -> None:
        self.at(f"2026-{month:02}-{day:02}T03:00:00+00:00")

    def day(self, day: int, month: int = 3) -> list[tuple[Any, ...]]:
        """What the day's report says: (person, kind, places that came, places that went, why)."""
        self.clock(day, month)
        self.scanned = self.run("rescan", "--json").json
        changes = self.run("report", "--json").json["changes"]
        for kind in ("new", "gone", "moved", "band", "exposure"):
            assert self.scanned["changes"][kind] == sum(change["kind"] == kind for change in changes)
        return [
            (
                change["person"],
                change["kind"],
                self.short(change["added"]),
                self.short(change["removed"]),
                change["why"],
            )
            for change in changes
        ]

    def short(self, places: list[str]) -> list[str]:
        return [
            place.removeprefix(f"{self.root}/").rpartition("zip!media/posts/202306/")[2] for place in places
        ]


@pytest.fixture
def month(run: Run, at: Callable[[str], None], tmp_path: Path) -> Month:
    return Month(run, at, tmp_path)


def test_a_month_of_days(month: Month, disk: Path, exports: Path, tmp_path: Path) -> None:
    selfie = put(tmp_path / "selfie.jpg", photos.photo("astronaut", 5))
    month.clock(1)
    month.run("index", disk, "--consent", "own", "--days", "34")
    month.run("index", exports, "--consent", "own", code=4)  # there is no picture yet
    month.run("people", "add", "me", selfie, "--consent", "own", "--days", "20")
    assert month.day(1) == []  # the first look only counts
    assert month.scanned["first"] == {"me": 1}
    assert month.day(2) == []
    files_come_and_go(month, disk)
    contents_change(month, disk)
    the_disk_is_unplugged(month, disk)
    exports_follow_one_another(month, exports)
    somebody_else_joins(month, disk)
    consent_ends_and_is_renewed(month, disk)
    the_disks_consent_ends(month, disk)
    answer = month.run("query", selfie, "--person", "me", "--json").json
    assert answer["summary"]["appearances"] == 2  # those in the last export


def files_come_and_go(month: Month, disk: Path) -> None:
    # files are added, of the person and of others
    put(disk / "beach.jpg", scene(2))
    put(disk / "b.jpg", scene(1, "b"))
    assert month.day(3) == [("me", "new", ["media/disk/beach.jpg"], [], None)]
    assert month.day(4) == []

    # moved, copied, and a copy deleted
    (disk / "beach.jpg").rename(disk / "old/beach.jpg")
    assert month.day(5) == [("me", "moved", ["media/disk/old/beach.jpg"], ["media/disk/beach.jpg"], None)]
    shutil.copy(disk / "old/beach.jpg", disk / "copy.jpg")
    assert month.day(6) == [("me", "moved", ["media/disk/copy.jpg"], [], None)]
    (disk / "copy.jpg").unlink()
    assert month.day(7) == [("me", "moved", [], ["media/disk/copy.jpg"], None)]


def contents_change(month: Month, disk: Path) -> None:
    # edited: compressed and scaled again it is the same appearance, in the same place
    put(disk / "old/beach.jpg", scene(2, side=400, quality=70))
    assert month.day(8) == []
    # replaced by a picture of somebody else
    put(disk / "old/beach.jpg", scene(1, "c"))
    gone = ("me", "gone", [], ["media/disk/old/beach.jpg"])
    assert month.day(9) == [(*gone, "the file holds something else now")]


def the_disk_is_unplugged(month: Month, disk: Path) -> None:
    # the disk is unplugged, and plugged in again with one more picture
    unplugged = disk.rename(month.root / "drawer")
    assert month.day(10) == []
    assert [source["id"] for source in month.scanned["unreachable"]] == [1]
    disk.mkdir()  # a mount point without its disk
    assert month.day(11) == []
    assert [source["id"] for source in month.scanned["unreachable"]] == [1]
    disk.rmdir()
    put(unplugged / "party.jpg", scene(3))
    unplugged.rename(disk)
    assert month.day(12) == [("me", "new", ["media/disk/party.jpg"], [], None)]
    assert month.scanned["unreachable"] == []


def exports_follow_one_another(month: Month, exports: Path) -> None:
    # an export arrives: one post is known from the disk, one is new
    both, only_old, only_new = (scene(number) for number in (4, 6, 7))
    first = export("2026-03-12", ("sea", scene(1)), ("both", both), ("old", only_old))
    older = first.write(exports)
    changes = month.day(13)
    assert sorted(changes) == [
        ("me", "moved", ["sea.jpg"], [], None),
        ("me", "new", ["both.jpg"], [], None),
        ("me", "new", ["old.jpg"], [], None),
    ]

    # a newer one of the same account, after a post was deleted on the platform: what both hold is not told
    export("2026-03-14", ("sea", scene(1)), ("both", both), ("new", only_new)).write(exports)
    assert month.day(14) == [("me", "new", ["new.jpg"], [], None)]
    offered = month.scanned["successors"][0]
    month.run("sources", "supersede", offered["older"], offered["newer"])
    assert month.day(15) == [("me", "gone", [], ["old.jpg"], "no longer in the newer export of 2026-03-14")]
    older.unlink()  # the old one is not needed any more
    assert month.day(16) == []

    # the next export simply takes the place of the one before on the disk
    next(exports.glob("*2026-03-14*")).unlink()
    third = export("2026-03-17", ("both", both), ("new", only_new))
    third.write(exports)
    assert month.day(17) == [("me", "moved", [], ["sea.jpg"], "no longer in the newer export of 2026-03-17")]
    assert len(month.scanned["replaced"]) == 1


def somebody_else_joins(month: Month, disk: Path) -> None:
    # somebody else joins: the first look counts, and what comes later is told for both
    friend = put(month.root / "friend.jpg", photos.photo("a", 2))
    month.run("people", "add", "friend", friend, "--consent", "release", "--by", "A. Friend")
    assert month.day(18) == []
    assert month.scanned["first"] == {"friend": 1}
    put(disk / "friend-2.jpg", scene(3, "a"))
    (disk / "old/friend.jpg").unlink()
    assert month.day(19) == [
        ("friend", "gone", [], ["media/disk/old/friend.jpg"], "the file is no longer there"),
        ("friend", "new", ["media/disk/friend-2.jpg"], [], None),
    ]


def consent_ends_and_is_renewed(month: Month, disk: Path) -> None:
    # the first person's consent ends on the 21st: nothing is told about her, until it is renewed
    expiring = [("person", "me", "2026-03-21"), ("source", str(disk), "2026-04-04")]
    assert month.day(20) == []
    assert (
        sorted((ending["kind"], ending["subject"], ending["day"]) for ending in month.scanned["expiring"])
        == expiring
    )
    put(disk / "late.jpg", scene(8))
    assert month.day(22) == []
    assert month.scanned["ended"] == [
        {"kind": "person", "subject": "me", "day": "2026-03-21", "erased_on": "2026-04-20"}
    ]
    month.clock(23)
    month.run("consent", "renew", "me", "--yes")
    assert month.day(23) == [("me", "new", ["media/disk/late.jpg"], [], None)]


def the_disks_consent_ends(month: Month, disk: Path) -> None:
    # the disk's consent ends: what is on it is neither looked at nor gone, and is erased after the grace
    assert month.day(5, month=4) == []
    assert month.scanned["without_consent"] == [1]
    assert month.day(1, month=5) == []
    assert month.scanned["erased"] == []
    assert month.day(5, month=5) == []
    assert month.scanned["erased"] == [str(disk)]
