"""Erasing: what was asked for, the rows that go, and the receipt.

A request stands in `erasures` until its receipt is in the ledger, so whatever is interrupted is completed by
the next command that writes. Its source is marked `erasing` in the same step: no search shows it from that
moment on. Rows go in one transaction per request; keys, reports and free pages follow (consent/forget.py),
and a search for what was erased (remnant_scan.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..containers.base import composed, printable
from ..errors import LibraryError, UsageError
from ..types import isoformat
from . import faces, items, keys, ledger
from .db import batched, marks
from .ledger import LedgerEntry
from .library import Library
from .sealed import MediaBlock, join_chips, media_blocks

BEHIND_LINKS = "(real = ?1 or substr(real, 1, length(?1) + 1) = ?1 || '/')"  # files at or below a place
COUNTED = {  # table -> what a receipt calls its rows
    "sources": "sources",
    "scans": "scans",
    "items": "files",
    "sightings": "sightings",
    "media": "media",
    "faces": "faces",
    "chips": "sealed chip blocks",
    "vectors": "sealed vector blocks",
    "people": "people",
    "probes": "probe photographs",
    "probe_vectors": "probe vectors",
    "verdicts": "verdicts",
    "queries": "entries of the audit log",
    "appearances": "remembered appearances",
    "changes": "remembered changes",
}
KEYS = "keys"  # beside them: keys that are destroyed after the rows
SAMPLED = 24  # media whose bytes are searched for in files, and as many texts
SAMPLE_BYTES = 48  # of each: enough to be unique


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request to erase. `counts` is set once its rows are gone."""

    id: int
    kind: str  # source, person, media, probe, bystanders, library
    number: int | None
    subject: str
    began_at: str
    counts: dict[str, int] | None

    @property
    def key_name(self) -> str | None:
        """The key that must be destroyed with it."""
        return f"{self.kind}:{self.number}" if self.kind in ("source", "person") else None

    @property
    def folder(self) -> str:
        """The place of a source, for BEHIND_LINKS."""
        return _folder(self.subject)


@dataclass(frozen=True)
class RemovedFaces:
    """How many faces were removed, and samples of their bytes to search for."""

    count: int
    samples: tuple[bytes, ...] = field(repr=False)


def request(library: Library, kind: str, number: int | None, subject: str, now: datetime) -> None:
    """Ask for something to be erased.

    Needs no writer's place, so that it can be asked while another process writes.
    """
    with library.atomic():
        library.db.execute(
            """
            insert into erasures (kind, number, subject, began_at)
            select :kind, :number, :subject, :began_at
            where not exists (
                select 1 from erasures
                where kind = :kind and number is :number and counts is null
            )
            """,
            {"kind": kind, "number": number, "subject": subject, "began_at": isoformat(now)},
        )
        if kind == "source":
            library.db.execute("update sources set state = 'erasing' where id = ?", [number])
            linked = library.db.execute(
                f"select id from items where gone_at is null and {BEHIND_LINKS}", [_folder(subject)]
            )
            items.hide(library, [item for (item,) in linked.fetchall()], isoformat(now))


def pending(library: Library) -> list[Erasure]:
    """Requests whose receipt is not yet written, oldest first."""
    rows = library.db.table("erasures").rows_where(order_by="id")
    return [Erasure(**row | {"counts": row["counts"] and json.loads(row["counts"])}) for row in rows]


def purge(library: Library, erasure: Erasure) -> None:
    """Remove the rows of a source, a person, a media file, a probe or (library) what is left; count them."""
    with library.atomic():
        before = count_rows(library)
        if erasure.kind == "source":
            _purge_links(library, erasure.folder)
            _purge_items(library, "source_id = ?", erasure.number or 0)
            library.db.execute("update sources set successor = null where successor = ?", [erasure.number])
            library.db.execute("delete from sources where id = ?", [erasure.number])
        elif erasure.kind == "person":
            library.db.execute("delete from queries where person = ?", [erasure.subject])
            library.db.execute("delete from people where name = ?", [erasure.subject])
        elif erasure.kind == "media":
            _purge_items(library, "media_id = ?", erasure.number or 0)
        elif erasure.kind == "probe":
            library.db.execute("delete from probes where id = ?", [erasure.number])
        elif erasure.kind == "library":
            library.db.execute("delete from queries")
        after = count_rows(library)
        counts = {COUNTED[table]: before[table] - after[table] for table in COUNTED}
        note_counts(library, erasure, counts | {KEYS: keys.count(library, erasure.key_name)})


def note_counts(library: Library, erasure: Erasure, counts: dict[str, int]) -> None:
    """Note that the rows are gone, and how many they were."""
    counts = {name: count for name, count in counts.items() if count}
    library.db.table("erasures").update(erasure.id, {"counts": json.dumps(counts)})


def count_rows(library: Library) -> dict[str, int]:
    """Table -> its rows, for every table that an erasure may shorten."""
    return {table: library.db.table(table).count for table in COUNTED}


def conclude(
    library: Library, erasures: Sequence[Erasure], detail: dict[str, Any], now: datetime
) -> LedgerEntry:
    """Write the receipt of requests that belong together into the ledger, and drop the requests."""
    kind, subject = erasures[0].kind, erasures[0].subject
    if kind not in ("source", "person"):
        kind = "library"
    elif kind == "source" and library.db.table("sources").count_where(
        "root = ? and state <> 'erasing'", [subject]
    ):  # consent goes on for what else is at that path
        kind, subject = "library", f"source {erasures[0].number} of {subject}"
    with library.atomic():
        entry = ledger.append(
            library,
            LedgerEntry(isoformat(now), "erase", kind, subject, detail=json.dumps(detail, sort_keys=True)),
        )
        for erasure in erasures:
            library.db.table("erasures").delete(erasure.id)
    return entry


def find_media(library: Library, sha256: str) -> int:
    """The number of the content with this hash. Raises UsageError when the library does not have it."""
    row = library.db.execute("select id from media where sha256 = ?", [sha256]).fetchone()
    if row is None:
        raise UsageError("the library holds no media file with that sha256")
    return int(row[0])


def media_at(library: Library, place: str) -> list[int]:
    """Numbers of the content that was found at an address, in a folder or in an archive.

    By the path at which it was found, or by the real path where that was behind a link.
    """
    library.db.conn.create_function("form", 1, _form, deterministic=True)
    marks = [at for at, sign in enumerate(place) if sign == "!"]  # each may stand before an archive's member
    rows = library.db.execute(
        """
        select media_id
        from items
        where media_id is not null
            and (form(address) = ?1 or substr(form(address), 1, length(?1) + 1) in (?1 || '/', ?1 || '!'))
        union
        select media_id
        from items
        where real is not null and media_id is not null
            and (form(real) = ?1 or substr(form(real), 1, length(?1) + 1) = ?1 || '/')
        """,
        [_form(place)],
    ).fetchall()
    for at in marks:
        rows += library.db.execute(
            """
            select media_id
            from items
            where real is not null and media_id is not null
                and form(real) = ? and substr(form(address), -length(?2)) = ?2
            """,
            [_form(place[:at]), _form(place[at:])],
        ).fetchall()
    return sorted({media for (media,) in rows})


def _form(text: str) -> str:
    """How paths are compared here: addresses are composed, macOS decomposes names, and people type either."""
    return printable(composed(text))


def _purge_links(library: Library, folder: str) -> None:
    """Remove what other sources know of the files at or below `folder`, because they have links to them."""
    faces_before = _all_faces(library)
    items.look_again(library, BEHIND_LINKS, [folder])
    gone = library.db.execute(
        f"delete from items where {BEHIND_LINKS} returning address", [folder]
    ).fetchall()
    if gone:
        faces.prune(library)
        _forget_appearances(library, faces_before - _all_faces(library), {address for (address,) in gone})


def _folder(root: str) -> str:
    return printable(root).rstrip(os.sep)


def _purge_items(library: Library, where: str, number: int) -> None:
    """Remove files and what is known from them alone; `where`: source_id = ? or media_id = ?.

    Content that another source has too is sealed under its key.
    """
    rows = library.db.execute(f"select address from items where {where}", [number])
    addresses = {address for (address,) in rows}
    faces_before = _all_faces(library)
    items.look_again(library, where, [number])
    library.db.execute(f"delete from items where {where}", [number])
    faces.prune(library)
    blocks = library.db.execute(
        f"select media_id from vectors where {where} union select media_id from chips where {where}",
        [number, number],
    ).fetchall()
    for (media,) in blocks:
        try:
            _seal_under_another_key(library, media)
        except LibraryError:  # its key is gone, or it is damaged: neither may stand in the way of erasing
            faces.drop_faces(library, media)
    _forget_appearances(library, faces_before - _all_faces(library), addresses)


def _seal_under_another_key(library: Library, media: int) -> None:
    """The key must go, the media file stays: seal it under the key of a source that has it and stays, too."""
    (source,) = library.db.execute(
        """
        select source_id
        from items
        join sources on sources.id = source_id
        where media_id = ?
        order by sources.state = 'erasing', source_id
        limit 1
        """,
        [media],
    ).fetchone()
    for block in media_blocks(library, media):
        block.replace(library, block.open(library), source=source)


def _all_faces(library: Library) -> set[int]:
    return {face for (face,) in library.db.execute("select id from faces")}


def _forget_appearances(library: Library, gone: set[int], addresses: set[str]) -> None:
    """Take faces and addresses out of what is remembered of earlier answers."""
    for table in ("appearances", "changes"):
        remembered = {face for (face,) in library.db.execute(f"select distinct face_id from {table}")}
        library.db.conn.executemany(
            f"delete from {table} where face_id = ?", [(face,) for face in gone & remembered]
        )
    for column in ("before", "after"):
        for change, text in library.db.execute(f"select id, {column} from changes").fetchall():
            state = json.loads(text)
            if addresses & set(state.get("places", ())):
                state["places"] = _without(state["places"], addresses)
                library.db.execute(
                    f"update changes set {column} = ? where id = ?", [json.dumps(state), change]
                )
    rows = library.db.execute("select person_id, face_id, places from appearances").fetchall()
    for person, face, text in rows:
        places = _without(json.loads(text), addresses)
        library.db.execute(
            "update appearances set places = ? where person_id = ? and face_id = ? and places <> ?1",
            [json.dumps(places), person, face],
        )


def _without(places: Any, addresses: set[str]) -> Any:
    """Remembered places (addresses, or address -> who can see it there) without these."""
    if isinstance(places, dict):
        return {place: level for place, level in places.items() if place not in addresses}
    return [place for place in places if place not in addresses]


def remove_faces(library: Library, gone: Collection[int], subject: str, now: datetime) -> RemovedFaces:
    """Remove single faces from media that stay. `subject` is what the receipt calls them.

    One transaction, in which the request for their erasure is noted with its counts: `forget.complete` goes
    on from there. Where a block does not open, the media file loses all its faces: the next index makes those
    that stay anew.
    """
    samples: list[bytes] = []
    with library.atomic():
        for media in _media_of(library, gone):
            mask = [face not in gone for face in _faces_of(library, media)]
            try:
                samples += _remove_records(library, media, mask)
            except LibraryError:
                faces.drop_faces(library, media)
        _forget_appearances(library, set(gone), set())
        if gone:
            library.db.table("erasures").insert(
                {
                    "kind": "bystanders",
                    "subject": subject,
                    "began_at": isoformat(now),
                    "counts": json.dumps({"faces": len(gone)}),
                }
            )
    return RemovedFaces(len(gone), tuple(samples[:SAMPLED]))


def _media_of(library: Library, ids: Iterable[int]) -> list[int]:
    """The media files that these faces are in."""
    found: set[int] = set()
    for chunk in batched(ids):
        rows = library.db.execute(f"select media_id from faces where id in ({marks(chunk)})", chunk)
        found.update(media for (media,) in rows)
    return sorted(found)


def _faces_of(library: Library, media: int) -> list[int]:
    rows = library.db.execute("select id from faces where media_id = ? order by ordinal", [media])
    return [face for (face,) in rows]


def _remove_records(library: Library, media: int, mask: Sequence[bool]) -> list[bytes]:
    """Keep the faces of `mask` in chips, embeddings of every pack, and rows.

    Returns samples of what goes.
    """
    samples: list[bytes] = []
    for block in media_blocks(library, media):
        if block.pack is None:
            samples += _remove_chips(library, block, mask)
        elif block.faces != len(mask):
            block.delete(library)  # damaged; made anew from the chips
        else:
            pairs = list(zip(block.records(library), mask, strict=True))
            records = [record for record, stays in pairs if stays]
            samples += [record[:SAMPLE_BYTES] for record, stays in pairs if not stays]
            block.replace(library, b"".join(records))
            library.db.execute(
                """
                update vectors
                set count = ?, bystanders = bystanders + ?
                where media_id = ? and pack_id = ?
                """,
                [len(records), len(mask) - len(records), media, block.pack],
            )
    for at, (face, stays) in enumerate(zip(_faces_of(library, media), mask, strict=True)):
        if stays:
            library.db.execute("update faces set ordinal = ? where id = ?", [sum(mask[:at]), face])
        else:
            library.db.execute("delete from faces where id = ?", [face])
    if not any(mask):
        library.db.execute(
            "update items set outcome = 'no_face' where media_id = ? and outcome = 'indexed'", [media]
        )
    return samples


def _remove_chips(library: Library, block: MediaBlock, mask: Sequence[bool]) -> list[bytes]:
    jpegs = list(zip(block.records(library), mask, strict=True))
    if any(mask):
        block.replace(library, join_chips(jpeg for jpeg, stays in jpegs if stays))
    else:
        block.delete(library)
    return [jpeg[-SAMPLE_BYTES:] for jpeg, stays in jpegs if not stays]
