"""Flickr exports: records and media in zips of their own, or together; every privacy; damaged records."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("together", "records-and-media-apart", "damaged")

VIDEO = b"\x00\x00\x00\x18ftypisom" + bytes(24)


def record(number: str, **more: Any) -> dict[str, Any]:
    """photo_<number>.json as Flickr writes it, with the fields of `more` on top."""
    return {
        "id": number,
        "name": "Sunset",
        "description": "",
        "count_views": "17",
        "count_faves": "0",
        "count_comments": "0",
        "date_taken": "2016-09-10 17:45:00",
        "date_imported": "2016-09-12 20:01:02",
        "photopage": f"https://www.flickr.com/photos/ana_example/{number}/",
        "original": f"https://live.staticflickr.com/65535/{number}_0a1b2c3d4e_o.jpg",
        "license": None,
        "geo": [],
        "exif": [],
        "albums": [],
        "tags": [{"tag": "sea"}],
        "people": [],
        "privacy": "public",
        "safety": "safe",
    } | more


def says(number: str, **more: Any) -> dict[str, Any]:
    """What must be read from a record."""
    return {
        "platform": "flickr",
        "account": "ana_example",
        "context": "post",
        "caption": "Sunset",
        "posted_at": "2016-09-12T20:01:02+00:00",
        "posted_at_source": "date_imported",
        "taken_at": "2016-09-10T17:45:00",
        "taken_at_source": "date_taken",
        "url": f"https://www.flickr.com/photos/ana_example/{number}/",
        "url_kind": "exact",
        "audience": "public",
        "audience_source": "per_item",
        "exposure": Exposure.PUBLIC,
        "exposure_reason": 'Flickr: privacy = "public"',
        "album": None,
        "location": None,
        "author_is_owner": True,
        "post_id": number,
    } | more


def build(layout: str) -> Pack:
    """One export."""
    pack = Pack("data-download-1")
    if layout == "damaged":
        _damaged(pack)
    else:
        apart = layout == "records-and-media-apart"
        _library(
            pack,
            "72157700000000000_0a1b2c3d4e5f_part1/" if apart else "",
            "data-download-1/" if apart else "",
        )
    return pack


def _library(pack: Pack, records: str, media: str) -> None:
    pack.add(
        f"{records}account_profile.json",
        {"real_name": "Ana Silva", "screen_name": "ana_example", "nsid": "1@N00"},
    )
    pack.add(
        f"{records}albums.json",
        {
            "albums": [
                {"id": "1", "title": "Trip", "created": "1473710462", "photos": ["53012345678", "0"]},
                {"id": "2", "title": "Best of", "photos": ["53012345678", "53012345679"]},
            ]
        },
    )
    pack.add(f"{records}galleries.json", {"galleries": []})
    pack.add(f"{records}faves_part001.json", {"faves": [{"photo_id": "1"}]})
    pack.add(f"{records}photos_comments_part001.json", {"comments": []})

    def add(
        number: str, name: str, data: bytes, person: str | None, right: dict[str, Any], /, **more: Any
    ) -> None:
        pack.add(f"{records}photo_{number}.json", record(number, **more))
        pack.plant(f"{media}{name}", data, person, **says(number, **right))

    add(
        "53012345678",
        "sunset-2016_53012345678_o.jpg",
        photo("astronaut", 1),
        "astronaut",
        {
            "caption": "Sunset & sea\nWith Ana\nat the sea",
            "location": (38.7123, -9.1402),
            "location_source": "geo",
            "album": "Trip; Best of",
            "people": ("Bo Berg",),
        },
        name="Sunset &amp; sea",
        description='<b>With</b> <a href="x">Ana</a><br />at the sea',
        geo=[{"latitude": "38712300", "longitude": "-9140200", "accuracy": "15"}],
        people=[{"id": "2@N00", "real_name": "Bo Berg"}],
    )
    add(
        "53012345679",
        "img_1234_53012345679_o.jpg",
        photo("astronaut", 2),
        "astronaut",
        {
            "audience": "private",
            "exposure": Exposure.PRIVATE,
            "exposure_reason": 'Flickr: privacy = "private"; no views, favourites or comments',
            "location": (1.5, 2.5),
            "album": "Best of",
        },
        privacy="private",
        count_views="0",
        geo={"latitude": 1500000, "longitude": 2500000},
    )
    add(
        "53012345680",
        "53012345680_0a1b2c3d4e_o.jpg",
        photo("astronaut", 3),
        "astronaut",
        {
            "caption": None,
            "audience": "friends & family",
            "exposure": Exposure.NETWORK,
            "exposure_reason": 'Flickr: privacy = "friends & family", on the day of the export',
            "album": "In the record",
        },
        name="",
        privacy="friends & family",
        geo={"latitude": "0", "longitude": "0"},
        albums=[{"id": "3", "title": "In the record"}],
    )
    add("53012345681", "a-film_53012345681.mp4", VIDEO, None, {"location": None}, geo={})
    add(
        "53012345682",
        "x_53012345682_o.png",
        photo("a", 1, kind="PNG"),
        "a",
        {
            "audience": "secret",
            "exposure": Exposure.UNKNOWN,
            "exposure_reason": 'Flickr: privacy = "secret", a word that is not known',
        },
        privacy="secret",
    )
    add(
        "53012345683",
        "53012345683_0123456789_o.jpg",
        photo("b", 1),
        "b",
        {
            "exposure_reason": 'Flickr: privacy = "public", safety = "restricted"',
            "posted_at": "2016-09-12T20:01:02+00:00",
            "taken_at": None,
            "taken_at_source": None,
        },
        safety="restricted",
        date_imported="1473710462",
        date_taken="0000-00-00 00:00:00",
    )
    seen = "others may have seen it before or by a guest pass (views: 17)"
    add(
        "53012345685",
        "seen_53012345685_o.jpg",
        photo("c", 2),
        "c",
        {
            "audience": "private",
            "exposure": Exposure.UNKNOWN,
            "exposure_reason": f'Flickr: privacy = "private" on the day of the export, but {seen}',
        },
        privacy="private",
    )
    pool = "in the pool of Beaches, whose members can see it whatever its privacy is"
    add(
        "53012345686",
        "pool_53012345686_o.jpg",
        photo("d", 2),
        "d",
        {
            "audience": "private",
            "exposure": Exposure.NETWORK,
            "exposure_reason": f'Flickr: privacy = "private", but {pool}',
        },
        privacy="private",
        groups=[{"id": "1@N00", "name": "Beaches", "url": "https://www.flickr.com/groups/beaches/"}],
    )
    pack.add(f"{records}photo_53012345684.json", record("53012345684", privacy="family"))
    family = {
        "audience": "family",
        "exposure": Exposure.NETWORK,
        "exposure_reason": 'Flickr: privacy = "family", on the day of the export',
    }
    pack.planted.append(Planted(None, None, says("53012345684", **family)))
    pack.plant(
        f"{media}lost_53012345699_o.jpg",
        photo("c", 1),
        "c",
        platform="flickr",
        post_id="53012345699",
        url=None,
        exposure=Exposure.UNKNOWN,
        account=None,
        exposure_reason="no record in the export names this file",
    )


def _damaged(pack: Pack) -> None:
    pack.add("account_profile.json", ["not a profile"])
    pack.add("albums.json", '{"albums": [{"title": "Trip", "photos": ["53012345678"]}, {"title": "Cu')
    bad = {"1": '{"id": "53', "2": "null", "3": "[]", "4": '"text"', "5": ""}
    for last, text in bad.items():
        pack.add(f"photo_5301234567{last}.json", text)
        pack.plant(
            f"x_5301234567{last}_o.jpg",
            photo("astronaut", int(last)),
            "astronaut",
            post_id=f"5301234567{last}",
            exposure=Exposure.UNKNOWN,
            url=None,
        )
    odd = {
        "id": 53012345678,
        "name": ["x"],
        "description": {"_content": "x"},
        "date_taken": 5,
        "date_imported": None,
        "photopage": "ftp://x",
        "geo": {"latitude": "north"},
        "albums": "Trip",
        "people": {"username": "bo"},
        "privacy": 3,
        "safety": [],
    }
    pack.add("photo_53012345678.json", odd)
    pack.plant(
        "x_53012345678_o.jpg",
        photo("a", 1),
        "a",
        post_id="53012345678",
        caption=None,
        taken_at=None,
        posted_at=None,
        url=None,
        url_kind=None,
        location=None,
        album="Trip",
        people=("bo",),
        audience="3",
        exposure=Exposure.UNKNOWN,
    )
    pack.add("photo_53012345679.json", {"photopage": "https://www.flickr.com/photos/a/53012345679/"})
    nothing = {
        "audience": None,
        "audience_source": None,
        "exposure": Exposure.UNKNOWN,
        "post_id": "53012345679",
    }
    reason = "its record does not say who could see it (no privacy)"
    pack.plant("53012345679.mp4", VIDEO, None, exposure_reason=reason, **nothing)
