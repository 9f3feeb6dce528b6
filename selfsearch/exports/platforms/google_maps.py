"""Photographs and videos that somebody put on Google Maps, as Google Takeout exports them.

They lie in a folder of the product's, each with a JSON record of when and where. What is contributed to Maps
is shown to everyone, under the contributor's name (support.google.com/contributionpolicy/answer/7412443).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ...types import Exposure, Link, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, file_stem, fold, folder_of
from .base import Mention, Root, as_roots
from .dates import parse_iso, parse_timestamp
from .media_refs import is_media_name
from .parsing import as_dict, as_point, as_text, as_url, load_words
from .takeout import TakeoutProduct, match_records

SAMPLE = 3  # records looked into

_PRODUCT = frozenset(load_words("google_maps", "product"))
_PHOTOS = re.compile("|".join(map(re.escape, load_words("google_photos", "photos"))))
_KEY = '"creationTime"'
_OTHERS = ('"photoTakenTime"', '"googlePhotosOrigin"', "photos.google.com")  # of Google Photos
_SHOWN = Exposure.PUBLIC.because("a contribution to Google Maps, which Google shows to everyone")
_ELSEWHERE = Exposure.UNKNOWN.because("nothing in the export says where Google Maps shows this file")


class GoogleMaps(TakeoutProduct):
    """One Takeout of contributions to Google Maps with all its parts. It does not name the account."""

    name = "google_maps"
    title = "Google Maps (Takeout)"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The product's folder, with a folder of photographs in it."""
        reasons: dict[str, str] = {}
        for folder in paths.folders_with_files():
            if prefix := contributions_in(folder):
                name = "/".join(folder.split("/")[prefix.count("/") - 1 : prefix.count("/") + 1])
                reasons.setdefault(prefix, f"folder “{name}” of a Google Takeout")
        return as_roots(reasons)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Others call a folder Maps, too: a record has Google's key, or a Takeout's part has media alone."""
        records = (path for path in export.members if _is_contributed(path) and path.endswith(".json"))
        texts = list(islice((text for path in records if (text := export.text(path)).strip()), SAMPLE))
        if not texts:
            return cls.part_key(export.name) is not None
        return any(_KEY in text and not any(key in text for key in _OTHERS) for text in texts)

    def mentions(self) -> Iterator[Mention]:
        """Each photograph that has a record."""
        folders: dict[str, list[str]] = {}
        for path in self.export.members:
            folders.setdefault(folder_of(path), []).append(path)
        for folder, paths in folders.items():
            media = [file_name(path) for path in paths if is_media_name(path)]
            records = [file_name(path) for path in paths if path.lower().endswith(".json")]
            for name, record in match_records(media, records).items() if media else ():
                data = self.export.json(folder + record)
                if isinstance(data, dict):
                    yield Mention(folder + name, self._provenance(data, folder + record))
                else:
                    self.export.note(folder + record, "not a record of Google Maps", unread=True)

    def infer(self, path: str) -> Provenance:
        """Whatever lies among the photographs was contributed."""
        if not _is_contributed(path):
            return Provenance(self.name, exposure=_ELSEWHERE)
        return Provenance(self.name, context="post", exposure=_SHOWN, author_is_owner=True)

    def _provenance(self, record: dict[str, Any], path: str) -> Provenance:
        places = (as_dict(record.get(key)) for key in ("geoDataExif", "geoData"))
        points = (as_point(place.get("latitude"), place.get("longitude")) for place in places)
        return Provenance(
            self.name,
            context="post",
            caption=as_text(record.get("description")),
            posted=Timestamp.of(_time(record.get("creationTime")), "creationTime"),
            link=Link.of(as_url(record.get("url")), "exact"),
            exposure=_SHOWN.on(path),
            location=Location.of(next(filter(None, points), None), "geoDataExif"),
            author_is_owner=True,
            post_id=file_stem(path).partition(".")[0] or None,
            records=(path,),
        )


def contributions_in(folder: str) -> str | None:
    """The product's folder on the way to a folder that is, or lies in, one of its photographs."""
    names = folder.split("/")[:-1]
    for depth, name in enumerate(names[:-1]):
        if _is_product(name) and _PHOTOS.search(fold(names[depth + 1])):
            return "".join(f"{part}/" for part in names[: depth + 1])
    return None


def _is_contributed(path: str) -> bool:
    """Whether it lies in the folder of photographs and videos, whatever that is called."""
    return bool(_PHOTOS.search(fold(folder_of(path))))


def _is_product(name: str) -> bool:
    """ "Maps", in any language; also "Maps (your places)"."""
    return fold(name).partition(" (")[0] in _PRODUCT


def _time(value: Any) -> str | None:
    if isinstance(value, dict):
        return parse_timestamp(value.get("timestamp"))
    return parse_iso(value, utc=True)
