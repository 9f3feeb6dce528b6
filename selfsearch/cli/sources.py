"""selfsearch sources"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from ..types import isoformat
from ..words import quantity
from . import options

if TYPE_CHECKING:
    from ..library.library import Library
    from ..library.sources import SourceRow

app = typer.Typer(help="What was read, as what, and what you know of it.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
def list_sources(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List every source: what it was recognised as and why, how many files it holds, and when it was last
    read.
    """
    if context.invoked_subcommand:
        return
    from ..library import items, sources

    with options.opened() as library:
        rows = [(row, items.count_outcomes(library, [row.id])) for row in sources.all_sources(library)]
    if as_json:
        listed = [_as_object(row, counts) for row, counts in rows]
        options.answer_json({"schema": "selfsearch.sources/1", "sources": listed})
        return
    by_number = {row.id: row for row, _ in rows}
    for row, counts in rows:
        options.answer(*_as_lines(row, counts, by_number.get(row.successor or 0)))
    if not rows:
        options.answer("nothing was read yet; begin with: selfsearch index PATH")


@app.command("set")
def set_source(
    source: Annotated[int, typer.Argument(metavar="SOURCE", help="Its number; see: selfsearch sources.")],
    account_was: Annotated[
        str,
        typer.Option(
            "--account-was",
            metavar="public|private|unknown",
            help="Who could see it; unknown takes back what you said.",
        ),
    ],
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Up to this day.")] = None,
) -> None:
    """Say when an account was public or private.

    For exports that do not say who could see a post. Without dates it counts for all of them.
    """
    from ..consent.exposure import span
    from ..library import sources

    if account_was not in ("public", "private", "unknown"):
        raise UsageError(f"--account-was takes public, private or unknown, not {account_was!r}")
    since, until = options.parse_day(since), options.parse_day(until)
    if since and until and since > until:
        raise UsageError(f"--from {since} is after --to {until}")
    with options.opened(writing=True) as library:
        row = _find(library, source)
        if row.platform == "folder":
            raise UsageError(f"{row.name} is plain files, which are in nobody's account: nothing was noted")
        period = {"public": account_was == "public", "since": since, "until": until}
        others = [each for each in row.account_was if each != period]
        periods = [] if account_was == "unknown" else [*others, period]
        sources.update_source(library, source, account_was=periods)
    if account_was == "unknown":
        options.say(f"taken back: what you said of the account of {row.name}")
    else:
        options.say(f"noted: the account of {row.name} was {account_was}{span(period)}")


@app.command("supersede")
def supersede(
    older: Annotated[int, typer.Argument(metavar="OLDER", help="The source that is out of date.")],
    newer: Annotated[
        int, typer.Argument(metavar="NEWER", help="The newer export of the same account; 0 takes it back.")
    ],
) -> None:
    """Let a newer export take an older one's place.

    The next re-scan tells what the newer one no longer holds as gone; what both hold is not told again.
    """
    from ..library import sources

    with options.opened(writing=True) as library:
        rows = {row.id: row for row in sources.all_sources(library)}
        if older not in rows or (newer and newer not in rows) or older == newer:
            raise UsageError("name two sources that there are; see: selfsearch sources")
        if newer:
            _check_successor(rows, rows[older], rows[newer])
        sources.update_source(library, older, successor=newer or None)
    was = rows[older].name
    options.say(f"{was} is replaced by {rows[newer].name}" if newer else f"{was} counts again")


def _check_successor(rows: dict[int, SourceRow], older: SourceRow, newer: SourceRow) -> None:
    """Raises UsageError when the newer cannot have taken the older's place."""
    if older.platform != newer.platform:
        raise UsageError(f"{newer.name} is not of the same platform as {older.name}")
    if older.account and newer.account and older.account != newer.account:
        raise UsageError(f"{newer.name} is not of the same account as {older.name}")
    if older.exported_at and newer.exported_at and newer.exported_at < older.exported_at:
        raise UsageError(
            f"{newer.name} is the older export, of {newer.exported_at[:10]}; turn them round:"
            f" selfsearch sources supersede {newer.id} {older.id}"
        )
    last = newer
    while last.successor is not None and last.id != older.id:
        last = rows[last.successor]
    if last.id == older.id:
        raise UsageError(f"{newer.name} was itself replaced by {older.name}")


@app.command("gone")
def gone(
    source: Annotated[int, typer.Argument(metavar="SOURCE", help="Its number; see: selfsearch sources.")],
) -> None:
    """Say that a source that cannot be reached was deleted.

    Everything in it counts as gone, and the next re-scan tells so. What is known of it is erased after 90
    days; at once: selfsearch forget.
    """
    from ..library import items, sources
    from ..report.wording import gone_files
    from ..workflows import retention

    with options.opened(writing=True) as library:
        row = _find(library, source)
        if row.state != "unreachable":
            raise UsageError(
                f"{row.name} could be reached the last time; selfsearch rescan says what is gone"
            )
        count = items.mark_all_gone(library, source, isoformat(options.now()))
        sources.update_source(library, source, stamps={})
    options.say(f"counted as gone: {quantity(count, 'file')} of {row.name}")
    if count:
        day = f"{options.now() + retention.KEEP_GONE:%Y-%m-%d}"
        options.say(gone_files(count, day))


def _find(library: Library, number: int) -> SourceRow:
    """Raises UsageError when there is no such source."""
    from ..library.sources import all_sources

    for row in all_sources(library):
        if row.id == number:
            return row
    raise UsageError(f"there is no source {number}; see: selfsearch sources")


def _as_object(row: SourceRow, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "platform": row.platform, "title": row.title, "why": row.why,
        "account": row.account, "display_name": row.display_name, "exported_at": row.exported_at,
        "root": row.root, "containers": row.containers, "state": row.state, "successor": row.successor,
        "account_was": row.account_was, "scanned_at": row.scanned_at, "outcomes": counts,
    }  # fmt: skip


def _as_lines(row: SourceRow, counts: dict[str, int], successor: SourceRow | None) -> list[str]:
    from ..consent.exposure import span

    lines = [f"{row.name}: {quantity(sum(counts.values()), 'file')}; {row.why}"]
    lines += [f"   {path}" for path in row.containers if path not in row.name]
    if successor is not None:
        lines.append(f"   replaced by {successor.name}")
    for period in row.account_was:
        lines.append(
            f"   you said: the account was {'public' if period['public'] else 'private'}{span(period)}"
        )
    return lines
