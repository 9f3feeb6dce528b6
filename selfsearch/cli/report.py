"""selfsearch report"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..types import isoformat
from . import console, options

if TYPE_CHECKING:
    from ..library.changes import Change
    from ..library.faces import StoredFace
    from ..library.library import Library
    from ..media.crop import Picture
    from ..report.differences import Difference
    from ..types import Appearance


def report(
    since: Annotated[
        str, typer.Option("--since", metavar="last|DATE", help="Since the last report, or since a day.")
    ] = "last",
    as_json: options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--md", help="Print Markdown.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the photographs.")
    ] = None,
) -> None:
    """Say what changed since the last report.

    That is what selfsearch rescan found different. What was told is not told again, except with --since DATE.
    """
    from ..consent import grants
    from ..library import changes

    if as_json + as_csv + as_markdown > 1:
        raise UsageError("--json, --csv and --md are different answers; choose one")
    html = html and options.page_place(html)
    with options.opened_shared() as library:
        candidates = _changes(library, since)
        denied = changes.denied(library, candidates)
        visible = grants.visible_changes(library, candidates, options.now())
        pictures = _pictures(library, visible) if html is not None else {}
        differences = _differences(library, visible, pictures)
        nothing = _nothing(library, since)
        if html is not None:
            _write_page(html, differences, nothing)
        if as_json:
            _print_json(library, differences)
        else:
            _print(differences, nothing, "csv" if as_csv else "md" if as_markdown else "text")
        sys.stdout.flush()  # a full disk or a closed pipe is met here, before anything counts as told
        told = [*visible, *(change for change in candidates if change.id in denied)]
        changes.mark_told(library, told, isoformat(options.now()))


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


def _pictures(library: Library, visible: Sequence[Change]) -> dict[int, Picture | None]:
    """Face -> its picture, cut out of the photograph where that is still there, else the kept face."""
    from ..library import changes, faces
    from ..report import crops

    rows = faces.find_faces(library, [change.face for change in visible])
    places = changes.places_of(library, {row.media for row in rows.values()})
    appearances = {}
    for change in visible:
        row = rows.get(change.face)
        if row is not None:
            open_ = {place for state in (change.before, change.after) if state for place in state.places}
            now = [place.address for place in places.get(row.media, ()) if place.address in open_]
            appearances[change.face] = _as_appearance(row, now)
    crop = crops.for_appearances(library, options.engine(with_hash=False), list(appearances.values()))
    return {face: crop(appearance) for face, appearance in appearances.items()}


def _as_appearance(face: StoredFace, places: Sequence[str]) -> Appearance:
    """As much of an appearance as a picture of it takes."""
    from ..types import Appearance, Provenance, Sighting

    return Appearance(
        rank=0, id="", verdict=None, face=face.id, score=0.0, band=None, expected_false_matches=None,
        box=face.box,
        time_ms=face.time_ms, from_ms=face.from_ms, to_ms=face.to_ms, quality=face.quality,
        sha256=face.sha256, type=face.type, width=face.width, height=face.height,
        sightings=tuple(Sighting(0, place, Provenance("")) for place in places),
    )  # fmt: skip


def _differences(
    library: Library, visible: Sequence[Change], pictures: Mapping[int, Picture | None]
) -> list[Difference]:
    from ..library import people
    from ..report.differences import Difference

    named = {person.name: person for person in people.all_people(library)}
    return [
        Difference(
            change.person,
            change.kind,
            change.face,
            change.at,
            change.before.as_dict() if change.before else None,
            change.after.as_dict() if change.after else None,
            change.why,
            pictures.get(change.face),
            people.appearance_id(library, named[change.person], change.face),
        )
        for change in visible
    ]


def _nothing(library: Library, since: str) -> str:
    """What is said when there is no change to tell: what that rests on, or what to do first."""
    from ..library import changes, people
    from ..report import differences
    from ..report.wording import format_time

    persons = people.all_people(library)
    if not persons:
        return "Nobody is enrolled, so nothing is compared. To begin: selfsearch query PHOTO --self"
    rescanned = changes.last_rescan(library)
    if rescanned is None:
        begun = [start for person in persons if (start := changes.since(library, person.id))]
        then = f" {differences.since(begun[0].at, begun[0].event)}" if len(begun) == 1 else ""
        return f"Nothing was compared yet. To see what changed{then}, look again: selfsearch rescan"
    since = "the last report" if since.lower() == "last" else format_time(since) or since
    return f"No change was noted since {since}; the last re-scan was on {format_time(rescanned[:10])}."


def _write_page(path: Path, differences: Sequence[Difference], nothing: str) -> None:
    from ..report.html import differences_to_html

    options.write_page(path, differences_to_html(differences, nothing))
    options.say(f"report: {path} (it shows faces: keep it private)")


def _print_json(library: Library, differences: Sequence[Difference]) -> None:
    from ..library import changes
    from ..report.differences import to_json

    options.answer_json(to_json(differences, changes.last_rescan(library)))


def _print(differences: Sequence[Difference], nothing: str, form: str) -> None:
    from ..report.differences import to_csv, to_markdown, to_text

    if form == "csv":
        to_csv(differences, console.table())
    elif form == "md":
        options.answer_styled(to_markdown(differences, nothing))
    else:
        lines = to_text(differences, nothing).split("\n")
        options.answer(*lines)
