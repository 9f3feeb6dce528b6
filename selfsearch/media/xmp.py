"""What an XMP packet says: caption, people, time. Hostile XML: no packet with a document type is parsed at
all.
"""

from __future__ import annotations

# No entity can be declared without a DOCTYPE, and a packet with one is refused before it reaches the parser.
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

from .limits import MAX_METADATA

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
