"""Who could see what Instagram's owner posted, as far as the account's setting and its history tell.

Instagram exports no audience. The setting is known for the day of the export; for earlier days there is a
history of its changes in some exports. Labels and values are in the account's language.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment
from ..path_index import file_name, fold
from .base import Period, widest_period
from .meta_records import parse_time
from .parsing import as_dict, as_list, as_text, load_words

ACCOUNT_SETTING = "account_setting"  # of `Audience.source`
MAX_CHANGES = 1000  # of the setting; a history with more is not believed
MAX_QUOTED = 80  # characters of a label or a value that is quoted; real ones have a few words
_BOTH_NAMED = re.compile(r"\bfrom\b.*\bto\b", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """Whether the account is private on the day of the export, and the record's own words for it."""

    label: str
    value: str
    record: str  # the file in which it stands

    @property
    def is_private(self) -> bool | None:
        """None when the value is a word that is not known."""
        return yes_or_no(self.value)

    def __str__(self) -> str:
        return f"'{self.label}': {self.value}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the setting: when, and to what."""

    at: str  # ISO 8601
    is_public: bool | None  # None: in words that are not known
    record: str


@dataclass(frozen=True)
class AccountPrivacy:
    """When the account was public and when private, as far as the export tells."""

    product: str  # Instagram, or Threads
    setting: Setting | None = None
    changes: tuple[Change, ...] = ()  # in the order of time
    exported_at: str | None = None
    others: tuple[Period, ...] = ()  # that are known from elsewhere

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """From the history of changes, the setting on the day of the export, and from elsewhere."""
        return (*self._periods_between_changes(), *self._periods_since_last_change(), *self.others)

    def _periods_between_changes(self) -> Iterable[Period]:
        """Before a change the account was what the change took it from, also where the change before it is
        missing or worded in an unknown way.
        """
        was_public: bool | None = None
        for number, change in enumerate(self.changes):
            if number == 0 and change.is_public is not None:
                yield _period(not change.is_public, None, change.at, change.record)
            elif change.is_public is False and not was_public:
                reason = f"the account was public until it became private on {change.at[:10]}"
                yield Period(True, change.at, change.at, _found_in(reason, change.record), change.record)
            was_public = change.is_public
        for change, following in pairwise(self.changes):
            may_have_opened = following.is_public is None  # and its older posts with it
            if change.is_public or (change.is_public is False and not may_have_opened):
                yield _period(change.is_public, change.at, following.at, change.record)

    def _periods_since_last_change(self) -> Iterable[Period]:
        """What the last change and today's setting say together.

        A last change that is worded in an unknown way was to what the setting is now. A change to private is
        believed only if the setting is still private: what came later may be missing. Where the account was
        opened last and is private today, nobody knows since when.
        """
        last = self.changes[-1] if self.changes else None
        setting = self.setting if self.setting and self.setting.is_private is not None else None
        is_private = setting.is_private if setting else None
        if last and last.is_public and is_private:
            reason = f"the account became public on {last.at[:10]}"
            yield Period(True, last.at, last.at, _found_in(reason, last.record), last.record)
        elif last and last.is_public:
            yield _period(True, last.at, None, last.record)
        elif last and setting and is_private:
            reason = f"the account is private since {last.at[:10]}"
            yield Period(False, last.at, None, _found_in(reason, last.record, setting), last.record)
        if setting and not is_private:  # private that day says nothing of the hours before
            reason = f"the account was public when the export was made (setting {setting})"
            yield Period(True, self.exported_at, None, reason, setting.record)

    @cached_property
    def _have_zones(self) -> frozenset[bool]:
        """Whether the changes' times have zones; times of web pages have none."""
        return frozenset(_has_zone(change.at) for change in self.changes)

    def of_post(self, posted_at: str | None) -> tuple[ExposureAssessment, Audience | None]:
        """Who could see a post of the owner's, and the audience that this is known from."""
        if posted_at and not self._have_zones <= {_has_zone(posted_at)}:
            # From a web page the one, from JSON the other: it may have been as much as this earlier.
            posted_at = (datetime.fromisoformat(posted_at) - timedelta(days=1)).isoformat()
        period = self._period_of(posted_at)
        if period is None or (not period.public and self._is_after_export(posted_at)):
            return self._undecided(posted_at)
        level = Exposure.PUBLIC if period.public else Exposure.NETWORK
        reason = f"{self.product} does not export the audience; {period.reason}"
        if period.public and period.since and (not posted_at or posted_at < period.since):
            reason = f"{reason}, which shows older posts, too"
        exposure = level.because(reason, *filter(None, (period.record,)))
        if not period.public and self.setting:
            exposure = exposure.on(self.setting.record)  # without which no private period is believed
        return exposure, Audience(None, ACCOUNT_SETTING)

    def _period_of(self, posted_at: str | None) -> Period | None:
        """The widest one, looked for once for all posts between the same two changes."""
        at = posted_at or ""
        between = (bisect_left(self._limits, at), bisect_right(self._limits, at)) if at else (-1, -1)
        if between not in self._widest:
            self._widest[between] = widest_period(self.periods, posted_at)
        return self._widest[between]

    @cached_property
    def _limits(self) -> list[str]:
        return sorted({at for period in self.periods for at in (period.since, period.until) if at})

    @cached_property
    def _widest(self) -> dict[tuple[int, int], Period | None]:
        return {}

    def _is_after_export(self, posted_at: str | None) -> bool:
        """Whether a post is later than the export: then the day in the export's name is another's."""
        if not posted_at or not self.exported_at:
            return False
        try:
            last = date.fromisoformat(self.exported_at) + timedelta(days=1)  # in any zone
        except (ValueError, OverflowError):
            return True
        return posted_at[:10] > last.isoformat()

    def _undecided(self, posted_at: str | None) -> tuple[ExposureAssessment, Audience | None]:
        setting, audience = self.setting, None
        reasons = [f"{self.product} does not export the audience"]
        if self.changes:
            post = "of this day" if posted_at else "without a date"
            reasons.append(f"the history of the account's setting does not tell who could see a post {post}")
        elif setting is None:
            reasons = [f"{reasons[0]}, and the account's setting is not in this export"]
        elif setting.is_private:
            today = f"the account was private when the export was made (setting {setting})"
            reasons.append(f"{today}, which says nothing of the time before")
        if setting and setting.is_private is None:
            reasons.append(f"the account's setting is in a word that is not known ({setting})")
            audience = Audience(setting.value, ACCOUNT_SETTING, is_known=False)
        return Exposure.UNKNOWN.because("; ".join(reasons)), audience


def _has_zone(at: str) -> bool:
    return datetime.fromisoformat(at).tzinfo is not None


def _word(is_public: bool) -> str:
    return "public" if is_public else "private"


def _period(is_public: bool, since: str | None, until: str | None, record: str) -> Period:
    span = " ".join(f"{name} {when[:10]}" for name, when in (("from", since), ("until", until)) if when)
    reason = _found_in(f"the account was {_word(is_public)} {span}", record)
    return Period(is_public, since, until, reason, record)


def _found_in(reason: str, record: str, setting: Setting | None = None) -> str:
    return f"{reason} ({file_name(record)}{f', and the setting {setting}' if setting else ''})"


def fields_of(document: Any, *envelopes: str) -> Mapping[str, Any]:
    """Label -> value of a profile's record: `string_map_data`, or in newer exports a list `label_values`."""
    holders = [as_dict(part) for key in envelopes for part in as_list(as_dict(document).get(key))]
    for holder in (*holders, *map(as_dict, as_list(document))):
        if fields := as_dict(holder.get("string_map_data")):
            return {label: as_dict(entry).get("value") for label, entry in fields.items()}
        labelled = (as_dict(entry) for entry in as_list(holder.get("label_values")))
        if fields := {
            label: entry.get("value") for entry in labelled if (label := as_text(entry.get("label")))
        }:
            return fields
    return {}


def labelled(fields: Mapping[str, Any], name: str) -> str | None:
    """The label under which a field stands ("username", "private_account"), in whatever language."""
    labels = load_words("instagram", name)
    return next((label for label in fields if fold(label).strip() in labels), None)


def setting_in(fields: Mapping[str, Any], record: str) -> Setting | None:
    """The privacy setting: by its label, else as the only field of the record that is a yes or a no."""
    label = labelled(fields, "private_account")
    if label is None:
        others = {labelled(fields, "username"), labelled(fields, "name")}
        yes_no = [key for key in fields if key not in others and yes_or_no(fields[key]) is not None]
        label = yes_no[0] if len(yes_no) == 1 else None
    value = None if label is None else _as_word(fields[label])
    return Setting(label[:MAX_QUOTED], value[:MAX_QUOTED], record) if label and value else None


def _as_word(value: Any) -> str | None:
    return str(value) if isinstance(value, bool) else as_text(value)


def yes_or_no(value: Any) -> bool | None:
    """What a value of a record means; None for a word that is neither in any language that is known."""
    word = fold(_as_word(value) or "").strip()
    if word in load_words("instagram", "yes"):
        return True
    return False if word in load_words("instagram", "no") else None


def read_changes(
    entries: Iterable[tuple[str, Mapping[str, Any]]], note: Callable[[str, str], None]
) -> tuple[Change, ...]:
    """The history of the account's setting, from its entries and the records in which they stand.

    A change that cannot be understood is noted. Without the time of one of them, the others do not tell how
    it was in between: then there is none.
    """
    changes = []
    for number, (record, entry) in enumerate(entries):
        fields = (*as_dict(entry.get("string_map_data")).values(), *as_list(entry.get("string_list_data")))
        parts = [entry, *map(as_dict, fields)]
        at = next(filter(None, (parse_time(part.get("timestamp")) for part in parts)), None)
        is_public = became_public([entry.get("title"), *(part.get("value") for part in parts)])
        if at is None or is_public is None:
            note(record, "a change of the privacy setting is worded in a way that is not known")
        if at is None or number == MAX_CHANGES:
            return ()
        changes.append(Change(at, is_public, record))
    return tuple(sorted(changes, key=lambda change: change.at))


def became_public(texts: Iterable[Any]) -> bool | None:
    """To what a setting was changed, in words; None when they are not known.

    Where both are named, "from public to private" is understood, and otherwise what is named last only if
    that is public: nothing is taken for private because of the order of words in a language.
    """
    text = fold(" ".join(as_text(part) or "" for part in texts))
    words = (word for word in _states().findall(text) if word not in load_words("instagram", "privacy"))
    named = [word in load_words("instagram", "to_public") for word in words]
    if not named or (True in named and not named[-1] and not _BOTH_NAMED.search(text)):
        return None
    return named[-1]


@cache
def _states() -> re.Pattern[str]:
    """The words for private, public and privacy; longer ones first, for some hold one of another kind."""
    kinds = ("to_private", "to_public", "privacy")
    words = {word for kind in kinds for word in load_words("instagram", kind)}
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
