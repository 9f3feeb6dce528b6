"""What the owner gave to stories that others see: Spotlight, Our Story, shared stories, and My Story.

"shared_story.json" lists two things under the same names: what was posted ("Created"), and what was watched
("Action Type": VIEW), which are stories of anybody. An address at story.snapchat.com is one that anyone can
open. A "Shared Story" without one may be a group's or the whole world's: the export does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...types import Exposure, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import file_stem, fold, folder_names
from .base import Account, Mention
from .parsing import as_text, as_url
from .snapchat_records import keyed_objects, time_of_file, utc_time

SHARED_STORY = Provenance(
    "snapchat",
    context="shared_story",
    exposure=Exposure.UNKNOWN.because(
        "added to a story of several people, or to Our Story, which everybody sees; "
        "Snapchat's export does not say which"
    ),
)
_STORY = Provenance(
    "snapchat",
    context="story",
    author_is_owner=True,
    exposure=Exposure.UNKNOWN.because("Snapchat's export does not say who could see a story"),
)
_NAME = re.compile(r"[\w-]{10,200}")
_WATCHED = "view"  # what was done with a story, in "Action Type"
_TIMES = ("Created", "Story Date")


@dataclass(frozen=True, slots=True)
class _Shared:
    """One entry of shared_story.json that is no story of somebody else's."""

    names: frozenset[str]  # what in it could be the name of a file, folded
    provenance: Provenance


def story_mentions(export: Export, account: Account) -> Iterator[Mention]:
    """Every story that the owner posted, with its file where that can be told."""
    for record in export.matching("json/shared_story.json"):
        yield from _shared_mentions(export, record, list(_shared_entries(export, record, account)))
    for record in export.matching("json/story_history.json"):
        for section, story in keyed_objects(export, record):
            at = utc_time(story.get("Story Date"))
            if at and section.casefold().startswith("your story"):
                posted = Timestamp(at, "Story Date")
                said = replace(_STORY, account=account.name, posted=posted, records=(record,))
                yield Mention(None, said)


def _shared_entries(export: Export, record: str, account: Account) -> Iterator[_Shared]:
    for section, entry in keyed_objects(export, record):
        if (as_text(entry.get("Action Type")) or "").casefold() == _WATCHED:
            continue
        times = ((utc_time(entry.get(field)), field) for field in _TIMES)
        posted = next((Timestamp(at, field) for at, field in times if at), None)
        url = as_url(entry.get("Story URL"))
        if not posted and not url:
            continue
        said = replace(
            SHARED_STORY, account=account.name, posted=posted, link=Link.of(url, "exact"), records=(record,)
        )
        if "spotlight" in section.casefold():
            reason = "in Snapchat's Spotlight, which is shown to everybody"
            said = replace(said, context="spotlight", exposure=Exposure.PUBLIC.because(reason, record))
        elif url:
            reason = "Snapchat gave this story an address of its own, at which anyone can see it"
            said = replace(said, exposure=Exposure.PUBLIC.because(reason, record))
        words = fold(" ".join(filter(None, map(as_text, entry.values()))))
        yield _Shared(frozenset(_NAME.findall(words)), said)


def _shared_mentions(export: Export, record: str, entries: list[_Shared]) -> Iterator[Mention]:
    """Each entry, with the file that bears its id or its second where only one of both does."""
    files = [path for path in export.members if "shared_story" in folder_names(path)]
    by_key: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        posted = entry.provenance.posted
        for key in (*entry.names, *([posted.at] if posted else [])):
            by_key.setdefault(key, []).append(number)
    found: dict[int, list[str]] = {}
    for path in files:
        at = time_of_file(export.members[path].modified)
        numbers = by_key.get(fold(file_stem(path))) or by_key.get(at or "") or []
        if len(numbers) == 1:
            found.setdefault(numbers[0], []).append(path)
    for number, entry in enumerate(entries):
        paths = found.get(number, [])
        yield Mention(paths[0] if len(paths) == 1 else None, entry.provenance)
