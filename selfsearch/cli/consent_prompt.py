"""Asking for consent in words, or taking it from flags. What an answer means, consent/grants.py decides."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentError, UsageError
from . import options

if TYPE_CHECKING:
    from ..consent.grants import Grant
    from ..library.library import Library

Consent = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="own|release",
        help="Agree without being asked: own (they are mine, it is me), or release (in writing, by --by).",
    ),
]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who gave the release.")]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", metavar="FILE", help="The written release; its hash is kept, not the file."),
]
Days = Annotated[
    int, typer.Option("--days", metavar="N", min=1, max=3 * 365, help="How many days the consent lasts.")
]


@dataclass(frozen=True)
class ConsentFlags:
    """The flags about consent."""

    basis: str | None
    by: str | None
    evidence: Path | None
    days: int = 365

    def check(self) -> None:
        """Raises UsageError for a basis that does not exist."""
        if self.basis not in (None, "own", "release"):
            raise UsageError(f"--consent takes own or release, not {self.basis!r}")
        if self.basis == "release" and not self.by:
            raise UsageError("a release needs the name of the person who gave it: --by NAME")


def obtain(library: Library, kind: str, subject: str, flags: ConsentFlags) -> Grant:
    """Live consent: the one on record, or one that is given now, by flags or at the terminal.

    Raises ConsentError.
    """
    from ..consent import grants

    flags.check()
    now = options.now()
    missing: ConsentError | None = None
    if flags.basis is None:
        try:
            return grants.require(library, kind, subject, now)
        except ConsentError as exc:
            missing = exc
    request = grants.ConsentRequest(
        kind,
        subject,
        flags.basis or "own",
        flags.by or "",
        _sha256(flags.evidence),
        timedelta(days=flags.days),
    )
    statement = grants.statement(request, now)
    if missing is not None:
        if not sys.stdin.isatty():
            raise missing
        options.say(statement)
        if not options.ask("Do you agree?"):
            raise ConsentError("without consent nothing is read and nobody is searched for") from missing
    grant = grants.give(library, request, now)
    options.say(f"Consent recorded (entry {grant.entry} of the ledger): {statement}")
    return grant


def _sha256(evidence: Path | None) -> str:
    if evidence is None:
        return ""
    try:
        return hashlib.sha256(evidence.read_bytes()).hexdigest()
    except OSError as exc:
        raise UsageError(f"the evidence {evidence} cannot be read: {exc.strerror}") from exc
