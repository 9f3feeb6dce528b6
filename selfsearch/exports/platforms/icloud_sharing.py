"""What the lists of iCloud's Shared Photo Library ("Shared Library Details.csv") show of the library's files.

What is named there is in a library that up to five others see. That a file is not named shows nothing: a list
may lack rows, and links by which photographs are shared are in no record at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...types import Exposure, ExposureAssessment
from .media_refs import VIDEO_EXTENSIONS, extension

_OWN = "in the owner's iCloud library; iCloud does not export who else could see it, by a link for instance"
_SHARED = "in the iCloud Shared Photo Library; iCloud does not export who is in it"
_NAMESAKE = "in the owner's iCloud library; the Shared Library has a file of this name, perhaps another"


class SharedRow(NamedTuple):
    """What a list says of one file."""

    path: str
    listing: str
    contributed: bool | None  # by the owner; None where the list does not say


@dataclass(slots=True)
class SharedLibrary:
    """What all lists say. A Live Photo's film goes by its still."""

    _rows: dict[str, SharedRow] = field(default_factory=dict)  # by path
    _stills: dict[str, SharedRow] = field(default_factory=dict)  # by path without ending
    _namesakes: dict[str, str] = field(default_factory=dict)  # path, also without ending -> the list

    def add(self, listing: str, paths: Sequence[str], contributed: bool | None) -> None:
        """Take a row, which means one of these files."""
        for path in paths:
            if len(paths) > 1:
                self._namesakes |= {path: listing, _without_ending(path): listing}
                continue
            row = SharedRow(path, listing, contributed)
            self._rows[path] = self._stills[_without_ending(path)] = row

    def find(self, path: str) -> SharedRow | None:
        """What it says of a file."""
        is_film = extension(path) in VIDEO_EXTENSIONS
        return self._rows.get(path) or (self._stills.get(_without_ending(path)) if is_film else None)

    def assess(self, path: str) -> ExposureAssessment:
        """Who could see a file of the library."""
        if row := self.find(path):
            return Exposure.NETWORK.because(_SHARED, row.listing)
        is_film = extension(path) in VIDEO_EXTENSIONS
        if listing := self._namesakes.get(_without_ending(path) if is_film else path):
            return Exposure.UNKNOWN.because(_NAMESAKE, listing)
        return Exposure.UNKNOWN.because(_OWN)


def _without_ending(path: str) -> str:
    return path.rpartition(".")[0] or path
