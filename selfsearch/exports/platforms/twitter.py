"""X (Twitter) archives from August 2018 on: tweets of every kind, messages, profile pictures.

Older archives (tweets.csv and Grailbird scripts) hold no media and are not recognized. X
stores no audience with a tweet: see twitter_protection.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold, folder_name, folder_of
from .base import Account, Mention, Platform, Root, as_roots
from .conversations import of_group, of_two
from .dates import parse_iso, twitter_id_time
from .media_refs import missing_path
from .parsing import as_dict, as_list, as_number, as_text, first_text, is_digits, is_same
from .twitter_protection import ProtectHistory, Visibility, read_protect_history, utc
from .twitter_tweets import (
    MediaFiles,
    after_id,
    basename,
    file_names,
    location,
    match_files,
    media_in,
    plain_text,
    posted_at,
    status_url,
    tweet_id,
    tweet_in,
)

CONTAINER_NAME = re.compile(r"twitter-(\d{4}-\d\d-\d\d)")
DOWNLOAD_NAME = re.compile(r"twitter-\d{4}-\d\d-\d\d-[0-9a-f]{16,64}", re.IGNORECASE)
RETWEET = re.compile(r"RT @(\w{1,20})")
STATUS_PAGE = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,20})/status/")
HEAD_BYTES = 256  # enough of a script to see how it begins


DIRECT_MESSAGE = Visibility(
    of_two("a direct message between two people"),
    Audience("Direct message", "chat_type"),
)
GROUP_MESSAGE = Visibility(
    of_group("a group direct message"),
    Audience("Group direct message", "chat_type"),
)
CIRCLE = Visibility(
    Exposure.NETWORK.because("Twitter Circle: only the people in the owner's circle"),
    Audience("Twitter Circle", "file"),
)
COMMUNITY = Visibility(
    Exposure.PUBLIC.because("X shows posts in a Community to everyone, not only to its members"),
    Audience("Community", "file"),
)
PROFILE = Visibility(
    Exposure.PUBLIC.because("X shows profile pictures to everyone, also those of protected accounts")
)
GROK = Visibility(
    Exposure.UNKNOWN.because(
        "a file from a chat with Grok: the archive does not say whether the chat was shared with others"
    ),
    Audience(None, "file"),
)
NO_RECORD = Visibility(Exposure.UNKNOWN.because("no record in the archive names this file"))


@dataclass(frozen=True, slots=True)
class ItemKind:
    """One kind of item, and the names of the .js files that list them."""

    context: str
    visibility: Visibility | None = None  # None: as the account's protect history says
    stems: tuple[str, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of their media, "deleted_tweets_media" for deleted-tweets.js."""
        return tuple(f"{stem.replace('-', '_')}_media" for stem in self.stems)


TWEETS = (
    ItemKind("post", stems=("tweets", "tweet")),
    ItemKind("deleted", stems=("deleted-tweets", "deleted-tweet")),
    ItemKind("circle", CIRCLE, ("twitter-circle-tweet",)),
    ItemKind("community", COMMUNITY, ("community-tweet",)),
)
MESSAGES = (
    ItemKind("message", DIRECT_MESSAGE, ("direct-messages", "direct-message")),
    ItemKind("message", GROUP_MESSAGE, ("direct-messages-group", "direct-message-group")),
)
BY_FOLDER = {folder: kind for kind in (*TWEETS, *MESSAGES) for folder in kind.folders} | {
    "profile_media": ItemKind("profile_photo", PROFILE),
    "twitter_article_media": ItemKind("article"),
    "moments_media": ItemKind("moment", NO_RECORD),
    "moments_tweets_media": ItemKind("moment", NO_RECORD),
    "grok_chat_media": ItemKind("grok_chat", GROK),
}
TWEET_FOLDERS = tuple(folder for kind in TWEETS for folder in kind.folders)
WITH_STATUS_PAGE = ("post", "circle", "community", "moment")
MARKS = {
    mark: f"{mark.rstrip('/')} is an X archive's"
    for mark in ("data/manifest.js", "data/account.js", "data/tweets_media/", "data/tweet_media/")
}
OLD_MARKS = ("tweet.js", "tweets.js", "manifest.js")  # beside account.js where there is no data/


class Twitter(Platform):
    """An archive of X."""

    name = "x"
    title = "X (Twitter)"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with data/manifest.js, account.js or tweets_media; until March 2020 without data/."""
        reasons = paths.find_marks(MARKS)
        for prefix in paths.prefixes_with_file("account.js"):
            inside = prefix.lower().endswith("data/") and prefix[:-5] in reasons
            if not inside and any(paths.has(f"{prefix}{mark}") for mark in OLD_MARKS):
                reasons.setdefault(prefix, "account.js beside tweet.js is an X archive's")
        return as_roots(reasons)

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """Huge archives come as several zips; the long number in their names is one download's."""
        match = DOWNLOAD_NAME.match(container)
        return match.group().lower() if match else None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether a media folder is there, or a record begins as X writes them: names alone are common."""
        if any(folder_name(path) in BY_FOLDER for path in export.members):
            return True
        heads = (export.head(path, HEAD_BYTES) for path in export.members if path.lower().endswith(".js"))
        return any(b"window.YTD." in head or b"window.__THAR_CONFIG" in head for head in heads)

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """The viewer that X packs with the archive has icons of its own."""
        return "an icon of the archive's own viewer" if path.lower().startswith("assets/") else None

    @cached_property
    def account(self) -> Account:
        """Whose archive it is, with the times of the protect history."""
        record, info = self._account_record, as_dict(self._manifest.get("userInfo"))
        generated = parse_iso(as_dict(self._manifest.get("archiveInfo")).get("generationDate"), utc=True)
        dated = CONTAINER_NAME.match(self.export.name)
        return Account(
            name=as_text(record.get("username")) or as_text(info.get("userName")),
            display_name=as_text(record.get("accountDisplayName")) or as_text(info.get("displayName")),
            exported_at=generated or (dated.group(1) if dated else None),
            periods=self.protection.periods,
        )

    @cached_property
    def owner_id(self) -> str | None:
        """The number of the owner's account."""
        info = as_dict(self._manifest.get("userInfo"))
        return as_text(self._account_record.get("accountId")) or as_text(info.get("accountId"))

    @cached_property
    def protection(self) -> ProtectHistory:
        """protected-history.js, and the doubts about it."""
        listing = as_dict(as_dict(self._manifest.get("dataTypes")).get("protectedHistory")).get("files")
        listed = sum(as_number(as_dict(file).get("count")) or 0 for file in as_list(listing))
        paths = self._record_paths("protected-history")
        entries = [
            as_dict(entry.get("protectedHistory", entry)) for _, entry in self._entries("protected-history")
        ]
        is_damaged = any(path in self.export.notes for path in paths)
        return read_protect_history(entries, listed, paths[0] if paths else None, is_damaged=is_damaged)

    @cached_property
    def media_files(self) -> MediaFiles:
        """The archive's media by folder and id."""
        return MediaFiles(self.export.members)

    def mentions(self) -> Iterator[Mention]:
        """Tweets of every kind, messages, and the profile's two pictures."""
        for kind in TWEETS:
            for path, entry in self._entries(*kind.stems):
                if tweet := tweet_in(entry):
                    yield from self._tweet_mentions(kind, tweet, path)
                else:
                    problem = "holds entries that are not tweets, or have no id; they were passed over"
                    self.export.note(path, problem)
        for kind in MESSAGES:
            for path, entry in self._entries(*kind.stems):
                events = list(map(as_dict, as_list(as_dict(entry.get("dmConversation")).get("messages"))))
                messages = [as_dict(event.get("messageCreate")) for event in events]
                of_many = len({person for message in messages for person in _people(message)}) > 2
                for message in messages:
                    visibility = GROUP_MESSAGE if of_many else kind.visibility
                    yield from self._message_mentions(replace(kind, visibility=visibility), message, path)
        for path, entry in self._entries("profile"):
            yield from self._profile_mentions(as_dict(entry.get("profile")), path)

    def infer(self, path: str) -> Provenance:
        """The folder says what kind it is, the number before "-" which tweet or message it belonged to."""
        kind = BY_FOLDER.get(folder_name(path).lower())
        if kind is None:
            return Provenance(self.name, self.account.name, exposure=NO_RECORD.exposure)
        item, dash, _ = file_name(path).partition("-")
        folder = folder_of(path)
        if kind.context == "profile_photo" or not (dash and is_digits(item)):
            return self._provenance(kind, folder)
        posted = Timestamp.of(twitter_id_time(item), "file name (snowflake)")
        has_page = kind.context in WITH_STATUS_PAGE
        link = Link(status_url(self.account.name, item), "constructed") if has_page else None
        return self._provenance(kind, folder, posted, link=link, post_id=item)

    @cached_property
    def _account_record(self) -> Mapping[str, Any]:
        return as_dict(self._first_entry("account").get("account"))

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        return self._first_entry("manifest")

    def _first_entry(self, stem: str) -> Mapping[str, Any]:
        return next((entry for _, entry in self._entries(stem)), {})

    def _entries(self, *stems: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The objects in the .js files of these names, streamed, each with the path of its file."""
        for path in self._record_paths(*stems):
            for entry in self.export.each_object(path, assigned=True):
                yield path, entry

    def _record_paths(self, *stems: str) -> list[str]:
        """The .js files of these names with their parts, in data/ or (before April 2020) beside it."""
        patterns = [pattern for stem in stems for pattern in (f"{stem}.js", f"{stem}-part*.js")]
        paths = (path for pattern in patterns for path in self.export.matching(pattern))
        return [path for path in paths if path.rpartition("/")[0].lower() in ("", "data")]

    def _provenance(
        self,
        kind: ItemKind,
        source: str,
        posted: Timestamp | None = None,
        deleted_at: str | None = None,
        **fields: Any,
    ) -> Provenance:
        """`source`: the record, or the folder, that says what kind of item it is."""
        visibility = kind.visibility or self.protection.visibility(posted and posted.at, deleted_at)
        narrower = visibility.exposure.level in (Exposure.NETWORK, Exposure.PRIVATE)
        return Provenance(
            self.name,
            self.account.name,
            kind.context,
            posted=posted,
            exposure=visibility.exposure.on(source) if narrower else visibility.exposure,
            audience=visibility.audience,
            **fields,
        )

    def _tweet_mentions(self, kind: ItemKind, tweet: Mapping[str, Any], record: str) -> Iterator[Mention]:
        item = tweet_id(tweet) or ""
        paths = self.media_files.of(kind.folders, item) or self.media_files.of(TWEET_FOLDERS, item)
        media = media_in(tweet)
        if not media and not paths:
            return
        provenance = self._tweet_provenance(kind, tweet, item, record)
        matches, others = match_files(media, paths)
        for medium, path in zip(media, matches, strict=True):
            path = path or _missing(kind, record, item, next(file_names(medium), ""))
            yield Mention(path, self._credited(provenance, medium))
        for path in others:
            yield Mention(path, provenance)

    def _tweet_provenance(
        self, kind: ItemKind, tweet: Mapping[str, Any], item: str, record: str
    ) -> Provenance:
        text = first_text(tweet, "full_text", "text") or ""
        entities = as_dict(tweet.get("entities"))
        users = (as_text(as_dict(user).get("screen_name")) for user in as_list(entities.get("user_mentions")))
        retweet = RETWEET.match(text)
        deleted_at = utc(tweet.get("deleted_at")) if kind.context == "deleted" else None
        provenance = self._provenance(
            kind,
            record,
            posted_at(tweet, item),
            deleted_at,
            caption=plain_text(text, as_list(entities.get("urls")), "expanded_url"),
            link=Link(status_url(self.account.name, item), "constructed"),
            location=location(tweet),
            place=as_text(as_dict(tweet.get("place")).get("full_name")),
            people=tuple(f"@{name}" for name in users if name),
            author=retweet.group(1) if retweet else self.account.name,
            author_is_owner=not retweet,
            post_id=item,
            records=self._records(kind, record),
        )
        if kind.context == "post" and retweet:
            return replace(provenance, context="repost")
        if kind.context == "deleted":
            until = f"deleted on {deleted_at[:10]}; until then" if deleted_at else "deleted; until then"
            exposure = replace(provenance.exposure, reason=f"{until}: {provenance.exposure.reason}")
            return replace(provenance, link=None, exposure=exposure)
        return provenance

    def _records(self, kind: ItemKind, record: str) -> tuple[str, ...]:
        """The record that names an item, and the history by which it is judged."""
        return (record, *(self._record_paths("protected-history") if kind.visibility is None else ()))

    def _credited(self, provenance: Provenance, medium: Mapping[str, Any]) -> Provenance:
        """With the author of this one picture: it may come from somebody else's tweet."""
        lender = first_text(medium, "source_user_id_str", "source_user_id")
        if not provenance.author_is_owner or not lender or lender == self.owner_id:
            return provenance
        page = STATUS_PAGE.match(as_text(medium.get("expanded_url")) or "")
        author_is_owner = False if self.owner_id else None
        return replace(provenance, author=page.group(1) if page else None, author_is_owner=author_is_owner)

    def _message_mentions(self, kind: ItemKind, message: Mapping[str, Any], record: str) -> Iterator[Mention]:
        item = as_text(message.get("id")) or ""
        paths = self.media_files.of(kind.folders, item) if item else []
        names = [name for url in as_list(message.get("mediaUrls")) if (name := basename(url))]
        if not item or not (paths or names):
            return
        provenance = self._message_provenance(kind, message, item, record)
        for path in paths:
            yield Mention(path, provenance)
        present = {file_name(path).lower() for path in paths}
        absent = [name for name in names if f"{item}-{name}".lower() not in present]
        for name in absent[: max(0, len(names) - len(paths))]:
            yield Mention(_missing(kind, record, item, name), provenance)

    def _message_provenance(
        self, kind: ItemKind, message: Mapping[str, Any], item: str, record: str
    ) -> Provenance:
        sender = as_text(message.get("senderId"))
        by_owner = is_same(sender, self.owner_id)
        sent = Timestamp.of(parse_iso(message.get("createdAt"), utc=True), "createdAt")
        return self._provenance(
            kind,
            record,
            sent or Timestamp.of(twitter_id_time(item), "id (snowflake)"),
            caption=plain_text(as_text(message.get("text")) or "", as_list(message.get("urls")), "expanded"),
            author=(self.account.name or sender) if by_owner else sender,
            author_is_owner=by_owner,
            post_id=item,
            records=(record,),
        )

    def _profile_mentions(self, profile: Mapping[str, Any], record: str) -> Iterator[Mention]:
        handle = self.account.name
        for key, context in (("avatarMediaUrl", "profile_photo"), ("headerMediaUrl", "header")):
            name = basename(profile.get(key)).lower()
            paths = self.media_files.of(("profile_media",)) if name else []
            matches = (path for path in paths if name in (after_id(path), after_id(path).rpartition(".")[0]))
            if name:
                provenance = self._provenance(
                    ItemKind(context, PROFILE),
                    record,
                    link=Link(f"https://twitter.com/{handle}", "profile") if handle else None,
                    author=handle,
                    author_is_owner=True,
                    records=(record,),
                )
                yield Mention(next(matches, None), provenance)


def _people(message: Mapping[str, Any]) -> Iterator[str]:
    """The numbers of who wrote a message, got it, or reacted to it."""
    parts = (message, *map(as_dict, as_list(message.get("reactions"))))
    numbers = (as_text(part.get(field)) for part in parts for field in ("senderId", "recipientId"))
    yield from filter(None, numbers)


def _missing(kind: ItemKind, record: str, item: str, file: str) -> str | None:
    """Where a file would be that its record (`data/tweets.js`) names and the archive does not hold."""
    base, slash, script = record.rpartition("/")
    stem = fold(script).removesuffix(".js").partition("-part")[0]
    folder = dict(zip(kind.stems, kind.folders, strict=True))[stem]
    return missing_path(f"{base}{slash}{folder}/{item}-{file}") if file else None
