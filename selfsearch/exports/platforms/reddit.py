"""Reddit's data request: lists of posts and comments as CSV, no media. Posts of pictures become links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from ...types import Exposure, Link, Provenance, Timestamp
from ..path_index import PathIndex, file_name, file_stem
from .base import Account, Mention, Platform, Root
from .dates import day_of, parse_iso
from .media_refs import is_media_name, media_by_key, split_url
from .parsing import as_text, as_url

HOSTS = frozenset(
    ("i.redd.it", "v.redd.it", "preview.redd.it", "i.imgur.com", "imgur.com", "gfycat.com", "redgifs.com")
)
DATED_NAME = re.compile(r"_(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
WORD = re.compile(r"[a-z0-9]{5,}")  # shorter words are no ids


class Reddit(Platform):
    """One data request."""

    name = "reddit"
    title = "Reddit (data request)"
    exports_media = False

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with posts, comments, and one of the lists that only Reddit has."""
        for prefix in paths.prefixes_with_file("posts.csv"):
            if paths.has(f"{prefix}comments.csv") and any(
                paths.has(f"{prefix}{list_name}") for list_name in ("statistics.csv", "ip_logs.csv")
            ):
                yield Root(prefix, "Reddit's lists of posts and comments")

    @cached_property
    def account(self) -> Account:
        """The user name, where the statistics hold it."""
        exported_at = day_of(DATED_NAME.search(self.export.name))
        for row in self._rows("statistics.csv"):
            if (row.get("statistic") or "").strip().casefold() in ("account name", "username"):
                return Account(as_text(row.get("value")), exported_at=exported_at)
        return Account(exported_at=exported_at)

    def mentions(self) -> Iterator[Mention]:
        """Every post of a picture or a video, with its file where one was saved beside the export."""
        saved = media_by_key(self.export.members, lambda name: WORD.findall(file_stem(name).casefold()))
        for row in self._rows("posts.csv"):
            url = as_url(row.get("url"))
            if url and _is_media(url):
                provenance = self._post(row, url)
                keys = (file_name(split_url(url).path).partition(".")[0].casefold(), provenance.post_id or "")
                path = next((saved[key][0] for key in keys if key in saved), None)
                yield Mention(path, provenance)

    def infer(self, path: str) -> Provenance:
        """Reddit exports no media, so where a file comes from is not known."""
        return Provenance(
            self.name,
            context="file",
            exposure=Exposure.UNKNOWN.because("no post of Reddit's export names this file"),
        )

    def _rows(self, list_name: str) -> Iterator[dict[str, str]]:
        path = self.export.find(list_name)
        return self.export.rows(path) if path else iter(())

    def _post(self, row: dict[str, str], url: str) -> Provenance:
        subreddit = as_text(row.get("subreddit"))
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption=as_text(row.get("title")),
            posted=Timestamp.of(parse_iso(row.get("date"), utc=True), "date"),
            link=Link(as_url(row.get("permalink")) or url, "exact"),
            exposure=Exposure.UNKNOWN.because(
                "Reddit's export does not say whether the subreddit was open to everybody"
            ),
            album=f"r/{subreddit}" if subreddit else None,
            author=self.account.name,
            author_is_owner=True,
            post_id=as_text(row.get("id")),
        )


def _is_media(url: str) -> bool:
    parts = split_url(url)
    host = parts.hostname or ""
    is_reddit = host == "reddit.com" or host.endswith(".reddit.com")
    return host in HOSTS or is_media_name(parts.path) or (is_reddit and parts.path.startswith("/gallery/"))
