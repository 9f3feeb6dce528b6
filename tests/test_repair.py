"""Damaged libraries: what every command says of one, and what `doctor --repair` makes of it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from selfsearch.cli import main
from selfsearch.consent import grants
from selfsearch.errors import LibraryError
from selfsearch.library.library import Library, open_library

from . import photos
from .conftest import Run, id_of
from .test_resilience import ROOT, many_photos

PAGE = 4096  # bytes


def root_page(library: Library, name: str) -> int:
    """The first page of a table or an index."""
    return int(library.db.execute("select rootpage from sqlite_master where name = ?", [name]).fetchone()[0])


def damage(path: Path, page: int, at: int = 2000) -> None:
    """Flip a byte of one page; they count from 1."""
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + at)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0xFF]))


# What every command says of it


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("items", ["status"]),
        ("items", ["status", "--problems", "--json"]),
        ("sources", ["sources"]),
        ("sources", ["rescan"]),
        ("consents", ["consent", "audit"]),
        ("people", ["people"]),
        ("changes", ["report"]),
        ("media", ["export", "--plain", "out"]),
        ("media", ["backup", "out.backup"]),
        ("items", ["forget", "1", "--yes"]),
        ("_sqlite_migrations", ["status"]),
    ],
)
def test_a_command_that_meets_a_damaged_page_says_so(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch, table: str, words: list[str]
) -> None:
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        page = root_page(library, table)
    damage(one_photograph / "library.db", page)
    monkeypatch.chdir(one_photograph.parent)
    said = run(*words, code=5).err
    assert "selfsearch: library.db is damaged" in said
    assert "selfsearch doctor" in said


def test_a_damaged_page_raises_an_error_of_ours_from_python(one_photograph: Path) -> None:
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        page = root_page(library, "items")
    damage(one_photograph / "library.db", page)
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        with pytest.raises(LibraryError, match="damaged"):
            library.db.execute("select * from items").fetchall()
        with pytest.raises(LibraryError, match="damaged"):
            list(library.db.query("select * from media"))
        with library.reader() as db, pytest.raises(LibraryError, match="damaged"):
            next(db.execute("select * from items"))


def test_an_older_library_that_cannot_be_brought_up_to_date_now_says_what_will(
    run: Run, one_photograph: Path
) -> None:
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys", writing=True) as library:
        library.db.execute("drop index items_real")
        library.db.execute("alter table items drop column real")
        library.db.execute("delete from _sqlite_migrations where name = 'm014_real_paths'")
        said = run("status", code=5).err
        assert "index once to bring it up to date" in said
        assert "another selfsearch is writing" in said
    run("status")


def test_a_newer_library_is_refused_by_readers_too(run: Run, one_photograph: Path) -> None:
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys", writing=True) as library:
        row = {"migration_set": "selfsearch", "name": "m999_later", "applied_at": "2030-01-01"}
        library.db.table("_sqlite_migrations").insert(row)
    for words in (["status"], ["sources"], ["people"], ["forget", "1", "--yes"]):
        assert "written by a newer selfsearch" in run(*words, code=5).err
    assert "written by a newer selfsearch" in run("doctor", code=5).out


# What a repair makes of it


@dataclass
class Original:
    """A real library in a folder of its own, with the photographs in it and what it says."""

    folder: Path
    rows: dict[str, set[tuple[Any, ...]]]

    def copied(self, to: Path) -> Path:
        """A copy that may be damaged; returns its home. The photographs stay where they are."""
        for name in ("library", "keys"):
            shutil.copytree(self.folder / name, to / name)
        return to / "library"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Forty pictures in two sources, somebody who is enrolled, and what they said of an answer."""
    folder = tmp_path_factory.mktemp("repair")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELFSEARCH_HOME", str(folder / "library"))
        patch.setenv("SELFSEARCH_KEYS", str(folder / "keys"))
        patch.setenv("SELFSEARCH_KEYRING", "off")
        (folder / "selfie.jpg").write_bytes(photos.photo("astronaut", 5))
        for name, count in (("in", 32), ("album", 8)):
            many_photos(folder / name, count)
            assert main(["index", str(folder / name), "--consent", "own"]) == 0
        assert main(["query", str(folder / "selfie.jpg"), "--self"]) == 0
        with open_library(folder / "library", key_folder=folder / "keys") as library:
            (face,) = library.db.execute("select min(face_id) from appearances").fetchone()
        assert main(["verdict", id_of(folder / "library", face), "me", "--strengthen", "--yes"]) == 0
    return Original(folder, rows_of(folder / "library"))


UNSETTLED = {  # columns that a repair sets, so that everything is looked at again
    "sources": {"stamps", "scanned_pack"}, "items": {"stamp", "outcome", "reason"},
    "probes": {"entry"}, "queries": {"entry"},
}  # fmt: skip


def rows_of(home: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Table -> its rows."""
    rows = {}
    with open_library(home, key_folder=home.parent / "keys") as library:
        for db in (library.db, library.keys):
            for table in db.table_names():
                left_out = UNSETTLED.get(table, set())
                rows[table] = {
                    tuple(value for name, value in row.items() if name not in left_out)
                    for row in db.table(table).rows
                }
    return {name: found for name, found in rows.items() if "sqlite_" not in name}


@pytest.fixture
def damaged(original: Original, home: Path, tmp_path: Path) -> Path:
    """The home of a copy of it; yet to be damaged."""
    return original.copied(tmp_path)


def first_page(home: Path, table: str) -> int:
    with open_library(home, key_folder=home.parent / "keys") as library:
        return root_page(library, table)


def tables_after(run: Run) -> dict[str, dict[str, Any]]:
    """Repair; what came of each table."""
    return dict(run("doctor", "--repair", "--yes", "--json").json["tables"])


def found_at(answer: dict[str, Any]) -> set[str]:
    return {place["path"] for one in answer["appearances"] for place in one["sightings"]}


def check_repair(run: Run, original: Original, home: Path, pages: list[int]) -> float:
    """Damage these pages and repair. Returns the share of all rows that is left; each is as it was."""
    for page in pages:
        damage(home / "library.db", page)
    tallies = tables_after(run)
    run("doctor")
    left = rows_of(home)
    ledger_is_whole = left["consents"] >= original.rows["consents"]
    for table, rows in left.items():
        if table != "consents" or ledger_is_whole:
            assert rows <= original.rows[table], f"{table} after damage to {pages}"
        missing = len(original.rows[table] - rows)
        if table in tallies and tallies[table]["is_exact"]:
            assert tallies[table]["lost"] == missing, f"{table} after damage to {pages}"
    everything = sum(map(len, original.rows.values()))
    return sum(len(rows & original.rows[table]) for table, rows in left.items()) / everything


def pages_of(home: Path) -> int:
    return (home / "library.db").stat().st_size // PAGE


def test_a_repair_keeps_what_is_intact_as_it_was_and_counts_what_is_lost(
    run: Run, original: Original, home: Path, tmp_path: Path
) -> None:
    dice = random.Random(11)  # noqa: S311
    for number, many in enumerate((1, 2, 8)):
        here = original.copied(tmp_path)
        share = check_repair(run, original, here, dice.sample(range(2, pages_of(here) + 1), many))
        assert share > 0.1
        for name in ("library", "keys"):
            (tmp_path / name).rename(tmp_path / f"{name} {number}")


@pytest.mark.slow
def test_every_page_may_be_damaged(run: Run, original: Original, home: Path, tmp_path: Path) -> None:
    shares = []
    for page in range(1, pages_of(original.folder / "library") + 1):
        shares.append(check_repair(run, original, original.copied(tmp_path), [page]))
        for name in ("library", "keys"):
            shutil.rmtree(tmp_path / name)
    assert sum(shares) / len(shares) > 0.9, shares


def test_what_is_lost_is_read_again_and_found_again(run: Run, original: Original, damaged: Path) -> None:
    selfie = original.folder / "selfie.jpg"
    before = found_at(run("query", selfie, "--json").json)
    damage(damaged / "library.db", first_page(damaged, "sources"))
    said = run("doctor", "--repair", "--yes").out
    assert "2 sources, 40 files" in said.split("lost: ")[1]
    assert "read again by the next index" in said
    assert found_at(run("query", selfie, "--json").json) == set()
    for name in ("in", "album"):
        run("index", original.folder / name)
    assert found_at(run("query", selfie, "--json").json) == before
    run("doctor")


def test_rows_are_found_though_what_leads_to_them_is_lost(
    run: Run, original: Original, damaged: Path
) -> None:
    for table in ("chips", "vectors"):  # tables of many pages: the first leads to the others
        damage(damaged / "library.db", first_page(damaged, table))
    assert {name: tally["lost"] for name, tally in tables_after(run).items() if tally["lost"]} == {}
    assert rows_of(damaged) == original.rows


def test_tables_are_known_by_their_rows_where_their_names_are_lost(
    run: Run, original: Original, damaged: Path
) -> None:
    damage(damaged / "library.db", 1)
    assert "the file's beginning is damaged" in run("status", code=5).err
    tables_after(run)
    left = rows_of(damaged)
    assert all(rows <= original.rows[table] for table, rows in left.items())
    assert [
        name for name in ("consents", "people", "media", "faces") if left[name] != original.rows[name]
    ] == []


def test_a_ledger_with_entries_missing_lets_no_consent_live(
    run: Run, original: Original, damaged: Path
) -> None:
    selfie = original.folder / "selfie.jpg"
    damage(damaged / "library.db", first_page(damaged, "consents"))
    run("query", selfie, code=5)
    said = run("doctor", "--repair", "--yes").out
    assert "no consent counts any more" in said
    assert "5 entries of the consent ledger" in said.split("lost: ")[1]
    run("query", selfie, code=3)
    run("index", original.folder / "in", code=3)
    run("index", original.folder / "in", "--consent", "own")
    answer = run("query", selfie, "--self", "--json").json
    assert found_at(answer)
    assert all(str(original.folder / "in") in place for place in found_at(answer))


def test_a_consent_that_is_kept_ends_when_a_later_entry_is_lost(
    run: Run, original: Original, damaged: Path, tmp_path: Path
) -> None:
    with open_library(damaged, key_folder=tmp_path / "keys", writing=True) as library:
        grants.revoke(library, "source", str(original.folder / "in"), datetime.now(timezone.utc), "x" * 9000)
    damage(damaged / "library.db", pages_of(damaged))  # where the entry ends
    assert "no consent counts any more" in run("doctor", "--repair", "--yes").out
    assert rows_of(damaged)["consents"] > original.rows["consents"]
    assert run("consent", "list").out.count("to be given again") == 3
    run("query", original.folder / "selfie.jpg", code=3)
    assert "whether it was withdrawn is not known" in run("index", original.folder / "in", code=3).err


def test_lost_keys_cost_the_faces_and_these_are_read_again(
    run: Run, original: Original, damaged: Path
) -> None:
    (damaged / "keys.db").write_bytes(b"")
    tallies = tables_after(run)
    assert {name for name, tally in tallies.items() if tally["lost"] or not tally["is_exact"]} >= {
        "keys",
        "faces",
    }
    assert rows_of(damaged)["items"] == original.rows["items"]
    run("doctor")
    selfie = original.folder / "selfie.jpg"
    assert run("query", selfie, "--self", "--json").json["not_looked_at"] == {"unreadable": 40}
    run("index", original.folder / "in")
    answer = run("query", original.folder / "selfie.jpg", "--self", "--json").json
    assert found_at(answer)


def test_the_damaged_files_are_put_aside_for_their_owner_alone(run: Run, damaged: Path) -> None:
    damage(damaged / "library.db", first_page(damaged, "items"))
    before = {name: (damaged / name).read_bytes() for name in ("library.db", "keys.db")}
    aside = Path(run("doctor", "--repair", "--yes", "--json").json["put_aside"])
    assert aside.parent == damaged
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == before
    if os.name == "posix":
        assert [path.stat().st_mode & 0o777 for path in (aside, *aside.iterdir())] == [0o700, 0o600, 0o600]
    assert f"{aside} holds the damaged files" in run("doctor").out
    run("status")


def contents(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}


def test_a_sound_library_is_not_repaired(run: Run, damaged: Path) -> None:
    before = contents(damaged)
    assert "nothing to repair" in run("doctor", "--repair", "--yes").err
    assert contents(damaged) == before


def test_a_wrong_key_is_no_damage(run: Run, damaged: Path) -> None:
    (key,) = (damaged.parent / "keys").glob("*.key")
    right, before = key.read_bytes(), contents(damaged)
    for wrong in (os.urandom(64), None):
        key.unlink() if wrong is None else key.write_bytes(wrong)
        said = run("doctor", "--repair", "--yes", code=5).err
        assert "key" in said
        assert "selfsearch key import" in said
    key.write_bytes(right)
    assert contents(damaged) == before
    run("status")


def test_a_repair_is_asked_for(run: Run, damaged: Path) -> None:
    damage(damaged / "library.db", 20)
    before = contents(damaged)
    assert (
        "nothing was changed; to go ahead without a question: --yes" in run("doctor", "--repair", code=2).err
    )
    assert contents(damaged) == before


@pytest.mark.parametrize("left", [0, 16, 100])
def test_what_is_beyond_repair_is_said(run: Run, damaged: Path, left: int) -> None:
    """Without its first bytes no page can be checked: the salt is there."""
    data = (damaged / "library.db").read_bytes()
    (damaged / "library.db").write_bytes(bytes(16) + data[16:] if left == 16 else data[:left])
    before = contents(damaged)
    said = run("doctor", "--repair", "--yes", code=5).err
    assert "nothing can be salvaged" in said
    assert "selfsearch restore BACKUP" in said
    assert contents(damaged) == before


@pytest.mark.skipif(sys.platform == "win32", reason="kills")
@pytest.mark.parametrize(
    ("name", "calls"), [("write_private", 0), ("finish_replacement", 0), ("delete_tree", 1)]
)
def test_a_repair_that_is_killed_loses_neither_library(
    run: Run, original: Original, damaged: Path, name: str, calls: int
) -> None:
    damage(damaged / "library.db", first_page(damaged, "chips"))
    before = (damaged / "library.db").read_bytes()
    code = (
        "from selfsearch.library import library; from tests.killing import kill_at;"
        f" kill_at(library, {name!r}, {calls}); from selfsearch.cli import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code, "doctor", "--repair", "--yes"], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    run("doctor", "--repair", "--yes")  # goes on with what was complete, or begins anew
    assert rows_of(damaged) == original.rows
    (aside,) = damaged.glob("damaged-*")
    assert (aside / "library.db").read_bytes() == before
