"""Photographs are looked at in processes that hold nothing: what they cannot do, and what their end costs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch.errors import ItemError
from selfsearch.library import root_key
from selfsearch.packs.store import find_pack
from selfsearch.recognition import messages, worker_pool
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.recognition.worker_pool import WorkerPool
from selfsearch.sandbox import kernel
from selfsearch.types import Analysis, Facts, Location, Outcome, Timestamp
from tests import photos, rogue_worker
from tests.conftest import Run
from tests.fuzzing import CORPUS

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the seal is the Linux kernel's")


@pytest.fixture(autouse=True)
def kept_workers() -> None:
    """Here workers start and end as they do for everybody."""


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    """One worker."""
    pool = WorkerPool(find_pack("opencv-zoo"), size=1)
    yield pool
    pool.close()


@pytest.fixture
def rogue_album(album: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The album with one more photograph, in the middle, that takes over who looks at it."""
    from selfsearch.cli import options

    monkeypatch.setattr(options, "_engines", {})
    data = photos.photo("astronaut", 9)
    (album / "d-rogue.jpg").write_bytes(data[:-2] + rogue_worker.ROGUE + data[-2:])
    return album


def sealed(attempt: str) -> str:
    """What comes of an attempt in a process that has sealed itself."""
    code = f"""
        import ctypes, mmap, os, signal, socket, subprocess, threading
        from selfsearch.sandbox.seal import seal
        libc = ctypes.CDLL(None, use_errno=True)
        parent = os.getppid()
        seal(1 << 28)
        try:
            {attempt}
            os.write(1, b"done")
        except BaseException as exc:
            os.write(1, type(exc).__name__.encode())
        os._exit(0)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        command, capture_output=True, timeout=60, env=environment, check=False
    ).stdout.decode()


@on_linux
@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/proc/self/mem', 'rb')",
        "os.open('/tmp/left-behind', os.O_CREAT | os.O_WRONLY)",
        "os.listdir('/')",
        "os.stat('/')",
        "os.unlink('/tmp/anything')",
        "os.mkdir('/tmp/anything')",
        "os.rename('/tmp/a', '/tmp/b')",
        "os.symlink('/etc/passwd', '/tmp/link')",
        "os.chmod('/tmp', 0o777)",
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.pipe()",
        "os.dup(0)",
        "os.memfd_create('memory')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.kill(parent, 0)",
        "os.kill(parent, signal.SIGKILL)",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "os.setpriority(os.PRIO_PROCESS, 0, 5)",
        "bytearray(1 << 29)",
    ],
)
def test_a_sealed_process_is_refused(attempt: str) -> None:
    assert sealed(attempt) in ("PermissionError", "OSError", "MemoryError")


@on_linux
@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("ptrace", "16, parent, 0, 0"),
        ("process_vm_readv", "parent, 0, 0, 0, 0, 0"),
        ("unshare", "0x10000000"),
    ],
)
def test_c_code_in_a_sealed_process_is_refused(call: str, arguments: str) -> None:
    attempt = (
        f"os.write(1, b'refused' if libc.{call}({arguments}) == -1 and ctypes.get_errno() == 1 else b'')"
    )
    assert sealed(attempt) == "refuseddone"


@on_linux
@pytest.mark.parametrize(
    "attempt", ["bytearray(1 << 26)", "threading.Thread(target=int).start()", "os.urandom(9)"]
)
def test_a_sealed_process_can_compute(attempt: str) -> None:
    assert sealed(attempt) == "done"


@on_linux
def test_the_workers_of_a_run_are_sealed(pool: WorkerPool) -> None:
    assert pool.seal() == (True, kernel.landlock_version() > 0, True)


def test_a_sealed_worker_has_loaded_what_any_picture_needs(pool: WorkerPool) -> None:
    for path in sorted((CORPUS / "picture").iterdir()):
        try:
            pool.analyse(path.read_bytes())
        except ItemError as exc:
            assert exc.outcome is not Outcome.FAILED, path.name  # noqa: PT017  (others are damaged on purpose)


@on_linux
def test_doctor_says_what_holds_the_workers(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    (finding,) = [each for each in run("doctor", "--json").json["findings"] if each["check"] == "workers"]
    has_landlock = kernel.landlock_version() > 0
    assert finding["level"] == ("ok" if has_landlock else "note")
    layers = ["open no file"] * has_landlock + ["start no program, reach no network", "have limited memory"]
    assert f"no key, {', '.join(layers)}" in finding["what"]


@on_linux
def test_a_worker_holds_no_key_no_passphrase_and_no_file(
    run: Run, home: Path, tmp_path: Path, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selfsearch.cli import options

    monkeypatch.setattr(options, "_engines", {})
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", "a passphrase to look for")
    run("index", album, "--consent", "own")
    unlocked = root_key.unlock(home, tmp_path / "keys", None)
    secrets = [unlocked.library, *unlocked.wrapping, b"a passphrase to look for", str(home).encode()]
    (pool,) = options._engines.values()
    searched = 0
    for worker in pool._workers._running:
        process = Path(f"/proc/{worker._process.pid}")
        opened = {os.readlink(fd).split(":")[0] for fd in (process / "fd").iterdir()}
        assert opened <= {"pipe", "/dev/null"}
        memory = memory_of(process)
        searched += len(memory)
        assert ROGUE_FREE in memory  # it is the worker's memory that was read
        assert [secret for secret in secrets if secret in memory] == []
    assert searched > 100_000_000
    pool.close()


ROGUE_FREE = b"selfsearch.recognition.worker"


def memory_of(process: Path) -> bytes:
    """Everything that a process has written to its memory."""
    parts = []
    with (process / "mem").open("rb", buffering=0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(address, 16) for address in span.split("-"))
            if rights.startswith("rw"):
                memory.seek(start)
                parts.append(memory.read(end - start))
    return b"".join(parts)


@pytest.mark.parametrize("behaviour", [name for name in rogue_worker.BEHAVIOURS if name != "hang"])
def test_a_photograph_that_takes_over_its_worker_costs_itself_alone(
    run: Run, rogue_album: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    monkeypatch.setattr(worker_pool, "CODE", rogue_worker.code(behaviour))
    run("index", rogue_album, "--consent", "own", code=1)
    status = run("status", "--problems", "--json").json
    (problem,) = status["problems"]
    assert (problem["outcome"], Path(problem["address"]).name) == ("failed", "d-rogue.jpg")
    assert problem["reason"] == worker_pool.CRASHED
    assert status["outcomes"] == {"indexed": 7, "no_face": 1, "failed": 1}
    assert not list(rogue_album.parent.rglob("taken-over"))


def test_a_photograph_that_takes_too_long_is_given_up(
    run: Run, rogue_album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "CODE", rogue_worker.code("hang"))
    monkeypatch.setattr(worker_pool, "SECONDS", 5)
    run("index", rogue_album, "--consent", "own", code=1)
    status = run("status", "--problems", "--json").json
    assert [problem["reason"] for problem in status["problems"]] == [worker_pool.TOO_SLOW]
    assert status["outcomes"] == {"indexed": 7, "no_face": 1, "failed": 1}


def test_a_picture_that_needs_too_much_memory_is_an_outcome(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        worker_pool,
        "CODE",
        worker_pool.CODE.replace(
            "main()", "import selfsearch.recognition.worker as worker; worker.MEMORY = 100 << 20; main()"
        ),
    )
    large = np.zeros((7000, 7000, 3), np.uint8)
    with pytest.raises(ItemError) as caught:
        pool.analyse(photos.encoded(photos.Image.fromarray(large), "PNG"))
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_the_answers_are_those_of_the_models_in_one_process(pool: WorkerPool) -> None:
    engine = ModelEngine(find_pack("opencv-zoo"))
    for data in (photos.photo("astronaut", 3), photos.encoded(photos.group(), "PNG"), photos.nobody()):
        same_analysis(pool.analyse(data), engine.analyse(data))
        boxes = [face.box for face in engine.analyse(data).faces]
        assert pool.crop_faces(data, boxes) == engine.crop_faces(data, boxes)
    chips = np.stack([face.chip for face in engine.analyse(photos.photo("a", 1)).faces])
    assert np.array_equal(pool.embed(chips), engine.embed(chips))


def same_analysis(one: Analysis, other: Analysis) -> None:
    """Equal to the last bit."""
    assert replace(one, faces=()) == replace(other, faces=())
    assert len(one.faces) == len(other.faces)
    for face, same in zip(one.faces, other.faces, strict=True):
        assert (face.box, face.score, face.quality) == (same.box, same.score, same.quality)
        for name in ("landmarks", "chip", "embedding"):
            assert np.array_equal(getattr(face, name), getattr(same, name))
            assert getattr(face, name).dtype == getattr(same, name).dtype


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff" * 8,
        b"\x05\0\0\0\0\0\0\0{{{{{",
        b"\x06\0\0\0\0\0\0\0[1, 2]",
        (1000).to_bytes(4, "little") + bytes(4) + b"[" * 1000,
        bytes(8),
    ],
)
def test_what_is_no_message_is_not_taken_for_one(answer: bytes) -> None:
    with pytest.raises(messages.MessageError):
        messages.receive(io.BytesIO(answer))


@pytest.mark.parametrize("answer", [b"", b"\x05\0\0", b"\x05\0\0\0\0\0\0\0{", b"\x02\0\0\0\x09\0\0\0{}123"])
def test_an_answer_that_is_cut_short_is_none(answer: bytes) -> None:
    assert messages.receive(io.BytesIO(answer)) is None


def test_workers_end_with_their_pool(pool: WorkerPool) -> None:
    pool.analyse(photos.photo("a", 1))
    (worker,) = pool._workers._running
    pool.close()
    assert worker._process.poll() is not None


def test_a_pool_that_rests_has_no_workers_and_starts_them_again(pool: WorkerPool) -> None:
    pool.analyse(photos.photo("a", 1))
    (worker,) = pool._workers._running
    pool.rest()
    assert worker._process.poll() is not None
    assert len(pool.analyse(photos.photo("a", 1)).faces) == 1


@on_linux
def test_workers_end_with_the_process_that_was_killed(tmp_path: Path) -> None:
    code = """
        import os, signal
        from selfsearch.packs.store import find_pack
        from selfsearch.recognition.worker_pool import WorkerPool
        pool = WorkerPool(find_pack("opencv-zoo"), size=1)
        pool.seal()
        (worker,) = pool._workers._running
        print(worker._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    killed = subprocess.run(command, capture_output=True, timeout=60, env=environment, check=False)
    process = Path(f"/proc/{int(killed.stdout)}")
    deadline = time.monotonic() + 20
    while process.exists() and "Z" not in (process / "stat").read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not process.exists() or "Z" in (process / "stat").read_text()


FACTS = st.builds(
    Facts,
    taken=st.none() | st.builds(Timestamp, st.text(), st.none() | st.text()),
    location=st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.text()),
    caption=st.none() | st.text(st.characters()),  # lone surrogates included
    people=st.lists(st.text()).map(tuple),
)


@given(FACTS, st.none() | st.integers(0, 2**64 - 1), st.none() | st.text())
def test_what_a_file_says_of_itself_arrives_as_it_was_sent(
    facts: Facts, phash: int | None, problem: str | None
) -> None:
    analysis = Analysis("image/png", 3, 4, (), phash, facts, problem)
    text, parts = messages.encode_analysis(analysis)
    assert messages.decode_analysis((text, b"".join(parts)), 128) == analysis


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.sampled_from(["type", "size", "faces", "phash", "taken", "location", "caption", "people"]),
    JSON,
    st.binary(),
)
def test_no_answer_raises_anything_but_that_it_is_none(field: str, value: object, body: bytes) -> None:
    analysis = Analysis("image/png", 3, 4, (), 5, Facts())
    text = messages.encode_analysis(analysis)[0] | {field: value}
    try:
        decoded = messages.decode_analysis((text, body), 128)
    except messages.MessageError:
        return
    assert len(decoded.faces) == 0
    assert 1 <= decoded.width <= 1 << 20
