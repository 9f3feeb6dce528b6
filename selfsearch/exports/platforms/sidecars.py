"""XMP sidecars: what a photo program wrote about a picture into a file beside it.

A sidecar is hostile input like any other: a document type or an entity in it is refused, as is absurd size.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ...errors import ItemError
from ...types import Outcome
from .dates import FIRST_YEAR, LAST_YEAR
from .parsing import as_point

MAX_BYTES = 16 << 20  # Lightroom's masks can make megabytes; a description never does
MAX_DEPTH = 100  # levels; XMP uses about ten
MAX_ELEMENTS = 200_000

_PREFIXES = {
    "adobe:ns:meta/": "x",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
}
_TIMES = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
_OFFSETS = ("exif:OffsetTimeOriginal", "exifEX:OffsetTimeOriginal")
_PLACES = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
_TAGS = ("lr:hierarchicalSubject", "digiKam:TagsList", "dc:subject")
_PEOPLE = {"people", "persons", "person", "personen", "personnes", "personas", "persone", "pessoas", "faces"}

_TIME = re.compile(
    r"(\d{4})[-:](\d\d)[-:](\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_DEGREES = re.compile(r"(-?\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEW]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar says. None means that it does not say."""

    caption: str | None = None
    taken_at: str | None = None  # ISO 8601, with an offset where one is given
    taken_at_source: str | None = None
    location: tuple[float, float] | None = None  # degrees
    place: str | None = None
    people: tuple[str, ...] = ()
    author: str | None = None


def read(data: bytes) -> Sidecar:
    """The content of a sidecar. Raises ItemError when it is no XMP, or one that no photo program writes."""
    properties = _Properties(_tree(data))
    taken_at, source = _taken_at(properties)
    return Sidecar(
        caption=properties.first("dc:description", "dc:title"),
        taken_at=taken_at,
        taken_at_source=source,
        location=_location(properties),
        place=", ".join(filter(None, map(properties.first, _PLACES))) or None,
        people=_people(properties),
        author=", ".join(properties.all("dc:creator")) or None,
    )


def _tree(data: bytes) -> Element:
    """The document as elements whose names are "prefix:name", whatever prefixes the file uses."""
    builder = TreeBuilder()
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise ItemError(Outcome.TOO_LARGE, "holds more XML than a sidecar does")
        builder.start(_short(name), {_short(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_short(name))

    encoding = None
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data, encoding = data.decode("utf-16", "replace").encode(), "utf-8"
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data.rstrip(b"\0\r\n\t "), True)
    except (expat.ExpatError, LookupError, ValueError) as exc:  # the last two: encodings that do not exist
        raise ItemError(Outcome.UNREADABLE, f"not valid XMP: {exc}") from exc
    return builder.close()


def _refuse(*declared: object) -> None:
    raise ItemError(Outcome.UNREADABLE, "declares a document type or an entity, which XMP never does")


def _short(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"{_PREFIXES.get(space, space)}:{local}"


class _Properties:
    """The properties of an XMP packet, written as attributes or as elements."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._described = [
            child for rdf in root.iter("rdf:RDF") for child in rdf if child.tag == "rdf:Description"
        ]

    def all(self, name: str) -> list[str]:
        """Every value of a property; of a text in several languages the default one first."""
        found: list[str] = []
        for described in self._described:
            found.append(described.get(name, ""))
            for element in described:
                found += _texts(element) if element.tag == name else []
        return [text.strip() for text in found if text.strip()]

    def first(self, *names: str) -> str | None:
        """The first value of the first property that has one."""
        return next((value for name in names for value in self.all(name)), None)

    def structures(self) -> Iterator[dict[str, str]]:
        """Every list item that has fields, as a dict of them."""
        for item in self.root.iter("rdf:li"):
            fields: dict[str, str] = {}
            for element in (item, *(child for child in item if child.tag == "rdf:Description")):
                fields.update(element.attrib)
                fields.update((child.tag, (child.text or "").strip()) for child in element)
            yield fields


def _texts(element: Element) -> list[str]:
    items = [item for item in element.iter("rdf:li") if item.text]
    items.sort(key=lambda item: item.get("xml:lang", "x-default") != "x-default")
    return [item.text or "" for item in items] if items else [element.text or ""]


def _people(properties: _Properties) -> tuple[str, ...]:
    """Names given as people. A keyword may be anything, so only one under a heading for people counts."""
    names = properties.all("Iptc4xmpExt:PersonInImage")
    for fields in properties.structures():
        if fields.get("mwg-rs:Type", "Face").casefold() == "face":
            names += [fields.get("mwg-rs:Name", ""), fields.get("MPReg:PersonDisplayName", "")]
    for tag in (tag for name in _TAGS for tag in properties.all(name)):
        heading, *rest = re.split(r"[|/]", tag)
        names += rest[-1:] if heading.strip().casefold() in _PEOPLE else []
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _taken_at(properties: _Properties) -> tuple[str | None, str | None]:
    for name in _TIMES:
        value = properties.first(name)
        if value and (time := _time(value, properties.first(*_OFFSETS) if name == _TIMES[0] else None)):
            return time, name
    return None, None


def _time(value: str, offset: str | None) -> str | None:
    found = _TIME.fullmatch(value.strip())
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    day = f"{found[1]}-{found[2]}-{found[3]}"
    zone = (found[6] or offset or "").strip().replace("Z", "+00:00")
    zone = f"{zone[:3]}:{zone[-2:]}" if zone else ""
    try:
        whole = datetime.fromisoformat(f"{day}T{found[4] or '00:00'}{found[5] or ':00'}{zone}")
    except ValueError:
        return None
    return whole.isoformat() if found[4] else day


def _location(properties: _Properties) -> tuple[float, float] | None:
    values = [properties.first(f"exif:GPS{axis}") for axis in ("Latitude", "Longitude")]
    latitude, longitude = (_degrees(value) if value else None for value in values)
    return as_point(latitude, longitude)


def _degrees(value: str) -> float | None:
    """ "38,42.738N", "38,42,44N" or "-9.14" in degrees."""
    found = _DEGREES.fullmatch(value.strip().upper())
    if found is None:
        return None
    whole = abs(float(found[1])) + float(found[2] or 0) / 60 + float(found[3] or 0) / 3600
    negative = found[1].startswith("-") or found[4] in ("S", "W")
    return round(-whole if negative else whole, 7)
