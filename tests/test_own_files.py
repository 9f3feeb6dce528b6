"""What is not of our own making is never deleted, moved, overwritten or re-permissioned, wherever it lies."""

from __future__ import annotations

import io
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfsearch import cli, files, home
from selfsearch.consent import forget
from selfsearch.errors import LibraryError, SelfsearchError, UsageError
from selfsearch.library import backup, pages
from selfsearch.library.library import Library, open_library, staged_replacement
from selfsearch.monitoring.schedule import install
from selfsearch.monitoring.schedule.plan import CompletedProcess, Plan, When
from tests import photos
from tests.conftest import Run

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
OLD = datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp()
OURS = "2026-03-01T120000.html"  # as `query --open` called a report before
on_posix = pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX")


def state_of(folder: Path) -> dict[str, tuple[int, float, object]]:
    """Everything below a folder, itself included: mode, time of change, content or where a link leads."""
    found: dict[str, tuple[int, float, object]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        info = path.lstat()
        content: object = None
        if stat.S_ISREG(info.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(info.st_mode):
            content = os.readlink(path)
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_mtime, content)
    return found


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of the user's, in which much is called as ours is."""
    folder = tmp_path / "Documents"
    (folder / "reports").mkdir(parents=True)
    (folder / "packs").mkdir()
    (folder / "thesis.txt").write_text("years of work")
    (folder / "download.part").write_text("half of a film")
    (folder / ".config.toml.abcdefgh.part").write_text("somebody else's")
    (folder / "config.toml").write_text('pack = "of another program"')
    (folder / "key.json").write_text('{"kty": "RSA"}')
    (folder / "library.db").write_text("a catalogue of books")
    (folder / "reports/2020-01-01T000000.html").write_text("<p>my own")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (OLD, OLD))
    return folder


COMMANDS = (
    ("index", "{album}", "--consent", "own"),
    ("query", "{selfie}", "--self"),
    ("rescan",),
    ("rescan", "--scheduled"),
    ("watch",),
    ("report",),
    ("status",),
    ("sources",),
    ("people", "list"),
    ("consent", "list"),
    ("consent", "revoke", "--yes", "{album}"),
    ("forget", "--all", "--yes"),
    ("forget", "--bystanders", "--yes"),
    ("key", "show"),
    ("key", "rotate", "--yes"),
    ("key", "use-file"),
    ("backup", "{out}/b.zip"),
    ("restore", "{backup}", "--yes"),
    ("export", "--plain", "{out}", "--yes"),
    ("models", "add", "{pack}", "--name", "mine"),
    ("models", "use", "opencv-zoo"),
    ("models", "remove", "mine", "--yes"),
    ("people", "add", "me", "{selfie}", "--consent", "own"),
    ("people", "show", "me"),
    ("people", "remove", "me", "1", "--yes"),
    ("verdict", "k7q2mf", "me", "--yes"),
    ("sources", "set", "1", "--account-was", "public"),
    ("sources", "explain", "a.jpg"),
    ("sources", "supersede", "1", "2"),
    ("sources", "gone", "1"),
    ("consent", "show", "me"),
    ("consent", "renew", "me", "--yes"),
    ("consent", "export"),
    ("consent", "verify"),
    ("consent", "accept", "--yes"),
    ("consent", "audit"),
    ("key", "set-passphrase"),
    ("key", "use-keyring"),
    ("key", "export", "--yes"),
    ("key", "import"),
    ("schedule", "install", "--system", "windows"),
    ("schedule", "print", "--system", "windows"),
    ("schedule", "status", "--system", "windows"),
    ("schedule", "remove", "--system", "windows"),
    ("demo", "--folder", "{documents}"),
    ("doctor",),
    ("doctor", "--fix"),
)


@pytest.fixture
def given_things(run: Run, home: Path, tmp_path: Path, album: Path, selfie: Path) -> dict[str, Path]:
    """What the commands name: among them a backup of a true library."""
    for name in os.listdir(album):
        if name != "a.jpg":
            (album / name).unlink()
    run("index", album, "--consent", "own")
    run("backup", tmp_path / "b.selfsearch")
    (tmp_path / "out").mkdir()
    from selfsearch.packs.store import BUNDLED_PACKS

    pack = BUNDLED_PACKS / "opencv-zoo"
    return {
        "album": album, "selfie": selfie, "out": tmp_path / "out", "backup": tmp_path / "b.selfsearch",
        "pack": pack,
    }  # fmt: skip


def test_no_command_takes_a_folder_of_the_user_s_for_a_library_or_changes_anything_in_it(
    run: Run, documents: Path, given_things: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(documents)
    monkeypatch.setenv("SELFSEARCH_HOME", str(documents))
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setattr(install, "run", done)
    from selfsearch.cli import main

    for command in COMMANDS:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        code = main([word.format(documents=documents, **given_things) for word in command])
        assert code != 0 or command[0] == "schedule", command
        assert state_of(documents) == before, command


def test_every_command_is_tried_on_a_folder_of_the_user_s() -> None:
    def names(app: typer.Typer, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for command in app.registered_commands:
            if not command.hidden:
                yield (*above, command.name or command.callback.__name__)  # type: ignore[union-attr]
        for group in app.registered_groups:
            yield from names(group.typer_instance, (*above, str(group.name)))  # type: ignore[arg-type]

    tried = {command[:length] for command in COMMANDS for length in (1, 2)}
    tried.add(("completion",))  # opens no library
    assert set(names(cli.app)) - tried == set()


def test_the_sentence_says_what_is_the_matter_and_what_to_do(
    run: Run, documents: Path, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSEARCH_HOME", str(documents))
    assert run("index", album, "--consent", "own", code=2).err == (
        f"selfsearch: {documents} is not empty, and what is in it is no library of selfsearch; nothing in it"
        " was changed. Choose a folder that is empty or not there yet: SELFSEARCH_HOME\n"
    )


@pytest.mark.parametrize(
    "names",
    [("reports",), ("config.toml",), ("packs",), ("library.db",), ("keys.db",), ("key.json", "notes.txt"),
     ("writer.lock", "letter.txt"), (".hidden",)],
)  # fmt: skip
def test_names_that_others_use_too_make_no_library(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="is no library of selfsearch"):
        home.require_home(tmp_path)


@pytest.mark.parametrize(
    "left",
    [(), (".DS_Store",), ("writer.lock",), ("writer.lock", ".key.json.abcd1234.part"),
     ("writer.lock", "key.json.absent", "config.toml"), ("runs.lock", "runs.jsonl", "run.lock")],
)  # fmt: skip
def test_a_first_run_that_was_interrupted_is_gone_on_with(tmp_path: Path, left: tuple[str, ...]) -> None:
    folder = tmp_path / "library"
    folder.mkdir(0o755)
    for name in left:
        if not name.endswith(".absent"):
            (folder / name).touch()
    with open_library(folder, key_folder=tmp_path / "keys", create=True) as library:
        assert isinstance(library, Library)
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_first_run_that_is_killed_anywhere_leaves_a_folder_that_the_next_one_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selfsearch.library import library as room
    from selfsearch.library import root_key

    for number, (module, name) in enumerate(
        [(room, "keep_private"), (root_key, "create"), (root_key, "keep"), (root_key.KeyPlace, "write"),
         (room, "open_database")]
    ):  # fmt: skip
        folder, keys = tmp_path / f"library-{number}", tmp_path / f"keys-{number}"

        def killed(*given: object, **more: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
            patch.setattr(module, name, killed)
            with open_library(folder, key_folder=keys, create=True):
                pass
        with open_library(folder, key_folder=keys, create=True) as library:
            assert library.path.exists()


def test_settings_and_packs_before_the_first_index_do_not_stand_in_its_way(
    run: Run, album: Path, given_things: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, words in enumerate(
        (("models", "use", "opencv-zoo"), ("models", "add", "{pack}", "--name", "x"))
    ):
        monkeypatch.setenv("SELFSEARCH_HOME", str(tmp_path / f"fresh-{number}"))
        run(*(word.format(**given_things) for word in words))
        run("index", album, "--consent", "own")


@on_posix
def test_only_what_is_ours_in_a_library_s_folder_is_narrowed(
    run: Run, home: Path, album: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    outside = tmp_path / "letter.txt"
    outside.write_text("my own")
    (home / "mine").mkdir()
    (home / "reports").mkdir()
    theirs = [home / "notes.txt", home / "mine/list.txt", home / "reports/mine.html"]
    for path in theirs:
        path.write_text("my own")
    os.link(outside, home / "reports" / OURS)
    for path in (*theirs, outside, home / "library.db", home / "reports"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    run("status")
    run("doctor", "--fix")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*theirs, outside)} == {0o644}
    assert stat.S_IMODE((home / "library.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "reports").stat().st_mode) == 0o700


@on_posix
def test_a_key_folder_and_a_folder_for_an_export_keep_their_permissions(
    run: Run, home: Path, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stick", "shared"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("SELFSEARCH_KEYS", str(tmp_path / "stick"))
    run("index", album, "--consent", "own")
    run("export", "--plain", tmp_path / "shared")
    run("doctor", "--fix")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("stick", "shared")} == {0o755}
    written = [*(tmp_path / "stick").iterdir(), tmp_path / "shared/selfsearch.db"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


@on_posix
def test_half_written_files_are_deleted_only_where_they_are_ours(run: Run, home: Path, album: Path) -> None:
    run("index", album, "--consent", "own")
    (home / "mine").mkdir()
    theirs = [home / "film.part", home / "mine/.config.toml.abcdefgh.part", home / ".notes.abcdefgh.part",
              home / ".config.toml.part"]  # fmt: skip
    ours = [home / ".config.toml.abcdefgh.part", home / ".key.json.x_y_z_12.part"]
    for path in (*theirs, *ours):
        path.touch()
    run("doctor", "--fix")
    assert [path.exists() for path in (*theirs, *ours)] == [True] * 4 + [False] * 2


# ---- reports ----


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Library:
    with open_library(home, key_folder=tmp_path / "keys", create=True) as opened:
        (home / "reports").mkdir()
        yield opened


def aged(path: Path) -> Path:
    """A file that is older than any report is kept."""
    path.write_text("my own")
    os.utime(path, (OLD, OLD))
    return path


NAMES = st.text("0123456789T-:.htmlx \n", min_size=1, max_size=24).filter(
    lambda name: name not in (".", "..")
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.sets(NAMES | st.just(OURS) | st.just(f"{OURS}~"), max_size=6))
def test_whatever_files_are_called_only_reports_of_ours_are_pruned(names: set[str], library: Library) -> None:
    folder = library.home / "reports"
    for path in folder.iterdir():
        path.unlink()
    for name in names:
        aged(folder / name)
    pages.remove_expired(library.home, NOW)
    expected = {name for name in names if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}\.html", name)}
    assert {path.name for path in folder.iterdir()} == expected


def test_pruning_and_forgetting_leave_the_user_s_files_links_and_folders(
    library: Library, tmp_path: Path
) -> None:
    folder, outside = library.home / "reports", tmp_path / "album"
    (outside / "inner").mkdir(parents=True)
    kept = [aged(outside / "a.jpg"), aged(outside / OURS), aged(folder / "mine.html"), folder / OURS,
            folder / "linked", folder / "inner" / OURS]  # fmt: skip
    (folder / "inner").mkdir()
    aged(folder / "inner" / OURS)
    (folder / OURS).symlink_to(outside / "a.jpg")
    (folder / "linked").symlink_to(outside)
    aged(folder / "2020-01-01T000000.html")
    pages.remove_expired(library.home, NOW)
    assert not (folder / "2020-01-01T000000.html").exists()
    aged(folder / "2020-01-01T000000.html")
    forget.request(library, [forget.Target("library", None, "everything")], NOW)
    (receipt,) = forget.complete(library, NOW)
    assert receipt.reports == 1
    assert not (folder / "2020-01-01T000000.html").exists()
    assert [os.path.lexists(path) for path in kept] == [True] * len(kept)


def test_a_reports_folder_that_is_a_link_is_neither_emptied_nor_written_to(
    run: Run, home: Path, album: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    outside = tmp_path / "elsewhere"
    outside.mkdir(0o755)
    outside.chmod(0o755)
    aged(outside / OURS)
    (home / "reports").symlink_to(outside)
    before = state_of(outside)
    with pytest.raises(SelfsearchError, match="is a link to another folder"):
        pages.write(pages.new_place(home), "a page")
    run("forget", album, "--yes")
    run("rescan")
    assert state_of(outside) == before


# ---- links where we write and delete ----


@on_posix
def test_a_link_in_the_place_of_the_restore_s_folder_is_not_followed(
    library: Library, documents: Path, run: Run, home: Path, tmp_path: Path
) -> None:
    library.close()
    (documents / "ready").touch()
    before = state_of(documents)
    (home / ".restore").symlink_to(documents)
    run("status")
    with pytest.raises(SelfsearchError, match="is a link to another folder"), staged_replacement(home):
        pass
    assert state_of(documents) == before


@on_posix
@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_a_lock_that_leads_to_a_file_of_the_user_s_is_refused(
    run: Run, home: Path, album: Path, tmp_path: Path, kind: str
) -> None:
    run("index", album, "--consent", "own")
    letter = tmp_path / "letter.txt"
    letter.write_text("my own")
    for name, command in (("writer.lock", ("index", album)), ("runs.lock", ("rescan", "--scheduled"))):
        (home / name).unlink(missing_ok=True)
        getattr(home / name, kind)(letter)
        assert "is a link or no file" in run(*command, code=1).err
        assert letter.read_text() == "my own"
        (home / name).unlink()


@on_posix
def test_a_download_does_not_write_into_a_file_that_has_another_name(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("my own")
    os.link(letter, tmp_path / "x.zip.part")
    for mode in ("wb", "r+b"):
        with pytest.raises(FileExistsError):
            open(tmp_path / "x.zip.part", mode, opener=files.open_private)  # noqa: SIM115
    assert letter.read_text() == "my own"


@on_posix
def test_deleting_a_folder_of_ours_follows_no_link_in_it(tmp_path: Path, documents: Path) -> None:
    before = state_of(documents)
    ours = tmp_path / "ours"
    (ours / "deep/er").mkdir(parents=True)
    (ours / "deep/er/file").touch()
    (ours / "deep/link").symlink_to(documents)
    os.link(documents / "thesis.txt", ours / "deep/hard")
    files.delete_tree(ours)
    assert not ours.exists()
    assert state_of(documents) == before
    ours.symlink_to(documents)
    files.delete_tree(ours)
    assert state_of(documents) == before


@on_posix
def test_deleting_stops_at_a_disk_that_is_mounted_below(tmp_path: Path, documents: Path) -> None:
    mount = tmp_path / "ours/mounted"
    mount.mkdir(parents=True)
    if (
        not Path("/bin/mount").exists()
        or subprocess.run(["/bin/mount", "--bind", documents, mount]).returncode
    ):
        pytest.skip("nothing can be mounted here")
    before = state_of(documents)
    try:
        with pytest.raises(OSError, match="another disk is mounted"):
            files.delete_tree(tmp_path / "ours")
        assert state_of(documents) == before
    finally:
        subprocess.run(["/bin/umount", mount], check=True)


# ---- files that the user names ----


def test_a_page_replaces_a_page_of_ours_and_nothing_else(
    run: Run, home: Path, album: Path, selfie: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    letter, page = tmp_path / "letter.html", tmp_path / "page.html"
    letter.write_text("<!doctype html><p>my own")
    for words in (("query", selfie, "--self"), ("report",), ("consent", "export")):
        said = run(*words, "--html", letter, code=2).err
        assert "is no page that selfsearch wrote, so it is not replaced" in said
        assert letter.read_text() == "<!doctype html><p>my own"
        run(*words, "--html", page)
        run(*words, "--html", page)


def test_a_backup_and_an_export_ask_before_they_replace_a_file(
    run: Run, home: Path, album: Path, tmp_path: Path
) -> None:
    run("index", album, "--consent", "own")
    target, made = tmp_path / "b.zip", tmp_path / ".b.zip.making"
    target.write_text("my own")
    made.mkdir()
    (made / "mine.txt").write_text("my own")
    (tmp_path / "selfsearch.db").write_text("my own")
    (tmp_path / ".selfsearch.db.part").write_text("my own")
    assert "exists and was not replaced; to replace it" in run("backup", target, code=2).err
    assert "exists and was not replaced; to replace it" in run("export", "--plain", tmp_path, code=2).err
    run("backup", tmp_path / "b2.zip")
    (tmp_path / "b2.zip").rename(tmp_path / "b3.zip")
    (tmp_path / "selfsearch.db").unlink()
    run("export", "--plain", tmp_path)
    mine = [target, made / "mine.txt", tmp_path / ".selfsearch.db.part"]
    assert [path.read_text() for path in mine] == ["my own"] * 3


def test_what_a_killed_backup_left_beside_its_file_goes_with_the_next_one(
    library: Library, tmp_path: Path
) -> None:
    left, mine = tmp_path / ".b.zip.abcd1234.making", tmp_path / ".b.zip.efgh5678.making"
    for folder in (left, mine):
        folder.mkdir()
        (folder / "library.db").touch()
    (mine / "notes.txt").write_text("my own")
    backup.save(library, tmp_path / "b.zip", NOW.isoformat())
    assert not left.exists()
    assert (mine / "notes.txt").read_text() == "my own"


def test_a_file_that_appears_while_a_backup_is_made_is_not_overwritten(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, examine = tmp_path / "b.zip", backup.examine

    def meanwhile(*given: object) -> object:
        target.write_text("my own")
        return examine(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "examine", meanwhile)
    with pytest.raises(FileExistsError):
        backup.save(library, target, NOW.isoformat())
    assert target.read_text() == "my own"
    assert [path.name for path in tmp_path.iterdir() if "b.zip" in path.name] == ["b.zip"]


# ---- the timer's files ----

PLAN = Plan(When(), "/usr/bin/python3", Path("/home/ada/library"), Path("/home/ada/keys"))


def done(command: object, stdin: bytes) -> CompletedProcess:
    """A system that does whatever it is told."""
    return CompletedProcess(0)


@pytest.mark.parametrize("system", ["systemd", "launchd"])
def test_a_timer_that_cannot_be_written_leaves_nothing_half_written(tmp_path: Path, system: str) -> None:
    names = install.FILE_TIMERS[system].file_names("selfsearch")
    (tmp_path / names[-1]).mkdir()  # the last of its files cannot be written
    with pytest.raises(SelfsearchError, match="nothing was installed or changed"):
        install.install(system, PLAN, done, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [names[-1]]


def test_an_older_timer_is_as_it_was_when_a_newer_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install.install("systemd", PLAN, done, tmp_path)
    before = state_of(tmp_path).keys(), {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write, written = install.write_private, []

    def full(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(install, "write_private", full)
    with pytest.raises(SelfsearchError, match="No space left on device; nothing was installed or changed"):
        install.install("systemd", replace(PLAN, when=When(hour=9)), done, tmp_path)
    after = state_of(tmp_path).keys(), {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after == before


def test_a_file_for_notifications_is_made_only_with_the_timer(
    run: Run, home: Path, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", album, "--consent", "own")
    notes, mine = tmp_path / "notes.txt", tmp_path / "mine.txt"
    mine.write_text("my own")
    os.utime(mine, (OLD, OLD))
    before = state_of(tmp_path)["mine.txt"]
    monkeypatch.setattr(install, "run", done)
    (tmp_path / ".config/systemd/user").mkdir(parents=True)
    for name in ("service", "timer"):
        monkeypatch.setattr("selfsearch.cli.schedule._timer_name", lambda: "selfsearch")
        (tmp_path / f".config/systemd/user/selfsearch.{name}").mkdir(exist_ok=True)
    words = ("schedule", "install", "--system", "systemd", "--notify")
    assert "nothing was installed or changed" in run(*words, f"file:{notes}", code=1).err
    run(*words, f"file:{mine}", code=1)
    assert not notes.exists()
    assert state_of(tmp_path)["mine.txt"] == before


def test_the_demo_takes_no_folder_that_holds_something_else(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "music/library").mkdir(parents=True)
    (tmp_path / "music/selfie.jpg").write_text("my own")
    assert "holds something else" in run("demo", "--folder", tmp_path / "music", code=2).err
    assert (tmp_path / "music/selfie.jpg").read_text() == "my own"


@on_posix
def test_a_timer_s_file_that_is_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    place, dotfile = tmp_path / "user", tmp_path / "dotfile"
    place.mkdir()
    dotfile.write_text("my own")
    (place / "selfsearch.timer").symlink_to(dotfile)
    install.install("systemd", PLAN, done, place)
    install.remove("systemd", "selfsearch", done, place)
    assert dotfile.read_text() == "my own"
    assert list(place.iterdir()) == []


def test_a_folder_of_another_user_s_is_still_refused_by_name(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.close()
    owner = os.geteuid() if os.name == "posix" else pytest.skip("of POSIX")
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(LibraryError, match="belongs to another user"):
        home.keep_private(library.home)


def test_photos_are_what_they_were(run: Run, album: Path) -> None:
    """The originals, of course."""
    (album / "z.jpg").write_bytes(photos.photo("astronaut", 1))
    before = state_of(album)
    run("index", album, "--consent", "own")
    run("consent", "revoke", "--yes", album)
    assert state_of(album) == before
