"""Opening an encrypted SQLite file under sqlite-utils: the one place that knows SQLCipher.

What SQLite says of a file (damaged, full, locked, …) leaves this module as one of our own errors, whichever
statement met it: the cursors of the connections that are handed out here convert it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
import sqlite_utils
import sqlite_utils.db
import sqlite_utils.utils

from ..errors import KeyUnavailable, LibraryBusyError, LibraryError, SelfsearchError
from . import crypto

# sqlite-utils catches the standard library's exception classes; its database here is sqlcipher3's.
for module in (sqlite_utils.db, sqlite_utils.utils):
    vars(module).update(sqlite3=sqlcipher, OperationalError=sqlcipher.OperationalError)

Database = sqlite_utils.Database
Table = sqlite_utils.db.Table

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
ATTEMPTS = 5  # to find a database at rest; each waits for others as long as busy_timeout says
CHUNK = 500  # bound parameters per statement
NO_ROOM = 1 << 20  # bytes: with less, an error of the disk is taken for a full one

READ_ONLY = LibraryError, "{path} cannot be written: the disk or the folder is read-only"
LOCKED = (
    LibraryBusyError,
    "{name} is locked by another program; what was finished before is kept. Try again when that has finished",
)
SENTENCES: dict[int, tuple[type[SelfsearchError], str]] = {  # by SQLite's primary result code
    sqlcipher.SQLITE_NOTADB: (
        KeyUnavailable,
        "{name} does not open: the key is not the one it was made with, or the file's beginning is damaged."
        " Put the right key back (selfsearch key import); if it is the right one: selfsearch doctor",
    ),
    sqlcipher.SQLITE_CORRUPT: (
        LibraryError,
        "{name} is damaged: some of it cannot be read. What can be done about it: selfsearch doctor",
    ),
    sqlcipher.SQLITE_FULL: (
        SelfsearchError,
        "the disk that holds {folder} is full; what was finished before is kept. Make room, then try again",
    ),
    sqlcipher.SQLITE_IOERR: (
        LibraryError,
        "{name} could not be read or written: the disk that holds {folder} reports an error. What was"
        " finished before is kept; see that the disk is there, sound and below its limits, then try again",
    ),
    sqlcipher.SQLITE_READONLY: READ_ONLY,
    sqlcipher.SQLITE_CANTOPEN: READ_ONLY,
    sqlcipher.SQLITE_PERM: READ_ONLY,
    sqlcipher.SQLITE_BUSY: LOCKED,
    sqlcipher.SQLITE_LOCKED: LOCKED,
    sqlcipher.SQLITE_PROTOCOL: LOCKED,
    sqlcipher.SQLITE_INTERRUPT: (
        SelfsearchError, "work on {name} was interrupted; what was finished before is kept"
    ),
    sqlcipher.SQLITE_NOMEM: (
        SelfsearchError, "there is not enough memory to work on {name}; what was finished before is kept"
    ),
    sqlcipher.SQLITE_SCHEMA: (
        LibraryError,
        "{name} lacks what this version expects ({error}): index once to bring it up to date; if that does"
        " not help: selfsearch doctor",
    ),
}  # fmt: skip
OTHERWISE = LibraryError, "{name} cannot be used as it is ({error}); see: selfsearch doctor"

T = TypeVar("T")
_next_row = sqlcipher.Cursor.__next__


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
    connection = _connect(path)
    try:
        connection.execute(f"PRAGMA key = \"x'{crypto.derive(root, path.name).hex()}'\"")
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except SelfsearchError:
        connection.close()
        raise
    if not tables and not create:
        connection.close()
        raise LibraryError(f"{path} is empty: what was in it is gone; {LOST}")
    return Database(connection, execute_plugins=False)


def memory_database() -> Database:
    """An empty one that is nowhere but in memory."""
    return Database(_connect(Path(":memory:")), execute_plugins=False)


def _connect(path: Path) -> Connection:
    try:
        connection: Connection = sqlcipher.connect(
            str(path),
            check_same_thread=False,
            isolation_level=None,
            cached_statements=256,
            factory=Connection,
        )
    except sqlcipher.DatabaseError as exc:
        raise explain(exc, path) from exc
    connection.path = path
    return connection


def _make_private(path: Path) -> None:
    """SQLite gives its side files the permissions of the main one, so that one is made first, 0600."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as exc:
        raise LibraryError(f"{path} cannot be made: {exc.strerror}") from exc


@contextmanager
def _converting(connection: Connection) -> Iterator[None]:
    """What SQLite raises about a file becomes one of our own errors."""
    try:
        yield
    except sqlcipher.ProgrammingError:
        raise  # not about the file: a defect of this program
    except (sqlcipher.DatabaseError, MemoryError) as exc:
        raise explain(exc, connection.path) from exc


class Cursor(sqlcipher.Cursor):  # type: ignore[misc]
    """The boundary, for reads and writes alike."""

    connection: Connection

    def execute(self, *values: Any) -> Cursor:
        """One statement."""
        with _converting(self.connection):
            super().execute(*values)
        return self

    def executemany(self, *values: Any) -> Cursor:
        """One statement for each set of parameters."""
        with _converting(self.connection):
            super().executemany(*values)
        return self

    def executescript(self, *values: Any) -> Cursor:
        """Several statements."""
        with _converting(self.connection):
            super().executescript(*values)
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        return next(self, None)

    def fetchall(self) -> list[Any]:
        """Every row that is left."""
        with _converting(self.connection):
            rows: list[Any] = super().fetchall()
        return rows

    def __next__(self) -> Any:
        try:  # no `with` and no super(): for a row, they would take longer than SQLite does
            return _next_row(self)
        except (sqlcipher.DatabaseError, MemoryError) as exc:
            raise explain(exc, self.connection.path) from exc


class Connection(sqlcipher.Connection):  # type: ignore[misc]
    """A connection whose every statement goes through a `Cursor`."""

    path: Path  # the file that an error is about

    def cursor(self, factory: type[Cursor] = Cursor) -> Cursor:
        """A new cursor."""
        cursor: Cursor = super().cursor(factory)
        return cursor

    def execute(self, *values: Any) -> Cursor:
        """One statement."""
        cursor: Cursor = self.cursor().execute(*values)
        return cursor

    def executemany(self, *values: Any) -> Cursor:
        """One statement for each set of parameters."""
        cursor: Cursor = self.cursor().executemany(*values)
        return cursor

    def executescript(self, *values: Any) -> Cursor:
        """Several statements."""
        cursor: Cursor = self.cursor().executescript(*values)
        return cursor


def explain(error: Exception, path: Path) -> SelfsearchError:
    """What an error of SQLite means to the user."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits only say more of the same
    if isinstance(error, MemoryError):
        kind = sqlcipher.SQLITE_NOMEM
    elif kind == sqlcipher.SQLITE_IOERR and _is_full(path.parent):
        kind = sqlcipher.SQLITE_FULL
    elif kind == sqlcipher.SQLITE_ERROR and "no such" in str(error):
        kind = sqlcipher.SQLITE_SCHEMA
    error_class, sentence = SENTENCES.get(kind, OTHERWISE)
    return error_class(sentence.format(path=path, name=path.name, folder=path.parent, error=error))


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NO_ROOM
    except OSError:
        return False


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
    """Leave nothing of what was deleted in the free pages of a small database, or in its write-ahead log.

    It is made anew in memory. For library.db, see slack.py. Raises LibraryError when a reader is in the way.
    """
    db.execute("vacuum")
    truncate_log(db)


def truncate_log(db: Database) -> None:
    """Leave nothing in the write-ahead log. Raises LibraryError when a reader is in the way."""
    blocked = db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    if blocked:
        raise LibraryError(
            "another selfsearch is reading the library; what was erased is gone from its log when it ends"
        )


@contextmanager
def held_still(db: Database) -> Iterator[None]:
    """All that was committed is in the database's file itself, and nobody writes to it meanwhile.

    Raises LibraryBusyError when others leave no moment for that.
    """
    for _ in range(ATTEMPTS):
        version = db.execute("pragma data_version").fetchone()
        blocked = db.execute("pragma wal_checkpoint(full)").fetchone()[0]
        db.execute("begin immediate")
        try:
            if not blocked and db.execute("pragma data_version").fetchone() == version:
                yield
                return
        finally:
            if db.conn.in_transaction:
                db.execute("rollback")
    raise LibraryBusyError(
        "other selfsearch programs are at work on the library; try again when they are done"
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
