"""iCloud Photos, as privacy.apple.com exports it: folders of originals beside "Photo Details.csv" files.

The library's CSVs name files of their own folder. Album and memory CSVs name bare file names, which repeat
across parts: a name that several files carry is left out of the album, and the note on the CSV counts it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold, outermost_folders
from .base import Account, Root
from .icloud_rows import DETAILS, LISTS, moment, rows, yes
from .legacy import Mention, Provenance
from .media_refs import VIDEO_EXTENSIONS, extension, is_media_name
from .parsing import as_dict, as_text

__all__ = ["account", "confirm", "derivative", "mentions", "name", "orphan", "roots", "series", "title"]

name = "icloud"
title = "iCloud Photos"

OWN = "in the owner's private iCloud library"
SHARED = "iCloud does not export who is in it"
_PART = re.compile(r"(icloud\W[^0-9]{1,40})([0-9]{1,4})\W\D{1,20}([0-9]{1,4})(?![0-9])", re.IGNORECASE)
_WHOLE = re.compile(r"icloud[ _](?:photos|fotos|foto|photo)\b", re.IGNORECASE)
_SHARED_FOLDERS = frozenset(
    ("icloud shared albums", "icloud shared albums.zip", "my albums", "subscribed albums")
)
_LIBRARY = frozenset(("photos", "fotos", "foto", "recently deleted"))
_NO_ALBUM = frozenset(("favorites", "hidden", "favourites"))


def roots(names: PathIndex) -> Iterable[Root]:
    """The folder of a part, or the one around "Photos" with its CSV, or around shared albums."""
    found: dict[str, Root] = {}
    for folder in dict.fromkeys(path[: path.rfind("/") + 1] for path in names.paths):
        if prefix := _named(folder):
            found.setdefault(*prefix)
    for path in chain(names.matching("photo details*.csv"), names.matching("shared library details*.csv")):
        own = fold(path.rpartition("/")[0].rpartition("/")[2])
        top = _above(path, 2 if own in _LIBRARY else 1)
        found.setdefault(top, Root(top, f"“{path.rpartition('/')[2]}” lists the photographs"))
    for path in names.matching("AlbumInfo.json"):
        top = _above(path, 3)
        found.setdefault(top, Root(top, "AlbumInfo.json of a shared album"))
    return [found[prefix] for prefix in outermost_folders(found)]


def _named(folder: str) -> tuple[str, Root] | None:
    """The root by Apple's folder names."""
    parts = folder.split("/")[:-1]
    for depth, part in enumerate(parts):
        if _PART.match(part) or _WHOLE.match(part) or fold(part) == "icloud shared albums":
            prefix = "".join(f"{one}/" for one in parts[: depth + 1])
            return prefix, Root(prefix, f"folder “{part}”")
    return None


def _folder(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _above(path: str, levels: int) -> str:
    return "".join(f"{part}/" for part in path.split("/")[:-levels])


def series(container: str) -> str | None:
    """ "iCloud Photos Part 2 of 3.zip" belongs to the other parts of 3."""
    found = _PART.match(container)
    if found:
        return f"{found[1].strip().lower()} of {int(found[3])}"
    return "icloud photos" if _WHOLE.match(container) else None


def confirm(export: Export) -> bool:
    """A numbered part, Apple's header in a CSV, or a shared album. The Windows program's folder has none."""
    if _PART.match(export.name) or any(_part(path) for path in export.members):
        return True
    listings = export.matching("photo details*.csv") + export.matching("shared library details*.csv")
    heads = [fold(export.text(path)[:200]) for path in listings[:3]]
    known = any("imgname,filechecksum" in head or not head for head in heads)
    return known or bool(export.with_name("AlbumInfo.json"))


def account(export: Export) -> Account:
    """The export does not name its owner."""
    return Account()


def derivative(path: str) -> str | None:
    """Apple exports originals only."""
    return None


def orphan(export: Export, path: str) -> Provenance:
    """Without a row, the folder still tells a shared album, or what was deleted."""
    if album := _shared_album(path):
        return _shared(album)
    return _said(_Seen(deleted=_deleted(path)))


@dataclass(slots=True)
class _Seen:
    """What all CSVs together say about one file."""

    taken: str | None = None
    added: str | None = None
    hidden: bool = False
    deleted: bool = False
    shared: bool = False  # in the Shared Photo Library
    albums: list[str] = field(default_factory=list)
    memories: list[str] = field(default_factory=list)


def mentions(export: Export) -> Iterator[Mention]:
    """Every file that a row names, once, with all that rows say of it; then the files of shared albums."""
    seen: dict[str, _Seen] = {}
    listings = [path for path in export.members if extension(path) == "csv"]
    late = [
        (path, row) for path in listings for row in rows(export, path) if not _beside(export, path, row, seen)
    ]
    late.sort(key=lambda one: DETAILS not in one[1])  # what albums name must be known before
    lost = [(path, row) for path, row in late if not _elsewhere(export, path, row, seen)]
    _moving_parts(export, seen)
    yield from (Mention(path, _said(what)) for path, what in seen.items())
    yield from _lost(export, lost)
    yield from _shared_albums(export)


def _lost(export: Export, rows: list[tuple[str, dict[str, str]]]) -> Iterator[Mention]:
    """Rows that lead to no file: what the library lists is absent, what an album lists may be ambiguous."""
    several: Counter[str] = Counter()
    for listing, row in rows:
        if DETAILS not in row:
            several[listing] += len(_called(export, row)) > 1
        elif (
            row["imgName"] and export.find(path := listing[: listing.rfind("/") + 1] + row["imgName"]) is None
        ):
            yield Mention(path, _said(_details(listing, row)))
    for listing, count in (+several).items():
        export.note(
            listing, f"{count:,} of its names are carried by several files, which are not put in the album"
        )


def _called(export: Export, row: dict[str, str]) -> list[str]:
    """The files of the library that a row's bare name may mean."""
    wanted = next((row[head] for head in LISTS if row.get(head)), "")
    return [path for path in export.with_name(wanted.rpartition("/")[2]) if not _shared_album(path)]


def _beside(export: Export, listing: str, row: dict[str, str], seen: dict[str, _Seen]) -> bool:
    """Take a details row whose file stands in the same folder. False: look elsewhere, later."""
    if DETAILS not in row:
        return False
    path = export.find(_folder(listing) + row["imgName"])
    what = _details(listing, row)
    moved = what.deleted and any(_deleted(one) for one in export.with_name(row["imgName"]))
    if path is None or path in seen or (moved and not _deleted(path)):
        return False
    seen[path] = what
    return True


def _details(listing: str, row: dict[str, str]) -> _Seen:
    return _Seen(
        taken=moment(row.get("originalCreationDate")),
        added=moment(row.get("importDate")),
        hidden=yes(row.get("hidden")),
        deleted=yes(row.get("deleted")),
        shared=fold(listing.rpartition("/")[2]).startswith("shared library"),
    )


def _elsewhere(export: Export, listing: str, row: dict[str, str], seen: dict[str, _Seen]) -> bool:
    """Take a row whose file stands in another folder, by its bare name, when only one file can be meant."""
    near = _called(export, row)
    if DETAILS not in row:
        for path in near if len(near) == 1 else ():
            _listed(listing, seen.setdefault(path, _Seen(deleted=_deleted(path))))
        return len(near) == 1
    what = _details(listing, row)
    near = [path for path in near if path not in seen]
    near = [path for path in near if _part(path) == _part(listing)] or near
    near = [path for path in near if _deleted(path) == what.deleted] or near
    if len(near) == 1:
        seen[near[0]] = what
    return len(near) == 1


def _deleted(path: str) -> bool:
    return any(fold(part).startswith("recently deleted") for part in path.split("/")[:-1])


def _listed(listing: str, what: _Seen) -> None:
    """An album's or a memory's CSV is named after it."""
    called = listing.rpartition("/")[2][: -len(".csv")]
    folder = fold(listing.rpartition("/")[0].rpartition("/")[2])
    if fold(called) == "hidden":
        what.hidden = True
    elif folder == "memories":
        what.memories.append(called)
    elif fold(called) not in _NO_ALBUM:
        what.albums.append(called)


def _moving_parts(export: Export, seen: dict[str, _Seen]) -> None:
    """A Live Photo's film goes by the row of its still."""
    stills = {path.rpartition(".")[0]: path for path in seen if extension(path) not in VIDEO_EXTENSIONS}
    for path in export.members:
        still = stills.get(path.rpartition(".")[0])
        if still and path not in seen and extension(path) in VIDEO_EXTENSIONS:
            seen[path] = seen[still]


def _part(path: str) -> str:
    """The folder of the part, as far as the path names one."""
    top = path.partition("/")[0]
    return top if top != path and _PART.match(top) else ""


def _said(what: _Seen) -> Provenance:
    context, detail = _context(what)
    shared = what.shared and not what.deleted
    return Provenance(
        name,
        context=context,
        posted_at=what.added,
        posted_at_source="importDate" if what.added else None,
        taken_at=what.taken,
        taken_at_source="originalCreationDate" if what.taken else None,
        exposure=Exposure.NETWORK if shared else Exposure.PRIVATE,
        exposure_reason=f"in the iCloud Shared Photo Library; {SHARED}" if shared else OWN + detail,
        album="; ".join(sorted({*(what.albums or what.memories)})) or None,
    )


def _context(what: _Seen) -> tuple[str, str]:
    """Where in the library it is, and the words that the reason adds for it."""
    if what.deleted:
        return "deleted", ", recently deleted"
    if what.hidden:
        return "hidden", ", hidden (hidden = yes)"
    if what.shared:
        return "shared_library", ""
    if what.albums:
        return "album", ", in an album"
    return ("memory", ", in a memory") if what.memories else ("library", "")


def _shared_album(path: str) -> str | None:
    """The album's folder, when the path leads through shared albums."""
    parts = path.split("/")
    for depth in range(len(parts) - 2, 0, -1):
        if fold(parts[depth - 1]) in _SHARED_FOLDERS and fold(parts[depth]) not in _SHARED_FOLDERS:
            return parts[depth]
    return None


def _shared(album: str) -> Provenance:
    return Provenance(
        name,
        context="shared_album",
        album=album,
        exposure=Exposure.NETWORK,
        exposure_reason=f"in the iCloud shared album “{album}”; {SHARED}",
    )


def _shared_albums(export: Export) -> Iterator[Mention]:
    """Every file beside an AlbumInfo.json, with the name that it gives the album."""
    albums: dict[str, Provenance] = {}
    for info in export.with_name("AlbumInfo.json"):
        folder = info[: info.rfind("/") + 1]
        said = as_dict(export.json(info))
        called = next(
            (text for one in ("title", "name", "albumName") if (text := as_text(said.get(one)))), None
        )
        albums[folder] = _shared(called or folder.rstrip("/").rpartition("/")[2])
    for path in export.members if albums else ():
        if is_media_name(path) and (there := albums.get(path[: path.rfind("/") + 1])):
            yield Mention(path, there)
