"""The user's own knowledge of an account, applied to what its export left open.

Most platforms do not export who could see a post, but the owner remembers when the account was public.
That knowledge decides only where the export did not, or had nothing better than the account's setting: what a
platform says of a single item is never overruled, and neither are messages, albums of a private library, or
pictures that a platform shows to everyone by its own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..types import Audience, Exposure, Provenance

# What an account's setting governs. Not among them: what only its owner sees (archived, deleted, memory),
# what others' settings decide (comment, group, shared_story), and messages.
OPEN_CONTEXTS = (
    "post", "reel", "video", "igtv", "repost", "story", "profile_photo", "cover_photo", "header", "album",
    "other", None,
)  # fmt: skip
DECIDED_BY_EXPORT = ("per_item", "per_album", "chat_type")  # audience_source that stands as it is
RESTS_ON_THE_ACCOUNT = ("account_setting", "file")  # "file": tweets, which count as public unless protected
STORY = "a story may have been for close friends only"


def with_knowledge(provenance: Provenance, account_was: Sequence[dict[str, Any]]) -> Provenance:
    """The same provenance with exposure as the user's statements about the account decide it.

    `account_was`: dicts with public (bool), since and until (ISO 8601 or None); the last one that covers
    the post's time wins.
    """
    if not account_was or not is_open(provenance):
        return provenance
    time = provenance.posted or provenance.taken
    when = time and time.at
    for period in reversed(account_was):
        if _covers(period, when):
            return _decided(provenance, period)
    return provenance


def is_open(provenance: Provenance) -> bool:
    """Whether the export left it to the account's setting who could see this."""
    source = provenance.audience and provenance.audience.source
    if source in DECIDED_BY_EXPORT or provenance.platform == "folder":
        return False
    undecided = provenance.exposure.level is Exposure.UNKNOWN or source in RESTS_ON_THE_ACCOUNT
    return undecided and provenance.context in OPEN_CONTEXTS


def _decided(provenance: Provenance, period: dict[str, Any]) -> Provenance:
    word, level = ("public", Exposure.PUBLIC) if period["public"] else ("private", Exposure.NETWORK)
    reason = f"you said that the account was {word}{span(period)}"
    if provenance.context == "story" and period["public"]:
        level, reason = Exposure.UNKNOWN, f"{reason}; {STORY}"
    audience = Audience(provenance.audience and provenance.audience.name, "account_setting")
    return replace(provenance, exposure=level.because(reason), audience=audience)


def _covers(period: dict[str, Any], when: str | None) -> bool:
    since, until = period.get("since"), period.get("until")
    if when is None:
        return not since and not until
    day = when[:10]
    return (not since or day >= since[:10]) and (not until or day <= until[:10])


def span(period: dict[str, Any]) -> str:
    """ " from 2019-05-01 until 2020-06-30", to stand behind what was said; "" for all of time."""
    since, until = period.get("since"), period.get("until")
    return (f" from {since[:10]}" if since else "") + (f" until {until[:10]}" if until else "")
