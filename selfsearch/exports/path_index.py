"""Paths inside containers: their parts, and an index of many in which marks are found.

All paths of an index stand in one folded text, a path a line, and are searched by `str.find`: a table of a
million names would take a quarter of a gigabyte, the text takes sixty megabytes and answers in twenty
milliseconds.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property

_LITTER = frozenset(
    (".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".localized", ".directory", ".nomedia", "icon\r")
)
_WILD = re.compile(r"(\*|\?|\[!?[^]]+\])")
_SIGN = r"[^/\n]"  # a wildcard stays within a name
_WILDCARDS = {"*": f"{_SIGN}*", "?": _SIGN}


class PathIndex:
    """Paths prepared for recognition. Comparisons ignore case and Unicode form."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths: list[str] = list(paths)

    @cached_property
    def _text(self) -> str:
        """Every path folded, each between two line ends; line n is path n."""
        text = "\n".join(["", *self.paths, ""])
        if text.count("\n") > len(self.paths) + 1:  # a line end in a name must not make two lines
            text = "\n".join(["", *(path.replace("\n", " ") for path in self.paths), ""])
        return fold(text)

    @cached_property
    def _ends(self) -> array[int]:
        """Where each line begins: the position of the line end before it."""
        return array("Q", (match.start() for match in re.finditer("\n", self._text)))

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """Folder name -> full prefixes ("a/b/") of the folders that carry it."""
        prefixes: dict[str, None] = {}
        for prefix in self.folders_with_files():
            while prefix and prefix not in prefixes:
                prefixes[prefix] = None
                prefix = folder_of(prefix.rstrip("/"))
        table: dict[str, list[str]] = {}
        for prefix in prefixes:
            table.setdefault(fold(prefix.rstrip("/").rpartition("/")[2]), []).append(prefix)
        return table

    def matching(self, mark: str) -> Iterator[str]:
        """Every path that ends in `mark`, whole names only; *, ? and [] in it match within a name."""
        folded = fold(mark)
        pieces = _WILD.split(folded)  # literal text and wildcards by turns
        literal = max(pieces[::2], key=len)
        if literal and literal not in self._text:
            return
        for position in self._literal(folded) if len(pieces) == 1 else self._pattern(pieces):
            line = bisect_left(self._ends, position)
            if "[" not in folded or fnmatchcase(self._text[position : self._ends[line]], folded):
                yield self.paths[line - 1]

    def _literal(self, folded: str) -> Iterator[int]:
        needle = f"{folded}\n"
        position = self._text.find(needle)
        while position > 0:
            if self._text[position - 1] in "/\n":
                yield position
            position = self._text.find(needle, position + 1)

    def _pattern(self, pieces: list[str]) -> Iterator[int]:
        pattern = "".join(
            re.escape(piece) if number % 2 == 0 else _WILDCARDS.get(piece, _SIGN)
            for number, piece in enumerate(pieces)
        )
        for match in re.finditer(rf"(?<=[/\n]){pattern}(?=\n)", self._text):
            yield match.start()

    def prefixes_with_file(self, mark: str) -> list[str]:
        """The prefixes ("" or "a/b/") with the file `mark` below ("data/manifest.js"; see `matching`)."""
        depth = mark.count("/") + 1
        folders = (path.split("/")[:-depth] for path in self.matching(mark))
        return list(dict.fromkeys("".join(f"{name}/" for name in names) for names in folders))

    def prefixes_with_folder(self, mark: str) -> list[str]:
        """The prefixes with the folder `mark` below ("your_instagram_activity", "media/posts")."""
        parent, _, name = fold(mark.rstrip("/")).rpartition("/")
        folders = self._folders.get(name, [])
        prefixes = (_strip_tail(folder_of(folder.rstrip("/")), parent) for folder in folders)
        return list(dict.fromkeys(prefix for prefix in prefixes if prefix is not None))

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
        return list(dict.fromkeys(folder_of(path) for path in self.paths))

    def has(self, path: str) -> bool:
        """Whether this very file exists (any case, any Unicode form)."""
        return f"\n{fold(path)}\n" in self._text


def fold(text: str) -> str:
    """The form in which names are compared: NFC, case folded."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


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


def _strip_tail(folder: str, parent: str) -> str | None:
    """`folder` ("a/b/c/") without its trailing `parent` ("b/c"); None when it does not end so."""
    if not parent:
        return folder
    names, tail = folder.rstrip("/").split("/"), parent.split("/")
    if [fold(name) for name in names[-len(tail) :]] != tail:
        return None
    return "".join(f"{name}/" for name in names[: -len(tail)])
