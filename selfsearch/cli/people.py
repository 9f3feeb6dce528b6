"""selfsearch people"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from ..words import quantity
from . import consent_prompt, erasure_output, options
from .face_choice import FaceChoice, read_probes

if TYPE_CHECKING:
    from ..library.library import Library
    from ..library.people import KeptProbe, Person
    from ..workflows.verdict import Named

app = typer.Typer(help="Who may be searched for, and by which photographs.", invoke_without_command=True)


APART = "told apart from others and not searched for"
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the person is called here.")]


@app.callback(invoke_without_command=True)
def list_people(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List everybody who is enrolled."""
    if context.invoked_subcommand:
        return
    from ..consent import grants
    from ..library import people

    with options.opened() as library:
        everybody = people.all_people(library)
        names, now = [person.name for person in everybody], options.now()
        consented = grants.live(library, "person", names, now, contrast=True)
        contrast = {name for name in names if grants.is_contrast(library, name)}
        photographs = {person.name: len(people.kept_probes(library, person)) for person in everybody}
    if as_json:
        listed = [
            {
                "name": person.name, "enrolled_at": person.enrolled_at, "consent": person.name in consented,
                "photographs": photographs[person.name], "contrast": person.name in contrast,
            }
            for person in everybody
        ]  # fmt: skip
        options.answer_json({"schema": "selfsearch.people/1", "people": listed})
        return
    for person in everybody:
        state = "live" if person.name in consented else "NOT live"
        count = quantity(photographs[person.name], "photograph")
        use = f"{APART}, " if person.name in contrast else ""
        options.answer(f"{person.name}: enrolled {person.enrolled_at[:10]}, {use}consent {state}, {count}")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the person; me for yourself.")],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE", exists=True, dir_okay=False, help="Photographs of the person."),
    ],
    consent: consent_prompt.Consent = None,
    by: consent_prompt.By = None,
    evidence: consent_prompt.Evidence = None,
    days: consent_prompt.Days = 365,
    lookalikes: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="NAME", help="It does not show NAME, who looks alike (a twin)."),
    ] = None,
    contrast: Annotated[
        bool,
        typer.Option(
            "--contrast", help="Tell NAME, a relative or a double, apart from others; do not search for NAME."
        ),
    ] = False,
    face: FaceChoice = None,
    confirm_person: consent_prompt.ConfirmPerson = False,
    pack: options.PackName = None,
) -> None:
    """Enrol a person, or add photographs of one who is.

    The first photographs need a statement of consent, and so does a later one that does not look like what
    is kept, because the person has changed. The statement is about these photographs and stays in the
    ledger. What looks more like somebody else who is enrolled is refused.

    Faces of children were not measured, and a picture at five may not find one at twelve: add one of each
    age.

    A brother or sister who agrees can be added with --contrast. NAME is not searched for then, and what looks
    as much like NAME as like the person who is searched for becomes "you or NAME" in answers.
    """
    from ..consent import enrolment
    from ..workflows.gallery import Gallery

    flags = consent_prompt.ConsentFlags(consent, by, evidence, days, contrast, confirm_person)
    with options.opened(create=True, writing=True) as library:
        for lookalike in lookalikes or ():
            _find(library, lookalike)
        gallery = Gallery(library, options.engine(pack, with_hash=False))
        probes = read_probes(gallery, images, face, [name])
        with enrolment.attempt(library, name, options.now):
            comparison = consent_prompt.enroll(gallery, name, probes, flags, lookalikes or ())
    if comparison.is_first and contrast:
        options.say(f"{name} is told apart from the people who are searched for, and is not searched for")
    elif comparison.is_first:
        options.say(f"{name} is enrolled")
    elif comparison.new:
        options.say(f"added to {name}: {quantity(len(comparison.new), 'photograph')}")
    else:
        options.say(f"nothing was added: {name} is searched by these photographs already")


@app.command("show")
def show(name: Name, as_json: options.AsJson = False) -> None:
    """Show the photographs by which a person is searched.

    And on which statement of consent each rests.
    """
    from ..consent import grants
    from ..library import people

    with options.opened() as library:
        person = _find(library, name)
        consented = bool(grants.live(library, "person", [name], options.now(), contrast=True))
        is_contrast = grants.is_contrast(library, name)
        kept, unlike = people.kept_probes(library, person), _unlike(library, person)
        judged = _judged(library, person) if consented and not is_contrast else []
    if as_json:
        photographs = [
            {
                "number": probe.number, "added_at": probe.added_at, "sha256": probe.sha256,
                "quality": round(probe.quality, 3), "statement": probe.entry, "stated": probe.is_stated,
                "unlike_the_others": probe.number in unlike,
            }
            for probe in kept
        ]  # fmt: skip
        options.answer_json(
            {
                "schema": "selfsearch.person/1", "name": name, "enrolled_at": person.enrolled_at,
                "consent": consented, "photographs": photographs, "verdicts": list(map(_verdict, judged)),
                "contrast": is_contrast,
            }
        )  # fmt: skip
        return
    use = f"{APART}, " if is_contrast else ""
    state = "live" if consented else "NOT live"
    options.answer(f"{name}: enrolled {person.enrolled_at[:10]}, {use}consent {state}")
    for probe in kept:
        options.answer(
            f"  photograph {probe.number}: added {probe.added_at[:10]}, SHA-256 {probe.sha256[:12]}…, quality"
            f" {probe.quality:.2f}, {_basis(probe)}"
            + ("; looks UNLIKE the others" if probe.number in unlike else "")
        )
    options.answer(f"to take one out: selfsearch people remove {shlex.quote(name)} NUMBER")
    for each in judged:
        options.answer(
            f"  {each.id}: marked as {'' if each.appearance.verdict == 'me' else 'not '}{name},"
            f" {each.appearance.sightings[0].path}{'; searched by as well' if each.is_searched_by else ''}"
        )
    if judged:
        options.answer("to take such a mark back: selfsearch verdict ID unset")


def _unlike(library: Library, person: Person) -> set[int]:
    """Photographs that look like none of the others; none when the model pack cannot be had."""
    from ..errors import PackError
    from ..workflows.enroll import unlike_the_others
    from ..workflows.gallery import Gallery

    try:
        return unlike_the_others(Gallery(library, options.engine()), person)
    except PackError:
        return set()


def _judged(library: Library, person: Person) -> list[Named]:
    """What the person said of appearances; nothing when the model pack cannot be had."""
    from ..errors import PackError
    from ..workflows.gallery import Gallery
    from ..workflows.verdict import judged

    try:
        return judged(Gallery(library, options.engine()), person, options.now())
    except PackError:
        return []


def _verdict(named: Named) -> dict[str, Any]:
    return {
        "id": named.id,
        "verdict": named.appearance.verdict,
        "path": named.appearance.sightings[0].path,
        "searched_by": named.is_searched_by,
    }


def _basis(probe: KeptProbe) -> str:
    """On what a photograph rests."""
    if not probe.is_stated:
        return f"added because it resembled what was kept (consent: entry {probe.entry} of the ledger)"
    return f"consent stated in entry {probe.entry} of the ledger" if probe.entry else "consent not on record"


@app.command("remove")
def remove(
    name: Name,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="The photograph's number; see: selfsearch people show.")
    ],
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Erase one photograph by which a person is searched. Your own file is not touched.

    That it was there stays in the ledger and in the audit log. The last one goes with the person:
    selfsearch forget.
    """
    from ..consent import enrolment, forget
    from ..library import people
    from .forget import print_receipts

    with options.opened(writing=True, completing=False) as library:
        completed = forget.complete(library, options.now())
        person = _find(library, name)
        is_kept = any(probe.number == number for probe in people.kept_probes(library, person))
        if not is_kept and any(receipt.kind == "probe" for receipt in completed):
            print_receipts(completed, as_json=as_json)  # an interrupted run had begun it
            return
        enrolment.check_removable(library, person, number)
        target = forget.Target("probe", number, f"photograph {number} of {name}")
        erasure_output.require_yes(
            lambda: forget.preview(library, [target]),
            f"Erase photograph {number} of {name}?",
            "nothing was erased",
            yes=yes,
        )
        enrolment.remove(library, person, number, options.now())
        print_receipts(completed + forget.complete(library, options.now()), as_json=as_json)


def _find(library: Library, name: str) -> Person:
    """Raises UsageError when nobody is called so."""
    from ..library import people

    person = people.find_person(library, name)
    if person is None:
        raise UsageError(f"nobody called {name!r} is enrolled; see: selfsearch people")
    return person
