"""selfsearch status"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options

if TYPE_CHECKING:
    from ..library import Library


def status(
    problems: Annotated[
        bool, typer.Option("--problems", help="List every file that was not looked at, with the reason.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Say what the library holds and what could not be looked at."""
    with options.opened() as library:
        state = _state(library)
        if problems:
            state["problems"] = _problems(library)
    if as_json:
        options.answer_json(state)
        return
    options.answer(_words(state))
    for row in state.get("problems", ()):
        options.answer(f"  {row['outcome']:<12} {row['address']}: {row['reason'] or ''}")


def _state(library: Library) -> dict[str, Any]:
    from .. import consent
    from ..library import faces, items, people, rootkey, sources

    now = options.now()
    rows = sources.all_sources(library)
    alive = consent.live(library, "source", {row.root for row in rows}, now)
    names = [person.name for person in people.all_people(library)]
    media, count = faces.totals(library, [row.id for row in rows])
    return {
        "schema": "selfsearch.status/1",
        "home": str(library.home),
        "key": rootkey.KeyPlace.read(library.home).kind,
        "sources": len(rows),
        "without_consent": sorted({row.root for row in rows} - alive),
        "people": {name: name in consent.live(library, "person", names, now) for name in names},
        "media": media,
        "faces": count,
        "outcomes": items.count_outcomes(library),
        "packs": [{"name": row["name"], "media": row["media"]} for row in sources.find_packs(library)],
    }


def _problems(library: Library) -> list[dict[str, Any]]:
    from ..library import items

    return list(items.problems(library))


KEYS = {
    "keyring": "the key is in the operating system's keyring: who steals the disk reads nothing; whoever is logged in as you can",
    "file": "the key is a file outside the library: a copy of the library alone is unreadable; whoever reads your whole disk can",
    "passphrase": "the key is sealed under your passphrase: nobody opens the library without it, and neither does a timer",
}


def _words(state: dict[str, Any]) -> str:
    lines = [
        f"library: {state['home']}",
        f"encrypted: {KEYS[state['key']]}",
        f"{state['sources']} sources, {state['media']:,} distinct media, {state['faces']:,} faces",
    ]
    lines += [f"  {count:>9,}  {kind.replace('_', ' ')}" for kind, count in state["outcomes"].items()]
    lines += [f"vectors of model pack {pack['name']}: {pack['media']:,} media" for pack in state["packs"]]
    for name, alive in state["people"].items():
        lines.append(
            f"person {name}: " + ("consent is live" if alive else "NO live consent; not searched for")
        )
    for root in state["without_consent"]:
        lines.append(
            f"NO live consent for {root}: nothing of it is searched or shown; to give it: selfsearch index {root}"
        )
    return "\n".join(lines)
