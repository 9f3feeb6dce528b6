"""Which files a WhatsApp message brings, and what their names say.

No word of any language is needed for that: a message that holds the name of a file of the export brings it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ..export import Export

MAX_NAME = 255  # characters; the longest name that file systems allow
MAX_NAMES = 50  # file names looked for in one line; more is not a message

_ENDING = re.compile(r"\.([^\W_]{1,8})(?![^\W_])")
_START = re.compile(r"(?:^|(?<=[\s<(:\"'“«]))(?=\S)")
_DOCUMENT = re.compile(r".+\.\w{1,5} • .*")  # "Report.pdf • 2 pages", which iOS writes before a document
_COPY = r"(?: ?\(\d+\))?"
_OWN_NAMES = [
    re.compile(
        r"\d{8}-(?P<kind>PHOTO|VIDEO|AUDIO|GIF|STICKER)"
        r"-(?P<day>\d{4}-\d\d-\d\d)-(?P<time>\d\d-\d\d-\d\d)" + _COPY + r"\.\w+"
    ),
    re.compile(r"(?P<day>\d{4}-\d\d-\d\d)-(?P<kind>PHOTO|VIDEO|AUDIO|GIF|STICKER)-\d{8}" + _COPY + r"\.\w+"),
    re.compile(r"(?P<kind>IMG|VID|AUD|PTT|STK|GIF|DOC)-(?P<day>\d{8})-WA\d{4,}" + _COPY + r"\.\w+"),
]
_PICTURES = {"PHOTO", "VIDEO", "GIF", "IMG", "VID"}
_PICTURE = re.compile(r"(?:PHOTO|VIDEO|GIF|IMG|VID)-\d")
_WORD = re.compile(r"[^\s<>():]+")

# "<Media omitted>", "image omitted" and the like: what a chat says instead of a picture that it left out.
_OMITTED = re.compile(
    r"<?(?:media|image|video|video note|gif|medien|bild|multimedia|imagen|v[ií]deo|m[ée]dias?"
    r"|vid[ée]o|immagine|afbeelding|m[íi]dia|arquivo de m[íi]dia|imagem)\W{1,3}"
    r"(?:omitted|ausgeschlossen|ausgelassen|weggelassen|omitid[oa]s?|omis|absente|omess[oai]|weggelaten"
    r"|ocult[oa]|ocultad[oa]|n[ãa]o revelad[oa])>?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Body:
    """What a message's text says about media."""

    paths: tuple[str, ...] = ()
    caption: str | None = None
    certain: bool = False  # every name stands as an attachment, not inside a sentence
    missing: str | None = None  # the name of a picture that is not in the export; "" when it has none

    @property
    def brings_media(self) -> bool:
        """Whether the message brought media, in the export or not."""
        return bool(self.paths) or self.missing is not None


class PathIndex:
    """The names of an export's files, looked for in messages."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._endings = {path.rpartition(".")[2].casefold() for path in export.members}

    def read(self, lines: Sequence[str]) -> Body:
        """The files that these lines of one message name, and the words around the names."""
        paths: list[str] = []
        words: list[str] = []
        certain = True
        for line in lines:
            hits = list(self._hits(line)) if "." in line else []
            paths += [path for _, _, path in hits]
            rest, attached = _around(line, hits[0][0], hits[-1][1]) if hits else (line, True)
            words.append(rest)
            certain = certain and attached
        if not paths:
            return _without_file(lines)
        return Body(tuple(dict.fromkeys(paths)), "\n".join(words).strip() or None, certain)

    def _hits(self, line: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and path of every file name in a line; the longest that fits."""
        for ending in islice(_ENDING.finditer(line), MAX_NAMES):
            if ending[1].casefold() not in self._endings:
                continue
            for start in _START.finditer(line, max(0, ending.end() - MAX_NAME), ending.start()):
                if path := self._path(line[start.start() : ending.end()]):
                    yield start.start(), ending.end(), path
                    break

    def _path(self, name: str) -> str | None:
        """The file of this name: beside the chat text, or the only one elsewhere."""
        paths = self._export.with_name(name)
        beside = [path for path in paths if "/" not in path]
        return (beside or paths)[0] if len(beside or paths) == 1 else None


def _around(line: str, start: int, end: int) -> tuple[str, bool]:
    """The words around a file name without the mark of an attachment, and whether that mark is there."""
    before, after = line[:start], line[end:].strip()
    opened = before.rfind("<")
    if opened >= 0 and after.startswith(">"):  # iOS: words <attached: NAME>
        rest = before[:opened].strip()
        return ("" if _DOCUMENT.fullmatch(rest) else rest), True
    if not before.strip() and (not after or after[0] in "(<"):  # Android: NAME (file attached)
        return "", True
    return line, False


def _without_file(lines: Sequence[str]) -> Body:
    first = lines[0].strip() if lines else ""
    if not first or len(first) > MAX_NAME:
        return Body()
    if _OMITTED.fullmatch(first):
        return Body(missing="", caption="\n".join(lines[1:]).strip() or None)
    for name in _WORD.finditer(first) if _PICTURE.search(first) else ():
        rest, attached = _around(first, name.start(), name.end())
        if attached and (own := _own(name[0])) and own["kind"] in _PICTURES:
            return Body(missing=name[0], caption="\n".join([rest, *lines[1:]]).strip() or None)
    return Body()


def is_own_name(path: str) -> bool:
    """Whether WhatsApp itself named this file; documents keep the names that they had."""
    return _own(path.rpartition("/")[2]) is not None


def named_time(path: str) -> str | None:
    """The day, and the time where there is one, in a name that WhatsApp gave. ISO 8601, local."""
    own = _own(path.rpartition("/")[2])
    if own is None:
        return None
    known = own.groupdict()
    day, clock = known["day"].replace("-", ""), known.get("time")
    try:
        if clock:
            return datetime.strptime(f"{day} {clock}", "%Y%m%d %H-%M-%S").isoformat()
        return datetime.strptime(day, "%Y%m%d").date().isoformat()
    except ValueError:
        return None


def _own(name: str) -> re.Match[str] | None:
    return next((found for pattern in _OWN_NAMES if (found := pattern.fullmatch(name))), None)
