"""scripts/selfsearch on a machine where nothing is prepared.

A Python of twenty lines of sh stands in for the real one: it writes down what it is asked to do, and the
environments that it makes do the same. So every path is walked in milliseconds and without a network.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import lockfile
from tests.terminals import Terminal

CHECKOUT = Path(__file__).parent.parent
SCRIPTS = (
    *("environment.sh", "selfsearch", "build_hook.py", "convert_pack.py", "lockfile.py", "sbom.py"),
    "MODEL.LICENSE",
)
TOOLS = (
    *("sh", "cat", "chmod", "cksum", "cp", "cut", "date", "dirname", "du", "find", "grep", "ls", "mkdir"),
    *("mv", "readlink", "rm", "sed", "sleep", "sort", "tail", "tr", "xargs"),
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is a POSIX shell script")

PYTHON = """#!/bin/sh
[ "$1" = --version ] && echo "Python $FAKE_VERSION" && exit
case "$*" in
    *sys.version_info*) [ "$FAKE_VERSION" = 3.12.1 ]; exit ;;
    *fcntl*) exec "$REAL_PYTHON" "$@" ;;
esac
echo "$*" >>"$CALLS"
case "$*" in
    *ensurepip*) [ -z "${FAKE_NO_VENV:-}" ] ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && : >"$3/pyvenv.cfg" ;;
    *"pip "*" install "*)
        sleep "${FAKE_SECONDS:-0}"
        if [ -n "${FAKE_PIP_ERROR:-}" ]; then echo "$FAKE_PIP_ERROR"; exit 1; fi
        case "$*" in *--require-hashes*) echo "${FAKE_PIP_SAYS:-}" ;; esac
        printf '#!/bin/sh\\necho "selfsearch got: $*"\\n' >"${0%/*}/selfsearch"
        chmod +x "${0%/*}/selfsearch"
        mkdir -p "$CHECKOUT/selfsearch/packs/bundled/opencv-zoo"
        : >"$CHECKOUT/selfsearch/packs/bundled/opencv-zoo/manifest.json" ;;
esac
"""


class Machine:
    """A folder of tools as PATH, a home, a checkout, and a record of what Python was asked."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a checkout"
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.calls_file = folder / "calls"
        for place in (self.checkout / "scripts", self.checkout / "selfsearch", self.home, self.bin):
            place.mkdir(parents=True)
        for name in SCRIPTS:
            shutil.copy(CHECKOUT / "scripts" / name, self.checkout / "scripts")
        shutil.copytree(CHECKOUT / "scripts/locks", self.checkout / "scripts/locks")
        for name in ("pyproject.toml", "LICENSE"):
            shutil.copy(CHECKOUT / name, self.checkout)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or "/nonexistent")
        self.install_python()

    def install_python(self) -> None:
        (self.bin / "python3").write_text(PYTHON)
        (self.bin / "python3").chmod(0o755)

    def start(
        self, *args: str, umask: int = 0o022, stderr: int = subprocess.PIPE, **env: str
    ) -> subprocess.Popen[str]:
        given = {
            "PATH": str(self.bin),
            "HOME": str(self.home),
            "CALLS": str(self.calls_file),
            "CHECKOUT": str(self.checkout),
            "REAL_PYTHON": sys.executable,
            "FAKE_VERSION": "3.12.1",
        }
        return subprocess.Popen(
            [self.checkout / "scripts/selfsearch", *args],
            env=given | env,
            umask=umask,
            text=True,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # so that all of it can be killed
        )

    def run(self, *args: str, code: int = 0, **options: str | int) -> tuple[str, str]:
        """stdout and stderr of one run that ends with `code`."""
        process = self.start(*args, **options)  # type: ignore[arg-type]
        out, err = process.communicate(timeout=30)
        assert process.returncode == code, err
        return out, err

    def calls(self) -> list[str]:
        """What Python was asked since the last time."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text().replace(str(self.checkout), "HERE").splitlines()
        self.calls_file.unlink()
        return [line.replace("-m pip --no-input --disable-pip-version-check ", "pip ") for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


INSTALL = [
    "pip install --progress-bar off --no-deps --require-hashes -r HERE/scripts/locks/run.txt"
    " -r HERE/scripts/locks/build.txt",
    "pip install --no-deps --no-build-isolation -e HERE",
]
UPDATE = ["pip uninstall --yes opencv-python", *INSTALL]
FIRST_USE = ["-c import ensurepip, venv", "-m venv HERE/.venv", *INSTALL]


PIP_SAYS = """\
Ignoring colorama: markers 'sys_platform == "win32"' don't match your environment
Collecting numpy==2.4.6
  Downloading numpy-2.4.6-cp312-cp312-manylinux_2_28_x86_64.whl (16.6 MB)
Collecting apprise==2.2.0
  Downloading apprise-2.2.0-py3-none-any.whl (512 kB)
  Using cached pluggy-1.7.0-py3-none-any.whl (27 kB)
Installing collected packages: numpy, apprise, pluggy
Successfully installed apprise-2.2.0 numpy-2.4.6 pluggy-1.7.0"""


def listed() -> int:
    """Packages of the two locks that a first use installs."""
    return len(lockfile.read("run", "build"))


def without_figures(text: str) -> str:
    return re.sub(r"after \d+ seconds; \d+ MB", "after N seconds; N MB", text)


def test_the_first_use_prepares_and_later_ones_only_run(machine: Machine) -> None:
    out, err = machine.run("query", "a selfie.jpg", "--json", FAKE_PIP_SAYS=PIP_SAYS)
    assert out == "selfsearch got: query a selfie.jpg --json\n"
    assert without_figures(err).splitlines() == [
        "selfsearch: first use: about a minute, 240 MB to download, 810 MB on disk",
        f"selfsearch: 1 of 4: making a Python environment in {machine.checkout}/.venv",
        f"selfsearch: 2 of 4: downloading {listed() - 1} packages",
        "selfsearch: 3 of 4: unpacking them; 17 MB were downloaded",
        "selfsearch: 4 of 4: making the face model pack and the command selfsearch",
        "selfsearch: ready after N seconds; N MB on disk",
    ]
    assert machine.calls() == FIRST_USE
    assert machine.run("demo") == ("selfsearch got: demo\n", "")
    assert machine.calls() == []


def test_on_a_terminal_the_download_shows_how_far_it_is(machine: Machine) -> None:
    with Terminal("") as terminal:
        machine.start("demo", stderr=terminal.slave, FAKE_PIP_SAYS=PIP_SAYS).communicate(timeout=30)
    count = listed() - 1
    assert f"\r\x1b[K            1 of {count}, 0 MB so far; now numpy, 16.6 MB\r" in terminal.shown
    assert f"\r\x1b[K            2 of {count}, 16 MB so far; now apprise, 512 kB\r\x1b[K" in terminal.shown


def test_it_can_be_called_through_a_link(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "selfsearch").symlink_to(machine.checkout / "scripts/selfsearch")
    machine.run("demo")
    machine.calls()
    process = subprocess.run(
        [tmp_path / "selfsearch", "status"],
        env={"PATH": str(machine.bin)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "selfsearch got: status\n"


def test_changed_requirements_are_installed_again(machine: Machine) -> None:
    machine.run("demo")
    machine.calls()
    (machine.checkout / "pyproject.toml").write_text("# other requirements")
    out, err = machine.run("demo")
    assert out == "selfsearch got: demo\n"
    place = machine.checkout / ".venv"
    assert without_figures(err).splitlines() == [
        f"selfsearch: the checkout has changed: bringing {place} up to date",
        "selfsearch: making the face model pack and the command selfsearch",
        "selfsearch: ready after N seconds; N MB on disk",
    ]
    assert machine.calls() == UPDATE


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.run("demo")
    machine.calls()
    (machine.checkout / "scripts/locks/run.txt").write_text("# other versions")
    machine.run("demo")
    assert machine.calls() == UPDATE


def test_a_lost_model_pack_is_made_again(machine: Machine) -> None:
    machine.run("demo")
    machine.calls()
    shutil.rmtree(machine.checkout / "selfsearch/packs/bundled")
    machine.run("demo")
    assert machine.calls() == UPDATE


def test_an_interrupted_install_begins_anew(machine: Machine) -> None:
    process = machine.start("demo", FAKE_SECONDS="20")
    while not (machine.calls_file.exists() and "install" in machine.calls_file.read_text()):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    machine.calls()
    half = machine.checkout / ".venv/lib/half-written.py"
    half.parent.mkdir()
    half.touch()
    assert machine.run("demo")[0] == "selfsearch got: demo\n"
    assert machine.calls() == FIRST_USE
    assert not half.exists()


def test_of_two_at_once_one_installs_and_both_run(machine: Machine) -> None:
    both = [machine.start("demo", FAKE_SECONDS="0.5") for _ in range(2)]
    ends = [process.communicate(timeout=30) for process in both]
    assert [out for out, _ in ends] == ["selfsearch got: demo\n"] * 2
    assert sorted("waiting for it" in err for _, err in ends) == [False, True]
    assert machine.calls() == FIRST_USE


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_the_environment_is_readable_by_all_and_writable_by_its_owner(machine: Machine, umask: int) -> None:
    machine.run("demo", umask=umask)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (machine.checkout / ".venv").rglob("*")}
    assert modes == {0o755, 0o644}


def test_the_place_can_be_chosen(machine: Machine, tmp_path: Path) -> None:
    machine.run("demo", SELFSEARCH_VENV=str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere/selfsearch.stamp").exists()
    assert not (machine.checkout / ".venv").exists()


def test_a_folder_that_holds_something_else_is_not_touched(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/me.jpg").touch()
    _, err = machine.run("demo", code=1, SELFSEARCH_VENV=str(tmp_path / "photos"))
    assert err.startswith(f"selfsearch: {tmp_path}/photos holds something else.")
    assert list((tmp_path / "photos").iterdir()) == [tmp_path / "photos/me.jpg"]


def test_an_environment_of_somebody_else_stays_and_the_cache_folder_is_used(machine: Machine) -> None:
    (machine.checkout / ".venv").mkdir()
    (machine.checkout / ".venv/pyvenv.cfg").touch()
    assert machine.run("demo")[0] == "selfsearch got: demo\n"
    assert [path.name for path in (machine.checkout / ".venv").iterdir()] == ["pyvenv.cfg"]
    assert len(list((machine.home / ".cache/selfsearch").glob("venv-*/selfsearch.stamp"))) == 1


def test_without_python_it_names_the_packages(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    _, err = machine.run("demo", code=1)
    assert err == (
        "selfsearch: python3 is not installed. On Debian or Ubuntu: apt install python3 python3-venv\n"
    )


def test_an_old_python_is_named(machine: Machine) -> None:
    _, err = machine.run("demo", code=1, FAKE_VERSION="3.8.10")
    assert err.startswith("selfsearch: it needs Python 3.10 to 3.14, and this is Python 3.8.10.")


def test_a_newer_python_beside_an_old_one_is_found(machine: Machine) -> None:
    newer = PYTHON.replace('"$FAKE_VERSION" = 3.12.1', '"${0##*/}" != python3')
    for name in ("python3", "python3.12"):
        (machine.bin / name).write_text(newer)
        (machine.bin / name).chmod(0o755)
    assert machine.run("demo", FAKE_VERSION="3.8.10")[0] == "selfsearch got: demo\n"


def test_without_the_venv_module_it_names_the_package(machine: Machine) -> None:
    _, err = machine.run("demo", code=1, FAKE_NO_VENV="yes")
    assert err.endswith("On Debian or Ubuntu: apt install python3-venv\n")
    assert machine.run("demo")[0] == "selfsearch got: demo\n"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NewConnectionError: Failed to establish: [Errno 101] Network is unreachable", "cannot be reached"),
        ("Temporary failure in name resolution", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "is not the one this version",
        ),
        ("a compiler is missing", "a compiler is missing\nselfsearch: it could not be installed"),
    ],
)
def test_a_failed_install_is_explained_and_tried_again(machine: Machine, error: str, sentence: str) -> None:
    out, err = machine.run("demo", code=1, FAKE_PIP_ERROR=error)
    assert out == ""
    assert sentence in err
    assert machine.run("demo")[0] == "selfsearch got: demo\n"
