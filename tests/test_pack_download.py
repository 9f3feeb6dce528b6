"""Fetching a published pack, from a server on this machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from selfsearch.errors import PackError
from selfsearch.files import sha256_of
from selfsearch.packs.download import download_file
from selfsearch.recognition import session
from selfsearch.recognition.session import release_url

from . import packs as sample_packs
from .conftest import Run


@dataclass
class Server:
    """A small HTTP server with byte ranges and a few bad manners."""

    files: dict[str, bytes] = field(default_factory=dict)
    stop_after: int | None = None  # bytes of a body, then the connection breaks
    claims: int | None = None  # Content-Length that is announced
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)  # the Range header of each request
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        data = self.files.get(request.path.lstrip("/"))
        if data is None:
            request.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(data):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(data)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(self.claims or len(data) - start))
        request.end_headers()
        request.wfile.write(
            data[start : start + self.stop_after] if self.stop_after is not None else data[start:]
        )


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        state.address = f"http://127.0.0.1:{listening.server_port}/"
        yield state
        listening.shutdown()
        thread.join()


def quiet(have: int, total: int) -> None:
    """Nobody watches."""


def test_a_published_pack_is_fetched_added_and_recorded(
    run: Run, home: Path, older: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["buffalo_s.zip"] = sample_packs.zipped(older).read_bytes()
    monkeypatch.setattr(session, "release_url", lambda file: server.address + file)
    monkeypatch.chdir(home.parent.parent)
    result = run("models", "add", "buffalo_s", "--accept-license")
    assert "non-commercial research" in result.err
    assert "buffalo_s is added" in result.out
    origin = json.loads((home / "packs/buffalo_s/manifest.json").read_text())["origin"]
    archive = older.with_name("buffalo_s.zip")
    assert origin == {
        "from": f"{server.address}buffalo_s.zip",
        "sha256": sha256_of(archive),
        "bytes": archive.stat().st_size,
    }
    assert os.listdir(home / "packs") == ["buffalo_s"]


def test_nothing_is_fetched_before_the_licence_is_accepted(
    run: Run, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "release_url", lambda file: server.address + file)
    message = run("models", "add", "buffalo_l", code=2).err
    assert "non-commercial research" in message
    assert "selfsearch models add buffalo_l --accept-license" in message
    assert server.asked == []


def test_the_address_is_insightfaces_own() -> None:
    assert release_url("buffalo_l.zip") == (
        "https://github.com/deepinsight/insightface/releases/download/model-zoo/buffalo_l.zip"
    )


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, server: Server) -> None:
    data = np.random.default_rng(0).bytes(2_000_000)
    server.files["x.zip"], server.stop_after = data, 700_000
    target = tmp_path / "packs/x.zip"
    with pytest.raises(PackError, match="the same command goes on from there"):
        download_file(server.address + "x.zip", target, quiet)
    part = target.with_name("x.zip.part")
    have = part.stat().st_size
    assert 600_000 < have <= 700_000
    assert part.read_bytes() == data[:have]
    assert os.name != "posix" or part.stat().st_mode & 0o777 == 0o600
    server.stop_after = None
    progress: list[tuple[int, int]] = []
    download_file(server.address + "x.zip", target, lambda have, total: progress.append((have, total)))
    assert target.read_bytes() == data
    assert server.asked == [None, f"bytes={have}-"]
    assert progress[-1] == (2_000_000, 2_000_000)
    assert not part.exists()


def test_a_server_without_ranges_sends_all_of_it_again(tmp_path: Path, server: Server) -> None:
    server.files["x.zip"], server.ranges = b"the whole file", False
    (tmp_path / "x.zip.part").write_bytes(b"something longer than the whole file")
    download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)
    assert (tmp_path / "x.zip").read_bytes() == b"the whole file"


def test_a_part_that_is_whole_already_is_taken(tmp_path: Path, server: Server) -> None:
    server.files["x.zip"] = b"the whole file"
    (tmp_path / "x.zip.part").write_bytes(b"the whole file")
    download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)
    assert (tmp_path / "x.zip").read_bytes() == b"the whole file"


def test_a_part_longer_than_the_file_is_thrown_away(tmp_path: Path, server: Server) -> None:
    server.files["x.zip"] = b"short"
    (tmp_path / "x.zip.part").write_bytes(b"longer than that")
    with pytest.raises(PackError, match="try again from the start"):
        download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)
    download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)
    assert (tmp_path / "x.zip").read_bytes() == b"short"


def test_a_size_beyond_reason_is_not_fetched(tmp_path: Path, server: Server) -> None:
    server.files["x.zip"], server.claims = b"x", 3 << 30
    with pytest.raises(PackError, match="offers 3072 MB"):
        download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)


def test_a_file_that_is_gone_is_named(tmp_path: Path, server: Server) -> None:
    with pytest.raises(PackError, match=r"x\.zip is not there any more.*selfsearch models add FILE\.zip"):
        download_file(server.address + "x.zip", tmp_path / "x.zip", quiet)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_exactly_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PackError) as why:
        download_file("http://127.0.0.1:9/buffalo_l.zip", tmp_path / "buffalo_l.zip", quiet)
    assert str(why.value) == (
        "http://127.0.0.1:9/buffalo_l.zip cannot be reached from here. Without a network: fetch"
        " http://127.0.0.1:9/buffalo_l.zip on another machine or with a browser, bring it here and run:"
        " selfsearch models add buffalo_l.zip"
    )


def test_a_download_that_is_no_pack_leaves_nothing_behind(
    run: Run, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["buffalo_s.zip"] = b"<html>please log in</html>"
    monkeypatch.setattr(session, "release_url", lambda file: server.address + file)
    monkeypatch.chdir(home.parent)
    assert "neither a folder nor a zip" in run("models", "add", "buffalo_s", "--accept-license", code=5).err
    assert os.listdir(home / "packs") == []
