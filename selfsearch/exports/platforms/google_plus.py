"""Google+, as Google Takeout exported it until 2019: a page for each post, and the pictures beside the pages.

A page says who wrote the post, when, whom it was shared with and where it was made. Its links to pictures are
often names alone, since the pictures stand in folders of their own ("Photos of posts"). Nobody could change
whom a post was shared with. Google+ is gone: links to posts lead nowhere.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import ClassVar
from urllib.parse import unquote

from ...types import Audience, Exposure, ExposureAssessment, Link, Location, Provenance, Timestamp
from ..export import Export, natural_key
from ..html_page import Element
from ..path_index import PathIndex, file_name, fold, folder_of, outermost_named
from .base import Account, Mention, Root, as_roots
from .dates import parse_iso
from .media_refs import missing_path
from .parsing import as_point, as_url, load_words
from .takeout import TakeoutProduct, takeout_time

PRODUCT = re.compile(r"google\+|.*\bgoogle\+ ?.*")  # "Google+ Stream", "Stream do Google+", communities
SAMPLE = 20  # pages that tell whose posts they are
HEAD_BYTES = 1 << 14  # style sheet and author come first
_POST = b"https://plus.google.com/"
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d)")
_POST_ID = re.compile(r"https?://plus\.google\.com/(?:[^/]{1,100}/){1,5}posts/(\w{5,40})")
_POINT = re.compile(r"(-?\d{1,3}(?:\.\d{1,20})?), ?(-?\d{1,3}(?:\.\d{1,20})?)")
_CHOSEN = re.compile(
    r"plus\.google\.com/(?:\d+|\+[^/]+|circles/\w+)/?$"
)  # people and their circles, no communities
UNMENTIONED = Exposure.UNKNOWN.because("no post in the export names this file")
UNSAID = Exposure.UNKNOWN.because("the page does not say whom the post was shared with")


class GooglePlus(TakeoutProduct):
    """One Takeout of Google+ (Stream, or Communities) with all its parts."""

    name: ClassVar[str] = "google_plus"
    title: ClassVar[str] = "Google+"
    needs_confirmation: ClassVar[bool] = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders of the product with pages two folders down, or more in communities."""
        reasons: dict[str, str] = {}
        for path in paths.matching("*.html"):
            folder = outermost_named(folder_of(path), lambda name: PRODUCT.fullmatch(fold(name)))
            if folder and path.count("/", len(folder)):
                name = folder.rstrip("/").rpartition("/")[2]
                reasons.setdefault(folder, f"folder “{name}” of a Google Takeout")
        return as_roots(reasons)

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether one of the pages is of Google+."""
        return any(_POST in export.head(path, HEAD_BYTES) for path in cls(export)._pages[:SAMPLE])

    @cached_property
    def _pages(self) -> list[str]:
        return sorted(
            (path for path in self.export.members if path.lower().endswith(".html")), key=natural_key
        )

    @cached_property
    def account(self) -> Account:
        """Whoever wrote the posts: a stream holds one's own; a community's page may be somebody else's."""
        bodies = (next(self.export.html(path, _is_body), None) for path in self._pages[:SAMPLE])
        names = {author.text for body in bodies if body and (author := _first(body, "author"))}
        name = names.pop() if len(names) == 1 else None
        return Account(None, name or None, takeout_time(self.export.name))

    def mentions(self) -> Iterator[Mention]:
        """Every picture and video of a post and of its comments."""
        for path in self._pages:
            for body in self.export.html(path, _is_body):
                yield from self._post(body, path)

    def infer(self, path: str) -> Provenance:
        """A picture that no post names, e.g. of an album."""
        return Provenance(self.name, self.account.display_name, "album", exposure=UNMENTIONED)

    def _post(self, body: Element, page: str) -> Iterator[Mention]:
        post = self._provenance(body, page)
        comments = [each for each in body.find_all("div") if "comment" in _classes(each)]
        of_comments = {id(link): comment for comment in comments for link in _media(comment)}
        seen: set[str] = set()
        for link in _media(body):
            source = link.attributes.get("href", "") or next(iter(link.links), "")
            if source and source not in seen:
                seen.add(source)
                comment = of_comments.get(id(link))
                said = post if comment is None else self._comment(comment, post)
                yield Mention(self._file(source, page), said)

    def _provenance(self, body: Element, page: str) -> Provenance:
        author, shared = _first(body, "author"), _first(body, "reshare-attribution")
        visibility, content = _first(body, "visibility"), _first(body, "main-content")
        name = author.text if author else None
        written = next((link for link in body.find_all("a") if _POST_ID.match(_href(link))), None)
        post_id = _POST_ID.match(_href(written)) if written else None
        location, place = _where(_first(body, "location"))
        exposure = seen_by(visibility).on(page) if visibility else UNSAID
        word = visibility.text.partition(":")[2].strip() or visibility.text if visibility else None
        return Provenance(
            self.name,
            self.account.display_name,
            "post",
            caption=_words(content, shared),
            posted=Timestamp.of(_time(written.text if written else ""), "post"),
            link=Link.of(as_url(_href(written)) if written else None, "exact"),
            audience=Audience.of(word, "per_item", is_known=exposure.level is not Exposure.UNKNOWN),
            exposure=exposure,
            location=location,
            place=place,
            author=_origin(shared, body) if shared else name,
            author_is_owner=None if shared else self._owns(name),
            post_id=post_id[1] if post_id else None,
            records=(page,),
        )

    def _comment(self, comment: Element, post: Provenance) -> Provenance:
        """A picture in a comment: seen by whoever saw the post."""
        author, content, time = (_first(comment, css) for css in ("author", "comment-content", "time"))
        name = author.text if author else None
        return Provenance(
            self.name,
            self.account.display_name,
            "comment",
            caption=(content.text if content else None) or None,
            posted=Timestamp.of(_time(time.text if time else ""), "comment"),
            link=post.link,
            audience=post.audience,
            exposure=post.exposure,
            author=name,
            author_is_owner=self._owns(name),
            post_id=post.post_id,
            records=post.records,
        )

    def _owns(self, name: str | None) -> bool | None:
        owner = self.account.display_name
        return name == owner if name and owner else None

    def _file(self, source: str, page: str) -> str | None:
        """The file that a page means: where the link leads, else the only one of its name."""
        if as_url(source):
            return None
        paths = (
            posixpath.normpath(posixpath.join(folder_of(page), each)) for each in (source, unquote(source))
        )
        found = next(filter(None, map(self.export.find, paths)), None)
        named = self.export.namesakes(unquote(source))
        return found or (named[0] if len(named) == 1 else missing_path(file_name(unquote(source))))


def seen_by(visibility: Element) -> ExposureAssessment:
    """Who could see a post, from the line below it: words, and links to people and their circles."""
    words = [part for part in visibility.children if isinstance(part, str)]
    named = [link.text for link in visibility.find_all("a") if link.text]
    reason = f"Google+: {visibility.text}"
    first, colon, _ = (words or [""])[0].partition(":")
    parts = {fold(part.strip()) for text in words for part in text.removeprefix(f"{first}:").split(",")} - {
        ""
    }
    if colon and parts & load_words("google_plus", "public").keys():
        return Exposure.PUBLIC.because(reason)
    chosen = all(_CHOSEN.search(_href(link)) for link in visibility.find_all("a"))
    if colon and chosen and (parts or named) and parts <= load_words("google_plus", "network").keys():
        return Exposure.NETWORK.because(f"{reason}: only they could see it")
    return Exposure.UNKNOWN.because(f"{reason}: who that was is not known")


def _words(content: Element | None, shared: Element | None) -> str | None:
    """A post's text, without the line that says whose post was passed on."""
    text = content.text if content else ""
    return (text.removeprefix(shared.text) if shared else text).strip() or None


def _is_body(tag: str, attributes: dict[str, str], depth: int) -> bool:
    return tag == "body"


def _classes(element: Element) -> list[str]:
    return element.attributes.get("class", "").split()


def _first(element: Element, css: str) -> Element | None:
    return next((each for each in element.find_all() if css in _classes(each)), None)


def _media(element: Element) -> list[Element]:
    return [each for each in element.find_all("a") if "media-link" in _classes(each)]


def _href(link: Element) -> str:
    return link.attributes.get("href", "")


def _origin(shared: Element, body: Element) -> str | None:
    """Whose post was passed on: "Originally shared by NAME" in some language, without the words before."""
    names = {link.text for link in body.find_all("a") if link is not shared and "author" in _classes(link)}
    known = [name for name in names if shared.text.endswith(name)]
    return known[0] if known else re.sub(r"^Originally shared by ", "", shared.text) or None


def _time(text: str) -> str | None:
    match = _TIME.search(text)
    return parse_iso(f"{match[1]}T{match[2]}{match[3]}:{match[4]}") if match else None


def _where(element: Element | None) -> tuple[Location | None, str | None]:
    """Where a post was made: a link with the coordinates in its title, and the place in words."""
    if element is None:
        return None, None
    match = _POINT.fullmatch(element.attributes.get("title", ""))
    point = as_point(match[1], match[2]) if match else None
    return Location.of(point, "location"), next(iter(element.lines), None)
