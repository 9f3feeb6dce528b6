"""Slack: the bytes of library.db that belong to no row, so that nothing of a deleted one stays in them.

SQLite overwrites what a deleted row frees (secure_delete). But when it splits or joins the pages of a b-tree,
it lays their rows out anew and leaves older copies in the free bytes between: a row that is deleted later is
overwritten where it is, not where it was. So after deleting, indexes of text and tables without rowids, which
are small, are built anew; a page of another table is filled up by one of its rows, which shrinks again; and
every page is decrypted and looked at (page_format.py). Unlike VACUUM this needs no
second copy, in memory or on disk. Where it does not suffice, the databases are written anew.
"""

from __future__ import annotations

import itertools
import re
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import LibraryError
from . import crypto
from .db import Database, truncate_log
from .items import IdSet
from .library import Library
from .page_format import (
    INNER_TABLE,
    IV,
    KINDS,
    LARGEST_IN_LEAF,
    LEAF_TABLE,
    PAGE,
    USABLE,
    Page,
    integer,
    local_bytes,
    varint,
)

AT_ONCE = 64  # pages
TOLERATED = 24  # bytes that a row of the greatest size for one page leaves there; too few to be a block
ROUNDS = 3  # of filling pages up, before everything is written anew
LEDGER = "consents"
INDEXES_OF_TEXT = """
    select distinct list.name
    from pragma_table_list as tables
    join pragma_index_list(tables.name) as list
    join pragma_index_info(list.name) as info
    join pragma_table_info(tables.name) as columns on columns.name = info.name
    where tables.schema = 'main' and not wr and upper(columns.type) = 'TEXT'
"""
TABLES = "select name from sqlite_master where type = 'table'"
TABLES_WITHOUT_ROWID = "select name from pragma_table_list where schema = 'main' and type = 'table' and wr"
SPARSE = 16 << 20  # bytes: a smaller database is not written anew to give free pages back


class Slack(NamedTuple):
    """What is wrong with the bytes that belong to no row."""

    pages: list[tuple[str, int, int]]  # of tables, as the table, a row in it, and by how much that may grow
    elsewhere: bool  # whether something is where only writing anew removes it


def clear(library: Library, pattern: re.Pattern[bytes] | None = None) -> bool:
    """Leave nothing of deleted rows in the file, nor in its log.

    `pattern` must not be found where old copies of what is still there may be. Returns whether all is well.
    Raises LibraryError when a reader is in the way.
    """
    _build_anew(library)
    slack = _settled(library, pattern)
    for _ in range(ROUNDS):
        if not slack.pages or slack.elsewhere:
            break
        with library.atomic():
            for table, row, room in slack.pages:
                _fill(library.db, table, row, room)
        slack = _settled(library, pattern)
    if slack.pages or slack.elsewhere or _is_sparse(library):
        library.write_anew()
        slack = _settled(library, pattern)
    return not slack.pages and not slack.elsewhere


def _settled(library: Library, pattern: re.Pattern[bytes] | None) -> Slack:
    truncate_log(library.db)
    return find(library, pattern)


def _is_sparse(library: Library) -> bool:
    """Whether more than half of the file is free pages, and there is room to write it anew."""
    size, count, free = (
        int(library.db.execute(f"pragma {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    used = (count - free) * size
    return free * size > max(used, SPARSE) and shutil.disk_usage(library.home).free > 2 * used


def _build_anew(library: Library) -> None:
    """Indexes of text, tables without rowids and tables without rows: what they leave is overwritten."""
    library.db.execute("pragma foreign_keys = off")  # SQLite would delete row by row, and there is none
    try:
        with library.atomic():
            for (table,) in library.db.execute(TABLES).fetchall():
                if library.db.execute(f'select 1 from main."{table}" limit 1').fetchone() is None:
                    library.db.execute(f'delete from main."{table}"')
            for (index,) in library.db.execute(INDEXES_OF_TEXT).fetchall():
                library.db.execute(f'reindex main."{index}"')
            for (table,) in library.db.execute(TABLES_WITHOUT_ROWID).fetchall():
                library.db.execute(f'create temp table kept as select * from main."{table}"')
                library.db.execute(f'delete from main."{table}"')
                library.db.execute(f'insert into main."{table}" select * from temp.kept')
                library.db.execute("drop table temp.kept")
    finally:
        library.db.execute("pragma foreign_keys = on")


def _fill(db: Database, table: str, row: int, room: int) -> None:
    """Have a row grow by the free bytes of its page and shrink again; both leave zeros where no row is."""
    for column in _free_columns(db, table):
        found = db.execute(f'select "{column}" from "{table}" where rowid = ?', [row]).fetchone()
        value = found and found[0]
        padded = value + bytes(room) if isinstance(value, bytes) else (value or "") + " " * room
        change = f'update "{table}" set "{column}" = ? where rowid = ?'
        try:
            db.execute(change, [padded, row])
        except LibraryError:
            continue  # the column is checked for what it says
        db.execute(change, [value, row])
        return


def _free_columns(db: Database, table: str) -> Iterator[str]:
    """Columns of a table that hold text or bytes and are in no index."""
    rows = db.execute(
        """
        select name
        from pragma_table_info(?1)
        where upper(type) in ('TEXT', 'BLOB') and name not in (
            select info.name from pragma_index_list(?1) as list, pragma_index_info(list.name) as info
        )
        """,
        [table],
    ).fetchall()
    return (name for (name,) in rows)


def find(library: Library, pattern: re.Pattern[bytes] | None = None) -> Slack:
    """Look at every page of the file, decrypted.

    Free pages, and what is free in pages of tables, must be zeros. In indexes an older copy of what is there
    may stand, so there it is the pattern that must not be found. The ledger never loses a row.
    """
    free = _free_pages(library)
    parents = array("I", bytes(4 * (library.path.stat().st_size // PAGE + 1)))
    unclean: list[tuple[int, int, int]] = []
    elsewhere = False
    for page in _pages(library):
        if page.number in free:
            elsewhere |= bool(page.data.strip(b"\0"))
        elif page.kind in KINDS:
            slack = _slack(page)
            left = len(slack.strip(b"\0"))
            if page.kind == LEAF_TABLE and left > TOLERATED and page.cells:
                unclean.append((page.number, *_growing_row(page, len(slack))))
            elif page.kind == LEAF_TABLE and left > TOLERATED:  # of a table without rows
                elsewhere = True
            elif left and pattern:
                elsewhere |= bool(pattern.search(slack))
            for child in _children(page):
                parents[child] = page.number
    return Slack(list(_in_tables(library, unclean, parents)), elsewhere)


def _in_tables(
    library: Library, unclean: Iterable[tuple[int, int, int]], parents: Sequence[int]
) -> Iterator[tuple[str, int, int]]:
    """The same with the table's name in place of the page's number; without pages of the ledger."""
    roots = dict(library.db.execute("select rootpage, name from sqlite_master where rootpage > 0").fetchall())
    for number, row, room in unclean:
        root = number
        while parents[root]:
            root = parents[root]
        if roots.get(root, LEDGER) != LEDGER:
            yield roots[root], row, room


def _slack(page: Page) -> bytes:
    """What is free in a page of a b-tree: between its pointers and its cells, and between cells."""
    freed, top = integer(page.data, page.start + 1, 2), integer(page.data, page.start + 5, 2)
    parts = [page.data[page.pointers + 2 * integer(page.data, page.start + 3, 2) : top]]
    while freed:
        parts.append(page.data[freed + 4 : freed + integer(page.data, freed + 2, 2)])
        following = integer(page.data, freed, 2)
        freed = following if following > freed else 0
    return b"".join(parts)


def _growing_row(page: Page, free: int) -> tuple[int, int]:
    """Of a table's leaf, the number of the last row by place, and by how much it may grow on the page."""
    size, at = varint(page.data, max(page.cells))
    row, _ = varint(page.data, at)
    return row, max(0, min(free - 8, LARGEST_IN_LEAF - local_bytes(size, LARGEST_IN_LEAF)))


def _children(page: Page) -> list[int]:
    """The pages below an inner page of a table."""
    if page.kind != INNER_TABLE:
        return []
    return [*(integer(page.data, at, 4) for at in page.cells), page.last_child]


def _pages(library: Library) -> Iterator[Page]:
    """Each page. Of the first, the beginning is not all decrypted."""
    file, number = library.raw(library.path.name), 1
    while part := file.read(PAGE * AT_ONCE):
        yield from map(Page, itertools.count(number), _decrypted(library, part))
        number += AT_ONCE


def _decrypted(library: Library, part: bytes) -> Iterator[bytes]:
    """Pages one after the other, without what SQLCipher adds to each."""
    rows = np.frombuffer(part[: len(part) // PAGE * PAGE], np.uint8).reshape(-1, PAGE)
    # each IV stands before its page, so that one pass of CBC decrypts them all, and makes nonsense of the IVs
    chained = np.hstack([rows[:, USABLE : USABLE + IV], rows[:, :USABLE]])
    plain = crypto.decrypt_pages(crypto.derive(library.root.library, library.path.name), chained.data)
    return (plain[start : start + USABLE] for start in range(IV, len(plain), IV + USABLE))


def _free_pages(library: Library) -> IdSet:
    """Numbers of the pages that are free, but for those that list them."""
    free, trunk = IdSet(), integer(_page(library, 1), 32, 4)
    while trunk:
        page = _page(library, trunk)
        free.update(integer(page, 8 + 4 * at, 4) for at in range(integer(page, 4, 4)))
        trunk = integer(page, 0, 4)
    return free


def _page(library: Library, number: int) -> bytes:
    file = library.raw(library.path.name)
    file.seek((number - 1) * PAGE)
    return next(_decrypted(library, file.read(PAGE)))
