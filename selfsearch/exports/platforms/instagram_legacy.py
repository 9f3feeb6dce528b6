"""Instagram's export up to 2021: one media.json with everything, and messages.json with links only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...types import Exposure
from ..export import Export
from .base import Account
from .dates import parse_iso
from .instagram_account import Privacy
from .legacy import Mention, Provenance
from .meta import Files, dated, repaired
from .meta_messages import PRIVATE_REASON
from .parsing import as_dict, as_list, as_text, as_url

_CONTEXTS = {
    "photos": "post",
    "videos": "post",
    "stories": "story",
    "profile": "profile_photo",
    "direct": "message",
}


def is_legacy(export: Export, path: str) -> bool:
    """Whether this media.json is Instagram's: its entries have a `path`."""
    first = next(export.each(path, *_CONTEXTS), None)
    return isinstance(first, dict) and bool(as_text(first.get("path")))


def media_mentions(export: Export, files: Files, path: str, who: Account, seen: Privacy) -> Iterator[Mention]:
    """Everything in media.json."""
    for key, context in _CONTEXTS.items():
        for entry in export.each(path, key):
            record = repaired(as_dict(entry))
            uri = as_text(record.get("path"))
            if uri:
                mention = files.mention(uri, path, _provenance(record, context, who, seen))
                if mention:
                    yield mention


def _provenance(record: dict[str, Any], context: str, who: Account, seen: Privacy) -> Provenance:
    said = _posted(record, "taken_at")
    public = context in ("post", "profile_photo") and who.name is not None
    mine = None if context == "message" else True
    return Provenance(
        platform="instagram",
        account=who.name,
        context=context,
        caption=as_text(record.get("caption")),
        url=f"https://www.instagram.com/{who.name}/" if public else None,
        url_kind="profile" if public else None,
        place=as_text(record.get("location")),
        author=who.name if mine else None,
        author_is_owner=mine,
        **said,
        **seen.audience(context, said.get("posted_at")),
    )


def _posted(record: dict[str, Any], field: str) -> dict[str, Any]:
    """The time of posting, which these exports write as text."""
    when = parse_iso(record.get(field), utc=True)
    return {"posted_at": when, "posted_at_source": field} if when else dated((field, record.get(field)))


def message_mentions(export: Export, files: Files, path: str, who: Account) -> Iterator[Mention]:
    """The pictures that messages.json links to; files are in media.json, without their sender."""
    for thread in export.each(path):
        for entry in as_list(as_dict(thread).get("conversation")):
            message = repaired(as_dict(entry))
            address = as_url(message.get("media"))
            sender = as_text(message.get("sender"))
            if address:
                told = Provenance(
                    platform="instagram",
                    account=who.name,
                    context="message",
                    caption=as_text(message.get("text")),
                    audience_source="chat_type",
                    exposure=Exposure.PRIVATE,
                    exposure_reason=PRIVATE_REASON,
                    author=sender,
                    author_is_owner=sender == who.name if sender and who.name else None,
                )
                mention = files.mention(address, path, replace(told, **_posted(message, "created_at")))
                if mention:
                    yield mention
