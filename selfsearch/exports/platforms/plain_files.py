"""Plain folders and archives: files that no platform's reader claims, and the XMP sidecars beside them.

Nothing says who could see such a file. A sidecar (what a photo program wrote about a picture into a file
beside it) is hostile input like any other: a document type or an entity in it is refused, as is absurd size.
What stands inside a picture (EXIF, IPTC) is read with the picture.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ...errors import ItemError
from ...types import Location, Outcome, Provenance, Timestamp
from ..path_index import PathIndex, file_name, fold
from .base import Account, Mention, Platform, Root, plain_file
from .dates import FIRST_YEAR, LAST_YEAR
from .media_refs import is_media_name
from .parsing import as_point, distinct

MAX_SIDECAR_BYTES = 16 << 20  # Lightroom's masks can make megabytes; a description never does
MAX_XML_DEPTH = 100  # levels; XMP uses about ten
MAX_XML_ELEMENTS = 200_000

PREFIXES = {
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
TIMES = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
OFFSETS = ("exif:OffsetTimeOriginal", "exifEX:OffsetTimeOriginal")
PLACES = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
TAGS = ("lr:hierarchicalSubject", "digiKam:TagsList", "dc:subject")
PEOPLE_HEADINGS = frozenset(
    ("people", "persons", "person", "personen", "personnes", "personas", "persone", "pessoas", "faces")
)

TIME = re.compile(
    r"(\d{4})[-:](\d\d)[-:](\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
DEGREES = re.compile(r"(-?\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEW]?)", re.ASCII)


PLAIN_FILE = plain_file("a plain file does not say who could see it")  # one for all: there may be a million


@dataclass(slots=True)
class _Sidecar:
    """A sidecar, and the files that its name may mean."""

    path: str
    same_name: list[str] = field(default_factory=list)  # IMG.jpg for IMG.jpg.xmp
    same_stem: list[str] = field(default_factory=list)  # IMG.jpg for IMG.xmp


class PlainFiles(Platform):
    """What remains when every platform took its own."""

    name = PLAIN_FILE.platform
    title = "Folder or archive"

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Nowhere: this is what remains."""
        return ()

    @property
    def account(self) -> Account:
        """Nobody's account."""
        return Account()

    def mentions(self) -> Iterator[Mention]:
        """Every media file with a sidecar: IMG.jpg.xmp, or IMG.xmp for all that are called IMG."""
        for sidecar, media in self._pairs():
            if provenance := self._described(sidecar):
                yield from (Mention(path, provenance) for path in media)

    def infer(self, path: str) -> Provenance:
        """Nothing, of any file."""
        return PLAIN_FILE

    def _pairs(self) -> Iterator[tuple[str, list[str]]]:
        """Each sidecar with its media; one that names the whole file name goes before one that does not."""
        sidecars = {fold(path[:-4]): _Sidecar(path) for path in self.export.members if _is_sidecar(path)}
        if not sidecars:
            return
        paired: set[str] = set()
        for path in self.export.members:
            folded = fold(path)
            if folded in sidecars:
                sidecars[folded].same_name.append(path)
                paired.add(path)
            elif is_media_name(path) and (sidecar := sidecars.get(folded[: folded.rfind(".")])):
                sidecar.same_stem.append(path)
        for sidecar in sidecars.values():
            yield sidecar.path, [*sidecar.same_name, *(p for p in sidecar.same_stem if p not in paired)]

    def _described(self, path: str) -> Provenance | None:
        self.export.records.add(path)
        try:
            return read_xmp(self.export.members[path].read(MAX_SIDECAR_BYTES))
        except ItemError as exc:
            self.export.note(path, str(exc), unread=True)
            return None


def _is_sidecar(path: str) -> bool:
    return path[-4:].lower() == ".xmp" and not file_name(path).startswith("._")


def read_xmp(data: bytes) -> Provenance:
    """What a sidecar says of its picture. Raises ItemError when it is no XMP that a photo program writes."""
    properties = _Properties(_tree(data))
    return replace(
        PLAIN_FILE,
        caption=properties.first("dc:description", "dc:title"),
        taken=_taken(properties),
        location=_location(properties),
        place=", ".join(filter(None, map(properties.first, PLACES))) or None,
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
        if depth > MAX_XML_DEPTH or count > MAX_XML_ELEMENTS:
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
    return f"{PREFIXES.get(space, space)}:{local}"


class _Properties:
    """The properties of an XMP packet, written as attributes or as elements."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._descriptions = [
            child for rdf in root.iter("rdf:RDF") for child in rdf if child.tag == "rdf:Description"
        ]

    def all(self, name: str) -> list[str]:
        """Every value of a property; of a text in several languages the default one first."""
        texts: list[str] = []
        for description in self._descriptions:
            texts.append(description.get(name, ""))
            for element in description:
                texts += _texts(element) if element.tag == name else []
        return [text.strip() for text in texts if text.strip()]

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
    for tag in (tag for name in TAGS for tag in properties.all(name)):
        heading, *rest = re.split(r"[|/]", tag)
        names += rest[-1:] if heading.strip().casefold() in PEOPLE_HEADINGS else []
    return distinct(name.strip() for name in names)


def _taken(properties: _Properties) -> Timestamp | None:
    for name in TIMES:
        text = properties.first(name)
        offset = properties.first(*OFFSETS) if name == TIMES[0] else None
        if text and (time := _time(text, offset)):
            return Timestamp(time, f"XMP {name}")
    return None


def _time(text: str, offset: str | None) -> str | None:
    match = TIME.fullmatch(text.strip())
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    day = f"{match[1]}-{match[2]}-{match[3]}"
    zone = (match[6] or offset or "").strip().replace("Z", "+00:00")
    zone = f"{zone[:3]}:{zone[-2:]}" if zone else ""
    try:
        when = datetime.fromisoformat(f"{day}T{match[4] or '00:00'}{match[5] or ':00'}{zone}")
    except ValueError:
        return None
    return when.isoformat() if match[4] else day


def _location(properties: _Properties) -> Location | None:
    texts = [properties.first(f"exif:GPS{axis}") for axis in ("Latitude", "Longitude")]
    latitude, longitude = (_degrees(text) if text else None for text in texts)
    return Location.of(as_point(latitude, longitude), "XMP exif:GPSLatitude")


def _degrees(text: str) -> float | None:
    """ "38,42.738N", "38,42,44N" or "-9.14" in degrees."""
    match = DEGREES.fullmatch(text.strip().upper())
    if match is None:
        return None
    degrees = abs(float(match[1])) + float(match[2] or 0) / 60 + float(match[3] or 0) / 3600
    is_negative = match[1].startswith("-") or match[4] in ("S", "W")
    return round(-degrees if is_negative else degrees, 7)
