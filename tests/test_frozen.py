"""Libraries that earlier versions made, frozen in tests/frozen, answer as they did then."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from selfsearch.library.schema import keys_schema, schema
from tests.conftest import Run
from tests.frozen.make import PLACE, QUESTIONS

FOLDER = Path(__file__).parent / "frozen"
FROZEN = ("m010", "m014")  # the newest step of each schema that was released
# A release freezes the last of these, and empties this.
UNRELEASED: tuple[str, ...] = (
    "m015_scanned_with",
    "m016_confirmed_and_told",
    "m017_evidence",
    "m018_detail",
    "m019_confirmed",
)

# Embeddings are made anew from the kept faces when they come to mean something else: then scores differ.
# A photograph to search by is searched by the detection of today.
RESCORED = {"score", "bands", "expected_false_matches", "probes"}
SAID_ANEW = 3  # the Mastodon export: m017 keeps which records speak of its picture, in other words

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="they hold absolute paths of a Linux machine")


def names(steps: Any) -> list[str]:
    return [step.name for step in steps._migrations]


@pytest.fixture(params=FROZEN)
def expected(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, at: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """A frozen library where it was made, at the time of its making, and what it answered then."""
    facts = json.loads((FOLDER / f"{request.param}.json").read_text())
    with FileLock(f"{PLACE}.lock"):
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir(mode=0o700)
        with zipfile.ZipFile(FOLDER / f"{request.param}.zip") as frozen:
            frozen.extractall(PLACE)
        for name, modified in facts["modified_ns"].items():
            os.utime(PLACE / name, ns=(modified, modified))
            (PLACE / name).chmod(0o600)
        at(facts["frozen_at"])
        yield facts["answers"]
        shutil.rmtree(PLACE)


@pytest.fixture
def run(expected: object, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with the frozen library."""
    monkeypatch.setenv("SELFSEARCH_HOME", str(PLACE / "library"))
    monkeypatch.setenv("SELFSEARCH_KEYS", str(PLACE / "keys"))
    monkeypatch.setenv("HOME", str(PLACE))
    return run


def assert_answered(then: Any, now: Any, where: str) -> None:
    """Whatever was answered then is answered now; there may be more."""
    if isinstance(then, dict):
        assert then.keys() <= now.keys(), where
        for key in then.keys() - RESCORED:
            assert_answered(then[key], now[key], f"{where}, {key}")
    elif isinstance(then, list):
        assert len(then) == len(now), where
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            assert_answered(one, other, f"{where}, {number}")
    else:
        assert now == (pytest.approx(then, rel=1e-3) if isinstance(then, float) else then), where


def assert_answers(run: Run, expected: dict[str, Any]) -> None:
    for question, words in QUESTIONS.items():
        then, now = expected[question], run(*words, "--json").json
        assert_answered(by_face(then), by_face(now), question)


def by_face(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with appearances named by their faces: versions list and number them in different orders."""
    if "appearances" not in answer:
        return answer
    faces = {one["rank"]: one["face"]["id"] for one in answer["appearances"]}
    appearances = [one | {"rank": faces[one["rank"]]} for one in answer["appearances"]]
    worklist = [
        task | {"ranks": sorted(faces[rank] for rank in task["ranks"])} for task in answer["worklist"]
    ]
    return answer | {
        "appearances": sorted(appearances, key=lambda one: one["rank"]),
        "worklist": worklist,
    }


def without_times(expected: dict[str, Any]) -> dict[str, Any]:
    """Without the sources, which say when they were looked at last."""
    return expected | {"sources": {}}


def test_a_frozen_library_that_is_read_first_answers_as_it_did(run: Run, expected: dict[str, Any]) -> None:
    assert_answers(run, expected)
    run("doctor")
    run("consent", "verify")
    folders = {source["root"] for source in expected["sources"]["sources"]}
    indexed = run("index", *sorted(folders), "--json").json
    outcomes = expected["status"]["outcomes"]
    assert indexed["found"] == sum(outcomes.values())
    assert indexed["unchanged"] == indexed["found"] - outcomes["unreadable"] - SAID_ANEW, (
        "what was not readable is tried again, and so is what more is said of"
    )
    assert_answers(run, without_times(expected))


def test_a_frozen_library_that_is_written_to_first_can_be_saved_and_erased(
    run: Run, expected: dict[str, Any], tmp_path: Path
) -> None:
    said = run("rescan", "--json").json
    assert not any(said["changes"].values())
    assert (said["since"]["ana"]["event"], said["first"]) == ("re-scan", {})
    run("key", "rotate", "--yes", "--databases")
    run("backup", tmp_path / "backup.zip")
    assert_answers(run, without_times(expected))
    run("restore", tmp_path / "backup.zip", "--yes")
    assert_answers(run, without_times(expected))
    run("forget", "ana", "--yes")
    run("consent", "revoke", "--yes", PLACE / "album")
    run("doctor")
    left = run("status", "--json").json
    assert (left["sources"], left["people"], left["media"]) == (1, {}, 1)


def test_the_pictures_of_a_frozen_library_are_searched_again_when_somebody_asks(
    run: Run, expected: dict[str, Any]
) -> None:
    folders = {source["root"] for source in expected["sources"]["sources"]}
    said = run("index", *sorted(folders), "--json").json
    assert {source["searched_again"] for source in said["sources"]} == {0}
    command = f"selfsearch index {' '.join(sorted(folders))} --detail normal"
    assert command in run("index", *sorted(folders)).out
    assert command in run("status").out
    assert command in run("rescan").out
    before = run(*QUESTIONS["query"], "--json").json["appearances"]
    verdicts = run("people", "show", "ana", "--json").json["verdicts"]
    said = run("index", *sorted(folders), "--detail", "normal", "--json").json
    assert said["searched_again"] == expected["status"]["media"]
    assert {source["searched_before"] for source in said["sources"]} == {0}
    after = run(*QUESTIONS["query"], "--json").json["appearances"]
    assert {one["id"]: one["verdict"] for one in before} == {one["id"]: one["verdict"] for one in after}
    assert [verdict["verdict"] for verdict in verdicts] == ["not_me"]
    assert run("people", "show", "ana", "--json").json["verdicts"] == verdicts
    assert not any(run("rescan", "--json").json["changes"].values())
    run("doctor")


def test_the_newest_step_is_frozen_or_in_no_release_yet() -> None:
    steps = names(schema)
    released = [step for step in steps if step not in UNRELEASED]
    assert released[-1].startswith(f"{FROZEN[-1]}_"), f"a new step goes to UNRELEASED; {FOLDER / 'README.md'}"
    assert released + list(UNRELEASED) == steps
    assert [path.stem for path in sorted(FOLDER.glob("*.zip"))] == list(FROZEN)
    assert names(keys_schema) == ["k001_keys"], "keys.db has a step that is in no frozen library"


def test_an_answer_that_differs_is_noticed() -> None:
    for other in ({"a": [1]}, {"a": [1, 3]}, {"a": [1, 2, 3]}, {"b": [1, 2]}):
        with pytest.raises(AssertionError):
            assert_answered({"a": [1, 2]}, other, "")
