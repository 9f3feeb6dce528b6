"""What re-scans compare with: the first answer about a person, and who could see what it showed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import selfsearch
from selfsearch.errors import LibraryError
from selfsearch.library import changes
from selfsearch.library.library import open_library
from tests import packs, photos
from tests.conftest import Run
from tests.exports import Pack, flickr
from tests.scenes import scene

SAID_ONCE = "From now on selfsearch rescan tells what is new or gone since this answer.\n"
TODAY = "2026-11-26T12:00:00+00:00"
SINCE = "since 26 November 2026, when you first asked"


@pytest.fixture
def folder(run: Run, at: Callable[[str], None], tmp_path: Path) -> Path:
    """Two photographs of the astronaut and one of somebody else, indexed on 26 November 2026."""
    at(TODAY)
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, picture in (("1", scene(1)), ("2", scene(2)), ("other", scene(1, "a"))):
        (folder / f"{name}.jpg").write_bytes(picture)
    run("index", folder, "--consent", "own")
    return folder


@pytest.fixture
def asked(run: Run, folder: Path, selfie: Path) -> Path:
    """The same, with the first question asked."""
    assert run("query", selfie, "--self", "--consent", "own").err.endswith(SAID_ONCE)
    return folder


def told(run: Run) -> list[tuple[str, list[str], list[str]]]:
    """A re-scan and a report: (kind, names of the places that came, of those that went)."""
    run("rescan")
    found = run("report", "--json").json["changes"]
    return [(one["kind"], *(sorted(Path(place).name for place in one[key]) for key in ("added", "removed")))
            for one in found]  # fmt: skip


# The first answer


def test_a_photograph_that_came_after_the_first_answer_is_new(run: Run, asked: Path) -> None:
    (asked / "3.jpg").write_bytes(scene(3))
    shown = run("rescan", "--fail-on-new", code=10).out
    assert f"Appearances {SINCE}: 1 new. Which ones: selfsearch report\n" in shown
    assert "No appearance has changed since the last re-scan on 26" in run("rescan", "--fail-on-new").out


def test_a_photograph_that_went_after_the_first_answer_is_gone(run: Run, asked: Path) -> None:
    (asked / "2.jpg").unlink()
    assert f"Appearances {SINCE}: 1 gone." in run("rescan").out
    assert run("report").out.splitlines()[1].endswith(", me: the file is no longer there")


def test_when_nothing_changed_that_is_said_with_the_day(run: Run, asked: Path) -> None:
    assert run("rescan").out.endswith(f"No appearance has changed {SINCE}.\n")


def test_later_questions_do_not_take_news_away_and_say_nothing_of_it(
    run: Run, asked: Path, selfie: Path
) -> None:
    (asked / "3.jpg").write_bytes(scene(3))
    run("index", asked)
    said = run("query", selfie, "--json")
    assert SAID_ONCE not in said.err
    assert said.json["summary"]["appearances"] == 3
    assert f"{SINCE}: 1 new" in run("rescan", "--fail-on-new", code=10).out


@pytest.mark.parametrize("limits", [("--limit", 1), ("--since", "2024-01-01", "--dated-only")])
def test_what_a_first_answer_does_not_list_is_not_new_later(
    run: Run, folder: Path, selfie: Path, limits: tuple[object, ...]
) -> None:
    run("query", selfie, "--self", "--consent", "own", *limits)
    assert f"No appearance has changed {SINCE}." in run("rescan", "--fail-on-new").out


def test_an_answer_that_found_nobody_is_a_beginning_too(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "d.jpg").write_bytes(photos.photo("d", 1))
    run("query", tmp_path / "d.jpg", "--self", "--consent", "own")
    (folder / "d.jpg").write_bytes(scene(1, "d"))
    assert "1 new" in run("rescan", "--fail-on-new", code=10).out


def test_another_photograph_of_the_person_and_another_pack_make_nothing_new(
    run: Run, asked: Path, tmp_path: Path
) -> None:
    (tmp_path / "another.jpg").write_bytes(photos.photo("astronaut", 7))
    run("people", "add", "me", tmp_path / "another.jpg", "--consent", "own")
    run("rescan", "--fail-on-new")
    run("models", "add", packs.older_layout(tmp_path / "other"))
    run("models", "use", "other")
    run("rescan", "--fail-on-new")
    assert {kind for kind, *_ in told(run)} <= {"band"}


def test_a_first_answer_with_a_pack_for_this_time_alone_is_a_beginning(
    run: Run, folder: Path, selfie: Path, tmp_path: Path
) -> None:
    run("models", "add", packs.older_layout(tmp_path / "other"))
    run("query", selfie, "--self", "--consent", "own", "--pack", "other")
    run("rescan", "--fail-on-new")
    (folder / "3.jpg").write_bytes(scene(3))
    run("rescan", "--fail-on-new", code=10)


def test_a_question_that_was_refused_begins_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "d.jpg").write_bytes(photos.photo("d", 1))
    run("people", "add", "me", tmp_path / "d.jpg", "--consent", "own")
    (tmp_path / "stranger.jpg").write_bytes(photos.photo("c", 1))
    run("query", tmp_path / "stranger.jpg", "--person", "me", code=3)
    assert run("rescan", "--json").json["first"] == {"me": 0}


def test_python_programs_begin_with_their_first_answer_too(
    run: Run, folder: Path, selfie: Path, home: Path
) -> None:
    with selfsearch.open(home, key_folder=home.parent / "keys") as library:
        grant = library.give_consent("person", "me", basis="own")
        library.enroll(grant, selfie)
        assert len(library.query(grant).found) == 2
        (folder / "3.jpg").write_bytes(scene(3))
        assert [one.kind for one in library.rescan().changes] == ["new"]


def test_forgetting_a_person_forgets_what_was_noted(run: Run, asked: Path, selfie: Path, home: Path) -> None:
    run("forget", "me", "--yes")
    with open_library(home, key_folder=home.parent / "keys") as library:
        assert library.db.table("appearances").count == 0
    (asked / "3.jpg").write_bytes(scene(3))
    assert "Nobody was looked for" in run("rescan").out
    assert run("query", selfie, "--self", "--consent", "own").err.endswith(SAID_ONCE)
    assert told(run) == []


def test_while_another_run_writes_the_first_answer_is_noted_all_the_same(
    run: Run, folder: Path, selfie: Path, home: Path
) -> None:
    with open_library(home, key_folder=home.parent / "keys", writing=True):
        assert run("query", selfie, "--self", "--consent", "own").err.endswith(SAID_ONCE)
    assert SINCE in run("rescan").out


@pytest.mark.parametrize(("reader", "first"), [("head", {}), ("a full disk", {"me": 2})])
def test_an_answer_counts_when_its_reader_had_enough_and_not_when_it_was_lost(
    run: Run, folder: Path, selfie: Path, reader: str, first: dict[str, int]
) -> None:
    words = [
        sys.executable,
        "-m",
        "selfsearch",
        "query",
        str(selfie),
        "--self",
        "--consent",
        "own",
        "--verbose",
    ]
    if reader == "head":
        reading, writing = os.pipe()
        os.close(reading)
    elif Path("/dev/full").exists():
        writing = os.open("/dev/full", os.O_WRONLY)
    else:
        pytest.skip("needs a device that is always full")
    subprocess.run(words, stdout=writing, stderr=subprocess.DEVNULL, check=False)
    os.close(writing)
    assert run("rescan", "--json").json["first"] == first


def test_an_answer_stands_when_it_cannot_be_noted_and_the_next_one_is(
    run: Run, folder: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(changes, "save_snapshot", refuse)
        said = run("query", selfie, "--self", "--consent", "own", "--json")
    assert said.json["summary"]["appearances"] == 2
    assert said.err.endswith(
        "This answer could not be noted, so re-scans compare with the next one: the disk is full\n"
    )
    assert run("query", selfie).err.endswith(SAID_ONCE)


# Where nobody asked, or an earlier version answered


def test_where_nobody_asked_the_first_rescan_begins(run: Run, folder: Path, selfie: Path) -> None:
    run("people", "add", "me", selfie, "--consent", "own")
    assert run("rescan").out.endswith(
        "me: 2 appearances found. From now on selfsearch rescan tells what is new or gone.\n"
    )
    assert run("rescan").out.endswith(
        "No appearance has changed since the last re-scan on 26 November 2026.\n"
    )


def test_a_first_rescan_whose_answer_reached_nobody_is_where_it_began(
    run: Run, folder: Path, selfie: Path, home: Path
) -> None:
    run("people", "add", "me", selfie, "--consent", "own")
    run("rescan")
    forget_rows(home, "update people set rescanned_at = null")
    assert "since 26 November 2026, when selfsearch first looked." in run("rescan").out


def test_answers_of_an_earlier_version_were_not_noted_and_that_is_said(
    run: Run, asked: Path, home: Path
) -> None:
    forget_rows(home, "update people set looked_at = null", "delete from appearances")
    (asked / "3.jpg").write_bytes(scene(3))
    assert run("rescan", "--fail-on-new").out.endswith(
        "me: 3 appearances found. From now on selfsearch rescan tells what is new or gone. What earlier"
        " answers showed was not noted, so nothing is compared with them.\n"
    )


def forget_rows(home: Path, *statements: str) -> None:
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        for statement in statements:
            library.db.execute(statement)


def test_a_report_before_any_rescan_says_what_to_do(run: Run, folder: Path, selfie: Path) -> None:
    assert run("report").out == (
        "Nobody is enrolled, so nothing is compared. To begin: selfsearch query PHOTO --self\n"
    )
    run("query", selfie, "--self", "--consent", "own")
    assert run("report").out == (
        f"Nothing was compared yet. To see what changed {SINCE}, look again: selfsearch rescan\n"
    )
    assert run("report", "--json").json["last_rescan"] is None


def test_of_several_people_each_is_told_from_when_on(
    run: Run, at: Callable[[str], None], asked: Path, tmp_path: Path
) -> None:
    run("rescan")
    at("2026-11-27T12:00:00+00:00")
    (tmp_path / "bo.jpg").write_bytes(photos.photo("a", 1))
    run("query", tmp_path / "bo.jpg", "--person", "bo", "--consent", "own")
    (asked / "3.jpg").write_bytes(scene(3, "a"))
    assert run("rescan").out.splitlines()[-2:] == [
        "me: no appearance has changed since the last re-scan on 26 November 2026.",
        "bo: appearances since 27 November 2026, when you first asked: 1 new. Which ones: selfsearch report",
    ]
    assert run("rescan").out.splitlines()[-1] == (
        "me and bo: no appearance has changed since the last re-scan on 27 November 2026."
    )


def test_what_is_new_can_be_denied_by_what_the_report_shows(run: Run, asked: Path, selfie: Path) -> None:
    (asked / "3.jpg").write_bytes(scene(3))
    run("rescan")
    (change,) = run("report", "--json").json["changes"]
    shown = {
        one["id"]: one["sightings"][0]["path"] for one in run("query", selfie, "--json").json["appearances"]
    }
    assert shown[change["id"]] == str(asked / "3.jpg")


# Who can see it


def posted(privacy: str, day: str = "2026-01-05", number: int = 1) -> Pack:
    """A Flickr export with photograph 1 under this privacy."""
    pack = Pack(f"data-download-{day}")
    pack.add("account_profile.json", {"real_name": "Ana Silva", "screen_name": "ana", "nsid": "1@N00"})
    pack.add("albums.json", {"albums": []})
    record = flickr.record("53012345678", privacy=privacy, count_views="0")  # nobody else saw it
    pack.add("photo_53012345678.json", record)
    pack.add("img_53012345678_o.jpg", scene(number))
    return pack


@pytest.fixture
def private(run: Run, at: Callable[[str], None], tmp_path: Path, selfie: Path) -> Path:
    """An export with one private photograph, which was asked for."""
    at(TODAY)
    export = posted("private").write(tmp_path)
    run("index", export, "--consent", "own")
    said = run("query", selfie, "--self", "--consent", "own", "--json").json
    assert [one["exposure"] for one in said["appearances"]] == ["private"]
    return export


def test_a_copy_of_a_private_picture_in_a_folder_is_another_place_and_no_wider_audience(
    run: Run, private: Path, selfie: Path, tmp_path: Path
) -> None:
    (known,) = run("query", selfie, "--json").json["appearances"]
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "copy.jpg").write_bytes(scene(1, side=900))
    (folder / "other.jpg").write_bytes(photos.nobody())
    run("index", folder, "--consent", "own")
    counts = run("rescan", "--json").json["changes"]
    assert (counts["moved"], counts["exposure"], counts["new"]) == (1, 0, 0)
    assert run("report").out.splitlines()[:2] == [
        "Appearances: 1 in other places than before",
        f"  in other places than before: {known['id']}, me: the same picture is now also at"
        f" {folder / 'copy.jpg'}",
    ]
    (folder / "copy.jpg").unlink()
    assert told(run) == [("moved", [], ["copy.jpg"])]


def test_the_same_picture_in_an_export_as_public_has_a_wider_audience(
    run: Run, private: Path, tmp_path: Path
) -> None:
    run("index", posted("public", "2026-01-09").write(tmp_path), "--consent", "own")
    run("rescan")
    (change,) = run("report", "--json").json["changes"]
    assert (change["kind"], change["before"]["audience"], change["after"]["audience"]) == (
        "exposure", "private", "public",
    )  # fmt: skip


def test_an_export_that_was_replaced_counts_where_it_is_named_and_the_answer_says_so(
    run: Run, at: Callable[[str], None], selfie: Path, tmp_path: Path
) -> None:
    at(TODAY)
    older = posted("public").write(tmp_path)
    run("index", older, "--consent", "own")
    run("query", selfie, "--self", "--consent", "own")
    newer = posted("private", "2026-02-01").write(tmp_path)
    run("index", newer, "--consent", "own")
    run("sources", "supersede", 1, 2)
    name = run("sources", "--json").json["sources"][0]["name"]
    page, said = (
        tmp_path / "page.html",
        f"Counted because you named it: {name}, which a newer export replaced.",
    )
    for more in ((), ("--source", "2"), ("--verbose",)):
        answer = run("query", selfie, *more).out
        assert answer.startswith("You are in 1 public photograph.")  # once public, always public
        assert "Counted because" not in answer
    for more in (("--verbose",), ("--quiet",), ("--html", page)):
        answer = " ".join(run("query", selfie, "--source", "1", *more).out.split())
        assert answer.startswith("You are in 1 public photograph.")
        assert said in answer
    assert said in page.read_text()
    answer = run("query", selfie, "--source", "1", "--json").json
    assert answer["library"]["replaced_names"] == [name]
    run("rescan")
    assert run("report", "--json").json["changes"] == []  # who could see it then may have seen it


def test_a_face_in_an_export_that_was_replaced_is_searched_by_as_is_said_and_not_gone_twice(
    run: Run, asked: Path, selfie: Path, tmp_path: Path
) -> None:
    def score() -> float:
        shown = run("query", selfie, "--json").json["appearances"]
        return next(float(one["score"]) for one in shown if one["sightings"][0]["path"].endswith("/2.jpg"))

    run("index", posted("public", number=3).write(tmp_path), "--consent", "own")
    run("rescan")
    (face,) = (
        one["id"] for one in run("query", selfie, "--json").json["appearances"] if one["exposure"] == "public"
    )
    without = score()
    run("verdict", face, "me", "--strengthen", "--yes")
    strengthened = score()
    run("index", posted("public", "2026-02-01", number=4).write(tmp_path), "--consent", "own")
    run("sources", "supersede", 2, 3)
    assert "gone" in [kind for kind, *_ in told(run)]
    assert "searched by as well" in run("people", "show", "me").out
    assert score() == strengthened != without
    run("verdict", face, "unset", "--yes")
    assert score() == without
    assert told(run) == []


def test_a_word_that_changed_in_the_export_is_told_both_ways(run: Run, private: Path, tmp_path: Path) -> None:
    posted("public").write(tmp_path)
    assert "1 with another audience" in run("rescan").out
    assert (
        "me: now anyone can see it; before, only the account's owner, or the people in a message, could"
        in run("report").out
    )
    posted("private").write(tmp_path)
    assert told(run) == [("exposure", [], [])]


def test_a_place_in_a_source_whose_consent_ended_is_not_told_and_its_audience_is_not(
    run: Run, at: Callable[[str], None], asked: Path, tmp_path: Path
) -> None:
    lent = posted("public").write(tmp_path)
    run("index", lent, "--consent", "release", "--by", "Bo", "--days", "3")
    run("rescan")
    assert json.loads(run("report", "--json").out)["changes"][0]["after"]["audience"] == "public"
    at("2026-11-30T12:00:00+00:00")
    assert run("report", "--since", "2026-11-01", "--json").json["changes"] == []
    assert told(run) == []
    run("consent", "renew", lent, "--yes")
    assert len(run("report", "--since", "2026-11-01", "--json").json["changes"]) == 1
