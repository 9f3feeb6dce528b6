"""What Facebook's and Instagram's downloads share: twice-encoded text, records, media, file names.

Both write JSON in which every escape is one byte of UTF-8 instead of one character, strip the EXIF out of the
media and put some of it into the records, and name files by their path from the root of the download.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..export import Export
from ..path_index import fold
from .base import Root
from .dates import parse_iso, parse_timestamp
from .legacy import Mention, Provenance
from .parsing import as_dict, as_list, as_point, as_text, as_url

SMALL_BYTES = 1 << 18  # a record file up to here is parsed whole, to tell a lone record from a list of them
WHOLE_BYTES = 16 << 20  # a conversation or album up to here is parsed whole: its title may stand at its end
MAX_LEVELS = 60  # levels of a record in which text is mended; real ones have a dozen
FACEBOOK_BEGAN = "2004"  # nothing was posted before, whatever a record says
MIN_UNIQUE_NAME = 8  # characters of a file name that may identify a file wherever it lies ("1.jpg" may not)

_RECORD_KEYS = frozenset(
    ("uri", "media", "attachments", "label_values", "timestamp", "creation_timestamp", "string_map_data")
)
_TEXTUAL = (str, dict, list)  # types that may hold text
_NOT_MEDIA = frozenset(("subtitles", "sticker", "audio_files", "share", "reactions", "external_context"))
_CDN = re.compile(r"^https?://[^/]*(fbcdn\.net|cdninstagram\.com|fbsbx\.com)(/|$)", re.IGNORECASE)
_DOWNLOAD = r"{}-(?P<user>.+?)-(?P<date>\d{{4}}-\d\d-\d\d)(?:[-. (].*)?"


def repaired(value: Any, levels: int = MAX_LEVELS) -> Any:
    """A record with every text in it, names of fields included, decoded as it was meant."""
    if isinstance(value, str):
        return value if value.isascii() else _decoded(value)
    if levels == 0:
        return value
    if isinstance(value, dict):
        inside = levels - 1
        return {
            key if key.isascii() else _decoded(key): repaired(part, inside)
            if type(part) in _TEXTUAL
            else part
            for key, part in value.items()
        }
    return [repaired(part, levels - 1) for part in value] if isinstance(value, list) else value


def _decoded(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return text  # really Latin-1 letters
    except UnicodeEncodeError:
        return sound(text)  # right already


def sound(text: str) -> str:
    """Text without halves of surrogate pairs, which cannot be stored anywhere."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def document(export: Export, path: str, limit: int = WHOLE_BYTES) -> Any:
    """A whole JSON record; None when it is too long or damaged, and has to be streamed as far as it goes."""
    if export.members[path].size > limit:
        return None
    try:
        return json.loads(export.text(path))
    except (ValueError, RecursionError):
        return None


def records(export: Export, path: str) -> Iterator[dict[str, Any]]:
    """Every record of a file, whether it holds a list, a list in an envelope, or one bare record."""
    whole = document(export, path, SMALL_BYTES)
    odd = 0
    for record in export.each(path, "*") if whole is None else _unwrapped(whole):
        if isinstance(record, dict):
            yield repaired(record)
        else:
            odd += 1
    if odd:
        export.note(path, f"{odd} entries are not records and were passed over")


def _unwrapped(whole: Any, levels: int = 3) -> Iterable[Any]:
    if not isinstance(whole, dict):
        return whole if isinstance(whole, list) else ()
    if levels == 0 or not _RECORD_KEYS.isdisjoint(whole):
        return (whole,)
    found: list[Any] = []
    for part in whole.values():
        if isinstance(part, (list, dict)):
            found.extend(_unwrapped(part, levels - 1))
    return found


def media_in(record: Any) -> Iterator[dict[str, Any]]:
    """Every media record inside a record, in the order in which they stand there."""
    waiting = [record]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("uri"), str) and part["uri"].strip():
                yield part
            waiting += [
                inner
                for key, inner in reversed(part.items())
                if isinstance(inner, (dict, list)) and key not in _NOT_MEDIA
            ]
        elif isinstance(part, list):
            waiting.extend(reversed(part))


def exif(media: dict[str, Any]) -> dict[str, Any]:
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


def captured(media: dict[str, Any]) -> dict[str, Any]:
    """The Provenance fields that the camera's data fill: when and where it was taken."""
    data = exif(media)
    said: dict[str, Any] = {}
    for field, when in (
        ("taken_timestamp", parse_timestamp(data.get("taken_timestamp"))),
        ("date_time_original", camera_clock(data.get("date_time_original"))),
        ("date_time_digitized", camera_clock(data.get("date_time_digitized"))),
    ):
        if when:
            said |= {"taken_at": when, "taken_at_source": field}
            break
    where = as_point(data.get("latitude"), data.get("longitude"))
    return said | {"location": where, "location_source": "exif_data"} if where else said


def camera_clock(value: Any) -> str | None:
    """EXIF's "2023:06:17 12:01:02" as ISO 8601: the camera's local time, so without a zone."""
    text = as_text(value)
    return parse_iso(text.replace(":", "-", 2) if text and re.match(r"\d{4}:\d\d:\d\d ", text) else text)


def dated(*candidates: tuple[str, Any]) -> dict[str, Any]:
    """posted_at and its source from the first (field, Unix seconds) at which Facebook existed."""
    for field, value in candidates:
        when = parse_timestamp(value)
        if when and when >= FACEBOOK_BEGAN:
            return {"posted_at": when, "posted_at_source": field}
    return {}


def labelled(record: dict[str, Any], *labels: str) -> str | None:
    """The text beside the first of these labels (or internal field names) in a `label_values` record."""
    for entry in as_list(record.get("label_values")):
        known = {as_text(as_dict(entry).get(field)) for field in ("label", "ent_field_name")}
        text = as_text(as_dict(entry).get("value"))
        if text and not known.isdisjoint(labels):
            return text
    return None


class Files:
    """The media files of one export, found by what its records call them."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self._links: set[str] = set()

    def mention(self, uri: str, record: str, provenance: Provenance) -> Mention | None:
        """A mention of the file, there or not, or of a link; None when that link was mentioned before."""
        address = as_url(uri)
        if not address:
            return Mention(self.path(uri, record) or _inside(uri) or None, provenance)
        if address in self._links:
            return None
        self._links.add(address)
        if not _CDN.match(address):  # their own servers' addresses expire within days
            provenance = replace(provenance, url=address, url_kind="exact")
        return Mention(None, provenance)

    def path(self, uri: str, record: str) -> str | None:
        """The file that a record at `record` means by `uri`; None when it is not there."""
        clean = _inside(uri)
        beside = f"{record.rpartition('/')[0]}/{clean}"
        return self.export.find(clean) or self.export.find(beside) or self._elsewhere(clean)

    def _elsewhere(self, uri: str) -> str | None:
        """Downloads that were merged by hand nest their trees, or lose the upper folders."""
        near = self.export.with_name(uri.rpartition("/")[2])
        wanted = fold(uri)
        below = [path for path in near if fold(path).endswith(f"/{wanted}")]
        above = [path for path in near if wanted.endswith(f"/{fold(path)}")]
        for found in (below, above):
            if len(found) == 1:
                return found[0]
        alone = len(near) == 1 and len(uri.rpartition("/")[2]) >= MIN_UNIQUE_NAME
        return near[0] if alone else None


def _inside(uri: str) -> str:
    """A uri as a path from the root."""
    return uri.strip().removeprefix("./").lstrip("/")


def outermost(found: dict[str, str], inner: frozenset[str]) -> list[Root]:
    """Roots but for those that are a part (a folder in `inner`) of another's tree. `found`: prefix -> why."""
    kept: list[Root] = []
    for prefix in sorted(found, key=len):
        parents = (root.prefix for root in kept if prefix.startswith(root.prefix))
        if not any(fold(prefix[len(parent) :].partition("/")[0]) in inner for parent in parents):
            kept.append(Root(prefix, found[prefix]))
    return kept


def download(platform: str, container: str) -> tuple[str, str] | None:
    """(user, date) from a download's name, "instagram-ana.example-2024-05-01-AbCd1234.zip"."""
    match = re.fullmatch(_DOWNLOAD.format(platform), container, re.IGNORECASE)
    return (match["user"], match["date"]) if match else None


def note_html(export: Export, title: str) -> None:
    """Say so when the user asked for the web page form of the download, which has no records."""
    pages = [path for path in export.members if path.lower().endswith(".html")]
    if pages and not any(path.lower().endswith(".json") for path in export.members):
        export.note(
            pages[0],
            f"this is {title}'s HTML download: its pictures are read, but not when, where and for whom they "
            "were posted; ask for the download again in the JSON format",
            unread=True,
        )
