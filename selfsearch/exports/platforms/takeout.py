"""What the products of a Google Takeout share: how archive parts are named, and which JSON record belongs to
which photograph.

A record is named after its photograph's title, cut at 46 UTF-16 units and followed by a counter, while the
photograph is cut at 47 units before its ending. Matching undoes both names as far as possible and looks the
result up in a dictionary, so a folder of 100,000 photographs costs no more than its names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from functools import cached_property

from ..path_index import file_name, fold
from .base import Account, Platform
from .parsing import load_words

RECORD_UNITS = 46  # UTF-16 units of a record's name before counter and ".json"
MEDIA_UNITS = 47  # UTF-16 units of a photograph's name before counter and ending
SUFFIX = "supplemental-metadata"  # in record names since November 2024, cut anywhere
EDITED = (  # ends the names of Google's own copies
    *load_words("google_photos", "edited"),
    *load_words("google_photos", "creation"),
)

_SIGN = re.compile(r"[\W_]")
_COUNTER = re.compile(r"\(([0-9]{1,6})\)")
_MOVING_PART = re.compile(r"\.(?:mp4|mov|mp)(?:~[0-9]+)?$", re.IGNORECASE)
_PART = re.compile(r"takeout-([0-9]{8}T[0-9]{4,})Z", re.IGNORECASE)


def takeout_time(name: str) -> str | None:
    """When the export was made: "takeout-20240501T101112Z-001" says 2024-05-01T10:11:12+00:00."""
    match = _PART.match(name)
    if not match:
        return None
    stamp = match[1].upper()[:15]
    form = "%Y%m%dT%H%M%S" if len(stamp) == 15 else "%Y%m%dT%H%M"  # strptime takes "1011" for 10:01:01
    try:
        when = datetime.strptime(stamp, form)
    except ValueError:
        return None
    return when.replace(tzinfo=timezone.utc).isoformat()


class TakeoutProduct(Platform):
    """One product of a Google Takeout, with all its parts."""

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """ "takeout-20240501T101112Z-001.zip" and "…Z-3-002.zip" belong together up to the second hyphen."""
        match = _PART.match(file_name(container))
        return f"takeout-{match[1].upper()}Z" if match else None

    @cached_property
    def account(self) -> Account:
        """Only when the export was made: most products do not name their owner."""
        return Account(exported_at=takeout_time(self.export.name))


def loose_form(text: str) -> str:
    """For loose comparison: a sign that is anything in the title may be "_" in the archive."""
    return _SIGN.sub("_", fold(text))


def split_counter(name: str) -> tuple[str, int]:
    """The name without its last "(digits)", and that number (0 for none)."""
    counter = _last_counter(name)
    return (name[: counter.start()] + name[counter.end() :], int(counter[1])) if counter else (name, 0)


def _last_counter(name: str) -> re.Match[str] | None:
    counters = list(_COUNTER.finditer(name))
    return counters[-1] if counters else None


def split_ending(name: str) -> tuple[str, str]:
    """("IMG_1", ".jpg"). What follows the last dot is an ending only when it looks like one."""
    stem, dot, tail = name.rpartition(".")
    return (stem, dot + tail) if stem and tail.isalnum() and len(tail) <= 5 else (name, "")


def without_suffix(base: str) -> str:
    """A record's base without the ".supplemental-metadata" that may be cut anywhere, even after its dot."""
    stem, _, tail = base.rpartition(".")
    return stem if stem and SUFFIX.startswith(tail.lower()) else base


def match_records(media: Iterable[str], records: Sequence[str]) -> dict[str, str]:
    """Media name -> record name, as far as one folder tells. A record may serve several photographs."""
    names = _RecordNames(records)
    matches = ((name, names.record_of(name)) for name in media)
    return {name: record for name, record in matches if record}


class _RecordNames:
    """The record names of one folder, by everything that a photograph's name can tell about its record."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._exact: dict[str, str] = {}
        self._bases: dict[str, str] = {}
        for name in names:
            uncut = name[: -len(".json")]
            base, counter = split_counter(uncut)
            self._exact.setdefault(uncut, name)
            self._bases.setdefault(_counted(base, counter), name)
            self._bases.setdefault(_counted(without_suffix(base), counter), name)

    @cached_property
    def _stems(self) -> dict[str, list[str]]:
        """By the name without its ending; only made for a photograph whose name alone finds no record."""
        return self._by(lambda base: split_ending(base)[0])

    @cached_property
    def _loose(self) -> dict[str, list[str]]:
        return self._by(loose_form)

    def _by(self, form: Callable[[str], str]) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for name in self._names:
            base, counter = split_counter(name[: -len(".json")])
            table.setdefault(_counted(form(without_suffix(base)), counter), []).append(name)
        return table

    def record_of(self, name: str) -> str | None:
        """The record of a media file, tried from the surest rule to the weakest."""
        return (
            self._exact.get(name)
            or self._by_base(name)
            or self._of_edited(name)
            or self._of_moving_part(name)
            or self._by_loose_form(name)
        )

    def _by_base(self, name: str) -> str | None:
        base, counter = split_counter(name)
        stem = split_ending(base)[0]  # a title without an ending gets one in the archive; its record does not
        for candidate, count in ((base, counter), (stem, counter), (name, 0)):  # at last: the counter was cut
            for form in _cut_forms(candidate):
                if record := self._bases.get(_counted(form, count)):
                    return record
        return None

    def _of_edited(self, name: str) -> str | None:
        for original in _originals(name):
            base, counter = split_counter(original)
            if record := self._by_base(original) or self._with_stem(split_ending(base)[0], counter):
                return record
        return None

    def _of_moving_part(self, name: str) -> str | None:
        """The film of a live or motion photograph has no record of its own: it goes by the still's."""
        base, counter = split_counter(name)
        film = _MOVING_PART.search(base)
        if not film:
            return None
        stem = base[: film.start()]
        for still in (stem, base, f"{stem}.MP"):
            if record := self._with_stem(still, counter):
                return record
        return None

    def _by_loose_form(self, name: str) -> str | None:
        base, counter = split_counter(name)
        records = self._loose.get(_counted(loose_form(base), counter), [])
        return records[0] if len(records) == 1 else None

    def _with_stem(self, stem: str, counter: int) -> str | None:
        """The record of this stem; between several, the one of the HEIC, which is what has moving parts."""
        records = self._stems.get(_counted(stem, counter), [])
        if len(records) > 1:
            records = [record for record in records if ".heic" in record.lower()]
        return records[0] if len(records) == 1 else None


def _counted(base: str, counter: int) -> str:
    """A name and its counter as one key: half a million of them are kept."""
    return f"{base}/{counter}" if counter else base


def _cut_forms(base: str) -> Iterator[str]:
    """What the record's name keeps of a name: all of it, or as much as it may have."""
    yield base
    yield _first_units(base, RECORD_UNITS)
    yield _first_units(base, RECORD_UNITS + 1)  # when unit 46 would have split an emoji


def _first_units(text: str, count: int) -> str:
    """The first `count` UTF-16 units, in which Google counts; a sign that would be split is left out."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * count].decode("utf-16-le", "ignore")


def _originals(name: str) -> Iterator[str]:
    """The names of the originals that an edited copy's name may stand for."""
    stem, tail = split_ending(name)
    counter = _last_counter(stem)
    if counter and counter.end() == len(stem):
        stem, tail = stem[: counter.start()], counter[0] + tail
    lower = stem.casefold()
    is_cut = _first_units(stem, MEDIA_UNITS - 2) != stem
    for word in EDITED:
        if lower.endswith(word):
            yield stem[: -len(word)] + tail
        for length in range(len(word) - 1, 1, -1) if is_cut else ():
            if lower.endswith(word[:length]):
                yield stem[:-length] + tail
