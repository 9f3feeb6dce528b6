"""Files that the owner saved beside an export of links, found again by what their names share with a link."""

from __future__ import annotations

import mimetypes
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from urllib.parse import unquote, urlsplit

from ..names import fold
from .values import is_media_name

MIN_ID = 10  # characters; anything shorter turns up in names by chance


class SavedFiles:
    """Media files by the ids in their paths. `paths` may hold anything; what is not media is left out."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = [path for path in paths if is_media_name(path)]
        self._text = "".join(f"{fold(path)}\n" for path in self._paths)
        self._starts = list(accumulate((len(fold(path)) + 1 for path in self._paths), initial=0))

    def __bool__(self) -> bool:
        return bool(self._paths)

    def holding(self, *ids: str) -> list[str]:
        """The files whose path has one of these ids in it, not as a piece of a longer number."""
        found: dict[str, None] = {}
        for item in ids:
            if len(item) >= MIN_ID:
                for match in re.finditer(rf"(?<!\d){re.escape(fold(item))}(?!\d)", self._text):
                    found[self._paths[bisect_right(self._starts, match.start()) - 1]] = None
        return list(found)

    def named(self, name: str) -> list[str]:
        """The files with this very name."""
        wanted = fold(name)
        return [path for path in self._paths if fold(path.rpartition("/")[2]) == wanted]


def file_name(url: str) -> str:
    """The last part of an address's path, as a file would be called."""
    try:
        return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    except ValueError:  # a broken address, e.g. "https://["
        return ""


def may_show_faces(url: str) -> bool:
    """False when the name in the address is that of a document, a sound or another thing without pixels."""
    kind = mimetypes.guess_type(file_name(url))[0]
    return kind is None or kind.startswith(("image/", "video/")) or is_media_name(file_name(url))
