"""selfsearch report"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SelfsearchError, UsageError
from ..types import isoformat
from . import options

if TYPE_CHECKING:
    from ..library.changes import Change, State
    from ..library.faces import StoredFace
    from ..library.library import Library
    from ..report.crops import Picture
    from ..report.differences import Difference
    from ..types import Appearance


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
    from ..library import changes

    if as_json + as_csv + as_markdown > 1:
        raise UsageError("--json, --csv and --md are different answers; choose one")
    with options.opened_beside() as library:
        found = _changes(library, since)
        denied = changes.denied(library, found)
        told = _live(library, [change for change in found if change.id not in denied])
        seen = _pictures(library, told) if html is not None else {}
        shown = [_difference(change, seen.get(change.face)) for change in told]
        if html is not None:
            _write(html.absolute(), shown)
        _print(shown, "json" if as_json else "csv" if as_csv else "md" if as_markdown else "text")
        sys.stdout.flush()  # a full disk or a closed pipe is met here, before anything counts as told
        changes.mark_told(library, [*told, *(c for c in found if c.id in denied)], isoformat(options.now()))


def _write(path: Path, shown: Sequence[Difference]) -> None:
    from ..files import write_private
    from ..report.html import differences_to_html

    try:
        write_private(path, differences_to_html(shown).encode())
    except OSError as exc:
        raise SelfsearchError(f"{path} cannot be written: {exc.strerror}") from exc
    options.say(f"report: {path} (it shows faces: keep it private)")


def _print(shown: Sequence[Difference], form: str) -> None:
    from ..report import differences

    if form == "json":
        options.answer_json(differences.to_json(shown))
    elif form == "csv":
        differences.to_csv(shown, sys.stdout)
    else:
        options.answer(differences.to_markdown(shown) if form == "md" else differences.to_text(shown))


def _changes(library: Library, since: str) -> list[Change]:
    from datetime import date

    from ..library import changes

    if since.lower() == "last":
        return changes.changes(library, untold=True)
    try:
        day = date.fromisoformat(since).isoformat()
    except ValueError as exc:
        raise UsageError(f"--since takes last or a day such as 2026-06-02, not {since!r}") from exc
    return changes.changes(library, since=day)


def _live(library: Library, found: Sequence[Change]) -> list[Change]:
    """Changes of people whose consent is live, with the places in sources whose consent is. Others wait."""
    from ..consent import grants
    from ..library import sources

    people = grants.live(library, "person", {change.person for change in found}, options.now())
    roots = {row.root for row in sources.all_sources(library)}
    closed = roots - grants.live(library, "source", roots, options.now())
    shown = []
    for change in found:
        open_ = replace(
            change, before=_open(change.before, closed, roots), after=_open(change.after, closed, roots)
        )
        if change.person in people and (open_.before or open_.after):
            shown.append(open_)
    return shown


def _open(state: State | None, closed: set[str], roots: set[str]) -> State | None:
    """The state without its places below paths that nobody may show now; None when none is left, or all
    were erased.
    """
    if state is None:
        return None
    places = tuple(place for place in state.places if not _root_of(place, roots) & closed)
    return replace(state, places=places) if places else None


def _root_of(place: str, roots: set[str]) -> set[str]:
    """The nearest root above an address, or the archive itself."""
    file = place if place in roots else next((root for root in roots if place.startswith(f"{root}!")), place)
    above = (str(path) for path in (PurePath(file), *PurePath(file).parents))
    return {next((path for path in above if path in roots), "")}


def _difference(change: Change, picture: Picture | None) -> Difference:
    from ..report.differences import Difference

    return Difference(
        change.person,
        change.kind,
        change.face,
        change.at,
        change.before.as_dict() if change.before else None,
        change.after.as_dict() if change.after else None,
        change.why,
        picture,
    )


def _pictures(library: Library, told: Sequence[Change]) -> dict[int, Picture | None]:
    """Face -> its picture, cut out of the photograph where that is still there, else the kept face."""
    from ..library import changes, faces
    from ..report import crops

    rows = faces.find_faces(library, [change.face for change in told])
    places = changes.places_of(library, {row.media for row in rows.values()})
    shown = {}
    for change in told:
        open_ = {place for state in (change.before, change.after) if state for place in state.places}
        row = rows.get(change.face)
        if row is not None:
            now = [place.address for place in places.get(row.media, ()) if place.address in open_]
            shown[change.face] = _as_appearance(row, now)
    cut = crops.for_appearances(library, list(shown.values()))
    return {face: cut(one) for face, one in shown.items()}


def _as_appearance(row: StoredFace, places: Sequence[str]) -> Appearance:
    """As much of an appearance as a picture of it takes."""
    from ..types import Appearance, Provenance, Sighting

    return Appearance(
        rank=0, face=row.id, score=0.0, band=None, expected_false_matches=None, box=row.box,
        time_ms=row.time_ms, from_ms=row.from_ms, to_ms=row.to_ms, quality=row.quality, sha256=row.sha256,
        type=row.type, width=row.width, height=row.height,
        sightings=tuple(Sighting(0, place, Provenance("")) for place in places),
    )  # fmt: skip
