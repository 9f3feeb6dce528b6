"""iCloud Photos exports: parts with the same file names, unquoted dates, Live Photos, shared albums."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from ..photos import nobody, photo
from . import Pack, Planted

LAYOUTS = ("one-part", "three-parts", "without-top-folder", "damaged")
ROOTS = {"three-parts": [f"iCloud Photos Part {number} of 3/" for number in (1, 2, 3)]}

VIDEO = b"\x00\x00\x00\x18ftypqt  " + bytes(24)
HEADER = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
TAKEN = {"taken_at": "2022-08-14T09:30:00+00:00", "taken_at_source": "originalCreationDate"}
ADDED = {"posted_at": "2022-08-14T21:31:00+00:00", "posted_at_source": "importDate"}
OWN = "in the owner's private iCloud library"
SHARED = "iCloud does not export who is in it"


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
        "exposure": Exposure.PRIVATE,
        "exposure_reason": OWN + why,
    }
    return provenance | {"url": None, "audience": None, "caption": None} | TAKEN | ADDED | more


def shared(album: str) -> dict[str, Any]:
    """What must be read of a file in a shared album."""
    return {
        "platform": "icloud",
        "context": "shared_album",
        "album": album,
        "exposure": Exposure.NETWORK,
        "exposure_reason": f"in the iCloud shared album “{album}”; {SHARED}",
        "author_is_owner": None,
    }


def build(layout: str) -> Pack:
    """One export. Each of several parts keeps its folder, as on the disk of somebody who unpacked them."""
    pack = Pack("iCloud Photos")
    {"one-part": _one, "three-parts": _three, "without-top-folder": _bare, "damaged": _damaged}[layout](pack)
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
    pack.plant(
        "Photos/IMG_0003.JPG", photo("astronaut", 2), "astronaut", **says("hidden", ", hidden (hidden = yes)")
    )
    pack.plant(
        "Recently Deleted/IMG_0004.JPG",
        photo("astronaut", 3),
        "astronaut",
        **says("deleted", ", recently deleted"),
    )
    midnight = {"taken_at": "2022-08-04T00:05:00+00:00", "posted_at": None, "posted_at_source": None}
    pack.plant("Photos/IMG_0005.JPG", photo("b", 1), "b", **says("library", **midnight))
    noon = {"taken_at": "2022-08-04T13:05:00+00:00"}
    pack.plant("Photos/IMG_0006.MOV", VIDEO, None, **says("library", **noon))
    pack.plant(
        "Photos/IMG_0007.JPG",
        photo("astronaut", 4),
        "astronaut",
        **says("album", ", in an album", album="Family; Été à la mer"),
    )
    pack.planted.append(_absent("Photos/IMG_0404.JPG"))
    pack.plant(
        "Photos/no row.JPG", photo("c", 1), "c", context="library", taken_at=None, exposure=Exposure.PRIVATE
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
        **says("memory", ", in a memory", **memory, posted_at_source=None),
    )
    pack.add("iCloud Shared Albums/My Albums/Party/AlbumInfo.json", {"title": "Party!"})
    pack.plant(
        "iCloud Shared Albums/My Albums/Party/IMG_1.JPG",
        photo("astronaut", 5),
        "astronaut",
        **shared("Party!"),
    )
    pack.plant("iCloud Shared Albums/My Albums/Other/IMG_1.JPG", photo("f", 1), "f", **shared("Other"))


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
        where = says("album", ", in an album", **album) if part == 2 else says("library", **album)
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
    level = {"exposure": Exposure.NETWORK, "exposure_reason": f"in the iCloud Shared Photo Library; {SHARED}"}
    pack.plant("IMG_0002.JPG", photo("astronaut", 2), "astronaut", **says("shared_library", **level))


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
    pack.plant("iCloud Shared Albums/My Albums/Party/IMG_1.JPG", photo("a", 1), "a", **shared("Party"))
