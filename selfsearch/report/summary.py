"""What every form of the report shows of an answer: counts, sentences, facets, links to work through.

Numbers count appearances; sentences count photographs and videos, each once, under its widest audience.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..types import EXPOSURES, Answer, Appearance, Exposure, Provenance, Sighting, Timestamp
from ..words import quantity
from . import wording
from .advice import platform_name
from .headline import Medium, headline, in_files, media_of
from .sanitize import line, web
from .wording import BANDS, join_and, you

LINK_KINDS = ("exact", "constructed", "owner_only", "profile")  # the surest way to the picture first


def by_exposure(answer: Answer) -> dict[Exposure, list[Appearance]]:
    """What is listed, under the widest exposure of each, widest first."""
    return {
        level: [appearance for appearance in answer.appearances if appearance.exposure is level]
        for level in EXPOSURES
    }


def platforms(answer: Answer) -> list[str]:
    """The platforms on which the person appears, the one with the widest exposure first, plain files last."""
    widest: dict[str, tuple[bool, int]] = {}
    for provenance in (s.provenance for appearance in answer.found for s in appearance.sightings):
        order = provenance.platform == "folder", EXPOSURES.index(provenance.exposure.level)
        widest[provenance.platform] = min(order, widest.get(provenance.platform, order))
    return sorted(widest, key=lambda platform: (widest[platform], platform))


# Facets


@dataclass(frozen=True, slots=True)
class Facet:
    """A property by which an answer is counted, grouped and filtered.

    Each place where a face was found has one value of it, or None when nothing says.
    """

    key: str
    label: str
    value: Callable[[Provenance], str | None]
    in_words: Callable[[str], str] = line

    def counts(self, appearances: Iterable[Appearance]) -> dict[str | None, int]:
        """Value -> appearances with at least one such place, most first."""
        counts = Counter(
            value
            for appearance in appearances
            for value in {self.value(sighting.provenance) for sighting in appearance.sightings}
        )
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0] is None, item[0] or "")))


def _account(provenance: Provenance) -> str | None:
    """ "platform/account": the same name on two platforms is two accounts."""
    return f"{provenance.platform}/{provenance.account}" if provenance.account else None


def _account_in_words(value: str) -> str:
    platform, _, name = value.partition("/")
    return f"{line(name)} ({platform_name(platform)})"


FACETS = (
    Facet("platform", "Platform", lambda provenance: provenance.platform, platform_name),
    Facet("account", "Account", _account, _account_in_words),
    Facet(
        "context",
        "Context",
        lambda provenance: provenance.context,
        lambda code: wording.humanize(code) or code,
    ),
    Facet("year", "Year", wording.year_of),
    Facet("album", "Album", lambda provenance: provenance.album),
)
EXPOSURE_FACET = Facet(
    "exposure",
    "Who could see it",
    lambda provenance: provenance.exposure.level.value,
    lambda level: wording.EXPOSURE_LABELS[Exposure(level)],
)


# Links to work through


@dataclass(frozen=True, slots=True)
class Task:
    """One address and the appearances behind it. A profile's address stands for everything on it."""

    url: str
    kind: str | None
    exposure: Exposure
    platform: str
    account: str | None
    context: str | None  # these two only where one appearance is behind it
    posted: Timestamp | None
    ranks: tuple[int, ...]


def worklist(answer: Answer) -> list[Task]:
    """Each address behind what is listed that a browser may open, once.

    Widest exposure first, then by LINK_KINDS.
    """
    places = [(a.rank, sighting) for a in answer.appearances for sighting in a.sightings]
    first: dict[str, Sighting] = {}
    ranks: dict[str, set[int]] = {}
    for rank, sighting in sorted(places, key=lambda place: (_urgency(place[1].provenance), place[0])):
        link = sighting.provenance.link
        if link and web(link.url):
            first.setdefault(link.url, sighting)
            ranks.setdefault(link.url, set()).add(rank)
    return [_task(url, sighting.provenance, sorted(ranks[url])) for url, sighting in first.items()]


def _urgency(provenance: Provenance) -> tuple[int, int]:
    kind = provenance.link and provenance.link.kind
    surest = LINK_KINDS.index(kind) if kind in LINK_KINDS else len(LINK_KINDS)
    return EXPOSURES.index(provenance.exposure.level), surest


def _task(url: str, provenance: Provenance, ranks: list[int]) -> Task:
    alone = len(ranks) == 1
    return Task(
        url=url,
        kind=provenance.link and provenance.link.kind,
        exposure=provenance.exposure.level,
        platform=provenance.platform,
        account=provenance.account,
        context=provenance.context if alone else None,
        posted=provenance.posted if alone else None,
        ranks=tuple(ranks),
    )


# Counts and sentences


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by appearance. In `facets` one with sightings in two places counts in both."""

    appearances: int
    photographs: int  # distinct
    videos: int  # distinct
    bands: dict[str, int]  # confirmed, strong, likely, possible, weak
    exposure: dict[str, int]  # public, network, private, unknown: the widest of each appearance
    facets: dict[str, dict[str | None, int]]  # platform, account, context, year, album
    expected_false_matches: float | None  # among everything found that nobody confirmed
    headline: str
    sentences: tuple[str, ...]

    @property
    def media(self) -> int:
        """Distinct files."""
        return self.photographs + self.videos


def summarise(answer: Answer) -> Summary:
    """Count an answer and say it in words."""
    media = media_of(answer)
    bands = Counter(wording.band_of(appearance) for appearance in answer.found)
    exposure = Counter(appearance.exposure for appearance in answer.found)
    expected = [
        one.expected_false_matches
        for one in answer.found
        if one.expected_false_matches is not None and one.verdict is None
    ]
    worst = max(expected, default=None)
    return Summary(
        appearances=len(answer.found),
        photographs=sum(not medium.video for medium in media),
        videos=sum(medium.video for medium in media),
        bands={band: bands[band] for band in BANDS},
        exposure={level.value: exposure[level] for level in Exposure},
        facets={facet.key: facet.counts(answer.found) for facet in FACETS},
        expected_false_matches=worst,
        headline=headline(answer, media),
        sentences=tuple(_sentences(answer, media, worst)),
    )


_SEEN_BY = {
    Exposure.NETWORK: "Friends, followers or members of a group could have seen {who} {in_files}.",
    Exposure.UNKNOWN: "It is not known who could have seen {who} {in_files}: count that as public until you"
    " have checked.",
    Exposure.PRIVATE: "Only the account's owner, or the people in a conversation, could have seen {who}"
    " {in_files}, unless one of them passed it on or lost it.",
}


def _sentences(answer: Answer, media: list[Medium], worst: float | None) -> Iterable[str]:
    if not answer.calibrated:
        yield (
            f"The model {answer.pack} has no calibration, so the scores are not translated into words: "
            "compare the pictures yourself."
        )
    if not media:
        yield from _nothing_found(answer)
    for level, sentence in _SEEN_BY.items():  # the headline speaks of the public ones
        files = [medium for medium in media if medium.exposure is level and not medium.weak]
        if files:
            yield sentence.format(who=you(answer.person), in_files=in_files(files))
    if weak := sum(medium.weak for medium in media):
        found = quantity(weak, "weaker resemblance")
        yield f"{found}, because you asked for all: such faces are mostly other people."
    if worst is not None:
        yield f"By chance alone, {_by_chance(worst)}. Relatives look more alike than chance."
    if shared := wording.may_also_be(answer):
        yield f"{shared}."
    yield from filter(None, [wording.lookalikes(answer)])
    yield from _left_out(answer)


def _nothing_found(answer: Answer) -> Iterable[str]:
    if answer.faces:
        yield f"No {'other ' if answer.rejected else ''}face there is similar enough to be listed."
        yield (
            "That speaks for these files and for nothing else: not for accounts that were not exported, "
            "and not for what other people posted. A face that is hidden, turned away or very small may have "
            "been missed."
        )


def _by_chance(expected: float) -> str:
    """How many of everything found are somebody else, by the estimate for the weakest score found."""
    if expected >= 1.5:
        return f"expect about {expected:.0f} of those found to be somebody else"
    if (n := wording.rarity(expected)) is None:
        return "expect one of those found to be somebody else"
    return f"somebody else would stand among those found in fewer than 1 in {n:,} libraries like this"


def _left_out(answer: Answer) -> Iterable[str]:
    if left_out := wording.left_out(answer):
        besides = "Besides what is listed, " if answer.appearances else ""
        yield f"{wording.sentence_case(besides + left_out)}."
    if rejected := wording.rejected(answer):
        yield f"Left out: {rejected}."
    if files := wording.files_not_looked_at(answer.not_looked_at):
        yield f"Could not be searched: {join_and(files)}."
    if answer.links:
        posts = quantity(len(answer.links), "post")
        yield f"{posts} not looked at: the export has a link, but not the picture or video."
