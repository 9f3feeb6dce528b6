"""selfsearch verdict"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConsentError, UsageError
from ..words import quantity
from . import options

if TYPE_CHECKING:
    from ..library.library import Library
    from ..library.people import Person
    from ..workflows.gallery import Gallery
    from ..workflows.verdict import Named, Saved

NOTHING_CHANGED = "nothing was changed"
_BEFORE: dict[tuple[str | None, bool], tuple[str, ...]] = {  # a verdict, searched by -> the words for it
    (None, False): ("unset",),
    ("not_me", False): ("not-me",),
    ("me", False): ("me", "--no-strengthen"),
    ("me", True): ("me", "--strengthen"),
}
_SAID = {"me": "so far marked as {you}", "not_me": "so far marked as not {you}"}


def verdict(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, as answers and reports show them.")],
    value: Annotated[
        str, typer.Argument(metavar="me|not-me|unset", help="What they are; unset takes it back.")
    ],
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="In whose answer they are.")
    ] = None,
    strengthen: Annotated[
        bool | None,
        typer.Option(
            "--strengthen/--no-strengthen",
            help="With me: search by these faces as well, or (--no-strengthen) not.",
            show_default=False,
        ),
    ] = None,
    pack: options.PackName = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Say that an appearance is you, or is not, or take that back.

    It goes for every copy of the picture. What is not you is left out of later answers. What is you is always
    listed, and can help to find you.
    """
    from ..consent import grants
    from ..library.verdicts import ME
    from ..workflows import verdict as verdicts
    from ..workflows.gallery import Gallery

    wanted = verdicts.parse(value)
    if strengthen is not None and wanted != ME:
        raise UsageError("--strengthen and --no-strengthen go with me")
    with options.opened_shared() as library:
        gallery = Gallery(library, options.engine(pack))
        named = verdicts.find(gallery, persons_called(library, person), ids, options.now())
        grant = grants.require(library, "person", named[0].person.name, options.now())
        for each in named:
            options.say(*_as_lines(gallery, each))
        is_idle = wanted is None and not any(each.appearance.verdict for each in named)
        options.require_yes(_question(named, wanted), NOTHING_CHANGED, yes=yes or is_idle)
        if wanted == ME and strengthen is None and not yes:
            strengthen = options.ask(_offer(named), NOTHING_CHANGED)
        saved = verdicts.save(gallery, grant, named, wanted, options.now(), strengthen=strengthen)
    if as_json:
        options.answer_json(_as_dict(named, wanted, saved))
    else:
        options.answer(*_result(named, wanted, saved))


def persons_called(library: Library, name: str | None) -> list[Person]:
    """Whose answers the ids can be in. Raises ConsentError when nobody may be searched for."""
    from ..consent import grants

    if name is not None:
        grants.require(library, "person", name, options.now())
    persons = grants.consented_people(library, options.now())
    if not persons:
        raise ConsentError("nobody with live consent is enrolled; see: selfsearch people")
    return [each for each in persons if name in (None, each.name)]


def _as_lines(gallery: Gallery, named: Named) -> list[str]:
    """Which picture it is, how sure, and where in it the face is."""
    from ..report import wording
    from ..report.advice import platform_name

    appearance, name = named.appearance, named.person.name
    first, *copies = appearance.sightings
    band = wording.claim(appearance, name, calibrated=gallery.calibration is not None)
    parts = [
        platform_name(first.provenance.platform),
        wording.context(first.provenance),
        wording.day_of(first.provenance) or "no date",
        f"also in {quantity(len(copies), 'other place')}" if copies else "",
    ]
    lines = [
        f"{named.id}: {first.path}",
        f"    {', '.join(part for part in parts if part)}",
        f"    {_SAID.get(appearance.verdict or '', band).format(you=wording.you(name))} (score"
        f" {appearance.score:.2f})",
    ]
    if appearance.time_ms is not None:
        lines.append(f"    the face at {wording.timecode(appearance.time_ms)} in the video")
    elif named.position:
        number, count = named.position
        lines.append(f"    face {number} of {count}, counted from the left")
    return lines


def _these(named: Sequence[Named]) -> str:
    return "this" if len(named) == 1 else f"these {len(named)}"


def _question(named: Sequence[Named], wanted: str | None) -> str:
    from ..report.wording import you

    if wanted is None:
        return f"Take back what you said of {_these(named)}?"
    them = "It is" if len(named) == 1 else "They are"
    after = "always listed" if wanted == "me" else "left out of later answers"
    is_you = f"{'' if wanted == 'me' else 'not '}{you(named[0].person.name)}"
    return f"Mark {_these(named)} as {is_you}? {them} then {after}."


def _offer(named: Sequence[Named]) -> str:
    """What is asked once more of a face that is the person."""
    from ..report.wording import you

    by = "this face" if len(named) == 1 else "these faces"
    return f"Search for {you(named[0].person.name)} by {by} as well? That can find pictures that were missed."


def _result(named: Sequence[Named], wanted: str | None, saved: Saved) -> list[str]:
    """What was done, and how to undo it."""
    from ..report.wording import you

    who, ids = you(named[0].person.name), ", ".join(each.id for each in named)
    if wanted is None:
        was_said = any(each.appearance.verdict for each in named)
        return [
            f"taken back: what you said of {ids}" if was_said else f"there was nothing to take back: {ids}"
        ]
    lines = [f"marked as {'' if wanted == 'me' else 'not '}{who}: {ids}"]
    if saved.used:
        is_used = "is used" if len(saved.used) == 1 else "are used"
        lines.append(f"from now on {', '.join(saved.used)} {is_used} to search for {who} as well")
    lines += [f"not used to search for {who}: {id_}, because {why}" for id_, why in saved.refused.items()]
    return [*lines, *(f"to undo: {command}" for command in _undo(named, wanted, saved))]


def _undo(named: Sequence[Named], wanted: str, saved: Saved) -> list[str]:
    """Commands that bring back what was said before; what was said again is unset."""
    before: dict[tuple[str, ...], list[str]] = {}
    for each in named:
        was = each.appearance.verdict, each.is_searched_by
        words = ("unset",) if was == (wanted, each.id in saved.used) else _BEFORE[was]
        before.setdefault(words, []).append(each.id)
    return [shlex.join(["selfsearch", "verdict", *ids, *words]) for words, ids in before.items()]


def _as_dict(named: Sequence[Named], wanted: str | None, saved: Saved) -> dict[str, Any]:
    return {
        "schema": "selfsearch.verdict/1",
        "person": named[0].person.name,
        "verdict": wanted,
        "appearances": [
            {
                "id": each.id,
                "faces": sorted(each.faces),
                "paths": [sighting.path for sighting in each.appearance.sightings],
            }
            for each in named
        ],
        "searched_by": list(saved.used),
        "not_searched_by": saved.refused,
        "undo": _undo(named, wanted, saved) if wanted else [],
    }
