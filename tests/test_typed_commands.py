"""Commands that are named in a sentence are named as the reader has to type them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import photos
from tests.conftest import Run

CHECKOUT = Path(__file__).parent.parent


def test_from_a_checkout_an_error_names_the_script(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_COMMAND", "scripts/selfsearch")
    assert run("sources", code=5).err.endswith("; make one: scripts/selfsearch index PATH\n")


def test_the_demo_ends_with_what_to_type_next(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_COMMAND", "./my photos/selfsearch")
    lines = run("demo", "--folder", tmp_path / "demo").out.splitlines()
    assert lines[-2:] == [
        "  './my photos/selfsearch' index FOLDER",
        "  './my photos/selfsearch' query SELFIE",
    ]


def test_an_answer_says_what_to_type_next(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_COMMAND", "scripts/selfsearch")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one.jpg").write_bytes(photos.photo("astronaut", 1))
    run("index", tmp_path / "photos", "--consent", "own")
    shown = run("query", tmp_path / "photos/one.jpg", "--self").out
    assert " Not you? scripts/selfsearch verdict ID not-me\n" in shown


def test_the_first_help_names_the_script(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFSEARCH_COMMAND", "scripts/selfsearch")
    shown = run("--help").out
    assert "\n  scripts/selfsearch index ~/Pictures" in shown
    assert "scripts/selfsearch COMMAND --help" in shown
    assert "Example: scripts/selfsearch query " in run("query", "--help").out


def test_where_it_was_found_by_its_name_the_name_is_enough(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin/selfsearch"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "sources"])
    assert f"make one: {program} index PATH" in run("sources", code=5).err
    monkeypatch.setenv("PATH", str(program.parent))
    assert "make one: selfsearch index PATH" in run("sources", code=5).err


def test_as_a_module_it_is_called_as_a_module(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(CHECKOUT / "selfsearch/__main__.py"), "sources"])
    assert f"make one: {Path(sys.executable).stem} -m selfsearch index PATH" in run("sources", code=5).err


def test_without_graphics_libraries_it_says_what_this_installation_needs(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: Path) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr("selfsearch.demo.write", load)
    monkeypatch.setattr(sys, "executable", "/home/ana/my venv/bin/python")
    python = "'/home/ana/my venv/bin/python' -m pip"
    assert run("demo", "--folder", tmp_path / "demo", code=1).err.endswith(
        "(Debian: apt install libgl1 libglib2.0-0), or take the OpenCV that needs none:"
        f" {python} uninstall -y opencv-python && {python} install opencv-python-headless\n"
    )


def test_a_folder_that_is_called_so_is_left_as_it_is(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_COMMAND", "scripts/selfsearch")
    folder = tmp_path / "selfsearch index"
    folder.mkdir()
    assert f"{tmp_path}/selfsearch index" in run("index", folder, "--consent", "own", code=4).err


def test_the_script_says_how_it_was_called() -> None:
    script = (CHECKOUT / "scripts/selfsearch").read_text("utf-8")
    assert 'export SELFSEARCH_COMMAND="$0"' in script
