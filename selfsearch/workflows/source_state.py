"""What became of a source as a whole: unchanged, out of reach, or replaced by a newer export."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from pathlib import PurePath

from ..exports.platforms import WITHOUT_MEDIA
from ..library import items
from ..library.library import Library
from ..library.sources import SourceRow
from ..version import __version__

MISSING = "nothing is there; perhaps its disk or share is not connected"
EMPTY = "its folder is suddenly empty; perhaps its disk or share is not connected"
UNLISTED = "its folder cannot be looked into"


def unchanged_archives(rows: Sequence[SourceRow], pack: int) -> dict[str, tuple[str, Hashable]]:
    """Archives of sources that are archives alone, if their last scan was complete, by this version and pack.

    Path -> (stamp, numbers of the sources that share archives with it).
    """
    closed = [row for row in rows if row.state == "live" and _is_archives_alone(row)]
    sharing: dict[str, set[int]] = {}
    for row in closed:
        together = set[int]().union({row.id}, *(sharing.get(path, ()) for path in row.containers))
        for path in {path for other in closed if other.id in together for path in other.containers}:
            sharing[path] = together
    stale = {row.id for row in rows if (row.scanned_pack, row.scanned_with) != (pack, __version__)}
    return {
        path: (row.stamps[path], tuple(sorted(sharing[path])))
        for row in closed
        for path in row.containers
        if not sharing[path] & stale
    }


def _is_archives_alone(row: SourceRow) -> bool:
    """Whether all that can belong to a source lies in its archives, and not beside them."""
    has_nothing_beside = row.platform not in WITHOUT_MEDIA or row.root in row.containers
    return has_nothing_beside and row.stamps.keys() == set(row.containers)


def is_out_of_sight(path: str) -> bool:
    """Whether something may be at `path` that cannot be seen now.

    A folder above it may not be looked into, or is a link to a disk that is not there.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        above = next((folder for folder in PurePath(path).parents if os.path.lexists(folder)), PurePath("/"))
        return not os.path.isdir(above) and os.path.islink(above)
    except OSError:
        return True
    return False


def why_unreachable(library: Library, root: str, rows: Sequence[SourceRow]) -> str | None:
    """Why what stands at `root` cannot be what stood there; None when it can.

    An empty folder where files were is taken for a mount point whose disk is not there.
    """
    if not os.path.exists(root):
        return MISSING
    if not os.path.isdir(root):
        return None
    try:
        with os.scandir(root) as entries:
            if next(entries, None) is not None:
                return None
    except OSError:
        return UNLISTED
    return EMPTY if items.count_outcomes(library, [row.id for row in rows]) else None


def successors(rows: Sequence[SourceRow]) -> list[tuple[SourceRow, SourceRow]]:
    """(older, newer) exports of one account on one platform, where the older has not been replaced yet."""
    candidates = [row for row in rows if row.account and row.successor is None]
    newest: dict[tuple[str, str | None], SourceRow] = {}
    for row in candidates:
        if row.exported_at:
            other = newest.get((row.platform, row.account))
            if other is None or (row.exported_at, row.id) > (other.exported_at or "", other.id):
                newest[row.platform, row.account] = row
    pairs = ((row, newest.get((row.platform, row.account))) for row in candidates)
    return [
        (older, newer)
        for older, newer in pairs
        if newer is not None and (older.exported_at or "") < (newer.exported_at or "")
    ]
