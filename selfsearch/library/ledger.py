"""The consent ledger: entries are appended, never changed, and each carries the hash of the one before.

Database triggers refuse updates and deletions; the chain shows what somebody did to the file all the same.
Fields follow the consent record of ISO/IEC TS 27560 in spirit. This file stores; consent.py decides what the
entries mean.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from ..errors import LibraryError
from .library import Library

GENESIS = "0" * 64  # what the first entry has before it


@dataclass(frozen=True, slots=True)
class Entry:
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


HASHED = [name.name for name in fields(Entry) if name.name not in ("id", "hash")]


def digest(entry: Entry) -> str:
    """SHA-256 over the entry's fields, the previous hash among them, as JSON with sorted keys."""
    raw = asdict(entry)
    return hashlib.sha256(
        json.dumps({name: raw[name] for name in HASHED}, sort_keys=True).encode()
    ).hexdigest()


def append(library: Library, entry: Entry) -> Entry:
    """Add an entry to the end of the chain; returns it with its hash and number."""
    with library.atomic():
        rows = list(library.db.query("select hash from consents order by id desc limit 1"))
        raw = asdict(entry) | {"previous_hash": rows[0]["hash"] if rows else GENESIS}
        raw.pop("id")
        raw["hash"] = digest(Entry(**raw))
        number = library.db.table("consents").insert(raw, pk="id").last_pk
    return Entry(**raw, id=int(number))  # type: ignore[arg-type]


def adopt(library: Library, entry: Entry) -> None:
    """Take an entry over as it is, from a longer ledger that begins with this one.

    In a transaction; `verify` afterwards.
    """
    library.db.table("consents").insert(asdict(entry), pk="id")


def entries(library: Library, kind: str | None = None, subject: str | None = None) -> list[Entry]:
    """The ledger's entries in order, all of them or those about one kind or subject."""
    where = [(column, value) for column, value in (("kind", kind), ("subject", subject)) if value is not None]
    clause = " and ".join(f"{column} = ?" for column, _ in where) or "1"
    rows = library.db.query(
        f"select * from consents where {clause} order by id", [value for _, value in where]
    )
    return [Entry(**row) for row in rows]


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
