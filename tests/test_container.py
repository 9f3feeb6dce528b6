"""The image for a home server: what its files promise is in them, and their steps make a program that works.

No container engine is needed: the Containerfile's steps are carried out in a minimal Debian under chroot.
"""

# ruff: noqa: S607  (programs of the system, by their names)

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import photos
from tests.containerfile import Stage, stages

CHECKOUT = Path(__file__).parent.parent
CERTIFICATES = "/lent.pem"  # in a root: what pip trusts on this machine
PASSPHRASE = "correct horse battery"  # noqa: S105  (of a library made here)


@pytest.fixture(scope="module")
def built() -> list[Stage]:
    return stages(CHECKOUT / "Containerfile")


@pytest.fixture(scope="module")
def service() -> str:
    return (CHECKOUT / "compose.yaml").read_text("utf-8")


def test_it_is_built_from_debian_and_what_is_installed_is_locked(built: list[Stage]) -> None:
    assert {stage.base for stage in built} == {"docker.io/library/debian:13-slim"}
    commands = [command for stage in built for text in stage.all("RUN") for command in text.split(" && ")]
    installs = [command for command in commands if "pip install" in command]
    assert [command for command in installs if "--no-deps" not in command] == []
    assert [command for command in installs if "--require-hashes" not in command] == [
        "PYTHONPATH=/build /opt/selfsearch/bin/pip install --no-deps --no-build-isolation ."
    ]
    locks = re.findall(r"scripts/locks/\S+", " ".join(installs))
    assert locks == ["scripts/locks/run.txt", "scripts/locks/build.txt"]
    assert all((CHECKOUT / lock).exists() for lock in locks)


def test_it_runs_as_nobody_in_particular_and_watches(built: list[Stage]) -> None:
    image = built[-1]
    assert image.all("USER") == ["1000:1000"]
    assert image.command() == ["selfsearch", "watch"]
    environment = image.environment()
    assert {environment["SELFSEARCH_HOME"], environment["SELFSEARCH_KEYS"]} == {"/library", "/keys"}
    assert image.all("VOLUME") == ['["/library", "/keys"]']


@pytest.mark.parametrize(
    "line",
    [
        "network_mode: none",
        "read_only: true",
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
        "SELFSEARCH_PASSPHRASE_FILE: /run/secrets/selfsearch_passphrase",
        "mem_limit: 3g",
        "pids_limit: 256",
    ],
)
def test_the_service_is_shut_in(service: str, line: str) -> None:
    assert re.search(rf"(?m)^ +{re.escape(line)}(?: +#.*)?$", service)


def test_photographs_are_mounted_to_be_read_alone(service: str) -> None:
    mounts = re.findall(r"(?m)^      - (\S.*):(/[a-z]+)(:ro)?$", service)
    assert [(where, how) for _, where, how in mounts] == [("/library", ""), ("/keys", ""), ("/photos", ":ro")]


def test_no_passphrase_gets_into_the_image_or_the_repository() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*"
    assert [line for line in ignored if line.startswith("!")] == [f"!{name}" for name in context()]
    assert "/secrets/" in (CHECKOUT / ".gitignore").read_text("utf-8").splitlines()
    assert "PASSPHRASE" not in (CHECKOUT / "Containerfile").read_text("utf-8")


def context() -> list[str]:
    """What of the checkout the image is built from."""
    return ["selfsearch", "scripts", "pyproject.toml", "README.md", "LICENSE"]


# ---- the steps, carried out ----


class Machine:
    """A folder that becomes the root of a container's processes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def copy(self, source: Path, place: str) -> None:
        subprocess.run(["cp", "-a", "--", source, f"{self.root}{place}"], check=True)

    def build(self, stage: Stage, earlier: dict[str, Machine]) -> None:
        """Carry out a stage's steps; the network and the machine's certificates are lent to it."""
        folder, environment = "/", {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        for word, text in stage.steps:
            if word == "WORKDIR":
                folder = text
                (self.root / text[1:]).mkdir(parents=True, exist_ok=True)
            elif word == "ENV":
                environment |= stage.environment()
            elif word == "COPY" and text == ". .":
                for name in context():
                    self.copy(CHECKOUT / name, folder)
                shutil.rmtree(self.root / folder[1:] / "selfsearch/packs/bundled", ignore_errors=True)
            elif word == "COPY":
                name, source, place = re.fullmatch(r"--from=(\w+) (\S+) (\S+)", text).groups()  # type: ignore[union-attr]
                self.copy(earlier[name].root / source[1:], place)
            elif word == "RUN":
                self.shell(f"cd {folder} && {text}", environment)

    def shell(self, script: str, environment: dict[str, str]) -> None:
        lent = {"PIP_CERT": CERTIFICATES} if (self.root / CERTIFICATES[1:]).exists() else {}
        given = [f"{name}={value}" for name, value in (environment | lent).items()]
        done = in_root(self.root, BUILD, *given, "/bin/sh", "-euc", script)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def in_root(root: Path, before: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with another root, in a namespace of mounts of its own, which goes with it."""
    return subprocess.run(
        ["unshare", "--mount", "--fork", "--kill-child", "sh", "-euc", before, "sh", *words],
        env={"PATH": os.environ["PATH"], "ROOT": str(root)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


BUILD = """
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
exec chroot "$ROOT" env -i "$@"
"""


@pytest.fixture(scope="module")
def image(built: list[Stage], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The last stage, built."""
    folder = tmp_path_factory.mktemp("container")
    base = folder / "base"
    subprocess.run(
        ["debootstrap", "--variant=minbase", "trixie", base], check=True, stdout=subprocess.DEVNULL
    )
    shutil.copy("/etc/resolv.conf", base / "etc/resolv.conf")
    machines: dict[str, Machine] = {}
    for stage in built:
        root = folder / (stage.name or "image")
        subprocess.run(["cp", "-a", "--", base, root], check=True)
        if "PIP_CERT" in os.environ:
            shutil.copy(os.environ["PIP_CERT"], root / CERTIFICATES[1:])
        machines[stage.name] = Machine(root)
        machines[stage.name].build(stage, machines)
    yield machines[""]
    shutil.rmtree(folder, ignore_errors=True)


CONTAINER = """
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
for place in library keys; do mount --bind "$WORK/$place" "$ROOT/$place"; done
mkdir -p "$ROOT/photos" "$ROOT/run/secrets"
mount --bind "$WORK/photos" "$ROOT/photos"
mount --bind "$WORK/secrets" "$ROOT/run/secrets"
mount -t tmpfs tmpfs "$ROOT/tmp"
for place in "$ROOT" "$ROOT/photos" "$ROOT/run/secrets"; do mount -o remount,bind,ro "$place"; done
exec unshare --net chroot "$ROOT" setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all env -i "$@"
"""


class Container:
    """The image run as compose.yaml has it: one namespace of mounts and of network for each command."""

    def __init__(self, machine: Machine, environment: dict[str, str], work: Path) -> None:
        self.machine, self.environment, self.work = machine, environment, work
        for name in ("library", "keys", "photos", "secrets"):
            (work / name).mkdir(parents=True)
        for name in ("library", "keys"):
            os.chown(work / name, 1000, 1000)
        (work / "secrets/selfsearch_passphrase").write_text(f"{PASSPHRASE}\n")
        for parent in work.parents[:3]:
            parent.chmod(0o755)

    def run(self, *words: str, code: int = 0) -> str:
        given = [f"{name}={value}" for name, value in self.environment.items()]
        done = in_root(self.machine.root, CONTAINER, *given, *words, WORK=str(self.work))
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(
    os.name != "posix" or os.getuid() != 0 or not shutil.which("debootstrap"),
    reason="needs root and debootstrap",
)
def test_the_steps_make_a_program_that_works_shut_in(
    image: Machine, built: list[Stage], service: str, tmp_path: Path
) -> None:
    secrets = dict(re.findall(r"(?m)^ +(SELFSEARCH_\w+_FILE): (\S+)$", service))
    container = Container(image, built[-1].environment() | secrets, tmp_path / "work")
    for number in range(3):
        (tmp_path / f"work/photos/{number}.jpg").write_bytes(photos.photo("astronaut", number))
    assert container.run("id", "-u") == "1000\n"
    container.run("touch", "/photos/new", code=1)
    container.run("touch", "/opt/selfsearch/new", code=1)
    assert "3 files" in container.run("selfsearch", "index", "/photos", "--consent", "own")
    container.run("selfsearch", "key", "set-passphrase")
    assert list((tmp_path / "work/keys").glob("*.key")) == []
    answer: Any = container.run("selfsearch", "query", "/photos/0.jpg", "--self")
    assert "3 photographs" in answer
    (tmp_path / "work/photos/3.jpg").write_bytes(photos.photo("astronaut", 4))
    assert "1 new" in container.run("selfsearch", "rescan")
    container.run("sh", "-c", re.findall(r'CMD-SHELL", "(.*?)"', service)[0])
    (tmp_path / "work/secrets/selfsearch_passphrase").unlink()
    assert "SELFSEARCH_PASSPHRASE_FILE names" in container.run("selfsearch", "status", code=2)
