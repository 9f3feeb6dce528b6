"""What Google Photos writes beside a photograph and into an album's folder, read into our words."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...types import Exposure
from .dates import parse_timestamp
from .legacy import Provenance
from .parsing import as_dict, as_list, as_point, as_text, as_url

PLATFORM = "google_photos"
NOT_EXPORTED = "Google Photos does not export who an album was shared with"
OWN = "only in the owner's Google Photos"

# The origins under which an item came from somebody else, and what we call that.
_FOREIGN = {"fromSharedAlbum": "shared_album", "fromPartnerSharing": "partner_shared"}


@dataclass(frozen=True, slots=True)
class Item:
    """One photograph's record, before it is known in which folder it stands."""

    title: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Album:
    """One album's record. An empty title is how Google writes "Untitled"."""

    title: str
    access: str | None = None
    comments: int = 0


def read(record: Any) -> Item | Album | None:
    """What a JSON document turned out to be. Told by its content: the file names are localised."""
    data = as_dict(record)
    data = as_dict(data.get("albumData")) or data  # the wrapper of exports up to 2020
    if {"photoTakenTime", "creationTime", "imageViews", "googlePhotosOrigin", "url"} & data.keys():
        return _item(data)
    return _album(data) if isinstance(data.get("title"), str) else None


def read_item(record: Any) -> Item | None:
    """The same for a record that stands under a photograph's name, and may say next to nothing."""
    found = read(record)
    if isinstance(found, Album):
        return _item(as_dict(record))
    return found or (_item(record) if isinstance(record, dict) and record else None)


def _album(data: Mapping[str, Any]) -> Album:
    return Album(
        title=as_text(data.get("title")) or "",
        access=as_text(data.get("access")),
        comments=len(as_list(data.get("sharedAlbumComments"))),
    )


def _item(data: Mapping[str, Any]) -> Item:
    posted, taken = _time(data, "creationTime"), _time(data, "photoTakenTime")
    location, location_source = _location(data)
    context, exposure, reason = _standing(data)
    url = as_url(data.get("url"))
    said = Provenance(
        platform=PLATFORM,
        context=context,
        caption=_plain(data.get("description")),
        posted_at=posted,
        posted_at_source="creationTime" if posted else None,
        taken_at=taken,
        taken_at_source="photoTakenTime" if taken else None,
        url=url,
        url_kind="owner_only" if url else None,
        exposure=exposure,
        exposure_reason=reason,
        location=location,
        location_source=location_source,
        people=_people(data.get("people")),
        author_is_owner=_own(data.get("googlePhotosOrigin")),
        post_id=_number(url),
    )
    return Item(as_text(data.get("title")) or "", said)


def _time(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return parse_timestamp(value.get("timestamp") if isinstance(value, dict) else value)


def _location(data: Mapping[str, Any]) -> tuple[tuple[float, float] | None, str | None]:
    for name in ("geoData", "geoDataExif"):  # the user may have set the first, the second is the camera's
        geo = as_dict(data.get(name))
        if found := as_point(geo.get("latitude"), geo.get("longitude")):
            return found, name
    return None, None


def _plain(value: Any) -> str | None:
    text = as_text(value)
    return html.unescape(text).strip() or None if text else None


def _people(value: Any) -> tuple[str, ...]:
    names = (as_text(person.get("name") if isinstance(person, dict) else person) for person in as_list(value))
    return tuple(dict.fromkeys(name for name in names if name))


def _number(url: str | None) -> str | None:
    return url.rpartition("/photo/")[2] or None if url and "/photo/" in url else None


def _own(origin: Any) -> bool | None:
    """Whether the owner added it; None when the record does not say where it came from."""
    if not isinstance(origin, dict) or not origin:
        return None
    return not any(name in origin for name in _FOREIGN)


def _standing(data: Mapping[str, Any]) -> tuple[str, Exposure, str]:
    """Context, exposure and its reason, as far as the item's own record goes."""
    origin = as_dict(data.get("googlePhotosOrigin"))
    foreign = next((name for name in _FOREIGN if name in origin), None)
    if _true(data.get("trashed")):
        return "trashed", Exposure.PRIVATE, f"{OWN}, in the trash (trashed = true)"
    if foreign == "fromSharedAlbum":
        reason = f"came from a shared album (googlePhotosOrigin = fromSharedAlbum); {NOT_EXPORTED}"
        return _FOREIGN[foreign], Exposure.NETWORK, reason
    if foreign:
        reason = "came from a partner who shares the library (googlePhotosOrigin = fromPartnerSharing)"
        return _FOREIGN[foreign], Exposure.NETWORK, reason
    if _true(data.get("archived")):
        return "archived", Exposure.PRIVATE, f"{OWN}, archived (archived = true)"
    return "library", Exposure.PRIVATE, OWN


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def bare(context: str) -> Provenance:
    """What a folder alone says of a photograph without a record."""
    where = {"trashed": f"{OWN}, in its trash folder", "archived": f"{OWN}, in its archive folder"}
    reason = where.get(context, OWN)
    return Provenance(PLATFORM, context=context, exposure=Exposure.PRIVATE, exposure_reason=reason)


def in_album(said: Provenance, album: Album, folder: str) -> Provenance:
    """The same item as a member of an album. What says more (in the trash, from somebody else) stays."""
    exposure, reason = said.exposure, said.exposure_reason
    context = "album" if said.context == "library" else said.context
    if exposure is not Exposure.NETWORK and said.context != "trashed":
        exposure, reason = _album_exposure(album, reason)
        if exposure is Exposure.NETWORK and context == "album":
            context = "shared_album"
    return replace(
        said,
        context=context,
        album=album.title or folder or None,
        audience=album.access,
        audience_source="per_album" if album.access else None,
        exposure=exposure,
        exposure_reason=reason,
    )


def _album_exposure(album: Album, own: str) -> tuple[Exposure, str]:
    said = f'album access = "{album.access}"' if album.access else "the album's record names no access"
    if album.comments:
        reason = f"in a shared album (sharedAlbumComments: {album.comments}); {NOT_EXPORTED}"
        return Exposure.NETWORK, reason
    if album.access and album.access.lower() == "shared":
        return Exposure.NETWORK, f"in a shared album ({said}); {NOT_EXPORTED}"
    if album.access and album.access.lower() == "public":
        return Exposure.UNKNOWN, f"{said}, a word that Google does not explain; {NOT_EXPORTED}"
    return Exposure.PRIVATE, f"{own}, as far as the export says ({said}); {NOT_EXPORTED}"
