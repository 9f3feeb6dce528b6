"""Keys of sources and people in keys.db: destroyed when what they sealed is erased, wrapped anew whenever one
is.

Wrapping anew is done in three steps, each of which can be repeated: the root key gets a second wrapping key
in front of the old one; every key is wrapped under it, in one transaction; the old one is dropped. From then
on a copy of keys.db made earlier opens nothing, whoever has the library's present root key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import KeyUnavailable, LibraryError
from . import crypto, root_key
from .db import Database, DatabaseError, explain
from .library import Library

COMPACT_BELOW = (
    1 << 30
)  # bytes: VACUUM works in memory; larger files keep their free pages, which are overwritten


def destroy(library: Library, names: Iterable[str]) -> int:
    """Delete keys; what they sealed cannot be read any more.

    Returns how many there were. `rotate` must follow.
    """
    count = 0
    for name in names:
        count += library.keys.execute("delete from keys where name = ?", [name]).rowcount
        library.forget_sealer(name)
    return count


def rotate(library: Library) -> None:
    """Wrap every key under a new wrapping key and drop the old one. Killed in between, `finish` ends it."""
    if len(library.root.wrapping) == 1:
        _store(library, replace(library.root, wrapping=(crypto.new_key(), *library.root.wrapping)))
    finish(library)


def finish(library: Library) -> bool:
    """End a rotation that has begun. Returns whether there was one."""
    if len(library.root.wrapping) == 1:
        return False
    new = crypto.Sealer(library.root.wrapping[0])
    try:
        with library.keys.atomic():
            for name, wrapped in library.keys.execute("select name, wrapped from keys").fetchall():
                key = _opened(library, name, wrapped)
                if key is not None:
                    library.keys.execute(
                        "update keys set wrapped = ? where name = ?", [new.seal(key, name), name]
                    )
        compact(library.keys)
    except DatabaseError as exc:
        raise explain(exc, library.home / "keys.db") from exc
    _store(library, replace(library.root, wrapping=library.root.wrapping[:1]))
    return True


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


def unopenable(library: Library) -> list[str]:
    """Names of keys that the root key does not open: one of the two is from before the last erasure."""
    rows = library.keys.execute("select name, wrapped from keys order by name").fetchall()
    return [name for name, wrapped in rows if _opened(library, name, wrapped) is None]


def _opened(library: Library, name: str, wrapped: bytes) -> bytes | None:
    try:
        return crypto.unwrap(wrapped, library.root.wrapping, name)
    except KeyUnavailable:
        return None


def _store(library: Library, root: root_key.RootKey) -> None:
    root_key.store(library.home, library.key_folder, root)
    library.root = root
