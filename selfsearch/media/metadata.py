"""What a picture's own records say: when, where, who, what about. Cheap; what is not sound is left out.

EXIF is written by cameras (exif.py), XMP by photo programs, IPTC-IIM by agencies and older photo managers.
XMP is hostile XML: no packet with a document type is parsed at all.
"""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ..types import Facts, Timestamp
from .exif import ExifFields, decode_text, read_exif
from .limits import MAX_METADATA

_DATETIME = re.compile(
    r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")  # would act on a terminal
_MAX_CAPTION = 10_000  # characters
_MAX_NAME = 200  # characters
_MAX_PEOPLE = 200
# What cameras write into every picture's description.
_NO_CAPTION = re.compile(r"(?i)(olympus|sony|kodak|samsung|default|digital camera|dsc|jpeg|[\s\d_.-])*")


@dataclass(frozen=True, slots=True)
class MetadataBlocks:
    """The raw metadata blocks of one picture; None where it has none."""

    exif: bytes | None = None  # a TIFF structure, with or without the "Exif" prefix
    xmp: bytes | None = None
    iptc: bytes | None = None


def read_facts(blocks: MetadataBlocks) -> Facts:
    """What the blocks say together. EXIF's time goes before XMP's and IPTC's; captions the other way."""
    exif = read_exif(blocks.exif)
    xmp = parse_xmp(blocks.xmp) if blocks.xmp else XmpFields()
    iptc = parse_iptc(blocks.iptc) if blocks.iptc else {}
    times = [*_exif_time(exif), *xmp.times, *_iptc_time(iptc)]
    captions = _clean(xmp.caption), _clean(decode_text(iptc.get(_IPTC_CAPTION))), _exif_caption(exif)
    people = (_clean(name, _MAX_NAME) for name in xmp.people[:_MAX_PEOPLE])
    return Facts(
        taken=_first_sound(times),
        location=exif.location,
        caption=next((caption for caption in captions if caption), None),
        people=tuple(dict.fromkeys(name for name in people if name)),
    )


def parse_datetime(text: str) -> str | None:
    """A time as EXIF or XMP writes it, in ISO 8601, with an offset if it has one; None when it is none."""
    match = _DATETIME.fullmatch(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, second)
    except ValueError:  # 0000:00:00 00:00:00 is what cameras with no clock write
        return None
    return local.isoformat() + _offset(match[7])


def _offset(text: str | None) -> str:
    """A sound offset from UTC in ISO 8601, or nothing."""
    if not text or not _OFFSET.fullmatch(text):
        return ""
    return "+00:00" if text == "Z" else text


def _first_sound(times: Iterable[tuple[str, str]]) -> Timestamp | None:
    """From times as written, each with where it stood."""
    for text, source in times:
        at = parse_datetime(text)
        if at:
            return Timestamp(at, source)
    return None


def _exif_time(exif: ExifFields) -> Iterator[tuple[str, str]]:
    if exif.time:
        yield exif.time.strip() + _offset((exif.offset or "").strip()), "exif:DateTimeOriginal"


def _exif_caption(exif: ExifFields) -> str | None:
    caption = _clean(exif.description)
    return None if caption is None or _NO_CAPTION.fullmatch(caption[:_MAX_NAME]) else caption


def _clean(text: str | None, length: int = _MAX_CAPTION) -> str | None:
    return _CONTROL.sub(" ", text).strip()[:length] or None if text else None


# IPTC-NAA Information Interchange Model, version 4.2: data sets of record 2
_IPTC_CAPTION, _IPTC_DATE, _IPTC_TIME = 120, 55, 60
_8BIM = b"8BIM"
_IPTC_RESOURCE = b"\x04\x04"  # Photoshop's number for the resource that holds IPTC
_DATE_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TIME_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?")


def find_iptc(resources: bytes) -> bytes | None:
    """The IPTC block among Photoshop's image resources (a JPEG's APP13), or None."""
    at = 0
    while resources[at : at + 4] == _8BIM and at + 12 <= len(resources):
        name = 1 + resources[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(resources[start - 4 : start], "big")
        if resources[at + 4 : at + 6] == _IPTC_RESOURCE:
            return resources[start : start + size]
        at = start + size + size % 2
    return None


def parse_iptc(block: bytes) -> dict[int, bytes]:
    """The first value of each data set of record 2."""
    values: dict[int, bytes] = {}
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended data set: larger than any caption
            break
        if block[at + 1] == 2:
            values.setdefault(block[at + 2], block[at + 5 : at + 5 + size])
        at += 5 + size
    return values


def _iptc_time(iptc: dict[int, bytes]) -> Iterator[tuple[str, str]]:
    """Date and time created. Only when there are both: a date alone is no moment."""
    date = _DATE_DIGITS.fullmatch(iptc.get(_IPTC_DATE, b"").decode("latin-1"))
    time = _TIME_DIGITS.fullmatch(iptc.get(_IPTC_TIME, b"").decode("latin-1"))
    if date and time:
        offset = f"{time[4]}:{time[5]}" if time[4] else ""
        yield f"{'-'.join(date.groups())}T{time[1]}:{time[2]}:{time[3]}{offset}", "iptc:DateCreated"


_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_CAPTION = "{http://purl.org/dc/elements/1.1/}description"
_PERSON_IN_IMAGE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
_REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"  # Lightroom, Picasa, digiKam, Apple Photos
_MICROSOFT_NAME = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"
_XMP_TIMES = (  # the most trustworthy first
    ("{http://ns.adobe.com/exif/1.0/}DateTimeOriginal", "xmp:exif:DateTimeOriginal"),
    ("{http://ns.adobe.com/photoshop/1.0/}DateCreated", "xmp:photoshop:DateCreated"),
)


@dataclass(frozen=True, slots=True)
class XmpFields:
    """Text as it stands in the packet, not cleaned."""

    caption: str | None = None
    people: tuple[str, ...] = ()
    times: tuple[tuple[str, str], ...] = ()  # time as written, and where it stood; the most trustworthy first


def parse_xmp(packet: bytes) -> XmpFields:
    """What a packet says; nothing when it is not sound, is over a megabyte, or declares a document type."""
    root = _parse_safely(packet)
    if root is None:
        return XmpFields()
    captions: list[str] = []
    people: list[str] = []
    times: dict[str, str] = {}
    for element in root.iter():
        if element.tag == _XMP_CAPTION:
            captions.extend(_texts(element))
        elif element.tag == _PERSON_IN_IMAGE:
            people.extend(_texts(element))
        people.extend(_people_in_region(element))
        for tag, source in _XMP_TIMES:
            time = _property(element, tag)
            if time:
                times.setdefault(source, time)
    ordered = tuple((times[source], source) for _, source in _XMP_TIMES if source in times)
    return XmpFields(captions[0] if captions else None, tuple(people), ordered)


def _parse_safely(packet: bytes) -> ElementTree.Element | None:
    if len(packet) > MAX_METADATA:
        return None
    try:
        packet = packet.strip(b"\x00 \r\n\t").removeprefix(codecs.BOM_UTF8)
        text = packet.decode()  # no declared encoding can hide a DOCTYPE, and no codec must be loaded
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # without a DOCTYPE no entity can be declared
            return None
        return ElementTree.fromstring(text)  # noqa: S314
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError):
        return None


def _texts(element: ElementTree.Element) -> Iterator[str]:
    """The texts of an rdf:Bag, rdf:Seq or rdf:Alt, or the element's own."""
    items = [item.text for item in element.iterfind(f"./*/{_RDF}li")] or [element.text]
    return (text for text in items if text and text.strip())


def _property(element: ElementTree.Element, tag: str) -> str | None:
    """RDF writes a property as an attribute or as a child element, as it likes."""
    return element.get(tag) or element.findtext(tag)


def _people_in_region(element: ElementTree.Element) -> Iterator[str]:
    name = _property(element, f"{_REGION}Name")
    if name and _property(element, f"{_REGION}Type") == "Face":
        yield name
    displayed = _property(element, _MICROSOFT_NAME)
    if displayed:
        yield displayed
