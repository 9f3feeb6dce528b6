"""What several commands share: options, the clock, opening the library, asking and printing."""

from __future__ import annotations

import getpass
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Hashable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ..errors import LibraryBusyError, SelfsearchError, UsageError
from ..report.sanitize import visible
from ..sandbox import process
from ..words import quantity
from . import console, erasure_output, signals

if TYPE_CHECKING:
    from ..library.library import Library
    from ..library.sources import SourceRow
    from ..recognition.worker_pool import WorkerPool
    from ..workflows.index import IndexResult

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
PackName = Annotated[
    str | None,
    typer.Option("--pack", metavar="NAME", help="Model pack to use this time; see: selfsearch models."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; go ahead.")]

_BULLET = re.compile(" *(?:- )?")  # what a line begins with; its next lines are indented as far
MAX_ENGINES = 2  # with their workers; a command needs one, but a program may run several commands
_engines: dict[Hashable, WorkerPool] = {}  # by pack, the state of its files, and what they are for


def print_version(wanted: bool) -> None:
    """--version, before a command is missed."""
    if wanted:
        from ..version import __version__

        answer(f"selfsearch {__version__}")
        raise typer.Exit


def show_version(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print the version.")
    ] = False,
) -> None:
    """Find where your own face appears in the media you control. Nothing is sent unless you ask."""


def parse_day(text: str | None) -> str | None:
    """A day as 2021-06-02, however ISO 8601 lets it be written. Raises UsageError."""
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as exc:
        raise UsageError(f"{text!r} is not a day; write it as 2021-06-02") from exc


def home() -> Path:
    """The library's folder: $SELFSEARCH_HOME, or the user's data folder."""
    from .. import settings

    return settings.chosen_home()


def key_folder() -> Path:
    """Where key files are: $SELFSEARCH_KEYS, or the user's configuration folder."""
    from .. import settings

    return settings.chosen_key_folder()


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(timezone.utc).astimezone()


@contextmanager
def opened(
    *, create: bool = False, writing: bool = False, completing: bool = True, accepting: bool = False
) -> Iterator[Library]:
    """The library, opened; its passphrase is asked for when it has one.

    Whoever writes completes what was to be erased, and says so, and removes pages that were shown.
    """
    from ..library import pages
    from ..library.library import open_library

    with open_library(
        home(),
        key_folder=key_folder(),
        create=create,
        writing=writing,
        ask=ask_passphrase,
        accepting=accepting,
    ) as library:
        if writing:
            pages.remove_expired(library.home, now())
        if writing and completing:
            say(*erasure_output.complete(library, now()))
        yield library


@contextmanager
def opened_shared() -> Iterator[Library]:
    """The library for a command that writes single rows only (an entry of the audit log, what was told).

    While another run is its writer it is opened all the same: what is written then waits for the other's
    transaction, not for its end, and what is to be erased is left to the next writer; it is shown to nobody.
    """
    with ExitStack() as stack:
        try:
            library = stack.enter_context(opened(writing=True))
        except LibraryBusyError:
            library = stack.enter_context(opened())
        yield library


def ask_passphrase() -> str | None:
    """From the environment, or from the terminal; None when there is neither."""
    passphrase = process.passphrase()
    if passphrase is None and sys.stdin.isatty():
        passphrase = getpass.getpass("Passphrase of the selfsearch library: ")
    return passphrase


def engine(pack: str | None = None, *, with_hash: bool = True) -> WorkerPool:
    """The engine with the pack that was asked for, or the one that is set. Its workers end with the process.

    Without `with_hash` it makes no perceptual hashes: enough for photographs to search with.
    """
    from .. import settings
    from ..packs.store import find_pack
    from ..recognition.worker_pool import WorkerPool

    found = find_pack(pack or settings.read(home()).pack, home() / "packs")
    files = tuple((path, path.stat().st_mtime_ns) for path, _ in found.checksums if path.is_file())
    key = (found, files, with_hash)
    if key not in _engines:
        if len(_engines) == MAX_ENGINES:
            _engines.pop(next(iter(_engines))).close()
        _engines[key] = WorkerPool(found, with_hash=with_hash)
    return _engines[key]


def require_all_finished(results: Iterable[IndexResult]) -> None:
    """Raises SelfsearchError when an error that nobody foresaw, a crash or the time limit cost a file."""
    count = sum(result.failed for result in results)
    if count:
        raise SelfsearchError(
            f"all else is done, but {quantity(count, 'file')} could not be finished; see: selfsearch status"
            " --problems. Please report it, without the file: this program or a library has a bug"
        )


def searched_before(rows: Iterable[tuple[SourceRow, int]]) -> str | None:
    """That pictures were searched by an older detection, and the command that searches them again; or None.

    `rows`: sources, with how many such pictures are there now. Not where little care was asked for.
    """
    from ..report.wording import searched_before
    from ..types import Detail

    counted = [(row, count) for row, count in rows if is_worth_searching_again(row, count)]
    roots = dict.fromkeys(row.root for row, _ in counted)
    if not roots:
        return None
    command = f"selfsearch index {' '.join(map(shlex.quote, roots))} --detail {Detail.NORMAL.value}"
    return searched_before(sum(count for _, count in counted), command)


def is_worth_searching_again(row: SourceRow, count: int) -> bool:
    """Whether pictures of a source that an older detection searched are not to be searched again anyway."""
    from ..recognition.engine import DETECTION_REVISION
    from ..types import Detail

    is_current = row.state == "live" and row.successor is None
    return bool(count) and is_current and row.detection < DETECTION_REVISION and row.detail is not Detail.FAST


def is_at_terminal() -> bool:
    """Whether somebody is there who can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, otherwise: str = "nothing was done") -> bool:
    """Yes or no, from a terminal. Without one the answer is no. `otherwise`: what Ctrl-C comes to."""
    if not is_at_terminal():
        return False
    with signals.saying(f"stopped; {otherwise}"):
        return prompt(f"{question} [y/N]").strip().lower() in ("y", "yes")


def require_yes(question: str, otherwise: str, *, yes: bool) -> None:
    """Raises UsageError, which begins with `otherwise`, unless --yes or the terminal agrees."""
    if not yes and not ask(question, otherwise):
        raise UsageError(with_hint(otherwise))


def with_hint(otherwise: str, to: str = "to go ahead") -> str:
    """What a "no" came to; where nobody could be asked, with the option that answers."""
    return otherwise if is_at_terminal() else f"{otherwise}; {to} without a question: --yes"


def may_replace(path: Path, *, yes: bool) -> bool:
    """Whether there is a file at `path` that may be replaced. Raises UsageError when it may not."""
    if not os.path.lexists(path):
        return False
    if path.is_dir() or path.is_symlink():
        raise UsageError(f"{path} is a folder or a link; name a file that is not there yet")
    if not yes and not ask(f"{path} exists. Replace it?"):
        raise UsageError(with_hint(f"{path} exists and was not replaced", "to replace it"))
    return True


def page_place(path: Path) -> Path:
    """Where a page may be written: at a new place, or over a page of ours.

    Raises UsageError; SelfsearchError when there is no folder for it.
    """
    place = path.expanduser().absolute()
    if os.path.lexists(place) and not _is_page_of_ours(place):
        raise UsageError(
            f"{place} exists and is no page that selfsearch wrote, so it is not replaced; name another file"
        )
    if not place.parent.is_dir():
        raise SelfsearchError(f"{place} cannot be written: there is no folder {place.parent}")
    return place


def write_page(path: Path, page: str) -> None:
    """Write a page to its `page_place`. Raises SelfsearchError, also when something came to stand there."""
    from ..files import delete_halves, write_private

    try:
        delete_halves(path)
        write_private(path, page.encode(), replacing=_is_page_of_ours(path))
    except OSError as exc:
        raise SelfsearchError(f"{path} cannot be written: {exc.strerror}") from exc


def _is_page_of_ours(path: Path) -> bool:
    """By how every page of ours begins, with the policy that lets nothing be loaded."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1000)
    return head.lstrip().startswith(b"<!doctype html>") and b"content=\"default-src 'none'; " in head


def command_name() -> str:
    """What somebody types here to have this program run: selfsearch, where it was found by that name."""
    called = os.environ.get("SELFSEARCH_COMMAND") or sys.argv[0]  # the first is what scripts/selfsearch says
    name = Path(called).name
    if Path(called).parts[-2:] == ("selfsearch", "__main__.py"):
        return f"{Path(sys.executable).stem} -m selfsearch"
    if name != "selfsearch" or shutil.which(name) == called:
        return "selfsearch"
    return shlex.quote(called)


def as_typed(line: str) -> str:
    """A line of ours in which commands stand as they are to be typed here: scripts/selfsearch index, say."""
    name = command_name()
    if name == "selfsearch" or "selfsearch " not in line:
        return line
    from . import app

    commands = [command.name for command in app.registered_commands]
    groups = [group.name for group in app.registered_groups]
    words = "|".join(re.escape(word) for word in [*commands, *groups, "COMMAND"] if word)
    return re.sub(rf"(?<![\w./-])selfsearch (?=(?:{words})\b)", lambda _: f"{name} ", line)


def prompt(question: str) -> str:
    """The line that is typed after the question."""
    sys.stderr.write(f"{_folded(question, sys.stderr)} ")
    sys.stderr.flush()
    return sys.stdin.readline()


def say(*lines: str) -> None:
    """Lines of the story, on stderr; folded at words on a terminal. A line break in one is none of ours."""
    sys.stderr.write("".join(f"{_folded(line, sys.stderr)}\n" for line in lines))
    sys.stderr.flush()


def _folded(line: str, stream: TextIO) -> str:
    """What is shown of a line: on a terminal as several, broken at words."""
    line = visible(as_typed(line))
    if not stream.isatty():
        return line
    import textwrap

    text = _BULLET.sub("", line, count=1)
    bullet = line[: len(line) - len(text)]
    return textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def answer(*lines: str) -> None:
    """Lines of the answer, on stdout; folded as those of the story. A line break in one is none of ours."""
    sys.stdout.write("".join(f"{_folded(line, sys.stdout)}\n" for line in lines))
    sys.stdout.flush()


def answer_text(text: str) -> None:
    """A text of ours as it is, with its line breaks: what would be written into a file, say."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def answer_styled(text: str) -> None:
    """An answer that report/ laid out in lines, styles included."""
    for line in text.removesuffix("\n").split("\n"):
        console.write_styled(line)
    sys.stdout.flush()


def answer_json(value: dict[str, Any]) -> None:
    """The answer for programs, on stdout: piece by piece, for it may list 100,000 posts.

    It is ASCII: everything else, what acts on a terminal included, is escaped (\\u202e).
    """
    write = sys.stdout.write
    for position, (key, member) in enumerate(value.items()):
        write(f"{',' if position else '{'}\n {json.dumps(key)}: ")
        if not isinstance(member, list) or not member:
            write(json.dumps(member, indent=1))
            continue
        for index, item in enumerate(member):
            write(f"{',' if index else '['}\n{json.dumps(item, indent=1)}")
        write("]")
    write("\n}\n")
    sys.stdout.flush()


def width() -> int:
    """Columns of the terminal; 100 when the answer goes into a file or a pipe."""
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100


def colour() -> bool:
    """Whether the answer goes to a terminal that shows colours; https://no-color.org is honoured."""
    refused = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    supported = os.name == "posix" or "WT_SESSION" in os.environ
    return sys.stdout.isatty() and supported and not refused
