"""One file never stops a run.

An error that nobody foresaw costs the file, the archive's rest or the source's rest that it befell.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from selfsearch.containers.zip import Zip
from selfsearch.errors import ItemError
from selfsearch.exports.source import Source
from selfsearch.library import faces
from selfsearch.recognition.worker_pool import WorkerPool
from selfsearch.types import Outcome
from selfsearch.workflows import index, source_state
from tests import photos
from tests.conftest import Run

REASON = "an error that nobody foresaw (ArithmeticError); please report it"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder with three photographs and a zip with three."""
    folder = tmp_path / "media"
    folder.mkdir()
    with zipfile.ZipFile(folder / "three.zip", "w") as archive:
        for number, person in enumerate("acd"):
            (folder / f"{number}.jpg").write_bytes(photos.photo(person, 1))
            archive.writestr(f"{number}.png", photos.photo(person, 2, kind="PNG"))
    return folder


def outcomes(run: Run) -> dict[str, int]:
    return dict(run("status", "--json").json["outcomes"])


def files_read(run: Run, folder: Path) -> int:
    return sum(source["new"] for source in run("index", folder, "--json").json["sources"])


def failing_at(generator: Callable[[Any], Iterator[Any]], name: str) -> Callable[[Any], Iterator[Any]]:
    """The generator with a bug: it fails when it comes to something of that name."""

    def broken(self: Any) -> Iterator[Any]:
        for value in generator(self):
            if name in value.path:
                raise ArithmeticError("with something private in it")
            yield value

    return broken


def test_an_archive_is_listed_up_to_the_error(run: Run, media: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Zip, "_list", failing_at(Zip._list, "2.png"))
        ended = run("index", media, "--consent", "own", code=1)
    assert "all else is done, but 1 file could not be finished" in ended.err
    assert outcomes(run) == {"indexed": 5, "failed": 1}
    (problem,) = run("status", "--problems", "--json").json["problems"]
    assert (problem["address"], problem["reason"]) == (str(media / "three.zip"), REASON)
    run("index", media)  # a version without the bug reads the rest
    assert outcomes(run) == {"indexed": 6}


@pytest.mark.parametrize(("owner", "function", "failed"), [(Zip, "_list", 1), (Source, "items", 2)])
def test_what_is_not_listed_because_of_an_error_does_not_count_as_gone(
    run: Run, media: Path, owner: Any, function: str, failed: int
) -> None:
    run("index", media, "--consent", "own")
    (media / "three.zip").touch()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, function, failing_at(getattr(owner, function), "1."))
        results = run("index", media, "--json", code=1).json["sources"]
    assert [result["gone"] for result in results] == [0, 0]
    assert outcomes(run) == {"indexed": 6, "failed": failed}
    run("index", media)
    assert outcomes(run) == {"indexed": 6}


def test_a_file_that_cannot_be_written_down_is_the_only_one_that_is_lost(run: Run, media: Path) -> None:
    inner, failed = faces.save_media, []

    def save_media(*args: Any) -> int:
        media_id = inner(*args)
        if args[-1].type == "image/png" and not failed:
            failed.append(media_id)
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return media_id

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(faces, "save_media", save_media)
        run("index", media, "--consent", "own", code=1)
    assert outcomes(run) == {"indexed": 5, "failed": 1}
    assert run("status", "--json").json["faces"] == 5  # what was written of it was taken back


def test_an_update_looks_again_at_what_could_not_be_read(
    run: Run, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = WorkerPool.analyse

    def analyse(engine: WorkerPool, data: bytes, kind: str, *words: Any) -> Any:
        if kind == "image/png":
            raise ItemError(Outcome.UNSUPPORTED, "a kind of picture that this version does not know")
        return inner(engine, data, kind, *words)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WorkerPool, "analyse", analyse)
        run("index", media, "--consent", "own")
        run("index", media)
    assert outcomes(run) == {"indexed": 3, "unsupported": 3}
    assert files_read(run, media) == 0
    for module in (index, source_state):
        monkeypatch.setattr(module, "__version__", "next")
    assert files_read(run, media) == 3
    assert outcomes(run) == {"indexed": 6}
    assert files_read(run, media) == 0
