"""What --help shows: 80 columns, whole words, one order, and of every command an example that works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from selfsearch import cli
from selfsearch.cli import help_page
from tests.conftest import Run, built_once

PROGRAM = built_once(cli.app)
COMMANDS = dict(help_page.walk(PROGRAM))
EXAMPLES = {name: help_page.example(name) for name in COMMANDS if name}
BEGIN = [text for text, _ in help_page.BEGIN]

each_command = pytest.mark.parametrize("name", COMMANDS, ids=lambda name: name or "selfsearch")


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@each_command
def test_help_fits_a_terminal_of_80_columns_and_breaks_no_word(run: Run, name: str) -> None:
    command = COMMANDS[name]
    shown = run(*name.split(), "--help").out
    assert [line for line in shown.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    texts = [*help_page.paragraphs(command), *(param.help for param in command.params)]
    assert set(" ".join(texts).split()) - set(shown.split()) == set()
    for param in command.params:
        assert {*param.opts, *param.secondary_opts} - set(
            re.split(r"[\s,]+", shown)
        ) == set() or param.param_type_name == "argument"
        assert help_page.metavar(param) in shown


@each_command
def test_help_fits_a_narrow_terminal_as_well(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = run(*name.split(), "--help").out.partition("Example:")[0]
    assert [line for line in text.splitlines() if len(line) > 50 and len(line.split()) > 2] == []


@each_command
def test_the_last_line_of_help_is_an_example(run: Run, name: str) -> None:
    last = run(*name.split(), "--help").out.splitlines()[-1]
    if name:
        assert last.startswith(f"Example: selfsearch {name.split()[0]}"), (
            f"help_page.EXAMPLES has none of {name}"
        )
    else:
        assert last == "Each command has more to say: selfsearch COMMAND --help"


def test_no_example_is_of_a_command_that_is_gone() -> None:
    assert help_page.EXAMPLES.keys() - COMMANDS.keys() == set()


@pytest.mark.parametrize("text", [*EXAMPLES.values(), *BEGIN])
def test_an_example_is_a_call_that_is_understood(
    run: Run, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is parsed by the real commands; what they would do is left out."""
    called: list[str] = []
    for name, command in COMMANDS.items():
        if name:
            monkeypatch.setattr(command, "callback", lambda _called=name, **_: called.append(_called))
    words = shlex.split(text)[1:]
    run(*(stand_in(word, tmp_path) for word in words))
    assert called[-1].split() == words[: len(called[-1].split())]


def stand_in(word: str, folder: Path) -> str:
    """For a file or folder that the example names, one that is there."""
    if not word.startswith(("~/", "/")) and not re.search(r"\.[a-z]+$", word):
        return word
    path = folder / "files" / word.lstrip("~/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch() if path.suffix else path.mkdir()
    return str(path)


def test_the_program_s_help_is_one_page_that_says_how_to_begin(run: Run) -> None:
    lines = run("--help").out.splitlines()
    begin = lines.index("To begin:")
    assert [line.split("  ")[1] for line in lines[begin + 1 : begin + 3]] == BEGIN
    assert len(lines) < 60
    assert run(code=2).err.splitlines() == lines  # what is shown when nothing is asked for


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if help_page.visible(command)])
def test_every_command_of_a_list_stands_on_one_line(run: Run, name: str) -> None:
    lines = run(*name.split(), "--help").out.splitlines()
    for each, command in help_page.visible(COMMANDS[name]).items():
        (line,) = (line for line in lines if line.startswith(f"  {each} "))
        assert line.split(maxsplit=1)[1] == help_page.summary(command)


def test_every_command_stands_under_a_heading() -> None:
    assert help_page.REST not in help_page.sections(PROGRAM)
