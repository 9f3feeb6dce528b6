"""Names, paths and addresses by which records refer to media files."""

from __future__ import annotations

import mimetypes
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from urllib.parse import SplitResult, unquote, urlsplit

from ..path_index import file_name, fold
from .parsing import is_digits

_NUMBER = re.compile(r"\d+")
MIN_ID = 10  # characters; anything shorter turns up in names by chance


class SavedFiles:
    """Media files by the ids in their paths. `paths` may hold anything; what is not media is left out."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = [path for path in paths if is_media_name(path)]
        self._text = "".join(f"{fold(path)}\n" for path in self._paths)
        self._starts = list(accumulate((len(fold(path)) + 1 for path in self._paths), initial=0))

    def __bool__(self) -> bool:
        return bool(self._paths)

    def with_id(self, *ids: str) -> list[str]:
        """The files whose path has one of these ids in it, not as a piece of a longer number."""
        lines: dict[int, None] = {}
        for item in filter(_is_long, ids):
            found = self._by_number.get(item, ()) if is_digits(item) else self._with_text(fold(item))
            lines |= dict.fromkeys(found)
        return [self._paths[line] for line in lines]

    def _with_text(self, wanted: str) -> Iterator[int]:
        for match in re.finditer(rf"(?<!\d){re.escape(wanted)}(?!\d)", self._text):
            yield bisect_right(self._starts, match.start()) - 1

    @cached_property
    def _by_number(self) -> dict[str, list[int]]:
        """The lines by the numbers in them."""
        table: dict[str, list[int]] = {}
        for line, path in enumerate(self._paths):
            for number in filter(_is_long, _NUMBER.findall(path)):
                table.setdefault(number, []).append(line)
        return table

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for path in self._paths:
            table.setdefault(fold(file_name(path)), []).append(path)
        return table

    def with_name(self, name: str) -> list[str]:
        """The files with this very name."""
        return self._by_name.get(fold(name), [])


def _is_long(item: str) -> bool:
    return len(item) >= MIN_ID


def media_by_key(paths: Iterable[str], keys: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    """The media files among `paths` under each key (an id, a date) that `keys` finds in their names."""
    table: dict[str, list[str]] = {}
    for path in filter(is_media_name, paths):
        for key in keys(file_name(path)):
            table.setdefault(key, []).append(path)
    return table


def split_url(url: str | None) -> SplitResult:
    """The parts of an address; all of them empty when it is a broken one, e.g. "https://["."""
    try:
        parts = urlsplit(url or "")
        _ = parts.hostname  # a broken host shows itself only now
    except ValueError:
        return urlsplit("")
    return parts


def url_file_name(url: str) -> str:
    """The last part of an address's path, as a file would be called."""
    return file_name(unquote(split_url(url).path).rstrip("/"))


def may_show_faces(url: str) -> bool:
    """False when the name in the address is that of a document, a sound or another thing without pixels."""
    kind = mimetypes.guess_type(url_file_name(url))[0]
    return kind is None or kind.startswith(("image/", "video/")) or is_media_name(url_file_name(url))


STILL_EXTENSIONS = frozenset(
    (
        "jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "heic", "heif", "hif", "avif", "bmp", "tif",
        "tiff", "dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2", "svg", "ico", "jxl",
    )
)  # fmt: skip
VIDEO_EXTENSIONS = frozenset(
    (
        "mp4", "m4v", "mov", "mp", "avi", "wmv", "mkv", "webm", "3gp", "3g2", "flv", "mpg", "mpeg",
        "mts", "m2ts", "ts", "mod", "vob", "asf", "divx", "mpe", "mmv", "mpo",
    )
)  # fmt: skip
MEDIA_EXTENSIONS = STILL_EXTENSIONS | VIDEO_EXTENSIONS


def extension(path: str) -> str:
    """The file name's ending without its dot, lower case; "" when it has none."""
    return file_name(path).rpartition(".")[2].lower() if "." in file_name(path) else ""


def is_media_name(path: str) -> bool:
    """Whether the name is that of a picture or a video."""
    return extension(path) in MEDIA_EXTENSIONS


MAX_LENGTH = 400  # characters; no platform's own paths come near


def missing_path(path: str | None) -> str | None:
    """The path when it could be one inside the export, so that it can be shown as missing; else None."""
    parts = (path or "").split("/")
    if not path or len(path) > MAX_LENGTH or not path.isprintable() or "\\" in path or ":" in parts[0]:
        return None
    return None if any(part in ("", ".", "..") for part in parts) else path
