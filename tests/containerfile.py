"""What a Containerfile says, step by step: enough to check ours, and to carry it out without an engine."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stage:
    """From one FROM to the next."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)  # word, what comes behind it

    def all(self, word: str) -> list[str]:
        """What stands behind each of these words."""
        return [text for step, text in self.steps if step == word]

    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        words = [word for text in self.all("ENV") for word in shlex.split(text)]
        return dict(word.split("=", 1) for word in words)

    def command(self) -> list[str]:
        """What a container runs."""
        return [*json.loads(self.all("ENTRYPOINT")[-1]), *json.loads(self.all("CMD")[-1])]


def stages(path: Path) -> list[Stage]:
    """The stages, with continued lines put together and comments left out."""
    text = re.sub(r"(?m)^\s*#.*\n", "", path.read_text("utf-8")).replace("\\\n", " ")
    found: list[Stage] = []
    for line in filter(str.strip, text.splitlines()):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            base, *name = rest.split(" AS ")
            found.append(Stage(base, *(name or [""])))
        else:
            found[-1].steps.append((word, " ".join(rest.split())))
    return found
