"""iCloud Photos exports: parts with the same file names, unquoted dates, Live Photos, shared albums."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import nobody, photo
from . import Pack, Planted

LAYOUTS = (
    "one-part", "three-parts", "without-top-folder", "damaged", "shared-library", "shared-albums",
    "subscribed-albums",
)  # fmt: skip
ROOTS = {
    "three-parts": [f"iCloud Photos Part {number} of 3/" for number in (1, 2, 3)],
    "shared-library": [f"iCloud Photos Part {number} of 2/" for number in (1, 2)],
    "shared-albums": ["iCloud Photos Part 1 of 2/"],
}

VIDEO = b"\x00\x00\x00\x18ftypqt  " + bytes(24)
HEADER = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
TAKEN = {"taken_at": "2022-08-14T09:30:00+00:00", "taken_at_source": "originalCreationDate"}
ADDED = {"posted_at": "2022-08-14T21:31:00+00:00", "posted_at_source": "importDate"}
OWN = "in the owner's iCloud library; iCloud does not export who else could see it, by a link for instance"
SHARED = "in the iCloud Shared Photo Library; iCloud does not export who is in it"
HIDDEN, DELETED = "hidden (hidden = yes); ", "recently deleted; until then "


def row(name: str, *, quoted: bool = True, flags: str = "no,no,no", taken: str = "", added: str = "") -> str:
    """One line of Photo Details.csv; `flags` are favorite, hidden, deleted."""
    mark = '"' if quoted else ""
    taken = taken or "Sunday August 14,2022 9:30 AM GMT"
    added = added or "Sunday August 14,2022 9:31 PM GMT"
    return f"{name},AcNJnCcpcwp/gH77hnapLctvij+P,{flags},{mark}{taken}{mark},4,{mark}{added}{mark}\n"


def says(context: str, why: str = "", **more: Any) -> dict[str, Any]:
    """What must be read of a file with a row."""
    provenance = {
        "platform": "icloud",
        "context": context,
        "exposure": Exposure.UNKNOWN,
        "exposure_reason": why + OWN,
    }
    return provenance | {"url": None, "audience": None, "caption": None} | TAKEN | ADDED | more


def shared(**more: Any) -> dict[str, Any]:
    """What must be read of a file that a list of the Shared Library names."""
    said = says("shared_library", **more)
    return said | {
        "exposure": Exposure.NETWORK,
        "exposure_reason": SHARED,
    }


def in_album(album: str, why: str, level: Exposure = Exposure.UNKNOWN, **more: Any) -> dict[str, Any]:
    """What must be read of a file in a shared album."""
    return {
        "platform": "icloud",
        "context": "shared_album",
        "album": album,
        "exposure": level,
        "exposure_reason": f"in the iCloud shared album “{album}”{why}",
        "author_is_owner": None,
    } | more


UNRECORDED = "; its record AlbumInfo.json, which says whether it has a public website, is not in the export"
NO_WEBSITE = (
    "; it had no public website on the day of the export (isPublic = false), but may have had one before"
)
UNSAID = "; its record does not say whether it has a public website"


def build(layout: str) -> Pack:
    """One export. Each of several parts keeps its folder, as on the disk of somebody who unpacked them."""
    pack = Pack("iCloud Photos")
    layouts = {
        "one-part": _one,
        "three-parts": _three,
        "without-top-folder": _bare,
        "damaged": _damaged,
        "shared-library": _shared_library,
        "shared-albums": _shared_albums,
        "subscribed-albums": _subscribed_albums,
    }
    layouts[layout](pack)
    return pack


def _one(pack: Pack) -> None:
    pack.wrapper = "iCloud Photos/"
    pack.add(
        "Photos/Photo Details.csv",
        HEADER
        + row("IMG_0001.HEIC")
        + row("IMG_0002.JPG", quoted=False)
        + row("IMG_0003.JPG", flags="yes,yes,no")
        + row("IMG_0004.JPG", flags="no,no,yes")
        + row("IMG_0005.JPG", taken="Thursday August 4,2022 12:05 AM GMT", added=" ")
        + row("IMG_0006.MOV", taken="Thursday August 04,2022 13:05 PM GMT").rstrip("\n"),
    )
    pack.add("Photos/Photo Details-1.csv", "")
    pack.add("Photos/Photo Details-2.csv", HEADER + row("IMG_0007.JPG") + row("IMG_0404.JPG"))
    pack.plant("Photos/IMG_0001.HEIC", photo("astronaut", 1), "astronaut", **says("library"))
    pack.plant("Photos/IMG_0001.MOV", VIDEO, None, **says("library"))
    pack.plant("Photos/IMG_0002.JPG", photo("a", 1), "a", **says("library"))
    pack.plant("Photos/IMG_0003.JPG", photo("astronaut", 2), "astronaut", **says("hidden", HIDDEN))
    pack.plant(
        "Recently Deleted/IMG_0004.JPG",
        photo("astronaut", 3),
        "astronaut",
        **says("deleted", DELETED),
    )
    midnight = {"taken_at": "2022-08-04T00:05:00+00:00", "posted_at": None, "posted_at_source": None}
    pack.plant("Photos/IMG_0005.JPG", photo("b", 1), "b", **says("library", **midnight))
    noon = {"taken_at": "2022-08-04T13:05:00+00:00"}
    pack.plant("Photos/IMG_0006.MOV", VIDEO, None, **says("library", **noon))
    pack.plant(
        "Photos/IMG_0007.JPG",
        photo("astronaut", 4),
        "astronaut",
        **says("album", album="Family; Été à la mer"),
    )
    pack.planted.append(_absent("Photos/IMG_0404.JPG"))
    pack.plant(
        "Photos/no row.JPG", photo("c", 1), "c", context="library", taken_at=None, exposure=Exposure.UNKNOWN
    )
    pack.plant("Recently Deleted/no row.PNG", photo("d", 1), "d", context="deleted", taken_at=None)
    pack.add("Albums/Été à la mer.csv", "Images\nIMG_0007.JPG\nnot here.jpg\n")
    pack.add("Albums/Family.csv", "imgName\nIMG_0007.JPG\n")
    pack.add("Albums/Favorites.csv", "imgName\nIMG_0002.JPG\n")
    pack.add("Albums/Hidden.csv", "imgName\nIMG_0003.JPG\n")
    pack.add("Memories/1. April 2025.csv", "imageName\nIMG_0009.JPG\n")
    memory = {"album": "1. April 2025", "taken_at": None, "taken_at_source": None, "posted_at": None}
    pack.plant(
        "Photos/IMG_0009.JPG",
        photo("e", 1),
        "e",
        **says("memory", **memory, posted_at_source=None),
    )
    pack.add("iCloud Shared Albums/My Albums/Party/AlbumInfo.json", {"title": "Party!"})
    pack.plant(
        "iCloud Shared Albums/My Albums/Party/IMG_1.JPG",
        photo("astronaut", 5),
        "astronaut",
        **in_album("Party!", UNSAID),
    )
    other = in_album("Other", UNRECORDED)
    pack.plant("iCloud Shared Albums/My Albums/Other/IMG_1.JPG", photo("f", 1), "f", **other)


def _absent(path: str) -> Planted:
    return Planted(path, None, says("library"))


def _three(pack: Pack) -> None:
    """The same names in every part; albums, in the first, can only name what is called so once."""
    pack.name = "icloud"
    for part, person in ((1, "astronaut"), (2, "a"), (3, "b")):
        top = f"iCloud Photos Part {part} of 3"
        taken = f"Sunday August {13 + part},2022 9:30 AM GMT"
        only = row(f"ONLY_{part}.JPG", quoted=False)
        pack.add(
            f"{top}/Photos/Photo Details.csv", HEADER + row("IMG_0001.JPG", quoted=False, taken=taken) + only
        )
        when = {"taken_at": f"2022-08-{13 + part}T09:30:00+00:00"}
        pack.plant(
            f"{top}/Photos/IMG_0001.JPG", photo(person, 1), person, **says("library", album=None, **when)
        )
        album = {"album": "Trip"} if part == 2 else {"album": None}
        where = says("album", **album) if part == 2 else says("library", **album)
        pack.plant(f"{top}/Photos/ONLY_{part}.JPG", photo(person, 2), person, **where)
        pack.plant(
            f"{top}/Recently Deleted/IMG_0001.JPG",
            photo("astronaut", 5 + part),
            "astronaut",
            context="deleted",
            taken_at=None,
        )
    pack.add("iCloud Photos Part 1 of 3/Albums/Trip.csv", "Images\nONLY_2.JPG\nIMG_0001.JPG\n")


def _bare(pack: Pack) -> None:
    """A folder of photographs that somebody moved, with Apple's list in it."""
    pack.name = "phone"
    pack.add("Shared Library Details.csv", HEADER + row("IMG_0002.JPG"))
    pack.add("Photo Details.csv", HEADER + row("IMG_0001.JPG"))
    pack.plant("IMG_0001.JPG", photo("astronaut", 1), "astronaut", **says("library"))
    pack.plant("IMG_0002.JPG", photo("astronaut", 2), "astronaut", **shared())


def _shared_library(pack: Pack) -> None:
    """Each part's list of what is in the Shared Library, by whomever; the second part's broke off."""
    for part, tail in ((1, ""), (2, '"IMG_05')):
        top = f"iCloud Photos Part {part} of 2/Photos"
        names = [f"IMG_{part}00{number}" for number in range(1, 7)]
        rows = [row(f"{name}.JPG") for name in names[:4]] + [row(f"{names[4]}.JPG", flags="no,yes,no")]
        pack.add(f"{top}/Photo Details.csv", HEADER + "".join(rows))
        record = f"{top}/Shared Library Details.csv"
        pack.add(
            record, f"imgName,contributedByMe\n{names[0]}.JPG,yes\n{names[1]}.JPG,no\n{names[5]}.JPG,\n{tail}"
        )
        mine = shared(author_is_owner=True)
        pack.plant(f"{top}/{names[0]}.JPG", photo("astronaut", part), "astronaut", **mine)
        pack.plant(f"{top}/{names[0]}.MOV", VIDEO, None, **mine)
        theirs = shared(author_is_owner=False)
        pack.plant(f"{top}/{names[1]}.JPG", photo("a", part), "a", **theirs)
        pack.plant(f"{top}/{names[2]}.JPG", photo("b", part), "b", **says("library"))
        pack.plant(f"{top}/{names[4]}.JPG", photo("c", part), "c", **says("hidden", HIDDEN))
        pack.planted.append(Planted(f"{top}/{names[3]}.JPG", None, says("library")))
        pack.planted.append(Planted(f"{top}/{names[5]}.JPG", None, {"exposure": Exposure.NETWORK}))
    pack.plant(
        "iCloud Photos Part 1 of 2/Recently Deleted/IMG_1009.JPG",
        photo("d", 1),
        "d",
        context="deleted",
        exposure=Exposure.UNKNOWN,
    )


ANA = {"fullName": "Ana Alba", "appleid": "ana@icloud.example"}
BO = {"fullName": "Bo Berg", "appleid": "bo@icloud.example"}


def _album(name: str, *photos: dict[str, Any], **more: Any) -> dict[str, Any]:
    invited = {"participant": BO, "sharingDate": "Monday May 1,2023 9:00 AM GMT", "sharingStatus": "accepted"}
    created = "Monday May 1,2023 8:00 AM GMT"
    return {
        "albumName": name,
        "creationDate": created,
        "allowContributions": True,
        "owner": ANA,
        "photos": list(photos),
        "participants": [invited],
    } | more


def _shared_photo(name: str, by: dict[str, str], *comments: str) -> dict[str, Any]:
    when = "Tuesday May 2,2023 10:15 AM GMT"
    remarks = [
        {"isLike": not text, "comment": text, "timestamp": when, "contributor": BO} for text in comments
    ]
    return {"name": name, "dateCreated": when, "contributor": by, "comments": remarks}


def _shared_albums(pack: Pack) -> None:
    """The zip in the first part: an album with a public website, one without, one of which that is unsaid."""
    top = "iCloud Photos Part 1 of 2"
    albums = f"{top}/iCloud Shared Albums/"
    pack.nested = (albums,)
    pack.add(f"{top}/Photos/Photo Details.csv", HEADER + row("IMG_0001.JPG"))
    pack.plant(f"{top}/Photos/IMG_0001.JPG", photo("astronaut", 1), "astronaut", **says("library"))
    when = {"taken_at": "2023-05-02T10:15:00+00:00", "taken_at_source": "dateCreated"}
    for name, public, why, level in (
        ("Party", True, "; it has a public website (isPublic), where anyone can see it", Exposure.PUBLIC),
        (
            "Family",
            False,
            NO_WEBSITE,
            Exposure.UNKNOWN,
        ),
        ("Trip", None, UNSAID, Exposure.UNKNOWN),
    ):
        folder = f"{albums}My Albums/{name}/"
        photos = (
            _shared_photo("IMG_1.JPG", ANA),
            _shared_photo("IMG_2.JPG", BO, "so nice", ""),
            _shared_photo("IMG_9.JPG", ANA),
        )
        pack.add(
            f"{folder}AlbumInfo.json",
            _album(name, *photos) | ({} if public is None else {"isPublic": public}),
        )
        said = in_album(name, f", shared with 1 person{why}", level, **when)
        said |= {"audience": "isPublic: true" if public else None, "audience_source": "per_album"}
        number = len(name)
        mine = said | {"author": "Ana Alba", "author_is_owner": True}
        pack.plant(f"{folder}IMG_1.JPG", photo("astronaut", number), "astronaut", **mine)
        pack.plant(f"{folder}IMG_1.MOV", VIDEO, None, **mine)
        theirs = said | {"author": "Bo Berg", "author_is_owner": False}
        theirs["exposure_reason"] += "; comments and likes on it: 2"
        pack.plant(f"{folder}IMG_2.JPG", photo("a", number), "a", **theirs)
        pack.planted.append(Planted(f"{folder}IMG_9.JPG", None, mine))
        unlisted = said | {"taken_at": None, "taken_at_source": None, "author": None}
        pack.plant(f"{folder}IMG_3.JPG", photo("b", number), "b", **unlisted)


def _subscribed_albums(pack: Pack) -> None:
    """The inner zip alone, as people keep it, with an album of somebody else."""
    pack.name = "iCloud Shared Albums"
    pack.add("My Albums/Party/AlbumInfo.json", _album("Party", isPublic=True))
    public = ", shared with 1 person; it has a public website (isPublic), where anyone can see it"
    pack.plant(
        "My Albums/Party/IMG_1.JPG",
        photo("astronaut", 1),
        "astronaut",
        **in_album("Party", public, Exposure.PUBLIC),
    )
    liked = {"isLike": True, "contributor": ANA}
    entry = {
        "albumName": "Bo's",
        "files": ["IMG_1.JPG"],
        "comments": [{"fileName": "IMG_1.JPG", "comments": [liked]}],
    }
    pack.add("Subscribed Albums/Subscribed Albums.json", [entry])
    theirs = in_album("Bo's", ": an album of somebody else, of which iCloud does not export who could see it")
    pack.plant("Subscribed Albums/Bo's/IMG_1.JPG", photo("a", 2), "a", **theirs)


def _damaged(pack: Pack) -> None:
    pack.wrapper = "iCloud Photos/"
    pack.add(
        "Photos/Photo Details.csv",
        HEADER
        + "IMG_0001.JPG\n"
        + ",,,,,,,\n"
        + row(
            "IMG_0002.JPG",
            taken="Someday Foober 99,20x2 99:99 AM GMT",
            added="Sunday August 14,0001 9:31 PM GMT",
        )
        + row("IMG_0003.JPG")
        + 'IMG_0004.JPG,Ac,no,no,no,"Sunday Aug',
    )
    none = {"taken_at": None, "taken_at_source": None, "posted_at": None, "posted_at_source": None}
    pack.plant("Photos/IMG_0001.JPG", photo("astronaut", 1), "astronaut", **says("library", **none))
    pack.plant("Photos/IMG_0002.JPG", photo("astronaut", 2), "astronaut", **says("library", **none))
    pack.plant("Photos/IMG_0003.JPG", photo("astronaut", 3), "astronaut", **says("library"))
    pack.plant("Photos/IMG_0004.JPG", nobody(), None, **says("library", **none))
    pack.add("Albums/x.csv", b"\xff\x00\xfe")
    pack.add("Albums/y.csv", "something,else\n1,2\n")
    pack.add("iCloud Shared Albums/My Albums/Party/AlbumInfo.json", '{"title": "Par')
    party = in_album("Party", UNSAID)
    pack.plant("iCloud Shared Albums/My Albums/Party/IMG_1.JPG", photo("a", 1), "a", **party)
