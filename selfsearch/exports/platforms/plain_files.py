"""Plain folders and archives: files that no platform's reader claims. Nothing says who could see them.

Only XMP sidecars are read here; what stands inside a picture (EXIF, IPTC) is read with the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import ItemError
from ..export import Export
from ..path_index import PathIndex, fold
from . import sidecars
from .base import Account, Root
from .legacy import Mention, Provenance
from .media_refs import is_media_name

name = "folder"
title = "Folder or archive"

SAID = Provenance(name, context="file", exposure_reason="a plain file does not say who could see it")


def roots(names: PathIndex) -> Iterable[Root]:
    """None: this is what remains."""
    return ()


def series(container: str) -> str | None:
    """Plain archives have no parts."""
    return None


def account(export: Export) -> Account:
    """Nobody's account."""
    return Account()


def mentions(export: Export) -> Iterator[Mention]:
    """Every media file with a sidecar: IMG.jpg.xmp, or IMG.xmp for all that are called IMG."""
    for sidecar, media in _pairs(export):
        if (provenance := _described(export, sidecar)) is not None:
            yield from (Mention(path, provenance) for path in media)


def orphan(export: Export, path: str) -> Provenance:
    """One value for all: there may be a million."""
    return SAID


def derivative(path: str) -> str | None:
    """A plain folder makes no copies of its own."""
    return None


@dataclass(slots=True)
class _Beside:
    """A sidecar, and the files that its name may mean."""

    path: str
    whole: list[str] = field(default_factory=list)  # IMG.jpg for IMG.jpg.xmp
    stem: list[str] = field(default_factory=list)  # IMG.jpg for IMG.xmp


def _pairs(export: Export) -> Iterator[tuple[str, list[str]]]:
    """Each sidecar with its media; a sidecar that names the whole file name goes before one that does not."""
    found = {fold(path[:-4]): _Beside(path) for path in export.members if _is_sidecar(path)}
    if not found:
        return
    own: set[str] = set()
    for path in export.members:
        folded = fold(path)
        if folded in found:
            found[folded].whole.append(path)
            own.add(path)
        elif is_media_name(path) and (beside := found.get(folded[: folded.rfind(".")])):
            beside.stem.append(path)
    for beside in found.values():
        yield beside.path, beside.whole + [path for path in beside.stem if path not in own]


def _is_sidecar(path: str) -> bool:
    return path[-4:].lower() == ".xmp" and not path.rpartition("/")[2].startswith("._")


def _described(export: Export, path: str) -> Provenance | None:
    export.records.add(path)
    try:
        said = sidecars.read(export.members[path].read(sidecars.MAX_BYTES))
    except ItemError as exc:
        export.note(path, str(exc), unread=True)
        return None
    return Provenance(
        name,
        context="file",
        caption=said.caption,
        taken_at=said.taken_at,
        taken_at_source=f"XMP {said.taken_at_source}" if said.taken_at else None,
        location=said.location,
        location_source="XMP exif:GPSLatitude" if said.location else None,
        place=said.place,
        people=said.people,
        author=said.author,
        exposure_reason=SAID.exposure_reason,
    )
