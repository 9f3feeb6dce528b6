"""selfsearch status"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options

if TYPE_CHECKING:
    from datetime import datetime

    from ..consent.grants import ConsentStatus
    from ..library.library import Library


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
    from ..consent import grants
    from ..library import erasure, faces, items, people, root_key, sources

    now = options.now()
    rows = sources.all_sources(library)
    alive = grants.live(library, "source", {row.root for row in rows}, now)
    names = [person.name for person in people.all_people(library)]
    media, count = faces.totals(library, [row.id for row in rows])
    return {
        "schema": "selfsearch.status/1",
        "home": str(library.home),
        "key": root_key.KeyPlace.read(library.home).kind,
        "sources": len(rows),
        "without_consent": sorted({row.root for row in rows} - alive),
        "people": {name: name in grants.live(library, "person", names, now) for name in names},
        "media": media,
        "faces": count,
        "consents": [_standing(one, now) for one in grants.statuses(library, now)],
        "erasing": [one.subject for one in erasure.pending(library)],
        "outcomes": items.count_outcomes(library),
        "packs": [{"name": row.name, "media": row.media} for row in sources.find_packs(library)],
    }


def _problems(library: Library) -> list[dict[str, Any]]:
    from ..library import items

    return list(items.problems(library))


SOON = 30  # days before its end at which a consent is worth a reminder

KEYS = {
    "keyring": "the key is in the operating system's keyring: who steals the disk reads nothing; whoever is"
    " logged in as you can",
    "file": "the key is a file outside the library: a copy of the library alone is unreadable; whoever reads"
    " your whole disk can",
    "passphrase": "the key is sealed under your passphrase: nobody opens the library without it, and neither"
    " does a timer",
}


def _words(state: dict[str, Any]) -> str:
    lines = [
        f"library: {state['home']}",
        f"encrypted: {KEYS[state['key']]}",
        f"{state['sources']} sources, {state['media']:,} distinct media, {state['faces']:,} faces",
    ]
    lines += [f"  {count:>9,}  {kind.replace('_', ' ')}" for kind, count in state["outcomes"].items()]
    lines += [f"vectors of model pack {pack['name']}: {pack['media']:,} media" for pack in state["packs"]]
    lines += [line for one in state["consents"] if (line := _consent_words(one))]
    known = {one["subject"] for one in state["consents"]}
    lines += [
        f"NO consent for {root}: nothing of it is searched or shown; to give it: selfsearch index {root}"
        for root in state["without_consent"]
        if root not in known
    ]
    if state["erasing"]:
        lines.append(
            f"being erased: {', '.join(state['erasing'])}; the next command that writes completes it"
        )
    return "\n".join(lines)


def _standing(one: ConsentStatus, now: datetime) -> dict[str, Any]:
    left = (one.expires_at - now).days if one.expires_at else None
    return {
        "kind": one.entry.kind, "subject": one.entry.subject, "state": one.state, "entry": one.entry.id,
        "expires_at": one.entry.expires_at or None, "days_left": left,
    }  # fmt: skip


def _consent_words(one: dict[str, Any]) -> str:
    """What there is to know about a consent, and to do; nothing about what was withdrawn or erased."""
    subject, until = one["subject"], (one["expires_at"] or "")[:10]
    renew = f"selfsearch consent renew {shlex.quote(subject)}"
    if one["state"] == "expired":
        return (
            f"consent for {subject} EXPIRED on {until}: nothing of it is searched, read again or shown;"
            f" renew it: {renew}"
        )
    if one["state"] != "live":
        return ""
    if one["days_left"] < SOON:
        return f"consent for {subject} ends on {until}, in {one['days_left']} days; renew it: {renew}"
    return f"consent for {subject} is live until {until}"
