"""iCloud Photos exports: rows find their files by folder, and albums only what they name without doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.dates import parse_apple_date
from selfsearch.exports.platforms.icloud import ICloud
from selfsearch.types import Exposure

from .exports import Pack
from .exports import icloud as fixture
from .exports.reading import joined, readings


def test_the_folder_that_windows_syncs_is_not_an_export() -> None:
    pack = Pack("Pictures")
    pack.add("IMG_0001.JPG", b"x")
    assert not ICloud.confirm(pack.as_export())


def test_a_csv_of_that_name_with_other_columns_is_not_apples() -> None:
    pack = Pack("work")
    pack.add("Photo Details.csv", "Photographer,Price\nAna,3\n")
    pack.add("IMG_0001.JPG", b"x")
    assert not ICloud.confirm(pack.as_export())
    assert {
        path: [item.taken_at for item in provenances] for path, provenances in readings(pack, ICloud).items()
    } == {"IMG_0001.JPG": [None]}


@pytest.mark.parametrize(
    ("container", "key"),
    [
        ("iCloud Photos Part 1 of 3.zip", "icloud photos part of 3"),
        ("iCloud Photos Part 2 of 3 (1).zip", "icloud photos part of 3"),
        ("iCloud Photos Part 2 of 4", "icloud photos part of 4"),
        ("iCloud Fotos Teil 2 von 4.zip", "icloud fotos teil of 4"),
        ("iCloud Photos.zip", "icloud photos"),
        ("Photos.zip", None),
    ],
)
def test_parts_of_one_export_share_a_key(container: str, key: str | None) -> None:
    assert ICloud.part_key(container) == key


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Sunday August 14,2022 9:30 AM GMT", "2022-08-14T09:30:00+00:00"),
        ("Sunday August 14,2022 9:30 PM GMT", "2022-08-14T21:30:00+00:00"),
        ("Thursday August 04,2022 12:05 AM GMT", "2022-08-04T00:05:00+00:00"),
        ("Thursday August 4,2022 12:05 PM GMT", "2022-08-04T12:05:00+00:00"),
        ("Thursday August 4,2022 13:05 PM GMT", "2022-08-04T13:05:00+00:00"),
        ("Thursday August 4, 2022 1:05\u202fPM GMT", "2022-08-04T13:05:00+00:00"),
        ("Monday January 1,0001 12:00 AM GMT", None),
        ("Monday Smarch 1,2022 12:00 AM GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_apples_dates_are_read(text: str | None, right: str | None) -> None:
    assert parse_apple_date(text) == right


def test_an_album_whose_name_several_files_carry_says_so() -> None:
    export = fixture.build("three-parts").as_export()
    list(ICloud(export).mentions())
    assert export.notes == {
        "iCloud Photos Part 1 of 3/Albums/Trip.csv": (
            "1 of its names are carried by several files, which are not put in the album"
        )
    }


def test_a_name_in_an_album_that_two_files_carry_is_put_in_neither() -> None:
    pack = library(fixture.row("A.JPG"), Albums__Trip="Images\nA.JPG\nB.JPG\n")
    pack.add("More/A.JPG", b"y")
    pack.add("More/B.JPG", b"z")
    export = pack.as_export()
    albums = {mention.path: mention.provenance.album for mention in ICloud(export).mentions()}
    assert albums == {"Photos/A.JPG": None, "More/B.JPG": "Trip"}
    assert list(export.notes) == ["Albums/Trip.csv"]


def test_only_the_folder_of_a_part_keeps_rows_and_files_together() -> None:
    pack = Pack("iCloud Photos")
    pack.add("Lists/Photo Details.csv", fixture.HEADER + fixture.row("A.JPG"))
    pack.add("Lists/x/A.JPG", b"x")
    pack.add("Photos/A.JPG", b"y")
    assert [mention.path for mention in ICloud(pack.as_export()).mentions()] == ["Lists/A.JPG"]


def test_a_missing_part_is_seen_by_the_rows_that_name_its_files() -> None:
    pack = Pack("iCloud Photos Part 1 of 2")
    pack.add("Photos/Photo Details.csv", fixture.HEADER + fixture.row("IMG_0001.JPG"))
    provenances = readings(pack, ICloud)
    assert {path: [item.context for item in items] for path, items in provenances.items()} == {
        "Photos/IMG_0001.JPG": ["library"]
    }


def test_a_deleted_photograph_is_not_mixed_up_with_a_later_one_of_its_name() -> None:
    pack = Pack("iCloud Photos")
    old, new = "Sunday August 14,2022 9:30 AM GMT", "Monday August 14,2023 9:30 AM GMT"
    lines = fixture.row("A.JPG", flags="no,no,yes", taken=old) + fixture.row("A.JPG", taken=new)
    pack.add("Photos/Photo Details.csv", fixture.HEADER + lines)
    pack.add("Photos/A.JPG", b"new")
    pack.add("Recently Deleted/A.JPG", b"old")
    provenances = readings(pack, ICloud)
    assert [
        (item.context, item.taken_at) for path in sorted(provenances, key=str) for item in provenances[path]
    ] == [
        ("library", "2023-08-14T09:30:00+00:00"),
        ("deleted", "2022-08-14T09:30:00+00:00"),
    ]


def test_no_photograph_of_the_library_is_said_to_be_private() -> None:
    provenances = readings(fixture.build("one-part"), ICloud)
    levels = {item.context: item.exposure for path in provenances for item in provenances[path]}
    assert set(levels) == {"library", "hidden", "deleted", "album", "memory", "shared_album"}
    assert set(levels.values()) == {Exposure.UNKNOWN}


def test_what_the_shared_library_does_not_name_is_not_private_for_that() -> None:
    lists = {"Photos__Shared Library Details": "imgName,contributedByMe\nB.JPG,no\n"}
    said = readings(library(fixture.row("A.JPG"), **lists), ICloud)
    assert {path: [item.exposure for item in said[path]] for path in sorted(said, key=str)} == {
        "Photos/A.JPG": [Exposure.UNKNOWN],
        "Photos/B.JPG": [Exposure.NETWORK],
    }


def test_a_name_in_the_shared_library_that_several_files_carry_leaves_all_of_them_open() -> None:
    lists = {"Photos__Shared Library Details": "imgName\nTWICE.JPG\n"}
    pack = library(fixture.row("A.JPG"), **lists)
    pack.add("Lists/1/TWICE.JPG", b"y")
    pack.add("Lists/2/TWICE.JPG", b"z")
    said = readings(pack, ICloud)
    assert {path: [item.exposure for item in said[path]] for path in sorted(said, key=str)} == {
        "Lists/1/TWICE.JPG": [Exposure.UNKNOWN],
        "Lists/2/TWICE.JPG": [Exposure.UNKNOWN],
        "Photos/A.JPG": [Exposure.UNKNOWN],
    }


@pytest.mark.parametrize(
    ("word", "level", "end"),
    [
        (True, Exposure.PUBLIC, "it has a public website (isPublic), where anyone can see it"),
        (False, Exposure.UNKNOWN, "(isPublic = false), but may have had one before"),
        (
            "sometimes",
            Exposure.UNKNOWN,
            "isPublic = sometimes, a word that is not known",
        ),
        (None, Exposure.UNKNOWN, "its record does not say whether it has a public website"),
    ],
)
def test_a_shared_album_is_public_when_it_has_a_website_and_open_else(
    word: object, level: Exposure, end: str
) -> None:
    pack = Pack("iCloud Shared Albums")
    pack.add("My Albums/Trip/AlbumInfo.json", {"albumName": "Trip", "isPublic": word})
    pack.add("My Albums/Trip/A.JPG", b"x")
    (item,) = readings(pack, ICloud)["My Albums/Trip/A.JPG"]
    assert item.exposure is level
    assert item.exposure_reason.endswith(end)
    assert item.audience == (f"isPublic: {str(word).lower()}" if word else None)
    assert item.audience_source == "per_album"


def test_the_export_does_not_name_its_owner() -> None:
    assert ICloud(fixture.build("one-part").as_export()).account == Account()


def test_parts_that_repeat_a_name_keep_their_dates_apart(tmp_path: Path) -> None:
    pack = fixture.build("three-parts")
    folders = dict.fromkeys(path.partition("/")[0] for path in pack.files)
    provenances = joined(pack, {f"{folder}/": folder for folder in folders}, tmp_path)
    dates = [
        item.taken_at
        for path in provenances
        if path.endswith("Photos/IMG_0001.JPG")
        for item in provenances[path]
    ]
    assert dates == [f"2022-08-{day}T09:30:00+00:00" for day in (14, 15, 16)]
    assert [item.album for item in provenances["Photos/ONLY_2.JPG"]] == ["Trip"]


def library(*rows: str, name: str = "Photos/Photo Details.csv", **files: str) -> Pack:
    """A library with these rows, one photograph and other CSVs ("__" for "/")."""
    pack = Pack("iCloud Photos")
    pack.add(name, fixture.HEADER + "".join(rows))
    pack.add(f"{name.rpartition('/')[0]}/A.JPG", b"x")
    for path, text in files.items():
        pack.add(f"{path.replace('__', '/')}.csv", text)
    return pack


@pytest.mark.parametrize(
    ("pack", "context", "exposure", "reason", "album"),
    [
        (library(fixture.row("A.JPG")), "library", Exposure.UNKNOWN, fixture.OWN, None),
        (library(fixture.row("A.JPG", flags="no,yes,no")), "hidden", Exposure.UNKNOWN,
         fixture.HIDDEN + fixture.OWN, None),
        (library(fixture.row("A.JPG", flags="no,TRUE,no")), "hidden", Exposure.UNKNOWN,
         fixture.HIDDEN + fixture.OWN, None),
        (library(fixture.row("A.JPG", flags="no,no,1")), "deleted", Exposure.UNKNOWN,
         fixture.DELETED + fixture.OWN, None),
        (library(fixture.row("A.JPG", flags="no,yes,yes")), "deleted", Exposure.UNKNOWN,
         fixture.DELETED + fixture.OWN, None),
        (library(fixture.row("A.JPG"), Albums__Trip="Images\nA.JPG\n"), "album", Exposure.UNKNOWN,
         fixture.OWN, "Trip"),
        (library(fixture.row("A.JPG"), Albums__Hidden="Images\nA.JPG\n"), "hidden", Exposure.UNKNOWN,
         fixture.HIDDEN + fixture.OWN, None),
        (library(fixture.row("A.JPG"), Albums__Favorites="Images\nA.JPG\n"), "library", Exposure.UNKNOWN,
         fixture.OWN, None),
        (library(fixture.row("A.JPG"), Memories__Lisbon="Images\nA.JPG\n"), "memory", Exposure.UNKNOWN,
         fixture.OWN, "Lisbon"),
        (library(fixture.row("A.JPG"), Memories__Lisbon="Images\nA.JPG\n", Albums__Trip="imgName\nA.JPG\n"),
         "album", Exposure.UNKNOWN, fixture.OWN, "Trip"),
        (library(fixture.row("A.JPG"), name="Photos/Shared Library Details.csv"), "shared_library",
         Exposure.NETWORK, fixture.SHARED, None),
        (library(fixture.row("A.JPG", flags="no,no,yes"), name="Photos/Shared Library Details.csv"),
         "deleted", Exposure.NETWORK, fixture.DELETED + fixture.SHARED, None),
    ],
)  # fmt: skip
def test_what_the_rows_say_of_a_photograph(
    pack: Pack, context: str, exposure: Exposure, reason: str, album: str | None
) -> None:
    (item,) = readings(pack, ICloud)["Photos/A.JPG"]
    assert (item.context, item.exposure, item.exposure_reason, item.album) == (
        context,
        exposure,
        reason,
        album,
    )
    assert item.author_is_owner is None


@pytest.mark.parametrize(
    ("record", "album"),
    [
        ({"title": "Trip"}, "Trip"),
        ({"name": "Trip"}, "Trip"),
        ({"albumName": "Trip"}, "Trip"),
        ({}, "folder"),
    ],
)
def test_a_shared_album_has_the_name_that_its_record_gives_it(record: dict[str, str], album: str) -> None:
    pack = Pack("iCloud Shared Albums")
    pack.add("My Albums/folder/AlbumInfo.json", record)
    pack.add("My Albums/folder/A.JPG", b"x")
    (item,) = readings(pack, ICloud)["My Albums/folder/A.JPG"]
    assert (item.album, item.context, item.exposure) == (album, "shared_album", Exposure.UNKNOWN)


@pytest.mark.parametrize(
    ("path", "context", "exposure"),
    [
        ("Photos/B.JPG", "library", Exposure.UNKNOWN),
        ("Recently Deleted/B.JPG", "deleted", Exposure.UNKNOWN),
        ("iCloud Shared Albums/Trip/B.JPG", "shared_album", Exposure.UNKNOWN),
        ("iCloud Shared Albums/Subscribed Albums/Trip/B.JPG", "shared_album", Exposure.UNKNOWN),
        ("My Albums/B.JPG", "library", Exposure.UNKNOWN),
    ],
)
def test_a_file_without_a_row_is_what_its_folder_says(path: str, context: str, exposure: Exposure) -> None:
    item = ICloud(library().as_export()).infer(path)
    assert (item.context, item.exposure.level) == (context, exposure)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Sunday August 14,2022 12:30 AM GMT", "2022-08-14T00:30:00+00:00"),
        ("Sunday August 14,2022 12:30 PM GMT", "2022-08-14T12:30:00+00:00"),
        ("Sunday August 14,2022 1:30 PM GMT", "2022-08-14T13:30:00+00:00"),
        ("Sunday August 14,2022 13:30 PM GMT", "2022-08-14T13:30:00+00:00"),
        ("Sunday August 14,2022 13:30 GMT", "2022-08-14T13:30:00+00:00"),
        ("Sunday August 14,2022 1:30:59 pm GMT", "2022-08-14T13:30:59+00:00"),
        ("Sunday August 14,1825 1:30 PM GMT", None),
    ],
)
def test_halves_of_the_day_are_read(text: str, right: str | None) -> None:
    assert parse_apple_date(text) == right


def test_a_row_finds_its_file_in_its_own_part_first() -> None:
    pack = Pack("x")
    for number, taken in ((1, "Sunday August 14,2022 9:30 AM GMT"), (2, "Monday August 14,2023 9:30 AM GMT")):
        part = f"iCloud Photos Part {number} of 2"
        pack.add(f"{part}/Details/Photo Details.csv", fixture.HEADER + fixture.row("A.JPG", taken=taken))
        pack.add(f"{part}/Photos/A.JPG", b"x")
    said = readings(pack, ICloud)
    times = {path: [item.taken_at for item in items] for path, items in said.items() if path}
    assert times == {
        "iCloud Photos Part 1 of 2/Photos/A.JPG": ["2022-08-14T09:30:00+00:00"],
        "iCloud Photos Part 2 of 2/Photos/A.JPG": ["2023-08-14T09:30:00+00:00"],
    }


@pytest.mark.parametrize(
    ("path", "prefix", "why"),
    [
        ("x/Photos/Photo Details.csv", "x/", "“Photo Details.csv” lists the photographs"),
        ("x/Fotos/Photo Details-1.csv", "x/", "“Photo Details-1.csv” lists the photographs"),
        ("x/Foto/Shared Library Details.csv", "x/", "“Shared Library Details.csv” lists the photographs"),
        ("x/Recently Deleted/Photo Details.csv", "x/", "“Photo Details.csv” lists the photographs"),
        ("x/y/Photo Details.csv", "x/y/", "“Photo Details.csv” lists the photographs"),
        ("x/My Albums/Trip/AlbumInfo.json", "x/", "AlbumInfo.json of a shared album"),
        ("x/iCloud Photos/a.jpg", "x/iCloud Photos/", "folder “iCloud Photos”"),
        (
            "x/iCloud Photos Part 1 of 2/a.jpg",
            "x/iCloud Photos Part 1 of 2/",
            "folder “iCloud Photos Part 1 of 2”",
        ),
        ("x/iCloud Shared Albums/a.jpg", "x/iCloud Shared Albums/", "folder “iCloud Shared Albums”"),
    ],
)
def test_an_export_begins_around_what_gives_it_away(path: str, prefix: str, why: str) -> None:
    assert [(root.prefix, root.why) for root in ICloud.recognize(PathIndex([path]))] == [(prefix, why)]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Sunday August 14,2022 12:30 GMT", "2022-08-14T12:30:00+00:00"),
        ("Sunday August 14,2022 13:30 AM GMT", "2022-08-14T13:30:00+00:00"),
    ],
)
def test_an_hour_of_twenty_four_stays_as_it_is(text: str, right: str) -> None:
    assert parse_apple_date(text) == right


def test_a_list_with_a_cell_beyond_all_bounds_is_read_up_to_it() -> None:
    pack = library(fixture.row("A.JPG"), "x" * 200_000)
    pack.files["Photos/Photo Details.csv"] = pack.files["Photos/Photo Details.csv"].replace(
        b"A.JPG", b"A\0.JPG"
    )
    export = pack.as_export()
    (mention,) = ICloud(export).mentions()
    assert (mention.path, mention.provenance.taken is not None) == ("Photos/A.JPG", True)
    assert export.notes["Photos/Photo Details.csv"].startswith("damaged CSV, read as far as it goes")


def test_a_deleted_photograph_of_another_folder_is_found_among_the_deleted() -> None:
    pack = Pack("iCloud Photos")
    for name, flags in (("Photos", "no,no,no"), ("Recently Deleted", "no,no,yes")):
        pack.add(f"{name}/A.JPG", b"x")
        pack.add(f"Lists/Photo Details-{flags[-2:]}.csv", fixture.HEADER + fixture.row("A.JPG", flags=flags))
    said = readings(pack, ICloud)
    assert {path: [item.context for item in items] for path, items in said.items()} == {
        "Photos/A.JPG": ["library"],
        "Recently Deleted/A.JPG": ["deleted"],
    }
