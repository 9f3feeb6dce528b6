"""Paths inside containers: their parts, and an index of many in which marks are found.

All paths of an index stand in one folded text, a path a line, and are searched by `str.find`: a table of a
million names would take a quarter of a gigabyte, the text takes sixty megabytes and answers in twenty
milliseconds.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from ..containers.base import nfc

_LITTER = frozenset(
    (".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".localized", ".directory", ".nomedia", "icon\r")
)
_SPACES = str.maketrans("\u00a0\u202f", "  ")  # those that hold words together
_WILD = re.compile(r"\*|\?|\[!?[^][]+\]")


class FoldedLines:
    """Paths in one folded text, each between two line ends: line n is path n."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.text = fold("\n".join(["", *paths, ""]))
        if self.text.count("\n") > len(paths) + 1:  # a line end in a name must not make two lines
            self.text = fold("\n".join(["", *(path.replace("\n", " ") for path in paths), ""]))

    @cached_property
    def _ends(self) -> array[int]:
        """Where each line begins: the position of the line end before it."""
        return array("Q", (match.start() for match in re.finditer("\n", self.text)))

    def named(self, needle: str) -> Iterator[int]:
        """The positions at which `needle` stands at the beginning of a name."""
        position = self.text.find(needle)
        while position > 0:
            if self.text[position - 1] in "/\n":
                yield position
            position = self.text.find(needle, position + 1)

    def line_of(self, position: int) -> int:
        """The line in which a position lies."""
        return bisect_left(self._ends, position) - 1

    def line(self, number: int) -> str:
        """One path, folded."""
        return self.text[self._ends[number] + 1 : self._ends[number + 1]]

    def with_text(self, wanted: str) -> Iterator[int]:
        """The lines in which this stands somewhere."""
        position = self.text.find(wanted)
        while position >= 0:
            number = self.line_of(position)
            yield number
            position = self.text.find(wanted, self._ends[number + 1])


class PathIndex:
    """Paths prepared for recognition. Comparisons ignore case and Unicode form."""

    def __init__(self, paths: Iterable[str], max_depth: int | None = None) -> None:
        """`max_depth`: how many folders a prefix may have; those with more are not given."""
        self.paths: list[str] = list(paths)
        self._max_depth = max_depth

    @cached_property
    def _files(self) -> FoldedLines:
        return FoldedLines(self.paths)

    @cached_property
    def _folders(self) -> FoldedLines:
        return FoldedLines(self.folders_with_files())

    def matching(self, mark: str) -> Iterator[str]:
        """Every path that ends in `mark`, whole names only; *, ? and [] in it match within a name."""
        folded = fold(mark)
        literals = _WILD.split(folded)
        if len(literals) == 1:
            lines: Iterable[int] = map(self._files.line_of, self._files.named(f"{folded}\n"))
        else:
            lines = self._like(folded.split("/"), max(literals, key=len))
        return (self.paths[line] for line in lines)

    def _like(self, mark: Sequence[str], literal: str) -> Iterator[int]:
        """The lines whose last names match those of `mark` one by one; in all of them stands `literal`."""
        for line in self._files.with_text(literal):
            names = self._files.line(line).rsplit("/", len(mark))[-len(mark) :]
            if len(names) == len(mark) and all(map(fnmatchcase, names, mark)):
                yield line

    def prefixes_with_file(self, mark: str) -> list[str]:
        """The prefixes ("" or "a/b/") with the file `mark` below ("data/manifest.js"; see `matching`)."""
        depth = mark.count("/") + 1
        return self._prefixes((path, path.count("/") + 1 - depth) for path in self.matching(mark))

    def prefixes_with_folder(self, mark: str) -> list[str]:
        """The prefixes with the folder `mark` below ("your_instagram_activity", "media/posts")."""
        folders, wanted = self.folders_with_files(), f"{fold(mark.rstrip('/'))}/"
        lines = self._folders.with_text(wanted)
        return self._prefixes(
            (folders[line], depth) for line in lines for depth in self._depths(line, wanted)
        )

    def _depths(self, line: int, wanted: str) -> Iterator[int]:
        """In how many folders of a line `wanted` lies, for each time that it stands there."""
        text = f"/{self._folders.line(line)}"
        at = text.find(f"/{wanted}")
        while at >= 0 and self._is_near(depth := text.count("/", 0, at)):
            yield depth
            at = text.find(f"/{wanted}", at + 1)

    def _is_near(self, depth: int) -> bool:
        return self._max_depth is None or depth <= self._max_depth

    def _prefixes(self, found: Iterable[tuple[str, int]]) -> list[str]:
        """The first so many folders of each path, once each."""
        near = ((path, depth) for path, depth in found if self._is_near(depth))
        names = (path.split("/", depth)[:depth] for path, depth in near)
        return list(dict.fromkeys("".join(f"{name}/" for name in prefix) for prefix in names))

    def find_marks(self, marks: Mapping[str, str]) -> dict[str, str]:
        """Prefix -> reason of the first mark there. A mark is a file's path, or a folder's ending in "/"."""
        reasons: dict[str, str] = {}
        for mark, reason in marks.items():
            is_folder = mark.endswith("/")
            prefixes = self.prefixes_with_folder(mark) if is_folder else self.prefixes_with_file(mark)
            for prefix in prefixes:
                reasons.setdefault(prefix, reason)
        return reasons

    def folders_with_files(self) -> list[str]:
        """Every folder in which a file stands ("a/b/"), in the order of the files."""
        return self._folder_paths

    @cached_property
    def _folder_paths(self) -> list[str]:
        return list(dict.fromkeys(folder_of(path) for path in self.paths))

    def has(self, path: str) -> bool:
        """Whether this very file exists (any case, any Unicode form)."""
        return f"\n{fold(path)}\n" in self._files.text


def fold(text: str) -> str:
    """The form in which names are compared: NFC, case folded, with plain spaces, also where
    words are held together ("YouTube\u00a0Music").
    """
    return text.casefold() if text.isascii() else nfc(text).translate(_SPACES).casefold()


def is_litter(path: str) -> bool:
    """Whether an operating system put this file there for itself (Finder, Explorer, AppleDouble)."""
    name = file_name(path)
    is_apples = name.startswith("._") or path.startswith("__MACOSX/") or "/__MACOSX/" in path
    return is_apples or name.lower() in _LITTER


def folder_of(path: str) -> str:
    """The folder in which a file stands: "a/b/" of "a/b/c.jpg", "" at the top."""
    return path[: path.rfind("/") + 1]


def folder_name(path: str) -> str:
    """The name of the folder in which a file stands: "b" of "a/b/c.jpg"."""
    return path.rpartition("/")[0].rpartition("/")[2]


def folder_names(path: str) -> list[str]:
    """The names of all folders on the way to a file, folded, outermost first."""
    return fold(path).split("/")[:-1]


def file_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def file_stem(path: str) -> str:
    """A file's name without its ending; "" when it has none."""
    return file_name(path).rpartition(".")[0]


def outermost_named(folder: str, is_wanted: Callable[[str], object]) -> str | None:
    """The path down to the outermost folder on the way to `folder` ("a/b/c/") whose name is wanted."""
    names = folder.split("/")[:-1]
    depth = next((depth for depth, name in enumerate(names) if is_wanted(name)), None)
    return None if depth is None else "".join(f"{name}/" for name in names[: depth + 1])


def outermost_folders(prefixes: Iterable[str]) -> list[str]:
    """The folders that lie in none of the others."""
    outermost: list[str] = []
    for prefix in sorted(prefixes):
        if not outermost or not prefix.startswith(outermost[-1]):
            outermost.append(prefix)
    return outermost
