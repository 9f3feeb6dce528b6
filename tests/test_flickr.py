"""Flickr exports: media find their records by the number in their names, and records say who may see them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.flickr import Flickr
from selfsearch.exports.platforms.parsing import html_to_text
from selfsearch.types import Exposure

from .exports import Pack
from .exports import flickr as fixture
from .exports.reading import joined, readings


def test_records_and_media_beside_other_things_have_a_root_each() -> None:
    paths = [
        "a/1_0a1b2c3d4e_part1/photo_53012345678.json",
        "a/data-download-1/x_53012345678_o.jpg",
        "a/other/y.jpg",
    ]
    prefixes = [root.prefix for root in Flickr.recognize(PathIndex(paths))]
    assert prefixes == ["a/1_0a1b2c3d4e_part1/", "a/data-download-1/"]


@pytest.mark.parametrize(
    "name", ["72157700000000000_0a1b2c3d4e5f_part1.zip", "data-download-12.zip", "data-download-1 (1).zip"]
)
def test_all_zips_of_flickr_are_one_series_because_their_names_share_nothing(name: str) -> None:
    assert Flickr.part_key(name) == "flickr"


def test_saved_pictures_of_others_are_not_an_export() -> None:
    pack = Pack("Downloads")
    pack.add("sunset_53012345678_o.jpg", b"x")
    assert Flickr.part_key("Downloads.zip") is None
    assert not Flickr.confirm(pack.as_export())


def test_media_without_the_records_are_still_known_by_the_downloads_name() -> None:
    pack = Pack("data-download-2")
    pack.add("sunset_53012345678_o.jpg", b"x")
    assert [root.prefix for root in Flickr.recognize(PathIndex(pack.files))] == [""]
    assert Flickr.confirm(pack.as_export())


@pytest.mark.parametrize(
    ("privacy", "level"),
    [
        ("public", Exposure.PUBLIC),
        ("Public", Exposure.PUBLIC),
        ("private", Exposure.PRIVATE),
        ("friends", Exposure.NETWORK),
        ("family", Exposure.NETWORK),
        ("friends & family", Exposure.NETWORK),
        ("friends &amp; family", Exposure.NETWORK),
        ("friends and family", Exposure.NETWORK),
        ("somebody", Exposure.UNKNOWN),
    ],
)
def test_the_privacy_gives_the_exposure_and_is_quoted(privacy: str, level: Exposure) -> None:
    pack = Pack("data-download-1")
    pack.add("photo_53012345678.json", fixture.record("53012345678", privacy=privacy, count_views="0"))
    (provenance,) = readings(pack, Flickr)[None]
    assert (provenance.audience, provenance.exposure) == (privacy, level)
    assert provenance.exposure_reason.startswith(f'Flickr: privacy = "{privacy}"')


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        ({"count_views": "0"}, Exposure.PRIVATE),
        ({"count_views": 0}, Exposure.PRIVATE),
        ({"count_views": "1"}, Exposure.UNKNOWN),
        ({"count_views": "0", "count_faves": "2"}, Exposure.UNKNOWN),
        ({"count_views": "0", "count_comments": "1"}, Exposure.UNKNOWN),
        ({"count_views": None}, Exposure.UNKNOWN),
        ({"count_views": "many"}, Exposure.UNKNOWN),
    ],
)
def test_private_is_what_nobody_has_seen(counts: dict[str, object], level: Exposure) -> None:
    pack = Pack("data-download-1")
    pack.add("photo_53012345678.json", fixture.record("53012345678", privacy="private", **counts))
    (provenance,) = readings(pack, Flickr)[None]
    assert provenance.exposure is level


def test_numbers_in_a_title_do_not_mislead() -> None:
    pack = Pack("data-download-1")
    for number in ("53012345678", "20160910"):
        pack.add(f"photo_{number}.json", fixture.record(number))
    pack.add("img_20160910_53012345678_o.jpg", b"x")
    pack.add("20160910_1234567890_o.jpg", b"x")
    by_path = readings(pack, Flickr)
    assert {path: [provenance.post_id for provenance in by_path[path]] for path in by_path} == {
        "img_20160910_53012345678_o.jpg": ["53012345678"],
        "20160910_1234567890_o.jpg": ["20160910"],
    }


def test_a_video_and_its_still_share_a_record() -> None:
    pack = Pack("data-download-1")
    pack.add("photo_53012345678.json", fixture.record("53012345678"))
    for name in ("film_53012345678.mp4", "film_53012345678_o.jpg"):
        pack.add(name, b"x")
    assert {path: len(provenances) for path, provenances in readings(pack, Flickr).items()} == {
        "film_53012345678.mp4": 1,
        "film_53012345678_o.jpg": 1,
    }


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("5 < 6 & so on", "5 < 6 & so on"),
        ("<b>a</b> &amp; b<br/>c<script>x()</script>", "a & b\nc"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("plain", "plain"),
        ("<br>", None),
        ("", None),
    ],
)
def test_html_becomes_what_a_reader_sees(page: str, text: str | None) -> None:
    assert html_to_text(page) == text


def test_the_account_is_the_screen_name() -> None:
    assert Flickr(fixture.build("together").as_export()).account == Account("ana_example", "Ana Silva")
    assert Flickr(fixture.build("damaged").as_export()).account == Account()


def test_records_and_media_in_zips_of_their_own_are_joined(tmp_path: Path) -> None:
    pack = fixture.build("records-and-media-apart")
    folders = dict.fromkeys(path.partition("/")[0] for path in pack.files)
    by_path = joined(pack, {f"{folder}/": folder for folder in folders}, tmp_path)
    (provenance,) = by_path["sunset-2016_53012345678_o.jpg"]
    assert (provenance.url, provenance.album) == (
        "https://www.flickr.com/photos/ana_example/53012345678/",
        "Trip; Best of",
    )


def photo_of(**fields: object) -> SimpleNamespace:
    """What is said of one photograph with this record."""
    pack = Pack("data-download-1")
    pack.add(
        "photo_53012345678.json", {"photopage": "https://www.flickr.com/photos/ana/53012345678/"} | fields
    )
    pack.add("sea_53012345678_o.jpg", b"x")
    (item,) = readings(pack, Flickr)["sea_53012345678_o.jpg"]
    return item


@pytest.mark.parametrize(
    ("privacy", "safety", "level", "reason"),
    [
        ("public", "safe", Exposure.PUBLIC, 'Flickr: privacy = "public"'),
        ("public", "restricted", Exposure.PUBLIC, 'Flickr: privacy = "public", safety = "restricted"'),
        (
            "private",
            "restricted",
            Exposure.UNKNOWN,
            'Flickr: privacy = "private" on the day of the export; '
            "the record does not say whether it was seen before",
        ),
        (
            "Friends &amp; Family",
            None,
            Exposure.NETWORK,
            'Flickr: privacy = "Friends &amp; Family", on the day of the export',
        ),
        ("friend", None, Exposure.NETWORK, 'Flickr: privacy = "friend", on the day of the export'),
        (
            "friend & family",
            None,
            Exposure.NETWORK,
            'Flickr: privacy = "friend & family", on the day of the export',
        ),
        (
            "friends and family",
            None,
            Exposure.NETWORK,
            'Flickr: privacy = "friends and family", on the day of the export',
        ),
        ("family", None, Exposure.NETWORK, 'Flickr: privacy = "family", on the day of the export'),
        ("contacts", None, Exposure.NETWORK, 'Flickr: privacy = "contacts", on the day of the export'),
        ("galaxy", None, Exposure.UNKNOWN, 'Flickr: privacy = "galaxy", a word that is not known'),
        (None, "safe", Exposure.UNKNOWN, "its record does not say who could see it (no privacy)"),
    ],
)
def test_every_word_for_privacy_has_its_level(
    privacy: str | None, safety: str | None, level: Exposure, reason: str
) -> None:
    item = photo_of(privacy=privacy, safety=safety)
    assert (item.exposure, item.exposure_reason, item.audience) == (level, reason, privacy)
    assert item.audience_known is (privacy != "galaxy")


@pytest.mark.parametrize(
    ("geo", "place"),
    [
        ({"latitude": "38.71", "longitude": "-9.14"}, (38.71, -9.14)),
        ([{"latitude": "38710000", "longitude": "-9140000"}], (38.71, -9.14)),  # millionths
        ([], None),
        ([{}, {"latitude": "1.5", "longitude": "2.5"}], (1.5, 2.5)),
    ],
)
def test_a_place_is_in_degrees_or_in_millionths(geo: object, place: tuple[float, float] | None) -> None:
    assert photo_of(geo=geo).location == place


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"real_name": "Ana", "username": "a"}, "Ana"),
        ({"realname": "Ana"}, "Ana"),
        ({"screen_name": "Ana", "username": "a"}, "Ana"),
        ({"username": "Ana"}, "Ana"),
        ({"name": "Ana"}, "Ana"),
        ("Ana", "Ana"),
    ],
)
def test_people_are_named_by_the_best_name_that_there_is(person: object, name: str) -> None:
    assert photo_of(people=[person, {"nsid": "1@N0"}]).people == (name,)


def test_a_photograph_is_in_the_albums_of_its_record_and_of_the_list() -> None:
    pack = Pack("data-download-1")
    pack.add(
        "photo_53012345678.json", {"albums": [{"title": "Sea"}], "name": "Sun", "description": "<b>hot</b>"}
    )
    albums = [{"title": "Trip", "photos": ["53012345678", "1"]}, {"title": "Sea", "photos": ["53012345678"]}]
    pack.add("albums.json", {"albums": albums})
    (item,) = readings(pack, Flickr)[None]
    assert (item.album, item.caption, item.post_id) == ("Sea; Trip", "Sun\nhot", "53012345678")
    assert (item.author_is_owner, item.exposure) == (True, Exposure.UNKNOWN)
