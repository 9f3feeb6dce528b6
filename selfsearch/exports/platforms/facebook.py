"""Facebook's "Download your information" in JSON: every layout since 2018, pages, encrypted Messenger chats.

Facebook does not export who could see a post, and timeline records carry no address: what is said here is
what the kind of record implies (Marketplace, Dating, a conversation) and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from ...types import Exposure, Link, Provenance
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_names, folder_of, outermost_named
from .base import Account, Root
from .facebook_fields import (
    CREATED,
    album_context,
    album_folder,
    album_of,
    audience_of,
    backdated,
    caption,
    comment_of,
    destination,
    labelled_link,
    place_of,
)
from .facebook_record_types import (
    ALBUM,
    BY_ALBUM_CONTEXT,
    COMMENT,
    COVER,
    DATING,
    GROUP,
    GROUP_COMMENT,
    IN_GROUP_CHAT,
    LISTING,
    POST,
    PROFILE,
    RecordType,
    has_addresses,
    is_group_chat,
    made_elsewhere,
    record_type_of,
)
from .meta import (
    ENCRYPTED_THREAD,
    FACEBOOK_TREES,
    INSTAGRAM_TREE,
    THREAD,
    MediaReference,
    MetaPlatform,
    conversation_exposure,
    is_encrypted_thread,
    outermost_roots,
)
from .meta_blocks import page_title
from .meta_pages import is_page, page_profile, shows_media
from .meta_records import exif, exif_location, first_timestamp, media_in, read_document, repaired, taken_at
from .parsing import as_dict, as_list, as_number, as_text, as_url, distinct, first_text

PROFILE_RECORDS = (
    "personal_information/profile_information/profile_information.json",
    "profile_information/profile_information.json",
)
POST_RECORDS = (
    "posts/your_posts_*.json",
    "posts/your_posts.json",
    "posts/album/0.json",
    "photos_and_videos/album/0.json",
    "photos_and_videos/your_photos.json",
)
POST_PAGES = (
    "posts/your_posts_*.html",
    "posts/album/0.html",
    "photos_and_videos/album/0.html",
    "photos_and_videos/your_photos.html",
)
MEDIA_FOLDERS = ("messages/inbox", "posts/media", "photos_and_videos")  # all that one part may hold
MARKS = (
    {f"{folder}/": f"has the folder {folder}" for folder in FACEBOOK_TREES}
    | {record: f"has {record}" for record in (*PROFILE_RECORDS, *POST_RECORDS, *POST_PAGES)}
    | {
        f"{folder}/": f"has the folder {folder} and Facebook's name for a download"
        for folder in MEDIA_FOLDERS
    }
)
INNER_FOLDERS = frozenset(
    (*FACEBOOK_TREES, "personal_information", "posts", "messages", "photos_and_videos", "profile_information")
)

PROFILE_PAGE = re.compile(r"https?://[^/]*facebook\.com/([\w.]+)/?")
GROUP_RECORDS = ("your_group_membership_activity.json", "your_groups.json")
DATING_FOLDERS = ("dating", "facebook_dating")
POST_FOLDERS = ("posts", "photos_and_videos")  # below them folders are albums, with any name
FOLDERS = {
    "messages": "message",
    "stories": "story",
    "groups": "group",
    "reels": "reel",
    "short_videos": "reel",
    "comments": "comment",
    "events": "event",
    "marketplace": "listing",
    "facebook_marketplace": "listing",
    **dict.fromkeys(DATING_FOLDERS, "dating"),
}
BY_FOLDER_CONTEXT = {
    "group": GROUP,
    "listing": LISTING,
    "dating": DATING,
    "profile_photo": PROFILE,
    "cover_photo": COVER,
}


@dataclass(frozen=True, slots=True)
class Posting:
    """What is known of all media of one record."""

    record_type: RecordType
    album: str | None = None  # the group's name where the record has one
    beside: tuple[str, ...] = ()  # other records that say it


class Facebook(MetaPlatform):
    """A download of Facebook, or of Messenger's encrypted chats."""

    name = "facebook"
    title = "Facebook"

    def __init__(self, export: Export) -> None:
        super().__init__(export)
        # (second, picture) -> (address, id) -> the record that has them
        self._addresses: dict[tuple[float, str], dict[tuple[str | None, str | None], str]] = {}

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The activity folder, a file that only Facebook writes, or the download of encrypted chats."""
        reasons = paths.find_marks(MARKS)
        beside_media = set(paths.prefixes_with_folder("media"))
        for path in paths.paths if beside_media else ():
            if folder_of(path) in beside_media and ENCRYPTED_THREAD.fullmatch(file_name(path)):
                reasons.setdefault(folder_of(path), "has conversations of Messenger's encrypted chats")
        roots: list[Root] = []
        with_instagram = set(paths.prefixes_with_folder(INSTAGRAM_TREE))
        for root in outermost_roots(reasons, INNER_FOLDERS):
            own = _trees_below(root.prefix, paths) if root.prefix in with_instagram else []
            roots += [Root(prefix, root.why) for prefix in own] or [root]
        return roots

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Folder names such as posts/media are anybody's: the download's name or a record decides."""
        if cls.part_key(export.name) or any(fold(path).startswith(FACEBOOK_TREES) for path in export.members):
            return True
        reader = cls(export)
        if any(export.matching(record) for record in POST_RECORDS) or reader._profile:
            return True
        if any(shows_media(export, path) for page in POST_PAGES for path in export.matching(page)):
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
        pages = map(partial(page_profile, self.export), self.export.with_name("profile_information.html"))
        return as_dict(repaired(next(filter(None, profiles), None)) or next(filter(None, pages), {}))

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """Of today and of earlier."""
        previous = (as_dict(entry).get("name") for entry in as_list(self._profile.get("previous_names")))
        return frozenset(distinct([self.account.display_name, *map(as_text, previous)]))

    @property
    def _encrypted_threads(self) -> list[str]:
        return [path for path in self.export.members if ENCRYPTED_THREAD.fullmatch(path)]

    @cached_property
    def _groups(self) -> dict[str, str]:
        """Names of groups that the owner was in -> the record that has them."""
        groups: dict[str, str] = {}
        for path in (path for record in GROUP_RECORDS for path in self.export.with_name(record)):
            for record in self.records(path):
                entries = (record, *map(as_dict, as_list(record.get("data"))))
                groups |= {name: path for entry in entries if (name := as_text(entry.get("name")))}
        return groups

    @cached_property
    def _group_names(self) -> frozenset[str]:
        return frozenset(self._groups)

    def references(self) -> Iterator[MediaReference]:
        """Posts, albums, stories, reels, groups, comments, the archive and the trash; then conversations."""
        self._addresses.clear()
        for path in sorted(self.record_paths, key=lambda path: (is_page(path), not has_addresses(path))):
            if THREAD.search(path):
                yield from self.thread_references(path)
            elif is_group_chat(path):
                yield from self.thread_references(path, IN_GROUP_CHAT)
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
        if context == "message":
            exposure = conversation_exposure(path)
        elif context == "dating":
            exposure = DATING.exposure.on(outermost_named(folder_of(path), is_dating) or "")
        elif record_type := BY_FOLDER_CONTEXT.get(context):
            exposure = record_type.exposure
        else:
            exposure = Exposure.UNKNOWN.because(
                "no record in the export names this file, and Facebook does not export who could see it"
            )
        audience = DATING.audience if context == "dating" else None
        return Provenance(
            self.name, self.account.name, context, exposure=exposure, audience=audience, album=album
        )

    def _album_references(self, path: str) -> Iterator[MediaReference]:
        """One album: a document whose name decides whether it holds the profile pictures."""
        document = repaired(as_dict(read_document(self.export, path)))
        name = page_title(self.export, path) if is_page(path) else as_text(document.get("name"))
        posting = Posting(BY_ALBUM_CONTEXT[album_context(name)], name)
        listed = [document.get("photos"), document.get("cover_photo")]
        if is_page(path):
            photos: Iterable[Any] = self.records(path)
        else:
            photos = map(repaired, listed if document else self.export.each(path, "photos"))
        uris: set[str] = set()
        for photo in photos:
            for media in media_in(photo):
                if media["uri"] not in uris:
                    uris.add(media["uri"])
                    yield self._reference(path, posting, photo if is_page(path) else {}, media)

    def _record_references(self, path: str, record_type: RecordType) -> Iterator[MediaReference]:
        """A file of records that hold their media anywhere within."""
        lends_addresses = has_addresses(path)
        for record in self.records(path):
            pictures = list(media_in(record))
            if lends_addresses:
                self._remember_address(path, record, pictures)
            if pictures:
                posting = self._posting(record_type, record)
                yield from (self._reference(path, posting, record, media) for media in pictures)

    def _posting(self, record_type: RecordType, record: Mapping[str, Any]) -> Posting:
        """Where a record's pictures were posted: some of the owner's posts were made elsewhere."""
        group = as_text(comment_of(record).get("group"))
        if record_type is COMMENT and group:
            return Posting(GROUP_COMMENT, group)
        if record_type not in (POST, GROUP):
            return Posting(record_type, group)
        goes_to = destination(as_text(record.get("title")), self._group_names)
        if not goes_to:
            return Posting(record_type, group)
        if goes_to.kind == "timeline" and goes_to.name in self.owner_names:
            return Posting(record_type, group)
        known = self._groups.get(goes_to.name) if goes_to.kind == "group" else None
        album = goes_to.name if goes_to.kind == "group" else group
        return Posting(
            record_type if record_type is GROUP else made_elsewhere(goes_to),
            album,
            (known,) if known else (),
        )

    def _reference(
        self, path: str, posting: Posting, record: Mapping[str, Any], media: dict[str, Any]
    ) -> MediaReference:
        record_type = posting.record_type
        link, post_id, lender = self._permalink(record, media, record_type)
        camera = exif(media)
        album = posting.album or album_of(media)
        owner = self.account.display_name or self.account.name
        place, location = place_of(record)
        said = audience_of(record)
        provenance = Provenance(
            self.name,
            self.account.name,
            record_type.context,
            caption=caption(record, media, album, record_type.words),
            posted=first_timestamp(record, *CREATED) or first_timestamp(media, "creation_timestamp"),
            taken=taken_at(camera) or backdated(record),
            link=link,
            audience=said[0] if said else record_type.audience,
            exposure=said[1] if said else record_type.exposure,
            album=album,
            location=exif_location(camera) or location,
            place=place,
            people=distinct(as_text(as_dict(tag).get("name") or tag) for tag in as_list(record.get("tags"))),
            author=as_text(comment_of(record).get("author"))
            or (owner if record_type.author_is_owner else None),
            author_is_owner=record_type.author_is_owner,
            post_id=post_id,
            records=distinct((lender, *posting.beside)),
        )
        return MediaReference(media["uri"], path, _seen(provenance, path, media), record_type.only_if_present)

    def _remember_address(
        self, path: str, record: Mapping[str, Any], pictures: Iterable[Mapping[str, Any]]
    ) -> None:
        """Keep a record's address and id for a post of the same second with the same picture."""
        second = as_number(record.get("timestamp"))
        address, post_id = labelled_link(record, any_label=True), as_text(record.get("fbid"))
        if second and (address or post_id):
            for media in pictures:
                self._addresses.setdefault((second, fold(media["uri"])), {})[address, post_id] = path

    def _permalink(
        self, record: Mapping[str, Any], media: Mapping[str, Any], record_type: RecordType
    ) -> tuple[Link | None, str | None, str | None]:
        """The link, the post's id, and the record that lent them: timeline records have none of their own."""
        url = labelled_link(record, any_label=record_type.has_address)
        post_id = as_text(record.get("fbid"))
        lender = None
        if not url and not post_id and record_type.on_profile:
            second = as_number(record.get("timestamp")) or 0
            candidates = self._addresses.get((second, fold(media["uri"])), {})
            if len(candidates) == 1:
                ((url, post_id), lender) = next(iter(candidates.items()))
        return self._link(url, post_id, media, record_type), post_id, lender

    def _link(
        self, url: str | None, post_id: str | None, media: Mapping[str, Any], record_type: RecordType
    ) -> Link | None:
        """The best address there is: of the post, of the picture, put together, or of the owner's profile."""
        if url:
            return Link(url, "exact")
        photo_id, profile_url = first_text(media, "id", "fbid"), as_text(self._profile.get("profile_uri"))
        if photo_id and photo_id.isdecimal():
            return Link(f"https://www.facebook.com/photo/?fbid={photo_id}", "constructed")
        is_post = bool(post_id and post_id.isdecimal()) and record_type.has_address
        if is_post and profile_url and self.account.name:
            return Link(f"https://www.facebook.com/{self.account.name}/posts/{post_id}", "constructed")
        return Link.of(as_url(profile_url) if record_type.on_profile else None, "profile")


def _seen(provenance: Provenance, path: str, media: Mapping[str, Any]) -> Provenance:
    """With what the record at `path` and the folder of the picture's album show of its exposure."""
    exposure = provenance.exposure
    if exposure.level is Exposure.UNKNOWN:
        by_album = BY_ALBUM_CONTEXT[album_context(album_folder(media["uri"]))]
        if by_album is not ALBUM:
            is_open = provenance.context in ("post", "other")  # else it stays said what became of it
            context = by_album.context if is_open else provenance.context
            return replace(provenance, context=context, exposure=by_album.exposure)
    elif exposure.level is not Exposure.PUBLIC:
        exposure = exposure.on(path)
    return replace(provenance, exposure=exposure)


def is_dating(folder: str) -> bool:
    """Whether this is the name of the folder of Facebook Dating."""
    return fold(folder) in DATING_FOLDERS


def context_of(path: str) -> tuple[str, str | None]:
    """(context, album) as far as the path of a file says."""
    for folder in folder_names(path):
        if folder in POST_FOLDERS:
            break
        if folder in FOLDERS:
            return FOLDERS[folder], None
    album = album_folder(path)
    if album and album_context(album) != "album":
        return album_context(album), album
    if "/posts/" in f"/{fold(path)}":
        return "post", album
    return ("album" if album else "other"), album


def _trees_below(prefix: str, paths: PathIndex) -> list[str]:
    """Facebook's own folders right below `prefix`, where another platform's download lies, too."""
    below = (folder[len(prefix) :] for folder in paths.folders_with_files() if folder.startswith(prefix))
    names = dict.fromkeys(folder.partition("/")[0] for folder in below)
    return [f"{prefix}{name}/" for name in names if fold(name) in FACEBOOK_TREES]
