"""Deletion that is real: what was erased is in no table, no file and no free page, whenever the run was
killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from selfsearch.consent import forget, grants
from selfsearch.errors import KeyUnavailable
from selfsearch.library import faces, items, ledger, people
from selfsearch.library.library import Library, open_library
from selfsearch.workflows import index
from tests import photos
from tests.conftest import Run
from tests.fakes import ColourEngine, coloured
from tests.forensics import all_bytes, decrypted, encodings, sha256
from tests.killing import NOW, opened

CAPTION = "a canary that was planted in a caption"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "planted-album"
    folder.mkdir()
    (folder / "planted-red.png").write_bytes(coloured("red"))
    (folder / "planted-both.png").write_bytes(coloured("red", "blue"))
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "copy.png").write_bytes(coloured("red"))
    (folder / "green.png").write_bytes(coloured("green"))
    return folder


def indexed(library: Library, *folders: Path, now: datetime = NOW) -> None:
    for folder in folders:
        grant = grants.give(library, grants.ConsentRequest("source", str(folder), "own"), now)
        index.index(library, ColourEngine(), grant, folder, lambda: now)  # type: ignore[arg-type]


def captioned(library: Library, caption: str = CAPTION) -> None:
    library.db.execute("update sightings set caption = ? where id = 1", [caption])


def erase(library: Library, *names: str) -> list[forget.Receipt]:
    forget.request(library, [target for name in names for target in forget.resolve(library, name)], NOW)
    return forget.complete(library, NOW)


def planted(library: Library, folder: Path) -> list[bytes]:
    """What must be found nowhere after an erasure, in the forms in which it is kept."""
    secrets = [str(path).encode() for path in folder.iterdir()]
    secrets += [sha256(path.read_bytes()).encode() for path in folder.iterdir()] + [CAPTION.encode()]
    for table in ("vectors", "chips"):
        secrets += [row[0] for row in library.db.execute(f"select sealed from {table}")]  # noqa: S608
    return secrets


def test_forgetting_a_source_leaves_nothing_of_it_in_any_file_or_free_page(home: Path, album: Path) -> None:
    with opened(home) as library:
        indexed(library, album)
        captioned(library)
        secrets, root = planted(library, album), library.root.library
        library.db.execute("pragma wal_checkpoint(truncate)")
        before = decrypted(home / "library.db", root)
        assert all(secret[:1000] in before for secret in secrets if len(secret) < 3000)
        (home / "reports").mkdir()
        (home / "reports" / "2026-03-01T120000.html").write_text(f"<p>{CAPTION}</p>")
        receipts = erase(library, str(album))
    raw = all_bytes(home)
    plain = decrypted(home / "library.db", root) + decrypted(home / "keys.db", root)
    for secret in secrets:
        for form in encodings(secret[:200]):
            assert form not in raw
            assert form not in plain
    assert not any(path.name.endswith("-wal") and path.stat().st_size for path in home.iterdir())
    assert [
        (receipt.subject, receipt.remnants, receipt.checked, receipt.reports) for receipt in receipts
    ] == [(str(album), (), True, 1)]
    assert receipts[0].counts == {
        "sources": 1, "scans": 1, "files": 2, "sightings": 2, "media": 2, "faces": 3, "sealed chip blocks": 2,
        "sealed vector blocks": 2, "keys": 1,
    }  # fmt: skip


def test_a_receipt_says_of_which_a_key_was_destroyed(
    run: Run, home: Path, album: Path, other: Path, selfie: Path
) -> None:
    with opened(home) as library:
        indexed(library, album, other)
    run("people", "add", "Eileen", selfie, "--consent", "own")
    destroyed, kept, backups = "its key was destroyed", "no key was destroyed", "the source keeps its key"
    photograph = run("forget", album / "planted-both.png", "--yes").out
    assert (destroyed in photograph, kept in photograph, backups in photograph) == (False, True, True)
    for whole in (str(other), "Eileen"):
        out = run("forget", whole, "--yes").out
        assert (destroyed in out, kept in out, backups in out, "1 encryption key" in out) == (
            True,
            False,
            False,
            True,
        )
    out = run("forget", "--all", "--yes").out
    assert out.count(destroyed) == 1
    assert "every key of the library was replaced" in out
    assert "they do not open with today's key" in out
    records = run("consent", "export").json["entries"]
    erased = [record["detail"]["erased"] for record in records if record["event"] == "erase"]
    assert [counts.get("keys") for counts in erased] == [None, 1, 1, 1, None]


def test_a_source_without_a_face_had_no_key_to_destroy(run: Run, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "notes.txt").write_text("words")
    with opened(home) as library:
        indexed(library, folder)
    assert "key destroyed" not in run("forget", folder, "--yes").out


def test_a_copy_of_the_library_from_before_opens_no_face_with_the_key_of_today(
    home: Path, album: Path
) -> None:
    with opened(home) as library:
        indexed(library, album)
        library.db.execute("pragma wal_checkpoint(truncate)")
        library.keys.execute("pragma wal_checkpoint(truncate)")
        copy = home.parent / "stolen"
        copy.mkdir()
        for name in ("library.db", "keys.db", "key.json"):
            (copy / name).write_bytes((home / name).read_bytes())
        erase(library, "1")
    with open_library(copy, key_folder=home.parent / "keys", accepting=True) as stolen:
        assert len(items.find_items(stolen, 1, ["planted-red.png"])) == 1
        with pytest.raises(KeyUnavailable):
            faces.load_chips(stolen, 1)


def test_a_photograph_that_another_source_has_too_survives_there(
    home: Path, album: Path, other: Path
) -> None:
    with opened(home) as library:
        indexed(library, album, other)
        pack = library.db.execute("select id from packs").fetchone()[0]
        stored = faces.find_media(library.db, sha256(coloured("red")), pack)
        receipts = erase(library, str(album))
        assert stored is not None
        assert faces.find_media(library.db, sha256(coloured("red")), pack) == stored
        assert faces.find_media(library.db, sha256(coloured("red", "blue")), pack) is None
        ids, embeddings = faces.load_embeddings(library, pack, 4, faces.media_in(library, [2]))
        assert (len(ids), len(embeddings)) == (2, 2)
        assert len(faces.load_chips(library, stored[0])) == 1
        assert [row[0] for row in library.keys.execute("select name from keys")] == ["source:2"]
    assert receipts[0].remnants == ()


def test_a_damaged_record_does_not_stand_in_the_way_of_forgetting(
    home: Path, album: Path, other: Path
) -> None:
    with opened(home) as library:
        indexed(library, album, other)
        library.db.execute("update vectors set sealed = randomblob(90) where source_id = 1")
        assert erase(library, "1")[0].remnants == ()
        indexed(library, other)
        assert items.count_outcomes(library) == {"indexed": 2}
        searched = faces.media_in(library, [2])
        assert len(faces.load_embeddings(library, 1, ColourEngine().dimension, searched)[0]) == 2


def test_forgetting_a_person_erases_probes_answers_and_the_audit_log(
    run: Run, home: Path, selfie: Path, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(photos.photo("astronaut", 1))
    run("index", tmp_path / "photos", "--consent", "own")
    run("query", selfie, "--person", "Eileen Planted", "--consent", "own", "--purpose", "a planted purpose")
    receipt = run("forget", "Eileen Planted", "--yes", "--json").json["receipts"][0]
    assert receipt["remnants"] == []
    assert receipt["counts"]["probe photographs"] == receipt["counts"]["people"] == 1
    assert run("people", "--json").json["people"] == []
    assert run("consent", "audit", "--json").json["queries"] == []
    run("query", selfie, "--person", "Eileen Planted", code=3)


def test_forgetting_one_photograph_leaves_the_others(home: Path, album: Path) -> None:
    with opened(home) as library:
        indexed(library, album)
        receipts = erase(library, str(album / "planted-red.png"))
        assert [row[0] for row in library.db.execute("select address from items")] == [
            str(album / "planted-both.png")
        ]
        assert grants.require(library, "source", str(album), NOW)
        assert erase(library, sha256((album / "planted-both.png").read_bytes()))[0].counts["faces"] == 2
    assert receipts[0].counts["media"] == 1


def test_the_receipt_stays_in_the_ledger_and_ends_the_consent(home: Path, album: Path) -> None:
    with opened(home) as library:
        indexed(library, album)
        receipt = erase(library, "1")[0]
        entry = ledger.entries(library)[-1]
        assert (entry.event, entry.kind, entry.subject, entry.hash) == (
            "erase",
            "source",
            str(album),
            receipt.hash,
        )
        assert json.loads(entry.detail)["erased"] == receipt.counts
        assert ledger.verify(library) == 2
        with pytest.raises(grants.ConsentError, match="was erased on 2026-03-01"):
            grants.require(library, "source", str(album), NOW)
        with pytest.raises(grants.ConsentError):
            grants.renew(library, "source", str(album), NOW)
        indexed(library, album)
        assert len(faces.media_in(library, [2])) == 2


def test_forget_asks_first_and_names_what_it_cannot_reach(run: Run, home: Path, album: Path) -> None:
    (album / "face.jpg").write_bytes(photos.photo("a", 1))
    run("index", album, "--consent", "own")
    assert "--yes" in run("forget", "1", code=2).err
    out = run("forget", "--all", "--yes").out
    assert "nothing is left" in out
    assert "backups made earlier" in out
    assert "nothing" not in run("consent", "verify").out
    assert run("sources", "--json").json["sources"] == []
    assert "nobody" not in run("consent", "list").out
    assert "has no source, person, file or sha256 called" in run("forget", "stranger", "--yes", code=2).err


def test_a_remnant_is_found_and_said(home: Path, album: Path, run: Run) -> None:
    (album / "face.jpg").write_bytes(photos.photo("a", 1))
    run("index", album, "--consent", "own")
    import gzip

    (home / "left-over.gz").write_bytes(gzip.compress(str(album / "planted-red.png").encode()))
    (home / "left-over.txt").write_text(str(album / "planted-both.png").encode().hex())
    out = run("forget", "1", "--yes", code=5).out
    assert "left-over.gz, left-over.txt" in out


def test_a_photograph_that_was_replaced_leaves_nothing(home: Path, album: Path) -> None:
    with opened(home) as library:
        indexed(library, album)
        (album / "planted-red.png").write_bytes(coloured("green"))
        indexed(library, album)
        hashes = {row[0] for row in library.db.execute("select sha256 from media")}
    assert hashes == {sha256(coloured("green")), sha256(coloured("red", "blue"))}


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from selfsearch.consent import forget
    from selfsearch.library import erasure, keys, remnant_scan, root_key, slack
    from tests.killing import NOW, kill_at, opened

    module, name, calls = sys.argv[2], sys.argv[3], int(sys.argv[4])
    places = (erasure, keys, remnant_scan, root_key, slack, forget)
    place = {place.__name__.rpartition(".")[2]: place for place in places}[module]
    kill_at(place, name, calls)
    with opened(Path(sys.argv[1])) as library:
        forget.request(library, forget.resolve(library, "1"), NOW)
        forget.complete(library, NOW)
"""
POINTS = [
    ("remnant_scan", "collect", 0), ("erasure", "purge", 0), ("erasure", "note_counts", 0),
    ("keys", "destroy", 0),
    ("keys", "rotate", 0), ("root_key", "store", 0), ("keys", "finish", 1), ("keys", "compact", 0),
    ("root_key", "store", 1), ("forget", "_delete_reports", 0), ("slack", "clear", 0),
    ("slack", "_build_anew", 0), ("slack", "find", 0),
    ("remnant_scan", "remnants", 0), ("erasure", "conclude", 0),
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS, ids=lambda point: ".".join(map(str, point)))
def test_killed_while_forgetting_the_next_command_completes_it(
    run: Run, home: Path, album: Path, other: Path, point: tuple[str, str, int]
) -> None:
    with opened(home) as library:
        indexed(library, album, other)
        captioned(library)
        secrets, root = planted(library, album)[:5], library.root.library
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), *map(str, point)]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    with opened(home, writing=False) as library:
        assert not any(row.state == "live" for row in forget.sources.all_sources(library) if row.id == 1)
    output = run("forget", code=0).out
    assert f"{album} is erased" in output
    with opened(home) as library:
        assert len(library.root.wrapping) == 1
        assert library.db.execute("select count(*) from erasures").fetchone()[0] == 0
        assert [row[0] for row in library.keys.execute("select name from keys")] == ["source:2"]
        ids, _ = faces.load_embeddings(library, 1, 4, faces.media_in(library, [1, 2]))
        assert len(ids) == 2
        assert ledger.verify(library) == 3
    plain = all_bytes(home) + decrypted(home / "library.db", root)
    erased = [secret for secret in secrets if sha256(coloured("red")).encode() != secret]
    assert not any(form in plain for secret in erased for form in encodings(secret))


def test_everything_can_be_forgotten(home: Path, album: Path, other: Path) -> None:
    with opened(home) as library:
        indexed(library, album, other)
        people.save_person(library, "ada", "2026-03-01")
        forget.request(library, forget.everything(library), NOW)
        receipts = forget.complete(library, NOW)
        left = {
            table: library.db.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608
            for table in (
                "sources",
                "items",
                "sightings",
                "media",
                "faces",
                "chips",
                "vectors",
                "people",
                "queries",
            )
        }
        assert set(left.values()) == {0}
        assert library.keys.execute("select count(*) from keys").fetchone()[0] == 0
    assert [receipt.subject for receipt in receipts] == [str(album), str(other), "ada", "everything"]
