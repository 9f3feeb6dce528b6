"""Fixtures that every test may use. `run` is the front door: the real command line, with a library of its
own.
"""

from __future__ import annotations

import functools
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import typer.main
from hypothesis import HealthCheck, settings

from selfsearch.library.library import Library, open_library
from selfsearch.recognition import worker_pool
from tests import photos

if TYPE_CHECKING:
    from selfsearch.recognition.model_engine import ModelEngine

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # a machine that is busy with something else fails no test


@dataclass
class Output:
    """What a command printed."""

    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The answer as an object."""
        return json.loads(self.out)


Run = Callable[..., Output]


class KeptWorker(worker_pool._Worker):
    """A real worker that outlives its pool: the next pool takes it over. Those of packs that a test made
    end as always.
    """

    shelf: ClassVar[defaultdict[tuple[str, ...], list[KeptWorker]]] = defaultdict(list)

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(arguments)
        self._arguments = arguments

    @classmethod
    def take(cls, arguments: Sequence[str]) -> KeptWorker:
        kept = cls.shelf[(worker_pool.CODE, *arguments)]
        return kept.pop() if kept else cls(arguments)

    def kill(self) -> None:
        _, is_bundled, _ = self._arguments
        if is_bundled == "1" and self.is_sound:  # nothing is being looked at
            self.shelf[(worker_pool.CODE, *self._arguments)].append(self)
        else:
            super().kill()


@pytest.fixture(scope="session")
def _ended_at_last() -> Iterator[None]:
    yield
    for kept in KeptWorker.shelf.values():
        for worker in kept:
            super(KeptWorker, worker).kill()


@pytest.fixture(autouse=True)
def kept_workers(_ended_at_last: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are not started anew for every test: it takes a second to load the models. Tests about
    workers override this.
    """
    monkeypatch.setattr(worker_pool, "_Worker", KeptWorker.take)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a library of the test's own; its key lies outside it. Nothing of the user's is
    touched.
    """
    folder = tmp_path / "library"
    monkeypatch.setenv("SELFSEARCH_HOME", str(folder))
    monkeypatch.setenv("SELFSEARCH_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("SELFSEARCH_KEYRING", "off")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SELFSEARCH_PASSPHRASE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    """An empty library in `home`, open."""
    with open_library(home, key_folder=home.parent / "keys", create=True) as opened:
        yield opened


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A model pack in InsightFace's older layout, as buffalo_s comes."""
    from tests import packs

    return packs.older_layout(tmp_path / "buffalo_s")


def id_of(home: Path, face: int, name: str = "me", keys: Path | None = None) -> str:
    """The id that a face has in the answers about a person."""
    from selfsearch.library import people

    with open_library(home, key_folder=keys or home.parent / "keys") as opened:
        person = people.find_person(opened, name)
        assert person
        return people.appearance_id(opened, person, face)


built_once = functools.cache(typer.main.get_command)  # typer reads every signature for it: 20 ms


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """run("query", ..., code=3) runs the real command line in this process and checks its exit code."""
    from selfsearch.cli import main

    monkeypatch.setattr(typer.main, "get_command", built_once)

    def run(*words: object, code: int = 0) -> Output:
        capsys.readouterr()
        returned = main([str(word) for word in words])
        said = capsys.readouterr()
        assert returned == code, f"exit code {returned}\n{said.out}\n{said.err}"
        return Output(said.out, said.err)

    return run


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """at("2026-03-01T12:00:00+00:00") sets the clock of every command that follows."""
    from selfsearch.cli import options

    def at(moment: str) -> None:
        monkeypatch.setattr(options, "now", lambda: datetime.fromisoformat(moment))

    return at


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Eight photographs: the astronaut in three, others in four, nobody in one."""
    folder = tmp_path / "album"
    folder.mkdir()
    for variant in range(3):
        (folder / f"astronaut-{variant}.jpg").write_bytes(photos.photo("astronaut", variant))
    for person in "acdf":
        (folder / f"{person}.jpg").write_bytes(photos.photo(person, 1))
    (folder / "nobody.jpg").write_bytes(photos.nobody())
    return folder


@pytest.fixture
def selfie(tmp_path: Path) -> Path:
    """Another photograph of the astronaut."""
    path = tmp_path / "selfie.jpg"
    path.write_bytes(photos.photo("astronaut", 5))
    return path


Service = tuple[str, list[dict[str, str]]]  # the URL to set, and the messages that came


class Listener(BaseHTTPRequestHandler):
    received: list[dict[str, str]]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        self.received.append({"asked for": self.path})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def service() -> Iterator[Service]:
    """A service on this machine that takes messages."""
    received: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Listener,), {"received": received}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/s3cret", received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def one_photograph(home: Path, tmp_path: Path) -> Path:
    """A library with one photograph in it, of 1 March 2026; returns its home."""
    from selfsearch.consent import grants
    from selfsearch.library.library import open_library
    from selfsearch.workflows import index
    from tests.fakes import ColourEngine, coloured

    folder, now = tmp_path / "album", datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    folder.mkdir()
    (folder / "red.png").write_bytes(coloured("red"))
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grant = grants.give(library, grants.ConsentRequest("source", str(folder), "own"), now)
        index.index(library, ColourEngine(), grant, folder, lambda: now)  # type: ignore[arg-type]
    return home


@pytest.fixture
def filled(run: Run, home: Path, tmp_path: Path, selfie: Path) -> Path:
    """A library with two sources and a person; returns the folder of backups."""
    for name, variant in (("kept", 1), ("private", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"planted-{name}.jpg").write_bytes(photos.photo("astronaut", variant))
        run("index", tmp_path / name, "--consent", "own")
    run("query", selfie, "--self")
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def engine() -> ModelEngine:
    """The default pack, in this process."""
    from tests import mixed

    return mixed.engine()
