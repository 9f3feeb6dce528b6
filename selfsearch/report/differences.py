"""What changed since the last time, for people and for programs. html.py has the page.

Every text in it was written by somebody else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from ..media.crop import Picture
from .csv import cell
from .sanitize import visible

SCHEMA = "selfsearch.report/1"
KIND_LABELS = {  # in the order of what matters most
    "new": "new",
    "gone": "gone",
    "exposure": "seen by others than before",
    "moved": "in other places",
    "band": "more or less sure",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One change, in words and values ready to be shown."""

    person: str
    kind: str
    face: int
    at: str
    before: dict[str, Any] | None  # score, band, exposure, places
    after: dict[str, Any] | None
    why: str | None = None
    picture: Picture | None = None

    @property
    def places(self) -> list[str]:
        """Where it is, or where it was."""
        return list((self.after or self.before or {}).get("places", []))

    @property
    def added(self) -> list[str]:
        """Where it is and was not."""
        was = _places(self.before)
        return [place for place in _places(self.after) if place not in was]

    @property
    def removed(self) -> list[str]:
        """Where it was and is not any more."""
        now = _places(self.after)
        return [place for place in _places(self.before) if place not in now]

    @property
    def sentence(self) -> str:
        """What happened."""
        before, after = self.before or {}, self.after or {}
        if self.kind == "new":
            return f"{_match(after)}, exposure {after.get('exposure')}"
        if self.kind == "gone":
            return self.why or "no longer there"
        if self.kind == "exposure":
            return (
                f"who can see it: {before.get('exposure')} before, {after.get('exposure')} now" + self._moved
            )
        if self.kind == "band":
            return f"{_match(before)} before, {_match(after)} now"
        return self._moved.removeprefix("; ")

    @property
    def _moved(self) -> str:
        """How the places changed, "" when they did not; begins with a semicolon."""
        removed = f"no longer in {', '.join(self.removed)}" + (f" ({self.why})" if self.why else "")
        parts = [f"now also in {', '.join(self.added)}"] if self.added else []
        if self.removed and self.added and len(self.added) == len(self.places):
            parts = [f"moved to {', '.join(self.added)}"]
        return "".join(f"; {part}" for part in [*parts, *([removed] if self.removed else [])])


def _places(state: dict[str, Any] | None) -> list[str]:
    return list((state or {}).get("places", []))


def _match(state: dict[str, Any]) -> str:
    band = state.get("band")
    return f"a {band} match" if band else "a match of no known strength, or weaker than is shown"


def headline(differences: Sequence[Difference]) -> str:
    """One sentence."""
    counts = {kind: sum(difference.kind == kind for difference in differences) for kind in KIND_LABELS}
    parts = [f"{count} {KIND_LABELS[kind]}" for kind, count in counts.items() if count]
    return ("Appearances: " + ", ".join(parts)) if parts else "No change was noted since the last report."


def by_weight(differences: Sequence[Difference]) -> list[Difference]:
    """What matters most first; in the order of time where it matters alike."""
    order = list(KIND_LABELS)
    return sorted(differences, key=lambda difference: order.index(difference.kind))


def to_json(differences: Sequence[Difference]) -> dict[str, Any]:
    """For programs, in the order of time."""
    names = ("person", "kind", "face", "at", "before", "after", "added", "removed", "why")
    return {
        "schema": SCHEMA,
        "changes": [{name: getattr(difference, name) for name in names} for difference in differences],
    }


def to_text(differences: Sequence[Difference]) -> str:
    """For a terminal, or a mail."""
    lines = [headline(differences)]
    for difference in by_weight(differences):
        lines.append(
            f"  {KIND_LABELS[difference.kind]}: {visible(difference.person)}, {visible(difference.sentence)}"
        )
        lines += [f"      {visible(place)}" for place in difference.places]
    return "\n".join(lines)


def to_markdown(differences: Sequence[Difference]) -> str:
    """The same as Markdown; what others wrote stands in code marks."""
    lines = [f"# {headline(differences)}", ""]
    for difference in by_weight(differences):
        lines.append(
            f"- **{KIND_LABELS[difference.kind]}**: {_code(difference.person)}, {_code(difference.sentence)}"
        )
        lines += [f"  - {_code(place)}" for place in difference.places]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{visible(text).replace('`', chr(0x2019))}`"


def to_csv(differences: Sequence[Difference], file: TextIO) -> None:
    """One row per change and place."""
    writer = csv.writer(file)
    writer.writerow(["at", "person", "kind", "face", "place", "before", "after", "why"])
    for difference in differences:
        for place in difference.places or [""]:
            row: list[str | int] = [
                difference.at,
                difference.person,
                difference.kind,
                difference.face,
                place,
                json.dumps(difference.before),
                json.dumps(difference.after),
                difference.why or "",
            ]
            writer.writerow([cell(value) for value in row])
