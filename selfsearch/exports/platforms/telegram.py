"""Telegram Desktop exports in JSON: everything, or a single chat. HTML exports have no records to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Root
from .dates import parse_iso
from .legacy import Mention, Provenance
from .media_refs import missing_path
from .parsing import as_text
from .telegram_messages import Me, albums, caption, media, message_provenance, posted
from .telegram_stream import Part, looks_right, owner_record, parts

name = "telegram"
title = "Telegram"

RECORD = "result.json"
EXPORTED = re.compile(r"(?:Data|Chat)Export_(\d{4}-\d\d-\d\d)")
THUMBNAIL = re.compile(r"\.\w+_thumb\.\w+$|(?:^|/)(?!files/)[^/]+/[^/]*_thumb\.\w+$", re.IGNORECASE)
NAMED_TIME = re.compile(r"@(\d\d)-(\d\d)-(\d{4})_(\d\d)-(\d\d)-(\d\d)")
SETTING = "Telegram does not export who may see profile photos: it is a privacy setting"
STORY = "Telegram does not export who a story was shown to"
UNSAID = "no record in the export speaks of this file"
FOLDERS = {"profile_pictures": ("profile_photo", SETTING), "stories": ("story", STORY)}
OF_MESSAGES = ("photos", "video_files", "round_video_messages", "stickers", "files", "animations")


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with a result.json; its keys decide (see `confirm`)."""
    return [
        Root(prefix, f"{RECORD} is a Telegram Desktop export's")
        for prefix in names.prefixes_with_file(RECORD)
    ]


def series(container: str) -> str | None:
    """Telegram exports are not split."""
    return None


def confirm(export: Export) -> bool:
    """Whether result.json has Telegram's keys."""
    path = export.find(RECORD)
    return bool(path) and looks_right(export, path or "")


def account(export: Export) -> Account:
    """Whose export it is; that of a single chat does not say."""
    me = _me(export)
    dated = EXPORTED.match(export.name)
    return Account(me.name, me.display_name, dated.group(1) if dated else None)


def mentions(export: Export) -> Iterator[Mention]:
    """Photos, videos, stickers and picture files of messages; stories; profile pictures."""
    path = export.find(RECORD)
    if path is None:
        return
    me = _me(export)
    for group in albums(parts(export, path)):
        captions = {text for part in group if (text := caption(part.value))}
        shared = captions.pop() if len(captions) == 1 else None
        for part in group:
            if named := media(part.value):
                said = _provenance(part, shared, me)
                yield from (Mention(_file(export, value), said) for value in named)


def orphan(export: Export, path: str) -> Provenance:
    """The folder says what it was, a photo's name when (by the exporting computer's clock, without zone)."""
    folder = path.rpartition("/")[0].rpartition("/")[2].lower()
    context, reason = FOLDERS.get(folder, ("message" if folder in OF_MESSAGES else None, UNSAID))
    found = NAMED_TIME.search(path)
    when = None
    if found:
        day, month, year, *time = found.groups()
        when = parse_iso(f"{year}-{month}-{day}T{':'.join(time)}")
    return Provenance(
        name,
        _me(export).name,
        context,
        posted_at=when,
        posted_at_source="file name" if when else None,
        exposure=Exposure.UNKNOWN,
        exposure_reason=reason,
    )


def derivative(path: str) -> str | None:
    """Telegram writes x.mp4_thumb.jpg beside x.mp4; a sent file may itself be called my_thumb.jpg."""
    return "a thumbnail that Telegram made" if THUMBNAIL.search(path) else None


def _me(export: Export) -> Me:
    known = export.memo.get("telegram.me")
    if not isinstance(known, Me):
        path = export.find(RECORD)
        said = owner_record(export, path) if path else {}
        full = " ".join(filter(None, (as_text(said.get("first_name")), as_text(said.get("last_name")))))
        handle = (as_text(said.get("username")) or "").removeprefix("@")
        known = Me(as_text(said.get("user_id")), handle or None, full or None)
        export.memo["telegram.me"] = known
    return known


def _provenance(part: Part, shared: str | None, me: Me) -> Provenance:
    text = caption(part.value)
    if part.kind == "messages":
        return message_provenance(part, text or shared, me)
    when, source = posted(part.value)
    said = Provenance(name, me.name, caption=text, posted_at=when, posted_at_source=source, author=me.name)
    context, reason = FOLDERS.get(part.kind, (None, UNSAID))
    return replace(said, context=context, exposure_reason=reason, author_is_owner=True)


def _file(export: Export, value: str) -> str | None:
    """The file of a path in the record, there or missing; None where words say why it was left out."""
    found = export.find(value)
    if found or value.startswith("("):
        return found
    # chats may stand one folder further down than they say
    deeper = [path for path in export.with_name(value.rpartition("/")[2]) if path.endswith(f"/{value}")]
    return deeper[0] if len(deeper) == 1 else missing_path(value)
