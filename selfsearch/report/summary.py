"""An answer in numbers and in sentences: what a face search engine, friends, and a breach would show.

Numbers count appearances; sentences count photographs and videos, each once, under its widest audience.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..types import EXPOSURES, Answer, Appearance, Exposure
from . import words
from .facets import FACETS
from .words import BANDS, count, listed, you

SURE = ("strong", "likely")  # bands in which the headline claims to have found the person


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by appearance. In `facets` one with sightings in two places counts in both."""

    appearances: int
    photographs: int  # distinct
    videos: int  # distinct
    bands: dict[str, int]  # strong, likely, possible, weak
    exposure: dict[str, int]  # public, network, private, unknown: the widest of each appearance
    facets: dict[str, dict[str | None, int]]  # platform, account, context, year, album
    not_looked_at: int  # files
    links: int  # posts of which only a link is there
    expected_false_matches: float | None  # among everything shown
    headline: str
    sentences: tuple[str, ...]

    @property
    def media(self) -> int:
        """Distinct files."""
        return self.photographs + self.videos


@dataclass(frozen=True, slots=True)
class _Medium:
    """One distinct file: its widest audience, and how sure its best match is."""

    exposure: Exposure
    sure: bool
    weak: bool
    video: bool


def summarise(answer: Answer) -> Summary:
    """Count an answer and say it in words."""
    media = _media(answer)
    bands = Counter(words.band(appearance) for appearance in answer.appearances)
    exposure = Counter(appearance.exposure for appearance in answer.appearances)
    expected = [a.expected_false_matches for a in answer.appearances if a.expected_false_matches is not None]
    return Summary(
        appearances=len(answer.appearances),
        photographs=sum(not medium.video for medium in media),
        videos=sum(medium.video for medium in media),
        bands={key: bands[key] for key in BANDS},
        exposure={level.value: exposure[level] for level in Exposure},
        facets={facet.key: facet.counted(answer.appearances) for facet in FACETS},
        not_looked_at=sum(answer.not_looked_at.values()),
        links=len(answer.links),
        expected_false_matches=max(expected, default=None),
        headline=words.sentence(_headline(answer, media)),
        sentences=tuple(_sentences(answer, media)),
    )


def _media(answer: Answer) -> list[_Medium]:
    by_content: dict[str, list[Appearance]] = {}
    for appearance in answer.appearances:
        by_content.setdefault(appearance.sha256, []).append(appearance)
    return [_medium(appearances, answer.calibrated) for appearances in by_content.values()]


def _medium(appearances: list[Appearance], calibrated: bool) -> _Medium:
    bands = {words.band(appearance) for appearance in appearances}
    return _Medium(
        exposure=min((appearance.exposure for appearance in appearances), key=EXPOSURES.index),
        sure=not calibrated or bool(bands & set(SURE)),
        weak=calibrated and bands == {"weak"},
        video=appearances[0].type.startswith("video/"),
    )


def _headline(answer: Answer, media: list[_Medium]) -> str:
    who = you(answer.person)
    public = [medium for medium in media if medium.exposure is Exposure.PUBLIC]
    sure = [medium for medium in public if medium.sure]
    maybe = [medium for medium in public if not medium.sure and not medium.weak]
    if not media:
        return f"{who} {_were(who)} not found in what was searched."
    if sure:
        return f"A face search engine would find {who} in {_files(sure, 'public')}{_and_maybe(maybe)}."
    if maybe:
        return f"A face search engine might find {who} in {_files(maybe, 'public')}."
    if {medium.exposure for medium in media} == {Exposure.UNKNOWN}:
        return f"{_here(who)} in {_files(media)}; who could see {_them(media)} is not known."
    return f"Nothing found with {who} in it is known to be public."


def _sentences(answer: Answer, media: list[_Medium]) -> Iterable[str]:
    if not answer.calibrated:
        yield (
            f"The model {answer.pack} has no calibration, so the scores are not translated into words: "
            "compare the pictures yourself."
        )
    if not media:
        yield from _nothing(answer)
    for level in EXPOSURES[1:]:  # the headline speaks of the public ones
        here = [medium for medium in media if medium.exposure is level and not medium.weak]
        if here:
            yield _SEEN_BY[level].format(who=you(answer.person), files=_sure_and_maybe(here))
    weak = sum(medium.weak for medium in media)
    if weak:
        resemblances = count(weak, "weaker resemblance")
        yield f"{resemblances} shown because you asked: most of them will be other people."
    yield from _false_matches(answer)
    yield from _left_out(answer)


_SEEN_BY = {
    Exposure.NETWORK: "Friends, followers or members of a group could have seen {who} in {files}.",
    Exposure.UNKNOWN: "Nobody can tell who could have seen {who} in {files}: "
    "until you have checked, count that as public.",
    Exposure.PRIVATE: "Only a breach, a lost phone or somebody in the conversation "
    "would show {who} in {files}.",
}


def _nothing(answer: Answer) -> Iterable[str]:
    if answer.faces == 0:
        yield "There was nothing to compare with: the library holds no faces of this model yet."
        return
    compared = f"{count(answer.faces, 'face')} in {count(answer.media, 'file')}"
    yield f"No face among {compared} from {count(answer.sources, 'source')} is similar enough to be shown."
    yield (
        "That speaks for these files and for nothing else: not for accounts that were not exported, "
        "and not for what other people posted. A face that is hidden, turned away or very small may have "
        "been missed."
    )


def _false_matches(answer: Answer) -> Iterable[str]:
    expected = [a.expected_false_matches for a in answer.appearances if a.expected_false_matches is not None]
    if expected:
        yield f"By chance alone, {_among(max(expected))}. Relatives look more alike than chance."


def _among(expected: float) -> str:
    """How many of everything shown are somebody else, by the estimate for the weakest score shown."""
    if expected >= 1.5:
        return f"expect about {expected:.0f} of those shown to be somebody else"
    rarer = [scarce for scarce in words.SCARCE if scarce * expected < 1]
    if not rarer:
        return "expect one of those shown to be somebody else"
    return f"somebody else would stand among those shown in fewer than 1 in {rarer[-1]:,} libraries like this"


def _left_out(answer: Answer) -> Iterable[str]:
    if answer.hidden:
        more = count(answer.hidden, "more appearance")
        yield f"{more} not shown: beyond the limit or weaker than asked for."
    missed = words.files_not_looked_at(answer.not_looked_at)
    if missed:
        yield f"Could not be searched: {listed(missed)}."
    if answer.links:
        posts = count(len(answer.links), "post")
        yield f"{posts} not looked at: the export has a link, but not the picture or video."


def _sure_and_maybe(media: list[_Medium]) -> str:
    sure = [medium for medium in media if medium.sure]
    maybe = [medium for medium in media if not medium.sure]
    if not sure:
        return f"{_files(maybe)}, possibly"
    return _files(sure) + _and_maybe(maybe)


def _and_maybe(maybe: list[_Medium]) -> str:
    return f", and possibly in {_files(maybe, 'more')}" if maybe else ""


def _files(media: list[_Medium], adjective: str = "") -> str:
    """ "3 public photographs and 1 public video"."""
    videos = sum(medium.video for medium in media)
    numbers = ((len(media) - videos, "photograph"), (videos, "video"))
    return listed([count(number, f"{adjective} {noun}".strip()) for number, noun in numbers if number])


def _were(who: str) -> str:
    return "were" if who == "you" else "was"


def _here(who: str) -> str:
    return "you are" if who == "you" else f"{who} is"


def _them(media: list[_Medium]) -> str:
    return "it" if len(media) == 1 else "them"
