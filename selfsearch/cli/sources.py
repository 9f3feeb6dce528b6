"""selfsearch sources"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from ..types import isoformat
from ..words import quantity
from . import options, word_lines
from .explain import explain

if TYPE_CHECKING:
    from ..consent.audience_words import UnknownWord
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
    from ..library import items, searched, sources
    from ..recognition.engine import DETECTION_REVISION

    with options.opened() as library:
        rows = [(row, items.count_outcomes(library, [row.id])) for row in sources.all_sources(library)]
        older = searched.count_searched_before(library, DETECTION_REVISION)
    if as_json:
        listed = [_as_object(row, counts, older.get(row.id, 0)) for row, counts in rows]
        options.answer_json({"schema": "selfsearch.sources/1", "sources": listed})
        return
    by_number = {row.id: row for row, _ in rows}
    for row, counts in rows:
        options.answer(*_as_lines(row, counts, by_number.get(row.successor or 0)))
        if sentence := options.searched_before([(row, older.get(row.id, 0))]):
            options.answer(f"   {sentence}")
    if not rows:
        options.answer("nothing was read yet; begin with: selfsearch index PATH")


@app.command("set")
def set_source(
    source: Annotated[int, typer.Argument(metavar="SOURCE", help="Its number; see: selfsearch sources.")],
    account_was: Annotated[
        str | None,
        typer.Option(
            "--account-was",
            metavar="public|private|unknown",
            help="Who could see the account; of a photo library, private says that nothing of it was shared."
            " unknown takes back what you said.",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Up to this day.")] = None,
    audience: Annotated[
        str | None,
        typer.Option("--audience", metavar="WORD", help="The platform's word for who could see something."),
    ] = None,
    means: Annotated[
        str | None,
        typer.Option(
            "--means",
            metavar="public|network|private|unknown",
            help="With --audience: everyone, friends or a group, or only you; unknown takes it back.",
        ),
    ] = None,
) -> None:
    """Say when an account was public, or what a word means.

    For exports that do not say who could see a post, or say it in a word that is not known. Without dates it
    counts for all of them. What was posted before an account was public counts as public, too: it opened with
    the account.
    """
    since, until = options.parse_day(since), options.parse_day(until)
    if (account_was is None) == (audience is None):
        raise UsageError("say one of both: --account-was, or --audience WORD with --means")
    if (audience is None) != (means is None):
        raise UsageError("--audience WORD and --means go together")
    if audience is not None and means is not None:
        if since or until:
            raise UsageError("--from and --to go with --account-was: a word means the same on every day")
        _set_meaning(source, audience, _level("--means", means, LEVELS))
    elif account_was is not None:
        if since and until and since > until:
            raise UsageError(f"--from {since} is after --to {until}")
        _set_account(source, _level("--account-was", account_was, ACCOUNT_STATES), since, until)


SEARCHED = {  # the detail of a source, in words
    "fast": "searched fast for faces: small ones in large pictures are missed",
    "normal": "searched normally for faces",
    "thorough": "searched thoroughly for faces",
}
LEVELS = ("public", "network", "private", "unknown")
ACCOUNT_STATES = ("public", "private", "unknown")


def _level(option: str, value: str, values: tuple[str, ...]) -> str:
    if value not in values:
        raise UsageError(f"{option} takes {', '.join(values[:-1])} or {values[-1]}, not {value!r}")
    return value


def _set_account(source: int, account_was: str, since: str | None, until: str | None) -> None:
    from ..consent.exposure import PHOTO_LIBRARIES
    from ..library import sources

    with options.opened(writing=True) as library:
        row = _find(library, source)
        if row.platform == "folder":
            raise UsageError(f"{row.name} is plain files, which are in nobody's account: nothing was noted")
        if row.platform in PHOTO_LIBRARIES and account_was == "public":
            raise UsageError(
                f"{row.name} is a photo library, of which albums are shared one by one: nothing was noted."
                " --account-was private says that nothing of it was shared"
            )
        period = {"public": account_was == "public", "since": since, "until": until}
        others = [each for each in row.account_was if each != period]
        periods = [] if account_was == "unknown" else [*others, period]
        sources.update_source(library, source, account_was=periods)
    if account_was == "unknown":
        options.say(f"taken back: what you said of {_subject(row)}")
        return
    options.say(f"noted: {_statement(row, period, f' of {row.name}')}")
    if account_was == "private" and until:
        options.say(_later(row, until))


def _later(row: SourceRow, until: str) -> str:
    """What a statement that ends does not say: what was private then may have been seen later."""
    from ..consent.exposure import PHOTO_LIBRARIES

    what = "whether any was" if row.platform in PHOTO_LIBRARIES else "what it was"
    return (
        f"that does not say {what} after {until}: as long as you do not say it, who could see what is of that"
        " time is not known"
    )


def _subject(row: SourceRow) -> str:
    from ..consent.exposure import PHOTO_LIBRARIES

    return row.name if row.platform in PHOTO_LIBRARIES else f"the account of {row.name}"


def _statement(row: SourceRow, period: dict[str, Any], of_it: str = "") -> str:
    """What was said of an account or a photo library; `of_it`: of which, where that is not clear."""
    from ..consent.exposure import PHOTO_LIBRARIES, span

    if row.platform in PHOTO_LIBRARIES and not period["public"]:
        return f"nothing{of_it or ' of it'} was shared{span(period)}"
    return f"the account{of_it} was {'public' if period['public'] else 'private'}{span(period)}"


def _set_meaning(source: int, word: str, level: str) -> None:
    from ..consent import audience_words as words
    from ..consent import exposure
    from ..library import sources
    from ..types import Exposure

    with options.opened(writing=True) as library:
        row = _find(library, source)
        others = words.without_word(row.audience_means, word)
        is_known = len(others) < len(row.audience_means)
        if level == "unknown" and not is_known:
            raise UsageError(f"nothing was said of “{word}” in {row.name}, so there is nothing to take back")
        plain = replace(row, audience_means=others)
        found = words.find_word(library, plain, word, level)
        if found is None and not is_known:
            raise UsageError(_no_such_word(words.unknown_words(library, [plain]), row, word))
        word = found.word if found else word
        if level != "unknown":
            others[word] = level
        sources.update_source(library, source, audience_means=others)
    if level == "unknown":
        options.say(f"taken back: what you said that “{word}” means in {row.name}")
        return
    options.say(f"noted: in {row.name}, “{word}” means {exposure.MEANINGS[Exposure(level)]}")
    if found:
        options.say(f"that decides {word_lines.hangs_on(word_lines.as_object(found))}")


def _no_such_word(words: Sequence[UnknownWord], row: SourceRow, word: str) -> str:
    """Why a word cannot be settled, with those that can."""
    said = ", ".join(f"“{word_lines.shown(each.word)}”" for each in words[: word_lines.MOST])
    rest = f"the words there that are not known: {said}" if said else "every word there is known"
    return f"{row.name} says “{word}” of nothing that this could decide; {rest}"


app.command("explain")(explain)


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


def _as_object(row: SourceRow, counts: dict[str, int], older: int) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "platform": row.platform, "title": row.title, "why": row.why,
        "account": row.account, "display_name": row.display_name, "exported_at": row.exported_at,
        "root": row.root, "containers": row.containers, "state": row.state, "successor": row.successor,
        "account_was": row.account_was, "audience_means": row.audience_means,
        "scanned_at": row.scanned_at, "outcomes": counts, "detail": row.detail.value,
        "searched_before": older,
    }  # fmt: skip


def _as_lines(row: SourceRow, counts: dict[str, int], successor: SourceRow | None) -> list[str]:
    from ..consent.exposure import MEANINGS
    from ..types import Exposure

    lines = [f"{row.name}: {quantity(sum(counts.values()), 'file')}; {row.why}"]
    lines += [f"   {path}" for path in row.containers if path not in row.name]
    lines.append(f"   {SEARCHED[row.detail.value]}")
    if successor is not None:
        lines.append(f"   replaced by {successor.name}")
    lines += [f"   you said: {_statement(row, period)}" for period in row.account_was]
    for word, level in row.audience_means.items():
        lines.append(f"   you said: “{word_lines.shown(word)}” means {MEANINGS[Exposure(level)]}")
    return lines
