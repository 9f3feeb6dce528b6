"""Indexing through the front door: every file has one outcome, and only what is new is read."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

import pytest

from selfsearch.consent import grants
from selfsearch.library.library import open_library
from selfsearch.media import sniff
from selfsearch.workflows import index
from tests import photos
from tests.conftest import Run
from tests.fakes import ColourEngine, coloured

NOW = datetime(2026, 3, 4, tzinfo=timezone.utc)


def test_the_summary_counts_every_file_once(run: Run, album: Path) -> None:
    (album / "notes.txt").write_text("not a picture")
    (album / "broken.jpg").write_bytes(photos.photo("a", 1)[:100])
    shutil.copy(album / "a.jpg", album / "z-copy.jpg")
    found = run("index", album, "--consent", "own", "--json").json
    assert found["found"] == 11
    assert found["outcomes"] == {
        "duplicate": 1, "indexed": 7, "no_face": 1, "unreadable": 1, "unsupported": 1,
    }  # fmt: skip
    assert sum(found["outcomes"].values()) == found["found"]


def test_without_consent_nothing_is_read(run: Run, album: Path) -> None:
    said = run("index", album, code=3).err
    assert "there is no consent on record" in said
    assert "--consent own" in said
    assert run("status", "--json").json["media"] == 0


def test_a_release_needs_a_name(run: Run, album: Path) -> None:
    assert "--by NAME" in run("index", album, "--consent", "release", code=2).err


def test_consent_is_asked_for_once(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    assert run("index", album, "--json").json["unchanged"] == 8


def test_photographs_of_one_folder_that_are_named_one_by_one_stay_all(run: Run, album: Path) -> None:
    """As a shell writes out *.jpg."""
    photographs = sorted(album.glob("*.jpg"))[:3]
    run("index", *photographs, "--consent", "own")
    status = run("status", "--json").json
    assert (status["media"], status["gone_files"]) == (3, None)
    again = run("rescan", "--json").json["sources"]
    assert [source["unchanged"] for source in again] == [1, 1, 1]


def test_one_photograph_that_is_read_again_leaves_its_folder_as_it_was(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    run("index", sorted(album.glob("*.jpg"))[0], "--consent", "own")
    assert run("status", "--json").json["gone_files"] is None
    assert [source["gone"] for source in run("rescan", "--json").json["sources"]] == [0, 0]


def test_a_second_run_reads_nothing(run: Run, album: Path) -> None:
    assert run("index", album, "--consent", "own", "--json").json["new"] == 8
    again = run("index", album, "--json").json
    assert (again["new"], again["unchanged"], again["found"]) == (0, 8, 8)


def test_a_changed_file_is_read_again(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    (album / "nobody.jpg").write_bytes(photos.photo("b", 3))
    again = run("index", album, "--json").json
    assert (again["new"], again["outcomes"]) == (1, {"indexed": 8})


def test_a_moved_file_is_not_searched_again_and_not_counted_as_new(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    (album / "a.jpg").rename(album / "renamed.jpg")
    again = run("index", album, "--json").json
    assert (again["moved"], again["gone"], again["outcomes"]) == (1, 1, {"indexed": 7, "no_face": 1})
    assert run("status", "--json").json["media"] == 8


def test_a_copy_is_a_duplicate_until_the_original_goes(run: Run, album: Path) -> None:
    shutil.copy(album / "a.jpg", album / "z.jpg")
    assert run("index", album, "--consent", "own", "--json").json["outcomes"]["duplicate"] == 1
    (album / "a.jpg").unlink()
    assert run("index", album, "--json").json["outcomes"] == {"indexed": 7, "no_face": 1}


def test_an_original_that_comes_back_is_the_copy_of_what_took_its_place(run: Run, album: Path) -> None:
    shutil.copy(album / "a.jpg", album / "z.jpg")
    run("index", album, "--consent", "own")
    (album / "a.jpg").rename(album.parent / "a.jpg")
    run("index", album)
    (album.parent / "a.jpg").rename(album / "a.jpg")
    outcomes = run("index", album, "--json").json["outcomes"]
    assert outcomes == {"indexed": 7, "no_face": 1, "duplicate": 1}
    assert run("status", "--json").json["media"] == 8


def test_a_deleted_file_is_gone(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    (album / "d.jpg").unlink()
    again = run("index", album, "--json").json
    assert (again["gone"], again["found"]) == (1, 7)


def test_files_that_cannot_be_used_are_listed_with_their_reason(run: Run, album: Path) -> None:
    (album / "fake.jpg").write_text("I am text")
    (album / "empty.png").touch()
    run("index", album, "--consent", "own")
    listed = {
        Path(row["address"]).name: row for row in run("status", "--problems", "--json").json["problems"]
    }
    assert set(listed) == {"fake.jpg", "empty.png"}
    assert listed["empty.png"]["reason"] == "an empty file"
    assert listed["fake.jpg"]["outcome"] == "unsupported"


def test_an_unreadable_file_is_tried_again_on_the_next_run(run: Run, album: Path) -> None:
    (album / "cut.jpg").write_bytes(photos.photo("a", 3)[:64])
    run("index", album, "--consent", "own")
    assert run("index", album, "--json").json["new"] == 1


def test_an_archive_is_read_in_place_and_then_left_closed(run: Run, album: Path, tmp_path: Path) -> None:
    packed = tmp_path / "album.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(album.iterdir()):
            archive.write(file, f"album/{file.name}")
    first = run("index", packed, "--consent", "own", "--json").json
    assert first["outcomes"] == {"indexed": 7, "no_face": 1}
    again = run("index", packed, "--json").json["sources"][0]
    assert (again["opened"], again["unchanged"]) == (False, 8)


def test_of_an_empty_folder_nothing_is_recorded(run: Run, tmp_path: Path, home: Path, album: Path) -> None:
    empty, nested = tmp_path / "empty", tmp_path / "nested"
    empty.mkdir()
    (nested / "a/b").mkdir(parents=True)
    said = f"{empty}: there are no files in it; nothing was recorded\n"
    for asked in ((), ("--consent", "own"), ("--consent", "own", "--json")):
        refused = run("index", empty, *asked, code=4)
        assert (refused.out, refused.err) == ("", f"selfsearch: {said}")
    assert f"{empty}, {nested}: there are no files in them" in run("index", empty, nested, code=4).err
    assert not home.exists()
    assert run("index", album, empty, "--consent", "own").err.startswith(said)
    run("index", empty, "--consent", "own", code=4)
    assert [source["root"] for source in run("sources", "--json").json["sources"]] == [str(album)]
    assert [consent["subject"] for consent in run("consent", "list", "--json").json["consents"]] == [
        str(album)
    ]


def test_a_folder_that_was_emptied_is_read_all_the_same(run: Run, album: Path) -> None:
    run("index", album, "--consent", "own")
    for file in album.iterdir():
        file.unlink()
    emptied = run("index", album, code=4)
    assert "this time: 8 gone" in emptied.out
    assert emptied.err.endswith(
        f"selfsearch: there are no files in {album} any more; what was there before counts as gone\n"
    )


def test_a_folder_with_only_something_out_of_sight_in_it_is_not_called_empty(
    run: Run, tmp_path: Path, album: Path
) -> None:
    for name in ("hidden", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "hidden/.thumbnails").mkdir()
    (tmp_path / "linked/album").symlink_to(album)
    for name in ("hidden", "linked"):
        assert "no picture was found" in run("index", tmp_path / name, "--consent", "own", code=4).err


def test_an_archive_without_files_is_said_to_be_empty(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    said = run("index", tmp_path / "empty.zip", "--consent", "own", code=4).err
    assert said.endswith(f"selfsearch: there are no files in {tmp_path / 'empty.zip'}\n")


def test_a_path_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    run("index", tmp_path / "nowhere", "--consent", "own", code=2)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_every_still_format_is_indexed(run: Run, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "named-wrong.jpg").write_bytes(photos.photo("astronaut", 2, kind=kind))
    assert run("index", folder, "--consent", "own", "--json").json["outcomes"] == {"indexed": 1}


def test_the_files_of_the_library_are_private(run: Run, album: Path, home: Path) -> None:
    run("index", album, "--consent", "own")
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_of_equal_files_the_first_has_the_faces_whichever_is_read_first(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "equal"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.png").write_bytes(coloured("red"))
    read, claim = sniff.read_picture, index.Claims.claim
    is_first, claimed = itertools.chain([os.cpu_count() != 1], itertools.repeat(False)), threading.Event()

    def read_the_first_late(stream: BinaryIO) -> tuple[str, bytes]:
        assert not next(is_first) or claimed.wait(30)
        return read(stream)

    def claim_and_say(claims: index.Claims, sha256: str) -> bool:
        is_new = claim(claims, sha256)
        claimed.set()
        return is_new

    monkeypatch.setattr(index, "read_picture", read_the_first_late)
    monkeypatch.setattr(index.Claims, "claim", claim_and_say)
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grant = grants.give(library, grants.ConsentRequest("source", str(folder), "own"), NOW)
        (result,) = index.index(library, ColourEngine(), grant, folder, lambda: NOW)  # type: ignore[arg-type]
        rows = library.db.execute("select path, outcome from items order by path").fetchall()
    assert result.counts == {"duplicate": 5, "indexed": 1}
    assert rows[0] == ("a.png", "indexed")


def index_equal_files(home: Path, tmp_path: Path, groups: int) -> None:
    """Groups of three equal files side by side, in a folder and in an archive: the first has the faces."""
    folder = tmp_path / "equal"
    folder.mkdir()
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for group, letter in itertools.product(range(groups), "abc"):
            name = f"{group:04}-{letter}.png"
            (folder / name).write_bytes(coloured("red", number=group))
            archive.writestr(name, coloured("red", number=groups + group))
    with open_library(home, key_folder=home.parent / "keys", create=True) as library:
        grant = grants.give(library, grants.ConsentRequest("source", str(folder), "own"), NOW)
        index.index(library, ColourEngine(), grant, folder, lambda: NOW)  # type: ignore[arg-type]
        rows = library.db.execute("select path, outcome, address from items order by address").fetchall()
    assert len(rows) == 6 * groups
    for path, outcome, address in rows:
        assert outcome == ("indexed" if "-a." in path else "duplicate"), address


def test_of_equal_files_side_by_side_the_first_in_the_list_has_the_faces(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    index_equal_files(home, tmp_path, 30)


@pytest.mark.slow
def test_of_equal_files_in_a_thousand_groups_the_first_in_the_list_has_the_faces(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    index_equal_files(home, tmp_path, 500)
