"""Completion for shells and man pages: made of the commands, so all of those are in them, and no more."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selfsearch import cli, errors
from selfsearch.cli import completion, help_page, manual, rescan
from selfsearch.settings import Settings
from tests.conftest import Run, built_once

PROGRAM = built_once(cli.app)
COMMANDS = dict(help_page.walk(PROGRAM))
PACKAGE = Path(cli.__file__).parent.parent

SCRIPTS = {shell: make(PROGRAM) for shell, make in completion.SCRIPTS.items()}

Complete = Callable[..., list[list[str]]]
each_command = pytest.mark.parametrize("name", COMMANDS, ids=lambda name: name or "selfsearch")


# ---- in the shells ----


def ask(shell: str, folder: Path, asked: str) -> list[list[str]]:
    """The lines that a shell offers to each question. It has read our script and can start no program."""
    program = shutil.which(shell) or pytest.skip(f"there is no {shell} here")
    (folder / "empty").mkdir()
    done = subprocess.run(
        [program, "--no-config" if shell == "fish" else "--norc", "-c", f"{SCRIPTS[shell]}\n{asked}"],
        env={"PATH": str(folder / "empty"), "HOME": str(folder)},
        cwd=folder / "empty",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [answer.split("\n")[:-1] for answer in done.stdout.split("END\n")[:-1]]


@pytest.fixture
def in_bash(tmp_path: Path) -> Complete:
    """What bash offers for the last word of each line; nothing where it completes the names of files."""

    def complete(*lines: str) -> list[list[str]]:
        asked = ""
        for line in lines:
            words = [word for word in re.split(r"(=)|\s", line) if word is not None]  # as readline divides it
            asked += f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _selfsearch\n"
            asked += """for each in "${COMPREPLY[@]}"; do echo "$each"; done; echo END\n"""
        return ask("bash", tmp_path, asked)

    return complete


@pytest.fixture
def in_fish(tmp_path: Path) -> Complete:
    """What fish offers for the last word of each line, in a folder without files."""

    def complete(*lines: str) -> list[list[str]]:
        asked = "".join(f"complete -C {completion._fish_quote(line)}; echo END\n" for line in lines)
        return [[each.partition("\t")[0] for each in answer] for answer in ask("fish", tmp_path, asked)]

    return complete


LINES = {
    "selfsearch sched": ["schedule"],
    "selfsearch schedule ": ["install", "print", "status", "remove"],
    "selfsearch index --cons": ["--consent"],
    "selfsearch index --consent ": ["own", "release"],
    "selfsearch index --consent own --byst": ["--bystanders"],
    "selfsearch index --by consent --consent r": ["release"],  # a value is no command
    "selfsearch index key --js": ["--json"],  # and a folder that is called like one is none
    "selfsearch schedule install --weekly mon 03:00 --not": ["--notify"],
    "selfsearch people add me --person ": [],  # names are in the encrypted library
    "selfsearch people remove ": [],
    "selfsearch people add bo bo.jpg --contr": ["--contrast"],
    "selfsearch query selfie.jpg --confirm": ["--confirm-person"],
    "selfsearch verdict k7q2mf 3xw0pa ": ["me", "not-me", "unset"],
    "selfsearch verdict k7q2mf me --no": ["--no-strengthen"],
    "selfsearch completion ": ["bash", "zsh", "fish"],
    "./scripts/selfsearch doct": ["doctor"],  # as a checkout calls it
}


def test_bash_completes_commands_options_and_fixed_values(in_bash: Complete) -> None:
    assert dict(zip(LINES, in_bash(*LINES), strict=True)) == LINES


def test_bash_completes_a_value_behind_an_equals_sign(in_bash: Complete) -> None:
    assert in_bash("selfsearch index --consent=", "selfsearch index --consent=r") == [
        ["own", "release"],
        ["release"],
    ]


def test_fish_completes_the_same(in_fish: Complete) -> None:
    offered = dict(zip(LINES, map(sorted, in_fish(*LINES)), strict=True))
    assert offered == {line: sorted(words) for line, words in LINES.items()}


def written(command: Any) -> list[str]:
    """Every way to write an option of the command."""
    options = [param for param in command.params if param.param_type_name == "option"]
    return [*(name for param in options for name in (*param.opts, *param.secondary_opts)), "--help"]


def test_bash_knows_every_option_and_every_command_below(in_bash: Complete) -> None:
    paths = {f"selfsearch {name}".strip(): command for name, command in COMMANDS.items()}
    offered = in_bash(*(f"{path} --" for path in paths))
    assert dict(zip(paths, offered, strict=True)) == {path: written(paths[path]) for path in paths}


def test_bash_knows_the_commands_of_every_group(in_bash: Complete) -> None:
    groups = {name: sorted(help_page.visible(command)) for name, command in COMMANDS.items()}
    groups = {f"selfsearch {name} ".replace("  ", " "): inner for name, inner in groups.items() if inner}
    assert dict(zip(groups, map(sorted, in_bash(*groups)), strict=True)) == groups


@each_command
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_know_them_too(shell: str, name: str) -> None:
    path, command = f"selfsearch {name}".strip(), COMMANDS[name]
    script = SCRIPTS[shell]
    if shell == "zsh":
        part = script.partition(f"\n_{re.sub(r'[ -]', '_', path)}() {{\n")[2].partition("\n}\n")[0]
    else:
        part = "\n".join(line for line in script.splitlines() if rf"_at \'{path}\'' " in line)
        part = part.replace(" -l ", " --")
    for option in written(command):
        assert re.search(rf"{option}\b", part)
    for inner in help_page.visible(command):
        assert re.search(rf"'{inner}:| -a {inner} ", part)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shell_finds_no_fault_with_its_script(run: Run, tmp_path: Path, shell: str) -> None:
    assert run("completion", shell).out == SCRIPTS[shell]
    program = shutil.which(shell) or pytest.skip(f"there is no {shell} here")
    (tmp_path / "script").write_text(SCRIPTS[shell])
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
    for shown in [*written(command), *(name for name, _ in help_page.argument_rows(command))]:
        assert shown in text
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


INTERNAL = {"SELFSEARCH_COMMAND", "SELFSEARCH_TITLE", "SELFSEARCH_TEXT", "SELFSEARCH_"}  # of our own programs


def test_the_variables_of_the_page_are_those_that_are_read() -> None:
    code = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "manual.py"]
    found = {name for text in code for name in re.findall(r"SELFSEARCH_\w*", text)}
    found |= {f"SELFSEARCH_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert found - INTERNAL - manual.ENVIRONMENT.keys() == set()
    assert [name for name in manual.ENVIRONMENT if name not in "".join(code) and name not in found] == []
