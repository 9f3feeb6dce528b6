"""selfsearch index"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, UsageError
from ..words import quantity
from . import consent_prompt, options

if TYPE_CHECKING:
    from ..consent.grants import Grant
    from ..library.library import Library
    from ..recognition.engine import Engine
    from ..types import Detail
    from ..workflows.index import IndexResult


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
    detail: Annotated[
        str | None,
        typer.Option(
            "--detail",
            metavar="fast|normal|thorough",
            help="From now on: how carefully pictures at PATH are searched for faces; those that were"
            " searched less carefully are searched again. New sources begin with normal.",
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
    from ..containers.folder import holds_no_file

    flags = consent_prompt.ConsentFlags(consent, by, evidence, days)
    flags.check()
    wanted = _parse_detail(detail)
    empty = [path for path in paths if holds_no_file(path)]
    if len(empty) == len(paths) and not (options.home() / "library.db").exists():
        raise InputError(_nothing_in(paths))
    with options.opened(create=True, writing=True) as library:
        paths = _without_empty(library, paths, empty)
        grants = [consent_prompt.obtain_for_path(library, path, flags) for path in paths]
        engine = options.engine(pack)
        _set_bystanders(library, engine, bystanders)
        results = _index_each(library, engine, grants, wanted)
        _say_unread_links(library, results)
    if as_json:
        options.answer_json(_as_object(results))
    else:
        for line in _as_text(results):
            options.answer(line)
    options.require_all_finished(results)
    usable = ("indexed", "no_face", "duplicate", "link_only")
    if not sum(result.found for result in results):
        before = " any more; what was there before counts as gone" * any(result.gone for result in results)
        raise InputError(f"there are no files in {', '.join(map(str, paths))}{before}")
    if not any(result.counts.get(outcome) for result in results for outcome in usable):
        raise InputError(
            "no picture was found that could be looked at; selfsearch status --problems says why"
        )


def _index_each(
    library: Library, engine: Engine, grants: list[Grant], detail: Detail | None
) -> list[IndexResult]:
    """Index every path. What is asked of all of them is remembered before the first one is read."""
    from ..workflows import index as workflow
    from .progress import reading_listener

    results, progress, paths = [], reading_listener(), [Path(grant.subject) for grant in grants]
    if detail is not None:
        for path in paths:
            workflow.remember_detail(library, path, detail)
    for grant, path in zip(grants, paths, strict=True):
        results += workflow.index(library, engine, grant, path, options.now, progress, detail)
    return results


def _parse_detail(word: str | None) -> Detail | None:
    from ..types import Detail

    words = [detail.value for detail in Detail]
    if word is not None and word not in words:
        raise UsageError(f"--detail takes {', '.join(words[:-1])} or {words[-1]}, not {word!r}")
    return None if word is None else Detail(word)


def _without_empty(library: Library, paths: list[Path], empty: list[Path]) -> list[Path]:
    """The paths without empty folders, unless something was read there before.

    Nobody is asked for consent to what is not there. Raises InputError when nothing is left.
    """
    from ..consent import grants
    from ..library import sources

    roots = {row.root for row in sources.all_sources(library)}
    passed_over = [path for path in empty if grants.subject_at(library, str(path)) not in roots]
    if len(passed_over) == len(paths):
        raise InputError(_nothing_in(paths))
    for path in passed_over:
        options.say(_nothing_in([path]))
    return [path for path in paths if path not in passed_over]


def _nothing_in(paths: list[Path]) -> str:
    it = "it" if len(paths) == 1 else "them"
    return f"{', '.join(map(str, paths))}: there are no files in {it}; nothing was recorded"


def _say_unread_links(library: Library, results: list[IndexResult]) -> None:
    from ..containers.reach import OUT_OF_REACH
    from ..library import items

    sources = [result.source.id for result in results]
    if count := items.count_reason(library, sources, OUT_OF_REACH[1]):
        options.say(
            f"{quantity(count, 'link')} to places without consent: what is there was not opened. To have it"
            " looked at, index the place that a link leads to, then this one again; selfsearch status"
            " --problems lists them"
        )


def _set_bystanders(library: Library, engine: Engine, choice: str | None) -> None:
    """Keep the setting for this and every later index and rescan.

    Raises UsageError when nobody is enrolled whose faces would be kept.
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


def _as_object(results: list[IndexResult]) -> dict[str, Any]:
    """The summary for programs."""
    return {
        "schema": "selfsearch.index/1",
        "found": sum(result.found for result in results),
        "outcomes": dict(sum((Counter(result.counts) for result in results), Counter())),
        "new": sum(result.new for result in results),
        "searched_again": sum(result.again for result in results),
        "unchanged": sum(result.unchanged for result in results),
        "moved": sum(result.moved for result in results),
        "gone": sum(result.gone for result in results),
        "sources": [
            {
                "id": result.source.id, "platform": result.source.platform, "title": result.source.title,
                "name": result.source.name,
                "why": result.source.why, "account": result.source.account,
                "paths": result.source.containers, "found": result.found, "outcomes": result.counts,
                "detail": result.source.detail.value, "searched_again": result.again,
                "searched_before": result.older,
                "new": result.new, "unchanged": result.unchanged, "moved": result.moved,
                "gone": result.gone, "opened": not result.skipped,
            }
            for result in results
        ],
    }  # fmt: skip


def _as_text(results: list[IndexResult]) -> Iterator[str]:
    """The summary for people, line by line."""
    from ..report.wording import OUTCOME_LABELS, outcome_label

    for result in results:
        source = result.source
        yield f"{source.name}: {quantity(result.found, 'file')} found"
        for outcome in sorted(result.counts, key=list(OUTCOME_LABELS).index):
            count = result.counts[outcome]
            yield f"  {count:>9,}  {outcome_label(outcome, count)}"
        changes = {
            "read": result.new, "unchanged": result.unchanged, "moved": result.moved, "gone": result.gone,
        }  # fmt: skip
        parts = [f"{count:,} {label}" for label, count in changes.items() if count]
        yield f"  this time: {', '.join(parts) or 'nothing to do'}"
        if result.again:
            yield f"  {quantity(result.again, 'picture')} searched more carefully than before"
    failed = ("unreadable", "too_large", "failed", "encrypted")
    count = sum(result.counts.get(outcome, 0) for result in results for outcome in failed)
    if count:
        yield (
            f"{quantity(count, 'file')} could not be read; selfsearch status --problems lists each with its"
            " reason"
        )
    if sentence := options.searched_before((result.source, result.older) for result in results):
        yield sentence
