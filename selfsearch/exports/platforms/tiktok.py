"""TikTok's data download: one JSON without media, whose names and letter case change between versions.

TikTok also hands it out as TXT (tiktok_text.py); where both are there, the JSON counts. Own posts are links.
A file that stands beside the record and carries a post's id in its name, as downloaders write it, is taken as
that post's media. Dates have no zone and are UTC.

Who can view is said of each post. The account's setting is that of the day of the download, and each post may
have been posted to fewer: neither a private account nor an open one decides a post.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex, file_name, fold
from . import tiktok_text
from .base import Account, Mention, Period, Platform, Root, as_roots, mentions_of, plain_file, unknown_word
from .dates import parse_iso, parse_timestamp
from .media_refs import is_media_name, media_by_key
from .parsing import as_number, as_text, distinct, load_words

RECORDS = ("user_data_tiktok.json", "user_data.json")
SECTIONS = frozenset(
    (
        "activity", "your activity", "post", "video", "direct message", "direct messages", "profile",
        "profile and settings", "app settings", "likes and favorites", "tiktok live", "tiktok shop",
        "tiktok shopping",
    )
)  # fmt: skip
DOWNLOAD = re.compile(r"tiktok_data_(\d+)", re.IGNORECASE)  # with the second in which it was made
ID = re.compile(r"(?<!\d)\d{15,20}(?!\d)")
POST_ID = re.compile(r"/(?P<kind>video|photo)/(?P<id>\d{15,20})|[?&](?:item_id|aweme_id)=(?P<item>\d{15,20})")
SHARE = re.compile(r"https?://([\w-]+\.)*(tiktokv?\.(com|us))/", re.IGNORECASE)
TIME = re.compile(r"(20\d\d)\D?([01]\d)\D?([0-3]\d)\D{0,2}([0-2]\d)\D?([0-5]\d)\D?([0-5]\d)(?!\d)")
LAUNCHED = "2014"  # as Musical.ly; nothing was posted before, whatever a record says

LEVELS = {"public": Exposure.PUBLIC, "network": Exposure.NETWORK, "private": Exposure.PRIVATE}
ASK_FOR_JSON = (
    "does not say who can view the posts; TikTok's download as JSON does: ask for it, and index it instead"
)
NO_POSTS = "no list of posts was found beside it; TikTok's download as JSON is read in every language"


@dataclass
class Profile:
    """What the record says about the account, and the posts that are in the bin."""

    user: str | None = None
    display_name: str | None = None
    private_setting: str | None = None  # TikTok's own word, "On" or "Off"
    settings: str | None = None  # the record with the setting
    deleted: list[PostRecord] = field(default_factory=list)

    @property
    def is_private(self) -> bool | None:
        """Whether the account was private when the export was made; None where the word is not known."""
        word = fold(self.private_setting or "")
        return True if word in load_words("tiktok", "on") else _is_off(word)


class PostRecord(NamedTuple):
    """What is said of one post."""

    record: str  # path of the file in which it stands
    fields: dict[str, Any]  # with folded names


class TikTok(Platform):
    """One download."""

    name = "tiktok"
    title = "TikTok"
    exports_media = False
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Wherever the record is, or the sections of a download as TXT."""
        marks = {record: f"has {record}" for record in RECORDS}
        return as_roots(paths.find_marks({**marks, **tiktok_text.marks()}))

    @classmethod
    def part_key(cls, container: str) -> str | None:
        """A download is one archive; its name carries the second in which it was made."""
        match = DOWNLOAD.match(container)
        return f"tiktok-{match[1]}" if match else None

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """user_data.json and Posts.txt are anybody's names: sections or addresses must be TikTok's."""
        if export.find(RECORDS[0]):
            return True
        path = export.find(RECORDS[1])
        if path is None:
            return tiktok_text.is_tiktok(export)
        events = export.events(path)
        keys = (value for prefix, event, value in events if event == "map_key" and not prefix)
        return any(fold(str(key)) in SECTIONS for key in keys)

    @cached_property
    def _profile(self) -> Profile:
        """Everything but the posts, read once: the profile often stands behind a hundred thousand posts."""
        profile = Profile()
        for role, path, record in self._objects("profile", "settings", "deleted"):
            if role == "profile":
                profile.user = profile.user or _given(record.get("username"))
                display_name = _given(record.get("displayname") or record.get("nickname"))
                profile.display_name = profile.display_name or display_name
            elif role == "deleted":
                profile.deleted.append(PostRecord(path, record))
            elif profile.private_setting is None and (setting := _private_setting(record)):
                profile.private_setting, profile.settings = setting, path
        return profile

    @cached_property
    def account(self) -> Account:
        """From the profile section."""
        profile = self._profile
        stamp = DOWNLOAD.match(self.export.name)
        exported_at = parse_timestamp(stamp[1]) if stamp else None
        periods: tuple[Period, ...] = ()
        if profile.is_private is not None:
            setting = f"Private Account = {profile.private_setting}"
            reason = f"the account's setting when the export was made ({setting})"
            periods = (Period(not profile.is_private, exported_at, None, reason, profile.settings),)
        return Account(profile.user, profile.display_name, exported_at, periods)

    def mentions(self) -> Iterator[Mention]:
        """Own posts, then those in the bin: once without media, or once for each downloaded file."""
        for _, path, record in self._objects("post"):
            yield from self._post(PostRecord(path, record), "post")
        for post in self._profile.deleted:
            yield from self._post(post, "deleted")

    def infer(self, path: str) -> Provenance:
        """The archive holds no media, so a picture or video beside it that no post names is only a file."""
        ids = ID.findall(file_name(path))
        if is_media_name(path) and not ids:
            reason = "stands beside a TikTok export, but no post there names it"
            return plain_file(reason)
        reason = (
            "named like a TikTok download, but no post in the export has this id" if ids else "not a post"
        )
        return Provenance(
            self.name,
            account=self._profile.user,
            context="other",
            exposure=Exposure.UNKNOWN.because(reason),
            post_id=ids[0] if ids else None,
        )

    def _objects(self, *roles: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every object of these roles with its role and record, names folded. Lists may be null, or a bare
        object.
        """
        documents = list(filter(None, map(self.export.find, RECORDS)))
        for path in documents:
            for prefix, record in self.export.objects(path, lambda prefix: _role(prefix) in roles):
                yield str(_role(prefix)), path, {fold(key): value for key, value in record.items()}
        for role in () if documents else roles:
            for path in self._texts[role]:
                yield from ((role, path, record) for record in tiktok_text.records_in(self.export, path))

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        """The files of a download as TXT, by the role of their records."""
        texts = tiktok_text.texts(self.export)
        others = [*texts["settings"], *texts["profile"]]
        if others and not texts["post"]:
            self.export.note(others[0], NO_POSTS)
        return texts

    @cached_property
    def _downloads(self) -> dict[str, list[str]]:
        """Media files by the post id in their name, or by the second in it when it carries a date instead."""
        return media_by_key(self.export.members, _keys)

    def _post(self, post: PostRecord, context: str) -> Iterator[Mention]:
        path, record = post
        link, post_id = _link(_given(record.get("link")) or "", self._profile.user)
        date = parse_iso(record.get("date"), utc=True)
        date = date if date and date >= LAUNCHED else None
        word = _given(record.get("whocanview"))
        level = _level(word)
        exposure = self._exposure(word, level, post, " until it was deleted" if context == "deleted" else "")
        provenance = Provenance(
            self.name,
            account=self._profile.user,
            context=context,
            caption=_given(record.get("title")),
            posted=Timestamp.of(date, "Date") or Timestamp.of(_id_time(post_id), "the post's id"),
            link=link,
            audience=Audience.of(word, "per_item", is_known=level is not None),
            exposure=exposure,
            place=_given(record.get("location")),
            author=self._profile.user,
            author_is_owner=True,
            post_id=post_id,
            records=distinct((path, *exposure.evidence)),
        )
        if "whocanview" not in record and path.lower().endswith(".txt"):
            self.export.note(path, ASK_FOR_JSON)
        paths = self._downloads.get(post_id or "") or self._downloads.get(
            re.sub(r"\D", "", (date or "")[:19])
        )
        return mentions_of(paths or (), provenance)

    def _exposure(
        self, word: str | None, level: Exposure | None, post: PostRecord, until: str
    ) -> ExposureAssessment:
        """Who could see a post, from TikTok's word for it and what that means."""
        if word is None:
            reason = f"this TikTok export does not say who could see the post{until}"
            return self._with_account(Exposure.UNKNOWN.because(reason))
        if level is None:
            return unknown_word(f"TikTok: Who can view = {word}")
        said = f"TikTok: Who can view = {word}{until}"
        exposure = _private(said, post) if level is Exposure.PRIVATE else level.because(said, post.record)
        was_narrower = level is Exposure.PUBLIC and self._profile.is_private
        return self._with_account(exposure) if was_narrower else exposure

    def _with_account(self, exposure: ExposureAssessment) -> ExposureAssessment:
        """The same with what the account's setting adds to the reason; it decides nothing."""
        if self._profile.is_private is None or self._profile.settings is None:
            return exposure
        kind = "private" if self._profile.is_private else "public"
        reason = f"{exposure.reason}; the account was {kind} when the export was made"
        return replace(exposure, reason=reason).on(self._profile.settings)


def _level(word: str | None) -> Exposure | None:
    """What TikTok's word for who can view a post means; None when it is not known."""
    return next((LEVELS[field] for field in LEVELS if fold(word or "") in load_words("tiktok", field)), None)


def _private(said: str, post: PostRecord) -> ExposureAssessment:
    """Private on the day of the export, and liked by nobody before."""
    path, record = post
    likes = as_number(record.get("likes"))
    if likes is None:
        return Exposure.UNKNOWN.because(f"{said}, but not whether others saw it before that was set", path)
    if likes:
        before = f"{likes:.0f} liked it: others may have seen it before that was set"
        return Exposure.UNKNOWN.because(f"{said}, but {before}", path)
    return Exposure.PRIVATE.because(f"{said}; no likes", path)


def _is_off(word: str) -> bool | None:
    return False if word in load_words("tiktok", "off") else None


def _private_setting(record: dict[str, Any]) -> str | None:
    """TikTok's word for whether the account is private, from its settings in any language."""
    names = [*load_words("tiktok", "private_account"), "private_account"]
    return next((text for name in names if (text := _given(record.get(name)))), None)


@lru_cache(maxsize=4096)
def _role(prefix: str) -> str | None:
    """What stands at a path of the document: "Post.Posts.VideoList.item" is a post, in any letter case."""
    parts = fold(prefix).removesuffix(".item").split(".")
    section, last = parts[-2] if len(parts) > 1 else "", parts[-1]
    if last in ("videolist", "postlist"):
        return "deleted" if "deleted" in section else "post" if section in ("posts", "videos") else None
    return {"profilemap": "profile", "settingsmap": "settings"}.get(last)


def _given(value: Any) -> str | None:
    """Text, without the ways in which TikTok writes that there is none."""
    text = as_text(value)
    return None if text is None or fold(text) in load_words("tiktok", "none") else text


def _keys(name: str) -> list[str]:
    """The post ids in a file's name; failing that, the second with which it begins."""
    time = TIME.match(name)
    return ID.findall(name) or (["".join(time.groups())] if time else [])


def _link(text: str, user: str | None) -> tuple[Link | None, str | None]:
    """The post's link and id. A slideshow has several links; a signed link to a file is no address."""
    urls = text.split()
    for url in urls:
        match = POST_ID.search(url)
        if match and match["id"] and SHARE.match(url):
            return Link(url, "exact"), match["id"]
    match = POST_ID.search(text)
    post_id = match["id"] or match["item"] if match else None
    if not post_id or not user:
        return None, post_id
    kind = "photo" if len(urls) > 1 else "video"
    return Link(f"https://www.tiktok.com/@{user}/{kind}/{post_id}", "constructed"), post_id


def _id_time(post_id: str | None) -> str | None:
    """A post's id begins with the second in which it was made."""
    time = parse_timestamp(int(post_id) >> 32) if post_id else None
    return time if time and time >= LAUNCHED else None
