"""What iCloud's export shows of sharing: the Shared Photo Library, and shared albums.

What the lists of the Shared Photo Library ("Shared Library Details.csv") name is in a library that up to five
others see. That a file is not named shows nothing: a list may lack rows, and links by which photographs are
shared are in no record at all.

A shared album is a folder with its pictures and an "AlbumInfo.json"; albums subscribed to stand in a list. An
album's record says whether it has a public website on the day of the export. When it has one, anyone can see
all of it. When it has none, it may have had one before, of which nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ...types import Audience, Exposure, ExposureAssessment, Provenance, Timestamp
from ...words import counted
from ..export import Export
from ..path_index import file_name, file_stem, fold, folder_name, folder_names, folder_of
from .base import Mention, unknown_word
from .dates import parse_apple_date
from .media_refs import VIDEO_EXTENSIONS, extension, is_media_name, missing_path
from .parsing import as_dict, as_list, as_text, distinct, first_text, is_same

_OWN = "in the owner's iCloud library; iCloud does not export who else could see it, by a link for instance"
_SHARED = "in the iCloud Shared Photo Library; iCloud does not export who is in it"
_NAMESAKE = "in the owner's iCloud library; the Shared Library has a file of this name, perhaps another"


class SharedRow(NamedTuple):
    """What a list says of one file."""

    path: str
    listing: str
    contributed: bool | None  # by the owner; None where the list does not say


@dataclass(slots=True)
class SharedLibrary:
    """What all lists say. A Live Photo's film goes by its still."""

    _rows: dict[str, SharedRow] = field(default_factory=dict)  # by path
    _stills: dict[str, SharedRow] = field(default_factory=dict)  # by path without ending
    _namesakes: dict[str, str] = field(default_factory=dict)  # path, also without ending -> the list

    def add(self, listing: str, paths: Sequence[str], contributed: bool | None) -> None:
        """Take a row, which means one of these files."""
        for path in paths:
            if len(paths) > 1:
                self._namesakes |= {path: listing, _without_ending(path): listing}
                continue
            row = SharedRow(path, listing, contributed)
            self._rows[path] = self._stills[_without_ending(path)] = row

    def find(self, path: str) -> SharedRow | None:
        """What it says of a file."""
        is_film = extension(path) in VIDEO_EXTENSIONS
        return self._rows.get(path) or (self._stills.get(_without_ending(path)) if is_film else None)

    def assess(self, path: str) -> ExposureAssessment:
        """Who could see a file of the library."""
        if row := self.find(path):
            return Exposure.NETWORK.because(_SHARED, row.listing)
        is_film = extension(path) in VIDEO_EXTENSIONS
        if listing := self._namesakes.get(_without_ending(path) if is_film else path):
            return Exposure.UNKNOWN.because(_NAMESAKE, listing)
        return Exposure.UNKNOWN.because(_OWN)


def _without_ending(path: str) -> str:
    return path.rpartition(".")[0] or path


# Shared albums

SHARED_FOLDERS = frozenset(
    ("icloud shared albums", "icloud shared albums.zip", "my albums", "subscribed albums")
)
RECORD, SUBSCRIBED = "AlbumInfo.json", "Subscribed Albums.json"

_UNRECORDED = "its record AlbumInfo.json, which says whether it has a public website, is not in the export"
_UNSAID = "its record does not say whether it has a public website"
_OTHERS = "an album of somebody else, of which iCloud does not export who could see it"


def album_folder(path: str) -> str | None:
    """The album's folder, when the path leads through shared albums."""
    parts = path.split("/")
    for depth in range(len(parts) - 2, 0, -1):
        if fold(parts[depth - 1]) in SHARED_FOLDERS and fold(parts[depth]) not in SHARED_FOLDERS:
            return parts[depth]
    return None


def album_without_record(album: str) -> Provenance:
    """What is known of a picture in an album's folder when the album's record is not there."""
    return _in_album(album, Exposure.UNKNOWN.because(f"{_named(album)}; {_UNRECORDED}"))


def in_shared_albums(export: Export) -> Iterator[Mention]:
    """Every picture beside an album's record, and what the record names and the export does not hold."""
    albums = {folder_of(record): _Album.of(export, record) for record in export.with_name(RECORD)}
    met: set[str] = set()
    for path in export.members if albums else ():
        if is_media_name(path) and (album := albums.get(folder_of(path))):
            met |= {path, folder_of(path) + fold(file_name(path))}
            yield Mention(path, album.provenance(path))
    for folder, album in albums.items():
        absent = (photo for name, photo in album.photos.items() if folder + name not in met)
        paths = [f"{folder}{photo['name']}" for photo in absent]
        yield from (Mention(path, album.provenance(path)) for path in paths)
    for record in export.with_name(SUBSCRIBED):
        for entry in export.each_object(record, ""):
            yield from (mention for mention in _subscribed(export, record, entry) if mention.path not in met)


@dataclass(frozen=True, slots=True)
class _Album:
    """What an album's record says."""

    record: str
    title: str
    owner: tuple[str, ...]  # the names by which the record knows the owner; () where it is somebody else's
    exposure: ExposureAssessment
    audience: Audience
    photos: Mapping[str, Mapping[str, Any]]  # folded name -> what the record says of the picture
    stills: Mapping[str, Mapping[str, Any]]  # the same by the name without its ending

    @classmethod
    def of(cls, export: Export, record: str) -> _Album:
        values = export.object_at(record)
        title = first_text(values, "albumName", "title", "name") or folder_name(record)
        photos = {
            fold(name): photo
            for photo in map(as_dict, as_list(values.get("photos")))
            if (name := missing_path(as_text(photo.get("name")))) and "/" not in name
        }
        is_own = "my albums" in folder_names(record)
        exposure, audience = _who_could_see(values, title, record)
        owner = _names(values.get("owner")) if is_own else ()
        stills = {file_stem(name): photo for name, photo in photos.items()}
        return cls(record, title, owner, exposure, audience, photos, stills)

    def provenance(self, path: str) -> Provenance:
        """What is said of a picture of the album; a Live Photo's film goes by its still."""
        name = fold(file_name(path))
        photo = self.photos.get(name) or self.stills.get(file_stem(name)) or {}
        contributor = _names(photo.get("contributor"))
        comments = len(as_list(photo.get("comments")))
        said = _in_album(self.title, self.exposure, self.audience)
        if comments:
            more = f"{said.exposure.reason}; comments and likes on it: {comments:,}"
            said = replace(said, exposure=self.exposure.level.because(more, *self.exposure.evidence))
        return replace(
            said,
            taken=Timestamp.of(parse_apple_date(as_text(photo.get("dateCreated"))), "dateCreated"),
            author=contributor[0] if contributor else None,
            author_is_owner=is_same(
                contributor[-1] if contributor else None, self.owner[-1] if self.owner else None
            ),
            records=(self.record,),
        )


def _who_could_see(values: Mapping[str, Any], title: str, record: str) -> tuple[ExposureAssessment, Audience]:
    invited = len(as_list(values.get("participants")))
    album = _named(title) + (f", shared with {counted(invited, 'people')}" if invited else "")
    word = values.get("isPublic")
    decides_nothing = word is None or word is False
    audience = Audience(
        None if decides_nothing else f"isPublic: {str(word).lower()}",
        "per_album",
        is_known=word is None or isinstance(word, bool),
    )
    if word is True:
        reason = f"{album}; it has a public website (isPublic), where anyone can see it"
        return Exposure.PUBLIC.because(reason, record), audience
    reason = f"{album}; {_UNSAID}"
    if word is False:
        today = "it had no public website on the day of the export (isPublic = false)"
        reason = f"{album}; {today}, but may have had one before"
    elif word is not None:
        return unknown_word(f"{album}; isPublic = {as_text(word)}", record), audience
    return Exposure.UNKNOWN.because(reason, record), audience


def _subscribed(export: Export, record: str, entry: Mapping[str, Any]) -> Iterator[Mention]:
    """The pictures of an album that the owner had subscribed to, as far as the export holds them."""
    title = first_text(entry, "albumName", "title", "name")
    names = (
        first_text(as_dict(file), "fileName", "name") or as_text(file) for file in as_list(entry.get("files"))
    )
    for name in distinct(names) if title else ():
        for path in export.with_name(file_name(name)):
            if (
                fold(folder_name(path)) == fold(title or "")
                and folder_of(path) + RECORD not in export.members
            ):
                exposure = Exposure.UNKNOWN.because(f"{_named(title or '')}: {_OTHERS}", record)
                yield Mention(path, replace(_in_album(title or "", exposure), records=(record,)))


def _in_album(album: str, exposure: ExposureAssessment, audience: Audience | None = None) -> Provenance:
    return Provenance("icloud", context="shared_album", album=album, exposure=exposure, audience=audience)


def _named(album: str) -> str:
    return f"in the iCloud shared album “{album}”"


def _names(person: Any) -> tuple[str, ...]:
    """A person's name and address, as far as the record has them."""
    values = as_dict(person)
    return distinct((first_text(values, "fullName"), first_text(values, "appleid", "appleId")))
