"""Integrity: whether an open library holds what it should, and how what is damaged is taken out.

Every check yields findings and none stops another. Blocks are streamed: no more than one media file's chips
or embeddings are in memory at a time. Nothing is changed unless `fix` is asked for, and then only what loses
nothing: embeddings or chips that can be made again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from ..errors import KeyUnavailable, LibraryError, SelfsearchError
from ..types import Embeddings, Outcome, ProgressListener
from ..words import counted
from . import keys, ledger
from .db import marks
from .library import Library
from .sealed import MediaBlock, ProbeBlock, chip_shapes, unpack_chips, unpack_embeddings
from .sources import source_name

EXAMPLES = 5  # that a sentence names
CHIP = (112, 112, 3)
UNIT = 1e-3  # how far an embedding's length may be from 1
BACKUP = "restore the library from a backup; if there is none, move its folder away and index again"
WAYS_OUT = (
    "either save what is intact, which leaves out what was in the damaged parts: selfsearch doctor --repair;"
    " or restore a backup, which leaves out what came after it: selfsearch restore BACKUP"
)
READ_AGAIN = "selfsearch doctor --fix, then index: the files are read again"
MADE_AGAIN = "selfsearch doctor --fix; the next index or query makes them anew from the kept faces"
NOT_OPENING = "do not open: they were changed, or moved from another place"
KEYLESS = "are sealed under a key that is gone"
MISCOUNTED = "are more or fewer than the faces that were found"
NO_PICTURES = "are no pictures of 112x112 pixels"

JSON_COLUMNS = {
    "sources": ("periods", "account_was", "audience_means", "containers", "stamps"),
    "scans": ("counts",),
    "media": ("people",),
    "sightings": ("people", "records", "exposure_evidence"),
    "appearances": ("places",),
    "changes": ("before", "after"),
    "queries": ("photographs",),
}
TIME_COLUMNS = {
    "consents": ("at",),
    "sources": ("added_at", "scanned_at"),
    "scans": ("started_at", "finished_at"),
    "items": ("found_at", "gone_at"),
    "people": ("enrolled_at",),
    "probes": ("added_at",),
    "verdicts": ("at",),
    "queries": ("at",),
}

Level = Literal["ok", "note", "warning", "error"]
Check = Callable[[Library], "Iterator[Finding]"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing."""

    check: str  # programs, permissions, leftovers, disk, settings, library, ledger, key, chips, …
    level: Level
    what: str
    do: str = ""  # how to mend it; "" when there is nothing to do
    mended: bool = False  # it was wrong, and has been put right just now


def examples(values: Sequence[object]) -> str:
    """The first few, and how many more."""
    more = f" and {len(values) - EXAMPLES:,} more" if len(values) > EXAMPLES else ""
    return ", ".join(map(str, values[:EXAMPLES])) + more


def check_library(library: Library, fix: bool, progress: ProgressListener | None = None) -> Iterator[Finding]:
    """Every check of an open library."""
    progress = progress or ProgressListener()
    if library.is_older():
        yield Finding(
            "library", "note", "the library was written by an older selfsearch",
            "the next index brings it up to date; what it holds is checked after that",
        )  # fmt: skip
        return
    found = list(_check_files(library, progress))
    yield from found
    if any(finding.level == "error" for finding in found):
        return  # SQLCipher reads nothing more of a file behind its first damaged page
    sealed = partial(_check_sealed, fix=fix, progress=progress)
    yield from _checked(library, _check_ledger, _check_references, _check_values, _check_scans, sealed)


def _checked(library: Library, *checks: Check) -> Iterator[Finding]:
    for check in checks:
        try:
            yield from check(library)
        except SelfsearchError as exc:
            yield Finding("library", "error", str(exc), BACKUP)


def _watched(
    rows: Iterable[Any], title: str, count: int, progress: ProgressListener
) -> Iterator[tuple[Any, ...]]:
    """The same rows, while somebody is told how far it is."""
    progress.begin(title, count)
    try:
        for row in rows:
            yield row
            progress.step(Outcome.INDEXED, "")
    finally:
        progress.end()


def _check_files(library: Library, progress: ProgressListener) -> Iterator[Finding]:
    for name in ("library.db", "keys.db"):
        progress.begin(f"checking every page of {name}", None)
        faults = file_faults(library, name)
        progress.end()
        if faults:
            yield Finding("library", "error", f"{name} is damaged: {examples(faults)}", WAYS_OUT)
        else:
            yield Finding("library", "ok", f"{name} is sound: every page opens, and its structure holds")


def file_faults(library: Library, name: str) -> list[str]:
    """What SQLCipher (every page's seal) and SQLite (the structure) find wrong with a database's file."""
    db = library.keys if name == "keys.db" else library.db
    for pragma, sound in (("cipher_integrity_check", []), ("integrity_check(10)", ["ok"])):
        try:
            lines = [str(line) for (line,) in db.execute(f"pragma {pragma}")]
        except LibraryError as exc:
            lines = [str(exc.__cause__)]
        if lines != sound:
            return lines
    return []


def _check_ledger(library: Library) -> Iterator[Finding]:
    try:
        length = ledger.verify(library)
    except LibraryError as exc:
        what, _, cure = str(exc).partition(". ")
        yield Finding("ledger", "error", what, cure)
        return
    yield Finding("ledger", "ok", f"the consent ledger is as it was written: {counted(length, 'entries')}")
    if library.head and not library.head.read(library.root):
        yield Finding(
            "ledger", "note",
            "nothing beside the key tells yet how far the ledger came, should an old copy be put in place",
            "the next command that asks for consent keeps it (an index, a query)",
        )  # fmt: skip


def _check_references(library: Library) -> Iterator[Finding]:
    """Rows that refer to one that is not there."""
    dangling: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in library.db.execute("pragma foreign_key_check"):
        dangling[table, parent] = dangling.get((table, parent), 0) + 1
    for (table, parent), count in dangling.items():
        yield Finding(
            "library",
            "error",
            f"{table}: {counted(count, 'references')} to {parent} that are not there",
            BACKUP,
        )
    if not dangling:
        yield Finding("library", "ok", "everything that an entry refers to is there")


def _check_values(library: Library) -> Iterator[Finding]:
    outcomes = [outcome.value for outcome in Outcome]
    unknown = library.db.execute(
        f"select outcome from items where outcome not in ({marks(outcomes)}) group by outcome", outcomes
    ).fetchall()
    unreadable = [
        *_count_where(library, JSON_COLUMNS, "not json_valid({})"),
        *_count_where(library, TIME_COLUMNS, "datetime({}) is null"),
    ]
    if unreadable:
        yield Finding("values", "error", f"values that cannot be read: {examples(unreadable)}", BACKUP)
    if unknown:
        names = examples([outcome for (outcome,) in unknown])
        yield Finding("values", "error", f"files with an outcome that does not exist: {names}", BACKUP)
    if not unreadable and not unknown:
        yield Finding("values", "ok", "every entry can be read")


def _count_where(library: Library, columns: dict[str, tuple[str, ...]], condition: str) -> Iterator[str]:
    """Columns with values of which the condition holds, and in how many rows."""
    for table, names in columns.items():
        for name in names:
            where = f'"{name}" is not null and ' + condition.format(f'"{name}"')
            if count := library.db.table(table).count_where(where):
                yield f"{table}.{name} ({counted(count, 'rows')})"


def _check_scans(library: Library) -> Iterator[Finding]:
    """Sources whose newest scan did not end, or was interrupted."""
    rows = library.db.execute(
        """
        select sources.id, title, account, root, started_at
        from scans
        join sources on sources.id = source_id
        where scans.id in (select max(id) from scans group by source_id)
            and scans.state in ('running', 'interrupted')
        order by sources.id
        """
    ).fetchall()
    for number, title, account, root, started_at in rows:
        name = source_name(number, title, account, root)
        yield Finding(
            "scans", "warning",
            f"reading {name}, begun {started_at}, was interrupted or is still going on",
            f"go on with it: selfsearch index {shlex.quote(root)}",
        )  # fmt: skip
    if not rows:
        yield Finding("scans", "ok", "no reading of a source was interrupted")


def _check_sealed(library: Library, fix: bool, progress: ProgressListener) -> Iterator[Finding]:
    """Whatever a key of its own seals; nothing is taken out for a root key that can be put right."""
    if keys.opens_none(library):
        yield Finding("key", "error", keys.MISFIT, keys.REPLACE)
        return
    chips, embeddings = (
        partial(check, fix=fix, progress=progress) for check in (_check_chips, _check_embeddings)
    )
    yield from _checked(library, chips, embeddings, _check_probes)


def _check_chips(library: Library, fix: bool, progress: ProgressListener) -> Iterator[Finding]:
    """The aligned faces: without them a change of packs would have to read every file again."""
    rows = library.db.execute(
        """
        select media_id, null, source_id, sealed,
            (select count(*) from faces where faces.media_id = chips.media_id)
        from chips
        """
    )
    bad: dict[str, list[int]] = {}
    count = 0
    for row in _watched(rows, "opening the kept faces", library.db.table("chips").count, progress):
        block = MediaBlock._make(row)
        count += 1
        if fault := _fault(library, block, partial(_chips_fault, faces=block.faces)):
            bad.setdefault(fault, []).append(block.media)
    if missing := _media_without(library, "chips"):
        bad["are missing"] = missing
    if not bad:
        yield Finding(
            "chips", "ok", f"the kept faces of {counted(count, 'files')} can be opened, and none is missing"
        )
    for fault, media in bad.items():
        sentence = f"the kept faces of {counted(len(media), 'files')} {fault} (media {examples(media)})"
        if not fix:
            yield Finding("chips", "error", sentence, READ_AGAIN)
            continue
        removed = _have_read_again(library, media)
        cure = "taken out; the next index reads their files again"
        if removed < len(media):
            cure = f"{removed:,} are taken out for the next index; the other files are gone, so theirs stay"
        yield Finding("chips", "error", sentence, cure, mended=removed == len(media))


def _have_read_again(library: Library, media: Sequence[int]) -> int:
    """Take out chips and embeddings of media whose files are there, so that the next index reads these.

    Returns of how many; the others stay as they are, because nothing could replace them.
    """
    with library.atomic():
        present = [
            number
            for number in media
            if library.db.table("items").count_where("media_id = ? and gone_at is null", [number])
        ]
        for number in present:
            library.db.execute("delete from chips where media_id = ?", [number])
            library.db.execute("delete from vectors where media_id = ?", [number])
            library.db.execute(
                """
                update sources
                set scanned_pack = null
                where id in (select source_id from items where media_id = ?)
                """,
                [number],
            )
    return len(present)


def _check_embeddings(library: Library, fix: bool, progress: ProgressListener) -> Iterator[Finding]:
    """What is searched."""
    rows = library.db.execute(
        """
        select vectors.media_id, pack_id, source_id, sealed, count, dimension,
            (select count(*) from faces where faces.media_id = vectors.media_id)
        from vectors
        join packs on packs.id = pack_id
        """
    )
    bad: dict[str, list[tuple[int, int]]] = {}
    count = 0
    watched = _watched(rows, "opening the vectors", library.db.table("vectors").count, progress)
    for media, pack, *others, dimension, faces in watched:
        count += 1
        block = MediaBlock(media, pack, *others)
        judge = partial(_embeddings_fault, dimension=dimension, rows=block.faces, faces=faces)
        if fault := _fault(library, block, judge):
            bad.setdefault(fault, []).append((media, pack))
    if missing := _media_without(library, "vectors"):
        sentence = f"the faces of {counted(len(missing), 'files')} have no vectors"
        sentence += f", so they are not found (media {examples(missing)})"
        cure = "the next index or query makes them from the kept faces"
        yield Finding("vectors", "warning", sentence, cure)
    elif not bad:
        yield Finding(
            "vectors",
            "ok",
            f"the templates of {counted(count, 'files')} can be opened, and fit their faces",
        )
    for fault, blocks in bad.items():
        numbers = examples([media for media, _ in blocks])
        sentence = f"the vectors of {counted(len(blocks), 'files')} {fault} (media {numbers})"
        if not fix:
            yield Finding("vectors", "error", sentence, MADE_AGAIN)
            continue
        with library.atomic():
            library.db.conn.executemany("delete from vectors where media_id = ? and pack_id = ?", blocks)
        cure = "taken out; the next index or query makes them anew"
        yield Finding("vectors", "error", sentence, cure, mended=True)


def _check_probes(library: Library) -> Iterator[Finding]:
    """The photographs that people are searched by."""
    rows = library.db.execute(
        """
        select id, null, person_id, chip, 0
        from probes
        union all
        select probe_id, pack_id, person_id, sealed, dimension
        from probe_vectors
        join probes on probes.id = probe_id
        join packs on packs.id = pack_id
        """
    )
    bad: dict[int, str] = {}
    count = 0
    for *columns, dimension in rows:
        count += 1
        block = ProbeBlock(*columns)
        if fault := _fault(library, block, partial(_probe_fault, dimension=dimension)):
            bad[block.person] = fault
    if count and not bad:
        yield Finding("people", "ok", "the faces of the people who are searched for can be opened")
    for person, fault in bad.items():
        yield Finding(
            "people", "error", f"the faces by which person {person} is searched {fault}",
            "forget this person (selfsearch forget) and add a photograph anew",
        )  # fmt: skip


def _media_without(library: Library, table: str) -> list[int]:
    """Media that have faces and no row in `table` (chips, vectors)."""
    rows = library.db.execute(
        f"""
        select distinct media_id
        from faces
        where not exists (select 1 from {table} where {table}.media_id = faces.media_id)
        order by media_id
        """
    )
    return [media for (media,) in rows]


def _fault(
    library: Library, block: MediaBlock | ProbeBlock, judge: Callable[[bytes], str | None]
) -> str | None:
    """What is wrong with a block, by its key, its seal or its contents; None when nothing is."""
    try:
        return judge(block.open(library))
    except KeyUnavailable:
        return KEYLESS
    except LibraryError:
        return NOT_OPENING


def _chips_fault(data: bytes, faces: int) -> str | None:
    shapes = chip_shapes(data)
    if len(shapes) != faces:
        return MISCOUNTED
    return None if all(shape == CHIP[:2] for shape in shapes) else NO_PICTURES


def _embeddings_fault(data: bytes, dimension: int, rows: int, faces: int) -> str | None:
    if rows != faces:
        return MISCOUNTED
    if len(data) != 4 * dimension * rows:
        return "have the wrong size"
    return _unit_fault(unpack_embeddings(data, dimension))


def _probe_fault(data: bytes, dimension: int) -> str | None:
    """`dimension` is 0 for a chip."""
    if dimension:
        return _unit_fault(unpack_embeddings(data, dimension))
    return None if [chip.shape for chip in unpack_chips(data)] == [CHIP] else NO_PICTURES


def _unit_fault(embeddings: Embeddings) -> str | None:
    if not np.isfinite(embeddings).all():
        return "hold values that are no numbers"
    lengths = np.linalg.norm(embeddings, axis=1)
    return "do not have length 1" if np.any(np.abs(lengths - 1) > UNIT) else None
