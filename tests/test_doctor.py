"""Doctor: libraries are really damaged here, and each kind of damage has its sentence and its cure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from selfsearch import doctor
from selfsearch.doctor import check_telemetry, examine
from selfsearch.errors import LibraryBusyError
from selfsearch.library.db import LOST
from selfsearch.library.integrity import Finding
from selfsearch.library.library import Library, open_library
from selfsearch.library.sealed import embeddings_aad, pack_chips, pack_embeddings

from . import packs as samples
from .conftest import Run

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@pytest.fixture
def indexed(run: Run, home: Path, album: Path) -> Path:
    """The home of a sound library: eight photographs, seven faces, one person."""
    run("index", album, "--consent", "own")
    return home


@contextmanager
def opened(home: Path) -> Iterator[Library]:
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        yield library


def wrong(home: Path, *, fix: bool = False) -> list[Finding]:
    """What is not as it should be."""
    return [
        finding
        for finding in examine(home, home.parent / "keys", fix=fix)
        if finding.level in ("warning", "error")
    ]


def only(home: Path) -> tuple[str, str, str]:
    """The check, level and sentence of the one thing that is wrong."""
    (finding,) = wrong(home)
    assert finding.do, "every finding says what to do"
    return finding.check, finding.level, finding.what


def media(library: Library, name: str = "chips") -> list[int]:
    return [number for (number,) in library.db.execute(f"select media_id from {name} order by 1")]  # noqa: S608


def reseal(library: Library, embeddings: np.ndarray, number: int) -> None:
    """Replace a media file's vectors by others, properly sealed."""
    row = library.db.execute("select source_id, pack_id from vectors where media_id = ?", [number]).fetchone()
    sealed = library.sealer(f"source:{row[0]}").seal(
        pack_embeddings(embeddings), embeddings_aad(number, row[1])
    )
    library.db.execute("update vectors set sealed = ? where media_id = ?", [sealed, number])


# What is well


def test_a_sound_library_is_called_sound(run: Run, indexed: Path) -> None:
    lines = run("doctor").out.splitlines()
    if any("not on record here" in line for line in lines):  # selfsearch was not installed by pip
        lines = [line for line in lines if "checked with" not in line and "to do: install" not in line]
    assert {line[:7] for line in lines[:-2]} == {"ok     "}
    assert lines[-1] == "Nothing is wrong with what was checked."
    assert any("the templates of 8 files can be opened, and fit their faces" in line for line in lines)


def test_no_library_is_no_damage(run: Run, home: Path) -> None:
    output = run("doctor").out
    assert (
        f"note    there is no library in {home} yet\n        to do: make one: selfsearch index PATH" in output
    )
    assert not home.exists()


def test_doctor_changes_nothing_by_itself(indexed: Path) -> None:
    before = {path: path.read_bytes() for path in indexed.rglob("*") if path.is_file()}
    assert wrong(indexed) == []
    assert {path: path.read_bytes() for path in indexed.rglob("*.*") if path.is_file()} == before


def test_the_answer_for_programs_holds_every_finding(run: Run, indexed: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("update items set outcome = 'lost' where id = 1")
    answer = run("doctor", "--json", code=5).json
    assert (answer["schema"], answer["errors"], answer["warnings"]) == ("selfsearch.doctor/1", 1, 0)
    assert {
        "check": "values", "level": "error", "mended": False,
        "what": "files with an outcome that does not exist: lost",
        "do": "restore the library from a backup; if there is none, move its folder away and index again",
    } in answer["findings"]  # fmt: skip


# The files


@pytest.mark.parametrize("name", ["library.db", "keys.db"])
def test_a_flipped_byte_in_any_page_is_found(run: Run, indexed: Path, name: str) -> None:
    intact = (indexed / name).read_bytes()
    for page in range(0, len(intact), 4096 * max(1, len(intact) // 4096 // 6)):
        damaged = bytearray(intact)
        damaged[page + 2000] ^= 1
        (indexed / name).write_bytes(damaged)
        errors = [finding for finding in wrong(indexed) if finding.level == "error"]
        assert any(name in finding.what for finding in errors), f"byte {page + 2000} of {len(intact)}"
    assert "something is wrong" in run("doctor", code=5).err


def test_a_missing_or_wrong_key_is_named(indexed: Path) -> None:
    (key,) = (indexed.parent / "keys").glob("*.key")
    data = key.read_bytes()
    key.write_bytes(bytes(len(data)))
    assert only(indexed)[:2] == ("library", "error")
    key.unlink()
    assert only(indexed) == ("library", "error", f"the library's key file {key} is missing")
    (finding,) = wrong(indexed)
    assert finding.do == "put it back from a copy, or from the recovery code: selfsearch key import"


def test_a_missing_database_is_named(indexed: Path) -> None:
    (indexed / "keys.db").unlink()
    assert only(indexed)[1:] == ("error", f"{indexed / 'keys.db'} is missing; {LOST}")


@posix
def test_what_others_can_read_is_said_and_repaired(indexed: Path) -> None:
    (key,) = (indexed.parent / "keys").glob("*.key")
    (indexed / "library.db").chmod(0o644)
    (indexed / "reports").mkdir(mode=0o755)
    (indexed / "reports").chmod(0o755)
    key.chmod(0o640)
    assert [(finding.what, finding.do) for finding in wrong(indexed)] == [
        (
            "others on this machine may get at the library: library.db (0644), reports (0755)",
            "selfsearch doctor --fix",
        ),
        (
            f"others on this machine may get at the library's key: {key.name} (0640)",
            "selfsearch doctor --fix",
        ),
    ]
    (indexed / "library.db").chmod(0o644)  # opening the library has narrowed both
    key.chmod(0o640)
    assert [(finding.check, finding.mended) for finding in wrong(indexed, fix=True)] == [
        ("permissions", True)
    ] * 2
    assert wrong(indexed) == []
    assert [path.stat().st_mode & 0o777 for path in (indexed / "library.db", indexed / "reports", key)] == [
        0o600, 0o700, 0o600,
    ]  # fmt: skip


def test_half_written_files_are_deleted_and_a_download_is_kept(indexed: Path) -> None:
    (indexed / ".config.toml.abcdefgh.part").write_bytes(b"x")
    (indexed / "packs").mkdir(mode=0o700)
    (indexed / "packs/.mine.abcdefgh.part").mkdir(mode=0o700)
    (indexed / "packs/.mine.abcdefgh.part/detection.onnx").write_bytes(b"x")
    (indexed / "packs/buffalo_l.zip.part").write_bytes(b"x")
    for path in indexed.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert only(indexed) == (
        "leftovers", "warning",
        "half-written files were left by a run that was stopped: .config.toml.abcdefgh.part,"
        " .mine.abcdefgh.part",
    )  # fmt: skip
    assert [finding.mended for finding in wrong(indexed, fix=True)] == [True]
    findings = examine(indexed, indexed.parent / "keys")
    notes = [each.what for each in findings if (each.check, each.level) == ("leftovers", "note")]
    assert notes == ["the model pack buffalo_l is not whole yet (0 MB are here)"]
    assert sorted(path.name for path in indexed.rglob("*.part")) == ["buffalo_l.zip.part"]


def test_a_disk_without_room_is_said(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOM", 1 << 60)
    check, level, what = only(indexed)
    assert (check, level) == ("disk", "warning")
    assert re.fullmatch(r"the library's disk has only [\d,]+ MB free", what)


# The ledger, and what refers to what


def test_a_changed_ledger_is_found_at_its_entry(indexed: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("drop trigger consents_keep_update")
        library.db.execute("update consents set expires_at = '2099-01-01T00:00:00+00:00' where id = 1")
    place, level, sentence = only(indexed)
    assert (place, level) == ("ledger", "error")
    assert sentence.startswith("the consent ledger was changed at entry 1: it is not believed any more")


def test_a_reference_to_nothing_is_found(indexed: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("pragma foreign_keys = off")
        library.db.execute("update items set media_id = 999 where id in (1, 2)")
    assert only(indexed) == ("library", "error", "items: 2 references to media that are not there")


def test_values_that_cannot_be_read_are_found(indexed: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("update sources set stamps = '{', scanned_at = 'yesterday'")
    assert only(indexed) == (
        "values", "error", "values that cannot be read: sources.stamps (1 row), sources.scanned_at (1 row)",
    )  # fmt: skip


def test_an_interrupted_run_is_said_with_how_to_go_on(indexed: Path, album: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("update scans set state = 'running', finished_at = null")
    (finding,) = wrong(indexed)
    assert finding.what.startswith(f"reading Folder {album} (source 1), begun 2")
    assert finding.do == f"go on with it: selfsearch index {album}"


# Chips and vectors


def test_a_block_moved_to_another_row_is_found_and_made_anew(run: Run, indexed: Path, album: Path) -> None:
    with opened(indexed) as library:
        first, second = media(library)[:2]
        sealed = library.db.execute("select sealed from vectors where media_id = ?", [second]).fetchone()
        library.db.execute("update vectors set sealed = ? where media_id = ?", [*sealed, first])
    assert only(indexed) == (
        "vectors", "error",
        f"the vectors of 1 file do not open: they were changed, or moved from another place (media {first})",
    )  # fmt: skip
    assert [finding.mended for finding in wrong(indexed, fix=True)] == [True]
    assert only(indexed) == (
        "vectors", "warning", f"the faces of 1 file have no vectors, so they are not found (media {first})",
    )  # fmt: skip
    again = run("index", album)
    assert "making vectors for pack opencv-zoo from 1 kept faces" in again.err
    assert wrong(indexed) == []


@pytest.mark.parametrize(
    ("embeddings", "sentence"),
    [
        (np.full((1, 128), 0.5, np.float32), "do not have length 1"),
        (np.full((1, 128), np.nan, np.float32), "hold values that are no numbers"),
        (np.full((1, 64), 0.125, np.float32), "have the wrong size"),
        (np.zeros((0, 128), np.float32), "have the wrong size"),
    ],
)
def test_vectors_that_are_none_are_found(indexed: Path, embeddings: np.ndarray, sentence: str) -> None:
    with opened(indexed) as library:
        number = media(library)[0]
        reseal(library, embeddings, number)
    assert only(indexed) == ("vectors", "error", f"the vectors of 1 file {sentence} (media {number})")


def test_a_face_that_is_missing_or_too_much_is_found(indexed: Path) -> None:
    with opened(indexed) as library:
        number = media(library)[0]
        library.db.execute("delete from faces where media_id = ?", [number])
    assert [(finding.check, finding.level, finding.what) for finding in wrong(indexed)] == [
        (
            "chips",
            "error",
            f"the kept faces of 1 file are more or fewer than the faces that were found (media {number})",
        ),
        (
            "vectors",
            "error",
            f"the vectors of 1 file are more or fewer than the faces that were found (media {number})",
        ),
    ]


def test_damaged_chips_are_read_again_from_their_files(run: Run, indexed: Path, album: Path) -> None:
    with opened(indexed) as library:
        first, second, third = media(library)[:3]
        library.db.execute("update chips set sealed = zeroblob(50) where media_id = ?", [first])
        library.db.execute("delete from chips where media_id = ?", [second])
        source = library.db.execute("select source_id from chips where media_id = ?", [third]).fetchone()[0]
        small = pack_chips([np.zeros((16, 16, 3), np.uint8)])
        sealed = library.sealer(f"source:{source}").seal(small, f"chips of media {third}")
        library.db.execute("update chips set sealed = ? where media_id = ?", [sealed, third])
    assert sorted(finding.what for finding in wrong(indexed)) == [
        f"the kept faces of 1 file are missing (media {second})",
        f"the kept faces of 1 file are no pictures of 112x112 pixels (media {third})",
        "the kept faces of 1 file do not open: they were changed, or moved from another place (media"
        f" {first})",
    ]
    wrong(indexed, fix=True)
    assert run("index", album, "--json").json["new"] == 3
    assert wrong(indexed) == []


def test_chips_whose_files_are_gone_are_left_as_they_are(run: Run, indexed: Path, album: Path) -> None:
    with opened(indexed) as library:
        number = media(library)[0]
        library.db.execute("update chips set sealed = zeroblob(50) where media_id = ?", [number])
        library.db.execute(
            "update items set gone_at = '2026-01-01T00:00:00+00:00' where media_id = ?", [number]
        )
    (finding,) = wrong(indexed, fix=True)
    assert (finding.level, finding.mended) == ("error", False)
    assert finding.do.endswith("the other files are gone, so theirs stay")
    with opened(indexed) as library:
        assert number in media(library)
        assert number in media(library, "vectors")


def test_vectors_that_were_deleted_are_missed(run: Run, indexed: Path, album: Path) -> None:
    with opened(indexed) as library:
        library.db.execute("delete from vectors where count > 0")
    check, level, what = only(indexed)
    assert (check, level) == ("vectors", "warning")
    assert what.startswith("the faces of 7 files have no vectors, so they are not found (media ")
    assert what.endswith(" and 2 more)")
    run("index", album)
    assert wrong(indexed) == []


def test_a_key_that_is_gone_is_found(indexed: Path) -> None:
    with opened(indexed) as library:
        library.keys.execute("delete from keys")
    assert [finding.what.partition(" (")[0] for finding in wrong(indexed)] == [
        "the kept faces of 7 files are sealed under a key that is gone",
        "the vectors of 8 files are sealed under a key that is gone",
    ]


def test_a_persons_damaged_photograph_is_found(run: Run, indexed: Path, selfie: Path) -> None:
    run("query", selfie, "--self", "--consent", "own")
    assert wrong(indexed) == []
    with opened(indexed) as library:
        library.db.execute("update probe_vectors set sealed = zeroblob(540)")
    assert only(indexed) == (
        "people", "error",
        "the faces by which person 1 is searched do not open: they were changed, or moved from another place",
    )  # fmt: skip


# Packs, settings, the machine


def test_a_changed_pack_is_found(run: Run, indexed: Path, tmp_path: Path) -> None:
    run("models", "add", samples.older_layout(tmp_path / "mine"))
    model = indexed / "packs/mine/recognition.onnx"
    data = bytearray(model.read_bytes())
    data[1_000_000] ^= 1
    model.write_bytes(data)
    (indexed / "packs/half").mkdir(mode=0o700)
    assert [(finding.check, finding.level, finding.what, finding.do) for finding in wrong(indexed)] == [
        (
            "packs", "error", "the model pack 'mine' is damaged: recognition.onnx has changed",
            "add it again (selfsearch models add) or use another one: selfsearch models use opencv-zoo",
        ),
        (
            "packs", "error",
            f"the model pack in {indexed / 'packs/half'} has no usable manifest: FileNotFoundError",
            "take it away: selfsearch models remove half",
        ),
    ]  # fmt: skip
    run("models", "remove", "half", "--yes")
    run("models", "remove", "mine", "--yes")
    assert wrong(indexed) == []


def test_settings_that_cannot_be_read_are_found(indexed: Path) -> None:
    (indexed / "config.toml").write_text("pack = ")
    (indexed / "config.toml").chmod(0o600)
    assert only(indexed)[:2] == ("settings", "error")
    (indexed / "config.toml").write_text('pack = "gone"')
    assert only(indexed) == (
        "settings", "error", "the model pack in use, gone, is not there or cannot be read",
    )  # fmt: skip


def test_telemetry_that_is_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    assert check_telemetry().level == "warning"


def test_a_library_that_cannot_be_loaded_is_said(
    run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PROGRAMS", {"no_such_module": "install it"})
    output = run("doctor", code=1)
    assert (
        "ERROR   no_such_module cannot be loaded: No module named 'no_such_module'\n        to do: install it"
        in output.out
    )


def test_fixing_waits_for_no_other_run(indexed: Path) -> None:
    with opened(indexed), pytest.raises(LibraryBusyError):
        wrong(indexed, fix=True)
