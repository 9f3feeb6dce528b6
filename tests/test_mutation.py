"""scripts/mutate: its table names what is there, and changes that no test notices are told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
TABLE: dict[str, Any] = tomllib.loads((ROOT / "tests/mutation.toml").read_text("utf-8"))
RECORD: dict[str, Any] = json.loads((ROOT / "tests/mutation.json").read_text("utf-8"))


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("room", TABLE["rooms"])
def test_a_room_has_its_files_and_tests(room: str) -> None:
    names = TABLE["rooms"][room]
    assert [file for file in names["files"] if not (ROOT / file).is_file()] == []
    for test in names["tests"]:
        path, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text("utf-8") if function else (ROOT / path).is_file()


def test_what_makes_no_difference_is_a_change_of_a_line_that_is_there() -> None:
    gone = [
        entry
        for entry in TABLE["equivalent"]
        if plain(entry["before"]) not in plain((ROOT / entry["file"]).read_text("utf-8"))
        or not entry["reason"]
    ]
    assert gone == []


def test_of_every_room_that_was_measured_85_in_100_changes_were_noticed() -> None:
    assert set(RECORD) <= set(TABLE["rooms"])
    shares = {name: row["noticed"] / row["tried"] for name, row in RECORD.items()}
    assert {name: share for name, share in shares.items() if share < 0.85} == {}


@pytest.mark.slow
def test_changes_are_tried_on_a_copy_and_told_when_nothing_notices() -> None:
    def mutate(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "scripts/mutate", *arguments], cwd=ROOT, capture_output=True, text=True
        )  # fmt: skip

    file = ROOT / "selfsearch/consent/exposure.py"
    before, line = file.read_bytes(), 1 + file.read_text().splitlines().index("    if end is None:")
    place = f"selfsearch/consent/exposure.py:{line}"
    good = mutate(place)
    assert (good.returncode, "100%" in good.stdout) == (0, True), good.stderr
    poor = mutate(place, "--tests", "tests/test_layers.py")
    assert poor.returncode == 1
    assert f"{place}  (no test executes it)\n  - if end is None:\n  + if end is not None:" in poor.stdout
    assert "fewer than 85% of the changes are noticed" in poor.stderr
    assert mutate("nowhere").returncode == 1
    assert file.read_bytes() == before
