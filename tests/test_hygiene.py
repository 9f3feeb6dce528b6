"""What a run leaves behind where others could find it: core dumps, environments, permissions, logs."""

from __future__ import annotations

import io
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from selfsearch import cli
from selfsearch.errors import LibraryError
from selfsearch.home import keep_private
from selfsearch.library import faces, people, root_key
from selfsearch.library.library import Library, open_library
from tests import photos
from tests.conftest import Run

CHECKOUT = Path(__file__).parent.parent
PASSPHRASE = "correct horse battery staple"  # noqa: S105
on_posix = pytest.mark.skipif(os.name != "posix", reason="permissions are another matter on Windows")

BEHIND_THE_DOOR = """
import sys, selfsearch.cli as cli
sys.argv = ["selfsearch", "status"]

def body():
    {command}
    sys.exit(0)

cli.options.opened = body
cli.run()
"""


def front_door(command: str, **environment: str) -> str:
    """What the console script prints when its command is this code."""
    process = subprocess.run(
        [sys.executable, "-c", BEHIND_THE_DOOR.format(command=command)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout


# ---- core dumps and the environment ----


@on_posix
def test_a_crash_dumps_no_memory() -> None:
    assert front_door("import resource; print(resource.getrlimit(resource.RLIMIT_CORE))") == "(0, 0)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_no_other_process_of_the_user_reads_our_memory_and_no_crash_reporter() -> None:
    assert front_door("import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))") == "0\n"  # GET_DUMPABLE


def test_passphrases_are_taken_out_of_the_environment_that_children_inherit(tmp_path: Path) -> None:
    command = """
    import os, subprocess
    from selfsearch.cli import options, key
    child = [sys.executable, "-c", "import os; print([name for name in os.environ if 'PASSPHRASE' in name])"]
    print(subprocess.run(child, capture_output=True, text=True).stdout.strip())
    print(options.ask_passphrase(), key.new_passphrase())
    """
    names = ("SELFSEARCH_PASSPHRASE", "SELFSEARCH_NEW_PASSPHRASE", "SELFSEARCH_BACKUP_PASSPHRASE")
    output = front_door(command, **dict.fromkeys(names, PASSPHRASE))
    assert output == f"[]\n{PASSPHRASE} {PASSPHRASE}\n"
    (tmp_path / "secret").write_text(f"{PASSPHRASE}\n")
    files = {f"{name}_FILE": str(tmp_path / "secret") for name in names}
    assert front_door(command, **files) == output


# ---- permissions ----


def everything(folder: Path) -> dict[str, str]:
    """Path -> permissions, of all that is below `folder`."""
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode))
        for path in sorted(folder.rglob("*"))
    }


def private(folder: Path) -> dict[str, str]:
    """What everything() should be."""
    return {name: "0o700" if (folder / name).is_dir() else "0o600" for name in everything(folder)}


@pytest.fixture
def generous(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A umask that gives everybody everything, and that the command line may not change."""
    before = os.umask(0)
    monkeypatch.setattr("selfsearch.cli.os.umask", lambda mask: 0)
    yield
    monkeypatch.undo()
    os.umask(before)


@on_posix
def test_files_are_private_whatever_the_umask(
    run: Run, generous: None, home: Path, album: Path, selfie: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    run("query", selfie, "--self", "--html", tmp_path / "page.html")
    run("report", "--html", tmp_path / "changes.html")
    run("consent", "export", "--html", tmp_path / "receipt.html")
    run("models", "use", "opencv-zoo")
    assert everything(home) == private(home)
    assert {"library.db", "keys.db", "key.json", "config.toml"} <= everything(home).keys()
    assert oct(stat.S_IMODE(home.stat().st_mode)) == "0o700"
    assert everything(tmp_path / "keys") == private(tmp_path / "keys")
    pages = [oct(stat.S_IMODE(page.stat().st_mode)) for page in tmp_path.glob("*.html")]
    assert pages == ["0o600"] * 3


@on_posix
def test_the_files_of_an_open_library_are_private_too(generous: None, home: Path, tmp_path: Path) -> None:
    """SQLite's side files are there only meanwhile."""
    with open_library(home, key_folder=tmp_path / "keys", create=True):
        assert "library.db-wal" in everything(home)
        assert everything(home) == private(home)


@on_posix
def test_permissions_that_are_too_wide_are_narrowed_and_that_is_said(
    run: Run, home: Path, album: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("index", album, "--consent", "own")
    (home / "reports").mkdir(exist_ok=True)
    old = home / "reports/2026-03-01T120000.html"
    old.touch()
    for path in (home, home / "library.db", home / "reports", old):
        path.chmod(0o777)
    caplog.clear()
    run("status")
    assert everything(home) == private(home)
    assert oct(stat.S_IMODE(home.stat().st_mode)) == "0o700"
    assert [record.getMessage() for record in caplog.records] == [
        f"4 files or folders in {home} could be used by other users of this machine; now only by you"
    ]


@on_posix
def test_a_library_of_another_user_is_refused(
    run: Run, home: Path, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", album, "--consent", "own")
    home.chmod(0o755)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    result = run("status", code=5)
    assert result.err == (
        f"selfsearch: {home} is not used: it belongs to another user (number {owner}), who could read or"
        " replace what is in it; run selfsearch as that user, or choose another folder: SELFSEARCH_HOME\n"
    )
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_a_file_that_another_user_put_into_the_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.db").touch()
    os.chown(tmp_path / "keys.db", 65534, 65534)
    with pytest.raises(LibraryError, match=r"keys\.db belongs to another user \(number 65534\)"):
        keep_private(tmp_path)


@on_posix
def test_links_out_of_the_library_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    inside.mkdir(0o700)
    outside.mkdir()
    outside.chmod(0o755)
    (outside / "file").touch()
    (outside / "file").chmod(0o644)
    (inside / "link").symlink_to(outside)
    (inside / "file").symlink_to(outside / "file")
    keep_private(inside)
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (outside, outside / "file")] == [
        "0o755",
        "0o644",
    ]


# ---- logs and messages ----


@pytest.fixture
def heard(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """All that any library logs at its most talkative, and all that is on stderr, C code's words included."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: stream.getvalue() + capfd.readouterr().err
    root.removeHandler(handler)
    root.setLevel(before)


CAPTION = "at grandmother's in Wismar"


@pytest.fixture
def talkative_album(tmp_path: Path) -> Path:
    """Photographs of several kinds, damaged ones among them, with a caption and a place in their EXIF."""
    folder = tmp_path / "very private holiday"
    folder.mkdir()
    exif = Image.Exif()
    exif[270] = CAPTION
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        picture = photos.picture("astronaut", len(kind))
        options = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}
        picture.save(folder / f"secret-{kind}.{kind.lower()}", kind, **options)
    data = photos.photo("c", 1)
    (folder / "secret-cut.jpg").write_bytes(data[: len(data) // 3])
    (folder / "secret-cut.png").write_bytes(photos.photo("c", 1, kind="PNG")[:900])
    (folder / "secret-text.jpg").write_text("no picture")
    return folder


def numbers(embedding: np.ndarray, digits: int) -> set[str]:
    """How numbers of a template would look in a text."""
    return {f"{abs(float(value)):.{digits}f}" for value in embedding if abs(value) > 0.01}


def test_no_log_and_no_message_holds_a_template_a_photograph_s_path_or_its_caption(
    home: Path, tmp_path: Path, talkative_album: Path, selfie: Path, heard: Callable[[], str]
) -> None:
    arguments = ["index", str(talkative_album), "--consent", "own"]
    assert cli.main(arguments) == 0
    assert cli.main(["query", str(selfie), "--self", "--html", str(tmp_path / "page.html")]) == 0
    assert cli.main(["query", str(talkative_album / "secret-text.jpg")]) == 4
    log = heard()
    assert "Attempting to acquire lock" in log  # it was listening
    named = (
        f"selfsearch: {talkative_album / 'secret-text.jpg'} is not a picture"  # the answer to who named it
    )
    assert log.count("secret-") == log.count(named) == 1
    assert CAPTION not in log
    with open_library(home, key_folder=tmp_path / "keys") as library:
        templates = list(all_templates(library))
        keys = [library.root.library, *library.root.wrapping]
    assert len(templates) > 5
    for template in templates:
        for form in (template.tobytes().hex()[:32], str(template.tobytes()[:16])[2:-1]):
            assert form not in log
        assert not any(number in log for number in numbers(template, 6))
    assert not any(key.hex()[:16] in log for key in keys)


def all_templates(library: Library) -> Iterator[np.ndarray]:
    """Of everybody in the photographs, and of the enrolled person."""
    media = {number for (number,) in library.db.execute("select id from media").fetchall()}
    yield from faces.load_embeddings(library, 1, 128, media)[1]
    (person,) = people.all_people(library)
    yield from people.probe_embeddings(library, person, 1, 128)[0]


def test_no_passphrase_appears_anywhere(
    home: Path, tmp_path: Path, heard: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(home, key_folder=tmp_path / "keys", create=True) as library:
        root_key.protect(root_key.KeyPlace.read(home), library.root, PASSPHRASE).write(home)
    assert PASSPHRASE not in (home / "key.json").read_text()
    for given, code in (("a wrong passphrase", 5), ("", 5), (PASSPHRASE, 0)):
        monkeypatch.setenv("SELFSEARCH_PASSPHRASE", given)
        assert cli.main(["status"]) == code
    log = heard()
    assert "passphrase" in log
    assert PASSPHRASE not in log
    assert "a wrong passphrase" not in log


def test_sqlcipher_says_nothing_by_itself(home: Path, tmp_path: Path, heard: Callable[[], str]) -> None:
    with open_library(home, key_folder=tmp_path / "keys", create=True):
        pass
    data = bytearray((home / "library.db").read_bytes())
    data[:4096] = os.urandom(4096)
    (home / "library.db").write_bytes(data)
    heard()
    assert cli.main(["status"]) == 5
    assert heard().splitlines()[-1].startswith("selfsearch: library.db does not open")


def test_secrets_have_no_representation(home: Path, tmp_path: Path) -> None:
    with open_library(home, key_folder=tmp_path / "keys", create=True) as library:
        shown = repr(library.root) + repr(
            root_key.protect(root_key.KeyPlace.read(home), library.root, PASSPHRASE)
        )
        assert library.root.library.hex() not in shown
        assert str(library.root.library) not in shown
        assert PASSPHRASE not in shown


def test_a_crash_of_the_program_shows_no_values() -> None:
    """Typer's and Rich's decorated tracebacks would show local variables."""
    assert cli.app.pretty_exceptions_enable is False
