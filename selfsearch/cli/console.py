"""The two streams to the terminal. Whatever is written to them, by whomever, passes here.

File names, account names and captions were written by others. While a command runs, sys.stdout and sys.stderr
let no sign through that acts on a terminal or hides: not in an answer, a usage error of typer's, a log record
or a traceback. Only what selfsearch draws itself, styles and progress bars, goes past that.

Line breaks are ours or theirs, and a stream cannot tell: options.py writes line by line, and a line break
inside of a line is shown as U+FFFD.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO, cast

from ..report.sanitize import visible, visible_lines

STYLE = re.compile("(\x1b\\[[0-9;]*m)")  # SGR: colours, bold; report/text.py makes them, and nothing else may


class GuardedStream:
    """A text stream that shows what would act, and has no `buffer`, which would be a way around.

    `words` are those of the call that typer may quote: their line breaks are none of ours.
    """

    def __init__(self, raw: TextIO, words: Sequence[str] = ()) -> None:
        self.raw = raw
        self._words = [word for word in words if "\n" in word.strip()]

    def write(self, text: str) -> int:
        """Write the text with U+FFFD for each sign that acts or hides."""
        for word in self._words:
            text = text.replace(word, visible(word))
        write_raw(self.raw, visible_lines(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As a stream does."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.raw, name)


def write_raw(stream: TextIO, text: str) -> None:
    """Write the text as it is, with a question mark for what the stream's encoding has not."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))


class _OneRow:
    """What csv.writer writes to on a terminal: it gives one row per call, and each becomes one line."""

    def write(self, row: str) -> int:
        """Write one row."""
        return sys.stdout.write(visible(row.rstrip("\r\n")) + "\n")


class _OneLine(logging.Formatter):
    """A log record's message as one line."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return visible(record.getMessage())


def guard(words: Sequence[str] = ()) -> None:
    """From now on nothing that acts reaches stdout or stderr. Doing it twice does no harm."""
    if not isinstance(sys.stdout, GuardedStream | None):
        sys.stdout = cast(TextIO, GuardedStream(sys.stdout))
    if not isinstance(sys.stderr, GuardedStream | None):
        sys.stderr = cast(TextIO, GuardedStream(sys.stderr, words))
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_OneLine())


@contextmanager
def guarded(words: Sequence[str]) -> Iterator[None]:
    """`guard` for the time of one command."""
    before = sys.stdout, sys.stderr
    guard(words)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def unguarded(stream: TextIO) -> TextIO:
    """The stream itself, for what draws on the terminal and shows no word of others that is not `visible`."""
    return stream.raw if isinstance(stream, GuardedStream) else stream


def write_styled(line: str) -> None:
    """One line of the answer, in which report/ put styles of ours."""
    parts = STYLE.split(line)
    parts[::2] = [visible(part) for part in parts[::2]]
    write_raw(unguarded(sys.stdout), "".join(parts) + "\n")


def table() -> TextIO:
    """Where CSV goes: a file gets it as it is; on a terminal a row is one line."""
    return cast(TextIO, _OneRow()) if sys.stdout.isatty() else sys.stdout
