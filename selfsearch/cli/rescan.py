"""selfsearch rescan"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Busy
from . import options

if TYPE_CHECKING:
    from ..rescan import Rescan

NEW = 10  # exit code of --fail-on-new


def rescan(
    source: Annotated[
        list[int] | None,
        typer.Argument(metavar="SOURCE", help="Only these sources, by number; see: selfsearch sources."),
    ] = None,
    fail_on_new: Annotated[
        bool, typer.Option("--fail-on-new", help="Exit with 10 when something new appeared.")
    ] = False,
    scheduled: Annotated[
        bool,
        typer.Option(
            "--scheduled", help="For timers: says nothing here, but tells by the notifications that are set."
        ),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Look at every source again and say what changed.

    What is new, gone, moved, or seen by others than before, for each enrolled person with live consent.
    Sources that have not changed cost almost nothing; what is unplugged is left as it is. Safe to run at
    any time: while one run works, others say so and do nothing.
    """
    try:
        done = _scheduled(source) if scheduled else _run(source)
    except Busy as exc:
        options.say(f"{exc} (nothing was done)")
        return
    if as_json:
        options.answer_json(as_object(done))
    else:
        tell(done)
    if fail_on_new and any(change.kind == "new" for change in done.changes):
        raise typer.Exit(NEW)


def _run(source: list[int] | None) -> Rescan:
    from ..rescan import rescan as look_again
    from .progress import watcher

    with options.opened(writing=True) as library:
        return look_again(library, options.engine(), options.now, only=source, watcher=watcher())


def _scheduled(source: list[int] | None) -> Rescan:
    """The same for a timer: the run and its result are noted, and told to whom the settings say."""
    from .. import config, notify, runlog

    settings = config.read(options.home())
    try:
        with runlog.run(options.home(), options.now) as log:
            done = _run(source)
            log.result(**counts(done))
    except Busy:
        raise
    except BaseException:
        notify.tell(settings, "the scheduled re-scan failed; see: selfsearch schedule status", failed=True)
        raise
    message = sentence(done)
    if message:
        notify.tell(settings, message, failed=False)
    return done


def counts(done: Rescan) -> dict[str, int]:
    """Changes by kind, and sources that could not be reached."""
    kinds = ("new", "gone", "moved", "band", "exposure")
    return {kind: sum(change.kind == kind for change in done.changes) for kind in kinds} | {
        "unreachable": len(done.unreachable)
    }


def sentence(done: Rescan) -> str:
    """What a notification may say: numbers only. "" when there is nothing to tell."""
    found = counts(done)
    words = {"new": "new", "gone": "gone", "exposure": "seen by others than before"}
    parts = [f"{found[kind]} {word}" for kind, word in words.items() if found[kind]]
    lines = [f"appearances: {', '.join(parts)}; run: selfsearch report"] if parts else []
    if done.expiring:
        lines.append(f"{len(done.expiring)} consents end within 30 days; run: selfsearch consent list")
    return "\n".join(lines)


def as_object(done: Rescan) -> dict[str, Any]:
    """The result for programs."""
    return {
        "schema": "selfsearch.rescan/1",
        "changes": counts(done),
        "sources": [
            {
                "id": one.source.id,
                "new": one.new,
                "unchanged": one.unchanged,
                "moved": one.moved,
                "gone": one.gone,
            }
            for one in done.indexed
        ],
        "unreachable": [row.id for row in done.unreachable],
        "without_consent": [row.id for row in done.without_consent],
        "expiring": [{"kind": kind, "subject": subject, "day": day} for kind, subject, day in done.expiring],
        "first": done.first,
        "successors": [{"older": older.id, "newer": newer.id} for older, newer in done.successors],
    }


def tell(done: Rescan) -> None:
    """The result for people."""
    for one in done.indexed:
        options.answer(
            f"{one.source.title} (source {one.source.id}): {one.new:,} read, {one.unchanged:,} unchanged,"
            f" {one.moved:,} moved, {one.gone:,} gone"
        )
    for row in done.unreachable:
        options.answer(
            f"{row.title} (source {row.id}): {row.root} cannot be reached; nothing of it counts as gone"
        )
    for row in done.without_consent:
        options.answer(f"{row.title} (source {row.id}): no live consent; it was not read")
    for older, newer in done.successors:
        options.answer(
            f"source {newer.id} is a newer export of the same account as source {older.id}; to let it take its place:"
            f" selfsearch sources supersede {older.id} {newer.id}"
        )
    for kind, subject, day in done.expiring:
        options.answer(f"consent for {kind} {subject} ends on {day}; selfsearch consent renew prolongs it")
    for name, count in done.first.items():
        options.answer(f"{name}: {count:,} appearances to begin with; from now on, changes are told")
    found = {kind: count for kind, count in counts(done).items() if count and kind != "unreachable"}
    words = ", ".join(f"{count} {kind}" for kind, count in found.items())
    options.answer(
        f"appearances: {words}; details: selfsearch report" if words else "no appearance has changed"
    )
