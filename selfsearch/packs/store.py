"""Where model packs lie: in the user's packs folder, and one that came with the program.

A pack is found by name in the user's folder first, then among those that were installed with the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import PackError
from ..recognition.model_pack import Pack, read_pack

BUNDLED_PACKS = Path(__file__).parent / "bundled"


def find_pack(name: str, folder: Path | None = None) -> Pack:
    """The pack called `name`, from `folder` (the user's packs) or from those installed with the program.

    Raises PackError when there is none, or its manifest is not usable. Files are not checked yet: see
    `Pack.verify`.
    """
    for parent, bundled in ((folder, False), (BUNDLED_PACKS, True)):
        if parent is not None and (parent / name / "manifest.json").is_file():
            return read_pack(parent / name, bundled=bundled)
    names = ", ".join(pack.name for pack in list_packs(folder)) or "none"
    raise PackError(f"there is no model pack called {name!r} (there are: {names}); see: selfsearch models")


def list_packs(folder: Path | None = None) -> list[Pack]:
    """Every pack whose manifest can be read, the user's own first. The others: see `unreadable_packs`."""
    packs = {}
    for place, bundled in _pack_folders(folder):
        try:
            pack = read_pack(place, bundled=bundled)
        except PackError:
            continue
        packs[pack.name] = pack
    return sorted(packs.values(), key=lambda pack: (pack.bundled, pack.name))


def unreadable_packs(folder: Path | None = None) -> dict[str, str]:
    """Packs whose manifest cannot be read: the folder's name and why."""
    reasons = {}
    for place, bundled in _pack_folders(folder):
        try:
            read_pack(place, bundled=bundled)
        except PackError as exc:
            reasons[place.name] = str(exc)
    return reasons


def _pack_folders(folder: Path | None) -> Iterator[tuple[Path, bool]]:
    """Every pack's folder, and whether it came with the program. What is being added has a dot in front."""
    for parent, bundled in ((BUNDLED_PACKS, True), (folder, False)):
        for place in sorted(parent.iterdir()) if parent is not None and parent.is_dir() else ():
            if place.is_dir() and not place.name.startswith("."):
                yield place, bundled
