"""Restored over a library, a backup brings nothing back that was removed in that library since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest

from selfsearch.consent import forget
from selfsearch.library import erasure, faces
from selfsearch.library.library import Library, open_library
from tests import photos
from tests.backups import PASSPHRASE, lose, shown
from tests.conftest import Run, id_of

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def with_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every backup here holds its key: that of today shuts faces away by itself after an erasure."""
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def party(run: Run, tmp_path: Path) -> Path:
    """A library with six people in one photograph and "c" alone in another, who is enrolled as "me"."""
    folder = tmp_path / "party"
    folder.mkdir()
    (folder / "all.jpg").write_bytes(photos.encoded(photos.group()))
    (folder / "c.jpg").write_bytes(photos.photo("c", 1))
    (tmp_path / "me.jpg").write_bytes(photos.photo("c", 4))
    run("index", folder, "--consent", "own")
    run("people", "add", "me", tmp_path / "me.jpg", "--consent", "own")
    return folder


@contextmanager
def opened(home: Path) -> Iterator[Library]:
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        yield library


def kept(home: Path) -> dict[int, int]:
    """Media -> its faces: rows, embeddings and chips agree."""
    with opened(home) as library:
        counts = dict(library.db.execute("select media_id, count(*) from faces group by media_id").fetchall())
        vectors = library.db.execute("select media_id, count from vectors where count > 0").fetchall()
        assert dict(vectors) == counts
        assert {media: len(faces.load_chips(library, media)) for media in counts} == counts
        return counts


def saved(run: Run, folder: Path) -> Path:
    run("backup", folder / "b.zip", "--with-key")
    return folder / "b.zip"


def test_bystanders_forgotten_after_the_backup_do_not_come_back(
    run: Run, home: Path, party: Path, tmp_path: Path
) -> None:
    backup = saved(run, tmp_path)
    assert sum(kept(home).values()) == 7
    run("forget", "--bystanders", "--yes")
    said = run("restore", backup, "--yes")
    assert "removed again, because they were removed after the backup: 5 faces" in said.out
    assert "faces that were removed after the backup is erased: 5 faces" in said.err
    assert "nothing is left" in said.err
    assert sum(kept(home).values()) == 2
    assert run("query", tmp_path / "me.jpg", "--json").json["summary"]["appearances"] == 2
    (party / "new.jpg").write_bytes(photos.photo("d", 1))
    run("index", party)
    assert sum(kept(home).values()) == 2, "the setting stays, too"


def test_a_face_that_is_no_more_in_place_does_not_come_back(
    run: Run, home: Path, party: Path, tmp_path: Path
) -> None:
    """A receipt is not needed: whatever took it out of a photograph that was analysed counts."""
    backup = saved(run, tmp_path)
    with opened(home) as library:
        first = min(face for (face,) in library.db.execute("select id from faces"))
        erasure.remove_faces(library, {first}, "one face", NOW)
        forget.complete(library, NOW)
    before = kept(home)
    run("restore", backup, "--yes")
    assert kept(home) == before


def test_a_verdict_is_what_was_said_last(run: Run, home: Path, filled: Path, selfie: Path) -> None:
    run("verdict", id_of(home, 1), "not-me", "--yes")
    backup = saved(run, filled)
    run("verdict", id_of(home, 1), "me", "--yes")
    run("verdict", id_of(home, 2), "not-me", "--yes")
    run("restore", backup, "--yes")
    assert shown(run, selfie) == {"planted-kept.jpg"}


def test_a_verdict_that_was_taken_back_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path
) -> None:
    run("verdict", id_of(home, 1), "not-me", "--yes")
    backup = saved(run, filled)
    with opened(home) as library:
        library.db.execute("delete from verdicts")
    run("restore", backup, "--yes")
    assert len(shown(run, selfie)) == 2


def test_verdicts_on_photographs_that_the_backup_lacks_are_counted(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    backup = saved(run, filled)
    (tmp_path / "kept" / "new.jpg").write_bytes(photos.photo("astronaut", 3))
    run("index", tmp_path / "kept")
    run("verdict", id_of(home, 3), "not-me", "--yes")
    assert (
        "lost: 1 verdict (me, not me) on photographs that came after the backup"
        in run("restore", backup, "--yes").out
    )


def test_a_photograph_that_a_person_is_no_more_searched_by_does_not_come_back(
    run: Run, home: Path, filled: Path, tmp_path: Path
) -> None:
    (tmp_path / "second.jpg").write_bytes(photos.photo("astronaut", 4))
    run("people", "add", "me", tmp_path / "second.jpg")
    backup = saved(run, filled)
    run("people", "remove", "me", "2", "--yes")
    run("restore", backup, "--yes")
    with opened(home) as library:
        assert library.db.execute("select id from probes").fetchall() == [(1,)]


def test_a_photograph_forgotten_does_not_come_back_with_the_key_of_the_backup(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    backup = saved(run, filled)
    run("forget", tmp_path / "private" / "planted-private.jpg", "--yes")
    run("restore", backup, "--yes")
    assert shown(run, selfie) == {"planted-kept.jpg"}


def test_what_a_source_held_before_it_was_forgotten_and_read_anew_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    backup = saved(run, filled)
    run("consent", "revoke", "--yes", tmp_path / "private")
    (tmp_path / "private" / "planted-private.jpg").unlink()
    (tmp_path / "private" / "other.jpg").write_bytes(photos.photo("astronaut", 3))
    run("index", tmp_path / "private", "--consent", "own")
    run("restore", backup, "--yes")
    assert shown(run, selfie) == {"planted-kept.jpg"}


def test_what_a_person_was_before_they_were_forgotten_and_enrolled_anew_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path, tmp_path: Path
) -> None:
    backup = saved(run, filled)
    run("forget", "me", "--yes")
    (tmp_path / "second.jpg").write_bytes(photos.photo("astronaut", 4))
    run("people", "add", "me", tmp_path / "second.jpg", "--consent", "own")
    run("restore", backup, "--yes")
    assert run("people", "--json").json["people"] == []


def test_what_was_to_be_forgotten_when_the_command_was_killed_does_not_come_back(
    run: Run, home: Path, filled: Path, selfie: Path
) -> None:
    backup = saved(run, filled)
    with opened(home) as library:
        (media,) = library.db.execute("select min(id) from media").fetchone()
        forget.request(library, [forget.Target("media", media, "a media file")], NOW)
    run("restore", backup, "--yes")
    assert shown(run, selfie) == {"planted-private.jpg"}


def test_who_was_searched_for_and_refused_stays_on_record(
    run: Run, home: Path, filled: Path, tmp_path: Path
) -> None:
    backup = saved(run, filled)
    (tmp_path / "stranger.jpg").write_bytes(photos.photo("d", 1))
    run("query", tmp_path / "stranger.jpg", code=3)
    before = run("consent", "audit").out
    assert "refused" in before
    run("restore", backup, "--yes")
    assert run("consent", "audit").out == before


def test_faces_that_were_lost_to_damage_come_back(run: Run, home: Path, filled: Path, selfie: Path) -> None:
    """Lost is not forgotten: what doctor took out because it did not open is not analysed any more."""
    backup = saved(run, filled)
    with opened(home) as library:
        faces.drop_faces(library, 1)
    assert shown(run, selfie) == {"planted-private.jpg"}
    run("restore", backup, "--yes")
    assert len(shown(run, selfie)) == 2


def test_a_library_that_cannot_be_read_is_replaced_and_that_is_said(
    run: Run, home: Path, filled: Path, selfie: Path
) -> None:
    backup = saved(run, filled)
    (home / "library.db").write_bytes(bytes(8192))
    assert "could not be read whole" in run("restore", backup, "--yes").out
    assert len(shown(run, selfie)) == 2
    lose(home)
    assert "could not be read" not in run("restore", backup).out
