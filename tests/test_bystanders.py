"""Faces of people who never agreed can be left out, and taken out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfsearch.library import faces, people, verdicts
from selfsearch.library.library import open_library
from tests import photos
from tests.conftest import Run
from tests.forensics import all_bytes, decrypted, encodings


@pytest.fixture
def party(tmp_path: Path) -> Path:
    """Six people in one photograph, one of them, "c", alone in another, a seventh in a third."""
    folder = tmp_path / "party"
    folder.mkdir()
    (folder / "all.jpg").write_bytes(photos.encoded(photos.group()))
    (folder / "c.jpg").write_bytes(photos.photo("c", 1))
    (folder / "stranger.jpg").write_bytes(photos.photo("astronaut", 1))
    return folder


@pytest.fixture
def selfie_of_c(tmp_path: Path) -> Path:
    path = tmp_path / "me.jpg"
    path.write_bytes(photos.photo("c", 4))
    return path


def stored(home: Path) -> tuple[int, int]:
    """Faces kept, faces only counted."""
    with open_library(home, key_folder=home.parent / "keys") as library:
        count, others = library.db.execute("select sum(count), sum(bystanders) from vectors").fetchone()
        assert library.db.execute("select count(*) from faces").fetchone()[0] == count
        chips = [
            len(faces.load_chips(library, media)) for (media,) in library.db.execute("select id from media")
        ]
        assert sum(chips) == count
        return count, others


def test_faces_that_resemble_nobody_enrolled_are_counted_and_not_kept(
    run: Run, home: Path, party: Path, selfie_of_c: Path
) -> None:
    assert (
        "somebody must be enrolled"
        in run("index", party, "--consent", "own", "--bystanders", "discard", code=2).err
    )
    run("people", "add", "me", selfie_of_c, "--consent", "own")
    result = run("index", party, "--bystanders", "discard", "--json").json
    assert result["outcomes"] == {"indexed": 2, "no_face": 1}
    assert stored(home) == (2, 6)
    appearances = run("query", selfie_of_c, "--json").json["appearances"]
    assert {Path(appearance["sightings"][0]["path"]).name for appearance in appearances} == {
        "all.jpg",
        "c.jpg",
    }
    (party / "another.jpg").write_bytes(photos.photo("astronaut", 2))
    run("index", party)  # the setting stays
    assert stored(home) == (2, 7)
    run("index", party, "--bystanders", "perhaps", code=2)


def test_switching_to_discard_purges_what_is_stored_of_others(
    run: Run, home: Path, party: Path, selfie_of_c: Path
) -> None:
    run("index", party, "--consent", "own")
    run("people", "add", "me", selfie_of_c, "--consent", "own")
    assert stored(home) == (8, 0)
    with open_library(home, key_folder=home.parent / "keys") as library:
        before = [row[0] for row in library.db.execute("select sealed from vectors")]
        root = library.root.library
    assert "--yes" in run("forget", "--bystanders", code=2).err
    receipt = run("forget", "--bystanders", "--yes", "--json").json["receipts"][0]
    assert (receipt["counts"], receipt["remnants"], receipt["checked"]) == ({"faces": 6}, [], True)
    assert stored(home) == (2, 6)
    raw = all_bytes(home) + decrypted(home / "library.db", root)
    left = [blob for blob in before if any(form in raw for form in encodings(blob[:48]))]
    assert len(left) == 1  # of the photograph that shows nobody else
    assert len(run("query", selfie_of_c, "--json").json["appearances"]) == 2
    run("consent", "verify")


def test_a_face_that_somebody_said_is_theirs_stays(
    run: Run, home: Path, party: Path, selfie_of_c: Path
) -> None:
    run("index", party, "--consent", "own")
    run("people", "add", "me", selfie_of_c, "--consent", "own")
    with open_library(home, key_folder=home.parent / "keys") as library:
        (face,) = library.db.execute(
            "select faces.id from faces join items using (media_id) where path = 'stranger.jpg'"
        ).fetchone()
        me = people.find_person(library, "me")
        assert me
        verdicts.save(library, me.id, {face: verdicts.Verdict("me", "2026-03-01T12:00:00+00:00")})
    said = run("forget", "--bystanders", "--yes").out
    assert "no key was destroyed: the rest of its source needs the same one" in said
    assert stored(home) == (3, 5)
