"""LinkedIn's data download: tables of links (posts, uploads, messages' attachments) and no media.

Pictures that the owner saved beside it are found by the post's or the picture's id in their names. Times
without a zone are UTC; Rich_Media's are English sentences that say their zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from urllib.parse import unquote

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Mention, Platform, Root, as_roots, mentions_of, plain_file
from .dates import MONTHS, day_of, parse_iso
from .media_refs import SavedFiles, may_show_faces, url_file_name
from .parsing import as_url, is_same

MARKS = ("Connections.csv", "Rich_Media.csv", "Rich Media.csv", "Shares.csv", "Shares_*.csv")
HEADERS = (b"Connected On", b"Media Link", b"Media Description", b"ShareLink")
HEAD_BYTES = 8192  # Connections.csv begins with a page of notes
DOWNLOAD = re.compile(
    r"(?:basic|complete)_linkedindataexport_(?P<month>\d\d)-(?P<day>\d\d)-(?P<year>\d{4})", re.IGNORECASE
)
ASSET = re.compile(r"/(?:image|vid|video|dms|playlist)/(?:v\d+/)?([\w-]{10,})")
POST_ID = re.compile(r"urn:li:\w+:(\d+)|-(?:activity|share|ugcPost)-(\d+)")
SEPARATOR = re.compile(r"[\s,](?=https?://)")  # of addresses; there may be more of these signs before it
BETWEEN_LINES = re.compile(r'"[^\S\n]*\n\s*"')
SENTENCE_TIME = re.compile(
    r"\bon\s+([A-Z][a-z]+)\s+(\d{1,2}),\s*(\d{4})\s+at\s+(\d{1,2}):(\d\d)(?::\d\d)?(?:\s*([AP]M))?(?:\s*\((\w+)\))?"
)
CONTEXTS = (  # words of the sentence, the first that fits
    ("profile photo", "profile_photo"),
    ("profile picture", "profile_photo"),
    ("background", "header"),
    ("cover", "header"),
    ("feed", "post"),
    ("photo", "post"),
    ("video", "post"),
)
VISIBILITY = {
    "PUBLIC": Exposure.PUBLIC,
    "ANYONE": Exposure.PUBLIC,
    "MEMBER_NETWORK": Exposure.NETWORK,
    "CONNECTIONS": Exposure.NETWORK,
    "CONNECTIONS_ONLY": Exposure.NETWORK,
    "LOGGED_IN": Exposure.NETWORK,  # every member of LinkedIn, but no crawler
    "LOGGED_IN_MEMBERS": Exposure.NETWORK,
    "CONTAINER": Exposure.NETWORK,  # a group
    "GROUP": Exposure.NETWORK,
}
GROUP_MESSAGE = Exposure.NETWORK.because("a message to several people: they could see it")
MESSAGE = Exposure.PRIVATE.because("a message: only the two people in the conversation could see it")
UNKNOWN_AUDIENCE = {
    "profile_photo": "LinkedIn does not export who may see the profile photo: it is a setting",
    "header": "LinkedIn does not export who may see the background photo: it is a setting",
    "post": "no post of the same minute says who could see it",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A post."""

    id: str | None
    url: str | None
    text: str | None
    media_url: str | None
    visibility: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """Something that the owner uploaded, as Rich_Media.csv tells it in a sentence."""

    url: str | None
    description: str | None
    context: str | None
    at: str | None


class LinkedIn(Platform):
    """One download."""

    name = "linkedin"
    title = "LinkedIn"
    exports_media = False
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with Connections.csv, Rich_Media.csv or Shares.csv."""
        return as_roots(paths.find_marks({mark: f"{mark} is a LinkedIn download's" for mark in MARKS}))

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """The name without what tells its parts apart."""
        match = DOWNLOAD.match(container)
        return match.group().lower() if match else None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether one of the tables has LinkedIn's columns."""
        tables = [path for mark in MARKS for path in export.matching(mark) if "/" not in path]
        return any(header in export.head(path, HEAD_BYTES) for path in tables for header in HEADERS)

    @cached_property
    def account(self) -> Account:
        """Whose download it is: LinkedIn gives a name and no handle."""
        row = next(self._rows("Profile.csv", header="First Name"), {})
        name = " ".join(filter(None, (_cell(row, "First Name"), _cell(row, "Last Name")))) or None
        return Account(name, name, day_of(DOWNLOAD.match(self.export.name)))

    @cached_property
    def _saved(self) -> SavedFiles:
        return SavedFiles(self.export.members)

    def mentions(self) -> Iterator[Mention]:
        """Uploads with the post of the same minute, the other posts with media, and messages' attachments."""
        shares = list(self._shares())
        by_minute: dict[str, list[Share]] = {}
        for share in shares:
            by_minute.setdefault((share.at or "")[:16], []).append(share)
        joined: set[Share] = set()
        for upload in self._uploads():
            candidates = by_minute.get(upload.at[:16], []) if upload.at and upload.context == "post" else []
            post = candidates[0] if len(candidates) == 1 else None
            joined.update([post] if post else [])
            yield from self._files_of(upload.url, post, self._uploaded(upload, post))
        for share in shares:
            if share.media_url and share not in joined:
                yield from self._files_of(share.media_url, share, self._posted(share))
        yield from self._attachments()

    def infer(self, path: str) -> Provenance:
        """The download holds no media, so a file beside it is only a file."""
        reason = "stands beside a LinkedIn download, but no row there links to it"
        return plain_file(reason)

    def _rows(self, *tables: str, header: str) -> Iterator[dict[str, str]]:
        """The rows of these tables, columns in lower case. Notes may precede the line with `header`."""
        for table in tables:
            for path in self.export.matching(table):
                if "/" not in path:
                    for row in self.export.rows(path, skip_to=header):
                        yield {column.lower(): value for column, value in row.items()}

    def _shares(self) -> Iterator[Share]:
        """Posts, also those without media."""
        for row in self._rows("Shares.csv", "Shares_*.csv", header="ShareLink"):
            url = as_url(_cell(row, "ShareLink"))
            match = POST_ID.search(unquote(url or ""))
            yield Share(
                id=next(filter(None, match.groups())) if match else None,
                url=url,
                text=_commentary(_cell(row, "ShareCommentary")),
                media_url=as_url(_cell(row, "MediaUrl")),
                visibility=_cell(row, "Visibility"),
                at=parse_iso(_cell(row, "Date"), utc=True),
            )

    def _uploads(self) -> Iterator[Upload]:
        """Uploads, also those whose link is missing."""
        for row in self._rows("Rich_Media.csv", "Rich Media.csv", header="Media Link"):
            sentence = _cell(row, "Date/Time") or ""
            url = as_url(_cell(row, "Media Link"))
            context = next((context for phrase, context in CONTEXTS if phrase in sentence.lower()), None)
            if url or sentence:
                yield Upload(url, _cell(row, "Media Description"), context, sentence_time(sentence))

    def _files_of(self, url: str | None, post: Share | None, provenance: Provenance) -> Iterator[Mention]:
        """The saved files of a link; the link alone when there are none."""
        ids = [*ASSET.findall(url or ""), *([post.id] if post and post.id else [])]
        paths = self._saved.with_id(*ids) or self._saved.with_name(url_file_name(url or ""))
        return mentions_of(paths, provenance)

    def _uploaded(self, upload: Upload, post: Share | None) -> Provenance:
        if post:
            provenance = self._posted(post)
            return replace(provenance, caption=provenance.caption or upload.description)
        reason = UNKNOWN_AUDIENCE.get(
            upload.context or "", "LinkedIn does not export who could see this upload"
        )
        return Provenance(
            self.name,
            account=self.account.name,
            context=upload.context,
            caption=upload.description,
            posted=Timestamp.of(upload.at, "Date/Time"),
            link=Link.of(upload.url, "exact"),
            exposure=Exposure.UNKNOWN.because(reason),
            author=self.account.name,
            author_is_owner=True,
        )

    def _posted(self, post: Share) -> Provenance:
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption=post.text,
            posted=Timestamp.of(post.at, "Date"),
            link=Link.of(post.url or post.media_url, "exact"),
            audience=Audience.of(post.visibility, "per_item"),
            exposure=_exposure(post.visibility),
            author=self.account.name,
            author_is_owner=True,
            post_id=post.id,
        )

    def _attachments(self) -> Iterator[Mention]:
        """Pictures in messages: sent by anyone in the conversation."""
        for row in self._rows("messages.csv", header="ATTACHMENTS"):
            sender = _cell(row, "FROM")
            is_group = len(links(_cell(row, "RECIPIENT PROFILE URLS"))) > 1
            provenance = Provenance(
                self.name,
                account=self.account.name,
                context="message",
                caption=_cell(row, "CONTENT"),
                posted=Timestamp.of(parse_iso(_cell(row, "DATE"), utc=True), "DATE"),
                audience=Audience("group conversation" if is_group else "conversation", "chat_type"),
                exposure=GROUP_MESSAGE if is_group else MESSAGE,
                album=_cell(row, "CONVERSATION TITLE"),
                author=sender,
                author_is_owner=is_same(sender, self.account.name),
            )
            for url in filter(may_show_faces, links(_cell(row, "ATTACHMENTS"))):
                yield from self._files_of(url, None, replace(provenance, link=Link(url, "exact")))


def _exposure(visibility: str | None) -> ExposureAssessment:
    if visibility is None:
        return Exposure.UNKNOWN.because("the post's Visibility is empty")
    level = VISIBILITY.get(visibility.upper(), Exposure.UNKNOWN)
    unclear = " (what that means is not known)" if level is Exposure.UNKNOWN else ""
    return level.because(f"LinkedIn: Visibility = {visibility}{unclear}")


def _cell(row: Mapping[str, str], column: str) -> str | None:
    """A cell with something in it; "-" is how LinkedIn writes nothing."""
    text = (row.get(column.lower()) or "").strip()
    return None if text in ("", "-") else text


def links(text: str | None) -> list[str]:
    """The addresses in a cell, separated by spaces or commas."""
    parts = SEPARATOR.split((text or "").strip())
    return [url for part in parts if (url := as_url((part.split() or [""])[0].rstrip(",")))]


def _commentary(text: str | None) -> str | None:
    """A post's words: LinkedIn wraps every line in quotes of its own and doubles those inside."""
    return BETWEEN_LINES.sub("\n", text).replace('""', '"').strip() or None if text else None


def sentence_time(text: str) -> str | None:
    """The time in `You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)`, zoneless if it is."""
    match = SENTENCE_TIME.search(text)
    if not match or match[1] not in MONTHS:
        return None
    month, day, year, hour, minute, half, zone = match.groups()
    hours = int(hour) % 12 + (12 if half == "PM" else 0) if half else int(hour)
    utc = timezone.utc if zone in ("GMT", "UTC") else None
    try:
        return datetime(int(year), MONTHS[month], int(day), hours, int(minute), tzinfo=utc).isoformat()
    except ValueError:
        return None
