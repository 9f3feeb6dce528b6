"""Being told how far a run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from selfsearch.cli import progress
from selfsearch.types import Outcome, ProgressListener
from tests import photos
from tests.conftest import Run


def test_a_bar_is_drawn_for_one_source_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress.progress_listener()
    assert isinstance(bar, progress.ProgressBar)
    for title, files in (("A folder", 2), ("An export", None), ("Another", 1)):
        bar.begin(title, files)
        bar.step(Outcome.INDEXED, "/a/b.jpg")
        bar.step(Outcome.NO_FACE, "/a/c.jpg")
        bar.end()
    bar.step(Outcome.INDEXED, "/a/late.jpg")  # nothing is drawn, nothing breaks


def test_several_sources_are_indexed_on_a_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "photo.jpg").write_bytes(photos.photo("a", len(name)))
    monkeypatch.setattr(progress, "progress_listener", progress.ProgressBar)
    summary = run("index", tmp_path / "one", tmp_path / "two", "--consent", "own", "--json").json
    assert [source["found"] for source in summary["sources"]] == [1, 1]


def test_elsewhere_it_says_what_comes(run: Run, album: Path) -> None:
    lines = run("index", album, "--consent", "own").err.splitlines()
    assert lines[-1] == f"Folder {album} (source 1): 8 files"


def test_doctor_and_backup_say_how_far_they_are(
    run: Run, one_photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Listener(ProgressListener):
        def begin(self, title: str, files: int | None) -> None:
            told.append(title)

        def step(self, outcome: Outcome, address: str) -> None:
            told[-1] += "."

        def end(self) -> None:
            told[-1] += "|"

    monkeypatch.setattr(progress, "progress_bar", Listener)
    run("doctor")
    pages = [f"checking every page of {name}|" for name in ("library.db", "keys.db")]
    assert told[:2] == pages
    assert [one.rstrip(".|") for one in told[2:]] == ["opening the kept faces", "opening the vectors"]
    assert all("." in one and one.endswith("|") for one in told[2:])
    told.clear()
    run("backup", tmp_path / "backup")
    copies = ["copying library.db|", "copying keys.db|"]
    assert told == ["checking the library|", *copies, "reading the backup again|"]
