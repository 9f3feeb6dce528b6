"""YouTube, as Google Takeout exports it: the uploads' files, and a CSV of what YouTube knows about each.

Rows and files are only connected by the title (see youtube_names); folders, headers and words are localised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

from ...errors import ItemError
from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold, outermost_folders
from .base import Account, Root
from .dates import parse_iso
from .google_names import exported_at, series
from .legacy import Mention, Provenance
from .media_refs import STILL_EXTENSIONS, VIDEO_EXTENSIONS, extension
from .parsing import as_number, as_text
from .youtube_beside import beside
from .youtube_columns import CHANNEL_ID, VIDEO_ID, Columns, columns, exposure
from .youtube_names import Row, match, mp4_seconds, tight

__all__ = ["account", "confirm", "derivative", "mentions", "name", "orphan", "roots", "series", "title"]

name = "youtube"
title = "YouTube (Takeout)"

_PRODUCT = re.compile(r"youtube(?:\W.{0,12}youtube music)?")
_CHANNEL_CSV = frozenset(
    (
        "channel",
        "kanal",
        "kanał",
        "canal",
        "chaîne",
        "canale",
        "kanaal",
        "канал",
        "チャンネル",
        "频道",
        "頻道",
        "채널",
    )
)
_POST_ID = re.compile(r"Ug[A-Za-z0-9_-]{10,}")
_NO_ROW = "no row of the export's videos.csv belongs to this file, so who may see it is not known"
_NO_POST_AUDIENCE = "YouTube does not export who may see a community post"


def roots(names: PathIndex) -> Iterable[Root]:
    """The product's folder, which begins with "YouTube" in every language."""
    found: dict[str, Root] = {}
    for folder in dict.fromkeys(path[: path.rfind("/") + 1] for path in names.paths):
        parts = folder.split("/")[:-1]
        for depth, part in enumerate(parts):
            known = _PRODUCT.fullmatch(fold(part))
            if known and (" " in part or "takeout" in map(fold, parts[:depth])):
                prefix = "".join(f"{one}/" for one in parts[: depth + 1])
                found.setdefault(prefix, Root(prefix, f"folder “{part}” of a Google Takeout"))
                break
    for prefix in chain(
        names.prefixes_with_file("video metadata/videos.csv"),
        names.prefixes_with_file("video-metadaten/videos.csv"),
    ):
        found.setdefault(prefix, Root(prefix, "videos.csv lists the uploads"))
    return [found[prefix] for prefix in outermost_folders(found)]


def confirm(export: Export) -> bool:
    """The names suffice."""
    return True


def account(export: Export) -> Account:
    """The first channel's title."""
    return Account(
        display_name=next(iter(_channels(export).values()), None), exported_at=exported_at(export.name)
    )


def derivative(path: str) -> str | None:
    """YouTube exports originals only."""
    return None


def orphan(export: Export, path: str) -> Provenance:
    """A file that no row fits: recordings of live streams have none."""
    video = extension(path) in VIDEO_EXTENSIONS
    return Provenance(
        name,
        context="video" if video else None,
        exposure_reason=_NO_ROW if video else "YouTube's export does not say where this picture is shown",
        author_is_owner=True if video else None,
    )


def mentions(export: Export) -> Iterator[Mention]:
    """Every upload with its file, or without when it has none here; then the pictures of community posts."""
    older = {mention.path: mention for mention in beside(export)}
    yield from older.values()
    uploads = list(_uploads(export))
    said = [upload.said for upload in uploads]
    paths = [path for path in export.members if extension(path) in VIDEO_EXTENSIONS and path not in older]
    linked: set[int] = set()
    shared: tuple[tuple[int, ...], Provenance] = ((), orphan(export, ""))
    for found in match([upload.row for upload in uploads], paths, lambda path: _seconds(export, path)):
        if len(found.rows) == 1:
            linked.update(found.rows)
        if len(found.rows) == 1 or found.rows is not shared[0]:
            shared = found.rows, _agreed([said[number] for number in found.rows], by_order=found.by_order)
        yield Mention(found.path, shared[1])
    yield from (Mention(None, one) for number, one in enumerate(said) if number not in linked)
    yield from _posts(export)


@dataclass(frozen=True, slots=True)
class _Upload:
    row: Row
    said: Provenance


def _uploads(export: Export) -> Iterator[_Upload]:
    """The rows of all CSVs that list uploads, one for each video; a CSV that knows the privacy goes first."""
    files = {tight(_stem(path)) for path in export.members if extension(path) in VIDEO_EXTENSIONS}
    channels = _channels(export)
    tables = []
    for path in _csvs(export):
        rows = list(export.rows(path))
        known = columns(rows)
        if known.title is None and known.lists_uploads:
            known = replace(known, title=_title_column(rows, files))
        if known.lists_uploads:
            tables.append((known, rows))
    seen: set[str] = set()
    for known, rows in sorted(tables, key=lambda table: table[0].privacy is None):
        for row in rows:
            video = row.get(known.video or "", "").strip()
            if video not in seen and any(row.values()):
                seen.update({video} - {""})
                yield _upload(row, known, channels)


def _csvs(export: Export) -> list[str]:
    return [path for path in export.members if extension(path) == "csv"]


def _title_column(rows: Sequence[dict[str, str]], files: set[str]) -> str | None:
    """In a language whose word for "title" is not known: the column that most files are called after."""
    counts = {
        header: sum(tight(row.get(header, "")) in files for row in rows if row.get(header))
        for header in (rows[0] if files else ())
    }
    best = max(counts, key=lambda header: counts[header], default=None)
    return best if best and counts[best] else None


def _upload(row: dict[str, str], known: Columns, channels: dict[str, str]) -> _Upload:
    video, channel, headline, description, privacy = (
        as_text(row.get(header or ""))
        for header in (known.video, known.channel, known.title, known.description, known.privacy)
    )
    exact = video if video and VIDEO_ID.fullmatch(video) else None
    level, reason = (
        exposure(privacy) if privacy else (Exposure.UNKNOWN, "the row does not say who may see it")
    )
    posted_by = next(
        (one for one in (known.published, known.created) if one and parse_iso(row.get(one))), None
    )
    length = as_number(row.get(known.seconds or ""))
    said = Provenance(
        name,
        account=channels.get(channel or ""),
        context="video",
        caption="\n".join(text for text in (headline, description) if text) or None,
        posted_at=parse_iso(row.get(posted_by), utc=True) if posted_by else None,
        posted_at_source=posted_by,
        url=f"https://www.youtube.com/watch?v={exact}" if exact else None,
        url_kind="constructed" if exact else None,
        audience=privacy,
        audience_source="per_item" if privacy else None,
        exposure=level,
        exposure_reason=reason,
        author_is_owner=True,
        post_id=video,
    )
    return _Upload(Row(headline or "", length / 1000 if length else None), said)


def _agreed(said: Sequence[Provenance], *, by_order: bool) -> Provenance:
    """What is true of the file whichever of the rows is its own."""
    if len(said) == 1:
        note = "; several uploads have this title, and only their order in the export told them apart"
        return replace(said[0], exposure_reason=said[0].exposure_reason + note) if by_order else said[0]
    one = said[0]
    common: dict[str, Any] = {
        field.name: getattr(one, field.name)
        if all(getattr(other, field.name) == getattr(one, field.name) for other in said)
        else None
        for field in fields(Provenance)
    }
    words_seen = ", ".join(dict.fromkeys(other.audience or "none" for other in said))
    note = f"{len(said)} uploads have this title, and nothing tells which it is; Privacy: {words_seen}"
    common |= {"exposure": common["exposure"] or Exposure.UNKNOWN, "exposure_reason": note, "people": ()}
    return Provenance(**common)


def _channels(export: Export) -> dict[str, str]:
    """Channel number -> title, from the CSVs that hold both and no video; not the list of subscriptions."""
    found: dict[str, str] = export.memo.setdefault("youtube channels", {})
    if found:
        return found
    for path in _csvs(export):
        if fold(_stem(path)) in _CHANNEL_CSV:
            for row in export.rows(path):
                values = [text.strip() for text in row.values()]
                channel = next((text for text in values if CHANNEL_ID.fullmatch(text)), None)
                called = next((text for text in values if text and not CHANNEL_ID.fullmatch(text)), None)
                if channel and called:
                    found.setdefault(channel, called)
    return found


def _posts(export: Export) -> Iterator[Mention]:
    """Pictures of community posts: a row names the file beside its CSV."""
    pictures = {path for path in export.members if extension(path) in STILL_EXTENSIONS}
    for path in _csvs(export) if pictures else ():
        folder = path[: path.rfind("/") + 1]
        for row in export.rows(path):
            for cell in row.values():
                picture = export.find(folder + cell.strip()) if cell.strip() else None
                if picture in pictures:
                    yield Mention(picture, _post(row))


def _post(row: dict[str, str]) -> Provenance:
    post = next((text for text in map(str.strip, row.values()) if _POST_ID.fullmatch(text)), None)
    posted_by = next((header for header, text in row.items() if parse_iso(text)), None)
    text = next((text for header, text in row.items() if "text" in fold(header) and text.strip()), None)
    return Provenance(
        name,
        context="post",
        caption=as_text(text),
        posted_at=parse_iso(row[posted_by], utc=True) if posted_by else None,
        posted_at_source=posted_by,
        url=f"https://www.youtube.com/post/{post}" if post else None,
        url_kind="constructed" if post else None,
        exposure_reason=_NO_POST_AUDIENCE,
        author_is_owner=True,
        post_id=post,
    )


def _seconds(export: Export, path: str) -> float | None:
    """A video's length. Not from a compressed tar, where a look into one file means reading all before it."""
    member = export.members[path]
    if member.container.forward_only or extension(path) not in ("mp4", "mov", "m4v"):
        return None
    try:
        with member.open() as stream:
            return mp4_seconds(stream, member.size)
    except (ItemError, OSError, ValueError):
        return None


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]
