"""YouTube exports from before about 2022: a JSON record beside each video, called as it is.

The record is what YouTube's programming interface answers for a video, alone or in a list of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...types import Exposure, Provenance
from ..export import Export, Mention
from .values import VIDEO_ENDINGS, clock, ending, listed, mapping, words
from .youtube_columns import VIDEO_ID, exposure


def beside(export: Export) -> Iterator[Mention]:
    """The videos that have such a record."""
    for path in export.members:
        if ending(path) not in VIDEO_ENDINGS:
            continue
        record = export.find(f"{path.rpartition('.')[0]}.json") or export.find(f"{path}.json")
        if record is None:
            continue
        data = mapping(next(iter(listed(export.json(record))), None))
        if {"snippet", "status"} & data.keys():
            yield Mention(path, _said(data))
        else:
            export.note(
                record, "not a YouTube video record: a JSON object with a snippet was expected", unread=True
            )


def _said(data: Mapping[str, Any]) -> Provenance:
    snippet, status = mapping(data.get("snippet")), mapping(data.get("status"))
    number = words(data.get("id")) or words(mapping(data.get("id")).get("videoId"))
    exact = number if number and VIDEO_ID.fullmatch(number) else None
    privacy, posted = words(status.get("privacyStatus")), clock(snippet.get("publishedAt"), utc=True)
    unknown = Exposure.UNKNOWN, "the record does not say who may see it (no privacyStatus)"
    level, reason = exposure(privacy, "privacyStatus") if privacy else unknown
    caption = (words(snippet.get("title")), words(snippet.get("description")))
    return Provenance(
        "youtube",
        account=words(snippet.get("channelTitle")),
        context="video",
        caption="\n".join(text for text in caption if text) or None,
        posted_at=posted,
        posted_at_source="publishedAt" if posted else None,
        url=f"https://www.youtube.com/watch?v={exact}" if exact else None,
        url_kind="constructed" if exact else None,
        audience=privacy,
        audience_source="per_item" if privacy else None,
        exposure=level,
        exposure_reason=reason,
        author_is_owner=True,
        post_id=number,
    )
