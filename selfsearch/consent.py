"""Consent: a ledger's entries become a Grant, and without a Grant nothing is read, searched or shown.

`require` is the only maker of Grants. Python cannot stop a caller from forging one; it stops every caller from forgetting.
A source's consent is about a path and everything below it; the nearest path with an entry decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from .errors import ConsentError, UsageError
from .library import Library, ledger

LONGEST = timedelta(days=3 * 365)  # Illinois' Biometric Information Privacy Act, section 15(a)
USUAL = timedelta(days=365)
VERSION = "1"
CATEGORIES = "photographs, videos and their records; face templates (biometric data)"
PURPOSE = "to show the person where their own face appears in media that they control"

STATEMENTS = {
    ("source", "own"): (
        "The media in {subject} are mine, or I have the right to examine them. I agree that this program finds the faces in"
        " them and keeps face templates in a private library on this machine, until {expires} or until I withdraw this."
    ),
    ("source", "release"): (
        "{by} has the right to the media in {subject} and agreed in writing that this program finds the faces in them and"
        " keeps face templates in a private library on this machine, until {expires} or until it is withdrawn."
    ),
    ("person", "own"): (
        "The photograph shows me. I agree that this program keeps a face template of me, called {subject}, in a private"
        " library on this machine and searches the library for my face, until {expires} or until I withdraw this."
    ),
    ("person", "release"): (
        "The photograph shows {subject}. {by} agreed in writing that this program keeps a face template of {subject} in a"
        " private library on this machine and searches the library for that face, until {expires} or until it is withdrawn."
    ),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody says when giving consent."""

    kind: str  # source, person
    subject: str  # absolute path, or the person's name
    basis: str  # own, release
    by: str = ""  # who released it
    evidence_sha256: str = ""
    lasts: timedelta = USUAL
    method: str = "command line"


@dataclass(frozen=True, slots=True)
class Grant:
    """Live consent. Only `require` makes one."""

    kind: str
    subject: str
    entry: int  # the ledger's entry that it rests on
    expires_at: datetime


def statement(wish: Wish, now: datetime) -> str:
    """The sentence that is agreed to, with its names and dates filled in."""
    return STATEMENTS[wish.kind, wish.basis].format(
        subject=wish.subject, by=wish.by or "the owner", expires=f"{now + wish.lasts:%Y-%m-%d}"
    )


def give(library: Library, wish: Wish, now: datetime, *, event: str = "grant") -> Grant:
    """Write consent into the ledger. Raises UsageError when it is not complete or lasts too long."""
    if wish.basis == "release" and not wish.by:
        raise UsageError("a release needs the name of the person who gave it: --by NAME")
    if not timedelta(0) < wish.lasts <= LONGEST:
        raise UsageError("consent lasts at least a day and at most three years")
    entry = ledger.Entry(
        at=stamp(now),
        event=event,
        kind=wish.kind,
        subject=wish.subject,
        basis=wish.basis,
        given_by=wish.by or "the user",
        evidence_sha256=wish.evidence_sha256,
        purpose=PURPOSE,
        categories=CATEGORIES,
        statement_version=VERSION,
        statement=statement(wish, now),
        method=wish.method,
        expires_at=stamp(now + wish.lasts),
    )
    ledger.append(library, entry)
    return require(library, wish.kind, wish.subject, now)


def revoke(library: Library, kind: str, subject: str, now: datetime, detail: str = "") -> None:
    """Withdraw consent: it counts from this moment."""
    ledger.append(
        library, ledger.Entry(at=stamp(now), event="revoke", kind=kind, subject=subject, detail=detail)
    )


def require(library: Library, kind: str, subject: str, now: datetime) -> Grant:
    """The live consent for a source's path or a person. Raises ConsentError, saying how to give it."""
    return _judge(_deciding(ledger.entries(library, kind), kind, subject), kind, subject, now)


def live(library: Library, kind: str, subjects: Iterable[str], now: datetime) -> set[str]:
    """Those of `subjects` that have live consent; the ledger is read once."""
    known = ledger.entries(library, kind)
    return {subject for subject in subjects if _is_live(known, kind, subject, now)}


def _is_live(known: list[ledger.Entry], kind: str, subject: str, now: datetime) -> bool:
    try:
        _judge(_deciding(known, kind, subject), kind, subject, now)
    except ConsentError:
        return False
    return True


def _deciding(known: list[ledger.Entry], kind: str, subject: str) -> ledger.Entry | None:
    """The newest entry about the subject; for a path, about the nearest folder above it that has one."""
    last = {entry.subject: entry for entry in known if entry.event != "erase"}
    if kind == "person":
        return last.get(subject)
    places = [subject, *(str(parent) for parent in PurePath(subject).parents)]
    return next((last[place] for place in places if place in last), None)


def _judge(entry: ledger.Entry | None, kind: str, subject: str, now: datetime) -> Grant:
    how = (
        f"selfsearch index {subject} --consent own"
        if kind == "source"
        else "selfsearch query PHOTO --self (or --person)"
    )
    if entry is None:
        raise ConsentError(f"there is no consent on record for {subject}; give it with: {how}")
    if entry.event == "revoke":
        raise ConsentError(
            f"the consent for {subject} was withdrawn on {entry.at[:10]}; to give it anew: {how}"
        )
    expires = datetime.fromisoformat(entry.expires_at)
    if expires <= now:
        raise ConsentError(f"the consent for {subject} expired on {entry.expires_at[:10]}; renew it: {how}")
    return Grant(kind, subject, entry.id, expires)


def stamp(now: datetime) -> str:
    """ISO 8601 with offset, to the second."""
    return now.isoformat(timespec="seconds")
