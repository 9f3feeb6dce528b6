"""Contributions to Google Maps: photographs with a record each, under either of its names."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack

LAYOUTS = ("english-2026", "german-2024", "damaged")

SHOWN = "a contribution to Google Maps, which Google shows to everyone"
VIDEO = b"\x00\x00\x00\x18ftypisom" + bytes(24)


def record(**more: Any) -> dict[str, Any]:
    """A contribution's record as Google writes it, with the fields of `more` on top."""
    return {
        "creationTime": {"timestamp": "1625320925", "formatted": "Jul 3, 2021, 2:02:05 PM UTC"},
        "geoDataExif": {"latitude": 40.7436, "longitude": -74.0512, "altitude": 0.0},
    } | more


def says(**more: Any) -> dict[str, Any]:
    """What must be read from a record."""
    return {
        "platform": "google_maps",
        "context": "post",
        "posted_at": "2021-07-03T14:02:05+00:00",
        "posted_at_source": "creationTime",
        "location": (40.7436, -74.0512),
        "exposure": Exposure.PUBLIC,
        "exposure_reason": SHOWN,
        "author_is_owner": True,
    } | more


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    pack = Pack("takeout-20260619T101112Z-3-001", wrapper="Takeout/Maps/")
    {"english-2026": _english, "german-2024": _german, "damaged": _damaged}[layout](pack)
    return pack


def _english(pack: Pack) -> None:
    folder = "Photos and videos"
    pack.add(f"{folder}/2021-07-03-af8bb6e0.json", record())
    first = says(post_id="2021-07-03-af8bb6e0")
    pack.plant(f"{folder}/2021-07-03-af8bb6e0.jpg", photo("astronaut", 1), "astronaut", **first)
    nowhere = record(geoDataExif={"latitude": 0.0, "longitude": 0.0}, description="The terrace")
    pack.add(f"{folder}/2021-07-04-b1.jpg.json", nowhere)
    said = says(location=None, caption="The terrace", post_id="2021-07-04-b1")
    pack.plant(f"{folder}/2021-07-04-b1.jpg", photo("astronaut", 2), "astronaut", **said)
    pack.add(f"{folder}/2021-07-05-c2.json", record())
    pack.plant(f"{folder}/2021-07-05-c2.mp4", VIDEO, None, **says())
    bare = says(posted_at=None, posted_at_source=None, location=None)
    pack.plant(f"{folder}/no record.jpg", photo("a", 1), "a", **bare)
    pack.add("Answers to automated questions/Answer.json", {"question": "Open late?"})


def _german(pack: Pack) -> None:
    pack.name = "takeout-20240801T080000Z-001"
    folder = "Fotos und Videos"
    pack.add(f"{folder}/Essen.jpg.json", record(creationTime="2021-07-03T14:02:05Z"))
    pack.plant(f"{folder}/Essen.jpg", photo("astronaut", 3), "astronaut", **says())


def _damaged(pack: Pack) -> None:
    folder = "Photos and videos"
    pack.add(f"{folder}/good.json", record())
    pack.plant(f"{folder}/good.jpg", photo("astronaut", 1), "astronaut", **says())
    for name, data in {"cut": '{"creationTime": {"time', "list": [record()], "empty": ""}.items():
        pack.add(f"{folder}/{name}.json", data)
        public = {"exposure": Exposure.PUBLIC, "posted_at": None}
        pack.plant(f"{folder}/{name}.jpg", photo("astronaut", 2), "astronaut", **public)
    odd = {"creationTime": [1], "geoDataExif": "north", "description": {}, "url": "javascript:x"}
    pack.add(f"{folder}/odd.json", odd)
    nothing = says(posted_at=None, posted_at_source=None, location=None, caption=None, url=None)
    pack.plant(f"{folder}/odd.jpg", photo("b", 1), "b", **nothing)
