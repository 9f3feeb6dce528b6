"""Facebook's and Instagram's downloads as web pages: their blocks as records in the form of the JSON.

So the readers of the JSON read them, by the same rules. Times have no zone, and no record says more than the
page: what it lacks is said once for the whole export.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ..export import Export
from ..path_index import fold
from .meta_blocks import Picture, page_blocks, page_title
from .page_dates import parse_shown_time
from .parsing import as_number, load_words

_SPOT = re.compile(r" ?(-?\d{1,3}\.\d{1,20}) ?, ?(-?\d{1,3}\.\d{1,20}) ?\)")
_TAGGED = re.compile(
    r"(?<![\w.])(?P<user>[\w.]{1,30}) \([^()]{1,80}\d\.\d\d\)"
)  # "bo.berg (Tagged, 0.00, 0.00)"
_ALBUM = re.compile(r"/(?P<album>[^/]+?)_[^/_]+/[^/]+$")
_BETWEEN_NAMES = re.compile(r",? and |, ")  # in the languages of `participants` and `tagged`
_PROFILE = re.compile(r"https?://[^/\s]*facebook\.com/[\w.]+/?")
BLOCKS_TO_CONFIRM = 50  # of a page, in which a picture of the download must be


def is_page(path: str) -> bool:
    """Whether a record is a web page."""
    return path.lower().endswith(".html")


def as_json_path(path: str) -> str:
    """The path that the same record has in a download as JSON."""
    return f"{path[:-5]}.json" if is_page(path) else path


def shows_media(export: Export, path: str) -> bool:
    """Whether a page shows pictures of the download as Facebook's and Instagram's do."""
    blocks = islice(page_blocks(export, path), BLOCKS_TO_CONFIRM)
    return any(block.pictures and (block.time or block.has_unknown_time) for block in blocks)


def page_records(export: Export, path: str) -> Iterator[dict[str, Any]]:
    """Posts, stories, pictures of an album, changes of a setting: as in the JSON of the same name."""
    for block in page_blocks(export, path):
        lines = _Lines(block.lines)
        pictures = [picture_record(picture, lines) for picture in block.pictures]
        tables = [block.fields, *(picture.fields for picture in block.pictures)]
        values = [value for table in tables for value in table.values()]
        time = block.time or next(filter(None, map(parse_shown_time, block.fields.values())), None)
        tagged = [match["user"] for value in values for match in _TAGGED.finditer(value)]
        yield {
            "title": block.heading,
            "timestamp": time,
            "creation_timestamp": time,
            "data": [{"post": lines.words}],
            "attachments": [
                {"data": [{"media": picture} for picture in pictures]},
                {"data": [{"place": place} for place in lines.places]},
            ],
            "label_values": [{"label": label, "value": value} for label, value in block.fields.items()],
            "tags": [{"name": name} for name in (*lines.people, *tagged)],
        }


def page_messages(export: Export, path: str) -> Iterator[dict[str, Any]]:
    """The messages with pictures of a conversation."""
    for block in page_blocks(export, path):
        if block.pictures and (block.time or block.has_unknown_time):
            pictures = [{"uri": picture.uri, "creation_timestamp": block.time} for picture in block.pictures]
            lines = [*block.lines, *(line for picture in block.pictures for line in picture.lines)]
            yield {"sender_name": block.heading, "content": "\n".join(lines), "photos": pictures}


def page_conversation(export: Export, path: str) -> dict[str, Any]:
    """What a conversation's page says before its first message: title, participants, the group's picture.

    Where two people take part, also the first `messages` of anybody else.
    """
    head: dict[str, Any] = {"title": page_title(export, path)}
    for block in page_blocks(export, path):
        names = {person["name"] for person in head.get("participants", ())}
        if block.time or block.has_unknown_time:
            if block.heading and block.heading not in names:
                head["messages"] = [{"sender_name": block.heading}]
            if len(names) != 2 or "messages" in head:
                break
            continue
        for line in filter(None, (block.heading, *block.lines)):
            if listed := _behind(line, "participants"):
                head["participants"] = [{"name": name} for name in _BETWEEN_NAMES.split(listed)]
        if block.pictures:
            head["image"] = {"uri": block.pictures[0].uri}
    return head


def page_fields(export: Export, path: str) -> dict[str, str]:
    """Label -> value of all tables of a page, such as that of the profile."""
    fields: dict[str, str] = {}
    for block in page_blocks(export, path):
        for table in (block.fields, *(picture.fields for picture in block.pictures)):
            fields = table | fields
    return fields


def page_profile(export: Export, path: str) -> dict[str, Any]:
    """Facebook's profile as in the JSON: the name, and the address where the page has just one."""
    fields = page_fields(export, path)
    addresses = {value for value in fields.values() if _PROFILE.fullmatch(value)}
    return {
        "name": _labelled(fields, "name"),
        "profile_uri": next(iter(addresses)) if len(addresses) == 1 else None,
    }


def picture_record(picture: Picture, around: _Lines | None = None) -> dict[str, Any]:
    """A medium as in the JSON. `around`: takes the places and people that stand beside the picture."""
    match = _ALBUM.search(picture.uri)
    folder = _squeezed(match["album"]) if match else None
    album = next((line for line in picture.lines if _squeezed(line) == folder), None)
    lines = _Lines(line for line in picture.lines if line != album)
    if around is not None:
        around.places += lines.places
        around.people += lines.people
    camera = {
        "latitude": as_number(_labelled(picture.fields, "latitude")),
        "longitude": as_number(_labelled(picture.fields, "longitude")),
        "date_time_original": parse_shown_time(_labelled(picture.fields, "taken") or ""),
    }
    return {
        "uri": picture.uri,
        "title": album,
        "description": lines.words,
        "media_metadata": {"photo_metadata": {"exif_data": [camera]}},
    }


class _Lines:
    """The lines beside a picture or in a post by what they are: places, people, and words of the owner."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.places: list[dict[str, Any]] = []
        self.people: list[str] = []
        words = [line for line in lines if not self._takes(line)]
        self.words = "\n".join(words)

    def _takes(self, line: str) -> bool:
        place = _behind(line, "place")
        name, _, behind = (place or line).rpartition("(")
        if name and (spot := _SPOT.fullmatch(behind)):
            point = {"latitude": spot[1], "longitude": spot[2]}
            self.places.append({"name": name.rpartition(": ")[2].strip(), "coordinate": point})
        elif place:
            self.places.append({"name": place})
        elif tagged := _behind(line, "tagged"):
            self.people += _BETWEEN_NAMES.split(tagged)
        else:
            return _behind(line, "address") is not None
        return True


def _behind(line: str, field: str) -> str | None:
    """What follows a known beginning of a line; None for another line."""
    for word in load_words("meta_pages", field):
        if fold(line[: len(word)]) == word and line[len(word) :].strip():
            return line[len(word) :].strip(" .")
    return None


def _labelled(fields: dict[str, str], name: str) -> str | None:
    labels = load_words("meta_pages", name)
    return next((value for label, value in fields.items() if fold(label).strip() in labels), None)


def _squeezed(text: str) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum())
