"""selfsearch people"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..types import isoformat
from . import consent_prompt, options
from .query import FaceChoice, read_probes

app = typer.Typer(help="Who may be searched for, and by which photographs.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
def list_people(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List everybody who is enrolled."""
    if context.invoked_subcommand:
        return
    from ..consent import grants
    from ..library import people

    with options.opened() as library:
        everybody = people.all_people(library)
        consented = grants.live(library, "person", [person.name for person in everybody], options.now())
    if as_json:
        listed = [
            {"name": person.name, "enrolled_at": person.enrolled_at, "consent": person.name in consented}
            for person in everybody
        ]
        options.answer_json({"schema": "selfsearch.people/1", "people": listed})
        return
    for person in everybody:
        state = "live" if person.name in consented else "NOT live"
        options.answer(f"{person.name}: enrolled {person.enrolled_at[:10]}, consent {state}")


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
    face: FaceChoice = None,
    pack: options.PackName = None,
) -> None:
    """Enrol a person, or add clearer photographs of one who is."""
    from ..workflows.enroll import enroll
    from ..workflows.gallery import Gallery

    with options.opened(create=True, writing=True) as library:
        gallery = Gallery(library, options.engine(pack))
        grant = consent_prompt.obtain(
            library, "person", name, consent_prompt.ConsentFlags(consent, by, evidence, days)
        )
        enroll(gallery, grant, read_probes(gallery, images, face), options.now())
    options.say(f"{name} is enrolled")


@app.command("verdict")
def verdict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose appearance it is said to be.")],
    face: Annotated[
        int, typer.Argument(metavar="FACE", help="The face's number, as the report and --json give it.")
    ],
    value: Annotated[str, typer.Argument(metavar="me|not-me", help="What it is.")],
) -> None:
    """Say for good that a face is, or is not, this person.

    What is not this person is never shown again.
    """
    from ..library import faces, people

    if value not in ("me", "not-me"):
        raise UsageError(f"a verdict is me or not-me, not {value!r}")
    with options.opened(writing=True) as library:
        person = people.find_person(library, name)
        if person is None:
            raise UsageError(f"nobody called {name!r} is enrolled; see: selfsearch people")
        if face not in faces.find_faces(library, [face]):
            raise UsageError(f"there is no face {face} in the library")
        people.save_verdict(library, person, face, value.replace("-", "_"), isoformat(options.now()))
    options.say(f"kept: face {face} is {'' if value == 'me' else 'not '}{name}")
