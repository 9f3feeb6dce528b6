"""Parts of an export that were unpacked and renamed by hand join again where its records name their files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from selfsearch.exports.discovery import discover
from selfsearch.exports.platforms import PLATFORMS
from selfsearch.exports.platforms.base import Platform
from selfsearch.exports.source import Source

from .archives import write_folder, write_zip
from .conftest import Run
from .exports import whatsapp
from .exports.reading import columns
from .photos import photo
from .test_discovery import POST, POSTS, captions, only
from .test_readers import build, fixture, name_of

PICTURE = "media/posts/202106/a.jpg"
WITH_RECORDS = {POSTS: (POST % ("a", "words")).encode()}
TAKEOUT = "Google Photos/Photos from 2021"


def sidecar(title: str, words: str) -> bytes:
    times = {"photoTakenTime": {"timestamp": "1625317121"}, "creationTime": {"timestamp": "1625320925"}}
    return json.dumps({"title": title, "description": words, **times}).encode()


@pytest.mark.parametrize("names", [("Takeout", "Takeout 2"), ("Takeout 2", "Takeout"), ("one", "two")])
def test_a_takeout_that_was_unpacked_to_several_folders_is_one(
    names: tuple[str, str], tmp_path: Path
) -> None:
    write_folder(
        tmp_path / names[0], {f"{TAKEOUT}/a.jpg": b"a", f"{TAKEOUT}/a.jpg.json": sidecar("a.jpg", "A")}
    )
    write_folder(tmp_path / names[1], {f"{TAKEOUT}/b.jpg": b"b"})
    write_folder(tmp_path / names[0], {f"{TAKEOUT}/b.jpg.json": sidecar("b.jpg", "B")})
    source = only(tmp_path)
    said = captions(source)
    assert (said["Photos from 2021/a.jpg"], said["Photos from 2021/b.jpg"]) == ("A", "B")
    other = tmp_path / names[1] / "Google Photos"
    assert f"{other} belongs to it: its records name 1 file there" in source.why or (
        f"{tmp_path / names[0] / 'Google Photos'} belongs to it" in source.why
    )


def test_takeouts_of_two_people_stay_two(tmp_path: Path) -> None:
    for name, words in (("Takeout", "mine"), ("Takeout 2", "yours, and longer")):
        files = {f"{TAKEOUT}/a.jpg": words.encode(), f"{TAKEOUT}/a.jpg.json": sidecar("a.jpg", words)}
        write_folder(tmp_path / name, files)
    write_folder(tmp_path / "Takeout", {f"{TAKEOUT}/b.jpg.json": sidecar("b.jpg", "mine")})
    write_folder(tmp_path / "Takeout 2", {f"{TAKEOUT}/b.jpg": b"b"})
    (theirs, mine) = discover(tmp_path).sources
    assert (mine.containers, theirs.containers) == (
        (f"{tmp_path}/Takeout/Google Photos",),
        (f"{tmp_path}/Takeout 2/Google Photos",),
    )
    assert captions(theirs)["Photos from 2021/b.jpg"] is None


def test_a_renamed_folder_with_the_files_that_records_name_belongs_to_them(tmp_path: Path) -> None:
    write_zip(tmp_path / "instagram-ana-2024-05-01-Aa.zip", WITH_RECORDS)
    write_folder(tmp_path / "old phone" / "holiday", {PICTURE: b"a", "media/posts/202106/b.jpg": b"b"})
    write_folder(tmp_path / "old phone" / "holiday", {"mine/c.jpg": b"c"})
    export, plain = discover(tmp_path).sources
    assert captions(export)[PICTURE] == "words"
    assert export.why.endswith(f"; {tmp_path}/old phone/holiday belongs to it: its records name 1 file there")
    assert [item.path for item in plain.items()] == ["old phone/holiday/mine/c.jpg"]


def test_a_renamed_archive_with_the_files_that_records_name_belongs_to_them(tmp_path: Path) -> None:
    write_folder(tmp_path / "from instagram", WITH_RECORDS)
    write_zip(tmp_path / "pictures.zip", {f"x/{PICTURE}": b"a"})
    assert captions(only(tmp_path))[PICTURE] == "words"


def test_a_file_of_the_same_name_in_another_folder_is_nobodys(tmp_path: Path) -> None:
    write_folder(tmp_path / "from instagram", WITH_RECORDS)
    write_folder(tmp_path / "holiday", {"posts/202106/a.jpg": b"a"})
    assert len(discover(tmp_path).sources) == 2


def test_a_file_that_two_exports_name_is_neithers(tmp_path: Path) -> None:
    for name in ("ana", "bo"):
        write_zip(tmp_path / f"instagram-{name}-2024-05-01-Aa.zip", WITH_RECORDS)
    write_folder(tmp_path / "holiday", {PICTURE: b"a"})
    assert [source.platform for source in discover(tmp_path).sources] == ["instagram", "instagram", "folder"]


def test_chats_whose_pictures_are_called_alike_stay_apart(tmp_path: Path) -> None:
    for layout in ("android-us", "android-german"):
        (tmp_path / layout).mkdir()
        whatsapp.build(layout).write(tmp_path / layout)
    found = discover(tmp_path).sources
    assert len(found) == 2
    for source in found:
        said = [item.provenance[0].posted for item in source.items() if item.path.startswith("IMG-")]
        assert said
        assert all(said)


def test_the_same_export_twice_stays_two(tmp_path: Path) -> None:
    for name in ("saved once", "saved again"):
        write_folder(tmp_path / name, WITH_RECORDS | {PICTURE: b"a"})
    assert len(discover(tmp_path).sources) == 2


def test_downloads_whose_names_say_that_they_are_two_stay_two(tmp_path: Path) -> None:
    write_zip(tmp_path / "instagram-ana-2024-05-01-Aa.zip", WITH_RECORDS)
    write_zip(tmp_path / "instagram-ana-2023-05-01-Aa.zip", {PICTURE: b"a", f"x/{POSTS}": b"[]"})
    assert len(discover(tmp_path).sources) == 2


@pytest.mark.parametrize("name", ["instagram-ana-2024-05-01-Bb (1)", "instagram-ana-2024-05-01-Bb 2"])
def test_a_number_that_a_browser_put_behind_a_name_is_no_part_of_it(name: str, tmp_path: Path) -> None:
    write_zip(tmp_path / "instagram-ana-2024-05-01-Aa.zip", WITH_RECORDS)
    write_zip(tmp_path / f"{name}.zip", {PICTURE: b"a"})
    assert captions(only(tmp_path))[PICTURE] == "words"


JOINED_BY_PATH = ("instagram", "facebook", "google_photos", "telegram", "mastodon", "flickr")


@pytest.mark.parametrize("platform", [each for each in PLATFORMS if each.name in JOINED_BY_PATH], ids=name_of)
def test_records_and_media_in_two_renamed_folders_say_what_they_say_in_one(
    platform: type[Platform], tmp_path: Path
) -> None:
    pack = build(platform, fixture(platform).LAYOUTS[0])
    pack.write(tmp_path / "whole", "")
    for half in pack.by_hand():
        half.write(tmp_path / "halves")
    whole, split = (said_of_media(discover(tmp_path / place).sources) for place in ("whole", "halves"))
    assert {path: split[path] for path in whole} == whole


def said_of_media(sources: tuple[Source, ...]) -> dict[str, list[object]]:
    """What is said of each picture and video that is there."""
    return {
        item.path.removeprefix("first half/").removeprefix("second half/"): [
            (said.context, said.caption, said.posted_at, said.exposure, said.audience)
            for said in map(columns, item.provenance)
        ]
        for source in sources
        for item in source.items()
        if item.member and item.decided is None
    }


def test_sources_says_which_folders_were_joined_and_why(home: Path, run: Run, tmp_path: Path) -> None:
    write_folder(tmp_path / "exports" / "from instagram", WITH_RECORDS)
    write_folder(tmp_path / "exports" / "holiday", {PICTURE: photo("astronaut", 1)})
    run("index", tmp_path / "exports", "--consent", "own")
    (source,) = run("sources", "--json").json["sources"]
    assert source["why"].endswith(f"{tmp_path}/exports/holiday belongs to it: its records name 1 file there")
    assert source["containers"] == [f"{tmp_path}/exports/from instagram", f"{tmp_path}/exports/holiday"]


def test_one_part_indexed_alone_leaves_what_the_others_hold(home: Path, run: Run, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    first, second = (exports / f"instagram-ana-2024-05-01-{tail}" for tail in ("Aa", "Bb"))
    write_folder(first, WITH_RECORDS | {"media/posts/202106/b.jpg": photo("astronaut", 2)})
    write_folder(second, {PICTURE: photo("astronaut", 1)})
    run("index", exports, "--consent", "own")
    (whole,) = run("sources", "--json").json["sources"]
    (alone,) = run("index", first, "--consent", "own", "--json").json["sources"]
    assert alone["gone"] == 0
    (source,) = run("sources", "--json").json["sources"]
    assert (source["containers"], source["root"]) == (whole["containers"], whole["root"])
    shutil.rmtree(second)
    run("index", exports)
    assert run("sources", "--json").json["sources"][0]["containers"] == [str(first)]
    assert run("status", "--json").json["outcomes"]["indexed"] == 1
