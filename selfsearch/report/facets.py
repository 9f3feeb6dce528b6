"""The properties by which an answer is counted, grouped and filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..types import EXPOSURES, Answer, Appearance, Exposure, Sighting
from . import words
from .advice import title
from .text import line


@dataclass(frozen=True, slots=True)
class Facet:
    """One property. A sighting has one value of it, or None when nothing says."""

    key: str
    label: str
    of: Callable[[Sighting], str | None]
    say: Callable[[str], str] = line

    def among(self, appearance: Appearance) -> set[str | None]:
        """The values that the sightings of one appearance have."""
        return {self.of(sighting) for sighting in appearance.sightings}

    def counted(self, appearances: Iterable[Appearance]) -> dict[str | None, int]:
        """Value -> appearances with at least one such sighting, most first."""
        numbers = Counter(value for appearance in appearances for value in self.among(appearance))
        return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0] is None, item[0] or "")))


def account(sighting: Sighting) -> str | None:
    """ "platform/account": the same name on two platforms is two accounts."""
    name = sighting.provenance.account
    return f"{sighting.provenance.platform}/{name}" if name else None


def _say_account(value: str) -> str:
    platform, _, name = value.partition("/")
    return f"{line(name)} ({title(platform)})"


def _say_context(value: str) -> str:
    return words.spaced(value) or value


def _say_exposure(value: str) -> str:
    return words.AUDIENCES[Exposure(value)]


PLATFORM = Facet("platform", "Platform", lambda sighting: sighting.provenance.platform, title)
ACCOUNT = Facet("account", "Account", account, _say_account)
CONTEXT = Facet("context", "Context", lambda sighting: sighting.provenance.context, _say_context)
YEAR = Facet("year", "Year", words.year)
ALBUM = Facet("album", "Album", lambda sighting: sighting.provenance.album)
FACETS = (PLATFORM, ACCOUNT, CONTEXT, YEAR, ALBUM)
EXPOSURE = Facet(
    "exposure", "Who could see it", lambda sighting: sighting.provenance.exposure.level.value, _say_exposure
)


def platforms(answer: Answer) -> list[str]:
    """The platforms on which the person appears, the one with the widest exposure first, plain files last."""
    widest: dict[str, tuple[bool, int]] = {}
    for appearance in answer.appearances:
        for sighting in appearance.sightings:
            said = sighting.provenance
            level = said.platform == "folder", EXPOSURES.index(said.exposure.level)
            widest[said.platform] = min(level, widest.get(said.platform, level))
    return sorted(widest, key=lambda platform: (widest[platform], platform))
