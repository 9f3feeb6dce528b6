"""Numbers and codes of an answer, said in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..types import Appearance, Exposure, Sighting
from .text import line

BANDS = ("strong", "likely", "possible", "weak")  # "weak" is what an appearance without a band is called here

WHO_COULD_SEE = {
    Exposure.PUBLIC: "Anyone could see it",
    Exposure.NETWORK: "Friends, followers or a group could see it",
    Exposure.UNKNOWN: "Nobody can tell who could see it",
    Exposure.PRIVATE: "Only the account's owner, or the people in a message",
}
WHAT_IT_MEANS = {
    Exposure.PUBLIC: "A face search engine's crawler could have taken these.",
    Exposure.NETWORK: "A face search engine does not reach these, but anybody let in could have kept a copy.",
    Exposure.UNKNOWN: "The files or the export do not say. Until you have checked, count them as public.",
    Exposure.PRIVATE: "A breach, a lost phone, or somebody in the conversation would show these.",
}
AUDIENCES = {
    Exposure.PUBLIC: "Public",
    Exposure.NETWORK: "Friends or group",
    Exposure.UNKNOWN: "Not known",
    Exposure.PRIVATE: "Private",
}
OUTCOMES = {
    "unsupported": "of a kind that cannot be read",
    "unreadable": "damaged or not permitted to be read",
    "too_large": "beyond the size limits",
    "encrypted": "locked with a password",
    "link_only": "only linked to, not in the export",
    "derivative": "small copies that the platform made",
}
LINKS = {
    "exact": "the platform's own link",
    "constructed": "link put together from the post's number; it may not open",
    "profile": "link to the profile only; the export has none to the post",
    "owner_only": "opens only when you are signed in",
}
# Rarer than 1 in 10,000 nobody measured here: beyond that the number is drawn on from the curve.
SCARCE = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)


def you(person: str) -> str:
    """How the report speaks of the person: "you", or the name."""
    return "you" if person == "me" else line(person)


def your(person: str) -> str:
    """The same, possessive."""
    return "your" if person == "me" else f"{line(person)}'s"


def band(appearance: Appearance) -> str:
    """The key of BANDS that this appearance falls into."""
    return appearance.band if appearance.band in BANDS else "weak"


def in_words(key: str, person: str, *, calibrated: bool) -> str:
    """A band as a claim about the person."""
    who = you(person)
    if not calibrated:
        return "not rated: this model has no calibration"
    return {
        "strong": f"almost certainly {who}",
        "likely": f"probably {who}",
        "possible": f"possibly {who}; check it yourself",
        "weak": "weak: shown because you asked",
    }[key]


def false_matches(expected: float | None) -> str:
    """What an expected number of false matches says, for a library of this size."""
    if expected is None:
        return "no estimate of false matches: this model has no calibration"
    if expected >= 1.5:
        return f"about {expected:.0f} false matches this strong are to be expected in a library like this"
    rarer = [scarce for scarce in SCARCE if scarce * expected < 1]
    if not rarer:
        return "one false match this strong is to be expected in a library like this"
    return f"fewer than 1 in {rarer[-1]:,} libraries like this would have a false match this strong"


def band_limit(key: str) -> str:
    """What a band promises, by its definition."""
    return {
        "strong": "at most 1 in 100 libraries like this would have a false match this strong",
        "likely": "at most 1 in 10 libraries like this would have a false match this strong",
        "possible": "at most one false match this strong is to be expected in a library like this",
        "weak": "more false matches than that are to be expected",
    }[key]


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 photograph", "1,404 faces"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def spaced(code: str | None) -> str | None:
    """A code with underscores as words: "profile_photo" -> "profile photo"."""
    return line(code.replace("_", " ")) if code else None


def day(iso: str | None) -> str | None:
    """Only the date of an ISO time, as it stands: 2021-06-02. What is no ISO time stays as it is."""
    if not iso:
        return None
    found = _TIME.fullmatch(iso)
    return iso[:10] if found else line(iso)


def moment(iso: str | None) -> str | None:
    """An ISO time for reading: "2 June 2021, 10:11 UTC". A missing zone is said, not guessed."""
    found = _TIME.fullmatch(iso) if iso else None
    if not iso or not found or not "00" < (found[2] or "01") <= "12":
        return line(iso) if iso else None
    year, month, date, clock, zone = found.groups()
    words = f"{MONTHS[int(month) - 1]} {year}" if month else year
    words = f"{int(date)} {words}" if date else words
    return f"{words}, {clock}{_zone(zone)}" if clock else words


def _zone(zone: str | None) -> str:
    if zone is None:
        return ", time zone not given"
    return " UTC" if zone in ("Z", "+00:00", "+0000") else f" UTC{zone}"


def year(sighting: Sighting) -> str | None:
    """The year of the post, else of the picture."""
    provenance = sighting.provenance
    for when in ((provenance.posted and provenance.posted.at), (provenance.taken and provenance.taken.at)):
        if when and _TIME.match(when):
            return when[:4]
    return None


def clock(ms: int) -> str:
    """A position in a video: 0:12, 1:02:03."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def span(appearance: Appearance) -> str | None:
    """When in a video the face is seen; None for a still."""
    if appearance.time_ms is None:
        return None
    begin = appearance.time_ms if appearance.from_ms is None else appearance.from_ms
    end = appearance.time_ms if appearance.to_ms is None else appearance.to_ms
    if clock(begin) == clock(end):
        return f"at {clock(begin)}"
    return f"from {clock(begin)} to {clock(end)}, best at {clock(appearance.time_ms)}"


def files_not_looked_at(outcomes: dict[str, int]) -> list[str]:
    """One phrase per outcome, most files first: "3 files locked with a password"."""
    ranked = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    return [f"{count(number, 'file')} {OUTCOMES.get(key) or spaced(key)}" for key, number in ranked if number]


def limits(person: str) -> list[str]:
    """What no answer of this tool can promise."""
    who = you(person)
    return [
        "Not in an export is not the same as not on the web. Only what was indexed was searched: what other "
        "people posted, copies made elsewhere and accounts that were not exported are not in it.",
        "A low score, or no match, is not proof of absence. Faces that are turned away, covered, tiny or "
        "blurred, or many years younger or older than in the photographs searched by, can be missed even "
        f"though it is {who}.",
        "Children, siblings and twins are hard. The estimate of false matches is made with strangers; "
        "relatives look more alike than strangers do, and children change faster than adults.",
        "A match is a comparison of numbers, not an identification. Look at the picture before acting on it.",
        "Who could see something is what the export said, on the day it was made. It may have been wider "
        "before, and anybody who saw it may have kept it.",
    ]
