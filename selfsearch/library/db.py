"""Opening an encrypted SQLite file under sqlite-utils: the one place that knows SQLCipher."""

from __future__ import annotations

import os
from pathlib import Path

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


def open_database(path: Path, root: bytes, *, create: bool = False) -> Database:
    """Open (or make) the encrypted database at `path`; its key is derived from `root` and the file's name.

    Raises KeyUnavailable when the key does not fit, LibraryError when the file is missing or cannot be made.
    """
    if create and not path.exists():
        _make_private(path)
    if not path.exists():
        raise LibraryError(f"{path} is missing; restore it from a backup, or start anew: selfsearch index")
    connection = sqlcipher.connect(
        str(path), check_same_thread=False, isolation_level=None, cached_statements=256
    )
    connection.execute(f"PRAGMA key = \"x'{crypto.derive(root, path.name).hex()}'\"")
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except DatabaseError as exc:
        connection.close()
        raise explain(exc, path) from exc
    return Database(connection, execute_plugins=False)


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


def _make_private(path: Path) -> None:
    """SQLite gives its side files the permissions of the main one, so that one is made first, 0600."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as exc:
        raise LibraryError(f"{path} cannot be made: {exc.strerror}") from exc
