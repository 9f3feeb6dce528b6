"""No word of a file acts on the terminal: every command, under a pseudo-terminal, with names that try."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfsearch import cli
from selfsearch.cli import console, options, progress
from selfsearch.report.sanitize import visible, visible_lines
from selfsearch.types import Outcome
from tests import archives, photos
from tests.conftest import id_of

if os.name != "posix":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)
from tests.terminals import ATTACK, acts, attached

SELFIE, ALBUM, NEW = f"selfie {ATTACK}.jpg", f"album {ATTACK}", f"new {ATTACK}"
ROOT = Path(__file__).parent.parent
Shown = Callable[..., str]


def instagram() -> dict[str, bytes]:
    """A download whose account, caption, file and folder want to act."""
    profile = {"Username": {"value": ATTACK}, "Name": {"value": ATTACK}}
    account = {"profile_user": [{"string_map_data": profile}]}
    uri = f"media/posts/202306/{ATTACK}.jpg"
    media = {"uri": uri, "creation_timestamp": 1687000000, "title": ATTACK}
    return {
        "personal_information/personal_information/personal_information.json": json.dumps(account).encode(),
        "your_instagram_activity/media/posts_1.json": json.dumps([{"media": [media]}]).encode(),
        uri: photos.photo("astronaut", 3),
    }


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds sources, a library of them and its key; all that can be named is named ATTACK."""
    place = tmp_path_factory.mktemp("terminal") / ATTACK
    damaged = photos.photo("a", 2)[:64]
    archives.write_folder(
        place / ALBUM,
        {f"a {ATTACK}/{ATTACK}.jpg": photos.photo("astronaut", 1), f"t {ATTACK}.jpg": damaged},
    )
    archives.write_zip(place / f"z {ATTACK}.zip", {f"{ATTACK}/{ATTACK}.jpg": photos.photo("astronaut", 2)})
    archives.write_folder(place / f"instagram-{ATTACK}-2024", instagram())
    (place / SELFIE).write_bytes(photos.photo("astronaut", 5))
    return place


@pytest.fixture
def in_library(original: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of every command."""
    for name, value in {"HOME": original / "library", "KEYS": original / "keys", "KEYRING": "off"}.items():
        monkeypatch.setenv(f"SELFSEARCH_{name}", str(value))
    for name in ("NO_COLOR", "SELFSEARCH_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(original))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(original)
    if not (original / "library").exists():
        sources = [str(path) for path in sorted(original.iterdir()) if not path.name.startswith("selfie")]
        assert cli.main(["index", *sources, "--consent", "own"]) == 0
        selfie = str(original / SELFIE)
        assert cli.main(["query", selfie, "--person", ATTACK, "--consent", "own", "--purpose", ATTACK]) == 0
        assert cli.main(["rescan"]) == 0
        (original / ALBUM / f"b {ATTACK}.jpg").write_bytes(photos.photo("astronaut", 4))
        assert cli.main(["rescan"]) == 0
        (original / "library/packs" / ATTACK).mkdir(parents=True)


@pytest.fixture
def shown(in_library: None, original: Path, tmp_path: Path) -> Iterator[Shown]:
    """shown("status") is what the command puts onto the terminal; the library is as before afterwards."""
    for name in ("library", "keys"):
        shutil.copytree(original / name, tmp_path / name)

    def shown(*words: str, typed: str = "", code: int = 0) -> str:
        if "{id}" in words:
            id_ = id_of(original / "library", 1, ATTACK, original / "keys")
            words = tuple(id_ if word == "{id}" else word for word in words)
        with attached(typed) as terminal:
            returned = cli.main(list(words))
        assert returned == code, terminal.shown
        return terminal.shown

    yield shown
    for name in ("library", "keys", NEW):
        shutil.rmtree(original / name, ignore_errors=True)
    (original / NEW).unlink(missing_ok=True)
    for name in ("library", "keys"):
        shutil.copytree(tmp_path / name, original / name)


# Words of the call, exit code, what is typed, and whether words of a file are in what is shown.
COMMANDS: list[tuple[tuple[str, ...], int, str, bool]] = [
    (("index", ALBUM), 0, "", False),
    (("index", f"instagram-{ATTACK}-2024"), 0, "", True),
    (("index", SELFIE), 3, "n\n", True),
    (("index", ALBUM, "--json"), 0, "", True),
    (("index", NEW), 2, "", True),
    (("index", "--consent", ATTACK, ALBUM), 2, "", True),
    (("query", SELFIE), 0, "", True),
    (("query", SELFIE, "--json"), 0, "", True),
    (("query", SELFIE, "--csv"), 0, "", True),
    (("query", SELFIE, "--html", NEW), 0, "", True),
    (("query", SELFIE, "--person", NEW), 3, "n\n", True),
    (("query", SELFIE, f"--{ATTACK}"), 2, "", True),
    (("rescan",), 0, "", False),
    (("rescan", "--json"), 0, "", False),
    (("report", "--since", "2020-01-01"), 0, "", True),
    (("report", "--since", "2020-01-01", "--md"), 0, "", True),
    (("report", "--since", "2020-01-01", "--csv"), 0, "", True),
    (("report", "--html", NEW), 0, "", True),
    (("report", "--since", ATTACK), 2, "", True),
    (("completion", ATTACK), 2, "", True),
    (("status", "--problems"), 0, "", True),
    (("status", "--problems", "--json"), 0, "", True),
    (("sources",), 0, "", True),
    (("sources", "--json"), 0, "", True),
    (("sources", "set", "1", "--account-was", ATTACK), 2, "", True),
    (("sources", "set", "1", "--audience", ATTACK, "--means", "public"), 2, "", True),
    (("sources", "explain", "{id}"), 0, "", True),
    (("sources", "explain", "{id}", "--json"), 0, "", True),
    (("sources", "explain", "{id}", "--redacted"), 0, "", False),
    (("sources", "explain", ATTACK), 2, "", True),
    (("sources", "supersede", "1", "2"), 2, "", False),
    (("sources", "gone", "1"), 2, "", False),
    (("people",), 0, "", True),
    (("people", "--json"), 0, "", True),
    (("people", "add", ATTACK, SELFIE), 0, "", True),
    (("people", "show", ATTACK), 0, "", True),
    (("people", "show", NEW), 2, "", True),
    (("people", "remove", ATTACK, "99"), 2, "", True),
    (("verdict", NEW, "me"), 2, "", True),
    (("verdict", "{id}", ATTACK), 2, "", True),
    (("verdict", "{id}", "me"), 0, "y\ny\n", True),
    (("verdict", "{id}", "not-me", "--person", ATTACK), 0, "y\n", True),
    (("consent",), 0, "", True),
    (("consent", "list", "--json"), 0, "", True),
    (("consent", "show", ATTACK), 0, "", True),
    (("consent", "show", ATTACK, "--json"), 0, "", True),
    (("consent", "show", NEW), 2, "", True),
    (("consent", "show", ATTACK, ATTACK), 2, "", True),
    (("consent", "renew", ATTACK), 0, "y\n", True),
    (("consent", "revoke", ATTACK, "--why", ATTACK), 0, "y\n", True),
    (("consent", "revoke", ALBUM), 2, "n\n", True),
    (("consent", "export", "--html", NEW), 0, "", True),
    (("consent", "export"), 0, "", True),
    (("consent", "verify"), 0, "", False),
    (("consent", "accept"), 0, "", False),
    (("consent", "audit"), 0, "", True),
    (("consent", "audit", "--json"), 0, "", True),
    (("forget", ALBUM), 0, "y\n", True),
    (("forget", "--all"), 2, "n\n", True),
    (("forget", NEW), 2, "", True),
    (("key", "show"), 0, "", True),
    (("key", "set-passphrase"), 2, "short\n", False),
    (("key", "use-file"), 0, "", True),
    (("key", "use-keyring"), 5, "", False),
    (("key", "export"), 0, "y\n", False),
    (("key", "import"), 2, f"{ATTACK}\n\n", False),
    (("key", "rotate", "--yes"), 0, "", False),
    (("backup", NEW), 0, "", True),
    (("backup", SELFIE), 2, "n\n", True),
    (("restore", SELFIE), 5, "n\n", True),
    (("export", "--plain", NEW), 0, "", True),
    (("models",), 0, "", True),
    (("models", "add", NEW), 2, "", True),
    (("models", "add", ALBUM), 5, "", True),
    (("models", "use", ATTACK), 5, "", True),
    (("models", "remove", NEW), 2, "", True),
    (("schedule", "print", "--system", "cron"), 2, "", True),
    (("schedule", "print", "--system", "systemd"), 2, "", True),
    (("schedule", "install", "--system", ATTACK), 2, "", True),
    (("schedule", "status", "--system", ATTACK), 2, "", True),
    (("schedule", "remove", "--system", ATTACK), 2, "", True),
    (("watch",), 0, "", True),
    (("doctor",), 5, "", True),
    (("doctor", "--json"), 5, "", True),
    (("demo", "--folder", ALBUM), 2, "", True),
    ((ATTACK,), 2, "", True),
]


def name(words: tuple[str, ...]) -> str:
    return " ".join(words).replace(ATTACK, "ATTACK")


@pytest.mark.parametrize(
    ("words", "code", "typed", "told"), COMMANDS, ids=[name(words) for words, *_ in COMMANDS]
)
def test_no_word_of_a_file_acts_on_the_terminal(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, typed: str, told: bool
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda question: options.prompt(question).strip())
    monkeypatch.setattr(
        "selfsearch.monitoring.watch.follow", lambda roots, rescan, ignore: [rescan(root) for root in roots]
    )
    text = shown(*words, typed=typed, code=code)
    assert acts(text) == []
    if told:
        assert "FORGED" in text.replace("\n", "")
    if "--json" in words:
        answer = text[text.index('{\n "schema"') :].partition("\nselfsearch: ")[0]
        assert answer.isascii()
        json.loads(answer)


def test_every_command_is_tried() -> None:
    tried = {words[:2] for words, *_ in COMMANDS} | {words[:1] for words, *_ in COMMANDS}
    commands = {(command.name,) for command in cli.app.registered_commands if not command.hidden}
    for group in cli.app.registered_groups:
        assert group.typer_instance is not None
        commands |= {(group.name, command.name) for command in group.typer_instance.registered_commands}
    assert commands - tried == set()


# ---- what is no answer and no message of a command ----


def drawn(function: Callable[[], object]) -> str:
    """What the function puts onto a terminal while a command runs."""
    with attached() as terminal, console.guarded([]):
        function()
    return terminal.shown


def test_a_progress_bar_shows_a_title_as_the_text_it_is() -> None:
    def bar() -> None:
        listener = progress.progress_listener()
        assert isinstance(listener, progress.ProgressBar)
        listener.begin(ATTACK, 3)
        listener.step(Outcome.INDEXED, ATTACK)
        print(ATTACK)  # goes through Rich meanwhile
        print(ATTACK, file=sys.stderr)
        listener.end()

    text = drawn(bar)
    assert acts(text) == []
    assert "[bold]\ufffd]0;OWNED" in text
    assert text.count("\x1b[2KFORGED") == 2  # each on the line that the bar left to it


def test_there_is_no_way_around_to_the_bytes() -> None:
    def ask() -> None:
        print(hasattr(sys.stdout, "buffer"), hasattr(sys.stderr, "buffer"))

    assert drawn(ask) == "False False\n"


CRASH = f"""
import logging, sys, warnings
from selfsearch import cli

def opened():
    logging.getLogger("somebody").warning("read %s", {ATTACK!r})
    warnings.warn({ATTACK!r})
    print({ATTACK!r})
    raise RuntimeError({ATTACK!r})

cli.options.opened = opened
sys.argv[1:] = ["status"]
cli.run()
"""


def test_logs_warnings_prints_of_libraries_and_a_crash_do_not_act(in_library: None) -> None:
    with attached() as terminal:
        done = subprocess.run(
            [sys.executable, "-c", CRASH],
            stdout=terminal.slave,
            stderr=terminal.slave,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 1
    assert "RuntimeError: [bold]" in terminal.shown
    assert terminal.shown.count("[bold]") == 4
    assert terminal.shown.startswith("read [bold]\ufffd]0;OWNED")
    signs = acts(terminal.shown.replace("\r\n", "\n"))
    assert signs == ["FORGED\ufffd[red]"] * 3  # three texts of several lines, the log record being one line


def test_what_the_encoding_of_a_stream_has_not_is_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = console.GuardedStream(io.TextIOWrapper(raw, "ascii", write_through=True))
    assert stream.write("a\x1bb ü\n") == 6
    assert raw.getvalue() == b"a?b ?\n"


@given(st.text())
def test_of_any_text_what_is_shown_is_as_long_and_harmless(text: str) -> None:
    """Sign for sign: nothing is left out, so nothing of ours can be taken along."""
    shown = visible(text)
    assert len(shown) == len(text)
    assert acts(shown) == []
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown
    assert acts(visible_lines(text).replace("\r\n", "\n")) == []


@pytest.mark.parametrize("line", ["two\nlines", "three\r\nlines", "a\x85b", "a\u2028b", "a\x0bb"])
def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str], line: str) -> None:
    options.answer(line, "next")
    options.say(line, "next")
    written = capsys.readouterr()
    assert [len(text.splitlines()) for text in written] == [2, 2]


def test_nothing_of_ours_is_eaten_by_a_sequence_that_does_not_end(capsys: pytest.CaptureFixture[str]) -> None:
    options.answer("\x1b]0;evil (source 3): NO consent")
    assert capsys.readouterr().out == "\ufffd]0;evil (source 3): NO consent\n"


def test_lines_are_broken_where_they_are_written_alone() -> None:
    """A line break in a text that is handed to say() or answer() would be shown as U+FFFD."""
    broken = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "selfsearch/cli").glob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("say", "answer", "ask", "prompt")
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "\n" in part.value
    ]
    assert broken == []
