"""Google Photos exports of several years and languages, with every known way in which Takeout cuts a name."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import nobody, photo
from . import Pack, Planted

LAYOUTS = ("english-2025", "german-2019", "french-2023", "russian-2025", "damaged")

VIDEO = b"\x00\x00\x00\x18ftypisom" + bytes(24)
NOT_EXPORTED = "Google Photos does not export who an album was shared with"
PARTNER = "came from a partner who shares the library (googlePhotosOrigin = fromPartnerSharing)"
NO_ACCESS = f"as far as the export says (the album's record names no access); {NOT_EXPORTED}"
PUBLIC_ALBUM = f'album access = "public", a word that Google does not explain; {NOT_EXPORTED}'
OWN = "only in the owner's Google Photos"
TAKEN, POSTED = "2021-07-03T12:58:41+00:00", "2021-07-03T14:02:05+00:00"
_REPLACED = str.maketrans(dict.fromkeys('/&?\\:*"<>|%', "_"))


def cut(text: str, units: int) -> str:
    """The first UTF-16 units, as Takeout counts."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def names(title: str, counter: int = 0, *, suffix: str = ".supplemental-metadata") -> tuple[str, str]:
    """The names that Takeout gives the media file and its record."""
    number = f"({counter})" if counter else ""
    safe = title.translate(_REPLACED)
    stem, dot, ending = safe.rpartition(".")
    media = f"{cut(stem, 47)}{number}.{ending}" if dot else f"{cut(safe, 47)}{number}.jpg"
    return media, f"{cut(safe + suffix, 46)}{number}.json"


def record(title: str, **more: Any) -> dict[str, Any]:
    """A photograph's record as Google writes it, with the fields of `more` on top."""
    return {
        "title": title,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": "1625320925", "formatted": "Jul 3, 2021, 2:02:05 PM UTC"},
        "photoTakenTime": {"timestamp": "1625317121", "formatted": "Jul 3, 2021, 12:58:41 PM UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
        "url": f"https://photos.google.com/photo/AF1Qip{abs(hash_of(title + str(more))):x}",
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
    } | more


def hash_of(text: str) -> int:
    """A stable number for a text, so that each record has a web address of its own."""
    return int.from_bytes(text.encode()[-12:], "big")


class _Library:
    """Adds photographs with their records to a pack, and plants what must be read from them."""

    def __init__(self, pack: Pack, suffix: str) -> None:
        self.pack, self.suffix = pack, suffix

    def add(
        self, folder: str, title: str, person: str | None, data: bytes, says: dict[str, Any], **more: Any
    ) -> str:
        counter = more.pop("counter", 0)
        media, sidecar = names(title, counter, suffix=self.suffix)
        said = record(title, **more)
        self.pack.add(f"{folder}/{sidecar}", said)
        self.pack.plant(f"{folder}/{media}", data, person, **(plain(said) | says))
        return f"{folder}/{media}"

    def album(self, folder: str, name: str, data: dict[str, Any]) -> None:
        self.pack.add(f"{folder}/{name}", data)


def plain(said: dict[str, Any]) -> dict[str, Any]:
    """What must be read from a record without anything special."""
    return {
        "platform": "google_photos",
        "context": "library",
        "posted_at": POSTED,
        "posted_at_source": "creationTime",
        "taken_at": TAKEN,
        "taken_at_source": "photoTakenTime",
        "url": said["url"],
        "url_kind": "owner_only",
        "exposure": Exposure.PRIVATE,
        "exposure_reason": OWN,
        "author_is_owner": True,
        "location": None,
        "audience": None,
        "album": None,
    }


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    pack = Pack("takeout-20250105T101112Z-001", wrapper="Takeout/Google Photos/")
    {
        "english-2025": _english,
        "german-2019": _german,
        "french-2023": _french,
        "russian-2025": _russian,
        "damaged": _damaged,
    }[layout](pack)
    return pack


def _english(pack: Pack) -> None:
    library = _Library(pack, ".supplemental-metadata")
    year = "Photos from 2021"
    here = {"latitude": 38.71, "longitude": -9.14, "altitude": 12.0}
    library.add(
        year,
        "IMG_0001.jpg",
        "astronaut",
        photo("astronaut", 1),
        {
            "caption": "Beach & Ana",
            "location": (38.71, -9.14),
            "location_source": "geoData",
            "people": ("Ana", "Bo"),
        },
        description="Beach &amp; Ana",
        geoData=here,
        people=[{"name": "Ana"}, {"name": "Bo"}, {"name": "Ana"}],
    )
    pack.plant(
        f"{year}/IMG_0001-edited.jpg",
        photo("astronaut", 2),
        "astronaut",
        caption="Beach & Ana",
        posted_at=POSTED,
    )
    library.add(
        year,
        "IMG_0002.jpg",
        "a",
        photo("a", 1),
        {"location": (1.5, 2.5), "location_source": "geoDataExif"},
        geoDataExif={"latitude": "1.5", "longitude": "2.5"},
    )
    library.add(
        year,
        "IMG_0002.jpg",
        "b",
        photo("b", 1),
        {"caption": "the other one"},
        counter=1,
        description="the other one",
    )
    _cut_names(library, year)
    _standings(library, year)
    _albums(library, year)
    pack.add("print-subscriptions.json", {"subscriptions": []})
    pack.add("shared_album_comments.json", {})
    pack.add("user-generated-memory-titles.json", {"title": []})
    pack.add("Failed Videos/MOV_1.mp4", VIDEO)


def _cut_names(library: _Library, year: str) -> None:
    pack = library.pack
    add = library.add
    add(year, "A walk along the river with everybody from school in May.jpg", "c", photo("c", 1), {})
    add(
        year, f"{'forty-one signs and a full stop for dots.x'[:41]}.jpg", "d", photo("d", 1), {}
    )  # ends in "..json"
    add(year, "Me & Ana / where? 100% sea.jpg", "astronaut", photo("astronaut", 3), {})
    add(year, "Party 😀😃😄😁😆😅😂🤣🥲😊😇🙂🙃😉😌😍🥰😘😗😙.jpg", "e", photo("e", 1), {})
    add(year, "IMG~2.jpg", "f", photo("f", 1), {})
    add(year, "2234089303984509579", "a", photo("a", 2), {})
    title = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_PA.jpg"
    add(year, title, "b", photo("b", 2), {})
    media, _ = names(title, 1)
    pack.plant(f"{year}/{media}", photo("b", 3), "b", posted_at=POSTED, taken_at=TAKEN)
    add(
        year, "IMG_0100.HEIC", "astronaut", photo("astronaut", 4), {"caption": "moving"}, description="moving"
    )
    pack.plant(f"{year}/IMG_0100.MP4", VIDEO, None, caption="moving", taken_at=TAKEN)
    add(year, "PXL_1.MP.jpg", "c", photo("c", 2), {"caption": "motion"}, description="motion")
    pack.plant(f"{year}/PXL_1.MP", VIDEO, None, caption="motion")
    long = "a title that is nearly as long as titles can."
    add(year, f"{long}.jpg", "d", photo("d", 2), {"caption": "long"}, description="long")
    pack.plant(f"{year}/{cut(long + '-edited', 47)}.jpg", photo("d", 3), "d", caption="long")


def _standings(library: _Library, year: str) -> None:
    pack = library.pack
    add = library.add
    add(
        year,
        "partner.jpg",
        "astronaut",
        photo("astronaut", 5),
        {
            "context": "partner_shared",
            "author_is_owner": False,
            "exposure": Exposure.NETWORK,
            "exposure_reason": PARTNER,
        },
        googlePhotosOrigin={"fromPartnerSharing": {}},
    )
    add(
        year,
        "trashed.jpg",
        "astronaut",
        photo("astronaut", 6),
        {"context": "trashed", "exposure_reason": f"{OWN}, in the trash (trashed = true)"},
        trashed=True,
    )
    add(
        year,
        "archived.jpg",
        "a",
        photo("a", 3),
        {"context": "archived", "exposure_reason": f"{OWN}, archived (archived = true)"},
        archived=True,
    )
    pack.plant(
        f"{year}/no record.jpg",
        photo("b", 4),
        "b",
        context="library",
        posted_at=None,
        url=None,
        exposure=Exposure.PRIVATE,
        exposure_reason=OWN,
        author_is_owner=None,
    )
    gone = record("elsewhere.jpg")
    pack.add(f"{year}/{names('elsewhere.jpg')[1]}", gone)
    pack.planted.append(Planted(f"{year}/elsewhere.jpg", None, plain(gone)))


def _albums(library: _Library, year: str) -> None:
    pack = library.pack
    trip = {
        "context": "album",
        "album": "Trip to Lisbon: day 1",
        "audience": "protected",
        "audience_source": "per_album",
        "exposure_reason": f'{OWN}, as far as the export says (album access = "protected"); {NOT_EXPORTED}',
    }
    library.album(
        "Trip to Lisbon_ day 1",
        "metadata.json",
        {
            "title": "Trip to Lisbon: day 1",
            "description": "",
            "access": "protected",
            "date": {"timestamp": "1626768000"},
        },
    )
    library.add("Trip to Lisbon_ day 1", "IMG_0003.jpg", "astronaut", photo("astronaut", 7), trip)
    pack.plant(
        "Trip to Lisbon_ day 1/no record.jpg",
        photo("c", 3),
        "c",
        context="album",
        album="Trip to Lisbon: day 1",
        audience="protected",
        posted_at=None,
    )
    library.album(
        "Family",
        "metadata.json",
        {
            "title": "Family",
            "access": "protected",
            "sharedAlbumComments": [{"text": "wow"}, {"text": "so nice"}],
        },
    )
    shared = {
        "context": "shared_album",
        "album": "Family",
        "exposure": Exposure.NETWORK,
        "exposure_reason": f"in a shared album (sharedAlbumComments: 2); {NOT_EXPORTED}",
        "audience": "protected",
    }
    library.add("Family", "IMG_0004.jpg", "astronaut", photo("astronaut", 8), shared)
    theirs = shared | {
        "author_is_owner": False,
        "exposure_reason": f"came from a shared album (googlePhotosOrigin = fromSharedAlbum); {NOT_EXPORTED}",
    }
    library.add(
        "Family", "theirs.jpg", "a", photo("a", 4), theirs, googlePhotosOrigin={"fromSharedAlbum": {}}
    )
    library.album("Untitled(3)", "metadata.json", {"title": "", "access": ""})
    nameless = f"{OWN}, {NO_ACCESS}"
    untitled = {"context": "album", "album": "Untitled(3)", "exposure_reason": nameless}
    library.add("Untitled(3)", "IMG_0005.jpg", "b", photo("b", 5), untitled)
    library.album("Plain", "metadata.json", {"title": "Plain"})
    library.add(
        "Plain",
        "IMG_0006.jpg",
        "c",
        photo("c", 4),
        {"context": "album", "album": "Plain", "exposure_reason": nameless},
    )
    # The record of a copy whose file is only in the folder of its year.
    twice = record("IMG_0007.jpg")
    for folder in (year, "Plain"):
        pack.add(f"{folder}/{names('IMG_0007.jpg')[1]}", twice)
    pack.plant(f"{year}/IMG_0007.jpg", photo("d", 4), "d", **plain(twice))
    pack.planted.append(Planted(f"{year}/IMG_0007.jpg", "d", {"context": "album", "album": "Plain"}))


def _german(pack: Pack) -> None:
    pack.name, pack.wrapper, pack.ending = "takeout-20190911T080000Z-002", "Takeout/Google Fotos/", ".tgz"
    library = _Library(pack, "")
    year = "Fotos von 2019"
    library.add(year, "DSC_0101.JPG", "astronaut", photo("astronaut", 1), {})
    library.add(year, "DSC_0101.JPG", "a", photo("a", 1), {"caption": "zwei"}, counter=2, description="zwei")
    pack.plant(f"{year}/DSC_0101-bearbeitet(2).JPG", photo("a", 2), "a", caption="zwei")
    library.add(year, "13039_327707840323_537645323_9470255_27214_n.jpg", "b", photo("b", 1), {}, counter=1)
    pack.add("Ausflug/Metadaten.json", {"albumData": {"title": "Ausflug", "access": "public"}})
    library.add(
        "Ausflug",
        "DSC_0102.JPG",
        "astronaut",
        photo("astronaut", 2),
        {
            "context": "album",
            "album": "Ausflug",
            "audience": "public",
            "exposure": Exposure.UNKNOWN,
            "exposure_reason": PUBLIC_ALBUM,
        },
    )
    pack.plant(
        "Papierkorb/weg.jpg", photo("astronaut", 3), "astronaut", context="trashed", exposure=Exposure.PRIVATE
    )
    pack.plant("Archiv/alt.jpg", photo("c", 1), "c", context="archived", exposure=Exposure.PRIVATE)


def _french(pack: Pack) -> None:
    pack.name = "takeout-20230911T080000Z-3-002"
    library = _Library(pack, "")
    year = "Photos de 2023"
    library.add(year, "PXL_20220405_090123740.PORTRAIT.jpg", "astronaut", photo("astronaut", 1), {})
    pack.plant(
        f"{year}/PXL_20220405_090123740.PORTRAIT-modifié.jpg",
        photo("astronaut", 2),
        "astronaut",
        posted_at=POSTED,
    )
    pack.add("Été à la mer/métadonnées.json", {"title": "Été à la mer", "access": "shared"})
    library.add(
        "Été à la mer",
        "IMG_1.jpeg",
        "astronaut",
        photo("astronaut", 3),
        {
            "context": "shared_album",
            "album": "Été à la mer",
            "exposure": Exposure.NETWORK,
            "audience": "shared",
            "exposure_reason": f'in a shared album (album access = "shared"); {NOT_EXPORTED}',
        },
    )
    pack.add("Été à la mer/27_06_12 - 2.json", record("27/06/12 - 2", photoTakenTime={"timestamp": "-86400"}))
    pack.plant(
        "Été à la mer/27_06_12 - 2.jpg",
        photo("a", 1),
        "a",
        taken_at="1969-12-31T00:00:00+00:00",
        album="Été à la mer",
    )


def _russian(pack: Pack) -> None:
    """A language whose product folder is not in any list: the sidecars give the export away."""
    pack.wrapper = "Takeout/Какие-то фотографии/"
    library = _Library(pack, ".supplemental-metadata")
    library.add("Фотографии за 2021 год", "снимок.jpg", "astronaut", photo("astronaut", 1), {})
    pack.add("Поездка/метаданные.json", {"title": "Поездка"})
    library.add(
        "Поездка",
        "мы.jpg",
        "astronaut",
        photo("astronaut", 2),
        {
            "context": "album",
            "album": "Поездка",
            "exposure_reason": f"{OWN}, {NO_ACCESS}",
        },
    )
    library.add(
        "Поездка",
        "они.jpg",
        None,
        nobody(1),
        {
            "context": "trashed",
            "album": "Поездка",
            "exposure_reason": f"{OWN}, in the trash (trashed = true)",
        },
        trashed="true",
    )


def _damaged(pack: Pack) -> None:
    """Records that are cut, or of the wrong type, beside good ones."""
    year = "Photos from 2021"
    bad: dict[str, Any] = {
        "cut": '{"title": "cut.jpg", "photoTakenTime": {"timesta',
        "empty": "",
        "null": "null",
        "list": [record("list.jpg")],
        "number": "12",
        "binary": b"\xff\xfe\x00\xd8",
    }
    for number, (name, data) in enumerate(bad.items(), start=1):
        pack.add(f"{year}/{name}.jpg.supplemental-metadata.json", data)
        pack.plant(
            f"{year}/{name}.jpg",
            photo("astronaut", number),
            "astronaut",
            context="library",
            posted_at=None,
            url=None,
        )
    types = {
        "title": 7,
        "description": ["x"],
        "creationTime": 1625320925,
        "photoTakenTime": {"timestamp": 1625317121.0},
        "geoData": [],
        "geoDataExif": {"latitude": "x", "longitude": None},
        "people": {"name": "Ana"},
        "url": {"a": 1},
        "googlePhotosOrigin": "mobileUpload",
        "archived": "no",
        "trashed": 0,
    }
    pack.add(f"{year}/types.jpg.supplemental-metadata.json", types)
    pack.plant(
        f"{year}/types.jpg",
        photo("a", 1),
        "a",
        context="library",
        caption=None,
        posted_at=POSTED,
        taken_at=TAKEN,
        location=None,
        people=("Ana",),
        url=None,
        url_kind=None,
        author_is_owner=None,
    )
    pack.add(f"{year}/nothing.jpg.supplemental-metadata.json", {"title": "nothing.jpg"})
    pack.plant(f"{year}/nothing.jpg", photo("a", 2), "a", context="library", posted_at=None, taken_at=None)
    times = {
        "photoTakenTime": {"timestamp": "0"},
        "creationTime": {"timestamp": "99999999999999"},
        "url": "javascript:x",
    }
    pack.add(f"{year}/times.jpg.supplemental-metadata.json", times)
    pack.plant(
        f"{year}/times.jpg",
        photo("a", 3),
        "a",
        posted_at=None,
        posted_at_source=None,
        taken_at=None,
        url=None,
    )
    pack.add("Album/metadata.json", ["not an album"])
    pack.plant("Album/IMG.jpg", photo("b", 1), "b", context="album", album="Album")
