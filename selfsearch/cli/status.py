"""selfsearch status"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import quantity
from . import options
from .word_lines import as_object, unknown_words

if TYPE_CHECKING:
    from datetime import datetime

    from ..consent.grants import ConsentStatus
    from ..library.library import Library
    from ..library.sources import SourceRow


def status(
    problems: Annotated[
        bool, typer.Option("--problems", help="List every file that was not looked at, with the reason.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Say what the library holds and what could not be looked at."""
    from ..library import items

    with options.opened() as library:
        state = _state(library)
        if problems:
            state["problems"] = list(items.problems(library))
    if as_json:
        options.answer_json(state)
        return
    options.answer(*_as_lines(state))
    for row in state.get("problems", ()):
        options.answer(f"  {row['outcome']:<12} {row['address']}: {row['reason'] or ''}")


def _state(library: Library) -> dict[str, Any]:
    from ..consent import audience_words, grants
    from ..library import erasure, faces, items, people, root_key, searched, sources
    from ..recognition.engine import DETECTION_REVISION
    from ..workflows import retention

    now = options.now()
    rows = sources.all_sources(library)
    alive = grants.live(library, "source", {row.root for row in rows}, now)
    names = [person.name for person in people.all_people(library)]
    alive_people = grants.live(library, "person", names, now, contrast=True)
    gone = retention.gone_files(library)
    current = [row for row in rows if row.root in alive and not row.is_erasing and row.successor is None]
    older = searched.count_searched_before(library, DETECTION_REVISION)
    media, count = faces.totals(library, [row.id for row in rows])
    newest = {row.name: row for row in sources.find_packs(library)}  # former revisions are searched by nobody
    return {
        "schema": "selfsearch.status/1",
        "home": str(library.home),
        "key": root_key.KeyPlace.read(library.home).kind,
        "sources": len(rows),
        "without_consent": sorted({row.root for row in rows} - alive),
        "people": {name: name in alive_people for name in names},
        "media": media,
        "faces": count,
        "consents": [_consent(status, rows, now) for status in grants.statuses(library, now)],
        "erasing": [pending.subject for pending in erasure.pending(library)],
        "outcomes": items.count_outcomes(library),
        "gone_files": gone and gone.as_dict(),
        "unknown_words": [as_object(each) for each in audience_words.unknown_words(library, current)],
        "searched_before": sum(older.get(row.id, 0) for row in current),
        "search_again": options.searched_before((row, older.get(row.id, 0)) for row in current),
        "packs": [{"name": row.name, "media": row.media} for row in newest.values()],
    }


REMINDER = 30  # days before its end at which a consent is worth a reminder

KEYS = {
    "keyring": "its key is in the operating system's keyring. A stolen disk is unreadable without your"
    " login password; whoever is logged in as you can read all",
    "file": "its key is a file outside the library. A copy of the library alone is unreadable; whoever has"
    " your whole disk can read all",
    "passphrase": "its key is sealed under your passphrase. Nobody opens the library without it, and neither"
    " does a timer",
}


def _as_lines(state: dict[str, Any]) -> list[str]:
    from ..report.wording import OUTCOME_LABELS, gone_files, outcome_label

    lines = [
        f"library: {state['home']}",
        f"encrypted; {KEYS[state['key']]}",
        ", ".join(
            (
                quantity(state["sources"], "source"),
                quantity(state["media"], "different photograph"),
                quantity(state["faces"], "face"),
            )
        ),
    ]
    outcomes = state["outcomes"]
    in_order = [kind for kind in dict.fromkeys((*OUTCOME_LABELS, *outcomes)) if kind in outcomes]
    lines += [f"  {outcomes[kind]:>9,}  {outcome_label(kind, outcomes[kind])}" for kind in in_order]
    lines += [
        f"searchable with the model pack {pack['name']}: {quantity(pack['media'], 'photograph')}"
        for pack in state["packs"]
    ]
    lines += [text for consent in state["consents"] if (text := _consent_as_text(consent))]
    in_ledger = {consent["subject"] for consent in state["consents"]}
    lines += [
        f"NO consent for {root}: nothing of it is searched or shown; to give it:"
        f" selfsearch index {shlex.quote(root)}"
        for root in state["without_consent"]
        if root not in in_ledger
    ]
    if sentence := state["search_again"]:
        lines.append(sentence)
    lines += unknown_words(state["unknown_words"])
    if gone := state["gone_files"]:
        lines.append(gone_files(gone["files"], gone["erased_from"]))
    if state["erasing"]:
        lines.append(
            f"being erased: {', '.join(state['erasing'])}; the next command that writes completes it"
        )
    return lines


def _consent(status: ConsentStatus, rows: list[SourceRow], now: datetime) -> dict[str, Any]:
    from ..library.sources import place_in_full

    entry = status.entry
    name = place_in_full(rows, entry.subject) if entry.kind == "source" else entry.subject
    days_left = (status.expires_at - now).days if status.expires_at else None
    return {
        "kind": entry.kind, "subject": entry.subject, "name": name, "state": status.state, "entry": entry.id,
        "expires_at": entry.expires_at or None, "days_left": days_left,
    }  # fmt: skip


def _consent_as_text(consent: dict[str, Any]) -> str:
    """What there is to know about a consent, and to do; nothing about what was withdrawn or erased."""
    name, until = consent["name"], (consent["expires_at"] or "")[:10]
    renew = f"selfsearch consent renew {shlex.quote(consent['subject'])}"
    if consent["state"] == "expired":
        return (
            f"consent for {name} EXPIRED on {until}: nothing of it is searched, read again or shown;"
            f" renew it: {renew}"
        )
    if consent["state"] != "live":
        return ""
    if consent["days_left"] < REMINDER:
        days = quantity(consent["days_left"], "day")
        return f"consent for {name} ends on {until}, in {days}; renew it: {renew}"
    return f"consent for {name} is live until {until}"
