"""Instagram's "Download your information" in JSON, every layout; Threads posts travel inside it.

Instagram exports no audience. The account's setting and its history stand in (instagram_privacy.py), and what
was counted of a post (instagram_insights.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export, natural_key
from ..path_index import PathIndex, file_name, fold, folder_names, folder_of
from .base import Account, Mention, Root
from .dates import day_of, parse_iso
from .instagram_insights import INSIGHTS, REACH, Insight, Insights, opened_to_strangers
from .instagram_privacy import (
    AccountPrivacy,
    fields_of,
    labelled,
    read_changes,
    setting_in,
)
from .instagram_record_types import (
    BY_CONTEXT,
    INSTANT,
    OLD_KEYS,
    WITHDRAWN,
    context_of_file,
    context_of_record,
    lists_posts_again,
)
from .meta import (
    FACEBOOK_TREES,
    IN_CONVERSATION,
    IN_GROUP_MESSAGE,
    INSTAGRAM_TREE,
    THREAD,
    MediaReference,
    MetaPlatform,
    conversation_exposure,
    outermost_roots,
)
from .meta_pages import page_fields, shows_media
from .meta_records import (
    exif,
    exif_location,
    first_timestamp,
    labelled_text,
    media_in,
    read_document,
    repaired,
    taken_at,
)
from .parsing import as_dict, as_list, as_text, as_url, distinct, is_same

RECORDS = (
    "content/posts_*.json",
    "connections/followers_and_following/followers_*.json",
    "followers_and_following/followers*.json",
)
COMMON_NAMES = ("content/stories.json", "content/reels.json", "content/profile_photos.json", "media.json")
PAGES = ("content/posts_*.html", "content/stories.html", "followers_and_following/followers*.html")
MEDIA_FOLDERS = (  # all that a part may hold
    *(f"{folder}/{kind}" for folder in ("media", "public-media") for kind in ("posts", "stories", "reels")),
    "messages/inbox",
)
MARKS = (
    {f"{INSTAGRAM_TREE}/": f"has the folder {INSTAGRAM_TREE}"}
    | {record: f"has {record}" for record in (*RECORDS, *COMMON_NAMES, *PAGES)}
    | {f"{folder}/": f"has the folder {folder}" for folder in MEDIA_FOLDERS}
)
INNER_FOLDERS = frozenset(
    (
        INSTAGRAM_TREE, "connections", "content", "media", "public-media", "messages", "personal_information",
        *FACEBOOK_TREES,  # where both were unpacked into one folder; Facebook's reader takes these
    )
)  # fmt: skip
PRIVACY_CHANGES = ("account_privacy_changes", "profile_privacy_changes")  # until 2023, and since
THREADS_PROFILE = "text_post_app_text_post_app_profile"
CAPTION_LABELS = ("Caption", "Title", "Légende")
COUNTED = ("post", "reel", "igtv", "archived", "deleted")  # of which there may be insights
OLD_DOWNLOAD_NAME = re.compile(
    r"(?P<user>[\w.]{1,30})_(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_part_\d+(\.\w+)?$"
)
LOOSE_NAME = re.compile(r"(?P<user>[\w.]{1,30})_(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")  # in 2022

PROFILE_PAGES = {
    **dict.fromkeys(("post", "story", "reel", "igtv", "profile_photo"), "https://www.instagram.com/{}/"),
    "threads": "https://www.threads.net/@{}",
}

STORY_LISTS = {"close_friends": "close friends", "hide_story_from": "people who see no stories"}


class Instagram(MetaPlatform):
    """A download of Instagram."""

    name = "instagram"
    title = "Instagram"

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The activity folder, a file that only Instagram writes, or folders that need `confirm`."""
        return outermost_roots(paths.find_marks(MARKS), INNER_FOLDERS)

    @classmethod
    def download(cls, container: str) -> tuple[str, str] | None:
        """Or, until 2021, "ana.example_20210501_part_1"."""
        match = OLD_DOWNLOAD_NAME.match(container)
        day = day_of(match)
        return super().download(container) or ((match["user"], day) if match and day else None)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """media.json and messages/inbox are anybody's names: a record or the download's name decides."""
        if cls.part_key(export.name) or any(fold(path).startswith(INSTAGRAM_TREE) for path in export.members):
            return True
        reader = cls(export)
        if any(export.matching(record) for record in RECORDS) or reader.account.name:
            return True
        if any(reader._is_record(path) for name in COMMON_NAMES for path in export.matching(name)):
            return True
        return any(shows_media(export, path) for name in PAGES for path in export.matching(name))

    def _is_record(self, path: str) -> bool:
        """Whether a file of a common name begins as Instagram's do."""
        if file_name(path).lower() == "media.json":
            return self._is_old_media(path)
        opening = (key for key, event, _ in self.export.events(path) if event in ("start_array", "start_map"))
        return next(filter(None, opening), "").startswith("ig_")

    @cached_property
    def account(self) -> Account:
        """From the profile record, else from the download's name."""
        return Account(
            self._profile_text("username") or self._named[0],
            self._profile_text("name"),
            exported_at=self._named[1],
            periods=self.privacy.periods,
        )

    @cached_property
    def _named(self) -> tuple[str | None, str | None]:
        """The user and the day in the download's name."""
        match = LOOSE_NAME.fullmatch(self.export.name)
        loosely = (match["user"], day_of(match)) if match else (None, None)
        return self.download(self.export.name) or loosely

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """The user's name and the person's."""
        return frozenset(distinct((self.account.name, self.account.display_name)))

    @cached_property
    def privacy(self) -> AccountPrivacy:
        """The account's privacy setting and its history."""
        setting = setting_in(self._profile, self._profile_path or "")
        exported_at = self._named[1]
        history = (path for name in PRIVACY_CHANGES for path in self.records_named(name))
        changes = read_changes(self._entries(history), self.export.note)
        reach = (path for path in self.record_paths if REACH.search(fold(path)))
        opened = opened_to_strangers(self._entries(reach), exported_at)
        return AccountPrivacy("Instagram", setting, changes, exported_at, opened)

    def _entries(self, paths: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return ((path, entry) for path in paths for entry in self.records(path))

    @cached_property
    def threads_privacy(self) -> AccountPrivacy:
        """The setting of the Threads profile, which has no history."""
        path, fields = self._profile_in(THREADS_PROFILE)
        return AccountPrivacy("Threads", setting_in(fields, path or ""), exported_at=self._named[1])

    @cached_property
    def _found_profile(self) -> tuple[str | None, Mapping[str, Any]]:
        path, fields = self._profile_in("profile_user")
        return (path, fields) if path else self._old_profile()

    @property
    def _profile_path(self) -> str | None:
        return self._found_profile[0]

    @property
    def _profile(self) -> Mapping[str, Any]:
        """Label -> value."""
        return self._found_profile[1]

    def _profile_in(self, envelope: str) -> tuple[str | None, Mapping[str, Any]]:
        for path in self.export.with_name("personal_information.json"):
            if fields := fields_of(repaired(read_document(self.export, path)), envelope):
                return path, fields
        for path in self.export.with_name("personal_information.html"):
            is_of_threads = "threads" in folder_names(path)
            if is_of_threads is (envelope == THREADS_PROFILE) and (fields := page_fields(self.export, path)):
                return path, fields
        return None, {}

    def _old_profile(self) -> tuple[str | None, Mapping[str, Any]]:
        """Until 2021, when the fields had names and not labels."""
        for path in self.export.with_name("profile.json"):
            document = as_dict(repaired(read_document(self.export, path)))
            if "username" in document:
                return path, document
        return None, {}

    def _profile_text(self, field: str) -> str | None:
        label = labelled(self._profile, field)
        return as_text(self._profile.get(label)) if label else None

    @cached_property
    def insights(self) -> Insights:
        """How many accounts saw the posts, where the download says so."""
        insights = Insights()
        for path in self.record_paths:
            if INSIGHTS.search(fold(path)):
                for entry in self.records(path):
                    insights.add(entry, path)
        return insights

    @cached_property
    def _story_lists(self) -> Mapping[str, str]:
        """The lists of who sees more stories, or none: record -> what it holds."""
        found = ((path, what) for name, what in STORY_LISTS.items() for path in self.records_named(name))
        return {path: f"{file_name(path)} lists {what}" for path, what in found if any(self.records(path))}

    def mentions(self) -> Iterator[Mention]:
        """What the records say, of the second copy in public-media/, too."""
        for mention in super().mentions():
            path = mention.path or ""
            copy = self.export.find(f"public-{path}") if path.startswith("media/") else None
            if copy is None or path in self.export.members:
                yield mention
            if copy:
                yield Mention(copy, mention.provenance)

    def references(self) -> Iterator[MediaReference]:
        """Posts, stories, reels, archive, what was deleted, Threads posts, conversations; profile photos."""
        profile_photos: list[MediaReference] = []
        paths = sorted(self.record_paths, key=lists_posts_again)
        listed: set[str] | None = set() if paths and lists_posts_again(paths[-1]) else None
        for path in paths:
            context = context_of_record(path)
            if THREAD.search(path):
                yield from self.thread_references(path)
            elif context == "profile_photo":
                profile_photos += self._record_references(path, context)
            elif context == "post":
                yield from _unlisted(self._record_references(path, context), listed, path)
            elif context:
                yield from self._record_references(path, context)
            else:
                yield from self._old_references(path)
        yield from _each_once(profile_photos)

    def _record_references(self, path: str, context: str) -> Iterator[MediaReference]:
        for record in self.records(path):
            pictures = list(media_in(record))
            insight = self._insight_of(record, pictures) if context in COUNTED else None
            for media in pictures:
                provenance = self._post_provenance(record, media, context, path)
                if insight:
                    provenance = insight.added_to(provenance)
                yield MediaReference(media["uri"], path, provenance, context == "other")

    def _insight_of(self, record: dict[str, Any], pictures: list[dict[str, Any]]) -> Insight | None:
        times = [part.get("creation_timestamp") for part in (record, *pictures)]
        return self.insights.of((media["uri"] for media in pictures), times)

    def infer(self, path: str) -> Provenance:
        """The folder says what kind of item a file was that no record names."""
        provenance = self._provenance(context_of_file(path), folder_of(path))
        in_messages = "messages" in folder_names(path)
        return replace(provenance, exposure=conversation_exposure(path)) if in_messages else provenance

    def _provenance(
        self, context: str, where: str, posted: Timestamp | None = None, **fields: Any
    ) -> Provenance:
        """Own posts have no address in the export: the profile is as near as it gets.

        `where`: the record or the folder that says what kind of item it is.
        """
        user, page = self.account.name, PROFILE_PAGES.get(context)
        exposure, audience = self._exposure(context, where, posted and posted.at)
        in_threads = context == "threads"
        return Provenance(
            "threads" if in_threads else self.name,
            user,
            "post" if in_threads else context,
            posted=posted,
            link=Link(page.format(user), "profile") if user and page else None,
            audience=audience,
            exposure=exposure,
            **fields,
        )

    def _exposure(
        self, context: str, where: str, posted_at: str | None
    ) -> tuple[ExposureAssessment, Audience | None]:
        """Who could see an item of the owner's, and the audience that this is known from."""
        if context == "message":
            return IN_CONVERSATION, Audience(None, "chat_type")
        if context == "instant":
            return INSTANT.on(where), Audience(None, "file")
        if context in BY_CONTEXT:
            return BY_CONTEXT[context], None
        privacy = self.threads_privacy if context == "threads" else self.privacy
        exposure, audience = privacy.of_post(posted_at)
        if context == "story":
            return self._of_story(exposure), audience
        if until := WITHDRAWN.get(context):
            exposure = exposure.level.because(
                f"{exposure.reason}; this is about the time {until}", *exposure.evidence
            )
        return exposure, audience

    def _of_story(self, exposure: ExposureAssessment) -> ExposureAssessment:
        """Nothing in the export says which stories were for close friends only."""
        level = Exposure.UNKNOWN if exposure.level is Exposure.PUBLIC else exposure.level
        lists = f" ({' and '.join(self._story_lists.values())})" if self._story_lists else ""
        reason = f"{exposure.reason}; a story lasts a day, and may have been for close friends only{lists}"
        return level.because(reason, *exposure.evidence)

    def _post_provenance(
        self, record: dict[str, Any], media: dict[str, Any], context: str, path: str
    ) -> Provenance:
        posted = first_timestamp(record, "creation_timestamp", "timestamp")
        camera = exif(media)
        return self._provenance(
            context,
            path,
            posted or first_timestamp(media, "creation_timestamp"),
            caption=_caption(record, media),
            taken=taken_at(camera),
            location=exif_location(camera),
            author=self.account.name if context != "repost" else None,
            author_is_owner=context != "repost",
            post_id=as_text(record.get("fbid")),
            records=tuple(self._story_lists) if context == "story" else (),
        )

    # Until 2021: one media.json with everything, and messages.json with links only.

    def _old_references(self, path: str) -> Iterator[MediaReference]:
        if file_name(path).lower() == "media.json" and self._is_old_media(path):
            yield from self._old_media(path)
        elif fold(path) == "messages.json":
            yield from self._old_messages(path)

    def _is_old_media(self, path: str) -> bool:
        """Whether this media.json is Instagram's: its entries have a `path`."""
        return as_text(as_dict(next(self.export.each(path, *OLD_KEYS), None)).get("path")) is not None

    def _old_media(self, path: str) -> Iterator[MediaReference]:
        for key, context in OLD_KEYS.items():
            for entry in self.export.each(path, key):
                record = repaired(as_dict(entry))
                if uri := as_text(record.get("path")):
                    provenance = self._provenance(context, path, _old_time(record, "taken_at"))
                    in_message = context == "message"
                    provenance = replace(
                        provenance,
                        caption=as_text(record.get("caption")),
                        link=provenance.link if context != "story" else None,
                        place=as_text(record.get("location")),
                        author=None if in_message else self.account.name,
                        author_is_owner=None if in_message else True,
                    )
                    yield MediaReference(uri, path, provenance)

    def _old_messages(self, path: str) -> Iterator[MediaReference]:
        """The pictures that messages.json links to; files are in media.json, without their sender."""
        for thread in map(as_dict, self.export.each(path)):
            messages = [repaired(as_dict(entry)) for entry in as_list(thread.get("conversation"))]
            people = {
                *map(as_text, as_list(repaired(thread.get("participants")))),
                *(as_text(message.get("sender")) for message in messages),
            }
            is_group = len(people - {None}) > 2  # with two, others may have left
            exposure = IN_GROUP_MESSAGE.on(path) if is_group else IN_CONVERSATION
            for message in messages:
                sender = as_text(message.get("sender"))
                if url := as_url(message.get("media")):
                    provenance = replace(
                        self._provenance("message", path, _old_time(message, "created_at")),
                        exposure=exposure,
                        caption=as_text(message.get("text")),
                        author=sender,
                        author_is_owner=is_same(sender, self.account.name),
                    )
                    yield MediaReference(url, path, provenance)


def _caption(record: dict[str, Any], media: dict[str, Any]) -> str | None:
    """A carousel has its text on the post; a single picture on the picture, and so may a carousel's first.

    The title of a record of fields ("User Information") is no caption.
    """
    own = {} if "media_map_data" in record else record
    holders = (own, media, *map(as_dict, as_list(record.get("media"))))
    titles = (as_text(holder.get("title")) for holder in holders)
    return next(filter(None, titles), None) or labelled_text(record, *CAPTION_LABELS)


def _unlisted(
    references: Iterator[MediaReference], listed: set[str] | None, path: str
) -> Iterator[MediaReference]:
    """Without those that an earlier record lists, where this record lists posts again.

    `listed`: those of earlier records; None where no record lists any again.
    """
    for reference in references:
        if listed is None or not lists_posts_again(path) or reference.uri not in listed:
            yield reference
        if listed is not None:
            listed.add(reference.uri)


def _each_once(references: list[MediaReference]) -> Iterable[MediaReference]:
    """Records that name the same file as one: what the first lacks, the others say."""
    found: dict[str, MediaReference] = {}
    for reference in sorted(references, key=lambda reference: natural_key(reference.record)):
        first = found.setdefault(reference.uri, reference)
        if first is not reference:
            found[reference.uri] = replace(first, provenance=_joined(first.provenance, reference))
    return found.values()


def _joined(said: Provenance, other: MediaReference) -> Provenance:
    more = other.provenance
    return replace(
        said,
        posted=said.posted or more.posted,
        caption=said.caption or more.caption,
        taken=said.taken or more.taken,
        location=said.location or more.location,
        records=(*said.records, other.record),
    )


def _old_time(record: dict[str, Any], field: str) -> Timestamp | None:
    """The time of posting, which the exports until 2021 write as text."""
    return Timestamp.of(parse_iso(record.get(field), utc=True), field) or first_timestamp(record, field)
