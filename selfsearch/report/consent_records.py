"""Records of consent for others to read: as JSON, as text, and by html.py as a receipt in one page.

Field names follow ISO/IEC TS 27560 in spirit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ..consent.grants import ConsentStatus
from ..library.ledger import LedgerEntry
from .sanitize import visible

FIELD_LABELS = {  # field -> what a person calls it
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
    "detail": "in detail",
    "previous_hash": "sha256 of the entry before",
    "hash": "sha256 of this entry",
}
EVENT_LABELS = {
    "grant": "consent was given",
    "renew": "consent was renewed",
    "revoke": "consent was withdrawn",
    "erase": "everything derived was erased",
    "export": "an unencrypted copy was written",
    "accept": "another copy of the library was put in place and accepted",
    "enroll": "photographs of the person were added",
    "remove": "a photograph of the person was removed",
}


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What is given out."""

    library: str  # its number; says nothing about anybody
    at: str
    length: int  # of the whole ledger, verified
    entries: tuple[LedgerEntry, ...]
    statuses: tuple[ConsentStatus, ...]


def fields(entry: LedgerEntry) -> list[tuple[str, str]]:
    """Label and value of everything that the entry says."""
    values = {name: str(getattr(entry, name)) for name in FIELD_LABELS}
    values["event"] = EVENT_LABELS.get(entry.event, entry.event)
    values["detail"] = _detail(entry)
    if entry.basis == "release" and not entry.evidence_sha256:
        values["evidence_sha256"] = "none: the release itself was not shown to the program"
    return [(FIELD_LABELS[name], value) for name, value in values.items() if value]


def _detail(entry: LedgerEntry) -> str:
    """The detail in words: "photographs: 40e17c...; statement: 3"."""
    detail = entry_to_json(entry)["detail"]
    if not isinstance(detail, dict):
        return entry.detail
    return "; ".join(f"{name.replace('_', ' ')}: {_as_words(value)}" for name, value in detail.items())


def _as_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_as_words(each)}" for name, each in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(_as_words, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def entry_title(entry: LedgerEntry) -> str:
    """What the entry is about: "person me", "photographs of me"."""
    return visible(entry.subject if entry.kind == "library" else f"{entry.kind} {entry.subject}")


def entry_to_json(entry: LedgerEntry) -> dict[str, Any]:
    """One entry, with its detail unpacked when it is a JSON object; a reason in words stays as it is."""
    try:
        detail = json.loads(entry.detail)
    except (ValueError, RecursionError):
        detail = None
    return asdict(entry) | ({"detail": detail} if isinstance(detail, dict) else {})


def entry_to_lines(entry: LedgerEntry) -> list[str]:
    """One entry for people."""
    return [
        f"entry {entry.id}: {entry_title(entry)}",
        *(f"  {label}: {visible(value)}" for label, value in fields(entry)),
    ]


def to_json(record: ConsentRecord) -> dict[str, Any]:
    """The record for programs."""
    return {
        "schema": "selfsearch.consent-record/1",
        "library": record.library,
        "exported_at": record.at,
        "ledger_length": record.length,
        "controller": "the owner of this library, on this machine alone",
        "storage": "encrypted, on this machine",
        "recipients": [],
        "states": {f"{status.entry.kind} {status.entry.subject}": status.state for status in record.statuses},
        "entries": [entry_to_json(entry) for entry in record.entries],
    }
