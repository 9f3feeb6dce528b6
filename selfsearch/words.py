"""How a number of things is said: "1 source", "1,404 faces". Every sentence that counts says it so."""

from __future__ import annotations

_SINGULAR = {  # of plurals that do more than end in "s"
    "people": "person",
    "media": "media file",
    "entries": "entry",
    "copies": "copy",
    "matches": "match",
}


def quantity(number: int, noun: str) -> str:
    """ "1 photograph", "1,404 faces"."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def counted(number: int, plural: str) -> str:
    """The same for what is named in the plural, as the library's tables are: "1 entry of the audit log"."""
    if number != 1:
        return f"{number:,} {plural}"
    noun, of, rest = plural.partition(" of ")
    before, space, last = noun.rpartition(" ")
    return f"1 {before}{space}{_SINGULAR.get(last, last.removesuffix('s'))}{of}{rest}"
