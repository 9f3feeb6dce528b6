"""What is kept of the ledger beside the key: an old copy of the library in its place is noticed, and so is an
emptied or a changed one, by every command that rests on it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import datetime, timezone
from pathlib import Path

import pytest

from selfsearch.consent import grants
from selfsearch.errors import ConsentError, LibraryError
from selfsearch.library import ledger, root_key
from selfsearch.library.db import open_database
from selfsearch.library.library import Library, open_library
from tests import photos
from tests.conftest import Run
from tests.test_consent import wish

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
COMMANDS = (
    ("status",),
    ("consent", "list"),
    ("consent", "verify"),
    ("index", "album"),
    ("query", "selfie.jpg", "--self"),
    ("rescan",),
    ("report",),
    ("people",),
    ("sources",),
    ("forget", "--all", "--yes"),
    ("doctor",),
)


@pytest.fixture
def indexed(run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with the astronaut in it, who has been asked for; returns its home."""
    monkeypatch.chdir(tmp_path)
    Path("album").mkdir()
    Path("album/astronaut.jpg").write_bytes(photos.photo("astronaut", 1))
    Path("selfie.jpg").write_bytes(photos.photo("astronaut", 5))
    run("index", "album", "--consent", "own")
    run("query", "selfie.jpg", "--self", "--consent", "own")
    return home


@pytest.fixture
def filled(home: Path) -> Path:
    """A library with three entries in its ledger; returns its home."""
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        for name in ("/a", "/b", "/c"):
            grants.give(library, wish(name), NOW)
    return home


def head(home: Path) -> Path:
    return next((home.parent / "keys").glob("*.head"))


def put_back(copy: Path, home: Path) -> None:
    """What a thief of an old copy, or a synchronised folder, does."""
    shutil.rmtree(home)
    shutil.copytree(copy, home)


def test_an_old_copy_in_the_library_s_place_is_noticed_by_every_command(run: Run, indexed: Path) -> None:
    shutil.copytree(indexed, "copy")
    run("consent", "revoke", "--yes", "album")
    run("query", "selfie.jpg", "--self")
    put_back(Path("copy"), indexed)
    for command in COMMANDS:
        said = run(*command, code=5)
        assert re.search(
            r"older than this machine remembers: .* ends at entry \d, not at \d", said.out + said.err
        )
        assert "selfsearch restore BACKUP" in said.out + said.err


def test_an_old_copy_can_be_accepted_and_the_ledger_says_so(run: Run, indexed: Path) -> None:
    assert "nothing to accept" in run("consent", "accept").out
    shutil.copytree(indexed, "copy")
    run("consent", "renew", "album", "--yes")
    put_back(Path("copy"), indexed)
    assert "older than" in run("consent", "accept", code=2).err
    run("consent", "accept", "--yes")
    assert run("query", "selfie.jpg", "--self", "--json").json["summary"]["appearances"] == 1
    assert run("consent", "export").json["entries"][-1]["event"] == "accept"
    put_back(Path("copy"), indexed)
    assert "older than this machine remembers" in run("status", code=5).err


def test_a_copy_that_went_another_way_is_noticed(run: Run, filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "copy")
    away = shutil.copytree(filled.parent / "keys", tmp_path / "away")
    with open_library(tmp_path / "copy", key_folder=away, writing=True) as library:
        grants.give(library, wish("/elsewhere"), NOW)
    with open_library(filled, key_folder=filled.parent / "keys", writing=True) as library:
        grants.revoke(library, "source", "/a", NOW)
    put_back(tmp_path / "copy", filled)
    assert "entry 4 of its ledger is another" in run("status", code=5).err


def test_a_copy_that_has_more_is_taken_for_what_it_is(run: Run, filled: Path, tmp_path: Path) -> None:
    """A synchronised library that another machine wrote in."""
    shutil.copytree(filled, tmp_path / "copy")
    away = shutil.copytree(filled.parent / "keys", tmp_path / "away")
    with open_library(tmp_path / "copy", key_folder=away, writing=True) as library:
        grants.revoke(library, "source", "/a", NOW)
    put_back(tmp_path / "copy", filled)
    run("status")
    assert json.loads(head(filled).read_bytes())["number"] == 4


@pytest.mark.parametrize("name", ["library.db", "keys.db"])
@pytest.mark.parametrize("command", [("status",), ("doctor",), ("index", "."), ("rescan",)])
def test_an_emptied_database_is_damage_and_never_a_new_library(
    run: Run, filled: Path, name: str, command: tuple[str, ...]
) -> None:
    for side in ("", "-wal", "-shm"):
        (filled / f"{name}{side}").unlink(missing_ok=True)
    said = run(*command, code=5)
    assert f"{name} is missing" in said.out + said.err
    (filled / name).touch()
    said = run(*command, code=5)
    assert f"{name} is empty" in said.out + said.err
    assert (filled / name).stat().st_size == 0


def test_a_database_of_ours_without_tables_is_damage(run: Run, filled: Path) -> None:
    root = root_key.unlock(filled, filled.parent / "keys", None)
    (filled / "library.db").unlink()
    open_database(filled / "library.db", root.library, create=True).close()
    assert "is empty" in run("index", ".", code=5).err


def test_a_head_that_the_key_did_not_write_is_refused(run: Run, filled: Path) -> None:
    for changed in (
        b"",
        b"[]",
        b"[" * 5000,
        head(filled).read_bytes().replace(b'"number": 3', b'"number": 1'),
    ):
        head(filled).write_bytes(changed)
        assert "was not written with this library's key" in run("status", code=5).err
    run("consent", "accept", "--yes")
    run("status")


def test_without_a_head_doctor_says_so_and_the_next_decision_makes_it(run: Run, filled: Path) -> None:
    path = head(filled)
    path.unlink()
    assert "nothing beside the key tells yet" in run("doctor").out
    run("consent", "list")
    assert json.loads(path.read_bytes())["number"] == 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert "nothing beside the key" not in run("doctor").out


KILLED = """
    import os, signal, sys
    from datetime import datetime, timezone
    from pathlib import Path
    from selfsearch.consent import grants
    from selfsearch.library import ledger
    from selfsearch.library.library import open_library

    setattr(ledger, sys.argv[2], lambda *args: os.kill(os.getpid(), signal.SIGKILL))
    home = Path(sys.argv[1])
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        grants.revoke(library, "source", "/a", datetime.now(timezone.utc))
"""


@pytest.mark.parametrize("point", ["_advance_head", "_save_head", "insert_row"])
def test_killed_between_ledger_and_head_nothing_is_lost(run: Run, filled: Path, point: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(filled), point]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    written = 3 if point == "insert_row" else 4
    assert f"the ledger is whole: {written} entries" in run("consent", "verify").out
    assert ("withdrawn" in run("consent", "list").out) == (written == 4)
    assert json.loads(head(filled).read_bytes())["number"] == written


@pytest.mark.parametrize(
    "statement",
    [
        "update consents set event = 'grant', expires_at = '2029-01-01T00:00:00+00:00' where id = 4",
        "update consents set subject = '/elsewhere' where id = 4",
        "update consents set kind = 'library' where id = 4",
        "update consents set expires_at = '2029-01-01T00:00:00+00:00' where id = 1",
        "delete from consents where id = 2",
        "delete from consents where id = 4",
        "insert into consents (at, event, kind, subject, previous_hash, hash) select at, 'grant', kind,"
        " subject, 'x', 'y' from consents where id = 1",
    ],
)
@pytest.mark.parametrize("ordinary", [1000, 0], ids=["verified whole", "compared with the head"])
def test_a_changed_ledger_gives_no_consent(
    run: Run, filled: Path, tmp_path: Path, statement: str, ordinary: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ORDINARY", ordinary)
    with open_library(filled, key_folder=filled.parent / "keys", writing=True) as library:
        grants.revoke(library, "source", "/a", NOW)
    changed(filled, statement)
    if ordinary or not statement.endswith("where id = 1"):  # nothing rests on it any more
        run("consent", "list", code=5)
    if ordinary:
        run("export", "--plain", tmp_path / "out", code=5)
        assert not (tmp_path / "out").exists()
    assert "ledger" in run("doctor", code=5).out
    with (
        open_library(filled, key_folder=filled.parent / "keys", accepting=True) as library,
        pytest.raises((LibraryError, ConsentError)),
    ):
        grants.require(library, "source", "/a", NOW)


def test_after_a_change_to_the_ledger_nothing_is_read_and_nobody_searched_for(
    run: Run, indexed: Path
) -> None:
    changed(indexed, "update consents set expires_at = '2029-01-01T00:00:00+00:00' where id = 2")
    for command in (("index", "album"), ("query", "selfie.jpg", "--self"), ("rescan",)):
        assert "changed at entry 2: it is not believed any more" in run(*command, code=5).err


def test_a_ledger_that_is_changed_while_a_program_runs_gives_no_consent(filled: Path) -> None:
    with open_library(filled, key_folder=filled.parent / "keys") as library:
        grants.require(library, "source", "/c", NOW)
        changed(filled, "update consents set expires_at = '2029-01-01T00:00:00+00:00' where id = 3")
        with pytest.raises(LibraryError, match="changed at entry 3"):
            grants.require(library, "source", "/c", NOW)


def test_consent_can_be_withdrawn_whatever_was_done_to_the_ledger(run: Run, filled: Path) -> None:
    changed(filled, "update consents set statement = 'x' where id = 2")
    with open_library(filled, key_folder=filled.parent / "keys", writing=True) as library:
        assert grants.revoke(library, "source", "/a", NOW) == ["/a"]
        assert ledger.entries(library)[-1].event == "revoke"


def changed(home: Path, statement: str) -> None:
    """What somebody with the key can do to the file."""
    root = root_key.unlock(home, home.parent / "keys", None)
    with Library(home, root, home.parent / "keys") as library:
        for name in ("consents_keep_update", "consents_keep_delete"):
            library.db.execute(f"drop trigger {name}")
        library.db.execute(statement)


def test_a_library_of_the_version_before_goes_on_and_its_reminders_stay(filled: Path) -> None:
    with open_library(filled, key_folder=filled.parent / "keys", writing=True) as library:
        library.db.execute("insert into reminders values (2, 'soon', '2026-03-01')")
        before = ledger.entries(library)
        library.db.execute("delete from _sqlite_migrations where name = 'm011_ledger_of_any_event'")
        library.db.execute("drop index consents_subject")
    with open_library(filled, key_folder=filled.parent / "keys", writing=True) as library:
        assert ledger.entries(library) == before
        assert ledger.verify(library) == 3
        assert library.db.execute("select * from reminders").fetchall() == [(2, "soon", "2026-03-01")]
        assert library.db.execute("pragma foreign_key_check").fetchall() == []
        plan = library.db.execute(
            "explain query plan select id, kind, subject, hash from consents order by kind, subject, hash"
        ).fetchall()
        assert "COVERING INDEX consents_subject" in str(plan)
