"""Flickr, as "Your Flickr data" exports it: a photo_<number>.json for each upload, media in other zips.

Nothing but the number in a media file's name leads to its record. The records say who may see a photograph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold, outermost_folders
from .base import Account, Root
from .dates import parse_iso
from .legacy import Mention, Provenance
from .media_refs import extension, is_media_name
from .parsing import as_dict, as_list, as_number, as_point, as_text, as_url, html_to_text

__all__ = ["account", "confirm", "derivative", "mentions", "name", "orphan", "roots", "series", "title"]

name = "flickr"
title = "Flickr (Your Flickr data)"

_RECORD = re.compile(r"photo_([0-9]+)(?: ?\([0-9]+\))?\.json", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"(?:^|_)[0-9]{6,}_(?:[0-9a-f]{8,12}_)?o\.\w+$|_[0-9]{9,}\.(?:mp4|mov|avi|m4v)$", re.IGNORECASE
)
_CONTAINERS = re.compile(
    r"(?:[0-9]+_[0-9a-f]{8,}_part[0-9]+|data-download-[0-9]+)(?![0-9a-z])", re.IGNORECASE
)

_KEYS = ('"photopage"', "flickr.com")
_SAMPLE = 3  # records looked into

_EXPOSURE = {
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


def roots(names: PathIndex) -> Iterable[Root]:
    """The folders of records and of media; one root when they stand side by side with nothing else around."""
    found: dict[str, str] = {}
    for prefix in names.prefixes_with_file("account_profile.json"):
        if names.has(prefix + "albums.json"):
            found[prefix] = "account_profile.json and albums.json"
    for path in names.matching("photo_*.json"):
        if _RECORD.fullmatch(path.rpartition("/")[2]):
            found.setdefault(path[: path.rfind("/") + 1], "photo_<number>.json records")
    for folder in _media_folders(names):
        found.setdefault(folder, "media named with a Flickr number")
    together = "records and media of Flickr side by side"
    return [Root(prefix, found.get(prefix, together)) for prefix in _joined(outermost_folders(found), names)]


def _media_folders(names: PathIndex) -> Iterator[str]:
    """Folders all of whose media are called as Flickr calls originals."""
    counts: dict[str, list[int]] = {}
    for path in names.paths:
        if is_media_name(path):
            folder, _, file = path.rpartition("/")
            tally = counts.setdefault(folder + "/" if folder else "", [0, 0])
            tally[0] += 1
            tally[1] += bool(_ORIGINAL.search(file))
    for folder, (media, ours) in counts.items():
        if ours and ours == media:
            yield folder


def _joined(folders: list[str], names: PathIndex) -> list[str]:
    """One common folder instead of several, when all that it holds is theirs."""
    if len(folders) < 2:
        return folders
    parents = {folder[: folder.rstrip("/").rfind("/") + 1] for folder in folders}
    if len(parents) != 1:
        return folders
    parent, known = parents.pop(), set(folders)
    inside = (path for path in names.paths if path.startswith(parent))
    theirs = all(path[: path.find("/", len(parent)) + 1] in known for path in inside)
    return [parent] if theirs else folders


def series(container: str) -> str | None:
    """Records and media come in zips whose names have nothing in common, so all of them are one series."""
    return name if _CONTAINERS.match(container) else None


def confirm(export: Export) -> bool:
    """A profile beside albums, a record with Flickr's keys, or media alone in a download named by Flickr."""
    if export.with_name("account_profile.json") and export.with_name("albums.json"):
        return True
    records = [path for path in export.members if _RECORD.fullmatch(_base(path))]
    texts = (export.text(path) for path in records[:_SAMPLE])
    return any(mark in text for text in texts for mark in _KEYS) or (
        not records and bool(_CONTAINERS.match(export.name))
    )


def account(export: Export) -> Account:
    """The screen name, as the profile record gives it."""
    for path in export.with_name("account_profile.json"):
        said = as_dict(export.json(path))
        if said:
            return Account(as_text(said.get("screen_name")), as_text(said.get("real_name")))
    return Account()


def derivative(path: str) -> str | None:
    """Flickr exports originals only."""
    return None


def orphan(export: Export, path: str) -> Provenance:
    """The number alone: whose record is missing, and so is everything that it would say."""
    numbers = _numbers(path)
    return Provenance(
        name,
        context="post",
        exposure_reason="no record of this upload is in the export, so Flickr does not say who may see it",
        post_id=numbers[0] if numbers else None,
    )


def mentions(export: Export) -> Iterator[Mention]:
    """Each upload once per media file; once without a path when its media are not here."""
    records = {found[1]: path for path in export.members if (found := _RECORD.fullmatch(_base(path)))}
    media: dict[str, list[str]] = {}
    for path in export.members:
        if extension(path) != "json" and (upload := _upload(path, records)):
            media.setdefault(upload, []).append(path)
    albums = _albums(export)
    owner = account(export).name
    for upload, record in records.items():
        data = export.json(record)
        if not isinstance(data, dict) or not data:
            export.note(record, "not a Flickr photo record: a JSON object was expected", unread=True)
            continue
        said = _said(data, upload, albums.get(upload, []), owner)
        yield from (Mention(path, said) for path in media.get(upload, ()))
        if upload not in media:
            yield Mention(None, said)


def _upload(path: str, records: Mapping[str, str]) -> str | None:
    """The number in a media file's name that has a record; the last, because the title comes first."""
    return next((one for one in _numbers(path) if one in records), None)


def _numbers(path: str) -> list[str]:
    """The numbers between underscores, last first."""
    stem = _base(path).rpartition(".")[0] or _base(path)
    return [part for part in reversed(stem.split("_")) if part.isascii() and part.isdigit()]


def _albums(export: Export) -> dict[str, list[str]]:
    """Photo number -> titles of the albums that list it."""
    found: dict[str, list[str]] = {}
    for path in export.with_name("albums.json"):
        for album in export.each(path, "albums"):
            called = as_text(as_dict(album).get("title"))
            for one in as_list(as_dict(album).get("photos")) if called else ():
                if photo := as_text(one):
                    found.setdefault(photo, []).append(called or "")
    return found


def _said(data: Mapping[str, Any], upload: str, albums: list[str], owner: str | None) -> Provenance:
    posted, taken = parse_iso(data.get("date_imported"), utc=True), parse_iso(data.get("date_taken"))
    page = as_url(data.get("photopage"))
    privacy = as_text(data.get("privacy"))
    exposure, reason = _exposure(privacy, as_text(data.get("safety")))
    location = _location(data.get("geo"))
    own = [as_text(as_dict(album).get("title")) for album in as_list(data.get("albums"))]
    return Provenance(
        name,
        account=owner,
        context="post",
        caption=_caption(data),
        posted_at=posted,
        posted_at_source="date_imported" if posted else None,
        taken_at=taken,
        taken_at_source="date_taken" if taken else None,
        url=page,
        url_kind="exact" if page else None,
        audience=privacy,
        audience_source="per_item" if privacy else None,
        exposure=exposure,
        exposure_reason=reason,
        album="; ".join(dict.fromkeys(one for one in (*own, *albums) if one)) or None,
        location=location,
        location_source="geo" if location else None,
        people=_people(data.get("people")),
        author_is_owner=True,
        post_id=as_text(data.get("id")) or upload,
    )


def _caption(data: Mapping[str, Any]) -> str | None:
    """Title and description, as text: descriptions are HTML."""
    parts = (html_to_text(as_text(data.get("name"))), html_to_text(as_text(data.get("description"))))
    return "\n".join(part for part in parts if part) or None


def _exposure(privacy: str | None, safety: str | None) -> tuple[Exposure, str]:
    if privacy is None:
        return Exposure.UNKNOWN, "the record does not say who may see it (no privacy)"
    reason = f'Flickr: privacy = "{privacy}"'
    level = _EXPOSURE.get(" ".join(fold(privacy).replace("&amp;", "&").split()))
    if level is None:
        return Exposure.UNKNOWN, f"{reason}, a word that is not known"
    if level is Exposure.PUBLIC and safety and safety != "safe":
        reason += f', safety = "{safety}"'
    return level, reason


def _location(geo: Any) -> tuple[float, float] | None:
    """An object, a list of one, or an empty list; whole numbers are millionths of a degree."""
    for place in as_list(geo):
        found = as_point(_degrees(as_dict(place).get("latitude")), _degrees(as_dict(place).get("longitude")))
        if found:
            return found
    return None


def _degrees(value: Any) -> float | None:
    found = as_number(value)
    if found is None or "." in str(value):
        return found
    return found / 1_000_000


def _people(value: Any) -> tuple[str, ...]:
    """Names, when there are any; the people's own numbers say nothing to a reader."""
    fields = ("real_name", "realname", "screen_name", "username", "name")
    said = (person if isinstance(person, dict) else {"name": person} for person in as_list(value))
    names = (next((text for one in fields if (text := as_text(person.get(one)))), None) for person in said)
    return tuple(dict.fromkeys(one for one in names if one))


def _base(path: str) -> str:
    return path.rpartition("/")[2]
