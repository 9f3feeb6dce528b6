"""What becomes of a library when a run is killed, stopped, doubled or out of room: the real command."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from selfsearch.cli import main
from selfsearch.containers.folder import Folder
from selfsearch.errors import SelfsearchError
from selfsearch.library import faces
from selfsearch.library.library import open_library
from tests import photos
from tests.conftest import Run

COMMAND = "from selfsearch.cli import run; run()"
OFTEN = "from selfsearch.workflows import index; index.BATCH = 8; "  # files per transaction
ROOT = Path(__file__).resolve().parent.parent

UNTOUCHED, BEGUN = "Nothing was erased", "is not searched or shown any more, but not all of it is erased yet"

Process = subprocess.Popen[str]


def start(*words: object, before: str = "", **options: object) -> Process:
    """The command in a process of its own, with the library that the environment names."""
    return subprocess.Popen(
        [sys.executable, "-c", before + COMMAND, *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def ended(process: Process) -> tuple[int, str]:
    """Exit code and what was said on stderr."""
    said = process.communicate(timeout=600)[1]
    return process.returncode, said


def many_photos(folder: Path, count: int) -> Path:
    """Small pictures, no two the same: everybody in turn, and now and then nobody."""
    folder.mkdir()
    for number in range(count):
        person = photos.PEOPLE[number % len(photos.PEOPLE)]
        picture = photos.picture(person, number % 20, 160).copy()
        picture.putpixel((number % 160, number // 160), (255, 0, 255))
        data = photos.encoded(picture, "PNG") if number % 9 else photos.nobody(number)
        (folder / f"{number:05}.{'png' if number % 9 else 'jpg'}").write_bytes(data)
    return folder


Content = dict[str, tuple[str, str, list[tuple[object, ...]]]]


def content(home: Path, keys: Path) -> Content:
    """What a library says, without its numbers and times: path -> outcome, hash and faces, each face with its
    box, chip and vector, decrypted.
    """
    found: Content = {}
    with open_library(home, key_folder=keys) as library:
        ids, embeddings = faces.load_embeddings(library, 1, 128, faces.analysed_media(library, 1))
        embedding = {int(number): row.round(4).tolist() for number, row in zip(ids, embeddings, strict=True)}
        for path, outcome, media, digest in library.db.execute(
            "select path, outcome, media_id, sha256 from items left join media on media.id = media_id"
        ).fetchall():
            rows = library.db.execute(
                "select id, x, y, width, height from faces where media_id = ? order by ordinal", [media]
            ).fetchall()
            chips = faces.load_chips(library, media) if media else []
            looks = [chip.astype(int).sum() for chip in chips]
            assert len(rows) == len(chips)
            seen = [(*row[1:], embedding[row[0]], look) for row, look in zip(rows, looks, strict=True)]
            found[path] = (outcome, digest, seen)
    return found


def tables(home: Path, keys: Path) -> dict[str, int]:
    """Rows per table; a file that is written down twice, or a face without a file, shows here."""
    names = ("items", "media", "faces", "vectors", "chips", "sightings")
    with open_library(home, key_folder=keys) as library:
        assert library.db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert library.db.execute("pragma foreign_key_check").fetchall() == []
        return {name: library.db.execute(f"select count(*) from {name}").fetchone()[0] for name in names}  # noqa: S608


def kill_and_compare(
    run: Run, folder: Path, home: Path, kills: int, monkeypatch: pytest.MonkeyPatch, before: str = ""
) -> None:
    """Index `folder` with `kills` deaths on the way, and once undisturbed; both libraries say the same."""
    dice, keys = random.Random(7), home.parent / "keys"  # noqa: S311
    deaths = 0
    for _ in range(kills):
        process = start("index", folder, "--consent", "own", before=before)
        wait_for_items(process, home, keys, dice.random() * 0.9 * len(list(folder.iterdir())), dice)
        process.kill()
        deaths += process.wait() == -signal.SIGKILL
        process.communicate()
    assert deaths >= kills - 1, "runs were over before they could be killed"
    run("index", folder, "--consent", "own")
    survived, rows = content(home, keys), tables(home, keys)
    monkeypatch.setenv("SELFSEARCH_HOME", str(home.parent / "undisturbed"))
    run("index", folder, "--consent", "own")
    assert survived == content(home.parent / "undisturbed", keys)
    assert rows == tables(home.parent / "undisturbed", keys)


def wait_for_items(process: Process, home: Path, keys: Path, wanted: float, dice: random.Random) -> None:
    """Until that many files are written down, or the run is over, and then a moment more."""
    while process.poll() is None and written(home, keys) < wanted:
        time.sleep(0.02)
    time.sleep(dice.random() * 0.1)


def written(home: Path, keys: Path) -> int:
    """Files in the library so far, as another process sees them while one writes."""
    try:
        with open_library(home, key_folder=keys) as library:
            return int(library.db.execute("select count(*) from items").fetchone()[0])
    except SelfsearchError:  # it is being made
        return 0


def test_a_run_that_is_killed_loses_nothing_that_was_finished(
    run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_and_compare(run, many_photos(tmp_path / "in", 60), home, 3, monkeypatch, OFTEN)


@pytest.mark.slow
def test_twenty_deaths_among_two_thousand_photographs_change_nothing(
    run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_and_compare(run, many_photos(tmp_path / "in", 2000), home, 20, monkeypatch)


STOPPED = "selfsearch: stopped; {} of this run are in the library, and the next run goes on from there\n"


def children(process: Process) -> list[int]:
    """The processes that it has started and that are there."""
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True)  # noqa: S607
    return [int(number) for number in listed.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM] * 3, 143),  # those after the first change nothing
    ],
)
def test_a_run_that_is_stopped_keeps_everything_finished(
    run: Run, tmp_path: Path, home: Path, sent: list[signal.Signals], code: int
) -> None:
    folder, keys = many_photos(tmp_path / "in", 90), tmp_path / "keys"
    process = start("index", folder, "--consent", "own", before=OFTEN)
    while process.poll() is None and written(home, keys) < 16:
        time.sleep(0.02)
    workers = children(process)
    for number in sent:
        for pid in (process.pid, *workers):  # as a terminal and a service manager do
            os.kill(pid, number)
    returned, said = ended(process)
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    kept = tables(home, keys)["items"]
    assert 16 <= kept < 90
    assert said.endswith(STOPPED.format(f"{kept} files"))
    assert (returned, "Traceback" in said) == (code, False)
    with open_library(home, key_folder=keys) as library:
        assert library.db.execute("select state from scans").fetchall() == [("interrupted",)]
    again = run("index", folder, "--json").json
    assert (again["unchanged"], again["found"], again["outcomes"].get("failed")) == (kept, 90, None)


FULL = """
import os, time
from selfsearch.workflows import index

def store(scan, batch):  # everything is read, and nothing written
    open(os.environ["SELFSEARCH_HOME"] + "/../read", "w").close()
    time.sleep(60)

index._store_batch = store
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_was_read_and_is_not_in_the_library_is_not_said_to_be_kept(
    run: Run, tmp_path: Path, home: Path
) -> None:
    folder, keys = many_photos(tmp_path / "in", 40), tmp_path / "keys"
    process = start("index", folder, "--consent", "own", before=FULL)
    while process.poll() is None and not (home.parent / "read").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    returned, said = ended(process)
    assert said.endswith(
        "selfsearch: stopped; no file of this run is in the library yet, and the next run reads them again\n"
    )
    assert (returned, tables(home, keys)["items"]) == (143, 0)
    assert run("index", folder, "--json").json["new"] == 40


HANGING = """
import os, signal, sys, time, selfsearch.cli as cli

def opened():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except KeyboardInterrupt:
        os.kill(os.getpid(), signal.SIGTERM)  # passed over
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)

cli.signals.PATIENCE, cli.options.opened, sys.argv = 0.1, opened, ["selfsearch", "status"]
cli.run()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_ending_that_hangs_is_cut_short_by_one_more_signal(home: Path) -> None:
    process = subprocess.run([sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, timeout=50)
    assert (process.returncode, process.stdout, process.stderr) == (143, b"", b"")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="terminals")
def test_a_command_that_asks_ends_when_its_terminal_goes(home: Path, album: Path) -> None:
    process, terminal = in_a_terminal("index", album)
    shown = read_until(terminal, b"? ")
    process.send_signal(signal.SIGHUP)
    os.close(terminal)
    assert (process.wait(60), b"Traceback" in shown) == (129, False)


@pytest.mark.skipif(sys.platform == "win32", reason="terminals")
def test_ctrl_c_at_a_question_is_answered_with_a_sentence(home: Path, album: Path) -> None:
    process, terminal = in_a_terminal("index", album)
    read_until(terminal, b"? ")
    process.send_signal(signal.SIGINT)
    shown = read_until(terminal, b"no consent was recorded")
    assert process.wait(60) == 130
    assert b"Traceback" not in shown
    os.close(terminal)


def in_a_terminal(*words: object) -> tuple[Process, int]:
    """The command with a terminal of its own, and the other end of that."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", COMMAND, *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, text=True)
    os.close(theirs)
    return process, ours


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What is shown up to some words, folded or not."""
    shown = b""
    while wanted.replace(b" ", b"") not in shown.replace(b"\r\n", b"").replace(b" ", b""):
        shown += os.read(terminal, 4096)
    return shown


def test_a_second_indexer_is_told_that_one_is_at_work_and_readers_go_on(
    run: Run, tmp_path: Path, home: Path, album: Path, selfie: Path
) -> None:
    run("index", album, "--consent", "own")
    before = run("query", selfie, "--self", "--json").json["appearances"]
    with open_library(home, key_folder=tmp_path / "keys", writing=True) as library, library.atomic():
        library.db.execute("update media set problem = 'half written'")
        assert "another selfsearch is writing" in run("index", album, code=5).err
        assert run("status", "--json").json["media"] == 8
        assert run("status", "--problems", "--json").json["problems"] == []
    assert run("query", selfie, "--json").json["appearances"] == before


def test_two_real_processes_do_not_write_at_once(run: Run, tmp_path: Path, home: Path, album: Path) -> None:
    folder = many_photos(tmp_path / "in", 120)
    first, second = start("index", folder, "--consent", "own"), start("index", folder, "--consent", "own")
    codes = sorted((ended(first)[0], ended(second)[0]))
    assert codes in ([0, 5], [0, 0])  # one was told to wait, or came when the other had finished
    assert tables(home, tmp_path / "keys")["items"] == 120


@contextmanager
def small_disk(at: Path, megabytes: float) -> Iterator[None]:
    """A disk of that size at `at`. Skips the test where nobody may mount one."""
    at.mkdir(exist_ok=True)
    size = f"size={int(megabytes * 1024)}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(at)], capture_output=True)  # noqa: S607
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)  # noqa: S607


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_full_disk_is_said_and_the_library_stays_good(run: Run, tmp_path: Path, home: Path) -> None:
    folder = many_photos(tmp_path / "in", 200)
    with small_disk(home, 1.2):
        said = run("index", folder, "--consent", "own", code=1).err
        assert "is full; what was finished before is kept" in said
        assert "Traceback" not in said
        kept = tables(home, tmp_path / "keys")["items"]
        assert run("status", "--json").json["media"] == kept
        subprocess.run(["mount", "-o", "remount,size=64m", str(home)], check=True)  # noqa: S607
        again = run("index", folder, "--json").json
        assert (again["unchanged"], again["found"]) == (kept, 200)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
@pytest.mark.parametrize("command", [["forget", "--yes"], ["consent", "revoke", "--yes"]], ids=" ".join)
def test_what_is_erased_on_a_full_disk_is_erased_when_there_is_room(
    run: Run,
    one_photograph: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    said: set[str] = set()
    with small_disk(tmp_path / "disk", 2):
        home = tmp_path / "disk/library"
        monkeypatch.setenv("SELFSEARCH_HOME", str(home))
        for room in range(0, 240_000, 60_000):  # bytes
            shutil.rmtree(home, ignore_errors=True)
            shutil.rmtree(tmp_path / "keys of now", ignore_errors=True)
            shutil.copytree(one_photograph, home)
            shutil.copytree(tmp_path / "keys", tmp_path / "keys of now")
            monkeypatch.setenv("SELFSEARCH_KEYS", str(tmp_path / "keys of now"))
            run("status")
            filler = tmp_path / "disk/filler"
            filler.write_bytes(bytes(shutil.disk_usage(home).free - room))
            code = main([*command, str(tmp_path / "album")])
            story = capsys.readouterr().err
            filler.unlink()
            if code == 0:
                continue
            assert code == 1, story
            assert "is full" in story
            said |= {sentence for sentence in (UNTOUCHED, BEGUN) if sentence in story}
            run(*command, tmp_path / "album")
            assert tables(home, tmp_path / "keys of now")["media"] == 0
    assert BEGUN in said


def test_a_limit_on_file_sizes_is_no_worse_than_a_full_disk(run: Run, tmp_path: Path, home: Path) -> None:
    folder = many_photos(tmp_path / "in", 200)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))

    code, said = ended(start("index", folder, "--consent", "own", preexec_fn=limit))
    assert code in (1, 5), said
    assert said.startswith("selfsearch: ") or "\nselfsearch: " in said
    assert "Traceback" not in said
    kept = tables(home, tmp_path / "keys")["items"]
    assert run("index", folder, "--consent", "own", "--json").json["unchanged"] == kept


@contextmanager
def read_only(at: Path) -> Iterator[None]:
    """Nobody can write in `at`, root included. Skips the test where that cannot be had."""
    bound = subprocess.run(["mount", "--bind", str(at), str(at)], capture_output=True)  # noqa: S607
    if bound.returncode:
        pytest.skip("a read-only folder needs a mount, and that needs root")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(at)], check=True)  # noqa: S607
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)  # noqa: S607


@pytest.mark.skipif(sys.platform != "linux", reason="mounts read-only")
def test_a_read_only_home_is_said(run: Run, album: Path, tmp_path: Path, home: Path) -> None:
    home.mkdir()
    with read_only(home):
        said = run("index", album, "--consent", "own", code=5).err
    assert said.startswith("selfsearch: ")
    assert "read-only" in said.lower()


@pytest.mark.skipif(sys.platform != "linux", reason="mounts read-only")
def test_a_library_that_became_read_only_is_said(run: Run, album: Path, tmp_path: Path, home: Path) -> None:
    run("index", album, "--consent", "own")
    with read_only(home):
        said = run("index", album, code=5).err
    assert said.startswith("selfsearch: ")
    assert "read-only" in said.lower()
    assert run("index", album, "--json").json["unchanged"] == 8


def test_a_source_that_vanishes_while_it_is_read_costs_its_files_and_not_the_run(
    run: Run, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = many_photos(tmp_path / "in", 40)
    opened: list[object] = []
    inner = Folder.open

    def vanishing(self: Folder, member: object) -> object:
        if len(opened) > 1:  # of the first two, one shows somebody
            shutil.rmtree(folder, ignore_errors=True)
        stream = inner(self, member)  # type: ignore[arg-type]
        opened.append(member)
        return stream

    monkeypatch.setattr(Folder, "open", vanishing)
    found = run("index", folder, "--consent", "own", "--json").json
    assert found["found"] == 40
    assert found["outcomes"]["unreadable"] >= 30
    assert sum(found["outcomes"].values()) == 40
    monkeypatch.undo()
