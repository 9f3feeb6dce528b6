"""Reddit's data request: lists of posts, comments and chats as CSV, no media. Pictures become links.

Long lists come in several files (posts_1.csv, posts_2.csv).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from ...types import Audience, Exposure, Link, Provenance, Timestamp
from ..path_index import PathIndex, file_name, file_stem, fold
from .base import Account, Mention, Platform, Root, unknown_word
from .conversations import of_group
from .dates import day_of, parse_iso
from .media_refs import is_media_name, media_by_key, split_url
from .parsing import as_text, as_url, distinct, is_same

HOSTS = frozenset(
    ("i.redd.it", "v.redd.it", "preview.redd.it", "i.imgur.com", "imgur.com", "gfycat.com", "redgifs.com")
)
UPLOADED = re.compile(  # to Reddit: an address, or (in a comment) the picture's id in Markdown
    r"https://(?:i|v|preview)\.redd\.it/[\w.%-]{1,200}(?:\?[^\s()\]]{1,500})?"
    r"|!\[img\]\((?P<id>[a-z0-9]{8,32})\)"
)
DATED_NAME = re.compile(r"_(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
WORD = re.compile(r"[a-z0-9]{5,}")  # shorter words are no ids
MAX_LINKS = 100  # in one text
MAX_MEMBERS = 3  # of a chat: with these it is a group
CHAT_KIND = "conversation_type"  # a column whose words no description of the export explains
OF_MEMBERS = ("direct", "group")  # a chat of any other kind may be open to everybody
OWN_LISTS = ("statistics", "ip_logs")

ON_PROFILE = Exposure.PUBLIC.because("posted on a user's own profile, which Reddit shows to everyone")
IN_SUBREDDIT = Exposure.UNKNOWN.because(
    "Reddit's export does not say whether the subreddit was open to everybody"
)
IN_GROUP_CHAT = of_group("a chat in which three people or more wrote")
IN_CHANNEL = Exposure.UNKNOWN.because(
    "a chat of a subreddit; Reddit's export does not say whether it was open to everybody"
)
IN_CHAT = Exposure.UNKNOWN.because("a chat; Reddit's export does not say who was in it")


class Reddit(Platform):
    """One data request."""

    name = "reddit"
    title = "Reddit (data request)"
    exports_media = False

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with posts, comments, and one of the lists that only Reddit has."""

        def has(prefix: str, *lists: str) -> bool:
            return any(paths.has(f"{prefix}{name}{part}.csv") for name in lists for part in ("", "_1"))

        folders = (paths.prefixes_with_file(file) for file in ("posts.csv", "posts_1.csv"))
        for prefix in dict.fromkeys(prefix for found in folders for prefix in found):
            if has(prefix, "comments") and has(prefix, *OWN_LISTS):
                yield Root(prefix, "Reddit's lists of posts and comments")

    @cached_property
    def account(self) -> Account:
        """The user name, where the statistics hold it."""
        exported_at = day_of(DATED_NAME.search(self.export.name))
        for _, row in self._rows("statistics"):
            if (row.get("statistic") or "").strip().casefold() in ("account name", "username"):
                return Account(as_text(row.get("value")), exported_at=exported_at)
        return Account(exported_at=exported_at)

    @cached_property
    def _saved(self) -> Mapping[str, list[str]]:
        return media_by_key(self.export.members, lambda name: WORD.findall(file_stem(name).casefold()))

    def mentions(self) -> Iterator[Mention]:
        """Every picture and video of posts, comments and chats, with its file where one was saved."""
        for record, row in self._rows("posts"):
            url = as_url(row.get("url"))
            urls = [url] if url and _is_media(url) else []
            yield from self._pictures(self._post(record, row), [*urls, *_uploads(row.get("body"))])
        for record, row in self._rows("comments"):
            urls = [*_uploads(row.get("body")), *_uploads(row.get("media"))]
            comment = replace(self._post(record, row), context="comment", caption=as_text(row.get("body")))
            yield from self._pictures(comment, urls)
        yield from self._chats()

    def infer(self, path: str) -> Provenance:
        """Reddit exports no media, so where a file comes from is not known."""
        return Provenance(
            self.name,
            context="file",
            exposure=Exposure.UNKNOWN.because("no post in the export names this file"),
        )

    def _rows(self, list_name: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The rows of a list with the path of its file."""
        parts = (path for path in self.export.matching(f"{list_name}_*.csv") if _is_part(path, list_name))
        for path in distinct((self.export.find(f"{list_name}.csv"), *parts)):
            for row in self.export.rows(path):
                yield path, row

    def _pictures(self, provenance: Provenance, urls: Iterable[str]) -> Iterator[Mention]:
        """One mention for each address or id. The file of a post's only picture may bear the post's id."""
        urls = distinct(urls)
        for url in urls:
            name = file_name(split_url(url).path).partition(".")[0].casefold() if "/" in url else url
            keys = (name, (provenance.post_id or "") if len(urls) == 1 else "")
            path = next((self._saved[key][0] for key in keys if key in self._saved), None)
            link = provenance.link or Link.of(as_url(url), "exact")
            yield Mention(path, replace(provenance, link=link))

    def _post(self, record: str, row: Mapping[str, str]) -> Provenance:
        subreddit = as_text(row.get("subreddit"))
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption=as_text(row.get("title")),
            posted=Timestamp.of(parse_iso(row.get("date"), utc=True), "date"),
            link=Link.of(as_url(row.get("permalink")), "exact"),
            exposure=ON_PROFILE if (subreddit or "").startswith("u_") else IN_SUBREDDIT,
            album=f"r/{subreddit}" if subreddit else None,
            author=self.account.name,
            author_is_owner=True,
            post_id=as_text(row.get("id")),
            records=(record,),
        )

    def _chats(self) -> Iterator[Mention]:
        """Pictures in chats: sent by anyone in them."""
        members: dict[str, set[str]] = {}  # of each chat, as far as it needs to be known
        for _, row in self._rows("chat_history"):
            writers = members.setdefault(row.get("channel_url") or "", set())
            if len(writers) < MAX_MEMBERS:
                writers.update(filter(None, [as_text(row.get("username"))]))
        for record, row in self._rows("chat_history"):
            if urls := tuple(_uploads(row.get("message"))):
                channel = row.get("channel_url") or ""
                is_group = bool(channel) and len(members[channel]) >= MAX_MEMBERS
                yield from self._pictures(self._message(record, row, is_group=is_group), urls)

    def _message(self, record: str, row: Mapping[str, str], *, is_group: bool) -> Provenance:
        sender, subreddit = as_text(row.get("username")), as_text(row.get("subreddit"))
        kind = Audience.of(as_text(row.get(CHAT_KIND)), "chat_type", is_known=False)
        is_of_members = "subreddit" in row and (kind is None or fold(kind.name or "") in OF_MEMBERS)
        exposure = IN_GROUP_CHAT.on(record) if is_group and is_of_members else IN_CHAT
        exposure = IN_CHANNEL if subreddit else exposure
        if kind and exposure.level is Exposure.UNKNOWN:
            exposure = unknown_word(f"{exposure.reason}; {CHAT_KIND} = {kind.name}")
        return Provenance(
            self.name,
            account=self.account.name,
            context="message",
            caption=as_text(row.get("message")),
            posted=Timestamp.of(parse_iso(row.get("created_at"), utc=True), "created_at"),
            audience=kind,
            exposure=exposure,
            album=as_text(row.get("channel_name")) or (f"r/{subreddit}" if subreddit else None),
            author=sender,
            author_is_owner=is_same(sender, self.account.name),
            post_id=as_text(row.get("message_id")),
            records=(record,),
        )


def _is_part(path: str, list_name: str) -> bool:
    """Whether this is a numbered file of a list: posts_2.csv."""
    number = file_stem(path).casefold().removeprefix(f"{list_name}_")
    return "/" not in path and number.isdigit()


def _uploads(text: str | None) -> Iterator[str]:
    """The addresses, or ids, of pictures and videos in a text that were uploaded to Reddit."""
    for _, match in zip(range(MAX_LINKS), UPLOADED.finditer(text or ""), strict=False):
        yield match["id"] or match.group()


def _is_media(url: str) -> bool:
    parts = split_url(url)
    host = parts.hostname or ""
    is_reddit = host == "reddit.com" or host.endswith(".reddit.com")
    return host in HOSTS or is_media_name(parts.path) or (is_reddit and parts.path.startswith("/gallery/"))
