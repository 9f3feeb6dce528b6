"""iCloud Photos, as privacy.apple.com exports it: folders of originals beside "Photo Details.csv" files.

The library's CSVs name files of their own folder. Album and memory CSVs name bare file names, which repeat
across parts: a name that several files carry is left out of the album, and the note on the CSV counts it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain

from ...types import Exposure, Provenance, Timestamp
from ..export import Export
from ..path_index import (
    PathIndex,
    file_name,
    file_stem,
    fold,
    folder_name,
    folder_names,
    folder_of,
    outermost_folders,
    outermost_named,
)
from .base import Account, Mention, Platform, Root, as_roots
from .dates import MONTHS_SHORT, is_plausible_date
from .media_refs import VIDEO_EXTENSIONS, extension, is_media_name
from .parsing import first_text

_PART = re.compile(r"(icloud\W[^0-9]{1,40})([0-9]{1,4})\W\D{1,20}([0-9]{1,4})(?![0-9])", re.IGNORECASE)
_WHOLE = re.compile(r"icloud[ _](?:photos|fotos|foto|photo)\b", re.IGNORECASE)
_SHARED_FOLDERS = frozenset(
    ("icloud shared albums", "icloud shared albums.zip", "my albums", "subscribed albums")
)
_LIBRARY_FOLDERS = frozenset(("photos", "fotos", "foto", "recently deleted"))
_NO_ALBUMS = frozenset(("favorites", "hidden", "favourites"))
_LISTINGS = ("photo details*.csv", "shared library details*.csv")

_CHECKSUM = "fileChecksum"  # the column that only the library's own CSVs have
_NAMES = ("imgName", "imageName", "Images")  # how the column of file names is called, in all kinds of CSV
_COLUMNS = {name.lower(): name for name in (*_NAMES, _CHECKSUM, "originalCreationDate", "importDate")}
_CUT_DATE = re.compile(r"\s*\w+\s+\w+\s+[0-9]{1,2}\s*$")  # "Sunday August 14", without ",2022 9:30 AM GMT"
_DATE = re.compile(
    r"\b(\w{1,20})\s{1,5}([0-9]{1,2})\s{0,5},\s{0,5}([0-9]{4})\s{1,5}([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:\s{0,5}([AaPp][Mm]))?"
)

_OWN = "in the owner's private iCloud library"
_SHARED = "iCloud does not export who is in it"


@dataclass(slots=True)
class PhotoDetails:
    """What all CSVs together say about one file."""

    taken: str | None = None
    added: str | None = None
    is_hidden: bool = False
    is_deleted: bool = False
    in_shared_library: bool = False
    albums: list[str] = field(default_factory=list)
    memories: list[str] = field(default_factory=list)

    @property
    def context(self) -> tuple[str, str]:
        """Where in the library it is, and what the reason of its exposure adds for that."""
        if self.is_deleted:
            return "deleted", ", recently deleted"
        if self.is_hidden:
            return "hidden", ", hidden (hidden = yes)"
        if self.in_shared_library:
            return "shared_library", ""
        if self.albums:
            return "album", ", in an album"
        return ("memory", ", in a memory") if self.memories else ("library", "")


_Row = dict[str, str]
_Details = dict[str, PhotoDetails]  # by the file's path


class ICloud(Platform):
    """One export of iCloud Photos with all its parts. It does not name its owner."""

    name = "icloud"
    title = "iCloud Photos"
    needs_confirmation = True
    account = Account()

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The folder of a part, or the one around "Photos" with its CSV, or around shared albums."""
        reasons: dict[str, str] = {}
        for folder in paths.folders_with_files():
            if prefix := outermost_named(folder, _is_download_name):
                reasons.setdefault(prefix, f"folder “{folder_name(prefix)}”")
        for path in chain.from_iterable(map(paths.matching, _LISTINGS)):
            levels = 2 if fold(folder_name(path)) in _LIBRARY_FOLDERS else 1
            reasons.setdefault(_above(path, levels), f"“{file_name(path)}” lists the photographs")
        for path in paths.matching("AlbumInfo.json"):
            reasons.setdefault(_above(path, 3), "AlbumInfo.json of a shared album")
        return as_roots({prefix: reasons[prefix] for prefix in outermost_folders(reasons)})

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """ "iCloud Photos Part 2 of 3.zip" belongs to the other parts of 3."""
        if part := _PART.match(container):
            return f"{part[1].strip().lower()} of {int(part[3])}"
        return "icloud photos" if _WHOLE.match(container) else None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """A numbered part, Apple's header in a CSV, a shared album: the Windows program's folder has none."""
        if _PART.match(export.name) or any(_part_folder(path) for path in export.members):
            return True
        listings = list(chain.from_iterable(map(export.matching, _LISTINGS)))
        heads = [fold(export.text(path)[:200]) for path in listings[:3]]
        is_apples = any("imgname,filechecksum" in head or not head for head in heads)
        return is_apples or bool(export.with_name("AlbumInfo.json"))

    def mentions(self) -> Iterator[Mention]:
        """Every file that a row names, once, with all that rows say of it; then those of shared albums."""
        details: _Details = {}
        listings = [path for path in self.export.members if extension(path) == "csv"]
        elsewhere = [
            (listing, row)
            for listing in listings
            for row in self._rows(listing)
            if not self._take_beside(listing, row, details)
        ]
        elsewhere.sort(key=lambda listed: _CHECKSUM not in listed[1])  # what albums name must be known before
        lost = [listed for listed in elsewhere if not self._take_elsewhere(*listed, details)]
        self._add_live_films(details)
        yield from (Mention(path, self._in_library(entry)) for path, entry in details.items())
        yield from self._missing(lost)
        yield from self._in_shared_albums()

    def infer(self, path: str) -> Provenance:
        """Without a row, the folder still tells a shared album, or what was deleted."""
        if album := _shared_album(path):
            return self._in_shared_album(album)
        return self._in_library(PhotoDetails(is_deleted=_is_deleted(path)))

    def _rows(self, listing: str) -> Iterator[_Row]:
        """The rows of a CSV that names photographs; nothing from others, and a note on damage."""
        reader = csv.reader(io.StringIO(self.export.text(listing).replace("\0", ""), newline=""))
        header: list[str] = []
        try:
            for cells in reader:
                if not header:
                    header = _header(cells)
                    if not header:
                        return
                elif any(cells):
                    yield dict.fromkeys(header, "") | dict(zip(header, _join_dates(cells), strict=False))
        except csv.Error as exc:
            self.export.note(listing, f"damaged CSV, read as far as it goes: {exc}")

    def _take_beside(self, listing: str, row: _Row, details: _Details) -> bool:
        """Take a row of the library whose file stands in the same folder. False: look elsewhere, later."""
        if _CHECKSUM not in row:
            return False
        path = self.export.beside(listing, row["imgName"])
        entry = _library_entry(listing, row)
        is_moved = entry.is_deleted and any(map(_is_deleted, self.export.with_name(row["imgName"])))
        if path is None or path in details or (is_moved and not _is_deleted(path)):
            return False
        details[path] = entry
        return True

    def _take_elsewhere(self, listing: str, row: _Row, details: _Details) -> bool:
        """Take a row whose file stands in another folder, by its bare name, when only one can be meant."""
        paths = self._with_name_of(row)
        if _CHECKSUM not in row:
            for path in paths if len(paths) == 1 else ():
                _add_listing(listing, details.setdefault(path, PhotoDetails(is_deleted=_is_deleted(path))))
            return len(paths) == 1
        entry = _library_entry(listing, row)
        paths = [path for path in paths if path not in details]
        paths = [path for path in paths if _part_folder(path) == _part_folder(listing)] or paths
        paths = [path for path in paths if _is_deleted(path) == entry.is_deleted] or paths
        if len(paths) == 1:
            details[paths[0]] = entry
        return len(paths) == 1

    def _with_name_of(self, row: _Row) -> list[str]:
        """The files of the library that a row's bare name may mean."""
        wanted = next((row[column] for column in _NAMES if row.get(column)), "")
        return [path for path in self.export.with_name(file_name(wanted)) if not _shared_album(path)]

    def _add_live_films(self, details: _Details) -> None:
        """A Live Photo's film goes by the row of its still."""
        stills = {
            path.rpartition(".")[0]: path for path in details if extension(path) not in VIDEO_EXTENSIONS
        }
        for path in self.export.members:
            still = stills.get(path.rpartition(".")[0])
            if still and path not in details and extension(path) in VIDEO_EXTENSIONS:
                details[path] = details[still]

    def _missing(self, lost: Sequence[tuple[str, _Row]]) -> Iterator[Mention]:
        """Rows that lead to no file: what the library lists is absent, what an album lists is ambiguous."""
        ambiguous: Counter[str] = Counter()
        for listing, row in lost:
            if _CHECKSUM not in row:
                ambiguous[listing] += len(self._with_name_of(row)) > 1
            elif row["imgName"] and self.export.beside(listing, row["imgName"]) is None:
                yield Mention(
                    folder_of(listing) + row["imgName"], self._in_library(_library_entry(listing, row))
                )
        for listing, count in (+ambiguous).items():
            reason = f"{count:,} of its names are carried by several files, which are not put in the album"
            self.export.note(listing, reason)

    def _in_library(self, entry: PhotoDetails) -> Provenance:
        context, detail = entry.context
        exposure = Exposure.PRIVATE.because(_OWN + detail)
        if entry.in_shared_library and not entry.is_deleted:
            exposure = Exposure.NETWORK.because(f"in the iCloud Shared Photo Library; {_SHARED}")
        return Provenance(
            self.name,
            context=context,
            posted=Timestamp.of(entry.added, "importDate"),
            taken=Timestamp.of(entry.taken, "originalCreationDate"),
            exposure=exposure,
            album="; ".join(sorted({*(entry.albums or entry.memories)})) or None,
        )

    def _in_shared_album(self, album: str) -> Provenance:
        exposure = Exposure.NETWORK.because(f"in the iCloud shared album “{album}”; {_SHARED}")
        return Provenance(self.name, context="shared_album", album=album, exposure=exposure)

    def _in_shared_albums(self) -> Iterator[Mention]:
        """Every file beside an AlbumInfo.json, with the name that it gives the album."""
        albums: dict[str, Provenance] = {}
        for path in self.export.with_name("AlbumInfo.json"):
            title = first_text(self.export.object_at(path), "title", "name", "albumName")
            albums[folder_of(path)] = self._in_shared_album(title or folder_name(path))
        for path in self.export.members if albums else ():
            if is_media_name(path) and (provenance := albums.get(folder_of(path))):
                yield Mention(path, provenance)


def _is_download_name(folder: str) -> bool:
    return bool(_PART.match(folder) or _WHOLE.match(folder) or fold(folder) == "icloud shared albums")


def _above(path: str, levels: int) -> str:
    return "".join(f"{part}/" for part in path.split("/")[:-levels])


def _part_folder(path: str) -> str:
    """The folder of the part, as far as the path names one."""
    top = path.partition("/")[0]
    return top if top != path and _PART.match(top) else ""


def _is_deleted(path: str) -> bool:
    return any(name.startswith("recently deleted") for name in folder_names(path))


def _shared_album(path: str) -> str | None:
    """The album's folder, when the path leads through shared albums."""
    parts = path.split("/")
    for depth in range(len(parts) - 2, 0, -1):
        if fold(parts[depth - 1]) in _SHARED_FOLDERS and fold(parts[depth]) not in _SHARED_FOLDERS:
            return parts[depth]
    return None


def _header(cells: list[str]) -> list[str]:
    """The columns by Apple's spelling; none when this CSV does not list photographs."""
    columns = [_COLUMNS.get(cell.strip().lower(), cell.strip().lower()) for cell in cells]
    if _CHECKSUM in columns:
        columns = ["imgName" if column == "imageName" else column for column in columns]
        return columns if "imgName" in columns else []
    return columns if any(name in columns for name in _NAMES) else []


def _join_dates(cells: list[str]) -> list[str]:
    """The cells with every date put together again: a date holds a comma and is not always quoted."""
    joined: list[str] = []
    for cell in cells:
        if joined and _CUT_DATE.match(joined[-1]) and cell.strip()[:4].isdigit() and ":" in cell:
            joined[-1] += f",{cell}"
        else:
            joined.append(cell)
    return [cell.strip() for cell in joined]


def _library_entry(listing: str, row: _Row) -> PhotoDetails:
    return PhotoDetails(
        taken=parse_apple_date(row.get("originalCreationDate")),
        added=parse_apple_date(row.get("importDate")),
        is_hidden=_is_yes(row.get("hidden")),
        is_deleted=_is_yes(row.get("deleted")),
        in_shared_library=fold(file_name(listing)).startswith("shared library"),
    )


def _add_listing(listing: str, entry: PhotoDetails) -> None:
    """An album's or a memory's CSV is named after it."""
    title = file_stem(listing)
    if fold(title) == "hidden":
        entry.is_hidden = True
    elif fold(folder_name(listing)) == "memories":
        entry.memories.append(title)
    elif fold(title) not in _NO_ALBUMS:
        entry.albums.append(title)


def parse_apple_date(text: str | None) -> str | None:
    """ "Sunday August 14,2022 9:30 PM GMT" as ISO 8601. "13:05 PM" was seen and means 13:05."""
    match = _DATE.search(text or "")
    month = MONTHS_SHORT.get(match[1][:3].capitalize()) if match else None
    if not match or not month:
        return None
    _, day, year, hour, minute, second, half = match.groups(default="")
    hours = int(hour)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        when = datetime(int(year), month, int(day), hours, int(minute), int(second or 0), tzinfo=timezone.utc)
    except ValueError:
        return None
    return when.isoformat() if is_plausible_date(when) else None


def _is_yes(text: str | None) -> bool:
    return (text or "").strip().lower() in ("yes", "true", "1")
