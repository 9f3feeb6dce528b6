"""selfsearch export"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..types import isoformat
from ..words import counted
from . import options

FIRST_QUESTION = "Templates identify a person for life, and this file will not be encrypted. Put them in?"
CALLED = {"items": "files", "biometrics": "sets of biometric data"}  # others by the table's name
SECOND_QUESTION = "Are you sure? Whoever gets this file can search for these people anywhere."


def export(
    plain: Annotated[
        Path, typer.Option("--plain", metavar="DIR", help="A folder to write selfsearch.db into.")
    ],
    with_biometrics: Annotated[
        bool, typer.Option("--with-biometrics", help="Templates and face pictures as well; asks twice.")
    ] = False,
    really: Annotated[
        bool, typer.Option("--really", help="Answers the second question about --with-biometrics.")
    ] = False,
    yes: options.Yes = False,
) -> None:
    """Write what the library knows as a plain SQLite file.

    Datasette and other tools open it. It is not encrypted.

    Only sources with live consent are in it; templates and face pictures only when asked for twice. That it
    was written is in the ledger: selfsearch consent audit.
    """
    from ..consent import grants
    from ..library import sqlite_export

    folder = plain.expanduser().absolute()
    target = folder / sqlite_export.NAME
    if with_biometrics and not (
        (yes or options.ask(FIRST_QUESTION)) and (really or options.ask(SECOND_QUESTION))
    ):
        raise UsageError("nothing was written; without questions: --with-biometrics --yes --really")
    options.may_replace(target, yes=yes)
    with options.opened(writing=True) as library:
        now = options.now()
        sources = [row.id for row in grants.consented_sources(library, now)]
        names = [person.name for person in grants.consented_people(library, now)]
        counts = sqlite_export.export(
            library, folder, sources, names, isoformat(now), biometrics=with_biometrics
        )
    options.answer(
        f"{target}: " + ", ".join(counted(count, CALLED.get(name, name)) for name, count in counts.items())
    )
    options.say("this file is not encrypted, and no erasure reaches it: delete it when you have done with it")
    options.say("to look at it: datasette " + str(target))
