"""selfsearch rescan"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import LibraryBusyError, UsageError
from . import options
from .network_policy import Need, network

if TYPE_CHECKING:
    from ..workflows.rescan import RescanResult
    from ..workflows.retention import ConsentEnding

NEW = 10  # exit code of --fail-on-new
KINDS = ("new", "gone", "moved", "band", "exposure")


@network(Need.NOTIFICATIONS, when=lambda arguments: arguments["scheduled"])
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
    said = _Quietly() if scheduled and not as_json else _as_json if as_json else tell
    try:
        done = _scheduled(source, said) if scheduled else _run(source, said)
    except LibraryBusyError as exc:
        options.say(f"{exc} (nothing was done)")
        if as_json:
            options.answer_json(_busy())
        return
    if fail_on_new and any(change.kind == "new" for change in done.changes):
        raise typer.Exit(NEW)


Say = Callable[["RescanResult"], None]


class _Quietly:
    """What a timer's run prints: nothing."""

    def __call__(self, done: RescanResult) -> None:
        pass


def _run(source: list[int] | None, said: Say) -> RescanResult:
    """The answer counts as given when it was written; a run that is killed before is repeated by the next
    one.
    """
    from datetime import timedelta

    from .. import settings
    from ..types import ProgressListener
    from ..workflows import rescan as workflow
    from .progress import progress_listener

    grace = timedelta(days=settings.read(options.home()).grace_days)
    with options.opened(writing=True) as library:
        progress = ProgressListener() if isinstance(said, _Quietly) else progress_listener()
        done = workflow.rescan(
            library, options.engine(), options.now, only=source or None, progress=progress, grace=grace
        )
        said(done)
        sys.stdout.flush()
        workflow.mark_announced(library, done, options.now)
    return done


def _scheduled(source: list[int] | None, said: Say) -> RescanResult:
    """The same for a timer: the run and its result are noted, and told to whom the settings say."""
    from ..monitoring import run_log

    def both(done: RescanResult) -> None:
        said(done)
        if message := sentence(done):
            _notify(message, failed=False)

    try:
        with run_log.record_run(options.home(), options.now) as run:
            if run.previous is not None and run.previous.state == "interrupted":
                _notify("the last re-scan was stopped before its end; another one has begun", failed=True)
            done = _run(source, both)
            run.result(**counts(done))
    except (LibraryBusyError, KeyboardInterrupt):
        raise
    except BaseException:
        if not run_log.is_repeated(run_log.read(options.home())):
            _notify("the scheduled re-scan failed; see: selfsearch schedule status", failed=True)
        raise
    return done


def _notify(message: str, *, failed: bool) -> None:
    """By every way that is set. Settings that cannot be read name none; the run fails for them by itself."""
    from .. import settings
    from ..monitoring import notify

    try:
        current = settings.read(options.home())
    except UsageError:
        return
    notify.send(current, message, failed=failed)


def counts(done: RescanResult) -> dict[str, int]:
    """Changes by kind, and sources that could not be reached."""
    return {kind: sum(change.kind == kind for change in done.changes) for kind in KINDS} | {
        "unreachable": len(done.unreachable)
    }


def sentence(done: RescanResult) -> str:
    """What a notification may say: numbers only. "" when there is nothing to tell."""
    found = counts(done)
    words = {"new": "new", "gone": "gone", "exposure": "seen by others than before"}
    parts = [f"{found[kind]} {word}" for kind, word in words.items() if found[kind]]
    lines = [f"appearances: {', '.join(parts)}; run: selfsearch report"] if parts else []
    soon, ended = (
        [one for one in done.endings if one.state == state and not one.told] for state in ("soon", "ended")
    )
    if soon:
        lines.append(f"{_many(len(soon), 'consent')} within 30 days of its end; run: selfsearch consent list")
    if ended:
        many = _many(len(ended), "consent")
        lines.append(f"{many} ended, what rests on it will be erased; run: selfsearch consent list")
    if done.erased:
        lines.append(f"{len(done.erased)} erased, since consent had ended")
    return "\n".join(lines)


def as_object(done: RescanResult) -> dict[str, Any]:
    """The result for programs."""
    return {
        "schema": "selfsearch.rescan/1",
        "busy": False,
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
        "unreachable": [{"id": one.source.id, "reason": one.reason} for one in done.unreachable],
        "without_consent": [row.id for row in done.without_consent],
        "expiring": [_ending(one) for one in done.endings if one.state == "soon"],
        "ended": [_ending(one) for one in done.endings if one.state == "ended"],
        "erased": [one.subject for one in done.erased],
        "people": done.people,
        "first": done.first,
        "recounted": {name: {"more": one.more, "fewer": one.fewer} for name, one in done.recounted.items()},
        "successors": [{"older": older.id, "newer": newer.id} for older, newer in done.successors],
        "replaced": [{"older": older.id, "newer": newer.id} for older, newer in done.replaced],
    }


def _ending(one: ConsentEnding) -> dict[str, str]:
    return {
        "kind": one.kind,
        "subject": one.subject,
        "day": one.ends_at.date().isoformat(),
        "erased_on": one.erased_at.date().isoformat(),
    }


def _busy() -> dict[str, Any]:
    """The same keys when another run is at work."""
    from ..workflows.rescan import RescanResult

    return as_object(RescanResult()) | {"busy": True}


def _as_json(done: RescanResult) -> None:
    options.answer_json(as_object(done))


def tell(done: RescanResult) -> None:
    """The result for people."""
    for line in (*_about_sources(done), *_about_consent(done), *_about_people(done)):
        options.answer(line)


def _about_sources(done: RescanResult) -> Iterable[str]:
    for one in done.indexed:
        yield (
            f"{one.source.title} (source {one.source.id}): {one.new:,} read, {one.unchanged:,} unchanged,"
            f" {one.moved:,} moved, {one.gone:,} gone"
        )
    for lost in done.unreachable:
        row = lost.source
        yield (
            f"{row.title} (source {row.id}): {row.root} cannot be reached, {lost.reason}. Nothing of it"
            f" counts as gone; if you deleted it: selfsearch sources gone {row.id}"
        )
    for row in done.without_consent:
        yield f"{row.title} (source {row.id}): no live consent; it was not read"
    yield from _about_exports(done)


def _about_exports(done: RescanResult) -> Iterable[str]:
    for older, newer in done.replaced:
        yield (
            f"Source {newer.id} took the place of source {older.id}, an older export of the same account"
            " that is not there any more"
        )
    for older, newer in done.successors:
        yield (
            f"Source {newer.id} is a newer export of the same account as source {older.id}. If it is as"
            " complete, let it take its place, and what it lacks is told as gone:"
            f" selfsearch sources supersede {older.id} {newer.id}"
        )


def _about_consent(done: RescanResult) -> Iterable[str]:
    for one in done.endings:
        day, erased = f"{one.ends_at:%Y-%m-%d}", f"{one.erased_at:%Y-%m-%d}"
        ends = f"ends on {day}"
        if one.state == "ended":
            ends = f"ended on {day}; what rests on it is erased on {erased}"
        yield f"Consent for {one.kind} {one.subject} {ends}. To renew it: selfsearch consent renew"
    for receipt in done.erased:
        entry = f"(receipt: entry {receipt.entry} of the ledger)"
        yield f"{receipt.subject} was erased: its consent had ended {entry}"


def _about_people(done: RescanResult) -> Iterable[str]:
    if not done.people:
        yield (
            "Nobody was looked for: nobody with live consent is enrolled. To begin:"
            " selfsearch query PHOTO --self"
        )
        return
    for name, count in done.first.items():
        yield f"{name}: {_many(count, 'appearance')} to begin with; from now on, changes are told"
    for name, one in done.recounted.items():
        yield (
            f"{name}: counting goes on with another model pack, which finds {one.more:,} more and"
            f" {one.fewer:,} fewer in what was there before; selfsearch query lists them all"
        )
    found = {kind: count for kind, count in counts(done).items() if count and kind in KINDS}
    words = ", ".join(f"{count:,} {KIND_WORDS[kind]}" for kind, count in found.items())
    yield f"Appearances: {words}; details: selfsearch report" if words else "No appearance has changed."


KIND_WORDS = {
    "new": "new",
    "gone": "gone",
    "moved": "in other places",
    "band": "more or less sure",
    "exposure": "seen by others than before",
}


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" + "s" * (count != 1)
