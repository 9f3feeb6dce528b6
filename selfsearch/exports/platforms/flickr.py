"""Flickr, as "Your Flickr data" exports it: a photo_<number>.json for each upload, media in other zips.

Nothing but the number in a media file's name leads to its record. The records say who may see a photograph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_of, outermost_folders
from .base import Account, Mention, Platform, Root, mentions_of, unknown_word
from .dates import parse_iso
from .media_refs import extension, is_media_name
from .parsing import (
    as_dict,
    as_list,
    as_number,
    as_point,
    as_text,
    as_url,
    distinct,
    first_text,
    html_to_text,
    is_digits,
)  # fmt: skip

RECORD = re.compile(r"photo_([0-9]+)(?: ?\([0-9]+\))?\.json", re.IGNORECASE)
ORIGINAL = re.compile(
    r"(?:^|_)[0-9]{6,}_(?:[0-9a-f]{8,12}_)?o\.\w+$|_[0-9]{9,}\.(?:mp4|mov|avi|m4v)$", re.IGNORECASE
)
CONTAINER = re.compile(r"(?:[0-9]+_[0-9a-f]{8,}_part[0-9]+|data-download-[0-9]+)(?![0-9a-z])", re.IGNORECASE)
KEYS = ('"photopage"', "flickr.com")
SAMPLE = 3  # records looked into
MAX_NAMED = 3  # groups in a reason
COUNTED = ("views", "faves", "comments")  # by others, as fields "count_views" and so on
PRIVACY = {
    "public": Exposure.PUBLIC,
    "private": Exposure.PRIVATE,
    "friends": Exposure.NETWORK,
    "family": Exposure.NETWORK,
    "friends & family": Exposure.NETWORK,
    "friends and family": Exposure.NETWORK,
    "friend": Exposure.NETWORK,
    "friend & family": Exposure.NETWORK,
    "contacts": Exposure.NETWORK,
}


class _Album(NamedTuple):
    title: str
    record: str  # which lists its photographs


class Flickr(Platform):
    """One export, records and media together. Only originals are in it."""

    name = "flickr"
    title = "Flickr (Your Flickr data)"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The folders of records and of media; a common one when nothing else stands beside them."""
        reasons: dict[str, str] = {}
        for prefix in paths.prefixes_with_file("account_profile.json"):
            if paths.has(prefix + "albums.json"):
                reasons[prefix] = "account_profile.json and albums.json"
        for path in paths.matching("photo_*.json"):
            if RECORD.fullmatch(file_name(path)):
                reasons.setdefault(folder_of(path), "photo_<number>.json records")
        for folder in _media_folders(paths):
            reasons.setdefault(folder, "media named with a Flickr number")
        together = "records and media of Flickr side by side"
        folders = _joined(outermost_folders(reasons), paths)
        return [Root(prefix, reasons.get(prefix, together)) for prefix in folders]

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """Records and media come in zips whose names have nothing in common: all of them are one export."""
        return cls.name if CONTAINER.match(container) else None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """A profile and albums, a record with Flickr's keys, or media alone in a download named by Flickr."""
        if export.with_name("account_profile.json") and export.with_name("albums.json"):
            return True
        records = [path for path in export.members if RECORD.fullmatch(file_name(path))]
        texts = (export.text(path) for path in records[:SAMPLE])
        return any(key in text for text in texts for key in KEYS) or (
            not records and bool(CONTAINER.match(export.name))
        )

    @cached_property
    def account(self) -> Account:
        """The screen name, as the profile record gives it."""
        for path in self.export.with_name("account_profile.json"):
            if profile := as_dict(self.export.json(path)):
                return Account(as_text(profile.get("screen_name")), as_text(profile.get("real_name")))
        return Account()

    def mentions(self) -> Iterator[Mention]:
        """Each upload once per media file; once without a path when its media are not here."""
        records = {m[1]: path for path in self.export.members if (m := RECORD.fullmatch(file_name(path)))}
        media: dict[str, list[str]] = {}
        for path in self.export.members:
            numbers = _numbers(path) if extension(path) != "json" else ()
            # the last number that has a record, because the title comes first
            if upload := next((number for number in numbers if number in records), None):
                media.setdefault(upload, []).append(path)
        albums = self._albums()
        for upload, path in records.items():
            record = self.export.json(path)
            if isinstance(record, dict) and record:
                provenance = self._provenance(record, path, upload, albums.get(upload, []))
                yield from mentions_of(media.get(upload, ()), provenance)
            else:
                reason = "not a Flickr photo record: a JSON object was expected"
                self.export.note(path, reason, unread=True)

    def infer(self, path: str) -> Provenance:
        """The number alone: whose record is missing, and so is everything that it would say."""
        reason = "no record in the export names this file"
        return Provenance(
            self.name,
            context="post",
            exposure=Exposure.UNKNOWN.because(reason),
            post_id=next(iter(_numbers(path)), None),
        )

    def _albums(self) -> dict[str, list[_Album]]:
        """Photo number -> the albums that list it."""
        albums: dict[str, list[_Album]] = {}
        for path in self.export.with_name("albums.json"):
            for album in map(as_dict, self.export.each(path, "albums")):
                title = as_text(album.get("title"))
                for photo in map(as_text, as_list(album.get("photos"))):
                    if title and photo:
                        albums.setdefault(photo, []).append(_Album(title, path))
        return albums

    def _provenance(
        self, record: Mapping[str, Any], path: str, upload: str, albums: list[_Album]
    ) -> Provenance:
        privacy = as_text(record.get("privacy"))
        own_albums = (as_text(as_dict(album).get("title")) for album in as_list(record.get("albums")))
        # title and description; descriptions are HTML
        caption = (html_to_text(as_text(record.get(field))) for field in ("name", "description"))
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption="\n".join(filter(None, caption)) or None,
            posted=Timestamp.of(parse_iso(record.get("date_imported"), utc=True), "date_imported"),
            taken=Timestamp.of(parse_iso(record.get("date_taken")), "date_taken"),
            link=Link.of(as_url(record.get("photopage")), "exact"),
            audience=Audience.of(privacy, "per_item", is_known=_level(privacy) is not None),
            exposure=_exposure(privacy, record, path),
            album="; ".join(distinct((*own_albums, *(album.title for album in albums)))) or None,
            location=Location.of(_point(record.get("geo")), "geo"),
            people=_people(record.get("people")),
            author_is_owner=True,
            post_id=as_text(record.get("id")) or upload,
            records=distinct((path, *(album.record for album in albums))),
        )


def _media_folders(paths: PathIndex) -> Iterator[str]:
    """Folders all of whose media are called as Flickr calls originals."""
    is_flickrs: dict[str, bool] = {}
    for path in paths.paths:
        if is_media_name(path):
            folder = folder_of(path)
            is_flickrs[folder] = is_flickrs.get(folder, True) and bool(ORIGINAL.search(file_name(path)))
    return (folder for folder, is_all in is_flickrs.items() if is_all)


def _joined(folders: list[str], paths: PathIndex) -> list[str]:
    """One common folder instead of several, when all that it holds is theirs."""
    parents = {folder_of(folder.rstrip("/")) for folder in folders}
    if len(folders) < 2 or len(parents) != 1:
        return folders
    parent, own = parents.pop(), set(folders)
    below = (path for path in paths.paths if path.startswith(parent))
    return [parent] if all(path[: path.find("/", len(parent)) + 1] in own for path in below) else folders


def _numbers(path: str) -> list[str]:
    """The numbers between underscores in a file's name, last first."""
    name = file_name(path)
    return [part for part in reversed((name.rpartition(".")[0] or name).split("_")) if is_digits(part)]


def _exposure(privacy: str | None, record: Mapping[str, Any], path: str) -> ExposureAssessment:
    """Who may see it by its privacy; who saw it all the same, by the groups it is in and its counts."""
    if privacy is None:
        return Exposure.UNKNOWN.because("its record does not say who could see it (no privacy)")
    reason = f'Flickr: privacy = "{privacy}"'
    level = _level(privacy)
    if level is None:
        return unknown_word(reason, path)
    if level is Exposure.PUBLIC:
        safety = as_text(record.get("safety"))
        return level.because(reason if safety in (None, "safe") else f'{reason}, safety = "{safety}"', path)
    if groups := distinct(as_text(as_dict(group).get("name")) for group in as_list(record.get("groups"))):
        pool = f"in the pool of {', '.join(groups[:MAX_NAMED])}"
        return Exposure.NETWORK.because(
            f"{reason}, but {pool}, whose members can see it whatever its privacy is", path
        )
    if level is Exposure.PRIVATE:
        return _private(reason, record, path)
    return level.because(f"{reason}, on the day of the export", path)


def _level(privacy: str | None) -> Exposure | None:
    """What a word for privacy means; None when it is not known."""
    return PRIVACY.get(" ".join(fold(privacy).replace("&amp;", "&").split())) if privacy else None


def _private(reason: str, record: Mapping[str, Any], path: str) -> ExposureAssessment:
    """Private on the day of the export, and never seen by anybody, as far as Flickr counts that."""
    counts = {what: as_number(record.get(f"count_{what}")) for what in COUNTED}
    seen = ", ".join(f"{what}: {number:.0f}" for what, number in counts.items() if number)
    today = f"{reason} on the day of the export"
    if seen:
        others = f"others may have seen it before or by a guest pass ({seen})"
        return Exposure.UNKNOWN.because(f"{today}, but {others}", path)
    if None in counts.values():
        return Exposure.UNKNOWN.because(f"{today}; the record does not say whether it was seen before", path)
    return Exposure.PRIVATE.because(f"{reason}; no views, favourites or comments", path)


def _point(geo: Any) -> tuple[float, float] | None:
    """An object, a list of one, or an empty list."""
    for place in map(as_dict, as_list(geo)):
        if point := as_point(_degrees(place.get("latitude")), _degrees(place.get("longitude"))):
            return point
    return None


def _degrees(value: Any) -> float | None:
    """Whole numbers are millionths of a degree."""
    number = as_number(value)
    return number if number is None or "." in str(value) else number / 1_000_000


def _people(value: Any) -> tuple[str, ...]:
    """Names, when there are any; the people's own numbers say nothing to a reader."""
    people = (person if isinstance(person, dict) else {"name": person} for person in as_list(value))
    fields = ("real_name", "realname", "screen_name", "username", "name")
    return distinct(first_text(person, *fields) for person in people)
