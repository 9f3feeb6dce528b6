"""Keys of sources and people in keys.db: destroyed with what they sealed, and all wrapped anew then.

Wrapping anew is done in three steps, each of which can be repeated: the root key gets a second wrapping key
in front of the old one; every key is wrapped under it, in one transaction; the old one is dropped. From then
on a copy of keys.db made earlier opens nothing, whoever has the library's present root key. The key of the
databases is replaced in the same manner, and both are written anew under it: then an old copy of the library
opens nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..errors import KeyUnavailable
from . import crypto, ledger, root_key
from .db import compact
from .library import Library

MISFIT = (
    "the library's key opens its records, but no face: it is damaged, or from before something was erased or"
    " the key was rotated"
)
REPLACE = "Put the right one back: selfsearch key import"

Unwrap = Callable[[str, bytes], "bytes | None"]  # name and wrapped key -> the key, where it can be had


def count(library: Library, name: str | None) -> int:
    """1 when there is a key of that name."""
    return int(library.keys.table("keys").count_where("name = ?", [name]))


def destroy(library: Library, names: Iterable[str]) -> None:
    """Delete keys; what they sealed cannot be read any more. `rotate` must follow."""
    for name in names:
        library.keys.execute("delete from keys where name = ?", [name])
        library.forget_sealer(name)


def rotate(library: Library) -> None:
    """Wrap every key under a new wrapping key and drop the old one. Killed in between, `finish` ends it."""
    if len(library.root.wrapping) == 1:
        _store(library, replace(library.root, wrapping=(crypto.new_key(), *library.root.wrapping)))
    finish(library)


def renew(library: Library) -> None:
    """Replace the whole root key, and write both databases anew. Killed in between, `finish` ends it.

    Takes as much room on the disk as the library has.
    """
    finish(library)
    root = library.root
    fresh = replace(
        root, library=crypto.new_key(), wrapping=(crypto.new_key(), *root.wrapping), retired=root.library
    )
    _store(library, fresh)
    library.is_retired = True
    finish(library)


def finish(library: Library) -> None:
    """End a replacement that has begun."""
    if len(library.root.wrapping) == 1:
        return
    if library.is_retired:
        library.write_anew()
    rewrap(library, lambda name, wrapped: unwrap(name, wrapped, library.root.wrapping))
    compact(library.keys)
    ledger.sign_head_anew(library)
    _store(library, replace(library.root, wrapping=library.root.wrapping[:1], retired=None))


def rewrap(library: Library, unwrap: Unwrap) -> list[str]:
    """Wrap every key under the current wrapping key, in one transaction.

    Returns the names of those that `unwrap` could not open; they stay as they are.
    """
    sealer, lost = crypto.Sealer(library.root.wrapping[0]), []
    with library.keys.atomic():
        for name, wrapped in library.keys.execute("select name, wrapped from keys").fetchall():
            key = unwrap(name, wrapped)
            if key is None:
                lost.append(name)
                continue
            library.keys.execute("update keys set wrapped = ? where name = ?", [sealer.seal(key, name), name])
    return lost


def unopenable(library: Library, *others: bytes) -> list[str]:
    """Names of keys that neither the root key nor one of the other wrapping keys opens."""
    wrapping = (*library.root.wrapping, *others)
    rows = library.keys.execute("select name, wrapped from keys order by name").fetchall()
    return [name for name, wrapped in rows if unwrap(name, wrapped, wrapping) is None]


def opens_none(library: Library, *others: bytes) -> bool:
    """Whether there are keys and not one opens: the root key is damaged, or from before the last erasure."""
    return library.keys.table("keys").count == len(unopenable(library, *others)) > 0


def require_fitting(library: Library) -> None:
    """Raises KeyUnavailable when the root key opens the databases, but not one key in them."""
    if opens_none(library):
        raise KeyUnavailable(f"{MISFIT}; nothing was changed. {REPLACE}")


def unwrap(name: str, wrapped: bytes, wrapping: tuple[bytes, ...]) -> bytes | None:
    """The key called `name`; None when none of the wrapping keys opens it."""
    try:
        return crypto.unwrap(wrapped, wrapping, name)
    except KeyUnavailable:
        return None


def _store(library: Library, root: root_key.RootKey) -> None:
    root_key.store(library.home, library.key_folder, root)
    library.root = root
