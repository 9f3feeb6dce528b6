"""The consent ledger: entries are appended, never changed, and each carries the hash of the one before.

Database triggers refuse updates and deletions; the chain shows what somebody did to the file all the same,
and the head that is kept outside of the library (ledger_head.py) that an old copy was put in place. What is
decided by the ledger is asked of `believed`, once per process: a ledger of ordinary length is verified whole;
of a long one, what was verified before is compared with the head, by a digest that an index answers, and what
came after it is verified entry by entry. Fields follow the consent record of ISO/IEC TS 27560 in spirit. This
file stores; consent/grants.py decides what the entries mean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ..errors import LibraryError
from .db import insert_row, make_durable
from .ledger_head import Head

if TYPE_CHECKING:
    from .library import Library

GENESIS = "0" * 64  # what the first entry has before it
GIVEN = ("grant", "renew")  # events that are consent; others end it
LAPSE = "lapse"  # the event of a consent of which nobody knows whether it was withdrawn since
ORDINARY = 1000  # entries that are verified in about 10 ms


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger. Times are ISO 8601 in UTC."""

    at: str
    event: str  # grant, renew, revoke, erase, export, accept, lapse; what is none of these ends a consent
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
        library.after_commit(_advance_head)
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


def subjects(library: Library, kind: str) -> list[str]:
    """Everything that an entry is about."""
    rows = library.db.execute("select distinct subject from consents where kind = ?", [kind])
    return [subject for (subject,) in rows]


def newest(library: Library, kind: str, subjects: Collection[str] | None = None) -> dict[str, LedgerEntry]:
    """Subject -> its newest entry, of all subjects of that kind or of these, in the order of first naming."""
    rows = library.db.query(
        """
        select consents.*
        from consents
        join (
            select max(id) as last, min(id) as first
            from consents
            where kind = ?1 and (?2 is null or subject in (select value from json_each(?2)))
            group by subject
        ) on last = id
        order by first
        """,
        [kind, None if subjects is None else json.dumps(list(subjects))],
    )
    return {row["subject"]: LedgerEntry(**row) for row in rows}


def exports(library: Library, subject: str | None = None) -> list[dict[str, Any]]:
    """What was given out unencrypted, oldest first: at, to, biometrics, sources, people, rows.

    All of it, or what held something of a source (by its path) or person.
    """
    rows = library.db.execute(
        "select at, subject, detail from consents where event = 'export' and kind = 'library' order by id"
    )
    found = [{"at": at, "to": to} | json.loads(detail) for at, to, detail in rows]
    return [each for each in found if subject is None or subject in (*each["sources"], *each["people"])]


def believed(library: Library, kind: str, subjects: Collection[str] | None = None) -> dict[str, LedgerEntry]:
    """As `newest`, of a ledger that verifies. Raises LibraryError when it does not."""
    _check(library)
    found = newest(library, kind, subjects)
    for entry in found.values():
        if entry.hash != digest(entry):
            raise _changed(entry.id)
    return found


def verify(library: Library) -> int:
    """Walk the whole chain; returns its length.

    Raises LibraryError at the first entry that was tampered with.
    """
    return _walk(library, 0, GENESIS)


def compare_with_head(library: Library) -> Head | None:
    """See that the ledger in place is the one that this machine last saw, or goes on from there.

    Returns what was last seen; None when nothing was. Raises LibraryError when the ledger is older, or
    another.
    """
    head = library.head.read(library.root) if library.head else None
    if not head or _hash_at(library, head.number) == head.hash:
        return head
    length = verify(library)  # an entry that was changed is a finding of its own
    if length < head.number:
        ends = f"ends at entry {length}" if length else "is empty"
        what = f"is older than this machine remembers: its ledger of consent {ends}, not at {head.number}"
    else:
        what = f"is not the one that this machine remembers: entry {head.number} of its ledger is another"
    raise LibraryError(
        f"the library in {library.home} {what}. An old copy or another version of it was put in its place:"
        " consent that was withdrawn since would seem to live, and what was erased would be back. Put the"
        " right one back (selfsearch restore BACKUP); if you put this one there yourself and want to go on"
        " with it: selfsearch consent accept"
    )


def accept(library: Library, at: str) -> LedgerEntry:
    """Go on with the ledger in place, though this machine has seen another; the ledger says so from now on.

    Raises LibraryError when an entry was changed.
    """
    detail = json.dumps({"ledger_ended_at": verify(library)})
    subject = "this copy of the library"
    entry = append(library, LedgerEntry(at, "accept", "library", subject, detail=detail))
    if library.head:
        library.head.remove()
    _check(library)
    return entry


def _check(library: Library) -> None:
    """See that no entry was changed since the head was written; verify what came after, and advance it.

    Within one process again only when something was added, or another process wrote.
    """
    state = (_pragma(library, "data_version"), _last(library))
    if library.believed_at == state:
        return
    head = compare_with_head(library)
    if head and head.number > ORDINARY and head.outline == _outline(library, head.number):
        _walk(library, head.number, head.hash)
    else:
        verify(library)
    library.believed_at = state
    if not head or head.number < state[1]:
        library.after_commit(_save_head)


def _advance_head(library: Library) -> None:
    """After entries were added. A ledger that does not verify is told of when something rests on it."""
    with suppress(LibraryError):
        _check(library)


def _save_head(library: Library) -> None:
    """Keep the end of the ledger, which is verified and committed, as the head."""
    number = _last(library)
    head = Head(number, _hash_at(library, number) or GENESIS, _outline(library, number))
    make_durable(library.path)
    if library.head:
        library.head.write(library.root, head)


def sign_head_anew(library: Library) -> None:
    """Put the head under the current key, while the one that it was written with is still at hand."""
    head = library.head and library.head.read(library.root)
    if library.head and head:
        library.head.write(library.root, head)


def _walk(library: Library, number: int, previous: str) -> int:
    """Verify the entries after this one; returns the number of the last.

    Raises LibraryError at the first that was tampered with.
    """
    columns = sorted(HASHED)
    at = columns.index("previous_hash")
    rows = library.db.execute(
        f"select id, hash, {', '.join(columns)} from consents where id > ? order by id", [number]
    )
    for found, stored, *values in rows:
        number += 1
        text = json.dumps(dict(zip(columns, values, strict=True)))
        if found != number or values[at] != previous or stored != hashlib.sha256(text.encode()).hexdigest():
            raise _changed(found)
        previous = stored
    return number


def _changed(number: int) -> LibraryError:
    return LibraryError(
        f"the consent ledger was changed at entry {number}: it is not believed any more, so nothing is read,"
        " searched or shown. Put the library back from a backup (selfsearch restore BACKUP); if there is"
        " none, move its folder away and index again"
    )


def _last(library: Library) -> int:
    return int(library.db.execute("select coalesce(max(id), 0) from consents").fetchone()[0])


def _hash_at(library: Library, number: int) -> str | None:
    if number == 0:
        return GENESIS
    row = library.db.execute("select hash from consents where id = ?", [number]).fetchone()
    return row and str(row[0])


def _outline(library: Library, number: int) -> str:
    """SHA-256 of what the entries up to this one are about, and of their hashes, as the index has them.

    Whoever changes an entry without it must leave its kind, subject and hash as they are; then its hash does
    not fit the rest of it any more, and that is looked at when something rests on it.
    """
    text = library.db.execute(
        """
        select group_concat(id || ' ' || kind || ' ' || hash || ' ' || subject, char(10))
        from (select id, kind, subject, hash from consents where id <= ? order by kind, subject, hash)
        """,
        [number],
    ).fetchone()[0]
    return hashlib.sha256((text or "").encode()).hexdigest()


def _pragma(library: Library, name: str) -> int:
    return int(library.db.execute(f"pragma {name}").fetchone()[0])
