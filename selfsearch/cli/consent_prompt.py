"""Asking for consent in words, or taking it from flags. What an answer means, consent/grants.py decides."""

from __future__ import annotations

import hashlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentError, UsageError
from . import options

if TYPE_CHECKING:
    from ..consent.grants import ConsentRequest, Grant
    from ..library.library import Library
    from ..workflows.enroll import Comparison
    from ..workflows.gallery import Gallery
    from ..workflows.probes import Probe

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
ConfirmPerson = Annotated[
    bool,
    typer.Option(
        "--confirm-person",
        help="The photographs show that person, though not clearly; this goes on record.",
    ),
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
    is_contrast: bool = False  # a person is to be told apart from others alone
    is_confirmed: bool = False  # it is the person, also where a photograph shows that less clearly

    def check(self) -> None:
        """Raises UsageError for a basis that does not exist."""
        if self.basis not in (None, "own", "release"):
            raise UsageError(f"--consent takes own or release, not {self.basis!r}")
        if self.basis == "release" and not self.by:
            raise UsageError("a release needs the name of the person who gave it: --by NAME")


def obtain_for_path(library: Library, path: Path, flags: ConsentFlags) -> Grant:
    """Live consent for the real path of what was named; a link's own path is recorded, too.

    Raises ConsentError.
    """
    from .. import places
    from ..consent import grants

    subject, named = grants.subject_at(library, str(path)), places.path_as_given(path)
    return obtain(library, "source", subject, flags, "" if places.is_same(named, subject) else named)


def obtain(library: Library, kind: str, subject: str, flags: ConsentFlags, given_as: str = "") -> Grant:
    """Live consent: the one on record, or one that is given now, by flags or at the terminal.

    Raises ConsentError.
    """
    from ..consent import grants

    consent = agree(library, replace(request(kind, subject, flags), given_as=given_as), flags)
    if isinstance(consent, grants.Grant):
        return consent
    grant = grants.give(library, consent, options.now())
    say_recorded(library, grant, flags)
    return grant


def request(kind: str, subject: str, flags: ConsentFlags) -> ConsentRequest:
    """What is agreed to by these flags. Raises UsageError for flags that make no sense."""
    from ..consent import grants

    flags.check()
    basis, lasts = flags.basis or "own", timedelta(days=flags.days)
    return grants.ConsentRequest(
        kind, subject, basis, flags.by or "", _sha256(flags.evidence), lasts, is_contrast=flags.is_contrast
    )


def agree(
    library: Library, wanted: ConsentRequest, flags: ConsentFlags, refusal: ConsentError | None = None
) -> Grant | ConsentRequest:
    """The live consent on record, or `wanted` when it is agreed to now, by flags or at the terminal.

    `refusal`: why what is on record is not enough. It is raised, as is the lack of consent on record, when
    nobody can be asked. Nothing is written yet.
    """
    from ..consent import grants

    now = options.now()
    if flags.basis is not None:
        return wanted
    if refusal is None:
        try:
            return grants.require(library, wanted.kind, wanted.subject, now, contrast=wanted.is_contrast)
        except ConsentError as exc:
            refusal = exc
    if not sys.stdin.isatty():
        raise refusal
    options.say(grants.statement(wanted, now))
    question = "Is this true, and do you agree?" if wanted.kind == "person" else "Do you agree?"
    if not options.ask(question, "no consent was recorded"):
        raise ConsentError("without consent nothing is read and nobody is searched for") from refusal
    return wanted


def say_recorded(library: Library, grant: Grant, flags: ConsentFlags) -> None:
    """Say that consent was given, and to which words, unless they were just read at the terminal."""
    from ..library import ledger

    if flags.basis is None:
        options.say(f"Consent recorded: entry {grant.entry} of the ledger.")
        return
    entry = next(
        entry for entry in ledger.entries(library, grant.kind, grant.subject) if entry.id == grant.entry
    )
    options.say(f"Consent recorded (entry {entry.id} of the ledger): {entry.statement}")


def confirm_person(
    name: str, doubtful: Sequence[Probe], probes: Sequence[Probe], flags: ConsentFlags, command: Sequence[str]
) -> bool:
    """Whether somebody says that the `doubtful` among the probes show the person, whom they resemble less.

    False where there are none. `command`: what was typed before the photographs. Raises ConsentError without
    a yes.
    """
    from ..report.wording import you
    from ..workflows.enroll import doubtful_in_words, refuse_doubtful

    if flags.is_confirmed or not doubtful:
        return bool(doubtful)
    typed = shlex.join(["selfsearch", *command, *(probe.photo.path for probe in probes)])
    better = f"What helps most is another photograph that is clear: {typed} ANOTHER"
    if not options.is_at_terminal():
        cure = f"{better}. If it is {you(name)}: --confirm-person says so, and that stays in the audit log"
        raise refuse_doubtful(name, doubtful, cure)
    options.say(f"{doubtful_in_words(name, doubtful)}. A brother or sister can look like that.", better)
    question = f"Is it {you(name)}? A yes stays in the audit log."
    if not options.ask(question, "nobody was searched for, and nothing was added"):
        raise refuse_doubtful(name, doubtful, better)
    return True


def enroll(
    gallery: Gallery, name: str, probes: Sequence[Probe], flags: ConsentFlags, lookalikes: Sequence[str] = ()
) -> Comparison:
    """Remember a person by photographs, or add them: with the consent on record for those that look like it.

    Others, and the first ones, need a statement of their own. Returns how they compared. Raises ConsentError.
    """
    from ..consent import grants
    from ..workflows import enroll as workflow

    library, now = gallery.library, options.now()
    comparison = workflow.compare(gallery, name, probes, now, lookalikes, is_contrast=flags.is_contrast)
    if comparison.unlike and flags.basis is None and sys.stdin.isatty():
        options.say(f"{comparison.why_a_statement(name)}: it needs a statement of its own.")
    wanted = replace(
        _like_before(library, request("person", name, flags), flags),
        photographs=comparison.photographs,
        is_unlike=bool(comparison.unlike),
        lookalikes=tuple(lookalikes),
    )
    consent = agree(library, wanted, flags, _why_a_statement(gallery, wanted, comparison))
    if isinstance(consent, grants.Grant):
        confirm_person(name, comparison.doubtful, probes, flags, ["people", "add", name])
    workflow.enroll(gallery, consent, probes, now, confirmed=True)
    if isinstance(consent, grants.ConsentRequest):
        grant = grants.require(library, "person", name, now, contrast=flags.is_contrast)
        say_recorded(library, grant, flags)
    return comparison


def _like_before(library: Library, wanted: ConsentRequest, flags: ConsentFlags) -> ConsentRequest:
    """Without flags, what is asked is on the basis of the consent on record: whose release it was."""
    from ..consent import grants

    try:
        before = grants.renewal(library, wanted.kind, wanted.subject, options.now())
    except ConsentError:
        return wanted
    return wanted if flags.basis else replace(wanted, basis=before.basis, by=before.by)


def _why_a_statement(gallery: Gallery, wanted: ConsentRequest, comparison: Comparison) -> ConsentError | None:
    """Why the consent on record is not enough for these photographs; None when it is, or there is none."""
    from ..consent import grants

    name, lookalikes = wanted.subject, wanted.lookalikes
    if comparison.unlike:
        return comparison.refusal(name)
    if not grants.live(gallery.library, "person", [name], options.now(), contrast=wanted.is_contrast):
        return None
    if comparison.is_first:
        return ConsentError(
            f"nothing is kept of {name}'s face yet: the first photograph needs a statement of consent;"
            f" how it is given: selfsearch people add --help"
        )
    if lookalikes:
        return ConsentError(
            "who looks alike and is somebody else is said in a statement of consent: selfsearch people add"
            " --help"
        )
    return None


def _sha256(evidence: Path | None) -> str:
    if evidence is None:
        return ""
    try:
        return hashlib.sha256(evidence.read_bytes()).hexdigest()
    except OSError as exc:
        raise UsageError(f"the evidence {evidence} cannot be read: {exc.strerror}") from exc
