"""The user's own knowledge, applied to what an export left open.

Most platforms do not export who could see a post, but the owner remembers when the account was public, and
knows what a platform's word for an audience means. That knowledge decides only where the export did not, or
had nothing better than the account's setting: what a platform says of a single item is never overruled, and
neither are messages, or pictures that a platform shows to everyone by its own rule.

Once public, always public: what was posted while an account was private became public when the account did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ..exports.path_index import fold
from ..types import Audience, Exposure, ExposureAssessment, Provenance

if TYPE_CHECKING:
    from ..library.sources import SourceRow

# What an account's setting governs. Not among them: what others' settings decide (comment, group,
# shared_story), and messages.
OPEN_CONTEXTS = (
    "post", "reel", "video", "igtv", "repost", "story", "profile_photo", "cover_photo", "header", "album",
    "memory", "library", "hidden", "archived", "deleted", "trashed", "other", None,
)  # fmt: skip
DECIDED_BY_EXPORT = ("per_item", "per_album", "chat_type")  # audience_source that stands as it is
RESTS_ON_THE_ACCOUNT = ("account_setting", "file")  # "file": tweets, which count as public unless protected
PHOTO_LIBRARIES = ("google_photos", "icloud")  # only their owner sees them, but for what is shared of them
ENDS = {  # what was shown for some time only, and what ended it
    "story": "its day was over",
    "archived": "it was archived",
    "deleted": "it was deleted",
    "trashed": "it was deleted",
}
CLOSE_FRIENDS = "a story may have been for close friends only"
MEANINGS = {
    Exposure.PUBLIC: "everyone (public)",
    Exposure.NETWORK: "friends or a group (network)",
    Exposure.PRIVATE: "only you (private)",
}
FIRST_DAY = date.min.isoformat()

Statement = Mapping[str, Any]  # public (bool), since and until (ISO 8601 or None)


@dataclass(frozen=True)
class Knowledge:
    """What the user said of a source."""

    account_was: Sequence[Statement] = ()  # where several are about one day, the last one counts
    audience_means: Mapping[str, Exposure] = field(default_factory=dict)  # by the folded word

    @classmethod
    def of(cls, source: SourceRow) -> Knowledge:
        """As the library keeps it."""
        means = {fold(word): Exposure(level) for word, level in source.audience_means.items()}
        return cls(source.account_was, means)


def with_knowledge(provenance: Provenance, knowledge: Knowledge) -> Provenance:
    """The same provenance with exposure as the user's statements decide it."""
    if word := undecided_word(provenance):
        level = knowledge.audience_means.get(fold(word))
        if level is None or (level is Exposure.PRIVATE and not unknown_word(provenance)):
            return provenance  # what others may have seen for another reason, no word makes private
        reason = f"you said that “{word}” means {MEANINGS[level]}"
        return replace(provenance, exposure=replace(provenance.exposure, level=level, reason=reason))
    if not knowledge.account_was or not is_open(provenance):
        return provenance
    decided = _by_account(provenance, Timeline.of(knowledge.account_was, provenance))
    if decided is None:
        return provenance
    audience = Audience(provenance.audience and provenance.audience.name, "account_setting")
    return replace(provenance, exposure=decided, audience=audience)


def undecided_word(provenance: Provenance) -> str | None:
    """The platform's word for who could see this very item, where the export leaves that unknown."""
    audience = provenance.audience
    is_said = audience is not None and audience.source in DECIDED_BY_EXPORT
    return audience.name if audience and is_said and provenance.exposure.level is Exposure.UNKNOWN else None


def unknown_word(provenance: Provenance) -> str | None:
    """The word for which alone it is not known who could see this."""
    audience = provenance.audience
    return None if audience is None or audience.is_known else undecided_word(provenance)


def is_open(provenance: Provenance) -> bool:
    """Whether the export left it to the account's setting who could see this."""
    source = provenance.audience and provenance.audience.source
    if source in DECIDED_BY_EXPORT or provenance.platform == "folder":
        return False
    undecided = provenance.exposure.level is Exposure.UNKNOWN or source in RESTS_ON_THE_ACCOUNT
    return undecided and provenance.context in OPEN_CONTEXTS


@dataclass(frozen=True)
class Timeline:
    """What was said of the time since a post: stretches of days, the last without end."""

    stretches: Sequence[tuple[str, Statement | None]]  # the first day of each; None: nothing was said of it
    is_dated: bool

    @classmethod
    def of(cls, account_was: Sequence[Statement], provenance: Provenance) -> Timeline:
        """Since the day of posting, else of the picture, else of all time."""
        time = provenance.posted or provenance.taken
        first = time.at[:10] if time else FIRST_DAY
        days = sorted({first, *(day for day in _turns(account_was) if day > first)})
        return cls([(day, _last_of(account_was, day)) for day in days], time is not None)

    @property
    def at_first(self) -> Statement | None:
        """What was said of the first day."""
        return self.stretches[0][1]

    @property
    def public(self) -> Statement | None:
        """The first public stretch."""
        return next((said for _, said in self.stretches if said and said["public"]), None)

    @property
    def is_silent_later(self) -> bool:
        """Whether nothing was said of some of the time."""
        return any(said is None for _, said in self.stretches)

    @property
    def private_span(self) -> str:
        """When it was private, of all that was said."""
        spans = dict.fromkeys(span(said) for _, said in self.stretches if said and not said["public"])
        return " and".join(spans) if "" not in spans else ""


def _turns(account_was: Sequence[Statement]) -> Iterator[str]:
    """The days on which what was said may change."""
    for said in account_was:
        if said["since"]:
            yield said["since"][:10]
        if said["until"] and (last := date.fromisoformat(said["until"][:10])) < date.max:
            yield (last + timedelta(days=1)).isoformat()


def _last_of(account_was: Sequence[Statement], day: str) -> Statement | None:
    for said in reversed(account_was):
        since, until = said["since"], said["until"]
        if (not since or day >= since[:10]) and (not until or day <= until[:10]):
            return said
    return None


def _by_account(provenance: Provenance, said: Timeline) -> ExposureAssessment | None:
    """What the statements decide of a post; None when they leave it as the export has it."""
    if provenance.platform in PHOTO_LIBRARIES:
        return _of_library(said)
    if said.public is not None and (said.is_dated or said.stretches[-1][1] is said.public):
        return _once_public(provenance, said, said.public)
    if said.public is not None:
        if provenance.exposure.level is Exposure.PUBLIC:
            return None
        reason = f"you said that the account was public{span(said.public)}"
        return Exposure.UNKNOWN.because(f"{reason}, but nothing says when this was posted")
    if said.at_first is None:
        return None
    return _never_public(provenance, said)


def _once_public(provenance: Provenance, said: Timeline, public: Statement) -> ExposureAssessment | None:
    """Of a post at whose time the account was public, or became so later."""
    reason = f"you said that the account was public{span(public)}"
    end = ENDS.get(provenance.context or "")
    if public is said.at_first:
        if provenance.context == "story":
            return Exposure.UNKNOWN.because(f"{reason}; {CLOSE_FRIENDS}")
        return Exposure.PUBLIC.because(f"{reason}; this was seen until {end}" if end else reason)
    if end is None:
        return Exposure.PUBLIC.because(f"{reason}, which showed its older posts, too")
    if provenance.exposure.level is Exposure.PUBLIC:
        return None
    return Exposure.UNKNOWN.because(f"{reason}, but perhaps not before {end}")


def _never_public(provenance: Provenance, said: Timeline) -> ExposureAssessment | None:
    """Of a post at whose time the account was private, and of which no public time is known after that."""
    export = provenance.exposure
    private = f"you said that the account was private{said.private_span}"
    is_shown_public = provenance.audience is not None and provenance.audience.source == "account_setting"
    if export.level is Exposure.PUBLIC and is_shown_public:
        return replace(export, reason=f"{export.reason}; {private}, but the export shows that it was public")
    if not said.is_silent_later:
        return Exposure.NETWORK.because(private)
    if export.level is not Exposure.UNKNOWN:
        return None
    return Exposure.UNKNOWN.because(
        f"{private}, but not what it was after that: if it was public later, so was this"
    )


def _of_library(said: Timeline) -> ExposureAssessment | None:
    """A photo library has no account that others see: private is what nobody was let see."""
    if said.at_first is None or said.public:
        return None
    reason = f"you said that nothing of it was shared{said.private_span}"
    if not said.is_silent_later:
        return Exposure.PRIVATE.because(reason)
    return Exposure.UNKNOWN.because(f"{reason}, but not whether any of it was after that")


def span(period: Statement) -> str:
    """ " from 2019-05-01 until 2020-06-30", to stand behind what was said; "" for all of time."""
    since, until = period.get("since"), period.get("until")
    return (f" from {since[:10]}" if since else "") + (f" until {until[:10]}" if until else "")
