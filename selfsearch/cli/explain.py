"""selfsearch sources explain"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options

if TYPE_CHECKING:
    from ..types import Timestamp
    from ..workflows.explain import Explanation, Record

_ID = re.compile(r"[0-9a-z]{6}", re.IGNORECASE)  # library/people.py makes them; no path is read for one
LABEL = 10  # columns before what is said


def explain(
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="An id, or a path, as answers show them; a path's end will do."),
    ],
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="In whose answer the id is.")
    ] = None,
    redacted: Annotated[
        bool,
        typer.Option("--redacted", help="For a bug report: without names, texts, addresses, days and paths."),
    ] = False,
    pack: options.PackName = None,
    as_json: options.AsJson = False,
) -> None:
    """Say which records decided what is said of a picture.

    Of each place where it is: what it was taken for and why, the records that speak of it, when, with what
    link, and who could see it, because of what. Nothing but the library is read.
    """
    from ..workflows import explain as workflow

    explanations = _explained_id(what, person, pack) if _ID.fullmatch(what) else _explained_path(what)
    if redacted:
        explanations = [workflow.redacted(each) for each in explanations]
        options.say("names are left out where their places are known: read it before you pass it on")
    if as_json:
        options.answer_json(
            {
                "schema": "selfsearch.explanation/1",
                "what": workflow.LEFT_OUT if redacted else what,
                "places": [_as_object(each) for each in explanations],
            }
        )
        return
    for number, each in enumerate(explanations):
        options.answer_text("\n".join([*[""] * bool(number), *_as_lines(each)]))


def _explained_path(path: str) -> list[Explanation]:
    from ..workflows import explain as workflow

    with options.opened() as library:
        return workflow.of_path(library, path, options.now())


def _explained_id(id_: str, person: str | None, pack: str | None) -> list[Explanation]:
    from ..consent import grants
    from ..workflows import explain as workflow
    from ..workflows import verdict as verdicts
    from ..workflows.gallery import Gallery
    from .verdict import persons_called

    with options.opened() as library:
        gallery, now = Gallery(library, options.engine(pack)), options.now()
        (named,) = verdicts.find(gallery, persons_called(library, person), [id_], now)
        grants.require(library, "person", named.person.name, now)
        return workflow.of_sightings(library, named.appearance.sightings, now)


def _as_lines(each: Explanation) -> Iterator[str]:
    from ..report import wording
    from ..report.advice import platform_name
    from ..report.sanitize import visible

    said = each.said
    yield f"{visible(each.path)}{' (gone since)' if each.gone else ''}"
    kind = ", ".join(filter(None, (platform_name(said.platform), wording.context(said), said.account)))
    yield from _said("is", kind)
    replaced = f", which source {each.source.successor} replaced" if each.source.successor else ""
    yield from _said("because", f"it is in {each.source.name}{replaced}; {each.source.why}")
    if each.outcome_reason:
        yield from _said("outcome", f"{each.outcome.value}: {each.outcome_reason}")
    yield from _records("says so", each.records, "no record speaks of it: its path and the file itself do")
    yield from _said("posted", wording.timestamp(said.posted) or "nothing says")
    yield from _said("taken", wording.timestamp(said.taken) or "nothing says")
    link = said.link
    kind = wording.LINK_KINDS.get((link and link.kind) or "", "")
    yield from _said("link", wording.with_note(link.url, kind) or "" if link else "none")
    yield from _exposure(each)
    for label, text in (
        ("audience", wording.audience(said.audience)),
        ("album", said.album),
        ("caption", said.caption),
        ("author", wording.author(said)),
        ("people", ", ".join(said.people)),
        ("place", said.place or wording.position(said.location)),
    ):
        yield from _said(label, text or "")


def _exposure(each: Explanation) -> Iterator[str]:
    from ..report.wording import WHO_COULD_SEE, sentence_case

    level = each.said.exposure.level
    yield from _said("who", f"{WHO_COULD_SEE[level]} ({level.value})")
    yield from _said("why", sentence_case(each.said.exposure.reason))
    if each.is_decided_by_user:
        export = each.exported.exposure
        yield from _said("export", f"By itself it says {export.level.value}: {export.reason}")
    yield from _records("rests on", each.evidence)


def _records(label: str, records: Sequence[Record], otherwise: str = "") -> Iterator[str]:
    for number, record in enumerate(records):
        yield from _said("" if number else label, record.place or record.path)
    if not records:
        yield from _said(label, otherwise)


def _said(label: str, text: str) -> Iterator[str]:
    """The label and the text beside it; on a terminal in lines that stand below each other."""
    from ..report.sanitize import visible
    from ..report.text import MIN_WIDTH, wrap

    text = visible(" ".join(text.split()))
    room = max(options.width(), MIN_WIDTH) - LABEL - 2 if sys.stdout.isatty() else len(text)
    for number, part in enumerate(wrap(text, room) if text else ()):
        yield f"  {'' if number else label:<{LABEL}}{part}"


def _as_object(each: Explanation) -> dict[str, Any]:
    said, source = each.said, each.source
    return {
        "path": each.path,
        "outcome": each.outcome.value,
        "outcome_reason": each.outcome_reason,
        "gone": each.gone,
        "source": {
            "id": source.id, "name": source.name, "platform": source.platform, "why": source.why,
            "containers": source.containers, "replaced_by": source.successor,
        },
        "platform": said.platform,
        "context": said.context,
        "account": said.account,
        "records": _places(each.records),
        "posted": _when(said.posted),
        "taken": _when(said.taken),
        "link": said.link and {"url": said.link.url, "kind": said.link.kind},
        "audience": said.audience and {"word": said.audience.name, "source": said.audience.source},
        "exposure": {"level": said.exposure.level.value, "reason": said.exposure.reason},
        "exposure_of_export": {
            "level": each.exported.exposure.level.value, "reason": each.exported.exposure.reason,
        },
        "evidence": _places(each.evidence),
        "decided_by": "user" if each.is_decided_by_user else "export",
        "album": said.album,
        "caption": said.caption,
        "author": said.author,
        "author_is_owner": said.author_is_owner,
        "people": list(said.people),
        "place": said.place,
        "post_id": said.post_id,
    }  # fmt: skip


def _places(records: Sequence[Record]) -> list[dict[str, str | None]]:
    return [{"record": record.path, "path": record.place} for record in records]


def _when(time: Timestamp | None) -> dict[str, str | None] | None:
    return time and {"at": time.at, "from": time.source}
