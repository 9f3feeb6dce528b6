"""TikTok's data download: one JSON without media.

Own posts are links. A file that stands beside the record and carries a post's id in its name, as downloaders
write it, is taken as that post's media. Dates have no zone and are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex, fold
from .base import Account, Period, Root
from .dates import parse_iso, parse_timestamp
from .legacy import Mention, Provenance
from .media_refs import is_media_name
from .tiktok_record import FILES, Facts, facts_of, folded, given, objects, record_files

name = "tiktok"
title = "TikTok"

_SECTIONS = frozenset(
    (
        "activity",
        "your activity",
        "post",
        "video",
        "direct message",
        "direct messages",
        "profile",
        "profile and settings",
        "app settings",
        "likes and favorites",
        "tiktok live",
        "tiktok shop",
        "tiktok shopping",
    )
)
_ID = re.compile(r"(?<!\d)\d{15,20}(?!\d)")
_POST_ID = re.compile(
    r"/(?P<kind>video|photo)/(?P<id>\d{15,20})|[?&](?:item_id|aweme_id)=(?P<item>\d{15,20})"
)
_SHARE = re.compile(r"https?://([\w-]+\.)*(tiktokv?\.(com|us))/", re.IGNORECASE)
_DAY = re.compile(r"(20\d\d)\D?([01]\d)\D?([0-3]\d)\D{0,2}([0-2]\d)\D?([0-5]\d)\D?([0-5]\d)(?!\d)")
LAUNCHED = "2014"  # as Musical.ly; nothing was posted before, whatever a record says

_PUBLIC = frozenset(("everyone", "public"))
_NETWORK = frozenset(("friends", "followers", "mutual friends", "mutual followers"))
_PRIVATE = frozenset(("only me", "only you", "self", "private"))


def roots(names: PathIndex) -> Iterable[Root]:
    """Wherever the record is."""
    found: dict[str, str] = {}
    for file in FILES:
        for prefix in names.prefixes_with_file(file):
            found.setdefault(prefix, f"has {file}")
    return [Root(prefix, why) for prefix, why in found.items()]


def confirm(export: Export) -> bool:
    """user_data.json is anybody's name: its sections must be TikTok's."""
    if export.find(FILES[0]):
        return True
    path = export.find(FILES[1])
    keys = (
        (value for prefix, event, value in export.events(path) if event == "map_key" and not prefix)
        if path
        else ()
    )
    return any(fold(str(key)) in _SECTIONS for key in keys)


def series(container: str) -> str | None:
    """A download is one archive; its name carries the second in which it was made."""
    match = re.match(r"tiktok_data_(\d+)", container, re.IGNORECASE)
    return f"tiktok-{match[1]}" if match else None


def account(export: Export) -> Account:
    """From the profile section."""
    facts = facts_of(export)
    stamp = re.match(r"tiktok_data_(\d+)", export.name, re.IGNORECASE)
    made = parse_timestamp(stamp[1]) if stamp else None
    periods: tuple[Period, ...] = ()
    private = facts.is_private
    if private is not None:
        reason = f"the account's setting when the export was made (Private Account = {facts.private})"
        periods = (Period(not private, made, None, reason),)
    return Account(facts.user, facts.display_name, exported_at=made, periods=periods)


def mentions(export: Export) -> Iterator[Mention]:
    """Own posts, then those in the bin: once without media, or once for each downloaded file."""
    facts = facts_of(export)
    files = _downloads(export)
    for path in record_files(export):
        for _, found in objects(export, path, ("post",)):
            yield from _post(folded(found), facts, files)
    for found in facts.deleted:
        yield from _post(found, facts, files, context="deleted")


def _post(
    item: dict[str, Any], facts: Facts, files: dict[str, list[str]], context: str = "post"
) -> Iterator[Mention]:
    url, kind, post = _address(given(item.get("link")) or "", facts.user)
    when = _dated(item)
    by_id = _made(post) if post else None
    level, reason, word = _audience(item, facts) if context == "post" else _IN_THE_BIN
    provenance = Provenance(
        platform=name,
        account=facts.user,
        context=context,
        caption=given(item.get("title")),
        posted_at=when or by_id,
        posted_at_source="Date" if when else "the post's id" if by_id else None,
        url=url,
        url_kind=kind,
        audience=word,
        audience_source=_audience_source(context, word, level),
        exposure=level,
        exposure_reason=reason,
        place=given(item.get("location")),
        author=facts.user,
        author_is_owner=True,
        post_id=post,
    )
    found = files.get(post or "") or files.get(re.sub(r"\D", "", (when or "")[:19]), [])
    if not found:
        yield Mention(None, provenance)
    for path in found:
        yield Mention(path, provenance)


def _audience_source(context: str, word: str | None, level: Exposure) -> str | None:
    if word or context == "deleted":
        return "per_item" if word else "file"
    return "account_setting" if level is Exposure.NETWORK else None


_IN_THE_BIN = (Exposure.PRIVATE, "TikTok: recently deleted, so nobody else sees it now", None)


def _dated(item: dict[str, Any]) -> str | None:
    when = parse_iso(item.get("date"), utc=True)
    return when if when and when >= LAUNCHED else None


def _address(links: str, user: str | None) -> tuple[str | None, str | None, str | None]:
    """(url, url_kind, post id). A slideshow has several links; a signed link to a file is no address."""
    for one in links.split():
        match = _POST_ID.search(one)
        if match and match["id"] and _SHARE.match(one):
            return one, "exact", match["id"]
    match = _POST_ID.search(links)
    post = match["id"] or match["item"] if match else None
    if post and user:
        kind = "photo" if links.split()[1:] else "video"
        return f"https://www.tiktok.com/@{user}/{kind}/{post}", "constructed", post
    return None, None, post


def _made(post: str) -> str | None:
    """A post's id begins with the second in which it was made."""
    when = parse_timestamp(int(post) >> 32)
    return when if when and when >= LAUNCHED else None


def _audience(item: dict[str, Any], facts: Facts) -> tuple[Exposure, str, str | None]:
    """(exposure, reason, TikTok's word) from the post's own setting and the account's."""
    word = given(item.get("whocanview"))
    private = facts.is_private
    if word is None:
        return (*_unsaid(private), None)
    said, key = f"TikTok: Who can view = {word}", fold(word)
    if key in _PUBLIC and private:
        return Exposure.NETWORK, f"{said}, but the account was private when the export was made", word
    if key in _PUBLIC:
        return Exposure.PUBLIC, said, word
    if key in _NETWORK or key in _PRIVATE:
        return (Exposure.NETWORK if key in _NETWORK else Exposure.PRIVATE), said, word
    return Exposure.UNKNOWN, f"{said}, a word that is not known here", word


def _unsaid(private: bool | None) -> tuple[Exposure, str]:
    told = "this TikTok export does not say who can view the post"
    if private:
        return Exposure.NETWORK, f"{told}; the account was private when it was made: at most its followers"
    return Exposure.UNKNOWN, told


def _downloads(export: Export) -> dict[str, list[str]]:
    """Media files by the post id in their name, and by the second in it when it carries a date instead."""
    if "tiktok.downloads" not in export.memo:
        table: dict[str, list[str]] = {}
        for path in export.members:
            if is_media_name(path):
                for key in _keys(path.rpartition("/")[2]):
                    table.setdefault(key, []).append(path)
        export.memo["tiktok.downloads"] = table
    known: dict[str, list[str]] = export.memo["tiktok.downloads"]
    return known


def _keys(file: str) -> list[str]:
    ids = _ID.findall(file)
    day = _DAY.match(file)
    return ids or (["".join(day.groups())] if day else [])


def orphan(export: Export, path: str) -> Provenance:
    """The archive holds no media, so a picture or video beside it that no post names is only a file."""
    ids = _ID.findall(path.rpartition("/")[2])
    if is_media_name(path) and not ids:
        reason = "stands beside a TikTok export, but no post there names it"
        return Provenance("folder", context="file", exposure_reason=reason)
    reason = "named like a TikTok download, but no post in the export has this id"
    return Provenance(
        platform=name,
        account=facts_of(export).user,
        context="other",
        exposure_reason=reason if ids else "not a post",
        post_id=ids[0] if ids else None,
    )


def derivative(path: str) -> str | None:
    """There are none: the archive holds no media."""
    return None
