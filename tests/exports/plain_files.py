"""Plain folders: loose photographs, with the sidecars that photo programs write beside them."""

from __future__ import annotations

from typing import Any

from ..photos import nobody, photo
from . import Pack

LAYOUTS = ("loose", "sidecars")
SAYS = {
    "platform": "folder",
    "context": "file",
    "exposure": "unknown",
    "exposure_reason": "a plain file does not say who could see it",
}
NOTHING = SAYS | {"caption": None, "taken_at": None, "location": None, "people": (), "author": None}

_SPACES = "".join(
    f' xmlns:{prefix}="{space}"'
    for prefix, space in {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "dc": "http://purl.org/dc/elements/1.1/",
        "e": "http://ns.adobe.com/exif/1.0/",  # a prefix is any name that the program likes
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "lr": "http://ns.adobe.com/lightroom/1.0/",
        "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
        "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
        "MP": "http://ns.microsoft.com/photo/1.2/",
        "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    }.items()
)


def xmp(inner: str = "", attributes: str = "") -> str:
    """A sidecar with these properties."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF{_SPACES}>'
        f'<rdf:Description rdf:about="" {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    )


def listed(name: str, *items: str, kind: str = "Bag") -> str:
    """A property with several values."""
    return (
        f"<{name}><rdf:{kind}>{''.join(f'<rdf:li>{item}</rdf:li>' for item in items)}</rdf:{kind}></{name}>"
    )


def build(layout: str) -> Pack:
    """Three pictures of one person and a landscape."""
    pack = Pack("Pictures", ending="")
    for n, path in enumerate(("2019/IMG_0001.jpg", "2020/party/me & you.JPG", "scan.png")):
        pack.plant(path, photo("astronaut", n + 1, kind="PNG" if n == 2 else "JPEG"), "astronaut", **NOTHING)
    pack.plant("2019/view.jpg", nobody(), None, **NOTHING)
    pack.add("notes.txt", "not a picture")
    if layout == "sidecars":
        _sidecars(pack)
    return pack


def _sidecars(pack: Pack) -> None:
    """As Lightroom (attributes), digiKam (elements, IMG.jpg.xmp) and Windows (its own regions) write them."""
    says_of: dict[str, dict[str, Any]] = {
        "2019/IMG_0001.jpg": {
            "caption": "Us at the lake",
            "taken_at": "2019-06-01T10:11:12+02:00",
            "taken_at_source": "XMP exif:DateTimeOriginal",
            "location": (38.7123, -9.1402),
            "location_source": "XMP exif:GPSLatitude",
            "place": "Lisbon, Portugal",
            "people": ("Ana Alba", "Bo Berg"),
            "author": "Cy",
        },
        "2020/party/me & you.JPG": {
            "taken_at": "2020-01-31T23:59:00",
            "people": ("Ana", "Bo"),
            "caption": "Fête",
        },
        "scan.png": {"people": ("Ana",)},
    }
    for planted in pack.planted:
        planted.says = planted.says | says_of.get(planted.path or "", {})
    pack.add(
        "2019/IMG_0001.xmp",
        xmp(
            listed("dc:description", "Us at the lake", kind="Alt")
            + listed("dc:creator", "Cy", kind="Seq")
            + listed("dc:subject", "beach", "summer")
            + listed("Iptc4xmpExt:PersonInImage", "Ana Alba")
            + listed("lr:hierarchicalSubject", "People|Friends|Bo Berg", "Places|Lisbon"),
            'e:DateTimeOriginal="2019-06-01T10:11:12.25" e:OffsetTimeOriginal="+02:00" '
            'photoshop:City="Lisbon" photoshop:Country="Portugal" '
            'e:GPSLatitude="38,42.738N" e:GPSLongitude="9,8,24.72W"',
        ),
    )
    faces = (
        '<rdf:li rdf:parseType="Resource">'
        "<mwg-rs:Name>Ana</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>",
        '<rdf:li><rdf:Description mwg-rs:Name="Bo" mwg-rs:Type="Face"/></rdf:li>',
        '<rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:li>',
    )
    regions = f"<mwg-rs:RegionList><rdf:Bag>{''.join(faces)}</rdf:Bag></mwg-rs:RegionList>"
    languages = '<rdf:li xml:lang="en">Party</rdf:li><rdf:li xml:lang="x-default">Fête</rdf:li>'
    pack.add(
        "2020/party/me & you.JPG.xmp",
        xmp(
            f'<mwg-rs:Regions rdf:parseType="Resource">{regions}</mwg-rs:Regions>'
            f"<dc:description><rdf:Alt>{languages}</rdf:Alt></dc:description>"
            "<e:DateTimeOriginal>2020:01:31 23:59:00</e:DateTimeOriginal>"
            "<e:GPSLatitude>0,0N</e:GPSLatitude><e:GPSLongitude>0,0E</e:GPSLongitude>"
        ),
    )
    pack.add("2020/party/me & you.xmp", xmp(listed("dc:description", "of another program")))
    windows = '<rdf:li><rdf:Description MPReg:PersonDisplayName="Ana"/></rdf:li>'
    listed_regions = f"<MPRI:Regions><rdf:Bag>{windows}</rdf:Bag></MPRI:Regions>"
    pack.add("SCAN.XMP", xmp(f'<MP:RegionInfo rdf:parseType="Resource">{listed_regions}</MP:RegionInfo>'))
    pack.add("2019/view.jpg.xmp", "<!DOCTYPE x [<!ENTITY a 'b'>]>" + xmp())
    pack.add("gone.jpg.xmp", xmp())
    pack.add("._IMG.xmp", b"\x00\x05\x16\x07")
