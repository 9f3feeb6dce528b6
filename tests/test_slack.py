"""The bytes of library.db that belong to no row: nothing of a deleted one stays there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from selfsearch.library import slack
from selfsearch.library.db import truncate_log
from selfsearch.library.library import Library
from tests.fakes import coloured
from tests.forensics import decrypted
from tests.killing import opened
from tests.test_forget import erase, indexed

MARK = re.compile(rb"<<(\d{6})>>")
FILES = range(100, 1500)
TABLES = (
    "sources", "items", "media", "sightings", "vectors", "chips", "people", "appearances", "verdicts",
    "consents",
)  # fmt: skip
WRITTEN = (
    "insert into media (id, sha256, type, bytes, width, height) values (:id, :mark, 'image/jpeg', 1, 1, 1)",
    """
    insert into items (id, source_id, path, address, size, stamp, said, outcome, media_id, found_at)
    values (:id, :source, :path, '/' || :path, 1, '1', :mark, 'indexed', :id, '2026-03-01')
    """,
    """
    insert into sightings (id, item_id, platform, caption, exposure, exposure_reason)
    values (:id, :id, 'folder', :path, 'unknown', '')
    """,
    "insert into vectors (media_id, pack_id, source_id, count, sealed) values (:id, 1, :source, 1, :vector)",
    "insert into chips (media_id, source_id, sealed) values (:id, :source, :chip)",
)


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Iterator[Library]:
    """Two sources, whose files were written in no order and in part again; each has its mark everywhere."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, colour in zip(folders, ("red", "green"), strict=True):
        folder.mkdir()
        (folder / "picture.png").write_bytes(coloured(colour))
    generator = random.Random(0)  # noqa: S311
    with opened(home) as library:
        indexed(library, *folders)
        with library.atomic():
            for number in generator.sample(FILES, len(FILES)):
                text = f"<<{number:06}>>"
                values = {
                    "id": number, "source": 1 + number % 2, "mark": text,
                    "path": generator.choice("abcdef") * generator.randint(1, 60) + text,
                    "vector": text.encode() * 54, "chip": text.encode() * generator.randint(30, 900),
                }  # fmt: skip
                for statement in WRITTEN:
                    library.db.execute(statement, values)
            for number in generator.choices(FILES, k=len(FILES)):
                sealed = f"<<{number:06}>>".encode() * generator.choice((54, 105, 156))
                library.db.execute("update vectors set sealed = ? where media_id = ?", [sealed, number])
        yield library


def marks_in(library: Library) -> set[int]:
    """Of which files there is something anywhere in the database."""
    truncate_log(library.db)
    return {int(number) for number in MARK.findall(decrypted(library.path, library.root.library))}


def rows(library: Library) -> dict[str, list[object]]:
    return {
        table: library.db.execute(f"select * from {table} order by 1, 2").fetchall()  # noqa: S608
        for table in TABLES
    }


OF_FIRST, OF_SECOND = ({number for number in FILES if number % 2 == source} for source in (0, 1))


def test_older_copies_of_deleted_rows_are_removed_and_every_row_stays(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear: Callable[[Library], bool] = slack.clear
    monkeypatch.setattr(slack, "clear", lambda *_: True)
    assert erase(library, "2")[0].counts["files"] == len(OF_SECOND) + 1
    assert marks_in(library) & OF_SECOND, "SQLite leaves none any more: then slack.py has nothing to do"
    monkeypatch.setattr(library, "write_anew", None)  # not needed for that
    before = rows(library)
    assert clear(library)
    assert marks_in(library) == OF_FIRST
    assert rows(library) == before
    assert library.db.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert slack.find(library) == slack.Slack([], elsewhere=False)


def test_tables_that_lost_their_last_row_hold_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "write_anew", None)  # not needed for that
    for source in ("1", "2"):
        (receipt,) = erase(library, source)
        assert receipt.remnants == ()
    assert marks_in(library) == set()
    assert slack.find(library) == slack.Slack([], elsewhere=False)


def test_what_lies_in_free_pages_is_found_and_the_database_written_anew(library: Library) -> None:
    library.db.execute("pragma secure_delete = off")  # as if SQLite did not overwrite
    library.db.execute("delete from chips where media_id in (select id from media where id % 3 = 0)")
    library.db.execute("pragma secure_delete = on")
    truncate_log(library.db)
    assert slack.find(library).elsewhere
    size = library.path.stat().st_size
    (receipt,) = erase(library, "2")
    assert (receipt.remnants, receipt.checked) == ((), True)
    assert marks_in(library) == OF_FIRST
    assert library.path.stat().st_size < size


def test_a_receipt_says_so_when_something_is_left(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for way in ("_build_anew", "_fill"):
        monkeypatch.setattr(slack, way, lambda *_: None)
    monkeypatch.setattr(library, "write_anew", lambda: None)
    library.db.execute("pragma secure_delete = off")
    (receipt,) = erase(library, "2")
    assert receipt.remnants == ("library.db",)


def test_what_was_erased_is_found_in_an_index(library: Library) -> None:
    library.db.execute("pragma secure_delete = off")
    (mark,) = library.db.execute("select path from items where id = 500").fetchone()
    library.db.execute("delete from items where id = 500")
    truncate_log(library.db)
    assert slack.find(library, re.compile(re.escape(mark.encode()))).elsewhere
    assert not slack.find(library, re.compile(b"what is nowhere")).elsewhere
