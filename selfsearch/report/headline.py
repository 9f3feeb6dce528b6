"""The first line of an answer: how much of the person is public, and who could find it there.

It claims what can be held: that somebody could find it, not that anybody will, and names a face search engine
only where that one is known to read such places (engines.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..types import EXPOSURES, Answer, Appearance, Exposure
from ..words import quantity
from . import wording
from .advice import platform_name
from .engines import SOCIAL, VIDEO, Engine, headline_engines, place_of
from .wording import join_and, you

SURE = ("strong", "likely")  # bands in which the headline claims to have found the person


@dataclass(frozen=True, slots=True)
class Medium:
    """One distinct file: its widest audience, and how sure its best match is.

    It is sure, too, when the person said so, and not when it may be somebody else's as well.
    """

    exposure: Exposure
    sure: bool
    weak: bool
    video: bool
    public_on: frozenset[str]  # platforms


def media_of(answer: Answer) -> list[Medium]:
    """Every file in which the person was found, once."""
    by_content: dict[str, list[Appearance]] = {}
    for appearance in answer.found:
        by_content.setdefault(appearance.sha256, []).append(appearance)
    return [_medium(appearances, answer.calibrated) for appearances in by_content.values()]


def _medium(appearances: list[Appearance], calibrated: bool) -> Medium:
    bands = {wording.band_of(appearance) for appearance in appearances}
    sure = {wording.band_of(appearance) for appearance in appearances if not appearance.may_also_be}
    is_confirmed = any(appearance.verdict == "me" for appearance in appearances)
    places = [sighting.provenance for appearance in appearances for sighting in appearance.sightings]
    return Medium(
        exposure=min((appearance.exposure for appearance in appearances), key=EXPOSURES.index),
        sure=is_confirmed or bool(sure & set(SURE)),
        weak=calibrated and bands == {"weak"} and not is_confirmed,
        video=appearances[0].type.startswith("video/"),
        public_on=frozenset(place.platform for place in places if place.exposure.level is Exposure.PUBLIC),
    )


def headline(answer: Answer, media: Sequence[Medium]) -> str:
    """What is public, else whether anything is; of nothing, in how much it was looked for."""
    who = you(answer.person)
    if not media:
        return wording.sentence_case(_not_found(answer))
    matches = [medium for medium in media if not medium.weak]
    public = [medium for medium in matches if medium.exposure is Exposure.PUBLIC]
    if public:
        is_in = wording.sentence_case(_is_in(who, public, "public"))
        return f"{is_in}. {_who_could_find(who, public)}"
    if not matches:
        were = "were" if who == "you" else "was"
        return wording.sentence_case(f"{who} {were} not found; only faces that are less alike were.")
    return f"{wording.sentence_case(_is_in(who, matches))}; {_none_public(matches)}."


def _not_found(answer: Answer) -> str:
    if not answer.faces:
        return "nothing was searched: the library holds no faces of this model yet."
    who = you(answer.person)
    found = (
        f"{who} {'were' if who == 'you' else 'was'} not found among {quantity(answer.faces, 'face')}"
        f" in {quantity(answer.media, 'file')} from {quantity(answer.sources, 'source')}."
    )
    files, posts = sum(answer.not_looked_at.values()), len(answer.links)
    rest = [quantity(files, "more file")] * bool(files) + [quantity(posts, "post")] * bool(posts)
    return f"{found} Not looked at: {join_and(rest)}." if rest else found


def _none_public(media: Sequence[Medium]) -> str:
    unknown = sum(medium.exposure is Exposure.UNKNOWN for medium in media)
    if unknown == len(media):
        return f"who could see {'it' if unknown == 1 else 'them'} is not known"
    none = "it is not" if len(media) == 1 else "none of them is"
    rest = f", and who could see {unknown:,} of them is not known" if unknown else ""
    return f"{none} known to be public{rest}"


def _is_in(who: str, media: Sequence[Medium], adjective: str = "") -> str:
    """ "you are in 3 public photographs, and possibly in 1 more video"."""
    return f"{who} {'are' if who == 'you' else 'is'} {in_files(media, adjective)}"


def in_files(media: Sequence[Medium], adjective: str = "") -> str:
    """ "in 3 photographs, and possibly in 1 more video", "possibly in 2 photographs"."""
    sure = [medium for medium in media if medium.sure]
    maybe = [medium for medium in media if not medium.sure]
    if not sure:
        return f"possibly in {_files(maybe, adjective)}"
    return f"in {_files(sure, adjective)}" + (f", and possibly in {_files(maybe, 'more')}" if maybe else "")


def _files(media: Sequence[Medium], adjective: str) -> str:
    """ "3 public photographs and 1 public video"."""
    videos = sum(medium.video for medium in media)
    numbers = ((len(media) - videos, "photograph"), (videos, "video"))
    return join_and([quantity(number, f"{adjective} {noun}".strip()) for number, noun in numbers if number])


# Who could find it


def _who_could_find(who: str, media: Sequence[Medium]) -> str:
    """A sentence: which face search engines read the places where these are public."""
    reached = {engine: _reached(engine, media) for engine in headline_engines()}
    of_all = [engine.name for engine, number in reached.items() if number == len(media)]
    of_some = [(engine.name, number) for engine, number in reached.items() if 0 < number < len(media)]
    if not of_all and not of_some:
        places = join_and(sorted({platform_name(name) for medium in media for name in medium.public_on}))
        return f"No face search engine is known to read {places}, but anybody there could have kept a copy."
    in_some = join_and([f"{name} in {number:,}" for name, number in of_some])
    if not of_all:
        return f"Face search engines could find {who} in some of them: {in_some}."
    rest = f"; {in_some} of them" if in_some else _denied([e for e in reached if not reached[e]], media)
    return f"Face search engines such as {join_and(of_all)} could find {who} there{rest}."


def _reached(engine: Engine, media: Sequence[Medium]) -> int:
    return sum(engine.can_find(medium.public_on, is_video=medium.video) for medium in media)


def _denied(engines: Sequence[Engine], media: Sequence[Medium]) -> str:
    """What engines say of places like these, where one says that it reads none of them."""
    is_social = all(place_of(name) == SOCIAL for medium in media for name in medium.public_on)
    for kind, noun, holds in (
        (SOCIAL, "social networks", is_social),
        (VIDEO, "videos", all(medium.video for medium in media)),
    ):
        names = [engine.name for engine in engines if holds and kind in engine.says_not]
        if names:
            return f"; {join_and(names)} {'says' if len(names) == 1 else 'say'} that it reads no {noun}"
    return ""
