"""Items: one row per file found, with its outcome and what was said about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from ..types import READ_IN_PART, Exposure, Outcome, Provenance
from .library import Library

CHUNK = 500  # bound parameters per statement
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """What the library remembers of a file that it has met before."""

    id: int
    stamp: str
    said: str
    outcome: Outcome
    media: int | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it is written down."""

    path: str
    address: str
    size: int
    stamp: str
    provenance: tuple[Provenance, ...]
    outcome: Outcome
    reason: str | None
    media: int | None


class Ids:
    """Numbers of rows, a bit for each: a set of a million would take a hundred megabytes."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        """`number` is 0 or more."""
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 + len(self._bits) // 4 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)

    def update(self, numbers: Iterable[int]) -> None:
        """Add all of them."""
        for number in numbers:
            self.add(number)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int) or number >> 3 >= len(self._bits):
            return False
        return bool(self._bits[number >> 3] & 1 << (number & 7))


def known_items(library: Library, source: int, paths: Sequence[str]) -> dict[str, Known]:
    """Those of `paths` that the library has met in this source."""
    found = {}
    for chunk in chunks(paths, CHUNK):
        marks = ",".join("?" * len(chunk))
        rows = library.db.execute(
            f"select path, id, stamp, said, outcome, media_id, gone_at from items"
            f" where source_id = ? and path in ({marks})",
            [source, *chunk],
        )
        for path, number, stamp, said, outcome, media, gone in rows:
            found[path] = Known(number, stamp, said, Outcome(outcome), media, gone is not None)
    return found


def save_item(library: Library, source: int, entry: Entry, now: str) -> int:
    """Write a file and what was said about it, replacing what was there; returns its id. Inside the caller's
    transaction.
    """
    values = [source, entry.path, entry.address, entry.size, entry.stamp, digest(entry.provenance)]
    row = library.db.execute(
        "insert into items (source_id, path, address, size, stamp, said, outcome, reason, media_id, found_at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source_id, path) do update set"
        " address = excluded.address, size = excluded.size, stamp = excluded.stamp, said = excluded.said,"
        " outcome = excluded.outcome, reason = excluded.reason, media_id = excluded.media_id, gone_at = null"
        " returning id",
        [*values, entry.outcome.value, entry.reason, entry.media, now],
    ).fetchone()
    library.db.execute("delete from sightings where item_id = ?", [row[0]])
    library.db.conn.executemany(_INSERT_SIGHTING, [_pack(row[0], said) for said in entry.provenance])
    return int(row[0])


def mark_gone(library: Library, source: int, seen: Container[int], now: str) -> list[int]:
    """Mark the source's files that were not seen this time as gone. Returns their ids."""
    rows = library.db.execute("select id from items where source_id = ? and gone_at is null", [source])
    gone = [number for (number,) in rows if number not in seen]
    with library.atomic():
        library.db.conn.executemany(
            "update items set gone_at = ? where id = ?", [(now, number) for number in gone]
        )
    return gone


def below(library: Library, source: int, places: Collection[str], seen: Container[int]) -> set[int]:
    """The source's files that are there as far as is known, at one of these addresses or below it, without
    `seen`.
    """
    if not places:
        return set()
    stripped = {place.rstrip("/") for place in places}
    rows = library.db.execute(
        "select id, address from items where source_id = ? and gone_at is null", [source]
    ).fetchall()
    unseen = ((number, address) for number, address in rows if number not in seen)
    return {number for number, address in unseen if not stripped.isdisjoint(_above(address))}


def _above(address: str) -> Iterator[str]:
    """The address, and every folder and archive above it."""
    yield address
    for at, sign in enumerate(address):
        if sign in "/!":
            yield address[:at]


def forget_missing(library: Library, source: int, now: str) -> int:
    """A source that is not there any more: all its files are gone. Returns how many were."""
    with library.atomic():
        cursor = library.db.execute(
            "update items set gone_at = ? where source_id = ? and gone_at is null", [now, source]
        )
        return int(cursor.rowcount)


def mark_back(library: Library, ids: Sequence[int]) -> None:
    """Files that had gone are there again, unchanged; where a copy took their place meanwhile, they are the
    copies now. Inside the caller's transaction.
    """
    library.db.conn.executemany(
        "update items set gone_at = null, outcome = case when exists (select 1 from items as other"
        " where other.media_id = items.media_id and other.gone_at is null and other.outcome <> 'duplicate')"
        " then 'duplicate' else outcome end where id = ?",
        [(number,) for number in ids],
    )


def is_elsewhere(library: Library, media: int, source: int, path: str) -> bool:
    """Whether this content is there now in another file than this one."""
    row = library.db.execute(
        "select 1 from items where media_id = ? and gone_at is null and not (source_id = ? and path = ?)"
        " limit 1",
        [media, source, path],
    ).fetchone()
    return row is not None


def promote(library: Library) -> int:
    """Where only duplicates are left of a content (the first of them was moved or deleted), one takes its
    place.

    Returns how many did.
    """
    with library.atomic():
        cursor = library.db.execute(
            "update items set outcome = case when exists (select 1 from faces where faces.media_id ="
            " items.media_id)"
            " then 'indexed' else 'no_face' end where id in (select min(id) from items where gone_at is null"
            " and media_id is not null group by media_id having sum(outcome <> 'duplicate') = 0)"
        )
        return int(cursor.rowcount)


def count_outcomes(library: Library, sources: Sequence[int] | None = None) -> dict[str, int]:
    """Outcome -> number of files that are there now."""
    where = f" and source_id in ({','.join(map(str, sources))})" if sources is not None else ""
    rows = library.db.execute(
        f"select outcome, count(*) from items where gone_at is null{where} group by outcome order by outcome"
    )
    return dict(rows.fetchall())


def problems(library: Library) -> Iterator[dict[str, Any]]:
    """Every file that was not looked at, with its reason, and those that were used only in part."""
    return library.db.query(
        "select items.source_id, items.address, items.outcome, coalesce(items.reason, media.problem) as"
        " reason"
        " from items left join media on media.id = items.media_id where items.gone_at is null"
        " and (items.outcome not in ('indexed', 'no_face', 'duplicate', 'record', 'derivative', 'link_only')"
        f" or (items.outcome = 'record' and items.reason like '{READ_IN_PART}%')"
        " or (items.outcome in ('indexed', 'no_face') and media.problem is not null))"
        " order by items.source_id, items.outcome, items.path"
    )


def links_only(library: Library, sources: Sequence[int]) -> Iterator[tuple[int, str, Provenance]]:
    """Posts whose media is not in the export: source, reason, what was said."""
    marks = ",".join(map(str, sources)) or "-1"
    rows = library.db.query(
        "select items.source_id, items.reason, sightings.* from items join sightings on sightings.item_id ="
        " items.id"
        f" where items.outcome = 'link_only' and items.gone_at is null and items.source_id in ({marks})"
        f" order by items.id"
    )
    for row in rows:
        yield row["source_id"], row["reason"] or "", unpack(row)


@lru_cache(maxsize=64)  # plain files share one Provenance
def digest(provenance: tuple[Provenance, ...]) -> str:
    """A short digest of what was said, to notice when it changes."""
    form = ", ".join(_text_form(said) for said in provenance) + ("," if len(provenance) == 1 else "")
    return hashlib.blake2b(f"({form})".encode(), digest_size=8).hexdigest()


def _text_form(said: Provenance) -> str:
    """What the digest is of: libraries hold digests, so a new form would have every file read again."""
    return f"Provenance({', '.join(f'{name}={value!r}' for name, value in said.columns().items())})"


_COLUMNS = [
    "platform",
    "account",
    "context",
    "caption",
    "posted_at",
    "posted_at_source",
    "taken_at",
    "taken_at_source",
    "url",
    "url_kind",
    "audience",
    "audience_source",
    "exposure",
    "exposure_reason",
    "album",
    "location_source",
    "place",
    "author",
    "post_id",
]
_ALL = ["item_id", *_COLUMNS, "latitude", "longitude", "people", "author_is_owner"]
_INSERT_SIGHTING = f"insert into sightings ({', '.join(_ALL)}) values ({', '.join('?' * len(_ALL))})"


def _pack(item: int, said: Provenance) -> tuple[Any, ...]:
    columns = said.columns() | {"exposure": said.exposure.level.value}
    latitude, longitude = columns["location"] or (None, None)
    owner = None if said.author_is_owner is None else int(said.author_is_owner)
    texts = [columns[name] for name in _COLUMNS]
    return (item, *(_storable(text) for text in texts), latitude, longitude, json.dumps(said.people), owner)


def _storable(text: str | None) -> str | None:
    """SQLite keeps UTF-8, which has no place for half a surrogate pair (a cut emoji in a hostile record)."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def unpack(row: dict[str, Any]) -> Provenance:
    """A row of `sightings` as what it was made from."""
    location = None if row["latitude"] is None else (row["latitude"], row["longitude"])
    owner = row["author_is_owner"]
    return Provenance.from_columns(
        {
            **row,
            "exposure": Exposure(row["exposure"]),
            "location": location,
            "people": tuple(json.loads(row["people"])),
            "author_is_owner": None if owner is None else bool(owner),
        }
    )


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size`."""
    stream = iter(values)
    while part := list(islice(stream, size)):
        yield part
