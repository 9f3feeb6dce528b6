"""Every file of a library damaged, and every command run on it: a sentence and an exit code that is
documented, or the answer that the undamaged library gives; never a traceback, never a wrong answer.
"""

from __future__ import annotations

import io
import random
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click import Command
from typer.main import get_command

from selfsearch.cli import app, main
from selfsearch.library.library import open_library
from tests import photos
from tests.conftest import Run, id_of
from tests.exports import Pack, instagram

PAGE = 4096  # bytes
DOCUMENTED = {1, 2, 3, 4, 5, 10}
COMMANDS = {  # every command, with what it is given
    "index": "{album}",
    "query": "{selfie} --person me --json",
    "rescan": "--json",
    "report": "--json",
    "status": "--problems --json",
    "sources": "--json",
    "sources set": "2 --account-was private",
    "sources explain": "{selfie} --json",
    "sources supersede": "1 2",
    "sources gone": "1",
    "people": "--json",
    "people add": "me {second}",
    "people show": "me --json",
    "people remove": "me 1 --yes",
    "verdict": "{id} not-me --yes",
    "consent": "",
    "consent list": "--json",
    "consent show": "me --json",
    "consent renew": "{album} --yes",
    "consent revoke": "{export} --yes --json",
    "consent export": "me",
    "consent verify": "",
    "consent accept": "--yes",
    "consent audit": "me --json",
    "forget": "me --yes --json",
    "key show": "--json",
    "key set-passphrase": "",
    "key use-keyring": "",
    "key use-file": "",
    "key export": "--yes",
    "key import": "",
    "key rotate": "--databases --yes",
    "backup": "{out}/backup.zip",
    "restore": "{out}/before.zip --yes",
    "export": "--plain {out}/plain --yes",
    "models": "--json",
    "models use": "opencv-zoo",
    "models remove": "nothing",
    "models add": "{selfie}",
    "schedule status": "--json",
    "schedule print": "--daily 03:00",
    "schedule remove": "",
    "doctor": "--json",
}
TELLING = {  # what an answer has that is another one than the sound library gives
    "restore": "may have come back",
    "models": '"used": false',  # the settings name another pack
    "consent accept": r"accepted \(entry \d+ of the ledger\)",
    "key show": '"problem": "',
    "schedule status": r'"runs": \[\]',  # a damaged line of the log is passed over
    "doctor": '"level": "(error|warning)"|nothing beside the key tells yet',
}
LEFT_OUT = {
    "watch": "runs until it is stopped; it opens a library and looks as rescan does",
    "courier": "hidden; it opens no library",
    "opener": "hidden; it opens no library",
    "demo": "makes a library of its own",
    "completion": "it opens no library",
    "schedule install": "changes the user's timers",
}


def every_command(command: Command, name: str = "") -> Iterator[str]:
    """Names of all commands, and of groups that do something by themselves."""
    inner = getattr(command, "commands", {})
    if name and (not inner or getattr(command, "invoke_without_command", False)):
        yield name
    for word, each in inner.items():
        yield from every_command(each, f"{name} {word}".strip())


def test_every_command_is_tried_on_damaged_libraries() -> None:
    assert set(every_command(get_command(app))) == set(COMMANDS) | set(LEFT_OUT)


@dataclass
class Shelf:
    """A library, and copies of it to damage."""

    top: Path
    places: dict[str, Path]
    id: str  # of an appearance
    code: str
    answers: dict[str, str]

    def reset(self) -> None:
        for name in ("library", "keys", "out"):
            shutil.rmtree(self.top / name, ignore_errors=True)
            shutil.copytree(self.top / "sound" / name, self.top / name)

    def files(self) -> list[str]:
        """What can be damaged: everything but locks, which are empty."""
        sound = self.top / "sound"
        paths = [*sound.glob("library/**/*"), *sound.glob("keys/*")]
        return sorted(
            path.relative_to(sound).as_posix() for path in paths if path.is_file() and path.stat().st_size
        )

    def own(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.top / "own").rglob("*") if path.is_file()}


Ask = Callable[[str], tuple[int, str, str]]


def instagram_export(into: Path) -> Path:
    """One post."""
    pack = Pack("instagram-ana.example-2026-01-01-AbCd1234")
    posts = [{"media": [instagram.picture("media/posts/202306/four.jpg")]}]
    pack.add("your_instagram_activity/media/posts_1.json", posts)
    pack.add("media/posts/202306/four.jpg", photos.photo("c", 1, side=200))
    return pack.write(into)


@pytest.fixture
def ask(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run one of COMMANDS; returns its exit code, its answer and what it said."""
    monkeypatch.setenv("SELFSEARCH_NEW_PASSPHRASE", "a long enough passphrase")

    def ask(command: str) -> tuple[int, str, str]:
        words = [*command.split(), *COMMANDS[command].format(**shelf.places, id=shelf.id).split()]
        monkeypatch.setattr(sys, "stdin", io.StringIO(shelf.code))
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


@pytest.fixture
def shelf(run: Run, home: Path, tmp_path: Path, at: Callable[[str], None]) -> Shelf:
    at("2026-03-01T12:00:00+00:00")
    places = {"out": tmp_path / "out"}
    places["album"] = tmp_path / "own" / "album"
    places["album"].mkdir(parents=True)
    for variant in (1, 2):
        (places["album"] / f"{variant}.jpg").write_bytes(photos.photo("astronaut", variant, side=200))
    places["export"] = instagram_export(tmp_path / "own")
    for name, variant in (("selfie", 5), ("second", 6)):
        places[name] = tmp_path / "own" / f"{name}.jpg"
        places[name].write_bytes(photos.photo("astronaut", variant, side=200))
    places["out"].mkdir()
    run("index", places["album"], places["export"], "--consent", "own")
    run("people", "add", "me", places["selfie"], places["album"] / "1.jpg", "--consent", "own")
    run("rescan", "--scheduled")
    run("models", "use", "opencv-zoo")
    run("backup", places["out"] / "before.zip")
    code = run("key", "export", "--yes").out
    page = home / "reports" / "page-0123456789abcdef.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text("<!doctype html>")
    with open_library(home, key_folder=tmp_path / "keys") as library:  # while it is open there is a log
        library.db.execute("pragma user_version = 1")
        for name in ("library", "keys", "out"):
            shutil.copytree(tmp_path / name, tmp_path / "sound" / name)
    return Shelf(tmp_path, places, id_of(home, 1), code, {})


def of_other_content(path: Path, shelf: Shelf) -> None:
    path.write_bytes((shelf.places["selfie"]).read_bytes())


def cut(share: float) -> Callable[[Path, Shelf], None]:
    def cut(path: Path, _: Shelf) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return cut


def flipped(share: float) -> Callable[[Path, Shelf], None]:
    def flip(path: Path, _: Shelf) -> None:
        data = bytearray(path.read_bytes())
        data[int(len(data) * share)] ^= 0x41
        path.write_bytes(data)

    return flip


def folder(path: Path, _: Shelf) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path, Shelf], None]] = {
    "empty": cut(0),
    "missing": lambda path, _: path.unlink(),
    "a folder": folder,
    "another file": of_other_content,
    "cut to a third": cut(0.33),
    "cut by a bit": cut(0.98),
    "a byte at the beginning": flipped(0.002),
    "a byte at 0.3": flipped(0.3),
    "a byte at 0.7": flipped(0.7),
    "a byte at the end": flipped(0.999),
}


def without_chance(text: str) -> str:
    """An answer without what differs from run to run."""
    hashes_and_codes = r"[0-9a-f]{10,}|[0-9A-Z]{4}(-[0-9A-Z]{4})+.*"
    files_found = (
        r'"(searched|reports)": \d+|\d+ (files? of the library|files in the library|reports? deleted)'
    )
    sizes_and_times = r"\d+(\.\d+)? (s|MB|GB|kB|bytes)\b"
    return re.sub("|".join((hashes_and_codes, files_found, sizes_and_times)), "*", text)


def examine(shelf: Shelf, ask: Ask, file: str, damage: str, command: str) -> tuple[int, str]:
    """One damage and one command. Returns its exit code and what it said."""
    if command not in shelf.answers:
        shelf.reset()
        code, answer, _ = ask(command)
        shelf.answers[command] = f"{code} {without_chance(answer)}"
    shelf.reset()
    DAMAGES[damage](shelf.top / file, shelf)
    own = shelf.own()
    where = f"{file}, {damage}, {command}"
    try:
        code, answer, said = ask(command)
    except BaseException as exc:
        raise AssertionError(f"{where}: {type(exc).__name__}: {exc}") from exc
    assert "Traceback" not in said, where
    is_told = bool(re.search(TELLING.get(command, "(?!)"), answer))
    if not shelf.answers[command].startswith(f"{code} "):
        assert code in DOCUMENTED, f"{where}: {code} {said}"
        assert "selfsearch: " in said or (command == "doctor" and is_told), f"{where}: {code} {said}"
    elif not code:
        given = f"{code} {without_chance(answer)}"
        assert given == shelf.answers[command] or is_told, f"{where}: {answer} {said}"
    assert shelf.own() == own, where
    return code, said


def test_a_command_on_a_damaged_library_answers_rightly_or_with_a_sentence(shelf: Shelf, ask: Ask) -> None:
    dice = random.Random(20261126)  # noqa: S311
    cheap = [name for name in COMMANDS if name not in ("restore", "key set-passphrase", "key rotate")]
    for _ in range(30):
        examine(shelf, ask, dice.choice(shelf.files()), dice.choice([*DAMAGES]), dice.choice(cheap))


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_a_library_with_any_file_damaged(shelf: Shelf, ask: Ask, command: str) -> None:
    for file in shelf.files():
        for damage in DAMAGES:
            examine(shelf, ask, file, damage, command)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "query", "consent list", "forget", "backup", "doctor"])
def test_a_command_on_a_library_with_any_page_damaged(shelf: Shelf, ask: Ask, command: str) -> None:
    size = (shelf.top / "sound" / "library" / "library.db").stat().st_size
    for page in range(size // PAGE):
        DAMAGES["a page"] = flipped((page * PAGE + 1000) / size)
        examine(shelf, ask, "library/library.db", "a page", command)
