"""Google Photos exports: names that Takeout cut, localised folders, albums, records of the wrong shape."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.google_photos import GooglePhotos
from selfsearch.exports.platforms.takeout_names import match_records
from selfsearch.types import Exposure

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
    assert sorted(export.notes) == [
        f"{folder}/{name}.jpg.supplemental-metadata.json"
        for name in ("binary", "cut", "empty", "list", "null", "number")
    ]


def test_a_shared_photograph_is_seen_by_others_and_by_how_many_is_not_known() -> None:
    provenances = readings(fixture.build("english-2025"), GooglePhotos)
    levels = {item.context: item.exposure for path in provenances if path for item in provenances[path]}
    assert levels == {
        "library": Exposure.PRIVATE,
        "album": Exposure.PRIVATE,
        "archived": Exposure.PRIVATE,
        "trashed": Exposure.PRIVATE,
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
