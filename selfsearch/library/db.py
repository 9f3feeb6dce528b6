"""Opening an encrypted SQLite file under sqlite-utils: the one place that knows SQLCipher."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
import sqlite_utils
import sqlite_utils.db
import sqlite_utils.utils

from ..errors import KeyUnavailable, LibraryError, SelfsearchError
from . import crypto

# sqlite-utils catches the standard library's exception classes; its database here is sqlcipher3's.
for module in (sqlite_utils.db, sqlite_utils.utils):
    vars(module).update(sqlite3=sqlcipher, OperationalError=sqlcipher.OperationalError)

Database = sqlite_utils.Database
Table = sqlite_utils.db.Table
DatabaseError = sqlcipher.DatabaseError  # base of what SQLite raises about the file itself

PRAGMAS = (
    "cipher_log_level = NONE",  # SQLCipher would write errors to stderr by itself
    "foreign_keys = ON",
    "journal_mode = WAL",  # readers go on while one writes
    "synchronous = NORMAL",  # in WAL mode a crash of the machine may cost the last batch, never the file
    "secure_delete = ON",  # freed pages are overwritten
    "temp_store = MEMORY",  # nothing unencrypted in a temporary file
    "busy_timeout = 10000",  # ms
)
LOST = (
    "put it back from a backup: selfsearch restore BACKUP. If there is none, move the library's folder away"
    " and index again"
)
COMPACT_BELOW = 1 << 30  # bytes: VACUUM works in memory; larger files keep their free pages, overwritten
CHUNK = 500  # bound parameters per statement

T = TypeVar("T")


def open_database(path: Path, root: bytes, *, create: bool = False) -> Database:
    """Open (or make) the encrypted database at `path`; its key is derived from `root` and the file's name.

    Raises KeyUnavailable when the key does not fit, LibraryError when the file is missing, empty or cannot be
    made.
    """
    if create:
        _make_private(path)
    if not path.exists():
        raise LibraryError(f"{path} is missing; {LOST}")
    if not create and not path.stat().st_size:  # SQLite would take it for a new database
        raise LibraryError(f"{path} is empty: what was in it is gone; {LOST}")
    connection = sqlcipher.connect(
        str(path), check_same_thread=False, isolation_level=None, cached_statements=256
    )
    connection.execute(f"PRAGMA key = \"x'{crypto.derive(root, path.name).hex()}'\"")
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except DatabaseError as exc:
        connection.close()
        raise explain(exc, path) from exc
    if not tables and not create:
        connection.close()
        raise LibraryError(f"{path} is empty: what was in it is gone; {LOST}")
    return Database(connection, execute_plugins=False)


def _make_private(path: Path) -> None:
    """SQLite gives its side files the permissions of the main one, so that one is made first, 0600."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as exc:
        raise LibraryError(f"{path} cannot be made: {exc.strerror}") from exc


def explain(error: Exception, path: Path) -> SelfsearchError:
    """What a database error means to the user."""
    text = str(error)
    if "not a database" in text or "hmac" in text.lower():
        return KeyUnavailable(
            f"{path.name} does not open: the key is not the one it was made with, or the file is damaged."
            " Put the right"
            " key back (selfsearch key import) or the library (selfsearch restore)"
        )
    if "full" in text:
        return SelfsearchError(f"the disk that holds {path.parent} is full; what was finished before is kept")
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return LibraryError(f"{path} cannot be written: the disk or the folder is read-only")
    if "locked" in text:
        return LibraryError(f"{path.name} is locked by another program")
    if "malformed" in text:
        return LibraryError(f"{path.name} is damaged; run: selfsearch doctor")
    return LibraryError(f"{path.name}: {text}")


def copy_database(db: Database, target: Path, root: bytes) -> None:
    """Write a compact copy of a database to `target`, under the key that is derived from `root` for it."""
    _make_private(target)
    key = f"\"x'{crypto.derive(root, target.name).hex()}'\""
    db.execute(f"attach database ? as copy key {key}", [str(target)])
    try:
        db.execute("select sqlcipher_export('copy')").fetchone()
    finally:
        db.execute("detach database copy")


def make_durable(path: Path) -> None:
    """See that what was committed to the database at `path` survives a loss of power."""
    # without a log it is in the database itself; on a read-only disk nothing was written
    with suppress(OSError), open(f"{path}-wal", "r+b") as log:
        os.fsync(log.fileno())


def compact(db: Database) -> None:
    """Leave nothing of what was deleted in free pages or in the write-ahead log.

    Raises LibraryError when a reader is in the way.
    """
    pages, size = (int(db.execute(f"pragma {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    if pages * size < COMPACT_BELOW:
        db.execute("vacuum")
    blocked = db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    if blocked:
        raise LibraryError(
            "another selfsearch is reading the library; what was erased is gone from its log when it ends"
        )


def insert_row(table: Table, values: dict[str, Any]) -> int:
    """Insert one row; returns its number."""
    return int(table.insert(values).last_pk)  # type: ignore[arg-type]


def batched(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most `size`."""
    stream = iter(values)
    while batch := list(islice(stream, size)):
        yield batch


def marks(values: Collection[object]) -> str:
    """A question mark for each value, for `in (...)` and `values (...)`."""
    return ", ".join("?" * len(values))


def id_list(ids: Iterable[int]) -> str:
    """Row numbers for `in (...)`: a selection of sources is short, but used several times in a statement."""
    return ", ".join(map(str, ids)) or "-1"
