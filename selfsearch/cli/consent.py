"""selfsearch consent"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConsentError, LibraryBusyError, LibraryError, UsageError
from ..types import isoformat
from ..words import counted, quantity
from . import consent_prompt, erasure_output, options

if TYPE_CHECKING:
    from ..consent.grants import ConsentStatus
    from ..library.library import Library
    from ..library.people import AuditedPhotographs

app = typer.Typer(
    help="Who agreed to what, until when; show, renew or withdraw it.",
    invoke_without_command=True,
)
CONFIRMED = "confirmed by whoever asked: the photograph did not show it clearly"
Subject = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A source's path or number, or a person's name.")
]


@app.callback(invoke_without_command=True)
def bare(context: typer.Context) -> None:
    """List whose consent there is."""
    if not context.invoked_subcommand:
        list_statuses(as_json=False)


@app.command("list")
def list_statuses(as_json: options.AsJson = False) -> None:
    """List every consent that was ever given, and where it stands now."""
    from ..consent import grants
    from ..library import sources

    with options.opened() as library:
        statuses, rows = grants.statuses(library, options.now()), sources.all_sources(library)
    if as_json:
        consents = [_as_object(status) for status in statuses]
        options.answer_json({"schema": "selfsearch.consent/1", "consents": consents})
        return
    for status in statuses:
        kind, subject = status.entry.kind, status.entry.subject
        name = sources.place_in_full(rows, subject) if kind == "source" else subject
        use = " (to be told apart from others, not searched for)" if status.is_contrast else ""
        options.answer(f"{status.state:<9} {kind} {name}{use}{_until(status)}")
    if not statuses:
        options.answer("nobody has consented to anything yet")


@app.command("show")
def show(subject: Subject, as_json: options.AsJson = False) -> None:
    """Show what the ledger says about one source or person.

    All entries, with the words that were agreed to.
    """
    from ..consent import enrolment
    from ..report.consent_records import entry_to_json, entry_to_lines

    with options.opened() as library:
        kind, name = _resolve(library, subject)
        entries = enrolment.entries(library, kind, name)
    if as_json:
        listed = [entry_to_json(entry) for entry in entries]
        options.answer_json({"schema": "selfsearch.ledger/1", "entries": listed})
        return
    for number, entry in enumerate(entries):
        options.answer(*[""] * bool(number), *entry_to_lines(entry))


@app.command("renew")
def renew(subject: Subject, days: consent_prompt.Days = 365, yes: options.Yes = False) -> None:
    """Agree anew to what was agreed to before, also after it expired."""
    from datetime import timedelta

    from ..consent import grants

    with options.opened(writing=True) as library:
        kind, name = _resolve(library, subject)
        now, lasts = options.now(), timedelta(days=days)
        options.say(grants.statement(grants.renewal(library, kind, name, now, lasts), now))
        if not yes and not options.ask("Do you agree?", "nothing was renewed"):
            raise ConsentError(options.with_hint("nothing was renewed", "to agree"))
        grant = grants.renew(library, kind, name, now, lasts)
    options.answer(f"renewed until {grant.expires_at:%Y-%m-%d} (entry {grant.entry} of the ledger)")


@app.command("revoke")
def revoke(
    subject: Subject,
    why: Annotated[str, typer.Option("--why", metavar="WORDS", help="A reason, for the ledger.")] = "",
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Withdraw consent, now, and erase everything that was derived from it. Your own files are not touched.

    Shows first what will go, and asks. From your yes on it counts, also for an index that is running; that
    one stops, and the next command erases the rest.
    """
    from ..consent import forget, grants

    with options.opened() as library:
        kind, names = _resolve_all(library, subject)
        name, others = names[-1], names[:-1]
        wider = grants.covering(library, name, options.now()) if kind == "source" else []
        effect = _effect(name, wider)
        try:
            subjects, preview = forget.preview_withdrawal(library, kind, name, options.now(), others)
        except UsageError:
            if not _is_being_erased(library, kind, name):
                raise
            subjects = [name]  # withdrawn, and agreed to, in an earlier run, which could not complete it
        else:
            erases = ", and erase this" * bool(preview.requests)
            erasure_output.require_yes(
                lambda: preview,
                f"Withdraw the consent for {_named(library, subjects)}{erases}?",
                "nothing was withdrawn and nothing was erased",
                yes=yes,
                warning=effect if wider else "",
            )
            subjects = forget.withdraw(library, kind, name, options.now(), why, others)
    options.say(f"withdrawn: {', '.join(subjects)}. {effect}")
    _erase(as_json=as_json)


def _named(library: Library, subjects: list[str]) -> str:
    """A folder with what was read there, and how many below it have consent of their own."""
    from ..library import sources

    name = sources.place_in_full(sources.all_sources(library), subjects[0])
    below = len(subjects) - 1
    return name + (f" and {quantity(below, 'place')} in it" if below else "")


def _is_being_erased(library: Library, kind: str, name: str) -> bool:
    """Whether the consent was withdrawn before, and something that was derived from it is still there."""
    from ..consent import grants
    from ..library import erasure

    status = grants.statuses_of(library, kind, [name], options.now()).get(name)
    return status is not None and status.state == "withdrawn" and bool(erasure.pending(library))


def _effect(name: str, wider: list[str]) -> str:
    """What withdrawing does; `wider` are folders above with consent of their own."""
    if not wider:
        return "Nothing of it is searched, read again or shown from now on."
    revoke, index = (f"selfsearch {verb} {shlex.quote(wider[0])}" for verb in ("consent revoke", "index"))
    return (
        f"But {name} lies in {wider[0]}, for which there is consent as a whole: as a part of that it is still"
        f" searched, read and shown. Withdraw that, too: {revoke}; or take"
        f" {name} out of it, and then: {index}"
    )


def _erase(*, as_json: bool) -> None:
    from ..consent import forget
    from .forget import print_receipts

    try:
        with options.opened(writing=True, completing=False) as library:
            print_receipts(forget.complete(library, options.now()), as_json=as_json)
    except LibraryBusyError:
        options.say(
            "another selfsearch is at work in the library; it stops reading what was withdrawn at its next"
            " step, and what is stored is erased by the next command that writes (for example: selfsearch"
            " forget)"
        )


@app.command("export")
def export(
    subject: Annotated[
        str | None, typer.Argument(metavar="SUBJECT", help="A source or person; all of them by default.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a receipt that a browser shows.")
    ] = None,
) -> None:
    """Give out the records of consent, as JSON or an HTML receipt."""
    from ..consent import enrolment, grants
    from ..library import ledger, root_key
    from ..report import consent_records
    from ..report.html import consent_to_html

    html = html and options.page_place(html)
    with options.opened() as library:
        length = ledger.verify(library)
        kind, name = _resolve(library, subject) if subject else (None, None)
        entries = enrolment.entries(library, kind, name)
        statuses = [
            status for status in grants.statuses(library, options.now())
            if subject is None or (status.entry.kind, status.entry.subject) == (kind, name)
        ]  # fmt: skip
        number = root_key.KeyPlace.read(library.home).library_id
    record = consent_records.ConsentRecord(
        number, isoformat(options.now()), length, tuple(entries), tuple(statuses)
    )
    if html is None:
        options.answer_json(consent_records.to_json(record))
        return
    options.write_page(html, consent_to_html(record))
    options.say(f"consent receipt: {html}")


@app.command("verify")
def verify() -> None:
    """Check that no entry of the ledger was changed or taken out."""
    from ..library import ledger

    with options.opened() as library:
        length = ledger.verify(library)
        last = ledger.entries(library)[-1].hash if length else "none"
    options.answer(f"the ledger is whole: {counted(length, 'entries')}, sha256 of the last {last}")


@app.command("accept")
def accept(yes: options.Yes = False) -> None:
    """Go on with a library that is not the one that was here last.

    It is older, or another one. For whoever put a copy there on purpose. The ledger says so from then on.
    """
    from ..library import ledger

    with options.opened(writing=True, completing=False, accepting=True) as library:
        try:
            ledger.compare_with_head(library)
        except LibraryError as exc:
            options.say(str(exc))
            options.require_yes("Go on with the library that is in place?", "nothing was accepted", yes=yes)
            entry = ledger.accept(library, isoformat(options.now()))
        else:
            options.answer("there is nothing to accept: the library is the one that this machine last saw")
            return
    options.answer(
        f"accepted (entry {entry.id} of the ledger). See whose consent counts now, and withdraw what must"
        " not: selfsearch consent list"
    )


@app.command("audit")
def audit(
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help="Only questions about this person.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show who was searched for, when and why, and what was exported.

    With the outcome of each. Refused attempts are in it, too, and so are the photographs by which people are
    searched: what was added, refused or removed.
    """
    from ..library import ledger, people

    with options.opened() as library:
        log, exports = people.audit_log(library, person), ledger.exports(library, person)
    if as_json:
        questions = [line for line in log if isinstance(line, dict)]
        photographs = [asdict(line) for line in log if isinstance(line, people.AuditedPhotographs)]
        options.answer_json(
            {
                "schema": "selfsearch.audit/1", "queries": questions, "photographs": photographs,
                "exports": exports,
            }
        )  # fmt: skip
        return
    lines = [_question(line) if isinstance(line, dict) else _photographs(line) for line in log]
    lines = sorted([*lines, *map(_export, exports)], key=lambda line: line.partition("  ")[0])
    options.answer(*(lines or ["nobody was searched for yet, and nothing was exported"]))


def _question(row: dict[str, Any]) -> str:
    """A line of the audit log; its time comes first."""
    count = "" if row["appearances"] is None else f", {quantity(row['appearances'], 'appearance')}"
    confirmed = f", {CONFIRMED}" if row["confirmed"] else ""
    purpose = f": {row['purpose']}" if row["purpose"] else ""
    return (
        f"{row['at']}  {row['outcome']:<8}  {row['person'] or 'nobody enrolled'}{count}{confirmed}{purpose}"
    )


def _export(entry: dict[str, Any]) -> str:
    what = "with templates and face pictures" if entry["biometrics"] else "without templates"
    about = ", ".join([*entry["people"], *entry["sources"]]) or "nothing"
    return f"{entry['at']}  exported  {about}, {what}: {entry['to']}"


def _photographs(row: AuditedPhotographs) -> str:
    if row.outcome == "refused":
        return f"{row.at}  refused   {row.person}: a photograph was to be added"
    hashes = ", ".join(f"{sha256[:12]}…" for sha256 in row.photographs)
    return (
        f"{row.at}  {row.outcome:<8}  {row.person}: photograph with SHA-256 {hashes}"
        f" (entry {row.entry} of the ledger)" + (f", {CONFIRMED}" if row.confirmed else "")
    )


def _resolve(library: Library, name: str) -> tuple[str, str]:
    """Kind and subject of what somebody names so; of a link, where it leads. Raises UsageError."""
    kind, subjects = _resolve_all(library, name)
    return kind, subjects[-1]


def _resolve_all(library: Library, name: str) -> tuple[str, list[str]]:
    """Kind and subjects of what somebody names so: a person, a source's number, or a path.

    A path may mean two: itself, and where it leads now. Raises UsageError.
    """
    from ..consent import grants
    from ..library import ledger, sources

    if ledger.entries(library, "person", name):
        return "person", [name]
    for row in sources.all_sources(library):
        if name == str(row.id):
            return "source", [row.root]
    if found := grants.meant_by(library, name):
        return "source", found
    raise UsageError(f"no consent was ever given for {name!r}; see: selfsearch consent list")


def _until(status: ConsentStatus) -> str:
    from ..library.ledger import LAPSE

    if status.state in ("withdrawn", "erased"):
        return f", {status.state} on {status.entry.at[:10]}"
    if status.entry.event == LAPSE:
        return f", to be given again: the library was damaged on {status.entry.at[:10]}"
    renew = f"selfsearch consent renew {shlex.quote(status.entry.subject)}"
    hint = "" if status.state == "live" else f"; renew it: {renew}"
    return f", until {status.entry.expires_at[:10]}{hint}"


def _as_object(status: ConsentStatus) -> dict[str, Any]:
    entry = status.entry
    return {
        "kind": entry.kind, "subject": entry.subject, "state": status.state, "basis": entry.basis,
        "given_by": entry.given_by, "at": entry.at, "expires_at": entry.expires_at or None,
        "entry": entry.id, "contrast": status.is_contrast,
    }  # fmt: skip
