"""The consent ledger: entries are appended, never changed, and each carries the hash of the one before.

Database triggers refuse updates and deletions; the chain shows what somebody did to the file all the same.
Fields follow the consent record of ISO/IEC TS 27560 in spirit. This file stores; consent/grants.py decides
what the entries mean.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace

from ..errors import LibraryError
from .db import insert_row
from .library import Library

GENESIS = "0" * 64  # what the first entry has before it


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger. Times are ISO 8601 in UTC."""

    at: str
    event: str  # grant, renew, revoke, erase
    kind: str  # source, person, library
    subject: str  # a source's root path, a person's name
    basis: str = ""  # own, release
    given_by: str = ""
    evidence_sha256: str = ""
    purpose: str = ""
    categories: str = ""
    statement_version: str = ""
    statement: str = ""
    method: str = ""
    expires_at: str = ""
    detail: str = ""
    previous_hash: str = ""
    hash: str = ""
    id: int = 0


HASHED = [name.name for name in fields(LedgerEntry) if name.name not in ("id", "hash")]


def digest(entry: LedgerEntry) -> str:
    """SHA-256 over the entry's fields, the previous hash among them, as JSON with sorted keys."""
    values = {name: getattr(entry, name) for name in HASHED}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def append(library: Library, entry: LedgerEntry) -> LedgerEntry:
    """Add an entry to the end of the chain; returns it with its hash and number."""
    table = library.db.table("consents")
    with library.atomic():
        last = next(table.rows_where(order_by="id desc", limit=1, select="hash"), {"hash": GENESIS})
        entry = replace(entry, previous_hash=last["hash"])
        entry = replace(entry, hash=digest(entry))
        values = asdict(entry)
        del values["id"]
        return replace(entry, id=insert_row(table, values))


def copy_entry(library: Library, entry: LedgerEntry) -> None:
    """Take an entry over as it is, from a longer ledger that begins with this one.

    In a transaction; `verify` afterwards.
    """
    library.db.table("consents").insert(asdict(entry))


def entries(library: Library, kind: str | None = None, subject: str | None = None) -> list[LedgerEntry]:
    """The ledger's entries in order, all of them or those about one kind or subject."""
    rows = library.db.table("consents").rows_where(
        "(?1 is null or kind = ?1) and (?2 is null or subject = ?2)", [kind, subject], order_by="id"
    )
    return [LedgerEntry(**row) for row in rows]


def verify(library: Library) -> int:
    """Walk the whole chain; returns its length.

    Raises LibraryError at the first entry that was tampered with.
    """
    previous, number = GENESIS, 0
    for number, entry in enumerate(entries(library), 1):
        if entry.previous_hash != previous or entry.hash != digest(entry) or entry.id != number:
            raise LibraryError(
                f"the consent ledger was changed at entry {entry.id}: do not rely on what it says"
            )
        previous = entry.hash
    return number
