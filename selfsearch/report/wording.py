"""Values, codes and numbers of an answer, said in words. Every form of the report says them in these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..types import Answer, Appearance, Audience, Exposure, Location, Provenance, Timestamp
from ..words import quantity
from .sanitize import line

BANDS = (
    "confirmed",
    "strong",
    "likely",
    "possible",
    "weak",
)  # "weak": without a band; the first: by the person
EXPOSURE_LABELS = {
    Exposure.PUBLIC: "Public",
    Exposure.NETWORK: "Friends or group",
    Exposure.UNKNOWN: "Not known",
    Exposure.PRIVATE: "Private",
}
WHO_COULD_SEE = {
    Exposure.PUBLIC: "Anyone could see it",
    Exposure.NETWORK: "Friends, followers or a group could see it",
    Exposure.UNKNOWN: "Not known who could see it",
    Exposure.PRIVATE: "Only the account's owner, or the people in a message",
}
WHAT_IT_MEANS = {
    Exposure.PUBLIC: "Anybody could have kept a copy, companies that collect faces among them.",
    Exposure.NETWORK: "Closed to crawlers, but whoever was let in could have kept a copy or passed it on.",
    Exposure.UNKNOWN: "The files or the export do not say. Until you have checked, count them as public.",
    Exposure.PRIVATE: "Whoever was in the conversation, or gets into the account, could pass these on.",
}
WHY_UNDATED = "Nothing says when these were posted or taken, so they may lie inside or outside these dates."
MEASURED_WITH = (
    "The estimates rest on strangers: relatives, children and people of one origin look more alike."
)
TELL_APART = "To tell apart a relative who agrees"  # before the command
MANY_LOOKALIKES = 2.0  # times as many as usual, from which on an answer says so
LIMITS_IN_SHORT = "Only what was indexed was searched, and a match is no proof."
BAND_MEANINGS = {  # by the definition of each band
    "confirmed": "said to be so with: selfsearch verdict",
    "strong": "at most 1 in 100 libraries like this would have a false match this strong",
    "likely": "at most 1 in 10 libraries like this would have a false match this strong",
    "possible": "at most one false match this strong is to be expected in a library like this",
    "weak": "more false matches than that are to be expected",
}
OUTCOME_LABELS = {  # of every file that was found, in the order in which they are listed
    "indexed": "with faces",
    "no_face": "without a face",
    "duplicate": "copies of other files",
    "unsupported": "of a kind that is not searched",
    "unreadable": "unreadable",
    "too_large": "too large",
    "failed": "not finished: an error, a crash, or too slow",
    "encrypted": "encrypted",
    "record": "records that the platform wrote",
    "derivative": "thumbnails and overlays",
    "link_only": "links without the media",
}
_OUTCOME_LABELS_OF_ONE = {
    "duplicate": "copy of another file",
    "record": "record that the platform wrote",
    "derivative": "thumbnail or overlay",
    "link_only": "link without the media",
}
NOT_LOOKED_AT = {  # why a picture is not in an answer
    "unsupported": "of a kind that is not searched",
    "unreadable": "damaged or not permitted to be read",
    "too_large": "beyond the size limits",
    "failed": "given up on after an error",
    "encrypted": "locked with a password",
    "link_only": "only linked to, not in the export",
    "derivative": "small copies that the platform made",
}
LEFT_OUT = {  # why an appearance that was found is not listed
    "source": "in other sources",
    "band": "less sure than asked for",
    "dates": "outside these dates",
    "undated": "without a date",
    "limit": "beyond the limit",
}
LINK_KINDS = {
    "exact": "the platform's own link",
    "constructed": "link put together from the post's number; it may not open",
    "owner_only": "opens only when you are signed in",
    "profile": "link to the profile only; the export has none to the post",
}
AUDIENCE_SOURCES = {
    "per_item": "said of this very item",
    "per_album": "said of its album",
    "chat_type": "by the kind of chat",
    "file": "by the file it stands in",
    "account_setting": "by the account's setting",
}
MOST_NAMED = 2  # sources in one line
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# "1 in N" is said with these N. Rarer than 1 in 10,000 nobody measured here: beyond that the number is drawn
# on from the curve.
_RARITIES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_ISO_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)


# Plain English


def outcome_label(outcome: str, number: int) -> str:
    """What became of so many files, to stand after their number."""
    of_one = _OUTCOME_LABELS_OF_ONE.get(outcome) if number == 1 else None
    return of_one or OUTCOME_LABELS.get(outcome) or outcome.replace("_", " ")


def join_and(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def sentence_case(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def humanize(code: str | None) -> str | None:
    """A code with underscores as words: "profile_photo" -> "profile photo"."""
    return line(code.replace("_", " ")) if code else None


def with_note(value: str | None, note: str | None) -> str | None:
    """ "value (note)"; what is missing is left out, and a note needs a value."""
    return f"{value} ({note})" if value and note else value


# The person, and how sure a match is


def you(person: str) -> str:
    """How the report speaks of the person: "you", or the name."""
    return "you" if person == "me" else line(person)


def your(person: str) -> str:
    """The same, possessive."""
    return "your" if person == "me" else f"{line(person)}'s"


def band_of(appearance: Appearance) -> str:
    """The one of BANDS that this appearance falls into."""
    if appearance.verdict == "me":
        return "confirmed"
    return appearance.band if appearance.band in BANDS else "weak"


def band_in_words(band: str, person: str, *, calibrated: bool) -> str:
    """A band as a claim about the person."""
    if band == "confirmed":
        return "you confirmed it" if person == "me" else f"confirmed: it is {line(person)}"
    if not calibrated:
        return "not rated: this model has no calibration"
    return {
        "strong": f"almost certainly {you(person)}",
        "likely": f"probably {you(person)}",
        "possible": f"possibly {you(person)}; check it yourself",
        "weak": "weak: shown because you asked",
    }[band]


def claim(appearance: Appearance, person: str, *, calibrated: bool) -> str:
    """What is said of an appearance: how sure it is, or whose face it may be as well."""
    if appearance.may_also_be:
        others = " or ".join(map(line, appearance.may_also_be))
        return f"{one_of(appearance, person)}: it looks as much like {others}, or more"
    return band_in_words(band_of(appearance), person, calibrated=calibrated)


def one_of(appearance: Appearance, person: str) -> str:
    """ "you or Ben": of an appearance that may be somebody else's as well."""
    return " or ".join([you(person), *map(line, appearance.may_also_be)])


def may_also_be(answer: Answer) -> str:
    """ "3 appearances may be Ben's as well: ..."; "" for none."""
    marked = [appearance for appearance in answer.found if appearance.may_also_be]
    if not marked:
        return ""
    names = dict.fromkeys(line(name) for appearance in marked for name in appearance.may_also_be)
    others = " or ".join(names)
    faces = "the face looks" if len(marked) == 1 else "the faces look"
    found = quantity(len(marked), "appearance")
    return f"{found} may show {others} and not {you(answer.person)}: {faces} as much like {others}, or more"


def needs_a_look(answer: Answer) -> bool:
    """Whether anything is listed that relatives and others who look alike can easily be."""
    return any(
        appearance.verdict is None
        and not appearance.may_also_be
        and appearance.band in ("likely", "possible")
        for appearance in answer.appearances
    )


def rarity(expected: float) -> int | None:
    """The largest round N for which "fewer than 1 in N" is true; None when not even 1 in 2 is."""
    return max((n for n in _RARITIES if n * expected < 1), default=None)


def false_matches(expected: float | None) -> str:
    """What an expected number of false matches says, for a library of this size."""
    if expected is None:
        return "no estimate of false matches: this model has no calibration"
    if expected >= 1.5:
        return f"about {expected:.0f} false matches this strong are to be expected in a library like this"
    if (n := rarity(expected)) is None:
        return "one false match this strong is to be expected in a library like this"
    return f"fewer than 1 in {n:,} libraries like this would have a false match this strong"


# Times


def format_time(iso: str | None) -> str | None:
    """An ISO time for reading: "2 June 2021, 10:11 UTC". A missing zone is said, not guessed."""
    match = _ISO_TIME.fullmatch(iso) if iso else None
    if not iso or not match or not "00" < (match[2] or "01") <= "12":
        return line(iso) if iso else None
    year, month, date, clock, zone = match.groups()
    text = f"{MONTHS[int(month) - 1]} {year}" if month else year
    text = f"{int(date)} {text}" if date else text
    if not clock:
        return text
    utc = zone in ("Z", "+00:00", "+0000")
    return f"{text}, {clock}" + (
        ", time zone not given" if zone is None else " UTC" if utc else f" UTC{zone}"
    )


def day(time: Timestamp | None) -> str | None:
    """Only the date, as it stands: 2021-06-02. What is no ISO time stays as it is."""
    if time is None:
        return None
    return time.at[:10] if _ISO_TIME.fullmatch(time.at) else line(time.at)


def day_of(provenance: Provenance) -> str:
    """The day of the post, else of the picture; "" when nothing says."""
    return day(provenance.posted) or day(provenance.taken) or ""


def year_of(provenance: Provenance) -> str | None:
    """The year of the post, else of the picture."""
    times = (time.at for time in (provenance.posted, provenance.taken) if time)
    return next((iso[:4] for iso in times if _ISO_TIME.match(iso)), None)


def timecode(ms: int) -> str:
    """A position in a video: 0:12, 1:02:03."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def time_range(appearance: Appearance) -> str | None:
    """When in a video the face is seen; None for a still."""
    best = appearance.time_ms
    if best is None:
        return None
    begin = timecode(best if appearance.from_ms is None else appearance.from_ms)
    end = timecode(best if appearance.to_ms is None else appearance.to_ms)
    return f"at {begin}" if begin == end else f"from {begin} to {end}, best at {timecode(best)}"


# What a platform said


def timestamp(time: Timestamp | None) -> str | None:
    """A time with what says so: "2 June 2021, 10:11 UTC (from creation_timestamp)"."""
    return with_note(format_time(time.at), time.source and f"from {time.source}") if time else None


def audience(audience: Audience | None) -> str | None:
    """The platform's word with what it was said of: "Friends (said of its album)"."""
    source = audience and audience.source
    return with_note(audience.name, AUDIENCE_SOURCES.get(source or "", source)) if audience else None


def position(location: Location | None) -> str | None:
    """Degrees to some ten metres, with what says so: "38.7979, -9.3906 (exif)"."""
    if location is None:
        return None
    return with_note(f"{location.latitude:.4f}, {location.longitude:.4f}", humanize(location.source))


def author(provenance: Provenance) -> str | None:
    """Who posted it, unless that is the owner of the export."""
    if provenance.author_is_owner:
        return None
    return with_note(
        provenance.author, "not the owner of this export" if provenance.author_is_owner is False else None
    )


def context(provenance: Provenance) -> str | None:
    """What kind of post it is; None for a plain file, of which that says nothing."""
    return humanize(provenance.context) if provenance.context != "file" else None


# What an answer was asked of, and what it does not hold


def searched(answer: Answer) -> str:
    """ "1,404 faces in 812 files from Folder /home/ana (source 2)"; many sources are only counted."""
    names = [line(name) for name in answer.source_names[:MOST_NAMED]]
    sources = quantity(answer.sources, "source")
    where = join_and(names) if len(names) == answer.sources else f"{sources} (selfsearch sources lists them)"
    return f"{quantity(answer.faces, 'face')} in {quantity(answer.media, 'file')} from {where}"


def left_out(answer: Answer) -> str:
    """What was found and is not listed: "8 more: 5 outside these dates, 3 without a date"; "" for nothing.

    Where nothing is listed: "none of them is listed: 5 outside these dates, 3 without a date".
    """
    whys = [f"{number:,} {LEFT_OUT[why]}" for why, number in answer.left_out.items() if number]
    if whys and not answer.appearances:
        return f"{'none of them is' if answer.hidden > 1 else 'it is not'} listed: {', '.join(whys)}"
    if len(whys) == 1:
        return whys[0].replace(" ", " more ", 1)
    return f"{answer.hidden:,} more: {', '.join(whys)}" if whys else ""


def replaced(answer: Answer) -> str:
    """What counts in this answer and not in others, because it was asked for; "" for nothing."""
    names = [line(name) for name in answer.replaced_names]
    them, were = ("them", "newer exports") if names[1:] else ("it", "a newer export")
    return f"Counted because you named {them}: {join_and(names)}, which {were} replaced" if names else ""


def gone_files(number: int, day: str) -> str:
    """How long what is known of files that are gone is kept; `day`: when the first of them is erased."""
    are, them, they = ("is", "it", "it") if number == 1 else ("are", "them", "they")
    when = f"on {day}" if number == 1 else f"from {day} on"
    return (
        f"{quantity(number, 'file')} {are} gone. What is known of {them}, faces and marks included, is erased"
        f" 90 days after {they} went, {when}, unless {they} came back before"
    )


def searched_before(number: int, command: str) -> str:
    """That pictures were searched by an older version; `command`: what searches them again."""
    were, them = ("was", "it") if number == 1 else ("were", "them")
    return (
        f"{quantity(number, 'picture')} {were} searched by an earlier version, which missed many small and"
        f" tilted faces. To search {them} again, which takes as long as the first time: {command}"
    )


def rejected(answer: Answer) -> str:
    """What the answer leaves out because of verdicts: "2 appearances that you marked as not you"; or ""."""
    found = quantity(answer.rejected, "appearance")
    return f"{found} that you marked as not {you(answer.person)}" if answer.rejected else ""


def files_not_looked_at(outcomes: dict[str, int]) -> list[str]:
    """One phrase per outcome, most files first: "3 files locked with a password"."""
    ranked = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{quantity(number, 'file')} {NOT_LOOKED_AT.get(key) or humanize(key)}"
        for key, number in ranked
        if number
    ]


def lookalikes(answer: Answer) -> str:
    """That more strangers than usual look like the person, where that is so; else ""."""
    cohort = answer.cohort
    if cohort is None or cohort.lookalikes < MANY_LOOKALIKES:
        return ""
    return (
        f"About {cohort.lookalikes:.0f} times as many strangers as usual look like {you(answer.person)} here:"
        " a match takes a higher score for it, and somebody else can stand among those found all the same."
    )


def _group(answer: Answer) -> str:
    """How far the promise on false matches holds for people who look alike."""
    if answer.cohort is not None and not answer.cohort.is_enough:
        return (
            "Too few different people are in this library to tell whether strangers look more like"
            f" {you(answer.person)} than usual. Among people of one sex and origin expect more false matches"
            " than stated here."
        )
    return (
        "Of some groups of people few were measured. Among people of one sex and origin expect more false "
        "matches than stated here."
    )


def limits(answer: Answer) -> list[str]:
    """What no answer of this tool can promise."""
    person = answer.person
    return [
        "Not in an export is not the same as not on the web. Only what was indexed was searched: not what "
        "other people posted elsewhere, copies that others made, or accounts that were not exported.",
        "A low score, or no match, is not proof of absence. Faces that are turned away, covered, tiny or "
        "blurred, or many years younger or older than in the photographs searched by, can be missed even "
        f"though it is {you(person)}.",
        "Faces of children were not measured: a picture at five may not find one at twelve, and children "
        "look more alike than adults.",
        "The estimate of false matches is made with strangers. Brothers and sisters look more alike, and "
        f"twins are not told apart. {TELL_APART}: selfsearch people add NAME PHOTO --contrast.",
        _group(answer),
        "A match is a comparison of numbers, not an identification. Look at the picture before acting on it.",
        "Who could see something is what the export said on the day it was made, or what you said of the "
        "account. It may have been more people before or since, and anybody who saw it may have kept it.",
    ]
