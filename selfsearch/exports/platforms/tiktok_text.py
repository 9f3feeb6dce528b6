"""TikTok's download as TXT: a folder per section with a text per list, in the language of the account.

The same records as in the JSON, each a block of lines "Field: value", blocks apart by empty lines. A text
may be empty but for a sentence that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from ..export import Export
from ..path_index import PathIndex, file_stem, fold
from .parsing import load_words

FILES = {  # field of the table with names of files -> what their records are
    "posts_file": "post",
    "deleted_file": "deleted",
    "profile_file": "profile",
    "settings_file": "settings",
}
MARKS = ("posts_file", "deleted_file", "profile_file", "other_files")  # "Settings.txt" is anybody's
FIELDS = (
    "date", "link", "likes", "whocanview", "title", "location", "username", "displayname",
    "private_account",
)  # fmt: skip
FIELD_LINE = re.compile(r"([^:]{1,60}?)::? *(.*)")
TIKTOK = re.compile(
    rb"https?://[\w.-]*tiktok", re.IGNORECASE
)  # a share page, or a file on a server of theirs
HEAD_BYTES = 1 << 12
MAX_FILES_TRIED = 100

Record = dict[str, str]  # field, as in FIELDS where it is known, else as it stands there, folded -> value


def marks() -> Mapping[str, str]:
    """What stands in the sections' folders, for `PathIndex.find_marks`."""
    words = (word for field in MARKS for word in load_words("tiktok", field))
    return {f"*/{word}.txt": f"has {word}.txt, which TikTok's download as text files has" for word in words}


def is_tiktok(export: Export) -> bool:
    """Whether one of the texts in the sections' folders has an address of TikTok's near its beginning."""
    texts = [path for path in export.members if path.count("/") in (1, 2) and path.lower().endswith(".txt")]
    return any(TIKTOK.search(export.head(path, HEAD_BYTES)) for path in texts[:MAX_FILES_TRIED])


def texts(export: Export) -> dict[str, list[str]]:
    """Role of the records (see FILES) -> the texts that are called so in any of the table's languages."""
    paths = list(PathIndex(export.members).matching("*.txt"))
    return {
        role: [path for path in paths if fold(file_stem(path)) in load_words("tiktok", field)]
        for field, role in FILES.items()
    }


def records_in(export: Export, path: str) -> Iterator[Record]:
    """The records of one text. One begins where the first field of all stands again."""
    record: Record = {}
    first = last = ""
    for line in export.text(path).splitlines():
        field, value = _field(line)
        if field and field == first and record:
            yield record
            record = {}
        if field:
            first, last = first or field, field
            record.setdefault(field, value)
        elif last == "title" and line.strip():  # a title may have several lines
            record["title"] += f"\n{line.strip()}"
    if record:
        yield record


def _field(line: str) -> tuple[str, str]:
    """The field that a line begins with, and its value; two empty texts for a line without one."""
    match = FIELD_LINE.fullmatch(line.strip())
    if not match or match[1].casefold() in ("http", "https"):
        return "", ""
    return _known_fields().get(_joined(match[1]), fold(match[1].strip())), match[2].strip()


@cache
def _known_fields() -> Mapping[str, str]:
    return {_joined(word): field for field in FIELDS for word in load_words("tiktok", field)}


def _joined(name: str) -> str:
    """A field's name as it is compared: the JSON writes it as one word."""
    return "".join(fold(name).split())
