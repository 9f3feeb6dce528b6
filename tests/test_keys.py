"""The key: where it is kept, what happens without it, and that changing it can be killed at any moment."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
from datetime import datetime, timezone
from pathlib import Path

import pytest

from selfsearch.errors import KeyUnavailable, UsageError
from selfsearch.library import crypto, faces, keys, root_key
from selfsearch.library.library import Library, open_library
from tests.conftest import Run
from tests.forensics import all_bytes, encodings

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
PASSPHRASE = "correct horse battery"  # noqa: S105


def chips(library: Library) -> int:
    return len(faces.load_chips(library, 1))


def test_the_key_is_a_private_file_outside_the_library_and_show_says_so(
    run: Run, one_photograph: Path
) -> None:
    shown = run("key", "show", "--json").json
    path = Path(shown["file"])
    assert shown["kind"] == "file"
    assert path.stat().st_mode & 0o777 == 0o600
    assert one_photograph not in path.parents
    assert "whole disk" in shown["protects"]
    assert str(path) in run("key", "show").out
    assert not any(form in all_bytes(one_photograph) for form in encodings(path.read_bytes()[:32]))


def test_without_the_key_nothing_opens_and_the_message_says_what_to_do(
    run: Run, one_photograph: Path
) -> None:
    path = Path(run("key", "show", "--json").json["file"])
    key = path.read_bytes()
    path.unlink()
    assert "key import" in run("status", code=5).err
    path.write_bytes(bytes(64))
    assert "the key is not the one it was made with" in run("status", code=5).err
    path.write_bytes(key[:50])
    assert "damaged" in run("status", code=5).err
    path.write_bytes(key)
    path.chmod(0o644)
    run("status")
    assert path.stat().st_mode & 0o777 == 0o600
    (one_photograph / "key.json").unlink()
    for command in (("index", one_photograph.parent / "album"), ("status",), ("sources",), ("doctor",)):
        said = run(*command, code=5)
        assert "key.json is missing" in said.out + said.err
        assert "selfsearch restore FILE" in said.out + said.err
        assert "there is no library" not in said.out + said.err


def test_a_passphrase_replaces_the_key_file(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(run("key", "show", "--json").json["file"])
    root = path.read_bytes()
    run("key", "set-passphrase", code=2)
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", "short")
    assert "at least 10" in run("key", "set-passphrase", code=2).err
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    run("key", "set-passphrase")
    assert not path.exists()
    assert "locked with a passphrase" in run("status", code=5).err
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", "wrong horse battery")
    assert "not the library's passphrase" in run("status", code=5).err
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    assert "sealed under your passphrase" in run("status").out
    raw = all_bytes(one_photograph)
    assert not any(
        form in raw for form in encodings(root[:32]) | encodings(root[32:]) | encodings(PASSPHRASE.encode())
    )
    run("key", "rotate", "--yes")
    run("forget", "1", "--yes")
    run("key", "use-file")
    monkeypatch.delenv("SELFSEARCH_PASSPHRASE")
    run("status")
    assert path.read_bytes()[:32] == root[:32]
    assert path.read_bytes()[32:] != root[32:]


def test_a_passphrase_may_be_the_first_line_of_a_file(
    run: Run, one_photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE_FILE", str(secret))
    sentence = f"selfsearch: SELFSEARCH_NEW_PASSPHRASE_FILE names {secret}, "
    assert run("key", "set-passphrase", code=2).err == (
        f"{sentence}which cannot be read: No such file or directory\n"
    )
    secret.write_text("\nsecond line")
    assert run("key", "set-passphrase", code=2).err == (
        f"{sentence}whose first line is empty; the passphrase goes there\n"
    )
    secret.write_text(f"{PASSPHRASE}\r\na note\n")
    run("key", "set-passphrase")
    assert "or SELFSEARCH_PASSPHRASE_FILE to the name of a file" in run("status", code=5).err
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE_FILE", str(secret))
    assert "sealed under your passphrase" in run("status").out
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    assert "SELFSEARCH_PASSPHRASE and SELFSEARCH_PASSPHRASE_FILE are both set" in run("status", code=2).err
    monkeypatch.delenv("SELFSEARCH_PASSPHRASE_FILE")
    run("status")


def test_the_recovery_code_puts_the_key_back(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--yes" in run("key", "export", code=2).err
    code = run("key", "export", "--yes").out
    path = Path(run("key", "show", "--json").json["file"])
    key = path.read_bytes()
    path.unlink()
    monkeypatch.setattr(sys, "stdin", io.StringIO(code.lower().replace("0", "o").replace("-", " ")))
    run("key", "import")
    assert path.read_bytes() == key
    run("key", "rotate", "--yes")
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    assert "no face" in run("key", "import", code=5).err
    other = root_key.to_code(root_key.RootKey(crypto.new_key(), (crypto.new_key(),)))
    monkeypatch.setattr(sys, "stdin", io.StringIO(other))
    assert "not the one it was made with" in run("key", "import", code=5).err


def test_a_key_of_which_a_half_is_damaged_is_not_passed_on_and_costs_no_face(
    run: Run, one_photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", PASSPHRASE)
    code = run("key", "export", "--yes").out
    run("backup", tmp_path / "backup.zip")
    path = Path(run("key", "show", "--json").json["file"])
    path.write_bytes(path.read_bytes()[:40] + bytes(24))
    run("status")
    for words in (
        ["key", "export", "--yes"], ["key", "set-passphrase"], ["key", "use-file"],
        ["key", "rotate", "--yes"], ["key", "rotate", "--yes", "--databases"],
        ["restore", tmp_path / "backup.zip", "--yes"],
    ):  # fmt: skip
        assert "opens its records, but no face: it is damaged" in run(*words, code=5).err
    damaged = [
        each for each in run("doctor", "--fix", "--json", code=5).json["findings"] if each["check"] == "key"
    ]
    assert [each["do"] for each in damaged] == ["Put the right one back: selfsearch key import"]
    monkeypatch.setattr(sys, "stdin", io.StringIO(code))
    run("key", "import")
    with open_library(one_photograph, key_folder=tmp_path / "keys") as library:
        assert chips(library) == 1


def test_where_the_key_is_kept_is_said_together_with_what_is_wrong_there(
    run: Run, one_photograph: Path
) -> None:
    shown = run("key", "show", "--json").json
    assert shown["problem"] is None
    path = Path(shown["file"])
    path.write_bytes(path.read_bytes()[:40])
    assert "BUT the library's key is damaged" in run("key", "show").out
    path.unlink()
    assert "is missing" in run("key", "show", "--json").json["problem"]


def test_a_mistake_in_the_recovery_code_is_told_by_its_line() -> None:
    root = root_key.RootKey(bytes(range(32)), (bytes(range(100, 132)),))
    code = root_key.to_code(root)
    assert root_key.from_code(code) == root
    assert root_key.from_code("".join(line.split()[1] for line in code.splitlines())) == root
    lines = code.splitlines()
    with pytest.raises(UsageError, match="line 3"):
        root_key.from_code(
            "\n".join(
                [*lines[:2], lines[2].replace(lines[2][4], "Z" if lines[2][4] != "Z" else "Y", 1), *lines[3:]]
            )
        )
    with pytest.raises(UsageError, match=r"line [12]"):
        root_key.from_code("\n".join([lines[1], lines[0], *lines[2:]]))
    with pytest.raises(UsageError, match="has 8 lines; this has 7"):
        root_key.from_code("\n".join(lines[1:]))


def test_keys_wrapped_anew_open_and_old_copies_do_not(one_photograph: Path) -> None:
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys", writing=True) as library:
        old = library.keys.execute("select wrapped from keys").fetchone()[0]
        before = library.root.wrapping
        keys.rotate(library)
        assert len(library.root.wrapping) == 1
        assert library.root.wrapping != before
        with pytest.raises(KeyUnavailable):
            crypto.unwrap(old, library.root.wrapping, "source:1")
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        assert chips(library) == 1


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from selfsearch.library import keys, root_key
    from selfsearch.library.library import open_library
    from tests.killing import kill_at

    module, name, calls = sys.argv[2], sys.argv[3], int(sys.argv[4])
    place = {"keys": keys, "root_key": root_key}[module]
    kill_at(place, name, calls)
    home = Path(sys.argv[1])
    with open_library(home, key_folder=home.parent / "keys", writing=True) as library:
        if sys.argv[5] == "rotate":
            keys.rotate(library)
        else:
            root_key.move(home, library.key_folder, library.root, "passphrase", "correct horse battery")
"""


@pytest.mark.parametrize(
    "point", ["root_key store 0", "keys finish 0", "keys unwrap 0", "keys compact 0", "root_key store 1"]
)
def test_killed_while_wrapping_anew_the_next_command_ends_it(
    run: Run, one_photograph: Path, point: str
) -> None:
    killed(one_photograph, *point.split(), "rotate")
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        assert chips(library) == 1  # readers never notice
    run("forget", code=2)  # writes, and so completes
    with open_library(one_photograph, key_folder=one_photograph.parent / "keys") as library:
        assert len(library.root.wrapping) == 1
        assert chips(library) == 1
        assert keys.unopenable(library) == []


@pytest.mark.parametrize(
    "point", ["root_key tidy 0", "root_key protect 0", "root_key tidy 1", "root_key key_file 0"]
)
def test_killed_while_moving_the_key_it_is_never_lost_nor_left_behind(
    run: Run, one_photograph: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(one_photograph, *point.split(), "move")
    monkeypatch.setenv("SELFSEARCH_PASSPHRASE", PASSPHRASE)
    moved = run("key", "show", "--json").json["kind"] == "passphrase"
    run("forget", code=2)
    assert moved != any((one_photograph.parent / "keys").glob("*.key"))
    run("status")


def killed(home: Path, *args: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), *args]
    process = subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}, capture_output=True)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


class Errors:
    """The error classes of the keyring package."""

    class KeyringError(Exception):
        pass

    class PasswordDeleteError(KeyringError):
        pass


class FakeKeyring:
    """Keeps secrets in memory; refuses everything when it is locked."""

    errors = Errors

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}
        self.locked = False

    def set_password(self, service: str, name: str, secret: str) -> None:
        self._check()
        self.secrets[service, name] = secret

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.secrets.get((service, name))

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        if self.secrets.pop((service, name), None) is None:
            raise Errors.PasswordDeleteError

    def _check(self) -> None:
        if self.locked:
            raise Errors.KeyringError


def test_the_keyring_keeps_the_key_and_a_locked_one_is_told(
    run: Run, one_photograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no keyring here" in run("key", "use-keyring", code=5).err
    ring = FakeKeyring()
    monkeypatch.setattr(root_key, "_keyring", lambda: ring)
    monkeypatch.setattr(root_key, "keyring_name", lambda: "SecretService")
    run("key", "use-keyring")
    assert not any((one_photograph.parent / "keys").glob("*.key"))
    assert run("key", "show", "--json").json["kind"] == "keyring"
    run("key", "rotate", "--yes")
    run("status")
    ring.locked = True
    assert "unlock it" in run("status", code=5).err
    ring.locked = False
    kept = ring.secrets.copy()
    for damaged in ("no base64: é", "abc", "AAAA"):
        ring.secrets = dict.fromkeys(kept, damaged)
        assert "the library's key is damaged" in run("status", code=5).err
        assert "BUT the library's key is damaged" in run("key", "show").out
    ring.secrets = kept
    run("key", "use-file")
    assert ring.secrets == {}
    run("status")
