"""Media that the owner saved beside an export of links, given to it when one of its posts names them.

TikTok, Discord, LinkedIn and Reddit export links without the media. Who downloads the media puts them next
to the archive as often as into it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from .export import Platform
from .members import Member
from .platforms import WITHOUT_MEDIA
from .platforms.values import is_media_name
from .shelf import Part, Shelf

MIN_DIGITS = 8  # in a name that no camera's counter gives: an id, or a date with its time
_WORD = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{10,}", re.IGNORECASE)  # an id of letters and digits


def take(platform: Platform, parts: Sequence[Part], folder: Part | None) -> Part | None:
    """What of `folder`, plain files, is media of this export's posts, as one more part of it.

    Reads the export's records when there are files to ask for.
    """
    prefix = _place(parts[0], folder) if folder and platform.name in WITHOUT_MEDIA else None
    if folder is None or prefix is None:
        return None
    near = [member for member in folder.members if member.path.startswith(prefix) and _has_id(member)]
    if not near:
        return None
    shelf = Shelf(platform, [*parts, Part(folder.container, prefix, near, folder.name)])
    said = shelf.said().there
    named = {id(shelf.export.members[key]) for key in said}
    taken = [member for member in near if id(member) in named]
    return Part(folder.container, prefix, taken, folder.name) if taken else None


def _place(part: Part, folder: Part | None) -> str | None:
    """The folder around the download, as a prefix in `folder`; None when it is not below it."""
    if folder is None or (part.container.is_folder and not part.prefix):
        return None
    inside = os.path.relpath(os.path.dirname(part.path), folder.container.path)
    if inside == os.curdir:
        return ""
    return None if inside.startswith(os.pardir) else f"{inside.replace(os.sep, '/')}/"


def _has_id(member: Member) -> bool:
    stem = member.path.rpartition("/")[2].rpartition(".")[0]
    if not is_media_name(member.path):
        return False
    return sum(map(str.isdigit, stem)) >= MIN_DIGITS or _WORD.search(stem) is not None
