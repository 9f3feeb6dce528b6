"""How many accounts saw a post, where Instagram says so: the insights of a professional account.

They are a file of their own (past_instagram_insights/posts.json, reels.json), whose entries name a picture of
the post, or only its time. Labels are in the account's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from ...types import Audience, Exposure, Provenance
from ..path_index import file_name, fold
from .base import Period
from .dates import parse_timestamp
from .parsing import as_dict, as_text, as_url, distinct, load_words

INSIGHTS = re.compile(r"(^|/)past_instagram_insights/(posts|reels|stories|igtv_videos|videos)(_\d+)?\.json$")
REACH = re.compile(r"(^|/)past_instagram_insights/(profiles|accounts)_reached(_\d+)?\.json$")
REACH_DAYS = 90  # before the export, of which it is the sum; some exports cover fewer
MAX_VALUE = 24  # characters of a number that is quoted
MAX_LABEL = 80  # and of its label


@dataclass(frozen=True, slots=True)
class Insight:
    """What was counted of one post."""

    record: str
    seen: tuple[str, ...]  # as the record has it: "'Accounts reached': 1,234"
    beyond_followers: str | None  # of these, that people saw it who do not follow the account

    def added_to(self, said: Provenance) -> Provenance:
        """What is said of a picture of the post, with how many saw it. What others than followers saw was
        public, whatever is said of the account.
        """
        exposure, records = said.exposure, distinct((*said.records, self.record))
        if self.beyond_followers:
            reason = (
                f"people who do not follow the account saw it ({self.beyond_followers}); {exposure.reason}"
            )
            public = Exposure.PUBLIC.because(reason, self.record)
            return replace(said, exposure=public, audience=Audience(None, "per_item"), records=records)
        reason = f"{exposure.reason}; Instagram counted how many saw it ({'; '.join(self.seen)})"
        counted = exposure.level.because(reason, *exposure.evidence, self.record)
        return replace(said, exposure=counted, records=records)


class Insights:
    """The insights of all posts, by the name of their picture and by the second in which they were posted."""

    def __init__(self) -> None:
        self._by_name: dict[str, Insight | None] = {}  # None: several have it
        self._by_time: dict[str, Insight | None] = {}

    def add(self, entry: Mapping[str, Any], record: str) -> None:
        """Keep what one entry of a record says; nothing when it has no number that is known."""
        values = as_dict(entry.get("string_map_data"))
        insight = _insight(values, record)
        if insight is None:
            return
        pictures = [as_dict(picture) for picture in as_dict(entry.get("media_map_data")).values()]
        for uri in (as_text(picture.get("uri")) for picture in pictures):
            if uri and not as_url(uri):
                _keep(self._by_name, fold(file_name(uri)), insight)
        stated = [picture.get("creation_timestamp") for picture in pictures]
        times = (
            parse_timestamp(at)
            for at in (*stated, *(as_dict(value).get("timestamp") for value in values.values()))
        )
        for at in {at for at in times if at}:
            _keep(self._by_time, at, insight)

    def of(self, uris: Iterable[str], times: Iterable[Any]) -> Insight | None:
        """What was counted of the post with these pictures, which was posted in one of these seconds."""
        names = (self._by_name.get(fold(file_name(uri))) for uri in uris)
        seconds = (self._by_time.get(parse_timestamp(at) or "") for at in times)
        return next(filter(None, (*names, *seconds)), None)

    def __bool__(self) -> bool:
        return bool(self._by_name or self._by_time)


def opened_to_strangers(
    entries: Iterable[tuple[str, Mapping[str, Any]]], exported_at: str | None
) -> tuple[Period, ...]:
    """That the account was public in the last weeks, where the sum of all of its posts counts others than
    followers. `entries`: with the records in which they stand.
    """
    try:
        day = date.fromisoformat(exported_at or "") - timedelta(days=REACH_DAYS)
    except (ValueError, OverflowError):
        return ()
    for record, entry in entries:
        insight = _insight(as_dict(entry.get("string_map_data")), record)
        if insight and insight.beyond_followers:
            reason = (
                f"people who do not follow the account saw its posts in the {REACH_DAYS} days before the "
            )
            reason += f"export ({file_name(record)}, {insight.beyond_followers}), so it was public"
            return (Period(True, day.isoformat(), day.isoformat(), reason, record),)
    return ()


def _keep(table: dict[str, Insight | None], key: str, insight: Insight) -> None:
    table[key] = insight if table.get(key, insight) == insight else None


def _insight(values: Mapping[str, Any], record: str) -> Insight | None:
    seen, beyond = [], None
    for label, value in values.items():
        number = as_text(as_dict(value).get("value"))
        is_short = number and len(number) <= MAX_VALUE and len(label) <= MAX_LABEL
        if not number or not is_short or not any(sign.isdecimal() and int(sign) for sign in number):
            continue
        quoted = f"'{label}': {number}"
        if any(word in fold(label) for word in load_words("instagram", "insights_non_followers")):
            beyond = beyond or quoted
        elif fold(label) not in load_words("instagram", "insights_seen"):
            continue
        seen.append(quoted)
    return Insight(record, tuple(seen), beyond) if seen else None
