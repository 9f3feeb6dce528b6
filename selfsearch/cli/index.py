"""selfsearch index"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, UsageError
from . import consent_prompt, options

if TYPE_CHECKING:
    from ..library.library import Library
    from ..recognition.engine import Engine
    from ..workflows.index import IndexResult

WORDS = {
    "indexed": "with faces",
    "no_face": "without a face",
    "duplicate": "copies of other files",
    "unsupported": "not pictures",
    "unreadable": "unreadable",
    "too_large": "too large",
    "encrypted": "encrypted",
    "record": "the exports' own records",
    "derivative": "thumbnails and overlays",
    "link_only": "links without the media",
}


def index(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", exists=True, help="Folders, archives, exports, photographs."),
    ],
    consent: consent_prompt.Consent = None,
    by: consent_prompt.By = None,
    evidence: consent_prompt.Evidence = None,
    days: consent_prompt.Days = 365,
    bystanders: Annotated[
        str | None,
        typer.Option(
            "--bystanders",
            metavar="keep|discard",
            help="From now on: keep every face, or only those that resemble somebody enrolled.",
        ),
    ] = None,
    pack: options.PackName = None,
    as_json: options.AsJson = False,
) -> None:
    """Find the faces in media that you control, and remember them.

    Reads folders, zip and tar archives and platform exports in place, and keeps what it finds in your
    private, encrypted library. Only what is new or changed is looked at; run it as often as you like.
    Asks for your consent once per path.
    """
    given = consent_prompt.ConsentFlags(consent, by, evidence, days)
    given.check()
    done: list[IndexResult] = []
    with options.opened(create=True, writing=True) as library:
        from ..workflows.index import index as index_path
        from .progress import progress_listener

        grants = [consent_prompt.obtain(library, "source", str(path.resolve()), given) for path in paths]
        engine = options.engine(pack)
        _set_bystanders(library, engine, bystanders)
        for grant in grants:
            done += index_path(library, engine, grant, Path(grant.subject), options.now, progress_listener())
    if as_json:
        options.answer_json(as_object(done))
    else:
        tell(done)
    if not any(
        one.counts.get(kind) for one in done for kind in ("indexed", "no_face", "duplicate", "link_only")
    ):
        raise InputError(
            "no picture was found that could be looked at; selfsearch status --problems says why"
        )


def _set_bystanders(library: Library, engine: Engine, choice: str | None) -> None:
    """Keep the setting for this and every later index and rescan. Raises UsageError when nobody is enrolled
    to keep.
    """
    if choice is None:
        return
    from .. import settings
    from ..consent import bystanders
    from ..library import sources

    if choice not in settings.BYSTANDERS:
        raise UsageError(f"--bystanders takes {' or '.join(settings.BYSTANDERS)}, not {choice!r}")
    if choice == "discard":
        pack = sources.save_pack(library, engine.pack.name, engine.pack.revision, engine.dimension)
        bystanders.enrolled_set(library, engine, pack, options.now())
        options.say("faces of others that were stored before stay until: selfsearch forget --bystanders")
    settings.write(library.home, bystanders=choice)


def as_object(done: list[IndexResult]) -> dict[str, Any]:
    """The summary for programs."""
    return {
        "schema": "selfsearch.index/1",
        "found": sum(one.found for one in done),
        "outcomes": dict(sum((Counter(one.counts) for one in done), Counter())),
        "new": sum(one.new for one in done),
        "unchanged": sum(one.unchanged for one in done),
        "moved": sum(one.moved for one in done),
        "gone": sum(one.gone for one in done),
        "sources": [
            {
                "id": one.source.id, "platform": one.source.platform, "title": one.source.title,
                "why": one.source.why,
                "account": one.source.account, "paths": one.source.containers, "found": one.found,
                "outcomes": one.counts, "new": one.new, "unchanged": one.unchanged, "moved": one.moved,
                "gone": one.gone, "opened": not one.skipped,
            }
            for one in done
        ],
    }  # fmt: skip


def tell(done: list[IndexResult]) -> None:
    """The summary for people."""
    from ..report.wording import quantity

    for one in done:
        account = f" of {one.source.account}" if one.source.account else ""
        options.answer(
            f"{one.source.title}{account} (source {one.source.id}): {quantity(one.found, 'file')} found"
        )
        for kind in sorted(one.counts, key=list(WORDS).index):
            options.answer(f"  {one.counts[kind]:>9,}  {WORDS[kind]}")
        changes = [f"{number:,} {word}" for word, number in _changes(one).items() if number]
        options.answer(f"  this time: {', '.join(changes) or 'nothing to do'}")
    bad = sum(one.counts.get(kind, 0) for one in done for kind in ("unreadable", "too_large", "encrypted"))
    if bad:
        options.answer(
            f"{quantity(bad, 'file')} could not be read; selfsearch status --problems lists each with its"
            " reason"
        )


def _changes(one: IndexResult) -> dict[str, int]:
    return {"read": one.new, "unchanged": one.unchanged, "moved": one.moved, "gone": one.gone}
