"""scripts/make-export writes invented exports for people who want to try, and says what it cannot do."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .exports import snapchat

SCRIPT = Path(__file__).parent.parent / "scripts" / "make-export"


def make(*args: str | Path, code: int = 0) -> str:
    """Run the script; its answer, or what it says when it fails with `code`."""
    finished = subprocess.run([sys.executable, SCRIPT, *args], capture_output=True, text=True, check=False)
    assert finished.returncode == code, finished.stderr
    return finished.stderr if code else finished.stdout


def test_it_lists_every_platform_with_its_layouts() -> None:
    lines = dict(line.split(maxsplit=1) for line in make("--list").splitlines())
    assert lines["snapchat"].split() == list(snapchat.LAYOUTS)
    assert {"plain_files", "reddit", "whatsapp"} <= lines.keys()


def test_it_writes_the_same_export_that_the_tests_read(tmp_path: Path) -> None:
    made = Path(make("snapchat", tmp_path / "new", "--layout", "old").strip())
    with zipfile.ZipFile(made) as archive:
        assert sorted(archive.namelist()) == sorted(snapchat.build("old").files)
    assert "is there already" in make("snapchat", tmp_path / "new", code=1)


def test_it_writes_parts_where_the_platform_does(tmp_path: Path) -> None:
    made = make("snapchat", tmp_path, "--parts", "--packed", "folder").splitlines()
    assert [Path(path).name for path in made] == ["mydata~1767614400000", "mydata~1767614400000-2"]
    assert all(Path(path).is_dir() for path in made)


def test_it_writes_parts_as_people_leave_them(tmp_path: Path) -> None:
    takeout = make("google_photos", tmp_path / "google", "--by-hand").splitlines()
    assert [Path(path).name for path in takeout] == ["Takeout", "Takeout 2"]
    assert (Path(takeout[1]) / "Google Photos" / "Photos from 2021").is_dir()
    renamed = make("instagram", tmp_path / "instagram", "--by-hand").splitlines()
    assert [Path(path).name for path in renamed] == ["first half", "second half"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["snapchat"], "name a platform and a folder"),
        (["nowhere", "x"], "there is no export of 'nowhere'; there are: "),
        (["snapchat", "x", "--layout", "new"], "has no layout 'new'; it has: json, old"),
        (["reddit", "x", "--parts"], "comes in one part"),
        (["reddit", "x", "--parts", "--by-hand"], "--by-hand goes without --parts"),
    ],
)
def test_a_call_that_makes_no_sense_is_explained(tmp_path: Path, args: list[str], reason: str) -> None:
    assert reason in make(*args, code=2)
