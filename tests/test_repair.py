"""Damaged libraries: what every command says of one, and what `doctor --repair` makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfsearch.errors import LibraryError
from selfsearch.library.library import Library, open_library

from .conftest import Run

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
