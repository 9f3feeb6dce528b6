"""What kinds of items Instagram's records and folders hold, and what its own rules say of some of them."""

from __future__ import annotations

import re

from ...types import Exposure
from ..path_index import fold, folder_names
from .meta_pages import as_json_path

# The first pattern that the end of a record's path matches decides.
CONTEXTS = tuple(
    (re.compile(rf"(^|/){pattern}\.json$"), context)
    for pattern, context in (
        (r"(content|media)/posts(_\d+)?", "post"),
        (r"(content|media)/stories(_\d+)?", "story"),
        (r"(content|media)/reels(_\d+)?", "reel"),
        (r"(content|media)/igtv_videos(_\d+)?", "igtv"),
        (r"(content|media)/archived_posts(_\d+)?", "archived"),
        (r"(content|media)/recently_deleted[^/]*", "deleted"),
        (r"(content|media)/profile_photos(_\d+)?", "profile_photo"),
        (r"(content|media)/reposts(_\d+)?", "repost"),
        (r"(content|media)/[^/]+", "other"),
        (r"quicksnaps/[^/]+", "instant"),
        (r"threads/personal_information", "profile_photo"),
        (r"threads/[^/]+", "threads"),
        (r"(personal_information|instagram_profile_information)", "profile_photo"),
    )
)
POSTS_AGAIN = re.compile(r"(^|/)(content|media)/posts\.json$")
FOLDERS = {
    "posts": "post",
    "stories": "story",
    "reels": "reel",
    "igtv": "igtv",
    "archived_posts": "archived",
    "recently_deleted": "deleted",
    "profile": "profile_photo",
    "quicksnaps": "instant",
}
OLD_KEYS = {  # of media.json until 2021, and the folders of that time
    "photos": "post",
    "videos": "post",
    "stories": "story",
    "profile": "profile_photo",
    "direct": "message",
}

NOT_EXPORTED = "Instagram does not export the audience"
PROFILE_PHOTO = Exposure.PUBLIC.because(
    "by Instagram's own rule, not by the export: a profile photo is public, also of a private account"
)
INSTANT = Exposure.NETWORK.because(
    "by Instagram's own rule: an Instant (in the folder quicksnaps) goes to followers who are followed back, "
    "or to close friends"
)
WITHDRAWN = {"archived": "until it was archived", "deleted": "until it was deleted"}
BY_CONTEXT = {
    "profile_photo": PROFILE_PHOTO,
    "repost": Exposure.UNKNOWN.because(f"{NOT_EXPORTED}; a post of somebody else"),
    "other": Exposure.UNKNOWN.because(f"{NOT_EXPORTED}, nor what kind of item this is"),
}


def context_of_record(path: str) -> str | None:
    """What the items in a record are; None when it holds none of the owner's."""
    folded = fold(as_json_path(path))
    return next((context for pattern, context in CONTEXTS if pattern.search(folded)), None)


def lists_posts_again(path: str) -> bool:
    """Whether this record may list the posts of posts_1.json a second time, in another form."""
    return POSTS_AGAIN.search(fold(path)) is not None


def context_of_file(path: str) -> str:
    """What the folder says that a media file is."""
    folders = folder_names(path)
    if "messages" in folders:
        return "message"
    top = next((name for name in folders if name in ("media", "public-media")), None)
    if top:
        inner = folders[folders.index(top) + 1 :]
        return FOLDERS.get(inner[0], "other") if inner else "other"
    return (FOLDERS | OLD_KEYS).get(folders[0], "other") if folders else "other"
