"""What a Google Photos export shows of sharing: comments, an album's access, where a photograph came from.

Google exports neither whom a photograph was shared with nor its links. Without one of these traces it is not
known who could see it, wherever it lies; nothing in an export proves that nobody else could.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...types import EXPOSURES, Exposure, ExposureAssessment
from ...words import quantity
from ..path_index import file_name, fold
from .media_refs import split_url
from .parsing import as_dict, as_list, as_text, as_url, distinct

NOT_EXPORTED = "Google Photos does not export who a photograph or an album was shared with"
WHO_ELSE = "Google Photos does not export who else could see it"

MAX_NAMED = 3  # authors of comments that a reason names
MAX_COUNTED = 10_000  # comments on one thing that are looked at
MAX_COMMENTS = 20  # in the words of one photograph
MAX_COMMENT = 500  # characters of one comment


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on something that was shared, or a like."""

    author: str | None
    text: str | None
    is_like: bool
    about: str | None  # the id of the photograph, where the comment names one

    def as_line(self) -> str | None:
        """For a caption: "Bo commented: so nice"."""
        author = self.author or "somebody"
        if self.text:
            return f"{author} commented: {self.text[:MAX_COMMENT]}"
        return f"{author} liked it" if self.is_like else None


Comments = tuple[Comment, ...]


def read_comments(entries: Iterable[Any]) -> Comments:
    """The comments in a list; what is no object is none."""
    return tuple(
        Comment(
            as_text(entry.get("contentOwnerName")),
            as_text(entry.get("text")),
            entry.get("liked") is True,
            item_id(as_url(entry.get("contentUrl"))),
        )
        for entry in islice(entries, MAX_COUNTED)
        if isinstance(entry, dict)
    )


def item_id(url: str | None) -> str | None:
    """What all addresses of one photograph share: what follows "/photo/", else the address itself."""
    if url is None:
        return None
    tail = split_url(url).path.rpartition("/photo/")[2].strip("/")
    return tail if tail and "/photo/" in url else url


def comments_lists(document: Any) -> Iterator[Any]:
    """The comments of a shared_album_comments.json, under whatever key it lists them."""
    values = document if isinstance(document, list) else as_dict(document).values()
    for value in values:
        for entry in [value] if isinstance(document, list) else as_list(value):
            if isinstance(entry, dict) and "contentUrl" in entry:
                yield entry


def summary(comments: Comments) -> str:
    """ "3 comments by Bo, Cy", as a reason quotes them."""
    kind = "like" if all(comment.is_like for comment in comments) else "comment"
    authors = distinct(comment.author for comment in comments)
    more = f" and {len(authors) - MAX_NAMED} more" if len(authors) > MAX_NAMED else ""
    by = f" by {', '.join(authors[:MAX_NAMED])}{more}" if authors else ""
    return f"{quantity(len(comments), kind)}{by}"


def commented(comments: Comments, record: str, field: str) -> ExposureAssessment | None:
    """A photograph that was commented on was shared."""
    if not comments:
        return None
    return Exposure.NETWORK.because(
        f"shared with others: {summary(comments)} on it ({field}); {WHO_ELSE}", record
    )


def caption_with(caption: str | None, comments: Comments) -> str | None:
    """The owner's words, and below them what others wrote."""
    lines = distinct(comment.as_line() for comment in comments[:MAX_COMMENTS])
    new = [line for line in lines if line not in (caption or "")]
    return "\n".join(filter(None, (caption, *new))) or None


@dataclass(frozen=True, slots=True)
class AlbumRecord:
    """One album's record. An empty title is how Google writes "Untitled"; so has a direct conversation."""

    title: str
    record: str | None = None  # its path; None where only the folder shows that there is an album
    access: str | None = None
    comments: Comments = ()
    trace: ExposureAssessment | None = None  # what it shows of sharing

    @classmethod
    def read(cls, data: Mapping[str, Any], path: str) -> AlbumRecord:
        """From the JSON object in a file."""
        access = as_text(data.get("access"))
        comments = read_comments(as_list(data.get("sharedAlbumComments")))
        trace = _trace_of_album(access, comments, path)
        return cls(as_text(data.get("title")) or "", path, access, comments, trace)

    @property
    def is_access_known(self) -> bool:
        """Whether it is known what the word for its access means."""
        return self.access is None or fold(self.access) in _KNOWN_ACCESS

    @property
    def standing(self) -> str:
        """Where a photograph in it lies, for a reason."""
        if self.record is None:
            return "in an album's folder without the album's record"
        if self.access:
            return f'in an album (album access = "{self.access}", a word that Google does not explain)'
        return "in an album whose record names no access"


_KNOWN_ACCESS = ("public", "shared")


def _trace_of_album(access: str | None, comments: Comments, path: str) -> ExposureAssessment | None:
    word = fold(access or "")
    if word == "public":
        return Exposure.PUBLIC.because(
            'in a public album (album access = "public"; what the word means today, Google does not say)',
            path,
        )
    if comments:
        has = f"which has {summary(comments)} (sharedAlbumComments)"
        return Exposure.NETWORK.because(f"in a shared album, {has}; {WHO_ELSE}", path)
    if word == "shared":
        return Exposure.NETWORK.because(f'in a shared album (album access = "{access}"); {WHO_ELSE}', path)
    return None


def widest(traces: Iterable[ExposureAssessment | None]) -> ExposureAssessment | None:
    """The trace that shows most; of equal ones the first."""
    return min(filter(None, traces), key=lambda trace: EXPOSURES.index(trace.level), default=None)


class SharedItems:
    """By the id of a photograph, what any of its places shows of sharing."""

    def __init__(self) -> None:
        self._traces: dict[str, ExposureAssessment] = {}
        self._comments: dict[str, tuple[Comments, ExposureAssessment | None]] = {}

    def add(self, item: str | None, *traces: ExposureAssessment | None) -> None:
        """One more place of a photograph."""
        if item and (trace := widest((self._traces.get(item), *traces))):
            self._traces[item] = trace

    def add_comments(self, comments: Iterable[Comment], record: str) -> None:
        """Comments of a record of their own, as far as they name the photograph they are about."""
        about: dict[str, list[Comment]] = {}
        for comment in comments:
            if comment.about:
                about.setdefault(comment.about, []).append(comment)
        for item, of_item in about.items():
            kept = tuple(of_item[:MAX_COUNTED])
            self._comments.setdefault(item, (kept, commented(kept, record, file_name(record))))

    def comments(self, item: str | None) -> tuple[Comments, ExposureAssessment | None]:
        """What a record of comments says of a photograph, and what that shows."""
        return self._comments.get(item or "", ((), None))

    def elsewhere(self, item: str | None) -> ExposureAssessment | None:
        """What other places show, to be said of this one."""
        trace = self._traces.get(item or "")
        return trace and trace.level.because(f"also {trace.reason}", *trace.evidence)
