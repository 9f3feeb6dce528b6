"""Instagram's "Download your information" in JSON, every layout; Threads posts travel inside it.

Instagram exports no audience. The account's own setting stands in, with its doubts: it is known for the day
of the export, and for other days only where the export has a history of it. Labels are localised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_names
from .base import Account, Period, Root
from .dates import day_of, parse_iso, parse_timestamp
from .meta import (
    IN_MESSAGE,
    THREAD,
    MediaReference,
    MetaPlatform,
    exif,
    exif_location,
    first_timestamp,
    labelled_text,
    media_in,
    outermost_roots,
    read_document,
    repaired,
    taken_at,
)
from .parsing import as_dict, as_list, as_text, as_url, distinct, is_same, load_words

TREE = "your_instagram_activity"
RECORDS = (
    "content/posts_*.json",
    "connections/followers_and_following/followers_*.json",
    "followers_and_following/followers*.json",
)
COMMON_NAMES = ("content/stories.json", "content/reels.json", "content/profile_photos.json", "media.json")
MEDIA_FOLDERS = ("media/posts", "media/stories", "media/reels", "messages/inbox")  # all that a part may hold
MARKS = (
    {f"{TREE}/": f"has the folder {TREE}"}
    | {record: f"has {record}" for record in (*RECORDS, *COMMON_NAMES)}
    | {f"{folder}/": f"has the folder {folder}" for folder in MEDIA_FOLDERS}
)
INNER_FOLDERS = frozenset((TREE, "connections", "content", "media", "messages", "personal_information"))
OLD_DOWNLOAD_NAME = re.compile(
    r"(?P<user>[\w.]{1,30})_(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)_part_\d+(\.\w+)?$"
)

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
        (r"threads/[^/]+", "threads"),
        (r"(personal_information|instagram_profile_information)", "profile_photo"),
    )
)
FOLDERS = {
    "posts": "post",
    "stories": "story",
    "reels": "reel",
    "igtv": "igtv",
    "archived_posts": "archived",
    "recently_deleted": "deleted",
    "profile": "profile_photo",
}
OLD_KEYS = {  # of media.json until 2021, and the folders of that time
    "photos": "post",
    "videos": "post",
    "stories": "story",
    "profile": "profile_photo",
    "direct": "message",
}
PROFILE_PAGES = {
    **dict.fromkeys(("post", "story", "reel", "igtv", "profile_photo"), "https://www.instagram.com/{}/"),
    "threads": "https://www.threads.net/@{}",
}

NOT_EXPORTED = "Instagram does not export the audience"
BY_CONTEXT = {  # and where that is known from
    "archived": (Exposure.PRIVATE.because("in the archive: only its owner sees it now"), "file"),
    "deleted": (Exposure.PRIVATE.because("recently deleted: only its owner sees it now"), "file"),
    "message": (
        Exposure.PRIVATE.because("in the messages folder: only the people in the conversation could see it"),
        "chat_type",
    ),
    "profile_photo": (
        Exposure.PUBLIC.because(
            "by Instagram's own rule, not by the export: a profile photo is public, also of a private account"
        ),
        None,
    ),
    "repost": (Exposure.UNKNOWN.because(f"{NOT_EXPORTED}; a post of somebody else"), None),
    "other": (Exposure.UNKNOWN.because(f"{NOT_EXPORTED}, nor what kind of item this is"), None),
    "threads": (
        Exposure.UNKNOWN.because(
            "a Threads post: the export holds neither its audience nor the Threads profile's setting"
        ),
        None,
    ),
}


@dataclass(frozen=True, slots=True)
class AccountPrivacy:
    """The account's setting: as it was on the day of the export, and its history where there is one."""

    is_private: bool | None
    setting: str  # as the export writes it, "'Private Account': True"
    history: tuple[Period, ...]

    def exposure(self, context: str, posted_at: str | None) -> tuple[ExposureAssessment, str | None]:
        """Who could see an item of the owner's, and where that is known from."""
        exposure, source = BY_CONTEXT.get(context) or self._of_post(posted_at)
        if context != "story":
            return exposure, source
        if exposure.level is Exposure.PUBLIC:
            reason = f"{exposure.reason}; a story may have been for close friends only"
            return Exposure.UNKNOWN.because(reason), source
        reason = f"{exposure.reason}; a story lasts a day, and may have been for close friends only"
        return exposure.level.because(reason), source

    def _of_post(self, when: str | None) -> tuple[ExposureAssessment, str | None]:
        for period in self.history:
            if when and (period.since or "") <= when and (period.until is None or when < period.until):
                level = Exposure.PUBLIC if period.public else Exposure.NETWORK
                return level.because(f"{NOT_EXPORTED}; {period.reason}"), "account_setting"
        if self.is_private is None:
            reason = f"{NOT_EXPORTED}, and the account's setting is not in this export"
            return Exposure.UNKNOWN.because(reason), None
        if self.history:
            reason = f"{NOT_EXPORTED}; the account was private at times, public at others"
            return Exposure.UNKNOWN.because(reason), None
        word, level = ("private", Exposure.NETWORK) if self.is_private else ("public", Exposure.PUBLIC)
        stated = f"when the export was made (setting {self.setting}); earlier it may not have been"
        return level.because(f"{NOT_EXPORTED}; the account was {word} {stated}"), "account_setting"


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
        if cls.part_key(export.name) or any(fold(path).startswith(TREE) for path in export.members):
            return True
        reader = cls(export)
        if any(export.matching(record) for record in RECORDS) or reader.account.name:
            return True
        return any(reader._is_record(path) for name in COMMON_NAMES for path in export.matching(name))

    def _is_record(self, path: str) -> bool:
        """Whether a file of a common name begins as Instagram's do."""
        if file_name(path).lower() == "media.json":
            return self._is_old_media(path)
        opening = (key for key, event, _ in self.export.events(path) if event in ("start_array", "start_map"))
        return next(filter(None, opening), "").startswith("ig_")

    @cached_property
    def account(self) -> Account:
        """From the profile record, else from the download's name."""
        user, date = self.download(self.export.name) or (None, None)
        periods = self.privacy.history
        if self.privacy.is_private is not None and not periods:
            reason = f"the account's setting when the export was made ({self.privacy.setting})"
            periods = (Period(not self.privacy.is_private, date, None, reason),)
        return Account(
            as_text(self._labelled("username")[1]) or as_text(self._profile.get("username")) or user,
            as_text(self._labelled("name")[1]) or as_text(self._profile.get("name")),
            exported_at=date,
            periods=periods,
        )

    @cached_property
    def owner_names(self) -> frozenset[str]:
        """The user's name and the person's."""
        return frozenset(distinct((self.account.name, self.account.display_name)))

    @cached_property
    def privacy(self) -> AccountPrivacy:
        """The privacy setting and its history."""
        label, value = self._labelled("private_account")
        if value is None:
            label, value = "private_account", self._profile.get("private_account")
        word = fold(str(value)).strip()
        is_yes, is_no = (word in load_words("instagram", field) for field in ("yes", "no"))
        is_private = True if is_yes else False if is_no else None
        return AccountPrivacy(is_private, f"'{label}': {value}", self._privacy_history(is_private))

    @cached_property
    def _profile(self) -> Mapping[str, Any]:
        """`string_map_data` of the profile record; of the oldest exports, the whole record."""
        for path in self.export.with_name("personal_information.json"):
            document = as_dict(repaired(read_document(self.export, path)))
            for user in as_list(document.get("profile_user")):
                if fields := as_dict(as_dict(user).get("string_map_data")):
                    return fields
        for path in self.export.with_name("profile.json"):
            document = as_dict(repaired(read_document(self.export, path)))
            if "username" in document:
                return document
        return {}

    def _labelled(self, field: str) -> tuple[str, Any]:
        """The label of a field of the profile, in the account's language, and the value."""
        labels = load_words("instagram", field)
        for label, entry in self._profile.items():
            if fold(label) in labels and isinstance(entry, dict):
                return label, entry.get("value")
        return field, None

    def _privacy_history(self, is_private: bool | None) -> tuple[Period, ...]:
        """The account's public and private times. After a change in words that are not known, none; but
        since the last change it is what today's setting says, and where the two disagree, none.
        """
        changes = sorted(self._privacy_changes(), key=lambda change: change[0])
        periods = []
        if changes and (first := changes[0])[1] is not None:
            periods.append(_period(not first[1], None, first[0]))
        ends = [when for when, _ in changes[1:]]
        for (since, public), until in zip(changes, [*ends, None], strict=True) if changes else ():
            if until is None and public is None and is_private is not None:
                public = not is_private
            if public is not None and (until or is_private is not public):
                periods.append(_period(public, since, until))
        return tuple(periods)

    def _privacy_changes(self) -> Iterator[tuple[str, bool | None]]:
        """When the setting was changed, and whether to public; None when the words for it are not known."""
        for path in self.export.with_name("profile_privacy_changes.json"):
            for entry in self.records(path):
                fields = [as_dict(field) for field in as_dict(entry.get("string_map_data")).values()]
                times = (parse_timestamp(field.get("timestamp")) for field in (entry, *fields))
                when = next(filter(None, times), None)
                public = _became_public([entry.get("title"), *(field.get("value") for field in fields)])
                if when:
                    yield when, public
                if when is None or public is None:
                    problem = "a change of the privacy setting is worded in a way that is not known"
                    self.export.note(path, problem)

    def references(self) -> Iterator[MediaReference]:
        """Posts, stories, reels, archive, what was deleted, profile photos, Threads posts, conversations."""
        for path in self.record_paths:
            folded = fold(path)
            context = next((context for pattern, context in CONTEXTS if pattern.search(folded)), None)
            if THREAD.search(path):
                yield from self.thread_references(path)
            elif context:
                for record in self.records(path):
                    for media in media_in(record):
                        provenance = self._post_provenance(record, media, context)
                        yield MediaReference(media["uri"], path, provenance, context == "other")
            elif file_name(folded) == "media.json" and self._is_old_media(path):
                yield from self._old_media(path)
            elif folded == "messages.json":
                yield from self._old_messages(path)

    def infer(self, path: str) -> Provenance:
        """The folder says what kind of item a file was that no record names."""
        folders = folder_names(path)
        if "messages" in folders:
            context = "message"
        elif "media" in folders:
            inner = folders[folders.index("media") + 1 :]
            context = FOLDERS.get(inner[0], "other") if inner else "other"
        else:
            context = (FOLDERS | OLD_KEYS).get(folders[0], "other") if folders else "other"
        return self._provenance(context)

    def _provenance(self, context: str, posted: Timestamp | None = None, **fields: Any) -> Provenance:
        """Own posts have no address in the export: the profile is as near as it gets."""
        user, page = self.account.name, PROFILE_PAGES.get(context)
        exposure, source = self.privacy.exposure(context, posted and posted.at)
        in_threads = context == "threads"
        return Provenance(
            "threads" if in_threads else self.name,
            user,
            "post" if in_threads else context,
            posted=posted,
            link=Link(page.format(user), "profile") if user and page else None,
            audience=Audience(None, source) if source else None,
            exposure=exposure,
            **fields,
        )

    def _post_provenance(self, record: dict[str, Any], media: dict[str, Any], context: str) -> Provenance:
        posted = first_timestamp(record, "creation_timestamp", "timestamp")
        camera = exif(media)
        return self._provenance(
            context,
            posted or first_timestamp(media, "creation_timestamp"),
            caption=_caption(record, media),
            taken=taken_at(camera),
            location=exif_location(camera),
            author=self.account.name if context != "repost" else None,
            author_is_owner=context != "repost",
        )

    # Until 2021: one media.json with everything, and messages.json with links only.

    def _is_old_media(self, path: str) -> bool:
        """Whether this media.json is Instagram's: its entries have a `path`."""
        return as_text(as_dict(next(self.export.each(path, *OLD_KEYS), None)).get("path")) is not None

    def _old_media(self, path: str) -> Iterator[MediaReference]:
        for key, context in OLD_KEYS.items():
            for entry in self.export.each(path, key):
                record = repaired(as_dict(entry))
                if uri := as_text(record.get("path")):
                    provenance = self._provenance(context, _old_time(record, "taken_at"))
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
        for thread in self.export.each(path):
            for entry in as_list(as_dict(thread).get("conversation")):
                message = repaired(as_dict(entry))
                sender = as_text(message.get("sender"))
                if url := as_url(message.get("media")):
                    provenance = replace(
                        self._provenance("message", _old_time(message, "created_at")),
                        caption=as_text(message.get("text")),
                        exposure=IN_MESSAGE,
                        author=sender,
                        author_is_owner=is_same(sender, self.account.name),
                    )
                    yield MediaReference(url, path, provenance)


def _caption(record: dict[str, Any], media: dict[str, Any]) -> str | None:
    """A carousel has its text on the post; a single picture on the picture, and so may a carousel's first."""
    holders = (record, media, *map(as_dict, as_list(record.get("media"))))
    titles = (as_text(holder.get("title")) for holder in holders)
    return next(filter(None, titles), None) or labelled_text(record, "Caption", "Title")


def _old_time(record: dict[str, Any], field: str) -> Timestamp | None:
    """The time of posting, which the exports until 2021 write as text."""
    return Timestamp.of(parse_iso(record.get(field), utc=True), field) or first_timestamp(record, field)


def _period(public: bool, since: str | None, until: str | None) -> Period:
    word = "public" if public else "private"
    span = " ".join(f"{name} {when[:10]}" for name, when in (("from", since), ("until", until)) if when)
    return Period(public, since, until, f"the account was {word} {span} (profile_privacy_changes)")


def _became_public(texts: list[Any]) -> bool | None:
    """The state that is named last: "from private to public" means public."""
    text = fold(" ".join(as_text(text) or "" for text in texts))
    private = max(map(text.rfind, load_words("instagram", "to_private")))
    public = max(map(text.rfind, load_words("instagram", "to_public")))
    return None if private == public else public > private
