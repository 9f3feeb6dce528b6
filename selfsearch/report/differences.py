"""What changed since the last time, told to people and to programs. Every text in it was written by somebody
else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from .cards import boxed
from .crops import Picture
from .csv import cell
from .markup import Markup, element, joined, page
from .text import plain

SCHEMA = "selfsearch.report/1"
WORDS = {  # in the order of what matters most
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
            return f"{_band(after)}, exposure {after.get('exposure')}"
        if self.kind == "gone":
            return self.why or "no longer there"
        if self.kind == "exposure":
            return (
                f"who can see it: {before.get('exposure')} before, {after.get('exposure')} now" + self._moved
            )
        if self.kind == "band":
            return f"{_band(before)} before, {_band(after)} now"
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


def _band(state: dict[str, Any]) -> str:
    band = state.get("band")
    return f"a {band} match" if band else "a match of no known strength, or weaker than is shown"


def headline(found: Sequence[Difference]) -> str:
    """One sentence."""
    counts = {kind: sum(one.kind == kind for one in found) for kind in WORDS}
    parts = [f"{count} {WORDS[kind]}" for kind, count in counts.items() if count]
    return ("Appearances: " + ", ".join(parts)) if parts else "Nothing has changed since the last report."


def _weighed(found: Sequence[Difference]) -> list[Difference]:
    """What matters most first; in the order of time where it matters alike."""
    order = list(WORDS)
    return sorted(found, key=lambda one: order.index(one.kind))


def to_json(found: Sequence[Difference]) -> dict[str, Any]:
    """For programs, in the order of time."""
    names = ("person", "kind", "face", "at", "before", "after", "added", "removed", "why")
    return {"schema": SCHEMA, "changes": [{name: getattr(one, name) for name in names} for one in found]}


def to_text(found: Sequence[Difference]) -> str:
    """For a terminal, or a mail."""
    lines = [headline(found)]
    for one in _weighed(found):
        lines.append(f"  {WORDS[one.kind]}: {plain(one.person)}, {plain(one.sentence)}")
        lines += [f"      {plain(place)}" for place in one.places]
    return "\n".join(lines)


def to_markdown(found: Sequence[Difference]) -> str:
    """The same as Markdown; what others wrote stands in code marks."""
    lines = [f"# {headline(found)}", ""]
    for one in _weighed(found):
        lines.append(f"- **{WORDS[one.kind]}**: {_code(one.person)}, {_code(one.sentence)}")
        lines += [f"  - {_code(place)}" for place in one.places]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{plain(text).replace('`', chr(0x2019))}`"


def to_csv(found: Sequence[Difference], file: TextIO) -> None:
    """One row per change and place."""
    writer = csv.writer(file)
    writer.writerow(["at", "person", "kind", "face", "place", "before", "after", "why"])
    for one in found:
        for place in one.places or [""]:
            row: list[str | int] = [
                one.at,
                one.person,
                one.kind,
                one.face,
                place,
                json.dumps(one.before),
                json.dumps(one.after),
                one.why or "",
            ]
            writer.writerow([cell(value) for value in row])


PRIVATE = "This page shows faces and where they are. Keep it to yourself, and delete it when it was read."


def to_html(found: Sequence[Difference]) -> str:
    """One self-contained page."""
    kinds = [
        _section(kind, [one for one in found if one.kind == kind])
        for kind in WORDS
        if any(one.kind == kind for one in found)
    ]
    warning = element("p", PRIVATE, class_="warning")
    return page(headline(found), joined(warning, element("main", element("h1", headline(found)), *kinds)))


def _section(kind: str, found: Sequence[Difference]) -> Markup:
    cards = [_card(one) for one in found]
    title = element("h2", WORDS[kind].capitalize())
    return element("section", title, element("div", *cards, class_="grid"))


def _card(one: Difference) -> Markup:
    missing = element("span", "There is no picture of it any more.", class_="picture missing")
    image = boxed(one.picture, "the face in this photograph") if one.picture else missing
    places = [element("li", element("bdi", plain(place)), class_="path") for place in one.places]
    words = [element("h3", one.person), element("p", one.sentence), element("ul", *places)]
    when = element("p", f"noted on {one.at[:10]}", class_="file")
    body = element("div", *words, when, class_="body")
    return element("article", element("figure", image), body, class_="card")
