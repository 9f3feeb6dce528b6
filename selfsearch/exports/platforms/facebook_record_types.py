"""What the place of a record in Facebook's download says about its media: kind, author, who could see it.

Facebook does not export who could see a post, a group's privacy, or an event's. What is said here is what the
kind of record implies by Facebook's own rules, and nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...types import Audience, Exposure, ExposureAssessment
from ..path_index import fold
from .facebook_fields import Destination
from .meta_pages import as_json_path


def _not_exported(what: str) -> ExposureAssessment:
    return Exposure.UNKNOWN.because(f"Facebook does not export who could see {what}")


def _public_by_rule(what: str) -> ExposureAssessment:
    return Exposure.PUBLIC.because(f"by Facebook's own rule, not by the export: {what}")


def _put_away(where: str, until: str) -> ExposureAssessment:
    return Exposure.UNKNOWN.because(
        f"{where}, where only its owner sees it now; Facebook does not export who could see it until {until}"
    )


OF_A_GROUP = "everybody could see it if the group is public, its members if it is private (not exported)"
IN_GROUP = Exposure.UNKNOWN.because(f"posted in a Facebook group: {OF_A_GROUP}")
IN_GROUP_CHAT = Exposure.UNKNOWN.because(
    "in a chat of a Facebook group: who could join it and read what was written before is not exported"
)
NOT_SHOWN = Exposure.UNKNOWN.because("the export does not say who could see it")


@dataclass(frozen=True, slots=True)
class RecordType:
    """What the place of a record file says about the media in it."""

    context: str
    exposure: ExposureAssessment
    audience: Audience | None = None
    author_is_owner: bool | None = True
    on_profile: bool = False  # it is to be looked for on the owner's profile
    only_if_present: bool = False
    has_address: bool = False  # ids and addresses in its records are those of the owner's own posts
    words: tuple[str, ...] = ()  # fields of a record that hold its words


POST = RecordType("post", _not_exported("a post"), on_profile=True, has_address=True)
NOTE = RecordType("post", _not_exported("a note"), on_profile=True, words=("title", "text"))
UNSORTED = RecordType("other", _not_exported("a photo or video"), on_profile=True)
ALBUM = RecordType("album", _not_exported("an album"), on_profile=True)
PROFILE = RecordType(
    "profile_photo", _public_by_rule("a profile picture is public while it is in use"), on_profile=True
)
COVER = RecordType(
    "cover_photo", _public_by_rule("a cover photo is public while it is in use"), on_profile=True
)
BY_OTHERS = RecordType(
    "post", _not_exported("what others post on a profile"), author_is_owner=False, on_profile=True
)
ON_ANOTHERS_TIMELINE = RecordType(
    "timeline",
    Exposure.UNKNOWN.because("on somebody else's timeline, who decides who can see it; that is not exported"),
)
STORY = RecordType(
    "story", _not_exported("a story; in the story archive only its owner sees it now"), on_profile=True
)
REEL = RecordType("reel", _not_exported("a reel"), on_profile=True)
COMMENT = RecordType(
    "comment", _not_exported("a comment: everybody who can see the post under which it stands")
)
ARCHIVED = RecordType("archived", _put_away("in the archive", "it was archived"), has_address=True)
DELETED = RecordType("deleted", _put_away("in the trash", "it was deleted"), has_address=True)
MEMORY = RecordType(
    "memory", _not_exported("what it shows again in Memories"), author_is_owner=None, only_if_present=True
)
GROUP = RecordType("group", IN_GROUP)
GROUP_COMMENT = RecordType("comment", IN_GROUP)
LISTING = RecordType(
    "listing", _public_by_rule("everybody can see a listing on Marketplace"), words=("title", "description")
)
VIEWED_LISTING = RecordType(
    "listing", LISTING.exposure, author_is_owner=None, only_if_present=True, words=LISTING.words
)
ABOUT_A_LISTING = RecordType("message", NOT_SHOWN, author_is_owner=None, only_if_present=True)
DATING = RecordType(
    "dating",
    Exposure.NETWORK.because("in Facebook Dating, which shows a profile to other people who use Dating"),
    Audience(None, "file"),
    only_if_present=True,
)
EVENT = RecordType("event", _not_exported("an event"), words=("name", "description"))
OTHERS_EVENT = RecordType(
    "event", EVENT.exposure, author_is_owner=None, only_if_present=True, words=EVENT.words
)
OTHER = RecordType("other", NOT_SHOWN, author_is_owner=None, only_if_present=True)

# The first pattern that the end of a record's path matches decides.
RECORD_TYPES = tuple(
    (re.compile(rf"(^|/){pattern}\.json$"), record_type)
    for pattern, record_type in (
        (r"posts/archive(_\d+)?", ARCHIVED),
        (r"posts/trash(_\d+)?", DELETED),
        (r"(posts|photos_and_videos)/album/[^/]+", ALBUM),
        (r"(posts|photos_and_videos)/((your_)?(uncategorized_photos|videos)|your_photos)(_\d+)?", UNSORTED),
        (r"posts/other_people[^/]*", BY_OTHERS),
        (r"posts/posts_on_other_[^/]*", ON_ANOTHERS_TIMELINE),
        (r"posts/(birthday_media|media_used_for_memories|shared_memories)(_\d+)?", MEMORY),
        (r"posts/(content_sharing_links|(your_)?[^/]*shared_album_invites|facebook_editor)[^/]*", OTHER),
        (r"posts/[^/]+", POST),
        (r"stories/[^/]+", STORY),
        (r"(reels|short_videos)/[^/]+", REEL),
        (r"groups/(?=[^/]*comments_in_groups)(?!your_posts_and_)[^/]*", GROUP_COMMENT),
        (r"groups/(?=[^/]*(posts|comments))[^/]*", GROUP),
        (r"comments[^/]*/(?=[^/]*comments)[^/]*", COMMENT),
        (r"(facebook_)?marketplace/([^/]+/){0,9}(items|(your_)?listings)[^/]*", LISTING),
        (r"(facebook_)?marketplace/([^/]+/){0,9}(conversations|your_structured)[^/]*", ABOUT_A_LISTING),
        (r"(facebook_)?marketplace/([^/]+/){0,9}[^/]+", VIEWED_LISTING),
        (r"(facebook_)?dating/(?:[^/]+/){0,9}[^/]+", DATING),
        (r"events/((your_)?events|events_you_hosted)(_\d+)?", EVENT),
        (r"events/[^/]+", OTHERS_EVENT),
        (r"other_activity/notes(_\d+)?", NOTE),
        (r"(profile_information|live_videos|pages|other_activity)/[^/]+", OTHER),
    )
)
GROUP_CHAT = re.compile(r"(^|/)groups/your_group_messages/[^/]+\.json$")
WITH_ADDRESSES = re.compile(r"(^|/)posts/(archive|trash|check-ins)(_\d+)?\.json$")
BY_ALBUM_CONTEXT = {"profile_photo": PROFILE, "cover_photo": COVER, "album": ALBUM}


def record_type_of(path: str) -> RecordType | None:
    """What a record file is about; None when it holds no media of anybody."""
    folded = fold(as_json_path(path))
    return next((record_type for pattern, record_type in RECORD_TYPES if pattern.search(folded)), None)


def has_addresses(path: str) -> bool:
    """Whether the records of this file carry ids and addresses that timeline posts lack."""
    return WITH_ADDRESSES.search(fold(path)) is not None


def is_group_chat(path: str) -> bool:
    """Whether this is a chat of a group, which any of its members could join."""
    return GROUP_CHAT.search(fold(path)) is not None


def made_elsewhere(destination: Destination) -> RecordType:
    """What stands among the owner's posts and was made where others decide who sees it."""
    if destination.kind == "group":
        how = "shared to" if destination.is_sure else "Facebook's own sentence about it names"
        return replace(GROUP, exposure=_unknown(f"{how} the Facebook group {destination.name}: {OF_A_GROUP}"))
    if destination.kind == "event":
        reason = f"shared to the Facebook event {destination.name}; who could see that is not exported"
        return replace(EVENT, exposure=_unknown(reason))
    reason = f"on the timeline of {destination.name}, who decides who can see it; that is not exported"
    return replace(ON_ANOTHERS_TIMELINE, exposure=_unknown(reason))


def _unknown(reason: str) -> ExposureAssessment:
    return Exposure.UNKNOWN.because(reason)
