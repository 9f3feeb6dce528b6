"""How carefully the media of each source were searched for faces."""

from __future__ import annotations

from ..types import Detail, Thoroughness
from .db import marks
from .library import Library


def searched_less(library: Library, source: int, wanted: Thoroughness) -> set[int]:
    """Media of a source, also of files that are gone, that were searched less carefully than that."""
    less = [detail.value for detail in Detail if detail.care < wanted.detail.care]
    is_less = f"(detection < ? or detail in ({marks(less)}))"
    values = [wanted.revision, *less]
    if not library.db.execute(f"select 1 from media where {is_less} limit 1", values).fetchone():
        return set()  # the usual answer, from an index
    rows = library.db.execute(
        f"""
        select distinct media_id
        from items
        join media on media.id = media_id
        where source_id = ? and {is_less}
        """,
        [source, *values],
    )
    return {media for (media,) in rows}


def count_searched_before(library: Library, revision: int) -> dict[int, int]:
    """Source -> how many of its media that are there now were searched by an older revision of detection."""
    rows = library.db.execute(
        """
        select source_id, count(distinct media_id)
        from media
        cross join items on items.media_id = media.id -- so that SQLite begins with what is usually nothing
        where detection < ? and gone_at is null
        group by source_id
        """,
        [revision],
    )
    return dict(rows.fetchall())


def note_failed_search(library: Library, media: int, searched: Thoroughness, problem: str) -> None:
    """Searching it more carefully did not work: what was found before stays, and it is not tried again.

    Inside the caller's transaction.
    """
    (row,) = library.db.execute("select detail, detection from media where id = ?", [media])
    joined = searched.joined(Thoroughness(Detail(row[0]), row[1]))
    library.db.execute(
        "update media set detail = ?, detection = ?, problem = ? where id = ?",
        [joined.detail.value, joined.revision, problem, media],
    )
