"""The user's own knowledge of an account, applied to what its export left open.

Most platforms do not export who could see a post, but the owner remembers when the account was public.
That knowledge decides only where the export did not: what a platform says of a single item is never
overruled, and neither are messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .types import Exposure, Provenance

DECIDED_BY_EXPORT = ("per_item", "per_album", "chat_type", "file")  # audience_source that stands as it is
OPEN_CONTEXTS = ("post", "reel", "video", "profile_photo", "story", "igtv", "repost", "album", "other", None)


def with_knowledge(said: Provenance, account_was: Sequence[dict[str, Any]]) -> Provenance:
    """The same provenance with exposure as the user's statements about the account decide it.

    `account_was`: dicts with public (bool), since and until (ISO 8601 or None); the last one that covers
    the post's time wins.
    """
    if said.audience_source in DECIDED_BY_EXPORT or said.context not in OPEN_CONTEXTS:
        return said
    when = said.posted_at or said.taken_at
    for period in reversed(account_was):
        if _covers(period, when):
            level = Exposure.PUBLIC if period["public"] else Exposure.NETWORK
            word = "public" if period["public"] else "private"
            return replace(
                said, exposure=level, exposure_reason=f"you said that the account was {word}{_span(period)}",
                audience_source="account_setting",
            )  # fmt: skip
    return said


def _covers(period: dict[str, Any], when: str | None) -> bool:
    since, until = period.get("since"), period.get("until")
    if when is None:
        return not since and not until
    day = when[:10]
    return (not since or day >= since[:10]) and (not until or day <= until[:10])


def _span(period: dict[str, Any]) -> str:
    since, until = period.get("since"), period.get("until")
    return (f" from {since[:10]}" if since else "") + (f" until {until[:10]}" if until else "")
