"""What a picture's own records say: when, where, who, what about. Cheap, and never an error: unsound is
unsaid.

Reading single tags of a TIFF directory, which is also how EXIF is written.

Pillow reads every tag at once and warns on stderr about odd ones; before its version 13 that could be made to
need gigabytes. Only what is asked for is read here, and nothing raises: a value that is not there or not
sound is left out.

What an IPTC-IIM block says: caption and time. Agencies and older photo managers write it.

What an XMP packet says: caption, people, time. Hostile XML: no packet with a document type is parsed at
all.
"""

from __future__ import annotations

import math
import re
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ..types import Facts
from .limits import MAX_METADATA
from .pixels import UPRIGHT

# Exif 3.0 (CIPA DC-008), sections 4.6.4 to 4.6.7
_DESCRIPTION, _ORIENTATION, _EXIF, _GPS = 0x010E, 0x0112, 0x8769, 0x8825
_ORIGINAL, _OFFSET_ORIGINAL = 0x9003, 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4

_MOMENT = re.compile(
    r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")  # would act on a terminal
_CAPTION_LENGTH = 10_000  # characters
_NAME_LENGTH = 200
_MOST_PEOPLE = 200
# What cameras write into every picture's description.
_NO_CAPTION = re.compile(r"(?i)(olympus|sony|kodak|samsung|default|digital camera|dsc|jpeg|[\s\d_.-])*")


@dataclass(frozen=True, slots=True)
class Records:
    """The raw metadata blocks of one picture; None where it has none."""

    exif: bytes | None = None  # a TIFF structure, with or without the "Exif" prefix
    xmp: bytes | None = None
    iptc: bytes | None = None


def read(records: Records) -> Facts:
    """What the records say together. EXIF's time goes before XMP's and IPTC's; captions the other way."""
    exif = directories(records.exif) if records.exif else None
    tags = _exif(exif) if exif else {}
    said = (packet(records.xmp) if records.xmp else None) or Packet(None, (), ())
    iim = fields(records.iptc) if records.iptc else {}
    taken_at, source = _first_moment([*_exif_times(tags), *said.times, *_iptc_times(iim)])
    captions = (_clean(said.caption), _clean(_text(iim.get(CAPTION))), _described(tags))
    return Facts(
        taken_at=taken_at,
        taken_at_source=source,
        location=_location(exif) if exif else None,
        caption=next((caption for caption in captions if caption), None),
        people=_names(said.people),
    )


def orientation(exif: bytes | None) -> int:
    """EXIF's orientation, 1 to 8; 1 when it is not said or makes no sense."""
    found = directories(exif) if exif else None
    value = found.tags(found.first(), {_ORIENTATION}).get(_ORIENTATION) if found else None
    turned = int(value[0]) if isinstance(value, tuple) else UPRIGHT
    return turned if 1 <= turned <= 8 else UPRIGHT


def moment(written: str) -> str | None:
    """A time as EXIF or XMP writes it, in ISO 8601, with an offset if it has one; None when it is none."""
    match = _MOMENT.fullmatch(written.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        when = datetime(year, month, day, hour, minute, second)
    except ValueError:  # 0000:00:00 00:00:00 is what cameras with no clock write
        return None
    return when.isoformat() + _offset(match[7])


def _offset(written: str | None) -> str:
    if not written or not _OFFSET.fullmatch(written):
        return ""
    return "+00:00" if written == "Z" else written


def _exif(exif: Directories) -> dict[int, Value]:
    tags = exif.tags(exif.first(), {_DESCRIPTION, _EXIF})
    return tags | exif.tags(_pointer(tags.get(_EXIF)), {_ORIGINAL, _OFFSET_ORIGINAL})


def _pointer(value: Value | None) -> int:
    return int(value[0]) if isinstance(value, tuple) else 0


def _exif_times(tags: dict[int, Value]) -> list[tuple[str, str]]:
    written = _text(tags.get(_ORIGINAL))
    if not written:
        return []
    offset = (_text(tags.get(_OFFSET_ORIGINAL)) or "").strip()
    return [(written.strip() + _offset(offset), "exif:DateTimeOriginal")]


def _iptc_times(iim: dict[int, bytes]) -> list[tuple[str, str]]:
    written = written_time(iim)
    return [(written, "iptc:DateCreated")] if written else []


def _first_moment(written: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    for text, source in written:
        when = moment(text)
        if when:
            return when, source
    return None, None


def _location(exif: Directories) -> tuple[float, float] | None:
    pointer = _pointer(exif.tags(exif.first(), {_GPS}).get(_GPS))
    tags = exif.tags(pointer, {_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE})
    latitude = _degrees(tags.get(_LATITUDE), tags.get(_LATITUDE_REF), b"NS", 90)
    longitude = _degrees(tags.get(_LONGITUDE), tags.get(_LONGITUDE_REF), b"EW", 180)
    if latitude is None or longitude is None:
        return None
    if latitude == longitude == 0:  # what is written for "no fix yet"
        return None
    return latitude, longitude


def _degrees(value: Value | None, ref: Value | None, letters: bytes, limit: int) -> float | None:
    if not isinstance(value, tuple) or not isinstance(ref, bytes) or not 1 <= len(value) <= 3:
        return None
    letter = ref[:1].upper()
    degrees = float(sum(part / 60.0**place for place, part in enumerate(value)))
    if not letter or letter not in letters or not math.isfinite(degrees) or not 0 <= degrees <= limit:
        return None
    return round(-degrees if letter in b"SW" else degrees, 7)  # a centimetre


def _described(tags: dict[int, Value]) -> str | None:
    text = _clean(_text(tags.get(_DESCRIPTION)))
    return None if text is None or _NO_CAPTION.fullmatch(text[:_NAME_LENGTH]) else text


def _text(value: Value | None) -> str | None:
    """EXIF and IPTC say ASCII and mean UTF-8, or whatever the computer had."""
    if not isinstance(value, bytes):
        return None
    raw = value.split(b"\x00", 1)[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _clean(text: str | None, length: int = _CAPTION_LENGTH) -> str | None:
    return _CONTROL.sub(" ", text).strip()[:length] or None if text else None


def _names(people: tuple[str, ...]) -> tuple[str, ...]:
    names = (_clean(name, _NAME_LENGTH) for name in people[:_MOST_PEOPLE])
    return tuple(dict.fromkeys(name for name in names if name))


Value: TypeAlias = "bytes | tuple[float, ...]"

# TIFF 6.0, section 2: type -> (bytes per value, struct code; None for text, "r" for two numbers)
_TYPES: dict[int, tuple[int, str | None]] = {
    1: (1, "B"),
    2: (1, None),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "rI"),
    6: (1, "b"),
    7: (1, None),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ri"),
    13: (4, "I"),
    129: (1, None),
}
_ENTRY = 12  # bytes
_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}


@dataclass(frozen=True, slots=True)
class Directories:
    """The directories of a TIFF file or an EXIF block."""

    data: bytes
    order: str  # struct's byte order

    def tags(self, at: int, wanted: Collection[int]) -> dict[int, Value]:
        """The wanted tags of the directory at byte `at`. Numbers come as tuples, text as bytes."""
        found: dict[int, Value] = {}
        for tag, kind, count, field in self._entries(at):
            if tag in wanted and tag not in found:
                value = self._value(kind, count, field)
                if value is not None:
                    found[tag] = value
        return found

    def first(self) -> int:
        """Where the first directory stands."""
        return int(struct.unpack_from(self.order + "I", self.data, 4)[0]) if len(self.data) >= 8 else 0

    def claims(self) -> int:
        """How many bytes the values of the first directory claim to have together."""
        return sum(
            _TYPES[kind][0] * count for _, kind, count, _ in self._entries(self.first()) if kind in _TYPES
        )

    def _entries(self, at: int) -> list[tuple[int, int, int, bytes]]:
        if not 8 <= at <= len(self.data) - 2:
            return []
        (count,) = struct.unpack_from(self.order + "H", self.data, at)
        body = self.data[at + 2 : at + 2 + count * _ENTRY]
        whole = len(body) - len(body) % _ENTRY
        return list(struct.iter_unpack(self.order + "HHI4s", body[:whole]))

    def _value(self, kind: int, count: int, field: bytes) -> Value | None:
        each, code = _TYPES.get(kind, (0, None))
        size = each * count
        if not 0 < size <= MAX_METADATA:
            return None
        if size > 4:
            (at,) = struct.unpack(self.order + "I", field)
            field = self.data[at : at + size]
        if code is None:
            return field[:size]
        return _numbers(self.order, code, field[:size], count) if len(field) >= size else None


def directories(data: bytes) -> Directories | None:
    """The directories in a TIFF file, or in an EXIF block with or without prefix. None when neither."""
    data = data.removeprefix(b"Exif\x00\x00")
    order = _ORDERS.get(data[:4])
    return Directories(data, order) if order else None


def _numbers(order: str, code: str, raw: bytes, count: int) -> tuple[float, ...] | None:
    if not code.startswith("r"):
        return struct.unpack(f"{order}{count}{code}", raw)
    pairs = struct.iter_unpack(f"{order}2{code[1]}", raw)
    fractions = [above / below for above, below in pairs if below]
    return tuple(fractions) if len(fractions) == count else None


# IPTC-NAA Information Interchange Model, version 4.2, record 2
CAPTION, DATE, TIME = 120, 55, 60
_RESOURCE = b"8BIM"
_IPTC = b"\x04\x04"  # Photoshop's number for the resource that holds IPTC
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?")


def from_photoshop(blocks: bytes) -> bytes | None:
    """The IPTC block among Photoshop's image resources (a JPEG's APP13), or None."""
    at = 0
    while blocks[at : at + 4] == _RESOURCE and at + 12 <= len(blocks):
        name = 1 + blocks[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(blocks[start - 4 : start], "big")
        if blocks[at + 4 : at + 6] == _IPTC:
            return blocks[start : start + size]
        at = start + size + size % 2
    return None


def fields(block: bytes) -> dict[int, bytes]:
    """The first value of each data set of record 2."""
    found: dict[int, bytes] = {}
    for number, value in _data_sets(block):
        found.setdefault(number, value)
    return found


def written_time(found: dict[int, bytes]) -> str | None:
    """Date and time created, like ISO 8601. None unless there are both: a date alone is no moment."""
    date = _DATE.fullmatch(found.get(DATE, b"").decode("latin-1"))
    time = _TIME.fullmatch(found.get(TIME, b"").decode("latin-1"))
    if not date or not time:
        return None
    offset = f"{time[4]}:{time[5]}" if time[4] else ""
    return f"{'-'.join(date.groups())}T{time[1]}:{time[2]}:{time[3]}{offset}"


def _data_sets(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended data set: larger than any caption
            return
        if block[at + 1] == 2:
            yield block[at + 2], block[at + 5 : at + 5 + size]
        at += 5 + size


# No entity can be declared without a DOCTYPE, and a packet with one is refused before it reaches the parser.


_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_CAPTION = "{http://purl.org/dc/elements/1.1/}description"
_PERSON_IN_IMAGE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
_REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"  # Lightroom, Picasa, digiKam, Apple Photos
_MICROSOFT_NAME = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"
_TIMES = (
    ("{http://ns.adobe.com/exif/1.0/}DateTimeOriginal", "xmp:exif:DateTimeOriginal"),
    ("{http://ns.adobe.com/photoshop/1.0/}DateCreated", "xmp:photoshop:DateCreated"),
)


@dataclass(frozen=True, slots=True)
class Packet:
    """Text as it stands in the packet, not cleaned."""

    caption: str | None
    people: tuple[str, ...]
    times: tuple[tuple[str, str], ...]  # time as written, and where it stood; the most trustworthy first


def packet(data: bytes) -> Packet | None:
    """Parse a packet. None when it is not sound, is over a megabyte, or declares a document type."""
    if len(data) > MAX_METADATA:
        return None
    try:
        text = data.strip(b"\x00 \r\n\t").decode("utf-8-sig")  # text: no declared encoding can hide a DOCTYPE
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            return None
        root = ElementTree.fromstring(text)  # noqa: S314
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError):
        return None
    return _read(root)


def _read(root: ElementTree.Element) -> Packet:
    people: list[str] = []
    captions: list[str] = []
    times: dict[str, str] = {}
    for element in root.iter():
        if element.tag == _CAPTION:
            captions.extend(_items(element))
        elif element.tag == _PERSON_IN_IMAGE:
            people.extend(_items(element))
        people.extend(_region(element))
        for tag, _ in _TIMES:
            when = _property(element, tag)
            if when:
                times.setdefault(tag, when)
    ordered = tuple((times[tag], source) for tag, source in _TIMES if tag in times)
    return Packet(captions[0] if captions else None, tuple(people), ordered)


def _items(element: ElementTree.Element) -> Iterator[str]:
    """The texts of an rdf:Bag, rdf:Seq or rdf:Alt, or the element's own."""
    items = [item.text for item in element.iterfind(f"./*/{_RDF}li")] or [element.text]
    return (text for text in items if text and text.strip())


def _property(element: ElementTree.Element, tag: str) -> str | None:
    """RDF writes a property as an attribute or as a child element, as it likes."""
    return element.get(tag) or element.findtext(tag)


def _region(element: ElementTree.Element) -> Iterator[str]:
    name = _property(element, f"{_REGION}Name")
    if name and _property(element, f"{_REGION}Type") == "Face":
        yield name
    shown = _property(element, _MICROSOFT_NAME)
    if shown:
        yield shown
