"""Restore: a backup becomes the library, without what was withdrawn or erased after it was made.

The backup is unpacked beside the library, opened and checked whole. Keys are wrapped anew under the present
root key; a source or person whose key opens under none was erased since, and is erased again. Where a library
is in place, what its ledger says beyond the backup's counts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import KeyUnavailable, LibraryError
from ..types import isoformat
from . import backup, crypto, erasure, keys, ledger, root_key, sources
from .ledger import LedgerEntry
from .ledger_head import HeadFile
from .library import Library, commit_replacement, stage_replacement
from .people import all_people
from .root_key import KeyPlace, RootKey
from .sealed import MediaBlock, ProbeBlock

EraseEnded = Callable[[Library], None]  # asks for the erasure of what has no consent any more


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    manifest: backup.Manifest
    newer: int  # ledger entries of the library in place that were taken over
    lost: tuple[str, ...]  # sources and people whose keys open no more: they are erased


def restore(
    home: Path, key_folder: Path, path: Path, roots: Sequence[RootKey], erase_ended: EraseEnded, now: datetime
) -> Restored:
    """Replace the library at `home` by the backup at `path`. Needs the writer's place.

    `roots`: root keys that may open it; the first that opens its databases is kept as the library's, so the
    present one comes first. Raises KeyUnavailable when none does, LibraryError when the backup is damaged;
    then nothing was changed.
    """
    manifest = backup.check(path)
    folder = stage_replacement(home)
    backup.unpack(path, folder)
    (folder / "root.json").unlink(missing_ok=True)
    (folder / "manifest.json").unlink()
    root = _fitting_root(folder, roots, key_folder)
    with Library(folder, root, key_folder) as staged:
        if backup.examine(staged) != manifest.counts or ledger.verify(staged) != manifest.ledger_length:
            raise LibraryError(f"{path} does not hold what it says it holds; nothing was changed")
        staged.migrate()
        newer, lost = _reconcile(staged, home, roots, erase_ended, now)
        staged.db.execute("pragma wal_checkpoint(truncate)")
        staged.keys.execute("pragma wal_checkpoint(truncate)")
    _keep_root(home, folder, key_folder, root)
    HeadFile(key_folder, KeyPlace.read(folder).library_id).remove()  # this ledger is the one from now on
    commit_replacement(home)
    return Restored(manifest, newer, lost)


def root_keys(home: Path, key_folder: Path, path: Path, ask: root_key.AskPassphrase | None) -> list[RootKey]:
    """Root keys that may open a backup: the present one, and the one kept for the library that was saved."""
    places, roots = [backup.place(path)], []
    with suppress(KeyUnavailable):  # there is no library in place
        places.insert(0, KeyPlace.read(home))
    for place in places:
        try:
            roots.append(root_key.fetch(place, key_folder, ask))
        except KeyUnavailable:
            continue
    return roots


def _fitting_root(folder: Path, roots: Sequence[RootKey], key_folder: Path) -> RootKey:
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


def _reconcile(
    staged: Library, home: Path, roots: Sequence[RootKey], erase_ended: EraseEnded, now: datetime
) -> tuple[int, tuple[str, ...]]:
    """Take over newer entries, wrap keys anew, and ask for the erasure of what must not come back.

    Returns how many entries, and the subjects of keys that open no more.
    """
    live = _open_live(home, staged)
    try:
        newer = _merge_ledger(staged, live, now) if live else []
        wrapping = tuple(key for root in (staged.root, *roots) for key in root.wrapping)

        def unwrap(name: str, wrapped: bytes) -> bytes | None:
            return keys.unwrap(name, wrapped, wrapping) or (_live_key(staged, live, name) if live else None)

        lost = [found for name in keys.rewrap(staged, unwrap) if (found := _key_subject(staged, name))]
        with staged.atomic():
            for kind, number, subject in lost:
                erasure.request(staged, kind, number, subject, now)
            if live and any(entry.event == "erase" and entry.kind == "library" for entry in newer):
                _erase_unknown(staged, live, now)
            erase_ended(staged)
    finally:
        if live:
            live.close()
    return len(newer), tuple(subject for _, _, subject in lost)


def _open_live(home: Path, staged: Library) -> Library | None:
    """The library in place, when it is the same one and opens."""
    try:
        if KeyPlace.read(home).library_id == KeyPlace.read(staged.home).library_id:
            return Library(home, staged.root, staged.key_folder)
    except LibraryError:
        pass  # none there, or damaged: that may be why somebody restores
    return None


def _merge_ledger(staged: Library, live: Library, now: datetime) -> list[LedgerEntry]:
    """Take over what the ledger in place says beyond the backup's. Returns those entries."""
    ledger.verify(live)
    old, new = ledger.entries(staged), ledger.entries(live)
    fork = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a.hash != b.hash), None)
    if fork is None:
        with staged.atomic():
            for entry in new[len(old) :]:
                ledger.copy_entry(staged, entry)
        return new[len(old) :]
    last = {(entry.kind, entry.subject): entry for entry in new[fork:]}
    ended = [entry for entry in last.values() if entry.event in ("revoke", "erase")]
    for entry in ended:  # the two went different ways: what was withdrawn in either is withdrawn
        detail = f"taken over on restore; {entry.event} of {entry.at}"
        ledger.append(staged, LedgerEntry(isoformat(now), "revoke", entry.kind, entry.subject, detail=detail))
    return ended


def _live_key(staged: Library, live: Library, name: str) -> bytes | None:
    """The key of that name in the library in place, when it really opens what the backup holds."""
    row = live.keys.execute("select wrapped from keys where name = ?", [name]).fetchone()
    key = keys.unwrap(name, row[0], live.root.wrapping) if row else None
    block = _block_under(staged, name)
    if key is None or block is None:
        return key
    try:
        crypto.Sealer(key).open(block.sealed, block.aad)
    except LibraryError:
        return None  # another source of that number
    return key


def _block_under(library: Library, name: str) -> MediaBlock | ProbeBlock | None:
    """Something sealed under the key of that name."""
    kind, _, number = name.partition(":")
    if kind == "source":
        query = "select media_id, pack_id, source_id, sealed, count from vectors where source_id = ? limit 1"
        row = library.db.execute(query, [int(number)]).fetchone()
        return MediaBlock(*row) if row else None
    query = "select id, null, person_id, chip from probes where person_id = ? limit 1"
    row = library.db.execute(query, [int(number)]).fetchone()
    return ProbeBlock(*row) if row else None


def _key_subject(library: Library, name: str) -> tuple[str, int, str] | None:
    """Kind, number and subject of what a key is for."""
    kind, _, number = name.partition(":")
    if kind == "person":
        subjects = {person.id: person.name for person in all_people(library)}
    else:
        subjects = {row.id: row.root for row in sources.all_sources(library)}
    subject = subjects.get(int(number))
    return None if subject is None else (kind, int(number), subject)


def _erase_unknown(staged: Library, live: Library, now: datetime) -> None:
    """Single photographs or sources were erased since: what the library in place lacks must not come back."""
    locators = {row.locator for row in sources.all_sources(live)}
    for source in sources.all_sources(staged):
        if source.locator not in locators:
            erasure.request(staged, "source", source.id, source.root, now)
    hashes = {sha256 for (sha256,) in live.db.execute("select sha256 from media")}
    for media, sha256 in staged.db.execute("select id, sha256 from media").fetchall():
        if sha256 not in hashes:
            erasure.request(staged, "media", media, "a media file", now)


def _keep_root(home: Path, folder: Path, key_folder: Path, root: RootKey) -> None:
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
