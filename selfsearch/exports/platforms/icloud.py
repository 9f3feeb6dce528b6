"""iCloud Photos, as privacy.apple.com exports it: folders of originals beside "Photo Details.csv" files.

The library's CSVs name files of their own folder. Album and memory CSVs name bare file names, which repeat
across parts: a name that several files carry is left out of the album, and the note on the CSV counts it.
Shared albums have records of their own (icloud_sharing.py).

Nothing in the export shows that a photograph was seen by its owner alone, so none is said to be private.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from ...types import Provenance, Timestamp
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
from .dates import parse_apple_date
from .icloud_sharing import SharedLibrary, album_folder, album_without_record, in_shared_albums
from .media_refs import VIDEO_EXTENSIONS, extension
from .parsing import distinct

_PART = re.compile(r"(icloud\W[^0-9]{1,40})([0-9]{1,4})\W\D{1,20}([0-9]{1,4})(?![0-9])", re.IGNORECASE)
_WHOLE = re.compile(r"icloud[ _](?:photos|fotos|foto|photo)\b", re.IGNORECASE)
_LIBRARY_FOLDERS = frozenset(("photos", "fotos", "foto", "recently deleted"))
_NO_ALBUMS = frozenset(("favorites", "hidden", "favourites"))
_LISTINGS = ("photo details*.csv", "shared library details*.csv")

_CHECKSUM = "fileChecksum"  # the column that only the library's own CSVs have
_NAMES = ("imgName", "imageName", "Images")  # how the column of file names is called, in all kinds of CSV
_COLUMNS = {name.lower(): name for name in (*_NAMES, _CHECKSUM, "originalCreationDate", "importDate")}
_CUT_DATE = re.compile(r"\s*\w+\s+\w+\s+[0-9]{1,2}\s*$")  # "Sunday August 14", without ",2022 9:30 AM GMT"


@dataclass(slots=True)
class PhotoDetails:
    """What all CSVs together say about one file."""

    taken: str | None = None
    added: str | None = None
    is_hidden: bool = False
    is_deleted: bool = False
    albums: list[str] = field(default_factory=list)
    memories: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)  # first the one that names the file

    @property
    def context(self) -> tuple[str, str]:
        """Where in the library it is, and what the reason of its exposure adds for that."""
        if self.is_deleted:
            return "deleted", "recently deleted; until then "
        if self.is_hidden:
            return "hidden", "hidden (hidden = yes); "
        if self.albums:
            return "album", ""
        return ("memory", "") if self.memories else ("library", "")


_Row = dict[str, str]
_Details = dict[str, PhotoDetails]  # by the file's path


class ICloud(Platform):
    """One export of iCloud Photos with all its parts. It does not name its owner."""

    name = "icloud"
    title = "iCloud Photos"
    needs_confirmation = True
    account = Account()
    _shared_details: _Details

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

    @classmethod
    def nested(cls, path: str) -> bool:
        """Shared albums come as one zip in the first part."""
        return fold(file_name(path)) == "icloud shared albums.zip"

    def mentions(self) -> Iterator[Mention]:
        """Every file that a row names, once, with all that rows say of it; then those of shared albums."""
        _ = self._shared
        details: _Details = {
            path: entry for path, entry in self._shared_details.items() if path in self.export.members
        }
        listings = [path for path in self.export.members if extension(path) == "csv"]
        elsewhere = [
            (listing, row)
            for listing in listings
            if not _lists_shared_library(listing)
            for row in self._rows(listing)
            if not self._take_beside(listing, row, details)
        ]
        elsewhere.sort(key=lambda listed: _CHECKSUM not in listed[1])  # what albums name must be known before
        lost = [listed for listed in elsewhere if not self._take_elsewhere(*listed, details)]
        self._add_live_films(details)
        yield from (Mention(path, self._in_library(path, entry)) for path, entry in details.items())
        yield from self._missing(lost)
        yield from in_shared_albums(self.export)

    def infer(self, path: str) -> Provenance:
        """Without a row, the folder still tells a shared album, or what was deleted."""
        if album := album_folder(path):
            return album_without_record(album)
        return self._in_library(path, PhotoDetails(is_deleted=_is_deleted(path)))

    @cached_property
    def _shared(self) -> SharedLibrary:
        """Fills `_shared_details` as well: what those lists say of the files that they name."""
        shared, self._shared_details = SharedLibrary(), {}
        for listing in filter(_lists_shared_library, self.export.members):
            for row in self._rows(listing):
                if not row.get("imgName"):
                    continue
                beside = self.export.beside(listing, row["imgName"])
                paths = [beside] if beside else self._with_name_of(row)
                paths = paths or [folder_of(listing) + row["imgName"]]
                shared.add(listing, paths, _yes_or_no(row.get("contributedbyme")))
                if len(paths) == 1:
                    self._shared_details[paths[0]] = _library_entry(listing, row)
        return shared

    def _rows(self, listing: str) -> Iterator[_Row]:
        """The rows of a CSV that names photographs; nothing from others, and a note on damage."""
        text = self.export.text(listing).replace("\0", "")
        if text.count('"') % 2:
            self.export.note(listing, "ends in the middle of a row; it may be cut short")
        reader = csv.reader(io.StringIO(text, newline=""))
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
        if path is None or self._has_row(path, details) or (is_moved and not _is_deleted(path)):
            return False
        details[path] = entry
        return True

    def _has_row(self, path: str, details: _Details) -> bool:
        """Whether a list of the library has named a file already; that of the Shared Library says less."""
        return path in details and not _lists_shared_library(details[path].records[0])

    def _take_elsewhere(self, listing: str, row: _Row, details: _Details) -> bool:
        """Take a row whose file stands in another folder, by its bare name, when only one can be meant."""
        paths = self._with_name_of(row)
        if _CHECKSUM not in row:
            for path in paths if len(paths) == 1 else ():
                entry = details.setdefault(path, PhotoDetails(is_deleted=_is_deleted(path)))
                _add_listing(listing, entry)
            return len(paths) == 1
        entry = _library_entry(listing, row)
        paths = [path for path in paths if not self._has_row(path, details)]
        paths = [path for path in paths if _part_folder(path) == _part_folder(listing)] or paths
        paths = [path for path in paths if _is_deleted(path) == entry.is_deleted] or paths
        if len(paths) == 1:
            details[paths[0]] = entry
        return len(paths) == 1

    def _with_name_of(self, row: _Row) -> list[str]:
        """The files of the library that a row's bare name may mean."""
        wanted = next((row[column] for column in _NAMES if row.get(column)), "")
        return [path for path in self.export.with_name(file_name(wanted)) if not album_folder(path)]

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
        absent = {
            path: entry for path, entry in self._shared_details.items() if path not in self.export.members
        }
        for listing, row in lost:
            if _CHECKSUM not in row:
                ambiguous[listing] += len(self._with_name_of(row)) > 1
            elif row["imgName"] and self.export.beside(listing, row["imgName"]) is None:
                absent[folder_of(listing) + row["imgName"]] = _library_entry(listing, row)
        yield from (Mention(path, self._in_library(path, entry)) for path, entry in absent.items())
        for listing, count in (+ambiguous).items():
            reason = f"{count:,} of its names are carried by several files, which are not put in the album"
            self.export.note(listing, reason)

    def _in_library(self, path: str, entry: PhotoDetails) -> Provenance:
        context, detail = entry.context
        exposure = self._shared.assess(path)
        shared = self._shared.find(path)
        if shared and context in ("library", "album", "memory"):
            context = "shared_library"
        return Provenance(
            self.name,
            context=context,
            posted=Timestamp.of(entry.added, "importDate"),
            taken=Timestamp.of(entry.taken, "originalCreationDate"),
            exposure=exposure.level.because(detail + exposure.reason, *exposure.evidence),
            album="; ".join(sorted({*(entry.albums or entry.memories)})) or None,
            author_is_owner=shared.contributed if shared else None,
            records=distinct([*entry.records, shared.listing if shared else None]),
        )


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


def _lists_shared_library(path: str) -> bool:
    return fold(file_name(path)).startswith("shared library details") and extension(path) == "csv"


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
        records=[listing],
    )


def _add_listing(listing: str, entry: PhotoDetails) -> None:
    """An album's or a memory's CSV is named after it."""
    title = file_stem(listing)
    entry.records.append(listing)
    if fold(title) == "hidden":
        entry.is_hidden = True
    elif fold(folder_name(listing)) == "memories":
        entry.memories.append(title)
    elif fold(title) not in _NO_ALBUMS:
        entry.albums.append(title)


def _is_yes(text: str | None) -> bool:
    return (text or "").strip().lower() in ("yes", "true", "1")


def _yes_or_no(text: str | None) -> bool | None:
    word = (text or "").strip().lower()
    return word == "yes" if word in ("yes", "no") else None
