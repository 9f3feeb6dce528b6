"""Plain folders: sidecars are read, hostile ones refused, and a million files cost next to nothing."""

from __future__ import annotations

import tracemalloc
from contextlib import nullcontext

import pytest

from selfsearch.errors import ItemError
from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import plain_files
from selfsearch.exports.platforms.plain_files import MAX_SIDECAR_BYTES, PlainFiles, read_xmp
from selfsearch.types import Exposure, Location, Provenance, Timestamp

from .exports import Pack
from .exports import plain_files as fixture
from .exports.plain_files import listed, xmp


def beside(sidecar: str, *media: str, text: str | None = None) -> list[str | None]:
    """The files that a sidecar of this name is taken to speak of."""
    pack = Pack("Pictures")
    pack.add(sidecar, xmp(listed("dc:description", "me")) if text is None else text)
    for path in media:
        pack.add(path, b"x")
    return [mention.path for mention in PlainFiles(pack.as_export()).mentions()]


def test_a_plain_file_says_nothing_about_who_could_see_it() -> None:
    reason = "a plain file does not say who could see it"
    assert PlainFiles(fixture.build("loose").as_export()).infer("scan.png") == Provenance(
        "folder", context="file", exposure=Exposure.UNKNOWN.because(reason)
    )


def test_a_plain_folder_claims_nothing_for_itself() -> None:
    names = PathIndex(fixture.build("sidecars").files)
    assert list(PlainFiles.recognize(names)) == []
    assert PlainFiles.part_key("photos.zip") is None
    assert PlainFiles.derivative("photos/thumb.jpg") is None


def test_a_sidecar_belongs_to_the_file_that_its_name_holds() -> None:
    assert beside("a/IMG.JPG.xmp", "a/img.jpg", "IMG.jpg") == ["a/img.jpg"]
    assert beside("IMG.xmp", "IMG.jpg", "IMG.CR2", "IMG.mov", "IMG.txt", "IMG_2.jpg") == [
        "IMG.jpg",
        "IMG.CR2",
        "IMG.mov",
    ]
    assert beside("cafe\u0301.xmp", "caf\u00e9.jpg") == ["caf\u00e9.jpg"]
    assert beside("IMG.xmp", "b/IMG.jpg") == []
    assert beside("IMG.xmp") == []


def test_what_a_sidecar_says_is_told_with_its_source() -> None:
    provenance = read_xmp(
        xmp(
            listed("dc:title", "Title"),
            'photoshop:DateCreated="2019-06-01T10:11Z" e:GPSLatitude="-33.86" e:GPSLongitude="151.21"',
        ).encode()
    )
    assert provenance == Provenance(
        "folder",
        context="file",
        caption="Title",
        taken=Timestamp("2019-06-01T10:11:00+00:00", "XMP photoshop:DateCreated"),
        exposure=Exposure.UNKNOWN.because("a plain file does not say who could see it"),
        location=Location(-33.86, 151.21, "XMP exif:GPSLatitude"),
    )


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2019-06-01", "2019-06-01"),
        ("2019-06-01T10:11:12.123456+0530", "2019-06-01T10:11:12+05:30"),
        ("2019:06:01 10:11:12", "2019-06-01T10:11:12"),
        ("0000:00:00 00:00:00", None),
        ("2019-13-01", None),
        ("2019", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_read_as_precisely_as_it_was_written(written: str, time: str | None) -> None:
    provenance = read_xmp(xmp(attributes=f'e:DateTimeOriginal="{written}"').encode())
    assert provenance.taken == Timestamp.of(time, "XMP exif:DateTimeOriginal")


@pytest.mark.parametrize("place", [("0,0N", "0,0E"), ("95,0N", "1,0E"), ("north", "9,8W"), ("38,42N", "")])
def test_a_place_that_is_none_is_not_invented(place: tuple[str, str]) -> None:
    assert (
        read_xmp(xmp(attributes=f'e:GPSLatitude="{place[0]}" e:GPSLongitude="{place[1]}"').encode()).location
        is None
    )


def test_a_keyword_is_nobodys_name_unless_it_stands_under_people() -> None:
    keywords = listed("dc:subject", "Ana", "AC/DC", "People/Bo", "people|Cy", "People")
    assert read_xmp(xmp(keywords).encode()).people == ("Bo", "Cy")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sidecar_is_read_in_every_encoding_of_xmp(encoding: str) -> None:
    data = xmp(listed("dc:description", "Fête")).encode(encoding)
    assert read_xmp(data + b"\0\0").caption == "Fête"


BOMB = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not valid XMP"),
        (b"not xml", "not valid XMP"),
        (xmp().encode()[:-40], "not valid XMP"),
        (b'<?xml version="1.0" encoding="nonsense"?><x/>', "not valid XMP"),
        (b'<?xml version="1.0" encoding="utf-7"?><x/>', "not valid XMP"),
        (BOMB.encode(), "document type"),
        (BOMB.encode("utf-16"), "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        (b"<a>" * 200, "more XML than"),
        (b"<a>" + b"<b/>" * 200_001, "more XML than"),
        (b"<a " + b" ".join(b'x%d="1"' % n for n in range(9)) + b' x1="2"/>', "not valid XMP"),
    ],
)
def test_hostile_and_broken_sidecars_are_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ItemError, match=reason):
        read_xmp(data)


def test_a_refused_sidecar_is_noted_and_its_picture_stays() -> None:
    pack = fixture.build("sidecars")
    export = pack.as_export()
    assert "2019/view.jpg" not in [mention.path for mention in PlainFiles(export).mentions()]
    assert export.notes == {
        "2019/view.jpg.xmp": "declares a document type or an entity, which XMP never does"
    }
    assert "2019/view.jpg.xmp" in export.records


def test_a_sidecar_of_absurd_size_is_not_read() -> None:
    assert beside("a.jpg.xmp", "a.jpg", text=" " * (MAX_SIDECAR_BYTES + 1)) == []


def test_a_million_plain_files_cost_next_to_nothing() -> None:
    member = next(iter(Pack("x", {"a.jpg": b"x"}).as_export().members.values()))
    export = Export("x", {f"{n}.jpg": member for n in range(1_000_000)})
    tracemalloc.start()
    assert list(PlainFiles(export).mentions()) == []
    reader = PlainFiles(export)
    first = reader.infer("1.jpg")
    assert all(reader.infer(path) is first for path in export.members)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000  # bytes at the peak
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("attributes", "time", "source"),
    [
        (
            'e:DateTimeOriginal="2019-06-01T10:11:12" photoshop:DateCreated="2018-01-01"',
            "2019-06-01T10:11:12",
            "exif:DateTimeOriginal",
        ),
        (
            'e:DateTimeOriginal="2019-06-01T10:11:12" e:OffsetTimeOriginal="+02:00"',
            "2019-06-01T10:11:12+02:00",
            "exif:DateTimeOriginal",
        ),
        (
            'e:DateTimeOriginal="soon" photoshop:DateCreated="2018-01-01"',
            "2018-01-01",
            "photoshop:DateCreated",
        ),
        (
            'photoshop:DateCreated="2018-01-01T10:11" e:OffsetTimeOriginal="+02:00"',
            "2018-01-01T10:11:00",
            "photoshop:DateCreated",
        ),
        (
            'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2017-01-01"',
            "2017-01-01",
            "xmp:CreateDate",
        ),
        ('e:DateTimeOriginal="1825-06-01"', None, None),
        ('e:DateTimeOriginal="1826-06-01"', "1826-06-01", "exif:DateTimeOriginal"),
        ('e:DateTimeOriginal="2099-06-01"', "2099-06-01", "exif:DateTimeOriginal"),
        ('e:DateTimeOriginal="2100-06-01"', None, None),
    ],
)
def test_of_several_times_the_surest_counts(attributes: str, time: str | None, source: str | None) -> None:
    taken = read_xmp(xmp(attributes=attributes).encode()).taken
    assert taken == Timestamp.of(time, f"XMP {source}")


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        ("38,42.738N", "9,8.4W", (38.7123, -9.14)),
        ("38,42,36S", "9,8E", (-38.71, 9.1333333)),
        ("-38.71", "9.14", (-38.71, 9.14)),
        ("38.71", "-9.14", (38.71, -9.14)),
        ("38,42N", "x", None),
    ],
)
def test_degrees_are_read_with_their_minutes_seconds_and_sides(
    latitude: str, longitude: str, place: tuple[float, float] | None
) -> None:
    where = read_xmp(
        xmp(attributes=f'e:GPSLatitude="{latitude}" e:GPSLongitude="{longitude}"').encode()
    ).location
    assert where == Location.of(place, "XMP exif:GPSLatitude")


@pytest.mark.parametrize(
    ("tag", "people"),
    [
        *((f"{heading}|Family|Ana", ("Ana",)) for heading in ("People", "persons", "PERSON", "Faces")),
        *(
            (f"{heading}/Ana", ("Ana",))
            for heading in ("Personen", "personnes", "personas", "persone", "pessoas")
        ),
        ("People", ()),
        ("Places|Ana", ()),
        ("Ana", ()),
    ],
)
def test_a_keyword_names_somebody_under_a_heading_for_people(tag: str, people: tuple[str, ...]) -> None:
    for name in ("lr:hierarchicalSubject", "dc:subject"):
        assert read_xmp(xmp(listed(name, tag)).encode()).people == people


def test_a_place_in_words_is_put_together_from_small_to_large() -> None:
    space = 'xmlns:c="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"'
    words = 'photoshop:Country="Portugal" photoshop:City="Lisboa" photoshop:State="L" c:Location="Alfama"'
    assert read_xmp(xmp(attributes=f"{space} {words}").encode()).place == "Alfama, Lisboa, L, Portugal"
    assert read_xmp(xmp(attributes='photoshop:City="Lisboa"').encode()).place == "Lisboa"
    assert read_xmp(xmp().encode()).place is None


def test_of_a_text_in_several_languages_the_default_one_is_read() -> None:
    texts = '<rdf:li xml:lang="pt">mar</rdf:li><rdf:li xml:lang="x-default">sea</rdf:li>'
    described = f"<dc:description><rdf:Alt>{texts}</rdf:Alt></dc:description>"
    assert read_xmp(xmp(described).encode()).caption == "sea"
    both = described + listed("dc:title", "title")
    assert read_xmp(xmp(both).encode()).caption == "sea"
    assert read_xmp(xmp(listed("dc:creator", "Ana")).encode()).author == "Ana"


def test_a_sidecar_of_the_whole_name_goes_before_one_of_the_stem() -> None:
    pack = Pack("Pictures")
    for name, words in (("IMG.xmp", "both"), ("IMG.jpg.xmp", "one"), ("._IMG.xmp", "litter")):
        pack.add(name, xmp(listed("dc:description", words)))
    for name in ("IMG.jpg", "IMG.CR2"):
        pack.add(name, b"x")
    mentions = PlainFiles(pack.as_export()).mentions()
    assert {(m.path, m.provenance.caption) for m in mentions} == {("IMG.CR2", "both"), ("IMG.jpg", "one")}


@pytest.mark.parametrize(
    ("data", "is_read"),
    [
        (b"<a>" * 3 + b"</a>" * 3, True),
        (b"<a>" * 4 + b"</a>" * 4, False),
        (b"<a>" + b"<b/>" * 9 + b"</a>", True),
        (b"<a>" + b"<b/>" * 10 + b"</a>", False),
    ],
)
def test_a_sidecar_may_be_as_deep_and_as_large_as_no_description_is(
    data: bytes, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_files, "MAX_XML_DEPTH", 3)
    monkeypatch.setattr(plain_files, "MAX_XML_ELEMENTS", 10)
    with nullcontext() if is_read else pytest.raises(ItemError, match="more XML than"):
        assert read_xmp(data).caption is None
