"""Backup, restore, plain export: nothing is lost, and nothing comes back that was withdrawn or erased."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from selfsearch.library import faces, sealed
from selfsearch.library.library import open_library
from tests.backups import PASSPHRASE, key_of, lose, shown
from tests.conftest import Run, id_of
from tests.forensics import encodings


def test_a_backup_is_private_holds_no_key_and_nothing_readable(run: Run, home: Path, filled: Path) -> None:
    out = run("backup", filled / "b.zip").out
    assert "2 sources, 2 photographs, 2 faces, 4 entries" in out
    raw, key = (filled / "b.zip").read_bytes(), key_of(home).read_bytes()
    assert (filled / "b.zip").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in filled.iterdir()] == ["b.zip"]
    assert zipfile.ZipFile(filled / "b.zip").namelist() == [
        "library.db",
        "keys.db",
        "manifest.json",
        "manifest.mac",
    ]
    assert b"planted" not in raw
    assert not any(form in raw for form in encodings(key[:32]) | encodings(key[32:]))
    assert "--yes" in run("backup", filled / "b.zip", code=2).err


def test_a_lost_library_comes_back_whole(run: Run, home: Path, filled: Path, selfie: Path) -> None:
    run("verdict", id_of(home, 1), "not-me", "--yes")
    run("backup", filled / "b.zip")
    lose(home)
    run("restore", filled / "b.zip")
    assert shown(run, selfie) == {"planted-private.jpg"}
    assert "4 entries" in run("consent", "verify").out


def test_restore_asks_before_it_replaces_and_checks_first(run: Run, home: Path, filled: Path) -> None:
    run("backup", filled / "b.zip")
    assert "--yes" in run("restore", filled / "b.zip", code=2).err
    before = (home / "library.db").read_bytes()
    damaged = bytearray((filled / "b.zip").read_bytes())
    damaged[5000] ^= 1
    (filled / "damaged.zip").write_bytes(damaged)
    assert "damaged" in run("restore", filled / "damaged.zip", "--yes", code=5).err
    with zipfile.ZipFile(filled / "other.zip", "w") as archive:
        archive.writestr("../library.db", "x")
    assert "not a backup" in run("restore", filled / "other.zip", "--yes", code=5).err
    (filled / "text.zip").write_text("x")
    assert "not a backup" in run("restore", filled / "text.zip", "--yes", code=5).err
    assert (home / "library.db").read_bytes() == before


def test_what_was_withdrawn_after_the_backup_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    run("backup", filled / "b.zip")
    run("consent", "revoke", "--yes", tmp_path / "private")
    assert shown(run, selfie) == {"planted-kept.jpg"}
    out = run("restore", filled / "b.zip", "--yes")
    assert "2 newer entries" in out.out
    assert "private is erased" in out.err
    assert shown(run, selfie) == {"planted-kept.jpg"}
    assert run("query", selfie, "--json").json["library"]["sources"] == 1
    run("consent", "verify")


def test_a_photograph_forgotten_after_the_backup_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    run("backup", filled / "b.zip")
    run("forget", tmp_path / "private" / "planted-private.jpg", "--yes")
    run("restore", filled / "b.zip", "--yes")
    assert shown(run, selfie) == {"planted-kept.jpg"}


def test_without_the_library_in_place_what_does_not_open_is_dropped_and_said(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    run("backup", filled / "b.zip")
    run("consent", "revoke", "--yes", tmp_path / "private")  # wraps every key anew
    lose(home)
    out = run("restore", filled / "b.zip")
    assert f"{tmp_path / 'kept'}, {tmp_path / 'private'}" in out.out
    assert run("sources", "--json").json["sources"] == []
    with open_library(home, key_folder=home.parent / "keys") as library:
        assert library.db.execute("select count(*) from vectors").fetchone()[0] == 0


def test_a_backup_with_its_key_opens_elsewhere_with_the_passphrase(
    run: Run, home: Path, filled: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    run("backup", filled / "b.zip", "--with-key")
    lose(home)
    key_of(home).unlink()
    assert "does not open with any key at hand" in run("restore", filled / "b.zip", code=5).err
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", "wrong horse battery")
    run("restore", filled / "b.zip", code=5)
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", PASSPHRASE)
    run("restore", filled / "b.zip")
    assert len(shown(run, selfie)) == 2
    assert key_of(home).stat().st_mode & 0o777 == 0o600


def test_a_backup_opens_with_the_recovery_code(
    run: Run, home: Path, filled: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = run("key", "export", "--yes").out
    run("backup", filled / "b.zip")
    lose(home)
    key_of(home).unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    run("restore", filled / "b.zip", "--code")
    assert len(shown(run, selfie)) == 2


def test_a_lost_library_that_was_further_than_its_backup_is_told_of(
    run: Run, home: Path, filled: Path, tmp_path: Path
) -> None:
    run("backup", filled / "b.zip")
    run("consent", "renew", tmp_path / "kept", "--yes")
    lose(home)
    assert "with more entries in its ledger than there are now" in run("restore", filled / "b.zip").out
    assert run("consent", "export").json["entries"][-1]["event"] == "accept"
    run("status")


def test_after_a_restore_an_old_copy_is_noticed_as_before(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    run("backup", filled / "b.zip")
    shutil.copytree(home, tmp_path / "copy")
    run("consent", "revoke", "--yes", tmp_path / "private")
    said = run("restore", filled / "b.zip", "--yes").out
    assert "more entries" not in said
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "copy", home)
    assert "older than this machine remembers" in run("query", selfie, code=5).err


KILLED = """
    import os, signal, sys
    from selfsearch.cli import main

    name, calls = sys.argv[2], int(sys.argv[3])
    real = os.replace

    def deadly(*args):
        global calls
        if ".restore" in str(args[0]) or ".before" in str(args[1]):
            calls -= 1
            if calls < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)

    os.replace = deadly
    main(["restore", sys.argv[1], "--yes"])
"""


@pytest.mark.parametrize("calls", [0, 4, 6, 8, 10])
def test_killed_while_restoring_there_is_one_whole_library(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path, calls: int
) -> None:
    run("backup", filled / "b.zip")
    run("consent", "revoke", "--yes", tmp_path / "private")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(filled / "b.zip"), "replace", str(calls)]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode in (-signal.SIGKILL, 0), process.stderr.decode()
    assert shown(run, selfie) == {"planted-kept.jpg"}
    run("consent", "verify")
    run("restore", filled / "b.zip", "--yes")
    assert not (home / ".before-restore").exists()


def test_the_plain_export_opens_anywhere_and_holds_no_template(
    run: Run, home: Path, filled: Path, tmp_path: Path
) -> None:
    run("verdict", id_of(home, 1), "me", "--yes")
    run("consent", "revoke", "--yes", tmp_path / "private")
    run("export", "--plain", tmp_path / "plain")
    path = tmp_path / "plain" / "selfsearch.db"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert tables(path) == {
        "sources": 1,
        "items": 1,
        "sightings": 1,
        "media": 1,
        "faces": 1,
        "verdicts": 1,
        "people": 1,
    }
    assert b"private" not in path.read_bytes().replace(b"exposure", b"")
    with open_library(home, key_folder=home.parent / "keys") as library:
        _, embeddings = faces.load_embeddings(library, 1, 128, {1})
    assert sealed.pack_embeddings(embeddings)[:64] not in path.read_bytes()
    assert "--yes" in run("export", "--plain", tmp_path / "plain", code=2).err


def test_templates_are_exported_only_when_asked_for_twice(run: Run, filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    run("export", "--plain", folder, "--with-biometrics", code=2)
    run("export", "--plain", folder, "--with-biometrics", "--yes", code=2)
    assert not folder.exists()
    run("export", "--plain", folder, "--with-biometrics", "--yes", "--really")
    with closing(sqlite3.connect(folder / "selfsearch.db")) as db:
        rows: list[Any] = db.execute(
            "select dimension, length(vector), substr(chip, 1, 2) from biometrics"
        ).fetchall()
    assert rows == [(128, 512, b"\xff\xd8")] * 2


def tables(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
        return {name: db.execute(f"select count(*) from {name}").fetchone()[0] for name in names}  # noqa: S608
