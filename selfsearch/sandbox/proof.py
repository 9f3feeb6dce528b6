"""The proof that nothing needs the network: an index and a query where the operating system itself forbids
it.

Sample photographs, a library and a key of their own, all in a folder that is removed afterwards. Nothing of
the user's is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import demo
from . import sandbox_runner

PATIENCE = 600  # seconds for one command; a slow machine needs ten
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
    means = next((one for one in sandbox_runner.cages() if _works(one)), None)
    if means is None:
        return Proof("", problem="this system lets no ordinary user forbid a program the network")
    with tempfile.TemporaryDirectory(prefix="selfsearch-proof-") as folder:
        return _proven(means, Path(folder))


def _works(means: str) -> bool:
    return _run(means, [], dict(os.environ)).returncode == 0


def _proven(means: str, folder: Path) -> Proof:
    selfie, expected = demo.write(folder)
    album = folder / "album"
    photographs = len(list(album.iterdir()))
    environment = _environment(folder)
    words = sandbox_runner.WORDS[means]
    answer: dict[str, Any] = {}
    index = ["index", str(album), "--consent", "own", "--json"]
    query = ["query", str(selfie), "--self", "--json"]
    for command in (index, query):
        try:
            done = _run(means, command, environment)
        except subprocess.TimeoutExpired:
            return Proof(words, photographs, len(expected), problem=f"{command[0]} did not end in time")
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            problem = f"{command[0]} ended with {done.returncode}: {said}"
            return Proof(words, photographs, len(expected), problem=problem)
        answer = json.loads(done.stdout)
    found = {Path(sighting["path"]).name for one in answer["appearances"] for sighting in one["sightings"]}
    missing = sorted(set(expected) - found)
    problem = f"the query did not find {', '.join(missing)}" if missing else ""
    return Proof(words, photographs, len(expected), len(found & set(expected)), problem)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's, without its settings of selfsearch."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SELFSEARCH_") and name not in BUILD_MACHINES
    }
    ours = {"HOME": folder / "library", "KEYS": folder / "keys", "KEYRING": "off"}
    return kept | {f"SELFSEARCH_{name}": str(value) for name, value in ours.items()}


def _run(means: str, words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (this very program)
        sandbox_runner.command(means, words),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
