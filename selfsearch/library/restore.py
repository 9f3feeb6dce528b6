"""Restore: a backup becomes the library, without what was withdrawn or erased after it was made.

The backup is unpacked beside the library, opened and checked whole. Keys are wrapped anew under the present
root key; a source or person whose key opens under none was erased since, and is erased again. Where a library
is in place, what its ledger says beyond the backup's counts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import KeyUnavailable, LibraryError
from ..types import isoformat
from . import backup, crypto, erasure, ledger, root_key, sources
from .atomic_swap import commit, stage
from .faces import embeddings_aad
from .ledger import Entry
from .library import Library
from .people import all_people
from .root_key import KeyPlace, RootKey

Settle = Callable[[Library], None]  # asks for the erasure of what has no consent any more


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    manifest: backup.Manifest
    newer: int  # ledger entries of the library in place that were taken over
    lost: tuple[str, ...]  # sources and people whose keys open no more: they are erased
    asked: int  # erasures that the next command that writes will do


def restore(
    home: Path, key_folder: Path, path: Path, roots: Sequence[RootKey], settle: Settle, now: datetime
) -> Restored:
    """Replace the library at `home` by the backup at `path`. Needs the writer's place.

    `roots`: root keys that may open it; the first that opens its databases is kept as the library's, so the
    present one comes first. Raises KeyUnavailable when none does, LibraryError when the backup is damaged;
    then nothing was changed.
    """
    manifest = backup.check(path)
    folder = stage(home)
    backup.unpack(path, folder)
    (folder / "root.json").unlink(missing_ok=True)
    (folder / "manifest.json").unlink()
    root = _fitting(folder, roots, key_folder)
    with Library(folder, root, key_folder) as staged:
        if backup.examine(staged) != manifest.counts or ledger.verify(staged) != manifest.ledger_length:
            raise LibraryError(f"{path} does not hold what it says it holds; nothing was changed")
        staged.migrate()
        newer, lost = _settle(staged, home, roots, settle, now)
        asked = len(erasure.pending(staged))
        staged.db.execute("pragma wal_checkpoint(truncate)")
        staged.keys.execute("pragma wal_checkpoint(truncate)")
    _keep(home, folder, key_folder, root)
    commit(home)
    return Restored(manifest, newer, lost, asked)


def root_keys(home: Path, key_folder: Path, path: Path, ask: root_key.AskPassphrase | None) -> list[RootKey]:
    """Root keys that may open a backup: the present one, and the one kept for the library that was saved."""
    found = []
    for place in (_place(home), backup.place(path)):
        if place is None:
            continue
        try:
            found.append(root_key.fetch(place, key_folder, ask))
        except KeyUnavailable:
            continue
    return found


def _place(home: Path) -> KeyPlace | None:
    try:
        return KeyPlace.read(home)
    except KeyUnavailable:
        return None


def _fitting(folder: Path, roots: Sequence[RootKey], key_folder: Path) -> RootKey:
    for root in roots:
        try:
            Library(folder, root, key_folder).close()
        except KeyUnavailable:
            continue
        return root
    raise KeyUnavailable(
        "the backup does not open with any key at hand; give its recovery code: selfsearch restore FILE"
        " --code"
    )


def _settle(
    staged: Library, home: Path, roots: Sequence[RootKey], settle: Settle, now: datetime
) -> tuple[int, tuple[str, ...]]:
    """Take over newer entries, adopt keys, and ask for the erasure of what must not come back."""
    live = _live(home, staged)
    try:
        newer = _merge(staged, live, now) if live else []
        lost = _adopt(staged, live, roots)
        named = [_named(staged, name) for name in lost]
        with staged.atomic():
            for kind, number, subject in filter(None, named):
                erasure.request(staged, kind, number, subject, now)
            if live and any(entry.event == "erase" and entry.kind == "library" for entry in newer):
                _drop_unknown(staged, live, now)
            settle(staged)
    finally:
        if live:
            live.close()
    return len(newer), tuple(subject for _, _, subject in filter(None, named))


def _live(home: Path, staged: Library) -> Library | None:
    """The library in place, when it is the same one and opens."""
    try:
        if KeyPlace.read(home).library_id == KeyPlace.read(staged.home).library_id:
            return Library(home, staged.root, staged.key_folder)
    except LibraryError:
        pass  # none there, or damaged: that may be why somebody restores
    return None


def _merge(staged: Library, live: Library, now: datetime) -> list[Entry]:
    """Take over what the ledger in place says beyond the backup's. Returns those entries."""
    ledger.verify(live)
    old, new = ledger.entries(staged), ledger.entries(live)
    common = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0].hash != pair[1].hash), None
    )
    if common is None:
        with staged.atomic():
            for entry in new[len(old) :]:
                ledger.adopt(staged, entry)
        return new[len(old) :]
    ends = {(entry.kind, entry.subject): entry for entry in new[common:]}
    ended = [entry for entry in ends.values() if entry.event in ("revoke", "erase")]
    for entry in ended:  # the two went different ways: what was withdrawn in either is withdrawn
        ledger.append(
            staged,
            Entry(
                at=isoformat(now), event="revoke", kind=entry.kind, subject=entry.subject,
                detail=f"taken over on restore; {entry.event} of {entry.at}",
            ),
        )  # fmt: skip
    return ended


def _adopt(staged: Library, live: Library | None, roots: Sequence[RootKey]) -> list[str]:
    """Wrap every key under the root key that is kept; returns the names of those that do not open."""
    wrapping = tuple(key for root in (staged.root, *roots) for key in root.wrapping)
    new, lost = crypto.Sealer(staged.root.wrapping[0]), []
    with staged.keys.atomic():
        for name, wrapped in staged.keys.execute("select name, wrapped from keys").fetchall():
            key = _opened(name, wrapped, wrapping) or (_from_live(staged, live, name) if live else None)
            if key is None:
                lost.append(name)
                continue
            staged.keys.execute("update keys set wrapped = ? where name = ?", [new.seal(key, name), name])
    return lost


def _opened(name: str, wrapped: bytes, wrapping: tuple[bytes, ...]) -> bytes | None:
    try:
        return crypto.unwrap(wrapped, wrapping, name)
    except KeyUnavailable:
        return None


def _from_live(staged: Library, live: Library, name: str) -> bytes | None:
    """The key of that name in the library in place, when it really opens what the backup holds."""
    row = live.keys.execute("select wrapped from keys where name = ?", [name]).fetchone()
    key = _opened(name, row[0], live.root.wrapping) if row else None
    sample = _sample(staged, name)
    if key is None or sample is None:
        return key
    try:
        crypto.Sealer(key).open(*sample)
    except LibraryError:
        return None  # another source of that number
    return key


def _sample(library: Library, name: str) -> tuple[bytes, str] | None:
    """Something sealed under a key, and what it belongs to."""
    kind, _, number = name.partition(":")
    if kind == "source":
        query = "select sealed, media_id, pack_id from vectors where source_id = ? limit 1"
        row = library.db.execute(query, [int(number)]).fetchone()
        return (row[0], embeddings_aad(row[1], row[2])) if row else None
    query = "select chip, id from probes where person_id = ? limit 1"
    row = library.db.execute(query, [int(number)]).fetchone()
    return (row[0], f"chip of probe {row[1]}") if row else None


def _named(library: Library, name: str) -> tuple[str, int, str] | None:
    """Kind, number and subject of what a key was for."""
    kind, _, number = name.partition(":")
    known = {row.id: row.root for row in sources.all_sources(library)}
    if kind == "person":
        known = {person.id: person.name for person in all_people(library)}
    subject = known.get(int(number))
    return None if subject is None else (kind, int(number), subject)


def _drop_unknown(staged: Library, live: Library, now: datetime) -> None:
    """Single photographs or sources were erased since: what the library in place does not have must not come
    back.
    """
    kept = {row.locator for row in sources.all_sources(live)}
    for source in sources.all_sources(staged):
        if source.locator not in kept:
            erasure.request(staged, "source", source.id, source.root, now)
    kept = {sha for (sha,) in live.db.execute("select sha256 from media")}
    for number, sha in staged.db.execute("select id, sha256 from media").fetchall():
        if sha not in kept:
            erasure.request(staged, "media", number, "a media file", now)


def _keep(home: Path, folder: Path, key_folder: Path, root: RootKey) -> None:
    """See that the root key is kept where the key.json that will be in place says."""
    old = KeyPlace.read(folder)
    if (home / "key.json").exists() and KeyPlace.read(home).library_id == old.library_id:
        place = KeyPlace.read(home)
        place.write(folder)  # the present place stays; a passphrase, too
        if place.kind == "passphrase" and root.under is not None:
            return
    kind = old.kind if old.kind != "passphrase" else "file"
    if kind == "keyring" and root_key.keyring_name() is None:
        kind = "file"
    place = KeyPlace(old.library_id, kind)
    root_key.keep(place, root, key_folder)
    place.write(folder)
