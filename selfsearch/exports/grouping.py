"""Pieces of exports, found in one container each, joined into sources by the names of their downloads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..containers.archive import stem
from ..containers.base import Container, Member
from .export import natural_key
from .platforms import PLAIN_FILES, PLATFORMS
from .platforms.base import Platform
from .platforms.media_refs import is_media_name
from .recognise import Claim, claims, divided, download, part_key
from .source import Part, Problem, Shelf, Source

DownloadKey = tuple[str, str, str]  # platform, folder in which the downloads lie, what their names share


@dataclass(frozen=True, slots=True)
class Piece:
    """What one container holds of one export."""

    claim: Claim
    part: Part
    kin: DownloadKey | None  # pieces with the same kin are one export
    inner: str  # the prefix as it stands inside the download


@dataclass
class Box:
    """One container with everything found in it."""

    container: Container
    name: str  # without ending
    pieces: list[Piece] = field(default_factory=list)
    rest: list[Member] = field(default_factory=list)  # in no piece

    def part(self) -> Part:
        """The rest as a part."""
        return Part(self.container, "", self.rest, self.name)

    def problems(self) -> dict[str | None, list[Problem]]:
        """What could not be listed, by the piece of a folder that it lies in; an archive's under None."""
        found = [Problem(self.container, *problem) for problem in self.container.problems]
        prefixes = [piece.claim.prefix for piece in self.pieces] if self.container.is_folder else []
        return divided(found, prefixes)


def boxed(container: Container, members: Sequence[Member], *, depth: int | None) -> Box:
    """Recognise what a container holds."""
    box = Box(container, stem(os.path.basename(container.path)))
    found = claims(members, box.name, depth=depth)
    groups = divided(members, [claim.prefix for claim in found])
    box.rest = groups.pop(None, [])
    for claim in found:
        box.pieces.append(_piece(box, claim, groups.get(claim.prefix, [])))
    return box


def _piece(box: Box, claim: Claim, members: list[Member]) -> Piece:
    name = download(box.name, claim.prefix, claim.platform)
    key = part_key(claim.platform, name)
    folders = claim.prefix.split("/")[:-1]
    depth = _download_depth(folders, name, claim.platform) if box.container.is_folder else 0
    place = os.path.dirname(os.path.join(box.container.path, *folders[:depth]))
    kin = (claim.platform.name, place, key) if key else None
    inner = "".join(f"{folder}/" for folder in folders[depth:])
    return Piece(claim, Part(box.container, claim.prefix, members, name), kin, inner)


def _download_depth(folders: list[str], name: str, platform: type[Platform]) -> int:
    """How many folders lead to the download `name`, its own included; 0 when it is the container itself.

    An archive is often unpacked into a folder of its own name: of two such folders the outer counts.
    """
    depth = len(folders) - folders[::-1].index(name) if name in folders else 0
    while depth > 1 and (key := part_key(platform, name)) and part_key(platform, folders[depth - 2]) == key:
        depth -= 1
    return depth


def kinships(path: str) -> set[DownloadKey]:
    """Every export that an archive of this name could be a part of."""
    place, name = os.path.split(path)
    return {(p.name, place, key) for p in PLATFORMS if (key := part_key(p, name))}


def adopt(boxes: Sequence[Box], folder: Box | None) -> None:
    """Give archives and folders without any mark to the export that their names belong to."""
    unmarked = [box for box in boxes if not box.pieces and box.rest]
    for platform in PLATFORMS:
        _recognise_together(platform, [box for box in unmarked if not box.pieces])
    known = {piece.kin: piece for box in boxes for piece in box.pieces if piece.kin}
    known |= {piece.kin: piece for piece in (folder.pieces if folder else ()) if piece.kin}
    for box in unmarked:
        if not box.pieces and (
            kin := next((k for k in _ordered(kinships(box.container.path)) if k in known), None)
        ):
            _take(box, known[kin], kin, "")
    if folder and known:
        _adopt_folders(folder, known)


def _ordered(kin: Iterable[DownloadKey]) -> list[DownloadKey]:
    order = [platform.name for platform in PLATFORMS]
    return sorted(kin, key=lambda k: order.index(k[0]))


def _recognise_together(platform: type[Platform], boxes: Sequence[Box]) -> None:
    """Marks that only count together may lie in different parts."""
    groups: dict[DownloadKey, list[Box]] = {}
    for box in boxes:
        for kin in kinships(box.container.path):
            if kin[0] == platform.name:
                groups.setdefault(kin, []).append(box)
    for kin, group in groups.items():
        members = [member for box in group for member in box.rest]
        found = claims(members, group[0].name, platforms=(platform,)) if len(group) > 1 else []
        for box in group if found else ():
            claim = found[0]
            _take(box, Piece(claim, box.part(), kin, claim.prefix), kin, "")


def _adopt_folders(folder: Box, known: dict[DownloadKey, Piece]) -> None:
    prefixes: dict[str, DownloadKey] = {}
    for place in dict.fromkeys(member.path[: member.path.rfind("/") + 1] for member in folder.rest):
        folders = place.split("/")[:-1]
        for depth, name in enumerate(folders):
            outer = os.path.join(folder.container.path, *folders[:depth])
            for kin in _ordered(kinships(os.path.join(outer, name))):
                if kin in known:
                    prefixes.setdefault("".join(f"{part}/" for part in folders[: depth + 1]), kin)
    groups = divided(folder.rest, prefixes)
    folder.rest = groups.pop(None, [])
    for prefix, kin in prefixes.items():
        box = Box(folder.container, prefix.rstrip("/").rpartition("/")[2], rest=groups.get(prefix, []))
        _take(box, known[kin], kin, prefix)
        folder.pieces += box.pieces


def _take(box: Box, like: Piece, kin: DownloadKey, outer: str) -> None:
    """Make all of a box's rest, which lies below `outer`, a piece beside `like`."""
    inner = _inner([member.path[len(outer) :] for member in box.rest], like, kin[2])
    claim = Claim(like.claim.platform, outer + inner, like.claim.why)
    below = [member for member in box.rest if member.path.startswith(claim.prefix)]
    box.rest = [member for member in box.rest if not member.path.startswith(claim.prefix)]
    box.pieces.append(Piece(claim, Part(box.container, claim.prefix, below, box.name), kin, inner))


def _inner(paths: Sequence[str], like: Piece, key: str) -> str:
    """Where the export begins in a part without marks: as in the one with marks, or below its own wrapper."""
    if any(path.startswith(like.inner) for path in paths):
        return like.inner
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    wrapper = tops.pop() if len(tops) == 1 else ""
    if wrapper and part_key(like.claim.platform, wrapper) == key:
        below = like.inner.partition("/")[2]
        longer = f"{wrapper}/{below}"
        return longer if any(path.startswith(longer) for path in paths) else f"{wrapper}/"
    return ""


def sources(boxes: Sequence[Box], folder: Box | None) -> list[Source]:
    """One source per export, per archive of plain files, and for what is left of the folder."""
    exports: dict[object, list[Piece]] = {}
    home: dict[int, object] = {}  # container -> the export that its rest and its problems go with
    for box in (*boxes, *([folder] if folder else [])):
        for piece in box.pieces:
            key = piece.kin or (box.container.path, piece.claim.prefix)
            exports.setdefault(key, []).append(piece)
            home.setdefault(id(box.container), key)
    found = []
    for export, pieces in exports.items():
        mine = [box for box in boxes if home.get(id(box.container)) == export]
        found.append(_export(pieces, mine, folder))
    found += [
        _plain(box, "Archive", "no platform's export was recognised in it") for box in boxes if not box.pieces
    ]
    found.sort(key=lambda source: natural_key(source.containers[0]))
    if folder and (folder.rest or folder.problems().get(None) or not (boxes or folder.pieces)):
        found.append(_plain(folder, "Folder", "plain files, in no platform's export"))
    return found


def _export(pieces: list[Piece], boxes: Sequence[Box], folder: Box | None) -> Source:
    pieces.sort(key=lambda piece: natural_key(stem(piece.part.path)))
    claim = pieces[0].claim
    problems = [problem for box in boxes for problem in box.problems().get(None, [])]
    for piece in pieces:
        if folder and piece.part.container is folder.container:
            problems += folder.problems().get(piece.claim.prefix, [])
    why = f"recognised: {claim.why}"
    if len(pieces) > 1:
        why += f"; {len(pieces)} parts that belong together by their names"
    rest = [box.part() for box in boxes if box.rest]
    parts = [piece.part for piece in pieces]
    if folder and (saved := take(claim.platform, parts, folder.part())):
        taken = set(map(id, saved.members))
        folder.rest = [member for member in folder.rest if id(member) not in taken]
        parts.append(saved)
        why += f"; {len(taken):,} files beside it that its posts name"
    return Source(
        claim.platform,
        parts,
        title=_title(claim.platform),
        why=why,
        rest=(PLAIN_FILES, rest),
        problems=problems,
    )


def _title(platform: type[Platform]) -> str:
    return platform.title if "(" in platform.title else f"{platform.title} export"


def _plain(box: Box, title: str, why: str) -> Source:
    return Source(PLAIN_FILES, [box.part()], title=title, why=why, problems=box.problems().get(None, []))


MIN_DIGITS = 8  # in a name that no camera's counter gives: an id, or a date with its time
_WORD = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{10,}", re.IGNORECASE)  # an id of letters and digits


def take(platform: type[Platform], parts: Sequence[Part], folder: Part | None) -> Part | None:
    """What of `folder`, plain files, is media of this export's posts, as one more part of it.

    Reads the export's records when there are files to ask for.
    """
    prefix = _place(parts[0], folder) if folder and not platform.exports_media else None
    if folder is None or prefix is None:
        return None
    near = [member for member in folder.members if member.path.startswith(prefix) and _has_id(member)]
    if not near:
        return None
    shelf = Shelf(platform, [*parts, Part(folder.container, prefix, near, folder.name)])
    said = shelf.said().there
    named = {id(shelf.export.members[key]) for key in said}
    taken = [member for member in near if id(member) in named]
    return Part(folder.container, prefix, taken, folder.name) if taken else None


def _place(part: Part, folder: Part | None) -> str | None:
    """The folder around the download, as a prefix in `folder`; None when it is not below it."""
    if folder is None or (part.container.is_folder and not part.prefix):
        return None
    inside = os.path.relpath(os.path.dirname(part.path), folder.container.path)
    if inside == os.curdir:
        return ""
    return None if inside.startswith(os.pardir) else f"{inside.replace(os.sep, '/')}/"


def _has_id(member: Member) -> bool:
    stem = member.path.rpartition("/")[2].rpartition(".")[0]
    if not is_media_name(member.path):
        return False
    return sum(map(str.isdigit, stem)) >= MIN_DIGITS or _WORD.search(stem) is not None
