"""How Google Takeout names things: archive parts, folders, and which JSON record belongs to which photograph.

A record is named after its photograph's title, cut at 46 UTF-16 units and followed by a counter, while the
photograph is cut at 47 units before its ending. Matching undoes both names as far as possible and looks the
result up in a dictionary, so a folder of 100,000 photographs costs no more than its names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from functools import cached_property

from ..path_index import fold

RECORD_UNITS = 46  # UTF-16 units of a record's name before counter and ".json"
MEDIA_UNITS = 47  # UTF-16 units of a photograph's name before counter and ending
SUFFIX = "supplemental-metadata"  # in record names since November 2024, cut anywhere

# Google's word for its own edited copy, per language of the account; the last six are for its creations.
EDITED = (
    "-edited", "-bearbeitet", "-modifié", "-modificato", "-bewerkt", "-edytowane", "-編集済み",
    "-编辑", "-已编辑", "-已編輯", "-editado", "-editada", "-ha editado", "-editat",
    "-отредактировано", "-изменено", "-відредаговано", "-편집됨", "-수정됨", "-muokattu",
    "-redigeret", "-redigert", "-redigerad", "-upravené", "-upraveno", "-düzenlendi",
    "-diedit", "-đã chỉnh sửa", "-แก้ไขแล้ว", "-szerkesztve", "-editată", "-uređeno",
    "-تم التعديل", "-संपादित", "-effects", "-smile", "-mix", "-collage", "-animation",
    "-motion",
)  # fmt: skip

_SIGN = re.compile(r"[\W_]")
_COUNTER = re.compile(r"\(([0-9]{1,6})\)")
_MOVING_PART = re.compile(r"\.(mp4|mov|mp)(~[0-9]+)?$", re.IGNORECASE)
_SERIES = re.compile(r"takeout-([0-9]{8}T[0-9]{4,}Z)", re.IGNORECASE)


def series(container: str) -> str | None:
    """Parts "takeout-20240501T101112Z-001.zip" and "…Z-3-002.zip" belong together up to the second hyphen."""
    found = _SERIES.match(container.rpartition("/")[2])
    return f"takeout-{found[1].upper()}" if found else None


def exported_at(name: str) -> str | None:
    """When the export was made: "takeout-20240501T101112Z-001" says 2024-05-01T10:11:12+00:00."""
    found = _SERIES.match(name)
    if not found:
        return None
    try:
        when = datetime.strptime(found[1].upper()[: len("20240501T101112")].rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        return None
    return when.replace(tzinfo=timezone.utc).isoformat()


def units(text: str) -> int:
    """Length in UTF-16 units, in which Google counts (most emoji are two)."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def first_units(text: str, count: int) -> str:
    """The first `count` UTF-16 units; a sign that would be split in two is left out."""
    if text.isascii():
        return text[:count]
    used = 0
    for index, sign in enumerate(text):
        used += 2 if sign > "\uffff" else 1
        if used > count:
            return text[:index]
    return text


def key(text: str) -> str:
    """For loose comparison: a sign that is anything in the title may be "_" in the archive."""
    return _SIGN.sub("_", fold(text))


def split_counter(name: str) -> tuple[str, int]:
    """The name without its last "(digits)", and that number (0 for none)."""
    last = _last_counter(name)
    return (name[: last.start()] + name[last.end() :], int(last[1])) if last else (name, 0)


def _last_counter(name: str) -> re.Match[str] | None:
    found = list(_COUNTER.finditer(name))
    return found[-1] if found else None


def split_ending(name: str) -> tuple[str, str]:
    """("IMG_1", ".jpg"). What follows the last dot is an ending only when it looks like one."""
    stem, dot, tail = name.rpartition(".")
    return (stem, dot + tail) if stem and tail.isalnum() and len(tail) <= 5 else (name, "")


def without_suffix(base: str) -> str:
    """A record's base without the ".supplemental-metadata" that may be cut anywhere, even after its dot."""
    stem, dot, tail = base.rpartition(".")
    return stem if dot and stem and SUFFIX.startswith(tail.lower()) else base


def pair(media: Iterable[str], records: Sequence[str]) -> dict[str, str]:
    """Media name -> record name, as far as one folder tells. A record may serve several photographs."""
    known = _Records(records)
    found = ((name, known.of(name)) for name in media)
    return {name: record for name, record in found if record}


def _counted(base: str, counter: int) -> str:
    """A name and its counter as one key: half a million of them are kept."""
    return f"{base}/{counter}" if counter else base


class _Records:
    """The record names of one folder, by everything that a photograph's name can tell about its record."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.exact: dict[str, str] = {}
        self.bases: dict[str, str] = {}
        for name in names:
            whole = name[: -len(".json")]
            base, counter = split_counter(whole)
            self.exact.setdefault(whole, name)
            self.bases.setdefault(_counted(base, counter), name)
            self.bases.setdefault(_counted(without_suffix(base), counter), name)

    @cached_property
    def stems(self) -> dict[str, list[str]]:
        """By the name without its ending; only made for a photograph whose name alone finds no record."""
        return self._by(lambda short: split_ending(short)[0])

    @cached_property
    def loose(self) -> dict[str, list[str]]:
        """By the name with every special sign folded."""
        return self._by(key)

    def _by(self, form: Callable[[str], str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.names:
            base, counter = split_counter(name[: -len(".json")])
            found.setdefault(_counted(form(without_suffix(base)), counter), []).append(name)
        return found

    def of(self, name: str) -> str | None:
        """The record of a media file, tried from the surest rule to the weakest."""
        return (
            self.exact.get(name)
            or self._plain(name)
            or self._forgotten(name)
            or self._edited(name)
            or self._moving_part(name)
            or self._loose(name)
        )

    def _plain(self, name: str) -> str | None:
        base, counter = split_counter(name)
        stem = split_ending(base)[0]  # a title without an ending gets one in the archive; its record does not
        for candidate, count in ((base, counter), (stem, counter), (name, 0)):
            for form in (candidate, *_cut(candidate)):
                if record := self.bases.get(_counted(form, count)):
                    return record
        return None

    def _forgotten(self, name: str) -> str | None:
        """Two long titles may share one record whose name was cut to less than theirs."""
        base, counter = split_counter(name)
        if counter:
            for form in _cut(base):
                if record := self.bases.get(form):
                    return record
        stem = split_ending(name)[0]
        for length in range(len(stem) - 1, max(0, len(stem) - 11), -1):
            record = self.bases.get(stem[:length])
            if record and (units(stem[:length]) >= 40 or _COUNTER.fullmatch(stem[length:])):
                return record
        return None

    def _edited(self, name: str) -> str | None:
        for original, tail in _originals(name):
            base, counter = split_counter(original + tail)
            record = self._plain(original + tail) or self._only(split_ending(base)[0], counter)
            if record:
                return record
        return None

    def _moving_part(self, name: str) -> str | None:
        """The film of a live or motion photograph has no record of its own: it goes by the still's."""
        base, counter = split_counter(name)
        film = _MOVING_PART.search(base)
        if not film:
            return None
        stem = base[: film.start()]
        for still in (stem, base, base[: len(base) - len(film[2] or "")], f"{stem}.MP"):
            if record := self._only(still, counter):
                return record
        return None

    def _loose(self, name: str) -> str | None:
        base, counter = split_counter(name)
        found = self.loose.get(_counted(key(base), counter), [])
        return found[0] if len(found) == 1 else None

    def _only(self, stem: str, counter: int) -> str | None:
        """The record of this stem; between several, the one of the HEIC, which is what has moving parts."""
        found = self.stems.get(_counted(stem, counter), [])
        if len(found) > 1:
            found = [record for record in found if ".heic" in record.lower()]
        return found[0] if len(found) == 1 else None


def _cut(base: str) -> Iterator[str]:
    """What the record's name keeps of a name that is longer than it may be."""
    if units(base) > RECORD_UNITS:
        yield first_units(base, RECORD_UNITS)
        if not base.isascii():
            yield first_units(base, RECORD_UNITS + 1)  # when unit 46 would have split an emoji


def _originals(name: str) -> Iterator[tuple[str, str]]:
    """(stem of the original, "(counter)" and ending) that an edited copy's name may stand for."""
    stem, tail = split_ending(name)
    counter = _last_counter(stem)
    if counter and counter.end() == len(stem):
        stem, tail = stem[: counter.start()], counter[0] + tail
    lower = stem.casefold()
    cut = abs(units(stem) - MEDIA_UNITS) <= 1
    for word in EDITED:
        if lower.endswith(word):
            yield stem[: -len(word)], tail
        for length in range(len(word) - 1, 1, -1) if cut else ():
            if lower.endswith(word[:length]):
                yield stem[:-length], tail
