"""Documents that cannot rot: help, README, exit codes, links, layers, and the demo's promise."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from selfsearch import cli, demo, errors
from selfsearch.cli import rescan
from tests.conftest import Run
from tests.test_layers import LAYERS

CHECKOUT = Path(__file__).parent.parent
README = (CHECKOUT / "README.md").read_text("utf-8")
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
HEAVY = {
    "numpy",
    "faiss",
    "onnxruntime",
    "insightface",
    "cv2",
    "PIL",
    "sqlcipher3",
    "sqlite_utils",
    "rich.progress",
}
OWN_MACHINE = re.compile(
    r"/(?:root|work)/|/home/(?!ana/)\w+|/Users/\w+|/tmp/(?!ana/|selfsearch-demo)\w+|[A-Z]:\\Users"
)


def walk(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below this one that help shows, with the words that call it."""
    for name, inner in getattr(command, "commands", {}).items():
        if inner.hidden:
            continue
        yield (*names, name), inner
        yield from walk(inner, (*names, name))


COMMANDS = list(walk(typer.main.get_command(cli.app)))
each_command = pytest.mark.parametrize(
    ("names", "command"), COMMANDS, ids=[" ".join(names) for names, _ in COMMANDS]
)
each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix()
)


@each_command
def test_every_command_and_every_option_has_help(run: Run, names: tuple[str, ...], command: Any) -> None:
    assert command.help
    assert [param.name for param in command.params if not getattr(param, "help", None)] == []
    assert run(*names, "--help").out.startswith(f"Usage: selfsearch {' '.join(names)}")


@each_command
def test_a_summary_is_a_sentence_that_stands_on_one_line_of_the_list(
    names: tuple[str, ...], command: Any
) -> None:
    first = command.help.split("\n\n")[0].replace("\n", " ")
    assert first.endswith(".")
    assert first[0].isupper()


def test_every_command_stands_in_the_readme() -> None:
    listed = {row.split("`")[1].split()[1] for row in README.splitlines() if row.startswith("| `selfsearch ")}
    listed |= set(re.findall(r"^\| .*`selfsearch (\w+)", README, re.M))
    assert {names[0] for names, _ in COMMANDS} - listed == set()


def test_the_exit_codes_of_the_readme_are_those_of_the_errors() -> None:
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and hasattr(value, "exit_code")
    ]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.M)]
    assert codes == sorted({0, 2, rescan.NEW, cli.INTERRUPTED, *(error.exit_code for error in classes)})


@each_document
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)(#[^)\s]*)?\)", text)
    relative = [link for link, _ in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in relative if not (path.parent / link).exists()] == []


@each_document
def test_no_document_names_a_path_of_the_machine_it_was_written_on(path: Path) -> None:
    assert OWN_MACHINE.findall(path.read_text("utf-8")) == []


def test_the_layers_of_the_document_are_those_of_the_test() -> None:
    text = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    block = text.partition("lowest first:\n\n```\n")[2].partition("\n```")[0]
    assert [set(line.split()) for line in block.splitlines()] == LAYERS


def test_the_library_document_has_a_row_for_every_verb() -> None:
    text = (CHECKOUT / "docs/library.md").read_text("utf-8")
    verbs = ("index", "query", "rescan", "report", "status", "sources", "people", "consent", "forget")
    assert [verb for verb in verbs if not re.search(rf"^\| `selfsearch {verb}", text, re.M)] == []


@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], ["index", "--help"], ["query", "--help"]], ids=" ".join
)
def test_help_loads_no_heavy_library(args: list[str]) -> None:
    code = (
        f"import sys, selfsearch.cli; selfsearch.cli.main({args!r});"
        f" print({HEAVY!r} & sys.modules.keys(), file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stderr.splitlines()[-1] == "set()"
    assert process.stdout


def test_the_version_is_the_one_of_the_package(run: Run) -> None:
    import selfsearch

    assert run("--version").out == f"selfsearch {selfsearch.__version__}\n"


def test_the_demo_names_every_photograph_that_shows_her_and_writes_a_report(
    run: Run, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    output = run("demo", "--folder", folder)
    hers = sorted(path.name for path in (folder / "album").glob(f"{demo.PERSON}-*"))
    sentence = f"All {len(hers)} files with the astronaut were found, and no other"
    assert f"{sentence} (copies count once)." in output.out.splitlines()
    assert f"Report with the pictures: {folder / 'report.html'}" in output.out.splitlines()
    page = (folder / "report.html").read_text("utf-8")
    assert [name for name in hers if name not in page] == []
    assert (folder / "report.html").stat().st_mode & 0o077 == 0
    assert not home.exists()  # the user's own library is not touched
    assert run("demo", "--folder", folder).out == output.out


def test_the_demo_leaves_a_folder_alone_that_holds_something_else(run: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full").chmod(0o755)
    (tmp_path / "full/mine.txt").write_text("mine")
    assert run("demo", "--folder", tmp_path / "full", code=2).err == (
        f"selfsearch: {tmp_path / 'full'} holds something else; name a new folder for the demo\n"
    )
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert (tmp_path / "full").stat().st_mode & 0o777 == 0o755
