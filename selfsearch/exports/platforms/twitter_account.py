"""Whose X archive it is, and when its tweets were public: account.js, manifest.js and protected-history.js.

X stores no audience with a tweet: tweets are public unless the account was protected, and
protected-history.js lists every "Protect" and "Unprotect". An archive without it records no protection, so
its tweets count as public and the reason says what that rests on. When the archive's own list names a history
that is missing, or when it is damaged, the answer is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ...types import Exposure
from ..export import Export
from .base import Account, Period
from .dates import parse_iso
from .parsing import as_dict, as_list, as_number, as_text

PUBLIC = "tweets of an unprotected account are public"
DATED_NAME = re.compile(r"twitter-(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class Seen:
    """Who could see something, in the fields of Provenance."""

    exposure: Exposure
    reason: str
    audience: str | None
    audience_source: str | None


@dataclass(frozen=True, slots=True)
class Owner:
    """The account behind an archive. `doubt` says why its protect history cannot be relied on."""

    account: Account
    id: str | None
    doubt: str | None
    recorded: bool  # whether there is a protect history at all

    def saw(self, when: str | None) -> Seen:
        """Who could see a tweet of this time (ISO 8601, UTC), by the last action before it."""
        if self.doubt:
            return Seen(Exposure.UNKNOWN, self.doubt, None, None)
        if not self.recorded:
            reason = f"{PUBLIC}; this archive records no protection (it holds no protect history)"
            return Seen(Exposure.PUBLIC, reason, None, "file")
        periods = self.account.periods
        if when is None and len({period.public for period in periods}) > 1:
            reason = "the tweet has no date, and the account was protected only for a time"
            return Seen(Exposure.UNKNOWN, reason, None, "account_setting")
        number, period = next(
            (n, p) for n, p in enumerate(periods) if when is None or p.until is None or when < p.until
        )
        if period.public:
            return Seen(Exposure.PUBLIC, f"{PUBLIC}: {period.reason}", "unprotected", "account_setting")
        opened = next((p.since for p in periods[number + 1 :] if p.public and p.since), None)
        later = f"; it was unprotected on {opened[:10]}, which opened older tweets too" if opened else ""
        reason = f"tweets of a protected account are for its followers: {period.reason}{later}"
        return Seen(Exposure.NETWORK, reason, "protected", "account_setting")


def owner(export: Export) -> Owner:
    """The archive's account, read once."""
    known = export.memo.get("x.owner")
    if not isinstance(known, Owner):
        known = export.memo["x.owner"] = _read_owner(export)
    return known


def records(export: Export, *stems: str) -> list[str]:
    """The .js files of these names with their parts, in data/ or (before April 2020) beside it."""
    found = [p for s in stems for name in (f"{s}.js", f"{s}-part*.js") for p in export.matching(name)]
    return [path for path in found if path.rpartition("/")[0].lower() in ("", "data")]


def entries(export: Export, *stems: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects in those files, streamed, each with the path of its file."""
    for path in records(export, *stems):
        for entry in export.each(path, assigned=True):
            if isinstance(entry, dict):
                yield path, entry
            else:
                export.note(path, "holds entries that are not objects; they were passed over")


def _read_owner(export: Export) -> Owner:
    said = as_dict(_first(export, "account").get("account"))
    manifest = _first(export, "manifest")
    info = as_dict(manifest.get("userInfo"))
    dated = DATED_NAME.match(export.name)
    generated = parse_iso(as_dict(manifest.get("archiveInfo")).get("generationDate"), utc=True)
    doubt, periods = _periods(export, manifest)
    account = Account(
        name=as_text(said.get("username")) or as_text(info.get("userName")),
        display_name=as_text(said.get("accountDisplayName")) or as_text(info.get("displayName")),
        exported_at=generated or (dated.group(1) if dated else None),
        periods=periods,
    )
    identity = as_text(said.get("accountId")) or as_text(info.get("accountId"))
    return Owner(account, identity, doubt, bool(periods))


def _first(export: Export, stem: str) -> Mapping[str, Any]:
    return next((entry for _, entry in entries(export, stem)), {})


def _periods(export: Export, manifest: Mapping[str, Any]) -> tuple[str | None, tuple[Period, ...]]:
    """Why the history is in doubt (or None), and the times in which the account was public or protected."""
    paths = records(export, "protected-history")
    if not paths:
        listing = as_dict(as_dict(manifest.get("dataTypes")).get("protectedHistory")).get("files")
        counted = sum(as_number(as_dict(file).get("count")) or 0 for file in as_list(listing))
        missing = "the archive lists a protect history, but the file is not there"
        return (missing if counted else None), ()
    found = (entry for _, entry in entries(export, "protected-history"))
    actions = [_action(as_dict(entry.get("protectedHistory", entry))) for entry in found]
    read = sorted(action for action in actions if action)
    if len(read) < len(actions) or any(path in export.notes for path in paths):
        return "the archive's protect history is damaged, so the account may have been protected then", ()
    return None, tuple(_stretches(read))


def _action(entry: Mapping[str, Any]) -> tuple[str, bool] | None:
    """When, and whether it protected (True) or unprotected the account. None when the entry does not say."""
    word = (as_text(entry.get("action")) or "").lower()
    when = _utc(entry.get("protectedAt")) or next(filter(None, map(_utc, entry.values())), None)
    known = {"protect": True, "unprotect": False}.get(word)
    return (when, known) if when and known is not None else None


def _utc(value: Any) -> str | None:
    text = parse_iso(value, utc=True) if isinstance(value, str) else None
    return datetime.fromisoformat(text).astimezone(timezone.utc).isoformat() if text else None


def _stretches(actions: list[tuple[str, bool]]) -> Iterator[Period]:
    """Actions in order of time as periods without gaps."""
    if not actions:
        yield Period(True, None, None, "the archive's protect history is empty")
        return
    start, protects = actions[0]
    verb = "protected" if protects else "unprotected"
    yield Period(protects, None, start, f"the account was first {verb} on {start[:10]}")
    ends = [when for when, _ in actions[1:]]
    for (since, protects), until in zip(actions, [*ends, None], strict=True):
        verb = "protected" if protects else "unprotected"
        yield Period(not protects, since, until, f"the account was {verb} on {since[:10]}")
