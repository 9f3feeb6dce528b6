"""X (Twitter) archives from August 2018 on: tweets of every kind, messages, profile pictures.

Older archives (tweets.csv and Grailbird scripts) hold no media and are not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import ItemError
from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Root
from .dates import parse_iso, twitter_id_time
from .legacy import Mention, Provenance
from .media_refs import missing_path
from .parsing import as_dict, as_list, as_text
from .twitter_account import Owner, Seen, entries, owner
from .twitter_tweets import (
    basename,
    credited,
    expected_name,
    media_files,
    media_in,
    pair,
    plain,
    status_url,
    tweet_id,
    tweet_in,
    tweet_provenance,
)

name = "x"
title = "X (Twitter)"

SERIES = re.compile(r"twitter-\d{4}-\d\d-\d\d-[0-9a-f]{16,64}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: the names of its .js files, its media folders, and what its items are."""

    stems: tuple[str, ...]
    folders: tuple[str, ...]
    context: str
    seen: Seen | None = None  # None: as the account's protect history says


PEOPLE_IN_IT = Seen(
    Exposure.PRIVATE, "a direct message: only the people in it could see it", "Direct message", "chat_type"
)
GROUP = Seen(
    Exposure.NETWORK, "a group direct message: the group could see it", "Group direct message", "chat_type"
)
CIRCLE = Seen(
    Exposure.NETWORK, "Twitter Circle: only the people in the owner's circle", "Twitter Circle", "file"
)
COMMUNITY = Seen(
    Exposure.PUBLIC, "X shows posts in a Community to everyone, not only to its members", "Community", "file"
)
PROFILE = Seen(
    Exposure.PUBLIC, "X shows profile pictures to everyone, also those of protected accounts", None, None
)
GROK = Seen(Exposure.PRIVATE, "a file from a chat with Grok: between the owner and X", None, "file")
UNSAID = Seen(Exposure.UNKNOWN, "no record in the archive speaks of this file", None, None)

TWEETS = (
    Kind(("tweets", "tweet"), ("tweets_media", "tweet_media"), "post"),
    Kind(("deleted-tweets", "deleted-tweet"), ("deleted_tweets_media", "deleted_tweet_media"), "deleted"),
    Kind(("twitter-circle-tweet",), ("twitter_circle_tweet_media",), "circle", CIRCLE),
    Kind(("community-tweet",), ("community_tweet_media",), "community", COMMUNITY),
)
MESSAGES = (
    Kind(
        ("direct-messages", "direct-message"),
        ("direct_messages_media", "direct_message_media"),
        "message",
        PEOPLE_IN_IT,
    ),
    Kind(
        ("direct-messages-group", "direct-message-group"),
        ("direct_messages_group_media", "direct_message_group_media"),
        "message",
        GROUP,
    ),
)
OTHERS = (
    Kind(("profile",), ("profile_media",), "profile_photo", PROFILE),
    Kind(("article",), ("twitter_article_media",), "article"),
    Kind(("moment",), ("moments_media", "moments_tweets_media"), "moment", UNSAID),
    Kind((), ("grok_chat_media",), "grok_chat", GROK),
)
BY_FOLDER = {folder: kind for kind in (*TWEETS, *MESSAGES, *OTHERS) for folder in kind.folders}
TWEET_FOLDERS = tuple(folder for kind in TWEETS for folder in kind.folders)
OLD_MARKS = ("tweet.js", "tweets.js", "manifest.js")  # beside account.js where there is no data/
TWEET_LIKE = ("post", "deleted", "circle", "community", "moment")


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with data/manifest.js, data/account.js or data/tweets_media; until March 2020 without data/."""
    found: dict[str, str] = {}
    for mark in ("data/manifest.js", "data/account.js"):
        for prefix in names.prefixes_with_file(mark):
            found.setdefault(prefix, f"{mark} is an X archive's")
    for folder in ("data/tweets_media", "data/tweet_media"):
        for prefix in names.prefixes_with_folder(folder):
            found.setdefault(prefix, f"{folder} is an X archive's")
    for prefix in names.prefixes_with_file("account.js"):
        inside = prefix.lower().endswith("data/") and prefix[:-5] in found
        if not inside and any(names.has(f"{prefix}{mark}") for mark in OLD_MARKS):
            found.setdefault(prefix, "account.js beside tweet.js is an X archive's")
    return [Root(prefix, why) for prefix, why in found.items()]


def series(container: str) -> str | None:
    """Huge archives come as several zips; the long number in their names is one download's."""
    match = SERIES.match(container)
    return match.group().lower() if match else None


def confirm(export: Export) -> bool:
    """Whether a record begins as X writes them, or a media folder is there: the names alone are common."""
    if any(path.rpartition("/")[0].rpartition("/")[2] in BY_FOLDER for path in export.members):
        return True
    heads = (_head(export, path) for path in export.members if path.lower().endswith(".js"))
    return any(b"window.YTD." in head or b"window.__THAR_CONFIG" in head for head in heads)


def account(export: Export) -> Account:
    """Whose archive it is, with the times of the protect history."""
    return owner(export).account


def mentions(export: Export) -> Iterator[Mention]:
    """Tweets of every kind, messages, and the profile's two pictures."""
    for kind in TWEETS:
        for path, entry in entries(export, *kind.stems):
            if tweet_in(entry):
                yield from _tweet(export, kind, tweet_in(entry), path)
            else:
                export.note(path, "holds entries that are not tweets, or have no id; they were passed over")
    for kind in MESSAGES:
        for path, entry in entries(export, *kind.stems):
            yield from _conversation(export, kind, as_dict(entry.get("dmConversation")), path)
    for _, entry in entries(export, "profile"):
        yield from _profile(export, as_dict(entry.get("profile")))


def orphan(export: Export, path: str) -> Provenance:
    """The folder says what kind it is, the number before "-" which tweet or message it belonged to."""
    parent, _, file = path.rpartition("/")
    kind = BY_FOLDER.get(parent.rpartition("/")[2].lower())
    who = owner(export)
    if kind is None:
        return _seen(Provenance("x", who.account.name), UNSAID)
    item = file.partition("-")[0]
    item = item if item.isascii() and item.isdigit() and "-" in file else ""
    bare = Provenance("x", who.account.name, kind.context)
    if kind.context == "profile_photo":
        return _seen(bare, PROFILE)
    when = twitter_id_time(item)
    said = replace(bare, posted_at=when, posted_at_source="file name (snowflake)" if when else None)
    if item:
        said = replace(said, post_id=item)
    if item and kind.context in TWEET_LIKE and kind.context != "deleted":
        said = replace(said, url=status_url(who.account.name, item), url_kind="constructed")
    return _seen(said, kind.seen or who.saw(when))


def derivative(path: str) -> str | None:
    """The viewer that X packs with the archive has icons of its own."""
    return "an icon of the archive's own viewer" if path.lower().startswith("assets/") else None


def _seen(said: Provenance, seen: Seen) -> Provenance:
    return replace(
        said,
        exposure=seen.exposure,
        exposure_reason=seen.reason,
        audience=seen.audience,
        audience_source=seen.audience_source,
    )


def _tweet(export: Export, kind: Kind, tweet: Mapping[str, Any], record: str) -> Iterator[Mention]:
    item = tweet_id(tweet)
    if item is None:
        return
    files = media_files(export)
    paths = files.of(kind.folders, item) or files.of(TWEET_FOLDERS, item)
    media = media_in(tweet)
    if not media and not paths:
        return
    said = _described(export, kind, tweet, item)
    found, left = pair(media, paths)
    for entry, path in zip(media, found, strict=True):
        missing = _missing(kind, record, item, expected_name(entry))
        yield Mention(path or missing, credited(said, entry, owner(export)))
    for path in left:
        yield Mention(path, said)


def _missing(kind: Kind, record: str, item: str, file: str) -> str | None:
    """Where a file would be that its record (`data/tweets.js`) names and the archive does not hold."""
    base, slash, script = record.rpartition("/")
    stem = script.lower().removesuffix(".js").partition("-part")[0]
    folder = dict(zip(kind.stems, kind.folders, strict=False)).get(stem, kind.folders[0])
    return missing_path(f"{base}{slash}{folder}/{item}-{file}") if file else None


def _described(export: Export, kind: Kind, tweet: Mapping[str, Any], item: str) -> Provenance:
    who = owner(export)
    said = tweet_provenance(tweet, item, kind.context, who)
    said = _seen(said, kind.seen or who.saw(said.posted_at))
    if kind.context == "deleted":
        when = parse_iso(tweet.get("deleted_at"), utc=True)
        until = f"deleted on {when[:10]}; until then" if when else "deleted; until then"
        said = replace(said, url=None, url_kind=None, exposure_reason=f"{until}: {said.exposure_reason}")
    return said


def _conversation(export: Export, kind: Kind, talk: Mapping[str, Any], record: str) -> Iterator[Mention]:
    for entry in as_list(talk.get("messages")):
        message = as_dict(as_dict(entry).get("messageCreate"))
        item = as_text(message.get("id"))
        paths = media_files(export).of(kind.folders, item) if item else []
        wanted = [name for url in as_list(message.get("mediaUrls")) if (name := basename(url))]
        if not item or not (paths or wanted):
            continue
        said = _seen(_message(message, item, owner(export)), kind.seen or UNSAID)
        yield from (Mention(path, said) for path in paths)
        held = {path.rpartition("/")[2].lower() for path in paths}
        lacking = [name for name in wanted if f"{item}-{name}".lower() not in held]
        for name in lacking[: max(0, len(wanted) - len(paths))]:
            yield Mention(_missing(kind, record, item, name), said)


def _message(message: Mapping[str, Any], item: str, who: Owner) -> Provenance:
    sender = as_text(message.get("senderId"))
    mine = sender == who.id if sender and who.id else None
    when, source = parse_iso(message.get("createdAt"), utc=True), "createdAt"
    if when is None:
        when, source = twitter_id_time(item), "id (snowflake)"
    return Provenance(
        "x",
        who.account.name,
        "message",
        caption=plain(as_text(message.get("text")) or "", as_list(message.get("urls")), "expanded"),
        posted_at=when,
        posted_at_source=source if when else None,
        author=(who.account.name or sender) if mine else sender,
        author_is_owner=mine,
        post_id=item,
    )


def _profile(export: Export, profile: Mapping[str, Any]) -> Iterator[Mention]:
    who = owner(export)
    handle = who.account.name
    for key, context in (("avatarMediaUrl", "profile_photo"), ("headerMediaUrl", "header")):
        wanted = basename(profile.get(key)).lower()
        if not wanted:
            continue
        paths = media_files(export).of(("profile_media",))
        names = {path: path.rpartition("/")[2].partition("-")[2].lower() for path in paths}
        alike = [path for path, known in names.items() if wanted in (known, known.rpartition(".")[0])]
        said = Provenance("x", handle, context, author=handle, author_is_owner=True)
        if handle:
            said = replace(said, url=f"https://twitter.com/{handle}", url_kind="profile")
        yield Mention(alike[0] if alike else None, _seen(said, PROFILE))


def _head(export: Export, path: str) -> bytes:
    try:
        with export.members[path].open() as stream:
            return stream.read(256)
    except ItemError:
        return b""
