"""YouTube, as Google Takeout exports it: the uploads' files, and a CSV of what YouTube knows about each.

Rows and files are only connected by the title (see youtube_titles.py); folders, headers and values are
localised. Exports from before about 2022 have a JSON record beside each video instead, called as it is: what
YouTube's programming interface answers for a video, alone or in a list of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...errors import ItemError
from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..path_index import PathIndex, file_stem, fold, folder_names, outermost_folders
from .base import Account, Mention, Root, as_roots, unknown_word
from .dates import parse_iso
from .media_refs import STILL_EXTENSIONS, VIDEO_EXTENSIONS, extension
from .parsing import as_dict, as_list, as_number, as_text, distinct, load_words
from .takeout import TakeoutProduct, takeout_time
from .youtube_titles import TitleMatch, VideoRow, letters_of, match_titles, mp4_seconds

_HEADERS = {
    meaning: load_words("youtube", f"column_{meaning}")
    for meaning in ("title", "description", "privacy", "channel", "published", "created")
}
_PRIVACY = {
    word: level
    for setting, level in (
        ("public", Exposure.PUBLIC),
        ("unlisted", Exposure.NETWORK),  # anyone who has the link
        ("private", Exposure.PRIVATE),
    )
    for word in load_words("youtube", f"privacy_{setting}")
}

_PRODUCT = re.compile(r"youtube(?:\W.{0,12}youtube music)?")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_POST_ID = re.compile(r"Ug[A-Za-z0-9_-]{10,}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")

_NO_ROW = Exposure.UNKNOWN.because("no row of videos.csv has this file's title")
_NO_PLACE = Exposure.UNKNOWN.because("YouTube's export does not say where this picture is shown")
_NO_PRIVACY = Exposure.UNKNOWN.because("its row does not say who could see it")
_NO_PRIVACY_STATUS = Exposure.UNKNOWN.because("its record does not say who could see it (no privacyStatus)")
_LATER = "but it was published on {}, and uploaded on {}: others may have seen it since"
_UNLISTED_UNTIL = "2017"  # unlisted videos of before that year were made private in July 2021, by YouTube
_NO_POST_AUDIENCE = Exposure.UNKNOWN.because("YouTube does not export who could see a community post")
_BY_ORDER = "several uploads have this title, and only their order in the export told them apart"
_BY_TITLE = "there are more files of this title, and their lengths do not tell them apart"

_Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class VideoColumns:
    """The headers that matter, as the CSV spells them; None for what it does not have."""

    video: str | None
    channel: str | None
    title: str | None
    description: str | None
    privacy: str | None
    milliseconds: str | None
    created: str | None
    published: str | None

    @classmethod
    def of(cls, rows: Sequence[_Row]) -> VideoColumns:
        """What each column is: by its values, which look the same everywhere, or by words in its header.

        `rows` have the same headers, but for the ends of rows that are cut.
        """
        headers: list[str] = []
        for row in rows:
            headers = list(row) if len(row) > len(headers) else headers
        first_ids = _where(rows, headers[:1], _VIDEO_ID.fullmatch)
        video = _called(headers, "video id", "video-id") or _first(first_ids)
        created, published = _time_columns(_where(rows, headers, _TIME.fullmatch))
        own = [header for header in headers if header != video and not _says(header, _HEADERS["channel"])]
        title = _called(own, "video title (original)") or _saying(own, _HEADERS["title"])
        rest = [header for header in own if header != title]
        settings = _where(rows, rest, lambda text: fold(text).strip() in _PRIVACY)
        return cls(
            video=video,
            channel=_first(_where(rows, headers, _CHANNEL_ID.match)) or _called(headers, "channel id"),
            title=title,
            description=_saying(rest, _HEADERS["description"]),
            privacy=_first(settings) or _saying(rest, _HEADERS["privacy"]),
            milliseconds=_saying(rest, ("(ms)",)),
            created=created,
            published=published,
        )

    @property
    def list_uploads(self) -> bool:
        """Whether these are the columns of the list of uploads, and not of comments, playlists or texts."""
        if self.video is None:
            return False
        marks = (self.privacy, self.milliseconds, self.channel)
        return self.title is not None or sum(mark is not None for mark in marks) >= 2


class YouTube(TakeoutProduct):
    """One Takeout of YouTube with all its parts."""

    name = "youtube"
    title = "YouTube (Takeout)"

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """The product's folder, which begins with "YouTube" in every language."""
        reasons: dict[str, str] = {}
        for folder in paths.folders_with_files():
            names, folded = folder.split("/")[:-1], folder_names(folder)
            for depth, name in enumerate(names):
                if _PRODUCT.fullmatch(folded[depth]) and (" " in name or "takeout" in folded[:depth]):
                    prefix = "".join(f"{part}/" for part in names[: depth + 1])
                    reasons.setdefault(prefix, f"folder “{name}” of a Google Takeout")
                    break
        reasons = (
            paths.find_marks(
                dict.fromkeys(load_words("youtube", "videos_csv"), "videos.csv lists the uploads")
            )
            | reasons
        )
        return as_roots({prefix: reasons[prefix] for prefix in outermost_folders(reasons)})

    @cached_property
    def account(self) -> Account:
        """The first channel's title."""
        title = next(iter(self._channels.values()), None)
        return Account(display_name=title, exported_at=takeout_time(self.export.name))

    def mentions(self) -> Iterator[Mention]:
        """Every upload with its file, or without when it has none here; then pictures of community posts."""
        with_record = {mention.path: mention for mention in self._records_beside()}
        yield from with_record.values()
        uploads = list(self._uploads())
        paths = [path for path in self._videos if path not in with_record]
        linked: set[int] = set()
        last: tuple[tuple[int, ...], Provenance] = ((), self.infer(""))
        for match in match_titles([row for row, _ in uploads], paths, self._seconds):
            is_single = len(match.rows) == 1
            if is_single:
                linked.update(match.rows)
            if is_single or match.rows is not last[0]:  # many files may share the same rows
                provenance = _agreed([uploads[number][1] for number in match.rows])
                last = match.rows, provenance if match.is_sure else _doubted(provenance, match)
            yield Mention(match.path, last[1])
        for number, (_, provenance) in enumerate(uploads):
            if number not in linked:
                yield Mention(None, provenance)
        yield from self._posts()

    def infer(self, path: str) -> Provenance:
        """A file that no row fits: recordings of live streams have none."""
        if extension(path) in VIDEO_EXTENSIONS:
            return Provenance(self.name, context="video", exposure=_NO_ROW, author_is_owner=True)
        return Provenance(self.name, exposure=_NO_PLACE)

    @cached_property
    def _videos(self) -> list[str]:
        return [path for path in self.export.members if extension(path) in VIDEO_EXTENSIONS]

    @cached_property
    def _tables(self) -> list[str]:
        return [path for path in self.export.members if extension(path) == "csv"]

    @cached_property
    def _channels(self) -> dict[str, str]:
        """Channel id -> title, from the CSVs that hold both and no video; not the list of subscriptions."""
        titles: dict[str, str] = {}
        for path in self._tables:
            if fold(file_stem(path)) in load_words("youtube", "channel_csv"):
                for row in self.export.rows(path):
                    cells = [cell.strip() for cell in row.values()]
                    channel = next((cell for cell in cells if _CHANNEL_ID.fullmatch(cell)), None)
                    title = next((cell for cell in cells if cell and not _CHANNEL_ID.fullmatch(cell)), None)
                    if channel and title:
                        titles.setdefault(channel, title)
        return titles

    def _uploads(self) -> Iterator[tuple[VideoRow, Provenance]]:
        """The rows of all CSVs that list uploads, one for each video; a CSV with the privacy goes first."""
        file_titles = {letters_of(file_stem(path)) for path in self._videos}
        tables = []
        for path in self._tables:
            rows = list(self.export.rows(path))
            columns = VideoColumns.of(rows)
            if columns.list_uploads:
                if columns.title is None:
                    columns = replace(columns, title=_title_column(rows, file_titles))
                tables.append((path, columns, rows))
        listed: set[str] = set()
        for path, columns, rows in sorted(tables, key=lambda table: table[1].privacy is None):
            for row in rows:
                video = row.get(columns.video or "", "").strip()
                if video not in listed and any(row.values()):
                    listed.update({video} - {""})
                    yield self._upload(row, columns, path)

    def _upload(self, row: _Row, columns: VideoColumns, path: str) -> tuple[VideoRow, Provenance]:
        video, channel, title, description, privacy = (
            as_text(row.get(header or ""))
            for header in (
                columns.video,
                columns.channel,
                columns.title,
                columns.description,
                columns.privacy,
            )
        )
        headers = filter(None, (columns.published, columns.created))
        times = (Timestamp.of(parse_iso(row.get(header), utc=True), header) for header in headers)
        known = [time for time in times if time]
        days = sorted(time.at[:10] for time in known)
        exposure = _exposure(privacy, path, next(iter(days), None))
        if exposure.level is Exposure.PRIVATE and days[0] != days[-1]:
            later = _LATER.format(days[-1], days[0])
            exposure = Exposure.UNKNOWN.because(f"{exposure.reason}; {later}", path)
        milliseconds = as_number(row.get(columns.milliseconds or ""))
        provenance = Provenance(
            self.name,
            account=self._channels.get(channel or ""),
            context="video",
            caption=_lines(title, description),
            posted=next(iter(known), None),
            link=_watch_link(video),
            audience=_audience(privacy),
            exposure=exposure,
            author_is_owner=True,
            post_id=video,
            records=(path,),
        )
        return VideoRow(title or "", milliseconds / 1000 if milliseconds else None), provenance

    def _records_beside(self) -> Iterator[Mention]:
        """The videos that have a JSON record of their own."""
        for path in self._videos:
            record = self.export.find(f"{path.rpartition('.')[0]}.json") or self.export.find(f"{path}.json")
            if record is None:
                continue
            video = as_dict(next(iter(as_list(self.export.json(record))), None))
            if {"snippet", "status"} & video.keys():
                yield Mention(path, self._record(video, record))
            else:
                reason = "not a YouTube video record: a JSON object with a snippet was expected"
                self.export.note(record, reason, unread=True)

    def _record(self, video: Mapping[str, Any], path: str) -> Provenance:
        snippet, status = as_dict(video.get("snippet")), as_dict(video.get("status"))
        video_id = as_text(video.get("id")) or as_text(as_dict(video.get("id")).get("videoId"))
        privacy = as_text(status.get("privacyStatus"))
        posted = Timestamp.of(parse_iso(snippet.get("publishedAt"), utc=True), "publishedAt")
        exposure = _exposure(privacy, path, posted and posted.at, field="privacyStatus")
        return Provenance(
            self.name,
            account=as_text(snippet.get("channelTitle")),
            context="video",
            caption=_lines(as_text(snippet.get("title")), as_text(snippet.get("description"))),
            posted=posted,
            link=_watch_link(video_id),
            audience=_audience(privacy),
            exposure=exposure,
            author_is_owner=True,
            post_id=video_id,
            records=(path,),
        )

    def _posts(self) -> Iterator[Mention]:
        """Pictures of community posts: a row names the file beside its CSV."""
        pictures = {path for path in self.export.members if extension(path) in STILL_EXTENSIONS}
        for path in self._tables if pictures else ():
            for row in self.export.rows(path):
                for cell in map(str.strip, row.values()):
                    picture = self.export.beside(path, cell) if cell else None
                    if picture in pictures:
                        yield Mention(picture, self._post(row, path))

    def _post(self, row: _Row, path: str) -> Provenance:
        post_id = next((cell for cell in map(str.strip, row.values()) if _POST_ID.fullmatch(cell)), None)
        header = next((header for header, cell in row.items() if parse_iso(cell)), None)
        text = next((cell for header, cell in row.items() if "text" in fold(header) and cell.strip()), None)
        privacy = next((cell.strip() for cell in row.values() if fold(cell).strip() in _PRIVACY), None)
        posted = Timestamp.of(parse_iso(row[header], utc=True), header) if header else None
        exposure = _exposure(privacy, path, posted and posted.at, field="the post's row")
        return Provenance(
            self.name,
            context="post",
            caption=as_text(text),
            posted=posted,
            link=Link.of(f"https://www.youtube.com/post/{post_id}" if post_id else None, "constructed"),
            audience=_audience(privacy),
            exposure=exposure if privacy else _NO_POST_AUDIENCE,
            author_is_owner=True,
            post_id=post_id,
            records=(path,),
        )

    def _seconds(self, path: str) -> float | None:
        """A video's length. Not from a compressed tar, where one file means reading all before it."""
        member = self.export.members[path]
        if member.container.forward_only or extension(path) not in ("mp4", "mov", "m4v"):
            return None
        try:
            with member.open() as stream:
                return mp4_seconds(stream, member.size)
        except (ItemError, OSError, ValueError):
            return None


def _agreed(provenances: Sequence[Provenance]) -> Provenance:
    """What is true of the file whichever of the rows is its own."""
    if len(provenances) == 1:
        return provenances[0]
    columns = [provenance.columns() for provenance in provenances]
    common = {
        key: value if all(other[key] == value for other in columns) else None
        for key, value in columns[0].items()
    }
    settings = ", ".join(dict.fromkeys(other["audience"] or "none" for other in columns))
    reason = f"{len(columns)} uploads have this title, and nothing tells which it is; Privacy: {settings}"
    records = distinct(record for other in columns for record in other["records"])
    exposure = {
        "exposure": common["exposure"] or Exposure.UNKNOWN,
        "exposure_reason": reason,
        "exposure_evidence": records,
        "audience_known": common["audience_known"] is not False,
    }
    return Provenance.from_columns(common | exposure | {"people": (), "records": records})


def _doubted(provenance: Provenance, match: TitleMatch) -> Provenance:
    """What is said of a file that may be another upload of its title: never that fewer could see it."""
    exposure, audience = provenance.exposure, provenance.audience
    level = exposure.level
    if level not in (Exposure.PUBLIC, Exposure.UNKNOWN):
        level, audience = Exposure.UNKNOWN, Audience(None, "per_item")  # the word is known; whose it is, not
    doubt = f"; {_BY_ORDER}" if match.by_order else f"; {_BY_TITLE}"
    if len(match.rows) > 1:
        doubt = ""  # which the reason says already
    doubted = level.because(f"{exposure.reason}{doubt}", *exposure.evidence)
    return replace(provenance, exposure=doubted, audience=audience)


def _exposure(
    privacy: str | None, record: str, uploaded: str | None, *, field: str = "Privacy"
) -> ExposureAssessment:
    """Who could see a video of this privacy, and why. `field` is what the record calls it."""
    if privacy is None:
        return _NO_PRIVACY if field == "Privacy" else _NO_PRIVACY_STATUS
    level = _PRIVACY.get(fold(privacy).strip(), Exposure.UNKNOWN)
    said = f'YouTube: {field} = "{privacy}"'
    if level is Exposure.PRIVATE:
        return _private(f"{said}, on the day of the export", record, uploaded)
    if level is Exposure.UNKNOWN:
        return unknown_word(said, record)
    return level.because(f"{said}: anyone who has the link" if level is Exposure.NETWORK else said, record)


def _private(said: str, record: str, uploaded: str | None) -> ExposureAssessment:
    """Of an old video nothing shows that it was always private."""
    if uploaded is None:
        return Exposure.UNKNOWN.because(f"{said}; the export does not say since when", record)
    if uploaded < _UNLISTED_UNTIL:
        made = "in July 2021 YouTube itself made unlisted videos of before 2017 private"
        return Exposure.UNKNOWN.because(
            f"{said}; until then anyone with the link may have seen it: {made}", record
        )
    return Exposure.PRIVATE.because(said, record)


def _audience(privacy: str | None) -> Audience | None:
    return Audience.of(privacy, "per_item", is_known=fold(privacy or "").strip() in _PRIVACY)


def _watch_link(video_id: str | None) -> Link | None:
    is_id = video_id and _VIDEO_ID.fullmatch(video_id)
    return Link(f"https://www.youtube.com/watch?v={video_id}", "constructed") if is_id else None


def _lines(*texts: str | None) -> str | None:
    return "\n".join(filter(None, texts)) or None


def _title_column(rows: Sequence[_Row], file_titles: set[str]) -> str | None:
    """In a language whose word for "title" is not known: the column that most files are called after."""
    counts = {
        header: sum(letters_of(row.get(header, "")) in file_titles for row in rows if row.get(header))
        for header in (rows[0] if file_titles else ())
    }
    best = max(counts, key=lambda header: counts[header], default=None)
    return best if best and counts[best] else None


def _time_columns(headers: list[str]) -> tuple[str | None, str | None]:
    """The time columns of creation and of publication: by their words, else in this order."""
    published = _saying(headers, _HEADERS["published"])
    created = _saying([header for header in headers if header != published], _HEADERS["created"])
    rest = [header for header in headers if header not in (created, published)]
    created = created or (rest.pop(0) if rest else None)
    return created, published or (rest[0] if rest else None)


def _where(rows: Sequence[_Row], headers: Sequence[str], fits: Callable[[str], object]) -> list[str]:
    """The columns where half of the values fit: a damaged row must not hide a column."""
    columns = []
    for header in headers:
        values = [text for row in rows if (text := row.get(header, "").strip())]
        if values and 2 * sum(bool(fits(text)) for text in values) >= len(values):
            columns.append(header)
    return columns


def _called(headers: Sequence[str], *names: str) -> str | None:
    return _first(header for header in headers if fold(header).strip() in names)


def _saying(headers: Sequence[str], words: Iterable[str]) -> str | None:
    return _first(header for header in headers if _says(header, words))


def _says(header: str, words: Iterable[str]) -> bool:
    return any(word in fold(header) for word in words)


def _first(headers: Iterable[str]) -> str | None:
    return next(iter(headers), None)
