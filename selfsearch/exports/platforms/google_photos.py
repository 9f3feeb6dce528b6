"""Google Photos, as Google Takeout exports it: a folder per year and per album, JSON beside the photographs.

Folder and file names are localised, so albums are known by the content of their record and exports by their
sidecars. A photograph stands in its year's folder and once more in each album's: one mention for each. What
one of these places shows of sharing is said of all of them, so the albums are looked through first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_name, folder_names, folder_of, outermost_named
from .base import Mention, Root, as_roots
from .dates import parse_timestamp
from .google_maps import contributions_in
from .google_photos_sharing import (
    NOT_EXPORTED,
    WHO_ELSE,
    AlbumRecord,
    Comments,
    SharedItems,
    caption_with,
    commented,
    comments_lists,
    item_id,
    read_comments,
    widest,
)
from .media_refs import MEDIA_EXTENSIONS, is_media_name, split_url
from .parsing import as_dict, as_list, as_point, as_text, as_url, distinct, load_words, unescape_html
from .takeout import (
    SUFFIX,
    TakeoutProduct,
    loose_form,
    match_records,
    split_counter,
    split_ending,
    without_suffix,
)

SAMPLE = 3  # sidecars with something in them that may lack Google's keys before another program wrote them
MIN_BEGINNING = 20  # characters; a name at least this long may be the beginning of a longer title

_PRODUCT = load_words("google_photos", "product")  # in other languages the sidecars give the export away
_TRASH, _ARCHIVE = load_words("google_photos", "trash"), load_words("google_photos", "archive")
_YEAR = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_PHOTOS = re.compile("|".join(load_words("google_photos", "photos")))
_KEYS = ('"photoTakenTime"', "photos.google.com", '"googlePhotosOrigin"', '"geoDataExif"')
_ITEM_KEYS = {"photoTakenTime", "creationTime", "imageViews", "googlePhotosOrigin", "url"}

_ALBUM_ORIGIN = "came from a shared album (googlePhotosOrigin = fromSharedAlbum)"
_PARTNER_ORIGIN = "came from a partner who shares the library (googlePhotosOrigin = fromPartnerSharing)"
_IN_LIBRARY = "in the owner's library"
_UNTIL_DELETED = "Google Photos does not export who could see it until it was deleted"


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """One photograph's record, before it is known in which folder it stands."""

    title: str
    provenance: Provenance  # without an exposure
    item: str | None = None  # what its places have in common
    standing: str | None = None  # what it says of where the photograph is: in the trash, archived
    trace: ExposureAssessment | None = None  # what it shows of sharing


@dataclass(frozen=True, slots=True)
class CommentsRecord:
    """A record of nothing but comments, which name what they are about by its address."""

    comments: Comments


_NO_RECORD = PhotoRecord("", Provenance("google_photos", context="library"))

_Record = PhotoRecord | AlbumRecord | CommentsRecord | None
_ReadRecord = Callable[[str], _Record]  # of a path


@dataclass(slots=True)
class _Folder:
    media: list[str] = field(default_factory=list)  # paths
    records: list[str] = field(default_factory=list)
    album: AlbumRecord | None = None


class GooglePhotos(TakeoutProduct):
    """One Takeout of Google Photos with all its parts. It does not name the account."""

    name = "google_photos"
    title = "Google Photos (Takeout)"
    needs_confirmation = True

    def __init__(self, export: Export) -> None:
        super().__init__(export)
        self._shared = SharedItems()

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The product's folder; failing that, the one around folders that hold sidecars."""
        reasons: dict[str, str] = {}
        guesses: dict[str, str] = {}
        for folder, has_sidecars in _folders(paths).items():
            if prefix := outermost_named(folder, lambda name: fold(name) in _PRODUCT):
                reasons[prefix] = f"folder “{folder_name(prefix)}” of a Google Takeout"
            elif "google+" in fold(folder) or contributions_in(folder):
                continue  # the records of Google+ and of Google Maps look alike
            elif has_sidecars or (_is_year(folder) and "takeout" in fold(folder)):
                why = f"photographs with Google's JSON records in “{folder.rstrip('/') or '.'}”"
                guesses.setdefault(folder_of(folder.rstrip("/")), why)
        for prefix, why in sorted(guesses.items()):
            if not any(other.startswith(prefix) or prefix.startswith(other) for other in reasons):
                reasons[prefix] = why
        return as_roots(reasons)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Other programs write IMG.jpg.json, too: some sidecar must hold Google's keys, if there are any."""
        sidecars = (path for path in export.members if _is_json(path) and _is_sidecar(file_name(path)))
        texts = islice((text for path in sidecars if (text := export.text(path)).strip()), SAMPLE)
        return sum(not any(key in text for key in _KEYS) for text in texts) < SAMPLE

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Videos that Google failed to process are exported once more in a folder of their own."""
        if "failed videos" in folder_names(path):
            return "a video that Google Photos could not process (Failed Videos)"
        return None

    def mentions(self) -> Iterator[Mention]:
        """Each photograph with its record and album; then records of photographs that are elsewhere."""
        folders = self._by_folder()
        read: _ReadRecord = self._read
        if any(member.container.forward_only for member in self.export.members.values()):
            # in the order in which they lie in the archive: going back would mean starting again
            read = {path: self._read(path) for path in self.export.members if _is_json(path)}.__getitem__
        albums = [folder for folder in folders if self._look_through(folder, read)]
        others = [folder for folder in folders if folder.album is None]
        paths: dict[str, str] = {}  # web address -> a photograph's path
        homeless: list[Mention] = []
        for folder in (*others, *albums):
            for mention in self._in_folder(folder, read):
                if mention.path is None or mention.path not in self.export.members:
                    homeless.append(mention)
                    continue
                if link := mention.provenance.link:
                    paths.setdefault(link.url, mention.path)
                yield mention
        for mention in homeless:
            link = mention.provenance.link
            yield Mention(paths.get(link.url if link else "", mention.path), mention.provenance)

    def infer(self, path: str) -> Provenance:
        """The folder says whether it is the library, the trash, the archive, or an album."""
        return self._placed(_NO_RECORD, None, folder_name(path))

    def _by_folder(self) -> Sequence[_Folder]:
        folders: dict[str, _Folder] = {}
        for path in self.export.members:
            folder = folders.setdefault(folder_of(path), _Folder())
            if _is_json(path):
                folder.records.append(path)
            elif not file_name(path).startswith("."):
                folder.media.append(path)
        return list(folders.values())

    def _look_through(self, folder: _Folder, read: _ReadRecord) -> bool:
        """Whether this is an album. What its records show of sharing is kept, and so are all comments."""
        plain = [path for path in folder.records if not _is_sidecar(file_name(path))]
        names = map(file_name, folder.media)
        matched = set(match_records(names, list(map(file_name, folder.records))).values()) if plain else set()
        for path in plain:
            record = None if file_name(path) in matched else read(path)
            if isinstance(record, AlbumRecord) and folder.album is None:
                folder.album = record
            if isinstance(record, AlbumRecord | CommentsRecord):
                self._shared.add_comments(record.comments, path)
        if folder.album is None:
            return False
        for record in map(read, folder.records):
            if isinstance(record, PhotoRecord):
                self._shared.add(record.item, record.trace, folder.album.trace)
        return True

    def _read(self, path: str) -> _Record:
        data = self.export.json(path)
        is_sidecar = _is_sidecar(file_name(path))
        record = _read_sidecar(data, path) if is_sidecar else _read_record(data, path)
        if record is None and (is_sidecar or not isinstance(data, (dict, list))):
            reason = "not a Google Photos record: a JSON object with its fields was expected"
            self.export.note(path, reason, unread=True)
        return record

    def _in_folder(self, folder: _Folder, read: _ReadRecord) -> Iterator[Mention]:
        """The photographs of one folder; then its records without a photograph in it."""
        by_name = {file_name(path): path for path in folder.records}
        names = match_records(map(file_name, folder.media), list(by_name))
        record_of = {
            path: by_name[names[name]] for path in folder.media if (name := file_name(path)) in names
        }
        used = set(record_of.values())  # read with their photographs: a folder may hold half a million
        others = [read(path) for path in folder.records if path not in used]
        spare = [record for record in others if isinstance(record, PhotoRecord)]
        by_title = _match_titles([path for path in folder.media if path not in record_of], spare)
        for path in folder.media:
            record = read(record_of[path]) if path in record_of else by_title.get(path)
            if isinstance(record, PhotoRecord) or (folder.album and is_media_name(path)):
                photo = record if isinstance(record, PhotoRecord) else _NO_RECORD
                yield Mention(path, self._placed(photo, folder.album, folder_name(path)))
        matched = {id(record) for record in by_title.values()}
        for record in spare:
            if id(record) not in matched:
                yield self._absent(folder.records[0], record, folder.album)

    def _absent(self, beside: str, record: PhotoRecord, album: AlbumRecord | None) -> Mention:
        """A record whose photograph is not in its folder, under the name that it would have there."""
        path = folder_of(beside) + record.title.replace("/", "_")
        is_named = record.title and self.export.find(path) is None
        return Mention(path if is_named else None, self._placed(record, album, folder_name(beside)))

    def _placed(self, photo: PhotoRecord, album: AlbumRecord | None, folder: str) -> Provenance:
        """What is said of a photograph, with what its folder, its album and its other places add."""
        provenance, standing = photo.provenance, photo.standing
        name = fold(folder)
        if album is None and (name in _TRASH or name in _ARCHIVE):
            if provenance.context == "library":
                context, place = ("trashed", "trash") if name in _TRASH else ("archived", "archive")
                provenance, standing = replace(provenance, context=context), f"in the {place} folder"
        elif album is None and folder and not _is_year(folder):
            album = AlbumRecord(folder)
        album_trace = album.trace if album else None
        comments, of_comments = self._shared.comments(photo.item)
        elsewhere = self._shared.elsewhere(photo.item)
        trace = widest((photo.trace, of_comments, album_trace, elsewhere))
        self._shared.add(photo.item, photo.trace, album_trace)
        if album:
            provenance = _in_album(provenance, album, folder)
        exposure = _exposure(trace, standing, provenance.context, album)
        named = (*provenance.records, *(of_comments.evidence if of_comments else ()), *exposure.evidence)
        return replace(
            provenance,
            caption=caption_with(provenance.caption, comments),
            exposure=exposure,
            records=tuple(dict.fromkeys(named)),
        )


def _folders(paths: PathIndex) -> dict[str, bool]:
    """Every folder with a file in it, and whether one of them is called like a photograph's record."""
    folders: dict[str, bool] = {}
    for path in paths.paths:
        folder = folder_of(path)
        if not folders.get(folder):
            folders[folder] = _is_json(path) and _is_sidecar(path[len(folder) :])
    return folders


def _is_json(path: str) -> bool:
    return path[-5:].lower() == ".json"


def _is_sidecar(name: str) -> bool:
    """Whether a JSON file is called like a photograph's record."""
    base = split_counter(name[: -len(".json")])[0]
    if "." + SUFFIX in base.lower():
        return True
    return split_ending(without_suffix(base))[1][1:].lower() in MEDIA_EXTENSIONS


def _is_year(folder: str) -> bool:
    name = fold(file_name(folder.rstrip("/")))
    return bool(_YEAR.search(name) and _PHOTOS.search(name))


def _match_titles(paths: Sequence[str], spare: Sequence[PhotoRecord]) -> dict[str, PhotoRecord]:
    """What names alone did not match, by the title in the record, where one photograph fits one record."""
    records: dict[str, list[PhotoRecord]] = {}
    for record in spare:
        if record.title:
            records.setdefault(loose_form(split_ending(record.title)[0]), []).append(record)
    in_order = sorted(records)
    fitting: dict[str, list[str]] = {}
    for path in paths if records else ():
        stem = loose_form(split_ending(split_counter(file_name(path))[0])[0])
        if title := _fitting_title(stem, in_order):
            fitting.setdefault(title, []).append(path)
    return {
        paths[0]: records[title][0]
        for title, paths in fitting.items()
        if len(paths) == 1 and len(records[title]) == 1 and _may_belong(paths[0], records[title][0])
    }


def _may_belong(path: str, record: PhotoRecord) -> bool:
    """Not where their counters differ: another photograph of this title may be in another part."""
    name = file_name(path)
    counter = split_counter(name)[1]
    is_of_title = counter != 0 and split_ending(name)[0] == split_ending(record.title)[0]
    return is_of_title or counter == split_counter(file_name(record.provenance.records[0]))[1]


def _fitting_title(stem: str, in_order: Sequence[str]) -> str | None:
    """The title that is this name, or the only one that a long name can be the beginning of."""
    at = bisect_left(in_order, stem)
    titles = [title for title in in_order[at : at + 2] if title.startswith(stem)]
    if titles and titles[0] == stem:
        return stem
    return titles[0] if len(titles) == 1 and len(stem) >= MIN_BEGINNING else None


def _read_record(data: Any, path: str) -> _Record:
    """What a JSON document turned out to be. Told by its content: the file names are localised."""
    record = as_dict(data)
    record = as_dict(record.get("albumData")) or record  # the wrapper of exports up to 2020
    if _ITEM_KEYS & record.keys():
        return _photo(record, path)
    if isinstance(record.get("title"), str):
        return AlbumRecord.read(record, path)
    comments = read_comments(comments_lists(data))
    return CommentsRecord(comments) if comments else None


def _read_sidecar(data: Any, path: str) -> PhotoRecord | None:
    """The same for a record that stands under a photograph's name, and may say next to nothing."""
    record = _read_record(data, path)
    if isinstance(record, PhotoRecord):
        return record
    return _photo(data, path) if isinstance(data, dict) and data else None


def _photo(record: Mapping[str, Any], path: str) -> PhotoRecord:
    url = as_url(record.get("url"))
    comments = read_comments(as_list(record.get("sharedAlbumComments")))
    people = (as_text(p.get("name") if isinstance(p, dict) else p) for p in as_list(record.get("people")))
    origin = as_dict(record.get("googlePhotosOrigin"))
    is_own = "fromSharedAlbum" not in origin and "fromPartnerSharing" not in origin
    context, standing = _standing(record)
    origin_trace = _origin(origin, path)
    provenance = Provenance(
        GooglePhotos.name,
        context=context,
        caption=caption_with(unescape_html(as_text(record.get("description"))), comments),
        posted=_time(record, "creationTime"),
        taken=_time(record, "photoTakenTime"),
        link=Link.of(url, "owner_only" if split_url(url).hostname == "photos.google.com" else "exact"),
        location=_location(record, "geoData") or _location(record, "geoDataExif"),  # the user's, the camera's
        people=distinct(people),
        author_is_owner=is_own if origin else None,
        post_id=item_id(url) if url and "/photo/" in url else None,
        records=(path,),
    )
    trace = widest((commented(comments, path, "sharedAlbumComments"), origin_trace))
    return PhotoRecord(as_text(record.get("title")) or "", provenance, item_id(url), standing, trace)


def _time(record: Mapping[str, Any], key: str) -> Timestamp | None:
    value = record.get(key)
    return Timestamp.of(parse_timestamp(value.get("timestamp") if isinstance(value, dict) else value), key)


def _location(record: Mapping[str, Any], key: str) -> Location | None:
    place = as_dict(record.get(key))
    return Location.of(as_point(place.get("latitude"), place.get("longitude")), key)


def _standing(record: Mapping[str, Any]) -> tuple[str, str | None]:
    """Context, and where it is, as far as the photograph's own record goes."""
    origin = as_dict(record.get("googlePhotosOrigin"))
    if _is_true(record.get("trashed")):
        return "trashed", "in the trash (trashed = true)"
    is_archived = _is_true(record.get("archived"))
    standing = "archived (archived = true)" if is_archived else None
    if "fromSharedAlbum" in origin:
        return "shared_album", standing
    if "fromPartnerSharing" in origin:
        return "partner_shared", standing
    return ("archived" if is_archived else "library"), standing


def _origin(origin: Mapping[str, Any], path: str) -> ExposureAssessment | None:
    """What comes from others was seen by them."""
    if "fromSharedAlbum" in origin:
        return Exposure.NETWORK.because(f"{_ALBUM_ORIGIN}; {WHO_ELSE}", path)
    if "fromPartnerSharing" in origin:
        return Exposure.NETWORK.because(f"{_PARTNER_ORIGIN}; {WHO_ELSE}", path)
    return None


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _in_album(provenance: Provenance, album: AlbumRecord, folder: str) -> Provenance:
    """The same photograph as a member of an album. What says more (in the trash, another's) stays."""
    context = provenance.context
    if context == "library":
        context = "shared_album" if album.trace else "album"
    return replace(
        provenance,
        context=context,
        album=album.title or folder or None,
        audience=Audience.of(album.access, "per_album", is_known=album.is_access_known),
        records=(*provenance.records, *filter(None, (album.record,))),
    )


def _exposure(
    trace: ExposureAssessment | None, standing: str | None, context: str | None, album: AlbumRecord | None
) -> ExposureAssessment:
    """Who could see it: as the widest trace shows; without any it is not known, also in trash and archive."""
    if trace:
        return trace.level.because(f"{trace.reason}; now {standing}", *trace.evidence) if standing else trace
    places = [standing] if standing else []
    if album and (not standing or not album.is_access_known):
        places.append(album.standing)
    place = ", ".join(places) or _IN_LIBRARY
    return Exposure.UNKNOWN.because(f"{place}; {_UNTIL_DELETED if context == 'trashed' else NOT_EXPORTED}")
