"""What `discover` makes of a path: exports, their parts, plain files, and what need not be opened again."""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.containers.base import composed, printable
from selfsearch.errors import InputError
from selfsearch.exports.discovery import Discovery, discover
from selfsearch.exports.platforms import PLAIN_FILES, PLATFORMS
from selfsearch.exports.source import Item, Source
from selfsearch.types import Outcome

from .archives import Raw, raw_zip, write_folder, write_tar, write_zip
from .exports import Pack
from .exports.reading import columns

MODULES = {platform: platform.__module__.rpartition(".")[2] for platform in (*PLATFORMS, PLAIN_FILES)}
PACKS = [
    (platform.name, module, layout)
    for platform, module in MODULES.items()
    for layout in importlib.import_module(f"tests.exports.{module}").LAYOUTS
]
POSTS = "your_instagram_activity/content/posts_1.json"
POST = '[{"media": [{"uri": "media/posts/202106/%s.jpg", "creation_timestamp": 1622628672, "title": "%s"}]}]'


def build(module: str, layout: str) -> Pack:
    pack: Pack = importlib.import_module(f"tests.exports.{module}").build(layout)
    return pack


def only(path: Path) -> Source:
    (source,) = discover(path).sources
    return source


def items_by_path(source: Source) -> dict[str, Item]:
    items = list(source.items())
    assert len({item.path for item in items}) == len(items)
    assert all(item.provenance for item in items)
    return {item.path: item for item in items}


def captions(source: Source) -> dict[str, str | None]:
    return {key: item.provenance[0].caption for key, item in items_by_path(source).items()}


def outcomes(source: Source) -> dict[str, Outcome | None]:
    return {key: item.decided[0] if item.decided else None for key, item in items_by_path(source).items()}


def summary(discovery: Discovery) -> dict[str, tuple[str, int]]:
    """Name of the first container -> platform and number of items that are there."""
    return {
        os.path.basename(source.containers[0]): (
            source.platform,
            sum(item.member is not None for item in source.items()),
        )
        for source in discovery.sources
    }


def instagram(*names: str) -> dict[str, bytes]:
    """The records and the media of a small export, a post for each name."""
    files = {f"media/posts/202106/{name}.jpg": name.encode() for name in names}
    return {POSTS: (POST % (names[0], names[0])).encode()} | files


# What an export says reaches the items


@pytest.mark.parametrize("ending", [".zip", ".tar", ""])
@pytest.mark.parametrize(("platform", "module", "layout"), PACKS)
def test_every_export_is_recognised_and_every_file_is_one_item(
    platform: str, module: str, layout: str, ending: str, tmp_path: Path
) -> None:
    pack = build(module, layout)
    source = only(pack.write(tmp_path, ending))
    items = list(source.items())
    assert source.platform == platform
    assert sum(item.member is not None for item in items) == len(pack.files) == source.count
    assert len({item.path for item in items}) == len(items)


@pytest.mark.parametrize(("platform", "module", "layout"), PACKS)
def test_what_was_planted_in_an_export_is_said_of_the_item(
    platform: str, module: str, layout: str, tmp_path: Path
) -> None:
    pack = build(module, layout)
    written = pack.write(tmp_path)
    around = f"{written}{'!' if written.is_file() else '/'}"
    items = list(only(written).items())
    for planted in pack.planted:
        place = printable(composed(around + pack.packed_path(planted.path or "")))
        candidates = [item for item in items if item.member is None or item.address == place]
        provenances = [columns(provenance) for item in candidates for provenance in item.provenance]
        assert any(
            all(getattr(provenance, field) == right for field, right in planted.says.items())
            for provenance in provenances
        ), planted


def test_exports_their_parts_and_loose_photographs_side_by_side_are_told_apart(tmp_path: Path) -> None:
    expected = {}
    for platform, module in MODULES.items():
        if platform is not PLAIN_FILES:
            pack = build(module, importlib.import_module(f"tests.exports.{module}").LAYOUTS[0])
            expected[pack.write(tmp_path).name] = (platform.name, len(pack.files))
    write_zip(tmp_path / "holiday.zip", {"beach.jpg": b"1", "sea.jpg": b"2"})
    write_folder(tmp_path, {"loose.jpg": b"3", "more/photo.jpg": b"4"})
    expected |= {"holiday.zip": ("folder", 2), tmp_path.name: ("folder", 2)}
    assert summary(discover(tmp_path)) == expected


def test_a_source_says_what_it_was_taken_for_and_why(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "instagram-ana-2024-05-01-AbCd1234.zip", instagram("sea"))
    source = only(path)
    assert (source.platform, source.title, source.containers, source.account.name) == (
        "instagram",
        "Instagram export",
        (str(path),),
        "ana",
    )
    assert source.why == "recognised: has the folder your_instagram_activity"


def test_a_file_that_no_record_mentions_is_read_by_its_place(tmp_path: Path) -> None:
    files = instagram("sea") | {"media/stories/202106/s.jpg": b"s"}
    item = items_by_path(only(write_folder(tmp_path, files)))["media/stories/202106/s.jpg"]
    assert (item.provenance[0].platform, item.provenance[0].context, item.decided) == (
        "instagram",
        "story",
        None,
    )


def test_a_file_that_is_mentioned_and_not_there_is_a_link_only(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "instagram-ana-2024-05-01-AbCd1234.zip", {POSTS: (POST % ("sea", "sea")).encode()}
    )
    item = items_by_path(only(path))["media/posts/202106/sea.jpg"]
    assert item.decided == (Outcome.LINK_ONLY, "the export names this file but does not hold it")
    assert (item.member, item.size, item.stamp, item.provenance[0].caption) == (None, 0, "", "sea")


def test_links_without_media_are_items_each_for_itself(tmp_path: Path) -> None:
    source = only(build("tiktok", "2025").write(tmp_path))
    links = [item for item in source.items() if item.decided and item.decided[0] is Outcome.LINK_ONLY]
    assert len(links) > 3
    assert {item.decided for item in links if item.provenance[0].link} == {
        (Outcome.LINK_ONLY, "the export has only a link to it")
    }
    assert {item.decided for item in links if not item.provenance[0].link} == {
        (Outcome.LINK_ONLY, "the export speaks of it but does not hold it")
    }
    addresses = {item.address: item.provenance[0].link for item in links}
    assert all(address == link.url for address, link in addresses.items() if link)


@pytest.mark.parametrize(
    ("record", "outcome", "reason"),
    [
        (POST % ("sea", "sea"), Outcome.RECORD, "read for what it says about the media"),
        ((POST % ("sea", "sea"))[:-1] + ', {"title": "cu', Outcome.RECORD, "read only in part: damaged JSON"),
        ((POST % ("sea", "sea"))[:-20], Outcome.UNREADABLE, "damaged JSON"),
        ("", Outcome.UNREADABLE, "is empty"),
    ],
)
def test_a_record_says_whether_it_was_read_in_full_in_part_or_not_at_all(
    record: str, outcome: Outcome, reason: str, tmp_path: Path
) -> None:
    files = instagram("sea") | {POSTS: record.encode()}
    item = items_by_path(only(write_folder(tmp_path / "export", files)))[POSTS]
    assert item.decided is not None
    assert (item.decided[0], item.decided[1][: len(reason)]) == (outcome, reason)


def test_an_encrypted_record_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "instagram-ana-2024-05-01-AbCd1234.zip"
    path.write_bytes(raw_zip(Raw(POSTS.encode(), flags=1), Raw(b"media/posts/202106/sea.jpg", b"sea")))
    assert outcomes(only(path)) == {POSTS: Outcome.ENCRYPTED, "media/posts/202106/sea.jpg": None}


def test_litter_of_the_operating_system_makes_no_export_and_is_told(tmp_path: Path) -> None:
    files = {
        "__MACOSX/your_instagram_activity/content/._posts_1.json": b"",
        "sea.jpg": b"sea",
        ".DS_Store": b"x",
    }
    source = only(write_zip(tmp_path / "z.zip", files))
    assert source.platform == "folder"
    assert outcomes(source) == {
        "__MACOSX/your_instagram_activity/content/._posts_1.json": Outcome.UNSUPPORTED,
        "sea.jpg": None,
        ".DS_Store": Outcome.UNSUPPORTED,
    }


# Roots


def test_an_export_deep_in_a_folder_is_found_and_the_rest_is_plain(tmp_path: Path) -> None:
    write_folder(tmp_path / "a/b/c/d/instagram", instagram("sea"))
    write_folder(tmp_path, {"a/b/photo.jpg": b"1"})
    assert summary(discover(tmp_path)) == {"instagram": ("instagram", 2), tmp_path.name: ("folder", 1)}


@pytest.mark.parametrize("name", ["z", "instagram-ana-2024-05-01-AbCd1234"])
def test_an_export_too_deep_in_an_archive_is_plain(name: str, tmp_path: Path) -> None:
    for around, platform in (("a/b/c/", "instagram"), ("a/b/c/d/", "folder")):
        files = {f"{around}{path}": data for path, data in instagram("sea").items()}
        assert only(write_zip(tmp_path / f"{name}.zip", files)).platform == platform


def test_an_export_inside_another_platforms_export_is_its_own(tmp_path: Path) -> None:
    outer = build("twitter", "current")
    outer.write(tmp_path, "")
    inner = tmp_path / outer.name / "data" / "kept" / "instagram"
    write_folder(inner, instagram("sea"))
    assert summary(discover(tmp_path / outer.name)) == {
        outer.name: ("x", len(outer.files)),
        "instagram": ("instagram", 2),
    }


def test_an_export_inside_one_of_the_same_platform_is_part_of_it(tmp_path: Path) -> None:
    write_folder(tmp_path, instagram("sea"))
    write_folder(tmp_path / "your_instagram_activity/backup", instagram("old"))
    assert summary(discover(tmp_path)) == {tmp_path.name: ("instagram", 4)}


def test_a_mark_that_the_records_do_not_bear_out_makes_no_export(tmp_path: Path) -> None:
    write_folder(
        tmp_path, {"result.json": b'{"score": 3}', "posts.json": b'[{"title": "no"}]', "a.jpg": b"1"}
    )
    assert only(tmp_path).platform == "folder"


def test_what_else_is_in_an_archive_goes_with_its_export_as_plain_files(tmp_path: Path) -> None:
    takeout = {
        "Takeout/Google Photos/Photos from 2021/sea.jpg": b"sea",
        "Takeout/Google Photos/Photos from 2021/sea.jpg.json": b'{"title": "sea.jpg", "photoTakenTime": {}}',
        "Takeout/Drive/me.jpg": b"me",
        "Takeout/archive_browser.html": b"<html>",
    }
    items = items_by_path(only(write_zip(tmp_path / "takeout-20240501T101112Z-001.zip", takeout)))
    assert {
        key: (item.provenance[0].platform, item.address.rpartition("!")[2]) for key, item in items.items()
    } == {
        "Photos from 2021/sea.jpg": ("google_photos", "Takeout/Google Photos/Photos from 2021/sea.jpg"),
        "Photos from 2021/sea.jpg.json": (
            "google_photos",
            "Takeout/Google Photos/Photos from 2021/sea.jpg.json",
        ),
        "Takeout/Drive/me.jpg": ("folder", "Takeout/Drive/me.jpg"),
        "Takeout/archive_browser.html": ("folder", "Takeout/archive_browser.html"),
    }


def test_two_products_in_one_takeout_are_two_sources(tmp_path: Path) -> None:
    photos, videos = build("google_photos", "english-2025"), build("youtube", "english")
    files = {p.wrapper + path: data for p in (photos, videos) for path, data in p.files.items()}
    sources = discover(write_zip(tmp_path / "takeout-20240501T101112Z-001.zip", files)).sources
    counts = Counter(item.member.path for source in sources for item in source.items() if item.member)
    assert {source.platform for source in sources} == {"google_photos", "youtube"}
    assert counts == Counter(files.keys())


# Parts


def parts(tmp_path: Path, second: dict[str, bytes], ending: str = ".zip") -> Source:
    """An Instagram download in two parts, the first with the records and a picture."""
    write_zip(tmp_path / "instagram-ana-2024-05-01-AbCd1234.zip", instagram("sea") | {"start.html": b"1"})
    name = tmp_path / "instagram-ana-2024-05-01-XyZw9876"
    if ending == ".zip":
        write_zip(name.with_suffix(ending), second)
    elif ending == ".tgz":
        write_tar(name.with_suffix(ending), second, "w:gz")
    else:
        write_folder(name, second)
    return only(tmp_path)


@pytest.mark.parametrize("ending", [".zip", ".tgz", ""])
@pytest.mark.parametrize("wrapper", ["", "instagram-ana-2024-05-01-XyZw9876/"])
def test_a_part_without_any_mark_belongs_to_the_download_of_its_name(
    ending: str, wrapper: str, tmp_path: Path
) -> None:
    record = POST % ("far", "in the other part")
    write_zip(tmp_path / "instagram-ana-2024-05-01-AbCd1234.zip", {POSTS: record.encode()})
    second = {f"{wrapper}media/posts/202106/far.jpg": b"far", f"{wrapper}notes.txt": b"1"}
    name = tmp_path / "instagram-ana-2024-05-01-XyZw9876"
    if ending:
        pack = write_zip if ending == ".zip" else write_tar
        pack(name.with_suffix(ending), second)
    else:
        write_folder(name, second)
    source = only(tmp_path)
    assert captions(source)["media/posts/202106/far.jpg"] == "in the other part"
    assert source.why.endswith("2 parts that belong together by their names")
    assert len(source.containers) == 2


def test_downloads_of_another_day_or_account_are_other_sources(tmp_path: Path) -> None:
    names = [
        f"instagram-{tail}-AbCd1234.zip" for tail in ("ana-2024-05-01", "ana-2024-06-01", "bo-2024-05-01")
    ]
    for name in names:
        write_zip(tmp_path / name, instagram("sea"))
    assert [source.containers for source in discover(tmp_path).sources] == [
        (str(tmp_path / n),) for n in names
    ]


def test_parts_in_different_folders_are_not_joined(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        write_zip(tmp_path / place / "instagram-ana-2024-05-01-AbCd1234.zip", instagram("sea"))
    assert len(discover(tmp_path).sources) == 2


def test_the_same_file_in_two_parts_is_two_items_with_one_story(tmp_path: Path) -> None:
    source = parts(tmp_path, {"media/posts/202106/sea.jpg": b"sea"})
    copies = {key: caption for key, caption in captions(source).items() if key.endswith("sea.jpg")}
    assert copies == {
        "media/posts/202106/sea.jpg": "sea",
        "instagram-ana-2024-05-01-XyZw9876/media/posts/202106/sea.jpg": "sea",
    }


@pytest.mark.parametrize("ending", [".zip", ".tgz", ""])
def test_two_different_files_at_one_path_are_both_kept(ending: str, tmp_path: Path) -> None:
    source = parts(tmp_path, {"start.html": b"22", POSTS: (POST % ("sun", "second")).encode()}, ending)
    items = items_by_path(source)
    other = "instagram-ana-2024-05-01-XyZw9876/"
    assert {key: item.member.read(99) for key, item in items.items() if item.member and "html" in key} == {
        "start.html": b"1",
        f"{other}start.html": b"22",
    }
    assert (items[POSTS].decided, items[other + POSTS].decided) == (items[POSTS].decided,) * 2
    assert items["media/posts/202106/sun.jpg"].provenance[0].caption == "second"


SPLIT = build("instagram", "2024")


@cache
def in_one_piece() -> dict[str, object]:
    """What is said of it in one piece."""
    with tempfile.TemporaryDirectory() as place:
        items = items_by_path(only(SPLIT.write(Path(place), ".zip")))
        return {key: (item.provenance, item.decided) for key, item in items.items()}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=len(SPLIT.files), max_size=len(SPLIT.files)))
def test_however_an_export_is_split_the_same_is_said(places: list[int]) -> None:
    packs = (write_zip, write_tar, write_folder)
    with tempfile.TemporaryDirectory() as place:
        for number, pack in enumerate(packs):
            files = {
                k: SPLIT.files[k] for k, chosen in zip(SPLIT.files, places, strict=True) if chosen == number
            }
            if files:
                ending = (".zip", ".tar", "")[number]
                pack(Path(place, f"instagram-ana.example-2024-05-01-AbCd123{number}{ending}"), files)
        split = {
            key: (item.provenance, item.decided) for key, item in items_by_path(only(Path(place))).items()
        }
    assert split == in_one_piece()


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        name = f"takeout-20240501T101112Z-{number:03d}.zip"
        write_zip(tmp_path / name, {f"Takeout/Google Photos/Photos from 2021/{number}.jpg": b"%d" % number})
    assert [path[-7:-4] for path in only(tmp_path).containers] == ["001", "002", "010"]


def test_marks_that_only_count_together_may_lie_in_different_parts(tmp_path: Path) -> None:
    pack = build("google_photos", "english-2025")
    records = {k: v for k, v in pack.files.items() if k.endswith(".json")}
    media = {k: v for k, v in pack.files.items() if not k.endswith(".json")}
    for number, files in enumerate((media, records), 1):
        name = f"takeout-20250105T101112Z-{number:03d}.zip"
        write_zip(tmp_path / name, {pack.wrapper + path: data for path, data in files.items()})
    one_piece = {
        key: item.provenance for key, item in items_by_path(only(pack.write(tmp_path / "..", ".tar"))).items()
    }
    assert {key: item.provenance for key, item in items_by_path(only(tmp_path)).items()} == one_piece


# What need not be opened again


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A download in two parts, an archive of photographs, and a loose one."""
    parts(tmp_path, {"media/posts/202106/far.jpg": b"far"})
    write_zip(tmp_path / "holiday.zip", {"beach.jpg": b"1"})
    write_folder(tmp_path, {"loose.jpg": b"2"})
    return tmp_path


def archives_of(discovery: Discovery) -> dict[str, tuple[str, str]]:
    """What a library would remember: the archives of sources that have no folder among their containers."""
    return {
        path: (stamp, source.title)
        for source in discovery.sources
        if source.stamps.keys() == set(source.containers)
        for path, stamp in source.stamps.items()
    }


def reopened(home: Path, before: Discovery) -> tuple[list[str], list[object]]:
    after = discover(home, archives_of(before))
    return [source.title for source in after.sources], [same.source_key for same in after.unchanged]


def test_archives_that_did_not_change_are_not_opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = discover(home)
    monkeypatch.setattr("selfsearch.containers.zip.read_directory", None)  # whoever lists a zip now, fails
    assert reopened(home, before) == (["Folder"], ["Archive", "Instagram export"])


def test_one_changed_part_opens_its_whole_export_and_nothing_else(home: Path) -> None:
    before = discover(home)
    write_zip(home / "instagram-ana-2024-05-01-XyZw9876.zip", {"media/posts/202106/new.jpg": b"new"})
    assert reopened(home, before) == (["Instagram export", "Folder"], ["Archive"])
    assert "media/posts/202106/sea.jpg" in items_by_path(discover(home, archives_of(before)).sources[0])


def test_a_missing_part_opens_the_rest(home: Path) -> None:
    before = discover(home)
    (home / "instagram-ana-2024-05-01-XyZw9876.zip").unlink()
    assert reopened(home, before) == (["Instagram export", "Folder"], ["Archive"])


@pytest.mark.parametrize("ending", [".zip", ".tgz", ""])
def test_a_new_part_beside_known_ones_is_joined_to_them(ending: str, home: Path) -> None:
    before = discover(home)
    name, files = home / "instagram-ana-2024-05-01-New00000", instagram("late")
    if ending:
        (write_zip if ending == ".zip" else write_tar)(name.with_suffix(ending), files)
    else:
        write_folder(name, files)
    assert reopened(home, before) == (["Instagram export", "Folder"], ["Archive"])
    assert len(discover(home, archives_of(before)).sources[0].containers) == 3


@pytest.mark.parametrize(("place", "titles"), [("x/", ["Instagram export"]), (None, [])])
def test_a_folder_is_read_again_where_more_than_known_archives_is_in_it(
    place: str | None, titles: list[str], tmp_path: Path
) -> None:
    write_zip(tmp_path / "holiday.zip", {"beach.jpg": b"1"})
    if place:
        write_folder(tmp_path / place, instagram("sea"))
    assert reopened(tmp_path, discover(tmp_path)) == (titles, ["Archive"])


def test_a_new_archive_of_no_series_opens_nothing_else(home: Path) -> None:
    before = discover(home)
    write_zip(home / "another.zip", {"a.jpg": b"1"})
    assert reopened(home, before) == (["Archive", "Folder"], ["Archive", "Instagram export"])


def test_a_single_archive_that_did_not_change_is_not_opened(home: Path) -> None:
    before = discover(home / "holiday.zip")
    assert reopened(home / "holiday.zip", before) == ([], ["Archive"])


def test_two_sources_in_one_archive_share_a_key(tmp_path: Path) -> None:
    photos, videos = build("google_photos", "english-2025"), build("youtube", "english")
    files = {p.wrapper + path: data for p in (photos, videos) for path, data in p.files.items()}
    path = write_zip(tmp_path / "takeout-20240501T101112Z-001.zip", files)
    stamp = discover(path).sources[0].stamps[str(path)]
    after = discover(path, {str(path): (stamp, ("photos", "videos"))})
    assert ([same.source_key for same in after.unchanged], after.sources) == ([("photos", "videos")], ())


def test_an_archive_that_could_not_be_listed_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    path.write_bytes(raw_zip(Raw(b"a.jpg"), disk=2))
    before = discover(path)
    assert [problem.reason for problem in before.problems] == [
        "it is one part of a split archive; join the parts first"
    ]
    assert [(source.count, len(list(source.items()))) for source in before.sources] == [(1, 1)]
    assert len(discover(path, archives_of(before)).sources) == 0


# A single file, and nothing at all


def test_a_single_photograph_is_a_source(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.jpg": b"1", "b.jpg": b"2"})
    source = only(tmp_path / "a.jpg")
    assert {
        key: (item.address, item.member and item.member.read(9))
        for key, item in items_by_path(source).items()
    } == {"a.jpg": (str(tmp_path / "a.jpg"), b"1")}


def test_an_empty_folder_is_a_source_without_items(tmp_path: Path) -> None:
    assert (only(tmp_path).count, list(only(tmp_path).items())) == (0, [])


def test_where_nothing_can_be_read_a_sentence_says_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is neither a file nor a folder"):
        discover(tmp_path / "pipe")
    with pytest.raises(InputError, match="there is nothing at"):
        discover(tmp_path / "nowhere")
    with pytest.raises(InputError, match="too long"):
        discover(tmp_path / ("x" * 300))


def test_documents_that_are_zips_inside_are_files(tmp_path: Path) -> None:
    write_zip(tmp_path / "letter.docx", {"word/media/image1.jpg": b"1"})
    write_zip(tmp_path / "app.jar", {"icon.png": b"1"})
    assert summary(discover(tmp_path)) == {tmp_path.name: ("folder", 2)}


def test_archives_that_cannot_be_opened_say_what_to_do(tmp_path: Path) -> None:
    write_folder(
        tmp_path, {"a.rar": b"Rar!\x1a\x07\x00" + bytes(30), "b.7z": b"7z\xbc\xaf\x27\x1c" + bytes(30)}
    )
    decided = {item.decided for item in only(tmp_path).items()}
    assert decided == {
        (Outcome.UNSUPPORTED, "an archive of a kind that cannot be opened; unpack it and index the folder")
    }


# The registry


def test_a_platform_has_a_name_of_its_own() -> None:
    names = [platform.name for platform in (*PLATFORMS, PLAIN_FILES)]
    assert len(set(names)) == len(names)
    assert "folder" in names


# Parts, copies and names, case by case

IG = "instagram-ana-2024-05-01"
A = "media/other/a.jpg"
MARKED = {POSTS: (POST % ("a", "words")).replace("posts/202106", "other").encode()}
UNMARKED = {A: b"a"}


@pytest.mark.parametrize(
    ("first", "second", "sources"),
    [
        (f"{IG}-Aa", f"{IG}-Bb", 1),
        (f"{IG}-Aa", f"{IG.upper()}-Bb", 1),
        (f"{IG}-Aa", "instagram-ana-2024-05-02-Bb", 2),
        (f"{IG}-Aa", "instagram-bo-2024-05-01-Bb", 2),
        (f"{IG}-Aa", "facebook-ana-2024-05-01-Bb", 2),
        (f"{IG}-Aa", "holiday", 1),
    ],
)
@pytest.mark.parametrize("as_folders", [False, True])
def test_two_parts_are_one_export_unless_their_names_say_otherwise(
    first: str, second: str, sources: int, as_folders: bool, tmp_path: Path
) -> None:
    for name, files in ((first, MARKED), (second, UNMARKED)):
        if as_folders:
            write_folder(tmp_path / name, files)
        else:
            write_zip(tmp_path / f"{name}.zip", files)
    found = discover(tmp_path).sources
    assert len(found) == sources
    picture = next(
        item for source in found for item in source.items() if item.path.endswith("a.jpg") and item.member
    )
    assert picture.provenance[0].caption == ("words" if sources == 1 else None)


@pytest.mark.parametrize(
    ("inner", "wrapper"), [("", ""), (f"{IG}-Bb/", ""), ("", "backup/"), (f"{IG}-Bb/", "backup/2024/")]
)
def test_a_part_without_marks_may_lie_in_folders_of_its_own(inner: str, wrapper: str, tmp_path: Path) -> None:
    write_folder(tmp_path / f"{wrapper}{IG}-Aa", MARKED)
    write_folder(tmp_path / f"{wrapper}{IG}-Bb", {f"{inner}{path}": data for path, data in UNMARKED.items()})
    items = items_by_path(only(tmp_path))
    assert items[A].provenance[0].caption == "words"


def test_the_reason_and_the_places_of_an_export_in_parts_are_told(tmp_path: Path) -> None:
    write_zip(tmp_path / f"{IG}-Bb.zip", UNMARKED)
    write_zip(tmp_path / f"{IG}-Aa.zip", MARKED)
    source = only(tmp_path)
    assert source.title.startswith("Instagram")
    assert source.why.startswith("recognised: has the folder your_instagram_activity")
    assert source.containers == (str(tmp_path / f"{IG}-Aa.zip"), str(tmp_path / f"{IG}-Bb.zip"))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (b"same", b"same", ["words", "words"]),  # a copy has what is said of the first
        (b"same", b"size", [None, "words"]),
        (b"same", b"longer", [None, "words"]),
    ],
)
def test_two_files_at_one_path_are_copies_when_their_bytes_are(
    first: bytes, second: bytes, said: list[str | None], tmp_path: Path
) -> None:
    write_zip(tmp_path / f"{IG}-Aa.zip", MARKED | {A: first})
    write_zip(tmp_path / f"{IG}-Bb.zip", {A: second})
    pictures = [item for item in only(tmp_path).items() if item.path.endswith(".jpg") and item.member]
    assert sorted((item.provenance[0].caption for item in pictures), key=str) == sorted(said, key=str)


def test_what_is_spoken_of_and_not_there_is_told_by_its_link_or_its_number(tmp_path: Path) -> None:
    export = {"outbox.json": b"", "actor.json": b"{}"}
    posts = [
        {"object": {"url": f"https://ex.social/@ana/{n}", "attachment": [{"url": "gone"}], "to": []}}
        for n in (1, 1)
    ]
    export["outbox.json"] = json.dumps({"type": "OrderedCollection", "orderedItems": posts}).encode()
    write_folder(tmp_path / "x", export)
    items = [item for item in only(tmp_path / "x").items() if item.member is None]
    assert [(item.path, item.address) for item in items] == [
        ("https://ex.social/@ana/1", "https://ex.social/@ana/1"),
        ("https://ex.social/@ana/1 [2]", "https://ex.social/@ana/1"),
    ]
    assert {item.decided for item in items} == {(Outcome.LINK_ONLY, "the export has only a link to it")}


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        ("", "", "b.txt"),
        ("", f"{IG}-Bb/", "b.txt"),
        (f"{IG}-Aa/", f"{IG}-Aa/", "b.txt"),
        (f"{IG}-Aa/", f"{IG}-Bb/", "b.txt"),
        (f"{IG}-Aa/inner/", f"{IG}-Bb/inner/", "b.txt"),
        (f"{IG}-Aa/inner/", f"{IG}-Bb/other/", "other/b.txt"),
        (f"{IG}-Aa/", "", "b.txt"),
        (f"{IG}-Aa/", "instagram-bo-2024-05-01-Bb/", "instagram-bo-2024-05-01-Bb/b.txt"),
    ],
)
def test_a_part_without_marks_begins_where_the_one_with_marks_does_or_in_its_own_wrapper(
    first: str, second: str, key: str, tmp_path: Path
) -> None:
    write_zip(tmp_path / f"{IG}-Aa.zip", {f"{first}{path}": data for path, data in MARKED.items()})
    write_zip(tmp_path / f"{IG}-Bb.zip", {f"{second}b.txt": b"b"})
    assert [item.path for item in only(tmp_path).items() if item.member] == [POSTS, key]


def test_a_part_with_two_folders_at_its_top_has_no_wrapper(tmp_path: Path) -> None:
    write_zip(tmp_path / f"{IG}-Aa.zip", {f"{IG}-Aa/{path}": data for path, data in MARKED.items()})
    write_zip(tmp_path / f"{IG}-Bb.zip", {f"{IG}-Bb/b.txt": b"b", f"{IG}-Cc/c.txt": b"c"})
    keys = {item.path for item in only(tmp_path).items() if item.member}
    assert keys == {POSTS, f"{IG}-Bb/b.txt", f"{IG}-Cc/c.txt"}


def test_two_halves_of_a_mark_in_two_parts_make_an_export(tmp_path: Path) -> None:
    write_zip(tmp_path / "mydata~1234567890.zip", {"json/account.json": b"{}"})
    assert only(tmp_path).platform == "folder"
    write_zip(tmp_path / "mydata~1234567890-2.zip", {"json/chat_history.json": b"{}"})
    source = only(tmp_path)
    assert (source.platform, len(source.containers)) == ("snapchat", 2)


def test_sources_and_their_parts_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    for part, total in ((1, 3), (3, 3), (2, 9)):
        name = f"iCloud Photos Part {part} of {total}"
        write_zip(tmp_path / f"{name}.zip", {f"{name}/Photos/{part}.jpg": b"%d" % part})
    found = [[path[-10:-4] for path in source.containers] for source in discover(tmp_path).sources]
    assert found == [["1 of 3", "3 of 3"], ["2 of 9"]]


def test_parts_in_folders_and_in_archives_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    write_zip(tmp_path / f"{IG}-Bb.zip", UNMARKED)
    write_folder(tmp_path / f"{IG}-Aa", MARKED)
    write_zip(tmp_path / f"{IG}-Cc.zip", {"media/posts/202106/c.jpg": b"c"})
    source = only(tmp_path)
    assert source.containers == tuple(str(tmp_path / f"{IG}-{end}") for end in ("Aa", "Bb.zip", "Cc.zip"))
    assert source.why.startswith("recognised: has the folder your_instagram_activity; 3 parts")


def test_what_is_missing_has_a_path_that_no_other_file_of_the_archive_has(tmp_path: Path) -> None:
    files = {f"kept/{path}": data for path, data in MARKED.items()} | {A: b"of something else"}
    items = items_by_path(only(write_zip(tmp_path / "z.zip", files)))
    assert {key: item.provenance[0].caption for key, item in items.items() if item.member is None} == {
        "media/other/a [2].jpg": "words"
    }
    assert items[A].provenance[0].platform == "folder"


@pytest.mark.parametrize("ending", ["zip", "tar"])
@pytest.mark.parametrize("first", [{"method": 8, "packed": b"\xff" * 9, "crc": 1}, {"flags": 1}])
def test_a_record_that_cannot_be_read_is_no_copy_of_one_that_can(
    first: dict[str, Any], ending: str, tmp_path: Path
) -> None:
    broken = Raw(POSTS.encode(), MARKED[POSTS], size=len(MARKED[POSTS]), **first)
    (tmp_path / f"{IG}-Aa.zip").write_bytes(raw_zip(broken))
    write = write_zip if ending == "zip" else write_tar
    write(tmp_path / f"{IG}-Bb.{ending}", MARKED | UNMARKED)
    assert items_by_path(only(tmp_path))[A].provenance[0].caption == "words"


def test_of_media_at_one_path_without_checksums_the_size_tells_whether_they_are_copies(
    tmp_path: Path,
) -> None:
    write_tar(tmp_path / f"{IG}-Aa.tar", MARKED | {A: b"same", "b.json": b"[1]"})
    write_tar(tmp_path / f"{IG}-Bb.tar", {A: b"size", "b.json": b"[2]"})
    items = [item for item in only(tmp_path).items() if item.path.endswith("a.jpg")]
    assert [item.provenance[0].caption for item in items] == ["words", "words"]


def test_what_is_missing_has_its_address_in_the_first_part(tmp_path: Path) -> None:
    from .exports.icloud import HEADER, row

    lists = {"Photos/Photo Details.csv": (HEADER + row("LOST.JPG")).encode()}
    for part, files in ((1, lists), (2, {"Photos/B.JPG": b"b"})):
        name = f"iCloud Photos Part {part} of 2"
        write_zip(tmp_path / f"{name}.zip", {f"{name}/{path}": data for path, data in files.items()})
    lost = items_by_path(only(tmp_path))["Photos/LOST.JPG"]
    assert lost.address == f"{tmp_path}/iCloud Photos Part 1 of 2.zip!Photos/LOST.JPG"


def test_a_closed_source_is_read_again_and_keeps_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_zip(tmp_path / f"{IG}-Aa.zip", MARKED)
    write_zip(tmp_path / f"{IG}-Bb.zip", UNMARKED)
    source = only(tmp_path)
    first = items_by_path(source)
    closed: list[str] = []
    container = type(first[A].member.container) if first[A].member else object
    close = container.close  # type: ignore[attr-defined]
    monkeypatch.setattr(container, "close", lambda self: closed.append(self.path) or close(self))
    source.close()
    assert tuple(closed) == source.containers
    again = items_by_path(source)[A]
    assert again.member is not None
    assert again.member.read(9) == b"a"


# Media saved beside an export of links

LISTS = {"comments.csv": b"", "statistics.csv": b""}
SAVED = ("abcdefgh12", "abcdefgh1", "abcdefghij", "my_1234567", "12345678")
ROWS = "".join(f"p{n},2024-05-01 10:00:00 UTC,https://i.redd.it/{name}.jpg\n" for n, name in enumerate(SAVED))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("place", "picture", "is_found"),
    [
        ("", "abcdefgh12.jpg", True),
        ("", "saved/12345678.jpg", True),
        ("", "abcdefgh1.jpg", False),  # nine letters and digits are no id
        ("", "abcdefghij.jpg", False),  # nor are letters alone
        ("", "my_1234567.jpg", False),
        ("", "abcdefgh12.txt", False),
        ("", "abcdefgh13.jpg", False),  # in no post
        ("a/", "a/saved/abcdefgh12.jpg", True),
        ("a/", "b/abcdefgh12.jpg", False),
        ("a/", "abcdefgh12.jpg", False),
    ],
)
def test_media_saved_beside_an_export_of_links_is_its_posts(
    place: str, picture: str, is_found: bool, packed: bool, tmp_path: Path
) -> None:
    files = LISTS | {"posts.csv": f"id,date,url\n{ROWS}".encode()}
    (tmp_path / place).mkdir(exist_ok=True)
    if packed:
        write_zip(tmp_path / f"{place}reddit.zip", files)
    else:
        write_folder(tmp_path / f"{place}reddit", files)
    write_folder(tmp_path, {picture: b"x", "loose.jpg": b"y"})
    reddit, plain = discover(tmp_path).sources
    platform_of = {item.path: item for item in reddit.items() if item.member}
    name = picture.removeprefix(place)
    assert (name in platform_of) is is_found
    assert reddit.why.endswith("; 1 file beside it that its posts name") is is_found
    assert len(list(plain.items())) == 2 - is_found


def test_what_lies_in_an_export_of_links_itself_is_found_without_a_part_of_its_own(tmp_path: Path) -> None:
    files = LISTS | {"posts.csv": f"id,date,url\n{ROWS}".encode(), "abcdefgh12.jpg": b"x"}
    source = only(write_folder(tmp_path, files))
    assert items_by_path(source)["abcdefgh12.jpg"].provenance[0].posted is not None
    assert source.why == "recognised: Reddit's lists of posts and comments"


def test_what_has_neither_file_nor_link_is_called_by_its_id_else_its_time(tmp_path: Path) -> None:
    table = (
        "Video ID,Video Title (Original),Privacy,Video Publish Timestamp\n"
        "short,a,Public,2020-01-01T00:00:00\n,b,Public,2021-07-05T10:30:00\n,c,Public,\n"
    )
    source = only(write_folder(tmp_path, {"video metadata/videos.csv": table.encode()}))
    assert [item.path for item in source.items() if item.member is None] == [
        "short", "2021-07-05T10:30:00+00:00", "without a link",
    ]  # fmt: skip


def test_a_folder_of_a_downloads_name_is_a_part_of_it_whatever_it_holds(tmp_path: Path) -> None:
    write_folder(tmp_path / f"{IG}-Aa", MARKED)
    write_folder(tmp_path / f"{IG}-Bb", {"b.txt": b"b"})
    assert [item.path for item in only(tmp_path).items() if item.member] == [POSTS, "b.txt"]


def test_items_come_in_the_order_in_which_they_lie_in_their_archive(tmp_path: Path) -> None:
    names = ["c.jpg", ".DS_Store", "a.jpg", "b/Thumbs.db", "b.jpg"]
    source = only(write_zip(tmp_path / "z.zip", dict.fromkeys(names, b"x")))
    assert [item.path for item in source.items()] == names
