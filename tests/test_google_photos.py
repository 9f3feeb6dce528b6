"""Google Photos exports: names that Takeout cut, localised folders, albums, records of the wrong shape."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.google_photos import GooglePhotos
from selfsearch.exports.platforms.takeout import match_records
from selfsearch.types import Exposure

from . import photos
from .exports import Pack, takeout
from .exports import google_photos as fixture
from .exports.reading import joined, readings


@pytest.mark.parametrize(
    ("media", "record"),
    [
        ("PXL_20211013_220651983.jpg", "PXL_20211013_220651983.jpg.json"),
        ("DSC_0101(1).JPG", "DSC_0101.JPG(1).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("image(2).png", "image(2).png.supplemental-metadata.json"),
        (
            "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg",
            "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json",
        ),
        (
            "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg",
            "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json",
        ),
        (
            "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋😛.jpg",
            "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋.json",
        ),
        (
            "Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg",
            "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
        ),
        (
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P(1).jpg",
            "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json",
        ),
        (
            "13039_327707840323_537645323_9470255_27214_n(1).jpg",
            "13039_327707840323_537645323_9470255_27214_n.j(1).json",
        ),
        ("21.12(2).11 - 1.jpg", "21.12.11 - 1.jpg(2).json"),
        ("PXL_20210102_221126856.MP~2.jpg", "PXL_20210102_221126856.MP~2.jpg.json"),
        ("IMG_1(1)-edited.jpg", "IMG_1.jpg(1).json"),
        ("IMG_1-edited.jpg", "IMG_1.HEIC.supplemental-me.json"),
        ("IMG_1(1).mp4", "IMG_1.HEIC.supplemental-metadata(1).json"),
        ("PXL_1.MP~2", "PXL_1.MP.jpg.json"),
        ("27_06_12 - 1.mov", "27_06_12 - 1.mov.json"),
        ("写真-編集済み.jpg", "写真.jpg..json"),
        ("a_b.JPG", "a&b.jpg.json"),
    ],
)
def test_a_name_leads_to_its_record(media: str, record: str) -> None:
    assert match_records([media], [record]) == {media: record}


@pytest.mark.parametrize(
    ("media", "record"),
    [
        ("PXL_20211013_220651958.jpg", "PXL_20211013_220651983.jpg.json"),
        ("PXL_20220405_090123741.PORTRAIT-modifié.jpg", "PXL_20220405_090123740.PORTRAIT.jpg.json"),
        ("DSC_0102(1).JPG", "DSC_0102.JPG(2).json"),
        ("DSC_0103.JPG", "DSC_0103.JPG(1).json"),
        ("DSC_0104(1).JPG", "DSC_0104.JPG.json"),
        (
            "Backyard_ceremony_wedding_photography_xxxxxxx_m(185).jpg",
            "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
        ),
        ("Photo 12.jpg", "Photo.json"),
        ("-edited.jpg", ".json"),
    ],
)
def test_a_name_does_not_lead_to_the_record_of_another(media: str, record: str) -> None:
    assert match_records([media], [record]) == {}


def test_a_photograph_keeps_its_own_record_when_others_have_similar_names() -> None:
    media = ["a.jpg", "a(1).jpg", "a-edited.jpg", "a.mp4", "a.png"]
    records = ["a.jpg.json", "a.jpg(1).json", "a.mp4.json", "a.png.json"]
    assert match_records(media, records) == {
        "a.jpg": "a.jpg.json",
        "a(1).jpg": "a.jpg(1).json",
        "a-edited.jpg": "a.jpg.json",
        "a.mp4": "a.mp4.json",
        "a.png": "a.png.json",
    }


def test_a_photograph_and_its_record_in_two_zips_are_joined(tmp_path: Path) -> None:
    pack = fixture.build("english-2025")
    parts = {f"{fixture.YEAR}/IMG": "takeout-20250105T101112Z-3-001", "": "takeout-20250105T101112Z-3-002"}
    provenances = joined(pack, parts, tmp_path)
    assert [item.caption for item in provenances[f"{fixture.YEAR}/IMG_0001-edited.jpg"]] == ["Beach & Ana"]
    assert [item.album for item in provenances["Trip to Lisbon_ day 1/IMG_0003.jpg"]] == [
        "Trip to Lisbon: day 1"
    ]


def test_what_names_cannot_match_is_matched_by_the_title_in_the_record() -> None:
    pack = Pack("takeout-20250105T101112Z-001")
    title = "Screenshot_2022-04-21_abb9c8060a0a12c5ac89e934e52a2f4f.jpg"
    pack.add(
        "Photos from 2022/Screenshot_2022-04-21_abb9c8060a0a(1).json",
        takeout.record(title, description="shot"),
    )
    pack.add("Photos from 2022/Screenshot_2022-04-21_abb9c8060a0a1(1).jpg", b"x")
    provenances = readings(pack, GooglePhotos)["Photos from 2022/Screenshot_2022-04-21_abb9c8060a0a1(1).jpg"]
    assert [item.caption for item in provenances] == ["shot"]


@pytest.mark.parametrize(
    ("photograph", "record"),
    [
        ("DSC_1(1).JPG", "DSC_1.JPG(2).json"),
        ("DSC_1(1).JPG", "DSC_1.JPG.supplemental-metadata.json"),
        ("DSC_1.JPG", "DSC_1.JPG.supplemental-metadata(1).json"),
    ],
)
def test_in_one_part_alone_a_record_of_the_same_title_may_be_another_photograph_s(
    photograph: str, record: str
) -> None:
    pack = Pack("takeout-20250105T101112Z-001")
    pack.add(f"Photos from 2022/{record}", takeout.record("DSC_1.JPG", description="of the other"))
    pack.add(f"Photos from 2022/{photograph}", b"x")
    (said,) = readings(pack, GooglePhotos)[f"Photos from 2022/{photograph}"]
    assert (said.caption, said.url, said.records) == (None, None, ())


def test_a_title_that_fits_two_photographs_is_given_to_neither() -> None:
    pack = Pack("takeout-20250105T101112Z-001")
    pack.add("Photos from 2022/9.json", takeout.record("beach.jpg"))
    for name in ("beach.png", "beach(1).png"):
        pack.add(f"Photos from 2022/{name}", b"x")
    provenances = readings(pack, GooglePhotos)
    assert {path: [bool(item.url) for item in provenances[path]] for path in provenances} == {
        "Photos from 2022/beach.png": [False],
        "Photos from 2022/beach(1).png": [False],
        "Photos from 2022/beach.jpg": [True],
    }


def test_records_of_a_compressed_tar_are_read_in_the_order_of_the_archive() -> None:
    pack = fixture.build("german-2019")
    export = pack.as_export()
    container = next(iter(export.members.values())).container
    container.forward_only = True
    opened: list[int] = []
    plain_open = container.open
    container.open = lambda member: opened.append(member.order) or plain_open(member)  # type: ignore[method-assign, func-returns-value]
    assert {mention.path for mention in GooglePhotos(export).mentions()} >= {"Ausflug/DSC_0102.JPG"}
    assert opened == sorted(opened)


def test_another_programs_sidecars_are_not_taken_for_googles() -> None:
    pack = Pack("downloads")
    for number in range(5):
        pack.add(f"art/{number}.jpg.json", {"category": "gallery", "id": number})
        pack.add(f"art/{number}.jpg", b"x")
    assert [root.prefix for root in GooglePhotos.recognize(PathIndex(pack.files))] == [""]
    assert not GooglePhotos.confirm(pack.as_export())


def test_a_plain_folder_of_photographs_is_not_an_export() -> None:
    paths = ["Photos from 2021/a.jpg", "Holiday/b.jpg", "metadata.json", "Takeout/Mail/all.mbox"]
    assert list(GooglePhotos.recognize(PathIndex(paths))) == []


def test_a_part_that_holds_only_media_is_still_found() -> None:
    paths = ["Takeout/Google Photos/Trip/a.jpg", "Takeout/archive_browser.html"]
    assert list(GooglePhotos.recognize(PathIndex(paths))) == [
        Root("Takeout/Google Photos/", "folder “Google Photos” of a Google Takeout")
    ]


@pytest.mark.parametrize(
    ("container", "key"),
    [
        ("takeout-20240501T101112Z-001.zip", "takeout-20240501T101112Z"),
        ("takeout-20240501T101112Z-014.tgz", "takeout-20240501T101112Z"),
        ("takeout-20250901T101112Z-3-002.zip", "takeout-20250901T101112Z"),
        ("takeout-20250901T1011123456Z-3-002 (1).zip", "takeout-20250901T1011123456Z"),
        ("holiday.zip", None),
    ],
)
def test_parts_of_one_export_share_a_key(container: str, key: str | None) -> None:
    assert GooglePhotos.part_key(container) == key


def test_the_exports_name_says_when_it_was_made() -> None:
    pack = fixture.build("english-2025")
    assert GooglePhotos(pack.as_export()).account == Account(exported_at="2025-01-05T10:11:12+00:00")


def test_videos_that_google_could_not_process_are_set_aside() -> None:
    assert (
        GooglePhotos.derivative("Failed Videos/a.mp4")
        == "a video that Google Photos could not process (Failed Videos)"
    )
    assert GooglePhotos.derivative("Photos from 2021/a.mp4") is None


def test_a_damaged_record_is_noted_and_hides_no_photograph() -> None:
    pack = fixture.build("damaged")
    export = pack.as_export()
    list(GooglePhotos(export).mentions())
    folder = "Photos from 2021"
    assert (
        sorted(export.notes)
        == sorted(export.unread)
        == [
            f"{folder}/{name}.jpg.supplemental-metadata.json"
            for name in ("binary", "cut", "empty", "list", "null", "number")
        ]
    )


def test_a_shared_photograph_is_seen_by_others_and_by_how_many_is_not_known() -> None:
    provenances = readings(fixture.build("english-2025"), GooglePhotos)
    levels = {item.context: item.exposure for path in provenances if path for item in provenances[path]}
    assert levels == {
        "library": Exposure.UNKNOWN,
        "album": Exposure.UNKNOWN,
        "archived": Exposure.UNKNOWN,
        "trashed": Exposure.UNKNOWN,
        "shared_album": Exposure.NETWORK,
        "partner_shared": Exposure.NETWORK,
    }


def test_a_folder_of_forty_thousand_photographs_is_matched_in_seconds() -> None:
    names = [f"IMG_{number}{'x' * (number % 60)}.jpg" for number in range(20_000)]
    media, records = zip(*(takeout.names(name, number % 3) for number, name in enumerate(names)), strict=True)
    edited = [f"{name[:-4]}-edited.jpg" for name in media]
    start = time.process_time()
    assert len(match_records([*media, *edited], records)) >= len(media)
    assert time.process_time() - start < 10


LONG = "x" * 60


@pytest.mark.parametrize(
    ("media", "record"),
    [
        (f"{LONG[:43]}.jpg", f"{LONG[:43]}.jp.json"),  # a record's name has 46 letters
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json"),
        (f"{LONG[:47]}(2).jpg", f"{LONG[:46]}(2).json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.s.json"),
        ("IMG_1.jpg", "IMG_1.jpg..json"),
        ("a title.jpg", "a title.json"),
        ("IMG_1-bearbeitet.jpg", "IMG_1.jpg.json"),
        ("IMG_1-edited(1).jpg", "IMG_1.jpg(1).json"),
        (f"{LONG[:42]}-edit.jpg", f"{LONG[:42]}.jpg.json"),  # the word was cut with the name
        (f"{LONG[:41]}-edit.jpg", f"{LONG[:41]}.jpg.json"),
        (f"{LONG[:43]}-edit.jpg", f"{LONG[:43]}.jp.json"),
        ("IMG_1.MP4", "IMG_1.HEIC.json"),
        ("IMG_1.mov", "IMG_1.jpg.json"),
        ("PXL_1.MP4", "PXL_1.MP.jpg.json"),
        ("what? yes.jpg", "what_ yes.jpg.json"),
        (f"{LONG[:45]}😀yy.jpg", f"{LONG[:45]}😀.json"),  # unit 46 is half of an emoji
        (f"{LONG[:44]}(1).jpg", f"{LONG[:44]}(1.json"),  # the counter is the title's own
        ("Notes by J.S.jpg", "Notes by J.S.json"),  # no rest of Google's word
        ("IMG_1.jpg", "IMG_1.jpg.SUPPLEMENTAL-Me.json"),
        ("PXL_1.MP~2", "PXL_1.MP~2.jpg.json"),
        ("PXL_1.MP~2", "PXL_1.jpg.json"),
        ("-edited-edited.jpg", "-edited.jpg.json"),
        ("a.b?c.jpg", "a.b!c.jpg.json"),
        ("IMG.photo", "IMG.json"),
        ("a(1234567).jpg", "a(1234567).jpg.json"),  # no counter has seven digits
    ],
)
def test_what_takeout_cut_or_changed_is_matched_all_the_same(media: str, record: str) -> None:
    assert match_records([media], [record]) == {media: record}


@pytest.mark.parametrize(
    ("media", "records"),
    [
        (f"{LONG[:30]}-edit.jpg", [f"{LONG[:30]}.jpg.json"]),  # too short to have been cut
        (f"{LONG[:40]}-edit.jpg", [f"{LONG[:40]}.jpg.json"]),
        (f"{LONG[:39]}abc.jpg", [f"{LONG[:39]}.json"]),  # 39 letters may be another's
        ("IMG_1.mov", ["IMG_1.jpg.json", "IMG_1.png.json"]),  # whose film it is cannot be told
        ("a?.jpg", ["a_.jpg.json", "a!.jpg.json"]),
        (f"{LONG[:47]}.jpg", [f"{LONG[:41]}.jpg.json"]),  # cut, and no edited copy
        ("IMG_1.pdf", ["IMG_2.pdf.json"]),
        ("IMG_1.mp3", ["IMG_1.jpg.json"]),
        ("IMG_1.mov", ["IMG_1.HEIC.json", "IMG_1.heic.json"]),
        ("IMG_1.mov", ["IMG_1.jpg(1).json"]),
        ("IMG.a long tail", ["IMG.jpg.json"]),  # no ending has as many letters
        ("a(0000001).jpg", ["a.jpg(1).json"]),
        ("IMG.photos", ["IMG.json"]),  # six letters are no ending
    ],
)
def test_what_may_be_anothers_is_left_alone(media: str, records: list[str]) -> None:
    assert match_records([media], records) == {}


def test_the_record_of_the_very_name_goes_before_one_that_counts() -> None:
    records = ["a.jpg(1).json", "a(1).jpg.json"]
    assert match_records(["a(1).jpg"], records) == {"a(1).jpg": "a(1).jpg.json"}


def test_names_that_differ_in_a_sign_have_records_of_their_own() -> None:
    media = ["a b.jpg", "a_b.jpg"]
    records = [f"{name}.supplemental-metadata.json" for name in media]
    assert match_records(media, records) == dict(zip(media, records, strict=True))


def test_the_film_is_the_heics_where_there_are_other_stills_of_its_name() -> None:
    assert match_records(["A.MP4"], ["A.jpg.json", "A.HEIC.json"]) == {"A.MP4": "A.HEIC.json"}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("takeout-20240501T101112Z-001", "2024-05-01T10:11:12+00:00"),
        ("takeout-20240501T1011Z-001", "2024-05-01T10:11:00+00:00"),
        ("takeout-20240501T1011123456Z-001", "2024-05-01T10:11:12+00:00"),
        ("takeout-20240501T10111Z-001", None),
        ("Takeout-20240501t101112z-001", "2024-05-01T10:11:12+00:00"),
        ("takeout-20241301T101112Z-001", None),
        ("holiday", None),
    ],
)
def test_the_time_of_an_export_is_in_its_name(name: str, made: str | None) -> None:
    assert GooglePhotos(Pack(name).as_export()).account == Account(exported_at=made)


def say(
    record: object, *, folder: str = "Photos from 2021", album: object = None, name: str = "a.jpg"
) -> SimpleNamespace:
    """What is said of one photograph with this record, in a folder with this album's record."""
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add(f"{folder}/{name}", b"x")
    if record is not None:
        pack.add(f"{folder}/{name}.json", record)
    if album is not None:
        pack.add(f"{folder}/metadata.json", album)
    (item,) = readings(pack, GooglePhotos)[f"{folder}/{name}"]
    return item


SHARED, PARTNER = {"fromSharedAlbum": {}}, {"fromPartnerSharing": {}}


@pytest.mark.parametrize(
    ("fields", "folder", "album", "context", "level"),
    [
        ({}, "Photos from 2021", None, "library", Exposure.UNKNOWN),
        ({"trashed": True}, "Photos from 2021", None, "trashed", Exposure.UNKNOWN),
        ({"trashed": "true"}, "Photos from 2021", None, "trashed", Exposure.UNKNOWN),
        ({"trashed": False}, "Photos from 2021", None, "library", Exposure.UNKNOWN),
        ({"archived": True}, "Photos from 2021", None, "archived", Exposure.UNKNOWN),
        ({"googlePhotosOrigin": SHARED}, "Photos from 2021", None, "shared_album", Exposure.NETWORK),
        ({"googlePhotosOrigin": PARTNER}, "Photos from 2021", None, "partner_shared", Exposure.NETWORK),
        (
            {"googlePhotosOrigin": SHARED, "trashed": True},
            "Photos from 2021",
            None,
            "trashed",
            Exposure.NETWORK,
        ),
        ({"googlePhotosOrigin": SHARED, "archived": True}, "Trash", None, "shared_album", Exposure.NETWORK),
        ({}, "Trash", None, "trashed", Exposure.UNKNOWN),
        ({}, "Papierkorb", None, "trashed", Exposure.UNKNOWN),
        ({}, "Archive", None, "archived", Exposure.UNKNOWN),
        ({"trashed": True}, "Archive", None, "trashed", Exposure.UNKNOWN),
        ({}, "Trip", None, "album", Exposure.UNKNOWN),
        ({}, "Rome 2019", None, "album", Exposure.UNKNOWN),
        ({}, "Photos of Ana", None, "album", Exposure.UNKNOWN),
        ({}, "Trip", {"title": "Trip"}, "album", Exposure.UNKNOWN),
        ({}, "Trip", {"title": "Trip", "access": "protected"}, "album", Exposure.UNKNOWN),
        ({}, "Trip", {"title": "Trip", "access": "Shared"}, "shared_album", Exposure.NETWORK),
        ({}, "Trip", {"title": "Trip", "access": "public"}, "shared_album", Exposure.PUBLIC),
        ({}, "Trip", {"title": "Trip", "access": "private"}, "album", Exposure.UNKNOWN),
        ({"sharedAlbumComments": [{"text": "wow"}]}, "Photos from 2021", None, "library", Exposure.NETWORK),
        ({"sharedAlbumComments": [{"liked": True}]}, "Trash", None, "trashed", Exposure.NETWORK),
        ({"sharedAlbumComments": []}, "Photos from 2021", None, "library", Exposure.UNKNOWN),
        ({}, "Trip", {"title": "Trip", "sharedAlbumComments": [{}]}, "shared_album", Exposure.NETWORK),
        ({}, "Trip", {"albumData": {"title": "Trip", "access": "shared"}}, "shared_album", Exposure.NETWORK),
        ({}, "Trash", {"title": "Trash", "access": "shared"}, "shared_album", Exposure.NETWORK),
        ({"trashed": True}, "Trip", {"title": "Trip", "access": "shared"}, "trashed", Exposure.NETWORK),
        ({"archived": True}, "Trip", {"title": "Trip", "access": "shared"}, "archived", Exposure.NETWORK),
        (
            {"googlePhotosOrigin": PARTNER},
            "Trip",
            {"title": "T", "access": "shared"},
            "partner_shared",
            Exposure.NETWORK,
        ),
    ],
)
def test_who_could_see_a_photograph_follows_from_its_record_its_folder_and_its_album(
    fields: dict[str, object], folder: str, album: object, context: str, level: Exposure
) -> None:
    item = say(takeout.record("a.jpg", **fields), folder=folder, album=album)
    assert (item.context, item.exposure) == (context, level)


@pytest.mark.parametrize(
    ("origin", "is_owner"),
    [(None, None), ({"mobileUpload": {}}, True), (SHARED, False), (PARTNER, False)],
)
def test_whose_a_photograph_is_follows_from_where_it_came_from(origin: object, is_owner: bool | None) -> None:
    item = say({"title": "a.jpg", "photoTakenTime": {"timestamp": "1"}, "googlePhotosOrigin": origin})
    assert (item.author_is_owner, item.taken_at) == (is_owner, "1970-01-01T00:00:01+00:00")


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (
            {"geoData": {"latitude": 1, "longitude": 2}, "geoDataExif": {"latitude": 3, "longitude": 4}},
            (1, 2),
        ),
        (
            {"geoData": {"latitude": 0, "longitude": 0}, "geoDataExif": {"latitude": 3, "longitude": 4}},
            (3, 4),
        ),
        ({"geoData": {}}, None),
    ],
)
def test_the_place_that_the_user_gave_goes_before_the_cameras(record: object, says: object) -> None:
    assert say(record).location == says


def test_an_album_has_the_title_of_its_record_else_the_folders_name() -> None:
    assert say({}, folder="Trip_ 1", album={"title": "Trip: 1"}).album == "Trip: 1"
    assert say({}, folder="Trip_ 1", album={"title": ""}).album == "Trip_ 1"
    assert say({}, folder="Trip_ 1").album == "Trip_ 1"
    assert say({}).album is None


@pytest.mark.parametrize(
    ("stem", "title", "is_matched"),
    [
        ("a" * 20, f"{'a' * 20} and more", True),
        ("a" * 19, f"{'a' * 19} and more", False),
        ("beach", "beach", True),
        ("b each", "b!each", True),
        ("c" * 25, "d" * 25, False),
    ],
)
def test_a_long_name_may_be_the_beginning_of_a_title(stem: str, title: str, is_matched: bool) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add("Photos from 2022/7.json", takeout.record(f"{title}.jpg", description="words"))
    pack.add(f"Photos from 2022/{stem}.png", b"x")
    items = readings(pack, GooglePhotos)[f"Photos from 2022/{stem}.png"]
    assert [item.caption for item in items] == ["words" if is_matched else None]


def test_a_name_that_two_titles_begin_with_is_neithers() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    for number, word in enumerate(("one", "two")):
        pack.add(
            f"Photos from 2022/{number}.json", takeout.record(f"{'a' * 25} {word}.jpg", description=word)
        )
    pack.add(f"Photos from 2022/{'a' * 25}.png", b"x")
    (item,) = readings(pack, GooglePhotos)[f"Photos from 2022/{'a' * 25}.png"]
    assert item.caption is None


def test_a_record_of_a_photograph_that_stands_elsewhere_is_said_of_that_one() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    record = takeout.record("a.jpg", url="https://photos.google.com/photo/AF1")
    pack.add("Photos from 2021/a.jpg", b"x")
    pack.add("Photos from 2021/a.jpg.json", record)
    pack.add("Trip/metadata.json", {"title": "Trip", "access": "shared"})
    pack.add("Trip/0.jpg.json", takeout.record("0.jpg"))
    pack.add("Trip/a.jpg.json", record)
    items = readings(pack, GooglePhotos)["Photos from 2021/a.jpg"]
    assert [(item.context, item.exposure) for item in items] == [
        ("library", Exposure.NETWORK),
        ("shared_album", Exposure.NETWORK),
    ]


def test_the_first_three_sidecars_decide_whether_they_are_googles() -> None:
    for others, is_googles in ((2, True), (3, False)):
        pack = Pack("downloads")
        for number in range(others):
            pack.add(f"{number}.jpg.json", {"id": number})
        pack.add("9.jpg.json", {"googlePhotosOrigin": {}})
        assert GooglePhotos.confirm(pack.as_export()) is is_googles


def test_a_title_that_two_records_have_is_given_to_no_photograph() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    for number in (7, 8):
        pack.add(f"Photos from 2022/{number}.json", takeout.record("beach.jpg", description=str(number)))
    pack.add("Photos from 2022/beach.png", b"x")
    assert [item.caption for item in readings(pack, GooglePhotos)["Photos from 2022/beach.png"]] == [None]


@pytest.mark.parametrize(
    "field", ["photoTakenTime", "creationTime", "imageViews", "googlePhotosOrigin", "url"]
)
def test_a_record_with_a_field_of_photographs_is_no_albums(field: str) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add("Trip/7.json", {"title": "lost.jpg", "access": "shared", field: {}})
    pack.add("Trip/a.jpg", b"x")
    said = readings(pack, GooglePhotos)
    contexts = {path: [item.context for item in said[path]] for path in said}
    assert contexts == {"Trip/a.jpg": ["album"], "Trip/lost.jpg": ["album"]}


def test_only_records_of_photographs_tell_whose_they_are() -> None:
    pack = Pack("downloads")
    for number in range(3):
        pack.add(f"{number}/metadata.json", {"title": "Trip"})
    pack.add("9.jpg.json", {"photoTakenTime": {}})
    assert GooglePhotos.confirm(pack.as_export())


def levels(pack: Pack) -> dict[str | None, list[Exposure]]:
    """Path -> the levels that are said of it."""
    said = readings(pack, GooglePhotos)
    return {path: [item.exposure for item in said[path]] for path in said}


def test_what_one_place_shows_of_sharing_is_said_of_the_others() -> None:
    """Whatever lies first in the archive; a photograph of another address is none of its places."""
    shared = {"title": "Trip", "sharedAlbumComments": [{"text": "wow", "contentOwnerName": "Bo"}]}
    places = {
        "Photos from 2021/a.jpg": "AF1",
        "Trip/a.jpg": "AF1",
        "Best of/a.jpg": "AF1",
        "Best of/b.jpg": "AF2",
    }
    for order in (list(places), list(places)[::-1]):
        pack = Pack("takeout-20240501T101112Z-001")
        pack.add("Best of/metadata.json", {"title": "Best of"})
        for path in order:
            url = f"https://photos.google.com/photo/{places[path]}"
            pack.add(path, b"x")
            pack.add(f"{path}.json", takeout.record("a.jpg", url=url))
        pack.add("Trip/metadata.json", shared)
        assert levels(pack) == {
            path: [Exposure.UNKNOWN if path == "Best of/b.jpg" else Exposure.NETWORK] for path in places
        }
        (item,) = readings(pack, GooglePhotos)["Best of/a.jpg"]
        assert item.exposure_evidence == ("Trip/metadata.json",)
        assert item.records == ("Best of/a.jpg.json", "Best of/metadata.json", "Trip/metadata.json")


@pytest.mark.parametrize(
    ("address", "is_joined"),
    [
        ("https://photos.google.com/photo/AF1QipHill", True),
        ("https://photos.google.com/share/AF1QipAlbum/photo/AF1QipHill?key=abc", True),
        ("https://photos.google.com/u/0/photo/AF1QipHill", True),
        ("https://photos.google.com/photo/AF1QipHi", False),
        ("https://photos.google.com/share/AF1QipAlbum?key=abc", False),
        ("AF1QipHill", False),
        (7, False),
    ],
)
@pytest.mark.parametrize(
    "wrap", [lambda comments: {"sharedAlbumComments": comments}, lambda comments: comments]
)
def test_a_comment_of_the_root_goes_with_the_photograph_of_its_address(
    address: object, is_joined: bool, wrap: Callable[[list[object]], object]
) -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    pack.add("shared_album_comments.json", wrap([{"text": "steep", "contentUrl": address}]))
    pack.add("Photos from 2021/a.jpg", b"x")
    url = "https://photos.google.com/photo/AF1QipHill"
    pack.add("Photos from 2021/a.jpg.json", takeout.record("a.jpg", url=url, description="Hill"))
    (item,) = readings(pack, GooglePhotos)["Photos from 2021/a.jpg"]
    assert item.exposure is (Exposure.NETWORK if is_joined else Exposure.UNKNOWN)
    assert item.caption == ("Hill\nsomebody commented: steep" if is_joined else "Hill")
    assert ("shared_album_comments.json" in item.records) is is_joined


def test_comments_are_kept_with_their_authors_and_counted() -> None:
    comments: list[dict[str, object]] = [
        {"text": f"wow {number}", "contentOwnerName": f"Friend {number}"} for number in range(30)
    ]
    item = say(takeout.record("a.jpg", sharedAlbumComments=comments))
    assert item.exposure_reason.startswith(
        "shared with others: 30 comments by Friend 0, Friend 1, Friend 2 and 27 more on it"
    )
    assert item.caption.splitlines() == [f"Friend {n} commented: wow {n}" for n in range(20)]
    item = say(takeout.record("a.jpg", sharedAlbumComments=[{"liked": True}, {"liked": True}]))
    assert item.exposure_reason.startswith("shared with others: 2 likes on it (sharedAlbumComments)")
    assert item.caption == "somebody liked it"


def test_an_enormous_number_of_comments_costs_no_more_than_reading_them() -> None:
    pack = Pack("takeout-20240501T101112Z-001")
    comments = [{"text": "x" * 10, "contentOwnerName": str(number)} for number in range(50_000)]
    pack.add("Trip/metadata.json", {"title": "Trip", "sharedAlbumComments": comments})
    for number in range(300):
        pack.add(f"Trip/{number}.jpg", b"x")
    start = time.process_time()
    assert len(readings(pack, GooglePhotos)) == 300
    assert time.process_time() - start < 5


def test_a_library_of_which_the_user_says_that_nothing_was_shared_is_private_but_for_what_was(
    run: Any, tmp_path: Path
) -> None:
    pack = fixture.build("shared-2024")
    run("index", pack.write(tmp_path), "--consent", "own")
    selfie = tmp_path / "selfie.jpg"
    selfie.write_bytes(photos.photo("b", 0, side=400))
    run("sources", "set", "1", "--account-was", "private")
    answer = run("query", selfie, "--self", "--json").json
    rows = [row for appearance in answer["appearances"] for row in appearance["sightings"]]
    assert [(row["exposure"], row["exposure_reason"]) for row in rows if "field.jpg" in row["path"]] == [
        ("private", "you said that nothing of it was shared")
    ]
