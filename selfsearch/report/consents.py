"""The ledger of consent for others to read: JSON, and a receipt in one HTML file.

Field names follow ISO/IEC TS 27560 in spirit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from ..consent.grants import ConsentStatus
from ..library.ledger import Entry

WORDS = {  # field -> what a person calls it
    "at": "when",
    "event": "what happened",
    "basis": "basis",
    "given_by": "given by",
    "evidence_sha256": "evidence (sha256 of the document)",
    "purpose": "purpose",
    "categories": "data",
    "statement": "agreed to, in these words",
    "statement_version": "version of the words",
    "method": "how",
    "expires_at": "until",
    "detail": "detail",
    "previous_hash": "sha256 of the entry before",
    "hash": "sha256 of this entry",
}
EVENTS = {
    "grant": "consent was given",
    "renew": "consent was renewed",
    "revoke": "consent was withdrawn",
    "erase": "everything derived was erased",
}
RIGHTS = (
    "Consent can be withdrawn at any time: selfsearch consent revoke SUBJECT. It counts at once, and"
    " everything derived from it is erased. The data are kept on one machine, encrypted, and are given to"
    " nobody."
)
STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem"
    " auto;padding:0 1rem}"
    "section{border:1px solid #8886;border-radius:8px;padding:.5rem 1rem;margin:1rem 0;break-inside:avoid}"
    "dt{font-weight:600;margin-top:.4rem}dd{margin:0;overflow-wrap:anywhere}"
    "h2{font-size:1.05rem;margin:.4rem 0}"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What is given out."""

    library: str  # its number; says nothing about anybody
    at: str
    length: int  # of the whole ledger, verified
    entries: tuple[Entry, ...]
    statuses: tuple[ConsentStatus, ...]


def as_object(entry: Entry) -> dict[str, Any]:
    """One entry, with its detail unpacked."""
    raw = asdict(entry)
    return raw | {"detail": json.loads(entry.detail)} if entry.detail[:1] == "{" else raw


def as_text(entry: Entry) -> str:
    """One entry for people."""
    lines = [f"entry {entry.id}: {entry.kind} {entry.subject}"]
    return "\n".join(lines + [f"  {word}: {value}" for word, value in _fields(entry)])


def to_json(record: Record) -> dict[str, Any]:
    """The record for programs."""
    return {
        "schema": "selfsearch.consent-record/1",
        "library": record.library,
        "exported_at": record.at,
        "ledger_length": record.length,
        "controller": "the owner of this library, on this machine alone",
        "storage": "encrypted, on this machine",
        "recipients": [],
        "states": {f"{one.entry.kind} {one.entry.subject}": one.state for one in record.statuses},
        "entries": [as_object(entry) for entry in record.entries],
    }


def to_html(record: Record) -> str:
    """The record as one page that needs nothing else."""
    states = "".join(
        f"<li>{escape(one.entry.kind)} {escape(one.entry.subject)}: <strong>{one.state}</strong>"
        f"{escape(', until ' + one.entry.expires_at[:10]) if one.entry.expires_at else ''}</li>"
        for one in record.statuses
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Consent receipt</title>'
        f"<style>{STYLE}</style></head><body><h1>Consent receipt</h1><p>Library {escape(record.library)},"
        f" given out on {escape(record.at)}. The ledger holds {record.length} entries and its chain of"
        f" checksums is whole.</p><ul>{states}</ul><p>{escape(RIGHTS)}</p>"
        f"{''.join(map(_section, record.entries))}</body></html>\n"
    )


def _section(entry: Entry) -> str:
    rows = "".join(f"<dt>{escape(word)}</dt><dd>{escape(value)}</dd>" for word, value in _fields(entry))
    title = f"Entry {entry.id}: {entry.kind} {entry.subject}"
    return f"<section><h2>{escape(title)}</h2><dl>{rows}</dl></section>"


def _fields(entry: Entry) -> list[tuple[str, str]]:
    values = {name: str(getattr(entry, name)) for name in WORDS}
    values["event"] = EVENTS.get(entry.event, entry.event)
    return [(WORDS[name], value) for name, value in values.items() if value]
