"""selfsearch rescan"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import LibraryBusyError, UsageError
from ..words import quantity
from . import options
from .network_policy import Need, courier, network

if TYPE_CHECKING:
    from ..monitoring.message import Message
    from ..types import ProgressListener
    from ..workflows.index import IndexResult
    from ..workflows.rescan import RescanResult
    from ..workflows.retention import ConsentEnding

NEW = 10  # exit code of --fail-on-new
KINDS = ("new", "gone", "moved", "band", "exposure")  # of changes, as they are counted

Show = Callable[["RescanResult"], None]


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

    What is new, gone, moved, or has another audience, for each enrolled person with live consent: since the
    last re-scan, or since the first answer about the person where there was none. Sources that have not
    changed cost almost nothing; what is unplugged is left as it is. Safe to run at any time: while one run
    works, others say so and do nothing.
    """
    from .progress import reading_listener

    show = _show_nothing if scheduled and not as_json else _show_json if as_json else _show_text
    try:
        result = _scheduled(source, show) if scheduled else _run(source, show, reading_listener())
    except LibraryBusyError as exc:
        options.say(f"{exc} (nothing was done)")
        if as_json:
            options.answer_json(_busy())
        return
    if fail_on_new and any(change.kind == "new" for change in result.changes):
        raise typer.Exit(NEW)
    options.require_all_finished(result.indexed)


def _run(source: list[int] | None, show: Show, progress: ProgressListener | None = None) -> RescanResult:
    """Re-scan, and show what changed.

    It counts as told when it was written; a run that is killed before is repeated by the next one.
    """
    from datetime import timedelta

    from .. import settings
    from ..workflows import rescan as workflow

    grace = timedelta(days=settings.read(options.home()).grace_days)
    with options.opened(writing=True) as library:
        result = workflow.rescan(
            library,
            options.engine(),
            options.now,
            only=source or None,
            progress=progress,
            grace=grace,
        )
        show(result)
        sys.stdout.flush()
        workflow.mark_announced(library, result, options.now)
        if show is _show_text:
            workflow.mark_older_told(library, result)
    return result


def _scheduled(source: list[int] | None, show: Show) -> RescanResult:
    """The same for a timer: the run and its result are noted, and sent to whom the settings name."""
    from ..monitoring import run_log
    from ..monitoring.message import Kind, Message

    def show_and_notify(result: RescanResult) -> None:
        show(result)
        if message := message_of(result):
            _notify(message)

    try:
        with run_log.record_run(options.home(), options.now) as run:
            if run.previous is not None and run.previous.state == "interrupted":
                _notify(Message(Kind.INTERRUPTED))
            result = _run(source, show_and_notify)
            run.result(**counts(result))
    except (LibraryBusyError, KeyboardInterrupt):
        raise
    except BaseException:
        if not run_log.is_repeated(run_log.read(options.home())):
            _notify(Message(Kind.FAILED))
        raise
    return result


def _notify(message: Message) -> None:
    """By every channel that is set. Settings that cannot be read name none; the run itself fails for them."""
    from .. import settings
    from ..monitoring import notify

    try:
        current = settings.read(options.home())
    except UsageError:
        return
    notify.send(current, message, courier())


def counts(result: RescanResult) -> dict[str, int]:
    """Changes by kind, and sources that could not be reached."""
    return {kind: sum(change.kind == kind for change in result.changes) for kind in KINDS} | {
        "unreachable": len(result.unreachable)
    }


def message_of(result: RescanResult) -> Message | None:
    """What a notification may say: numbers only. None when there is nothing to tell."""
    from ..monitoring.message import Message

    count = counts(result)
    untold = Counter(ending.state for ending in result.endings if not ending.told)
    return Message.changed(
        new=count["new"],
        gone=count["gone"],
        exposure=count["exposure"],
        ending=untold["soon"],
        ended=untold["ended"],
        erased=len(result.erased),
    )


def _show_nothing(result: RescanResult) -> None:
    """What a timer's run prints."""


def _show_json(result: RescanResult) -> None:
    options.answer_json(_as_object(result))


def _show_text(result: RescanResult) -> None:
    for line in (*_about_sources(result), *_about_consent(result), *_about_people(result)):
        options.answer(line)


def _as_object(result: RescanResult) -> dict[str, Any]:
    """The result for programs."""
    return {
        "schema": "selfsearch.rescan/1",
        "busy": False,
        "changes": counts(result),
        "sources": [
            {
                "id": indexed.source.id,
                "detail": indexed.source.detail.value,
                "searched_again": indexed.again,
                "searched_before": indexed.older,
                "new": indexed.new,
                "unchanged": indexed.unchanged,
                "moved": indexed.moved,
                "gone": indexed.gone,
            }
            for indexed in result.indexed
        ],
        "unreachable": [{"id": lost.source.id, "reason": lost.reason} for lost in result.unreachable],
        "without_consent": [row.id for row in result.without_consent],
        "expiring": [_ending(ending) for ending in result.endings if ending.state == "soon"],
        "ended": [_ending(ending) for ending in result.endings if ending.state == "ended"],
        "erased": [receipt.subject for receipt in result.erased],
        "gone_files": result.gone_files and result.gone_files.as_dict(),
        "pruned": result.pruned,
        "people": result.people,
        "first": result.first,
        "since": {name: {"at": since.at, "event": since.event} for name, since in result.since.items()},
        "recounted": {
            name: {"more": recount.more, "fewer": recount.fewer} for name, recount in result.recounted.items()
        },
        "successors": [{"older": older.id, "newer": newer.id} for older, newer in result.successors],
        "replaced": [{"older": older.id, "newer": newer.id} for older, newer in result.replaced],
    }


def _ending(ending: ConsentEnding) -> dict[str, str]:
    return {
        "kind": ending.kind,
        "subject": ending.subject,
        "day": ending.ends_at.date().isoformat(),
        "erased_on": ending.erased_at.date().isoformat(),
    }


def _busy() -> dict[str, Any]:
    """The same keys when another run is at work."""
    from ..workflows.rescan import RescanResult

    return _as_object(RescanResult()) | {"busy": True}


def _about_sources(result: RescanResult) -> Iterator[str]:
    for indexed in result.indexed:
        row = indexed.source
        yield (
            f"{row.name}: {indexed.new:,} read, {indexed.unchanged:,} unchanged,"
            f" {indexed.moved:,} moved, {indexed.gone:,} gone"
        )
    for lost in result.unreachable:
        row = lost.source
        at = "" if row.root in row.name else f" at {row.root}"
        yield (
            f"{row.name} cannot be reached{at}: {lost.reason}. Nothing of it"
            f" counts as gone; if you deleted it: selfsearch sources gone {row.id}"
        )
    for row in result.without_consent:
        yield f"{row.name}: no live consent; it was not read"
    for older, newer in result.replaced:
        yield (
            f"{newer.name} took the place of {older.name}, an older export of the same account"
            " that is not there any more"
        )
    for older, newer in result.successors:
        yield (
            f"{newer.name} is a newer export of the same account as {older.name}. If it is as"
            " complete, let it take its place, and what it lacks is told as gone:"
            f" selfsearch sources supersede {older.id} {newer.id}"
        )
    if sentence := options.searched_before((indexed.source, indexed.older) for indexed in _untold(result)):
        yield sentence
    yield from _about_gone_files(result)


def _untold(result: RescanResult) -> list[IndexResult]:
    """Those of which no re-scan said yet that an earlier version searched their pictures."""
    return [indexed for indexed in result.indexed if not indexed.source.older_told]


def _about_gone_files(result: RescanResult) -> Iterator[str]:
    from ..report.wording import gone_files

    if result.pruned:
        yield f"Erased: what was known of {quantity(result.pruned, 'file')} that went more than 90 days ago"
    gone = result.gone_files
    if gone is not None and gone.is_soon(options.now()):
        yield f"{gone_files(gone.count, f'{gone.erased_at:%Y-%m-%d}')}."


def _about_consent(result: RescanResult) -> Iterator[str]:
    for ending in result.endings:
        day, erased = f"{ending.ends_at:%Y-%m-%d}", f"{ending.erased_at:%Y-%m-%d}"
        ends = f"ends on {day}"
        if ending.state == "ended":
            ends = f"ended on {day}; what rests on it is erased on {erased}"
        yield f"Consent for {ending.kind} {ending.subject} {ends}. To renew it: selfsearch consent renew"
    for receipt in result.erased:
        entry = f"(receipt: entry {receipt.entry} of the ledger)"
        yield f"{receipt.subject} was erased: its consent had ended {entry}"


def _about_people(result: RescanResult) -> Iterator[str]:

    if not result.people:
        yield (
            "Nobody was looked for: nobody with live consent is enrolled. To begin:"
            " selfsearch query PHOTO --self"
        )
        return
    for name, count in result.first.items():
        earlier = ""
        if name in result.unnoted:
            earlier = " What earlier answers showed was not noted, so nothing is compared with them."
        yield (
            f"{name}: {quantity(count, 'appearance')} found. From now on selfsearch rescan tells what is new"
            f" or gone.{earlier}"
        )
    for name, recount in result.recounted.items():
        yield (
            f"{name}: another model pack is in use, or another version of it. In what was there before it"
            f" finds {quantity(recount.more, 'appearance')} more and {recount.fewer:,} fewer; all of them:"
            " selfsearch query"
        )
    yield from _about_changes(result)


def _about_changes(result: RescanResult) -> Iterator[str]:
    """What changed since when; one line where that is the same for everybody."""
    from ..report import differences
    from ..report.wording import join_and, sentence_case

    begun: dict[str, list[str]] = {}
    for name, since in result.since.items():
        begun.setdefault(differences.since(since.at, since.event), []).append(name)
    changed = Counter((change.person, change.kind) for change in result.changes)
    for start, names in begun.items():
        counts = {kind: sum(changed[name, kind] for name in names) for kind in KINDS}
        sentence = f"no appearance has changed {start}."
        if any(counts.values()):
            sentence = f"appearances {start}: {differences.counted(counts)}. Which ones: selfsearch report"
        is_of_some = len(result.people) > 1
        yield f"{join_and(names)}: {sentence}" if is_of_some else sentence_case(sentence)
