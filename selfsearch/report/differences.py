"""What changed since the last time, for people and for programs. html.py has the page.

Every text in it was written by somebody else.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from ..media.crop import Picture
from ..words import quantity
from . import wording
from .csv import cell
from .sanitize import visible

SCHEMA = "selfsearch.report/1"
KIND_LABELS = {  # in the order of what matters most
    "new": "new",
    "gone": "gone",
    "exposure": "with another audience",
    "moved": "in other places than before",
    "band": "surer or less sure than before",
}
NAMING = ("exposure", "moved")  # kinds whose sentence names the places that came and went
WHO_CAN_SEE = {  # level -> now, and before
    "public": ("anyone can see it", "anyone could"),
    "network": ("friends, followers or a group can see it", "friends, followers or a group could"),
    "unknown": ("it is not known who can see it", "it was not known"),
    "private": (
        "only the account's owner, or the people in a message, can see it",
        "only the account's owner, or the people in a message, could",
    ),
}
HOW_SURE = {"strong": "almost certainly", "likely": "probably", "possible": "possibly"}
NOT_YOU = "If one of them shows somebody else: selfsearch verdict ID not-me"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change, in words and values ready to be shown."""

    person: str
    kind: str
    face: int
    at: str
    before: dict[str, Any] | None  # score, band, exposure, audience, places
    after: dict[str, Any] | None
    why: str | None = None
    picture: Picture | None = None
    id: str = ""  # of the appearance, as answers show it

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
    def unnamed_places(self) -> list[str]:
        """Where it is, or was, without the places that the sentence names."""
        return [place for place in self.places if self.kind not in NAMING or place not in self.added]

    @property
    def sentence(self) -> str:
        """What happened."""
        before, after = self.before or {}, self.after or {}
        if self.kind == "new":
            seen = f"{self._match(after)}; {_who(after.get('exposure'))[0]}"
            return f"{seen}; {self.why}" if self.why else seen
        if self.kind == "gone":
            return self.why or "no longer there"
        if self.kind == "exposure":
            return f"{self._audience}{self._moved}"
        if self.kind == "band":
            return f"{self._match(before)} before, {self._match(after)} now"
        return self._moved.removeprefix("; ")

    @property
    def brief(self) -> str:
        """The same without paths."""
        if self.kind == "exposure":
            return self._audience
        if self.kind != "moved":
            return self.sentence
        if self.removed and len(self.added) == len(self.places):
            return "the same picture is elsewhere now"
        came = f"the same picture is in {quantity(len(self.added), 'more place')} now"
        went = f"no longer in {quantity(len(self.removed), 'place')}"
        return "; ".join([came] * bool(self.added) + [went] * bool(self.removed))

    @property
    def _audience(self) -> str:
        before, after = self.before or {}, self.after or {}
        (now, _), (_, then) = _who(after.get("audience")), _who(before.get("audience"))
        return f"now {now}; before, {then}"

    def _match(self, state: dict[str, Any]) -> str:
        """How sure it is, in the words of an answer."""
        how_sure = HOW_SURE.get(state.get("band") or "")
        return (
            f"{how_sure} {wording.you(self.person)}" if how_sure else "a weak match, or one that is not rated"
        )

    @property
    def _moved(self) -> str:
        """How the places changed, "" when they did not; begins with a semicolon."""
        removed = f"no longer at {', '.join(self.removed)}" + (f" ({self.why})" if self.why else "")
        parts = [f"the same picture is now also at {', '.join(self.added)}"] if self.added else []
        if self.removed and self.added and len(self.added) == len(self.places):
            parts = [f"the same picture is now at {', '.join(self.added)}"]
        return "".join(f"; {part}" for part in [*parts, *([removed] if self.removed else [])])


def _places(state: dict[str, Any] | None) -> list[str]:
    return list((state or {}).get("places", []))


def _who(exposure: str | None) -> tuple[str, str]:
    return WHO_CAN_SEE.get(exposure or "unknown", WHO_CAN_SEE["unknown"])


def headline(differences: Sequence[Difference], otherwise: str = "No change was noted.") -> str:
    """One sentence; `otherwise` when nothing changed."""
    kinds = Counter(difference.kind for difference in differences)
    return f"Appearances: {counted(kinds)}" if kinds else otherwise


def counted(kinds: Mapping[str, int]) -> str:
    """ "1 new, 2 gone"; kind -> how many. "" when there are none."""
    return ", ".join(f"{kinds[kind]:,} {label}" for kind, label in KIND_LABELS.items() if kinds.get(kind))


def since(moment: str, event: str) -> str:
    """From when on changes are told: "since 26 November 2026, when you first asked"."""
    day = wording.format_time(moment[:10])
    if event == "re-scan":
        return f"since the last re-scan on {day}"
    return f"since {day}, when " + {"query": "you first asked", "first": "selfsearch first looked"}[event]


def by_weight(differences: Sequence[Difference]) -> list[Difference]:
    """What matters most first; in the order of time where it matters alike."""
    order = list(KIND_LABELS)
    return sorted(differences, key=lambda difference: order.index(difference.kind))


def to_json(differences: Sequence[Difference], last_rescan: str | None) -> dict[str, Any]:
    """For programs, in the order of time. `last_rescan`: when a re-scan looked last; None: none did."""
    names = ("person", "kind", "id", "face", "at", "before", "after", "added", "removed", "why")
    return {
        "schema": SCHEMA,
        "last_rescan": last_rescan,
        "changes": [{name: getattr(difference, name) for name in names} for difference in differences],
    }


def to_text(differences: Sequence[Difference], otherwise: str) -> str:
    """For a terminal, or a mail."""
    lines = [headline(differences, otherwise)]
    for difference in by_weight(differences):
        label, person = KIND_LABELS[difference.kind], visible(difference.person)
        lines.append(f"  {label}: {difference.id}, {person}: {visible(difference.sentence)}")
        lines += [f"      {visible(place)}" for place in difference.unnamed_places]
    if any(difference.kind == "new" for difference in differences):
        lines.append(NOT_YOU)
    return "\n".join(lines)


def to_markdown(differences: Sequence[Difference], otherwise: str) -> str:
    """The same as Markdown; what others wrote stands in code marks."""
    lines = [f"# {headline(differences, otherwise)}", ""]
    for difference in by_weight(differences):
        label, person = KIND_LABELS[difference.kind], _code(difference.person)
        lines.append(f"- **{label}**: {difference.id}, {person}: {_code(difference.sentence)}")
        lines += [f"  - {_code(place)}" for place in difference.unnamed_places]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{visible(text).replace('`', chr(0x2019))}`"


def to_csv(differences: Sequence[Difference], file: TextIO) -> None:
    """One row per change and place."""
    writer = csv.writer(file)
    writer.writerow(["at", "person", "kind", "face", "place", "before", "after", "why", "id"])
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
                difference.id,
            ]
            writer.writerow([cell(value) for value in row])
