"""Items: one row per file found, with its outcome and what its platform says about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from ..containers.base import printable
from ..types import READ_IN_PART, Exposure, LinkOnly, Outcome, Provenance, Sighting
from .db import batched, id_list, marks
from .library import Library


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What the library remembers of a file that it has met before."""

    id: int
    stamp: str
    digest: str  # of its provenance
    outcome: Outcome
    media: int | None
    gone: bool


@dataclass(frozen=True, slots=True)
class NewItem:
    """A file as it is written down."""

    path: str  # within the source
    address: str  # absolute; a member of an archive is ARCHIVE!MEMBER
    size: int
    stamp: str
    provenance: tuple[Provenance, ...]
    outcome: Outcome
    reason: str | None
    media: int | None
    real: str | None = None  # the real path on disk, of a file (or its archive) behind a link


class LinkedItem(NamedTuple):
    """A file behind a link, as it was when something was found in it."""

    item: int
    address: str
    media: int
    real: str
    root: str  # of its source


class IdSet:
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


def find_items(library: Library, source: int, paths: Sequence[str]) -> dict[str, StoredItem]:
    """Those of `paths` that the library has met in this source."""
    stored = {}
    for chunk in batched(paths):
        rows = library.db.execute(
            f"""
            select path, id, stamp, said, outcome, media_id, gone_at
            from items
            where source_id = ? and path in ({marks(chunk)})
            """,
            [source, *chunk],
        )
        for path, number, stamp, said, outcome, media, gone in rows:
            stored[path] = StoredItem(number, stamp, said, Outcome(outcome), media, gone is not None)
    return stored


def save_item(library: Library, source: int, item: NewItem, now: str) -> int:
    """Write a file and its provenance, replacing what was there; returns its id.

    Inside the caller's transaction.
    """
    (item_id,) = library.db.execute(
        """
        insert into items
            (source_id, path, address, size, stamp, said, outcome, reason, media_id, found_at, real)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (source_id, path) do update set
            address = excluded.address,
            size = excluded.size,
            stamp = excluded.stamp,
            said = excluded.said,
            outcome = excluded.outcome,
            reason = excluded.reason,
            media_id = excluded.media_id,
            real = excluded.real,
            gone_at = null
        returning id
        """,
        [
            source, item.path, item.address, item.size, item.stamp, digest(item.provenance),
            item.outcome.value, item.reason, item.media, now, item.real and printable(item.real),
        ],
    ).fetchone()  # fmt: skip
    library.db.execute("delete from sightings where item_id = ?", [item_id])
    library.db.conn.executemany(
        f"""
        insert into sightings ({", ".join(SIGHTING_COLUMNS)})
        values ({marks(SIGHTING_COLUMNS)})
        """,
        [_sighting_row(item_id, provenance) for provenance in item.provenance],
    )
    return int(item_id)


def linked_items(library: Library) -> list[LinkedItem]:
    """Every file behind a link that something is known of, also of those that are gone."""
    rows = library.db.execute(
        """
        select items.id, address, media_id, real, root
        from items
        join sources on sources.id = source_id
        where real is not null and media_id is not null
        """
    )
    return [LinkedItem(*row) for row in rows]


def count_reason(library: Library, sources: Sequence[int], reason: str) -> int:
    """How many files that are there now have this very reason."""
    return int(
        library.db.execute(
            f"""
            select count(*)
            from items
            where reason = ? and gone_at is null and source_id in ({id_list(sources)})
            """,
            [reason],
        ).fetchone()[0]
    )


def real_places(library: Library, addresses: Sequence[str]) -> dict[str, str]:
    """Address -> real path on disk, of those that are behind links."""
    found: dict[str, str] = {}
    for chunk in batched(addresses):
        found |= library.db.execute(
            f"select address, real from items where real is not null and address in ({marks(chunk)})", chunk
        ).fetchall()
    return found


def hide(library: Library, ids: Sequence[int], now: str) -> None:
    """Count these files as gone until an index looks at them again, in unchanged archives, too."""
    shown = "gone_at is null and id in (select value from json_each(?1))"
    given = json.dumps(list(ids))
    if library.db.execute(f"select 1 from items where {shown} limit 1", [given]).fetchone():
        with library.atomic():
            look_again(library, shown, [given])
            library.db.execute(f"update items set gone_at = ?2 where {shown}", [given, now])


def look_again(library: Library, where: str, values: Sequence[object] = ()) -> None:
    """See that the next index opens the archives of such items, though they have not changed."""
    library.db.execute(
        f"update sources set stamps = '{{}}' where id in (select source_id from items where {where})", values
    )


def mark_gone(library: Library, source: int, seen: Container[int], now: str) -> int:
    """Mark the source's files whose ids are not in `seen` as gone. Returns how many."""
    rows = library.db.execute("select id from items where source_id = ? and gone_at is null", [source])
    gone = [item_id for (item_id,) in rows if item_id not in seen]
    with library.atomic():
        library.db.conn.executemany(
            "update items set gone_at = ? where id = ?", [(now, item_id) for item_id in gone]
        )
    return len(gone)


def count_gone(library: Library) -> tuple[int, str | None]:
    """How many files are gone, and when the first of them went."""
    row = library.db.execute("select count(*), min(gone_at) from items where gone_at is not null").fetchone()
    return row[0], row[1]


def delete_gone(library: Library, *, before: str) -> int:
    """Delete files that went before a moment. Returns how many."""
    with library.atomic():
        return library.db.execute("delete from items where gone_at < ?", [before]).rowcount


def mark_all_gone(library: Library, source: int, now: str) -> int:
    """A source that is not there any more: all its files are gone. Returns how many were."""
    with library.atomic():
        cursor = library.db.execute(
            "update items set gone_at = ? where source_id = ? and gone_at is null", [now, source]
        )
        return int(cursor.rowcount)


def mark_back(library: Library, ids: Sequence[int]) -> None:
    """Files that had gone are there again, unchanged; where another copy is there, they are its duplicates.

    Inside the caller's transaction.
    """
    library.db.conn.executemany(
        """
        update items
        set gone_at = null,
            outcome = case
                when exists (
                    select 1 from items as other
                    where other.media_id = items.media_id
                        and other.gone_at is null
                        and other.outcome <> 'duplicate'
                ) then 'duplicate'
                else outcome
            end
        where id = ?
        """,
        [(item_id,) for item_id in ids],
    )


def items_below(library: Library, source: int, places: Collection[str], seen: Container[int]) -> set[int]:
    """Ids of the source's files that lie at or below one of these addresses, without those in `seen`.

    Files that are marked as gone are not among them.
    """
    if not places:
        return set()
    stripped = {place.rstrip("/") for place in places}
    rows = library.db.execute(
        "select id, address from items where source_id = ? and gone_at is null", [source]
    ).fetchall()
    unseen = ((item_id, address) for item_id, address in rows if item_id not in seen)
    return {item_id for item_id, address in unseen if not stripped.isdisjoint(_above(address))}


def _above(address: str) -> Iterator[str]:
    """The address, and every folder and archive above it."""
    yield address
    for at, sign in enumerate(address):
        if sign in "/!":
            yield address[:at]


def is_elsewhere(library: Library, media: int, source: int, path: str) -> bool:
    """Whether this content is there now in another file than this one."""
    row = library.db.execute(
        """
        select 1 from items
        where media_id = ? and gone_at is null and not (source_id = ? and path = ?)
        limit 1
        """,
        [media, source, path],
    ).fetchone()
    return row is not None


def set_outcome(
    library: Library, media: int, outcome: Outcome, reason: str | None, *, but: tuple[int, str]
) -> bool:
    """Give the file that stands for a content, not one of its copies, the outcome of another search.

    `but`: source and path of a file that has it already. False when there is no such file now. Inside the
    caller's transaction.
    """
    cursor = library.db.execute(
        """
        update items
        set outcome = ?, reason = ?
        where media_id = ? and gone_at is null and outcome <> 'duplicate'
            and not (source_id = ? and path = ?)
        """,
        [outcome.value, reason, media, *but],
    )
    return cursor.rowcount > 0


def promote_duplicates(library: Library) -> int:
    """Where only duplicates are left of a content (the first was moved or deleted), one takes its place.

    Returns how many did.
    """
    with library.atomic():
        cursor = library.db.execute(
            """
            update items
            set outcome = case
                when exists (select 1 from faces where faces.media_id = items.media_id) then 'indexed'
                else 'no_face'
            end
            where id in (
                select min(id) from items
                where gone_at is null and media_id is not null
                group by media_id
                having sum(outcome <> 'duplicate') = 0
            )
            """
        )
        return int(cursor.rowcount)


def count_outcomes(library: Library, sources: Sequence[int] | None = None) -> dict[str, int]:
    """Outcome -> number of files that are there now, in these sources or in all."""
    in_sources = "" if sources is None else f"and source_id in ({id_list(sources)})"
    rows = library.db.execute(
        f"""
        select outcome, count(*)
        from items
        where gone_at is null {in_sources}
        group by outcome
        order by outcome
        """
    )
    return dict(rows.fetchall())


def problems(library: Library) -> Iterator[dict[str, Any]]:
    """Every file that was not looked at, or only in part: source_id, address, outcome, reason."""
    return library.db.query(
        f"""
        select items.source_id, items.address, items.outcome,
            coalesce(items.reason, media.problem) as reason
        from items
        left join media on media.id = items.media_id
        where items.gone_at is null and (
            items.outcome not in ('indexed', 'no_face', 'duplicate', 'record', 'derivative', 'link_only')
            or (items.outcome = 'record' and items.reason like '{READ_IN_PART}%')
            or (items.outcome in ('indexed', 'no_face') and media.problem is not null)
        )
        order by items.source_id, items.outcome, items.path
        """
    )


def links_only(library: Library, sources: Sequence[int]) -> Iterator[LinkOnly]:
    """Posts whose media is not in the export."""
    rows = library.db.query(
        f"""
        select items.source_id, items.reason, sightings.*
        from items
        join sightings on sightings.item_id = items.id
        where items.outcome = 'link_only'
            and items.gone_at is null
            and items.source_id in ({id_list(sources)})
        order by items.id
        """
    )
    for row in rows:
        yield LinkOnly(row["source_id"], provenance_of(row), row["reason"] or "")


def undecided_words(library: Library, sources: Sequence[int]) -> list[tuple[int, str, str, bool, int, int]]:
    """The platforms' words for who could see something, where the export leaves that unknown.

    Source, word, its source (`audience_source`), whether it is known, files with it, posts with it of which
    there is only a link.
    """
    return library.db.execute(
        f"""
        select items.source_id, sightings.audience, sightings.audience_source,
            sightings.audience_known,
            count(distinct items.id) filter (where items.outcome <> 'link_only'),
            count(distinct items.id) filter (where items.outcome = 'link_only')
        from sightings
        cross join items on items.id = sightings.item_id -- so that SQLite begins with the few sightings
        where sightings.exposure = 'unknown'
            and sightings.audience is not null
            and items.gone_at is null
            and items.source_id in ({id_list(sources)})
        group by 1, 2, 3, 4
        """
    ).fetchall()


def sightings_of(
    library: Library, media: Sequence[int], sources: Sequence[int], *, with_gone: bool = False
) -> dict[int, list[Sighting]]:
    """Media id -> where it is now in these sources.

    `with_gone`: and where it was, but for what lay behind links: that goes when consent for it ends, too.
    """
    sightings: dict[int, list[Sighting]] = {}
    is_wanted = "(items.gone_at is null or items.real is null)" if with_gone else "items.gone_at is null"
    for chunk in batched(media):
        rows = library.db.query(
            f"""
            select items.media_id, items.source_id, items.address, items.gone_at, sightings.*
            from items
            join sightings on sightings.item_id = items.id
            where {is_wanted}
                and +items.source_id in ({id_list(sources)}) -- so that SQLite begins with the few media
                and items.media_id in ({marks(chunk)})
            order by items.id
            """,
            chunk,
        )
        for row in rows:
            gone = row["gone_at"] is not None
            sighting = Sighting(row["source_id"], row["address"], provenance_of(row), gone)
            sightings.setdefault(row["media_id"], []).append(sighting)
    return sightings


@lru_cache(maxsize=64)  # plain files share one Provenance
def digest(provenance: tuple[Provenance, ...]) -> str:
    """A short digest of what a platform says of a file, to notice when it changes (the column `said`)."""
    form = ", ".join(map(_text_form, provenance)) + ("," if len(provenance) == 1 else "")
    return hashlib.blake2b(f"({form})".encode(), digest_size=8).hexdigest()


def _text_form(provenance: Provenance) -> str:
    """What the digest is of: libraries hold digests, so a new form would have every file read again."""
    columns = provenance.columns()
    for name, absent in LATER_COLUMNS.items():
        if columns[name] == absent:
            del columns[name]
    return f"Provenance({', '.join(f'{name}={value!r}' for name, value in columns.items())})"


SIGHTING_COLUMNS = (
    "item_id", "platform", "account", "context", "caption", "posted_at", "posted_at_source", "taken_at",
    "taken_at_source", "url", "url_kind", "audience", "audience_source", "exposure", "exposure_reason",
    "album", "latitude", "longitude", "location_source", "place", "people", "author", "author_is_owner",
    "post_id", "records", "exposure_evidence", "audience_known",
)  # fmt: skip
LISTS = ("people", "records", "exposure_evidence")  # columns that hold JSON
# Not in the digest where they hold what a library of before them holds: plain files do.
LATER_COLUMNS = {"records": (), "exposure_evidence": (), "audience_known": True}


def _sighting_row(item_id: int, provenance: Provenance) -> tuple[Any, ...]:
    """Values for SIGHTING_COLUMNS."""
    columns = provenance.columns()
    latitude, longitude = columns["location"] or (None, None)
    columns |= {
        "item_id": item_id,
        "exposure": provenance.exposure.level.value,
        "latitude": latitude,
        "longitude": longitude,
        **{name: json.dumps(columns[name]) for name in LISTS},
        "audience_known": int(columns["audience_known"]),
        "author_is_owner": None if provenance.author_is_owner is None else int(provenance.author_is_owner),
    }
    return tuple(_storable(columns[name]) for name in SIGHTING_COLUMNS)


def _storable(value: Any) -> Any:
    """SQLite keeps UTF-8, which has no place for half a surrogate pair (a cut emoji in a hostile record)."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def provenance_of(row: dict[str, Any]) -> Provenance:
    """A row of `sightings` as what it was made from."""
    owner = row["author_is_owner"]
    return Provenance.from_columns(
        {
            **row,
            "exposure": Exposure(row["exposure"]),
            "location": None if row["latitude"] is None else (row["latitude"], row["longitude"]),
            **{name: tuple(json.loads(row[name])) for name in LISTS},
            "audience_known": bool(row["audience_known"]),
            "author_is_owner": None if owner is None else bool(owner),
        }
    )
