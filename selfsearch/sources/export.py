"""An export: everything that belongs to one source, whatever parts it came in, addressed from its own root.

Platform readers see only this: paths relative to the export's root (wrapper folders and parts are gone), and ways to
read records. A record that cannot be read, or only in part, is noted and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Protocol

import ijson

from ..errors import ItemError
from ..types import Outcome, Provenance
from .members import Member

MAX_RECORD_BYTES = 1 << 30  # a record file beyond this is not a platform's
MAX_DOCUMENT_BYTES = 64 << 20  # for records that must be parsed whole, not streamed


@dataclass(frozen=True, slots=True)
class Root:
    """Where an export begins inside a container, and why we think so (shown to the user)."""

    prefix: str  # "" or a path ending in "/"
    why: str


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time in which the account was public, or was not. None means open-ended. ISO 8601."""

    public: bool
    since: str | None
    until: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """Whose export it is, as far as it says."""

    name: str | None = None  # the handle that the platform uses
    display_name: str | None = None
    exported_at: str | None = None  # ISO 8601 date or time of the export itself
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """What a record says about one media file. `path` is None when the export has only a link to it."""

    path: str | None  # relative to the export's root, as a key of `Export.members`
    provenance: Provenance


class Platform(Protocol):
    """One platform's export format: a module with these names."""

    name: str  # the word in Provenance.platform and in the JSON output
    title: str  # for people

    def roots(self, names: Names) -> Iterable[Root]:
        """Where in this container exports of this platform begin (usually one, or none)."""
        ...

    def series(self, container: str) -> str | None:
        """The key that parts of one export share, from a container's file name; None when the name is not ours."""
        ...

    def account(self, export: Export) -> Account:
        """Whose export it is."""
        ...

    def mentions(self, export: Export) -> Iterator[Mention]:
        """Every media file that a record speaks of, once per record."""
        ...

    def orphan(self, export: Export, path: str) -> Provenance:
        """What the path alone says about a media file that no record mentions."""
        ...

    def derivative(self, path: str) -> str | None:
        """Why this member is only a copy that the platform made of another (thumbnail, overlay), or None."""
        ...


class Names:
    """The paths of one container, prepared for recognition. Comparisons ignore case and Unicode form."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths: list[str] = list(paths)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for path in self.paths:
            table.setdefault(fold(path.rpartition("/")[2]), []).append(path)
        return table

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """Folder name -> full prefixes ("a/b/") of the folders that carry it."""
        prefixes: dict[str, None] = {}
        last = ""
        for path in self.paths:
            prefix = path[: path.rfind("/") + 1]
            if prefix == last:
                continue
            last = prefix
            while prefix and prefix not in prefixes:
                prefixes[prefix] = None
                prefix = prefix[: prefix.rstrip("/").rfind("/") + 1]
        table: dict[str, list[str]] = {}
        for prefix in prefixes:
            table.setdefault(fold(prefix.rstrip("/").rpartition("/")[2]), []).append(prefix)
        return table

    def files(self, marker: str) -> Iterator[str]:
        """Prefixes (""/"a/b/") under which the file `marker` ("data/manifest.js"; its last part may have * and ?) exists."""
        parent, _, name = fold(marker).rpartition("/")
        if any(sign in name for sign in "*?["):
            found = [p for known, paths in self._by_name.items() if fnmatchcase(known, name) for p in paths]
        else:
            found = self._by_name.get(name, [])
        seen = set()
        for path in found:
            folder = path[: path.rfind("/") + 1]
            prefix = _strip_tail(folder, parent)
            if prefix is not None and prefix not in seen:
                seen.add(prefix)
                yield prefix

    def folders(self, marker: str) -> Iterator[str]:
        """Prefixes under which the folder `marker` ("your_instagram_activity", "media/posts") exists."""
        parent, _, name = fold(marker.rstrip("/")).rpartition("/")
        seen = set()
        for folder in self._folders.get(name, []):
            prefix = _strip_tail(folder[: folder.rstrip("/").rfind("/") + 1], parent)
            if prefix is not None and prefix not in seen:
                seen.add(prefix)
                yield prefix

    def has(self, path: str) -> bool:
        """Whether this very file exists (any case, any Unicode form)."""
        wanted = fold(path)
        return any(fold(known) == wanted for known in self._by_name.get(wanted.rpartition("/")[2], []))


@dataclass
class Export:
    """The union of an export's parts. `members` maps a path from the root to its file, in cheap reading order."""

    name: str  # the first container's file name without its ending, for people
    members: Mapping[str, Member]
    notes: dict[str, str] = field(default_factory=dict)  # record path -> what was wrong with it
    records: set[str] = field(default_factory=set)  # paths that a reader read as records

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {fold(path): path for path in self.members}

    @cached_property
    def _by_basename(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for path in self.members:
            table.setdefault(fold(path.rpartition("/")[2]), []).append(path)
        return table

    def find(self, path: str) -> str | None:
        """The key of `members` that this path means: exact, else ignoring case and Unicode form."""
        if path in self.members:
            return path
        return self._folded.get(fold(path.lstrip("./")))

    def named(self, basename: str) -> list[str]:
        """All paths whose last part is `basename`."""
        return self._by_basename.get(fold(basename), [])

    def matching(self, pattern: str) -> list[str]:
        """All paths that end in `pattern` (fnmatch, any case, at any depth), in natural order of their numbers."""
        wanted = fold(pattern)
        name = wanted.rpartition("/")[2]
        if any(sign in name for sign in "*?["):
            near = [p for known, paths in self._by_basename.items() if fnmatchcase(known, name) for p in paths]
        else:
            near = self._by_basename.get(name, [])
        return sorted(
            (p for p in near if fnmatchcase(fold(p), wanted) or fnmatchcase(fold(p), "*/" + wanted)), key=_natural
        )

    def note(self, path: str, reason: str) -> None:
        """Say that a record was unreadable, or readable only in part. The first reason stays."""
        self.notes.setdefault(path, reason)

    def text(self, path: str) -> str:
        """A record as text: UTF-8 with or without a mark, UTF-16 with one. "" and a note when it cannot be read."""
        self.records.add(path)
        try:
            data = self.members[path].read(MAX_DOCUMENT_BYTES)
        except ItemError as exc:
            self.note(path, str(exc))
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
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as exc:
            self.note(path, f"not valid JSON: {exc}")
            return None

    def each(self, path: str, *keys: str) -> Iterator[Any]:
        """The elements of a list in a JSON record, streamed: the top-level list, or the list under one of `keys`.

        "" among `keys` (or no keys) means the top level; "*" means the first list found under any key. A single
        object where a list is expected counts as a list of one. A file that is cut yields what stands before the cut.
        """
        self.records.add(path)
        try:
            stream = self.members[path].open()
        except ItemError as exc:
            self.note(path, str(exc))
            return
        with stream:
            try:
                yield from _elements(stream, keys or ("",))
            except (ijson.JSONError, UnicodeDecodeError) as exc:
                self.note(path, f"damaged JSON, read as far as it goes: {str(exc).splitlines()[0][:120]}")
            except ItemError as exc:
                self.note(path, f"read as far as it goes: {exc}")

    def rows(self, path: str, *, skip_to: str | None = None) -> Iterator[dict[str, str]]:
        """The rows of a CSV record as dicts. `skip_to`: a header cell; lines before the one that holds it are passed over."""
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


def fold(text: str) -> str:
    """The form in which names are compared: NFC, case folded."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _strip_tail(folder: str, parent: str) -> str | None:
    """`folder` ("a/b/c/") without its trailing `parent` ("b/c"); None when it does not end so."""
    if not parent:
        return folder
    head = folder[: len(folder) - len(parent) - 1]
    matches = fold(folder.rstrip("/")).endswith(parent) and (not head or head.endswith("/"))
    return head if matches else None


def _natural(path: str) -> list[tuple[int, str]]:
    """Sort key under which part 2 stands before part 10."""
    out: list[tuple[int, str]] = []
    digits = text = ""
    for sign in path + "\0":
        if sign.isdecimal() and sign.isascii():
            digits += sign
            continue
        if digits:
            out.append((int(digits[:18]), text))
            digits = text = ""
        text += sign
    return [*out, (0, text)]


def _elements(stream: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    """Walk a JSON stream once and build only the elements of the wanted list."""
    builder: ijson.ObjectBuilder | None = None
    inside: str | None = None  # prefix of the elements being built
    for prefix, event, value in ijson.parse(stream, use_float=True):
        if inside is None:
            if event == "start_array" and (prefix in keys or ("*" in keys and "item" not in prefix.split("."))):
                inside = f"{prefix}.item" if prefix else "item"
            elif event == "start_map" and prefix in keys:
                inside = prefix  # a bare object where a list is expected
            if inside != prefix:
                continue
        if builder is None:
            if prefix != inside:
                inside = None if event == "end_array" else inside
                continue
            builder = ijson.ObjectBuilder()
        builder.event(event, value)
        if prefix == inside and event not in ("start_map", "start_array", "map_key"):
            yield builder.value
            builder = None
            if not inside.endswith("item"):
                inside = None
