"""The key of the databases is replaced: an old copy of the library opens nothing with the key of today, and
whenever the run was killed the next command ends it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfsearch.errors import KeyUnavailable, LibraryError
from selfsearch.library import crypto, faces, keys, ledger, root_key
from selfsearch.library.db import open_database
from selfsearch.library.library import Library, open_library
from tests import photos
from tests.conftest import Run
from tests.forensics import decrypted

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NAMES = ("library.db", "keys.db")
FIELDS = st.sampled_from(["library_id", "kind", "salt", "sealed", "leaving"])
PASSPHRASE = "correct horse battery"  # noqa: S105


def key_of_today(home: Path) -> bytes:
    return next((home.parent / "keys").glob("*.key")).read_bytes()


def opens(copy: Path, home: Path) -> set[str]:
    """The ways in which today's key opens something in a copy: each of its parts, for each of its files."""
    ways: set[str] = set()
    today = key_of_today(home)
    parts = [today[at : at + 32] for at in range(0, len(today), 32)]
    for name in NAMES:
        for number, part in enumerate(parts):
            try:
                open_database(copy / name, part).close()
                ways.add(f"{name} with part {number}")
            except KeyUnavailable:
                pass
            plain = decrypted(copy / name, part)
            ways.update(
                f"{word!r} in {name}" for word in (b"astronaut", b"Eileen", b"CREATE") if word in plain
            )
    for accepting in (False, True):
        try:
            with open_library(copy, key_folder=home.parent / "keys", accepting=accepting):
                ways.add("the program")
        except KeyUnavailable:
            pass
    return ways


def test_after_forget_all_the_key_of_today_opens_nothing_of_a_copy_from_before(
    run: Run, home: Path, selfie: Path, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "astronaut.jpg").write_bytes(photos.photo("astronaut", 1))
    run("index", tmp_path / "photos", "--consent", "own")
    run("query", selfie, "--person", "Eileen Planted", "--consent", "own", "--purpose", "a planted purpose")
    copy = shutil.copytree(home, tmp_path / "copy")
    assert {"library.db with part 0", "b'astronaut' in library.db"} <= opens(copy, home)
    run("forget", "--all", "--yes")
    assert opens(copy, home) == set()
    for name in NAMES:  # put in place beside today's other files
        mixed = shutil.copytree(home, tmp_path / f"mixed-{name}")
        shutil.copy(copy / name, mixed / name)
        with pytest.raises(KeyUnavailable), open_library(mixed, key_folder=tmp_path / "keys", accepting=True):
            pass
    run("doctor")
    assert "the ledger is whole" in run("consent", "verify").out
    run("index", tmp_path / "photos", "--consent", "own")


def test_with_a_passphrase_the_copy_opens_with_the_old_one_alone_and_that_is_said(
    run: Run, one_photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    run("key", "set-passphrase")
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    copy = shutil.copytree(one_photograph, tmp_path / "copy")
    said = run("forget", "--all", "--yes")
    assert "so does the passphrase, where the library had one then" in said.out
    assert "holds the key of that time, under your passphrase: choose another" in said.err
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", "another horse battery")
    run("key", "set-passphrase")
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", "another horse battery")
    run("status")
    monkeypatch.setenv("SELFSEARCH_HOME", str(copy))
    assert "not the library's passphrase" in run("status", code=5).err


def test_rotating_with_the_databases_keeps_everything_and_shuts_copies(
    run: Run, one_photograph: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(one_photograph, tmp_path / "copy")
    run("key", "rotate", "--yes", "--databases")
    assert opens(copy, one_photograph) == set()
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        assert len(faces.load_chips(library, 1)) == 1
        assert len(library.root.pack()) == 64
        assert ledger.verify(library) == 1
        ids = library.db.execute("select seq from sqlite_sequence where name = 'media'").fetchone()
        assert ids == (1,)  # numbers of what is erased are not given again
        with pytest.raises(LibraryError, match="only ever appended to"), library.atomic():
            library.db.execute("delete from consents")
    run("doctor")


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from selfsearch.consent import forget
    from selfsearch.library import db, keys, ledger, library, root_key
    from tests.killing import NOW, kill_at, opened

    module, name, calls = sys.argv[2], sys.argv[3], int(sys.argv[4])
    places = {"db": db, "keys": keys, "ledger": ledger, "library": library, "root_key": root_key, "os": os}
    place = places[module]
    with opened(Path(sys.argv[1])) as lib:
        forget.request(lib, forget.everything(lib), NOW)
        kill_at(place, name, calls)
        forget.complete(lib, NOW)
"""
POINTS = [
    "root_key store 0", "library staged_replacement 0", "library copy_database 0", "library copy_database 1",
    "library commit_replacement 0", "library finish_replacement 0", *(f"os replace {at}" for at in range(8)),
    "keys rewrap 0", "keys compact 0", "ledger sign_head_anew 0", "root_key store 1",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_everything_is_forgotten_the_next_command_completes_it(
    run: Run, one_photograph: Path, tmp_path: Path, point: str
) -> None:
    copy = shutil.copytree(one_photograph, tmp_path / "copy")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(one_photograph), *point.split()]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    run("status")  # readers go on
    assert "everything is erased" in run("forget").out
    assert opens(copy, one_photograph) == set()
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        assert len(library.root.pack()) == 64
        assert keys.unopenable(library) == []
        assert library.db.execute("select count(*) from media").fetchone() == (0,)
    assert not any(one_photograph.glob(".*"))


# What stands in the library's folder is not believed alone


def planted(home: Path, **fields: object) -> None:
    """What somebody writes into key.json who can write there and has no key."""
    place = json.loads((home / "key.json").read_text())
    (home / "key.json").write_text(json.dumps(place | fields))


def test_whoever_writes_in_the_folder_cannot_have_the_only_key_deleted(
    run: Run, one_photograph: Path
) -> None:
    key = key_of_today(one_photograph)
    for leaving in ("file", "keyring", ["file", "passphrase"]):
        planted(one_photograph, leaving=leaving)
        run("forget", code=2)  # writes, and so ends what was begun
        run("index", one_photograph.parent / "album")
        assert key_of_today(one_photograph) == key
    planted(one_photograph, kind="passphrase", salt="AAAAAAAAAAAAAAAAAAAAAA==", sealed="AAAA", leaving="file")
    run("index", one_photograph.parent / "album", code=5)
    assert key_of_today(one_photograph) == key


@pytest.mark.parametrize(
    "fields",
    [
        {"library_id": "../../elsewhere"},
        {"library_id": "/etc/passwd"},
        {"library_id": ""},
        {"library_id": "0123456789ABCDEF"},
        {"library_id": None},
        {"kind": "passphrase", "salt": "!", "sealed": "!"},
        {"kind": "passphrase", "salt": "", "sealed": ""},
        {"kind": "elsewhere"},
    ],
    ids=str,
)
def test_what_key_json_is_made_to_say_reads_and_writes_nothing_elsewhere(
    run: Run, one_photograph: Path, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    before = {
        path: path.stat().st_mtime_ns
        for path in one_photograph.parent.rglob("*")
        if one_photograph not in path.parents
    }
    planted(one_photograph, **fields)
    assert "Traceback" not in run("status", code=5).err
    run("key", "rotate", "--yes", code=5)
    after = {
        path: path.stat().st_mtime_ns
        for path in one_photograph.parent.rglob("*")
        if one_photograph not in path.parents
    }
    assert after == before


def test_the_key_is_never_kept_in_the_library_s_own_folder(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.txt").write_text("no picture")
    monkeypatch.setenv("SELFSEARCH_KEYS", str(home / "keys"))
    assert "lies in the library's own folder" in run("index", tmp_path, "--consent", "own", code=2).err
    assert not any(home.rglob("*.key"))
    monkeypatch.setenv("SELFSEARCH_KEYS", str(tmp_path / "keys"))
    run("index", tmp_path, "--consent", "own", code=4)
    (tmp_path / "keys").rename(home / "keys")
    monkeypatch.setenv("SELFSEARCH_KEYS", str(home / "keys"))
    assert "has the key as well" in run("doctor", code=5).out


@pytest.mark.parametrize(
    "point", ["library commit_replacement 0", "os replace 2", "os replace 3", "os replace 5"]
)
def test_killed_while_a_library_is_made_the_next_command_makes_it(
    run: Run, home: Path, tmp_path: Path, point: str
) -> None:
    code = KILLED.replace("with opened(Path(sys.argv[1])) as lib:", "if True:")
    code = code.replace("forget.request(lib, forget.everything(lib), NOW)", "pass")
    code = code.replace("forget.complete(lib, NOW)", "opened(Path(sys.argv[1])).__enter__()")
    command = [sys.executable, "-c", textwrap.dedent(code), str(home), *point.split()]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    (tmp_path / "one.jpg").write_bytes(photos.photo("astronaut", 1))
    run("index", tmp_path / "one.jpg", "--consent", "own")
    assert "Nothing is wrong with what was checked" in run("doctor").out


def test_the_library_of_another_number_is_refused_though_its_key_opens(
    run: Run, one_photograph: Path
) -> None:
    """Or it would be compared with the head of another ledger."""
    (one_photograph.parent / "keys" / "0123456789abcdef.key").write_bytes(key_of_today(one_photograph))
    planted(one_photograph, library_id="0123456789abcdef")
    assert "that of another library" in run("status", code=5).err


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(FIELDS | st.text(), inner),
        ).map(lambda value: json.dumps(value).encode()),
        st.dictionaries(FIELDS, st.text() | st.just("0123456789abcdef")).map(
            lambda value: json.dumps(value).encode()
        ),
    )
)
def test_whatever_is_in_key_json_it_is_refused_or_names_a_file_in_the_key_folder(data: bytes) -> None:
    try:
        place = root_key.KeyPlace.parse(data)
    except LibraryError:
        return
    assert root_key.key_file(place, Path("/keys")).parent == Path("/keys").resolve()
    with suppress(KeyUnavailable):
        root_key._unseal(place, bytes(32))


def test_a_pipe_in_the_place_of_key_json_blocks_nothing(run: Run, one_photograph: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes in folders here")
    (one_photograph / "key.json").unlink()
    os.mkfifo(one_photograph / "key.json")
    assert "damaged" in run("key", "show", code=5).err


def test_a_key_is_removed_only_when_its_new_place_gives_it_back(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.test_keys import FakeKeyring

    class Forgetful(FakeKeyring):
        def set_password(self, service: str, name: str, secret: str) -> None:
            super().set_password(service, name, secret[:-8] + "AAAAAAA=")

    monkeypatch.setattr(root_key, "_keyring", Forgetful)
    monkeypatch.setattr(root_key, "keyring_name", lambda: "SecretService")
    key = key_of_today(one_photograph)
    assert "could not be read back" in run("key", "use-keyring", code=5).err
    assert key_of_today(one_photograph) == key
    run("status")


def test_a_move_that_was_killed_is_not_ended_by_a_place_that_lacks_the_key(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note beside the key says what to empty; what key.json says is read back first."""
    place = root_key.KeyPlace.read(one_photograph)
    root = root_key.unlock(one_photograph, one_photograph.parent / "keys", None)
    key = key_of_today(one_photograph)
    (one_photograph.parent / "keys" / f"{place.library_id}.moving").write_text('["file", "passphrase"]')
    root_key.protect(place, root_key.RootKey(crypto.new_key(), root.wrapping), PASSPHRASE).write(
        one_photograph
    )
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    run("forget", code=5)
    root_key.tidy(one_photograph, one_photograph.parent / "keys", root)
    assert key_of_today(one_photograph) == key
    with Library(one_photograph, root, one_photograph.parent / "keys") as library:
        assert len(faces.load_chips(library, 1)) == 1
