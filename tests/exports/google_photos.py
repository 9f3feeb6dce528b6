"""Google Photos exports of several years and languages, with every known way in which Takeout cuts a name."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from . import Pack, Planted
from .takeout import NOT_EXPORTED, OWN, POSTED, TAKEN, WHO_ELSE, Library, cut, names, plain, record

LAYOUTS = ("english-2025", "shared-2024", "german-2019", "french-2023", "russian-2025", "damaged")

VIDEO = b"\x00\x00\x00\x18ftypisom" + bytes(24)
YEAR = "Photos from 2021"
PARTNER = "came from a partner who shares the library (googlePhotosOrigin = fromPartnerSharing)"
PROTECTED = f'in an album (album access = "protected", a word that Google does not explain); {NOT_EXPORTED}'
NO_ACCESS = f"in an album whose record names no access; {NOT_EXPORTED}"
UNTIL_DELETED = "Google Photos does not export who could see it until it was deleted"
PUBLIC_ALBUM = 'in a public album (album access = "public"; what the word means today, Google does not say)'


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    pack = Pack("takeout-20250105T101112Z-001", wrapper="Takeout/Google Photos/")
    {
        "english-2025": _english,
        "shared-2024": _shared_by_comments,
        "german-2019": _german,
        "french-2023": _french,
        "russian-2025": _russian,
        "damaged": _damaged,
    }[layout](pack)
    return pack


def _english(pack: Pack) -> None:
    library = Library(pack)
    add = library.add
    right: dict[str, Any] = {"caption": "Beach & Ana", "people": ("Ana", "Bo")}
    here = {"latitude": 38.71, "longitude": -9.14, "altitude": 12.0}
    add(
        YEAR,
        "IMG_0001.jpg",
        "astronaut",
        right | {"location": (38.71, -9.14), "location_source": "geoData"},
        description="Beach &amp; Ana",
        geoData=here,
        people=[{"name": "Ana"}, {"name": "Bo"}, {"name": "Ana"}],
    )
    library.bare(f"{YEAR}/IMG_0001-edited.jpg", "astronaut", posted_at=POSTED, **right)
    exif = {"location": (1.5, 2.5), "location_source": "geoDataExif"}
    add(YEAR, "IMG_0002.jpg", "a", exif, geoDataExif={"latitude": "1.5", "longitude": "2.5"})
    add(YEAR, "IMG_0002.jpg", "b", {"caption": "the other"}, counter=1, description="the other")
    _cut_names(library)
    _standings(library)
    _albums(library)
    _shared(library)
    pack.add("print-subscriptions.json", {"subscriptions": []})
    pack.add("shared_album_comments.json", {})
    pack.add("user-generated-memory-titles.json", {"title": []})
    pack.add("Failed Videos/MOV_1.mp4", VIDEO)


def _cut_names(library: Library) -> None:
    add, pack = library.add, library.pack
    add(YEAR, "A walk along the river with everybody from school in May.jpg", "c")
    add(YEAR, f"{'forty-one signs and a full stop for dots.x'[:41]}.jpg", "d")  # its record ends in "..json"
    add(YEAR, "Me & Ana / where? 100% sea.jpg", "astronaut")
    add(YEAR, "Party 😀😃😄😁😆😅😂🤣🥲😊😇🙂🙃😉😌😍🥰😘😗😙.jpg", "e")
    add(YEAR, "IMG~2.jpg", "f")
    add(YEAR, "2234089303984509579", "a")
    title = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_PA.jpg"
    add(YEAR, title, "b")
    library.bare(f"{YEAR}/{names(title, 1)[0]}", "b", posted_at=POSTED, taken_at=TAKEN)
    add(YEAR, "IMG_0100.HEIC", "astronaut", {"caption": "moving"}, description="moving")
    pack.plant(f"{YEAR}/IMG_0100.MP4", VIDEO, None, caption="moving", taken_at=TAKEN)
    add(YEAR, "PXL_1.MP.jpg", "c", {"caption": "motion"}, description="motion")
    pack.plant(f"{YEAR}/PXL_1.MP", VIDEO, None, caption="motion")
    long = "a title that is nearly as long as titles can."
    add(YEAR, f"{long}.jpg", "d", {"caption": "long"}, description="long")
    library.bare(f"{YEAR}/{cut(long + '-edited', 47)}.jpg", "d", caption="long")


def _standings(library: Library) -> None:
    add, pack = library.add, library.pack
    partner = {"context": "partner_shared", "author_is_owner": False, "exposure": Exposure.NETWORK}
    theirs = partner | {"exposure_reason": f"{PARTNER}; {WHO_ELSE}"}
    add(YEAR, "partner.jpg", "astronaut", theirs, googlePhotosOrigin={"fromPartnerSharing": {}})
    reason = f"in the trash (trashed = true); {UNTIL_DELETED}"
    trashed = {"context": "trashed", "exposure_reason": reason}
    add(YEAR, "trashed.jpg", "astronaut", trashed, trashed=True)
    archived = {"context": "archived", "exposure_reason": f"archived (archived = true); {NOT_EXPORTED}"}
    add(YEAR, "archived.jpg", "a", archived, archived=True)
    nothing = {"posted_at": None, "taken_at": None, "url": None, "author_is_owner": None}
    unknown = {"context": "library", "exposure": Exposure.UNKNOWN, "exposure_reason": OWN}
    library.bare(f"{YEAR}/no record.jpg", "b", **nothing, **unknown)
    gone = record("elsewhere.jpg")
    pack.add(f"{YEAR}/{names('elsewhere.jpg')[1]}", gone)
    pack.planted.append(Planted(f"{YEAR}/elsewhere.jpg", None, plain(gone)))


def _albums(library: Library) -> None:
    add, pack = library.add, library.pack
    trip, title = "Trip to Lisbon_ day 1", "Trip to Lisbon: day 1"
    pack.add(f"{trip}/metadata.json", {"title": title, "description": "", "access": "protected"})
    inside = {"context": "album", "album": title, "audience": "protected", "exposure_reason": PROTECTED}
    add(trip, "IMG_0003.jpg", "astronaut", inside | {"audience_source": "per_album"})
    library.bare(f"{trip}/no record.jpg", "c", posted_at=None, **inside)
    pack.add("Untitled(3)/metadata.json", {"title": "", "access": ""})
    nameless = {"context": "album", "exposure_reason": NO_ACCESS}
    add("Untitled(3)", "IMG_0005.jpg", "b", nameless | {"album": "Untitled(3)"})
    pack.add("Plain/metadata.json", {"title": "Plain"})
    add("Plain", "IMG_0006.jpg", "c", nameless | {"album": "Plain"})
    # The album has the record of a photograph whose file is in the folder of its year only.
    twice = record("IMG_0007.jpg")
    for folder in (YEAR, "Plain"):
        pack.add(f"{folder}/{names('IMG_0007.jpg')[1]}", twice)
    library.bare(f"{YEAR}/IMG_0007.jpg", "d", **plain(twice))
    pack.planted.append(Planted(f"{YEAR}/IMG_0007.jpg", "d", {"context": "album", "album": "Plain"}))


def _shared(library: Library) -> None:
    comments = [{"text": "wow"}, {"text": "so nice"}]
    album = {"title": "Family", "access": "protected", "sharedAlbumComments": comments}
    library.pack.add("Family/metadata.json", album)
    shared = {
        "context": "shared_album",
        "album": "Family",
        "exposure": Exposure.NETWORK,
        "audience": "protected",
    }
    seen = f"in a shared album, which has 2 comments (sharedAlbumComments); {WHO_ELSE}"
    library.add("Family", "IMG_0004.jpg", "astronaut", shared | {"exposure_reason": seen})
    theirs = f"came from a shared album (googlePhotosOrigin = fromSharedAlbum); {WHO_ELSE}"
    right = shared | {"exposure_reason": theirs, "author_is_owner": False}
    library.add("Family", "theirs.jpg", "a", right, googlePhotosOrigin={"fromSharedAlbum": {}})


def _shared_by_comments(pack: Pack) -> None:
    """Comments at every place where Google writes them, and photographs that stand in several places."""
    pack.name = "takeout-20240812T101112Z-001"
    library = Library(pack, suffix="")
    when = {"timestamp": "1626858900", "formatted": "Jul 21, 2021, 9:15:00 AM UTC"}
    bo = {"text": "wow", "creationTime": when, "contentOwnerName": "Bo"}
    cy = {"creationTime": when, "contentOwnerName": "Cy", "liked": True}
    # comments in the photograph's own record, which count for its place in the album as well
    seen = f"shared with others: 2 comments by Bo, Cy on it (sharedAlbumComments); {WHO_ELSE}"
    both = {"caption": "Sea\nBo commented: wow\nCy liked it", "exposure": Exposure.NETWORK}
    content = record("sea.jpg", description="Sea", sharedAlbumComments=[bo, cy])
    _place(library, YEAR, content, "astronaut", both | {"exposure_reason": seen})
    pack.add("Summer/metadata.json", {"title": "Summer", "access": "protected"})
    quiet = {key: value for key, value in content.items() if key != "sharedAlbumComments"}
    right = {"context": "album", "album": "Summer", "exposure": Exposure.NETWORK, "audience": "protected"}
    _place(library, "Summer", quiet, "astronaut", right | {"exposure_reason": f"also {seen}"})
    # comments in a record of their own at the root: only the address tells what they are about
    content = record("hill.jpg", url="https://photos.google.com/photo/AF1QipHill")
    address = "https://photos.google.com/share/AF1QipAlbum/photo/AF1QipHill?key=a1"
    other = "https://photos.google.com/share/AF1QipAlbum?key=a1"
    listed = [{"text": "steep", "creationTime": when, "contentUrl": address}, {"contentUrl": other} | bo]
    pack.add("shared_album_comments.json", {"sharedAlbumComments": listed})
    said = f"shared with others: 1 comment on it (shared_album_comments.json); {WHO_ELSE}"
    right = {"caption": "somebody commented: steep", "exposure": Exposure.NETWORK}
    _place(library, YEAR, content, "astronaut", right | {"exposure_reason": said})
    _conversation(library, bo)
    # what was deleted was shared before
    content = record("gone.jpg", trashed=True, googlePhotosOrigin={"fromSharedAlbum": {}})
    theirs = f"came from a shared album (googlePhotosOrigin = fromSharedAlbum); {WHO_ELSE}"
    right = {"context": "trashed", "exposure": Exposure.NETWORK, "author_is_owner": False}
    right |= {"exposure_reason": f"{theirs}; now in the trash (trashed = true)"}
    _place(library, YEAR, content, "a", right)
    _unshown(library)


def _conversation(library: Library, comment: dict[str, Any]) -> None:
    """An album without a title; what was sent in it stands in its year, too."""
    album = {"title": "", "access": "protected", "sharedAlbumComments": [comment]}
    library.pack.add("Bo/metadata.json", album)
    content = record("selfie.jpg", archived=True)
    seen = f"in a shared album, which has 1 comment by Bo (sharedAlbumComments); {WHO_ELSE}"
    right = {"context": "archived", "exposure": Exposure.NETWORK, "audience": None, "album": None}
    reason = {"exposure_reason": f"also {seen}; now archived (archived = true)"}
    _place(library, YEAR, content, "astronaut", right | reason)
    reason = {"exposure_reason": f"{seen}; now archived (archived = true)"}
    _place(library, "Bo", content, "astronaut", right | reason | {"album": "Bo", "audience": "protected"})


def _unshown(library: Library) -> None:
    """What nothing shows to be shared, or not to be."""
    library.pack.add("Only a title/metadata.json", {"title": "Only a title"})
    right = {"context": "album", "album": "Only a title", "exposure_reason": NO_ACCESS}
    library.add("Only a title", "field.jpg", "b", right)
    library.pack.add("Mine/metadata.json", {"title": "Mine", "access": "private"})
    reason = f'in an album (album access = "private", a word that Google does not explain); {NOT_EXPORTED}'
    right = {"context": "album", "album": "Mine", "audience": "private", "exposure_reason": reason}
    library.add("Mine", "door.jpg", "c", right)
    alone = f"in an album's folder without the album's record; {NOT_EXPORTED}"
    right = {"context": "album", "album": "No record", "exposure": Exposure.UNKNOWN}
    library.bare("No record/bare.jpg", "d", **right, exposure_reason=alone)
    right = {"url_kind": "exact", "post_id": None}
    library.add(YEAR, "old link.jpg", "e", right, url="https://lh3.googleusercontent.com/abcDEF123")


def _place(library: Library, folder: str, content: dict[str, Any], who: str, right: dict[str, Any]) -> None:
    """One of several places of a photograph, each with a copy of its record."""
    media, sidecar = names(content["title"], suffix=library.suffix)
    library.pack.add(f"{folder}/{sidecar}", content)
    library.bare(f"{folder}/{media}", who, **(plain(content) | right))


def _german(pack: Pack) -> None:
    pack.name, pack.wrapper, pack.ending = "takeout-20190911T080000Z-002", "Takeout/Google Fotos/", ".tgz"
    library = Library(pack, suffix="")
    year = "Fotos von 2019"
    library.add(year, "DSC_0101.JPG", "astronaut")
    library.add(year, "DSC_0101.JPG", "a", {"caption": "zwei"}, counter=2, description="zwei")
    library.bare(f"{year}/DSC_0101-bearbeitet(2).JPG", "a", caption="zwei")
    library.add(year, "13039_327707840323_537645323_9470255_27214_n.jpg", "b", counter=1)
    pack.add("Ausflug/Metadaten.json", {"albumData": {"title": "Ausflug", "access": "public"}})
    right = {"context": "album", "album": "Ausflug", "audience": "public", "exposure_reason": PUBLIC_ALBUM}
    right |= {"context": "shared_album", "exposure": Exposure.PUBLIC}
    library.add("Ausflug", "DSC_0102.JPG", "astronaut", right)
    gone = f"in the trash folder; {UNTIL_DELETED}"
    library.bare(
        "Papierkorb/weg.jpg",
        "astronaut",
        context="trashed",
        exposure=Exposure.UNKNOWN,
        exposure_reason=gone,
    )
    library.bare("Archiv/alt.jpg", "c", context="archived", exposure=Exposure.UNKNOWN)


def _french(pack: Pack) -> None:
    pack.name = "takeout-20230911T080000Z-3-002"
    library = Library(pack, suffix="")
    year, album = "Photos de 2023", "Été à la mer"
    library.add(year, "PXL_20220405_090123740.PORTRAIT.jpg", "astronaut")
    library.bare(f"{year}/PXL_20220405_090123740.PORTRAIT-modifié.jpg", "astronaut", posted_at=POSTED)
    pack.add(f"{album}/métadonnées.json", {"title": album, "access": "shared"})
    seen = f'in a shared album (album access = "shared"); {WHO_ELSE}'
    right = {"context": "shared_album", "album": album, "exposure": Exposure.NETWORK, "audience": "shared"}
    library.add(album, "IMG_1.jpeg", "astronaut", right | {"exposure_reason": seen})
    pack.add(f"{album}/27_06_12 - 2.json", record("27/06/12 - 2", photoTakenTime={"timestamp": "-86400"}))
    library.bare(f"{album}/27_06_12 - 2.jpg", "a", taken_at="1969-12-31T00:00:00+00:00", album=album)


def _russian(pack: Pack) -> None:
    """A language whose product folder is in no list: the sidecars give the export away."""
    pack.wrapper = "Takeout/Какие-то фотографии/"
    library = Library(pack)
    library.add("Фотографии за 2021 год", "снимок.jpg", "astronaut")
    pack.add("Поездка/метаданные.json", {"title": "Поездка"})
    right = {"context": "album", "album": "Поездка", "exposure_reason": NO_ACCESS}
    library.add("Поездка", "мы.jpg", "astronaut", right)
    away = right | {
        "context": "trashed",
        "exposure_reason": f"in the trash (trashed = true); {UNTIL_DELETED}",
    }
    library.add("Поездка", "я.jpg", "astronaut", away, trashed="true")


def _damaged(pack: Pack) -> None:
    """Records that are cut, or of the wrong type, beside good ones."""
    library = Library(pack)
    bad: dict[str, Any] = {
        "cut": '{"title": "cut.jpg", "photoTakenTime": {"timesta',
        "empty": "",
        "null": "null",
        "list": [record("list.jpg")],
        "number": "12",
        "binary": b"\xff\xfe\x00\xd8",
    }
    for name, data in bad.items():
        pack.add(f"{YEAR}/{name}.jpg.supplemental-metadata.json", data)
        library.bare(f"{YEAR}/{name}.jpg", "astronaut", context="library", posted_at=None, url=None)
    odd = {
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
    pack.add(f"{YEAR}/types.jpg.supplemental-metadata.json", odd)
    none = {"caption": None, "location": None, "url": None, "url_kind": None, "author_is_owner": None}
    right = {"posted_at": POSTED, "taken_at": TAKEN, "people": ("Ana",), "context": "library"}
    library.bare(f"{YEAR}/types.jpg", "c", **right, **none)
    pack.add(f"{YEAR}/nothing.jpg.supplemental-metadata.json", {"title": "nothing.jpg"})
    library.bare(f"{YEAR}/nothing.jpg", "a", context="library", posted_at=None, taken_at=None)
    times = {"photoTakenTime": {"timestamp": "0"}, "creationTime": {"timestamp": "99999999999999"}}
    pack.add(f"{YEAR}/times.jpg.supplemental-metadata.json", times | {"url": "javascript:x"})
    library.bare(f"{YEAR}/times.jpg", "a", posted_at=None, posted_at_source=None, taken_at=None, url=None)
    pack.add("Album/metadata.json", ["not an album"])
    library.bare("Album/IMG.jpg", "b", context="album", album="Album")
