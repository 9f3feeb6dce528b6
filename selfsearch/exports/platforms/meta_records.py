"""Records of Facebook's and Instagram's JSON: twice-encoded text, media, times, the camera's data.

Both write JSON in which every escape is one byte of UTF-8 instead of one character, and strip the EXIF out of
the media and put some of it into the records. Records of web pages come in the same form (meta_pages.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...types import Location, Timestamp
from ..export import Export
from .dates import parse_iso, parse_timestamp
from .meta_pages import is_page
from .parsing import as_dict, as_list, as_point, as_text, as_url

SMALL_BYTES = 1 << 18  # a record file up to here is parsed whole, to tell a lone record from a list of them
WHOLE_BYTES = 16 << 20  # a conversation or album up to here is parsed whole: its title may stand at its end
MAX_LEVELS = 60  # levels of a record in which text is repaired; real ones have a dozen
FACEBOOK_BEGAN = "2004"  # nothing was posted before, whatever a record says

RECORD_KEYS = frozenset(
    ("uri", "media", "attachments", "label_values", "timestamp", "creation_timestamp", "string_map_data")
)
TEXTUAL = (str, dict, list)  # types that may hold text
NOT_MEDIA = frozenset(("subtitles", "sticker", "audio_files", "share", "reactions", "external_context"))
_EXIF_DAY = re.compile(r"\d{4}:\d\d:\d\d ")


def repaired(value: Any, levels: int = MAX_LEVELS) -> Any:
    """A record with every text in it, names of fields included, decoded as it was meant."""
    if isinstance(value, str):
        return value if value.isascii() else _decoded(value)
    if levels == 0:
        return value
    if isinstance(value, dict):
        inside = levels - 1
        return {
            key if key.isascii() else _decoded(key): repaired(part, inside) if type(part) in TEXTUAL else part
            for key, part in value.items()
        }
    return [repaired(part, levels - 1) for part in value] if isinstance(value, list) else value


def _decoded(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return text  # really Latin-1 letters
    except UnicodeEncodeError:
        return without_surrogates(text)  # right already


def without_surrogates(text: str) -> str:
    """Text without halves of surrogate pairs, which cannot be stored anywhere."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_document(export: Export, path: str, limit: int = WHOLE_BYTES) -> Any:
    """A whole JSON record; None when it is too long or damaged, and has to be streamed as far as it goes."""
    if is_page(path) or export.members[path].size > limit:
        return None
    try:
        return json.loads(export.text(path))
    except (ValueError, RecursionError):
        return None


def unwrapped(document: Any, levels: int = 3) -> Iterable[Any]:
    """The records in a document."""
    if not isinstance(document, dict):
        return document if isinstance(document, list) else ()
    if levels == 0 or not RECORD_KEYS.isdisjoint(document):
        return (document,)
    parts = (part for part in document.values() if isinstance(part, (list, dict)))
    return [record for part in parts for record in unwrapped(part, levels - 1)]


def media_in(record: Any) -> Iterator[dict[str, Any]]:
    """Every media record inside a record, in the order in which they stand there."""
    stack = [record]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if isinstance(part.get("uri"), str) and part["uri"].strip():
                yield part
            stack += [
                inner
                for key, inner in reversed(part.items())
                if isinstance(inner, (dict, list)) and key not in NOT_MEDIA and not _is_remote(key, inner)
            ]
        elif isinstance(part, list):
            stack.extend(reversed(part))


def _is_remote(key: str, inner: Any) -> bool:
    """Whether this is a video's small picture on their own servers, whose addresses expire within days."""
    return key == "thumbnail" and as_url(as_dict(inner).get("uri")) is not None


def exif(media: Mapping[str, Any]) -> dict[str, Any]:
    """All that the record kept of the camera's data; the list that it comes in may be cut anywhere."""
    merged: dict[str, Any] = {}
    for holder in (as_dict(media.get("media_metadata")), media):
        for kind in ("photo_metadata", "video_metadata"):
            block = as_dict(holder.get(kind))
            for part in (*as_list(block.get("exif_data")), block):
                for key, value in as_dict(part).items():
                    if not merged.get(key):
                        merged[key] = value
    return merged


def taken_at(camera: Mapping[str, Any]) -> Timestamp | None:
    """When a picture was taken, from the camera's data."""
    return (
        Timestamp.of(parse_timestamp(camera.get("taken_timestamp")), "taken_timestamp")
        or Timestamp.of(exif_time(camera.get("date_time_original")), "date_time_original")
        or Timestamp.of(exif_time(camera.get("date_time_digitized")), "date_time_digitized")
    )


def exif_time(value: Any) -> str | None:
    """EXIF's "2023:06:17 12:01:02" as ISO 8601: the camera's local time, so without a zone."""
    text = as_text(value)
    return parse_iso(text.replace(":", "-", 2) if text and _EXIF_DAY.match(text) else text)


def exif_location(camera: Mapping[str, Any]) -> Location | None:
    """Where a picture was taken, from the camera's data."""
    return Location.of(as_point(camera.get("latitude"), camera.get("longitude")), "exif_data")


def first_timestamp(record: Mapping[str, Any], *fields: str) -> Timestamp | None:
    """The first of these fields with a time at which Facebook existed."""
    for field in fields:
        time = parse_time(record.get(field))
        if time and time >= FACEBOOK_BEGAN:
            return Timestamp(time, field)
    return None


def parse_time(value: Any) -> str | None:
    """Unix seconds, or the ISO 8601 of a web page's time, as ISO 8601."""
    return parse_timestamp(value) or parse_iso(value)


def labelled_text(record: Mapping[str, Any], *labels: str) -> str | None:
    """The text beside the first of these labels (or internal field names) in a `label_values` record."""
    for entry in map(as_dict, as_list(record.get("label_values"))):
        names = {as_text(entry.get(field)) for field in ("label", "ent_field_name")}
        text = as_text(entry.get("value"))
        if text and not names.isdisjoint(labels):
            return text
    return None
