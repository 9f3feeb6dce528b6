"""Who could see a tweet of an X archive: by the account's protect history.

X stores no audience with a tweet: tweets are public unless the account was protected, and
protected-history.js lists every "Protect" and "Unprotect". Unprotecting opens the older tweets, too, so a
tweet is public when the account was unprotected at any time while it stood. An archive without a history
records no protection: its tweets count as public, and the reason says what that rests on. When the history is
damaged, or the archive's own list (manifest.js) does not name as many entries, or an unprotecting is missing
between two protections, nothing is said to be for followers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment
from .base import Period, widest_period
from .dates import parse_iso
from .parsing import as_text

UNLISTED = "the archive's own list does not show that its history is whole"
WITH_GAP = "its history names two protections in a row, so an unprotecting between them is missing"
TWEETS_ARE_PUBLIC = "tweets of an unprotected account are public"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who could see something, and X's own word for them."""

    exposure: ExposureAssessment
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class ProtectHistory:
    """When the account was protected. `doubt` says why that cannot be relied on."""

    periods: tuple[Period, ...] = ()  # without gaps; none at all: the archive holds no history
    flaw: str | None = UNLISTED  # why an unprotecting may be missing
    doubt: str | None = None

    def visibility(self, posted_at: str | None, deleted_at: str | None = None) -> Visibility:
        """Who could see a tweet that stood from one time to the other (ISO 8601, UTC)."""
        if self.doubt:
            return Visibility(Exposure.UNKNOWN.because(self.doubt))
        if not self.periods:
            reason = f"{TWEETS_ARE_PUBLIC}; this archive records no protection (it holds no protect history)"
            return Visibility(Exposure.PUBLIC.because(reason), Audience(None, "file"))
        period = widest_period(_until(self.periods, deleted_at), posted_at)
        if period is None:
            reason = "the tweet has no date, and the account was protected only for a time"
            return Visibility(Exposure.UNKNOWN.because(reason), Audience(None, "account_setting"))
        if not period.public and self.flaw:
            reason = f"{period.reason}, but {self.flaw}"
            return Visibility(Exposure.UNKNOWN.because(reason), Audience("protected", "account_setting"))
        if not period.public:
            reason = f"tweets of a protected account are for its followers: {period.reason}"
            exposure = Exposure.NETWORK.because(reason, *filter(None, [period.record]))
            return Visibility(exposure, Audience("protected", "account_setting"))
        opens = posted_at and period.since and posted_at < period.since
        older = ", which opened older tweets too" if opens else ""
        public = Exposure.PUBLIC.because(f"{TWEETS_ARE_PUBLIC}: {period.reason}{older}")
        return Visibility(public, Audience("unprotected", "account_setting"))


def read_protect_history(
    entries: Sequence[Mapping[str, Any]], listed: float, record: str | None, *, is_damaged: bool
) -> ProtectHistory:
    """From the entries of protected-history.js and the number of them that the manifest names."""
    if record is None:
        missing = "the archive lists a protect history, but the file is not there"
        return ProtectHistory(doubt=missing if listed else None)
    actions = [action for entry in entries if (action := _action(entry))]
    if is_damaged or len(actions) < len(entries):
        damaged = "the archive's protect history is damaged, so the account may have been protected then"
        return ProtectHistory(doubt=damaged)
    actions.sort()
    has_gap = any(before[1] and after[1] for before, after in pairwise(actions))
    flaw = UNLISTED if len(actions) != listed else WITH_GAP if has_gap else None
    return ProtectHistory(tuple(_periods(actions, record)), flaw)


def _action(entry: Mapping[str, Any]) -> tuple[str, bool] | None:
    """When, and whether it protected (True) or unprotected the account. None when the entry does not say."""
    protects = {"protect": True, "unprotect": False}.get((as_text(entry.get("action")) or "").lower())
    when = utc(entry.get("protectedAt")) or next(filter(None, map(utc, entry.values())), None)
    return (when, protects) if when and protects is not None else None


def utc(value: Any) -> str | None:
    """A time as ISO 8601 in UTC; None when it is not one."""
    text = parse_iso(value, utc=True) if isinstance(value, str) else None
    return datetime.fromisoformat(text).astimezone(timezone.utc).isoformat() if text else None


def _until(periods: Iterable[Period], end: str | None) -> Iterable[Period]:
    """The periods as if nothing came after this time."""
    if end is None:
        return periods
    begun = (period for period in periods if (period.since or "") <= end)
    return [replace(period, until=None) if (period.until or "") > end else period for period in begun]


def _periods(actions: list[tuple[str, bool]], record: str) -> Iterator[Period]:
    """Actions in order of time as periods without gaps."""
    if not actions:
        yield Period(True, None, None, "the archive's protect history is empty", record)
        return
    verbs = {True: "protected", False: "unprotected"}
    start, protects = actions[0]
    yield Period(protects, None, start, f"the account was first {verbs[protects]} on {start[:10]}", record)
    ends = [when for when, _ in actions[1:]]
    for (since, protects), until in zip(actions, [*ends, None], strict=True):
        yield Period(not protects, since, until, f"the account was {verbs[protects]} on {since[:10]}", record)
