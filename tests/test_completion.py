"""Completion for shells and man pages: made of the commands, so all of those are in them, and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from selfsearch import cli, errors
from selfsearch.cli import completion, help_page, manual, rescan
from selfsearch.settings import Settings
from tests.conftest import Run, built_once

PROGRAM = built_once(cli.app)
COMMANDS = dict(help_page.walk(PROGRAM))
PACKAGE = Path(cli.__file__).parent.parent

Complete = Callable[[str], list[str]]
each_command = pytest.mark.parametrize("name", COMMANDS, ids=lambda name: name or "selfsearch")


# ---- in the shells ----

ASK_BASH = """
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_selfsearch
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def in_bash(run: Run, tmp_path: Path) -> Complete:
    """What bash offers for the last word of a line; [] where it completes file names, or nothing."""
    bash = shutil.which("bash") or pytest.skip("there is no bash here")
    script = tmp_path / "selfsearch.bash"
    script.write_text(run("completion", "bash").out)

    def complete(line: str) -> list[str]:
        words = [word for word in re.split(r"(=)|\s", line) if word is not None]  # as readline divides it
        done = subprocess.run(
            [bash, "--norc", "-c", ASK_BASH, "bash", script, *words],
            env={"PATH": str(tmp_path)},  # it can start no program
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.split()

    return complete


@pytest.fixture
def in_fish(run: Run, tmp_path: Path) -> Complete:
    """What fish offers for the last word of a line, in a folder without files."""
    fish = shutil.which("fish") or pytest.skip("there is no fish here")
    script = tmp_path / "selfsearch.fish"
    script.write_text(run("completion", "fish").out)
    (tmp_path / "empty").mkdir()

    def complete(line: str) -> list[str]:
        done = subprocess.run(
            [fish, "--no-config", "-c", f"source {script}; complete -C {completion._fish_quote(line)}"],
            env=os.environ | {"HOME": str(tmp_path)},
            cwd=tmp_path / "empty",
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return [text.partition("\t")[0] for text in done.stdout.splitlines()]

    return complete


LINES = [
    ("sel", None),
    ("selfsearch sched", ["schedule"]),
    ("selfsearch schedule ", ["install", "print", "status", "remove"]),
    ("selfsearch index --cons", ["--consent"]),
    ("selfsearch index --consent ", ["own", "release"]),
    ("selfsearch index --consent own --byst", ["--bystanders"]),
    ("selfsearch index --by consent --consent r", ["release"]),  # a value is no command
    ("selfsearch index key --js", ["--json"]),  # and a folder that is called like one is none
    ("selfsearch schedule install --weekly mon 03:00 --not", ["--notify"]),
    ("selfsearch people add me --person ", []),  # names are in the encrypted library
    ("selfsearch people remove ", []),
    ("selfsearch completion ", ["bash", "zsh", "fish"]),
    ("./scripts/selfsearch doct", ["doctor"]),  # as a checkout calls it
]


@pytest.mark.parametrize(("line", "offered"), LINES[1:], ids=[line for line, _ in LINES[1:]])
def test_bash_completes_commands_options_and_fixed_values(
    in_bash: Complete, line: str, offered: list[str]
) -> None:
    assert in_bash(line) == offered


def test_bash_completes_a_value_behind_an_equals_sign(in_bash: Complete) -> None:
    assert in_bash("selfsearch index --consent=") == ["own", "release"]
    assert in_bash("selfsearch index --consent=r") == ["release"]


@pytest.mark.parametrize(("line", "offered"), LINES[1:], ids=[line for line, _ in LINES[1:]])
def test_fish_completes_the_same(in_fish: Complete, line: str, offered: list[str]) -> None:
    assert sorted(in_fish(line)) == sorted(offered)


@each_command
def test_bash_knows_every_option_and_every_command_below(in_bash: Complete, name: str) -> None:
    path, command = f"selfsearch {name}".strip(), COMMANDS[name]
    assert in_bash(f"{path} --") == [
        *(name for param in help_page.options(command) for name in param.opts),
        "--help",
    ]
    if inner := help_page.visible(command):
        assert sorted(in_bash(f"{path} ")) == sorted(inner)


@each_command
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_know_them_too(run: Run, shell: str, name: str) -> None:
    path, command = f"selfsearch {name}".strip(), COMMANDS[name]
    script = run("completion", shell).out
    if shell == "zsh":
        part = script.partition(f"\n_{re.sub(r'[ -]', '_', path)}() {{\n")[2].partition("\n}\n")[0]
    else:
        part = "\n".join(line for line in script.splitlines() if rf"_at \'{path}\'' " in line)
        part = part.replace(" -l ", " --")
    for param in help_page.options(command):
        assert re.search(rf"{param.opts[0]}\b", part)
    for inner in help_page.visible(command):
        assert re.search(rf"'{inner}:| -a {inner} ", part)


@pytest.mark.parametrize("shell", completion.SCRIPTS)
def test_the_shell_finds_no_fault_with_its_script(run: Run, tmp_path: Path, shell: str) -> None:
    program = shutil.which(shell) or pytest.skip(f"there is no {shell} here")
    (tmp_path / "script").write_text(run("completion", shell).out)
    done = subprocess.run([program, "-n", tmp_path / "script"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_takes_a_file_completes_files() -> None:
    for command in COMMANDS.values():
        for param in command.params:
            if "Path" in str(param.type_descriptor.annotation):
                assert completion.values(param) in ("files", "folders"), param.name


def test_a_shell_that_there_is_no_script_for_is_refused(run: Run) -> None:
    assert (
        "there is a script for bash, zsh, fish, and none for 'tcsh'" in run("completion", "tcsh", code=2).err
    )


# ---- the man pages ----

PAGES = manual.pages(PROGRAM, "1.2.3")
MACROS = {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I", ".BI", ".BR", ".EX", ".EE", '.\\"'}


@each_command
def test_a_man_page_tells_of_every_option_argument_and_example(name: str) -> None:
    command = COMMANDS[name]
    text = PAGES[f"selfsearch-{name.split()[0]}.1" if name else "selfsearch.1"].replace("\\-", "-")
    for left, _ in [*help_page.option_rows(command), *help_page.argument_rows(command)]:
        assert left.split()[0] in text
    for inner in help_page.visible(command):
        assert f"selfsearch {name} {inner}" in text or f"selfsearch-{inner}" in text
    if name:
        assert str(help_page.example(name)).replace("~", "\\(ti").replace('"', "\\(dq") in text


def test_there_is_a_page_of_every_command() -> None:
    assert sorted(PAGES) == sorted(
        ["selfsearch.1", *(f"selfsearch-{name}.1" for name in help_page.visible(PROGRAM))]
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_line_that_roff_would_take_for_something_else(page: str) -> None:
    lines = PAGES[page].splitlines()
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} <= MACROS
    assert [line for line in lines if not line.isascii() or not line] == []


def test_the_exit_codes_of_the_page_are_those_of_the_errors() -> None:
    classes = [value for value in vars(errors).values() if hasattr(value, "exit_code")]
    codes = {0, 2, rescan.NEW, cli.INTERRUPTED, *(error.exit_code for error in classes)}
    assert manual.EXIT_CODES.keys() == codes


def test_every_variable_of_the_page_is_one_that_is_read() -> None:
    code = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "manual.py")
    fields = {f"SELFSEARCH_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert [name for name in manual.ENVIRONMENT if name not in code and name not in fields] == []
    assert fields - manual.ENVIRONMENT.keys() == {"SELFSEARCH_GRACE_DAYS"}
