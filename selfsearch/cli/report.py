"""selfsearch report"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from . import options

if TYPE_CHECKING:
    from ..library import Library
    from ..library.changes import Change
    from ..report.differences import Difference

FORMS = ("json", "csv", "md")


def report(
    since: Annotated[
        str, typer.Option("--since", metavar="LAST|DATE", help="Since the last report, or since a day.")
    ] = "last",
    as_json: options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--md", help="Print Markdown.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the photographs.")
    ] = None,
) -> None:
    """Say what changed since the last report.

    That is what re-scans found different. What was told is not told again, except with --since DATE.
    """
    from .. import consent
    from ..library import changes
    from ..report import differences

    with options.opened(writing=True) as library:
        found = _live(library, _changes(library, since))
        shown = [_difference(library, change, picture=html is not None) for change in found]
        if html is not None:
            from ..files import write_private

            write_private(html.absolute(), differences.to_html(shown).encode())
            options.say(f"report: {html.absolute()} (it shows faces: keep it private)")
        if as_json:
            options.answer_json(differences.to_json(shown))
        elif as_csv:
            differences.to_csv(shown, sys.stdout)
        elif as_markdown:
            options.answer(differences.to_markdown(shown))
        else:
            options.answer(differences.to_text(shown))
        changes.mark_told(library, found, consent.stamp(options.now()))


def _changes(library: Library, since: str) -> list[Change]:
    from datetime import date

    from ..library import changes

    if since.lower() == "last":
        return changes.changes(library, untold=True)
    try:
        date.fromisoformat(since)
    except ValueError as exc:
        raise UsageError(f"--since takes last or a day such as 2026-06-02, not {since!r}") from exc
    return changes.changes(library, since=since)


def _live(library: Library, found: list[Change]) -> list[Change]:
    """Changes of people whose consent is live; the others' are not shown."""
    from .. import consent

    alive = consent.live(library, "person", {change.person for change in found}, options.now())
    return [change for change in found if change.person in alive]


def _difference(library: Library, change: Change, *, picture: bool) -> Difference:
    from ..pictures import chip_of
    from ..report.differences import Difference

    return Difference(
        change.person,
        change.kind,
        change.face,
        change.at,
        change.before.as_dict() if change.before else None,
        change.after.as_dict() if change.after else None,
        chip_of(library, change.face) if picture else None,
    )
