"""Reddit's data request: lists of posts and comments as CSV, no media. Posts of pictures become links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from ..export import Export
from ..path_index import PathIndex
from .base import Account, Root
from .dates import parse_iso
from .legacy import Mention, Provenance
from .media_refs import is_media_name
from .parsing import as_text, as_url

name = "reddit"
title = "Reddit (data request)"

_HOSTS = {
    "i.redd.it",
    "v.redd.it",
    "preview.redd.it",
    "i.imgur.com",
    "imgur.com",
    "gfycat.com",
    "redgifs.com",
}
_REASON = "Reddit's export does not say whether the subreddit was open to everybody"
_DATED_NAME = re.compile(r"_(20\d\d)(\d\d)(\d\d)(?!\d)")
_WORD = re.compile(r"[a-z0-9]+")


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with posts, comments, and one of the lists that only Reddit has."""
    for prefix in names.prefixes_with_file("posts.csv"):
        if names.has(f"{prefix}comments.csv") and any(
            names.has(f"{prefix}{only}") for only in ("statistics.csv", "ip_logs.csv")
        ):
            yield Root(prefix, "Reddit's lists of posts and comments")


def series(container: str) -> str | None:
    """A data request is one archive."""
    return None


def account(export: Export) -> Account:
    """The user name, where the statistics hold it."""
    dated = _DATED_NAME.search(export.name)
    made = "-".join(dated.groups()) if dated else None
    path = export.find("statistics.csv")
    for row in export.rows(path) if path else ():
        if (row.get("statistic") or "").strip().casefold() in ("account name", "username"):
            return Account(as_text(row.get("value")), exported_at=made)
    return Account(exported_at=made)


def mentions(export: Export) -> Iterator[Mention]:
    """Every post of a picture or a video, with its file where one was saved beside the export."""
    path = export.find("posts.csv")
    owner = account(export).name
    saved = _saved(export)
    for row in export.rows(path) if path else ():
        url = as_url(row.get("url"))
        if not url or not _is_media(url):
            continue
        at = parse_iso(row.get("date"), utc=True)
        permalink = as_url(row.get("permalink"))
        subreddit = as_text(row.get("subreddit"))
        provenance = Provenance(
            name,
            account=owner,
            context="post",
            caption=as_text(row.get("title")),
            posted_at=at,
            posted_at_source="date" if at else None,
            url=permalink or url,
            url_kind="exact",
            exposure_reason=_REASON,
            album=f"r/{subreddit}" if subreddit else None,
            author=owner,
            author_is_owner=True,
            post_id=as_text(row.get("id")),
        )
        keys = (urlsplit(url).path.rpartition("/")[2].partition(".")[0].casefold(), provenance.post_id or "")
        yield Mention(next((saved[key] for key in keys if key in saved), None), provenance)


def orphan(export: Export, path: str) -> Provenance:
    """Reddit exports no media, so where a file comes from is not known."""
    return Provenance(name, context="file", exposure_reason="no post of Reddit's export names this file")


def derivative(path: str) -> str | None:
    """Reddit exports no media."""
    return None


def _is_media(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # a broken IPv6 address
        return False
    reddit = host == "reddit.com" or host.endswith(".reddit.com")
    return host in _HOSTS or is_media_name(parts.path) or (reddit and parts.path.startswith("/gallery/"))


def _saved(export: Export) -> dict[str, str]:
    """Media beside the export, by the words in their names. Short words are no ids."""
    found: dict[str, str] = {}
    for path in filter(is_media_name, export.members):
        for word in _WORD.findall(path.rpartition("/")[2].rpartition(".")[0].casefold()):
            if len(word) >= 5:
                found.setdefault(word, path)
    return found
