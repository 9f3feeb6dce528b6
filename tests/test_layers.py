"""The architecture as a list: imports point down, and a few rooms keep what is theirs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = Path(__file__).parent.parent / "selfsearch"

LAYERS = [  # a room may import from the lines above its own
    {"errors", "types", "files", "places", "version", "words", "sandbox", "demo", "boxes"},
    {"home"},
    {"settings", "containers", "media"},
    {"exports", "recognition"},
    {"packs"},
    {"library"},
    {"consent"},
    {"workflows"},
    {"monitoring", "report", "doctor"},
    {"api"},
    {"cli"},
    {"__init__", "__main__"},  # the package's own doors
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
BESIDE = {  # of the lowest layer, in this order
    ("types", "errors"),
    ("types", "boxes"),
    *((low, high) for low in ("types", "errors", "demo") for high in ("files", "sandbox")),
}

HEAVY = {"numpy", "faiss", "onnxruntime", "onnx", "insightface", "cv2", "scipy", "skimage", "PIL", "jinja2"}

DISTRIBUTIONS = {  # where an import has another name than what is installed for it
    "PIL": "pillow",
    "cv2": "opencv_python",
    "google": "protobuf",
    "faiss": "faiss_cpu",
    "skimage": "scikit_image",
}

PRINTING = {"print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write"}

MODULES = sorted(PACKAGE.rglob("*.py"))
pytestmark = pytest.mark.skipif(not MODULES, reason="there is no package")


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> list[tuple[int, str]]:
    """Line and absolute dotted name of everything that a module imports, wherever in it."""
    package = ("selfsearch", *path.relative_to(PACKAGE).parent.parts)
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*base, *filter(None, [node.module])))
            found += [(node.lineno, f"{origin}.{alias.name}") for alias in node.names]
    return found


def importers(library: str) -> set[str]:
    return {named(path) for path in MODULES for _, name in imports(path) if name.split(".")[0] == library}


def test_every_room_has_its_layer() -> None:
    assert {room(path) for path in MODULES} - LEVEL.keys() == set()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    upward = []
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "selfsearch" or len(parts) < 2:
            continue
        there = parts[1] if parts[1] in LEVEL else "__init__"
        if there != here and LEVEL[there] >= LEVEL.get(here, 0) and (there, here) not in BESIDE:
            upward.append(f"line {line}: {name}")
    assert upward == []


def test_only_the_library_speaks_sql() -> None:
    speakers = importers("sqlite3") | importers("sqlite_utils") | importers("sqlcipher3")
    assert {name for name in speakers if not name.startswith("library/")} == set()


def test_only_two_files_print() -> None:
    """console.py guards the streams, options.py writes line by line: nothing of others reaches them raw."""
    printers = {
        named(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    }
    assert printers - {"cli/console.py", "cli/options.py"} == set()


def test_only_the_command_line_knows_typer() -> None:
    assert {name for name in importers("typer") if not name.startswith("cli/")} == set()
    assert importers("click") == set()


@pytest.mark.parametrize("library", ["insightface", "faiss"])
def test_a_model_or_index_library_is_met_in_one_file(library: str) -> None:
    carries_a_picture = {"demo.py"}  # takes a photograph out of InsightFace's wheel, nothing else
    assert len(importers(library) - carries_a_picture) <= 1


def test_every_library_that_is_imported_is_required_by_name() -> None:
    """What another package happens to bring may be gone with its next version."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    required = {re.split(r"[^\w-]", line)[0].lower().replace("-", "_") for line in project["dependencies"]}
    foreign = {name.split(".")[0] for path in MODULES for _, name in imports(path)}
    foreign -= sys.stdlib_module_names | {"selfsearch", "tomllib"}
    assert {DISTRIBUTIONS.get(name, name).lower() for name in foreign} - required == set()


@pytest.mark.skipif(not (PACKAGE / "cli/__init__.py").exists(), reason="there is no command line yet")
@pytest.mark.parametrize("module", ["selfsearch", "selfsearch.cli"])
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
