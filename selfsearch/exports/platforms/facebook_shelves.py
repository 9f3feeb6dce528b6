"""Which of Facebook's record files says what about the media in it: its kind, and who could see that kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ...types import Exposure
from ..path_index import fold

_UNSAID = "Facebook does not export who could see"
_RULE = "by Facebook's own rule, not by the export: {} is public while it is in use"
_GROUP = (
    "posted in a Facebook group: its members could see it; everybody, if it is a public group (not exported)"
)


@dataclass(frozen=True)
class Shelf:
    """What the place of a record file says about the media in it."""

    context: str
    reason: str
    exposure: Exposure = Exposure.UNKNOWN
    mine: bool | None = True  # the owner posted it
    linked: bool = False  # it is to be looked for on the owner's profile
    audience_source: str | None = None
    named: bool = True  # what is not there is mentioned all the same

    def says(self) -> dict[str, Any]:
        """The fields of Provenance that follow from the shelf alone."""
        return {
            "context": self.context,
            "audience_source": self.audience_source,
            "exposure": self.exposure,
            "exposure_reason": self.reason,
            "author_is_owner": self.mine,
        }


POST = Shelf("post", f"{_UNSAID} a post", linked=True)
LOOSE = Shelf("other", f"{_UNSAID} a photo or video", linked=True)
ALBUM = Shelf("album", f"{_UNSAID} an album", linked=True)
PROFILE = Shelf("profile_photo", _RULE.format("a profile picture"), Exposure.PUBLIC, linked=True)
COVER = Shelf("cover_photo", _RULE.format("a cover photo"), Exposure.PUBLIC, linked=True)
WALL = Shelf("post", f"{_UNSAID} what others post on a profile", mine=False, linked=True)
STORY = Shelf("story", f"{_UNSAID} a story; in the story archive only its owner sees it now", linked=True)
REEL = Shelf("reel", f"{_UNSAID} a reel", linked=True)
COMMENT = Shelf("comment", f"{_UNSAID} a comment: everybody who can see the post under which it stands")
ARCHIVED = Shelf(
    "archived", "in the archive: only its owner sees it now", Exposure.PRIVATE, audience_source="file"
)
DELETED = Shelf(
    "deleted", "in the trash: only its owner sees it now", Exposure.PRIVATE, audience_source="file"
)
GROUP = Shelf("group", _GROUP, Exposure.NETWORK, audience_source="file")
GROUP_COMMENT = Shelf("comment", _GROUP, Exposure.NETWORK, audience_source="file")
MESSAGE = Shelf(
    "message",
    "in the messages folder: only the people in the conversation could see it",
    Exposure.PRIVATE,
    audience_source="chat_type",
)
OTHER = Shelf("other", "the export does not say who could see it", mine=None, named=False)

# The first pattern that the end of a record's path matches decides.
_WITH_ADDRESSES = re.compile(r"(^|/)posts/(archive|trash|check-ins|content_sharing_links[^/]*)(_\d+)?\.json$")
_SHELVES = tuple(
    (re.compile(rf"(^|/){pattern}\.json$"), shelf)
    for pattern, shelf in (
        (r"posts/archive(_\d+)?", ARCHIVED),
        (r"posts/trash(_\d+)?", DELETED),
        (r"(posts|photos_and_videos)/album/[^/]+", ALBUM),
        (
            r"(posts|photos_and_videos)/((your_)?uncategorized_photos|your_photos|(your_)?videos)(_\d+)?",
            LOOSE,
        ),
        (r"posts/other_people[^/]*", WALL),
        (r"posts/[^/]+", POST),
        (r"stories/[^/]+", STORY),
        (r"reels/[^/]+", REEL),
        (r"groups/[^/]*comments_in_groups[^/]*", GROUP_COMMENT),
        (r"groups/[^/]*(posts|comments)[^/]*", GROUP),
        (r"comments[^/]*/[^/]*comments[^/]*", COMMENT),
        (
            r"(profile_information|live_videos|events|[^/]*marketplace|[^/]*dating|pages|other_activity)/[^/]+",
            OTHER,
        ),
    )
)


def shelf_of(path: str) -> Shelf | None:
    """What a record file is about; None when it holds no media of anybody."""
    folded = fold(path)
    return next((shelf for pattern, shelf in _SHELVES if pattern.search(folded)), None)


def has_addresses(path: str) -> bool:
    """Whether the records of this file carry ids and addresses that timeline posts lack."""
    return _WITH_ADDRESSES.search(fold(path)) is not None


def for_album(context: str) -> Shelf:
    """The shelf of an album of profile pictures, of cover photos, or of any other."""
    return {"profile_photo": PROFILE, "cover_photo": COVER}.get(context, ALBUM)


def for_folder(context: str) -> Shelf:
    """The shelf of a file that no record names, from what its folder says."""
    known = {"message": MESSAGE, "group": GROUP, "profile_photo": PROFILE, "cover_photo": COVER}.get(context)
    reason = f"no record names this file, and {_UNSAID} it"
    return replace(known, mine=None) if known else replace(OTHER, context=context, reason=reason)
