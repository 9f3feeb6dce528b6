"""An export: everything that belongs to one source, whatever parts it came in, addressed from its own root.

Platform readers see only this: paths relative to the export's root (wrapper folders and parts are gone), and
ways to read records. A record that cannot be read, or only in part, is noted and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import ijson

from ..containers.base import Member
from ..errors import ItemError
from .html_page import Element, HtmlPage, IsWanted
from .json_stream import MAX_TOKEN, JsonText, complaint, elements, events, has_long_token
from .path_index import PathIndex, file_name, fold, folder_of

HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")  # an escaped surrogate, which may stand alone
NOT_OBJECTS = "holds entries that are not objects; they were passed over"
MAX_PATH = 4096  # characters; nothing on a disk or in an archive that we list has a longer path
MAX_NAMESAKES = 1000  # files of one name among which a record's path is looked for
MAX_DOCUMENT_BYTES = 64 << 20  # for records that must be parsed whole, not streamed


@dataclass
class Export:
    """The union of an export's parts. `members` maps paths from the root to files, in cheap reading order."""

    name: str  # the first container's file name without its ending, for people
    members: Mapping[str, Member]
    notes: dict[str, str] = field(default_factory=dict)  # record path -> what was wrong with it
    unread: set[str] = field(default_factory=set)  # records that could not be read
    used: set[str] = field(default_factory=set)  # records of which something could be used all the same
    records: set[str] = field(default_factory=set)  # paths that a reader read as records

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {folded: path for path in self.members if (folded := fold(path)) != path}

    @cached_property
    def _path_index(self) -> PathIndex:
        return PathIndex(self.members)

    @cached_property
    def _by_basename(self) -> dict[str, str | list[str]]:
        """Last part -> path, or paths: a list for each of a million names would double the table."""
        table: dict[str, str | list[str]] = {}
        for path in self.members:
            name = fold(file_name(path))
            earlier = table.setdefault(name, path)
            if isinstance(earlier, list):
                earlier.append(path)
            elif earlier != path:
                table[name] = [earlier, path]
        return table

    def clear_caches(self) -> None:
        """Drop the tables for finding files; they are made again when somebody asks."""
        for table in ("_folded", "_path_index", "_by_basename"):
            self.__dict__.pop(table, None)

    def find(self, path: str) -> str | None:
        """The key of `members` that this path means: exact, else ignoring case and Unicode form."""
        if path in self.members:
            return path
        if len(path) > MAX_PATH:
            return None
        folded = fold(path.lstrip("./"))
        return self._folded.get(folded, folded if folded in self.members else None)

    def with_name(self, basename: str) -> list[str]:
        """All paths whose last part is `basename`."""
        paths = self._by_basename.get(fold(basename), [])
        return [paths] if isinstance(paths, str) else paths

    def namesakes(self, path: str) -> list[str]:
        """All paths that end as this one of a record does; none where so many do that it says nothing."""
        paths = self.with_name(file_name(path))
        return paths if len(paths) <= MAX_NAMESAKES else []

    def beside(self, record: str, name: str) -> str | None:
        """The file `name` (or a path) in the folder of a record."""
        return self.find(folder_of(record) + name)

    def deeper(self, path: str) -> list[str]:
        """The files at `path` below other folders: a record may leave out the outer ones."""
        tail = f"/{fold(path)}"
        return [member for member in self.namesakes(path) if fold(member).endswith(tail)]

    def matching(self, pattern: str) -> list[str]:
        """All paths that end in `pattern` (fnmatch, any case and depth), in order of their numbers."""
        wanted = fold(pattern)
        candidates = self._path_index.matching(file_name(wanted))
        return sorted(
            (p for p in candidates if fnmatchcase(fold(p), wanted) or fnmatchcase(fold(p), f"*/{wanted}")),
            key=natural_key,
        )

    def note(self, path: str, reason: str, *, unread: bool = False) -> None:
        """Say that a record was readable only in part, or (`unread`) not at all. The first reason stays."""
        if unread and path not in self.notes:
            self.unread.add(path)
        self.notes.setdefault(path, reason)

    def text(self, path: str) -> str:
        """A record as text: UTF-8 with or without a mark, UTF-16 with one. "" and a note when unreadable."""
        self.records.add(path)
        try:
            data = self.members[path].read(MAX_DOCUMENT_BYTES)
        except ItemError as exc:
            self.note(path, str(exc), unread=True)
            return ""
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16", "replace")
        text = data.decode("utf-8-sig", "replace")
        if "\ufffd" in text:
            self.note(path, "holds bytes that are not UTF-8; they are shown as \ufffd")
        return text

    def json(self, path: str) -> Any:
        """A whole JSON document; None and a note when it is not one."""
        text = self.text(path)
        if path in self.notes and not text:
            return None
        if has_long_token(text):
            self.note(path, f"one text in it has more than {MAX_TOKEN >> 20} MB", unread=True)
            return None
        try:
            value = json.loads(text)
            if HALF_PAIR.search(text):  # half an emoji cannot be stored or shown
                value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
            return value
        except (ValueError, RecursionError) as exc:
            self.unread.add(path)
            self.note(path, f"not valid JSON: {exc}")
            return None

    def object_at(self, path: str | None) -> dict[str, Any]:
        """The JSON object in a record that is found by its path; {} when there is none."""
        member = self.find(path) if path else None
        value = self.json(member) if member else None
        return value if isinstance(value, dict) else {}

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a file, fewer at its end; b"" when it cannot be read. Not noted as a record."""
        try:
            with self.members[path].open() as stream:
                return stream.read(size)
        except ItemError:
            return b""

    def each(self, path: str, *keys: str, assigned: bool = False) -> Iterator[Any]:
        """The elements of a list in a JSON record, streamed: the top-level list, or one under `keys`.

        "" among `keys` (or no keys) means the top level; "*" means every list that is in no other. A single
        object where a list is expected counts as a list of one. A cut file yields what is whole in it.
        `assigned`: the record is JavaScript, `NAME = VALUE;`.
        """
        read = 0
        with self._streamed(path, assigned=assigned) as stream:
            for element in elements(stream, keys or ("",)) if stream else ():
                read += 1
                yield element
        if read:
            self.used.add(path)
        elif path in self.notes:
            self.unread.add(path)

    def each_object(self, path: str, *keys: str, assigned: bool = False) -> Iterator[dict[str, Any]]:
        """The elements that are JSON objects (see `each`); a note says so when there are others."""
        for element in self.each(path, *keys, assigned=assigned):
            if isinstance(element, dict):
                yield element
            else:
                self.note(path, NOT_OBJECTS)

    def objects(self, path: str, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The JSON objects at every wanted prefix of ijson's, streamed, each with its prefix."""
        builder: ijson.ObjectBuilder | None = None
        inside = ""
        for prefix, event, value in self.events(path):
            if builder is None:
                if event != "start_map" or not is_wanted(prefix):
                    continue
                builder, inside = ijson.ObjectBuilder(), prefix
            builder.event(event, value)
            if event == "end_map" and prefix == inside:
                yield inside, builder.value
                builder = None

    def events(self, path: str) -> Iterator[tuple[str, str, Any]]:
        """A JSON record as ijson's (prefix, event, value), for what `each` cannot walk. Damage ends it."""
        with self._streamed(path) as stream:
            if stream:
                yield from events(stream)

    @contextmanager
    def _streamed(self, path: str, *, assigned: bool = False) -> Iterator[JsonText | None]:
        """A record's JSON; None when there is none. Whatever goes wrong with it inside becomes a note."""
        self.records.add(path)
        with ExitStack() as stack:
            text = None
            try:
                text = JsonText(stack.enter_context(self.members[path].open()), assigned=assigned)
                if text.blank:
                    text = None
                    self.note(path, "is empty", unread=True)
            except ItemError as exc:
                self.note(path, str(exc), unread=True)
            try:
                yield text
            except ijson.JSONError as exc:
                self.note(path, f"damaged JSON, read as far as it goes: {complaint(exc)}")
            except ItemError as exc:
                self.note(path, f"read as far as it goes: {exc}")

    def html(self, path: str, is_wanted: IsWanted) -> Iterator[Element]:
        """The outermost elements of a web page for which `is_wanted(tag, attributes, depth)`, streamed.

        It is asked of every start tag that is not in a wanted element, in their order; `depth` counts the
        elements around it. Damage becomes a note.
        """
        self.records.add(path)
        read, page = 0, None
        try:
            with self.members[path].open() as stream:
                page = HtmlPage(stream)
                for element in page.elements(is_wanted):
                    read += 1
                    yield element
            for reason in page.damage:
                self.note(path, reason)
            if page.is_empty:
                self.note(path, "is empty", unread=True)
        except ItemError as exc:
            self.note(path, f"read as far as it goes: {exc}" if read else str(exc), unread=not read)
        if read:
            self.used.add(path)

    def rows(self, path: str, *, skip_to: str | None = None) -> Iterator[dict[str, str]]:
        """The rows of a CSV record as dicts. `skip_to`: a cell of the header; what precedes it is skipped."""
        text = self.text(path)
        reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
        header: list[str] | None = None
        try:
            for row in reader:
                if header is None:
                    cells = [cell.strip() for cell in row]
                    if cells and (skip_to is None or skip_to in cells):
                        header = cells
                elif row:
                    yield dict(zip(header, row, strict=False))
        except csv.Error as exc:
            self.note(path, f"damaged CSV, read as far as it goes: {exc}")
        if header is None and skip_to is not None and text.strip():
            self.note(path, f"has no column called {skip_to}", unread=True)


def natural_key(path: str) -> list[Any]:
    """Sort key under which part 2 stands before part 10: text and numbers by turns."""
    return [int(p[:18]) if number % 2 else p for number, p in enumerate(re.split("([0-9]+)", path))]
