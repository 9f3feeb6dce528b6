"""What becomes of the library's embeddings when another pack is used."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from selfsearch.consent import grants
from selfsearch.library import faces, sources
from selfsearch.library.library import open_library
from selfsearch.media import decode
from selfsearch.packs.store import find_pack
from selfsearch.recognition.embedding import centre
from selfsearch.recognition.model_engine import ModelEngine
from selfsearch.workflows.reembed import ReembedResult, reembed

from .conftest import Run

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


def embeddings_of(home: Path, pack: str) -> dict[str, np.ndarray]:
    """sha256 of a picture -> the embeddings that the library holds of it, made with this pack."""
    with open_library(home, key_folder=home.parent / "keys") as library:
        number = next(row.id for row in sources.find_packs(library) if row.name == pack)
        rows = library.db.execute("select id, sha256 from media").fetchall()
        embeddings = {}
        for media, digest in rows:
            embeddings[digest] = faces.load_embeddings(library, number, 128, {media})[1]
    return embeddings


def test_an_older_pack_gives_the_default_packs_embeddings(
    run: Run, home: Path, older: Path, album: Path
) -> None:
    """Indexed from scratch with either: what the graphs undo is what the manifest says is done."""
    run("index", album, "--consent", "own")
    run("models", "add", older)
    pack = find_pack("buffalo_s", home / "packs")
    default = find_pack("opencv-zoo")
    default_engine = ModelEngine(default)
    older_engine = ModelEngine(replace(pack, calibration=default.calibration))

    for path in sorted(album.iterdir()):
        still = decode.open_still(path.read_bytes())
        _, expected = default_engine.detect_and_embed(still)
        _, faces = older_engine.detect_and_embed(still)
        assert len(faces) == len(expected)
        for face, other in zip(faces, expected, strict=True):
            np.testing.assert_allclose(face.box, other.box, atol=0.11)
            np.testing.assert_allclose(face.embedding, other.embedding, atol=1e-4)


def test_a_change_of_packs_makes_embeddings_from_kept_faces(
    run: Run, home: Path, older: Path, album: Path, selfie: Path
) -> None:
    run("index", album, "--consent", "own")
    before = run("query", selfie, "--self", "--consent", "own", "--json").json
    shutil.rmtree(album)  # nothing can be read from the originals
    run("models", "add", older)
    run("models", "use", "buffalo_s")
    result = run("query", selfie, "--json")
    after = result.json
    assert "making vectors for pack buffalo_s from 7 kept faces" in result.err
    assert (before["model"]["pack"], after["model"]["pack"]) == ("opencv-zoo", "buffalo_s")
    assert after["bands"] == {}
    assert {shown["band"] for shown in after["appearances"]} == {None}
    expected = [shown["media"]["sha256"] for shown in before["appearances"]]
    first = [shown["media"]["sha256"] for shown in after["appearances"][: len(expected)]]
    assert set(first) == set(expected)
    assert "making vectors" not in run("query", selfie, "--json").err
    first, second = embeddings_of(home, "opencv-zoo"), embeddings_of(home, "buffalo_s")
    calibration = find_pack("opencv-zoo").calibration
    mean = calibration.mean if calibration else ()
    assert [len(block) for block in first.values()] == [len(block) for block in second.values()]
    for digest, block in first.items():
        if len(block):
            scores = np.sum(block * centre(second[digest], mean), axis=1)
            assert (scores > 0.99).all(), "a chip is kept as a JPEG"


def test_indexing_after_a_change_reads_no_file_again(run: Run, home: Path, older: Path, album: Path) -> None:
    run("index", album, "--consent", "own")
    run("models", "add", older)
    run("models", "use", "buffalo_s")
    again = run("index", album, "--json")
    assert (again.json["new"], again.json["unchanged"]) == (0, 8)
    assert "making vectors for pack buffalo_s from 7 kept faces" in again.err
    first, second = embeddings_of(home, "opencv-zoo"), embeddings_of(home, "buffalo_s")
    assert {digest: len(block) for digest, block in first.items()} == {
        digest: len(block) for digest, block in second.items()
    }


def test_a_source_without_live_consent_gets_no_embeddings(
    run: Run, home: Path, older: Path, album: Path
) -> None:
    run("index", album, "--consent", "own")
    run("models", "add", older)
    engine = ModelEngine(find_pack("buffalo_s", home / "packs"))
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        grants.revoke(library, "source", str(album), NOW)
        assert reembed(library, engine, NOW) == ReembedResult()
        assert library.db.execute("select count(*) from vectors").fetchone() == (8,)


def test_damaged_chips_are_counted_and_the_others_embedded(
    run: Run, home: Path, older: Path, album: Path
) -> None:
    run("index", album, "--consent", "own")
    run("models", "add", older)
    engine = ModelEngine(find_pack("buffalo_s", home / "packs"))
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        media = library.db.execute("select min(media_id) from chips").fetchone()[0]
        library.db.execute("update chips set sealed = zeroblob(100) where media_id = ?", [media])
        now = datetime.now(timezone.utc)
        assert reembed(library, engine, now) == ReembedResult(media=7, faces=6, damaged=1)
        assert reembed(library, engine, now) == ReembedResult(media=0, faces=0, damaged=1)


KILLED = """
import sys
from tests.killing import kill_at
from selfsearch.cli import main
from selfsearch.library import faces
from selfsearch.workflows import reembed
reembed.BATCH = 2
kill_at(faces, "insert_embeddings", int(sys.argv.pop(1)))
sys.exit(main(sys.argv[1:]))
"""


def test_a_library_of_the_version_before_is_brought_over_without_the_originals_however_often_it_is_killed(
    run: Run, home: Path, album: Path, selfie: Path
) -> None:
    run("index", album, "--consent", "own")
    before = run("query", selfie, "--self", "--json").json["appearances"]
    mine, other = before[0]["id"], before[1]["id"]
    run("verdict", mine, "me", "--yes")
    run("verdict", other, "not-me", "--yes")
    run("rescan")
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        library.db.execute("update packs set revision = 'of the version before'")
    shutil.rmtree(album)
    album.mkdir()
    for command, calls in ((("rescan",), 0), (("query", selfie), 3), (("rescan",), 2)):
        words = [sys.executable, "-c", KILLED, str(calls), *map(str, command)]
        killed = subprocess.run(words, cwd=Path(__file__).parent.parent, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    after = run("query", selfie, "--json").json["appearances"]
    assert [one["id"] for one in after] == [one["id"] for one in before if one["id"] != other]
    assert {one["id"]: one["verdict"] for one in after}[mine] == "me"
    changes = run("rescan", "--json").json["changes"]
    assert {kind for kind, count in changes.items() if count} == {"unreachable"}
    with open_library(home, key_folder=home.parent / "keys") as library:
        packs = library.db.execute("select pack_id, count(*) from vectors group by pack_id").fetchall()
    assert packs == [(2, 8)], "what a former revision made is compared with nothing, and goes"
    run("doctor")


def test_what_a_person_is_searched_by_comes_over_with_a_query_alone(
    run: Run, home: Path, album: Path, selfie: Path
) -> None:
    run("index", album, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    shown = run("query", selfie, "--json").json["appearances"]
    run("verdict", shown[0]["id"], "me", "--strengthen", "--yes")
    before = run("query", selfie, "--json").json
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        library.db.execute("update packs set revision = 'of the version before'")
    shutil.rmtree(album)
    after = run("query", selfie, "--json").json
    assert after["bands"] == before["bands"], "of as many photographs"
    scores = [{one["id"]: one["score"] for one in answer["appearances"]} for answer in (before, after)]
    assert scores[1] == pytest.approx(scores[0], abs=0.02), "a chip is kept as a JPEG"
    with open_library(home, key_folder=home.parent / "keys") as library:
        probes = library.db.execute("select pack_id, count(*) from probe_vectors group by pack_id").fetchall()
    assert probes[-1] == (2, 1)
