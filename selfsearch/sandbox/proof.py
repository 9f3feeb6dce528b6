"""The proof that nothing needs the network: index and query where the operating system forbids it.

Sample photographs, a library and a key of their own, all in a folder that is removed afterwards. Nothing of
the user's is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from .. import demo
from .sandbox_runner import DESCRIPTIONS, available_sandboxes, command

TIMEOUT = 600  # seconds for one command; a slow machine needs ten
BUILD_MACHINES = (  # where one is set, onnxruntime's telemetry is silent, and nothing would be proven
    *("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "TRAVIS", "JENKINS_URL", "CIRCLECI", "BUILDKITE"),
    *("APPVEYOR", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"),
)


@dataclass(frozen=True)
class Proof:
    """What was shown, and by which means. `problem` is "" when everything went well."""

    means: str  # what forbade the network, in words; "" when this system offers nothing of the kind
    photographs: int = 0
    expected: int = 0  # of them show the person who was asked for
    found: int = 0
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether it was proven."""
        return bool(self.means) and not self.problem

    def __str__(self) -> str:
        if not self.means:
            return f"not proven: {self.problem}"
        if self.problem:
            return f"not proven, in {self.means}: {self.problem}"
        return (
            f"proven: in {self.means}, {self.photographs} sample photographs were indexed and a selfie was"
            f" asked with; {self.found} of the {self.expected} that show the person were found"
        )


def prove() -> Proof:
    """Index and query sample photographs without a network. Takes about ten seconds."""
    for sandbox in available_sandboxes():
        if _run(sandbox, [], dict(os.environ)).returncode == 0:
            with tempfile.TemporaryDirectory(prefix="selfsearch-proof-") as folder:
                return _prove_in(sandbox, Path(folder))
    return Proof("", problem="this system lets no ordinary user forbid a program the network")


def _prove_in(sandbox: str, folder: Path) -> Proof:
    selfie, expected = demo.write(folder)
    album = folder / "album"
    proof = Proof(DESCRIPTIONS[sandbox], len(list(album.iterdir())), len(expected))
    environment = _environment(folder)
    stdout = ""
    index = ["index", str(album), "--consent", "own", "--json"]
    query = ["query", str(selfie), "--self", "--json"]
    for args in (index, query):
        try:
            process = _run(sandbox, args, environment)
        except subprocess.TimeoutExpired:
            return replace(proof, problem=f"{args[0]} did not end in time")
        if process.returncode:
            last_line = (process.stderr.strip().splitlines() or ["nothing was said"])[-1]
            return replace(proof, problem=f"{args[0]} ended with {process.returncode}: {last_line}")
        stdout = process.stdout
    sightings = (place for match in json.loads(stdout)["appearances"] for place in match["sightings"])
    names = {Path(sighting["path"]).name for sighting in sightings}
    missing = sorted(set(expected) - names)
    problem = f"the query did not find {', '.join(missing)}" if missing else ""
    return replace(proof, found=len(names & set(expected)), problem=problem)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's, without its settings of selfsearch."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SELFSEARCH_") and name not in BUILD_MACHINES
    }
    ours = {"HOME": folder / "library", "KEYS": folder / "keys", "KEYRING": "off"}
    return inherited | {f"SELFSEARCH_{name}": str(value) for name, value in ours.items()}


def _run(sandbox: str, args: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (this very program)
        command(sandbox, args),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )
