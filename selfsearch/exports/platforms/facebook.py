"""Facebook's "Download your information" in JSON: every layout since 2018, pages, encrypted Messenger chats.

Facebook does not export who could see a post, and timeline records carry no address: what is said here is
what the kind of record implies (the trash, a group, a conversation) and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_names, folder_of
from .base import Account, Root
from .dates import parse_timestamp
from .meta import (
    ENCRYPTED_THREAD,
    THREAD,
    MediaReference,
    MetaPlatform,
    exif,
    exif_location,
    first_timestamp,
    is_encrypted_thread,
    labelled_text,
    media_in,
    outermost_roots,
    read_document,
    repaired,
    taken_at,
)
from .parsing import as_dict, as_list, as_number, as_point, as_text, as_url, distinct, first_text, load_words

TREES = (
    "your_facebook_activity",
    "your_activity_across_facebook",
    "this_profile's_activity_across_facebook",
    "this_profile_s_activity_across_facebook",  # as some unpackers write it
)
PROFILE_RECORDS = (
    "personal_information/profile_information/profile_information.json",
    "profile_information/profile_information.json",
)
POST_RECORDS = (
    "posts/your_posts_*.json",
    "posts/album/0.json",
    "photos_and_videos/album/0.json",
    "photos_and_videos/your_photos.json",
)
MEDIA_FOLDERS = ("messages/inbox", "posts/media", "photos_and_videos")  # all that one part may hold
MARKS = (
    {f"{folder}/": f"has the folder {folder}" for folder in TREES}
    | {record: f"has {record}" for record in (*PROFILE_RECORDS, *POST_RECORDS)}
    | {
        f"{folder}/": f"has the folder {folder} and Facebook's name for a download"
        for folder in MEDIA_FOLDERS
    }
)
INNER_FOLDERS = frozenset(
    (*TREES, "personal_information", "posts", "messages", "photos_and_videos", "profile_information")
)

PROFILE_PAGE = re.compile(r"https?://[^/]*facebook\.com/([\w.]+)/?")
FACEBOOK_PAGE = re.compile(r"https?://([^/]+\.)?facebook\.com/", re.IGNORECASE)
COORDINATES = re.compile(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")
TEXT_LABELS = ("Message", "Text", "Description", "Caption", "message", "text")
ALBUM_FOLDER = re.compile(r"(?:media|photos_and_videos)/(?P<album>[^/]+)_\d+/[^/]+$")
FOLDERS = {
    "messages": "message",
    "stories": "story",
    "groups": "group",
    "reels": "reel",
    "comments": "comment",
}


def _not_exported(what: str) -> ExposureAssessment:
    return Exposure.UNKNOWN.because(f"Facebook does not export who could see {what}")


def _public_by_rule(what: str) -> ExposureAssessment:
    return Exposure.PUBLIC.because(
        f"by Facebook's own rule, not by the export: {what} is public while it is in use"
    )


def _only_owner(where: str) -> ExposureAssessment:
    return Exposure.PRIVATE.because(f"{where}: only its owner sees it now")


IN_GROUP = Exposure.NETWORK.because(
    "posted in a Facebook group: its members could see it; everybody, if it is a public group (not exported)"
)
IN_FILE = Audience(None, "file")


@dataclass(frozen=True, slots=True)
class RecordType:
    """What the place of a record file says about the media in it."""

    context: str
    exposure: ExposureAssessment
    audience: Audience | None = None
    author_is_owner: bool | None = True
    on_profile: bool = False  # it is to be looked for on the owner's profile
    only_if_present: bool = False


POST = RecordType("post", _not_exported("a post"), on_profile=True)
UNSORTED = RecordType("other", _not_exported("a photo or video"), on_profile=True)
ALBUM = RecordType("album", _not_exported("an album"), on_profile=True)
PROFILE = RecordType("profile_photo", _public_by_rule("a profile picture"), on_profile=True)
COVER = RecordType("cover_photo", _public_by_rule("a cover photo"), on_profile=True)
BY_OTHERS = RecordType(
    "post", _not_exported("what others post on a profile"), author_is_owner=False, on_profile=True
)
STORY = RecordType(
    "story", _not_exported("a story; in the story archive only its owner sees it now"), on_profile=True
)
REEL = RecordType("reel", _not_exported("a reel"), on_profile=True)
COMMENT = RecordType(
    "comment", _not_exported("a comment: everybody who can see the post under which it stands")
)
ARCHIVED = RecordType("archived", _only_owner("in the archive"), IN_FILE)
DELETED = RecordType("deleted", _only_owner("in the trash"), IN_FILE)
GROUP = RecordType("group", IN_GROUP, IN_FILE)
GROUP_COMMENT = RecordType("comment", IN_GROUP, IN_FILE)
MESSAGE = RecordType(
    "message",
    Exposure.PRIVATE.because("in the messages folder: only the people in the conversation could see it"),
    Audience(None, "chat_type"),
)
OTHER = RecordType(
    "other",
    Exposure.UNKNOWN.because("the export does not say who could see it"),
    author_is_owner=None,
    only_if_present=True,
)

# The first pattern that the end of a record's path matches decides.
RECORD_TYPES = tuple(
    (re.compile(rf"(^|/){pattern}\.json$"), record_type)
    for pattern, record_type in (
        (r"posts/archive(_\d+)?", ARCHIVED),
        (r"posts/trash(_\d+)?", DELETED),
        (r"(posts|photos_and_videos)/album/[^/]+", ALBUM),
        (r"(posts|photos_and_videos)/((your_)?(uncategorized_photos|videos)|your_photos)(_\d+)?", UNSORTED),
        (r"posts/other_people[^/]*", BY_OTHERS),
        (r"posts/[^/]+", POST),
        (r"stories/[^/]+", STORY),
        (r"reels/[^/]+", REEL),
        (r"groups/(?=[^/]*comments_in_groups)[^/]*", GROUP_COMMENT),
        (r"groups/(?=[^/]*(posts|comments))[^/]*", GROUP),
        (r"comments[^/]*/(?=[^/]*comments)[^/]*", COMMENT),
        (r"[^/]*(marketplace|dating)/[^/]+", OTHER),
        (r"(profile_information|live_videos|events|pages|other_activity)/[^/]+", OTHER),
    )
)
WITH_ADDRESSES = re.compile(r"(^|/)posts/(archive|trash|check-ins|content_sharing_links[^/]*)(_\d+)?\.json$")
BY_ALBUM_CONTEXT = {"profile_photo": PROFILE, "cover_photo": COVER, "album": ALBUM}
BY_FOLDER_CONTEXT = {"message": MESSAGE, "group": GROUP, "profile_photo": PROFILE, "cover_photo": COVER}


def record_type_of(path: str) -> RecordType | None:
    """What a record file is about; None when it holds no media of anybody."""
    folded = fold(path)
    return next((record_type for pattern, record_type in RECORD_TYPES if pattern.search(folded)), None)


def has_addresses(path: str) -> bool:
    """Whether the records of this file carry ids and addresses that timeline posts lack."""
    return WITH_ADDRESSES.search(fold(path)) is not None


class Facebook(MetaPlatform):
    """A download of Facebook, or of Messenger's encrypted chats."""

    name = "facebook"
    title = "Facebook"

    def __init__(self, export: Export) -> None:
        super().__init__(export)
        self._posts_at: dict[float, set[tuple[str | None, str | None]]] = {}  # second -> (address, id)

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The activity folder, a file that only Facebook writes, or the download of encrypted chats."""
        reasons = paths.find_marks(MARKS)
        beside_media = set(paths.prefixes_with_folder("media"))
        for path in paths.paths if beside_media else ():
            if folder_of(path) in beside_media and ENCRYPTED_THREAD.fullmatch(file_name(path)):
                reasons.setdefault(folder_of(path), "has conversations of Messenger's encrypted chats")
        return outermost_roots(reasons, INNER_FOLDERS)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Folder names such as posts/media are anybody's: the download's name or a record decides."""
        if cls.part_key(export.name) or any(fold(path).startswith(TREES) for path in export.members):
            return True
        reader = cls(export)
        if any(export.matching(record) for record in POST_RECORDS) or reader._profile:
            return True
        return any(is_encrypted_thread(export, path) for path in reader._encrypted_threads[:3])

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Stickers are Facebook's drawings."""
        return "a sticker from a conversation" if "/stickers_used/" in f"/{fold(path)}" else None

    @cached_property
    def account(self) -> Account:
        """From the profile record, else from the download's name."""
        page = PROFILE_PAGE.fullmatch(as_text(self._profile.get("profile_uri")) or "")
        handle = page[1] if page and page[1] not in ("profile.php", "people") else None
        name = self._profile.get("name")
        display_name = as_text(name.get("full_name") if isinstance(name, dict) else name)
        user, date = self.download(self.export.name) or (None, None)
        return Account(as_text(self._profile.get("username")) or handle or user, display_name, date)

    @cached_property
    def _profile(self) -> Mapping[str, Any]:
        documents = [
            as_dict(read_document(self.export, path))
            for path in self.export.with_name("profile_information.json")
        ]
        profiles = (as_dict(document.get(key)) for document in documents for key in ("profile_v2", "profile"))
        return as_dict(repaired(next(filter(None, profiles), {})))

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """Of today and of earlier."""
        previous = (as_dict(entry).get("name") for entry in as_list(self._profile.get("previous_names")))
        return frozenset(distinct([self.account.display_name, *map(as_text, previous)]))

    @property
    def _encrypted_threads(self) -> list[str]:
        return [path for path in self.export.members if ENCRYPTED_THREAD.fullmatch(path)]

    def references(self) -> Iterator[MediaReference]:
        """Posts, albums, stories, reels, groups, comments, the archive and the trash; then conversations."""
        self._posts_at.clear()
        for path in sorted(self.record_paths, key=lambda path: not has_addresses(path)):
            if THREAD.search(path):
                yield from self.thread_references(path)
            elif (record_type := record_type_of(path)) is ALBUM:
                yield from self._album_references(path)
            elif record_type:
                yield from self._record_references(path, record_type)
        for path in self._encrypted_threads:
            if is_encrypted_thread(self.export, path):
                yield from self.encrypted_thread_references(path)

    def infer(self, path: str) -> Provenance:
        """The folder says whether it is a message, a story, a group's, or a picture of an album."""
        context, album = context_of(path)
        exposure = Exposure.UNKNOWN.because(
            "no record names this file, and Facebook does not export who could see it"
        )
        record_type = BY_FOLDER_CONTEXT.get(context) or replace(OTHER, context=context, exposure=exposure)
        return self._provenance(replace(record_type, author_is_owner=None), album=album)

    def _provenance(self, record_type: RecordType, **fields: Any) -> Provenance:
        return Provenance(
            self.name,
            self.account.name,
            record_type.context,
            audience=record_type.audience,
            exposure=record_type.exposure,
            author_is_owner=record_type.author_is_owner,
            **fields,
        )

    def _album_references(self, path: str) -> Iterator[MediaReference]:
        """One album: a document whose name decides whether it holds the profile pictures."""
        document = repaired(as_dict(read_document(self.export, path)))
        name = as_text(document.get("name"))
        record_type = BY_ALBUM_CONTEXT[album_context(name)]
        listed = [document.get("photos"), document.get("cover_photo")]
        uris: set[str] = set()
        for photo in listed if document else self.export.each(path, "photos"):
            for media in media_in(repaired(photo)):
                if media["uri"] not in uris:
                    uris.add(media["uri"])
                    yield self._reference(path, record_type, {}, media, album=name)

    def _record_references(self, path: str, record_type: RecordType) -> Iterator[MediaReference]:
        """A file of records that hold their media anywhere within."""
        has_links = has_addresses(path)
        for record in self.records(path):
            if has_links:
                self._remember_address(record)
            for media in media_in(record):
                yield self._reference(path, record_type, record, media)

    def _reference(
        self,
        path: str,
        record_type: RecordType,
        record: dict[str, Any],
        media: dict[str, Any],
        album: str | None = None,
    ) -> MediaReference:
        link, post_id = self._permalink(record, media, on_profile=record_type.on_profile)
        camera = exif(media)
        comments = (as_dict(as_dict(part).get("comment")) for part in as_list(record.get("data")))
        comment: Mapping[str, Any] = next(filter(None, comments), {})
        album = album or as_text(comment.get("group")) or album_of(media)
        owner = self.account.display_name or self.account.name
        place, location = place_of(record)
        provenance = self._provenance(
            record_type,
            caption=caption(record, media, album),
            posted=first_timestamp(record, "timestamp") or first_timestamp(media, "creation_timestamp"),
            taken=taken_at(camera) or backdated(record),
            link=link,
            album=album,
            location=exif_location(camera) or location,
            place=place,
            people=distinct(as_text(as_dict(tag).get("name") or tag) for tag in as_list(record.get("tags"))),
            author=as_text(comment.get("author")) or (owner if record_type.author_is_owner else None),
            post_id=post_id,
        )
        return MediaReference(media["uri"], path, provenance, record_type.only_if_present)

    def _remember_address(self, record: dict[str, Any]) -> None:
        """Keep a record's address and id for the post that was made in the same second."""
        second = as_number(record.get("timestamp"))
        address, post_id = labelled_link(record), as_text(record.get("fbid"))
        if second and (address or post_id):
            self._posts_at.setdefault(second, set()).add((address, post_id))

    def _permalink(
        self, record: dict[str, Any], media: dict[str, Any], *, on_profile: bool
    ) -> tuple[Link | None, str | None]:
        """The link and the post's id: timeline records have none, so they borrow those of their second.

        `on_profile`: the profile page will do when nothing better is known.
        """
        url, post_id = labelled_link(record), as_text(record.get("fbid"))
        if not url and not post_id and on_profile:
            posts = self._posts_at.get(as_number(record.get("timestamp")) or 0, set())
            url, post_id = next(iter(posts)) if len(posts) == 1 else (None, None)
        if url:
            return Link(url, "exact"), post_id
        photo_id, profile_url = first_text(media, "id", "fbid"), as_text(self._profile.get("profile_uri"))
        if photo_id and photo_id.isdecimal():
            return Link(f"https://www.facebook.com/photo/?fbid={photo_id}", "constructed"), post_id
        if post_id and post_id.isdecimal() and profile_url and self.account.name:
            user = self.account.name
            return Link(f"https://www.facebook.com/{user}/posts/{post_id}", "constructed"), post_id
        return Link.of(as_url(profile_url) if on_profile else None, "profile"), post_id


def caption(record: dict[str, Any], media: dict[str, Any], album: str | None) -> str | None:
    """The owner's own words: the post's, then what the picture has of its own.

    A record's `title` is Facebook's sentence ("Ana added a photo"), no caption.
    """
    text = next(_texts(record), None) if record is not media else None
    description, title = as_text(media.get("description")), as_text(media.get("title"))
    if text and description and description not in text:
        return f"{text}\n{description}"
    return text or description or (title if title != album else None)


def _texts(record: dict[str, Any]) -> Iterator[str]:
    for part in map(as_dict, (*as_list(record.get("data")), *_attached(record))):
        text = first_text(part, "post", "text") or as_text(as_dict(part.get("comment")).get("comment"))
        if text:
            yield text
    if text := labelled_text(record, *TEXT_LABELS):
        yield text


def _attached(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attachment in as_list(record.get("attachments")):
        for part in as_list(as_dict(attachment).get("data")):
            if isinstance(part, dict):
                yield part


def backdated(record: dict[str, Any]) -> Timestamp | None:
    """The date that the owner gave a post stands for the capture when the camera's is not known."""
    parts = record.get("data")
    times = (as_dict(part).get("backdated_timestamp") for part in parts) if isinstance(parts, list) else ()
    return Timestamp.of(next(filter(None, map(parse_timestamp, times)), None), "backdated_timestamp")


def place_of(record: dict[str, Any]) -> tuple[str | None, Location | None]:
    """The place that was attached to a post. Labels are localised: coordinates are known by their form."""
    for attached in _attached(record):
        if place := as_dict(attached.get("place")):
            spot = as_dict(place.get("coordinate"))
            point = as_point(spot.get("latitude"), spot.get("longitude"))
            return as_text(place.get("name")), Location.of(point, "place")
    for entry in map(as_dict, as_list(record.get("label_values"))):
        inner = [as_dict(part) for part in as_list(entry.get("dict"))]
        for part in (entry, *inner):
            if match := COORDINATES.fullmatch(as_text(part.get("value")) or ""):  # "(38.71 , -9.14)"
                names = (as_text(part.get("value")) for part in inner if part.get("label") == "Name")
                return next(names, None), Location.of(as_point(match[1], match[2]), "label_values")
    return None, None


def labelled_link(record: dict[str, Any]) -> str | None:
    """A record's own address on Facebook."""
    entries = map(as_dict, as_list(record.get("label_values")))
    urls = (as_url(entry.get(field)) for entry in entries for field in ("href", "value"))
    return next((url for url in urls if url and FACEBOOK_PAGE.match(url)), None)


@lru_cache(maxsize=1024)
def squeezed(text: str) -> str:
    """An album's name as Facebook writes it in a folder's: only letters and digits."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


@cache
def _album_contexts() -> dict[str, str]:
    return {
        squeezed(name): context
        for context in ("profile_photo", "cover_photo")
        for name in load_words("facebook", context)
    }


def album_context(name: str | None) -> str:
    """profile_photo, cover_photo, or album for any other."""
    return _album_contexts().get(squeezed(name or ""), "album")


def album_of(media: dict[str, Any]) -> str | None:
    """The album that a media record's title names: only when the folder carries the same name."""
    title, match = as_text(media.get("title")), ALBUM_FOLDER.search(str(media.get("uri")))
    return title if title and match and squeezed(title) == squeezed(match["album"]) else None


def context_of(path: str) -> tuple[str, str | None]:
    """(context, album) as far as the path of a file says."""
    for folder in folder_names(path):
        if folder in FOLDERS:
            return FOLDERS[folder], None
    match = ALBUM_FOLDER.search(path)
    album = match["album"] if match else None
    if album and album_context(album) != "album":
        return album_context(album), album
    if "/posts/" in f"/{fold(path)}":
        return "post", album
    return ("album" if album else "other"), album
