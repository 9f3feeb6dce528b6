"""Restore: a backup becomes the library, without what was withdrawn, erased or removed after it was made.

The backup is unpacked beside the library, authenticated under its root key, opened and checked whole. Keys
are wrapped anew under the present root key; a source or person whose key opens under none was erased since,
and is erased again. Where the library is still in place, what its ledger says beyond the backup's counts,
too, and what it has no more of single things (carry_over.py). Nothing in the backup decides where a key is
kept: it stays where it was found, else it goes where that of a new library goes. Settings are taken as far as
the caller chooses.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import settings
from ..errors import KeyUnavailable, LibraryError, SelfsearchError, UsageError
from ..settings import Settings
from ..types import isoformat
from . import backup, carry_over, crypto, erasure, keys, ledger, root_key, sources
from .backup import Backup, Manifest
from .carry_over import Comparison
from .ledger import LedgerEntry
from .ledger_head import HeadFile
from .library import Library, commit_replacement, require_outside, staged_replacement
from .people import all_people
from .root_key import KeyPlace, RootKey
from .sealed import MediaBlock, ProbeBlock


@dataclass(frozen=True, slots=True)
class Candidate:
    """A root key that may open a backup."""

    root: RootKey
    place: KeyPlace | None = None  # where it is kept; None for one that was typed or is in the backup


@dataclass(frozen=True, slots=True)
class Caller:
    """What whoever restores decides."""

    erase_ended: Callable[[Library], None]  # asks for the erasure of what has no consent any more
    # settings of the library in place and of the backup -> what is to be changed
    choose_settings: Callable[[Settings, Settings], dict[str, Any]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    manifest: Manifest
    newer: int = 0  # ledger entries of the library in place that were taken over
    # faces that were removed in the library in place, and now again
    removed: erasure.RemovedFaces = field(default=erasure.RemovedFaces(0, ()))
    verdicts_lost: int = 0  # about faces that the backup does not have
    unread: bool = False  # the library in place, or a part of it, could not be read
    is_behind: bool = False  # this machine has seen a longer ledger of this library
    key_kind: str = ""  # the kind of place that the key was put into; "" when it stayed where it was
    lost: tuple[str, ...] = field(default=())  # sources and people whose keys open no more: they are erased


def restore(
    home: Path, key_folder: Path, source: Backup, candidates: Sequence[Candidate], caller: Caller
) -> Restored:
    """Replace the library at `home` by a backup. Needs the writer's place.

    The first of `candidates` that opens the databases is kept as the library's, so the present one comes
    first. Raises KeyUnavailable when none does, LibraryError when the backup is damaged or was changed; then
    nothing was changed.
    """
    with staged_replacement(home) as folder:
        source.unpack(folder)
        found = _fitting(folder, candidates, key_folder)
        key = source.authenticate(found.root) if source.is_sealed else None
        place = found.place or root_key.new_place(_new_id(source), key_folder)
        place.write(folder)
        with Library(folder, found.root, key_folder) as staged:
            _check_content(staged, source)
            staged.migrate()
            staged.identify(place.library_id)
            restored = _reconcile(staged, home, source, candidates, caller)
            head = HeadFile(key_folder, place.library_id)
            if _is_behind(staged, head, candidates):
                restored = replace(restored, is_behind=True)
                detail = json.dumps({"backup_of": source.manifest.made_at})
                subject = "a backup older than what this machine last saw"
                ledger.append(
                    staged, LedgerEntry(isoformat(caller.now), "accept", "library", subject, detail=detail)
                )
            for db in (staged.db, staged.keys):
                db.execute("pragma wal_checkpoint(truncate)")
        if key is not None:
            _stage_settings(home, folder, source.settings(key), caller)
        if found.place is None:
            require_outside(key_folder, home)
            root_key.keep(place, found.root, key_folder)
            restored = replace(restored, key_kind=place.kind)
        HeadFile(key_folder, place.library_id).remove()  # this ledger is the one from now on
        commit_replacement(home)
    return restored


def find_roots(
    home: Path, key_folder: Path, library_id: str, ask: root_key.AskPassphrase | None
) -> list[Candidate]:
    """Root keys at hand: that of the library in place, and what is kept under the backup's number."""
    places = [KeyPlace(library_id, "file")]
    if root_key.keyring_name():
        places.append(KeyPlace(library_id, "keyring"))
    with suppress(KeyUnavailable):  # there is no library in place
        places.insert(0, KeyPlace.read(home))
    candidates = []
    for place in dict.fromkeys(places):
        with suppress(KeyUnavailable):
            candidates.append(Candidate(root_key.fetch(place, key_folder, ask), place))
    return candidates


def _new_id(source: Backup) -> str:
    """The number of the restored library; what is not authenticated does not say it."""
    return source.manifest.library_id if source.is_sealed else secrets.token_hex(8)


def _fitting(folder: Path, candidates: Sequence[Candidate], key_folder: Path) -> Candidate:
    for candidate in candidates:
        try:
            Library(folder, candidate.root, key_folder).close()
        except KeyUnavailable:
            continue
        return candidate
    raise KeyUnavailable(
        "the backup does not open with any key at hand; give its recovery code: selfsearch restore FILE"
        " --code"
    )


def _check_content(staged: Library, source: Backup) -> None:
    """Raises LibraryError when the databases are not those that the manifest speaks of."""
    manifest, said = source.manifest, staged.library_id
    is_whole = backup.examine(staged) == manifest.counts and ledger.verify(staged) == manifest.ledger_length
    if said is not None and not (source.is_sealed and said == manifest.library_id):
        raise LibraryError(
            f"{source.path} was changed after it was made: the library in it is another one, or the seal was"
            " taken off. Nothing was restored; use another backup"
        )
    if not is_whole:
        raise LibraryError(f"{source.path} does not hold what it says it holds; nothing was changed")


def _reconcile(
    staged: Library, home: Path, source: Backup, candidates: Sequence[Candidate], caller: Caller
) -> Restored:
    """Take over what is newer, wrap keys anew, and ask for the erasure of what must not come back."""
    with ExitStack() as stack:
        live = _open_live(home, staged, source, candidates)
        if live:
            stack.enter_context(live)
            _require_fitting(live, candidates)
        else:
            _require_same(home, source)
        newer, is_sound = _merge_ledger(staged, live, caller.now) if live else ([], True)
        lost = _wrap_anew(staged, live, candidates)
        comparison = None
        with staged.atomic():
            for kind, number, subject in lost:
                erasure.request(staged, kind, number, subject, caller.now)
            caller.erase_ended(staged)
            if live:
                has_erased = any(entry.event == "erase" for entry in newer)
                comparison = Comparison(staged, live, has_erased, caller.now)
                carry_over.carry_over(comparison)
    subjects = tuple(subject for _, _, subject in lost)
    if comparison is None:
        return Restored(source.manifest, lost=subjects, unread=(home / "library.db").exists())
    return Restored(
        source.manifest,
        newer=len(newer),
        removed=comparison.removed,
        verdicts_lost=comparison.verdicts_lost,
        unread=comparison.unread or not is_sound,
        lost=subjects,
    )


def _is_behind(staged: Library, head: HeadFile, candidates: Sequence[Candidate]) -> bool:
    """Whether the restored ledger lacks entries that this machine has seen."""
    entries = ledger.entries(staged)
    for candidate in candidates:
        with suppress(LibraryError):  # of another key
            seen = head.read(candidate.root)
            hashes = [ledger.GENESIS, *(entry.hash for entry in entries)]
            return seen is not None and hashes[seen.number : seen.number + 1] != [seen.hash]
    return True


def _open_live(
    home: Path, staged: Library, source: Backup, candidates: Sequence[Candidate]
) -> Library | None:
    """The library in place, when it is the same one and opens."""
    is_named = False
    with suppress(KeyUnavailable):
        is_named = source.is_sealed and KeyPlace.read(home).library_id == source.manifest.library_id
    for candidate in candidates:
        if not is_named and not {*candidate.root.libraries} & {*staged.root.libraries}:
            continue
        with suppress(LibraryError):  # none there, or damaged: that may be why somebody restores
            live = Library(home, candidate.root, staged.key_folder)
            try:
                live.migrate()
            except SelfsearchError:
                live.close()
                return None
            return live
    return None


def _require_same(home: Path, source: Backup) -> None:
    """Raises UsageError when another library would be lost."""
    try:
        library_id = KeyPlace.read(home).library_id
    except KeyUnavailable:
        return  # there is none, or nobody can tell
    if (home / "library.db").exists() and library_id != source.manifest.library_id:
        raise UsageError(
            f"the library in {home} is another one than that of the backup, and would be lost. Move that"
            " folder away first, or have SELFSEARCH_HOME name another; nothing was changed"
        )


def _require_fitting(live: Library, candidates: Sequence[Candidate]) -> None:
    """Raises KeyUnavailable when the key at hand is not that of the library in place: with it every face of
    the backup would be taken for erased.
    """
    is_misfit = False
    with suppress(LibraryError):  # damaged: that may be why somebody restores
        is_misfit = keys.opens_none(live, *(key for each in candidates for key in each.root.wrapping))
    if is_misfit:
        raise KeyUnavailable(f"{keys.MISFIT}; nothing was changed. {keys.REPLACE}, and restore then")


def _merge_ledger(staged: Library, live: Library, now: datetime) -> tuple[list[LedgerEntry], bool]:
    """Take over what the ledger in place says beyond the backup's.

    Returns those entries, and whether the ledger in place could be read whole and believed.
    """
    try:
        new = ledger.entries(live)
    except SelfsearchError:
        return [], False
    try:
        ledger.verify(live)
        is_sound = True
    except LibraryError:
        is_sound = False
    old = ledger.entries(staged)
    fork = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a.hash != b.hash), None)
    if fork is None and is_sound:
        with staged.atomic():
            for entry in new[len(old) :]:
                ledger.copy_entry(staged, entry)
        return new[len(old) :], True
    last = {(entry.kind, entry.subject): entry for entry in new[fork or 0 :]}
    ended = [entry for entry in last.values() if entry.event in ("revoke", "erase")]
    for entry in ended:  # the two went different ways: what was withdrawn in either is withdrawn
        detail = f"taken over on restore; {entry.event} of {entry.at}"
        ledger.append(staged, LedgerEntry(isoformat(now), "revoke", entry.kind, entry.subject, detail=detail))
    return ended, is_sound


def _wrap_anew(
    staged: Library, live: Library | None, candidates: Sequence[Candidate]
) -> list[tuple[str, int, str]]:
    """Wrap keys under the present root key. Returns kind, number and subject of those that open no more."""
    wrapping = tuple(
        key for root in (staged.root, *(each.root for each in candidates)) for key in root.wrapping
    )

    def unwrap(name: str, wrapped: bytes) -> bytes | None:
        return keys.unwrap(name, wrapped, wrapping) or (_live_key(staged, live, name) if live else None)

    return [found for name in keys.rewrap(staged, unwrap) if (found := _key_subject(staged, name))]


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


def _stage_settings(home: Path, folder: Path, text: str | None, caller: Caller) -> None:
    """Write the settings that will be in place, with what the caller takes of the backup's."""
    if text is None:
        return
    try:
        saved = settings.parse(text, "the backup's config.toml")
    except UsageError:
        return  # of another version
    here = settings.in_file(home)
    changes = caller.choose_settings(here, saved)
    if changes:
        settings.write(folder, **settings.load(home / "config.toml") | changes)
