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
from .base import Account, Mention, Platform, Root, as_roots, mentions_of, plain_file, unknown_word
from .conversations import of_group, of_two, of_two_or_group
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
VISIBILITY = {  # LinkedIn's word, its level, and what the word means
    "PUBLIC": (Exposure.PUBLIC, ""),
    "ANYONE": (Exposure.PUBLIC, ""),
    "LOGGED_IN": (
        Exposure.PUBLIC,
        ": every member of LinkedIn could see it, and anyone can become one",
    ),
    "CONNECTIONS": (Exposure.NETWORK, ""),
    "CONNECTIONS_ONLY": (Exposure.NETWORK, ""),
    "MEMBER_NETWORK": (Exposure.UNKNOWN, ", a word that stands with posts for everybody, too"),
    "CONTAINER": (
        Exposure.UNKNOWN,
        ", a word that stands for a group or the like; the group decides who can see it",
    ),
}
PAIR, GROUP = Audience("conversation", "chat_type"), Audience("group conversation", "chat_type")
GROUP_MESSAGE = of_group("a message to a group")
MESSAGE = of_two("a message between two people")
SOME_MESSAGE = of_two_or_group("a message")
MAX_COUNTED = 3  # people in a conversation: with these it is a group
UNKNOWN_AUDIENCE = {
    "profile_photo": "LinkedIn does not export who could see the profile photo: it is a setting",
    "header": "LinkedIn does not export who could see the background photo: it is a setting",
    "post": "no post of the same minute says who could see it",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A post. `record`: the table that it stands in."""

    record: str
    id: str | None
    url: str | None
    text: str | None
    media_url: str | None
    visibility: str | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """Something that the owner uploaded, as Rich_Media.csv tells it in a sentence."""

    record: str
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
        _, row = next(self._rows("Profile.csv", header="First Name"), ("", {}))
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

    def _rows(self, *tables: str, header: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The rows of these tables, columns in lower case, each with the table's path.

        Notes may precede the line with `header`.
        """
        for table in tables:
            for path in self.export.matching(table):
                if "/" not in path:
                    for row in self.export.rows(path, skip_to=header):
                        yield path, {column.lower(): value for column, value in row.items()}

    def _shares(self) -> Iterator[Share]:
        """Posts, also those without media."""
        for record, row in self._rows("Shares.csv", "Shares_*.csv", header="ShareLink"):
            url = as_url(_cell(row, "ShareLink"))
            match = POST_ID.search(unquote(url or ""))
            yield Share(
                record=record,
                id=next(filter(None, match.groups())) if match else None,
                url=url,
                text=_commentary(_cell(row, "ShareCommentary")),
                media_url=as_url(_cell(row, "MediaUrl")),
                visibility=_cell(row, "Visibility"),
                at=parse_iso(_cell(row, "Date"), utc=True),
            )

    def _uploads(self) -> Iterator[Upload]:
        """Uploads, also those whose link is missing."""
        for record, row in self._rows("Rich_Media.csv", "Rich Media.csv", header="Media Link"):
            sentence = _cell(row, "Date/Time") or ""
            url = as_url(_cell(row, "Media Link"))
            context = next((context for phrase, context in CONTEXTS if phrase in sentence.lower()), None)
            if url or sentence:
                yield Upload(record, url, _cell(row, "Media Description"), context, sentence_time(sentence))

    def _files_of(self, url: str | None, post: Share | None, provenance: Provenance) -> Iterator[Mention]:
        """The saved files of a link; the link alone when there are none."""
        ids = [*ASSET.findall(url or ""), *([post.id] if post and post.id else [])]
        paths = self._saved.with_id(*ids) or self._saved.with_name(url_file_name(url or ""))
        return mentions_of(paths, provenance)

    def _uploaded(self, upload: Upload, post: Share | None) -> Provenance:
        if post:
            provenance = self._posted(post)
            if provenance.exposure.evidence and not _is_same_asset(upload.url, post.media_url):
                word = f"the only post of the same minute has Visibility = {post.visibility}"
                doubt = Exposure.UNKNOWN.because(f"{word}, but does not name this picture")
                provenance = replace(provenance, exposure=doubt, audience=None)
            caption = provenance.caption or upload.description
            return replace(provenance, caption=caption, records=(upload.record, post.record))
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
            records=(upload.record,),
        )

    def _posted(self, post: Share) -> Provenance:
        exposure = _exposure(post)
        is_known = exposure.level is not Exposure.UNKNOWN
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption=post.text,
            posted=Timestamp.of(post.at, "Date"),
            link=Link.of(post.url or post.media_url, "exact"),
            audience=Audience.of(post.visibility, "per_item", is_known=is_known),
            exposure=exposure,
            author=self.account.name,
            author_is_owner=True,
            post_id=post.id,
            records=(post.record,),
        )

    def _attachments(self) -> Iterator[Mention]:
        """Pictures in messages: sent by anyone in the conversation."""
        people: dict[str, set[str]] = {}  # in each conversation, as far as it needs to be known
        for _, row in self._messages():
            members = people.setdefault(row.get("conversation id") or "", set())
            if len(members) < MAX_COUNTED:
                members.update(_people(row, self.account.name))
        for record, row in self._messages():
            urls = list(filter(may_show_faces, links(_cell(row, "ATTACHMENTS"))))
            if urls:
                members = people[row.get("conversation id") or ""]
                provenance = self._message(record, row, members)
                for url in urls:
                    yield from self._files_of(url, None, replace(provenance, link=Link(url, "exact")))

    def _messages(self) -> Iterator[tuple[str, dict[str, str]]]:
        return self._rows("messages.csv", header="ATTACHMENTS")

    def _message(self, record: str, row: Mapping[str, str], members: set[str]) -> Provenance:
        """`members`: of its conversation, by all of its messages."""
        sender = _cell(row, "FROM")
        recipients = links(_cell(row, "RECIPIENT PROFILE URLS"))
        is_group = len(recipients) > 1 or len(members) >= MAX_COUNTED
        # a member who has left LinkedIn is in TO and has no address
        is_pair = not is_group and len(recipients) == 1 and "," not in (_cell(row, "TO") or ",")
        return Provenance(
            self.name,
            account=self.account.name,
            context="message",
            caption=_cell(row, "CONTENT"),
            posted=Timestamp.of(parse_iso(_cell(row, "DATE"), utc=True), "DATE"),
            audience=GROUP if is_group else PAIR if is_pair else None,
            exposure=GROUP_MESSAGE.on(record)
            if is_group
            else MESSAGE.on(record)
            if is_pair
            else SOME_MESSAGE,
            album=_cell(row, "CONVERSATION TITLE"),
            author=sender,
            author_is_owner=is_same(sender, self.account.name),
            records=(record,),
        )


def _people(row: Mapping[str, str], owner: str | None) -> list[str]:
    """The addresses of a message's sender and recipients. Who has left LinkedIn has a name alone."""
    name = _cell(row, "FROM")
    without_address = [name] if name and name != owner else []
    return [
        *(links(_cell(row, "SENDER PROFILE URL")) or without_address),
        *links(_cell(row, "RECIPIENT PROFILE URLS")),
    ]


def _is_same_asset(url: str | None, other: str | None) -> bool:
    """Whether two addresses are those of one picture."""
    asset = ASSET.search(url or "")
    return asset is not None and asset[1] in ASSET.findall(other or "")


def _exposure(post: Share) -> ExposureAssessment:
    if post.visibility is None:
        return Exposure.UNKNOWN.because("the post's Visibility is empty")
    said = f"LinkedIn: Visibility = {post.visibility}"
    if post.visibility.upper() not in VISIBILITY:
        return unknown_word(said)
    level, meaning = VISIBILITY[post.visibility.upper()]
    exposure = level.because(f"{said}{meaning}")
    return exposure.on(post.record) if level is Exposure.NETWORK else exposure


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
