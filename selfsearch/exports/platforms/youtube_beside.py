"""YouTube exports from before about 2022: a JSON record beside each video, called as it is.

The record is what YouTube's programming interface answers for a video, alone or in a list of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...types import Exposure
from ..export import Export
from .dates import parse_iso
from .legacy import Mention, Provenance
from .media_refs import VIDEO_EXTENSIONS, extension
from .parsing import as_dict, as_list, as_text
from .youtube_columns import VIDEO_ID, exposure


def beside(export: Export) -> Iterator[Mention]:
    """The videos that have such a record."""
    for path in export.members:
        if extension(path) not in VIDEO_EXTENSIONS:
            continue
        record = export.find(f"{path.rpartition('.')[0]}.json") or export.find(f"{path}.json")
        if record is None:
            continue
        data = as_dict(next(iter(as_list(export.json(record))), None))
        if {"snippet", "status"} & data.keys():
            yield Mention(path, _said(data))
        else:
            export.note(
                record, "not a YouTube video record: a JSON object with a snippet was expected", unread=True
            )


def _said(data: Mapping[str, Any]) -> Provenance:
    snippet, status = as_dict(data.get("snippet")), as_dict(data.get("status"))
    number = as_text(data.get("id")) or as_text(as_dict(data.get("id")).get("videoId"))
    exact = number if number and VIDEO_ID.fullmatch(number) else None
    privacy, posted = as_text(status.get("privacyStatus")), parse_iso(snippet.get("publishedAt"), utc=True)
    unknown = Exposure.UNKNOWN, "the record does not say who may see it (no privacyStatus)"
    level, reason = exposure(privacy, "privacyStatus") if privacy else unknown
    caption = (as_text(snippet.get("title")), as_text(snippet.get("description")))
    return Provenance(
        "youtube",
        account=as_text(snippet.get("channelTitle")),
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
