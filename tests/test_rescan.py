"""Re-scans through the front door: what they find, what they leave alone, everything told once."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selfsearch
from selfsearch.cli import progress
from selfsearch.consent import grants
from selfsearch.containers.base import Member
from selfsearch.errors import ItemError
from selfsearch.library import faces, people
from selfsearch.library.library import Library, open_library
from selfsearch.packs.store import find_pack
from selfsearch.recognition.engine import DETECTION_REVISION
from selfsearch.types import Analysis, Detail, Embedding, Face, Facts, Outcome, Thoroughness
from tests import packs, photos
from tests.conftest import Run, id_of
from tests.scenes import scene

Tell = Callable[[], list[tuple[str, list[str], list[str]]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs of the astronaut, one of somebody else."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in (1, 2):
        put(folder / f"{number}.jpg", scene(number))
    put(folder / "other.jpg", scene(1, "a"))
    return folder


@pytest.fixture
def watched(run: Run, folder: Path, selfie: Path) -> Path:
    """The folder, indexed, with the astronaut enrolled and looked for once."""
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    assert run("rescan", "--json").json["first"] == {"me": 2}
    return folder


@pytest.fixture
def told(run: Run, tmp_path: Path) -> Tell:
    """A re-scan and a report: (kind, names of the places that came, of those that went)."""

    def told() -> list[tuple[str, list[str], list[str]]]:
        run("rescan")
        return [
            (one["kind"], short(one["added"]), short(one["removed"]))
            for one in run("report", "--json").json["changes"]
        ]

    def short(places: list[str]) -> list[str]:
        return sorted(place.removeprefix(f"{tmp_path}/") for place in places)

    return told


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Callable[[], Any]:
    """The library of the test, opened for a moment."""
    return lambda: open_library(home, key_folder=tmp_path / "keys", writing=True)


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.jpg", data)
    return path


def command(*words: object, **more: Any) -> subprocess.Popen[str]:
    """The command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "selfsearch", *map(str, words)], text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more,
    )  # fmt: skip


# What is told


def test_the_first_look_only_counts(run: Run, watched: Path) -> None:
    said = run("report", "--json").json
    assert datetime.fromisoformat(said.pop("last_rescan")).tzinfo
    assert said == {"schema": "selfsearch.report/1", "changes": []}


def test_a_change_is_told_once_with_its_whole_state(run: Run, watched: Path, selfie: Path) -> None:
    place = str(put(watched / "3.jpg", scene(3)))
    run("rescan")
    (change,) = run("report", "--json").json["changes"]
    score, at, face = change["after"].pop("score"), change.pop("at"), change.pop("face")
    assert change.pop("id") in {one["id"] for one in run("query", selfie, "--json").json["appearances"]}
    assert 0.8 < score <= 1
    assert datetime.fromisoformat(at).tzinfo
    assert face > 0
    assert change == {
        "person": "me", "kind": "new", "before": None, "added": [place], "removed": [], "why": None,
        "after": {"band": "strong", "exposure": "unknown", "audience": None, "places": [place]},
    }  # fmt: skip
    assert run("report", "--json").json["changes"] == []


def test_the_answer_of_a_rescan_has_these_keys(run: Run, at: Callable[[str], None], watched: Path) -> None:
    at("2026-11-26T12:00:00+00:00")
    run("rescan")
    put(watched / "3.jpg", scene(3))
    assert run("rescan", "--json").json == {
        "schema": "selfsearch.rescan/1",
        "busy": False,
        "changes": {"new": 1, "gone": 0, "moved": 0, "band": 0, "exposure": 0, "unreachable": 0},
        "sources": [
            {
                "id": 1,
                "detail": "normal",
                "searched_again": 0,
                "searched_before": 0,
                "new": 1,
                "unchanged": 3,
                "moved": 0,
                "gone": 0,
            }
        ],
        "unreachable": [],
        "without_consent": [],
        "expiring": [],
        "ended": [],
        "erased": [],
        "gone_files": None,
        "pruned": 0,
        "people": ["me"],
        "first": {},
        "since": {"me": {"at": "2026-11-26T12:00:00+00:00", "event": "re-scan"}},
        "recounted": {},
        "successors": [],
        "replaced": [],
    }


def test_words_say_what_is_new_and_where_to_read_on(
    run: Run, at: Callable[[str], None], watched: Path
) -> None:
    at("2026-11-26T12:00:00+00:00")
    run("rescan")
    put(watched / "3.jpg", scene(3))
    assert run("rescan").out == (
        f"Folder {watched} (source 1): 1 read, 3 unchanged, 0 moved, 0 gone\n"
        "Appearances since the last re-scan on 26 November 2026: 1 new. Which ones: selfsearch report\n"
    )  # fmt: skip
    assert run("rescan").out.endswith(
        "No appearance has changed since the last re-scan on 26 November 2026.\n"
    )


def test_something_new_has_an_exit_code_of_its_own(run: Run, watched: Path) -> None:
    run("rescan", "--fail-on-new")
    put(watched / "3.jpg", scene(3))
    run("rescan", "--fail-on-new", code=10)
    run("rescan", "--fail-on-new")
    (watched / "3.jpg").unlink()
    run("rescan", "--fail-on-new")


def test_a_better_copy_continues_the_appearance(watched: Path, told: Tell) -> None:
    put(watched / "1-large.jpg", scene(1, side=900, quality=97))
    assert told() == [("moved", ["photos/1-large.jpg"], [])]
    (watched / "1.jpg").unlink()
    assert told() == [("moved", [], ["photos/1.jpg"])]
    put(watched / "1.jpg", scene(1))
    assert told() == [("moved", ["photos/1.jpg"], [])]
    (watched / "1-large.jpg").unlink()
    assert told() == [("moved", [], ["photos/1-large.jpg"])]


def test_a_copy_in_another_source_is_not_new(run: Run, watched: Path, told: Tell, tmp_path: Path) -> None:
    run("index", zipped(tmp_path / "backup.zip", one=scene(1), two=scene(2, side=460)), "--consent", "own")
    assert told() == [
        ("moved", ["backup.zip!one.jpg"], []),
        ("moved", ["backup.zip!two.jpg"], []),
    ]


def test_an_edited_file_is_the_same_appearance(watched: Path, told: Tell) -> None:
    put(watched / "1.jpg", scene(1, quality=50))
    assert told() == []


def test_a_file_with_another_picture_is_gone_and_new(watched: Path, told: Tell) -> None:
    put(watched / "1.jpg", scene(3))
    assert told() == [("gone", [], ["photos/1.jpg"]), ("new", ["photos/1.jpg"], [])]


def test_what_went_and_came_back_between_two_reports_is_told_in_order(
    run: Run, watched: Path, told: Tell
) -> None:
    (watched / "1.jpg").rename(watched.parent / "away.jpg")
    run("rescan")
    (watched.parent / "away.jpg").rename(watched / "1.jpg")
    assert told() == [("gone", [], ["photos/1.jpg"]), ("new", ["photos/1.jpg"], [])]


def test_who_can_see_it_is_told_when_the_user_learns_more(
    run: Run, selfie: Path, tmp_path: Path, told: Tell
) -> None:
    from tests.exports import instagram

    pack = instagram.build("2024")
    run("index", pack.write(tmp_path), "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    run("rescan")
    run("sources", "set", 1, "--account-was", "public")
    run("rescan")
    found = run("report", "--json").json["changes"]
    assert {one["kind"] for one in found} == {"exposure"}
    changes = {(one["before"]["exposure"], one["after"]["exposure"]) for one in found}
    assert ("unknown", "public") in changes
    assert {after for _, after in changes} == {"public"}
    assert told() == []


def test_a_face_that_is_said_to_be_somebody_elses_is_not_told_as_gone(
    run: Run, home: Path, watched: Path, told: Tell
) -> None:
    put(watched / "3.jpg", scene(3))
    run("rescan")
    (change,) = run("report", "--since", "2000-01-01", "--json").json["changes"]
    run("verdict", id_of(home, change["face"]), "not-me", "--yes")
    assert told() == []
    (watched / "3.jpg").unlink()
    assert told() == []


def test_a_verdict_before_the_report_takes_the_news_back(
    run: Run, home: Path, watched: Path, library: Callable[[], Any]
) -> None:
    put(watched / "3.jpg", scene(3))
    run("rescan")
    with library() as opened:
        (face,) = opened.db.execute("select face_id from changes").fetchone()
    run("verdict", id_of(home, face), "not-me", "--yes")
    assert run("report", "--json").json["changes"] == []
    run("verdict", id_of(home, face), "me", "--yes")
    assert run("report", "--json").json["changes"] == []


def test_faces_that_were_found_anew_are_the_same(
    watched: Path, told: Tell, library: Callable[[], Any]
) -> None:
    with library() as opened:
        opened.db.execute("delete from vectors")
        opened.db.execute("delete from chips")
        opened.db.execute("update faces set id = id + 1000")  # what is analysed again gets other numbers
    assert told() == []
    (watched / "2.jpg").unlink()
    assert told() == [("gone", [], ["photos/2.jpg"])]


# People


def test_without_consent_nothing_is_told_and_afterwards_only_what_happened(
    run: Run, at: Callable[[str], None], folder: Path, selfie: Path, told: Tell
) -> None:
    at("2026-03-01T12:00:00+00:00")
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own", "--days", "10")
    run("rescan")
    put(folder / "3.jpg", scene(3))
    run("rescan")
    at("2026-03-12T12:00:00+00:00")
    put(folder / "4.jpg", scene(4))
    (folder / "1.jpg").unlink()
    assert told() == []
    run("consent", "renew", "me", "--yes")
    assert sorted(told()) == [
        ("gone", [], ["photos/1.jpg"]),
        ("new", ["photos/3.jpg"], []),
        ("new", ["photos/4.jpg"], []),
    ]
    assert told() == []


def test_a_source_without_consent_is_neither_looked_at_nor_gone(
    run: Run, at: Callable[[str], None], watched: Path, tmp_path: Path, told: Tell
) -> None:
    at("2026-11-22T12:00:00+00:00")
    place = zipped(tmp_path / "lent.zip", copy=scene(1), more=scene(5))
    run("index", place, "--consent", "release", "--by", "Bo", "--days", "3")
    assert told() == [("moved", ["lent.zip!copy.jpg"], []), ("new", ["lent.zip!more.jpg"], [])]
    at("2026-11-26T12:00:00+00:00")
    assert told() == []
    assert run("rescan", "--json").json["without_consent"] == [2]
    run("consent", "renew", place, "--yes")
    assert told() == []


def test_news_from_a_source_whose_consent_ended_waits(
    run: Run, at: Callable[[str], None], watched: Path, tmp_path: Path, home: Path
) -> None:
    at("2026-11-22T12:00:00+00:00")
    place = zipped(tmp_path / "lent.zip", more=scene(5))
    run("index", place, "--consent", "release", "--by", "Bo", "--days", "3")
    run("rescan")
    at("2026-11-26T12:00:00+00:00")
    assert run("report", "--json").json["changes"] == []
    with selfsearch.open(home, key_folder=home.parent / "keys") as opened:
        opened.clock = lambda: datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
        assert opened.changes() == []
    run("consent", "renew", place, "--yes")
    assert [one["kind"] for one in run("report", "--json").json["changes"]] == ["new"]


def test_the_grace_is_a_setting(
    run: Run, at: Callable[[str], None], folder: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_GRACE_DAYS", "2")
    at("2026-03-01T12:00:00+00:00")
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own", "--days", "10")
    at("2026-03-12T12:00:00+00:00")
    assert run("rescan", "--json").json["ended"] == [
        {"kind": "person", "subject": "me", "day": "2026-03-11", "erased_on": "2026-03-13"}
    ]
    at("2026-03-14T12:00:00+00:00")
    assert run("rescan", "--json").json["erased"] == ["me"]
    assert run("people", "--json").json["people"] == []


# Bands and packs


def test_a_library_that_grows_does_not_flood_with_bands(
    run: Run, folder: Path, selfie: Path, told: Tell, library: Callable[[], Any]
) -> None:
    """2,000 strangers join, so that the weakest matches are in no band any more. None of that is news."""
    weak, crowd = photos.nobody(1), photos.nobody(2)
    put(folder / "weak.jpg", weak)
    put(folder / "crowd.jpg", crowd)
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    few, many = (bands(count)["possible"] for count in (1000, 2000))
    with library() as opened:
        plant(opened, weak, *likenesses(opened, np.linspace(few + 0.002, many - 0.002, 20)))
    assert run("rescan", "--json").json["first"] == {"me": 22}
    with library() as opened:
        plant(opened, crowd, *unlike(opened, strangers(2_000)))
    assert told() == []
    assert run("query", selfie, "--json").json["summary"]["appearances"] == 2
    with library() as opened:
        plant(opened, crowd)
    assert told() == []
    with library() as opened:
        plant(opened, crowd, *unlike(opened, strangers(2_000)))
    (folder / "weak.jpg").unlink()
    assert told() == [("gone", [], ["photos/weak.jpg"])] * 20


def bands(count: int) -> dict[str, float]:
    """Band -> lowest score with the default pack in a library of so many faces."""
    calibration = find_pack("opencv-zoo").calibration
    assert calibration is not None
    return calibration.bands(count)


def strangers(count: int) -> list[Embedding]:
    """Faces of nobody in particular."""
    embeddings = np.random.default_rng(1).normal(size=(count, 128)).astype(np.float32)
    return [embedding / np.linalg.norm(embedding) for embedding in embeddings]


def unlike(library: Library, embeddings: list[Embedding]) -> list[Embedding]:
    """The same faces, turned so that none of them resembles the enrolled person at all."""
    person = people.all_people(library)[0]
    face = people.probe_embeddings(library, person, 1, 128)[0][0]
    turned = [one - face * float(one @ face) for one in embeddings]
    return [np.asarray(one / np.linalg.norm(one), np.float32) for one in turned]


def likenesses(library: Library, scores: Any) -> list[Embedding]:
    """Faces that match the enrolled person with these scores."""
    person = people.all_people(library)[0]
    face = people.probe_embeddings(library, person, 1, 128)[0][0]
    aside = [one - face * float(one @ face) for one in strangers(len(scores))]
    made = [
        face * s + one / np.linalg.norm(one) * np.sqrt(1 - s * s)
        for s, one in zip(scores, aside, strict=True)
    ]
    return [np.asarray(one / np.linalg.norm(one), np.float32) for one in made]


def plant(library: Library, picture: bytes, *embeddings: Embedding) -> None:
    """Let this picture, which is in the library, be one with these faces."""
    chip, landmarks = np.zeros((112, 112, 3), np.uint8), np.zeros((5, 2), np.float32)
    found = tuple(Face((0, 0, 9, 9), landmarks, 0.9, 0.9, chip, embedding) for embedding in embeddings)
    searched = Thoroughness(Detail.NORMAL, DETECTION_REVISION)
    analysis = Analysis("image/jpeg", 320, 240, found, None, Facts(), searched=searched)
    with library.atomic():
        faces.save_media(library, 1, 1, hashlib.sha256(picture).hexdigest(), len(picture), analysis)


def test_another_pack_finds_everybody_again_and_tells_nothing(
    run: Run, watched: Path, tmp_path: Path, told: Tell
) -> None:
    run("models", "add", packs.older_layout(tmp_path / "other"))
    run("models", "use", "other")
    said = run("rescan", "--json").json
    assert said["recounted"] == {"me": {"more": 0, "fewer": 0}}
    assert run("report", "--json").json["changes"] == []
    put(watched / "3.jpg", scene(3))
    assert told() == [("new", ["photos/3.jpg"], [])]
    run("models", "use", "opencv-zoo")
    (watched / "1.jpg").unlink()
    put(watched / "4.jpg", scene(4))
    assert told() == [("gone", [], ["photos/1.jpg"]), ("new", ["photos/4.jpg"], [])]


# Out of reach


@pytest.mark.parametrize("how", ["away", "empty"])
def test_a_source_that_is_not_there_is_unreachable_and_nothing_of_it_is_gone(
    run: Run, watched: Path, told: Tell, how: str
) -> None:
    away = watched.rename(watched.parent / "away")
    if how == "empty":
        watched.mkdir()
    said = run("rescan", "--json").json
    assert [one["id"] for one in said["unreachable"]] == [1]
    assert told() == []
    if how == "empty":
        watched.rmdir()
    away.rename(watched)
    assert told() == []
    assert run("sources", "--json").json["sources"][0]["state"] == "live"


def test_an_archive_that_was_deleted_is_gone_when_the_user_says_so(
    run: Run, watched: Path, tmp_path: Path, told: Tell
) -> None:
    place = zipped(tmp_path / "trip.zip", one=scene(5))
    run("index", place, "--consent", "own")
    run("rescan")
    run("report")
    assert "could be reached" in run("sources", "gone", 2, code=2).err
    place.unlink()
    assert told() == []
    run("sources", "gone", 2)
    assert told() == [("gone", [], ["trip.zip!one.jpg"])]
    assert run("status", "--json").json["gone_files"]["files"] == 1
    assert run("rescan", "--json").json["unreachable"] == []


def test_what_is_known_of_files_that_are_gone_is_erased_after_90_days_and_that_is_said_before(
    run: Run, at: Callable[[str], None], watched: Path, tmp_path: Path
) -> None:
    def faces() -> int:
        return int(run("status", "--json").json["faces"])

    at("2026-03-01T12:00:00+00:00")
    for name, number in (("trip", 5), ("work", 6)):
        run("index", zipped(tmp_path / f"{name}.zip", one=scene(number)), "--consent", "own")
    run("rescan")
    before = faces()
    assert "gone" not in run("status").out
    for name in ("trip", "work"):
        (tmp_path / f"{name}.zip").unlink()
    run("rescan")
    said = run("sources", "gone", 2).err
    assert said.endswith(
        "1 file is gone. What is known of it, faces and marks included, is erased 90 days after it went,"
        " on 2026-05-30, unless it came back before\n"
    )
    at("2026-03-02T12:00:00+00:00")
    run("sources", "gone", 3)
    many = (
        "2 files are gone. What is known of them, faces and marks included, is erased 90 days after they"
        " went, from 2026-05-30 on, unless they came back before"
    )
    assert many in run("status").out
    run("report")
    for moment, is_said in (
        ("2026-03-02T12:00:00+00:00", False), ("2026-04-30T11:59:59+00:00", False),
        ("2026-04-30T12:00:00+00:00", True), ("2026-05-30T12:00:00+00:00", True),
    ):  # fmt: skip
        at(moment)
        assert (many in run("rescan").out) == is_said
    run("report")
    assert run("rescan", "--json").json["gone_files"] == {"files": 2, "erased_from": "2026-05-30"}
    at("2026-05-30T12:00:01+00:00")
    said = run("rescan").out
    assert "\nErased: what was known of 1 file that went more than 90 days ago\n1 file is gone." in said
    at("2026-07-01T12:00:00+00:00")
    assert run("rescan", "--json").json["pruned"] == 1
    assert faces() == before - 2
    assert "gone" not in run("status").out


def test_what_lies_behind_a_link_to_a_disk_that_is_not_there_is_not_gone(
    run: Run, watched: Path, tmp_path: Path, home: Path, told: Tell
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with open_library(home, key_folder=tmp_path / "keys") as library:
        grants.give(library, grants.ConsentRequest("source", str(disk), "own"), datetime.now(timezone.utc))
    put(disk / "3.jpg", scene(3))
    zipped(disk / "trip.zip", one=scene(5))
    (watched / "disk").symlink_to(disk)
    assert len(told()) == 2
    disk.rename(tmp_path / "drawer")
    assert told() == []
    assert [one["id"] for one in run("rescan", "--json").json["unreachable"]] == [2]
    (tmp_path / "drawer").rename(disk)
    assert told() == []
    assert run("rescan", "--json").json["unreachable"] == []
    (watched / "disk").unlink()
    assert sorted(told()) == [
        ("gone", [], ["photos/disk/3.jpg"]),
        ("gone", [], ["photos/disk/trip.zip!one.jpg"]),
    ]


def test_a_folder_that_may_not_be_looked_into_keeps_its_files(
    run: Run, watched: Path, told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = watched / "closed"
    (closed / "deeper").mkdir(parents=True)
    put(closed / "3.jpg", scene(3))
    put(closed / "deeper/4.jpg", scene(4))
    assert len(told()) == 2
    with monkeypatch.context() as patch:
        forbid(patch, closed)
        assert told() == []
        forbid(patch, watched)
        said = run("rescan", "--json").json
        assert said["unreachable"] == [{"id": 1, "reason": "its folder cannot be looked into"}]
    assert told() == []
    (closed / "3.jpg").unlink()
    assert told() == [("gone", [], ["photos/closed/3.jpg"])]


def forbid(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Listing this folder is refused, as without its permission; root has every permission."""
    scan = os.scandir

    def scandir(path: Any = ".") -> Any:
        if str(path).rstrip("/") == str(folder):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    patch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize("where", ["at the beginning", "in the middle"])
def test_files_that_cannot_be_read_now_are_what_they_were(
    run: Run, watched: Path, told: Tell, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from selfsearch.containers.folder import Folder

    class Damaged(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    def refuse(self: Folder, member: Member) -> io.BytesIO:
        if where == "in the middle":
            return Damaged()
        raise ItemError(Outcome.UNREADABLE, "no permission")

    put(watched / "1.jpg", scene(1, quality=60))
    put(watched / "3.jpg", scene(3))
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "open", refuse)
        assert told() == []
        (problem,) = run("status", "--problems", "--json").json["problems"]
        assert problem["address"] == str(watched / "3.jpg")
    assert told() == [("new", ["photos/3.jpg"], [])]
    (watched / "1.jpg").unlink()
    assert told() == [("gone", [], ["photos/1.jpg"])]


def test_an_archive_that_is_just_being_written_keeps_its_files(
    run: Run, tmp_path: Path, watched: Path, told: Tell
) -> None:
    place = zipped(tmp_path / "trip.zip", one=scene(5))
    run("index", place, "--consent", "own")
    run("rescan")
    run("report")
    whole = place.read_bytes()
    put(place, whole[: len(whole) // 2])
    assert told() == []
    put(place, whole)
    assert told() == []


def test_sources_can_be_named_by_number(run: Run, watched: Path, tmp_path: Path) -> None:
    run("index", zipped(tmp_path / "trip.zip", one=scene(5)), "--consent", "own")
    assert [one["id"] for one in run("rescan", 2, "--json").json["sources"]] == [2]
    assert "there is no source 7" in run("rescan", 7, code=2).err


# Newer exports


def instagram_export(day: str, posts: dict[str, bytes], account: str = "ana.example") -> Any:
    from tests.exports import Pack, instagram

    pack = Pack(f"instagram-{account}-{day}-AbCd1234")
    where = "personal_information/personal_information/personal_information.json"
    pack.add(where, instagram.account(None, account))
    records = [{"media": [instagram.picture(f"media/posts/202306/{name}.jpg")]} for name in posts]
    pack.add("your_instagram_activity/media/posts_1.json", records)
    for name, data in posts.items():
        pack.add(f"media/posts/202306/{name}.jpg", data)
    return pack


def names(changes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(kind, file names that came, that went, why), sorted."""
    return sorted(
        (one["kind"], *([Path(place).name for place in one[key]] for key in ("added", "removed")), one["why"])
        for one in changes
    )


def test_a_newer_export_is_offered_and_takes_the_olders_place(
    run: Run, watched: Path, tmp_path: Path
) -> None:
    """Also when the platform has compressed the photographs again meanwhile."""
    older = instagram_export("2026-01-01", {"kept": scene(5), "deleted": scene(6)}).write(tmp_path)
    run("index", older, "--consent", "own")
    run("rescan")
    run("report")
    kept = scene(5, side=470, quality=60)
    run(
        "index",
        instagram_export("2026-05-01", {"kept": kept, "added": scene(7)}).write(tmp_path),
        "--consent",
        "own",
    )
    said = run("rescan", "--json").json
    assert (said["successors"], said["replaced"]) == ([{"older": 2, "newer": 3}], [])
    assert names(run("report", "--json").json["changes"]) == [("new", ["added.jpg"], [], None)]
    run("sources", "supersede", 2, 3)
    said = run("rescan", "--json").json
    assert said["successors"] == []
    told = run("report").out
    assert ", me: no longer in the newer export of 2026-05-01" in told
    assert told.startswith("Appearances: 1 gone\n")
    run("rescan")
    assert run("report", "--json").json["changes"] == []
    assert run("sources", "--json").json["sources"][1]["successor"] == 3


def test_what_only_a_cut_off_export_lacks_is_said_of_that_place(
    run: Run, watched: Path, tmp_path: Path
) -> None:
    """The same photograph lies in a folder of one's own: it is not gone, but the platform has it no more."""
    older = instagram_export("2026-01-01", {"posted": scene(1)}).write(tmp_path)
    run("index", older, "--consent", "own")
    run("index", instagram_export("2026-05-01", {"else": scene(7)}).write(tmp_path), "--consent", "own")
    run("sources", "supersede", 2, 3)
    run("rescan")
    run("report")
    run("sources", "supersede", 2, 0)
    run("rescan")
    run("report")
    run("sources", "supersede", 2, 3)
    run("rescan")
    assert names(run("report", "--json").json["changes"]) == [
        ("moved", [], ["posted.jpg"], "no longer in the newer export of 2026-05-01")
    ]


@pytest.mark.parametrize(
    ("older", "newer", "reason"),
    [
        (1, 2, "is not of the same platform as Folder"),
        (3, 2, "is the older export, of 2026-01-01"),
        (2, 4, "bo.example (source 4) is not of the same account as Instagram export of ana.example"),
        (2, 9, "name two sources"),
        (2, 2, "name two sources"),
    ],
)
def test_only_a_newer_export_of_the_account_can_take_a_place(
    run: Run, folder: Path, tmp_path: Path, older: int, newer: int, reason: str
) -> None:
    run("index", folder, "--consent", "own")
    for day, account in (
        ("2026-01-01", "ana.example"),
        ("2026-05-01", "ana.example"),
        ("2026-06-01", "bo.example"),
    ):
        place = instagram_export(day, {"post": scene(5)}, account).write(tmp_path)
        run("index", place, "--consent", "own")
    assert reason in run("sources", "supersede", older, newer, code=2).err


def test_exports_do_not_replace_one_another_in_a_ring(run: Run, tmp_path: Path) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        run("index", instagram_export(day, {"post": scene(5)}).write(tmp_path), "--consent", "own")
    run("sources", "supersede", 1, 2)
    assert "is the older export" in run("sources", "supersede", 2, 1, code=2).err


# Reports


def test_a_report_has_the_same_changes_in_every_form(
    run: Run, at: Callable[[str], None], watched: Path, tmp_path: Path
) -> None:
    at("2026-11-26T12:00:00+00:00")
    place = str(put(watched / "3.jpg", scene(3)))
    (watched / "1.jpg").unlink()
    run("rescan")
    page = tmp_path / "page.html"
    words = run("report", "--html", page).out.splitlines()
    assert words[0] == "Appearances: 1 new, 1 gone"
    new, gone = words[1].split()[1].strip(","), words[3].split()[1].strip(",")
    assert words[1:] == [
        f"  new: {new}, me: almost certainly you; it is not known who can see it",
        f"      {place}",
        f"  gone: {gone}, me: the file is no longer there",
        f"      {watched / '1.jpg'}",
        "If one of them shows somebody else: selfsearch verdict ID not-me",
    ]
    shown = page.read_text()
    assert shown.count("data:image/") == 2
    assert shown.index("<h2>New <") < shown.index("<h2>Gone <")
    since = ("report", "--since", "2000-01-01")
    changes = run(*since, "--json").json["changes"]
    assert [(one["kind"], one["id"]) for one in changes] == [("gone", gone), ("new", new)]
    assert f"<code>selfsearch verdict {new} not-me</code>" in shown
    assert [line.split(",")[2] for line in run(*since, "--csv").out.splitlines()] == ["kind", "gone", "new"]
    marked = run(*since, "--md").out
    assert marked.startswith("# Appearances: 1 new, 1 gone\n")
    assert f"`{place}`" in marked
    assert run("report").out == (
        "No change was noted since the last report; the last re-scan was on 26 November 2026.\n"
    )
    assert run("report", "--since", "2026-11-27").out == (
        "No change was noted since 27 November 2026; the last re-scan was on 26 November 2026.\n"
    )
    assert "choose one" in run("report", "--md", "--csv", code=2).err
    assert "2026-06-02" in run("report", "--since", "yesterday", code=2).err


def test_a_report_since_a_day_leaves_out_what_was_before(
    run: Run, at: Callable[[str], None], watched: Path
) -> None:
    for day in (24, 25):
        at(f"2026-11-{day}T12:00:00+00:00")
        put(watched / f"{day}.jpg", scene(day))
        run("rescan")
    run("report")
    found = run("report", "--since", "2026-11-25", "--json").json["changes"]
    assert [one["added"] for one in found] == [[str(watched / "25.jpg")]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_what_could_not_be_written_is_told_again(run: Run, watched: Path) -> None:
    put(watched / "3.jpg", scene(3))
    run("rescan")
    assert "there is no folder" in run("report", "--html", watched / "no/such/folder.html", code=1).err
    with Path("/dev/full").open("w") as full:
        assert command("report", "--csv", stdout=full, stderr=subprocess.DEVNULL).wait() != 0
    reading, writing = os.pipe()
    os.close(reading)
    command("report", "--json", stdout=writing, stderr=subprocess.DEVNULL).wait()
    os.close(writing)
    assert [one["kind"] for one in run("report", "--json").json["changes"]] == ["new"]
    assert run("report", "--json").json["changes"] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_rescan_whose_answer_reached_nobody_answers_again(run: Run, watched: Path) -> None:
    put(watched / "3.jpg", scene(3))
    with Path("/dev/full").open("w") as full:
        assert command("rescan", "--fail-on-new", stdout=full, stderr=subprocess.DEVNULL).wait() == 1
    run("rescan", "--fail-on-new", code=10)
    run("rescan", "--fail-on-new")


# Several runs, killed runs, idle runs


def test_a_rescan_beside_another_run_leaves_with_nothing_done(
    run: Run, watched: Path, library: Callable[[], Any]
) -> None:
    put(watched / "3.jpg", scene(3))
    with library():
        said = run("rescan", "--json", "--fail-on-new")
        assert said.json["busy"] is True
        assert said.json.keys() == run("rescan", "--json").json.keys()
        assert "another selfsearch is writing" in said.err
    assert run("rescan", "--json", code=0).json["changes"]["new"] == 1


def test_two_rescans_at_once_tell_once(run: Run, watched: Path) -> None:
    for number in range(3, 7):
        put(watched / f"{number}.jpg", scene(number))
    both = [command("rescan", "--json") for _ in range(2)]
    said = [json.loads(one.communicate()[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(one["changes"]["new"] for one in said) == 4
    assert len(run("report", "--json").json["changes"]) == 4


def test_a_rescan_during_an_index_does_nothing_or_comes_after(run: Run, watched: Path) -> None:
    for number in range(3, 9):
        put(watched / f"{number}.jpg", scene(number))
    indexing = command("index", watched)
    time.sleep(0.5)
    scanning = command("rescan", "--json")
    said = json.loads(scanning.communicate()[0])
    indexing.communicate()
    assert (indexing.returncode, scanning.returncode) in ((0, 0), (5, 0))
    last = run("rescan", "--json").json["changes"]["new"]
    assert said["changes"]["new"] + last == 6


def test_a_rescan_killed_again_and_again_comes_to_what_an_undisturbed_one_comes_to(
    run: Run, watched: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = shutil.copytree(home, tmp_path / "twin")
    for number in range(3, 15):
        put(watched / f"{number}.jpg", scene(number))
    (watched / "1.jpg").rename(watched / "moved.jpg")
    (watched / "2.jpg").unlink()
    waits, killed = (0.3, 0.6, 0.9, 1.3, 1.8, 2.3, 2.8, 3.4), 0
    for wait in waits:
        running = command("rescan", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(wait)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            killed += running.wait() == -signal.SIGKILL
    assert killed
    run("rescan")
    disturbed = [strip(one) for one in run("report", "--json").json["changes"]]
    monkeypatch.setenv("SELFSEARCH_HOME", str(twin))
    run("rescan")
    assert disturbed == [strip(one) for one in run("report", "--json").json["changes"]]
    assert len(disturbed) == 14


def strip(change: dict[str, Any]) -> dict[str, Any]:
    """Without the time, which differs."""
    return {key: value for key, value in change.items() if key != "at"}


def test_nothing_that_knows_models_is_loaded_when_nothing_changed(watched: Path) -> None:
    code = (
        "import sys; from selfsearch.cli import main; code = main(['rescan']);"
        " print(code, *sorted({'insightface', 'onnxruntime'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"


def test_history_is_cut_off_and_what_went_long_ago_forgotten(
    run: Run, at: Callable[[str], None], watched: Path, library: Callable[[], Any]
) -> None:
    at("2026-11-23T12:00:00+00:00")
    (watched / "1.jpg").unlink()
    run("rescan")
    run("report")
    assert run("status", "--json").json["media"] == 2
    at("2027-03-01T12:00:00+00:00")
    run("rescan")
    with library() as opened:
        assert opened.db.execute("select count(*) from media").fetchone() == (2,)
        assert opened.db.execute("select count(*) from changes").fetchone() == (1,)
        opened.db.execute("update changes set told_at = '2020-01-01T00:00:00+00:00'")
    run("rescan")
    with library() as opened:
        assert opened.db.execute("select count(*) from changes").fetchone() == (0,)


# Timers


def test_a_timers_run_says_nothing_and_tells_numbers(
    run: Run, watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.txt"
    monkeypatch.setenv("SELFSEARCH_NOTIFY", f"file:{told}")
    run("rescan", "--scheduled")
    assert not told.exists()
    put(watched / "3.jpg", scene(3))
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    said = run("rescan", "--scheduled")
    assert (said.out, said.err) == ("", "")
    assert "appearances: 1 new; run: selfsearch report" in told.read_text()
    assert "3.jpg" not in told.read_text()


def test_a_consent_that_ends_is_told_by_a_timer_once_before_and_once_after(
    run: Run, at: Callable[[str], None], folder: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = folder.parent / "told.txt"
    monkeypatch.setenv("SELFSEARCH_NOTIFY", f"file:{told}")
    at("2026-03-01T12:00:00+00:00")
    run("index", folder, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own", "--days", "60")
    said = []
    for day in ("03-02", "04-01", "04-15", "05-01", "05-02"):
        at(f"2026-{day}T12:00:00+00:00")
        told.unlink(missing_ok=True)
        run("rescan", "--scheduled")
        said.append(
            [word for word in ("within 30 days", "ended") if told.exists() and word in told.read_text()]
        )
    assert said == [[], ["within 30 days"], [], ["ended"], []]


def test_a_timers_run_that_was_killed_is_told_by_the_next_one_once(
    run: Run, watched: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = home.parent / "told.txt"
    monkeypatch.setenv("SELFSEARCH_NOTIFY", f"file:{told}")
    begun = {"run": "1", "by": "timer", "started_at": "2026-03-01T12:00:00+00:00"}
    (home / "runs.jsonl").write_text(json.dumps(begun) + "\n")
    run("rescan", "--scheduled")
    run("rescan", "--scheduled")
    assert told.read_text().count("the last re-scan was stopped before its end") == 1


def test_a_timers_run_that_somebody_stopped_is_no_failure(
    run: Run, watched: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    told = home.parent / "told.txt"
    monkeypatch.setenv("SELFSEARCH_NOTIFY", f"file:{told}")
    monkeypatch.setattr("selfsearch.workflows.rescan.rescan", stop)
    run("rescan", "--scheduled", code=130)
    assert not told.exists()
    assert json.loads((home / "runs.jsonl").read_text().splitlines()[-1])["state"] == "stopped"


def test_settings_that_cannot_be_read_are_the_reason_of_a_failed_run(
    run: Run, watched: Path, home: Path
) -> None:
    (home / "config.toml").write_text("grace_days = ")
    run("rescan", "--scheduled", code=2)
    last = json.loads((home / "runs.jsonl").read_text().splitlines()[-1])
    assert last["state"] == "failed"
    assert "config.toml cannot be used" in last["error"]
