"""What Google Takeout writes beside photographs: their names, cut as it cuts them, and their records."""

from __future__ import annotations

from itertools import count
from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack

NOT_EXPORTED = "Google Photos does not export who a photograph or an album was shared with"
WHO_ELSE = "Google Photos does not export who else could see it"
OWN = f"in the owner's library; {NOT_EXPORTED}"
TAKEN, POSTED = "2021-07-03T12:58:41+00:00", "2021-07-03T14:02:05+00:00"
_REPLACED = str.maketrans(dict.fromkeys('/&?\\:*"<>|%', "_"))


def cut(text: str, units: int) -> str:
    """The first UTF-16 units, as Takeout counts."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def names(title: str, counter: int = 0, *, suffix: str = ".supplemental-metadata") -> tuple[str, str]:
    """The names that Takeout gives the media file and its record."""
    number = f"({counter})" if counter else ""
    safe = title.translate(_REPLACED)
    stem, dot, ending = safe.rpartition(".")
    media = f"{cut(stem, 47)}{number}.{ending}" if dot else f"{cut(safe, 47)}{number}.jpg"
    return media, f"{cut(safe + suffix, 46)}{number}.json"


def record(title: str, **more: Any) -> dict[str, Any]:
    """A photograph's record as Google writes it, with the fields of `more` on top."""
    number = int.from_bytes((title + str(more)).encode()[-12:], "big")
    return {
        "title": title,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": "1625320925", "formatted": "Jul 3, 2021, 2:02:05 PM UTC"},
        "photoTakenTime": {"timestamp": "1625317121", "formatted": "Jul 3, 2021, 12:58:41 PM UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
        "url": f"https://photos.google.com/photo/AF1Qip{number:x}",
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
    } | more


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """What must be read from a record without anything special."""
    return {
        "platform": "google_photos",
        "context": "library",
        "posted_at": POSTED,
        "posted_at_source": "creationTime",
        "taken_at": TAKEN,
        "taken_at_source": "photoTakenTime",
        "url": content["url"],
        "url_kind": "owner_only",
        "exposure": Exposure.UNKNOWN,
        "exposure_reason": OWN,
        "author_is_owner": True,
        "location": None,
        "audience": None,
        "album": None,
    }


class Library:
    """Puts photographs and their records into a pack, and plants what must be read of them."""

    def __init__(self, pack: Pack, suffix: str = ".supplemental-metadata") -> None:
        self.pack, self.suffix, self.variants = pack, suffix, count(1)

    def add(
        self, folder: str, title: str, person: str, right: dict[str, Any] | None = None, **more: Any
    ) -> None:
        """A photograph of a person whose record has the fields of `more`, and what that must be read as."""
        media, sidecar = names(title, more.pop("counter", 0), suffix=self.suffix)
        content = record(title, **more)
        self.pack.add(f"{folder}/{sidecar}", content)
        self.bare(f"{folder}/{media}", person, **(plain(content) | (right or {})))

    def bare(self, path: str, person: str, **right: Any) -> None:
        """A photograph without a record of its own."""
        self.pack.plant(path, photo(person, next(self.variants)), person, **right)
