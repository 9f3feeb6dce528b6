"""Which sources are exports of one account, which of them took another's place, and what that says of a
file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from ..library import changes
from ..library.changes import Place
from ..library.library import Library
from ..library.sources import SourceRow

REPLACED = "the file holds something else now"
DELETED = "the file is no longer there"


def successors(rows: Sequence[SourceRow]) -> list[tuple[SourceRow, SourceRow]]:
    """(older, newer) exports of the same account on the same platform, where the older has not been
    replaced yet.
    """
    newest: dict[tuple[str, str], SourceRow] = {}
    for row in rows:
        if row.account and row.exported_at and row.successor is None:
            known = newest.get((row.platform, row.account))
            if known is None or (row.exported_at, row.id) > (known.exported_at or "", known.id):
                newest[row.platform, row.account] = row
    return [
        (row, newer)
        for row in rows
        if row.account and row.successor is None
        and (newer := newest.get((row.platform, row.account))) is not None
        and (row.exported_at or "") < (newer.exported_at or "")
    ]  # fmt: skip


def last_successor(rows: Mapping[int, SourceRow], source: int) -> SourceRow | None:
    """The export that stands in the place of `source` now; None when nothing took its place."""
    met: set[int] = set()
    row = rows.get(source)
    while row is not None and row.successor is not None and row.id not in met:
        met.add(row.id)
        row = rows.get(row.successor)
    return row if met else None


class PlaceHistory:
    """What the library knows of some addresses: in which source they lie, and what became of them."""

    def __init__(self, library: Library, rows: Sequence[SourceRow], addresses: Collection[str]) -> None:
        self._rows = {row.id: row for row in rows}
        self._places = changes.places_at(library, addresses)
        self._there = changes.there(library, addresses)

    @cached_property
    def _account(self) -> dict[int, tuple[str, object]]:
        """Source -> what exports of one account share."""
        found: dict[int, tuple[str, object]] = {}
        for row in self._rows.values():
            last = last_successor(self._rows, row.id) or row
            found[row.id] = (last.platform, last.account) if last.account else ("source", last.id)
        return found

    def is_moved(self, before: Collection[str], after: Collection[str]) -> bool:
        """Whether the places differ in more than which export of an account they lie in."""
        came = (place for place in after if place not in before and not self._is_continued(place, before))
        went = (place for place in before if place not in after and not self._is_continued(place, after))
        return any(True for _ in came) or any(True for _ in went)

    def why_gone(self, places: Iterable[str], after: Collection[str] = ()) -> str:
        """What became of files that are not where they were, in words; the newer export's silence weighs
        most.
        """
        lost = [place for place in places if place not in after and not self._is_continued(place, after)]
        for place in lost:
            for source in self._sources(place):
                newer = last_successor(self._rows, source)
                if newer is not None:
                    day = f" of {newer.exported_at[:10]}" if newer.exported_at else ""
                    return f"no longer in the newer export{day}"
        return REPLACED if any(place in self._there for place in lost) else DELETED

    def is_replaced(self, place: str) -> bool:
        """Whether a newer export took the place of the one in which this lies."""
        return any(last_successor(self._rows, source) for source in self._sources(place))

    def _is_continued(self, place: str, others: Iterable[str]) -> bool:
        """Whether one of `others` lies in another export of the same account."""
        sources = self._sources(place)
        accounts = {self._account[source] for source in sources if source in self._account}
        return any(
            other not in sources and self._account.get(other) in accounts
            for one in others
            for other in self._sources(one)
        )

    def _sources(self, address: str) -> set[int]:
        return {place.source for place in self._places.get(address, ())}


def by_media(places: Mapping[int, Sequence[Place]], media: int | None, sources: Collection[int]) -> set[str]:
    """Addresses at which a media file is, in some of the sources."""
    return {place.address for place in places.get(media or 0, ()) if place.source in sources}
