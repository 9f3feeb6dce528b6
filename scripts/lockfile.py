"""The locked dependencies, scripts/locks/*.txt: pip installs what their hashes name, and nothing else.

`scripts/lock` writes them; the build hook makes the SBOM of them; tests hold them against pyproject.toml, and
against what is installed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).resolve().parent / "locks"
ENTRY = re.compile(r"([A-Za-z0-9._-]+)==(\S+)(?: ; (.*?))?(?: \\)?")
CLASSIFIER = "License :: OSI Approved :: "
WHEELS_ALONE = "--only-binary :all:"  # installing runs nothing of what is installed
STAND_INS = {  # what is locked in the place of what is required: the same version of the same code
    "opencv-python": "opencv-python-headless",  # no windows, and so nothing of a desktop (libGL) is needed
}
READ_BY_HAND = {  # of packages whose metadata name no licence
    "click-default-group": "BSD-3-Clause",  # its LICENSE
    "insightface": "MIT",  # the code, by its README; it brings no models
    "sqlcipher3": "Zlib",  # its LICENSE
}


@dataclass(frozen=True, slots=True)
class Locked:
    """One version of one package, for the machines that its marker names ("" for all)."""

    name: str
    version: str
    marker: str
    licence: str  # what the package says itself
    hashes: tuple[str, ...]  # sha256 of its wheels

    def __str__(self) -> str:
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in self.hashes)
        return f"# {self.licence}\n{self.name}=={self.version}{marker}{hashes}\n"


def parse(text: str) -> list[Locked]:
    """The entries of a lock, or of what `uv pip compile --generate-hashes` prints."""
    entries: list[Locked] = []
    licence = ""
    for line in text.splitlines():
        if line.startswith("#"):
            licence = line.removeprefix("# ")
        elif digest := re.fullmatch(r"\s+--hash=sha256:([0-9a-f]{64})(?: \\)?", line):
            last = entries.pop()
            hashes = (*last.hashes, digest[1])
            entries.append(Locked(last.name, last.version, last.marker, last.licence, hashes))
        elif entry := ENTRY.fullmatch(line):
            entries.append(Locked(entry[1], entry[2], entry[3] or "", licence, ()))
        elif line.strip() and line != WHEELS_ALONE:
            raise ValueError(f"this is no line of a lock: {line}")
    return entries


def read(*names: str) -> list[Locked]:
    """The entries of the locks of these names: run, build, dev, mutate."""
    return [entry for name in names for entry in parse((LOCKS / f"{name}.txt").read_text("utf-8"))]


def licence(name: str, expression: str | None, text: str | None, classifiers: Sequence[str]) -> str:
    """What a package's metadata say of its licence, in one line; "" when they say nothing."""
    lines = [line.strip() for line in (text or "").strip().splitlines()]
    named = " AND ".join(
        sorted(line.removeprefix(CLASSIFIER) for line in classifiers if line.startswith(CLASSIFIER))
    )
    said = expression or (lines[0] if len(lines) == 1 else "") or named or READ_BY_HAND.get(name, "")
    return " ".join(said.replace("|", "/").split())  # it becomes a line of a lock, and a cell of a table
